"""The origins that may show the chat inside their pages, and the header directive that holds browsers to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address
from urllib.parse import urlsplit

MOST_ORIGINS = 200
"""More would make a header that proxies in between refuse."""

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_origins(given: str | Iterable[str]) -> tuple[str, ...]:
    """The origins in a text (separated by commas or spaces) or a list, each as browsers write it and once.

    ValueError, with what to write instead, for anything that is not exactly one origin: `*`, `null`, a wildcard,
    a path, another scheme.
    """
    texts = [given] if isinstance(given, str) else list(given)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("each origin is a text like https://example.org")
    words = [word for text in texts for word in re.split(r"[\s,]+", text) if word]
    origins = tuple(dict.fromkeys(parse_origin(word) for word in words))
    if len(origins) > MOST_ORIGINS:
        raise ValueError(f"there are {len(origins)} origins; the most is {MOST_ORIGINS}")
    return origins


def parse_origin(text: str) -> str:
    """One origin, `scheme://host` or `scheme://host:port`, as browsers write it; ValueError for anything else."""
    shown = repr(text if len(text) <= 100 else text[:100] + "…")
    if "*" in text:
        raise ValueError(
            f"{shown} would let in sites nobody named: write each origin out, https://example.org"
        )
    if text.lower() == "null":
        raise ValueError("'null' is the origin of any sandboxed or local page: name the site's own origin")
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError(f"{shown} has no scheme: write https://{text[:100].strip('/') or 'example.org'}")
    if scheme.lower() not in _DEFAULT_PORTS:
        raise ValueError(f"{shown} is neither http nor https")
    try:
        parts = urlsplit(f"{scheme.lower()}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{shown} is no origin: write it like https://example.org:8443") from None
    if "@" in parts.netloc:
        raise ValueError(f"{shown} holds a user name: an origin has none")
    if ":" in host:
        # Browsers match no IPv6 address in a policy.
        raise ValueError(f"{shown} is an IPv6 address, which browsers do not take here: use a host name")
    host = _ascii(host.rstrip("."))
    if not _HOST.fullmatch(host) or len(host) > 253 or (host[-1].isdigit() and not _is_ipv4(host)):
        raise ValueError(f"{shown} is no origin: write it like https://example.org:8443")
    origin = f"{parts.scheme}://{host}"
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        origin += f":{port}"
    if parts.path.strip("/") or parts.query or parts.fragment or "?" in rest or "#" in rest:
        raise ValueError(
            f"{shown} is the address of a page; browsers can let in only a whole site: write {origin}"
        )
    return origin


def frame_ancestors(origins: Sequence[str]) -> str:
    """The directive of a page's policy that lets it be framed by itself and these origins, and by nobody else."""
    return " ".join(("frame-ancestors", "'self'", *origins))


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _is_ipv4(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False
