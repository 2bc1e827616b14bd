"""Which larger model `footnote doctor` advises, by memory and cores, in a container too."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.known_models import known, known_models
from ui import doctor, machine
from ui.doctor import diagnose
from ui.machine import Memory, answer_seconds, fits_in, memory, recommended
from ui.settings import load_settings

GB = 1_000_000_000


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def advice(monkeypatch: pytest.MonkeyPatch, free: float, cores: int, *overrides: str) -> str:
    monkeypatch.setattr(machine, "memory", lambda: Memory(int(free * GB), 64 * GB))
    monkeypatch.setattr(doctor, "usable_cores", lambda: cores)
    (check,) = diagnose(load_settings(overrides), ["larger model"])
    assert (check.status, check.next_step) == ("ok", ""), "advice is no warning"
    return check.detail


@pytest.mark.parametrize(
    ("free", "cores", "name"),
    [
        (1.0, 16, None),
        (2.5, 4, None),
        (3.0, 4, "qwen3-0.6b"),
        (3.5, 4, "qwen3-1.7b"),
        (4.0, 4, "smollm3-3b"),
        (6.0, 4, "qwen3-4b"),
        (6.0, 2, "qwen3-1.7b"),
        (64.0, 1, "qwen3-0.6b"),
        (64.0, 4, "qwen3-4b"),
        (8.0, 16, "qwen3-8b"),
    ],
)
def test_the_largest_that_fits_and_answers_in_time_is_advised(
    free: float, cores: int, name: str | None
) -> None:
    found = recommended(int(free * GB), cores)
    assert (found.name if found else None) == name
    if found:
        assert fits_in(found, int(free * GB))
        assert not found.conditions, "nobody is led to a licence with conditions"


def test_more_memory_or_cores_never_lead_to_a_smaller_model() -> None:
    sizes = [[getattr(recommended(g * GB, c), "parameters", 0.0) for g in range(1, 20)] for c in range(1, 33)]
    assert all(row == sorted(row) for row in sizes)
    assert all(list(column) == sorted(column) for column in zip(*sizes, strict=True))
    for model in known_models():
        assert answer_seconds(model, 8) < answer_seconds(model, 2)


def test_doctor_names_the_command_and_what_it_rests_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = advice(monkeypatch, 16, 4)
    assert "16.0 GB free and 4 cores are enough for qwen3-4b (2.5 GB, Apache-2.0)" in said
    assert said.endswith("footnote models pull qwen3-4b")
    model = known("qwen3-4b")
    assert model is not None
    place = tmp_path / "data" / "footnote" / "models" / model.repository
    place.mkdir(parents=True)
    (place / model.file).write_bytes(b"GGUF")
    assert advice(monkeypatch, 16, 4).endswith("footnote models use qwen3-4b")
    assert "qwen3-4b is in use, the right size" in advice(monkeypatch, 16, 4, f"gguf={place / model.file}")
    assert advice(monkeypatch, 16, 4, "threads=2").endswith("footnote models pull qwen3-1.7b")


def test_doctor_advises_nothing_where_nothing_fits_or_a_server_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "the bundled one fits best" in advice(monkeypatch, 1, 1)
    assert "a server is used" in advice(monkeypatch, 64, 16, "llm_url=http://127.0.0.1:1/v1", "llm_model=m")
    monkeypatch.setattr(machine, "memory", lambda: None)
    (check,) = diagnose(load_settings(), ["larger model"])
    assert (check.status, "not known" in check.detail) == ("ok", True)


def test_a_containers_limit_counts_and_what_it_only_keeps_is_free(tmp_path: Path) -> None:
    proc, group = tmp_path / "proc", tmp_path / "group"
    proc.mkdir()
    group.mkdir()
    (proc / "meminfo").write_text("MemTotal: 32000000 kB\nMemFree: 1 kB\nMemAvailable: 24000000 kB\n")
    assert memory(proc, group) == Memory(24_576_000_000, 32_768_000_000)
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("3000000000\n")
    assert memory(proc, group) == Memory(24_576_000_000, 32_768_000_000), "no limit is no limit"
    (group / "memory.max").write_text("4000000000\n")
    assert memory(proc, group) == Memory(1_000_000_000, 4_000_000_000)
    (group / "memory.stat").write_text("anon 500000000\ninactive_file 2400000000\n")
    assert memory(proc, group) == Memory(3_400_000_000, 4_000_000_000)
    assert memory(tmp_path / "nowhere", group) is None
