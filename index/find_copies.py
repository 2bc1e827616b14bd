"""A build's search for near copies: what the articles will be after the commit, compared as `index.copies` does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice

import numpy as np

from index.catalog import Catalog
from index.copies import Copies, Head, Kept, Trace, Traces, clusters_of, kept, pairs_of
from index.near import NearRules
from index.rows import date_of
from index.schema import Article
from index.staging import Staging
from index.store import VectorStore

_BATCH = 256
_READ = 2_000
"""Texts whose prints are held in memory while pairs are compared."""


def find_copies(
    catalog: Catalog,
    staging: Staging | None,
    vectors: VectorStore,
    rules: NearRules,
    *,
    take: Sequence[str] = (),
    remove: Collection[str] = (),
    fresh: bool = False,
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> Copies:
    """What a commit of these changes (see `Catalog.commit`) must write of near copies; prints are put into the
    staging file, from which the commit takes them. `vectors` already holds those of every chunk to come.

    Without a staging file only what has a print is compared. `tell` hears how many of how many new texts
    have been read.
    """
    if staging is not None:
        staging.drop_prints()
        staging.flush()
    if not rules.on:
        return Copies(rules.label)
    before = catalog.near_label()
    restart = fresh or before.split(" ")[0] != rules.label.split(" ")[0]
    rows = _rows(catalog, staging, set(take), set(remove), fresh)
    heads = _heads(rows)
    wanted = {head.content_hash for head in heads if not head.revises}
    known: set[str] = set() if restart else catalog.printed()
    if staging is not None:
        new = {h.content_hash: h.id for h in heads if not h.revises and h.content_hash not in known}
        made = _prints(catalog, staging, vectors, new, set(take))
        for done, some in enumerate(made, 1):
            staging.put_prints(some)
            tell(min(done * _BATCH, len(new)), len(new))
        staging.flush()
    fresh_ones = staging.printed() if staging is not None else set[str]()
    gone = known - wanted
    everything = restart or before != rules.label
    if everything:
        asked, kept_pairs = wanted, []
    else:
        asked, kept_pairs = fresh_ones, catalog.near_pairs()
    if not (asked or gone):
        clusters = clusters_of(heads, kept_pairs, rules)
        return Copies(rules.label, (), (), (), clusters)

    def traces() -> Iterator[Trace]:
        stored = iter(()) if restart else catalog.traces()
        return chain(stored, staging.traces() if staging is not None else ())

    @lru_cache(_READ)
    def read(name: str) -> Kept:
        found = (staging.kept(name) if staging is not None else None) or catalog.kept(name)
        assert found is not None  # candidates are of what is kept
        return found

    every = Traces(traces())
    common = every.common(wanted)
    if kept_pairs or not restart:
        changed = common ^ every.common(known)
        asked = (asked | every.holding(changed)) - gone
    every = Traces(trace for trace in traces() if trace.content_hash in wanted) if gone else every
    pairs = pairs_of(every.candidates(asked, rules), read, rules, common)
    away = gone | asked
    left = [pair for pair in kept_pairs if pair.a not in away and pair.b not in away]
    clusters = clusters_of(heads, chain(left, pairs), rules)
    return Copies(
        rules.label,
        None if restart else sorted(gone),
        None if everything else sorted(away),
        pairs,
        clusters,
    )


def _rows(
    catalog: Catalog, staging: Staging | None, take: set[str], remove: set[str], fresh: bool
) -> list[sqlite3.Row]:
    """The articles as they will be."""
    stored = [] if fresh else catalog.near_heads()
    rows = [row for row in stored if row["id"] not in take and row["id"] not in remove]
    return rows + [row for row in staging.heads() if row["id"] in take] if staging is not None else rows


def _heads(rows: Sequence[sqlite3.Row]) -> list[Head]:
    corrected = {(row["source"], row["corrects"]) for row in rows if row["corrects"]}
    return [
        Head(
            row["id"],
            row["content_hash"],
            date_of(row["published"]),
            row["url"],
            row["site"],
            row["characters"],
            (row["source"], row["external_id"]) in corrected,
            bool(row["corrects"]),
        )
        for row in rows
    ]


def _prints(
    catalog: Catalog, staging: Staging, vectors: VectorStore, new: dict[str, str], take: set[str]
) -> Iterator[list[Kept]]:
    """What is kept of the new texts (content hash and an article that has it), batch by batch."""
    waiting = iter(sorted(new.items()))
    while some := list(islice(waiting, _BATCH)):
        articles: list[Article] = []
        chunks: list[list[str]] = []
        for _, name in some:
            article = (staging.article(name) if name in take else None) or catalog.article(name)
            assert article is not None  # among the heads
            articles.append(article)
            staged = staging.chunk_ids(name) if name in take else []
            chunks.append(staged or catalog.chunk_ids_of(name))
        means = _means(staging, vectors, chunks)
        yield kept([name for name, _ in some], [article.text for article in articles], means)


def _means(staging: Staging, vectors: VectorStore, chunks: Sequence[Sequence[str]]) -> np.ndarray:
    """The sum of each article's chunk vectors, from the staging file where they are."""
    names = [name for some in chunks for name in some]
    owner = {name: n for n, some in enumerate(chunks) for name in some}
    staged = [name for name in names if staging.has_vector(name)]
    rest = sorted(set(names) - set(staged))
    made: np.ndarray | None = None
    for found, rows in chain(staging.vectors(staged, 4_096), vectors.vectors(rest, 4_096)):
        if made is None:
            made = np.zeros((len(chunks), rows.shape[1]), np.float32)
        np.add.at(made, [owner[name] for name in found], rows)
    return made if made is not None else np.zeros((len(chunks), 1), np.float32)
