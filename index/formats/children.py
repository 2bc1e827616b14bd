"""Parsing in a child process with a limit of time and memory; the child is kept for the next file."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from index.decode import NotAnArticleError, NotReadNowError
from index.formats.piece import Piece
from index.metadata import Fields
from index.schema import Skipped

SECONDS = 60.0
"""Time until the next piece of a file; then its child is ended."""

MAX_ANSWER = 400_000_000
"""Bytes of one answer: twenty million characters of any script."""

_KEPT = 2
# The package of this very file, whatever else of its name is installed.
_START = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("index", sys.argv[1])
sys.modules["index"] = index = module_from_spec(spec)
spec.loader.exec_module(index)
from index.formats.child import main
main()
"""
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")  # fmt: skip

_idle: list[_Child] = []
_lock = threading.Lock()


def parsed_apart(
    kind: str, file: Path | bytes, *, max_bytes: int, seconds: float = SECONDS
) -> Iterator[Piece | Skipped]:
    """The pieces of a file of one of `kinds.IN_CHILD`, parsed in a child process.

    `seconds` is the time until each next piece. Raises `NotAnArticleError` with the reason where the
    file, or the rest of it, cannot be read; `NotReadNowError` when that may pass: a read error, or its child
    crashed, stalled or ran out of memory.
    """
    for said in _answers({"kind": kind, "max_bytes": max_bytes, "seconds": seconds}, file):
        yield _item(said)


def feed_apart(data: bytes, address: str, content_type: str, *, seconds: float = SECONDS) -> dict[str, Any]:
    """What `index.web.feeds.feed_in` finds, parsed in a child process, as `feed_as_json` puts it.

    Raises `NotAnArticleError` with the reason: also when it took longer than `seconds`, or too much memory.
    """
    asked = {"kind": "feed", "address": address, "content_type": content_type, "seconds": seconds}
    # All answers are taken: a child whose last word was not heard is ended.
    feeds = [said["feed"] for said in _answers(asked, data)]
    if len(feeds) != 1:
        raise NotAnArticleError("the feed cannot be read")
    return feeds[0]


def _answers(request: dict[str, Any], file: Path | bytes) -> Iterator[dict[str, Any]]:
    """What a child answers to a request, less the end; raises `NotAnArticleError` for an end with a reason."""
    child = _taken()
    finished = False
    try:
        for said in child.ask(request, file):
            if "end" in said:
                finished = True
                if said["end"]:
                    raise (NotReadNowError if said.get("temporary") else NotAnArticleError)(said["end"])
                return
            yield said
    finally:
        if finished and child.alive():
            _give_back(child)
        else:
            child.end()


class _Child:
    def __init__(self) -> None:
        self._late = False
        package = str(Path(__file__).resolve().parents[1] / "__init__.py")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, package],  # -P: not what lies in the folder it is started in
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            start_new_session=True,  # a Ctrl+C is for the parent, which then ends it
        )

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, about: dict[str, Any], file: Path | bytes) -> Iterator[dict[str, Any]]:
        """The child's answers, the last one with "end". Raises `NotAnArticleError` where there is none."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request, seconds = dict(about), float(about["seconds"])
        if isinstance(file, bytes):
            request["bytes"] = len(file)
        else:
            request["path"] = os.fsencode(file.absolute()).hex()
        timer = self._timer(seconds)
        try:
            try:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                if isinstance(file, bytes):
                    self._process.stdin.write(file)
                self._process.stdin.flush()
            except OSError as error:
                raise self._last_words(seconds, b"") from error
            while True:
                line = self._process.stdout.readline(MAX_ANSWER)
                timer.cancel()
                if not line.endswith(b"\n"):
                    raise self._last_words(seconds, line)
                yield json.loads(line)
                timer = self._timer(seconds)
        finally:
            timer.cancel()

    def _timer(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._stop)
        timer.daemon = True
        timer.start()
        return timer

    def _stop(self) -> None:
        self._late = True
        self._process.kill()

    def _last_words(self, seconds: float, line: bytes) -> NotAnArticleError:
        if len(line) >= MAX_ANSWER:
            return NotAnArticleError("it has more text than one article may")
        if self._late:
            return NotReadNowError(f"reading it takes longer than {seconds:.0f} seconds")
        return NotReadNowError("reading it crashed the reader: it is damaged, or built to do that")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not written yet has no reader any more
                    continue


def _taken() -> _Child:
    with _lock:
        while _idle:
            child = _idle.pop()
            if child.alive():
                return child
            child.end()
    return _Child()


def _give_back(child: _Child) -> None:
    with _lock:
        if len(_idle) < _KEPT:
            _idle.append(child)
            return
    child.end()


@atexit.register
def end_all() -> None:
    """Ends the children that wait for work."""
    with _lock:
        while _idle:
            _idle.pop().end()


def _item(said: dict[str, Any]) -> Piece | Skipped:
    if "skipped" in said:
        name, reason, temporary = said["skipped"]
        return Skipped(str(name), str(reason), bool(temporary))
    piece = said["piece"]
    fields = piece.pop("fields")
    for name in ("published", "modified"):
        fields[name] = date.fromisoformat(fields[name]) if fields[name] else None
    fields["authors"] = tuple(fields["authors"])
    piece["pages"] = tuple(piece["pages"])
    return Piece(fields=Fields(**fields), **piece)
