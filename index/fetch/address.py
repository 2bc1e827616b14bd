"""Web addresses taken apart strictly: what two readers could read differently is refused."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from index.fetch.errors import NotAllowed

MOST_CHARS = 4_000
"""Longest address that is asked for."""

PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?[]|"


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An http(s) address: `host` is lower case ASCII without brackets or a dot at its end, `target` the
    path and query, percent-encoded. `str()` is the address in one spelling, without the place in the page."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what one robots.txt speaks for."""
        return f"{self.scheme}://{self.authority}"

    @property
    def number(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The host when it is an IP address."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    def __str__(self) -> str:
        return self.origin + self.target

    def joined(self, location: str) -> WebAddress:
        """Where a redirect from here leads. Raises `NotAllowed` like `parse`."""
        try:
            return parse(urljoin(str(self), location.strip()))
        except ValueError as error:
            raise NotAllowed("not a web address") from error


def parse(text: str) -> WebAddress:
    """Takes an address apart. Raises `NotAllowed` for all but http and https, and for user names,
    control characters, backslashes, percent signs in the host, IPv4 addresses in any spelling but four
    decimal numbers, IPv6 zones, and names no domain can have."""
    text = text.strip()
    if len(text) > MOST_CHARS:
        raise NotAllowed(f"its address is longer than {MOST_CHARS:,} characters")
    if _CONTROL.search(text):
        raise NotAllowed("there are control characters in its address")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise NotAllowed("not a web address") from error
    if parts.scheme not in PORTS:
        raise NotAllowed(
            f"only http and https are fetched, not {parts.scheme}:" if parts.scheme else "not a web address"
        )
    if "@" in parts.netloc:
        raise NotAllowed("there is a user name in its address")
    host, port = _host_and_port(parts.netloc)
    target = quote(parts.path or "/", safe=_PATH_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_QUERY_SAFE)
    return WebAddress(parts.scheme, host, PORTS[parts.scheme] if port is None else port, target)


def _host_and_port(netloc: str) -> tuple[str, int | None]:
    """Both, from the part of an address between `//` and the path."""
    found = re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?", netloc)
    if found is None:
        raise NotAllowed("its host or port is not valid")
    port = int(found[2]) if found[2] else None
    if port is not None and not 0 < port < 65536:
        raise NotAllowed(f"there is no port {port}")
    return plain_host(found[1]), port


def plain_host(host: str) -> str:
    """A host in its one spelling (see `WebAddress`); raises `NotAllowed` for what is none."""
    if host.startswith("["):
        try:
            if "%" in host:
                raise ValueError("a zone")
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError as error:
            raise NotAllowed("its host is not a valid IPv6 address") from error
    if not host:
        raise NotAllowed("there is no host in its address")
    name = host.lower() if host.isascii() else _ascii(host)
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise NotAllowed("its host is not a valid name")
    if _NUMBER.fullmatch(labels[-1]):  # as the URL standard has it: what ends in a number is IPv4
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError as error:
            raise NotAllowed("its host is a number that is no plain IPv4 address") from error
    return name


def _ascii(host: str) -> str:
    """A name in another script as DNS has it (UTS 46, then IDNA 2008): full-width digits become digits."""
    import idna

    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise NotAllowed("its host is not a valid name") from error
