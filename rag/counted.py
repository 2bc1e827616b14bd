"""Which number answers "how many ...": the one that counts what was asked for.

The evidence model marks the number it finds likeliest, and in "Five passengers were hurt, one of them a schoolgirl of
fifteen" that may be the wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag import words as w
from rag.conflict import wanted_unit
from rag.evidence import Ranked
from rag.quantities import LANGUAGES, canonical, numbers_in
from rag.schema import Evidence

_NONE = {
    "en": frozenset(("no",)),
    "de": frozenset("keine keinen keinem keiner".split()),
    "es": frozenset("ningún ninguna".split()),
}
_NO_COUNT = frozenset("doubt longer more less way wonder matter one".split())
_SOME = re.compile(
    r"\b(?:no|none|nobody|nothing|never|both|either|neither|pair|couple|dozens?|scores|hundreds|thousands|millions|billions|several|"
    r"many|few|once|twice|single|half|all|every|kein\w*|niemand|nichts|beide\w*|dutzende?|hunderte?|tausende?|mehrere|viele|wenige|"
    r"ningun[oa]?|ningún|nadie|nada|ambos|ambas|decenas?|cientos|miles|varios|varias|muchos|muchas|pocos|pocas)\b",
    re.IGNORECASE,
)
"""Words that tell how many without a number."""
REACH = 2
"""So many words may stand between a number and what it counts ("five young passengers")."""


def counting(question: str, text: str, language: str = "en") -> tuple[int, int] | None:
    """Where a sentence gives the number of what the question counts ("Five passengers"), with the words counted; None
    where it gives none, or more than one."""
    unit = _unit(question, language)
    return _counting(unit, text, language) if unit else None


def first(question: str, ranked: Ranked, language: str = "en") -> Ranked:
    """`ranked` with the number that counts what the question asks for marked where another was, and, where any sentence
    tells a number, those that tell none behind the others: they cannot be the answer, so that their scores are the others'."""
    unit = _unit(question, language)
    if not unit:
        return ranked
    marked = tuple(_marked(unit, item, language) for item in ranked.sentences)
    return Ranked(_telling_first(question, marked), ranked.confidence)


def _telling_first(question: str, sentences: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    asked = w.numbers(question)
    telling: list[Evidence] = []
    silent: list[Evidence] = []
    for sentence in sentences:
        tells = w.numbers(sentence.text) - asked or _SOME.search(sentence.text)
        (telling if tells else silent).append(sentence)
    total, held = sum(s.score for s in sentences), sum(s.score for s in telling)
    if held <= 0.0 or not silent:
        return sentences
    return (
        *(replace(s, score=s.score * total / held) for s in telling),
        *(replace(s, score=0.0) for s in silent),
    )


def _counting(unit: frozenset[str], text: str, language: str) -> tuple[int, int] | None:
    found = [*_numbers(text, unit, language), *_denials(text, unit, language)]
    return found[0] if len(found) == 1 else None


def _marked(unit: frozenset[str], item: Evidence, language: str) -> Evidence:
    span = _counting(unit, item.text, language) if item.answer is not None else None
    if span is None or item.answer is None:
        return item
    start, end = item.start + span[0], item.start + span[1]
    if item.answer[0] < end and start < item.answer[1]:
        return item
    return replace(item, answer=(start, end))


def _unit(question: str, language: str) -> frozenset[str]:
    if language not in LANGUAGES:
        return frozenset()
    text = " ".join(question.split())
    return wanted_unit(text, " ".join(w.words(text)), language)[0]


def _numbers(text: str, unit: frozenset[str], language: str) -> list[tuple[int, int]]:
    return [
        (value.start, _end(text, value.end, unit, language))
        for value in numbers_in(text, language)
        if unit.intersection(value.company[: REACH + 1])
    ]


def _denials(text: str, unit: frozenset[str], language: str) -> list[tuple[int, int]]:
    tokens = list(w.WORD.finditer(text))
    found: list[tuple[int, int]] = []
    for at, token in enumerate(tokens):
        if token.group().lower() in _NONE[language]:
            behind = [t.group() for t in tokens[at + 1 : at + 3]]
            if unit & set(_stems(behind, language)) and behind[0].lower() not in _NO_COUNT:
                found.append((token.start(), _end(text, token.end(), unit, language)))
    return found


def _end(text: str, start: int, unit: frozenset[str], language: str) -> int:
    """The end of the word counted behind `start`, of the words on the way there."""
    for _, token in zip(range(REACH + 1), w.WORD.finditer(text, start), strict=False):
        if unit & set(_stems([token.group()], language)):
            return token.end()
    return start


def _stems(tokens: Sequence[str], language: str) -> list[str]:
    return canonical([w.stem(word, language) for token in tokens for word in w.words(token)])
