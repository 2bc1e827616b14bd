"""Connections for httpcore that go only where the guard lets them, and end when their time is up."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import httpcore

from index.fetch.errors import Broken
from index.fetch.guard import Guard
from index.fetch.options import FetchOptions

Resolve = Callable[[str, int], list[str]]
"""The IP addresses of a name, for a port; raises `OSError` where there are none."""

Dial = Callable[[str, int, float], socket.socket]
"""A TCP connection to an IP address and port within so many seconds."""

_MOST_ADDRESSES = 4


def resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def dial(number: str, port: int, seconds: float) -> socket.socket:
    """A plain TCP connection."""
    return socket.create_connection((number, port), timeout=seconds)


class TimeLeft:
    """The time one page may still take. `left` raises `Broken` when there is none."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._used = 0.0
        self._since: float | None = None

    def __enter__(self) -> TimeLeft:
        """Only what is done inside counts, not the waiting for a host's turn."""
        self._since = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        if self._since is not None:
            self._used += self._clock() - self._since
            self._since = None

    def left(self, most: float) -> float:
        """Seconds left, `most` at most."""
        running = 0.0 if self._since is None else self._clock() - self._since
        rest = self._seconds - self._used - running
        if rest <= 0:
            raise Broken(f"it took longer than {self._seconds:g} seconds", temporary=True)
        return min(rest, most)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects one request: resolves the name once, has every address checked, and dials one of those.

    httpcore keeps the name for the Host header and TLS. With `guard` None (the way to a proxy) nothing
    is checked. Failures are `Broken`, refusals `NotAllowed`. `shut` ends what is under way, from any thread.
    """

    def __init__(
        self, guard: Guard | None, options: FetchOptions, time: TimeLeft, *, resolve: Resolve, dial: Dial
    ) -> None:
        self._guard = guard
        self._options = options
        self._time = time
        self._resolve = resolve
        self._dial = dial
        self._lock = threading.Lock()
        self._links: list[socket.socket] = []
        self._shut = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """See the class."""
        numbers = self._looked_up(host, port)
        if self._guard is not None:
            numbers = self._guard.check_resolved(host, numbers, port)
        problem = Broken("its name has no address", temporary=True)
        for number in numbers[:_MOST_ADDRESSES]:
            try:
                link = self._dial(number, port, self._time.left(self._options.connect_seconds))
            except TimeoutError:
                problem = Broken(
                    f"no connection within {self._options.connect_seconds:g} seconds", again=True
                )
            except OSError as error:
                problem = Broken(f"no connection: {_said(error)}", again=True)
            else:
                with suppress(OSError):
                    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.keep(link)
                return _Stream(link, self, self._options, self._time)
        raise problem

    def keep(self, link: socket.socket) -> None:
        """Takes note of a connection, so that `shut` ends it."""
        with self._lock:
            self._links = [link]
            if self._shut:
                _end(link)

    def shut(self) -> None:
        """Ends the connection; whoever waits for it gets `Broken`."""
        with self._lock:
            self._shut = True
            for link in self._links:
                _end(link)

    def _looked_up(self, host: str, port: int) -> list[str]:
        """The system's resolver cannot be told how long it may take, so it is not waited for longer."""
        with suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        answer: list[list[str] | OSError | UnicodeError] = []

        def ask() -> None:
            try:
                answer.append(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answer.append(error)

        thread = threading.Thread(target=ask, name="footnote-resolve", daemon=True)
        thread.start()
        thread.join(self._time.left(self._options.connect_seconds))
        if not answer:
            raise Broken("its name could not be resolved in time", again=True)
        if isinstance(found := answer[0], list):
            return found
        unknown = isinstance(found, UnicodeError) or (
            isinstance(found, socket.gaierror) and found.errno in (socket.EAI_NONAME, _NO_DATA)
        )
        raise Broken(
            "there is no such host" if unknown else f"its name could not be resolved: {_said(found)}",
            temporary=True,
            again=not unknown,
        )


_NO_DATA = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write has a bound, and all of them together another."""

    def __init__(
        self, link: socket.socket, backend: GuardedBackend, options: FetchOptions, time: TimeLeft
    ) -> None:
        self._link = link
        self._backend = backend
        self._options = options
        self._time = time

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = self._options.read_seconds
        try:
            self._link.settimeout(self._time.left(seconds))
            return self._link.recv(max_bytes)
        except TimeoutError as error:
            self._time.left(seconds)  # says so where it was all the time there was
            raise Broken(f"nothing came for {seconds:g} seconds", again=True) from error
        except (OSError, ValueError) as error:
            raise Broken(f"the connection broke off: {_said(error)}", again=True) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._link.settimeout(self._time.left(self._options.read_seconds))
            self._link.sendall(buffer)
        except OSError as error:  # httpcore then reads what the server said before it hung up
            raise httpcore.WriteError(_said(error)) from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._link.settimeout(self._time.left(self._options.connect_seconds))
            link = ssl_context.wrap_socket(self._link, server_hostname=server_hostname)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise Broken(f"its certificate is not valid: {error.verify_message}") from error
        except TimeoutError as error:
            self.close()
            raise Broken("no secure connection in time", again=True) from error
        except ssl.SSLError as error:
            self.close()
            raise Broken(
                f"no secure connection: {error.reason or 'the server does not speak TLS'}"
            ) from error
        except (OSError, ValueError) as error:
            self.close()
            raise Broken(f"no secure connection: {_said(error)}", again=True) from error
        self._backend.keep(link)
        return _Stream(link, self._backend, self._options, self._time)

    def close(self) -> None:
        with suppress(OSError):
            self._link.close()

    def get_extra_info(self, info: str) -> Any:
        return self._link if info == "ssl_object" and isinstance(self._link, ssl.SSLSocket) else None


def _end(link: socket.socket) -> None:
    with suppress(OSError):  # not SSLSocket's own, which is not to be called while another thread reads
        socket.socket.shutdown(link, socket.SHUT_RDWR)


def _said(error: BaseException) -> str:
    """The system's words for a failure: `Connection refused`."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
