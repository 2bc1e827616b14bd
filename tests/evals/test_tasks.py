"""Claims, follow-ups, pages, batches and falsified articles over a scripted system: figures by hand."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from evals.cases import Case, Suite
from evals.external import score_run_file
from evals.formats.rgb import FalsifiedSuite
from evals.rows import Run
from evals.run import run_suite
from evals.suites import Plan
from evals.tasks.base import Task
from evals.tasks.claims import Claim, ClaimTask
from evals.tasks.dialogues import FollowUp, FollowUpTask, restored
from evals.tasks.falsified import FalsifiedTask
from evals.tasks.ingest import Batch, IngestTask
from evals.tasks.pages import BASELINES, Page, PageTask, shingle_match
from index.errors import InputError
from index.schema import Article, Skipped
from rag.schema import Turn
from tests.evals.fakes import Library, System, answer, article, quoted
from tests.evals.test_suites import write_lines


def run(tmp_path: Path, task: Task, system: System | None = None) -> Run:
    used = system or System(lambda question, library: answer(abstained=True))
    return run_suite(Plan(task.name, (task,)), used, cache_dir=tmp_path / "cache")


def figures(done: Run) -> dict[str, tuple[float, int]]:
    return {name: (one.value, one.n) for name, one in done.metrics.items()}


def test_claims_are_ranked_and_decided_beside_the_majority(tmp_path: Path):
    claims = (
        Claim("a", "The canal opened.", ("It rained.", "The canal opened."), True, frozenset({1})),
        Claim("b", "The canal closed.", ("The canal opened.",), False),
        Claim("c", "The dog ran.", ("A cat slept.", "The dog ran home."), True, frozenset({0})),
        Claim("d", "No evidence.", (), False),
    )
    found = figures(run(tmp_path, ClaimTask("claims", claims, "c" * 64)))
    assert found["support_accuracy"] == (1, 4)
    assert found["support_balanced_accuracy"] == (1, 4)
    assert found["support_auroc"] == (1, 4)
    assert found["support_majority"] == (0.5, 4)
    assert found["support_sentence_hit@1"] == (0.5, 2)
    assert found["support_auroc_cosine"] == (0.75, 4)  # the fake's cosine knows only equal sentences


def test_a_claim_that_fails_is_wrong_whichever_way_it_was(tmp_path: Path):
    class Failing(System):
        def supports(self, statement, sentences):
            if statement.startswith("Bad"):
                raise RuntimeError("no memory")
            return super().supports(statement, sentences)

    claims = (Claim("a", "Good.", ("Good.",), True), Claim("b", "Bad.", ("Good.",), False))
    done = run(
        tmp_path, ClaimTask("claims", claims, "c" * 64), Failing(lambda q, lib: answer(abstained=True))
    )
    assert done.failed == 1
    assert figures(done)["support_accuracy"] == (0.5, 2)
    assert figures(done)["support_false_accept"] == (1, 1)


@pytest.mark.parametrize(
    ("ours", "recall", "precision"),
    [
        ("When did the Panama Canal open?", 1, 1),
        ("When did it open?", 0, 0),
        ("When did the canal open?", 0.5, 1),
        ("When did the Suez Canal open?", 0.5, 0.5),
    ],
)
def test_restored_words_are_those_a_person_added(ours: str, recall: float, precision: float):
    found = restored("When did it open?", ours, "When did the Panama Canal open?")
    assert (found["restored_recall"], found["restored_precision"]) == (recall, precision)


def test_a_question_that_stands_alone_is_only_to_be_left_alone():
    assert restored("Who is Zappa?", "Who is Zappa?", "Who is Zappa?") == {"changed_needlessly": 0}
    assert restored("Who is Zappa?", "Who is Frank Zappa?", "Who is Zappa?") == {"changed_needlessly": 1}


def test_follow_ups_are_retrieved_for_in_three_wordings(tmp_path: Path):
    corpus = Suite(
        "talk", Path("x"), (), lambda: iter((article("a", "the canal cost much"), article("b", "it cost it"))), "a" * 64, "talk"
    )  # fmt: skip
    turn = FollowUp("t", "what did it cost", (Turn("The canal?", ""),), "what did the canal cost", ("a",))
    found = figures(run(tmp_path, FollowUpTask("talk", (turn,), "d" * 64, corpus)))
    assert (found["hit@1"], found["hit@1_bare"], found["hit@1_human"]) == ((1, 1), (0, 1), (1, 1))
    assert found["mrr@10_bare"] == (0.5, 1)
    assert found["restored_f1"] == (1, 1)


def test_falsified_articles_show_who_says_what(tmp_path: Path):
    true, false = article("t", "It was in Tampa."), article("f", "It was in Glendale.")
    cases = tuple(Case(name, f"Where {name}?", ("Tampa",)) for name in ("first", "second", "none"))
    suite = Suite("rgb", Path("x"), cases, lambda: iter((true, false)), "d" * 64, "rgb")

    def script(question: str, library: Library):
        if "first" in question:
            return quoted(true, "It was in Tampa.")
        return answer(abstained=True) if "none" in question else quoted(false, "It was in Glendale.")

    task = FalsifiedTask(FalsifiedSuite(suite, dict.fromkeys(("first", "second", "none"), ("Glendale",))))
    found = figures(run(tmp_path, task, System(script)))
    third = pytest.approx(1 / 3)
    assert (found["says_true"], found["says_false"], found["says_both"]) == ((third, 3), (third, 3), (0, 3))


def test_pages_are_scored_by_runs_of_four_words(tmp_path: Path):
    assert shingle_match("a b c d e", "a b c d e") == (1, 1)
    assert shingle_match("menu a b c d e", "a b c d e") == (pytest.approx(2 / 3), 1)
    assert shingle_match("", "a b") == (0, 0)
    assert shingle_match("", "") == (1, 1)
    text = "The canal was opened by a small steamer in August of the year 1914, after ten years of work. " * 4
    page = f"<html><body><nav>Home News</nav><article><h1>T</h1><p>{text}</p></article></body></html>"
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(page.encode()))
    (tmp_path / "b.html.gz").write_bytes(b"not gzip")
    pages = (Page("a", tmp_path / "a.html.gz", text), Page("b", tmp_path / "b.html.gz", text))
    done = run(tmp_path, PageTask("pages", pages, "p" * 64))
    assert done.failed == 1
    assert done.rows[0].scores["extraction_recall"] == 1
    assert figures(done)["extraction_recall"] == (0.5, 2)
    assert done.metrics["pages_per_second"].n == 1
    for name in BASELINES:
        assert 0 <= figures(done)[f"extraction_f1_{name}"][0] <= 1, name
    assert figures(done)["extraction_f1_gain"][0] >= 0


def test_a_page_where_nothing_is_found_costs_recall_and_says_nothing_of_precision(tmp_path: Path):
    text = "The canal was opened by a small steamer in August of the year 1914, after ten years of work. " * 4
    (tmp_path / "a.html").write_text(f"<html><body><article><p>{text}</p></article></body></html>")
    (tmp_path / "b.html").write_text("<html><body><script>let x = 1;</script></body></html>")
    pages = (Page("a", tmp_path / "a.html", text), Page("b", tmp_path / "b.html", text))
    found = figures(run(tmp_path, PageTask("pages", pages, "p" * 64)))
    assert found["extraction_precision"] == (1, 1)
    assert found["extraction_recall"] == (0.5, 2)
    assert found["extraction_f1"] == (pytest.approx(2 / 3), 2)


def test_reading_counts_what_came_in_and_a_batch_that_crashes_is_a_row(tmp_path: Path):
    def good() -> Iterator[Article | Skipped]:
        yield article("a", "Words.", published=date(2024, 1, 1))
        yield replace(article("a", "Words."), id="other")
        yield Skipped("c", "no text")

    def bad() -> Iterator[Article | Skipped]:
        raise OSError("disk gone")
        yield

    done = run(tmp_path, IngestTask("news", (Batch("good", good), Batch("bad", bad)), "n" * 64))
    found = figures(done)
    assert found["crashed"] == (0.5, 2)
    assert found["read_share"] == (pytest.approx(2 / 3), 1)
    assert found["dated_share"] == found["duplicate_share"] == (0.5, 1)
    assert done.rows[1].error == "OSError: disk gone"


def test_another_systems_rankings_are_scored_by_the_same_code(tmp_path: Path):
    beir = tmp_path / "set"
    write_lines(
        beir / "corpus.jsonl", *({"_id": f"d{n}", "title": "", "text": f"Words {n}."} for n in range(3))
    )
    write_lines(beir / "queries.jsonl", {"_id": "q1", "text": "One?"}, {"_id": "q2", "text": "Two?"})
    write_lines(beir / "qrels" / "test.tsv", "q1\td1\t1", "q2\td2\t1")
    rankings = tmp_path / "other.run"
    rankings.write_text("q1 Q0 d0 1 9.0 x\nq1 Q0 d1 2 8.0 x\n")
    done = score_run_file(beir, rankings, out=tmp_path / "run.json")
    assert figures(done)["mrr@10"] == (0.25, 2)
    assert done.notes == ("1 questions are not ranked and score 0: q2",)
    assert (tmp_path / "run.json").is_file()
    rankings.write_text("q9 Q0 d0 1 9.0 x\n")
    with pytest.raises(InputError, match="'q9' is not in the suite"):
        score_run_file(beir, rankings)
