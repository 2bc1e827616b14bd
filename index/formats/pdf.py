"""PDF: the text layer in reading order, with the offsets at which pages begin.

PDFium (Apache 2.0 and BSD) gives characters with their boxes; columns, running lines and hyphens are
`index.formats.layout`'s. Runs in the child process (`index.formats.child`): a hostile file may
crash or stall the C library.
"""

from __future__ import annotations

import ctypes
import math
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.decode import NotAnArticleError
from index.formats.layout import Run, flow_of, largest_lines, lines_of, without_running_lines
from index.formats.piece import Piece
from index.metadata import Fields, line_of, parse_date, people
from index.schema import Skipped

MAX_PAGES = 10_000
MAX_CHARACTERS = 20_000_000
SECONDS = 40.0
"""Time for the pages of one file, some 3,000 of prose; what is left over is named."""

_MAX_PAGE_CHARACTERS = 100_000
_ASLANT = 0.12
"""Farther from a quarter turn than this share of one, a word is a watermark."""
_LINE_ENDS = frozenset((10, 13))
_SPACES = _LINE_ENDS | {9, 32, 0xA0}
_HYPHENS = frozenset((0x02, 0xFFFE))
"""How PDFium hands on a hyphen at a line's end."""

_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
_NO_TITLE = re.compile(
    r"(?i)(?:untitled|unknown|title|document|dokument|microsoft (?:word|powerpoint|excel)\b.*|slide \d+|.*\.(?:pdf|docx?|odt|rtf|tex"
    r"|dvi|indd|qxd|pptx?|xlsx?|pages|html?|txt)|[\W\d_]*)"
)
_NO_AUTHOR = re.compile(
    r"(?i)(?:\(?anonymous\)?|unknown|administrator|admin|user|owner|root|microsoft.*|author|scanner|.*@\w+)"
)


def read_pdf(file: Path | bytes) -> Iterator[Piece | Skipped]:
    """The document as one piece, and what of it could not be read. A `Skipped` is named by the pages
    alone ("pages 3 to 7"). Raises `NotAnArticleError` where there is no text at all, with the reason."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if "password" in str(error).lower() or code == 4:
            raise NotAnArticleError(
                "this PDF is encrypted and opens only with a password (save it without one)"
            ) from error
        if "security" in str(error).lower() or code == 5:
            raise NotAnArticleError("this PDF is encrypted in a way that cannot be read") from error
        raise NotAnArticleError("this PDF is damaged or cut off") from error
    try:
        yield from _read(document)
    finally:
        document.close()


def _read(document: Any) -> Iterator[Piece | Skipped]:
    count = len(document)
    if not count:
        raise NotAnArticleError("this PDF is damaged: it has no pages")
    pages: list[list[Run]] = []
    notes: dict[str, list[int]] = {}
    characters = 0
    until = time.monotonic() + SECONDS
    for number in range(1, min(count, MAX_PAGES) + 1):
        if characters > MAX_CHARACTERS or time.monotonic() > until:
            break
        runs, problem = _page(document, number - 1)
        characters += sum(len(run.text) for run in runs)
        pages.append(runs)
        if problem:
            notes.setdefault(problem, []).append(number)
    if not any(pages):
        worst = max(notes, key=lambda problem: len(notes[problem]), default="are empty")
        raise NotAnArticleError(f"{_numbered(list(range(1, len(pages) + 1)))} {_of_one(worst, len(pages))}")
    for problem, where in notes.items():
        for numbers in _spans(where):
            yield Skipped(_numbered(numbers), _of_one(problem, len(numbers)))
    if len(pages) < count:
        limit = (
            "only the first 10,000 are read"
            if len(pages) == MAX_PAGES
            else "this file has too much on its pages"
        )
        yield Skipped(
            _numbered([len(pages) + 1, *([count] if count > len(pages) + 1 else [])]), f"not read: {limit}"
        )
    lines = [lines_of(page) for page in without_running_lines(pages)]
    flow = flow_of(lines)
    if not flow.text.strip():
        raise NotAnArticleError("this PDF has no text besides its page numbers")
    yield Piece(_fields(document, largest_lines(lines[0])), flow.text, flow.pages)


_PICTURES = "are pictures without text"
_BROKEN = "are damaged"
_MEANINGLESS = "have letters without a meaning (a font that does not say which characters it draws)"


def _of_one(problem: str, count: int) -> str:
    if count > 1:
        return problem
    return {_PICTURES: "is a picture without text", _BROKEN: "is damaged", "are empty": "is empty"}.get(
        problem, problem.replace("have ", "has ", 1)
    )


def _numbered(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    return f"pages {numbers[0]:,} to {numbers[-1]:,}"


def _spans(numbers: list[int]) -> Iterator[list[int]]:
    """Runs of consecutive numbers; the rest in one, after twenty."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and (spans[-1][-1] == number - 1 or len(spans) == 20):
            spans[-1].append(number)
        else:
            spans.append([number])
    yield from spans


def _page(document: Any, index: int) -> tuple[list[Run], str]:
    """A page's runs of characters, upright, and what is wrong with it or ""."""
    import pypdfium2

    try:
        page = document[index]
        try:
            text = page.get_textpage()
            try:
                runs, meaningless = _runs(text)
            finally:
                text.close()
            if meaningless:
                return [], _MEANINGLESS
            if sum(len(run.text) for run in runs) < 3 and _has_picture(page):
                return [], _PICTURES
            return runs, ""
        finally:
            page.close()
    except (pypdfium2.PdfiumError, ValueError, OverflowError):
        return [], _BROKEN


def _has_picture(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return next(iter(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)), None) is not None


def _runs(text: Any) -> tuple[list[Run], bool]:
    """The runs that stand the way most of the page does, and whether their letters mean nothing.

    Text at another angle (a stamp in the margin, a watermark) is left out unless it is a fifth of the page.
    """
    turned: dict[int, list[Run]] = {}
    weights: Counter[int] = Counter()
    unknown = 0
    run: Run | None = None
    facing = 0
    for word in _words(text):
        if word is None:  # PDFium ends a line here
            run = None
            continue
        drawn, nothing, quarter, x0, y0, x1, y1 = word
        unknown += nothing
        if not drawn or quarter < 0:
            continue
        size = max(1.0, min(y1 - y0, 500.0))
        weights[quarter] += len(drawn)
        runs = turned.setdefault(quarter, [])
        if (
            run is not None
            and facing == quarter
            and abs((y0 + y1) - (run.y0 + run.y1)) < run.size
            and x0 - run.x1 < 0.9 * run.size
            and run.x0 - x1 < 0.9 * run.size
        ):
            joined = f"{run.text} {drawn}"
            run = Run(joined, min(run.x0, x0), min(run.y0, y0), max(run.x1, x1), max(run.y1, y1), max(run.size, size))  # fmt: skip
            runs[-1] = run
        else:
            run, facing = Run(drawn, x0, y0, x1, y1, size), quarter
            runs.append(run)
    total = weights.total()
    if unknown > 0.5 * (total + unknown):
        return [], True
    kept: list[Run] = []
    for quarter, weight in weights.most_common():
        if weight >= 0.2 * total:  # what stands another way is read after the rest
            shift = max(run.y1 for run in kept) - min(run.y0 for run in turned[quarter]) + 50 if kept else 0.0
            kept += [Run(r.text, r.x0, r.y0 + shift, r.x1, r.y1 + shift, r.size) for r in turned[quarter]]
    return kept, False


_Word = tuple[str, int, int, float, float, float, float]


def _words(text: Any) -> Iterator[_Word | None]:
    """The page's words in PDFium's order, None where it ends a line: the letters, how many more have no
    meaning, the quarter turn they stand at (-1: aslant), and their box as in `Run`.

    Only a word's first and last box are asked for, which makes reading three times as fast.
    """
    import pypdfium2.raw as pdfium

    raw = text.raw
    box = pdfium.FS_RECTF()
    where = ctypes.byref(box)
    get_code, get_box = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox

    def box_of(place: int) -> tuple[float, float, float, float] | None:
        if not get_box(raw, place, where):
            return None
        found = left, low, right, high = box.left, box.bottom, box.right, box.top
        sound = -1e6 < left < 1e6 and -1e6 < low < 1e6 and -1e6 < right < 1e6 and -1e6 < high < 1e6
        return found if sound else None  # NaN is not

    letters: list[str] = []
    first = last = unknown = 0

    def finished() -> Iterator[_Word]:
        nonlocal unknown
        ends = box_of(first), box_of(last)
        if (letters or unknown) and ends[0] and ends[1]:
            left, low = min(ends[0][0], ends[1][0]), min(ends[0][1], ends[1][1])
            right, high = max(ends[0][2], ends[1][2]), max(ends[0][3], ends[1][3])
            turns = max(0.0, pdfium.FPDFText_GetCharAngle(raw, first)) / (math.pi / 2)
            quarter = round(turns) % 4 if abs(turns - round(turns)) < _ASLANT else -1
            edges = {
                0: (left, -high, right, -low),
                1: (-high, -right, -low, -left),  # PDFium counts clockwise
                2: (-right, low, -left, high),
                3: (low, left, high, right),
            }[max(0, quarter)]
            yield "".join(letters), unknown, quarter, *edges
        letters.clear()
        unknown = 0

    for place in range(min(text.count_chars(), _MAX_PAGE_CHARACTERS)):
        code = get_code(raw, place)
        if code in _SPACES:
            yield from finished()
            if code in _LINE_ENDS:
                yield None
            continue
        if not (letters or unknown):
            first = place
        last = place
        if code in _HYPHENS:  # without the line's end after it
            letters.append("-")
            yield from finished()
            yield None
        elif code == 0xAD:
            continue
        elif code < 32 or code == 0xFFFD or 0xD800 <= code <= 0xF8FF:
            unknown += 1
        else:
            letters.append(_LIGATURES.get(code) or chr(code))
    yield from finished()


def sensible_title(title: str) -> str:
    """A document's own title; "" for one that is only a file's name or what a program puts there."""
    title = re.sub(r"(?i)^microsoft word - ", "", title)
    return "" if len(title) < 4 or _NO_TITLE.fullmatch(title) else title[:300]


def sensible_authors(author: str) -> tuple[str, ...]:
    """A document's authors without accounts and placeholders ("admin", "user")."""
    return tuple(name for name in people(author) if not _NO_AUTHOR.fullmatch(name))


def _fields(document: Any, largest: str) -> Fields:
    """What the document says about itself; without a sensible title its largest letters are one."""
    said = document.get_metadata_dict()
    created, changed = (
        parse_date(said.get(key, "").removeprefix("D:")[:8]) for key in ("CreationDate", "ModDate")
    )
    return Fields(
        title=sensible_title(line_of(said.get("Title"))) or line_of(largest)[:300],
        published=created,
        modified=changed if changed and (created is None or changed > created) else None,
        authors=sensible_authors(said.get("Author", "")),
    )
