"""The figures alone: every plot as an SVG file, every table as Markdown, and no word of the data.

Names of suites, metrics, settings and kinds of question are labels and stay; questions, answers,
articles, errors and notes do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from evals.compare import Table
from evals.intervals import Estimate
from evals.report import explain, figures, pairs
from evals.report.canvas import standalone
from evals.report.content import Block, Named, blocks_of, describe, named_runs
from evals.report.text import shown
from evals.rows import Run
from evals.table import grouped

MARKDOWN = "figures.md"

_NAME = re.compile(r"[\w@.]+")
_FACTS = (
    "suite",
    "date",
    "questions",
    "engine",
    "retriever",
    "failed",
    "degraded",
    "data",
    "settings",
    "code",
)


def figure_files(runs: Sequence[tuple[str, Run]], title: str = "") -> dict[str, str]:
    """File name -> content: `figures.md`, and the plots it shows."""
    from evals.report.page import default_title

    named = named_runs(runs)
    against = pairs.against_first(named)
    lines = [f"# {_plain(title or default_title(named))}", "", *_runs(named)]
    files: dict[str, str] = {}
    slugs: set[str] = set()
    for block in blocks_of(named):
        slug = _slug(block.name, slugs)
        drawn = figures.drawings(block, slug)
        if len(block.cells) > 1 and (one := figures.comparison(block, slug)):
            drawn.insert(0, one)
            drawn += [two for pair in against if (two := pairs.drawing(pair, block, slug))]
        lines += ["", f"## {_plain(block.name)}", "", *_table(block)]
        for pair in against:
            if len(block.cells) > 1 and (table := pair.table(block)) and table.tested:
                lines += ["", f"{pair.other.letter} − {pair.first.letter}:", "", *_differences(pair, table)]
        for drawing in drawn:
            files[f"{drawing.name}.svg"] = standalone(drawing.svg, f"{block.name}: {drawing.title}")
            picture = f"![{drawing.title}]({drawing.name}.svg)"
            lines += ["", f"### {drawing.title}", "", picture, "", _plain(drawing.caption)]
            if drawing.numbers:
                lines += ["", *_numbers(drawing.numbers)]
    lines += [
        "",
        "Intervals are 95 %: the questions are drawn again with replacement 1,000 times, the middle 95 % of the results is the "
        "interval.",
        "",
    ]
    return {MARKDOWN: "\n".join(lines)} | files


def _runs(named: Sequence[Named]) -> list[str]:
    told = [describe(one) for one in named]
    names = [name for name in _FACTS if any(name in one["facts"] for one in told)]
    head = ["", *(_plain(one["label"]) for one in told)]
    rows = [[name, *(_plain(one["facts"].get(name, "")) for one in told)] for name in names]
    return _lines(head, rows, right=False)


def _table(block: Block) -> list[str]:
    head = ["metric", ""]
    for cell in block.cells:
        letter = f"{cell.named.letter} " if cell.named.letter else ""
        head += [f"{letter}value", f"{letter}95 % interval", f"{letter}n"]
    rows = []
    for names in grouped(block.estimates).values():
        for name in names:
            row = [f"{_metric(name)} {explain.arrow(name)}".strip(), explain.meaning(name).text]
            for cell in block.cells:
                row += _estimate(name, cell.metrics.get(name))
            rows.append(row)
    return _lines(head, rows)


def _differences(pair: pairs.Against, table: Table) -> list[str]:
    a, b = pair.first.letter, pair.other.letter
    head = ["metric", "n", a, b, f"{b} − {a}", "95 % interval", "p", f"better in {b} / {a} / same"]
    keys = ("n", "a", "b", "difference", "span", "p", "better")
    rows = [[_metric(row["name"]), *(row[key] for key in keys)] for row in pairs.lines(table)]
    return _lines(head, rows)


def _estimate(name: str, one: Estimate | None) -> list[str]:
    if one is None:
        return ["–", "", ""]
    unit = explain.unit_of(name, one)
    return [explain.written(one.value, unit), explain.span(one, unit), f"{one.n:,}"]


def _numbers(numbers: Sequence[tuple[str, Estimate]]) -> list[str]:
    return _lines(
        ["kind", "value", "95 % interval", "n"],
        [[_plain(label), *_estimate("", one)] for label, one in numbers],
    )


def _lines(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: bool = True) -> list[str]:
    text = {"", "metric", "kind"}
    rule = ["---" if name in text or not right else "---:" for name in head]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


_ACTIVE = re.compile(r"[\\`*_\[\]<>|&#~$]")


def _plain(text: str) -> str:
    """A label on one line that Markdown leaves as it is."""
    line = " ".join(shown(text).split())
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};" if found[0] in "<>&|`" else f"\\{found[0]}", line)


def _metric(name: str) -> str:
    return f"`{name}`" if _NAME.fullmatch(name) else _plain(name)


def _slug(name: str, taken: set[str]) -> str:
    """A file name of the part's, none twice."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "part"
    slug, number = plain, 2
    while slug in taken:
        slug, number = f"{plain}-{number}", number + 1
    taken.add(slug)
    return slug
