"""Takes a picture of a running chat page: `python -m tests.browser.screenshot URL OUT "question"`.

The question is asked, the first footnote opened, and the page saved as OUT (PNG). Options:
`--dark`, `--width 1280`, `--height 800`, `--closed` (leave the sources closed).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.browser.serving import CHROMIUM_ARGS, chromium_path


def take(
    url: str, out: Path, question: str, *, width: int, height: int, dark: bool = False, opened: bool = True
) -> None:
    """Saves the picture; raises RuntimeError where there is no Chromium."""
    from playwright.sync_api import sync_playwright

    path = chromium_path()
    if path is None:
        raise RuntimeError("no Chromium found: install it, or name it in FOOTNOTE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(url.rstrip("/").removesuffix("/chat") + "/chat/")
        page.wait_for_selector("#question .submit-button")
        if question:
            page.fill("#question textarea", question)
            page.press("#question textarea", "Enter")
            page.wait_for_selector(".fn-answer")
            page.wait_for_selector(".fn-live", state="detached", timeout=120_000)
            page.wait_for_selector("#question .submit-button")
            if opened and page.locator("a.cite").count():
                page.locator("a.cite").first.click()
            page.locator("h1").click()  # the caret is out of the picture
        page.wait_for_timeout(400)
        page.screenshot(path=out)
        browser.close()


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshot", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("out", type=Path)
    parser.add_argument("question", nargs="?", default="")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--closed", action="store_true")
    given = parser.parse_args(arguments)
    take(
        given.url,
        given.out,
        given.question,
        width=given.width,
        height=given.height,
        dark=given.dark,
        opened=not given.closed,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
