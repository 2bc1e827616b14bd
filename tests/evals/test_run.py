"""A run over a scripted system: what it asks, counts, writes and says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from evals.cases import Case, Suite
from evals.progress import EvalProgress
from evals.rows import Run, read_run, without_timings
from evals.run import commit, run_suite
from evals.suites import Plan
from evals.system import Built
from evals.table import format_table
from evals.tasks.ask import WARM_UP, AskTask
from index.errors import InputError, ModelUnreachable
from index.schema import Article
from rag.schema import Answer, AnswerSentence, Turn
from tests.evals.fakes import Library, System, answer, article, citation, quoted

CANAL = article("canal", "The canal opened in 1914. It cost 302 million dollars.", published=date(2020, 1, 1))
WORM = article("worm", "Guinea worm fell to 13 cases in 2022.")
MOON = article("moon", "The planet has 145 known moons.")
ARTICLES = (CANAL, WORM, MOON)

HISTORY = (Turn("When did the canal open?", "In 1914."),)
CASES = (
    Case(
        "open",
        "When did the canal open?",
        ("1914",),
        ("canal",),
        ("The canal opened in 1914.",),
        kind="plain",
    ),
    Case(
        "cost",
        "How much did it cost?",
        ("302 million",),
        ("canal",),
        history=HISTORY,
        asked_at=date(2024, 3, 1),
    ),
    Case("worm", "How many cases of Guinea worm?", ("13",), ("worm",), ("Guinea worm fell to 13 cases",)),
    Case("moon", "How many moons are known?", ("145",), ("moon",)),
    Case("who", "Who is the president of France?", answerable=False),
    Case("tea", "What does tea cost?", answerable=False),
)


def script(question: str, library: Library) -> Answer | Exception:
    canal, worm = library.article("a-canal"), library.article("a-worm")
    assert canal is not None
    assert worm is not None
    replies: dict[str, Answer | Exception] = {
        "When did the canal open?": quoted(canal, "The canal opened in 1914.", confidence=0.9),
        "How much did it cost?": answer(
            [AnswerSentence("It cost 302 million dollars.", "draft", (1,), 0.9)],
            [citation(1, canal, "It cost 302 million dollars.")],
            standalone="How much did the canal cost?",
            confidence=0.8,
        ),
        "How many cases of Guinea worm?": answer(abstained=True, confidence=0.1),
        "How many moons are known?": ModelUnreachable("the model's server is down"),
        "Who is the president of France?": answer(abstained=True, confidence=0.05),
        "What does tea cost?": quoted(worm, "13 cases", confidence=0.6),
    }
    return replies.get(question, answer(abstained=True))


def suite(cases: tuple[Case, ...] = CASES, articles: tuple[Article, ...] | None = ARTICLES) -> Suite:
    give: Callable | None = None if articles is None else (lambda: iter(articles))
    return Suite("tiny", Path("tiny"), cases, give, "d" * 64, "tiny")


def run(tmp_path: Path, **more) -> tuple[Run, System]:
    system = more.pop("system", None) or System(script)
    return run_suite(more.pop("suite", suite()), system, cache_dir=tmp_path / "cache", **more), system


def test_every_figure_of_a_small_run_worked_out_by_hand(tmp_path: Path):
    figures = {name: (one.value, one.n) for name, one in run(tmp_path)[0].metrics.items()}
    assert figures["hit@1"] == (0.75, 4)  # the failed question counts as not found
    assert figures["recall@100"] == (0.75, 4)
    assert figures["passage_hit@1"] == (1, 2)
    assert figures["hit_string@10"] == (0.75, 4)
    assert figures["contains"] == (0.5, 4)
    assert figures["contains_answered"] == (1, 2)
    assert figures["em"] == (0, 4)
    assert figures["f1"] == (pytest.approx((2 * (1 / 4) / (1 + 1 / 4) + 2 * (2 / 5) / (1 + 2 / 5)) / 4), 4)
    assert figures["answer_words"] == (5, 3)
    assert figures["abstention_recall"] == (0.5, 2)
    assert figures["false_abstention"] == (0.5, 4)  # one abstained, one failed
    assert figures["abstention_balanced_accuracy"] == (0.5, 6)
    # by confidence: open .9, cost .8, tea .6 (lost), worm .1, who .05 (lost), moon 0 (failed, lost)
    assert figures["risk_coverage_area"] == (pytest.approx((0 + 0 + 1 / 3 + 1 / 4 + 2 / 5 + 3 / 6) / 6), 6)
    assert figures["citation_valid"] == (1, 3)
    assert figures["citation_verbatim"] == (1, 3)
    assert figures["citation_gold_precision"] == (1, 2)
    assert figures["citation_gold_recall"] == (1, 2)
    assert figures["citation_answer"] == (1, 2)
    assert figures["drafted_share"] == (pytest.approx(1 / 3), 3)
    assert figures["replaced_share"] == (0, 1)
    assert figures["latency_ms_p50"] == (10, 5)
    assert figures["first_sentence_ms_p95"] == (4, 3)


def test_one_failing_question_is_a_row_with_its_error(tmp_path: Path):
    done, _ = run(tmp_path)
    assert done.failed == 1
    assert [row.id for row in done.rows] == [case.id for case in CASES]
    row = done.rows[3]
    assert row.error == "ModelUnreachable: the model's server is down"
    assert row.answer == ""
    assert set(row.scores.values()) == {0.0, 1.0}
    assert row.scores["false_abstention"] == 1
    assert row.scores["contains"] == row.scores["hit@10"] == row.scores["mrr@10"] == 0


def test_an_error_nobody_foresaw_is_a_row_too(tmp_path: Path):
    done, _ = run(tmp_path, system=System(lambda _question, _library: ZeroDivisionError("oh")))
    assert done.failed == len(CASES)
    assert {row.error for row in done.rows} == {"ZeroDivisionError: oh"}
    assert done.metrics["contains"].value == 0
    assert "citation_valid" not in done.metrics


def test_history_and_day_reach_the_pipeline_and_retrieval_asks_the_standalone_question(tmp_path: Path):
    _, system = run(tmp_path)
    pipeline = system.pipelines[0]
    assert pipeline.asked[0] == (WARM_UP, (), None)
    assert [question for question, _, _ in pipeline.asked[1:]] == [case.question for case in CASES]
    assert ("How much did it cost?", HISTORY, date(2024, 3, 1)) in pipeline.asked
    assert pipeline.retrieved == [
        ("When did the canal open?", None),
        ("How much did the canal cost?", date(2024, 3, 1)),
        ("How many cases of Guinea worm?", None),
    ]


def test_recall_at_a_hundred_articles_is_asked_for_deeper_where_passages_share_articles(tmp_path: Path):
    asked: list[int] = []

    class Shallow(System):
        def pipeline(self, index_dir: Path):
            opened = super().pipeline(index_dir)
            plain = opened.retrieve

            def retrieve(question: str, k: int, /, *, asked_at: date | None = None, without=()):
                asked.append(k)
                found = plain(question, k)
                return tuple(found * 100)[:k] if k == 100 else (*found, *plain("moons", 3))

            opened.retrieve = retrieve
            return opened

    done, _ = run(tmp_path, system=Shallow(script), suite=suite(CASES[:1]))
    assert asked == [100, 400]
    assert done.metrics["recall@100"].value == 1


def test_an_abstention_scores_zero_even_when_its_words_hold_the_answer(tmp_path: Path):
    cases = (replace(CASES[2], answers=("articles",)),)
    done, _ = run(tmp_path, suite=suite(cases))
    assert "articles" in done.rows[0].answer
    assert done.rows[0].scores["contains"] == 0
    assert "contains_answered" not in done.metrics


def test_an_abstention_is_no_exact_match_of_a_reference_without_words(tmp_path: Path):
    done, _ = run(tmp_path, suite=suite((replace(CASES[2], answers=("!",)),)))
    assert done.rows[0].scores["em"] == done.rows[0].scores["f1"] == 0


def test_an_answer_to_what_has_none_is_judged_by_its_quotes_but_has_no_gold(tmp_path: Path):
    done, _ = run(tmp_path, suite=suite((replace(CASES[5], article_ids=("worm",)),)))
    scores = done.rows[0].scores
    assert scores["abstention_recall"] == 0
    assert scores["citation_verbatim"] == 1
    assert not [name for name in scores if name.startswith(("citation_gold", "hit", "contains"))]


def test_quotes_are_compared_with_the_index_and_not_with_the_articles_in_the_answer(tmp_path: Path):
    forged = replace(CANAL, text="It opened in 1914, aliens say.")
    system = System(lambda _question, _library: quoted(forged, "aliens say"))
    done, _ = run(tmp_path, system=system, suite=suite(CASES[:1]))
    assert done.metrics["citation_verbatim"].value == 0


def test_a_part_that_failed_while_the_answer_went_on_is_counted_and_shown(tmp_path: Path):
    done, _ = run(tmp_path, system=System(script, failing_part="the model's server is down"))
    assert done.degraded == 5
    assert done.rows[0].warning == "the model's server is down"
    assert done.rows[0].error == ""
    assert "in 5 of 6 answers a part failed: the model's server is down" in format_table(done)


def test_run_json_has_the_agreed_shape(tmp_path: Path):
    out = tmp_path / "run.json"
    done, _ = run(tmp_path, out=out, limit=5, seed=3, retriever="hybrid")
    read = json.loads(out.read_text(encoding="utf-8"))
    assert {
        "suite",
        "n",
        "data_sha256",
        "settings_hash",
        "commit",
        "metrics",
        "rows",
        "seed",
        "engine",
        "retriever",
        "date",
    } <= set(read)
    assert (read["suite"], read["n"], read["data_sha256"], read["settings_hash"]) == (
        "tiny",
        5,
        "d" * 64,
        "settings-1",
    )
    assert (read["engine"], read["retriever"], read["seed"]) == ("scripted", "hybrid", 3)
    for metric in read["metrics"].values():
        assert set(metric) == {"value", "n", "ci95"}
        low, high = metric["ci95"]
        assert low <= metric["value"] <= high
    for row, kept in zip(read["rows"], done.rows, strict=True):
        assert {"id", "question", "answer", "scores", "error"} <= set(row)
        assert row["id"] == kept.id
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert read_run(out).as_json() == done.as_json()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda text: text[: len(text) // 2], r"run.json:\d+: not valid JSON"),
        (lambda text: text.replace('"schema": 2', '"schema": 1'), "written by another version"),
        (lambda text: text.replace('"rows": [', '"rows": [7, '), "damaged"),
        (lambda text: text.replace('"n": 6', '"n": "six"'), "damaged"),
        (lambda text: "[]", "not a run"),
    ],
)
def test_a_run_file_that_is_damaged_says_so_in_one_line(tmp_path: Path, make, said: str):
    out = tmp_path / "run.json"
    run(tmp_path, out=out)
    out.write_text(make(out.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_run(out)


def test_a_run_that_was_killed_goes_on_where_it_stopped_and_asks_what_failed_again(tmp_path: Path):
    asked: list[str] = []

    def stopping(question: str, library: Library) -> Answer | Exception:
        asked.append(question)
        if len(asked) == 6:  # the unscored first question, then four of the suite's
            raise KeyboardInterrupt
        return script(question, library)

    system = System(stopping)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, system=system)
    asked.clear()
    done, _ = run(tmp_path, system=system)
    assert asked[1:] == [CASES[3].question, CASES[4].question, CASES[5].question]  # 3 had failed
    assert done.notes == ("3 of 6 rows are from an earlier run that was interrupted",)
    whole, _ = run(tmp_path / "elsewhere", system=System(script))
    assert [row.scores for row in done.rows] == [row.scores for row in whole.rows]


def test_half_a_line_at_the_end_of_an_unfinished_run_is_asked_again(tmp_path: Path):
    class Stopping(System):
        stop = True

    def stopping(question: str, library: Library) -> Answer | Exception:
        if question == CASES[2].question and system.stop:
            raise KeyboardInterrupt
        return script(question, library)

    system = Stopping(stopping)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, system=system)
    (left,) = (tmp_path / "cache" / "unfinished").glob("*.jsonl")
    left.write_bytes(left.read_bytes()[:-40])
    system.stop = False
    done, _ = run(tmp_path, system=system)
    assert done.n == 6
    assert done.notes == ("1 of 6 rows are from an earlier run that was interrupted",)
    assert not list((tmp_path / "cache" / "unfinished").glob("*.jsonl"))


def test_articles_that_are_withheld_are_neither_answered_from_nor_found(tmp_path: Path):
    cases = (replace(CASES[3], withheld=("moon",)), replace(CASES[4], withheld=("canal", "moon")))
    done, system = run(tmp_path, suite=suite(cases))
    assert system.pipelines[0].without[1:] == [frozenset({"a-moon"}), frozenset({"a-canal", "a-moon"})]
    assert "moon" not in done.rows[0].ranking


def test_retrieval_only_asks_for_passages_and_judges_no_answer(tmp_path: Path):
    done, system = run(tmp_path, retrieval_only=True)
    assert [asked for asked, _, _ in system.pipelines[0].asked] == [WARM_UP]
    assert set(done.metrics) >= {"hit@1", "ndcg@10", "recall@100", "retrieve_ms_p50"}
    assert not {"contains", "false_abstention", "abstention_balanced_accuracy"} & set(done.metrics)
    assert done.parts[0].task == "retrieve"


def test_several_parts_have_their_own_figures_and_those_over_all(tmp_path: Path):
    other = replace(suite(CASES[:2]), name="other")
    plan = Plan("both", (AskTask(suite()), AskTask(other)), (None, 1))
    done, _ = run(tmp_path, suite=plan)
    assert [(part.name, part.n) for part in done.parts] == [("tiny", 6), ("other", 1)]
    assert (done.n, done.metrics["hit@1"].n) == (7, 5)
    assert [row.part for row in done.rows] == ["tiny"] * 6 + ["other"]
    table = format_table(done)
    assert "tiny: 6 questions" in table
    assert "all 7 questions together" in table


def test_two_runs_are_equal_to_the_byte_but_for_times_and_date(tmp_path: Path):
    system = System(script)
    first, second = (
        json.dumps(without_timings(run(tmp_path, system=system, limit=4)[0])).encode() for _ in range(2)
    )
    assert first == second


def test_the_index_is_built_once_for_equal_data_settings_and_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    builds: list[str] = []

    class Kept(System):
        def build(self, articles, index_dir: Path, label: str) -> Built:
            builds.append(label)
            return super().build(articles, index_dir, label)

    system = Kept(script)
    run(tmp_path, system=system)
    run(tmp_path, system=system, suite=suite(CASES[:2]))
    assert builds == ["tiny"]
    run(tmp_path, system=system, suite=replace(suite(), data_sha256="e" * 64))
    assert len(builds) == 2
    system.index_settings_hash = "index-2"
    run(tmp_path, system=system)
    assert len(builds) == 3
    monkeypatch.setattr("evals.indexes._index_code", lambda: "other code")
    run(tmp_path, system=system)
    assert len(builds) == 4


def test_an_index_whose_building_broke_off_is_built_again(tmp_path: Path):
    class Breaking(System):
        broken = True

        def build(self, articles, index_dir: Path, label: str) -> Built:
            if self.broken:
                raise KeyboardInterrupt
            return super().build(articles, index_dir, label)

    system = Breaking(script)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, system=system)
    system.broken = False
    assert run(tmp_path, system=system)[0].n == 6


def test_questions_of_ones_own_are_asked_of_the_index_that_is_named(tmp_path: Path):
    system = System(script)
    system.built[tmp_path] = list(ARTICLES)
    done, _ = run(tmp_path, system=system, suite=suite(CASES[:2], None), index_dir=tmp_path)
    assert done.metrics["contains"].value == 1
    with pytest.raises(InputError, match="asked of an index") as caught:
        run(tmp_path, system=system, suite=suite(CASES[:2], None))
    assert "--index" in caught.value.next_step


def test_gold_that_is_not_in_a_named_index_is_an_error_naming_question_and_article(tmp_path: Path):
    system = System(script)
    system.built[tmp_path] = [WORM]
    with pytest.raises(InputError, match=r"'open' names article 'canal'"):
        run(tmp_path, system=system, suite=suite(CASES, None), index_dir=tmp_path)


def test_gold_and_quotes_that_got_lost_count_as_not_found_and_are_noted(tmp_path: Path):
    cases = (replace(CASES[0], article_ids=("canal", "lost")), replace(CASES[2], quotes=("no such words",)))
    done, _ = run(tmp_path, suite=suite(cases))
    assert done.metrics["recall@100"].value == pytest.approx((0.5 + 1) / 2)
    assert done.metrics["passage_hit@10"].value == 0.5
    table = format_table(done)
    assert "1 gold articles are not in the index and count as not found: lost" in table
    assert "1 gold quotes are not in their articles and count as not found: worm" in table


def test_progress_counts_articles_and_questions(tmp_path: Path):
    seen: list[EvalProgress] = []
    run(tmp_path, progress=seen.append)
    assert [one.done for one in seen if one.stage == "indexing"] == [0, 1, 2, 3]
    assert [one.done for one in seen if one.stage == "asking"] == list(range(7))
    assert {one.total for one in seen if one.stage == "asking"} == {6}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"limit": 0}, "a limit of 0 questions"),
        ({"limit": -3}, "a limit of -3 questions"),
        ({"suite": "no-such-suite"}, "unknown suite 'no-such-suite'"),
        ({"out": Path("/no/such/folder/run.json")}, "the folder cannot be written"),
        ({"suite": suite(CASES, ())}, "holds no articles"),
    ],
)
def test_bad_input_is_told_before_the_first_question(tmp_path: Path, more: dict, said: str):
    system = System(script)
    with pytest.raises(InputError, match=said) as caught:
        run(tmp_path, system=system, **more)
    assert caught.value.next_step
    assert system.pipelines == []


def test_the_table_shows_every_metric_with_value_n_and_interval_in_groups(tmp_path: Path):
    done, _ = run(tmp_path)
    lines = format_table(done).splitlines()
    groups = [line.split()[0] for line in lines if line.endswith("95 % interval")]
    assert groups == ["retrieval", "answers", "abstention", "citations", "engine", "timing"]
    for name, one in done.metrics.items():
        (line,) = [line for line in lines if line.split()[:1] == [name]]
        assert line.split()[2] == str(one.n)
    assert "commit 0123456789ab-dirty" in format_table(
        replace(done, commit="0123456789ab" + "c" * 28 + "-dirty")
    )
    assert "1 of 6 questions failed and count as wrong: ModelUnreachable: the model's server is down" in lines


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_run_names_the_commit_it_was_made_from_and_whether_files_differ(tmp_path: Path):
    def git(*words: str) -> str:
        who = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *who, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    assert commit(tmp_path) == ""
    git("init")
    assert commit(tmp_path) == ""
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-m", "first")
    assert commit(tmp_path) == git("rev-parse", "HEAD").strip()
    (tmp_path / "file").write_text("two")
    assert commit(tmp_path) == git("rev-parse", "HEAD").strip() + "-dirty"
    (tmp_path / "installed").mkdir()
    assert commit(tmp_path / "installed") == ""  # in another project's checkout


def test_evals_may_be_imported_without_the_people_side_or_a_model():
    code = "import sys, evals.run, evals.table; print([m for m in ('ui', 'torch', 'chromadb', 'llama_index') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
