"""Questions in German and Spanish about places and people that do not exist, for want of a public set in these languages
whose licence allows training: the answer is to be in the words of the evidence, whatever their language."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from rag.training.found import Fact, Found
from rag.wording import day_text

_BEGIN, _MIDDLE = (
    "Al Bren Cor Dal El Fer Gar Hal Ish Jor Kal Lim Mar Nor Ost Pel Quin Ras Sol Tor Ul Ves Wen Zar".split(),
    "a e i o u en an or il".split(),
)
_END = {
    "de": "bach berg burg dorf feld hausen heim stadt tal wald".split(),
    "es": "ada ales ares dero eda era illa ona osa ueva".split(),
}
_FIRST = {"de": "Anna Bernd Clara Dieter Eva Frank Greta Heinz Ida Jonas Karin Lukas Mira Nils Petra Ralf".split(),
          "es": "Ana Bruno Carmen Diego Elena Felipe Gloria Hugo Inés Jorge Lucía Mateo Nuria Pablo Rosa Tomás".split()}  # fmt: skip
_WORDS = {
    "de": {
        "thing": ["die Brücke", "die Bibliothek", "die Sternwarte", "die Markthalle", "die Schleuse", "die Mühle"],
        "stuff": ["rotem Sandstein", "Granit und Eichenholz", "Beton", "hellem Kalkstein", "Ziegeln", "Lärchenholz"],
        "reason": ["die Bremsen versagten", "das Geld fehlte", "der Fluss zu viel Wasser führte", "zu wenige Fahrgäste kamen", "ein Riss im Dach entdeckt wurde"],
        "demand": ["niedrigere Eintrittspreise", "eine neue Buslinie", "mehr Plätze für Kinder", "einen Radweg zum Bahnhof", "längere Öffnungszeiten"],
        "name": ["der Stadtrat", "die Gewerkschaft", "der Heimatverein", "die Schulleitung", "der Pächter"],
    },
    "es": {
        "thing": ["el puente", "la biblioteca", "el observatorio", "el mercado", "la esclusa", "el molino"],
        "stuff": ["piedra caliza", "granito y madera de roble", "hormigón", "ladrillo rojo", "arenisca", "madera de alerce"],
        "reason": ["fallaron los frenos", "faltaba dinero", "el río llevaba demasiada agua", "había pocos viajeros", "se descubrió una grieta en el techo"],
        "demand": ["entradas más baratas", "una nueva línea de autobús", "más plazas para niños", "un carril bici hasta la estación", "horarios más largos"],
        "name": ["el ayuntamiento", "el sindicato", "la asociación de vecinos", "la dirección del colegio", "el arrendatario"],
    },
}  # fmt: skip
_TOLD: dict[str, list[tuple[str, list[tuple[str, str]]]]] = {
    "de": [
        ("Am {date} wurde {thing} von {place} eröffnet.", [("Wann wurde {thing} von {place} eröffnet?", "{date}")]),
        ("{person} leitet seit {year} {thing} von {place}.", [("Wer leitet {thing} von {place}?", "{person}"), ("Seit wann leitet {person} {thing}?", "{year}")]),
        ("Für die Sanierung gab {place} {count} Millionen Euro aus, {count2} mehr als geplant.", [("Wie viel kostete die Sanierung in {place}?", "{count} Millionen Euro")]),
        ("Der {river} ist {count} Kilometer lang und mündet bei {place} ins Meer.", [("Wie lang ist der {river}?", "{count} Kilometer"), ("Wo mündet der {river}?", "bei {place}")]),
        ("In {place} leben {count} Menschen, die meisten vom Fischfang.", [("Wie viele Menschen leben in {place}?", "{count}"), ("Wovon leben die meisten in {place}?", "vom Fischfang")]),
        ("Gebaut wurde {thing} von {place} aus {stuff}.", [("Woraus wurde {thing} von {place} gebaut?", "{stuff}")]),
        ("Die Bahn nach {place} wurde eingestellt, weil {reason}.", [("Warum wurde die Bahn nach {place} eingestellt?", "weil {reason}")]),
        ("{Name} von {place} verlangt {demand}.", [("Was verlangt {name} von {place}?", "{demand}"), ("Wer verlangt {demand}?", "{Name} von {place}")]),
        ("{person} sagte, dass {thing} erst {year} wieder öffnen werde.", [("Wann soll {thing} laut {person} wieder öffnen?", "{year}")]),
        ("Zur Ausstellung gehören {demand2}, {demand3} und ein Modell von {place}.", [("Was gehört zur Ausstellung?", "{demand2}, {demand3} und ein Modell von {place}")]),
    ],
    "es": [
        ("El {date} se inauguró {thing} de {place}.", [("¿Cuándo se inauguró {thing} de {place}?", "{date}")]),
        ("{person} dirige {thing} de {place} desde {year}.", [("¿Quién dirige {thing} de {place}?", "{person}"), ("¿Desde cuándo dirige {person} {thing}?", "{year}")]),
        ("En la reforma {place} gastó {count} millones de euros, {count2} más de lo previsto.", [("¿Cuánto costó la reforma en {place}?", "{count} millones de euros")]),
        ("El río {river} mide {count} kilómetros y desemboca cerca de {place}.", [("¿Cuánto mide el río {river}?", "{count} kilómetros"), ("¿Dónde desemboca el {river}?", "cerca de {place}")]),
        ("En {place} viven {count} personas, la mayoría de la pesca.", [("¿Cuántas personas viven en {place}?", "{count}"), ("¿De qué vive la mayoría en {place}?", "de la pesca")]),
        ("En {place} se construyó {thing} con {stuff}.", [("¿Con qué se construyó {thing} de {place}?", "{stuff}")]),
        ("El tren a {place} dejó de circular porque {reason}.", [("¿Por qué dejó de circular el tren a {place}?", "porque {reason}")]),
        ("{Name} de {place} pide {demand}.", [("¿Qué pide {name} de {place}?", "{demand}"), ("¿Quién pide {demand}?", "{Name} de {place}")]),
        ("{person} dijo que {thing} no volverá a abrir hasta {year}.", [("¿Cuándo volverá a abrir {thing} según {person}?", "{year}")]),
        ("La exposición reúne {demand2}, {demand3} y una maqueta de {place}.", [("¿Qué reúne la exposición?", "{demand2}, {demand3} y una maqueta de {place}")]),
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    text: str
    asked: tuple[tuple[str, str], ...]


def invented(language: str, count: int, chance: random.Random) -> list[Found]:
    """`count` questions in the language ("de" or "es") with the sentences found for them, one of them the right one."""
    made: list[Found] = []
    while len(made) < count:
        place = _place(language, chance)
        *near, far_form = chance.sample(_TOLD[language], 5)
        some = [_drawn(language, form, place, chance) for form in near]
        other = _place(language, chance)
        far = _drawn(language, far_form, other, chance)
        right = some[0]
        question, answer = chance.choice(right.asked)
        lines = [(right, place), *((one, place) for one in some[1:]), (far, other)]
        if chance.random() < 0.25:
            lines[0], lines[1] = lines[1], lines[0]
        scores = sorted((chance.random() for _ in lines), reverse=True)
        facts = [
            Fact(line.text, title, score, line is right, _seen(line, answer, line is right), score)
            for (line, title), score in zip(lines, scores, strict=True)
        ]
        made.append(Found(f"told-{language}", f"told-{language}/{place}", question, (answer,), False, 0.8, tuple(facts)))  # fmt: skip
    return made


def _seen(line: _Told, answer: str, right: bool) -> tuple[int, int]:
    words = answer if right else line.asked[0][1]
    start = line.text.find(words)
    return start, start + len(words)


def _place(language: str, chance: random.Random) -> str:
    return chance.choice(_BEGIN) + chance.choice(_MIDDLE) + chance.choice(_END[language])


def _drawn(
    language: str, form: tuple[str, list[tuple[str, str]]], place: str, chance: random.Random
) -> _Told:
    words = {key: chance.choice(some) for key, some in _WORDS[language].items()}
    words["demand2"], words["demand3"] = chance.sample(_WORDS[language]["demand"], 2)
    words["Name"] = words["name"][:1].upper() + words["name"][1:]
    day = date(chance.randint(1850, 2025), chance.randint(1, 12), chance.randint(1, 28))
    words |= {
        "place": place,
        "river": _place(language, chance),
        "person": f"{chance.choice(_FIRST[language])} {_place(language, chance)}",
        "date": day_text(day, language),
        "year": str(chance.randint(1900, 2030)),
        "count": str(chance.randint(3, 900)),
        "count2": str(chance.randint(2, 40)),
    }
    text, asked = form
    full = text.format(**words)
    full = full[:1].upper() + full[1:]
    questions = tuple((q.format(**words), a.format(**words)) for q, a in asked)
    return _Told(full, tuple((q[:1].upper() + q[1:], a) for q, a in questions))
