"""A tiny embedder and sources made of lists, for tests that build real indexes without weights."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from index.schema import Article, Skipped

WORDS = (
    "harbour ferry treaty glacier copper orchard senate violin reactor lantern meadow saddle comet "
    "granary tunnel bishop cotton magnet anchor parcel turbine mosaic falcon ledger quarry pepper "
    "canal beacon timber saffron engine prairie"
).split()


@dataclass
class WordEmbedder:
    """Hashes each word into one of 64 numbers; texts that share words are near. `encoded` holds all
    texts encoded so far; after `fail_after` texts encoding raises `Interrupted`."""

    dimension: int = 64
    model_label: str = "words"
    weights_sha256: str = "a" * 64
    max_tokens: int = 256
    fail_after: int = 10**9
    encoded: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if len(self.encoded) + len(texts) > self.fail_after:
            raise Interrupted
        self.encoded.extend(texts)
        rows = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[zlib.crc32(word.encode()) % self.dimension] += 1.0
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


class Interrupted(Exception):
    """Stands for whatever ends a build from outside."""


@dataclass
class ListSource:
    """A source that yields a list; an exception in it is raised when its turn comes."""

    items: Sequence[Article | Skipped | Exception]
    key: str = "/articles"
    label: str = "articles"

    def read(self) -> Iterator[Article | Skipped]:
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            yield item


def article(name: str, text: str, title: str = "", **more: Any) -> Article:
    """An article with id `name`."""
    fields: dict[str, Any] = {
        "url": f"https://example.org/{name}",
        "published": date(2024, 5, 1),
        "language": "en",
    }
    return Article(id=name, external_id=f"{name}.md", title=title, text=text, **(fields | more))


def corpus(seed: int, count: int, sentences: int = 40) -> list[Article]:
    """Articles of random words: the same ones for the same arguments."""
    rng = random.Random(seed)
    return [
        article(
            f"a{number}",
            " ".join(
                f"The {' '.join(rng.choices(WORDS, k=7))} number {rng.randrange(999)}."
                for _ in range(sentences)
            ),
            title=f"On the {rng.choice(WORDS)}",
        )
        for number in range(count)
    ]
