"""Readers' verdicts: stored a line each, and made into cases without harm to what an editor wrote."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from evals.cases import Case, case_from_row, read_cases
from evals.make.make import as_row
from evals.verdicts import (
    Cited,
    Corrected,
    NotEnough,
    Verdict,
    add_verdicts,
    append_verdict,
    case_of,
    read_verdicts,
    verdict_from_row,
)
from index.errors import FootnoteError, InputError
from index.schema import Article
from rag.schema import Turn
from tests.evals.fakes import Library
from ui.commands import evaluate_questions

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
CANAL = Article("canal-1", "canal.md", "The canal", "", "The canal opened in 1914. It cost a lot.")
FOOTNOTE = Cited("canal-1", "canal.md", "The canal opened in 1914.", 0, 25)


def verdict(
    number: str = "v1", opinion: Any = "up", question: str = "When did the canal open?", **more: Any
) -> Verdict:
    return Verdict(number, AT, opinion, question, **more)


def made(given: Verdict) -> Case:
    case = case_of(given)
    assert isinstance(case, Case)
    return case


def test_a_thumb_up_makes_the_cited_words_gold() -> None:
    case = made(verdict(citations=(FOOTNOTE, FOOTNOTE), answer="In 1914 [1].", language="en"))
    assert case.article_ids == ("canal.md",)
    assert case.quotes == ("The canal opened in 1914.",)
    assert case.answers == ()
    assert case.answerable
    assert (case.id, case.kind, case.language) == ("verdict-v1", "verdict", "en")
    assert case.made_by == "verdict v1 (up) of 2026-03-01 09:30 UTC"
    assert made(verdict(citations=(FOOTNOTE,), expected=" 1914 ")).answers == ("1914",)


def test_a_thumb_up_on_an_abstention_makes_an_unanswerable_question() -> None:
    case = made(verdict(answer="The articles do not say."))
    assert not case.answerable
    assert case.article_ids == case.quotes == case.answers == ()


def test_a_wrong_source_makes_the_corrected_one_gold() -> None:
    source = Corrected(external_id="canal.md", quote="The canal opened in 1914.")
    case = made(verdict(opinion="wrong-source", citations=(Cited("other"),), source=source))
    assert (case.article_ids, case.quotes) == (("canal.md",), ("The canal opened in 1914.",))
    assert made(verdict(opinion="wrong-source", source=Corrected(id="canal-1"))).article_ids == ("canal-1",)


def test_a_thumb_down_needs_what_is_right() -> None:
    case = made(verdict(opinion="down", expected="1914", citations=(FOOTNOTE,)))
    assert (case.answers, case.article_ids, case.quotes) == (("1914",), (), ())
    assert made(verdict(opinion="down", source=Corrected(id="canal-1"))).article_ids == ("canal-1",)
    for lacking in (
        verdict(opinion="down"),
        verdict(opinion="wrong-source", source=Corrected(quote="words")),
        verdict(expected="1914"),
    ):
        told = case_of(lacking)
        assert isinstance(told, NotEnough)
        assert told.id == "v1"
        assert len(told.missing) > 20


def test_the_conversation_and_the_day_come_along() -> None:
    history = (Turn("What is the canal?", "A waterway."),)
    case = made(
        verdict(question="And when?", history=history, asked_at=date(2024, 3, 1), citations=(FOOTNOTE,))
    )
    assert (case.history, case.asked_at) == (history, date(2024, 3, 1))


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    place = tmp_path / "verdicts.jsonl"
    whole = verdict(
        "v2", "wrong-source", standalone_question="When?", history=(Turn("a", "b"),), answer="x", citations=(FOOTNOTE,),
        source=Corrected("canal-1", "canal.md", "1914"), expected="1914", comment="“no”\n", asked_at=date(2024, 3, 1),
        language="en", settings_hash="abc", revision=3,
    )  # fmt: skip
    append_verdict(place, verdict())
    append_verdict(place, whole)
    assert read_verdicts(place) == (verdict(), whole)
    append_verdict(place, verdict("v1", "down"))
    assert [(one.id, one.verdict) for one in read_verdicts(place)] == [("v1", "down"), ("v2", "wrong-source")]


def test_a_torn_last_line_does_not_swallow_the_next_verdict(tmp_path: Path) -> None:
    place = tmp_path / "verdicts.jsonl"
    place.write_text('{"id": "half')
    append_verdict(place, verdict())
    with pytest.raises(InputError, match=r"verdicts\.jsonl:1"):
        read_verdicts(place)
    assert json.loads(place.read_text().splitlines()[1])["id"] == "v1"


def test_keys_of_a_newer_version_are_ignored_and_times_become_utc() -> None:
    row = verdict().as_json() | {"at": "2026-03-01T10:30:00+01:00", "later": 1}
    assert verdict_from_row(row, "here") == verdict()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"id": " "}, "id"),
        ({"at": "2026-03-01T09:30:00"}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"verdict": "sideways"}, "verdict"),
        ({"question": None}, "question"),
        ({"history": [{"answer": "x"}]}, "history.0.question"),
        ({"citations": [{"article_id": "a", "start": -1}]}, "citations.0.start"),
        ({"source": "canal.md"}, "source"),
        ({"asked_at": "soon"}, "asked_at"),
    ],
)
def test_a_damaged_verdict_is_named_with_its_line_and_key(
    tmp_path: Path, change: dict[str, Any], key: str
) -> None:
    place = tmp_path / "verdicts.jsonl"
    append_verdict(place, verdict())
    with place.open("a") as handle:
        handle.write(json.dumps(verdict("v2").as_json() | change) + "\n")
    with pytest.raises(InputError, match=rf"verdicts\.jsonl:2: {key}") as caught:
        read_verdicts(place)
    assert caught.value.exit_status == 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=9,
)


@given(st.dictionaries(st.sampled_from(list(verdict().as_json())), _JSON), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_line_breaks_the_reading(row: dict[str, Any], whole: bool) -> None:
    given_row = (verdict().as_json() | row) if whole else row
    read = _read_or_told(given_row)
    if read is None:
        return
    assert verdict_from_row(read.as_json(), "again") == read
    case = case_of(read)
    if isinstance(case, Case):
        assert case_from_row(as_row(case), "row") == case


def _read_or_told(row: dict[str, Any]) -> Verdict | None:
    """The verdict; None where an InputError that names the line was raised instead. Nothing else may be."""
    try:
        return verdict_from_row(row, "file:1")
    except InputError as error:
        return None if "file:1" in str(error) else pytest.fail(str(error))


def test_half_a_character_in_a_question_does_not_break_the_file(tmp_path: Path) -> None:
    stored, place = tmp_path / "verdicts.jsonl", tmp_path / "questions.jsonl"
    stored.write_text(
        json.dumps(verdict().as_json() | {"id": "v2", "expected": "x \ud83d", "verdict": "down"}) + "\n"
    )
    try:
        add_verdicts(read_verdicts(stored), place)
    except InputError as error:
        assert "verdicts.jsonl:1" in str(error)  # noqa: PT017 (either is right, nothing else is)
        return
    assert read_cases(place)[0].answers == ("x \ud83d",)


@given(st.text(min_size=1).filter(str.strip), st.text(), st.text())
def test_any_text_survives_storing(question: str, answer: str, comment: str) -> None:
    whole = verdict(question=question, answer=answer, comment=comment)
    assert verdict_from_row(json.loads(json.dumps(whole.as_json())), "here") == whole


# ---- adding to a file of questions ----------------------------------------------------------------------

MINE = '{"id": "mine", "question": "Who dug it?",   "answers": ["Goethals"]}\r\n\n{"id":"two","question":"How long?"}'


def test_adding_keeps_every_byte_of_the_other_lines_and_adds_a_verdict_once(tmp_path: Path) -> None:
    place = tmp_path / "questions.jsonl"
    place.write_bytes(MINE.encode())
    first = add_verdicts([verdict(citations=(FOOTNOTE,))], place)
    assert [case.id for case in first.cases] == ["verdict-v1"]
    held = place.read_bytes()
    assert held.startswith(MINE.encode() + b"\n")
    assert [case.id for case in read_cases(place)] == ["mine", "two", "verdict-v1"]
    again = add_verdicts([verdict(citations=(FOOTNOTE,))], place)
    assert (again.cases, again.known) == ([], ["v1"])
    assert place.read_bytes() == held


def test_a_verdict_is_known_again_though_its_case_was_renamed_or_reworded(tmp_path: Path) -> None:
    place = tmp_path / "questions.jsonl"
    add_verdicts([verdict(citations=(FOOTNOTE,))], place)
    row = json.loads(place.read_text())
    place.write_text(json.dumps(row | {"id": "renamed", "question": "In what year did it open?"}) + "\n")
    assert add_verdicts([verdict(citations=(FOOTNOTE,))], place).known == ["v1"]


def test_the_same_question_with_other_references_is_refused_by_name(tmp_path: Path) -> None:
    place = tmp_path / "questions.jsonl"
    other = verdict("v2", "down", question="when did the canal open", expected="1913")
    report = add_verdicts([verdict(opinion="down", expected="1914"), other], place)
    assert [case.id for case in report.cases] == ["verdict-v1"]
    assert report.refused == [("v2", "verdict-v1")]
    same = add_verdicts([verdict("v3", "down", expected="1914")], place)
    assert (same.cases, same.known) == ([], ["v3"])
    follow_up = verdict("v4", "down", expected="1913", history=(Turn("What of Suez?", ""),))
    assert [case.id for case in add_verdicts([follow_up], place).cases] == ["verdict-v4"]


def test_an_index_checks_articles_and_words(tmp_path: Path) -> None:
    place = tmp_path / "questions.jsonl"
    shelf = Library([CANAL])
    gone = verdict("v2", "wrong-source", question="a?", source=Corrected(external_id="gone.md"))
    words = verdict("v3", "wrong-source", question="b?", source=Corrected(id="canal-1", quote="It was free."))
    report = add_verdicts([verdict(citations=(FOOTNOTE,)), gone, words], place, shelf=shelf)
    assert [case.id for case in report.cases] == ["verdict-v1"]
    assert [(lacking.id, "gone.md" in lacking.missing or "It was free." in lacking.missing) for lacking in report.missing] == [
        ("v2", True), ("v3", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "named",
    [
        "the  Tides",
        "https://Example.org/tides/#top",
        "/articles/tides?from=3",
        "http://host:1/articles/tides",
        "tides",
    ],
)
def test_a_source_named_by_title_or_address_is_found_in_the_index(tmp_path: Path, named: str) -> None:
    tides = Article("tides", "tides.md", "The tides", "https://example.org/tides", "They rise.")
    shelf = Library([tides, CANAL])
    said = [verdict("v1", "wrong-source", source=Corrected(named=named))]
    (unread,) = add_verdicts(said, tmp_path / "q.jsonl").missing
    assert "--index" in unread.missing
    (case,) = add_verdicts(said, tmp_path / "q.jsonl", shelf=shelf).cases
    assert case.article_ids == ("tides" if named == "tides" else "tides.md",)
    nowhere = [verdict("v1", "wrong-source", source=Corrected(named="The moon"))]
    (unknown,) = add_verdicts(nowhere, tmp_path / "r.jsonl", shelf=shelf).missing
    assert "'The moon' is not in the index" in unknown.missing


def test_a_damaged_file_of_questions_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "questions.jsonl"
    place.write_text(MINE + "\n{oops\n")
    before = place.read_bytes()
    with pytest.raises(InputError, match=r"questions\.jsonl:4"):
        add_verdicts([verdict(citations=(FOOTNOTE,))], place)
    assert place.read_bytes() == before
    with pytest.raises(InputError, match="no verdict 'x'"):
        add_verdicts([verdict()], place, ids=["x"])


# ---- the command ----------------------------------------------------------------------------------------


def _run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command("make")(evaluate_questions.make)
    app.command("add")(evaluate_questions.add)
    return CliRunner().invoke(app, ["add", *arguments])


def test_add_tells_what_was_added_and_what_is_missing(tmp_path: Path) -> None:
    stored, place = tmp_path / "verdicts.jsonl", tmp_path / "questions.jsonl"
    for one in (verdict(citations=(FOOTNOTE,)), verdict("v2", "down", question="Why?")):
        append_verdict(stored, one)
    dry = _run(str(stored), "--to", str(place), "--dry-run")
    assert "1 would be added" in dry.output
    assert not place.exists()
    result = _run(str(stored), "--to", str(place))
    assert result.exit_code == 0, result.output
    assert "verdict-v1: When did the canal open?" in result.output
    assert "verdict v2: not enough for a question: a thumb down needs" in result.output
    assert [case.id for case in read_cases(place)] == ["verdict-v1"]
    assert "0 added" in _run(str(stored), "--to", str(place), "--id", "v1").output


def test_a_refused_verdict_ends_with_status_1_and_a_damaged_file_with_2(tmp_path: Path) -> None:
    stored, place = tmp_path / "verdicts.jsonl", tmp_path / "questions.jsonl"
    append_verdict(stored, verdict(opinion="down", expected="1914"))
    append_verdict(stored, verdict("v2", "down", expected="1913"))
    result = _run(str(stored), "--to", str(place))
    assert result.exit_code == 1
    assert "verdict v2: refused, since 'verdict-v1'" in result.output
    stored.write_text("{}\n")
    error = _run(str(stored), "--to", str(place)).exception
    assert isinstance(error, FootnoteError)
    assert error.exit_status == 2
