"""Trying out a model: a scripted one, one that is down or breaks off, and the bundled one for real."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evals.trial import trial_questions
from index import weights
from index.errors import WeightsMissing
from tests.rag.servers import ScriptedServer
from ui.cli import app


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    try:
        weights.find(weights.EMBEDDING)
    except WeightsMissing as error:
        pytest.skip(f"{error}: {error.next_step}")


def sensible(body: dict[str, Any]) -> str:
    """The fact that holds a right answer, else that the articles do not say."""
    prompt = body["messages"][-1]["content"]
    asked = next((q for q in trial_questions() if q.question in prompt), None)
    if asked is None:
        return "yes"
    for number, fact in re.findall(r"^\[(\d+)\] (?:\([\d-]+\) )?(.+)$", prompt, re.MULTILINE):
        if any(words in fact for words in asked.answers):
            return f"{fact.rstrip('.')} [{number}]."
    return "The articles do not say."


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as one:
        one.replies = sensible
        yield one


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["models", "try", *arguments], prog_name="footnote")
    return result.exit_code, result.stdout, result.stderr


def test_a_sensible_model_gets_them_right(server: ScriptedServer) -> None:
    status, out, err = run(server.url, "--model", "scripted")
    assert status == 0, err
    lines = out.splitlines()
    assert len([line for line in lines if re.match(r" *\d+  right ", line)]) == 20, out
    assert re.search(r"^scripted: 20 right, .* of 20; [\d.]+ s a question", lines[-1])
    assert not any("ignore all previous" in str(r) for r in server.requests)


def test_a_model_that_invents_is_told_apart(server: ScriptedServer) -> None:
    server.reply = "A thousand purple elephants sang in Vienna [1]."
    server.replies = None
    status, out, _ = run(server.url, "--model", "scripted", "--json")
    found = json.loads(out)["models"][0]
    assert status == 0
    assert found["right"] == 0
    assert found["unsupported"] == found["asked"] == 20
    assert all(row["reason"] for row in found["questions"])


def test_a_model_that_always_refuses_is_right_only_where_nothing_is_said(server: ScriptedServer) -> None:
    server.reply, server.replies = "The articles do not say.", None
    _, out, _ = run(server.url, "--model", "scripted", "--json")
    found = json.loads(out)["models"][0]
    assert (found["right"], found["refused"]) == (4, 16)


def test_a_model_that_breaks_off_midway_leaves_a_table_of_what_was_done(server: ScriptedServer) -> None:
    def breaking(body: dict[str, Any]) -> str:
        if trial_questions()[6].question in body["messages"][-1]["content"]:
            server.cut = 0
        return sensible(body)

    server.replies = breaking
    status, out, err = run(server.url, "--model", "scripted")
    assert status == 1
    assert re.search(r"of the 6 asked of 20", out)
    assert "question 7 of 20: scripted" in err
    assert "broke off" in err


def test_a_slow_model_is_said_to_be_slow(server: ScriptedServer) -> None:
    def slow(body: dict[str, Any]) -> str:
        server.delay = 5.0 if trial_questions()[1].question in body["messages"][-1]["content"] else 0.0
        return sensible(body)

    server.replies = slow
    status, out, err = run(server.url, "--model", "scripted", "--set", "llm_timeout=1")
    assert status == 1
    assert "did not answer within 1 s" in err
    assert "FOOTNOTE_LLM_TIMEOUT" in err
    assert "of the 1 asked of 20" in out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("http://127.0.0.1:1/v1", "--model", "m"), 1, "does not answer"),
        (("qwen3-8b",), 2, "footnote models pull qwen3-8b"),
        (("nosuch",), 2, "no language model within reach"),
        (("bad.gguf",), 2, "is not a GGUF file"),
        (("none.gguf",), 2, "none.gguf"),
    ],
)
def test_what_cannot_be_tried_is_named(arguments: tuple[str, ...], status: int, words: str) -> None:
    Path("bad.gguf").write_bytes(b"ELF!")
    got, _, err = run(*arguments)
    assert got == status
    assert words in err
    assert "Traceback" not in err


@pytest.mark.model
def test_a_file_that_only_begins_like_a_model_is_named() -> None:
    Path("short.gguf").write_bytes(b"GGUF" + b"\0" * 64)
    status, _, err = run("short.gguf")
    assert status == 1
    assert "could not load short.gguf" in err


@pytest.mark.slow
@pytest.mark.model
def test_the_bundled_model_beside_a_sensible_one(server: ScriptedServer) -> None:
    status, out, err = run(
        server.url, "--model", "scripted", "--beside", "bundled", "--set", "llm_timeout=600"
    )
    assert status == 0, err
    lines = out.splitlines()
    name = weights.SMOLLM2.name
    assert len([line for line in lines if re.match(r" *\d+  (right|wrong|unsupported|refused) ", line)]) == 40
    assert re.search(rf"^{name}: \d+ right, \d+ wrong, \d+ unsupported, \d+ refused of 20", lines[-2])
    assert re.search(rf"^scripted beside {name}: \+\d+ right, [-+]\d+ wrong of 20", lines[-1])
