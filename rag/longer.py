"""Longer answers: a summary, what happened, a timeline, a comparison, a list.

No single sentence answers these, so sentences are chosen from all passages on the subject by maximal marginal
relevance (Carbonell and Goldstein, SIGIR 1998, https://doi.org/10.1145/290941.291025): each is close to the
subject and unlike those chosen before; near-copies are left out, a second article on the subject gets a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rag import words as w
from rag.evidence import Candidate, Ranked, SentenceCache, candidates_of
from rag.schema import Evidence, Passage
from rag.subject import Subject
from rag.talk import phrases
from rag.when import mentioned_dates

if TYPE_CHECKING:
    from index.library import Library

Kind = Literal["summary", "events", "timeline", "compare", "list"]
WIDER = 2
"""So many times the passages of another question are looked at."""
MOST = {"summary": 5, "events": 5, "timeline": 6, "compare": 3, "list": 5}
"""Sentences shown; for a comparison, of each side."""
MOST_ASKED = 8
"""So many of them are shown where the question asks for as many or more."""
RELEVANCE = 0.7
"""The weight of closeness to the subject beside unlikeness to what is shown (the lambda of MMR)."""
READ, CENTRAL, HELD, LEAD, DATED, COUNTED, LISTED, LEANS = 0.3, 0.3, 0.2, 0.15, 0.25, 0.1, 0.35, 0.4
"""What a sentence's closeness to the subject is weighed with, see `choose` and `_worth`; chosen by reading answers."""
SAME = 0.6
"""Sentences that share so much of the shorter one's content words tell the same."""
WORTH = {"summary": 0.3, "events": 0.3, "timeline": 0.3, "compare": 0.45, "list": 0.45}
"""A further sentence has at least this share of the best one's closeness."""
LEADS, FEW, DEEP = 3, 3, 12
ASIDE = 0.5
"""A passage with less than this share of the closest one's cosine holds the words but tells another story."""
PASSING = 0.35
"""Below this cosine an article only mentions the subject, and only what mentions it is shown."""
MOST_CHARS = 300


@dataclass(frozen=True, slots=True)
class Wish:
    """A longer answer asked for: its kind and its subject, or the two that are to be compared."""

    kind: Kind
    subjects: tuple[Subject, ...]
    language: str
    count: int = 0
    """Sentences asked for ("in two sentences"), at most MOST_ASKED; 0 where none are."""

    @property
    def each(self) -> tuple[int, ...]:
        """Sentences to show of each subject."""
        sides = len(self.subjects)
        if not self.count:
            return (MOST[self.kind],) * sides
        return tuple(max(1, self.count // sides + (side < self.count % sides)) for side in range(sides))

    @property
    def searches(self) -> tuple[str, ...]:
        """What to search for, each for itself."""
        return tuple(subject.text for subject in self.subjects)


def wish(question: str) -> Wish | None:
    """The longer answer that a question asks for, in English, German or Spanish; None for all others."""
    if len(question) > MOST_CHARS:
        return None
    text = " ".join(re.sub("[¿¡]", "", question.replace("’", "'")).split())
    text, count = _counted(_COURTESY.sub("", text))
    for language, lead, kind, pattern in _patterns():
        asked = lead.sub("", text).rstrip("?.! ") or text
        match = pattern.fullmatch(asked)
        if match is None:
            continue
        said = [phrase.strip(' ,;:"“”„«»') for phrase in match.groups() if phrase]
        if (inner := wish(said[0])) is not None:
            return replace(inner, count=count or inner.count)  # "Summarise what happened in Berlin"
        if any(map(_ASKS.match, said)) or (kind in ("events", "compare") and any(map(_CLAUSE.search, said))):
            return None  # "What happened when the gates were opened?" asks for one thing
        subjects = tuple(Subject.of(phrase, language) for phrase in said)
        if all(s.words and not _LEANS.fullmatch(s.text) for s in subjects):
            if kind == "list" and not count:
                count = _number(asked[: match.start(1)], language)
            return Wish(kind, subjects, language, min(count, MOST_ASKED))
    return None


def _counted(text: str) -> tuple[str, int]:
    """The question without how many sentences are wanted, and how many; 0 where it does not say."""
    for language, pattern in _so_many():
        match = pattern.search(text)
        if match:
            rest = f"{text[: match.start()].rstrip(' ,')} {text[match.end() :].lstrip(' ,')}".strip()
            return rest, _number(next(filter(None, match.groups())), language) or 1
    return text, 0


def _number(text: str, language: str) -> int:
    """The last number in a text, in digits or in words of the language; 0 where there is none."""
    words = phrases()[language]["numbers"].split()
    for word in reversed(re.findall(r"\w+", text.lower())):
        if word.isdecimal():
            return int(word[:4])
        # "einem", "una", "zweien"
        found = next(
            (n for n, known in enumerate(words, 1) if re.fullmatch(rf"{known}(?:e[mnr]?|a)?", word)), 0
        )
        if found:
            return found
    return 0


def with_leads(passages: Sequence[Passage], asked: Wish, library: Library) -> tuple[Passage, ...]:
    """The passages that are on the subjects, best first, and for a summary the beginnings of their first
    LEADS articles, where they are not among them."""
    kept = {p.chunk.id: p for s in asked.subjects for p in s.on(passages, _need(asked))}
    found = sorted(kept.values(), key=lambda p: p.rank)
    if asked.kind == "summary":
        best: dict[str, Passage] = {}
        for passage in found:
            best.setdefault(passage.article.id, passage)
        for passage in list(best.values())[:LEADS]:
            for chunk in library.chunks_of(passage.article.id)[:1]:
                if chunk.id not in kept:
                    found.append(replace(passage, chunk=chunk, rank=len(passages) + len(found)))
    return tuple(found)


def missing(asked: Wish, sentences: Sequence[Evidence]) -> tuple[str, ...]:
    """The sides of a comparison that none of the sentences speaks of."""
    said = [(f"{s.passage.article.title} {s.text}", s.passage.article.language or "en") for s in sentences]
    return tuple(
        subject.text
        for subject in asked.subjects
        if asked.kind == "compare" and not any(_apart(asked, subject).share(*one) for one in said)
    )


def choose(asked: Wish, passages: Sequence[Passage], ranked: Ranked, cache: SentenceCache) -> Ranked:
    """The sentences of a longer answer in the order to show them, out of `passages` (see `with_leads`) and of
    what was ranked for the question; the confidence is the share of the subject that the articles hold.

    A summary goes article by article, what happened by date, a comparison side by side.
    """
    candidates = [_dated(c) for c in candidates_of(passages) if not c.order and not c.suspect and _is_told(c)]
    if asked.kind == "timeline" and len(dated := [c for c in candidates if _YEAR.search(c.text)]) >= FEW:
        candidates = dated
    if not candidates:
        return replace(ranked, sentences=(), confidence=0.0)
    places = {(s.passage.article.id, s.end): place for place, s in enumerate(ranked.sentences)}
    read = [max(0.0, 1.0 - places.get((c.passage.article.id, c.end), DEEP) / DEEP) for c in candidates]
    vectors = cache.encode([*(s.text for s in asked.subjects), *(c.text for c in candidates)])
    sides, rows = vectors[: len(asked.subjects)], vectors[len(asked.subjects) :]
    chosen: list[int] = []
    held = 0.0
    for subject, side, most in zip(asked.subjects, sides, asked.each, strict=True):
        on = subject.on(passages, _need(asked))
        here = _speaking(asked, subject, on, candidates)
        if not here:
            continue
        held = max([held, *map(subject.held, on)])
        middle = rows[here].mean(axis=0)
        middle /= max(float(np.linalg.norm(middle)), 0.01)
        scores = {
            i: float(rows[i] @ side + CENTRAL * (rows[i] @ middle))
            + READ * read[i]
            + _worth(candidates[i], asked, subject)
            for i in here
        }
        # what answers "what happened" as it stands is told in any case
        first = [max(here, key=read.__getitem__)] if asked.kind == "events" and any(read) else []
        told = _spread(asked, most, candidates, scores, rows, chosen, first)
        chosen += _ordered(told, candidates, asked)
    sentences = tuple(
        Evidence(c.passage, c.text, c.start, c.end, read[i]) for i, c in ((i, candidates[i]) for i in chosen)
    )
    return replace(ranked, sentences=sentences, confidence=max(held, 0.5) if sentences else 0.0)


def _need(asked: Wish) -> float | None:
    return 0.5 if asked.kind == "list" else None


def _speaking(
    asked: Wish, subject: Subject, on: Sequence[Passage], candidates: Sequence[Candidate]
) -> list[int]:
    """Which candidates speak of the subject: those of the passages on it, but for passages far less close than the
    closest one; where that only mentions the subject, what mentions it; in a comparison, what with its title and
    the sentence before names this side."""
    closest = max((p.cosine for p in on), default=1.0)
    mine = {p.chunk.id for p in on if p.cosine >= ASIDE * closest}
    here = [i for i, c in enumerate(candidates) if c.passage.chunk.id in mine]
    dated = any(word.isdecimal() for word in subject.words)
    if (
        closest < PASSING
        and not dated
        and not any(subject.share(p.article.title, asked.language) for p in on)
    ):
        here = [i for i in here if subject.share(candidates[i].text, _tongue(candidates[i])) >= 0.5] or here
    if asked.kind == "compare":
        apart = _apart(asked, subject)
        near = {i: f"{candidates[i].context} {candidates[i].text}" for i in here}
        here = [i for i in here if apart.share(near[i], _tongue(candidates[i]))]
    return here


def _apart(asked: Wish, subject: Subject) -> Subject:
    """The subject by the words that the other side of the comparison has not."""
    others = {word for other in asked.subjects if other is not subject for word in other.words}
    return replace(
        subject, words=tuple(word for word in subject.words if word not in others) or subject.words
    )


def _tongue(candidate: Candidate) -> str:
    return candidate.passage.article.language or "en"


def _dated(candidate: Candidate) -> Candidate:
    """The sentence with the date it stands behind in a list ("1928. Thomas Midgley develops ...")."""
    article = candidate.passage.article
    line = article.text.rfind("\n", 0, candidate.start) + 1
    label = article.text[line : candidate.start]
    if not label.strip() or len(label.split()) > 5 or not w.has_date(label):
        return candidate
    return replace(candidate, start=line, text=article.text[line : candidate.end])


def _is_told(candidate: Candidate) -> bool:
    """A sentence that can stand in a report: no question, no half of a quotation, neither a scrap nor endless."""
    text = candidate.text
    whole = text.count('"') % 2 == 0 and text.count("“") == text.count("”")
    return whole and 4 <= len(text.split()) <= 60 and not text.rstrip("”\"’' ").endswith("?")


def _worth(candidate: Candidate, asked: Wish, subject: Subject) -> float:
    """What speaks for a sentence besides its closeness: that it holds the subject's words and leans on no
    sentence before it; in a summary that it leads its article, of what happened also that it is dated, in a
    comparison that it has figures, in a list that it enumerates."""
    text, article, tongue = candidate.text, candidate.passage.article, _tongue(candidate)
    held = (subject.share(text, tongue) + subject.share(f"{candidate.context} {text}", tongue)) / 2
    worth = HELD * held - (LEANS if _STARTS.match(text) or _POINTS.match(text) else 0.0)
    if asked.kind in ("summary", "events"):
        first = candidate.place == 0 and candidate.passage.chunk.ordinal == 0
        worth += LEAD if first else LEAD / 2 * (1 - candidate.start / max(len(article.text), 1))
    if asked.kind in ("events", "timeline"):
        worth += DATED if w.has_date(text) else 0.0
    elif asked.kind == "compare":
        worth += HELD * held + (COUNTED if w.numbers(text) else 0.0)
    elif asked.kind == "list":
        worth += LISTED if text.count(",") >= 3 else 0.0
    return worth


def _spread(
    asked: Wish,
    most: int,
    candidates: Sequence[Candidate],
    scores: dict[int, float],
    rows: np.ndarray,
    before: Sequence[int],
    first: Sequence[int],
) -> list[int]:
    """`first` and others of the scored candidates, by maximal marginal relevance: none like one chosen `before` or far
    below the best; the last place goes to a second article where only one has been heard."""
    least = max(WORTH[asked.kind] * max(scores.values()), 0.0)
    chosen = list(first)
    while len(chosen) < most:
        told = [*before, *chosen]
        free = [
            i
            for i, score in scores.items()
            if score >= least and not any(_alike(candidates[i], candidates[t]) for t in told)
        ]
        heard = {candidates[i].passage.article.id for i in chosen}
        if len(heard) == 1 and 2 < most == len(chosen) + 1:
            free = [i for i in free if candidates[i].passage.article.id not in heard] or free
        if not free:
            break
        like = (rows[free] @ rows[told].T).max(axis=1) if told else np.zeros(len(free))
        gain = RELEVANCE * np.array([scores[i] for i in free]) - (1 - RELEVANCE) * like
        chosen.append(free[int(gain.argmax())])
    return chosen


def _alike(a: Candidate, b: Candidate) -> bool:
    return len(a.stems & b.stems) >= SAME * min(len(a.stems), len(b.stems))


def _ordered(chosen: Sequence[int], candidates: Sequence[Candidate], asked: Wish) -> list[int]:
    """By date for what happened; else by article, as they were chosen, in the order of its text."""
    first: dict[str, int] = {}
    for place, i in enumerate(chosen):
        first.setdefault(candidates[i].passage.article.id, place)
    if asked.kind in ("events", "timeline"):
        return sorted(
            chosen, key=lambda i: (_day(candidates[i]), candidates[i].passage.article.id, candidates[i].start)
        )
    return sorted(chosen, key=lambda i: (first[candidates[i].passage.article.id], candidates[i].start))


def _day(candidate: Candidate) -> date:
    """When a sentence happens: the day it names with its year; in an account of bygone years the last one
    named before it; else the day of its article."""
    article = candidate.passage.article
    published = article.published or date.max
    for text in (candidate.text, article.text[max(0, candidate.start - 4000) : candidate.start]):
        spans = mentioned_dates(text, article.published)
        ends = [until if since == date.min else since for since, until in spans]  # "by the end of 1990"
        found = [day for day in ends if f"{day.year:04}" in text]
        if any(day > published for day in found):
            return published  # it looks ahead
        if found:
            return found[0] if text == candidate.text else found[-1]
        years = [int(year) for year in _YEAR.findall(article.text[:20_000])]
        if not years or median(years) >= published.year - 1:
            break
    return published


# ---- how longer answers are asked for ---------------------------------------------------------

_LEANS = re.compile(
    r"it|this|that|them|these|those|him|her|me|us|you|yourself|next|then|first|afterwards?|later|the end|the beginning|dir|dich|das|es|ihm|ihr|danach|ti|eso|esto|después",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:when|if|once|while|who|where|why|how|whether|what|als|wenn|nachdem|wer|wie|wann|wo|cuando|si|quién|cómo)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"\b(?:is|are|was|were|has|had|have|did|does|do|who|which|what|wurde|wurden|war|hat|fue|fueron)\b|ed$",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"[ ,]+(?:please|bitte|por favor|thanks?|thank you|danke|gracias)[?.! ]*$", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_POINTS = re.compile(
    r"(?:\S+ ){0,4}(?:he|she|it|they|him|them|his|her|their|its|er|sie|ihn|ihm|él|ella)\b", re.IGNORECASE
)
_STARTS = re.compile(
    r"(?:he|she|it|they|this|that|these|those|his|her|its|their|such|correction|but|and|however|then|so|yet|there|here|also|one|another|neither|each|"
    r"both|none|others?|some|most|instead|the (?:latter|former|two|other|others|date|same|second|next)|two (?:days|weeks|months|years) later|"
    r"er|sie|es|dies\w*|das|dort|da|aber|und|doch|dann|auch|sein\w*|ihre?\w*|él|ella|ellos|ellas|esto|esta|este|eso|su|sus|pero|y|además|allí)\b",
    re.IGNORECASE,
)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], Kind, re.Pattern[str]], ...]:
    """(language, what may stand before, kind, the whole phrase), from `phrases.toml`."""
    made: list[tuple[str, re.Pattern[str], Kind, re.Pattern[str]]] = []
    for language, told in phrases().items():
        lead = re.compile(rf"^(?:(?:{told['longer_before']})[ ,]+)+", re.IGNORECASE)
        number = _a_number(told)
        for kind, lines in told["longer"].items():
            made += [
                (
                    language,
                    lead,
                    kind,
                    re.compile(line.replace("<S>", "(.+?)").replace("<N>", number), re.IGNORECASE),
                )
                for line in lines.splitlines()
            ]
    return tuple(made)


def _a_number(told: dict[str, Any]) -> str:
    return rf"(?:{'|'.join(told['numbers'].split())}|\d{{1,4}})"


@cache
def _so_many() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(language, how it says the number of sentences), from `phrases.toml`."""
    return tuple(
        (language, re.compile(rf"\b(?:{told['so_many'].replace('<N>', _a_number(told))})", re.IGNORECASE))
        for language, told in phrases().items()
    )
