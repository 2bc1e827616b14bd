"""Which sentences answer the question, and is that enough?

Each sentence of the retrieved passages gets a first score from a few features (how close it is in
meaning, how many of the question's rarer words it holds, whether it holds the kind of thing asked
for, how good its passage is) through a logistic model. The best passages are read by the evidence
model (`rag/evidence_model.py`), and a second logistic model weighs what it says of each sentence. A last one
over the best sentences gives the confidence that the articles answer the question at all. The weights were
fitted by `rag/training/scorers.py` on public question sets and lie in `rag/weights/scorers.json`.
"""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from index.split import is_heading, sentence_spans
from rag import orders
from rag import words as w
from rag.evidence_model import Read, Reading, context_of
from rag.retrieve import Encodes
from rag.schema import Evidence, Passage
from rag.scorers import Logistic, scorer, sigmoid

MAX_CANDIDATES = 40
SENTENCE_FEATURES = (
    "cosine", "cosine_before", "cosine_after", "cosine_passage", "cosine_best", "covered", "covered_near",
    "covered_beside", "best_word", "passage_score", "kind", "kind_covered", "names", "numbers", "bigrams",
    "question", "short", "long", "pronoun", "first_in_article",
)  # fmt: skip
ANSWER_FEATURES = (
    "top", "second", "cosine", "passage_cosine", "passage_mean", "covered", "covered_passage", "missing_name",
    "missing_number", "kind", "margin", "missing_rare", "asked_words",
)  # fmt: skip
READ_FEATURES = ("logit", "answer", "plain", "cosine", "kind", "passage_score", "covered")
READ_ANSWER_FEATURES = (*ANSWER_FEATURES, "logit_top", "logit_second", "logit_sum", "answer_top")
READ_PASSAGES = 6
ECHO, REPEATS = 0.8, 0.2
"""A sentence with so large a share of its words from the question, or one that asks itself, keeps so much of its score."""
_PRONOUN = re.compile(r"^(?:he|she|it|they|this|that|these|those|his|her|its|their|such)\b", re.IGNORECASE)


class Reads(Protocol):
    """What scoring needs of the evidence model; `calibrated` where its logits are those of ours."""

    @property
    def calibrated(self) -> bool: ...

    def read(self, readings: Sequence[Reading]) -> list[list[Read]]: ...


ORDER = Logistic(-4.2, (0.5, 0.05, 0.3, 0.0, 0.5, 2.0, 0.0))
"""The order of the sentences that were read, over READ_FEATURES, set by hand: the fit hardly minds whether a
"how many" finds a number, and puts first what merely repeats the question (docs/decisions.md)."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Evidence for one question: sentences best first, the confidence that they answer it, and the
    features behind it (for explanation and fitting)."""

    sentences: tuple[Evidence, ...]
    confidence: float
    features: tuple[float, ...]


class SentenceCache:
    """Embeddings of sentences seen lately, so that a second question on the same article is quick."""

    def __init__(self, embedder: Encodes, size: int = 20_000) -> None:
        self._embedder, self._size = embedder, size
        self._known: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, shape (len(texts), dimension)."""
        with self._lock:
            known = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, self._embedder.encode(missing), strict=True))
            with self._lock:
                self._known.update((text, known[text]) for text in missing)
                while len(self._known) > self._size:
                    self._known.popitem(last=False)
        return np.stack([known[text] for text in texts])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence with the stems it holds; `near` adds its title's, heading's and predecessor's;
    `place` counts the sentences of its passage, `context` is the title and the sentence before; `order`
    where it speaks to a reading machine, `suspect` where its article does somewhere (`rag/orders.py`)."""

    passage: Passage
    start: int
    end: int
    text: str
    stems: frozenset[str]
    near: frozenset[str]
    ordered: list[str]
    place: int
    context: str
    order: bool = False
    suspect: bool = False


def candidates_of(passages: Sequence[Passage]) -> list[Candidate]:
    """Every sentence of the passages once, headings left out."""
    found: list[Candidate] = []
    seen: set[str] = set()
    spans_of = [sentence_spans(p.chunk.text, p.article.language or "en") for p in passages]
    ordering = [
        orders.orders_among(
            p.chunk.text,
            spans,
            before=p.article.text[: p.chunk.start],
            language=p.article.language or "en",
        )
        for p, spans in zip(passages, spans_of, strict=True)
    ]
    suspects = {
        p.article.id
        for p, flags in zip(passages, ordering, strict=True)
        if any(flags) or orders.addresses_model(p.article.title) or orders.addresses_model(p.chunk.heading)
    }
    for passage, spans, flags in zip(passages, spans_of, ordering, strict=True):
        chunk, article = passage.chunk, passage.article
        language = article.language or "en"
        title = frozenset(w.content_stems(f"{article.title} {chunk.heading}", language))
        before: frozenset[str] = frozenset()
        previous, place = "", 0
        for (start, end), order in zip(spans, flags, strict=True):
            text = chunk.text[start:end]
            ordered = w.content_stems(text, language)
            stems = frozenset(ordered)
            if text in seen or not ordered or is_heading(text):
                before, previous = stems, text
                continue
            if not order:  # the same words in an honest article still count
                seen.add(text)
            near = stems | title | before
            context = context_of(article.title, previous or chunk.heading)
            found.append(
                Candidate(
                    passage,
                    chunk.start + start,
                    chunk.start + end,
                    text,
                    stems,
                    near,
                    ordered,
                    place,
                    context,
                    order,
                    article.id in suspects,
                )
            )
            place += 1
            before, previous = stems, text
    return found


def _rarity(terms: Sequence[str], candidates: Sequence[Candidate]) -> dict[str, float]:
    """How telling each of the question's stems is among these candidates (inverse document
    frequency over them: log((n + 1) / (df + 0.5))); a stem none of them holds is the most telling."""
    n = len(candidates)
    return {
        term: math.log((n + 1.0) / (sum(term in c.near for c in candidates) + 0.5)) + 0.2
        for term in dict.fromkeys(terms)
    }


def _share(terms: dict[str, float], held: frozenset[str]) -> float:
    total = sum(terms.values())
    return sum(weight for term, weight in terms.items() if term in held) / total if total else 0.0


def rank(
    question: str,
    passages: Sequence[Passage],
    cache: SentenceCache,
    vector: np.ndarray,
    *,
    language: str = "en",
    reader: Reads | None = None,
) -> Ranked:
    """Scores the sentences of `passages` for a question whose embedding is `vector`.

    Returns them best first with the confidence that the question is answered; empty passages give
    no sentences and confidence 0. Without a `reader` the plain features decide alone.
    """
    candidates, rows, answer = features(question, passages, cache, vector, language=language)
    if not candidates:
        return Ranked((), 0.0, ())
    plain = scorer("sentence", SENTENCE_FEATURES)
    scores = [plain(row) for row in rows]
    said: dict[int, Read] = {}
    summary = answer(scores)
    confidence = scorer("answerable", ANSWER_FEATURES)(summary)
    if reader is not None:
        weigh = scorer("sentence_read", READ_FEATURES)
        chosen, made, reads = read_rows(question, candidates, rows, scores, reader)
        said = dict(zip(chosen, reads, strict=True))
        judged, placed = [0.0] * len(scores), [0.0] * len(scores)
        for i, row in zip(chosen, made, strict=True):
            judged[i] = weigh(row)
            placed[i] = ORDER(row) if reader.calibrated else sigmoid(row[0])
        if reader.calibrated:  # another model's scale says nothing of ours
            summary = (*answer(judged), *summary_of(reads))
            # Two opinions, fitted apart: without and with the evidence model (docs/decisions.md).
            with_it = scorer("answerable_read", READ_ANSWER_FEATURES)(summary)
            confidence = sigmoid((logit(with_it) + logit(confidence)) / 2)
        least = min((placed[i] for i in chosen), default=1.0)  # not read: behind all that were
        scores = [placed[i] if i in said else least * scores[i] for i in range(len(scores))]
    asked = frozenset(w.content_stems(question, language))
    yes_no = w.wanted_kind(question) == "yes-no"
    for i, candidate in enumerate(candidates):
        if candidate.text.rstrip("”\"’' ").endswith("?") or (not yes_no and _echoes(candidate, asked)):
            scores[i] *= REPEATS
    order = sorted(range(len(candidates)), key=lambda i: -scores[i])
    if not orders.asks_about_orders(question):
        stays = orders.kept(scores, [c.suspect for c in candidates])
        order = [i for i in order if stays[i]]
    return Ranked(tuple(_evidence(candidates[i], scores[i], said.get(i)) for i in order), confidence, summary)


def _echoes(candidate: Candidate, asked: frozenset[str]) -> bool:
    """True for a sentence that says hardly more than the question did."""
    return sum(stem in asked for stem in candidate.ordered) >= ECHO * len(candidate.ordered)


def _evidence(candidate: Candidate, score: float, read: Read | None) -> Evidence:
    """The candidate as evidence, the answer marked where the evidence model finds one."""
    answer, sure = None, 0.0
    if read is not None and read.answer is not None:
        begins = candidate.passage.chunk.start
        answer = (begins + read.answer[0], begins + read.answer[1])
        sure = sigmoid(read.answer_logit)
    return Evidence(candidate.passage, candidate.text, candidate.start, candidate.end, score, answer, sure)


def read_rows(
    question: str,
    candidates: Sequence[Candidate],
    rows: Sequence[Sequence[float]],
    scores: Sequence[float],
    reader: Reads,
) -> tuple[list[int], list[tuple[float, ...]], list[Read]]:
    """(which candidates were read, their rows of READ_FEATURES, what the evidence model says of them).

    Read are the candidates of the first READ_PASSAGES passages, each passage at once.
    """
    of: dict[str, list[int]] = {}
    for i in sorted(range(len(candidates)), key=lambda i: (candidates[i].passage.rank, candidates[i].start)):
        of.setdefault(candidates[i].passage.chunk.id, []).append(i)
    groups = list(of.values())[:READ_PASSAGES]
    readings: list[Reading] = []
    for group in groups:
        passage = candidates[group[0]].passage
        begins = passage.chunk.start
        readings.append(
            Reading(
                question,
                context_of(passage.article.title, passage.chunk.heading),
                passage.chunk.text,
                tuple((candidates[i].start - begins, candidates[i].end - begins) for i in group),
            )
        )
    columns = [SENTENCE_FEATURES.index(name) for name in READ_FEATURES[3:]]
    chosen: list[int] = []
    made: list[tuple[float, ...]] = []
    said: list[Read] = []
    for group, reads in zip(groups, reader.read(readings), strict=True):
        for i, read in zip(group, reads, strict=True):
            if not math.isfinite(read.logit):
                continue  # the passage was cut before it
            chosen.append(i)
            said.append(read)
            answer = max(-8.0, min(8.0, read.answer_logit))
            made.append((read.logit, answer, logit(scores[i]), *(rows[i][c] for c in columns)))
    return chosen, made, said


def summary_of(reads: Sequence[Read]) -> tuple[float, float, float, float]:
    """(best, second, log of the sum of exponentials) of the logits of what was read, and the best
    sentence's logit that an answer stands in it."""
    if not reads:
        return -8.0, -8.0, -8.0, -8.0
    ordered = sorted(reads, key=lambda read: -read.logit)
    second = ordered[1].logit if len(ordered) > 1 else -8.0
    total = float(np.logaddexp.reduce([read.logit for read in reads]))
    return ordered[0].logit, second, total, max(-8.0, min(8.0, ordered[0].answer_logit))


def logit(p: float) -> float:
    """log(p / (1 - p)), for p kept between .0001 and .9999."""
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def features(
    question: str,
    passages: Sequence[Passage],
    cache: SentenceCache,
    vector: np.ndarray,
    *,
    language: str = "en",
) -> tuple[list[Candidate], list[tuple[float, ...]], Callable[[Sequence[float]], tuple[float, ...]]]:
    """The candidates, their feature rows (SENTENCE_FEATURES), and a function from the candidates'
    scores to the row of ANSWER_FEATURES."""
    everything = candidates_of(passages)
    if not orders.asks_about_orders(question):  # text that speaks to the model is nobody's answer
        everything = [c for c in everything if not c.order]
    if not everything:
        return [], [], lambda scores: ()
    question_stems = w.content_stems(question, language) or [w.stem(x, language) for x in w.words(question)]
    terms = _rarity(question_stems, everything)
    candidates = _shortlist(everything, terms)
    vectors = cache.encode([c.text for c in candidates])
    cosines = vectors @ vector
    shares = [_share(terms, c.stems) for c in candidates]
    places = {(c.passage.chunk.id, c.place): i for i, c in enumerate(candidates)}
    passage_best: dict[str, float] = {}
    for candidate, cosine in zip(candidates, cosines, strict=True):
        known = passage_best.get(candidate.passage.chunk.id, -1.0)
        passage_best[candidate.passage.chunk.id] = max(known, float(cosine))
    kind = w.wanted_kind(question)
    question_names = w.names(question)
    question_words = frozenset(w.words(question))
    question_numbers = w.numbers(question)
    pairs = set(pairwise(question_stems))
    top_passage = max(p.score for p in passages) or 1.0
    top_cosine = float(max(cosines))
    rows: list[tuple[float, ...]] = []
    for candidate, cosine, share in zip(candidates, cosines, shares, strict=True):
        here = candidate.passage.chunk.id
        before, after = places.get((here, candidate.place - 1)), places.get((here, candidate.place + 1))
        held = {term: weight for term, weight in terms.items() if term in candidate.stems}
        length = len(candidate.text.split())
        new_names = w.names(candidate.text) - question_words
        matches = w.kind_matches(kind, candidate.text, question)
        rows.append(
            (
                float(cosine),
                float(cosines[before]) if before is not None else 0.0,
                float(cosines[after]) if after is not None else 0.0,
                passage_best[here],
                float(cosine) / max(top_cosine, 0.05),
                share,
                _share(terms, candidate.near),
                max((shares[i] for i in (before, after) if i is not None), default=0.0),
                max(held.values(), default=0.0) / max(terms.values()),
                candidate.passage.score / top_passage,
                matches,
                matches * share,
                min(len(new_names), 3) / 3 if kind in ("who", "where", "") else 0.0,
                1.0 if w.numbers(candidate.text) - question_numbers else 0.0,
                len(pairs & set(pairwise(candidate.ordered))) / max(len(pairs), 1),
                1.0 if candidate.text.endswith("?") else 0.0,
                1.0 if length < 6 else 0.0,
                1.0 if length > 45 else 0.0,
                1.0 if _PRONOUN.match(candidate.text) else 0.0,
                1.0 if candidate.start == 0 else 0.0,
            )
        )
    kind_column = SENTENCE_FEATURES.index("kind")

    def answer(scores: Sequence[float]) -> tuple[float, ...]:
        order = sorted(range(len(candidates)), key=lambda i: -scores[i])
        best = candidates[order[0]]
        second = scores[order[1]] if len(order) > 1 else 0.0
        near_text = " ".join(
            [best.passage.article.title, best.passage.chunk.heading, best.passage.chunk.text]
        )
        near = frozenset(w.content_stems(near_text, language))
        near_words = frozenset(w.words(near_text)) | near
        stems_of_names = {name: w.stem(name, language) for name in question_names}
        missing_names = [n for n, s in stems_of_names.items() if n not in near_words and s not in near_words]
        day = best.passage.article.published
        beside = f"{best.context} {best.text} {best.passage.chunk.heading} {day.year if day else ''}"
        rarest = max(terms, key=lambda t: terms[t])
        return (
            logit(scores[order[0]]),
            logit(second),
            top_cosine,
            float(cosines[order[0]]),
            float(np.mean(sorted(cosines)[-5:])),
            shares[order[0]],
            _share(terms, near),
            len(missing_names) / max(len(question_names), 1),
            1.0 if question_numbers - w.numbers(beside) else 0.0,
            rows[order[0]][kind_column],
            scores[order[0]] - second,
            1.0 if rarest not in near else 0.0,
            min(len(terms), 12) / 12,
        )

    return candidates, rows, answer


def unmentioned(question: str, passages: Sequence[Passage], most: int = 4) -> str:
    """What a question insists on and none of the first `most` passages mentions: a year of its, or
    the names in it when all of them are missing; "" for nothing. An answer could not be supported.

    Initials ("UN") are not looked for, since the text may spell them out; a name counts as mentioned
    when a word begins like it ("Norwegian" for Norway).
    """
    near = " ".join(
        f"{p.article.title} {p.chunk.heading} {p.chunk.text} {p.article.published or ''}"
        for p in passages[:most]
    )
    held = frozenset(w.words(w.unaccented(near)))
    for year in sorted(re.findall(r"\b(?:1\d|20)\d\d\b", question)):
        if year not in near:
            return year
    asked = {name for name in w.names(question) if not name.isdigit()}
    plain = [m.group() for m in w.WORD.finditer(question) if (w.words(m.group()) or [""])[0] in asked]
    names = [name for name in plain if not (name.isupper() and len(name) <= 5)]
    if names and len(names) == len(plain):
        found = any(
            name in held or any(word.startswith(name[:4]) for word in held if len(name) > 5)
            for name in (w.unaccented(w.words(name)[0]) for name in names)
        )
        if not found:
            return names[0]
    return ""


def _shortlist(everything: Sequence[Candidate], terms: dict[str, float]) -> list[Candidate]:
    """At most MAX_CANDIDATES sentences: all of the first passages, then those that share the most
    with the question."""
    if len(everything) <= MAX_CANDIDATES:
        return list(everything)
    first = [c for c in everything if c.passage.rank <= 3][: MAX_CANDIDATES * 2 // 3]
    rest = [c for c in everything if c not in first]
    rest.sort(key=lambda c: -(_share(terms, c.near) + 0.6 * c.passage.score - 0.02 * c.passage.rank))
    return first + rest[: MAX_CANDIDATES - len(first)]


def within_budget(sentences: Sequence[Evidence], tokens: int, count: Callable[[str], int]) -> list[Evidence]:
    """The best sentences, best first, that fit into `tokens` by `count(text)`; the best is always in."""
    chosen: list[Evidence] = []
    used = 0
    for sentence in sentences:
        cost = count(sentence.text) + 8  # its number, date and line break
        if chosen and used + cost > tokens:
            continue
        chosen.append(sentence)
        used += cost
        if used >= tokens:
            break
    return chosen
