"""`footnote eval`: how good the answers are, in figures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.build import PlainProgress
from ui.commands.common import EngineOption, IndexOption, RetrieverOption, SetOption, settings_from

if TYPE_CHECKING:
    from evals.run import EvalProgress

app = typer.Typer(
    help="Measure answers against questions with known answers.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def evaluation() -> None:
    """Measure answers against questions with known answers."""


@app.command("run")
def run(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE",
            help="`seeds`, a folder with questions.jsonl, a BEIR folder, a SQuAD .json file, or your own .jsonl "
            "questions (these with --index).",
            show_default=False,
        ),
    ],
    engine: EngineOption = None,
    retriever: RetrieverOption = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only so many questions, a seeded sample.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="What draws that sample.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write every row as run.json.")
    ] = None,
    index: IndexOption = None,
    set_: SetOption = None,
) -> None:
    """Ask every question of a suite; print retrieval, answer, abstention, citation and timing metrics."""
    settings = settings_from(set_, index=index, engine=engine, retriever=retriever)

    from evals.run import run_suite
    from evals.table import format_table
    from ui import wiring

    with wiring.local_system(settings) as system, eval_progress() as progress:
        finished = run_suite(
            suite,
            system,
            limit=limit,
            seed=seed,
            # Only an index that was named: the default one holds other articles than the suite's.
            index_dir=index,
            out=out,
            engine=settings.engine,
            retriever=settings.retriever,
            progress=progress,
        )
    typer.echo(format_table(finished))
    if finished.n and finished.failed == finished.n:
        raise typer.Exit(1)


@contextmanager
def eval_progress() -> Iterator[Callable[[EvalProgress], None]]:
    """Where an evaluation tells how far it is: a bar on a terminal, else a plain line now and then."""
    if not sys.stderr.isatty():
        yield PlainProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def show(progress: EvalProgress) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bars.add_task(progress.stage, total=progress.total)
            bars.update(tasks[progress.stage], completed=progress.done, total=progress.total)

        yield show
