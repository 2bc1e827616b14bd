"""`footnote eval`: how good the answers are, in figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands import evaluate_questions, evaluate_report, evaluate_results
from ui.commands.common import (
    CollectionOption,
    EngineOption,
    IndexOption,
    RetrieverOption,
    SetOption,
    note,
    settings_from,
)
from ui.commands.evaluate_progress import eval_progress

if TYPE_CHECKING:
    from evals.rows import Run
    from ui.settings import Settings

app = typer.Typer(
    help="Measure answers against questions with known answers.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def evaluation() -> None:
    """Measure answers against questions with known answers."""


DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="The folder of public sets that named suites need (FOOTNOTE_EVAL_DATA)."
    ),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Also write every row as run.json.")
]


@app.command("list")
def list_suites(data: DataOption = None, set_: SetOption = None) -> None:
    """Name the suites, what each measures, and what it needs."""
    folder = data_folder(settings_from(set_, eval_data=data))

    from evals.suites import CATALOGUE, missing

    for entry in CATALOGUE:
        typer.echo(f"{entry.name:<15} {entry.about}")
        lacking = missing(entry, folder)
        if entry.needs or entry.optional:
            needs = [f"{need} (missing)" if need in lacking else need for need in entry.needs]
            needs += [f"{need} (if there)" for need in entry.optional]
            typer.echo(f"{'':<15} needs {', '.join(needs)}")
    where = f"in {folder}" if folder else "in a folder named by --data DIR or FOOTNOTE_EVAL_DATA"
    typer.echo(f"\nNeeded data lie {where}; docs/evals.md says where each set comes from.")
    typer.echo("A path is a suite too: a folder or file in one of the formats of docs/evals.md.")


@app.command("run")
def run(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE|PATH",
            help="A suite of `footnote eval list`, or a folder or file in a format that docs/evals.md names; your "
            "own .jsonl questions with --index.",
            show_default=False,
        ),
    ],
    engine: EngineOption = None,
    retriever: RetrieverOption = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Only so many questions of each part, a seeded sample."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="What draws that sample.")] = 0,
    out: OutOption = None,
    trec: Annotated[
        Path | None,
        typer.Option("--trec", metavar="FILE", help="Also write the rankings as a TREC run file."),
    ] = None,
    retrieval_only: Annotated[
        bool, typer.Option("--retrieval-only", help="Ask the retriever alone, for passages.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Do not go on with a run that was interrupted.")
    ] = False,
    data: DataOption = None,
    index: IndexOption = None,
    collection: CollectionOption = None,
    set_: SetOption = None,
) -> None:
    """Ask every question of a suite; print retrieval, answer, abstention, citation and timing metrics.

    A run that is interrupted goes on where it stopped when the same command is given again.
    """
    settings = settings_from(
        set_, index=index, collection=collection, engine=engine, retriever=retriever, eval_data=data
    )

    from evals.rows import check_writable
    from evals.run import run_suite
    from evals.table import format_table
    from ui import wiring

    if trec is not None:
        check_writable(trec)
    with wiring.local_system(settings) as system, eval_progress() as progress:
        try:
            finished = run_suite(
                suite,
                system,
                limit=limit,
                seed=seed,
                # Only an index that was named: the default one holds other articles than the suite's.
                index_dir=settings.index_dir if index or collection else None,
                data_dir=data_folder(settings),
                out=out,
                engine=settings.engine,
                retriever=settings.retriever,
                retrieval_only=retrieval_only,
                fresh=fresh,
                progress=progress,
            )
        except KeyboardInterrupt:
            note(
                "footnote: interrupted; the same command goes on where this one stopped (--fresh starts anew)"
            )
            raise
    if trec is not None:
        write_trec(trec, finished)
    typer.echo(format_table(finished))
    if finished.n and finished.failed == finished.n:
        raise typer.Exit(1)


@app.command("score")
def score(
    suite: Annotated[
        str,
        typer.Argument(metavar="SUITE|PATH", help="The questions and qrels to score by.", show_default=False),
    ],
    rankings: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="A TREC run file: qid Q0 docno rank score tag.", show_default=False
        ),
    ],
    out: OutOption = None,
    data: DataOption = None,
    set_: SetOption = None,
) -> None:
    """Score another system's rankings, from a TREC run file, by the same code."""
    settings = settings_from(set_, eval_data=data)

    from evals.external import score_run_file
    from evals.table import format_table

    typer.echo(format_table(score_run_file(suite, rankings, data_dir=data_folder(settings), out=out)))


app.command("make")(evaluate_questions.make)
app.command("add")(evaluate_questions.add)
app.command("compare")(evaluate_results.compare)
app.command("gate")(evaluate_results.gate)
app.command("report")(evaluate_report.report)


def data_folder(settings: Settings) -> Path | None:
    """The folder of public sets, or None where none is named."""
    return settings.eval_data if str(settings.eval_data) != "." else None


def write_trec(path: Path, run: Run) -> None:
    """The rankings of every part that has any, as one TREC run file.

    Raises:
        InputError: nothing was ranked, or the place can't be written.
    """
    from evals.trec import rankings_of, write_run_file
    from index.errors import InputError

    rankings = {name: found for part in run.parts for name, found in rankings_of(run, part.name).items()}
    if not rankings:
        raise InputError(f"{path}: nothing to write, for the suite ranks nothing", "leave out --trec")
    write_run_file(path, rankings, "footnote")
