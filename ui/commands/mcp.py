"""`footnote mcp`: the articles as a tool for other programs' models."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from index.errors import InputError
from ui.commands.common import (
    EngineOption,
    IndexOption,
    RetrieverOption,
    SetOption,
    only_this_on_stdout,
    settings_from,
)


def mcp(
    index: IndexOption = None,
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", metavar="NAME", help="A collection to answer from; may be repeated."),
    ] = None,
    engine: EngineOption = None,
    retriever: RetrieverOption = None,
    set_: SetOption = None,
) -> None:
    """Serve the tool `ask_articles` over stdin and stdout (Model Context Protocol), until stdin ends."""
    options = {"index": index, "engine": engine, "retriever": retriever}
    every = [settings_from(set_, collection=name, **options) for name in collection or [None]]
    try:
        from ui.mcp import mcp_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise InputError("the package mcp is not installed", "pip install 'footnote[mcp]'") from None
    from ui import wiring

    with contextlib.ExitStack() as opened, contextlib.suppress(KeyboardInterrupt):
        with only_this_on_stdout():  # what models print while they load would end the conversation
            pipelines = opened.enter_context(wiring.opened_pipelines(every))
        mcp_server(pipelines).run("stdio")
