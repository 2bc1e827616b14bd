"""A Chromium for the tests that need one, and chat servers on free loopback ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.serving import CHROMIUM_ARGS, Served, chromium_path, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from ui.collection import Answers


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser. The mark `browser` has skipped or failed the test where there is none."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def serve_chat() -> Iterator[Callable[..., Served]]:
    """Starts a chat page over a pipeline, without examples unless given; stopped after the test."""
    running: list[Served] = []

    def start(pipeline: Answers, **options: Any) -> Served:
        options.setdefault("examples", [])
        running.append(served(pipeline, **options))
        return running[-1]

    yield start
    for server in running:
        server.close()
