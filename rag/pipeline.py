"""Question to answer: retrieve, pick evidence, abstain or quote or draft and check; as events."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.errors import InputError
from index.schema import Article, ArticleFilter
from rag import (
    collection,
    conflict,
    counted,
    definition,
    evidence,
    followup,
    longer,
    planned,
    quote,
    refusal,
    rewrite,
    speech,
    talk,
)
from rag import words as w
from rag.draft import Draft, elapsed_ms
from rag.llm import LanguageModel
from rag.options import RagOptions
from rag.parts import parts
from rag.plan import Plan
from rag.plan import plan as make_plan
from rag.retrieve import retrieve
from rag.schema import (
    Answer,
    AnswerEvent,
    Checking,
    Citation,
    Finished,
    Passage,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
    Turn,
)
from rag.wording import storable
from rag.writer import Part, Writer

if TYPE_CHECKING:
    from index.library import Library


REVISED = 4
"""Passages fetched beyond those asked for, since outdated articles are left out."""
DOUBTED = 3
"""So many times others are asked to answer in place of copies that hold orders."""
CONTRADICT, COMPARABLE = 8, 0.05
"""So many of the best sentences are compared with each other, those with at least this share of the best one's score."""
TIMINGS = ("retrieve", "evidence", "draft", "check", "first_sentence", "total")


class Embeds(Protocol):
    """What answering needs of an embedder."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


class Pipeline:
    """Answers questions about one index.

    `stream` yields AnswerEvents and always ends with `Finished`; `ask` drains it. One pipeline
    serves many threads. `model` may be None when the engine is "quote"; `reader` is the evidence model
    (`rag.evidence_model.load_evidence_model`), without which plainer features choose the sentences.
    `settings_hash` is put on every answer; without it a hash over options, model and index is made.
    """

    def __init__(
        self,
        library: Library,
        embedder: Embeds,
        *,
        options: RagOptions | None = None,
        model: LanguageModel | None = None,
        reader: evidence.Reads | None = None,
        settings_hash: str = "",
    ) -> None:
        self.library = library
        self.embedder = embedder
        self.options = options or RagOptions()
        self.model = model
        self.reader = reader if self.options.evidence_model else None
        if self.options.engine == "model" and model is None:
            raise InputError("the engine 'model' needs a language model", "use --engine quote, or give one")
        manifest = library.manifest
        everything = repr(
            (self.options, model.name if model else "", manifest.embedding_model, manifest.chunk_size)
        )
        self.settings_hash = settings_hash or hashlib.sha256(everything.encode()).hexdigest()[:16]
        self._cache = evidence.SentenceCache(embedder)
        self._writer = None
        if self.options.engine == "model" and model is not None:
            self._writer = Writer(
                model, self.options, self._cache, lambda text: len(embedder.token_spans(text))
            )

    def retrieve(
        self,
        question: str,
        k: int,
        *,
        asked_at: date | None = None,
        without: Collection[str] = (),
        only: ArticleFilter | None = None,
    ) -> tuple[Passage, ...]:
        """The best `k` passages, by the same rules as for an answer (see `stream`). An article is left out
        where its corrected revision may be found."""
        self.library.refresh()
        plan = make_plan(question, self.library, self.options, asked_at=asked_at, only=only, without=without)
        return self._retrieve(question, k, plan, None)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        without: Collection[str] = (),
        only: ArticleFilter | None = None,
    ) -> Answer:
        """`stream` drained. Raises InputError for an empty or too long question."""
        for event in self.stream(question, history=history, asked_at=asked_at, without=without, only=only):
            if isinstance(event, Finished):
                return event.answer
        raise RuntimeError("the stream ended without Finished")

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        without: Collection[str] = (),
        only: ArticleFilter | None = None,
    ) -> Iterator[AnswerEvent]:
        """Answers a question, telling what happens as it happens.

        `history` are the earlier turns, oldest first (the last few count); `asked_at` is the moment of
        the question: articles near it are preferred, later ones not known (without it: today, and
        none too late); `without` names articles by `Article.id` that the answer must do without, `only`
        which ones may be used. Closing the generator stops the model. Raises InputError for an empty or
        too long question, before anything else.
        """
        question = storable(question).strip()
        if not question or not w.words(question):
            raise InputError(
                "the question holds no word to look for" if question else "the question is empty",
                'ask in words, e.g. footnote ask "When did the canal open?"',
            )
        if len(question) > self.options.max_question_chars:
            raise InputError(
                f"the question has {len(question):,} characters, the limit is {self.options.max_question_chars:,}",
                "ask more briefly, or set max_question_chars",
            )
        known = tuple(history)[-self.options.max_history :] if self.options.max_history else ()
        return self._stream(question, known, asked_at, without, only)

    def _retrieve(self, question: str, k: int, plan: Plan, vector: np.ndarray | None) -> tuple[Passage, ...]:
        found = self._found(question, k + REVISED, plan, vector)
        for _ in range(DOUBTED):
            doubted = self._doubted(found)
            if not doubted:
                break
            plan = replace(plan, without=plan.without | doubted)
            found = self._found(question, k + REVISED, plan, vector)
        known = [p for p in found if not self._outdated(p.article, plan)]
        if len(known) < len(found):
            found = tuple(replace(p, rank=rank) for rank, p in enumerate(known, 1))
        return found[:k]

    def _found(self, question: str, k: int, plan: Plan, vector: np.ndarray | None) -> tuple[Passage, ...]:
        options = self.options
        return retrieve(
            self.library,
            self.embedder,
            question,
            k,
            retriever=options.retriever,
            fusion=options.fusion,
            candidate_k=options.candidate_k,
            vector=vector,
            only=plan.only,
            known_by=plan.known_by,
            without=plan.without,
            preference=plan.preference,
        )

    def _doubted(self, passages: Sequence[Passage]) -> frozenset[str]:
        """Articles that answer for their near copies and speak to a reading machine: somebody may have put an order
        into a copy, so that one of the others has to answer."""
        copied = [passage for passage in passages if passage.also_in]
        return frozenset(c.passage.article.id for c in evidence.candidates_of(copied) if c.order or c.suspect)

    def _varied(self, question: str, k: int, plan: Plan, vector: np.ndarray) -> tuple[Passage, ...]:
        """The best `k` passages, at most half of them of one article as long as others fill the rest: one
        long or repetitive article must not crowd out the others."""
        found = self._retrieve(question, k, plan, vector)
        counts = Counter(passage.article.id for passage in found)
        crowd = {name for name, count in counts.items() if count > max(k // 2, 1)}
        if not crowd:
            return found
        crowd |= {copy for name in crowd for copy in self.library.copies_of(name)}
        others = self._retrieve(question, k // 2, replace(plan, without=plan.without | crowd), vector)
        known = {passage.chunk.id for passage in found}
        more = [passage for passage in others if passage.chunk.id not in known]
        kept = found[: k - len(more)]
        # Their scores are spread over a list of their own: none of them stood before those that are kept.
        more = [replace(passage, score=min(passage.score, kept[-1].score)) for passage in more]
        return tuple(replace(p, rank=rank) for rank, p in enumerate((*kept, *more), 1))

    def _outdated(self, article: Article, plan: Plan) -> bool:
        """True when a corrected revision of the article may be found in its place."""
        name = self.library.revised_by(article.id, known_by=plan.known_by, without=plan.without)
        newer = self.library.article(name) if name else None
        return newer is not None and plan.only.admits(newer.published, newer.sources, newer.topic, newer.id)

    def _stream(
        self,
        question: str,
        history: tuple[Turn, ...],
        asked_at: date | None,
        without: Collection[str],
        only: ArticleFilter | None,
    ) -> Iterator[AnswerEvent]:
        started = time.perf_counter()
        timings: dict[str, float] = dict.fromkeys(TIMINGS, 0.0)
        history = talk.asked_before(history)
        talked = talk.recognise(question, history, asked_at)
        if talked is not None:
            yield from self._reply(question, talked, asked_at, without, only)
            return
        alone = self._alone(question, history)
        if alone != question:
            yield Rewritten(alone)
        yield Searching()
        self.library.refresh()
        how = (started, timings, asked_at, only, without)
        told: Finished | None = None
        for event in self._search(question, alone, *how):
            if isinstance(event, Finished):
                told = event
            else:
                yield event
        if told is None:
            raise RuntimeError("the search ended without Finished")
        if told.answer.abstained and followup.may_stand(question, alone):
            # It may be of another subject: then what was said before only hides the answer.
            said = False
            for event in self._search(question, question, *how):
                if isinstance(event, Finished):
                    told = told if event.answer.abstained else event
                    continue
                if isinstance(event, Sentence) and not said:
                    said = True
                    yield Rewritten(question)
                yield event
        yield told

    def _search(
        self,
        question: str,
        alone: str,
        started: float,
        timings: dict[str, float],
        asked_at: date | None,
        only: ArticleFilter | None,
        without: Collection[str],
    ) -> Iterator[AnswerEvent]:
        """Looks for what answers `alone`, which stands for `question`."""
        began = time.perf_counter()
        tongue = w.spoken(alone)
        plan = make_plan(alone, self.library, self.options, asked_at=asked_at, only=only, without=without)
        wish = longer.wish(alone)
        asked = wish.searches if wish else parts(alone, tongue)
        each = longer.WIDER * self.options.top_k // len(asked) if wish else self.options.top_k
        vectors = self.embedder.encode(list(asked))
        found = [self._varied(part, each, plan, vector) for part, vector in zip(asked, vectors, strict=True)]
        if wish:
            asked, vectors, found = (alone,), vectors[:1], [_merged(found)]
        passages = _merged(found)
        timings["retrieve"] += elapsed_ms(began)
        yield Retrieved(passages)
        draft = Draft()
        reasons: list[str] = []
        answered: list[bool] = []
        confidence = 0.0
        for part, vector, mine in zip(asked, vectors, found, strict=True):
            then = time.perf_counter()
            language = (mine[0].article.language or "en") if mine else "en"
            ranked = evidence.rank(part, mine, self._cache, vector, language=language, reader=self.reader)
            if wish:
                ranked = longer.choose(wish, longer.with_leads(mine, wish, self.library), ranked, self._cache)
            else:
                ranked = counted.first(part, definition.first(part, ranked), language)
                ranked = speech.first(part, planned.last(part, ranked), tongue)
            timings["evidence"] += elapsed_ms(then)
            confidence = max(confidence, ranked.confidence)
            reason = self._why_not(part, ranked, mine, plan)
            if wish and mine and not ranked.sentences:
                reason = f"no passage found is on {' or '.join(wish.searches)}"
            answered.append(not reason)
            if not reason:
                how = (part, ranked, draft, timings, language)
                reason = yield from (self._tell(wish, *how) if wish else self._answer(*how))
                answered[-1] = bool(draft.sentences)
            reasons.append(reason)
        abstained = not any(answered)
        if not abstained:
            for part, said in zip(asked, answered, strict=True):
                if not said:
                    yield draft.show(refusal.not_said(part, tongue), "note", (), 1.0)
        foreign = collection.in_other_language(alone, self.library)
        if foreign and not abstained:
            yield draft.show(foreign, "note", (), 1.0)
        timings["total"] = elapsed_ms(started)
        timings["first_sentence"] = (draft.first_at - started) * 1000 if draft.first_at else timings["total"]
        reason = next((r for r in reasons if r), "")
        text = draft.text
        if abstained:
            sought = " ".join(wish.searches) if wish else alone
            text = refusal.text(refusal.refusal(sought, passages, language=tongue, reason=reason))
            text = f"{text} {foreign}".rstrip()
        yield Finished(
            Answer(
                question=question,
                standalone_question=alone,
                text=text,
                sentences=tuple(draft.sentences),
                citations=tuple(draft.citations),
                passages=passages,
                abstained=abstained,
                reason=reason,
                dropped=tuple(draft.dropped),
                engine=self.options.engine,
                model=self.model.name if self.model and self.options.engine == "model" else "",
                timings_ms={name: round(value, 1) for name, value in timings.items()},
                settings_hash=self.settings_hash,
                confidence=round(confidence, 4),
                details=(*plan.details, *_corrections(draft.citations)),
            )
        )

    def _alone(self, question: str, history: tuple[Turn, ...]) -> str:
        """The question without the conversation: by rules, by the language model where that is a larger one."""
        alone = followup.standalone(question, history)
        if history and self.options.engine == "model" and self.model and self.model.kind != "bundled":
            alone = rewrite.by_model(self.model, question, history, alone)
        return storable(alone)  # history comes from outside as well

    def _reply(
        self,
        question: str,
        said: talk.Talk,
        asked_at: date | None,
        without: Collection[str],
        only: ArticleFilter | None,
    ) -> Iterator[AnswerEvent]:
        """The answer to small talk or to a question about the collection itself: notes that cite what they name."""
        started = time.perf_counter()
        self.library.refresh()
        plan = collection.plan(
            said, self.library, self.options, asked_at=asked_at, only=only, without=without
        )
        draft = Draft()
        for note in collection.reply(said, self.library, plan, lambda q, k: self._retrieve(q, k, plan, None)):
            yield draft.show(note.text, "note", note.evidence, 1.0)
        timings = dict.fromkeys(TIMINGS, 0.0) | {"total": round(elapsed_ms(started), 1)}
        timings["first_sentence"] = round((draft.first_at - started) * 1000, 1)
        yield Finished(
            Answer(
                question,
                question,
                draft.text,
                tuple(draft.sentences),
                tuple(draft.citations),
                tuple(c.passage for c in draft.citations),
                abstained=False,
                reason="",
                dropped=(),
                engine=self.options.engine,
                model="",
                timings_ms=timings,
                settings_hash=self.settings_hash,
                confidence=1.0,
                details=plan.details,
            )
        )

    def _answer(
        self, question: str, ranked: evidence.Ranked, draft: Draft, timings: dict[str, float], language: str
    ) -> Generator[AnswerEvent, None, str]:
        """Shows the answer to a question that has one; returns a reason ("" when all went well)."""
        chosen = quote.choose(ranked.sentences, self.options.quote_sentences)
        best = [s for s in ranked.sentences[:CONTRADICT] if s.score >= COMPARABLE * ranked.sentences[0].score]
        found = conflict.disagreement(question, best, language)
        if found is not None:
            chosen = conflict.order(chosen, found)
        reason = ""
        if self._writer is None:
            yield from draft.quote(chosen)
        else:
            reason = yield from self._writer.write(
                Part(question, ranked, chosen, draft, timings, language, found)
            )
        if found is not None and draft.sentences:
            said = conflict.sentence(found, w.spoken(question))
            yield draft.show(said, "note", (found.newer, found.older), 1.0)
        return reason

    def _tell(
        self,
        wish: longer.Wish,
        question: str,
        ranked: evidence.Ranked,
        draft: Draft,
        timings: dict[str, float],
        language: str,
    ) -> Generator[AnswerEvent, None, str]:
        """Shows a longer answer, as quotations where the model is none or small; returns a reason like `_answer`."""
        reason = ""
        if self._writer is None or self._writer.model.kind == "bundled":
            yield from draft.quote(ranked.sentences)
        else:
            yield Checking()
            reason = yield from self._writer.write_sentences(
                Part(question, ranked, ranked.sentences, draft, timings, language), wish.count
            )
        for side in longer.missing(wish, ranked.sentences):
            yield draft.show(refusal.not_said(side, wish.language), "note", (), 1.0)
        return reason

    def _why_not(
        self, question: str, ranked: evidence.Ranked, passages: Sequence[Passage], plan: Plan
    ) -> str:
        """Why the evidence is not enough, in plain words; "" when it is."""
        if not passages:
            return plan.nothing
        if not ranked.sentences:
            return "the passages found hold no sentence to quote"
        missing = evidence.unmentioned(question, passages, language=w.spoken(question))
        if missing and self.options.abstain_threshold > 0:
            return f"no passage found mentions {missing}"
        if ranked.confidence < self.options.abstain_threshold:
            return (
                f"no sentence fits the question well enough (confidence {ranked.confidence:.2f}, "
                f"needed {self.options.abstain_threshold:.2f})"
            )
        return ""


def _merged(found: Sequence[Sequence[Passage]]) -> tuple[Passage, ...]:
    """The passages of all parts of a question, in turn, each once, ranked anew."""
    if len(found) == 1:
        return tuple(found[0])
    chosen: dict[str, Passage] = {}
    for some in zip_longest(*found):
        for passage in some:
            if passage is not None:
                chosen.setdefault(passage.chunk.id, passage)
    return tuple(replace(p, rank=rank) for rank, p in enumerate(chosen.values(), 1))


def _corrections(citations: Sequence[Citation]) -> list[str]:
    """A sentence for each cited article that is the corrected revision of an earlier one."""
    cited = {c.passage.article.id: c.passage.article for c in citations if c.passage.article.corrects}
    return [f"“{a.title}” is a corrected version of an article published before." for a in cited.values()]
