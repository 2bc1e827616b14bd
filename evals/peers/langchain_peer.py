# pyright: reportMissingImports=false
"""LangChain with Chroma, as its documentation shows: 1,000 characters a chunk, 200 of them shared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from measure import Search, measured, read_articles


class LangChain:
    packages: ClassVar[tuple[str, ...]] = (
        "langchain-core",
        "langchain-text-splitters",
        "langchain-huggingface",
        "langchain-chroma",
        "chromadb",
        "sentence-transformers",
        "torch",
    )

    def __init__(self, model: str, folder: str, options: Mapping[str, Any]) -> None:
        self.folder = folder
        self.embeddings = HuggingFaceEmbeddings(model_name=model)

    def index(self, corpus: Path) -> int:
        # Only the content is embedded, so the title stands at its head.
        documents = [
            Document(page_content=f"{article.title}\n\n{article.text}", metadata={"source": article.id})
            for article in read_articles(corpus)
        ]
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
        splits = splitter.split_documents(documents)
        self.vector_store = Chroma.from_documents(
            documents=splits, embedding=self.embeddings, persist_directory=f"{self.folder}/chroma"
        )
        return len(splits)

    def search(self, query: str, k: int) -> list[str]:
        found = self.vector_store.similarity_search_with_score(query, k=k)
        return [document.metadata["source"] for document, _distance in found]

    def searches(self) -> Mapping[str, Search]:
        return {"LangChain": self.search}


if __name__ == "__main__":
    measured(LangChain)
