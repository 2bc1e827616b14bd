"""The real embedder and an index of a few articles, once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from index import weights
from index.errors import WeightsMissing
from index.schema import Article, Skipped, article_id
from tests.rag.servers import ScriptedServer

TEXTS = {
    "canal": (
        "The Sandbar Canal",
        date(2024, 5, 1),
        "The Sandbar Canal was opened to ships on 15 August 1914. It is 80 kilometres long and has six locks.\n\n"
        "The work took ten years and cost 375 million dollars. The engineer George Goethals led it to its end. "
        "More than five thousand labourers died of fever and accidents.\n\n"
        "A toll is paid by every ship that passes, and the smallest on record was 36 cents.",
    ),
    "pact": (
        "Two neighbours sign a pact",
        date(2025, 1, 18),
        "The presidents of both countries signed a partnership pact in January 2025. It covers trade, energy and "
        "the exchange of intelligence.\n\nBoth sides insisted on leaving out a mutual defence clause, so neither "
        "is obliged to send soldiers if the other is attacked. Analysts called the text cautious.",
    ),
    "moons": (
        "Saturn's new moons",
        date(2025, 3, 20),
        "Astronomers announced 128 more moons of Saturn in March 2025. The planet now has 274 known moons, more "
        "than all other planets together. Most of the new ones are only a few kilometres wide.",
    ),
}


@pytest.fixture(scope="session")
def embedder():
    """The bundled MiniLM; tests that need it are skipped with a message where it is not installed."""
    try:
        weights.find(weights.EMBEDDING)
    except WeightsMissing as error:
        pytest.skip(f"{error}: {error.next_step}")
    from index.embed import load_embedder

    return load_embedder()


@pytest.fixture(scope="session")
def library(embedder, tmp_path_factory: pytest.TempPathFactory):
    """A small index of three articles, open for reading."""
    from index.build import build_index
    from index.library import Library

    class Shelf:
        key = label = "shelf"

        def read(self) -> Iterator[Article | Skipped]:
            for name, (title, published, text) in TEXTS.items():
                url = f"https://example.org/{name}"
                yield Article(article_id("shelf", name), name, title, url, text, published, language="en")

    place = tmp_path_factory.mktemp("shelf") / "index"
    build_index(place, [Shelf()], embedder=embedder)
    opened = Library.open(place, embedder=embedder)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def reader(embedder):
    """The evidence model over the bundled weights."""
    from rag.evidence_model import load_evidence_model

    found = load_evidence_model(precision=embedder.precision)
    assert found is not None, "rag/weights/evidence.safetensors is missing"
    return found


@pytest.fixture
def scripted_server() -> Iterator[ScriptedServer]:
    """A model server on loopback that says what the test tells it to."""
    with ScriptedServer() as server:
        yield server
