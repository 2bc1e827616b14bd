"""Hostile articles, questions and answers in a real Chromium: no element but ours, no request elsewhere, no dialog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from evals.verdicts import Verdict
from rag.schema import Turn
from rag.wording import storable
from tests.browser.serving import Served, served
from tests.browser.visiting import Seen, answered, opened
from tests.fakes import ScriptedPipeline, make_answer, make_citation, make_passage
from tests.ui.hostile import HOSTILE, OUR_TAGS
from tests.ui.test_hostile import articles, squeezed, told
from ui.readers.memory import Remembered
from ui.readers.shared import shared_answer
from ui.readers.store import STORE_FILE, ReaderStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

TEN = [range(n, min(n + 10, len(HOSTILE))) for n in range(0, len(HOSTILE), 10)]
SHELF = articles()

# What the page is made of inside the given places, and what of it leads, loads or runs anywhere on the page.
MADE_OF = """(places) => {
  const inside = [...document.querySelectorAll(places)].flatMap((place) => [place, ...place.querySelectorAll("*")]);
  const links = [...document.querySelectorAll("[href], [src], [action], [formaction], [data], [srcset], [ping]")];
  return {
    tags: [...new Set(inside.map((one) => one.localName))],
    handlers: [...document.querySelectorAll("*")].flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith("on"))),
    styled: inside.filter((one) => one.hasAttribute("style")).map((one) => one.outerHTML.slice(0, 200)),
    leads: [...new Set(links.map((one) => one.getAttribute("href") ?? one.getAttribute("src") ?? one.getAttribute("action") ?? one.outerHTML.slice(0, 200)))],
    scripts: [...document.scripts].filter((one) => !one.src && !one.nonce).map((one) => one.outerHTML.slice(0, 200)),
    forms: document.querySelectorAll("form, iframe, object, embed, base, meta[http-equiv], video, audio, math, template").length,
    pictures: document.querySelectorAll("img, picture, source").length,
    words: document.body.textContent,
    title: document.title,
  };
}"""


@contextmanager
def calm(page: Page) -> Iterator[None]:
    """Nothing opens by itself: no dialog, no other page, no download, and the address stays."""
    fired: list[str] = []
    page.on("dialog", lambda one: fired.append(one.message))  # one left open would end the test, too
    page.on("download", lambda one: fired.append(one.url))
    page.context.on("page", lambda one: fired.append(one.url))
    address = page.url
    yield
    assert fired == []
    assert page.url == address


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReaderStore]:
    kept = ReaderStore(tmp_path_factory.mktemp("readers") / STORE_FILE, 0)
    for n, text in enumerate(HOSTILE):
        said = storable(text)
        verdict = Verdict(
            "",
            datetime.now(UTC),
            "down",
            said,
            answer=said,
            expected=said[:2000],
            comment=said[:2000],
            history=(Turn(said, said),),
        )
        kept.judge(f"v{n}", verdict, collection="default", titles=[storable(SHELF[n].title)])
    yield kept
    kept.close()


def answer_of(numbers: range) -> Any:
    """One answer that says and cites these texts."""
    passages = {n: make_passage(SHELF[n]) for n in numbers}
    cited = {n: make_citation(place, passages[n], HOSTILE[n]) for place, n in enumerate(numbers, 1)}
    sentences: list[Any] = []
    for n in numbers:
        sentences += [
            (HOSTILE[n], "draft", [cited[n]]),
            (HOSTILE[n], "quote", [cited[n]]),
            (HOSTILE[n], "note", []),
        ]
    return make_answer(
        f"Part {numbers.start}?",
        sentences,
        list(passages.values()),
        standalone=HOSTILE[numbers.start],
        engine="model",
    )


@pytest.fixture(scope="module")
def server(store: ReaderStore) -> Iterator[Served]:
    script = {f"Part {numbers.start}?": answer_of(numbers) for numbers in TEN}
    running = served(
        ScriptedPipeline(script, articles=SHELF), examples=[HOSTILE[0], HOSTILE[20]], store=store, max_question_chars=100_000,
        remove_articles=lambda name, ids: 0,
    )  # fmt: skip
    yield running
    running.close()


def looked_at(page: Page, places: str) -> Any:
    """What the page is made of, after a look at what must not be in it."""
    made = page.evaluate(MADE_OF, places)
    assert made["handlers"] == []
    assert made["styled"] == []
    assert made["scripts"] == []
    return made


@pytest.mark.parametrize("numbers", TEN, ids=lambda numbers: str(numbers.start))
def test_an_answer_of_hostile_texts_is_text(chromium: Browser, server: Served, numbers: range):
    with opened(chromium, server) as (page, _), calm(page):
        page.wait_for_selector(".example")
        before = page.evaluate(MADE_OF, "body")
        answered(page, f"Part {numbers.start}?")
        for summary in page.locator(".fn-answer summary").all():
            summary.click()
        made = looked_at(page, ".fn-answer, .fn-question")
        assert set(made["tags"]) <= OUR_TAGS
        assert (made["forms"], made["pictures"]) == (before["forms"], before["pictures"])
        new = set(made["leads"]) - set(before["leads"])
        assert all(one.startswith(("#s0-", "/articles/h")) for one in new), new
        for n in numbers:
            assert squeezed(made["words"]).count(squeezed(HOSTILE[n])[:1500]) >= 4
        assert page.locator("a.cite").count() == 2 * len(numbers)


def test_hostile_questions_are_text(chromium: Browser, server: Served):
    with opened(chromium, server) as (page, _), calm(page):
        page.wait_for_selector(".example")
        before = page.evaluate(MADE_OF, "body")
        asked = [text for text in HOSTILE if len(text) < 3000 and "\r" not in text and "\x00" not in text][
            ::6
        ]
        for text in asked:
            answered(page, text.strip())
        made = looked_at(page, ".fn-answer, .fn-question")
        assert set(made["tags"]) <= OUR_TAGS
        assert (made["forms"], made["pictures"]) == (before["forms"], before["pictures"])
        bubbles = [squeezed(text) for text in page.locator(".fn-question").all_text_contents()]
        assert [text.replace(" ", "") for text in bubbles] == [
            squeezed(text).replace(" ", "") for text in asked
        ]


READER = OUR_TAGS | {
    "main",
    "article",
    "h1",
    "h2",
    "h3",
    "time",
    "bdi",
    "cite",
    "section",
    "form",
    "label",
    "input",
    "select",
    "option",
    "nav",
    "code",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


@contextmanager
def visiting(chromium: Browser, server: Served) -> Iterator[tuple[Page, Seen]]:
    """A page for the pages without a chat. At the end nobody else was asked and nothing was complained about."""
    context = chromium.new_context()
    try:
        page, seen = context.new_page(), Seen()
        seen.watch(page)
        page.goto(server.url + "/articles/")
        yield page, seen
        assert seen.console == []
        assert seen.hosts == {server.url.removeprefix("http://")}
    finally:
        context.close()


def test_hostile_articles_on_their_pages_are_text(chromium: Browser, server: Served):
    with visiting(chromium, server) as (page, _):
        for n, text in enumerate(HOSTILE):
            page.goto(f"{server.url}/articles/h{n}#c8-{8 + len(text)}")
            with calm(page):
                made = looked_at(page, "main")
            assert set(made["tags"]) <= READER
            assert (made["forms"], made["pictures"]) == (0, 0)
            assert squeezed(text)[:1500] in squeezed(made["words"])
            assert all(
                one.startswith(("/", "https://example.org/")) and not one.startswith("//")
                for one in made["leads"]
            )


@pytest.mark.parametrize(
    ("path", "forms"), [("/articles/", 1), ("/admin/articles", 1), ("/admin/feedback", None)]
)
def test_hostile_texts_in_lists_are_text(chromium: Browser, server: Served, path: str, forms: int | None):
    with visiting(chromium, server) as (page, _):
        words = ""
        for number in (1, 2):
            page.goto(f"{server.url}{path}?page={number}")
            with calm(page):
                for summary in page.locator("main summary").all():
                    summary.click()
                made = looked_at(page, "main")
            assert set(made["tags"]) <= READER
            assert made["pictures"] == 0
            rows = page.locator("main ol > li").count()
            assert made["forms"] == (forms if forms is not None else rows + 1)
            assert all(one.startswith(("/", "?")) and not one.startswith("//") for one in made["leads"])
            words += made["words"]
        for text in HOSTILE:
            assert (squeezed(text)[:1500] if forms else told(text)) in squeezed(words)


@pytest.mark.parametrize("numbers", TEN, ids=lambda numbers: str(numbers.start))
def test_a_shared_answer_of_hostile_texts_is_text(
    chromium: Browser, server: Served, store: ReaderStore, numbers: range
):
    kept = Remembered(f"s{numbers.start}", datetime.now(UTC), "default", answer_of(numbers))
    address = f"/answers/{store.share(kept.id, shared_answer(kept))}"
    with visiting(chromium, server) as (page, _):
        page.goto(server.url + address)
        with calm(page):
            made = looked_at(page, "main")
        assert set(made["tags"]) <= READER
        assert (made["forms"], made["pictures"]) == (0, 0)
        for n in numbers:
            assert squeezed(made["words"]).count(told(HOSTILE[n])) >= 4
