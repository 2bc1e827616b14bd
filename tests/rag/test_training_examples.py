"""What the evidence model learns from: passages stay labelled rightly whatever is done to them."""

from __future__ import annotations

import random

import pytest

from index.split import sentence_spans
from rag.training.evidence_model import decoyed
from rag.training.groups import (
    RIGHT,
    WRONG,
    Text,
    asked_again,
    blurred,
    exchanged,
    with_changed,
    with_sentence,
)

PASSAGE = (
    "The canal runs through the marsh. It was opened to ships on 15 August 1914 by the president. "
    "Its locks are made of granite."
)
QUESTION = "When was the canal opened to ships?"


def text() -> Text:
    start = PASSAGE.index("15 August 1914")
    spans = tuple(sentence_spans(PASSAGE))
    return Text("The canal", PASSAGE, spans, (WRONG, RIGHT, WRONG), (start, start + len("15 August 1914")))


def sentences(of: Text) -> list[str]:
    return [of.text[a:b] for a, b in of.spans]


@pytest.mark.parametrize("seed", range(8))
def test_a_blurred_sentence_keeps_its_words_and_loses_the_answer(seed: int) -> None:
    sentence = sentences(text())[1]
    made = blurred(sentence, "15 August 1914", QUESTION, random.Random(seed))
    assert "1914" not in made
    assert "opened to ships" in made
    assert "  " not in made


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        ("In 1914 it closed.", "In 1914 it cl"),  # hardly anything would be left
        ("Of 1914 and 1914 the second is right.", "1914"),  # it would still stand there
        ("It opened in spring.", "1914"),
    ],
)
def test_a_sentence_that_cannot_be_blurred_is_left_out(sentence: str, answer: str) -> None:
    assert blurred(sentence, answer, QUESTION, random.Random(1)) == ""


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_sentence_put_into_a_passage_moves_the_others_and_the_answer_along(place: int) -> None:
    made = with_sentence(text(), "Nobody knew when.", place)
    assert len(made.spans) == len(made.labels) == 4
    assert sentences(made)[place] == "Nobody knew when."
    assert made.labels[place] == WRONG
    assert [s for i, s in enumerate(sentences(made)) if i != place] == sentences(text())
    assert made.answer is not None
    assert made.text[slice(*made.answer)] == "15 August 1914"


def test_a_sentence_exchanged_for_its_blurred_copy_answers_nothing() -> None:
    made = with_changed(text(), 1, "It was opened to ships at some point.")
    assert sentences(made) == [
        "The canal runs through the marsh.",
        "It was opened to ships at some point.",
        "Its locks are made of granite.",
    ]
    assert RIGHT not in made.labels
    assert made.answer is None
    moved = with_changed(text(), 0, "Short.")
    assert moved.answer is not None
    assert moved.text[slice(*moved.answer)] == "15 August 1914"


@pytest.mark.parametrize("seed", range(30))
def test_decoys_never_mislabel(seed: int) -> None:
    chance = random.Random(seed)
    other = with_changed(text(), 1, "It is long.")
    question, texts = decoyed((QUESTION, [text(), other]), chance)
    assert question == QUESTION
    for one in texts:
        assert len(one.spans) == len(one.labels)
        for (a, b), label in zip(one.spans, one.labels, strict=True):
            assert (label == RIGHT) == ("15 August 1914" in one.text[a:b])


def test_a_question_asked_again_is_a_sentence_with_its_words() -> None:
    for seed in range(5):
        made = asked_again(QUESTION, random.Random(seed))
        assert "canal opened to ships" in made
        assert made[0].isupper()
        assert made[-1] in ".?"


def test_an_exchanged_name_comes_from_the_pool_and_is_new() -> None:
    made = exchanged("Who led the work at Panama?", "Suez and Kiel were dug.", "Panama", random.Random(2), 1)
    assert made in ("Who led the work at Suez?", "Who led the work at Kiel?")
