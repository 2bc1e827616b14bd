"""Two runs beside each other: what the figures are, what is refused, and what a person reads."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from scipy.stats import permutation_test
from typer.testing import CliRunner, Result

from evals import intervals, paired
from evals.compare import Comparison, compare_runs
from evals.compare_text import format_comparison
from evals.intervals import Estimate
from evals.paired import Paired, randomisation_test
from evals.rows import Part, Row, Run, write_run
from index.errors import InputError
from ui.cli import Boundary
from ui.commands.evaluate_results import compare

NOISE = Estimate(0.5, 4, 0.4, 0.6)


def a_row(name: str, part: str = "seeds", answer: str = "In 1914.", **scores: float) -> Row:
    return Row(name, f"What about {name}?", answer, scores, part=part)


def a_part(name: str, rows: list[Row], metrics: Mapping[str, Estimate] | None = None) -> Part:
    return Part(name, "ask", len(rows), 0, 0, "d" * 64, "a" * 64, (), dict(metrics or {}))


def a_run(*rows: Row, metrics: Mapping[str, Estimate] | None = None, **known: Any) -> Run:
    """A run of these rows, with a part for each name among theirs."""
    names = dict.fromkeys(row.part for row in rows)
    parts = tuple(a_part(name, [row for row in rows if row.part == name], metrics) for name in names)
    made = Run(
        suite="seeds", n=len(rows), failed=0, degraded=0, data_sha256="d" * 64, settings_hash="s" * 64,
        index_settings_hash="i" * 64, settings={"top_k": 6}, commit="c" * 40, date="2026-01-01T00:00:00Z",
        seed=0, limit=None, engine="quote", model="", retriever="hybrid", metrics=dict(metrics or {}),
        parts=parts, rows=rows,
    )  # fmt: skip
    return replace(made, **known)


def two_runs(a: list[float], b: list[float], metric: str = "contains") -> tuple[Run, Run]:
    """Runs whose questions have these scores."""
    left, right = (
        [replace(a_row(f"q{n}"), scores={metric: value}) for n, value in enumerate(some)] for some in (a, b)
    )
    return a_run(*left), a_run(*right)


def figures(comparison: Comparison, metric: str, table: int = 0) -> Paired:
    return next(one for one in comparison.tables[table].tested if one.metric == metric)


def exact_p(differences: list[float]) -> float:
    """The share of all sign patterns whose sum is at least as far from 0."""
    found = abs(sum(differences)) - 1e-9
    sums = [
        sum(sign * one for sign, one in zip(signs, differences, strict=True))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    return sum(abs(one) >= found for one in sums) / len(sums)


def spread(seed: int, count: int, shift: float = 0.0) -> list[float]:
    draw = random.Random(seed)
    return [draw.gauss(shift, 1) for _ in range(count)]


# ---- The test ------------------------------------------------------------------------------------

SAMPLES = [
    [1.0] * 5,
    [1.0] * 7 + [-1.0] * 2,
    [1.0, -1.0, 0.0, 0.0, 1.0, 1.0],
    [0.25, -0.5, 0.75, 1.0, 0.1, 0.3, -0.2],
    [0.0] * 6,
    [1.0],
    [1.0] * 12,
    spread(1, 11, 0.6),
]


@pytest.mark.parametrize("differences", SAMPLES)
def test_p_is_that_of_all_sign_patterns(differences: list[float]):
    p = float(randomisation_test(np.array(differences)[:, None])[0])
    exact = exact_p(differences)
    # four standard errors of 10,000 draws, and the 1 that is added above and below
    assert p == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 10_000) ** 0.5 + 1e-4)


@pytest.mark.parametrize(("seed", "count", "shift"), [(2, 60, 0.0), (3, 60, 0.3), (4, 200, 0.15)])
def test_p_is_scipys(seed: int, count: int, shift: float):
    differences = np.array(spread(seed, count, shift))
    theirs = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=10_000, rng=np.random.default_rng(5)
    )
    ours = float(randomisation_test(differences[:, None])[0])
    assert ours == pytest.approx(theirs.pvalue, abs=0.025)


def test_one_time_in_twenty_chance_alone_falls_below_a_twentieth():
    nothing = np.random.default_rng(6).normal(size=(40, 1000))
    share = float((randomisation_test(nothing) < 0.05).mean())
    assert 0.03 < share < 0.07


def test_p_never_is_nought():
    assert float(randomisation_test(np.ones((500, 1)))[0]) == pytest.approx(1 / 10_001)


def test_p_of_a_metric_does_not_depend_on_which_others_are_compared_nor_on_memory(monkeypatch):
    many = np.random.default_rng(7).normal(0.1, 1, size=(70, 4))
    many[3] = 0
    together = randomisation_test(many)
    assert [float(randomisation_test(many[:, [one]])[0]) for one in range(4)] == together.tolist()
    monkeypatch.setattr(paired, "_BLOCK", 70 * 13)
    assert randomisation_test(many).tolist() == together.tolist()


def test_rounding_to_six_digits_does_not_break_ties():
    thirds = [1 / 3, 1 / 3, -2 / 3, 2 / 3, 1 / 3, -1 / 3]
    p = [float(randomisation_test(np.array(one)[:, None])[0]) for one in (thirds, np.round(thirds, 6))]
    assert p[0] == p[1]


# ---- Figures -------------------------------------------------------------------------------------


def test_means_difference_wins_losses_and_ties():
    one = figures(compare_runs(*two_runs([1, 0, 0, 1, 0, 0], [1, 1, 1, 0, 1, 0])), "contains")
    assert (one.n, one.a, one.b) == (6, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert one.difference == pytest.approx(1 / 3)
    assert (one.wins, one.losses, one.ties) == (3, 1, 2)
    assert one.p == pytest.approx(exact_p([0, 1, 1, -1, 1, 0]), abs=0.02)
    assert one.low <= one.difference <= one.high


@pytest.mark.parametrize(
    ("metric", "better", "wins", "losses"),
    [("contains", 1, 2, 1), ("false_abstention", -1, 1, 2), ("answer_words", 0, 2, 1)],
)
def test_a_win_is_what_is_better_for_the_metric(metric, better, wins, losses):
    a, b = (with_part(run, metrics={metric: NOISE}) for run in two_runs([0, 0, 1], [1, 1, 0], metric))
    one = figures(compare_runs(a, b), metric)
    assert (one.better, one.wins, one.losses, one.ties) == (better, wins, losses, 0)


def test_the_interval_is_the_bootstrap_of_the_differences():
    a, b = spread(8, 80), spread(9, 80, 0.4)
    one = figures(compare_runs(*two_runs(a, b)), "contains")
    by_hand = intervals.mean([y - x for x, y in zip(a, b, strict=True)])
    assert (one.low, one.high) == (pytest.approx(by_hand.low), pytest.approx(by_hand.high))
    half = 1.96 * float(np.std([y - x for x, y in zip(a, b, strict=True)])) / 80**0.5
    assert one.low == pytest.approx(one.difference - half, abs=0.06)
    assert one.high == pytest.approx(one.difference + half, abs=0.06)


def test_pairing_tells_what_two_intervals_side_by_side_cannot():
    a = [round(draw, 6) for draw in spread(10, 60)]
    one = figures(compare_runs(*two_runs(a, [value + 0.1 for value in a])), "contains")
    assert one.low == pytest.approx(0.1) == one.high
    assert one.p < 0.001
    assert intervals.mean(a).high > float(np.mean(a)) + 0.1


@pytest.mark.parametrize("name", paired.BALANCED)
def test_balanced_accuracy_weighs_both_kinds_the_same_in_difference_interval_and_test(name: str):
    def scores(right: float, kind: str) -> dict[str, float]:
        if name == "support_balanced_accuracy":
            return {"support_correct": right}
        return {"abstention_recall": right} if kind == "no" else {"false_abstention": 1 - right}

    def rows(found: list[float], silent: list[float]) -> list[Row]:
        yes = [replace(a_row(f"y{n}"), scores=scores(right, "yes")) for n, right in enumerate(found)]
        no = [
            replace(a_row(f"n{n}"), scores=scores(right, "no"), answerable=False)
            for n, right in enumerate(silent)
        ]
        return yes + no

    run_a = a_run(*rows([1, 0, 0, 0, 1, 0, 0, 0], [0, 1]), metrics={name: NOISE})
    run_b = a_run(*rows([1, 1, 1, 0, 0, 1, 0, 0], [1, 1]), metrics={name: NOISE})
    one = figures(compare_runs(run_a, run_b), name)
    assert (one.n, one.a, one.b) == (10, (2 / 8 + 1 / 2) / 2, (4 / 8 + 1) / 2)
    assert one.difference == pytest.approx(one.b - one.a)
    assert (one.wins, one.losses, one.ties) == (4, 1, 5)
    changes = [0, 1, 1, 0, -1, 1, 0, 0, 1, 0]
    by_hand = intervals.balanced_accuracy(changes, [True] * 8 + [False] * 2)
    assert (one.low, one.high) == (pytest.approx(by_hand.low), pytest.approx(by_hand.high))
    weighted = [change / (8 if place < 8 else 2) for place, change in enumerate(changes)]
    assert one.p == pytest.approx(exact_p(weighted), abs=0.02)


def test_a_failed_question_counts_as_wrong():
    run_a, run_b = two_runs([1, 1], [1, 0])
    rows = (run_b.rows[0], replace(run_b.rows[1], error="ModelUnreachable: down", answer=""))
    found = compare_runs(run_a, replace(run_b, rows=rows))
    assert figures(found, "contains").losses == 1
    assert "failed: ModelUnreachable: down" in format_comparison(found)


def test_a_question_only_one_run_scored_is_counted_beside_the_pairs():
    run_a = a_run(a_row("x", citation_valid=1), a_row("y", citation_valid=1), a_row("z"))
    run_b = a_run(a_row("x", citation_valid=0), a_row("y"), a_row("z", citation_valid=0))
    found = compare_runs(run_a, run_b)
    one = figures(found, "citation_valid")
    assert (one.n, one.only_a, one.only_b, one.losses) == (1, 1, 1, 1)
    assert "scored in A only 1, in B only 1: citation_valid" in format_comparison(found)


def test_times_and_what_is_no_mean_stand_apart_untested():
    metrics = {"contains": NOISE, "latency_ms_p50": Estimate(950, 4, 900, 990), "risk_coverage_area": NOISE}
    run_a, run_b = (a_run(a_row("x", contains=n, latency_ms=n), metrics=metrics) for n in (0, 1))
    run_b = replace(run_b, parts=(replace(run_b.parts[0], metrics={"contains": NOISE}),))
    table = compare_runs(run_a, run_b).tables[0]
    assert [one.metric for one in table.tested] == ["contains"]
    assert [(one.metric, one.b) for one in table.untested] == [("risk_coverage_area", None)]
    assert [one.metric for one in table.timing] == ["latency_ms_p50"]
    shown = format_comparison(compare_runs(run_a, run_b))
    assert "times are of one machine at one moment" in shown
    assert "950 ms" in shown


def test_a_score_that_only_serves_other_figures_is_not_compared_unless_asked_for():
    runs = two_runs([0.1, 0.2], [0.3, 0.1], "support_score")
    assert compare_runs(*runs).tables[0].tested == ()
    assert compare_runs(*runs).changed == ()
    assert figures(compare_runs(*runs, ("support_score",)), "support_score").better == 0


def test_every_part_has_its_table_and_all_together_where_the_run_has_such_figures():
    left = [a_row("x", "one", contains=0), a_row("x", "two", contains=0), a_row("y", "two", contains=1)]
    right = [replace(row, scores={"contains": 1.0}) for row in left]
    with_all = compare_runs(
        a_run(*left, metrics={"contains": NOISE}), a_run(*right, metrics={"contains": NOISE})
    )
    assert [(table.name, table.n) for table in with_all.tables] == [("one", 1), ("two", 2)]
    assert with_all.overall is not None
    assert with_all.overall.n == 3
    assert with_all.overall.tested[0].difference == pytest.approx(2 / 3)
    assert "all: 3 questions" in format_comparison(with_all)
    assert compare_runs(a_run(*left), a_run(*right)).overall is None


def test_the_same_run_twice_differs_in_nothing():
    run, _ = two_runs([1, 0, 0.5], [])
    found = compare_runs(run, run)
    one = figures(found, "contains")
    assert (one.difference, one.low, one.high, one.p, one.ties) == (0, 0, 0, 1, 3)
    assert (found.changed, found.reworded, found.differences) == ((), 0, ())
    shown = format_comparison(found)
    assert "the same settings, commit, engine and model" in shown
    assert "no question changed its scores" in shown


def test_a_run_from_its_file_and_from_memory_are_the_same():
    run, _ = two_runs([1 / 3, 2 / 3], [])
    written = replace(
        run, rows=tuple(replace(r, scores={"contains": round(r.scores["contains"], 6)}) for r in run.rows)
    )
    assert figures(compare_runs(run, written), "contains").ties == 2
    assert compare_runs(run, written).changed == ()


# ---- What is not compared, or refused --------------------------------------------------------------


def with_part(run: Run, **known: Any) -> Run:
    return replace(run, parts=(replace(run.parts[0], **known),))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            lambda run: with_part(run, data_sha256="e" * 64),
            "seeds: data_sha256 .A dddddddddddd, B eeeeeeeeeeee.",
        ),
        (lambda run: with_part(run, articles_sha256="e" * 64), "seeds: articles_sha256 .A aaaaaaaaaaaa"),
        (lambda run: with_part(run, task="retrieve"), "seeds: task .A ask, B retrieve."),
        (
            lambda run: replace(with_part(run, name="xquad"), rows=()),
            "no part in common .A: seeds; B: xquad.",
        ),
        (lambda run: replace(run, limit=1, rows=run.rows[:1]), "A: all; B: --limit 1 --seed 0"),
        (lambda run: replace(run, rows=()), "no question in common"),
        (
            lambda run: replace(run, rows=run.rows + run.rows[:1]),
            "question 'q0' of part 'seeds' is there twice",
        ),
        (lambda run: replace(run, rows=(*run.rows, a_row("z", "moon"))), "'moon' belongs to no part"),
        (lambda run: replace(run, rows=(a_row("q0", contains=float("nan")),)), "not a number"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused_and_told_apart(change, named):
    run, _ = two_runs([1, 0], [])
    with pytest.raises(InputError, match=named) as caught:
        compare_runs(run, change(run))
    assert caught.value.next_step


def test_another_limit_is_no_matter_where_the_questions_are_the_same():
    run, other = two_runs([1, 0], [0, 0])
    found = compare_runs(run, replace(other, limit=500, seed=3))
    assert found.n == 2
    assert {one.name: (one.a, one.b) for one in found.differences} == {
        "limit": ("-", "500"),
        "seed": ("0", "3"),
    }


def test_a_question_that_one_run_lacks_is_counted_and_named():
    run, other = two_runs([1, 0, 1], [1, 1, 1])
    found = compare_runs(replace(run, rows=run.rows[1:]), replace(other, rows=other.rows[:-1]))
    assert ([row.id for row in found.only_a], [row.id for row in found.only_b]) == (["q2"], ["q0"])
    assert (found.n, figures(found, "contains").n) == (1, 1)
    shown = format_comparison(found)
    assert "missing in B, in no figure below: 1 question of A: seeds q2" in shown
    assert "missing in A, in no figure below: 1 question of B: seeds q0" in shown


def test_a_part_that_one_run_lacks_is_named_and_there_is_no_table_over_all():
    rows = [a_row("x", "one", contains=1), a_row("y", "two", contains=1)]
    found = compare_runs(
        a_run(*rows, metrics={"contains": NOISE}), a_run(rows[0], metrics={"contains": NOISE})
    )
    assert [part.name for part in found.parts_only_a] == ["two"]
    assert found.only_a == ()
    assert found.overall is None
    assert "only in A, not compared: two (1 row)" in format_comparison(found)


def test_what_the_runs_were_made_with_stands_at_the_top():
    run, other = two_runs([1], [0])
    other = replace(
        other,
        engine="model",
        model="tiny",
        commit="d" * 40,
        settings={"top_k": 4, "mmr": True},
        settings_hash="z",
    )
    found = compare_runs(run, other)
    assert {one.name: (one.a, one.b) for one in found.differences} == {
        "engine": ("quote", "model"),
        "model": ("-", "tiny"),
        "commit": ("c" * 40, "d" * 40),
        "top_k": ("6", "4"),
        "mmr": ("-", "true"),
    }
    shown = format_comparison(found, 100)
    assert shown.index("top_k") < shown.index("contains")


def test_what_stands_in_the_run_and_in_its_settings_is_told_once():
    run, _ = two_runs([1], [])
    left, right = (replace(run, engine=name, settings={"engine": name}) for name in ("quote", "model"))
    assert [one.name for one in compare_runs(left, right).differences] == ["engine"]


def test_a_hash_is_told_where_no_setting_explains_it_and_a_changed_checkout_too():
    run, _ = two_runs([1], [])
    run = replace(run, commit="c" * 40 + "-dirty")
    found = compare_runs(run, replace(run, settings_hash="z" * 64))
    assert [one.name for one in found.differences] == ["settings_hash"]
    assert "the code may differ" in format_comparison(found)


def test_only_the_metrics_asked_for_are_compared():
    run_a = a_run(a_row("x", contains=0, em=0), a_row("y", contains=1, em=0))
    run_b = a_run(a_row("x", contains=0, em=1), a_row("y", contains=0, em=0))
    found = compare_runs(run_a, run_b, ("contains",))
    assert [one.metric for one in found.tables[0].tested] == ["contains"]
    assert [one.a.id for one in found.changed] == ["y"]


def test_a_metric_that_neither_has_is_refused_with_the_nearest_names():
    with pytest.raises(InputError, match="'contians'") as caught:
        compare_runs(*two_runs([1], [0]), ("contians",))
    assert "did you mean contains?" in caught.value.next_step


# ---- Changed questions ------------------------------------------------------------------------------


def test_changed_questions_come_worst_first_with_both_answers_and_their_scores():
    run_a = a_run(
        a_row("same", contains=1),
        a_row("won", answer="The articles do not say.", contains=0, f1=0),
        a_row("lost", answer="It cost 302 million dollars.", contains=1, f1=0.8, citation_valid=1),
        a_row("words", contains=1, answer_words=2),
    )
    run_b = a_run(
        a_row("same", contains=1),
        a_row("won", answer="It opened in 1914.", contains=1, f1=0.5),
        a_row("lost", answer="The articles do not answer.", contains=0, f1=0),
        a_row("words", contains=1, answer="In the year 1914.", answer_words=4),
    )
    found = compare_runs(run_a, run_b)
    assert [one.a.id for one in found.changed] == ["lost", "won"]
    assert found.reworded == 1  # a longer answer alone is another wording
    shown = format_comparison(found, 100)
    assert "What about lost?" in shown
    beside = next(line for line in shown.splitlines() if "302 million" in line)
    assert "The articles do not answer." in beside
    assert "contains 1 -> 0, f1 0.8 -> 0, citation_valid 1 -> -" in shown
    assert "1 more answer in other words" in shown
    stacked = format_comparison(found, 66).splitlines()
    assert not any("302 million" in line and "do not answer" in line for line in stacked)


def test_no_more_changed_questions_than_asked_for_and_the_rest_is_counted():
    found = compare_runs(*two_runs([0] * 33, [1] * 33))
    assert len(found.changed) == 33
    shown = format_comparison(found, 100, changed=2)
    assert shown.count("What about") == 2
    assert shown.endswith("and 31 more")
    assert format_comparison(found, 100, changed=0).count("What about") == 0
    assert "and 13 more" in format_comparison(found)


texts = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        ["東京は日本の首都です。" * 30, "עברית \u202eabc", "\x1b[2J\x07red", "word " * 300, "e\u0301" * 50]
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(question=texts, left=texts, right=texts, kind=texts, setting=texts, width=st.integers(71, 140))
def test_nothing_is_wider_than_the_terminal_nor_steers_it(question, left, right, kind, setting, width):
    metrics = {"latency_ms_p50": NOISE, "risk_coverage_area": NOISE}
    row = Row("x", question, left, {"contains": 1, "f1": 0.123456}, part="seeds", kind=kind)
    run = a_run(row, metrics=metrics, settings={"prompt": setting})
    other = a_run(replace(row, answer=right, scores={"contains": 0.0, "f1": 0.3}), metrics=metrics)
    shown = format_comparison(compare_runs(run, other), width)
    for line in shown.split("\n"):
        assert cell_len(line) <= width, line
    assert not any((ord(c) < 32 and c != "\n") or c in "\x7f\u202e\u2066" for c in shown)


# ---- The command --------------------------------------------------------------------------------------


def footnote(*arguments: str | Path) -> Result:
    app = typer.Typer(cls=Boundary)
    app.command("compare")(compare)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["compare", *map(str, arguments)])


def files(folder: Path, *runs: Run) -> list[Path]:
    paths = [folder / f"{name}.json" for name, _ in zip("abc", runs, strict=False)]
    for path, run in zip(paths, runs, strict=True):
        write_run(run, path)
    return paths


def test_the_command_prints_a_table(tmp_path: Path):
    result = footnote(*files(tmp_path, *two_runs([1, 0], [1, 1])))
    assert result.exit_code == 0
    assert "contains" in result.stdout
    assert "What about q1?" in result.stdout


def test_json_is_one_object_with_everything(tmp_path: Path):
    run, other = two_runs([1 / 3, 0], [1, 1])
    other = with_part(replace(other, engine="model"), metrics={"risk_coverage_area": NOISE})
    paths = files(tmp_path, run, other)
    paths[1].write_text(paths[1].read_text().replace("In 1914.", "half \\ud83d", 1))
    result = footnote(*paths, "--json", "--metric", "contains")
    assert result.exit_code == 0, result.output
    whole = json.loads(result.stdout)
    assert whole["n"] == 2
    assert whole["differences"] == [{"name": "engine", "a": "quote", "b": "model"}]
    assert whole["parts"][0]["tested"][0]["difference"] == 0.833333
    assert whole["changed"][0]["b"]["answer"] == "half ?"
    assert whole["changed"][0]["scores"] == {"contains": [0.333333, 1]}
    assert whole["only_a"] == whole["parts_only_b"] == []


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a run"),
        ('{"suite": "", "rows": [], "metrics": {}}', "another version"),
    ],
)
def test_a_bad_file_is_an_error_with_a_next_step(tmp_path: Path, content: str, cause: str):
    good, bad = files(tmp_path, two_runs([1], [])[0])[0], tmp_path / "bad.json"
    bad.write_text(content)
    result = footnote(good, bad)
    assert result.exit_code == 2
    assert cause in result.stderr
    assert "bad.json" in result.stderr
    assert "->" in result.stderr
    assert result.stdout == ""


def test_runs_of_different_data_end_with_status_2_and_no_table(tmp_path: Path):
    run, other = two_runs([1], [0])
    result = footnote(*files(tmp_path, run, with_part(other, data_sha256="e" * 64)), "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "seeds: data_sha256" in result.stderr
