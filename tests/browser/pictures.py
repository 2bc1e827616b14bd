"""Takes the documentation's pictures of a running chat over the starter articles:

footnote build seeds && footnote chat
python -m tests.browser.pictures http://127.0.0.1:7860 docs/pictures

With the address of `make demo`'s page as a third word it takes those of the chat on another page as well.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.serving import CHROMIUM_ARGS, chromium_path
from ui.demo.site import Site, demo_pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "When was the Maastricht Treaty signed?"
NOT_ANSWERED = "When will Poland adopt the euro?"
DESKTOP, WIDE, PHONE = (1180, 760), (1440, 860), (390, 780)


def ask(page: Page, question: str) -> None:
    """Asks, and waits for the whole answer."""
    before = page.locator(".fn-answer").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.locator(".fn-answer").nth(before).wait_for()
    page.wait_for_selector(".fn-live", state="detached", timeout=120_000)
    page.wait_for_selector("#question .submit-button")


def answered(page: Page) -> None:
    ask(page, QUESTION)
    page.locator("a.cite").first.click()


def reader(page: Page) -> None:
    answered(page)
    page.goto(page.locator("a.fn-open").first.evaluate("link => link.href"))


def abstained(page: Page) -> None:
    ask(page, NOT_ANSWERED)
    page.locator("details.fn-sources > summary").first.click()


def empty(_: Page) -> None:
    """The page before anything is asked."""


PICTURES = {
    "chat": (answered, DESKTOP, "light", "en-GB"),
    "chat-empty": (empty, DESKTOP, "light", "en-GB"),
    "chat-wide": (answered, WIDE, "light", "en-GB"),
    "chat-dark": (answered, DESKTOP, "dark", "en-GB"),
    "chat-phone": (answered, PHONE, "light", "en-GB"),
    "chat-german": (answered, PHONE, "dark", "de-DE"),
    "abstained": (abstained, DESKTOP, "light", "en-GB"),
    "reader": (reader, DESKTOP, "light", "en-GB"),
}


def bubble(page: Page, path: str, question: str = "") -> None:
    """Opens the bubble on a page of the demo, and asks."""
    page.goto(page.url.split("#")[0].rstrip("/") + path)
    page.locator("footnote-chat button").click()
    if not question:
        page.locator("footnote-chat a").wait_for()
        return
    frame = page.frame_locator("footnote-chat iframe")
    frame.locator("#question textarea").fill(question)
    frame.locator("#question textarea").press("Enter")
    frame.locator(".fn-acts").wait_for(timeout=120_000)
    frame.locator("#question .submit-button").wait_for()
    frame.locator("a.cite").first.click()


MOONS = "Who discovered Titan?"
EMBEDDED = {
    "embed": ("/moons.html", MOONS, DESKTOP, "light"),
    "embed-phone": ("/moons.html", MOONS, PHONE, "light"),
    "embed-dark": ("/index.html", QUESTION, DESKTOP, "dark"),
    "embed-denied": ("/index.html", "", DESKTOP, "light"),
}


def embedded(browser: Browser, chat: str, demo: str, folder: Path) -> None:
    """The pictures of the chat on another page; a second site, which no setting names, is not shown it."""
    stranger = Site(demo_pages(chat))
    for name, (path, question, (width, height), colours) in EMBEDDED.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if colours == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
        )
        page = context.new_page()
        page.goto(demo if question else stranger.origin)
        bubble(page, path, question)
        page.wait_for_timeout(3000)
        page.screenshot(path=folder / f"{name}.png")
        context.close()
    stranger.close()


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    from playwright.sync_api import sync_playwright

    url, folder = arguments[0].rstrip("/"), Path(arguments[1])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGS)
        for name, (show, (width, height), colours, locale) in PICTURES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if colours == "dark" else "light",
                reduced_motion="reduce",
                locale=locale,
            )
            page = context.new_page()
            page.goto(url + "/chat/")
            page.wait_for_selector("#question .submit-button")
            page.wait_for_selector(".fn-tools")
            show(page)
            page.wait_for_timeout(3000)
            page.screenshot(path=folder / f"{name}.png")
            context.close()
        if len(arguments) > 2:
            embedded(browser, url, arguments[2].rstrip("/"), folder)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
