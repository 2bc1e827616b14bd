"""What kind of file something is: by its first bytes, else its MIME type, else the ending of its name."""

from __future__ import annotations

import re
import zlib
from pathlib import PurePath

MARKDOWN, HTML = "markdown", "html"

_BY_ENDING = {
    ".txt": "text", ".md": MARKDOWN, ".markdown": MARKDOWN, ".html": HTML, ".htm": HTML, ".xhtml": HTML,
    ".jsonl": "jsonl", ".json": "json", ".pdf": "pdf", ".epub": "epub", ".docx": "docx", ".eml": "mail",
    ".mbox": "mbox", ".warc": "warc", ".warc.gz": "warc",
}  # fmt: skip
_BY_TYPE = {
    "text/plain": "text", "text/markdown": MARKDOWN, "text/html": HTML, "application/xhtml+xml": HTML,
    "application/json": "json", "application/jsonl": "jsonl", "application/x-ndjson": "jsonl",
    "application/pdf": "pdf", "application/epub+zip": "epub", "message/rfc822": "mail", "application/mbox": "mbox",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/warc": "warc", "application/warc+gzip": "warc",
}  # fmt: skip

EXTENSIONS = frozenset(_BY_ENDING)
"""The file name endings (lower case) that hold articles."""

NAMED = ".txt, .md, .html, .json, .jsonl, .pdf, .epub, .docx, .eml, .mbox and .warc"
"""The same for people, in a sentence (`ANY_OF` with "or")."""
ANY_OF = NAMED.replace(" and ", " or ")

STREAMED = frozenset({"jsonl", "mbox", "warc"})
"""Kinds read one article at a time: the limit of size is each article's, not the file's."""

DOCUMENTS = frozenset({"pdf", "epub", "docx", "zip"})
"""Kinds whose files are mostly pictures and fonts: ten times the limit of size."""

IN_CHILD = DOCUMENTS | {"mail", "mbox", "warc"}
"""Kinds whose parsers are kept in a process of their own."""

HEAD = 1_024
"""Bytes from the beginning that `kind_of` looks at."""

_PAGE = re.compile(rb"\s*(?:<!doctype html|<html)", re.I)


def ending_of(name: str) -> str:
    """The ending that says what a file is: its suffix in lower case, or ".warc.gz"."""
    lower = name.lower()
    return ".warc.gz" if lower.endswith(".warc.gz") else PurePath(lower).suffix


def kind_of(name: str, head: bytes = b"", mime: str = "") -> str:
    """The kind ("text", "markdown", "html", "json", "jsonl", "pdf", "epub", "docx", "zip" for one of the
    two before or neither, "mail", "mbox", "warc"); "" where nothing tells.

    First bytes that cannot be mistaken win over what a name or server says.
    """
    kind = _BY_TYPE.get(mime.partition(";")[0].strip().lower(), "") or _BY_ENDING.get(ending_of(name), "")
    if b"%PDF-" in head[:HEAD] and (kind not in ("mail", "mbox", "warc") or head.startswith(b"%PDF-")):
        return "pdf" if head.startswith(b"%PDF-") or kind in ("", "pdf") else kind
    if head.startswith(b"PK\x03\x04"):
        return kind if kind in ("epub", "docx") else "zip"
    if head.startswith(b"WARC/1.") or _gzipped(head).startswith(b"WARC/1."):
        return "warc"
    if kind in ("", "pdf", "text") and _PAGE.match(head):
        return HTML if kind != "text" else kind
    return kind


def _gzipped(head: bytes) -> bytes:
    """The first bytes packed in a gzip file's head; nothing for other files."""
    if not head.startswith(b"\x1f\x8b"):
        return b""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 16)
    except zlib.error:
        return b""
