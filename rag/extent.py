"""How far a brief answer reaches in its sentence: "six" answers "How long did it burn?" only as "six days".

A model or a mark takes the heart of an answer and leaves out what makes it one: the words that limit a figure and its unit,
"because" with the rest of its clause, the other half of a quotation, the article.
"""

from __future__ import annotations

import re

from rag import words as w
from rag.quantities import UNIT_BEHIND

MOST_WORDS = 25
MEASURED = re.compile(
    r"\bhow (?:much|long|far|tall|high|large|big|deep|heavy|wide|fast|hot|cold|warm|thick|steep)\b",
    re.IGNORECASE,
)
_LIMIT_BEFORE = re.compile(
    r"(?<!\w)(?P<all>(?:(?P<span>between|from|zwischen|von|entre|de)|(?P<day>(?:after|before|since|until|by|from|at|near)(?: the "
    r"(?:end|start|beginning|middle) of)|after|before|since|until|by|nach|vor|seit|bis|(?:bis |seit |vor )?(?:Ende|Anfang|Mitte)|después de|"
    r"antes de|desde|hasta)|(?:no |not )?(?:more|less|fewer|later|earlier) than|at (?:least|most)|up to|as (?:many|much|few|little|early|late) as|"
    r"about|around|approximately|roughly|nearly|almost|some|only|an estimated|circa|mehr als|weniger als|etwa|rund|fast|nur|knapp|"
    r"mindestens|höchstens|bis zu|más de|menos de|unos|unas|casi|solo|al menos|alrededor de)\s+(?:the\s+)?[$€£]?)$",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[\s-](?:[a-z]+[\s-])?[a-z]{2,}s\b")
"""What is measured where no unit is known: one or two words in the plural ("4.3 megawatt hours")."""
REASON = re.compile(
    r"\b(?:because|due to|owing to|thanks to|in order to|so that|as a result of)\b", re.IGNORECASE
)
_CALLS = re.compile(r"\b(?:call|describe|term|label|dub|nenn\w*|nannte\w*|llam[aó])\b", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"„«](?P<said>[^“”\"„«»]{2,90})[”\"“»]")
_OTHER_MONEY = re.compile(
    r"(?<![\w.,])(?P<all>[$€£¥][\d.,]*\d ?(?:m|bn|tn|k|million|billion)?|[\d.,]*\d ?(?:m|bn|million|billion)? (?:euros|dollars|pounds|yen)) \($"
)


def whole(cited: str, start: int, end: int, question: str) -> tuple[int, int]:
    """The place of an answer's words in the cited sentence with those around them that belong to an answer to the question."""
    if w.wanted_kind(question) == "why":
        start, end = _with_reason(cited, start, end)
    start, end = _with_quotation(cited, start, end, question)
    end = _with_unit(cited, start, end, question)
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
    """The clause from "because" on in which the words stand, where it is brief: "The city" is no answer to "Why did he survive?",
    and "because he had left the city" is."""
    reasons = [match.start() for match in REASON.finditer(cited, 0, end)]
    if not reasons:
        return start, end
    close = re.search(r"[,;:–—(]|[.!?]?[”\"]?$", cited[end:])
    last = end + (close.start() if close else 0)
    first = min(reasons[-1], start)
    fits = len(cited[first:last].split()) <= MOST_WORDS and not re.search(r"[;:–—]", cited[first:start])
    return (first, last) if fits else (start, end)


def _with_quotation(cited: str, start: int, end: int, question: str) -> tuple[int, int]:
    """The whole of a brief quotation, where somebody's word for something is asked for, and a sum with the same in other money
    before it: "the Cold War" of "a ‘product of the Cold War’" would be no word for it."""
    if _CALLS.search(question):
        for match in _QUOTED.finditer(cited):
            a, b = match.span("said")
            if a <= start and end <= b:
                return a, b
    if (other := _OTHER_MONEY.search(cited[:start])) and cited[end : end + 1] == ")":
        return other.start("all"), end + 1
    return start, end


def _with_unit(cited: str, start: int, end: int, question: str) -> int:
    """Where an extract ends that is a bare figure and answers "how long" and the like: behind its unit."""
    said = w.words(cited[start:end])
    counts = bool(said) and (said[-1][:1].isdigit() or said[-1] in w.NUMBER_WORDS)
    if not counts or not MEASURED.search(question):
        return end
    if known := UNIT_BEHIND.match(cited, end):
        return known.end()
    unit = _UNIT.match(cited, end)
    free = unit is not None and not any(w.is_stop(word) for word in w.words(unit.group()))
    return unit.end() if unit is not None and free else end


def _with_article(cited: str, start: int, end: int) -> int:
    """Where an extract begins of which only the article was left out: before "the", where no other noun follows."""
    before = re.search(r"\bthe $", cited[:start], re.IGNORECASE)
    if before is None or not re.match(r"[^\W\d_]|\d+(?:st|nd|rd|th)\b", cited[start:]):
        return start
    behind = re.match(r"[\s’']*(\w+)", cited[end:])
    whole = cited[end : end + 1] != "-" and (
        behind is None or cited[end : end + 1] in ",.;:)!?" or w.is_stop(behind.group(1).lower())
    )
    return before.start() if whole else start
