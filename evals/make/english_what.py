"""Rules that ask what is, or who is, the largest, the first, the capital of something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evals.make import lexicon as lex
from evals.make.clauses import Clause
from evals.make.drafts import Draft, person_forms, sentence_case
from evals.make.english_numbers import anchored
from evals.make.names import Setting, is_demonym
from evals.make.nouns import noun
from evals.make.pointing import clean
from evals.make.tokens import Words

_NO_SUPERLATIVE = r"(?!forest|\w*west\b|interest|request|test\b|guest|protest|harvest|priest|conquest|contest|arrest|budapest)"
SUPERLATIVE = re.compile(
    rf"\b(?:{_NO_SUPERLATIVE}\w{{2,}}est|first|second|third|only|most \w+|capital|founder|inventor|author|birthplace)\b",
    re.IGNORECASE,
)
"""What makes a description fit one thing alone."""

ONE_OF_PEOPLE = re.compile(
    r"\b(?:man|men|woman|women|person|player|president|minister|leader|captain|coach|athlete|actor|director|winner|driver|pitcher|striker|scorer|rider|runner|champion|candidate)\b"
)


def identity(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """X is the capital of Y -> What is the capital of Y?"""
    words = clause.words
    if (
        clause.form not in ("is", "was", "became")
        or clause.passive
        or clause.perfect
        or clause.subject.plural
    ):
        return
    if clause.first >= clause.last or words.tags[clause.first] != "D" or "V" in clause.rest:
        return
    complement = words.span(clause.first, clause.last)
    if not SUPERLATIVE.search(complement) or not clean(words, clause.first, clause.last):
        return
    if not anchored(complement) or not 4 <= len(complement.split()) <= 14:
        return
    if words.tags[clause.last : clause.last + 1] == "r" or re.match(
        r"the (?:\w+est|first|second|third|only) (?:to|of|in|by)\b", complement
    ):
        return
    if (
        clause.subject.name not in words.text
        or is_demonym(complement.split()[-1])
        or (re.search(r"\d", complement) and clause.form != "is")
    ):
        return
    person = clause.subject.kind == "person"
    if not person and (
        ONE_OF_PEOPLE.search(complement) or set(complement.lower().split()) & lex.PEOPLE_WORDS
    ):
        return
    answers = person_forms(clause.subject.name) if person else (clause.subject.name,)
    name = next(t.text for t in words.tokens[clause.first : clause.last] if t.tag in "NSYT")
    yield Draft(
        sentence_case(f"{'Who' if person else 'What'} {clause.form} {complement}"),
        answers,
        "what or who it is",
        name,
    )


def inverted(words: Words, setting: Setting) -> Iterator[Draft]:
    """The highest peak in Yosemite is Mount Lyell -> What is the highest peak in Yosemite?"""
    match = re.match(r"(D[^VPxrqt,;(\".]{3,12})V(D?N+(?:oD?N+)?)(?=[,.(p;])", words.tags)
    if not match or words.tokens[match.end(1)].lower not in ("is", "was"):
        return
    verb = match.end(1)
    phrase = words.span(1, verb)
    found = noun(words, *match.span(2), setting)
    if found is None or found.plural or not SUPERLATIVE.search(phrase) or not clean(words, 0, verb):
        return
    anchors = [t.text for t in words.tokens[:verb] if t.tag in "NSY"]
    if not anchors or re.match(r"(?:\w+est|first|second|third|only) (?:to|of|in|by)\b", phrase):
        return
    if found.kind != "person" and ONE_OF_PEOPLE.search(phrase):
        return
    person = found.kind == "person"
    answers = person_forms(found.name) if person else (found.name,)
    question = f"{'Who' if person else 'What'} {words.tokens[verb].lower} the {phrase}"
    yield Draft(sentence_case(question), answers, "what or who it is", anchors[0])
