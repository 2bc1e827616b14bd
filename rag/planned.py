"""What was planned is not what happened: "will be removed by 2023" in an article of 2021 does not tell when it was removed.

English only: of German and Spanish the forms are not told apart here.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag import words as w
from rag.draft import MARK_FROM
from rag.evidence import Ranked, ranked_anew
from rag.schema import Evidence

PLANNED, NEWER = 0.2, 0.5
"""What is left of the score of a sentence that only tells a plan, where the question asks what happened; and of the share of
a newer article's sentence and the plan's together what the plan keeps."""
LIKELY = 0.1
"""A sentence of what happened with such a score needs no help against a plan."""
_DO = (
    r"(?:be|open|close|start|begin|arrive|leave|finish|come|go|take|become|launch|return|play|meet|move|join|run|stand|receive|cost|"
    r"last|replace|reopen|build|sell|buy|marry|retire|resign|step|land|appear|vote|decide)"
)
_WILL = re.compile(
    r"(?<!\b[Hh]er )(?<!\b[Hh]is )(?<!\b[Tt]he )(?<!\b[Tt]heir )(?<!\ba )(?<!\bfree )(?<!\bpolitical )(?<!\blast )(?<!\bgood )(?<!\bno )"
    r"\bwill (?:not |also |only |then |finally )?(?:be (?:[a-z]+ly )?)?[a-z]+\b|"
    rf"\b(?:is|are) (?:(?:due |expected |scheduled |set )?to (?:be (?:[a-z]+ly )?[a-z]+|{_DO})\b|going to)"
)
_ASKS_PAST = re.compile(r"\b(?:did|was|were|had)\b", re.IGNORECASE)
_ASKS_PLAN = re.compile(
    r"\b(?:decid\w*|announc\w*|agree\w*|order\w*|propos\w*|vot\w*|approv\w*|promis\w*|intend\w*|say|said|tell|told|warn\w*|rul\w*|predict\w*|forecast|deal|verdict|sentence|fine|law|requir\w*|offer\w*|aim|purpose|goal|role|idea)\b",
    re.IGNORECASE,
)
ASKS_FUTURE = re.compile(
    r"\b(?:will|would|could|may|might|should|expect\w*|plan\w*|going to|wird|werden|soll\w*)\b", re.IGNORECASE
)
"""What a question has that asks of the future, or of what is possible."""
_HAPPENED = re.compile(
    r"\b(?:was|were|had|did|has|have|took|met|won|lost|came|went|began|broke|fell|rose|made|left|found|built|sold|held|became)\b|"
    r"(?<!be )(?<!being )\b(?!hundred|indeed|need|exceed|proceed|speed)[a-z]{3,}ed\b"
)


def asks_what_happened(question: str) -> bool:
    """True where an English question asks of what is past, and of no plan or decision."""
    return (
        bool(_ASKS_PAST.search(question))
        and not ASKS_FUTURE.search(question)
        and not _ASKS_PLAN.search(question)
        and w.spoken(question) == "en"
    )


def only_planned(text: str) -> bool:
    """True where a text tells what will be, and nothing that happened."""
    return bool(_WILL.search(text)) and not _HAPPENED.search(_WILL.sub(" ", text))


def last(question: str, ranked: Ranked) -> Ranked:
    """`ranked` with the scores of sentences that only tell a plan lowered, where the question asks what happened. A sentence of a newer
    article in which the evidence model is sure of an answer leads the plan that led, but is not sure enough to stand alone."""
    if not asks_what_happened(question) or not ranked.sentences:
        return ranked
    sentences = ranked.sentences
    plans = [only_planned(item.text) for item in sentences]
    if not any(plans):
        return ranked
    scores = [item.score * (PLANNED if plan else 1.0) for item, plan in zip(sentences, plans, strict=True)]
    told = [number for number, plan in enumerate(plans) if not plan]
    if plans[0] and all(sentences[i].score < LIKELY for i in told):
        for i in told:
            if sentences[i].answer_score >= MARK_FROM and _newer(sentences[i], sentences[0]):
                scores[i], scores[0] = sentences[0].score, sentences[0].score * NEWER
                break
    rescored = (replace(item, score=score) for item, score in zip(sentences, scores, strict=True))
    return ranked_anew(rescored, ranked.confidence)


def _newer(item: Evidence, plan: Evidence) -> bool:
    mine, its = item.passage.article.published, plan.passage.article.published
    return mine is not None and its is not None and mine > its
