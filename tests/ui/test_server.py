"""The web server around the chat page: headers, closed routes, health, and the published function."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.errors import IndexMissing, InputError, ModelUnreachable
from tests.browser.serving import Served, served
from tests.fakes import (
    LENS_QUESTION,
    SHELF,
    TIDE_QUESTION,
    ScriptedPipeline,
    make_answer,
    make_article,
    make_citation,
    make_passage,
)
from ui.examples import example_questions

PAGE = "/chat/"


@pytest.fixture(scope="module")
def pipeline() -> ScriptedPipeline:
    return ScriptedPipeline()


@pytest.fixture(scope="module")
def server(pipeline: ScriptedPipeline) -> Iterator[Served]:
    running = served(pipeline, title="Sea and light", examples=[LENS_QUESTION])
    yield running
    running.close()


@pytest.fixture(scope="module")
def web(server: Served) -> Iterator[Any]:
    import httpx

    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def test_root_leads_to_the_chat(web: Any):
    answer = web.get("/")
    assert answer.status_code == 307
    assert answer.headers["location"] == PAGE
    assert web.get("/chat", follow_redirects=True).status_code == 200


def test_page_policy_lets_only_its_own_scripts_run(web: Any):
    answer = web.get(PAGE)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    nonce = re.fullmatch(r"'self' 'nonce-([\w-]{16,})'", policy["script-src"])
    assert nonce
    scripts = re.findall(r"<script([^>]*)>", answer.text)
    assert len(scripts) > 3
    assert all(f'nonce="{nonce[1]}"' in attributes for attributes in scripts)
    assert policy["default-src"] == policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert web.get(PAGE).headers["content-security-policy"] != answer.headers["content-security-policy"]


def test_page_names_no_other_host(web: Any):
    page = web.get(PAGE).text
    head = page.split("window.gradio_config", 1)[0]
    assert not re.findall(r"https?://(?!127\.0\.0\.1)[\w.-]+", head)
    assert "fonts.googleapis" not in page
    assert 'rel="manifest"' not in page
    assert "<title>" in page or "Sea and light" in page


def test_every_answer_forbids_sniffing_and_sends_no_referrer(web: Any):
    for path in (
        "/",
        PAGE,
        "/chat-ui.js",
        "/chat.css",
        "/health/live",
        "/chat/gradio_api/upload",
        "/nowhere",
    ):
        headers = web.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path


@pytest.mark.parametrize("path", ["/", PAGE, "/chat/config", "/chat/gradio_api/info", "/health/ready"])
@pytest.mark.parametrize("host", ["127.0.0.1", "footnote.example"])
@pytest.mark.parametrize("origin", ["https://evil.test", "null"])
def test_other_origins_are_not_let_in(web: Any, path: str, host: str, origin: str):
    answer = web.get(path, headers={"origin": origin, "host": host})
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    preflight = {"origin": origin, "host": host, "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in web.options(path, headers=preflight).headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/chat/gradio_api/upload"),
        ("POST", "/chat/upload"),
        ("GET", "/chat/gradio_api/upload_progress?upload_id=1"),
        ("GET", "/chat/gradio_api/deep_link?session_hash=1"),
        ("POST", "/chat/gradio_api/component_server"),
        ("POST", "/chat/gradio_api/component_server/"),
        ("GET", "/chat/gradio_api/file=/etc/passwd"),
        ("GET", "/chat/file=/etc/passwd"),
        ("GET", "/chat/gradio_api/file/etc/passwd"),
        ("GET", "/chat/gradio_api/proxy=https://evil.test/"),
        ("GET", "/chat/gradio_api/dev/reload"),
        ("GET", "/chat/gradio_api/runs"),
        ("GET", "/chat/monitoring"),
        ("POST", "/chat/login"),
        ("POST", "/chat/gradio_api/vibe-edit"),
        ("POST", "/chat/gradio_api/process_recording"),
        ("POST", "/chat/gradio_api/run/take"),
        ("POST", "/chat/gradio_api/call/answer"),
        ("GET", "/chat/gradio_api/custom_component/1/2/3/4"),
        ("GET", "/chat//gradio_api/upload"),
        ("GET", "/chat/assets/../gradio_api/upload"),
        ("GET", "/chat/gradio_api/queue/%2e%2e/upload"),
    ],
)
def test_routes_the_chat_does_not_need_are_closed(web: Any, method: str, path: str):
    body = {"files": b"x" * 1000} if method == "POST" else None
    answer = web.request(method, path, files=body)
    assert answer.status_code in (403, 404), answer.text[:200]
    if "upload" in path and method == "POST":
        assert answer.status_code == 403


def test_posts_from_other_sites_and_huge_posts_are_refused(web: Any):
    join = "/chat/gradio_api/queue/join"
    assert web.post(join, json={}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert web.post(join, content=b"x" * 2_000_001).status_code == 413
    assert web.post(join, content=(b"x" * 100_000 for _ in range(21))).status_code == 413


def test_own_files_are_cached_by_their_content(web: Any):
    for path, kind in (
        ("/chat-ui.js", "text/javascript"),
        ("/chat.css", "text/css"),
        ("/icon.svg", "image/svg+xml"),
    ):
        answer = web.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        again = web.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""


def test_the_frameworks_scripts_are_told_ahead_compressed_and_kept_by_browsers(web: Any):
    page = web.get(PAGE).text
    ahead = re.findall(r'<link rel="modulepreload" href="\./(assets/[^"]+)"', page)
    assert len(ahead) > 10
    for name in [*ahead, *re.findall(r'(?:src|href)="\./(assets/index-[^"]+)"', page)]:
        answer = web.get(PAGE + name, headers={"accept-encoding": "br"})
        assert (answer.status_code, answer.headers["content-encoding"]) == (200, "br")
        assert "immutable" in answer.headers["cache-control"]
        assert web.get(PAGE + name, headers={"accept-encoding": "br;q=0, identity"}).content == answer.content
    assert web.get(PAGE + "assets/none.js").status_code == 404
    assert "immutable" in web.get(PAGE + "theme.css?v=1").headers["cache-control"]
    assert "cache-control" not in web.get(PAGE + "theme.css").headers


def test_health(web: Any):
    assert web.get("/health/live").json() == {"status": "alive"}
    ready = web.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "articles": 3, "chunks": 3, "revision": 1}


def test_not_ready_without_articles_or_index():
    from starlette.testclient import TestClient

    from ui.server import create_app

    pipeline = ScriptedPipeline(articles=())
    with TestClient(create_app(pipeline, examples=[])) as client:
        empty = client.get("/health/ready")
        assert empty.status_code == 503
        assert empty.json()["reason"] == "the index holds no articles"

        class Gone:
            @property
            def manifest(self) -> None:
                raise IndexMissing("there is no index any more", "footnote build")

        pipeline.library = Gone()  # type: ignore[assignment]
        gone = client.get("/health/ready")
        assert gone.status_code == 503
        assert gone.json()["reason"] == "there is no index any more"
        assert client.get("/health/live").status_code == 200


def test_unknown_host_names_are_refused_when_names_are_given():
    from starlette.testclient import TestClient

    from ui.server import create_app

    app = create_app(ScriptedPipeline(), examples=[], allowed_hosts=["localhost", "::1"])
    with TestClient(app) as client:
        assert client.get("/health/live", headers={"host": "localhost:7860"}).status_code == 200
        assert client.get("/health/live", headers={"host": "[::1]:7860"}).status_code == 200
        assert client.get(PAGE, headers={"host": "evil.test:7860"}).status_code == 421


def test_only_ask_is_published(web: Any):
    info = web.get("/chat/gradio_api/info").json()
    assert list(info["named_endpoints"]) == ["/ask"]
    assert info["unnamed_endpoints"] == {}
    assert [p["parameter_name"] for p in info["named_endpoints"]["/ask"]["parameters"]] == ["question"]


def test_docs_of_the_framework_are_off(web: Any):
    assert {web.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}


@pytest.fixture(scope="module")
def program(server: Served) -> Any:
    from gradio_client import Client

    return Client(server.url + PAGE, verbose=False, analytics_enabled=False)


def test_a_program_gets_the_answer_as_it_grows(program: Any):
    job = program.submit(TIDE_QUESTION, api_name="/ask")
    last = job.result(timeout=30)
    assert "two high tides a day [1]." in job.outputs()[-2]["text"]
    states = [output["state"] for output in job.outputs()]
    assert list(dict.fromkeys(states)) == ["searching", "checking", "answering", "done"]
    assert last["text"].startswith("Most coasts have two high tides a day.")
    assert not last["abstained"]
    first = last["citations"][0]
    assert first["quote"] == "most coasts see two high tides a day"
    assert SHELF[1].text[first["start"] : first["end"]] == first["quote"]
    assert (first["title"], first["published"]) == ("Why the sea rises and falls", "2023-11-12")


@pytest.mark.parametrize(
    ("question", "said"),
    [("", "Type a question first"), ("x" * 2001, "has 2,001 characters; the limit is 2,000")],
)
def test_a_program_gets_one_line_for_a_question_that_cannot_be_asked(program: Any, question: str, said: str):
    with pytest.raises(Exception, match=said):
        program.predict(question, api_name="/ask")


def test_a_program_gets_one_line_when_the_model_is_down(program: Any, pipeline: ScriptedPipeline):
    pipeline.error = ModelUnreachable("the model server is down", "footnote doctor")
    try:
        with pytest.raises(Exception, match="the model server is down footnote doctor"):
            program.predict(TIDE_QUESTION, api_name="/ask")
    finally:
        pipeline.error = None


SERVE = """
from tests.fakes import ScriptedPipeline
from ui.server import serve
serve(ScriptedPipeline(), port=0, on_ready=lambda address: print(address, flush=True))
"""


def test_serving_tells_its_address_answers_loopback_names_only_and_ends_with_ctrl_c():
    import httpx

    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", SERVE], cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        assert httpx.get(address + "/health/ready", timeout=30).status_code == 200
        assert httpx.get(address + "/", headers={"host": "rebound.test"}, timeout=30).status_code == 421
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    finally:
        process.kill()
        rest = process.communicate()[0]
    assert rest == ""


def test_a_taken_port_is_named_with_the_way_out():
    from ui.server import serve

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot serve on 127.0.0.1:{port}") as refused:
            serve(ScriptedPipeline(), port=port)
    assert "--port" in refused.value.next_step


def test_offered_examples_are_those_with_evidence():
    from starlette.testclient import TestClient

    from ui.server import create_app

    treaty = make_article(
        "treaty", "A treaty", "The North Atlantic Treaty was signed in Washington in 1949. More."
    )
    web = make_article("web", "The web", "In March 1989 Tim Berners-Lee handed in a paper. Later he left.")
    known = "When did Tim Berners-Lee hand in a paper?"
    passage = make_passage(web)
    cited = make_citation(1, passage, "handed in a paper")
    answer = make_answer(known, [("He handed in a paper.", "draft", [cited])], [passage], engine="model")
    pipeline = ScriptedPipeline({known: answer}, articles=[treaty, web])
    with TestClient(create_app(pipeline)) as client:
        page = client.get(PAGE).text
    assert "North Atlantic Treaty" not in page
    assert known in page
    assert pipeline.closed == 1  # the model was not asked


def test_examples_come_from_the_articles():
    faq = make_article(
        "faq",
        "Questions and answers",
        "Intro.\n\n## Why does it matter?\n\nText.\n\n## How many members has the Security Council got?\n\nFifteen.",
    )
    treaty = make_article(
        "treaty", "A treaty", "It was dull. The North Atlantic Treaty was signed in Washington in 1949. More."
    )
    web = make_article("web", "The web", "In March 1989 Tim Berners-Lee handed in a paper. Later he left.")
    small = make_article("small", "Untold", "nothing to be turned round")
    german = replace(small, id="de", title="Ein deutscher Artikel", language="de")

    class Few:
        def __init__(self, *articles: Any) -> None:
            self.all = articles

        def articles(self) -> Iterator[Any]:
            return iter(self.all)

    assert example_questions(Few(small, german, treaty, faq, web)) == [
        "How many members has the Security Council got?",
        "When was the North Atlantic Treaty signed in Washington?",
        "When did Tim Berners-Lee hand in a paper?",
    ]
    assert example_questions(Few(treaty, faq, web), answerable=lambda q: "Treaty" in q) == [
        "When was the North Atlantic Treaty signed in Washington?"
    ]
    assert example_questions(Few(*SHELF), 2) == [
        "What is “How lighthouses were lit” about?",
        "What is “Why the sea rises and falls” about?",
    ]
    assert example_questions(Few()) == []
    titled = [
        replace(small, id=f"{n}", title=f"Große Überschrift {n} - CNN", language="de-AT") for n in (1, 2)
    ]
    heading = "# Wann wurde die Elbphilharmonie in Hamburg eröffnet?\n\nSpät."
    assert example_questions(Few(treaty, *titled, replace(titled[0], id="h", text=heading))) == [
        "Wann wurde die Elbphilharmonie in Hamburg eröffnet?",
        "Worum geht es in „Große Überschrift 1“?",
        "Worum geht es in „Große Überschrift 2“?",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "It was founded in 1901 by a baker.",
        "The treaty was signed in 1949.",
        "Construction was completed in 1914 at last.",
        "In 1950 prices fell and Europe recovered.",
        "On 3 May 1990 The man resigned.",
        "Why did they do it?\n\nWho knows?",
        "In 1990 This Thing ended badly.",
    ],
)
def test_no_example_is_made_from_a_sentence_that_needs_its_context(text: str):
    class One:
        def articles(self) -> Iterator[Any]:
            return iter([make_article("a", "Short", text)])

    assert example_questions(One()) == []
