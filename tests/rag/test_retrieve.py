import pytest

from index.schema import Hit
from rag.retrieve import fuse_rrf, fuse_scores


def test_rrf_is_the_sum_of_reciprocal_ranks() -> None:
    fused = fuse_rrf([[Hit("a", 9.0), Hit("b", 8.0)], [Hit("b", 0.9), Hit("c", 0.1)]])
    assert [hit.chunk_id for hit in fused] == ["b", "a", "c"]
    assert fused[0].score == pytest.approx(1 / 62 + 1 / 61)


def test_score_fusion_is_the_mean_of_scores_over_their_maximum() -> None:
    fused = fuse_scores([[Hit("a", 10.0), Hit("b", 5.0)], [Hit("b", 0.8), Hit("c", 0.4)]])
    assert [(hit.chunk_id, hit.score) for hit in fused] == [("b", 0.75), ("a", 0.5), ("c", 0.25)]


def test_empty_lists_give_nothing() -> None:
    assert fuse_rrf([[], []]) == []
    assert fuse_scores([[], []]) == []
