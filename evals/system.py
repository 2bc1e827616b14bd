"""What an evaluation needs from the rest of Footnote, as protocols: the caller (the command line, or a
test's scripted fake) hands an `EvalSystem` in, so that `evals` knows nothing of settings or wiring."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from index.schema import Article
from rag.schema import Answer, AnswerEvent, Passage, Turn


class ArticleShelf(Protocol):
    """The articles an index holds, text included, for checking what an answer says it quotes."""

    def article(self, article_id: str, /) -> Article | None:
        """The stored article with this `Article.id`, or None."""
        ...

    def articles(self) -> Iterator[Article]:
        """Every stored article, one at a time."""
        ...


class AskPipeline(Protocol):
    """An open index that answers questions."""

    @property
    def library(self) -> ArticleShelf: ...

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        without: Collection[str] = (),
    ) -> Iterator[AnswerEvent]:
        """The answer as it comes about; the last event is `Finished`. `without` names articles by
        `Article.id` that it must do without."""
        ...

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        without: Collection[str] = (),
    ) -> Answer:
        """`stream` drained."""
        ...

    def retrieve(
        self, question: str, k: int, /, *, asked_at: date | None = None, without: Collection[str] = ()
    ) -> Sequence[Passage]:
        """The best `k` passages known on that day (fewer if the index holds fewer), best first."""
        ...


class Supported(Protocol):
    """A verdict on one statement: whether it is supported, how much (0 to 1), which sentences were looked
    at, by index, the closest first, and the largest cosine of the statement with a sentence."""

    @property
    def ok(self) -> bool: ...

    @property
    def score(self) -> float: ...

    @property
    def sentences(self) -> Sequence[int]: ...

    @property
    def cosine(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Built:
    """An index as it was left by a build: how much is in it, and how long it took."""

    articles: int
    chunks: int
    seconds: float


class EvalSystem(Protocol):
    """The system under test, with one fixed set of settings."""

    @property
    def settings_hash(self) -> str:
        """Identifies every setting that can change an answer."""
        ...

    @property
    def index_settings_hash(self) -> str:
        """Identifies every setting that can change an index: two systems with equal ones may share it."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings that can change an answer, by name, as JSON types."""
        ...

    def build(self, articles: Iterable[Article], index_dir: Path, label: str) -> Built:
        """Builds (or finishes building) an index of exactly these articles.

        Args:
            articles: with `id` and `external_id` set; stored as they are, nothing cleaned again.
            index_dir: the folder to build in; may hold an unfinished index from before.
            label: the readable name of the source, the same as `Article.source`.

        Raises:
            FootnoteError: what kept the index from being built.
        """
        ...

    def pipeline(self, index_dir: Path) -> AskPipeline:
        """Opens an index for asking.

        Raises:
            FootnoteError: no index there, or one built with another model.
        """
        ...

    def rewrite(self, question: str, history: Sequence[Turn]) -> str:
        """The question as it would be asked without the conversation."""
        ...

    def supports(self, statement: str, sentences: Sequence[str]) -> Supported:
        """Whether the sentences (those of a whole article, or the cited ones) support the statement."""
        ...

    def chunk_count(self, article: Article) -> int:
        """How many chunks the article is split into; nothing is embedded."""
        ...
