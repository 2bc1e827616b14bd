"""The evaluation report in a real browser, opened from disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evals.report.page import render
from evals.report.text import shown
from evals.rows import Run
from tests.evals.report_runs import HOSTILE, generated_run, hostile_row

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ROWS = "#list > li > details"


@dataclass
class Seen:
    """What the browser complained about, and what it asked for."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes the report of some runs; the same for the same name."""
    folder = tmp_path_factory.mktemp("reports")

    def write(name: str, *runs: Run) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(render([(f"{name}-{n}", run) for n, run in enumerate(runs, 1)]), "utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def news(place: Callable[..., Path]) -> Path:
    return place("news", generated_run(130))


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = 1280, dark: bool = False, **options: Any
) -> Iterator[tuple[Page, Seen]]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", **options
    )
    page = context.new_page()
    seen = Seen()
    page.on("console", lambda m: seen.console.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.console.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(path.as_uri())
    try:
        yield page, seen
    finally:
        context.close()


def press(page: Page, name: str) -> None:
    page.locator(f'.toggles button[data-filter="{name}"]').click()


def count(page: Page, name: str) -> int:
    return int(page.locator(f'.toggles button[data-filter="{name}"] .count').inner_text().replace(",", ""))


def badges(page: Page) -> list[list[str]]:
    return page.eval_on_selector_all(
        ROWS, "rows => rows.map(row => [...row.querySelectorAll('.badge')].map(b => b.textContent))"
    )


def test_page_opens_from_disk_without_network_or_complaint(chromium: Browser, news: Path):
    with opened(chromium, news) as (page, seen):
        assert page.inner_text("h1") == "Footnote on news"
        assert page.locator(".tile").count() == 6
        assert page.locator("figure svg.plot").count() == 4
        assert page.locator(ROWS).count() == 50
        page.locator(f"{ROWS} > summary").first.click()
        assert seen.console == []
        assert [url for url in seen.requests if not url.startswith("data:")] == [news.as_uri()]


def test_filters_narrow_the_list_together_and_tell_how_many_are_left(chromium: Browser, news: Path):
    with opened(chromium, news) as (page, _):
        assert page.inner_text("#result") == "130 in all"
        wrong = count(page, "wrong")
        press(page, "wrong")
        assert page.inner_text("#result") == f"{wrong} of 130"
        assert page.locator(ROWS).count() == min(wrong, 50)
        assert all("wrong" in one or "failed" in one for one in badges(page))
        assert page.get_attribute('[data-filter="wrong"]', "aria-pressed") == "true"
        assert page.get_attribute('[data-filter=""]', "aria-pressed") == "false"
        both = count(page, "replaced")
        press(page, "replaced")
        assert page.inner_text("#result") == f"{both} of 130"
        assert all({"wrong", "replaced"} <= set(one) for one in badges(page))
        assert page.locator('[data-filter="abstained"]').is_disabled()
        press(page, "")
        assert page.inner_text("#result") == "130 in all"
        for name, badge in (("abstained", "abstained"), ("uncited", "uncited"), ("replaced", "replaced")):
            press(page, name)
            found = badges(page)
            assert len(found) == count(page, name)
            assert all(any(text.startswith(badge) for text in one) for one in found)
            press(page, name)
        page.select_option("#kind", label="unanswerable")
        assert page.locator(ROWS).count() == count(page, "")


def test_search_finds_words_of_questions_answers_and_sources(chromium: Browser, news: Path):
    with opened(chromium, news) as (page, _):
        page.fill("#find", "RIGA  bridge")
        found = page.locator(".row-question").all_inner_texts()
        assert found
        assert all("Riga" in one for one in found)
        page.fill("#find", "no such words anywhere")
        assert page.inner_text("#list") == "Nothing fits all of this."
        assert page.inner_text("#result") == "0 of 130"
        page.fill("#find", "news-0007")
        assert page.locator(ROWS).count() == 1
        page.keyboard.press("Enter")
        assert page.locator(ROWS).count() == 1


def test_an_opened_question_shows_answer_sources_and_the_quoted_words(chromium: Browser, news: Path):
    row = next(r for r in generated_run(130).rows if r.citations and r.dropped and r.counts["replaced"])
    with opened(chromium, news) as (page, _):
        page.fill("#find", row.id)
        page.focus(f"{ROWS} > summary")
        page.keyboard.press("Enter")
        body = page.locator(".body")
        card = body.locator(".card").first
        assert card.locator("mark").inner_text() == row.citations[0]["quote"]
        passage = card.locator(".passage").inner_text()
        assert passage == row.citations[0]["before"] + row.citations[0]["quote"] + row.citations[0]["after"]
        assert card.locator("a").get_attribute("href") == row.citations[0]["url"]
        assert card.locator("a").get_attribute("rel") == "noopener noreferrer"
        assert row.citations[0]["published"] in card.inner_text()
        assert row.dropped[0]["text"] in body.inner_text()
        assert row.dropped[0]["reason"] in body.inner_text()
        assert body.locator(".answer").inner_text().count(str(row.shown[0]["text"])) == 1
        body.locator(".cite").first.press("Enter")
        assert page.evaluate("document.activeElement.className") == "card"
        for reference in row.references:
            assert reference in body.inner_text()


def test_more_rows_come_when_asked_for(chromium: Browser, news: Path):
    with opened(chromium, news) as (page, _):
        assert page.inner_text("#more") == "Show 50 more of 80"
        page.focus("#more")
        page.keyboard.press("Enter")
        assert page.locator(ROWS).count() == 100
        assert page.evaluate("document.activeElement.innerText").startswith(
            generated_run(51).rows[50].question
        )
        page.click("#more")
        assert page.locator(ROWS).count() == 130
        assert page.locator("#more").is_hidden()


def test_runs_stand_side_by_side(chromium: Browser, place: Callable[..., Path]):
    path = place("two", generated_run(60), generated_run(60, skill=0.5))
    with opened(chromium, path) as (page, seen):
        assert page.locator(".row .key").all_inner_texts()[:4] == ["A", "B", "A", "B"]
        press(page, "differs")
        shown_rows = page.locator(".row-question").all_inner_texts()
        assert shown_rows
        assert shown_rows[::2] == shown_rows[1::2]
        page.select_option("#run", index=2)
        assert set(page.locator(".row .key").all_inner_texts()) == {"B"}
        assert page.locator("#comparison svg.plot").count() == 2
        assert seen.console == []


def test_hostile_texts_are_shown_as_they_are_and_nothing_of_them_runs(
    chromium: Browser, place: Callable[..., Path]
):
    extra = tuple(hostile_row(text, number) for number, text in enumerate(HOSTILE))
    path = place("hostile", generated_run(3, extra=extra, suite=HOSTILE[1], model=HOSTILE[0]))
    with opened(chromium, path) as (page, seen):
        page.eval_on_selector_all(f"{ROWS} > summary", "all => all.slice(3).forEach(one => one.click())")
        page.wait_for_function(f"document.querySelectorAll('.body').length === {len(HOSTILE)}")
        for number, text in enumerate(HOSTILE):
            row = page.locator(ROWS).nth(3 + number)
            assert row.locator(".row-question").evaluate("one => one.textContent") == shown(text)
            card = row.locator(".card").evaluate("one => one.textContent")
            assert card.count(shown(text)) >= 5
            assert row.locator("mark").evaluate("one => one.textContent") == shown(text)
            assert row.locator("a").count() == 0
        assert page.evaluate("window.ran") is None
        assert page.locator("img, form form, b, #list svg, #list script").count() == 0
        assert seen.console == []
        assert [url for url in seen.requests if not url.startswith("data:")] == [path.as_uri()]


def test_a_script_that_got_in_after_all_would_not_run(chromium: Browser, news: Path, tmp_path: Path):
    path = tmp_path / "tampered.html"
    path.write_text(
        news.read_text("utf-8").replace("</main>", "<script>window.ran = 1</script></main>"), "utf-8"
    )
    with opened(chromium, path) as (page, seen):
        assert page.evaluate("window.ran") is None
        assert any("Content Security Policy" in one for one in seen.console)


@pytest.mark.parametrize("width", [360, 768, 1600])
def test_no_sideways_scrolling_of_the_page(chromium: Browser, place: Callable[..., Path], width: int):
    long = hostile_row("https://example.org/" + "x" * 300, 1)
    path = place("wide", generated_run(20, extra=(long,)), generated_run(20, skill=0.5, extra=(long,)))
    with opened(chromium, path, width=width) as (page, _):
        page.eval_on_selector_all("details > summary", "all => all.forEach(one => one.click())")
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (one) => { for (let at = one; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor); if (colour[3] === 255) return colour; }
    return [255, 255, 255, 255]; };
  const found = [];
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || ['SCRIPT', 'NOSCRIPT', 'STYLE', 'OPTION'].includes(one.tagName) || !one.checkVisibility()) continue;
    if (one.closest('.unseen, button:disabled')) continue;
    const style = getComputedStyle(one);
    const ink = light(rgba(one instanceof SVGElement ? style.fill : style.color)), paper = light(ground(one));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) found.push(`${one.tagName}.${one.getAttribute('class')} ${one.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_told_from_its_ground(chromium: Browser, place: Callable[..., Path], dark: bool):
    path = place("two", generated_run(60), generated_run(60, skill=0.5))
    with opened(chromium, path, dark=dark) as (page, _):
        page.eval_on_selector_all("details > summary", "all => all.forEach(one => one.click())")
        press(page, "wrong")
        page.eval_on_selector_all(f"{ROWS} > summary", "all => all.slice(0, 9).forEach(one => one.click())")
        page.wait_for_timeout(200)
        assert page.evaluate(CONTRAST) == []
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, paper[4:-1].split(","))) < 200) is dark


def test_without_javascript_figures_and_tables_stand_and_the_list_says_why_not(chromium: Browser, news: Path):
    with opened(chromium, news, java_script_enabled=False) as (page, _):
        assert page.locator("figure svg.plot").count() == 4
        assert page.locator(".table table").first.is_visible()
        assert page.locator("noscript p").is_visible()
        assert not page.locator("#find").is_visible()


def test_plots_keep_their_words_within_the_card(chromium: Browser, place: Callable[..., Path]):
    path = place("two", generated_run(60), generated_run(60, skill=0.5))
    for width in (360, 1280):
        with opened(chromium, path, width=width) as (page, _):
            outside = page.evaluate(
                """() => [...document.querySelectorAll('figure')].flatMap((figure) => {
                    const box = figure.getBoundingClientRect();
                    return [...figure.querySelectorAll('svg.plot text')].filter((one) => {
                        const own = one.getBoundingClientRect();
                        return own.left < box.left || own.right > box.right || own.top < box.top;
                    }).map((one) => one.textContent); })"""
            )
            assert outside == []
