"""Statistics of two scores for each question: a test, an interval, wins and losses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals import intervals
from evals.rows import Row

FLIPS = 10_000
SEED = 20240229
ROUNDING = 1e-6
"""Differences up to this are none: run.json holds six digits."""

BALANCED = ("abstention_balanced_accuracy", "support_balanced_accuracy")
"""Means of two means, one over each kind of question (or claim), as `Row.answerable` has it."""

_BLOCK = 2_000_000  # signs held in memory at once

Pair = tuple[Row, Row]
"""One question in run A and in run B."""


@dataclass(frozen=True, slots=True)
class Paired:
    """One metric over the `n` questions that both runs scored by it.

    `a` and `b` are means over those questions, `low` and `high` the 95 % interval of `difference`
    (b - a), `p` as in `randomisation_test`. `wins` counts questions where B is better, `losses` where
    A is; where neither direction is better (`better` is 0), wins are those where B is higher.
    `only_a` and `only_b` count questions that one run alone scored, as citations are scored where a
    question was answered.
    """

    metric: str
    better: int
    n: int
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    wins: int
    losses: int
    ties: int
    only_a: int
    only_b: int


def better(metric: str) -> int:
    """1 where a higher value is better, -1 where a lower one is, 0 where neither."""
    from evals.report.explain import meaning  # here, for the report uses this module

    return meaning(metric).better


def randomisation_test(differences: np.ndarray) -> np.ndarray:
    """Two-sided p-values of a paired randomisation test on the mean (Fisher 1935; Smucker et al. 2007).

    If A and B were the same, each difference could as well have had the other sign. So signs are
    drawn 10,000 times (seeded), and p = (draws whose mean is at least as far from 0 as the one
    found + 1) / (draws + 1). A difference of 0 has no part in it, so all metrics of a part share the signs.

    Args:
        differences: question x metric, B - A; 0 where a metric does not apply.

    Returns:
        One p per metric; 1 where nothing differs.
    """
    count = len(differences)
    found, total = np.abs(differences.sum(axis=0)), differences.sum(axis=0)
    found = found - ROUNDING * np.abs(differences).sum(axis=0)  # rounded scores must not break ties
    live = np.flatnonzero(differences.any(axis=1))
    kept = differences[live]
    random = np.random.default_rng(SEED)
    width = -(-count // 64) * 8  # bytes of whole draws, so that the block's size does not change them
    size, beyond = max(1, _BLOCK // max(1, count)), np.zeros(differences.shape[1])
    for start in range(0, FLIPS, size):
        flips = min(size, FLIPS - start)
        drawn = np.frombuffer(random.bytes(flips * width), np.uint8).reshape(flips, width)
        signs = np.unpackbits(drawn, axis=1, count=count)[:, live].astype(float)
        beyond += (np.abs(2 * (signs @ kept) - total) >= found).sum(axis=0)
    return (beyond + 1) / (FLIPS + 1)


def tested_metrics(names: Sequence[str], pairs: Sequence[Pair]) -> tuple[Paired, ...]:
    """Every one of the metrics that both runs scored at least one question by.

    Each is the mean of its scores, but those of `BALANCED` are the mean of two means: there each
    kind of question is resampled by itself, and its questions weigh in the test by how few they are.
    """
    kinds = np.array([a.answerable for a, _ in pairs], dtype=bool)
    columns: dict[str, np.ndarray] = {}  # metric -> question x (A, B), nan where it does not apply
    for name in names:
        column = _rightness(name, pairs) if name in BALANCED else _scores(name, pairs)
        both = np.isfinite(column).all(axis=1)
        if both.any() and (name not in BALANCED or len(set(kinds[both])) == 2):
            columns[name] = column
    differences = {name: _paired_difference(column) for name, column in columns.items()}
    weighted = [
        _by_kind(change, kinds) if name in BALANCED else change for name, change in differences.items()
    ]
    p = randomisation_test(np.nan_to_num(np.column_stack(weighted))) if weighted else np.zeros(0)
    found: dict[str, Paired] = {}
    # By size, for the draws behind an interval are kept from one metric to the next of the same n.
    for place, name in sorted(enumerate(columns), key=lambda one: int(np.isnan(differences[one[1]]).sum())):
        column, change = columns[name], differences[name]
        both = ~np.isnan(change)
        values = change[both]
        if name in BALANCED:
            one = intervals.balanced_accuracy(values.tolist(), kinds[both].tolist())
            a, b = ((c[both & kinds].mean() + c[both & ~kinds].mean()) / 2 for c in column.T)
        else:
            one = intervals.mean(values.tolist())
            a, b = column[both].mean(axis=0)
        up, down = int((values > 0).sum()), int((values < 0).sum())
        direction = better(name)
        here = np.isfinite(column)
        found[name] = Paired(
            metric=name,
            better=direction,
            n=len(values),
            a=float(a),
            b=float(b),
            difference=one.value,
            low=one.low,
            high=one.high,
            p=float(p[place]),
            wins=down if direction < 0 else up,
            losses=up if direction < 0 else down,
            ties=len(values) - up - down,
            only_a=int((here[:, 0] & ~here[:, 1]).sum()),
            only_b=int((here[:, 1] & ~here[:, 0]).sum()),
        )
    return tuple(found[name] for name in columns)


def _scores(name: str, pairs: Sequence[Pair]) -> np.ndarray:
    a, b = ([pair[side].scores.get(name, math.nan) for pair in pairs] for side in (0, 1))
    return np.array([a, b], dtype=float).T


def _rightness(name: str, pairs: Sequence[Pair]) -> np.ndarray:
    """Whether each question was rightly decided: what a balanced accuracy is made of."""
    if name == "support_balanced_accuracy":
        return _scores("support_correct", pairs)
    silent, wrongly = _scores("abstention_recall", pairs), _scores("false_abstention", pairs)
    return np.where([[a.answerable] for a, _ in pairs], 1 - wrongly, silent)


def _paired_difference(column: np.ndarray) -> np.ndarray:
    change = column[:, 1] - column[:, 0]
    change[np.abs(change) <= ROUNDING] = 0
    return change


def _by_kind(change: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    there = ~np.isnan(change)
    return change / np.where(kinds, (there & kinds).sum(), (there & ~kinds).sum())
