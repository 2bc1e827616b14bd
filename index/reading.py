"""One file of a folder to its articles, here or in other processes: what takes time when a folder is read.

The other processes are started by name and speak JSON lines, so that a program which builds an index needs no
`if __name__ == "__main__"` and nothing of the caller's is loaded twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.decode import NotAnArticleError
from index.formats.article import article_of, printable
from index.formats.kinds import kind_of
from index.formats.pieces import articles_in
from index.formats.rows import MAX_NAMED
from index.rows import article_from_json, article_json
from index.schema import Article, Given, Skipped

Found = tuple[str, Article | Skipped]
"""A place, in words for people, and what was found there."""

_SERVE = "from index.reading import serve; serve()"


@dataclass(frozen=True, slots=True)
class Folder:
    """What every file of a folder is read with."""

    key: str
    label: str
    collection: str
    max_bytes: int
    given: Given


def read_file(path: Path, relative: str, folder: Folder) -> Iterator[Found]:
    """A file's articles and what was passed over; parts that are none are named up to a number."""
    name = printable(str(path))
    if kind_of(path.name) == "jsonl" and path.stem == "queries" and (path.parent / "corpus.jsonl").exists():
        yield name, Skipped(name, "holds the questions to corpus.jsonl beside it, not articles")
        return
    empty = 0
    given = folder.given
    for item in articles_in(path, name=name, max_bytes=folder.max_bytes):
        if isinstance(item, Skipped):
            yield item.name, item
            continue
        where = f"{name}{item.label}"
        fields = item.fields
        if given.topic or given.language:
            fields = replace(
                fields, topic=fields.topic or given.topic, language=fields.language or given.language
            )
        try:
            yield where, article_of(
                replace(item, fields=fields), key=folder.key, label=folder.label, name=relative, stem=path.stem,
                collection=folder.collection,
            )  # fmt: skip
        except NotAnArticleError as reason:
            empty += 1
            if empty <= MAX_NAMED:
                yield where, Skipped(where, str(reason))
    if empty > MAX_NAMED:
        yield name, Skipped(name, f"and {empty - MAX_NAMED:,} more parts without an article")


class Readers:
    """Processes that read files side by side, started when first needed. Close it."""

    def __init__(self, folder: Folder, workers: int = 0) -> None:
        self._folder = folder
        self.workers = workers or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="footnote-read")
        self._own = threading.local()
        self._started: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()
        self._closed = False

    def read(self, files: Sequence[tuple[Path, str]]) -> Future[list[list[Found]]]:
        """What `read_file` gives for each of these (path, path in the folder)."""
        return self._threads.submit(self._read, list(files))

    def close(self) -> None:
        """Ends the processes."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for process in self._started:
                process.kill()
        self._threads.shutdown(wait=True)
        for process in self._started:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def _read(self, files: list[tuple[Path, str]]) -> list[list[Found]]:
        try:
            process = self._process()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(
                json.dumps([[os.fsdecode(path), relative] for path, relative in files]) + "\n"
            )
            process.stdin.flush()
            if line := process.stdout.readline():
                return [[_found(one) for one in of_file] for of_file in json.loads(line)]
        except (OSError, ValueError):
            pass
        self._own.process = None  # it died: what it was reading is read here, and the next has a new one
        return (
            []
            if self._closed
            else [list(read_file(path, relative, self._folder)) for path, relative in files]
        )

    def _process(self) -> subprocess.Popen[str]:
        process = getattr(self._own, "process", None)
        if process is None:
            process = subprocess.Popen(
                [sys.executable, "-c", _SERVE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="surrogateescape",
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                    "PYTHONIOENCODING": "utf-8:surrogateescape",
                },
            )
            self._own.process = process
            with self._lock:
                self._started.append(process)
            assert process.stdin is not None
            folder = self._folder
            given = folder.given
            said = [
                folder.key,
                folder.label,
                folder.collection,
                folder.max_bytes,
                given.name,
                given.topic,
                given.language,
            ]
            process.stdin.write(json.dumps(said) + "\n")
        return process


def serve() -> None:
    """The other side of `Readers`: reads lines of files until its input ends."""
    key, label, collection, max_bytes, *given = json.loads(sys.stdin.readline())
    folder = Folder(key, label, collection, max_bytes, Given(*given))
    for line in sys.stdin:
        found = [
            [_said(*one) for one in read_file(Path(path), relative, folder)]
            for path, relative in json.loads(line)
        ]
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def _said(name: str, item: Article | Skipped) -> list[object]:
    if isinstance(item, Skipped):
        return [name, item.name, item.reason, item.temporary]
    return [name, article_json(item)]


def _found(said: list[Any]) -> Found:
    return (said[0], article_from_json(said[1])) if len(said) == 2 else (said[0], Skipped(*said[1:]))
