"""Tables and lists of a page as lines that can be read: `Year: 1914; Length: 82 km`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_SPAN_LIMIT = 100
_MAX_COLUMNS = 200
_MAX_CELLS = 20_000
_MAX_CELL = 300
_MAX_ROW = 1_000
_MAX_HEADERS = 6
_MAX_NESTED = 8
_LETTER = re.compile(r"[^\W\d_]")
_COMMENT = re.compile(r"comment|respond|repl(?:y|ies)|disqus", re.I)


def words_of(element: Any) -> str:
    """The text below an element on one line."""
    return " ".join(element.text_content().split())


def _lines_for(element: Any, lines: list[str], before: str = "") -> None:
    """Puts a list of lines in an element's place, and a paragraph before it."""
    from lxml import html as lxml_html

    new = lxml_html.Element("ul")
    for line in lines:
        item = lxml_html.Element("li")
        item.text = line
        new.append(item)
    new.tail = element.tail
    parent = element.getparent()
    parent.replace(element, new)
    if before:
        caption = lxml_html.Element("p")
        caption.text = before
        new.addprevious(caption)


def bound_tables(tree: Any) -> None:
    """Changes a page's tables so that they cannot grow: cells reach over `_SPAN_LIMIT` rows and columns at most, over
    none where all spans of the page together would make more than `_MAX_CELLS` cells; a row of more than `_MAX_ROW`
    cells is no table's."""
    area = 0
    for table in tree.iter("table"):
        rows = list(table.iter("tr"))
        for cell in (cell for row in rows for cell in row if cell.get("rowspan") or cell.get("colspan")):
            spans = {
                "rowspan": min(_span(cell, "rowspan"), len(rows)),
                "colspan": _span(cell, "colspan"),
            }
            area += spans["rowspan"] * spans["colspan"] - 1
            for name, size in spans.items():
                if size == 1 or area > _MAX_CELLS:
                    cell.attrib.pop(name, None)
                else:
                    cell.set(name, str(size))
        if any(len(row) > _MAX_ROW for row in rows):
            _open_layout(table)


def flatten_table(table: Any) -> None:
    """A table of data becomes one line a row; a table that lays out the page stays for extraction to judge."""
    if table.getparent() is None or table.get("role") in {"presentation", "none"}:
        return
    if next(table.iterancestors("table"), None) is not None or table.find(".//table") is not None:
        return
    rows = list(table.iter("tr"))
    if len(rows) == 1 and len(rows[0]) == 1:
        _open_layout(table)
        return
    if len(rows) < 2 or sum(len(row) for row in rows) > _MAX_CELLS or table.find(".//form") is not None:
        return
    cells = [[cell for cell in row if cell.tag in {"td", "th"}] for row in rows]
    texts = [[words_of(cell) for cell in row] for row in cells]
    flat = [text for row in texts for text in row]
    if max((len(row) for row in cells), default=0) < 2 or max(map(len, flat)) > _MAX_CELL:
        if any(len(text) > _MAX_CELL for text in flat):
            _open_layout(table)
        return
    total = sum(map(len, flat))
    linked = sum(len(words_of(link)) for link in table.iter("a"))
    if total == 0 or linked > 0.7 * total:
        return
    caption = table.find("caption")
    lines = list(table_lines(_grid(rows, cells)))
    if lines:
        _lines_for(table, lines, words_of(caption) if caption is not None else "")


def _open_layout(table: Any) -> None:
    """A table that holds paragraphs only puts them somewhere: its cells become sections of the page."""
    for element in [table, *table.iter("tbody", "thead", "tfoot", "tr", "td", "th", "caption")]:
        if element.tag in {"td", "th"} and len(element) == 0:
            element.tag = "p"
        else:
            element.tag = "div"


Cell = tuple[str, bool]
"""The text of a cell, and whether it names others (a `th`)."""


def _grid(rows: list[Any], cells: list[list[Any]]) -> list[list[Cell]]:
    """Every row with as many cells as it spans: a cell over several rows or columns stands in each."""
    grid: list[list[Cell]] = []
    pending: dict[int, tuple[int, Cell]] = {}
    for row, members in zip(rows, cells, strict=True):
        in_head = row.getparent() is not None and row.getparent().tag == "thead"
        line: list[Cell] = []
        queue = iter(members)
        while True:
            column = len(line)
            if column > _MAX_COLUMNS:
                break
            if column in pending:
                left, cell = pending.pop(column)
                line.append(cell)
                if left > 1:
                    pending[column] = (left - 1, cell)
                continue
            member = next(queue, None)
            if member is None:
                break
            cell = (words_of(member), member.tag == "th" or in_head)
            for place in range(column, column + _span(member, "colspan")):
                line.append(cell)
                if (down := _span(member, "rowspan")) > 1:
                    pending[place] = (down - 1, cell)
        grid.append(line)
    return grid


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return min(max(int(value), 1), _SPAN_LIMIT) if value.isdecimal() and len(value) < 6 else 1


def table_lines(grid: list[list[Cell]]) -> Iterator[str]:
    """Rows as lines: `Year: 2019; Ships up: 14`; with a heading of the row `Ships — 2019: 14; 2020: 15`.

    Header rows, at the top or in the middle, name the columns below them (two in a row are joined); a
    cell that spans the whole row is a line of its own.
    """
    header: list[list[str]] = []
    in_header = False
    pairs = all(len(row) == 2 and len(row[0][0]) <= 60 and _LETTER.search(row[0][0]) for row in grid)
    for row in grid:
        filled = [cell for cell in row if cell[0]]
        if not filled:
            continue
        if len(set(filled)) == 1 and len(row) > 1 and (len(filled) > 1 or len(row) == len(filled)):
            yield filled[0][0]
            in_header = False
            continue
        if all(names for _, names in filled) and len(filled) > 1:
            names = [text for text, _ in row]
            header = [*header[1 - _MAX_HEADERS :], names] if in_header else [names]
            in_header = True
            continue
        in_header = False
        if pairs and not header and all(text for text, _ in row):
            yield f"{row[0][0].rstrip(':')}: {row[1][0]}"
        elif line := _row_line(row, header):
            yield line


def _row_line(row: list[Cell], header: list[list[str]]) -> str:
    def name(place: int) -> str:
        parts = [line[place] for line in header if place < len(line) and line[place]]
        return " ".join(dict.fromkeys(parts))

    lead = ""
    start = 0
    if row[0][1] and row[0][0]:
        corner = name(0)
        lead = f"{corner}: {row[0][0]}" if corner else row[0][0]
        start = 1
    parts: list[str] = []
    for place in range(start, len(row)):
        text = row[place][0]
        if not text or (place > start and row[place] is row[place - 1]):
            continue
        label = name(place).rstrip(":")
        parts.append(f"{label}: {text}" if label else text)
    if not lead:
        return "; ".join(parts)
    if not parts:
        return lead
    if header and not name(0):
        return f"{lead} — {'; '.join(parts)}"
    return f"{lead.rstrip(':')}: {'; '.join(parts)}" if not header else f"{lead}; {'; '.join(parts)}"


def flatten_definitions(listing: Any) -> None:
    """`Length: 98 km`, a line for each term; long definitions stay for extraction."""
    if listing.getparent() is None or listing.find(".//dl") is not None or listing.find(".//a") is not None:
        return
    lines: list[str] = []
    terms: list[str] = []
    meanings: list[str] = []
    for element in [*listing.iter("dt", "dd"), None]:
        if element is None or (element.tag == "dt" and meanings):
            if terms or meanings:
                separator = "" if not terms or not meanings else ": "
                lines.append(", ".join(terms).rstrip(":") + separator + "; ".join(meanings))
            terms, meanings = [], []
        if element is None:
            break
        text = words_of(element)
        if len(text) > _MAX_CELL:
            return
        if text:
            (terms if element.tag == "dt" else meanings).append(text)
    if lines:
        _lines_for(listing, lines)


def flatten_deep_lists(tree: Any) -> None:
    """Lists more than `_MAX_NESTED` deep in others become lists of lines: extraction takes, for each list, as long as
    all that is inside it."""
    depths: dict[Any, int] = {}
    for listing in tree.iter("ul", "ol"):
        depths[listing] = 1 + depths.get(next(listing.iterancestors("ul", "ol"), None), 0)
    for listing, depth in depths.items():
        if depth == _MAX_NESTED + 1:
            _lines_for(listing, list(_lines_inside(listing)))


def _lines_inside(listing: Any) -> Iterator[str]:
    """The lines of a list and of those inside it, in reading order."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    parts: list[str] = []
    for event, element in etree.iterwalk(listing, events=("start", "end")):
        if element.tag in {"ul", "ol", "li"}:
            if line := " ".join("".join(parts).split()):
                yield line
            parts = []
        if event == "start":
            parts.append(element.text or "")
        elif element is not listing:
            parts.append(element.tail or "")


def number_lists(tree: Any) -> None:
    """`3. Third`: the numbers a reader sees, written into the items of ordered lists."""
    for listing in tree.iter("ol"):
        kind = listing.get("type") or "1"
        style = listing.get("style") or ""
        items = [child for child in listing if child.tag == "li"]
        if (
            len(items) < 2
            or kind != "1"
            or "none" in style
            or _COMMENT.search(f"{listing.get('class') or ''} {listing.get('id') or ''}")
        ):
            continue
        start = listing.get("start") or "1"
        number = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
        for item in items:
            given = item.get("value") or ""
            number = int(given) if re.fullmatch(r"\d{1,6}", given) else number
            text = words_of(item)
            if text and not re.match(rf"{number}\b", text):
                place = item
                while (
                    not (place.text or "").strip()
                    and len(place)
                    and place[0].tag in {"p", "div", "span", "b", "strong", "em", "a"}
                ):
                    place = place[0]
                place.text = f"{number}. {(place.text or '').lstrip()}"
            number += 1
