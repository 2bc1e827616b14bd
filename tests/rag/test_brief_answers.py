"""What a reader gets from the bundled model with its adapter, with the real embedder and evidence model and a scripted model."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator
from datetime import date

import pytest

from index.build import build_index
from index.errors import ModelUnreachable
from index.library import Library
from index.schema import Article, Skipped, article_id
from rag.options import RagOptions
from rag.pipeline import Pipeline
from rag.prompt import ABSTAIN_WORDS
from rag.schema import Answer, Checking, Failed, Finished, Sentence
from tests.fakes import ScriptedModel

OPENED = "When was the Sandbar Canal opened to ships?"


def scripted(*lines: str) -> ScriptedModel:
    """The bundled model with its adapter, which says what the script says; `{n}` is the number of the fact that holds the
    words after `@`. Where it may not abstain it says the second line."""

    def broken() -> Iterator[str]:
        yield "15 Au"
        raise ModelUnreachable("the model broke off", "ask again")

    def write(asked: str, grammar: str) -> str | Iterator[str]:
        line = lines[0] if ABSTAIN_WORDS in grammar else lines[1]
        if line == "break":
            return broken()
        said, _, held = line.partition("@")
        fact = next((n for n, text in re.findall(r"\[(\d)\] (.*)", asked) if held and held in text), "1")
        return said.replace("{n}", fact)

    return ScriptedModel("adapted", write)


def asked(
    library, embedder, reader, question: str, *lines: str
) -> tuple[Answer, ScriptedModel, list[object]]:
    model = scripted(*lines)
    pipeline = Pipeline(library, embedder, options=RagOptions(), model=model, reader=reader)
    events: list[object] = list(pipeline.stream(question))
    finished = events[-1]
    assert isinstance(finished, Finished)
    return finished.answer, model, events


@pytest.fixture
def ask(library, embedder, reader):
    return lambda question, *lines: asked(library, embedder, reader, question, *lines)[0]


def test_an_answer_both_models_see_stands_alone(library, embedder, reader) -> None:
    answer, model, events = asked(library, embedder, reader, OPENED, "15 August 1914 [{n}].@1914")
    assert answer.text == "15 August 1914 [1]."
    assert [s.origin for s in answer.sentences] == ["draft"]
    assert "opened to ships on 15 August 1914" in answer.citations[0].quote
    assert "*15 August 1914*" in model.prompts[0]
    kinds = [type(event) for event in events]
    assert kinds.index(Checking) < kinds.index(Sentence)


def test_an_answer_only_one_of_them_sees_has_its_sentence_beside_it(ask, monkeypatch) -> None:
    monkeypatch.setattr("rag.brief.agrees", lambda *_: False)
    answer = ask(OPENED, "15 August 1914 [{n}].@1914")
    assert [s.origin for s in answer.sentences] == ["draft", "quote"]
    guessed = ask(OPENED, ABSTAIN_WORDS, "15 August 1914 [{n}].@1914")
    assert all(s.origin == "quote" for s in guessed.sentences), "a guess needs both"


def test_an_answer_not_told_plainly_has_its_sentence_beside_it(ask, monkeypatch) -> None:
    monkeypatch.setattr("rag.brief.plain", lambda *_: False)
    answer = ask(OPENED, "15 August 1914 [{n}].@1914")
    assert [s.origin for s in answer.sentences] == ["draft", "quote"]
    assert [s.markers for s in answer.sentences] == [(1,), (1,)]
    assert answer.text.startswith("15 August 1914 [1]. “The Sandbar Canal was opened")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("15 August 1915 [{n}].@1914", "do not stand so in the evidence"),
        ("80 kilometres [{n}].@kilometres", "it holds no date"),
        ("Napoleon opened it [{n}].@1914", "do not stand so in the evidence"),
        ("Sandbar Canal was opened to ships on 15 August 1914 [{n}].@1914", "it repeats its sentence"),
        ("Yes, the canal was opened [{n}].@1914", "does not ask for yes or no"),
    ],
)
def test_what_does_not_pass_is_replaced_by_the_quotation(ask, said: str, why: str) -> None:
    answer = ask(OPENED, said)
    assert all(s.origin == "quote" for s in answer.sentences)
    assert "15 August 1914" in answer.text
    assert why in answer.dropped[0].reason
    assert answer.dropped[0].replaced


def test_a_number_of_something_else_is_no_answer(embedder, reader, tmp_path) -> None:
    class Sea:
        key = label = "sea"

        def read(self) -> Iterator[Article | Skipped]:
            text = "The sea holds 2.3 million tonnes of plastic, spread over 171 trillion pieces."
            yield Article(article_id("sea", "sea"), "sea", "Plastic in the sea", "", text, language="en")

    build_index(tmp_path, [Sea()], embedder=embedder)
    with Library.open(tmp_path, embedder=embedder) as library:
        question = "How many pieces of plastic does the sea hold?"
        wrong, _, _ = asked(library, embedder, reader, question, "2.3 million tonnes [{n}].@tonnes")
        right, _, _ = asked(library, embedder, reader, question, "171 trillion pieces [{n}].@tonnes")
    assert [s.origin for s in wrong.sentences] == ["quote"]
    assert "counts something else" in wrong.dropped[0].reason
    assert right.sentences[0].text == "171 trillion pieces."


def test_a_model_that_finds_nothing_is_asked_for_its_best_guess(library, embedder, reader) -> None:
    right, model, _ = asked(library, embedder, reader, OPENED, ABSTAIN_WORDS, "15 August 1914 [{n}].@1914")
    assert len(model.prompts) == 2
    assert [s.origin for s in right.sentences] == ["draft", "quote"], "a guess does not stand alone"
    wrong, _, _ = asked(library, embedder, reader, OPENED, ABSTAIN_WORDS, "Ships [{n}].@1914")
    assert wrong.sentences[0].origin == "quote"
    assert not wrong.abstained


def test_a_marker_out_of_place_moves_to_the_sentence_that_says_it(ask) -> None:
    answer = ask(OPENED, "15 August 1914 [{n}].@six locks")
    assert "opened to ships on 15 August 1914" in answer.citations[0].quote


def test_a_model_that_breaks_off_leaves_the_quotation(library, embedder, reader) -> None:
    answer, _, events = asked(library, embedder, reader, OPENED, "break")
    assert any(isinstance(event, Failed) for event in events)
    assert "15 August 1914" in answer.text
    assert all(s.origin == "quote" for s in answer.sentences)


def test_whoever_leaves_stops_the_adapted_model(library, embedder, reader) -> None:
    stopped: list[str] = []

    def write(*_: str) -> Iterator[str]:
        try:
            while True:
                time.sleep(0.02)
                yield "15 "
        finally:
            stopped.append("the model")

    model = ScriptedModel("adapted", write)
    events = Pipeline(library, embedder, options=RagOptions(), model=model, reader=reader).stream(OPENED)
    assert isinstance(events, Generator)
    beats = (event for event in events if isinstance(event, Checking))
    for _ in range(2):
        next(beats)
    events.close()
    assert stopped == ["the model"]


def test_yes_and_no_come_with_their_reason(ask) -> None:
    right = "Yes, the Sandbar Canal was opened to ships on 15 August 1914 [{n}].@1914"
    answer = ask("Was the Sandbar Canal opened to ships in August 1914?", right)
    assert answer.sentences[0].text.startswith("Yes, the Sandbar Canal was opened")
    wrong = ask("Was the Sandbar Canal opened to ships in August 1914?", right.replace("Yes", "No"))
    assert all(s.origin == "quote" for s in wrong.sentences)


def test_of_two_figures_the_newer_is_told_and_the_older_named(embedder, reader, tmp_path) -> None:
    class Shelf:
        key = label = "shelf"

        def read(self) -> Iterator[Article | Skipped]:
            for name, day, count in (("old", date(2023, 2, 1), 146), ("new", date(2025, 3, 1), 274)):
                text = f"Astronomers have counted the moons again. The planet Saturn has {count} known moons."
                url = f"https://example.org/{name}"
                yield Article(article_id("s", name), name, f"Moons, {name}", url, text, day, language="en")

    build_index(tmp_path / "index", [Shelf()], embedder=embedder)
    library = Library.open(tmp_path / "index", embedder=embedder)
    question = "How many moons does Saturn have?"
    answer, _, _ = asked(library, embedder, reader, question, "274 [{n}].@274")
    assert answer.sentences[0].text == "274."
    assert "146" in answer.text, "the older figure is named"
    outdated, _, _ = asked(library, embedder, reader, question, "146 [{n}].@146")
    assert outdated.sentences[0].origin == "quote"
    assert "274" in outdated.sentences[0].text
    library.close()
