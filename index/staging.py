"""What an unfinished build has already done, in a file of its own beside the catalog.

Articles, chunks and their vectors are collected here while a build runs; the catalog takes them
over in its one commit. A killed build leaves this file behind, and the next build with the same
model and chunk size takes from it what it need not embed again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from index.copies import Kept, Trace
from index.prints import PRINT_FIELDS, PRINTS_SCHEMA, TRACE_FIELDS, kept_of, print_values, trace_of
from index.rows import (
    ARTICLE_COLUMNS,
    ARTICLE_FIELDS,
    ARTICLE_MARKS,
    CHUNK_COLUMNS,
    HEAD_FIELDS,
    add_missing_columns,
    article_of,
    article_values,
    chunk_of,
    connect,
)
from index.schema import Article, Chunk

STAGING_FILE = "staging.sqlite"

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS config (value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS articles ({ARTICLE_COLUMNS});
CREATE TABLE IF NOT EXISTS chunks ({CHUNK_COLUMNS});
CREATE INDEX IF NOT EXISTS chunks_by_article ON chunks (article_id, ordinal);
CREATE TABLE IF NOT EXISTS vectors (chunk_id TEXT PRIMARY KEY, article_id TEXT NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS vectors_by_article ON vectors (article_id);
{PRINTS_SCHEMA};
"""


class Staging:
    """The staging file of one index. `config` names model and chunk size: staged work made with
    another one is thrown away when the file is opened."""

    def __init__(self, index_dir: Path, config: str) -> None:
        self.path = index_dir / STAGING_FILE
        try:
            self._db = self._opened(config)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # damaged: it is a cache, so begin again
            discard(index_dir)
            self._db = self._opened(config)

    def _opened(self, config: str) -> sqlite3.Connection:
        db = connect(self.path, create=True)
        try:
            db.executescript(_SCHEMA)
            add_missing_columns(db)
            row = db.execute("SELECT value FROM config").fetchone()
            if row is None or row["value"] != config:
                for table in ("config", "articles", "chunks", "vectors", "prints"):
                    db.execute(f"DELETE FROM {table}")
                db.execute("INSERT INTO config VALUES (?)", (config,))
        except BaseException:
            db.close()
            raise
        return db

    def flush(self) -> None:
        """Makes everything put so far survive a kill."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def close(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._db.close()

    def _write(self, query: str, values: Sequence[object]) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
        self._db.execute(query, values)

    # ---- putting ----------------------------------------------------------------------------

    def put_article(self, article: Article, source_key: str) -> None:
        """Stages an article's row; its chunks are kept if it was staged before with equal content."""
        self._write(
            f"INSERT OR REPLACE INTO articles ({ARTICLE_FIELDS}) VALUES ({ARTICLE_MARKS})",
            article_values(article, source_key),
        )

    def put_chunks(self, article_id: str, chunks: Sequence[Chunk]) -> None:
        """Stages an article's chunks in place of the ones staged before."""
        self.drop_chunks(article_id)
        for chunk in chunks:
            self._write(
                "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?, ?)",
                (chunk.id, chunk.article_id, chunk.ordinal, chunk.start, chunk.end, chunk.heading),
            )

    def drop_chunks(self, article_id: str) -> None:
        """Forgets an article's staged chunks."""
        self._write("DELETE FROM chunks WHERE article_id = ?", (article_id,))

    def put_vectors(self, chunks: Sequence[tuple[str, str]], vectors: np.ndarray) -> None:
        """Stages vectors, float32 (n, dimension), of n (chunk id, article id)."""
        for (chunk_id, article_id), vector in zip(chunks, vectors, strict=True):
            blob = np.ascontiguousarray(vector, dtype=np.float32).tobytes()
            self._write("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (chunk_id, article_id, blob))

    def put_prints(self, kept: Iterable[Kept]) -> None:
        """Stages the prints of texts (see index/copies.py)."""
        for one in kept:
            marks = ", ".join("?" * len(PRINT_FIELDS.split(", ")))
            self._write(f"INSERT OR REPLACE INTO prints ({PRINT_FIELDS}) VALUES ({marks})", print_values(one))

    def drop_prints(self) -> None:
        """Forgets the staged prints."""
        self._write("DELETE FROM prints", ())

    def drop(self, articles: Iterable[str], source_keys: Iterable[str]) -> bool:
        """Forgets what a complete build has taken over or passed by; True when nothing is left."""
        for article_id in articles:
            for table, column in (("articles", "id"), ("chunks", "article_id"), ("vectors", "article_id")):
                self._write(f"DELETE FROM {table} WHERE {column} = ?", (article_id,))
        self.drop_prints()
        for key in source_keys:
            self._write("DELETE FROM articles WHERE source_key = ?", (key,))
        for table in ("chunks", "vectors"):
            self._write(f"DELETE FROM {table} WHERE article_id NOT IN (SELECT id FROM articles)", ())
        self.flush()
        return self._db.execute("SELECT 1 FROM articles LIMIT 1").fetchone() is None

    # ---- reading ----------------------------------------------------------------------------

    def printed(self) -> set[str]:
        """The content hashes whose prints are staged."""
        return {row["content_hash"] for row in self._db.execute("SELECT content_hash FROM prints")}

    def traces(self) -> Iterator[Trace]:
        """The staged prints, without the texts' shingles."""
        for row in self._db.execute(f"SELECT {TRACE_FIELDS} FROM prints"):
            yield trace_of(row)

    def kept(self, content_hash: str) -> Kept | None:
        """A staged print, or None."""
        query = f"SELECT {PRINT_FIELDS} FROM prints WHERE content_hash = ?"
        row = self._db.execute(query, (content_hash,)).fetchone()
        return kept_of(row) if row else None

    def heads(self) -> list[sqlite3.Row]:
        """What decides each staged article's place among its near copies (`index.catalog.HEAD_FIELDS`)."""
        return self._db.execute(f"SELECT {HEAD_FIELDS} FROM articles").fetchall()

    def chunks_of(self, article: Article) -> list[Chunk] | None:
        """The chunks staged for an article with this very content, or None."""
        row = self._db.execute("SELECT content_hash FROM articles WHERE id = ?", (article.id,)).fetchone()
        if row is None or row["content_hash"] != article.content_hash:
            return None
        rows = self._db.execute("SELECT * FROM chunks WHERE article_id = ? ORDER BY ordinal", (article.id,))
        return [chunk_of(chunk, article.text) for chunk in rows] or None

    def article(self, article_id: str) -> Article | None:
        """A staged article, or None."""
        row = self._db.execute(
            f"SELECT {ARTICLE_FIELDS} FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        return article_of(row) if row else None

    def chunk_ids(self, article_id: str) -> list[str]:
        """The ids of an article's staged chunks."""
        rows = self._db.execute("SELECT id FROM chunks WHERE article_id = ?", (article_id,))
        return [row["id"] for row in rows]

    def has_vector(self, chunk_id: str) -> bool:
        """Whether a chunk's vector is staged."""
        return (
            self._db.execute("SELECT 1 FROM vectors WHERE chunk_id = ?", (chunk_id,)).fetchone() is not None
        )

    def vectors(self, ids: Sequence[str], batch: int) -> Iterator[tuple[list[str], np.ndarray]]:
        """Staged vectors of these chunks, in batches: ids and float32 (n, dimension). Raises KeyError
        for a chunk that has none."""
        for at in range(0, len(ids), batch):
            some = list(ids[at : at + batch])
            blobs: list[bytes] = []
            for chunk_id in some:
                row = self._db.execute(
                    "SELECT vector FROM vectors WHERE chunk_id = ?", (chunk_id,)
                ).fetchone()
                if row is None:
                    raise KeyError(chunk_id)
                blobs.append(row["vector"])
            yield some, np.frombuffer(b"".join(blobs), dtype=np.float32).reshape(len(some), -1)


def discard(index_dir: Path) -> None:
    """Deletes the staging file."""
    for suffix in ("", "-wal", "-shm"):
        (index_dir / f"{STAGING_FILE}{suffix}").unlink(missing_ok=True)
