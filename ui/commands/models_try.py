"""`footnote models try`: twenty built-in questions for a language model, on this machine."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.commands.common import JsonOption, SetOption, complain, note, only_this_on_stdout, settings_from

if TYPE_CHECKING:
    from evals.trial import Row, Totals
    from rag.llm import LanguageModel
    from ui.trial import Trial

SHOWN = 90
"""Characters of what a model said that one line shows."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One model's trial: `started` is seconds until it was ready, `broken` why it ended too early ("" if not)."""

    name: str
    rows: tuple[Row, ...]
    totals: Totals
    started: float
    broken: str
    next_step: str


def try_model(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[NAME|PATH|URL]",
            help="A model of `footnote models list`, a .gguf file, or a server's address; else the one in use.",
            show_default=False,
        ),
    ] = "",
    model: Annotated[
        str, typer.Option("--model", help="With an address: which of the server's models.")
    ] = "",
    beside: Annotated[
        str,
        typer.Option(
            "--beside", metavar="NAME|PATH", help="Another one to compare with, for example bundled."
        ),
    ] = "",
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """Ask a model twenty built-in questions; print right, wrong, unsupported, refused and seconds.

    Exit status 0 when all were asked, 1 when the model is down, too slow or broke off.
    """
    settings = settings_from(set_)

    from ui.models import model_settings
    from ui.wiring import load_model_for

    models = [load_model_for(model_settings(target, settings, name=model))]
    if beside:
        models.append(load_model_for(model_settings(beside, settings)))
    from ui.trial import opened_trial

    with only_this_on_stdout() if json_ else nullcontext() as out, opened_trial(settings) as trial:
        tried = [_try(trial, one, quiet=json_) for one in models]
        if out is not None:
            out.write(json.dumps({"models": [_fields(one) for one in tried]}, ensure_ascii=False) + "\n")
    for one in tried:
        if not json_:
            typer.echo(total_line(one))
    if not json_ and len(tried) == 2 and not any(one.broken for one in tried):
        typer.echo(comparison(tried[0], tried[1]))
    for one in tried:
        if one.broken:
            complain(f"{one.name}: {one.broken}", one.next_step)
    if any(one.broken for one in tried):
        raise typer.Exit(1)


def _try(trial: Trial, model: LanguageModel, *, quiet: bool) -> Tried:
    import time

    from evals.trial import Totals, ask_all, trial_questions
    from index.errors import ModelUnreachable

    questions, rows = trial_questions(), list[Any]()
    started, broken, step = time.perf_counter(), "", ""
    ready = 0.0
    with trial.pipeline(model) as pipeline:
        try:
            speed = model.read_speed()
            ready = time.perf_counter() - started
            if not quiet:
                typer.echo(f"{model.name}: ready after {ready:.1f} s, reads {speed:,.0f} tokens a second")
            for row in ask_all(pipeline, questions):
                if row.outcome == "failed":
                    broken = f"question {row.number} of {len(questions)}: {row.reason}"
                    step = "set FOOTNOTE_LLM_TIMEOUT higher, try a smaller model, or look at the server"
                    break
                rows.append(row)
                if not quiet:
                    typer.echo(row_line(row))
                elif row.number % 5 == 0:
                    note(f"{model.name}: {row.number} of {len(questions)}")
        except ModelUnreachable as error:
            broken, step = str(error), error.next_step
    return Tried(model.name, tuple(rows), Totals.of_rows(rows, len(questions)), ready, broken, step)


def row_line(row: Row) -> str:
    """One question's line: outcome, seconds, question, and what the model said where that was not right."""
    from ui.terminal import one_line

    line = f"{row.number:3}  {row.outcome:11} {row.seconds:6.1f} s  {row.question}"
    if row.outcome == "right":
        return line
    said = row.said if row.outcome == "wrong" else row.reason or "it said that the texts do not answer"
    said = one_line(said)
    return f"{line}  <- {said if len(said) <= SHOWN else said[: SHOWN - 3] + '...'}"


def total_line(tried: Tried) -> str:
    """One model's totals."""
    totals = tried.totals
    counted = ", ".join(f"{count} {name}" for name, count in totals.counts.items())
    of = f"of {totals.of}" if totals.asked == totals.of else f"of the {totals.asked} asked of {totals.of}"
    return f"{tried.name}: {counted} {of}; {totals.seconds:.1f} s a question, {totals.longest:.1f} s at most"


def comparison(one: Tried, other: Tried) -> str:
    """What the first is worth beside the second."""
    more = one.totals.counts["right"] - other.totals.counts["right"]
    wrong = one.totals.counts["wrong"] - other.totals.counts["wrong"]
    slower = one.totals.seconds - other.totals.seconds
    return (
        f"{one.name} beside {other.name}: {more:+d} right, {wrong:+d} wrong of {one.totals.of}, "
        f"{slower:+.1f} s a question"
    )


def _fields(tried: Tried) -> dict[str, Any]:
    return {
        "model": tried.name,
        **tried.totals.counts,
        "asked": tried.totals.asked,
        "of": tried.totals.of,
        "seconds": round(tried.totals.seconds, 3),
        "longest": round(tried.totals.longest, 3),
        "ready_after": round(tried.started, 3),
        "broken": tried.broken,
        "questions": [asdict(row) for row in tried.rows],
    }
