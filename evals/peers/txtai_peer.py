# pyright: reportMissingImports=false
"""txtai, as its documentation shows: one row an article, which is not split; `hybrid` adds BM25."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from measure import Search, measured, read_articles
from txtai import Embeddings


class Txtai:
    packages: ClassVar[tuple[str, ...]] = ("txtai", "faiss-cpu", "transformers", "torch")

    def __init__(self, model: str, folder: str, options: Mapping[str, Any]) -> None:
        self.folder = folder
        self.hybrid = bool(options.get("hybrid"))
        if self.hybrid:
            self.embeddings = Embeddings(path=model, content=True, hybrid=True)
        else:
            self.embeddings = Embeddings(path=model, content=True)

    def index(self, corpus: Path) -> int:
        rows = [(article.id, f"{article.title}\n\n{article.text}") for article in read_articles(corpus)]
        self.embeddings.index(rows)
        self.embeddings.save(f"{self.folder}/txtai")
        return self.embeddings.count()

    def search(self, query: str, k: int) -> list[str]:
        return [found["id"] for found in self.embeddings.search(query, k)]

    def searches(self) -> Mapping[str, Search]:
        return {"txtai, hybrid" if self.hybrid else "txtai": self.search}


if __name__ == "__main__":
    measured(Txtai)
