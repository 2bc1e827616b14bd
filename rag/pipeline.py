"""Question to answer: retrieve, pick evidence, abstain or quote or draft and check; as events."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.errors import InputError, ModelUnreachable
from index.schema import Article, ArticleFilter
from index.split import sentence_spans
from rag import (
    brief,
    check,
    collection,
    conflict,
    counted,
    definition,
    evidence,
    followup,
    longer,
    markers,
    orders,
    prompt,
    quote,
    refusal,
    rewrite,
    talk,
)
from rag import words as w
from rag.llm import LanguageModel
from rag.options import RagOptions
from rag.parts import parts
from rag.plan import Plan
from rag.plan import plan as make_plan
from rag.retrieve import retrieve
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerSentence,
    Checking,
    Citation,
    Dropped,
    Evidence,
    Failed,
    Finished,
    Origin,
    Passage,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
    Turn,
)
from rag.wording import nested, storable

if TYPE_CHECKING:
    from index.library import Library

log = logging.getLogger(__name__)

REVISED = 4
"""Passages fetched beyond those asked for, since outdated articles are left out."""
DOUBTED = 3
"""So many times others are asked to answer in place of copies that hold orders."""
SMALL_FACTS = 3
RETOLD = 0.8
MARK_FROM = 0.5
CONTRADICT, COMPARABLE = 8, 0.05
"""So many of the best sentences are compared with each other, those with at least this share of the best one's score."""
TIMINGS = ("retrieve", "evidence", "draft", "check", "first_sentence", "total")
MIN_QUESTION_SHARE = 0.34
CLEAR_SCORE, ALONE_SCORE, ALONE_SURE = 0.5, 0.7, 0.8
"""A brief answer that the evidence model marked too is shown where its sentence has at least the first share of all the scores,
and alone from the second on, where the mark is that sure. On held-out pages (82 such answers) its F1 is then .84, in the rest
.45, and .2 below the first share."""
LONG_FACT = 1200
"""A sentence of more characters is no sentence to read for the adapted model: it is quoted as it is."""
BEAT_SECONDS = 0.5
"""`Checking` comes again at least this often while the model writes, so that whoever leaves stops it."""


class Embeds(Protocol):
    """What answering needs of an embedder."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


@dataclass(slots=True)
class _Draft:
    """An answer in the making: what was shown, the citations numbered as they first appear."""

    sentences: list[AnswerSentence] = field(default_factory=list[AnswerSentence])
    citations: list[Citation] = field(default_factory=list[Citation])
    dropped: list[Dropped] = field(default_factory=list[Dropped])
    first_at: float = 0.0

    def cite(self, item: Evidence) -> Citation:
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
        return any(s.origin == "quote" and s.text == item.text for s in self.sentences)

    @property
    def text(self) -> str:
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


@dataclass(frozen=True, slots=True)
class _Judged:
    """What may be shown of a brief draft: its text, the sentence it rests on (None: it may not be shown), the verdict, and
    whether the sentence may be left to the footnote; `agreed` where the evidence model marked the same words."""

    text: str
    item: Evidence | None
    verdict: check.Verdict
    alone: bool
    agreed: bool = False


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
        timings["retrieve"] += _ms(began)
        yield Retrieved(passages)
        draft = _Draft()
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
            timings["evidence"] += _ms(then)
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
        timings["total"] = _ms(started)
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
        draft = _Draft()
        for note in collection.reply(said, self.library, plan, lambda q, k: self._retrieve(q, k, plan, None)):
            yield draft.show(note.text, "note", note.evidence, 1.0)
        timings = dict.fromkeys(TIMINGS, 0.0) | {"total": round(_ms(started), 1)}
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
        self, question: str, ranked: evidence.Ranked, draft: _Draft, timings: dict[str, float], language: str
    ) -> Generator[AnswerEvent, None, str]:
        """Shows the answer to a question that has one; returns a reason ("" when all went well)."""
        chosen = quote.choose(ranked.sentences, self.options.quote_sentences)
        best = [s for s in ranked.sentences[:CONTRADICT] if s.score >= COMPARABLE * ranked.sentences[0].score]
        found = conflict.disagreement(question, best, language)
        if found is not None:
            chosen = conflict.order(chosen, found)
        reason = ""
        if self.options.engine == "quote" or self.model is None:
            yield from draft.quote(chosen)
        else:
            how = (question, ranked, chosen, draft, timings, language)
            reason = yield from self._written(self.model, *how, found)
        if found is not None and draft.sentences:
            said = conflict.sentence(found, w.spoken(question))
            yield draft.show(said, "note", (found.newer, found.older), 1.0)
        return reason

    def _tell(
        self,
        wish: longer.Wish,
        question: str,
        ranked: evidence.Ranked,
        draft: _Draft,
        timings: dict[str, float],
        language: str,
    ) -> Generator[AnswerEvent, None, str]:
        """Shows a longer answer, as quotations where the model is none or small; returns a reason like `_answer`."""
        reason = ""
        if self.options.engine == "quote" or self.model is None or self.model.kind == "bundled":
            yield from draft.quote(ranked.sentences)
        else:
            yield Checking()
            reason = yield from self._draft(
                self.model, question, ranked, ranked.sentences, draft, timings, language, wish.count
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

    def _written(
        self,
        model: LanguageModel,
        question: str,
        ranked: evidence.Ranked,
        chosen: Sequence[Evidence],
        draft: _Draft,
        timings: dict[str, float],
        language: str,
        found: conflict.Disagreement | None,
    ) -> Generator[AnswerEvent, None, str]:
        """The answer with a model: briefly by the bundled one with its adapter, else by `_draft`; returns a reason like it.
        `found` are two sentences of which the newer contradicts the older."""
        if model.kind == "bundled":
            try:
                adapted = model.adapted
            except ModelUnreachable as error:
                log.warning("%s", error)
                yield from draft.quote(chosen)
                yield Failed(str(error), error.next_step)
                return str(error)
            if adapted:
                how = (question, ranked, chosen, draft, timings, language)
                return (yield from self._brief(model, *how, found))
        else:
            yield Checking()
        return (yield from self._draft(model, question, ranked, chosen, draft, timings, language))

    def _brief(
        self,
        model: LanguageModel,
        question: str,
        ranked: evidence.Ranked,
        chosen: Sequence[Evidence],
        draft: _Draft,
        timings: dict[str, float],
        language: str,
        found: conflict.Disagreement | None,
    ) -> Generator[AnswerEvent, None, str]:
        """A brief answer of the adapted model where one passes, alone where the evidence model would have marked the same
        words, else with the sentence it rests on; the quotations where none passes. Returns a reason like `_draft`.

        A model that finds nothing is made to name something: where the evidence model marked the same, that is told.
        """
        yield Checking()
        then = time.perf_counter()
        facts = [fact for fact in self._facts(model, ranked, small=True) if len(fact.text) <= LONG_FACT]
        if not facts:
            yield from draft.quote(chosen)
            return ""
        best = _best_marked(facts)
        if found is not None:
            facts = [f for f in facts if f.text != found.newer.text][-SMALL_FACTS + 1 :]
            facts.append(found.newer)
            best = found.newer if found.newer.answer is not None else best
        checking, told, reason = 0.0, then, ""
        shown: Evidence | None = None
        alone = silent = False
        try:
            for form in ("adapted", "guess"):
                silent = False
                for drafted in _sentences(model, question, facts, form, 1, language, best):
                    began = time.perf_counter()
                    if drafted is None:
                        if began - told > BEAT_SECONDS:
                            told = began
                            yield Checking()
                        continue
                    if drafted.text.rstrip(".") == prompt.ABSTAIN_WORDS.rstrip("."):
                        silent = True
                        continue
                    judged = self._judge_brief(
                        drafted, facts, best, question, language, disputed=found is not None
                    )
                    checking += _ms(began)
                    item, why = judged.item, judged.verdict.reason
                    if form == "guess" and not judged.agreed:
                        continue
                    if item is not None and found is not None and item.text == found.older.text:
                        item, why = None, "a newer article says otherwise"
                    if item is None:
                        draft.dropped.append(Dropped(drafted.text, why, replaced=True))
                        continue
                    yield draft.show(judged.text, "draft", (item,), judged.verdict.support)
                    shown, alone = item, judged.alone and form != "guess"
                if not silent:
                    break
        except ModelUnreachable as error:
            log.warning("%s", error)
            reason = str(error)
            yield Failed(reason, error.next_step)
        timings["check"] += checking
        timings["draft"] += max(_ms(then) - checking, 0.0)
        if shown is None:
            yield from draft.quote(chosen)
        elif not alone:
            yield from draft.quote([shown])
        return reason

    def _judge_brief(
        self,
        drafted: markers.Drafted,
        facts: Sequence[Evidence],
        best: Evidence | None,
        question: str,
        language: str,
        *,
        disputed: bool,
    ) -> _Judged:
        """What may be shown of a brief draft, the sentence it rests on (None for none), and whether it may stand alone.
        `disputed`: two articles disagree and `best` is of the newer one; they share the score, and a note names both."""
        first = facts[drafted.markers[0] - 1] if drafted.markers else facts[-1]
        if not self.options.check:  # for measuring what the check is worth
            return _Judged(drafted.text, first, check.Verdict(True, 0.0, ""), alone=True)
        places = [first, *(f for f in sorted(facts, key=lambda item: -item.score) if f is not first)]
        word, said = brief.yes_no(drafted.text)
        refused: check.Verdict | None = None
        for item in places:
            if word:
                verdict = self._yes_no(word, said, item, question, language)
                if verdict.ok:
                    return _Judged(drafted.text, item, verdict, alone=False)
            elif (found := brief.extract(drafted.text, item.text)) is None:
                continue
            elif brief.extract(drafted.text, orders.without_quoted_orders(item.text)) is None:
                verdict = check.Verdict(False, 0.0, "the words are of an order to a machine")
            else:
                agreed = item is best and brief.agrees(found, item.answer_within, item.text)
                verdict = self._extract(found, item, question, language, agreed=agreed)
                score = 1.0 if disputed else item.score
                if verdict.ok and agreed and (item.answer_score < MARK_FROM or score < CLEAR_SCORE):
                    verdict = check.Verdict(False, 0.3, "the evidence model marks it without being sure")
                elif verdict.ok and not agreed and item is not facts[-1]:
                    verdict = check.Verdict(False, 0.3, "the evidence model would have marked other words")
                if verdict.ok and found.share(item.text) >= RETOLD:
                    verdict = check.Verdict(False, 0.9, "it repeats its sentence, which is quoted")
                if verdict.ok:
                    sure = agreed and item.answer_score >= ALONE_SURE and score >= ALONE_SCORE
                    alone = sure and brief.plain(found, item.text, question)
                    return _Judged(found.shown, item, verdict, alone=alone, agreed=agreed)
            refused = refused or verdict
        refused = refused or check.Verdict(False, 0.0, "its words do not stand so in the evidence")
        return _Judged(drafted.text, None, refused, alone=False)

    def _extract(
        self, found: brief.Extract, item: Evidence, question: str, language: str, *, agreed: bool
    ) -> check.Verdict:
        """Whether the words of one sentence may be shown as the answer; `agreed` as in `rag.brief.verdict`."""
        if orders.addresses_model(item.text):
            return check.Verdict(False, 0.0, "the cited words speak to a machine")
        title = item.passage.article.title
        return brief.verdict(found, item.text, question, title=title, language=language, agreed=agreed)

    def _yes_no(self, word: str, said: str, item: Evidence, question: str, language: str) -> check.Verdict:
        """Whether "yes" or "no" and the reason given for it rest on one sentence of the evidence."""
        if w.wanted_kind(question) != "yes-no":
            return check.Verdict(False, 0.2, "the question does not ask for yes or no")
        wrong = brief.wrong_word(word, question, item.text, language=language)
        return check.Verdict(False, 0.1, wrong) if wrong else self._verdict(said, item, question, language)

    def _draft(
        self,
        model: LanguageModel,
        question: str,
        ranked: evidence.Ranked,
        chosen: Sequence[Evidence],
        draft: _Draft,
        timings: dict[str, float],
        language: str,
        most: int = 0,
    ) -> Generator[AnswerEvent, None, str]:
        """The model's sentences, each checked before it is shown, at most `most`; returns a reason ("" when all
        went well)."""
        most = most or self.options.max_sentences
        small = model.kind == "bundled"
        reason, silent = "", False
        if small:  # few of its drafts pass the check: the quotation is shown at once (docs/decisions.md)
            yield from draft.quote(chosen)
            yield Checking()
        then = time.perf_counter()
        checking = 0.0
        try:
            facts = self._facts(model, ranked, small)
            told = time.perf_counter()
            for drafted in _sentences(model, question, facts, "small" if small else "", most, language):
                began = time.perf_counter()
                if drafted is None:
                    if began - told > BEAT_SECONDS:
                        told = began
                        yield Checking()
                    continue
                if drafted.text.rstrip(".") == prompt.ABSTAIN_WORDS.rstrip("."):
                    silent = True
                    continue
                text, item, verdict = self._judge(drafted, facts, question, language)
                checking += _ms(began)
                if item is not None and not (_retells(text, item) if small else _told(text, draft, language)):
                    yield draft.show(text, "draft", (item,), verdict.support)
                    continue
                stand_in = None if small or item is not None else self._stand_in(drafted, facts, draft)
                why = verdict.reason or "it repeats what was said"
                draft.dropped.append(Dropped(drafted.text, why, replaced=stand_in is not None))
                if stand_in is not None:
                    yield from draft.quote((stand_in,))
        except ModelUnreachable as error:
            log.warning("%s", error)
            reason = str(error)
            yield Failed(reason, error.next_step)
        timings["check"] += checking
        timings["draft"] += max(_ms(then) - checking, 0.0)
        if silent and not reason and not draft.sentences:
            return "the model found no answer in the evidence"
        if not draft.sentences:
            yield from draft.quote(chosen)
            if draft.dropped:
                first = draft.dropped[0]
                draft.dropped[0] = Dropped(first.text, first.reason, replaced=True)
        return reason

    def _facts(self, model: LanguageModel, ranked: evidence.Ranked, small: bool) -> list[Evidence]:
        """The evidence that enters the prompt. The bundled model gets the three best sentences with
        the best one last, next to the question: it uses what it read last (docs/decisions.md)."""
        budget = self.options.evidence_tokens or model.evidence_budget()
        facts = evidence.within_budget(
            ranked.sentences, budget, lambda text: len(self.embedder.token_spans(text))
        )
        return facts[:SMALL_FACTS][::-1] if small else facts

    def _judge(
        self, drafted: markers.Drafted, facts: Sequence[Evidence], question: str, language: str
    ) -> tuple[str, Evidence | None, check.Verdict]:
        """(the words that may be shown, the sentence they rest on or None, the check's verdict).

        The draft as it is is tried first, then without its last clauses. Its citation moves to the fact
        that supports it best.
        """
        cited = [facts[number - 1] for number in drafted.markers]
        if not self.options.check:  # for measuring what the check is worth
            item = next(iter(cited), facts[-1] if facts else None)
            return drafted.text, item, check.Verdict(item is not None, 0.0, "")
        places = [*cited, *(f for f in sorted(facts, key=lambda item: -item.score) if f not in cited)]
        first: check.Verdict | None = None
        for text in (drafted.text, *check.shorter(drafted.text)):
            if check.dangling(text):
                first = first or check.Verdict(False, 0.0, "it breaks off")
                continue
            unfit = check.answers(text, question, language=language)
            passed: list[tuple[Evidence, check.Verdict]] = []
            for item in places:
                verdict = self._verdict(text, item, question, language)
                if verdict.ok and unfit:
                    verdict = check.Verdict(False, verdict.support, unfit)
                if verdict.ok:
                    passed.append((item, verdict))
                first = first or verdict
            if passed:
                item, verdict = max(passed, key=lambda pair: pair[1].support)
                return text, item, verdict
        return drafted.text, None, first or check.Verdict(False, 0.0, "no evidence")

    def _verdict(self, text: str, item: Evidence, question: str, language: str) -> check.Verdict:
        """Whether one sentence of the evidence says what a draft says, and both speak of what was asked."""
        title = item.passage.article.title
        if orders.addresses_model(item.text):
            return check.Verdict(False, 0.0, "the cited words speak to a machine")
        verdict = check.check(
            text,
            [orders.without_quoted_orders(item.text)],
            _lent(question, item),
            self._cache,  # the same draft is compared with every fact
            language=language,
            titles="" if orders.addresses_model(title) else title,
        )
        if verdict.ok and check.question_share(text, item.text, question, language) < MIN_QUESTION_SHARE:
            return check.Verdict(False, verdict.support, "it does not speak of what was asked")
        return verdict

    def _stand_in(
        self, drafted: markers.Drafted, facts: Sequence[Evidence], draft: _Draft
    ) -> Evidence | None:
        """The quotation a failed draft should have been: the sentence it cites, else the closest; None
        when that one is shown already."""
        if drafted.markers:
            item = facts[drafted.markers[0] - 1]
        else:
            number = check.nearest(drafted.text, [f.text for f in facts], self._cache)
            if number < 0:
                return None
            item = facts[number]
        return None if draft.shown(item) else item


def _sentences(
    model: LanguageModel,
    question: str,
    facts: Sequence[Evidence],
    form: str,
    most: int,
    language: str,
    marked: Evidence | None = None,
) -> Iterator[markers.Drafted | None]:
    """The drafted sentences as soon as each is complete, None for each piece of one. `form` is "adapted" or "small" for
    the bundled model with and without its adapter, "guess" for the former where it may not abstain; `marked` is the fact
    whose answer the adapted one sees marked."""
    if form == "small":
        most = 1
    if form in ("adapted", "guess"):
        asked = prompt.adapted_messages(question, [prompt.fact_of(f, marked=f is marked) for f in facts])
        rules = prompt.adapted_grammar(len(facts), most, may_abstain=form == "adapted")
    else:
        asked = prompt.messages(question, facts, small=form == "small")
        rules = (
            prompt.small_grammar(len(facts))
            if form == "small"
            else prompt.grammar(len(facts), most, may_abstain=True)
        )
    pieces = model.stream(asked, grammar=rules, max_tokens=56 if form else 60 * most + 20)
    spans: Callable[[str], list[tuple[int, int]]] = lambda text: sentence_spans(text, language)  # noqa: E731
    text, given = "", 0
    try:
        for piece in pieces:
            text += piece
            if form in ("adapted", "guess"):
                said = markers.brief(text, len(facts))
                yield said
                if said is not None:
                    return
                continue
            done = markers.split_draft(text, len(facts), spans)[:-1]  # the last one may still grow
            for drafted in done[given:most]:
                given += 1
                yield drafted
            if given >= most:
                return
            yield None
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
    if form in ("adapted", "guess") and text.strip() != prompt.ABSTAIN_WORDS:
        return  # it broke off
    for drafted in markers.split_draft(text, len(facts), spans)[given:most]:
        if drafted.text[-1:] in '.!?”"':  # a sentence cut off by the token limit is no sentence
            yield drafted


def _retells(text: str, item: Evidence) -> bool:
    """True when a sentence repeats the quotation it rests on nearly whole, which stands there already."""
    language = item.passage.article.language or "en"
    told = frozenset(w.content_stems(text, language))
    return check.overlap(w.content_stems(item.text, language), told) >= RETOLD


def _told(text: str, draft: _Draft, language: str) -> bool:
    """True when a sentence says nothing beyond what is shown already."""
    told = frozenset(stem for s in draft.sentences for stem in w.content_stems(s.text, language))
    return bool(told) and check.overlap(w.content_stems(text, language), told) >= 1.0


def _best_marked(facts: Sequence[Evidence]) -> Evidence | None:
    """The fact with the likeliest answer of those the evidence model marked; None where it marked none."""
    marked = [fact for fact in facts if fact.answer is not None]
    return max(marked, key=lambda fact: fact.score * fact.answer_score, default=None)


def _marked(item: Evidence) -> tuple[int, int] | None:
    """The answer within a citation, where the evidence model is sure enough of it to be marked."""
    return item.answer if item.answer_score >= MARK_FROM else None


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


def _lent(question: str, item: Evidence) -> str:
    """The question less the names that the article does not hold: those a draft may not take from it."""
    article = item.passage.article
    strange = w.names(question) - frozenset(w.words(f"{article.title} {article.text}"))
    return (
        " ".join(word for word in question.split() if not strange & set(w.words(word)))
        if strange
        else question
    )


def _ms(since: float) -> float:
    return (time.perf_counter() - since) * 1000
