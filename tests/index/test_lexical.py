"""The lexical index on the real tantivy."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from index.errors import IndexMissing
from index.lexical import Entry, LexicalIndex, analyse, copy_folder, stem_code


def made(folder: Path, *texts: str, title: str = "", language: str = "en") -> LexicalIndex:
    index = LexicalIndex.create(folder)
    index.write([Entry(f"c{n}", title, text, language) for n, text in enumerate(texts)], [])
    return index


def found(index: LexicalIndex, query: str, *languages: str) -> list[str]:
    return [hit.chunk_id for hit in index.search(query, 10, languages or ("en",))]


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("en", "The senators were voting on treaties.", "senator votes treaty"),
        ("de", "Die Häuser der Städte brannten.", "Haus Stadt"),
        ("es", "Las elecciones presidenciales fueron anuladas.", "elección presidencial"),
        ("fr", "Les négociations continuaient à Genève.", "négociation"),
        ("ru", "Президенты подписали договоры.", "президент договор"),
        ("fi", "Talojen katot olivat punaisia.", "talo"),
        ("xx", "Zorblax quendle.", "zorblax"),
        ("", "An article without a language has houses.", "house"),
    ],
)
def test_words_match_by_their_stem_in_the_language_of_the_article(
    tmp_path: Path, language: str, text: str, query: str
) -> None:
    index = made(tmp_path, text, language=language)
    assert found(index, query, language) == ["c0"]


def test_a_question_finds_articles_of_several_languages(tmp_path: Path) -> None:
    index = LexicalIndex.create(tmp_path)
    index.write([Entry("de", "", "Die Häuser", "de"), Entry("en", "", "The houses", "en-GB")], [])
    assert found(index, "Haus", "en-GB", "de") == ["de"]
    assert found(index, "house", "en-GB", "de") == ["en"]


def test_a_word_counts_once_however_many_languages_stem_it(tmp_path: Path) -> None:
    index = made(tmp_path, "harbour and ferry", "harbour and sea")
    assert index.search("harbour ferry", 5, ["en"]) == index.search("harbour ferry", 5, ["en", "xx", "yy"])


@pytest.mark.parametrize(
    "query",
    [
        'ferry AND "harbour', "ferry OR", "NOT ferry", "-ferry +harbour", "title:ferry", "ferry^99", "(ferry", "ferry)]}",
        "ferry~2", "ferr* ferry", "ferry\\", "ferry/", "[ferry TO harbour]", "{ferry", "ferry && harbour", "ferry:", "!ferry",
        "<ferry>", "'ferry'", "ferry\0", "ferry \ud83d\ude80",
    ],
)  # fmt: skip
def test_query_syntax_is_plain_words(tmp_path: Path, query: str) -> None:
    index = made(tmp_path, "The ferry sails.", "Quiet meadow.")
    assert found(index, query.encode("utf-16", "surrogatepass").decode("utf-16", "replace")) == ["c0"]


@pytest.mark.parametrize("query", ["", "   ", "?!…", '"', "AND:", "zebra", "a" * 5_000])
def test_a_query_without_a_known_word_finds_nothing(tmp_path: Path, query: str) -> None:
    assert found(made(tmp_path, "The ferry sails."), query) == []


def test_accents_may_be_left_out(tmp_path: Path) -> None:
    assert found(made(tmp_path, "Der Müller ging nach Łódź.", language="de"), "muller lodz", "de") == ["c0"]


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("zh", "他去了北京大学。", "北京"),
        ("ja", "東京都は大きい。", "東京"),
        ("th", "กรุงเทพมหานคร", "กรุงเทพ"),
    ],
)
def test_scripts_without_spaces_are_searchable(tmp_path: Path, language: str, text: str, query: str) -> None:
    assert found(made(tmp_path, text, "ferry", language=language), query, language) == ["c0"]


def test_a_title_counts_but_less_than_the_text(tmp_path: Path) -> None:
    index = LexicalIndex.create(tmp_path)
    index.write(
        [
            Entry("title", "Ferry", "It sails at dawn today.", "en"),
            Entry("text", "Boats", "A ferry sails at dawn.", "en"),
            Entry("none", "Boats", "It sails at dawn again.", "en"),
        ],
        [],
    )
    assert found(index, "ferry") == ["text", "title"]


def test_scores_are_bm25(tmp_path: Path) -> None:
    texts = ["ferry ferry meadow", "ferry harbour", "violin glacier copper", "senate"]
    index = made(tmp_path, *texts)
    hits = {hit.chunk_id: hit.score for hit in index.search("ferry", 10, ["en"])}
    lengths = [len(text.split()) for text in texts]
    idf = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    for n, times in ((0, 2), (1, 1)):
        norm = 1.2 * (1 - 0.75 + 0.75 * lengths[n] / (sum(lengths) / 4))
        assert hits[f"c{n}"] == pytest.approx(idf * times * 2.2 / (times + norm), rel=1e-3)


def test_writing_again_replaces_and_deletes(tmp_path: Path) -> None:
    index = made(tmp_path, "ferry", "meadow", "violin")
    index.write([Entry("c0", "", "glacier", "en")], ["c1", "unknown"])
    assert index.ids() == {"c0", "c2"}
    assert (found(index, "ferry meadow"), found(index, "glacier")) == ([], ["c0"])
    assert LexicalIndex.open(tmp_path).ids() == {"c0", "c2"}


def test_only_what_may_be_returned_is_and_the_search_widens(tmp_path: Path) -> None:
    index = made(tmp_path, *["ferry"] * 30)
    assert [h.chunk_id for h in index.search("ferry", 1, ["en"], lambda ids: {"c29"}.intersection(ids))] == [
        "c29"
    ]
    assert index.search("ferry", 3, ["en"], lambda _: set()) == []


def test_a_copy_can_be_changed_without_touching_the_original(tmp_path: Path) -> None:
    made(tmp_path / "1", *["ferry"] * 5)
    before = {file.name: file.read_bytes() for file in (tmp_path / "1").iterdir()}
    copy_folder(tmp_path / "1", tmp_path / "2")
    copy = LexicalIndex.open(tmp_path / "2")
    for turn in range(12):  # enough segments for tantivy to merge them
        copy.write([Entry(f"new{turn}", "", "violin", "en")], [f"c{turn}"])
    assert copy.count() == 12
    assert {file.name: file.read_bytes() for file in (tmp_path / "1").iterdir()} == before
    assert found(LexicalIndex.open(tmp_path / "1"), "ferry violin") == ["c0", "c1", "c2", "c3", "c4"]


def test_a_folder_without_an_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="lexical index is missing"):
        LexicalIndex.open(tmp_path / "none")
    (tmp_path / "meta.json").write_text("{}")
    with pytest.raises(IndexMissing):
        LexicalIndex.open(tmp_path)


def test_language_codes_are_read_generously() -> None:
    assert [stem_code(code) for code in ("en-GB", "pt_BR", " DE ", "")] == ["en", "pt", "de", "en"]


def test_the_number_of_words_does_not_depend_on_the_language() -> None:
    text = "Häuser's 東京都 «المدارس» running, U.S. 1,234 — naïve ß ½ ﬁ"
    assert len({len(analyse(text, language)) for language in ("en", "de", "ar", "tr", "zh", "xx")}) == 1
