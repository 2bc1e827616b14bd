"""The plots of a block: which there are, what they are drawn from, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals import intervals
from evals.intervals import Estimate
from evals.report import explain, plots
from evals.report.content import Block, Cell, decisive
from evals.report.scales import duration, median
from evals.report.text import shown
from evals.rows import Row

MOST_KINDS = 16

_FAMILIES = (
    ("hit", "right article", "a gold article"),
    ("passage_hit", "right passage", "a passage with a gold quote"),
    ("hit_string", "answer's words", "a passage with a reference's words"),
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plot with its title, a caption, and the numbers it is drawn from where the tables lack them."""

    name: str
    title: str
    caption: str
    svg: str
    numbers: tuple[tuple[str, Estimate], ...] = ()


def drawings(block: Block, prefix: str) -> list[Drawing]:
    """The plots of a block that have something to show. `prefix` keeps the ids of two blocks apart."""
    found = [
        _at_a_glance(block, prefix),
        *_retrieval(block, prefix),
        _risk(block, prefix),
        *_latency(block, prefix),
        _kinds(block, prefix),
    ]
    return [one for one in found if one is not None and one.svg]


def comparison(block: Block, prefix: str) -> Drawing | None:
    """All shares of several runs, side by side."""
    series = [plots.Scores(cell.named.label, _shares(cell)) for cell in block.cells]
    svg = plots.comparison(f"{prefix}-comparison", series, f"{block.name}: metrics of the runs side by side")
    caption = "Points are values, lines 95 % intervals of each run by itself."
    return Drawing(f"{prefix}-comparison", "All shares, run by run", caption, svg) if svg else None


def _at_a_glance(block: Block, prefix: str) -> Drawing | None:
    """The shares of a task that has no plots of its own."""
    cell, *others = block.cells
    if block.task in ("ask", "retrieve") or others:
        return None
    shares = _shares(cell)
    if len(shares) < 2:
        return None
    alt = "; ".join(f"{name} {one.value:.2f}" for name, one in shares.items())
    name = f"{prefix}-shares"
    svg = plots.comparison(name, [plots.Scores(block.name, shares)], f"{block.name}: {alt}")
    return Drawing(name, "All shares", "Points are values, lines 95 % intervals.", svg)


def _shares(cell: Cell) -> dict[str, Estimate]:
    return {name: one for name, one in cell.metrics.items() if explain.unit_of(name, one) == "share"}


# ---- retrieval -------------------------------------------------------------------------------


def _retrieval(block: Block, prefix: str) -> list[Drawing]:
    several = len(block.cells) > 1
    if block.task == "followups" and not several:
        return [_by_wording(block.cells[0], prefix)]
    lines = {
        family: [
            plots.Cutoffs(cell.named.label if several else words, _cutoffs(cell, family))
            for cell in block.cells
        ]
        for family, words, _ in _FAMILIES
    }
    if not several:
        series = [line for family, _, _ in _FAMILIES for line in lines[family] if line.points]
        caption = (
            "Right article: a gold article is among the first k. Right passage: one of the first k passages overlaps a gold quote. "
            "Answer's words: a reference answer stands in one of them. Lines are 95 % intervals."
        )
        return [_cutoff_drawing(f"{prefix}-retrieval", "Retrieval by cutoff", caption, series)]
    return [
        _cutoff_drawing(
            f"{prefix}-retrieval-{family.replace('_', '-')}",
            f"Retrieval by cutoff: {words}",
            f"Share of questions with {what} among the first k, with 95 % intervals.",
            lines[family],
        )
        for family, words, what in _FAMILIES
    ]


def _by_wording(cell: Cell, prefix: str) -> Drawing:
    wordings = (("", "as understood"), ("_bare", "as typed"), ("_human", "a person's"))
    series = [plots.Cutoffs(words, _cutoffs(cell, "hit", mark)) for mark, words in wordings]
    caption = (
        "Share of follow-up questions with a gold article among the first k, by how the question was worded."
    )
    return _cutoff_drawing(f"{prefix}-retrieval", "Retrieval by wording", caption, series)


def _cutoff_drawing(name: str, title: str, caption: str, series: Sequence[plots.Cutoffs]) -> Drawing:
    alt = "; ".join(
        f"{line.name}: "
        + ", ".join(f"{point.value:.2f} among the first {cutoff}" for cutoff, point in line.points)
        for line in series
        if line.points
    )
    return Drawing(name, title, caption, plots.retrieval_by_cutoff(name, series, f"{title}. {alt}"))


def _cutoffs(cell: Cell, family: str, mark: str = "") -> tuple[tuple[int, Estimate], ...]:
    found = []
    for name, one in cell.metrics.items():
        start, _, cutoff = name.removesuffix(mark).partition("@")
        if start == family and cutoff.isdigit() and name.endswith(mark):
            found.append((int(cutoff), one))
    return tuple(sorted(found))


# ---- abstention ------------------------------------------------------------------------------


def _risk(block: Block, prefix: str) -> Drawing | None:
    if block.task != "ask":
        return None
    cells = [cell for cell in block.cells if len({row.answerable for row in cell.rows}) == 2]
    series = [_risk_of(cell) for cell in cells]
    said = [words for words in map(_operating_words, series) if words]
    caption = (
        "Questions by falling confidence: the curve is the share of unanswerable and failed ones among those answered so far. "
        "Dashed: where the run's threshold lies; the point: what was answered in the end. " + " ".join(said)
    ).strip()
    name = f"{prefix}-risk-coverage"
    svg = plots.risk_coverage(name, series, "Risk by coverage. " + " ".join(said))
    return Drawing(name, "Risk and coverage", caption, svg)


def _risk_of(cell: Cell) -> plots.Risk:
    loss = tuple(float(bool(row.error) or not row.answerable) for row in cell.rows)
    sure = tuple(0.0 if row.error else row.confidence for row in cell.rows)
    taken = [lost for row, lost in zip(cell.rows, loss, strict=True) if row.answered]
    threshold = cell.named.run.settings.get("abstain_threshold")
    return plots.Risk(
        cell.named.label if cell.named.letter else "",
        sure,
        loss,
        float(threshold) if isinstance(threshold, int | float) else None,
        (len(taken) / len(loss), intervals.mean(taken)) if taken else None,
    )


def _operating_words(one: plots.Risk) -> str:
    if one.operating is None:
        return ""
    coverage, risk = one.operating
    start = f"{one.name}: " if one.name else ""
    at = "" if one.threshold is None else f"with threshold {one.threshold:g}, "
    text = (
        f"{at}{coverage:.0%} of the questions were answered; of these, {risk.value:.0%} should not have been"
    )
    text = text[0].upper() + text[1:] if not start else text
    return f"{start}{text} (95 %: {risk.low:.0%} to {risk.high:.0%}, n = {risk.n}).".replace(
        "%", " %"
    ).replace("  %", " %")


# ---- times -----------------------------------------------------------------------------------


def _latency(block: Block, prefix: str) -> list[Drawing]:
    measures = (
        ("first_sentence", "first sentence", lambda row: row.answered),
        ("total", "whole answer", lambda row: True),
        ("retrieve", "retrieval", lambda row: block.task == "retrieve"),
    )

    def times(cell: Cell, key: str, counts) -> tuple[float, ...]:  # type: ignore[no-untyped-def]
        return tuple(row.timings_ms[key] for row in cell.rows if key in row.timings_ms and counts(row))

    if len(block.cells) == 1:
        series = [plots.Times(words, times(block.cells[0], key, counts)) for key, words, counts in measures]
        return [_latency_drawing(f"{prefix}-latency", "Latency", series)]
    return [
        _latency_drawing(
            f"{prefix}-latency-{key.replace('_', '-')}",
            f"Latency: {words}",
            [plots.Times(cell.named.label, times(cell, key, counts)) for cell in block.cells],
        )
        for key, words, counts in measures
    ]


def _latency_drawing(name: str, title: str, series: Sequence[plots.Times]) -> Drawing:
    medians = "; ".join(
        f"{one.name}: half within {duration(median(one.values))}" for one in series if one.values
    )
    caption = "The share of questions that were done within a time. Points mark half and 95 % of them; the legend tells the median."
    return Drawing(name, title, caption, plots.latency(name, series, f"{title}. {medians}"))


# ---- kinds of question -----------------------------------------------------------------------


def _kinds(block: Block, prefix: str) -> Drawing | None:
    tables = [_by_kind(cell) for cell in block.cells]
    names = list(dict.fromkeys(name for table in tables for name in table))
    if len(names) < 2:
        return None
    if len(names) > MOST_KINDS:
        size = {name: max(table[name].n for table in tables if name in table) for name in names}
        kept = set(sorted(names, key=lambda name: -size[name])[:MOST_KINDS])
        names = [name for name in names if name in kept]
    several = len(block.cells) > 1
    series = [
        plots.Scores(
            cell.named.label,
            {
                (name if several else f"{name} ({table[name].n})"): table[name]
                for name in names
                if name in table
            },
        )
        for cell, table in zip(block.cells, tables, strict=True)
    ]
    numbers = [
        (f"{cell.named.letter} {shown(name)}".strip(), table[name])
        for name in names
        for cell, table in zip(block.cells, tables, strict=True)
        if name in table
    ]
    what = sorted({one[0] for cell in block.cells for row in cell.rows if (one := decisive(row, block.task))})
    caption = f"{' / '.join(what) or 'Score'} by kind, with 95 % intervals"
    if any(name.endswith(_ABSTAINED) for name in names):
        caption += "; for unanswerable ones, the share on which it abstained"
    name = f"{prefix}-kinds"
    alt = "Score by kind of question. " + "; ".join(
        f"{label}: {one.value:.2f}, n = {one.n}" for label, one in numbers
    )
    return Drawing(
        name,
        "Score by kind of question" if block.task in ("ask", "retrieve") else "Score by kind",
        caption + ".",
        plots.score_by_kind(name, series, alt),
        tuple(numbers),
    )


_ABSTAINED = ": abstained"


def _by_kind(cell: Cell) -> dict[str, Estimate]:
    """Kind -> score, the kinds with most questions first and the unanswerable ones last."""
    answerable: dict[str, list[float]] = {}
    abstained: dict[str, list[float]] = {}
    for row in cell.rows:
        name = row.kind or "no kind given"
        if not row.answerable and "abstention_recall" in row.scores:
            abstained.setdefault(f"{name}{_ABSTAINED}", []).append(row.scores["abstention_recall"])
        elif (value := _share(row, cell.task)) is not None:
            answerable.setdefault(name, []).append(value)
    return {
        name: intervals.mean(values)
        for group in (answerable, abstained)
        for name, values in sorted(group.items(), key=lambda item: (-len(item[1]), item[0]))
    }


def _share(row: Row, task: str) -> float | None:
    score = decisive(row, task)
    return score[1] if score and 0 <= score[1] <= 1 else None
