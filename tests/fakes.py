"""Scripted stand-ins for the heavy parts: an embedder that counts words and a pipeline that plays a script.

They behave like the real ones towards everything above them, so a test of the command line, the
chat page or the evaluation needs neither weights nor a language model:

    pipeline = ScriptedPipeline()                      # three articles, two answerable questions
    pipeline = ScriptedPipeline({"Who?": answer})      # an `Answer`, or a list of `AnswerEvent`s
    pipeline = ScriptedPipeline(error=ModelUnreachable("...", "..."))
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, Literal, TypeVar

import numpy as np

from index.addresses import spellings
from index.catalog import ArticleRow, Listing
from index.errors import FootnoteError
from index.register import Overview
from index.schema import Article, ArticleFilter, Chunk, Copy, IndexManifest
from rag.llm import Kind, LanguageModel
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerSentence,
    Checking,
    Citation,
    Finished,
    Message,
    Origin,
    Passage,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
    Turn,
)

ABSTAIN_TEXT = "The articles do not answer this."


class KeywordEmbedder:
    """Embeds a text as its bag of words, hashed into 256 numbers: texts that share words are near.

    Deterministic, instant and without weights; offers what `index.embed.SentenceEmbedder` offers
    to builders and retrievers. `calls` counts the texts encoded so far.
    """

    max_tokens = 256

    def __init__(self, label: str = "keyword-256", dimension: int = 256) -> None:
        self.model_label = label
        self.model_name = label
        self.dimension = dimension
        self.weights_sha256 = f"{zlib.crc32(label.encode()):064x}"
        self.precision = "fp32"
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += len(texts)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[zlib.crc32(word.encode()) % self.dimension] += 1.0
            row[0] += 1e-3  # an empty text still has a direction
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def make_article(name: str, title: str, text: str, **more: Any) -> Article:
    """An article from the shelf: id `name`, an address under example.org, published 2024-05-01."""
    fields: dict[str, Any] = {
        "url": f"https://example.org/{name}",
        "published": date(2024, 5, 1),
        "authors": ("Footnote contributors",),
        "source": "shelf",
        "topic": "science",
        "language": "en",
    }
    return Article(id=name, external_id=f"{name}.md", title=title, text=text, **(fields | more))


def make_passage(article: Article, rank: int = 1, score: float = 0.8) -> Passage:
    """The whole article as one passage."""
    chunk = Chunk(f"{article.id}:0", article.id, 0, article.text, 0, len(article.text))
    return Passage(chunk, article, score, rank, "hybrid")


def make_citation(marker: int, passage: Passage, quote: str) -> Citation:
    """A citation of `quote`, which must stand in the passage's article."""
    start = passage.article.text.index(quote)
    return Citation(marker, passage, quote, start, start + len(quote))


def make_answer(
    question: str,
    sentences: Sequence[tuple[str, Origin, Sequence[Citation]]],
    passages: Sequence[Passage],
    *,
    standalone: str = "",
    reason: str = "",
    engine: str = "quote",
    model: str = "",
) -> Answer:
    """An answer of these sentences; with none, one that abstains."""
    shown = tuple(
        AnswerSentence(text, origin, tuple(c.marker for c in cited), 1.0 if origin == "quote" else 0.9)
        for text, origin, cited in sentences
    )
    citations = {c.marker: c for _, _, cited in sentences for c in cited}
    text = " ".join(s.text + "".join(f"[{m}]" for m in s.markers) for s in shown) or ABSTAIN_TEXT
    return Answer(
        question=question,
        standalone_question=standalone or question,
        text=text,
        sentences=shown,
        citations=tuple(citations[m] for m in sorted(citations)),
        passages=tuple(passages),
        abstained=not shown,
        reason=reason or ("" if shown else "no passage is near enough to the question"),
        dropped=(),
        engine=engine,
        model=model,
        timings_ms={
            "retrieve": 3.0,
            "evidence": 1.0,
            "draft": 0.0,
            "check": 0.5,
            "first_sentence": 4.0,
            "total": 4.5,
        },
        settings_hash="0" * 16,
        confidence=0.9 if shown else 0.1,
    )


SHELF = (
    make_article(
        "lighthouses",
        "How lighthouses were lit",
        "Lighthouses burned wood and coal for centuries. The Argand lamp of 1780 gave a brighter and "
        "steadier flame. Augustin Fresnel's lens, first lit at Cordouan in 1823, threw the light much "
        "further out to sea.",
    ),
    make_article(
        "tides",
        "Why the sea rises and falls",
        "The Moon's pull raises two bulges of water, so most coasts see two high tides a day. When the "
        "Sun and the Moon pull in line, the spring tides are the highest. The Bay of Fundy has a tidal "
        "range of up to 16 metres.",
        published=date(2023, 11, 12),
    ),
    make_article(
        "glass",
        "A short history of glass",
        "Glass was made in Mesopotamia more than 4,000 years ago. Float glass, poured onto molten tin, "
        "was developed in the 1950s.",
        published=None,
        url="",
    ),
)
"""Three short articles every fake knows."""

LENS_QUESTION = "When was the Fresnel lens first lit?"
TIDE_QUESTION = "How many high tides are there a day?"


def shelf_answers() -> dict[str, Answer]:
    """Two answers over the shelf: one quoted sentence, and one draft with two citations."""
    lamp, sea, _ = (make_passage(a, rank) for rank, a in enumerate(SHELF, 1))
    lens = "Augustin Fresnel's lens, first lit at Cordouan in 1823, threw the light much further out to sea."
    bulges = "most coasts see two high tides a day"
    fundy = "The Bay of Fundy has a tidal range of up to 16 metres."
    return {
        LENS_QUESTION: make_answer(
            LENS_QUESTION, [(lens, "quote", [make_citation(1, lamp, lens)])], [lamp, sea]
        ),
        TIDE_QUESTION: make_answer(
            TIDE_QUESTION,
            [
                ("Most coasts have two high tides a day.", "draft", [make_citation(1, sea, bulges)]),
                (fundy, "quote", [make_citation(2, sea, fundy)]),
            ],
            [sea, lamp],
            engine="model",
            model="scripted",
        ),
    }


def _row_of(a: Article) -> ArticleRow:
    return ArticleRow(
        a.id, a.external_id, a.title, a.url, a.published, a.modified, a.authors, a.source, a.site, a.topic,
        a.language, a.collection, len(a.text), 1,
    )  # fmt: skip


class ScriptedLibrary:
    """The reading side of a library over some articles, each one chunk."""

    def __init__(self, articles: Sequence[Article] = SHELF) -> None:
        self._articles = {a.id: a for a in articles}
        self.closed = False
        self.manifest = IndexManifest(
            "keyword-256", "0" * 64, 256, 200, 0, len(articles), len(articles), 1, "2026-01-01T00:00:00+00:00"
        )

    def article(self, article_id: str) -> Article | None:
        return self._articles.get(article_id)

    def find(self, name: str) -> str:
        if "://" not in name:
            return name if name in self._articles else ""
        known = spellings(name)
        return next((a.id for a in self._articles.values() if a.url and a.url in known), "")

    def articles(self) -> Iterator[Article]:
        yield from self._articles.values()

    def chunks_of(self, article_id: str) -> list[Chunk]:
        article = self._articles.get(article_id)
        return [make_passage(article).chunk] if article else []

    def listing(
        self, only: ArticleFilter | None = None, query: str = "", *, limit: int = 50, offset: int = 0
    ) -> Listing:
        words = query.lower().split()
        found = [
            a
            for a in self._articles.values()
            if (only is None or only.admits(a.published, a.sources, a.topic, a.id))
            and all(word in f"{a.title} {a.text}".lower() for word in words)
        ]
        found.sort(key=lambda a: a.published or date.min, reverse=True)
        return Listing(len(found), [_row_of(a) for a in found[offset : offset + limit]])

    def overview(self) -> Overview:
        all_of = sorted(self._articles.values(), key=lambda a: a.published or date.min)
        dated = [a for a in all_of if a.published]
        sources = Counter(a.outlet for a in all_of if a.outlet).most_common()
        topics = Counter(a.topic for a in all_of if a.topic).most_common()
        ids = tuple(a.id for a in dated)
        days = [a.published for a in dated]
        ends = (days[0], days[-1]) if days else (None, None)
        undated = len(all_of) - len(dated)
        return Overview(len(all_of), undated, tuple(sources), tuple(topics), ids[::-1][:5], ids[:5], *ends)

    def names(self) -> tuple[list[str], list[str]]:
        all_of = self._articles.values()
        return sorted({a.outlet for a in all_of} - {""}), sorted({a.topic for a in all_of} - {""})

    def revised_by(self, article_id: str) -> str:
        old = self._articles[article_id].external_id
        return next((a.id for a in self._articles.values() if a.corrects == old), "")

    def also_in(self, article_id: str) -> tuple[Copy, ...]:
        return ()

    def chunk(self, chunk_id: str) -> Chunk | None:
        return next((c for a in self._articles for c in self.chunks_of(a) if c.id == chunk_id), None)

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        found = {chunk_id: self.chunk(chunk_id) for chunk_id in ids}
        return {chunk_id: chunk for chunk_id, chunk in found.items() if chunk}

    def refresh(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def events_of(answer: Answer) -> list[AnswerEvent]:
    """The events a pipeline would have sent on the way to this answer."""
    events: list[AnswerEvent] = []
    if answer.standalone_question != answer.question:
        events.append(Rewritten(answer.standalone_question))
    events += [Searching(), Retrieved(answer.passages)]
    if answer.engine == "model" and not answer.abstained:
        events.append(Checking())
    by_marker = {c.marker: c for c in answer.citations}
    events += [Sentence(s.text, s.origin, tuple(by_marker[m] for m in s.markers)) for s in answer.sentences]
    return [*events, Finished(answer)]


class ScriptedPipeline:
    """Plays a script instead of answering: the given answer or events, else it abstains.

    `delay` seconds pass before each event (a stop button can be tried); `error` is raised at once.
    `asked` records each question with its history and date, `closed` counts the streams that were
    closed before their end, as a reader's stop does.
    """

    def __init__(
        self,
        script: Mapping[str, Answer | Sequence[AnswerEvent]] | None = None,
        *,
        articles: Sequence[Article] = SHELF,
        delay: float = 0.0,
        error: FootnoteError | None = None,
    ) -> None:
        self.script = dict(shelf_answers() if script is None else script)
        self.library = ScriptedLibrary(articles)
        self.model = None
        self.delay = delay
        self.error = error
        self.asked: list[tuple[str, tuple[Turn, ...], date | None]] = []
        self.only: list[ArticleFilter | None] = []
        self.closed = 0
        self.settings_hash = "0" * 16
        self._lock = threading.Lock()

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        only: ArticleFilter | None = None,
    ) -> Iterator[AnswerEvent]:
        with self._lock:
            self.asked.append((question, tuple(history), asked_at))
            self.only.append(only)
        if self.error is not None:
            raise self.error
        scripted = self.script.get(question.strip())
        if scripted is None:
            nearest = self.retrieve(question, 3)
            scripted = make_answer(question, [], nearest)
        try:
            for event in events_of(scripted) if isinstance(scripted, Answer) else scripted:
                if self.delay:
                    time.sleep(self.delay)
                yield event
        except GeneratorExit:
            with self._lock:
                self.closed += 1
            raise

    def ask(self, question: str, *, history: Sequence[Turn] = (), asked_at: date | None = None) -> Answer:
        for event in self.stream(question, history=history, asked_at=asked_at):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("the script has no Finished event")

    def retrieve(
        self, question: str, k: int = 8, *, only: ArticleFilter | None = None
    ) -> tuple[Passage, ...]:
        words = set(re.findall(r"\w+", question.lower()))
        admitted = [
            a
            for a in self.library.articles()
            if not only or only.admits(a.published, a.sources, a.topic, a.id)
        ]
        shared = [(len(words & set(re.findall(r"\w+", a.text.lower()))), a) for a in admitted]
        shared.sort(key=lambda pair: -pair[0])
        return tuple(make_passage(a, rank, n / 10) for rank, (n, a) in enumerate(shared[:k], 1))


Returned = TypeVar("Returned")


def run_async(coroutine: Coroutine[Any, Any, Returned]) -> Returned:
    """`asyncio.run` in a thread of its own: Playwright's browser leaves its event loop running in the tests' thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


ModelKind = Literal["server", "bundled", "adapted"]


class ScriptedModel(LanguageModel):
    """A language model of the given kind ("adapted" is the bundled one with its adapter) that writes what `write` makes of
    the last message and the grammar, whatever that asks for, whole or in pieces; remembers the prompts."""

    def __init__(
        self,
        kind: ModelKind,
        write: Callable[[str, str], str | Iterable[str]],
    ) -> None:
        real: Kind = "server" if kind == "server" else "bundled"
        super().__init__(real, "scripted", path=None, url="", api_key="", threads=0, timeout=1.0)
        self.write, self.fits = write, kind == "adapted"
        self.prompts: list[str] = []

    @property
    def adapted(self) -> bool:
        return self.fits

    def evidence_budget(self) -> int:
        return 500

    def stream(
        self,
        messages: Sequence[Message],
        *,
        grammar: str = "",
        max_tokens: int = 160,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        self.prompts.append("\n".join(message.content for message in messages))
        told = self.write(messages[-1].content, grammar)
        yield from re.findall(r"\S+\s*", told) if isinstance(told, str) else told
