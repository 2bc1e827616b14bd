# pyright: reportMissingImports=false
"""Haystack 2 with Chroma, as its documentation shows: 200 words a chunk, the splitter's default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from haystack import Document, Pipeline
from haystack.components.embedders import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.writers import DocumentWriter
from haystack_integrations.components.retrievers.chroma import ChromaEmbeddingRetriever
from haystack_integrations.document_stores.chroma import ChromaDocumentStore
from measure import Search, measured, read_articles


class Haystack:
    packages: ClassVar[tuple[str, ...]] = (
        "haystack-ai",
        "chroma-haystack",
        "chromadb",
        "sentence-transformers",
        "torch",
    )

    def __init__(self, model: str, folder: str, options: Mapping[str, Any]) -> None:
        self.store = ChromaDocumentStore(persist_path=f"{folder}/chroma")
        self.indexing = Pipeline()
        self.indexing.add_component("splitter", DocumentSplitter(split_by="word", split_length=200))
        embedder = SentenceTransformersDocumentEmbedder(
            model=model, meta_fields_to_embed=["title"], progress_bar=False
        )
        self.indexing.add_component("embedder", embedder)
        self.indexing.add_component("writer", DocumentWriter(document_store=self.store))
        self.indexing.connect("splitter", "embedder")
        self.indexing.connect("embedder", "writer")
        self.indexing.warm_up()

        self.querying = Pipeline()
        self.querying.add_component(
            "text_embedder", SentenceTransformersTextEmbedder(model=model, progress_bar=False)
        )
        self.querying.add_component("retriever", ChromaEmbeddingRetriever(document_store=self.store))
        self.querying.connect("text_embedder.embedding", "retriever.query_embedding")
        self.querying.warm_up()

    def index(self, corpus: Path) -> int:
        documents = [
            Document(content=article.text, meta={"title": article.title, "article": article.id})
            for article in read_articles(corpus)
        ]
        self.indexing.run({"splitter": {"documents": documents}})
        return self.store.count_documents()

    def search(self, query: str, k: int) -> list[str]:
        found = self.querying.run({"text_embedder": {"text": query}, "retriever": {"top_k": k}})
        return [document.meta["article"] for document in found["retriever"]["documents"]]

    def searches(self) -> Mapping[str, Search]:
        return {"Haystack": self.search}


if __name__ == "__main__":
    measured(Haystack)
