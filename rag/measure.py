"""What a German or Spanish question wants measured, and whether a sentence tells it: "Wie tief ...?" wants metres, not a year.

In English the evidence model knows this by itself; of other languages it has read nothing. It helps to order the sentences, and
refuses none: a measure may be told in words that are not known here.
"""

from __future__ import annotations

import re

from rag import words as w
from rag.quantities import UNIT_BEHIND, UNITS, unit_of

_MONEY = frozenset(family for family, _ in UNITS.values() if family.startswith("money"))
_LENGTH = frozenset(("length", "mile", "foot", "inch"))
_TIME = frozenset(("time",))
_MASS = frozenset(("mass", "ton"))
_SHARE = frozenset(("percent", "point", "degree", "speed"))
_WANTED: dict[str, tuple[tuple[re.Pattern[str], frozenset[str]], ...]] = {
    language: tuple((re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), families) for pattern, families in table)
    for language, table in (
        (
            "de",
            (
                (r"wie teuer|(?:was|wie ?viel) (?:kostete?n?|kosten|hat\b.*\bgekostet|haben\b.*\bgekostet)", _MONEY),
                (r"wie lange", _TIME),
                (r"wie hoch", _LENGTH | _MONEY | _SHARE),
                (r"wie lang", _LENGTH | _TIME),
                (r"wie (?:tief|breit|weit)", _LENGTH),
                (r"(?:was|wie ?viel) (?:wiegt|wog)", _MASS),
            ),
        ),
        (
            "es",
            (
                (r"cuánto (?:cuest\w*|cost\w*|vale\w*)|qué precio tiene", _MONEY),
                (r"cuánto (?:tiempo|dur\w*|tard\w*)", _TIME),
                (r"qué (?:altura|longitud|profundidad|anchura)|cuánto mid\w*", _LENGTH),
                (r"cuánto pes\w*", _MASS),
            ),
        ),
    )
}  # fmt: skip
_FIGURE = re.compile(
    r"(?:[$€£]\s?)?(?:\d[\d.,]*|\b(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|ein(?:e[mnrs]?)?|"
    r"un[oa]?)\b(?: y media| einhalb|einhalb)?)(?:\s(?:mio|mrd|million(?:en)?|milliarden?|tausend|mil|mill[oó]n(?:es)?)\.?(?: de)?)*",
    re.IGNORECASE,
)


def wanted(question: str) -> frozenset[str]:
    """The families of units (`rag.quantities.UNITS`) one of which the answer must have; empty where none is sure."""
    for pattern, families in _WANTED.get(w.spoken(question), ()):
        if pattern.search(question):
            return families
    return frozenset()


def tells(text: str, families: frozenset[str]) -> bool:
    """True where a sentence has a figure with a unit of one of the families."""
    for figure in _FIGURE.finditer(text):
        if figure.group()[0] in "$€£" and families & _MONEY:
            return True
        unit = UNIT_BEHIND.match(text, figure.end())
        if unit and unit_of(unit)[0] in families:
            return True
    return False
