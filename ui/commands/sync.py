"""`footnote sync`: every source is looked at again, once or for as long as the command runs."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import FootnoteError, IndexBusy
from ui.commands.build import progress_on_stderr, report_text, skipped_text
from ui.commands.common import (
    CollectionOption,
    IndexOption,
    JsonOption,
    SetOption,
    complain,
    note,
    settings_from,
)

if TYPE_CHECKING:
    from index.listing import SourceEntry
    from index.schema import BuildReport
    from ui.settings import Settings


def sync(
    index: IndexOption = None,
    collection: CollectionOption = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Go on: read each source again as often as its `every` says (30 minutes)."
        ),
    ] = False,
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """Bring the index up to date: the sources of sources.toml, and everything that was built before."""
    settings = settings_from(set_, index=index, collection=collection)

    from ui import wiring

    entries = wiring.sync_entries(settings)
    if watch:
        with _until_told() as stop:
            _watch(settings, entries, stop)
        return
    try:
        with progress_on_stderr() as progress:
            report = wiring.build_entries(settings, entries, progress=progress)
    except wiring.NothingToBuildError as error:
        typer.echo(skipped_text(error.skipped), nl=False)
        raise
    _show(report, json_)


def _show(report: BuildReport, json_: bool) -> None:
    if json_:
        from index.ledger import report_json
        from ui.terminal import json_line

        typer.echo(json_line(report_json(report)))
    else:
        typer.echo(report_text(report), nl=False)


def _watch(settings: Settings, entries: list[SourceEntry], stop: threading.Event) -> None:
    """Reads each source when it is due until told to stop; what fails is said, and tried again when it is next due."""
    from ui import wiring

    due: dict[str, float] = {}
    note(f"watching {len(entries)} source{'s' * (len(entries) != 1)}; Ctrl-C ends it")
    while not stop.is_set():
        entries = _listed(settings, entries)  # the list may have been changed
        named = {json.dumps(entry.as_json(), sort_keys=True): entry for entry in entries}
        now = time.monotonic()
        due = {name: due.get(name, now) for name in named}
        ready = [name for name, at in due.items() if at <= now]
        due.update({name: now + named[name].every_seconds for name in ready})
        try:
            if ready:
                report = wiring.build_entries(settings, [named[name] for name in ready])
                typer.echo(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {report_text(report)}", nl=False)
        except wiring.NothingToBuildError as error:
            typer.echo(skipped_text(error.skipped), nl=False)
        except IndexBusy as error:
            complain(str(error), "tried again in a minute")
            due.update(dict.fromkeys(ready, now + 60))
        except FootnoteError as error:
            complain(str(error), error.next_step)
        sys.stdout.flush()
        stop.wait(max(1.0, min(60.0, min(due.values()) - time.monotonic())))


def _listed(settings: Settings, before: list[SourceEntry]) -> list[SourceEntry]:
    from ui import wiring

    try:
        return wiring.sync_entries(settings)
    except FootnoteError as error:  # a list that is being written, as a rule
        complain(str(error), "the list as it was is used until it can be read")
        return before


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that Ctrl-C and a polite kill set, so that a build under way comes to its end; said twice, it stops."""
    stop = threading.Event()
    before = {}

    def told(number: int, _: object) -> None:
        stop.set()
        note("ends after this build; once more ends it at once")
        signal.signal(number, before[number])

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, told)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
