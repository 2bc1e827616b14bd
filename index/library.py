"""The library: one complete index, opened for reading by any number of threads and processes."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np

from index.addresses import spellings
from index.catalog import ArticleRow, Catalog, Listing, Shelves, damaged
from index.commit import check_built_with
from index.errors import IndexMissing
from index.flat import compare
from index.register import Admitted, DateSpread, Overview, Register
from index.schema import Article, ArticleFilter, Chunk, Copy, Hit, IndexManifest
from index.shelf import Shelf, open_shelf

LISTED_CHUNKS = 1000
"""Chunks looked through for a list of the articles that hold some words."""


class BuiltWith(Protocol):
    """What tells whether an embedder is the one an index was built with."""

    @property
    def dimension(self) -> int: ...

    @property
    def model_label(self) -> str: ...

    @property
    def weights_sha256(self) -> str: ...


class Library:
    """A complete index for reading; open one with `Library.open`. Safe to use from several threads.

    It searches the revision it was opened at until `refresh` is called, and returns only chunks that
    the newest revision still has. A build in another process takes the old revision's files away
    when it is done; a search that meets this moves to the new revision by itself.
    """

    def __init__(
        self, index_dir: Path, catalog: Catalog, embedder: BuiltWith | None, chroma_url: str
    ) -> None:
        self.index_dir = index_dir
        self._catalog = catalog
        self._embedder = embedder
        self._chroma_url = chroma_url
        self._lock = threading.RLock()
        self._readers: Counter[Shelf] = Counter()
        self._registering = threading.Lock()
        self._register_made: Register | None = None
        self._manifest, self._shelves, self._shelf = self._opened(None)
        self._languages = catalog.languages()

    @classmethod
    def open(cls, index_dir: Path, *, embedder: BuiltWith | None = None, chroma_url: str = "") -> Library:
        """The index in this folder. `chroma_url` is the server its vectors are on, empty for embedded.

        Raises `IndexMissing` when there is no complete index or part of it is gone, `IndexMismatch`
        when it was built with another model than `embedder` or by another version, `StoreUnreachable`
        when the server does not answer.
        """
        try:
            catalog = Catalog.open(index_dir)
        except (sqlite3.OperationalError, OSError) as error:
            raise IndexMissing(
                f"the index in {index_dir} cannot be opened: {error}", "footnote build PATH..."
            ) from error
        if catalog is None:
            raise IndexMissing(f"there is no index in {index_dir}", "footnote build PATH...")
        try:
            return cls(index_dir, catalog, embedder, chroma_url)
        except sqlite3.DatabaseError as error:
            catalog.close()
            raise damaged(index_dir, error) from error
        except BaseException:
            catalog.close()
            raise

    def _opened(self, before: Shelf | None) -> tuple[IndexManifest, Shelves, Shelf]:
        """The live revision's stores, opened; tried again when a build moves on in the meantime."""
        while True:
            manifest, shelves = self._catalog.manifest(), self._catalog.shelves()
            if manifest is None:
                raise IndexMissing(f"there is no index in {self.index_dir}", "footnote build PATH...")
            if self._embedder is not None:
                wanted = {
                    "embedding_model": self._embedder.model_label,
                    "weights_sha256": self._embedder.weights_sha256,
                    "dimension": str(self._embedder.dimension),
                }
                check_built_with(manifest, wanted, self.index_dir)
            try:
                flat = before.flat if before is not None else None
                return manifest, shelves, open_shelf(self.index_dir, shelves, self._chroma_url, flat)
            except IndexMissing:
                if self._catalog.revision() == manifest.revision:
                    raise

    # ---- the index as a whole ---------------------------------------------------------------

    @property
    def manifest(self) -> IndexManifest:
        """What the open revision was built with and how much stands in it."""
        return self._manifest

    def refresh(self) -> bool:
        """Moves to the newest complete revision; False when this is it already (costs microseconds).

        Raises `IndexMismatch` when it was built with another model, and goes on with the old one.
        """
        if self._catalog.revision() == self._manifest.revision:
            return False
        with self._lock:
            if self._catalog.revision() == self._manifest.revision:
                return True  # another thread was faster
            old = self._shelf
            self._manifest, self._shelves, self._shelf = self._opened(old)
            self._languages = self._catalog.languages()
            if not self._readers[old]:
                del self._readers[old]
                old.close()
        return True

    def close(self) -> None:
        """Lets go of all files and connections; the library answers nothing afterwards."""
        with self._lock:
            self._shelf.close()
            self._catalog.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- searching --------------------------------------------------------------------------

    def dense(
        self,
        vector: np.ndarray,
        k: int,
        *,
        only: ArticleFilter | None = None,
        known_by: date | None = None,
        without: Collection[str] = (),
    ) -> list[Hit]:
        """The k chunks nearest to a query vector, best first; `score` is the cosine similarity.

        Only chunks of articles that all three admit: `only` (see `ArticleFilter`); `known_by`, which
        leaves out what was published after that day and keeps the undated; `without`, ids of articles
        to leave out. Of near copies one is found, the first of those that are admitted. Fewer than k only
        where fewer are admitted.
        """

        def search(shelf: Shelf) -> list[Hit]:
            admitted = self._admitted(only, known_by, without)
            if admitted is None:
                return shelf.vectors.query(vector, k, self._found)
            return shelf.nearest(vector, k, admitted) if len(admitted.rows) else []

        return self._search(search)

    def cosines(self, vector: np.ndarray, chunk_ids: Sequence[str]) -> dict[str, float]:
        """The cosine similarity of a query vector with each of these chunks; those that are gone are left out."""

        def search(shelf: Shelf) -> list[Hit]:
            return compare(shelf.vectors, vector, len(chunk_ids), chunk_ids)

        return {hit.chunk_id: hit.score for hit in self._search(search)} if chunk_ids else {}

    def lexical(
        self,
        query: str,
        k: int,
        *,
        only: ArticleFilter | None = None,
        known_by: date | None = None,
        without: Collection[str] = (),
    ) -> list[Hit]:
        """The k best chunks for the words of a plain text, best first; `score` is BM25 over the whole
        collection. Empty when none of its words occurs in an admitted article; `only`, `known_by` and
        `without` as in `dense`."""
        return self._lexical(query, k, only, known_by, without, copies=False)

    def _lexical(
        self,
        query: str,
        k: int,
        only: ArticleFilter | None,
        known_by: date | None,
        without: Collection[str],
        *,
        copies: bool,
    ) -> list[Hit]:
        languages = self._languages

        def search(shelf: Shelf) -> list[Hit]:
            admitted = self._admitted(only, known_by, without, copies)
            if admitted is None:
                keep = self._catalog.live if copies else self._found
                return shelf.words.search(query, k, languages, keep)
            return shelf.words.search(query, k, languages, among=admitted)

        return self._search(search)

    def _admitted(
        self,
        only: ArticleFilter | None,
        known_by: date | None,
        without: Collection[str],
        copies: bool = False,
    ) -> Admitted | None:
        """The chunks that may be found, None where that is every live one (of near copies: as in `_found`)."""
        if not only and known_by is None and not without:
            return None
        return self._register().admitted(only, known_by, without, copies)

    def _found(self, chunk_ids: Sequence[str]) -> set[str]:
        """Which of these chunks a search without filters may return: the live ones, of near copies those of their
        representative."""
        live = self._catalog.live(chunk_ids)
        register = self._register()
        if not register.clusters:
            return live
        of = register.articles_of([chunk_id for chunk_id in chunk_ids if chunk_id in live])
        return {name for name, article in of.items() if register.cluster_of.get(article, article) == article}

    def _register(self) -> Register:
        """The register of the newest revision, even where an older one is searched: what a build took
        away since is then not admitted, and what it added is not found before `refresh`."""
        revision = self._catalog.revision()
        made = self._register_made
        if made is None or made.revision != revision:
            with self._registering:
                made = self._register_made
                if made is None or made.revision != revision:
                    made = self._register_made = Register.of(self._catalog)
        return made

    def _search(self, search: Callable[[Shelf], list[Hit]]) -> list[Hit]:
        while True:
            revision = self._manifest.revision
            try:
                with self._reading() as shelf:
                    return search(shelf)
            except IndexMissing:  # a build in another process took this revision's files away?
                self.refresh()
                if self._manifest.revision == revision:
                    raise

    @contextmanager
    def _reading(self) -> Iterator[Shelf]:
        """The open shelf, kept from being closed meanwhile by a refresh in another thread."""
        with self._lock:
            shelf = self._shelf
            self._readers[shelf] += 1
        try:
            yield shelf
        finally:
            with self._lock:
                self._readers[shelf] -= 1
                if shelf is not self._shelf and not self._readers[shelf]:
                    del self._readers[shelf]
                    shelf.close()

    # ---- looking up -------------------------------------------------------------------------

    def article(self, article_id: str) -> Article | None:
        """One article with its text, or None."""
        return self._catalog.article(article_id)

    def find(self, name: str) -> str:
        """The id of the article with this id or web address, "" for none. An address need not be written as the
        article's own is (see `index.addresses.spellings`)."""
        if "://" not in name:
            return name if self._catalog.article_head(name) else ""
        there = self._catalog.ids_at(known := spellings(name))
        return next((there[address] for address in known if address in there), "")

    def articles(self) -> Iterator[Article]:
        """All articles, text included, one at a time, in the order of their ids."""
        return self._catalog.articles()

    def article_rows(
        self, *, topic: str = "", source: str = "", collection: str = "", limit: int = -1, offset: int = 0
    ) -> list[ArticleRow]:
        """Articles without their texts, by title; an empty filter lets everything through, limit -1 means all."""
        return self._catalog.article_rows(
            topic=topic, source=source, collection=collection, limit=limit, offset=offset
        )

    def listing(
        self, only: ArticleFilter | None = None, query: str = "", *, limit: int = 50, offset: int = 0
    ) -> Listing:
        """A page of the articles that `only` admits, newest first; with a `query` those that hold any
        of its words, the best first, from the `LISTED_CHUNKS` chunks that fit it best."""
        if query:
            hits = self._lexical(query, LISTED_CHUNKS, only, None, (), copies=True)
            ids = list(dict.fromkeys(self.article_ids([hit.chunk_id for hit in hits]).values()))
            total, ids = len(ids), ids[offset : offset + limit]
        else:
            total, ids = self._register().newest(only, limit, offset)
        return Listing(total, self._catalog.rows_of(ids))

    def names(self) -> tuple[list[str], list[str]]:
        """The names of the articles' sources and of their topics, those of the most articles first."""
        return self._register().names()

    def chunk(self, chunk_id: str) -> Chunk | None:
        """One chunk, or None."""
        return self._catalog.chunks([chunk_id]).get(chunk_id)

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Those of these chunks that exist, in the order asked for."""
        return self._catalog.chunks(ids)

    def with_articles(self, ids: Sequence[str]) -> dict[str, tuple[Chunk, Article]]:
        """Those of these chunks that exist, each with its article, in the order asked for. Use this
        where a chunk and its text must belong together though a build may be committed meanwhile."""
        return self._catalog.with_articles(ids)

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """An article's chunks in the order of its text; empty for an unknown article."""
        return self._catalog.chunks_of(article_id)

    def published(self, chunk_ids: Sequence[str]) -> dict[str, date | None]:
        """Those of these chunks that exist, each with the day its article was published, None where that
        is not known, in the order asked for. From memory: no text is read."""
        return self._register().dates_of(chunk_ids)

    def article_ids(self, chunk_ids: Sequence[str]) -> dict[str, str]:
        """Those of these chunks that exist, each with its article's id, in the order asked for. From
        memory: no text is read."""
        return self._register().articles_of(chunk_ids)

    def date_spread(self) -> DateSpread:
        """How many articles are dated, and over what time their dates are spread."""
        return self._register().date_spread

    def overview(
        self,
        most: int = 5,
        *,
        only: ArticleFilter | None = None,
        known_by: date | None = None,
        without: Collection[str] = (),
    ) -> Overview:
        """What stands here in figures, of the articles that all three admit (as in `dense`), with the ids of
        the `most` newest and oldest. From memory: no text is read."""
        return self._register().overview(most, only, known_by, without)

    def languages(self) -> tuple[str, ...]:
        """The languages articles are in, most articles first; "" stands for those that do not say."""
        return tuple(self._languages)

    def revised_by(
        self, article_id: str, *, known_by: date | None = None, without: Collection[str] = ()
    ) -> str:
        """The id of the corrected revision of an article: the one of the same source whose `corrects`
        is its external id, the newest where there are several; "" for none. Articles published
        after `known_by` or named by `without` do not count."""
        return self._register().revised_by(article_id, known_by, without)

    def copies_of(self, article_id: str) -> tuple[str, ...]:
        """The ids of the articles that are near copies of this one or that it is a copy of, in the order in which
        they answer."""
        return self._register().copies_of(article_id)

    def also_in(self, article_id: str) -> tuple[Copy, ...]:
        """Where else an article stands: what a reader is told of each of its `copies_of`."""
        rows = self._catalog.rows_of(self.copies_of(article_id))
        return tuple(Copy(row.id, row.title, row.url, row.site, row.published) for row in rows)

    def sources(self) -> dict[str, str]:
        """The sources articles came from: keys (for a folder its absolute path) and labels."""
        return self._catalog.sources()
