"""What keeps the chat from showing is named, with what to do; and the tag that is printed works."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from tests.browser.hosts import plain, strict
from tests.browser.serving import served
from tests.fakes import ScriptedPipeline
from ui.cli import app
from ui.demo.site import Site
from ui.embed import script
from ui.embed_check import check_embed, directives
from ui.origins import frame_ancestors

CHAT, HOST = "https://chat.example", "https://news.example"
CHAT_PAGE = '<html><script type="application/json" id="fn-page">{}</script></html>'
ALLOWED = {"content-security-policy": f"default-src 'none'; {frame_ancestors([HOST])}"}
Answer = tuple[int, dict[str, str], str]
RIGHT: dict[str, Answer] = {
    f"{CHAT}/embed.js": (200, {}, script("en").decode()),
    f"{CHAT}/chat/": (200, ALLOWED, CHAT_PAGE),
    f"{HOST}/page": (200, {}, plain(CHAT).html),
}


def found(url: str, world: dict[str, Answer], origin: str = "") -> list[Any]:
    """The checks in a world of these answers; any other address has no server."""

    def answer(request: httpx.Request) -> httpx.Response:
        known = world.get(str(request.url).partition("?")[0])
        if known is None:
            raise httpx.ConnectError("nobody there")
        return httpx.Response(known[0], headers=known[1], text=known[2])

    return list(check_embed(url, origin, httpx.MockTransport(answer)))


def test_a_page_that_shows_the_chat_has_no_problem():
    checks = found(f"{HOST}/page", RIGHT)
    assert [(c.name, c.status) for c in checks] == [("tag", "ok"), ("script", "ok"), ("origins", "ok")]
    page = strict(CHAT)
    policy = {"content-security-policy": page.headers["Content-Security-Policy"]}
    assert all(
        c.status == "ok" for c in found(f"{HOST}/page", RIGHT | {f"{HOST}/page": (200, policy, page.html)})
    )
    frame = (200, {}, f'<iframe src="{CHAT}/chat/?embed=1&topic=x"></iframe>')
    assert all(c.status == "ok" for c in found(f"{HOST}/page", RIGHT | {f"{HOST}/page": frame}))


def test_what_is_no_address_on_a_page_is_passed_over():
    odd = '<base href="http://[x/"><script src="http://[bad/x.js"></script><iframe src="https://v.example/chat/widget"></iframe>'
    world = RIGHT | {f"{HOST}/page": (200, {}, odd + plain(CHAT).html)}
    assert all(c.status == "ok" for c in found(f"{HOST}/page", world))


def with_policy(policy: str) -> dict[str, Answer]:
    return {f"{HOST}/page": (200, {"content-security-policy": policy}, plain(CHAT).html)}


@pytest.mark.parametrize(
    ("change", "name", "told", "step"),
    [
        ({f"{HOST}/page": (404, {}, "")}, "address", "answers 404", "own address"),
        ({f"{HOST}/page": (200, {}, "<p>nothing</p>")}, "tag", "no script", "footnote embed snippet"),
        ({f"{CHAT}/embed.js": (404, {}, "")}, "script", "answers 404", "/embed.js"),
        ({f"{CHAT}/embed.js": (200, {}, "alert(1)")}, "script", "is not Footnote's script", "/embed.js"),
        ({f"{CHAT}/embed.js": (401, {}, "")}, "password", "asks for a password", "FOOTNOTE_PASSWORD"),
        ({f"{CHAT}/chat/": (401, {}, "")}, "password", "asks for a password", "FOOTNOTE_PASSWORD"),
        ({f"{CHAT}/chat/": (404, {}, "")}, "chat", "answers 404", "another path"),
        ({f"{CHAT}/chat/": (421, {}, "")}, "chat", "answers 421", "FOOTNOTE_ALLOWED_HOSTS="),
        ({f"{CHAT}/chat/": (200, {}, CHAT_PAGE)}, "frame", "without its policy", "proxy"),
        ({f"{CHAT}/chat/": (200, {"x-frame-options": "SAMEORIGIN"}, CHAT_PAGE)}, "frame", "X-Frame-Options: SAMEORIGIN", "drop X-Frame-Options"),
        ({f"{CHAT}/chat/": (200, {"content-security-policy": frame_ancestors([])}, CHAT_PAGE)}, "origins", "is not among the sites", f"FOOTNOTE_ALLOWED_ORIGINS={HOST}, then"),
        ({f"{CHAT}/chat/": (200, {"content-security-policy": frame_ancestors(["https://other.example", "http://news.example", f"{HOST}:8443"])}, CHAT_PAGE)}, "origins", "is not among", f'"https://other.example http://news.example {HOST}:8443 {HOST}"'),
        (with_policy(f"default-src 'self'; frame-src {CHAT}"), "policy", "keeps the script out (default-src)", f"add {CHAT} to its script-src"),
        (with_policy(f"script-src {CHAT}; frame-src 'none'"), "policy", "keeps the chat out (frame-src)", f"add {CHAT} to its frame-src"),
        (with_policy("script-src-elem 'nonce-x'; child-src *.example:444"), "policy", "keeps the chat out (child-src)", "frame-src"),
        ({f"{HOST}/page": (200, {}, f'<meta http-equiv="Content-Security-Policy" content="frame-src \'self\'">{plain(CHAT).html}')}, "policy", "keeps the chat out", "frame-src"),
        ({f"{HOST}/page": (200, {"cross-origin-embedder-policy": "require-corp"}, plain(CHAT).html)}, "isolation", "Cross-Origin-Embedder-Policy", "leave that header out"),
        ({f"{HOST}/page": (200, {}, plain("http://chat.example").html), "http://chat.example/embed.js": RIGHT[f"{CHAT}/embed.js"], "http://chat.example/chat/": RIGHT[f"{CHAT}/chat/"]}, "https", "https and the chat is http", "certificate"),
        ({f"{HOST}/page": (200, {}, plain("https://gone.example").html)}, "address", "https://gone.example/embed.js cannot be reached", "running"),
    ],
)  # fmt: skip
def test_what_keeps_the_chat_out_is_named_with_the_way_out(
    change: dict[str, Answer], name: str, told: str, step: str
):
    problems = [c for c in found(f"{HOST}/page", RIGHT | change) if c.status == "problem"]
    assert [c.name for c in problems] == [name]
    assert told in problems[0].detail
    assert step in problems[0].next_step


def test_the_chat_itself_can_be_asked_for_a_site():
    assert [c.status for c in found(f"{CHAT}/chat/", RIGHT, HOST)] == ["ok", "ok"]
    assert [c.status for c in found(f"{CHAT}/embed.js", RIGHT)] == ["ok", "ok"]
    [_, refused] = found(f"{CHAT}/chat/", RIGHT, "https://other.example")
    assert refused.next_step.startswith(f'FOOTNOTE_ALLOWED_ORIGINS="{HOST} https://other.example"')
    alone = RIGHT | {f"{CHAT}/chat/": (200, {"content-security-policy": frame_ancestors([])}, CHAT_PAGE)}
    assert found(f"{CHAT}/chat/", alone)[1].status == "warning"


@pytest.mark.parametrize("url", ["https://nobody.example", "https://", "ftp://example.org", "https://[", ""])
def test_an_address_without_an_answer_is_one_line(url: str):
    [only] = found(url, RIGHT)
    assert (only.name, only.status) == ("address", "problem")
    assert only.next_step


def test_of_a_directive_that_stands_twice_the_first_counts():
    assert directives("Script-Src a b;; script-src c ; x") == {"script-src": ["a", "b"], "x": []}


# ---- the commands -----------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["embed", *words], prog_name="footnote")


def test_the_printed_tag_and_setting_make_the_chat_show(tmp_path: Path):
    site = Site({})
    told = run(
        "snippet", "--origin", f"{site.origin}/", "--title", 'Ask "us"', "--filter", "article", "--lang", "de"
    )
    assert told.exit_code == 0
    [line] = [one for one in told.stdout.splitlines() if one.startswith("allowed_origins")]
    (tmp_path / "footnote.toml").write_text(line)
    from ui.settings import load_settings

    chat = served(ScriptedPipeline(), examples=[], allowed_origins=load_settings().allowed_origins.split())
    try:
        told = run(
            "snippet",
            "--origin",
            site.origin,
            "--chat",
            f"{chat.url}/chat/",
            "--title",
            'Ask "us"',
            "--lang",
            "de",
        )
        assert f"FOOTNOTE_ALLOWED_ORIGINS={site.origin}\n" in told.stdout
        assert f"script-src {chat.url}; frame-src {chat.url}" in told.stdout
        tags = re.findall(r"^<(?:script|iframe).*", told.stdout, re.MULTILINE)
        assert len(tags) == 2
        assert f'src="{chat.url}/embed.js?lang=de" data-title="Ask &quot;us&quot;"' in tags[0]
        for tag in tags:
            site.pages["/"] = ("text/html", tag.encode())
            checked = run("check", site.origin, "--json")
            assert checked.exit_code == 0, checked.stdout
            assert json.loads(checked.stdout)["problems"] == 0
        refused = run("check", chat.url, "--origin", "https://other.example")
        assert refused.exit_code == 1
        assert "problem  origins" in refused.stdout
        assert f'FOOTNOTE_ALLOWED_ORIGINS="{site.origin} https://other.example"' in refused.stdout
    finally:
        chat.close()
        site.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["snippet", "--origin", "*"], "sites nobody named"),
        (["snippet", "--origin", "https://example.org/blog"], "write https://example.org"),
        (["snippet", "--origin", "https://example.org", "--lang", "fr"], "choose one of en, de, es"),
        (["snippet", "--origin", "https://example.org", "--chat", 'https://x"onload="'], "is no address"),
        (["check", "http://127.0.0.1:1", "--origin", "null"], "--origin"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(words: list[str], said: str):
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
