"""Questions that the bundled model makes for its own training: only proper ones that are found again are kept."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from rag.training import questions
from rag.training.found import Fact, Found
from rag.training.sets import Pages, wice

TEXT = (
    "The Sandbar Canal was opened to ships on 15 August 1914 by Alma Reyes. It has six locks made of granite from "
    "the northern hills, and nobody counted them.\n\nHerons eat frogs and small fish in the shallow water of the canal."
)
PAGES = Pages("x", "new_wiki_v1.0", {"Sandbar_Canal": TEXT})
END = TEXT.index("Reyes.") + 6
OPENED = Found(
    "new_wiki_v1.0", "new_wiki_v1.0/Sandbar_Canal", "when was the canal opened?", ("15 August 1914",), False, 0.9,
    (Fact(TEXT[:END], "Sandbar Canal", 0.9, True, (42, 56), 0.9), Fact("It has six locks.", "Sandbar Canal", 0.1, False, None, 0.0)),
)  # fmt: skip


def test_what_it_learns_from_are_a_sentence_an_answer_in_it_and_the_question() -> None:
    assert questions.pairs_of([OPENED, replace(OPENED, whole=True)]) == [
        ("Sandbar Canal", TEXT[:END], "15 August 1914", "When was the canal opened?")
    ]
    assert not questions.pairs_of([replace(OPENED, answers=("1915",))])


@pytest.mark.parametrize(
    "told",
    [
        "15 August 1914 | When was the Sandbar Canal opened to ships?",
        "Alma Reyes|Who opened the canal?",
        "to ships | To what was the Sandbar Canal opened in 1914?",
    ],
)
def test_a_proper_question_is_kept_with_the_place_of_its_answer(told: str) -> None:
    asked = questions.proper(told, PAGES, "Sandbar_Canal", 0, END)
    assert asked is not None
    ((start, end),) = asked.spans
    assert TEXT[start:end] == told.split("|")[0].strip()
    assert asked.question.endswith("?")


@pytest.mark.parametrize(
    "told",
    [
        "",
        "15 August 1914",
        "15 August 1915 | When was the Sandbar Canal opened?",
        "six locks | How many locks does the canal have?",  # of another sentence
        "5 August 1914 | When was the Sandbar Canal opened?",  # a number cut
        "Alma Reyes | Who was Alma Reyes?",  # it asks for what it names
        "Alma Reyes | Who did it?",  # of what?
        "Alma Reyes | The canal was opened by whom",
        "Alma Reyes | Opened by a person of that name?",
    ],
)
def test_what_is_no_proper_question_is_left_out(told: str) -> None:
    assert questions.proper(told, PAGES, "Sandbar_Canal", 0, END) is None


def test_a_question_survives_where_its_sentence_is_found_and_nothing_else_marked() -> None:
    assert questions.survives(OPENED)
    right, other = OPENED.facts
    assert questions.survives(replace(OPENED, facts=(other, replace(right, answer=None))))
    assert not questions.survives(replace(OPENED, facts=(other,)))
    assert not questions.survives(replace(OPENED, facts=(replace(right, answer=(0, 17)), other)))


def test_pages_held_out_are_not_asked_about() -> None:
    import random

    drawn = questions.sentences_of(PAGES, (), 10, random.Random(1))
    assert {TEXT[a:b].split()[0] for _, a, b in drawn} == {"The", "It", "Herons"}
    assert questions.sentences_of(PAGES, {"new_wiki_v1.0/Sandbar_Canal"}, 10, random.Random(1)) == []


def test_web_pages_of_claims_are_read_as_whole_sentences(tmp_path: Path) -> None:
    rows = [
        {"evidence": ["(meta data) TITLE: A canal", "Skip to content", "The canal was opened to ships in 1914."]},
        {"evidence": ["no title", "The canal was opened to ships in 1914."]},
    ]  # fmt: skip
    file = tmp_path / "claim_dev.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    assert wice(file).texts == {"A canal": "The canal was opened to ships in 1914."}


def test_made_questions_are_found_by_the_products_own_retrieval_and_kept(tmp_path: Path, monkeypatch) -> None:
    class Questioner:
        """Writes one question about the canal, whatever it reads."""

        def parameters(self):
            import torch

            yield torch.zeros(1)

        def generate(self, ids, **_: object):
            import torch

            told = b"15 August 1914 | When was the Sandbar Canal opened to ships?"
            return torch.cat([ids, torch.tensor([list(told)] * len(ids))], dim=1)

    class Bytes:
        """A tokenizer of bytes."""

        def __call__(self, text: str, **_: object):
            return type("Ids", (), {"input_ids": list(text.encode())})

        def decode(self, row, **_: object) -> str:
            return bytes(row.tolist()).decode()

    data = tmp_path / "squadshifts_newwiki"
    data.mkdir()
    page = {"title": "Sandbar_Canal", "paragraphs": [{"context": TEXT.split("\n")[0], "qas": []}]}
    (data / "new_wiki_v1.0.json").write_text(json.dumps({"data": [page]}), "utf-8")
    monkeypatch.setattr(questions, "MOST_TOKENS", 1000)
    monkeypatch.setattr(questions, "learn_to_ask", lambda *_, **__: (Questioner(), Bytes()))
    kept = tmp_path / "kept"
    made = questions.more_questions(tmp_path, kept, 7, [OPENED], set(), "fp32")
    assert [(one.set, one.question, one.answers) for one in made] == [
        ("asked-new_wiki_v1.0", "When was the Sandbar Canal opened to ships?", ("15 August 1914",))
    ]
    assert "15 August 1914" in next(fact.text for fact in made[0].facts if fact.right)
    monkeypatch.delattr(questions, "learn_to_ask")
    assert questions.more_questions(tmp_path, kept, 7, [OPENED], set(), "fp32") == made


@pytest.mark.parametrize("language", ["de", "es"])
def test_made_up_places_are_asked_about_in_other_languages(language: str) -> None:
    import random

    from rag.prompt import ABSTAIN_WORDS
    from rag.training.drafts import example_of
    from rag.training.tongues import invented

    chance = random.Random(3)
    some = invented(language, 120, chance)
    assert len({one.question for one in some}) > 60
    assert all("{" not in one.question + "".join(fact.text for fact in one.facts) for one in some)
    for one in some:
        (right,) = [fact for fact in one.facts if fact.right]
        assert one.answers[0] in right.text
        assert right.answer is not None
        assert right.text[slice(*right.answer)] == one.answers[0]
    examples = [e for one in some if (e := example_of(one, some[:3], chance, trained=True))]
    said = [e.target for e in examples if e.target != ABSTAIN_WORDS]
    assert len(said) > 0.6 * len(some)
    assert all(re.search(r" \[\d\]\.$", target) for target in said)
