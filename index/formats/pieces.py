"""Any file's bytes to pieces: the one way in, for folders and for what is fetched from the web."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from index.clean import clean_line, unwrap
from index.decode import NotAnArticleError, NotReadNowError, decode
from index.formats.kinds import DOCUMENTS, HEAD, HTML, IN_CHILD, MARKDOWN, NAMED, STREAMED, kind_of
from index.formats.piece import Piece
from index.metadata import fields_from, split_front_matter
from index.schema import Skipped

MAX_BYTES = 20_000_000
"""Largest text file, line, message or page that is read; documents with pictures may have ten times as much."""


def articles_in(
    data: bytes | Path, kind: str = "", *, name: str = "", mime: str = "", max_bytes: int = MAX_BYTES
) -> Iterator[Piece | Skipped]:
    """The articles in a file, or in bytes that came from elsewhere, one at a time.

    `kind` is one of `kinds.kind_of`'s; when empty it is told from the first bytes, `mime` and the
    ending of `name` (for a path its own). Bad input raises nothing: it is a `Skipped` under `name`, with what
    could be read before it. Make articles of the pieces with `index.formats.article.article_of`.
    """
    name = name or (str(data) if isinstance(data, Path) else "the data")
    try:
        head = data[:HEAD] if isinstance(data, bytes) else _head(data)
        kind = kind or kind_of(name, head, mime)
        if not kind:
            decode(head)  # says what it is, where that is known
            raise NotAnArticleError(f"a file of another type ({NAMED} are read)")
        none = True
        for item in _read(data, kind, PurePath(name).stem, max_bytes):
            none = False
            yield replace(item, name=_place(name, item.name)) if isinstance(item, Skipped) else item
        if none:
            raise NotAnArticleError("it holds no article")
    except NotAnArticleError as reason:
        yield Skipped(name, str(reason), isinstance(reason, NotReadNowError))
    except OSError as error:
        yield Skipped(name, f"cannot be read: {(error.strerror or str(error)).lower()}", temporary=True)


def _place(name: str, where: str) -> str:
    return f"{name}{where}" if not where or where.startswith(":") else f"{name}: {where}"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _read(data: bytes | Path, kind: str, stem: str, max_bytes: int) -> Iterator[Piece | Skipped]:
    if kind not in STREAMED:
        limit = 10 * max_bytes if kind in DOCUMENTS else max_bytes
        if (len(data) if isinstance(data, bytes) else data.stat().st_size) > limit:
            raise NotAnArticleError(f"larger than {size_text(limit)}")
    if kind in IN_CHILD:
        from index.formats.children import parsed_apart

        yield from parsed_apart(kind, data, max_bytes=max_bytes)
    elif kind in ("jsonl", "json"):
        from index.formats.rows import read_array, read_lines

        if kind == "json":
            yield from read_array(_bytes(data, max_bytes), stem)
        else:
            with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as file:
                yield from read_lines(file, max_bytes, stem)
    else:
        yield _text(_bytes(data, max_bytes), kind)


def _bytes(data: bytes | Path, max_bytes: int) -> bytes:
    if isinstance(data, bytes):
        return data
    with data.open("rb") as file:
        found = file.read(max_bytes + 1)
    if len(found) > max_bytes:  # it grew, or is no plain file
        raise NotAnArticleError(f"larger than {size_text(max_bytes)}")
    return found


def _text(data: bytes, kind: str) -> Piece:
    text = decode(data, markup=kind == HTML)
    if kind == HTML:
        from index.markup import html_to_text

        return Piece(*html_to_text(text))
    values, body = split_front_matter(text)
    fields = fields_from(values)
    if kind == MARKDOWN:
        from index.markup import markdown_to_text

        rendered = markdown_to_text(body)
        return Piece(replace(fields, title=fields.title or clean_line(rendered.heading)[:300]), rendered.text)
    return Piece(fields, unwrap(body.replace("\r\n", "\n")))


def size_text(count: int) -> str:
    """A number of bytes for people."""
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{count:,} bytes"
