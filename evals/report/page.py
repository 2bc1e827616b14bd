"""The report as one page: tiles, plots, tables and a browsable list, without anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from evals.intervals import Estimate
from evals.report import explain, figures, pairs
from evals.report.content import (
    FILTERS,
    Block,
    Cell,
    Named,
    blocks_of,
    describe,
    named_runs,
    rows_for_page,
    settings_table,
)
from evals.report.text import embedded, shown
from evals.rows import Run
from evals.table import UNITS, grouped

HERE = Path(__file__).parent


def render(runs: Sequence[tuple[str, Run]], title: str = "") -> str:
    """The page for runs given with their names.

    Every text is escaped or put in as text; a policy in the page forbids all scripts but its own
    and every address.
    """
    named = named_runs(runs)
    blocks = blocks_of(named)
    against = pairs.against_first(named)
    script = _asset("page.js")
    rows = rows_for_page(named)
    context: dict[str, Any] = {
        "title": shown(title or default_title(named)),
        "subtitle": _subtitle(named),
        "policy": _policy(script),
        "css": _asset("page.css"),
        "script": script,
        "runs": [describe(one) for one in named],
        "settings": settings_table(named),
        "blocks": [_block(block, place) for place, block in enumerate(blocks)],
        "comparisons": [
            one for place, block in enumerate(blocks) if (one := _comparison(block, place, against))
        ],
        "troubles": [
            f"{one.other.letter} cannot be compared with {one.first.letter}: {shown(one.trouble)}"
            for one in against
            if one.trouble
        ],
        "first": named[0].letter,
        "filters": [(name, words) for name, words in FILTERS if name != "differs" or len(named) > 1],
        "rows": len(rows),
        "data": embedded(
            {
                "runs": [{"letter": one.letter, "name": one.name} for one in named],
                "tasks": {part.name: part.task for one in named for part in one.run.parts},
                "rows": rows,
            }
        ),
    }
    return _environment().get_template("page.html.j2").render(context)


def default_title(runs: Sequence[Named]) -> str:
    """What the page is called unless somebody says otherwise."""
    suites = list(dict.fromkeys(one.run.suite for one in runs))
    what = ", ".join(suites[:4]) + (", …" if len(suites) > 4 else "")
    return f"Footnote on {what}" if len(runs) == 1 else f"Footnote on {what}: {len(runs)} runs"


def _subtitle(runs: Sequence[Named]) -> str:
    if len(runs) > 1:
        return ""
    run = runs[0].run
    using = ", ".join(one for one in (run.engine, run.model, run.retriever) if one)
    return shown(" · ".join(one for one in (f"{run.n:,} {_noun(run)}", using, run.date[:10]) if one))


def _noun(run: Run) -> str:
    units = {UNITS.get(part.task, "questions") for part in run.parts} or {"questions"}
    return units.pop() if len(units) == 1 else "rows"


# ---- blocks ----------------------------------------------------------------------------------


def _block(block: Block, place: int) -> dict[str, Any]:
    cells = block.cells
    drawings = figures.drawings(block, f"p{place + 1}")
    return {
        "anchor": f"part-{place + 1}",
        "name": shown(block.name),
        "counts": [_counts(cell) for cell in cells],
        "letters": [cell.named.letter for cell in cells],
        "tiles": [_tile(block, name) for name in explain.headlines(block.task, block.metrics)],
        "groups": [
            {"name": group.capitalize(), "rows": [_line(block, name) for name in names]}
            for group, names in grouped(block.estimates).items()
        ],
        "drawings": drawings,
        "numbers": {
            drawing.name: [_number(label, one) for label, one in drawing.numbers]
            for drawing in drawings
            if drawing.numbers
        },
        "index": [(name, f"{value:,.0f}") for name, value in cells[0].index if name != "bytes"],
    }


def _counts(cell: Cell) -> str:
    text = f"{cell.n:,} {UNITS.get(cell.task, 'questions')}"
    if cell.task == "retrieve":
        text += ", retrieval only"
    if cell.failed:
        text += f", {cell.failed} failed"
    if cell.degraded:
        text += f", {cell.degraded} degraded"
    return f"{cell.named.letter} {text}".strip()


def _tile(block: Block, name: str) -> dict[str, Any]:
    return _line(block, name, digits=2)


def _line(block: Block, name: str, digits: int = 3) -> dict[str, Any]:
    return {
        "name": shown(name),
        "text": explain.meaning(name).text,
        "arrow": explain.arrow(name),
        "way": explain.direction_words(name),
        "cells": [
            _value(name, cell.metrics[name], digits, cell.named.letter) if name in cell.metrics else None
            for cell in block.cells
        ],
    }


def _value(name: str, one: Estimate, digits: int, letter: str = "") -> dict[str, Any]:
    unit = explain.unit_of(name, one)
    return {
        "letter": letter,
        "value": explain.written(one.value, unit, digits),
        "span": explain.span(one, unit, digits),
        "n": f"{one.n:,}",
        "bar": _bar(one) if unit == "share" else None,
    }


def _bar(one: Estimate) -> dict[str, str]:
    """The interval on a line from 0 to 1, in per cent of its length."""
    return {
        "low": f"{one.low * 100:.1f}",
        "width": f"{max(one.high - one.low, 0) * 100:.1f}",
        "value": f"{one.value * 100:.1f}",
    }


def _number(label: str, one: Estimate) -> dict[str, Any]:
    return {"label": shown(label), **_value("", one, 3)}


def _comparison(block: Block, place: int, against: Sequence[pairs.Against]) -> dict[str, Any] | None:
    if len(block.cells) < 2:
        return None
    prefix = f"p{place + 1}"
    drawings = [figures.comparison(block, prefix), *(pairs.drawing(one, block, prefix) for one in against)]
    tables = [
        {
            "first": one.first.letter,
            "other": one.other.letter,
            "n": f"{table.n:,}",
            "rows": pairs.lines(table),
        }
        for one in against
        if (table := one.table(block)) and table.tested
    ]
    return {"name": shown(block.name), "drawings": [one for one in drawings if one], "tables": tables}


# ---- the page's own parts --------------------------------------------------------------------


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@lru_cache
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@lru_cache
def _environment() -> Any:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["unbroken"] = lambda text: re.sub(r"(?<=\d) %", "\u00a0%", text)
    environment.filters["ours"] = Markup  # our own CSS, script and drawings, and JSON that is safe already
    return environment
