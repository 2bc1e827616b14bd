"""Which sites may frame the chat: what a person may write, and what browsers are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from index.errors import InputError
from tests.fakes import LENS_QUESTION, ScriptedPipeline
from ui.origins import frame_ancestors, parse_origin, parse_origins
from ui.settings import load_settings


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        ("https://example.org///", "https://example.org"),
        ("HTTPS://Example.ORG", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:80/", "http://example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://intranet", "http://intranet"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://a_b.example", "https://a_b.example"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(text: str, origin: str):
    assert parse_origin(text) == origin
    assert parse_origin(origin) == origin


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("*", "sites nobody named"),
        ("https://*", "sites nobody named"),
        ("https://*.example.org", "sites nobody named"),
        ("null", "sandboxed or local page"),
        ("NULL", "sandboxed or local page"),
        ("example.org", "write https://example.org"),
        ("'self'", "has no scheme"),
        ("//example.org", "has no scheme: write https://example.org|is neither"),
        ("ftp://example.org", "neither http nor https"),
        ("file:///home/page.html", "neither http nor https"),
        ("https://example.org/blog", "write https://example.org$"),
        ("https://example.org?x=1", "only a whole site"),
        ("https://example.org#top", "only a whole site"),
        ("https://user@example.org", "holds a user name"),
        ("https://[::1]:8000", "IPv6"),
        ("https://[::1", "no origin"),
        ("https://example.org:99999", "no origin"),
        ("https://example.org:x", "no origin"),
        ("https://", "no origin"),
        ("https://-a.example", "no origin"),
        ("https://a..example", "no origin"),
        ("https://1.2.3", "no origin"),
        ("https://example.org;script-src", "no origin"),
        ("https://example.org'unsafe-inline'", "no origin"),
        ("https://" + "a" * 300, "no origin"),
    ],
)
def test_what_is_not_exactly_one_origin_is_refused_with_what_to_write(text: str, told: str):
    with pytest.raises(ValueError, match=told) as refused:
        parse_origin(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@given(st.text(max_size=80) | st.from_regex(r"https?://[\w.:*;' /-]{0,40}", fullmatch=True))
def test_nothing_that_is_taken_can_add_to_the_policy(text: str):
    try:
        origins = parse_origins(text)
    except ValueError:
        return
    told = frame_ancestors(origins)
    assert told.isascii()
    assert not set(told) & set(';,*"<>\\\r\n\t')
    assert told.count("'") == 2
    assert parse_origins(" ".join(origins)) == origins


def test_a_list_is_separated_by_commas_or_spaces_and_holds_each_origin_once():
    told = " https://b.example, http://a.example:8080\nhttps://b.example/ ,, https://B.example:443"
    assert parse_origins(told) == ("https://b.example", "http://a.example:8080")
    assert parse_origins(["https://b.example https://c.example", "https://b.example"]) == (
        "https://b.example",
        "https://c.example",
    )
    assert parse_origins("") == parse_origins([]) == ()
    with pytest.raises(ValueError, match="most is 200"):
        parse_origins(f"https://s{n}.example" for n in range(201))
    with pytest.raises(ValueError, match="is a text"):
        parse_origins([1])  # type: ignore[list-item]


def test_the_setting_comes_from_a_text_or_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings().allowed_origins == ""
    monkeypatch.setenv("FOOTNOTE_ALLOWED_ORIGINS", "https://example.org/, http://localhost:3000")
    assert load_settings().allowed_origins == "https://example.org http://localhost:3000"
    monkeypatch.delenv("FOOTNOTE_ALLOWED_ORIGINS")
    (tmp_path / "footnote.toml").write_text('allowed_origins = ["https://a.example/", "https://b.example"]\n')
    assert load_settings().allowed_origins == "https://a.example https://b.example"
    for wrong, reason in (
        ("allowed_origins=*", "sites nobody named"),
        ("allowed-origins=example.org", "no scheme"),
    ):
        with pytest.raises(InputError, match=rf"setting allowed_origins .* cannot be used: .*{reason}"):
            load_settings([wrong])
    (tmp_path / "footnote.toml").write_text("allowed_origins = 7\n")
    with pytest.raises(InputError, match=r"allowed_origins 7 .*valid string"):
        load_settings()


@pytest.mark.parametrize(
    ("origins", "told"),
    [
        ((), "'self'"),
        (
            ("https://example.org", "http://localhost:3000/"),
            "'self' https://example.org http://localhost:3000",
        ),
    ],
)
def test_the_page_tells_browsers_who_may_frame_it(origins: tuple[str, ...], told: str):
    from ui.server import create_app

    app = create_app(ScriptedPipeline(), examples=[LENS_QUESTION], allowed_origins=origins)
    with TestClient(app) as client:
        headers = client.get("/chat/").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == told
    assert "x-frame-options" not in headers


def test_a_server_does_not_start_with_an_origin_that_is_none():
    from ui.server import create_app

    with pytest.raises(ValueError, match="sites nobody named"):
        create_app(ScriptedPipeline(), examples=[], allowed_origins=["*"])
