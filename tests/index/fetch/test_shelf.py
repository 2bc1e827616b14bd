"""What robots.txt said is kept for a day."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from index.fetch import Fetcher, FetchOptions, FetchRefused
from index.fetch.robots import KEPT_SECONDS
from tests.index.web.site import WebSite, running


def asked(site: WebSite, shelf: Path) -> list[str]:
    """The paths asked for by a new fetcher that gets one page and is refused another."""
    options = FetchOptions(allowed=(site.origin.partition("://")[2],), host_delay=0.0, robots_file=shelf)
    site.asked.clear()
    with Fetcher(options) as fetcher:
        fetcher.get(site.origin + "/a/0")
        with pytest.raises(FetchRefused, match=r"robots\.txt"):
            fetcher.get(site.origin + "/private")
    return [path for path, _ in site.asked]


def test_it_is_asked_for_once_a_day_by_all_runs_together(tmp_path: Path):
    shelf = tmp_path / "index" / "robots.json"
    with running() as site:
        site.article(0)
        site.pages["/robots.txt"] = "User-agent: *\nDisallow: /private\n"
        assert asked(site, shelf) == ["/robots.txt", "/a/0"]
        assert asked(site, shelf) == ["/a/0"]
        kept = json.loads(shelf.read_text("utf-8"))
        shelf.write_text(
            json.dumps({one: [time.time() - KEPT_SECONDS - 1, text] for one, (_, text) in kept.items()})
        )
        assert asked(site, shelf) == ["/robots.txt", "/a/0"]


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"x": 3}', '{"x": ["y", 1]}', "[[[[", '{"x": [1e400, "User-agent: *"]}']
)
def test_a_damaged_file_is_read_as_empty(tmp_path: Path, damage: str):
    shelf = tmp_path / "robots.json"
    shelf.write_text(damage)
    with running() as site:
        site.article(0)
        site.pages["/robots.txt"] = "User-agent: *\nDisallow: /private\n"
        assert asked(site, shelf) == ["/robots.txt", "/a/0"]
