"""What a reader is told when the articles do not answer: nothing that the passages do not show."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.schema import Article, Chunk
from rag.refusal import ABSTAIN_TEXT, OPENINGS, not_said, refusal, text
from rag.schema import Passage

DAY = date(2024, 5, 2)


def passage(
    words: str,
    title: str = "",
    *,
    name: str = "",
    day: date | None = DAY,
    language: str = "en",
    place: int = 0,
) -> Passage:
    name = name or (title or words[:20])
    article = Article(name, name, title, "", words, published=day, language=language)
    return Passage(Chunk(f"{name}:{place}", name, place, words, 0, len(words)), article, 1.0, 1, "hybrid")


PAINT = passage(
    "The Eiffel Tower is repainted by hand, with brushes, by climbers.", "The tower keeps its colour"
)
STRIKE = passage("The Eiffel Tower was closed for a strike.", "Strike at the tower", day=None)
FERRY = passage("A ferry crosses the bay every hour.", "The ferry")

CASES = [
    # question, passages, looked for, missing, titles of the nearest
    ("When was the Eiffel Tower painted?", [PAINT, STRIKE], "a date for: Eiffel Tower, painted", "passages on this were found, but none of them gives a date", 2),
    ("How heavy is the Eiffel Tower?", [PAINT], "a number for: Eiffel Tower", "passages on this were found, but none of them gives a number", 1),
    ("Who painted the Eiffel Tower?", [PAINT], "a name for: painted, Eiffel Tower", "passages on this were found, but none of them names anybody else", 1),
    ("Where was the Eiffel Tower designed?", [STRIKE], "a place for: Eiffel Tower, designed", "passages on this were found, but none of them names another place", 1),
    ("Why was the Eiffel Tower sold?", [PAINT], "a reason for: Eiffel Tower, sold", "no passage found has the word “sold”", 1),
    ("Was the Eiffel Tower sold?", [PAINT], "a passage for: Eiffel Tower, sold", "no passage found has the word “sold”", 1),
    ("Was the Eiffel Tower closed?", [STRIKE], "a passage for: Eiffel Tower, closed", "", 1),
    ("How many moons does Zurich have?", [PAINT], "a number for: moons, Zurich", "no passage found mentions “Zurich”", 0),
    ("Is Zurich near Geneva?", [PAINT], "a passage for: Zurich, near, Geneva", "no passage found mentions “Zurich” or “Geneva”", 0),
    ("Did a ferry reach Zurich?", [FERRY], "a passage for: ferry, reach, Zurich", "no passage found mentions “Zurich”", 0),
    ("Did the ferry cross to Zurich?", [FERRY], "a passage for: ferry, cross, Zurich", "no passage found mentions “Zurich”", 1),
    ("What happened to the ferry in 1987?", [FERRY], "a passage for: ferry, 1987", "no passage found mentions “1987”", 1),
    ("What happened to the ferry in 2024?", [FERRY], "a passage for: ferry, 2024", "", 1),
    ("What did Norway do to the ferry?", [passage("A Norwegian bought the ferry.", "Sold")], "a passage for: Norway, ferry", "", 1),
    ("What did the UN say of the ferry?", [FERRY], "a passage for: UN, ferry", "", 1),
    ("When does the ferry leave?", [passage("The ferry leaves at 9.", "Times")], "a date for: ferry, leave", "", 1),
    ("How many dozens of ferries?", [passage("Dozens of ferries are here.", "Many")], "a number for: dozens, ferries", "", 1),
    ("When was the ferry sold?", [], "a date for: ferry, sold", "no passage was found", 0),
    ("Zurich?", [PAINT], "a passage for: Zurich", "no passage found has the word “Zurich”", 0),
    ("ferry", [FERRY], "a passage for: ferry", "", 1),
    ("the Eiffel Tower", [STRIKE], "a passage for: Eiffel Tower", "", 1),
    ("When?", [FERRY], "", "", 0),
    ("???", [FERRY], "", "", 0),
    ("", [FERRY], "", "", 0),
    ("¿?¡!…", [], "", "", 0),
    ("word " * 2000, [FERRY], "a passage for: word", "no passage found has the word “word”", 0),
    ("Где находится башня?", [FERRY], "a passage for: Где, находится, башня", "no passage found has the word “Где” or “находится”", 0),
    ("塔はどこですか", [FERRY], "a passage for: 塔はどこですか", "no passage found has the word “塔はどこですか”", 0),
    ("How is [1] <b>ferry</b>?", [FERRY], "a passage for: 1, ferry", "no passage found has the word “1”", 1),
    ("What is a\u202eferry\u0007 for?", [FERRY], None, None, None),
]  # fmt: skip

GERMAN = [
    ("de", "Wann wurde der Turm in Zürich gestrichen?", [passage("Der Turm steht am See.", "Der Turm", language="de")], "Die Artikel beantworten diese Frage nicht. Gesucht wurde nach einem Datum zu: Turm, Zürich, gestrichen; in keiner gefundenen Stelle steht das Wort „Zürich“ oder „gestrichen“."),
    ("de", "Wie viele Glocken hat der Turm?", [passage("Der Turm hat zwei Glocken.", "Der Turm", language="de")], "Die Artikel beantworten diese Frage nicht. Gesucht wurde nach einer Zahl zu: Glocken, Turm. Am nächsten kommt der Artikel „Der Turm“ (2. Mai 2024)."),
    ("de", "Wann wurde der Turm gebaut?", [passage("Der Turm steht am See.", "Der Turm", language="de")], "Die Artikel beantworten diese Frage nicht. Gesucht wurde nach einem Datum zu: Turm, gebaut; Stellen dazu wurden gefunden, aber keine nennt ein Datum."),
    ("de", "Wann kam die Fähre?", [], "Die Artikel beantworten diese Frage nicht. Gesucht wurde nach einem Datum zu: kam, Fähre; es wurde keine Stelle gefunden."),
    ("es", "¿Cuándo se pintó la Torre Eiffel?", [passage("La Torre Eiffel se pinta a mano.", "La torre", language="es")], "Los artículos no responden a esta pregunta. Se buscó una fecha para: pintó, Torre Eiffel; se encontraron pasajes sobre ello, pero ninguno da una fecha. El artículo más cercano es «La torre» (2 de mayo de 2024)."),
    ("es", "¿Quién vive en Zúrich?", [passage("Un barco cruza la bahía.", "El barco", language="es")], "Los artículos no responden a esta pregunta. Se buscó un nombre para: vive, Zúrich; ningún pasaje encontrado menciona «Zúrich»."),
]  # fmt: skip


@pytest.mark.parametrize(("question", "passages", "looked_for", "missing", "near"), CASES)
def test_what_was_looked_for_and_what_is_missing(
    question: str, passages: list[Passage], looked_for: str | None, missing: str | None, near: int | None
) -> None:
    made = refusal(question, passages)
    if looked_for is not None:
        assert (made.looked_for, made.missing, len(made.nearest)) == (looked_for, missing, near)
    said = text(made)
    opening = OPENINGS.get(made.language, ABSTAIN_TEXT)
    assert said.startswith(opening)
    assert said.isprintable()
    assert len(said) < 700
    assert (said == opening) == (not made.looked_for and not made.nearest)


@pytest.mark.parametrize(("language", "question", "passages", "said"), GERMAN)
def test_german_and_spanish_frames(language: str, question: str, passages: list[Passage], said: str) -> None:
    assert text(refusal(question, passages, language=language)).startswith(said)


def test_the_whole_text() -> None:
    said = text(refusal("When was the Eiffel Tower painted?", [PAINT, STRIKE]))
    assert said == (
        "The articles do not answer this question. The search looked for a date for: Eiffel Tower, painted; "
        "passages on this were found, but none of them gives a date. "
        "The nearest articles are “The tower keeps its colour” (2 May 2024) and “Strike at the tower”."
    )
    assert text(refusal("???", [])) == ABSTAIN_TEXT


def test_the_nearest_are_of_different_articles_first_and_at_most_three() -> None:
    again = passage("The Eiffel Tower has lifts.", "The tower keeps its colour", place=1)
    more = [passage(f"The Eiffel Tower and page {n}.", f"Tower {n}") for n in range(4)]
    assert refusal("When was the Eiffel Tower painted?", [PAINT, again, STRIKE]).nearest == (
        PAINT,
        STRIKE,
        again,
    )
    assert refusal("When was the Eiffel Tower painted?", [PAINT, again, *more]).nearest == (PAINT, *more[:2])
    said = text(refusal("When was the Eiffel Tower painted?", [PAINT, again]))
    assert said.count("The tower keeps its colour") == 1


def test_the_reason_counts_where_the_passages_show_nothing_missing() -> None:
    question = "Was the Eiffel Tower closed?"
    assert refusal(question, [STRIKE], reason="no passage found mentions Pisa").missing == (
        "no passage found mentions “Pisa”"
    )
    for reason in ("no sentence fits well enough (confidence 0.21, needed 0.40)", "", "\n"):
        assert refusal(question, [STRIKE], reason=reason).missing == ""


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Two\nlines\ttoo", "“Two lines too” (2 May 2024)"),
        ("Turned \u202eback\u2066 round", "“Turned back round” (2 May 2024)"),
        ("long " * 100, "“" + " ".join(["long"] * 16) + "…” (2 May 2024)"),
        ("x" * 500, "“" + "x" * 80 + "…” (2 May 2024)"),
        ("Quote ” and [1] <b>", "“Quote ’ and [1] <b>” (2 May 2024)"),
        ("\ud800\x00\u200b", "an article without a title (2 May 2024)"),
        ("", "an article without a title (2 May 2024)"),
    ],
)
def test_hostile_titles_become_short_plain_text(title: str, shown: str) -> None:
    said = text(refusal("When was the Eiffel Tower painted?", [passage(STRIKE.chunk.text, title)]))
    assert said.endswith(f"The nearest article is {shown}.")


def test_a_part_that_is_not_answered() -> None:
    assert not_said("Who designed the bridge?") == "The articles do not answer: “Who designed the bridge?”"
    assert not_said("Wer war es?", "de") == "Die Artikel beantworten nicht: „Wer war es?“"
    assert not_said("¿Quién fue?", "es") == "Los artículos no responden: «¿Quién fue?»"
    assert not_said("a\nb “c”") == "The articles do not answer: “a b ’c’”"


@given(
    st.text(max_size=150),
    st.text(max_size=150),
    st.text(max_size=60),
    st.sampled_from(["en", "de", "es", "fr", ""]),
)
def test_no_text_breaks_it(question: str, words: str, title: str, language: str) -> None:
    for asked in (question, f"When was {words[:20]}?", words):
        made = refusal(
            asked, [passage(words, title), passage(question, words)], language=language, reason=title
        )
        said = text(made)
        assert said.startswith(OPENINGS.get(language, ABSTAIN_TEXT))
        assert "\n" not in said
        assert len(made.nearest) <= 3
    assert not_said(question, language)
