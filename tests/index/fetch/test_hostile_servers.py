"""Servers that lie, stall, flood or talk nonsense: a failure with a reason, in bounded time and memory."""

from __future__ import annotations

import gzip
import random
import socket
import threading
import tracemalloc
import zlib
from contextlib import suppress
from dataclasses import replace
from functools import partial

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fetch import Fetched, Fetcher, FetchFailed, FetchOptions
from index.fetch.body import decompressed
from index.fetch.errors import Broken, FetchError
from tests.index.fetch.net import QUICK, STORY, Net, Script, answer, fetcher, got, internet, redirect, says

PAGE = "http://bad.example/a"
SMALL = replace(QUICK, max_bytes=100_000)


def failure(net: Net, script: Script, options: FetchOptions = SMALL) -> FetchFailed:
    net.add("bad.example", script)
    page = got(net, PAGE, options)
    assert isinstance(page, FetchFailed), page
    return page


def flood(start: bytes, piece: bytes) -> Script:
    """Sends without end, until the other side hangs up."""

    def send(link: socket.socket, head: str) -> None:
        link.sendall(start)
        while True:
            link.sendall(piece)

    return send


def drip(start: bytes, piece: bytes) -> Script:
    """Sends a little every now and then, without end."""

    def send(link: socket.socket, head: str) -> None:
        link.sendall(start)
        never = threading.Event()
        while not never.wait(0.02):
            link.sendall(piece)

    return send


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

WRONG = {
    "garbage": (says(b"\x16\x03\x01 what is this\r\n\r\n"), "not HTTP", False),
    "ssh": (says(b"SSH-2.0-OpenSSH_9.6\r\n"), "", None),
    "status": (says(b"HTTP/1.1 abc OK\r\n\r\n"), "not HTTP", False),
    "huge status": (says(b"HTTP/1.1 99999 OK\r\n\r\n"), "not HTTP", False),
    "nothing": (says(b""), "hung up without an answer", True),
    "half a head": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), "hung up", True),
    "null in a header": (says(OK + b"X: a\0b\r\n\r\n"), "not HTTP", False),
    "two lengths": (says(OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc"), "not HTTP", False),
    "no number": (says(OK + b"Content-Length: many\r\n\r\nabc"), "not HTTP", False),
    "negative": (says(OK + b"Content-Length: -1\r\n\r\nabc"), "not HTTP", False),
    "too short": (says(OK + b"Content-Length: 50\r\n\r\nabc"), "before the whole page", True),
    "broken chunk": (says(CHUNKED + b"zz\r\nabc"), "not HTTP", False),
    "cut chunk": (says(CHUNKED + b"50\r\nabc"), "before the whole page", True),
    "gzip that is none": (says(answer(STORY, "Content-Encoding: gzip")), "damaged", False),
    "gzip that ends": (says(answer(gzip.compress(STORY)[:-9], "Content-Encoding: gzip")), "ends midway", True),
    "br that is none": (says(answer(b"\xff" * 99, "Content-Encoding: br")), "damaged", False),
    "br that ends": (says(answer(brotli.compress(STORY)[:-9], "Content-Encoding: br")), "ends midway", True),
    "deflate that ends": (says(answer(zlib.compress(STORY)[:-9], "Content-Encoding: deflate")), "ends midway", True),
    "unknown": (says(answer(STORY, "Content-Encoding: zstd")), "not asked for ('zstd')", False),
    "many layers": (says(answer(STORY, "Content-Encoding: " + "gzip," * 9)), "compressed 9 times", False),
    "announced too large": (says(OK + b"Content-Length: 1000000000\r\n\r\n"), "larger than 0.1 MB", False),
    "announced beyond numbers": (says(OK + b"Content-Length: " + b"9" * 20 + b"\r\n\r\n"), "", None),
    "endless": (flood(OK + b"\r\n", b"x" * 9_000), "larger than 0.1 MB", False),
    "endless chunks": (flood(CHUNKED, b"5\r\nabcde\r\n" * 900), "larger than 0.1 MB", False),
    "endless headers": (flood(OK, b"X-More: yes\r\n" * 900), "headers are too long", False),
    "one long header": (flood(OK + b"X-Long: ", b"x" * 9_000), "headers are too long", False),
    "endless first line": (flood(b"HTTP/1.1 200 ", b"x" * 9_000), "headers are too long", False),
    "endless trailers": (flood(CHUNKED + b"0\r\n", b"X-More: yes\r\n" * 900), "headers are too long", False),
    "endless gzip members": (
        flood(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 300), "larger than 0.1 MB", False
    ),
    "upgrade": (says(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"), "not HTTP", False),
    "redirect to nowhere": (says(redirect("")), "redirects to nowhere", False),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_server_that_talks_nonsense_is_a_failure_with_its_reason(net: Net, name: str) -> None:
    script, reason, temporary = WRONG[name]
    page = failure(net, script)
    assert reason in page.reason
    assert temporary is None or page.temporary is temporary


def test_a_longer_body_than_announced_is_cut_and_does_not_answer_the_next_request(net: Net) -> None:
    net.add("bad.example", says(answer(b"first") + answer(b"smuggled")))
    with fetcher(net) as one:
        assert [one.get(PAGE).body, one.get(PAGE + "b").body] == [b"first", b"first"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "br, gzip"])
def test_a_page_that_grows_a_thousandfold_is_left_before_it_fills_the_memory(net: Net, encoding: str) -> None:
    layers = {"gzip": gzip.compress, "deflate": zlib.compress, "br": partial(brotli.compress, quality=1)}
    data = bytes(50_000_000)
    for layer in encoding.split(", "):
        data = layers[layer](data)
    assert len(data) < 100_000
    net.add("bad.example", says(answer(data, f"Content-Encoding: {encoding}")))
    tracemalloc.start()
    try:
        page = got(net, PAGE, replace(QUICK, max_bytes=1_000_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(page, FetchFailed)
    assert "larger than 1 MB" in page.reason
    assert peak < 8_000_000


@pytest.mark.parametrize("size", [99_999, 100_000])
def test_a_page_of_just_the_size_allowed_is_taken(net: Net, size: int) -> None:
    data = gzip.compress(random.Random(1).randbytes(size))
    net.add("bad.example", says(answer(data, "Content-Encoding: gzip")))
    page = got(net, PAGE, SMALL)
    assert isinstance(page, Fetched)
    assert len(page.body) == size


@pytest.mark.parametrize(
    "script",
    [
        drip(OK + b"\r\n", b"x"),
        drip(OK, b"X: y\r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drip(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(STORY)[:20], b""),
        drip(CHUNKED, b"1\r\nx\r\n"),
    ],
    ids=["body", "head", "continue", "stall", "chunks"],
)
def test_a_server_that_drips_is_left_when_the_time_is_up(net: Net, script: Script) -> None:
    page = failure(net, script, replace(SMALL, total_seconds=0.4, read_seconds=0.3))
    assert "longer than 0.4 seconds" in page.reason or "nothing came for 0.3 seconds" in page.reason
    assert page.temporary


def test_redirects_share_one_bound_of_time(net: Net) -> None:
    def slow(link: socket.socket, head: str) -> None:
        threading.Event().wait(0.15)
        link.sendall(redirect("/" + "x" * len(head)))

    page = failure(net, slow, replace(SMALL, total_seconds=0.4))
    assert "longer than 0.4 seconds" in page.reason


def test_a_name_server_that_does_not_answer_is_not_waited_for(net: Net) -> None:
    release = threading.Event()

    def stuck(host: str, port: int) -> list[str]:
        release.wait(20)
        return []

    with Fetcher(replace(QUICK, connect_seconds=0.1), resolve=stuck, dial=net.dial) as one:
        with pytest.raises(FetchFailed, match="could not be resolved in time"):
            one.get(PAGE)
        release.set()


def test_no_server_no_host_no_address_have_their_words(net: Net) -> None:
    net.names |= {"closed.example": ["93.184.216.99", "93.184.216.98"], "empty.example": []}
    cases = {
        "http://closed.example/": "no connection: Connection refused",
        "http://nowhere.example/": "there is no such host",
        "http://empty.example/": "its name has no address",
    }
    for url, reason in cases.items():
        page = got(net, url)
        assert isinstance(page, FetchFailed)
        assert (page.reason, page.temporary, page.status) == (reason, True, 0)
    assert net.dialled == ["93.184.216.99", "93.184.216.98"]


def test_the_next_address_is_tried_where_the_first_is_dead(net: Net) -> None:
    net.add("bad.example", says(answer()))
    net.names["bad.example"].insert(0, "2001:4860::1")
    assert isinstance(got(net, PAGE), Fetched)
    assert net.dialled == ["2001:4860::1", "93.184.216.1"]


def test_closing_ends_what_is_under_way_in_other_threads(net: Net) -> None:
    arrived = threading.Event()

    def silent(link: socket.socket, head: str) -> None:
        arrived.set()
        link.recv(1)

    net.add("bad.example", silent)
    results: list[FetchError] = []
    one = fetcher(net)

    def ask() -> None:
        try:
            one.get(PAGE)
        except FetchError as error:
            results.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert arrived.wait(20)
    one.close()
    one.close()
    thread.join(20)
    assert not thread.is_alive()
    assert isinstance(results[0], FetchFailed)
    with pytest.raises(FetchFailed, match="closed"):
        one.get(PAGE)


PARTS = st.sampled_from(
    [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 301 Moved\r\n", b"HTTP/1.0 404 No\r\n", b"HTTP/1.1 100 Go\r\n", b"\r\n", b"\r\n\r\n",
     b"Content-Length: 5\r\n", b"Content-Length: 5, 6\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n",
     b"Content-Encoding: gzip\r\n", b"Content-Encoding: br\r\n", b"Content-Encoding: deflate\r\n", b"Location: /b\r\n",
     b"Location: http://[\r\n", b"Location: \xff\xfe\r\n", b"Content-Type: ;;;=\r\n", b"Retry-After: Mon, 99 Foo\r\n", b"5\r\nhello\r\n",
     b"0\r\n\r\n", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\x78\x9c", b"\x0b\x02\x80", b"hello"]
)  # fmt: skip


@given(st.lists(PARTS | st.binary(max_size=12), max_size=12).map(b"".join))
def test_whatever_bytes_a_server_sends_there_is_a_page_or_a_plain_failure(data: bytes) -> None:
    def dial(number: str, port: int, seconds: float) -> socket.socket:
        near, far = socket.socketpair()
        far.sendall(data)
        far.shutdown(socket.SHUT_WR)
        ends.append(far)
        return near

    ends: list[socket.socket] = []
    with internet() as net:
        net.names["bad.example"] = ["93.184.216.34"]
        with Fetcher(SMALL, resolve=net.resolve, dial=dial) as one, suppress(FetchError):
            assert one.get(PAGE).status == 200
    for end in ends:
        end.close()


@given(
    st.binary(max_size=3_000),
    st.lists(st.sampled_from(["gzip", "deflate", "br"]), max_size=3),
    st.integers(1, 700),
)
def test_a_body_in_pieces_of_any_length_is_the_body(body: bytes, layers: list[str], length: int) -> None:
    squeeze = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}
    data = body
    for layer in layers:
        data = squeeze[layer](data)
    pieces = [data[start : start + length] for start in range(0, len(data), length)]
    assert b"".join(decompressed(pieces, ", ".join(layers))) == body


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "br, gzip"]))
def test_bytes_that_are_no_compressed_body_are_a_failure_or_nothing(data: bytes, encoding: str) -> None:
    with suppress(Broken):
        b"".join(decompressed([data], encoding))
