"""`footnote models`: which models are within reach, and choosing one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ui.commands.common import JsonOption, SetOption, settings_from

app = typer.Typer(
    help="List the models within reach, or choose one.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_models(json_: JsonOption = False, set_: SetOption = None) -> None:
    """List embedding and language models: the bundled ones, the configured ones, the server's."""
    settings = settings_from(set_)

    from ui.models import found_models

    rows = found_models(settings)
    if json_:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        mark = "*" if row.in_use else " "
        typer.echo(
            f"{mark} {row.kind:9}  {row.name}  ({row.place})" + (f"  - {row.problem}" if row.problem else "")
        )
    typer.echo("* in use")


@app.command("use")
def use(
    target: Annotated[
        str,
        typer.Argument(
            metavar="NAME|PATH|URL",
            help="A model's name, a .gguf file, a model's folder, or a server's address.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str, typer.Option("--model", help="With an address: which of the server's models.")
    ] = "",
    set_: SetOption = None,
) -> None:
    """Choose a model: writes footnote.toml, and says what has to be built again."""
    settings = settings_from(set_)

    from ui.models import use_model

    change = use_model(target, settings, name=model)
    for name, value in change.written.items():
        typer.echo(f"{change.path}: {name} = {value}")
    if change.then:
        typer.echo(change.then)
