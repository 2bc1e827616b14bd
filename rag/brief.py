"""May a brief answer be shown? "1893." is no sentence, so that the support check of sentences cannot judge it alone.

A brief answer is an extract: words that stand in the cited sentence as they are, perhaps behind "According to NAME,", or the
reason after "Yes," and "No,". An extract may be shown when it is of the kind asked for and tells more than the question did, and
the clause it stands in neither denies nor doubts it nor says the opposite. It may stand alone only where the evidence
model marked the same words and the sentence says it without doubt and in nobody's mouth: else the sentence stands beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag import exact, extent, planned
from rag import words as w
from rag.check import Verdict, in_order, question_share, stands_in

MIN_SHARE = 0.34
NEARLY_ALL = 0.9
_LEAD = re.compile(r"^According to (?P<who>[^,]{2,60}), (?P<said>.+)$")
_YES_NO = re.compile(r"^(?P<word>Yes|No)\b[,:] (?P<said>.+)$")
_SAYS = r"(?:said|says|argued|argues|claimed|claims|suggested|suggests|estimated|estimates|stated|states|believed|believes|wrote|writes)"
_CLAUSE = re.compile(r"[;:–—]\s+|,\s+|\s+(?:and|but|while|although|whereas|und|aber|während|y|pero)\s+")
_ROSE_FROM = re.compile(
    r"\b(?:ris\w*|rose|gr[eo]w\w*|increas\w*|f[ae]ll\w*|drop\w*|declin\w*|cut|rais\w*|climb\w*|jump\w*|went|gone|stieg\w*|gestiegen|sank|"
    r"gesunken|subió|pasó|bajó|cayó|aumentó)\b[^;]{0,40}\b(?:from|von|de)\s$",
    re.IGNORECASE,
)
_ROSE_TO = re.compile(r"[^,;]{0,20}\s(?:to|auf|a)\s[$€£]?\d", re.IGNORECASE)
"""What a figure rose or fell from is not what it is: "from 310 million to 365 million"."""
_NUMBER_BEFORE = re.compile(r"(?:\d[.,]?|[-−–+])$")
_NUMBER_AFTER = re.compile(
    r"^(?:[.,]?\d|\s?[%°]|[\s-](?:hundred|thousand|million|billion|trillion|per\s?cent|Millionen|Milliarden|Prozent|millones|por ciento)\b)",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"\b(?:nearly|almost|partly|only|until|former(?:ly)?|some|most|unless|if|except|instead|rather|about to|once|"
    r"fast|beinahe|nur|teilweise|ehemals|bis)\b",
    re.IGNORECASE,
)
_ASKS_WHEN = re.compile(
    r"^(?:and |so |but )?(?:since |until |by |from )?when\b(?! \w+ \w+ (?:and|,))(?!.*\b(?:what|which|who|whom|where|how)\b)|\b(?:what|which) (?:year|date|day|month|century|decade)\b|\bwhen\W*$",
    re.I,
)
_DECADE = re.compile(
    r"^(?:when|after|before|while|during|once|as soon as)\b|\b\d{3,4}s\b|\b(?:season|spring|summer|autumn|winter|day|night|morning|evening|noon)\b|"
    r"\b(?:next|coming|last|past|following|within|these)\b.{0,20}\b(?:day|week|month|year|decade|hour)s?\b",
    re.I,
)
_LEANING = frozenset(
    "a an the it its he she they them this that these those which who what of in on at to".split()
)
_LIMITING = frozenset(
    "about around approximately roughly nearly almost some only estimated more less fewer least most up over under".split()
)
_GIVES_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|thanks to|to|so that|for|by|as|of|from|over|on|after|through|weil|wegen|damit|um|aus|nach|porque|para|por|tras)"
    r"(?:\s+(?:the|an?|its|their|his|her|he|she|it|they|was|were|den|dem|der|die|das|el|la|los|las)){0,2}\s*$",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"^\W*(?:what|how)\b.*\b(?:called|named)\W*$|\bnames? of\b|\b(?:heißt|hieß)\b|\bse llama", re.IGNORECASE
)
_COMPARES = re.compile(
    r"^\W*(?:and |so |but )?(?:which|who)\b.*\b(?:[a-z]{2,}er|more|less|fewer|first|better|worse|won|wins|win)\b.*[,:] [^,?]{2,40} or [^,?]{2,40}\W*$|"
    r"^\W*(?:was|wer|welche[rs]?)\b.*\b(?:[a-zäöü]{2,}er|mehr|zuerst)\b.*, [^,?]{2,40} oder [^,?]{2,40}\W*$|"
    r"^\W*(?:qué|quién|cuál)\b.*\b(?:más|menos|mayor|menor|mejor|peor|primero)\b.*, [^,?]{2,40} o [^,?]{2,40}\W*$",
    re.IGNORECASE,
)
_NO_COUNT = re.compile(r"\b(?:twice|half|first|second|third)\b", re.IGNORECASE)
_PAST, _PRESENT = re.compile(r"\b(?:was|were|had)\b", re.I), re.compile(r"\b(?:is|are|has|have)\b", re.I)


@dataclass(frozen=True, slots=True)
class Extract:
    """A brief answer in the sentence it rests on: `start` and `end` of its words there, `clause` the part of the sentence
    around them; `who` said it, where it names somebody."""

    said: str
    start: int
    end: int
    clause: str
    who: str = ""

    def share(self, cited: str) -> float:
        """How much of the cited sentence's words it takes, 0 to 1."""
        return len(self.said.split()) / max(len(cited.split()), 1)

    @property
    def shown(self) -> str:
        """The answer as a sentence, with a capital and a full stop."""
        text = f"According to {self.who}, {self.said}" if self.who else self.said
        first = text.split()[0]
        particle = first in ("de", "von", "van", "al", "del", "da") and not w.has_date(text)
        if first.isalpha() and first.islower() and not particle:
            text = text[:1].upper() + text[1:]
        return text if text[-1:] in ".!?…" else f"{text}."


def extract(draft: str, cited: str, question: str = "") -> Extract | None:
    """Where the words of a brief answer stand in the cited sentence, with those around them that belong to an answer to the
    question: a figure's limit and unit, a reason's whole clause, the article. None where they do not stand there, where a
    number would be cut, or where the sentence does not have it from whom the answer names."""
    text = draft.strip()
    lead = _LEAD.match(text)
    who, said = (lead.group("who"), lead.group("said")) if lead else ("", text)
    if who and not re.search(
        rf"\baccording to (?:the )?{re.escape(who)}\b|(?<!of )\b{re.escape(who)} (?:has |have )?{_SAYS}\b",
        cited,
        re.IGNORECASE,
    ):
        return None
    place = stands_in(said, cited) or stands_in(said.rstrip(" ."), cited)
    if place is None or len(said.split()) > extent.MOST_WORDS:
        return None
    start, end = place
    if cited[start].isdigit() and _NUMBER_BEFORE.search(cited[:start]):
        return None
    start, end = extent.whole(cited, start, end, question)
    if cited[end - 1].isdigit() and _NUMBER_AFTER.match(cited[end:]):
        return None
    return Extract(cited[start:end], start, end, _clause(cited, start, end), who)


def verdict(
    found: Extract, cited: str, question: str, *, title: str = "", language: str = "en", agreed: bool = False
) -> Verdict:
    """Whether the extract may be shown as an answer to the question, and why not. With `agreed` the evidence model marked
    the same words, so that the sentence may use other words than the question."""
    said, clause = found.said, found.clause
    fresh = set(w.content_stems(said, language)) - set(w.content_stems(question, language))
    if _COMPARES.search(question):
        return Verdict(False, 0.2, "a comparison is left to the sentence")
    if not fresh and not (
        w.numbers(said) - w.numbers(question)
        or _initials(said, question)
        or (agreed and _another_word(said, question))
    ):
        return Verdict(False, 0.2, "it only repeats the question")
    wrong = (_other_kind(said, question) if language == "en" else "") or _other_sort(found, cited, question)
    if wrong:
        return Verdict(False, 0.2, wrong)
    asks_denial = w.negating(question)
    if asks_denial and not w.negating(f"{clause} {said}"):
        return Verdict(False, 0.1, "the cited words do not deny it, as the question does")
    if not asks_denial and not w.negating(said) and (w.negating(clause) or _denied_before(found, cited)):
        return Verdict(False, 0.1, "the cited words deny it")
    if opposite := exact.turned_round(question, cited):
        return Verdict(False, 0.1, opposite)
    if exact.hedged(clause) and not (
        exact.hedged(question) or exact.hedged(said) or planned.ASKS_FUTURE.search(question)
    ):
        return Verdict(False, 0.1, "the cited words do not say it for certain")
    if _ROSE_FROM.search(cited[: found.start]) and _ROSE_TO.match(cited[found.end :]):
        return Verdict(False, 0.1, "the cited words say that it changed")
    if planned.asks_what_happened(question) and planned.only_planned(clause):
        return Verdict(False, 0.1, "the cited words only say that it will be")
    if not agreed and question_share(said, f"{cited} {title}", question, language) < MIN_SHARE:
        return Verdict(False, 0.2, "it does not speak of what was asked")
    return Verdict(True, 1.0, "")


def plain(found: Extract, cited: str, question: str) -> bool:
    """True where the sentence itself says it and leaves nothing to be told with it: without doubt or condition, in nobody's mouth
    but whose the answer or the question names, and not of what was, or of what something else stands for. What the clause
    around the answer denies never comes so far (`verdict`). A figure whose unit stands elsewhere in the sentence needs it."""
    return (
        (not exact.hedged(cited) or exact.hedged(question))
        and (bool(found.who) or not exact.attributed(cited) or exact.attributed(question))
        and not re.search(r"\b(?:former|formerly|instead of|rather than|except)\b", cited, re.IGNORECASE)
        and not (extent.MEASURED.search(question) and _bare_figure(found.said))
    )


def _bare_figure(said: str) -> bool:
    """True where a figure is told without what it measures ("about 96")."""
    return (
        bool(w.numbers(said))
        and not re.search(r"[%°$€£:]", said)
        and all(
            word[0].isdigit() or word in extent.NUMBERS or word in _LIMITING or w.is_stop(word)
            for word in w.words(said)
        )
    )


def yes_no(draft: str) -> tuple[str, str]:
    """("Yes" or "No", the reason as a sentence); ("", draft) for other drafts."""
    match = _YES_NO.match(draft.strip())
    if match is None:
        return "", draft
    said = match.group("said")
    return match.group("word"), said[:1].upper() + said[1:]


def wrong_word(word: str, question: str, cited: str, *, language: str = "en") -> str:
    """Why "yes" or "no" does not fit the cited sentence; "" where it may.

    Yes: all that the question says stands there, in its order, without doubt, limit or denial. No: the sentence says the
    same in the same order but for a denial, or for a figure of the same thing. A name that is not there is no "no".
    """
    asked = w.content_stems(question, language)
    told = w.content_stems(cited, language)
    digits = w.numbers(question) - w.numbers(cited)
    plain_asked = [stem for stem in asked if not any(c.isdigit() for c in stem)]
    held = sum(stem in set(told) for stem in plain_asked) / max(len(plain_asked), 1)
    same = held == 1.0 and in_order(plain_asked, told) >= NEARLY_ALL and len(plain_asked) >= 2
    if not same:
        return "the cited words speak of something else"
    if exact.hedged(cited) and not exact.hedged(question):
        return "the cited words do not say it for certain"
    if exact.attributed(cited) and not exact.attributed(question):
        return "the cited words only tell who says so"
    for pattern in (_LIMITS, _PAST):
        if (found := pattern.search(cited)) and not pattern.search(question):
            if pattern is _PAST and not _PRESENT.search(question):
                continue
            return f"the cited words say {found.group()!r}"
    turned = w.negation(cited) != w.negation(question)
    if word == "No":
        other = bool(digits) and _same_things(question, cited)
        return "" if turned != other else "the cited words do not deny it"
    if digits or turned or w.negating(cited) != w.negating(question):
        return "the cited words do not say yes"
    return ""


def agrees(found: Extract, marked: tuple[int, int] | None, cited: str) -> bool:
    """True where the extract and the words that the evidence model marked in the same sentence share at least half of the
    shorter of them, and no figure of the mark is lost."""
    if marked is None:
        return False
    shared = min(found.end, marked[1]) - max(found.start, marked[0])
    whole = w.numbers(cited[slice(*marked)]) <= w.numbers(found.said)
    return whole and shared >= 0.5 * min(found.end - found.start, marked[1] - marked[0])


def _other_kind(said: str, question: str) -> str:
    kind = w.wanted_kind(question)
    if kind == "when" and _ASKS_WHEN.search(question) and not (w.has_date(said) or _DECADE.search(said)):
        return "it holds no date"
    if kind == "number" and not w.numbers(_NO_COUNT.sub(" ", said)):
        return "it holds no number"
    if kind == "yes-no":
        return "it says neither yes nor no"
    if kind in ("who", "where") and not re.search(r"[^\W\d_]" if not said[:1].isdigit() else r"[A-Z]", said):
        return "it holds no name"
    return ""


def _other_sort(found: Extract, cited: str, question: str) -> str:
    """Why the words are not what a question for a reason or a name wants, whatever the language."""
    said = found.said
    if (
        extent.WHY.search(question)
        and len(said.split()) < 3
        and not (_GIVES_REASON.search(cited[: found.start]) or extent.REASON.match(said))
    ):
        return "it gives no reason"
    behind = re.match(r"\s(\w+)", cited[found.end :])
    describes = behind is not None and behind.group(1).lower() in w.words(question)
    if _CALLED.search(question) and said == said.lower() and describes:
        return "it describes and does not name"
    return ""


def _initials(said: str, question: str) -> bool:
    """True where new initials are told ("U.S."), which count as no content words."""
    return any(part not in question for part in re.findall(r"\b(?:[A-Z]\.?){2,}", said))


def _another_word(said: str, question: str) -> bool:
    """True where a word that carries no meaning of its own is told ("Up", "Y"), but no pronoun or article."""
    return bool(set(w.words(said)) - set(w.words(question)) - _LEANING)


def _denied_before(found: Extract, cited: str) -> bool:
    """True where a denial stands before the extract in its sentence, with no "but" between them ("none of Berlin, Hamburg or
    Munich", "it is not true, as some claim, that ...")."""
    before = cited[: found.start]
    denial = list(re.finditer(r"\b(?:none of|neither|not|no|nor|never|weder|nicht|kein\w*)\b", before, re.I))
    return bool(denial) and not re.search(
        r"\b(?:but|aber|sondern|pero|sino)\b", before[denial[-1].end() :], re.I
    )


def _same_things(question: str, cited: str) -> bool:
    """True where a figure of the question and one of the sentence count the same: the same word stands behind or before
    both ("in 1914" and "in 1915", "80 kilometres" and "77 kilometres")."""

    def beside(text: str) -> set[tuple[str, str]]:
        tokens = re.findall(r"\w+", text.lower())
        return {
            (tokens[i - 1] if i else "", tokens[i + 1] if i + 1 < len(tokens) else "")
            for i, token in enumerate(tokens)
            if token[0].isdigit()
        }

    mine, theirs = beside(question), beside(cited)
    behind = {after for _, after in mine if after} & {after for _, after in theirs if after}
    before = {b for b, after in mine if b and not after} & {b for b, _ in theirs if b}
    return bool(behind or before)


def _clause(text: str, start: int, end: int) -> str:
    """The clause of a sentence around a place in it."""
    cuts = [m.span() for m in _CLAUSE.finditer(text)]
    first = max((b for _, b in cuts if b <= start), default=0)
    last = min((a for a, _ in cuts if a >= end), default=len(text))
    return text[first:last]
