"""Statements and the texts that support them or do not: how good is the support check?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evals import intervals
from evals.cases import sample
from evals.intervals import Estimate
from evals.metrics import normalise
from evals.rows import Row
from evals.tasks.base import Bench, WithoutIndex


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement, the sentences of the text it is about, whether they support it, and which of them do
    (by index; empty where nobody marked them)."""

    id: str
    text: str
    sentences: tuple[str, ...]
    supported: bool
    gold: frozenset[int] = frozenset()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ClaimTask:
    """See `evals.tasks.base.Task`."""

    name: str
    claims: tuple[Claim, ...]
    data_sha256: str
    kind: str = "support"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(claim.id for claim in self.claims)

    def sampled(self, limit: int | None, seed: int) -> ClaimTask:
        """See `evals.tasks.base.Task.sampled`."""
        return replace(self, claims=sample(self.claims, limit, seed))

    def open(self, bench: Bench) -> ClaimWorker:
        """See `evals.tasks.base.Task.open`."""
        return ClaimWorker(self, bench)


class ClaimWorker(WithoutIndex):
    """Checks one claim after the other (see `evals.tasks.base.Worker`).

    Metrics: `support_auroc` (the check's score as a ranking of claims), `support_balanced_accuracy`
    (its decision), `support_recall` (supported claims it accepts) and `support_false_accept` (others
    it accepts). Beside them what costs nothing: `support_majority` (accuracy of the commoner answer),
    `support_auroc_cosine` (the largest cosine of the claim with a sentence), `support_auroc_overlap`
    (the share of the claim's words that stand in the text). `support_sentence_hit@1` and `@3`: a
    marked sentence is the closest one, or among the closest three.
    """

    def __init__(self, task: ClaimTask, bench: Bench) -> None:
        super().__init__()
        self._system = bench.system
        self._claims = {claim.id: claim for claim in task.claims}
        first = task.claims[0]
        bench.system.supports(first.text, first.sentences[:1])  # what has to be loaded is loaded now

    def row(self, item_id: str) -> Row:
        """See `evals.tasks.base.Worker.row`."""
        claim = self._claims[item_id]
        found = self._system.supports(claim.text, claim.sentences)
        words, held = normalise(claim.text).split(), set(normalise(" ".join(claim.sentences)).split())
        scores = {
            "support_correct": float(found.ok == claim.supported),
            "support_score": found.score,
            "cosine_score": found.cosine,
            "overlap_score": sum(word in held for word in words) / len(words) if words else 0.0,
        }
        if claim.gold:
            scores["support_sentence_hit@1"] = float(bool(claim.gold & set(found.sentences[:1])))
            scores["support_sentence_hit@3"] = float(bool(claim.gold & set(found.sentences[:3])))
        return Row(
            claim.id,
            claim.text,
            "supported" if found.ok else "not supported",
            scores,
            kind=claim.kind,
            answerable=claim.supported,
            answered=found.ok,
            confidence=found.score,
        )

    def failed(self, item_id: str, error: str) -> Row:
        """See `evals.tasks.base.Worker.failed`: the decision is wrong, the scores are the worst ones."""
        claim = self._claims[item_id]
        worst = 0.0 if claim.supported else 1.0
        names = ("support_score", "cosine_score", "overlap_score")
        scores = {"support_correct": 0.0, **dict.fromkeys(names, worst)}
        return Row(claim.id, claim.text, "", scores, error, kind=claim.kind, answerable=claim.supported)

    def finish(self, rows: Sequence[Row]) -> tuple[tuple[Row, ...], dict[str, Estimate]]:
        """See `evals.tasks.base.Worker.finish`."""
        kinds = [row.answerable for row in rows]
        right = [row.scores["support_correct"] for row in rows]
        found: dict[str, Estimate] = {}
        if any(kinds) and not all(kinds):
            found["support_auroc"] = intervals.auroc([row.scores["support_score"] for row in rows], kinds)
            for peer in ("cosine", "overlap"):
                scores = [row.scores[f"{peer}_score"] for row in rows]
                found[f"support_auroc_{peer}"] = intervals.auroc(scores, kinds)
            found["support_balanced_accuracy"] = intervals.balanced_accuracy(right, kinds)
        if yes := [one for one, kind in zip(right, kinds, strict=True) if kind]:
            found["support_recall"] = intervals.mean(yes)
        if no := [1 - one for one, kind in zip(right, kinds, strict=True) if not kind]:
            found["support_false_accept"] = intervals.mean(no)
        commoner = sum(kinds) * 2 >= len(kinds)
        found["support_majority"] = intervals.mean([float(kind == commoner) for kind in kinds])
        found["support_accuracy"] = intervals.mean(right)
        for name in ("support_sentence_hit@1", "support_sentence_hit@3"):
            if values := [row.scores[name] for row in rows if name in row.scores]:
                found[name] = intervals.mean(values)
        return tuple(rows), found
