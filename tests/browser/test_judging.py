"""What a reader does with an answer: judges it, shares it, copies it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evals.verdicts import Corrected
from tests.browser.serving import Served, served
from tests.browser.visiting import SEND, STOP, answered, opened, reload, visit, wait_until
from tests.fakes import (
    TIDE_QUESTION,
    ScriptedPipeline,
    make_answer,
    make_article,
    make_citation,
    make_passage,
)
from ui.readers.store import STORE_FILE, ReaderStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

FORGOTTEN = "The server no longer holds this answer. Ask the question again."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReaderStore]:
    kept = ReaderStore(tmp_path / STORE_FILE, 0)
    yield kept
    kept.close()


def pressed(page: Page) -> list[str]:
    """The buttons that stand pressed, from the answer's own to those of its sources."""
    return page.locator('.fn-answer .fn-act[aria-pressed="true"]').all_inner_texts()


def told(page: Page, text: str) -> None:
    page.locator("#fn-status", has_text=text).wait_for()


def test_a_verdict_is_stored_shown_and_taken_back(
    chromium: Browser, serve_chat: Callable[..., Served], store: ReaderStore
):
    with opened(chromium, serve_chat(ScriptedPipeline(), store=store)) as (page, seen):
        answered(page, TIDE_QUESTION)
        assert pressed(page) == []
        page.get_by_role("button", name="Good").click()
        told(page, "Thank you. It is stored on this server only.")
        assert pressed(page) == ["Good"]
        (judged,) = store.verdicts()
        assert (judged.verdict.verdict, judged.verdict.question) == ("up", TIDE_QUESTION)
        assert judged.titles == ("Why the sea rises and falls",)
        reload(page, seen)
        page.wait_for_selector(".fn-answer")
        wait_until(page, lambda: pressed(page) == ["Good"])
        page.get_by_role("button", name="Good").click()
        told(page, "Taken back.")
        assert pressed(page) == []
        assert store.verdicts() == []

        page.get_by_role("button", name="Bad").click()
        box = page.locator("dialog[open]")
        assert box.locator("#fn-status").inner_text() == "Thank you. It is stored on this server only."
        box.get_by_label("The right answer, if you know it").fill("Two <b>of them</b>")
        box.get_by_label("What is wrong?").fill("  It counts\nwrongly.  ")
        box.get_by_role("button", name="Send").click()
        page.wait_for_selector("dialog", state="detached")
        (judged,) = store.verdicts()
        assert (judged.verdict.verdict, judged.verdict.expected) == ("down", "Two <b>of them</b>")
        assert judged.verdict.comment.replace("\r\n", "\n") == "It counts\nwrongly."
        assert pressed(page) == ["Bad"]

        page.locator("a.cite").last.click()
        page.locator("#s0-2").get_by_role("button", name="Wrong source").click()
        box = page.locator("dialog[open]")
        assert box.get_by_label("What is wrong?").input_value() == "It counts\nwrongly."
        box.get_by_label("The right source, if you know it").fill("Sea tables")
        box.get_by_role("button", name="Send").click()
        page.wait_for_selector("dialog", state="detached")
        (judged,) = store.verdicts()  # in the place of the one before, with its words
        assert (judged.verdict.verdict, judged.marker) == ("wrong-source", 2)
        assert judged.verdict.expected == "Two <b>of them</b>"
        assert judged.verdict.comment.replace("\r\n", "\n") == "It counts\nwrongly."
        assert judged.verdict.source == Corrected(named="Sea tables")
        assert pressed(page) == ["Wrong source"]
        assert page.locator("#s0-2 [aria-pressed=true]").count() == 1

        # The owner deletes it meanwhile: taking it back leaves nothing pressed.
        assert store.delete_verdicts([judged.verdict.id]) == 1
        page.locator("#s0-2").get_by_role("button", name="Wrong source").click()
        told(page, "Taken back.")
        assert pressed(page) == []
        seen.expect("404")


def test_a_server_that_stores_nothing_offers_only_what_it_can(
    chromium: Browser, serve_chat: Callable[..., Served]
):
    with opened(chromium, serve_chat(ScriptedPipeline())) as (page, _):
        answered(page, TIDE_QUESTION)
        page.locator("a.cite").first.click()
        shown = page.locator(".fn-act:visible").all_inner_texts()
        assert shown == ["Copy", "Ask again"]


def test_a_restarted_server_says_that_it_no_longer_holds_the_answer(chromium: Browser, store: ReaderStore):
    first = served(ScriptedPipeline(), examples=[], store=store)
    with opened(chromium, first) as (page, seen):
        answered(page, TIDE_QUESTION)
        first.close()
        page.get_by_role("button", name="Good").click()
        told(page, "The server does not answer.")
        pipeline = ScriptedPipeline()
        second = served(pipeline, examples=[], store=store, port=int(first.url.rsplit(":", 1)[1]))
        try:
            for button in ("Good", "Share"):
                page.get_by_role("button", name=button).click()
                told(page, FORGOTTEN)
            assert pressed(page) == []
            assert store.verdicts() == []
            reload(page, seen)
            page.wait_for_selector(".fn-answer")
            page.get_by_role("button", name="Ask again").click()
            wait_until(page, lambda: len(pipeline.asked) == 1)
            page.wait_for_selector(STOP, state="detached")
            page.wait_for_selector(SEND)
            page.get_by_role("button", name="Good").click()
            told(page, "Thank you.")
            assert len(store.verdicts()) == 1
        finally:
            second.close()
        seen.console = [
            line for line in seen.console if "Failed to load resource" not in line and "ERR_" not in line
        ]


def test_a_shared_answer_opens_for_others_until_it_is_taken_away(
    chromium: Browser, serve_chat: Callable[..., Served], store: ReaderStore
):
    served = serve_chat(ScriptedPipeline(), store=store)
    with opened(chromium, served) as (page, _):
        answered(page, TIDE_QUESTION)
        page.get_by_role("button", name="Share").click()
        box = page.locator("dialog[open]")
        address = box.get_by_label("Link to this answer").last.input_value()
        assert address.startswith(served.url + "/answers/")
        other = chromium.new_context()
        try:
            reader = other.new_page()
            answer = reader.goto(address)
            assert answer is not None
            assert answer.status == 200
            assert TIDE_QUESTION in reader.inner_text("h1")
            assert "The Bay of Fundy has a tidal range of up to 16 metres." in reader.inner_text("main")
            box.get_by_role("button", name="Stop sharing").click()
            told(page, "The link no longer works.")
            assert page.locator("dialog").count() == 0
            gone = reader.reload()
            assert gone is not None
            assert gone.status == 404
            assert "16 metres" not in reader.inner_text("body")
        finally:
            other.close()
        assert store.count_shares() == 0


def test_a_copied_answer_is_markdown_with_its_footnotes(
    chromium: Browser, serve_chat: Callable[..., Served], store: ReaderStore
):
    quoted = "“The *Bay* of [Fundy],” he said, has `up` to 16 metres."
    article = make_article(
        "tides",
        "Tides # more",
        f"Coasts see two high tides a day. {quoted}",
        url="https://example.org/tides_(sea)",
    )
    passage = make_passage(article)
    answer = make_answer(
        TIDE_QUESTION,
        [
            ("Most coasts have two high tides a day.", "draft", [make_citation(1, passage, "two high tides a day")]),
            (quoted, "quote", [make_citation(2, passage, quoted)]),
        ],
        [passage],
    )  # fmt: skip
    served = serve_chat(ScriptedPipeline({TIDE_QUESTION: answer}, articles=[article]), store=store)
    allowed: dict[str, Any] = {"permissions": ["clipboard-read", "clipboard-write"]}
    with opened(chromium, served, **allowed) as (page, seen):
        answered(page, TIDE_QUESTION)
        page.get_by_role("button", name="Copy").click()
        told(page, "Copied with its footnotes.")
        escaped = "‘The \\*Bay\\* of \\[Fundy\\],’ he said, has \\`up\\` to 16 metres."
        named = "[Tides \\# more](https://example.org/tides_%28sea%29), 1 May 2024 · example.org"
        assert page.evaluate("navigator.clipboard.readText()") == (
            "Most coasts have two high tides a day.[^1]\n\n"
            f"> “{escaped}”[^2]\n>\n> — Tides \\# more · 1 May 2024\n\n"
            f"[^1]: “two high tides a day” {named}\n\n"
            f"[^2]: “{escaped}” {named}\n"
        )
        page.get_by_role("button", name="Share").click()
        page.locator("dialog[open]").get_by_role("button", name="Copy").click()
        told(page, "Copied.")
        link = page.evaluate("navigator.clipboard.readText()")
        assert link == page.locator("dialog[open] input").input_value()
        tab = visit(page.context, served, seen)  # where there is no clipboard to write to, the old way
        tab.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        tab.bring_to_front()
        answered(tab, TIDE_QUESTION)
        tab.get_by_role("button", name="Copy").click()
        told(tab, "Copied with its footnotes.")
        page.bring_to_front()
        assert page.evaluate("navigator.clipboard.readText()").startswith("Most coasts have")
