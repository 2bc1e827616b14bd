"""The script for other people's pages: small, whole, and the same for every page that asks."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.browser.serving import served
from tests.fakes import ScriptedPipeline
from ui.demo.site import Site, demo_pages
from ui.embed import MOST_BYTES, MOST_PACKED, SOURCE, script
from ui.language import LANGUAGES, translate
from ui.squeeze import squeeze


@pytest.fixture(scope="module")
def web() -> Iterator[httpx.Client]:
    running = served(ScriptedPipeline(), examples=[])
    with httpx.Client(base_url=running.url, timeout=30) as client:
        yield client
    running.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_as_small_as_promised(web: httpx.Client, language: str):
    with web.stream(
        "GET", "/embed.js", params={"lang": language}, headers={"accept-encoding": "gzip"}
    ) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == script(language)
    assert len(packed) < MOST_PACKED == 1_800
    assert len(script(language)) <= MOST_BYTES == 4_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_readers_language(web: httpx.Client, language: str):
    chosen = web.get("/embed.js", headers={"accept-language": language}).text
    assert chosen == web.get("/embed.js", params={"lang": language}).text == script(language).decode()
    assert json.dumps(translate("Ask the articles", language), ensure_ascii=False) in chosen
    assert f'"{language}"' in chosen
    assert ("Ask the articles" in chosen) == (language == "en")
    assert 't("")' not in chosen


def test_any_page_may_load_it_and_nobody_keeps_an_old_one_long(web: httpx.Client):
    answer = web.get("/embed.js", headers={"origin": "https://example.org", "sec-fetch-site": "cross-site"})
    headers = answer.headers
    assert answer.status_code == 200
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "public, max-age=3600"
    assert "accept-language" in headers["vary"]
    again = web.get("/embed.js", headers={"if-none-match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert web.head("/embed.js").status_code == 200
    assert web.get("/embed.js?lang=de").headers["etag"] != headers["etag"]


def test_it_writes_no_markup_runs_no_text_and_asks_nobody_else():
    source = SOURCE.read_text("utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "<style", "cookie",
                 "localStorage", "fetch(", "XMLHttpRequest", ".style", '"*"'):  # fmt: skip
        assert word not in source, word
    assert not re.findall(r"https?:", source)


def test_squeezing_takes_what_only_readers_need_and_no_words():
    text = '// A comment.\n  const $first = {\n    a: "b  =  c // d",\n  };\n  if ($first && $other !== 1) return `x  ${$first} $`;\n'
    assert squeeze(text) == 'let e={a:"b  =  c // d",};if(e&&f!==1)return `x  ${e} $`;'


def test_squeezed_names_are_none_that_stand_there_already():
    said: Any = squeeze("let $one = a; let $two = b; let $three = $one;\n")
    assert said == "let c=a;let d=b;let e=c;"


# ---- the demo's pages -------------------------------------------------------------------------


def test_the_demo_shows_the_chat_in_three_ways():
    pages = demo_pages("http://127.0.0.1:9")
    texts = {path: body.decode() for path, (_, body) in pages.items()}
    assert pages["/"] == pages["/index.html"]
    assert not any("{{" in text for text in texts.values())
    assert 'src="http://127.0.0.1:9/embed.js"' in texts["/index.html"]
    assert 'data-filter="article"' in texts["/moons.html"]
    assert 'src="http://127.0.0.1:9/chat/?embed=1&amp;topic=science"' in texts["/inline.html"]
    assert "<script" not in texts["/inline.html"]
    for place in set(re.findall(r'href="(/[\w.]*)"', "".join(texts.values()))):
        assert place in pages


def test_the_demo_names_a_taken_port(capsys: pytest.CaptureFixture[str]):
    from ui.demo.__main__ import main

    site = Site({})
    try:
        assert main(["--page-port", str(site.port)]) == 1
    finally:
        site.close()
    said = capsys.readouterr().err
    assert f"port {site.port} on 127.0.0.1 is taken" in said
    assert f"--page-port {site.port + 1}" in said
