"""Errors as programs get them: a status, and a JSON object that says what is wrong and what to do."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from index.errors import FootnoteError, InputError
from ui.collection import NotThereError
from ui.desk import BusyError, GoneError
from ui.guard.limits import LimitedError
from ui.pages import error_page

log = logging.getLogger(__name__)

OPENAI = "/v1/"
PROGRAMS = ("/api/", OPENAI, "/health/")
"""Paths whose errors are JSON."""

RETRY_SECONDS = "5"
UNEXPECTED = "something went wrong on the server"
UNEXPECTED_STEP = "the server's log has the details"
_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def for_programs(path: str) -> bool:
    """Whether a program asks here, and gets JSON."""
    return path.startswith(PROGRAMS)


def error_body(path: str, status: int, message: str, next_step: str = "") -> dict[str, Any]:
    """The JSON of an error; under /v1/ with the fields that OpenAI's clients read as well."""
    error: dict[str, Any] = {"message": message, "next_step": next_step}
    if path.startswith(OPENAI):
        whole = f"{message}: {next_step}" if next_step else message
        kind = _KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
        error |= {"message": whole, "type": kind, "param": None, "code": None}
    return {"error": error}


def error_response(
    path: str, status: int, message: str, next_step: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """See `error_body`."""
    return JSONResponse(error_body(path, status, message, next_step), status, headers=dict(headers or {}))


def status_of(error: FootnoteError) -> int:
    """The HTTP status that fits an error."""
    for kind, status in (
        (NotThereError, 404),
        (InputError, 400),
        (BusyError, 429),
        (LimitedError, 429),
        (GoneError, 499),
    ):
        if isinstance(error, kind):
            return status
    return 503


def said(error: BaseException) -> tuple[int, str, str]:
    """Any error as (status, message, next step); what was not raised on purpose goes to the log."""
    if isinstance(error, FootnoteError):
        return status_of(error), str(error), error.next_step
    log.error("answering a program failed", exc_info=error)
    return 500, UNEXPECTED, UNEXPECTED_STEP


def wrong_input(error: RequestValidationError) -> str:
    """What is wrong with a request, in one line."""
    lines: list[str] = []
    for problem in error.errors()[:3]:
        place = ".".join(str(part) for part in problem["loc"][1:])
        lines.append(f"{place}: {problem['msg']}" if place else str(problem["msg"]))
    return "; ".join(lines).encode("utf-8", "replace").decode()


def add_handlers(app: FastAPI) -> None:
    """Every error of the application leaves it in the form that suits who asked."""

    def respond(request: Request, status: int, message: str, step: str, **headers: str) -> Response:
        if for_programs(request.url.path):
            return error_response(request.url.path, status, message, step, headers)
        return error_page(request, status, message, step)

    @app.exception_handler(FootnoteError)
    def known(request: Request, error: Exception) -> Response:
        status, message, step = said(error)
        after = str(getattr(error, "seconds", RETRY_SECONDS))
        return respond(
            request, status, message, step, **({"Retry-After": after} if status in (429, 503) else {})
        )

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        status = 400 if request.url.path.startswith(OPENAI) else 422
        return respond(request, status, wrong_input(error), "/api/openapi.json says what is taken")

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return respond(request, error.status_code, str(error.detail), "", **dict(error.headers or {}))

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        # The server closes the connection after this: a client that kept it would meet a dead one.
        return respond(request, *said(error), Connection="close")
