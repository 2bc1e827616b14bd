"""Choosing a model: what is within reach, what is written, and what is refused."""

from __future__ import annotations

import json
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from index.errors import InputError
from ui.models import found_models, server_models, use_model, write_config
from ui.settings import load_settings


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Server:
    """A model server that only says which models it has; `seen` are the keys it was shown."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        seen = self.seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((self.path, self.headers.get("Authorization", "")))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server(json.dumps({"object": "list", "data": [{"id": "big:8b"}, {"id": "small:1b"}]}).encode())
    yield one
    one.http.shutdown()
    one.http.server_close()


def test_the_bundled_models_are_in_use_at_first() -> None:
    found = found_models(load_settings())
    assert [(m.kind, m.name, m.in_use) for m in found] == [
        ("embedding", "all-MiniLM-L6-v2", True),
        ("language", "SmolLM2-135M-Instruct", True),
    ]


def test_a_server_says_what_it_has_and_is_shown_the_key(server: Server) -> None:
    settings = load_settings([f"llm_url={server.url}", "llm_model=big:8b", "llm_api_key=sk-x"])
    language = {m.name: m for m in found_models(settings) if m.kind == "language"}
    assert language["big:8b"].in_use
    assert not language["small:1b"].in_use
    assert not language["SmolLM2-135M-Instruct"].in_use
    assert server.seen == [("/v1/models", "Bearer sk-x")]
    assert server_models(load_settings([f"llm_url={server.url.removesuffix('/v1')}"]))[0] == [
        "big:8b",
        "small:1b",
    ]


def test_a_model_the_server_lacks_is_a_problem(server: Server) -> None:
    found = found_models(load_settings([f"llm_url={server.url}", "llm_model=other"]))
    assert "no model of this name, but big:8b" in next(m.problem for m in found if m.name == "other")


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"no", 500, "status 500"),
        (b"<html>", 200, "not in the OpenAI form"),
        (b"[]", 200, "not in the OpenAI form"),
    ],
)
def test_a_strange_server_is_described(body: bytes, status: int, problem: str) -> None:
    strange = Server(body, status)
    names, found = server_models(load_settings([f"llm_url={strange.url}"]))
    strange.http.shutdown()
    strange.http.server_close()
    assert names == []
    assert problem in found


def test_a_silent_server_is_described() -> None:
    assert "does not answer" in server_models(load_settings(["llm_url=http://127.0.0.1:1/v1"]))[1]


def test_using_a_server_a_file_an_embedder_and_the_bundled_model(server: Server, tmp_path: Path) -> None:
    change = use_model(server.url, load_settings(), name="small:1b")
    assert change.then == ""
    assert (load_settings().llm_url, load_settings().llm_model) == (server.url, "small:1b")

    use_model("big:8b", load_settings())
    assert load_settings().llm_model == "big:8b"

    (tmp_path / "tiny.gguf").write_bytes(b"GGUF1234")
    use_model("tiny.gguf", load_settings())
    assert load_settings().gguf == str(tmp_path / "tiny.gguf")
    assert load_settings().llm_url == ""
    assert next(m for m in found_models(load_settings()) if m.in_use and m.kind == "language").name == "tiny"

    assert "build PATH --rebuild" in use_model("BAAI/bge-small-en-v1.5", load_settings()).then
    assert load_settings().embedder == "BAAI/bge-small-en-v1.5"

    use_model("bundled", load_settings())
    use_model("all-MiniLM-L6-v2", load_settings())
    assert tomllib.loads(Path("footnote.toml").read_text()) == {}


def test_a_server_with_several_models_wants_to_know_which(server: Server) -> None:
    with pytest.raises(InputError, match="big:8b, small:1b"):
        use_model(server.url, load_settings())
    with pytest.raises(InputError, match="has no model 'huge'"):
        use_model(server.url, load_settings(), name="huge")


def test_a_server_that_is_down_can_be_chosen_by_name() -> None:
    change = use_model("http://127.0.0.1:1/v1", load_settings(), name="later:1b")
    assert "start it before asking" in change.then


@pytest.mark.parametrize("content", [b"", b"ELF", b"GGU"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.gguf").write_bytes(content)
    with pytest.raises(InputError, match="is not a GGUF file"):
        use_model("bad.gguf", load_settings())
    assert not Path("footnote.toml").exists()


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no sentence-transformers model"):
        use_model("empty", load_settings())


def test_writing_leaves_every_other_line_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "footnote.toml"
    path.write_text('# ours\ntop_k = 3  # few\n\ngguf = "old"\nport = 8001\n')
    write_config(path, {"gguf": None, "llm_model": 'a "quoted"\\name é'})
    assert (
        path.read_text()
        == '# ours\ntop_k = 3  # few\n\nport = 8001\nllm_model = "a \\"quoted\\"\\\\name é"\n'
    )
    assert tomllib.loads(path.read_text())["llm_model"] == 'a "quoted"\\name é'


def test_a_file_that_cannot_be_changed_safely_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "footnote.toml"
    path.write_text('gguf = """\nold"""\n')
    with pytest.raises(InputError, match="cannot be changed safely"):
        write_config(path, {"gguf": "new"})
    assert path.read_text() == 'gguf = """\nold"""\n'


def test_the_environment_outranks_the_file_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_URL", "http://127.0.0.1:1/v1")
    assert "unset FOOTNOTE_LLM_URL" in use_model("bundled", load_settings()).then
