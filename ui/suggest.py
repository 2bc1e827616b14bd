"""Questions to ask next: about what stands near the words an answer cites, each tried on the index first.

The questions are formed from sentences of the cited articles by the rules that also make evaluation
questions (`evals/make`); nothing is invented, and what the index would not answer is not offered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from evals.make import german_spanish
from evals.make.drafts import Draft
from evals.make.english import english
from evals.make.names import setting_of
from evals.make.pool import candidate
from evals.make.sentences import Entry, Fact, facts, points_elsewhere
from index.errors import FootnoteError
from index.schema import Article, ArticleFilter
from rag import words as w
from rag.schema import Answer, Checking, Citation, Sentence
from ui.collection import Answers

log = logging.getLogger(__name__)

MOST = 3
TRIED = 6
"""Questions tried at most: each takes as long as an answer."""
NEAREST = 3
READ_CHARS = 20_000
"""Characters of an article looked at, around what is cited."""
ALIKE = 0.6
"""A question that shares so much of its content words with one asked before is that question again."""


@dataclass(frozen=True, slots=True)
class Begun:
    """How an answer begins: what its first sentence cites, () where a model is still to word it."""

    citations: tuple[Citation, ...]


def follow_ups(
    pipeline: Answers,
    answer: Answer,
    asked: Sequence[str] = (),
    *,
    only: ArticleFilter | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[str]:
    """At most three questions whose answers the index holds, other than the answer's own and those `asked`
    before. Tries at most six, and none once `stopped()`."""
    known = [_stems(question) for question in (*asked, answer.question, answer.standalone_question)]
    found: list[str] = []
    tried = 0
    for question, fact, article in _candidates(answer):
        if len(found) == MOST or tried == TRIED or stopped():
            break
        stems = _stems(question)
        if not stems or any(len(stems & old) >= ALIKE * min(len(stems), len(old) or 1) for old in known):
            continue
        tried += 1
        if answered_by(pipeline, question, fact, article, only):
            found.append(question)
            known.append(stems)
    return found


def begins_to_answer(pipeline: Answers, question: str, only: ArticleFilter | None = None) -> Begun | None:
    """How an answer to the question begins, None where the articles hold too little for one. A model that
    drafts is not asked."""
    try:
        events = pipeline.stream(question, only=only)
        try:
            for event in events:
                match event:
                    case Sentence(citations=cited):
                        return Begun(cited)
                    case Checking():
                        return Begun(())
                    case _:
                        pass
            return None
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
    except FootnoteError as error:
        log.info("question %r not offered: %s", question, error)
        return None


def answered_by(
    pipeline: Answers, question: str, fact: Fact, article: Article, only: ArticleFilter | None = None
) -> bool:
    """Whether an answer to the question begins with the sentence that the question was made from."""
    begun = begins_to_answer(pipeline, question, only)
    if begun is None or not begun.citations:
        return begun is not None
    return any(
        c.passage.article.id == article.id and c.start < fact.end and fact.start < c.end
        for c in begun.citations
    )


def _candidates(answer: Answer) -> Iterator[tuple[str, Fact, Article]]:
    """Questions about the articles cited, where there are none about the nearest found; near the cited words first."""
    places: dict[str, tuple[Article, int]] = {}
    for cited in answer.citations:
        places.setdefault(cited.passage.article.id, (cited.passage.article, cited.start))
    sought = _stems(answer.standalone_question)
    for passage in answer.passages[:NEAREST] if not places else ():
        if 2 * len(sought & frozenset(w.content_stems(passage.chunk.text))) < len(sought):
            continue  # nearest, and yet about something else
        places.setdefault(passage.article.id, (passage.article, passage.chunk.start))
    turns = [questions_of(article, at, answer.citations) for article, at in places.values()]
    while turns:
        for questions in list(turns):
            if (made := next(questions, None)) is None:
                turns.remove(questions)
            else:
                yield made


def questions_of(
    article: Article, at: int = 0, cited: Sequence[Citation] = ()
) -> Iterator[tuple[str, Fact, Article]]:
    """Questions that sentences of the article answer, other than those cited; the sentences nearest to `at` first."""
    language = (article.language or "en").split("-")[0]
    entry = Entry(article.id, article.external_id, language, ("", "", ""))
    drafts = _rules(article, language)
    if drafts is None:
        return
    shown = [(c.start, c.end) for c in cited if c.passage.article.id == article.id]
    nearest = sorted(facts(_around(article, at), language), key=lambda fact: abs(fact.start - at))
    for fact in nearest:
        if points_elsewhere(fact.text) or any(fact.start < end and start < fact.end for start, end in shown):
            continue
        for draft in drafts(fact.text):
            if not candidate(draft, fact, entry, article.title).dropped:
                yield draft.question, fact, article
                break


def _rules(article: Article, language: str) -> Callable[[str], list[Draft]] | None:
    if language == "en":
        setting = setting_of(article.title, article.text[:READ_CHARS], frozenset())
        return lambda sentence: english(sentence, setting)
    return {"de": german_spanish.german, "es": german_spanish.spanish}.get(language)


def _around(article: Article, at: int) -> Article:
    """The article; of a long one the text around `at`, with nothing in place of the rest, so that offsets hold."""
    first, last = max(0, at - READ_CHARS // 2), at + READ_CHARS // 2
    return replace(article, text="\n" * first + article.text[first:last])


def _stems(question: str) -> frozenset[str]:
    return frozenset(w.content_stems(question))
