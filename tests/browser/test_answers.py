"""Shared answers and the owner's pages as people meet them, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from evals.verdicts import Verdict
from rag.schema import Turn
from tests.browser.serving import Served, served
from tests.fakes import (
    SHELF,
    TIDE_QUESTION,
    ScriptedPipeline,
    make_answer,
    make_article,
    make_citation,
    make_passage,
)
from ui.readers.memory import Remembered
from ui.readers.shared import shared_answer
from ui.readers.store import STORE_FILE, ReaderStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

WIDE = make_article(
    "wide",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch " * 3,
    "## A heading\n\nWords before. The quoted words stand here. " + "Words after. " * 60,
    source="a-source-with-a-long-name" * 4,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReaderStore]:
    kept = ReaderStore(tmp_path_factory.mktemp("readers") / STORE_FILE, 0)
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def server(store: ReaderStore) -> Iterator[Served]:
    pipeline = ScriptedPipeline(articles=[*SHELF, WIDE])
    land = ScriptedPipeline({}, articles=[make_article("bridges", "Bridges", "The Forth Bridge.")])
    running = served(
        pipeline,
        title="Sea and light",
        examples=[],
        collections={"sea": pipeline, "land": land},
        store=store,
        remove_articles=lambda name, ids: len(ids),
    )
    yield running
    running.close()


@pytest.fixture(scope="module")
def everything(store: ReaderStore) -> str:
    """The address of a shared answer with every kind of sentence in it; there are verdicts, too."""
    tides, wide = make_passage(SHELF[1]), make_passage(WIDE)
    fundy = "The Bay of Fundy has a tidal range of up to 16 metres."
    answer = make_answer(
        TIDE_QUESTION,
        [
            ("Most coasts have two a day.", "draft", [make_citation(1, tides, "most coasts see two high tides a day")]),
            (fundy, "quote", [make_citation(2, tides, fundy)]),
            ("The quoted words stand here.", "quote", [make_citation(3, wide, "The quoted words stand here.")]),
            ("The articles do not say why.", "note", []),
        ],
        [tides, wide],
        standalone="How many high tides are there on a day at most coasts?",
    )  # fmt: skip
    kept = Remembered("all", datetime.now(UTC), "sea", answer)
    for n in range(60):
        said = Verdict(
            "", datetime.now(UTC), "down", "Why " * (n * 4) + "?", answer="Two.", expected="Three", comment="Hm",
            history=(Turn("Before?", "Yes."),),
        )  # fmt: skip
        store.judge(f"v{n}", said, collection="sea", titles=[WIDE.title])
    return f"/answers/{store.share('all', shared_answer(kept))}"


@pytest.fixture(scope="module")
def abstained(store: ReaderStore) -> str:
    kept = Remembered("none", datetime.now(UTC), "sea", make_answer("Who?", [], []))
    return f"/answers/{store.share('none', shared_answer(kept))}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_stands_in_the_way_of_anyone(
    chromium: Browser, server: Served, everything: str, abstained: str, width: int, scheme: Any
):
    from axe_playwright_python.sync_playwright import Axe

    pages = [everything, f"{everything}?lang=de#3", f"{everything}?lang=es", abstained, "/answers/none", "/admin/", "/admin/feedback?page=2", "/admin/feedback?verdict=up", "/admin/shared", "/admin/articles", "/admin/articles/wide/remove"]  # fmt: skip
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    try:
        page = context.new_page()
        for path in pages:
            page.goto(server.url + path)
            for details in page.locator("details").all():
                details.evaluate("node => { node.open = true }")
            found = Axe().run(page).response["violations"]
            assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.locator("h1").count() == 1
    finally:
        context.close()


@pytest.fixture
def read(chromium: Browser, server: Served) -> Iterator[Callable[[str], Page]]:
    """Opens a page without JavaScript; at the end nothing was complained about."""
    context = chromium.new_context(java_script_enabled=False)
    complaints: list[str] = []

    def go(path: str) -> Page:
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(server.url + path)
        return page

    yield go
    context.close()
    assert complaints == []


def test_a_footnote_leads_to_its_card_and_on_to_the_article(read: Callable[[str], Page], everything: str):
    page = read(everything)
    page.get_by_role("link", name="Footnote 3", exact=True).click()
    page.wait_for_url("**#3")
    card = page.locator("li:target")
    assert card.locator("mark").inner_text() == "The quoted words stand here."
    card.get_by_role("link", name="Open in article").click()
    page.wait_for_url("**/articles/wide?**")
    assert page.locator("mark").inner_text() == "The quoted words stand here."


def test_the_owners_buttons_work_without_javascript(
    read: Callable[[str], Page], store: ReaderStore, abstained: str
):
    said = store.judge("x", Verdict("", datetime.now(UTC), "up", "Here?"), collection="land", titles=[])
    page = read("/admin/feedback?collection=land")
    page.get_by_role("button", name=f"Delete verdict {said.id}").click()
    page.wait_for_url("**done=1")
    assert page.get_by_role("status").first.inner_text() == "Deleted."
    page = read("/admin/shared")
    page.get_by_role("button", name="Take away: Who?").click()
    page.wait_for_url("**done=1")
    assert store.shared(abstained.rsplit("/", 1)[1]) is None
    page = read("/admin/articles?collection=land")
    page.get_by_role("link", name="Remove bridges").click()
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url("**/admin/articles?**done=1")
