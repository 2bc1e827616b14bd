"""A follow-up written alone by a larger language model, and what happens where its wording cannot be trusted."""

import time

import pytest

from rag.followup import standalone
from rag.llm import load_model
from rag.options import RagOptions
from rag.pipeline import Pipeline
from rag.rewrite import SECONDS, acceptable, by_model
from rag.schema import Turn
from tests.rag.servers import ScriptedServer

HISTORY = (Turn("Which ship passed the Sandbar Canal first?", "It was the steamer Grey Heron [1]."),)
ASKED = "Who was its captain?"


def rewritten(server: ScriptedServer, question: str = ASKED) -> str:
    model = load_model(url=server.url, model="scripted")
    return by_model(model, question, HISTORY, standalone(question, HISTORY))


def test_a_good_wording_is_used_and_asked_for_with_the_conversation() -> None:
    with ScriptedServer("Who was the captain of the steamer Grey Heron?") as server:
        assert rewritten(server) == "Who was the captain of the steamer Grey Heron?"
    prompt = server.requests[-1]["messages"][-1]["content"]
    assert "Grey Heron" in prompt
    assert ASKED in prompt


@pytest.mark.parametrize(
    "reply",
    [
        "Who was the captain of the frigate Bounty?",
        "The captain was a steamer man.",
        "Who was the captain? And what was the ship?",
        "Which ship passed the Sandbar Canal first?",
        "Who was the captain of the ship " + "steamer " * 60 + "?",
        "",
    ],
    ids=["invented", "no question", "two questions", "the one before", "endless", "nothing"],
)
def test_a_wording_that_cannot_be_trusted_gives_way_to_the_rules(reply: str) -> None:
    with ScriptedServer(reply) as server:
        assert rewritten(server) == standalone(ASKED, HISTORY)


@pytest.mark.parametrize("trouble", [{"status": 500}, {"cut": 2}, {"delay": SECONDS + 1}])
def test_a_slow_or_failing_model_gives_way_to_the_rules_in_time(trouble: dict[str, float]) -> None:
    with ScriptedServer("Who was the captain of the steamer Grey Heron?", **trouble) as server:  # type: ignore[arg-type]
        started = time.monotonic()
        assert rewritten(server) == standalone(ASKED, HISTORY)
        assert time.monotonic() - started < SECONDS + 2


def test_a_model_that_goes_on_word_by_word_is_cut_off() -> None:
    with ScriptedServer("Who was the captain " + "of the steamer " * 30, delay=0.2) as server:
        started = time.monotonic()
        assert rewritten(server) == standalone(ASKED, HISTORY)
        assert time.monotonic() - started < 2 * SECONDS + 1


def test_a_question_with_a_subject_of_its_own_is_not_sent_to_the_model() -> None:
    with ScriptedServer("Who was the captain of the steamer Grey Heron?") as server:
        assert rewritten(server, "How long is the Kessel Bridge?") == "How long is the Kessel Bridge?"
    assert not server.requests


def test_a_wording_keeps_the_names_and_numbers_asked_for() -> None:
    asked = "Did it carry coal to Marwick in 1921?"
    assert acceptable("Did the steamer Grey Heron carry coal to Marwick in 1921?", asked, HISTORY)
    assert not acceptable("Did the steamer Grey Heron carry coal in 1921?", asked, HISTORY)
    assert not acceptable("Did the steamer Grey Heron carry coal to Marwick?", asked, HISTORY)


def test_the_reader_is_shown_the_models_wording_and_it_is_searched_for(library, embedder, reader) -> None:
    asked, alone = "How long is it?", "How long is the Sandbar Canal, the canal?"
    history = (Turn("When was the Sandbar Canal, the canal for ships, opened?", "In 1914 [1]."),)
    with ScriptedServer(alone) as server:
        model = load_model(url=server.url, model="scripted")
        larger = Pipeline(library, embedder, options=RagOptions(engine="model"), model=model, reader=reader)
        assert larger.ask(asked, history=history).standalone_question == alone
        quoting = Pipeline(library, embedder, options=RagOptions(engine="quote"), model=model, reader=reader)
        sent = len(server.requests)
        assert quoting.ask(asked, history=history).standalone_question == standalone(asked, history)
        assert len(server.requests) == sent, "a quoting answer asks no model"
