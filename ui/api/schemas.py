"""What goes in and out of the API, checked at the edge; offsets count code points of an article's text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    model_validator,
)
from pydantic_core import PydanticCustomError

from evals.verdicts import Opinion
from index.schema import Article, ArticleFilter, Chunk, Copy
from rag.schema import Answer, AnswerSentence, Citation, Failed, Passage, Sentence, citation_fields
from rag.wording import storable
from ui.collection import Collection, reader_link

MOST_NAMES = 100
MOST_SAID = 2000
"""Characters of what a reader writes about an answer."""


Text = Annotated[str, AfterValidator(storable)]
Name = Annotated[Text, Field(max_length=500)]
Address = Annotated[Text, Field(max_length=2000)]
CollectionName = Annotated[
    Text, Field(max_length=64, description="A collection of `GET /api/collections`; the first without one.")
]


def _day(value: Any) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise PydanticCustomError("day", "not a date: write it as 2024-05-31") from None


Day = Annotated[date, BeforeValidator(_day)]


class Filters(BaseModel):
    """Which articles may be used."""

    model_config = ConfigDict(extra="forbid")

    since: Day | None = Field(default=None, description="Only articles published on this day or later.")
    until: Day | None = Field(default=None, description="Only articles published on this day or before.")
    source: list[Name] = Field(
        default=[], max_length=MOST_NAMES, description="Only articles of these sources."
    )
    topic: list[Name] = Field(default=[], max_length=MOST_NAMES, description="Only articles on these topics.")
    article: list[Address] = Field(
        default=[],
        max_length=MOST_NAMES,
        description="Only these articles, each named by its id or its web address.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise PydanticCustomError("order", "since is after until: swap the two dates")
        return self

    def only(self, collection: Collection) -> ArticleFilter | None:
        """The filter for a collection; None where everything is let through. NotThereError for an article it lacks."""
        return collection.only(self.since, self.until, self.source, self.topic, self.article)


class Listing(Filters):
    """A page of a list of articles."""

    q: Name = Field(default="", description="Only articles that hold any of these words, the best first.")
    collection: CollectionName = ""
    limit: int = Field(default=50, ge=1, le=200)
    offset: int = Field(default=0, ge=0, le=10**9)


class Search(Filters):
    """A search for passages."""

    q: Text = Field(description="A question or some words.")
    collection: CollectionName = ""
    k: int = Field(default=10, ge=1, le=100, description="How many passages.")


class Feedback(BaseModel):
    """What a reader says of an answer. A second one on the same answer takes the place of the first; what it leaves
    out of `expected`, `comment` and `source` stays as it was said before."""

    model_config = ConfigDict(extra="forbid")

    answer: Text = Field(max_length=100, description="The answer's `id`.")
    verdict: Opinion = Field(
        description="`up` and `down` judge the answer; `wrong-source` is for a right answer from a wrong place."
    )
    marker: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        strict=True,
        description="With `wrong-source`: the footnote that is wrong.",
    )
    expected: Text | None = Field(
        default=None, max_length=MOST_SAID, description="The right answer, in the reader's words."
    )
    comment: Text | None = Field(default=None, max_length=MOST_SAID, description="Anything else.")
    source: Text | None = Field(
        default=None,
        max_length=MOST_SAID,
        description="The right source, where another one is: an article's title or address.",
    )

    @property
    def unsaid(self) -> tuple[str, ...]:
        """The words that are left as they were."""
        return tuple(name for name in ("expected", "comment", "source") if getattr(self, name) is None)


class Earlier(BaseModel):
    """An earlier question and the answer that was shown. It helps to read the question, and is never evidence."""

    model_config = ConfigDict(extra="forbid")

    question: Text
    answer: Text


class Ask(Filters):
    """A question."""

    question: Text = Field(description="In any language the collection's articles are in.")
    history: list[Earlier] = Field(default=[], description="Earlier turns, oldest first; the last six count.")
    collection: CollectionName = ""
    asked_at: Day | None = Field(
        default=None,
        description="The day of the question: articles near it are preferred, later ones not known.",
    )
    stream: StrictBool = Field(
        default=False, description="Send the answer as it grows, as server-sent events."
    )


# ---- out -------------------------------------------------------------------------------------------


class Pulse(BaseModel):
    """Alive."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """Whether questions can be answered, and why not."""

    status: Literal["ready", "not ready"]
    reason: str = ""
    articles: int = 0
    chunks: int = 0
    revision: int = 0


class Problem(BaseModel):
    """What is wrong, and what to do about it."""

    message: str
    next_step: str


class ErrorBody(BaseModel):
    """Every error."""

    error: Problem


class SentenceOut(BaseModel):
    """One sentence. `origin`: `quote` stands so in an article, `draft` was written by a model and checked
    against the words it cites, `note` is about the articles."""

    text: str
    origin: Literal["draft", "quote", "note"]
    markers: list[int]

    @classmethod
    def of(cls, said: AnswerSentence | Sentence) -> Self:
        """Of a sentence of an answer or of its stream."""
        numbers = said.markers if isinstance(said, AnswerSentence) else [c.marker for c in said.citations]
        return cls(text=said.text, origin=said.origin, markers=list(numbers))


class CopyOut(BaseModel):
    """A near copy of an article."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str
    url: str
    site: str
    published: date | None


class CitationOut(BaseModel):
    """A footnote: `quote` are the article's characters from `start` to `end`, `answer` those of them that
    answer the question; `link` is the path of the page that shows them in their place. `page` is the page of
    the original (a PDF's) on which they begin, and `url` opens it there. `also_in` are the article's near
    copies, which took no places of their own."""

    marker: int
    article_id: str
    title: str
    url: str
    published: date | None
    source: str
    quote: str
    start: int
    end: int
    answer: tuple[int, int] | None
    corrected: bool
    page: int | None
    also_in: list[CopyOut]
    link: str

    @classmethod
    def of(cls, citation: Citation, collection: str) -> Self:
        """A citation, with a link into this collection."""
        article = citation.passage.article
        link = reader_link(article.id, citation.start, citation.end, collection)
        return cls.model_validate({**citation_fields(citation), "source": article.source, "link": link})


class PassageOut(BaseModel):
    """A piece of an article as found for a question."""

    article_id: str
    title: str
    url: str
    published: date | None
    source: str
    topic: str
    text: str
    start: int
    end: int
    score: float
    link: str

    @classmethod
    def of(cls, passage: Passage, collection: str) -> Self:
        """A passage, with a link into this collection."""
        article, chunk = passage.article, passage.chunk
        fields = {name: getattr(article, name) for name in ("title", "url", "published", "source", "topic")}
        return cls(
            article_id=article.id,
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            score=round(float(passage.score), 6),
            link=reader_link(article.id, chunk.start, chunk.end, collection),
            **fields,
        )


class AnswerOut(BaseModel):
    """An answer. One that abstains has no citations, says so in `text` and why in `reason`, and `passages` are
    the nearest ones found. `failed` says what went wrong on the way, such as a model that is down. While the
    server remembers the answer, `id` names it to judge and to share it; empty where it cannot be."""

    id: str = ""
    question: str
    standalone_question: str
    text: str
    abstained: bool
    reason: str
    confidence: float
    details: list[str]
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    passages: list[PassageOut]
    collection: str
    engine: str
    model: str
    timings_ms: dict[str, float]
    settings_hash: str
    failed: Problem | None = None

    @classmethod
    def of(
        cls, answer: Answer, collection: str, link_name: str, failed: Failed | None = None, id: str = ""
    ) -> Self:
        """An answer from this collection, whose links carry `link_name`, remembered as `id`."""
        fields = {name: getattr(answer, name) for name in cls.model_fields if hasattr(answer, name)}
        made = {
            "id": id,
            "sentences": [SentenceOut.of(sentence) for sentence in answer.sentences],
            "citations": [CitationOut.of(citation, link_name) for citation in answer.citations],
            "passages": [PassageOut.of(passage, link_name) for passage in answer.passages],
            "collection": collection,
            "failed": Problem(message=failed.reason, next_step=failed.next_step) if failed else None,
        }
        return cls.model_validate(fields | made)


class FeedbackOut(BaseModel):
    """A stored verdict; by its `id` it can be taken back."""

    id: str
    verdict: Opinion


class SharedOut(BaseModel):
    """A shared answer: the path of its page."""

    url: str


class ArticleLine(BaseModel):
    """An article in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str
    url: str
    published: date | None
    modified: date | None
    authors: list[str]
    source: str
    site: str
    topic: str
    language: str
    characters: int


class ArticlePage(BaseModel):
    """A page of articles, newest first, or best first where words were searched. `total` counts all pages;
    `next_offset` is null on the last."""

    total: int
    offset: int
    next_offset: int | None
    articles: list[ArticleLine]


class ChunkOut(BaseModel):
    """A stored piece of an article's text."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    start: int
    end: int
    heading: str


class ArticleOut(ArticleLine):
    """A whole article. `revised_by` is the id of its corrected version, if there is one, `also_in` its near copies."""

    corrects: str
    revised_by: str
    also_in: list[CopyOut]
    text: str
    chunks: list[ChunkOut]

    @classmethod
    def of(cls, article: Article, chunks: list[Chunk], revised_by: str, also_in: Sequence[Copy]) -> Self:
        """An article with its pieces."""
        fields = {name: getattr(article, name) for name in cls.model_fields if hasattr(article, name)}
        return cls.model_validate(
            {
                **fields,
                "characters": len(article.text),
                "revised_by": revised_by,
                "also_in": also_in,
                "chunks": chunks,
            }
        )


class SearchResult(BaseModel):
    """Passages, the best first."""

    passages: list[PassageOut]


class CollectionOut(BaseModel):
    """A collection, and by what its articles can be filtered."""

    name: str
    articles: int
    revision: int
    built_at: str
    sources: list[str]
    topics: list[str]

    @classmethod
    def of(cls, collection: Collection) -> Self:
        """What a collection holds."""
        manifest = collection.library.manifest
        sources, topics = collection.library.names()
        return cls(
            name=collection.name,
            articles=manifest.articles,
            revision=manifest.revision,
            built_at=manifest.built_at,
            sources=sources,
            topics=topics,
        )


class CollectionList(BaseModel):
    """The collections, the one taken by default first."""

    collections: list[CollectionOut]
