"""What tests share: a clean environment, a small index without weights, and the rules for the browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from tests.fakes import SHELF, KeywordEmbedder

# No deadlines: a loaded machine must not fail a test. `make fuzz` and `make soak` take the long one.
hypothesis_settings.register_profile("short", deadline=None, max_examples=50)
hypothesis_settings.register_profile("long", deadline=None, max_examples=3000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

OUR_SWITCHES = ("FOOTNOTE_REQUIRE_BROWSER", "FOOTNOTE_CHROMIUM", "FOOTNOTE_KILLS", "FOOTNOTE_SEED")


def browser_required() -> bool:
    """Whether a missing browser is a failure: in CI, or where FOOTNOTE_REQUIRE_BROWSER says so."""
    return any(
        os.environ.get(name, "") not in ("", "0", "false") for name in ("FOOTNOTE_REQUIRE_BROWSER", "CI")
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        from tests.browser.serving import chromium_path

        if chromium_path() is None:
            message = "no Chromium on this machine (Debian, Ubuntu: apt install chromium)"
            if browser_required():
                pytest.fail(message)
            pytest.skip(message)
    if item.get_closest_marker("model"):
        from index import weights
        from index.errors import WeightsMissing

        try:
            weights.find(weights.SMOLLM2)
        except WeightsMissing as error:
            pytest.skip(f"{error}: {error.next_step}")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings reach a test."""
    for name in os.environ:
        if name.upper().startswith("FOOTNOTE_") and name not in OUR_SWITCHES:
            monkeypatch.delenv(name)


@pytest.fixture
def articles_folder(tmp_path: Path) -> Path:
    """A folder of the shelf's three articles, as Markdown and plain text."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for article in SHELF:
        day = f"published: {article.published.isoformat()}\n" if article.published else ""
        address = f"url: {article.url}\n" if article.url else ""
        (folder / article.external_id).write_text(
            f"---\ntitle: {article.title}\n{day}{address}language: en\n---\n\n{article.text}\n", "utf-8"
        )
    return folder


@pytest.fixture(scope="session")
def keyword_embedder() -> KeywordEmbedder:
    """An embedder that needs no weights."""
    return KeywordEmbedder()


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory, keyword_embedder: KeywordEmbedder) -> Path:
    """An index of the shelf's articles made with `keyword_embedder`. Shared: do not write to it."""
    from index.build import build_index
    from index.schema import Article, Skipped

    class Shelf:
        key = "shelf"
        label = "shelf"

        def read(self) -> Iterator[Article | Skipped]:
            yield from SHELF

    place = tmp_path_factory.mktemp("small") / "index"
    build_index(place, [Shelf()], embedder=keyword_embedder)
    return place
