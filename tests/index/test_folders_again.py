"""A folder read once more: what cannot be read for a while stays, and no file is stored twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.build import build_index, forget_source
from index.catalog import Catalog
from index.errors import InputError
from index.fetch import Fetcher
from index.formats import children, pieces
from index.ledger import Ledger, PageNote
from index.listing import entry_of, open_sources
from index.readers import FolderSource
from index.schema import Article, BuildReport, Skipped
from tests.index.words import ListSource, WordEmbedder, article

STORY = "The river rose by two metres in the night, and the lower town was flooded before dawn. Number {}."
MAIL = f"From: a@example.org\nSubject: A letter\nMessage-ID: <1@example.org>\n\n{STORY}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    (made / "sub").mkdir(parents=True)
    for name in ("a", "b", "sub/c", "sub/d"):
        (made / f"{name}.txt").write_text(STORY.format(name), "utf-8")
    return made


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    return tmp_path / "index"


def built(index_dir: Path, *paths: Path) -> BuildReport:
    """A build of these paths as `footnote build` makes it."""
    with Fetcher() as fetcher:
        opened = open_sources([entry_of(one) for one in paths], collection="default", fetcher=fetcher)
    sources = [one.source for one in opened if one.source]
    remember = {one.source.key: one.entry.as_json() for one in opened if one.source}
    return build_index(index_dir, sources, embedder=WordEmbedder(), remember=remember)


def stored(index_dir: Path) -> list[str]:
    catalog = Catalog.open(index_dir)
    assert catalog
    try:
        return sorted(one.text.rpartition("Number ")[2] for one in catalog.articles())
    finally:
        catalog.close()


def refuse(monkeypatch: pytest.MonkeyPatch, refused: Path) -> None:
    """Has the listing of a folder fail as on a bad disk."""
    real = os.scandir

    def scandir(path: Path) -> Iterator[os.DirEntry[str]]:
        if Path(path) == refused:
            raise OSError(5, "Input/output error")
        return real(path)  # type: ignore[return-value]

    monkeypatch.setattr("index.readers.os.scandir", scandir)


@pytest.mark.parametrize("which", ["sub", "."])
def test_a_folder_that_cannot_be_read_for_a_while_keeps_its_articles(
    folder: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    built(index_dir, folder)
    refuse(monkeypatch, folder / which)
    report = built(index_dir, folder)
    assert (report.removed, report.unchanged, len(stored(index_dir))) == (0, 4, 4)
    assert "input/output error" in report.skipped[0].reason
    monkeypatch.undo()
    (folder / "sub" / "c.txt").unlink()
    report = built(index_dir, folder)
    assert (report.added, report.removed, report.unchanged) == (0, 1, 3)


@pytest.mark.parametrize("trouble", ["late", "killed"])
def test_a_mail_whose_reader_was_stopped_stays_and_is_read_again(
    folder: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    letter = folder / "letter.eml"
    letter.write_text(MAIL.format("one"), "utf-8")
    assert built(index_dir, folder).added == 5
    letter.write_text(MAIL.format("two, changed"), "utf-8")

    def stopped(child: children._Child, *_: object) -> Iterator[dict[str, object]]:
        child._late = trouble == "late"
        child._process.kill()
        raise child._last_words(60, b"")
        yield

    monkeypatch.setattr(children._Child, "ask", stopped)
    report = built(index_dir, folder)
    assert (report.removed, report.unchanged) == (0, 5)
    (skipped,) = report.skipped
    assert skipped.temporary
    assert built(index_dir, folder).skipped, "it is tried again"
    monkeypatch.undo()
    report = built(index_dir, folder)
    assert not report.skipped
    assert any("changed" in one for one in stored(index_dir))


def test_a_file_is_tried_again_after_a_read_error_also_where_others_read_it(
    folder: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.readers._RACY", 0)
    closed = folder / "b.txt"
    real = pieces._head

    def head(path: Path) -> bytes:
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(pieces, "_head", head)
    (skipped,) = built(index_dir, folder).skipped
    assert (skipped.temporary, skipped.reason) == (True, "cannot be read: permission denied")
    monkeypatch.setattr(pieces, "_head", real)
    report = built(index_dir, folder)
    assert (report.added, report.skipped) == (1, ())


def test_what_another_process_found_temporary_stays_so() -> None:
    from index.reading import _found, _said

    said = Skipped("a.txt", "cannot be read: input/output error", temporary=True)
    assert _found(_said("a.txt", said)) == ("a.txt", said)  # type: ignore[arg-type]


def test_an_empty_folder_is_taken_for_a_missing_disk_when_much_stood_there(
    tmp_path: Path, index_dir: Path
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    for number in range(11):
        (folder / f"{number}.txt").write_text(STORY.format(number), "utf-8")
    built(index_dir, folder)
    shutil.rmtree(folder)
    folder.mkdir()
    report = built(index_dir, folder)
    assert (report.removed, report.unchanged) == (0, 11)
    assert f"footnote sources forget {folder} --articles" in report.skipped[0].reason
    (folder / "0.txt").write_text(STORY.format(0), "utf-8")
    assert built(index_dir, folder).removed == 10
    (folder / "0.txt").unlink()
    assert built(index_dir, folder).removed == 1, "a few may go"


def test_a_replacement_of_the_same_size_and_time_is_seen(
    folder: Path, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.readers._RACY", -(10**12))  # as if all were long there
    built(index_dir, folder)
    other = folder.parent / "other.txt"
    other.write_text(STORY.format("z"), "utf-8")
    status = (folder / "a.txt").stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    shutil.copy2(other, folder / "a.txt")
    assert (folder / "a.txt").stat().st_mtime_ns == status.st_mtime_ns
    report = built(index_dir, folder)
    assert (report.updated, report.unchanged) == (1, 3)
    assert "z." in stored(index_dir)


# --- folders within each other ----------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_folders_within_each_other_store_each_file_once(
    folder: Path, index_dir: Path, order: Sequence[int]
) -> None:
    paths = [folder, folder / "sub", folder / "sub" / "c.txt"]
    report = built(index_dir, *(paths[one] for one in order))
    assert stored(index_dir) == ["a.", "b.", "sub/c.", "sub/d."]
    assert report.added == 4
    report = built(index_dir, *paths)
    assert (report.unchanged, report.added, report.removed) == (4, 0, 0)


def test_an_inner_folder_that_was_built_before_stays_a_source_of_its_own(
    folder: Path, index_dir: Path
) -> None:
    built(index_dir, folder / "sub")
    report = built(index_dir, folder)
    assert stored(index_dir) == ["a.", "b.", "sub/c.", "sub/d."]
    assert [one.reason for one in report.skipped] == [
        "left out here: it is a source of its own (footnote sync reads it)"
    ]
    assert forget_source(index_dir, str((folder / "sub").resolve()), articles=True) == 2
    built(index_dir, folder)
    assert stored(index_dir) == ["a.", "b.", "sub/c.", "sub/d."]


def test_an_inner_folder_of_one_that_was_built_is_refused_alone_and_taken_with_it(
    folder: Path, index_dir: Path
) -> None:
    built(index_dir, folder)
    with pytest.raises(InputError, match="stand in the index already"):
        built(index_dir, folder / "sub")
    assert len(stored(index_dir)) == 4
    built(index_dir, folder, folder / "sub")
    assert stored(index_dir) == ["a.", "b.", "sub/c.", "sub/d."]
    built(index_dir, folder / "sub")
    assert stored(index_dir) == ["a.", "b.", "sub/c.", "sub/d."]


# --- one of several, and forgetting -----------------------------------------------------------------


def test_a_source_that_fails_is_told_and_the_others_are_read(index_dir: Path) -> None:
    one = article("one", "The ferry crosses the harbour at dawn.")
    two = article("two", "The glacier lost copper coloured ice.")
    more = article("more", "A violin hung in the granary.")

    def run(*sources: ListSource) -> BuildReport:
        return build_index(index_dir, sources, embedder=WordEmbedder())

    run(ListSource([one, two], key="/first", label="first"), ListSource([], key="/second"))
    broken = ListSource([one, InputError("the reader X failed")], key="/first", label="first")
    report = run(broken, ListSource([more], key="/second"))
    assert (report.added, report.removed) == (1, 0)
    assert [(one.name, one.reason) for one in report.skipped] == [("first", "the reader X failed")]
    with pytest.raises(InputError, match="the reader X failed"):
        run(broken)


@dataclass
class Listed:
    """A source of pages, as a feed is one: notes in the ledger what it leads to."""

    key: str
    pages: Sequence[Article]
    label: str = "feed"
    complete = False

    def read(self) -> Iterator[Article]:
        yield from self.pages

    def read_again(self, ledger: Ledger) -> Iterator[Article]:
        for one in self.pages:
            page = ledger.page(one.url)
            if page is None:
                ledger.note_page(self.key, one.url, PageNote(one.id, one.url), article=one)
                yield one
            elif page.status == "ok":
                ledger.note_listed(self.key, one.url)


def test_a_forgotten_source_takes_its_articles_and_can_come_back(index_dir: Path) -> None:
    own = article("own", "The ferry crosses the harbour at dawn.")
    both = article("both", "The glacier lost copper coloured ice.")
    sources = [Listed("https://one.example/feed", [own, both]), Listed("https://two.example/feed", [both])]

    def run() -> BuildReport:
        remember = {one.key: {"address": one.key} for one in sources}
        return build_index(index_dir, sources, embedder=WordEmbedder(), remember=remember)

    run()
    run()
    assert forget_source(index_dir, sources[0].key, articles=True) == 1, "another feed lists the other page"
    catalog = Catalog.open(index_dir)
    assert catalog
    assert catalog.article_ids() == {"both"}
    catalog.close()
    assert run().added == 1, "what was forgotten is no page taken out by hand"
    assert forget_source(index_dir, sources[0].key, articles=True) == 1
    assert forget_source(index_dir, sources[1].key, articles=True) == 1, "the last that led there"


def test_a_folder_source_names_its_root(folder: Path) -> None:
    assert FolderSource(folder / "sub" / ".." / "sub").root == (folder / "sub").resolve()
