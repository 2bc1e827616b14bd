"""May a brief answer be shown? "1893." is no sentence, so that the support check of sentences cannot judge it alone.

A brief answer is an extract: words that stand in the cited sentence as they are, perhaps behind "According to NAME," or
"Yes," and "No,". It may be shown when it is of the kind asked for and tells more than the question did, when the
clause it stands in neither denies nor doubts it, and when the sentence speaks of what was asked. Where somebody only says so, or
the evidence model would have marked other words, the cited sentence has to stand beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag import exact
from rag import words as w
from rag.check import Verdict, question_share, stands_in

MIN_SHARE = 0.34
MOST_WORDS = 25
_LEAD = re.compile(r"^According to (?P<who>[^,]{2,60}), (?P<said>.+)$")
_YES_NO = re.compile(r"^(?P<word>Yes|No|Ja|Nein|Sí)\b[,:] (?P<said>.+)$")
_CLAUSE = re.compile(r"[;:–—]\s+|,\s+|\s+(?:and|but|while|although|whereas|und|aber|während|y|pero)\s+")
_FUTURE = re.compile(
    r"\b(?:will|would|could|may|might|should|expect\w*|plan\w*|going to|wird|werden|soll\w*)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Extract:
    """A brief answer in the sentence it rests on: `start` and `end` of its words there, `clause` the part of the sentence
    around them; `who` said it, where it names somebody."""

    said: str
    start: int
    end: int
    clause: str
    who: str = ""

    @property
    def shown(self) -> str:
        """The answer as a sentence, with a capital and a full stop."""
        text = f"According to {self.who}, {self.said}" if self.who else self.said
        if text[:1].islower() and text.split()[0].isalpha():
            text = text[:1].upper() + text[1:]
        return text if text[-1:] in ".!?…" else f"{text}."


def extract(draft: str, cited: str) -> Extract | None:
    """Where the words of a brief answer stand in the cited sentence; None where they do not."""
    text = draft.strip()
    lead = _LEAD.match(text)
    who, said = (lead.group("who"), lead.group("said")) if lead else ("", text)
    if who and not stands_in(who, cited):
        return None
    place = stands_in(said, cited) or stands_in(said.rstrip(" ."), cited)
    if place is None or len(said.split()) > MOST_WORDS:
        return None
    start, end = place
    return Extract(cited[start:end], start, end, _clause(cited, start, end), who)


def verdict(found: Extract, cited: str, question: str, *, title: str = "", language: str = "en") -> Verdict:
    """Whether the extract may be shown as an answer to the question, and why not."""
    said = found.said
    fresh = set(w.content_stems(said, language)) - set(w.content_stems(question, language))
    if not fresh and not w.numbers(said) - w.numbers(question) and not _initials(said, question):
        return Verdict(False, 0.2, "it only repeats the question")
    wrong = _other_kind(said, question)
    if wrong:
        return Verdict(False, 0.2, wrong)
    if w.negating(found.clause) and not w.negating(question) and not w.negating(said):
        return Verdict(False, 0.1, "the cited words deny it")
    if exact.hedged(found.clause) and not (
        exact.hedged(question) or exact.hedged(said) or _FUTURE.search(question)
    ):
        return Verdict(False, 0.1, "the cited words do not say it for certain")
    if question_share(said, f"{cited} {title}", question, language) < MIN_SHARE:
        return Verdict(False, 0.2, "it does not speak of what was asked")
    return Verdict(True, 1.0, "")


def told_by_somebody(found: Extract, question: str) -> bool:
    """True where the cited words put the answer into somebody's mouth and neither answer nor question says so."""
    return not found.who and exact.attributed(found.clause) and not exact.attributed(question)


def yes_no(draft: str) -> tuple[str, str]:
    """("Yes" or "No", the reason as a sentence); ("", draft) for other drafts."""
    match = _YES_NO.match(draft.strip())
    if match is None:
        return "", draft
    said = match.group("said")
    return match.group("word"), said[:1].upper() + said[1:]


def wrong_word(word: str, question: str, cited: str, *, title: str = "", language: str = "en") -> str:
    """Why "yes" or "no" does not fit the cited sentence, for a question that its reason answers; "" where it may.

    Yes: all names and figures of the question stand there, nearly all of its words, and neither denies what the
    other says. No: a name or a figure is another one, or the sentence denies it.
    """
    known = frozenset(w.words(f"{cited} {title}"))
    stems = frozenset(w.stem(x, language) for x in known)
    strange = [n for n in w.names(question) if n not in known and w.stem(n, language) not in stems]
    other = bool(strange or w.numbers(question) - w.numbers(f"{cited} {title}"))
    turned = w.negating(cited) != w.negating(question)
    asked = w.content_stems(question, language)
    share = sum(stem in stems for stem in asked) / max(len(asked), 1)
    if word in ("No", "Nein"):
        return "" if (other or turned) and share >= 0.5 else "the cited words do not deny it"
    if other or turned or exact.turned_round(question, cited):
        return "the cited words do not say yes"
    if exact.hedged(cited) and not exact.hedged(question):
        return "the cited words do not say it for certain"
    return "" if share >= 0.75 else "the cited words speak of something else"


def agrees(found: Extract, marked: tuple[int, int] | None) -> bool:
    """True where the extract and the words that the evidence model marked in the same sentence share at least half of the
    shorter of them."""
    if marked is None:
        return False
    shared = min(found.end, marked[1]) - max(found.start, marked[0])
    return shared >= 0.5 * min(found.end - found.start, marked[1] - marked[0])


def _initials(said: str, question: str) -> bool:
    """True where new initials are told ("U.S."), which count as no content words."""
    return any(part not in question for part in re.findall(r"\b(?:[A-Z]\.?){2,}", said))


def _other_kind(said: str, question: str) -> str:
    kind = w.wanted_kind(question)
    if kind == "when" and not w.has_date(said):
        return "it holds no date"
    if kind == "number" and not w.numbers(said):
        return "it holds no number"
    if kind == "yes-no":
        return "it says neither yes nor no"
    if kind in ("who", "where") and not re.search(r"[^\W\d_]", said):
        return "it holds no name"
    return ""


def _clause(text: str, start: int, end: int) -> str:
    """The clause of a sentence around a place in it."""
    cuts = [m.span() for m in _CLAUSE.finditer(text)]
    first = max((b for _, b in cuts if b <= start), default=0)
    last = min((a for a, _ in cuts if a >= end), default=len(text))
    return text[first:last]
