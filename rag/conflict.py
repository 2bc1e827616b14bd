"""Do two articles disagree on the answer? Rules over the sentences that answer, no model.

Two sentences of different articles disagree when they speak of the same thing and hold different
values of the kind the question asks for: another number of the same thing, another date, another
name, or one denies what the other affirms. A false "the articles disagree" embarrasses more than a
missed one, so everything doubtful counts as agreement: rounding and bounds ("about 150", "at least
80"), a month against a day in it, "Biden" against "Joe Biden", a list against a part of it, new
ones against all, a place or a day that only one of them names, a plan against what came of it.

Times. A question that names a year ("in 2023") is about that year: a sentence counts only if it
names the year too, or names none and its article is of that year. A question without a time is
about now: where each sentence sets its own year beside its number ("in 2019 ... 82", "in 2023 ...
145"), the later one of the later article leads and the note says "different times" instead of
"disagree" (`Disagreement.years`); the later article telling of an earlier year is no disagreement.
Names and denials with different years are none at all (every year has its winner).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from itertools import pairwise

from rag import words as w
from rag.parts import asked_kind
from rag.quantities import (
    MEASURES,
    NEUTRAL,
    NOTHING,
    OPENERS,
    RATES,
    UNCLEAR,
    UNIT_BEHIND,
    UNITS,
    YEAR_WORD,
    Value,
    canonical,
    dates_in,
    numbers_in,
)
from rag.schema import Evidence
from rag.wording import LANGUAGES, day_text, plain

MOST_READ = 8
MAX_CHARS = 1500
MAX_BODY = 100_000
SURE_MARK = 0.5
"""From this `answer_score` on, marked answers in both sentences make up for words of the question
that only one of them holds."""
_NEWS_DAYS, _SEASON_DAYS = 60, 183


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two sentences whose articles differ on the answer.

    `newer` is of the article published later; where dates are equal or unknown it is the better
    scored sentence, and an article that corrects the other is always the newer. `newer_says` and
    `older_says` are the differing words as they stand there ("146", "about 2.3 million tonnes",
    "16 June 2022"), for a denial "yes" or "no" to the question. `what` is "number", "date", "name"
    or "denial". `years` holds the years the two set beside their numbers where they speak of
    different times ("" for none); ("", "") for a plain disagreement.
    """

    newer: Evidence
    older: Evidence
    newer_says: str
    older_says: str
    what: str
    years: tuple[str, str] = ("", "")


def disagreement(question: str, evidence: Sequence[Evidence], language: str = "en") -> Disagreement | None:
    """The disagreement on the answer between two articles among `evidence`, or None when there is
    none that is sure.

    `evidence` are the sentences thought to answer, best first; the first few are read, one of each
    article (its first that holds a value of the kind asked for). With several disagreements the one
    with the newest article is given. `language` is that of the question and of articles that do not
    say theirs; articles in different languages are not compared. Never raises on any text.
    """
    language = language or "en"
    asked = _asked(question[:MAX_CHARS].replace("¿", ""), language)
    if asked is None:
        return None
    sides: list[_Side] = []
    seen: set[str] = set()
    for item in evidence[:MOST_READ]:
        article = item.passage.article
        if article.id in seen:
            continue
        side = _side(item, asked, language)
        if side is None or side.value is NOTHING:
            continue  # a later sentence of the article may say
        seen.add(article.id)
        if side.value is not UNCLEAR:
            sides.append(side)
    best: tuple[tuple[int, int], Disagreement] | None = None
    for i, first in enumerate(sides):
        for j in range(i + 1, len(sides)):
            found = _compared(asked, first, sides[j])
            if found is None:
                continue
            day = found.newer.passage.article.published
            place = (-(day.toordinal() if day else 0), i + j)
            if best is None or place < best[0]:
                best = (place, found)
    return best[1] if best else None


def order(evidence: Sequence[Evidence], found: Disagreement) -> list[Evidence]:
    """The same sentences with `found.newer` first (also where it was not among them) and the others
    in their order."""
    return [found.newer, *(item for item in evidence if not _same_place(item, found.newer))]


def sentence(found: Disagreement, language: str = "en") -> str:
    """A plain sentence for a reader, without markers, in English, German or Spanish (English for
    any other language): "The articles disagree: the newer one (14 October 2024) says 146, the older
    one (2 May 2023) says 83." Undated articles and articles of one day are called what they are."""
    language = language if language in LANGUAGES else "en"
    frame = _FRAMES[language]
    newer, older = found.newer.passage.article.published, found.older.passage.article.published
    said = [
        (frame.get(words, words) if found.what == "denial" else _saying(frame, words).format(words))
        + (frame["for"].format(year) if year else "")
        for words, year in zip((found.newer_says, found.older_says), found.years, strict=True)
    ]
    opening = frame["times"] if any(found.years) else frame["disagree"]
    if newer and older and newer != older:
        rest = frame["both"].format(day_text(newer, language), said[0], day_text(older, language), said[1])
    elif newer and older:
        rest = frame["one day"].format(said[0], said[1], day_text(newer, language))
    elif newer:
        rest = frame["undated"].format(day_text(newer, language), *said)
    elif older:
        rest = frame["undated"].format(day_text(older, language), *said[::-1])
    else:
        rest = frame["none"].format(*said)
    return f"{opening} {rest}"


def _saying(frame: dict[str, str], words: str) -> str:
    return frame.get("says day", frame["says"]) if re.match(r"\d{1,2}\. [A-Z]", words) else frame["says"]


_FRAMES: dict[str, dict[str, str]] = {
    "en": {
        "disagree": "The articles disagree:",
        "times": "The articles speak of different times:",
        "both": "the newer one ({}) {}, the older one ({}) {}.",
        "one day": "one {}, the other {} (both of {}).",
        "undated": "the one of {} {}, an undated one {}.",
        "none": "one {}, another {}.",
        "says": "says {}",
        "for": " for {}",
        "yes": "says yes",
        "no": "says no",
    },
    "de": {
        "disagree": "Die Artikel widersprechen sich:",
        "times": "Die Artikel sprechen von verschiedenen Zeiten:",
        "both": "Der neuere ({}) {}, der ältere ({}) {}.",
        "one day": "Einer {}, der andere {} (beide vom {}).",
        "undated": "Der vom {} {}, ein undatierter {}.",
        "none": "Einer {}, ein anderer {}.",
        "says": "nennt {}",
        "says day": "nennt den {}",
        "for": " für {}",
        "yes": "sagt ja",
        "no": "sagt nein",
    },
    "es": {
        "disagree": "Los artículos no coinciden:",
        "times": "Los artículos hablan de momentos distintos:",
        "both": "el más reciente ({}) {}, el anterior ({}) {}.",
        "one day": "uno {}, el otro {} (ambos del {}).",
        "undated": "el del {} {}, uno sin fecha {}.",
        "none": "uno {}, otro {}.",
        "says": "dice {}",
        "for": " para {}",
        "yes": "dice que sí",
        "no": "dice que no",
    },
}  # fmt: skip


def _same_place(a: Evidence, b: Evidence) -> bool:
    return a is b or (a.passage.article.id == b.passage.article.id and (a.start, a.end) == (b.start, b.end))


# ---- the question -------------------------------------------------------------------------------

_ASKING = frozenset(
    """many much long far tall high old large big deep heavy wide fast often number percentage percent share proportion
    distance age year years date day month time century decade name country city town place state person total
    latest recent current currently today now estimate figure official known exactly actually
    viel viele wieviel hoch lang alt groß schwer tief jahr datum tag heute zahl año fecha día número hoy total""".split()
)
_AT_TIME = re.compile(
    r"\b(?:in|during|by|until|since|till|of|end of|as of|early|late|mid|im|seit|bis|en|january|february|march|april|may|"
    r"june|july|august|september|october|november|december|spring|summer|autumn|winter)[\s-]+(?:the year |jahr |el año )?"
    r"((?:1[0-9]|20)\d\d)\b",
    re.IGNORECASE,
)
_TIME_CLAUSE = re.compile(
    r"(?<=\s)(?:when|before|after|until|while|during|since|als|bevor|nachdem|während|cuando|antes|después|durante)\s+(.+)$",
    re.IGNORECASE,
)
_AT_FIRST = re.compile(
    r"\b(?:originally|initially|at first|at the time|formerly|previously|once|used to|ever|zuerst|ursprünglich|"
    r"originalmente|al principio|first|last|second|third|erste[nrms]?|letzte[nrms]?|primer[oa]?|último)\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(
    r"\b(?:how many|wie viele[nrms]?|number of|what (?:percentage|share|proportion) of)\s+(?P<unit>.+)|\bcu[aá]nt[oa]s\s+(?P<es>.+)",
    re.IGNORECASE,
)
_MONEY_ASKED = re.compile(
    r"\b(?:costs?|price|paid|pay|worth|spend|spent|raised?|budget|revenue|salary|fine|kosten|kostet\w*|gekostet|preis|"
    r"cuesta|cost[oó]|precio|earn\w*|acquired? \w+ for|sold for|donat\w*|pledged)\b",
    re.IGNORECASE,
)
_LENGTH_ASKED = re.compile(
    r"\bhow (?:far|tall|deep|wide)\b|\b(?:height|length|depth|width|distance|elevation)\b|\bwie (?:hoch|tief|breit|weit)\b",
    re.I,
)
_ASKED_WITH = frozenset(
    "is are was were do does did has have had can could will would hat haben hatte sind waren gibt hay tiene".split()
)
# What happens again and again, so that two articles may tell of two times
_RECURRING = frozenset(
    "win beat defeat elect host score champion top award nomin winner crown finish final".split()
)
_OFTEN = _RECURRING | frozenset(
    """erupt visit meet met strike struck hit flood vote attack play celebr cancel rais cut rain say announc speak test
    protest demonstr festiv perform appear fail crash""".split()
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the rules need of the question."""

    kind: str
    language: str
    low: str  # its words, folded
    stems: frozenset[str]  # canonical, without the words that only ask
    every: frozenset[str]  # with them
    unit: frozenset[str]  # what is counted
    families: frozenset[str]  # the measures that can answer; empty: a count
    names: frozenset[str]
    words: frozenset[str]
    years: frozenset[str]
    years_pick: bool  # "in 2023" (a time) rather than "the 2023 fire" (a name)
    numbers: frozenset[str]
    fixed: frozenset[str]  # stems of a time clause ("when it opened"): both must hold them
    firsts: frozenset[str]  # "first", "originally": both must hold them
    state: bool  # asked in the present


def _stems(text: str, language: str) -> list[str]:
    return canonical(w.content_stems(text, language))


def _asked(question: str, language: str) -> _Asked | None:
    kind = asked_kind(question, language)
    if kind not in ("when", "number", "who", "where", "yes-no") or w.negation(question):
        return None
    text = " ".join(question.split())
    low = " ".join(w.words(text))
    if kind == "yes-no" and re.search(r"\b(?:or|oder|o)\b", low):
        return None
    asking = frozenset(canonical([w.stem(word, language) for word in _ASKING])) | _ASKING
    counted: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    if kind == "number":
        counted, families = wanted_unit(text, low, language)
    stems = frozenset(
        stem
        for word in w.words(text)
        if not w.is_stop(word, language) and word not in _ASKING
        for stem in canonical([w.stem(word, language)])
        if stem not in asking
        and not (kind == "number" and stem in MEASURES)
        and not YEAR_WORD.fullmatch(word)
    )
    opening = re.match(r"\S+\s+(?:\S+\s+){0,2}?", text)
    clause = _TIME_CLAUSE.search(text, opening.end() if opening else 0)
    years = frozenset(YEAR_WORD.findall(text))
    fixed = frozenset(_stems(clause.group(1), language)) - years if clause else frozenset()
    return _Asked(
        kind=kind,
        language=language,
        low=low,
        stems=stems,
        every=frozenset(_stems(text, language)),
        unit=counted,
        families=families,
        names=w.names(text),
        words=frozenset(w.words(text)),
        years=years,
        years_pick=bool(_AT_TIME.search(text)),
        numbers=w.numbers(text) - years,
        fixed=frozenset(stem for stem in fixed if not stem[0].isdigit()),
        firsts=frozenset(match.group().lower() for match in _AT_FIRST.finditer(text)),
        state=bool(
            re.match(r"\W*(?:\w+\s+){1,4}?(?:is|are|has|have|does|do|ist|sind|hat|es|son|tiene|hay)\b", low)
        ),
    )


def wanted_unit(text: str, low: str, language: str) -> tuple[frozenset[str], frozenset[str]]:
    """(stems of what is counted, families of measures that can answer)."""
    if re.search(r"\b(?:percentage|percent|per cent|share|proportion|turnout|prozent|porcentaje)\b", low):
        return frozenset(), frozenset(("percent",))
    found = _HOW_MANY.search(text)
    if found:
        rest = w.words(found.group("unit") or found.group("es") or "")
        counted: list[str] = []
        for word in rest[:4]:
            if w.is_stop(word, language):
                break
            counted.append(word)
        for word in counted[:2]:
            if word in UNITS:
                return frozenset(), frozenset((UNITS[word][0],))
        asking = len(rest) > len(counted) and rest[len(counted)] in _ASKED_WITH
        head = (counted[-1:] if asking else counted[:1]) or counted
        return frozenset(canonical([w.stem(word, language) for word in head])), frozenset()
    if _MONEY_ASKED.search(low):
        return frozenset(), frozenset(("money",))
    if _LENGTH_ASKED.search(low):
        return frozenset(), frozenset(("length", "foot", "mile", "inch"))
    for pattern, families in (
        (r"\bhow long\b|\bwie lange?\b", ("length", "foot", "mile", "inch", "time")),
        (r"\bhow high\b", ("length", "foot", "mile", "inch", "percent", "degree")),
        (r"\bhow heavy\b|\bweight\b|\bwie schwer\b", ("mass", "ton", "pound")),
        (r"\bhow fast\b|\bspeed\b|\bwie schnell\b", ("speed",)),
        (r"\bhow old\b|\bage\b|\bwie alt\b", ("time",)),
        (r"\bhow often\b|\bwie oft\b", ("times",)),
        (r"\btemperature\b", ("degree",)),
        (r"\brate\b", ("percent",)),
        (r"\bsalary\b|\bprice\b", ("money",)),
        (r"\barea\b", ("area",)),
    ):
        if re.search(pattern, low):
            return frozenset(), frozenset(families)
    if re.search(r"\bhow (?:much|large|big|wide|deep)\b|\bwie (?:viel|groß|gross)\b|\bcu[aá]nt[oa]\b", low):
        return frozenset(), frozenset(
            ("money", "mass", "ton", "percent", "length", "area", "volume", "mile", "foot")
        )
    people = re.search(r"\b(?:population|toll)\b", low)
    return frozenset(("peopl", "inhabit", "resid")) if people else frozenset(), frozenset()


def _pick_number(side: _Side, asked: _Asked) -> Value:
    """The number that answers; UNCLEAR when several might."""
    dates = [(found.start, found.end) for found in dates_in(side.text)]
    found = [
        v
        for v in numbers_in(side.text, side.language, dates, asked.names | side.asked_names)
        if f"{v.number:g}" not in asked.numbers
    ]
    fit = [
        replace(value, level=level, qualified=value.qualified | _modifiers(value, asked))
        for value in found
        if (level := _fits(value, asked))
    ]
    if side.mark is not None:
        start, end = side.mark
        inside = [value for value in fit if value.start < end and value.end > start]
        if len(inside) == 1:
            return inside[0]
        if inside or any(value.start < end and value.end > start for value in found):
            return UNCLEAR  # several marked, or the marked one counts something else
    if not fit:
        return NOTHING
    best = max(value.level for value in fit)
    top = [value for value in fit if value.level == best]
    chosen = top[0]
    if any(abs(value.number - chosen.number) > 1e-9 or value.unit != chosen.unit for value in top):
        chosen = _nearest(side.text, top, asked, side.language)
    if chosen is UNCLEAR or (
        best == 1 and not frozenset(_stems(side.text[: chosen.start], side.language)) & asked.stems
    ):
        return UNCLEAR
    rivals = [
        v
        for v in found
        if v.start != chosen.start and not v.unit and (not v.company or v.company == chosen.company)
    ]
    return UNCLEAR if rivals and _nearer_to_name(side, asked, chosen, rivals) else chosen


def _nearer_to_name(side: _Side, asked: _Asked, value: Value, rivals: Sequence[Value]) -> bool:
    """True when a name of the question stands nearer to another number ("Saturn has 146 moons,
    Jupiter 95" where Jupiter is asked for)."""
    names = asked.names | side.asked_names
    places = [m.start() for m in w.WORD.finditer(side.text) if (w.words(m.group()) or [""])[0] in names]

    def distance(number: Value) -> int:
        return min((abs(place - number.start) for place in places), default=0)

    return any(distance(rival) < distance(value) for rival in rivals)


def _modifiers(value: Value, asked: _Asked) -> frozenset[str]:
    """The words between a number and what it counts, without those that change nothing."""
    wanted = asked.unit | asked.stems
    at = next((i for i, stem in enumerate(value.company) if stem in wanted), 0)
    return frozenset(value.company[:at]) - NEUTRAL


def _fits(value: Value, asked: _Asked) -> int:
    """How well a number answers: 3 counts what is asked for, 2 something of the question, 1 stands
    bare in digits, 0 not at all."""
    if asked.families:
        if value.unit.split(" ")[0] in asked.families:
            return 3
        return (
            1
            if "money" in asked.families and not value.unit and not value.company and value.number >= 1e4
            else 0
        )
    if value.unit:
        return 0
    if asked.unit.intersection(value.company):
        return 3
    if asked.stems.intersection(value.company):
        return 2
    return 1 if not value.company and value.said[-1:].isdigit() else 0


def _nearest(text: str, values: Sequence[Value], asked: _Asked, language: str) -> Value:
    """The value that stands clearly nearest to a content word of the question that names nothing."""
    anchors = [
        match.span()
        for match in w.WORD.finditer(text)
        for word in w.words(match.group())[:1]
        if word not in asked.names and not w.is_stop(word, language)
        if canonical([w.stem(word, language)])[0] in asked.stems - asked.unit
    ]
    if not anchors:
        return UNCLEAR
    ranked = sorted(
        (min(len(text[min(e, v.end) : max(s, v.start)].split()) for s, e in anchors), i)
        for i, v in enumerate(values)
    )
    if ranked[0][0] > 4 or (len(ranked) > 1 and ranked[1][0] - ranked[0][0] < 2):
        return UNCLEAR
    return values[ranked[0][1]]


def _numbers_differ(a: _Side, b: _Side, asked: _Asked) -> bool:
    """True when both numbers cannot be said of one thing, rounding and bounds granted."""
    one, other = a.value, b.value
    marked = a.mark is not None and b.mark is not None
    if not _apart(one, other):
        return False
    if one.qualified != other.qualified or one.qualified & {"more", "who"}:
        return False
    if one.unit != other.unit and not ("money" in asked.families and not (one.unit and other.unit)):
        return False
    if _found(RATES, a) != _found(RATES, b) or _narrowed(a, asked) != _narrowed(b, asked):
        return False
    if any(_other_agent(side, asked) for side in (a, b)):
        return False
    if (
        not marked
        and one.level == other.level == 1
        and any(len(side.near & asked.stems) < 2 for side in (a, b))
    ):
        return False
    if one.unit == "time" and _only_older(a, b):
        return False
    return marked or not _told_by_both(a, b)


def _told_by_both(a: _Side, b: _Side) -> bool:
    """True when one of two sentences tells the other's number too ("from 83 to 146")."""
    return any(
        abs(found.number - value.number) < 1e-9 and found.unit == value.unit
        for side, value in ((a, b.value), (b, a.value))
        for found in numbers_in(side.text, side.language)
    )


_PLAIN_ADJECTIVES = frozenset(
    w.stem(word)
    for word in "new whole entire famous present current actual latest late recent planet city town".split()
)
_BEFORE_NOUNS = frozenset(
    "around across behind against near say said told found killed called named like per".split()
)


def _narrowed(side: _Side, asked: _Asked) -> frozenset[str]:
    """What narrows the things the question names, or the number, in a sentence: "the *small* hall",
    "Mont Blanc's *glacier*", "17 euros for *students*"."""
    found: set[str] = set()
    tokens = [(m, (w.words(m.group()) or [""])[0]) for m in w.WORD.finditer(side.text)]
    stems = [canonical([w.stem(word, side.language)])[0] if word else "" for _, word in tokens]
    for i, (match, word) in enumerate(tokens):
        if stems[i] not in asked.stems - asked.unit or not word:
            continue
        if i and tokens[i - 1][0].end() == match.start() - 1:
            found |= _extra(tokens[i - 1][1], stems[i - 1], side, asked)
        if re.search(r"[’']s$|s[’']$", match.group()) and i + 1 < len(tokens):
            found |= _extra(tokens[i + 1][1], stems[i + 1], side, asked)
    unit = UNIT_BEHIND.match(side.text, side.value.end) if side.value.unit else None
    behind = re.match(
        r"\s(?:for|among)\s(?:the\s)?(\w+)", side.text[unit.end() if unit else side.value.end :]
    )
    if behind:
        found |= _extra(behind.group(1).lower(), w.stem(behind.group(1).lower(), side.language), side, asked)
    return frozenset(found)


def _extra(word: str, stem: str, side: _Side, asked: _Asked) -> set[str]:
    """A word that narrows, or nothing."""
    plain = (
        not word
        or w.is_stop(word, side.language)
        or word[0].isdigit()
        or stem in asked.every | _PLAIN_ADJECTIVES
    )
    verb = word in _BEFORE_NOUNS or word.endswith(("ed", "ly", "ing"))
    return set() if plain or verb else {stem}


def _other_agent(side: _Side, asked: _Asked) -> bool:
    """True when somebody the question does not name does it ("Arnault pledged 200 million"), or
    stands before the number where the question's name comes only behind it."""
    names = asked.names | side.asked_names
    plain_stems = asked.stems - names - asked.unit
    tokens = [(m, (w.words(m.group()) or [""])[0]) for m in w.WORD.finditer(side.text)]
    strangers, known_before, known_behind = 0, False, False
    for i, (match, word) in enumerate(tokens):
        if not word:
            continue
        if word in names:
            known_before |= match.start() < side.value.start
            known_behind |= match.start() > side.value.start
            continue
        if not match.group()[0].isupper() or w.is_stop(word, side.language) or word in w.MONTHS:
            continue
        if OPENERS.match(match.group()) or _LOCATING.search(
            side.text[max(0, match.start() - 20) : match.start()]
        ):
            continue
        strangers += match.start() < side.value.start
        after = tokens[i + 1][1] if i + 1 < len(tokens) else ""
        if after and side.language != "de" and canonical([w.stem(after, side.language)])[0] in plain_stems:
            return True
    return bool(strangers) and known_behind and not known_before


def _apart(a: Value, b: Value) -> bool:
    x, y = a.number, b.number
    bounds = [value for value in (a, b) if value.bound in ("least", "most")]
    if len(bounds) == 2:
        return False
    if bounds:
        limit, free = bounds[0], b if bounds[0] is a else a
        slack = 0.1 if free.bound else 0.02
        if limit.bound == "least":
            return free.number < limit.number * (1 - slack)
        return free.number > limit.number * (1 + slack)
    share = abs(x - y) / max(abs(x), abs(y), 1e-12)
    if a.bound or b.bound:
        return share > 0.1
    digits = max(min(a.digits, b.digits), 1)
    if share < 1e-6 or (a.digits != b.digits and f"{x:.{digits - 1}e}" == f"{y:.{digits - 1}e}"):
        return False
    return not (digits <= 2 and max(x, y) >= 1000 and share <= 0.05)


def _only_older(a: _Side, b: _Side) -> bool:
    """True when two ages differ as the days of their articles do: it grew older."""
    if a.day is None or b.day is None:
        return True
    return abs((a.value.number - b.value.number) - (a.day - b.day).days) <= 400


def _pick_date(side: _Side, asked: _Asked) -> Value:
    """The date that answers; UNCLEAR when several might."""
    found = [date for date in dates_in(side.text) if str(date.day[0]) not in asked.years or date.day[1]]
    if side.mark is not None:
        inside = [value for value in found if value.start < side.mark[1] and value.end > side.mark[0]]
        if inside:
            return inside[0] if len(inside) == 1 else UNCLEAR
    if len(found) > 1:
        return _nearest(side.text, found, asked, side.language)
    return found[0] if found else NOTHING


def _fit_together(a: Value, b: Value) -> bool:
    """True when one date may be the other said more or less exactly."""
    return all(x is None or y is None or x == y for x, y in zip(a.day, b.day, strict=True))


def _dates_differ(a: _Side, b: _Side, asked: _Asked) -> bool:
    """True when both dates cannot be one event's."""
    one, other = a.value, b.value
    if one.open_ended or other.open_ended or _fit_together(one, other):
        return False
    if not (a.mark and b.mark) and any(
        _fit_together(x, y) for x in dates_in(a.text) for y in dates_in(b.text)
    ):
        return False
    if asked.stems & _OFTEN and not asked.years and not _within(a, b, _NEWS_DAYS):
        return False
    if _within(a, b, _SEASON_DAYS):
        return True
    if one.day[0] is None or other.day[0] is None:
        return False
    if re.search(r"\b(?:will|wird|werden|será)\b", asked.low):
        return True
    if asked.state and one.day[0] != other.day[0]:
        return False  # "when is the festival": every year has its own
    return not (_fresh(one, a.day) and _fresh(other, b.day))


def _fresh(value: Value, published: date | None) -> bool:
    """True when a date lies within weeks of the day its article appeared: news of its own time."""
    year, month, _ = value.day
    if published is None or year is None:
        return False
    if month is None:
        return year == published.year
    return abs((year * 12 + month) - (published.year * 12 + published.month)) <= 2


# ---- names --------------------------------------------------------------------------------------

_CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŚŠŽČĐ][\w’'-]*\.?"
_NAME = re.compile(
    rf"{_CAPITAL}(?:\s+(?:(?:de|da|do|dos|van|von|der|den|bin|ibn|al|el|la|le|du|di|del|of|the|&)\s+){{0,2}}{_CAPITAL})*"
)
_TITLES = frozenset(
    """president prime minister chancellor mr mrs ms dr sir lord lady professor prof king queen prince princess pope
    general captain senator governor mayor judge director chief executive ceo secretary chairman chairwoman coach the
    actor actress former british american german french italian spanish russian chinese japanese dutch danish swedish
    monday tuesday wednesday thursday friday saturday sunday""".split()
)
_ALIASES = {
    **dict.fromkeys(("us", "usa", "america", "u.s", "u.s."), "united states"),
    **dict.fromkeys(("uk", "britain", "great britain", "u.k.", "england"), "united kingdom"),
    "holland": "netherlands", "burma": "myanmar", "swaziland": "eswatini", "turkiye": "turkey", "czechia": "czech republic",
}  # fmt: skip
_COUNTRIES = frozenset(
    """afghanistan|albania|algeria|andorra|angola|argentina|armenia|australia|austria|azerbaijan|bahamas|bahrain|
    bangladesh|barbados|belarus|belgium|belize|benin|bhutan|bolivia|botswana|brazil|brunei|bulgaria|burundi|cambodia|
    cameroon|canada|chad|chile|china|colombia|costa rica|croatia|cuba|cyprus|czech republic|denmark|djibouti|ecuador|
    egypt|el salvador|eritrea|estonia|eswatini|ethiopia|fiji|finland|france|gabon|gambia|georgia|germany|ghana|greece|
    grenada|guatemala|guinea|guyana|haiti|honduras|hungary|iceland|india|indonesia|iran|iraq|ireland|israel|italy|
    jamaica|japan|jordan|kazakhstan|kenya|kuwait|kyrgyzstan|laos|latvia|lebanon|lesotho|liberia|libya|liechtenstein|
    lithuania|luxembourg|madagascar|malawi|malaysia|maldives|mali|malta|mauritania|mauritius|mexico|moldova|monaco|
    mongolia|montenegro|morocco|mozambique|myanmar|namibia|nepal|netherlands|new zealand|nicaragua|niger|nigeria|
    north korea|north macedonia|norway|oman|pakistan|panama|paraguay|peru|philippines|poland|portugal|qatar|romania|
    russia|rwanda|saudi arabia|senegal|serbia|singapore|slovakia|slovenia|somalia|south africa|south korea|south sudan|
    spain|sri lanka|sudan|suriname|sweden|switzerland|syria|taiwan|tajikistan|tanzania|thailand|togo|tunisia|turkey|
    turkmenistan|uganda|ukraine|united arab emirates|united kingdom|united states|uruguay|uzbekistan|venezuela|vietnam|
    yemen|zambia|zimbabwe""".replace("\n    ", "").split("|")
)
_LOCATING = re.compile(
    r"\b(?:in|at|from|near|across|throughout|within|outside|of|for|by|en|bei)\s+(?:the\s+|la\s+|el\s+)?$",
    re.IGNORECASE,
)
_PLACING = re.compile(
    r"\b(?:in|across|throughout|within|outside|around|near|en)\s+(?:the\s+)?$", re.IGNORECASE
)
# What many may do at once, so that two names are two of them
_MANY_DO = frozenset(
    """sign attend meet met vote join support back oppos criticis condemn prais visit say said comment play star compet
    nomin injur live work particip member help fund donat speak fight fought want like use own""".split()
)
_BODY = re.compile(
    r"\b(?:Union|Company|Corporation|Party|Government|Army|Ministry|Group|Organi[sz]ation|University|Council|Court|Bank|Team|"
    r"Club|Agency|Association|Committee|Institute|Church|Republic|Kingdom|States|Nations|Commission|Parliament|Senate|"
    r"Society|Foundation|Brothers|Bros|Inc|House)\b"
)
_ONE_PLACE = frozenset("born die buri headquart sign host hold build found base".split())


def _name(raw: str) -> str:
    """A name without titles in front and possessive endings."""
    tokens = raw.split()
    while tokens and (tokens[0].lower().strip(".") in _TITLES or w.is_stop(tokens[0].lower())):
        tokens = tokens[1:]
    text = re.sub(r"[’'](?:s)?$", "", " ".join(tokens))
    return text if re.search(r"\b[A-Z]\.$", text) else text.rstrip(".")


def _folded(name: str) -> str:
    name = unicodedata.normalize("NFKD", name.casefold())
    name = "".join(c for c in name if not unicodedata.combining(c)).replace("’", "'")
    return _ALIASES.get(name, name)


def _names_in(side: _Side, asked: _Asked, start: int, end: int) -> list[tuple[str, int]]:
    """(name, place) of the names between two places that the question does not hold."""
    found: list[tuple[str, int]] = []
    for match in _NAME.finditer(side.text, start, end):
        name = _name(match.group())
        tokens = [token for token in w.words(name) if len(token) > 1]
        if not tokens or all(t in asked.words or t in w.MONTHS or w.is_stop(t) for t in tokens):
            continue
        before = side.text[: match.start()].rstrip(" \"'“‘«(")
        opens = side.mark is None and " " not in name and (not before or before[-1] in ".!?:")
        if opens and not re.search(rf"[a-z,] {re.escape(name)}\b", side.body):
            continue  # "Officials", unless the article writes it so inside a sentence too
        found.append((name, match.start()))
    return found


def _pick_name(side: _Side, asked: _Asked) -> Value:
    """The name or names that answer; UNCLEAR when several might."""
    if side.mark is None:
        if side.language == "de":
            return NOTHING  # every noun has a capital there
        found = [
            (name, place)
            for name, place in _names_in(side, asked, 0, len(side.text))
            if bool(_LOCATING.search(side.text[max(0, place - 20) : place])) == (asked.kind == "where")
        ]
        if len(found) > 1:
            between = side.text[found[0][1] : found[-1][1] + len(found[-1][0])]
            for name, _ in found:
                between = between.replace(name, " ", 1)
            if not re.fullmatch(r"(?:[\s,&]|and|y)*", between):
                return UNCLEAR
    else:
        found = _names_in(side, asked, *side.mark)
    if not found:
        return NOTHING
    names = tuple(dict.fromkeys(name for name, _ in found))[: 1 if asked.kind == "where" else 8]
    *front, last = names
    said = f"{', '.join(front)} {_AND[side.language]} {last}" if front else last
    return Value(plain(said), found[0][1], found[0][1] + len(found[0][0]), names=names)


_AND = {"en": "and", "de": "und", "es": "y"}


def _may_be_one(a: str, b: str) -> bool:
    """True when two names may mean one: a shared word, initials, another spelling, an alias."""
    one, other = _folded(a), _folded(b)
    mine, yours = ({t for t in re.findall(r"\w+", name) if len(t) > 1} for name in (one, other))
    if one == other or mine & yours - {"of", "the", "de", "van", "von", "al"}:
        return True
    if any(x[:4] == y[:4] for x in mine for y in yours if min(len(x), len(y)) >= 5):
        return True
    if SequenceMatcher(None, one[:60], other[:60]).ratio() >= 0.8:
        return True
    for short, long in ((a, b), (b, a)):
        letters = re.sub(r"[^A-Za-z]", "", short)
        initials = (
            "".join(t[0] for t in re.findall(pattern, long))
            for pattern in (r"[A-Za-zÀ-ž]+", r"\b[A-ZÀ-Þ]\w*")
        )
        if letters.isupper() and len(letters) > 1 and letters in {i.upper() for i in initials}:
            return True
    return False


def _mentions(side: _Side, names: Sequence[str]) -> bool:
    """True when an article speaks of one of these names anywhere."""
    body = _folded(f"{side.title} {side.body}")
    tokens = {t for name in names for t in re.findall(r"\w+", _folded(name)) if len(t) > 3 or len(name) < 5}
    return any(re.search(rf"\b{re.escape(token)}", body) for token in tokens)


def _names_differ(a: _Side, b: _Side, asked: _Asked) -> bool:
    """True when both sentences give the one place or person asked for, and not the same."""
    mine, yours = a.value.names, b.value.names
    if any(_may_be_one(x, y) for x in mine for y in yours):
        return False
    lands = [_folded(name) in _COUNTRIES for name in (mine[0], yours[0])]
    if asked.kind == "where":
        city = re.match(r"(?:in |from |to |at )?(?:which|what) (?:city|town|village)\b", asked.low)
        if (
            not asked.stems & _ONE_PLACE
            or lands[0] != lands[1]
            or not (lands[0] or (city and a.sure and b.sure))
        ):
            return False  # a place may lie in the other
    else:
        if asked.stems & _MANY_DO or re.search(r"\bwho (?:are|were|have)\b", asked.low):
            return False
        bodies = [bool(_BODY.search(name)) for name in (mine[0], yours[0])]
        if lands[0] != lands[1] or bodies[0] != bodies[1] or (" " in mine[0]) != (" " in yours[0]):
            return False  # a person may act for the other
    change = asked.state and a.sure and b.sure and a.day is not None and b.day is not None and a.day != b.day
    if not change and (_mentions(a, yours) or _mentions(b, mine)):
        return False
    plain_stems = asked.stems - asked.names - a.asked_names - b.asked_names
    if not (a.sure and b.sure) and not plain_stems <= a.own & b.own:
        return False
    return not (asked.stems & _RECURRING and not asked.years and not _within(a, b, _NEWS_DAYS))


# ---- denials ------------------------------------------------------------------------------------

_NOT = re.compile(r"\b(?:not|never|no|without|cannot|nunca|jamás|ningún|ninguna)\b|n[’']t\b", re.IGNORECASE)
_NOT_REALLY = re.compile(
    r"\b(?:not|no) (?:only|just|merely|all|every|both|until|solo|sólo|todos)\b|\bno (?:longer|doubt|wonder|sooner)\b",
    re.IGNORECASE,
)
_MODAL = re.compile(
    r"\b(?:(?-i:may)|might|could|would|should|if|unless|whether|plan\w*|hope\w*|expect\w*|will|likely|wants?|seeks?|claim\w*|"
    r"den(?:y|ies|ied)|reject\w*|alleg\w*|podría|si)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"[,.;:()!?–—]|\b(?:because|but|and|although|though|after|when|while|pero|y|porque|aunque)\b",
    re.IGNORECASE,
)


def _pick_denial(side: _Side, asked: _Asked) -> Value:
    """ "yes" or "no" where a sentence affirms or denies just what the question asks."""
    held = asked.stems & side.own
    if side.language == "de" or len(held) < 2 or len(held) < 0.6 * len(asked.stems):
        return NOTHING
    denials = list(_NOT.finditer(side.text))
    if len(denials) > 1 or _NOT_REALLY.search(side.text) or w.negating(_NOT.sub(" ", side.text)):
        return UNCLEAR
    start = denials[0].end() if denials else 0
    plain_stems = asked.stems - asked.names - side.asked_names
    stems = [_stems(piece, side.language) for piece in _LIMIT.split(side.text[start:])]
    if denials:
        stems = stems[:1]
    # the clause with the question's plain words: what follows them must be the question's too
    clause = next((piece for piece in stems if plain_stems.intersection(piece)), [])
    at = next((i for i, stem in enumerate(clause) if stem in plain_stems), 0)
    if not clause or (denials and at > 1) or not asked.every.issuperset(clause[at:]):
        return UNCLEAR
    return Value("no", start, start, denies=True) if denials else Value("yes")


def _denials_differ(a: _Side, b: _Side, asked: _Asked) -> bool:
    if a.value.denies == b.value.denies or _found(_MODAL, a) or _found(_MODAL, b):
        return False
    return not (asked.stems & _RECURRING and not _within(a, b, _NEWS_DAYS))


# ---- one sentence against another -----------------------------------------------------------------

_POINTING = re.compile(
    r"(?:it|they|he|she|this|that|these|those|its|their|his|her|there|such|er|sie|es|dies\w*|ella|ellos|esto)\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:previously|formerly|originally|initially|at first|earlier|once|used to|then|had been|until then|at that time|"
    r"at the time|for a time|at one time|no longer|früher|zunächst|damals|ursprünglich|antes|anteriormente)\b",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    r"\b(?:plan(?:s|ned|ning)?|expect\w*|forecast\w*|hop(?:e|es|ed|ing)|predict\w*|target\w*|budget\w*|scheduled|due|aim\w*|goal|"
    r"promis\w*|project(?:ed|s)|could|(?-i:may)|might|would|should|if|propos\w*|intend\w*|will|shall|wird|werden|soll\w*|könnte|"
    r"geplant|será|serán|podría|previsto|prevé)\b",
    re.IGNORECASE,
)
_SCOPE = re.compile(
    r"\b(?:worldwide|globally|nationwide|alone|altogether|overall|combined|weltweit|insgesamt|"
    r"(?:first|second|third|fourth)[ -](?:quarter|half)|q[1-4])\b",
    re.IGNORECASE,
)
_SOON = re.compile(
    r"\b(?:yesterday|tomorrow|tonight|(?:last|next|this|past) (?:night|week|weekend|month|\w+day)|"
    r"(?:on|since|by|until) \w+day|gestern|morgen|ayer|mañana)\b",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_CLAUSE_END = re.compile(r"[;:()–—]")


@dataclass(frozen=True, slots=True)
class _Side:
    """One sentence, what stands around it, and the value it gives."""

    item: Evidence
    text: str
    language: str
    day: date | None
    title: str
    mark: tuple[int, int] | None  # the marked answer, as offsets into `text`
    sure: bool
    own: frozenset[str]  # stems of the sentence, and of the one before where it begins with "it"
    near: frozenset[str]  # with those of title, heading and the sentence before
    near_names: frozenset[str]
    asked_names: frozenset[str]  # words of the question that are names here, however it is typed
    body: str
    value: Value = NOTHING


def _side(item: Evidence, asked: _Asked, language: str) -> _Side | None:
    """A sentence made ready; None when it cannot be compared (another language, a question)."""
    article = item.passage.article
    spoken = (article.language or language)[:2].lower()
    if spoken != asked.language or item.text.rstrip().endswith("?"):
        return None
    text = item.text[:MAX_CHARS]
    mark = None
    if item.answer is not None:
        start, end = item.answer[0] - item.start, item.answer[1] - item.start
        mark = (start, end) if 0 <= start < end <= len(text) else None
    before = ""
    if 0 < item.start <= len(article.text) and article.text.startswith(item.text[:40], item.start):
        tail = article.text[max(0, item.start - 400) : item.start]
        before = re.split(r"(?<=[.!?])\s+|\n+", tail.rstrip())[-1]
    title = article.title[:300]
    around = f"{title}. {item.passage.chunk.heading[:200]}. {before}"
    own = frozenset(_stems(text, spoken))
    if _POINTING.match(text):
        own |= frozenset(_stems(before, spoken))
    near_names = w.names(text) | w.names(around)
    side = _Side(
        item,
        text,
        spoken,
        article.published,
        title,
        mark,
        mark is not None and item.answer_score >= SURE_MARK,
        own,
        own | frozenset(_stems(around, spoken)),
        near_names,
        asked.words & near_names,
        article.text[:MAX_BODY],
    )
    return replace(side, value=_PICK[asked.kind](side, asked))


_PICK: dict[str, Callable[[_Side, _Asked], Value]] = {
    "number": _pick_number, "when": _pick_date, "who": _pick_name, "where": _pick_name, "yes-no": _pick_denial,
}  # fmt: skip
_DIFFER: dict[str, Callable[[_Side, _Side, _Asked], bool]] = {
    "number": _numbers_differ, "when": _dates_differ, "who": _names_differ, "where": _names_differ,
    "yes-no": _denials_differ,
}  # fmt: skip
_WHAT = {"number": "number", "when": "date", "who": "name", "where": "name", "yes-no": "denial"}


def _compared(asked: _Asked, a: _Side, b: _Side) -> Disagreement | None:
    """The disagreement of two sentences that both give a value, or None."""
    newer, older = _by_age(a, b)
    if not (_same_thing(asked, a, b) and _DIFFER[asked.kind](a, b, asked)):
        return None
    if not (_times_allow(asked, newer, older) and _same_frame(asked, a, b)):
        return None
    years = _years_beside(asked, newer, older) if asked.kind == "number" else ("", "")
    if years is None:
        return None
    return Disagreement(newer.item, older.item, newer.value.said, older.value.said, _WHAT[asked.kind], years)


def _by_age(a: _Side, b: _Side) -> tuple[_Side, _Side]:
    """(newer, older)."""
    for one, other in ((a, b), (b, a)):
        new, old = one.item.passage.article, other.item.passage.article
        if new.corrects and new.corrects == old.external_id and new.source == old.source:
            return one, other
    if a.day != b.day:
        return (a, b) if (a.day or date.min) > (b.day or date.min) else (b, a)
    return (b, a) if b.item.score > a.item.score else (a, b)


def _within(a: _Side, b: _Side, days: int) -> bool:
    return a.day is not None and b.day is not None and abs((a.day - b.day).days) <= days


def _found(pattern: re.Pattern[str], side: _Side) -> frozenset[str]:
    return frozenset(
        " ".join(filter(None, m.groups() or (m.group(),))).lower() for m in pattern.finditer(side.text)
    )


def _same_thing(asked: _Asked, a: _Side, b: _Side) -> bool:
    """True when two sentences speak of the same thing, as far as the question's words can tell."""
    both_sure = a.sure and b.sure
    typed, seen = (
        asked.stems & frozenset(canonical([w.stem(name, asked.language) for name in names]))
        for names in (asked.names, a.asked_names | b.asked_names)
    )
    name_stems = typed | seen
    needed = typed or seen
    if name_stems & (a.near ^ b.near) or (needed and not needed & a.near & b.near):
        return False
    if not name_stems and (a.near_names or b.near_names) and not a.near_names & b.near_names:
        return False
    if any((name_stems & side.near) - side.own and _other_subject(side, asked) for side in (a, b)):
        return False
    held = asked.stems - asked.unit
    either, both = held & (a.near | b.near), held & a.near & b.near
    if len(both) <= len(either) / 2:
        return False
    plain_stems = held - name_stems
    if any(_POINTING.match(side.text) and not side.own & held for side in (a, b)):
        return False
    if not both_sure:
        if plain_stems & (a.near ^ b.near) or not (a.own & held and b.own & held):
            return False
        if asked.kind == "when" and plain_stems and not plain_stems & a.near & b.near:
            return False
    if not asked.fixed <= a.own & b.own:
        return False
    return all(
        any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for text in (side.text, side.title))
        for side in (a, b)
        for word in asked.firsts
    ) and all(number in w.numbers(f"{side.text} {side.title}") for side in (a, b) for number in asked.numbers)


def _other_subject(side: _Side, asked: _Asked) -> bool:
    """True when the sentence begins with a name of its own ("Jupiter now stands at 95"), where the
    question's name stands only in the title."""
    for match in w.WORD.finditer(side.text[: side.value.start]):
        token = match.group()
        folded = (w.words(token) or [""])[0]
        if not token[0].isupper() or not folded or w.is_stop(folded, side.language) or folded in asked.words:
            continue
        if folded in w.MONTHS or _POINTING.match(token) or OPENERS.match(token):
            continue
        if not _LOCATING.search(side.text[max(0, match.start() - 20) : match.start()]):
            return True
    return False


def _places(side: _Side, asked: _Asked) -> frozenset[str]:
    """The places a sentence narrows itself to that the question does not name."""
    found: set[str] = set()
    for match in _NAME.finditer(side.text):
        folded = frozenset(w.words(match.group()))
        if folded & asked.words or folded <= w.MONTHS:
            continue
        if _PLACING.search(side.text[max(0, match.start() - 20) : match.start()]):
            found |= {word for word in folded if not w.is_stop(word)}
    return frozenset(found)


def _clause(side: _Side) -> str:
    """The part of the sentence around the value, without what a colon or brackets set apart."""
    start, end = 0, len(side.text)
    for match in _CLAUSE_END.finditer(side.text):
        if match.end() <= side.value.start:
            start = match.end()
        elif match.start() >= side.value.end:
            end = match.start()
            break
    return side.text[start:end]


def _same_frame(asked: _Asked, a: _Side, b: _Side) -> bool:
    """True when neither sentence is a plan, a memory, a denial, of one place or one day where the
    other is not."""
    if asked.kind != "yes-no":
        one, other = _clause(a), _clause(b)
        if w.negation(one) != w.negation(other):
            return False
        if any(bool(pattern.search(one)) != bool(pattern.search(other)) for pattern in (_AHEAD, _BACK)):
            return False
    if _found(_SCOPE, a) != _found(_SCOPE, b):
        return False
    days = _found(_WEEKDAY, a), _found(_WEEKDAY, b)
    if all(days) and not days[0] & days[1]:
        return False
    if (_found(_SOON, a) or _found(_SOON, b)) and not _within(a, b, 31):
        return False
    if asked.kind in ("who", "where"):
        return True
    return not any(
        _places(side, asked) - against.near_names - frozenset(w.words(against.title))
        for side, against in ((a, b), (b, a))
    )


def _years_of(side: _Side) -> frozenset[str]:
    return frozenset(str(found.day[0]) for found in dates_in(side.text) if found.day[0])


def _times_allow(asked: _Asked, newer: _Side, older: _Side) -> bool:
    """True when nothing in the two sentences' times says that they speak of different times."""
    if asked.kind == "when":
        return True
    mine, theirs = _years_of(newer), _years_of(older)
    apart = bool(mine and theirs and not mine & theirs)
    exact = [[found for found in dates_in(side.text) if found.day[1]] for side in (newer, older)]
    if all(exact) and not apart and not any(_fit_together(x, y) for x in exact[0] for y in exact[1]):
        return False
    for side, years in ((newer, mine), (older, theirs)):
        if not asked.years or years & asked.years:
            continue
        if years:
            return False
        if asked.years_pick and (side.day is None or str(side.day.year) not in asked.years):
            return False
        if not any(
            year in side.body or year in side.title or (side.day and str(side.day.year) == year)
            for year in asked.years
        ):
            return False
    return asked.kind == "number" or not apart


def _years_beside(asked: _Asked, newer: _Side, older: _Side) -> tuple[str, str] | None:
    """The years to tell with the two numbers ("" for none); None when their times do not compare."""
    mine, theirs = _years_of(newer), _years_of(older)
    if asked.years or mine & theirs or not (mine or theirs):
        return "", ""
    here, there = _beside(newer), _beside(older)
    if mine and theirs:
        return (here, there) if here and there and int(here) > int(there) else None
    if older.day is None:
        return None
    if mine:
        return ("", "") if max(int(year) for year in mine) >= older.day.year else None
    if not there:
        return None
    return ("", there) if int(there) < older.day.year else ("", "")


def _beside(side: _Side) -> str:
    """The one year a sentence sets beside its value; "" for none or several."""
    borders = [0, *(match.end() for match in re.finditer(r"[,;:]\s", side.text)), len(side.text) + 1]
    segments = list(pairwise(borders))
    here = next((i for i, (s, e) in enumerate(segments) if s <= side.value.start < e), 0)
    start, end = segments[here]
    if here == 1 and start < 42 and re.match(r"(?:In|By|At the end of|Im|En)\b", side.text):
        start = 0
    years = {str(d.day[0]) for d in dates_in(side.text) if d.day[0] and start <= d.start < end}
    return next(iter(years)) if len(years) == 1 else ""
