"""`footnote build`: folders and files of articles become an index."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from ui.commands.common import CollectionOption, IndexOption, SetOption, complain, note, settings_from

if TYPE_CHECKING:
    from index.schema import BuildReport, Progress, Skipped

SECONDS_BETWEEN_LINES = 5.0


def build(
    named: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH-OR-ADDRESS...",
            help="Folders, files (.txt .md .html .json .jsonl .pdf .epub .docx .eml .mbox .warc), or addresses of pages, feeds, sitemaps and sites.",
            show_default=False,
        ),
    ],
    index: IndexOption = None,
    collection: CollectionOption = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Start afresh: needed after a change of embedder or chunk size.")
    ] = False,
    set_: SetOption = None,
) -> None:
    """Index articles. What has not changed since the last build is skipped, what vanished is removed."""
    settings = settings_from(set_, index=index, collection=collection)

    from ui import wiring

    try:
        with progress_on_stderr() as progress:
            report = wiring.build(settings, named, rebuild=rebuild, progress=progress)
    except wiring.NothingToBuildError as error:
        typer.echo(skipped_text(error.skipped), nl=False)
        raise
    typer.echo(report_text(report), nl=False)
    if report.added + report.updated + report.unchanged == 0:
        from index.formats.kinds import ANY_OF

        complain(
            "nothing was indexed",
            f"name a folder or file with articles ({ANY_OF}), or the address of a page, feed or sitemap",
        )
        raise typer.Exit(1)


def report_text(report: BuildReport) -> str:
    """What a build did, for people: a line of counts, one for each of several sources, then each skipped input and why."""
    from index.ledger import source_json
    from ui.terminal import one_line

    lines = [
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.skipped)} skipped in {report.seconds:.1f} s",
        f"{report.index_dir}: {report.manifest.articles} articles, {report.manifest.chunks} chunks, "
        f"revision {report.manifest.revision}",
    ]
    if len(report.sources) > 1:
        lines += [f"  {one_line(one.key)}: {counts_text(source_json(one))}" for one in report.sources]
    if report.clustered:
        many = "articles are near copies" if report.clustered > 1 else "article is a near copy"
        lines.append(f"{report.clustered} {many} of another, which answers for them")
    gone = [f"gone {one_line(one.name)}: {one_line(one.reason)}" for s in report.sources for one in s.gone]
    return "\n".join(lines + gone) + "\n" + skipped_text(report.skipped)


def counts_text(source: Mapping[str, Any]) -> str:
    """The counts of a source's report (`index.ledger.source_json`) that are not 0, in words."""
    names = {"clustered": "near copies"}
    counted = ("added", "updated", "unchanged", "removed", "clustered", "skipped")
    return (
        ", ".join(f"{source[name]} {names.get(name, name)}" for name in counted if source[name]) or "nothing"
    )


def skipped_text(skipped: Iterable[Skipped]) -> str:
    """One line for each input passed over, with its reason."""
    from ui.terminal import one_line

    return "".join(f"skipped {one_line(s.name)}: {one_line(s.reason)}\n" for s in skipped)


@contextmanager
def progress_on_stderr() -> Iterator[Callable[[Progress], None]]:
    """Where a build tells how far it is: a bar on a terminal, else a plain line now and then."""
    if not sys.stderr.isatty():
        yield PlainProgress()
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    from ui.terminal import one_line

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[detail]}"),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bars.add_task(progress.stage, total=progress.total, detail="")
            bars.update(
                tasks[progress.stage],
                completed=progress.done,
                total=progress.total,
                detail=escape(one_line(progress.detail)[-60:]),
            )

        yield show


class Step(Protocol):
    """How far a build or an evaluation is; `total` None when unknown."""

    @property
    def stage(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int | None: ...
    @property
    def detail(self) -> str: ...


class PlainProgress:
    """One line when a stage begins and ends, and every few seconds between."""

    def __init__(self) -> None:
        self._stage = ""
        self._last = 0.0

    def __call__(self, progress: Step) -> None:
        from ui.terminal import one_line

        now = time.monotonic()
        ends = progress.total is not None and progress.done >= progress.total
        if progress.stage == self._stage and not ends and now - self._last < SECONDS_BETWEEN_LINES:
            return
        self._stage, self._last = progress.stage, now
        of = f" of {progress.total}" if progress.total is not None else ""
        detail = one_line(progress.detail)
        note(f"{progress.stage}: {progress.done}{of}" + (f" ({detail})" if detail else ""))
