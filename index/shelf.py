"""Shelves: the numbered folders `chroma/<n>` and `tantivy/<n>` that hold a revision's vectors and words.

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

from index import lexical
from index.catalog import Shelves
from index.lexical import LexicalIndex
from index.store import VectorStore, VectorStoreMissing, write_failed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """The open stores of one revision."""

    vectors: VectorStore
    words: LexicalIndex

    def close(self) -> None:
        self.vectors.close()


def vectors_folder(index_dir: Path, number: int) -> Path:
    """Where a shelf's embedded vectors stand."""
    return index_dir / "chroma" / str(number)


def words_folder(index_dir: Path, number: int) -> Path:
    """Where a shelf's lexical index stands."""
    return index_dir / "tantivy" / str(number)


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


def open_shelf(index_dir: Path, shelves: Shelves, chroma_url: str) -> Shelf:
    """Both stores of the live revision, or `IndexMissing`."""
    words = LexicalIndex.open(words_folder(index_dir, shelves.shelf))
    return Shelf(open_vectors(index_dir, shelves, chroma_url), words)


def clear_leftovers(index_dir: Path, keep: int) -> None:
    """Deletes every shelf but the one that answers: what killed builds left, and the one before."""
    for folder in (index_dir / "chroma", index_dir / "tantivy"):
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
