"""The same store on a real Chroma server, started here on a free port of this machine."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.build import build_index, remove_articles
from index.catalog import Catalog
from index.errors import IndexMissing, StoreUnreachable
from index.library import Library
from index.schema import BuildReport
from index.shelf import open_shelf
from tests.index.words import Interrupted, ListSource, WordEmbedder, article, corpus

CHROMA = shutil.which("chroma", path=str(Path(sys.executable).parent)) or shutil.which("chroma")

pytestmark = pytest.mark.skipif(CHROMA is None, reason="the chroma command is not installed")

FERRY = article("ferry", "The ferry crosses the harbour at dawn.")
VIOLIN = article("violin", "A violin hung in the granary.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(folder: Path, port: int) -> Iterator[str]:
    """A Chroma server keeping its data in `folder`; its address."""
    assert CHROMA
    command = [CHROMA, "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert server.poll() is None, "chroma run ended"
                assert time.monotonic() < deadline, "chroma run does not listen"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def built(index_dir: Path, url: str, *articles: object, **more: object) -> BuildReport:
    options = {"embedder": WordEmbedder(), **more}
    return build_index(index_dir, [ListSource(articles)], chroma_url=url, **options)  # type: ignore[arg-type]


def same_everywhere(index_dir: Path, url: str) -> int:
    """Checks that the server and the lexical index hold the catalog's chunks, once each; how many."""
    catalog = Catalog.open(index_dir)
    assert catalog
    shelf = open_shelf(index_dir, catalog.shelves(), url)
    chunks = catalog.chunk_ids()
    assert shelf.vectors.ids() == shelf.words.ids() == chunks
    assert shelf.vectors.count() == len(chunks)
    shelf.close()
    catalog.close()
    return len(chunks)


def collections(url: str) -> list[str]:
    import chromadb

    client = chromadb.HttpClient(host="127.0.0.1", port=int(url.rsplit(":", 1)[1]))
    return sorted(collection.name for collection in client.list_collections())


def test_building_and_asking_over_a_server(tmp_path: Path) -> None:
    embedder = WordEmbedder()
    port = free_port()
    one, two = tmp_path / "one", tmp_path / "two"
    with running(tmp_path / "server", port) as url:
        report = built(one, url, FERRY, *corpus(1, 20))
        assert same_everywhere(one, url) == report.manifest.chunks > 20
        assert not (one / "chroma").exists()
        built(two, url, VIOLIN)  # a second index on the same server

        with Library.open(one, embedder=embedder, chroma_url=url) as library:
            vector = embedder.encode(["the ferry crosses the harbour at dawn"])[0]
            best = library.dense(vector, 3)
            assert best[0].chunk_id.startswith("ferry:")
            assert best[0].score == pytest.approx(1.0, abs=1e-4)
            assert len(library.lexical("ferry", 3)) == 3

            report = built(one, url, FERRY, VIOLIN, *corpus(2, 20)[:10])
            assert (report.added, report.updated, report.unchanged, report.removed) == (1, 10, 1, 10)
            assert same_everywhere(one, url) == report.manifest.chunks
            assert library.refresh()
            assert (
                library.dense(embedder.encode(["a violin hung in the granary"])[0], 1)[0].chunk_id[:6]
                == "violin"
            )

            # What an unfinished build left on the server is neither returned nor left there.
            with pytest.raises(Interrupted):
                built(one, url, *corpus(3, 20), embedder=WordEmbedder(fail_after=0))
            stray = embedder.encode(["the ferry crosses the harbour at dawn"] * 40)
            shelves = Catalog.create(one).shelves()
            catalog_shelf = open_shelf(one, shelves, url)
            catalog_shelf.vectors.add(iter([([f"stray:{n}" for n in range(40)], stray)]))
            assert [hit.chunk_id[:6] for hit in library.dense(vector, 1)] == ["ferry:"]
            assert all(library.chunk(hit.chunk_id) for hit in library.dense(vector, 10))
            catalog_shelf.close()
            assert built(one, url, FERRY, VIOLIN, *corpus(2, 20)[:10]).chunks_embedded == 0
            same_everywhere(one, url)

            assert remove_articles(one, ["violin"], chroma_url=url) == 1
            same_everywhere(one, url)
            report = built(one, url, FERRY, rebuild=True)
            assert (report.manifest.chunks, same_everywhere(one, url)) == (1, 1)
            assert len(collections(url)) == 2  # one for each index
            assert library.dense(vector, 5)[0].chunk_id.startswith(
                "ferry:"
            )  # its collection is gone: moves on

        library = Library.open(one, embedder=embedder, chroma_url=url)

    with pytest.raises(StoreUnreachable, match=f"127.0.0.1:{port}"):
        library.dense(vector, 1)
    with pytest.raises(StoreUnreachable) as caught:
        Library.open(one, chroma_url=url)
    assert "chroma run" in caught.value.next_step
    with pytest.raises(StoreUnreachable):
        built(one, url, VIOLIN)
    library.close()

    with (
        running(tmp_path / "server", port) as url,
        Library.open(one, embedder=embedder, chroma_url=url) as library,
    ):
        assert library.dense(vector, 1)[0].chunk_id.startswith("ferry:")
        assert library.manifest.articles == 1


def test_an_index_moves_between_folder_and_server(tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    with running(tmp_path / "server", free_port()) as url:
        built(index_dir, "", FERRY, VIOLIN)
        with pytest.raises(IndexMissing, match="not on http"):
            Library.open(index_dir, chroma_url=url)
        report = built(index_dir, url, FERRY, VIOLIN)
        assert (report.unchanged, report.chunks_embedded) == (2, 2)
        same_everywhere(index_dir, url)
        with pytest.raises(IndexMissing, match="on a Chroma server"):
            Library.open(index_dir)
        built(index_dir, "", FERRY, VIOLIN)
        same_everywhere(index_dir, "")
