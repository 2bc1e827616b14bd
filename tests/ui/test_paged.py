"""A citation of a paged original (a PDF) names its page and opens it there, everywhere a citation is shown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from rich.console import Console

from rag.schema import Sentence
from tests.fakes import ScriptedPipeline, make_answer, make_article, make_citation, make_passage
from ui.api.schemas import CitationOut
from ui.readers.shared import SharedCitation
from ui.render import Look, View, draw
from ui.server import create_app
from ui.terminal import answer_json, plain_answer, rich_answer

FIRST, SECOND = "The river rose by two metres.\n\n", "The school became a shelter for 340 people."
URL = "https://example.org/report.pdf"
REPORT = make_article("report", "River report", FIRST + SECOND, url=URL, pages=(0, 0, len(FIRST)))
PLAIN = make_article("plain", "No pages", SECOND, url=URL)


def cited(article: Any) -> Any:
    passage = make_passage(article)
    return make_citation(1, passage, SECOND), passage


@pytest.fixture(scope="module")
def web() -> Iterator[Any]:
    from starlette.testclient import TestClient

    with TestClient(
        create_app(ScriptedPipeline({}, articles=[REPORT, PLAIN]), title="x", examples=[])
    ) as client:
        yield client


@pytest.mark.parametrize(("language", "shown"), [("en", "p. 3"), ("de", "S. 3"), ("es", "pág. 3")])
def test_the_source_card_names_the_page_and_its_link_opens_it(language: str, shown: str) -> None:
    citation, _ = cited(REPORT)
    page = draw(View(sentences=(Sentence(SECOND, "quote", (citation,)),)), Look(language=language))
    assert f"· {shown}<" in page
    assert f'href="{URL}#page=3"' in unescape(page)
    citation, _ = cited(PLAIN)
    assert shown not in draw(
        View(sentences=(Sentence(SECOND, "quote", (citation,)),)), Look(language=language)
    )


def test_the_terminal_names_the_page() -> None:
    citation, passage = cited(REPORT)
    answer = make_answer("Who?", [(SECOND, "quote", [citation])], [passage])
    assert "[1] River report (2024-05-01), p. 3\n" in plain_answer(answer)
    assert f"{URL}#page=3" in plain_answer(answer)
    console = Console(file=io.StringIO(), width=100)
    console.print(rich_answer(answer))
    assert isinstance(console.file, io.StringIO)
    assert "2024-05-01, p. 3" in console.file.getvalue()
    assert f"{URL}#page=3" in console.file.getvalue()


def test_programs_get_the_page_as_a_number() -> None:
    citation, passage = cited(REPORT)
    answer = make_answer("Who?", [(SECOND, "quote", [citation])], [passage])
    (found,) = answer_json(answer)["citations"]
    assert (found["page"], found["url"]) == (3, f"{URL}#page=3")
    out = CitationOut.of(citation, "")
    assert (out.page, out.url) == (3, f"{URL}#page=3")
    without = CitationOut.of(cited(PLAIN)[0], "")
    assert (without.page, without.url) == (None, URL)


def test_a_shared_answer_from_before_pages_is_still_read() -> None:
    old = {
        "marker": 1, "article_id": "a", "title": "A", "url": URL, "published": None, "quote": "q", "start": 0,
        "end": 1, "answer": None, "corrected": False, "site": "", "before": "", "after": "",
    }  # fmt: skip
    assert SharedCitation.model_validate(old).page is None


def test_the_reader_s_page_tells_where_pages_begin_and_opens_the_cited_one(web: Any) -> None:
    page = web.get(f"/articles/report?from={len(FIRST)}&to={len(FIRST) + 10}").text
    assert page.index('<p class="page">p. 2</p>') < page.index("The river rose")
    assert page.index("The river rose") < page.index('<p class="page">p. 3</p>') < page.index("The school")
    assert f'href="{URL}#page=3"' in page
    assert f'href="{URL}"' in web.get("/articles/plain").text
    assert 'class="page"' not in web.get("/articles/plain").text
