"""A small internet on loopback: names and public addresses behind which real servers stand."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from index.fetch import Fetched, Fetcher, FetchOptions
from index.fetch.errors import FetchError

Script = Callable[[socket.socket, str], None]
"""What a server does with a connection, after it has read the head of the request."""

STORY = b"<p>The river rose by two metres in the night.</p>"


def answer(body: bytes = STORY, *lines: str, status: str = "200 OK") -> bytes:
    """An answer of HTTP/1.1 as it goes over the wire."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines]
    if not any(line.lower().startswith("content-type") for line in lines):
        head.append("Content-Type: text/html; charset=utf-8")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"Location: {location}", status=status)


class Server:
    """A server on a port of its own that does as its `script` says; `heads` are the requests it got."""

    def __init__(
        self, script: Script, *, wrap: Callable[[socket.socket], socket.socket] | None = None
    ) -> None:
        self._script = script
        self._wrap = wrap
        self.heads: list[str] = []
        self.stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [head.split()[1] for head in self.heads]

    def close(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with suppress(OSError):
            link.settimeout(20)
            if self._wrap:
                link = self._wrap(link)
            with link:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = link.recv(65536)
                    if not piece:
                        return
                    head += piece
                text = head.decode("latin-1")
                self.heads.append(text)
                self._script(link, text)


def site(pages: Mapping[str, bytes | Callable[[str], bytes]]) -> Script:
    """A script for a site of these paths; what is missing, robots.txt too, is 404."""

    def serve(link: socket.socket, head: str) -> None:
        found = pages.get(head.split()[1], answer(b"no", status="404 Not Found"))
        link.sendall(found(head) if callable(found) else found)

    return serve


def says(data: bytes) -> Script:
    """A script that sends these bytes to whoever asks, and hangs up."""
    return lambda link, head: link.sendall(data)


class Net:
    """Names, their addresses, and the servers behind these. `dialled` are the addresses connected to."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.ports: dict[str, int] = {}
        self.dialled: list[str] = []
        self.asked: list[str] = []
        self.servers: list[Server] = []

    def add(
        self, name: str, script: Script, *, wrap: Callable[[socket.socket], socket.socket] | None = None
    ) -> Server:
        """A new server under a public address of its own."""
        server = Server(script, wrap=wrap)
        self.servers.append(server)
        number = f"93.184.216.{len(self.servers)}"
        self.names[name] = [number]
        self.ports[number] = server.port
        return server

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.names:
            with suppress(OSError):  # numbers as the C library reads them, odd spellings too
                return [socket.inet_ntoa(socket.inet_aton(host))]
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.names[host]

    def dial(self, number: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append(number)
        if number not in self.ports:
            raise ConnectionRefusedError(111, "Connection refused")
        return socket.create_connection(("127.0.0.1", self.ports[number]), timeout=seconds)

    def close(self) -> None:
        for server in self.servers:
            server.close()


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return datetime(2026, 11, 28, 12, tzinfo=UTC) + timedelta(seconds=self.now - 1_000)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(round(seconds, 3))
            self.now += seconds


QUICK = FetchOptions(host_delay=0, retries=0, obey_robots=False)


def fetcher(net: Net, options: FetchOptions = QUICK, *, time: Time | None = None) -> Fetcher:
    """A fetcher of this internet, on a clock of its own if one is given."""
    chance = random.Random(7)
    if time is None:
        return Fetcher(options, resolve=net.resolve, dial=net.dial, sleep=lambda _: None, chance=chance)
    return Fetcher(
        options, resolve=net.resolve, dial=net.dial, clock=time.clock, wall_clock=time.wall, sleep=time.sleep, chance=chance
    )  # fmt: skip


def got(
    net: Net, url: str, options: FetchOptions = QUICK, *, time: Time | None = None
) -> Fetched | FetchError:
    """A page, or why there is none."""
    with fetcher(net, options, time=time) as one:
        try:
            return one.get(url)
        except FetchError as error:
            return error


@contextmanager
def internet() -> Iterator[Net]:
    net = Net()
    try:
        yield net
    finally:
        net.close()
