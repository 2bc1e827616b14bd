"""Articles and chunks as rows of SQLite tables, the same in the catalog and in the staging file."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index.schema import Article, Chunk

ARTICLE_COLUMNS = (
    "id TEXT PRIMARY KEY, source_key TEXT NOT NULL, content_hash TEXT NOT NULL, external_id TEXT NOT NULL, "
    "title TEXT NOT NULL, url TEXT NOT NULL, published TEXT, modified TEXT, authors TEXT NOT NULL, "
    "source TEXT NOT NULL, site TEXT NOT NULL, topic TEXT NOT NULL, language TEXT NOT NULL, "
    "collection TEXT NOT NULL, cluster TEXT NOT NULL, fetched_at TEXT NOT NULL, corrects TEXT NOT NULL, "
    "pages TEXT NOT NULL DEFAULT '[]', characters INTEGER NOT NULL, body TEXT NOT NULL"
)
"""The text (`body`) stands last: SQLite reads the columns before it without touching its pages."""

CHUNK_COLUMNS = (
    'id TEXT PRIMARY KEY, article_id TEXT NOT NULL, ordinal INTEGER NOT NULL, "start" INTEGER NOT NULL, '
    '"end" INTEGER NOT NULL, heading TEXT NOT NULL'
)

ARTICLE_NAMES = tuple(column.split()[0] for column in ARTICLE_COLUMNS.split(", "))
ARTICLE_FIELDS = ", ".join(ARTICLE_NAMES)
HEAD_FIELDS = "id, content_hash, external_id, source, site, url, published, corrects, characters"
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
        json.dumps(article.pages),
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
        pages=tuple(json.loads(row["pages"])),
    )


def article_json(article: Article) -> str:
    """An article as one line of JSON."""
    values = {name: getattr(article, name) for name in Article.__slots__}
    for name in ("published", "modified"):
        values[name] = values[name].isoformat() if values[name] else None
    return json.dumps(values)


def article_from_json(text: str) -> Article:
    """The article that `article_json` wrote."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()
    }
    for name in ("published", "modified"):
        values[name] = date_of(values[name])
    return Article(**values)


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


def add_missing_columns(db: sqlite3.Connection) -> None:
    """Gives the articles of a file written before pages were kept their column, empty.

    Older versions go on reading and writing such a file: they name their columns, and the default
    fills this one. Where the file cannot be written the column is only shown.
    """

    def lacking() -> bool:
        names = {row["name"] for row in db.execute("PRAGMA table_info(articles)")}
        return bool(names) and "pages" not in names  # a file just made has no table yet

    if not lacking():
        return
    try:
        db.execute("ALTER TABLE articles ADD COLUMN pages TEXT NOT NULL DEFAULT '[]'")
    except sqlite3.OperationalError as error:
        if "readonly" in str(error):
            db.execute("CREATE TEMP VIEW articles AS SELECT *, '[]' AS pages FROM main.articles")
        elif lacking():  # not another process that was quicker
            raise


def date_of(value: str | None) -> date | None:
    """A stored date; None for an unknown one."""
    return date.fromisoformat(value) if value else None
