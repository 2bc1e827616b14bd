"""The collections a server answers from, each with its own pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from index.catalog import Listing
from index.errors import InputError
from index.schema import Article, ArticleFilter, Chunk, Copy, IndexManifest
from rag.schema import AnswerEvent, Passage, Turn

if TYPE_CHECKING:
    from index.register import Overview


class NotThereError(InputError):
    """A collection, an article or a model that is asked for by a name nobody has."""


class Shelf(Protocol):
    """The part of a library that pages and programs read."""

    @property
    def manifest(self) -> IndexManifest: ...

    def article(self, article_id: str) -> Article | None: ...

    def find(self, name: str) -> str: ...

    def articles(self) -> Iterator[Article]: ...

    def chunks_of(self, article_id: str) -> list[Chunk]: ...

    def listing(
        self, only: ArticleFilter | None = ..., query: str = ..., *, limit: int = ..., offset: int = ...
    ) -> Listing: ...

    def overview(self) -> Overview: ...

    def refresh(self) -> bool: ...

    def names(self) -> tuple[list[str], list[str]]: ...

    def revised_by(self, article_id: str) -> str: ...

    def also_in(self, article_id: str) -> tuple[Copy, ...]: ...


class Answers(Protocol):
    """The part of a pipeline that programs use; it may be used from several threads."""

    @property
    def library(self) -> Shelf: ...

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = ...,
        asked_at: date | None = ...,
        only: ArticleFilter | None = ...,
    ) -> Iterator[AnswerEvent]: ...

    def retrieve(self, question: str, k: int, *, only: ArticleFilter | None = ...) -> tuple[Passage, ...]: ...


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection: its name and what answers from it."""

    name: str
    answers: Answers

    @property
    def library(self) -> Shelf:
        """Its articles."""
        return self.answers.library

    def only(
        self,
        since: date | None,
        until: date | None,
        sources: Sequence[str],
        topics: Sequence[str],
        articles: Sequence[str] = (),
    ) -> ArticleFilter | None:
        """The filter for this collection, None where everything is let through. `articles` are ids or web addresses;
        NotThereError for one that is no article's."""
        found = tuple(self.library.find(name) for name in articles)
        for name, article_id in zip(articles, found, strict=True):
            if not article_id:
                raise NotThereError(
                    f"there is no article {name[:300]!r} in the collection", "/articles/ lists all of them"
                )
        return ArticleFilter(since, until, tuple(sources), tuple(topics), found) or None

    def article(self, article_id: str) -> Article:
        """One article with its text; NotThereError for an unknown id."""
        found = self.library.article(article_id)
        if found is None:
            raise NotThereError("there is no article with this id", "/articles/ lists all of them")
        return found


class Collections:
    """What a server answers from. The first collection is the one meant where none is named."""

    def __init__(self, pipelines: Mapping[str, Answers]) -> None:
        self._all = {name: Collection(name, pipeline) for name, pipeline in pipelines.items()}

    def __iter__(self) -> Iterator[Collection]:
        return iter(self._all.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The names, the first collection's first."""
        return tuple(self._all)

    def get(self, name: str = "") -> Collection:
        """The collection of this name, the first without one; NotThereError for an unknown name."""
        found = self._all.get(name or self.names[0])
        if found is None:
            raise NotThereError("there is no collection of this name", f"there is {', '.join(self.names)}")
        return found


def article_link(article_id: str, collection: str = "") -> str:
    """The path of an article's page; `collection` is left out for the first collection."""
    return f"/articles/{article_id}?collection={collection}" if collection else f"/articles/{article_id}"


def reader_link(article_id: str, start: int, end: int, collection: str = "") -> str:
    """The path of an article's page where these characters of its text are marked and in view.

    `collection` is left out for the first collection. Ids and names of collections need no quoting.
    """
    where = f"collection={collection}&" if collection else ""
    return f"/articles/{article_id}?{where}from={start}&to={end}#mark"
