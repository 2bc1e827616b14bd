"""What the axes of plots need: per cents, durations, and curves of a bounded number of points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 240
"""Points of a curve; more could not be told apart."""


def percent(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.3g} %"))


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(x) <= MOST_POINTS:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
    return x[kept], y[kept]


def durations(ax: Axes, low: float, high: float) -> None:
    """Ticks at 1, 2 and 5 of each power of ten, or fewer where they would run into each other."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ticks = list(_steps(low, high, (1, 2, 5)))
    if len(ticks) > 5:
        ticks = list(_steps(low, high, (1, 3)))
    if len(ticks) > 6:
        ticks = list(_steps(low, high, (1,)))
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
    ax.grid(axis="x")


def _steps(low: float, high: float, digits: Sequence[int]) -> Iterator[float]:
    for power in range(-2, 9):
        for digit in digits:
            value = digit * 10.0**power
            if low <= value <= high:
                yield value


def median(values: Sequence[float]) -> float:
    return float(np.median(values))


def duration(ms: float) -> str:
    if ms < 1000:
        return f"{ms:.3g} ms" if ms < 100 else f"{ms:.0f} ms"
    return f"{ms / 1000:.3g} s" if ms < 120_000 else f"{ms / 60000:.3g} min"
