"""A question set from the articles of an index: read, ask, sift, pair, write down."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from evals.cases import Case
from evals.make import german_spanish, unanswerable
from evals.make.drafts import Draft
from evals.make.english import english
from evals.make.names import Setting, setting_of
from evals.make.pool import Candidate, SecondReading, candidate, chosen, drop_contradictions, drop_duplicates
from evals.make.sentences import Entry, Fact, facts, language_of, points_elsewhere, spread, survey
from evals.make.writer import Writes, written
from evals.progress import EvalProgress, ProgressCallback, silent
from evals.system import ArticleShelf
from index.schema import Article

PER_ARTICLE = 3
_POOL = 4
"""So many times the wanted number of candidates are read before the sifting, which takes most of them."""


@dataclass(slots=True)
class Report:
    """What became of the sentences, for people.

    Attributes:
        articles: in the index; `read` of them were needed.
        facts: sentences with a fact; `leaning` of them lean on the sentence before.
        questions: asked by rules and model; `dropped` counts the reasons for leaving them out.
        skipped: language -> articles that no rule can read.
        answerable, unanswerable: rows made; `wanted` were asked for.
    """

    articles: int = 0
    read: int = 0
    facts: int = 0
    leaning: int = 0
    questions: int = 0
    dropped: Counter[str] = field(default_factory=Counter[str])
    skipped: Counter[str] = field(default_factory=Counter[str])
    corrected: int = 0
    answerable: int = 0
    unanswerable: int = 0
    wanted: int = 0
    wanted_unanswerable: int = 0

    def lines(self) -> list[str]:
        """The report, a line for each thing to say."""
        told = [
            f"{self.read} of {self.articles} articles read: {self.facts} sentences with a fact, "
            f"{self.leaning} of them lean on the sentence before; {self.questions} questions",
        ]
        if self.dropped:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self.dropped.most_common())
            told.append(f"left out: {reasons}")
        if self.corrected:
            told.append(f"{self.corrected} articles passed over, since later ones correct them")
        for language, count in sorted(self.skipped.items()):
            told.append(
                f"{count} articles in {language!r} passed over: there are rules for en, de and es; a model asks in any language"
            )
        told.append(f"{self.answerable} questions with an answer, {self.unanswerable} without")
        short = self.wanted - self.wanted_unanswerable - self.answerable
        if short > 0:
            told.append(
                f"{short} fewer with an answer than asked for: no more sentences gave a question that stands alone; "
                "more articles help, or a larger model (FOOTNOTE_LLM_URL, FOOTNOTE_GGUF)"
            )
        if self.wanted_unanswerable > self.unanswerable:
            told.append(
                f"{self.wanted_unanswerable - self.unanswerable} fewer without an answer than asked for: no other person, "
                "place or body that the articles are about is surely without a fact of its kind"
            )
        return told


@dataclass(frozen=True, slots=True)
class Made:
    """The cases in order, and how they came about."""

    cases: tuple[Case, ...]
    report: Report


def make_questions(
    shelf: ArticleShelf,
    *,
    n: int,
    seed: int = 0,
    unanswerable_share: float = 0.25,
    per_article: int = PER_ARTICLE,
    writer: Writes | None = None,
    progress: ProgressCallback = silent,
) -> Made:
    """Makes up to `n` questions from the articles; the same arguments make the same questions.

    Args:
        shelf: the articles; they are read twice, one at a time.
        unanswerable_share: of `n`, by pairing what articles are about with facts they do not state.
        per_article: at most so many answerable questions from one article.
        writer: a language model that asks where the rules find too little; None for rules only.

    Raises:
        ModelUnreachable: the model does not answer.
    """
    report = Report(wanted=n, wanted_unanswerable=round(n * unanswerable_share))
    found = survey(_told(shelf.articles(), "reading", progress))
    report.articles, report.corrected = len(found.entries) + found.corrected, found.corrected
    wanted = n - report.wanted_unanswerable
    maker = _Maker(found.common, per_article, writer, report)
    for done, entry in enumerate(spread(found.entries, seed), start=1):
        progress(EvalProgress("asking", done, len(found.entries)))
        article = shelf.article(entry.id)
        if article is not None:
            maker.take(article, entry)
        enough = sum(not one.dropped for one in maker.candidates) >= _POOL * wanted
        if enough and len(maker.entities) >= 2 * report.wanted_unanswerable:
            break
    pairs = unanswerable.pairs(maker.entities)
    reading = SecondReading(maker.candidates)
    names = {entry.id: entry.name for entry in found.entries}
    for article in _told(shelf.articles(), "checking", progress):
        if article.id in names:
            reading.read(article.id, names[article.id], article.text, language_of(article))
        whole = f"{article.title}\n{article.text}"
        for pair in pairs:
            pair.read(whole)
    drop_contradictions(maker.candidates)
    drop_duplicates(maker.candidates)
    taken = chosen(maker.candidates, wanted, per_article)
    report.dropped.update(one.dropped for one in maker.candidates if one.dropped)
    without = _unanswerable(pairs, report.wanted_unanswerable, {one.draft.question for one in taken}, names)
    report.answerable, report.unanswerable = len(taken), len(without)
    cases = [_case(one) for one in taken] + without
    width = max(3, len(str(len(cases))))
    numbered = (replace(case, id=f"made-{number:0{width}}") for number, case in enumerate(cases, start=1))
    return Made(tuple(numbered), report)


def _told(articles: Iterator[Article], stage: str, progress: ProgressCallback) -> Iterator[Article]:
    for done, article in enumerate(articles, start=1):
        progress(EvalProgress(stage, done, None))
        yield article


class _Maker:
    """Collects candidates and entities from one article after another."""

    def __init__(
        self, common: frozenset[str], per_article: int, writer: Writes | None, report: Report
    ) -> None:
        self.candidates: list[Candidate] = []
        self.entities: list[unanswerable.Entity] = []
        self._common, self._per_article, self._writer, self._report = common, per_article, writer, report

    def take(self, article: Article, entry: Entry) -> None:
        rules = self._rules(article, entry)
        if rules is None and self._writer is None:
            self._report.skipped[entry.language] += 1
            return
        self._report.read += 1
        kept = 0
        unasked: list[Fact] = []
        for fact in facts(article, entry.language):
            self._report.facts += 1
            if points_elsewhere(fact.text):
                self._report.leaning += 1
                continue
            drafts = rules(fact.text) if rules is not None else []
            kept += self._add(drafts, fact, entry, article.title)
            if not drafts:
                unasked.append(fact)
        if self._writer is not None:
            for fact in unasked:
                if kept >= self._per_article:
                    break
                draft = written(fact.text, article.title, self._writer)
                kept += self._add([draft] if draft else [], fact, entry, article.title)

    def _add(self, drafts: list[Draft], fact: Fact, entry: Entry, title: str) -> int:
        made = [candidate(draft, fact, entry, title) for draft in drafts]
        self._report.questions += len(made)
        self.candidates.extend(made)
        return sum(not one.dropped for one in made)

    def _rules(self, article: Article, entry: Entry) -> Callable[[str], list[Draft]] | None:
        if entry.language == "en":
            setting: Setting = setting_of(article.title, article.text, self._common)
            self.entities.extend(unanswerable.entities(setting, entry.id))
            return lambda sentence: english(sentence, setting)
        return {"de": german_spanish.german, "es": german_spanish.spanish}.get(entry.language)


def _case(one: Candidate) -> Case:
    names = dict.fromkeys((one.entry.name, *one.also))
    by_model = one.draft.rule.startswith("model ")
    return Case(
        id="",
        question=one.draft.question,
        answers=tuple(dict.fromkeys(one.draft.answers)),
        article_ids=tuple(names),
        quotes=(one.fact.text,),
        kind=one.kind,
        language=one.entry.language,
        made_by=one.draft.rule if by_model else f"rule: {one.draft.rule}",
    )


def _unanswerable(
    pairs: list[unanswerable.Pair], wanted: int, asked: set[str], names: dict[str, str]
) -> list[Case]:
    """At most `wanted` pairs that no article closes: one for each entity, the relations in turn."""
    made: list[Case] = []
    entities: set[str] = set()
    relations: Counter[str] = Counter()
    left = [pair for pair in pairs if pair.open]
    while left and len(made) < wanted:
        left = [pair for pair in left if pair.entity.name not in entities]
        if not left:
            break
        # the relation asked least so far; among equals the order of the articles
        pair = min(left, key=lambda pair: relations[pair.relation.question])
        left.remove(pair)
        relations[pair.relation.question] += 1
        entities.add(pair.entity.name)
        if pair.question not in asked:
            made.append(
                Case(
                    id="",
                    question=pair.question,
                    answerable=False,
                    kind="unanswerable",
                    language="en",
                    made_by=f"{pair.made_by} (met in {names.get(pair.entity.article, pair.entity.article)})",
                )
            )
    return made


def as_row(case: Case) -> dict[str, object]:
    """A case as one JSON object of the row schema."""
    row: dict[str, object] = {
        "id": case.id,
        "question": case.question,
        "answers": list(case.answers),
        "article_ids": list(case.article_ids),
        "quotes": list(case.quotes),
        "answerable": case.answerable,
        "history": [{"question": turn.question, "answer": turn.answer} for turn in case.history],
        "asked_at": case.asked_at.isoformat() if case.asked_at else None,
        "kind": case.kind,
        "language": case.language,
        "made_by": case.made_by,
    }
    return row


def as_lines(cases: Iterable[Case]) -> str:
    """The cases as JSON Lines."""
    return "".join(_line(as_row(case)) for case in cases)


def _line(row: dict[str, object]) -> str:
    text = json.dumps(row, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a character: only its escape can be written
        text = json.dumps(row)
    return text + "\n"
