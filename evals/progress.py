"""How a run tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvalProgress:
    """How far a run is: `stage` is "indexing" (in articles, `total` unknown) or "asking" (in questions)."""

    stage: str
    done: int
    total: int | None
    detail: str = ""


ProgressCallback = Callable[[EvalProgress], None]


def silent(_progress: EvalProgress) -> None:
    """For callers that want no progress."""
