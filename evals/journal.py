"""The rows of a run that is under way, kept on disk, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from evals.rows import Row, row_from_json
from index.errors import InputError

log = logging.getLogger(__name__)

KEPT_DAYS = 30
"""A journal nobody came back to is deleted after so many days."""


class Journal:
    """Rows by item id. `known` holds those of an earlier, interrupted run, without its failed ones."""

    def __init__(self, path: Path | None, known: dict[str, Row]) -> None:
        self._path, self.known = path, known

    def keep(self, row: Row) -> None:
        """Appends one row; a run stopped right after it has it. Not being able to is no reason to stop."""
        if self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8", errors="surrogatepass") as handle:
                handle.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
        except OSError as error:
            log.warning("%s: the run cannot be continued if it stops (%s)", self._path, error)
            self._path = None

    def finished(self) -> None:
        """The run is complete: nothing to go on with."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


@contextmanager
def journal(folder: Path, key: str, ids: Sequence[str], *, fresh: bool = False) -> Iterator[Journal]:
    """The journal of the run that `key` identifies; the one of an interrupted run if there is one.

    Two equal runs at the same time do not write into each other's: the second keeps none.

    Raises:
        InputError: the folder cannot be written.
    """
    path, lock = folder / f"{key}.jsonl", FileLock(folder / f"{key}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _forget_old(folder)
        lock.acquire(timeout=0)
    except Timeout:
        yield Journal(None, {})
        return
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror or error})", "free space, or set XDG_CACHE_HOME"
        ) from error
    try:
        if fresh:
            path.unlink(missing_ok=True)
        yield Journal(path, _read(path, set(ids)))
    finally:
        lock.release()


def _read(path: Path, ids: set[str]) -> dict[str, Row]:
    known: dict[str, Row] = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="surrogatepass").split("\n")
    except FileNotFoundError:
        return known
    for line in lines:
        try:
            row = row_from_json(json.loads(line))
        except ValueError:
            continue  # the last line of a killed run may be half a line; its question is asked again
        if row.id in ids and not row.error:
            known[row.id] = row
    # What was kept is written anew, so that the next line does not grow onto half a line.
    path.write_text(
        "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in known.values()),
        encoding="utf-8",
        errors="surrogatepass",
    )
    return known


def _forget_old(folder: Path) -> None:
    for file in folder.iterdir():
        if time.time() - file.stat().st_mtime > KEPT_DAYS * 86_400:
            file.unlink(missing_ok=True)
