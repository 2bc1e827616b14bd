"""TREC files: what is written is read again, trec_eval agrees about it, and damage is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytrec_eval
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.metrics import ranking_scores
from evals.rows import Part, Row, Run
from evals.trec import rankings_of, read_qrels, read_run, write_run_file
from index.errors import InputError

in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

names = st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=8).filter(
    lambda name: not any(c.isspace() or c == "\ufeff" for c in name)
)
rankings = st.dictionaries(
    names, st.lists(names, min_size=1, max_size=12, unique=True), min_size=1, max_size=5
)
documents = st.sampled_from([f"d{number}" for number in range(30)])
questions = st.sampled_from(["q1", "q2", "q3"])


def written(folder: Path, text: str | bytes, name: str = "file.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def a_run(rows: list[Row]) -> Run:
    part = Part("seeds", "ask", len(rows), 0, 0, "d" * 64, "a" * 64, (), {})
    return Run(
        "seeds", len(rows), 0, 0, "d" * 64, "s", "i", {}, "", "2026-01-01T00:00:00Z", 0, None, "quote", "",
        "hybrid", {}, (part,), tuple(rows),
    )  # fmt: skip


@in_one_folder
@given(given_rankings=rankings, tag=names)
def test_rankings_come_back_in_their_order(tmp_path: Path, given_rankings, tag):
    path = tmp_path / "run.trec"
    write_run_file(path, given_rankings, tag)
    assert read_run(path) == given_rankings


def test_a_run_file_has_the_six_fields_of_trec(tmp_path: Path):
    path = tmp_path / "run.trec"
    write_run_file(path, {"q1": ["b.md", "a.md"], "q2": []}, "footnote")
    assert path.read_text() == "q1 Q0 b.md 1 2 footnote\nq1 Q0 a.md 2 1 footnote\n"


@pytest.mark.parametrize(
    ("text", "ranking"),
    [
        ("q Q0 low 1 0.5 t\nq Q0 high 2 0.9 t\n", ["high", "low"]),  # the rank is not used
        ("q Q0 a 1 1 t\nq Q0 c 2 1 t\nq Q0 b 3 1 t\n", ["c", "b", "a"]),  # ties: last name first
        ("q Q0 a 1 1.00000001 t\nq Q0 b 2 1.0 t\n", ["b", "a"]),  # equal in single precision
        ("q\tQ0  a\t1 -1.e3 t\r\n\r\nq Q0 b 2 -2 t", ["b", "a"]),  # tabs, Windows line ends, blank lines
        ("\ufeffq Q0 a 1 1 t\n", ["a"]),
        ("q Q0 a\u00a0b 1 1 t\n", ["a\u00a0b"]),  # no white space to trec_eval
        ("q Q0 ａ 1 1 t\nq Q0 𝄞 2 1 t\n", ["𝄞", "ａ"]),
    ],
)
def test_a_run_file_is_sorted_as_trec_eval_sorts_it(tmp_path: Path, text, ranking):
    assert read_run(written(tmp_path, text)) == {"q": ranking}


@in_one_folder
@given(
    scores=st.dictionaries(
        st.sampled_from(["a", "b", "B", "é", "ａ", "𝄞", "10", "9", "aa"]),
        st.one_of(
            st.sampled_from([0.0, -0.0, 1.0, 1.0 + 1e-9, 1e-46, -1.0, 3e38]),
            st.floats(-3e38, 3e38, allow_subnormal=True),
        ),
        min_size=1,
    )
)
def test_trec_eval_finds_each_document_at_the_rank_we_read(tmp_path: Path, scores: dict[str, float]):
    lines = "".join(f"q Q0 {name} 0 {score!r} t\n" for name, score in scores.items())
    ranking = read_run(written(tmp_path, lines))["q"]
    for rank, name in enumerate(ranking, start=1):
        judge = pytrec_eval.RelevanceEvaluator({"q": {name: 1}}, {"recip_rank"})
        assert judge.evaluate({"q": scores})["q"]["recip_rank"] == pytest.approx(1 / rank), (ranking, scores)


@in_one_folder
@given(
    found=st.dictionaries(questions, st.lists(documents, min_size=1, unique=True), min_size=1),
    judged=st.dictionaries(
        questions, st.dictionaries(documents, st.integers(0, 3), min_size=1, max_size=15), min_size=1
    ),
)
def test_ranking_figures_from_the_files_are_trec_evals(tmp_path: Path, found, judged):
    write_run_file(tmp_path / "run.trec", found, "t")
    lines = "".join(f"{q} 0 {d} {grade}\n" for q, grades in judged.items() for d, grade in grades.items())
    ranked, qrels = read_run(tmp_path / "run.trec"), read_qrels(written(tmp_path, lines))
    ours = ranking_scores(ranked, qrels, ("hit@1", "hit@4", "hit@10", "mrr@10", "ndcg@10", "recall@5"))

    def theirs(measures: set[str], depth: int) -> dict[str, dict[str, float]]:
        scored = {q: {d: float(-rank) for rank, d in enumerate(row[:depth])} for q, row in found.items()}
        return pytrec_eval.RelevanceEvaluator(judged, measures).evaluate(scored)

    deep = theirs({"success.1,4,10", "ndcg_cut.10", "recall.5"}, 1000)
    shallow = theirs({"recip_rank"}, 10)
    for question in judged:
        expected = dict.fromkeys(ours[question], 0.0)  # judged, not ranked
        if question in found:
            row = deep[question]
            expected = {f"hit@{k}": row[f"success_{k}"] for k in (1, 4, 10)} | {
                "mrr@10": shallow[question]["recip_rank"],
                "ndcg@10": row["ndcg_cut_10"],
                "recall@5": row["recall_5"],
            }
        assert ours[question] == pytest.approx(expected, abs=1e-6)


def test_qrels_keep_their_grades(tmp_path: Path):
    path = written(tmp_path, "q1 0 a 2\nq1 0 b 0\nq2 0 a -1\n")
    assert read_qrels(path) == {"q1": {"a": 2, "b": 0}, "q2": {"a": -1}}


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("q Q0 a 1 2 t\nq Q0 b 2 1\n", 2, "expected 6 fields, found 5"),
        ("q Q0 a b 1 2 t\n", 1, "expected 6 fields, found 7"),
        ("q Q0 a 1 high t\n", 1, "'high' is not a finite number"),
        ("q Q0 a 1 1_0 t\n", 1, "'1_0' is not a finite number"),
        ("q Q0 a 1 ٣ t\n", 1, "'٣' is not a finite number"),
        ("q Q0 a 1 nan t\n", 1, "'nan' is not a finite number"),
        ("q Q0 a 1 inf t\n", 1, "'inf' is not a finite number"),
        ("q Q0 a 1 1e39 t\n", 1, "'1e39' is not a finite number"),
        ("q Q0 a 1 2 t\n\nq Q0 a 2 1 t\n", 3, "'a' was ranked for 'q' before"),
        (b"q Q0 \xff 1 2 t\n", 1, "not UTF-8"),
    ],
)
def test_a_damaged_run_file_is_named_with_its_line(tmp_path: Path, text, line, cause):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=f"^{path}:{line}: .*{cause}") as caught:
        read_run(path)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("q 0 a\n", 1, "expected 4 fields, found 3"),
        ("query-id\tcorpus-id\tscore\n", 1, "expected 4 fields"),
        ("q 0 a 1\nq 0 b 1.5\n", 2, "'1.5' is not a whole number"),
        ("q 0 a 1_0\n", 1, "'1_0' is not a whole number"),
        ("q 0 a 99999999999\n", 1, "is not a whole number"),
        ("q 0 a 1\nq 0 a 0\n", 2, "'a' was judged for 'q' before"),
    ],
)
def test_damaged_qrels_are_named_with_their_line(tmp_path: Path, text, line, cause):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=f"^{path}:{line}: .*{cause}"):
        read_qrels(path)


@pytest.mark.parametrize("read", [read_run, read_qrels])
@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_a_file_without_a_line_is_refused(tmp_path: Path, read, text):
    with pytest.raises(InputError, match="holds no line"):
        read(written(tmp_path, text))


@pytest.mark.parametrize("read", [read_run, read_qrels])
def test_what_cannot_be_opened_is_refused(tmp_path: Path, read):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match="cannot be read"):
            read(path)


@in_one_folder
@given(
    st.one_of(
        st.binary(max_size=80),
        st.lists(
            st.sampled_from(["q", "Q0", "0", "1", "nan", "1e400", "\xa0", "\x1c", "\r", "\n", "a b", "ß"])
        ).map(lambda words: " ".join(words).encode()),
    )
)
def test_no_file_does_worse_than_an_error_of_ours(tmp_path: Path, content: bytes):
    path = written(tmp_path, content)
    for read in (read_run, read_qrels):
        found, complaint = None, ""
        try:
            found = read(path)
        except InputError as error:
            complaint = str(error)
        assert found or str(path) in complaint


@pytest.mark.parametrize(
    ("ranked", "tag", "named"),
    [
        ({"q": ["my notes.md"]}, "t", "'my notes.md'"),
        ({"q 1": ["a"]}, "t", "'q 1'"),
        ({"q": ["a\u2028b"]}, "t", "white space"),
        ({"q": [""]}, "t", "''"),
        ({"q": ["a"]}, "my run", "'my run'"),
        ({"q": ["a"]}, "", "the tag ''"),
        ({"q": ["a\ud800"]}, "t", "UTF-8"),
        ({"\ufeffq": ["a"]}, "t", "ufeff"),
        ({"q": ["a", "b", "a"]}, "t", "'a' is ranked twice"),
        ({"q": []}, "t", "no question has a ranking"),
    ],
)
def test_what_the_format_cannot_hold_is_refused_and_the_old_file_stays(tmp_path: Path, ranked, tag, named):
    path = written(tmp_path, "old")
    with pytest.raises(InputError, match=named):
        write_run_file(path, ranked, tag)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_gives_the_rankings_of_its_part_and_keeps_questions_that_found_nothing():
    run = a_run(
        [
            Row("q1", "?", "", {}, part="seeds", ranking=("b.md", "a.md")),
            Row("q2", "?", "", {}, part="seeds", error="ModelUnreachable: down"),
        ]
    )
    assert rankings_of(run, "seeds") == {"q1": ["b.md", "a.md"], "q2": []}
    with pytest.raises(InputError, match="no part 'sedes'") as caught:
        rankings_of(run, "sedes")
    assert "seeds" in caught.value.next_step
