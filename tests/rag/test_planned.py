"""A plan in an older article is not told as what happened."""

from __future__ import annotations

from datetime import date

import pytest

from rag.evidence import Ranked
from rag.planned import last, only_planned
from rag.schema import Evidence
from rag.writer import ALONE_SCORE
from tests.fakes import make_article, make_passage

PLAN = "The dam will be removed by the end of 2023."
DEED = "Its last wall was blown up on Saturday."
OTHER = "The dam was built in 1911."


def ranked(*told: tuple[str, float, float], later: str = "") -> Ranked:
    """Sentences with their scores and how sure the evidence model is of an answer in each; that of `later` stands in an
    article of a later year."""
    found: list[Evidence] = []
    for said, score, sure in told:
        year = 2025 if said == later else 2021
        article = make_article(f"dam-{year}", "The dam", said, published=date(year, 10, 20))
        found.append(Evidence(make_passage(article), said, 0, len(said), score, (0, 4), sure))
    return Ranked(tuple(found), 0.9)


def test_what_a_newer_article_tells_comes_before_what_was_planned() -> None:
    before = ranked((PLAN, 0.97, 0.9), (OTHER, 0.02, 0.1), (DEED, 0.01, 0.9), later=DEED)
    found = last("When was the dam removed?", before)
    assert [item.text for item in found.sentences] == [DEED, PLAN, OTHER]
    assert sum(item.score for item in found.sentences) == pytest.approx(1.0)
    assert found.sentences[0].score < ALONE_SCORE, "it is not sure enough to stand without its sentence"


def test_what_the_plans_own_article_tells_does_not_lead_it() -> None:
    found = last("When was the dam removed?", ranked((PLAN, 0.97, 0.9), (OTHER, 0.02, 0.6)))
    assert found.sentences[0].text == PLAN


@pytest.mark.parametrize(
    "question",
    [
        "When will the dam be removed?",
        "How high is the dam?",
        "What was announced about the dam?",
        "What did the court rule?",
        "When does the war museum open?",
        "Was kostet der Damm?",
    ],
)
def test_a_question_for_no_deed_is_left_alone(question: str) -> None:
    before = ranked((PLAN, 0.97, 0.9), (DEED, 0.03, 0.9), later=DEED)
    assert last(question, before) is before


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        (PLAN, True),
        (DEED, False),
        ("The bridge is to open in May.", True),
        ("The bridge is due to open in May.", True),
        ("The dam is expected to open in 2023.", True),
        ("The mayor said the bridge will open.", True),
        ("The bridge was built and will open in May.", False),
        ("The delay is due to strikes.", False),
        ("The battlefield is to the north of Leipzig.", False),
        ("The aim of the treaty is to end the war.", False),
        ("Will Smith opened the bridge.", False),
        ("Her will was read.", False),
    ],
)
def test_plans_are_known_by_their_words(text: str, plan: bool) -> None:
    assert only_planned(text) is plan
