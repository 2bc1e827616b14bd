"""The vector store: the one module that speaks to Chroma, embedded in a folder or on a server.

Only ids and vectors stand there, with cosine distance; texts, offsets and metadata stand in the
catalog. Embedded Chroma expects to be the only process in its folder, and a process killed while
it writes can leave a folder whose next reader crashes; a folder is therefore only ever written
before it becomes part of an index, and only read afterwards (see `index/build.py`).
"""

from __future__ import annotations

import logging
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import numpy as np

from index.errors import FootnoteError, IndexMissing, IndexWriteFailed, InputError, StoreUnreachable
from index.schema import Hit

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

log = logging.getLogger(__name__)

_HNSW: dict[str, Any] = {"space": "cosine", "max_neighbors": 24, "ef_construction": 150, "ef_search": 300}
"""Chroma's search tree. Over 9,000 chunks of SciFact embedded by MiniLM it finds .9995 of the exact 50
nearest in 1.5 ms; Chroma's defaults (16, 100, 100) find .984 in 1.1 ms.

Embedded, `sync_threshold` 2 saves the tree after every batch. With Chroma's default of 1,000 the last
records stay in a log that each reader plays back into a tree of its own, in parallel and so a little
differently every time: the same question then finds different chunks.
"""

_WIDEST = 65_536
"""Chroma refuses longer result lists on a server."""


class VectorStoreMissing(IndexMissing):
    """The folder, server or collection that should hold an index's vectors does not."""


class VectorStore:
    """The vectors of one index under their chunk ids.

    `VectorStore.embedded(folder, ...)` and `VectorStore.server(url, ...)` give the same class.
    Every method raises `StoreUnreachable` when a server does not answer, `VectorStoreMissing` when
    the collection is not there, `IndexWriteFailed` when the disk is full or not writable.
    """

    def __init__(self, client: Client, collection: Collection, place: str) -> None:
        self._client = client
        self._collection = collection
        self._place = place
        self._closed = False

    @classmethod
    def embedded(cls, folder: Path, name: str, *, create: bool = False) -> VectorStore:
        """The collection in this folder. With `create` both are made where missing."""
        import chromadb
        from chromadb.config import Settings

        if not create and not (folder / "chroma.sqlite3").is_file():
            raise VectorStoreMissing(
                f"the vectors of the index are missing: there is no vector store in {folder}",
                "footnote build PATH...",
            )
        with _translated(str(folder), writing=create), _one_at_a_time:
            folder.mkdir(parents=True, exist_ok=True)
            made = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
            client = cast("Client", made)  # the declared type lacks `close`
        return cls._of(client, name, str(folder), create, {**_HNSW, "sync_threshold": 2})

    @classmethod
    def server(cls, url: str, name: str, *, create: bool = False) -> VectorStore:
        """The collection on a Chroma server, `url` like `http://host:port`."""
        return cls._of(_connect(url), name, url, create, _HNSW)

    @classmethod
    def _of(cls, client: Client, name: str, place: str, create: bool, hnsw: dict[str, Any]) -> VectorStore:
        try:
            with _translated(place, writing=create):
                if create:
                    collection = client.get_or_create_collection(
                        name,
                        embedding_function=None,
                        configuration={"hnsw": hnsw},  # type: ignore[typeddict-item]
                    )
                else:
                    collection = client.get_collection(name, embedding_function=None)
        except BaseException:
            client.close()
            raise
        return cls(client, collection, place)

    def count(self) -> int:
        """How many vectors are stored."""
        with _translated(self._place):
            return self._collection.count()

    def ids(self) -> set[str]:
        """All stored chunk ids."""
        found: set[str] = set()
        page = 20_000
        with _translated(self._place):
            while True:
                ids = self._collection.get(include=[], limit=page, offset=len(found))["ids"]
                found.update(ids)
                if len(ids) < page:
                    return found

    def add(
        self,
        batches: Iterator[tuple[list[str], np.ndarray]],
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        """Stores vectors, float32 (n, dimension), under their ids; an id that exists is overwritten.
        `on_batch` is told how many were stored after each batch."""
        stored = 0
        for ids, vectors in batches:
            for at in range(0, len(ids), self.batch_size):
                with _translated(self._place, writing=True):
                    self._collection.upsert(
                        ids=ids[at : at + self.batch_size], embeddings=vectors[at : at + self.batch_size]
                    )
            stored += len(ids)
            if on_batch:
                on_batch(stored)

    def delete(self, ids: Sequence[str]) -> None:
        """Removes these ids; unknown ones are passed over."""
        for at in range(0, len(ids), self.batch_size):
            with _translated(self._place, writing=True):
                self._collection.delete(ids=list(ids[at : at + self.batch_size]))

    def vectors(self, ids: Sequence[str], batch: int) -> Iterator[tuple[list[str], np.ndarray]]:
        """The stored vectors of these ids in batches: ids found and float32 (n, dimension)."""
        for at in range(0, len(ids), batch):
            with _translated(self._place):
                got = self._collection.get(ids=list(ids[at : at + batch]), include=["embeddings"])
            if got["ids"]:
                yield got["ids"], np.asarray(got["embeddings"], dtype=np.float32)

    def query(
        self,
        vector: np.ndarray,
        k: int,
        keep: Callable[[Sequence[str]], set[str]] | None = None,
        *,
        width: int = 0,
        widest: int = _WIDEST,
    ) -> list[Hit]:
        """The k nearest chunks, best first, `score` the cosine similarity (-1 to 1).

        `keep` says which of a list of ids may be returned (a store shared with an unfinished build
        holds others too); the search begins with the `width` nearest chunks (at least k) and widens
        until k of them are found, nothing is left or `widest` were looked at.
        """
        query = np.asarray(vector, dtype=np.float32).reshape(1, -1)
        width = max(k, min(width, widest))
        while k > 0:
            with _translated(self._place):
                found = self._collection.query(query_embeddings=query, n_results=width, include=["distances"])
            ids = found["ids"][0]
            distances = (found["distances"] or [[]])[0]
            kept = keep(ids) if keep else set(ids)
            hits = [Hit(i, 1.0 - float(d)) for i, d in zip(ids, distances, strict=True) if i in kept]
            if len(hits) >= k or len(ids) < width or width >= widest:
                return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]
            width = min(width * 4, widest)
        return []

    def query_among(self, vector: np.ndarray, k: int, ids: Sequence[str], batch: int) -> list[Hit]:
        """The k nearest of these chunks, best first, found by Chroma's own search among `batch` of them
        at a time: no vectors travel, but a near one can be missed. Ids it does not hold are passed over."""
        query = np.asarray(vector, dtype=np.float32).reshape(1, -1)
        hits: list[Hit] = []
        for at in range(0, len(ids) if k > 0 else 0, batch):
            some = list(ids[at : at + batch])
            with _translated(self._place):
                found = self._collection.query(
                    query_embeddings=query, ids=some, n_results=min(k, len(some)), include=["distances"]
                )
            distances = (found["distances"] or [[]])[0]
            hits += [Hit(i, 1.0 - float(d)) for i, d in zip(found["ids"][0], distances, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]

    @property
    def batch_size(self) -> int:
        """How many records Chroma takes at once."""
        with _translated(self._place):
            return self._client.get_max_batch_size()

    def settle(self) -> None:
        """Makes Chroma bring its search tree up to date now, so that readers need not."""
        with _translated(self._place):
            sample = self._collection.get(limit=1, include=["embeddings"])
            if sample["ids"]:
                self._collection.query(
                    query_embeddings=np.asarray(sample["embeddings"]), n_results=1, include=[]
                )

    def close(self) -> None:
        """Lets go of files or connection; closing twice is harmless."""
        if not self._closed:
            self._closed = True
            with _one_at_a_time:
                self._client.close()


def drop_collections(url: str, prefix: str, *, keep: str) -> None:
    """Deletes a server's collections whose names begin with `prefix`, except `keep`."""
    client = _connect(url)
    try:
        with _translated(url):
            for collection in client.list_collections():
                if collection.name.startswith(prefix) and collection.name != keep:
                    client.delete_collection(collection.name)
    finally:
        client.close()


def copy_folder(source: Path, target: Path) -> None:
    """Copies an embedded store that nobody writes to."""
    with _translated(str(target), writing=True):
        shutil.copytree(source, target)


_one_at_a_time = threading.Lock()
"""Chroma's table of open folders is not safe against opening and closing from several threads."""

_DISK = re.compile(r"disk is full|no space left", re.IGNORECASE)


def _connect(url: str) -> Client:
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 8000)
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or not port:
        raise InputError(f"not the address of a Chroma server: {url}", "write it like http://localhost:8000")
    with _translated(url):
        made = chromadb.HttpClient(
            host=parts.hostname,
            port=port,
            ssl=parts.scheme == "https",
            settings=Settings(anonymized_telemetry=False),
        )
        return cast("Client", made)


@contextmanager
def _translated(place: str, *, writing: bool = False) -> Iterator[None]:
    """Turns what Chroma, httpx and the operating system raise into errors of ours."""
    import httpx
    from chromadb.errors import ChromaError, InternalError, NotFoundError

    try:
        yield
    except FootnoteError:
        raise
    except NotFoundError as error:
        raise VectorStoreMissing(
            f"the vectors of the index are missing in {place}: {_line(error)}", "footnote build PATH..."
        ) from error
    except httpx.HTTPError as error:
        raise _unreachable(place, error) from error
    except InternalError as error:
        if writing or _DISK.search(str(error)):
            raise write_failed(place, error) from error
        raise _unreadable(place, error) from error
    except OSError as error:
        raise (write_failed if writing else _unreadable)(place, error) from error
    except (ChromaError, ValueError) as error:
        # ValueError is what the HTTP client makes of a server that refuses or is not Chroma.
        if place.startswith(("http://", "https://")):
            raise _unreachable(place, error) from error
        raise (write_failed if writing else _unreadable)(place, error) from error


def _unreadable(place: str, error: Exception) -> VectorStoreMissing:
    return VectorStoreMissing(
        f"the vector store in {place} cannot be read: {_line(error)}", "footnote build --rebuild PATH..."
    )


def _unreachable(place: str, error: Exception) -> StoreUnreachable:
    return StoreUnreachable(
        f"the Chroma server at {place} does not answer: {_line(error)}",
        "start it with `chroma run --path DIR`, or unset FOOTNOTE_CHROMA_URL",
    )


def write_failed(place: str, error: Exception) -> IndexWriteFailed:
    """The error for a disk that is full or may not be written."""
    return IndexWriteFailed(
        f"the index could not be written to {place}: {_line(error)}; the last complete index still answers",
        "free some space or allow writing there, then run `footnote build` again",
    )


def _line(error: Any) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
