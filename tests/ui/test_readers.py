"""What readers make of answers: verdicts that become test questions, and pages of answers they share."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from evals.verdicts import Corrected, Opinion, Verdict, read_verdicts
from rag.schema import Answer, Turn
from tests.fakes import (
    ABSTAIN_TEXT,
    LENS_QUESTION,
    SHELF,
    TIDE_QUESTION,
    KeywordEmbedder,
    ScriptedPipeline,
    make_answer,
    make_article,
    make_citation,
    make_passage,
    shelf_answers,
)
from ui.cli import app as command
from ui.readers.memory import AnswerMemory, Remembered
from ui.readers.shared import shared_answer, verdict_on
from ui.readers.store import STORE_FILE, ReaderStore, ReaderStoreError
from ui.server import create_app

ROOT = Path(__file__).parents[2]
LONG = "x" * 2000
NASTY = "<script>alert('1')</script> **b** [l](javascript:x) \u202edesrever\u202c a\0b "
HOSTILE = make_article(
    "hostile",
    f"<img src=x onerror=alert(1)> {NASTY}".replace("\0", ""),
    "# Top <b>\n\nBefore & \u202eafter\u202c the words. <script>alert('quoted')</script> is cited here. Then <i>more</i>.",
    url="javascript:alert(1)",
    source="<u>feed</u>",
)
CITED = "<script>alert('quoted')</script> is cited here."
TWO = make_article("two", "Two <sentences>", "Gulls swim. Gulls fly. Much stands between. Gulls sing.")


def scripted() -> dict[str, Answer]:
    """Answers of every kind: quoted, drafted, with a note, from hostile words, in several quotations."""
    hostile, two = make_passage(HOSTILE), make_passage(TWO)
    gulls = [make_citation(n, two, f"Gulls {does}.") for n, does in enumerate(("swim", "fly", "sing"), 1)]
    return {
        **shelf_answers(),
        "Hostile?": make_answer(
            NASTY,
            [
                (f"A draft: {NASTY}", "draft", []),
                (CITED, "quote", [make_citation(1, hostile, CITED)]),
                (f"A note: {NASTY}", "note", []),
            ],
            [hostile],
            standalone=f"Understood {NASTY}",
        ),
        "Gulls?": make_answer("Gulls?", [(c.quote, "quote", [c]) for c in gulls], [two]),
        "Hello": replace(make_answer("Hello", [], []), abstained=False, text="Ask me about the articles."),
    }


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReaderStore]:
    kept = ReaderStore(tmp_path / "index" / STORE_FILE, 365)
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers") / STORE_FILE


@pytest.fixture(scope="module")
def sea() -> ScriptedPipeline:
    return ScriptedPipeline(scripted(), articles=[*SHELF, HOSTILE, TWO])


@pytest.fixture(scope="module")
def web(sea: ScriptedPipeline, place: Path) -> Iterator[Any]:
    land = ScriptedPipeline(shelf_answers())
    kept = ReaderStore(place, 365)
    app = create_app(sea, title="Sea", examples=[], collections={"sea": sea, "land": land}, store=kept)
    with TestClient(app) as client:
        yield client
    kept.close()


@pytest.fixture(autouse=True)
def _nothing_said(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "web" in request.fixturenames:
        kept = ReaderStore(request.getfixturevalue("place"), 0)
        kept.delete_verdicts_before(None)
        for share in kept.shares():
            kept.unshare(token=share.token)
        kept.close()


def asked(web: Any, question: str = TIDE_QUESTION, **more: Any) -> str:
    """The id of a new answer."""
    answer = web.post("/api/ask", json={"question": question, **more})
    assert answer.status_code == 200, answer.text
    assert re.fullmatch(r"[\w-]{22}", answer.json()["id"])
    return answer.json()["id"]


def shared(web: Any, question: str = TIDE_QUESTION, **more: Any) -> str:
    """The address of a newly shared answer."""
    return web.post(f"/api/answers/{asked(web, question, **more)}/share").json()["url"]


def refusal(answer: Any, status: int) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    assert "Traceback" not in answer.text
    assert answer.json()["error"]["message"]
    return answer.json()["error"]


def footnote(*arguments: str | Path, input: str = "") -> Result:
    return CliRunner().invoke(
        command, [str(a) for a in arguments], prog_name="footnote", input=input, env={"COLUMNS": "200"}
    )


def one_complaint(result: Result, status: int) -> str:
    assert result.exit_code == status, result.output
    lines = result.stderr.strip().splitlines()
    assert "footnote: " in lines[-2]
    assert lines[-1].startswith("  -> ")
    return result.stderr


# ---- the memory -----------------------------------------------------------------------------------


def test_the_memory_gives_back_what_it_was_given_and_says_nothing_of_others():
    memory = AnswerMemory()
    answer, turns = shelf_answers()[TIDE_QUESTION], (Turn("Before?", "Yes."),)
    name = memory.remember(answer, collection="sea", history=turns, asked_at=date(2024, 5, 1), revision="7")
    kept = memory.get(name)
    assert kept
    assert (kept.id, kept.answer, kept.collection) == (name, answer, "sea")
    assert (kept.history, kept.asked_at, kept.revision) == (turns, date(2024, 5, 1), "7")
    assert kept.at.utcoffset() == timedelta(0)
    assert memory.get(name[:-1]) is memory.get("") is None


def test_the_answer_not_used_for_longest_is_forgotten_first():
    memory = AnswerMemory(3)
    answer = shelf_answers()[TIDE_QUESTION]
    first, second, third = (memory.remember(answer, collection="sea") for _ in range(3))
    memory.get(first)
    fourth = memory.remember(answer, collection="sea")
    assert [memory.get(name) is not None for name in (first, second, third, fourth)] == [
        True,
        False,
        True,
        True,
    ]


def test_long_articles_leave_room_for_fewer_answers():
    memory = AnswerMemory(100, most_characters=25_000)
    passage = make_passage(make_article("long", "Long", "y" * 10_000))
    names = [memory.remember(make_answer("?", [], [passage, passage]), collection="sea") for _ in range(4)]
    assert [memory.get(name) is not None for name in names] == [False, False, True, True]
    huge = make_passage(make_article("huge", "Huge", "y" * 99_000))
    last = memory.remember(make_answer("?", [], [huge]), collection="sea")
    assert (len(memory), memory.get(last) is not None) == (1, True)


def test_many_threads_share_a_memory():
    memory = AnswerMemory(50)
    answer = shelf_answers()[TIDE_QUESTION]

    def use(_: int) -> str:
        name = memory.remember(answer, collection="sea")
        memory.get(name)
        return name

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(use, range(1000)))
    assert len(set(names)) == 1000
    assert len(memory) == 50
    assert sum(memory.get(name) is not None for name in names) == 50


# ---- judging --------------------------------------------------------------------------------------


def test_nothing_is_written_down_before_a_reader_judges(tmp_path: Path):
    kept = ReaderStore(tmp_path / "index" / STORE_FILE, 365)
    with TestClient(create_app(ScriptedPipeline(), examples=[], store=kept)) as client:
        name = asked(client)
        refusal(client.delete("/api/feedback/nothing"), 404)
        assert client.get("/answers/nothing").status_code == 404
        assert client.get("/admin/feedback").status_code == 403  # not from this machine
        assert list(tmp_path.iterdir()) == []
        assert client.post("/api/feedback", json={"answer": name, "verdict": "up"}).status_code == 201
    [file] = (tmp_path / "index").glob("*.sqlite3")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept.close()


def test_a_verdict_holds_what_an_evaluation_needs(web: Any, place: Path):
    earlier = [{"question": "What is a tide?", "answer": "Water that rises."}]
    name = asked(web, history=earlier, asked_at="2024-05-01", collection="land")
    body = {"answer": name, "verdict": "down", "expected": " Two. ", "comment": "Too long"}
    answer = web.post("/api/feedback", json=body)
    assert (answer.status_code, answer.json()["verdict"]) == (201, "down")
    [row] = ReaderStore(place, 0).verdicts()
    said = row.verdict
    assert (said.id, said.question, said.expected, said.comment) == (
        answer.json()["id"], TIDE_QUESTION, "Two.", "Too long",
    )  # fmt: skip
    assert said.history == (Turn("What is a tide?", "Water that rises."),)
    assert (said.asked_at, said.revision, said.settings_hash) == (date(2024, 5, 1), 1, "0" * 16)
    assert next((c.external_id, c.quote) for c in said.citations) == (
        "tides.md", "most coasts see two high tides a day",
    )  # fmt: skip
    assert (row.collection, row.titles) == ("land", ("Why the sea rises and falls",))


def test_a_second_verdict_keeps_the_words_of_the_first(web: Any, place: Path):
    name = asked(web)
    kept = ReaderStore(place, 0)

    def judged(**said: Any) -> tuple[str, str, str, str]:
        assert web.post("/api/feedback", json={"answer": name, **said}).status_code == 201
        [row] = kept.verdicts()
        source = row.verdict.source
        return row.verdict.verdict, row.verdict.expected, row.verdict.comment, source.named if source else ""

    first = judged(verdict="down", expected="Two", comment="Hm", source="Sea tables")
    assert first == ("down", "Two", "Hm", "Sea tables")
    assert judged(verdict="up") == ("up", "Two", "Hm", "Sea tables")
    assert judged(verdict="wrong-source", marker=2) == ("wrong-source", "Two", "Hm", "Sea tables")
    assert judged(verdict="down", comment="Better") == ("down", "Two", "Better", "Sea tables")
    assert judged(verdict="down", expected="", source="") == ("down", "", "Better", "")
    kept.close()


def test_a_verdict_holds_the_answers_language():
    german = make_article("flut", "Die Flut", "Die Flut kam nachts.", language="de-DE")
    passage = make_passage(german)
    cited = [make_citation(1, passage, "Die Flut kam nachts.")]
    for answer, language in (
        (make_answer("When did it come?", [("Die Flut kam nachts.", "quote", cited)], [passage]), "de"),
        (make_answer("¿Cuándo fue la inundación de la ciudad?", [], [passage]), "es"),
        (make_answer("When was it?", [], [passage]), "en"),
    ):
        kept = Remembered("x", datetime.now(UTC), "sea", answer)
        assert verdict_on(kept, "up", datetime.now(UTC)).language == language


def test_a_second_verdict_takes_the_place_of_the_first_and_can_be_taken_back(web: Any, place: Path):
    name = asked(web)
    first = web.post("/api/feedback", json={"answer": name, "verdict": "up"}).json()["id"]
    second = web.post("/api/feedback", json={"answer": name, "verdict": "wrong-source", "marker": 2}).json()
    assert second == {"id": first, "verdict": "wrong-source"}
    other = web.post("/api/feedback", json={"answer": asked(web), "verdict": "up"}).json()["id"]
    assert other != first
    kept = ReaderStore(place, 0)
    assert {(row.verdict.verdict, row.marker) for row in kept.verdicts()} == {("wrong-source", 2), ("up", 0)}
    assert web.delete(f"/api/feedback/{first}").status_code == 204
    assert web.delete(f"/api/feedback/{first}").status_code == 404
    assert [row.verdict.id for row in kept.verdicts()] == [other]
    kept.close()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"verdict": "sideways"}, 422),
        ({"verdict": None}, 422),
        ({"verdict": "wrong-source", "marker": 3}, 400),
        ({"verdict": "wrong-source", "marker": 0}, 422),
        ({"verdict": "wrong-source", "marker": "1"}, 422),
        ({"verdict": "wrong-source", "marker": 10**30}, 422),
        ({"verdict": "up", "marker": 1}, 400),
        ({"expected": LONG + "x"}, 422),
        ({"comment": LONG + "x"}, 422),
        ({"stars": 5}, 422),
        ({"answer": "A" * 22}, 404),
        ({"answer": ""}, 404),
        ({"answer": "a' OR 1=1"}, 404),
        ({"answer": "\ud800"}, 422),
        ({"answer": ["x"]}, 422),
    ],
)
def test_a_verdict_that_cannot_be_is_refused_and_nothing_stored(
    web: Any, place: Path, change: dict[str, Any], status: int
):
    body = {"answer": asked(web), "verdict": "down"} | change
    raw = json.dumps(body).encode()
    refusal(web.post("/api/feedback", content=raw, headers={"content-type": "application/json"}), status)
    assert ReaderStore(place, 0).count_verdicts() == 0


def test_refusals_say_what_to_do(web: Any):
    gone = refusal(web.post("/api/feedback", json={"answer": "x", "verdict": "up"}), 404)
    assert gone["message"] == "this answer is no longer in the server's memory"
    assert gone["next_step"] == "ask again, then judge the new answer"
    refusal(web.post("/api/answers/x/share"), 404)
    refusal(web.delete("/api/answers/x/share"), 404)
    body = {"answer": asked(web), "verdict": "wrong-source", "marker": 9}
    assert refusal(web.post("/api/feedback", json=body), 400)["next_step"] == "it has 1, 2"
    body = {"answer": asked(web, "Who?"), "verdict": "wrong-source"}
    assert "no source" in refusal(web.post("/api/feedback", json=body), 400)["message"]


def test_a_server_without_a_store_says_so():
    with TestClient(create_app(ScriptedPipeline(), examples=[])) as client:
        name = asked(client)
        for answer in (
            client.post("/api/feedback", json={"answer": name, "verdict": "up"}),
            client.delete("/api/feedback/x"),
            client.post(f"/api/answers/{name}/share"),
            client.delete(f"/api/answers/{name}/share"),
        ):
            assert "keeps nothing" in refusal(answer, 503)["message"]
        assert client.get("/answers/x").status_code == 503


def test_other_sites_can_neither_judge_nor_share(web: Any):
    name, elsewhere = asked(web), {"sec-fetch-site": "cross-site"}
    for path in ("/api/feedback", f"/api/answers/{name}/share"):
        assert web.post(path, json={"answer": name, "verdict": "up"}, headers=elsewhere).status_code == 403


# ---- sharing --------------------------------------------------------------------------------------


def test_a_shared_answer_is_a_page_with_its_sources(web: Any):
    name = asked(web)
    answer = web.post(f"/api/answers/{name}/share")
    assert answer.status_code == 201
    url = answer.json()["url"]
    assert re.fullmatch(r"/answers/[0-9a-f]{32}", url)
    assert name not in url
    assert web.post(f"/api/answers/{name}/share").json()["url"] == url
    page = web.get(url)
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text
    assert f'<h1 dir="auto">{TIDE_QUESTION}</h1>' in page.text
    assert "Understood as" not in page.text
    today = datetime.now(UTC).date()
    assert f'Asked on <time datetime="{today}">' in page.text
    assert re.search(
        r'<p class="draft" dir="auto"><span class="words">Most coasts have two high tides a day\.</span><a [^>]*href="#1"',
        page.text,
    )
    quoted = re.search(r"<blockquote>(.*?)</blockquote>", page.text, re.DOTALL)
    assert quoted
    assert "The Bay of Fundy has a tidal range" in quoted[1]
    assert "Why the sea rises and falls" in quoted[1]
    assert "12 November 2023" in quoted[1]
    assert page.text.count("<li id=") == 2
    assert "<mark>most coasts see two high tides a day</mark>" in page.text
    link = re.search(r'href="(/articles/tides\?from[^"]*)"', page.text)
    assert link
    assert '<mark id="mark" tabindex="-1">most coasts' in web.get(unescape(link[1])).text
    assert 'href="https://example.org/tides"' in page.text
    assert "Answered by Footnote from 1 article." in page.text
    assert 'href="/chat/">Ask a question yourself' in page.text


def test_a_shared_page_speaks_the_readers_language(web: Any):
    url = shared(web)
    for language, words in (
        ("de", "Beantwortet von Footnote aus 1 Artikel"),
        ("es", "a partir de 1 artículo"),
    ):
        page = web.get(url, headers={"accept-language": language}).text
        assert f'<html lang="{language}">' in page
        assert words in page
    assert "Unter dieser Adresse" in web.get("/answers/none", headers={"accept-language": "de"}).text


def test_neighbouring_quotations_stand_together(web: Any):
    page = web.get(shared(web, "Gulls?")).text
    [quoted] = re.findall(r"<blockquote>(.*?)</blockquote>", page, re.DOTALL)
    paragraphs = [
        re.sub(r"<a .*?</a>|</?span[^>]*>", "", p)
        for p in re.findall(r'<p dir="auto">(.*?)</p>', quoted, re.DOTALL)
    ]
    assert paragraphs == ["Gulls swim. Gulls fly.", "Gulls sing."]


def test_an_answer_that_abstains_can_be_shared(web: Any):
    page = web.get(shared(web, "Who built the Forth Bridge?"))
    assert ABSTAIN_TEXT in page.text
    assert "<blockquote" not in page.text
    assert "<li id=" not in page.text
    assert "without citing an article" in page.text
    assert "Ask me about the articles." in web.get(shared(web, "Hello")).text


def test_a_shared_answer_is_taken_away_even_when_it_is_forgotten(web: Any, place: Path):
    name = asked(web)
    url = web.post(f"/api/answers/{name}/share").json()["url"]
    assert web.delete(f"/api/answers/{name}/share").status_code == 204
    assert web.delete(f"/api/answers/{name}/share").status_code == 204, "there was nothing to take away"
    gone = web.get(url)
    assert gone.status_code == 404
    assert "There is no answer at this address" in gone.text
    again = web.post(f"/api/answers/{name}/share").json()["url"]
    assert again != url
    service = web.app.state.service
    web.app.state.service = replace(service, memory=AnswerMemory())  # as after a restart
    try:
        assert web.get(again).status_code == 200
        assert web.delete(f"/api/answers/{name}/share").status_code == 204
        assert web.get(again).status_code == 404
        refusal(web.delete(f"/api/answers/{name}/share"), 404)
    finally:
        web.app.state.service = service


@pytest.mark.parametrize("token", ["x", "0" * 32, "%00", "%ff", "..%2f..%2fetc", "<script>", "x" * 5000, "a' OR '1'='1"])  # fmt: skip
def test_forged_addresses_lead_nowhere(web: Any, token: str):
    shared(web)
    page = web.get(f"/answers/{token}")
    assert page.status_code == 404
    assert "<script" not in page.text
    assert TIDE_QUESTION not in page.text


def test_a_cited_article_that_has_gone_keeps_its_card(web: Any, sea: ScriptedPipeline):
    url = shared(web, LENS_QUESTION)
    assert "Open in article" in web.get(url).text
    others = [article for article in sea.library.articles() if article.id != "lighthouses"]
    library, changed = sea.library, replace(SHELF[0], text="Another text altogether.")
    for articles in (others, [*others, changed]):
        sea.library = type(library)(articles)
        try:
            page = web.get(url).text
        finally:
            sea.library = library
        assert "<mark>Augustin Fresnel" in page
        assert "Open in article" not in page
        assert 'href="https://example.org/lighthouses"' in page


def test_a_shared_answer_of_a_collection_that_is_not_served_is_still_shown(tmp_path: Path):
    kept = ReaderStore(tmp_path / STORE_FILE, 0)
    answer = Remembered("x", datetime.now(UTC), "moon", shelf_answers()[LENS_QUESTION])
    token = kept.share("x", shared_answer(answer))
    with TestClient(create_app(ScriptedPipeline(), examples=[], store=kept)) as client:
        page = client.get(f"/answers/{token}")
        assert page.status_code == 200
        assert "Open in article" not in page.text
    kept.close()


def test_hostile_words_are_shown_as_words(web: Any):
    page = web.get(shared(web, "Hostile?")).text
    assert not re.search(r"<(?:script|img|b|i|u)\b", page)
    assert "javascript:alert" not in re.sub(r"<h\d.*?</h\d>", "", page, flags=re.DOTALL)
    assert not re.search("[\0\u202a-\u202e\u2066-\u2069]", page)
    words = unescape(page)
    assert words.count("<script>alert('1')</script> **b** [l](javascript:x) desrever") >= 4
    assert "Understood as: Understood <script>" in words
    assert "<mark>" + CITED + "</mark>" in words
    assert "Then <i>more</i>." in words
    assert re.search(r'<p class="draft"[^>]*><span class="words">A draft', page)
    assert re.search(r'<p class="note"[^>]*><span class="words">A note', page)


def test_a_hundred_thousand_characters_are_shown(tmp_path: Path):
    question = "tide " * 20_000
    kept = ReaderStore(tmp_path / STORE_FILE, 0)
    app = create_app(ScriptedPipeline(), examples=[], store=kept, max_question_chars=100_000)
    with TestClient(app, client=("127.0.0.1", 1), base_url="http://localhost") as client:
        name = asked(client, question)
        page = client.get(client.post(f"/api/answers/{name}/share").json()["url"])
        assert page.text.count("tide") >= 20_000
        body = {"answer": name, "verdict": "down", "comment": LONG, "expected": "\0" + LONG[:-1]}
        assert client.post("/api/feedback", json=body).status_code == 201
        assert client.get("/admin/feedback").text.count("tide ") >= 19_999
    kept.close()


# ---- the store ------------------------------------------------------------------------------------


def verdict(question: str = "Why?", at: datetime | None = None, **more: Any) -> Verdict:
    return Verdict("", at or datetime.now(UTC), "up", question, **more)


class Days:
    """A clock in days."""

    def __init__(self) -> None:
        self.day = 0.0

    def __call__(self) -> datetime:
        return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=self.day)


def test_what_is_too_old_goes_when_the_store_is_opened_and_daily_after(tmp_path: Path):
    clock, path = Days(), tmp_path / STORE_FILE
    kept = ReaderStore(path, 30, now=clock)
    kept.judge("a", verdict("first secret", clock()), collection="sea", titles=[])
    token = kept.share("a", shared_answer(Remembered("a", clock(), "sea", shelf_answers()[TIDE_QUESTION])))
    clock.day = 20
    kept.judge("b", verdict("second", clock()), collection="sea", titles=[])
    clock.day = 29.9
    assert (kept.count_verdicts(), kept.shared(token) is not None) == (2, True)
    clock.day = 31
    assert [row.verdict.question for row in kept.verdicts()] == ["second"]
    assert kept.shared(token) is None
    kept.close()
    clock.day = 51
    assert ReaderStore(path, 0, now=clock).count_verdicts() == 1, "0 keeps for ever"
    assert ReaderStore(path, 30, now=clock).expire() == 0, "gone when it was opened"
    assert ReaderStore(path, 30, now=clock).count_verdicts() == 0


def test_a_server_deletes_what_is_too_old_by_itself(tmp_path: Path):
    path = tmp_path / STORE_FILE
    old = ReaderStore(path, 0)
    old.judge("a", verdict(at=datetime(2020, 1, 1, tzinfo=UTC)), collection="sea", titles=[])
    old.close()
    done = threading.Event()

    class Watched(ReaderStore):
        def expire(self) -> int:
            found = super().expire()
            done.set()
            return found

    with TestClient(create_app(ScriptedPipeline(), examples=[], store=Watched(path, 30))):
        assert done.wait(60)
    assert ReaderStore(path, 0).count_verdicts() == 0


def test_what_is_deleted_is_not_left_in_the_files(tmp_path: Path):
    path = tmp_path / STORE_FILE
    kept = ReaderStore(path, 0)
    said = kept.judge("a", verdict("a very private question", comment="and why"), collection="sea", titles=[])

    def on_disk() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert b"very private" in on_disk()
    assert kept.delete_verdicts([said.id]) == 1
    assert b"very private" not in on_disk()
    kept.close()


def test_a_deleted_file_is_begun_anew(tmp_path: Path):
    path = tmp_path / STORE_FILE
    kept = ReaderStore(path, 0)
    kept.judge("a", verdict(), collection="sea", titles=[])
    for file in tmp_path.iterdir():
        file.unlink()
    assert kept.count_verdicts() == 0
    kept.judge("b", verdict("Anew?"), collection="sea", titles=[])
    assert [row.verdict.question for row in ReaderStore(path, 0).verdicts()] == ["Anew?"]


def damaged(path: Path) -> None:
    path.write_bytes(b"this is no database, only words" * 100)


def newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE theirs (x)")


def torn(path: Path) -> None:
    kept = ReaderStore(path, 0)
    for n in range(200):
        kept.judge(str(n), verdict("Why? " * 100), collection="sea", titles=[])
    kept.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


@pytest.mark.parametrize("spoil", [damaged, newer, foreign, torn, Path.mkdir])
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, spoil: Callable[[Path], object]):
    path = tmp_path / STORE_FILE
    spoil(path)
    with pytest.raises(ReaderStoreError) as refused:
        ReaderStore(path, 365).verdicts()
    assert str(path) in str(refused.value)
    assert "moved away" in refused.value.next_step
    complaint = one_complaint(footnote("feedback", "list", "--index", tmp_path), 1)
    assert str(path) in complaint
    with TestClient(create_app(ScriptedPipeline(), examples=[], store=ReaderStore(path, 365))) as client:
        body = {"answer": asked(client), "verdict": "up"}
        assert STORE_FILE in refusal(client.post("/api/feedback", json=body), 503)["message"]


def test_an_empty_file_left_by_a_killed_process_is_used(tmp_path: Path):
    path = tmp_path / STORE_FILE
    path.touch(0o600)
    ReaderStore(path, 0).judge("a", verdict(), collection="sea", titles=[])
    assert ReaderStore(path, 0).count_verdicts() == 1


WRITER = """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from evals.verdicts import Verdict
    from ui.readers.store import ReaderStore
    store = ReaderStore(Path(sys.argv[1]), 0)
    for n in range(int(sys.argv[3])):
        said = Verdict("", datetime.now(UTC), "up", f"{sys.argv[2]} {n}?", comment="y" * 2000)
        store.judge(f"{sys.argv[2]} {n}", said, collection="sea", titles=["Title"])
        print(n, flush=True)
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(path), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_two_processes_and_several_threads_store_at_the_same_time(tmp_path: Path):
    path = tmp_path / STORE_FILE
    others = [writer(path, name, 60) for name in ("one", "two")]
    kept = ReaderStore(path, 0)

    def say(n: int) -> None:
        kept.judge(f"here {n}", verdict(f"here {n}?"), collection="sea", titles=[])
        kept.verdicts(limit=5)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(say, range(60)))
    for other in others:
        other.communicate()
        assert other.returncode == 0
    questions = {row.verdict.question for row in kept.verdicts()}
    assert questions == {f"{name} {n}?" for name in ("one", "two", "here") for n in range(60)}
    kept.close()


def test_a_killed_writer_leaves_a_readable_store(tmp_path: Path):
    path = tmp_path / STORE_FILE
    for round_ in range(3):
        killed = writer(path, f"round {round_}", 100_000)
        assert killed.stdout
        told = [killed.stdout.readline() for _ in range(20 + 17 * round_)]
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        kept = ReaderStore(path, 0)
        found = {row.verdict.question for row in kept.verdicts()}
        assert {f"round {round_} {int(n)}?" for n in told} <= found, "what was acknowledged is there"
        kept.judge(f"after {round_}", verdict(), collection="sea", titles=[])
        kept.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_rebuild_leaves_what_readers_said_alone(tmp_path: Path):
    from index.build import build_index, remove_articles
    from index.catalog import CATALOG_FILE

    class Shelf:
        key = label = "shelf"

        def read(self) -> Iterator[Any]:
            yield from SHELF

    index = tmp_path / "index"
    build_index(index, [Shelf()], embedder=KeywordEmbedder())
    kept = ReaderStore(index / STORE_FILE, 0)
    kept.judge("a", verdict(), collection="default", titles=[])
    before = (index / STORE_FILE).stat().st_ino
    remove_articles(index, ["tides"])
    build_index(index, [Shelf()], embedder=KeywordEmbedder("other", 128), rebuild=True)
    with sqlite3.connect(index / CATALOG_FILE) as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    build_index(index, [Shelf()], embedder=KeywordEmbedder(), rebuild=True)
    assert (index / STORE_FILE).stat().st_ino == before
    assert kept.count_verdicts() == 1
    kept.close()
    assert [file.name for file in index.rglob("readers*")] == [STORE_FILE], "no copy of it either"


# ---- the command ----------------------------------------------------------------------------------


@pytest.fixture
def said(store: ReaderStore) -> dict[str, str]:
    """Ids of three stored verdicts by their question."""
    stored: dict[str, str] = {}
    given: list[tuple[str, Opinion]] = [(TIDE_QUESTION, "up"), (LENS_QUESTION, "down"), ("Who?", "up")]
    for n, (name, opinion) in enumerate(given):
        answer = shelf_answers().get(name) or make_answer(name, [], [])
        kept = Remembered(name, datetime.now(UTC), "sea" if n else "land", answer, revision="3")
        made = verdict_on(
            kept, opinion, datetime(2024, 1, 1 + n, 12, tzinfo=UTC), expected="1823" if opinion == "down" else ""
        )  # fmt: skip
        titles = [c.passage.article.title for c in answer.citations[:1]]
        stored[name] = store.judge(name, made, collection=kept.collection, titles=titles).id
    return stored


@pytest.fixture
def feedback(store: ReaderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, input: str = "") -> Result:
        given = [*arguments, "--index", store.path.parent, "--set", "keep_days=0"]
        return footnote("feedback", *given, input=input)

    return run


def test_verdicts_are_listed_one_a_line_newest_first(feedback: Callable[..., Result], said: dict[str, str]):
    lines = feedback("list").stdout.splitlines()
    assert lines == [
        f"{said['Who?']}  2024-01-03  up            Who?",
        f"{said[LENS_QUESTION]}  2024-01-02  down          {LENS_QUESTION} - How lighthouses were lit",
        "    expected: 1823",
        f"{said[TIDE_QUESTION]}  2024-01-01  up            {TIDE_QUESTION} - Why the sea rises and falls",
    ]
    assert feedback("list", "--verdict", "down").stdout.splitlines() == lines[1:3]
    assert feedback("list", "--collection", "land").stdout == lines[3] + "\n"
    assert feedback("list", "--since", "2024-01-02").stdout.splitlines() == lines[:3]
    nothing = feedback("list", "--since", "2030-01-01")
    assert (nothing.stdout, nothing.stderr) == ("", "No verdict fits.\n")
    whole = json.loads(feedback("list", "--json").stdout)["feedback"]
    assert [row["id"] for row in whole] == [said[q] for q in ("Who?", LENS_QUESTION, TIDE_QUESTION)]
    assert whole[1]["titles"] == ["How lighthouses were lit"]


def test_hostile_questions_steer_no_terminal(feedback: Callable[..., Result], store: ReaderStore):
    hostile = "\x1b[31mred\nline\u202e"
    judged = replace(verdict(hostile), comment=hostile, source=Corrected(named=hostile))
    store.judge("x", judged, collection="sea", titles=["\x1b]0;title\x07"])
    lines = feedback("list").stdout.splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["right source", "comment"]
    assert not any(re.search("[\x00-\x1f\x7f\u202e]", line) for line in lines)


def test_exported_verdicts_become_test_questions(
    feedback: Callable[..., Result], said: dict[str, str], tmp_path: Path
):
    assert [json.loads(row)["id"] for row in feedback("export").stdout.splitlines()] == [
        said[q] for q in ("Who?", LENS_QUESTION, TIDE_QUESTION)
    ]
    out = tmp_path / "verdicts.jsonl"
    done = feedback("export", "--out", out)
    assert done.stdout.startswith(f"3 verdicts in {out}")
    assert {v.id for v in read_verdicts(out)} == set(said.values())
    assert "is there already" in one_complaint(feedback("export", "--out", out), 2)
    assert "cannot be written" in one_complaint(feedback("export", "--out", tmp_path / "no" / "x"), 2)
    added = footnote("eval", "add", out, "--to", tmp_path / "questions.jsonl")
    assert added.exit_code == 0, added.output
    cases = {
        row["question"]: row
        for row in map(json.loads, (tmp_path / "questions.jsonl").read_text("utf-8").splitlines())
    }
    assert cases[TIDE_QUESTION]["article_ids"] == ["tides.md"]
    assert cases[LENS_QUESTION]["answers"] == ["1823"]
    assert cases["Who?"]["answerable"] is False


@pytest.mark.parametrize(
    ("how", "left"),
    [(["--all"], 0), (["--before", "2024-01-03"], 1), (["--before", "2023-01-01"], 3)],
)
def test_verdicts_are_deleted_after_a_question(
    feedback: Callable[..., Result], said: dict[str, str], store: ReaderStore, how: list[str], left: int
):
    if left < 3:
        refused = one_complaint(feedback("delete", *how, input="n\n"), 1)
        assert f"Delete {3 - left} verdicts for good?" in refused
        assert "nothing was deleted" in refused
        assert "--yes" in one_complaint(feedback("delete", *how), 1), "nobody there to ask"
        assert store.count_verdicts() == 3
    done = feedback("delete", *how, input="y\n")
    assert done.exit_code == 0
    assert done.stdout.endswith(f"{3 - left} deleted\n")
    assert store.count_verdicts() == left


def test_single_verdicts_are_deleted_by_id(
    feedback: Callable[..., Result], said: dict[str, str], store: ReaderStore
):
    one, two = said["Who?"], said[TIDE_QUESTION]
    for strange in ("nothing", "\udcff", "0" * 32):
        assert "footnote feedback list" in one_complaint(feedback("delete", one, strange, "--yes"), 2)
    assert store.count_verdicts() == 3, "all or none"
    assert feedback("delete", one, two, one, "--yes").stdout == "2 deleted\n"
    assert [row.verdict.question for row in store.verdicts()] == [LENS_QUESTION]


@pytest.mark.parametrize(
    "how",
    [
        ["list", "--since", "yesterday"],
        ["delete", "--before", "2024-13-01", "--yes"],
        ["delete", "--before", ""],
        ["delete"],
        ["delete", "--all", "--before", "2024-01-01"],
        ["delete", "x", "--all"],
    ],
)
def test_what_cannot_be_meant_is_one_line_and_a_next_step(
    feedback: Callable[..., Result], said: dict[str, str], store: ReaderStore, how: list[str]
):
    one_complaint(feedback(*how), 2)
    assert store.count_verdicts() == 3


def test_an_empty_store_says_what_to_do_and_makes_no_file(feedback: Callable[..., Result], tmp_path: Path):
    for how in (
        ["list"],
        ["export"],
        ["export", "--out", "x.jsonl"],
        ["delete", "--all", "--yes"],
        ["delete", "x"],
    ):
        result = feedback(*how)
        assert (result.exit_code, result.stdout) == (0, "")
        assert "footnote chat" in result.stderr
    assert json.loads(feedback("list", "--json").stdout) == {"feedback": []}
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_old_is_not_listed(
    feedback: Callable[..., Result], said: dict[str, str], store: ReaderStore
):
    listed = footnote("feedback", "list", "--index", store.path.parent)  # kept for a year unless it is set
    assert (listed.stdout, store.count_verdicts()) == ("", 0)
