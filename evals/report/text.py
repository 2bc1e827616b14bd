"""Foreign text made fit for a page: every character stays visible, none can break anything."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NO_LINK = re.compile(r"[\s\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff<>\"'`{}|\\^]")


def shown(text: str) -> str:
    """`text` with control characters as pictures (␀) and halves of characters as �; the rest as it is."""
    return _CONTROL.sub(_picture, _SURROGATE.sub("\ufffd", text))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code == 0x7F:
        return "\u2421"
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def link(url: str) -> str:
    """`url` if it is a plain http(s) address that a page may link to, else ""."""
    if len(url) > 2000 or _NO_LINK.search(url) or _SURROGATE.search(url):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return ""
    return url


def site(url: str) -> str:
    """The host of a linkable address, without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.") if link(url) else ""


def embedded(value: Any) -> str:
    """JSON that may stand inside a script element: ASCII only, and no `<`, `>` or `&`."""
    text = json.dumps(_clean(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {shown(str(name)): _clean(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value if value is None or isinstance(value, int) else shown(str(value))
