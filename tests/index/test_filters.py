"""Searching with filters: the same chunks as comparing every admitted one, on the real Chroma and tantivy."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import flat, shelf
from index.build import build_index, remove_articles
from index.catalog import Catalog
from index.library import Library
from index.register import DateSpread
from index.schema import Article, ArticleFilter, Chunk, Hit
from index.shelf import open_shelf
from index.split import embedding_text
from tests.index.test_chroma_server import CHROMA, free_port, running
from tests.index.words import WORDS, Interrupted, ListSource, WordEmbedder, article, corpus

SOURCES = ("Courier", "COURIER", "Gazette", "Straße", "")
TOPICS = ("Harbours", "harbours", "Music", "")
FIRST = date(2020, 1, 1)


def dated_corpus(seed: int, count: int) -> list[Article]:
    """Articles of one to four chunks; a fifth of them without a date."""
    chance = random.Random(seed)
    return [
        replace(
            plain,
            text=" ".join(plain.text.split(". ")[: chance.choice((3, 12, 25))]),
            published=None if chance.random() < 0.2 else FIRST + timedelta(chance.randrange(40)),
            source=chance.choice(SOURCES),
            topic=chance.choice(TOPICS),
        )
        for plain in corpus(seed, count)
    ]


def built(index_dir: Path, articles: Sequence[Article], **more: object) -> None:
    options = {"embedder": WordEmbedder(), "chunk_size": 60, **more}
    build_index(index_dir, [ListSource(articles)], **options)  # type: ignore[arg-type]


def vector_of(text: str) -> np.ndarray:
    return WordEmbedder().encode([text])[0]


def articles_in(hits: Sequence[Hit]) -> set[str]:
    return {hit.chunk_id.split(":")[0] for hit in hits}


@dataclass(frozen=True)
class Known:
    """A built index, opened, and everything in it, for comparing by hand."""

    library: Library
    chunks: dict[str, tuple[Chunk, Article]]
    vectors: dict[str, np.ndarray]

    def admitted(
        self, only: ArticleFilter | None, known_by: date | None, without: Sequence[str]
    ) -> dict[str, Article]:
        return {
            chunk_id: found
            for chunk_id, (_, found) in self.chunks.items()
            if (only is None or only.admits(found.published, found.sources, found.topic, found.id))
            and (known_by is None or found.published is None or found.published <= known_by)
            and found.id not in without
        }


def opened(index_dir: Path, chroma_url: str = "") -> Known:
    library = Library.open(index_dir, chroma_url=chroma_url)
    chunks = {c.id: (c, found) for found in library.articles() for c in library.chunks_of(found.id)}
    texts = [embedding_text(found, chunk) for chunk, found in chunks.values()]
    return Known(library, chunks, dict(zip(chunks, WordEmbedder().encode(texts), strict=True)))


def check_dense(
    known: Known, words: str, k: int, only: ArticleFilter | None, by: date | None, without: Sequence[str]
) -> None:
    """That the k best scores are found, each under a chunk that has it (equals may stand for equals)."""
    vector = vector_of(words)
    scores = {i: float(known.vectors[i] @ vector) for i in known.admitted(only, by, without)}
    hits = known.library.dense(vector, k, only=only, known_by=by, without=without)
    assert len({hit.chunk_id for hit in hits}) == len(hits) == min(k, len(scores))
    assert [hit.score for hit in hits] == pytest.approx([scores[hit.chunk_id] for hit in hits], abs=1e-5)
    assert [hit.score for hit in hits] == pytest.approx(sorted(scores.values(), reverse=True)[:k], abs=1e-5)


def check_lexical(
    known: Known, words: str, k: int, only: ArticleFilter | None, by: date | None, without: Sequence[str]
) -> None:
    """That the k best of the unfiltered list are found, with the scores they have there."""
    admitted = known.admitted(only, by, without)
    scores = {hit.chunk_id: hit.score for hit in known.library.lexical(words, len(known.chunks))}
    scores = {chunk_id: score for chunk_id, score in scores.items() if chunk_id in admitted}
    hits = known.library.lexical(words, k, only=only, known_by=by, without=without)
    assert len({hit.chunk_id for hit in hits}) == len(hits) == min(k, len(scores))
    assert [hit.score for hit in hits] == pytest.approx([scores[hit.chunk_id] for hit in hits], rel=1e-5)
    assert [hit.score for hit in hits] == pytest.approx(sorted(scores.values(), reverse=True)[:k], rel=1e-5)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    place = tmp_path_factory.mktemp("filters") / "index"
    articles = dated_corpus(7, 70)
    other = [replace(found, text=f"Before that. {found.text}") for found in articles[25:28]]
    built(place, [*articles[:25], *other])  # a second build, so that stores have parts, and holes in them
    built(place, articles)
    found = opened(place)
    assert len(found.chunks) > 150
    yield found
    found.library.close()


days = st.none() | st.integers(-2, 42).map(lambda n: FIRST + timedelta(n))
filters = st.none() | st.builds(
    ArticleFilter,
    since=days,
    until=days,
    sources=st.lists(st.sampled_from([*SOURCES, "gazette", "strasse", "none such"]), max_size=2).map(tuple),
    topics=st.lists(st.sampled_from([*TOPICS, "MUSIC"]), max_size=2).map(tuple),
    articles=st.just(()) | st.lists(st.integers(0, 75).map(lambda n: f"a{n}"), max_size=30).map(tuple),
)
questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
left_out = st.lists(st.integers(0, 75).map(lambda n: f"a{n}"), max_size=40)


@pytest.mark.parametrize("way", ["read from chroma", "compared", "looked through"])
@given(words=questions, k=st.integers(1, 60), only=filters, by=days, without=left_out)
def test_a_filtered_search_finds_what_comparing_every_admitted_chunk_finds(
    known: Known,
    way: str,
    words: str,
    k: int,
    only: ArticleFilter | None,
    by: date | None,
    without: list[str],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if way == "looked through":  # as in a collection so big that the search tree is quicker
            patch.setattr(shelf, "TREE_COST", 0)
            patch.setattr(shelf, "PLACE_COST", 0)
        patch.setattr(flat, "FEW", 10**6 if way == "read from chroma" else 0)
        if way == "read from chroma":
            patch.setattr(known.library._shelf.flat, "_copy", None)
        check_dense(known, words, k, only, by, without)
        check_lexical(known, words, k, only, by, without)


def test_undated_articles_are_outside_every_period_and_known_on_every_day(tmp_path: Path) -> None:
    old, new = date(2020, 5, 1), date(2024, 5, 1)
    texts = {"old": old, "new": new, "undated": None}
    built(tmp_path, [article(n, f"The {n} ferry sails.", published=day) for n, day in texts.items()])
    with Library.open(tmp_path) as library:
        vector = vector_of("ferry")

        def found(only: ArticleFilter | None = None, known_by: date | None = None) -> set[str]:
            dense = articles_in(library.dense(vector, 5, only=only, known_by=known_by))
            assert dense == articles_in(library.lexical("ferry", 5, only=only, known_by=known_by))
            return dense

        assert found() == found(ArticleFilter()) == {"old", "new", "undated"}
        assert found(ArticleFilter(since=old)) == {"old", "new"}
        assert found(ArticleFilter(until=new)) == {"old", "new"}
        assert found(ArticleFilter(since=new, until=new)) == {"new"}
        assert found(known_by=date(2019, 1, 1)) == {"undated"}
        assert found(known_by=old) == {"old", "undated"}
        assert found(ArticleFilter(since=old), date(2023, 1, 1)) == {"old"}


def test_a_filter_that_admits_nothing_finds_nothing(known: Known) -> None:
    for only in (
        ArticleFilter(topics=("no such topic",)),
        ArticleFilter(since=date(2030, 1, 1)),
        ArticleFilter(since=FIRST + timedelta(9), until=FIRST),
    ):
        assert known.library.dense(vector_of("ferry"), 5, only=only) == []
        assert known.library.lexical("ferry", 5, only=only) == []
    everything = [f"a{n}" for n in range(70)]
    assert known.library.dense(vector_of("ferry"), 5, without=everything) == []
    assert known.library.dense(vector_of("ferry"), 0, known_by=FIRST) == []
    assert known.library.lexical("ferry", 0, known_by=FIRST) == []


def test_what_is_left_out_makes_room_for_the_next_best(known: Known) -> None:
    vector = vector_of("the ferry crosses the harbour")
    best = [hit.chunk_id for hit in known.library.dense(vector, 30)]
    gone = articles_in(known.library.dense(vector, 3))
    rest = [chunk_id for chunk_id in best if chunk_id.split(":")[0] not in gone]
    hits = known.library.dense(vector, 5, without=gone)
    assert [hit.chunk_id for hit in hits] == rest[:5]
    assert known.library.dense(vector, 5, without=["no such article"]) == known.library.dense(vector, 5)


def test_a_filter_sees_a_new_build_after_a_refresh_and_changed_dates_at_once(tmp_path: Path) -> None:
    one, two = article("one", "The ferry sails."), article("two", "The ferry stays.", topic="News")
    built(tmp_path, [one])
    news = ArticleFilter(topics=("news",))
    with Library.open(tmp_path) as library:
        vector = vector_of("ferry")
        assert library.dense(vector, 5, only=news) == library.lexical("ferry", 5, only=news) == []
        built(tmp_path, [one, two])
        library.refresh()
        assert articles_in(library.dense(vector, 5, only=news)) == {"two"}
        assert articles_in(library.lexical("ferry", 5, only=news)) == {"two"}
        built(tmp_path, [one, replace(two, topic="Weather")])  # nothing of its text changes
        assert library.dense(vector, 5, only=news) == library.lexical("ferry", 5, only=news) == []
        built(tmp_path, [replace(one, topic="NEWS"), two], rebuild=True)
        library.refresh()
        assert articles_in(library.dense(vector, 5, only=news)) == {"one", "two"}


def test_removed_articles_are_not_returned_even_before_a_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat, "FEW", 0)
    built(tmp_path, dated_corpus(1, 12))
    with Library.open(tmp_path) as library:
        recent = ArticleFilter(since=FIRST)
        assert len(articles_in(library.dense(vector_of("ferry"), 500, only=recent))) > 3
        remove_articles(tmp_path, [f"a{n}" for n in range(11)])
        assert articles_in(library.dense(vector_of("ferry"), 500, only=recent)) <= {"a11"}
        assert articles_in(library.lexical("ferry number", 500, only=recent)) <= {"a11"}


def test_an_unfinished_build_is_not_found(tmp_path: Path) -> None:
    articles = dated_corpus(2, 8)
    built(tmp_path, articles)
    with Library.open(tmp_path) as library:
        until = ArticleFilter(until=FIRST + timedelta(60))
        before = library.dense(vector_of("ferry"), 500, only=until)
        more = [replace(a, id=f"more-{a.id}") for a in corpus(3, 150)]
        with pytest.raises(Interrupted):
            built(tmp_path, [*articles, *more], embedder=WordEmbedder(fail_after=600))
        assert (tmp_path / "staging.sqlite").is_file()
        assert library.dense(vector_of("ferry"), 500, only=until) == before
    with Library.open(tmp_path) as library:
        assert library.dense(vector_of("ferry"), 500, only=until) == before
        assert library.date_spread().dated + library.date_spread().undated == 8


def test_dates_and_articles_of_chunks_are_told_without_their_texts(known: Known) -> None:
    ids = [*list(known.chunks)[::3][::-1], "no such chunk"]
    dates, names = known.library.published(ids), known.library.article_ids(ids)
    assert list(dates) == list(names) == ids[:-1]
    for chunk_id in ids[:-1]:
        found = known.chunks[chunk_id][1]
        assert (dates[chunk_id], names[chunk_id]) == (found.published, found.id)
    assert known.library.published([]) == {}


def test_the_spread_of_dates_is_counted_by_article(tmp_path: Path) -> None:
    articles = [
        article(f"n{n}", "The ferry sails. " * 20, published=FIRST + timedelta(n * n)) for n in range(8)
    ]
    built(tmp_path, [*articles, article("undated", "A violin plays.", published=None)])
    with Library.open(tmp_path) as library:
        spread = library.date_spread()
        days = [0, 1, 9, 25, 49]
        assert spread == DateSpread(8, 1, *(FIRST + timedelta(n) for n in (0, 1, 9, 25, 49)))
        assert (spread.days, spread.middle_days, spread.dated_share) == (days[-1], days[3] - days[1], 8 / 9)
        built(tmp_path, [article("undated", "A violin plays.", published=None)])
        assert library.date_spread() == DateSpread(undated=1)
        assert (library.date_spread().days, library.date_spread().dated_share) == (0, 0.0)


def test_a_corrected_revision_is_the_newest_of_the_same_source(tmp_path: Path) -> None:
    def made(name: str, day: int | None, source: str = "Courier", **more: str) -> Article:
        published = None if day is None else date(2024, 5, day)
        return article(name, f"The ferry {name} sails.", published=published, source=source, **more)

    built(
        tmp_path,
        [
            made("first", 1),
            made("second", 2, corrects="first.md"),
            made("third", 3, corrects="first.md"),
            made("timeless", None, corrects="second.md"),
            made("elsewhere", 9, source="Gazette", corrects="first.md"),
            made("itself", 9, corrects="itself.md"),
        ],
    )
    with Library.open(tmp_path) as library:
        names = ("first", "second", "third", "elsewhere", "itself", "no such article")
        assert [library.revised_by(n) for n in names] == ["third", "timeless", "", "", "", ""]
        assert library.revised_by("first", known_by=date(2024, 5, 2)) == "second"
        assert library.revised_by("first", known_by=date(2024, 5, 1)) == ""
        assert library.revised_by("second", known_by=date(2024, 5, 1)) == "timeless"
        assert library.revised_by("first", without=["third"]) == "second"
        remove_articles(tmp_path, ["third"])
        assert library.revised_by("first") == "second"


def test_two_threads_that_filter_first_make_one_copy_and_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat, "FEW", 0)
    built(tmp_path, dated_corpus(4, 30))
    for _ in range(5):
        together = Barrier(4)
        with Library.open(tmp_path) as library, ThreadPoolExecutor(4) as pool:

            def search(number: int, library: Library = library, together: Barrier = together) -> list[Hit]:
                together.wait(30)
                return library.dense(vector_of("harbour violin"), 9, known_by=FIRST + timedelta(20))

            first, *others = pool.map(search, range(4))
            assert len(first) == 9
            assert all(other == first for other in others)
        assert [folder.name for folder in (tmp_path / "flat").iterdir()] == ["1"]


def test_threads_filter_while_builds_come_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat, "FEW", 0)
    stays = article("stays", "The ferry crosses the harbour at dawn.", topic="kept")
    built(tmp_path, [stays, *dated_corpus(0, 12)])
    until = ArticleFilter(until=FIRST + timedelta(20))
    with Library.open(tmp_path) as library, ThreadPoolExecutor(2) as pool:

        def search(number: int) -> int:
            done = 0
            while not stop:
                if number:
                    library.refresh()
                assert articles_in(
                    library.dense(vector_of("ferry"), 9, only=ArticleFilter(topics=("KEPT",)))
                ) == {"stays"}
                assert "stays" not in articles_in(library.dense(vector_of("ferry"), 9, without=["stays"]))
                hits = library.lexical("ferry", 9, only=until)
                dates = library.published([hit.chunk_id for hit in hits]).values()
                assert all(day is not None and day <= FIRST + timedelta(40) for day in dates)
                done += 1
            return done

        stop: list[bool] = []
        searching = [pool.submit(search, number) for number in range(2)]
        try:
            for turn in range(1, 5):
                built(tmp_path, [stays, *dated_corpus(turn, 12)], rebuild=turn == 3)
        finally:
            stop.append(True)
        assert min(some.result() for some in searching) > 0


# ---- the copy of the vectors -------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[Hit]]:
    """An index that was searched with a filter once, and what was found."""
    monkeypatch.setattr(flat, "FEW", 0)
    built(tmp_path, dated_corpus(5, 10))
    return tmp_path, filtered(tmp_path)


def filtered(index_dir: Path) -> list[Hit]:
    with Library.open(index_dir) as library:
        return library.dense(vector_of("ferry harbour"), 8, known_by=FIRST + timedelta(20))


def test_the_copy_is_made_once_and_mapped_by_the_next_reader(copied: tuple[Path, list[Hit]]) -> None:
    place, hits = copied
    made = (place / "flat" / "1" / "vectors.npy").stat()
    assert filtered(place) == hits
    assert (place / "flat" / "1" / "vectors.npy").stat().st_mtime_ns == made.st_mtime_ns


@pytest.mark.parametrize("damage", ["cut off", "ids gone", "not json", "of another index", "ids too few"])
def test_a_damaged_copy_is_made_anew(copied: tuple[Path, list[Hit]], damage: str) -> None:
    place, hits = copied
    vectors, ids = place / "flat" / "1" / "vectors.npy", place / "flat" / "1" / "ids.json"
    size = vectors.stat().st_size
    if damage == "cut off":
        vectors.write_bytes(vectors.read_bytes()[: size // 2])
    elif damage == "ids gone":
        ids.unlink()
    else:
        ids.write_text({"not json": "{", "of another index": '["x", []]', "ids too few": '["x"]'}[damage])
    assert filtered(place) == hits
    assert vectors.stat().st_size == size


def test_filters_work_where_the_copy_cannot_be_kept(tmp_path: Path, copied: tuple[Path, list[Hit]]) -> None:
    place, hits = copied
    (place / "flat" / "1").rename(tmp_path / "aside")
    (place / "flat").rmdir()
    (place / "flat").write_text("a file where the folder should be")
    assert filtered(place) == hits


def test_the_next_build_takes_the_copy_away_and_the_reader_reads_only_what_is_new(
    copied: tuple[Path, list[Hit]],
) -> None:
    place, _ = copied
    with Library.open(place) as library:
        day = FIRST + timedelta(20)
        library.dense(vector_of("ferry"), 8, known_by=day)
        built(place, [*dated_corpus(5, 10), article("new", "The ferry sails.", published=FIRST)])
        assert not list((place / "flat").iterdir())
        library.refresh()
        before = library._shelf.flat._before  # type: ignore[union-attr]
        assert before is not None
        assert not any(chunk_id.startswith("new:") for chunk_id in before.row_of)
        assert library.dense(vector_of("the ferry sails"), 1, known_by=day)[0].chunk_id.startswith("new:")
    known = opened(place)
    check_dense(known, "ferry harbour", 9, None, day, [])
    known.library.close()


def test_a_rebuild_with_other_vectors_takes_nothing_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat, "FEW", 0)

    class Turned(WordEmbedder):
        def encode(self, texts: Sequence[str]) -> np.ndarray:
            return -super().encode(texts)

    built(tmp_path, dated_corpus(6, 10))
    with Library.open(tmp_path) as library:
        best = library.dense(vector_of("ferry"), 1, known_by=FIRST + timedelta(20))[0]
        built(tmp_path, dated_corpus(6, 10), embedder=Turned(), rebuild=True)
        library.refresh()
        turned = library.dense(-vector_of("ferry"), 1, known_by=FIRST + timedelta(20))[0]
        assert (turned.chunk_id, turned.score) == (best.chunk_id, pytest.approx(best.score, abs=1e-5))


@pytest.mark.skipif(not Path("/proc/self/maps").is_file(), reason="needs /proc")
def test_refreshing_and_closing_let_go_of_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat, "FEW", 0)

    def held() -> int:
        mapped = Path("/proc/self/maps").read_text().count(str(tmp_path / "flat"))
        links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
        return mapped + sum(
            str(tmp_path / "flat") in os.readlink(link) for link in links if os.path.lexists(link)
        )

    built(tmp_path, dated_corpus(0, 5))
    with Library.open(tmp_path) as library:
        counts: list[int] = []
        for turn in range(1, 5):
            library.dense(vector_of("ferry"), 5, known_by=FIRST + timedelta(20))
            counts.append(held())
            built(tmp_path, dated_corpus(turn, 5))
            library.refresh()
        assert max(counts) == counts[0] > 0
    assert held() == 0


# ---- a Chroma server ---------------------------------------------------------------------------


@pytest.mark.skipif(CHROMA is None, reason="the chroma command is not installed")
def test_filters_on_a_server_and_strangers_in_its_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_dir = tmp_path / "index"
    with running(tmp_path / "server", free_port()) as url:
        built(index_dir, dated_corpus(8, 40), chroma_url=url)
        catalog = Catalog.open(index_dir)
        assert catalog
        other = open_shelf(index_dir, catalog.shelves(), url)
        other.vectors.add(
            iter([([f"stray:{n}" for n in range(60)], WordEmbedder().encode(["ferry harbour"] * 60))])
        )  # what an unfinished build leaves there
        known = opened(index_dir, chroma_url=url)
        for among in (shelf.SERVER_AMONG, 0):
            monkeypatch.setattr(shelf, "SERVER_AMONG", among)
            monkeypatch.setattr(shelf, "SERVER_BATCH", 50)
            for only, by, without in (
                (ArticleFilter(sources=("courier",)), None, []),
                (ArticleFilter(since=FIRST + timedelta(10), topics=("Music",)), None, ["a1"]),
                (None, FIRST + timedelta(15), []),
                (None, None, [f"a{n}" for n in range(0, 40, 2)]),
            ):
                for k in (1, 9, 500):
                    check_dense(known, "ferry harbour", k, only, by, without)
                    check_lexical(known, "ferry harbour", k, only, by, without)
        assert not (index_dir / "flat").exists()
        known.library.close()
        other.close()
        catalog.close()


def test_a_source_is_the_site_that_readers_see_and_its_folder_finds_it_too(tmp_path: Path):
    plain = [replace(one, source="archive") for one in corpus(3, 3)]
    articles = [
        replace(plain[0], site="courier.example"),
        replace(plain[1], site="gazette.example"),
        plain[2],
    ]
    built(tmp_path, articles)
    library = Library.open(tmp_path)
    assert sorted(library.names()[0]) == ["archive", "courier.example", "gazette.example"]
    for name, found in (("Courier.example", articles[:1]), ("archive", articles), ("nowhere", [])):
        only = ArticleFilter(sources=(name,))
        assert {row.id for row in library.listing(only).rows} == {one.id for one in found}
        assert [only.admits(one.published, one.sources, one.topic) for one in articles].count(True) == len(
            found
        )
    library.close()
