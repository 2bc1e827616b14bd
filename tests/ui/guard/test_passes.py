"""What a page is handed to ask with: forged, too old, or from another address it is refused in plain words."""

from __future__ import annotations

import base64
import html
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browser.serving import Served, served
from tests.fakes import LENS_QUESTION, ScriptedPipeline
from ui.guard.limits import Limits
from ui.guard.passes import (
    KEY_FILE,
    OTHER_SITE,
    PASS_GOES_HERE,
    PASS_SECONDS,
    PassError,
    Passes,
    framing_site,
    load_key,
)

ALLY = "https://ally.test"
KEY = b"k" * 32
API = "/chat/gradio_api"


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_pass_says_the_site_to_its_own_address_for_a_day():
    clock = Clock()
    passes = Passes(KEY, clock)
    for site in ("", ALLY, "https://xn--bcher-kva.example:8443"):
        assert passes.site(passes.mint("203.0.113.5", site), "203.0.113.5") == site
    given = passes.mint("203.0.113.5", ALLY)
    clock.now += PASS_SECONDS - 1
    assert passes.site(given, "203.0.113.5") == ALLY
    clock.now += 2
    with pytest.raises(PassError, match="too old"):
        passes.site(given, "203.0.113.5")


def test_a_pass_of_another_address_site_or_server_is_refused():
    passes = Passes(KEY)
    given = passes.mint("203.0.113.5", ALLY)
    expires, site, seal = given.split(".")
    other = base64.urlsafe_b64encode(b"https://other.test").decode().rstrip("=")
    for forged, address in (
        (given, "203.0.113.6"),
        (f"{expires}.{other}.{seal}", "203.0.113.5"),
        (f"{expires}..{seal}", "203.0.113.5"),
        (f"{int(expires, 16) + 9:x}.{site}.{seal}", "203.0.113.5"),
        (f"{expires}.{site}.{seal[::-1]}", "203.0.113.5"),
        (f"{expires}.{site}.", "203.0.113.5"),
        (f"0{given}", "203.0.113.5"),
        (Passes(b"x" * 32).mint("203.0.113.5", ALLY), "203.0.113.5"),
        (PASS_GOES_HERE, "203.0.113.5"),
        ("", "203.0.113.5"),
        ("." * 900, "203.0.113.5"),
        (given + "\n", "203.0.113.5"),
        (None, "203.0.113.5"),
        ([given], "203.0.113.5"),
    ):
        with pytest.raises(PassError, match="not one of this server"):
            passes.site(forged, address)  # type: ignore[arg-type]


@given(st.text(max_size=120) | st.from_regex(r"[0-9a-f]{1,12}\.[\w-]{0,20}\.[\w-]{43}", fullmatch=True))
def test_no_text_that_was_not_handed_out_is_taken(text: str):
    with pytest.raises(PassError):
        Passes(KEY).site(text, "203.0.113.5")


@pytest.mark.parametrize(
    ("headers", "site"),
    [
        ({"sec-fetch-dest": "document", "referer": f"{ALLY}/a"}, ""),  # a link that was followed
        ({"sec-fetch-dest": "iframe", "referer": f"{ALLY}/a", "sec-fetch-site": "cross-site"}, ALLY),
        ({"sec-fetch-dest": "iframe", "referer": f"{ALLY}/", "sec-fetch-site": "cross-site"}, ALLY),
        ({"sec-fetch-dest": "iframe", "referer": ALLY.upper(), "sec-fetch-site": "cross-site"}, ALLY),
        ({"sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site"}, OTHER_SITE),
        (
            {"sec-fetch-dest": "iframe", "referer": f"{ALLY}.evil.test/", "sec-fetch-site": "cross-site"},
            OTHER_SITE,
        ),
        (
            {
                "sec-fetch-dest": "iframe",
                "referer": f"https://evil.test/{ALLY}",
                "sec-fetch-site": "cross-site",
            },
            OTHER_SITE,
        ),
        ({"sec-fetch-dest": "iframe", "sec-fetch-site": "same-origin", "referer": "http://own/"}, OTHER_SITE),
        ({"referer": f"{ALLY}/"}, ALLY),
        ({"referer": "https://search.test/"}, ""),
        ({}, ""),
    ],
)
def test_the_site_is_the_one_that_frames_the_page(headers: dict[str, str], site: str):
    assert framing_site({name.encode(): value.encode() for name, value in headers.items()}, [ALLY]) == site


def test_the_key_outlives_the_server_and_only_its_owner_reads_it(tmp_path: Path):
    key = load_key(tmp_path)
    assert key is not None
    assert len(key) == 32
    assert load_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
    assert load_key(tmp_path / "none") is None
    (tmp_path / KEY_FILE).write_bytes(b"short")
    assert load_key(tmp_path) is None


# ---- on a server ----


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    many = Limits(questions_per_minute=1000, site_questions_per_minute=3)
    running = served(ScriptedPipeline(), examples=[], limits=many, allowed_origins=[ALLY], page_key=KEY)
    yield running
    running.close()


class Reader:
    """A reader's browser behind a proxy on the server's machine."""

    def __init__(self, server: Served, address: str, **headers: str) -> None:
        forwarded = {"x-forwarded-for": address} if address else {}
        self.web = httpx.Client(base_url=server.url, headers={**forwarded, **headers}, timeout=30)
        config = self.web.get("/chat/config").json()
        self.functions = {one["api_name"]: one["id"] for one in config["dependencies"]}

    def load(self, **headers: str) -> str:
        """Loads the page; the pass that stands in it."""
        page = self.web.get("/chat/", headers=headers).text
        assert PASS_GOES_HERE not in page
        found = re.search(r"[0-9a-f]{8,12}\.[\w-]*\.[\w-]{43}", page)
        assert found
        return found[0]

    def ask(self, handed: Any, language: str = "en", session: str = "s1") -> str:
        """What the page shows when it asks with this pass."""
        query = {"lang": language}
        body = {"data": [LENS_QUESTION, []], "fn_index": self.functions["take"], "session_hash": session}
        shown = self.web.post(f"{API}/run/predict", json=body, params=query).json()["data"][2]
        body = {"data": [shown, "", handed], "fn_index": self.functions["answer"], "session_hash": session}
        joined = self.web.post(f"{API}/queue/join", json=body, params=query)
        assert joined.status_code == 200
        said = ""
        with self.web.stream("GET", f"{API}/queue/data", params={"session_hash": session}) as heard:
            for line in heard.iter_lines():
                event = json.loads(line.removeprefix("data: ")) if line else {}
                if event.get("msg") == "process_completed":
                    assert event["success"], "never as the framework's own error"
                    said = event["output"]["data"][0][-1]["content"][0]["text"]
        return html.unescape(said)


OLD = "This page is too old to ask with. Reload it"


def test_a_page_asks_with_what_it_was_handed(server: Served):
    reader = Reader(server, "203.0.113.5")
    handed = reader.load()
    assert "Fresnel's lens" in reader.ask(handed)
    assert "Fresnel's lens" in reader.ask(handed), "as often as it likes"
    assert "Fresnel's lens" in Reader(server, "").ask(""), "who sits at the machine needs none"


def test_a_page_with_a_wrong_pass_says_to_reload_it(server: Served):
    reader, other = Reader(server, "203.0.113.5"), Reader(server, "203.0.113.6")
    handed = reader.load()
    old = Passes(KEY, lambda: 1_000_000_000.0).mint("203.0.113.5")
    for wrong in (
        "",
        PASS_GOES_HERE,
        old,
        Passes(b"x" * 32).mint("203.0.113.5"),
        handed[:-1],
        None,
        7,
        {"a": 1},
    ):
        said = reader.ask(wrong)
        assert OLD in said, wrong
        assert "fn-again" in said
    assert OLD in other.ask(handed)
    assert "Laden Sie sie neu" in other.ask(handed, "de")
    assert "Vuelva a cargarla" in other.ask(handed, "es")


def test_a_page_of_a_server_that_was_started_again_goes_on(server: Served):
    handed = Reader(server, "203.0.113.5").load()
    again = served(ScriptedPipeline(), examples=[], page_key=KEY)
    try:
        assert "Fresnel's lens" in Reader(again, "203.0.113.5").ask(handed)
    finally:
        again.close()


def test_readers_of_one_site_share_its_limit_and_are_told_in_a_line(server: Served):
    framed = {"sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site", "referer": f"{ALLY}/blog"}
    said = []
    for n in range(4):
        reader = Reader(server, f"198.51.100.{n}")
        said.append(reader.ask(reader.load(**framed), "de"))
    assert all("Fresnel's lens" in one for one in said[:3])
    assert "Von dieser Website kommen zu viele Fragen auf einmal" in said[3]
    direct = Reader(server, "198.51.100.9")
    assert "Fresnel's lens" in direct.ask(direct.load())


def test_no_page_sets_a_cookie(server: Served):
    reader = Reader(server, "203.0.113.5")
    reader.ask(reader.load())
    for path in (
        "/",
        "/chat/",
        "/chat/config",
        "/articles/",
        "/api/articles",
        f"{API}/app_id",
        f"{API}/startup-events",
    ):
        assert "set-cookie" not in reader.web.get(path).headers, path
    assert not reader.web.cookies
