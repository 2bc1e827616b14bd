"""Question to answer: retrieve, pick evidence, abstain or quote or draft and check; as events."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.errors import InputError, ModelUnreachable
from index.split import sentence_spans
from rag import check, evidence, followup, markers, prompt, quote
from rag import words as w
from rag.llm import LanguageModel
from rag.options import RagOptions
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

if TYPE_CHECKING:
    from index.library import Library

log = logging.getLogger(__name__)

ABSTAIN_TEXT = "The articles do not answer this question."
SMALL_FACTS = 3
RETOLD = 0.8
TIMINGS = ("retrieve", "evidence", "draft", "check", "first_sentence", "total")
MIN_QUESTION_SHARE = 0.34


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
        made = Citation(len(self.citations) + 1, item.passage, item.text, item.start, item.end)
        self.citations.append(made)
        return made

    def show(self, text: str, origin: Origin, items: Sequence[Evidence], support: float) -> Sentence:
        cited = tuple(self.cite(item) for item in items)
        self.sentences.append(AnswerSentence(text, origin, tuple(c.marker for c in cited), support))
        self.first_at = self.first_at or time.perf_counter()
        return Sentence(text, origin, cited)

    def quote(self, items: Sequence[Evidence]) -> Iterator[Sentence]:
        """Shows each of the sentences as a quotation."""
        for item in items:
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
        inner = sentence.text.replace("“", "‘").replace("”", "’") if "“" in sentence.text else sentence.text
        return f"“{inner}” {marks}".rstrip()
    if sentence.text and sentence.text[-1] in ".!?":
        return f"{sentence.text[:-1]} {marks}{sentence.text[-1]}" if marks else sentence.text
    return f"{sentence.text} {marks}".rstrip()


class Pipeline:
    """Answers questions about one index.

    `stream` yields AnswerEvents and always ends with `Finished`; `ask` drains it. One pipeline
    serves many threads. `model` may be None when the engine is "quote"; `reader` is
    the evidence model (`rag.reader.load_reader`), without which plainer features choose the sentences. `settings_hash` is put on
    every answer; without it a hash over options, model and index is made.
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
        self, question: str, k: int, *, asked_at: date | None = None, without: Collection[str] = ()
    ) -> tuple[Passage, ...]:
        """The best `k` passages; with `asked_at`, none published after that day; none of the articles
        `without` names by `Article.id`. An article is left out where its corrected revision is among
        them (one that was out on that day)."""
        return self._retrieve(question, k, asked_at, without, None)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        without: Collection[str] = (),
    ) -> Answer:
        """`stream` drained. Raises InputError for an empty or too long question."""
        for event in self.stream(question, history=history, asked_at=asked_at, without=without):
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
    ) -> Iterator[AnswerEvent]:
        """Answers a question, telling what happens as it happens.

        `history` are the earlier turns, oldest first (the last few count); `without` names articles
        by `Article.id` that the answer must do without. Closing the generator stops the model. Raises
        InputError for an empty or too long question, before anything else.
        """
        question = question.encode("utf-8", "replace").decode().replace("\0", " ").strip()
        if not question or not w.words(question):
            raise InputError(
                "the question is empty", 'ask in words, e.g. footnote ask "When did the canal open?"'
            )
        if len(question) > self.options.max_question_chars:
            raise InputError(
                f"the question has {len(question):,} characters, the limit is {self.options.max_question_chars:,}",
                "ask more briefly, or set max_question_chars",
            )
        known = tuple(history)[-self.options.max_history :] if self.options.max_history else ()
        return self._stream(question, known, asked_at, without)

    def _retrieve(
        self,
        question: str,
        k: int,
        asked_at: date | None,
        without: Collection[str],
        vector: np.ndarray | None,
    ) -> tuple[Passage, ...]:
        options = self.options
        self.library.refresh()
        depth = k + 4 if asked_at is None else 3 * k
        if without:  # their chunks may fill any number of the first ranks
            depth += sum(len(self.library.chunks_of(name)) for name in without)
        found = retrieve(
            self.library,
            self.embedder,
            question,
            depth,
            retriever=options.retriever,
            fusion=options.fusion,
            candidate_k=max(options.candidate_k, depth),
            vector=vector,
        )
        out = [
            p
            for p in found
            if p.article.id not in without
            and (asked_at is None or p.article.published is None or p.article.published <= asked_at)
        ]
        revised = {(p.article.source, p.article.corrects) for p in out if p.article.corrects}
        known = [p for p in out if (p.article.source, p.article.external_id) not in revised]
        if len(known) < len(found):
            found = tuple(replace(p, rank=rank) for rank, p in enumerate(known, 1))
        return found[:k]

    def _stream(
        self, question: str, history: tuple[Turn, ...], asked_at: date | None, without: Collection[str]
    ) -> Iterator[AnswerEvent]:
        started = time.perf_counter()
        timings: dict[str, float] = dict.fromkeys(TIMINGS, 0.0)
        alone = followup.standalone(question, history)
        if alone != question:
            yield Rewritten(alone)
        yield Searching()
        vector = self.embedder.encode([alone])[0]
        passages = self._retrieve(alone, self.options.top_k, asked_at, without, vector)
        timings["retrieve"] = _ms(started)
        yield Retrieved(passages)
        then = time.perf_counter()
        language = (passages[0].article.language or "en") if passages else "en"
        ranked = evidence.rank(alone, passages, self._cache, vector, language=language, reader=self.reader)
        timings["evidence"] = _ms(then)
        draft = _Draft()
        reason = self._why_not(alone, ranked, passages)
        abstained = bool(reason)
        if not abstained:
            chosen = quote.choose(ranked.sentences, self.options.quote_sentences)
            if self.options.engine == "quote" or self.model is None:
                yield from draft.quote(chosen)
            else:
                if self.model.kind != "bundled":
                    yield Checking()
                reason = yield from self._draft(self.model, alone, ranked, chosen, draft, timings, language)
                abstained = not draft.sentences
        timings["total"] = _ms(started)
        timings["first_sentence"] = (draft.first_at - started) * 1000 if draft.first_at else timings["total"]
        yield Finished(
            Answer(
                question=question,
                standalone_question=alone,
                text=ABSTAIN_TEXT if abstained else draft.text,
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
                confidence=round(ranked.confidence, 4),
            )
        )

    def _why_not(self, question: str, ranked: evidence.Ranked, passages: Sequence[Passage]) -> str:
        """Why the evidence is not enough, in plain words; "" when it is."""
        if not passages:
            return "no passage of the articles fits the question"
        if not ranked.sentences:
            return "the passages found hold no sentence to quote"
        missing = evidence.unmentioned(question, passages)
        if missing and self.options.abstain_threshold > 0:
            return f"no passage found mentions {missing}"
        if ranked.confidence < self.options.abstain_threshold:
            return (
                f"no sentence fits the question well enough (confidence {ranked.confidence:.2f}, "
                f"needed {self.options.abstain_threshold:.2f})"
            )
        return ""

    def _draft(
        self,
        model: LanguageModel,
        question: str,
        ranked: evidence.Ranked,
        chosen: Sequence[Evidence],
        draft: _Draft,
        timings: dict[str, float],
        language: str,
    ) -> Generator[AnswerEvent, None, str]:
        """The model's sentences, each checked before it is shown; returns a reason ("" when all went well)."""
        small = model.kind == "bundled"
        reason, silent = "", False
        if small:  # few of its drafts pass the check: the quotation is shown at once (docs/decisions.md)
            yield from draft.quote(chosen)
            yield Checking()
        then = time.perf_counter()
        checking = 0.0
        try:
            facts = self._facts(model, ranked, small)
            for drafted in _sentences(model, question, facts, small, self.options.max_sentences, language):
                began = time.perf_counter()
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
        timings["check"] = checking
        timings["draft"] = max(_ms(then) - checking, 0.0)
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

        The draft as it is is tried first, then without its last clauses; what it cites first, then
        the other facts: a wrong number is moved to the sentence that does say it.
        """
        cited = [facts[number - 1] for number in drafted.markers]
        places = [*cited, *(f for f in sorted(facts, key=lambda item: -item.score) if f not in cited)]
        first: check.Verdict | None = None
        for text in (drafted.text, *check.shorter(drafted.text)):
            if check.dangling(text):
                first = first or check.Verdict(False, 0.0, "it breaks off")
                continue
            unfit = check.answers(text, question, language=language)
            for item in places:
                title = item.passage.article.title
                verdict = check.check(
                    text, [item.text], question, self.embedder, language=language, titles=title
                )
                if verdict.ok and unfit:
                    verdict = check.Verdict(False, verdict.support, unfit)
                elif (
                    verdict.ok
                    and check.question_share(text, item.text, question, language) < MIN_QUESTION_SHARE
                ):
                    verdict = check.Verdict(False, verdict.support, "it does not speak of what was asked")
                if verdict.ok:
                    return text, item, verdict
                first = first or verdict
        return drafted.text, None, first or check.Verdict(False, 0.0, "no evidence")

    def _stand_in(
        self, drafted: markers.Drafted, facts: Sequence[Evidence], draft: _Draft
    ) -> Evidence | None:
        """The quotation a failed draft should have been: the sentence it cites, else the closest; None
        when that one is shown already."""
        if drafted.markers:
            item = facts[drafted.markers[0] - 1]
        else:
            number = check.nearest(drafted.text, [f.text for f in facts], self.embedder)
            if number < 0:
                return None
            item = facts[number]
        return None if draft.shown(item) else item


def _sentences(
    model: LanguageModel, question: str, facts: Sequence[Evidence], small: bool, most: int, language: str
) -> Iterator[markers.Drafted]:
    """The drafted sentences as soon as each is complete."""
    if small:
        most = 1
    rules = prompt.small_grammar(len(facts)) if small else prompt.grammar(len(facts), most, may_abstain=True)
    pieces = model.stream(
        prompt.messages(question, facts, small=small),
        grammar=rules,
        max_tokens=56 if small else 60 * most + 20,
    )
    spans: Callable[[str], list[tuple[int, int]]] = lambda text: sentence_spans(text, language)  # noqa: E731
    text, given = "", 0
    try:
        for piece in pieces:
            text += piece
            done = markers.split_draft(text, len(facts), spans)[:-1]  # the last one may still grow
            for drafted in done[given:most]:
                given += 1
                yield drafted
            if given >= most:
                return
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
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


def _ms(since: float) -> float:
    return (time.perf_counter() - since) * 1000
