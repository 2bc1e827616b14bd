"""Who asks: the address behind the proxies that are trusted, and whether that is this machine itself."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LOCAL_PROXIES = ("127.0.0.1", "::1")
"""A proxy on the same machine is trusted unless told otherwise: whoever can speak from there is in already."""

MOST_HOPS = 32
"""Proxies that a request came through at most; what stands before them in the list is not read."""

_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")
_CLAIMS = re.compile(rb"forwarded|x-forwarded-.*|x-real-ip|x-original-.*|x-rewrite-.*|x-gradio-.*")
_CALLER, _SITE = "footnote.caller", "footnote.site"
HOST_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?|[0-9a-f:.]{2,60}")
_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `address` is what is counted: of an IPv6 address its /64 network. `local` is whoever sits at this
    machine itself: not a proxy on it, and not by way of a foreign name that was made to point here."""

    address: str
    local: bool = False


def parse_networks(given: str | Iterable[str]) -> tuple[Network, ...]:
    """The addresses and networks in a text (separated by commas or spaces) or a list. ValueError for what is none."""
    texts = [given] if isinstance(given, str) else [str(text) for text in given]
    words = [word for text in texts for word in re.split(r"[\s,]+", text) if word]
    try:
        return tuple(dict.fromkeys(ipaddress.ip_network(word) for word in words))
    except ValueError as error:
        raise ValueError(f"{error}: write addresses or networks like 10.0.0.1 or 10.0.0.0/8") from None


def shown_network(known: Network) -> str:
    """A network as people write it: an address alone stands for itself."""
    return str(known[0]) if known.num_addresses == 1 else str(known)


def within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is of one of these networks."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    known = getattr(known, "ipv4_mapped", None) or known
    return any(known.version == each.version and known in each for each in networks)


def network(address: str) -> str:
    """The address; of an IPv6 one its /64 network, which one household or server has to itself (RFC 6177)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(known) if known.version == 4 else str(ipaddress.ip_network((int(known), 64), strict=False))


def caller_of(scope: Scope) -> Caller:
    """Who asks, as `Callers` found it; without it, as the connection itself says."""
    found = scope.get(_CALLER)
    return found if isinstance(found, Caller) else Caller(network(_peer(scope)), _from_this_machine(scope))


def site_of(scope: Scope) -> str:
    """The other site whose page asks, as the gate let it in; "" for none."""
    return scope.get(_SITE, "")


def from_site(scope: Scope, site: str) -> Scope:
    """The request, asked by a page of this site."""
    return {**scope, _SITE: site}


class Callers:
    """Pure ASGI middleware, the outermost: finds out who asks, and takes away what anybody may claim about it.

    `X-Forwarded-For` is read from the right, as far as the proxies of `trusted` wrote it; `X-Forwarded-Host` and
    `X-Forwarded-Proto` count only where such a proxy hands the request over. Inside, these headers are gone but for
    one host and one scheme that were believed."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str] = ()) -> None:
        self.app = app
        self._trusted = parse_networks(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(self.known(scope) if scope["type"] == "http" else scope, receive, send)

    def known(self, scope: Scope) -> Scope:
        """The request with its caller, and without claims that nobody vouches for."""
        peer = _peer(scope)
        local, handed_over = _from_this_machine(scope), within(peer, self._trusted)
        kept = [pair for pair in scope["headers"] if not _CLAIMS.fullmatch(pair[0].lower())]
        address, scheme = peer, scope.get("scheme", "http")
        if handed_over:
            address = self._behind(peer, _listed(scope, b"x-forwarded-for"))
            if hosts := _listed(scope, b"x-forwarded-host"):
                # More than one, and nobody can say which was meant: the list is refused as the name of a host.
                kept.append((b"x-forwarded-host", ",".join(dict.fromkeys(hosts)).encode("latin-1")))
            schemes = {told.lower() for told in _listed(scope, b"x-forwarded-proto")}
            if len(schemes) == 1 and schemes <= {"http", "https"}:
                scheme = schemes.pop()
                kept.append((b"x-forwarded-proto", scheme.encode()))
        caller = Caller(network(address), local)
        return {**scope, "headers": kept, "scheme": scheme, "client": (address, 0), _CALLER: caller}

    def _behind(self, peer: str, listed: list[str]) -> str:
        """The nearest address that is no trusted proxy."""
        address = peer
        for told in reversed(listed[-MOST_HOPS:]):
            if not within(address, self._trusted):
                break
            found = _address(told)
            if not found:  # what a trusted proxy could not name: the proxy itself counts
                break
            address = found
        return address


def is_address(name: str) -> bool:
    """True for an address written in numbers."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def host_name(host: str) -> str:
    """The name in a Host header, without its port: small letters, no dot at the end."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].split("]", 1)[0]
    name = (
        host if host.count(":") > 1 else host.split(":", 1)[0]
    )  # an IPv6 address without brackets has no port
    return name.rstrip(".")


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _listed(scope: Scope, name: bytes) -> list[str]:
    """The values of a header that holds a list, of all its lines in their order."""
    lines = [value.decode("latin-1") for header, value in scope["headers"] if header.lower() == name]
    return [part.strip() for line in lines for part in line.split(",") if part.strip()]


def _address(told: str) -> str:
    """An address as proxies write it, without its port; empty for anything else."""
    if found := _PORT.fullmatch(told):
        told = found[1] or found[2]
    try:
        known = ipaddress.ip_address(told.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(known, "ipv4_mapped", None) or known)


def _from_this_machine(scope: Scope) -> bool:
    headers = {name.lower(): value for name, value in scope["headers"]}
    return (
        _peer(scope) in LOOPBACK
        and host_name(headers.get(b"host", b"").decode("latin-1")) in LOOPBACK
        and not any(header in headers for header in _FORWARDED)
        and scope.get("http_version") != "1.0"  # no browser speaks it; nginx does to what stands behind it
    )
