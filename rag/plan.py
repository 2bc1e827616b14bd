"""What a question's time and the reader's filters mean for the search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from index.schema import ArticleFilter
from rag import when
from rag.recency import Preference, preference

if TYPE_CHECKING:
    from index.library import Library
    from rag.options import RagOptions


@dataclass(frozen=True, slots=True)
class Plan:
    """How to search for one question: which articles may be found at all (`only`, `known_by`, `without`, as
    in `index.library.Library.dense`), which are preferred, and a plain sentence for each of these."""

    only: ArticleFilter
    known_by: date | None
    without: frozenset[str]
    preference: Preference | None
    details: tuple[str, ...]

    @property
    def nothing(self) -> str:
        """Why there may be no passage at all, in plain words."""
        if self.only != ArticleFilter():
            return "no passage of the articles that were searched fits the question"
        if self.known_by is not None:
            return f"no article published by {self.known_by.isoformat()} fits the question"
        return "no passage of the articles fits the question"


def plan(
    question: str,
    library: Library,
    options: RagOptions,
    *,
    asked_at: date | None = None,
    only: ArticleFilter | None = None,
    without: Collection[str] = (),
    language: str = "en",
) -> Plan:
    """The plan for a question put on `asked_at` (today, where that is None; then nothing is too new).

    Words that speak of the articles' own date ("articles since 2022") become a filter, unless the
    reader set dates; other words of time become a preference.
    """
    today = asked_at or date.today()
    scope = when.scope(question, today, language)
    limits = only or ArticleFilter()
    details: list[str] = []
    if scope.explicit_filter and not (limits.since or limits.until):
        limits = replace(limits, since=scope.since, until=scope.until)
        details.append(f"Only articles published {when.said(scope)} were searched, as the question asks.")
    elif limits.since or limits.until:
        ends = (
            f"since {limits.since}" if limits.since else "",
            f"until {limits.until}" if limits.until else "",
        )
        details.append(f"Only articles published {' and '.join(e for e in ends if e)} were searched.")
    for name, values in (("source", limits.sources), ("topic", limits.topics)):
        if values:
            details.append(f"Only articles of the {name} {' or '.join(values)} were searched.")
    if limits.articles:
        details.append(_named(limits.articles, library))
    if asked_at is not None:
        details.append(f"Articles published after {asked_at.isoformat()} were left out.")
    wanted = preference(
        scope, today, library.date_spread(), strength=options.recency, half_life=options.half_life
    )
    if wanted is not None:
        details.append(wanted.reason)
    return Plan(limits, asked_at, frozenset(without), wanted, tuple(details))


def _named(ids: Sequence[str], library: Library) -> str:
    first, *others = ids
    if others:
        return f"Only {len(ids)} articles chosen by name were searched."
    article = library.article(first)
    return f"Only the article “{article.title if article else first}” was searched."
