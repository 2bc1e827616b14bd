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
from functools import lru_cache
from itertools import pairwise

from rag import words as w
from rag.parts import asked_kind
from rag.schema import Evidence

MOST_READ = 8
MAX_CHARS = 1500
MAX_BODY = 100_000
MOST_NUMBERS = 40
SURE_MARK = 0.5
"""From this `answer_score` on, marked answers in both sentences make up for words of the question
that only one of them holds."""
_NEWS_DAYS, _SEASON_DAYS = 60, 183

_LANGUAGES = ("en", "de", "es")
_MONTH_NAMES = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}


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
        if side is None or side.value is _NOTHING:
            continue  # a later sentence of the article may say
        seen.add(article.id)
        if side.value is not _UNCLEAR:
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
    language = language if language in _LANGUAGES else "en"
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


def day_text(day: date, language: str = "en") -> str:
    """A day as a reader of the language writes it: "2 May 2023", "2. Mai 2023", "2 de mayo de 2023"."""
    language = language if language in _LANGUAGES else "en"
    month = _MONTH_NAMES[language].split()[day.month - 1]
    pattern = {"en": "{} {} {}", "de": "{}. {} {}", "es": "{} de {} de {}"}[language]
    return pattern.format(day.day, month, day.year)


def plain(text: str, most: int = 80) -> str:
    """A text from outside as one short line of plain text: white space joined, control and
    invisible characters (also those that turn the writing direction) taken out, cut at a word
    border with "…" behind when it is longer than `most`."""
    text = text[: most * 8]
    kept = "".join(
        " " if unicodedata.category(c) in ("Zl", "Zp", "Cc") else c
        for c in text
        if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )
    kept = " ".join(kept.split())
    if len(kept) <= most:
        return kept
    cut = kept[:most]
    if " " in cut[most // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.-–—") + "…"


def _same_place(a: Evidence, b: Evidence) -> bool:
    return a is b or (a.passage.article.id == b.passage.article.id and (a.start, a.end) == (b.start, b.end))


# ---- the question -------------------------------------------------------------------------------

_SAME = {
    form: group[0]
    for group in (
        ("die", "dead", "death", "kill", "victim", "fatal", "toll", "perish"),
        ("peopl", "person"),
        ("cost", "price", "bill"),
        ("build", "built", "construct"),
        ("begin", "began", "begun", "start", "commenc"),
        ("end", "finish", "conclud"),
        ("open", "inaugur", "reopen"),
        ("win", "won", "winner"),
        ("found", "establish", "creat"),
        ("discov", "discover", "discoveri"),
        ("lead", "led"),
        ("acquir", "buy", "bought", "purchas"),
        ("direct", "director"),
        ("steal", "stole", "stolen", "theft"),
        ("write", "wrote", "written"),
        ("take", "took", "taken"),
        ("make", "made"),
        ("sell", "sold"),
        ("lose", "lost"),
        ("hold", "held"),
        ("pay", "paid"),
        ("sink", "sank", "sunk"),
        ("releas", "premier"),
        ("weigh", "weight"),
        ("injur", "wound", "hurt"),
        ("sterb", "starb", "tot", "gestorb"),
        ("koste", "kostet", "gekostet", "kost"),
        ("cost", "cuest", "costó"),
    )
    for form in group
}  # fmt: skip
_ASKING = frozenset(
    """many much long far tall high old large big deep heavy wide fast often number percentage percent share proportion
    distance age year years date day month time century decade name country city town place state person total
    latest recent current currently today now estimate figure official known exactly actually
    viel viele wieviel hoch lang alt groß schwer tief jahr datum tag heute zahl año fecha día número hoy total""".split()
)
_YEAR_WORD = re.compile(r"(?<![\d.,])(?:1[0-9]|20)\d\d(?![\d]|[.,]\d)")
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


def _canonical(stems: Sequence[str]) -> list[str]:
    return [_SAME.get(stem, stem) for stem in stems]


def _stems(text: str, language: str) -> list[str]:
    return _canonical(w.content_stems(text, language))


def _asked(question: str, language: str) -> _Asked | None:
    kind = asked_kind(question, language)
    if kind not in ("when", "number", "who", "where", "yes-no") or w.negation(question):
        return None
    text = " ".join(question.split())
    low = " ".join(w.words(text))
    if kind == "yes-no" and re.search(r"\b(?:or|oder|o)\b", low):
        return None
    asking = frozenset(_canonical([w.stem(word, language) for word in _ASKING])) | _ASKING
    counted: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    if kind == "number":
        counted, families = _wanted_unit(text, low, language)
    stems = frozenset(
        stem
        for word in w.words(text)
        if not w.is_stop(word, language) and word not in _ASKING
        for stem in _canonical([w.stem(word, language)])
        if stem not in asking
        and not (kind == "number" and stem in _MEASURES)
        and not _YEAR_WORD.fullmatch(word)
    )
    opening = re.match(r"\S+\s+(?:\S+\s+){0,2}?", text)
    clause = _TIME_CLAUSE.search(text, opening.end() if opening else 0)
    years = frozenset(_YEAR_WORD.findall(text))
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


def _wanted_unit(text: str, low: str, language: str) -> tuple[frozenset[str], frozenset[str]]:
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
            if word in _UNITS:
                return frozenset(), frozenset((_UNITS[word][0],))
        asking = len(rest) > len(counted) and rest[len(counted)] in _ASKED_WITH
        head = (counted[-1:] if asking else counted[:1]) or counted
        return frozenset(_canonical([w.stem(word, language) for word in head])), frozenset()
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


# ---- numbers ------------------------------------------------------------------------------------

_UNITS: dict[str, tuple[str, float]] = {
    word: (family, factor)
    for family, factor, forms in (
        ("length", 1000.0, "km kilometre kilometres kilometer kilometers kilómetro kilómetros kilometern"),
        ("length", 1.0, "m metre metres meter meters metern metro metros"),
        ("length", 0.01, "cm centimetre centimetres centimeter centimeters centímetros zentimeter"),
        ("length", 0.001, "mm millimetre millimetres millimeter millimeters"),
        ("mile", 1.0, "mile miles meilen millas"),
        ("foot", 1.0, "foot feet ft"),
        ("inch", 1.0, "inch inches"),
        ("mass", 1000.0, "tonne tonnes tonnen toneladas"),
        ("mass", 1.0, "kg kilogram kilograms kilogramme kilos kilo"),
        ("ton", 1.0, "ton tons"),
        ("percent", 1.0, "% percent prozent per|cent por|ciento"),
        ("point", 1.0, "percentage|point percentage|points prozentpunkte"),
        ("time", 365.25, "year years jahr jahre jahren año años"),
        ("time", 30.4, "month months monat monate monaten mes meses"),
        ("time", 7.0, "week weeks woche wochen semana semanas"),
        ("time", 1.0, "day days tag tage tagen día días"),
        ("time", 1 / 24, "hour hours stunde stunden hora horas"),
        ("time", 1 / 1440, "minute minutes minuten minutos"),
        ("time", 1 / 86400, "seconds sekunden segundos"),
        ("degree", 1.0, "degree degrees grad grados °c °"),
        ("times", 1.0, "times mal veces"),
        ("speed", 1.0, "km/h kph"),
        ("speed mph", 1.0, "mph"),
        ("area", 1.0, "hectare hectares hektar hectáreas"),
        ("area km", 1.0, "square|kilometres square|kilometers quadratkilometer"),
        ("area m", 1.0, "square|metres square|meters quadratmeter"),
        ("area mile", 1.0, "square|miles"),
        ("area acre", 1.0, "acre acres"),
        ("volume", 1.0, "litre litres liter liters litern litros"),
        ("money $", 1.0, "dollar dollars dólares us|dollars $"),
        ("money €", 1.0, "euro euros €"),
        ("money £", 1.0, "pound pounds pfund libras £"),
        ("money ¥", 1.0, "yen ¥"),
        ("money fr", 1.0, "franc francs franken francos"),
        ("money mark", 1.0, "marks mark"),
        ("money kr", 1.0, "kroner kronor krone kronen crowns"),
        ("money cent", 1.0, "cent cents pence"),
    )
    for word in forms.replace("|", "\0").split()
    for word in (word.replace("\0", " "),)
}  # fmt: skip
_MEASURES = frozenset(w.stem(word) for word in _UNITS if word.isalpha())
_UNIT_BEHIND = re.compile(
    r"[\s-]*(?:metric |long |of |de )?("
    + "|".join(re.escape(unit).replace(r"\ ", r"\s") for unit in sorted(_UNITS, key=lambda unit: -len(unit)))
    + r")(?!\w)",
    re.IGNORECASE,
)
_SCALES = {
    "en": {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "bn": 1e9, "dozen": 12.0},
    "de": {"tausend": 1e3, "million": 1e6, "millionen": 1e6, "mio": 1e6, "milliarde": 1e9, "milliarden": 1e9,
           "mrd": 1e9, "billion": 1e12, "billionen": 1e12, "dutzend": 12.0},
    "es": {"mil": 1e3, "millón": 1e6, "millones": 1e6, "billón": 1e12, "billones": 1e12, "docena": 12.0},
}  # fmt: skip
_GLUED = {"m": 1e6, "mn": 1e6, "bn": 1e9, "tn": 1e12, "k": 1e3}
_SMALL: dict[str, dict[str, float]] = {
    "en": {word: float(value) for word, value in w.NUMBER_WORDS.items()
           if value.isdigit() and word not in ("first", "second", "third", "twice", *_SCALES["en"])},
    "de": dict(zip("zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig hundert".split(),
                   (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 20.0, 30.0, 40.0, 50.0, 100.0), strict=True)),
    "es": dict(zip("dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cuarenta cincuenta cien".split(),
                   (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 20.0, 30.0, 40.0, 50.0, 100.0), strict=True)),
}  # fmt: skip
_HALVES = {"en": r"half a|an?", "de": r"eine[mn]?|ein", "es": r"un|una|medio"}


def _quantity_pattern(language: str) -> re.Pattern[str]:
    scales = "|".join(sorted(_SCALES[language], key=lambda word: -len(word)))
    small = "|".join(sorted(_SMALL[language], key=lambda word: -len(word)))
    return re.compile(
        r"(?P<sign>[$€£¥])?(?P<digits>\d{1,3}(?:[,.\u00a0\u202f’]\d{3})+(?:[.,]\d{1,6})?(?!\d)|\d{1,15}(?:[.,]\d{1,6})?)"
        rf"(?P<glued>(?:mn|m|bn|tn|k)(?!\w))?(?P<scaled>(?:\s+(?:{scales})\b)*)|"
        rf"\b(?P<words>(?:{small})(?:(?:[\s-]|\sand\s)(?:{small}|{scales}))*|(?:{_HALVES[language]})\s(?:{scales}))\b(?![’'])",
        re.IGNORECASE,
    )


_QUANTITY = {language: _quantity_pattern(language) for language in _LANGUAGES}
_APPROX = (
    r"about|around|roughly|some|approximately|approx\.?|nearly|almost|circa|ca\.?|estimated|close to|just over|just under|"
    r"well over|a little over|a little more than|a little less than|etwa|rund|ungefähr|fast|knapp|gut|unos|unas|cerca de|"
    r"casi|alrededor de|aproximadamente|[~≈]"
)
_LEAST = (
    r"more than|over|at least|in excess of|upwards of|no fewer than|no less than|as many as|above|exceed(?:s|ed)?|mehr als|"
    r"über|mindestens|más de|al menos|por lo menos"
)
_MOST = r"up to|fewer than|less than|under|at most|no more than|below|not more than|weniger als|bis zu|höchstens|menos de|hasta"
_HEDGE = re.compile(
    rf"(?:(?<!\w)(?P<about>{_APPROX})|\b(?P<least>{_LEAST})|\b(?P<most>{_MOST}))(?:\s+(?:the|an?))?\s*$",
    re.IGNORECASE,
)
_NO_QUANTITY = re.compile(  # what stands before a number that counts nothing
    r"(?:\w[-–]|[^\W\d_]|\d[:/.,]|#|\[|\bNo\.\s?|[A-ZÀ-Þ]\w+\s\(|[^\s\w][–−]|\bminus\s|\b(?:between|zwischen|entre)\s(?:[\w.,]+\s){0,3}|"
    r"\b(?:page|chapter|number|nr|article|section|season|part|phase|room|top|flight|aged?|line|volume)\s|"
    r"\d\s?[-–x]\s?|\d[\d.,]*\s(?:to|by|or|bis|oder|x|a|o)\s)$",
    re.IGNORECASE,
)
_NO_QUANTITY_BEHIND = re.compile(
    r"(?:st|nd|rd|th)\b|[:/]\d|\s?[-–]\s?\d|\s(?:to|bis|by|or|oder|x|and)\s[$€£]?\d[\d.,]*(?:\s|$)(?=.{0,20}\b(?:years|million)\b)|"
    r"\s(?:to|bis|by|or|oder|x)\s[$€£]?\d|-(?!(?:year|mile|metre|meter|kilomet|foot))[a-z]|"
    r"\s?[ap]\.?m\b|\s(?:o[’']clock|uhr|bc|bce|ad)\b|"
    r"\s(?:thirds?|quarters?|hal(?:f|ves)|fifths?|tenths?|hundredths?|first|second|fourth|drittel|viertel|tercios?|cuartos?|"
    r"hundreds|thousands|millions|dozens)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:^|.)\b([A-ZÀ-Þ][\w’'-]*)\s$")
_MORE_BEFORE = re.compile(
    r"\b(?:new|additional|another|further|extra|added|fresh|others?|neuen?|weiteren?|zusätzliche|nuev[oa]s|otr[oa]s|"
    r"adicionales|by|(?:more|más|mehr)(?!\s(?:than|als|de|que)))\s(?:\w+\s)?$",
    re.IGNORECASE,
)
_MORE_BEHIND = re.compile(
    r"\s(?:more|additional|new|further|extra|others?|weiteren?|neuen?|más|of (?:the|them|these|those|whom|its|which)|out of)\b",
    re.IGNORECASE,
)
_NEUTRAL = frozenset(
    w.stem(word, language)
    for language in _LANGUAGES
    for word in """known confirmed official different separate total overall recognised recognized registered listed
    individual single human full whole bekannte bekannten offizielle conocidas conocidos""".split()
)
_NARROWING = frozenset("that who which whose with without aged".split())
_RATES = re.compile(
    r"\b(?:a|an|per|each|every|pro|je|al|por|jede[nrs]?|cada)\s+(day|week|month|year|hour|minute|second|person|head|night|"
    r"tag|woche|monat|jahr|stunde|día|semana|mes|año|hora)\b|\b(daily|annually|yearly|monthly|weekly|hourly|annual|apiece|"
    r"täglich|jährlich)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Value:
    """One value as found in a sentence; which fields count depends on its kind."""

    said: str
    start: int = 0
    end: int = 0
    number: float = 0.0
    digits: int = 0  # significant digits
    bound: str = ""  # "about", "least", "most"
    unit: str = ""
    company: tuple[str, ...] = ()  # canonical stems of the words counted, in order
    qualified: frozenset[str] = frozenset()
    level: int = 0
    day: tuple[int | None, int | None, int | None] = (None, None, None)
    open_ended: bool = False
    names: tuple[str, ...] = ()
    denies: bool = False


_NOTHING = _Value("")
_UNCLEAR = _Value("?")


def _parsed(text: str, language: str) -> tuple[float, int]:
    """(the number, its significant digits) of digits as the language writes them."""
    text = re.sub(r"[\u00a0\u202f’]", "", text)
    groups, point = (".", ",") if language in ("de", "es") else (",", ".")
    if re.fullmatch(rf"\d{{1,3}}(?:\{groups}\d{{3}})+(?:\{point}\d+)?", text):
        text = text.replace(groups, "")
    text = text.replace(point, ".", 1)
    text = re.sub(r"[.,](?=.*\.)|,", "", text)
    value = float(text) if text.count(".") <= 1 else 0.0
    bare = text.replace(".", "").lstrip("0")
    return value, max(len(bare if "." in text else bare.rstrip("0")), 1)


def _spelled(text: str, language: str) -> tuple[float, int]:
    """(the number, its significant digits) of number words: "one hundred and two", "half a million"."""
    total = current = 0.0
    digits = 0
    for word in re.split(r"[\s-]+", text.lower()):
        if word in _SCALES[language]:
            scale = _SCALES[language][word]
            current = (current or 1.0) * scale
            if scale >= 1e3:
                total, current = total + current, 0.0
        elif word in _SMALL[language]:
            current, digits = current + _SMALL[language][word], digits + 1
        elif word in ("half", "medio"):
            current = 0.5
    return total + current, max(digits, 1)


def _numbers(
    text: str, language: str, skip: Sequence[tuple[int, int]] = (), asked: frozenset[str] = frozenset()
) -> list[_Value]:
    """The quantities of a sentence: no years, no dates, no numbers that name things ("Voyager 2"; but
    "Saturn 274, Neptune 16." counts where one of the words `asked` stands before it), no ranges."""
    found: list[_Value] = []
    for match in _QUANTITY[language].finditer(text):
        if any(start <= match.start() < end for start, end in skip):
            continue
        value = _quantity(text, match, language, asked)
        if value is not None:
            found.append(value)
        if len(found) == MOST_NUMBERS:
            break
    return found


def _quantity(text: str, match: re.Match[str], language: str, asked: frozenset[str]) -> _Value | None:
    """What a number in a sentence counts; None when it counts nothing."""
    start, end = match.span()
    before, after = text[max(0, start - 60) : start], text[end : end + 80]
    sign, glued = match.group("sign") or "", (match.group("glued") or "").lower()
    if _NO_QUANTITY.search(before) or _NO_QUANTITY_BEHIND.match(after):
        return None
    if re.search(r",\s$", before) and after.startswith(","):
        return None  # "John Smith, 35,"
    named = _NAMED.search(before)
    if named and language != "de" and not sign and not w.is_stop(named.group(1).lower(), language):
        opens = not text[: start - 1 - len(named.group(1))].strip(" \"“‘'(") and _OPENERS.match(
            named.group(1)
        )
        if not opens and not (named.group(1).lower() in asked and re.match(r"[.,;]|$", after)):
            return None
    if match.group("digits"):
        number, digits = _parsed(match.group("digits"), language)
        for word in match.group("scaled").lower().split():
            number *= _SCALES[language][word]
    else:
        number, digits = _spelled(match.group("words"), language)
    unit, factor, width = "", 1.0, end
    behind = _UNIT_BEHIND.match(after)
    if (
        glued == "m"
        and not sign
        and not re.match(r"\s(?:dollars?|euros?|pounds?|yen|francs?|people)\b", after)
    ):
        unit = "length"  # "330m tall"
    elif glued:
        number *= _GLUED[glued]
    if sign:
        unit = _UNITS[sign][0] + (" other" if re.search(r"(?<!U)[A-Z]$|(?<!\w)[A-RT-Z]S$", before) else "")
    elif not unit and behind:
        unit, factor = _UNITS[" ".join(behind.group(1).lower().split())]
        width = end + behind.end()
    plain_digits = match.group("digits") or ""
    if (
        len(plain_digits) == 4
        and plain_digits.isdecimal()
        and 1000 <= number <= 2100
        and not unit
        and _year_like(text, start, end)
    ):
        return None
    company, narrowed = ([], False) if unit else _company(after, language)
    hedge = _HEDGE.search(before)
    bound = (hedge.lastgroup or "") if hedge else ""
    if re.match(r"\s+or (?:so|more)\b|\+", text[end:width] + text[width : width + 10]):
        bound = bound or "about"
    said = text[max(0, start - 60) + hedge.start() if hedge else start : width]
    if hedge:
        said = said[:1].lower() + said[1:]
    qualified = ["who"] if narrowed else []
    if _MORE_BEFORE.search(before) or _MORE_BEHIND.match(after):
        qualified.append("more")
    return _Value(
        " ".join(said.split()),
        start,
        end,
        number * factor,
        digits,
        bound,
        unit,
        tuple(company),
        frozenset(qualified),
    )


_OPENERS = re.compile(
    r"(?:About|Around|Roughly|Some|Approximately|Nearly|Almost|The|An?|In|At|By|Only|Just|Over|Under|More|Fewer|Less|"
    r"Another|These|Those|All|Of|Its|Their|His|Her|Both|With|For|On|From|Up|Between|Today|Now|There|They|It|Etwa|Rund|"
    r"Fast|Knapp|Die|Der|Das|Mehr|Unos|Unas|Casi|Los|Las|Más|Then|And|But|Since|Than|Altogether)$"
)


def _company(after: str, language: str) -> tuple[list[str], bool]:
    """(canonical stems of the words counted, does a clause narrow them: "people who ...")."""
    company: list[str] = []
    stretch = re.match(r"[\s-]*[^.,;:()!?–—\"”]*", after)
    for word in w.words(stretch.group() if stretch else "")[:5]:
        if w.is_stop(word, language):
            return company, bool(company) and word in _NARROWING
        if len(company) == 4:
            break
        company += _canonical([w.stem(word, language)])
    return company, False


def _year_like(text: str, start: int, end: int) -> bool:
    """True unless four digits plainly count something ("2000 people", "hat 2100 Plätze")."""
    before = re.search(r"(\w+)\W*$", text[max(0, start - 20) : start])
    if before is not None and _TIMED.fullmatch(before.group(1)):
        return True
    counted = re.match(r"\s([^\W\d_]+)\b", text[end : end + 30])
    if counted is None or w.is_stop(counted.group(1).lower()):
        return True
    if counted.group(1)[0].isupper():
        return before is None or not before.group(1).islower()
    return not counted.group(1).endswith("s")


_TIMED = re.compile(
    r"in|since|by|of|until|from|during|im|seit|en|the|years?|early|late|mid|and|to|jahre?|año|desde",
    re.IGNORECASE,
)


def _pick_number(side: _Side, asked: _Asked) -> _Value:
    """The number that answers; _UNCLEAR when several might."""
    dates = [(found.start, found.end) for found in _dates(side.text)]
    found = [
        v
        for v in _numbers(side.text, side.language, dates, asked.names | side.asked_names)
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
            return _UNCLEAR  # several marked, or the marked one counts something else
    if not fit:
        return _NOTHING
    best = max(value.level for value in fit)
    top = [value for value in fit if value.level == best]
    chosen = top[0]
    if any(abs(value.number - chosen.number) > 1e-9 or value.unit != chosen.unit for value in top):
        chosen = _nearest(side.text, top, asked, side.language)
    if chosen is _UNCLEAR or (
        best == 1 and not frozenset(_stems(side.text[: chosen.start], side.language)) & asked.stems
    ):
        return _UNCLEAR
    rivals = [
        v
        for v in found
        if v.start != chosen.start and not v.unit and (not v.company or v.company == chosen.company)
    ]
    return _UNCLEAR if rivals and _nearer_to_name(side, asked, chosen, rivals) else chosen


def _nearer_to_name(side: _Side, asked: _Asked, value: _Value, rivals: Sequence[_Value]) -> bool:
    """True when a name of the question stands nearer to another number ("Saturn has 146 moons,
    Jupiter 95" where Jupiter is asked for)."""
    names = asked.names | side.asked_names
    places = [m.start() for m in w.WORD.finditer(side.text) if (w.words(m.group()) or [""])[0] in names]

    def distance(number: _Value) -> int:
        return min((abs(place - number.start) for place in places), default=0)

    return any(distance(rival) < distance(value) for rival in rivals)


def _modifiers(value: _Value, asked: _Asked) -> frozenset[str]:
    """The words between a number and what it counts, without those that change nothing."""
    wanted = asked.unit | asked.stems
    at = next((i for i, stem in enumerate(value.company) if stem in wanted), 0)
    return frozenset(value.company[:at]) - _NEUTRAL


def _fits(value: _Value, asked: _Asked) -> int:
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


def _nearest(text: str, values: Sequence[_Value], asked: _Asked, language: str) -> _Value:
    """The value that stands clearly nearest to a content word of the question that names nothing."""
    anchors = [
        match.span()
        for match in w.WORD.finditer(text)
        for word in w.words(match.group())[:1]
        if word not in asked.names and not w.is_stop(word, language)
        if _canonical([w.stem(word, language)])[0] in asked.stems - asked.unit
    ]
    if not anchors:
        return _UNCLEAR
    ranked = sorted(
        (min(len(text[min(e, v.end) : max(s, v.start)].split()) for s, e in anchors), i)
        for i, v in enumerate(values)
    )
    if ranked[0][0] > 4 or (len(ranked) > 1 and ranked[1][0] - ranked[0][0] < 2):
        return _UNCLEAR
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
    if _found(_RATES, a) != _found(_RATES, b) or _narrowed(a, asked) != _narrowed(b, asked):
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
        for found in _numbers(side.text, side.language)
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
    stems = [_canonical([w.stem(word, side.language)])[0] if word else "" for _, word in tokens]
    for i, (match, word) in enumerate(tokens):
        if stems[i] not in asked.stems - asked.unit or not word:
            continue
        if i and tokens[i - 1][0].end() == match.start() - 1:
            found |= _extra(tokens[i - 1][1], stems[i - 1], side, asked)
        if re.search(r"[’']s$|s[’']$", match.group()) and i + 1 < len(tokens):
            found |= _extra(tokens[i + 1][1], stems[i + 1], side, asked)
    unit = _UNIT_BEHIND.match(side.text, side.value.end) if side.value.unit else None
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
        if _OPENERS.match(match.group()) or _LOCATING.search(
            side.text[max(0, match.start() - 20) : match.start()]
        ):
            continue
        strangers += match.start() < side.value.start
        after = tokens[i + 1][1] if i + 1 < len(tokens) else ""
        if after and side.language != "de" and _canonical([w.stem(after, side.language)])[0] in plain_stems:
            return True
    return bool(strangers) and known_behind and not known_before


def _apart(a: _Value, b: _Value) -> bool:
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


# ---- dates --------------------------------------------------------------------------------------

_MONTHS = {
    **{name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)},
    **{name.lower(): i for names in _MONTH_NAMES.values() for i, name in enumerate(names.split(), 1)},
    "sept": 9,
}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=lambda name: -len(name))) + r")\b\.?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\d.,])(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?{_MONTH},?(?:\s+(?:del?\s+)?(?P<year>\d{{4}})(?!\d))?",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]|[.,]\d)(?:,?\s+(?P<year>\d{{4}})(?!\d))?",
        rf"\b{_MONTH},?\s+(?:of\s+|del?\s+)?(?P<year>\d{{4}})(?!\d)",
        r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)",
        rf"\b(?:in|im|en)\s+{_MONTH}",
    )
)
_OPEN = re.compile(  # what makes a date the border of a time
    r"\b(?:by|before|after|since|until|till|from|between|circa|about|around|vor|nach|seit|bis|ab|antes|después|desde|hasta)\s+"
    r"(?:the\s+|(?:the\s+)?(?:end|start|beginning|middle)\s+of\s+|de\s+)?$|\d\s?[-–]\s?$",
    re.IGNORECASE,
)
_RANGE_BEHIND = re.compile(r"\s?[-–]\s?\d|\s+(?:to|and|bis|und|y)\s+[12]\d{3}")


@lru_cache(maxsize=256)
def _dates(text: str) -> tuple[_Value, ...]:
    """The dates of a sentence in order: days, months of years, years."""
    found: list[_Value] = []

    def add(match: re.Match[str], year: str | None, month: str | None, day: str | None) -> None:
        start, end = match.span()
        number = int(month) if month and month.isdecimal() else _MONTHS.get((month or "").lower(), 0)
        if (month and not 1 <= number <= 12) or (day and not 1 <= int(day) <= 31):
            return
        if any(start < other.end and end > other.start for other in found):
            return
        said = re.sub(
            r"^(?:in|im|en)\s+", "", " ".join(match.group().rstrip(" ,.").split()), flags=re.IGNORECASE
        )
        opened = bool(
            _OPEN.search(text[max(0, start - 30) : start]) or (year and _RANGE_BEHIND.match(text, end))
        )
        when = (int(year) if year else None, number or None, int(day) if day else None)
        found.append(_Value(said, start, end, day=when, open_ended=opened))

    for pattern in _DATES:
        for match in pattern.finditer(text):
            held = match.groupdict()
            add(match, held.get("year"), held.get("month"), held.get("day"))
    for match in _YEAR_WORD.finditer(text):
        if re.search(r"[$€£¥#]$|[^\W\d_]-?$", text[max(0, match.start() - 3) : match.start()]):
            continue
        if re.match(
            r"s\b|[’']s\b|\s*(?:BC|BCE|km|metres|meters|%)|-[a-z]", text[match.end() : match.end() + 8]
        ):
            continue
        if _year_like(text, match.start(), match.end()):
            add(match, match.group(), None, None)
    return tuple(sorted(found, key=lambda value: value.start))


def _pick_date(side: _Side, asked: _Asked) -> _Value:
    """The date that answers; _UNCLEAR when several might."""
    found = [date for date in _dates(side.text) if str(date.day[0]) not in asked.years or date.day[1]]
    if side.mark is not None:
        inside = [value for value in found if value.start < side.mark[1] and value.end > side.mark[0]]
        if inside:
            return inside[0] if len(inside) == 1 else _UNCLEAR
    if len(found) > 1:
        return _nearest(side.text, found, asked, side.language)
    return found[0] if found else _NOTHING


def _fit_together(a: _Value, b: _Value) -> bool:
    """True when one date may be the other said more or less exactly."""
    return all(x is None or y is None or x == y for x, y in zip(a.day, b.day, strict=True))


def _dates_differ(a: _Side, b: _Side, asked: _Asked) -> bool:
    """True when both dates cannot be one event's."""
    one, other = a.value, b.value
    if one.open_ended or other.open_ended or _fit_together(one, other):
        return False
    if not (a.mark and b.mark) and any(_fit_together(x, y) for x in _dates(a.text) for y in _dates(b.text)):
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


def _fresh(value: _Value, published: date | None) -> bool:
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


def _pick_name(side: _Side, asked: _Asked) -> _Value:
    """The name or names that answer; _UNCLEAR when several might."""
    if side.mark is None:
        if side.language == "de":
            return _NOTHING  # every noun has a capital there
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
                return _UNCLEAR
    else:
        found = _names_in(side, asked, *side.mark)
    if not found:
        return _NOTHING
    names = tuple(dict.fromkeys(name for name, _ in found))[: 1 if asked.kind == "where" else 8]
    *front, last = names
    said = f"{', '.join(front)} {_AND[side.language]} {last}" if front else last
    return _Value(plain(said), found[0][1], found[0][1] + len(found[0][0]), names=names)


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


def _pick_denial(side: _Side, asked: _Asked) -> _Value:
    """ "yes" or "no" where a sentence affirms or denies just what the question asks."""
    held = asked.stems & side.own
    if side.language == "de" or len(held) < 2 or len(held) < 0.6 * len(asked.stems):
        return _NOTHING
    denials = list(_NOT.finditer(side.text))
    if len(denials) > 1 or _NOT_REALLY.search(side.text) or w.negating(_NOT.sub(" ", side.text)):
        return _UNCLEAR
    start = denials[0].end() if denials else 0
    plain_stems = asked.stems - asked.names - side.asked_names
    stems = [_stems(piece, side.language) for piece in _LIMIT.split(side.text[start:])]
    if denials:
        stems = stems[:1]
    # the clause with the question's plain words: what follows them must be the question's too
    clause = next((piece for piece in stems if plain_stems.intersection(piece)), [])
    at = next((i for i, stem in enumerate(clause) if stem in plain_stems), 0)
    if not clause or (denials and at > 1) or not asked.every.issuperset(clause[at:]):
        return _UNCLEAR
    return _Value("no", start, start, denies=True) if denials else _Value("yes")


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
    value: _Value = _NOTHING


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


_PICK: dict[str, Callable[[_Side, _Asked], _Value]] = {
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
        asked.stems & frozenset(_canonical([w.stem(name, asked.language) for name in names]))
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
        if folded in w.MONTHS or _POINTING.match(token) or _OPENERS.match(token):
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
    return frozenset(str(found.day[0]) for found in _dates(side.text) if found.day[0])


def _times_allow(asked: _Asked, newer: _Side, older: _Side) -> bool:
    """True when nothing in the two sentences' times says that they speak of different times."""
    if asked.kind == "when":
        return True
    mine, theirs = _years_of(newer), _years_of(older)
    apart = bool(mine and theirs and not mine & theirs)
    exact = [[found for found in _dates(side.text) if found.day[1]] for side in (newer, older)]
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
    years = {str(d.day[0]) for d in _dates(side.text) if d.day[0] and start <= d.start < end}
    return next(iter(years)) if len(years) == 1 else ""
