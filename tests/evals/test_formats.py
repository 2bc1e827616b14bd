"""Public formats read from small files of the same shape, told apart by their content, and damaged ones named."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from evals.cases import Case, Suite
from evals.formats.withheld import without_answers
from evals.suites import CATALOGUE, missing, open_plan
from evals.tasks.ask import AskTask
from evals.tasks.claims import ClaimTask
from evals.tasks.dialogues import FollowUpTask
from evals.tasks.falsified import FalsifiedTask
from evals.tasks.ingest import IngestTask
from evals.tasks.pages import PageTask
from index.errors import InputError
from index.schema import Article, Skipped
from rag.schema import Turn
from tests.evals.fakes import article
from tests.evals.test_suites import write_lines


def clapnq_rows(answer: str) -> dict[str, object]:
    chosen = ["The tower is 330 metres high ."] if answer else []
    return {
        "id": f"q{bool(answer)}",
        "input": "how high is the tower",
        "passages": [{"title": "Tower", "text": "The tower is 330 metres high . It is of iron ."}],
        "output": [{"answer": answer, "selected_sentences": chosen}],
    }


def test_a_folder_of_clapnq_files_tells_what_can_be_answered(tmp_path: Path):
    write_lines(tmp_path / "dev_answerable.jsonl", clapnq_rows("330 metres"))
    write_lines(tmp_path / "dev_unanswerable.jsonl", clapnq_rows(""))
    (task,) = open_plan(tmp_path).tasks
    assert isinstance(task, AskTask)
    yes, no = task.suite.cases
    assert (yes.answerable, yes.article_ids, yes.quotes) == (
        True,
        ("qTrue#0",),
        ("The tower is 330 metres high .",),
    )
    assert (no.answerable, no.article_ids, no.answers) == (False, (), ())
    assert task.suite.articles is not None
    assert [one.title for one in task.suite.articles()] == ["Tower", "Tower"]


def test_wice_claims_keep_their_marked_sentences(tmp_path: Path):
    row = {
        "label": "partially_supported",
        "supporting_sentences": [[0, 2], [2]],
        "claim": "The canal is long and blue.",
        "evidence": ["The canal is long.", "", "It is green."],
        "meta": {"id": "dev1"},
    }
    (task,) = open_plan(write_lines(tmp_path / "w.jsonl", row, {**row, "label": "supported"})).tasks
    assert isinstance(task, ClaimTask)
    first, second = task.claims
    assert (first.supported, first.gold, len(first.sentences)) == (False, {0, 2}, 3)
    assert (second.supported, second.id) == (True, "claim-2") or second.id == "dev1"


def test_qags_sentences_are_judged_by_most_of_their_three_readers(tmp_path: Path):
    def said(*votes: str) -> dict[str, object]:
        return {"sentence": "A dog ran.", "responses": [{"response": vote} for vote in votes]}

    row = {
        "article": "A dog ran away. It came back.",
        "summary_sentences": [said("yes", "no", "yes"), said("no", "no", "yes")],
    }
    (task,) = open_plan(write_lines(tmp_path / "q.jsonl", row)).tasks
    assert isinstance(task, ClaimTask)
    assert [claim.supported for claim in task.claims] == [True, False]
    assert task.claims[0].sentences == ("A dog ran away.", "It came back.")


def test_canard_turns_are_to_find_their_own_answer_and_the_last_one_has_none(tmp_path: Path):
    head = ["Frank Zappa", "Disbandment"]
    turns = [
        {"History": head, "QuAC_dialog_id": "d", "Question": "What broke up?", "Question_no": 1,
         "Rewrite": "What broke up?"},
        {"History": [*head, "What broke up?", "The band did."], "QuAC_dialog_id": "d",
         "Question": "When?", "Question_no": 2, "Rewrite": "When did the band break up?"},
    ]  # fmt: skip
    path = tmp_path / "dev.json"
    path.write_text(json.dumps(turns), encoding="utf-8")
    (task,) = open_plan(path).tasks
    assert isinstance(task, FollowUpTask)
    first, second = task.turns
    assert (first.gold, second.gold) == (("d#1",), ())
    assert second.history == (
        Turn("Frank Zappa Disbandment", ""),
        Turn("What broke up?", "The band did."),
    )
    assert second.rewrite == "When did the band break up?"
    assert task.corpus is not None
    assert task.corpus.articles is not None
    assert [one.text for one in task.corpus.articles()] == ["The band did."]


def test_cast_turns_have_their_resolved_wording_and_the_questions_before_them(tmp_path: Path):
    topics = [
        {"number": 31, "turn": [{"number": n, "raw_utterance": q} for n, q in ((1, "A?"), (2, "Is it b?"))]}
    ]
    (tmp_path / "evaluation_topics_v1.0.json").write_text(json.dumps(topics))
    (tmp_path / "evaluation_topics_annotated_resolved_v1.0.tsv").write_text("31_1\tA?\n31_2\tIs A b?\n")
    (task,) = open_plan(tmp_path).tasks
    assert isinstance(task, FollowUpTask)
    assert [(turn.question, turn.rewrite, len(turn.history)) for turn in task.turns] == [
        ("A?", "A?", 0),
        ("Is it b?", "Is A b?", 1),
    ]


def test_rgb_is_asked_of_true_of_both_and_of_false_snippets(tmp_path: Path):
    row = {
        "id": 3,
        "query": "Where?",
        "answer": [["Tampa", "Tampa, Florida"]],
        "fakeanswer": "Glendale",
        "positive": ["In Tampa."],
        "positive_wrong": ["In Glendale."],
        "negative": ["Elsewhere."],
    }
    plan = open_plan(write_lines(tmp_path / "en_fact.json", row, {**row, "id": 4}))
    tasks = [task for task in plan.tasks if isinstance(task, FalsifiedTask)]
    suites = [task.falsified.suite for task in tasks]
    assert [suite.name for suite in suites] == ["rgb-true-only", "rgb-true-and-false", "rgb-false-only"]
    texts = [[one.text for one in suite.articles()] for suite in suites if suite.articles]
    assert texts == [
        ["In Tampa.", "Elsewhere."] * 2,
        ["In Tampa.", "In Glendale.", "Elsewhere."] * 2,
        ["In Glendale.", "Elsewhere."] * 2,
    ]
    assert suites[0].cases[0].answers == ("Tampa", "Tampa, Florida")
    assert (suites[0].cases[0].article_ids, suites[2].cases[0].article_ids) == (("3-positive-0",), ())


def test_pages_are_paired_with_their_gold_text(tmp_path: Path):
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "a.html.gz").write_bytes(gzip.compress(b"<p>Words.</p>"))
    truth = {"a": {"articleBody": "Words.", "url": "http://e.org"}, "b": {"url": "no body"}}
    (tmp_path / "ground-truth.json").write_text(json.dumps(truth))
    (task,) = open_plan(tmp_path).tasks
    assert isinstance(task, PageTask)
    assert [(page.id, page.text) for page in task.pages] == [("a", "Words.")]
    truth["c"] = {"articleBody": "More."}
    (tmp_path / "ground-truth.json").write_text(json.dumps(truth))
    with pytest.raises(InputError, match="page 'c' is not in"):
        open_plan(tmp_path)


REUTERS = """<!DOCTYPE lewis SYSTEM "lewis.dtd">
<REUTERS TOPICS="YES" OLDID="5544" NEWID="1">
<DATE>26-FEB-1987 15:01:01.79</DATE>
<TEXT>&#2;<TITLE>BAHIA &amp; COCOA</TITLE><BODY>Showers went on all week. Reuter &#3;</BODY></TEXT></REUTERS>
<REUTERS TOPICS="NO" NEWID="2"><DATE>no day</DATE><TEXT>Only a headline</TEXT></REUTERS>
"""


def test_reuters_stories_keep_their_day_and_those_without_a_body_are_passed_over(tmp_path: Path):
    (tmp_path / "reut2-000.sgm").write_text(REUTERS, encoding="latin-1")
    (task,) = open_plan(tmp_path).tasks
    assert isinstance(task, IngestTask)
    story, empty = task.batches[0].read()
    assert isinstance(story, Article)
    assert (story.title, story.published) == ("BAHIA & COCOA", date(1987, 2, 26))
    assert story.text.startswith("Showers went on")
    assert isinstance(empty, Skipped)


def test_folders_of_text_are_a_reading_task(tmp_path: Path):
    (tmp_path / "sport").mkdir()
    (tmp_path / "sport" / "1.txt").write_text("A title\n\nThe race was run in Madrid on Sunday.")
    (task,) = open_plan(tmp_path).tasks
    assert isinstance(task, IngestTask)
    assert [batch.id for batch in task.batches] == ["sport"]


def test_a_beir_folder_without_qrels_is_scored_on_its_answers(tmp_path: Path):
    write_lines(tmp_path / "corpus.jsonl", {"_id": "d", "title": "T", "text": "Words."})
    queries = tmp_path / "queries.jsonl"
    write_lines(
        queries, {"_id": "q", "text": "What?", "metadata": {"answer": "Words"}}, {"_id": "r", "text": "?"}
    )
    (task,) = open_plan(tmp_path).tasks
    assert isinstance(task, AskTask)
    assert [(case.id, case.answers, case.article_ids) for case in task.suite.cases] == [("q", ("Words",), ())]
    write_lines(queries, {"_id": "q", "text": "What?"})
    with pytest.raises(InputError, match="nothing to score"):
        open_plan(tmp_path)


def test_questions_made_unanswerable_lose_every_article_that_holds_the_answer():
    articles = (
        article("gold", "The show is Squid Game.", published=date(2022, 6, 12)),
        article("echo", "Everybody talks about Squid Game.", published=date(2022, 6, 10)),
        *(article(f"old-{n}", "Other words.", published=date(2022, 5, n + 1)) for n in range(5)),
    )
    case = Case("q", "Which show?", ("Squid Game",), ("gold",), asked_at=date(2022, 6, 16))
    suite = Suite(
        "news", Path("x"), (case, Case("none", "No gold?", ("x",))), lambda: iter(articles), "0" * 64
    )
    yes, withheld, before = without_answers(suite).cases
    assert (yes.id, yes.answers, yes.withheld) == ("q/answerable", ("Squid Game",), ())
    assert (withheld.kind, withheld.answerable, withheld.withheld) == ("withheld", False, ("gold", "echo"))
    assert (before.kind, before.asked_at, before.article_ids) == ("before", date(2022, 6, 9), ())
    assert {one.question for one in (yes, withheld, before)} == {"Which show?"}


def test_a_named_suite_without_its_data_says_what_is_missing_and_how_to_name_it(tmp_path: Path):
    with pytest.raises(InputError, match="needs beir_scifact, and no data folder") as caught:
        open_plan("scifact")
    assert "--data" in caught.value.next_step
    with pytest.raises(InputError, match="needs beir_scifact, not in"):
        open_plan("scifact", tmp_path)
    with pytest.raises(InputError, match="no such data folder"):
        open_plan("scifact", tmp_path / "nowhere")
    with pytest.raises(InputError, match="unknown suite 'sifact'"):
        open_plan("sifact")


def test_every_suite_of_the_catalogue_is_named_once_and_says_what_it_needs(tmp_path: Path):
    names = [entry.name for entry in CATALOGUE]
    assert len(names) == len(set(names)) == 11
    assert [entry.name for entry in CATALOGUE if not missing(entry, tmp_path)] == [
        "seeds",
        "smoke",
        "followups",
    ]


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("c.jsonl", [{**clapnq_rows("x"), "passages": 3}], "c.jsonl:1: passages is missing or not a list"),
        ("w.jsonl", [{"claim": "a", "evidence": [], "label": "maybe"}], "w.jsonl:1: label 'maybe'"),
        ("q.jsonl", [{"article": "", "summary_sentences": []}], "q.jsonl:1: article is missing"),
        (
            "r.jsonl",
            [{"id": 1, "query": "q", "answer": [], "fakeanswer": "f"}],
            "r.jsonl:1: answer is missing",
        ),
    ],
)
def test_a_damaged_row_is_named_with_its_file_and_line(tmp_path: Path, name: str, rows: list, said: str):
    with pytest.raises(InputError) as caught:
        open_plan(write_lines(tmp_path / name, *rows))
    assert said in str(caught.value)
    assert caught.value.exit_status == 2
