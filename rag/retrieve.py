"""Question in, passages out: dense and lexical candidates, fused, then weighed by article and by time.

Two fusions: "score" spreads each list's scores from 0 (its last) to 1 (its best) and adds them, the
dense list at DENSE_WEIGHT; "rrf" is reciprocal rank fusion, 1 / (60 + rank) (Cormack, Clarke and
Buettcher, SIGIR 2009, https://doi.org/10.1145/1571941.1572114). What each step is worth is in
docs/decisions.md and docs/figures.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.schema import ArticleFilter, Hit
from rag.recency import Preference
from rag.schema import Passage

if TYPE_CHECKING:
    from index.library import Library

RRF_K = 60
DENSE_WEIGHT = 0.4
SAME_ARTICLE = 0.1
"""How much each of an article's next best chunks adds to a chunk's score, up to NEXT_BEST of them."""
NEXT_BEST = 3


class Encodes(Protocol):
    """What retrieval needs of an embedder."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


def fuse_rrf(lists: Sequence[Sequence[Hit]], k: int = RRF_K) -> list[Hit]:
    """Reciprocal rank fusion, best first; ties in the order first seen."""
    total: dict[str, float] = {}
    for hits in lists:
        for rank, hit in enumerate(hits, 1):
            total[hit.chunk_id] = total.get(hit.chunk_id, 0.0) + 1.0 / (k + rank)
    return sorted((Hit(c, s) for c, s in total.items()), key=lambda hit: -hit.score)


def fuse_scores(lists: Sequence[Sequence[Hit]], weights: Sequence[float] = ()) -> list[Hit]:
    """The weighted sum over the lists of each score's place between the list's last (0) and its best
    (1); 0 where a chunk is not in a list. Equal weights, adding to 1, unless given."""
    total: dict[str, float] = {}
    shares = list(weights) or [1.0 / len(lists)] * len(lists)
    for hits, share in zip(lists, shares, strict=True):
        if not hits:
            continue
        scores = [hit.score for hit in hits]
        low, high = min(scores), max(scores)
        for hit in hits:
            place = (hit.score - low) / (high - low) if high > low else 1.0
            total[hit.chunk_id] = total.get(hit.chunk_id, 0.0) + share * place
    return sorted((Hit(c, s) for c, s in total.items()), key=lambda hit: -hit.score)


def by_article(
    hits: Sequence[Hit],
    articles: Mapping[str, str],
    published: Mapping[str, date | None],
    preference: Preference | None,
) -> list[Hit]:
    """The hits with what speaks for their article added, best first: SAME_ARTICLE times the scores of
    its NEXT_BEST other chunks, and the preference's bonus for its day. Chunks in `articles` only."""
    of: dict[str, list[float]] = {}
    for hit in hits:
        if hit.chunk_id in articles:
            of.setdefault(articles[hit.chunk_id], []).append(hit.score)
    for scores in of.values():
        scores.sort(reverse=True)
    made: list[Hit] = []
    for hit in hits:
        if hit.chunk_id not in articles:
            continue  # a build may have taken it away since it was found
        best = of[articles[hit.chunk_id]][: NEXT_BEST + 1]
        beside = sum(best) - max(hit.score, best[-1])  # its own score, or that of the last of the others
        bonus = preference.bonus(published.get(hit.chunk_id)) if preference else 0.0
        made.append(Hit(hit.chunk_id, hit.score + SAME_ARTICLE * beside + bonus))
    return sorted(made, key=lambda hit: -hit.score)


def retrieve(
    library: Library,
    embedder: Encodes,
    question: str,
    k: int,
    *,
    retriever: str = "hybrid",
    fusion: str = "score",
    candidate_k: int = 200,
    vector: np.ndarray | None = None,
    only: ArticleFilter | None = None,
    known_by: date | None = None,
    without: Collection[str] = (),
    preference: Preference | None = None,
) -> tuple[Passage, ...]:
    """The best `k` passages for a question, ranks from 1.

    `candidate_k` (at least `k`) candidates come from each retriever, of the articles that `only`,
    `known_by` and `without` admit (see `index.library.Library.dense`), of near copies one, which says
    where else it stands; `vector` is the question's
    embedding where the caller has it already; `preference` favours articles of some time.
    """
    depth = max(candidate_k, k)
    limits: dict[str, Any] = {"only": only, "known_by": known_by, "without": without}
    lists: list[list[Hit]] = []
    cosines: dict[str, float] = {}
    weights: list[float] = []
    if retriever in ("hybrid", "dense"):
        if vector is None:
            vector = embedder.encode([question])[0]
        assert vector is not None
        lists.append(library.dense(vector, depth, **limits))
        cosines = {hit.chunk_id: hit.score for hit in lists[0]}
        weights.append(DENSE_WEIGHT)
    if retriever in ("hybrid", "lexical"):
        lists.append(library.lexical(question, depth, **limits))
        weights.append(1.0 - DENSE_WEIGHT)
    if fusion == "rrf":
        hits = fuse_rrf(lists)
        top = hits[0].score if hits else 1.0
        hits = [Hit(hit.chunk_id, hit.score / top) for hit in hits]
    else:
        hits = fuse_scores(lists, weights if len(lists) > 1 else (1.0,))
    ids = [hit.chunk_id for hit in hits]
    hits = by_article(hits, library.article_ids(ids), library.published(ids), preference)
    best = [hit.chunk_id for hit in hits[:k]]
    found = library.with_articles(best)
    if vector is not None:
        cosines |= library.cosines(vector, [name for name in best if name not in cosines])
    passages: list[Passage] = []
    for hit in hits[:k]:
        if hit.chunk_id in found:  # a build may have taken one away since it was found
            rank, cosine = len(passages) + 1, cosines.get(hit.chunk_id, 0.0)
            chunk, article = found[hit.chunk_id]
            also_in = library.also_in(article.id) if article.cluster else ()
            passages.append(Passage(chunk, article, float(hit.score), rank, retriever, cosine, also_in))
    return tuple(passages)


class HybridRetriever(BaseRetriever):
    """Footnote's retrieval for LlamaIndex programs.

    Nodes carry the chunk's text, its offsets in the article (`start_char_idx`, `end_char_idx`) and
    title, url, published, article_id as metadata; the score is the fused one.
    """

    def __init__(
        self,
        library: Library,
        embedder: Encodes,
        *,
        top_k: int = 8,
        retriever: str = "hybrid",
        fusion: str = "score",
        candidate_k: int = 200,
    ) -> None:
        super().__init__()
        self._library, self._embedder = library, embedder
        self._how = {"retriever": retriever, "fusion": fusion, "candidate_k": candidate_k}
        self._top_k = top_k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        how: dict[str, Any] = self._how
        found = retrieve(self._library, self._embedder, query_bundle.query_str, self._top_k, **how)
        return [as_node(passage) for passage in found]


def as_node(passage: Passage) -> NodeWithScore:
    """A passage as LlamaIndex sees it."""
    article, chunk = passage.article, passage.chunk
    node = TextNode(
        id_=chunk.id,
        text=chunk.text,
        start_char_idx=chunk.start,
        end_char_idx=chunk.end,
        metadata={
            "article_id": article.id,
            "title": article.title,
            "url": article.url,
            "published": article.published.isoformat() if article.published else "",
            "heading": chunk.heading,
        },
    )
    return NodeWithScore(node=node, score=passage.score)
