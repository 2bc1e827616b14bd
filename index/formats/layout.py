"""A page's runs of characters in the order people read them: columns, lines, paragraphs.

The column search is a projection profile: the emptiest upright stripe in the page's middle is a gutter
when prose stands on either side of it; what crosses the gutter (titles, wide pictures' captions)
divides the page into bands, read one after the other (after the recursive X-Y cut of Nagy and Seth,
1984, with bands in place of its horizontal cuts, which tear aligned paragraphs apart).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from index.clean import clean_line

MAX_DEPTH = 4
"""Gutters within gutters: up to sixteen columns, more is no prose."""

_LIST_ITEM = re.compile(r"(?:[-–*•▪◦●■]|\(?\d{1,3}[.)]|[a-z]\))\s")
_SENTENCE_END = re.compile(r"[.!?:;…»”\"’)\]]$")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|página|pagina|pág|p|s)\.?\s*)?(?:\d{1,4}|[ivxlc]{1,7})"
    r"(?:\s*(?:/|\||of|von|de|sur|di)\s*\d{1,4})?\W*",
    re.I,
)
_EDGE_ROWS = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that follow each other on one line, upright; x grows to the right, y downwards, in points."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one column; `left` and `right` are the column's edges, `column` its number on the page."""

    text: str
    x0: float
    y0: float
    x1: float
    size: float
    left: float
    right: float
    column: int


def without_running_lines(pages: Sequence[list[Run]]) -> list[list[Run]]:
    """The pages less their running headers, footers and page numbers.

    A line among the first or last four of its page goes when lines outside it went and two pages near
    it carry the same one, digits not compared; in shorter documents only a page's own number goes.
    """
    rows = [_rows(page) for page in pages]
    keys: dict[tuple[bool, str], list[int]] = {}
    for number, page in enumerate(rows):
        for top, row in _edges(page):
            keys.setdefault((top, _normal(_row_text(row))), []).append(number)
    counted = _numbering(rows)
    kept: list[list[Run]] = []
    for number, page in enumerate(rows):
        gone: set[int] = set()
        for top in (True, False):
            for mine, row in _edges(page):
                if mine is not top or len(gone) >= len(page) - 1:
                    continue
                text = _row_text(row)
                same = keys[(top, _normal(text))]
                near = bisect_right(same, number + 4) - bisect_left(same, number - 4)
                repeated = near >= 3 and (_LETTER.search(text) is not None or len(text) <= 12)
                own = _PAGE_NUMBER.fullmatch(text) and re.search(rf"(?<!\d){number + 1}(?!\d)", text)
                if not (repeated or own or counted in [found - number for found in _outer_numbers(text)]):
                    break
                gone.update(id(run) for run in row)
        kept.append([run for run in pages[number] if id(run) not in gone])
    return kept


def _numbering(rows: Sequence[list[list[Run]]]) -> int | None:
    """By how much the printed page numbers differ from a count from 0; None where most pages have none."""
    shifts = Counter(
        shift
        for number, page in enumerate(rows)
        for shift in {found - number for _, row in _edges(page) for found in _outer_numbers(_row_text(row))}
    )
    shift, pages = shifts.most_common(1)[0] if shifts else (None, 0)
    return shift if pages >= max(4, 0.4 * len(rows)) else None


def _outer_numbers(text: str) -> set[int]:
    """The numbers a short line begins or ends with."""
    found = re.match(r"(\d{1,4})\b", text), re.search(r"(?<![\w.,])(\d{1,4})$", text)
    return {int(number[1]) for number in found if number} if len(text) <= 120 else set()


def _edges(rows: Sequence[list[Run]]) -> Iterable[tuple[bool, list[Run]]]:
    """The outermost rows, from the page's edge inwards, with whether they are at its top."""
    yield from ((True, row) for row in rows[:_EDGE_ROWS])
    yield from ((False, row) for row in rows[: -_EDGE_ROWS - 1 : -1])


def _normal(text: str) -> str:
    if _PAGE_NUMBER.fullmatch(text):
        return "#"
    return re.sub(r"\d+", "#", " ".join(text.split()).casefold())


def lines_of(page: Sequence[Run]) -> list[Line]:
    """A page's lines in reading order."""
    columns: list[list[Run]] = []
    _columns(list(page), 0, columns)
    lines: list[Line] = []
    for number, column in enumerate(columns):
        left, right = min(run.x0 for run in column), max(run.x1 for run in column)
        for row in _rows(column):
            size = max(row, key=lambda run: len(run.text)).size
            y0 = min(run.y0 for run in row)
            lines.append(
                Line(clean_line(_row_text(row)), min(r.x0 for r in row), y0, max(r.x1 for r in row), size, left, right, number)
            )  # fmt: skip
    return [line for line in lines if line.text.strip()]


def _rows(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs that stand beside each other, from the top down, each row in its reading direction."""
    rows: list[tuple[float, float, list[Run]]] = []
    for run in sorted(runs, key=lambda run: (run.y0 + run.y1, run.x0)):
        if rows:
            top, bottom, row = rows[-1]
            shared = min(bottom, run.y1) - max(top, run.y0)
            if shared > 0.5 * min(bottom - top, run.y1 - run.y0):
                row.append(run)
                continue
        rows.append((run.y0, run.y1, [run]))
    backwards = _reads_backwards(runs)
    return [sorted(row, key=lambda run: -run.x1 if backwards else run.x0) for _, _, row in rows]


def _reads_backwards(runs: Iterable[Run]) -> bool:
    letters = right_to_left = 0
    for run in runs:
        letters += len(_LETTER.findall(run.text))
        right_to_left += len(_RIGHT_TO_LEFT.findall(run.text))
    return right_to_left > letters / 2


def _row_text(row: Sequence[Run]) -> str:
    text = ""
    last: Run | None = None
    for run in row:
        apart = last is None or max(run.x0 - last.x1, last.x0 - run.x1) > 0.12 * run.size
        text += (" " if apart and text else "") + run.text
        last = run
    return " ".join(text.split())


def _columns(runs: list[Run], depth: int, found: list[list[Run]]) -> None:
    """Puts the runs' columns into `found`, in reading order."""
    if not runs:
        return
    middle = _gutter(runs) if depth < MAX_DEPTH else None
    if middle is None:
        found.append(runs)
        return
    backwards = _reads_backwards(runs)
    band: tuple[list[Run], list[Run], list[Run]] = ([], [], [])

    def close() -> None:
        sides = (band[1], band[0]) if backwards else (band[0], band[1])
        for side in sides:
            _columns(side.copy(), depth + 1, found)
        band[0].clear()
        band[1].clear()

    for run in sorted(runs, key=lambda run: run.y0 + run.y1):
        if run.x0 < middle - 1 and run.x1 > middle + 1:
            if band[0] or band[1]:
                if band[2]:
                    found.append(band[2].copy())
                    band[2].clear()
                close()
            band[2].append(run)
        else:
            if band[2]:
                found.append(band[2].copy())
                band[2].clear()
            band[0 if (run.x0 + run.x1) / 2 < middle else 1].append(run)
    if band[2]:
        found.append(band[2].copy())
    close()


def _gutter(runs: Sequence[Run]) -> float | None:
    """Where an empty stripe with prose on either side of it stands, None without one."""
    if len(runs) < 6:
        return None
    left, right = min(run.x0 for run in runs), max(run.x1 for run in runs)
    width = int(right - left) + 1
    size = median(run.size for run in runs)
    if not 6 * size < width < 20_000:
        return None
    steps = [0] * (width + 2)
    for run in runs:
        steps[int(run.x0 - left)] += 1
        steps[int(run.x1 - left) + 1] -= 1
    covered: list[int] = []
    depth = 0
    for step in steps[:width]:
        depth += step
        covered.append(depth)
    inner = range(int(0.12 * width), int(0.88 * width))
    least = min(covered[x] for x in inner)
    if least > 0.7 * max(covered):
        return None
    best = (0, 0)
    began: int | None = None
    for x in (*inner, inner.stop):
        if x < inner.stop and covered[x] == least:
            began = x if began is None else began
        elif began is not None:
            best = max(best, (x - began, began))
            began = None
    if best[0] < 0.5 * size:
        return None
    middle = left + best[1] + best[0] / 2
    sides = ([run for run in runs if run.x1 <= middle + 1], [run for run in runs if run.x0 >= middle - 1])
    return middle if all(_is_prose(side) for side in sides) and _beside(*sides) else None


def _is_prose(side: Sequence[Run]) -> bool:
    """Lines of words that fill their column; a table's cells do not."""
    rows = _rows(side)
    if len(rows) < 3:
        return False
    width = max(run.x1 for run in side) - min(run.x0 for run in side)
    filled = [max(run.x1 for run in row) - min(run.x0 for run in row) for row in rows]
    words = [len(_WORD.findall(_row_text(row))) for row in rows]
    return sum(words) >= 2.5 * len(rows) and sum(filled) >= 0.5 * width * len(rows)


def _beside(left: Sequence[Run], right: Sequence[Run]) -> bool:
    """Whether two columns stand side by side for three lines or more."""
    shared = min(max(r.y1 for r in left), max(r.y1 for r in right)) - max(
        min(r.y0 for r in left), min(r.y0 for r in right)
    )
    return shared >= 3 * median(run.size for run in left)


# --- lines to paragraphs ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flow:
    """Running text and the offsets in it at which pages begin."""

    text: str
    pages: tuple[int, ...]


def flow_of(pages: Sequence[Sequence[Line]]) -> Flow:
    """The pages' lines as paragraphs apart by a blank line, words that were hyphenated at a line's
    end whole again, paragraphs that go on in the next column or page joined."""
    known = Counter(
        word.casefold() for page in pages for line in page for word in _WORD.findall(line.text)[:-1]
    )
    parts: list[str] = []
    length = 0
    starts: list[int] = []
    last: Line | None = None
    for page in pages:
        leadings = _leadings(page)
        first = True
        for line in page:
            glue, cut = _glue(last, line, leadings.get(line.column, 0.0), turned=first, known=known)
            if cut:
                parts[-1] = parts[-1][:-cut]
                length -= cut
            if first:
                starts.append(length + len(glue))
                first = False
            parts += [glue, line.text]
            length += len(glue) + len(line.text)
            last = line
        if first:  # an empty page begins where the next one does
            starts.append(-1)
    after = length
    for place in range(len(starts) - 1, -1, -1):
        after = starts[place] = after if starts[place] < 0 else starts[place]
    return Flow("".join(parts), tuple(starts))


def _leadings(page: Sequence[Line]) -> dict[int, float]:
    """The usual distance from line to line in each column."""
    steps: dict[int, list[float]] = {}
    for before, line in pairwise(page):
        if before.column == line.column and line.y0 > before.y0:
            steps.setdefault(line.column, []).append(line.y0 - before.y0)
    return {column: median(found) for column, found in steps.items()}


def _glue(
    last: Line | None, line: Line, leading: float, *, turned: bool, known: Counter[str]
) -> tuple[str, int]:
    """What stands between two lines, and how many characters (a hyphen) the first one loses for it."""
    if last is None:
        return "", 0
    moved = turned or last.column != line.column
    if _begins(last, line, leading, moved=moved):
        item = _LIST_ITEM.match(line.text) and _LIST_ITEM.match(last.text) and not moved
        return ("\n" if item else "\n\n"), 0
    hyphen = re.search(r"([^\W\d_]+)[-\u00ad\u2010]$", last.text)
    follows = re.match(r"[^\W\d_]+", line.text)
    if hyphen is None or follows is None:
        return " ", 0
    head, tail = hyphen[1].casefold(), follows[0].casefold()
    whole = known[head + tail] or (line.text[0].islower() and not known[f"{head}-{tail}"])
    return "", 1 if whole else 0


def _begins(last: Line, line: Line, leading: float, *, moved: bool) -> bool:
    """Whether a paragraph begins with this line."""
    if abs(last.size - line.size) > 0.12 * max(last.size, line.size):
        return True
    if _LIST_ITEM.match(line.text):
        return True
    indented = line.x0 > line.left + 0.8 * line.size
    if moved:
        ended = _SENTENCE_END.search(last.text) is not None and not line.text[0].islower()
        short = last.x1 < last.left + 0.5 * (last.right - last.left)
        return ended or indented or (short and not line.text[0].islower())
    if leading and line.y0 - last.y0 > 1.3 * leading:
        return True
    if indented and last.x0 < last.left + 0.5 * last.size and not _LIST_ITEM.match(last.text):
        return True
    short = last.x1 < last.right - 0.2 * (last.right - last.left)
    return short and _SENTENCE_END.search(last.text) is not None and not line.text[0].islower()


def largest_lines(page: Sequence[Line]) -> str:
    """The words in the largest letters at the head of a page, "" where none stand out."""
    if len(page) < 2:
        return ""
    weights: Counter[float] = Counter()
    for line in page:
        weights[round(line.size, 1)] += len(line.text)
    body = weights.most_common(1)[0][0]
    top = max(line.size for line in page)
    if top < 1.2 * body:
        return ""
    words: list[str] = []
    for line in page:
        if line.size > 0.95 * top:
            words.append(line.text)
        elif words:
            break
    title = " ".join(words)
    return title if 5 <= len(title) <= 250 and _LETTER.search(title) else ""
