"""What a reader is told about the collection itself, and to small talk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from index.schema import Article, ArticleFilter, Skipped
from rag.options import RagOptions
from rag.pipeline import Pipeline
from rag.schema import Answer, Finished, Turn
from tests.fakes import SHELF, KeywordEmbedder, make_article


@pytest.fixture
def quoting(library, embedder) -> Pipeline:
    return Pipeline(library, embedder, options=RagOptions(engine="quote"))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Pipeline]:
    """Lighthouses and tides (2024, 2023), glass without a date: topic "science", source "shelf"."""
    from index.build import build_index
    from index.library import Library

    class Shelf:
        key = label = "shelf"

        def read(self) -> Iterator[Article | Skipped]:
            yield from SHELF
            yield make_article("bread", "Bread", "Bread rises for an hour.", topic="Kitchen", published=None)

    embedder = KeywordEmbedder()
    build_index(tmp_path / "index", [Shelf()], embedder=embedder)
    with Library.open(tmp_path / "index", embedder=embedder) as library:
        yield Pipeline(library, embedder, options=RagOptions(engine="quote"))


def titles(answer: Answer) -> list[str]:
    return [citation.passage.article.external_id for citation in answer.citations]


def test_a_greeting_is_returned_in_its_language(quoting: Pipeline) -> None:
    for said, word in (("Hello!", "Hello"), ("Hallo", "Hallo"), ("Hola", "Hola")):
        answer = quoting.ask(said)
        assert not answer.abstained
        assert answer.text.startswith(word)
        assert [s.origin for s in answer.sentences] == ["note"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Thanks, that helped!", "welcome"),
        ("Who are you?", "no person"),
        ("What can you do?", "footnote"),
        ("Are you sure?", "please read"),
        ("Bye", "Goodbye"),
        ("Wer bist du?", "kein Mensch"),
        ("¿Qué puedes hacer?", "resumen"),
        ("How many articles do you have?", "3 articles"),
        ("Wie viele Artikel gibt es?", "3 Artikel"),
        ("Which languages do you speak?", "in English"),
        ("What topics are there?", "not sorted by topic"),
        ("Which sources do you have?", "do not say where they come from"),
    ],
)
def test_each_gets_a_fitting_answer_and_no_abstention(quoting: Pipeline, said: str, words: str) -> None:
    answer = quoting.ask(said)
    assert not answer.abstained
    assert words in answer.text


def test_the_newest_article_comes_first_and_can_be_opened(quoting: Pipeline) -> None:
    events = list(quoting.stream("What is newest?"))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert titles(finished.answer) == ["moons", "pact", "canal"]
    assert "“Saturn's new moons”, 20 March 2025 [1]." in finished.answer.text
    for citation in finished.answer.citations:
        article = citation.passage.article
        assert citation.quote
        assert article.text[citation.start : citation.end] == citation.quote


def test_the_period_names_the_first_and_the_last_article(quoting: Pipeline) -> None:
    answer = quoting.ask("What period do the articles cover?")
    assert "between 1 May 2024 and 20 March 2025" in answer.text
    assert titles(answer) == ["canal", "moons"]


def test_articles_on_a_subject_are_named_and_no_others(quoting: Pipeline) -> None:
    answer = quoting.ask("Which articles do you have on Saturn?")
    assert titles(answer) == ["moons"]
    assert "1 article found on “Saturn”" in answer.text
    assert "Saturn" in answer.citations[0].quote


@pytest.mark.parametrize("subject", ["quantum knitting", "the Kiel Canal", "football", "Angela Merkel"])
def test_where_there_is_none_it_says_so(quoting: Pipeline, subject: str) -> None:
    answer = quoting.ask(f"Which articles do you have on {subject}?")
    assert answer.text == f"No article was found on “{subject}”."
    assert answer.citations == ()


def test_a_subject_may_come_from_the_question_before(quoting: Pipeline) -> None:
    history = (Turn("How long is the Sandbar Canal?", "80 kilometres [1]."),)
    assert titles(quoting.ask("Which articles do you have on it?", history=history)) == ["canal"]


def test_it_says_which_filters_held_and_prefers_no_time(quoting: Pipeline) -> None:
    assert quoting.ask("Hello").details == ()
    assert quoting.ask("How many articles from 2025 do you have?").details == (
        "Only articles published since 2025-01-01 and until 2025-12-31 were searched.",
    )


def test_days_in_the_question_and_filters_limit_what_counts(quoting: Pipeline) -> None:
    assert quoting.ask("How many articles from 2025 do you have?").text == "From that time: 2 articles."
    assert titles(quoting.ask("What was published in 2024?")) == ["canal"]
    assert (
        "There is 1 article"
        in quoting.ask("How many articles?", only=ArticleFilter(until=date(2024, 12, 31))).text
    )
    assert "No article fits" in quoting.ask("Show me the newest articles from 1999").text


def test_articles_from_after_the_day_asked_do_not_count(quoting: Pipeline) -> None:
    answer = quoting.ask("What is newest?", asked_at=date(2025, 2, 1))
    assert titles(answer) == ["pact", "canal"]
    moons = quoting.ask("What is newest?").citations[0].passage.article.id
    assert titles(quoting.ask("What is newest?", without={moons})) == ["pact", "canal"]


def test_topics_and_sources_are_counted_as_written(shelf: Pipeline) -> None:
    assert "science (3) and Kitchen (1)" in shelf.ask("Which topics do you have?").text
    assert "shelf (4)" in shelf.ask("What are your sources?").text


def test_articles_without_a_date_are_counted_but_not_called_newest(shelf: Pipeline) -> None:
    assert "4 articles" in shelf.ask("How many articles are there?").text
    assert titles(shelf.ask("What is newest?")) == ["lighthouses.md", "tides.md"]


def test_a_collection_without_dates_says_so(shelf: Pipeline) -> None:
    kitchen = ArticleFilter(topics=("Kitchen",))
    assert "no dates" in shelf.ask("What is the newest article?", only=kitchen).text
    assert "newest" not in shelf.ask("Which articles do you have?", only=kitchen).text


def test_a_question_in_another_language_gets_a_word_about_it(quoting: Pipeline) -> None:
    refused = quoting.ask("Wann wurde der Vertrag der beiden Nachbarn unterschrieben?")
    word = "Die Artikel sind auf Englisch; eine Frage auf Englisch findet vielleicht mehr."
    assert word in refused.text
    answered = Pipeline(
        quoting.library, quoting.embedder, options=RagOptions(engine="quote", abstain_threshold=0.0)
    ).ask("Wann wurde der Sandbar Canal eröffnet?")
    assert not answered.abstained
    assert answered.sentences[-1].text == word
    assert "sind auf" not in quoting.ask("When was the Sandbar Canal opened to ships?").text


def test_a_question_that_only_looks_like_talk_is_answered_from_the_articles(quoting: Pipeline) -> None:
    answer = quoting.ask("How many new moons of Saturn did astronomers announce in March 2025?")
    assert "128" in answer.text
    assert answer.sentences[0].origin == "quote"
