"""Building: what a person gets in the index, and what happens when something is in the way."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from index import build
from index.build import build_index, remove_articles
from index.catalog import Catalog
from index.errors import IndexBusy, IndexMismatch, IndexMissing, IndexWriteFailed, InputError
from index.library import Library
from index.readers import FolderSource
from index.schema import Article, BuildReport, Progress, Skipped
from index.shelf import open_shelf
from tests.index.words import Interrupted, ListSource, WordEmbedder, article, corpus

FERRY = article("ferry", "The ferry crosses the harbour at dawn.", "Harbour")
GLACIER = article("glacier", "The glacier lost copper coloured ice.", "Ice")
VIOLIN = article("violin", "A violin hung in the granary.", "Music")


def built(
    index_dir: Path, *items: Article | Skipped | Exception, key: str = "/articles", **more: object
) -> BuildReport:
    options = {"embedder": WordEmbedder(), **more}
    return build_index(index_dir, [ListSource(items, key=key)], **options)  # type: ignore[arg-type]


def everything(index_dir: Path) -> dict[str, set[str]]:
    """The chunk ids that catalog, vector store and lexical index hold."""
    catalog = Catalog.open(index_dir)
    assert catalog
    shelf = open_shelf(index_dir, catalog.shelves(), "")
    found = {"catalog": catalog.chunk_ids(), "vectors": shelf.vectors.ids(), "words": shelf.words.ids()}
    counts = [shelf.vectors.count(), shelf.words.count()]
    shelf.close()
    catalog.close()
    assert counts == [len(found["catalog"])] * 2, "something stands twice or is missing"
    assert found["vectors"] == found["words"] == found["catalog"]
    return found


def best(index_dir: Path, question: str) -> str:
    with Library.open(index_dir) as library:
        hit = library.dense(WordEmbedder().encode([question])[0], 1)[0]
        chunk = library.chunk(hit.chunk_id)
        assert chunk
        return chunk.article_id


def test_a_first_build_counts_and_finds(tmp_path: Path) -> None:
    report = built(tmp_path, FERRY, GLACIER)
    assert (report.added, report.updated, report.unchanged, report.removed) == (2, 0, 0, 0)
    assert report.manifest.articles == 2
    assert report.manifest.chunks == report.chunks_embedded == len(everything(tmp_path)["catalog"])
    assert report.manifest.revision == 1
    assert best(tmp_path, "ferry harbour") == "ferry"


def test_an_unchanged_build_embeds_nothing_and_keeps_the_revision(tmp_path: Path) -> None:
    built(tmp_path, FERRY, GLACIER)
    embedder = WordEmbedder()
    report = built(tmp_path, FERRY, dataclasses.replace(GLACIER, fetched_at="2030-01-01"), embedder=embedder)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 2)
    assert report.manifest.revision == 1
    assert embedder.encoded == []


def test_changed_text_replaces_the_old_and_vanished_articles_go(tmp_path: Path) -> None:
    built(tmp_path, FERRY, GLACIER)
    before = everything(tmp_path)["catalog"]
    changed = dataclasses.replace(FERRY, text="The ferry is now a museum.")
    report = built(tmp_path, changed, VIOLIN)
    assert (report.added, report.updated, report.unchanged, report.removed) == (1, 1, 0, 1)
    assert not before & everything(tmp_path)["catalog"]
    with Library.open(tmp_path) as library:
        assert library.lexical("dawn", 5) == []
        assert [hit.chunk_id.split(":")[0] for hit in library.lexical("museum", 5)] == ["ferry"]
        assert library.article("glacier") is None


def test_new_metadata_reaches_the_index_without_embedding(tmp_path: Path) -> None:
    built(tmp_path, FERRY, GLACIER)
    embedder = WordEmbedder()
    report = built(
        tmp_path,
        dataclasses.replace(FERRY, published=date(2025, 1, 2), topic="travel"),
        GLACIER,
        embedder=embedder,
    )
    assert (report.updated, report.unchanged, embedder.encoded) == (1, 1, [])
    assert report.manifest.revision == 2
    with Library.open(tmp_path) as library:
        stored = library.article("ferry")
        assert stored
        assert (stored.published, stored.topic) == (date(2025, 1, 2), "travel")
        assert len(library.chunks_of("ferry")) == 1
    everything(tmp_path)


def test_a_new_language_changes_how_words_are_stemmed(tmp_path: Path) -> None:
    text = article("haus", "Die Häuser standen leer.", language="en")
    built(tmp_path, text)
    with Library.open(tmp_path) as library:
        assert library.lexical("Haus", 5) == []
    built(tmp_path, dataclasses.replace(text, language="de"))
    with Library.open(tmp_path) as library:
        assert len(library.lexical("Haus", 5)) == 1
    everything(tmp_path)


def test_articles_of_other_sources_stay(tmp_path: Path) -> None:
    built(tmp_path, FERRY, key="/one")
    report = built(tmp_path, GLACIER, key="/two")
    assert (report.added, report.removed, report.manifest.articles) == (1, 0, 2)
    report = built(tmp_path, key="/one")
    assert (report.removed, report.manifest.articles) == (1, 1)
    with Library.open(tmp_path) as library:
        assert list(library.sources()) == ["/two"]


def test_two_folders_of_the_same_name_keep_both_their_articles(tmp_path: Path) -> None:
    for place, text in (("one", FERRY.text), ("two", GLACIER.text)):
        folder = tmp_path / place / "press"
        folder.mkdir(parents=True)
        (folder / "story.md").write_text(f"---\nid: story\n---\n# Story\n\n{text}\n", encoding="utf-8")
    sources = [FolderSource(tmp_path / place / "press") for place in ("one", "two")]
    index_dir = tmp_path / "index"
    first, second = sources
    build_index(index_dir, [first], embedder=WordEmbedder())
    report = build_index(index_dir, [second], embedder=WordEmbedder())
    assert (report.added, report.removed, report.manifest.articles, report.skipped) == (1, 0, 2, ())
    together = build_index(index_dir, sources, embedder=WordEmbedder())
    assert (together.unchanged, together.manifest.articles, together.skipped) == (2, 2, ())
    with Library.open(index_dir) as library:
        assert {a.text for a in library.articles()} == {FERRY.text, GLACIER.text}
        assert set(library.sources()) == {source.key for source in sources}


def test_an_article_that_moved_to_another_source_belongs_to_it(tmp_path: Path) -> None:
    built(tmp_path, FERRY, key="/old")
    report = built(tmp_path, FERRY, key="/new")
    assert (report.unchanged, report.chunks_embedded) == (1, 0)
    assert built(tmp_path, key="/old").manifest.articles == 1
    assert built(tmp_path, key="/new").manifest.articles == 0


def test_a_folder_that_became_empty_leaves_an_empty_index(tmp_path: Path) -> None:
    built(tmp_path, FERRY)
    report = built(tmp_path, Skipped("x.md", "empty"))
    assert (report.removed, report.manifest.chunks) == (1, 0)
    with Library.open(tmp_path) as library:
        assert library.dense(WordEmbedder().encode(["ferry"])[0], 5) == []
        assert library.lexical("ferry", 5) == []


def test_every_article_passed_over_is_named_with_its_reason(tmp_path: Path) -> None:
    twin = dataclasses.replace(GLACIER, id="ferry", external_id="twin.md")
    report = built(
        tmp_path, FERRY, twin, article("blank", " \n "), article("nul", "a\0b"), article("broken", "a\ud800b"),
        Skipped("photo.jpg", "not text"),
    )  # fmt: skip
    assert report.added == 1
    reasons = {skipped.name: skipped.reason for skipped in report.skipped}
    assert "same id" in reasons["twin.md"]
    assert "no text" in reasons["blank.md"]
    assert "NUL" in reasons["nul.md"]
    assert "Unicode" in reasons["broken.md"]
    assert reasons["photo.jpg"] == "not text"
    assert best(tmp_path, "ferry") == "ferry"


def test_a_source_that_fails_changes_nothing(tmp_path: Path) -> None:
    built(tmp_path, FERRY)
    with pytest.raises(InputError):
        built(tmp_path, GLACIER, InputError("no such folder"))
    with Library.open(tmp_path) as library:
        assert [a.id for a in library.articles()] == ["ferry"]
        assert library.manifest.revision == 1


def test_a_failed_first_build_leaves_no_index(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        built(tmp_path, GLACIER, InputError("no such folder"))
    with pytest.raises(IndexMissing):
        Library.open(tmp_path)


def test_what_an_interrupted_build_embedded_is_not_embedded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BATCH_CHUNKS", 8)
    articles = corpus(1, 20)
    with pytest.raises(Interrupted):
        built(tmp_path, *articles, embedder=WordEmbedder(fail_after=40))
    embedder = WordEmbedder()
    report = built(tmp_path, *articles, embedder=embedder)
    assert report.manifest.chunks == report.chunks_embedded + 40
    assert len(embedder.encoded) == report.chunks_embedded
    everything(tmp_path)
    assert not (tmp_path / "staging.sqlite").exists()


def test_staged_work_of_another_folder_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BATCH_CHUNKS", 8)
    articles = corpus(1, 20)
    with pytest.raises(Interrupted):
        built(tmp_path, *articles, embedder=WordEmbedder(fail_after=40), key="/big")
    assert built(tmp_path, FERRY, key="/small").manifest.articles == 1
    report = built(tmp_path, *articles, key="/big")
    assert report.chunks_embedded <= report.manifest.chunks - 40
    everything(tmp_path)


def test_an_article_changed_after_a_kill_is_taken_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BATCH_CHUNKS", 1)
    with pytest.raises(Interrupted):
        built(tmp_path, FERRY, GLACIER, embedder=WordEmbedder(fail_after=1))
    built(tmp_path, dataclasses.replace(FERRY, text="Only saffron now."), GLACIER)
    everything(tmp_path)
    with Library.open(tmp_path) as library:
        assert [chunk.text for chunk in library.chunks_of("ferry")] == ["Only saffron now."]


def test_long_and_short_articles_keep_exact_offsets(tmp_path: Path) -> None:
    long = article(
        "long", "\n\n".join(f"Überschrift {n}\nDer 🚢 Hafen №{n} schläft. Noch ein Satz!" for n in range(400))
    )
    built(tmp_path, long, FERRY)
    with Library.open(tmp_path) as library:
        chunks = library.chunks_of("long")
        assert len(chunks) > 5
        again = library.chunks([chunk.id for chunk in reversed(chunks)])
        assert list(again.values()) == chunks[::-1]
        assert all(long.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)


@pytest.mark.parametrize("lost", ["chroma", "tantivy"])
def test_a_deleted_store_is_put_back_by_the_next_build(tmp_path: Path, lost: str) -> None:
    built(tmp_path, FERRY, GLACIER)
    shutil.rmtree(tmp_path / lost)
    with pytest.raises(IndexMissing) as caught:
        Library.open(tmp_path)
    assert "footnote build" in caught.value.next_step
    report = built(tmp_path, FERRY, GLACIER)
    assert (report.unchanged, report.chunks_embedded) == (2, 2 if lost == "chroma" else 0)
    everything(tmp_path)
    assert best(tmp_path, "glacier ice") == "glacier"


def test_another_model_or_chunk_size_is_refused_by_name(tmp_path: Path) -> None:
    built(tmp_path, FERRY)
    with pytest.raises(IndexMismatch, match="words, the settings say other") as caught:
        built(tmp_path, FERRY, embedder=WordEmbedder(model_label="other"))
    assert caught.value.next_step.startswith("footnote build --rebuild")
    with pytest.raises(IndexMismatch, match="chunk size 200, the settings say 100"):
        built(tmp_path, FERRY, chunk_size=100)
    with pytest.raises(IndexMismatch, match="weights"):
        Library.open(tmp_path, embedder=WordEmbedder(weights_sha256="b" * 64))
    Library.open(tmp_path, embedder=WordEmbedder()).close()


def test_a_rebuild_takes_another_model_and_keeps_other_sources(tmp_path: Path) -> None:
    built(tmp_path, FERRY, key="/one")
    built(tmp_path, GLACIER, key="/two")
    wide = WordEmbedder(model_label="wide", dimension=96)
    report = built(tmp_path, FERRY, VIOLIN, key="/one", embedder=wide, rebuild=True)
    assert (report.added, report.unchanged, report.removed, report.chunks_embedded) == (1, 2, 0, 3)
    assert (report.manifest.embedding_model, report.manifest.dimension) == ("wide", 96)
    everything(tmp_path)
    with Library.open(tmp_path, embedder=wide) as library:
        assert library.dense(wide.encode(["the glacier lost copper coloured ice"])[0], 1)[
            0
        ].chunk_id.startswith("glacier:")
        assert sorted(library.sources()) == ["/one", "/two"]


def test_an_interrupted_rebuild_leaves_the_old_index_answering(tmp_path: Path) -> None:
    built(tmp_path, FERRY, GLACIER)
    with pytest.raises(Interrupted):
        built(tmp_path, FERRY, GLACIER, embedder=WordEmbedder(model_label="wide", fail_after=0), rebuild=True)
    assert best(tmp_path, "glacier") == "glacier"
    assert built(tmp_path, FERRY, GLACIER).unchanged == 2


def test_an_index_of_another_schema_says_so_and_is_rebuilt(tmp_path: Path) -> None:
    import sqlite3

    built(tmp_path, FERRY)
    with sqlite3.connect(tmp_path / "catalog.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(IndexMismatch, match="schema 99"):
        Library.open(tmp_path)
    with pytest.raises(IndexMismatch, match="schema 99"):
        built(tmp_path, FERRY)
    assert built(tmp_path, FERRY, rebuild=True).manifest.articles == 1
    assert best(tmp_path, "ferry") == "ferry"


def test_a_damaged_catalog_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database, " * 512)
    with pytest.raises(IndexMismatch, match="damaged"):
        Library.open(tmp_path)
    with pytest.raises(IndexMismatch, match="damaged"):
        built(tmp_path, FERRY)


def test_a_second_build_is_told_that_one_is_running(tmp_path: Path) -> None:
    built(tmp_path, FERRY)
    with FileLock(tmp_path / "build.lock"), pytest.raises(IndexBusy, match="another process"):
        built(tmp_path, GLACIER)
    assert built(tmp_path, GLACIER).added == 1


def test_removing_articles_by_id(tmp_path: Path) -> None:
    built(tmp_path, FERRY, GLACIER)
    assert remove_articles(tmp_path, ["ferry", "nobody", "ferry"]) == 1
    assert remove_articles(tmp_path, ["ferry"]) == 0
    everything(tmp_path)
    with Library.open(tmp_path) as library:
        assert [row.id for row in library.article_rows()] == ["glacier"]
        assert library.manifest.revision == 2
    with pytest.raises(IndexMissing):
        remove_articles(tmp_path / "nowhere", ["ferry"])
    assert not (tmp_path / "nowhere").exists()


def test_progress_names_its_stages_and_counts_up(tmp_path: Path) -> None:
    seen: list[Progress] = []
    built(tmp_path, *corpus(3, 5), progress=seen.append)
    assert list(dict.fromkeys(step.stage for step in seen)) == ["reading", "embedding", "finishing"]
    assert [step.done for step in seen if step.stage == "reading"] == [1, 2, 3, 4, 5]
    assert seen[-1].done == seen[-1].total


def test_answers_do_not_depend_on_how_the_index_came_about(tmp_path: Path) -> None:
    """Deleted chunks must leave no trace in either store: not in what is found, nor in its score."""
    embedder = WordEmbedder()
    questions = [" ".join(a.text.split()[1:8]) for a in corpus(5, 30)]
    for turn in range(5):
        built(tmp_path / "old", FERRY, *corpus(turn, 30))
    built(tmp_path / "new", FERRY, *corpus(4, 30))
    everything(tmp_path / "old")
    with Library.open(tmp_path / "old") as old, Library.open(tmp_path / "new") as new:
        for question, vector in zip(questions, embedder.encode(questions), strict=True):
            for found, wanted in (
                (old.dense(vector, 10), new.dense(vector, 10)),
                (old.lexical(question, 10), new.lexical(question, 10)),
            ):
                assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted], abs=1e-4)
    assert len(list((tmp_path / "old" / "chroma").iterdir())) == 1
    assert len(list((tmp_path / "old" / "tantivy").iterdir())) == 1


FULL_DISK = """
import sys
from pathlib import Path
from index.build import build_index
from index.errors import IndexWriteFailed
from tests.index.words import ListSource, WordEmbedder, corpus
limit = int(sys.argv[2])
if limit:
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    build_index(Path(sys.argv[1]), [ListSource(corpus(5, int(sys.argv[3])))], embedder=WordEmbedder())
except IndexWriteFailed as error:
    print("IndexWriteFailed:", error, "|", error.next_step)
    sys.exit(9)
"""


def child_build(index_dir: Path, *, limit: int = 0, articles: int = 300) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(index_dir), str(limit), str(articles)],
        cwd=root, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("limit", [100_000, 1_500_000])
def test_a_file_that_cannot_grow_leaves_the_old_index(tmp_path: Path, limit: int) -> None:
    built(tmp_path, FERRY)
    run = child_build(tmp_path, limit=limit)
    assert run.returncode == 9, run.stdout + run.stderr
    assert "last complete index still answers" in run.stdout
    assert best(tmp_path, "ferry") == "ferry"
    with Library.open(tmp_path) as library:
        assert library.manifest.revision == 1


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mount"), reason="needs the right to mount a small disk"
)
@pytest.mark.parametrize("megabytes", [4, 6])
def test_a_full_disk_leaves_the_old_index(tmp_path: Path, megabytes: int) -> None:
    def mount(size: int, *options: str) -> subprocess.CompletedProcess[bytes]:
        words = ["mount", "-t", "tmpfs", "-o", ",".join([*options, f"size={size}m"]), "tmpfs", str(tmp_path)]
        return subprocess.run(words, capture_output=True, check=False)

    if mount(megabytes).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        built(tmp_path, FERRY, key="/ferries")
        run = child_build(tmp_path, articles=700)
        assert run.returncode == 9, run.stdout + run.stderr
        print(run.stdout)
        assert best(tmp_path, "ferry") == "ferry"
        mount(64, "remount")  # someone frees some space
        run = child_build(tmp_path, articles=700)
        assert run.returncode == 0, run.stdout + run.stderr
        assert len(everything(tmp_path)["catalog"]) > 700
        assert best(tmp_path, "the ferry crosses the harbour at dawn") == "ferry"
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexWriteFailed, match="file"):
        built(tmp_path / "file" / "index", FERRY)
