"""An answer as it is shared: everything its page shows, whatever becomes of the articles and the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from evals.verdicts import Cited, Opinion, Verdict
from rag.schema import Citation, Turn, citation_fields
from rag.wording import storable
from ui.readers.memory import Remembered
from ui.render import marked_passage


class _Stored(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SharedSentence(_Stored):
    """One sentence of it; see `rag.schema.AnswerSentence`."""

    text: str
    origin: Literal["draft", "quote", "note"]
    markers: tuple[int, ...]


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
    site: str
    before: str
    after: str


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


@dataclass(slots=True)
class Block:
    """Sentences that stand together: the paragraph of a draft, a note, or quotations of one article, of which
    `source` is a footnote. Each paragraph is a list of sentences."""

    origin: Literal["draft", "quote", "note"]
    paragraphs: list[list[SharedSentence]]
    source: SharedCitation | None = None


def blocks(answer: SharedAnswer) -> Iterator[Block]:
    """The answer's sentences in order, grouped as a reader sees them in the chat."""
    known = {citation.marker: citation for citation in answer.citations}
    current: Block | None = None
    for sentence in answer.sentences:
        cited = next((known[m] for m in sentence.markers if m in known), None)
        source = cited if sentence.origin == "quote" else None
        if current and _goes_on(current, sentence, source):
            if source is None or _side_by_side(current, source, known):
                current.paragraphs[-1].append(sentence)
            else:
                current.paragraphs.append([sentence])
            continue
        if current:
            yield current
        current = Block(sentence.origin, [[sentence]], source)
    if current:
        yield current


def _goes_on(block: Block, sentence: SharedSentence, source: SharedCitation | None) -> bool:
    if sentence.origin == "quote":
        return bool(block.source and source and block.source.article_id == source.article_id)
    return sentence.origin == "draft" == block.origin


def _side_by_side(block: Block, source: SharedCitation, known: dict[int, SharedCitation]) -> bool:
    """Whether these words follow the block's last ones in the article with at most a space between them."""
    last = next((known[m] for m in block.paragraphs[-1][-1].markers if m in known), None)
    return last is not None and 0 <= source.start - last.end <= 1


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
    site = citation.passage.article.site or citation.passage.article.source
    fields = {**citation_fields(citation), "site": site, "before": before, "after": after}
    return {name: storable(value) if isinstance(value, str) else value for name, value in fields.items()}


def verdict_on(
    kept: Remembered, opinion: Opinion, at: datetime, *, expected: str = "", comment: str = ""
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
        asked_at=kept.asked_at,
        settings_hash=answer.settings_hash,
        revision=int(kept.revision) if kept.revision.isdecimal() else 0,
    )
