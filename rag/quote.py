"""The quoting engine: which sentences to show verbatim."""

from __future__ import annotations

from collections.abc import Sequence

from rag import words as w
from rag.schema import Evidence

NEAR_BEST = 0.35
SAME = 0.75


def choose(sentences: Sequence[Evidence], most: int) -> list[Evidence]:
    """The one to `most` best sentences: the best always, others when their score comes near the
    best one's and they say something else (less than three quarters of their words shown already).
    """
    chosen: list[Evidence] = []
    shown: set[str] = set()
    for sentence in sentences:
        if len(chosen) >= most:
            break
        stems = set(w.content_stems(sentence.text))
        if chosen and (
            sentence.score < NEAR_BEST * chosen[0].score or len(stems & shown) / max(len(stems), 1) > SAME
        ):
            continue
        chosen.append(sentence)
        shown |= stems
    return chosen
