"""Which articles a question's time speaks for."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.register import DateSpread
from rag import when
from rag.recency import UNSAID, Preference, preference

TODAY = date(2022, 6, 16)
NEWS = DateSpread(
    100, 0, date(2020, 1, 1), date(2021, 1, 1), date(2021, 8, 1), date(2022, 2, 1), date(2022, 6, 15)
)


def of(question: str, spread: DateSpread = NEWS, strength: float = 1.0) -> Preference | None:
    return preference(when.scope(question, TODAY), TODAY, spread, strength=strength, half_life=14.0)


def test_a_plain_question_prefers_the_days_before_it_somewhat() -> None:
    found = of("Did the minister resign over the ferry contract?")
    assert found is not None
    assert found.strength == UNSAID
    assert found.bonus(TODAY) == UNSAID
    assert found.bonus(TODAY - timedelta(days=14)) == pytest.approx(UNSAID / 2)
    assert found.bonus(TODAY - timedelta(days=400)) < 0.001


@pytest.mark.parametrize(
    "question", ["Which automaker recalled cars this week?", "What did the mayor say yesterday?"]
)
def test_words_of_the_last_days_prefer_them_strongly(question: str) -> None:
    found = of(question)
    assert found is not None
    assert found.strength == 1.0
    assert found.bonus(found.until) == 1.0


def test_a_named_month_is_preferred_over_today() -> None:
    found = of("Which bridge was closed in March 2021?")
    assert found is not None
    assert found.bonus(date(2021, 3, 20)) > found.bonus(TODAY)


@pytest.mark.parametrize(
    "question",
    ["Who invented the telephone?", "What is a quorum?", "What happened at the harbour in 1963?"],
)
def test_history_and_definitions_are_left_alone(question: str) -> None:
    assert of(question) is None


def test_articles_without_dates_are_left_alone() -> None:
    assert of("Did the minister resign?", DateSpread(0, 50)) is None
    few = DateSpread(3, 97, TODAY, TODAY, TODAY, TODAY, TODAY)
    assert of("Did the minister resign?", few) is None


def test_it_can_be_switched_off() -> None:
    assert of("Did the minister resign this week?", strength=0.0) is None


def test_the_newest_is_that_of_the_collection() -> None:
    found = preference(
        when.scope("What is the latest report?", date(2026, 1, 1)),
        date(2026, 1, 1),
        NEWS,
        strength=1.0,
        half_life=14.0,
    )
    assert found is not None
    assert found.bonus(NEWS.last) == pytest.approx(1.0)


@given(
    st.text(max_size=80),
    st.dates(),
    st.one_of(st.none(), st.dates()),
)
def test_no_question_and_no_day_breaks_it(question: str, asked_at: date, published: date | None) -> None:
    found = preference(when.scope(question, asked_at), asked_at, NEWS, strength=1.0, half_life=14.0)
    if found is not None:
        assert found.since <= found.until
        assert 0.0 <= found.bonus(published) <= 1.0
        assert found.reason
