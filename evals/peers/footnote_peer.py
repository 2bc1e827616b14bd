"""Footnote itself, measured as the others are: `footnote build corpus.jsonl`, then its pipeline's retrieval."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from evals.peers.measure import Search, measured
from index.build import build_index
from index.embed import load_embedder
from index.library import Library
from index.readers import FolderSource
from rag.options import RagOptions, RetrieverName
from rag.pipeline import Pipeline


class Footnote:
    packages: ClassVar[tuple[str, ...]] = ("footnote", "chromadb", "sentence-transformers", "torch")

    def __init__(self, model: str, folder: str, options: Mapping[str, Any]) -> None:
        self.place = Path(folder) / "index"
        self.embedder = load_embedder(model, precision=options.get("precision", "auto"))

    def index(self, corpus: Path) -> int:
        report = build_index(self.place, [FolderSource(corpus)], embedder=self.embedder)
        return report.manifest.chunks

    def searches(self) -> Mapping[str, Search]:
        library = Library.open(self.place, embedder=self.embedder)
        precision = self.embedder.precision
        names: dict[str, RetrieverName] = {"hybrid": "hybrid", "dense only": "dense"}
        return {
            f"Footnote, {name} ({precision})": partial(_search, self._pipeline(library, retriever))
            for name, retriever in names.items()
        }

    def _pipeline(self, library: Library, retriever: RetrieverName) -> Pipeline:
        return Pipeline(library, self.embedder, options=RagOptions(engine="quote", retriever=retriever))


def _search(pipeline: Pipeline, query: str, k: int) -> list[str]:
    return [passage.article.external_id for passage in pipeline.retrieve(query, k)]


if __name__ == "__main__":
    measured(Footnote)
