"""A web page's main text: found by trafilatura, held against what else the page offers, set as readable blocks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from index.decode import NotAnArticleError
from index.page_tables import table_lines

LITTLE = 250
"""Characters below which a found text is doubted and the slower ways are tried."""

_WORD = re.compile(r"\w+")
_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")
_PARAGRAPH_TAGS = re.compile(r"(?:</p\s*>|<br\s*/?>|</h\d\s*>|</li\s*>)", re.I)
_BLANK_LINES = re.compile(r"\n{3,}")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_SPACE = re.compile(r"[ \t\r\f\v\u00a0]+")


def main_text(tree: Any, declared: str = "", titles: tuple[str, ...] = ()) -> str:
    """The page's main text, blocks apart by a blank line; "" when there is none.

    Asked first is trafilatura's own extractor. Where it finds little, its second opinions (readability,
    jusText) are asked; the text in the page's own data is taken where it agrees with what was found and
    holds more, or where nothing else was found.

    Args:
        tree: a page after `index.page_tree.prepare`; it may be changed.
        declared: `articleBody` of the page's JSON-LD, or "".
        titles: the article's; a heading that repeats one at the top is left out.
    """
    blocks = _extracted(tree, fast=True)
    if sum(len(text) for _, text in blocks) < LITTLE:
        second = _extracted(tree, fast=False)
        if sum(len(text) for _, text in second) > sum(len(text) for _, text in blocks):
            blocks = second
    text = "\n\n".join(text for _, text in _without_repeats(_without_title(blocks, titles)))
    if declared:
        body = _declared(declared)
        if _is_fuller(body, text):
            return body
    return text


def _extracted(tree: Any, *, fast: bool) -> list[tuple[str, str]]:
    import trafilatura
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    try:
        found = trafilatura.bare_extraction(
            tree, with_metadata=False, include_comments=False, include_tables=True, fast=fast
        )
    except (etree.LxmlError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise NotAnArticleError(
            f"malformed HTML: no text could be extracted ({type(error).__name__})"
        ) from error
    body = getattr(found, "body", None)
    return list(_blocks(body)) if body is not None else []


def _declared(body: str) -> str:
    """An `articleBody` as paragraphs: some sites write it with markup or with entities."""
    if "&" in body:
        body = html.unescape(body)
    if "<" in body:
        body = html.unescape(_TAGS.sub("", _PARAGRAPH_TAGS.sub("\n\n", body)))
    lines = (_SPACE.sub(" ", line).strip() for line in body.splitlines())
    return "\n\n".join(line for line in lines if line)


def _is_fuller(body: str, text: str) -> bool:
    """Whether the declared text holds what was found and a good deal more, as running text."""
    if len(body) < LITTLE or len(_SENTENCE.findall(body)) < 2:
        return False
    if not text.strip():
        return True
    words, mine = _WORD.findall(body.lower()), _WORD.findall(text.lower())
    if len(words) < 1.2 * len(mine):
        return False
    known = {tuple(words[i : i + 4]) for i in range(len(words) - 3)}
    runs = [tuple(mine[i : i + 4]) for i in range(len(mine) - 3)]
    return not runs or sum(run in known for run in runs) >= 0.7 * len(runs)


def _blocks(body: Any) -> Iterator[tuple[str, str]]:
    """The blocks of the extracted body with the names of their elements, in reading order."""
    if text := _squeezed(body.text or ""):
        yield "p", text
    for element in body:
        tag = element.tag
        if tag == "table":
            yield "table", "\n".join(_rows(element))
        elif tag == "list":
            if lines := list(_items(element)):
                yield "list", "\n".join(lines)
        elif tag in {"div", "body"} or (
            tag == "quote" and element.find("p") is not None and not (element.text or "").strip()
        ):
            if tag == "quote":
                words = "\n".join(text for _, text in _blocks(element))
                if words:
                    yield "quote", words
            else:
                yield from _blocks(element)
        elif tag == "code":
            if (words := "".join(element.itertext()).strip("\n")).strip():
                yield "code", words
        elif words := _words(element):
            yield tag, words
        if tail := _squeezed(element.tail or ""):
            yield "p", tail


def _squeezed(text: str) -> str:
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n")))).strip()


def _words(element: Any) -> str:
    """The words below an element; `lb` and the end of a paragraph are line breaks, two `lb` a blank line."""
    lines = [" ".join(line.split()) for line in _raw(element).strip().split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _raw(element: Any, stop: str = "") -> str:
    parts: list[str] = [_one_line(element.text)]
    for child in element.iterchildren():
        if child.tag == "lb":
            parts.append("\n")
        elif isinstance(child.tag, str) and child.tag != stop:
            parts.append(_raw(child, stop))
            if child.tag in {"p", "head", "item", "quote"}:
                parts.append("\n")
        parts.append(_one_line(child.tail))
    return "".join(parts)


def _one_line(text: str | None) -> str:
    return text.replace("\n", " ") if text else ""


def _items(listing: Any) -> Iterator[str]:
    """The lines of a list: an item's own words, then those of the lists inside it, in reading order."""
    for item in listing.iterchildren("item"):
        parts: list[str] = [_one_line(item.text)]
        for child in item.iterchildren():
            if child.tag == "list":
                yield from _lines("".join(parts))
                yield from _items(child)
                parts = []
            elif child.tag == "lb":
                parts.append("\n")
            elif isinstance(child.tag, str):
                parts.append(_raw(child, "list"))
                if child.tag in {"p", "head", "quote"}:
                    parts.append("\n")
                for inner in child.iter("list"):
                    yield from _lines("".join(parts))
                    parts = []
                    yield from _items(inner)
            parts.append(_one_line(child.tail))
        yield from _lines("".join(parts))
        if tail := _squeezed(item.tail or ""):
            yield tail


def _lines(text: str) -> Iterator[str]:
    yield from filter(None, (" ".join(line.split()) for line in text.split("\n")))


def _rows(table: Any) -> Iterator[str]:
    """A table that was left to trafilatura (one that lays out a page): a line a row."""
    yield from table_lines(
        [
            [(" ".join(_words(cell).split()), cell.get("role") == "head") for cell in row.iter("cell")]
            for row in table.iter("row")
        ]
    )


def _without_title(blocks: list[tuple[str, str]], titles: tuple[str, ...]) -> list[tuple[str, str]]:
    """Less the title among the first blocks, and the kicker or the day above it."""
    known = {tuple(_WORD.findall(title.lower())) for title in titles} - {()}
    for place, (_, text) in enumerate(blocks[:4]):
        if len(text) <= 300 and tuple(_WORD.findall(text.lower())) in known and len(blocks) > place + 1:
            return [block for block in blocks[:place] if len(block[1]) > 60] + blocks[place + 1 :]
    return blocks


def _without_repeats(blocks: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Less the quotations that repeat words of another block: pulled out of the text to catch the eye."""
    if not any(kind in {"quote", "head"} for kind, _ in blocks):
        return blocks
    plain = [" ".join(_WORD.findall(text.lower())) for _, text in blocks]
    kept = []
    for place, (kind, text) in enumerate(blocks):
        mine = plain[place]
        if kind == "quote" and mine and len(mine.split()) >= 3:
            others = (other for there, other in enumerate(plain) if there != place and len(other) > len(mine))
            if any(f" {mine} " in f" {other} " for other in others):
                continue
        kept.append((kind, text))
    return kept
