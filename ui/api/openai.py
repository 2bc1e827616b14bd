"""The API in OpenAI's form under /v1: chat completions, streaming too, with citations as annotations.

What a client says was said before helps to read the question and is never evidence; instructions to a
model (system messages, tools, temperature) have nobody to follow them and are passed over.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from index.errors import InputError
from rag.draft import render
from rag.schema import Answer, AnswerEvent, AnswerSentence, Citation, Failed, Finished, Sentence
from ui.api import sse
from ui.api.errors import error_body, said
from ui.api.schemas import AnswerOut, Day, Filters, Text
from ui.api.service import Counted, Service, ServiceDep
from ui.collection import Collection, NotThereError, reader_link
from ui.render import recent, safe_url

PREFIX = "footnote"
DONE = b"data: [DONE]\n\n"


class OpenAIProblem(BaseModel):
    """An error as OpenAI's clients read it."""

    message: str
    type: str
    param: str | None
    code: str | None
    next_step: str


class OpenAIError(BaseModel):
    """Every error under /v1."""

    error: OpenAIProblem


class Part(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: Text | None = None


class Message(BaseModel):
    """One message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its words."""
        if isinstance(self.content, list):
            return "\n".join(part.text or "" for part in self.content if part.type == "text")
        return self.content or ""


class Extra(Filters):
    """What OpenAI's form has no place for."""

    asked_at: Day | None = None


class StreamOptions(BaseModel):
    """How a stream ends."""

    include_usage: StrictBool = False


class ChatRequest(BaseModel):
    """A chat completion; fields that are not named here are passed over."""

    model_config = ConfigDict(extra="ignore")

    model: Text = Field(
        default=PREFIX, max_length=100, description="A model of `GET /v1/models`: a collection."
    )
    messages: list[Message] = Field(min_length=1, description="The last one is the question.")
    stream: StrictBool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    footnote: Extra | None = Field(default=None, description="Which articles may be used, as for `/api/ask`.")

    def question(self) -> str:
        """The last message; InputError where it is no question in words."""
        last = self.messages[-1]
        if last.role != "user":
            raise InputError("the last message is not the user's", "end with the question, as role user")
        if isinstance(last.content, list) and any(part.type != "text" for part in last.content):
            raise InputError(
                "only text can be asked: no files, pictures or sound", "send the question as text"
            )
        return last.text

    def history(self) -> Iterator[tuple[str, str]]:
        """The earlier questions that were answered, each with its answer."""
        question = ""
        for message in self.messages[:-1]:
            if message.role == "user":
                question = message.text
            elif message.role == "assistant" and question:
                yield question, message.text
                question = ""


class Model(BaseModel):
    """A collection, as a model."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = PREFIX


class ModelList(BaseModel):
    """The collections, as models."""

    object: Literal["list"] = "list"
    data: list[Model]


class UrlCitation(BaseModel):
    """The sentence from `start_index` to `end_index` of the message rests on this article."""

    url: str
    title: str
    start_index: int
    end_index: int


class Annotation(BaseModel):
    """A footnote of one sentence."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Reply(BaseModel):
    """The answer's text, its footnotes as annotations."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    """There is one."""

    index: Literal[0] = 0
    message: Reply
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Usage(BaseModel):
    """Footnote counts no tokens."""

    prompt_tokens: Literal[0] = 0
    completion_tokens: Literal[0] = 0
    total_tokens: Literal[0] = 0


class Completion(BaseModel):
    """A whole answer; `footnote` is what `/api/ask` gives."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage = Usage()
    footnote: AnswerOut


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": OpenAIError} for status in (400, 401, 404, 422, 429, 503)
}
router = APIRouter(prefix="/v1", tags=["openai"], responses=ERRORS)
STREAMED = {"content": sse.DOCUMENTED, "model": Completion}


@router.get("/models")
def models(service: ServiceDep) -> ModelList:
    """The collections, as models; `footnote` alone means the first."""
    return ModelList(data=[Model(id=f"{PREFIX}-{name}") for name in service.collections.names])


@router.get("/models/{model}")
def model(model: Annotated[str, PathParameter(max_length=200)], service: ServiceDep) -> Model:
    """One collection, as a model."""
    return Model(id=f"{PREFIX}-{_collection(service, model).name}")


@router.post(
    "/chat/completions", dependencies=[Counted], response_model=Completion, responses={200: STREAMED}
)
async def complete(body: ChatRequest, request: Request, service: ServiceDep) -> Any:
    """Answers the last message from the articles. With `stream`, sentence by sentence: `annotations` and
    `footnote` come with the last chunk of the answer."""
    collection = _collection(service, body.model)
    extra = body.footnote or Extra()
    earlier = recent(body.history())
    events = await service.answer(
        collection, body.question(), earlier, extra.asked_at, extra.only(collection), request.is_disconnected
    )
    drawn = _Completion(
        collection.name,
        service.link_name(collection.name),
        str(request.base_url),
        lambda answer: service.remember(collection, answer, earlier, extra.asked_at),
    )
    if body.stream:
        path = request.url.path
        usage = body.stream_options is not None and body.stream_options.include_usage
        return sse.event_stream(
            events,
            lambda event: drawn.chunks(event, usage),
            lambda error: sse.packed(error_body(path, *said(error))),
            DONE,
        )
    async for event in sse.drained(events, request):
        if isinstance(event, Failed):
            drawn.failed = event
        elif isinstance(event, Finished):
            return drawn.whole(event.answer)
    return Response(status_code=499)  # nobody is there any more to read it


class _Completion:
    """One answer in OpenAI's form, whole or in chunks."""

    def __init__(
        self, collection: str, link_name: str, base_url: str, remember: Callable[[Answer], str]
    ) -> None:
        self._head: dict[str, Any] = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": f"{PREFIX}-{collection}",
        }
        self._collection, self._link_name, self._base_url = collection, link_name, base_url.rstrip("/")
        self._remember = remember
        self._began = False
        self.failed: Failed | None = None

    def whole(self, answer: Answer) -> Completion:
        """The answer at once."""
        text, cited = "", {c.marker: c for c in answer.citations}
        annotations: list[Annotation] = []
        for sentence in () if answer.abstained else answer.sentences:
            text += " " if text else ""
            start, text = len(text), text + render(sentence)
            found = [cited[marker] for marker in sentence.markers if marker in cited]
            annotations += self._annotations(found, start, len(text))
        reply = Reply(content=text or answer.text, annotations=annotations)
        return Completion(
            **self._head,
            choices=[Choice(message=reply)],
            footnote=AnswerOut.of(
                answer, self._collection, self._link_name, self.failed, self._remember(answer)
            ),
        )

    def chunks(self, event: AnswerEvent, usage: bool) -> Iterator[bytes]:
        """What a stream sends for this event."""
        match event:
            case Sentence(text, origin, citations):
                shown = AnswerSentence(text, origin, tuple(c.marker for c in citations), 1.0)
                yield self._said(render(shown))
            case Failed():
                self.failed = event
            case Finished(answer):
                whole = self.whole(answer)
                if not self._began:  # one that abstains, or says something without a source
                    yield self._said(whole.choices[0].message.content)
                last = {"annotations": [a.model_dump() for a in whole.choices[0].message.annotations]}
                yield self._chunk(last, "stop", {"footnote": whole.footnote.model_dump(mode="json")})
                if usage:
                    yield self._packed({"choices": [], "usage": Usage().model_dump()})
            case _:
                return

    def _said(self, text: str) -> bytes:
        delta = {"content": f" {text}"} if self._began else {"role": "assistant", "content": text}
        self._began = True
        return self._chunk(delta)

    def _chunk(
        self, delta: dict[str, Any], reason: str | None = None, more: dict[str, Any] | None = None
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return self._packed({"choices": [choice], **(more or {})})

    def _packed(self, fields: dict[str, Any]) -> bytes:
        return sse.packed({**self._head, "object": "chat.completion.chunk", **fields})

    def _annotations(self, citations: list[Citation], start: int, end: int) -> Iterator[Annotation]:
        for citation in citations:
            article = citation.passage.article
            ours = self._base_url + reader_link(article.id, citation.start, citation.end, self._link_name)
            url = article.address_at(citation.start) if safe_url(article.url) else ours
            yield Annotation(
                url_citation=UrlCitation(url=url, title=article.title, start_index=start, end_index=end)
            )


def _collection(service: Service, model: str) -> Collection:
    """The collection a model's name stands for."""
    prefix, _, name = model.partition("-")
    if prefix != PREFIX or (not name and model != PREFIX):
        raise NotThereError("there is no model of this name", "GET /v1/models lists them")
    return service.collections.get(name)
