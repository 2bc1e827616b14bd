"""A value for a metric, with how far chance alone would move it.

Every interval is a percentile bootstrap (Efron 1979): the questions are drawn again with
replacement 1,000 times, the metric is computed on each draw, and the middle 95 % of the results is
the interval. The draws are seeded, so the same scores give the same interval. An interval of equal
scores has no width: with few questions that says less than it seems to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

RESAMPLES = 1000
SEED = 20240229
_FEW = 20
_BLOCK = 20_000_000  # draws of one size up to so many are kept in memory for the next metric, a byte each

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
    return _estimate(len(data), lambda times: times @ data / len(data))


def quantile(values: Sequence[float], q: float) -> Estimate:
    """The q-quantile (0 to 1), linear between the two nearest values."""
    data = np.sort(np.asarray(values, dtype=float))
    place = q * (len(data) - 1)
    below, share = int(place), place - int(place)

    def quantiles(times: Floats) -> Floats:
        # The value at a place of the drawn list is the first one whose running count goes beyond it.
        running = np.cumsum(times, axis=1)
        first = data[(running <= below).sum(axis=1)]
        if not share:
            return first
        return first + share * (data[(running <= below + 1).sum(axis=1)] - first)

    # The rows are drawn in the order of the values here, so equal values give equal intervals.
    return _estimate(len(data), quantiles)


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> Estimate:
    """Sum of the parts over sum of the wholes; pass only questions whose whole is above 0."""
    above, below = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    return _estimate(len(above), lambda times: (times @ above) / (times @ below))


def f1_of_means(precision: Sequence[float | None], recall: Sequence[float]) -> Estimate:
    """The harmonic mean of mean precision and mean recall, 0 where both are 0.

    A precision of None (nothing was found, so nothing of it can be wrong) is left out of the mean.
    """
    f1 = _f1(precision, recall)
    return _estimate(len(recall), f1)


def f1_difference(
    precision: Sequence[float | None],
    recall: Sequence[float],
    other_precision: Sequence[float | None],
    other_recall: Sequence[float],
) -> Estimate:
    """How much larger the first `f1_of_means` is than the second, both over the same pages in every draw."""
    first, second = _f1(precision, recall), _f1(other_precision, other_recall)
    return _estimate(len(recall), lambda times: first(times) - second(times))


def _f1(precision: Sequence[float | None], recall: Sequence[float]) -> Callable[[Floats], Floats]:
    known = np.asarray([value is not None for value in precision], dtype=float)
    p = np.asarray([value or 0.0 for value in precision], dtype=float)
    r = np.asarray(recall, dtype=float)

    def f1(times: Floats) -> Floats:
        of_p, of_r = times @ p / np.maximum(times @ known, 1), times @ r / len(r)
        both = of_p + of_r
        return np.divide(2 * of_p * of_r, both, out=np.zeros_like(both), where=both > 0)

    return f1


def balanced_accuracy(right: Sequence[float], positive: Sequence[bool]) -> Estimate:
    """Mean of the accuracy on positive and on negative questions; 0.5 is what one constant choice gets.

    (Brodersen et al. 2010.) Each kind is resampled by itself, so no draw is without one of them.
    """
    data, kind = np.asarray(right, dtype=float), np.asarray(positive, dtype=bool)
    halves = []
    for offset, part in enumerate((kind, ~kind)):
        own = data[part]
        if not len(own):
            raise ValueError("balanced accuracy needs both kinds of question")
        halves.append(np.concatenate([times @ own / len(own) for times in _small_blocks(len(own), offset)]))
    low, high = np.quantile((halves[0] + halves[1]) / 2, [0.025, 0.975])
    value = (float(data[kind].mean()) + float(data[~kind].mean())) / 2
    return Estimate(value, len(data), float(low), float(high))


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> Estimate:
    """Area under the ROC curve: the chance that a positive case outscores a negative one, ties half.

    (Mann and Whitney 1947; Hanley and McNeil 1982.) 0.5 is what scores that say nothing get. Each
    kind is resampled by itself, so no draw is without one of them.
    """
    data, kind = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    yes, no = data[kind], data[~kind]
    if not len(yes) or not len(no):
        raise ValueError("the area needs both kinds of case")
    levels, place = np.unique(data, return_inverse=True)

    def areas(yes_times: Floats, no_times: Floats) -> Floats:
        ups, downs = (np.zeros((len(t), len(levels))) for t in (yes_times, no_times))
        for counts, times, at in ((ups, yes_times, place[kind]), (downs, no_times, place[~kind])):
            np.add.at(counts.T, at, times.T)
        below = np.cumsum(downs, axis=1) - downs / 2  # negatives below, and half of those level
        return (ups * below).sum(axis=1) / (len(yes) * len(no))

    value = float(areas(np.ones((1, len(yes))), np.ones((1, len(no))))[0])
    draws = [areas(a, b) for a, b in zip(_small_blocks(len(yes), 0), _small_blocks(len(no), 1), strict=True)]
    low, high = np.quantile(np.concatenate(draws), [0.025, 0.975])
    return Estimate(value, len(data), float(low), float(high))


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

    def areas(times: Floats) -> Floats:
        weight = times[:, order]
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
    """`statistic` maps a (draws, n) array, how often each draw took each row, to one number per draw."""
    if not count:
        raise ValueError("no question to estimate from")
    value = float(statistic(np.ones((1, count)))[0])
    low, high = np.quantile(
        np.concatenate([statistic(times) for times in _small_blocks(count, 0)]), [0.025, 0.975]
    )
    return Estimate(value, count, float(low), float(high))


def _small_blocks(count: int, offset: int) -> Iterator[Floats]:
    """RESAMPLES draws of `count` rows with replacement, as counts, a few draws at a time: what a
    statistic makes of them then stays in the processor's cache."""
    kept = _kept(count, offset) if count * RESAMPLES <= _BLOCK else None
    random = np.random.default_rng(SEED + offset)
    for start in range(0, RESAMPLES, _FEW):
        yield (_counts(random, count) if kept is None else kept[start : start + _FEW]).astype(float)


@lru_cache(maxsize=8)
def _kept(count: int, offset: int) -> np.ndarray:
    random = np.random.default_rng(SEED + offset)
    return np.concatenate([_counts(random, count) for _ in range(0, RESAMPLES, _FEW)])


def _counts(random: np.random.Generator, count: int) -> np.ndarray:
    """How often each of `_FEW` draws took each row; no row is ever taken 65,536 times."""
    taken = random.integers(0, count, size=(_FEW, count)) + np.arange(_FEW)[:, None] * count
    kind = np.uint8 if count > 255 else np.uint16  # beyond 255 rows, 256 times the same one is out of reach
    return np.bincount(taken.ravel(), minlength=_FEW * count).reshape(_FEW, count).astype(kind)
