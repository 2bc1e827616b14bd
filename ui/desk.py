"""The desk at which questions wait for a free thread, the chat's and programs' alike."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

from index.errors import FootnoteError
from rag.schema import AnswerEvent

T = TypeVar("T")
Gone = Callable[[], Awaitable[bool]]
"""Whether whoever asked has left."""

PLACE_SECONDS = 1.0
BEAT_SECONDS = 3.0
QUIET_SECONDS = 5.0


class GoneError(FootnoteError):
    """Whoever asked has left while the question waited."""


class BusyError(FootnoteError):
    """More questions wait than the server takes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that waits; `place` is 1 for the one that is answered next."""

    place: int


async def events_of(
    stream: Callable[[], Iterator[AnswerEvent]], pool: Executor, over: Callable[[], None] = lambda: None
) -> AsyncIterator[AnswerEvent]:
    """The events of `stream()`, run in `pool` so that a slow model does not hold up the page.

    Leaving the loop early (stop button, closed tab) closes the stream in its own thread after the
    step it is in. Errors of the stream are raised here. `over()` is called once the thread is done with it, which may
    be long before a slow reader has taken the last event.
    """
    loop = asyncio.get_running_loop()
    box: asyncio.Queue[AnswerEvent | BaseException | None] = asyncio.Queue()
    left = threading.Event()

    def put(item: AnswerEvent | BaseException | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(box.put_nowait, item)

    def pump() -> None:
        if left.is_set():
            return
        events: Iterator[AnswerEvent] | None = None
        try:
            events = stream()
            for event in events:
                if left.is_set():
                    break
                put(event)
        except Exception as error:  # noqa: BLE001 - a thread's border: raised again where it is awaited
            put(error)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
            put(None)

    task = loop.run_in_executor(pool, pump)
    task.add_done_callback(lambda _: over())
    try:
        while (item := await box.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
        task.cancel()  # takes effect only while it still waits for a free thread


class Desk:
    """Lends the answering threads: `concurrency` questions are answered at a time and `queue_size` more may wait.
    Who asks as a `reader` and who does not (programs) wait in two lines that take turns, so that a reader is not
    kept waiting by every program. `held` is how many are served or wait."""

    def __init__(self, pool: Executor, concurrency: int, queue_size: int) -> None:
        self._pool = pool
        self._free = concurrency
        self._most = concurrency + queue_size
        self._lines: dict[bool, deque[asyncio.Event]] = {True: deque(), False: deque()}
        self._readers_next = True
        self._begun: deque[float] = deque(maxlen=3)
        self.held = 0

    @property
    def idle(self) -> bool:
        """Whether nobody is served or waits."""
        return self.held == 0

    @property
    def quiet(self) -> bool:
        """Whether nobody is served or waits, and lately there was time to spare: at most two questions in as many
        seconds as `QUIET_SECONDS`."""
        recent = [at for at in self._begun if at > time.monotonic() - QUIET_SECONDS]
        return self.idle and len(recent) <= 2

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self.held >= self._most:
            raise BusyError("too many questions are waiting just now", "ask again in some seconds")
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    async def _turn(
        self, reader: bool, gone: Gone | None
    ) -> AsyncGenerator[Waiting | Callable[[], None], None]:
        """Each place in the line as it changes, then, once it is this one's turn, what gives the thread back. Leaving
        does so too, as does GoneError, raised where `gone()` says that nobody waits any more."""
        moved, told, said = asyncio.Event(), 0, -math.inf
        clock = asyncio.get_running_loop().time
        line, other = self._lines[reader], self._lines[not reader]
        line.append(moved)
        try:
            while True:
                before = line.index(moved)
                before += min(len(other), before + (self._readers_next is not reader))
                if self._free and not before:
                    break
                if told and gone is not None and await gone():  # its place is for somebody who still waits
                    raise GoneError("whoever asked has left")
                moved.clear()
                # A long line moves often: each place is told once, and at most one a second.
                pause = said + PLACE_SECONDS - clock()
                if told != before + 1 and pause <= 0:
                    told, said = before + 1, clock()
                    yield Waiting(told)
                    continue
                patience = BEAT_SECONDS if told == before + 1 else pause
                try:
                    await asyncio.wait_for(moved.wait(), patience)
                except TimeoutError:
                    if patience == BEAT_SECONDS:  # that somebody has left shows only when something is sent
                        yield Waiting(told)
        finally:
            line.remove(moved)
            self._move_up()
        self._free -= 1
        self._readers_next = not reader
        given_back = False

        def give_back() -> None:
            nonlocal given_back
            if not given_back:
                given_back = True
                self._free += 1
                self._move_up()

        try:
            yield give_back
        finally:
            give_back()

    def _move_up(self) -> None:
        for line in self._lines.values():
            for waiting in line:
                waiting.set()

    async def events(
        self, stream: Callable[[], Iterator[AnswerEvent]], *, reader: bool = False, gone: Gone | None = None
    ) -> AsyncGenerator[AnswerEvent | Waiting, None]:
        """The events of `stream()`, and before them the question's places in the line; leaving the loop early
        ends the stream. Raises BusyError, and GoneError when `gone()` while it waits."""
        with self._place():
            async with aclosing(self._turn(reader, gone)) as turn:
                async for waiting in turn:
                    if isinstance(waiting, Waiting):
                        yield waiting
                        continue
                    self._begun.append(time.monotonic())
                    made = cast("AsyncGenerator[AnswerEvent, None]", events_of(stream, self._pool, waiting))
                    async with aclosing(made) as events:
                        async for event in events:
                            yield event

    async def run(self, work: Callable[[], T], gone: Gone | None = None) -> T:
        """What `work()` gives, done in one of the threads. Raises BusyError, and GoneError when `gone()` while it waits."""
        with self._place():
            async with aclosing(self._turn(False, gone)) as turn:
                async for waiting in turn:
                    if not isinstance(waiting, Waiting):
                        return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        raise AssertionError("a turn always comes")
