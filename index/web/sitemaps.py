"""Sitemaps and their index files, plain or gzipped, as XML or as a list of addresses (sitemaps.org)."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin

from index.clean import clean_line
from index.decode import NotAnArticleError
from index.metadata import parse_date, web_address

MOST_PAGES = 50_000
"""Addresses in one file, as the format allows."""

MOST_BYTES = 60_000_000
"""Bytes of one file unpacked; the format allows 50 MB."""

_WAS_ENTITY = re.compile(rb"<!(?:ENTITY|DOCTYPE)", re.I)


@dataclass(frozen=True, slots=True)
class Listed:
    """An address in a sitemap: `stamp` is its `lastmod` as written, "" without one. News sitemaps name the title and
    the day of publication."""

    address: str
    stamp: str = ""
    title: str = ""
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one file lists: further sitemaps (an index file), or pages."""

    sitemaps: tuple[Listed, ...] = ()
    pages: tuple[Listed, ...] = ()


def unzipped(data: bytes, most: int = MOST_BYTES) -> bytes:
    """`data`, unpacked when it is gzip; raises `NotAnArticleError` when that is broken or comes to more than `most` bytes."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = unpack.decompress(data, most + 1)
    except zlib.error as error:
        raise NotAnArticleError("the gzip file is damaged") from error
    if len(plain) > most:
        raise NotAnArticleError(f"larger than {most // 1_000_000} MB when unpacked")
    if not unpack.eof:
        raise NotAnArticleError("the gzip file ends too early")
    return plain


def parse_sitemap(data: bytes, address: str) -> Sitemap:
    """The sitemap in `data`, fetched from `address`; raises `NotAnArticleError` when it is none."""
    data = unzipped(data)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _of_lines(data)
    if _WAS_ENTITY.search(data[:100_000]):
        raise NotAnArticleError("the sitemap declares a document type of its own and is not read")
    sitemaps: dict[str, Listed] = {}
    pages: dict[str, Listed] = {}
    for kind, one in _elements(data, address):
        into = sitemaps if kind == "sitemap" else pages
        into.setdefault(one.address, one)
        if len(sitemaps) + len(pages) >= MOST_PAGES:
            break
    return Sitemap(tuple(sitemaps.values()), tuple(pages.values()))


def _elements(data: bytes, address: str) -> Iterator[tuple[str, Listed]]:
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    root = ""
    parser = etree.iterparse(
        io.BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, huge_tree=False,
        recover=True, load_dtd=False,
    )  # fmt: skip
    try:
        for event, element in parser:
            name = _name(element)
            if event == "start":
                if not root:
                    root = name
                    if root not in ("urlset", "sitemapindex"):
                        raise NotAnArticleError(f"this is no sitemap (it begins with <{root[:40]}>)")
                continue
            if name in ("url", "sitemap"):
                if one := _listed(element, address):
                    yield name, one
                element.clear()
                while element.getprevious() is not None:  # what was read is freed
                    del element.getparent()[0]
    except etree.LxmlError as error:
        raise NotAnArticleError(f"the sitemap cannot be read ({type(error).__name__})") from error
    if not root:
        raise NotAnArticleError("this is no sitemap")


def _listed(element: Any, address: str) -> Listed | None:
    said: dict[str, str] = {}
    for child in element:  # an image's or a video's own address is not the page's
        for one in child.iter() if _name(child) == "news" else (child,):
            if one.text and (name := _name(one)):
                said.setdefault(name, one.text)
    if not (target := _target(said.get("loc", ""), address)):
        return None
    return Listed(
        target,
        clean_line(said.get("lastmod", ""))[:60],
        clean_line(said.get("title", ""))[:300],
        parse_date(said.get("publication_date", "").strip()),
    )


def _of_lines(data: bytes) -> Sitemap:
    lines = data[:MOST_BYTES].decode("utf-8", "replace").split("\n")[:MOST_PAGES]
    pages = {target: Listed(target) for line in lines if (target := _target(line, ""))}
    if not pages or len(pages) < sum(bool(line.strip()) for line in lines) / 2:
        raise NotAnArticleError("this is no sitemap")
    return Sitemap(pages=tuple(pages.values()))


def _target(text: str, address: str) -> str:
    text = text.strip()
    if not text:
        return ""
    try:
        return web_address(urljoin(address, text) if address else text)
    except ValueError:
        return ""


def _name(element: Any) -> str:
    """An element's name without its namespace, in lower case."""
    return element.tag.rsplit("}", 1)[-1].lower() if isinstance(element.tag, str) else ""
