"""The chat page in a real Chromium: its bytes, its first paint, and its first sentence beside the pipeline's."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from bench.load import Row, Running, first_sentence, seeds_questions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TIMES = 7
BOX, SEND = "#question textarea", "#question .submit-button"
WATCH = """
  const seen = (name, selector) => {
    const look = new MutationObserver(() => {
      const one = document.querySelector(selector);
      if (!one || one.disabled) return;
      look.disconnect();
      window[name] = performance.now();
    });
    look.observe(document, {childList: true, subtree: true, attributes: true});
  };
  seen("fnReady", "#question .submit-button");
  seen("fnSentence", ".fn-answer a.cite");
  addEventListener("keydown", (event) => { if (event.key === "Enter") window.fnEnter = performance.now(); }, true);
"""
"""Notes in the page when a question can be sent, when Enter was pressed and when the first footnote stood there."""


class Wire:
    """What a page's requests weigh, encoded, as the browser's own network log counts it."""

    def __init__(self, page: Page) -> None:
        self._address: dict[str, str] = {}
        self.bytes: dict[str, int] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _sent(self, event: dict[str, Any]) -> None:
        self._address[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    def clear(self) -> None:
        """Begins anew."""
        self._address.clear()
        self.bytes.clear()

    def line(self) -> tuple[int, int]:
        """Bytes of all responses, and how many requests there were."""
        return sum(self.bytes.values()), len(self._address)

    def largest(self, most: int = 10) -> list[tuple[int, str]]:
        """The heaviest responses."""
        rows = ((size, self._address.get(one, "")) for one, size in self.bytes.items())
        return sorted(rows, reverse=True)[:most]


def _shown(page: Page, wire: Wire) -> tuple[float, float, float, float]:
    """Seconds to the first paint and to the send button, bytes and requests, once the page is quiet."""
    page.wait_for_selector(SEND)
    page.wait_for_load_state("networkidle")
    painted, ready = page.evaluate(
        "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN, window.fnReady]"
    )
    return painted / 1000, ready / 1000, *wire.line()


def _visit(browser: Browser, url: str, question: str) -> dict[str, Any]:
    """One new reader: a cold page, the same page again, and a question, asked of the pipeline before and after."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        context.add_init_script(WATCH)
        page = context.new_page()
        wire = Wire(page)
        page.goto(f"{url}/chat/")
        cold, largest = _shown(page, wire), wire.largest()
        wire.clear()
        page.reload()
        warm = _shown(page, wire)
        before = first_sentence(url, question) or 0.0
        page.fill(BOX, question)
        page.press(BOX, "Enter")
        page.wait_for_selector(".fn-answer a.cite")
        shown = page.evaluate("(window.fnSentence - window.fnEnter) / 1000")
        page.wait_for_selector(SEND)
        page.wait_for_load_state("networkidle")
        asked = (before + (first_sentence(url, question) or before)) / 2
        return {"cold": cold, "warm": warm, "largest": largest, "shown": shown, "asked": asked}
    finally:
        context.close()


def measure(row: Row, running: Running) -> None:
    """Cold page, warm page and first sentence, each the median of seven visits."""
    from playwright.sync_api import sync_playwright

    from tests.browser.serving import CHROMIUM_ARGS, chromium_path

    if chromium_path() is None:
        row("the chat page", "not measured", "there is no Chromium on this machine")
        return
    answered = (q for q in seeds_questions() if first_sentence(running.url, q) is not None)
    questions = [next(answered) for _ in range(TIMES)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGS)
        visits = [_visit(browser, running.url, q) for q in questions]
        browser.close()
    for name, size_limit, paint_limit in (
        ("cold", "wanted: 350 kB, 60 requests", "wanted: .8 s, 1.6 s"),
        ("warm", "", ""),
    ):
        painted, ready, size, count = (statistics.median(v[name][at] for v in visits) for at in range(4))
        row(f"chat page, {name}: over the wire", f"{size / 1000:.0f} kB, {count:.0f} requests", size_limit)
        row("the same: first paint, send button ready", f"{painted:.2f} s, {ready:.2f} s", paint_limit)
    shown, asked, more = (
        statistics.median(made) * 1000
        for made in zip(*((v["shown"], v["asked"], v["shown"] - v["asked"]) for v in visits), strict=True)
    )
    row(
        "first sentence on the page after Enter",
        f"{shown:.0f} ms; pipeline {asked:.0f} ms",
        f"{more:+.0f} ms in the median of {TIMES} pairs; wanted: within 100 ms",
    )
    heaviest = ", ".join(f"{at.rsplit('/', 1)[-1]} {size / 1000:.0f}" for size, at in visits[0]["largest"])
    row("the ten largest of the cold page, kB", "", heaviest)
