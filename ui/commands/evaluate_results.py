"""`footnote eval compare` and `footnote eval gate`: what finished runs say beside each other, and to a floor."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from ui.commands.common import JsonOption

PIPE_WIDTH = 100
"""Cells of a line where the terminal does not say how wide it is."""


def compare(
    a: Annotated[Path, typer.Argument(metavar="A.json", help="A run.json.", show_default=False)],
    b: Annotated[
        Path, typer.Argument(metavar="B.json", help="Another, of the same data.", show_default=False)
    ],
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME", help="Only this metric; may be repeated."),
    ] = None,
    changed: Annotated[
        int, typer.Option("--changed", min=0, help="Show at most so many of the changed questions.")
    ] = 20,
    json_: JsonOption = False,
) -> None:
    """Compare two runs question by question: differences with their chance, and the answers that changed."""
    from evals.compare import compare_runs
    from evals.compare_text import format_comparison
    from evals.rows import read_run

    found = compare_runs(read_run(a), read_run(b), tuple(metric or ()))
    if json_:
        text = json.dumps(found.as_json(), ensure_ascii=False, allow_nan=False)
        typer.echo(text.encode(errors="replace").decode())  # half a character in an answer must not end it
        return
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns
    typer.echo(format_comparison(found, width, changed))


def gate(
    run: Annotated[Path, typer.Argument(metavar="RUN.json", help="A run.json.", show_default=False)],
    floors: Annotated[
        Path, typer.Argument(metavar="FLOORS.toml", help="The floors of its figures.", show_default=False)
    ],
) -> None:
    """Hold a run to its floors. Exit status 0 within bounds, 1 out of bounds, 2 rows or metrics missing."""
    from evals.gate import check_gate, format_gate, read_floors
    from evals.rows import read_run

    report = check_gate(read_run(run), read_floors(floors))
    typer.echo(format_gate(report))
    if report.exit_status:
        raise typer.Exit(report.exit_status)
