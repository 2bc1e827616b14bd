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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.build import build_index
from index.embed import SentenceEmbedder, load_embedder
from index.library import Library
from rag import evidence
from rag.retrieve import retrieve
from rag.training.sets import Asked, qed, squad

log = logging.getLogger(__name__)
WEIGHTS = Path(__file__).parent.parent / "weights" / "scorers.json"


def fit(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, ridge: float = 1.0) -> tuple[float, np.ndarray]:
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


@dataclass(slots=True)
class Collected:
    """Feature rows as collected over the questions, before the second model can be fitted."""

    question: Asked
    rows: np.ndarray
    right: np.ndarray
    answer: object
    answerable: bool


def collect(
    library: Library, embedder: SentenceEmbedder, asked: list[Asked], *, withhold: bool
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
                    c.passage.article.external_id == item.page and any(c.start <= s and e <= c.end for s, e in item.spans)
                    for c in candidates
                ],
                dtype=float,
            )
            if answerable and not right.any():
                continue  # not retrieved: whether it is answerable from these passages is unknown
            yield Collected(item, np.array(rows), right, answer, answerable)


def main() -> int:
    """Fits, prints held-out figures, writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--squad2", type=Path, required=True)
    parser.add_argument("--qed", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=900)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    embedder = load_embedder()
    chance = random.Random(options.seed)
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
            asked = chance.sample(asked, min(options.questions, len(asked)))
            collected += collect(library, embedder, asked, withhold=withhold)
            library.close()
    if options.keep:
        import pickle

        options.keep.write_bytes(pickle.dumps([(c.question, c.rows, c.right, c.answer([0.5] * len(c.rows)), c.answerable) for c in collected]))
    titles = sorted({c.question.page for c in collected})
    chance.shuffle(titles)
    held = set(titles[::5])
    train = [c for c in collected if c.question.page not in held]
    test = [c for c in collected if c.question.page in held]

    with_answer = [c for c in train if c.answerable]
    x = np.vstack([c.rows for c in with_answer])
    y = np.concatenate([c.right for c in with_answer])
    each = np.concatenate([np.full(len(c.rows), 1.0 / len(c.rows)) for c in with_answer])
    bias, theta = fit(x, y, each * 10)
    sentence = evidence.Logistic(bias, tuple(theta))

    def scored(rows: list[Collected]) -> tuple[np.ndarray, np.ndarray]:
        made = [c.answer([sentence(r) for r in c.rows]) for c in rows]  # type: ignore[operator]
        return np.array(made), np.array([float(c.answerable) for c in rows])

    for name, rows in (("train", train), ("held out", test)):
        answered = [c for c in rows if c.answerable]
        ranks = [np.argsort([-sentence(r) for r in c.rows]) for c in answered]
        plain = [np.argsort(-c.rows[:, 0]) for c in answered]
        for label, order in (("scorer", ranks), ("cosine", plain)):
            for k in (1, 2, 3):
                hit = np.mean([c.right[o[:k]].any() for c, o in zip(answered, order, strict=True)])
                log.info("%s %s: right sentence in the first %d: %.3f (n %d)", name, label, k, hit, len(answered))
    xa, ya = scored(train)
    balance = np.where(ya == 1, 0.5 / (ya == 1).sum(), 0.5 / (ya == 0).sum()) * len(ya)
    answer_bias, answer_theta = fit(xa, ya, balance)
    answerable = evidence.Logistic(answer_bias, tuple(answer_theta))
    for name, rows in (("train", train), ("held out", test)):
        xs, ys = scored(rows)
        p = np.array([answerable(r) for r in xs])
        log.info("%s answerability: balanced accuracy at .5 %.3f (n %d)", name, balanced_accuracy(p, ys, 0.5), len(ys))
    rounded = lambda names, values: {n: round(float(v), 4) for n, v in zip(names, values, strict=True)}  # noqa: E731
    made = {
        "made_by": "python -m rag.training.scorers",
        "data": ["SQuADShifts New Wikipedia (CC BY 4.0)", "QED (CC BY-SA 3.0)", "SQuAD 2.0 development set (CC BY-SA 4.0)"],
        "sentence": {"bias": round(bias, 4), "weights": rounded(evidence.SENTENCE_FEATURES, theta)},
        "answerable": {"bias": round(answer_bias, 4), "weights": rounded(evidence.ANSWER_FEATURES, answer_theta)},
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    log.info("%s", json.dumps(made, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
