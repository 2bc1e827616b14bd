"""The number that counts what a question asks for."""

from __future__ import annotations

import pytest

from rag.counted import counting, first
from rag.evidence import Ranked
from rag.schema import Evidence
from tests.fakes import make_article, make_passage


@pytest.mark.parametrize(
    ("question", "sentence", "marked"),
    [
        (
            "How many passengers were hurt?",
            "Five passengers were hurt, one of them a girl of fifteen.",
            "Five passengers",
        ),
        ("How many cars can it carry?", "It carries 120 people and 30 bicycles, but no cars.", "no cars"),
        ("How many people died?", "At least 21 people died and 150 were injured.", "21 people"),
        (
            "How many samples fit in?",
            "Three chambers have room for 4.5 million sealed samples.",
            "4.5 million sealed samples",
        ),
        ("Wie viele Inseln gibt es?", "Die Gruppe hat sieben bewohnte Inseln.", "sieben bewohnte Inseln"),
        ("How many passengers were hurt?", "A girl of fifteen was hurt.", None),
        ("How much did it cost?", "It cost 3 million euros.", None),
        ("How many people died?", "There is no doubt people died.", None),
        ("How many boats came?", "Two boats came in May and three boats in June.", None),
    ],
)
def test_the_number_before_what_is_counted_is_the_answer(
    question: str, sentence: str, marked: str | None
) -> None:
    span = counting(question, sentence, "de" if question.startswith("Wie") else "en")
    assert (sentence[span[0] : span[1]] if span else None) == marked


def ranked(*told: tuple[str, float]) -> Ranked:
    text = "\n\n".join(sentence for sentence, _ in told)
    passage = make_passage(make_article("moons", "Moons", text))
    places = [(text.index(sentence), sentence, score) for sentence, score in told]
    return Ranked(
        tuple(Evidence(passage, s, start, start + len(s), score) for start, s, score in places), 0.9
    )


def test_a_sentence_that_tells_no_number_stands_behind_those_that_do() -> None:
    vague, exact, side = "Saturn has more moons than others.", "Saturn leads, with 274.", "It has rings."
    ordered = first("How many moons does Saturn have?", ranked((vague, 0.6), (exact, 0.3), (side, 0.1)))
    assert [item.text for item in ordered.sentences] == [exact, vague, side]
    assert [item.score for item in ordered.sentences] == [pytest.approx(1.0), 0.0, 0.0]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Why has Saturn so many moons?", ["It is heavy.", "It has 274 moons."]),
        ("How many moons does Saturn have?", ["It is heavy.", "It has rings."]),
        ("How many people were hurt?", ["Nobody was hurt.", "There were 12 people on board."]),
        ("How many people were hurt in 2019?", ["Dozens of people were hurt.", "It was dark in 2019."]),
    ],
)
def test_the_order_stays_where_no_number_is_asked_for_or_told(question: str, told: list[str]) -> None:
    some = ranked((told[0], 0.7), (told[1], 0.3))
    assert [item.text for item in first(question, some).sentences] == told
