"""The pages under /articles/ as a reader meets them, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser.serving import Served, served
from tests.fakes import SHELF, ScriptedPipeline, make_article

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

LONG = make_article(
    "long",
    "A long report <b>on</b> squid",
    "# Beginnings\n\n"
    + "\n\n".join(f"Paragraph {n} tells of \U0001f991 and the sea & its light." for n in range(80))
    + "\n\n## An end\n\nThe last \U0001f991 was seen\nin 1823. Then no more.",
    source="files",
    topic="squid",
)
MANY = [
    make_article(
        f"day-{n}", f"Day {n}", "Words.", published=date(2010, 1, 1) + timedelta(days=n), source="diary"
    )
    for n in range(60)
]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    pipeline = ScriptedPipeline(articles=[*SHELF, LONG, *MANY])
    land = ScriptedPipeline({}, articles=[make_article("bridges", "Bridges", "The Forth Bridge.")])
    running = served(
        pipeline, title="Sea and light", examples=[], collections={"sea": pipeline, "land": land}
    )
    yield running
    running.close()


@pytest.fixture
def read(chromium: Browser, server: Served) -> Iterator[Callable[..., Page]]:
    """Opens a page of the server; at the end nothing was complained about and nobody else was asked."""
    contexts: list[Any] = []
    complaints: list[str] = []
    hosts: set[str] = set()

    def go(path: str, width: int = 1280, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.goto(server.url + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
    assert hosts == {urlsplit(server.url).netloc}


def span(words: str) -> tuple[int, int]:
    start = LONG.text.index(words)
    return start, start + len(words)


def shown(page: Page) -> str:
    return "".join(page.locator("mark").all_inner_texts())


def in_view(page: Page) -> bool:
    box = page.locator("#mark").bounding_box()
    return box is not None and 0 <= box["y"] <= 800 - box["height"]


LAST = "last \U0001f991 was seen\nin 1823."


@pytest.mark.parametrize("width", [390, 1280])
def test_a_footnote_opens_its_words_marked_and_in_view(read: Callable[..., Page], width: int):
    start, end = span(LAST)
    page = read(f"/articles/long#c{start}-{end}", width)
    page.wait_for_selector("#mark")
    assert shown(page) == LAST
    page.wait_for_function(
        "() => { const y = document.getElementById('mark').getBoundingClientRect().y; return y >= 0 && y < innerHeight }"
    )
    assert page.evaluate("document.activeElement.id") == "mark"
    assert page.locator("#gone").is_hidden()


def test_another_footnote_of_the_same_page_moves_the_mark(read: Callable[..., Page]):
    start, end = span("sea & its light.\n\nParagraph 1")
    page = read(f"/articles/long#c{start}-{end}")
    page.wait_for_selector("mark >> nth=1")
    assert page.locator("mark").all_inner_texts() == ["sea & its light.", "Paragraph 1"]
    again = span(LAST)
    page.evaluate(f"location.hash = 'c{again[0]}-{again[1]}'")
    page.wait_for_function(f"() => document.querySelector('mark').textContent === {LAST!r}")
    assert page.locator("mark").count() == 1
    page.evaluate("location.hash = 'c5-999999999'; null")
    page.evaluate("location.hash = 'c9-2'; null")
    page.wait_for_selector("#gone:visible")
    assert page.locator("mark").count() == 0


def test_without_a_script_the_words_are_marked_as_well(read: Callable[..., Page]):
    start, end = span(LAST)
    page = read(f"/articles/long?from={start}&to={end}#mark", java_script_enabled=False)
    assert shown(page) == LAST
    assert in_view(page)


def test_the_list_is_searched_turned_and_read_by_keyboard(read: Callable[..., Page]):
    page = read("/articles/")
    page.focus("input[name=q]")
    page.keyboard.type("squid")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=squid**")
    assert page.locator(".list h2").all_inner_texts() == [LONG.title]
    assert page.input_value("input[name=q]") == "squid"
    page.focus(".list h2 a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/long")
    assert page.locator("h1").inner_text() == LONG.title
    page.goto(page.url.replace("/articles/long", "/articles/?source=diary"))
    assert page.locator(".list li").count() == 50
    page.focus("a[rel=next]")
    page.keyboard.press("Enter")
    page.wait_for_url("**page=2**")
    assert page.locator(".list li").count() == 10
    assert page.locator("select[name=source]").input_value() == "diary"


PAGES = ["/articles/", "/articles/?since=2024-02-01&until=2024-01-01", "/articles/?q=nothing", "/articles/long?from=30&to=90", "/articles/long?from=9&to=2", "/articles/none"]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_stands_in_the_way_of_anyone(chromium: Browser, server: Served, width: int, scheme: Any):
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    try:
        page = context.new_page()
        for path in PAGES:
            page.goto(server.url + path)
            found = Axe().run(page).response["violations"]
            assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.locator("h1").count() == 1
    finally:
        context.close()
