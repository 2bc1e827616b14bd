"""Which sentences answer the question, and is that enough?

Each sentence of the retrieved passages gets a score from a few features (how close it is in
meaning, how many of the question's rarer words it holds, whether it holds the kind of thing asked
for, how good its passage is) through a logistic model; a second one over the best sentences gives
the confidence that the articles answer the question at all. Both were fitted by
`rag/training/scorers.py` on public question sets; the weights lie in `rag/weights/scorers.json`.
"""

from __future__ import annotations

import json
import math
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from index.split import is_heading, sentence_spans
from rag import words as w
from rag.retrieve import Encodes
from rag.schema import Evidence, Passage

MAX_CANDIDATES = 36
SENTENCE_FEATURES = (
    "cosine", "covered", "covered_near", "best_word", "passage_score", "first_passage", "kind", "names",
    "bigrams", "question", "short", "long", "pronoun",
)  # fmt: skip
ANSWER_FEATURES = (
    "top", "second", "cosine", "passage_cosine", "covered", "covered_passage", "missing_name",
    "missing_number", "kind", "margin", "missing_rare",
)  # fmt: skip
_PRONOUN = re.compile(r"^(?:he|she|it|they|this|that|these|those|his|her|its|their|such)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Logistic:
    """p = 1 / (1 + exp(-(bias + weights . x)))."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, features: Sequence[float]) -> float:
        z = self.bias + sum(a * b for a, b in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


@dataclass(frozen=True, slots=True)
class Ranked:
    """Evidence for one question: sentences best first, the confidence that they answer it, and the
    features behind it (for explanation and fitting)."""

    sentences: tuple[Evidence, ...]
    confidence: float
    features: tuple[float, ...]


@lru_cache(maxsize=1)
def scorers() -> tuple[Logistic, Logistic]:
    """(sentence scorer, answerability scorer) as shipped."""
    stored = json.loads((Path(__file__).parent / "weights" / "scorers.json").read_text("utf-8"))
    made: list[Logistic] = []
    for name, features in (("sentence", SENTENCE_FEATURES), ("answerable", ANSWER_FEATURES)):
        table = stored[name]["weights"]
        made.append(Logistic(stored[name]["bias"], tuple(table[feature] for feature in features)))
    return made[0], made[1]


class SentenceCache:
    """Embeddings of sentences seen lately, so that a second question on the same article is quick."""

    def __init__(self, embedder: Encodes, size: int = 20_000) -> None:
        self._embedder, self._size = embedder, size
        self._known: OrderedDict[str, np.ndarray] = OrderedDict()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, shape (len(texts), dimension)."""
        known = {text: self._known.get(text) for text in texts}
        missing = [text for text, vector in known.items() if vector is None]
        if missing:
            for text, vector in zip(missing, self._embedder.encode(missing), strict=True):
                known[text] = vector
                self._known[text] = vector
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return np.stack([vector for vector in (known[text] for text in texts) if vector is not None])


@dataclass(slots=True)
class _Candidate:
    passage: Passage
    start: int
    end: int
    text: str
    stems: frozenset[str]
    near: frozenset[str]
    ordered: list[str]


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    """Every sentence of the passages once, headings left out."""
    found: list[_Candidate] = []
    seen: set[str] = set()
    for passage in passages:
        chunk, article = passage.chunk, passage.article
        language = article.language or "en"
        title = frozenset(w.content_stems(f"{article.title} {chunk.heading}", language))
        before: frozenset[str] = frozenset()
        for start, end in sentence_spans(chunk.text, language):
            text = chunk.text[start:end]
            ordered = w.content_stems(text, language)
            stems = frozenset(ordered)
            if text in seen or not ordered or is_heading(text):
                before = stems
                continue
            seen.add(text)
            found.append(
                _Candidate(passage, chunk.start + start, chunk.start + end, text, stems, stems | title | before, ordered)
            )
            before = stems
    return found


def _rarity(terms: Sequence[str], candidates: Sequence[_Candidate]) -> dict[str, float]:
    """How telling each of the question's stems is among these candidates (inverse document
    frequency over them: log((n + 1) / (df + 0.5))); a stem none of them holds is the most telling."""
    n = len(candidates)
    return {
        term: math.log((n + 1.0) / (sum(term in c.near for c in candidates) + 0.5)) + 0.2 for term in dict.fromkeys(terms)
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
) -> Ranked:
    """Scores the sentences of `passages` for a question whose embedding is `vector`.

    Returns them best first with the confidence that the question is answered; empty passages give
    no sentences and confidence 0.
    """
    candidates, rows, answer = features(question, passages, cache, vector, language=language)
    if not candidates:
        return Ranked((), 0.0, ())
    by_sentence, by_answer = scorers()
    scores = [by_sentence(row) for row in rows]
    order = sorted(range(len(candidates)), key=lambda i: -scores[i])
    sentences = tuple(
        Evidence(candidates[i].passage, candidates[i].text, candidates[i].start, candidates[i].end, scores[i])
        for i in order
    )
    summary = answer(scores)
    return Ranked(sentences, by_answer(summary), summary)


def features(
    question: str, passages: Sequence[Passage], cache: SentenceCache, vector: np.ndarray, *, language: str = "en"
):
    """The candidates, their feature rows (SENTENCE_FEATURES), and a function from the candidates'
    scores to the row of ANSWER_FEATURES."""
    everything = _candidates(passages)
    if not everything:
        return [], [], lambda scores: ()
    question_stems = w.content_stems(question, language) or [w.stem(x, language) for x in w.words(question)]
    terms = _rarity(question_stems, everything)
    everything.sort(key=lambda c: -(_share(terms, c.near) + 0.6 * c.passage.score - 0.02 * c.passage.rank))
    candidates = everything[:MAX_CANDIDATES]
    vectors = cache.encode([c.text for c in candidates])
    cosines = vectors @ vector
    kind = w.wanted_kind(question)
    question_names = w.names(question)
    question_words = frozenset(w.words(question))
    pairs = set(zip(question_stems, question_stems[1:], strict=False))
    top_passage = max(p.score for p in passages) or 1.0
    rows: list[tuple[float, ...]] = []
    for candidate, cosine in zip(candidates, cosines, strict=True):
        held = {term: weight for term, weight in terms.items() if term in candidate.stems}
        length = len(candidate.text.split())
        new_names = w.names(candidate.text) - question_words
        rows.append(
            (
                float(cosine),
                _share(terms, candidate.stems),
                _share(terms, candidate.near),
                max(held.values(), default=0.0) / max(terms.values()),
                candidate.passage.score / top_passage,
                1.0 if candidate.passage.rank == 1 else 0.0,
                w.kind_matches(kind, candidate.text, question),
                min(len(new_names), 3) / 3 if kind in ("who", "where", "") else 0.0,
                len(pairs & set(zip(candidate.ordered, candidate.ordered[1:], strict=False))) / max(len(pairs), 1),
                1.0 if candidate.text.endswith("?") else 0.0,
                1.0 if length < 6 else 0.0,
                1.0 if length > 45 else 0.0,
                1.0 if _PRONOUN.match(candidate.text) else 0.0,
            )
        )

    def answer(scores: Sequence[float]) -> tuple[float, ...]:
        order = sorted(range(len(candidates)), key=lambda i: -scores[i])
        best = candidates[order[0]]
        second = scores[order[1]] if len(order) > 1 else 0.0
        near_text = " ".join([best.passage.article.title, best.passage.chunk.heading, best.passage.chunk.text])
        near = frozenset(w.content_stems(near_text, language))
        near_words = frozenset(w.words(near_text)) | near
        stems_of_names = {name: w.stem(name, language) for name in question_names}
        missing_names = [n for n, s in stems_of_names.items() if n not in near_words and s not in near_words]
        asked_numbers = w.numbers(question)
        rarest = max(terms, key=lambda t: terms[t])
        return (
            math.log(max(scores[order[0]], 1e-4) / max(1 - scores[order[0]], 1e-4)),
            math.log(max(second, 1e-4) / max(1 - second, 1e-4)),
            float(max(cosines)),
            float(cosines[order[0]]),
            rows[order[0]][1],
            _share(terms, near),
            len(missing_names) / max(len(question_names), 1),
            1.0 if asked_numbers - w.numbers(near_text) else 0.0,
            rows[order[0]][6],
            scores[order[0]] - second,
            1.0 if rarest not in near else 0.0,
        )

    return candidates, rows, answer


def within_budget(sentences: Sequence[Evidence], tokens: int, count) -> list[Evidence]:
    """The best sentences that fit into `tokens` by `count(text)`, in reading order within an
    article, articles by their best sentence. The best one is always in."""
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
