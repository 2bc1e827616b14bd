"""`footnote build`, `sync`, `sources` and `articles` on a real web site, as real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.index.web.site import WebSite, running
from tests.index.words import WordEmbedder
from ui import wiring
from ui.cli import app
from ui.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site() -> Iterator[WebSite]:
    with running() as found:
        for n in range(3):
            found.article(n)
        found.feed(range(3))
        yield found


def environment(site: WebSite) -> dict[str, str]:
    allowed = site.origin.partition("://")[2]
    return os.environ | {
        "FOOTNOTE_FETCH_ALLOWED": allowed,
        "FOOTNOTE_FETCH_DELAY": "0",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
    }


def footnote(site: WebSite, folder: Path, *words: str, status: int | tuple[int, ...] = 0) -> str:
    """What the command prints, stdout and stderr together."""
    done = subprocess.run(
        [sys.executable, "-m", "ui", *words],
        cwd=folder,
        env=environment(site),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode in (status if isinstance(status, tuple) else (status,)), done.stdout
    return done.stdout


def test_a_feed_is_built_synced_listed_and_forgotten(site: WebSite, tmp_path: Path):
    feed = site.origin + "/feed.xml"
    assert "3 added, 0 updated, 0 unchanged" in footnote(
        site, tmp_path, "build", feed, site.origin + "/missing"
    )
    site.pages["/a/1"] = 410
    site.article(3)
    site.feed([0, 2, 3])
    site.article(2, more="A correction was added to this report on the following day by its editor.")
    site.feed([0, 2, 3], note="!")
    out = footnote(site, tmp_path, "sync")
    assert "1 added, 1 updated" in out
    listed = json.loads(footnote(site, tmp_path, "articles", "list", "--json", "--since", "2026-10-03"))
    assert sorted(row["url"] for row in listed) == [f"{site.origin}/a/2", f"{site.origin}/a/3"]
    host = site.origin.partition("://")[2]
    assert len(footnote(site, tmp_path, "articles", "list", "--source", host).splitlines()) == 4
    assert footnote(site, tmp_path, "sources", "list").startswith(f"{feed}  4 articles")
    log = json.loads(footnote(site, tmp_path, "sources", "log", "--json"))
    assert [run["added"] for run in log] == [1, 3]
    assert "4 articles removed" in footnote(site, tmp_path, "sources", "forget", feed, "--articles")
    assert "there is nothing to sync" in footnote(site, tmp_path, "sync", status=2)


def test_files_passed_over_are_listed_and_a_readers_password_is_not(tmp_path: Path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "good.txt").write_text("The old harbour light was lit for the last time in 1911.\n")
    (tmp_path / "texts" / "bad.txt").write_bytes(b"%PDF-1.7 cut off")
    listing = tmp_path / "sources.toml"
    listing.write_text(
        '[[source]]\npath = "texts"\n[[source]]\nreader = "llama_index.core:SimpleDirectoryReader"\n'
        f'options = {{input_files = ["{tmp_path}/texts/good.txt"], encoding = "latin-1"}}\n'
    )
    settings = Settings.model_validate({"index": tmp_path / "index", "sources": listing})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "embedder_for_building", lambda _: WordEmbedder())
        wiring.build_entries(settings, wiring.sync_entries(settings))
    index = ["--index", str(tmp_path / "index"), "--json"]
    listed = CliRunner().invoke(app, ["sources", "list", *index])
    assert "latin-1" not in listed.output
    assert [row.get("options") for row in json.loads(listed.output)] == [None, ["encoding", "input_files"]]
    skipped = CliRunner().invoke(app, ["articles", "list", "--status", "skipped", *index])
    (row,) = json.loads(skipped.output)
    assert row["name"].endswith("texts/bad.txt")
    assert "PDF" in row["reason"]


def test_an_article_removed_by_hand_stays_away_and_is_listed_as_removed(site: WebSite, tmp_path: Path):
    footnote(site, tmp_path, "build", site.origin + "/feed.xml")
    rows = json.loads(footnote(site, tmp_path, "articles", "list", "--json"))
    footnote(site, tmp_path, "articles", "remove", rows[0]["id"])
    site.feed(range(3), note="!")
    assert "0 added" in footnote(site, tmp_path, "sync")
    assert rows[0]["url"] in footnote(site, tmp_path, "articles", "list", "--status", "removed")


def test_a_watch_takes_in_what_comes_and_ends_politely(site: WebSite, tmp_path: Path):
    (tmp_path / "sources.toml").write_text(
        f'[[source]]\naddress = "{site.origin}/feed.xml"\nname = "Harbour"\nevery = "1 minute"\n', "utf-8"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", "sync", "--watch"],
        cwd=tmp_path,
        env=environment(site),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "3 added" in process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
    rows = json.loads(footnote(site, tmp_path, "articles", "list", "--json"))
    assert {row["source"] for row in rows} == {"Harbour"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("build", "http://169.254.169.254/latest/"), "metadata"),
        (("build", "ftp://example.org/feed"), "is no web address"),
        (("build", "http://"), "is no web address"),
        (("articles", "list", "--since", "soon"), "this is no date"),
        (("sources", "forget", "https://example.org/none"), "no source is called"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(site: WebSite, tmp_path: Path, words: tuple[str, ...], said: str):
    out = footnote(site, tmp_path, *words, status=(1, 2))
    assert said in out
    assert "Traceback" not in out
