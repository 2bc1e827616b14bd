"""What the language model writes, judged sentence by sentence before it is shown."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from index.errors import ModelUnreachable
from index.split import sentence_spans
from rag import brief, check, conflict, counted, evidence, markers, orders, prompt, speech
from rag import words as w
from rag.draft import MARK_FROM, Draft, elapsed_ms
from rag.llm import LanguageModel
from rag.options import RagOptions
from rag.schema import AnswerEvent, Checking, Dropped, Evidence, Failed

log = logging.getLogger(__name__)

SMALL_FACTS, BRIEF_TOKENS = 3, 56
RETOLD = 0.8
REPEATS, REPEATS_QUOTED = "it repeats what was said", "it repeats its sentence, which is quoted"
REPEATING = frozenset((REPEATS, REPEATS_QUOTED))
"""Why a draft is left out though nothing is wrong with it."""
MIN_QUESTION_SHARE = 0.34
CLEAR_SCORE, ALONE_SCORE = 0.5, 0.7
"""A brief answer that the evidence model marked too, and is sure of, is shown where its sentence has at least the first share of
all the scores, and alone from the second on. On held-out pages (n 232) the F1 of what then stands alone is .83, of all that is
shown .74, and .40 below the first share (docs/models.md)."""
LONG_FACT = 1200
"""A sentence of more characters is no sentence to read for the adapted model: it is quoted as it is."""
BEAT_SECONDS = 0.5
"""`Checking` comes again at least this often while the model writes, so that whoever leaves stops it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One question that has an answer: the evidence for it, the sentences that would be quoted, and the answer in the making.
    `dispute` are two sentences of which the newer contradicts the older."""

    question: str
    ranked: evidence.Ranked
    chosen: Sequence[Evidence]
    draft: Draft
    timings: dict[str, float]
    language: str
    dispute: conflict.Disagreement | None = None

    @property
    def asks_yes_no(self) -> bool:
        """True where the question wants yes or no."""
        return w.wanted_kind(self.question) == "yes-no"


@dataclass(frozen=True, slots=True)
class _Judged:
    """What may be shown of a brief draft: its text, the sentence it rests on (None: it may not be shown), the verdict, and
    whether the sentence may be left to the footnote; `agreed` where the evidence model marked the same words."""

    text: str
    item: Evidence | None
    verdict: check.Verdict
    alone: bool
    agreed: bool = False


class Writer:
    """Lets one model write, and shows what passes the check. `count` counts the tokens of a text, `cache` holds vectors."""

    def __init__(
        self,
        model: LanguageModel,
        options: RagOptions,
        cache: evidence.SentenceCache,
        count: Callable[[str], int],
    ) -> None:
        self.model, self.options = model, options
        self._cache, self._count = cache, count

    def write(self, part: Part) -> Generator[AnswerEvent, None, str]:
        """The answer: briefly by the bundled model with its adapter, else by `write_sentences`; returns a reason ("" when all
        went well)."""
        if self.model.kind != "bundled":
            yield Checking()
            return (yield from self.write_sentences(part))
        try:
            adapted = self.model.adapted
        except ModelUnreachable as error:
            log.warning("%s", error)
            yield from part.draft.quote(part.chosen)
            yield Failed(str(error), error.next_step)
            return str(error)
        return (yield from (self._write_briefly(part) if adapted else self.write_sentences(part)))

    def _write_briefly(self, part: Part) -> Generator[AnswerEvent, None, str]:
        """A brief answer of the adapted model where one passes, alone where the evidence model would have marked the same
        words, else with the sentence it rests on; the quotations where none passes. Returns a reason like `write`.

        A model that finds nothing is made to name something: where the evidence model marked the same, that is told.
        """
        yield Checking()
        draft, dispute = part.draft, part.dispute
        then = time.perf_counter()
        facts = [fact for fact in self._facts(part.ranked, small=True) if len(fact.text) <= LONG_FACT]
        # What somebody said is told in their words.
        if not facts or speech.asked(part.question, w.spoken(part.question)):
            yield from draft.quote(part.chosen)
            return ""
        best = _best_marked(facts)
        if dispute is not None:
            facts = [f for f in facts if f.text != dispute.newer.text][-SMALL_FACTS + 1 :]
            facts.append(dispute.newer)
            best = dispute.newer if dispute.newer.answer is not None else best
        checking, reason = 0.0, ""
        shown: Evidence | None = None
        alone = silent = False
        try:
            # "Yes" is no extract that both could mark.
            for guess in (False,) if part.asks_yes_no else (False, True):
                silent = False
                for drafted in self._brief_draft(part, facts, best, guess=guess):
                    if drafted is None:
                        yield Checking()
                        continue
                    if _abstains(drafted):
                        silent = True
                        continue
                    began = time.perf_counter()
                    judged = self._judge_brief(drafted, facts, best, part)
                    checking += elapsed_ms(began)
                    item, why = judged.item, judged.verdict.reason
                    if guess and not judged.agreed:
                        continue
                    if item is not None and dispute is not None and item.text == dispute.older.text:
                        item, why = None, "a newer article says otherwise"
                    if item is None:
                        draft.dropped.append(Dropped(drafted.text, why, replaced=True))
                        continue
                    yield draft.show(judged.text, "draft", (item,), judged.verdict.support)
                    shown, alone = item, judged.alone and not guess
                if not silent:
                    break
        except ModelUnreachable as error:
            log.warning("%s", error)
            reason = str(error)
            yield Failed(reason, error.next_step)
        part.timings["check"] += checking
        part.timings["draft"] += max(elapsed_ms(then) - checking, 0.0)
        if shown is None:
            yield from draft.quote(part.chosen)
        elif not alone:
            yield from draft.quote([shown])
        return reason

    def _brief_draft(
        self, part: Part, facts: Sequence[Evidence], best: Evidence | None, *, guess: bool
    ) -> Iterator[markers.Drafted | None]:
        """The adapted model's brief answer from the facts, of which it sees `best` marked, or that there is none; with `guess`
        it must name something. None for each beat until it is there."""
        read = [prompt.fact_of(fact, marked=fact is best) for fact in facts]
        rules = prompt.adapted_grammar(read, may_abstain=not guess, yes_no=part.asks_yes_no)
        pieces = self.model.stream(
            prompt.adapted_messages(part.question, read), grammar=rules, max_tokens=BRIEF_TOKENS
        )
        text = ""
        for beat, piece in _beating(pieces):
            text += piece
            drafted = markers.brief(text, len(facts))
            if drafted is not None:
                yield drafted
                return
            if beat:
                yield None
        if text.strip() == prompt.ABSTAIN_WORDS:  # else it broke off
            yield markers.Drafted(text.strip(), (), 0)

    def _judge_brief(
        self, drafted: markers.Drafted, facts: Sequence[Evidence], best: Evidence | None, part: Part
    ) -> _Judged:
        """What may be shown of a brief draft. Where two articles disagree, `best` is of the newer one; they share the score,
        and a note names both."""
        first = facts[drafted.markers[0] - 1] if drafted.markers else facts[-1]
        if not self.options.check:  # for measuring what the check is worth
            return _Judged(drafted.text, first, check.Verdict(True, 0.0, ""), alone=True)
        places = [first, *(f for f in sorted(facts, key=lambda item: -item.score) if f is not first)]
        word, said = brief.yes_no(drafted.text)
        refused: check.Verdict | None = None
        for item in places:
            if word:
                verdict = self._judge_yes_no(word, said, item, part)
                if verdict.ok:
                    return _Judged(drafted.text, item, verdict, alone=False)
            elif (found := brief.extract(drafted.text, item.text, part.question)) is None:
                continue
            else:
                judged = self._judge_extract(found, item, drafted, facts, best, part)
                if judged.item is not None:
                    return judged
                verdict = judged.verdict
            refused = refused or verdict
        refused = refused or check.Verdict(False, 0.0, "its words do not stand so in the evidence")
        return _Judged(drafted.text, None, refused, alone=False)

    def _judge_extract(
        self,
        found: brief.Extract,
        item: Evidence,
        drafted: markers.Drafted,
        facts: Sequence[Evidence],
        best: Evidence | None,
        part: Part,
    ) -> _Judged:
        """Whether words of one sentence may be shown as the answer."""
        agreed = item is best and brief.agrees(found, item.answer_within, item.text)
        score = item.score if part.dispute is None else 1.0
        told = orders.without_quoted_orders(item.text)
        why, support = "", 0.0
        if orders.addresses_model(item.text):
            why = "the cited words speak to a machine"
        elif told != item.text and brief.extract(drafted.text, told, part.question) is None:
            why = "the words are of an order to a machine"
        else:
            verdict = brief.verdict(
                found, item.text, part.question, title=item.passage.article.title,
                language=part.language, agreed=agreed,
            )  # fmt: skip
            why, support = verdict.reason, verdict.support
            if verdict.ok and agreed and (item.answer_score < MARK_FROM or score < CLEAR_SCORE):
                why, support = "the evidence model marks it without being sure", 0.3
            elif verdict.ok and not agreed and item is not facts[-1]:
                why, support = "the evidence model would have marked other words", 0.3
            elif verdict.ok and _counts_other(found, item, part):
                why, support = "it counts something else than was asked for", 0.3
            elif verdict.ok and found.share(item.text) >= RETOLD:
                why, support = REPEATS_QUOTED, 0.9
        if why:
            return _Judged(drafted.text, None, check.Verdict(False, support, why), alone=False)
        alone = agreed and score >= ALONE_SCORE and brief.plain(found, item.text, part.question)
        return _Judged(found.shown, item, check.Verdict(True, support, ""), alone=alone, agreed=agreed)

    def _judge_yes_no(self, word: str, said: str, item: Evidence, part: Part) -> check.Verdict:
        """Whether "yes" or "no" and the reason given for it rest on one sentence of the evidence."""
        if not part.asks_yes_no:
            return check.Verdict(False, 0.2, "the question does not ask for yes or no")
        wrong = brief.wrong_word(word, part.question, item.text, language=part.language)
        return check.Verdict(False, 0.1, wrong) if wrong else self._verdict(said, item, part)

    def write_sentences(self, part: Part, most: int = 0) -> Generator[AnswerEvent, None, str]:
        """The model's sentences, each checked before it is shown, at most `most`; returns a reason like `write`."""
        most = most or self.options.max_sentences
        small = self.model.kind == "bundled"
        draft = part.draft
        reason, silent = "", False
        if small:  # few of its drafts pass the check: the quotation is shown at once (docs/decisions.md)
            yield from draft.quote(part.chosen)
            yield Checking()
        then = time.perf_counter()
        checking = 0.0
        try:
            facts = self._facts(part.ranked, small=small)
            for drafted in self._sentences(part, facts, most, small=small):
                if drafted is None:
                    yield Checking()
                    continue
                if _abstains(drafted):
                    silent = True
                    continue
                began = time.perf_counter()
                text, item, verdict = self._judge(drafted, facts, part)
                checking += elapsed_ms(began)
                if item is not None and not (
                    _retells(text, item) if small else _told(text, draft, part.language)
                ):
                    yield draft.show(text, "draft", (item,), verdict.support)
                    continue
                stand_in = None if small or item is not None else self._stand_in(drafted, facts, draft)
                why = verdict.reason or REPEATS
                draft.dropped.append(Dropped(drafted.text, why, replaced=stand_in is not None))
                if stand_in is not None:
                    yield from draft.quote((stand_in,))
        except ModelUnreachable as error:
            log.warning("%s", error)
            reason = str(error)
            yield Failed(reason, error.next_step)
        part.timings["check"] += checking
        part.timings["draft"] += max(elapsed_ms(then) - checking, 0.0)
        if silent and not reason and not draft.sentences:
            return "the model found no answer in the evidence"
        if not draft.sentences:
            yield from draft.quote(part.chosen)
            if draft.dropped:
                first = draft.dropped[0]
                draft.dropped[0] = Dropped(first.text, first.reason, replaced=True)
        return reason

    def _sentences(
        self, part: Part, facts: Sequence[Evidence], most: int, *, small: bool
    ) -> Iterator[markers.Drafted | None]:
        """The drafted sentences as soon as each is complete, None for each beat in between."""
        most = 1 if small else most
        rules = (
            prompt.small_grammar(len(facts)) if small else prompt.grammar(len(facts), most, may_abstain=True)
        )
        pieces = self.model.stream(
            prompt.messages(part.question, facts, small=small),
            grammar=rules,
            max_tokens=BRIEF_TOKENS if small else 60 * most + 20,
        )

        def spans(text: str) -> list[tuple[int, int]]:
            return sentence_spans(text, part.language)

        text, given = "", 0
        for beat, piece in _beating(pieces):
            text += piece
            done = markers.split_draft(text, len(facts), spans)[:-1]  # the last one may still grow
            for drafted in done[given:most]:
                given += 1
                yield drafted
            if given >= most:
                return
            if beat:
                yield None
        for drafted in markers.split_draft(text, len(facts), spans)[given:most]:
            if drafted.text[-1:] in '.!?”"':  # a sentence cut off by the token limit is no sentence
                yield drafted

    def _facts(self, ranked: evidence.Ranked, *, small: bool) -> list[Evidence]:
        """The evidence that enters the prompt. The bundled model gets the three best sentences with
        the best one last, next to the question: it uses what it read last (docs/decisions.md)."""
        budget = self.options.evidence_tokens or self.model.evidence_budget()
        facts = evidence.within_budget(ranked.sentences, budget, self._count)
        return facts[:SMALL_FACTS][::-1] if small else facts

    def _judge(
        self, drafted: markers.Drafted, facts: Sequence[Evidence], part: Part
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
            unfit = check.answers(text, part.question, language=part.language)
            passed: list[tuple[Evidence, check.Verdict]] = []
            for item in places:
                verdict = self._verdict(text, item, part)
                if verdict.ok and unfit:
                    verdict = check.Verdict(False, verdict.support, unfit)
                if verdict.ok:
                    passed.append((item, verdict))
                first = first or verdict
            if passed:
                item, verdict = max(passed, key=lambda pair: pair[1].support)
                return text, item, verdict
        return drafted.text, None, first or check.Verdict(False, 0.0, "no evidence")

    def _verdict(self, text: str, item: Evidence, part: Part) -> check.Verdict:
        """Whether one sentence of the evidence says what a draft says, and both speak of what was asked."""
        title = item.passage.article.title
        if orders.addresses_model(item.text):
            return check.Verdict(False, 0.0, "the cited words speak to a machine")
        verdict = check.check(
            text,
            [orders.without_quoted_orders(item.text)],
            _lent(part.question, item),
            self._cache,  # the same draft is compared with every fact
            language=part.language,
            titles="" if orders.addresses_model(title) else title,
        )
        if (
            verdict.ok
            and check.question_share(text, item.text, part.question, part.language) < MIN_QUESTION_SHARE
        ):
            return check.Verdict(False, verdict.support, "it does not speak of what was asked")
        return verdict

    def _stand_in(self, drafted: markers.Drafted, facts: Sequence[Evidence], draft: Draft) -> Evidence | None:
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


def _counts_other(found: brief.Extract, item: Evidence, part: Part) -> bool:
    """True where the sentence tells the number of what "how many" asks for in other words than these."""
    place = counted.counting(part.question, item.text, part.language)
    return place is not None and not (place[0] < found.end and found.start < place[1])


def _retells(text: str, item: Evidence) -> bool:
    """True when a sentence repeats the quotation it rests on nearly whole, which stands there already."""
    language = item.passage.article.language or "en"
    told = frozenset(w.content_stems(text, language))
    return check.overlap(w.content_stems(item.text, language), told) >= RETOLD


def _told(text: str, draft: Draft, language: str) -> bool:
    """True when a sentence says nothing beyond what is shown already."""
    told = frozenset(stem for s in draft.sentences for stem in w.content_stems(s.text, language))
    return bool(told) and check.overlap(w.content_stems(text, language), told) >= 1.0


def _best_marked(facts: Sequence[Evidence]) -> Evidence | None:
    """The fact with the likeliest answer of those the evidence model marked; None where it marked none."""
    marked = [fact for fact in facts if fact.answer is not None]
    return max(marked, key=lambda fact: fact.score * fact.answer_score, default=None)


def _lent(question: str, item: Evidence) -> str:
    """The question less the names that the article does not hold: those a draft may not take from it."""
    article = item.passage.article
    strange = w.names(question) - frozenset(w.words(f"{article.title} {article.text}"))
    return (
        " ".join(word for word in question.split() if not strange & set(w.words(word)))
        if strange
        else question
    )


def _abstains(drafted: markers.Drafted) -> bool:
    return drafted.text.rstrip(".") == prompt.ABSTAIN_WORDS.rstrip(".")


def _beating(pieces: Iterator[str]) -> Iterator[tuple[bool, str]]:
    """The pieces, each with whether it is time to tell that the model is still writing; closes them at the end."""
    told = time.perf_counter()
    try:
        for piece in pieces:
            beat = time.perf_counter() - told > BEAT_SECONDS
            told = time.perf_counter() if beat else told
            yield beat, piece
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
