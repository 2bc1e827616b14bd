"""The command `footnote`: its commands, and the one place where errors become lines and exit statuses.

Exit status 0 answered or abstained, 1 failure, 2 bad usage, 130 interrupted. An error is one line
on stderr and below it the next step; FOOTNOTE_DEBUG=1 shows the traceback as well.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from index.errors import FootnoteError
from ui.commands import (
    articles,
    ask,
    build,
    chat,
    doctor,
    embed,
    evaluate,
    feedback,
    mcp,
    models,
    sources,
    sync,
)
from ui.commands import settings as settings_command
from ui.commands.common import complain

PROGRAM = "footnote"


class Boundary(TyperGroup):
    """Turns whatever a command raises into one line and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # a closed pipe is noticed here and not while Python shuts down
        except (typer.Exit, typer.Abort):
            raise
        except FootnoteError as error:
            _traceback_if_wanted()
            complain(str(error), error.next_step)
            raise typer.Exit(error.exit_status) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except BrokenPipeError:
            _discard_stdout()
            raise typer.Exit(1) from None
        except Exception as error:
            if _is_usage_error(error):
                raise
            # The boundary: nothing above it could show more than a traceback.
            _traceback_if_wanted()
            complain(
                f"unexpected {type(error).__name__}: {error}",
                "" if _debugging() else "run it again with FOOTNOTE_DEBUG=1 to see where",
            )
            raise typer.Exit(1) from None
        return result


app = typer.Typer(
    name=PROGRAM,
    cls=Boundary,
    help="Ask a folder of articles; get answers with footnotes that open the exact words they rest on.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {version_text()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    """Ask a folder of articles; get answers with footnotes that open the exact words they rest on."""


app.command("build")(build.build)
app.command("sync")(sync.sync)
app.command("ask")(ask.ask)
app.command("chat")(chat.chat)
app.command("mcp")(mcp.mcp)
app.add_typer(articles.app, name="articles")
app.add_typer(sources.app, name="sources")
app.add_typer(models.app, name="models")
app.add_typer(evaluate.app, name="eval")
app.add_typer(feedback.app, name="feedback")
app.add_typer(embed.app, name="embed")
app.command("settings")(settings_command.settings)
app.command("doctor")(doctor.doctor)


@app.command("docs-cli", hidden=True)
def docs_cli() -> None:
    """Print docs/cli.md."""
    typer.echo(cli_markdown(), nl=False)


def cli_markdown() -> str:
    """The text of docs/cli.md: the help of every command, as `--help` prints it."""
    lines = [
        "# Command line",
        "",
        "Written by `footnote docs-cli > docs/cli.md`; a test fails when it is not current.",
        "",
        "Exit status: 0 answered or abstained, 1 failure, 2 bad usage, 130 interrupted. An error is one line on",
        "stderr with the next step below it; `FOOTNOTE_DEBUG=1` shows the traceback as well.",
    ]

    def describe(command: Any, path: str, parent: Any) -> None:
        # A fixed width: the page must not depend on the terminal of whoever writes it.
        context = typer.Context(
            command,
            info_name=path.split()[-1],
            parent=parent,
            terminal_width=100,
            help_option_names=["-h", "--help"],
        )
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        lines.extend(["", f"## {path}", "", "```text", text, "```"])
        for name, child in getattr(command, "commands", {}).items():
            if not child.hidden:
                describe(child, f"{path} {name}", context)

    describe(typer.main.get_command(app), PROGRAM, None)
    return "\n".join(lines) + "\n"


def version_text() -> str:
    """The installed version; "0+source" where the packages run without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "0+source"


def main() -> None:
    """The entry point of `footnote` and `python -m ui`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 loses a sign, not the answer
    app(prog_name=PROGRAM)


def _is_usage_error(error: Exception) -> bool:
    # typer carries its own copy of click's exceptions; all usage errors are kin of BadParameter.
    return any(kind.__name__ == "ClickException" for kind in type(error).__mro__)


def _debugging() -> bool:
    return os.environ.get("FOOTNOTE_DEBUG", "") not in ("", "0")


def _traceback_if_wanted() -> None:
    if _debugging():
        traceback.print_exc()


def _discard_stdout() -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return  # stdout is no file: there is nothing left to flush into
