"""The vector store on the real Chroma, embedded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.errors import InputError, StoreUnreachable
from index.store import VectorStore, VectorStoreMissing


def unit(seed: int, count: int, dimension: int = 24) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def filled(folder: Path, count: int) -> tuple[VectorStore, list[str], np.ndarray]:
    store = VectorStore.embedded(folder, "vectors", create=True)
    ids, vectors = [f"c{n}" for n in range(count)], unit(1, count)
    store.add(iter([(ids, vectors)]))
    return store, ids, vectors


def test_scores_are_cosines_and_the_order_is_exact_on_a_small_store(tmp_path: Path) -> None:
    store, ids, vectors = filled(tmp_path, 150)
    for query in unit(2, 10):
        hits = store.query(query, 10)
        order = np.argsort(-(vectors @ query))[:10]
        assert [hit.chunk_id for hit in hits] == [ids[n] for n in order]
        np.testing.assert_allclose([hit.score for hit in hits], (vectors @ query)[order], atol=1e-5)
    store.close()


def test_more_vectors_than_chroma_takes_at_once(tmp_path: Path) -> None:
    store = VectorStore.embedded(tmp_path, "vectors", create=True)
    count = store.batch_size + 7
    ids = [f"c{n}" for n in range(count)]
    told: list[int] = []
    store.add(iter([(ids, unit(1, count, 4))]), told.append)
    assert store.count() == count == told[-1]
    assert store.ids() == set(ids)
    store.delete(ids[: count - 3])
    assert store.ids() == set(ids[count - 3 :])
    store.close()


def test_adding_again_overwrites(tmp_path: Path) -> None:
    store, ids, vectors = filled(tmp_path, 5)
    store.add(iter([(ids[:1], -vectors[:1])]))
    assert store.count() == 5
    ((_, got),) = store.vectors(ids[:1], 10)
    np.testing.assert_allclose(got, -vectors[:1], atol=1e-6)
    store.close()


def test_the_search_widens_until_enough_may_be_returned(tmp_path: Path) -> None:
    store, ids, vectors = filled(tmp_path, 120)
    allowed = set(ids[::17])
    hits = store.query(vectors[3], 4, lambda some: allowed.intersection(some))
    best = sorted(allowed, key=lambda i: -float(vectors[ids.index(i)] @ vectors[3]))[:4]
    assert [hit.chunk_id for hit in hits] == best
    assert store.query(vectors[3], 4, lambda _: set()) == []
    store.close()


def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    store, ids, vectors = filled(tmp_path, 40)
    store.settle()
    store.close()
    again = VectorStore.embedded(tmp_path, "vectors")
    assert again.ids() == set(ids)
    assert again.query(vectors[7], 1)[0].chunk_id == "c7"
    again.close()


def test_opening_what_is_not_there_says_so_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(VectorStoreMissing, match="no vector store"):
        VectorStore.embedded(tmp_path / "none", "vectors")
    assert not (tmp_path / "none").exists()
    filled(tmp_path, 1)[0].close()
    with pytest.raises(VectorStoreMissing):
        VectorStore.embedded(tmp_path, "another")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host:1", "http://", "http://host:notaport"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="not the address"):
        VectorStore.server(url, "vectors")


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1:9") as caught:
        VectorStore.server("http://127.0.0.1:9", "vectors")
    assert "chroma run" in caught.value.next_step
