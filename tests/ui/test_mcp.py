"""What a program that speaks MCP gets, through the protocol's own client and a real process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.fakes import ABSTAIN_TEXT, LENS_QUESTION, SHELF, ScriptedPipeline, run_async
from ui.mcp import mcp_server

ROOT = Path(__file__).parents[2]
SCRIPTED = """
import sys
from tests.fakes import ScriptedPipeline
from ui import cli, wiring

def open_pipeline(settings):
    print("a model prints while it loads")
    return ScriptedPipeline()

wiring.open_pipeline = open_pipeline
sys.argv = ["footnote", "mcp"]
cli.main()
"""


def called(server: Any, **arguments: Any) -> Any:
    """What the tool gives, through the client."""

    async def call() -> Any:
        async with Client(server) as client:
            return await client.call_tool("ask_articles", arguments)

    return run_async(call())


def test_a_real_process_answers_over_stdin_and_stdout():
    process = StdioServerParameters(command=sys.executable, args=["-c", SCRIPTED], cwd=ROOT)

    async def talk() -> Any:
        async with Client(process) as client:
            tools = await client.list_tools()
            return tools.tools, await client.call_tool("ask_articles", {"question": LENS_QUESTION})

    [tool], answer = run_async(talk())
    assert tool.name == "ask_articles"
    assert tool.input_schema["required"] == ["question"]
    assert tool.annotations.read_only_hint
    [said] = answer.content
    assert said.text.startswith("Augustin Fresnel's lens, first lit at Cordouan in 1823")
    assert "[1] How lighthouses were lit (2024-05-01)" in said.text
    [cited] = answer.structured_content["citations"]
    assert SHELF[0].text[cited["start"] : cited["end"]] == cited["quote"]


def test_the_tool_filters_and_chooses_a_collection():
    sea, land = ScriptedPipeline(), ScriptedPipeline({}, articles=SHELF[:1])
    server = mcp_server({"sea": sea, "land": land})
    answer = called(
        server, question="x", collection="land", since="2024-01-01", until="2024-12-31", source="a", topic="b"
    )
    assert not answer.is_error
    assert answer.content[0].text.startswith(ABSTAIN_TEXT)
    assert answer.structured_content["collection"] == "land"
    only = land.only[-1]
    assert only is not None
    assert (str(only.since), only.sources, only.topics) == ("2024-01-01", ("a",), ("b",))
    assert sea.asked == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "question"),
        ({"question": "x", "since": "soon"}, "since: not a date: write it as 2024-05-31"),
        ({"question": "x", "since": "2024-02-01", "until": "2024-01-01"}, "swap the two dates"),
        ({"question": "x", "collection": "moon"}, "there is no collection of this name. there is sea"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(arguments: dict[str, Any], said: str):
    answer = called(mcp_server({"sea": ScriptedPipeline()}), **arguments)
    assert answer.is_error
    assert said in answer.content[0].text
    assert "Traceback" not in answer.content[0].text


def test_what_breaks_is_told_without_its_insides():
    pipeline = ScriptedPipeline()
    pipeline.error = RuntimeError("secret")  # type: ignore[assignment]
    answer = called(mcp_server({"sea": pipeline}), question="x")
    assert answer.is_error
    assert "secret" not in answer.content[0].text


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from typer.testing import CliRunner

    from ui.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "ui.mcp", raising=False)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    result = CliRunner().invoke(app, ["mcp"], prog_name="footnote")
    assert result.exit_code == 2
    assert "pip install 'footnote[mcp]'" in result.stderr
