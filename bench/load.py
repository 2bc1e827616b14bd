"""Many readers at one chat server, each through the calls the page makes, and long runs of them.

A reader's question goes through Gradio's queue as from a browser: `take` (the box is emptied, the question stands
on the page), `answer` (joined to the queue, heard as server-sent events), `done`, and `suggest`.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import random
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.texts import SEEDS

Row = Callable[[str, str, str], None]
API = "/chat/gradio_api"
TOO_LATE = 180.0
"""Seconds after which a question without an end counts as lost."""

_PLACE = re.compile(
    r"Waiting: (?:your question is the next one|one question comes|\d+ questions come before yours)"
)
_REFUSAL = "Too many questions are waiting just now."
_ANSWER = re.compile(r'<div class="fn-answer" id="a-([\w-]+)"')


# ---- a server ----


@dataclass(frozen=True)
class Running:
    """A chat server in a process of its own."""

    url: str
    pid: int
    seconds: float
    """From its start until it was ready."""

    def memory(self) -> float:
        """Resident memory in MB."""
        import psutil

        return psutil.Process(self.pid).memory_info().rss / 1e6

    def processor(self) -> float:
        """Seconds of processor time used so far."""
        import psutil

        used = psutil.Process(self.pid).cpu_times()
        return used.user + used.system


@contextmanager
def chat_server(index: Path, *words: str) -> Iterator[Running]:
    """`footnote chat` over an index, ready; RuntimeError when it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, started = f"http://127.0.0.1:{port}", time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", "chat", "--port", str(port), *words],
        env={**os.environ, "FOOTNOTE_INDEX": str(index)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}/health/ready", timeout=2).read()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > 180:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.2)
        yield Running(url, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def seeds_server(*words: str) -> Iterator[Running]:
    """A chat server over the starter articles that quotes only; `words` are more of the command's."""
    from index.build import build_index
    from index.embed import load_embedder
    from index.readers import FolderSource

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "index"
        build_index(place, [FolderSource(SEEDS)], embedder=load_embedder())
        with chat_server(place, "--engine", "quote", *words) as running:
            yield running


def seeds_questions() -> list[str]:
    """The starter articles' questions that stand alone and have an answer in them."""
    lines = (SEEDS / "questions.jsonl").read_text("utf-8").splitlines()
    return [r["question"] for r in map(json.loads, lines) if r["answerable"] and not r["history"]]


def first_sentence(url: str, question: str) -> float | None:
    """Seconds until `POST /api/ask` streams its first sentence; None for an answer without one."""
    started, found = time.perf_counter(), None
    with httpx.stream(
        "POST", f"{url}/api/ask", json={"question": question, "stream": True}, timeout=60
    ) as told:
        for line in told.iter_lines():
            if line == "event: sentence" and found is None:
                found = time.perf_counter() - started
    return found


# ---- a reader ----


@dataclass
class Told:
    """What became of one question; seconds are counted from Enter."""

    end: str = "lost"  # answered, refused, left, or lost
    first: float | None = None
    whole: float = 0.0
    waited: bool = False
    answer_id: str = ""
    messages: list[Any] = field(default_factory=list)


class Chat:
    """The page's calls to one server."""

    def __init__(self, client: httpx.AsyncClient, functions: dict[str, int]) -> None:
        self.client = client
        self._functions = functions

    async def predict(self, session: str, name: str, data: list[Any]) -> list[Any]:
        """What one of the page's functions gives that does not wait in the queue."""
        body = {"data": data, "fn_index": self._functions[name], "session_hash": session}
        told = await self.client.post(f"{API}/run/predict", json=body)
        return told.raise_for_status().json()["data"]

    async def queued(self, session: str, name: str, data: list[Any]) -> AsyncIterator[dict[str, Any]]:
        """The queue's events for one of the page's functions; leaving early closes the connection."""
        body = {"data": data, "fn_index": self._functions[name], "session_hash": session}
        told = await self.client.post(f"{API}/queue/join", json=body)
        told.raise_for_status()
        heard = self.client.stream("GET", f"{API}/queue/data", params={"session_hash": session})
        async with heard as stream:
            async for line in stream.aiter_lines():
                event = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if event.get("msg") == "close_stream":
                    return
                if event:
                    yield event

    async def stop(self, session: str, event_id: str, messages: list[Any]) -> None:
        """The stop button."""
        body = {"session_hash": session, "fn_index": self._functions["answer"], "event_id": event_id}
        await self.predict(session, "stop", [messages])
        await self.client.post(f"{API}/cancel", json=body)

    async def ask(
        self, question: str, messages: Sequence[Any] = (), *, leave: str = "", after: bool = True
    ) -> Told:
        """One question, and `after` it what the page asks once it is answered. `leave` breaks it off once its
        answering began: `stop` by the button, `close` with the connection."""
        told, session, started = Told(), secrets.token_hex(5), time.perf_counter()
        try:
            async with asyncio.timeout(TOO_LATE):
                _, _, shown, _ = await self.predict(session, "take", [question, list(messages)])
                async with aclosing(self.queued(session, "answer", [shown, "", ""])) as events:  # type: ignore[type-var]
                    async for event in events:
                        text = json.dumps(event.get("output"), ensure_ascii=False)
                        told.waited |= bool(_PLACE.search(text))
                        if told.first is None and 'class=\\"cite\\"' in text:
                            told.first = time.perf_counter() - started
                        if event["msg"] == "process_generating" and leave:
                            if leave == "stop":
                                await self.stop(session, event["event_id"], shown)
                            told.end = "left"
                            return told
                        if event["msg"] == "process_completed" and event["success"]:
                            told.whole = time.perf_counter() - started
                            told.messages = event["output"]["data"][0]
                if not told.messages:
                    return told
                said = html.unescape(told.messages[-1]["content"][0]["text"])
                if _REFUSAL in said:
                    told.end = "refused"
                elif found := _ANSWER.search(said):
                    told.answer_id, told.end = found[1], "answered"
                if after:
                    await self.predict(session, "done", [told.messages])
                    async for _ in self.queued(session, "suggest", [told.messages, ""]):
                        pass
        except (httpx.HTTPError, TimeoutError, KeyError, ValueError):
            told.end = "lost"
        return told

    async def open_page(self) -> None:
        """A new page, and what it asks for when it is there."""
        (await self.client.get("/chat/")).raise_for_status()
        await self.predict(secrets.token_hex(5), "open_page", [""])


@asynccontextmanager
async def readers_of(url: str) -> AsyncIterator[Chat]:
    """The calls of the page at `url`; its functions are found by the names the page's configuration gives them."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx.AsyncClient(base_url=url, timeout=TOO_LATE, limits=limits) as client:
        config = (await client.get("/chat/config")).raise_for_status().json()
        yield Chat(client, {one["api_name"]: one["id"] for one in config["dependencies"]})


async def at_once(url: str, questions: Sequence[str], *, after: bool = True) -> list[Told]:
    """All these questions at one instant, each from its own reader."""
    async with readers_of(url) as chat:
        return await asyncio.gather(*(chat.ask(question, after=after) for question in questions))


async def steadily(
    url: str, questions: Sequence[str], readers: int, every: float, seconds: float
) -> list[Told]:
    """`readers` readers, each asking once in `every` seconds, for so long; they begin one after the other."""
    async with readers_of(url) as chat:

        async def one(number: int) -> list[Told]:
            found, begun = [], time.perf_counter()
            at = every * number / readers
            while at < seconds:
                await asyncio.sleep(at - (time.perf_counter() - begun))
                found.append(await chat.ask(questions[(number + len(found) * 7) % len(questions)]))
                at = max(at + every, time.perf_counter() - begun)
            return found

        return [told for all_of in await asyncio.gather(*map(one, range(readers))) for told in all_of]


# ---- what is printed ----


def percentiles(seconds: list[float]) -> str:
    """ "p50 12 ms, p95 20 ms"; "none" for none."""
    if not seconds:
        return "none"
    p95 = np.percentile(seconds, 95)
    digits = 0 if p95 > 0.02 else 2
    return f"p50 {statistics.median(seconds) * 1000:,.{digits}f} ms, p95 {p95 * 1000:,.{digits}f} ms"


def report(row: Row, what: str, all_of: Sequence[Told], wanted: str, limit: str = "") -> None:
    """Three lines of one load."""
    ends = Counter(told.end for told in all_of)
    waited = sum(told.waited for told in all_of)
    said = f"{ends['answered']} answered, {ends['refused']} refused, {ends['lost']} lost"
    row(what, said, f"{waited} were told their place; wanted: {wanted}")
    row("the same: first sentence", percentiles([t.first for t in all_of if t.first is not None]), "")
    row("the same: whole answer", percentiles([t.whole for t in all_of if t.end == "answered"]), limit)


async def _measured(running: Running, questions: Sequence[str]) -> tuple[list[Told], list[float]]:
    """What became of the questions, and the server's memory before, at most, and 10 s after."""
    before = running.memory()
    asking = asyncio.ensure_future(at_once(running.url, questions))
    most = before
    while not asking.done():
        most = max(most, running.memory())
        await asyncio.wait([asking], timeout=0.2)
    await asyncio.sleep(10)
    return asking.result(), [before, most, running.memory()]


def measure(row: Row, running: Running) -> None:
    """50 and 200 readers at one instant, and 50 that ask once in 30 s."""
    questions = seeds_questions()
    asyncio.run(at_once(running.url, questions[:1]))
    found = asyncio.run(at_once(running.url, [questions[n % len(questions)] for n in range(50)]))
    report(row, "50 readers at one instant", found, "all answered or told their place")
    found, memory = asyncio.run(_measured(running, [questions[n % len(questions)] for n in range(200)]))
    report(row, "200 readers at one instant", found, "none lost, the others refused in words")
    row(
        "the same: memory of the server",
        f"{memory[0]:,.0f}, at most {memory[1]:,.0f}, then {memory[2]:,.0f} MB",
        "before, meanwhile, and 10 s after",
    )
    steady(row, running, 60)


def steady(row: Row, running: Running, seconds: float) -> None:
    """50 readers that ask once in 30 s, for so long."""
    before = running.processor()
    found = asyncio.run(steadily(running.url, seeds_questions(), 50, 30.0, seconds))
    used = running.processor() - before
    what = f"50 readers, each once in 30 s, for {seconds:.0f} s"
    report(row, what, found, "none lost", "wanted: p95 under 4,000 ms")
    row("the same: processor time of the server", f"{used / len(found):.2f} s a question", "")


# ---- the long run ----


async def _mixed(chat: Chat, questions: Sequence[str], until: float, chance: random.Random) -> Counter[str]:
    """One reader who asks, breaks off, opens pages, judges and shares until then, at a bearable rate."""
    done: Counter[str] = Counter()
    messages: list[Any] = []
    while time.perf_counter() < until:
        question = chance.choice(questions)
        what = chance.choices(("ask", "stop", "close", "page"), (6, 1, 1, 2))[0]
        try:
            if what == "page":
                await chat.open_page()
                messages = []
                done["pages"] += 1
            else:
                told = await chat.ask(question, messages, leave="" if what == "ask" else what)
                done[told.end] += 1
                messages = told.messages if len(told.messages) < 12 else []
                if told.answer_id and chance.random() < 0.3:
                    await _judged_and_shared(chat.client, told.answer_id)
                    done["judged"] += 1
        except httpx.HTTPError:
            done["lost"] += 1
        await asyncio.sleep(chance.expovariate(1 / 4))
    return done


async def _judged_and_shared(client: httpx.AsyncClient, answer_id: str) -> None:
    given = await client.post("/api/feedback", json={"answer": answer_id, "verdict": "up"})
    shared = await client.post(f"/api/answers/{answer_id}/share")
    page = await client.get(shared.raise_for_status().json()["url"])
    page.raise_for_status()
    (await client.delete(f"/api/feedback/{given.raise_for_status().json()['id']}")).raise_for_status()
    (await client.delete(f"/api/answers/{answer_id}/share")).raise_for_status()


async def _soaked(running: Running, minutes: float) -> tuple[Counter[str], list[float]]:
    until = time.perf_counter() + minutes * 60
    async with readers_of(running.url) as chat:
        questions = seeds_questions()
        asking = asyncio.gather(
            *(_mixed(chat, questions, until, random.Random(number)) for number in range(6))
        )
        memory = [running.memory()]
        while not asking.done():
            await asyncio.wait([asking], timeout=60)
            memory.append(running.memory())
            print(f"minute {len(memory) - 1}: {memory[-1]:,.0f} MB", flush=True)
        return sum(asking.result(), Counter()), memory


def soak(row: Row, minutes: float) -> None:
    """Readers of all kinds for so long, then 50 steady ones for a third of that, at most 10 minutes."""
    with seeds_server() as running:
        done, memory = asyncio.run(_soaked(running, minutes))
        counted = ", ".join(f"{n} {what}" for what, n in sorted(done.items()) if what != "lost")
        row(
            f"6 readers of all kinds, {minutes:g} minutes",
            f"{done['lost']} lost",
            f"{counted}; wanted: none lost",
        )
        since = min(5, len(memory) // 2)
        row(
            f"the same: memory from minute {since} to the end",
            f"{memory[since]:,.0f} to {memory[-1]:,.0f} MB",
            f"{memory[-1] - memory[since]:+,.0f} MB; wanted: at most +50 MB",
        )
        steady(row, running, min(600.0, minutes * 20))
