"""The language model: the bundled one for real, servers as they tell of themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from index.errors import InputError
from rag import prompt
from rag.llm import Message, load_model
from tests.rag.servers import ScriptedServer


@pytest.fixture(scope="module")
def bundled():
    model = load_model()
    yield model
    model.close()


@pytest.mark.model
@pytest.mark.parametrize("facts", [1, 3])
def test_under_the_grammar_a_marker_out_of_range_cannot_be_written(bundled, facts: int) -> None:
    asked = [Message("user", "Write three sentences. End each with [7] or [42] or [x].")]
    text = "".join(bundled.stream(asked, grammar=prompt.grammar(facts, 2, may_abstain=False), max_tokens=120))
    numbers = {int(n) for n in re.findall(r"\[(\d+)\]", text)}
    assert numbers <= set(range(1, facts + 1))
    assert "[x]" not in text


@pytest.mark.model
def test_the_small_grammar_gives_one_sentence(bundled) -> None:
    asked = [Message("user", "Tell a long story about a canal.")]
    text = "".join(bundled.stream(asked, grammar=prompt.small_grammar(3), max_tokens=120))
    assert "\n" not in text
    assert len(re.findall(r"[.!?](?:\s|$)", text)) <= 2


@pytest.mark.model
def test_the_bundled_model_tells_its_context_and_takes_a_grammar(bundled) -> None:
    assert bundled.context_size == 2048
    assert bundled.takes_grammar
    assert bundled.evidence_budget() == 220
    assert bundled.kind == "bundled"


@pytest.mark.model
def test_a_gguf_file_is_run_by_the_same_road() -> None:
    from index import weights

    model = load_model(gguf=str(weights.find(weights.SMOLLM2)))
    try:
        assert model.kind == "gguf"
        assert "".join(model.stream([Message("user", "Say hello.")], max_tokens=8))
        assert model.evidence_budget() >= 220
    finally:
        model.close()


def test_a_server_tells_its_real_context(scripted_server: ScriptedServer) -> None:
    model = load_model(url=scripted_server.url, model="scripted")
    assert model.context_size == 3000
    assert not model.takes_grammar


def test_no_grammar_is_sent_where_none_is_taken(scripted_server: ScriptedServer) -> None:
    scripted_server.reply = "Hello there."
    model = load_model(url=scripted_server.url, model="scripted", api_key="secret-key")
    text = "".join(model.stream([Message("user", "Hi")], grammar='root ::= "x"'))
    assert text.strip() == "Hello there."
    assert "grammar" not in scripted_server.requests[0]
    assert "secret-key" not in repr(model)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "localhost:11434", "model": "x"}, "no URL"),
        ({"url": "http://127.0.0.1:1/v1"}, "name"),
        ({"gguf": "nowhere.gguf"}, "no model file"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_once(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_model(**given)


def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"not a model")
    with pytest.raises(InputError, match="no GGUF"):
        load_model(gguf=str(tmp_path / "model.gguf"))
