"""How models are spoken to, and that what they think never becomes an answer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.known_models import known, known_models
from rag.llm import Message, load_model
from rag.styles import THOUGHT_TOKENS, Thoughts, most_evidence, style_of, without_thoughts
from tests.rag.servers import ScriptedServer

ASKED = [Message("system", "Use the facts."), Message("user", "[1] A fact.\n\nQuestion: What?")]


def cut_at(text: str, places: set[int]) -> list[str]:
    """The text in pieces, cut at these places."""
    ends = [0, *sorted(p for p in places if 0 < p < len(text)), len(text)]
    return [text[a:b] for a, b in pairwise(ends)]


@pytest.mark.parametrize(
    "reply",
    [
        "<think>The canal, hmm.</think>It opened in 1914 [1].",
        "\n<think>\n\n</think>\n\nIt opened in 1914 [1].",
        "<Thinking>a < b, so </b></Thinking> <think>more</think> It opened in 1914 [1].",
        "[THINK]One moment.[/THINK]It opened in 1914 [1].",
        "It opened in 1914 [1].",
    ],
)
@given(places=st.sets(st.integers(1, 80)))
def test_a_thought_is_taken_out_however_it_is_cut(reply: str, places: set[int]) -> None:
    assert without_thoughts(cut_at(reply, places)) == "It opened in 1914 [1]."


@pytest.mark.parametrize("reply", ["<", "<thinly veiled> words", "a <think> b", "[7] is no mark", "  x"])
@given(places=st.sets(st.integers(1, 30)))
def test_what_is_no_thought_stays_to_the_letter(reply: str, places: set[int]) -> None:
    assert without_thoughts(cut_at(reply, places)) == reply


def test_a_thought_that_never_ends_is_no_answer() -> None:
    thoughts = Thoughts()
    assert thoughts.take("<think>on and on") == ""
    assert thoughts.rest() == ""
    assert thoughts.seen


def test_a_thought_without_its_beginning_is_held_back_where_that_is_known() -> None:
    thoughts = Thoughts(always=True)
    assert [thoughts.take(piece) for piece in ("Hmm. ", "1914", "</thi", "nk>\n\nIt opened", " in 1914.")] == [
        "", "", "", "It opened", " in 1914.",
    ]  # fmt: skip
    parted = Thoughts(always=True)  # the server has taken the thought away itself
    assert parted.take("It opened in 1914.") + parted.rest() == "It opened in 1914."
    cut = Thoughts(always=True)
    assert cut.take("Hmm. It opened, or did") + cut.rest(cut=True) == ""


def test_an_end_without_a_beginning_is_noticed_and_never_shown() -> None:
    thoughts = Thoughts()
    shown = (
        thoughts.take("Let me see.") + thoughts.take("</th") + thoughts.take("ink>In 1914.") + thoughts.rest()
    )
    assert "</" not in shown
    assert thoughts.unmarked


@pytest.mark.parametrize(
    "name", ["qwen3:4b", "Qwen3-1.7B-Q4_K_M", "qwen3-8b", "smollm3-3b", "HuggingFaceTB/SmolLM3-3B"]
)
def test_thinking_models_are_told_not_to_think(name: str) -> None:
    style = style_of(name)
    assert style.told(ASKED)[0] == Message("system", "Use the facts. /no_think")
    assert style.told(ASKED[1:])[0] == Message("system", "/no_think")
    assert style.fields()["chat_template_kwargs"] == {"enable_thinking": False}


@pytest.mark.parametrize(
    "name", ["qwen3-4b", "Qwen3-4B-Instruct-2507-Q4_K_M", "phi-4-mini", "llama3.2:3b", "any"]
)
def test_other_models_are_asked_as_before(name: str) -> None:
    assert style_of(name).told(ASKED) == ASKED
    assert style_of(name).fields() == {}


def test_a_template_without_a_system_message_gets_the_rules_with_the_question() -> None:
    folded = style_of("gemma-3-4b-it-Q4_K_M").told(ASKED)
    assert folded == [Message("user", "Use the facts.\n\n[1] A fact.\n\nQuestion: What?")]


def test_every_known_model_is_described_whole() -> None:
    models = known_models()
    assert 5 <= len(models) <= 9
    assert [m.parameters for m in models] == sorted(m.parameters for m in models)
    for model in models:
        assert model.bytes < model.memory < model.bytes * 2.5
        assert len(model.sha256) == 64
        assert model.repository.count("/") == 1
        assert known(model.name) is model
        assert known(model.file) is model
        assert most_evidence(model.name) == model.evidence
    assert {m.licence for m in models if not m.conditions} <= {"Apache-2.0", "MIT"}


def test_a_server_that_thinks_all_the_same_is_heard_to_the_end(scripted_server: ScriptedServer) -> None:
    scripted_server.reply = "<think>Well, let me see.</think>\n\nIt opened in 1914 [1]."
    model = load_model(url=scripted_server.url, model="scripted")
    assert "".join(model.stream(ASKED)).strip() == "It opened in 1914 [1]."
    assert len(scripted_server.requests) == 1


def test_a_thought_that_ate_up_the_tokens_is_given_more_once(scripted_server: ScriptedServer) -> None:
    """The first reply is nothing but thought; then there is room for it, from then on at once."""
    scripted_server.limit = True
    scripted_server.reply = "<think>" + "hmm " * 40 + "</think> It opened in 1914 [1]."
    model = load_model(url=scripted_server.url, model="scripted")
    assert "".join(model.stream(ASKED, max_tokens=20)).strip() == "It opened in 1914 [1]."
    assert "".join(model.stream(ASKED, max_tokens=20)).strip() == "It opened in 1914 [1]."
    assert [r["max_tokens"] for r in scripted_server.requests] == [
        20,
        20 + THOUGHT_TOKENS,
        20 + THOUGHT_TOKENS,
    ]


def test_a_thought_in_a_field_of_its_own_is_not_the_answer(scripted_server: ScriptedServer) -> None:
    scripted_server.thought = "I wonder about that"
    scripted_server.reply = "It opened in 1914 [1]."
    model = load_model(url=scripted_server.url, model="scripted")
    pieces = list(model.stream(ASKED))
    assert "".join(pieces).strip() == "It opened in 1914 [1]."
    assert pieces.count("") >= 4, "a piece for each of the thought: whoever waits is told that it goes on"


def test_a_server_that_refuses_the_switch_is_asked_without_it(scripted_server: ScriptedServer) -> None:
    scripted_server.refuses = ("reasoning_effort", "chat_template_kwargs")
    scripted_server.reply = "Yes."
    model = load_model(url=scripted_server.url, model="qwen3:4b")
    for _ in range(2):
        assert "".join(model.stream(ASKED)).strip() == "Yes."
    sent = [{"reasoning_effort", "chat_template_kwargs"} & set(r) for r in scripted_server.requests]
    assert sent == [{"reasoning_effort", "chat_template_kwargs"}, {"chat_template_kwargs"}, set(), set()]


def test_a_server_that_takes_no_system_message_gets_it_with_the_question(
    scripted_server: ScriptedServer,
) -> None:
    scripted_server.refuses = ("system",)
    scripted_server.reply = "Yes."
    model = load_model(url=scripted_server.url, model="mystery")
    assert "".join(model.stream(ASKED)).strip() == "Yes."
    assert [m["role"] for m in scripted_server.requests[-1]["messages"]] == ["user"]
    assert "Use the facts." in scripted_server.requests[-1]["messages"][0]["content"]
