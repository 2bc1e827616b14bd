"""What was planned is not what happened: "will be removed by 2023" in an article of 2021 does not tell when it was removed."""

from __future__ import annotations

import re
from dataclasses import replace

from rag.draft import MARK_FROM
from rag.evidence import Ranked

PLANNED = 0.2
"""What is left of the score of a sentence that only tells a plan, where the question asks what happened."""
_WILL = re.compile(
    r"(?<!\b[Hh]er )(?<!\b[Hh]is )(?<!\b[Tt]he )(?<!\b[Tt]heir )(?<!\ba )(?<!\bfree )\bwill [a-z]|"
    r"\b(?:is|are) (?:(?:due |expected |scheduled |set )?to|going to)\b|\b(?:soll|sollen)\b"
)
_ASKS_PAST = re.compile(
    r"\b(?:did|was|were|had|has been|have been|wurden?|war|waren|hatten?)\b", re.IGNORECASE
)
_ASKS_FUTURE = re.compile(
    r"\b(?:will|would|could|may|might|should|expect\w*|plan\w*|going to|promis\w*|wird|werden|soll\w*)\b",
    re.IGNORECASE,
)
_HAPPENED = re.compile(
    r"\b(?:was|were|had|did|has|have|wurden?|war|waren|hatten?|hat|haben)\b|(?<!be )(?<!being )\b[a-z]{3,}ed\b"
)


def asks_what_happened(question: str) -> bool:
    """True where a question asks of what is past, and of no plan."""
    return bool(_ASKS_PAST.search(question)) and not _ASKS_FUTURE.search(question)


def only_planned(text: str) -> bool:
    """True where a text tells what will be (of German only "soll", since "wird" tells of what is as well)."""
    return bool(_WILL.search(text))


def last(question: str, ranked: Ranked) -> Ranked:
    """`ranked` with the sentences that tell a plan and nothing that happened behind the others, where the question asks what
    happened. One in which the evidence model is sure of an answer takes the place of a plan before it."""
    if not asks_what_happened(question):
        return ranked
    plans = [only_planned(item.text) and not _HAPPENED.search(item.text) for item in ranked.sentences]
    if not any(plans):
        return ranked
    scores = [
        item.score * (PLANNED if plan else 1.0) for item, plan in zip(ranked.sentences, plans, strict=True)
    ]
    sure = next(
        (i for i, item in enumerate(ranked.sentences) if not plans[i] and item.answer_score >= MARK_FROM),
        None,
    )
    if sure is not None and plans[0]:
        scores[sure] = ranked.sentences[0].score
    total = sum(scores)
    scored = [
        replace(item, score=score / total) for item, score in zip(ranked.sentences, scores, strict=True)
    ]
    return Ranked(tuple(sorted(scored, key=lambda item: -item.score)), ranked.confidence)
