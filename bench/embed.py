"""The chat on another site's page in a real Chromium: what it costs that page, and how soon it answers there."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from bench.load import Row, Running, first_sentence, seeds_questions
from bench.page import BOX, SEND, WATCH, Wire
from ui.demo.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page

TIMES = 5
SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) shifts += one.value; }).observe({ type: "layout-shift", buffered: true });
"""
PAGE = (
    '<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">'
    '<script async src="{chat}/embed.js"></script></head><body><h1>A page</h1><p>Its words.</p></body></html>'
)


def _answered(frame: Page | Frame, question: str) -> float:
    """Seconds from Enter to the first footnote on the page."""
    frame.fill(BOX, question)
    frame.press(BOX, "Enter")
    frame.wait_for_selector(".fn-answer a.cite")
    frame.wait_for_selector(SEND)
    return frame.evaluate("(window.fnSentence - window.fnEnter) / 1000")


def _direct(browser: Browser, url: str, question: str) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"{url}/chat/")
        page.wait_for_selector(SEND)
        page.wait_for_load_state("networkidle")
        return _answered(page, question)
    finally:
        context.close()


def _embedded(browser: Browser, site: Site, question: str) -> tuple[int, int, float, float, float]:
    """A new reader on the other site: bytes and requests before the click, seconds from the click until a question can
    be sent, seconds to the first footnote, and how far the page was shifted."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        context.add_init_script(WATCH + SHIFTS)
        page = context.new_page()
        wire = Wire(page)
        page.goto(site.origin)
        page.wait_for_selector("footnote-chat button")
        page.wait_for_load_state("networkidle")
        size, count = wire.line()
        clicked = page.evaluate(
            "() => { document.querySelector('footnote-chat').shadowRoot.querySelector('button').click();"
            " return performance.timeOrigin + performance.now(); }"
        )
        page.frame_locator("footnote-chat iframe").locator(SEND).wait_for()
        frame = page.frames[1]
        ready = frame.evaluate("performance.timeOrigin + window.fnReady") - clicked
        page.wait_for_load_state("networkidle")
        shown = _answered(frame, question)
        return size, count, ready / 1000, shown, page.evaluate("shifts")
    finally:
        context.close()


def measure(row: Row, running: Running, site: Site) -> None:
    """The page before the click, the click, and the first sentence beside the chat's own page, each the median of
    five visits. `site` must be among the server's allowed origins."""
    from playwright.sync_api import sync_playwright

    from tests.browser.serving import CHROMIUM_ARGS, chromium_path

    if chromium_path() is None:
        row("the chat on another page", "not measured", "there is no Chromium on this machine")
        return
    site.pages["/"] = ("text/html; charset=utf-8", PAGE.replace("{chat}", running.url).encode())
    answered = (q for q in seeds_questions() if first_sentence(running.url, q) is not None)
    questions = [next(answered) for _ in range(TIMES)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGS)
        direct, embedded = [], []
        for number, question in enumerate(questions):  # in turn, so that neither always comes second
            if number % 2:
                direct.append(_direct(browser, running.url, question))
            embedded.append(_embedded(browser, site, question))
            if not number % 2:
                direct.append(_direct(browser, running.url, question))
        browser.close()
    size, count, ready, shown, _ = (statistics.median(made) for made in zip(*embedded, strict=True))
    row(
        "page with the bubble, before the click",
        f"{size / 1000:.1f} kB, {count:.0f} requests",
        f"wanted: 6 kB; the page itself included; shifted by {max(made[4] for made in embedded):.3f} (wanted: 0)",
    )
    row(
        "the same: from the click until one can ask",
        f"{ready:.2f} s",
        f"wanted: 1.6 s; {ready / 1.6:.2f} of it",
    )
    more = statistics.median(e[3] - d for e, d in zip(embedded, direct, strict=True)) * 1000
    row(
        "the same: first sentence after Enter",
        f"{shown * 1000:.0f} ms, {shown / statistics.median(direct):.2f} times the chat's own page",
        f"{more:+.0f} ms in the median of {TIMES} pairs; wanted: within 150 ms",
    )
