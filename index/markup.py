"""Markdown and HTML to the words a reader sees."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from index.decode import NotAnArticleError
from index.metadata import Fields, language_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|</?[A-Za-z][^<>]*>", re.S | re.I)
_FOOTNOTE_MARK = re.compile(r"\[\^[^\]\s]{1,40}\]:?")


# --- Markdown ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text without markup, and its first heading ("" without one)."""

    text: str
    heading: str


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def markdown_to_text(source: str) -> Rendered:
    """Markdown as plain text: paragraphs apart by a blank line, headings as paragraphs of their own.

    List items are a line each (numbers kept, bullets not), table rows read `Year: 1914; Length: 82 km`,
    code stays as it is; emphasis, link targets, images, HTML tags and footnote marks go.
    """
    walker = _MarkdownWalker()
    walker.walk(_parser().parse(source.replace("\0", "")))
    return Rendered("".join(walker.parts).strip(), walker.heading)


class _MarkdownWalker:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.heading = ""
        self._lists: list[int | None] = []
        self._prefix = ""
        self._header: list[str] = []
        self._row: list[str] = []
        self._in_cell = False
        self._in_header = False

    def walk(self, tokens: Sequence[Token]) -> None:
        in_heading = False
        for token in tokens:
            kind = token.type
            if kind == "heading_open":
                in_heading = True
            elif kind == "heading_close":
                in_heading = False
            elif kind == "inline":
                words = inline_text(token.children or [])
                if self._in_cell:
                    self._row.append(words.replace("\n", " ").strip())
                else:
                    if in_heading and not self.heading:
                        self.heading = words.replace("\n", " ").strip()
                    self._block(words)
            elif kind in {"fence", "code_block"}:
                self._block(token.content.rstrip("\n"))
            elif kind == "html_block":
                self._block(strip_tags(token.content))
            elif kind.endswith("list_open"):
                self._lists.append(int(token.attrs.get("start", 1)) if kind.startswith("ordered") else None)
            elif kind.endswith("list_close"):
                self._lists.pop()
                if not self._lists:
                    self.parts.append("\n")
            elif kind == "list_item_open":
                self._open_item()
            else:
                self._table(kind)

    def _open_item(self) -> None:
        number = self._lists[-1]
        self._prefix = ""
        if number is not None:
            self._prefix = f"{number}. "
            self._lists[-1] = number + 1

    def _table(self, kind: str) -> None:
        if kind == "thead_open":
            self._in_header, self._header = True, []
        elif kind == "thead_close":
            self._in_header = False
        elif kind in {"th_open", "td_open"}:
            self._in_cell = True
        elif kind in {"th_close", "td_close"}:
            self._in_cell = False
        elif kind == "tr_open":
            self._row = []
        elif kind == "tr_close":
            if self._in_header:
                self._header = self._row
            elif line := table_line(self._header, self._row):
                self.parts.append(line + "\n")
        elif kind == "table_close":
            self.parts.append("\n")

    def _block(self, words: str) -> None:
        words = words.strip("\n")
        if words.strip():
            self.parts.append(self._prefix + words + ("\n" if self._lists else "\n\n"))
            self._prefix = ""


def inline_text(children: Sequence[Token]) -> str:
    """The words of one paragraph's inline tokens; a soft break is a space, a hard one a new line."""
    parts: list[str] = []
    for child in children:
        if child.type == "text":
            parts.append(_FOOTNOTE_MARK.sub("", child.content))
        elif child.type in {"code_inline", "text_special"}:
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak" or (
            child.type == "html_inline" and child.content.lower().startswith("<br")
        ):
            parts.append("\n")
    return "".join(parts)


def strip_tags(fragment: str) -> str:
    """The text of a stretch of HTML inside Markdown, entities resolved."""
    return html.unescape(_TAG.sub(" ", fragment))


def table_line(header: Sequence[str], row: Sequence[str]) -> str:
    """One row as a readable line: `Year: 1914; Length: 82 km`; empty cells are left out."""
    cells: list[str] = []
    for place, cell in enumerate(row):
        name = header[place] if place < len(header) else ""
        if cell:
            cells.append(f"{name}: {cell}" if name else cell)
    return "; ".join(cells)


# --- HTML -------------------------------------------------------------------------------------------


def html_to_text(page: str, url: str = "") -> tuple[Fields, str]:
    """What a page says about itself, and its main text in the same form as Markdown's.

    Raises `NotAnArticleError` with the reason when there is no main text, or the page is built to choke a parser.

    Args:
        page: the HTML, decoded.
        url: the address the page was fetched from, where it was; see `index.page_fields` on what it may say else.
    """
    from index import page_fields
    from index.page_text import main_text
    from index.page_tree import parse, prepare

    tree = parse(page)
    about = page_fields.read(tree, url)
    fields = about.fields
    prepare(tree, fields.url, fields.language)
    text = main_text(tree, about.declared, (fields.title, about.heading))
    if not re.search(r"\w", text):
        raise NotAnArticleError("no main text found in this page")
    return replace(fields, language=language_of(text, fields.language)), text
