"""Articles as JSON: one object a line (.jsonl), or an array of objects (.json)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from index.decode import NotAnArticleError, byte_order_mark, decode
from index.formats.piece import Piece
from index.metadata import fields_from
from index.schema import Skipped

MAX_NAMED = 20
"""Parts of one file that are named one by one in a report; the rest is counted."""

_TEXT_KEYS = ("text", "body", "content")
_LIST_KEYS = ("articles", "items", "documents", "data", "results", "rows")


def read_lines(file: IO[bytes], max_bytes: int, stem: str) -> Iterator[Piece | Skipped]:
    """The articles of JSON lines; lines that are none are named, at most twenty of them one by one."""
    yield from _rows(((number, line, f":{number}") for number, line in _lines(file, max_bytes)), _row, stem)


def read_array(data: bytes, stem: str) -> Iterator[Piece | Skipped]:
    """The articles of a JSON array (or of an object that holds one, or is one article)."""
    loaded = _loaded(decode(data))
    if isinstance(loaded, dict):
        inner = next((loaded[key] for key in _LIST_KEYS if isinstance(loaded.get(key), list)), None)
        loaded = [loaded] if inner is None else inner
    if not isinstance(loaded, list):
        raise NotAnArticleError("holds no list of articles")
    yield from _rows(
        ((number, row, f": entry {number}") for number, row in enumerate(loaded, start=1)), _same, stem
    )


def _rows(
    rows: Iterator[tuple[int, Any, str]], parse: Callable[[Any], object], stem: str
) -> Iterator[Piece | Skipped]:
    tally = _Tally()
    for number, row, label in rows:
        try:
            found = parse(row)
            if not isinstance(found, dict):
                raise NotAnArticleError("not a JSON object")
            piece = _piece(found, number, label, stem)
        except _WithoutTextError as reason:
            tally.without_text(Skipped(label, str(reason)), question=reason.question)
            continue
        except NotAnArticleError as reason:
            tally.bad(Skipped(label, str(reason)))
            continue
        tally.articles += 1
        yield piece
    yield from tally.report()


def _piece(row: dict[str, Any], number: int, label: str, stem: str) -> Piece:
    text = next((row[key] for key in _TEXT_KEYS if isinstance(row.get(key), str)), None)
    if text is None or not text.strip():
        raise _WithoutTextError(question=isinstance(row.get("question"), str))
    fields = fields_from(row)
    return Piece(fields, text, part=f"#{number}", label=label, stem=fields.external_id or f"{stem} {number}")


def _same(row: object) -> object:
    return row


def _row(line: bytes | str | None) -> object:
    if line is None:
        raise NotAnArticleError("this line is longer than one article may be")
    return _loaded(line if isinstance(line, str) else decode(line))


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise NotAnArticleError("not valid JSON: nested too deeply") from error
    except json.JSONDecodeError as error:
        raise NotAnArticleError(f"not valid JSON: {error.msg} (column {error.colno})") from error
    except ValueError as error:
        raise NotAnArticleError("not valid JSON: a number is too long") from error


def _lines(raw: IO[bytes], max_bytes: int) -> Iterator[tuple[int, bytes | str | None]]:
    """The lines that are not blank with their numbers; None for one that is too long."""
    encoding, width = byte_order_mark(raw.read(4))
    raw.seek(width)
    wide = encoding.startswith(("utf-16", "utf-32"))
    file: IO[Any] = io.TextIOWrapper(raw, encoding, "replace", newline="\n") if wide else raw
    number = 0
    while line := file.readline(max_bytes + 1):
        number += 1
        if len(line) > max_bytes:
            while line and line[-1:] not in ("\n", b"\n"):
                line = file.readline(max_bytes)
            yield number, None
        elif line.strip():
            yield number, line


class _WithoutTextError(NotAnArticleError):
    def __init__(self, *, question: bool) -> None:
        super().__init__("no text in this line (text, body or content)")
        self.question = question


class _Tally:
    """What a file's lines came to, so that one wrong file is reported once, not line by line."""

    def __init__(self) -> None:
        self.articles = 0
        self._bad: list[Skipped] = []
        self._bad_count = 0
        self._empty: list[Skipped] = []
        self._empty_count = 0
        self._questions = 0

    def bad(self, skip: Skipped) -> None:
        self._bad_count += 1
        if len(self._bad) < MAX_NAMED:
            self._bad.append(skip)

    def without_text(self, skip: Skipped, *, question: bool) -> None:
        self._empty_count += 1
        self._questions += question
        if len(self._empty) < MAX_NAMED:
            self._empty.append(skip)

    def report(self) -> Iterator[Skipped]:
        if not (self.articles or self._bad_count or self._empty_count):
            yield Skipped("", "the file is empty")
            return
        yield from self._bad
        if self._bad_count > len(self._bad):
            yield Skipped("", f"and {self._bad_count - len(self._bad):,} more lines that are not valid")
        if self._empty_count and not self.articles:
            kind = "questions" if self._questions > self._empty_count // 2 else "rows without a text"
            yield Skipped("", f"holds {kind}, not articles ({self._empty_count:,} lines)")
            return
        yield from self._empty
        if self._empty_count > len(self._empty):
            yield Skipped("", f"and {self._empty_count - len(self._empty):,} more lines without a text")
