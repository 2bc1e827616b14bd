"""`footnote embed`: the tag for a page, and why the chat does not show on one."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from typing import Annotated

import typer

from index.errors import InputError
from ui.commands.common import JsonOption, SetOption, settings_from
from ui.commands.doctor import show

app = typer.Typer(
    help="Show the chat on other pages: print the tag, or find out why it does not show.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def snippet(
    origin: Annotated[
        list[str],
        typer.Option(
            "--origin",
            metavar="ORIGIN",
            help="A site that is to show the chat, https://example.org; may be repeated.",
        ),
    ],
    chat: Annotated[
        str | None,
        typer.Option(
            "--chat",
            metavar="URL",
            help="Where readers reach the chat's server (default: the host and port of the settings).",
        ),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="What the bubble is called.")] = "",
    filter_: Annotated[
        str,
        typer.Option(
            "--filter",
            metavar="WHAT",
            help="Ask only these: article (the page's own), article:URL, source:NAME, topic:NAME; several with ; between.",
        ),
    ] = "",
    lang: Annotated[
        str, typer.Option("--lang", help="en, de or es in place of the reader's own language.")
    ] = "",
    set_: SetOption = None,
) -> None:
    """Print the tag for the pages, and the setting that lets them show the chat."""
    from ui.embed_check import hosts_line, setting_line
    from ui.language import LANGUAGES
    from ui.origins import parse_origins

    settings = settings_from(set_)
    try:
        origins = parse_origins([*settings.allowed_origins.split(), *origin])
    except ValueError as error:
        raise InputError(
            f"--origin: {error}", "footnote embed snippet --origin https://example.org"
        ) from None
    if lang and lang not in LANGUAGES:
        raise InputError(f"--lang {lang!r} is not spoken", f"choose one of {', '.join(LANGUAGES)}")
    home = chat_home(
        chat or f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}"
    )
    more = "".join(
        f' data-{name}="{escape(value)}"' for name, value in (("title", title), ("filter", filter_)) if value
    )
    lines = [setting_line(list(origins)), f"allowed_origins = {json.dumps(list(origins))}"]
    if name := hosts_line(home):
        lines = [lines[0], name, "", lines[1], f'allowed_hosts = "{name.partition("=")[2]}"']
    source = f"{home}/embed.js" + (f"?lang={lang}" if lang else "")
    typer.echo(f"""On the pages, anywhere:

<script async src="{source}"{more}></script>

On the chat's side, as variables of its environment or lines of footnote.toml:

{chr(10).join(lines)}

Where a page sends a Content-Security-Policy, it has to name the chat twice:

script-src {home}; frame-src {home}

A frame in the text instead of a bubble needs no script:

<iframe src="{home}/chat/?embed=1{f"&amp;lang={lang}" if lang else ""}" title="{escape(title or "Ask the articles")}" width="100%" height="640" style="border: 0" loading="lazy" allow="clipboard-write"></iframe>""")  # fmt: skip


def chat_home(url: str) -> str:
    """The chat server's address without a slash at its end; InputError for what is no http(s) address."""
    from urllib.parse import urlsplit

    home = url.strip().partition("?")[0].rstrip("/").removesuffix("/embed.js").removesuffix("/chat")
    parts = urlsplit(home)
    if parts.scheme not in ("http", "https") or not parts.netloc or escape(home) != home or " " in home:
        raise InputError(f"--chat {url!r} is no address", "write it whole: https://chat.example.org")
    return home


@app.command()
def check(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="A page that is to show the chat, or the chat itself.")
    ],
    origin: Annotated[
        str,
        typer.Option(
            "--origin", metavar="ORIGIN", help="With the chat's own address: the site that is to show it."
        ),
    ] = "",
    json_: JsonOption = False,
) -> None:
    """Say why the chat does not show on a page: looks at the page and the chat as a browser would. Exit status 1
    when something keeps it from showing."""
    from ui.embed_check import check_embed
    from ui.origins import parse_origin

    if origin:
        try:
            origin = parse_origin(origin)
        except ValueError as error:
            raise InputError(
                f"--origin: {error}", "footnote embed check URL --origin https://example.org"
            ) from None
    checks = check_embed(url if "://" in url else f"https://{url}", origin)
    if json_:
        found = list(checks)
        problems = sum(one.status == "problem" for one in found)
        typer.echo(json.dumps({"checks": [asdict(one) for one in found], "problems": problems}))
    else:
        problems = show(checks)
    if problems:
        raise typer.Exit(1)
