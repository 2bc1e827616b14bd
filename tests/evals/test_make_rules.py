"""Questions that a careful editor keeps, and sentences that give none, so that he has none to throw away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.make.drafts import day_forms, number_forms
from evals.make.english import english
from evals.make.german_spanish import german, spanish
from evals.make.names import setting_of

COMMON = frozenset(
    """the canal council vault bridge museum company president astronomer general scientists winner city army engineer
    police report shares profits officials plane fire station school opera house tower club team prices""".split()
)


def asked(sentence: str, *, title: str = "", article: str = "") -> dict[str, tuple[str, ...]]:
    """Question -> answers of what the English rules make of one sentence of an article."""
    setting = setting_of(title, article or sentence, COMMON)
    return {draft.question: draft.answers for draft in english(sentence, setting)}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Titan was discovered by the Dutch astronomer Christiaan Huygens in 1655.", "Who discovered Titan?", "Christiaan Huygens"),
        ("Titan was discovered by the Dutch astronomer Christiaan Huygens in 1655.", "When was Titan discovered?", "1655"),
        ("The Svalbard Global Seed Vault opened on 26 February 2008.", "When did the Svalbard Global Seed Vault open?", "26 February 2008"),
        ("The steamship Ancon made the first transit of the Panama Canal on 15 August 1914.", "When did the steamship Ancon make the first transit of the Panama Canal?", "15 August 1914"),
        ("The Eiffel Tower, which opened in 1889, is a landmark.", "When did the Eiffel Tower open?", "1889"),
        ("The Golden Gate Bridge opened in 1937 and cost $35 million.", "How much did the Golden Gate Bridge cost?", "$35 million"),
        ("The Mona Lisa was stolen on 21 August 1911.", "When was the Mona Lisa stolen?", "21 August 1911"),
        ("In 1920 Alan Turing moved his office to King's College.", "When did Alan Turing move his office to King's College?", "1920"),
        ("Saturn now has 274 moons.", "How many moons does Saturn have?", "274"),
        ("Maui has about 80 outdoor sirens, tested every month.", "How many outdoor sirens does Maui have?", "80"),
        ("Ubisense employs 50 people.", "How many people does Ubisense employ?", "50"),
        ("About 45,000 people live in Tromsø.", "How many people live in Tromsø?", "45,000"),
        ("In 1750 there were more than 250,000 farms in Virginia.", "How many farms were there in Virginia in 1750?", "250,000"),
        ("The Elbphilharmonie cost 866 million euros.", "How much did the Elbphilharmonie cost?", "866 million euros"),
        ("Google bought Pyra Labs for $20m.", "For how much did Google buy Pyra Labs?", "$20m"),
        ("The Akashi Bridge is 3,911 metres long.", "How long is the Akashi Bridge?", "3,911 metres"),
        ("The Queen Mary weighs 81,000 tonnes.", "How much does the Queen Mary weigh?", "81,000 tonnes"),
        ("Gail Halvorsen died in February 2022 at the age of 101.", "At what age did Gail Halvorsen die?", "101"),
        ("John Smith, 45, was there.", "How old is John Smith?", "45"),
        ("Oslo is the capital of Norway.", "What is the capital of Norway?", "Oslo"),
        ("The highest peak in Yosemite National Park is Mount Lyell.", "What is the highest peak in Yosemite National Park?", "Mount Lyell"),
        ("Titan, the largest moon of Saturn, has an atmosphere.", "What is the largest moon of Saturn?", "Titan"),
        ("Claudia Goldin, an economic historian at Harvard, won the prize.", "Who is Claudia Goldin?", "economic historian at Harvard"),
        ("Acme chief executive Jane Smith said sales were good.", "Who is the chief executive of Acme?", "Jane Smith"),
        ("That was what John Batter, general manager at EA Mobile, said.", "Who is the general manager at EA Mobile?", "John Batter"),
        ("Mary Shelley wrote Frankenstein in 1818.", "Who wrote Frankenstein?", "Mary Shelley"),
        ("Ella Grasso was elected governor of Connecticut in 1974.", "Who was elected governor of Connecticut in 1974?", "Ella Grasso"),
        ("Jane Smith, who founded Acme in 1990, left.", "Who founded Acme?", "Jane Smith"),
        ("Marie Curie was born in Warsaw.", "Where was Marie Curie born?", "Warsaw"),
        ("Frankfurt-based Deutsche Boerse has made an offer.", "Where is Deutsche Boerse based?", "Frankfurt"),
        ("Norway closed the Oslo tunnel because water had come in.", "Why did Norway close the Oslo tunnel?", "water had come in"),
        ("The International Tennis Federation (ITF) agreed.", "What does ITF stand for?", "International Tennis Federation"),
        ("Io, Europa, Ganymede and Callisto were discovered by Galileo Galilei.", "Who discovered Io, Europa, Ganymede and Callisto?", "Galileo Galilei"),
    ],
)  # fmt: skip
def test_a_fact_becomes_a_question_that_stands_alone(sentence: str, question: str, answer: str) -> None:
    found = asked(sentence)
    assert question in found
    assert found[question][0] == answer


NO_QUESTION = (
    "He was born in London in 1950.",
    "It opened on 15 August 1914.",
    "They won 12 medals at the Athens Olympics.",
    "This was founded in 1990 by Jane Smith.",
    "The museum opened in 1990.",
    "The company employs 15,000 people.",
    "The team was led by Jane Smith in 1990.",
    "The Council was founded in 1945.",
    "The American project cost 375 million dollars.",
    "The British engineer designed the Tower Bridge in 1886.",
    "That year the Berlin Wall fell.",
    '"Acme was founded in 1990 by Jane Smith," he said.',
    "Jane Smith said Acme was founded in 1990.",
    "Oslo, Bergen and Tromsø, founded in 1048.",
    "Acme profits up 20% in 2004",
    "Acme did not open in 1990.",
    "Acme could open a factory in Oslo in 2025.",
    "Acme plans to open a museum in Oslo in 2025.",
    "Acme is expected to open on 3 May 2026.",
    "Acme opened on Tuesday.",
    "Acme was founded last year.",
    "Acme opened its museum in January.",
    "Jane Smith won three medals.",
    "Jane Smith won.",
    "Scientists discovered Titan in 1655.",
    "Astronomers have found 128 moons.",
    "Mr Smith was appointed in 1990.",
    "John was born in 1950.",
    "Acme opened in 1990 and 1995.",
    "Former Acme chief executive Jane Smith was there.",
    "Oslo beat Bergen 3-1 in 2004.",
    "The Acme report was published in 2004.",
    "In 1928 Jane Smith swam the canal in stages.",
    "Jane Smith took it to Oslo in 1990.",
    "Acme won gold, silver and bronze in Athens in 2004.",
    "Two people were killed in Oslo.",
    "The price rose to $40 in 2004.",
    "Acme has 20% of the shares.",
    "Acme has one museum.",
    "Acme has many museums in Norway.",
    "The treaty signed in Rome in 1957 established Acme.",
    "Acme was said to have been founded in 1990.",
    "What is Acme and who founded Acme in 1990?",
    "Jane Smith hopes Acme was founded in 1990.",
    "Jane Smith and her brother founded a company in 1990.",
    "The latter was discovered by Jane Smith in 1990.",
    "Then Jane Smith called the police in 1990.",
    "The police arrested 35 people.",
    "Smith & Jones founder Jane Smith was there.",
)


@pytest.mark.parametrize("sentence", NO_QUESTION)
def test_what_leans_on_another_sentence_or_states_no_fact_is_not_asked(sentence: str) -> None:
    assert asked(sentence) == {}


def test_the_table_of_refused_sentences_is_long_enough() -> None:
    assert len(set(NO_QUESTION)) >= 40


def test_a_last_name_becomes_the_full_name_the_article_gave() -> None:
    article = "The plan was Jorn Utzon's. In 1966 Utzon resigned from Acme."
    known = asked("Utzon resigned in 1966.", article="The plan of John Utzon won. Utzon resigned in 1966.")
    assert known == {"When did John Utzon resign?": ("1966",)}
    two = asked("Smith resigned in 1966.", article="Jane Smith and John Smith met. Smith resigned in 1966.")
    assert two == {}, f"whose resignation? {article}"


def test_a_definite_noun_becomes_the_one_name_it_stands_for() -> None:
    article = "The Panama Canal is old. The Panama Canal is long. The canal opened on 15 August 1914."
    found = asked("The canal opened on 15 August 1914.", title="Panama Canal", article=article)
    assert found == {"When did the Panama Canal open?": ("15 August 1914", "August 15, 1914")}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Johann Sebastian Bach wurde am 21. März 1685 in Eisenach geboren.", "Wann wurde Johann Sebastian Bach in Eisenach geboren?", "21. März 1685"),
        ("Leipzig wurde 1165 gegründet.", "Wann wurde Leipzig gegründet?", "1165"),
        ("Otto Hahn starb am 28. Juli 1968 in Göttingen.", "Wann starb Otto Hahn?", "28. Juli 1968"),
        ("Saturn hat 274 Monde.", "Wie viele Monde hat Saturn?", "274"),
    ],
)  # fmt: skip
def test_german_facts(sentence: str, question: str, answer: str) -> None:
    assert [(draft.question, draft.answers[0]) for draft in german(sentence)] == [(question, answer)]


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Bogotá fue fundada en 1538 por Gonzalo Jiménez.", "¿Cuándo fue fundada Bogotá?", "1538"),
        ("La Sagrada Familia fue diseñada por Antoni Gaudí.", "¿Por quién fue diseñada la Sagrada Familia?", "Antoni Gaudí"),
        ("Saturno tiene 274 lunas.", "¿Cuántas lunas tiene Saturno?", "274"),
        ("Pablo Picasso nació en 1881.", "¿Cuándo nació Pablo Picasso?", "1881"),
    ],
)  # fmt: skip
def test_spanish_facts(sentence: str, question: str, answer: str) -> None:
    assert [(draft.question, draft.answers[0]) for draft in spanish(sentence)] == [(question, answer)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Er wurde 1914 geboren.", "Die Brücke wurde 2013 eröffnet.", "Musik wurde 1990 erlaubt.", "Wasser hat 2 Teile.",
        "„Leipzig wurde 1165 gegründet“, sagte er.", "Leipzig wurde 1165 nicht gegründet.", "Dort starb er 1990.",
        "Leipzig wurde 1165 und 1180 zerstört.",
    ],
)  # fmt: skip
def test_german_sentences_that_give_nothing(sentence: str) -> None:
    assert german(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Ella nació en 1990.",
        "El puente fue inaugurado en 1990.",
        "Nadie nació en 1990.",
        "Su casa fue vendida en 1990.",
    ],
)
def test_spanish_sentences_that_give_nothing(sentence: str) -> None:
    assert spanish(sentence) == []


@given(st.text(max_size=200))
def test_no_text_breaks_the_rules(text: str) -> None:
    setting = setting_of(text[:20], text, COMMON)
    for draft in english(text, setting) + german(text) + spanish(text):
        assert draft.question.endswith("?")


def test_answers_come_in_their_obvious_forms() -> None:
    assert day_forms("15 August 1914") == ("15 August 1914", "August 15, 1914")
    assert day_forms("September 14, 2000") == ("September 14, 2000", "14 September 2000")
    assert day_forms("1914") == ("1914",)
    assert number_forms("12,941") == ("12,941", "12941")
    assert number_forms("seven") == ("seven", "7")
