"""Questions as people really type them, and articles whose dates are wrong: answered, or refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from index.build import build_index
from index.errors import InputError
from index.library import Library
from index.schema import Article, Skipped, article_id
from rag import when
from rag.options import RagOptions
from rag.pipeline import Pipeline
from tests.rag.conftest import TEXTS

EARLIEST, LATEST = date.min, date.max


@pytest.fixture(scope="module")
def pipeline(library, embedder, reader) -> Pipeline:
    return Pipeline(library, embedder, options=RagOptions(engine="quote"), reader=reader)


@pytest.mark.parametrize(
    "question",
    [
        "HOW LONG IS THE SANDBAR CANAL?",
        "how long is the sandbar canal",
        "How long is the Sandbar Canal???!!",
        "  How   long\tis\nthe Sandbar Canal ?  ",
        "How lomg is the Sandbar Canal?",
        "How long is the Sandbar Cannal?",
        "how long is teh sandbar canal",
        "length of the Sandbar Canal in kilometres",
        "Sandbar Canal length?",
        "the sandbar canal, how long",
        "“How long is the Sandbar Canal?”",
        "**How long is the Sandbar Canal?**",
        "<b>How long is the Sandbar Canal?</b>",
        "How long is the Sandbar Canal? 🚢",
        "How long is the Ｓａｎｄｂａｒ Canal?",
    ],
)
def test_a_question_is_answered_however_it_is_typed(pipeline: Pipeline, question: str) -> None:
    answer = pipeline.ask(question)
    assert not answer.abstained, answer.reason
    assert "80 kilometres" in answer.text


@pytest.mark.parametrize("word", ["canal", "Canal?", "SANDBAR", "moons", "pact", "intelligence"])
def test_one_word_finds_its_article(pipeline: Pipeline, word: str) -> None:
    answer = pipeline.ask(word)
    nearest = {"moons": "Saturn", "pact": "pact", "intelligence": "pact"}.get(word, "Sandbar")
    assert nearest in answer.passages[0].article.title
    if answer.abstained:
        assert nearest in answer.text
    else:
        assert nearest in answer.citations[0].passage.article.title


@pytest.mark.parametrize("nothing", ["", " ", "?", "???!!!...", "–—", "🙂", "\n\t", "\0", "​", "''"])
def test_a_question_without_a_word_is_refused_before_anything_is_searched(
    pipeline: Pipeline, nothing: str
) -> None:
    with pytest.raises(InputError, match=r"empty|no word") as caught:
        pipeline.ask(nothing)
    assert caught.value.next_step


def test_two_thousand_words_are_too_long_and_the_limit_is_named(pipeline: Pipeline) -> None:
    with pytest.raises(InputError, match="2,000") as caught:
        pipeline.ask("how long is the canal " * 400)
    assert "max_question_chars" in caught.value.next_step


@pytest.mark.parametrize("filler", ["how long is the canal ", "word ", "Canal, ", "1914 ", "and ", "why? "])
def test_two_thousand_words_are_answered_or_refused_where_the_limit_allows_them(
    library, embedder, reader, filler: str
) -> None:
    options = RagOptions(engine="quote", max_question_chars=100_000)
    words = len(filler.split())
    answer = Pipeline(library, embedder, options=options, reader=reader).ask(filler * (2000 // words))
    assert len(answer.text) < 3000
    assert all(c.quote in TEXTS[c.passage.article.external_id][2] for c in answer.citations)


@pytest.mark.parametrize("day", [date(2150, 1, 1), LATEST])
def test_a_question_from_the_future_knows_every_article(pipeline: Pipeline, day: date) -> None:
    answer = pipeline.ask("How many moons does Saturn have?", asked_at=day)
    assert not answer.abstained
    assert "274" in answer.text


@pytest.mark.parametrize("day", [EARLIEST, date(1900, 1, 1), date(2024, 4, 30)])
def test_a_question_from_before_every_article_is_refused_and_told_why(pipeline: Pipeline, day: date) -> None:
    answer = pipeline.ask("How long is the Sandbar Canal?", asked_at=day)
    assert answer.abstained
    assert answer.citations == ()
    assert any(day.isoformat() in detail for detail in answer.details)
    assert "published" in answer.reason


@pytest.mark.parametrize("day", [EARLIEST, date(1, 1, 2), date(9999, 12, 30), LATEST])
@pytest.mark.parametrize(
    "said", ["next week", "last year", "in the next 500 years", "yesterday", "since 9999", "in the year 1"]
)
def test_times_beyond_the_calendar_are_read_without_an_error(day: date, said: str) -> None:
    scope = when.scope(f"What happened {said}?", day)
    assert scope.since is None or scope.until is None or scope.since <= scope.until


class Misdated:
    """Articles whose dates cannot be true, beside one without any and one that is right."""

    key = label = "misdated"
    days = (EARLIEST, LATEST, date(2999, 1, 1), None, date(2026, 5, 1))

    def read(self) -> Iterator[Article | Skipped]:
        for number, day in enumerate(self.days):
            town = ("Arle", "Brink", "Corve", "Delm", "Esker")[number]
            text = f"The lighthouse of {town} was lit for the first time by {20 + number} keepers. It is made of granite."
            name = f"light{number}"
            yield Article(
                article_id("misdated", name),
                name,
                f"The light of {town}",
                "",
                text,
                published=day,
                language="en",
            )


@pytest.fixture(scope="module")
def misdated(embedder, reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    place = tmp_path_factory.mktemp("misdated") / "index"
    build_index(place, [Misdated()], embedder=embedder)
    library = Library.open(place, embedder=embedder)
    yield Pipeline(library, embedder, options=RagOptions(engine="quote"), reader=reader)
    library.close()


@pytest.mark.parametrize(
    ("town", "keepers"), [("Arle", 20), ("Brink", 21), ("Corve", 22), ("Delm", 23), ("Esker", 24)]
)
@pytest.mark.parametrize("more", ["", " this week", " last year"])
def test_an_article_with_an_impossible_date_or_none_is_still_found(
    misdated: Pipeline, town: str, keepers: int, more: str
) -> None:
    answer = misdated.ask(f"How many keepers lit the lighthouse of {town} for the first time{more}?")
    assert not answer.abstained, answer.reason
    assert f"by {keepers} keepers" in answer.sentences[0].text


def test_an_article_dated_ahead_is_not_known_to_a_question_asked_before(misdated: Pipeline) -> None:
    answer = misdated.ask("How many keepers lit the lighthouse of Corve?", asked_at=date(2026, 6, 1))
    assert answer.passages
    assert all(p.article.title != "The light of Corve" for p in answer.passages)
    assert answer.abstained
