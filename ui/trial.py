"""A trial of language models, wired: the texts indexed in a folder that is thrown away, one pipeline a model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evals.trial import TrialTexts
from index.near import NearRules
from ui.settings import DEFAULT_COLLECTION, Settings
from ui.wiring import assemble, load_embedder_for, load_reader_for

if TYPE_CHECKING:
    from index.embed import SentenceEmbedder
    from rag.evidence import Reads
    from rag.llm import LanguageModel
    from rag.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Trial:
    """The texts, indexed, and what every model is tried out with."""

    settings: Settings
    embedder: SentenceEmbedder
    reader: Reads | None

    @contextmanager
    def pipeline(self, model: LanguageModel) -> Iterator[Pipeline]:
        """A pipeline that answers with this model; at the end the model is stopped."""
        opened = assemble(self.settings, self.embedder, model, self.reader)
        try:
            yield opened
        finally:
            model.close()
            opened.library.close()


@contextmanager
def opened_trial(settings: Settings) -> Iterator[Trial]:
    """Indexes the texts with the settings' embedder; raises what loading it raises."""
    from index.build import build_index

    embedder = load_embedder_for(settings)
    reader = load_reader_for(settings, embedder)
    with tempfile.TemporaryDirectory(prefix="footnote-trial-", ignore_cleanup_errors=True) as folder:
        place = Path(folder) / "index"
        build_index(
            place,
            [TrialTexts()],
            embedder=embedder,
            chunk_size=settings.chunk_size,
            overlap=settings.overlap,
            near=NearRules(on=False),
        )
        own = {
            "index": place,
            "collection": DEFAULT_COLLECTION,
            "chroma_url": "",
            "engine": "model",
            "abstain_threshold": 0.0,
            "check": True,
        }
        yield Trial(settings.model_copy(update=own), embedder, reader)
