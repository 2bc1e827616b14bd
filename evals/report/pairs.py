"""Runs against the first one, question by question: differences with their intervals and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.compare import Comparison, Table, compare_runs
from evals.intervals import Estimate
from evals.paired import Paired
from evals.report import explain, plots
from evals.report.content import WHOLE, Block, Named
from evals.report.figures import Drawing
from index.errors import InputError


@dataclass(frozen=True, slots=True)
class Against:
    """The first run and another one; `trouble` says why they can't be compared, then `found` is None."""

    first: Named
    other: Named
    found: Comparison | None
    trouble: str = ""

    def table(self, block: Block) -> Table | None:
        """The differences of a block, None where there are none."""
        if self.found is None:
            return None
        if block.name == WHOLE:
            return self.found.overall
        return next((one for one in self.found.tables if one.name == block.name), None)


def against_first(runs: Sequence[Named]) -> list[Against]:
    """Every later run compared with the first."""
    found = []
    for other in runs[1:]:
        try:
            found.append(Against(runs[0], other, compare_runs(runs[0].run, other.run)))
        except InputError as error:
            found.append(Against(runs[0], other, None, str(error)))
    return found


def drawing(one: Against, block: Block, prefix: str) -> Drawing | None:
    """How much more or less the other run has, metric by metric."""
    table = one.table(block)
    values = {
        pair.metric: Estimate(pair.difference, pair.n, pair.low, pair.high)
        for pair in (table.tested if table else ())
        if _is_share(pair)
    }
    name = f"{prefix}-difference-{one.other.letter.lower()}"
    title = f"{one.other.letter} − {one.first.letter}"
    alt = f"Difference {title}. " + "; ".join(f"{metric} {e.value:+.3f}" for metric, e in values.items())
    svg = plots.differences(name, values, alt)
    caption = (
        f"Mean difference over the questions that both runs scored, with its 95 % interval: right of zero, {one.other.letter} has more. "
        "Filled where the interval leaves out zero."
    )
    return Drawing(name, f"Difference {title}", caption, svg) if svg else None


def _is_share(pair: Paired) -> bool:
    return explain.meaning(pair.metric).unit == "share" and all(0 <= value <= 1 for value in (pair.a, pair.b))


def lines(table: Table) -> list[dict[str, str]]:
    """The tested differences as text: metric, n, both means, difference, interval, p, and who is better how often."""
    return [
        {
            "name": pair.metric,
            "arrow": explain.arrow(pair.metric),
            "way": explain.direction_words(pair.metric),
            "n": f"{pair.n:,}",
            "a": f"{pair.a:.3f}",
            "b": f"{pair.b:.3f}",
            "difference": signed(pair.difference),
            "span": f"{signed(pair.low)} to {signed(pair.high)}",
            "p": "< .001" if pair.p < 0.001 else f"{pair.p:.3f}",
            "better": f"{pair.wins:,} / {pair.losses:,} / {pair.ties:,}",
            "certain": "yes" if pair.low > 0 or pair.high < 0 else "",
        }
        for pair in table.tested
    ]


def signed(value: float) -> str:
    """A difference with its sign."""
    text = f"{value:+.3f}"
    return "0.000" if float(text) == 0 else text.replace("-", "−")
