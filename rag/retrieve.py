"""Question in, passages out: dense and lexical candidates, fused.

Two fusions: "score" adds each list's scores divided by their maximum (half and half); "rrf" is
reciprocal rank fusion, 1 / (60 + rank) (Cormack, Clarke and Buettcher, SIGIR 2009,
https://doi.org/10.1145/1571941.1572114). Which one is the default, and why: docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.schema import Hit
from rag.schema import Passage

if TYPE_CHECKING:
    from index.library import Library

RRF_K = 60


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


def fuse_scores(lists: Sequence[Sequence[Hit]]) -> list[Hit]:
    """The mean over the lists of score / that list's maximum (0 where a chunk is not in a list)."""
    total: dict[str, float] = {}
    for hits in lists:
        top = max((hit.score for hit in hits), default=0.0)
        for hit in hits:
            if top > 0:
                total[hit.chunk_id] = total.get(hit.chunk_id, 0.0) + max(hit.score, 0.0) / top / len(lists)
    return sorted((Hit(c, s) for c, s in total.items()), key=lambda hit: -hit.score)


def retrieve(
    library: Library,
    embedder: Encodes,
    question: str,
    k: int,
    *,
    retriever: str = "hybrid",
    fusion: str = "score",
    candidate_k: int = 50,
    vector: np.ndarray | None = None,
) -> tuple[Passage, ...]:
    """The best `k` passages for a question, ranks from 1.

    `candidate_k` (at least `k`) candidates come from each retriever; `vector` is the question's
    embedding where the caller has it already.
    """
    depth = max(candidate_k, k)
    lists: list[list[Hit]] = []
    if retriever in ("hybrid", "dense"):
        lists.append(library.dense(embedder.encode([question])[0] if vector is None else vector, depth))
    if retriever in ("hybrid", "lexical"):
        lists.append(library.lexical(question, depth))
    fuse = fuse_rrf if fusion == "rrf" else fuse_scores
    hits = lists[0] if len(lists) == 1 else fuse(lists)
    found = library.with_articles([hit.chunk_id for hit in hits[:k]])
    passages: list[Passage] = []
    for hit in hits[:k]:
        if hit.chunk_id in found:  # a build may have taken one away since it was found
            passages.append(Passage(*found[hit.chunk_id], float(hit.score), len(passages) + 1, retriever))
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
        candidate_k: int = 50,
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
