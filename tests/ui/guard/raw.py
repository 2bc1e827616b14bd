"""Requests as nobody's client would write them: bytes on a socket."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Told:
    """An answer as it came; status 0 where the connection was ended without one."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, "" without one; of several lines the last."""
        return dict(self.headers).get(name, "")


def connected(url: str) -> socket.socket:
    """A bare connection to a server."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=20)


def raw(url: str, request: bytes) -> Told:
    """What comes back for these bytes, read until the server ends the connection."""
    with connected(url) as link:
        with suppress(ConnectionResetError, BrokenPipeError):  # refused before all of it was sent
            link.sendall(request)
        return read(link)


def read(link: socket.socket) -> Told:
    """The answer on a connection that the server ends."""
    got = b""
    with suppress(ConnectionResetError):
        while piece := link.recv(65536):
            got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/"):
        return Told(0, [], got)
    pairs = [line.split(": ", 1) for line in lines]
    return Told(int(first.split()[1]), [(name.lower(), value) for name, value in pairs], body)


def request(
    target: str, *lines: str, method: str = "GET", host: str = "127.0.0.1", body: bytes = b""
) -> bytes:
    """A request of HTTP/1.1 whose answer ends the connection."""
    head = [f"{method} {target} HTTP/1.1", *([f"Host: {host}"] if host else []), *lines, "Connection: close"]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body
