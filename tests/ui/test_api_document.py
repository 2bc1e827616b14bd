"""The API keeps to its own OpenAPI document, whatever is sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.browser.serving import served
from tests.fakes import SHELF, ScriptedPipeline
from ui.readers.store import STORE_FILE, ReaderStore

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
"""Asked of every answer. That wrong data is refused is asked of bodies alone: in an address all is text, `topic=0.0`
is a topic, and of a name given twice the last counts, so what breaks the document there is a matter of reading."""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    undated = replace(SHELF[0], id="undated", title="<b>&", published=None, url="javascript:alert(1)")
    pipeline = ScriptedPipeline(articles=[*SHELF, undated])
    store = ReaderStore(tmp_path_factory.mktemp("readers") / STORE_FILE, 365)
    running = served(pipeline, examples=[], store=store)
    yield schemathesis.openapi.from_url(running.url + "/api/openapi.json")
    running.close()


TOO_LONG = b"Invalid HTTP request received."
"""What the server below the application says to an address of more than 64 kB."""

OPERATIONS = [
    ("/health/live", "GET"),
    ("/health/ready", "GET"),
    ("/api/ask", "POST"),
    ("/api/search", "GET"),
    ("/api/articles", "GET"),
    ("/api/articles/{article_id}", "GET"),
    ("/api/collections", "GET"),
    ("/api/feedback", "POST"),
    ("/api/feedback/{feedback_id}", "DELETE"),
    ("/api/answers/{answer_id}/share", "POST"),
    ("/api/answers/{answer_id}/share", "DELETE"),
    ("/v1/models", "GET"),
    ("/v1/models/{model}", "GET"),
    ("/v1/chat/completions", "POST"),
]


def test_no_operation_is_left_out(document: Any):
    found = [result.ok() for result in document.get_all_operations()]
    assert sorted((o.path, o.method.upper()) for o in found) == sorted(OPERATIONS)


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_the_document_promises(
    document: Any, path: str, method: str, mode: GenerationMode
):
    operation = document[path][method]
    if mode is GenerationMode.NEGATIVE and not (
        operation.query or operation.body or operation.path_parameters
    ):
        pytest.skip("takes nothing that could be wrong")

    checks = [*CHECKS, negative_data_rejection] if operation.body else CHECKS

    @settings(
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    )
    @given(case=operation.as_strategy(mode))
    def holds(case: Any) -> None:
        try:
            response = case.call()
        except requests.ConnectionError:  # the head is over its limit: ended before all of it was taken
            assert len(case.as_curl_command()) > 60_000
            return
        if response.content != TOO_LONG:
            case.validate_response(response, checks=checks)

    holds()
