"""The number that counts what a question asks for."""

from __future__ import annotations

import pytest

from rag.counted import counting


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
