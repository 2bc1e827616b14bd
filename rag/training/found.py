"""What the product's own retrieval finds for the questions of public sets: the raw material of the drafting examples."""

from __future__ import annotations

import hashlib
import logging
import pickle
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.build import build_index
from index.embed import SentenceEmbedder, load_embedder
from index.library import Library
from rag import evidence
from rag.evidence_model import WEIGHTS, load_evidence_model
from rag.retrieve import retrieve
from rag.schema import Evidence, Passage
from rag.training.sets import Asked, Pages, annotated

log = logging.getLogger(__name__)
PASSAGES = 3
KEPT = 6
"""So many of the best sentences are kept of each question."""
SIZES = {"new_wiki_v1.0": (3500, 7200), "qed-dev": (1000, 1400), "dev-v2.0": (800, 1800), "dev": (500, 900)}
"""Of each set so many questions, drawn by the seed: the first figure with the evidence model's reading, which takes most of
the time, the rest with sentences chosen by the words they share with the question."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence that was found: `right` where an annotated answer stands in it; `answer` is where the evidence
    model sees the answer, (start, end) in `text`, `sure` how sure it is (0 to 1); `score` as in `rag.schema.Evidence`."""

    text: str
    title: str
    score: float
    right: bool
    answer: tuple[int, int] | None
    sure: float


@dataclass(frozen=True, slots=True)
class Found:
    """One question with the best sentences that were found for it, best first. `answers` are the annotated answers as
    they stand in the text; empty where the page does not answer. `whole`: these are whole sentences."""

    set: str
    page: str
    question: str
    answers: tuple[str, ...]
    whole: bool
    confidence: float
    facts: tuple[Fact, ...]


def found_for(
    pages: Pages, asked: Sequence[Asked], read: int, embedder: SentenceEmbedder, folder: Path, precision: str
) -> list[Found]:
    """Asks the questions of a set of its own pages: the first `read` as the product would, the others by words."""
    place = folder / pages.label
    build_index(place, [pages], embedder=embedder)
    library = Library.open(place, embedder=embedder)
    reader = load_evidence_model(precision=precision)
    assert reader is not None
    cache = evidence.SentenceCache(embedder)
    ids = {article.external_id: article.id for article in library.articles()}
    made: list[Found] = []
    began = time.time()
    for number, item in enumerate(asked):
        if number % 200 == 0:
            log.info("%s: %d of %d questions, %.0f s", pages.label, number, len(asked), time.time() - began)
        if item.page not in ids:
            continue
        reads = number < read
        how = "hybrid" if reads else "lexical"
        vector = embedder.encode([item.question])[0] if reads else None
        passages = list(retrieve(library, embedder, item.question, 8, vector=vector, retriever=how))
        page = ids[item.page]
        holding = [p for p in passages if _holds(p, page, item)]
        first = passages[:PASSAGES]
        if holding and not any(p in first for p in holding):
            first = [*passages[: PASSAGES - 1], holding[0]]
        ranked = (
            evidence.rank(item.question, first, cache, vector, reader=reader)
            if vector is not None
            else by_words(item.question, first)
        )
        facts: list[Fact] = []
        for sentence in ranked.sentences[:KEPT]:
            own = sentence.passage.article.id == page
            right = own and any(
                (sentence.start <= a and b <= sentence.end) or (item.whole and a <= sentence.start < b)
                for a, b in item.spans
            )
            facts.append(
                Fact(
                    sentence.text,
                    sentence.passage.article.title,
                    sentence.score,
                    right,
                    sentence.answer_within,
                    sentence.answer_score,
                )
            )
        text = pages.texts[item.page]
        answers = tuple(dict.fromkeys(text[a:b] for a, b in item.spans))
        made.append(
            Found(
                pages.label,
                f"{pages.label}/{item.page}",
                item.question,
                answers,
                item.whole,
                ranked.confidence,
                tuple(facts),
            )
        )
    library.close()
    return made


def by_words(question: str, passages: Sequence[Passage]) -> evidence.Ranked:
    """The sentences in the order of how much of the question they hold, with their titles; nothing is read."""
    candidates = evidence.candidates_of(passages)
    if not candidates:
        return evidence.Ranked((), 0.0)
    asked = evidence.Asked(question, candidates, "en")
    held = [asked.share(c.near) + 0.3 * asked.share(c.stems) + 0.2 * asked.matches(c) for c in candidates]
    order = sorted(range(len(candidates)), key=lambda i: -held[i])
    total = sum(max(x, 0.01) for x in held)
    return evidence.Ranked(
        tuple(
            Evidence(c.passage, c.text, c.start, c.end, max(held[i], 0.01) / total)
            for i, c in ((i, candidates[i]) for i in order)
        ),
        0.0,
    )


def _holds(passage: Passage, page: str, item: Asked) -> bool:
    chunk = passage.chunk
    return passage.article.id == page and any(
        (chunk.start <= a and b <= chunk.end) or (item.whole and a < chunk.end and chunk.start < b)
        for a, b in item.spans
    )


def found_key(seed: int, precision: str) -> str:
    """What else the findings depend on: sample, precision, evidence model."""
    model = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    return hashlib.sha256(repr((seed, precision, SIZES, PASSAGES, KEPT, model)).encode()).hexdigest()[:10]


def gather(data: Path, kept: Path | None, seed: int, precision: str = "bf16") -> list[Found]:
    """What is found for a sample of each set; kept in the folder `kept` set by set, and read from there when it is.
    Sets that are not there are left out, which is logged."""
    made: list[Found] = []
    embedder = None
    for path, read in annotated(data):
        if not path.is_file():
            log.warning("%s is not there: trained without it", path)
            continue
        pages, asked = read()
        file = kept / f"found-{pages.label}-{found_key(seed, precision)}.pickle" if kept else None
        if file and file.exists():
            made += pickle.loads(file.read_bytes())  # our own file of an earlier run
            continue
        embedder = embedder or load_embedder(precision=precision)
        chance = random.Random(seed)
        read_by_model, most = SIZES[pages.label]
        chosen = chance.sample(asked, min(len(asked), most))
        with tempfile.TemporaryDirectory() as folder:
            some = found_for(pages, chosen, read_by_model, embedder, Path(folder), precision)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(pickle.dumps(some))
        made += some
    return made
