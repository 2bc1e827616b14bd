"""What is said to small talk, and to questions about the collection itself (`rag/talk.py`).

Notes in English, German or Spanish from the figures the library keeps in memory; each article that is named is
cited, so that a reader can open it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from index import weights
from index.register import Overview
from index.schema import ArticleFilter
from rag import evidence
from rag.plan import Plan
from rag.plan import plan as make_plan
from rag.schema import Evidence, Passage
from rag.subject import Subject
from rag.talk import Talk, foreign, phrases
from rag.wording import LANGUAGES, day_text, quoted

if TYPE_CHECKING:
    from index.library import Library
    from rag.options import RagOptions

SHOWN = 5
SEARCHED = 40
"""Passages looked at for articles on a subject."""
NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of our own, and the sentences of articles it points at."""

    text: str
    evidence: tuple[Evidence, ...] = ()


def plan(
    talk: Talk,
    library: Library,
    options: RagOptions,
    *,
    asked_at: date | None,
    only: ArticleFilter | None,
    without: Collection[str],
) -> Plan:
    """Which articles count: those the reader's filters admit, from the days that the question names where they
    set none, published by `asked_at`. No time is preferred."""
    only = only or ArticleFilter()
    if (talk.since or talk.until) and not (only.since or only.until):
        only = replace(only, since=talk.since, until=talk.until)
    made = make_plan("", library, options, asked_at=asked_at, only=only, without=without)
    reason = made.preference.reason if made.preference else None
    return replace(made, preference=None, details=tuple(line for line in made.details if line != reason))


def reply(
    talk: Talk, library: Library, plan: Plan, search: Callable[[str, int], Sequence[Passage]]
) -> Iterator[Note]:
    """The sentences that answer `talk`, at least one, from the articles that the plan admits; `search` gives the
    best passages, so many, for a text."""
    says = _Says(talk.language)
    view = library.overview(SHOWN, only=plan.only, known_by=plan.known_by, without=plan.without)
    if talk.subject:
        yield from _on(talk, search, says)
    elif talk.kind in ("newest", "oldest", "period", "contents", "count", "topics", "sources", "languages"):
        yield from _about(talk, library, view, says)
    else:
        yield Note(says(talk.kind, says.articles(view.articles)))
        if talk.kind == "abilities" and view.topics:
            yield Note(says("topics", says.names(view.topics, counted=False)))


def in_other_language(question: str, library: Library) -> str:
    """The plain word to a question in a language the collection does not speak: which ones it does, and with
    the bundled embedder, which knows English only, what to ask in; "" to all others."""
    languages = library.languages()
    asked = foreign(question, languages)
    if not asked:
        return ""
    says = _Says(asked)
    names = [says.language_name(name) for name in languages[:4]]
    if weights.EMBEDDING.name not in library.manifest.embedding_model:
        return says("foreign plain", says.listed(names))
    return says("foreign", says.listed(names), names[0])


def _about(talk: Talk, library: Library, view: Overview, says: _Says) -> Iterator[Note]:
    if not view.articles:
        yield Note(says("empty"))
        return
    dated = bool(talk.since or talk.until)
    if talk.kind in ("count", "contents"):
        kind = "count dated" if dated else "count one" if view.articles == 1 else "count"
        yield Note(says(kind, says.articles(view.articles)))
    if talk.kind == "topics" or (talk.kind == "contents" and not dated):
        if view.topics:
            yield Note(says("topics", says.names(view.topics, counted=talk.kind == "topics")))
        elif talk.kind == "topics":
            yield Note(says("no topics"))
    if talk.kind == "sources":
        yield Note(says("sources", says.names(view.sources)) if view.sources else says("no sources"))
    if talk.kind == "languages":
        names = [says.language_name(name) for name in library.languages() if name]
        yield Note(says("languages", says.listed(names)) if names else says("no languages"))
    if talk.kind in ("newest", "oldest", "period") and view.first is None:
        yield Note(says("undated"))
    elif talk.kind == "period" and view.first and view.last:
        yield Note(says("period", says.articles(view.articles), says.day(view.first), says.day(view.last)))
        yield from _named(library, (view.oldest[0], view.newest[0]), says)
    elif talk.kind in ("newest", "oldest"):
        ids = view.newest if talk.kind == "newest" else view.oldest
        yield Note(says(f"{talk.kind} one" if len(ids) == 1 else talk.kind))
        yield from _named(library, ids, says)
    elif view.newest and (talk.kind == "contents" or (talk.kind == "topics" and not view.topics)):
        yield Note(says("newest" if len(view.newest) > 1 else "newest one"))
        yield from _named(library, view.newest[: SHOWN if dated else 3], says)


def _on(talk: Talk, search: Callable[[str, int], Sequence[Passage]], says: _Says) -> Iterator[Note]:
    """The articles on a subject, found by the product's own search: the closest, or the newest of them."""
    subject = Subject.of(talk.subject, talk.language)
    best: dict[str, Passage] = {}
    for passage in subject.on(search(talk.subject, SEARCHED)):
        best.setdefault(passage.article.id, passage)
    found = list(best.values())
    if talk.kind in ("newest", "oldest"):
        found = [p for p in found if p.article.published] or found
        found.sort(key=lambda p: p.article.published or date.min, reverse=talk.kind == "newest")
        found = found[:1]
    about = quoted(talk.subject, talk.language)
    if not found:
        yield Note(says("none", about))
    elif talk.kind in ("newest", "oldest"):
        yield Note(says(f"{talk.kind} on", about))
    else:
        many = "on more" if len(found) > SHOWN else "on"
        yield Note(says(many, says.articles(len(found)), about))
    for passage in found[:SHOWN]:
        yield _line(passage, says, subject)


def _named(library: Library, ids: Sequence[str], says: _Says) -> Iterator[Note]:
    for rank, name in enumerate(dict.fromkeys(ids), 1):
        article, chunks = library.article(name), library.chunks_of(name)[:1]
        if article is not None and chunks:
            also_in = library.also_in(name)
            yield _line(Passage(chunks[0], article, 1.0, rank, "collection", also_in=also_in), says, None)


def _line(passage: Passage, says: _Says, subject: Subject | None) -> Note:
    """One article by title and day, citing its first sentence or the one that holds most of the subject."""
    article, chunk = passage.article, passage.chunk
    title = quoted(article.title, says.language) if article.title.strip() else says("untitled")
    text = f"{title}, {says.day(article.published)}." if article.published else f"{title}."
    sentences = [c for c in evidence.candidates_of([passage]) if not c.order]
    if not sentences:
        return Note(text, (Evidence(passage, chunk.text, chunk.start, chunk.end, 1.0),))
    tongue = article.language or "en"
    best = max(sentences, key=lambda c: subject.share(c.text, tongue)) if subject else sentences[0]
    return Note(text, (Evidence(passage, best.text, best.start, best.end, 1.0),))


class _Says:
    """The sentences of one language, from `rag/phrases.toml`."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._frames: dict[str, str] = phrases()[self.language]["says"]

    def __call__(self, key: str, *values: str) -> str:
        return self._frames[key].format(*values)

    def articles(self, count: int) -> str:
        return self("one article") if count == 1 else self("articles", f"{count:,}" if self.language == "en" else f"{count:,}".replace(",", "."))  # fmt: skip

    def day(self, day: date | None) -> str:
        return day_text(day, self.language) if day else ""

    def listed(self, names: Sequence[str]) -> str:
        *front, last = names
        return f"{', '.join(front)} {self('and')} {last}" if front else last

    def names(self, counts: Sequence[tuple[str, int]], *, counted: bool = True) -> str:
        """The names that most articles have, with how many."""
        shown = [f"{name} ({count:,})" if counted else name for name, count in counts[:NAMES_SHOWN]]
        more = len(counts) - len(shown)
        return self.listed([*shown, self("more", f"{more:,}")] if more else shown)

    def language_name(self, code: str) -> str:
        return self._frames.get(f"language {code.split('-')[0]}", code)
