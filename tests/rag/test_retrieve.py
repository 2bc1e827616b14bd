"""How two lists become one, and what an article and its day add."""

from datetime import date

import pytest

from index.schema import Hit
from rag.recency import Preference
from rag.retrieve import SAME_ARTICLE, by_article, fuse_rrf, fuse_scores


def test_rrf_is_the_sum_of_reciprocal_ranks() -> None:
    fused = fuse_rrf([[Hit("a", 9.0), Hit("b", 8.0)], [Hit("b", 0.9), Hit("c", 0.1)]])
    assert [hit.chunk_id for hit in fused] == ["b", "a", "c"]
    assert fused[0].score == pytest.approx(1 / 62 + 1 / 61)


def test_score_fusion_adds_places_between_last_and_best() -> None:
    lists = [[Hit("a", 10.0), Hit("b", 8.0), Hit("d", 6.0)], [Hit("b", 0.8), Hit("c", 0.4)]]
    fused = fuse_scores(lists)
    assert [(hit.chunk_id, hit.score) for hit in fused] == [("b", 0.75), ("a", 0.5), ("d", 0.0), ("c", 0.0)]
    assert fuse_scores(lists, (0.25, 0.75))[0].score == pytest.approx(0.25 * 0.5 + 0.75)


def test_a_list_of_one_counts_whole() -> None:
    assert fuse_scores([[Hit("a", 3.0)]]) == [Hit("a", 1.0)]


def test_empty_lists_give_nothing() -> None:
    assert fuse_rrf([[], []]) == []
    assert fuse_scores([[], []]) == []


def test_an_article_found_twice_leads_one_found_once() -> None:
    hits = [Hit("x1", 1.0), Hit("y1", 1.0), Hit("y2", 0.5)]
    articles = {"x1": "x", "y1": "y", "y2": "y"}
    ordered = by_article(hits, articles, {}, None)
    assert [hit.chunk_id for hit in ordered] == ["y1", "x1", "y2"]
    assert ordered[0].score == pytest.approx(1.0 + SAME_ARTICLE * 0.5)


def test_only_an_articles_next_best_chunks_count() -> None:
    hits = [Hit(f"c{n}", 1.0 - n / 10) for n in range(6)]
    ordered = by_article(hits, {hit.chunk_id: "a" for hit in hits}, {}, None)
    assert ordered[0].score == pytest.approx(1.0 + SAME_ARTICLE * (0.9 + 0.8 + 0.7))
    assert ordered[5].score == pytest.approx(0.5 + SAME_ARTICLE * (1.0 + 0.9 + 0.8))


def test_a_chunk_taken_away_meanwhile_is_left_out() -> None:
    assert by_article([Hit("gone", 1.0), Hit("here", 0.5)], {"here": "a"}, {}, None) == [Hit("here", 0.5)]


def test_the_preferred_day_decides_between_equals_and_undated_ones_get_nothing() -> None:
    near = Preference(1.0, 14.0, date(2022, 6, 16), date(2022, 6, 16), "")
    hits = [Hit("old", 1.0), Hit("undated", 1.0), Hit("new", 1.0)]
    days = {"old": date(2020, 1, 1), "new": date(2022, 6, 15), "undated": None}
    ordered = by_article(hits, {name: name for name in days}, days, near)
    assert [hit.chunk_id for hit in ordered] == ["new", "old", "undated"]
    assert ordered[2].score == 1.0
