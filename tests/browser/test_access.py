"""The chat page for everyone: with a keyboard, a screen reader, in three languages, on narrow and wide pages."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag.schema import Searching, Sentence
from tests.browser.serving import Served
from tests.browser.visiting import BOX, SEND, STOP, Held, answered, ask, finished, opened, visit
from tests.fakes import (
    LENS_QUESTION,
    TIDE_QUESTION,
    ScriptedPipeline,
    make_answer,
    make_article,
    make_citation,
    make_passage,
    shelf_answers,
)
from ui.desk import Waiting
from ui.language import table
from ui.readers.store import STORE_FILE, ReaderStore
from ui.render import Look, View, advance, draw

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

UNKNOWN = "Who is the president of France?"
WIDTHS = (390, 1280, 1440)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReaderStore]:
    kept = ReaderStore(tmp_path / STORE_FILE, 0)
    yield kept
    kept.close()


def dialogs(page: Page) -> Iterator[str]:
    """Opens each dialog of an answered page in turn; it is closed after the caller looked at it."""
    for button in (".fn-old", ".fn-only", ".fn-share", ".fn-down"):
        page.locator(button).last.click()
        page.wait_for_selector("dialog[open]")
        yield button
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")


# ---- axe and layouts --------------------------------------------------------------------------


def no_barrier(page: Page, state: str, part: str | None = None) -> None:
    """axe finds nothing in the page, or that part of it, light and dark, narrow and wide, and nothing has to be
    scrolled sideways."""
    from axe_playwright_python.sync_playwright import Axe

    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(
                "(dark) => document.body.classList.contains('dark') === dark", arg=scheme == "dark"
            )
            found = Axe().run(page, context=part).response["violations"]
            assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], (state, width, scheme)
        fits(page, state)


def fits(page: Page, state: str) -> None:
    """Nothing is wider than the page, and nothing in a dialog reaches beyond it."""
    width = page.evaluate("innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, (state, width)
    assert page.evaluate("document.querySelector('#chat .panel-wrap')?.scrollWidth ?? 0") <= width
    outside = page.evaluate(
        """() => { const box = document.querySelector("dialog[open]");
            const edge = box ? box.getBoundingClientRect() : { left: 0, right: innerWidth };
            if (edge.left < 0 || edge.right > innerWidth) return ["the dialog"];
            return [...(box?.querySelectorAll("*") ?? [])].filter((one) => {
                const own = one.getBoundingClientRect();
                return own.width && one.id !== "fn-status" && (own.left < edge.left || own.right > edge.right);
            }).map((one) => one.outerHTML.slice(0, 80)); }"""
    )
    assert outside == [], (state, width)


def test_no_barrier_on_the_page_in_any_state(
    chromium: Browser, serve_chat: Callable[..., Served], store: ReaderStore
):
    pipeline = Held()
    served = serve_chat(pipeline, examples=[LENS_QUESTION, TIDE_QUESTION], concurrency=1, store=store)
    with opened(chromium, served, bypass_csp=True) as (page, seen):
        page.wait_for_selector(".example")
        no_barrier(page, "empty")
        answered(page, TIDE_QUESTION)
        page.locator("a.cite").last.click()
        no_barrier(page, "sources open")
        answered(page, UNKNOWN)
        page.locator("summary").last.click()
        no_barrier(page, "abstained")
        for button in dialogs(page):
            no_barrier(page, button, "dialog")
        other = visit(page.context, served, seen)
        pipeline.go[LENS_QUESTION] = threading.Event()
        ask(other, LENS_QUESTION)
        ask(page, TIDE_QUESTION)
        page.wait_for_selector("text=your question is the next one")
        no_barrier(page, "waiting")
        pipeline.go[LENS_QUESTION].set()
        finished(page)


def test_sources_stand_beside_the_answer_where_there_is_room(
    chromium: Browser, serve_chat: Callable[..., Served], store: ReaderStore
):
    long = make_article("long", "A title of some words " * 6, "Short words. " + "The long way round. " * 200)
    passage = make_passage(long)
    cited = [make_citation(n, passage, "Short words.") for n in range(1, 6)]
    answer = make_answer(
        "Long?", [("Word after word of it. " * 4, "draft", [one]) for one in cited], [passage], standalone="Long so?"
    )  # fmt: skip
    pipeline = ScriptedPipeline({"Long?": answer}, articles=[long])
    with opened(chromium, serve_chat(pipeline, store=store), width=1440, height=900) as (page, _):
        answered(page, "Long?")
        page.locator("a.cite").first.click()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            sources = page.locator("details.fn-sources").bounding_box()
            text = page.locator(".fn-draft").bounding_box()
            acts = page.locator(".fn-acts").bounding_box()
            asked = page.locator(".fn-question").bounding_box()
            box = page.locator("#question .input-container").bounding_box()
            assert sources
            assert text
            assert acts
            assert asked
            assert box
            beside = sources["x"] >= text["x"] + text["width"]
            assert beside == (width >= 1280)
            if beside:
                for one in (text, acts, asked, box):
                    assert one["x"] + one["width"] <= sources["x"]
                assert abs(sources["y"] - page.evaluate("document.querySelector('.fn-answer').firstElementChild.getBoundingClientRect().y")) < 4  # fmt: skip
            else:
                assert sources["y"] >= text["y"] + text["height"]
                assert acts["y"] >= sources["y"] + sources["height"]
            assert box["y"] + box["height"] <= 900
            fits(page, "sources")
        page.locator("a.cite").last.click()  # the last card comes into view in its own column
        page.wait_for_function(
            """() => { const card = document.querySelector("#s0-5 mark").getBoundingClientRect();
            return card.top >= 0 && card.bottom <= document.querySelector("#question").getBoundingClientRect().top }"""
        )


@pytest.mark.parametrize("width", [390, 1280])
def test_the_tools_stand_on_one_line(chromium: Browser, serve_chat: Callable[..., Served], width: int):
    with opened(chromium, serve_chat(ScriptedPipeline()), width=width) as (page, _):
        page.wait_for_selector(".fn-articles")
        words = page.evaluate(
            """() => [...document.querySelectorAll(".fn-tool")].map((one) => {
                const range = document.createRange();
                range.selectNodeContents(one);
                return [range.getBoundingClientRect().top, one.getBoundingClientRect().top]; })"""
        )
        assert len(words) == 4
        assert len({tuple(one) for one in words}) == 1, words


# ---- keyboard ---------------------------------------------------------------------------------

FOCUS = """() => { const one = document.activeElement;
    if (!one || one === document.body) return "nothing";
    const drawn = (element) => { const style = getComputedStyle(element);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"; };
    // The question's box shows the focus around its whole frame, which always has a shadow: its ring is looked for.
    const frame = one.closest("#question .input-container");
    const seen = drawn(one) || (frame && /0px 0px 0px 1px/.test(getComputedStyle(frame).boxShadow));
    const label = one.getAttribute("aria-label") || one.innerText || one.placeholder || one.value || one.tagName;
    return (seen ? "" : "unseen: ") + label.trim(); }"""


def focus(page: Page) -> str:
    """What has the focus, by its name; the test fails where it cannot be seen."""
    name = page.evaluate(FOCUS)
    assert name != "nothing"
    assert not name.startswith("unseen: "), name
    return name


def tab_to(page: Page, name: str, most: int = 40, key: str = "Tab") -> None:
    """Presses Tab until something of this name has the focus; everything on the way shows it."""
    passed = []
    for _ in range(most):
        page.keyboard.press(key)
        passed.append(page.evaluate(FOCUS))
        assert not passed[-1].startswith("unseen: "), passed[-1]
        if passed[-1] == name:
            return
    raise AssertionError(f"{name!r} is not reached: {passed}")


def test_everything_is_done_with_the_keyboard_alone(
    chromium: Browser, serve_chat: Callable[..., Served], store: ReaderStore
):
    pipeline = ScriptedPipeline()
    served = serve_chat(pipeline, examples=[TIDE_QUESTION, LENS_QUESTION], store=store)
    with opened(chromium, served) as (page, _):
        page.wait_for_selector(".example")
        tab_to(page, TIDE_QUESTION)
        page.keyboard.press("Enter")
        page.wait_for_selector("a.cite")
        finished(page)
        assert page.inner_text(".fn-question") == TIDE_QUESTION
        tab_to(page, "Footnote 1")
        page.keyboard.press("Enter")
        assert focus(page) == "Source 1"
        assert page.locator("#s0-1 mark").is_visible()
        tab_to(page, "Open in article", 3)
        page.keyboard.press("Escape")
        assert focus(page) == "Footnote 1"
        assert not page.locator("#s0-1").is_visible()

        tab_to(page, "Conversations", key="Shift+Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog[open]")
        assert focus(page) == "Close"
        tab_to(page, "Export", 5)
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        assert focus(page) == "Conversations"

        tab_to(page, "Filter", 3)
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog[open] form")
        tab_to(page, "Use this filter", 20)
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog", state="detached")
        assert focus(page) == "Filter"

        tab_to(page, "Bad")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog[open] form")
        tab_to(page, "Skip", 5)
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog", state="detached")
        assert focus(page) == "Bad"

        tab_to(page, "Your question")
        page.keyboard.type(LENS_QUESTION)
        page.keyboard.press("Enter")
        page.locator('a.cite[href="#s1-1"]').wait_for()
        finished(page)
        assert focus(page) == "Your question"
        assert [asked[0] for asked in pipeline.asked] == [TIDE_QUESTION, LENS_QUESTION]


def test_the_focus_is_not_lost_when_its_button_goes_away(
    chromium: Browser, serve_chat: Callable[..., Served]
):
    answer = shelf_answers()[TIDE_QUESTION]
    endless = [Searching(), *[Sentence("Twice a day.", "draft", answer.citations[:1])] * 900]
    pipeline = ScriptedPipeline({TIDE_QUESTION: endless}, delay=0.1)
    served = serve_chat(pipeline, examples=[TIDE_QUESTION])
    with opened(chromium, served) as (page, _):
        page.locator(".example").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("a.cite")
        assert focus(page) == "Your question"
        page.locator(STOP).focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(SEND)
        assert focus(page) == "Your question"
        page.locator(".fn-new").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-welcome")
        assert focus(page) == "Your question"
        page.locator(".fn-old").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog[open]")
        tab_to(page, "Delete", 5)
        page.keyboard.press("Enter")
        assert focus(page) == "Undo"
        page.keyboard.press("Enter")
        assert focus(page) == TIDE_QUESTION
        tab_to(page, "Delete", 3)
        page.keyboard.press("Enter")
        assert focus(page) == "Undo"
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        assert focus(page) == "Conversations"
        page.locator(".fn-only").click()
        page.fill("dialog [name=since]", "2023-01-01")
        page.locator("dialog .fn-main").click()
        page.locator(".fn-active button").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-active", state="detached")
        assert focus(page) == "Filter"


# ---- languages --------------------------------------------------------------------------------

TEXTS = """() => { const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) { const parent = walk.currentNode.parentElement;
        if (!parent.closest("script, style, noscript") && parent.checkVisibility()) found.push(walk.currentNode.textContent); }
    for (const one of document.querySelectorAll("[aria-label], [placeholder], [title]"))
        if (one.checkVisibility()) for (const name of ["aria-label", "placeholder", "title"])
            if (one.hasAttribute(name)) found.push(one.getAttribute(name));
    return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean); }"""


FRAMEWORKS = re.compile(r"(?i)\b(chatbot|select example|submit|loading)\b")


def no_english(page: Page, language: str, state: str) -> None:
    """None of the interface's own texts stands there in English."""
    english = {text: said for text, said in table(language).items() if said != text}
    wholly = {text for text in english if "{" not in text}
    filled = [re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(text))) for text in english if "{" in text]
    filled = [one for one in filled if re.search(r"[a-z]{3}", one.pattern)]
    left = [
        text
        for text in page.evaluate(TEXTS)
        if text in wholly or any(one.fullmatch(text) for one in filled) or FRAMEWORKS.search(text)
    ]
    assert left == [], state


SPOKEN = {
    "de": {
        "placeholder": "Fragen Sie etwas zu den Artikeln",
        "header": "3 Artikel, der neueste vom 1. Mai 2024",
        "day": "12. November 2023",
        "only": "Nur: 1. Januar 2023 – 31. Dezember 2023",
        "waiting": "Bitte warten: Ihre Frage ist die nächste…",
        "stopped": "Angehalten.",
        "talks": "Gespräche",
        "order": "Der erste Tag liegt nach dem letzten: bitte vertauschen.",
    },
    "es": {
        "placeholder": "Haga una pregunta sobre los artículos",
        "header": "3 artículos, el más reciente del 1 de mayo de 2024",
        "day": "12 de noviembre de 2023",
        "only": "Solo: 1 de enero de 2023 – 31 de diciembre de 2023",
        "waiting": "En espera: su pregunta es la siguiente…",
        "stopped": "Detenido.",
        "talks": "Conversaciones",
        "order": "El primer día es posterior al último: intercambie las fechas.",
    },
}


@pytest.mark.parametrize("language", ["de", "es"])
def test_the_first_moment_is_in_the_readers_language(
    chromium: Browser, serve_chat: Callable[..., Served], language: str
):
    pipeline = ScriptedPipeline()
    served = serve_chat(pipeline, examples=[LENS_QUESTION], collections={"sea": pipeline, "land": pipeline})
    # No event reaches the server: what stands there is what the page itself brought.
    quiet = lambda context: context.route("**/gradio_api/**", lambda route: None)  # noqa: E731
    with opened(chromium, served, locale=language, path="/chat/?collection=land", prepare=quiet) as (page, _):
        assert SPOKEN[language]["header"] in page.inner_text(".fn-collection")
        assert "land" in page.inner_text(".fn-collection")
        assert page.inner_text(".fn-hello") == table(language)["Ask the articles"]
        assert page.get_attribute(BOX, "placeholder") == SPOKEN[language]["placeholder"]
        page.wait_for_selector(f'[role="log"][aria-label="{table(language)["Conversation"]}"]')
        no_english(page, language, "the first moment")


@pytest.mark.parametrize(
    ("locale", "path", "language"),
    [("de-AT", "/", "de"), ("de-DE", "/chat/?lang=es", "es")],
    ids=["the browser's", "the address's"],
)
def test_the_page_speaks_the_readers_language_throughout(
    chromium: Browser,
    serve_chat: Callable[..., Served],
    store: ReaderStore,
    locale: str,
    path: str,
    language: str,
):
    said = SPOKEN[language]
    pipeline = Held()
    served = serve_chat(
        pipeline, concurrency=1, store=store, max_question_chars=100, examples=[LENS_QUESTION]
    )
    with opened(chromium, served, path=path, locale=locale) as (page, seen):
        page.get_by_text(said["header"]).wait_for()
        page.get_by_text(table(language)["Ask the articles"], exact=True).wait_for()
        assert page.evaluate("document.documentElement.lang") == language
        assert page.get_attribute(BOX, "placeholder") == said["placeholder"]
        no_english(page, language, "empty")
        answered(page, TIDE_QUESTION)
        page.locator("a.cite").last.click()
        assert said["day"] in page.inner_text("#s0-2")
        assert said["day"] in page.inner_text(".fn-from")
        no_english(page, language, "answered")
        answered(page, "why " * 40)
        answered(page, UNKNOWN)
        page.locator("summary").last.click()
        no_english(page, language, "refused and abstained")
        for button in dialogs(page):
            no_english(page, language, button)
            if button == ".fn-old":
                assert page.inner_text("dialog h2") == said["talks"]
            if button == ".fn-only":
                page.fill("dialog [name=since]", "2024-01-01")
                page.fill("dialog [name=until]", "2023-01-01")
                page.locator("dialog .fn-main").click()
                assert page.inner_text("dialog [role=alert]") == said["order"]
        page.locator(".fn-only").click()
        page.fill("dialog [name=since]", "2023-01-01")
        page.fill("dialog [name=until]", "2023-12-31")
        page.locator("dialog .fn-main").click()
        assert page.locator(".fn-active span").inner_text() == said["only"]
        other = visit(page.context, served, seen, path)
        pipeline.go[LENS_QUESTION] = threading.Event()
        ask(other, LENS_QUESTION)
        ask(page, TIDE_QUESTION)
        page.get_by_text(said["waiting"]).wait_for()
        no_english(page, language, "waiting")
        page.locator(STOP).click()
        page.wait_for_selector(SEND)
        assert page.locator(".fn-note").last.inner_text() == said["stopped"]
        pipeline.go[LENS_QUESTION].set()
        page.fill(BOX, "  ")
        page.press(BOX, "Enter")
        page.wait_for_function("(said) => document.querySelector('#question textarea').placeholder !== said", arg=said["placeholder"])  # fmt: skip
        no_english(page, language, "stopped, and nothing typed")


def test_one_question_before_the_readers_is_one():
    assert "one question comes" in draw(advance(View(), Waiting(2)), Look())
    assert "2 questions come" in draw(advance(View(), Waiting(3)), Look())
