"""Syncs killed at random moments, and two at once. `FOOTNOTE_KILLS` sets how many are killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.errors import IndexBusy
from index.library import Library
from tests.index.web.site import Collection, counts

KILLS = int(os.environ.get("FOOTNOTE_KILLS", "6"))
SEED = int(os.environ.get("FOOTNOTE_SEED", "20240501"))

CHILD = """
import sys, time
from pathlib import Path
from index import build
from index.fetch import Fetcher, FetchOptions
from index.web.source import WebSource
from tests.index.words import WordEmbedder
import chromadb, tantivy, trafilatura, feedparser, index.split, index.markup

class Slow(WordEmbedder):
    def encode(self, texts):
        time.sleep(0.02)
        return super().encode(texts)

build.BATCH_CHUNKS = 4
folder, origin = sys.argv[1:3]
print("ready", flush=True)
sys.stdin.readline()
options = FetchOptions(allowed=(origin.partition("://")[2],), host_delay=0.0, retries=0)
with Fetcher(options) as fetcher:
    sources = [WebSource(origin + path, fetcher) for path in ("/feed.xml", "/sitemap.xml")]
    build.build_index(Path(folder), sources, embedder=Slow())
print("done", flush=True)
"""


def child(web: Collection) -> subprocess.Popen[str]:
    """A process that syncs once it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(web.folder), web.site.origin],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def change(web: Collection, chance: random.Random, turn: int) -> None:
    """One or two articles come, one changes, one goes, as the lists say."""
    live = sorted(
        int(path[3:]) for path, page in web.site.pages.items() if path[:3] == "/a/" and isinstance(page, str)
    )
    for n in range(max(live, default=-1) + 1, max(live, default=-1) + 1 + chance.randint(1, 3)):
        web.site.article(n)
        live.append(n)
    changed = chance.choice(live)
    web.site.article(
        changed, more=f"In turn {turn} the council of the town named a new keeper for the light."
    )
    if len(live) > 6:
        gone = live.pop(chance.randrange(len(live)))
        web.site.pages[f"/a/{gone}"] = 410
    web.site.feed(sorted(live)[-6:], note=f" {turn}")
    web.site.sitemap(dict.fromkeys(sorted(live), f"2026-10-{turn % 28 + 1:02d}"))


def test_killed_syncs_lose_nothing_and_double_nothing(web: Collection):
    chance = random.Random(SEED)
    for turn in range(KILLS):
        change(web, chance, turn)
        process = child(web)
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(chance.uniform(0.0, 0.9))
        process.kill()
        process.wait(30)
        if turn % 3 == 2:
            web.sync("/feed.xml", "/sitemap.xml")
            assert_as_the_site(web)
    web.sync("/feed.xml", "/sitemap.xml")
    assert_as_the_site(web)
    web.site.requests()
    report = web.sync("/feed.xml", "/sitemap.xml")
    assert counts(report)[0::3] == (0, 0)
    assert len(web.site.requests()) <= 2, "and after that only the lists are asked"


def assert_as_the_site(web: Collection) -> None:
    """The index holds the site's articles, each once and with the words it has now."""
    want = {path for path, page in web.site.pages.items() if path[:3] == "/a/" and isinstance(page, str)}
    with Library.open(web.folder, embedder=web.embedder) as library:
        stored = list(library.articles())
        chunks = {chunk.id for article in stored for chunk in library.chunks_of(article.id)}
        assert len(chunks) == library.manifest.chunks
    assert sorted(one.url.removeprefix(web.site.origin) for one in stored) == sorted(want)
    for article in stored:
        page = str(web.site.pages[article.url.removeprefix(web.site.origin)])
        if "In turn " in page:
            assert page.partition("In turn ")[2].partition("<")[0] in article.text


def test_the_second_of_two_syncs_at_once_says_so(web: Collection):
    from filelock import FileLock

    web.site.article(0)
    web.site.feed([0])
    web.folder.mkdir(parents=True)
    with FileLock(web.folder / "build.lock"), pytest.raises(IndexBusy, match="another process"):
        web.sync("/feed.xml")
    assert web.sync("/feed.xml").added == 1
