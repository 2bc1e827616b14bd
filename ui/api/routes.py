"""Footnote's own API under /api: asking, searching, reading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from index.errors import FootnoteError
from rag.schema import (
    Answer,
    AnswerEvent,
    Checking,
    Failed,
    Finished,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
)
from ui.api import sse
from ui.api.errors import error_body, said
from ui.api.schemas import (
    AnswerOut,
    ArticleLine,
    ArticleOut,
    ArticlePage,
    Ask,
    CitationOut,
    CollectionList,
    CollectionOut,
    ErrorBody,
    Listing,
    PassageOut,
    Pulse,
    Readiness,
    Search,
    SearchResult,
    SentenceOut,
)
from ui.api.service import Counted, ServiceDep
from ui.render import recent

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "What is asked cannot be done; `next_step` says what to do"},
    401: {"model": ErrorBody, "description": "The password is missing or wrong"},
    404: {"model": ErrorBody, "description": "There is no such article, collection, answer or verdict"},
    422: {"model": ErrorBody, "description": "The request is not of the form this document gives"},
    429: {
        "model": ErrorBody,
        "description": "Too many questions wait or came from there, or too many passwords were wrong; `Retry-After` "
        "says how long to wait",
    },
    503: {"model": ErrorBody, "description": "The index or a server behind it does not answer just now"},
}
SUMMARY = "Questions answered from a collection of articles, every statement with a footnote."
VERSION = "1"
router = APIRouter(prefix="/api", responses=ERRORS)
health = APIRouter(prefix="/health", tags=["health"], responses={401: ERRORS[401]})
STREAMED = {"content": sse.DOCUMENTED, "model": AnswerOut}


@health.get("/live")
def live() -> Pulse:
    """The process answers. Open without the password."""
    return Pulse()


@health.get("/ready", responses={200: {"model": Readiness}, 503: {"model": Readiness}})
def ready(service: ServiceDep) -> Response:
    """Whether questions can be answered: the first collection has an index, and articles in it."""
    try:
        manifest = service.collections.get().library.manifest
    except FootnoteError as error:
        return JSONResponse({"status": "not ready", "reason": str(error)}, status_code=503)
    counts = {"articles": manifest.articles, "chunks": manifest.chunks, "revision": manifest.revision}
    if manifest.articles:
        return JSONResponse({"status": "ready", **counts})
    reason = "the index holds no articles"
    return JSONResponse({"status": "not ready", "reason": reason, **counts}, status_code=503)


@router.post(
    "/ask", dependencies=[Counted], tags=["ask"], response_model=AnswerOut, responses={200: STREAMED}
)
async def ask(body: Ask, request: Request, service: ServiceDep) -> Any:
    """Answers a question from the articles, every sentence with its footnotes.

    With `stream`, or the header `Accept: text/event-stream`, the answer comes as it grows, as the events
    `rewritten`, `searching`, `retrieved`, `checking`, `sentence`, `failed`, and last `finished` (the whole
    answer, which is what counts) or `error`.
    """
    found = service.collections.get(body.collection)
    name, link_name = found.name, service.link_name(found.name)
    earlier = recent((turn.question, turn.answer) for turn in body.history)
    events = await service.answer(
        found, body.question, earlier, body.asked_at, body.only(found), request.is_disconnected
    )
    failed: Failed | None = None

    def whole(answer: Answer) -> AnswerOut:
        id = service.remember(found, answer, earlier, body.asked_at)
        return AnswerOut.of(answer, name, link_name, failed, id)

    def draw(event: AnswerEvent) -> Iterator[bytes]:
        match event:
            case Rewritten(rewritten):
                yield sse.packed({"question": rewritten}, "rewritten")
            case Searching():
                yield sse.packed({}, "searching")
            case Retrieved(passages):
                drawn = [PassageOut.of(passage, link_name).model_dump(mode="json") for passage in passages]
                yield sse.packed({"passages": drawn}, "retrieved")
            case Checking():
                yield sse.packed({}, "checking")
            case Sentence():
                cited = [CitationOut.of(c, link_name).model_dump(mode="json") for c in event.citations]
                sentence = SentenceOut.of(event).model_dump(mode="json")
                yield sse.packed({**sentence, "citations": cited}, "sentence")
            case Failed(reason, next_step):
                nonlocal failed
                failed = event
                yield sse.packed({"message": reason, "next_step": next_step}, "failed")
            case Finished(answer):
                yield sse.packed(whole(answer).model_dump(mode="json"), "finished")

    if body.stream or sse.MEDIA_TYPE in request.headers.get("accept", ""):
        path = request.url.path
        return sse.event_stream(
            events, draw, lambda error: sse.packed(error_body(path, *said(error)), "error")
        )
    async for event in sse.drained(events, request):
        if isinstance(event, Failed):
            failed = event
        elif isinstance(event, Finished):
            return whole(event.answer)
    return Response(status_code=499)  # nobody is there any more to read it


@router.get("/search", dependencies=[Counted], tags=["read"])
async def search(query: Annotated[Search, Query()], request: Request, service: ServiceDep) -> SearchResult:
    """The passages an answer to this question would be taken from."""
    question = service.checked(query.q)
    found = service.collections.get(query.collection)
    only = query.only(found)
    passages = await service.desk.run(
        lambda: found.answers.retrieve(question, query.k, only=only), request.is_disconnected
    )
    return SearchResult(passages=[PassageOut.of(p, service.link_name(found.name)) for p in passages])


@router.get("/articles", tags=["read"])
def articles(query: Annotated[Listing, Query()], service: ServiceDep) -> ArticlePage:
    """The articles, a page at a time: newest first, or best first where words are searched."""
    found = service.collections.get(query.collection)
    page = found.library.listing(query.only(found), query.q.strip(), limit=query.limit, offset=query.offset)
    after = query.offset + query.limit
    return ArticlePage(
        total=page.total,
        offset=query.offset,
        next_offset=after if after < page.total else None,
        articles=[ArticleLine.model_validate(row) for row in page.rows],
    )


@router.get("/articles/{article_id}", tags=["read"])
def article(
    article_id: Annotated[str, Path(max_length=200)],
    service: ServiceDep,
    collection: Annotated[str, Query(max_length=64)] = "",
) -> ArticleOut:
    """One article with its text and the pieces it is stored in."""
    shelf = service.collections.get(collection)
    found = shelf.article(article_id)
    library = shelf.library
    return ArticleOut.of(
        found, library.chunks_of(found.id), library.revised_by(found.id), library.also_in(found.id)
    )


@router.get("/collections", tags=["read"])
def collections(service: ServiceDep) -> CollectionList:
    """The collections, and the sources and topics by which each can be filtered."""
    return CollectionList(collections=[CollectionOut.of(found) for found in service.collections])
