"""The data types of the index: frozen, small, without behaviour beyond what they can derive."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from index.ledger import Ledger

SCHEMA_VERSION = 1
"""Raised whenever an index written by an older version can no longer be read."""


def content_hash(title: str, text: str) -> str:
    """sha256 (hex) over title and text: equal hashes mean nothing has to be embedded again."""
    return hashlib.sha256(f"{title}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def article_id(source: str, external_id: str, digits: int = 8) -> str:
    """A stable identifier that is safe in a URL: a readable slug and eight hex digits (or as many as asked for).

    The digits come from sha256 over `source` and `external_id`, so equal file names in two
    folders do not collide, and the identifier survives a change of title or text.
    """
    stem = external_id.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:48].strip("-") or "article"
    digest = hashlib.sha256(f"{source}\0{external_id}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug}-{digest[:digits]}"


@dataclass(frozen=True, slots=True)
class Article:
    """One article as stored: clean text, and what is known about where it came from.

    `text` is what every offset (`Chunk.start`, `Citation.start`) counts in, in code points.
    `external_id` is the foreign identifier (path in its folder, or the id given in the data) by
    which evaluation sets find it; `source` names the folder or feed it came from.
    `corrects` holds the external id of an earlier article this one is a corrected revision of.
    `pages` are the offsets in `text` at which the pages of a paged original begin, the first page's
    first; empty for what has no pages. `cluster` is the id of the article that represents it and its near
    copies, "" where it has none (see index/copies.py). Unknown texts are empty strings, unknown dates None.
    """

    id: str
    external_id: str
    title: str
    url: str
    text: str
    published: date | None = None
    modified: date | None = None
    authors: tuple[str, ...] = ()
    source: str = ""
    site: str = ""
    topic: str = ""
    language: str = ""
    collection: str = "default"
    cluster: str = ""
    fetched_at: str = ""
    corrects: str = ""
    pages: tuple[int, ...] = ()

    def page_of(self, offset: int) -> int:
        """The page of the original, from 1, on which the character at `offset` stands; 0 without pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else 0

    def address_at(self, offset: int) -> str:
        """`url`, opened at the page on which `offset` stands where the original has pages ("#page=3")."""
        page = self.page_of(offset)
        opens = page and self.url.startswith(("http://", "https://")) and "#" not in self.url
        return f"{self.url}#page={page}" if opens else self.url

    @property
    def content_hash(self) -> str:
        """See `content_hash`."""
        return content_hash(self.title, self.text)

    @property
    def outlet(self) -> str:
        """What a reader calls its source: the site it appeared on, else the folder or feed it came from."""
        return self.site or self.source

    @property
    def sources(self) -> tuple[str, str]:
        """The names by which a filter finds it: what a reader calls its source, and the folder or feed."""
        return self.outlet, self.source


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored piece of an article. Invariant: `article.text[start:end] == chunk.text`."""

    id: str
    article_id: str
    ordinal: int
    text: str
    start: int
    end: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles may be found: published from `since` to `until` (both days included), of one of
    `sources` (`Article.sources`), on one of `topics` (`Article.topic`), one of `articles` (`Article.id`); what is empty
    admits everything.

    An article without a date is not admitted where `since` or `until` is set. Sources and topics are
    compared without regard to case.
    """

    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.sources or self.topics or self.articles)

    def admits(
        self, published: date | None, sources: tuple[str, ...], topic: str, article_id: str = ""
    ) -> bool:
        """Whether an article with these may be found."""
        if self.articles and article_id not in self.articles:
            return False
        if (self.since or self.until) and published is None:
            return False
        if published is not None and (
            (self.since and published < self.since) or (self.until and published > self.until)
        ):
            return False
        known = {source.casefold() for source in sources}
        return (not self.sources or not known.isdisjoint(s.casefold() for s in self.sources)) and (
            not self.topics or topic.casefold() in {t.casefold() for t in self.topics}
        )


@dataclass(frozen=True, slots=True)
class IndexManifest:
    """What an index was built with, and how much stands in it.

    `weights_sha256` is of the embedding model's weights file; `revision` grows by one with every
    build that changed something; `built_at` is an ISO time in UTC.
    """

    embedding_model: str
    weights_sha256: str
    dimension: int
    chunk_size: int
    overlap: int
    articles: int
    chunks: int
    revision: int
    built_at: str
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that could not become an article: its name (path, line) and the reason, for people.

    `temporary` where another try may succeed with the same bytes: a read error, a reader that ran out of time or
    memory or was killed. What such an input gave before stays in the index.
    """

    name: str
    reason: str
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Articles that stand in the index just as their source has them: they were not read again."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """An article that its source says no longer exists, and the reason, for people."""

    article_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the list of sources says of one: its name, and what stands for what its articles do not say."""

    name: str = ""
    topic: str = ""
    language: str = ""


class Source(Protocol):
    """Where articles come from. Building a source again removes what it no longer yields.

    `key` identifies the source from build to build (for a folder its absolute path), `label`
    is the readable name stored as `Article.source`.
    """

    @property
    def key(self) -> str: ...

    @property
    def label(self) -> str: ...

    def read(self) -> Iterator[Article | Skipped]:
        """Yields articles one at a time (bounded memory), and what was passed over, with its reason."""
        ...


@runtime_checkable
class ReadAgain(Protocol):
    """A source that can tell from the ledger (`index.ledger`) what it need not read again.

    With `complete` an article is removed that it neither gave nor kept; without, only what it says is `Gone`
    (a feed lists the newest articles, not all).
    """

    @property
    def complete(self) -> bool: ...

    def read_again(self, ledger: Ledger) -> Iterator[Article | Skipped | Kept | Gone]:
        """As `Source.read`; what it notes in the ledger counts once the build is complete."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """A build's progress: `stage` is "reading", "embedding" or "finishing"; `total` None when unknown."""

    stage: str
    done: int
    total: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one build did with one source, counted in articles; `skipped` and `gone` name each and why."""

    key: str
    label: str
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    clustered: int = 0
    skipped: tuple[Skipped, ...] = ()
    gone: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What one build did, counted in articles; `skipped` names every input passed over and why.

    `sources` tells it source by source. `revision` of the manifest is the one before where nothing had to be written.
    """

    index_dir: Path
    added: int
    updated: int
    unchanged: int
    removed: int
    skipped: tuple[Skipped, ...]
    chunks_embedded: int
    seconds: float
    manifest: IndexManifest
    clustered: int = 0
    """Articles of the index that stand behind another as its near copies."""
    sources: tuple[SourceReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """A near copy of an article, or the article it is a copy of, as a reader is told of it."""

    id: str
    title: str
    url: str
    site: str
    published: date | None

    @property
    def name(self) -> str:
        """What a reader calls the place it stands in: its site, else the host of its address, else its title."""
        host = self.url.split("://", 1)[-1].split("/", 1)[0].split("@")[-1].removeprefix("www.")
        return self.site or host or self.title or self.id

    @property
    def fields(self) -> dict[str, str | None]:
        """It as plain values, the day in ISO form."""
        day = self.published.isoformat() if self.published else None
        return {"id": self.id, "title": self.title, "url": self.url, "site": self.site, "published": day}


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found by one retriever: higher `score` is better, comparable within one list only."""

    chunk_id: str
    score: float
