"""An answer in the making: the sentences shown so far, with their citations."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rag.schema import AnswerSentence, Citation, Dropped, Evidence, Origin, Sentence
from rag.wording import nested

MARK_FROM = 0.5
"""An answer within a citation is marked where the evidence model is at least so sure of it."""


@dataclass(slots=True)
class Draft:
    """An answer in the making: what was shown, the citations numbered as they first appear."""

    sentences: list[AnswerSentence] = field(default_factory=list[AnswerSentence])
    citations: list[Citation] = field(default_factory=list[Citation])
    dropped: list[Dropped] = field(default_factory=list[Dropped])
    first_at: float = 0.0

    def cite(self, item: Evidence) -> Citation:
        """The citation of a sentence, a new one where it is not cited yet."""
        for known in self.citations:
            if known.passage.article.id == item.passage.article.id and (known.start, known.end) == (
                item.start,
                item.end,
            ):
                return known
        made = Citation(len(self.citations) + 1, item.passage, item.text, item.start, item.end, _marked(item))
        self.citations.append(made)
        return made

    def show(self, text: str, origin: Origin, items: Sequence[Evidence], support: float) -> Sentence:
        """Adds a sentence that rests on the items; returns its event."""
        cited = tuple(self.cite(item) for item in items)
        self.sentences.append(AnswerSentence(text, origin, tuple(c.marker for c in cited), support))
        self.first_at = self.first_at or time.perf_counter()
        return Sentence(text, origin, cited)

    def quote(self, items: Sequence[Evidence]) -> Iterator[Sentence]:
        """Shows each of the sentences that is not shown yet as a quotation."""
        for item in items:
            if not self.shown(item):
                yield self.show(item.text, "quote", (item,), 1.0)

    def shown(self, item: Evidence) -> bool:
        """True where the sentence stands there as a quotation."""
        return any(s.origin == "quote" and s.text == item.text for s in self.sentences)

    @property
    def text(self) -> str:
        """All that is shown, with markers."""
        return " ".join(render(s) for s in self.sentences)


def render(sentence: AnswerSentence) -> str:
    """A sentence with its markers as plain text: a draft carries them before its full stop, a
    quotation stands in quotation marks with them behind."""
    marks = "".join(f"[{number}]" for number in sentence.markers)
    if sentence.origin == "quote":
        return f"“{nested(sentence.text)}” {marks}".rstrip()
    if sentence.text and sentence.text[-1] in ".!?":
        return f"{sentence.text[:-1]} {marks}{sentence.text[-1]}" if marks else sentence.text
    return f"{sentence.text} {marks}".rstrip()


def _marked(item: Evidence) -> tuple[int, int] | None:
    """The answer within a citation, where the evidence model is sure enough of it to be marked."""
    return item.answer if item.answer_score >= MARK_FROM else None


def elapsed_ms(since: float) -> float:
    """Milliseconds since a moment of `time.perf_counter`."""
    return (time.perf_counter() - since) * 1000
