"""The interface speaks the reader's language, wholly."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import pytest

import ui
from index.register import DateSpread
from index.schema import ArticleFilter
from rag.options import RagOptions
from rag.plan import plan
from ui import chat, render
from ui.language import LANGUAGES, choose, number_text, retell, table, translate

HOME = Path(ui.__file__).parent
OTHERS = [language for language in LANGUAGES if language != "en"]


def said_in_templates() -> set[str]:
    found: set[str] = set()
    for place in (HOME / "templates").glob("*.j2"):
        found |= set(re.findall(r'\b_\("((?:[^"\\]|\\.)*)"', place.read_text("utf-8")))
    return found


def said_in_script() -> set[str]:
    script = "".join((HOME / "static" / name).read_text("utf-8") for name in ("chat-ui.js", "embed.js"))
    return set(re.findall(r'(?:\bt\(|FORGOTTEN = |LOST = |\? FORGOTTEN : )"((?:[^"\\]|\\.)*)"', script))


def said_by_name() -> set[str]:
    """Texts that stand in constants."""
    return {
        value
        for module in (chat, render)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and " " in value
    }


def said_in_code() -> set[str]:
    """The texts that `translate("...")` or `say("...")` is called with."""
    found: set[str] = set()
    for place in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(place.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in ("translate", "_", "say") and isinstance(node.args[0].value, str):
                    found.add(node.args[0].value)
    return found


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_a_translation(language: str):
    assert (
        sorted(
            (said_in_templates() | said_in_code() | said_in_script() | said_by_name())
            - set(table(language))
            - {""}
        )
        == []
    )


@pytest.mark.parametrize("language", OTHERS)
def test_translations_hold_the_same_names_and_are_no_copies(language: str):
    for english, other in table(language).items():
        assert fields(english) == fields(other), english
        assert other.strip()
        assert other != english or len(english.split()) == 1, english


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(language: str):
    sources = [*HOME.rglob("*.py"), *HOME.rglob("*.j2"), *(HOME / "static").glob("*.js")]
    said = " ".join(" ".join(place.read_text("utf-8").split()) for place in sources)
    said = said.replace('" "', "")  # a long text of Python stands on several lines
    answers = [line.replace("{", "").replace("}", "") for line in LOOKED_FOR]
    assert [
        t for t in table(language) if t not in said and t.replace("{", "").replace("}", "") not in answers
    ] == []


LOOKED_FOR = """Only articles published {when} were searched, as the question asks.
Only articles published {when} were searched.
Only articles of the source {names} were searched.
Only articles of the topic {names} were searched.
Only the article “{title}” was searched.
Only {n} articles chosen by name were searched.
Articles published after {day} were left out.
Articles near the time asked about were preferred ({when}).
Articles published lately were preferred: the question says “{words}” and was asked on {day}.
Articles published lately were preferred: the question was asked on {day}.
Articles near the day of the question, {day}, were somewhat preferred.
“{title}” is a corrected version of an article published before.
since {first} and until {last}
{when} ("{words}")
from {first} to {last}
on {day}
since {day}
until {day}
as recent as possible""".split("\n")


def _plans() -> list[str]:
    """What plans of real questions say of themselves."""
    today = date(2024, 6, 15)
    spread = DateSpread(9, 1, first=date(2020, 1, 1), last=date(2024, 6, 1))
    library = SimpleNamespace(date_spread=lambda: spread, article=lambda _: SimpleNamespace(title="Fog"))
    only = ArticleFilter(date(2024, 1, 1), date(2024, 2, 1), ("wire", "shelf"), ("sea",), ("fog-1",))
    said: list[str] = []
    for question in (
        "What happened last week?",
        "articles since 2022 on tea",
        "Who won in 2021?",
        "Who leads now?",
        "How tall is it?",
    ):
        for limits in (None, only, ArticleFilter(since=date(2024, 1, 1)), ArticleFilter(articles=("a", "b"))):
            said += plan(question, library, RagOptions(), asked_at=today, only=limits).details  # type: ignore[arg-type]
    return said


def test_how_it_was_looked_for_is_said_in_the_readers_language():
    said = _plans()
    assert len(set(said)) >= 8
    for line in said:
        for language in OTHERS:
            assert retell(line, language) != line
            words = set(re.findall(r"[a-z]+", retell(line, language)))
            assert not words & {"articles", "were", "since", "until", "the", "and", "on"}, retell(
                line, language
            )
        assert retell(line, "en") == line
    assert retell("x" * 100_000, "de") == "x" * 100_000
    assert retell("Only articles of the source <b>{x}</b> were searched.", "es") == (
        "Solo se buscó en artículos de la fuente <b>{x}</b>."
    )


def test_both_languages_know_the_same_texts():
    assert set(table("de")) == set(table("es"))


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "de", "de"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "fr,es;q=0.5,en;q=0.4", "es"),
        ("", "en-GB,en;q=0.9,de;q=0.8", "en"),
        ("", "fr, nl", "en"),
        ("es", "de", "es"),
        ("DE-at", "", "de"),
        ("xx", "de", "de"),
        ("<script>", "es;q=0", "en"),
        ("", "de;q=nan, es;q=9, \x00" + "en," * 10_000, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_or_the_browsers(asked: str, accepted: str, language: str):
    assert choose(asked, accepted) == language


def test_numbers_as_readers_write_them():
    assert [number_text(1234567, language) for language in ("en", "de")] == ["1,234,567", "1.234.567"]
    assert translate("{n} articles", "de", n=number_text(1200, "de")) == "1.200 Artikel"
    assert translate("not in any table", "es") == "not in any table"
