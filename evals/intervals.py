"""A value for a metric, with how far chance alone would move it.

Every interval is a percentile bootstrap (Efron 1979): the questions are drawn again with
replacement 1,000 times, the metric is computed on each draw, and the middle 95 % of the results is
the interval. The draws are seeded, so the same scores give the same interval. An interval of equal
scores has no width: with few questions that says less than it seems to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
SEED = 20240229
_BLOCK = 2_000_000  # draws held in memory at once

Floats = np.ndarray


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric's value, the number of questions behind it, and its 95 % bootstrap interval."""

    value: float
    n: int
    low: float
    high: float


def mean(values: Sequence[float]) -> Estimate:
    """The arithmetic mean of one number per question."""
    data = np.asarray(values, dtype=float)
    return _estimate(len(data), lambda draw: data[draw].mean(axis=1))


def quantile(values: Sequence[float], q: float) -> Estimate:
    """The q-quantile (0 to 1), linear between the two nearest values."""
    data = np.asarray(values, dtype=float)
    return _estimate(len(data), lambda draw: np.quantile(data[draw], q, axis=1))


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> Estimate:
    """Sum of the parts over sum of the wholes; pass only questions whose whole is above 0."""
    above, below = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    return _estimate(len(above), lambda draw: above[draw].sum(axis=1) / below[draw].sum(axis=1))


def balanced_accuracy(right: Sequence[float], positive: Sequence[bool]) -> Estimate:
    """Mean of the accuracy on positive and on negative questions; 0.5 is what one constant choice gets.

    (Brodersen et al. 2010.) Each kind is resampled by itself, so no draw is without one of them.
    """
    data, kind = np.asarray(right, dtype=float), np.asarray(positive, dtype=bool)
    yes, no = mean(data[kind].tolist()), mean(data[~kind].tolist())
    halves = [
        _draws(data[part], lambda block: block.mean(axis=1), offset)
        for offset, part in enumerate((kind, ~kind))
    ]
    low, high = np.quantile((halves[0] + halves[1]) / 2, [0.025, 0.975])
    return Estimate((yes.value + no.value) / 2, len(data), float(low), float(high))


def risk_coverage_area(confidence: Sequence[float], loss: Sequence[float]) -> Estimate:
    """Area under the risk-coverage curve (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017); lower is better.

    Questions are taken by falling confidence; the risk at coverage i/n is the mean loss of the
    first i, and the area is the mean of those risks over i = 1..n. Questions of equal confidence
    share their mean loss, so that their order does not matter.
    """
    order = np.argsort(-np.asarray(confidence, dtype=float), kind="stable")
    sure, lost = np.asarray(confidence, dtype=float)[order], np.asarray(loss, dtype=float)[order]
    starts = np.flatnonzero(np.r_[True, sure[1:] != sure[:-1]]) if len(sure) else np.zeros(0, dtype=int)
    count = len(sure)
    harmonic = np.r_[0.0, np.cumsum(1.0 / np.arange(1, count + 1))]

    def areas(draw: Floats) -> Floats:
        weight = np.zeros(draw.shape)
        rows = np.repeat(np.arange(draw.shape[0]), draw.shape[1])
        np.add.at(weight, (rows, draw.ravel()), 1.0)
        size = np.add.reduceat(weight, starts, axis=1)
        lost_in = np.add.reduceat(weight * lost, starts, axis=1)
        end, lost_by = size.cumsum(axis=1), lost_in.cumsum(axis=1)
        before, lost_before = end - size, lost_by - lost_in
        share = np.divide(lost_in, size, out=np.zeros_like(size), where=size > 0)
        # the sum over i = before+1 .. end of (lost_before + (i - before) * share) / i
        steps = harmonic[end.astype(int)] - harmonic[before.astype(int)]
        return (size * share + (lost_before - before * share) * steps).sum(axis=1) / count

    return _estimate(count, areas)


def _estimate(count: int, statistic: Callable[[Floats], Floats]) -> Estimate:
    """`statistic` maps a (draws, n) array of row numbers to one number per draw."""
    if not count:
        raise ValueError("no question to estimate from")
    value = float(statistic(np.arange(count)[None, :])[0])
    low, high = np.quantile(np.concatenate([statistic(draw) for draw in _blocks(count, 0)]), [0.025, 0.975])
    return Estimate(value, count, float(low), float(high))


def _draws(data: Floats, statistic: Callable[[Floats], Floats], offset: int) -> Floats:
    return np.concatenate([statistic(data[draw]) for draw in _blocks(len(data), offset)])


def _blocks(count: int, offset: int) -> Iterator[Floats]:
    """RESAMPLES draws of `count` rows with replacement, in blocks of bounded size."""
    random = np.random.default_rng(SEED + offset)
    size = max(1, _BLOCK // count)
    for start in range(0, RESAMPLES, size):
        yield random.integers(0, count, size=(min(size, RESAMPLES - start), count))
