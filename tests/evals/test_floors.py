"""The project's own floors on the seeds: answers, citations and abstention are no worse than they were."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evals.gate import check_gate, format_gate, read_floors
from evals.rows import read_run, without_timings

ROOT = Path(__file__).parents[2]
FLOORS = ROOT / "evals" / "floors.toml"


def run_seeds(out: Path, cache: Path, *more: str) -> None:
    command = [
        sys.executable,
        "-m",
        "ui",
        "eval",
        "run",
        "seeds",
        "--engine",
        "quote",
        "--out",
        str(out),
        *more,
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_seeds_hold_the_projects_own_floors(tmp_path: Path, cache: Path):
    out = tmp_path / "seeds.json"
    run_seeds(out, cache)
    report = check_gate(read_run(out), read_floors(FLOORS))
    assert report.exit_status == 0, format_gate(report)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_runs_of_the_quoting_engine_are_equal_to_the_byte_but_for_times(tmp_path: Path, cache: Path):
    written = []
    for name in ("one", "two"):
        run_seeds(tmp_path / f"{name}.json", cache, "--limit", "12", "--seed", "5")
        written.append(json.dumps(without_timings(read_run(tmp_path / f"{name}.json"))).encode())
    assert written[0] == written[1]


def test_the_floors_leave_out_no_group_of_metrics():
    (seeds,) = read_floors(FLOORS).parts
    names = {bound.metric for bound in seeds.bounds}
    assert seeds.rows is not None
    assert {"hit@1", "contains", "abstention_balanced_accuracy", "citation_verbatim", "failed"} <= names
