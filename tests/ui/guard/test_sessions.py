"""Whoever asks the page's queue and never listens takes up no memory for long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.browser.serving import Served, served
from tests.fakes import LENS_QUESTION, ScriptedPipeline, run_async
from ui.guard.sessions import UNREAD_SECONDS, Reading, Sweeper

API = "/chat/gradio_api"


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[Served]:
    running = served(ScriptedPipeline(), examples=[])
    yield running
    running.close()


def swept(server: Served, sweeper: Sweeper) -> int:
    """One sweep, in the server's own loop."""
    loop = next(iter(server.server.servers)).get_loop()
    return asyncio.run_coroutine_threadsafe(sweeper.sweep(), loop).result(20)


def test_sessions_that_nobody_reads_are_forgotten_with_all_their_messages(server: Served):
    app: Any = server.server.config.app
    clock, reading = Clock(), app.state.reading
    queue = app.state.queue
    sweeper = Sweeper(queue, reading, clock)
    with httpx.Client(base_url=server.url, timeout=30) as web:
        functions = {one["api_name"]: one["id"] for one in web.get("/chat/config").json()["dependencies"]}

        def join(session: str) -> None:
            body = {"data": [[], "", ""], "fn_index": functions["answer"], "session_hash": session}
            assert web.post(f"{API}/queue/join", json=body).status_code == 200

        for n in range(30):
            join(f"unread{n}")
        for _ in range(10):
            web.post(f"{API}/call/ask", json={"data": [LENS_QUESTION]})
        assert len(queue.pending_messages_per_session) == 40
        assert swept(server, sweeper) == 0, "they may still come for it"
        clock.now += UNREAD_SECONDS - 1
        join("late")
        assert swept(server, sweeper) == 0
        clock.now += 2
        assert swept(server, sweeper) == 40
        assert list(queue.pending_messages_per_session) == ["late"]
        assert list(queue.pending_event_ids_session) == ["late"]
        with web.stream("GET", f"{API}/queue/data", params={"session_hash": "late"}) as heard:
            told = [json.loads(line[6:])["msg"] for line in heard.iter_lines() if line]
        assert "process_completed" in told, "whoever comes in time is answered"
        with web.stream("GET", f"{API}/queue/data", params={"session_hash": "unread1"}) as heard:
            assert "session_not_found" in next(line for line in heard.iter_lines() if line)


def test_a_session_that_is_being_read_is_kept_however_long_it_takes():
    clock, reading = Clock(), Reading()

    class Queue:
        def __init__(self) -> None:
            self.pending_messages_per_session = {"read": [], "event read": [], "unread": []}
            self.pending_event_ids_session = {"event read": {"e1"}, "unread": {"e2"}, "no messages": {"e3"}}
            self.cleaned: list[str] = []

        async def clean_events(self, *, session_hash: str) -> None:
            self.cleaned.append(session_hash)

    queue = Queue()
    sweeper = Sweeper(queue, reading, clock)
    with reading.of("read"), reading.of("read"), reading.of("e1"):
        run_async(sweeper.sweep())
        clock.now += UNREAD_SECONDS
        assert run_async(sweeper.sweep()) == 2
    assert sorted(queue.cleaned) == ["no messages", "unread"]
    assert sorted(queue.pending_messages_per_session) == ["event read", "read"]
    assert run_async(sweeper.sweep()) == 0, "the time counts from the end of reading"
    clock.now += UNREAD_SECONDS
    assert run_async(sweeper.sweep()) == 2
    assert not queue.pending_messages_per_session
