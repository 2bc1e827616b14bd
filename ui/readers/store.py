"""The file of what readers say: their verdicts on answers, and the answers they share.

One SQLite file beside the index, which no build touches. It is made when something is first stored, and may
be used by several threads and processes at once, such as a server and the command line.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from evals.verdicts import Verdict, verdict_from_row
from index.errors import FootnoteError
from ui.readers.shared import SharedAnswer

log = logging.getLogger(__name__)

STORE_FILE = "readers.sqlite3"
VERSION = 1
BUSY_SECONDS = 20.0
_ID = re.compile("[0-9a-f]{32}")
EVERY = timedelta(days=1)
"""How often what has become too old is looked for."""

_SCHEMA = (
    "CREATE TABLE verdicts (id TEXT PRIMARY KEY, answer TEXT NOT NULL UNIQUE, at TEXT NOT NULL, "
    "collection TEXT NOT NULL, verdict TEXT NOT NULL, marker INTEGER NOT NULL, titles TEXT NOT NULL, row TEXT NOT NULL)",
    "CREATE INDEX verdicts_by_time ON verdicts (at)",
    "CREATE TABLE shared (token TEXT PRIMARY KEY, answer TEXT NOT NULL UNIQUE, at TEXT NOT NULL, "
    "collection TEXT NOT NULL, question TEXT NOT NULL, row TEXT NOT NULL)",
    "CREATE INDEX shared_by_time ON shared (at)",
    f"PRAGMA user_version = {VERSION}",
)


class ReaderStoreError(FootnoteError):
    """The file of what readers say cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A stored verdict. `titles` are the cited articles', `marker` the footnote that a "wrong-source" means
    (0 for none)."""

    verdict: Verdict
    collection: str
    titles: tuple[str, ...]
    marker: int = 0

    def as_json(self) -> dict[str, object]:
        """A line of the export: the verdict as `footnote eval add` reads it, and what it passes over."""
        more = {"collection": self.collection, "titles": list(self.titles)}
        return self.verdict.as_json() | more | ({"marker": self.marker} if self.marker else {})

    def as_line(self) -> str:
        """`as_json` as a line of JSON Lines."""
        return json.dumps(self.as_json(), ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Share:
    """A shared answer in a list."""

    token: str
    at: datetime
    collection: str
    question: str


class ReaderStore:
    """The file, opened when there is something to read in it or to store; `keep_days` 0 keeps for ever.

    Every method raises ReaderStoreError, a clear line, where the file cannot be used."""

    def __init__(
        self, path: Path, keep_days: int, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.path = path
        self._keep_days = keep_days
        self._now = now
        self._db: sqlite3.Connection | None = None
        self._lock = threading.RLock()
        self._next: datetime | None = None
        self._file = (0, 0)

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None
                self._next = None

    # ---- verdicts ----------------------------------------------------------------------------

    def judge(
        self,
        answer: str,
        verdict: Verdict,
        *,
        collection: str,
        titles: Sequence[str],
        marker: int = 0,
        unsaid: Sequence[str] = (),
    ) -> Verdict:
        """Stores a verdict on the answer with this id, in the place of an earlier one, whose id it then has, and
        whose words in the fields that are `unsaid`."""
        with self._writing() as db:
            known = db.execute("SELECT * FROM verdicts WHERE answer = ?", (answer,)).fetchone()
            verdict = replace(verdict, id=known["id"] if known else secrets.token_hex(16))
            if known and unsaid:
                earlier = self._judged(known).verdict
                verdict = replace(verdict, **{name: getattr(earlier, name) for name in unsaid})
            db.execute(
                "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (verdict.id, answer, _stamp(verdict.at), collection, verdict.verdict, marker,
                 json.dumps(list(titles)), json.dumps(verdict.as_json())),
            )  # fmt: skip
        return verdict

    def verdicts(
        self,
        *,
        collection: str = "",
        verdict: str = "",
        since: datetime | None = None,
        limit: int = -1,
        offset: int = 0,
    ) -> list[Judged]:
        """The verdicts that fit, newest first; an empty filter lets everything through, limit -1 means all."""
        where, values = _where(collection, verdict, since)
        rows = self._read(
            f"SELECT * FROM verdicts{where} ORDER BY at DESC, id LIMIT ? OFFSET ?", (*values, limit, offset)
        )
        return [self._judged(row) for row in rows]

    def count_verdicts(
        self,
        *,
        collection: str = "",
        verdict: str = "",
        since: datetime | None = None,
        before: datetime | None = None,
    ) -> int:
        """How many verdicts fit."""
        where, values = _where(collection, verdict, since, before)
        rows = self._read(f"SELECT count(*) FROM verdicts{where}", values)
        return rows[0][0] if rows else 0

    def known(self, ids: Sequence[str]) -> set[str]:
        """Those of these ids that a verdict has."""
        found = (one for one in ids if _ID.fullmatch(one))
        return {one for one in found if self._read("SELECT 1 FROM verdicts WHERE id = ?", (one,))}

    def delete_verdicts(self, ids: Sequence[str]) -> int:
        """Deletes verdicts by id; how many there were."""
        return self._deleted("DELETE FROM verdicts WHERE id = ?", [(one,) for one in ids])

    def delete_verdicts_before(self, before: datetime | None) -> int:
        """Deletes the verdicts given before this moment, all without one; how many there were."""
        where, values = _where("", "", None, before)
        return self._deleted(f"DELETE FROM verdicts{where}", [values])

    # ---- shared answers ----------------------------------------------------------------------

    def share(self, answer: str, shared: SharedAnswer) -> str:
        """Stores the answer with this id for all who are told the token that comes back; sharing it again
        gives the same."""
        with self._writing() as db:
            known = db.execute("SELECT token FROM shared WHERE answer = ?", (answer,)).fetchone()
            if known:
                return known["token"]
            token = secrets.token_hex(16)
            db.execute(
                "INSERT INTO shared VALUES (?, ?, ?, ?, ?, ?)",
                (token, answer, _stamp(self._now()), shared.collection, shared.question,
                 json.dumps(shared.model_dump(mode="json"))),
            )  # fmt: skip
        return token

    def shared(self, token: str) -> SharedAnswer | None:
        """The answer that was shared under this token."""
        for row in self._read("SELECT row FROM shared WHERE token = ?", (token,)):
            try:
                return SharedAnswer.model_validate_json(row["row"])
            except ValidationError as error:
                raise self._error("holds a shared answer that cannot be read") from error
        return None

    def shares(self, *, limit: int = -1, offset: int = 0) -> list[Share]:
        """The shared answers, newest first."""
        rows = self._read(
            "SELECT token, at, collection, question FROM shared ORDER BY at DESC, token LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [
            Share(r["token"], datetime.fromisoformat(r["at"]), r["collection"], r["question"]) for r in rows
        ]

    def count_shares(self) -> int:
        """How many answers are shared."""
        rows = self._read("SELECT count(*) FROM shared")
        return rows[0][0] if rows else 0

    def unshare(self, *, token: str = "", answer: str = "") -> bool:
        """Takes away the page with this token, or of the answer with this id; whether there was one."""
        name, value = ("token", token) if token else ("answer", answer)
        return bool(self._deleted(f"DELETE FROM shared WHERE {name} = ?", [(value,)]))

    # ---- the file ----------------------------------------------------------------------------

    def expire(self) -> int:
        """Deletes what is older than is kept; how many entries that were."""
        with self._lock, self._opened(create=False) as db:
            return self._expire(db) if db is not None else 0

    def _expire(self, db: sqlite3.Connection) -> int:
        self._next = self._now() + EVERY
        if not self._keep_days:
            return 0
        oldest = _stamp(self._now() - timedelta(days=self._keep_days))
        tables = ("verdicts", "shared")
        gone = sum(db.execute(f"DELETE FROM {table} WHERE at < ?", (oldest,)).rowcount for table in tables)
        if gone:
            _wipe(db)
            log.info("%s: %d entries were older than %d days", self.path, gone, self._keep_days)
        return gone

    def _read(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock, self._opened(create=False) as db:
            return [] if db is None else db.execute(statement, tuple(values)).fetchall()

    def _deleted(self, statement: str, values: Sequence[Sequence[Any]]) -> int:
        with self._lock, self._opened(create=False) as db:
            if db is None:
                return 0
            with _transaction(db):
                gone = sum(db.execute(statement, tuple(one)).rowcount for one in values)
            if gone:
                _wipe(db)
            return gone

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._opened(create=True) as db:
            assert db is not None
            with _transaction(db):
                yield db

    @contextmanager
    def _opened(self, *, create: bool) -> Iterator[sqlite3.Connection | None]:
        """The connection, None where there is no file and none is to be made."""
        try:
            if self._db is not None and not self._is_there():
                self.close()
            if self._db is None:
                if not create and not self.path.exists():
                    yield None
                    return
                self._db = self._connected()
            if self._next is None or self._now() >= self._next:
                self._expire(self._db)
            yield self._db
        except (sqlite3.Error, OSError) as error:
            raise self._error(f"cannot be used ({_reason(error)})") from error

    def _connected(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # its -wal and -shm get the same rights
        address = f"file:{quote(str(self.path.absolute()))}?mode=rw"
        db = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            db.execute("PRAGMA synchronous = FULL")
            new = self._is_new(db)
            _patiently(lambda: db.execute("PRAGMA journal_mode = WAL").fetchall())
            if new:
                with _transaction(db):
                    for statement in _SCHEMA if self._is_new(db) else ():
                        db.execute(statement)
        except BaseException:
            db.close()
            raise
        found = self.path.stat()
        self._file = found.st_dev, found.st_ino
        return db

    def _is_new(self, db: sqlite3.Connection) -> bool:
        """Whether the file is still empty; ReaderStoreError where it is not one of ours."""
        version = db.execute("PRAGMA user_version").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version != VERSION and (version or tables):
            raise self._error(
                "was written by " + ("a newer Footnote" if version > VERSION else "another program")
            )
        return not tables

    def _is_there(self) -> bool:
        """Whether the open file still stands in its place: what is stored must not go into a deleted one."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == self._file

    def _judged(self, row: sqlite3.Row) -> Judged:
        try:
            verdict = verdict_from_row(json.loads(row["row"]), f"verdict {row['id']}")
            return Judged(verdict, row["collection"], tuple(json.loads(row["titles"])), row["marker"])
        except (ValueError, TypeError, FootnoteError) as error:
            raise self._error(f"holds a verdict that cannot be read ({row['id']})") from error

    def _error(self, what: str) -> ReaderStoreError:
        return ReaderStoreError(
            f"what readers said cannot be had: {self.path} {what}",
            "check its permissions and the disk; a damaged file can be moved away, then a new one is begun",
        )


def _where(
    collection: str, verdict: str, since: datetime | None, before: datetime | None = None
) -> tuple[str, list[str]]:
    given = {"collection = ?": collection, "verdict = ?": verdict, "at >= ?": since and _stamp(since),
             "at < ?": before and _stamp(before)}  # fmt: skip
    kept = {condition: value for condition, value in given.items() if value}
    return (f" WHERE {' AND '.join(kept)}" if kept else ""), list(kept.values())


def _stamp(at: datetime) -> str:
    """A moment as text that sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _wipe(db: sqlite3.Connection) -> None:
    """Takes what was deleted out of the write-ahead log as well, unless another process is reading just now."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _patiently(work: Callable[[], object]) -> None:
    """Does it; the change to WAL does not wait by itself while another process makes it too."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            work()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.05)
