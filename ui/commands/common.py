"""What several commands share: their common options, error lines, logging and a stdout kept clean."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from index.errors import InputError

if TYPE_CHECKING:
    from index.schema import ArticleFilter
    from ui.settings import Settings


class Engine(StrEnum):
    """How answers are worded."""

    model = "model"
    quote = "quote"


class RetrieverName(StrEnum):
    """How passages are found."""

    hybrid = "hybrid"
    dense = "dense"
    lexical = "lexical"


IndexOption = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="DIR",
        help="The folder the index lies in (FOOTNOTE_INDEX; default .footnote).",
    ),
]
CollectionOption = Annotated[
    str | None,
    typer.Option(
        "--collection",
        metavar="NAME",
        help="One of several collections in that folder, each with its own index (FOOTNOTE_COLLECTION).",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any setting, for this call only; may be repeated."),
]
EngineOption = Annotated[
    Engine | None,
    typer.Option(
        "--engine", help="Answer with checked drafts of a model, or in the articles' own words only."
    ),
]
RetrieverOption = Annotated[
    RetrieverName | None, typer.Option("--retriever", help="Find passages by meaning, by words, or by both.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, alone on stdout.")]


SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Only articles published on this day or later."),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Only articles published on this day or before.")
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Only articles of this source; may be repeated."),
]
TopicOption = Annotated[
    list[str] | None,
    typer.Option("--topic", metavar="NAME", help="Only articles on this topic; may be repeated."),
]


def parse_day(text: str, option: str) -> date:
    """A day written as 2024-05-31 or 20240531; InputError naming the option otherwise."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{option} {text!r} is not a date", "write it as 2024-05-31") from None


def article_filter(
    since: str | None, until: str | None, source: list[str] | None, topic: list[str] | None
) -> ArticleFilter:
    """What the four options let through. InputError for a date that is none, or two the wrong way round."""
    from index.schema import ArticleFilter

    first = parse_day(since, "--since") if since else None
    last = parse_day(until, "--until") if until else None
    if first and last and first > last:
        raise InputError(f"--since {first} is after --until {last}", "swap the two dates")
    return ArticleFilter(first, last, tuple(source or ()), tuple(topic or ()))


def settings_from(set_: list[str] | None, **options: Any) -> Settings:
    """The settings in force for a command, with logging set up by them."""
    from ui.settings import load_settings

    settings = load_settings(set_ or (), **options)
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    # These say at level "info" and "warning" what nobody asked: requests sent, shards loaded.
    for name in ("httpx", "httpcore", "sentence_transformers", "transformers", "chromadb", "openai"):
        logging.getLogger(name).setLevel(logging.DEBUG if settings.log_level == "debug" else logging.ERROR)
    return settings


def complain(message: str, next_step: str = "") -> None:
    """One line on stderr, and below it what to do."""
    from ui.terminal import one_line  # a message may name a file, a title or an address that steers terminals

    lines = f"footnote: {one_line(message)}\n"
    if next_step:
        lines += f"  -> {one_line(next_step)}\n"
    sys.stderr.write(lines)
    sys.stderr.flush()


def note(text: str) -> None:
    """A plain remark on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


@contextlib.contextmanager
def only_this_on_stdout() -> Iterator[TextIO]:
    """A stream to the real stdout, while all else written to stdout goes to stderr.

    Also what native libraries print by file descriptor, so that `--json` stays one object alone.
    """
    sys.stdout.flush()
    try:
        number = sys.stdout.fileno()
        kept = os.dup(number)
        os.dup2(sys.stderr.fileno(), number)
    except (OSError, ValueError):
        yield sys.stdout  # stdout is not a file (a test's buffer): nothing native can reach it
        return
    stream = os.fdopen(kept, "w", encoding="utf-8")
    try:
        yield stream
        stream.flush()
    finally:
        sys.stdout.flush()
        os.dup2(kept, number)
        with contextlib.suppress(BrokenPipeError):
            stream.close()
