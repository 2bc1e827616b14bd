"""Questions that ask who or what a name is, or how old, and the sentences that say so in passing.

"The operator, Marrow Lines, hopes to sail again" answers "What is Marrow Lines?", though its sentence is about
something else: the evidence model, which weighs whole sentences, passes it over. Names are looked up by the patterns
that answer definition questions best: a copula, a phrase set beside the name, a title before it (Xu, Licuanan and
Weischedel, "TREC 2003 QA at BBN: answering definitional questions", TREC 2003).
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag import words as w
from rag.evidence import Ranked, ranked_anew
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
_AGE_ASKED = (
    re.compile(rf"^(?:(?i:and|but|so),? )?(?i:how old (?:is|was)|what age (?:is|was)) (?P<name>{_NAME})$"),
    re.compile(rf"^(?:(?i:und|aber) )?(?i:wie alt (?:ist|war)) (?P<name>{_NAME})$"),
    re.compile(rf"^(?:(?i:y) )?(?i:(?:qué edad|cuántos años) (?:tiene|tenía)) (?P<name>{_NAME})$"),
)
_TITLES = (
    r"President|Vice-President|Prime Minister|Chancellor|Mayor|Captain|Councillor|Senator|Governor|"
    r"Dr\.?|General|Colonel|Major|Judge|Justice|Bishop|Archbishop|Pope|King|Queen|Prince|Princess|Lord|Lady|Sir|Dame|"
    r"Secretary(?: of State)?|Ambassador|Commissioner|Director|Inspector|Sheriff|Präsident(?:in)?|Ministerpräsident(?:in)?|"
    r"Minister(?:in)?|Bundeskanzler(?:in)?|Kanzler(?:in)?|Bürgermeister(?:in)?|Oberbürgermeister(?:in)?|Professor(?:in)?|"
    r"König(?:in)?|Papst|Trainer(?:in)?|Sprecher(?:in)?|Biologe|Biologin"
)
_ROLE = r"[A-Z]?[a-zà-ÿ]{1,30}(?:ist|er|or|ian|ess|man|woman|ant|ent|ive|author|chief|chair)"
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


_ADVERBIAL = frozenset(
    """after before in on at since during until under than without despite like unlike nach vor seit während bis im am bei ohne
    después antes en durante hasta sin""".split()
)
_GIVING = frozenset("for to with by from of about für mit von zu para por con de desde".split())
_TIMES = frozenset(
    """time times year years day days night morning evening afternoon week month hour hours minute minutes moment season century
    decade jahr jahre tag tage nacht woche monat stunde mal año años día noche semana mes hora vez""".split()
)
_A_WHILE = re.compile(
    r"(?:an?|one|the|eine?|una?|el|la)\s(?:few|couple|half|next|following|same|first|last|third|second|\w+ste[nrs]?)?\s?"
    rf"(?:{'|'.join(sorted(_TIMES))})\b|a (?:few|couple|bit|little)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"(?:who|which|quien|que|die|der|das|one of)\b", re.IGNORECASE)
_FINITE = re.compile(
    r"\b(?:is|was|are|were|has|had|have|will|would|did|ist|war|hat|hatte|era|fue|había)\b", re.IGNORECASE
)


def asked_name(question: str) -> str:
    """The name that a question wants told about ("Who is Ada Example?"), "" for other questions."""
    asked = " ".join(question.split()).strip("¿?!. ")
    for pattern in _ASKED:
        if match := pattern.match(asked):
            return match.group("name")
    return ""


def asked_age(question: str) -> str:
    """The name whose age a question asks for ("How old is Ada Example?"), "" for other questions."""
    asked = " ".join(question.split()).strip("¿?!. ")
    return next((match.group("name") for pattern in _AGE_ASKED if (match := pattern.match(asked))), "")


def age_of(name: str, sentence: str) -> tuple[int, int] | None:
    """Where a sentence tells a person's age as newspapers do ("Ada Example, 81,", "81-year-old Ada Example"); None where it does
    not, or tells somebody else's ("the daughter of Ada Example, 12,")."""
    sentence = sentence[:MOST_CHARS]
    named = rf"(?<!\bof )(?<!\bvon )(?<!\bde )(?<!\b[Ii]n )(?<!\b[Aa]t )(?<!\b[Ff]rom )(?<!\w){re.escape(name)}(?!\w)"
    age = r"(?P<age>[1-9]\d?|1[01]\d)(?![.,]?\d)"
    patterns = [
        rf"{named},\s(?:aged\s|de\s)?{age}(?:\saños)?(?=,\s[^\W\d]|[.)])",
        rf"(?P<age>\d{{1,3}}(?:-year-old|-jährige[rns]?))\s(?:(?!(?:told|met|saw|beat|man|woman|boy|girl|and|und|y|with|of|von|[a-z]+(?:ed|s))\s)[a-zà-ÿ-]+\s)?{named}",
        rf"{named}\s(?:is|ist|tiene)\s{age}(?:\syears\sold|\sJahre\salt|\saños|(?=[.]|,?\s(?:and|und|y)\s(?!a\s)))",
    ]
    # Several such figures are minutes of goals, or numbers on shirts.
    if len(re.findall(r"[^\W\d_]\s\(\d+\)", sentence)) == 1:
        patterns.append(rf"{named}\s\({age}\)")
    for pattern in patterns:
        if match := re.search(pattern, sentence):
            return match.span("age")
    return None


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
        (1, rf"(?<!\w)(?P<what>(?:[a-zà-ÿ]{{1,30}} )?{_ROLE}) {named}"),
    )
    for rank, pattern in patterns:
        for match in re.finditer(pattern, sentence):
            if _says_so(sentence, match, language):
                return rank, match.span("what")
    return None


def _says_so(sentence: str, match: re.Match[str], language: str) -> bool:
    """Whether what stands beside the name is said of it: not where or when something else happened."""
    said = match.group("what")
    what = w.words(said)
    if not what or _A_WHILE.match(said):
        return False
    ahead = sentence[: match.start()]
    if match.end("what") < match.end():  # before the name
        comma = sentence[match.end("what")] == ","
        beside = re.search(r"([^\W\d_]+)\s+$", ahead)
        placed = bool(beside) and beside[1].lower() in (_ADVERBIAL | _GIVING if comma else _ADVERBIAL)
        # "the bridge between Malmö and ...", "After the accident, Malmö ...", "the third time Malmö ..."
        return not (
            placed or w.is_stop(what[-1], language) or _TELLS.intersection(what) or what[-1] in _TIMES
        )
    # "For Boris, the night was long"
    outside = re.search(r"(?:^|[,;:]\s)(\w+)\s+(?:the\s+)?$", ahead)
    placed = bool(outside) and outside[1].lower() in _ADVERBIAL | _GIVING
    clause = sentence[: match.start("what")].rstrip().endswith(",") and bool(_FINITE.search(said))
    return not placed and (not clause or bool(_RELATIVE.match(said)))


def first(question: str, ranked: Ranked) -> Ranked:
    """The sentences that say who or what the question's name is, or how old, before all others, and the confidence that they
    answer it; `ranked` where the question asks for no such thing, or none of its sentences says so."""
    name, aged = asked_name(question), asked_age(question)
    if not name and not aged:
        return ranked
    found: list[Evidence] = []
    others: list[Evidence] = []
    for item in ranked.sentences:
        if aged:
            place = age_of(aged, item.text)
            said = (3, place) if place else None
        else:
            said = said_of(name, item.text, item.passage.article.language or "en")
        if said is None:
            others.append(replace(item, score=item.score * ASIDE))
            continue
        rank, (start, end) = said
        span = (item.start + start, item.start + end)
        found.append(replace(item, score=rank * rank + item.score, answer=span, answer_score=SURE))
    if not found:
        return ranked
    return ranked_anew((*found, *others), max(ranked.confidence, SURE))
