"""Follow-up questions: is the question understood on its own, and does that find what it asks for?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from evals import intervals, metrics
from evals.cases import Suite, sample
from evals.indexes import opened_index
from evals.intervals import Estimate
from evals.rows import Row
from evals.shelf import Shelf
from evals.tasks.base import Bench, WithoutIndex
from rag.schema import Turn

RANKING = ("hit@1", "hit@10", "mrr@10")
DEPTH = 60
"""Passages asked for, so that ten articles are among them where they share none."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One later turn: `rewrite` is how a person would have asked it alone ("" where nobody said),
    `gold` the articles that answer it (empty where there is nothing to retrieve)."""

    id: str
    question: str
    history: tuple[Turn, ...]
    rewrite: str = ""
    gold: tuple[str, ...] = ()
    asked_at: date | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FollowUpTask:
    """Follow-ups and, where they are to be retrieved for, the suite whose articles answer them."""

    name: str
    turns: tuple[FollowUp, ...]
    data_sha256: str
    corpus: Suite | None = None
    kind: str = "followups"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(turn.id for turn in self.turns)

    def sampled(self, limit: int | None, seed: int) -> FollowUpTask:
        """See `evals.tasks.base.Task.sampled`."""
        return replace(self, turns=sample(self.turns, limit, seed))

    def open(self, bench: Bench) -> FollowUpWorker:
        """See `evals.tasks.base.Task.open`."""
        return FollowUpWorker(self, bench)


class FollowUpWorker(WithoutIndex):
    """Rewrites one follow-up after the other, and retrieves with each wording (see `evals.tasks.base.Worker`).

    Metrics: `restored_recall`, `restored_precision`, `restored_f1` (see `restored`), over the turns
    that a person changed; `changed_needlessly`: the share changed by us of those that a person left
    alone; and `hit@1`, `hit@10`, `mrr@10` with our wording, with the bare question (`_bare`) and with
    the person's (`_human`).
    """

    def __init__(self, task: FollowUpTask, bench: Bench) -> None:
        super().__init__()
        self._system = bench.system
        self._turns = {turn.id: turn for turn in task.turns}
        self._pipeline, self._shelf = None, None
        if task.corpus is not None:
            found = opened_index(task.corpus, replace(bench, index_dir=None))
            self._pipeline = bench.system.pipeline(found.path)
            self._shelf = Shelf(self._pipeline, task.corpus, (), found.path)
            self.articles_sha256 = self._shelf.sha256
            self.notes: Sequence[str] = self._shelf.notes
            self.index = {**found.numbers, "articles": float(self._shelf.count)}
            self.indexing_seconds = found.seconds

    def row(self, item_id: str) -> Row:
        """See `evals.tasks.base.Worker.row`."""
        turn = self._turns[item_id]
        ours = self._system.rewrite(turn.question, turn.history)
        scores = self._restored(turn, ours)
        ranking: tuple[str, ...] = ()
        if turn.gold and self._pipeline is not None and self._shelf is not None:
            wordings = {"": ours, "_bare": turn.question, "_human": turn.rewrite}
            for mark, words in wordings.items():
                if not words:
                    continue
                passages = self._pipeline.retrieve(words, DEPTH, asked_at=turn.asked_at)
                found = tuple(self._shelf.names(metrics.to_articles(passages)))
                ranking = ranking or found
                gold = {turn.id: dict.fromkeys(turn.gold, 1)}
                for name, value in metrics.ranking_scores({turn.id: found}, gold, RANKING)[turn.id].items():
                    scores[name + mark] = value
        return Row(
            turn.id,
            turn.question,
            ours,
            scores,
            kind=turn.kind,
            standalone_question=ours,
            references=(turn.rewrite,) if turn.rewrite else (),
            gold=dict.fromkeys(turn.gold, 1),
            ranking=ranking,
        )

    def failed(self, item_id: str, error: str) -> Row:
        """See `evals.tasks.base.Worker.failed`."""
        turn = self._turns[item_id]
        scores = dict.fromkeys(self._restored(turn, turn.question), 0.0)
        if turn.gold and self._pipeline is not None:
            scores |= dict.fromkeys((f"{name}{mark}" for name in RANKING for mark in ("", "_bare")), 0.0)
        return Row(turn.id, turn.question, "", scores, error, kind=turn.kind)

    def _restored(self, turn: FollowUp, ours: str) -> dict[str, float]:
        return restored(turn.question, ours, turn.rewrite) if turn.rewrite else {}

    def finish(self, rows: Sequence[Row]) -> tuple[tuple[Row, ...], dict[str, Estimate]]:
        """See `evals.tasks.base.Worker.finish`."""
        names = dict.fromkeys(name for row in rows for name in row.scores)
        found = {
            name: intervals.mean([row.scores[name] for row in rows if name in row.scores]) for name in names
        }
        return tuple(rows), dict(sorted(found.items()))


def restored(question: str, ours: str, human: str) -> dict[str, float]:
    """How many of the words a person added to make a question stand alone we added as well.

    The words each added are the bag of its normalised words minus that of the question. Recall is the
    share of the person's added words among ours, precision the share of ours among the person's, F1
    their harmonic mean (the added-words measure of Quan et al. 2019 and Liu et al. 2020, "restoration
    F-score" over single words). Where the person added nothing there is only `changed_needlessly`.
    """
    asked = Counter(metrics.normalise(question).split())
    theirs = Counter(metrics.normalise(human).split()) - asked
    added = Counter(metrics.normalise(ours).split()) - asked
    if not theirs:
        return {"changed_needlessly": float(bool(added))}
    common = sum((theirs & added).values())
    recall = common / sum(theirs.values())
    precision = common / sum(added.values()) if added else 0.0
    f1 = 2 * precision * recall / (precision + recall) if common else 0.0
    return {"restored_recall": recall, "restored_precision": precision, "restored_f1": f1}
