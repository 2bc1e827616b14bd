"""Candidates of one collection, and the second reading of all articles that throws the doubtful out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evals.make import filters
from evals.make.drafts import Draft
from evals.make.sentences import Entry, Fact
from index.split import sentence_spans
from rag import words as w


@dataclass(slots=True)
class Candidate:
    """A question with its sentence and article. `also` names further articles that hold the sentence;
    `dropped` says why it was thrown out, "" while it is kept."""

    draft: Draft
    fact: Fact
    entry: Entry
    title: str
    stems: frozenset[str]
    also: list[str] = field(default_factory=list[str])
    dropped: str = ""

    @property
    def kind(self) -> str:
        """What sort of answer it asks for."""
        if self.draft.rule.startswith(("a number", "an age", "a sum", "a size")):
            return "number"
        return w.wanted_kind(self.draft.question) or (
            "when" if self.draft.rule.startswith("a date") else "what"
        )


def candidate(draft: Draft, fact: Fact, entry: Entry, title: str) -> Candidate:
    """A draft as a candidate, thrown out at once where the question alone says that it is useless."""
    made = Candidate(draft, fact, entry, title, filters.asked_stems(draft.question, entry.language))
    made.dropped = at_once(draft, fact.text, title, entry.language)
    return made


def at_once(draft: Draft, sentence: str, title: str, language: str) -> str:
    """Why a question is useless whatever else the collection holds, "" for nothing."""
    question = draft.question
    if filters.no_question(question, language):
        return "no plain question"
    if filters.wrong_length(question):
        return "too short or too long"
    if draft.answers[0] not in sentence:
        return "answer not in the sentence"
    if filters.points_elsewhere(question):
        return "points elsewhere"
    if filters.answer_in_question(question, draft.answers[0], language):
        return "answer in the question"
    if filters.answer_in_title(draft.answers, title, language):
        return "answer in the title"
    if filters.too_vague(question, language):
        return "says too little"
    return ""


class SecondReading:
    """Reads the collection once more beside the candidates: who else answers the question, and otherwise?"""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._open = [one for one in candidates if not one.dropped]
        self._stems: dict[tuple[int, int], frozenset[str]] = {}

    def read(self, article_id: str, name: str, text: str, language: str) -> None:
        """One article, in any order."""
        here: list[tuple[int, int]] | None = None
        stems: dict[int, frozenset[str]] = {}
        for one in self._open:
            if one.dropped or one.entry.language != language or one.draft.subject not in text:
                continue
            if article_id != one.entry.id and one.fact.text in text:
                one.also.append(name)
            if one.draft.rule in _SETTLED:
                self._age(one, text)
                continue
            here = sentence_spans(text, language) if here is None else here
            for place, (start, end) in enumerate(here):
                sentence = text[start:end]
                if one.draft.subject not in sentence or sentence == one.fact.text:
                    continue
                if place not in stems:
                    stems[place] = frozenset(w.content_stems(sentence, language))
                if one.stems <= stems[place] and filters.other_value(
                    one.kind, sentence, one.draft.question, one.draft.answers
                ):
                    one.dropped = "another answer elsewhere"
                    break

    def _age(self, one: Candidate, text: str) -> None:
        if one.draft.rule != "an age":
            return
        ages = re.findall(rf"{re.escape(one.draft.subject)}, ([1-9]\d)\b", text)
        if any(age not in one.draft.answers for age in ages):
            one.dropped = "another answer elsewhere"


_SETTLED = ("an age", "who somebody is", "what letters stand for")


def drop_contradictions(candidates: Iterable[Candidate]) -> None:
    """The same question with answers that share no word: all of them go."""
    same: dict[frozenset[str], list[Candidate]] = defaultdict(list)
    for one in candidates:
        if not one.dropped:
            same[one.stems | {one.kind}].append(one)
    for group in same.values():
        first = _answer_stems(group[0])
        if any(not (first & _answer_stems(other)) for other in group[1:]):
            for one in group:
                one.dropped = "another answer elsewhere"


def _answer_stems(one: Candidate) -> frozenset[str]:
    found = {stem for answer in one.draft.answers for stem in w.content_stems(answer, one.entry.language)}
    return frozenset(found or {answer.lower() for answer in one.draft.answers})


def drop_duplicates(candidates: Iterable[Candidate]) -> None:
    """Of questions that ask nearly the same the first stays; also of those with one answer from one
    sentence, or from a near-copy of it."""
    kept: list[Candidate] = []
    by_stem: dict[str, list[int]] = defaultdict(list)
    quotes: dict[tuple[str, str], list[frozenset[str]]] = defaultdict(list)
    for one in candidates:
        if one.dropped:
            continue
        near = {place for stem in one.stems for place in by_stem[stem]}
        if any(
            filters.alike(one.stems, kept[place].stems) and kept[place].kind == one.kind for place in near
        ):
            one.dropped = "asks the same as another"
            continue
        answer = (one.draft.answers[0].lower(), one.entry.language)
        sentence = frozenset(w.content_stems(one.fact.text, one.entry.language))
        if any(filters.alike(sentence, other) for other in quotes[answer]):
            one.dropped = "asks the same as another"
            continue
        quotes[answer].append(sentence)
        for stem in one.stems:
            by_stem[stem].append(len(kept))
        kept.append(one)


_SHARES = {
    "what letters stand for": 0.08, "an age": 0.10, "who somebody is": 0.15, "who holds an office": 0.25,
}  # fmt: skip
"""No more than this share of the set by one of these rules, which find much of little variety."""


def chosen(candidates: Sequence[Candidate], wanted: int, per_article: int) -> list[Candidate]:
    """At most `wanted` candidates in their order, few of one article and of one plain rule."""
    plenty = sum(not one.dropped for one in candidates)
    taken: list[Candidate] = []
    rules: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    facts: Counter[tuple[str, int]] = Counter()
    for one in candidates:
        if one.dropped or len(taken) >= wanted:
            continue
        share = _SHARES.get(one.draft.rule)
        if share is not None and plenty < 2 * wanted:
            share *= 2  # where little was found, more of one kind is better than fewer questions
        place = (one.entry.id, one.fact.start)
        if share is not None and rules[one.draft.rule] >= max(2, round(share * wanted)):
            one.dropped = "enough of its kind"
        elif articles[one.entry.id] >= per_article or facts[place] >= 2:
            one.dropped = "enough from its article"
        else:
            taken.append(one)
            rules[one.draft.rule] += 1
            articles[one.entry.id] += 1
            facts[place] += 1
    return taken
