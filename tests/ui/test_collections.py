"""Named collections: each with its own index, chosen on the command line, by a setting, and on a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from index.errors import InputError
from index.library import Library
from index.schema import ArticleFilter
from tests.fakes import LENS_QUESTION, KeywordEmbedder, ScriptedPipeline
from ui import wiring
from ui.cli import app
from ui.collection import Collections, NotThereError, reader_link
from ui.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(wiring, "embedder_for_building", lambda settings: KeywordEmbedder())


def footnote(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], prog_name="footnote")


@pytest.fixture
def built(articles_folder: Path, tmp_path: Path) -> Path:
    """Two collections: the shelf as the default one, and one article about bridges."""
    bridges = tmp_path / "bridges"
    bridges.mkdir()
    (bridges / "forth.md").write_text("# The Forth Bridge\n\nThe Forth Bridge was opened in 1890.\n")
    for arguments in ((articles_folder,), (bridges, "--collection", "bridges")):
        result = footnote("build", *arguments)
        assert result.exit_code == 0, result.output
    return tmp_path


def listed(*arguments: str) -> list[str]:
    return [row["title"] for row in json.loads(footnote("articles", "list", "--json", *arguments).stdout)]


def test_a_collection_is_built_listed_and_shown_by_itself(built: Path):
    assert listed("--collection", "bridges") == ["The Forth Bridge"]
    assert len(listed()) == 3
    assert "The Forth Bridge" not in listed()
    [row] = json.loads(footnote("articles", "list", "--json", "--collection", "bridges").stdout)
    assert row["collection"] == "bridges"
    assert "opened in 1890" in footnote("articles", "show", row["id"], "--collection", "bridges").stdout
    assert footnote("articles", "show", row["id"]).exit_code == 1
    assert footnote("articles", "remove", row["id"], "--collection", "bridges").stdout == "1 removed\n"
    assert listed("--collection", "bridges") == []


def test_the_environment_and_the_file_choose_one_too(built: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FOOTNOTE_COLLECTION", "bridges")
    assert listed() == ["The Forth Bridge"]
    assert len(listed("--collection", "default")) == 3
    monkeypatch.delenv("FOOTNOTE_COLLECTION")
    (built / "footnote.toml").write_text('collection = "bridges"\n')
    assert listed() == ["The Forth Bridge"]


def test_they_lie_in_one_folder_and_are_found_there(built: Path):
    assert wiring.collections_in(Path(".footnote")) == ("default", "bridges")
    assert wiring.collections_in(Path("nowhere")) == ()


@pytest.mark.parametrize("arguments", [("ask", "x?"), ("articles", "list"), ("chat", "--port", "0"), ("mcp",), ("eval", "make")])  # fmt: skip
def test_an_unknown_collection_is_told_with_those_there_are(built: Path, arguments: tuple[str, ...]):
    result = footnote(*arguments, "--collection", "brigdes")
    assert result.exit_code == 1
    assert "there is no collection 'brigdes' in .footnote; there are default, bridges" in result.stderr
    assert "footnote build PATH... --collection brigdes" in result.stderr


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", "-x", "A", "ü", "x" * 65, "a b", "<b>"])
def test_a_name_that_could_lead_elsewhere_is_no_name(name: str):
    with pytest.raises(InputError, match="small letters, digits"):
        load_settings(collection=name)
    result = footnote("ask", "x?", "--set", f"collection={name}")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_server_opens_several_and_shares_the_models(built: Path, monkeypatch: pytest.MonkeyPatch):
    loaded: list[str] = []

    def embedder(settings: Settings) -> KeywordEmbedder:
        loaded.append(settings.collection)
        return KeywordEmbedder()

    monkeypatch.setattr(wiring, "load_embedder_for", embedder)
    monkeypatch.setattr(wiring, "load_reader_for", lambda settings, embedder: None)
    every = [load_settings(collection=name, engine="quote") for name in ("default", "bridges", "default")]
    with wiring.opened_pipelines(every) as pipelines:
        assert list(pipelines) == ["default", "bridges"]
        assert loaded == ["default"]
        assert pipelines["bridges"].embedder is pipelines["default"].embedder
        [found] = pipelines["bridges"].retrieve("bridge", 1)
        assert found.article.title == "The Forth Bridge"
        opened = [pipeline.library for pipeline in pipelines.values()]
    for library in opened:
        with pytest.raises(Exception, match="closed"):
            library.article("x")


def test_the_command_hands_all_of_them_to_the_server(built: Path, monkeypatch: pytest.MonkeyPatch):
    served: dict[str, Any] = {}
    monkeypatch.setenv("FOOTNOTE_PASSWORD", "secret word")
    monkeypatch.setattr(wiring, "open_pipeline", lambda settings: ScriptedPipeline())
    monkeypatch.setattr(wiring, "assemble", lambda *parts: ScriptedPipeline())
    monkeypatch.setattr(ScriptedPipeline, "embedder", None, raising=False)
    monkeypatch.setattr(ScriptedPipeline, "reader", None, raising=False)
    monkeypatch.setattr(
        "ui.server.serve", lambda pipeline, **options: served.update(first=pipeline, **options)
    )
    result = footnote("chat", "--port", "0", "--collection", "bridges", "--collection", "default")
    assert result.exit_code == 0, result.output
    assert list(served["collections"]) == ["bridges", "default"]
    assert served["collections"]["bridges"] is served["first"]
    assert served["password"] == "secret word"
    assert "secret word" not in footnote("settings").output


def test_names_are_looked_up_and_unknown_ones_told():
    sea, land = ScriptedPipeline(), ScriptedPipeline({})
    collections = Collections({"sea": sea, "land": land})
    assert collections.get().answers is sea
    assert collections.get("land").answers is land
    assert collections.get().article("tides").title == "Why the sea rises and falls"
    with pytest.raises(NotThereError) as refused:
        collections.get("moon")
    assert "sea, land" in refused.value.next_step
    with pytest.raises(NotThereError):
        collections.get().article(LENS_QUESTION)


def test_a_link_names_the_collection_only_where_it_must():
    assert reader_link("tides-1a2b3c4d", 120, 164) == "/articles/tides-1a2b3c4d?from=120&to=164#mark"
    assert reader_link("x", 0, 1, "land") == "/articles/x?collection=land&from=0&to=1#mark"


def test_an_index_lists_its_articles_a_page_at_a_time(small_index: Path):
    """The list the pages and the API read: newest first, filtered, or by words."""
    with Library.open(small_index) as library:
        everything = library.listing()
        assert (everything.total, [row.id for row in everything.rows]) == (
            3,
            ["lighthouses", "tides", "glass"],
        )
        second = library.listing(limit=1, offset=1)
        assert (second.total, [row.id for row in second.rows]) == (3, ["tides"])
        assert library.listing(limit=1, offset=9).rows == []
        only = ArticleFilter(topics=("SCIENCE",), until=everything.rows[1].published)
        assert [row.id for row in library.listing(only).rows] == ["tides"]
        found = library.listing(None, "tides Moon")
        assert (found.total, found.rows[0].id) == (1, "tides")
        assert library.listing(ArticleFilter(sources=("elsewhere",)), "tides").total == 0
        assert library.names() == (["shelf"], ["science"])
