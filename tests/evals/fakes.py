"""A scripted system to evaluate: answers and passages are what the test says, questions are written down."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from evals.system import Built
from index.schema import Article, Chunk
from rag.check import Support
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerSentence,
    Citation,
    Dropped,
    Failed,
    Finished,
    Passage,
    Searching,
    Turn,
)


def article(external_id: str, text: str, **known: object) -> Article:
    """An article whose id is its external id with "a-" in front."""
    return Article(f"a-{external_id}", external_id, f"Title of {external_id}", "", text, **known)  # type: ignore[arg-type]


def passage(of: Article, start: int = 0, end: int | None = None, rank: int = 1) -> Passage:
    """A passage of one chunk; the chunk's id is the article's with its offset."""
    stop = len(of.text) if end is None else end
    return Passage(
        Chunk(f"{of.id}:{start}", of.id, 0, of.text[start:stop], start, stop), of, 1 / rank, rank, "scripted"
    )


def citation(marker: int, of: Article, quote: str) -> Citation:
    """A citation of words that stand in the article."""
    start = of.text.index(quote)
    return Citation(marker, passage(of), quote, start, start + len(quote))


def answer(
    sentences: Sequence[AnswerSentence] = (),
    citations: Sequence[Citation] = (),
    *,
    standalone: str = "",
    abstained: bool = False,
    dropped: Sequence[Dropped] = (),
    passages: Sequence[Passage] | None = None,
    confidence: float = 0.5,
    timings_ms: dict[str, float] | None = None,
) -> Answer:
    """An answer as a pipeline gives it; text and retrieved passages follow from the sentences and citations."""
    shown = " ".join(f"{s.text} " + "".join(f"[{m}]" for m in s.markers) for s in sentences)
    return Answer(
        question="",
        standalone_question=standalone,
        text="The articles do not say." if abstained else shown,
        sentences=tuple(sentences),
        citations=tuple(citations),
        passages=tuple(c.passage for c in citations) if passages is None else tuple(passages),
        abstained=abstained,
        reason="not enough evidence" if abstained else "",
        dropped=tuple(dropped),
        engine="scripted",
        model="none",
        timings_ms=timings_ms or {"total": 10.0, "first_sentence": 4.0},
        settings_hash="settings",
        confidence=confidence,
    )


def quoted(of: Article, quote: str, **more: object) -> Answer:
    """An answer of one quotation."""
    return answer([AnswerSentence(quote, "quote", (1,), 1.0)], [citation(1, of, quote)], **more)  # type: ignore[arg-type]


class Library:
    """Articles in hand, as an index gives them."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._articles = {one.id: one for one in articles}

    def article(self, article_id: str, /) -> Article | None:
        return self._articles.get(article_id)

    def articles(self) -> Iterator[Article]:
        yield from self._articles.values()


Script = Callable[[str, Library], Answer | Exception]


class Pipeline:
    """Answers by script; retrieves articles in the order in which they share most words with the question."""

    def __init__(self, library: Library, script: Script, *, failing_part: str = "") -> None:
        self.library = library
        self.asked: list[tuple[str, tuple[Turn, ...], date | None]] = []
        self.retrieved: list[tuple[str, date | None]] = []
        self.without: list[frozenset[str]] = []
        self._script, self._failing_part = script, failing_part

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        without: Collection[str] = (),
    ) -> Iterator[AnswerEvent]:
        self.without.append(frozenset(without))
        self.asked.append((question, tuple(history), asked_at))
        yield Searching()
        said = self._script(question, self.library)
        if isinstance(said, Exception):
            raise said
        if self._failing_part:
            yield Failed(self._failing_part, "start it")
        understood = said.standalone_question or question
        yield Finished(replace(said, question=question, standalone_question=understood))

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        without: Collection[str] = (),
    ) -> Answer:
        *_, last = self.stream(question, history=history, asked_at=asked_at, without=without)
        assert isinstance(last, Finished)
        return last.answer

    def retrieve(
        self, question: str, k: int, /, *, asked_at: date | None = None, without: Collection[str] = ()
    ) -> tuple[Passage, ...]:
        self.retrieved.append((question, asked_at))
        words = set(question.lower().strip("?").split())
        known = (one for one in self.library.articles() if one.id not in without)
        ranked = sorted(known, key=lambda one: -len(words & set(one.text.lower().split())))
        return tuple(passage(one, rank=rank) for rank, one in enumerate(ranked[:k], start=1))


class System:
    """Builds by remembering the articles, opens a scripted pipeline over them."""

    settings_hash = "settings-1"
    settings: Mapping[str, object] = {"top_k": 8, "abstain_threshold": 0.5}

    def __init__(
        self, script: Script, *, index_settings_hash: str = "index-1", failing_part: str = ""
    ) -> None:
        self.index_settings_hash = index_settings_hash
        self.built: dict[Path, list[Article]] = {}
        self.labels: list[str] = []
        self.pipelines: list[Pipeline] = []
        self._script, self._failing_part = script, failing_part

    def build(self, articles: Iterable[Article], index_dir: Path, label: str) -> Built:
        self.built[index_dir] = list(articles)
        self.labels.append(label)
        return Built(len(self.built[index_dir]), len(self.built[index_dir]), 1.5)

    def pipeline(self, index_dir: Path) -> Pipeline:
        opened = Pipeline(Library(self.built[index_dir]), self._script, failing_part=self._failing_part)
        self.pipelines.append(opened)
        return opened

    def rewrite(self, question: str, history: Sequence[Turn]) -> str:
        return question.replace(" it ", " the canal ") if history else question

    def supports(self, statement: str, sentences: Sequence[str]) -> Support:
        """Supported where every word of the statement stands in one sentence; the score is the best share."""
        words = set(statement.lower().strip(".").split())
        shares = [len(words & set(one.lower().strip(".").split())) / len(words) for one in sentences]
        order = sorted(range(len(shares)), key=lambda i: -shares[i])
        top, same = max(shares, default=0.0), float(statement in sentences)
        return Support(top == 1.0, top, tuple(order), same)

    def chunk_count(self, article: Article) -> int:
        return 1 + len(article.text) // 1000
