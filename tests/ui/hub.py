"""A model hub for tests, on two ports as the real one has two hosts: one that knows the files, one that sends them."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPOSITORY = "maker/Tiny-GGUF"
FILE = "Tiny-Q4_K_M.gguf"


def gguf(size: int = 300_000, seed: int = 0) -> bytes:
    """Bytes that begin like a GGUF file and never repeat."""
    blocks = (hashlib.sha256(f"{seed}:{number}".encode()).digest() for number in range(size // 32 + 1))
    return (b"GGUF" + b"".join(blocks))[:size]


class FakeHub:
    """`files` by "OWNER/REPO/FILE". What makes it misbehave:

    `gated`: repositories that want the key "Bearer good"; `says`: the checksum announced in place of the right one;
    `announces`: False for a server that names no checksum; `ranges`: False for one that sends whole files only;
    `breaks`: how many replies break off after `after` bytes; `waits`: set, a reply stops there until it is cleared;
    `before_bytes`: called before bytes are sent; `status`: answers of the hub in turn, before the right one.
    `asked` are the requests as (host, method, path, range, key); `sent` the bytes sent.
    """

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = {f"{REPOSITORY}/{FILE}": gguf()} if files is None else files
        self.gated: set[str] = set()
        self.says: str | None = None
        self.announces = self.ranges = True
        self.breaks, self.after = 0, 100_000
        self.waits = threading.Event()
        self.go_on = threading.Event()
        self.before_bytes: Callable[[], None] = lambda: None
        self.status: list[int] = []
        self.asked: list[tuple[str, str, str, str, str]] = []
        self.sent = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            host = ""

            def log_message(self, format: str, *args: object) -> None:
                return

            def note(self) -> None:
                key, extent = self.headers.get("Authorization", ""), self.headers.get("Range", "")
                owner.asked.append((self.host, self.command, self.path, extent, key))

            def head(self, status: int, length: int, **headers: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(length))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()

        class Knows(Handler):
            host = "hub"

            def do_HEAD(self) -> None:
                self.answer()

            def do_GET(self) -> None:
                self.answer()

            def answer(self) -> None:
                self.note()
                if owner.status:
                    self.head(owner.status.pop(0), 0)
                    return
                found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", self.path)
                listing = re.match(r"/api/models/([^/]+/[^/]+)/tree/main", self.path)
                repository = found[1] if found else listing[1] if listing else ""
                if not any(name.startswith(f"{repository}/") for name in owner.files) or not repository:
                    self.head(401, 0, X_Error_Code="RepoNotFound")
                elif repository in owner.gated and self.headers.get("Authorization") != "Bearer good":
                    self.head(403 if self.headers.get("Authorization") else 401, 0, X_Error_Code="GatedRepo")
                elif listing:
                    rows = [
                        {"type": "file", "path": name.removeprefix(f"{repository}/")}
                        for name in owner.files
                        if name.startswith(f"{repository}/")
                    ]
                    body = json.dumps(rows).encode()
                    self.head(200, len(body))
                    self.wfile.write(body)
                elif found and f"{repository}/{found[2]}" in owner.files:
                    data = owner.files[f"{repository}/{found[2]}"]
                    told = {"Location": f"{owner.bytes_url}/{repository}/{found[2]}"}
                    if owner.announces:
                        digest = hashlib.sha256(data).hexdigest() if owner.says is None else owner.says
                        told |= {"X_Linked_Etag": f'"{digest}"', "X_Linked_Size": str(len(data))}
                    self.head(302, 0, **told)
                else:
                    self.head(404, 0, X_Error_Code="EntryNotFound")

        class Sends(Handler):
            host = "bytes"

            def do_HEAD(self) -> None:
                self.note()
                data = owner.files.get(self.path[1:])
                if data is None:
                    self.head(404, 0)
                    return
                self.head(200, len(data), ETag=owner.etag(data))

            def do_GET(self) -> None:
                self.note()
                data = owner.files.get(self.path[1:])
                if data is None:
                    self.head(404, 0)
                    return
                found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
                same = self.headers.get("If-Range", owner.etag(data)) == owner.etag(data)
                start = int(found[1]) if found and owner.ranges and same else 0
                if start >= len(data):
                    self.head(416, 0)
                    return
                extent = {"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
                self.head(206 if start else 200, len(data) - start, ETag=owner.etag(data), **extent)
                owner.before_bytes()
                try:
                    self.send(data[start:])
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def send(self, data: bytes) -> None:
                first = data[: owner.after]
                self.wfile.write(first)
                self.wfile.flush()
                owner.sent += len(first)
                if len(data) <= owner.after:
                    return
                if owner.breaks:
                    owner.breaks -= 1
                    self.close_connection = True
                    return
                if owner.waits.is_set():
                    owner.go_on.wait(60)
                    self.close_connection = True
                    return
                self.wfile.write(data[owner.after :])
                owner.sent += len(data) - owner.after

        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), each) for each in (Knows, Sends)]
        self.url, self.bytes_url = (f"http://127.0.0.1:{s.server_address[1]}" for s in self._servers)

    @staticmethod
    def etag(data: bytes) -> str:
        return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'

    def __enter__(self) -> FakeHub:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.go_on.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def gets(self) -> list[str]:
        """The ranges of the requests for bytes, in turn ("" for a whole file)."""
        return [extent for host, method, _, extent, _ in self.asked if (host, method) == ("bytes", "GET")]
