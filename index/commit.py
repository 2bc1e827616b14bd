"""The last part of a build: what was prepared becomes the next revision, in one commit.

A copy of the live shelf is brought up to date with what is staged, and the catalog's transaction
points to the copy. What fails before that leaves the live revision as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.catalog import Catalog, Shelves
from index.copies import Copies
from index.errors import FootnoteError, IndexMismatch, IndexMissing
from index.find_copies import find_copies
from index.lexical import Entry, LexicalIndex, stem_code
from index.near import NearRules
from index.schema import Article, Chunk, IndexManifest, Progress
from index.shelf import (
    clear_leftovers,
    collection_name,
    copy_words,
    make_room,
    open_vectors,
    vectors_folder,
    words_folder,
)
from index.staging import Staging
from index.store import VectorStore, VectorStoreMissing, copy_folder, drop_collections

log = logging.getLogger(__name__)

STORE_BATCH = 4_096
"""Vectors handed to the vector store at once; embedded Chroma takes 5,461."""

STALE_SHARE = 0.05
"""Deleted chunks, as a share of those left, beyond which a store is written from scratch instead of
copied: tantivy counts deleted chunks in its word statistics, and Chroma's search tree keeps their
places and then misses neighbours (4 of 100 questions over 210 chunks after four builds)."""


@dataclass
class Commit:
    """Brings a copy of the shelf up to date with what is staged, and makes it the live one."""

    index_dir: Path
    catalog: Catalog
    staging: Staging | None
    chroma_url: str
    settings: dict[str, str]
    take: Sequence[str] = ()
    remove: Sequence[str] = ()
    sources: dict[str, str] | None = None
    fresh: bool = False
    progress: Callable[[Progress], None] = lambda _: None
    near: NearRules | None = None
    """By what near copies are looked for; None for what they were looked for by before."""

    def __post_init__(self) -> None:
        self.old = self.catalog.shelves()
        self.first = self.catalog.revision() == 0

    def missing_vectors(self) -> list[str]:
        """Ids of chunks that stay in the index and have no vector in the store."""
        live = self._kept_chunks()
        if not live:
            return []
        try:
            store = open_vectors(self.index_dir, self.old, self.chroma_url)
        except VectorStoreMissing:
            return sorted(live)
        try:
            return sorted(live - store.ids())
        finally:
            store.close()

    def needed(self) -> bool:
        """Whether the stores or the manifest differ from the catalog though no article changed."""
        if self.first or built_with(self.catalog) != self.settings:
            return True
        if self.old.vectors != ("server" if self.chroma_url else "embedded"):
            return True
        if self._copies_stale():
            return True
        chunks = self.catalog.chunk_ids()
        store = open_vectors(self.index_dir, self.old, self.chroma_url)
        try:
            if store.count() != len(chunks):
                if not self.chroma_url:
                    return True
                store.delete(sorted(store.ids() - chunks))  # what a killed build left on the server
        finally:
            store.close()
        try:
            return LexicalIndex.open(words_folder(self.index_dir, self.old.shelf)).count() != len(chunks)
        except IndexMissing:
            return True

    def run(self) -> IndexManifest:
        """Does it all; nothing is visible before the catalog's commit, which is the last step but cleaning."""
        try:
            return self._run()
        finally:  # after a failure this frees the disk of what was begun
            clear_leftovers(self.index_dir, self.catalog.shelves().shelf)

    def _run(self) -> IndexManifest:
        self.progress(Progress("finishing", 0, 3, "vectors"))
        generation = self.old.generation + 1 if self.fresh or self.first else self.old.generation
        new = Shelves(
            shelf=self.old.shelf + 1,
            vectors="server" if self.chroma_url else "embedded",
            collection=collection_name(self.catalog.index_id(), generation),
            generation=generation,
        )
        staged = self._staged_chunks()
        target = self._kept_chunks() | set(staged)
        store, new = self._vectors(new, target)
        try:
            surplus = sorted(store.ids() - target)
            if not self.chroma_url:  # on a server they answer until the commit
                store.delete(surplus)
                store.settle()
            self.progress(Progress("finishing", 1, 3, "words"))
            new = self._words(new, target, staged)
            self.progress(Progress("finishing", 2, 3, "catalog"))
            copies = self._copies(store)
            manifest = self.catalog.commit(
                staging=self.staging.path if self.staging else None,
                take=self.take,
                remove=self.remove,
                sources=self.sources or {},
                settings=self.settings,
                shelves=new,
                fresh=self.fresh,
                copies=copies,
            )
            if self.chroma_url:
                self._clean_server(store, surplus, new.collection)
        finally:
            store.close()
        self.progress(Progress("finishing", 3, 3))
        return manifest

    def _copies_stale(self) -> bool:
        """Whether near copies were never looked for in this index, or by other rules, or not in all of it."""
        if self.near is None or not self.near.on:
            return self.near is not None and self.catalog.near_label() not in ("", "off")
        return self.catalog.near_label() != self.near.label or bool(self.catalog.unprinted())

    def _copies(self, store: VectorStore) -> Copies | None:
        """The near copies among the articles to come; None where none were ever looked for."""
        rules = self.near or NearRules.of(self.catalog.near_label())
        if rules is None or (not rules.on and self.catalog.near_label() in ("", "off")):
            return None
        return find_copies(
            self.catalog, self.staging, store, rules, take=self.take, remove=self.remove, fresh=self.fresh,
            tell=lambda done, of: self.progress(Progress("finishing", 2, 3, f"near copies {done}/{of}")),
        )  # fmt: skip

    def _clean_server(self, store: VectorStore, surplus: Sequence[str], collection: str) -> None:
        try:
            store.delete(surplus)
            prefix = collection_name(self.catalog.index_id(), 0)[:-1]
            drop_collections(self.chroma_url, prefix, keep=collection)
        except FootnoteError as error:  # the build is complete; the next one cleans
            log.warning("old vectors stay on the Chroma server until the next build: %s", error)

    def _staged_chunks(self) -> dict[str, str]:
        """Ids of the staged chunks this commit takes over, and their articles."""
        if self.staging is None:
            return {}
        return {chunk: article for article in self.take for chunk in self.staging.chunk_ids(article)}

    def _kept_chunks(self) -> set[str]:
        """Ids of live chunks that stay: not of removed articles, not of replaced ones."""
        if self.fresh or self.first:
            return set()
        chunks = self.catalog.chunk_ids()
        for article_id in self.remove:
            chunks.difference_update(self.catalog.chunk_ids_of(article_id))
        for article_id in self.take:
            if self.staging is not None and self.staging.chunk_ids(article_id):
                chunks.difference_update(self.catalog.chunk_ids_of(article_id))
        return chunks

    def _vectors(self, new: Shelves, target: set[str]) -> tuple[VectorStore, Shelves]:
        """A store holding at least `target`, open, and where it stands."""
        if self.chroma_url:
            store = VectorStore.server(self.chroma_url, new.collection, create=True)
            return self._filled(store, target), new
        folder = vectors_folder(self.index_dir, new.shelf)
        make_room(folder)
        before = vectors_folder(self.index_dir, self.old.shelf)
        copied = not self.fresh and self.old.vectors == "embedded" and (before / "chroma.sqlite3").is_file()
        if copied:
            copy_folder(before, folder)
        store = VectorStore.embedded(folder, new.collection, create=True)
        gone = 0
        if copied:
            present = store.ids()
            gone = self.old.tombstones + len(present - target)
            if gone > len(target) * STALE_SHARE:
                store, gone = self._compacted(store, folder, new, present & target), 0
        return self._filled(store, target), replace(new, tombstones=gone)

    def _compacted(self, store: VectorStore, folder: Path, new: Shelves, keep: set[str]) -> VectorStore:
        """A store made from scratch with the vectors of the live one."""
        store.close()
        make_room(folder)
        old = open_vectors(self.index_dir, self.old, "")
        try:
            made = VectorStore.embedded(folder, new.collection, create=True)
            made.add(old.vectors(sorted(keep), STORE_BATCH))
        finally:
            old.close()
        return made

    def _filled(self, store: VectorStore, target: set[str]) -> VectorStore:
        """The store with what it lacks of `target` put in; closed when that fails."""
        try:
            ids = sorted(target - store.ids())
            if ids and self.staging is not None:  # a removal adds nothing; the next build restores
                store.add(
                    self.staging.vectors(ids, STORE_BATCH),
                    lambda done: self.progress(Progress("finishing", 0, 3, f"vectors {done}/{len(ids)}")),
                )
        except BaseException:
            store.close()
            raise
        return store

    def _words(self, new: Shelves, target: set[str], staged: dict[str, str]) -> Shelves:
        """Writes the new shelf's lexical index; gives the shelves with their count of stale words.

        tantivy counts deleted chunks in its word statistics until it merges them away, so an index
        that saw many deletions is written from scratch: scores then do not depend on its past.
        """
        folder = words_folder(self.index_dir, new.shelf)
        make_room(folder)
        stale = self.old.stale_words
        if not self.fresh:
            try:
                present = LexicalIndex.open(words_folder(self.index_dir, self.old.shelf)).ids()
                stale += len(present - target)
                if stale <= len(target) * STALE_SHARE:
                    copy_words(self.index_dir, self.old.shelf, new.shelf)
                    words = LexicalIndex.open(folder)
                    words.write(self._entries(target - present, staged), sorted(present - target))
                    return replace(new, stale_words=stale)
            except IndexMissing:  # a deleted folder
                make_room(folder)
        LexicalIndex.create(folder).write(self._entries(target, staged), ())
        return new

    def _entries(self, wanted: set[str], staged: dict[str, str]) -> Iterator[Entry]:
        """What the lexical index must be told: chunks it lacks, and those whose language changed."""
        for article_id in self.take:
            article = self.staging.article(article_id) if self.staging else None
            if self.staging is None or article is None:
                continue
            old = self.catalog.article_head(article_id)
            relabelled = old is not None and stem_code(old["language"]) != stem_code(article.language)
            for chunk in self.staging.chunks_of(article) or self.catalog.chunks_of(article_id):
                if chunk.id in wanted or (relabelled and not self.fresh):
                    yield _entry(article, chunk)
        taken = set(self.take)
        rest = [chunk for chunk in wanted if chunk not in staged]
        for article_id in dict.fromkeys(c.article_id for c in self.catalog.chunks(rest).values()):
            article = self.catalog.article(article_id)
            if article is not None and article_id not in taken:
                for chunk in self.catalog.chunks_of(article_id):
                    if chunk.id in wanted:
                        yield _entry(article, chunk)


def _entry(article: Article, chunk: Chunk) -> Entry:
    from index.split import subject

    title = subject(article) if chunk.start else article.title
    return Entry(chunk.id, f"{title} {chunk.heading}".strip(), chunk.text, article.language)


def built_with(catalog: Catalog) -> dict[str, str]:
    """The live manifest's entries that a build's settings are compared with."""
    manifest = catalog.manifest()
    assert manifest is not None
    return {
        "embedding_model": manifest.embedding_model,
        "weights_sha256": manifest.weights_sha256,
        "dimension": str(manifest.dimension),
        "chunk_size": str(manifest.chunk_size),
        "overlap": str(manifest.overlap),
    }


_CALLED = {
    "embedding_model": "embedding model",
    "weights_sha256": "weights",
    "dimension": "vector size",
    "chunk_size": "chunk size",
    "overlap": "chunk overlap",
}


def check_built_with(manifest: IndexManifest, settings: dict[str, str], index_dir: Path) -> None:
    """Raises `IndexMismatch` when an index was built with other values than these. Keys are names of
    the manifest's fields; an unknown (empty) weights hash is not compared."""
    for name, wanted in settings.items():
        built = str(getattr(manifest, name))
        if built != wanted and not (name == "weights_sha256" and not (built and wanted)):
            short = (built[:12], wanted[:12]) if name == "weights_sha256" else (built, wanted)
            raise IndexMismatch(
                f"the index in {index_dir} was built with {_CALLED[name]} {short[0]}, the settings say {short[1]}",
                "footnote build --rebuild PATH...",
            )
