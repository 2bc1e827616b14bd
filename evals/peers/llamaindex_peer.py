# pyright: reportMissingImports=false
"""LlamaIndex with Chroma, as its documentation shows: every default kept, 1,024 tokens a chunk among them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import chromadb
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore
from measure import Search, measured, read_articles


class LlamaIndex:
    packages: ClassVar[tuple[str, ...]] = (
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-vector-stores-chroma",
        "chromadb",
        "sentence-transformers",
        "torch",
    )

    def __init__(self, model: str, folder: str, options: Mapping[str, Any]) -> None:
        self.embed_model = HuggingFaceEmbedding(model_name=model)
        client = chromadb.PersistentClient(path=f"{folder}/chroma")
        self.collection = client.get_or_create_collection("quickstart")
        self.vector_store = ChromaVectorStore(chroma_collection=self.collection)

    def index(self, corpus: Path) -> int:
        # LlamaIndex embeds the metadata with the text, so the title goes there.
        documents = [
            Document(id_=article.id, text=article.text, metadata={"title": article.title})
            for article in read_articles(corpus)
        ]
        self.made = VectorStoreIndex.from_documents(
            documents,
            storage_context=StorageContext.from_defaults(vector_store=self.vector_store),
            embed_model=self.embed_model,
            transformations=[SentenceSplitter()],
        )
        return self.collection.count()

    def search(self, query: str, k: int) -> list[str]:
        nodes = self.made.as_retriever(similarity_top_k=k).retrieve(query)
        return [node.node.ref_doc_id or "" for node in nodes]

    def searches(self) -> Mapping[str, Search]:
        return {"LlamaIndex": self.search}


if __name__ == "__main__":
    measured(LlamaIndex)
