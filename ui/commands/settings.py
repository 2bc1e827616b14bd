"""`footnote settings`: every setting, its value and where the value is from."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ui.commands.common import JsonOption, SetOption


def settings(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/settings.md instead.")] = False,
    json_: JsonOption = False,
    set_: SetOption = None,
) -> None:
    """Show every setting, its value and where the value is from."""
    from ui import settings as table

    if markdown:
        typer.echo(table.settings_markdown(), nl=False)
        return
    given = table.parse_overrides(set_ or ())
    values = table.load_settings(set_ or ())
    rows = [
        (name, table.shown_value(values, name), table.where_from(name, given), field.description or "")
        for name, field in table.Settings.model_fields.items()
    ]
    if json_:
        typer.echo(json.dumps({name: {"value": value, "from": place} for name, value, place, _ in rows}))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=not Console().is_terminal)
    if not console.is_terminal:
        for name, value, place, _ in rows:
            typer.echo(f"{name} = {value}  ({place})")
        return
    shown = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("setting", "value", "from", "what it is"):
        shown.add_column(title)
    for name, value, place, text in rows:
        style = "" if place == "default" else "bold"
        shown.add_row(Text(name, style), Text(value, style), Text(place, "dim"), Text(text, "dim"))
    console.print(shown)
