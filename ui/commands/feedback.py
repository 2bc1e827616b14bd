"""`footnote feedback`: what readers said of answers."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import InputError
from ui.commands.common import IndexOption, JsonOption, SetOption, note, parse_day, settings_from

if TYPE_CHECKING:
    from ui.readers.store import ReaderStore

app = typer.Typer(
    help="List, export or delete what readers said of answers.", no_args_is_help=True, rich_markup_mode=None
)
EMPTY = "No reader has judged an answer yet: footnote chat serves the page on which they can."


class Verdicts(StrEnum):
    """What a reader may say."""

    up = "up"
    down = "down"
    wrong_source = "wrong-source"


def opened(index: Path | None, set_: list[str] | None) -> ReaderStore:
    """The store beside the index, which all its collections share."""
    settings = settings_from(set_, index=index)

    from ui import wiring

    return wiring.open_reader_store(settings)


def moment(text: str, option: str) -> datetime:
    """When a day begins, in UTC."""
    day = parse_day(text, option)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@app.command("list")
def list_feedback(
    collection: Annotated[
        str, typer.Option("--collection", metavar="NAME", help="Only answers from this collection.")
    ] = "",
    verdict: Annotated[Verdicts | None, typer.Option("--verdict", help="Only this verdict.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only what was said on this day or later.")
    ] = None,
    json_: JsonOption = False,
    index: IndexOption = None,
    set_: SetOption = None,
) -> None:
    """List the verdicts, newest first: id, day, verdict, question, titles of the cited articles, and below what
    the reader wrote."""
    first = moment(since, "--since") if since else None
    store = opened(index, set_)

    from ui.terminal import json_line, one_line

    rows = store.verdicts(collection=collection, verdict=verdict or "", since=first)
    if json_:
        typer.echo(json_line({"feedback": [row.as_json() for row in rows]}))
        return
    for row in rows:
        said = row.verdict
        titles = f" - {'; '.join(map(one_line, row.titles))}" if row.titles else ""
        typer.echo(f"{said.id}  {said.at:%Y-%m-%d}  {said.verdict:12}  {one_line(said.question)}{titles}")
        source = said.source.named if said.source else ""
        wrote = {"expected": said.expected, "right source": source, "comment": said.comment}
        for name, words in wrote.items():
            if words:
                typer.echo(f"    {name}: {one_line(words)}")
    if not rows:
        note("No verdict fits." if store.count_verdicts() else EMPTY)


@app.command("export")
def export(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A new file to write to, in place of stdout.")
    ] = None,
    index: IndexOption = None,
    set_: SetOption = None,
) -> None:
    """Write all verdicts as JSON Lines, as `footnote eval add` reads them."""
    rows = opened(index, set_).verdicts()
    if not rows:
        note(EMPTY)
        return
    lines = "".join(row.as_line() for row in rows)
    if out is None:
        sys.stdout.write(lines)
        return
    try:
        with os.fdopen(
            os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(lines)
    except FileExistsError:
        raise InputError(f"{out}: is there already, and may have been edited", "name a new file") from None
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror})", "choose another place") from None
    typer.echo(f"{len(rows)} {'verdict' if len(rows) == 1 else 'verdicts'} in {out}; make questions of them:")
    typer.echo(f"footnote eval add {out} --to questions.jsonl")


@app.command("delete")
def delete(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Ids that `feedback list` shows.", show_default=False),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Delete every verdict.")] = False,
    before: Annotated[
        str | None, typer.Option("--before", metavar="DATE", help="Delete what was said before this day.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    index: IndexOption = None,
    set_: SetOption = None,
) -> None:
    """Delete verdicts for good: some by id, all of them, or those before a day."""
    if (bool(ids) + all_ + (before is not None)) != 1:
        raise InputError("say which verdicts to delete, in one way", "name ids, or --all, or --before DATE")
    last = moment(before, "--before") if before is not None else None
    store = opened(index, set_)
    if not store.count_verdicts():
        note(EMPTY)
        return
    wanted = list(dict.fromkeys(ids or ()))
    known = store.known(wanted)
    if unknown := [one for one in wanted if one not in known]:
        raise InputError(f"there is no verdict {unknown[0]!r}", "footnote feedback list")
    count = len(wanted) or store.count_verdicts(before=last)
    if not count:
        typer.echo("0 deleted")
        return
    if not yes:
        _confirm(count)
    gone = store.delete_verdicts(wanted) if wanted else store.delete_verdicts_before(last)
    typer.echo(f"{gone} deleted")


def _confirm(count: int) -> None:
    try:
        agreed = typer.confirm(
            f"Delete {count} {'verdict' if count == 1 else 'verdicts'} for good?", err=True
        )
    except typer.Abort:  # nobody there to answer
        typer.echo("", err=True)
        agreed = False
    if not agreed:
        error = InputError("nothing was deleted", "answer y, or add --yes")
        error.exit_status = 1
        raise error
