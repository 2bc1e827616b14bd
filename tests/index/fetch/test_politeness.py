"""How a fetcher behaves towards hosts: robots.txt, turns, retries, and many pages at once."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from index.fetch import Fetched, Fetcher, FetchFailed, FetchGone, FetchOptions, FetchRefused, Wanted
from index.fetch.errors import FetchError
from index.fetch.turns import Turns
from tests.index.fetch.net import (
    QUICK,
    STORY,
    Net,
    Script,
    Server,
    Time,
    answer,
    fetcher,
    got,
    redirect,
    says,
    site,
)

OBEYING = replace(QUICK, obey_robots=True)
RULES = b"""User-agent: *
Disallow: /

User-agent: Footnote
Crawl-delay: 7
Disallow: /private
Allow: /private/open
Disallow: /*.pdf$
"""


def robots(text: bytes) -> bytes:
    return answer(text, "Content-Type: text/plain")


# ---- robots.txt ----


def test_robots_txt_is_obeyed_and_read_once_for_all_pages_of_a_host(net: Net) -> None:
    pages = {path: answer() for path in ("/a", "/private/x", "/private/open", "/b.pdf", "/b.pdf?x")}
    server = net.add("news.example", site({"/robots.txt": robots(RULES), **pages}))
    with fetcher(net, OBEYING) as one:
        for path in ("/a", "/private/open", "/b.pdf?x"):
            assert one.get("http://news.example" + path).body == STORY
        for path in ("/private/x", "/b.pdf"):
            with pytest.raises(FetchRefused, match=r"robots\.txt does not allow it for Footnote"):
                one.get("http://news.example" + path)
    assert server.paths == ["/robots.txt", "/a", "/private/open", "/b.pdf?x"]


def test_many_threads_read_one_robots_txt(net: Net) -> None:
    server = net.add("news.example", site({"/robots.txt": robots(RULES), "/a": answer()}))
    with fetcher(net, replace(OBEYING, host_at_once=8)) as one:
        results = list(one.get_many(["http://news.example/a"] * 30))
    assert all(isinstance(result, Fetched) for result in results)
    assert server.paths.count("/robots.txt") == 1


@pytest.mark.parametrize("status", ["404 Not Found", "401 Unauthorized", "403 Forbidden", "410 Gone"])
def test_a_host_without_robots_txt_may_be_asked(net: Net, status: str) -> None:
    net.add("news.example", site({"/robots.txt": answer(status=status), "/a": answer()}))
    assert isinstance(got(net, "http://news.example/a", OBEYING), Fetched)


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "429 Slowly"])
def test_a_host_whose_robots_txt_cannot_be_read_is_left_alone_for_now(net: Net, status: str) -> None:
    pages = {"/robots.txt": answer(status=status), "/a": answer()}
    server = net.add("news.example", site(pages))
    time = Time()
    with fetcher(net, OBEYING, time=time) as one:
        for _ in range(3):
            with pytest.raises(FetchFailed, match=r"robots\.txt could not be read") as caught:
                one.get("http://news.example/a")
            assert caught.value.temporary
        assert server.paths == ["/robots.txt"]
        pages["/robots.txt"] = robots(b"")
        time.now += 601
        assert one.get("http://news.example/a").body == STORY
    assert server.paths == ["/robots.txt", "/robots.txt", "/a"]


def test_robots_txt_is_believed_for_a_day(net: Net) -> None:
    pages = {"/robots.txt": robots(b""), "/a": answer()}
    net.add("news.example", site(pages))
    time = Time()
    with fetcher(net, OBEYING, time=time) as one:
        one.get("http://news.example/a")
        pages["/robots.txt"] = robots(RULES.replace(b"/private", b"/a"))
        time.now += 86_000
        one.get("http://news.example/a")
        time.now += 401
        with pytest.raises(FetchRefused):
            one.get("http://news.example/a")


def test_of_a_long_robots_txt_the_first_500_kilobytes_count(net: Net) -> None:
    filler = b"# " + b"x" * 98 + b"\n"
    text = b"User-agent: *\nDisallow: /early\n" + filler * 6_000 + b"Disallow: /late\n"
    net.add("news.example", site({"/robots.txt": robots(text), "/early": answer(), "/late": answer()}))
    with fetcher(net, OBEYING) as one:
        assert one.get("http://news.example/late").body == STORY
        with pytest.raises(FetchRefused):
            one.get("http://news.example/early")


def test_robots_txt_may_redirect_and_each_origin_has_its_own(net: Net) -> None:
    net.add("news.example", site({"/robots.txt": redirect("http://rules.example/r"), "/a": answer()}))
    net.add(
        "rules.example",
        site({"/r": robots(b"\xef\xbb\xbfUser-agent: footnote\nDisallow: /a\n"), "/a": answer()}),
    )
    assert isinstance(got(net, "http://news.example/a", OBEYING), FetchRefused)
    assert isinstance(got(net, "http://rules.example/a", OBEYING), Fetched)


def test_where_a_redirect_leads_to_robots_txt_is_obeyed_too(net: Net) -> None:
    net.add("short.example", site({"/1": redirect("http://news.example/private/x")}))
    server = net.add("news.example", site({"/robots.txt": robots(RULES), "/private/x": answer()}))
    page = got(net, "http://short.example/1", OBEYING)
    assert isinstance(page, FetchRefused)
    assert "at http://news.example/private/x" in page.reason
    assert server.paths == ["/robots.txt"]


@pytest.mark.parametrize(
    "text", [b"<html>Not found</html>", b"\0\xff" * 99, b"Disallow: /\n", b"User-agent: *\nDisallow:\n"]
)
def test_a_robots_txt_that_forbids_nothing_allows_all(net: Net, text: bytes) -> None:
    net.add("news.example", site({"/robots.txt": robots(text), "/a": answer()}))
    assert isinstance(got(net, "http://news.example/a", OBEYING), Fetched)


# ---- turns ----


def test_a_delay_lies_between_two_requests_to_one_host_and_none_between_hosts(net: Net) -> None:
    for name in ("one.example", "two.example"):
        net.add(name, says(answer()))
    time = Time()
    with fetcher(net, replace(QUICK, host_delay=2), time=time) as one:
        one.get("http://one.example/a")
        one.get("http://two.example/a")
        assert time.slept == []
        one.get("http://one.example/b")
        assert time.slept == [2]
        time.now += 1.5
        one.get("http://one.example:8080/c")
        assert time.slept == [2, 0.5]
        one.get("http://two.example/b")
        assert time.slept == [2, 0.5]


@pytest.mark.parametrize(("most", "waited"), [(30, 7), (3, 3)])
def test_the_delay_robots_txt_asks_for_is_kept_up_to_a_bound(net: Net, most: float, waited: float) -> None:
    net.add("news.example", site({"/robots.txt": robots(RULES), "/a": answer()}))
    time = Time()
    with fetcher(net, replace(OBEYING, host_delay=1, most_host_delay=most), time=time) as one:
        for _ in range(3):
            one.get("http://news.example/a")
    assert time.slept == [1, waited, waited]


def test_no_more_than_so_many_requests_are_under_way_at_one_host(net: Net) -> None:
    too_many, count, peak = threading.Event(), 0, 0
    lock = threading.Lock()

    def counting(link: socket.socket, head: str) -> None:
        nonlocal count, peak
        with lock:
            count += 1
            peak = max(peak, count)
            if count > 3:
                too_many.set()
        too_many.wait(0.1)  # gives a fourth one the time to come
        with lock:
            count -= 1
        link.sendall(answer())

    net.add("news.example", counting)
    urls = [f"http://news.example/{number}" for number in range(12)]
    with fetcher(net, replace(QUICK, host_at_once=3)) as one, ThreadPoolExecutor(12) as pool:
        assert len({page.url for page in pool.map(one.get, urls)}) == 12
    assert peak == 3


def test_hosts_that_nobody_asks_any_more_are_forgotten() -> None:
    time = Time()
    turns = Turns(1, 2, time.clock, time.sleep)
    for number in range(25_000):
        with turns.turn(f"host{number}.example"):
            pass
        time.now += 2
    assert len(turns._hosts) <= 10_000


# ---- retries ----


def failing(times: int, data: bytes) -> tuple[list[int], Script]:
    """A script that answers with `data` so many times, and then with a page."""
    calls: list[int] = []

    def script(link: socket.socket, head: str) -> None:
        calls.append(1)
        link.sendall(data if len(calls) <= times else answer())

    return calls, script


@pytest.mark.parametrize(
    "data",
    [b"", answer(status="500 Oops"), answer(status="503 Busy"), answer(STORY)[:-5]],
    ids=["hung-up", "500", "503", "cut"],
)
def test_what_may_pass_is_tried_again_after_growing_pauses(net: Net, data: bytes) -> None:
    calls, script = failing(2, data)
    net.add("news.example", script)
    time = Time()
    page = got(net, "http://news.example/a", replace(QUICK, retries=2, backoff=4), time=time)
    assert isinstance(page, Fetched)
    assert len(calls) == 3
    first, second = time.slept
    assert 2 <= first <= 6
    assert 4 <= second <= 12


@pytest.mark.parametrize(
    "data",
    [
        answer(status="404 Not Found"),
        answer(status="403 Forbidden"),
        b"nonsense\r\n\r\n",
        answer(b"x" * 99, "Content-Encoding: gzip"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(net: Net, data: bytes) -> None:
    calls, script = failing(9, data)
    net.add("news.example", script)
    time = Time()
    assert isinstance(got(net, "http://news.example/a", replace(QUICK, retries=5), time=time), FetchError)
    assert len(calls) == 1
    assert time.slept == []


@pytest.mark.parametrize("told", ["9", "Sat, 28 Nov 2026 12:00:09 GMT"])
@pytest.mark.parametrize("status", ["429 Slowly", "503 Busy"])
def test_a_server_that_says_when_to_come_back_is_asked_then(net: Net, status: str, told: str) -> None:
    calls, script = failing(1, answer(b"", f"Retry-After: {told}", status=status))
    net.add("news.example", script)
    time = Time()
    assert isinstance(got(net, "http://news.example/a", replace(QUICK, retries=1), time=time), Fetched)
    assert (len(calls), time.slept) == (2, [9])


@pytest.mark.parametrize("told", ["soon", "-5", "Mon, 99 Foo", "Sat, 28 Nov 2020 12:00:09 GMT", "²"])
def test_a_time_to_come_back_that_makes_no_sense_is_not_waited_for(net: Net, told: str) -> None:
    calls, script = failing(1, answer(b"", f"Retry-After: {told}", status="503 Busy"))
    net.add("news.example", script)
    time = Time()
    assert isinstance(got(net, "http://news.example/a", replace(QUICK, retries=1), time=time), Fetched)
    assert len(calls) == 2
    assert sum(time.slept) < 2


def test_a_server_that_wants_a_long_rest_gets_it(net: Net) -> None:
    server = net.add(
        "news.example", site({"/a": answer(b"", "Retry-After: 3600", status="429 Slowly"), "/b": answer()})
    )
    time = Time()
    with fetcher(net, replace(QUICK, retries=3), time=time) as one:
        with pytest.raises(FetchFailed) as caught:
            one.get("http://news.example/a")
        assert (caught.value.status, caught.value.temporary, caught.value.retry_after) == (429, True, 3600)
        time.now += 3_000
        with pytest.raises(FetchFailed, match="left alone for another 600 seconds"):
            one.get("http://news.example/b")
        assert server.paths == ["/a"]
        time.now += 601
        assert one.get("http://news.example/b").body == STORY


# ---- many ----


def test_many_pages_come_as_they_arrive_with_errors_among_them(net: Net) -> None:
    slow = threading.Event()

    def lagging(link: socket.socket, head: str) -> None:
        slow.wait(20)
        link.sendall(answer())

    net.add("slow.example", lagging)
    net.add("news.example", site({"/a": answer(), "/b": b"HTTP/1.1 304 Not Modified\r\n\r\n"}))
    wanted = ["http://slow.example/", "http://news.example/a", Wanted("http://news.example/b", etag='"1"'), "http://news.example/c", "http://127.0.0.1/", "nonsense"]  # fmt: skip
    told: dict[str, object] = {}
    with fetcher(net) as one:
        for result in one.get_many(wanted):
            told[result.asked if isinstance(result, Fetched) else result.url] = (
                result.status if isinstance(result, Fetched) else type(result)
            )
            if len(told) == 5:
                slow.set()
    assert told == {
        "http://news.example/a": 200,
        "http://news.example/b": 304,
        "http://news.example/c": FetchGone,
        "http://127.0.0.1/": FetchRefused,
        "nonsense": FetchRefused,
        "http://slow.example/": 200,
    }
    assert list(told)[-1] == "http://slow.example/"


def test_an_endless_list_is_read_only_as_far_as_needed(net: Net) -> None:
    net.add("news.example", says(answer()))
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        for taken in itertools.count(1):
            yield f"http://news.example/{taken}"

    with fetcher(net) as one:
        results = one.get_many(endless(), workers=2, look_ahead=20)
        first = list(itertools.islice(results, 30))
        results.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert all(isinstance(result, Fetched) for result in first)
    assert taken <= 30 + 20 + 2 * 2


def test_a_host_that_hangs_does_not_keep_the_others_waiting(net: Net) -> None:
    release = threading.Event()

    def stuck(link: socket.socket, head: str) -> None:
        release.wait(20)
        link.sendall(answer())

    net.add("stuck.example", stuck)
    net.add("news.example", says(answer()))
    wanted = [f"http://stuck.example/{n}" for n in range(40)] + [
        f"http://news.example/{n}" for n in range(40)
    ]
    seen = []
    with fetcher(net) as one:
        for result in one.get_many(wanted, workers=4):
            assert isinstance(result, Fetched)
            seen.append(result.url)
            if len(seen) == 40:
                release.set()
    assert {url.split("/")[2] for url in seen[:38]} == {"news.example"}
    assert len(seen) == 80


def test_what_goes_wrong_in_the_list_itself_is_the_callers(net: Net) -> None:
    def broken() -> Iterator[str]:
        yield "nonsense"
        raise KeyError("the list")

    with fetcher(net) as one, pytest.raises(KeyError, match="the list"):
        list(one.get_many(broken()))


def test_nothing_wanted_gives_nothing(net: Net) -> None:
    with fetcher(net) as one:
        assert list(one.get_many([])) == []


def test_the_fetcher_as_it_comes_asks_loopback_only_where_allowed() -> None:
    server = Server(site({"/robots.txt": robots(b""), "/a": answer()}))
    try:
        options = FetchOptions(allowed=(f"127.0.0.1:{server.port}",), host_delay=0)
        with Fetcher(options) as one:
            assert one.get(server.url + "/a").body == STORY
        with Fetcher(FetchOptions(host_delay=0)) as one, pytest.raises(FetchRefused, match="loopback"):
            one.get(server.url + "/a")
    finally:
        server.close()
    assert server.paths == ["/robots.txt", "/a"]
