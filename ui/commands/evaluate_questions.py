"""`footnote eval make` and `footnote eval add`: question sets from one's own articles and from readers' verdicts."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.common import CollectionOption, IndexOption, SetOption, note, settings_from
from ui.commands.evaluate_progress import eval_progress

if TYPE_CHECKING:
    from evals.make.writer import Writes
    from ui.settings import Settings


def make(
    index: IndexOption = None,
    collection: CollectionOption = None,
    n: Annotated[int, typer.Option("--n", min=1, help="So many questions, if the articles give them.")] = 100,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write (default questions-INDEX.jsonl here)."),
    ] = None,
    unanswerable: Annotated[
        float,
        typer.Option("--unanswerable", min=0.0, max=1.0, help="The share that no article answers."),
    ] = 0.25,
    per_article: Annotated[
        int, typer.Option("--per-article", min=1, help="At most so many questions from one article.")
    ] = 3,
    seed: Annotated[int, typer.Option("--seed", help="What draws the articles.")] = 0,
    model_questions: Annotated[
        bool,
        typer.Option(
            "--model-questions", help="Let the bundled model ask too (it is weak; larger ones always do)."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    set_: SetOption = None,
) -> None:
    """Write a question set from an index's own articles, to edit before use."""
    settings = settings_from(set_, index=index, collection=collection)

    from evals.make.make import as_lines, make_questions
    from evals.rows import check_writable, write_whole
    from index.errors import InputError
    from ui import wiring

    place = out or Path(f"questions-{settings.index_dir.resolve().name.lstrip('.') or 'index'}.jsonl")
    if place.exists() and not force:
        raise InputError(
            f"{place}: is there already, and may have been edited",
            "--out FILE writes elsewhere, --force writes over it",
        )
    check_writable(place)
    with (
        wiring.opened_library(settings) as library,
        _writer(settings, model_questions) as writer,
        eval_progress() as progress,
    ):
        made = make_questions(
            library,
            n=n,
            seed=seed,
            unanswerable_share=unanswerable,
            per_article=per_article,
            writer=writer,
            progress=progress,
        )
    for line in made.report.lines():
        note(line)
    if not made.cases:
        raise InputError(
            "no question could be made from these articles",
            "write some by hand; docs/evals.md has the row schema",
        )
    write_whole(place, as_lines(made.cases))
    typer.echo(f"{len(made.cases)} questions in {place}: read them, mend or delete what is not good, then")
    typer.echo(f"footnote eval run {shlex.quote(str(place))} --index {shlex.quote(str(settings.index_dir))}")


@contextmanager
def _writer(settings: Settings, bundled_too: bool) -> Iterator[Writes | None]:
    """The configured model where it may be trusted with questions; None for rules only."""
    configured = bool(settings.llm_url or settings.gguf)
    if settings.engine != "model" or not (configured or bundled_too):
        yield None
        return
    from evals.make.writer import ModelWriter
    from ui import wiring

    model = wiring.load_model_for(settings)
    try:
        yield ModelWriter(model)
    finally:
        model.close()


def add(
    verdicts: Annotated[
        Path, typer.Argument(metavar="VERDICTS", help="Readers' verdicts, JSON Lines.", show_default=False)
    ],
    to: Annotated[
        Path,
        typer.Option(
            "--to", metavar="FILE", help="The questions to add to; made if need be.", show_default=False
        ),
    ],
    id_: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Only this verdict; may be repeated.")
    ] = None,
    index: IndexOption = None,
    collection: CollectionOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be added; write nothing.")
    ] = False,
    set_: SetOption = None,
) -> None:
    """Turn readers' verdicts into questions with known answers."""
    settings = settings_from(set_, index=index, collection=collection)

    from evals.rows import check_writable
    from evals.verdicts import add_verdicts, read_verdicts
    from ui import wiring

    read = read_verdicts(verdicts)
    check_writable(to)
    if (
        index is None and collection is None
    ):  # only an index that was named: the default one may hold other articles
        report = add_verdicts(read, to, ids=id_ or (), dry_run=dry_run)
    else:
        with wiring.opened_library(settings) as library:
            report = add_verdicts(read, to, ids=id_ or (), shelf=library, dry_run=dry_run)
    for lacking in report.missing:
        note(f"verdict {lacking.id}: not enough for a question: {lacking.missing}")
    for number, other in report.refused:
        note(f"verdict {number}: refused, since {other!r} in {to} asks the same with other references")
    verb = "would be added" if dry_run else "added"
    for case in report.cases:
        typer.echo(f"{case.id}: {case.question}")
    typer.echo(
        f"{len(report.cases)} {verb} to {to}, {len(report.known)} there already, {len(report.missing)} not enough"
    )
    if report.refused:
        raise typer.Exit(1)
