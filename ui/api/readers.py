"""What readers make of an answer, over HTTP: a verdict on it, and a page to share it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from index.errors import FootnoteError, InputError
from rag.wording import storable
from ui.api.routes import ERRORS
from ui.api.schemas import Feedback, FeedbackOut, SharedOut
from ui.api.service import Service, ServiceDep
from ui.collection import NotThereError
from ui.readers.memory import Remembered
from ui.readers.shared import shared_answer, verdict_on
from ui.readers.store import ReaderStore

SHARED = "/answers/"
router = APIRouter(prefix="/api", tags=["readers"], responses=ERRORS)
Name = Annotated[str, Path(max_length=200)]


class NothingKeptError(FootnoteError):
    """This server was started without a place for what readers say."""


def store_of(service: Service) -> ReaderStore:
    """Where this server keeps what readers say; NothingKeptError where it keeps nothing."""
    if service.store is None:
        raise NothingKeptError(
            "this server keeps nothing of what readers say", "start it with `footnote chat`, which does"
        )
    return service.store


@router.post("/feedback", status_code=201)
def judge(body: Feedback, service: ServiceDep) -> FeedbackOut:
    """Judges an answer: what was asked, answered and said of it is stored until it is taken back."""
    store, kept = store_of(service), _remembered(service, body.answer)
    markers = {citation.marker for citation in kept.answer.citations}
    if body.verdict == "wrong-source" and not markers:
        raise InputError("this answer has no source that could be wrong", "judge it as `up` or `down`")
    if body.marker is not None and body.verdict != "wrong-source":
        raise InputError("a marker goes with the verdict `wrong-source` only", "leave `marker` out")
    if body.marker is not None and body.marker not in markers:
        raise InputError(
            f"this answer has no footnote {body.marker}", f"it has {', '.join(map(str, sorted(markers)))}"
        )
    said = verdict_on(
        kept,
        body.verdict,
        datetime.now(UTC),
        expected=body.expected or "",
        comment=body.comment or "",
        source=body.source or "",
    )
    titles = dict.fromkeys(storable(c.passage.article.title) for c in kept.answer.citations)
    stored = store.judge(
        kept.id,
        said,
        collection=kept.collection,
        titles=list(titles),
        marker=body.marker or 0,
        unsaid=body.unsaid,
    )
    return FeedbackOut(id=stored.id, verdict=stored.verdict)


@router.delete("/feedback/{feedback_id}", status_code=204)
def take_back(feedback_id: Name, service: ServiceDep) -> Response:
    """Takes a verdict back: nothing of it stays."""
    if not store_of(service).delete_verdicts([feedback_id]):
        raise NotThereError("there is no verdict with this id", "it may have been taken back before")
    return Response(status_code=204)


@router.post("/answers/{answer_id}/share", status_code=201)
def share(answer_id: Name, service: ServiceDep) -> SharedOut:
    """Makes a page of an answer, for all who are told its address. Shared again, it has the same address."""
    store, kept = store_of(service), _remembered(service, answer_id)
    return SharedOut(url=SHARED + store.share(kept.id, shared_answer(kept)))


@router.delete("/answers/{answer_id}/share", status_code=204)
def unshare(answer_id: Name, service: ServiceDep) -> Response:
    """Takes the page of an answer away, also when the answer itself is no longer remembered."""
    if not store_of(service).unshare(answer=answer_id):
        _remembered(service, answer_id)
    return Response(status_code=204)


def _remembered(service: Service, answer_id: str) -> Remembered:
    kept = service.memory.get(answer_id)
    if kept is None:
        raise NotThereError(
            "this answer is no longer in the server's memory", "ask again, then judge the new answer"
        )
    return kept
