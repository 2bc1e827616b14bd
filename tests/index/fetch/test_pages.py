"""What a page that can be fetched looks like to the caller."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace

import brotli
import pytest

from index.errors import InputError
from index.fetch import Fetched, FetchFailed, FetchGone, FetchOptions, FetchRefused
from tests.index.fetch.net import QUICK, STORY, Net, Time, answer, fetcher, got, redirect, says, site

PAGE = "http://news.example/a"


def test_a_page_comes_with_its_type_character_set_validators_and_time(net: Net) -> None:
    net.add(
        "news.example",
        says(answer(STORY, 'Content-Type: Text/HTML; Charset="ISO-8859-1"', 'ETag: W/"7"', "Last-Modified: Sat, 28 Nov 2026 05:00:00 GMT")),
    )  # fmt: skip
    assert got(net, "http://NEWS.example./a?b=c d&e=ü#top", time=Time()) == Fetched(
        asked="http://NEWS.example./a?b=c d&e=ü#top",
        url="http://news.example/a?b=c%20d&e=%C3%BC",
        status=200,
        body=STORY,
        content_type="text/html",
        charset="iso8859-1",
        etag='W/"7"',
        last_modified="Sat, 28 Nov 2026 05:00:00 GMT",
        moved_to="",
        fetched_at="2026-11-28T12:00:00+00:00",
    )


def test_the_server_learns_who_asks_and_nothing_else(net: Net) -> None:
    server = net.add("news.example", says(answer(STORY, "Set-Cookie: a=b")))
    with fetcher(net, replace(QUICK, user_agent="Footnote/0.1 (+https://example.org/bot)")) as one:
        one.get(PAGE)
        one.get(PAGE)
    names = [line.partition(":")[0] for line in server.heads[1].strip().split("\r\n")[1:]]
    assert names == ["Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"]
    assert "User-Agent: Footnote/0.1 (+https://example.org/bot)\r\n" in server.heads[1]


@pytest.mark.parametrize("content_type", ["", "nonsense", "text/html; charset=klingon", "\xff/\x80;;;"])
def test_a_type_that_cannot_be_is_left_empty(net: Net, content_type: str) -> None:
    net.add("news.example", says(answer(STORY, f"Content-Type: {content_type}")))
    page = got(net, PAGE)
    assert isinstance(page, Fetched)
    assert page.charset == ""
    assert page.content_type in ("", "text/html")


def test_unchanged_pages_are_told_by_their_validators(net: Net) -> None:
    server = net.add("news.example", says(b"HTTP/1.1 304 Not Modified\r\n\r\n"))
    with fetcher(net) as one:
        page = one.get(PAGE, etag='"7"', last_modified="Sat, 28 Nov 2026 05:00:00 GMT")
        assert page.not_modified
        assert (page.status, page.body, page.etag) == (304, b"", '"7"')
        assert page.last_modified == "Sat, 28 Nov 2026 05:00:00 GMT"
        assert 'If-None-Match: "7"\r\n' in server.heads[0]
        assert "If-Modified-Since: Sat, 28 Nov 2026 05:00:00 GMT\r\n" in server.heads[0]
        with pytest.raises(FetchFailed, match="nothing was known"):
            one.get(PAGE)


def test_a_stored_validator_cannot_write_headers(net: Net) -> None:
    server = net.add("news.example", says(answer()))
    with fetcher(net) as one:
        one.get(PAGE, etag='"7"\r\nX-Evil: 1', last_modified="\u2603")
    assert "Evil" not in server.heads[0]
    assert "If-" not in server.heads[0]


def _raw_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(data) + squeezer.flush()


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(STORY * 9_000)),
        ("x-gzip", gzip.compress(STORY * 8_000) + gzip.compress(STORY * 1_000)),
        ("gzip", gzip.compress(STORY * 9_000) + b"\0" * 40),
        ("deflate", zlib.compress(STORY * 9_000)),
        ("deflate", _raw_deflate(STORY * 9_000)),
        ("br", brotli.compress(STORY * 9_000)),
        ("BR , gzip", gzip.compress(brotli.compress(STORY * 9_000))),
        ("identity", STORY * 9_000),
    ],
)
def test_compressed_pages_are_read(net: Net, encoding: str, data: bytes) -> None:
    net.add("news.example", says(answer(data, f"Content-Encoding: {encoding}")))
    page = got(net, PAGE)
    assert isinstance(page, Fetched)
    assert page.body == STORY * 9_000


def test_an_empty_page_called_compressed_is_empty(net: Net) -> None:
    net.add("news.example", says(answer(b"", "Content-Encoding: gzip")))
    page = got(net, PAGE)
    assert isinstance(page, Fetched)
    assert page.body == b""


def test_a_page_of_unknown_length_is_read_to_its_end(net: Net) -> None:
    net.add("news.example", says(b"HTTP/1.0 200 OK\r\n\r\n" + STORY))
    net.add(
        "chunks.example",
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"),
    )
    for url, body in ((PAGE, STORY), ("http://chunks.example/", b"onetwo")):
        page = got(net, url)
        assert isinstance(page, Fetched)
        assert page.body == body


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        (["301 Moved"], True),
        (["308 Moved", "301 Moved"], True),
        (["302 Found"], False),
        (["301 Moved", "307 Later"], False),
        (["303 See Other"], False),
    ],
)
def test_a_page_that_moved_for_good_says_where_to(net: Net, statuses: list[str], moved: bool) -> None:
    pages = {f"/{place}": redirect(f"/{place + 1}?x=\xfc", status) for place, status in enumerate(statuses)}
    pages = {**pages, **{f"/{place}?x=%C3%BC": page for (place, page) in enumerate(pages.values())}}
    net.add("news.example", site({**pages, f"/{len(statuses)}?x=%C3%BC": answer()}))
    page = got(net, "http://news.example/0")
    assert isinstance(page, Fetched)
    assert page.url == f"http://news.example/{len(statuses)}?x=%C3%BC"
    assert page.moved_to == (page.url if moved else "")


@pytest.mark.parametrize(
    ("status", "reason"), [("404 Not Found", "no such page"), ("410 Gone", "taken down for good")]
)
def test_pages_that_are_gone_are_told_from_failures(net: Net, status: str, reason: str) -> None:
    net.add("news.example", says(answer(status=status)))
    page = got(net, PAGE)
    assert isinstance(page, FetchGone)
    assert page.status == int(status[:3])
    assert reason in page.reason
    assert str(page) == f"{PAGE}: {page.reason}"


@pytest.mark.parametrize(
    ("status", "reason", "temporary"),
    [
        ("401 Unauthorized", "log in", False),
        ("403 Forbidden", "does not give it", False),
        ("451 Unavailable", "legal", False),
        ("204 No Content", "gave no page", False),
        ("206 Partial", "gave no page", False),
        ("418 Teapot", "gave no page", False),
        ("500 Oops", "server failed", True),
        ("501 Not Implemented", "server failed", True),
        ("503 Busy", "server failed", True),
        ("429 Slowly", "fewer requests", True),
    ],
)
def test_other_answers_are_failures_with_their_status(
    net: Net, status: str, reason: str, temporary: bool
) -> None:
    net.add("news.example", says(answer(status=status)))
    page = got(net, PAGE)
    assert isinstance(page, FetchFailed)
    assert (page.status, page.temporary) == (int(status[:3]), temporary)
    assert reason in page.reason
    assert f"status {status[:3]}" in page.reason


def test_what_is_wrong_behind_a_redirect_names_the_place(net: Net) -> None:
    net.add("news.example", site({"/a": redirect("http://other.example/b")}))
    net.add("other.example", says(answer(status="404 Not Found")))
    page = got(net, PAGE)
    assert isinstance(page, FetchGone)
    assert page.url == PAGE
    assert "at http://other.example/b, where it redirects to: there is no such page" in page.reason


@pytest.mark.parametrize(
    "location", ["", "ftp://x.example/", "http://", "http://[::", "http://me:pw@x.example/"]
)
def test_a_redirect_to_what_is_no_web_address_ends_there(net: Net, location: str) -> None:
    net.add("news.example", site({"/a": redirect(location)}))
    page = got(net, PAGE)
    assert isinstance(page, FetchRefused | FetchFailed)
    assert "redirects" in page.reason
    assert "pw" not in str(page)


def test_redirects_in_a_circle_and_without_end_are_left(net: Net) -> None:
    def further(head: str) -> bytes:
        return redirect("/n" + head.split()[1][1:])

    server = net.add("news.example", lambda link, head: link.sendall(further(head)))
    net.add("circle.example", site({"/a": redirect("/b"), "/b": redirect("/a#x")}))
    page = got(net, PAGE, replace(QUICK, most_redirects=4))
    assert isinstance(page, FetchFailed)
    assert "more than 4 times" in page.reason
    assert len(server.heads) == 5
    circle = got(net, "http://circle.example/a")
    assert isinstance(circle, FetchFailed)
    assert "in a circle" in circle.reason


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_agent": ""},
        {"user_agent": "Foot\r\nX-Evil: 1"},
        {"total_seconds": 0},
        {"max_bytes": -1},
        {"retries": -1},
        {"host_delay": float("nan")},
    ],
)
def test_options_that_cannot_be_are_refused_at_once(wrong: dict) -> None:
    with pytest.raises(InputError):
        FetchOptions(**wrong)
