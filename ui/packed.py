"""A small file of our own as it is served: compressed once, named by its content, and not sent again to who has it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response


class Packed:
    """A file's bytes, the same compressed, and its tag."""

    def __init__(self, body: bytes, media_type: str) -> None:
        self.body = body
        self.packed = gzip.compress(body, 9, mtime=0)
        self.etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        self._media_type = media_type

    def response(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The file with these headers, compressed where the client takes it; 304 to one that has it."""
        headers = {"etag": self.etag, **headers}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.body, media_type=self._media_type, headers=headers)
        return Response(
            self.packed, media_type=self._media_type, headers={**headers, "content-encoding": "gzip"}
        )
