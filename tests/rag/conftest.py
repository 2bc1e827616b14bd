"""The real embedder, once for all tests of this folder."""

import pytest

from index import weights
from index.errors import WeightsMissing


@pytest.fixture(scope="session")
def embedder():
    """The bundled MiniLM; tests that need it are skipped with a message where it is not installed."""
    try:
        weights.find(weights.EMBEDDING)
    except WeightsMissing as error:
        pytest.skip(f"{error}: {error.next_step}")
    from index.embed import load_embedder

    return load_embedder()
