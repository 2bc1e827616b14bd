"""Questions that ask who or what a name is, and the sentences that say so in passing.

"The operator, Marrow Lines, hopes to sail again" answers "What is Marrow Lines?", though its sentence is about
something else: the evidence model, which weighs whole sentences, passes it over. Names are looked up by the patterns
that answer definition questions best: a copula, a phrase set beside the name, a title before it (Xu, Licuanan and
Weischedel, "TREC 2003 QA at BBN: answering definitional questions", TREC 2003).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag import words as w
from rag.evidence import Ranked
from rag.schema import Evidence

SURE = 0.75
"""The confidence that a sentence which says who or what a name is answers the question for it."""
ASIDE = 0.05
"""What is left of the score of the sentences that do not."""
MOST_CHARS = 1_500
_NAME = r"(?:[A-ZÀ-Þ0-9][\w.’'&-]*)(?: (?:(?:of|the|de|del|da|la|van|von|der|den|für|for|y|and|und|bin|al) ){0,2}[A-ZÀ-Þ0-9][\w.’'&-]*){0,5}"
_ASKED = (
    re.compile(
        rf"^(?:(?i:and|but|so|ok),? )?(?i:who|what)(?:['’]s|(?: (?:is|was|are|were)\b)) (?:(?i:the) )?(?P<name>{_NAME})$"
    ),
    re.compile(
        rf"^(?:(?i:und|aber) )?(?i:wer) (?:ist|war|sind|waren) (?:(?i:der|die|das) )?(?P<name>{_NAME})$"
    ),
    re.compile(
        rf"^(?:(?i:y) )?(?i:quién|quiénes|qué) (?:es|era|fue|son|fueron) (?:(?i:el|la|los|las) )?(?P<name>{_NAME})$"
    ),
)
_TITLES = (
    r"President|Vice-President|Prime Minister|Minister|Chancellor|Mayor|Captain|Councillor|Senator|Governor|Professor|"
    r"Dr\.?|General|Colonel|Major|Judge|Justice|Bishop|Archbishop|Pope|King|Queen|Prince|Princess|Lord|Lady|Sir|Dame|"
    r"Secretary(?: of State)?|Ambassador|Commissioner|Director|Inspector|Sheriff|Präsident(?:in)?|Ministerpräsident(?:in)?|"
    r"Minister(?:in)?|Bundeskanzler(?:in)?|Kanzler(?:in)?|Bürgermeister(?:in)?|Oberbürgermeister(?:in)?|Professor(?:in)?|"
    r"König(?:in)?|Papst|Trainer(?:in)?|Sprecher(?:in)?|Biologe|Biologin"
)
_ROLE = r"[A-Z]?[a-zà-ÿ-]+(?:ist|er|or|ian|ess|man|woman|ant|ent|ive|author|chief|chair)"
_THE = r"(?:the|an?|its|their|his|her|our|der|die|das|eine?|ihr|sein|el|la|un|una|su|[\w’'-]+['’]s)"
_IS_A = r"(?:an?|the|one of|eine?|der|die|das|une?|una|el|la)\b"
_IS = r"(?:is|was|are|were|became|remains|ist|war|wurde|es|era|fue)"
_BESIDE = (
    r"(?:now |then |once |formerly |also )?(?:an?|the|its|their|his|her|one of|who|which|ein|eine|der|die|das|"
    r"un|una|el|la|quien|que)\b|(?:(?!\w*(?:ed|ing|[^s]s) )[a-z-]+ ){1,3}(?:of|at|for|in|from|with|von|der|de|del)\b"
)


_PLAIN = r"[^\s,.;:()“”\"]+"
_TELLS = frozenset(
    "and or but that which who said says told asked und oder dass sagt sagte y o que dijo".split()
)


def asked_name(question: str) -> str:
    """The name that a question wants told about ("Who is Ada Example?"), "" for other questions."""
    asked = " ".join(question.split()).strip("¿?!. ")
    for pattern in _ASKED:
        if match := pattern.match(asked):
            return match.group("name")
    return ""


def said_of(name: str, sentence: str, language: str = "en") -> tuple[int, tuple[int, int]] | None:
    """How plainly a sentence says who or what a name is, from 1 (a title) to 3 ("is a"), and where; None where it
    does not."""
    sentence = sentence[:MOST_CHARS]
    named = rf"(?<!\w){re.escape(name)}(?!\w)"
    end = r"(?=[,;()]|\.(?:\s|$)|$)"
    beside = r"(?:,[^,;]{1,80},|\s\([^()]{1,80}\))?"
    patterns = (
        (3, rf"{named}{beside} {_IS} (?P<what>{_IS_A}.{{1,160}}?){end}"),
        (2, rf"{named}, (?P<what>(?:{_BESIDE}).{{1,120}}?){end}"),
        (2, rf"(?<!\w)(?i:{_THE}) (?P<what>(?:{_PLAIN} ){{0,6}}?{_PLAIN}), (?:(?:{_TITLES}) )?{named}"),
        (
            2,
            rf"(?<!\w)(?i:{_THE}) (?P<what>(?:(?!(?:{_THE}) ){_PLAIN} ){{0,4}}{_PLAIN}) (?:(?:{_TITLES}) )?{named}",
        ),
        (1, rf"(?<!\w)(?P<what>{_TITLES}) (?:[A-Z][\w.’'-]+ ){{0,2}}?{named}"),
        (1, rf"(?<!\w)(?P<what>(?:[a-zà-ÿ-]+ )?{_ROLE}) {named}"),
    )
    for rank, pattern in patterns:
        for match in re.finditer(pattern, sentence):
            what = w.words(match.group("what"))
            before = match.end("what") < match.end()
            if before and (not what or w.is_stop(what[-1], language) or _TELLS.intersection(what)):
                continue  # "the bridge between Malmö and ..."
            return rank, match.span("what")
    return None


def first(question: str, ranked: Ranked) -> Ranked:
    """The sentences that say who or what the question's name is before all others, and the confidence that they
    answer it; `ranked` where the question asks for no name, or none of its sentences says so."""
    name = asked_name(question)
    if not name:
        return ranked
    found: list[tuple[int, Evidence]] = []
    others: list[Evidence] = []
    for item in ranked.sentences:
        said = said_of(name, item.text, item.passage.article.language or "en")
        if said is None:
            others.append(replace(item, score=item.score * ASIDE))
            continue
        rank, (start, end) = said
        marked = replace(item, answer=(item.start + start, item.start + end), answer_score=SURE)
        found.append((rank, marked))
    if not found:
        return ranked
    found.sort(key=lambda pair: (-pair[0], -pair[1].score))
    best = [replace(item, score=rank * rank + item.score) for rank, item in found]
    total = sum(item.score for item in (*best, *others))
    sentences: Sequence[Evidence] = [replace(item, score=item.score / total) for item in (*best, *others)]
    return Ranked(tuple(sentences), max(ranked.confidence, SURE))
