"""The starter articles and their questions hold what they promise."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evals.cases import Case, read_cases
from index.readers import FolderSource
from index.schema import Article, Skipped

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    return {item.external_id: item for item in FolderSource(SEEDS).read() if isinstance(item, Article)}


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return read_cases(SEEDS / "questions.jsonl")


def test_every_file_is_read_but_the_readme_and_the_questions(articles: dict[str, Article]) -> None:
    skipped = {Path(item.name).name for item in FolderSource(SEEDS).read() if isinstance(item, Skipped)}
    assert skipped == {"README.md", "questions.jsonl", "questions-hard.jsonl"}
    assert len(articles) >= 30
    endings = {path.suffix for path in SEEDS.iterdir()}
    assert endings == {".md", ".txt", ".html", ".jsonl"}


def test_every_article_has_a_sound_length_and_says_what_it_is(articles: dict[str, Article]) -> None:
    for name, article in articles.items():
        assert 300 <= len(article.text.split()) <= 1200, name
        assert article.authors == ("Footnote contributors",), name
        assert article.url.startswith("https://example.org/"), name
        assert article.title, name
        assert article.published, name
        assert article.topic, name
        assert article.language, name
    assert {"en", "de", "es"} <= {article.language for article in articles.values()}
    assert {article.corrects for article in articles.values()} - {""} <= set(articles)


def test_the_questions_are_of_the_promised_kinds(cases: tuple[Case, ...]) -> None:
    kinds = Counter(case.kind for case in cases)
    assert len(cases) >= 120
    assert sum(not case.answerable for case in cases) >= 30
    assert sum(bool(case.history) for case in cases) == kinds["follow-up"] >= 15
    assert sum(len(case.article_ids) > 1 for case in cases) == kinds["two-articles"] >= 10
    assert sum(case.asked_at is not None for case in cases) == kinds["date"] >= 10


def test_every_reference_stands_in_the_articles_it_names(
    articles: dict[str, Article], cases: tuple[Case, ...]
) -> None:
    for case in cases:
        texts = [articles[name].text for name in case.article_ids]
        assert bool(texts) == bool(case.answers) == bool(case.quotes) == case.answerable, case.id
        for quote in case.quotes:
            assert any(quote in text for text in texts), (case.id, quote)
        if case.answerable:
            lower = " ".join(texts).lower()
            assert any(answer.lower() in lower for answer in case.answers), case.id


def test_every_article_in_another_language_is_asked_about_in_its_language(
    articles: dict[str, Article], cases: tuple[Case, ...]
) -> None:
    others = {name: article.language for name, article in articles.items() if article.language != "en"}
    assert others
    asked = {(name, case.language) for case in cases for name in case.article_ids}
    assert others.items() <= asked
    for language in set(others.values()):
        rows = [case for case in cases if case.language == language]
        assert len(rows) >= 4, language
        assert any(not case.answerable for case in rows), language


def test_a_question_with_a_day_is_answered_by_what_was_known_on_it(
    articles: dict[str, Article], cases: tuple[Case, ...]
) -> None:
    for case in cases:
        for name in case.article_ids:
            published = articles[name].published
            assert case.asked_at is None or (published and published <= case.asked_at), (case.id, name)
