"""The gate: which run passes, which does not, which cannot be judged, and what a person is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from evals.gate import Floors, GateReport, check_gate, format_gate, read_floors
from evals.intervals import Estimate
from evals.rows import Part, Row, Run, write_run
from index.errors import InputError
from ui.cli import Boundary
from ui.commands.evaluate_results import gate

METRICS = {
    "hit@1": Estimate(0.9, 4, 0.8, 1.0),
    "contains": Estimate(0.5, 3, 0.2, 0.8),
    "false_abstention": Estimate(0.25, 4, 0.0, 0.5),
    "latency_ms_p95": Estimate(900.0, 4, 800.0, 1000.0),
}


def a_run(
    rows: int = 4,
    failed: int = 0,
    metrics: Mapping[str, Estimate] = METRICS,
    overall: Mapping[str, Estimate] | None = None,
    parts: tuple[str, ...] = ("seeds",),
) -> Run:
    """A run of parts that are alike, the first questions of each failed."""
    all_rows = tuple(
        Row(f"q{n}", "?", "", {}, error="ModelUnreachable: it is down" if n < failed else "", part=name)
        for name in parts
        for n in range(rows)
    )
    made = tuple(Part(name, "ask", rows, failed, 0, "d", "a", (), dict(metrics)) for name in parts)
    figures = dict(metrics) if overall is None else dict(overall)
    return Run(
        "seeds", len(all_rows), failed, 0, "d", "s", "i", {}, "", "2026-01-01T00:00:00Z", 0, None, "quote", "",
        "hybrid", figures, made, all_rows,
    )  # fmt: skip


def floors_from(folder: Path, text: str) -> Floors:
    path = folder / "floors.toml"
    path.write_text(text, encoding="utf-8")
    return read_floors(path)


def checked(folder: Path, text: str, run: Run | None = None) -> GateReport:
    return check_gate(run or a_run(), floors_from(folder, text))


# ---- Verdicts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("floors", "status", "verdicts"),
    [
        ('[seeds]\n"hit@1" = 0.85', 0, ["ok"]),
        ('[seeds]\n"hit@1" = 0.9', 0, ["ok"]),  # at the floor
        ('[seeds]\n"hit@1" = 0.9000001', 0, ["ok"]),  # at it to six digits
        ('[seeds]\n"hit@1" = 0.900001', 1, ["below"]),
        ('[seeds]\n"hit@1" = 1', 1, ["below"]),
        ('[seeds]\n"hit@1" = { min = 0.85 }', 0, ["ok"]),
        ('[seeds]\n"hit@1" = { min = 0.91 }', 1, ["below"]),
        ("[seeds]\nfalse_abstention = { max = 0.25 }", 0, ["ok"]),
        ("[seeds]\nfalse_abstention = { max = 0.2 }", 1, ["above"]),
        ("[seeds]\nfalse_abstention = { min = 0.1, max = 0.3 }", 0, ["ok"]),
        ("[seeds]\nfalse_abstention = { min = 0.3, max = 0.4 }", 1, ["below"]),
        ("[seeds]\nlatency_ms_p95 = { max = 1000 }", 0, ["ok"]),
        ("[seeds.contains]\nmin = 0.4\nn = 3", 0, ["ok"]),
        ("[seeds]\ncontains = { min = 0.4, n = 4 }", 2, ["missing"]),
        ("[seeds]\ncontains = 0.4\nmeteor = 0.1", 2, ["ok", "missing"]),
        ("[seeds]\ncontains = 0.6\nmeteor = 0.1", 2, ["below", "missing"]),  # both: missing wins
        ("[seeds]\nrows = 4\ncontains = 0.4", 0, ["ok"]),
        ("[seeds]\nrows = 5\ncontains = 0.4", 2, ["ok"]),
        ("[seeds]\nrows = 3\ncontains = 0.4", 2, ["ok"]),  # other data than the floors are for
        ("[seeds]\nrows = 5\ncontains = 0.6", 2, ["below"]),
        ("[seeds]\nfailed = { max = 0 }", 0, ["ok"]),
        ("[all]\ncontains = 0.4", 0, ["ok"]),  # over every part, so the part needs no table of its own
        ("[all]\nrows = 4\ncontains = 0.6\n[seeds]\ncontains = 0.4", 1, ["below", "ok"]),
        ("[xquad]\ncontains = 0.4\n[seeds]\ncontains = 0.4", 2, ["missing", "ok"]),
    ],
)
def test_what_passes_what_fails_and_what_cannot_be_judged(tmp_path: Path, floors, status, verdicts):
    report = checked(tmp_path, floors)
    assert [check.verdict for check in report.checks] == verdicts
    assert report.exit_status == status
    assert (
        format_gate(report).splitlines()[-1].startswith(f"gate {('PASSED', 'FAILED', 'INCOMPLETE')[status]}")
    )


@pytest.mark.parametrize(("most", "status"), [(0, 1), (1, 1), (2, 0)])
def test_failed_questions_are_a_figure_that_can_be_gated(tmp_path: Path, most: int, status: int):
    report = checked(tmp_path, f"[seeds]\nfailed = {{ max = {most} }}", a_run(failed=2))
    assert report.exit_status == status


@pytest.mark.parametrize("overall", [{}, METRICS])
def test_failed_questions_of_all_parts_are_counted_whatever_their_tasks(tmp_path: Path, overall):
    run = a_run(failed=1, parts=("one", "two"), overall=overall)
    report = checked(tmp_path, "[all]\nfailed = { max = 1 }", run)
    assert [(check.verdict, check.value and check.value.value) for check in report.checks] == [("above", 2)]


def test_failed_questions_are_told_even_where_no_floor_asks(tmp_path: Path):
    report = checked(tmp_path, "[seeds]\ncontains = 0.4", a_run(failed=2))
    assert report.exit_status == 0
    assert (
        "2 of 4 rows failed and count as wrong: seeds q0, seeds q1 (ModelUnreachable: it is down)"
        in format_gate(report)
    )


def test_a_part_of_the_run_without_floors_is_not_passed_over(tmp_path: Path):
    run = a_run(parts=("seeds", "xquad"))
    report = checked(tmp_path, "[seeds]\ncontains = 0.4", run)
    assert report.exit_status == 2
    assert "missing: part 'xquad' of the run has no floors" in format_gate(report)
    assert checked(tmp_path, "[seeds]\ncontains = 0.4\n[xquad]\ncontains = 0.4", run).exit_status == 0
    assert checked(tmp_path, "[all]\ncontains = 0.4", run).exit_status == 0


def test_a_run_without_figures_over_all_cannot_be_gated_by_them(tmp_path: Path):
    report = checked(tmp_path, "[all]\ncontains = 0.4", a_run(overall={}))
    assert report.exit_status == 2
    assert "parts have different tasks" in format_gate(report)


def test_rows_taken_out_of_the_file_are_noticed(tmp_path: Path):
    run = a_run()
    report = checked(tmp_path, "[seeds]\ncontains = 0.4", replace(run, rows=run.rows[1:]))
    assert report.exit_status == 2
    assert "the run says it has 4 rows and holds 3" in format_gate(report)


def test_a_metric_without_a_value_is_missing_not_passed(tmp_path: Path):
    run = a_run(metrics={"contains": Estimate(math.nan, 3, 0, 1)})
    assert checked(tmp_path, "[seeds]\ncontains = { max = 0.4 }", run).exit_status == 2


def test_a_mistyped_name_is_met_with_the_nearest(tmp_path: Path):
    shown = format_gate(checked(tmp_path, "[seed]\ncontians = 0.4\n[seeds]\ncontians = 0.4\nfialed = 0.1"))
    assert "the run has no part 'seed': did you mean seeds?" in shown
    assert "no such metric: did you mean contains?" in shown
    assert "no such metric: did you mean failed?" in shown


def test_the_table_shows_value_interval_bound_and_verdict(tmp_path: Path):
    report = checked(tmp_path, '[seeds]\n"hit@1" = 0.85\nfalse_abstention = { min = 0.1, max = 0.2 }')
    lines = [" ".join(line.split()) for line in format_gate(report).splitlines()]
    assert lines[0] == "part metric value 95 % interval bound verdict"
    assert "seeds hit@1 0.9 (n 4) 0.8 to 1 >= 0.85 ok" in lines
    assert "seeds false_abstention 0.25 (n 4) 0 to 0.5 >= 0.1 and <= 0.2 above" in lines
    assert lines[-1] == "gate FAILED: 1 of 2 figures out of bounds"


def test_control_characters_of_a_run_do_not_reach_the_terminal(tmp_path: Path):
    run = a_run(failed=1)
    run = replace(run, rows=(replace(run.rows[0], error="\x1b[2Jgone\nwith it"), *run.rows[1:]))
    assert "\x1b" not in format_gate(checked(tmp_path, "[seeds]\ncontains = 0.4", run))


# ---- Floors files ----------------------------------------------------------------------------------


def test_a_floors_file_as_it_is_read(tmp_path: Path):
    floors = floors_from(tmp_path, '\ufeff[seeds]\nrows = 120\ncontains = { min = 0.4, n = 75 }\n"hit@1" = 1')
    assert [(part.part, part.rows) for part in floors.parts] == [("seeds", 120)]
    bounds = [(bound.metric, bound.low, bound.high, bound.n) for bound in floors.parts[0].bounds]
    assert bounds == [("contains", 0.4, None, 75), ("hit@1", 1.0, None, None)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "holds no floors"),
        ("# nothing\n", "holds no floors"),
        ("[seeds]\n", r":1: \[seeds\] has no floors"),
        ("[seeds]\nrows = 4\n", r":1: \[seeds\] has no floors"),
        ("contains = 0.4\n", ":1: 'contains' stands in no table"),
        ("[[seeds]]\ncontains = 0.4\n", "'seeds' stands in no table"),
        ("[seeds]\nhit@1 = 0.4\n", "not valid TOML .*line 2"),
        ("[seeds]\ncontains = 0.4\ncontains = 0.5\n", "not valid TOML .*line 3"),
        ("[seeds]\n\ncontains = nan\n", r":3: \[seeds\] contains: nan is not a finite number"),
        ("[seeds]\ncontains = inf\n", r":2: \[seeds\] contains: inf"),
        ("[seeds]\ncontains = true\n", r":2: \[seeds\] contains: True"),
        ('[seeds]\ncontains = "0.4"\n', r":2: \[seeds\] contains: '0.4'"),
        ("[seeds]\ncontains = [0.4]\n", r":2: \[seeds\] contains: \[0.4\]"),
        (f"[seeds]\ncontains = 1{'0' * 400}\n", "is not a finite number"),
        ("[seeds]\ncontains = { min = nan }\n", r":2: \[seeds\] contains.min: nan"),
        ("[seeds]\ncontains = { max = true }\n", r":2: \[seeds\] contains.max: True"),
        ("[seeds]\ncontains = {}\n", r":2: \[seeds\] contains: neither min nor max"),
        ("[seeds]\ncontains = { n = 3 }\n", "neither min nor max"),
        ("[seeds]\ncontains = { floor = 0.4 }\n", "unknown key 'floor'"),
        ("[seeds]\ncontains = { min = 0.5, max = 0.4 }\n", "min 0.5 is above max 0.4"),
        ("[seeds]\ncontains = { min = 0.5, n = 0 }\n", r"contains.n: 0 is not a whole number"),
        ("[seeds]\ncontains = { min = 0.5, n = true }\n", "contains.n: True"),
        ("[seeds]\nrows = 1.5\ncontains = 0.4\n", r":2: \[seeds\] rows: 1.5 is not a whole number"),
        ("[seeds]\nrows = true\ncontains = 0.4\n", r":2: \[seeds\] rows: True"),
        ("[seeds]\nfalse_abstention = 0.2\n", "a plain number is a floor, and higher is not better"),
        ("[seeds]\nfailed = 0\n", "a plain number is a floor"),
        ("[seeds]\nanswer_words = 20\n", "a plain number is a floor"),
        ("[a]\ncontains = 0.4\n[b]\nem = 1\ncontains = nan\n", r":5: \[b\] contains"),
    ],
)
def test_a_bad_floors_file_is_named_with_its_line_and_key(tmp_path: Path, text: str, named: str):
    with pytest.raises(InputError, match=named) as caught:
        floors_from(tmp_path, text)
    assert str(tmp_path / "floors.toml") in str(caught.value)
    assert caught.value.next_step


def test_a_floors_file_that_cannot_be_opened_or_is_no_text_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_floors(tmp_path / "missing.toml")
    (tmp_path / "floors.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_floors(tmp_path / "floors.toml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                ["[seeds]", "[seeds.contains]", "[[a]]", "rows = 3", "contains = 0.4", "n = 3", "min = nan", "a.b = 1",
                 '"hit@1" = {min = 1}', "x = {max = [1]}", '"" = 2', "x = 2026-01-01", "[all]", "x = '''", "y = [\n1]"]
            )
        ).map("\n".join),
    )
)  # fmt: skip
def test_no_floors_file_does_worse_than_an_error_of_ours(tmp_path: Path, text: str):
    path = tmp_path / "floors.toml"
    path.write_bytes(text.encode())
    complaint = ""
    try:
        assert check_gate(a_run(), read_floors(path)).exit_status in (0, 1, 2)
    except InputError as error:
        complaint = str(error)
    assert not complaint or str(path) in complaint


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.floats(0, 1), floor=st.floats(0, 1))
def test_only_what_is_at_its_floor_or_above_passes(tmp_path: Path, value: float, floor: float):
    run = a_run(metrics={"contains": Estimate(value, 4, value, value)})
    report = checked(tmp_path, f"[seeds]\ncontains = {floor:.17f}", run)
    assert (report.exit_status == 0) == (round(value, 6) >= round(floor, 6))


# ---- The command -------------------------------------------------------------------------------------


def footnote(*arguments: str | Path) -> Result:
    app = typer.Typer(cls=Boundary)
    app.command("gate")(gate)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["gate", *map(str, arguments)])


@pytest.mark.parametrize(
    ("floors", "status"), [("contains = 0.4", 0), ("contains = 0.6", 1), ("rows = 9\ncontains = 0.6", 2)]
)
def test_the_command_ends_with_the_verdict_and_its_status(tmp_path: Path, floors: str, status: int):
    write_run(a_run(), tmp_path / "run.json")
    (tmp_path / "floors.toml").write_text(f"[seeds]\n{floors}\n")
    result = footnote(tmp_path / "run.json", tmp_path / "floors.toml")
    assert result.exit_code == status
    assert result.stdout.splitlines()[-1].startswith("gate ")
    assert "contains" in result.stdout


def test_bad_files_end_with_status_2_a_cause_and_a_next_step(tmp_path: Path):
    write_run(a_run(), tmp_path / "run.json")
    (tmp_path / "floors.toml").write_text("[seeds]\ncontains = nan\n")
    for run, floors in (
        ("run.json", "floors.toml"),
        ("floors.toml", "floors.toml"),
        ("none.json", "floors.toml"),
    ):
        result = footnote(tmp_path / run, tmp_path / floors)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "->" in result.stderr
