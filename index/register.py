"""The register: what filters ask of every chunk (date, source, topic, article), in memory, no texts.

A filter becomes a mask over articles and from there the rows of the chunks it admits: numbers
compared in numpy arrays, 0.2 ms for 60,000 chunks. The register is made once for each
revision of the catalog, from the catalog alone, so what it lists is just what is live.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from index.catalog import Catalog
from index.rows import date_of
from index.schema import ArticleFilter

UNDATED = 0
"""Stands for no date; `date.toordinal` begins with 1."""


@dataclass(frozen=True, slots=True)
class DateSpread:
    """Over what time a collection's articles are spread, counted by article, not by chunk.

    `dated` and `undated` count articles. `first`, `quartile1`, `median`, `quartile3` and `last` are
    publication days of articles that exist (a quarter of the dated ones lie on or before
    `quartile1`); all are None where nothing is dated. The quartiles say more than the ends, which
    one misread date can move by decades.
    """

    dated: int = 0
    undated: int = 0
    first: date | None = None
    quartile1: date | None = None
    median: date | None = None
    quartile3: date | None = None
    last: date | None = None

    @property
    def dated_share(self) -> float:
        """The share of articles with a date, 0 to 1; 0 for an empty collection."""
        return self.dated / max(1, self.dated + self.undated)

    @property
    def days(self) -> int:
        """Days from the first date to the last; 0 where nothing or a single day is dated."""
        return (self.last - self.first).days if self.first and self.last else 0

    @property
    def middle_days(self) -> int:
        """Days over which the middle half of the dated articles is spread."""
        return (self.quartile3 - self.quartile1).days if self.quartile1 and self.quartile3 else 0


@dataclass(frozen=True, slots=True)
class Overview:
    """A collection, or the part of it that a filter admits, in figures.

    `articles` counts all, `undated` those without a date. `sources` and `topics` are names with their counts,
    most first, without the unnamed. `newest` and `oldest` are ids of dated articles, the last and the first
    by date; `first` and `last` are their days, None where nothing is dated.
    """

    articles: int
    undated: int
    sources: tuple[tuple[str, int], ...]
    topics: tuple[tuple[str, int], ...]
    newest: tuple[str, ...]
    oldest: tuple[str, ...]
    first: date | None
    last: date | None


@dataclass(frozen=True, eq=False)
class Register:
    """All live chunks and articles of one revision, for reading by any number of threads.

    `chunk_ids` are in the order of articles and their texts; `article_of` gives each chunk's
    article as a number into the per-article arrays, which are in the order of `article_ids`.
    `published` are proleptic ordinals (`date.toordinal`), `UNDATED` where there is none; `source` (what a
    reader calls the source, `Article.outlet`), `label` (the folder or feed, `Article.source`) and `topic` are
    numbers by `sources`, `labels` and `topics`, whose keys are case-folded.
    """

    revision: int
    chunk_ids: list[str]
    article_ids: list[str]
    article_of: np.ndarray
    published: np.ndarray
    source: np.ndarray
    topic: np.ndarray
    sources: dict[str, int]
    label: np.ndarray
    labels: dict[str, int]
    topics: dict[str, int]
    revisions: dict[str, tuple[str, ...]]
    """By article id the articles that correct it, newest first, the undated last."""
    clusters: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By the id of an article that represents near copies: its own and theirs, in the order in which they answer."""
    cluster_of: dict[str, str] = field(default_factory=dict[str, str])
    """The representative of each article that has near copies or is one."""
    source_names: tuple[str, ...] = ()
    topic_names: tuple[str, ...] = ()
    """The names as first written, in the order of their numbers."""

    @classmethod
    def of(cls, catalog: Catalog) -> Register:
        """The register of the catalog's newest revision (0.2 s for 60,000 chunks)."""
        revision, articles, chunks = catalog.register()
        sources: dict[str, int] = {}
        labels: dict[str, int] = {}
        topics: dict[str, int] = {}
        number = {row["id"]: n for n, row in enumerate(articles)}
        outlets = [row["site"] or row["source"] for row in articles]
        days = [date_of(row["published"]) for row in articles]
        return cls(
            revision=revision,
            chunk_ids=[row["id"] for row in chunks],
            article_ids=[row["id"] for row in articles],
            article_of=np.fromiter((number[row["article_id"]] for row in chunks), np.int32, len(chunks)),
            published=np.array([day.toordinal() if day else UNDATED for day in days], np.int32),
            source=_numbered(outlets, sources),
            label=_numbered((row["source"] for row in articles), labels),
            topic=_numbered((row["topic"] for row in articles), topics),
            sources=sources,
            labels=labels,
            topics=topics,
            revisions=_revisions(articles),
            clusters=_clusters(articles),
            cluster_of={row["id"]: row["cluster"] for row in articles if row["cluster"]},
            source_names=_written(outlets),
            topic_names=_written(row["topic"] for row in articles),
        )

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Each chunk id's row."""
        return {chunk_id: row for row, chunk_id in enumerate(self.chunk_ids)}

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Each article id's number."""
        return {article_id: number for number, article_id in enumerate(self.article_ids)}

    # ---- filtering --------------------------------------------------------------------------

    def admitted(
        self,
        only: ArticleFilter | None = None,
        known_by: date | None = None,
        without: Collection[str] = (),
        copies: bool = False,
    ) -> Admitted | None:
        """The chunks of the articles that all three admit; None where that is every chunk.

        Articles published after `known_by` are left out, undated ones stay; `without` names
        articles by id. Of near copies one is admitted, the first in order of those that otherwise would be;
        with `copies` all of them are.
        """
        articles = self._articles(only, known_by, without)
        if not copies:
            articles[self._behind(articles)] = False
        if articles.all():
            return None
        mask = articles[self.article_of]
        return None if mask.all() else Admitted(self, mask, np.flatnonzero(mask))

    def _articles(
        self, only: ArticleFilter | None, known_by: date | None = None, without: Collection[str] = ()
    ) -> np.ndarray:
        """A mask over the articles: those that all three admit."""
        articles = np.ones(len(self.article_ids), bool)
        if only is not None:
            if only.since or only.until:
                articles &= self.published != UNDATED
            if only.since:
                articles &= self.published >= only.since.toordinal()
            if only.until:
                articles &= self.published <= only.until.toordinal()
            if only.sources:
                articles &= _among(only.sources, self.sources, self.source) | _among(
                    only.sources, self.labels, self.label
                )
            if only.topics:
                articles &= _among(only.topics, self.topics, self.topic)
            if only.articles:
                named = [self.number_of[name] for name in only.articles if name in self.number_of]
                articles &= np.isin(np.arange(len(articles)), named)
        if known_by is not None:
            articles &= self.published <= known_by.toordinal()  # `UNDATED` is before every day
        if without:
            gone = [self.number_of[name] for name in without if name in self.number_of]
            articles[gone] = False
        return articles

    @cached_property
    def _members(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of all articles in clusters, cluster by cluster in their order, and where each begins."""
        numbers = [self.number_of[name] for some in self.clusters.values() for name in some]
        sizes = [len(some) for some in self.clusters.values()]
        return np.array(numbers, np.int64), np.cumsum([0, *sizes[:-1]])

    def _behind(self, admitted: np.ndarray) -> np.ndarray:
        """The numbers of articles that stand behind an admitted near copy."""
        if not self.clusters:
            return np.empty(0, np.int64)
        members, starts = self._members
        places = np.arange(len(members))
        first = np.minimum.reduceat(np.where(admitted[members], places, len(members)), starts)
        sizes = np.diff(np.append(starts, len(members)))
        return members[places > np.repeat(first, sizes)]

    # ---- listing ----------------------------------------------------------------------------

    @cached_property
    def _by_date(self) -> np.ndarray:
        return np.argsort(-self.published, kind="stable")

    def newest(self, only: ArticleFilter | None, limit: int, offset: int) -> tuple[int, list[str]]:
        """How many articles the filter admits, and the ids of a page of them, newest first, the undated last."""
        order = self._by_date[self._articles(only)[self._by_date]]
        return len(order), [self.article_ids[number] for number in order[offset : offset + limit]]

    def names(self) -> tuple[list[str], list[str]]:
        """The names of the sources and of the topics, those of the most articles first; none is empty."""

        def ranked(names: tuple[str, ...], numbers: np.ndarray) -> list[str]:
            order = np.argsort(-np.bincount(numbers, minlength=len(names)), kind="stable") if names else []
            return [names[number] for number in order if names[number]]

        return ranked(self.source_names, self.source), ranked(self.topic_names, self.topic)

    def overview(
        self,
        most: int = 5,
        only: ArticleFilter | None = None,
        known_by: date | None = None,
        without: Collection[str] = (),
    ) -> Overview:
        """The articles that all three admit in figures, with the `most` newest and oldest (a few
        milliseconds for 100,000 articles)."""
        admitted = self._articles(only, known_by, without)
        order = self._by_date[admitted[self._by_date]]
        dated = order[self.published[order] != UNDATED]
        days = self.published[dated]
        return Overview(
            articles=len(order),
            undated=len(order) - len(dated),
            sources=_counted(self.source[order], self.source_names),
            topics=_counted(self.topic[order], self.topic_names),
            newest=tuple(self.article_ids[number] for number in dated[:most]),
            oldest=tuple(self.article_ids[number] for number in dated[::-1][:most]),
            first=_day(int(days[-1])) if len(days) else None,
            last=_day(int(days[0])) if len(days) else None,
        )

    # ---- looking up -------------------------------------------------------------------------

    def articles_of(self, chunk_ids: Sequence[str]) -> dict[str, str]:
        """The article ids of those chunks that exist, in the order asked for."""
        return {
            chunk_id: self.article_ids[self.article_of[row]] for chunk_id, row in self._existing(chunk_ids)
        }

    def dates_of(self, chunk_ids: Sequence[str]) -> dict[str, date | None]:
        """The publication days of the articles of those chunks that exist, in the order asked for."""
        return {
            chunk_id: _day(int(self.published[self.article_of[row]]))
            for chunk_id, row in self._existing(chunk_ids)
        }

    def _existing(self, chunk_ids: Sequence[str]) -> Iterator[tuple[str, int]]:
        rows = self.row_of
        return ((chunk_id, rows[chunk_id]) for chunk_id in chunk_ids if chunk_id in rows)

    def revised_by(self, article_id: str, known_by: date | None = None, without: Collection[str] = ()) -> str:
        """The newest of the articles that correct this one, "" for none."""
        for new in self.revisions.get(article_id, ()):
            known = known_by is None or self.published[self.number_of[new]] <= known_by.toordinal()
            if known and new not in without:
                return new
        return ""

    def copies_of(self, article_id: str) -> tuple[str, ...]:
        """The other articles of its cluster, in the order in which they answer."""
        together = self.clusters.get(self.cluster_of.get(article_id, ""), ())
        return tuple(name for name in together if name != article_id)

    @cached_property
    def date_spread(self) -> DateSpread:
        """See `DateSpread`."""
        dated = np.sort(self.published[self.published != UNDATED])
        undated = len(self.published) - len(dated)
        if not len(dated):
            return DateSpread(undated=undated)
        days = np.quantile(dated, (0.0, 0.25, 0.5, 0.75, 1.0), method="inverted_cdf")
        return DateSpread(len(dated), undated, *(_day(int(day)) for day in days))


@dataclass(frozen=True, eq=False)
class Admitted:
    """The chunks that a search may return: a mask over the register's rows, and those rows, ascending."""

    register: Register
    mask: np.ndarray
    rows: np.ndarray

    @property
    def share(self) -> float:
        """The admitted share of all chunks, above 0 to 1."""
        return max(len(self.rows), 1) / len(self.mask)

    @cached_property
    def ids(self) -> list[str]:
        """The ids of the admitted chunks."""
        return [self.register.chunk_ids[row] for row in self.rows]

    def keep(self, ids: Sequence[str]) -> set[str]:
        """Which of these chunks are admitted."""
        rows, mask = self.register.row_of, self.mask
        return {chunk_id for chunk_id in ids if (row := rows.get(chunk_id)) is not None and mask[row]}


def _revisions(articles: Sequence[sqlite3.Row]) -> dict[str, tuple[str, ...]]:
    """See `Register.revisions`."""
    correcting: dict[tuple[str, str], list[sqlite3.Row]] = {}
    for row in articles:
        if row["corrects"]:
            correcting.setdefault((row["source"], row["corrects"]), []).append(row)
    found: dict[str, tuple[str, ...]] = {}
    for row in articles if correcting else ():
        new = [r for r in correcting.get((row["source"], row["external_id"]), ()) if r["id"] != row["id"]]
        if new:
            new.sort(key=lambda r: (r["published"] or "", r["id"]), reverse=True)
            found[row["id"]] = tuple(r["id"] for r in new)
    return found


def _clusters(articles: Sequence[sqlite3.Row]) -> dict[str, tuple[str, ...]]:
    """See `Register.clusters`: the representative, then the earliest, the undated last."""
    found: dict[str, list[sqlite3.Row]] = {}
    for row in articles:
        if row["cluster"]:
            found.setdefault(row["cluster"], []).append(row)
    return {
        first: tuple(
            row["id"]
            for row in sorted(rows, key=lambda r: (r["id"] != first, r["published"] or "9999", r["id"]))
        )
        for first, rows in found.items()
    }


def _among(names: Iterable[str], numbers: dict[str, int], values: np.ndarray) -> np.ndarray:
    """A mask over the values: those that one of these names has."""
    return np.isin(values, [numbers[name.casefold()] for name in names if name.casefold() in numbers])


def _numbered(names: Iterable[str], numbers: dict[str, int]) -> np.ndarray:
    """Each name's number, equal for names that differ in case only; `numbers` is filled with them."""
    return np.array([numbers.setdefault(name.casefold(), len(numbers)) for name in names], np.int32)


def _written(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, as first written, in the order of `_numbered`."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.casefold(), name)
    return tuple(first.values())


def _counted(numbers: np.ndarray, names: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """The names that occur with their counts, most first."""
    counts = np.bincount(numbers, minlength=len(names))
    found = [(name, int(count)) for name, count in zip(names, counts, strict=True) if name and count]
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if ordinal != UNDATED else None
