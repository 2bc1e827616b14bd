"""An administrator adds an address and files in a real browser, follows the job, and readers ask about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index.build import build_index
from index.schema import Article, Skipped
from tests.browser.serving import Served
from tests.browser.visiting import ask, finished, opened
from tests.fakes import SHELF, KeywordEmbedder, ScriptedPipeline
from tests.index.web.site import running, text
from ui import wiring
from ui.ingest import Ingest
from ui.settings import load_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


class Shelf:
    key = label = "shelf"

    def read(self) -> Iterator[Article | Skipped]:
        yield from SHELF


def add(page: Page, button: str, job: str) -> None:
    """Sends a form, and waits on the page it leads to until that job is done: the page asks again by itself."""
    page.get_by_role("button", name=button).click()
    page.locator("li", has_text=job).get_by_text("Done", exact=True).wait_for()
    assert page.locator("meta[http-equiv]").count() == 0


def no_barrier(page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for width, scheme in ((390, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], (page.url, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_an_administrator_adds_is_asked_about_and_readers_add_nothing(
    chromium: Browser,
    serve_chat: Callable[..., Served],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(wiring, "embedder_for_building", lambda settings: KeywordEmbedder())
    with running() as site:
        site.article(1, more="The lamp of light 1 was lit again by Ingrid Halvorsen after nine nights.")
        site.feed([1])
        settings = load_settings(
            index=tmp_path / "index", engine="quote", check="off", evidence_model="off",
            fetch_allowed=site.origin.partition("://")[2], fetch_delay=0,
        )  # fmt: skip
        build_index(settings.index_dir, [Shelf()], embedder=KeywordEmbedder())
        pipeline = wiring.assemble(settings, KeywordEmbedder(), None, None)  # type: ignore[arg-type]
        ingest = Ingest({"default": settings})
        own = serve_chat(pipeline, ingest=ingest)
        with opened(chromium, own, bypass_csp=True) as (page, _):
            page.wait_for_selector("#question .submit-button")  # the chat runs before anything is added
            owner = page.context.new_page()
            owner.goto(own.url + "/admin/sources")
            no_barrier(owner)
            owner.get_by_label("Address", exact=True).fill(site.origin + "/feed.xml")
            owner.get_by_label("Name").fill("Harbour news")
            add(owner, "Add the address", "/feed.xml")
            assert "1 added" in owner.locator("li").first.inner_text()
            no_barrier(owner)
            owner.get_by_role("link", name="Sources").click()
            file = tmp_path / "Sturm über 海.html"
            file.write_text(f"<h1>Storm over light 8</h1>{text(8)}", "utf-8")
            owner.get_by_label("Files", exact=True).set_input_files(file)
            add(owner, "Add the files", file.name)
            owner.get_by_role("link", name="Sources").click()
            owner.locator("summary").click()
            assert owner.get_by_text(file.name).first.is_visible()
            no_barrier(owner)
            ask(page, "Who lit the lamp of light 1 again?")
            finished(page)
            assert "Ingrid Halvorsen" in page.locator(".fn-answer").last.inner_text()
        pipeline.library.close()

    locked = serve_chat(ScriptedPipeline(), ingest=ingest, password="sesame")
    context = chromium.new_context()
    for path in ("/admin/sources", "/admin/jobs"):
        assert context.request.get(locked.url + path).status == 401
    before = len(ingest.jobs.all())
    sent = context.request.post(locked.url + "/admin/sources", form={"address": "https://example.org/"})
    assert sent.status == 401
    assert len(ingest.jobs.all()) == before
    context.close()
