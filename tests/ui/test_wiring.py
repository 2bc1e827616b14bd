"""The settings open the parts they name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import weights
from index.errors import IndexMismatch, IndexMissing, WeightsMissing
from tests.fakes import LENS_QUESTION, SHELF, KeywordEmbedder
from ui import wiring
from ui.settings import load_settings, settings_hash


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def needs_embedding_weights() -> None:
    try:
        weights.find(weights.EMBEDDING)
    except WeightsMissing as error:
        pytest.skip(str(error))


def test_an_unchanged_build_never_loads_the_embedder(
    articles_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_embedding_weights()

    class Known(KeywordEmbedder):
        model_label = weights.EMBEDDING.name

    settings = load_settings()
    keyword = KeywordEmbedder(weights.EMBEDDING.name, 384)
    keyword.weights_sha256 = weights.EMBEDDING.sha256
    monkeypatch.setattr(wiring, "load_embedder_for", lambda settings: keyword)
    assert wiring.build(settings, [articles_folder]).added == 3

    def refuse(settings: object) -> None:
        raise AssertionError("the embedder was loaded for nothing")

    monkeypatch.setattr(wiring, "load_embedder_for", refuse)
    assert wiring.build(settings, [articles_folder]).unchanged == 3
    (articles_folder / "new.md").write_text("A new article about bridges. It has two sentences.\n")
    with pytest.raises(AssertionError, match="loaded for nothing"):
        wiring.build(settings, [articles_folder])


@pytest.mark.slow
def test_the_lazy_embedder_is_the_real_one() -> None:
    needs_embedding_weights()
    settings = load_settings(["precision=fp32"])
    lazy, real = wiring.LazyEmbedder(settings), wiring.load_embedder_for(settings)
    for name in ("model_label", "weights_sha256", "dimension", "max_tokens"):
        assert getattr(lazy, name) == getattr(real, name)
    text = "The tide rises twice a day."
    assert lazy.token_spans(text) == real.token_spans(text)
    assert np.allclose(lazy.encode([text]), real.encode([text]))


def test_a_build_where_no_path_can_be_read_names_each(tmp_path: Path) -> None:
    with pytest.raises(wiring.NothingToBuildError) as caught:
        wiring.build(load_settings(), [tmp_path / "a", tmp_path / "b"])
    assert [Path(s.name).name for s in caught.value.skipped] == ["a", "b"]
    assert all("no such file" in s.reason for s in caught.value.skipped)


def test_a_path_named_twice_is_read_once(articles_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "embedder_for_building", lambda settings: KeywordEmbedder())
    report = wiring.build(load_settings(), [articles_folder, articles_folder / ".." / "articles"])
    assert (report.added, report.skipped) == (3, ())


def test_an_index_of_another_model_is_refused(small_index: Path) -> None:
    settings = load_settings([f"index={small_index}"])
    library = wiring.open_library(settings, KeywordEmbedder())  # type: ignore[arg-type]
    assert library.manifest.articles == 3
    library.close()
    with pytest.raises(IndexMismatch) as caught:
        wiring.open_library(settings, KeywordEmbedder("another", 256))  # type: ignore[arg-type]
    assert "another" in str(caught.value)
    assert "--rebuild" in caught.value.next_step


def test_a_missing_index_is_told_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(settings: object) -> None:
        raise AssertionError("loaded too early")

    monkeypatch.setattr(wiring, "load_embedder_for", refuse)
    monkeypatch.setattr(wiring, "load_model_for", refuse)
    with pytest.raises(IndexMissing):
        wiring.open_pipeline(load_settings())


def test_engine_and_retriever_can_be_chosen_for_one_opening() -> None:
    settings = load_settings(["top_k=3"])
    options = wiring.rag_options(wiring.with_choices(settings, "quote", "dense"))
    assert (options.engine, options.retriever, options.top_k) == ("quote", "dense", 3)
    assert wiring.rag_options(wiring.with_choices(settings, None, None)).engine == settings.engine


def test_the_system_under_test_stores_articles_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "load_embedder_for", lambda settings: KeywordEmbedder())
    articles = [replace(a, text=a.text + "\n\nSkip past newsletter promotion") for a in SHELF]
    with wiring.local_system(load_settings(["chroma_url=http://127.0.0.1:1"])) as system:
        system.build(articles, tmp_path / "index", "suite")
        with wiring.opened_library(load_settings([f"index={tmp_path / 'index'}"])) as library:
            assert {a.id: a.text for a in library.articles()} == {a.id: a.text for a in articles}


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("engine", ["quote", "model"])
def test_from_a_folder_to_a_cited_answer(articles_folder: Path, engine: str) -> None:
    needs_embedding_weights()
    settings = load_settings([f"engine={engine}", "abstain_threshold=0"])
    wiring.build(settings, [articles_folder])
    with wiring.opened_pipeline(settings) as pipeline:
        answer = pipeline.ask(LENS_QUESTION)
    assert answer.engine == engine
    assert answer.settings_hash == settings_hash(settings)
    assert not answer.abstained
    assert "1823" in " ".join(citation.quote for citation in answer.citations)
    for citation in answer.citations:
        assert citation.passage.article.text[citation.start : citation.end] == citation.quote
