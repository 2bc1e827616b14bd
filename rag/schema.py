"""The data types of an answer. Each names a stage and carries the stage before it, so that a
citation can walk home: Answer -> Citation -> Passage -> Chunk -> Article."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from index.schema import Article, Chunk, Copy

Origin = Literal["draft", "quote", "note"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt: role "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question and the answer that was shown. A conversation is a tuple of turns."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as retrieved for one question. `rank` counts from 1; `score` is comparable within one answer,
    `cosine` (of the question's embedding and the chunk's) between answers as well; 0 where it was not asked for.
    `also_in` are the article's near copies elsewhere (see index/copies.py), which took no places of their own."""

    chunk: Chunk
    article: Article
    score: float
    rank: int
    retriever: str
    cosine: float = 0.0
    also_in: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence that may enter the prompt: `passage.article.text[start:end] == text`.

    `score` says how well it fits the question (0 to 1, comparable within one answer). `answer` is
    where the answer itself seems to stand, as offsets into the article like `start` and `end`, with
    `answer_score` (0 to 1) for how sure that is; None where the evidence model does not mark one.
    """

    passage: Passage
    text: str
    start: int
    end: int
    score: float
    answer: tuple[int, int] | None = None
    answer_score: float = 0.0

    @property
    def answer_within(self) -> tuple[int, int] | None:
        """`answer` as offsets into `text`."""
        return (self.answer[0] - self.start, self.answer[1] - self.start) if self.answer else None


@dataclass(frozen=True, slots=True)
class Citation:
    """The number shown and the exact span it points at: `passage.article.text[start:end] == quote`.

    `answer` is the part of it that answers the question, as offsets into the article, where known.
    """

    marker: int
    passage: Passage
    quote: str
    start: int
    end: int
    answer: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One shown sentence, without markers in `text`.

    `origin` is "quote" (verbatim from an article), "draft" (the model's words, checked) or "note"
    (Footnote's own words about the articles: that two disagree, that a part is not answered);
    `support` is 1.0 for quotes and notes, else the support check's score between 0 and 1.
    """

    text: str
    origin: Origin
    markers: tuple[int, ...]
    support: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """A drafted sentence that was not shown, and why; `replaced` when a quotation took its place."""

    text: str
    reason: str
    replaced: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer.

    `text` is what a reader sees, with markers like `[1]`; `abstained` answers have no citations
    and say so in `text`, `reason` tells why, and `passages` are the nearest ones found.
    `dropped` holds the drafted sentences that were not shown. `timings_ms` has the keys
    retrieve, evidence, draft, check, total, and first_sentence. `settings_hash` identifies every
    setting that can change an answer.
    """

    question: str
    standalone_question: str
    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    abstained: bool
    reason: str
    dropped: tuple[Dropped, ...]
    engine: str
    model: str
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])
    settings_hash: str = ""
    confidence: float = 0.0
    """How likely the evidence answers the question, 0 to 1; below the threshold the answer abstains."""
    details: tuple[str, ...] = ()
    """How the answer was looked for, a plain sentence each: which time was preferred, which filters held."""


def citation_fields(citation: Citation) -> dict[str, Any]:
    """A citation as plain values: marker, quote and its offsets (code points of the article's text),
    `answer` (the marked words' offsets) or None, the article's id, title, url, published day (ISO) or
    None, and `corrected`, whether it is the corrected version of an earlier article. `page` is the page of
    the original (from 1) on which the quote begins, None where it has none; `url` opens there. `also_in` are
    its near copies (id, title, url, site, published)."""
    article = citation.passage.article
    return {
        "marker": citation.marker,
        "article_id": article.id,
        "title": article.title,
        "url": article.address_at(citation.start),
        "published": article.published.isoformat() if article.published else None,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "answer": list(citation.answer) if citation.answer else None,
        "corrected": bool(article.corrects),
        "page": article.page_of(citation.start) or None,
        "also_in": [copy.fields for copy in citation.passage.also_in],
    }


def answer_parts(citation: Citation) -> tuple[tuple[str, bool], ...]:
    """The quote in pieces, each with whether it is the marked answer; joined they are the quote."""
    if citation.answer is None:
        return ((citation.quote, False),)
    first, last = citation.answer[0] - citation.start, citation.answer[1] - citation.start
    if not 0 <= first < last <= len(citation.quote):
        return ((citation.quote, False),)
    pieces = (
        (citation.quote[:first], False),
        (citation.quote[first:last], True),
        (citation.quote[last:], False),
    )
    return tuple((text, answers) for text, answers in pieces if text)


# ---- AnswerEvent: all that chat, API, command line and evals consume -------------------------


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The question as understood on its own; sent only when it differs from what was typed."""

    question: str


@dataclass(frozen=True, slots=True)
class Searching:
    """Retrieval has begun."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages found, best first."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Checking:
    """The model drafts and its sentences are being checked. Told again while that goes on."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence to show now, and the citations its markers point at (markers may repeat
    between sentences; a citation is sent with each sentence that uses it)."""

    text: str
    origin: Origin
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A part failed (say, the model's server is down). The answer goes on as quotations; a
    `Finished` always follows. `reason` and `next_step` are one line each, for people."""

    reason: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Always the last event. An abstaining answer arrives here, with no `Sentence` before it."""

    answer: Answer


AnswerEvent = Rewritten | Searching | Retrieved | Checking | Sentence | Failed | Finished
