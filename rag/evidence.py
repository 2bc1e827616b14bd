"""Which sentences answer the question, and is that enough?

The evidence model (`rag/evidence_model.py`) reads the first passages whole and says of each sentence whether it is
the evidence and where in it an answer stands; with how good its passage is, whether it holds the kind of thing
asked for and how much of the question, that gives the order. A logistic model over the best logit, the closeness of the
best passage, and what of the question the best sentence and its passage hold gives the confidence that the articles answer
at all. Only three sentences are embedded for this: to embed all would take as long as the reading.

Without the evidence model, plain features of up to MAX_CANDIDATES sentences (closeness in meaning, rarer words, kind,
passage) decide both. The weights were fitted by `rag/training/scorers.py` on public question sets and lie in
`rag/weights/scorers.json`.
"""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from index.schema import Article
from index.split import is_heading, sentence_spans
from rag import measure, orders
from rag import words as w
from rag.evidence_model import Read, Reading, context_of
from rag.parts import asked_kind
from rag.retrieve import Encodes
from rag.schema import Evidence, Passage
from rag.scorers import Logistic, scorer, sigmoid

MAX_CANDIDATES = 40
HELD_FEATURES = ("covered", "covered_passage", "missing_name", "missing_number")
WHOLE_FEATURES = (*HELD_FEATURES, "kind", "missing_rare", "asked_words")
SENTENCE_FEATURES = (
    "cosine", "cosine_before", "cosine_after", "cosine_passage", "cosine_best", "covered", "covered_near",
    "covered_beside", "best_word", "passage_score", "kind", "kind_covered", "names", "numbers", "bigrams",
    "question", "short", "long", "pronoun", "first_in_article",
)  # fmt: skip
ANSWER_FEATURES = ("top", "second", "margin", *WHOLE_FEATURES, "cosine", "passage_cosine", "passage_mean")
READ_FEATURES = ("logit", "answer", "kind", "passage_score", "covered")
READ_ANSWER_FEATURES = ("logit_top", "passage_cosine", "cosine", *HELD_FEATURES)
READ_PASSAGES = 6
EMBEDDED = 3
"""So many of the best sentences are embedded for the confidence: a long passage about much may hold one close sentence."""
ASKS = math.log(0.2)
"""What a sentence that asks instead of telling loses of its log odds."""
_PRONOUN = re.compile(r"^(?:he|she|it|they|this|that|these|those|his|her|its|their|such)\b", re.IGNORECASE)


STRANGE = 1.0
"""What a sentence loses of the share of the question that it holds, for being about something else."""


class Reads(Protocol):
    """What scoring needs of the evidence model; `calibrated` where its logits are those of ours."""

    @property
    def calibrated(self) -> bool: ...

    def read(self, readings: Sequence[Reading]) -> list[list[Read]]: ...


ORDER = Logistic(-6.0, (0.6, 0.2, 0.5, 4.0, 0.5))
"""The order of the sentences that were read, over READ_FEATURES, set by hand near its fit (.51, .07, .37, 4.5, 1.4): the
fit hardly minds where an answer stands and puts first what merely repeats the question (docs/decisions.md)."""
ORDER_FOREIGN = Logistic(-6.0, (0.3, 0.1, 1.0, 4.0, 3.0))
"""The same for other languages than English, of which the evidence model has read none: the question's own words count more."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Evidence for one question: sentences best first (the scores of all add to 1) and the confidence that they
    answer it."""

    sentences: tuple[Evidence, ...]
    confidence: float


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
            for text in known:
                self._known.move_to_end(text)
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


class Asked:
    """A question beside the candidates: what it holds, how telling each of its stems is among them."""

    def __init__(self, question: str, candidates: Sequence[Candidate], language: str) -> None:
        self.stems = w.content_stems(question, language) or [w.stem(x, language) for x in w.words(question)]
        n = len(candidates)
        # Inverse document frequency over the candidates; a stem none of them holds is the most telling.
        self.terms = {
            term: math.log((n + 1.0) / (sum(term in c.near for c in candidates) + 0.5)) + 0.2
            for term in dict.fromkeys(self.stems)
        }
        self.total = sum(self.terms.values())
        self.text, self.language = question, language
        spoken = w.spoken(question)
        # Number words and weekdays of other languages are not known, so that nothing is held against their sentences.
        self.foreign = spoken != "en"
        self.nouns = w.names(question) if self.foreign else frozenset[str]()
        self._strange: dict[str, bool] = {}
        self.measured = measure.wanted(question)
        self.kind = asked_kind(question, spoken) if self.foreign else w.wanted_kind(question)
        self.names = w.named(question, language)
        self.words = frozenset(w.words(question))
        self.numbers = w.numbers(question)
        self.pairs = set(pairwise(self.stems))

    def share(self, held: Collection[str]) -> float:
        """How much of the question, by its telling stems, is among those held: 0 to 1."""
        return sum(v for term, v in self.terms.items() if term in held) / self.total if self.total else 0.0

    def covered(self, candidate: Candidate) -> float:
        """How much of the question the candidate holds. In another language than English less where its article has none of the
        question's names and nouns: "it cost 180 million" may be about something else."""
        share = self.share(candidate.stems)
        return share - STRANGE if self.nouns and self._is_strange(candidate.passage.article) else share

    def _is_strange(self, article: Article) -> bool:
        """True where an article holds none of the question's names and nouns."""
        if article.id not in self._strange:
            text = f"{article.title} {article.text}".lower()
            # Folding a long article takes time: it is done only where no noun stands there as the question has it.
            held = any(noun in text for noun in self.nouns)
            if not held:  # nor without its ending, which the article may have in another case
                folded = w.unaccented(text)
                held = any(w.unaccented(noun)[: max(4, len(noun) - 2)] in folded for noun in self.nouns)
            self._strange[article.id] = not held
        return self._strange[article.id]

    def matches(self, candidate: Candidate) -> float:
        """See `rag.words.kind_matches`."""
        if self.measured:
            return 1.0 if measure.tells(candidate.text, self.measured) else 0.0
        match = w.kind_matches(self.kind, candidate.text, self.text)
        return max(match, 0.0) if self.foreign else match

    def new_names(self, candidate: Candidate) -> float:
        """Names beyond the question's, up to three, as a share of three; 0 where none is asked for."""
        fresh = w.names(candidate.text) - self.words if self.kind in ("who", "where", "") else ()
        return min(len(fresh), 3) / 3

    def bigrams(self, candidate: Candidate) -> float:
        """The share of the question's neighbouring stems that are neighbours in the candidate."""
        return len(self.pairs & set(pairwise(candidate.ordered))) / max(len(self.pairs), 1)

    def held(self, best: Candidate) -> tuple[float, ...]:
        """HELD_FEATURES: what of the question the best candidate and its passage hold."""
        chunk, article = best.passage.chunk, best.passage.article
        near_text = _with_titles(best.passage)
        near = frozenset(w.content_stems(near_text, self.language))
        near_words = frozenset(w.words(near_text)) | near
        missing = [
            name
            for name in self.names
            if name not in near_words and w.stem(name, self.language) not in near_words
        ]
        day = article.published
        beside = f"{best.context} {best.text} {chunk.heading} {day.year if day else ''}"
        return (
            self.share(best.stems),
            self.share(near),
            len(missing) / max(len(self.names), 1),
            1.0 if self.numbers - w.numbers(beside) else 0.0,
        )

    def whole(self, best: Candidate) -> tuple[float, ...]:
        """WHOLE_FEATURES: `held`, and what kind of question it is."""
        near = frozenset(w.content_stems(_with_titles(best.passage), self.language))
        rarest = max(self.terms, key=lambda t: self.terms[t], default="")
        return (
            *self.held(best),
            self.matches(best),
            1.0 if rarest and rarest not in near else 0.0,
            min(len(self.terms), 12) / 12,
        )


def _with_titles(passage: Passage) -> str:
    return f"{passage.article.title} {passage.chunk.heading} {passage.chunk.text}"


@dataclass(frozen=True, slots=True)
class Scored:
    """The candidates with their log odds for the order, the confidence that they answer, and what the evidence
    model said of each that it read."""

    candidates: Sequence[Candidate]
    scores: list[float]
    confidence: float
    said: dict[int, Read]


def ranked_anew(sentences: Iterable[Evidence], confidence: float) -> Ranked:
    """The sentences best first, with their scores, of any sum above 0, made to add to 1."""
    order = sorted(sentences, key=lambda item: -item.score)
    total = sum(item.score for item in order)
    return Ranked(tuple(replace(item, score=item.score / total) for item in order), confidence)


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
    no sentences and confidence 0. With a `reader` the sentences of the first READ_PASSAGES passages are
    read and the others left out; without one, plain features decide over those of all.
    """
    if reader is not None and reader.calibrated:
        scored = _by_reading(question, passages, cache, vector, language, reader)
    else:
        scored = _by_features(question, passages, cache, vector, language, reader)
    candidates, scores = scored.candidates, scored.scores
    if not candidates:
        return Ranked((), 0.0)
    for i, candidate in enumerate(candidates):
        if candidate.text.rstrip("”\"’' ").endswith("?"):
            scores[i] += ASKS
    kept = sorted(range(len(candidates)), key=lambda i: -scores[i])
    if not orders.asks_about_orders(question):
        stays = orders.kept([sigmoid(score) for score in scores], [c.suspect for c in candidates])
        kept = [i for i in kept if stays[i]]
    total = float(np.logaddexp.reduce([scores[i] for i in kept]))
    sentences = tuple(_evidence(candidates[i], math.exp(scores[i] - total), scored.said.get(i)) for i in kept)
    return Ranked(sentences, scored.confidence)


def _by_features(
    question: str,
    passages: Sequence[Passage],
    cache: SentenceCache,
    vector: np.ndarray,
    language: str,
    reader: Reads | None,
) -> Scored:
    """Scores without the evidence model of ours; another cross-encoder's logits decide the order where there is
    one, and say nothing of the confidence, since each has a scale of its own."""
    candidates, rows, answer = features(question, passages, cache, vector, language=language)
    if not candidates:
        return Scored((), [], 0.0, {})
    plain = scorer("sentence", SENTENCE_FEATURES)
    scores = [plain(row) for row in rows]
    summary = answer(scores)
    confidence = scorer("answerable", ANSWER_FEATURES)(summary)
    if reader is not None:
        near, reads = read(question, candidates, reader)
        placed = {i: said.logit for i, said in zip(near, reads, strict=True)}
        least = min(placed.values(), default=0.0)  # not read: behind all that were
        odds = [placed.get(i, least + math.log(max(score, 1e-9))) for i, score in enumerate(scores)]
    else:
        odds = [logit(score) for score in scores]
    return Scored(candidates, odds, confidence, {})


def _by_reading(
    question: str,
    passages: Sequence[Passage],
    cache: SentenceCache,
    vector: np.ndarray,
    language: str,
    reader: Reads,
) -> Scored:
    """Scores by the evidence model's reading of the first READ_PASSAGES passages."""
    candidates, reads = candidates_read(question, passages, reader)
    if not candidates:
        return Scored((), [], 0.0, {})
    asked = Asked(question, candidates, language)
    rows = read_rows(asked, candidates, reads)
    odds = [_odds(row, candidate) for row, candidate in zip(rows, candidates, strict=True)]
    if not orders.asks_about_orders(question):  # the confidence must not rest on what will not be shown
        stays = orders.kept([sigmoid(x) for x in odds], [c.suspect for c in candidates])
        keep = [i for i, stay in enumerate(stays) if stay]
        candidates, reads, rows, odds = (
            [candidates[i] for i in keep],
            [reads[i] for i in keep],
            [rows[i] for i in keep],
            [odds[i] for i in keep],
        )
    summary = read_summary(asked, candidates, reads, rows, cache, vector)
    confidence = scorer("answerable_read", READ_ANSWER_FEATURES)(summary)
    return Scored(candidates, odds, confidence, dict(enumerate(reads)))


def _odds(row: Sequence[float], candidate: Candidate) -> float:
    order = ORDER if (candidate.passage.article.language or "en") == "en" else ORDER_FOREIGN
    return order.odds(row)


def _evidence(candidate: Candidate, score: float, read: Read | None) -> Evidence:
    """The candidate as evidence, the answer marked where the evidence model finds one."""
    answer, sure = None, 0.0
    if read is not None and read.answer is not None:
        begins = candidate.passage.chunk.start
        answer = (begins + read.answer[0], begins + read.answer[1])
        sure = sigmoid(read.answer_logit)
    return Evidence(candidate.passage, candidate.text, candidate.start, candidate.end, score, answer, sure)


def candidates_read(
    question: str, passages: Sequence[Passage], reader: Reads
) -> tuple[list[Candidate], list[Read]]:
    """The sentences of the first READ_PASSAGES passages that the evidence model got to read, and what it says."""
    first = sorted(passages, key=lambda passage: passage.rank)[:READ_PASSAGES]
    candidates = _honest(question, candidates_of(first))
    chosen, reads = read(question, candidates, reader)
    return [candidates[i] for i in chosen], reads


def read(question: str, candidates: Sequence[Candidate], reader: Reads) -> tuple[list[int], list[Read]]:
    """(which candidates were read, what is said of each): those of the first READ_PASSAGES passages, each
    passage read at once, less those where a long passage was cut before them."""
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
    found = [
        (i, said)
        for group, reads in zip(groups, reader.read(readings), strict=True)
        for i, said in zip(group, reads, strict=True)
        if math.isfinite(said.logit)
    ]
    return [i for i, _ in found], [said for _, said in found]


def read_rows(
    asked: Asked, candidates: Sequence[Candidate], reads: Sequence[Read]
) -> list[tuple[float, ...]]:
    """A row of READ_FEATURES for each candidate."""
    top_passage = max((c.passage.score for c in candidates), default=1.0) or 1.0
    return [
        (
            said.logit,
            max(-8.0, min(8.0, said.answer_logit)),
            asked.matches(candidate),
            candidate.passage.score / top_passage,
            asked.covered(candidate),
        )
        for candidate, said in zip(candidates, reads, strict=True)
    ]


def read_summary(
    asked: Asked,
    candidates: Sequence[Candidate],
    reads: Sequence[Read],
    rows: Sequence[Sequence[float]],
    cache: SentenceCache,
    vector: np.ndarray,
) -> tuple[float, ...]:
    """READ_ANSWER_FEATURES of at least one candidate, given the rows of READ_FEATURES and the question's embedding."""
    order = sorted(range(len(candidates)), key=lambda i: -ORDER.odds(rows[i]))
    best = [candidates[i] for i in order[:EMBEDDED]]
    return (
        max(said.logit for said in reads),
        max(c.passage.cosine for c in candidates),
        float((cache.encode([c.text for c in best]) @ vector).max()),
        *asked.held(best[0]),
    )


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
    everything = _honest(question, candidates_of(passages))
    if not everything:
        return [], [], lambda scores: ()
    asked = Asked(question, everything, language)
    candidates = _shortlist(everything, asked)
    vectors = cache.encode([c.text for c in candidates])
    cosines = vectors @ vector
    shares = [asked.share(c.stems) for c in candidates]
    places = {(c.passage.chunk.id, c.place): i for i, c in enumerate(candidates)}
    passage_best: dict[str, float] = {}
    for candidate, cosine in zip(candidates, cosines, strict=True):
        known = passage_best.get(candidate.passage.chunk.id, -1.0)
        passage_best[candidate.passage.chunk.id] = max(known, float(cosine))
    top_passage = max(p.score for p in passages) or 1.0
    top_cosine = float(max(cosines))
    rows: list[tuple[float, ...]] = []
    for candidate, cosine, share in zip(candidates, cosines, shares, strict=True):
        here = candidate.passage.chunk.id
        before, after = places.get((here, candidate.place - 1)), places.get((here, candidate.place + 1))
        held = [weight for term, weight in asked.terms.items() if term in candidate.stems]
        length = len(candidate.text.split())
        matches = asked.matches(candidate)
        rows.append(
            (
                float(cosine),
                float(cosines[before]) if before is not None else 0.0,
                float(cosines[after]) if after is not None else 0.0,
                passage_best[here],
                float(cosine) / max(top_cosine, 0.05),
                share,
                asked.share(candidate.near),
                max((shares[i] for i in (before, after) if i is not None), default=0.0),
                max(held, default=0.0) / max(asked.terms.values(), default=1.0),
                candidate.passage.score / top_passage,
                matches,
                matches * share,
                asked.new_names(candidate),
                1.0 if w.numbers(candidate.text) - asked.numbers else 0.0,
                asked.bigrams(candidate),
                1.0 if candidate.text.endswith("?") else 0.0,
                1.0 if length < 6 else 0.0,
                1.0 if length > 45 else 0.0,
                1.0 if _PRONOUN.match(candidate.text) else 0.0,
                1.0 if candidate.start == 0 else 0.0,
            )
        )

    def answer(scores: Sequence[float]) -> tuple[float, ...]:
        order = sorted(range(len(candidates)), key=lambda i: -scores[i])
        second = scores[order[1]] if len(order) > 1 else 0.0
        return (
            logit(scores[order[0]]),
            logit(second),
            scores[order[0]] - second,
            *asked.whole(candidates[order[0]]),
            top_cosine,
            float(cosines[order[0]]),
            float(np.mean(sorted(cosines)[-5:])),
        )

    return candidates, rows, answer


def _honest(question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates less text that speaks to the model, which is nobody's answer unless asked about."""
    asks = orders.asks_about_orders(question)
    return [c for c in candidates if asks or not c.order]


def unmentioned(question: str, passages: Sequence[Passage], *, language: str = "en", most: int = 4) -> str:
    """What a question insists on and none of the first `most` passages mentions: a year of its, or
    the names in it when all of them are missing; "" for nothing. An answer could not be supported.

    Initials ("UN") are not looked for, since the text may spell them out; a name counts as mentioned
    when a word begins like it ("Norwegian" for Norway).
    """
    near = " ".join(f"{_with_titles(p)} {p.article.published or ''}" for p in passages[:most])
    held = frozenset(w.words(w.unaccented(near)))
    for year in sorted(re.findall(r"\b(?:1\d|20)\d\d\b", question)):
        if year not in near:
            return year
    asked = {name for name in w.named(question, language) if not name.isdigit()}
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


def _shortlist(everything: Sequence[Candidate], asked: Asked) -> list[Candidate]:
    """At most MAX_CANDIDATES sentences: all of the first passages, then those that share the most
    with the question."""
    if len(everything) <= MAX_CANDIDATES:
        return list(everything)
    first = [c for c in everything if c.passage.rank <= 3][: MAX_CANDIDATES * 2 // 3]
    rest = [c for c in everything if c not in first]
    rest.sort(key=lambda c: -(asked.share(c.near) + 0.6 * c.passage.score - 0.02 * c.passage.rank))
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
