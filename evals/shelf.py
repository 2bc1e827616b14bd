"""The index's articles as a run needs them: gold names resolved, gold quotes checked, cited texts at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from evals import metrics
from evals.cases import Case, Suite
from evals.system import AskPipeline
from index.errors import InputError
from index.schema import Article
from rag.schema import Answer


class Shelf:
    """The index's articles as a run needs them: gold names resolved, cited texts at hand.

    `count` is how many there are, `sha256` over identity, words and days of them all.
    """

    def __init__(self, pipeline: AskPipeline, suite: Suite, cases: Sequence[Case], index_dir: Path) -> None:
        self._library = pipeline.library
        self._suite = suite
        self.notes: list[str] = []
        self.count = 0
        gold = {name for case in cases if case.answerable for name in suite.grades_of(case)}
        withheld = {name for case in cases for name in case.withheld}
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._search = {case.id: case for case in cases if case.quotes and case.article_ids}
        texts: dict[str, str] = {}
        self.sha256 = _articles_sha256(self._watch(gold | withheld, texts))
        self._check_gold(cases, gold, index_dir)
        if lost := withheld - set(self._ids):
            self.notes.append(
                f"{len(lost)} withheld articles are not in the index: {', '.join(sorted(lost)[:3])}"
            )
        self._check_quotes(texts)

    def _watch(self, wanted: set[str], texts: dict[str, str]) -> Iterator[Article]:
        quoted = {name for case in self._search.values() for name in case.article_ids}
        seen: set[str] = set()
        for article in self._library.articles():
            for name in {article.external_id, article.id} & wanted:
                if self._ids.setdefault(name, article.id) != article.id:
                    raise InputError(
                        f"{self._suite.path}: article {name!r} stands in the index more than once",
                        "name the article by its id, as `footnote articles list` shows it",
                    )
                if name in quoted:
                    texts[name] = article.text
            # A ranking names articles as the qrels do; a name that two articles share names neither.
            known = article.id if article.id in wanted or article.external_id in seen else article.external_id
            seen.add(article.external_id)
            self._names[article.id] = known or article.id
            self.count += 1
            yield article

    def _check_gold(self, cases: Sequence[Case], wanted: set[str], index_dir: Path) -> None:
        missing = wanted - set(self._ids)
        if not missing:
            return
        for case in cases:
            for name in case.article_ids:
                if name in missing and (self._suite.articles is None or missing == wanted):
                    raise InputError(
                        f"{self._suite.path}: question {case.id!r} names article {name!r},"
                        f" which is not in the index at {index_dir}",
                        "name articles as `footnote articles list` shows them",
                    )
        shown = ", ".join(sorted(missing)[:3])
        self.notes.append(
            f"{len(missing)} gold articles are not in the index and count as not found: {shown}"
        )

    def _check_quotes(self, texts: Mapping[str, str]) -> None:
        lost = [
            case.id
            for case in self._search.values()
            for quote in case.quotes
            if not any(metrics.quote_in(quote, texts.get(name, "")) for name in case.article_ids)
        ]
        if lost:
            shown = ", ".join(lost[:3])
            self.notes.append(
                f"{len(lost)} gold quotes are not in their articles and count as not found: {shown}"
            )

    def gold(self, case: Case) -> dict[str, int]:
        """Relevance by the name a ranking has for the article; one that is not indexed keeps its name."""
        return {
            self._names.get(self._ids.get(name, ""), name): grade
            for name, grade in self._suite.grades_of(case).items()
        }

    def grades(self, case: Case) -> dict[str, int]:
        """Relevance by `Article.id`; a gold article that is not indexed keeps its name, which nothing finds."""
        return {
            self._ids.get(name, f"missing {name}"): grade
            for name, grade in self._suite.grades_of(case).items()
        }

    def ids_of(self, names: Iterable[str]) -> frozenset[str]:
        """The `Article.id` of those of the named articles that are in the index."""
        return frozenset(self._ids[name] for name in names if name in self._ids)

    def names(self, ids: Iterable[str]) -> Iterator[str]:
        """How rankings name these articles: by external id, or by id where that is not one article's alone."""
        return (self._names.get(name, name) for name in ids)

    def cited(self, answer: Answer | None) -> dict[str, Article]:
        """The stored articles an answer cites, read from the index and not from the answer."""
        names = {citation.passage.article.id for citation in answer.citations} if answer else set[str]()
        found = ((name, self._library.article(name)) for name in sorted(names))
        return {name: article for name, article in found if article is not None}


def _articles_sha256(articles: Iterator[Article]) -> str:
    """Hex sha256 over identity, words and days of the articles, whatever their order."""
    rows: list[bytes] = []
    for article in articles:
        parts = (article.external_id, article.content_hash, article.published, article.modified)
        rows.append(hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest())
    return hashlib.sha256(b"".join(sorted(rows))).hexdigest()
