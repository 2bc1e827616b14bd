"""The ledger: what each source had when it was last read, so that what has not changed is not read again.

One SQLite file beside the catalog (`ledger.sqlite`). It tells nothing that answers depend on: deleted, everything is read
once more. Rows of a build count once that build is complete (`settle`, after the catalog's commit). A killed build's rows
of files are dropped when the ledger is next opened, those of fetched pages are kept as `Waiting`, with the article, so
that the next build need not fetch them again. Nothing is written where nothing changed.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index.rows import article_from_json, article_json, connect, date_of
from index.schema import Article, BuildReport, Skipped, SourceReport

LEDGER_FILE = "ledger.sqlite"
_VERSION = 1
_KEPT_RUNS = 200
_SECONDS_BETWEEN_FLUSHES = 2.0
_MOST_NAMED = 200
"""Skipped inputs of one source that a stored report names; the others are counted."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sources (key TEXT PRIMARY KEY, run INTEGER NOT NULL, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (
  source_key TEXT NOT NULL, path TEXT NOT NULL, run INTEGER NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL,
  ids TEXT NOT NULL, skipped TEXT NOT NULL, inode INTEGER NOT NULL DEFAULT 0, moved INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (source_key, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lists (
  address TEXT PRIMARY KEY, run INTEGER NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL, digest TEXT NOT NULL,
  stamp TEXT NOT NULL, holds TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pages (
  address TEXT PRIMARY KEY, run INTEGER NOT NULL, article_id TEXT NOT NULL, url TEXT NOT NULL, etag TEXT NOT NULL,
  last_modified TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, checked REAL NOT NULL,
  article TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pages_by_article ON pages (article_id);
CREATE TABLE IF NOT EXISTS listed (
  source_key TEXT NOT NULL, address TEXT NOT NULL, stamp TEXT NOT NULL, PRIMARY KEY (source_key, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, began TEXT NOT NULL, report TEXT NOT NULL);
"""
_COUNTS = "(run <= ? OR article = '')"
"""Rows of complete builds, and what a killed one learned of pages without an article to store."""

TO_READ = -1
"""See `FileNote`."""

_WAITS = "run > ? AND run != ? AND article != ''"
"""Rows of articles that a killed build, not this one, came to fetch and not to store."""

_ENTRIES = "SELECT key, value FROM sources ORDER BY rowid"

_TABLES = ("sources", "files", "lists", "pages", "listed")


@dataclass(frozen=True, slots=True)
class FileNote:
    """A file as last read: its size in bytes, when it changed (ns), the articles it gave and what was passed over.

    `inode` and `moved` (when the file's entry changed, ns: ctime) tell a replacement of the same size and time. A
    size of `TO_READ` is that of no file: it is read again, and its articles are known until then.
    """

    size: int
    changed: int
    ids: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
    inode: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True)
class ListNote:
    """A feed or sitemap as last read: validators for the next request, a digest of its content, the day and time its
    parent gave for it (`stamp`), and the addresses it held."""

    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    stamp: str = ""
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageNote:
    """A page as last fetched.

    `status` is "ok" (its article stands in the index), "skipped" (no article in it, or not to be had; `reason` says why),
    "gone" (the site no longer has it) or "removed" (taken out by hand: not fetched again). `checked` is the time (seconds since 1970) of the last request. `url` is where it was
    found after redirects.
    """

    article_id: str = ""
    url: str = ""
    etag: str = ""
    last_modified: str = ""
    status: str = "ok"
    reason: str = ""
    checked: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """The stored report of one build: when it began (ISO, UTC) and what it did, as JSON types."""

    id: int
    began: str
    report: dict[str, Any]


class Ledger:
    """The ledger of one index, for one build at a time (under the build's lock).

    With `catalog`, the path of the catalog beside it, rows about articles that are not there are forgotten first.
    `began` is when it was opened, in seconds since 1970.
    """

    def __init__(self, index_dir: Path, catalog: Path | None = None, *, forget_files: bool = False) -> None:
        self.path = index_dir / LEDGER_FILE
        try:
            self._db = self._opened(catalog, forget_files)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # damaged: everything is read once more
            discard(index_dir)
            self._db = self._opened(catalog, forget_files)
        self._flushed = time.monotonic()
        self.began = time.time()

    def _opened(self, catalog: Path | None, forget_files: bool) -> sqlite3.Connection:
        db = connect(self.path, create=True)
        try:
            if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                for table in (*_TABLES, "meta"):
                    db.execute(f"DROP TABLE IF EXISTS {table}")
                db.executescript(_SCHEMA)
                db.execute(f"PRAGMA user_version = {_VERSION}")
            columns = {row["name"] for row in db.execute("PRAGMA table_info(files)")}
            for column in {"inode", "moved"} - columns:  # a ledger from before
                db.execute(f"ALTER TABLE files ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
            meta = {row["key"]: row["value"] for row in db.execute("SELECT key, value FROM meta")}
            self._settled = int(meta.get("settled", "0"))
            self._run = 0
            self._last = max(
                self._settled, db.execute("SELECT coalesce(max(run), 0) FROM pages").fetchone()[0]
            )
            self._catalog = catalog is not None
            if catalog is not None:
                db.execute("ATTACH ? AS catalog", (f"file:{quote(str(catalog.absolute()))}?mode=ro",))
                _forget_what_is_not_stored(db, self._settled)
            db.execute("DELETE FROM files WHERE run > ?", (self._settled,))
            db.execute("DELETE FROM sources WHERE run > ?", (self._settled,))
            db.execute("DELETE FROM lists WHERE run > ?", (self._settled,))
            rules = reading_rules()
            if forget_files or meta.get("rules") != rules:
                if db.execute("SELECT 1 FROM files LIMIT 1").fetchone():
                    db.execute("UPDATE files SET size = ?", (TO_READ,))  # what they gave stays known
                if meta.get("rules") != rules:
                    db.execute("INSERT OR REPLACE INTO meta VALUES ('rules', ?)", (rules,))
        except BaseException:
            db.close()
            raise
        return db

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; what was noted and not settled stays as a killed build's."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._db.close()

    def _write(self, query: str, values: Sequence[object]) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
        self._db.execute(query, values)
        if time.monotonic() - self._flushed > _SECONDS_BETWEEN_FLUSHES:
            self._db.execute("COMMIT")
            self._flushed = time.monotonic()

    @property
    def _now(self) -> int:
        """This build's number: above that of a killed build, whose rows are told apart by theirs."""
        self._run = self._run or self._last + 1
        return self._run

    def settle(self) -> None:
        """What was noted counts from now on: the build is complete."""
        if not self._run:
            return
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
        self._db.execute("UPDATE pages SET article = '' WHERE run = ?", (self._run,))
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('settled', ?)", (str(self._run),))
        self._db.execute("COMMIT")
        self._settled, self._run = self._run, 0

    # ---- files ------------------------------------------------------------------------------

    def files(self, source_key: str) -> dict[str, FileNote]:
        """What a folder held when it was last read, by path."""
        rows = self._db.execute("SELECT * FROM files WHERE source_key = ?", (source_key,))
        return {
            row["path"]: FileNote(
                row["size"],
                row["changed"],
                tuple(row["ids"].split("\n")) if row["ids"] else (),
                tuple(Skipped(*pair) for pair in json.loads(row["skipped"])) if row["skipped"] else (),
                row["inode"],
                row["moved"],
            )
            for row in rows
        }

    def note_file(self, source_key: str, path: str, note: FileNote) -> None:
        """Notes a file as it was just read."""
        skipped = json.dumps([(s.name, s.reason) for s in note.skipped]) if note.skipped else ""
        self._write(
            "INSERT OR REPLACE INTO files (source_key, path, run, size, changed, ids, skipped, inode, moved) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (source_key, path, self._now, note.size, note.changed, "\n".join(note.ids), skipped,
             note.inode, note.moved),
        )  # fmt: skip

    def forget_files(self, source_key: str, paths: Iterable[str]) -> None:
        """Forgets files that are there no longer."""
        for path in paths:
            self._write("DELETE FROM files WHERE source_key = ? AND path = ?", (source_key, path))

    # ---- feeds, sitemaps and pages ----------------------------------------------------------

    def list_note(self, address: str) -> ListNote | None:
        """A feed or sitemap as last read, or None."""
        row = self._db.execute("SELECT * FROM lists WHERE address = ?", (address,)).fetchone()
        if row is None:
            return None
        holds = tuple(row["holds"].split("\n")) if row["holds"] else ()
        return ListNote(row["etag"], row["last_modified"], row["digest"], row["stamp"], holds)

    def note_list(self, address: str, note: ListNote) -> None:
        """Notes a feed or sitemap as it was just read."""
        self._write(
            "INSERT OR REPLACE INTO lists VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                address,
                self._now,
                note.etag,
                note.last_modified,
                note.digest,
                note.stamp,
                "\n".join(note.holds),
            ),
        )

    def forget_list(self, address: str) -> None:
        """Forgets a feed or sitemap: it is read anew."""
        self._write("DELETE FROM lists WHERE address = ?", (address,))

    def page(self, address: str) -> PageNote | None:
        """A page as last fetched by a complete build, or None."""
        row = self._db.execute(
            f"SELECT * FROM pages WHERE address = ? AND ({_COUNTS} OR run = ?)",
            (address, self._settled, self._run or -1),
        ).fetchone()
        return _page(row) if row else None

    def waiting(self, address: str) -> tuple[PageNote, Article] | None:
        """A page that a killed build fetched and did not come to store, with its article."""
        row = self._db.execute(
            f"SELECT * FROM pages WHERE address = ? AND {_WAITS}", (address, self._settled, self._run or -1)
        ).fetchone()
        return (_page(row), article_from_json(row["article"])) if row else None

    def waiting_for(self, source_key: str) -> list[str]:
        """The addresses of a source's pages that are `waiting`."""
        rows = self._db.execute(
            f"SELECT address FROM listed JOIN pages USING (address) WHERE source_key = ? AND {_WAITS}",
            (source_key, self._settled, self._run or -1),
        )
        return [row["address"] for row in rows]

    def note_page(
        self, source_key: str, address: str, note: PageNote, stamp: str = "", article: Article | None = None
    ) -> None:
        """Notes a page as it was just fetched, with the article it gave if it is new or changed; `stamp` as in
        `note_listed`."""
        self._write(
            "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (address, self._now, note.article_id, note.url, note.etag, note.last_modified, note.status,
             note.reason, note.checked, article_json(article) if article else ""),
        )  # fmt: skip
        self.note_listed(source_key, address, stamp)

    def stamp(self, source_key: str, address: str) -> str | None:
        """What a source said of a page's last change when that page was last fetched for it; None for a page it did
        not lead to."""
        row = self._db.execute(
            "SELECT stamp FROM listed WHERE source_key = ? AND address = ?", (source_key, address)
        ).fetchone()
        return row["stamp"] if row else None

    def note_listed(self, source_key: str, address: str, stamp: str = "") -> None:
        """Notes that a source led to a page, and what it said of its last change."""
        if self.stamp(source_key, address) != stamp:
            self._write("INSERT OR REPLACE INTO listed VALUES (?, ?, ?)", (source_key, address, stamp))

    def pages_of(self, source_key: str) -> Iterator[tuple[str, PageNote]]:
        """The pages a source ever led to, with their addresses, those longest not asked for first."""
        query = (
            "SELECT pages.* FROM listed JOIN pages USING (address) "
            f"WHERE source_key = ? AND {_COUNTS} ORDER BY checked, address"
        )
        for row in self._db.execute(query, (source_key, self._settled)).fetchall():
            yield row["address"], _page(row)

    def stored(self, source_key: str) -> list[str]:
        """The ids of the articles that stand in the index from a source."""
        if not self._catalog:
            return []
        rows = self._db.execute("SELECT id FROM catalog.articles WHERE source_key = ?", (source_key,))
        return [row["id"] for row in rows]

    def only_from(self, source_key: str) -> tuple[set[str], set[str]]:
        """The articles of pages that only this source led to, and those of pages that others led to."""
        query = "SELECT source_key, article_id FROM listed JOIN pages USING (address) WHERE article_id != ''"
        own: set[str] = set()
        others: set[str] = set()
        for row in self._db.execute(query):
            (own if row["source_key"] == source_key else others).add(row["article_id"])
        return own - others, others

    def dates(self, article_id: str) -> tuple[date | None, date | None] | None:
        """When a stored article was published and modified; None for one that is not stored."""
        if not self._catalog:
            return None
        row = self._db.execute(
            "SELECT published, modified FROM catalog.articles WHERE id = ?", (article_id,)
        ).fetchone()
        return (date_of(row["published"]), date_of(row["modified"])) if row else None

    # ---- sources and reports ----------------------------------------------------------------

    def sources(self) -> dict[str, dict[str, Any]]:
        """The sources that were built here, by key, each with what it takes to read it again."""
        return _entries(self._db.execute(_ENTRIES))

    def note_source(self, key: str, value: dict[str, Any]) -> None:
        """Notes a source, with what it takes to read it again."""
        text = json.dumps(value, sort_keys=True)
        row = self._db.execute("SELECT value FROM sources WHERE key = ?", (key,)).fetchone()
        if row is None or row["value"] != text:
            self._write("INSERT OR REPLACE INTO sources VALUES (?, ?, ?)", (key, self._now, text))

    def renew(self, key: str) -> None:
        """Sees to it that a source is read anew, because it is now told otherwise what its articles are."""
        db = self._db
        of_it = "address IN (SELECT address FROM listed WHERE source_key = ?)"
        db.execute(f"UPDATE pages SET etag = '', last_modified = '' WHERE {of_it}", (key,))
        db.execute("UPDATE listed SET stamp = 'anew' WHERE source_key = ?", (key,))
        db.execute("DELETE FROM lists")
        db.execute(
            "UPDATE files SET size = ? WHERE source_key = ?", (TO_READ, key)
        )  # what they gave stays known

    def forget_source(self, key: str, articles: Iterable[str] = ()) -> None:
        """Forgets a source and what only it led to: built again, it is read anew. So are the pages of these `articles`,
        whatever leads to them."""
        db = self._db
        db.executemany("DELETE FROM pages WHERE article_id = ?", [(one,) for one in articles])
        listed = "address {} (SELECT address FROM listed WHERE source_key {} ?)"
        db.execute(
            f"DELETE FROM pages WHERE {listed.format('IN', '=')} AND {listed.format('NOT IN', '!=')}",
            (key, key),
        )
        db.execute("DELETE FROM listed WHERE source_key = ?", (key,))
        db.execute("DELETE FROM files WHERE source_key = ?", (key,))
        db.execute("DELETE FROM sources WHERE key = ?", (key,))
        db.execute("DELETE FROM lists")

    def store_report(self, began: datetime, report: BuildReport) -> None:
        """Keeps what a build did; the last 200 are kept."""
        self._db.execute(
            "INSERT INTO runs (began, report) VALUES (?, ?)",
            (began.astimezone(UTC).isoformat(timespec="seconds"), json.dumps(report_json(report))),
        )
        self._db.execute("DELETE FROM runs WHERE id <= (SELECT max(id) FROM runs) - ?", (_KEPT_RUNS,))


def runs(index_dir: Path, most: int = 20) -> list[Run]:
    """The last builds' reports, the newest first; [] where nothing was built."""
    rows = _read(index_dir, "SELECT * FROM runs ORDER BY id DESC LIMIT ?", (most,))
    return [Run(row["id"], row["began"], json.loads(row["report"])) for row in rows]


def known_sources(index_dir: Path) -> dict[str, dict[str, Any]]:
    """The sources of complete builds, by key; {} where nothing was built."""
    return _entries(_read(index_dir, _ENTRIES, ()))


def last_readings(index_dir: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    """Of each source that the last 200 builds read, by key, when that last was (ISO, UTC), and its part of the report."""
    return {
        source["key"]: (run.began, source)
        for run in reversed(runs(index_dir, _KEPT_RUNS))
        for source in run.report["sources"]
    }


def pages_with(index_dir: Path, status: str) -> list[tuple[str, PageNote]]:
    """The pages of one status with their addresses; see `PageNote`."""
    rows = _read(index_dir, "SELECT * FROM pages WHERE status = ? ORDER BY address", (status,))
    return [(row["address"], _page(row)) for row in rows]


def files_skipped(index_dir: Path) -> list[tuple[str, str]]:
    """The files that the last reading of each folder passed over, with the reason (as many as its report names)."""
    known = known_sources(index_dir)
    found: dict[str, list[dict[str, str]]] = {}
    for number, run in enumerate(runs(index_dir, _KEPT_RUNS)):
        for source in run.report["sources"]:
            key = source["key"]
            if key not in found and (key in known or not number) and not known.get(key, {}).get("address"):
                found[key] = source["why_skipped"]
    return [
        (one["name"], one["reason"]) for named in found.values() for one in named if "://" not in one["name"]
    ]


def remove_by_hand(index_dir: Path, ids: Sequence[str]) -> None:
    """Sees to it that articles which were taken out by hand are not fetched again, and files that held them are read."""
    if not (index_dir / LEDGER_FILE).is_file():
        return
    with Ledger(index_dir) as ledger:
        db = ledger._db
        for article_id in ids:
            db.execute(
                "UPDATE pages SET status = 'removed', reason = 'taken out by hand' WHERE article_id = ?",
                (article_id,),
            )
            db.execute(
                "DELETE FROM files WHERE ids = ? OR ids LIKE ? OR ids LIKE ? OR ids LIKE ?",
                (article_id, f"{article_id}\n%", f"%\n{article_id}", f"%\n{article_id}\n%"),
            )


def discard(index_dir: Path) -> None:
    """Deletes the ledger."""
    for suffix in ("", "-wal", "-shm"):
        (index_dir / f"{LEDGER_FILE}{suffix}").unlink(missing_ok=True)


def report_json(report: BuildReport) -> dict[str, Any]:
    """A report as JSON types."""
    return {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "clustered": report.clustered,
        "skipped": len(report.skipped),
        "chunks_embedded": report.chunks_embedded,
        "seconds": round(report.seconds, 3),
        "articles": report.manifest.articles,
        "chunks": report.manifest.chunks,
        "revision": report.manifest.revision,
        "sources": [source_json(source) for source in report.sources],
    }


def source_json(source: SourceReport) -> dict[str, Any]:
    """One source's part of a report as JSON types."""
    counts = {
        name: getattr(source, name) for name in ("added", "updated", "unchanged", "removed", "clustered")
    }
    named = source.skipped[:_MOST_NAMED]
    return {
        "key": source.key,
        "label": source.label,
        **counts,
        "skipped": len(source.skipped),
        "why_skipped": [{"name": one.name, "reason": one.reason} for one in named],
        "gone": [{"name": one.name, "reason": one.reason} for one in source.gone[:_MOST_NAMED]],
    }


@cache
def reading_rules() -> str:
    """sha256 (hex) over the code that makes articles of files: when it changes, files are read again."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        if path.name not in _NO_READING and path.parent.name not in ("web", "fetch"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


_NO_READING = frozenset(
    "build.py catalog.py commit.py embed.py errors.py flat.py ledger.py lexical.py library.py register.py rows.py "
    "shelf.py staging.py store.py weights.py near.py copies.py find_copies.py prints.py listing.py".split()
)


def _forget_what_is_not_stored(db: sqlite3.Connection, settled: int) -> None:
    """Forgets what is noted about articles that the catalog does not hold (another index, an older copy of it)."""
    for row in db.execute(
        "SELECT address, article FROM pages WHERE run > ? AND article != ''", (settled,)
    ).fetchall():
        article = article_from_json(row["article"])
        stored = db.execute(
            "SELECT content_hash FROM catalog.articles WHERE id = ?", (article.id,)
        ).fetchone()
        if stored and stored["content_hash"] == article.content_hash:
            # Killed between the catalog's commit and `settle`.
            db.execute("UPDATE pages SET article = '' WHERE address = ?", (row["address"],))
    db.execute(  # a killed build did not come to take these out
        "UPDATE pages SET status = 'ok', checked = 0 WHERE run > ? AND status = 'gone' "
        "AND article_id IN (SELECT id FROM catalog.articles)",
        (settled,),
    )
    missing = f"SELECT address FROM pages WHERE {_COUNTS} AND status = 'ok' AND article_id NOT IN (SELECT id FROM catalog.articles)"
    lost = [row["address"] for row in db.execute(missing, (settled,))]
    if lost:
        db.executemany("DELETE FROM pages WHERE address = ?", [(address,) for address in lost])
        db.execute("DELETE FROM lists")  # else an unchanged feed would not lead there again
    known: set[str] | None = None
    for row in db.execute("SELECT source_key, path, ids FROM files WHERE ids != ''").fetchall():
        if known is None:
            known = {one["id"] for one in db.execute("SELECT id FROM catalog.articles")}
        if not known.issuperset(row["ids"].split("\n")):
            db.execute(
                "DELETE FROM files WHERE source_key = ? AND path = ?", (row["source_key"], row["path"])
            )


def _entries(rows: Iterable[sqlite3.Row]) -> dict[str, dict[str, Any]]:
    return {row["key"]: json.loads(row["value"]) for row in rows}


def _read(index_dir: Path, query: str, values: Sequence[object]) -> list[sqlite3.Row]:
    path = index_dir / LEDGER_FILE
    if not path.is_file():
        return []
    db = connect(path, create=False)
    try:
        return db.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # killed before its tables were made
            return []
        raise
    finally:
        db.close()


def _page(row: sqlite3.Row) -> PageNote:
    return PageNote(
        row["article_id"],
        row["url"],
        row["etag"],
        row["last_modified"],
        row["status"],
        row["reason"],
        row["checked"],
    )
