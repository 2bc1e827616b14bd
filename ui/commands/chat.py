"""`footnote chat`: the chat page on this machine."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated

import typer

from index.errors import InputError
from ui.commands.common import EngineOption, IndexOption, RetrieverOption, SetOption, note, settings_from


def chat(
    host: Annotated[
        str | None,
        typer.Option("--host", help="The address to listen on (FOOTNOTE_HOST; default 127.0.0.1)."),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="The port to listen on (FOOTNOTE_PORT; default 7860).")
    ] = None,
    index: IndexOption = None,
    collection: Annotated[
        list[str] | None,
        typer.Option(
            "--collection",
            metavar="NAME",
            help="A collection to answer from (FOOTNOTE_COLLECTION); may be repeated, the first is the one the chat "
            "opens with.",
        ),
    ] = None,
    engine: EngineOption = None,
    retriever: RetrieverOption = None,
    set_: SetOption = None,
) -> None:
    """Serve the chat page, the articles' pages and the API until Ctrl-C; the address is printed once it answers."""
    options = {"index": index, "engine": engine, "retriever": retriever, "host": host, "port": port}
    every = [settings_from(set_, collection=name, **options) for name in collection or [None]]
    settings = every[0]
    check_port(settings.host, settings.port)

    from ui import wiring
    from ui.guard.callers import LOOPBACK

    password = settings.password.get_secret_value()
    if not password and settings.host not in LOOPBACK:
        note(f"Whoever reaches {settings.host} may ask and read: FOOTNOTE_PASSWORD locks the site.")
    if sys.stderr.isatty():
        note("Opening the index and the models ...")
    from ui.guard.passes import load_key
    from ui.ingest import Ingest
    from ui.server import serve

    store = wiring.open_reader_store(settings)
    named = {one.collection: one for one in every}
    with (
        contextlib.closing(store),
        wiring.opened_pipelines(every) as pipelines,
        contextlib.suppress(KeyboardInterrupt),
    ):
        serve(
            pipelines[settings.collection],
            host=settings.host,
            port=settings.port,
            allowed_origins=settings.allowed_origins.split(),
            allowed_hosts=settings.allowed_hosts.split(),
            trusted_proxies=settings.trusted_proxies.split(),
            limits=wiring.limits(settings),
            page_key=load_key(settings.index),
            collections=pipelines,
            password=password,
            store=store,
            remove_articles=lambda name, ids: wiring.remove(named[name], ids),
            ingest=Ingest(named),
            on_ready=announce,
        )


def announce(address: str) -> None:
    """Says where the page is, once it answers."""
    typer.echo(f"Footnote is at {address} (Ctrl-C stops it)")
    sys.stdout.flush()


def check_port(host: str, port: int) -> None:
    """Raises InputError (exit status 1) when nothing can listen at this address."""
    if problem := port_problem(host, port):
        error = InputError(problem, f"choose another: footnote chat --port {free_port(host)}")
        if problem.startswith("the address"):
            error.next_step = "footnote chat --host 127.0.0.1"
        error.exit_status = 1
        raise error


def port_problem(host: str, port: int) -> str:
    """Why nothing can listen there, or "" when it is free."""
    import errno
    import socket

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        return f"the address {host!r} is not known on this machine"
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} on {host} is taken by another program"
            if error.errno == errno.EACCES:
                return f"port {port} on {host} needs more rights than this user has"
            return f"the address {host} cannot be listened on: {error.strerror}"
    return ""


def free_port(host: str) -> int:
    """A port that is free now, near the usual one where possible."""
    return next((port for port in range(7861, 7961) if not port_problem(host, port)), 0)
