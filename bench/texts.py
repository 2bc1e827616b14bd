"""Texts to measure on, made from the seeds' own sentences, so that a benchmark needs no data."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np

from index.embed import SentenceEmbedder
from index.schema import Article, Skipped, article_id

SEEDS = Path(__file__).parent.parent / "seeds"


def sentences() -> list[str]:
    """Every sentence of the seeds."""
    from index.readers import FolderSource
    from index.split import sentence_spans

    found: list[str] = []
    for item in FolderSource(SEEDS).read():
        if isinstance(item, Article):
            found += [item.text[a:b] for a, b in sentence_spans(item.text) if b - a > 40]
    return found


@dataclass(frozen=True)
class Shuffled:
    """`count` articles of about `words` words each, put together at random from the seeds' sentences."""

    count: int
    words: int
    seed: int = 1

    key = "bench"
    label = "bench"

    @cached_property
    def pool(self) -> list[str]:
        return sentences()

    def read(self) -> Iterator[Article | Skipped]:
        chance = random.Random(self.seed)
        for number in range(self.count):
            chosen: list[str] = []
            while sum(len(s.split()) for s in chosen) < self.words:
                chosen.append(chance.choice(self.pool))
            paragraphs = [" ".join(chosen[i : i + 4]) for i in range(0, len(chosen), 4)]
            title = f"{number}: {' '.join(chosen[0].split()[:6])}"
            yield Article(
                article_id("bench", str(number)),
                str(number),
                title,
                "",
                "\n\n".join(paragraphs),
                language="en",
            )


@dataclass(frozen=True)
class Dated:
    """About `chunks` chunks of 32 invented words in articles of ten, each article with a day of its own out
    of five years, one of 20 topics and, five of them, the topic "rare"."""

    chunks: int
    seed: int = 1

    key = "dated"
    label = "dated"

    def read(self) -> Iterator[Article | Skipped]:
        chance = random.Random(self.seed)
        words = [f"{a}{b}{c}" for a in "bdfglmnprst" for b in ("a", "ei", "o", "u") for c in DATED_ENDS]
        often = [1 / (rank + 1) for rank in range(len(words))]
        for number in range(self.chunks // 10):
            drawn = chance.choices(words, often, k=320)
            lines = [" ".join(drawn[at : at + 32]).capitalize() + "." for at in range(0, 320, 32)]
            yield Article(
                article_id(self.key, str(number)),
                str(number),
                f"Article {number}",
                "",
                "\n\n".join(lines),
                published=date(2020, 1, 1) + timedelta(chance.randrange(1826)),
                topic="rare" if number % (self.chunks // 50) == 7 else f"topic {chance.randrange(20)}",
                source=self.label,
                language="en",
            )


DATED_ENDS = [a + b for a in "bdgklmnprstvz" for b in ("an", "el", "is", "or", "um")]


class RandomVectors:
    """An embedder without weights: every text gets a random unit vector of 384 numbers, the case that is
    hardest for a search tree."""

    dimension, max_tokens = 384, 256
    model_label, weights_sha256 = "random", "0" * 64

    def __init__(self) -> None:
        self._chance = np.random.default_rng(1)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32."""
        rows = self._chance.normal(size=(len(texts), self.dimension)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w+", text)]


class Echoing:
    """A real embedder whose vectors are computed for the first `real` texts only; later texts get
    one of those with noise. It lets a big index be filled in seconds; its search is real."""

    def __init__(self, embedder: SentenceEmbedder, real: int = 500) -> None:
        self._embedder, self._real = embedder, real
        self._known = np.empty((0, embedder.dimension), np.float32)
        self._chance = np.random.default_rng(1)
        self.dimension, self.max_tokens = embedder.dimension, embedder.max_tokens
        self.model_label, self.weights_sha256 = embedder.model_label, embedder.weights_sha256
        self.token_spans = embedder.token_spans

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32."""
        if len(self._known) < self._real:
            made = self._embedder.encode(list(texts))
            self._known = np.vstack([self._known, made])
            return made
        picked = self._known[self._chance.integers(0, len(self._known), len(texts))]
        noisy = picked + self._chance.normal(0, 0.5 / np.sqrt(picked.shape[1]), picked.shape).astype(
            np.float32
        )
        return noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
