"""`footnote doctor`: looks at every part and says what to do about what is wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from ui.commands.common import (
    CollectionOption,
    IndexOption,
    JsonOption,
    SetOption,
    only_this_on_stdout,
    settings_from,
)

if TYPE_CHECKING:
    from ui.doctor import Check

COLOURS = {"ok": typer.colors.GREEN, "warning": typer.colors.YELLOW, "problem": typer.colors.RED}


def doctor(
    index: IndexOption = None,
    collection: CollectionOption = None,
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """Check this machine, the models and the index; say what to do about anything wrong."""
    settings = settings_from(set_, index=index, collection=collection)

    from ui.doctor import diagnose

    problems = 0
    if json_:
        with only_this_on_stdout() as out:
            checks = list(diagnose(settings))
            problems = sum(check.status == "problem" for check in checks)
            out.write(json.dumps({"checks": [asdict(c) for c in checks], "problems": problems}) + "\n")
    else:
        problems = show(diagnose(settings))
    if problems:
        raise typer.Exit(1)


def show(checks: Iterable[Check]) -> int:
    """Prints each finding as it comes; how many are problems."""
    from ui.terminal import one_line

    problems = 0
    for check in checks:
        mark = f"{check.status:8}"
        if sys.stdout.isatty():
            mark = typer.style(mark, fg=COLOURS[check.status])
        typer.echo(f"{mark} {check.name:12} {one_line(check.detail)}")
        if check.next_step:
            typer.echo(f"{'':8} {'':12} -> {one_line(check.next_step)}")
        problems += check.status == "problem"
        sys.stdout.flush()
    return problems
