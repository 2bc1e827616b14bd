"""The catalog: one SQLite file that says what the index holds. Its commit is the only commit point.

Articles, chunks and the manifest live here; the vector store and the lexical index hold nothing
that cannot be told from the catalog's chunk ids. A build prepares everything elsewhere and makes
it visible in one transaction of this file, so a process killed at any moment leaves the last
complete index exactly as it was.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from index.copies import Copies, Kept, Pair, Trace
from index.errors import IndexMismatch
from index.prints import PAIRS_SCHEMA, PRINT_FIELDS, PRINTS_SCHEMA, TRACE_FIELDS, kept_of, trace_of
from index.rows import (
    ARTICLE_COLUMNS,
    ARTICLE_FIELDS,
    ARTICLE_NAMES,
    CHUNK_COLUMNS,
    HEAD_FIELDS,
    add_missing_columns,
    article_of,
    chunk_of,
    connect,
    date_of,
)
from index.schema import SCHEMA_VERSION, Article, Chunk, IndexManifest

_LIGHT_FIELDS = ", ".join(ARTICLE_NAMES[:-1])

_LISTED = (
    "SELECT a.id, external_id, title, url, published, modified, authors, source, site, topic, language, "
    "collection, characters, cluster, (SELECT count(*) FROM chunks c WHERE c.article_id = a.id) AS chunks FROM articles a"
)

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sources (key TEXT PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS articles ({ARTICLE_COLUMNS});
CREATE INDEX IF NOT EXISTS articles_by_source ON articles (source_key);
CREATE INDEX IF NOT EXISTS articles_by_url ON articles (url);
CREATE TABLE IF NOT EXISTS chunks ({CHUNK_COLUMNS});
CREATE INDEX IF NOT EXISTS chunks_by_article ON chunks (article_id, ordinal);
"""

CATALOG_FILE = "catalog.sqlite"
_BATCH = 500
"""Ids per statement; SQLite allows at least 999 parameters everywhere."""


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One article without its text, for listings. `characters` is the text's length in code points."""

    id: str
    external_id: str
    title: str
    url: str
    published: date | None
    modified: date | None
    authors: tuple[str, ...]
    source: str
    site: str
    topic: str
    language: str
    collection: str
    characters: int
    chunks: int
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list of articles: `rows` of it, and how many there are on all pages."""

    total: int
    rows: list[ArticleRow]


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where the live revision's vectors and words stand.

    `shelf` numbers the folders `chroma/<n>` and `tantivy/<n>`; `vectors` is "embedded" or "server";
    `collection` is the collection's name in the vector store; `generation` grows with every
    rebuild; `tombstones` and `stale_words` count the chunks deleted since the vector store and the
    lexical index were last made from scratch.
    """

    shelf: int = 0
    vectors: str = "embedded"
    collection: str = ""
    generation: int = 0
    tombstones: int = 0
    stale_words: int = 0


class Catalog:
    """The catalog of one index, safe to read from several threads.

    `Catalog.open` gives None where there is no complete index; `Catalog.create` makes an empty
    file. Both raise `IndexMismatch` when the file was written by another version of Footnote.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._lock = threading.RLock()
        self.path = path

    @classmethod
    def open(cls, index_dir: Path) -> Catalog | None:
        """The catalog of a complete index, or None where there is none."""
        path = index_dir / CATALOG_FILE
        if not path.is_file():
            return None
        catalog = cls(_checked(path, create=False), path)
        if catalog.revision() == 0:
            catalog.close()
            return None
        return catalog

    @classmethod
    def create(cls, index_dir: Path) -> Catalog:
        """The catalog in this folder, made empty if there is none."""
        path = index_dir / CATALOG_FILE
        return cls(_checked(path, create=True), path)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # ---- what the index is ------------------------------------------------------------------

    def _meta(self) -> dict[str, str]:
        try:
            return {row["key"]: row["value"] for row in self._rows("SELECT key, value FROM meta")}
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # created, killed before its tables were
                return {}
            raise

    def revision(self) -> int:
        """The last complete build's number, 0 before the first. Cheap enough to ask at every question."""
        return int(self._meta().get("revision", "0"))

    def index_id(self) -> str:
        """Twelve hex digits that name this index on a server shared by several."""
        return self._meta().get("index_id", "")

    def manifest(self) -> IndexManifest | None:
        """What the last complete build wrote, or None before the first."""
        meta = self._meta()
        if meta.get("revision", "0") == "0":
            return None
        return IndexManifest(
            embedding_model=meta["embedding_model"],
            weights_sha256=meta["weights_sha256"],
            dimension=int(meta["dimension"]),
            chunk_size=int(meta["chunk_size"]),
            overlap=int(meta["overlap"]),
            articles=int(meta["articles"]),
            chunks=int(meta["chunks"]),
            revision=int(meta["revision"]),
            built_at=meta["built_at"],
            schema_version=int(meta["schema_version"]),
        )

    def shelves(self) -> Shelves:
        """Where the live revision's vectors and words stand."""
        meta = self._meta()
        return Shelves(
            shelf=int(meta.get("shelf", "0")),
            vectors=meta.get("vectors", "embedded"),
            collection=meta.get("vector_collection", ""),
            generation=int(meta.get("generation", "0")),
            tombstones=int(meta.get("tombstones", "0")),
            stale_words=int(meta.get("stale_words", "0")),
        )

    # ---- reading ----------------------------------------------------------------------------

    def article(self, article_id: str) -> Article | None:
        """One article with its text, or None."""
        rows = self._rows(f"SELECT {ARTICLE_FIELDS} FROM articles WHERE id = ?", (article_id,))
        return article_of(rows[0]) if rows else None

    def article_head(self, article_id: str) -> sqlite3.Row | None:
        """One article's row without its text (all other columns), or None."""
        rows = self._rows(f"SELECT {_LIGHT_FIELDS} FROM articles WHERE id = ?", (article_id,))
        return rows[0] if rows else None

    def ids_at(self, addresses: Sequence[str]) -> dict[str, str]:
        """Those of these addresses that are an article's `url`, each with that article's id (the newest of several)."""
        rows = [
            row
            for batch in _batches(addresses)
            for row in self._rows(
                f"SELECT id, url FROM articles WHERE url IN ({_marks(batch)}) ORDER BY published, id", batch
            )
        ]
        return {row["url"]: row["id"] for row in rows}

    def articles(self) -> Iterator[Article]:
        """All articles in the order of their ids, text included, one at a time."""
        last = ""
        query = f"SELECT {ARTICLE_FIELDS} FROM articles WHERE id > ? ORDER BY id LIMIT 1"
        while rows := self._rows(query, (last,)):
            last = rows[0]["id"]
            yield article_of(rows[0])

    def article_rows(
        self,
        *,
        topic: str = "",
        source: str = "",
        collection: str = "",
        limit: int = -1,
        offset: int = 0,
    ) -> list[ArticleRow]:
        """Articles without their texts, by title; an empty filter lets everything through, limit -1 means all."""
        wanted = [(name, value) for name, value in
                  (("topic", topic), ("source", source), ("collection", collection)) if value]  # fmt: skip
        where = " AND ".join(f"a.{name} = ?" for name, _ in wanted) or "1"
        rows = self._rows(
            f"{_LISTED} WHERE {where} ORDER BY title COLLATE NOCASE, a.id LIMIT ? OFFSET ?",
            (*(value for _, value in wanted), limit, offset),
        )
        return [_listed(row) for row in rows]

    def rows_of(self, ids: Sequence[str]) -> list[ArticleRow]:
        """Those of these articles that exist, without their texts, in the order asked for."""
        found = {
            row["id"]: _listed(row)
            for batch in _batches(ids)
            for row in self._rows(f"{_LISTED} WHERE a.id IN ({_marks(batch)})", batch)
        }
        return [found[article_id] for article_id in ids if article_id in found]

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks that exist among these ids, in the order asked for."""
        found: dict[str, Chunk] = {}
        for batch in _batches(ids):
            rows = self._rows(
                f'SELECT c.*, substr(a.body, c."start" + 1, c."end" - c."start") AS piece FROM chunks c '
                f"JOIN articles a ON a.id = c.article_id WHERE c.id IN ({_marks(batch)})",
                batch,
            )
            found.update((row["id"], _chunk(row)) for row in rows)
        return {chunk_id: found[chunk_id] for chunk_id in ids if chunk_id in found}

    def chunks_of(self, article_id: str) -> list[Chunk]:
        """An article's chunks in the order of its text; empty for an unknown article."""
        with self._snapshot():
            article = self.article(article_id)
            rows = self._rows("SELECT * FROM chunks WHERE article_id = ? ORDER BY ordinal", (article_id,))
        return [chunk_of(row, article.text) for row in rows] if article else []

    def with_articles(self, ids: Sequence[str]) -> dict[str, tuple[Chunk, Article]]:
        """The chunks that exist among these ids with their articles, as of one moment: a build that
        is committed meanwhile cannot pair a chunk with another text. In the order asked for."""
        with self._snapshot():
            chunks = self.chunks(ids)
            articles = {c.article_id: self.article(c.article_id) for c in chunks.values()}
        paired = ((key, chunk, articles[chunk.article_id]) for key, chunk in chunks.items())
        return {key: (chunk, article) for key, chunk, article in paired if article}

    def register(self) -> tuple[int, list[sqlite3.Row], list[sqlite3.Row]]:
        """As of one moment: the revision, what filters ask of each article (id, external_id, source,
        site, topic, published, corrects, cluster; no texts), by id, and (id, article_id) of each chunk, by article
        and place in it."""
        with self._snapshot():
            revision = self.revision()
            articles = self._rows(
                "SELECT id, external_id, source, site, topic, published, corrects, cluster FROM articles ORDER BY id"
            )
            chunks = self._rows("SELECT id, article_id FROM chunks ORDER BY article_id, ordinal")
        return revision, articles, chunks

    def live(self, ids: Sequence[str]) -> set[str]:
        """Which of these chunk ids belong to the live revision."""
        return {
            row["id"]
            for batch in _batches(ids)
            for row in self._rows(f"SELECT id FROM chunks WHERE id IN ({_marks(batch)})", batch)
        }

    def chunk_ids(self) -> set[str]:
        """All chunk ids of the live revision."""
        return {row["id"] for row in self._rows("SELECT id FROM chunks")}

    def chunk_ids_of(self, article_id: str) -> list[str]:
        """The ids of an article's chunks."""
        return [row["id"] for row in self._rows("SELECT id FROM chunks WHERE article_id = ?", (article_id,))]

    def languages(self) -> list[str]:
        """The languages present, most articles first."""
        rows = self._rows("SELECT language FROM articles GROUP BY language ORDER BY count(*) DESC, language")
        return [row["language"] for row in rows]

    def sources(self) -> dict[str, str]:
        """Source keys and their labels."""
        return {row["key"]: row["label"] for row in self._rows("SELECT key, label FROM sources")}

    def count_by_source(self) -> dict[str, int]:
        """How many articles each source gave, by its key."""
        rows = self._rows("SELECT source_key, count(*) AS n FROM articles GROUP BY source_key")
        return {row["source_key"]: row["n"] for row in rows}

    def ids_of_sources(self, keys: Sequence[str]) -> set[str]:
        """The ids of all articles that came from these sources."""
        return {
            row["id"]
            for key in keys
            for row in self._rows("SELECT id FROM articles WHERE source_key = ?", (key,))
        }

    def article_ids(self) -> set[str]:
        """All article ids."""
        return {row["id"] for row in self._rows("SELECT id FROM articles")}

    def source_key_of(self, article_id: str) -> str:
        """The key of the source an article came from, empty for an unknown article."""
        row = self.article_head(article_id)
        return row["source_key"] if row else ""

    # ---- near copies (see index/copies.py) ---------------------------------------------------

    def near_label(self) -> str:
        """By which rules near copies were looked for (`NearRules.label`); "" where they never were."""
        return self._meta().get("near", "")

    def near_heads(self) -> list[sqlite3.Row]:
        """What decides each article's place among its near copies (`HEAD_FIELDS`)."""
        return self._rows(f"SELECT {HEAD_FIELDS} FROM articles")

    def unprinted(self) -> list[str]:
        """The ids of articles that no print is kept of, those that correct another left out."""
        if not self._has_prints():
            return [row["id"] for row in self._rows("SELECT id FROM articles WHERE corrects = ''")]
        query = "SELECT id FROM articles WHERE corrects = '' AND content_hash NOT IN (SELECT content_hash FROM prints)"
        return [row["id"] for row in self._rows(query)]

    def printed(self) -> set[str]:
        """The content hashes that a print is kept of."""
        rows = self._rows("SELECT content_hash FROM prints") if self._has_prints() else []
        return {row["content_hash"] for row in rows}

    def traces(self) -> Iterator[Trace]:
        """What is kept of each text to find candidates by."""
        last = ""
        query = f"SELECT {TRACE_FIELDS} FROM prints WHERE content_hash > ? ORDER BY content_hash LIMIT 1000"
        while self._has_prints() and (rows := self._rows(query, (last,))):
            last = rows[-1]["content_hash"]
            yield from map(trace_of, rows)

    def kept(self, content_hash: str) -> Kept | None:
        """All that is kept of one text, or None."""
        if not self._has_prints():
            return None
        rows = self._rows(f"SELECT {PRINT_FIELDS} FROM prints WHERE content_hash = ?", (content_hash,))
        return kept_of(rows[0]) if rows else None

    def near_pairs(self) -> list[Pair]:
        """The texts that are near copies of one another."""
        if not self._has_prints():
            return []
        return [
            Pair(row["a"], row["b"], row["kind"]) for row in self._rows("SELECT a, b, kind FROM near_pairs")
        ]

    def clustered(self) -> dict[str, int]:
        """How many articles of each source (by key) stand behind another as its near copies."""
        rows = self._rows(
            "SELECT source_key, count(*) AS n FROM articles WHERE cluster NOT IN ('', id) GROUP BY source_key"
        )
        return {row["source_key"]: row["n"] for row in rows}

    def _has_prints(self) -> bool:
        return bool(self._rows("SELECT 1 FROM sqlite_master WHERE name = 'near_pairs'"))

    # ---- the commit -------------------------------------------------------------------------

    def commit(
        self,
        *,
        staging: Path | None,
        take: Iterable[str],
        remove: Iterable[str],
        sources: dict[str, str],
        settings: dict[str, str],
        shelves: Shelves,
        fresh: bool = False,
        copies: Copies | None = None,
    ) -> IndexManifest:
        """Makes a build visible, all at once, as the next revision.

        `take` are the ids of articles to copy from the staging file with their chunks (an article
        without staged chunks keeps the ones it has: only its metadata changed); `remove` are
        articles that go; `fresh` empties the catalog first. `settings` are the manifest's model
        and chunk entries; `copies` is what was found of near copies, whose prints are taken from the
        staging file. Returns the new manifest. Raises sqlite3.Error, and then nothing changed.
        """
        db = self._db
        with self._lock:
            if staging is not None:
                db.execute("ATTACH ? AS staging", (str(staging),))
            try:
                db.execute("BEGIN IMMEDIATE")
                try:
                    manifest = self._write(take, remove, sources, settings, shelves, fresh)
                    if copies is not None:
                        self._write_copies(copies, staged=staging is not None)
                    db.execute("COMMIT")
                except BaseException:
                    if db.in_transaction:
                        db.execute("ROLLBACK")
                    raise
            finally:
                if staging is not None:
                    db.execute("DETACH staging")
        return manifest

    def _write(
        self,
        take: Iterable[str],
        remove: Iterable[str],
        sources: dict[str, str],
        settings: dict[str, str],
        shelves: Shelves,
        fresh: bool,
    ) -> IndexManifest:
        db = self._db
        if fresh:
            db.execute("DELETE FROM chunks")
            db.execute("DELETE FROM articles")
        for article_id in remove:
            db.execute("DELETE FROM chunks WHERE article_id = ?", (article_id,))
            db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        for article_id in take:
            one = (article_id,)
            if db.execute("SELECT 1 FROM staging.chunks WHERE article_id = ?", one).fetchone():
                db.execute("DELETE FROM chunks WHERE article_id = ?", one)
            db.execute(
                f"INSERT OR REPLACE INTO articles ({ARTICLE_FIELDS}) "
                f"SELECT {ARTICLE_FIELDS} FROM staging.articles WHERE id = ?",
                one,
            )
            db.execute(
                'INSERT INTO chunks (id, article_id, ordinal, "start", "end", heading) '
                'SELECT id, article_id, ordinal, "start", "end", heading FROM staging.chunks WHERE article_id = ?',
                one,
            )
        db.executemany("INSERT OR REPLACE INTO sources (key, label) VALUES (?, ?)", sources.items())
        db.execute("DELETE FROM sources WHERE key NOT IN (SELECT source_key FROM articles)")
        counts = db.execute(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM chunks)"
        ).fetchone()
        meta = {
            **settings,
            "articles": str(counts[0]),
            "chunks": str(counts[1]),
            "revision": str(self.revision() + 1),
            "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "schema_version": str(SCHEMA_VERSION),
            "shelf": str(shelves.shelf),
            "vectors": shelves.vectors,
            "vector_collection": shelves.collection,
            "generation": str(shelves.generation),
            "tombstones": str(shelves.tombstones),
            "stale_words": str(shelves.stale_words),
        }
        db.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", meta.items())
        manifest = self.manifest()
        assert manifest is not None  # just written
        return manifest

    def _write_copies(self, copies: Copies, *, staged: bool) -> None:
        db = self._db
        db.execute(PRINTS_SCHEMA)
        db.execute(PAIRS_SCHEMA)
        if copies.prints_gone is None:
            db.execute("DELETE FROM prints")
        else:
            db.executemany("DELETE FROM prints WHERE content_hash = ?", ((h,) for h in copies.prints_gone))
        if staged:
            db.execute(
                f"INSERT OR REPLACE INTO prints ({PRINT_FIELDS}) SELECT {PRINT_FIELDS} FROM staging.prints"
            )
        if copies.pairs_gone is None:
            db.execute("DELETE FROM near_pairs")
        else:
            gone = [(h,) for h in copies.pairs_gone]
            db.executemany("DELETE FROM near_pairs WHERE a = ?", gone)
            db.executemany("DELETE FROM near_pairs WHERE b = ?", gone)
        pairs = ((pair.a, pair.b, pair.kind) for pair in copies.pairs)
        db.executemany("INSERT OR REPLACE INTO near_pairs (a, b, kind) VALUES (?, ?, ?)", pairs)
        db.execute("UPDATE articles SET cluster = '' WHERE cluster != ''")
        clusters = ((first, name) for name, first in copies.clusters.items())
        db.executemany("UPDATE articles SET cluster = ? WHERE id = ?", clusters)
        db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('near', ?)", (copies.label,))

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Several queries that see the same revision."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def count_by_source(index_dir: Path) -> dict[str, int]:
    """How many articles each source gave, by its key; {} where there is no index."""
    catalog = Catalog.open(index_dir)
    if catalog is None:
        return {}
    try:
        return catalog.count_by_source()
    finally:
        catalog.close()


def _checked(path: Path, *, create: bool) -> sqlite3.Connection:
    try:
        db = connect(path, create=create)
        try:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0 and create:
                db.executescript(_SCHEMA)
                db.execute("INSERT OR IGNORE INTO meta VALUES ('index_id', ?)", (uuid.uuid4().hex[:12],))
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version not in (0, SCHEMA_VERSION):
                raise IndexMismatch(
                    f"the index in {path.parent} was written by another version of Footnote "
                    f"(schema {version}, this one reads {SCHEMA_VERSION})",
                    "footnote build --rebuild PATH...",
                )
            add_missing_columns(db)
        except BaseException:
            db.close()
            raise
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise damaged(path.parent, error) from error
    return db


def damaged(index_dir: Path, error: Exception) -> IndexMismatch:
    """The error for a catalog that SQLite cannot read."""
    return IndexMismatch(
        f"the index in {index_dir} is damaged: {CATALOG_FILE}: {error}",
        f"delete the folder {index_dir} and run `footnote build PATH...`",
    )


def _chunk(row: sqlite3.Row) -> Chunk:
    return Chunk(
        row["id"], row["article_id"], row["ordinal"], row["piece"], row["start"], row["end"], row["heading"]
    )


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(ids), _BATCH):
        yield ids[at : at + _BATCH]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _listed(row: sqlite3.Row) -> ArticleRow:
    return ArticleRow(
        row["id"], row["external_id"], row["title"], row["url"], date_of(row["published"]),
        date_of(row["modified"]), tuple(json.loads(row["authors"])), row["source"], row["site"],
        row["topic"], row["language"], row["collection"], row["characters"], row["chunks"], row["cluster"],
    )  # fmt: skip
