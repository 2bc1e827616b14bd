"""Fits `rag/weights/scorers.json`: which sentence answers a question, is it answered at all, is a statement supported.

    python -m rag.training.scorers --data DIR

`DIR` holds the public sets as docs/evals.md names them. All models are logistic regressions over the
features of `rag.evidence` and `rag.support`, fitted by Newton's method with a small ridge (iteratively
reweighted least squares). Questions: of SQuADShifts New Wikipedia (CC BY 4.0), QED (CC BY-SA 3.0) and CANARD
(CC BY-SA 4.0), those of the pages that the evidence model has not seen; each once more with every article
withheld that holds its answer, and once more with a name or number exchanged, so that nothing answers it.
A question with an answer counts its sentences that hold the answer at the annotated place as right, all
other candidates as wrong. Statements: WiCE's (ODC-BY), whose own figures are cross-fitted by claim. Every fourth
question is held out for the figures printed.
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
from rag import evidence, support
from rag.evidence_model import CARD, EvidenceModel, load_evidence_model
from rag.retrieve import retrieve
from rag.schema import Passage
from rag.scorers import WEIGHTS, Logistic
from rag.training.groups import exchanged
from rag.training.sets import Asked, canard, qed, squad

log = logging.getLogger(__name__)
SUPPORT_RIDGE = 10.0
"""A stronger ridge than elsewhere: WiCE has 349 claims."""


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
class Round:
    """One asking of a question: what was retrieved, and whether these passages answer it."""

    asked: Asked
    vector: np.ndarray
    passages: tuple[Passage, ...]
    answerable: bool
    page: str

    def right(self, candidates: Sequence[evidence.Candidate]) -> np.ndarray:
        """1 for each candidate that holds the annotated answer at its place."""
        held = [
            self.answerable
            and c.passage.article.external_id == self.asked.page
            and any(
                (c.start <= s and e <= c.end) or (self.asked.whole and s <= c.start and c.end <= e)
                for s, e in self.asked.spans
            )
            for c in candidates
        ]
        return np.array(held, dtype=float)


@dataclass(frozen=True, slots=True)
class Collected:
    """A round's feature rows, which of them are right, and the features of the whole given their scores."""

    round: Round
    rows: np.ndarray
    right: np.ndarray
    answer: Callable[[Sequence[float]], tuple[float, ...]]

    @property
    def answerable(self) -> bool:
        return self.round.answerable


def rounds(library: Library, embedder: SentenceEmbedder, asked: list[Asked], label: str) -> Iterator[Round]:
    """Each question by the product's own retrieval; once more without what holds the answer, and once
    more with a name or number exchanged."""
    chance = random.Random(3)
    for number, item in enumerate(asked):
        if number % 100 == 0:
            log.info("%s: %d of %d questions", label, number, len(asked))
        vector = embedder.encode([item.question])[0]
        found = retrieve(library, embedder, item.question, 8, vector=vector)
        page = f"{label}/{item.page}"
        yield Round(item, vector, found, bool(item.spans), page)
        if item.strings and item.spans:
            holding = {p.article.id for p in found if any(s in p.article.text.lower() for s in item.strings)}
            silent = retrieve(library, embedder, item.question, 8, vector=vector, without=holding)
            silent = tuple(p for p in silent if not any(s in p.chunk.text.lower() for s in item.strings))
            yield Round(item, vector, silent, False, page)
            text = " ".join(p.chunk.text for p in found[:3])
            other = exchanged(item.question, text, item.question, chance, 1)
            if other and not any(s in other.lower() for s in item.strings):
                turned = embedder.encode([other])[0]
                passages = retrieve(library, embedder, other, 8, vector=turned)
                yield Round(replace(item, question=other), turned, passages, False, page)


def by_features(asked: Round, cache: evidence.SentenceCache) -> Collected | None:
    """The round as scored without the evidence model; None where there is nothing, or the answer was not
    retrieved: whether the passages answer is unknown then."""
    candidates, rows, answer = evidence.features(asked.asked.question, asked.passages, cache, asked.vector)
    right = asked.right(candidates)
    if not candidates or (asked.answerable and not right.any()):
        return None
    return Collected(asked, np.array(rows), right, answer)


def by_reading(asked: Round, reader: EvidenceModel, cache: evidence.SentenceCache) -> Collected | None:
    """The round as scored with the evidence model; None as in `by_features`."""
    question = asked.asked.question
    candidates, reads = evidence.candidates_read(question, asked.passages, reader)
    right = asked.right(candidates)
    if not candidates or (asked.answerable and not right.any()):
        return None
    about = evidence.Asked(question, candidates, "en")
    rows = evidence.read_rows(about, candidates, reads)
    summary = evidence.read_summary(about, candidates, reads, rows, cache, asked.vector)
    return Collected(asked, np.array(rows), right, lambda scores: summary)


def main() -> int:
    """Fits, prints held-out figures, writes the weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the public sets")
    parser.add_argument("--questions", type=int, default=700, help="at most so many of each set")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    embedder = load_embedder()
    reader = load_evidence_model(precision=embedder.precision)
    if reader is None:
        parser.error("train the evidence model first: python -m rag.training.evidence_model")
    unseen = set(json.loads(CARD.read_text("utf-8"))["held_out_pages"])
    chance = random.Random(options.seed)
    collected: list[Collected] = []
    read: list[Collected] = []
    data = options.data
    with tempfile.TemporaryDirectory() as folder:
        for pages, asked in (
            squad(data / "squadshifts_newwiki" / "new_wiki_v1.0.json"),
            qed(data / "qed" / "qed-dev.jsonlines"),
            canard(data / "canard" / "dev.json"),
        ):
            mine = [a for a in asked if f"{pages.label}/{a.page}" in unseen]
            mine = chance.sample(mine, min(options.questions, len(mine)))
            place = Path(folder) / f"all-{pages.label}"
            build_index(place, [pages], embedder=embedder)
            library = Library.open(place, embedder=embedder)
            cache = evidence.SentenceCache(embedder, 60_000)
            for one in rounds(library, embedder, mine, pages.label):
                collected += filter(None, [by_features(one, cache)])
                read += filter(None, [by_reading(one, reader, cache)])
            library.close()
    made: dict[str, object] = {
        "made_by": "python -m rag.training.scorers",
        "data": [
            "SQuADShifts New Wikipedia (CC BY 4.0)",
            "QED (CC BY-SA 3.0)",
            "CANARD (CC BY-SA 4.0)",
            "WiCE (ODC-BY)",
        ],
    }
    _both([c for c in collected if not _held(c)], [c for c in collected if _held(c)])
    log.info("with the evidence model")
    _both([c for c in read if not _held(c)], [c for c in read if _held(c)])
    sentence, answerable = _both(collected, [])
    made["sentence"] = _named(evidence.SENTENCE_FEATURES, sentence)
    made["answerable"] = _named(evidence.ANSWER_FEATURES, answerable)
    sentence, answerable = _both(read, [])
    log_thresholds(read, answerable)
    log.info("the order set by hand, its fit: %s", _named(evidence.READ_FEATURES, sentence))
    made["answerable_read"] = _named(evidence.READ_ANSWER_FEATURES, answerable)
    made |= fitted_support(_wice(data / "wice" / "claim_dev.jsonl", embedder))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    log.info("%s", json.dumps(made, indent=2))
    return 0


def log_thresholds(rows: Sequence[Collected], answerable: Logistic) -> None:
    """Prints, for thresholds about the middle, what answering from there on refuses and finds on labelled rounds."""
    z = np.array([answerable(c.answer([])) for c in rows])
    y = np.array([c.answerable for c in rows])
    for threshold in (0.38, 0.44, 0.5, 0.56, 0.62):
        answered = z >= threshold
        log.info(
            "answering from %.2f on: precision %.3f, recall %.3f, unanswerable found %.3f, balanced accuracy %.3f (n %d)",
            threshold,
            y[answered].mean(),
            answered[y].mean(),
            (~answered)[~y].mean(),
            (answered[y].mean() + (~answered)[~y].mean()) / 2,
            len(y),
        )


def _held(c: Collected) -> bool:
    return hash_of(c.round.page + c.round.asked.question[:12]) % 4 == 0


def _wice(path: Path, embedder: SentenceEmbedder) -> list[tuple[support.Compared, bool]]:
    """WiCE's claims, compared with their evidence; supported or not (partly counts as not)."""
    cache = evidence.SentenceCache(embedder)
    found: list[tuple[support.Compared, bool]] = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        sentences = [s for s in row["evidence"] if s.strip()]
        if sentences:
            compared = support.compare(row["claim"], sentences, cache)
            found.append((compared, row["label"] == "supported"))
    return found


def fitted_support(wice: list[tuple[support.Compared, bool]]) -> dict[str, object]:
    """The support model, fitted on WiCE; prints its AUROC cross-fitted in five parts by claim."""
    x = np.array([c.features for c, _ in wice])
    y = np.array([float(good) for _, good in wice])
    each = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    fold = np.random.default_rng(0).permutation(len(y)) % 5
    scores = np.zeros(len(y))
    for part in range(5):
        bias, weights = fit(x[fold != part], y[fold != part], each[fold != part], SUPPORT_RIDGE)
        scores[fold == part] = bias + x[fold == part] @ weights
    log.info("support on WiCE: AUROC %.3f, cross-fitted by claim (n %d)", auroc(y, scores), len(y))
    bias, weights = fit(x, y, each, SUPPORT_RIDGE)
    return {"support": _named(support.FEATURES, Logistic(bias, tuple(float(v) for v in weights)))}


def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    """The chance that a supported one scores above an unsupported one; ties count half."""
    good, bad = scores[labels == 1], scores[labels == 0]
    return float((good[:, None] > bad[None, :]).mean() + 0.5 * (good[:, None] == bad[None, :]).mean())


def hash_of(text: str) -> int:
    """A number that stays the same from run to run."""
    return zlib.crc32(text.encode())


def _both(train: list[Collected], test: list[Collected]) -> tuple[Logistic, Logistic]:
    """The sentence model and the answerability model over it; prints figures on both parts."""
    with_answer = [c for c in train if c.answerable]
    x = np.vstack([c.rows for c in with_answer])
    y = np.concatenate([c.right for c in with_answer])
    each = np.concatenate([np.full(len(c.rows), 10.0 / len(c.rows)) for c in with_answer])
    sentence = Logistic(*_plain(fit(x, y, each)))

    def scored(rows: list[Collected]) -> tuple[np.ndarray, np.ndarray]:
        made = [c.answer([sentence(r) for r in c.rows]) for c in rows]
        return np.array(made), np.array([float(c.answerable) for c in rows])

    xa, ya = scored(train)
    balance = np.where(ya == 1, 0.5 / (ya == 1).sum(), 0.5 / (ya == 0).sum()) * len(ya)
    answerable = Logistic(*_plain(fit(xa, ya, balance)))
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


def _named(features: Sequence[str], model: Logistic) -> dict[str, object]:
    weights = {name: round(value, 4) for name, value in zip(features, model.weights, strict=True)}
    return {"bias": round(model.bias, 4), "weights": weights}


if __name__ == "__main__":
    raise SystemExit(main())
