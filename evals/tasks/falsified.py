"""Questions asked of articles of which some are falsified: who says what, and is the disagreement told?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evals import intervals
from evals.cases import sample
from evals.formats.rgb import FalsifiedSuite
from evals.intervals import Estimate
from evals.metrics import contains
from evals.rows import Row
from evals.tasks.ask import AskTask, AskWorker
from evals.tasks.base import Bench


@dataclass(frozen=True, slots=True)
class FalsifiedTask:
    """Every question under one condition (see `evals.tasks.base.Task`)."""

    falsified: FalsifiedSuite
    kind: str = "ask"

    @property
    def name(self) -> str:
        return self.falsified.suite.name

    @property
    def data_sha256(self) -> str:
        return self.falsified.suite.data_sha256

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(case.id for case in self.falsified.suite.cases)

    def sampled(self, limit: int | None, seed: int) -> FalsifiedTask:
        """See `evals.tasks.base.Task.sampled`."""
        suite = self.falsified.suite
        cases = sample(suite.cases, limit, seed)
        return replace(self, falsified=replace(self.falsified, suite=replace(suite, cases=cases)))

    def open(self, bench: Bench) -> FalsifiedWorker:
        """See `evals.tasks.base.Task.open`."""
        return FalsifiedWorker(self, bench)


class FalsifiedWorker(AskWorker):
    """As `AskWorker`, and counts `says_true` and `says_false` (the true or the falsified answer stands
    in what is shown; an abstention says neither) and `says_both`: the reader sees that the articles
    disagree."""

    def __init__(self, task: FalsifiedTask, bench: Bench) -> None:
        super().__init__(AskTask(task.falsified.suite), bench)
        self._false = task.falsified.false_answers

    def row(self, item_id: str) -> Row:
        """See `evals.tasks.base.Worker.row`."""
        return self._with_sides(super().row(item_id))

    def failed(self, item_id: str, error: str) -> Row:
        """See `evals.tasks.base.Worker.failed`."""
        return self._with_sides(super().failed(item_id, error))

    def _with_sides(self, row: Row) -> Row:
        text = " ".join(str(one["text"]) for one in row.shown) if row.answered else ""
        true = contains(text, row.references)
        false = contains(text, self._false[row.id])
        sides = {"says_true": true, "says_false": false, "says_both": true * false}
        return replace(row, scores={**row.scores, **sides})

    def finish(self, rows: Sequence[Row]) -> tuple[tuple[Row, ...], dict[str, Estimate]]:
        """See `evals.tasks.base.Worker.finish`."""
        ranked, found = super().finish(rows)
        for name in ("says_true", "says_false", "says_both"):
            found[name] = intervals.mean([row.scores[name] for row in ranked])
        return ranked, found
