"""Markdown and HTML to the words a reader sees."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from index.decode import NotAnArticleError
from index.metadata import Fields, language_code, line_of, parse_date, people, site_of, web_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|</?[A-Za-z][^<>]*>", re.S | re.I)
_FOOTNOTE_MARK = re.compile(r"\[\^[^\]\s]{1,40}\]:?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_MAX_ELEMENTS = 100_000
_URL_DATE = re.compile(r"/((?:19|20)\d\d[/-](?:0[1-9]|1[0-2])[/-](?:0[1-9]|[12]\d|3[01]))(?=[/-]|$)")
_OPENING = re.compile(r"<[A-Za-z]")


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


def html_to_text(page: str) -> tuple[Fields, str]:
    """What a page says about itself, and its main text in the same form as Markdown's.

    Navigation, comments, scripts and advertisements are left to trafilatura to find. Raises
    `NotAnArticleError` with the reason when there is no main text, or the page is built to choke a parser.
    """
    import trafilatura
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    tree = parse_page(page)
    fields = _fields_of(tree)
    try:
        found = trafilatura.bare_extraction(
            tree, with_metadata=False, include_comments=False, include_tables=True
        )
    except (etree.LxmlError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise NotAnArticleError(
            f"malformed HTML: no text could be extracted ({type(error).__name__})"
        ) from error
    body = getattr(found, "body", None)
    text = "\n\n".join(_blocks(body)) if body is not None else ""
    if not text.strip():
        raise NotAnArticleError("no main text found in this page")
    return fields, text


def parse_page(page: str) -> Any:
    """A page's tree (lxml), comments left out; raises `NotAnArticleError` for one that cannot be parsed."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)
    from lxml import html as lxml_html

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    if len(_OPENING.findall(page)) > _MAX_ELEMENTS:
        raise NotAnArticleError(f"this page has more than {_MAX_ELEMENTS:,} elements")
    page = _CONTROL.sub(" ", page)
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = lxml_html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise NotAnArticleError("malformed HTML: it cannot be parsed") from error
    return tree


def _blocks(body: Any) -> Iterator[str]:
    """The blocks of the extracted body: headings, paragraphs, lists and tables, in reading order."""
    for element in body:
        if element.tag == "table":
            yield "\n".join(_table_lines(element))
        elif element.tag == "list":
            yield "\n".join(line for item in element.iter("item") if (line := _words(item, stop="list")))
        elif element.tag in {"div", "quote", "body"} and len(element) and not (element.text or "").strip():
            yield from _blocks(element)
        elif words := _words(element):
            yield words
        if tail := (element.tail or "").strip():
            yield tail


def _words(element: Any, stop: str = "") -> str:
    """The words below an element; `lb` is a line break, and elements named `stop` are left out."""
    parts: list[str] = [element.text or ""]
    for child in element.iterchildren():
        if child.tag == "lb":
            parts.append("\n")
        elif isinstance(child.tag, str) and child.tag != stop:
            parts.append(_words(child, stop))
            if child.tag in {"p", "head", "item", "quote"}:
                parts.append("\n")
        parts.append(child.tail or "")
    return "".join(parts).strip()


def _table_lines(table: Any) -> Iterator[str]:
    header: list[str] = []
    for row in table.iter("row"):
        cells = [" ".join(_words(cell).split()) for cell in row.iter("cell")]
        if row.find("cell") is not None and all(cell.get("role") == "head" for cell in row.iter("cell")):
            header = cells
        elif line := table_line(header, cells):
            yield line


def _fields_of(tree: Any) -> Fields:
    """JSON-LD first (it is written for machines), then OpenGraph and other meta elements, then the page."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if name and (content := element.get("content")):
            meta.setdefault(name.strip().lower(), content)
    linked = _linked_data(tree)

    def first(*values: object) -> str:
        return next((line for value in values if (line := line_of(value))), "")

    canonical = next((link.get("href") for link in tree.iter("link") if link.get("rel") == "canonical"), None)
    url = next(
        (u for v in (canonical, meta.get("og:url"), linked.get("url")) if (u := web_address(v))),
        "",
    )
    heading = next((h.text_content() for h in tree.iter("h1") if h.text_content().strip()), "")
    shown = next((t.text_content() for t in tree.iter("title")), "")
    time = next((t.get("datetime") for t in tree.iter("time") if t.get("datetime")), None)
    names = "article:published_time datepublished date dc.date dcterms.date pubdate parsely-pub-date sailthru.date"
    in_url = _URL_DATE.search(url)
    dates = [linked.get("datePublished"), *(meta.get(n) for n in names.split()), time, in_url and in_url[1]]
    changes = [linked.get("dateModified"), meta.get("article:modified_time"), meta.get("last-modified")]
    writers = (linked.get("author"), meta.get("author"), meta.get("article:author"), meta.get("dc.creator"))
    return Fields(
        external_id=first(meta.get("id")),
        title=first(linked.get("headline"), meta.get("og:title"), heading, shown),
        url=url,
        site=site_of(url) or first(meta.get("og:site_name")),
        published=next((day for value in dates if (day := parse_date(value))), None),
        modified=next((day for value in changes if (day := parse_date(value))), None),
        authors=next((found for value in writers if (found := people(value))), ()),
        topic=first(
            linked.get("articleSection"), meta.get("article:section"), meta.get("section"), meta.get("topic")
        ),
        language=language_code(tree.get("lang") or meta.get("og:locale") or linked.get("inLanguage")),
        corrects=first(meta.get("corrects")),
    )


def _linked_data(tree: Any) -> dict[str, Any]:
    """The page's JSON-LD object about an article; {} without one."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            loaded = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        for entry in _entries(loaded):
            kinds = entry.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(
                isinstance(kind, str) and kind.endswith(("Article", "Posting", "Report")) for kind in kinds
            ):
                return entry
    return {}


def _entries(loaded: object) -> Iterable[dict[str, Any]]:
    listed = loaded if isinstance(loaded, list) else [loaded]
    for entry in listed[:100]:
        if isinstance(entry, dict):
            yield entry
            graph = entry.get("@graph")
            if isinstance(graph, list):
                yield from (part for part in graph[:100] if isinstance(part, dict))
