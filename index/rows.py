"""Articles and chunks as rows of SQLite tables, the same in the catalog and in the staging file."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path
from urllib.parse import quote

from index.schema import Article, Chunk

ARTICLE_COLUMNS = (
    "id TEXT PRIMARY KEY, source_key TEXT NOT NULL, content_hash TEXT NOT NULL, external_id TEXT NOT NULL, "
    "title TEXT NOT NULL, url TEXT NOT NULL, published TEXT, modified TEXT, authors TEXT NOT NULL, "
    "source TEXT NOT NULL, site TEXT NOT NULL, topic TEXT NOT NULL, language TEXT NOT NULL, "
    "collection TEXT NOT NULL, cluster TEXT NOT NULL, fetched_at TEXT NOT NULL, corrects TEXT NOT NULL, "
    "characters INTEGER NOT NULL, body TEXT NOT NULL"
)
"""The text (`body`) stands last: SQLite reads the columns before it without touching its pages."""

CHUNK_COLUMNS = (
    'id TEXT PRIMARY KEY, article_id TEXT NOT NULL, ordinal INTEGER NOT NULL, "start" INTEGER NOT NULL, '
    '"end" INTEGER NOT NULL, heading TEXT NOT NULL'
)

ARTICLE_NAMES = tuple(column.split()[0] for column in ARTICLE_COLUMNS.split(", "))
ARTICLE_FIELDS = ", ".join(ARTICLE_NAMES)
ARTICLE_MARKS = ", ".join("?" * len(ARTICLE_NAMES))


def article_values(article: Article, source_key: str) -> tuple[object, ...]:
    """An article as a row in the order of `ARTICLE_FIELDS`."""
    return (
        article.id,
        source_key,
        article.content_hash,
        article.external_id,
        article.title,
        article.url,
        article.published.isoformat() if article.published else None,
        article.modified.isoformat() if article.modified else None,
        json.dumps(article.authors, ensure_ascii=False),
        article.source,
        article.site,
        article.topic,
        article.language,
        article.collection,
        article.cluster,
        article.fetched_at,
        article.corrects,
        len(article.text),
        article.text,
    )


def article_of(row: sqlite3.Row) -> Article:
    """The article a row of `ARTICLE_FIELDS` stands for."""
    return Article(
        id=row["id"],
        external_id=row["external_id"],
        title=row["title"],
        url=row["url"],
        text=row["body"],
        published=date_of(row["published"]),
        modified=date_of(row["modified"]),
        authors=tuple(json.loads(row["authors"])),
        source=row["source"],
        site=row["site"],
        topic=row["topic"],
        language=row["language"],
        collection=row["collection"],
        cluster=row["cluster"],
        fetched_at=row["fetched_at"],
        corrects=row["corrects"],
    )


def chunk_of(row: sqlite3.Row, text: str) -> Chunk:
    """The chunk a row stands for; `text` is its article's text or, when shorter, the chunk's own."""
    start, end = row["start"], row["end"]
    return Chunk(row["id"], row["article_id"], row["ordinal"], text[start:end], start, end, row["heading"])


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection for use from several threads under a lock of the caller's; rows by name, WAL.

    Statements commit by themselves unless inside an explicit BEGIN. Raises
    sqlite3.OperationalError where the file cannot be opened.
    """
    address = f"file:{quote(str(path.absolute()))}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(
        address, uri=True, timeout=30.0, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def date_of(value: str | None) -> date | None:
    """A stored date; None for an unknown one."""
    return date.fromisoformat(value) if value else None
