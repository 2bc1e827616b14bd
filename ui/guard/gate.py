"""The gate: which requests are let in at all, by their host, their origin, their route and their size."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.errors import error_response, for_programs
from ui.guard.callers import Caller, caller_of, from_site, host_name, is_address
from ui.guard.limits import Limiter, wait_text
from ui.guard.sessions import Reading

MAX_BODY_BYTES = 2_000_000
"""A long conversation with its sources is some hundred kilobytes."""

SMALL_BYTES = 65_536
MOST_HOST = 300
"""Characters: a name has at most 253, and is looked at before anything else of a request."""
MOST_HELD_BYTES = 128_000_000
"""What may have come of all bodies that are still being read; beyond it only small ones are taken."""

UPLOADS = "/admin/sources/files"
"""Where an administrator's files come in: the one body that is larger, and that is let in as it comes. The lock has
its say before a byte of it is read, and how much is taken is said there (`ui.uploads`)."""

CHAT = "/chat"
_GRADIO = CHAT + "/gradio_api"
_JOIN, _PREDICT = _GRADIO + "/queue/join", _GRADIO + "/run/predict"
_READ, _WRITE = frozenset({"GET", "HEAD", "OPTIONS"}), frozenset({"POST", "OPTIONS"})

_ROUTES: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"/(?:config|theme\.css|robots\.txt)?/?", re.ASCII), _READ),
    (re.compile(r"/(?:assets|static)/(?:[\w-]+/)*[\w.-]+", re.ASCII), _READ),
    (re.compile(r"/gradio_api/(?:info|startup-events|theme\.css|app_id|queue/data)/?", re.ASCII), _READ),
    (re.compile(r"/gradio_api/heartbeat/[\w-]{1,64}", re.ASCII), _READ),
    (re.compile(r"/gradio_api/call/(?:v2/)?ask/[\w-]{1,64}", re.ASCII), _READ),
    (re.compile(r"/gradio_api/(?:queue/join|run/predict|cancel|reset|call/(?:v2/)?ask)/?", re.ASCII), _WRITE),
)
"""What of Gradio is reachable, and how. Everything else (uploads, files, proxy, deep links, component servers,
run history, monitoring, developer tools, and what comes with its next version) answers 403."""

_FREE = re.compile(r"/(?:[\w-]+\.(?:js|css|svg)|chat/(?:assets|static)/.*|health/.*)", re.ASCII)
"""What holds nothing of anybody's and costs nothing: not counted, and open to a script tag of any site."""

_ONCE = frozenset(
    b"host origin content-length content-type transfer-encoding authorization referer "
    b"sec-fetch-site sec-fetch-mode sec-fetch-dest".split()
)
_SESSION = re.compile(r"[\w-]{1,64}", re.ASCII)
_ANY = "*"

FOREIGN = "pages of other sites may not ask here"
FOREIGN_STEP = "the server's owner can name the site in FOOTNOTE_ALLOWED_ORIGINS"
WRONG_HOST = "this server does not answer for that host name"
WRONG_HOST_STEP = "the server's owner can name it in FOOTNOTE_ALLOWED_HOSTS"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in."""

    status: int
    message: str
    next_step: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, path: str) -> Response:
        """In the form that suits who asked."""
        if for_programs(path):
            return error_response(path, self.status, self.message, self.next_step, self.headers)
        text = f"{self.message}: {self.next_step}." if self.next_step else f"{self.message}."
        return PlainTextResponse(text[0].upper() + text[1:] + "\n", self.status, dict(self.headers))


CLOSED = Refusal(403, "not available")
TOO_LARGE = Refusal(413, f"the request is larger than {MAX_BODY_BYTES:,} bytes", "", {"Connection": "close"})
TOO_MUCH = Refusal(
    503,
    "too many large requests come at once",
    "try again in 5 seconds",
    {"Retry-After": "5", "Connection": "close"},
)
TWICE = Refusal(400, "a header stands in the request twice", "", {"Connection": "close"})
NOT_OURS = Refusal(403, "the page has no such function")
NO_JSON = Refusal(400, "the body is no JSON object")


@dataclass(frozen=True, slots=True)
class Hosts:
    """The host names that this server answers for. With `any_address` also every address written in numbers: a
    name that somebody makes point here (DNS rebinding) is never one."""

    names: frozenset[str] = frozenset({_ANY})
    any_address: bool = False

    def has(self, host: str) -> bool:
        """Whether a Host header names this server."""
        if len(host) > MOST_HOST:
            return False
        name = host_name(host)
        if _ANY in self.names or name in self.names:
            return True
        return self.any_address and is_address(name)


@dataclass(frozen=True, slots=True)
class Functions:
    """The numbers of the page's own functions: those that wait in the queue, and those that answer at once."""

    queued: Collection[int] = ()
    direct: Collection[int] = ()

    def refusal(self, path: str, body: bytes) -> Refusal | None:
        """Why this call is not let through, None for one of the page's own."""
        try:
            call = json.loads(body)
        except (ValueError, RecursionError):
            return NO_JSON
        if not isinstance(call, dict):
            return NO_JSON
        number, session = call.get("fn_index"), call.get("session_hash")
        if type(number) is not int or number not in (self.queued if path == _JOIN else self.direct):
            return NOT_OURS
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            return Refusal(400, "the page's session has no name")
        return None


class ApiCors:
    """Pure ASGI middleware: lets pages of these origins read what the API answers, without their readers' cookies or
    passwords. Nobody is let read anything else, the owner's pages least of all."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self.app = app
        self._api = CORSMiddleware(
            app,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
            allow_credentials=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for_api = scope["type"] == "http" and scope["path"].startswith(("/api/", "/v1/"))
        await (self._api if for_api else self.app)(scope, receive, send)


class Gate:
    """Pure ASGI middleware. Requests come in whole: one whose body is too large ends here, whatever its headers said.

    `hosts` are the names the server answers for, `origins` the sites whose pages may use the API, `functions` the
    page's own; `limiter` counts requests and holds how many of one caller may be open at a time; `reading` is told
    which sessions' events are being read."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Hosts,
        origins: Collection[str],
        functions: Functions,
        limiter: Limiter,
        reading: Reading,
    ) -> None:
        self.app = app
        self._hosts = hosts
        self._origins = frozenset(origins)
        self._functions = functions
        self._limiter = limiter
        self._reading = reading
        self._open: Counter[str] = Counter()
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal.response(scope["path"])(scope, receive, send)
            return
        caller = caller_of(scope)
        origin = next((value for name, value in scope["headers"] if name == b"origin"), b"").decode("latin-1")
        if origin.lower() in self._origins:
            scope = from_site(scope, origin.lower())
        self._open[caller.address] += 1
        try:
            await self._let_in(scope, receive, send)
        finally:
            self._open[caller.address] -= 1
            if not self._open[caller.address]:
                del self._open[caller.address]

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            with self._reading.of(_session(scope)):
                await self.app(scope, receive, send)
            return
        if path == UPLOADS:
            await self.app(scope, *_streamed(receive, send))
            return
        body = await self._body(receive)
        if body is None:  # left, or was too slow
            return
        refusal = body if isinstance(body, Refusal) else None
        if isinstance(body, bytes) and path.rstrip("/") in (_JOIN, _PREDICT):
            refusal = self._functions.refusal(path.rstrip("/"), body)
        if refusal is not None:
            await refusal.response(path)(scope, receive, send)
            return
        assert isinstance(body, bytes)
        await self.app(scope, again(body, receive), send)

    async def _body(self, receive: Receive) -> bytes | Refusal | None:
        """A request's body; a refusal as soon as it is too large, None for a client that left."""
        body = bytearray()
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                piece = message.get("body", b"")
                body += piece
                self._held += len(piece)
                if len(body) > MAX_BODY_BYTES:
                    return TOO_LARGE
                if len(body) > SMALL_BYTES and self._held > MOST_HELD_BYTES:
                    return TOO_MUCH
                if not message.get("more_body", False):
                    return bytes(body)
        finally:
            self._held -= len(body)

    # ---- what a request's head says ----

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in headers and name in _ONCE:
                return TWICE
            headers[name] = value
        hosts = [headers.get(b"host", b"").decode("latin-1")]
        if b"x-forwarded-host" in headers:
            hosts.append(headers[b"x-forwarded-host"].decode("latin-1"))
        if not all(map(self._hosts.has, hosts)):
            return Refusal(421, WRONG_HOST, WRONG_HOST_STEP)
        path, method = scope["path"], scope["method"]
        if path.startswith(CHAT + "/") and not _is_open(path.removeprefix(CHAT), method):
            return CLOSED
        if not self._from_ours(headers, path, method, hosts):
            return Refusal(403, FOREIGN, FOREIGN_STEP)
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 12 or (int(length) > MAX_BODY_BYTES and path != UPLOADS):
            return TOO_LARGE
        return None if _FREE.fullmatch(path) else self._too_many(caller_of(scope))

    def _from_ours(self, headers: dict[bytes, bytes], path: str, method: str, hosts: list[str]) -> bool:
        """Whether a program asks, a page of this server, or one of a site that may use the API. Browsers say where a
        request that changes something comes from (`Origin`), programs say nothing."""
        site = headers.get(b"sec-fetch-site", b"none")
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        for_api = for_programs(path)
        if method == "OPTIONS" or (for_api and origin in self._origins):
            return True  # to the question beforehand (CORS) the answer is yes or no elsewhere
        if method in _READ and not (for_api or path.startswith((_GRADIO, CHAT + "/config", "/admin"))):
            return True
        followed = headers.get(b"sec-fetch-mode") == b"navigate"
        followed = followed and headers.get(b"sec-fetch-dest", b"document") == b"document"
        if method in _READ and site in (b"cross-site", b"same-site") and followed:
            return True  # a link on another site that somebody follows
        if site in (b"cross-site", b"same-site"):
            return False  # a picture on another site is no reason to search
        if site == b"same-origin":
            # The browser's own word, which no page can put in its mouth; the host was looked at before. It also counts
            # where a proxy does not pass on the name that the browser asked for.
            return True
        return b"origin" not in headers or origin.partition("://")[2] in _authorities(hosts)

    def _too_many(self, caller: Caller) -> Refusal | None:
        if caller.local:
            return None
        seconds = self._limiter.request(caller.address)
        if not seconds and self._open[caller.address] < self._limiter.limits.open_at_once:
            return None
        after = str(seconds or 5)
        return Refusal(
            429,
            "too many requests come from your network at once",
            f"try again in {wait_text(int(after))}",
            {"Retry-After": after},
        )


def _authorities(hosts: list[str]) -> set[str]:
    """Hosts as an origin names them: browsers leave the usual port out, some proxies do not."""
    found = {host.strip().lower() for host in hosts}
    return found | {re.sub(r":(?:80|443)$", "", host) for host in found}


def _is_open(path: str, method: str) -> bool:
    return any(method in methods and route.fullmatch(path) for route, methods in _ROUTES)


def _session(scope: Scope) -> str:
    """The session whose events this request reads, or "" for any other request."""
    path: str = scope["path"]
    if path.startswith(_GRADIO + "/queue/data"):
        return parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]
    if path.startswith(_GRADIO + "/call/"):
        return path.rstrip("/").rsplit("/", 1)[1]
    return ""


def _streamed(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Both, for a body that is not read beforehand: an answer that comes before its end ends the connection, so that the
    rest is not taken in for nothing."""
    whole = False

    async def receiving() -> Message:
        nonlocal whole
        message = await receive()
        whole = whole or not message.get("more_body", False)
        return message

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and not whole:
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return receiving, sending


def again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives this body first."""
    given = False

    async def first() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return first
