"""The demo's pages and a server for them."""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

PAGES = Path(__file__).parent / "pages"
_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}


def demo_pages(chat: str) -> dict[str, tuple[str, bytes]]:
    """Paths, and each one's media type and content, with the chat at the address `chat` on them."""
    found = {
        f"/{path.name}": (_TYPES[path.suffix], path.read_text("utf-8").replace("{{chat}}", chat).encode())
        for path in PAGES.iterdir()
        if path.suffix in _TYPES
    }
    return found | {"/": found["/index.html"]}


class Site:
    """Pages served on a loopback port until `close`; `origin` is where, under the name `localhost`."""

    def __init__(self, pages: Mapping[str, tuple[str, bytes]], port: int = 0) -> None:
        self.pages = dict(pages)
        self.headers: dict[str, str] = {}
        """Sent with every page, besides its type and length."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                media_type, body = site.pages.get(path, ("text/plain", b"There is no such page.\n"))
                self.send_response(200 if path in site.pages else 404)
                told = {"Content-Type": media_type, "Content-Length": str(len(body)), **site.headers}
                for name, value in told.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the terminal is the chat's."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]
        self.origin = f"http://localhost:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
