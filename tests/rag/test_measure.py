"""Which sentences have the measure that a German or Spanish question asks for."""

from __future__ import annotations

import pytest

from rag import measure


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Was hat die Brücke gekostet?", "Gekostet hat sie rund 180 Millionen Euro."),
        ("Wie viel kosten die Karten?", "Die Karten kosten € 12."),
        ("Wie lange dauerte der Bau?", "Gebaut wurde sechs Jahre lang."),
        ("Wie hoch ist der Brunnen?", "Der Brunnen ist 4,5 Meter hoch."),
        ("Wie hoch ist die Miete?", "Die Miete beträgt 900 Euro."),
        ("Wie lange dauerte der Bau?", "Der Bau dauerte ein Jahr."),
        ("¿Cuánto cuesta una cama?", "Una cama cuesta 89 euros."),
        ("¿Cuánto dura el viaje?", "El viaje durará nueve horas y media."),
        ("¿Cuánto pesa la campana?", "La campana pesa dos toneladas."),
    ],
)
def test_a_sentence_with_the_right_unit_tells_it(question: str, sentence: str) -> None:
    assert measure.tells(sentence, measure.wanted(question))


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Was hat die Brücke gekostet?", "Die Brücke ist 636 Meter lang."),
        ("Wie hoch ist der Brunnen?", "Der Brunnen wurde 1887 geschaffen."),
        ("¿Cuánto cuesta una cama?", "El tren parará en seis estaciones."),
        ("¿Cuánto dura el viaje?", "El viaje cuesta 39 euros."),
    ],
)
def test_another_figure_does_not(question: str, sentence: str) -> None:
    families = measure.wanted(question)
    assert families
    assert not measure.tells(sentence, families)


@pytest.mark.parametrize(
    "question",
    [
        "Was zeigt der Brunnen?",
        "Wie viele Menschen kamen?",
        "What did it cost?",
        "¿Quién explota la línea?",
        "",
    ],
)
def test_other_questions_want_no_measure(question: str) -> None:
    assert not measure.wanted(question)
