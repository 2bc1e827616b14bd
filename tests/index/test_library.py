"""The library: reading while others read and while another process builds."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from index.build import build_index, remove_articles
from index.errors import IndexMismatch, IndexMissing
from index.library import Library
from index.schema import Article, ArticleFilter
from tests.index.words import ListSource, WordEmbedder, article, corpus

BUILDER = """
import sys, time
from pathlib import Path
from index.build import build_index
from tests.index.words import ListSource, WordEmbedder, article, corpus
for turn in range(int(sys.argv[2])):
    articles = [article("stays", "The ferry crosses the harbour at dawn."), *corpus(turn, 25)]
    build_index(Path(sys.argv[1]), [ListSource(articles)], embedder=WordEmbedder(), rebuild=turn % 3 == 2)
    print(turn, flush=True)
"""


def built(index_dir: Path, *articles: Article, **more: object) -> None:
    options = {"embedder": WordEmbedder(), **more}
    build_index(index_dir, [ListSource(articles)], **options)  # type: ignore[arg-type]


def test_no_index_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="there is no index") as caught:
        Library.open(tmp_path / "none")
    assert caught.value.next_step == "footnote build PATH..."
    assert not (tmp_path / "none").exists()


def test_a_refresh_shows_a_new_build_and_costs_nothing_without_one(tmp_path: Path) -> None:
    built(tmp_path, article("one", "The ferry sails."))
    with Library.open(tmp_path, embedder=WordEmbedder()) as library:
        assert library.refresh() is False
        built(tmp_path, article("one", "The ferry sails."), article("two", "A violin plays."))
        assert library.manifest.revision == 1
        assert library.refresh() is True
        assert library.manifest.articles == 2
        assert [hit.chunk_id[:3] for hit in library.lexical("violin", 3)] == ["two"]
        assert library.dense(WordEmbedder().encode(["a violin plays"])[0], 1)[0].chunk_id.startswith("two")
        assert library.refresh() is False


def test_new_languages_are_searched_after_a_refresh(tmp_path: Path) -> None:
    built(tmp_path, article("one", "The ferry sails."))
    with Library.open(tmp_path) as library:
        built(tmp_path, article("one", "The ferry sails."), article("de", "Die Häuser.", language="de"))
        library.refresh()
        assert len(library.lexical("Haus", 3)) == 1


def test_a_search_without_a_refresh_survives_a_build(tmp_path: Path) -> None:
    """The old revision's files are gone before they were ever read: the search moves on by itself."""
    built(tmp_path, article("one", "The ferry sails."))
    with Library.open(tmp_path) as library:
        built(tmp_path, article("two", "A violin plays."))
        hits = library.dense(WordEmbedder().encode(["a violin plays"])[0], 3)
        assert set(library.chunks([hit.chunk_id for hit in hits])) == {hit.chunk_id for hit in hits}
        library.refresh()
        assert [hit.chunk_id[:3] for hit in library.lexical("violin ferry", 3)] == ["two"]


def test_removed_articles_are_never_returned(tmp_path: Path) -> None:
    built(tmp_path, *corpus(1, 10))
    with Library.open(tmp_path) as library:
        vector = WordEmbedder().encode(["the ferry harbour"])[0]
        library.dense(vector, 5)
        remove_articles(tmp_path, [f"a{n}" for n in range(9)])
        assert {hit.chunk_id.split(":")[0] for hit in library.dense(vector, 50)} <= {"a9"}
        assert {hit.chunk_id.split(":")[0] for hit in library.lexical("number ferry", 50)} <= {"a9"}


def test_a_refresh_to_another_model_says_so(tmp_path: Path) -> None:
    built(tmp_path, article("one", "The ferry sails."))
    with Library.open(tmp_path, embedder=WordEmbedder()) as library:
        built(
            tmp_path,
            article("one", "The ferry sails."),
            embedder=WordEmbedder(model_label="other"),
            rebuild=True,
        )
        with pytest.raises(IndexMismatch, match="other"):
            library.refresh()


def test_vectors_said_to_be_elsewhere_are_not_guessed(tmp_path: Path) -> None:
    built(tmp_path, article("one", "The ferry sails."))
    with pytest.raises(IndexMissing, match="in its own folder, not on http"):
        Library.open(tmp_path, chroma_url="http://127.0.0.1:9")


def test_many_threads_read_while_another_process_builds(tmp_path: Path) -> None:
    stays = article("stays", "The ferry crosses the harbour at dawn.")
    built(tmp_path, stays, *corpus(99, 25))
    embedder = WordEmbedder()
    vector = embedder.encode(["the ferry crosses the harbour at dawn"])[0]
    stop = threading.Event()
    revisions: set[int] = set()
    with Library.open(tmp_path, embedder=embedder) as library:

        def read(number: int) -> int:
            done = 0
            while not stop.is_set():
                if number % 2:
                    library.refresh()
                revisions.add(library.manifest.revision)
                nearest = library.dense(vector, 10)
                assert nearest[0].chunk_id.startswith("stays:")
                words = library.lexical("ferry crosses harbour dawn", 10)
                assert words[0].chunk_id.startswith("stays:")
                pairs = library.with_articles([hit.chunk_id for hit in nearest + words])
                for chunk, found in pairs.values():
                    assert found.text[chunk.start : chunk.end] == chunk.text
                assert "stays" in {found.id for _, found in pairs.values()}
                done += 1
            return done

        with ThreadPoolExecutor(6) as pool:
            readers = [pool.submit(read, number) for number in range(6)]
            try:
                builder = subprocess.run(
                    [sys.executable, "-c", BUILDER, str(tmp_path), "8"],
                    cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=200, check=False,
                )  # fmt: skip
                time.sleep(0.2)
            finally:
                stop.set()
            assert builder.returncode == 0, builder.stderr
            assert min(reader.result() for reader in readers) > 0
        library.refresh()
        assert library.manifest.revision == 9
    assert len(revisions) > 2


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_refreshing_again_and_again_leaves_no_open_files(tmp_path: Path) -> None:
    def open_files() -> int:
        return sum(
            str(tmp_path) in os.readlink(f"/proc/self/fd/{name}")
            for name in os.listdir("/proc/self/fd")
            if os.path.lexists(f"/proc/self/fd/{name}")
        )

    vector = WordEmbedder().encode(["ferry"])[0]
    built(tmp_path, *corpus(0, 3))
    with Library.open(tmp_path) as library:
        counts: list[int] = []
        for turn in range(1, 7):
            built(tmp_path, *corpus(turn, 3))
            library.refresh()
            library.dense(vector, 2)
            library.lexical("ferry", 2)
            counts.append(open_files())
        assert counts[-1] <= counts[1] + 2, counts


def test_an_overview_counts_what_filters_admit(tmp_path: Path) -> None:
    def dated(name: str, day: date | None, topic: str) -> Article:
        return replace(article(name, f"The {name} sails."), published=day, topic=topic, source="Harbour")

    built(
        tmp_path,
        dated("ferry", date(2020, 5, 1), "Boats"),
        dated("sloop", date(2022, 5, 1), "boats"),
        dated("kite", None, ""),
        dated("yawl", date(2021, 5, 1), "Wind"),
    )
    with Library.open(tmp_path) as library:
        everything = library.overview()
        assert (everything.articles, everything.undated) == (4, 1)
        assert everything.topics == (("Boats", 2), ("Wind", 1))
        assert everything.sources == (("Harbour", 4),)
        assert everything.newest == ("sloop", "yawl", "ferry")
        assert library.overview(1).oldest == ("ferry",)
        assert (everything.first, everything.last) == (date(2020, 5, 1), date(2022, 5, 1))
        until = library.overview(known_by=date(2021, 12, 31), without={"ferry"})
        assert (until.articles, until.newest) == (2, ("yawl",))
        nothing = library.overview(only=ArticleFilter(topics=("trains",)))
        assert (nothing.articles, nothing.topics, nothing.newest, nothing.first) == (0, (), (), None)
        assert library.languages() == ("en",)
