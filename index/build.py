"""Building: articles of some sources in, the next revision of an index out.

    read -> unchanged? pass by -> split -> embed in batches -> staging file
         -> copy the live shelf, bring the copy up to date -> one commit in the catalog -> clean up

Everything before the commit can be killed without a trace in what answers, and what was embedded
stays in the staging file for the next build. Everything after it is cleaning, which the next build
does if this one could not.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index.catalog import CATALOG_FILE, Catalog, damaged
from index.commit import Commit, built_with, check_built_with
from index.errors import IndexBusy, IndexMismatch, IndexMissing, IndexWriteFailed, InputError
from index.ledger import Ledger, remove_by_hand
from index.near import NearRules
from index.rows import ARTICLE_NAMES, article_values
from index.schema import (
    SCHEMA_VERSION,
    Article,
    BuildReport,
    Chunk,
    Gone,
    Kept,
    Progress,
    ReadAgain,
    Skipped,
    Source,
    SourceReport,
)
from index.shelf import clear_leftovers, open_vectors
from index.staging import Staging, discard
from index.store import VectorStore, VectorStoreMissing, write_failed

log = logging.getLogger(__name__)

BATCH_CHUNKS = 512
"""Chunks embedded together, across articles: enough for the embedder to sort by length and fill its
batches, few enough that a kill loses seconds."""


NEEDED_TO_READ = 4_000_000
"""Bytes the disk must have free for an index to be read without trouble."""


class Embeds(Protocol):
    """What building needs of an embedder; `index.embed.SentenceEmbedder` is one."""

    @property
    def dimension(self) -> int: ...

    @property
    def model_label(self) -> str: ...

    @property
    def weights_sha256(self) -> str: ...

    @property
    def max_tokens(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


def build_index(
    index_dir: Path,
    sources: Sequence[Source],
    *,
    embedder: Embeds,
    chunk_size: int = 200,
    overlap: int = 0,
    rebuild: bool = False,
    chroma_url: str = "",
    near: NearRules | None = None,
    progress: Callable[[Progress], None] | None = None,
    remember: Mapping[str, dict[str, Any]] | None = None,
    unread: Sequence[SourceReport] = (),
) -> BuildReport:
    """Brings the index up to date with these sources; articles of other sources stay.

    Unchanged articles are passed by, changed ones replaced, and those a source no longer yields are
    removed. Where only metadata changed nothing is embedded, and of a changed article only the chunks
    whose words changed. A source that can (`ReadAgain`) reads only what is new since the last build. Vectors
    or words missing from the stores are put back. With `rebuild` everything is embedded anew, the articles of other sources
    from their stored text, beside the index that goes on answering until it is done. `near` says which
    articles are near copies of another (see `index.near.NearRules`, whose defaults hold where it is None).

    `remember` holds by source key what it takes to read that source again, for the ledger; `unread` are
    sources that could not even be opened, for the report.

    Raises `IndexBusy` when another process is building here, `IndexMismatch` when the index was
    built with another model, chunk size or schema (and `rebuild` is not set), `StoreUnreachable`,
    and `IndexWriteFailed`; what a source raises comes through, but for the `InputError` of one of several: that is
    told in the report, and nothing of this source is removed. Whatever is raised, the last
    complete index is as it was.
    """
    settings = {
        "embedding_model": embedder.model_label,
        "weights_sha256": embedder.weights_sha256,
        "dimension": str(embedder.dimension),
        "chunk_size": str(chunk_size),
        "overlap": str(overlap),
    }
    with _locked(index_dir), _writing(index_dir):
        catalog = _catalog(index_dir, settings, rebuild)
        try:
            config = json.dumps({**settings, "schema_version": SCHEMA_VERSION}, sort_keys=True)
            staging = Staging(index_dir, config)
            try:
                with Ledger(index_dir, catalog.path, forget_files=rebuild) as ledger:
                    build = _Build(
                        index_dir, catalog, staging, ledger, embedder, settings, rebuild, chroma_url,
                        near or NearRules(), progress,
                    )  # fmt: skip
                    began = datetime.now(UTC)
                    known, entries = ledger.sources(), remember or {}
                    for key, value in entries.items():
                        if key in known and _said_of_articles(known[key]) != _said_of_articles(value):
                            ledger.renew(key)
                    report = build.run(sources)
                    for one in report.sources:  # an address with a slip in it is not asked for ever after
                        gave = one.key in known or one.added + one.updated + one.unchanged
                        if gave and (entry := entries.get(one.key)):
                            ledger.note_source(one.key, entry)
                    ledger.settle()
                    report = _with_unread(report, unread)
                    ledger.store_report(began, report)
            finally:
                staging.close()
            if build.spent:
                discard(index_dir)
            return report
        except (sqlite3.OperationalError, IndexWriteFailed):
            _make_room(index_dir)
            raise
        finally:
            catalog.close()


def remove_articles(index_dir: Path, ids: Sequence[str], *, chroma_url: str = "") -> int:
    """Removes articles by id as one new revision; gives how many there were. Building their folder
    again brings them back; articles of the web are not fetched again. Raises `IndexMissing`, `IndexBusy`, `StoreUnreachable`, `IndexWriteFailed`."""
    missing = IndexMissing(f"there is no index in {index_dir}", "footnote build PATH...")
    if not (index_dir / CATALOG_FILE).is_file():
        raise missing
    with _locked(index_dir), _writing(index_dir):
        catalog = Catalog.open(index_dir)
        if catalog is None:
            raise missing
        try:
            gone = [article_id for article_id in dict.fromkeys(ids) if catalog.article_head(article_id)]
            if gone:
                Commit(index_dir, catalog, None, chroma_url, built_with(catalog), remove=gone).run()
                remove_by_hand(index_dir, gone)
            return len(gone)
        finally:
            catalog.close()


def forget_source(index_dir: Path, key: str, *, articles: bool = False, chroma_url: str = "") -> int:
    """Forgets a source, so that a sync reads it no more; with `articles` takes those out that it gave, but for
    pages that another source leads to as well. Gives how many that were. A source that is built again brings them
    back. Raises as `remove_articles`."""
    with _locked(index_dir), _writing(index_dir), Ledger(index_dir) as ledger:
        ids: list[str] = []
        if articles and (catalog := Catalog.open(index_dir)) is not None:
            try:
                own, others = ledger.only_from(key)
                going = catalog.ids_of_sources([key]) - others
                # Stored by a source that was forgotten before this one, which led there too.
                known = ledger.sources().keys() - {key}
                going |= {
                    one
                    for one in own
                    if catalog.article_head(one) and catalog.source_key_of(one) not in known
                }
                ids = sorted(going)
                if ids:
                    Commit(index_dir, catalog, None, chroma_url, built_with(catalog), remove=ids).run()
            finally:
                catalog.close()
        ledger.forget_source(key, ids)
    return len(ids)


@dataclass
class _Count:
    """What one source came to so far."""

    key: str
    label: str
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    gone: list[Skipped] = field(default_factory=list)

    def report(self, clustered: int) -> SourceReport:
        return SourceReport(
            self.key, self.label, self.added, self.updated, self.unchanged, self.removed,
            clustered, tuple(self.skipped), tuple(self.gone),
        )  # fmt: skip


class _Build:
    """One run of `build_index`."""

    def __init__(
        self,
        index_dir: Path,
        catalog: Catalog,
        staging: Staging,
        ledger: Ledger,
        embedder: Embeds,
        settings: dict[str, str],
        rebuild: bool,
        chroma_url: str,
        near: NearRules,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.index_dir = index_dir
        self.catalog = catalog
        self.staging = staging
        self.ledger = ledger
        self.embedder = embedder
        self.settings = settings
        self.rebuild = rebuild
        self.chroma_url = chroma_url
        self.progress = progress or (lambda _: None)
        self.spent = False
        self.near = near
        self.read = 0
        self.embedded = 0
        self.seen: set[str] = set()
        """Articles that stay: read or kept."""
        self.fresh: set[str] = set()
        """Articles read in this build."""
        self.gone: set[str] = set()
        self.failed: set[str] = set()
        """Keys of sources that could not be read to their end: nothing of theirs is removed."""
        self.take: list[str] = []
        self.count = _Count("", "")
        self.others_unchanged = 0
        self.pending: list[tuple[str, str, str]] = []
        self._live: VectorStore | None = None

    def run(self, sources: Sequence[Source]) -> BuildReport:
        began = time.monotonic()
        clear_leftovers(self.index_dir, self.catalog.shelves().shelf)
        counts: list[_Count] = []
        failed: list[InputError] = []
        try:
            for source in sources:
                self.count = _Count(source.key, source.label)
                counts.append(self.count)
                gone = set(self.gone)
                try:
                    self._source(source)
                except InputError as error:  # this one cannot be read: the others can
                    failed.append(error)
                    self.failed.add(source.key)
                    self.gone = gone
                    self.count.skipped.append(Skipped(source.label, str(error), temporary=True))
        finally:
            self._close_live()
        if failed and len(failed) == len(sources):
            raise failed[0]
        removed = self._removed(sources, counts)
        if self.rebuild:
            self._others(set(removed))
        self._embed_pending()
        self.staging.flush()

        commit = Commit(
            self.index_dir, self.catalog, self.staging, self.chroma_url, self.settings,
            take=self.take, remove=removed, sources={source.key: source.label for source in sources},
            fresh=self.rebuild, progress=self.progress, near=self.near,
        )  # fmt: skip
        missing = [] if self.rebuild else commit.missing_vectors()
        self._restore(missing)
        if self.take or removed or missing or self.rebuild or commit.needed():
            commit.run()
        self.spent = self.staging.drop(self.take, [source.key for source in sources])
        manifest = self.catalog.manifest()
        assert manifest is not None  # a first build always commits
        clustered = self.catalog.clustered()
        return BuildReport(
            self.index_dir,
            sum(one.added for one in counts),
            sum(one.updated for one in counts),
            sum(one.unchanged for one in counts) + self.others_unchanged,
            len(removed),
            tuple(skipped for one in counts for skipped in one.skipped),
            self.embedded,
            time.monotonic() - began,
            manifest,
            sum(clustered.values()),
            tuple(one.report(clustered.get(one.key, 0)) for one in counts),
        )

    def _source(self, source: Source) -> None:
        """Takes in all that a source gives."""
        for item in source.read_again(self.ledger) if isinstance(source, ReadAgain) else source.read():
            if isinstance(item, Kept):
                self.read += len(item.ids)
                self._kept(item.ids)
            elif isinstance(item, Gone):
                self.gone.add(item.article_id)
                self.count.gone.append(Skipped(item.name, item.reason))
            elif isinstance(item, Skipped):
                self.read += 1
                self.count.skipped.append(item)
            else:
                self.read += 1
                self._article(item, source.key)
            self.progress(Progress("reading", self.read, None, self.count.label))

    def _kept(self, ids: Sequence[str]) -> None:
        """Articles that were not read again; for a rebuild they are embedded from their stored text."""
        for article_id in ids:
            if article_id in self.seen:
                continue
            self.seen.add(article_id)
            if self.rebuild and (article := self.catalog.article(article_id)) is not None:
                self._stage(article, self.catalog.source_key_of(article_id), self._chunks(article))
            self.count.unchanged += 1

    def _removed(self, sources: Sequence[Source], counts: Sequence[_Count]) -> list[str]:
        """The stored articles that go, each counted with its source."""
        removed: set[str] = set()
        for source, count in zip(sources, counts, strict=True):
            if source.key in self.failed:
                continue
            stored = self.catalog.ids_of_sources([source.key])
            whole = not isinstance(source, ReadAgain) or source.complete
            going = stored - self.seen if whole else (stored & self.gone) - self.fresh
            count.removed = len(going - removed)
            removed |= going
        rest = {one for one in self.gone - self.fresh - removed if self.catalog.article_head(one) is not None}
        if rest and counts:  # stored by another source, which is not built now
            counts[-1].removed += len(rest)
        return sorted(removed | rest)

    def _article(self, article: Article, source_key: str) -> None:
        name = article.external_id or article.id
        if article.id in self.fresh:
            self.count.skipped.append(
                Skipped(name, f"another article of this build has the same id ({article.id})")
            )
            return
        if reason := _unusable(article):
            self.count.skipped.append(Skipped(name, reason))
            return
        live = self.catalog.article_head(article.id)
        same = live is not None and live["content_hash"] == article.content_hash
        if live is None or not same or self.rebuild:
            chunks = self._chunks(article)
            if not chunks:
                self.count.skipped.append(Skipped(name, "no text in it"))
                return
            self._stage(article, source_key, chunks)
        elif not _like(live, article) or live["source_key"] != source_key:
            # The same words, but something about them changed: nothing to embed.
            self.staging.put_article(article, source_key)
            self.staging.drop_chunks(article.id)
            self.take.append(article.id)
        self.seen.add(article.id)
        self.fresh.add(article.id)
        if live is None:
            self.count.added += 1
        elif same and _like(live, article):
            self.count.unchanged += 1
        else:
            self.count.updated += 1

    def _chunks(self, article: Article) -> list[Chunk]:
        """The article's chunks, taken over from a killed build where it got that far."""
        from index.split import split_article

        staged = self.staging.chunks_of(article)
        if staged is not None:
            return staged
        size, overlap = int(self.settings["chunk_size"]), int(self.settings["overlap"])
        return split_article(article, self.embedder, chunk_size=size, overlap=overlap)

    def _stage(self, article: Article, source_key: str, chunks: Sequence[Chunk]) -> None:
        self.staging.put_article(article, source_key)
        self.staging.put_chunks(article.id, chunks)
        self.take.append(article.id)
        if not self.rebuild:
            self._reuse(article, chunks)
        self._queue(article, chunks)

    def _reuse(self, article: Article, chunks: Sequence[Chunk]) -> None:
        """Takes over the stored vectors of a changed article's chunks whose words are as they were."""
        from index.split import embedding_text

        old = self.catalog.article(article.id)
        if old is None:
            return
        before = {embedding_text(old, chunk): chunk.id for chunk in self.catalog.chunks_of(old.id)}
        same = {}
        for chunk in chunks:
            if (known := before.get(embedding_text(article, chunk))) and not self.staging.has_vector(
                chunk.id
            ):
                same.setdefault(known, []).append(chunk.id)
        if same and (store := self._live_store()) is not None:
            for ids, vectors in store.vectors(list(same), store.batch_size):
                for known, vector in zip(ids, vectors, strict=True):
                    pairs = [(chunk_id, article.id) for chunk_id in same[known]]
                    self.staging.put_vectors(pairs, np.repeat(vector[None], len(pairs), axis=0))

    def _live_store(self) -> VectorStore | None:
        """The vectors of the last complete build, opened when they are first wanted; None where they are gone."""
        if self._live is None:
            try:
                self._live = open_vectors(self.index_dir, self.catalog.shelves(), self.chroma_url)
            except VectorStoreMissing:
                return None
        return self._live

    def _close_live(self) -> None:
        if self._live is not None:
            self._live.close()
            self._live = None

    def _others(self, removed: set[str]) -> None:
        """For a rebuild: the stored articles of all other sources, from their own text."""
        for article in self.catalog.articles():
            if article.id not in self.seen and article.id not in removed:
                self.seen.add(article.id)
                self._stage(article, self.catalog.source_key_of(article.id), self._chunks(article))
                self.others_unchanged += 1

    def _restore(self, missing: Sequence[str]) -> None:
        """Embeds live chunks again whose vectors are gone (a deleted folder, another server)."""
        if missing:
            log.warning("%d vectors are missing from the vector store and are embedded again", len(missing))
        wanted = set(missing)
        for article_id in dict.fromkeys(chunk.article_id for chunk in self.catalog.chunks(missing).values()):
            article = self.catalog.article(article_id)
            if article is not None:
                chunks = self.catalog.chunks_of(article_id)
                self._queue(article, [chunk for chunk in chunks if chunk.id in wanted])
        self._embed_pending()
        self.staging.flush()

    def _queue(self, article: Article, chunks: Sequence[Chunk]) -> None:
        from index.split import embedding_text

        for chunk in chunks:
            if not self.staging.has_vector(chunk.id):
                self.pending.append((chunk.id, chunk.article_id, embedding_text(article, chunk)))
                if len(self.pending) >= BATCH_CHUNKS:
                    self._embed_pending()

    def _embed_pending(self) -> None:
        if self.pending:
            vectors = self.embedder.encode([text for _, _, text in self.pending])
            self.staging.put_vectors([(chunk, article) for chunk, article, _ in self.pending], vectors)
            self.staging.flush()
            self.embedded += len(self.pending)
            self.pending.clear()
            self.progress(Progress("embedding", self.embedded, None))


def _said_of_articles(value: dict[str, Any]) -> list[object]:
    """What a source's entry says of its articles, as against how it is read."""
    return [value.get(name) for name in ("name", "topic", "language")]


def _with_unread(report: BuildReport, unread: Sequence[SourceReport]) -> BuildReport:
    skipped = tuple(one for source in unread for one in source.skipped)
    return replace(report, skipped=(*skipped, *report.skipped), sources=(*unread, *report.sources))


def _like(row: sqlite3.Row, article: Article) -> bool:
    """Whether an article's row says the same as this article: not when it was fetched, nor by which source."""
    values = dict(zip(ARTICLE_NAMES, article_values(article, ""), strict=True))
    return all(row[name] == value for name, value in values.items() if name not in _NOT_COMPARED)


_NOT_COMPARED = ("source_key", "fetched_at", "cluster", "body")
"""`cluster` is found here, not read; `content_hash` and `characters` stand for the text."""


def _unusable(article: Article) -> str:
    """Why an article cannot be stored, or an empty string."""
    if not article.text.strip():
        return "no text in it"
    if "\0" in article.text:
        return "its text contains NUL characters"
    try:
        "\n".join((article.title, article.text, article.external_id, article.url)).encode()
    except UnicodeEncodeError:
        return "its text contains broken Unicode (lone surrogates)"
    return ""


def _catalog(index_dir: Path, settings: dict[str, str], rebuild: bool) -> Catalog:
    try:
        catalog = Catalog.create(index_dir)
    except IndexMismatch:
        if not rebuild:
            raise
        # Written by another version, unreadable by this one: there is nothing to go on answering.
        for suffix in ("", "-wal", "-shm"):
            (index_dir / f"{CATALOG_FILE}{suffix}").unlink(missing_ok=True)
        catalog = Catalog.create(index_dir)
    manifest = catalog.manifest()
    if manifest is not None and not rebuild:
        try:
            check_built_with(manifest, settings, index_dir)
        except IndexMismatch:
            catalog.close()
            raise
    return catalog


def _make_room(index_dir: Path) -> None:
    """After a failed write: on a full disk staged work goes, for Chroma and SQLite need a little room
    even to read, and that the last index answers matters more than what was embedded."""
    if shutil.disk_usage(index_dir).free < NEEDED_TO_READ:
        discard(index_dir)


@contextmanager
def _locked(index_dir: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(index_dir / "build.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise IndexBusy(
            f"another process is building the index in {index_dir}", "wait until it is done, then build again"
        ) from error
    except OSError as error:
        raise write_failed(str(index_dir), error) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _writing(index_dir: Path) -> Iterator[None]:
    """Turns SQLite's word for a full or read-only disk into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise write_failed(str(index_dir), error) from error
    except sqlite3.DatabaseError as error:
        raise damaged(index_dir, error) from error
