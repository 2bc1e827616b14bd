"""A chat server in a thread, and where Chromium is."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from dataclasses import dataclass
from typing import Any

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path() -> str | None:
    """Chromium's path: FOOTNOTE_CHROMIUM, or the first known name on the path; None without one."""
    named = os.environ.get("FOOTNOTE_CHROMIUM")
    if named:
        return named
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


@dataclass
class Served:
    """A running chat page."""

    url: str
    server: Any
    thread: threading.Thread

    def close(self) -> None:
        """Stops the server."""
        self.server.should_exit = True
        self.thread.join(timeout=20)


def served(pipeline: Any, *, port: int = 0, **options: Any) -> Served:
    """Serves `create_app(pipeline, **options)` on a loopback port, a free one without `port`; ready when this returns."""
    import uvicorn

    from ui.server import create_app, server_config

    bound = socket.create_server(("127.0.0.1", port))
    trusted = options.get("trusted_proxies", ("127.0.0.1",))
    config = server_config(create_app(pipeline, **options), trusted, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the chat server did not start")
        thread.join(0.05)
    return Served(f"http://127.0.0.1:{bound.getsockname()[1]}", server, thread)
