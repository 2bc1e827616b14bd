"""What the owner of a server gets under /admin/: what readers said, what they share, and the articles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from evals.verdicts import Corrected, Verdict, read_verdicts
from index.build import build_index
from index.errors import IndexBusy
from index.library import Library
from index.schema import Article, Skipped
from rag.schema import Turn
from tests.fakes import LENS_QUESTION, SHELF, KeywordEmbedder, ScriptedPipeline, make_article, shelf_answers
from ui import wiring
from ui.readers.memory import Remembered
from ui.readers.shared import shared_answer
from ui.readers.store import STORE_FILE, ReaderStore
from ui.server import create_app
from ui.settings import load_settings

NASTY = "<script>alert(1)</script> **b** \u202edesrever\u202c [x](javascript:y)"
STRANGE = make_article("strange", NASTY, "Some words.", source=NASTY, topic="<b>", published=None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReaderStore]:
    kept = ReaderStore(tmp_path / STORE_FILE, 0)
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def app() -> Any:
    sea = ScriptedPipeline(articles=[*SHELF, STRANGE])
    land = ScriptedPipeline(
        {}, articles=[make_article("bridges", "Bridges", "The Forth Bridge.", source="wire")]
    )
    return create_app(sea, title="Sea", examples=[], collections={"sea": sea, "land": land})


@pytest.fixture
def removed() -> list[tuple[str, list[str]]]:
    return []


@pytest.fixture
def owner(app: Any, store: ReaderStore, removed: list[tuple[str, list[str]]]) -> Iterator[Any]:
    """The owner, at the machine itself."""

    def remove(name: str, ids: Sequence[str]) -> int:
        removed.append((name, list(ids)))
        return len(ids)

    app.state.service = replace(app.state.service, store=store, remove_articles=remove)
    with TestClient(app, client=("127.0.0.1", 1), base_url="http://localhost:7860") as client:
        yield client


def judge(store: ReaderStore, name: str, opinion: Any = "up", **more: Any) -> str:
    fields: dict[str, Any] = {"at": datetime.now(UTC), "question": f"{name}?"} | more
    collection = fields.pop("collection", "sea")
    titles, marker = fields.pop("titles", []), fields.pop("marker", 0)
    made = Verdict(id="", verdict=opinion, **fields)
    return store.judge(name, made, collection=collection, titles=titles, marker=marker).id


def share(store: ReaderStore, name: str = LENS_QUESTION, **more: Any) -> str:
    answer = replace(shelf_answers()[LENS_QUESTION], **more)
    return store.share(name, shared_answer(Remembered(name, datetime.now(UTC), "sea", answer)))


def entries(page: Any) -> list[str]:
    assert page.status_code == 200, page.text
    return [
        unescape(re.sub("<[^>]*>", "", found))
        for found in re.findall(r'<h2 dir="auto">(.*?)</h2>', page.text)
    ]


def follow(page: Any, what: str) -> str:
    found = re.search(what, page.text)
    assert found, page.text
    return unescape(found[1])


# ---- who and how ----------------------------------------------------------------------------------

PAGES = ["/admin/", "/admin/feedback", "/admin/shared", "/admin/articles", "/admin/articles/tides/remove"]


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_for_the_owner_and_in_nobodys_frame(owner: Any, path: str):
    page = owner.get(path, headers={"accept-language": "de"})
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert (page.headers["cache-control"], page.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert '<html lang="en">' in page.text
    assert "<script" not in page.text
    elsewhere = TestClient(owner.app, client=("192.0.2.1", 1), base_url="http://localhost:7860")
    assert elsewhere.get(path).status_code == 403
    assert owner.head(path).status_code == 200


def test_admin_leads_to_the_overview(owner: Any, store: ReaderStore):
    judge(store, "a")
    judge(store, "b", "wrong-source")
    share(store)
    page = owner.get("/admin")
    assert page.url.path == "/admin/"
    words = " ".join(re.sub("<[^>]*>", "", page.text).split())
    assert "Feedback: 1 good, 0 bad, 1 wrong source" in words
    assert "Shared answers: 1" in words
    assert "Articles: 5 in 2 collections" in words


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"origin": "http://localhost:7860"}, 303),
        ({"origin": "http://localhost:7860", "sec-fetch-site": "same-origin"}, 303),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "http://localhost:9999"}, 403),
        ({"origin": "https://articles.example.org", "sec-fetch-site": "same-origin"}, 303),  # a proxy's name
        ({"origin": "http://localhost:7860.evil.test", "sec-fetch-site": "none"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://[", "sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_only_our_own_forms_change_anything(
    owner: Any, store: ReaderStore, removed: list[Any], headers: dict[str, str], status: int
):
    said, token = judge(store, "a"), share(store)
    for path in (
        f"/admin/feedback/{said}/delete",
        f"/admin/shared/{token}/delete",
        "/admin/articles/tides/remove",
    ):
        answer = owner.post(path, headers=headers, follow_redirects=False)
        assert answer.status_code == status, path
        assert owner.get(path).status_code != 303, "looking changes nothing"
    left = 0 if status == 303 else 1
    assert (store.count_verdicts(), store.count_shares(), len(removed)) == (left, left, 1 - left)


def test_a_server_that_keeps_and_removes_nothing_says_so(app: Any):
    app.state.service = replace(app.state.service, store=None, remove_articles=None)
    with TestClient(app, client=("127.0.0.1", 1), base_url="http://localhost") as client:
        assert "keeps nothing" in client.get("/admin/").text
        for path in (
            "/admin/feedback",
            "/admin/shared",
            "/admin/articles/tides/remove",
            "/admin/feedback.jsonl",
        ):
            assert client.get(path).status_code == 503, path
        assert "Remove" not in client.get("/admin/articles").text
        assert client.post("/admin/articles/tides/remove").status_code == 503


# ---- feedback -------------------------------------------------------------------------------------


def test_verdicts_are_shown_newest_first_and_filtered(owner: Any, store: ReaderStore):
    assert "No reader has judged an answer yet." in owner.get("/admin/feedback").text
    start = datetime(2024, 1, 1, tzinfo=UTC)
    judge(store, "first", at=start, collection="land")
    judge(store, "last", "down", at=start + timedelta(days=2), expected="Two", comment="Too long",
          answer="Three.[1]", titles=["Tides"], history=(Turn("Before?", "Yes."),))  # fmt: skip
    named = Corrected(named="Sea tables")
    judge(store, "middle", "wrong-source", at=start + timedelta(days=1), marker=2, source=named)
    page = owner.get("/admin/feedback")
    assert entries(page) == ["last?", "middle?", "first?"]
    words = " ".join(unescape(re.sub("<[^>]*>", "", page.text)).split())
    assert "Three.[1]" in words
    assert "Cited: Tides" in words
    assert "Before: Before?" in words
    assert "Expected: Two" in words
    assert "Comment: Too long" in words
    assert "Right source: Sea tables" in words
    assert "Wrong source, footnote 2 · 2 January 2024 · sea" in words
    assert entries(owner.get("/admin/feedback?verdict=down")) == ["last?"]
    assert entries(owner.get("/admin/feedback?collection=land")) == ["first?"]
    assert "No verdict fits." in owner.get("/admin/feedback?verdict=up&collection=sea").text
    assert entries(owner.get("/admin/feedback?verdict=%27or&collection=")) == ["last?", "middle?", "first?"]


def test_verdicts_come_a_page_at_a_time(owner: Any, store: ReaderStore):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for n in range(120):
        judge(store, f"q{n}", "up" if n % 2 else "down", at=start + timedelta(hours=n))
    first = owner.get("/admin/feedback")
    assert "120 verdicts" in first.text
    assert entries(first) == [f"q{n}?" for n in range(119, 69, -1)]
    second = owner.get("/admin/feedback" + follow(first, r'rel="next" href="([^"]*)"'))
    assert entries(second) == [f"q{n}?" for n in range(69, 19, -1)]
    half = owner.get("/admin/feedback?verdict=up")
    half = owner.get("/admin/feedback" + follow(half, r'rel="next" href="([^"]*)"'))
    assert entries(half) == [f"q{n}?" for n in range(19, 0, -2)]
    assert entries(owner.get("/admin/feedback?page=999999999")) == [f"q{n}?" for n in range(19, -1, -1)]
    assert entries(owner.get("/admin/feedback?page=-1")) == entries(first)


def test_a_verdict_is_deleted_from_where_it_stands(owner: Any, store: ReaderStore):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for n in range(60):
        judge(store, f"q{n}", at=start + timedelta(hours=n))
    page = owner.get("/admin/feedback?verdict=up&page=2")
    action = follow(page, r'method="post" action="([^"]*)"')
    done = owner.post(action)
    assert (done.url.path, done.url.params["page"], done.url.params["verdict"]) == (
        "/admin/feedback",
        "2",
        "up",
    )
    assert "Deleted." in done.text
    assert entries(done) == [f"q{n}?" for n in range(8, -1, -1)]
    again = owner.post(action)
    assert again.status_code == 404
    assert "no verdict with this id" in again.text


def test_all_verdicts_are_downloaded_as_the_evaluation_reads_them(
    owner: Any, store: ReaderStore, tmp_path: Path
):
    ids = {judge(store, f"q{n}", comment=NASTY) for n in range(3)}
    file = owner.get("/admin/feedback.jsonl")
    assert file.headers["content-disposition"] == 'attachment; filename="feedback.jsonl"'
    assert file.headers["cache-control"] == "no-store"
    (tmp_path / "feedback.jsonl").write_bytes(file.content)
    assert {said.id for said in read_verdicts(tmp_path / "feedback.jsonl")} == ids
    assert all(json.loads(line)["comment"] == NASTY for line in file.text.splitlines())


# ---- shared answers -------------------------------------------------------------------------------


def test_shared_answers_are_listed_and_taken_away(owner: Any, store: ReaderStore):
    assert "No answer is shared." in owner.get("/admin/shared").text
    token = share(store)
    page = owner.get("/admin/shared")
    assert entries(page) == [LENS_QUESTION]
    assert owner.get(follow(page, r'href="(/answers/[^"]*)"')).status_code == 200
    done = owner.post(follow(page, r'method="post" action="([^"]*)"'))
    assert "Taken away." in done.text
    assert entries(done) == []
    assert owner.get(f"/answers/{token}").status_code == 404
    assert owner.post(f"/admin/shared/{token}/delete").status_code == 404


# ---- articles -------------------------------------------------------------------------------------


def test_collections_are_shown_in_figures_and_their_articles_found(owner: Any):
    page = owner.get("/admin/articles")
    rows = [
        " ".join(unescape(re.sub("<[^>]*>", " ", row)).split())
        for row in re.findall(r"<tr>.*?</tr>", page.text)
    ]
    assert rows[1:] == [
        "sea 4, 2 undated 2023-11-12 2024-05-01 2026-01-01T00:00:00+00:00 1",
        "land 1 2024-05-01 2024-05-01 2026-01-01T00:00:00+00:00 1",
    ]
    assert "shelf</bdi>: 3" in page.text
    assert len(entries(page)) == 4
    assert entries(owner.get("/admin/articles?q=moon")) == ["Why the sea rises and falls"]
    assert entries(owner.get("/admin/articles?collection=land")) == ["Bridges"]
    assert "No article fits." in owner.get("/admin/articles?q=unheard").text
    assert len(entries(owner.get("/admin/articles?page=99"))) == 4
    assert owner.get("/admin/articles?collection=moon").status_code == 404


def test_an_article_is_removed_after_a_question(owner: Any, removed: list[Any]):
    page = owner.get("/admin/articles?collection=land")
    question = owner.get(follow(page, r'href="(/admin/articles/[^"]*/remove[^"]*)"'))
    assert "Remove this article?" in question.text
    assert "Bridges" in question.text
    assert removed == []
    done = owner.post(follow(question, r'method="post" action="([^"]*)"'))
    assert removed == [("land", ["bridges"])]
    assert (done.url.path, done.url.params["collection"]) == ("/admin/articles", "land")
    assert "Removed." in done.text
    for path in ("/admin/articles/nothing/remove", "/admin/articles/tides/remove?collection=land"):
        assert owner.get(path).status_code == owner.post(path).status_code == 404
    assert len(removed) == 1


def test_a_removal_that_must_wait_says_so(owner: Any):
    def busy(name: str, ids: Sequence[str]) -> int:
        raise IndexBusy("another process is building this index", "try again when it is done")

    owner.app.state.service = replace(owner.app.state.service, remove_articles=busy)
    page = owner.post("/admin/articles/tides/remove")
    assert page.status_code == 503
    assert "another process is building this index" in page.text


def test_a_real_article_is_gone_from_the_index_and_the_lists(tmp_path: Path):
    class Shelf:
        key = label = "shelf"

        def read(self) -> Iterator[Article | Skipped]:
            yield from SHELF

    build_index(tmp_path / "index", [Shelf()], embedder=KeywordEmbedder())
    settings = load_settings(index=tmp_path / "index")
    pipeline = ScriptedPipeline({})
    with Library.open(tmp_path / "index") as library:
        pipeline.library = library  # type: ignore[assignment]
        app = create_app(
            pipeline, examples=[], remove_articles=lambda name, ids: wiring.remove(settings, ids)
        )
        with TestClient(app, client=("127.0.0.1", 1), base_url="http://localhost") as client:
            assert len(entries(client.get("/admin/articles"))) == 3
            done = client.post("/admin/articles/tides/remove")
            assert "tides" not in done.text
            assert len(entries(done)) == 2
            assert "2 articles in default" in done.text
            assert client.get("/articles/tides").status_code == 404
    with Library.open(tmp_path / "index") as library:
        assert library.manifest.articles == 2


# ---- hostile words --------------------------------------------------------------------------------


def test_hostile_words_are_shown_as_words(owner: Any, store: ReaderStore):
    judge(store, "x", question=NASTY, answer=NASTY, expected=NASTY, comment=NASTY, titles=[NASTY, ""],
          collection=NASTY, history=(Turn(NASTY, NASTY),))  # fmt: skip
    share(store, question=NASTY)
    for path in (*PAGES, "/admin/articles/strange/remove", "/admin/feedback?collection=%22%3E%3Cscript%3E", "/admin/articles?q=%22%3E%3Cscript%3E"):  # fmt: skip
        page = owner.get(path)
        assert page.status_code == 200
        assert not re.search("<(script|b)>", page.text), path
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.text), path
        assert not re.search(r'href="javascript', page.text), path
    assert "&lt;script&gt;alert(1)&lt;/script&gt; **b** desrever" in owner.get("/admin/feedback").text


def test_the_chat_command_brings_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from typer.testing import CliRunner

    from ui.cli import app as command

    served: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(wiring, "open_pipeline", lambda settings: ScriptedPipeline())
    monkeypatch.setattr(wiring, "remove", lambda settings, ids: served.update(from_=settings.index_dir) or 1)
    monkeypatch.setattr("ui.server.serve", lambda pipeline, **options: served.update(options))
    result = CliRunner().invoke(command, ["chat", "--port", "0", "--index", "here"], prog_name="footnote")
    assert result.exit_code == 0, result.output
    assert served["store"].path == Path("here") / STORE_FILE
    assert served["remove_articles"]("default", ["x"]) == 1
    assert served["from_"] == Path("here")
    assert list(tmp_path.iterdir()) == []
