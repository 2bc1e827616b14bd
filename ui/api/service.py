"""What every request shares: the collections, and the desk at which questions wait for a free thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request

from index.errors import FootnoteError, InputError
from index.schema import ArticleFilter
from rag.schema import AnswerEvent, Turn
from ui.chat import events_of
from ui.collection import Collection, Collections
from ui.render import HISTORY_CHARS, HISTORY_TURNS

T = TypeVar("T")


class BusyError(FootnoteError):
    """More questions wait than the server takes."""


class Desk:
    """Lends the answering threads, which the chat uses as well: `concurrency` programs at a time, and
    `queue_size` more may wait. They wait here and not in the pool, so that a reader of the chat need not
    wait for all of them. `held` is how many are served or wait."""

    def __init__(self, pool: Executor, concurrency: int, queue_size: int) -> None:
        self._pool = pool
        self._most = concurrency + queue_size
        self._turn = asyncio.Semaphore(concurrency)
        self.held = 0

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self.held >= self._most:
            raise BusyError("too many questions are waiting just now", "ask again in some seconds")
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    async def events(self, stream: Callable[[], Iterator[AnswerEvent]]) -> AsyncGenerator[AnswerEvent, None]:
        """The events of `stream()`; leaving the loop early ends the stream. Raises BusyError."""
        with self._place():
            made = cast("AsyncGenerator[AnswerEvent, None]", events_of(stream, self._pool))
            async with self._turn, aclosing(made) as events:
                async for event in events:
                    yield event

    async def run(self, work: Callable[[], T]) -> T:
        """What `work()` gives, done in one of the threads. Raises BusyError."""
        with self._place():
            async with self._turn:
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)


@dataclass(frozen=True, slots=True)
class Service:
    """What every request shares."""

    title: str
    collections: Collections
    desk: Desk
    max_question_chars: int

    def checked(self, question: str) -> str:
        """The question without space around it; InputError for an empty or too long one."""
        question = question.strip()
        if not question:
            raise InputError("the question is empty", "ask in words")
        if len(question) > self.max_question_chars:
            raise InputError(
                f"the question has {len(question):,} characters, the limit is {self.max_question_chars:,}",
                "ask more briefly",
            )
        return question

    async def answer(
        self,
        collection: Collection,
        question: str,
        earlier: Iterable[tuple[str, str]],
        asked_at: date | None,
        only: ArticleFilter | None,
    ) -> AsyncGenerator[AnswerEvent, None]:
        """The answer's events, the first of them in hand: what is wrong from the start (BusyError, InputError,
        IndexMissing ...) is raised here, while the response can still have another status.

        Of what a client says was said before, the last turns are kept, each cut to a bearable length.
        """
        question = self.checked(question)
        kept = ((asked.strip(), said.strip()) for asked, said in earlier)
        turns = [Turn(a[:HISTORY_CHARS], s[:HISTORY_CHARS]) for a, s in kept if a and s][-HISTORY_TURNS:]
        events = self.desk.events(
            lambda: collection.answers.stream(question, history=turns, asked_at=asked_at, only=only)
        )
        first = await anext(events)

        async def all_of() -> AsyncGenerator[AnswerEvent, None]:
            async with aclosing(events):
                yield first
                async for event in events:
                    yield event

        return all_of()

    def link_name(self, collection: str) -> str:
        """A collection's name as links carry it: not at all for the first."""
        return "" if collection == self.collections.names[0] else collection


def service_of(request: Request) -> Service:
    """The service of the application that answers this request."""
    return request.app.state.service


ServiceDep = Annotated[Service, Depends(service_of)]
