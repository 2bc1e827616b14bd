"""Shelves: the numbered folders `chroma/<n>` and `tantivy/<n>` that hold a revision's vectors and words
(and `flat/<n>`, a cache that readers make: see `index/flat.py`).

A build never writes to the shelf that answers: it copies it, writes to the copy, and the catalog's
commit points to the copy. That costs a copy (46 MB for 20,000 chunks, 0.5 s) and buys what writing in place
cannot give: embedded Chroma killed while it saves its search tree leaves a folder that crashes the
next process to read it. On a Chroma server vectors are kept in one collection per rebuild instead.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import lexical
from index.catalog import Shelves
from index.flat import FlatVectors, compare
from index.lexical import WIDER, LexicalIndex
from index.register import Admitted
from index.schema import Hit
from index.store import VectorStore, VectorStoreMissing, write_failed

log = logging.getLogger(__name__)


TREE_COST = 25_000
PLACE_COST = 35
"""What a search of Chroma's tree costs, in vectors that could be compared one by one in that time: so
many and, for each result it is asked for, so many more. Comparing takes 0.2 µs for 384 numbers, the tree
5 ms and 7 µs a result."""

SERVER_BATCH = 2_000
SERVER_AMONG = 20_000
"""On a server: up to so many admitted chunks its own search among named ids is asked, in batches so
small that it hardly misses any (.996 of the 50 nearest where it was .92 among 10,000 random vectors)."""


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """The open stores of one revision; `flat` is None where the vectors are on a server."""

    vectors: VectorStore
    words: LexicalIndex
    flat: FlatVectors | None = None

    def nearest(self, vector: np.ndarray, k: int, admitted: Admitted) -> list[Hit]:
        """The k nearest of the admitted chunks, best first, `score` the cosine similarity; fewer only
        where fewer are admitted. Where the filter leaves few they are compared one by one, which is
        exact; where it leaves many, the search tree's nearest are looked through, and compared one by
        one if too few of those are admitted."""
        width = int(k * WIDER / admitted.share)
        count = len(admitted.rows)
        if self.flat is not None:
            if count <= TREE_COST + PLACE_COST * width:
                return self.flat.search(vector, k, admitted)
            hits = self.vectors.query(vector, k, admitted.keep, width=width, widest=4 * width)
            return hits if len(hits) >= min(k, count) else self.flat.search(vector, k, admitted)
        if count <= SERVER_AMONG:
            hits = self.vectors.query_among(vector, k, admitted.ids, SERVER_BATCH)
        else:
            hits = self.vectors.query(vector, k, admitted.keep, width=width)
        return hits if len(hits) >= min(k, count) else compare(self.vectors, vector, k, admitted.ids)

    def close(self) -> None:
        """Lets go of the stores."""
        if self.flat is not None:
            self.flat.close()
        self.vectors.close()


def vectors_folder(index_dir: Path, number: int) -> Path:
    """Where a shelf's embedded vectors stand."""
    return index_dir / "chroma" / str(number)


def words_folder(index_dir: Path, number: int) -> Path:
    """Where a shelf's lexical index stands."""
    return index_dir / "tantivy" / str(number)


def flat_folder(index_dir: Path, number: int) -> Path:
    """Where the plain copy of a shelf's embedded vectors stands once a filter has needed it."""
    return index_dir / "flat" / str(number)


def collection_name(index_id: str, generation: int) -> str:
    """The vector collection's name; the index's id keeps apart indexes that share a server."""
    return f"footnote-{index_id}-{generation}"


def open_vectors(index_dir: Path, shelves: Shelves, chroma_url: str) -> VectorStore:
    """The vectors of the live revision. Raises `VectorStoreMissing` when they are kept elsewhere
    than `chroma_url` says or are not there."""
    kept = "server" if chroma_url else "embedded"
    if shelves.vectors != kept:
        raise VectorStoreMissing(
            f"the vectors of the index in {index_dir} are kept "
            + ("on a Chroma server" if shelves.vectors == "server" else "in its own folder")
            + (f", not on {chroma_url}" if chroma_url else ", and no server is set"),
            "set FOOTNOTE_CHROMA_URL as it was when the index was built, or run `footnote build PATH...`",
        )
    if chroma_url:
        return VectorStore.server(chroma_url, shelves.collection)
    return VectorStore.embedded(vectors_folder(index_dir, shelves.shelf), shelves.collection)


def open_shelf(
    index_dir: Path, shelves: Shelves, chroma_url: str, before: FlatVectors | None = None
) -> Shelf:
    """The stores of the live revision, or `IndexMissing`; `before` is the plain copy of the shelf
    that was open until now, from which this one's takes over what it can."""
    words = LexicalIndex.open(words_folder(index_dir, shelves.shelf))
    vectors = open_vectors(index_dir, shelves, chroma_url)
    if chroma_url:
        return Shelf(vectors, words)
    folder = flat_folder(index_dir, shelves.shelf)
    return Shelf(vectors, words, FlatVectors(vectors, folder, shelves.collection, before))


def clear_leftovers(index_dir: Path, keep: int) -> None:
    """Deletes every shelf but the one that answers: what killed builds left, and the one before."""
    for folder in (index_dir / "chroma", index_dir / "tantivy", index_dir / "flat"):
        if not folder.is_dir():
            continue
        for shelf in folder.iterdir():
            if shelf.name.isdecimal() and int(shelf.name) != keep:
                log.debug("removing shelf %s", shelf)
                gone = shelf.with_name(f"{shelf.name}.gone")
                with contextlib.suppress(OSError):  # named away first: nobody opens a half of it
                    shelf.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
            elif shelf.name.endswith(".gone"):
                shutil.rmtree(shelf, ignore_errors=True)


def copy_words(index_dir: Path, source: int, target: int) -> None:
    """Copies a lexical index to a new shelf."""
    lexical.copy_folder(words_folder(index_dir, source), words_folder(index_dir, target))


def make_room(folder: Path) -> None:
    """Removes what stands where a new shelf is to be made, so that it begins empty."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failed(str(folder), error) from error
