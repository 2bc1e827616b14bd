"""The web server: the chat page under /chat/, the reader's pages, the API, and health checks.

`create_app` gives the ASGI application, `serve` runs it. What stands before every request is in `ui.guard`; the
headers of every answer, and the page with its nonces, are here.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse

from index.errors import FootnoteError, InputError
from ui.api.auth import Lock
from ui.api.errors import add_handlers
from ui.guard.callers import LOCAL_PROXIES, LOOPBACK, Callers, caller_of, host_name, parse_networks, within
from ui.guard.gate import ApiCors, Functions, Gate, Hosts
from ui.guard.limits import UNLIMITED, Limiter, Limits
from ui.guard.passes import PASS_GOES_HERE, Passes, framing_site
from ui.guard.sessions import Reading, Sweeper
from ui.language import choose, table
from ui.origins import frame_ancestors, parse_origins
from ui.settings import DEFAULT_COLLECTION

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ui.chat import Opened
    from ui.collection import Answers
    from ui.ingest import Ingest
    from ui.readers.store import ReaderStore

log = logging.getLogger(__name__)
CHAT_PATH = "/chat"
STATIC = Path(__file__).parent / "static"
STATIC_TYPES = {
    "chat-ui.js": "text/javascript; charset=utf-8",
    "chat.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "reader.css": "text/css; charset=utf-8",
    "reader.js": "text/javascript; charset=utf-8",
}
DEFAULT_MAX_QUESTION_CHARS = 2000

_ASSET_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
FOREVER = "public, max-age=31536000, immutable"
"""For what has its content's hash in its address."""

_LOADS = r"import\(`\./([\w-]+\.js)`\)[^`[]{0,60}?__vite__mapDeps\(\[([\d,]*)\]"

_PAGE_META = re.compile(rb'[ \t]*<meta\s+(?:property="og:|name="twitter:)[^>]*?/?>\s*')
_PAGE_LANGUAGE = re.compile(rb'<html\b(?:\s+lang="[^"]*")?')
_PAGE_CONFIG = re.compile(rb"<script>window\.gradio_config = (\{.*?\});</script>", re.DOTALL)
_PAGE_MANIFEST = re.compile(rb'<link rel="manifest"[^>]*>')
_PAGE_HEAD = (
    b'<link rel="icon" href="/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/chat.css">'
)
_PAGE_SCRIPT = b'<script src="/chat-ui.js" defer></script>'


def content_security_policy(nonce: str, origins: Sequence[str] = ()) -> str:
    """The policy sent with the page. Styles are inline in Gradio; scripts are not, but for the nonce. Pages of these
    `origins` may frame it."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self' 'unsafe-inline'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "base-uri 'self'",
            "form-action 'self'",
            "object-src 'none'",
            frame_ancestors(origins),
        )
    )


class Headers:
    """Pure ASGI middleware: security headers on every answer; nonces and a pass for the page.

    A response is passed on as it comes, so streaming is not held up; only the page itself is
    buffered, to write the nonce into its script tags.
    """

    def __init__(
        self,
        app: ASGIApp,
        passes: Passes,
        facts: Mapping[str, object] | None = None,
        modules: Sequence[str] = (),
        opened: Opened | None = None,
        allowed_origins: Sequence[str] = (),
    ) -> None:
        self.app = app
        self.passes = passes
        self.opened = opened
        self.modules = modules
        self.allowed_origins = allowed_origins
        self.facts = dict(facts or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if scope["method"] in ("GET", "HEAD") and path == CHAT_PATH + "/":
            await self._page(scope, receive, send)
            return

        kept = path == f"{CHAT_PATH}/theme.css" and scope["query_string"].startswith(b"v=")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = [(b"cache-control", FOREVER.encode())] if kept and message["status"] == 200 else []
                message = {**message, "headers": [*_safer(message["headers"]), *more]}
            await send(message)

        await self.app(scope, receive, with_headers)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce = secrets.token_urlsafe(16)
        given = {name.lower(): value for name, value in scope["headers"]}
        # Gradio would compress the page, and a compressed page has no script tags to write into.
        scope = {**scope, "headers": [h for h in scope["headers"] if h[0].lower() != b"accept-encoding"]}
        start: dict[str, Any] = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))

        await self.app(scope, receive, collect)
        if start["status"] != 200:
            refused = [
                *start["headers"],
                (b"content-security-policy", frame_ancestors(self.allowed_origins).encode()),
            ]
            await send({**start, "headers": _safer(refused)})
            await send({"type": "http.response.body", "body": bytes(body)})
            return
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        language = choose(asked.get("lang", ""), given.get(b"accept-language", b"").decode("latin-1"))
        parts = {}
        if self.opened is not None:
            parts = await asyncio.to_thread(self.opened, language, asked)
        page = dress_page(with_parts(bytes(body), parts), nonce, language, self.facts, self.modules)
        site = framing_site(given, self.allowed_origins)
        handed = self.passes.mint(caller_of(scope).address, site)
        page = page.replace(PASS_GOES_HERE.encode(), handed.encode())
        headers = [
            h for h in start["headers"] if h[0].lower() not in (b"content-length", b"cache-control", b"vary")
        ]
        if b"gzip" in given.get(b"accept-encoding", b""):
            page = gzip.compress(page, 6)
            headers.append((b"content-encoding", b"gzip"))
        headers += [
            (b"content-length", str(len(page)).encode()),
            (b"cache-control", b"no-store"),
            (b"vary", b"accept-encoding, accept-language"),
            (b"content-security-policy", content_security_policy(nonce, self.allowed_origins).encode()),
        ]
        headers = _safer(headers)
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": page})


_SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
_UNLESS_SET = (
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def _safer(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """An answer's headers with those that every answer has, and without cookies: there are none here."""
    kept = [(name, value) for name, value in headers if name.lower() != b"set-cookie"]
    names = {name.lower() for name, _ in kept}
    return [*kept, *_SAFE_HEADERS, *(pair for pair in _UNLESS_SET if pair[0] not in names)]


def with_parts(page: bytes, parts: Mapping[str, Mapping[str, object]]) -> bytes:
    """Gradio's page with these properties of its parts, named by their `elem_id`, in place of those it was built
    with: the reader's language stands there from the first moment."""
    found = _PAGE_CONFIG.search(page)
    if not found or not parts:
        return page
    config = json.loads(found[1])
    for part in config["components"]:
        part["props"].update(parts.get(part["props"].get("elem_id", ""), {}))
    told = json.dumps(config, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&'":
        told = told.replace(sign, f"\\u{ord(sign):04x}")
    return page[: found.start(1)] + told.encode() + page[found.end(1) :]


def dress_page(
    page: bytes,
    nonce: str,
    language: str = "en",
    facts: Mapping[str, object] | None = None,
    modules: Sequence[str] = (),
) -> bytes:
    """Gradio's page with our style sheet and script, `facts` for it and what it says in the reader's language,
    the `modules` it will need, a nonce in every script tag, and without the preview tags and the manifest link
    that point elsewhere."""
    page = _PAGE_MANIFEST.sub(b"", _PAGE_META.sub(b"", page))
    page = _PAGE_LANGUAGE.sub(b'<html lang="' + language.encode() + b'"', page, count=1)
    told = (
        json.dumps({**(facts or {}), "language": language, "texts": dict(table(language))})
        .replace("<", "\\u003c")
        .encode()
    )
    told = b'<script type="application/json" id="fn-page">' + told + b"</script>"
    ahead = "".join(f'<link rel="modulepreload" href="./assets/{name}">' for name in modules).encode()
    page = page.replace(b"</head>", ahead + _PAGE_HEAD + told + _PAGE_SCRIPT + b"</head>", 1)
    return page.replace(b"<script", b'<script nonce="' + nonce.encode() + b'"')


def create_app(
    pipeline: Answers,
    *,
    title: str = "Footnote",
    examples: Sequence[str] | None = None,
    max_question_chars: int | None = None,
    concurrency: int = 2,
    queue_size: int = 64,
    allowed_hosts: Sequence[str] = (),
    allowed_origins: Sequence[str] = (),
    trusted_proxies: Sequence[str] = LOCAL_PROXIES,
    limits: Limits = UNLIMITED,
    page_key: bytes | None = None,
    collections: Mapping[str, Answers] | None = None,
    password: str = "",
    store: ReaderStore | None = None,
    remove_articles: Callable[[str, Sequence[str]], int] | None = None,
    ingest: Ingest | None = None,
) -> FastAPI:
    """The web application over a pipeline.

    `collections` are the pipelines of all named collections, the chat's own first; without them the
    pages and the API read from this one alone. With a `password` nothing but `/health/live` opens without.

    `examples` are the questions offered on the empty page; None draws them from the index
    and keeps those the pipeline finds evidence for.
    `max_question_chars` None takes the pipeline's own limit. `concurrency` answers are written
    at a time, `queue_size` more may wait. With `allowed_hosts` other Host headers are refused (`NUMBERS` among them
    stands for every address in numbers); pages of `allowed_origins` may show the chat in a frame and use the API
    (ValueError for what is no origin). `trusted_proxies` may say whom they ask for. Whoever does not sit at this machine
    is held to `limits`; `page_key` signs what pages are handed to ask with.
    `store` keeps readers' verdicts and shared answers; `remove_articles` takes articles, by their ids, out
    of the collection it is given the name of; `ingest` lets administrators add sources. Without them there is none of
    this.
    """
    import gradio as gr
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    from ui import admin, admin_sources, embed, pages
    from ui.api import openai, readers, routes
    from ui.api.service import Service
    from ui.chat import build_chat, theme
    from ui.collection import Collections
    from ui.desk import Desk
    from ui.examples import example_questions
    from ui.readers import pages as readers_pages
    from ui.suggest import begins_to_answer

    framing = parse_origins(allowed_origins)
    limit = max_question_chars or getattr(
        getattr(pipeline, "options", None), "max_question_chars", DEFAULT_MAX_QUESTION_CHARS
    )
    pool = ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="answer")

    @asynccontextmanager
    async def lifespan(_: FastAPI):
        cleaning = [asyncio.create_task(sweeper.run())]
        if store:
            cleaning.append(asyncio.create_task(_expiring(store)))
        if ingest is not None:
            ingest.jobs.reopen()
        yield
        for task in cleaning:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        pool.shutdown(wait=False, cancel_futures=True)
        if ingest is not None:
            await asyncio.to_thread(ingest.jobs.close)

    app = FastAPI(
        title=title,
        summary=routes.SUMMARY,
        version=routes.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    named = Collections(collections or {DEFAULT_COLLECTION: pipeline})
    desk = Desk(pool, concurrency, queue_size)
    service = Service(
        title,
        named,
        desk,
        limit,
        limiter=Limiter(limits),
        passes=Passes(page_key),
        store=store,
        remove_articles=remove_articles,
        ingest=ingest,
    )
    if ingest is not None:
        ingest.refresh = lambda name: named.get(name).library.refresh()
    app.state.service = service
    add_handlers(app)
    for part in (routes, readers, openai, pages, readers_pages, admin, admin_sources, embed):
        app.include_router(part.router)
    app.include_router(routes.health)

    for name, media_type in STATIC_TYPES.items():
        app.add_api_route(
            f"/{name}", _static(name, media_type), methods=["GET", "HEAD"], include_in_schema=False
        )

    @lru_cache(maxsize=64)
    def drawn(name: str, revision: int) -> tuple[str, ...]:
        answers = named.get(name).answers
        log.debug("example questions of %s, revision %d", name, revision)
        return tuple(
            example_questions(answers.library, answerable=lambda q: begins_to_answer(answers, q) is not None)
        )

    drawing = threading.Lock()

    def examples_of(name: str) -> tuple[str, ...]:
        if examples is not None and name == named.names[0]:
            return tuple(examples)
        with drawing:  # it takes seconds: whoever comes meanwhile waits for the same ones
            return drawn(name, named.get(name).library.manifest.revision)

    frontend = Path(gr.__file__).parent / "templates" / "frontend"
    app.add_api_route(
        f"{CHAT_PATH}/assets/{{name}}",
        _assets(frontend / "assets"),
        methods=["GET", "HEAD"],
        include_in_schema=False,
    )
    demo, opened = build_chat(service, examples=examples_of)
    # Gradio works on 40 events at a time unless told otherwise: who waits at the desk must not keep others from it.
    demo._queue.max_thread_count = max(40, concurrency + queue_size + 8)
    # On the parent, so that Gradio leaves its own rule (echo any origin) out.
    app.add_middleware(CORSMiddleware, allow_origins=[], allow_credentials=False)
    gr.mount_gradio_app(
        app,
        demo,
        path=CHAT_PATH,
        theme=theme(),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        max_file_size="1kb",
    )
    reading = Reading()
    app.state.reading, app.state.queue = reading, demo._queue
    sweeper = Sweeper(demo._queue, reading)
    app.add_middleware(Lock, password=password)
    app.add_middleware(
        Gate,
        hosts=_hosts(allowed_hosts),
        origins=framing,
        functions=Functions(
            queued={fn._id for fn in demo.fns.values() if fn.queue},
            direct={fn._id for fn in demo.fns.values() if not fn.queue},
        ),
        limiter=service.limiter,
        reading=reading,
    )
    app.add_middleware(ApiCors, origins=framing)
    app.add_middleware(
        Headers,
        passes=service.passes,
        facts={"collections": named.names, "keeps": store is not None, "framers": framing},
        opened=opened,
        modules=_modules(frontend, {block.get_block_name() for block in demo.blocks.values()}),
        allowed_origins=framing,
    )
    app.add_middleware(Callers, trusted=trusted_proxies)
    return app


NUMBERS = "#"


def _hosts(names: Sequence[str]) -> Hosts:
    """The hosts that are answered for; all without a name, or with `*` among them."""
    if not names or "*" in names:
        return Hosts()
    return Hosts(frozenset(host_name(name) for name in names), NUMBERS in names)


def _own_hosts(host: str, named: Sequence[str]) -> list[str]:
    """The host names to answer for on a server bound to this address: this machine's own, and those `named`. A server
    that others reach is also called by the addresses it has, which are not asked for here."""
    own = {*LOOPBACK, host, *named}
    if within(host, parse_networks("127.0.0.0/8 ::1")) or host in LOOPBACK:
        return sorted(own)
    machine = socket.gethostname()
    return sorted(own | {NUMBERS, machine, f"{machine.split('.')[0]}.local", socket.getfqdn()})


async def _expiring(store: ReaderStore) -> None:
    """Deletes what is kept too long, now and once a day."""
    from ui.readers.store import EVERY

    while True:
        try:
            await asyncio.to_thread(store.expire)
        except FootnoteError as error:  # whoever judges or shares is told as well
            log.warning("%s (%s)", error, error.next_step)
        await asyncio.sleep(EVERY.total_seconds())


def _static(name: str, media_type: str) -> Callable[..., Any]:
    from fastapi import Request
    from fastapi.responses import Response

    from ui.packed import Packed

    file = Packed((STATIC / name).read_bytes(), media_type)

    def respond(request: Request) -> Response:
        return file.response(request, {"cache-control": "no-cache", "vary": "accept-encoding"})

    respond.__annotations__ = {"request": Request, "return": Response}  # resolved: the names are local
    return respond


def _modules(frontend: Path, components: Iterable[str]) -> list[str]:
    """The scripts that Gradio's page comes to ask for, each after it has read the one before; told to the browser
    at once they come together. Read from the page's scripts themselves: what is not found there is not told."""
    folder, found = frontend / "assets", dict[str, None]()

    def read(script: str, *names: str) -> list[str]:
        """The scripts of these names that a script loads when it needs them, and all that go with them."""
        text = (folder / script).read_text("utf-8")
        listed = re.search(r"m\.f=\[(.*?)\]", text)
        among = re.findall(r'"\./([^"]+)"', listed[1]) if listed else []
        loaded = []
        for name in names:
            if match := re.search(name + _LOADS, text):
                loaded.append(match[1])
                numbers = (int(number) for number in match[2].split(",") if number)
                found.update(dict.fromkeys(among[n] for n in numbers if n < len(among)))
        return loaded

    entry = re.search(r'src="\./assets/(index-[\w-]+\.js)"', (frontend / "index.html").read_text("utf-8"))
    for page in read(entry[1], "") if entry else []:
        read(page, r"(?=import\(`\./Blocks-)")
        for core in [name for name in found if name.startswith("core-") and name.endswith(".js")]:
            read(core, *(rf"\b{one}:\{{[^{{}}]*?component:[^`]*?" for one in sorted(set(components))))
    return [name for name in found if name.endswith(".js") and (folder / name).is_file()]


def _assets(folder: Path) -> Callable[..., Any]:
    """Gradio's scripts and style sheets, each compressed once instead of for every reader, and kept by browsers."""
    import brotli
    from fastapi import Request
    from fastapi.responses import FileResponse, Response

    pack: dict[str, Callable[[bytes], bytes]] = {
        "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=9),
        "gzip": lambda body: gzip.compress(body, 9),
        "": lambda body: body,
    }

    @cache
    def packed(name: str, coding: str) -> bytes:
        return pack[coding]((folder / name).read_bytes())

    async def respond(name: str, request: Request) -> Response:
        if name not in names:
            return PlainTextResponse("Not Found", status_code=404)
        headers = {"cache-control": FOREVER, "vary": "accept-encoding"}
        if (media_type := _ASSET_TYPES.get(Path(name).suffix)) is None:
            return FileResponse(folder / name, headers=headers)
        accepted = request.headers.get("accept-encoding", "")
        coding = next((c for c in ("br", "gzip") if re.search(rf"\b{c}\b(?!;q=0)", accepted)), "")
        if coding:
            headers["content-encoding"] = coding
        return Response(packed(name, coding), media_type=media_type, headers=headers)

    names = frozenset(path.name for path in folder.iterdir())
    respond.__annotations__ = {"name": str, "request": Request, "return": Response}
    return respond


def serve(
    pipeline: Answers,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    title: str = "Footnote",
    examples: Sequence[str] | None = None,
    allowed_hosts: Sequence[str] = (),
    allowed_origins: Sequence[str] = (),
    trusted_proxies: Sequence[str] = LOCAL_PROXIES,
    limits: Limits | None = None,
    page_key: bytes | None = None,
    collections: Mapping[str, Answers] | None = None,
    password: str = "",
    store: ReaderStore | None = None,
    remove_articles: Callable[[str, Sequence[str]], int] | None = None,
    ingest: Ingest | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serves the chat page, the reader's pages and the API until interrupted; `on_ready` is called once with its address.

    Port 0 takes a free one. Only this machine's own names are answered, where others reach it also its addresses,
    and `allowed_hosts` (`*` for all): a page elsewhere cannot make its name point to this server.
    Raises InputError when the address cannot be bound.
    """
    import uvicorn

    bound = _bind(host, port)
    number = bound.getsockname()[1]
    app = create_app(
        pipeline,
        title=title,
        examples=examples,
        allowed_hosts=_own_hosts(host, allowed_hosts),
        allowed_origins=allowed_origins,
        trusted_proxies=trusted_proxies,
        limits=Limits() if limits is None else limits,
        page_key=page_key,
        collections=collections,
        password=password,
        store=store,
        remove_articles=remove_articles,
        ingest=ingest,
    )
    shown = f"[{host}]" if ":" in host else host

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started and on_ready is not None:
                on_ready(f"http://{shown}:{number}")

    try:
        Server(server_config(app, trusted_proxies)).run(sockets=[bound])
    finally:
        bound.close()


def server_config(
    app: ASGIApp, trusted_proxies: Sequence[str] = LOCAL_PROXIES, **changes: Any
) -> uvicorn.Config:
    """How the application is served: with an end to patience, and believing nobody's headers itself."""
    import uvicorn

    from ui.guard.connections import PatientProtocol

    options: dict[str, Any] = {
        "log_level": "warning",
        "timeout_graceful_shutdown": 2,
        "server_header": False,
        "ws": "none",
        "lifespan": "on",
        "proxy_headers": False,  # `Callers` reads them
        "http": PatientProtocol.behind(trusted_proxies),
    }
    return uvicorn.Config(app, **(options | changes))


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            f"cannot serve on {host}:{port}: {reason.lower()}",
            f"choose another port: footnote chat --port {port + 1 if 0 < port < 65535 else 7861}",
        ) from error
    return bound
