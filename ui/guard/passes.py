"""The pass a page is handed when it is loaded: signed, bound to the address, for a day.

With it a question says which site's page it was put on, which a frame's own requests do not tell: their `Origin` is
this server's. Only the page's own request names the site, in its `Referer`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from index.errors import InputError

log = logging.getLogger(__name__)
PASS_SECONDS = 86_400
KEY_FILE = "page.key"
KEY_BYTES = 32
PASS_GOES_HERE = f"footnote-page-pass-{secrets.token_hex(12)}"
"""What stands in the page where the pass goes; nothing an article says."""

OTHER_SITE = "other"
"""What framing pages that do not say where they are count as, all together."""

_FORM = re.compile(r"([0-9a-f]{1,12})\.([\w-]{0,400})\.([\w-]{43})", re.ASCII)
_FRAMES = (b"iframe", b"frame", b"embed", b"object")


class PassError(InputError):
    """The page's pass is forged, too old, or was handed to another address."""


class Passes:
    """Hands out passes and reads them again. `key` is None for one that ends with the process."""

    def __init__(self, key: bytes | None = None, clock: Callable[[], float] = time.time) -> None:
        self._key = key or secrets.token_bytes(KEY_BYTES)
        self._clock = clock

    def mint(self, address: str, site: str = "") -> str:
        """A pass for a page that this address loads within a page of this site ("" for none)."""
        told = f"{int(self._clock()) + PASS_SECONDS:x}.{_packed(site.encode())}"
        return f"{told}.{self._seal(told, address)}"

    def site(self, given: str, address: str) -> str:
        """The site that a pass was handed out for; PassError unless it is ours, of this address, and not too old."""
        found = _FORM.fullmatch(given) if isinstance(given, str) else None
        told = given.rpartition(".")[0] if found else ""
        if not found or not hmac.compare_digest(found[3], self._seal(told, address)):
            raise PassError("the page's pass is not one of this server for this address", "reload the page")
        if int(found[1], 16) < self._clock():
            raise PassError("the page's pass is too old", "reload the page")
        return _unpacked(found[2])

    def _seal(self, told: str, address: str) -> str:
        return _packed(hmac.digest(self._key, f"page-pass.{told}.{address}".encode(), hashlib.sha256))


def framing_site(headers: Mapping[bytes, bytes], origins: Collection[str]) -> str:
    """The site whose page a page is loaded into: one of `origins`, `OTHER_SITE`, or "" where none frames it."""
    kind = headers.get(b"sec-fetch-dest")
    if kind is not None and kind not in _FRAMES:
        return ""
    referer = headers.get(b"referer", b"").decode("latin-1")
    origin = "/".join(referer.split("/", 3)[:3]).lower()
    if origin in origins:
        return origin
    # A frame that loads itself anew names nobody; no page of this server frames the chat.
    return OTHER_SITE if kind is not None else ""


def load_key(folder: Path) -> bytes | None:
    """The key that passes are signed with, made where there is none; so a page outlives the server it came from. None
    where the folder takes no file: passes then end with the process."""
    place = folder / KEY_FILE
    try:
        if not place.is_file():
            new = place.with_name(f"{KEY_FILE}.{secrets.token_hex(4)}")
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            new.replace(place)
        key = place.read_bytes()
    except OSError as error:
        log.info("%s cannot be kept (%s): pages have to be reloaded after a restart", place, error.strerror)
        return None
    return key if len(key) == KEY_BYTES else None


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpacked(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
