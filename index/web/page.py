"""One fetched page as an article."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from urllib.parse import urlsplit

from index.addresses import page_key, without_tracking
from index.decode import NotAnArticleError, decode
from index.formats.article import article_of
from index.formats.kinds import HEAD, HTML, MARKDOWN, kind_of
from index.formats.piece import Piece
from index.formats.pieces import articles_in
from index.metadata import not_ahead, site_of
from index.page_fields import may_be
from index.schema import Article, Skipped, article_id


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
) -> tuple[Article, str]:
    """The article on the page at `url` (after redirects), of whatever kind it is (a web page, a PDF, a text), and the
    canonical address it names, "" where that is its own or not to be believed: it has to be of the same site, and is
    for the caller to look at. Raises `NotAnArticleError` with the reason, also for a file of several articles (a mailbox,
    a book)."""
    piece = _piece(data, url, content_type, charset)
    address = without_tracking(url) or url
    fields = piece.fields
    canonical = without_tracking(fields.url) if may_be(fields.url, url) else ""
    fields = replace(
        fields,
        external_id=address,
        title=fields.title or known.title,
        url=address,
        site=site_of(address),
        published=not_ahead(fields.published) or known.published,
        modified=not_ahead(fields.modified) or known.modified,
        authors=fields.authors or known.authors,
        topic=fields.topic or known.topic,
        language=fields.language or known.language,
        corrects="",  # a page must not be able to put itself in another one's place
    )
    article = article_of(
        replace(piece, fields=fields, fetched_at=fetched_at), key="web", label=known.source, name=address,
        stem=_stem_of(address), collection=known.collection,
    )  # fmt: skip
    # Sixteen digits: many sites call every page index.html, and somebody may look for two that collide.
    article = replace(article, id=article_id("web", address, 16))
    return article, canonical if page_key(canonical) not in ("", page_key(address)) else ""


def alike(one: str, other: str) -> bool:
    """Whether two texts are one article: four fifths of the shorter one's runs of three words stand in both."""
    runs = [_runs(text) for text in (one, other)]
    shorter = min(map(len, runs))
    return shorter > 0 and len(runs[0] & runs[1]) >= 0.8 * shorter


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text.casefold().split()
    return set(zip(words, words[1:], words[2:], strict=False))


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


def _piece(data: bytes, url: str, content_type: str, charset: str) -> Piece:
    """What is found at an address; raises `NotAnArticleError`."""
    kind = kind_of(urlsplit(url).path, data[:HEAD], content_type)
    if not kind:
        raise NotAnArticleError(
            f"it is no article but {content_type}" if content_type else "nothing says what it is"
        )
    if kind in (HTML, MARKDOWN, "text"):
        data = _transcoded(data, charset)
    if kind == HTML:
        from index.markup import html_to_text

        return Piece(*html_to_text(decode(data, markup=True), url))
    found = list(islice(articles_in(data, kind, name=url), 2))
    pieces = [one for one in found if isinstance(one, Piece)]
    if not pieces:
        raise NotAnArticleError(
            next((one.reason for one in found if isinstance(one, Skipped)), "it holds no article")
        )
    if len(pieces) > 1 or pieces[0].part:
        raise NotAnArticleError("it holds several articles: save the file and build it")
    return pieces[0]


def _transcoded(data: bytes, charset: str) -> bytes:
    """Text as UTF-8 by the header's character set where that is an unusual one and fits, else as it is: the header
    stands above what the page says of itself, but is a guess where it says UTF-8 or Latin-1."""
    try:
        if charset and codecs.lookup(charset).name not in ("utf-8", "ascii", "iso8859-1"):
            return codecs.BOM_UTF8 + data.decode(charset).encode("utf-8", "replace")
    except (LookupError, UnicodeDecodeError, ValueError):
        pass
    return data


def _stem_of(url: str) -> str:
    """What a title is made of for want of another: the last part of the path, else the site."""
    return urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0] or site_of(url)
