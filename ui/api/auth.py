"""The lock: one password for the whole site, and who may open what needs one."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.api.errors import error_response, for_programs
from ui.guard.callers import caller_of

OPEN = ("/health/live",)
ADMIN = "/admin"
"""Pages under here show what readers said and change what they get."""

WRONG = "the password is missing or wrong"
HOW = "send it as `Authorization: Bearer PASSWORD`, or as the password of HTTP Basic with any user name"
MOST_WRONG = 10
WINDOW_SECONDS = 300.0
MOST_ADDRESSES = 10_000
TOO_MANY = "too many wrong passwords came from this address"
NOT_HERE = "this page is for the machine the server runs on, or behind a password (FOOTNOTE_PASSWORD)"


class Lock:
    """Pure ASGI middleware. With a password everything but `/health/live` wants it, as HTTP Basic (any user
    name) or as a Bearer token; without one `/admin` opens only to this machine itself.

    After `MOST_WRONG` wrong passwords from one address within `WINDOW_SECONDS` no password from there is looked
    at until the first of them is that long ago."""

    def __init__(self, app: ASGIApp, password: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self._password = password.encode()
        self._clock = clock
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        refusal: Response | None = None
        if self._password:
            if path not in OPEN:
                refusal = self._refusal(scope, _header(scope, b"authorization"))
        elif (path + "/").startswith(ADMIN + "/") and not caller_of(scope).local:
            refusal = PlainTextResponse(NOT_HERE + "\n", 403)
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope, authorization: bytes | None) -> Response | None:
        path: str = scope["path"]
        if authorization is None:  # a browser asks so first: no password was tried
            return self._locked(path)
        address = caller_of(scope).address
        if seconds := self._waits(address):
            return self._shut_out(path, seconds)
        if self._opens(authorization):
            return None
        self._wrong.setdefault(address, deque()).append(self._clock())
        self._wrong.move_to_end(address)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        return self._locked(path)

    def _waits(self, address: str) -> int:
        """Seconds until a password from this address is looked at again, 0 when it is now."""
        tries = self._wrong.get(address)
        now = self._clock()
        while tries and tries[0] <= now - WINDOW_SECONDS:
            tries.popleft()
        if not tries:
            self._wrong.pop(address, None)
            return 0
        return math.ceil(tries[0] + WINDOW_SECONDS - now) if len(tries) >= MOST_WRONG else 0

    def _opens(self, authorization: bytes) -> bool:
        scheme, _, given = authorization.strip().partition(b" ")
        given = given.strip()
        if scheme.lower() == b"basic":
            try:
                given = base64.b64decode(given, validate=True).partition(b":")[2]
            except (binascii.Error, ValueError):
                return False
        elif scheme.lower() != b"bearer":
            return False
        return hmac.compare_digest(given, self._password)

    def _locked(self, path: str) -> Response:
        challenge = {"WWW-Authenticate": 'Basic realm="Footnote", charset="UTF-8"'}
        if for_programs(path):
            return error_response(path, 401, WRONG, HOW, challenge)
        return PlainTextResponse("The password is missing or wrong.\n", 401, challenge)

    def _shut_out(self, path: str, seconds: int) -> Response:
        after = {"Retry-After": str(seconds)}
        step = f"try again in {seconds} seconds"
        if for_programs(path):
            return error_response(path, 429, TOO_MANY, step, after)
        return PlainTextResponse(f"{TOO_MANY.capitalize()}: {step}.\n", 429, after)


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name.lower() == wanted), None)
