"""HTML that is text throughout (a book's chapter, a converted document) to its words, none left out.

`index.markup.html_to_text` looks for the article among a web page's furniture; here there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from index.markup import table_line
from index.page_tree import parse

_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 "
    "h5 h6 header hgroup hr html li main ol p pre section summary ul".split()
)
_LEFT_OUT = frozenset(
    "head script style nav template noscript svg math iframe object button select textarea title".split()
)
_HEADINGS = ("h1", "h2", "h3")


@dataclass(frozen=True, slots=True)
class Flowed:
    """A document's words (paragraphs apart by a blank line), its first heading and its title element's text."""

    text: str
    heading: str
    title: str


def html_flow(page: str) -> Flowed:
    """All words of a document in their order; headings are paragraphs of their own, list items a line
    each (ordered ones with their numbers), table rows read `Year: 1914; Length: 82 km`, footnote marks
    and links back from notes go. Raises `NotAnArticleError` for HTML that cannot be parsed."""
    tree = parse(page)
    body = tree.find("body")
    root = tree if body is None else body
    heading = next((words for tag in _HEADINGS for h in root.iter(tag) if (words := _line(h))), "")
    title = next((_line(element) for element in tree.iter("title")), "")
    writer = _Writer()
    writer.element(root)
    writer.close()
    return Flowed("".join(writer.parts).strip(), heading, title)


def _line(element: Any) -> str:
    return " ".join(element.text_content().split())


class _Writer:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self._words: list[str] = []
        self._prefix = ""
        self._lists: list[int] = []  # the next number of each open list, -1 for one without numbers

    def close(self) -> None:
        """Ends the paragraph under way."""
        lines = ("\n".join(" ".join(line.split()) for line in "".join(self._words).split("\n"))).strip()
        self._words.clear()
        if lines:
            self.parts.append(self._prefix + lines + ("\n" if self._lists else "\n\n"))
            self._prefix = ""

    def element(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _LEFT_OUT or _is_note_mark(element):
            return
        if tag == "br":
            self._words.append("\n")
        elif tag == "table":
            self.close()
            self.parts += [f"{line}\n" for line in _table_lines(element)]
            self.parts.append("\n")
        elif tag == "pre":
            self.close()
            self.parts.append("".join(element.itertext()).strip("\n") + "\n\n")
        elif tag in _BLOCKS:
            self.close()
            self._block(element, tag)
            self.close()
        else:
            self._inside(element)

    def _block(self, element: Any, tag: str) -> None:
        if tag in ("ul", "ol"):
            start = element.get("start", "1")
            self._lists.append(int(start) if tag == "ol" and start.isdecimal() and len(start) < 8 else -1)
            self._inside(element)
            self.close()
            self._lists.pop()
            if not self._lists:
                self.parts.append("\n")
            return
        if tag == "li" and self._lists:
            number = self._lists[-1]
            self._prefix = f"{number}. " if number >= 0 else ""
            if number >= 0:
                self._lists[-1] = number + 1
        self._inside(element)

    def _inside(self, element: Any) -> None:
        self._text(element.text)
        for child in element:
            self.element(child)
            self._text(child.tail)

    def _text(self, text: str | None) -> None:
        if text:
            self._words.append(text.replace("\r", " ").replace("\n", " "))


def _is_note_mark(element: Any) -> bool:
    """Whether an element is the little number that leads to a note, or the arrow that leads back."""
    if element.tag == "sup":
        link = element.find(".//a")
        return link is not None and (link.get("href") or "").find("#") >= 0 and len(_line(element)) <= 6
    if element.tag != "a":
        return False
    kind = (
        element.get("{http://www.idpf.org/2007/ops}type")
        or element.get("epub:type")
        or element.get("role")
        or ""
    )
    return "noteref" in kind or "backlink" in kind or (element.text_content().strip() in ("↑", "↩", "↩︎"))


def _table_lines(table: Any) -> Iterator[str]:
    header: list[str] = []
    rows = (row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table)
    for number, row in enumerate(rows):  # a table within a cell is that cell's words
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        words = [_line(cell) for cell in cells]
        bold = all(cell.tag == "th" or _all_bold(cell) for cell in cells)
        if number == 0 and cells and len(cells) > 1 and bold:
            header = words
        elif line := table_line(header, words):
            yield line


def _all_bold(cell: Any) -> bool:
    words = _line(cell)
    return bool(words) and "".join(words.split()) == "".join(
        "".join("".join(strong.itertext()).split()) for strong in cell.iter("strong", "b")
    )
