"""How far a brief answer reaches in its sentence: "six" answers "How long did it burn?" only as "six days".

A model or a mark takes the heart of an answer and leaves out what makes it one: the words that limit a figure and its unit,
"because" with the rest of its clause, the other half of a quotation, the article.
"""

from __future__ import annotations

import re

from rag import words as w
from rag.quantities import UNIT_BEHIND, unit_of

MOST_WORDS = 25
MEASURED = re.compile(
    r"\bhow (?:much|long|far|old|tall|high|large|big|deep|heavy|wide|fast|hot|cold|warm|thick|steep)\b|"
    r"\bwie (?:viel|lange|weit|alt|hoch|groß|tief|schwer|breit|schnell|heiß|kalt|teuer)\b|\bcuánt[oa]\b",
    re.IGNORECASE,
)
"""What asks for a measure, and not for how many of something: the answer needs its unit."""
WHY = re.compile(r"^\W*(?:and |but |so |und |aber |y )?(?:why|warum|weshalb|wieso|por qué)\b", re.IGNORECASE)
WHEN = re.compile(
    r"^\W*(?:and |but |so |und |aber |y )?(?:when|wann|cuándo|on (?:what|which) (?:day|date))\b",
    re.IGNORECASE,
)
_LIMIT_BEFORE = re.compile(
    r"(?<!\w)(?P<all>(?:(?P<span>between|from|zwischen|von|entre|de)|(?P<day>(?:after|before|since|until|by)(?: the (?:end|start|"
    r"beginning|middle) of)?|at the (?:end|start|beginning) of|nach|vor|seit|bis|(?:bis |seit |vor )?(?:Ende|Anfang|Mitte)|después de|antes de|"
    r"desde|hasta)|(?:no |not )?(?:more|less|fewer|later|earlier) than|at (?:least|most)|up to|as (?:many|much|few|little|early|late) as|"
    r"about|around|approximately|roughly|nearly|almost|some|only|an estimated|circa|mehr als|weniger als|etwa|rund|fast|nur|knapp|"
    r"mindestens|höchstens|bis zu|más de|menos de|unos|unas|casi|solo|al menos|alrededor de)\s+(?:the\s+)?)$",
    re.IGNORECASE,
)
REASON = re.compile(
    r"\b(?:because|due to|owing to|thanks to|in order to|so that|weil|wegen|damit|porque|debido a)\b",
    re.IGNORECASE,
)
_CLAUSE_ENDS = re.compile(r"[,;:](?=\s|$)|\s[–—(-]|\s(?:and|but|where|und|aber|y|pero)\s")
_ASKS_WORDS = re.compile(
    r"^\W*(?:what|how) (?:did|does|do|has|have) .*\b(?:call|called|describe|described|dub)\b|\bnannte\w*\b|\bllamó\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“([^“”]*)”|\"([^\"]*)\"|‘([^‘’]*)’|«([^«»]*)»|»([^«»]*)«|„([^„“”]*)[“”]")
MOST_QUOTED = 12
_OTHER_MONEY = re.compile(
    r"(?<![\w.,])(?P<all>[$€£¥][\d.,]*\d ?(?:m|bn|tn|k|million|billion)?|[\d.,]*\d ?(?:m|bn|million|billion)? (?:euros|dollars|pounds|yen)) \($"
)
NUMBERS = frozenset(
    """zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig hundert tausend millionen milliarden dos tres cuatro cinco seis
    siete ocho nueve diez once doce veinte treinta cien mil millón millones trillion""".split()
).union(w.NUMBER_WORDS)
"""Number words of the three languages."""
_FIGURE = rf"(?:\d[\d.,]*|(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\b)"
_BARE = re.compile(rf"(?:.*\s)?{_FIGURE}", re.IGNORECASE)
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_MONTH = rf"(?:{'|'.join(sorted(w.MONTHS))})"
_DAY_BEFORE = re.compile(
    rf"(?<![\w.,])(?P<all>(?:\d{{1,2}}(?:st|nd|rd|th|\.)?\s(?:of\s|de\s)?)?{_MONTH},?\s(?:de(?:l)?\s)?|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s)$",
    re.IGNORECASE,
)
_DAY = re.compile(
    rf"(?:\d{{1,2}}(?:st|nd|rd|th|\.)?\s(?:of\s|de\s)?{_MONTH}|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?)",
    re.IGNORECASE,
)
_YEAR_BEHIND = re.compile(r",?\s(?:de(?:l)?\s)?(?:1\d|20)\d\d\b")
_HALF = re.compile(r"(?: and a (?:half|quarter)|einhalb| y medi[ao])", re.IGNORECASE)
_RANGE_BEFORE = re.compile(
    rf"(?<![\w.,])(?<!\d )(?<!\bfrom )(?<!\bvon )(?<!\bde )(?P<all>(?:(?:between|zwischen|entre) )?(?!(?:1\d|20)\d\d\b){_FIGURE}\s?(?:or|to|and|–|-|bis|oder|und)\s?)$",
    re.IGNORECASE,
)
"""Not behind "from": what rose from 310 to 365 million cost 365 million."""
_RANGE_DAYS = re.compile(r"(?:\d\.?|[a-zà-ÿ]|\s)\s?(?:and|to|or|bis|und|y|a|al|–|-)\s?$", re.IGNORECASE)
_FURTHER = re.compile(rf"(?:,| and| und| y)? {_FIGURE}", re.IGNORECASE)
_LATER = re.compile(
    r"\s(?:later|after|ago|old|earlier|before|später|danach|alt|después|más tarde)\b", re.IGNORECASE
)
_RATE = re.compile(
    r"(?: per | pro |/)[a-z]+|( an? (?:hour|day|week|month|year|night|head|person|kilo|kilogram|litre|tonne)\b)(?!\s(?:ago|before|after|later|earlier))",
    re.IGNORECASE,
)


def whole(cited: str, start: int, end: int, question: str) -> tuple[int, int]:
    """The place of an answer's words in the cited sentence with those around them that belong to an answer to the question."""
    if WHY.search(question):
        start, end = _with_reason(cited, start, end)
    start, end = _with_quotation(cited, start, end, question)
    if MEASURED.search(question):
        start, end = _with_unit(cited, start, end)
    if WHEN.search(question):
        start, end = _with_day(cited, start, end)
    if start and cited[start - 1] in "$€£¥":
        start -= 1
    return _with_article(cited, _with_limit(cited, start, end), end), end


def _with_limit(cited: str, start: int, end: int) -> int:
    """Where an extract that begins with a figure or a date begins with the words that limit it: "70,000" in "more than 70,000"
    or "1850" in "after 1850" would say something else."""
    said = cited[start:end]
    words = w.words(said)
    first = words[0] if words else ""
    if not (first[:1].isdigit() or first in w.NUMBER_WORDS or first in w.MONTHS):
        return start
    limit = _LIMIT_BEFORE.search(cited[:start])
    if limit is None or (limit.group("day") and not w.has_date(said)):
        return start
    if limit.group("span") and not re.search(r"\b(?:and|to|und|bis|y|a)\b|–", said):
        return start
    return limit.start("all")


def _with_reason(cited: str, start: int, end: int) -> tuple[int, int]:
    """The clause from "because" on in which the words stand, where it is brief and nothing ends it before them: "The city" is no answer
    to "Why did he survive?", and "because he had left the city" is."""
    reasons = list(REASON.finditer(cited, 0, end))
    if not reasons:
        return start, end
    first = min(reasons[-1].start(), start)
    close = _CLAUSE_ENDS.search(cited, end)
    last = close.start() if close else len(cited.rstrip('.!?”"’» '))
    broken = _CLAUSE_ENDS.search(cited, first, end)
    # "Because of the storm the ferry stopped" has the other clause in it.
    leads = not cited[:first].strip() and cited[last : last + 1] != ","
    if broken or leads or len(cited[first:last].split()) > MOST_WORDS:
        return start, end
    return first, last


def _with_quotation(cited: str, start: int, end: int, question: str) -> tuple[int, int]:
    """The whole of a brief quotation, where somebody's word for something is asked for, and a sum with the same in other money
    before it: "the Cold War" of "a ‘product of the Cold War’" would be no word for it."""
    if _ASKS_WORDS.search(question):
        for match in _QUOTED.finditer(cited):
            a, b = match.start() + 1, match.end() - 1
            if a <= start and end <= b and len(cited[a:b].split()) <= MOST_QUOTED:
                return a, a + len(cited[a:b].rstrip(" ,."))
    if (other := _OTHER_MONEY.search(cited[:start])) and cited[end : end + 1] == ")":
        return other.start("all"), end + 1
    return start, end


def _with_unit(cited: str, start: int, end: int) -> tuple[int, int]:
    """A figure that is told without its unit with it, with all of its range and of a measure in two units ("two or three days", "five
    minutes 30 seconds", "12 miles per hour"); as it is where no known unit follows."""
    said = cited[start:end]
    if _BARE.fullmatch(said) and not _YEAR.fullmatch(said):
        half = _HALF.match(cited, end)
        known = UNIT_BEHIND.match(cited, half.end() if half else end)
        if known is None:
            return start, end
        end, family = known.end(), unit_of(known)[0]
        more = _FURTHER.match(cited, end)
        unit = UNIT_BEHIND.match(cited, more.end()) if more else None
        if unit and _parts(family, unit_of(unit)[0]) and not _LATER.match(cited, unit.end()):
            end = unit.end()
        rate = _RATE.match(cited, end)
        if rate and not (rate.group(1) and family == "time"):
            end = rate.end()
    if re.match(_FIGURE, cited[start:end], re.IGNORECASE) and (before := _RANGE_BEFORE.search(cited[:start])):
        start = before.start("all")
    return start, end


def _parts(family: str, other: str) -> bool:
    """True where a measure in the first unit is told on in the second: hours and minutes, feet and inches, metres and centimetres."""
    return family == other or (family, other) in (
        ("foot", "inch"),
        ("mile", "foot"),
        ("money $", "money cent"),
        ("money £", "money cent"),
    )


def _with_day(cited: str, start: int, end: int) -> tuple[int, int]:
    """A year with the day and month before it, a day with its year behind it, where "when" is asked: "1 November 1755"."""
    if (
        _YEAR.match(cited, start)
        and (day := _DAY_BEFORE.search(cited[:start]))
        and not _RANGE_DAYS.search(cited[: day.start("all")])
    ):
        start = day.start("all")
    if _DAY.fullmatch(cited[start:end]) and (year := _YEAR_BEHIND.match(cited, end)):
        end = year.end()
    return start, end


def _with_article(cited: str, start: int, end: int) -> int:
    """Where an extract begins of which only "the" was left out, where its noun phrase surely ends with it."""
    before = re.search(r"\bthe $", cited[:start], re.IGNORECASE)
    if before is None or not re.match(r"[^\W\d_]|\d+(?:st|nd|rd|th)\b", cited[start:]):
        return start
    behind = re.match(r"\s(\w+)(?![\w-])", cited[end:])
    stops = (
        behind is not None
        and w.is_stop(behind.group(1).lower())
        and behind.group(1) not in ("and", "or", "und", "y")
    )
    ends = re.match(r"[.;:)!?]|$|, (?:who|which|where|when|but|while|whose)\b", cited[end:])
    return before.start() if stops or ends else start
