"""Where a fetcher does not go: nothing but public addresses, however they are written or led to."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import InputError
from index.fetch import Fetched, Fetcher, FetchFailed, FetchOptions, FetchRefused
from index.fetch.errors import FetchError, NotAllowed
from index.fetch.guard import Guard
from tests.index.fetch.net import QUICK, STORY, Net, answer, got, redirect, says, site

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "169.254.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "168.63.129.16", "100.100.100.200",
    "::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001::1", "2001:db8::1",
    "3fff::1", "5f00::1", "100::1", "4000::1", "fe80::1%eth0",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2001:4860:4860::8888", "64:ff9b::808:808"]


@pytest.mark.parametrize("number", PRIVATE)
def test_an_address_that_is_not_public_is_refused_as_such_and_behind_a_name(net: Net, number: str) -> None:
    net.names["trap.example"] = [number]
    net.names["mixed.example"] = ["93.184.216.34", number]
    for host in (f"[{number}]" if ":" in number else number, "trap.example", "mixed.example"):
        page = got(net, f"http://{host}/latest/meta-data")
        assert isinstance(page, FetchRefused), host
    assert net.dialled == []


@pytest.mark.parametrize("number", PUBLIC)
def test_a_public_address_is_asked(net: Net, number: str) -> None:
    server = net.add("news.example", says(answer()))
    net.names["news.example"] = [number]
    net.ports[number] = server.port
    assert isinstance(got(net, "http://news.example/"), Fetched)
    assert net.dialled == [number]


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/",
        "http://127.0.1/", "http://127.0.0.01/", "http://127.0.0.1./", "http://0/", "http://0x/", "http://1.2.3.4.5/",
        "http://256.256.256.256/", "http://127.0.0.1:80:80/", "http://127.0.0.1%2f.example/", "http://127%2e0.0.1/",
        "http://１２７.0.0.1/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "http://ｌocalhost/", "http://loc\u00adalhost/",
        "http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://localhost.localdomain/", "http://printer/",
        "http://nas.local/", "http://metadata.google.internal/", "http://router.lan/", "http://router.home.arpa/",
        "http://[::1]/", "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::1%25lo]/", "http://[::1]x/",
        "http://[127.0.0.1]/", "http://[v1.x]/", "http://[]/", "http://::1/", "http:///x", "http://", "http:news.example", "//news.example/", "",
        "news.example/a", "file:///etc/passwd", "ftp://news.example/", "gopher://news.example/", "data:text/html,x", "javascript:1",
        "http://me@news.example/", "http://me:secret@news.example/", "http://news.example@127.0.0.1/", "http://news.example\\@127.0.0.1/",
        "http://127.0.0.1\\.news.example/", "http://news.example:0/", "http://news.example:65536/", "http://news.example:x/",
        "http://news.example:22/", "https://news.example:25/", "http://news..example/", "http://.news.example/", "http://news.example../",
        "http://news .example/", "http://news.exa\nmple/", "http://news.example/\r\nX: 1", "http://news.example/\x00", "http://\ud800.example/",
        "http://" + "a" * 64 + ".example/", "http://" + "a." * 130 + "example/", "http://news.example/" + "a" * 4_000, "http://xn--.ü/",
    ],
)  # fmt: skip
def test_an_address_written_to_mislead_is_refused_before_anything_is_asked(net: Net, url: str) -> None:
    net.add("news.example", says(answer()))
    page = got(net, url)
    assert isinstance(page, FetchRefused)
    assert net.dialled == net.asked == []
    assert "secret" not in str(page)
    assert len(str(page).splitlines()) == 1
    assert len(str(page)) < 500


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://News.Example./", "news.example"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://BÜCHER.example/", "xn--bcher-kva.example"),
        ("http://my_site.example/", "my_site.example"),
        (" http://news.example/ \n", "news.example"),
        ("http://news.example:8080/", "news.example"),
    ],
)
def test_names_are_asked_for_in_their_one_spelling(net: Net, url: str, host: str) -> None:
    server = net.add(host, says(answer()))
    assert isinstance(got(net, url), Fetched)
    assert set(net.asked) == {host}
    port = ":8080" if "8080" in url else ""
    assert f"\r\nHost: {host}{port}\r\n" in server.heads[0]


def test_each_hop_of_a_redirect_is_looked_at_anew(net: Net) -> None:
    inner = net.add("inner.example", says(answer(b"secret")))
    net.names["inner.example"] = ["10.0.0.7"]
    net.ports |= {
        "10.0.0.7": inner.port,
        "127.0.0.1": inner.port,
        "169.254.169.254": inner.port,
        "::1": inner.port,
    }
    for target in (
        "http://inner.example/",
        "//inner.example/",
        "http://10.0.0.7/",
        f"http://127.0.0.1:{inner.port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://0x7f000001/",
        "file:///etc/passwd",
    ):
        net.add("news.example", site({"/a": redirect("/b", "301 Moved"), "/b": redirect(target)}))
        page = got(net, "http://news.example/a")
        assert isinstance(page, FetchRefused), target
        assert "redirects to" in page.reason
    assert inner.heads == []


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_looked_at(net: Net) -> None:
    """DNS rebinding: public when first asked, then private. There is one lookup for each connection."""
    server = net.add("rebind.example", says(answer()))
    answers = [["93.184.216.1"], ["127.0.0.1"], ["93.184.216.1"]]

    def turning(host: str, port: int) -> list[str]:
        net.asked.append(host)
        return answers[len(net.asked) - 1]

    with Fetcher(QUICK, resolve=turning, dial=net.dial) as one:
        assert one.get("http://rebind.example/").body == STORY
        with pytest.raises(FetchRefused, match=r"rebind\.example leads to 127\.0\.0\.1, a loopback address"):
            one.get("http://rebind.example/")
        assert one.get("http://rebind.example/").body == STORY
    assert net.dialled == ["93.184.216.1", "93.184.216.1"]
    assert len(net.asked) == 3
    assert len(server.heads) == 2


def test_robots_txt_of_a_forbidden_place_is_not_asked_for_either(net: Net) -> None:
    inner = net.add("inner.example", says(answer(b"secret")))
    net.names["inner.example"] = ["10.0.0.7"]
    net.ports["10.0.0.7"] = inner.port
    net.add("news.example", site({"/robots.txt": redirect("http://inner.example/"), "/a": answer()}))
    options = replace(QUICK, obey_robots=True)
    assert isinstance(got(net, "http://inner.example/", options), FetchRefused)
    page = got(net, "http://news.example/a", options)
    assert isinstance(page, FetchFailed)
    assert "robots.txt could not be read" in page.reason
    assert inner.heads == []


def test_the_environments_proxies_are_not_used(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = net.add("proxy.example", says(answer(b"from the proxy")))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    net.add("news.example", says(answer()))
    page = got(net, "http://news.example/")
    assert isinstance(page, Fetched)
    assert page.body == STORY
    assert proxy.heads == []


def test_a_proxy_that_is_asked_for_gets_names_but_no_private_ones(net: Net) -> None:
    proxy = net.add("proxy.example", says(answer(b"from the proxy")))
    options = replace(QUICK, proxy="http://proxy.example:3128")
    page = got(net, "http://news.example/a?b", options)
    assert isinstance(page, Fetched)
    assert page.body == b"from the proxy"
    assert proxy.paths == ["http://news.example/a?b"]
    for url in (
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://0x7f.1/",
        "http://10.0.0.1/",
    ):
        assert isinstance(got(net, url, options), FetchRefused)
    assert len(proxy.heads) == 1
    with pytest.raises(InputError, match="proxy"):
        Fetcher(FetchOptions(proxy="socks5://proxy.example"))


def test_settings_open_single_hosts_and_networks(net: Net) -> None:
    server = net.add("wiki.intern", says(answer()))
    net.names |= {"wiki.intern": ["10.1.2.3"], "other.intern": ["10.9.9.9"]}
    net.ports |= {
        "10.1.2.3": server.port,
        "10.9.9.9": server.port,
        "127.0.0.1": server.port,
        "::1": server.port,
    }
    wiki, wiki_8080, beside = "http://wiki.intern/", "http://WIKI.intern:8080/", "http://10.1.2.3:99/"
    local, local_8099, local_v6 = "http://127.0.0.1/", "http://127.0.0.1:8099/", "http://[::1]/"
    every = {wiki, wiki_8080, beside, local, local_8099, local_v6, "http://other.intern/"}
    cases = {
        ("wiki.intern",): {wiki, wiki_8080},
        ("Wiki.Intern:8080",): {wiki_8080},
        ("10.1.0.0/16",): {wiki, wiki_8080, beside},
        ("127.0.0.1:8099", "[::1]:80"): {local_8099, local_v6},
        ("::1",): {local_v6},
        ("localhost",): set(),
        (): set(),
    }
    for allowed, urls in cases.items():
        options = replace(QUICK, allowed=allowed)
        assert {url for url in every if isinstance(got(net, url, options), Fetched)} == urls


def test_all_private_networks_can_be_opened_but_not_metadata_and_link_local(net: Net) -> None:
    guard = Guard(allow_private=True)
    opened = set()
    for number in PRIVATE:
        try:
            guard.check_number(ipaddress.ip_address(number.partition("%")[0]), 80)
            opened.add(number)
        except NotAllowed:
            pass
    assert opened == {
        "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1", "fc00::1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "entry", ["", "10.0.0.1/8", "http://a/", "host:port", "a b", "[::1]:x", "host:99999999"]
)
def test_an_allowed_entry_that_cannot_be_is_named(entry: str) -> None:
    with pytest.raises(InputError, match="could be allowed"):
        Fetcher(FetchOptions(allowed=(entry,)))


# ---- random addresses ----

HOSTS = st.sampled_from([*PRIVATE, *PUBLIC]) | st.sampled_from(
    ["localhost", "news.example", "trap.example", "mixed.example", "turn.example", "0x7f.1", "017700000001", "2130706433", "127.1",
     "１２７.0.0.1", "127。0。0。1", "ⓛocalhost", "bücher.example", "a.local", "127.0.0.1.news.example", "xn--bcher-kva.example", ""]
)  # fmt: skip
TRAPS = st.sampled_from(["trap.example", "mixed.example", "turn.example", "169.254.169.254", "::1"])
ANY_V4 = st.integers(0, 2**32 - 1).map(lambda number: str(ipaddress.IPv4Address(number)))
ANY_V6 = st.one_of(
    st.integers(0, 2**128 - 1),
    st.builds(lambda prefix, low: int(ipaddress.IPv6Address(prefix)) + low, st.sampled_from(["::", "::ffff:0:0", "64:ff9b::", "fe80::", "ff02::"]), st.integers(0, 2**32 - 1)),
    st.integers(0, 2**32 - 1).map(lambda number: (0x2002 << 112) + (number << 80)),
).map(lambda number: str(ipaddress.IPv6Address(number)))  # fmt: skip


def _spelt(number: str, how: int) -> str:
    """A host in one of many spellings."""
    if ":" in number:
        return [
            f"[{number}]",
            number,
            f"[{number.upper()}]",
            f"[{ipaddress.IPv6Address(number.partition('%')[0]).exploded}]",
        ][how % 4]
    parts = number.split(".")
    if len(parts) == 4 and all(part.isascii() and part.isdecimal() for part in parts):
        whole = int(ipaddress.IPv4Address(number))
        return [
            number, str(whole), hex(whole), oct(whole).replace("o", ""), ".".join(hex(int(part)) for part in parts),
            ".".join(f"0{int(part):o}" for part in parts), f"{parts[0]}.{whole & 0xFFFFFF}", number + ".", f"[::ffff:{number}]",
            number.replace(".", "%2e"), number.replace(".", "。"), "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in number),
        ][how % 12]  # fmt: skip
    return [
        number,
        number.upper(),
        number + ".",
        f"{number}%00",
        f"x@{number}",
        f"{number}#@news.example",
        f"news.example\\@{number}",
    ][how % 7]


PLAIN = st.builds(
    lambda host, how: f"http://{_spelt(host, how)}/",
    HOSTS | TRAPS | ANY_V4 | ANY_V6,
    st.just(0) | st.integers(0, 83),
)
ODD = st.builds(
    lambda scheme, user, host, how, port, path: f"{scheme}{user}{_spelt(host, how)}{port}{path}",
    st.sampled_from(["http://", "https://", "HTTP://", "//", "http:/", "http:\\\\", " http://", "http://\t"]),
    st.just("")
    | st.sampled_from(["me@", "me:pw@", "@", "news.example@", "news.example:80@", "news.example%40"]),
    HOSTS | TRAPS | ANY_V4 | ANY_V6,
    st.just(0) | st.integers(0, 83),
    st.just("") | st.sampled_from([":80", ":8080", ":443", ":22", ":", ":0", ":99999", ":80@127.0.0.1"]),
    st.sampled_from(
        [
            "",
            "/",
            "/a",
            "/../b?c=http://127.0.0.1/",
            "?@127.0.0.1",
            "#@127.0.0.1",
            "\\@127.0.0.1/",
            "/\r\nHost: x",
        ]
    ),
)
ADDRESSES = PLAIN | ODD


def _public(number: str) -> bool:
    """An oracle apart from the guard's table: Python's own, and what is embedded in IPv6 taken out by hand."""
    found = ipaddress.ip_address(number)
    if isinstance(found, ipaddress.IPv6Address):
        high, low = int(found) >> 96, ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if high == 0x64FF9B << 64 or int(found) >> 32 in (0, 0xFFFF, 0x64FF9B << 64):
            return int(found) >> 32 == 0x64FF9B << 64 and low.is_global and not low.is_multicast
        if found.sixtofour or found.teredo or found.is_site_local:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_link_local)


@settings(max_examples=4 * (settings.default or settings()).max_examples)
@given(st.lists(ADDRESSES, min_size=1, max_size=4), st.booleans(), st.booleans())
def test_no_address_and_no_chain_of_redirects_reaches_a_private_address(
    chain: list[str], led: bool, robots: bool
) -> None:
    chain = ["http://news.example/", *chain] if led else chain
    net = Net()
    net.names |= {
        "trap.example": ["10.0.0.1"],
        "mixed.example": ["8.8.8.8", "::1"],
        "news.example": ["93.184.216.34"],
    }
    flips = iter(range(1_000))

    def resolve(host: str, port: int) -> list[str]:
        return (
            [["8.8.8.8"], ["127.0.0.1"]][next(flips) % 2]
            if host == "turn.example"
            else net.resolve(host, port)
        )

    def dial(number: str, port: int, seconds: float) -> socket.socket:
        """Each server redirects to the next address of the chain."""
        net.dialled.append(number)
        near, far = socket.socketpair()
        target = chain[min(len(net.dialled), len(chain) - 1)]
        far.sendall(
            redirect(target.replace("\r", "").replace("\n", "").encode("utf-8", "replace").decode("latin-1"))
        )
        far.shutdown(socket.SHUT_WR)
        near_ends.append(far)
        return near

    near_ends: list[socket.socket] = []
    options = replace(QUICK, obey_robots=robots, most_redirects=4)
    with Fetcher(options, resolve=resolve, dial=dial) as one, suppress(FetchError):
        one.get(chain[0])
    for far in near_ends:
        far.close()
    assert [number for number in net.dialled if not _public(number)] == []
    assert net.dialled or not led
