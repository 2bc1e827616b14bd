"""What every request shares: the collections, and the desk at which questions wait."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from index.errors import InputError
from index.schema import ArticleFilter
from rag.schema import Answer, AnswerEvent, Turn
from ui.collection import Collection, Collections
from ui.desk import Desk, Gone, Waiting
from ui.guard.callers import caller_of, site_of
from ui.guard.limits import UNLIMITED, Limiter
from ui.guard.passes import Passes
from ui.readers.memory import AnswerMemory

if TYPE_CHECKING:
    from ui.ingest import Ingest
    from ui.readers.store import ReaderStore


@dataclass(frozen=True, slots=True)
class Service:
    """What every request shares. `store` keeps what readers say, `remove_articles` takes articles (ids) out of a
    collection (name), `ingest` takes sources in; without them none of it can be done. `limiter` counts what is asked, `passes` are what pages ask with."""

    title: str
    collections: Collections
    desk: Desk
    max_question_chars: int
    memory: AnswerMemory = field(default_factory=AnswerMemory)
    limiter: Limiter = field(default_factory=lambda: Limiter(UNLIMITED))
    passes: Passes = field(default_factory=Passes)
    store: ReaderStore | None = None
    remove_articles: Callable[[str, Sequence[str]], int] | None = None
    ingest: Ingest | None = None

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
        earlier: Sequence[Turn],
        asked_at: date | None,
        only: ArticleFilter | None,
        gone: Gone,
    ) -> AsyncGenerator[AnswerEvent, None]:
        """The answer's events, the first of them in hand: what is wrong from the start (BusyError, InputError,
        IndexMissing ...; GoneError when `gone()` while it waits) is raised here, while the response can still have another status.

        `earlier` is what `ui.render.recent` keeps of what a client says was said before.
        """
        question = self.checked(question)
        events = self.desk.events(
            lambda: collection.answers.stream(question, history=earlier, asked_at=asked_at, only=only),
            gone=gone,
        )
        while isinstance(first := await anext(events), Waiting):
            pass

        async def all_of() -> AsyncGenerator[AnswerEvent, None]:
            async with aclosing(events):
                yield first
                async for event in events:
                    if not isinstance(event, Waiting):
                        yield event

        return all_of()

    def remember(
        self,
        collection: Collection,
        answer: Answer,
        earlier: Sequence[Turn] = (),
        asked_at: date | None = None,
    ) -> str:
        """Keeps an answer for a while, so that it can be judged and shared by the id this gives."""
        return self.memory.remember(
            answer,
            collection=collection.name,
            history=earlier,
            asked_at=asked_at,
            revision=str(collection.library.manifest.revision),
        )

    def link_name(self, collection: str) -> str:
        """A collection's name as links carry it: not at all for the first."""
        return "" if collection == self.collections.names[0] else collection


def service_of(request: Request) -> Service:
    """The service of the application that answers this request."""
    return request.app.state.service


def counted(request: Request) -> None:
    """Counts a question of a program; LimitedError where it is one too many."""
    service_of(request).limiter.question(caller_of(request.scope), site_of(request.scope))


ServiceDep = Annotated[Service, Depends(service_of)]
Counted = Depends(counted)
