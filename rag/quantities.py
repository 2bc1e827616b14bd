"""Numbers and dates in a sentence as values that can be compared: "about 2.3 million tonnes", "16 June 2022".

English, German and Spanish. A value keeps the words it was read from, so that it can be shown as written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag import words as w
from rag.wording import LANGUAGES, MONTH_NAMES

MOST_NUMBERS = 40
YEAR_WORD = re.compile(r"(?<![\d.,])(?:1[0-9]|20)\d\d(?![\d]|[.,]\d)")
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


def canonical(stems: Sequence[str]) -> list[str]:
    """The stems, those of words that tell of the same thing ("build", "built") made one."""
    return [_SAME.get(stem, stem) for stem in stems]


# ---- numbers ------------------------------------------------------------------------------------

UNITS: dict[str, tuple[str, float]] = {
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
MEASURES = frozenset(w.stem(word) for word in UNITS if word.isalpha())
UNIT_BEHIND = re.compile(
    r"[\s-]*(?:metric |long |of |de )?("
    + "|".join(re.escape(unit).replace(r"\ ", r"\s") for unit in sorted(UNITS, key=lambda unit: -len(unit)))
    + r")(?!\w)",
    re.IGNORECASE,
)


def unit_of(behind: re.Match[str]) -> tuple[str, float]:
    """The family of the unit that UNIT_BEHIND found, and what one of it is of the family's own."""
    return UNITS.get(" ".join(behind.group(1).lower().split()), ("", 1.0))


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


_QUANTITY = {language: _quantity_pattern(language) for language in LANGUAGES}
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
NEUTRAL = frozenset(
    w.stem(word, language)
    for language in LANGUAGES
    for word in """known confirmed official different separate total overall recognised recognized registered listed
    individual single human full whole bekannte bekannten offizielle conocidas conocidos""".split()
)
_NARROWING = frozenset("that who which whose with without aged".split())
RATES = re.compile(
    r"\b(?:a|an|per|each|every|pro|je|al|por|jede[nrs]?|cada)\s+(day|week|month|year|hour|minute|second|person|head|night|"
    r"tag|woche|monat|jahr|stunde|día|semana|mes|año|hora)\b|\b(daily|annually|yearly|monthly|weekly|hourly|annual|apiece|"
    r"täglich|jährlich)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Value:
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


NOTHING = Value("")
UNCLEAR = Value("?")


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


def numbers_in(
    text: str, language: str, skip: Sequence[tuple[int, int]] = (), asked: frozenset[str] = frozenset()
) -> list[Value]:
    """The quantities of a sentence: no years, no dates, no numbers that name things ("Voyager 2"; but
    "Saturn 274, Neptune 16." counts where one of the words `asked` stands before it), no ranges."""
    found: list[Value] = []
    for match in _QUANTITY[language].finditer(text):
        if any(start <= match.start() < end for start, end in skip):
            continue
        value = _quantity(text, match, language, asked)
        if value is not None:
            found.append(value)
        if len(found) == MOST_NUMBERS:
            break
    return found


def _quantity(text: str, match: re.Match[str], language: str, asked: frozenset[str]) -> Value | None:
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
        opens = not text[: start - 1 - len(named.group(1))].strip(" \"“‘'(") and OPENERS.match(named.group(1))
        if not opens and not (named.group(1).lower() in asked and re.match(r"[.,;]|$", after)):
            return None
    if match.group("digits"):
        number, digits = _parsed(match.group("digits"), language)
        for word in match.group("scaled").lower().split():
            number *= _SCALES[language][word]
    else:
        number, digits = _spelled(match.group("words"), language)
    unit, factor, width = "", 1.0, end
    behind = UNIT_BEHIND.match(after)
    if (
        glued == "m"
        and not sign
        and not re.match(r"\s(?:dollars?|euros?|pounds?|yen|francs?|people)\b", after)
    ):
        unit = "length"  # "330m tall"
    elif glued:
        number *= _GLUED[glued]
    if sign:
        unit = UNITS[sign][0] + (" other" if re.search(r"(?<!U)[A-Z]$|(?<!\w)[A-RT-Z]S$", before) else "")
    elif not unit and behind:
        unit, factor = unit_of(behind)
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
    return Value(
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


OPENERS = re.compile(
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
        company += canonical([w.stem(word, language)])
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


# ---- dates --------------------------------------------------------------------------------------

_MONTHS = {
    **{name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)},
    **{name.lower(): i for names in MONTH_NAMES.values() for i, name in enumerate(names.split(), 1)},
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
def dates_in(text: str) -> tuple[Value, ...]:
    """The dates of a sentence in order: days, months of years, years."""
    found: list[Value] = []

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
        found.append(Value(said, start, end, day=when, open_ended=opened))

    for pattern in _DATES:
        for match in pattern.finditer(text):
            held = match.groupdict()
            add(match, held.get("year"), held.get("month"), held.get("day"))
    for match in YEAR_WORD.finditer(text):
        if re.search(r"[$€£¥#]$|[^\W\d_]-?$", text[max(0, match.start() - 3) : match.start()]):
            continue
        if re.match(
            r"s\b|[’']s\b|\s*(?:BC|BCE|km|metres|meters|%)|-[a-z]", text[match.end() : match.end() + 8]
        ):
            continue
        if _year_like(text, match.start(), match.end()):
            add(match, match.group(), None, None)
    return tuple(sorted(found, key=lambda value: value.start))
