"""The catalog and the staging file: what is stored comes back, and a commit is all or nothing."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from index.catalog import Catalog, Shelves
from index.schema import Article, Chunk
from index.staging import Staging
from tests.index.words import article

SETTINGS = {
    "embedding_model": "words",
    "weights_sha256": "",
    "dimension": "4",
    "chunk_size": "200",
    "overlap": "0",
}

FULL = Article(
    id="full", external_id="dir/full.md", title="Tïtle — “quoted”", url="https://example.org/full?a=1",
    text="Zeile eins 🚢.\n\nDeux – ligne.", published=date(1969, 7, 20), modified=date(2024, 2, 29),
    authors=("A. Writer", "作者"), source="dir", site="Example", topic="science", language="de",
    collection="news", cluster="c1", fetched_at="2024-05-01T00:00:00Z", corrects="old.md",
)  # fmt: skip


def chunks_of(item: Article, *spans: tuple[int, int]) -> list[Chunk]:
    return [
        Chunk(
            f"{item.id}:{item.content_hash[:8]}:{n}",
            item.id,
            n,
            item.text[start:end],
            start,
            end,
            f"Part {n}",
        )
        for n, (start, end) in enumerate(spans)
    ]


def committed(
    index_dir: Path, *articles: Article, remove: tuple[str, ...] = (), key: str = "/dir"
) -> Catalog:
    catalog = Catalog.create(index_dir)
    staging = Staging(index_dir, "config")
    for item in articles:
        staging.put_article(item, key)
        staging.put_chunks(item.id, chunks_of(item, (0, 5), (5, len(item.text))))
    staging.flush()
    catalog.commit(
        staging=staging.path, take=[item.id for item in articles], remove=remove, sources={key: "label"},
        settings=SETTINGS, shelves=Shelves(shelf=1, collection="x"),
    )  # fmt: skip
    staging.close()
    return catalog


def test_an_article_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    catalog = committed(tmp_path, FULL)
    assert catalog.article("full") == FULL
    assert list(catalog.articles()) == [FULL]
    assert catalog.article("nobody") is None
    catalog.close()


def test_chunks_come_back_with_their_exact_words(tmp_path: Path) -> None:
    catalog = committed(tmp_path, FULL)
    wanted = chunks_of(FULL, (0, 5), (5, len(FULL.text)))
    assert catalog.chunks_of("full") == wanted
    assert catalog.with_articles([wanted[1].id, "unknown"]) == {wanted[1].id: (wanted[1], FULL)}
    assert list(catalog.chunks([wanted[1].id, "unknown", wanted[0].id]).values()) == wanted[::-1]
    assert catalog.live([wanted[0].id, "unknown"]) == {wanted[0].id}
    assert catalog.chunks_of("nobody") == []
    catalog.close()


def test_more_ids_than_one_statement_takes(tmp_path: Path) -> None:
    many = [article(f"n{n:04}", f"Text number {n}.") for n in range(1_300)]
    catalog = committed(tmp_path, *many)
    ids = sorted(catalog.chunk_ids())
    assert len(ids) == 2_600
    assert list(catalog.chunks(ids)) == ids
    assert catalog.live(ids) == set(ids)
    assert [item.id for item in catalog.articles()] == [item.id for item in many]
    catalog.close()


def test_listings_are_sorted_filtered_and_light(tmp_path: Path) -> None:
    catalog = committed(
        tmp_path,
        article("b", "Bees fly.", title="beta", topic="science"),
        article("a", "Ants walk.", title="Alpha", topic="sport"),
        FULL,
    )
    rows = catalog.article_rows()
    assert [row.title for row in rows] == ["Alpha", "beta", FULL.title]
    assert (rows[2].authors, rows[2].published, rows[2].chunks) == (FULL.authors, FULL.published, 2)
    assert rows[2].characters == len(FULL.text)
    assert [row.id for row in catalog.article_rows(topic="science")] == ["b", "full"]
    assert [row.id for row in catalog.article_rows(topic="science", collection="news", source="dir")] == [
        "full"
    ]
    assert [row.id for row in catalog.article_rows(limit=1, offset=1)] == ["b"]
    assert catalog.languages() == ["en", "de"]
    catalog.close()


def test_a_commit_that_fails_changes_nothing(tmp_path: Path) -> None:
    committed(tmp_path, FULL).close()
    catalog = Catalog.create(tmp_path)
    before = (catalog.manifest(), catalog.chunk_ids(), catalog.sources(), catalog.shelves())
    with pytest.raises(sqlite3.Error):
        catalog.commit(
            staging=None,
            take=["x"],
            remove=["full"],
            sources={"/new": "new"},
            settings=SETTINGS,
            shelves=Shelves(9),
        )
    assert (catalog.manifest(), catalog.chunk_ids(), catalog.sources(), catalog.shelves()) == before
    assert catalog.article("full") == FULL
    catalog.close()


def test_a_reader_sees_a_commit_of_another_connection(tmp_path: Path) -> None:
    committed(tmp_path, FULL).close()
    reader = Catalog.open(tmp_path)
    assert reader
    assert reader.revision() == 1
    committed(tmp_path, article("new", "New text."), remove=("full",)).close()
    assert reader.revision() == 2
    assert [item.id for item in reader.articles()] == ["new"]
    assert reader.manifest() == Catalog.create(tmp_path).manifest()
    reader.close()


def test_there_is_no_index_before_the_first_commit(tmp_path: Path) -> None:
    assert Catalog.open(tmp_path) is None
    assert not list(tmp_path.iterdir())
    Catalog.create(tmp_path).close()
    assert Catalog.open(tmp_path) is None


def test_a_path_with_odd_characters_can_hold_an_index(tmp_path: Path) -> None:
    odd = tmp_path / "100% ünï?#dir"
    odd.mkdir()
    committed(odd, FULL).close()
    catalog = Catalog.open(odd)
    assert catalog
    assert catalog.article("full") == FULL
    catalog.close()


def test_staged_vectors_come_back_in_order_and_survive_closing(tmp_path: Path) -> None:
    vectors = np.arange(20, dtype=np.float32).reshape(5, 4)
    staging = Staging(tmp_path, "config")
    staging.put_vectors([(f"c{n}", "a") for n in range(5)], vectors)
    staging.flush()
    staging.close()
    staging = Staging(tmp_path, "config")
    got = list(staging.vectors(["c3", "c0", "c4"], 2))
    assert [ids for ids, _ in got] == [["c3", "c0"], ["c4"]]
    np.testing.assert_array_equal(np.concatenate([rows for _, rows in got]), vectors[[3, 0, 4]])
    with pytest.raises(KeyError):
        list(staging.vectors(["c9"], 2))
    staging.close()


def test_work_staged_with_another_model_is_forgotten(tmp_path: Path) -> None:
    staging = Staging(tmp_path, "one")
    staging.put_article(FULL, "/dir")
    staging.put_chunks("full", chunks_of(FULL, (0, 5)))
    staging.flush()
    assert staging.chunks_of(FULL) == chunks_of(FULL, (0, 5))
    staging.close()
    staging = Staging(tmp_path, "two")
    assert staging.chunks_of(FULL) is None
    staging.close()


def test_a_damaged_staging_file_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "staging.sqlite").write_bytes(b"no database at all " * 200)
    staging = Staging(tmp_path, "one")
    staging.put_article(FULL, "/dir")
    assert staging.article("full") == FULL
    staging.close()
