"""The plots: one small function each, from numbers to an SVG string.

Every function takes the series of one or several runs; colours and marks go by their order. What
has nothing to show gives "".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.intervals import Estimate
from evals.report.canvas import (
    COLOURS,
    INK,
    MARKERS,
    PAPER,
    SERIES,
    SOFT,
    WIDE,
    WIDTH,
    axes,
    drawn,
    heading,
    label,
)
from evals.report.scales import duration, durations, median, percent, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """A metric at several cutoffs, as in hit@1, hit@4 and hit@10."""

    name: str
    points: tuple[tuple[int, Estimate], ...]


@dataclass(frozen=True, slots=True)
class Risk:
    """What a risk-coverage curve is made of.

    `confidence` and `loss` (1: should not have been answered) of each question; `threshold` is the
    one the run worked with, None where it is not known; `operating` is the share of questions that
    were answered and the loss among them, None where none was.
    """

    name: str
    confidence: tuple[float, ...]
    loss: tuple[float, ...]
    threshold: float | None = None
    operating: tuple[float, Estimate] | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each question."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """A value with its interval for each of several rows (kinds of question, metrics)."""

    name: str
    values: dict[str, Estimate]


def retrieval_by_cutoff(plot: str, series: Sequence[Cutoffs], alt: str) -> str:
    """Lines over the cutoffs, with their intervals."""
    series = [one for one in series if one.points][:SERIES]
    cutoffs = sorted({cutoff for one in series for cutoff, _ in one.points})
    if len(cutoffs) < 2:
        return ""

    def draw(figure: Figure) -> None:
        ax = axes(figure, top=58 if len(series) > 1 else 34)
        heading(figure, "share of questions")
        for order, one in enumerate(series):
            dodge = (order - (len(series) - 1) / 2) * 0.075
            x = [cutoffs.index(cutoff) + dodge for cutoff, _ in one.points]
            _with_intervals(ax, x, [point for _, point in one.points], order, line=True)
        ax.set_xticks(range(len(cutoffs)), [str(cutoff) for cutoff in cutoffs])
        ax.set_xlim(-0.3, len(cutoffs) - 0.7)
        ax.set_xlabel("among the first k")
        _shares(ax, [point for one in series for _, point in one.points])
        _legend(figure, [(order, one.name) for order, one in enumerate(series)])

    return drawn(plot, 270, draw, alt)


def risk_coverage(plot: str, series: Sequence[Risk], alt: str) -> str:
    """The share that should not have been answered, by how many are; the working threshold marked."""
    series = [one for one in series if 0 < sum(one.loss) < len(one.loss)][:SERIES]
    if not series:
        return ""

    def draw(figure: Figure) -> None:
        several = len(series) > 1
        ax = axes(figure, top=58 if several else 34)
        heading(figure, "of those, the share that should not be answered")
        highest = 0.0
        for order, one in enumerate(series):
            coverage, risk = risk_curve(one.confidence, one.loss)
            highest = max(highest, float(risk.max()))
            base = float(np.mean(one.loss))
            if not several:
                ax.axhline(base, color=SOFT, linewidth=1, linestyle=(0, (1, 3)))
                ax.annotate(
                    "if confidence said nothing", (0.008, base), (0, 4), textcoords="offset points",
                    ha="left", va="bottom", color=SOFT, fontsize=11,
                )  # fmt: skip
            ax.plot(*thinned(coverage, risk), color=COLOURS[order], zorder=3)
        top = min(1.12, max(highest, 0.05) * 1.22)
        for order, one in enumerate(series):
            _working_point(ax, one, order, top, several)
        ax.set_ylim(0, top)
        ax.set_xlim(0, 1.0)
        ax.set_xlabel("share of questions answered, surest first")
        percent(ax.xaxis)
        percent(ax.yaxis)
        ax.grid(axis="y")
        if several:
            _legend(figure, [(order, one.name) for order, one in enumerate(series)])

    return drawn(plot, 270, draw, alt)


def risk_curve(confidence: Sequence[float], loss: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Coverage i/n and the mean loss of the i surest questions, i = 1..n; equal confidences share their loss.

    The mean of the risks is `evals.intervals.risk_coverage_area`.
    """
    order = np.argsort(-np.asarray(confidence, dtype=float), kind="stable")
    sure, lost = np.asarray(confidence, dtype=float)[order], np.asarray(loss, dtype=float)[order]
    starts = np.flatnonzero(np.r_[True, sure[1:] != sure[:-1]])
    sizes = np.diff(np.r_[starts, len(sure)])
    shared = np.repeat(np.add.reduceat(lost, starts) / sizes, sizes)
    count = np.arange(1, len(sure) + 1)
    return count / len(sure), np.cumsum(shared) / count


def latency(plot: str, series: Sequence[Times], alt: str) -> str:
    """The share of answers that stand after so much time, with the median and the 95th percentile marked."""
    series = [Times(one.name, tuple(max(value, 0.1) for value in one.values)) for one in series]
    series = [one for one in series if len(one.values) > 1][:SERIES]
    if not series:
        return ""

    def draw(figure: Figure) -> None:
        ax = axes(figure, top=58)
        heading(figure, "share of questions")
        ax.set_xscale("log")
        for order, one in enumerate(series):
            values = np.sort(np.asarray(one.values))
            share = np.arange(1, len(values) + 1) / len(values)
            x, y = thinned(np.r_[values[0], values], np.r_[0.0, share])
            ax.step(x, y, where="post", color=COLOURS[order], zorder=3)
            marks = np.quantile(values, [0.5, 0.95])
            ax.plot(
                marks, [0.5, 0.95], linestyle="none", marker=MARKERS[order], color=COLOURS[order],
                markeredgecolor=PAPER, markersize=8, zorder=4,
            )  # fmt: skip
        for level, name in ((0.5, "half"), (0.95, "95 %")):
            ax.axhline(level, color=SOFT, linewidth=1, linestyle=(0, (1, 3)), zorder=1)
            ax.annotate(
                name, (0.0, level), (2, 3), xycoords=("axes fraction", "data"),
                textcoords="offset points", color=SOFT, fontsize=11,
            )  # fmt: skip
        low = min(min(one.values) for one in series)
        high = max(max(one.values) for one in series)
        ax.set_xlim(low / 1.6, high * 1.15)
        durations(ax, low / 1.6, high * 1.15)
        ax.set_ylim(0, 1.02)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
        percent(ax.yaxis)
        ax.set_xlabel("time (each step of the scale is a factor)")
        _legend(
            figure,
            [(order, f"{one.name}: {duration(median(one.values))}") for order, one in enumerate(series)],
        )

    return drawn(plot, 270, draw, alt)


def score_by_kind(plot: str, series: Sequence[Scores], alt: str) -> str:
    """A row for each kind of question: bars for one run, points for several, both with intervals."""
    return _rows(plot, series, alt, bars=len(series) == 1, axis="mean score")


def comparison(plot: str, series: Sequence[Scores], alt: str) -> str:
    """A row for each metric, a point with its interval for each run."""
    return _rows(plot, series, alt, bars=False, axis="value and 95 % interval")


def differences(plot: str, values: dict[str, Estimate], alt: str) -> str:
    """A row for each metric: how much the second run has more than the first, zero marked."""
    if not values:
        return ""
    reach = min(1.0, max(0.05, *(max(abs(one.low), abs(one.high)) for one in values.values())) * 1.1)

    def draw(figure: Figure) -> None:
        ax = _row_axes(figure, list(values), top=20)
        ax.axvline(0, color=SOFT, linewidth=1.2)
        for place, one in enumerate(values.values()):
            certain = one.low > 0 or one.high < 0
            ax.plot([one.low, one.high], [place, place], color=COLOURS[0], linewidth=2)
            ax.plot(
                [one.value], [place], marker="o", markersize=8, color=COLOURS[0],
                markerfacecolor=COLOURS[0] if certain else PAPER, markeredgewidth=2,
            )  # fmt: skip
        ax.set_xlim(-reach, reach)
        ax.grid(axis="x")
        ax.set_xlabel("difference (filled: not zero)")

    return drawn(plot, _row_height(len(values)), draw, alt, width=WIDE)


# ---- what the plots share --------------------------------------------------------------------


def _rows(plot: str, series: Sequence[Scores], alt: str, *, bars: bool, axis: str) -> str:
    series = [one for one in series if one.values][:SERIES]
    names = list(dict.fromkeys(name for one in series for name in one.values))
    if not names:
        return ""

    def draw(figure: Figure) -> None:
        ax = _row_axes(figure, names, top=34 if len(series) > 1 else 10)
        for order, one in enumerate(series):
            dodge = (order - (len(series) - 1) / 2) * min(0.26, 0.72 / len(series))
            places = [names.index(name) + dodge for name in one.values]
            if bars:
                ax.barh(
                    places, [point.value for point in one.values.values()], height=0.62, color=COLOURS[0],
                    alpha=0.22, linewidth=0,
                )  # fmt: skip
            _with_intervals(ax, places, list(one.values.values()), order, across=True)
        ax.set_xlim(0, 1.02)
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
        ax.grid(axis="x")
        ax.set_xlabel(axis)
        if len(series) > 1:
            _legend(figure, [(order, one.name) for order, one in enumerate(series)], top=6)

    height = _row_height(len(names), len(series))
    return drawn(plot, height, draw, alt, width=WIDTH if bars else WIDE)


def _row_height(rows: int, series: int = 1) -> float:
    return rows * max(24.0, 11.0 * series + 6) + (90 if series > 1 else 62)


def _row_axes(figure: Figure, names: Sequence[str], *, top: float) -> Axes:
    labels = [label(name, 28) for name in names]
    room = min(210.0, 14 + 7.2 * max(map(len, labels)))
    ax = axes(figure, left=room, top=top, bottom=44)
    ax.set_yticks(range(len(labels)), labels)
    for tick in ax.get_yticklabels():
        tick.set_color(INK)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.spines["bottom"].set_visible(False)
    return ax


def _with_intervals(
    ax: Axes,
    at: Sequence[float],
    points: Sequence[Estimate],
    order: int,
    *,
    line: bool = False,
    across: bool = False,
) -> None:
    values = [point.value for point in points]
    reach: Any = [
        [max(0.0, point.value - point.low) for point in points],
        [max(0.0, point.high - point.value) for point in points],
    ]
    style: dict[str, Any] = {
        "fmt": f"{MARKERS[order]}{'-' if line else ''}",
        "color": COLOURS[order],
        "ecolor": COLOURS[order],
        "elinewidth": 1.4,
        "capsize": 0,
        "markeredgecolor": PAPER,
        "markersize": 8,
        "zorder": 3,
    }
    if across:
        ax.errorbar(values, at, xerr=reach, **style)
    else:
        ax.errorbar(at, values, yerr=reach, **style)


def _working_point(ax: Axes, one: Risk, order: int, top: float, several: bool) -> None:
    """The threshold the run worked with, as a line across the curve, and what came of it, as a point."""
    if one.threshold is not None:
        coverage = float(np.mean([sure >= one.threshold for sure in one.confidence]))
        ax.plot(
            [coverage, coverage], [0, top], color=COLOURS[order] if several else INK, linewidth=1.2,
            linestyle=(0, (4, 3)), zorder=2,
        )  # fmt: skip
        if not several:
            left = coverage > 0.55
            ax.annotate(
                f"threshold {one.threshold:g}", (coverage, top), (-6 if left else 6, -4),
                textcoords="offset points", ha="right" if left else "left", va="top", fontsize=12, color=INK,
            )  # fmt: skip
    if one.operating is not None:
        answered, risk = one.operating
        _with_intervals(ax, [answered], [risk], order)


def _shares(ax: Axes, points: Sequence[Estimate]) -> None:
    """A y axis of shares that starts at zero unless everything is near the top."""
    low = min(point.low for point in points)
    ax.set_ylim(0.5 if low >= 0.6 else 0, 1.02)
    percent(ax.yaxis)
    ax.grid(axis="y")


def _legend(figure: Figure, entries: Sequence[tuple[int, str]], top: float = 28) -> None:
    """The series by name, in a line below the heading."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches() * 72
    handles = [
        Line2D(
            [],
            [],
            color=COLOURS[order],
            marker=MARKERS[order],
            markersize=7,
            markeredgecolor=PAPER,
            linewidth=2,
        )
        for order, _ in entries
    ]
    limit = {1: 56, 2: 26, 3: 17, 4: 12}.get(len(entries), 9)
    figure.legend(
        handles, [label(name, limit) for _, name in entries], loc="upper left",
        bbox_to_anchor=(4 / width, 1 - top / height), ncols=len(entries), labelcolor=INK,
    )  # fmt: skip
