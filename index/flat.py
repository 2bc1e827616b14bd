"""Exact search: a plain copy of a shelf's vectors, compared one by one with the query.

Chroma's search tree is quick over everything and slow where a filter leaves little of it (45 ms for 300
of 60,000 chunks); reading single vectors out of Chroma takes 0.03 ms each. So the first
filtered search that needs it copies the vectors into one file, `flat/<n>` beside `chroma/<n>`, which
every process then maps into memory: 10,000 admitted chunks are compared in 2 ms. The file is a
cache: where it cannot be written the copy stays in memory, and where it is damaged it is made anew.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.register import Admitted, Register
from index.schema import Hit
from index.store import VectorStore

log = logging.getLogger(__name__)

FEW = 300
"""So many vectors are rather read out of Chroma (8 ms) than the copy made for them (2 s at 60,000)."""

_READ = 4_096
"""Vectors read out of Chroma at once."""

_BLOCK = 1_024
"""Rows gathered at once: 1.5 MB, which stays in the processor's cache. 30,000 rows take 6 ms so, 14 ms in one piece."""

_VECTORS, _IDS = "vectors.npy", "ids.json"


@dataclass(frozen=True, eq=False)
class _Copy:
    """Unit vectors, float32 (n, dimension), and the row of each chunk id."""

    vectors: np.ndarray
    row_of: dict[str, int]


class FlatVectors:
    """The vectors of one embedded shelf for exact search, read when first needed; safe for threads.

    `label` names what the vectors were made for (the collection); within one label a chunk id
    always has the same vector, so that `before`, the copy of an earlier shelf, spares reading most of
    them again. Raises what `VectorStore.vectors` raises.
    """

    def __init__(self, store: VectorStore, folder: Path, label: str, before: FlatVectors | None) -> None:
        self._store = store
        self._folder = folder
        self._label = label
        self._before = before.newest() if before is not None and before._label == label else None
        self._lock = threading.Lock()
        self._copy: _Copy | None = None
        self._places: tuple[Register, np.ndarray] | None = None

    def newest(self) -> _Copy | None:
        """The copy if it is made, else the one that was handed on from an earlier shelf."""
        return self._copy or self._before

    def search(self, vector: np.ndarray, k: int, admitted: Admitted) -> list[Hit]:
        """The k nearest of the admitted chunks, best first, `score` the cosine similarity. Exact."""
        if k <= 0 or not len(admitted.rows):
            return []
        query = _unit(vector)[0]
        if self._copy is None and len(admitted.rows) <= FEW:
            return compare(self._store, query, k, admitted.ids)
        copy = self._loaded()
        places = self._placed(copy, admitted.register)[admitted.rows]
        there = places >= 0
        rows, places = admitted.rows[there], places[there]
        if 2 * len(places) > len(copy.vectors):  # then reading all in one go is quicker
            scores = (copy.vectors @ query)[places]
        else:
            scores = np.empty(len(places), np.float32)
            for at in range(0, len(places), _BLOCK):
                scores[at : at + _BLOCK] = copy.vectors[places[at : at + _BLOCK]] @ query
        names = admitted.register.chunk_ids
        if len(scores) > k:
            chosen = np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])
            return best([names[row] for row in rows[chosen]], scores[chosen], k)
        return best([names[row] for row in rows], scores, k)

    def close(self) -> None:
        """Lets go of the copy; a search under way in another thread keeps it until it is done."""
        with self._lock:
            self._copy = self._places = self._before = None

    def _placed(self, copy: _Copy, register: Register) -> np.ndarray:
        """Where in the copy each of the register's chunks stands, -1 for one that this shelf lacks."""
        known = self._places
        if known is None or known[0] is not register:
            rows = copy.row_of
            known = (
                register,
                np.fromiter(
                    (rows.get(chunk_id, -1) for chunk_id in register.chunk_ids),
                    np.int64,
                    len(register.chunk_ids),
                ),
            )
            self._places = known
        return known[1]

    def _loaded(self) -> _Copy:
        copy = self._copy
        if copy is None:
            with self._lock:
                copy = self._copy
                if copy is None:
                    copy = self._copy = self._read() or self._made()
                    self._before = None
        return copy

    def _read(self) -> _Copy | None:
        """The copy in the folder, or None where there is none, or not this collection's."""
        try:
            label, ids = json.loads((self._folder / _IDS).read_text("utf-8"))
            vectors = np.asarray(np.load(self._folder / _VECTORS, mmap_mode="r"))
        except (OSError, ValueError, TypeError, EOFError) as error:
            if self._folder.exists():
                log.warning("the copy of the vectors in %s is made anew: %s", self._folder, error)
                shutil.rmtree(self._folder, ignore_errors=True)
            return None
        if label != self._label or len(ids) != len(vectors):
            shutil.rmtree(self._folder, ignore_errors=True)
            return None
        return _Copy(vectors, {chunk_id: row for row, chunk_id in enumerate(ids)})

    def _made(self) -> _Copy:
        """The copy made from the store, and kept in the folder where that can be written."""
        ids = sorted(self._store.ids())
        before = self._before
        old = before.row_of if before is not None else {}
        found = [chunk_id for chunk_id in ids if chunk_id in old]
        vectors = np.empty((0, 1), np.float32)
        if before is not None and found:
            vectors = np.empty((len(ids), before.vectors.shape[1]), np.float32)
            vectors[: len(found)] = before.vectors[[old[chunk_id] for chunk_id in found]]
        for some, rows in self._store.vectors([chunk_id for chunk_id in ids if chunk_id not in old], _READ):
            if not found:
                vectors = np.empty((len(ids), rows.shape[1]), np.float32)
            vectors[len(found) : len(found) + len(some)] = _unit(rows)
            found += some
        made = _Copy(vectors[: len(found)], {chunk_id: row for row, chunk_id in enumerate(found)})
        if found and self._keep(made.vectors, found):
            return self._read() or made  # mapped: the memory is shared, and given back when it is short
        return made

    def _keep(self, vectors: np.ndarray, ids: Sequence[str]) -> bool:
        """Writes the files beside their place and moves them there: nobody sees a half of them. True
        when something stands there now."""
        part = self._folder.with_name(f"{self._folder.name}.{uuid.uuid4().hex[:8]}.gone")
        try:
            part.mkdir(parents=True)
            np.save(part / _VECTORS, vectors)
            (part / _IDS).write_text(json.dumps([self._label, list(ids)]), "utf-8")
            part.rename(self._folder)
            return True
        except OSError as error:  # a full or read-only disk, or another process was faster
            log.debug("the copy of the vectors is not kept in %s: %s", self._folder, error)
            shutil.rmtree(part, ignore_errors=True)
            return self._folder.is_dir()


def compare(store: VectorStore, vector: np.ndarray, k: int, ids: Sequence[str]) -> list[Hit]:
    """The k nearest of these chunks by vectors read out of the store for the occasion. Exact; ids the
    store lacks are passed over."""
    query = _unit(vector)[0]
    hits: list[Hit] = []
    for some, rows in store.vectors(ids, _READ):
        scores = (_unit(rows) @ query).tolist()
        hits = best([*(hit.chunk_id for hit in hits), *some], [*(hit.score for hit in hits), *scores], k)
    return hits


def best(ids: Sequence[str], scores: Iterable[float], k: int) -> list[Hit]:
    """The k best by score, equal scores in the order of their ids."""
    hits = [Hit(chunk_id, float(score)) for chunk_id, score in zip(ids, scores, strict=True)]
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Float32 rows of length 1; a single vector becomes one row."""
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
