"""Hostile articles, questions and answers on every page, in the API and on the terminal: they stay what they are, text."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from evals.verdicts import Verdict
from rag.schema import Turn
from rag.wording import storable
from tests.fakes import (
    KeywordEmbedder,
    ScriptedPipeline,
    events_of,
    make_answer,
    make_article,
    make_citation,
    make_passage,
)
from tests.ui.hostile import HOSTILE, HOSTILE_URLS
from ui import wiring
from ui.cli import app
from ui.readers.memory import Remembered
from ui.readers.shared import shared_answer
from ui.readers.store import STORE_FILE, ReaderStore
from ui.render import plain
from ui.terminal import RichPrinter, plain_answer

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
OUR_PAGE = set(
    "html head meta title link script body header nav main article section form label input select option button h1 h2 h3 "
    "h4 h5 h6 p a ol ul li time bdi mark div span blockquote cite details summary table thead tbody tr th td strong code".split()
)  # fmt: skip
OUR_ATTRIBUTES = set(
    "lang charset name content rel href type src defer aria-label class dir id tabindex role hidden method action maxlength "
    "value selected datetime data-at scope open".split()
)  # fmt: skip


class Page(HTMLParser):
    """The elements, attributes, addresses and words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.scripts = 0
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src", "action")}
        self.scripts += tag == "script"

    def handle_data(self, data: str) -> None:
        self.words += data


def squeezed(text: str) -> str:
    """A text as it is read, its start where it is far too long."""
    return re.sub(r"[\s\u2060]+", " ", plain(text)).strip()


def told(text: str) -> str:
    """The start of a text as a page shows what was stored of it."""
    return squeezed(storable(text))[:1500]


def articles() -> list[Any]:
    return [
        make_article(
            f"h{n}", text, f"Before. {text} After.", url=HOSTILE_URLS[n % len(HOSTILE_URLS)], site=text, source=f"{n} {text}"[:200],
            topic=text[:200], authors=(text,), language=text[:30],
        )
        for n, text in enumerate(HOSTILE)
    ]  # fmt: skip


def answer_of(article: Any, text: str) -> Any:
    passage = make_passage(article)
    cited = make_citation(1, passage, text)
    return make_answer(
        text, [(text, "draft", [cited]), (text, "quote", [cited]), (text, "note", [])], [passage], standalone=text, engine="model"
    )  # fmt: skip


@pytest.fixture(scope="module")
def shelf() -> list[Any]:
    return articles()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, shelf: list[Any]) -> Iterator[ReaderStore]:
    kept = ReaderStore(tmp_path_factory.mktemp("readers") / STORE_FILE, 0)
    for n, (article, text) in enumerate(zip(shelf, HOSTILE, strict=True)):
        said = storable(text)
        verdict = Verdict(
            "", datetime.now(UTC), "down", said, answer=said, expected=said[:2000], comment=said[:2000], history=(Turn(said, said),)
        )  # fmt: skip
        kept.judge(f"v{n}", verdict, collection="default", titles=[storable(article.title)])
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def web(store: ReaderStore, shelf: list[Any]) -> Iterator[Any]:
    from starlette.testclient import TestClient

    from ui.server import create_app

    script = {text.strip(): answer_of(article, text) for article, text in zip(shelf, HOSTILE, strict=True)}
    pipeline = ScriptedPipeline(script, articles=shelf)
    made = create_app(
        pipeline, examples=[], store=store, remove_articles=lambda name, ids: 0, max_question_chars=100_000
    )
    with TestClient(made, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as client:
        yield client


def only_ours(answer: Any, scripts: int) -> Page:
    """The page, after a look at what it is made of."""
    assert answer.status_code == 200
    page = Page(answer.text)
    assert page.tags <= OUR_PAGE
    assert page.attributes <= OUR_ATTRIBUTES
    assert page.scripts == scripts
    assert not STEERING.search(page.words.replace("\r", ""))
    foreign = {one for one in page.addresses if not re.match(r"/|\?|#|https://example\.org/", one)}
    assert not foreign
    assert "x" * 3000 not in "".join(page.addresses)
    return page


@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_a_hostile_article_on_its_page_is_text(web: Any, n: int):
    page = only_ours(web.get(f"/articles/h{n}?from=8&to={8 + len(HOSTILE[n])}"), 1)
    assert squeezed(HOSTILE[n])[:1500] in squeezed(page.words)


def test_hostile_titles_sources_and_topics_in_the_lists_are_text(web: Any):
    for path in ("/articles/", "/admin/articles"):
        words = ""
        for number in (1, 2):
            words += only_ours(web.get(f"{path}?page={number}"), 0).words
        for text in HOSTILE:
            assert squeezed(text)[:1500] in squeezed(words)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_in_an_address_are_text(web: Any, text: str):
    for path in ("/articles/", "/admin/articles", "/admin/feedback"):
        asked = {
            "q": text,
            "source": text,
            "collection": "",
            "since": text,
            "verdict": text,
            "page": text,
            "lang": text,
        }
        try:
            answer = web.get(path, params={name: value[:3000] for name, value in asked.items()})
        except ValueError:
            return  # not even the client would send it
        assert answer.status_code in (200, 400)
        page = Page(answer.text)
        assert page.tags <= OUR_PAGE
        assert page.attributes <= OUR_ATTRIBUTES | {"selected"}
        for name, value in answer.headers.items():
            assert not STEERING.search(name + value)
        assert "set-cookie" not in answer.headers


def test_hostile_verdicts_on_the_owners_pages_are_text(web: Any):
    words = "".join(only_ours(web.get(f"/admin/feedback?page={n}"), 0).words for n in (1, 2))
    for text in HOSTILE:
        assert told(text) in squeezed(words)
    lines = web.get("/admin/feedback.jsonl").text.strip().split("\n")
    assert len([json.loads(line) for line in lines]) == len(HOSTILE)


@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_a_hostile_answer_that_is_shared_is_text(web: Any, store: ReaderStore, shelf: list[Any], n: int):
    kept = Remembered(f"s{n}", datetime.now(UTC), "default", answer_of(shelf[n], HOSTILE[n]))
    page = only_ours(web.get(f"/answers/{store.share(kept.id, shared_answer(kept))}"), 0)
    assert squeezed(page.words).count(told(HOSTILE[n])) >= 4


@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_programs_get_hostile_text_as_it_is_in_json(web: Any, n: int):
    text = HOSTILE[n]
    answer = web.post("/api/ask", json={"question": text})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    found = answer.json()
    if "\0" not in text:  # which no question keeps
        assert found["sentences"][0]["text"] == text
        assert found["citations"][0]["title"] == text
    streamed = web.post("/api/ask", json={"question": text, "stream": True}).text
    for block in filter(None, streamed.split("\n\n")):
        assert re.fullmatch(r"(event: \w+\n)?data: .*|: .*", block), "nothing begins an event of its own"
    chat = web.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": text}]}).json()
    for note in chat["choices"][0]["message"]["annotations"]:
        assert note["url_citation"]["url"].startswith(("http://127.0.0.1/articles/", "https://example.org/"))
    assert web.get(f"/api/articles/h{n}").json()["title"] == text


@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_hostile_text_does_not_steer_a_terminal(shelf: list[Any], n: int):
    answer = answer_of(shelf[n], HOSTILE[n])
    assert not STEERING.search(plain_answer(answer))
    console = Console(
        file=io.StringIO(), force_terminal=True, width=100, color_system="standard", highlight=False
    )
    RichPrinter(console, lambda failed: None).show(events_of(answer))
    assert isinstance(console.file, io.StringIO)
    drawn = console.file.getvalue()
    ours = re.compile(
        r"\x1b\[(?:[\d;]*m|\?25[lh]|\d*[AK]|2K)|\r"
    )  # colours, and what redraws a growing answer
    assert not STEERING.search(ours.sub("", drawn))


def test_no_command_lets_an_article_steer_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: ReaderStore, shelf: list[Any]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(wiring, "embedder_for_building", lambda settings: KeywordEmbedder())
    pipeline = ScriptedPipeline(
        {text.strip(): answer_of(shelf[n], text) for n, text in enumerate(HOSTILE)}, articles=shelf
    )
    monkeypatch.setattr(wiring, "open_pipeline", lambda settings: pipeline)
    folder = tmp_path / "articles\x1b[31m"
    folder.mkdir()
    rows = [
        {"id": f"h{n}", "title": t[:500], "text": f"Words. {t} More words.", "url": "https://example.org/"}
        for n, t in enumerate(HOSTILE)
    ]
    (folder / "all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (folder / "bad\x1b]0;owned\x07.pdf\x9b31m.html").write_bytes(b"\x00\x01")
    (folder / "\u202etxt.html").write_text("", "utf-8")

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, list(words), prog_name="footnote")
        assert done.exit_code in (0, 1, 2), done.exception
        return done.stdout + done.stderr

    said = [run("build", str(folder)), run("articles", "list"), run("articles", "list", "--json")]
    ids = [row["id"] for row in json.loads(said[2])]
    assert len(ids) > 80
    said += [
        run("articles", "show", "none\x1b[2J\x9b31m\u202e"),
        run("build", "nowhere\x1b]0;x\x07\x9b\u202e"),
    ]
    for n, text in enumerate(HOSTILE):
        if STEERING.search(text) or n < 3:
            for form in ([], ["--json"]):
                said += [run("articles", "show", ids[n % len(ids)], *form), run("ask", text, *form)]
    for text in said:
        assert not STEERING.search(text), repr(STEERING.findall(text))
