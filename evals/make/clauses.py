"""The main clause of a plain English sentence: what it is about, its verb, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evals.make import lexicon as lex
from evals.make.names import Kind, Setting
from evals.make.nouns import Noun, noun
from evals.make.tokens import Words
from evals.make.verbs import FINITE, PARTICIPLE, PAST, PRESENT

_ADVERBS = frozenset(
    "first originally officially formally finally eventually initially famously also now only still".split()
)
_KEPT_ADVERBS = frozenset("first originally officially formally".split())
_APPOSITION = re.compile(r"(?:[ADC]|[wNS#q]|r|oN|pN)")


@dataclass(frozen=True, slots=True)
class Clause:
    """Subject, verb and the tokens after it up to the first comma or the end.

    `fronted` is the span of a time that stands before the subject ("In 2009"), `verb` the place of the
    verb, `first` and `last` bound what follows it; `adverb` stood beside the verb and belongs into a
    question. `passive` is the base form of a participle after "was" or "has been"; `perfect` is "has" or
    "have" where that stood before a participle. `form` is the participle or the past as written.
    """

    words: Words
    subject: Noun
    fronted: tuple[int, int]
    verb: int
    first: int
    last: int
    adverb: str = ""
    passive: str = ""
    perfect: str = ""
    form: str = ""

    @property
    def rest(self) -> str:
        """The letters of what follows the verb."""
        return self.words.tags[self.first : self.last]


def clauses_of(words: Words, setting: Setting) -> Iterator[Clause]:
    """The clauses of a sentence that are surely understood: its main clause, a second verb of the same
    subject ("opened in 1914 and closed in 1950"), and what is said beside a name ("X, which ...")."""
    if not words.tags or '"' in words.tags or "V" not in words.tags:
        return
    begin, fronted = _fronted(words)
    subject, verb = _subject(words, begin, setting)
    if subject is not None:
        main = _clause_at(words, subject, verb, fronted)
        if main is not None:
            yield main
            second = main.last + 1
            if (
                words.tags[main.last : second] == "&"
                and words.tags[second : second + 1] == "V"
                and fronted == (0, 0)
            ):
                more = _clause_at(words, subject, second, (0, 0))
                if more is not None:
                    yield more
    for match in re.finditer(r"(?<![NSCo&])(D?N+),r(?=V)", words.tags):
        aside = noun(words, *match.span(1), setting)
        pronoun = words.tokens[match.end() - 1].lower
        if aside is None or pronoun != ("who" if aside.kind == "person" else "which"):
            continue
        clause = _clause_at(words, aside, match.end(), (0, 0))
        if clause is not None:
            yield clause


def _clause_at(words: Words, subject: Noun, verb: int, fronted: tuple[int, int]) -> Clause | None:
    """The clause of this subject and the verb at this token."""
    tags = words.tags
    lowers = words.lowers(0, len(tags))
    before = lowers[verb - 1] if verb else ""
    first, adverb = verb + 1, before if before in _KEPT_ADVERBS else ""
    while first < len(tags) and lowers[first] in _ADVERBS:
        adverb = lowers[first] if lowers[first] in _KEPT_ADVERBS else adverb
        first += 1
    passive = perfect = ""
    form = lowers[verb]
    if lowers[verb] in ("was", "were", "is", "are") and first < len(tags):
        passive = PARTICIPLE.get(lowers[first], "")
    elif lowers[verb] in ("has", "have") and first < len(tags):
        been = lowers[first] == "been"
        perfect = lowers[verb] if PARTICIPLE.get(lowers[min(first + been, len(tags) - 1)]) else ""
        if been and not perfect:
            return None
        first += been
        passive = PARTICIPLE.get(lowers[first], "") if been and perfect else ""
    if passive or perfect:
        form = lowers[first]
        first += 1
    last = _clause_end(words, first)
    if last is None or first > last:
        return None
    if any(word in lex.NEGATIVE or word in lex.HEDGES for word in lowers[verb:last]):
        return None
    if _second_verb(words, first, last):
        return None
    return Clause(words, subject, fronted, verb, first, last, adverb, passive, perfect, form)


def _fronted(words: Words) -> tuple[int, tuple[int, int]]:
    """Where the subject may begin, and a time that stands before it."""
    match = re.match(r"(?:p(?:T|Y)|T),?(?=[DACNSwq#])", words.tags)
    if match and words.tokens[0].lower in ("in", "on", "since", "by"):
        comma = words.tags[match.end() - 1] == ","
        return match.end(), (0, match.end() - comma)
    return 0, (0, 0)


def _subject(words: Words, begin: int, setting: Setting) -> tuple[Noun | None, int]:
    tags = words.tags
    stop = re.search(r"[V,(]", tags[begin:])
    if stop is None or stop.end() < 2:
        return None, 0
    at = begin + stop.start()
    if tags[at] == "V":
        end = at - 1 if at > begin + 1 and words.tokens[at - 1].lower in _ADVERBS else at
        if re.search(r"[Pxr;.]", tags[begin:end]):
            return None, 0
        return noun(words, begin, end, setting) or _several(words, begin, end, setting), at
    found = noun(words, begin, at, setting)
    if found is None:
        return _several_with_commas(words, begin, setting)
    close = _apposition_end(words, at)
    return (found, close) if close else _several_with_commas(words, begin, setting)


def _apposition_end(words: Words, at: int) -> int:
    """Where the verb stands after ", ... ," or "( ... )" that began at token `at`; 0 for nowhere."""
    tags = words.tags
    if words.tokens[at].text == "(":
        for close in range(at + 1, min(at + 10, len(tags))):
            if words.tokens[close].text == ")":
                return close + 1 if tags[close + 1 : close + 2] == "V" else 0
        return 0
    if tags[at] != "," or not _APPOSITION.match(tags[at + 1 :]):
        return 0
    if (
        words.tokens[at + 1].tag == "N"
        and "r" not in tags[at + 1 : at + 2]
        and words.tags[at + 2 : at + 3] in (",", "&")
    ):
        nxt = words.tags[at + 3 : at + 4]
        if nxt != "V":
            return 0  # "Norway, Sweden and ...": a list
    commas = [i for i in range(at + 2, min(at + 22, len(tags))) if tags[i] == ","]
    for close in commas:
        inside = tags[at + 1 : close]
        if tags[close + 1 : close + 2] == "V" and not re.search(r"[;.(]", inside):
            return 0 if "&" in inside and inside.count(",") and "r" not in inside else close + 1
    return 0


def _several(words: Words, begin: int, at: int, setting: Setting) -> Noun | None:
    """Io and Europa as one plural noun."""
    match = re.fullmatch(r"(N+)&(N+)", words.tags[begin:at])
    if not match or words.tokens[begin + match.end(1)].lower != "and":
        return None
    parts = [
        noun(words, begin, begin + match.end(1), setting),
        noun(words, begin + match.start(2), at, setting),
    ]
    return _joined([part for part in parts if part], 2)


def _several_with_commas(words: Words, begin: int, setting: Setting) -> tuple[Noun | None, int]:
    match = re.match(r"((?:N+,)+)(N+),?&(N+)(?=V)", words.tags[begin:])
    if not match or words.tokens[begin + match.end()].tag != "V":
        return None, 0
    text = words.tags[begin : begin + match.end()]
    parts = [
        noun(words, begin + piece.start(), begin + piece.end(), setting) for piece in re.finditer("N+", text)
    ]
    return _joined([part for part in parts if part], len(parts)), begin + match.end()


def _joined(parts: list[Noun], wanted: int) -> Noun | None:
    if len(parts) != wanted:
        return None
    kind: Kind = "person" if all(part.kind == "person" for part in parts) else "thing"
    text = f"{', '.join(part.text for part in parts[:-1])} and {parts[-1].text}"
    return Noun(text, parts[0].name, kind, plural=True)


def _clause_end(words: Words, first: int) -> int | None:
    """Where the clause ends; None inside a list, which a question would cut in two."""
    tags = words.tags
    for at in range(first, len(tags)):
        if tags[at] in ".;":
            return at if at > first or tags[at] == "." else None
        if tags[at] == "(":
            return None if words.tokens[at].text not in ("(", "-") else at
        if tags[at] == "r":
            return at
        if tags[at] == "&" and at + 1 < len(tags) and _verb_after(words, at + 1):
            return at
        if tags[at] == ",":
            if re.match(r",[NSw#D]{1,3},", tags[at:]) and tags[at + 1] in "NSD":
                return None
            if re.match(r",[^,;.Vr]{1,5},?&", tags[at:]) and not re.match(r",[^,;.V]{1,5},?&V", tags[at:]):
                return None
            return at
    return len(tags)


def _verb_after(words: Words, at: int) -> bool:
    """A verb follows, perhaps after an adverb: "and later became", "and is"."""
    for place in range(at, min(at + 3, len(words.tags))):
        lower = words.tokens[place].lower
        if words.tags[place] == "V" or lower in PAST:
            return True
        if not (words.tags[place] in "xP" or lower.endswith("ly")):
            return bool(lower.endswith("ed") and words.tags[place] == "w")
    return False


def _second_verb(words: Words, first: int, last: int) -> bool:
    """Another finite verb in the clause: then the first was no finite verb, or the subject no subject."""
    for at in range(first, last):
        lower = words.tokens[at].lower
        before = words.tokens[at - 1].lower
        if words.tags[at] != "V" or lower not in FINITE:
            continue
        if lower in ("is", "are", "was", "were", "has", "had", "have", "will", "would", "said", "says"):
            return True
        after_noun = words.tags[at - 1] in "NwS#Y" and before not in ("to", "be", "been")
        if lower in PAST and after_noun and words.tags[at + 1 : at + 2] not in ("p", "") and at > first:
            return True
    return False


def is_past(clause: Clause) -> bool:
    """The verb is a simple past that "did" can ask for."""
    return not clause.passive and not clause.perfect and clause.form in PAST


def base_form(clause: Clause) -> str:
    """The verb's base form; "" for a passive, and for a verb that is not known."""
    if clause.passive:
        return ""
    if clause.perfect:
        return PARTICIPLE[clause.form]
    return PAST.get(clause.form, "") or PRESENT.get(clause.form, "")


def ask(clause: Clause, wh: str, middle: str) -> str:
    """A question about the clause with its subject kept: "When did X open middle". "" where it cannot be put."""
    subject = f"{clause.subject.text} {clause.adverb}".strip()
    if clause.passive:
        if clause.perfect:
            return f"{wh} {clause.perfect} {subject} been {clause.form} {middle}"
        return f"{wh} {clause.words.tokens[clause.verb].lower} {subject} {clause.form} {middle}"
    if clause.perfect:
        return f"{wh} {clause.perfect} {subject} {clause.form} {middle}"
    base = base_form(clause)
    if not base:
        return ""
    past = is_past(clause) or clause.form in ("had", "cost")
    do = "did" if past else "do" if clause.subject.plural else "does"
    return f"{wh} {do} {subject} {base} {middle}"


def told(clause: Clause, predicate: str) -> str:
    """The clause's verb as it stands, before its predicate: "founded X", "has bought X", "was named X"."""
    be = clause.words.tokens[clause.verb].lower
    parts = [clause.adverb, clause.form]
    if clause.passive:
        parts = ["has" if be == "have" else be, "been" if clause.perfect else "", *parts]
    elif clause.perfect:
        parts = ["has", *parts]  # "Who has signed", also where a club "have"
    return " ".join(part for part in (*parts, predicate) if part)
