"""An answer as a person reads it in a terminal, in a file, and as JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from index.schema import Copy
from rag.schema import AnswerEvent, Failed, Finished, Rewritten
from tests.fakes import (
    ABSTAIN_TEXT,
    LENS_QUESTION,
    SHELF,
    TIDE_QUESTION,
    events_of,
    make_answer,
    make_article,
    make_citation,
    make_passage,
    shelf_answers,
)
from ui.terminal import PlainPrinter, RichPrinter, answer_json, plain_answer, quoted, shorten

KEYS = {
    "question",
    "standalone_question",
    "text",
    "abstained",
    "reason",
    "confidence",
    "details",
    "engine",
    "model",
    "sentences",
    "citations",
    "passages",
    "dropped",
    "timings_ms",
}


def on_a_terminal(events: Iterable[AnswerEvent], width: int = 80) -> str:
    console = Console(
        file=io.StringIO(), force_terminal=True, width=width, color_system="standard", highlight=False
    )
    RichPrinter(console, lambda failed: None).show(events)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_json_has_exactly_the_promised_shape() -> None:
    found = answer_json(shelf_answers()[TIDE_QUESTION])
    assert set(found) == KEYS
    assert set(found["sentences"][0]) == {"text", "origin", "markers", "support"}
    assert set(found["citations"][0]) == {
        "marker",
        "article_id",
        "title",
        "url",
        "published",
        "quote",
        "start",
        "end",
        "answer",
        "corrected",
        "page",
        "also_in",
    }
    assert set(found["passages"][0]) == {"article_id", "title", "start", "end", "text", "score"}
    assert set(found["timings_ms"]) == {"retrieve", "evidence", "draft", "check", "total"}
    assert found["citations"][0]["published"] == "2023-11-12"
    text = next(a for a in SHELF if a.id == "tides").text
    for citation in found["citations"]:
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    json.dumps(found)


def test_where_else_an_article_stands_is_named_once_each() -> None:
    copies = (
        Copy("c1", "One", "https://www.gazette.example/a", "", None),
        Copy("c2", "Two", "", "Post\x1b[2J", date(2024, 5, 2)),
        Copy("c3", "Three", "", "Post\x1b[2J", None),
    )
    answer = shelf_answers()[LENS_QUESTION]
    first = answer.citations[0]
    answer = replace(answer, citations=(replace(first, passage=replace(first.passage, also_in=copies)),))
    assert "Also in: gazette.example, Post[2J" in plain_answer(answer)
    assert "Also in: gazette.example, Post[2J" in on_a_terminal(events_of(answer), width=200)
    assert answer_json(answer)["citations"][0]["also_in"][1] == {
        "id": "c2", "title": "Two", "url": "", "site": "Post\x1b[2J", "published": "2024-05-02",
    }  # fmt: skip
    assert "Also in" not in plain_answer(shelf_answers()[LENS_QUESTION])


def test_json_of_an_abstention_has_no_citations() -> None:
    found = answer_json(make_answer("Who?", [], [make_passage(SHELF[2])]))
    assert found["abstained"] is True
    assert found["citations"] == []
    assert found["sentences"] == []
    assert found["passages"][0]["article_id"] == "glass"


def test_plain_text_has_the_answer_then_numbered_footnotes() -> None:
    lines = plain_answer(shelf_answers()[LENS_QUESTION]).splitlines()
    assert lines[0].endswith("out to sea.[1]")
    assert lines[2] == "[1] How lighthouses were lit (2024-05-01)"
    assert "first lit at Cordouan in 1823" in lines[3]
    assert lines[4].strip() == "https://example.org/lighthouses"


def test_an_abstention_offers_the_nearest_passage_of_each_article() -> None:
    lamp = make_passage(SHELF[0])
    text = plain_answer(make_answer("Who?", [], [lamp, replace(lamp, rank=2), make_passage(SHELF[2], 3)]))
    assert text.startswith(ABSTAIN_TEXT)
    assert text.count("How lighthouses were lit") == 1
    assert "- A short history of glass\n" in text, "no date is shown where none is known"


def test_the_terminal_shows_footnotes_with_the_quoted_words_highlighted() -> None:
    shown = on_a_terminal(events_of(shelf_answers()[TIDE_QUESTION]), width=300)
    assert "\x1b[1;33mmost coasts see two high tides a day\x1b[0m" in shown, "the quoted words stand out"
    assert "Why the sea rises and falls" in shown
    assert "2023-11-12" in shown


def test_the_terminal_says_how_a_follow_up_was_understood() -> None:
    answer = replace(shelf_answers()[LENS_QUESTION], question="And when?")
    assert "Understood as: When was the Fresnel lens first lit?" in on_a_terminal(events_of(answer))
    assert Rewritten(LENS_QUESTION) in events_of(answer)


def test_an_article_cannot_steer_the_terminal() -> None:
    nasty = make_article(
        "nasty",
        "Title\x1b]0;owned\x07 [bold red]x[/]",
        "Calm words. \x1b[2JErased [/red] \x9b31mtext \u202eturned\u2066 [link=file:///x]here.",
    )
    quote = nasty.text
    answer = make_answer("q", [(quote, "quote", [make_citation(1, make_passage(nasty), quote)])], [])
    plain = plain_answer(answer)
    assert not set(plain) & {"\x1b", "\x07", "\x9b", "\u202e", "\u2066"}
    shown = on_a_terminal(events_of(answer), width=300)
    assert "\x1b[2J" not in shown
    assert "\x1b]0;" not in shown
    assert not set(shown) & {"\x9b", "\u202e", "\u2066"}
    assert "[link=file:///x]here." in shown, "square brackets of an article stay words"


def test_a_failed_part_is_told_and_the_answer_still_comes() -> None:
    answer = shelf_answers()[LENS_QUESTION]
    told: list[Failed] = []
    written: list[str] = []
    failure = Failed("the model server does not answer", "start it")
    PlainPrinter(written.append, told.append).show([failure, Finished(answer)])
    assert told == [failure]
    assert "1823" in written[0]


def test_a_quote_is_shown_between_the_words_around_it() -> None:
    article = make_article("long", "Long", "alpha " * 60 + "the very words" + " omega" * 60)
    around = quoted(make_citation(1, make_passage(article), "the very words")).plain
    assert around.startswith("… alpha")
    assert "alpha the very words omega" in around
    assert around.endswith("omega …")


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [("one two three", 50, "one two three"), ("one two three", 9, "one two …"), ("unbreakable", 4, "unbr …")],
)
def test_shorten_cuts_at_a_word(text: str, most: int, short: str) -> None:
    assert shorten(text, most) == short
