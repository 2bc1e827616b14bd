"""A question set from one's own articles: what is sifted out, what is paired, and what the command writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from evals.cases import case_from_row, read_cases
from evals.make import filters
from evals.make.drafts import Draft
from evals.make.make import Made, as_lines, make_questions
from evals.make.pool import Candidate, candidate, drop_contradictions, drop_duplicates
from evals.make.sentences import Entry, Fact
from evals.make.unanswerable import RELATIONS, Entity, Pair
from evals.make.writer import written
from index.errors import InputError
from index.schema import Article
from tests.evals.fakes import Library
from ui.commands import evaluate_questions

# ---- the filters, one by one ----------------------------------------------------------------------------


def test_length_and_form_of_a_question() -> None:
    assert filters.wrong_length("Who won?")
    assert filters.wrong_length("Who " + "very " * 30 + "?")
    assert not filters.wrong_length("Who founded Acme?")
    assert filters.no_question("Acme was founded by whom", "en")
    assert filters.no_question("Who founded Acme? And when?", "en")
    assert not filters.no_question("Wann wurde Leipzig gegründet?", "de")


@pytest.mark.parametrize(
    "question", ["When did he die?", "What does this article say?", "Who won last week?"]
)
def test_a_question_that_points_elsewhere(question: str) -> None:
    assert filters.points_elsewhere(question)
    assert not filters.points_elsewhere("When did the Panama Canal open?")


def test_an_answer_that_stands_in_question_or_title() -> None:
    assert filters.answer_in_question("Where is the Bank of Oslo?", "Oslo", "en")
    assert not filters.answer_in_question("Where is the Bank of Norway?", "Oslo", "en")
    assert filters.answer_in_title(("274",), "Saturn has 274 moons", "en")
    assert filters.answer_in_title(("Christiaan Huygens", "Huygens"), "Huygens, who found Titan", "en")
    assert filters.answer_in_title(("seven", "7"), "7 wonders", "en")
    assert not filters.answer_in_title(("15 August 1914",), "A canal opens in August", "en")


def test_a_question_that_says_too_little() -> None:
    assert filters.too_vague("Who won?", "en")
    assert filters.too_vague("How many did it?", "en")
    assert not filters.too_vague("Who discovered Titan?", "en")


def test_another_value_elsewhere_is_seen_and_the_same_value_is_not() -> None:
    asks, answers = "When did the bridge in Oslo open?", ("1990",)
    assert filters.other_value("when", "The bridge in Oslo opened in 1991.", asks, answers)
    assert not filters.other_value("when", "The bridge in Oslo opened in 1990.", asks, answers)
    assert not filters.other_value("when", "The bridge in Oslo opened.", asks, answers)
    assert filters.other_value("number", "Saturn had 145 moons.", "How many moons has Saturn?", ("274",))


def _candidate(question: str, answer: str, sentence: str, article: str = "a", title: str = "") -> Candidate:
    draft = Draft(question, (answer,), "a date", "Acme")
    return candidate(
        draft, Fact(sentence, 0, len(sentence)), Entry(article, article, "en", ("en", "", "")), title
    )


def test_near_duplicates_and_one_answer_from_one_sentence_are_dropped() -> None:
    first = _candidate("When was Acme Museum founded?", "1990", "Acme Museum was founded in 1990.")
    again = _candidate("When was the Acme Museum founded?", "1990", "Founded was Acme Museum in 1990.", "b")
    copied = _candidate("In which year did Acme begin?", "1990", "The Acme Museum was founded in 1990.", "c")
    other = _candidate("When did Acme Museum burn down?", "1999", "Acme Museum burned down in 1999.", "d")
    drop_duplicates([first, again, copied, other])
    assert [one.dropped for one in (first, again, copied, other)] == [
        "", "asks the same as another", "asks the same as another", "",
    ]  # fmt: skip


def test_one_question_with_two_answers_is_dropped_both_times() -> None:
    first = _candidate("When was Acme Museum founded?", "1990", "Acme Museum was founded in 1990.")
    other = _candidate("When was Acme Museum founded?", "1991", "Acme Museum was founded in 1991.", "b")
    drop_contradictions([first, other])
    assert first.dropped == other.dropped == "another answer elsewhere"


def test_a_question_useless_by_itself_says_why() -> None:
    assert (
        _candidate(
            "When was Acme founded?", "1990", "Acme was founded in 1990.", title="Acme, since 1990"
        ).dropped
        == "answer in the title"
    )
    assert (
        _candidate("When was it founded by Acme?", "1990", "It was founded by Acme in 1990.").dropped
        == "points elsewhere"
    )
    assert (
        _candidate("When was Acme founded?", "1991", "Acme was founded in 1990.").dropped
        == "answer not in the sentence"
    )


# ---- the whole ------------------------------------------------------------------------------------------


def _collection() -> list[Article]:
    texts = {
        "titan": ("Moons of the outer planets", "Titan was discovered by the Dutch astronomer Christiaan Huygens in 1655. He was born in The Hague."),
        "bridge": ("Crossing the sound", "The Akashi Bridge opened in 1998. The Akashi Bridge is 3,911 metres long. The bridge is busy."),
        "boss": ("Sales are good", "Acme Corp was praised. Acme Corp chief executive Jane Smith said so. Smith smiled. Smith left. Acme Corp grew."),
        "union": ("A vote", "Members of the Harbour Union met. The Harbour Union voted in Oslo. Union leader Peter Miller spoke. Miller won. Miller smiled."),
        "old": ("Moons of Saturn", "Saturn has 83 moons."),
        "new": ("Moons of Saturn, corrected", "Saturn has 274 moons. Mary Shelley wrote Frankenstein in 1818. Shelley was 20 years old. Shelley wrote more."),
        "copy": ("Copied", "Titan was discovered by the Dutch astronomer Christiaan Huygens in 1655. It is large."),
        "deutsch": ("Bach", "Johann Sebastian Bach wurde am 21. März 1685 in Eisenach geboren. Er ist nicht von hier und das ist auch so."),
        "russian": ("Город", "Москва была основана в 1147 году. Это большой город, и он стоит на реке."),
    }  # fmt: skip
    known = {"new": {"corrects": "old"}, "deutsch": {"language": "de"}, "russian": {"language": "ru"}}
    return [
        Article(f"id-{name}", name, title, "", text, **known.get(name, {}))  # type: ignore[arg-type]
        for name, (title, text) in texts.items()
    ]


def _made(n: int = 20, seed: int = 1, share: float = 0.25) -> Made:
    return make_questions(Library(_collection()), n=n, seed=seed, unanswerable_share=share)


def test_every_row_is_a_case_whose_quote_and_answer_stand_in_its_article() -> None:
    texts = {article.external_id: article.text for article in _collection()}
    lines = as_lines(_made().cases).splitlines()
    cases = [case_from_row(json.loads(line), "here") for line in lines]
    assert [case.id for case in cases] == [f"made-{number:03}" for number in range(1, len(cases) + 1)]
    assert any(case.answerable for case in cases)
    assert any(not case.answerable for case in cases)
    for case in cases:
        assert case.made_by
        if case.answerable:
            assert case.quotes[0] in texts[case.article_ids[0]]
            assert case.answers[0] in case.quotes[0]
        else:
            assert case.kind == "unanswerable"
            assert not case.article_ids


def test_the_same_seed_makes_the_same_set_and_another_takes_another_order() -> None:
    assert as_lines(_made().cases) == as_lines(_made().cases)
    orders = {tuple(case.question for case in _made(seed=seed).cases) for seed in range(6)}
    assert len(orders) > 1


def test_a_corrected_article_is_not_asked_about_and_its_number_settles_nothing() -> None:
    questions = {case.question: case.answers for case in _made().cases}
    assert questions.get("How many moons does Saturn have?") == ("274",)


def test_a_copied_sentence_counts_for_both_articles() -> None:
    case = next(case for case in _made().cases if case.question == "Who discovered Titan?")
    assert set(case.article_ids) == {"titan", "copy"}


def test_another_answer_elsewhere_takes_a_question_out() -> None:
    articles = [*_collection(), Article("id-x", "x", "Bridges", "", "The Akashi Bridge opened in 1999.")]
    made = make_questions(Library(articles), n=20, seed=1)
    assert all("Akashi Bridge open" not in case.question for case in made.cases)
    assert made.report.dropped["another answer elsewhere"] >= 2


def test_languages_without_rules_are_named_and_german_is_asked_in_german() -> None:
    made = _made()
    assert made.report.skipped == {"ru": 1}
    assert any("'ru'" in line for line in made.report.lines())
    assert "Wann wurde Johann Sebastian Bach in Eisenach geboren?" in {case.question for case in made.cases}


def test_too_few_questions_are_said_so() -> None:
    report = "\n".join(_made(n=100).report.lines())
    assert re.search(r"\d+ fewer with an answer than asked for", report)


def test_articles_with_one_external_id_are_named_by_their_own() -> None:
    twice = [
        Article("one", "same", "Bridges", "", "The Akashi Bridge opened in 1998."),
        Article("two", "same", "Books", "", "Mary Shelley wrote Frankenstein in 1818."),
    ]
    made = make_questions(Library(twice), n=4, unanswerable_share=0)
    assert {name for case in made.cases for name in case.article_ids} == {"one", "two"}


def test_unanswerable_questions_are_near_misses_that_no_article_answers() -> None:
    texts = [f"{article.title}\n{article.text}" for article in _collection()]
    without = [case for case in _made(n=40, share=0.5).cases if not case.answerable]
    assert without
    for case in without:
        name = re.search(r"names (.+?) says", case.made_by)
        assert name is not None
        held = [text for text in texts if name[1].split()[-1] in text]
        assert held, "never about something absent altogether"
    questions = {case.question for case in without}
    assert "When was Mary Shelley born?" not in questions, "an article says how old she was"


def test_a_pair_closes_when_an_article_speaks_of_the_matter() -> None:
    born = next(relation for relation in RELATIONS if relation.question == "When was {x} born?")
    pair = Pair(Entity("Jane Smith", "Jane Smith", ("person",), ("Smith",), "a"), born)
    pair.read("Jane Smith runs Acme.")
    pair.read("A child was born in Oslo.")
    assert pair.open
    pair.read("Smith, a native of Oslo, runs Acme.")
    assert not pair.open


class Scripted:
    """Answers prompts by what stands in them."""

    name = "scripted"

    def __init__(self, replies: dict[str, str]) -> None:
        self.replies = replies
        self.asked = 0

    def complete(self, prompt: str, /) -> str:
        self.asked += 1
        return next((reply for words, reply in self.replies.items() if words in prompt), "I cannot.")


def test_a_model_asks_where_the_rules_find_nothing_and_passes_the_same_filters() -> None:
    writer = Scripted(
        {
            "Москва": "Question: Who founded Moscow?\nAnswer: Boris",
            "Members": "Question: Who are the members that they met?\nAnswer: Harbour Union",
            "Frankenstein": "Question: When did it appear?\nAnswer: 1818",
            "voted": "Question: Where did the Harbour Union vote?\nAnswer: Oslo",
        }
    )
    made = make_questions(Library(_collection()), n=40, seed=1, unanswerable_share=0, writer=writer)
    by_model = {
        case.question: case for case in made.cases if case.made_by == "model scripted from one sentence"
    }
    assert set(by_model) == {"Where did the Harbour Union vote?"}
    assert by_model["Where did the Harbour Union vote?"].answers == ("Oslo",)
    assert writer.asked


@pytest.mark.parametrize(
    "reply",
    ["", "no", "Question: Who?\nAnswer: nobody here", "Answer: Oslo", "Question: Where did Acme vote?"],
)
def test_a_reply_that_is_no_question_with_its_answer_gives_nothing(reply: str) -> None:
    assert written("Acme voted in Oslo.", "Acme", Scripted({"Acme": reply})) is None


# ---- the command ----------------------------------------------------------------------------------------


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> typer.Typer:
    from contextlib import contextmanager

    from ui import wiring

    @contextmanager
    def opened(_settings: object) -> Iterator[Library]:
        yield Library(_collection())

    monkeypatch.setattr(wiring, "opened_library", opened)
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command("make")(evaluate_questions.make)
    app.command("add")(evaluate_questions.add)
    return app


def test_make_writes_rows_that_can_be_run_and_names_the_next_command(
    command: typer.Typer, tmp_path: Path
) -> None:
    result = CliRunner().invoke(command, ["make", "--index", "news index", "--n", "12"])
    assert result.exit_code == 0, result.output
    cases = read_cases(tmp_path / "questions-news index.jsonl")
    assert 4 <= len(cases) <= 12
    assert "footnote eval run 'questions-news index.jsonl' --index 'news index'" in result.output
    assert "sentences with a fact" in result.output


def test_make_never_overwrites_what_may_have_been_edited(command: typer.Typer, tmp_path: Path) -> None:
    place = tmp_path / "mine.jsonl"
    place.write_text("edited by hand")
    result = CliRunner().invoke(command, ["make", "--index", "i", "--out", str(place)])
    assert isinstance(result.exception, InputError)
    assert "--force" in result.exception.next_step
    assert place.read_text() == "edited by hand"
    assert (
        CliRunner().invoke(command, ["make", "--index", "i", "--out", str(place), "--force"]).exit_code == 0
    )
    assert read_cases(place)
