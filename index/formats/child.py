"""The process that parses what strangers made: it may crash, stall or run out of memory, and only itself.

Requests come as one line of JSON each (and as many bytes as it announces), answers go as one line for
each piece and a last one. No pickles: what comes back is data whatever happened in here. Started by
`index.formats.children`, never by hand.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.decode import NotAnArticleError, NotReadNowError
from index.formats.piece import Piece
from index.schema import Skipped

MEMORY = 3_000_000_000
"""Bytes of address space; a 400-page PDF or a 30 MB document.xml needs a third of it."""


def parsed(kind: str, file: Path | bytes, max_bytes: int) -> Iterator[Piece | Skipped]:
    """The pieces of a file of one of the kinds `kinds.IN_CHILD`. Raises `NotAnArticleError`."""
    if kind == "zip":
        from index.formats.archive import kind_inside

        kind = kind_inside(file)
    if kind == "pdf":
        from index.formats.pdf import read_pdf

        yield from read_pdf(file)
    elif kind in ("epub", "docx"):
        _not_an_old_document(file, kind)
        if kind == "epub":
            from index.formats.epub import read_epub as read
        else:
            from index.formats.docx import read_docx as read
        yield from read(file)
    elif kind == "mail":
        from index.formats.mail import read_mail

        yield from read_mail(file if isinstance(file, bytes) else file.read_bytes())
    elif kind in ("mbox", "warc"):
        if kind == "mbox":
            from index.formats.mail import read_mbox as read_many
        else:
            from index.formats.warc import read_warc as read_many
        with io.BytesIO(file) if isinstance(file, bytes) else file.open("rb") as stream:
            yield from read_many(stream, max_bytes)
    else:
        raise NotAnArticleError(f"nothing here reads files of the kind {kind!r}")


def _not_an_old_document(file: Path | bytes, kind: str) -> None:
    if isinstance(file, bytes):
        head = file[:8]
    else:
        with file.open("rb") as opened:
            head = opened.read(8)
    if not head.strip():
        raise NotAnArticleError("the file is empty")
    if head == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise NotAnArticleError(
            "this is an old (.doc) or an encrypted office document (save it as .docx without a password)"
        )
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise NotAnArticleError(f"this is no .{kind} file, by its first bytes")


def main() -> None:
    """Answers requests until its standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit()
    requests = sys.stdin.buffer
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["bytes"]) if "bytes" in request else None
        file = data if data is not None else Path(os.fsdecode(bytes.fromhex(request["path"])))
        _more_seconds(request["seconds"])
        fatal = False
        try:
            for item in _found(request, file):
                _answer(answers, item)
                _more_seconds(request["seconds"])
            last: dict[str, Any] = {"end": ""}
        except NotAnArticleError as reason:
            last = {"end": str(reason), "temporary": isinstance(reason, NotReadNowError)}
        except OSError as error:
            last = {"end": f"cannot be read: {(error.strerror or str(error)).lower()}", "temporary": True}
        except MemoryError:
            last = {"end": "reading it takes more memory than one file may", "temporary": True}
            fatal = True
        except RecursionError:
            last, fatal = {"end": "it is nested too deeply"}, True
        except Exception as error:  # noqa: BLE001 - a process's border: told to the one that asked
            last, fatal = {"end": f"it is damaged ({type(error).__name__} while reading it)"}, True
        _answer(answers, last)
        if fatal:  # memory in pieces, or a library in an unknown state
            return


def _found(request: dict[str, Any], file: Path | bytes) -> Iterator[dict[str, Any]]:
    if request["kind"] == "feed":
        from index.web.feeds import feed_as_json, feed_in

        data = file if isinstance(file, bytes) else file.read_bytes()
        yield {"feed": feed_as_json(feed_in(data, request["address"], request["content_type"]))}
        return
    for item in parsed(request["kind"], file, request["max_bytes"]):
        yield _as_json(item)


def _answer(answers: Any, said: dict[str, Any]) -> None:
    answers.write(json.dumps(said).encode("ascii") + b"\n")
    answers.flush()


def _as_json(item: Piece | Skipped) -> dict[str, Any]:
    if isinstance(item, Skipped):
        return {"skipped": [item.name, item.reason, item.temporary]}
    fields = dataclasses.asdict(item.fields)
    for name in ("published", "modified"):
        fields[name] = fields[name].isoformat() if fields[name] else None
    piece = {slot.name: getattr(item, slot.name) for slot in dataclasses.fields(item)}
    return {"piece": piece | {"fields": fields}}


def _limit() -> None:
    """Memory, no core dumps, no files written; where the system knows such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0))
    for which, most in limits:
        try:
            resource.setrlimit(which, (most, most))
        except (ValueError, OSError):  # a lower one is set already, or (macOS) none can be
            continue


def _more_seconds(seconds: float) -> None:
    """Seconds of processor time until the next answer: the end of one whose parent was killed meanwhile."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + 2 * seconds) + 5
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(
        resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )
