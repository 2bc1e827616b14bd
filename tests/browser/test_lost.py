"""What a reader meets when the server is killed, and when it is back."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.apart import Apart
from tests.browser.visiting import BOX, SEND, answered, ask, finished, opened
from tests.fakes import LENS_QUESTION, TIDE_QUESTION
from ui.language import translate

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

BROKEN_OFF = "The connection to the server was lost before the answer was whole."
LOST = "The connection to the server was lost. The page goes on by itself when it is back."
LATER = "It is asked as soon as the server is back."


@pytest.fixture
def start() -> Iterator[Callable[[], Apart]]:
    """Starts the server, each time at the same address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    running: list[Apart] = []

    def one() -> Apart:
        running.append(Apart(port))
        return running[-1]

    yield one
    for server in running:
        server.kill()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_a_lost_server_is_told_and_what_was_said_stands(
    chromium: Browser, start: Callable[[], Apart], locale: str
):
    language = locale[:2]
    server = start()
    with opened(chromium, server, locale=locale) as (page, seen):
        ask(page, TIDE_QUESTION)
        page.wait_for_selector("a.cite")
        server.kill()
        page.wait_for_selector(".fn-failed")
        assert page.inner_text(".fn-failed") == translate(BROKEN_OFF, language)
        assert "Most coasts have two high tides a day." in page.inner_text(".fn-answer")
        assert page.locator(".fn-live").count() == 0
        assert page.inner_text("#fn-status") == translate(LOST, language)
        assert page.locator(".toast-body:visible").count() == 0
        page.fill(BOX, LENS_QUESTION)
        if language == "en":
            page.press(BOX, "Enter")
            page.get_by_text(LATER).wait_for()
            assert page.input_value(BOX) == LENS_QUESTION
        start()
        if language == "en":  # it was sent meanwhile, and is asked now
            page.locator(".fn-answer").nth(1).wait_for()
            finished(page)
            assert "1823" in page.locator(".fn-answer").nth(1).inner_text()
        else:  # it was typed meanwhile, and stays
            page.wait_for_function("() => !document.documentElement.classList.contains('fn-lost')")
            page.wait_for_selector(".fn-failed")
            assert page.input_value(BOX) == LENS_QUESTION
        assert page.locator(".fn-failed").first.inner_text() == translate(BROKEN_OFF, language)
        assert "Most coasts have two high tides a day." in page.locator(".fn-answer").first.inner_text()
        seen.console.clear()


def test_ask_again_waits_for_the_server(chromium: Browser, start: Callable[[], Apart]):
    server = start()
    with opened(chromium, server) as (page, seen):
        answered(page, LENS_QUESTION)
        server.kill()
        page.fill(BOX, LENS_QUESTION)
        page.locator(SEND).click()
        page.get_by_text(LOST).wait_for()  # noticed only now
        page.fill(BOX, "")
        page.get_by_role("button", name="Ask again").click()
        page.get_by_text(LATER).wait_for()
        before = page.locator(".fn-answer").get_attribute("id")
        start()
        page.wait_for_selector(f".fn-answer[id]:not([id='{before}'])")
        assert page.locator(".fn-answer").count() == 1
        assert "1823" in page.inner_text(".fn-answer")
        seen.console.clear()
