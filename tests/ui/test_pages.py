"""What a reader gets from the pages under /articles/: a list that can be searched, and texts with cited words marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import SHELF, ScriptedPipeline, make_article
from ui.pages import blocks
from ui.server import create_app

STRANGE = make_article(
    "strange",
    "<script>alert('title')</script> **bold** $x^2$",
    "# A heading\n\nText with <img src=x onerror=alert(1)> & \u202ereversed\u202c \U0001f991 signs.\n\n"
    "### Deeper\n\nLine one\nline two.",
    source='"><script>',
    topic="a&b=c",
    authors=("<i>A</i>",),
    language='en" onload="x',
    url="javascript:alert(1)",
)
OLD = make_article(
    "old", "The report", "It rained.", source="wire", topic="weather", published=date(2020, 1, 1)
)
NEW = make_article(
    "new", "The report, corrected", "It snowed.", source="wire", topic="weather", published=date(2020, 1, 2),
    corrects="old.md",
)  # fmt: skip
ARABIC = make_article("fanar", "منارة", "أضيئت المنارة في عام ١٨٢٣.", language="ar")
MANY = [
    make_article(
        f"day-{n}", f"Day {n}", "Words.", published=date(2010, 1, 1) + timedelta(days=n), source="diary"
    )
    for n in range(120)
]


@pytest.fixture(scope="module")
def web() -> Iterator[Any]:
    from starlette.testclient import TestClient

    shelf = ScriptedPipeline(articles=[*SHELF, STRANGE, OLD, NEW, ARABIC, *MANY])
    land = ScriptedPipeline({}, articles=[make_article("bridges", "Bridges", "The Forth Bridge.")])
    app = create_app(shelf, title="Sea & <light>", examples=[], collections={"sea": shelf, "land": land})
    with TestClient(app) as client:
        yield client


def titles(page: str) -> list[str]:
    return [unescape(title) for title in re.findall(r'<h2 dir="auto"><a href="[^"]*">([^<]*)</a>', page)]


def marked(page: str) -> str:
    return unescape("".join(re.findall(r"<mark[^>]*>([^<]*)</mark>", page)))


# ---- the list -------------------------------------------------------------------------------------


def test_the_list_shows_the_newest_first_a_page_at_a_time(web: Any):
    first = web.get("/articles/").text
    assert first.count("<h1>") == 1
    assert "127 articles, newest first" in first
    assert len(titles(first)) == 50
    assert titles(first)[0] == SHELF[0].title
    follow = re.search(r'rel="next" href="([^"]*)"', first)
    assert follow
    second = web.get("/articles/" + unescape(follow[1])).text
    assert "Page 2 of 3" in second
    assert not set(titles(first)) & set(titles(second))
    assert 'rel="prev"' in second
    last = web.get("/articles/?page=3").text
    assert titles(last)[-1] == SHELF[2].title, "what has no date stands last"
    assert 'rel="next"' not in last


def test_the_list_can_be_searched_by_words_dates_source_and_topic(web: Any):
    assert titles(web.get("/articles/?q=tides moon").text) == [SHELF[1].title]
    assert titles(web.get("/articles/?source=wire").text) == [NEW.title, OLD.title]
    assert titles(web.get("/articles/?since=2020-01-02&until=2020-12-31").text) == [NEW.title]
    assert titles(web.get("/articles/", params={"topic": STRANGE.topic}).text) == [STRANGE.title]
    page = web.get("/articles/?source=diary&since=2010-03-01&page=2").text
    assert 'value="2010-03-01"' in page
    assert re.search(r'<option selected value="diary">', page)
    assert "?source" not in page.split("<form")[0]
    back = re.search(r'rel="prev" href="([^"]*)"', page)
    assert back
    assert {"since=2010-03-01", "source=diary"} <= set(unescape(back[1]).lstrip("?").split("&"))
    assert "No article fits." in web.get("/articles/?q=nothingofthekind").text


@pytest.mark.parametrize(
    ("query", "said"),
    [("since=2024-02-01&until=2024-01-01", "swap the two dates"), ("since=yesterday", "not a date"), ("until=2024-02-30", "not a date")],
)  # fmt: skip
def test_dates_that_cannot_be_are_told_and_kept_in_the_form(web: Any, query: str, said: str):
    page = web.get(f"/articles/?{query}")
    assert page.status_code == 400
    assert said in page.text
    assert f'value="{query.split("=")[1].split("&")[0]}"' in page.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "1e3", "٣"])
def test_a_page_that_is_none_is_the_first_or_empty(web: Any, page: str):
    answer = web.get("/articles/", params={"page": page})
    assert answer.status_code == 200
    assert "<h1>Articles</h1>" in answer.text


def test_a_page_beyond_the_last_leads_back(web: Any):
    assert "There are only 3 pages." in web.get("/articles/?page=9").text


# ---- one article ----------------------------------------------------------------------------------


def test_cited_words_are_marked_without_a_script(web: Any):
    text = SHELF[0].text
    start = text.index("Augustin Fresnel's lens")
    page = web.get(f"/articles/lighthouses?from={start}&to={start + 23}").text
    assert marked(page) == "Augustin Fresnel's lens"
    assert page.count('id="mark"') == 1
    assert f'<h1 dir="auto" lang="en">{SHELF[0].title}</h1>' in page
    assert '<a href="https://example.org/lighthouses" rel="noopener noreferrer">The original</a>' in page
    assert "1 May 2024" in page


def test_a_mark_may_reach_over_paragraphs(web: Any):
    start = STRANGE.text.index("signs.")
    end = STRANGE.text.index("one\nline")
    page = web.get(f"/articles/strange?from={start}&to={end}").text
    assert marked(page) == "signs.DeeperLine "
    assert page.count('id="mark"') == 1


@pytest.mark.parametrize("query", ["from=5&to=2", "from=0&to=99999", "from=-1&to=3", "from=x&to=y", "from=3", "from=²&to=³"])  # fmt: skip
def test_words_that_are_not_there_are_said_to_be_gone(web: Any, query: str):
    page = web.get(f"/articles/tides?{query}")
    assert page.status_code == 200
    assert '<p class="problem" id="gone" role="status">The cited words are not in this text' in page.text
    assert "<mark" not in page.text
    assert 'id="gone" role="status" hidden' in web.get("/articles/tides").text


def test_nothing_of_an_article_becomes_markup(web: Any):
    pages = web.get("/articles/strange").text, web.get("/articles/", params={"q": "<img"}).text
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<i>" not in page
        assert "javascript:" not in page
        assert "onload" not in page
        assert "\u202e" not in page
        assert "Sea &amp; &lt;light&gt;" in page
    assert titles(pages[1]) == [STRANGE.title]
    assert unescape(pages[0]).count("<img src=x onerror=alert(1)>") == 1
    assert "The original" not in pages[0]
    headings = re.findall(r"<(h\d)", pages[0])
    assert headings == ["h1", "h2", "h3"]


def test_what_a_reader_types_is_never_markup(web: Any):
    bad = '"><script>alert(1)</script>'
    for query in (
        {"q": bad},
        {"since": bad},
        {"source": bad},
        {"topic": bad},
        {"collection": bad},
        {"page": bad},
    ):
        page = web.get("/articles/", params=query)
        assert page.status_code in (200, 400, 404)
        assert "<script>alert" not in page.text
    assert "<script>" not in web.get(f"/articles/{bad}").text
    assert web.get("/articles/", params={"q": "x" * 60_000}).status_code == 200


def test_a_corrected_article_leads_to_its_correction(web: Any):
    assert '<a href="/articles/new">The report, corrected</a>' in web.get("/articles/old").text
    assert "corrected version" not in web.get("/articles/new").text


def test_text_from_right_to_left_keeps_its_direction_and_language(web: Any):
    page = web.get("/articles/fanar").text
    assert '<h1 dir="auto" lang="ar">منارة</h1>' in page
    assert '<p dir="auto" data-at="0">أضيئت المنارة في عام ١٨٢٣.</p>' in page


@pytest.mark.parametrize("path", ["/articles/nothing", "/articles/..%2f..%2fetc", "/articles/%00", "/articles/%ff", "/articles/?collection=moon", "/articles/tides?collection=land", "/nowhere"])  # fmt: skip
def test_what_is_not_there_gets_a_page_that_says_so(web: Any, path: str):
    answer = web.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>Not here</h1>" in answer.text
    assert "Traceback" not in answer.text


def test_collections_are_kept_apart_and_links_stay_in_theirs(web: Any):
    page = web.get("/articles/?collection=land").text
    assert titles(page) == ["Bridges"]
    assert '<a href="/articles/bridges?collection=land">' in page
    assert '<option selected value="land">land</option>' in page
    assert "<h1" in web.get("/articles/bridges?collection=land").text
    assert web.get("/articles/bridges").status_code == 404


def test_pages_run_nothing_but_their_own_script_and_load_nothing_from_elsewhere(web: Any):
    for path in ("/articles/", "/articles/tides", "/articles/nothing"):
        answer = web.get(path)
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?! src=\"/reader\.js\" defer></script>)", answer.text)
        assert not re.search(r"\son\w+=|style=", answer.text.split("<main>")[0])
        assert web.head(path).status_code == answer.status_code
    assert web.get("/reader.js").headers["content-type"].startswith("text/javascript")
    assert web.get("/articles", follow_redirects=False).headers["location"] == "/articles/"


@given(st.text(alphabet="a# \n\t\U0001f991é<&", max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_every_marked_character_is_one_that_was_asked_for(text: str, start: int, end: int):
    start, end = sorted((start, end))
    made = list(blocks(text, (start, end)))
    for block in made:
        at = block.start
        for piece, cited in block.pieces:
            assert text[at : at + len(piece)] == piece
            assert not cited or (start <= at and at + len(piece) <= end)
            at += len(piece)
    words = "".join(piece for block in made for piece, cited in block.pieces if cited)
    heads = re.sub(r"(?m)^#{1,6}[ \t]+", "", text) == text
    if heads and start < end:
        assert "".join(words.split()) == "".join(text[start:end].split())
    assert sum(block.first for block in made) == bool(words)
