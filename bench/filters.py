"""Searching with filters, beside the filter that Chroma offers itself (`where`)."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from bench.texts import Dated, RandomVectors
from index.schema import Article, ArticleFilter

K = 50
QUERIES = 40


Row = Callable[[str, str, str], None]
T = TypeVar("T")


def measure(row: Row, chunks: int) -> None:
    """Prints dense and lexical search over `chunks` chunks of random vectors, with filters from half of the
    articles to five of them. The first filtered search, which prepares the others, has a line of its own."""
    from index.build import build_index
    from index.library import Library
    from index.shelf import vectors_folder

    source = Dated(chunks)
    articles = {a.id: a for a in source.read() if isinstance(a, Article)}
    days = sorted(a.published for a in articles.values() if a.published)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "index"
        build_index(place, [source], embedder=RandomVectors(), chunk_size=32)
        _describe(vectors_folder(place, 1), articles)
        with Library.open(place) as library:
            vectors = RandomVectors().encode([""] * (2 * QUERIES))[QUERIES:]
            words = [a.text[40:90] for a in list(articles.values())[:QUERIES]]
            _unfiltered(row, library, vectors, words, days)
            cases = [(f"{share:.1%}", _window(days, share)) for share in (0.5, 0.05, 0.005)]
            for name, only in [*cases, ("5 articles", ArticleFilter(topics=("rare",)))]:
                admitted = {a.id for a in articles.values() if only.admits(a.published, a.sources, a.topic)}
                _filtered(row, name, library, vectors, words, only, admitted)


def _unfiltered(row: Row, library: Any, vectors: np.ndarray, words: list[str], days: list[date]) -> None:
    for vector in vectors[:3]:
        library.dense(vector, K)
    dense, _ = _timed(lambda n: library.dense(vectors[n], K))
    lexical, _ = _timed(lambda n: library.lexical(words[n], K))
    name = f"search of {library.manifest.chunks:,} chunks without a filter"
    row(name, f"dense {_said(dense)}", f"lexical {_said(lexical)}")
    started = time.perf_counter()
    library.date_spread()
    register = time.perf_counter() - started
    library.dense(vectors[0], K, only=_window(days, 0.05))
    library.lexical(words[0], K, only=_window(days, 0.05))
    seconds = time.perf_counter() - started
    row(
        "the first filtered searches, one of each kind",
        f"{seconds:.2f} s",
        f"{register:.2f} s of it for the register; once a revision",
    )


def _filtered(
    row: Row,
    name: str,
    library: Any,
    vectors: np.ndarray,
    words: list[str],
    only: ArticleFilter,
    admitted: set[str],
) -> None:
    store = library._shelf.vectors
    where = _where(only)

    def by_chroma(number: int) -> list[str]:
        found = store._collection.query(
            query_embeddings=vectors[number : number + 1], n_results=K, where=where, include=["distances"]
        )
        return found["ids"][0]

    mine, hits = _timed(lambda n: library.dense(vectors[n], K, only=only))
    theirs, beside = _timed(by_chroma)
    lexical, _ = _timed(lambda n: library.lexical(words[n], K, only=only))
    best = _exact(library, store, vectors, admitted)
    recall = _recall([[hit.chunk_id for hit in some] for some in hits], best)
    row(
        f"filter that admits {name}: dense",
        f"{_said(mine)}, recall {recall:.3f}",
        f"Chroma's where: {_said(theirs)}, recall {_recall(beside, best):.3f}; "
        f"{np.median(theirs) / np.median(mine):.1f} times",
    )
    row("the same: lexical", _said(lexical), "")


def _describe(folder: Path, articles: dict[str, Any]) -> None:
    """Gives the peer what it filters by: Footnote itself keeps no metadata in Chroma."""
    import chromadb

    client: Any = chromadb.PersistentClient(str(folder))
    collection = client.list_collections()[0]
    ids = collection.get(include=[])["ids"]
    facts = {a.id: {"day": a.published.toordinal(), "topic": a.topic} for a in articles.values()}
    for at in range(0, len(ids), 5_000):
        some = ids[at : at + 5_000]
        collection.update(ids=some, metadatas=[facts[chunk_id.split(":")[0]] for chunk_id in some])
    client.close()


def _window(days: list[date], share: float) -> ArticleFilter:
    """The days in the middle that hold about this share of the articles."""
    count = max(1, round(len(days) * share))
    at = (len(days) - count) // 2
    return ArticleFilter(since=days[at], until=days[at + count - 1])


def _where(only: ArticleFilter) -> dict[str, Any]:
    if only.since is None or only.until is None:
        return {"topic": only.topics[0]}
    return {"$and": [{"day": {"$gte": only.since.toordinal()}}, {"day": {"$lte": only.until.toordinal()}}]}


def _timed(search: Callable[[int], T]) -> tuple[list[float], list[T]]:
    """Milliseconds and result of each of `QUERIES` searches."""
    taken: list[float] = []
    results: list[T] = []
    for number in range(QUERIES):
        started = time.perf_counter()
        results.append(search(number))
        taken.append((time.perf_counter() - started) * 1000)
    return taken, results


def _exact(library: Any, store: Any, vectors: np.ndarray, admitted: set[str]) -> list[set[str]]:
    """The K nearest admitted chunks of each query, by comparing all."""
    ids = sorted(i for i, name in library.article_ids(sorted(store.ids())).items() if name in admitted)
    read = list(store.vectors(ids, 4_096))
    order = [chunk_id for some, _ in read for chunk_id in some]
    scores = vectors[:QUERIES] @ np.concatenate([rows for _, rows in read]).T
    return [{order[n] for n in np.argsort(-line)[:K]} for line in scores]


def _recall(found: list[list[str]], best: list[set[str]]) -> float:
    return float(
        np.mean([len(wanted & set(ids)) / len(wanted) for ids, wanted in zip(found, best, strict=True)])
    )


def _said(milliseconds: list[float]) -> str:
    return f"p50 {np.median(milliseconds):.1f} ms, p95 {np.percentile(milliseconds, 95):.1f} ms"
