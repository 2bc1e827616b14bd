"""Who is counted as asking, behind which proxies, and who sits at the machine itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.guard.callers import Caller, Callers, caller_of, host_name, parse_networks

LOCAL = ("127.0.0.1", "::1")


def seen(peer: str, trusted: Any = LOCAL, host: str = "127.0.0.1:7860", **headers: Any) -> tuple[Caller, Any]:
    """The caller, and the request's headers as they come in; a header given as a list stands on several lines."""
    lines = [(b"host", host.encode())]
    for name, values in headers.items():
        every = values if isinstance(values, list) else [values]
        lines += [(name.replace("_", "-").encode(), value.encode("latin-1")) for value in every]

    async def nobody(*_: Any) -> None: ...

    scope = {"type": "http", "client": (peer, 1), "headers": lines, "http_version": "1.1", "scheme": "http"}
    known = Callers(nobody, trusted).known(scope)
    return caller_of(known), known


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "counted"),
    [
        ("203.0.113.5", None, LOCAL, "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", LOCAL, "203.0.113.5"),  # nobody vouches for it
        ("127.0.0.1", "198.51.100.1", LOCAL, "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1", (), "127.0.0.1"),
        (
            "127.0.0.1",
            "1.1.1.1, 198.51.100.1",
            LOCAL,
            "198.51.100.1",
        ),  # what the client wrote itself stands left
        ("127.0.0.1", "198.51.100.1, 10.0.0.2", ("127.0.0.1", "10.0.0.0/8"), "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", ("127.0.0.1", "10.0.0.0/8"), "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 10.0.0.2", LOCAL, "10.0.0.2"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.1"], LOCAL, "198.51.100.1"),  # two lines are one list
        ("127.0.0.1", "127.0.0.1, 127.0.0.1", LOCAL, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1:4711", LOCAL, "198.51.100.1"),
        ("127.0.0.1", "[2001:db8::7]:4711", LOCAL, "2001:db8::/64"),
        ("127.0.0.1", "2001:db8::7", LOCAL, "2001:db8::/64"),
        ("127.0.0.1", "::ffff:198.51.100.1", LOCAL, "198.51.100.1"),
        ("::ffff:127.0.0.1", "198.51.100.1", LOCAL, "198.51.100.1"),
        ("127.0.0.1", "unknown", LOCAL, "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6, garbage<script>", LOCAL, "127.0.0.1"),
        ("127.0.0.1", ", ,", LOCAL, "127.0.0.1"),
        ("2001:db8:0:7::1", None, LOCAL, "2001:db8:0:7::/64"),
        ("2001:db8:0:7:ffff::9", None, LOCAL, "2001:db8:0:7::/64"),
        ("fe80::1%eth0", None, LOCAL, "fe80::/64"),
        ("", None, LOCAL, ""),
    ],
)
def test_the_counted_address_is_the_nearest_that_a_trusted_proxy_saw(
    peer: str, forwarded: Any, trusted: Any, counted: str
):
    headers = {} if forwarded is None else {"x_forwarded_for": forwarded}
    assert seen(peer, trusted, **headers)[0].address == counted


@pytest.mark.parametrize(
    ("peer", "host", "headers", "local"),
    [
        ("127.0.0.1", "localhost:7860", {}, True),
        ("::1", "[::1]:7860", {}, True),
        ("127.0.0.1", "LOCALHOST.", {}, True),
        ("192.0.2.7", "localhost", {}, False),
        ("127.0.0.1", "rebound.test", {}, False),
        ("127.0.0.1", "localhost.evil.test", {}, False),
        ("127.0.0.1", "localhost", {"x_forwarded_for": "127.0.0.1"}, False),
        ("127.0.0.1", "localhost", {"x_real_ip": "127.0.0.1"}, False),
        ("127.0.0.1", "localhost", {"forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", "localhost", {"via": "1.1 proxy"}, False),
    ],
)
def test_only_who_sits_at_the_machine_is_local(peer: str, host: str, headers: Any, local: bool):
    assert seen(peer, host=host, **headers)[0].local is local


CLAIMS = {
    "x_forwarded_host": "evil.test",
    "x_forwarded_proto": "https",
    "x_forwarded_prefix": "/evil",
    "x_forwarded_for": "1.1.1.1",
    "x_gradio_server": "https://evil.test",
    "x_original_url": "/admin",
    "x_rewrite_url": "/admin",
    "x_real_ip": "1.1.1.1",
    "forwarded": "host=evil.test",
}


def test_what_anybody_claims_about_a_request_does_not_get_in():
    _, known = seen("203.0.113.5", **CLAIMS)
    assert known["headers"] == [(b"host", b"127.0.0.1:7860")]
    assert (known["scheme"], known["client"][0]) == ("http", "203.0.113.5")


def test_what_a_trusted_proxy_says_gets_in_in_one_voice():
    _, known = seen("127.0.0.1", **CLAIMS)
    told = dict(known["headers"])
    assert told == {
        b"host": b"127.0.0.1:7860", b"x-forwarded-host": b"evil.test", b"x-forwarded-proto": b"https"
    }  # fmt: skip
    assert known["scheme"] == "https"
    _, known = seen("127.0.0.1", x_forwarded_host=["a.test", "b.test"], x_forwarded_proto="https, http")
    assert dict(known["headers"])[b"x-forwarded-host"] == b"a.test,b.test"
    assert b"x-forwarded-proto" not in dict(known["headers"])
    _, known = seen("127.0.0.1", x_forwarded_proto="javascript")
    assert known["scheme"] == "http"


@given(
    st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60), max_size=40)
)
def test_no_list_of_addresses_upsets_it_or_counts_as_this_machine(lines: list[str]):
    caller, known = seen("127.0.0.1", x_forwarded_for=[*lines, "203.0.113.9"])
    assert caller == Caller("203.0.113.9")
    assert len(known["headers"]) == 1


def test_networks_are_read_from_texts_and_lists():
    assert [str(n) for n in parse_networks("10.0.0.0/8, ::1 127.0.0.1")] == [
        "10.0.0.0/8",
        "::1/128",
        "127.0.0.1/32",
    ]
    assert parse_networks("") == parse_networks([]) == ()
    for wrong in ("10.0.0.1/8", "nginx", "10.0.0", "*"):
        with pytest.raises(ValueError, match="write addresses or networks"):
            parse_networks(wrong)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Example.ORG:80", "example.org"), ("example.org.", "example.org"), ("[::1]:80", "::1"), ("::1", "::1"),
        ("", ""), ("[", ""), (":", ""), ("a:b:c", "a:b:c"),
    ],
)  # fmt: skip
def test_host_names(host: str, name: str):
    assert host_name(host) == name
