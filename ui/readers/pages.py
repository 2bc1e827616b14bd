"""The page of a shared answer, `/answers/TOKEN`: whole without JavaScript, for whoever has its address."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ui.api.readers import SHARED, store_of
from ui.api.service import Service, ServiceDep
from ui.collection import NotThereError, reader_link
from ui.pages import html_page
from ui.readers.shared import SharedAnswer, SharedCitation, shared_blocks

TITLE_CHARS = 120
NO_ANSWER = "There is no answer at this address. It may have been taken away, or the address is not whole."

router = APIRouter(include_in_schema=False)


@router.api_route(SHARED + "{token}", methods=["GET", "HEAD"])
def shared(token: str, request: Request, service: ServiceDep) -> Response:
    """A shared answer: its sentences, and a card for each footnote."""
    answer = store_of(service).shared(token)
    if answer is None:
        raise NotThereError(NO_ANSWER)
    page = html_page(
        request,
        "answer.html.j2",
        answer=answer,
        heading=answer.question[:TITLE_CHARS],
        blocks=list(shared_blocks(answer)),
        known={citation.marker for citation in answer.citations},
        cards=[(citation, _link(service, answer, citation)) for citation in answer.citations],
    )
    page.headers["X-Robots-Tag"] = "noindex"
    return page


def _link(service: Service, answer: SharedAnswer, citation: SharedCitation) -> str:
    """Where the cited words stand in their article; empty where they no longer do."""
    if answer.collection not in service.collections.names:
        return ""
    article = service.collections.get(answer.collection).library.article(citation.article_id)
    if article is None or article.text[citation.start : citation.end] != citation.quote:
        return ""
    name = service.link_name(answer.collection)
    return reader_link(article.id, citation.start, citation.end, name)
