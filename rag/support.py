"""How well a few sentences support a statement: a logistic model over comparisons.

The comparisons are of words and their neighbours (the share of the statement's content stems, of its
neighbouring pairs and its triples of words that stand in the closest sentence or sentences), of meaning (cosines of
embeddings), and of numbers and names that stand nowhere in the text. Weights: `rag/weights/scorers.json`, fitted by `rag/training/scorers.py`.
The evidence model's own support head did not add to them (docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rag import words as w
from rag.retrieve import Encodes
from rag.scorers import scorer

FEATURES = (
    "cosine", "cosine_joined", "held", "held_joined", "pairs", "triples", "near", "numbers", "names",
)  # fmt: skip
CLOSEST = 3
WINDOW = 5
"""So many content words apart two words still stand close together."""
COPIED, IN_PLACE = 0.9, 0.7
"""A statement made of the sentences' own words (at least COPIED of its stems) must keep IN_PLACE of its
neighbours: right words joined otherwise are how extracts go wrong. Both chosen on WiCE and made statements."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A statement beside the sentences closest to it: `closest` their indices, the closest first; `features`
    in the order of FEATURES; `cosine` the largest."""

    closest: tuple[int, ...]
    features: tuple[float, ...]
    cosine: float


def closeness(
    statement: str, sentences: Sequence[str], embedder: Encodes, language: str = "en"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(the statement's embedding, its cosine with each sentence, the share of its content stems each
    holds). Their sum says which sentence is closest."""
    vectors = embedder.encode([statement, *sentences])
    wanted = set(w.content_stems(statement, language))
    shares = [len(wanted & set(w.content_stems(s, language))) / max(len(wanted), 1) for s in sentences]
    return vectors[0], vectors[1:] @ vectors[0], np.array(shares)


def compare(
    statement: str,
    sentences: Sequence[str],
    embedder: Encodes,
    *,
    title: str = "",
    language: str = "en",
) -> Compared:
    """Compares a statement with the CLOSEST of `sentences` (at least one), singly and joined."""
    stems = w.content_stems(statement, language)
    wanted = set(stems)
    vector, cosines, shares = closeness(statement, sentences, embedder, language)
    closest = [int(i) for i in np.argsort(-(cosines + shares), kind="stable")[:CLOSEST]]
    held = {i: w.content_stems(sentences[i], language) for i in closest}
    best = closest[0]
    joined = sorted(closest)
    text = " ".join(sentences[i] for i in joined)
    flat = [stem for i in joined for stem in held[i]]
    joined_cosine = float(embedder.encode([text])[0] @ vector) if len(joined) > 1 else float(cosines[best])
    said_numbers, said_names = w.numbers(statement), w.names(statement)
    whole = " ".join([*sentences, title])
    words = frozenset(w.words(whole))
    row = [
        float(cosines.max()),
        joined_cosine,
        float(shares[best]),
        len(wanted & set(flat)) / max(len(wanted), 1),
        _pairs(stems, set(pairwise(held[best]))),
        _triples(w.words(statement), w.words(text)),
        _pairs(stems, _near(w.content_stems(s, language) for s in sentences)),
        len(said_numbers - w.numbers(whole)) / max(len(said_numbers), 1),
        sum(name not in words for name in said_names) / max(len(said_names), 1),
    ]
    return Compared(tuple(closest), tuple(row), float(cosines.max()))


def probability(compared: Compared) -> float:
    """How likely the closest sentences support the statement, 0 to 1."""
    return scorer("support", FEATURES)(compared.features)


def joined_otherwise(compared: Compared) -> bool:
    """True for a statement made of the sentences' own words that joins them otherwise than they do."""
    held, pairs = (compared.features[FEATURES.index(name)] for name in ("held_joined", "pairs"))
    return held >= COPIED and pairs < IN_PLACE


def _pairs(stems: Sequence[str], known: Set[tuple[str, str]]) -> float:
    """The share of neighbouring stems that are among the known pairs; 1 for none."""
    pairs = [(a, b) for a, b in pairwise(stems) if a != b]
    return sum(pair in known for pair in pairs) / len(pairs) if pairs else 1.0


def _near(sentences: Iterable[Sequence[str]]) -> set[tuple[str, str]]:
    """Pairs of stems, in either order, that stand at most WINDOW apart in a sentence."""
    found: set[tuple[str, str]] = set()
    for stems in sentences:
        for i, a in enumerate(stems):
            for b in stems[i + 1 : i + WINDOW]:
                found |= {(a, b), (b, a)}
    return found


def _triples(mine: Sequence[str], theirs: Sequence[str]) -> float:
    """The share of three words in a row that stand so in the source; 1 for a statement too short."""
    triples = list(zip(mine, mine[1:], mine[2:], strict=False))
    known = set(zip(theirs, theirs[1:], theirs[2:], strict=False))
    return sum(t in known for t in triples) / len(triples) if triples else 1.0
