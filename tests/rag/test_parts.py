"""A question that asks several things comes apart; one that asks one thing does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.parts import MOST_PARTS, asked_kind, parts

SPLIT = [
    ("When was the bridge opened and who designed it?", ("When was the bridge opened?", "Who designed the bridge?")),
    ("How long is it and how much did it cost?", ("How long is it?", "How much did it cost?")),
    ("What is the Kigali Amendment? And where is Kigali?", ("What is the Kigali Amendment?", "Where is Kigali?")),
    ("When was the Sydney Opera House opened? Who designed it?", ("When was the Sydney Opera House opened?", "Who designed the Sydney Opera House?")),
    ("When and where was the treaty signed?", ("When was the treaty signed?", "Where was the treaty signed?")),
    ("How and why do cats purr?", ("How do cats purr?", "Why do cats purr?")),
    ("How long and how wide is the Panama Canal?", ("How long is the Panama Canal?", "How wide is the Panama Canal?")),
    ("When was the bridge opened, who designed it and how much did it cost?", ("When was the bridge opened?", "Who designed the bridge?", "How much did the bridge cost?")),
    ("Who was Otto Hahn, when was he born and where did he die?", ("Who was Otto Hahn?", "When was Otto Hahn born?", "Where did Otto Hahn die?")),
    ("When was the bridge opened and by whom?", ("When was the bridge opened?", "By whom was the bridge opened?")),
    ("when was the berlin wall built and why", ("When was the berlin wall built?", "Why was the berlin wall built?")),
    ("Was the treaty signed, and if so, when?", ("Was the treaty signed?", "When was the treaty signed?")),
    ("Did the banyan tree survive, and why?", ("Did the banyan tree survive?", "Why did the banyan tree survive?")),
    ("who discovered the titanic wreck site and when", ("Who discovered the titanic wreck site?", "When was the titanic wreck site discovered?")),
    ("Who wrote the letters and in what year?", ("Who wrote the letters?", "In what year were the letters written?")),
    ("When was the Deutsche Mark introduced, and when did euro cash replace it?", ("When was the Deutsche Mark introduced?", "When did euro cash replace the Deutsche Mark?")),
    ("How many stops did the tram line have when it opened, and how many did it have in 2023?", ("How many stops did the tram line have when it opened?", "How many stops did the tram line have in 2023?")),
    ("How many moons has Saturn and how many has Jupiter?", ("How many moons has Saturn?", "How many moons has Jupiter?")),
    ("Who is the mayor of Venice and when was he elected?", ("Who is the mayor of Venice?", "When was the mayor of Venice elected?")),
    ("Where was Jimmy Carter born and when did he die?", ("Where was Jimmy Carter born?", "When did Jimmy Carter die?")),
    ("How tall is the tower and what is its weight?", ("How tall is the tower?", "What is the tower’s weight?")),
    ("What caused the fire and how many people died?", ("What caused the fire?", "How many people died in the fire?")),
    ("When was the election and who won?", ("When was the election?", "Who won the election?")),
    ("When did the canal open and how long is it?", ("When did the canal open?", "How long is the canal?")),
    ("what is nginx and what is it used for", ("What is nginx?", "What is nginx used for?")),
    ("who were the dadaists and what did they do", ("Who were the dadaists?", "What did the dadaists do?")),
    ("What happened in 1914 and what happened in 1918?", ("What happened in 1914?", "What happened in 1918?")),
    ("Is the barrier finished and when did it open?", ("Is the barrier finished?", "When did the barrier open?")),
    ("And when was the bridge opened; who designed it?", ("When was the bridge opened?", "Who designed the bridge?")),
]  # fmt: skip

WHOLE = [
    "Who are Simon and Garfunkel?",
    "What did the UK and France agree?",
    "How do cats and dogs differ?",
    "When was the bridge opened?",
    "Who wrote the book and directed the film?",
    "How many pipes do the organs of Notre-Dame and the Sydney Opera House have?",
    "How high did the water rise in Florence and in Venice on 4 November 1966?",
    # a clause that only looks like a question
    "Who knows when the bridge opened and who designed it?",
    "Do the articles say when it opened and who designed it?",
    "Tell me when it opened and who designed it.",
    "What is the difference between what was promised and what was delivered?",
    "What is the name of the woman elected in 2010 and who later resigned?",
    "Which country joined the EU in 2004 and which left it?",
    'Who sang "When and Where" and who wrote it?',
    "A chip in Voyager 1 failed and could not be fixed. What did the team do instead?",
    "The planet with the most moons: how many does it have?",
    "Compare the two studies: what does Utrecht give, and what does Kiel give?",
    "According to the report, how many people died and why?",
    # what the second part means is a guess
    "Who designed the bridge and when did he die?",
    "What is the capital of France and how many people live there?",
    "When did Steve Jobs found Apple and when did it go public?",
    "When did Apple launch the iPhone and how much did it cost?",
    "what is the function of insulin and where is it produced",
    "How many moons does Neptune have, and how many of them did Voyager 2 find?",
    "How many people were killed and how many were injured in the fire?",
    "What did Macron promise for Notre-Dame and what for the Mona Lisa?",
    "When was the first marathon in Boston, and when was the first in New York?",
    "When was the building sold and when was the architect born?",
    "Where is the museum and how much is a ticket?",
    "When was the Sydney Opera House opened? Why?",
    # four things, nothing, no words
    "What is A? What is B? What is C? What is D?",
    "What is this?? Really?!",
    "",
    "   ",
    "?",
    "???",
    "and",
    "And who?",
]  # fmt: skip

GERMAN = [
    ("Wann wurde die Brücke eröffnet und wer hat sie entworfen?", ("Wann wurde die Brücke eröffnet?", "Wer hat die Brücke entworfen?")),
    ("Wann wurde der Turm gebaut und wer hat ihn entworfen?", ("Wann wurde der Turm gebaut?", "Wer hat den Turm entworfen?")),
    ("Wie hoch ist der Turm und wann wurde er gebaut?", ("Wie hoch ist der Turm?", "Wann wurde der Turm gebaut?")),
    ("Wann und wo wurde Angela Merkel geboren?", ("Wann wurde Angela Merkel geboren?", "Wo wurde Angela Merkel geboren?")),
    ("Wann wurde die Brücke eröffnet und von wem?", ("Wann wurde die Brücke eröffnet?", "Von wem wurde die Brücke eröffnet?")),
    ("Was ist die Elbphilharmonie? Und wo steht sie?", ("Was ist die Elbphilharmonie?", "Wo steht die Elbphilharmonie?")),
    ("Wie lang ist die Brücke, wann wurde sie eröffnet und was hat sie gekostet?", ("Wie lang ist die Brücke?", "Wann wurde die Brücke eröffnet?", "Was hat die Brücke gekostet?")),
    ("Wer waren Simon und Garfunkel?", None),
    ("Was haben die Brücke in Dresden und die Oper in Hamburg gekostet?", None),
    ("Wer weiß, wann die Brücke eröffnet wurde und wer sie entworfen hat?", None),
    ("Wer entwarf die Brücke und wann starb er?", None),
    ("Wann wurde die Brücke eröffnet und wie heißt der Architekt?", None),
]  # fmt: skip

SPANISH = [
    ("¿Cuándo se inauguró el puente y quién lo diseñó?", ("¿Cuándo se inauguró el puente?", "¿Quién diseñó el puente?")),
    ("¿Cuándo se inauguró el puente y cuánto costó?", ("¿Cuándo se inauguró el puente?", "¿Cuánto costó el puente?")),
    ("¿Cuándo y dónde nació Pablo Picasso?", ("¿Cuándo nació Pablo Picasso?", "¿Dónde nació Pablo Picasso?")),
    ("¿Quién es el alcalde de Venecia y cuándo fue elegido?", ("¿Quién es el alcalde de Venecia?", "¿Cuándo fue elegido el alcalde de Venecia?")),
    ("¿Qué es la Tomatina? ¿Y dónde se celebra?", ("¿Qué es la Tomatina?", "¿Dónde se celebra la Tomatina?")),
    ("¿Quién diseñó el puente y cuándo murió?", None),
    ("¿Quiénes son Simon y Garfunkel?", None),
    ("¿Qué acordaron Francia y España?", None),
    ("¿Dónde está el museo y cuánto cuesta la entrada?", None),
    ("¿Cuándo se fundó Bilbao y quién la fundó?", None),
]  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), SPLIT)
def test_a_question_that_asks_several_things_comes_apart(question: str, expected: tuple[str, ...]) -> None:
    assert parts(question) == expected


@pytest.mark.parametrize("question", WHOLE)
def test_a_question_that_asks_one_thing_comes_back_unchanged(question: str) -> None:
    assert parts(question) == (question,)


@pytest.mark.parametrize(("question", "expected"), GERMAN)
def test_german_questions(question: str, expected: tuple[str, ...] | None) -> None:
    assert parts(question, "de") == (expected or (question,))


@pytest.mark.parametrize(("question", "expected"), SPANISH)
def test_spanish_questions(question: str, expected: tuple[str, ...] | None) -> None:
    assert parts(question, "es") == (expected or (question,))


def test_a_part_is_not_taken_apart_again() -> None:
    for question, expected in SPLIT:
        for part in expected:
            assert parts(part) == (part,), question


def test_other_languages_and_very_long_questions_stay_whole() -> None:
    question = "Quand le pont a-t-il été ouvert et qui l'a conçu ?"
    assert parts(question, "fr") == (question,)
    long = "When was the bridge opened and who designed it? " * 40
    assert parts(long) == (long,)


PIECES = st.lists(
    st.sampled_from(
        """when where who what how many much long is was did does the a bridge it he its Paris and , ; ? ?? ¿ " “ ( wer wann
        wie viele hat sie die Brücke und quién cuándo lo y el puente ² ’s 1914 in of""".split()
    ),
    max_size=40,
).map(" ".join)


@given(st.one_of(st.text(max_size=200), PIECES), st.sampled_from(["en", "de", "es", "fr", "", "xx"]))
def test_any_text_gives_one_to_three_questions(question: str, language: str) -> None:
    found = parts(question, language)
    assert 1 <= len(found) <= MOST_PARTS
    if len(found) == 1:
        assert found == (question,)
    else:
        assert all(part.endswith("?") and len(part) > 3 for part in found)
    assert isinstance(asked_kind(question, language), str)


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("When did the canal open?", "en", "when"),
        ("What motive did the man who took the Mona Lisa give?", "en", ""),
        ("What is the population of Tuvalu?", "en", "number"),
        ("What did the tram line cost?", "en", "number"),
        ("By whom was it built?", "en", "who"),
        ("And how many moons has Saturn?", "en", "number"),
        ("In which city was it signed?", "en", "where"),
        ("Is it known who did it?", "en", "yes-no"),
        ("Wann wurde die Brücke eröffnet?", "de", "when"),
        ("Wie viele Plätze hat der Saal?", "de", "number"),
        ("Wer hat sie entworfen?", "de", "who"),
        ("Was hat die Brücke gekostet?", "de", "number"),
        ("Was ist die Tomatina?", "de", ""),
        ("¿Cuántas toneladas se tiraron?", "es", "number"),
        ("¿Quién lo diseñó?", "es", "who"),
        ("¿Dónde nació?", "es", "where"),
        ("", "en", ""),
        ("!", "de", ""),
    ],
)
def test_the_kind_of_answer_asked_for(question: str, language: str, kind: str) -> None:
    assert asked_kind(question, language) == kind
