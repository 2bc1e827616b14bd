"""The quoting engine: which sentences to show verbatim."""

from __future__ import annotations

from collections.abc import Sequence

from rag import words as w
from rag.schema import Evidence

LEAST_SHARE, SHORT_SHARE, SHORT_WORDS = 0.12, 0.04, 40
"""A further sentence is shown when it has at least the first share of all the scores, or the second while the whole stays
within SHORT_WORDS: the answer then stands in what is shown for .89 of the questions on held-out pages, with a median of 36
words (n 142; docs/decisions.md)."""
SAME = 0.75


def choose(sentences: Sequence[Evidence], most: int) -> list[Evidence]:
    """The one to `most` best sentences: the best always, others when they may well be the answer too and
    say something else (less than three quarters of their words shown already).
    """
    chosen: list[Evidence] = []
    shown: set[str] = set()
    words = 0
    for sentence in sentences:
        if len(chosen) >= most:
            break
        language = sentence.passage.article.language or "en"
        stems, length = set(w.content_stems(sentence.text, language)), len(sentence.text.split())
        least = SHORT_SHARE if words + length <= SHORT_WORDS else LEAST_SHARE
        if chosen and (sentence.score < least or len(stems & shown) / max(len(stems), 1) > SAME):
            continue
        chosen.append(sentence)
        shown |= stems
        words += length
    return chosen
