"""What makes a question useless: one small function for each reason, all over words and strings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from rag import words as w

SHORTEST, LONGEST = 3, 26
ALIKE = 0.75
"""From this share of common stems on (Jaccard), two questions ask the same."""

_ASKING = frozenset(
    "who what when where why how many much did does do is was were are has have long old tall".split()
)
_FUNCTIONAL = frozenset(
    """founded co-founded discovered invented designed wrote developed owns created painted composed directed built killed
    assassinated born based headquartered located capital founder stand die died married opened formed created
    published completed resign knighted acquired abolished dissolved established signed cost weigh""".split()
)
_POINTING = re.compile(
    r"\b(?:he|she|it|they|him|them|this|that|these|those|here|there|above|below|aforementioned|said|article|passage|text|"
    r"author|today|yesterday|tomorrow|now|currently|ago|last (?:week|month|year)|this (?:week|month|year)|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)
_WH = {
    "en": re.compile(r"^(?:who|whose|what|which|when|where|why|how|for how|at what|in which|in what|on what)\b", re.I),
    "de": re.compile(r"^(?:wer|wem|wen|wessen|was|welche[rsmn]?|wann|wo|woher|wohin|warum|wie|von wem|in welche[rmn]|an welchem)\b", re.I),
    "es": re.compile(r"^¿?(?:quién(?:es)?|qué|cuál(?:es)?|cuándo|dónde|por qué|cómo|cuánt[oa]s?|por quién|en qué|de quién|a quién)\b", re.I),
}  # fmt: skip


def asked_stems(question: str, language: str) -> frozenset[str]:
    """The stems of what a question asks about, without the words that only ask."""
    return frozenset(s for s in w.content_stems(question, language) if s not in _ASKING)


def wrong_length(question: str) -> bool:
    """Fewer than three words or more than twenty-six."""
    return not SHORTEST <= len(question.split()) <= LONGEST


def no_question(question: str, language: str) -> bool:
    """It does not begin with a question word, does not end with one question mark, or runs over lines."""
    asks = _WH.get(language, _WH["en"])
    return (
        not asks.match(question) or not question.endswith("?") or question.count("?") != 1 or "\n" in question
    )


def points_elsewhere(question: str) -> bool:
    """A word in it can only be understood beside another sentence or on the day of writing."""
    plain = re.sub(r"\b(?:it|that|this) (?:is|was) (?:called|named)\b", "", question)
    return bool(_POINTING.search(plain))


def answer_in_question(question: str, answer: str, language: str) -> bool:
    """Every content word of the answer stands in the question already."""
    answered = w.content_stems(answer, language) or w.words(answer)
    asked = frozenset(w.content_stems(question, language)) | frozenset(w.words(question))
    return all(stem in asked for stem in answered)


def answer_in_title(answers: Iterable[str], title: str, language: str) -> bool:
    """The title alone gives the answer: its words or its number, or the last name of who it is."""
    held = frozenset(w.content_stems(title, language)) | frozenset(w.words(title)) | w.numbers(title)
    for answer in answers:
        stems = w.content_stems(answer, language)
        plain = [s for s in stems if s not in w.MONTHS] or w.words(answer)
        if plain and all(stem in held or w.NUMBER_WORDS.get(stem, "") in held for stem in plain):
            return True
    return False


def too_vague(question: str, language: str) -> bool:
    """It says too little to be about one thing: fewer than three content words, none of them telling."""
    stems = asked_stems(question, language)
    if len(stems) >= 3:
        return False
    return not stems or (
        not (frozenset(w.words(question)) & _FUNCTIONAL) and len(stems) < 2 and not _office(question)
    )


def _office(question: str) -> bool:
    return question.startswith(("Who is ", "What does ", "How old is "))


def alike(one: Collection[str], other: Collection[str]) -> bool:
    """Two sets of stems are nearly the same (Jaccard)."""
    first, second = frozenset(one), frozenset(other)
    union = len(first | second)
    return bool(union) and len(first & second) / union >= ALIKE


def other_value(kind: str, sentence: str, question: str, answers: Iterable[str]) -> bool:
    """A sentence holds a value of the kind asked for that is none of the answers.

    `kind` is what `rag.words.wanted_kind` says. A sentence that holds an answer says the same.
    """
    folded = f" {' '.join(w.words(sentence))} "
    for answer in answers:
        if f" {' '.join(w.words(answer))} " in folded:
            return False
    if kind == "when":
        years = {n for n in w.numbers(sentence) if re.fullmatch(r"(?:1\d|20)\d\d", n)}
        return bool(years - w.numbers(question))
    if kind == "number":
        return bool(w.numbers(sentence) - w.numbers(question))
    return bool(w.names(sentence) - w.names(question) - frozenset(w.words(question)))
