"""Which hosts and addresses may be asked: public ones, unless the options open others.

An article, a feed or a redirect can name any address; a server inside a company's network, or on a cloud
machine, can reach what strangers must not (server-side request forgery). So names are resolved once, all
their addresses are looked at, and the connection goes to one that was looked at (`index.fetch.connect`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from index.errors import InputError
from index.fetch.address import WebAddress, plain_host
from index.fetch.errors import NotAllowed

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*texts: str) -> tuple[IPNetwork, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# IANA's registries of special-purpose addresses (IPv4 and IPv6), read 2026-11; the first that fits counts.
# Python's own `is_global` depends on its version and lets through NAT64, 6to4 and what is not given out yet.
_KINDS = (
    ("an address of a cloud's metadata service", False, _networks(
        "169.254.169.254/32", "169.254.170.2/32", "fd00:ec2::254/128", "fd20:ce::254/128",
        "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32",
    )),
    ("a loopback address", True, _networks("127.0.0.0/8", "::1/128")),
    ("a private address", True, _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    ("an address shared within a provider's network", True, _networks("100.64.0.0/10")),
    ("a link-local address", False, _networks("169.254.0.0/16", "fe80::/10", "fec0::/10")),
    ("the unspecified address or this network", False, _networks("0.0.0.0/8", "::/128")),
    ("a multicast address", False, _networks("224.0.0.0/4", "ff00::/8")),
    ("a reserved address", False, _networks(
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
        "2001:2::/48", "2001:db8::/32", "3fff::/20", "2001:10::/28", "2001:20::/28", "2620:4f:8000::/48",
    )),
    ("an IPv6 address that stands for an IPv4 address", False, _networks(
        "::ffff:0:0/96", "::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"
    )),
)  # fmt: skip
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_HOME_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa", "corp")

_NEXT = "to fetch from there, name the host or network in the setting of allowed addresses"


@dataclass(frozen=True, slots=True)
class _Opened:
    """One entry of `FetchOptions.allowed`: a name or a network, at one port or (None) at all."""

    port: int | None
    name: str = ""
    network: IPNetwork | None = None


class Guard:
    """Says what may be asked. `allowed` and `allow_private` as in `FetchOptions`; raises `InputError` for
    an entry that is no host, address or network."""

    def __init__(self, *, allow_private: bool = False, allowed: Iterable[str] = ()) -> None:
        self.allow_private = allow_private
        self._opened = [_opened(entry) for entry in allowed]

    def check_name(self, address: WebAddress) -> None:
        """Raises `NotAllowed` for what need not even be resolved: numbers that may not be asked, names of
        this machine and of local networks, and ports below 1024 that are not the web's."""
        if number := address.number:
            self.check_number(number, address.port)
        elif self._names(address.host, address.port):
            return
        elif not self.allow_private and _is_home_name(address.host):
            raise NotAllowed(f"{address.host} is a name of this machine or of a local network", _NEXT)
        elif address.port < 1024 and address.port not in (80, 443):
            raise NotAllowed(f"port {address.port} is not one of the web's", _NEXT)

    def check_resolved(self, host: str, numbers: Iterable[str], port: int) -> list[str]:
        """The addresses of a name, in their one spelling. Raises `NotAllowed` if any may not be asked: a
        name that has public and private ones is more likely a trap than a mistake."""
        found = []
        for text in numbers:
            try:
                number = ipaddress.ip_address(text.partition("%")[0])
            except ValueError as error:
                raise NotAllowed(f"{host} resolves to what is no address") from error
            if not self._names(host, port):
                self.check_number(number, port, host)
            found.append(str(number))
        return list(dict.fromkeys(found))

    def check_number(self, number: IPAddress, port: int, host: str = "") -> None:
        """Raises `NotAllowed` for an address that may not be asked; `host` is the name that led to it."""
        if any(
            entry.network is not None
            and number.version == entry.network.version
            and number in entry.network
            and entry.port in (None, port)
            for entry in self._opened
        ):
            return
        if kind := kind_of(number, private_too=not self.allow_private):
            named = f"{host} leads to {number}, {kind}" if host else f"{number} is {kind}"
            raise NotAllowed(named, _NEXT)
        if port < 1024 and port not in (80, 443):
            raise NotAllowed(f"port {port} is not one of the web's", _NEXT)

    def _names(self, host: str, port: int) -> bool:
        return any(entry.name == host and entry.port in (None, port) for entry in self._opened)


def kind_of(number: IPAddress, *, private_too: bool = True) -> str:
    """What an address is that keeps it from being asked, in words; "" for a public one (and, unless
    `private_too`, for a private or loopback one). IPv6 under the NAT64 prefix is what it stands for,
    since it is how machines without IPv4 reach public servers."""
    if isinstance(number, ipaddress.IPv6Address) and number in _NAT64:
        return kind_of(ipaddress.IPv4Address(int(number) & 0xFFFFFFFF))
    for kind, private, networks in _KINDS:
        if any(number.version == network.version and number in network for network in networks):
            return kind if private_too or not private else ""
    if isinstance(number, ipaddress.IPv6Address) and number not in _GLOBAL_V6:
        return "an address outside the public internet"
    return ""


def _is_home_name(host: str) -> bool:
    return "." not in host or any(host == name or host.endswith("." + name) for name in _HOME_NAMES)


def _opened(entry: str) -> _Opened:
    """Reads one entry: a network, an address with or without port, a name with or without port."""
    text = entry.strip()
    try:
        return _Opened(None, network=ipaddress.ip_network(text.strip("[]")))
    except ValueError:
        pass
    host, colon, digits = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, digits = text, ""
    try:
        if (colon and host != text and not digits.isdecimal()) or len(digits) > 5:
            raise NotAllowed("its port is not a number")
        port = int(digits) if digits else None
        try:
            return _Opened(port, network=ipaddress.ip_network(host.strip("[]")))
        except ValueError:
            return _Opened(port, name=plain_host(host))
    except NotAllowed as error:
        raise InputError(
            f"{entry!r} is no host, address or network that could be allowed: {error.reason}",
            'write it as "127.0.0.1:8099", "10.0.0.0/8", "wiki.example" or "[fd12::1]:80"',
        ) from error
