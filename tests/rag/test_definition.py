"""Who or what a name is, as sentences say it in passing."""

from __future__ import annotations

import pytest

from rag.definition import age_of, asked_age, asked_name, said_of


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who is Ada Moreno?", "Ada Moreno"),
        ("who was Ada Moreno", "Ada Moreno"),
        ("What is the Heron?", "Heron"),
        ("What's Corran Lake Lines?", "Corran Lake Lines"),
        ("And who is Ludwig van Brandt?", "Ludwig van Brandt"),
        ("Wer ist Orla Brandt?", "Orla Brandt"),
        ("¿Quién es Pablo Ferrer?", "Pablo Ferrer"),
        ("Who is the mayor of Corran?", ""),
        ("What is photosynthesis?", ""),
        ("Was ist Photosynthese?", ""),
        ("Who is Ada Moreno married to?", ""),
    ],
)
def test_only_a_question_for_a_name_asks_what_a_name_is(question: str, name: str) -> None:
    assert asked_name(question) == name


@pytest.mark.parametrize(
    ("name", "sentence", "said"),
    [
        ("Heron", "The Heron is a battery-powered boat, built for 6.2 million euros.", "a battery-powered boat"),
        ("Heron", "In 1993 the old steamer Heron was taken out of service.", "old steamer"),
        ("Ada Moreno", "The captain, Ada Moreno, made no mistake.", "captain"),
        ("Ada Moreno", "Its head, Dr Ada Moreno, said that it was too early.", "head"),
        ("Ada Moreno", "Captain Ada Moreno reversed both engines.", "Captain"),
        ("Ada Moreno", "They were met by Ada Moreno, a British-born engineer, on the pier.", "a British-born engineer"),
        ("Ada Moreno", "A group led by the American biologist Ada Moreno agreed.", "American biologist"),
        ("Ada Moreno", "The owner of the lakeside company, Ada Moreno, fears it.", "owner of the lakeside company"),
        ("Reiter Lines", "The operator, Reiter Lines, asked for a second stop.", "operator"),
        ("Ada Moreno", "Ada Moreno, head of the lake authority, agreed.", "head of the lake authority"),
        ("Orla Brandt", "„Es ist kalt“, sagt die Leiterin der Zählung, Orla Brandt.", "Leiterin der Zählung"),
    ],
)  # fmt: skip
def test_a_sentence_says_in_passing_who_or_what_a_name_is(name: str, sentence: str, said: str) -> None:
    found = said_of(name, sentence, "de" if "„" in sentence else "en")
    assert found is not None
    start, end = found[1]
    assert sentence[start:end] == said


@pytest.mark.parametrize(
    ("name", "sentence", "language"),
    [
        ("Corran", "The ferry struck the pier at Corran in fog.", "en"),
        ("Corran", "The bridge between Corran and the island is closed.", "en"),
        ("Corran", "Die Bewohner der alten Papierfabrik von Corran zogen aus.", "de"),
        ("Moreno", "The council said Moreno had left.", "en"),
        ("Moreno", "The letter that Moreno wrote was lost.", "en"),
        ("Heron", "The Heronsgate is a street.", "en"),
        ("Marrow Lines", "After the accident, Marrow Lines apologised.", "en"),
        ("Marrow Lines", "In the morning, Marrow Lines apologised.", "en"),
        ("Marrow Lines", "During its first year Marrow Lines carried nobody.", "en"),
        ("Marrow Lines", "It was the third time Marrow Lines apologised.", "en"),
        ("Marrow Lines", "With the old boats, Marrow Lines lost money.", "en"),
        ("Marrow Lines", "Marrow Lines was a few minutes late.", "en"),
        ("Boris", "For Boris, the night was long.", "en"),
        ("Boris", "Boris, the night was long.", "en"),
        ("Ada Moreno", "Ada Moreno, an hour later, had left.", "en"),
        ("Marrow", "Nach dem Unfall, Marrow hatte ihn gesehen, war es still.", "de"),
        ("Ada", "The captain, Adam Moreno, made no mistake.", "en"),
    ],
)
def test_a_sentence_that_only_holds_the_name_says_nothing_of_it(
    name: str, sentence: str, language: str
) -> None:
    assert said_of(name, sentence, language) is None


@pytest.mark.parametrize(
    ("question", "sentence", "age"),
    [
        ("How old is Ada Moreno?", "“It is cold,” said Ada Moreno, 81, who swims daily.", "81"),
        ("How old is Ada Moreno?", "The 81-year-old captain Ada Moreno was told first.", "81-year-old"),
        ("How old is Ada Moreno?", "Ada Moreno (81) has left.", "81"),
        ("How old is Ada Moreno?", "Ada Moreno is 81 and swims daily.", "81"),
        ("Wie alt ist Ada Moreno?", "Die 81-jährige Ada Moreno schwimmt täglich.", "81-jährige"),
        ("¿Cuántos años tiene Ada Moreno?", "Ada Moreno, de 81 años, nada cada día.", "81"),
        ("How old is Ada Moreno?", "Ada Moreno, 81 kilometres away, heard it.", None),
        ("How old is Ada Moreno?", "Ada Moreno, 1.85 m tall, won.", None),
        ("How old is Ada Moreno?", "Ada Moreno is 1.85 metres tall.", None),
        ("How old is Ada Moreno?", "Ada Moreno was 20, 30 seconds behind.", None),
        ("How old is Ada Moreno?", "A 45-year-old man told Ada Moreno of it.", None),
        ("How old is Ada Moreno?", "She signed a 3-year contract with Ada Moreno.", None),
        ("How old is Ada Moreno?", "The daughter of Ada Moreno, 12, won.", None),
        ("How old is Ada Moreno?", "Ada Moreno (23) and Jo Brandt (36) scored.", None),
        ("How old is Ada Moreno?", "Ada Moreno was 12 years old when her father died.", None),
        ("How old is Ada Moreno?", "The 19-year-old faces Ada Moreno.", None),
        ("How old is Ada Moreno?", "Ada Moreno is 2 and a half points behind.", None),
        ("How old is Ada Moreno?", "Votes: Ada Moreno, 51; Jo Brandt, 49.", None),
        ("Wie alt ist Ada Moreno?", "Die 20-jährige Tochter von Ada Moreno kam.", None),
        ("How old is Ada Moreno?", "Ada Moreno won in 2019, 12 years after her brother.", None),
        ("How old is Ada Moreno?", "Jo Moreno, 40, is her son.", None),
    ],
)
def test_an_age_is_read_where_newspapers_put_it(question: str, sentence: str, age: str | None) -> None:
    assert asked_age(question) == "Ada Moreno"
    place = age_of("Ada Moreno", sentence)
    assert (sentence[slice(*place)] if place else None) == age


def test_a_long_sentence_of_names_is_read_in_time_that_grows_with_its_length() -> None:
    assert said_of("Moreno", "the old " * 50_000 + "Moreno", "en") is None
    assert said_of("Moreno", "Moreno, " * 50_000, "en") is None
    assert said_of("Moreno", "a-a" * 50_000, "en") is None
