"""Values and intervals against plain formulas."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from evals import intervals


def test_a_mean_has_its_interval_around_it_and_says_how_many():
    one = intervals.mean([1.0] * 30 + [0.0] * 30)
    assert (one.value, one.n) == (0.5, 60)
    # the normal approximation of a share of 60 is .5 +- 1.96 * sqrt(.25 / 60) = .5 +- .127
    assert one.low == pytest.approx(0.373, abs=0.03)
    assert one.high == pytest.approx(0.627, abs=0.03)


def test_equal_scores_give_equal_intervals_each_time():
    values = [random.Random(3).random() for _ in range(40)]
    assert intervals.mean(values) == intervals.mean(values)
    assert intervals.quantile(values, 0.95) == intervals.quantile(values, 0.95)


def test_a_quantile_is_numpys():
    values = [3.0, 1.0, 2.0, 10.0]
    assert intervals.quantile(values, 0.5).value == 2.5
    assert intervals.quantile(values, 0.95).value == pytest.approx(float(np.quantile(values, 0.95)))


def test_a_ratio_is_of_sums_not_a_mean_of_ratios():
    assert intervals.ratio([1, 0], [1, 3]).value == 0.25


def test_balanced_accuracy_weighs_both_kinds_the_same():
    one = intervals.balanced_accuracy([1.0] * 90 + [0.0] * 10, [True] * 90 + [False] * 10)
    assert (one.value, one.low, one.high, one.n) == (0.5, 0.5, 0.5, 100)


def test_balanced_accuracy_resamples_both_kinds_independently():
    rows = [1.0, 0.0] * 20
    one = intervals.balanced_accuracy(rows + rows, [True] * 40 + [False] * 40)
    # the mean of two independent means of 40: .5 +- 1.96 * sqrt(.25 / 80) = .5 +- .11
    assert one.high - one.low == pytest.approx(0.22, abs=0.05)


def slow_area(confidence: Sequence[float], loss: Sequence[float]) -> float:
    """The mean over all orders within ties, by drawing many of them."""
    draw, areas = random.Random(1), []
    for _ in range(4000):
        rows = sorted(zip(confidence, loss, strict=True), key=lambda row: (-row[0], draw.random()))
        areas.append(np.mean([np.mean([lost for _, lost in rows[:i]]) for i in range(1, len(rows) + 1)]))
    return float(np.mean(areas))


@pytest.mark.parametrize(
    ("confidence", "loss", "area"),
    [
        ([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1], (0 + 0 + 1 / 3 + 2 / 4) / 4),
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], (1 + 1 + 2 / 3 + 2 / 4) / 4),
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1], 0.5),
        ([0.5], [1], 1.0),
    ],
)
def test_risk_coverage_area_by_hand(confidence, loss, area):
    assert intervals.risk_coverage_area(confidence, loss).value == pytest.approx(area)


def test_tied_confidences_share_their_loss():
    confidence, loss = [0.9, 0.5, 0.5, 0.5, 0.1], [0, 1, 0, 0, 1]
    assert intervals.risk_coverage_area(confidence, loss).value == pytest.approx(
        slow_area(confidence, loss), abs=0.01
    )


def test_the_order_of_tied_questions_does_not_matter():
    one = intervals.risk_coverage_area([0.5, 0.5, 0.5, 0.9], [1, 0, 0, 0])
    other = intervals.risk_coverage_area([0.5, 0.9, 0.5, 0.5], [0, 0, 0, 1])
    assert one.value == pytest.approx(other.value)
    assert one.low <= one.value <= one.high


def test_many_questions_are_resampled_in_bounded_memory_with_the_same_result(monkeypatch):
    values = [random.Random(4).random() for _ in range(500)]
    whole = intervals.mean(values)
    monkeypatch.setattr(intervals, "_BLOCK", 500 * 70)
    blocked = intervals.mean(values)
    assert (blocked.low, blocked.high) == pytest.approx((whole.low, whole.high), abs=1e-12)


def test_an_area_under_the_roc_curve_is_scikit_learns_ties_included():
    from sklearn.metrics import roc_auc_score

    draw = random.Random(5)
    kinds = [draw.random() < 0.4 for _ in range(300)]
    scores = [round(draw.random() + 0.3 * kind, 1) for kind in kinds]
    one = intervals.auroc(scores, kinds)
    assert one.value == pytest.approx(roc_auc_score(kinds, scores))
    assert one.low < one.value < one.high
    # Hanley and McNeil's standard error at this size is about .028
    assert one.high - one.low == pytest.approx(4 * 0.028, abs=0.03)


def test_an_area_or_a_balance_of_one_kind_alone_is_refused():
    with pytest.raises(ValueError, match="both kinds"):
        intervals.auroc([0.1, 0.2], [True, True])
    with pytest.raises(ValueError, match="both kinds"):
        intervals.balanced_accuracy([1.0, 0.0], [True, True])


def test_nothing_has_no_mean():
    with pytest.raises(ValueError, match="no question"):
        intervals.mean([])
