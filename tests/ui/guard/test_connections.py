"""Connections that send or read too slowly are ended, and hold up nobody meanwhile."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from rag.schema import Searching, Sentence
from tests.browser.serving import Served, served
from tests.fakes import LENS_QUESTION, ScriptedPipeline, run_async, shelf_answers
from tests.ui.guard.raw import connected, raw, read, request
from ui.guard.connections import PatientProtocol

POST = b"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(pipeline: Any = None, options: Any = (), **patience: Any) -> Served:
        for name, value in patience.items():
            monkeypatch.setattr(PatientProtocol, name, value)
        running.append(served(pipeline or ScriptedPipeline(), examples=[], **dict(options)))
        return running[-1]

    yield start
    for server in running:
        server.close()


def ended(link: socket.socket) -> bool:
    """Waits until the server ends the connection; says whether it did so without an answer."""
    return read(link).status == 0


@pytest.mark.parametrize("begun", [b"", b"GET /chat/ HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_a_head_that_does_not_come_ends_the_connection(serve: Callable[..., Served], begun: bytes):
    server = serve(HEAD_SECONDS=0.2)
    with connected(server.url) as link:
        link.sendall(begun)
        assert ended(link)


def test_a_head_that_drips_in_ends_the_connection_all_the_same(serve: Callable[..., Served]):
    server = serve(HEAD_SECONDS=0.4)
    stop = threading.Event()
    with connected(server.url) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")

        def drip() -> None:
            while not stop.wait(0.05):
                try:
                    link.sendall(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert ended(link)
        finally:
            stop.set()
            dripping.join()


def test_a_head_without_end_is_cut_off(serve: Callable[..., Served]):
    server = serve(HEAD_BYTES=10_000)
    told = raw(server.url, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-Long: y\r\n" * 300_000)
    assert told.status == 0
    assert raw(server.url, request("/health/live", "X-Long: " + "y" * 5000)).status == 200


@pytest.mark.parametrize(
    "length", [b"Content-Length: 900\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]
)
def test_a_body_that_does_not_end_ends_the_connection(serve: Callable[..., Served], length: bytes):
    pipeline = ScriptedPipeline()
    server = serve(pipeline, BODY_SECONDS=0.2)
    with connected(server.url) as link:
        link.sendall(POST + length)
        assert ended(link)
    assert pipeline.asked == []


def test_two_hundred_slow_senders_hold_up_no_reader(serve: Callable[..., Served]):
    server = serve()
    slow = [connected(server.url) for _ in range(200)]
    try:
        for n, link in enumerate(slow):
            link.sendall((POST + b"Content-Length: 900\r\n\r\n{") if n % 2 else b"GET / HTTP/1.1\r\nHost: ")
        told = httpx.post(f"{server.url}/api/ask", json={"question": LENS_QUESTION}, timeout=30)
        assert "Fresnel" in told.json()["text"]
    finally:
        for link in slow:
            link.close()


def test_connections_beyond_the_most_are_ended_at_once_and_others_go_on(serve: Callable[..., Served]):
    server = serve(MOST=20)
    held = [connected(server.url) for _ in range(20)]
    try:
        with connected(server.url) as one_more:
            assert ended(one_more)
        held.pop().close()
        answers = (raw(server.url, request("/health/live")).status for _ in range(100))
        assert 200 in answers, "as soon as the server has heard of it"
    finally:
        for link in held:
            link.close()


def test_one_address_may_hold_so_many_connections_unless_it_is_a_proxy(monkeypatch: pytest.MonkeyPatch):
    class Link:
        """A connection from an address, as the protocol sees it."""

        def __init__(self, address: str) -> None:
            self.address, self.aborted = address, False

        def get_extra_info(self, name: str) -> Any:
            return {"peername": (self.address, 1), "sockname": ("10.0.0.1", 80)}.get(name)

        def abort(self) -> None:
            self.aborted = True

        close = abort

        def is_closing(self) -> bool:
            return self.aborted

    import uvicorn
    from uvicorn.server import ServerState

    def nobody(*_: Any) -> None: ...

    async def hold(address: str, proxies: tuple[str, ...] = ()) -> int:
        kind = PatientProtocol.behind(proxies)
        monkeypatch.setattr(kind, "MOST_OF_ONE", 3)
        config = uvicorn.Config(nobody, http=kind, lifespan="off")
        config.load()
        state, held = ServerState(), []
        for n in range(5):
            protocol, link = kind(config, state, {}), Link(address.format(n=n))
            protocol.connection_made(link)  # type: ignore[arg-type]
            held.append((protocol, link))
        kept = sum(not link.aborted for _, link in held)
        for protocol, _ in held:
            protocol.connection_lost(None)
        assert not kind._counted
        return kept

    assert run_async(hold("203.0.113.5")) == 3
    assert run_async(hold("203.0.113.{n}")) == 5
    assert run_async(hold("2001:db8::{n}")) == 3
    assert run_async(hold("127.0.0.1")) == 5
    assert run_async(hold("203.0.113.5", ("203.0.113.0/24",))) == 5


BIG = [
    Searching(),
    *[
        Sentence(
            "The lens " + "threw light " * 20_000 + ".", "draft", shelf_answers()[LENS_QUESTION].citations
        )
    ]
    * 200,
]


@pytest.mark.parametrize("patience", [0.5, 3600.0])
def test_readers_who_read_nothing_hold_up_no_question_and_are_cut_off(
    serve: Callable[..., Served], patience: float
):
    pipeline = ScriptedPipeline({**shelf_answers(), "Much?": BIG})
    server = serve(pipeline, {"concurrency": 2}, WRITE_SECONDS=patience)
    desk: Any = server.server.config.app.state.service.desk
    slow = []
    try:
        for _ in range(4):
            link = socket.socket()
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.connect(("127.0.0.1", int(server.url.rsplit(":", 1)[1])))
            link.sendall(
                request(
                    "/api/ask",
                    "Content-Type: application/json",
                    method="POST",
                    body=b'{"question": "Much?", "stream": true}',
                )
            )
            slow.append(link)
        told = httpx.post(f"{server.url}/api/ask", json={"question": LENS_QUESTION}, timeout=30)
        assert "Fresnel" in told.json()["text"]
        for _ in range(600 if patience < 60 else 0):
            if desk.idle:
                break
            threading.Event().wait(0.05)
        assert desk.idle is (patience < 60), "they are cut off, unless they may take an hour"
    finally:
        for link in slow:
            link.close()


def test_an_upload_gets_as_long_again_for_what_came_and_a_drip_does_not(monkeypatch: pytest.MonkeyPatch):
    import uvicorn
    from uvicorn.server import ServerState

    class Link:
        def get_extra_info(self, name: str) -> Any:
            return {"peername": ("192.0.2.1", 1), "sockname": ("10.0.0.1", 80)}.get(name)

        def __getattr__(self, name: str) -> Any:
            return lambda *_: False

    async def nobody(*_: Any) -> None: ...

    async def given(piece: int, pieces: int) -> int:
        """How often the body is given its time."""
        kind = PatientProtocol.behind(())
        times: list[str] = []
        monkeypatch.setattr(kind, "BODY_BYTES", 50_000)
        monkeypatch.setattr(kind, "_give", lambda self, name, seconds: times.append(name))
        config = uvicorn.Config(nobody, http=kind, lifespan="off")
        config.load()
        protocol = kind(config, ServerState(), {})
        protocol.connection_made(Link())  # type: ignore[arg-type]
        protocol.data_received(POST + b"Content-Length: 9000000\r\n\r\n")
        for _ in range(pieces):
            protocol.data_received(b"x" * piece)
        for _ in range(5):
            await asyncio.sleep(0)  # the application is begun, and ends
        return times.count("body")

    assert run_async(given(60_000, 4)) == 5
    assert run_async(given(10, 400)) == 1
