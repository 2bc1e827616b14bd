"""A plan in an older article is not told as what happened."""

from __future__ import annotations

import pytest

from rag.evidence import Ranked
from rag.planned import last, only_planned
from rag.schema import Evidence
from tests.fakes import make_article, make_passage

PLAN = "The dam will be removed by the end of 2023."
DEED = "Its last wall was blown up on Saturday."
OTHER = "The dam was built in 1911."


def ranked(*told: tuple[str, float, float]) -> Ranked:
    text = "\n\n".join(sentence for sentence, _, _ in told)
    passage = make_passage(make_article("dam", "The dam", text))
    return Ranked(
        tuple(
            Evidence(passage, said, start, start + len(said), score, (start, start + 4), sure)
            for said, score, sure in told
            for start in (text.index(said),)
        ),
        0.9,
    )


def test_what_happened_comes_before_what_was_planned() -> None:
    found = last(
        "When was the dam removed?", ranked((PLAN, 0.97, 0.9), (OTHER, 0.02, 0.1), (DEED, 0.01, 0.9))
    )
    assert [item.text for item in found.sentences] == [DEED, PLAN, OTHER]
    assert sum(item.score for item in found.sentences) == pytest.approx(1.0)


def test_a_plan_stays_where_nothing_else_is_told() -> None:
    found = last("When was the dam removed?", ranked((PLAN, 0.97, 0.9), (OTHER, 0.03, 0.1)))
    assert found.sentences[0].text == PLAN


def test_a_question_for_a_plan_is_left_alone() -> None:
    before = ranked((PLAN, 0.97, 0.9), (DEED, 0.03, 0.9))
    assert last("When will the dam be removed?", before) is before
    assert last("How high is the dam?", before) is before


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        (PLAN, True),
        (DEED, False),
        ("The bridge is to open in May.", True),
        ("The bridge is due to open in May.", True),
        ("Die Brücke soll im Mai öffnen.", True),
        ("Will Smith opened the bridge.", False),
        ("Her will was read.", False),
    ],
)
def test_plans_are_known_by_their_words(text: str, plan: bool) -> None:
    assert only_planned(text) is plan
