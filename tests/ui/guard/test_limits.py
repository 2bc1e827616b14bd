"""How much one address and one site may ask, who is not limited, and what people are told."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browser.serving import Served, served
from tests.fakes import LENS_QUESTION, TIDE_QUESTION, ScriptedPipeline
from ui.guard import limits as module
from ui.guard.callers import Caller
from ui.guard.limits import DAY, LimitedError, Limiter, Limits, Quota, Rate, wait_text

ALLY = "https://ally.test"


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 50_000.0

    def __call__(self) -> float:
        return self.now


def asked(limiter: Limiter, address: str, times: int, site: str = "") -> int:
    """How many of so many questions were let through."""
    let_in = 0
    for _ in range(times):
        try:
            limiter.question(Caller(address), site)
            let_in += 1
        except LimitedError:
            pass
    return let_in


def test_an_address_may_ask_so_much_a_minute_and_a_day():
    clock = Clock()
    limiter = Limiter(Limits(questions_per_minute=6, questions_per_day=10), clock)
    assert asked(limiter, "a", 20) == 6
    with pytest.raises(LimitedError) as told:
        limiter.question(Caller("a"))
    assert (told.value.seconds, told.value.daily, told.value.site) == (10, False, False)
    assert str(told.value) == "your network has asked too many questions at once"
    clock.now += 9.9
    assert asked(limiter, "a", 1) == 0
    clock.now += 0.2
    assert asked(limiter, "a", 2) == 1
    clock.now += 60
    assert asked(limiter, "a", 20) == 3
    with pytest.raises(LimitedError, match="as many questions as it may in a day") as told:
        limiter.question(Caller("a"))
    assert told.value.daily
    assert told.value.next_step == "ask again in 24 hours"
    assert asked(limiter, "b", 20) == 6, "others are not held up"
    clock.now += DAY
    assert asked(limiter, "a", 20) == 6


def test_a_site_has_limits_of_its_own_however_many_its_readers_are():
    clock = Clock()
    limiter = Limiter(Limits(site_questions_per_minute=5, site_questions_per_day=8), clock)
    assert sum(asked(limiter, f"reader {n}", 1, ALLY) for n in range(20)) == 5
    with pytest.raises(LimitedError, match="this site has asked too many") as told:
        limiter.question(Caller("reader 99"), ALLY)
    assert told.value.site
    assert asked(limiter, "reader 99", 1, "https://other.test") == 1
    assert asked(limiter, "reader 99", 1) == 1
    clock.now += 120
    assert sum(asked(limiter, f"reader {n}", 1, ALLY) for n in range(20)) == 3


def test_a_question_that_is_refused_is_not_counted_anywhere():
    clock = Clock()
    limiter = Limiter(
        Limits(questions_per_minute=3, site_questions_per_minute=1, site_questions_per_day=0), clock
    )
    assert asked(limiter, "a", 5, ALLY) == 1
    assert asked(limiter, "a", 5) == 2


def test_nobody_at_the_machine_itself_and_nobody_without_limits_is_held_up():
    limiter = Limiter(Limits(1, 1, 1, 1, 1), Clock())
    for _ in range(50):
        limiter.question(Caller("127.0.0.1", local=True))
    assert asked(Limiter(module.UNLIMITED), "a", 5000, ALLY) == 5000
    assert not any(Limiter(module.UNLIMITED).request("a") for _ in range(5000))


def test_a_flood_of_addresses_takes_no_more_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_KEYS", 100)
    limiter = Limiter(Limits(), Clock())
    for n in range(5000):
        limiter.question(Caller(f"10.{n >> 8}.{n & 255}.1"), ALLY if n < 9 else "")
        limiter.request(f"10.{n >> 8}.{n & 255}.1")
    tables = [limiter._requests._full_at, limiter._address[0]._full_at, limiter._address[1]._used]
    assert [len(table) for table in tables] == [100, 100, 100]


@given(st.integers(1, 20), st.lists(st.floats(0, 30), max_size=60))
def test_no_stretch_of_time_lets_more_through_than_the_rate_and_its_burst(most: int, pauses: list[float]):
    rate, now, let_in = Rate(most, 60.0), 1000.0, []
    for pause in pauses:
        now += pause
        if rate.wait("a", now) <= 0:
            rate.take("a", now)
            let_in.append(now)
    for first in range(len(let_in)):
        for last in range(first, len(let_in)):
            assert last - first + 1 <= most + (let_in[last] - let_in[first]) * most / 60 + 1e-6


@given(st.integers(1, 9), st.lists(st.floats(0, 0.3 * DAY), max_size=60))
def test_the_wait_that_is_told_is_long_enough(most: int, pauses: list[float]):
    for kind in (Rate(most, 60.0), Quota(most, DAY)):
        now = 1000.0
        for pause in pauses:
            now += pause
            if (wait := kind.wait("a", now)) > 0:
                now += wait + 1e-6
                assert kind.wait("a", now) <= 0
            kind.take("a", now)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 second"),
        (90, "90 seconds"),
        (121, "3 minutes"),
        (3600, "1 hour"),
        (DAY, "24 hours"),
        (3601, "2 hours"),
    ],
)
def test_how_long_to_wait_is_said_in_words(seconds: float, text: str):
    assert wait_text(int(seconds)) == text


# ---- on a server ----


@pytest.fixture
def server() -> Iterator[Served]:
    few = Limits(questions_per_minute=4, site_questions_per_minute=6, requests_per_minute=30)
    running = served(
        ScriptedPipeline(),
        examples=[],
        limits=few,
        allowed_origins=[ALLY],
        trusted_proxies=("127.0.0.1", "10.0.0.0/8"),
    )
    yield running
    running.close()


def at(server: Served, address: str = "", **headers: str) -> Any:
    """A client that a proxy on the server's machine hands over from this address."""
    import httpx

    forwarded = {"x-forwarded-for": address} if address else {}
    return httpx.Client(base_url=server.url, headers={**forwarded, **headers}, timeout=30)


def test_a_flood_from_one_address_holds_up_nobody_else(server: Served):
    question = {"question": LENS_QUESTION}
    flooder, reader, owner = at(server, "203.0.113.5"), at(server, "203.0.113.6"), at(server)
    told = [flooder.post("/api/ask", json=question) for _ in range(12)]
    assert [answer.status_code for answer in told] == [200] * 4 + [429] * 8
    assert 1 <= int(told[-1].headers["retry-after"]) <= 15
    error = told[-1].json()["error"]
    assert error["message"] == "your network has asked too many questions at once"
    assert error["next_step"].startswith("ask again in 1")
    assert flooder.get("/api/search", params={"q": "tides"}).status_code == 429
    chat = {"messages": [{"role": "user", "content": LENS_QUESTION}]}
    openai = flooder.post("/v1/chat/completions", json=chat)
    assert (openai.status_code, openai.json()["error"]["type"]) == (429, "rate_limit_error")
    assert flooder.get("/api/articles").status_code == 200, "reading goes on"
    assert reader.post("/api/ask", json=question).status_code == 200
    assert [owner.post("/api/ask", json=question).status_code for _ in range(8)] == [200] * 8


@pytest.mark.parametrize(
    "claim", ["{n}.1.1.1", "{n}.1.1.1, 203.0.113.5", "203.0.113.{n}, 10.0.0.7, 203.0.113.5"]
)
def test_naming_other_addresses_first_gives_no_more_questions(server: Served, claim: str):
    statuses = [
        at(server, f"{claim.format(n=n)}, 203.0.113.5").get("/api/search", params={"q": "tides"}).status_code
        for n in range(6)
    ]
    assert statuses == [200] * 4 + [429] * 2


def test_a_flood_from_many_addresses_of_one_site_is_held_to_the_sites_limit(server: Served):
    statuses = [
        at(server, f"203.0.113.{n}", origin=ALLY)
        .post("/api/ask", json={"question": TIDE_QUESTION})
        .status_code
        for n in range(9)
    ]
    assert statuses == [200] * 6 + [429] * 3
    assert at(server, "203.0.113.77").post("/api/ask", json={"question": TIDE_QUESTION}).status_code == 200


def test_an_ipv6_network_counts_as_one(server: Served):
    ask = {"q": "tides"}
    statuses = [at(server, f"2001:db8:0:7::{n}").get("/api/search", params=ask).status_code for n in range(6)]
    assert statuses == [200] * 4 + [429] * 2
    assert at(server, "2001:db8:0:8::1").get("/api/search", params=ask).status_code == 200


def test_requests_of_any_kind_are_counted_but_a_pages_files_are_not(server: Served):
    client = at(server, "203.0.113.5")
    assert {client.get("/chat-ui.js").status_code for _ in range(50)} == {200}
    statuses = [client.get("/articles/").status_code for _ in range(40)]
    assert statuses[:30] == [200] * 30
    assert statuses[-1] == 429
    told = client.get("/articles/")
    assert "Too many requests" in told.text
    assert int(told.headers["retry-after"]) >= 1
    assert at(server).get("/articles/").status_code == 200


def test_the_published_function_is_counted_too(server: Served):
    client = at(server, "203.0.113.5")
    ends = []
    for _ in range(6):
        event = client.post("/chat/gradio_api/call/ask", json={"data": [LENS_QUESTION]}).json()["event_id"]
        told = client.get(f"/chat/gradio_api/call/ask/{event}").text
        ends.append("complete" if "event: complete" in told else "error")
    assert ends == ["complete"] * 4 + ["error"] * 2


def test_only_so_many_requests_of_one_address_are_open_at_a_time():
    import httpx

    few = Limits(open_at_once=5)
    server = served(ScriptedPipeline(), examples=[], limits=few)
    beats = [at(server, "203.0.113.5") for _ in range(6)]
    opened: list[httpx.Response] = []
    try:
        for n, client in enumerate(beats):
            request = client.build_request("GET", f"/chat/gradio_api/heartbeat/s{n}")
            opened.append(client.send(request, stream=True))
        assert [answer.status_code for answer in opened] == [200] * 5 + [429]
        assert at(server, "203.0.113.6").get("/articles/").status_code == 200
        opened[0].close()
        answers = (beats[0].get("/articles/").status_code for _ in range(100))
        assert 200 in answers, "as soon as the server has heard of it"
    finally:
        for answer in opened:
            answer.close()
        server.close()


MANY = 20_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 300
"""`make fuzz` takes the many."""


def test_a_flood_from_many_addresses_leaves_the_server_as_it_was(
    server: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MOST_KEYS", 200)
    service: Any = server.server.config.app.state.service
    flood = at(server)
    chance = random.Random(7)
    for n in range(MANY):
        address = f"{chance.randrange(11, 200)}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        if n % 3 == 0:
            address = f"2001:db8:{n:x}::{chance.randrange(9999):x}"
        answer = flood.get(
            "/api/search", params={"q": "tides"}, headers={"x-forwarded-for": f"6.6.6.6, {address}"}
        )
        assert answer.status_code == 200
    counted = service.limiter
    for table in (counted._requests._full_at, counted._address[0]._full_at, counted._address[1]._used):
        assert len(table) <= 200
    assert service.desk.idle
    assert at(server, "198.51.100.1").post("/api/ask", json={"question": TIDE_QUESTION}).status_code == 200


def test_what_is_refused_is_told_to_an_allowed_sites_script(server: Served):
    client = at(server, "203.0.113.5", origin=ALLY)
    for _ in range(4):
        assert client.post("/api/ask", json={"question": TIDE_QUESTION}).status_code == 200
    told = client.post("/api/ask", json={"question": TIDE_QUESTION})
    assert told.status_code == 429
    assert told.headers["access-control-allow-origin"] == ALLY
    assert "Retry-After" in told.headers["access-control-expose-headers"]
