"""The chat page as a reader meets it, in a real Chromium, over a scripted pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from index.errors import ModelUnreachable
from rag.schema import Checking, Failed, Retrieved, Searching, Sentence
from tests.browser.serving import Served
from tests.browser.visiting import BOX, SEND, STOP, ask, finished, opened, reload, wait_until
from tests.fakes import (
    ABSTAIN_TEXT,
    LENS_QUESTION,
    SHELF,
    TIDE_QUESTION,
    ScriptedPipeline,
    events_of,
    make_answer,
    make_article,
    make_citation,
    make_passage,
    shelf_answers,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_page_loads_within_its_policy_and_talks_to_its_own_host_only(
    chromium: Browser, serve_chat: Callable[..., Served]
):
    served = serve_chat(ScriptedPipeline(), title="Sea and light", examples=[LENS_QUESTION])
    with opened(chromium, served) as (page, seen):
        assert page.url == served.url + "/chat/"
        assert page.title() == "Sea and light"
        assert page.inner_text("h1") == "Sea and light"
        assert page.inner_text(".fn-collection") == "3 articles, newest 1 May 2024"
        ask(page, LENS_QUESTION)
        finished(page)
        assert seen.console == []
        reload(page, seen)
        page.wait_for_selector(".fn-answer")  # what was said is kept
        ask(page, TIDE_QUESTION)
        finished(page)
        assert seen.console == []
        assert seen.hosts == {urlsplit(served.url).netloc}


def test_answer_grows_sentence_by_sentence(chromium: Browser, serve_chat: Callable[..., Served]):
    pipeline = ScriptedPipeline(delay=0.4)
    with opened(chromium, serve_chat(pipeline)) as (page, _):
        page.evaluate(
            """() => { window.states = []; new MutationObserver(() => {
                const text = document.querySelector('.fn-answer')?.innerText ?? '';
                if (text && window.states.at(-1) !== text) window.states.push(text);
            }).observe(document.body, {childList: true, subtree: true, characterData: true}); }"""
        )
        ask(page, TIDE_QUESTION)
        finished(page)
        states: list[str] = page.evaluate("window.states")
    first, last = "two high tides a day", "16 metres"
    assert "Searching the articles…" in states[0]
    assert any("Checking each sentence" in s for s in states)
    assert any(first in s and last not in s for s in states)
    assert last in states[-1]
    assert "Checking" not in states[-1]


def test_chip_opens_the_quoted_words_and_focus_goes_there_and_back(
    chromium: Browser, serve_chat: Callable[..., Served]
):
    with opened(chromium, serve_chat(ScriptedPipeline())) as (page, _):
        ask(page, TIDE_QUESTION)
        finished(page)
        assert page.locator("details.fn-sources").get_attribute("open") is None
        chip = page.get_by_label("Footnote 2")
        chip.focus()
        page.keyboard.press("Enter")
        card = page.locator("#s0-2")
        assert card.is_visible()
        assert page.evaluate("document.activeElement.id") == "s0-2"
        assert card.locator("mark").inner_text() == "The Bay of Fundy has a tidal range of up to 16 metres."
        assert "Why the sea rises and falls" in card.inner_text()
        assert "12 November 2023" in card.inner_text()
        assert card.locator(".fn-title a").get_attribute("href") == "https://example.org/tides"
        reader = card.locator("a.fn-open").get_attribute("href")
        start = SHELF[1].text.index("The Bay of Fundy")
        assert reader == f"/articles/tides?from={start}&to={len(SHELF[1].text)}#mark"
        page.keyboard.press("Escape")
        assert not card.is_visible()
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#s0-2"
        box = chip.bounding_box()
        assert box is not None
        assert box["width"] >= 24
        assert box["height"] >= 24


def test_a_second_answer_has_its_own_sources(chromium: Browser, serve_chat: Callable[..., Served]):
    pipeline = ScriptedPipeline()
    with opened(chromium, serve_chat(pipeline)) as (page, _):
        ask(page, TIDE_QUESTION)
        finished(page)
        ask(page, LENS_QUESTION)
        page.wait_for_selector("#s1")
        finished(page)
        page.locator('a.cite[href="#s1-1"]').click()
        assert "Fresnel" in page.locator("#s1-1 mark").inner_text()
    history = pipeline.asked[1][1]
    assert [(turn.question, turn.answer) for turn in history] == [
        (
            TIDE_QUESTION,
            "Most coasts have two high tides a day. The Bay of Fundy has a tidal range of up to 16 metres.",
        )
    ]


def test_abstaining_offers_the_nearest_passages_and_no_footnotes(
    chromium: Browser, serve_chat: Callable[..., Served]
):
    with opened(chromium, serve_chat(ScriptedPipeline())) as (page, _):
        ask(page, "Who is the president of France?")
        finished(page)
        assert page.inner_text(".fn-abstained") == ABSTAIN_TEXT
        assert page.locator("a.cite").count() == 0
        page.click("summary")
        assert page.locator("li.fn-card").count() == 3
        assert page.locator("mark").count() == 0


def test_stop_closes_the_answer_in_the_server_and_the_page_goes_on(
    chromium: Browser, serve_chat: Callable[..., Served]
):
    answer = shelf_answers()[TIDE_QUESTION]
    sentence = Sentence("Most coasts have two high tides a day.", "draft", answer.citations[:1])
    endless = [Searching(), Retrieved(answer.passages), Checking(), *[sentence] * 400]
    pipeline = ScriptedPipeline(
        {TIDE_QUESTION: endless, LENS_QUESTION: shelf_answers()[LENS_QUESTION]}, delay=0.1
    )
    with opened(chromium, serve_chat(pipeline)) as (page, _):
        ask(page, TIDE_QUESTION)
        page.wait_for_selector("a.cite")
        page.get_by_label("Stop the answer").click()
        page.wait_for_selector(SEND)
        assert "Stopped." in page.inner_text(".fn-answer .fn-note")
        wait_until(page, lambda: pipeline.closed == 1)
        ask(page, LENS_QUESTION)
        page.wait_for_selector("#s1")
        assert "1823" in page.locator(".fn-answer").nth(1).inner_text()


def test_closing_the_tab_frees_the_answer(chromium: Browser, serve_chat: Callable[..., Served]):
    answer = shelf_answers()[TIDE_QUESTION]
    endless = [Searching(), *[Sentence("Twice a day.", "draft", answer.citations[:1])] * 900]
    pipeline = ScriptedPipeline({TIDE_QUESTION: endless}, delay=0.1)
    served = serve_chat(pipeline)
    with opened(chromium, served) as (page, _):
        ask(page, TIDE_QUESTION)
        page.wait_for_selector("a.cite")
    with opened(chromium, served) as (page, _):
        wait_until(page, lambda: pipeline.closed == 1)


@pytest.mark.parametrize("by", ["Enter", "Send"])
def test_the_next_question_stops_the_answer_under_way_and_keeps_what_stands(
    chromium: Browser, serve_chat: Callable[..., Served], by: str
):
    answer = shelf_answers()[TIDE_QUESTION]
    sentence = Sentence("Most coasts have two high tides a day.", "draft", answer.citations[:1])
    endless = [Searching(), sentence, *[Checking()] * 900]
    script = {TIDE_QUESTION: endless, LENS_QUESTION: shelf_answers()[LENS_QUESTION]}
    pipeline = ScriptedPipeline(script, delay=0.1)
    with opened(chromium, serve_chat(pipeline)) as (page, seen):
        ask(page, TIDE_QUESTION)
        page.press(BOX, "Enter")  # with nothing typed it means nothing
        page.wait_for_selector("a.cite")
        assert page.locator(STOP).is_visible()
        assert not page.locator(SEND).is_visible()
        page.locator(BOX).press_sequentially(LENS_QUESTION)
        assert page.locator(STOP).is_visible()  # as long as nothing is sent the answer goes on
        assert page.locator(".fn-live").count() == 1
        if by == "Enter":
            page.press(BOX, "Enter")
        else:
            page.locator(SEND).click()
        page.wait_for_selector('a.cite[href="#s1-1"]')
        finished(page)
        wait_until(page, lambda: pipeline.closed == 1)
        assert page.input_value(BOX) == ""
        for _ in range(2):
            assert page.locator(".fn-question").all_inner_texts() == [TIDE_QUESTION, LENS_QUESTION]
            stopped, second = page.locator(".fn-answer").all_inner_texts()
            assert stopped.startswith("Most coasts have two high tides a day.")
            assert "Stopped. What is shown above was checked" in stopped
            assert "1823" in second
            reload(page, seen)  # both are kept as they stood
            page.wait_for_selector('a.cite[href="#s1-1"]')
        assert [turn.question for turn in pipeline.asked[1][1]] == [TIDE_QUESTION]


def test_example_question_is_asked_with_a_click(chromium: Browser, serve_chat: Callable[..., Served]):
    with opened(chromium, serve_chat(ScriptedPipeline(), examples=[TIDE_QUESTION, LENS_QUESTION])) as (
        page,
        _,
    ):
        page.get_by_text(LENS_QUESTION).click()
        page.wait_for_selector("a.cite")
        finished(page)
        assert page.inner_text(".fn-question") == LENS_QUESTION
        assert "1823" in page.inner_text(".fn-quote")


def test_retry_asks_the_same_question_again(chromium: Browser, serve_chat: Callable[..., Served]):
    pipeline = ScriptedPipeline()
    with opened(chromium, serve_chat(pipeline)) as (page, _):
        ask(page, LENS_QUESTION)
        finished(page)
        page.locator(".fn-again").click()
        wait_until(page, lambda: len(pipeline.asked) == 2)
        finished(page)
        assert [asked[0] for asked in pipeline.asked] == [LENS_QUESTION, LENS_QUESTION]
        assert pipeline.asked[1][1] == ()
        assert page.locator(".fn-answer").count() == 1


def test_failures_are_one_line_and_the_page_goes_on(chromium: Browser, serve_chat: Callable[..., Served]):
    quoted = shelf_answers()[LENS_QUESTION]
    failing = [Failed("The model server does not answer", "Start it and ask again."), *events_of(quoted)]
    pipeline = ScriptedPipeline({LENS_QUESTION: failing})
    with opened(chromium, serve_chat(pipeline, max_question_chars=100)) as (page, _):
        ask(page, LENS_QUESTION)
        finished(page)
        assert page.inner_text(".fn-failed") == "The model server does not answer. Start it and ask again."
        assert page.locator("a.cite").count() == 1
        ask(page, "why " * 30)
        page.wait_for_selector("text=The question has 119 characters; the limit is 100.")
        assert page.input_value(BOX) == "why " * 30, "what was typed stays, to be mended"
        pipeline.error = ModelUnreachable("the model server at port 1 is down", "footnote doctor")
        page.wait_for_selector(SEND)
        ask(page, TIDE_QUESTION)
        page.wait_for_selector("text=the model server at port 1 is down. footnote doctor")
        page.wait_for_selector(SEND)
        page.fill(BOX, "   ")
        page.press(BOX, "Enter")
        page.get_by_placeholder("Type a question first").wait_for()
        assert page.locator(".fn-question").count() == 3
        assert "Traceback" not in page.inner_text("body")


def test_a_full_queue_says_so(chromium: Browser, serve_chat: Callable[..., Served]):
    pipeline = ScriptedPipeline(delay=1.5)
    served = serve_chat(pipeline, concurrency=1, queue_size=1)
    with (
        opened(chromium, served) as (one, _),
        opened(chromium, served) as (two, _),
        opened(chromium, served) as (three, _),
    ):
        ask(one, TIDE_QUESTION)
        wait_until(one, lambda: len(pipeline.asked) == 1)
        ask(two, TIDE_QUESTION)
        two.wait_for_timeout(500)
        ask(three, TIDE_QUESTION)
        three.wait_for_selector("text=Too many questions are waiting")
        three.wait_for_selector(SEND)


def test_hostile_article_and_question_are_shown_as_text(chromium: Browser, serve_chat: Callable[..., Served]):
    words = (
        "<img src=x onerror=alert(1)> **bold** $$x$$ <form action=//evil.test><input></form> [99] | a | b |"
    )
    article = make_article(
        "bad", "<script>alert(1)</script> *T*", f"Before. {words} After.", url="javascript:alert(1)"
    )
    passage = make_passage(article)
    question = "Is <b>this</b> `code` or **bold**?"
    answer = make_answer(question, [(words, "quote", [make_citation(1, passage, words)])], [passage])
    pipeline = ScriptedPipeline({question: answer}, articles=[article, *SHELF])
    with opened(chromium, serve_chat(pipeline, title="<b>Sea</b>", examples=[question])) as (page, seen):
        assert page.inner_text("h1") == "<b>Sea</b>"
        ask(page, question)
        finished(page)
        page.locator("a.cite").click()
        assert page.inner_text(".fn-question") == question
        assert words in page.inner_text("#s0-1 mark")
        assert "<script>alert(1)</script> *T*" in page.inner_text("#s0-1")
        assert (
            page.locator(
                "#chat form, #chat img, #chat strong, #chat .katex, #s0-1 a:not(.fn-open), #chat table"
            ).count()
            == 0
        )
        assert page.locator("a.cite").count() == 1
        assert seen.console == []


def test_a_long_conversation_keeps_the_new_question_and_the_opened_card_in_view(
    chromium: Browser, serve_chat: Callable[..., Served]
):
    with opened(chromium, serve_chat(ScriptedPipeline()), width=390, height=600) as (page, _):
        for _ in range(4):
            ask(page, TIDE_QUESTION)
            finished(page)
        page.wait_for_timeout(300)
        panel = page.locator("#chat .panel-wrap").bounding_box()
        question = page.locator(".fn-question").last.bounding_box()
        assert panel is not None
        assert question is not None
        assert panel["y"] <= question["y"] <= panel["y"] + panel["height"] / 2
        page.locator('a.cite[href="#s3-1"]').click()
        page.wait_for_timeout(800)
        marked = page.locator("#s3-1 mark").bounding_box()
        assert marked is not None
        assert panel["y"] <= marked["y"]
        assert marked["y"] + marked["height"] <= panel["y"] + panel["height"]


def test_phone_has_no_sideways_scrolling(chromium: Browser, serve_chat: Callable[..., Served]):
    long = make_article(
        "long", "T" * 120, "A" * 300 + ". " + "word " * 400, url="https://example.org/" + "x" * 200
    )
    passage = make_passage(long)
    answer = make_answer("Long?", [("A" * 300, "quote", [make_citation(1, passage, "A" * 300)])], [passage])
    pipeline = ScriptedPipeline({"Long?": answer}, articles=[long])
    with opened(chromium, serve_chat(pipeline), width=390, height=844) as (page, _):
        ask(page, "Long?")
        finished(page)
        page.locator("a.cite").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.querySelector('#chat .panel-wrap').scrollWidth") <= 390
        box = page.locator(BOX).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844
