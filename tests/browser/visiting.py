"""A reader's visit to a chat page: opening it, asking, and what the browser complained about meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.schema import AnswerEvent, Searching
from tests.fakes import ScriptedPipeline

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.browser.serving import Served

BOX = "#question textarea"
SEND = "#question .submit-button"
STOP = "#question .stop-button"
ABORTED = ("AbortError: BodyStreamBuffer was aborted", "AbortError: signal is aborted without reason")
"""How Chromium words it that a stream was broken off: while it was read, and before its answer had begun."""
BROKEN_OFF = "Connection errored out."


class Held(ScriptedPipeline):
    """Holds each answer back after its first event until `go` is set."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.go: dict[str, threading.Event] = {}

    def stream(self, question: str, **more: Any) -> Iterator[AnswerEvent]:
        with closing(super().stream(question, **more)) as events:  # type: ignore[type-var]
            for event in events:
                yield event
                if isinstance(event, Searching) and question in self.go:
                    self.go[question].wait(30)


@dataclass
class Seen:
    """What the browser complained about, and where it sent requests."""

    console: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    requests: int = 0
    _left: bool = False

    def watch(self, page: Page) -> None:
        """Writes down what this page complains about and asks for from now on."""
        page.on("console", lambda m: self._complain(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self._count(request.url))

    def _complain(self, text: str) -> None:
        """Gradio closes its own stream when a page is left (`beforeunload`) and reports that in two lines: not counted."""
        if text.startswith(ABORTED):
            self._left = True
        elif self._left and BROKEN_OFF in text:
            self._left = False
        else:
            self.console.append(text)

    def _count(self, url: str) -> None:
        if urlsplit(url).scheme != "blob":  # a file the page made itself
            self.hosts.add(urlsplit(url).netloc)
        self.requests += 1

    def expect(self, part: str) -> None:
        """Takes the complaints that contain `part` out; there has to be one."""
        kept = [line for line in self.console if part not in line]
        assert len(kept) < len(self.console), self.console
        self.console = kept


@contextmanager
def opened(
    browser: Browser,
    served: Served,
    width: int = 1280,
    height: int = 800,
    *,
    path: str = "/",
    prepare: Callable[[BrowserContext], object] | None = None,
    **options: Any,
) -> Iterator[tuple[Page, Seen]]:
    """A page of the server in a browser context of its own (`options` are the context's, `prepare` is called
    with it before anything is loaded). At the end nobody else was asked and nothing was complained about."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    seen = Seen()
    try:
        if prepare is not None:
            prepare(context)
        page = visit(context, served, seen, path)
        yield page, seen
        assert seen.console == [], seen.console
        assert seen.hosts == {urlsplit(served.url).netloc}
    finally:
        context.close()


def visit(context: BrowserContext, served: Served, seen: Seen, path: str = "/") -> Page:
    """One more tab of the same reader."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    seen.watch(page)
    page.goto(served.url + path)
    page.wait_for_selector(SEND)
    return page


def reload(page: Page, seen: Seen) -> None:
    """Loads the page anew. Leaving a page breaks off its open stream, which Gradio reports: that is not counted."""
    before = list(seen.console)
    page.reload()
    page.wait_for_selector(SEND)
    seen.console = before


def ask(page: Page, question: str) -> None:
    """Sends a question and waits until it stands on the page, with an answer begun."""
    before = page.locator(".fn-answer").count()
    page.fill(BOX, question)
    page.press(BOX, "Enter")
    page.locator(".fn-answer").nth(before).wait_for()


def finished(page: Page) -> None:
    """Waits until no answer is under way."""
    page.wait_for_selector(".fn-live", state="detached")
    page.wait_for_selector(SEND)


def answered(page: Page, question: str) -> None:
    """Asks, and waits for the whole answer."""
    ask(page, question)
    finished(page)


def wait_until(page: Page, holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits for something in the server while the page goes on."""
    for _ in range(int(seconds * 20)):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("did not come about in time")
