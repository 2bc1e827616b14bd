"""The script that puts the chat on other people's pages, as it is served."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ui.language import translate
from ui.pages import language_of
from ui.squeeze import squeeze

SOURCE = Path(__file__).parent / "static" / "embed.js"
MOST_BYTES = 4_000
MOST_PACKED = 1_800
"""The script's size as it is served, plain and compressed; a test holds it to that."""

router = APIRouter(include_in_schema=False)

_SAID = re.compile(r'\bt\("([^"]*)"\)')


@cache
def script(language: str) -> bytes:
    """The script with what it says in this language; `t("")` in it stands for the language's code."""
    source = SOURCE.read_text("utf-8")
    said = _SAID.sub(
        lambda found: json.dumps(translate(found[1], language) if found[1] else language, ensure_ascii=False),
        source,
    )
    return squeeze(said).encode("utf-8")


@cache
def _served(language: str) -> tuple[bytes, bytes, str]:
    """The script, the same compressed, and its tag."""
    body = script(language)
    return body, gzip.compress(body, 9, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:16]}"'


@router.api_route("/embed.js", methods=["GET", "HEAD"])
def embed_script(request: Request) -> Response:
    """The script for a page of any origin; which of them may show the chat is told with the chat itself."""
    body, packed, etag = _served(language_of(request))
    headers = {
        "etag": etag,
        "cache-control": "public, max-age=3600",
        "vary": "accept-encoding, accept-language",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",  # without it no page could load it as a module, or check its hash
    }
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = packed, "gzip"
    return Response(body, media_type="text/javascript; charset=utf-8", headers=headers)
