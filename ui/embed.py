"""The script that puts the chat on other people's pages, as it is served."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ui.language import translate
from ui.packed import Packed
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
def _served(language: str) -> Packed:
    return Packed(script(language), "text/javascript; charset=utf-8")


@router.api_route("/embed.js", methods=["GET", "HEAD"])
def embed_script(request: Request) -> Response:
    """The script for a page of any origin; which of them may show the chat is told with the chat itself."""
    headers = {
        "cache-control": "public, max-age=3600",
        "vary": "accept-encoding, accept-language",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",  # without it no page could load it as a module, or check its hash
    }
    return _served(language_of(request)).response(request, headers)
