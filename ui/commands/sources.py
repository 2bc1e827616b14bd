"""`footnote sources`: where the articles come from, and what the last builds did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from index.errors import InputError
from ui.commands.build import counts_text
from ui.commands.common import CollectionOption, IndexOption, JsonOption, SetOption, note, settings_from

app = typer.Typer(
    help="List the sources of the articles, or forget one; show what the last builds did.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_sources(
    index: IndexOption = None,
    collection: CollectionOption = None,
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """List the sources that were built, with the number of their articles and what the last build said of them."""
    settings = settings_from(set_, index=index, collection=collection)

    from index.catalog import count_by_source
    from index.ledger import known_sources, last_readings
    from ui.terminal import json_line, one_line

    counts, last = count_by_source(settings.index_dir), last_readings(settings.index_dir)
    rows = [
        {"key": key, **_told(value), "articles": counts.get(key, 0), "last": last.get(key, ("", None))[0]}
        for key, value in known_sources(settings.index_dir).items()
    ]
    if json_:
        typer.echo(json_line(rows))
        return
    for row in rows:
        typer.echo(f"{one_line(row['key'])}  {row['articles']} articles  last read {row['last'] or '-'}")


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    """A source without the values given to a reader, which may be passwords: their names."""
    return entry | {name: sorted(entry[name]) for name in ("options", "load") if name in entry}


@app.command("forget")
def forget(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A source that `sources list` shows.", show_default=False)
    ],
    articles: Annotated[
        bool, typer.Option("--articles", help="Take its articles out of the index as well.")
    ] = False,
    index: IndexOption = None,
    collection: CollectionOption = None,
    set_: SetOption = None,
) -> None:
    """Forget a source: `footnote sync` reads it no more. Its articles stay unless --articles is given."""
    settings = settings_from(set_, index=index, collection=collection)

    from index.build import forget_source
    from index.ledger import known_sources
    from index.listing import read_list

    known = known_sources(settings.index_dir)
    names = {source, str(Path(source).absolute()), str(Path(source).resolve())}
    key = next(
        (one for one, value in known.items() if names & {one, value.get("address"), value.get("path")}), ""
    )
    if not key:
        error = InputError(f"no source is called {source!r}", "footnote sources list")
        error.exit_status = 1
        raise error
    removed = forget_source(settings.index_dir, key, articles=articles, chroma_url=settings.chroma_url)
    if settings.sources.is_file() and any(
        key in (one.address, one.path) for one in read_list(settings.sources)
    ):
        note(f"{settings.sources} still names it: take it out there, or the next sync reads it again")
    typer.echo(f"forgotten; {removed} articles removed" if articles else "forgotten; its articles stay")


@app.command("log")
def log(
    runs_: Annotated[int, typer.Option("--last", metavar="N", help="How many builds.", min=1, max=200)] = 10,
    index: IndexOption = None,
    collection: CollectionOption = None,
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """Show what the last builds added, changed, removed and passed over, and why; the newest first."""
    settings = settings_from(set_, index=index, collection=collection)

    from index.ledger import runs
    from ui.terminal import json_line

    found = runs(settings.index_dir, runs_)
    if json_:
        typer.echo(json_line([{"began": run.began, **run.report} for run in found]))
        return
    for run in found:
        typer.echo(run_text(run.began, run.report), nl=False)


def run_text(began: str, report: dict[str, Any]) -> str:
    """One stored report, for people; ends in a newline."""
    from ui.terminal import one_line

    total = ", ".join(
        f"{report[name]} {name}" for name in ("added", "updated", "unchanged", "removed", "skipped")
    )
    lines = [f"{began}  {total} in {report['seconds']:.1f} s, revision {report['revision']}"]
    for source in report["sources"]:
        lines.append(f"  {one_line(source['key'])}: {counts_text(source)}")
        lines += [f"    gone {one_line(one['name'])}: {one_line(one['reason'])}" for one in source["gone"]]
        lines += [
            f"    skipped {one_line(one['name'])}: {one_line(one['reason'])}" for one in source["why_skipped"]
        ]
    return "\n".join(lines) + "\n"
