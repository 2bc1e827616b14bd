"""One fetched page as an article."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from index.addresses import same_site, without_tracking
from index.clean import clean_line, clean_text, unwrap
from index.decode import NotAnArticleError, decode
from index.metadata import Fields, guess_language, site_of
from index.schema import Article, article_id

HTML = frozenset({"text/html", "application/xhtml+xml"})
TEXT = frozenset({"text/plain", "text/markdown", "text/x-markdown"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a page besides its words: from its feed or sitemap, and from the list of sources."""

    title: str = ""
    published: date | None = None
    modified: date | None = None
    authors: tuple[str, ...] = ()
    topic: str = ""
    language: str = ""
    source: str = ""
    collection: str = "default"


def article_of_page(
    data: bytes, url: str, content_type: str, charset: str, known: Known, fetched_at: str = ""
) -> Article:
    """The article on the page at `url` (after redirects). `Article.url` is its canonical address where the page names
    one of its own site, else `url` without what only counts visits. Raises `NotAnArticleError` with the reason."""
    fields, body = _read(data, url, content_type, charset)
    address = without_tracking(_canonical(fields.url, url)) or url
    text = clean_text(body)
    title = fields.title or known.title or _title_of(address)
    first, _, rest = text.partition("\n")
    if rest.strip() and first.casefold().strip(" .#") == title.casefold().strip(" .#"):
        text = rest.strip("\n")
    if not text.strip():
        raise NotAnArticleError(
            "no text in it besides its title or promotion" if body.strip() else "it has no text"
        )
    published = _possible(fields.published) or _possible(known.published)
    return Article(
        id=article_id("web", address),
        external_id=address,
        title=title,
        url=address,
        text=text,
        published=published,
        modified=_possible(fields.modified) or _possible(known.modified),
        authors=fields.authors or known.authors,
        source=known.source,
        site=site_of(address),
        topic=fields.topic or known.topic,
        language=fields.language or known.language or guess_language(text),
        collection=known.collection,
        fetched_at=fetched_at,
        corrects="",  # a page must not be able to put itself in another one's place
    )


def as_corrected(article: Article, before: tuple[date | None, date | None] | None) -> Article:
    """A page's article with the dates its earlier version had (published, modified), where the new one has none or
    gives a later day of publication: a correction does not make an article new."""
    if before is None:
        return article
    published, modified = before
    if published is None or (article.published is not None and article.published < published):
        published = article.published
    elif article.published is not None and article.published > published:
        modified = max(modified or published, article.modified or article.published)
        return replace(article, published=published, modified=modified)
    return replace(article, published=published, modified=article.modified or modified)


def _read(data: bytes, url: str, content_type: str, charset: str) -> tuple[Fields, str]:
    kind = content_type or "text/html"
    if kind in HTML:
        from index.markup import html_to_text

        return html_to_text(_decoded(data, charset, markup=True))
    if kind in TEXT:
        from index.markup import markdown_to_text

        text = _decoded(data, charset, markup=False)
        if kind != "text/plain" or urlsplit(url).path.lower().endswith((".md", ".markdown")):
            rendered = markdown_to_text(text)
            return Fields(title=clean_line(rendered.heading)[:300]), rendered.text
        return Fields(), unwrap(text.replace("\r\n", "\n"))
    raise NotAnArticleError(f"it is no article but {kind}")


def _decoded(data: bytes, charset: str, *, markup: bool) -> str:
    """By the header's character set where it fits: the header stands above what the page says of itself."""
    if charset and data.strip():
        try:
            if codecs.lookup(charset).name not in ("utf-8", "ascii", "iso8859-1"):
                return data.decode(charset)
        except (LookupError, UnicodeDecodeError, ValueError):
            pass
    return decode(data, markup=markup)


def _canonical(named: str, url: str) -> str:
    """The address a page names as its own, if it is believed: on its own site, and not the front page."""
    if not named or not same_site(named, url):
        return url
    if (
        urlsplit(named).path in ("", "/")
        and not urlsplit(named).query
        and urlsplit(url).path not in ("", "/")
    ):
        return url
    return named


def _title_of(url: str) -> str:
    stem = urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    name = clean_line(stem.replace("-", " ").replace("_", " "))
    return (name[:1].upper() + name[1:])[:300] or site_of(url)


def _possible(day: date | None) -> date | None:
    """A day, unless it lies more than a day ahead."""
    return day if day is None or day <= datetime.now(UTC).date() + timedelta(days=1) else None
