"""EPUB: a book's chapters in the order of its spine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from index.decode import NotAnArticleError, decode
from index.formats.archive import Archive, local
from index.formats.flow import html_flow
from index.formats.piece import Piece
from index.metadata import Fields, language_code, line_of, parse_date
from index.schema import Skipped

MAX_CHAPTERS = 5_000
SHORTEST = 200
"""Characters below which a part of the spine is a cover, a half-title or a picture."""

_PAGE_TYPES = ("application/xhtml+xml", "text/html")


def read_epub(file: Path | bytes) -> Iterator[Piece | Skipped]:
    """Each chapter as an article, "Book: Chapter", with the book's authors, date and language.

    A chapter, not the book, because a footnote that names "chapter 7" can be looked up, a reader's page
    of a chapter opens at once where one of a whole book is a megabyte, and a corrected chapter is
    embedded alone. Raises `NotAnArticleError` where the book cannot be read at all.
    """
    with Archive(file) as archive:
        folder, package = _package(archive)
        book, fields = _book(package)
        items = {
            item.get("id"): item for item in package.iter() if local(item.tag) == "item" and item.get("id")
        }
        protected = _protected(archive)
        titles = _titles(archive, folder, package, items)
        spine = [ref.get("idref") for ref in package.iter() if local(ref.tag) == "itemref"]
        if not spine:
            raise NotAnArticleError("this EPUB is damaged: it names no chapters")
        short = found = 0
        read: set[str] = set()
        for idref in spine[:MAX_CHAPTERS]:
            item = items.get(idref)
            if item is None or item.get("media-type") not in _PAGE_TYPES:
                continue
            path = _path(folder, item.get("href", ""))
            if path in read or "nav" in (item.get("properties") or "").split():
                continue
            read.add(path)
            if path in protected:
                raise NotAnArticleError("this EPUB is protected against copying (DRM); its text is encrypted")
            try:
                flowed = html_flow(decode(archive.read(path), markup=True))
            except NotAnArticleError as reason:
                yield Skipped(f": {path}", str(reason))
                continue
            if len(flowed.text) < SHORTEST:
                short += 1
                continue
            found += 1
            chapter = titles.get(path) or flowed.heading or f"part {found}"
            yield Piece(
                Fields(
                    title=line_of(f"{book}: {chapter}" if book and chapter != book else chapter)[:300],
                    published=fields.published,
                    modified=fields.modified,
                    authors=fields.authors,
                    language=fields.language,
                ),
                _without_heading(flowed.text, chapter, flowed.heading),
                part=f"#{path}",
                label=f": {path}",
            )
        if len(spine) > MAX_CHAPTERS:
            yield Skipped("", f"only the first {MAX_CHAPTERS:,} of its {len(spine):,} chapters are read")
        if short and found:
            parts = "1 part" if short == 1 else f"{short} parts"
            yield Skipped(
                "", f"{parts} of this book with hardly a word (cover, half-title, pictures) left out"
            )
        if not found:
            raise NotAnArticleError("this EPUB has no chapter with text")


def _without_heading(text: str, *headings: str) -> str:
    """The title is stored on its own; repeated as first line it would be quoted as a sentence."""
    first, _, rest = text.partition("\n")
    known = {" ".join(heading.split()).casefold() for heading in headings if heading}
    return rest.lstrip("\n") if rest.strip() and first.strip().casefold() in known else text


def _path(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _package(archive: Archive) -> tuple[str, Any]:
    """The folder of the package document, and its tree."""
    container = archive.xml("META-INF/container.xml")
    path = next((e.get("full-path") for e in container.iter() if local(e.tag) == "rootfile"), None)
    if not path:
        raise NotAnArticleError("this EPUB is damaged: it does not say where its contents are")
    return posixpath.dirname(path), archive.xml(path)


def _book(package: Any) -> tuple[str, Fields]:
    """The book's title, and what is said about all of it."""
    said: dict[str, list[str]] = {}
    modified = ""
    for element in package.iter():
        name = local(element.tag)
        if name in ("title", "creator", "date", "language") and (words := line_of(element.text or "")):
            said.setdefault(name, []).append(words)
        elif name == "meta" and element.get("property") == "dcterms:modified":
            modified = element.text or ""
    first = {name: words[0] for name, words in said.items()}
    return first.get("title", "")[:200], Fields(
        published=parse_date(first.get("date", "")),
        modified=parse_date(modified),
        authors=tuple(dict.fromkeys(said.get("creator", [])))[:100],
        language=language_code(first.get("language", "")),
    )


def _protected(archive: Archive) -> frozenset[str]:
    """The parts whose bytes are encrypted; fonts often are, chapters only in books that are locked."""
    if "META-INF/encryption.xml" not in archive.names:
        return frozenset()
    tree = archive.xml("META-INF/encryption.xml")
    return frozenset(
        _path("", element.get("URI", ""))
        for element in tree.iter()
        if local(element.tag) == "CipherReference"
    )


def _titles(archive: Archive, folder: str, package: Any, items: dict[str, Any]) -> dict[str, str]:
    """The chapters' names in the table of contents by their path: EPUB 3's nav, else EPUB 2's NCX."""
    nav = next((i for i in items.values() if "nav" in (i.get("properties") or "").split()), None)
    ncx = next((i for i in items.values() if i.get("media-type") == "application/x-dtbncx+xml"), None)
    titles: dict[str, str] = {}
    try:
        if nav is not None:
            path = _path(folder, nav.get("href", ""))
            from index.page_tree import parse

            tree = parse(decode(archive.read(path), markup=True))
            for link in tree.iter("a"):
                if (href := link.get("href")) and (words := line_of(link.text_content())):
                    titles.setdefault(_path(posixpath.dirname(path), href), words)
        elif ncx is not None:
            path = _path(folder, ncx.get("href", ""))
            for point in archive.xml(path).iter():
                if local(point.tag) != "navPoint":
                    continue
                label = next((e.text for e in point.iter() if local(e.tag) == "text"), "")
                source = next((e.get("src") for e in point if local(e.tag) == "content"), "")
                if source and (words := line_of(label or "")):
                    titles.setdefault(_path(posixpath.dirname(path), source), words)
    except NotAnArticleError:  # without a table of contents chapters have their own headings
        return titles
    return titles
