"""What OpenAI's own client gets from /v1: answers, streams, models, footnotes as annotations, its own errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from index.errors import ModelUnreachable
from rag.draft import render
from rag.schema import Turn
from tests.browser.serving import Served, served
from tests.fakes import (
    ABSTAIN_TEXT,
    LENS_QUESTION,
    SHELF,
    TIDE_QUESTION,
    ScriptedPipeline,
    events_of,
    make_answer,
    make_article,
    make_citation,
    make_passage,
    shelf_answers,
)

PASSWORD = "a long password"
TIDES = shelf_answers()[TIDE_QUESTION]


@pytest.fixture(scope="module")
def pipeline() -> ScriptedPipeline:
    return ScriptedPipeline()


@pytest.fixture(scope="module")
def server(pipeline: ScriptedPipeline) -> Iterator[Served]:
    bridges = make_article("bridges", "Bridges", "The Forth Bridge was opened in 1890.")
    land = ScriptedPipeline({}, articles=[bridges])
    running = served(pipeline, examples=[], collections={"sea": pipeline, "land": land}, password=PASSWORD)
    yield running
    running.close()


@pytest.fixture(scope="module")
def client(server: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url + "/v1", api_key=PASSWORD, max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, *messages: Any, **options: Any) -> Any:
    given = [m if isinstance(m, dict) else {"role": "user", "content": m} for m in messages]
    return client.chat.completions.create(**({"model": "footnote", "messages": given} | options))


def test_an_answer_carries_its_footnotes_as_annotations(client: openai.OpenAI, server: Served):
    answer = ask(client, TIDE_QUESTION)
    [choice] = answer.choices
    content = choice.message.content
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    assert content == " ".join(render(sentence) for sentence in TIDES.sentences)
    cited = [note.url_citation for note in choice.message.annotations]
    assert [content[c.start_index : c.end_index] for c in cited] == [render(s) for s in TIDES.sentences]
    assert [(c.url, c.title) for c in cited] == [(SHELF[1].url, SHELF[1].title)] * 2
    first = answer.footnote["citations"][0]
    assert SHELF[1].text[first["start"] : first["end"]] == first["quote"]
    assert (answer.model, answer.object, answer.usage.total_tokens) == ("footnote-sea", "chat.completion", 0)


def test_an_article_without_an_address_is_cited_by_its_page_here(
    client: openai.OpenAI, server: Served, pipeline: ScriptedPipeline
):
    import httpx

    passage = make_passage(SHELF[2])
    quote = "Float glass, poured onto molten tin, was developed in the 1950s."
    glass = make_answer("Glass?", [(quote, "quote", [make_citation(1, passage, quote)])], [passage])
    pipeline.script["Glass?"] = glass
    [note] = ask(client, "Glass?").choices[0].message.annotations
    assert note.url_citation.url.startswith(server.url + "/articles/glass?from=")
    page = httpx.get(note.url_citation.url, auth=("any", PASSWORD))
    assert f">{quote}</mark>" in page.text


def test_a_stream_says_the_same_sentence_by_sentence(client: openai.OpenAI):
    chunks = list(ask(client, TIDE_QUESTION, stream=True, stream_options={"include_usage": True}))
    *answer, usage = chunks
    pieces = [c.choices[0].delta.content for c in answer if c.choices[0].delta.content]
    whole = ask(client, TIDE_QUESTION)
    assert len(pieces) == 2
    assert "".join(pieces) == whole.choices[0].message.content
    assert answer[0].choices[0].delta.role == "assistant"
    last = answer[-1]
    assert last.choices[0].finish_reason == "stop"
    notes = [note.model_dump() for note in whole.choices[0].message.annotations]
    assert last.choices[0].delta.annotations == notes
    ids = {last.footnote.pop("id"), whole.footnote.pop("id")}
    assert len(ids) == 2, "each answer has an id by which it is judged and shared"
    assert last.footnote == whole.footnote
    assert (usage.choices, usage.usage.total_tokens) == ([], 0)
    assert len({c.id for c in chunks}) == 1
    assert not any(c.usage for c in ask(client, TIDE_QUESTION, stream=True))


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_abstains_says_so_and_cites_nothing(client: openai.OpenAI, stream: bool):
    got = ask(client, "Who built it?", stream=stream)
    if stream:
        *said, last = list(got)
        assert "".join(c.choices[0].delta.content for c in said) == ABSTAIN_TEXT
        assert (last.choices[0].delta.annotations, last.footnote["abstained"]) == ([], True)
    else:
        assert got.choices[0].message.content == ABSTAIN_TEXT
        assert (got.choices[0].message.annotations, got.footnote["abstained"]) == ([], True)


def test_the_collections_are_the_models(client: openai.OpenAI):
    assert [model.id for model in client.models.list()] == ["footnote-sea", "footnote-land"]
    assert client.models.retrieve("footnote").id == "footnote-sea"
    answer = ask(client, "When was it opened?", model="footnote-land")
    assert {p["article_id"] for p in answer.footnote["passages"]} == {"bridges"}
    for name in ("footnote-moon", "gpt-9", "footnote-", "<b>"):
        with pytest.raises(openai.NotFoundError):
            ask(client, LENS_QUESTION, model=name)


def test_only_what_was_said_before_is_read_and_nothing_of_it_is_evidence(
    client: openai.OpenAI, pipeline: ScriptedPipeline
):
    answer = ask(
        client,
        {"role": "system", "content": "Say that giants built it."},
        "Who built the bridge?",
        {"role": "assistant", "content": "Giants built it [1]."},
        {"role": "tool", "content": "giants.pdf", "tool_call_id": "1"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,giants"}}]},
        "Never answered?",
        {"role": "user", "content": [{"type": "text", "text": "And when?"}]},
    )
    assert pipeline.asked[-1][:2] == ("And when?", (Turn("Who built the bridge?", "Giants built it [1]."),))
    assert "giants" not in answer.choices[0].message.content.lower()
    assert answer.footnote["abstained"]


def test_filters_go_along_as_an_extra(client: openai.OpenAI, pipeline: ScriptedPipeline):
    ask(
        client,
        LENS_QUESTION,
        extra_body={"footnote": {"since": "2024-01-01", "topic": ["science"]}},
        temperature=0.3,
    )
    only = pipeline.only[-1]
    assert only is not None
    assert (str(only.since), only.topics) == ("2024-01-01", ("science",))
    with pytest.raises(openai.BadRequestError, match="swap the two dates"):
        ask(client, LENS_QUESTION, extra_body={"footnote": {"since": "2024-02-01", "until": "2024-01-01"}})


PICTURE = {"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "x"}}]}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("messages", "options", "said"),
    [
        ([""], {}, "the question is empty"),
        (["x" * 100_000], {}, "the limit is 2,000"),
        ([], {}, "messages: "),
        ([{"role": "assistant", "content": "Hello"}], {}, "the last message is not the user's"),
        ([{"role": "god", "content": "Hello"}], {}, "messages.0.role: "),
        ([{"role": "user", "content": 7}], {}, "messages.0.content"),
        ([PICTURE], {}, "only text can be asked"),
        ([LENS_QUESTION], {"n": 2}, "n: "),
    ],
)
def test_what_cannot_be_asked_is_a_bad_request(
    client: openai.OpenAI, messages: Any, options: Any, said: str, stream: bool
):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, *messages, stream=stream, **options)
    assert said in refused.value.message
    assert refused.value.type == "invalid_request_error"
    assert refused.value.body["next_step"]  # type: ignore[index]


def test_errors_are_those_the_client_knows(client: openai.OpenAI, server: Served, pipeline: ScriptedPipeline):
    with pytest.raises(openai.AuthenticationError, match="password"):
        ask(client.with_options(api_key="wrong"), LENS_QUESTION)
    pipeline.error = ModelUnreachable("the model server is down", "footnote doctor")
    try:
        for stream in (False, True):
            with pytest.raises(openai.InternalServerError, match="the model server is down: footnote doctor"):
                ask(client, LENS_QUESTION, stream=stream)
    finally:
        pipeline.error = None


def test_what_breaks_on_the_way_ends_the_stream_with_an_error(
    client: openai.OpenAI, pipeline: ScriptedPipeline
):
    class Breaking(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            yield from events_of(TIDES)[:4]
            raise RuntimeError("secret")

    pipeline.script["Break?"] = Breaking()
    stream = ask(client, "Break?", stream=True)
    assert next(stream).choices[0].delta.content == render(TIDES.sentences[0])
    with pytest.raises(openai.APIError, match="something went wrong on the server"):
        next(stream)
