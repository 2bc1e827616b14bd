"""Trying out a language model on twenty questions over a few texts that travel with the program.

The model answers through the pipeline's own prompt and check, with the threshold for abstaining at nought: what is
judged is the model, which has to say itself that the texts do not answer. Quotations that stand in for a draft count
for nothing here.
"""

from __future__ import annotations

import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

from index.schema import Article, Skipped, article_id
from rag.schema import Answer, AnswerEvent, Failed, Finished
from rag.writer import REPEATING

TABLE = Path(__file__).with_name("trial.toml")
Outcome = Literal["right", "wrong", "unsupported", "refused", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("right", "wrong", "unsupported", "refused")


@dataclass(frozen=True, slots=True)
class TrialQuestion:
    """One question: one of `answers` must stand in a right answer and none of `never`; without `answers` the texts
    do not say."""

    question: str
    kind: str
    answers: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one question.

    Attributes:
        outcome: "right"; "wrong"; "unsupported", drafted, and the check let none of it through; "refused", the model
            said that the texts do not answer, though they do; "failed", the model is down, slow or broke off.
        seconds: from the question to the last word.
        said: what the model drafted.
        reason: why a draft was left out, or what failed.
    """

    number: int
    question: str
    kind: str
    outcome: Outcome
    seconds: float
    said: str = ""
    reason: str = ""


class Answers(Protocol):
    """What is tried out: a pipeline over the texts."""

    def stream(self, question: str) -> Iterator[AnswerEvent]: ...


class TrialTexts:
    """The texts as a source of articles."""

    key = label = "trial"

    def read(self) -> Iterator[Article | Skipped]:
        """Each text as an article."""
        for row in _table()["text"]:
            published: date = row["published"]
            yield Article(
                article_id("trial", row["name"]),
                row["name"],
                row["title"],
                f"https://example.org/trial/{row['name']}",
                row["text"].strip(),
                published,
                language=row["language"],
            )


def trial_questions() -> tuple[TrialQuestion, ...]:
    """The twenty questions, in their order."""
    return tuple(
        TrialQuestion(row["question"], row["kind"], tuple(row["answers"]), tuple(row.get("never", ())))
        for row in _table()["question"]
    )


def ask_all(pipeline: Answers, questions: Sequence[TrialQuestion]) -> Iterator[Row]:
    """Asks one question after the other, a row each; the first that fails is the last row."""
    for number, asked in enumerate(questions, 1):
        started = time.perf_counter()
        failed, answer = "", None
        for event in pipeline.stream(asked.question):
            if isinstance(event, Failed):
                failed = event.reason
            elif isinstance(event, Finished):
                answer = event.answer
        seconds = time.perf_counter() - started
        if failed or answer is None:
            yield Row(number, asked.question, asked.kind, "failed", seconds, reason=failed)
            return
        said = drafted(answer)
        reason = next((d.reason for d in answer.dropped if d.reason not in REPEATING), "")
        yield Row(number, asked.question, asked.kind, judged(asked, answer), seconds, said, reason)


def drafted(answer: Answer) -> str:
    """What of an answer are the model's own words and passed the check."""
    shown = [s.text for s in answer.sentences if s.origin == "draft"]
    return " ".join([*shown, *(d.text for d in answer.dropped if d.reason in REPEATING)])


def judged(asked: TrialQuestion, answer: Answer) -> Outcome:
    """How good the model's part of an answer is."""
    said = " ".join(drafted(answer).casefold().split())
    if said:
        good = any(words.casefold() in said for words in asked.answers)
        return "right" if good and not any(words.casefold() in said for words in asked.never) else "wrong"
    if answer.dropped:
        return "unsupported"
    return "refused" if asked.answers else "right"


@dataclass(frozen=True, slots=True)
class Totals:
    """A whole trial: questions by outcome, how many were asked of how many, seconds on average and at most."""

    counts: dict[str, int]
    asked: int
    of: int
    seconds: float
    longest: float

    @classmethod
    def of_rows(cls, rows: Sequence[Row], of: int) -> Totals:
        """The totals of these rows; those that failed count as not asked."""
        done = [row for row in rows if row.outcome != "failed"]
        counts = Counter[str](row.outcome for row in done)
        times = [row.seconds for row in done] or [0.0]
        by_outcome = {name: counts[name] for name in OUTCOMES}
        return cls(by_outcome, len(done), of, sum(times) / len(times), max(times))


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(TABLE.read_text("utf-8"))
