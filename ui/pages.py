"""The reader's pages under /articles/: a list of the articles, and each one's text with cited words marked.

They are whole without JavaScript: `/articles/<id>?from=120&to=164#mark` marks the characters 120 to 164
of the text. With it `/articles/<id>#c120-164` does the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from index.errors import InputError
from index.schema import ArticleFilter
from rag.wording import nested
from ui.api.service import Service, ServiceDep, service_of
from ui.language import choose, day_text, number_text, translate
from ui.render import plain, safe_url, shown

PER_PAGE = 50
MOST_NAMES = 200
"""Sources or topics offered to choose from; others can still be named in the address."""
MOST_WORDS = 500
FARTHEST = 10**6

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
WRONG_DAY = "This is not a date: write it as 2024-05-31."
WRONG_ORDER = "The first day is after the last one: swap the two dates."
GONE = "The cited words are not in this text, which may have changed since."

router = APIRouter(include_in_schema=False)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_GAP = re.compile(r"\n[^\S\n]*\n\s*|\Z")
_SIGNS = re.compile(r"^#{1,6}[ \t]+(?=\S)", re.MULTILINE)
_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or heading of a text: the text's characters from `start` on, as pieces that are cited or
    not; `first` where the cited words begin in it. `page` is the page of the original it begins on where the
    paragraph before began on another, else 0."""

    tag: str
    start: int
    pieces: tuple[tuple[str, bool], ...]
    first: bool
    page: int = 0


def blocks(
    text: str, span: tuple[int, int] | None = None, page_of: Callable[[int], int] = lambda _: 0
) -> Iterator[Block]:
    """A text's paragraphs and headings in order, the span's characters set apart; `page_of` tells on which
    page of the original a character stands."""
    marked, level = False, 1
    page = 0
    after = 0
    for gap in _GAP.finditer(text):
        start, end, after = after, gap.start(), gap.end()
        if not (words := text[start:end].strip()):
            continue
        heading = None if "\n" in words else _HEADING.match(text, start)
        if heading:
            start = heading.end()
            level = min(level + 1, max(2, len(heading[1])))  # a page may not skip a level
        low, high = (max(start, min(end, edge)) for edge in span or (end, end))
        cut = ((start, low, False), (low, high, True), (high, end, False))
        pieces = tuple((shown(text[a:b]), cited) for a, b, cited in cut if a < b)
        hit = low < high
        before, page = page, page_of(start)
        begins = page if page != before else 0
        yield Block(f"h{level}" if heading else "p", start, pieces, hit and not marked, begins)
        marked = marked or hit


@router.api_route("/", methods=["GET", "HEAD"])
def home(request: Request) -> Response:
    """The chat, in the language and with the collection that the address names."""
    query = request.url.query
    return RedirectResponse(f"/chat/?{query}" if query else "/chat/", status_code=307)


@router.api_route("/articles", methods=["GET", "HEAD"])
def bare() -> Response:
    """The list is a folder of pages."""
    return RedirectResponse("/articles/", status_code=307)


@router.api_route("/articles/", methods=["GET", "HEAD"])
def articles(request: Request, service: ServiceDep) -> Response:
    """The list, by what the form above it says."""
    given = request.query_params
    names = ("q", "since", "until", "source", "topic", "collection", "page")
    asked = {name: given.get(name, "").replace("\0", " ").strip()[:MOST_WORDS] for name in names}
    found = service.collections.get(asked["collection"])
    sources, topics = found.library.names()
    view: dict[str, Any] = {
        "asked": asked,
        "sources": _choices(sources, asked["source"]),
        "topics": _choices(topics, asked["topic"]),
        "collection": found.name,
        "link_name": service.link_name(found.name),
        "problem": "",
        "rows": [],
        "total": 0,
        "pages": 1,
        "page": 1,
    }
    try:
        only = _filter(asked)
    except InputError as error:
        return html_page(request, "articles.html.j2", 400, **(view | {"problem": str(error)}))
    page = page_number(asked["page"])
    listing = found.library.listing(only, asked["q"], limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    view |= {
        "rows": listing.rows,
        "total": listing.total,
        "pages": max(1, -(-listing.total // PER_PAGE)),
        "page": page,
        "filtered": bool(only or asked["q"]),
    }
    return html_page(request, "articles.html.j2", **view)


@router.api_route("/articles/{article_id}", methods=["GET", "HEAD"])
def article(article_id: str, request: Request, service: ServiceDep) -> Response:
    """One article's text, the words that the address names marked."""
    collection = service.collections.get(request.query_params.get("collection", ""))
    found = collection.article(article_id)
    asked = [request.query_params.get(name, "") for name in ("from", "to")]
    span = _span(asked[0], asked[1], len(found.text))
    newer = collection.library.revised_by(found.id)
    return html_page(
        request,
        "article.html.j2",
        article=found,
        language=found.language if _LANGUAGE.fullmatch(found.language) else "",
        original=found.address_at(span[0]) if span else found.url,
        blocks=list(blocks(found.text, span, found.page_of)),
        gone=GONE if any(asked) and span is None else "",
        newer=collection.library.article(newer) if newer else None,
        also_in=collection.library.also_in(found.id),
        collection=collection.name,
        link_name=service.link_name(collection.name),
    )


def html_page(
    request: Request,
    template: str,
    status: int = 200,
    *,
    shown_in: str = "",
    policy: str = POLICY,
    **view: Any,
) -> Response:
    """A page from a template, in the reader's language unless it is given."""
    service: Service = service_of(request)
    language = shown_in or language_of(request)
    chosen = {"collection": view.get("link_name", ""), "lang": request.query_params.get("lang", "")[:8]}
    query = urlencode({name: value for name, value in chosen.items() if value})
    html = (
        _environment()
        .get_template(template)
        .render(
            site=service.title,
            chat=f"/chat/?{query}" if query else "/chat/",
            collections=service.collections.names,
            language_shown=language,
            _=partial(translate, language=language),
            **view,
        )
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Vary": "Accept-Language"}
    return HTMLResponse(html.encode("utf-8", "replace"), status, headers)


def error_page(request: Request, status: int, message: str, next_step: str = "") -> Response:
    """A page that says what went wrong."""
    title = "Not here" if status in (404, 405) else "This did not work"
    return html_page(request, "error.html.j2", status, heading=title, message=message, next_step=next_step)


def language_of(request: Request) -> str:
    """The language a page is shown in: the one its address asks for (`lang`), else the browser's."""
    return choose(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))


def page_number(asked: str) -> int:
    """Which page of a list is meant; the first where the address names none."""
    return min(int(asked), FARTHEST) if re.fullmatch(r"[1-9][0-9]{0,8}", asked) else 1


def _filter(asked: Mapping[str, str]) -> ArticleFilter | None:
    """What the form lets through, None for everything; InputError for dates that are none or the wrong way round."""
    try:
        since, until = (date.fromisoformat(asked[n]) if asked[n] else None for n in ("since", "until"))
    except ValueError:
        raise InputError(WRONG_DAY) from None
    if since and until and since > until:
        raise InputError(WRONG_ORDER)
    names = {f"{name}s": (asked[name],) for name in ("source", "topic") if asked[name]}
    return ArticleFilter(since, until, **names) or None


def _span(first: str, last: str, length: int) -> tuple[int, int] | None:
    """The characters meant, None where the text has none such."""
    if not all(re.fullmatch(r"[0-9]{1,9}", edge) for edge in (first, last)):
        return None
    start, end = int(first), int(last)
    return (start, end) if start < end <= length else None


def _choices(names: list[str], chosen: str) -> list[str]:
    offered = names[:MOST_NAMES]
    known = {name.casefold() for name in offered}
    return sorted(offered + ([chosen] if chosen and chosen.casefold() not in known else []), key=str.casefold)


@lru_cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "nested": nested,
        "plain": lambda text: plain(text).strip(),
        "words": lambda text: shown(_SIGNS.sub("", text)),
        "day": day_text,
        "number": number_text,
        "address": lambda url: Markup(safe_url(url)),  # escaped by it already
        "query": lambda values: urlencode({k: v for k, v in values.items() if v}),
    }
    return environment
