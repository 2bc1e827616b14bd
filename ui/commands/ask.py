"""`footnote ask`: one question, one answer with footnotes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import InputError
from ui.commands.common import (
    CollectionOption,
    EngineOption,
    IndexOption,
    JsonOption,
    RetrieverOption,
    SetOption,
    SinceOption,
    SourceOption,
    TopicOption,
    UntilOption,
    article_filter,
    complain,
    only_this_on_stdout,
    parse_day,
    settings_from,
)

if TYPE_CHECKING:
    from rag.schema import Failed, Turn


def ask(
    question: Annotated[
        list[str], typer.Argument(help="The question, in quotes or as plain words.", show_default=False)
    ],
    index: IndexOption = None,
    collection: CollectionOption = None,
    engine: EngineOption = None,
    retriever: RetrieverOption = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history", metavar="FILE", help="Earlier turns: JSONL or a JSON list of {question, answer}."
        ),
    ] = None,
    asked_at: Annotated[
        str | None,
        typer.Option("--asked-at", metavar="DATE", help="The day the question is asked, as 2024-05-31."),
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    source: SourceOption = None,
    topic: TopicOption = None,
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """Answer a question from the indexed articles, with footnotes."""
    settings = settings_from(set_, index=index, collection=collection, engine=engine, retriever=retriever)
    text = checked_question(" ".join(question), settings.max_question_chars)
    turns = read_history(history) if history else ()
    day = parse_day(asked_at, "--asked-at") if asked_at else None
    only = article_filter(since, until, source, topic)

    from ui import terminal, wiring

    def warn(failed: Failed) -> None:
        complain(failed.reason, failed.next_step)

    if json_:
        with only_this_on_stdout() as out, wiring.opened_pipeline(settings) as pipeline:
            answer = terminal.drained(pipeline.stream(text, history=turns, asked_at=day, only=only), warn)
            out.write(terminal.json_line(terminal.answer_json(answer)) + "\n")
        return
    if terminal.stdout_is_terminal():
        from rich.console import Console

        with contextlib.ExitStack() as stack:
            with Console(stderr=True).status("Opening the index …"):
                pipeline = stack.enter_context(wiring.opened_pipeline(settings))
            printer = terminal.RichPrinter(Console(highlight=False), warn)
            printer.show(pipeline.stream(text, history=turns, asked_at=day, only=only))
        return
    with wiring.opened_pipeline(settings) as pipeline:
        terminal.PlainPrinter(typer.echo, warn).show(
            pipeline.stream(text, history=turns, asked_at=day, only=only)
        )


def checked_question(text: str, most: int) -> str:
    """The question without surrounding space; InputError when empty or longer than `most`."""
    text = _whole(text).strip()
    if not text:
        raise InputError("the question is empty", 'write it in quotes: footnote ask "When was ...?"')
    if len(text) > most:
        raise InputError(
            f"the question has {len(text):,} characters, {most:,} are allowed",
            f"shorten it, or allow more: --set max_question_chars={len(text)}",
        )
    return text


def read_history(path: Path) -> tuple[Turn, ...]:
    """The turns in a file, oldest first: a JSON list, or one JSON object a line, of {question, answer}.

    InputError names the file and the line at fault.
    """
    from rag.schema import Turn

    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"--history {path} cannot be read: {error.strerror}", "name a JSON or JSONL file"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"--history {path} is not UTF-8 text", "save it as UTF-8") from None
    turns = []
    for place, row in _rows(text, path):
        if not (
            isinstance(row, dict)
            and isinstance(row.get("question"), str)
            and isinstance(row.get("answer"), str)
        ):
            raise InputError(
                f"--history {path}, {place}: not an object with the texts question and answer",
                'each turn is {"question": "...", "answer": "..."}',
            )
        turns.append(Turn(_whole(row["question"]), _whole(row["answer"])))
    return tuple(turns)


def _whole(text: str) -> str:
    """`text` with a question mark for each half character (bytes typed in another encoding, `\\ud800`)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _rows(text: str, path: Path) -> list[tuple[str, Any]]:
    if text.lstrip().startswith("["):
        try:
            return [(f"turn {n}", row) for n, row in enumerate(json.loads(text), 1)]
        except (ValueError, RecursionError) as error:
            raise InputError(f"--history {path} is not valid JSON: {error}", "mend the file") from None
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                rows.append((f"line {number}", json.loads(line)))
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"--history {path}, line {number}: not valid JSON: {error}", "mend the line"
                ) from None
    return rows
