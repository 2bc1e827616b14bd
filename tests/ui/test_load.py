"""Many readers at one instant, over a scripted pipeline: nobody is lost, and whoever leaves frees the place."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from bench.load import Told, at_once, readers_of
from rag.schema import AnswerEvent, Searching, Sentence
from tests.browser.serving import Served, served
from tests.fakes import LENS_QUESTION, TIDE_QUESTION, ScriptedPipeline, run_async, shelf_answers

CITED = shelf_answers()[TIDE_QUESTION].citations[:1]
LENS = shelf_answers()[LENS_QUESTION]
ENDLESS = [Searching(), *[Sentence("Twice a day.", "draft", CITED)] * 900]


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(pipeline: ScriptedPipeline, queue_size: int) -> Served:
        running.append(served(pipeline, examples=[], concurrency=2, queue_size=queue_size))
        return running[-1]

    yield start
    for server in running:
        server.close()


def empty_in_the_end(server: Served, seconds: float = 15.0) -> bool:
    """Whether nobody is served or waits any more."""
    desk: Any = server.server.config.app.state.service.desk
    until = time.monotonic() + seconds
    while not desk.idle and time.monotonic() < until:
        time.sleep(0.02)
    return desk.idle


def test_fifty_readers_at_one_instant_are_all_answered(serve: Callable[..., Served]):
    pipeline = ScriptedPipeline(delay=0.01)
    server = serve(pipeline, 60)
    told = run_async(at_once(server.url, [LENS_QUESTION, TIDE_QUESTION] * 25, after=False))
    assert Counter(one.end for one in told) == {"answered": 50}
    assert all(one.first is not None for one in told)
    assert any(one.waited for one in told)
    assert len({one.answer_id for one in told}) == 50
    assert empty_in_the_end(server)


class Gated(ScriptedPipeline):
    """Answers nobody before the gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def stream(self, question: str, **more: Any) -> Iterator[AnswerEvent]:
        self.gate.wait(60)
        yield from super().stream(question, **more)


def test_of_two_hundred_each_is_answered_or_told_that_too_many_wait(serve: Callable[..., Served]):
    pipeline = Gated()
    server = serve(pipeline, 40)

    async def come() -> list[Told]:
        async with readers_of(server.url) as chat:
            asking = [asyncio.ensure_future(chat.ask(LENS_QUESTION, after=False)) for _ in range(200)]
            while sum(one.done() for one in asking) < 158:
                await asyncio.sleep(0.05)
            pipeline.gate.set()
            return await asyncio.gather(*asking)

    told = run_async(come())
    assert Counter(one.end for one in told) == {"answered": 42, "refused": 158}
    assert sum(one.waited for one in told) == 40
    assert empty_in_the_end(server)


def test_readers_that_vanish_free_their_places(serve: Callable[..., Served]):
    pipeline = ScriptedPipeline({TIDE_QUESTION: ENDLESS, LENS_QUESTION: LENS}, delay=0.05)
    server = serve(pipeline, 20)

    async def come_and_go() -> list[Told]:
        async with readers_of(server.url) as chat:
            return await asyncio.gather(
                *(chat.ask(TIDE_QUESTION, leave="stop" if n % 3 == 0 else "close") for n in range(12)),
                *(leaves(chat.client) for _ in range(4)),
            )

    async def leaves(client: httpx.AsyncClient) -> Told:
        """A program that hangs up after the first words, or while it still waits."""
        body = {"question": TIDE_QUESTION, "stream": True}
        try:
            async with client.stream("POST", "/api/ask", json=body, timeout=1.0) as heard:
                async for _ in heard.aiter_lines():
                    break
        except httpx.TimeoutException:
            pass
        return Told("left")

    told = run_async(come_and_go())
    assert Counter(one.end for one in told) == {"left": 16}
    assert empty_in_the_end(server)
    assert [one.end for one in run_async(at_once(server.url, [LENS_QUESTION]))] == ["answered"]
    assert pipeline.closed >= 1
