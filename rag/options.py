"""Everything that can change an answer, in one frozen object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EngineName = Literal["model", "quote"]
RetrieverName = Literal["hybrid", "dense", "lexical"]
FusionName = Literal["score", "rrf"]


@dataclass(frozen=True, slots=True)
class RagOptions:
    """How a question is answered.

    `top_k` passages are looked at for evidence out of `candidate_k` candidates of each retriever;
    `evidence_tokens` bounds what enters the prompt (0: by the model); a quoting answer shows at
    most `quote_sentences`; below `abstain_threshold` (confidence, 0 to 1) the answer abstains;
    `max_sentences` bounds a drafted answer; `max_question_chars` a question's length; with
    `evidence_model` our small cross-encoder reads the passages before their sentences are ranked.
    `recency` is how strongly articles near the time of the question are preferred (0: not at all), `half_life`
    at how many days' distance that is half; with `check` each drafted sentence is checked before it is shown.
    """

    engine: EngineName = "model"
    retriever: RetrieverName = "hybrid"
    fusion: FusionName = "score"
    top_k: int = 8
    candidate_k: int = 200
    evidence_tokens: int = 0
    quote_sentences: int = 3
    max_sentences: int = 3
    abstain_threshold: float = 0.5
    max_question_chars: int = 2000
    max_history: int = 6
    evidence_model: bool = True
    recency: float = 1.0
    half_life: float = 14.0
    check: bool = True
