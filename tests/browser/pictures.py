"""Takes the documentation's pictures of a running chat over the starter articles:

footnote build seeds && footnote chat --engine quote
python -m tests.browser.pictures http://127.0.0.1:7860 docs/pictures
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.serving import CHROMIUM_ARGS, chromium_path

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
