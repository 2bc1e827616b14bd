"""An answer as it is shared: everything its page shows, whatever becomes of the articles and the index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from evals.verdicts import Cited, Corrected, Opinion, Verdict
from rag.schema import Answer, Citation, Turn, citation_fields
from rag.wording import storable
from rag.words import spoken
from ui.blocks import Block, blocks
from ui.readers.memory import Remembered
from ui.render import marked_passage


class _Stored(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SharedSentence(_Stored):
    """One sentence of it; see `rag.schema.AnswerSentence`."""

    text: str
    origin: Literal["draft", "quote", "note"]
    markers: tuple[int, ...]


class SharedCopy(_Stored):
    """A near copy of a cited article; see `index.schema.Copy`."""

    id: str
    title: str
    url: str
    site: str
    published: date | None


class SharedCitation(_Stored):
    """One footnote: `rag.schema.citation_fields`, the site, and the article's words around the quote."""

    marker: int
    article_id: str
    title: str
    url: str
    published: date | None
    quote: str
    start: int
    end: int
    answer: tuple[int, int] | None
    corrected: bool
    also_in: tuple[SharedCopy, ...] = ()
    site: str
    before: str
    after: str
    page: int | None = None


class SharedAnswer(_Stored):
    """The answer. `text` is shown where there are no sentences: it abstains, or has no need of a source."""

    question: str
    standalone_question: str
    at: datetime
    collection: str
    text: str
    abstained: bool
    sentences: tuple[SharedSentence, ...]
    citations: tuple[SharedCitation, ...]
    details: tuple[str, ...]

    @property
    def articles(self) -> int:
        """How many articles it cites."""
        return len({citation.article_id for citation in self.citations})


def shared_blocks(answer: SharedAnswer) -> Iterator[Block[SharedSentence, SharedCitation]]:
    """The answer's sentences in order, grouped as a reader sees them in the chat."""
    known = {citation.marker: citation for citation in answer.citations}
    return blocks(
        (s, s.origin, next((known[m] for m in s.markers if m in known), None)) for s in answer.sentences
    )


def shared_answer(kept: Remembered) -> SharedAnswer:
    """An answer, to be stored."""
    answer = kept.answer
    return SharedAnswer.model_validate(
        {
            "question": storable(answer.question),
            "standalone_question": storable(answer.standalone_question),
            "at": kept.at,
            "collection": kept.collection,
            "text": storable(answer.text),
            "abstained": answer.abstained,
            "sentences": [
                {"text": storable(s.text), "origin": s.origin, "markers": s.markers} for s in answer.sentences
            ],
            "citations": [_citation(citation) for citation in answer.citations],
            "details": [storable(line) for line in answer.details],
        }
    )


def _citation(citation: Citation) -> dict[str, object]:
    before, _, after = marked_passage(citation)
    site = citation.passage.article.outlet
    fields = {**citation_fields(citation), "site": site, "before": before, "after": after}
    return {name: storable(value) if isinstance(value, str) else value for name, value in fields.items()}


def _language(answer: Answer) -> str:
    """An answer's language: that of the first article it cites, else its question's."""
    cited = next((c.passage.article.language for c in answer.citations), "")
    return (cited or spoken(answer.standalone_question)).split("-")[0]


def verdict_on(
    kept: Remembered,
    opinion: Opinion,
    at: datetime,
    *,
    expected: str = "",
    comment: str = "",
    source: str = "",
) -> Verdict:
    """What a reader says of an answer, as `footnote eval add` reads it; the store gives it its id."""
    answer = kept.answer
    return Verdict(
        id="",
        at=at,
        verdict=opinion,
        question=storable(answer.question),
        standalone_question=storable(answer.standalone_question),
        history=tuple(
            Turn(storable(turn.question), storable(turn.answer))
            for turn in kept.history
            if turn.question.strip()
        ),
        answer=storable(answer.text),
        citations=tuple(
            Cited(c.passage.article.id, c.passage.article.external_id, storable(c.quote), c.start, c.end)
            for c in answer.citations
        ),
        expected=storable(expected).strip(),
        comment=storable(comment).strip(),
        source=Corrected(named=storable(source).strip()) if source.strip() else None,
        asked_at=kept.asked_at,
        language=_language(answer),
        settings_hash=answer.settings_hash,
        revision=int(kept.revision) if kept.revision.isdecimal() else 0,
    )
