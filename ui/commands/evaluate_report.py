"""`footnote eval report`: finished runs as a page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN.json...", help="Runs written with --out.", show_default=False),
    ],
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="The page: one file that needs no network."),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            "--figures",
            metavar="DIR",
            help="Only plots (SVG) and tables (Markdown), without a word of the data.",
        ),
    ] = None,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="What the report is called.")] = "",
) -> None:
    """Make a page of one run or of several side by side: tiles, plots, tables, and every question to browse."""
    from evals.report import write_report
    from ui.commands.common import note

    for place in write_report(runs, html=html, figures=figures, title=title):
        note(f"wrote {place}")
