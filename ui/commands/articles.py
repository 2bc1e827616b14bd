"""`footnote articles`: what stands in the index."""

from __future__ import annotations

import difflib
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.addresses import page_key
from index.errors import InputError
from index.metadata import parse_date
from ui.commands.common import CollectionOption, IndexOption, JsonOption, SetOption, settings_from

if TYPE_CHECKING:
    from index.catalog import ArticleRow
    from index.library import Library
    from index.schema import Article, Chunk

app = typer.Typer(
    help="List, show or remove the indexed articles.", no_args_is_help=True, rich_markup_mode=None
)


class Status(StrEnum):
    """What became of an article or of a page that might have been one."""

    indexed = "indexed"
    gone = "gone"
    removed = "removed"
    skipped = "skipped"
    failed = "failed"


@app.command("list")
def list_articles(
    index: IndexOption = None,
    collection: CollectionOption = None,
    source: Annotated[
        str,
        typer.Option("--source", metavar="NAME", help="Only from this source: its site, folder or address."),
    ] = "",
    since: Annotated[
        str,
        typer.Option("--since", metavar="DATE", help="Only published on this day or later, as 2024-05-31."),
    ] = "",
    status: Annotated[
        Status,
        typer.Option(
            "--status",
            help="Of pages from the web also those their site took away (gone), taken out by hand (removed), "
            "without an article in them (skipped) or not to be had (failed).",
        ),
    ] = Status.indexed,
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """List articles: id, date, length, title; or the pages that gave none, and why."""
    settings = settings_from(set_, index=index, collection=collection)
    day = parse_date(since) if since else None
    if since and day is None:
        raise InputError(f"--since {since}: this is no date", "give it as 2024-05-31")

    from ui import wiring
    from ui.terminal import json_line, one_line

    if status != Status.indexed:
        _list_pages(settings.index_dir, status, source, json_)
        return
    with wiring.opened_library(settings) as library:
        rows = [row for row in library.article_rows() if _asked_for(row, source, day)]
    if json_:
        typer.echo(json_line([row_json(row) for row in rows]))
        return
    width = max((len(row.id) for row in rows), default=0)
    for row in rows:
        shown = row.published.isoformat() if row.published else "-"
        typer.echo(f"{row.id:{width}}  {shown:10}  {row.chunks:>4} chunks  {one_line(row.title)}")


def _asked_for(row: ArticleRow, source: str, since: date | None) -> bool:
    names = (row.source.casefold(), row.site.casefold())
    named = (
        source.casefold().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
    )
    from_it = not source or named in names or bool(row.url and page_key(row.url).startswith(named))
    return from_it and (since is None or (row.published is not None and row.published >= since))


def _list_pages(index_dir: Path, status: Status, source: str, json_: bool) -> None:
    from index.ledger import files_skipped, pages_with
    from ui.terminal import json_line, one_line

    pages = [(key, note) for key, note in pages_with(index_dir, status.value) if not source or source in key]
    files = files_skipped(index_dir) if status == Status.skipped else []
    files = [(name, reason) for name, reason in files if not source or source in name]
    if json_:
        rows = [
            {"url": note.url or key, "id": note.article_id, "status": note.status, "reason": note.reason}
            for key, note in pages
        ]
        rows += [
            {"url": "", "id": "", "status": status.value, "reason": reason, "name": name}
            for name, reason in files
        ]
        typer.echo(json_line(rows))
        return
    for key, note in pages:
        typer.echo(f"{one_line(note.url or key)}  {one_line(note.reason)}")
    for name, reason in files:
        typer.echo(f"{one_line(name)}  {one_line(reason)}")


@app.command("show")
def show(
    article: Annotated[
        str, typer.Argument(metavar="ID", help="An id that `articles list` shows.", show_default=False)
    ],
    index: IndexOption = None,
    collection: CollectionOption = None,
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """Show one article: what is known about it, its clean text, and how it is divided."""
    settings = settings_from(set_, index=index, collection=collection)

    from ui import wiring
    from ui.terminal import json_line

    with wiring.opened_library(settings) as library:
        found = library.article(article)
        if found is None:
            raise unknown_article(library, article)
        chunks = library.chunks_of(found.id)
    if json_:
        typer.echo(json_line(article_json(found, chunks)))
    else:
        typer.echo(article_text(found, chunks), nl=False)


@app.command("remove")
def remove(
    articles: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids that `articles list` shows.", show_default=False)
    ],
    index: IndexOption = None,
    collection: CollectionOption = None,
    set_: SetOption = None,
) -> None:
    """Remove articles from the index. A build of their folder brings back what still lies there; what came from the web
    is not fetched again."""
    settings = settings_from(set_, index=index, collection=collection)

    from ui import wiring

    with wiring.opened_library(settings) as library:
        for article in articles:
            if library.article(article) is None:
                raise unknown_article(library, article)
    removed = wiring.remove(settings, articles)
    typer.echo(f"{removed} removed")


def unknown_article(library: Library, article: str) -> InputError:
    """The error for an id that is not in the index, with the nearest one that is."""
    ids = [row.id for row in library.article_rows()]
    near = difflib.get_close_matches(article, ids, n=1, cutoff=0.4)
    error = InputError(
        f"no article has the id {article!r}" + (f"; did you mean {near[0]}?" if near else ""),
        "footnote articles list",
    )
    error.exit_status = 1
    return error


def row_json(row: ArticleRow) -> dict[str, Any]:
    """One article of the listing as JSON types."""
    return {
        "id": row.id,
        "external_id": row.external_id,
        "title": row.title,
        "url": row.url,
        "published": row.published.isoformat() if row.published else None,
        "source": row.source,
        "site": row.site,
        "topic": row.topic,
        "language": row.language,
        "collection": row.collection,
        "characters": row.characters,
        "chunks": row.chunks,
        "cluster": row.cluster,
    }


def article_json(article: Article, chunks: list[Chunk]) -> dict[str, Any]:
    """A whole article as JSON types; offsets count code points of `text`."""
    return {
        "id": article.id,
        "external_id": article.external_id,
        "title": article.title,
        "url": article.url,
        "published": article.published.isoformat() if article.published else None,
        "modified": article.modified.isoformat() if article.modified else None,
        "authors": list(article.authors),
        "source": article.source,
        "site": article.site,
        "topic": article.topic,
        "language": article.language,
        "collection": article.collection,
        "corrects": article.corrects,
        "cluster": article.cluster,
        "content_hash": article.content_hash,
        "text": article.text,
        "chunks": [{"id": c.id, "start": c.start, "end": c.end, "heading": c.heading} for c in chunks],
    }


def article_text(article: Article, chunks: list[Chunk]) -> str:
    """A whole article for people; ends in a newline."""
    from ui.terminal import one_line, safe

    facts = article_json(article, chunks)
    names = ("id", "external_id", "url", "published", "modified", "authors", "source", "site", "topic")
    lines = [one_line(article.title) or article.id, ""]
    for name in (*names, "language", "collection", "corrects", "cluster"):
        value = facts[name]
        if value:
            lines.append(f"{name:12} {one_line(', '.join(value) if isinstance(value, list) else str(value))}")
    lines += ["", safe(article.text), "", f"{len(chunks)} chunks:"]
    for chunk in chunks:
        lines.append(f"  {chunk.start:>7} to {chunk.end:>7}  {one_line(chunk.text)[:60]}")
    return "\n".join(lines) + "\n"
