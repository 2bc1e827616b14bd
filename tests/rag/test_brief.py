"""Which brief answers a reader gets to see: words of the cited sentence, of the kind asked for, neither denied nor doubted."""

from __future__ import annotations

import pytest

from rag import brief

OPENED = "The Sandbar Canal was opened to ships on 15 August 1914 by President Alma Reyes."
COST = "Officials said the canal had cost 302 million dollars, and critics estimated twice as much."


def told(draft: str, cited: str, question: str, title: str = "The Sandbar Canal") -> str:
    """What is shown, or why nothing is."""
    found = brief.extract(draft, cited)
    if found is None:
        return "no extract"
    verdict = brief.verdict(found, cited, question, title=title)
    return found.shown if verdict.ok else verdict.reason


@pytest.mark.parametrize(
    ("draft", "question", "shown"),
    [
        ("15 August 1914.", "When was the Sandbar Canal opened to ships?", "15 August 1914."),
        ("president Alma Reyes", "Who opened the Sandbar Canal?", "President Alma Reyes."),
        ("Opened to ships.", "What was done when it was opened to ships?", "it only repeats the question"),
        ("By President Alma Reyes.", "When was the Sandbar Canal opened?", "it holds no date"),
        ("President Alma Reyes.", "How many locks has the Sandbar Canal?", "it holds no number"),
        ("15 August 1914.", "Was the Sandbar Canal opened in 1914?", "it says neither yes nor no"),
        ("15 August 1914.", "When did Napoleon die on Saint Helena?", "it does not speak of what was asked"),
        ("16 August 1914.", "When was the Sandbar Canal opened?", "no extract"),
        (
            "5 August 1914.",
            "When was the Sandbar Canal opened?",
            "no extract",
        ),  # not the end of another number
        ("", "When was the Sandbar Canal opened?", "no extract"),
    ],
)
def test_a_brief_answer_stands_in_the_sentence_and_is_of_the_kind_asked_for(
    draft: str, question: str, shown: str
) -> None:
    assert told(draft, OPENED, question) == shown


@pytest.mark.parametrize(
    ("cited", "draft", "question", "shown"),
    [
        ("The canal was not opened in 1913, but a year later.", "1913", "When was the canal opened?", "the cited words deny it"),
        ("The canal was not opened in 1913.", "1913", "When was the canal not opened?", "1913."),
        ("The canal, never popular, opened in 1914.", "1914", "When was the canal opened?", "1914."),
        ("The canal was planned to open in 1910.", "1910", "When was the canal opened?", "the cited words do not say it for certain"),
        ("The canal will probably open in 2031.", "2031", "When will the canal open?", "2031."),
        ("The U.S. bought the canal.", "The U.S.", "Who bought the canal?", "The U.S."),
    ],
)  # fmt: skip
def test_what_the_clause_denies_or_doubts_is_no_answer(
    cited: str, draft: str, question: str, shown: str
) -> None:
    assert told(draft, cited, question, title="The canal") == shown


def test_who_said_it_is_kept_or_the_sentence_stands_beside_it() -> None:
    question = "How much did the canal cost?"
    bare = brief.extract("302 million dollars", COST)
    assert bare is not None
    assert brief.told_by_somebody(bare, question)
    assert not brief.told_by_somebody(bare, "How much did officials say the canal cost?")
    named = brief.extract("According to officials, 302 million dollars", COST)
    assert named is not None
    assert named.shown == "According to officials, 302 million dollars."
    assert not brief.told_by_somebody(named, question)
    assert brief.extract("According to Napoleon, 302 million dollars", COST) is None


@pytest.mark.parametrize(
    ("word", "question", "cited", "fits"),
    [
        ("Yes", "Was the Sandbar Canal opened to ships in 1914?", OPENED, True),
        ("No", "Was the Sandbar Canal opened to ships in 1914?", OPENED, False),
        ("Yes", "Was the Sandbar Canal opened to ships in 1915?", OPENED, False),
        ("No", "Was the Sandbar Canal opened to ships in 1915?", OPENED, True),
        ("Yes", "Was the Sandbar Canal opened by Napoleon?", OPENED, False),
        ("Yes", "Is the canal safe?", "The canal is not safe.", False),
        ("No", "Is the canal safe?", "The canal is not safe.", True),
        ("Yes", "Is the canal safe?", "The canal may be safe.", False),
        ("Yes", "Did the price of the canal rise?", "The price of the canal fell.", False),
        ("No", "Do herons eat frogs?", OPENED, False),
    ],
)
def test_yes_and_no_fit_what_the_sentence_says(word: str, question: str, cited: str, fits: bool) -> None:
    assert (brief.wrong_word(word, question, cited) == "") is fits


def test_yes_and_no_are_told_from_their_reason() -> None:
    assert brief.yes_no("Yes, the canal was opened in 1914.") == ("Yes", "The canal was opened in 1914.")
    assert brief.yes_no("No: it closed.") == ("No", "It closed.")
    assert brief.yes_no("Nobody, they say.") == ("", "Nobody, they say.")


def test_an_answer_agrees_with_the_words_the_evidence_model_marked() -> None:
    found = brief.extract("August 1914", OPENED)
    assert found is not None
    place = OPENED.index("15 August 1914")
    assert brief.agrees(found, (place, place + len("15 August 1914")))
    assert not brief.agrees(found, (OPENED.index("Alma"), OPENED.index("Alma") + 4))
    assert not brief.agrees(found, None)
