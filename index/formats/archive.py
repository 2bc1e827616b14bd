"""ZIP files from strangers: how much may come out of one, and XML that cannot reach out or blow up."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from index.decode import NotAnArticleError, unreadable

MAX_ENTRIES = 10_000
MAX_PART = 30_000_000
"""Bytes one part may have; its tree takes some thirty times as much memory."""
MAX_WHOLE = 400_000_000
"""Bytes all parts may declare together, pictures included."""
MAX_RATIO = 200
"""How many times smaller a part may be packed: text comes to 5 to 60, a bomb to 1,000."""
_SMALL = 1_000_000

_CANNOT = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError)


class Archive:
    """An open ZIP file, its parts read within the limits above. `NotAnArticleError` says which was passed."""

    def __init__(self, file: Path | bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(file) if isinstance(file, bytes) else file)
        except _CANNOT as error:
            raise unreadable(
                error, "a ZIP archive or an office document that is damaged or cut off"
            ) from error
        entries = self.zip.infolist()
        if len(entries) > MAX_ENTRIES:
            raise NotAnArticleError(f"an archive with more than {MAX_ENTRIES:,} parts")
        whole = 0
        for entry in entries:
            whole += entry.file_size
            if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
                raise NotAnArticleError(
                    f"built to swell: {entry.file_size // max(1, entry.compress_size):,} times its size when unpacked"
                )
        if whole > MAX_WHOLE:
            raise NotAnArticleError(f"larger than {MAX_WHOLE // 1_000_000} MB when unpacked")
        self.names = {entry.filename for entry in entries}
        self._read = 0

    def read(self, name: str) -> bytes:
        """A part's bytes; `NotAnArticleError` when it is missing, damaged, encrypted or too large."""
        try:
            with self.zip.open(name) as part:
                data = part.read(MAX_PART + 1)  # zipfile gives no more than the size that was declared
        except KeyError as error:
            raise NotAnArticleError(f"damaged: its part {name!r} is missing") from error
        except _CANNOT as error:
            problem = "encrypted" if "password" in str(error) else "damaged"
            raise unreadable(error, f"{problem}: its part {name!r} cannot be unpacked") from error
        if len(data) > MAX_PART:
            raise NotAnArticleError(f"its part {name!r} is larger than {MAX_PART // 1_000_000} MB")
        self._read += len(data)
        if self._read > MAX_WHOLE:  # parts may be named more than once
            raise NotAnArticleError(f"larger than {MAX_WHOLE // 1_000_000} MB when unpacked")
        return data

    def xml(self, name: str) -> Any:
        """A part's tree (ElementTree), entities and outside references refused."""
        return xml_tree(self.read(name), name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.zip.close()


def xml_tree(data: bytes, name: str) -> Any:
    """XML as an ElementTree element; `NotAnArticleError` for what is malformed or declares entities."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(data)
    except DefusedXmlException as error:
        raise NotAnArticleError(f"its part {name!r} declares XML entities, which are not followed") from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise NotAnArticleError(f"damaged: its part {name!r} is not valid XML") from error


def local(tag: object) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def kind_inside(file: Path | bytes) -> str:
    """Whether a ZIP file is an "epub" or a "docx"; raises `NotAnArticleError` where it is neither."""
    with Archive(file) as archive:
        if "META-INF/container.xml" in archive.names:
            return "epub"
        if "word/document.xml" in archive.names:
            return "docx"
    raise NotAnArticleError(
        "this is a ZIP archive or an office document of another kind (.epub and .docx are read)"
    )
