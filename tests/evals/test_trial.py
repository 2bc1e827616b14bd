"""The twenty questions a model is tried out with, and how its answers are judged."""

from __future__ import annotations

from collections import Counter

import pytest

from evals.trial import Totals, TrialQuestion, TrialTexts, ask_all, drafted, judged, trial_questions
from index.schema import Article
from rag.schema import Answer, AnswerSentence, Dropped, Failed, Finished
from rag.writer import REPEATS, REPEATS_QUOTED
from tests.fakes import ScriptedPipeline, make_answer

PRICE = TrialQuestion("What does entry cost?", "figure", ("six euros", "6 euros"), ("closed",))
UNSAID = TrialQuestion("Who owns it?", "not said")


def answer(*drafts: str, quotes: tuple[str, ...] = (), dropped: tuple[tuple[str, str], ...] = ()) -> Answer:
    """An answer of these drafts and quotations, less the drafts that were dropped with their reasons."""
    shown = [AnswerSentence(text, "quote", (), 1.0) for text in quotes]
    shown += [AnswerSentence(text, "draft", (), 0.9) for text in drafts]
    plain = make_answer("?", [], [], engine="model")
    gone = tuple(Dropped(text, reason, replaced=True) for text, reason in dropped)
    fields = {name: getattr(plain, name) for name in Answer.__slots__}
    return Answer(**(fields | {"sentences": tuple(shown), "dropped": gone, "abstained": not shown}))


def test_there_are_twenty_questions_of_many_kinds_and_their_answers_stand_in_the_texts() -> None:
    questions = trial_questions()
    assert len(questions) == len({q.question for q in questions}) == 20
    kinds = Counter(q.kind for q in questions)
    assert kinds["not said"] == 4
    assert {"contradiction", "hidden order", "yes or no", "German", "newer", "reason"} <= set(kinds)
    texts = [a for a in TrialTexts().read() if isinstance(a, Article)]
    everything = " ".join(a.text for a in texts)
    for asked in questions:
        assert bool(asked.answers) == (asked.kind != "not said")
        assert not asked.answers or any(words in everything for words in asked.answers), asked.question


@pytest.mark.parametrize(
    ("asked", "given", "outcome"),
    [
        (PRICE, answer("Entry costs six euros."), "right"),
        (PRICE, answer("Entry costs seven euros."), "wrong"),
        (PRICE, answer("It costs 6 euros and is closed."), "wrong"),
        (PRICE, answer(dropped=(("It costs 9 euros.", "the number 9 is not in the cited words"),)), "unsupported"),
        (PRICE, answer(quotes=("Entry costs six euros.",)), "refused"),
        (PRICE, answer(quotes=("Entry costs six euros.",), dropped=(("Entry costs six euros.", REPEATS),)), "right"),
        (PRICE, answer(quotes=("Entry costs six euros.",), dropped=(("Six euros.", REPEATS_QUOTED),)), "right"),
        (UNSAID, answer(), "right"),
        (UNSAID, answer("The town owns it."), "wrong"),
        (UNSAID, answer(dropped=(("Ada owns it.", "the name 'ada' is not in the cited words"),)), "unsupported"),
    ],
)  # fmt: skip
def test_only_the_models_own_words_count(asked: TrialQuestion, given: Answer, outcome: str) -> None:
    assert judged(asked, given) == outcome


def test_the_first_failure_ends_a_trial() -> None:
    good, late = answer("Entry costs six euros."), answer(quotes=("x",))
    script = {
        "One?": good,
        "Two?": [Failed("it did not answer within 3 s", ""), Finished(late)],
        "Three?": good,
    }
    questions = [TrialQuestion(name, "k", ("six euros",)) for name in script]
    rows = list(ask_all(ScriptedPipeline(script), questions))
    assert [(row.outcome, row.reason) for row in rows] == [
        ("right", ""),
        ("failed", "it did not answer within 3 s"),
    ]
    totals = Totals.of_rows(rows, len(questions))
    assert (totals.asked, totals.of, totals.counts["right"]) == (1, 3, 1)
    assert drafted(good) == "Entry costs six euros."
