"""Questions asked of an index: retrieval, answers, abstention, citations, times."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from evals import metrics
from evals.cases import Case, Suite, sample
from evals.indexes import opened_index
from evals.intervals import Estimate
from evals.rows import Row
from evals.scoring import Outcome, aggregate, needs_retrieval, score, with_ranking_scores
from evals.shelf import Shelf
from evals.system import AskPipeline
from evals.tasks.base import Bench
from index.errors import FootnoteError
from rag.schema import Answer, Failed, Finished, Passage

log = logging.getLogger(__name__)

WARM_UP = "What is this collection of articles about?"
"""Asked first and not scored, so that loading a model is not counted as the first question's time."""

SHALLOW_PASSAGES = 100
DEEP_PASSAGES = 400
"""Passages asked for where the first hundred hold fewer than the hundred articles of `recall@100`."""


@dataclass(frozen=True, slots=True)
class AskTask:
    """Every case of a suite is asked; with `retrieval_only` the retriever alone is."""

    suite: Suite
    retrieval_only: bool = False

    @property
    def name(self) -> str:
        return self.suite.name

    @property
    def kind(self) -> str:
        return "retrieve" if self.retrieval_only else "ask"

    @property
    def data_sha256(self) -> str:
        return self.suite.data_sha256

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(case.id for case in self.suite.cases)

    def sampled(self, limit: int | None, seed: int) -> AskTask:
        """See `evals.tasks.base.Task.sampled`."""
        return replace(self, suite=replace(self.suite, cases=sample(self.suite.cases, limit, seed)))

    def open(self, bench: Bench) -> AskWorker:
        """See `evals.tasks.base.Task.open`."""
        return AskWorker(self, bench)


class AskWorker:
    """Asks the cases of one suite (see `evals.tasks.base.Worker`)."""

    def __init__(self, task: AskTask, bench: Bench) -> None:
        found = opened_index(task.suite, bench)
        self._system = bench.system
        self._pipeline = bench.system.pipeline(found.path)
        self._only = task.retrieval_only
        self._cases = {case.id: case for case in task.suite.cases}
        self._shelf = Shelf(self._pipeline, task.suite, task.suite.cases, found.path)
        self.articles_sha256 = self._shelf.sha256
        self.notes: Sequence[str] = self._shelf.notes
        self.index = {**found.numbers, "articles": float(self._shelf.count)}
        self.indexing_seconds = found.seconds
        self.cold_ms = _warm_up(self._pipeline)

    def row(self, item_id: str) -> Row:
        """See `evals.tasks.base.Worker.row`."""
        case = self._cases[item_id]
        return self._scored(case, self._retrieved(case) if self._only else self._asked(case))

    def failed(self, item_id: str, error: str) -> Row:
        """See `evals.tasks.base.Worker.failed`."""
        return self._scored(self._cases[item_id], Outcome(error=error))

    def finish(self, rows: Sequence[Row]) -> tuple[tuple[Row, ...], dict[str, Estimate]]:
        """See `evals.tasks.base.Worker.finish`."""
        ranked = with_ranking_scores(rows)
        return ranked, aggregate(ranked)

    def _scored(self, case: Case, outcome: Outcome) -> Row:
        row = score(
            case,
            outcome,
            self._shelf.grades(case),
            self._shelf.cited(outcome.answer),
            asked=not self._only,
            supports=lambda statement, quotes: self._system.supports(statement, quotes).ok,
        )
        gold = self._shelf.gold(case) if case.answerable else {}
        return replace(row, gold=gold, ranking=tuple(self._shelf.names(outcome.ranked)))

    def _asked(self, case: Case) -> Outcome:
        without = self._shelf.ids_of(case.withheld)
        answer, warning = drained(self._pipeline, case, without)
        if not needs_retrieval(case):
            found = tuple(dict.fromkeys(passage.article.id for passage in answer.passages))
            return Outcome(answer, ranked=found, warning=warning)
        question = answer.standalone_question or case.question
        passages, ranked = _ranked(self._pipeline, question, case.asked_at, without)
        return Outcome(answer, passages, ranked, warning=warning)

    def _retrieved(self, case: Case) -> Outcome:
        question = self._system.rewrite(case.question, case.history) if case.history else case.question
        without = self._shelf.ids_of(case.withheld)
        began = time.perf_counter()
        self._pipeline.retrieve(question, 10, asked_at=case.asked_at, without=without)
        spent = (time.perf_counter() - began) * 1000
        passages, ranked = _ranked(self._pipeline, question, case.asked_at, without)
        return Outcome(None, passages, ranked, timings_ms={"retrieve": round(spent, 1)})


def drained(pipeline: AskPipeline, case: Case, without: Collection[str] = ()) -> tuple[Answer, str]:
    """The finished answer, and what failed on the way to it ("" when nothing did).

    Raises:
        FootnoteError: the answer was never finished.
    """
    trouble: list[str] = []
    finished: Answer | None = None
    for event in pipeline.stream(
        case.question, history=case.history, asked_at=case.asked_at, without=without
    ):
        if isinstance(event, Failed):
            trouble.append(event.reason)
        elif isinstance(event, Finished):
            finished = event.answer
    if finished is None:
        raise FootnoteError("the answer ended without being finished")
    return finished, "; ".join(trouble)


def _ranked(
    pipeline: AskPipeline, question: str, asked_at: date | None, without: Collection[str]
) -> tuple[tuple[Passage, ...], tuple[str, ...]]:
    """The first passages, and a hundred articles in rank order, asked deeper where passages share articles."""
    passages = tuple(pipeline.retrieve(question, SHALLOW_PASSAGES, asked_at=asked_at, without=without))
    ranked = metrics.to_articles(passages)
    if len(ranked) < SHALLOW_PASSAGES <= len(passages):
        deeper = pipeline.retrieve(question, DEEP_PASSAGES, asked_at=asked_at, without=without)
        ranked += metrics.to_articles(deeper)
    return passages, tuple(dict.fromkeys(ranked))[:SHALLOW_PASSAGES]


def _warm_up(pipeline: AskPipeline) -> float:
    """Milliseconds of a first, unscored question. If it fails, the scored ones will say so."""
    began = time.perf_counter()
    try:
        for _event in pipeline.stream(WARM_UP):
            pass
    except Exception:  # the boundary of one question: not a reason to end the run
        log.warning("the warm-up question failed", exc_info=True)
    return (time.perf_counter() - began) * 1000
