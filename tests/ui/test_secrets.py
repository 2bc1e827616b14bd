"""The password, the model server's key and the page's key are shown nowhere."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes import LENS_QUESTION
from ui.guard.passes import KEY_FILE

ROOT = Path(__file__).parents[2]
PASSWORD = "pw-Zebra7-never-shown"
KEY = "key-Walrus9-never-shown"
SECRETS = {"FOOTNOTE_PASSWORD": PASSWORD, "FOOTNOTE_LLM_API_KEY": KEY}

SERVED = """
import sys
from contextlib import contextmanager
from tests.fakes import ScriptedPipeline
from ui import wiring
from ui.cli import main
@contextmanager
def opened(settings):
    yield {one.collection: ScriptedPipeline() for one in settings}
wiring.opened_pipelines = opened
sys.argv = ["footnote", *sys.argv[1:]]
sys.exit(main())
"""


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {**os.environ, **SECRETS, "PYTHONPATH": str(ROOT), "FOOTNOTE_INDEX": str(tmp_path), **more}


def run(tmp_path: Path, *words: str, **more: str) -> str:
    """All that a command says."""
    done = subprocess.run(
        [sys.executable, "-m", "ui", *words], env=environment(tmp_path, **more), cwd=tmp_path, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def spelt(secret: str) -> list[str]:
    """The secret, and what it may be mistaken for hidden in."""
    packed = base64.b64encode(secret.encode()).decode().rstrip("=")
    return [secret, packed, secret.encode().hex(), secret[::-1], json.dumps(secret)[1:-1]]


def test_no_command_shows_a_secret(tmp_path: Path):
    said = [
        run(tmp_path, "--help"), run(tmp_path, "chat", "--help"), run(tmp_path, "settings"), run(tmp_path, "settings", "--json"),
        run(tmp_path, "settings", "--markdown"), run(tmp_path, "doctor"), run(tmp_path, "articles", "list"),
        run(tmp_path, "ask", "Why?", FOOTNOTE_DEBUG="1"), run(tmp_path, "settings", FOOTNOTE_TOP_K="many"),
        run(tmp_path, "ask", "Why?", "--set", "top_k=many", FOOTNOTE_LOG_LEVEL="debug"),
    ]  # fmt: skip
    (tmp_path / "footnote.toml").write_text(f'password = ["{PASSWORD}"]\n')
    said.append(run(tmp_path, "settings", FOOTNOTE_PASSWORD=""))
    said.append(subprocess.run(
        [sys.executable, "-m", "ui", "settings"], env={k: v for k, v in environment(tmp_path).items() if k != "FOOTNOTE_PASSWORD"},
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    ).stderr)  # fmt: skip
    assert "(set)" in said[2]
    assert "setting password" in said[-1]
    for text in said:
        for secret in (*spelt(PASSWORD), *spelt(KEY)):
            assert secret not in text


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_no_page_answer_error_or_log_line_shows_a_secret(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVED, "chat", "--port", "0", "--set", "log_level=debug"], cwd=tmp_path, text=True,
        env=environment(tmp_path), stdout=subprocess.PIPE, stderr=(tmp_path / "log").open("w"),
    )  # fmt: skip
    told: list[str] = []
    try:
        assert process.stdout is not None
        url = re.findall(r"http://\S+", process.stdout.readline())[0]
        client = httpx.Client(base_url=url, auth=("reader", PASSWORD), timeout=30)
        guess = {"x-forwarded-for": "203.0.113.5"}  # shut out after ten of them, as an address of its own
        stranger = httpx.Client(
            base_url=url, auth=("reader", "wrong-guess-of-mine"), headers=guess, timeout=30
        )
        asked = {"question": LENS_QUESTION}

        def keep(answer: Any) -> None:
            told.append(str(answer.headers) + answer.text)

        for path in (
            "/", "/chat/", "/chat/config", "/chat/gradio_api/info", "/chat-ui.js", "/articles/", "/articles/tides", "/articles/none",
            "/admin/", "/admin/feedback", "/admin/shared", "/admin/articles", "/api/openapi.json", "/api/articles", "/api/nowhere",
            "/api/collections", "/api/search?q=tides", "/v1/models", "/v1/models/none", "/health/live", "/health/ready", "/answers/none",
            "/page.key", "/footnote.toml", "/chat/gradio_api/file=page.key", "/static/page.key",
        ):  # fmt: skip
            keep(client.get(path))
            keep(stranger.get(path))
        for body in (asked, {}, {"question": ""}, {"question": "x" * 5000}, {"question": PASSWORD[:-1]}):
            keep(client.post("/api/ask", json=body))
            keep(client.post("/v1/chat/completions", json=body))
        keep(client.post("/api/ask", json={**asked, "stream": True}))
        functions = {one["api_name"]: one["id"] for one in client.get("/chat/config").json()["dependencies"]}
        for data in ([LENS_QUESTION, []], [], [None], ["x", "y", "z"]):
            body = {"data": data, "fn_index": functions["take"], "session_hash": "s"}
            keep(client.post("/chat/gradio_api/run/predict", json=body))
    finally:
        process.send_signal(signal.SIGINT)
        told.append(process.communicate(timeout=60)[0])
    assert any("Fresnel" in text for text in told)
    log = (tmp_path / "log").read_text()
    page_key = (tmp_path / KEY_FILE).read_bytes()
    hidden = (
        *spelt(PASSWORD),
        *spelt(KEY),
        page_key.hex(),
        base64.b64encode(page_key).decode().rstrip("="),
        repr(page_key)[2:-1],
    )
    for text in (*told, log):
        for secret in hidden:
            assert secret not in text
    assert "wrong-guess-of-mine" not in log
