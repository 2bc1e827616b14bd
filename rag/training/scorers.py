"""Fits `rag/weights/scorers.json`: which sentence answers a question, and is it answered at all.

    python -m rag.training.scorers --squad new_wiki_v1.0.json --squad2 dev-v2.0.json \
        --qed qed-dev.jsonlines [--questions 900]

Both models are logistic regressions over the features of `rag.evidence`, fitted by Newton's method
with a small ridge (iteratively reweighted least squares). Data: SQuADShifts New Wikipedia (CC BY
4.0), QED (CC BY-SA 3.0) and, for questions that nothing answers, SQuAD 2.0 (CC BY-SA 4.0) and
questions of the first two whose answers are withheld. A question with an answer counts its sentences that hold the answer at
the annotated place as right, all other candidates as wrong. Every fifth article is held out, and the
figures printed are on those.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from index.build import build_index
from index.embed import SentenceEmbedder, load_embedder
from index.library import Library
from rag import evidence
from rag.reader import CARD, SentenceReader, load_reader
from rag.retrieve import retrieve
from rag.training.sets import Asked, qed, squad

log = logging.getLogger(__name__)
WEIGHTS = Path(__file__).parent.parent / "weights" / "scorers.json"


def fit(
    rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, ridge: float = 1.0
) -> tuple[float, np.ndarray]:
    """(bias, weights) of a logistic regression by Newton's method; each row counts `weights` times."""
    x = np.hstack([np.ones((len(rows), 1)), rows])
    theta = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 0.0
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ theta, -30, 30)))
        gradient = x.T @ (weights * (labels - p)) - penalty * theta
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + np.diag(penalty + 1e-9)
        step = np.linalg.solve(hessian, gradient)
        theta += step
        if np.abs(step).max() < 1e-6:
            break
    return float(theta[0]), theta[1:]


def balanced_accuracy(scores: np.ndarray, labels: np.ndarray, threshold: float) -> float:
    """The mean of the shares of answerable rows at or above, and of others below the threshold."""
    return float(((scores[labels == 1] >= threshold).mean() + (scores[labels == 0] < threshold).mean()) / 2)


@dataclass(frozen=True, slots=True)
class Collected:
    """Feature rows as collected over the questions, before the second model can be fitted."""

    question: Asked
    rows: np.ndarray
    right: np.ndarray
    answer: Callable[[Sequence[float]], tuple[float, ...]]
    answerable: bool
    candidates: tuple[evidence.Candidate, ...]
    page: str


def collect(
    library: Library, embedder: SentenceEmbedder, asked: list[Asked], label: str, *, withhold: bool
) -> Iterator[Collected]:
    """Feature rows of each question by the product's own retrieval; with `withhold` once more
    without the passages that hold an answer string (then nothing answers it)."""
    cache = evidence.SentenceCache(embedder)
    for number, item in enumerate(asked):
        if number % 100 == 0:
            log.info("%d of %d questions", number, len(asked))
        vector = embedder.encode([item.question])[0]
        found = retrieve(library, embedder, item.question, 30, vector=vector)
        rounds = [(found[:8], bool(item.spans))]
        if withhold:
            silent = [p for p in found if not any(s in p.article.text.lower() for s in item.strings)]
            rounds.append((tuple(silent[:8]), False))
        for passages, answerable in rounds:
            candidates, rows, answer = evidence.features(item.question, passages, cache, vector)
            if not candidates:
                continue
            right = np.array(
                [
                    c.passage.article.external_id == item.page
                    and any(c.start <= s and e <= c.end for s, e in item.spans)
                    for c in candidates
                ],
                dtype=float,
            )
            if answerable and not right.any():
                continue  # not retrieved: whether it is answerable from these passages is unknown
            yield Collected(
                item, np.array(rows), right, answer, answerable, tuple(candidates), f"{label}/{item.page}"
            )


def main() -> int:
    """Fits, prints held-out figures, writes the weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--squad2", type=Path, required=True)
    parser.add_argument("--qed", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=900)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    embedder = load_embedder()
    chance = random.Random(options.seed)
    read_pages = set(json.loads(CARD.read_text("utf-8"))["held_out"]) if CARD.exists() else set()
    collected: list[Collected] = []
    with tempfile.TemporaryDirectory() as folder:
        for pages, asked, withhold in (
            (*squad(options.squad), True),
            (*qed(options.qed), True),
            (*squad(options.squad2), False),
        ):
            place = Path(folder) / pages.label
            build_index(place, [pages], embedder=embedder)
            library = Library.open(place, embedder=embedder)
            unseen = [a for a in asked if f"{pages.label}/{a.page}" in read_pages]
            others = [a for a in asked if f"{pages.label}/{a.page}" not in read_pages]
            asked = chance.sample(unseen, min(2 * options.questions, len(unseen)))
            asked += chance.sample(others, min(options.questions, len(others)))
            collected += collect(library, embedder, asked, pages.label, withhold=withhold)
            library.close()
    unread = [c for c in collected if c.page in read_pages]  # the evidence model has not seen these
    titles = sorted({c.page for c in collected})
    chance.shuffle(titles)
    held = set(titles[::5])
    made: dict[str, object] = {
        "made_by": "python -m rag.training.scorers",
        "data": [
            "SQuADShifts New Wikipedia (CC BY 4.0)",
            "QED (CC BY-SA 3.0)",
            "SQuAD 2.0 development set (CC BY-SA 4.0)",
        ],
    }
    sentence, answerable = _both(
        [c for c in collected if c.page not in held], [c for c in collected if c.page in held]
    )
    made["sentence"] = _named(evidence.SENTENCE_FEATURES, sentence)
    made["answerable"] = _named(evidence.ANSWER_FEATURES, answerable)
    reader = load_reader(precision=embedder.precision)
    if reader is not None and unread:
        log.info("with the evidence model, on %d rounds of pages it was not trained on", len(unread))
        read = [_read(c, sentence, reader) for c in unread]
        halves = (
            [c for c in read if hash_of(c.question.question) % 4],
            [c for c in read if not hash_of(c.question.question) % 4],
        )
        _both(*halves)
        sentence, answerable = _both(read, [])
        made["sentence_read"] = _named(evidence.READ_FEATURES, sentence)
        made["answerable_read"] = _named(evidence.READ_ANSWER_FEATURES, answerable)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    log.info("%s", json.dumps(made, indent=2))
    return 0


def hash_of(text: str) -> int:
    """A number that stays the same from run to run."""
    return zlib.crc32(text.encode())


def _read(c: Collected, plain: evidence.Logistic, reader: SentenceReader) -> Collected:
    """The same question with the rows of READ_FEATURES of the candidates that were read."""
    chosen, rows, logits = evidence.read_rows(
        c.question.question, c.candidates, c.rows.tolist(), [plain(row) for row in c.rows], reader
    )

    def answer(scores: Sequence[float]) -> tuple[float, ...]:
        full = np.zeros(len(c.candidates))
        full[chosen] = scores
        return (*c.answer(full.tolist()), *evidence.summary_of(logits))

    return replace(
        c,
        rows=np.array(rows),
        right=c.right[chosen],
        answer=answer,
        candidates=tuple(c.candidates[i] for i in chosen),
    )


def _both(train: list[Collected], test: list[Collected]) -> tuple[evidence.Logistic, evidence.Logistic]:
    """The sentence model and the answerability model over it; prints figures on both parts."""
    with_answer = [c for c in train if c.answerable]
    x = np.vstack([c.rows for c in with_answer])
    y = np.concatenate([c.right for c in with_answer])
    each = np.concatenate([np.full(len(c.rows), 10.0 / len(c.rows)) for c in with_answer])
    sentence = evidence.Logistic(*_plain(fit(x, y, each)))

    def scored(rows: list[Collected]) -> tuple[np.ndarray, np.ndarray]:
        made = [c.answer([sentence(r) for r in c.rows]) for c in rows]
        return np.array(made), np.array([float(c.answerable) for c in rows])

    xa, ya = scored(train)
    balance = np.where(ya == 1, 0.5 / (ya == 1).sum(), 0.5 / (ya == 0).sum()) * len(ya)
    answerable = evidence.Logistic(*_plain(fit(xa, ya, balance)))
    for name, rows in (("fitted on", train), ("held out", test)):
        if not rows:
            continue
        answered = [c for c in rows if c.answerable]
        orders = [np.argsort([-sentence(r) for r in c.rows]) for c in answered]
        hits = [
            np.mean([c.right[o[:k]].any() for c, o in zip(answered, orders, strict=True)]) for k in (1, 2, 3)
        ]
        xs, ys = scored(rows)
        p = np.array([answerable(r) for r in xs])
        accuracy = balanced_accuracy(p, ys, 0.5)
        log.info("%s: right sentence in the first 1, 2, 3: %.3f %.3f %.3f (n %d)", name, *hits, len(answered))
        log.info("%s: balanced accuracy of answerability %.3f (n %d)", name, accuracy, len(ys))
    return sentence, answerable


def _plain(fitted: tuple[float, np.ndarray]) -> tuple[float, tuple[float, ...]]:
    return fitted[0], tuple(float(v) for v in fitted[1])


def _named(features: Sequence[str], model: evidence.Logistic) -> dict[str, object]:
    weights = {name: round(value, 4) for name, value in zip(features, model.weights, strict=True)}
    return {"bias": round(model.bias, 4), "weights": weights}


if __name__ == "__main__":
    raise SystemExit(main())
