"""The chat on other people's pages: a bubble or a frame, on another site than the chat's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from index.schema import ArticleFilter
from tests.browser.hosts import KINDS, HostPage, plain, strict
from tests.browser.serving import Served, served
from tests.browser.visiting import Held, Seen, wait_until
from tests.fakes import LENS_QUESTION, TIDE_QUESTION
from ui.demo.site import Site, demo_pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Page

pytestmark = pytest.mark.browser

BOX, SEND = "#question textarea", "#question .submit-button"
BUBBLE, PANEL = "footnote-chat button", "footnote-chat div"
WATCH = """
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective + " " + event.blockedURI));
  window.shifts = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) shifts += one.value; }).observe({ type: "layout-shift", buffered: true });
  window.told = [];
  for (const name of ["open", "close", "answer"])
    document.addEventListener("footnote:" + name, (event) => told.push([name, event.detail]));
"""


@contextmanager
def hosted(
    browser: Browser,
    site: Site,
    page: HostPage,
    width: int = 1100,
    height: int = 800,
    script: str = "",
    **options: Any,
) -> Iterator[tuple[Page, Seen]]:
    """A page of another site, opened. At the end nothing was complained about, no policy broken, no cookie set, and
    the page stood still; `Seen.expect` takes out what is meant to be complained about."""
    site.pages["/"], site.headers = ("text/html; charset=utf-8", page.html.encode()), page.headers
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    seen = Seen()
    try:
        context.add_init_script(WATCH + script)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        seen.watch(tab)
        tab.goto(site.origin)
        tab.wait_for_selector(BUBBLE, state="attached")
        yield tab, seen
        for frame in tab.frames:
            if urlsplit(frame.url).netloc:
                assert frame.evaluate("window.violations") == []
                if "data-collection" not in page.html:
                    assert frame.locator(".fn-missing").count() == 0, "none is asked for by mistake"
        assert tab.evaluate("shifts") == 0
        assert seen.console == []
        assert context.cookies() == []
    finally:
        context.close()


def inside(page: Page) -> FrameLocator:
    """The chat in its frame, ready."""
    frame = page.frame_locator("footnote-chat iframe")
    frame.locator(SEND).wait_for()
    return frame


def opened(page: Page) -> FrameLocator:
    """The chat, after a click on the bubble."""
    page.locator(BUBBLE).click()
    return inside(page)


def asked(frame: FrameLocator, question: str) -> None:
    """Asks, and waits for the whole answer."""
    before = frame.locator(".fn-acts").count()
    frame.locator(BOX).fill(question)
    frame.locator(BOX).press("Enter")
    frame.locator(".fn-acts").nth(before).wait_for()
    frame.locator(SEND).wait_for()


def focused(page: Page) -> str:
    """What has the focus: "bubble", "chat", or a tag of the page's."""
    return page.evaluate(
        """() => { const one = document.activeElement; if (one.tagName !== "FOOTNOTE-CHAT") return one.id || one.tagName;
        return one.shadowRoot.activeElement.tagName === "BUTTON" ? "bubble" : "chat"; }"""
    )


@pytest.fixture(scope="module")
def pipeline() -> Held:
    return Held()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    running = Site({})
    yield running
    running.close()


@pytest.fixture(scope="module")
def chat(pipeline: Held, site: Site) -> Iterator[Served]:
    running = served(pipeline, examples=[TIDE_QUESTION], allowed_origins=[site.origin])
    yield running
    running.close()


# ---- the bubble, on every kind of page --------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_bubble_opens_the_chat_and_its_footnotes(chromium: Browser, site: Site, chat: Served, kind: str):
    with hosted(chromium, site, KINDS[kind](chat.url, "")) as (page, seen):
        bubble = page.locator(BUBBLE).bounding_box()
        assert bubble
        assert (bubble["x"], bubble["y"]) == (1100 - 20 - bubble["width"], 800 - 20 - bubble["height"])
        assert bubble["width"] == bubble["height"] > 50
        assert page.locator("footnote-chat").count() == 1
        assert len(page.frames) == 1, "nothing of the chat is loaded before it is opened"
        assert seen.hosts == {urlsplit(site.origin).netloc, urlsplit(chat.url).netloc}
        frame = opened(page)
        assert page.locator(BUBBLE).get_attribute("aria-expanded") == "true"
        panel = page.locator(PANEL).bounding_box()
        assert panel
        assert panel["x"] > 600
        assert panel["y"] >= 0
        assert panel["y"] + panel["height"] <= bubble["y"]
        asked(frame, LENS_QUESTION)
        frame.locator("a.cite").first.click()
        assert frame.locator("#s0-1 mark").inner_text().startswith("Augustin Fresnel's lens")
        assert frame.locator("#s0-1 mark").is_visible()
        page.locator(BUBBLE).click()
        assert not page.locator(PANEL).is_visible()
        page.locator(BUBBLE).click()
        assert frame.locator("#s0-1 mark").is_visible(), "what was said is still there"
        told = [name for name, _ in page.evaluate("told")]
        assert [name for name in told if name != "answer"] == ["open", "close", "open"]


def test_an_article_opens_in_a_tab_of_its_own(chromium: Browser, site: Site, chat: Served):
    with hosted(chromium, site, strict(chat.url)) as (page, _):
        frame = opened(page)
        asked(frame, LENS_QUESTION)
        frame.locator("a.cite").first.click()
        with page.context.expect_page() as tab:
            frame.locator("a.fn-open").first.click()
        assert tab.value.url.startswith(f"{chat.url}/articles/lighthouses?")
        assert tab.value.locator("mark").first.inner_text().startswith("Augustin Fresnel's lens")
        with page.context.expect_page() as tab:
            frame.locator("a.fn-out").click()
        tab.value.wait_for_selector(SEND)
        assert "embed" not in tab.value.url
        assert tab.value.locator(".fn-corner").count() == 0


def test_sentences_come_as_they_are_checked(chromium: Browser, site: Site, chat: Served, pipeline: Held):
    pipeline.go[LENS_QUESTION] = threading.Event()
    try:
        with hosted(chromium, site, plain(chat.url)) as (page, _):
            frame = opened(page)
            frame.locator(BOX).fill(LENS_QUESTION)
            frame.locator(BOX).press("Enter")
            frame.locator(".fn-live").wait_for()
            page.locator(BUBBLE).click()  # it goes on while nobody looks
            pipeline.go[LENS_QUESTION].set()
            page.wait_for_function("told.some(([name]) => name === 'answer')")
            page.locator(BUBBLE).click()
            assert frame.locator("a.cite").count() == 1
    finally:
        pipeline.go.clear()


def test_what_the_tag_says_is_taken_and_nonsense_is_not(chromium: Browser, site: Site, chat: Served):
    said = (
        'data-title="<b>Fragen</b>" data-color="#ffee00" data-position="left" data-theme="dark" data-lang="de" '
        'data-width="500" data-height="400"'
    )
    with hosted(chromium, site, plain(chat.url, said), locale="en-GB") as (page, _):
        frame = opened(page)
        panel, bubble = page.locator(PANEL), page.locator(BUBBLE)
        box = panel.bounding_box()
        assert box
        assert (box["x"], round(box["width"]), round(box["height"])) == (20, 502, 402)
        assert bubble.get_attribute("aria-label") == "<b>Fragen</b>"
        frame.locator("h1", has_text="<b>Fragen</b>").wait_for()
        colours = bubble.evaluate(
            "(one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
        )
        assert colours[0] == "rgb(255, 238, 0)"
        assert colours[1] != "rgb(255, 255, 255)", "its sign is dark on a light bubble"
        assert frame.locator("body.dark").count() == 1
        assert frame.locator(BOX).get_attribute("placeholder") == "Fragen Sie etwas zu den Artikeln"
        assert frame.locator(".fn-shut").get_attribute("aria-label") == "Chat schließen"
    nonsense = (
        'data-color="red;}:host{display:none" data-position="top" data-theme="pink" data-lang="xx" data-width="9e9" '
        'data-height="-5px" data-collection="nowhere" data-filter="nothing:x;javascript:alert(1)"'
    )
    with hosted(chromium, site, plain(chat.url, nonsense), locale="es-ES") as (page, _):
        frame = opened(page)
        box = page.locator(PANEL).bounding_box()
        assert box
        assert box["x"] + box["width"] == 1080
        assert page.locator(BUBBLE).get_attribute("aria-label") == "Pregunte a los artículos"
        assert frame.locator(BOX).get_attribute("placeholder") == "Haga una pregunta sobre los artículos"
        assert not frame.locator(".fn-active").count()


def test_it_fills_a_phone(chromium: Browser, site: Site, chat: Served):
    with hosted(chromium, site, plain(chat.url), 390, 780, has_touch=True, is_mobile=True) as (page, _):
        frame = opened(page)
        page.wait_for_selector("footnote-chat .ready")
        assert page.locator(PANEL).bounding_box() == {"x": -1, "y": -1, "width": 392, "height": 782}
        asked(frame, TIDE_QUESTION)
        frame.locator("a.cite").first.click()
        assert frame.locator("html").evaluate("(one) => one.scrollWidth") == 390
        frame.locator(".fn-shut").click()
        assert not page.locator(PANEL).is_visible()
        assert focused(page) == "bubble"


# ---- what a page may call and hears -----------------------------------------------------------


def test_a_page_asks_and_is_told_the_answer_but_nothing_a_reader_asked(
    chromium: Browser, site: Site, chat: Served, pipeline: Held
):
    with hosted(chromium, site, plain(chat.url)) as (page, _):
        page.evaluate("question => Footnote.ask(question)", LENS_QUESTION)  # before anything is loaded
        frame = inside(page)
        page.wait_for_function("told.some(([name]) => name === 'answer')")
        [answer] = [detail for name, detail in page.evaluate("told") if name == "answer"]
        assert (answer["answered"], answer["footnotes"], answer["question"]) == (True, 1, LENS_QUESTION)
        assert "first lit at Cordouan in 1823" in answer["text"]
        assert "[^1]" in answer["text"]

        asked(frame, TIDE_QUESTION)
        page.wait_for_function("told.filter(([name]) => name === 'answer').length === 2")
        assert page.evaluate("told").pop() == ["answer", {"answered": True, "footnotes": 2}]
        assert pipeline.asked[-1][1], "the reader's question went on with the conversation"

        page.evaluate("question => Footnote.ask(question)", "  Who is he?\n")
        page.wait_for_function("told.filter(([name]) => name === 'answer').length === 3")
        said = page.evaluate("told").pop()[1]
        assert (said["answered"], said["question"]) == (False, "Who is he?")
        assert pipeline.asked[-1][:2] == ("Who is he?", ()), "the page's stands alone"
        assert frame.locator(".user-row").count() == 1
        frame.locator(".fn-menu").click()
        frame.locator(".fn-old").click()
        frame.locator(".fn-talk-open").nth(1).wait_for()
        assert frame.locator(".fn-talk-open").count() == 2, "the reader's conversation is kept"


def test_a_frame_that_loads_itself_anew_asks_nothing_again_and_takes_no_focus(
    chromium: Browser, site: Site, chat: Served, pipeline: Held
):
    with hosted(chromium, site, plain(chat.url)) as (page, seen):
        page.evaluate("question => Footnote.ask(question)", LENS_QUESTION)
        page.wait_for_function("told.some(([name]) => name === 'answer')")
        before = len(pipeline.asked)
        page.evaluate("document.activeElement.blur()")
        page.frames[-1].evaluate("location.reload()")
        page.wait_for_timeout(500)
        inside(page)
        page.wait_for_timeout(1500)
        assert len(pipeline.asked) == before
        assert page.evaluate("document.activeElement === document.body")
        seen.console.clear()  # a page that is left breaks its streams off


def test_nothing_is_asked_by_empty_words_and_an_answer_under_way_is_waited_for(
    chromium: Browser, site: Site, chat: Served, pipeline: Held
):
    pipeline.go[LENS_QUESTION] = threading.Event()
    before = len(pipeline.asked)
    try:
        with hosted(chromium, site, plain(chat.url)) as (page, _):
            page.evaluate("Footnote.ask('  ')")
            frame = inside(page)
            page.evaluate("question => Footnote.ask(question)", LENS_QUESTION)
            frame.locator(".fn-live").wait_for()
            page.evaluate("question => Footnote.ask(question)", TIDE_QUESTION)
            pipeline.go[LENS_QUESTION].set()
            page.wait_for_function("told.filter(([name]) => name === 'answer').length === 2")
            assert [
                one[0] for one in pipeline.asked[before:] if one[0] in (LENS_QUESTION, TIDE_QUESTION)
            ] == [
                LENS_QUESTION,
                TIDE_QUESTION,
            ]
    finally:
        pipeline.go.clear()


def test_escape_closes_it_from_both_sides(chromium: Browser, site: Site, chat: Served):
    with hosted(chromium, site, plain(chat.url)) as (page, _):
        page.locator(BUBBLE).focus()
        page.keyboard.press("Enter")
        frame = inside(page)
        frame.locator(f"{BOX}:focus").wait_for()
        assert focused(page) == "chat"
        frame.locator(".fn-menu").click()
        frame.locator(".fn-only").click()
        frame.locator("dialog[open]").wait_for()
        page.keyboard.press("Escape")  # closes the dialog, and no more
        frame.locator("dialog").wait_for(state="detached")
        assert page.locator(PANEL).is_visible()
        page.keyboard.press("Escape")
        page.wait_for_selector(PANEL, state="hidden")
        assert focused(page) == "bubble"

        page.keyboard.press("Enter")
        page.wait_for_selector(PANEL)
        page.locator("h1").click()
        page.keyboard.press("Escape")
        page.wait_for_selector(PANEL, state="hidden")
        assert focused(page) == "bubble"
        page.evaluate("Footnote.toggle()")
        page.wait_for_selector(PANEL)
        page.locator("#own").click()
        page.evaluate("Footnote.close(); Footnote.close()")
        assert focused(page) == "own", "the page's own field keeps the focus"
        assert [name for name, _ in page.evaluate("told")] == ["open", "close"] * 3


def test_it_can_stand_open_and_takes_no_focus_then(chromium: Browser, site: Site, chat: Served):
    autofocus = "<script>addEventListener('DOMContentLoaded', () => own.focus())</script>"
    with hosted(chromium, site, plain(chat.url, 'data-open="true"', head=autofocus)) as (page, _):
        inside(page)
        assert page.locator(PANEL).is_visible()
        page.wait_for_timeout(300)
        assert focused(page) == "own"


def test_messages_of_others_are_not_heard(chromium: Browser, site: Site, chat: Served, pipeline: Held):
    forger = r"""<script>window.forged = (to) => { const frame = document.createElement("iframe");
        frame.srcdoc = `<script>parent.postMessage({ footnote: "close" }, "*"); parent.postMessage({ footnote: "answer", detail: 1 }, "*")<\/script>`;
        document.body.append(frame); return new Promise((done) => { frame.onload = () => setTimeout(done, 100); }); };</script>"""
    with hosted(chromium, site, plain(chat.url, head=forger)) as (page, _):
        frame = opened(page)
        page.evaluate("forged()")
        page.evaluate("postMessage({ footnote: 'close' }, '*')")
        assert page.locator(PANEL).is_visible()
        before = len(pipeline.asked)
        # The chat hears the page around it only: not itself, not a window that it opened.
        frame.locator("body").evaluate("() => { postMessage({ footnote: 'ask', text: 'Forged?' }, '*'); }")
        page.evaluate("frames.length && frames[0].postMessage({ footnote: 'ask', text: 'Forged?' }, '*')")
        asked(frame, LENS_QUESTION)
        assert [one[0] for one in pipeline.asked[before:] if one[0] == "Forged?"] == []
        page.wait_for_function("told.length > 1")
        assert [name for name, _ in page.evaluate("told")] == ["open", "answer"]


# ---- where it may not show --------------------------------------------------------------------


@pytest.mark.parametrize(("locale", "line"), [("en-GB", "The chat does not open here."), ("de-DE", "Der Chat öffnet sich hier nicht.")])  # fmt: skip
def test_a_site_that_is_not_named_gets_a_line_and_a_way_to_the_chat(
    chromium: Browser, chat: Served, locale: str, line: str
):
    other = Site({})
    try:
        with hosted(chromium, other, plain(chat.url), locale=locale) as (page, seen):
            page.locator(BUBBLE).click()
            link = page.locator("footnote-chat a")
            link.wait_for()
            assert link.inner_text().startswith(line)
            assert not page.locator("footnote-chat iframe").is_visible()
            with page.context.expect_page() as tab:
                link.click()
            tab.value.wait_for_selector(SEND)
            assert tab.value.url.startswith(f"{chat.url}/chat/?lang={locale[:2]}")
            page.keyboard.press("Escape")
            assert not page.locator(PANEL).is_visible()
            seen.expect("frame-ancestors")
    finally:
        other.close()


def test_a_server_that_went_away_gets_the_same_line(chromium: Browser, site: Site, chat: Served):
    with hosted(chromium, site, plain(chat.url)) as (page, seen):
        page.context.route("**/chat/**", lambda route: route.abort())
        page.locator(BUBBLE).click()
        page.locator("footnote-chat a").wait_for()
        assert not page.locator("footnote-chat iframe").is_visible()
        seen.console.clear()
        page.goto("about:blank")
        page.evaluate("window.violations = []; window.shifts = 0")


# ---- about this page only ---------------------------------------------------------------------


def about(chat: Served, setting: str, canonical: str = "https://example.org/tides") -> HostPage:
    head = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    return plain(chat.url, f'data-filter="{setting}"', head=head)


def test_this_article_only_until_the_reader_widens_it(
    chromium: Browser, site: Site, chat: Served, pipeline: Held
):
    with hosted(chromium, site, about(chat, "article")) as (page, _):
        frame = opened(page)
        line = frame.locator(".fn-active")
        line.wait_for()
        assert line.inner_text() == "About this article only: “Why the sea rises and falls” Ask all articles"
        asked(frame, TIDE_QUESTION)
        assert pipeline.only[-1] == ArticleFilter(articles=("tides",))
        line.locator("button").click()
        line.wait_for(state="detached")
        asked(frame, LENS_QUESTION)
        wait_until(page, lambda: pipeline.asked[-1][0] != TIDE_QUESTION)
        assert pipeline.only[-1] is None


def test_the_article_follows_a_page_that_changes_its_address(
    chromium: Browser, site: Site, chat: Served, pipeline: Held
):
    with hosted(chromium, site, about(chat, "article")) as (page, _):
        frame = opened(page)
        asked(frame, TIDE_QUESTION)
        page.evaluate(
            "document.querySelector('link[rel=canonical]').href = 'https://example.org/lighthouses#top'"
        )
        page.evaluate("Footnote.close(); Footnote.open()")
        frame.locator(".fn-active >> text=How lighthouses were lit").wait_for()
        assert frame.locator(".user-row").count() == 0, "that conversation was about another article"
        frame.locator(SEND).wait_for()
        asked(frame, LENS_QUESTION)
        assert pipeline.only[-1] == ArticleFilter(articles=("lighthouses",))


def test_a_page_that_is_no_article_says_so_and_asks_all(
    chromium: Browser, site: Site, chat: Served, pipeline: Held
):
    with hosted(chromium, site, about(chat, "article", "")) as (page, seen):
        frame = opened(page)
        frame.locator(".fn-active").wait_for()
        assert frame.locator(".fn-active").inner_text() == (
            "This page is not among the articles: all of them are asked."
        )
        asked(frame, LENS_QUESTION)
        assert pipeline.only[-1] is None
        seen.expect("404")


@pytest.mark.parametrize(
    ("setting", "only", "line"),
    [
        ("source:shelf", ArticleFilter(sources=("shelf",)), "Only: shelf"),
        (" topic : science ; source:shelf", ArticleFilter(sources=("shelf",), topics=("science",)), "Only: shelf · science"),
        ("article:https://www.example.org/lighthouses/?utm_source=x", ArticleFilter(articles=("lighthouses",)), "About this article only: “How lighthouses were lit”"),
    ],
)  # fmt: skip
def test_sources_topics_and_articles_can_be_named(
    chromium: Browser, site: Site, chat: Served, pipeline: Held, setting: str, only: ArticleFilter, line: str
):
    with hosted(chromium, site, about(chat, setting)) as (page, _):
        frame = opened(page)
        frame.locator(".fn-active").wait_for()
        assert frame.locator(".fn-active span").inner_text() == line
        asked(frame, LENS_QUESTION)
        assert pipeline.only[-1] == only


# ---- a frame without any script ---------------------------------------------------------------


def test_a_plain_frame_shows_the_chat_without_a_script(
    chromium: Browser, site: Site, chat: Served, pipeline: Held
):
    site.pages["/demo.css"] = demo_pages(chat.url)["/demo.css"]
    page = HostPage(
        f"""<!doctype html><html lang="en"><head><title>Inline</title><link rel="icon" href="data:,"></head><body>
        <footnote-chat><button>not ours</button></footnote-chat><iframe src="{chat.url}/chat/?embed=1&topic=science" title="Ask"
        width="700" height="600" allow="clipboard-write"></iframe></body></html>""",
        {"Content-Security-Policy": f"default-src 'none'; img-src data:; frame-src {chat.url}"},
    )
    with hosted(chromium, site, page) as (tab, _):
        frame = tab.frame_locator("iframe")
        frame.locator(SEND).wait_for()
        asked(frame, TIDE_QUESTION)
        assert pipeline.only[-1] == ArticleFilter(topics=("science",))
        frame.locator("a.cite").first.click()
        assert frame.locator("#s0-1 mark").is_visible()
        assert not frame.locator(".fn-shut").is_visible()
        assert frame.locator(".fn-out").is_visible()


# ---- privacy, and everyone --------------------------------------------------------------------

DENIED = """if (window !== top) for (const name of ["localStorage", "sessionStorage", "indexedDB"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });"""


def test_it_works_where_the_browser_gives_a_frame_no_storage(chromium: Browser, site: Site, chat: Served):
    with hosted(chromium, site, plain(chat.url), script=DENIED) as (page, _):
        frame = opened(page)
        asked(frame, TIDE_QUESTION)
        frame.locator("a.cite").first.click()
        assert frame.locator("#s0-1 mark").is_visible()
        frame.locator(".fn-menu").click()
        frame.locator(".fn-old").click()
        assert frame.locator("dialog[open]").is_visible()


def test_conversations_are_deleted_in_a_frame_too(chromium: Browser, site: Site, chat: Served):
    with hosted(chromium, site, plain(chat.url)) as (page, _):
        frame = opened(page)
        asked(frame, TIDE_QUESTION)
        frame.locator(".fn-menu").click()
        frame.locator(".fn-old").click()
        frame.locator("dialog >> text=Delete all").click()
        frame.locator("dialog .fn-main").click()
        frame.locator("dialog").wait_for(state="detached")
        frame.locator(".user-row").wait_for(state="detached")
        frame.locator(".fn-old").click()
        assert frame.locator("dialog >> text=No conversation is kept").is_visible()


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_barrier_on_the_page_or_in_the_frame(chromium: Browser, site: Site, chat: Served, language: str):
    from axe_playwright_python.sync_playwright import Axe

    def barriers(where: Any) -> list[Any]:
        found = Axe().run(where).response["violations"]
        return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found]

    page = plain(chat.url, f'data-filter="article" data-lang="{language}"', language=language,
                 head='<link rel="canonical" href="https://example.org/tides">')  # fmt: skip
    with hosted(chromium, site, page, bypass_csp=True, reduced_motion="reduce") as (tab, _):
        assert barriers(tab) == []
        frame = opened(tab)
        frame.locator(".fn-active").wait_for()
        frame.locator(".fn-menu").click()
        assert tab.evaluate("shifts") == 0
        for scheme in ("light", "dark"):
            for width in (390, 1100):
                tab.set_viewport_size({"width": width, "height": 800})
                tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                inner = tab.frames[1]
                inner.wait_for_function(
                    "(dark) => document.body.classList.contains('dark') === dark", arg=scheme == "dark"
                )
                assert barriers(inner) == []
                assert barriers(tab) == []
                assert inner.evaluate("document.documentElement.scrollWidth <= innerWidth")
        asked(frame, TIDE_QUESTION)
        frame.locator("a.cite").first.click()
        assert barriers(tab.frames[1]) == []
        tab.evaluate("window.shifts = 0")  # of the page itself, as it was made narrow


def test_the_bubble_is_not_printed(chromium: Browser, site: Site, chat: Served):
    with hosted(chromium, site, plain(chat.url)) as (page, _):
        page.emulate_media(media="print")
        assert not page.locator(BUBBLE).is_visible()
