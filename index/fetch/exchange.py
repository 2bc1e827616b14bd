"""One request and its answer over a guarded connection."""

from __future__ import annotations

import codecs
import re
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore

from index.errors import InputError
from index.fetch.address import PORTS, WebAddress, parse
from index.fetch.body import ENCODINGS, decompressed
from index.fetch.connect import Dial, GuardedBackend, Resolve, TimeLeft
from index.fetch.errors import Broken, NotAllowed
from index.fetch.guard import Guard
from index.fetch.options import FetchOptions

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_MIME = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?\s*([\w.:+-]{1,40})", re.I)
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,1000}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `location` is a redirect's target, `retry_after` in seconds (0 for none), the rest as
    in `Fetched`; `body` is read for status 200 only."""

    status: int
    body: bytes = b""
    content_type: str = ""
    charset: str = ""
    etag: str = ""
    last_modified: str = ""
    location: str = ""
    retry_after: float = 0.0


class Exchanges:
    """Sends single requests; knows the open connections, so that `close` ends them from any thread."""

    def __init__(
        self,
        options: FetchOptions,
        guard: Guard,
        *,
        resolve: Resolve,
        dial: Dial,
        wall_clock: Callable[[], datetime],
    ) -> None:
        self._options = options
        self._guard = guard
        self._resolve = resolve
        self._dial = dial
        self._wall_clock = wall_clock
        self._lock = threading.Lock()
        self._open: set[GuardedBackend] = set()
        self._closed = False
        self._tls: ssl.SSLContext | None = None
        if options.ca_file:  # read at once, so that a wrong name is told at once
            self._tls = _tls(options.ca_file)
        self._proxy = _proxy(options.proxy)

    def get(
        self,
        address: WebAddress,
        time: TimeLeft,
        *,
        etag: str = "",
        last_modified: str = "",
        most: int = 0,
        cut: bool = False,
    ) -> Answer:
        """Asks for a page, on a connection of its own, and follows no redirect. A body of more than `most`
        bytes (0: `max_bytes`) is `Broken`, or with `cut` cut off there. Raises `Broken` and `NotAllowed`."""
        self._guard.check_name(address)
        headers = [
            ("Host", address.authority),
            ("User-Agent", self._options.user_agent),
            ("Accept", _ACCEPT),
            ("Accept-Encoding", ENCODINGS),
            ("Connection", "close"),
        ]
        if _VALIDATOR.fullmatch(etag):
            headers.append(("If-None-Match", etag))
        if _VALIDATOR.fullmatch(last_modified):
            headers.append(("If-Modified-Since", last_modified))
        backend = GuardedBackend(
            None if self._proxy else self._guard, self._options, time, resolve=self._resolve, dial=self._dial
        )
        with self._lock:
            if self._closed:
                raise Broken("the fetcher is closed", temporary=True)
            self._open.add(backend)
        try:
            return self._exchange(address, headers, backend, most or self._options.max_bytes, cut)
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise Broken(f"the connection broke off: {error}", again=True) from error
        except httpcore.ProxyError as error:
            raise Broken(f"the proxy refused: {error}", temporary=True) from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise _not_http(str(error)) from error
        finally:
            with self._lock:
                self._open.discard(backend)

    def close(self) -> None:
        """Ends what is under way; later requests are `Broken`."""
        with self._lock:
            self._closed = True
            for backend in self._open:
                backend.shut()

    def _exchange(
        self,
        address: WebAddress,
        headers: list[tuple[str, str]],
        backend: GuardedBackend,
        most: int,
        cut: bool,
    ) -> Answer:
        url = httpcore.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=None if address.port == PORTS[address.scheme] else address.port,
            target=address.target.encode(),
        )
        pool = httpcore.ConnectionPool(
            ssl_context=self._context() if address.scheme == "https" else None,
            proxy=self._proxy,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=backend,
        )
        with pool, pool.stream("GET", url, headers=headers) as response:
            head = _Head(response.headers)
            if response.status != 200:
                return self._answer(response.status, head)
            encoding = head.first("content-encoding", joined=True)
            announced = head.first("content-length")
            if not cut and not encoding.strip() and announced.isdecimal() and int(announced[:20]) > most:
                raise Broken(f"it is larger than {_size(most)}")
            body = _read(decompressed(_bounded(response.iter_stream(), most, cut), encoding), most, cut)
            return self._answer(200, head, body)

    def _context(self) -> ssl.SSLContext:
        with self._lock:  # made once: reading the certificates takes some 30 ms
            if self._tls is None:
                self._tls = _tls("")
            return self._tls

    def _answer(self, status: int, head: _Head, body: bytes = b"") -> Answer:
        mime = head.first("content-type").partition(";")[0].strip().lower()
        return Answer(
            status=status,
            body=body,
            content_type=mime if _MIME.fullmatch(mime) else "",
            charset=_charset(head.first("content-type")),
            etag=_validator(head.first("etag")),
            last_modified=_validator(head.first("last-modified")),
            location=head.location(),
            retry_after=_seconds(head.first("retry-after"), self._wall_clock()),
        )


class _Head:
    """The headers of an answer; of one that stands several times the first counts."""

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._pairs = [(name.lower(), value) for name, value in pairs]

    def first(self, name: str, *, joined: bool = False) -> str:
        """A header's value, "" without one."""
        found = [value.decode("latin-1") for key, value in self._pairs if key == name.encode()]
        return ", ".join(found) if joined else next(iter(found), "").strip()

    def location(self) -> str:
        """Where a redirect leads: some servers write it in UTF-8 instead of percent-encoding it."""
        raw = next((value for key, value in self._pairs if key == b"location"), b"")
        try:
            return raw.decode("utf-8").strip()
        except UnicodeDecodeError:
            return raw.decode("latin-1").strip()


def _bounded(pieces: Iterable[bytes], most: int, cut: bool) -> Iterable[bytes]:
    """The pieces as they come off the wire. Compression seldom makes anything longer, and a stream that
    decompresses to nothing must end as well."""
    taken = 0
    for piece in pieces:
        taken += len(piece)
        if taken > most + 65_536:
            if cut:
                return
            raise Broken(f"it is larger than {_size(most)}")
        yield piece


def _read(pieces: Iterable[bytes], most: int, cut: bool) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most:
            if cut:
                break
            raise Broken(f"it is larger than {_size(most)}")
    return bytes(body[:most])


def _size(number: int) -> str:
    return f"{number / 1_000_000:g} MB" if number >= 100_000 else f"{number:,} bytes"


def _charset(content_type: str) -> str:
    found = _CHARSET.search(content_type)
    try:
        return codecs.lookup(found[1]).name if found else ""
    except LookupError:
        return ""


def _validator(value: str) -> str:
    return value if _VALIDATOR.fullmatch(value) else ""


def _seconds(retry_after: str, now: datetime) -> float:
    """Retry-After in seconds, a number or a date (RFC 9110, 10.2.3); 0 for none, or nonsense."""
    if retry_after.isdecimal():
        return float(min(int(retry_after[:9]), 10**8))
    try:
        when = parsedate_to_datetime(retry_after) if retry_after else now
    except (ValueError, IndexError, TypeError, OverflowError):
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def _not_http(words: str) -> Broken:
    """The protocol library's words, sorted into what a person can use."""
    if "without sending a response" in words:
        return Broken("the server hung up without an answer", again=True)
    if "peer closed connection" in words or "incomplete" in words:
        return Broken("the connection broke off before the whole page had come", again=True)
    if "Receive buffer too long" in words:
        return Broken("its headers are too long")
    return Broken("what the server sent is not HTTP")


def _tls(ca_file: str) -> ssl.SSLContext:
    """The system's certificates, those of certifi (a bare container has none), and `ca_file`'s."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                f"{ca_file}: no certificates can be read from it", "name a file in PEM form"
            ) from error
    return context


def _proxy(text: str) -> httpcore.Proxy | None:
    if not text:
        return None
    try:
        address = parse(text)
    except NotAllowed as error:
        raise InputError(
            f"the proxy cannot be used: {error.reason}", "write it as http://host:port, without a password"
        ) from error
    return httpcore.Proxy(
        httpcore.URL(
            scheme=address.scheme.encode(), host=address.host.encode(), port=address.port, target=b"/"
        )
    )
