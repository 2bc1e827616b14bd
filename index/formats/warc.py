"""Web archives (WARC, ISO 28500): each page that was answered with 200 is an article at its address."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from index.decode import NotAnArticleError, NotReadNowError, decode, unreadable
from index.formats.pdf import read_pdf
from index.formats.piece import Piece
from index.markup import html_to_text
from index.metadata import site_of, web_address
from index.schema import Skipped

_PAGES = ("text/html", "application/xhtml+xml")
_PDF = "application/pdf"
_MAX_NAMED = 20


def read_warc(file: IO[bytes], max_bytes: int) -> Iterator[Piece | Skipped]:
    """Pages and PDFs of the archive, one in memory at a time, each address once; `max_bytes` is for one.

    What is passed over beside them (other types, other answers than 200) is told in one line.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    seen: set[int] = set()
    other = again = unnamed = records = 0
    try:
        for record in ArchiveIterator(file):
            records += 1
            if record.rec_type not in ("response", "resource", "conversion"):
                continue
            address = web_address(record.rec_headers.get_header("WARC-Target-URI") or "")
            headers = record.http_headers
            status = headers.get_statuscode() if headers is not None else "200"
            given = (headers.get_header("Content-Type") if headers is not None else None) or (
                record.rec_headers.get_header("Content-Type") or ""
            )
            mime, _, parameters = given.partition(";")
            mime = mime.strip().lower()
            if not address or status != "200" or mime not in (*_PAGES, _PDF):
                other += 1
                continue
            if (mark := hash(address)) in seen:
                again += 1
                continue
            seen.add(mark)
            try:
                data = record.content_stream().read(max_bytes + 1)
                if len(data) > max_bytes:
                    raise NotAnArticleError(f"larger than {max_bytes // 1_000_000} MB")
                at = record.rec_headers.get_header("WARC-Date") or ""
                for item in _articles(data, mime, parameters):
                    if isinstance(item, Skipped):
                        yield Skipped(f": {address}", f"{item.name} {item.reason}".strip())
                        continue
                    fields = replace(item.fields, url=address, site=site_of(address), external_id=address)
                    yield replace(
                        item, fields=fields, part=f"#{address}", label=f": {address}", fetched_at=at[:40]
                    )
            except NotAnArticleError as reason:
                unnamed += 1
                if unnamed <= _MAX_NAMED:
                    yield Skipped(f": {address}", str(reason))
    except (
        ArchiveLoadFailed,
        zlib.error,
        EOFError,
        ValueError,
        OSError,
        AttributeError,
        IndexError,
        TypeError,
    ) as error:
        found = unreadable(error, "this web archive is damaged")
        if not records or isinstance(found, NotReadNowError):
            raise found from error
        yield Skipped("", f"damaged after its record {records:,}: what comes later is not read")
    if not records:
        raise NotAnArticleError("this web archive holds no records")
    if unnamed > _MAX_NAMED:
        yield Skipped("", f"and {unnamed - _MAX_NAMED:,} more pages without an article")
    if again:
        yield Skipped("", f"{_records(again)} of an address that was read already")
    if other:
        yield Skipped(
            "", f"{_records(other)} that {'is' if other == 1 else 'are'} no page or PDF answered with 200"
        )


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def _articles(data: bytes, mime: str, parameters: str) -> Iterator[Piece | Skipped]:
    if mime == _PDF:
        yield from read_pdf(data)
        return
    fields, body = html_to_text(page_text(data, parameters))
    yield Piece(fields, body)


def page_text(data: bytes, parameters: str = "") -> str:
    """A page's text in the character set its server named (`charset=...`), else as `decode` finds it."""
    name = parameters.lower().partition("charset=")[2].split(";")[0].strip(" \"'")
    if (
        name
        and name not in ("utf-8", "iso-8859-1", "us-ascii")
        and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    ):
        try:
            text = data.decode(name, "strict")
            if isinstance(text, str) and "\0" not in text:
                return text
        except (LookupError, UnicodeError, ValueError, AssertionError):  # unknown, wrong, or no character set
            pass
    return decode(data, markup=True)
