"""The fitted logistic models in `rag/weights` (see `rag/training/scorers.py` and `rag/training/followup.py`)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).parent / "weights" / "scorers.json"


@dataclass(frozen=True, slots=True)
class Logistic:
    """p = 1 / (1 + exp(-(bias + weights . x)))."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, features: Sequence[float]) -> float:
        return sigmoid(self.odds(features))

    def odds(self, features: Sequence[float]) -> float:
        """log(p / (1 - p))."""
        return self.bias + sum(a * b for a, b in zip(self.weights, features, strict=True))


def sigmoid(z: float) -> float:
    """1 / (1 + exp(-z)), for any z."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


@lru_cache(maxsize=4)
def _stored(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))


@lru_cache(maxsize=16)
def scorer(name: str, features: tuple[str, ...], path: Path = WEIGHTS) -> Logistic:
    """The model of this name over these features, in their order. KeyError where it was fitted to others."""
    stored = _stored(path)[name]
    return Logistic(stored["bias"], tuple(stored["weights"][feature] for feature in features))
