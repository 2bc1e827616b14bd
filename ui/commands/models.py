"""`footnote models`: which models are within reach, fetching a larger one, choosing one, trying them out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ui.commands.common import JsonOption, SetOption, complain, note, settings_from
from ui.commands.models_try import try_model

app = typer.Typer(
    help="List the models within reach, fetch a larger one, choose one, or try one out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("try")(try_model)


@app.command("list")
def list_models(json_: JsonOption = False, set_: SetOption = None) -> None:
    """List the models within reach, bundled, fetched, configured and the server's; then those to fetch."""
    settings = settings_from(set_)

    from ui.models import choices, found_models

    rows, larger = found_models(settings), choices(settings)
    if json_:
        known = [{**asdict(c.model), "fits": c.fits, "fetched": c.here, "in_use": c.in_use} for c in larger]
        typer.echo(json.dumps({"found": [asdict(row) for row in rows], "known": known}, ensure_ascii=False))
        return
    for row in rows:
        mark = "*" if row.in_use else " "
        typer.echo(
            f"{mark} {row.kind:9}  {row.name}  ({row.place})" + (f"  - {row.problem}" if row.problem else "")
        )
    typer.echo("* in use")
    typer.echo("\nLarger language models, to fetch with `footnote models pull NAME`:")
    typer.echo(f"  {'name':12} {'size':>6} {'file':>7} {'memory':>7}  licence, commercial use")
    for choice in larger:
        model = choice.model
        state = (
            "fetched" if choice.here else "" if choice.fits is not False else "too large for this machine now"
        )
        typer.echo(
            f"  {model.name:12} {model.parameters:4.1f} B {model.bytes / 1e9:4.1f} GB {model.memory / 1e9:4.1f} GB  "
            f"{model.licence}, {model.conditions or 'free'}" + (f"  - {state}" if state else "")
        )
    typer.echo("Memory is what the model takes with 4,096 tokens; Footnote itself takes 1.2 GB more.")


@app.command("pull")
def pull_model(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A name of `footnote models list`, OWNER/REPO/FILE.gguf, OWNER/REPO:QUANT, or a file's https address.",
            show_default=False,
        ),
    ],
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """Fetch a larger model; a fetch that was stopped goes on where it was."""
    settings = settings_from(set_)

    from rag.known_models import known
    from ui.commands.models_progress import shown_download
    from ui.pull.download import pull
    from ui.pull.folder import models_folder

    folder = models_folder(settings.models)
    model = known(name)
    if model and model.conditions:
        note(f"{model.name} is under its own licence ({model.licence}): {model.conditions}")
    try:
        with shown_download() as progress:
            done = pull(name, folder, progress=progress, note=note)
    except KeyboardInterrupt:
        complain("stopped; what has come is kept", f"footnote models pull {name} goes on from there")
        raise typer.Exit(130) from None
    use = f"footnote models use {model.name if model else done.path.relative_to(folder).as_posix()}"
    if json_:
        found = {
            "path": str(done.path),
            "bytes": done.bytes,
            "fetched": not done.again,
            "checked": done.checked,
        }
        typer.echo(json.dumps(found | {"use": use}))
        return
    checked = "sha256 is right" if done.checked else "its source names no checksum"
    typer.echo(f"{done.path}: {done.bytes / 1e9:.2f} GB, {'was here, ' if done.again else ''}{checked}")
    typer.echo(use)


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
