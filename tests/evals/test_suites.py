"""Suites read from small files in the public formats, and what damaged ones say."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from evals.cases import Case, Suite, sample
from evals.suites import open_plan
from evals.tasks.ask import AskTask
from index.errors import InputError
from rag.schema import Turn


def open_suite(spec: str | Path) -> Suite:
    """The suite of a plan with one task of questions."""
    (task,) = open_plan(spec).tasks
    assert isinstance(task, AskTask)
    return task.suite


FULL_ROW = {
    "id": "s1",
    "question": "And how much did it cost?",
    "answers": ["302 million dollars"],
    "article_ids": ["canal.md"],
    "quotes": ["It cost 302 million dollars."],
    "answerable": True,
    "history": [{"question": "When did the canal open?", "answer": "In 1914."}],
    "asked_at": "2024-03-01",
    "kind": "follow-up",
    "language": "en",
    "withheld": ["other.md"],
    "made_by": "hand",
}


def write_lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    write_lines(
        folder / "corpus.jsonl",
        {
            "_id": "d1",
            "title": "Squid",
            "text": "Squid Game returns.",
            "metadata": {"url": "http://e.org/1", "authors": ["A. B."], "publish_date": "2022/06/12"},
        },
        {"_id": "d2", "title": "Other", "text": "Other words.", "metadata": {}},
    )
    write_lines(
        folder / "queries.jsonl",
        {"_id": "q1", "text": "Which show? ", "metadata": {"date": "2022/06/16", "answer": ["“Squid Game”"]}},
        {"_id": "q2", "text": "Which other?", "metadata": {"date": "2022-06-17", "answer": "words"}},
        {"_id": "q3", "text": "Not judged", "metadata": {}},
    )
    write_lines(
        folder / "qrels" / "test.tsv", "query-id\tcorpus-id\tscore", "q1\td1\t2", "q1\td2\t0", "q2\td2\t1"
    )
    return folder


def squad_file(path: Path, version: str = "v2.0") -> Path:
    context = "The Panthers gave up 308 points. They ranked sixth. Kurt Coleman led with seven interceptions."
    qas = [
        {
            "id": "a",
            "question": "How many points?",
            "answers": [
                {"text": "308", "answer_start": 21},
                {"text": "308 points", "answer_start": 21},
                {"text": "308", "answer_start": 21},
            ],
        },
        {
            "id": "b",
            "question": "How many interceptions?",
            "answers": [{"text": "seven", "answer_start": 75}],
        },
        {
            "id": "c",
            "question": "Who lost?",
            "answers": [],
            "is_impossible": True,
            "plausible_answers": [{"text": "They", "answer_start": 33}],
        },
    ]
    data = [
        {
            "title": "Super_Bowl_50",
            "paragraphs": [{"context": "First one.", "qas": []}, {"context": context, "qas": qas}],
        },
        {"title": "Warsaw", "paragraphs": [{"context": "Warsaw stands on the Vistula.", "qas": []}]},
    ]
    path.write_text(json.dumps({"version": version, "data": data}), encoding="utf-8")
    return path


# ---- What good files give ---------------------------------------------------------------------


def test_a_row_of_ones_own_questions_is_read_whole(tmp_path: Path):
    suite = open_suite(
        write_lines(
            tmp_path / "mine.jsonl", FULL_ROW, "", {"id": "s2", "question": "Who?", "answerable": False}
        )
    )
    assert suite.name == "mine"
    assert suite.articles is None
    assert suite.cases[0] == Case(
        id="s1",
        question="And how much did it cost?",
        answers=("302 million dollars",),
        article_ids=("canal.md",),
        quotes=("It cost 302 million dollars.",),
        history=(Turn("When did the canal open?", "In 1914."),),
        asked_at=date(2024, 3, 1),
        kind="follow-up",
        language="en",
        withheld=("other.md",),
        made_by="hand",
    )
    assert suite.cases[1] == Case("s2", "Who?", answerable=False)


def test_a_folder_with_questions_beside_its_articles_is_a_suite(tmp_path: Path):
    (tmp_path / "canal.md").write_text("# Canal\n\nThe canal opened in 1914.\n", encoding="utf-8")
    write_lines(tmp_path / "questions.jsonl", FULL_ROW)
    suite = open_suite(tmp_path)
    assert suite.articles is not None
    assert [one.external_id for one in suite.articles()] == ["canal.md"]
    assert suite.cases[0].article_ids == ("canal.md",)


def test_seeds_are_found_by_name_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_lines(tmp_path / "seeds" / "questions.jsonl", FULL_ROW)
    monkeypatch.chdir(tmp_path)
    assert open_suite("seeds").name == "seeds"


def test_a_beir_folder_gives_judged_queries_with_answers_and_days(beir: Path):
    suite = open_suite(beir)
    assert suite.name == "news"
    assert suite.cases == (
        Case("q1", "Which show?", ("“Squid Game”",), ("d1",), asked_at=date(2022, 6, 16)),
        Case("q2", "Which other?", ("words",), ("d2",), asked_at=date(2022, 6, 17)),
    )
    assert suite.grades_of(suite.cases[0]) == {"d1": 2, "d2": 0}
    assert suite.grades_of(suite.cases[1]) == {"d2": 1}
    assert suite.articles is not None
    first, second = suite.articles()
    assert (first.external_id, first.url, first.authors, first.published) == (
        "d1",
        "http://e.org/1",
        ("A. B.",),
        date(2022, 6, 12),
    )
    assert (first.source, second.published) == ("news", None)
    assert first.id != second.id


def test_a_squad_file_gives_paragraphs_as_articles_and_sentences_as_quotes(tmp_path: Path):
    suite = open_suite(squad_file(tmp_path / "dev.json"))
    assert suite.articles is not None
    stored = {one.external_id: one for one in suite.articles()}
    assert list(stored) == ["Super_Bowl_50#0", "Super_Bowl_50#1", "Warsaw#0"]
    assert stored["Super_Bowl_50#1"].title == "Super Bowl 50"
    points, interceptions, lost = suite.cases
    assert points.answers == ("308", "308 points")
    assert points.article_ids == ("Super_Bowl_50#1",)
    assert points.quotes == ("The Panthers gave up 308 points.",)
    assert interceptions.quotes == ("Kurt Coleman led with seven interceptions.",)
    assert (lost.answerable, lost.answers, lost.article_ids, lost.quotes) == (False, (), (), ())


def test_a_changed_byte_changes_the_data_hash_and_moving_the_folder_does_not(beir: Path, tmp_path: Path):
    before = open_suite(beir).data_sha256
    moved = beir.rename(tmp_path / "moved")
    assert open_suite(moved).data_sha256 == before
    corpus = moved / "corpus.jsonl"
    corpus.write_text(corpus.read_text().replace("returns", "retires"))
    assert open_suite(moved).data_sha256 != before


def test_a_limit_is_a_seeded_sample_in_file_order_and_a_larger_one_contains_it():
    cases = tuple(Case(f"c{n}", "?") for n in range(50))
    small, large = sample(cases, 10, seed=1), sample(cases, 20, seed=1)
    assert len(small) == 10
    assert set(small) < set(large)
    assert small == tuple(case for case in cases if case in small)
    assert small == sample(cases, 10, seed=1)
    assert small != sample(cases, 10, seed=2)
    assert sample(cases[::-1], 10, seed=1) == small[::-1]
    assert sample(cases, None, seed=1) == sample(cases, 500, seed=1) == cases


# ---- What bad files say -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "mine.jsonl:2: not valid JSON"),
        ("[1]", "mine.jsonl:2: expected a JSON object, found a list"),
        ("[" * 100_000, "mine.jsonl:2"),
        ({"id": "x"}, "mine.jsonl:2: question is missing or empty"),
        ({"question": "?"}, "mine.jsonl:2: id is missing or empty"),
        ({"id": "x", "question": "  "}, "mine.jsonl:2: question is missing or empty"),
        ({"id": 7, "question": "?"}, "mine.jsonl:2: id must be text, found a number"),
        ({"id": "s1", "question": "?"}, "mine.jsonl:2: id 's1' was used before, at"),
        ({"id": "x", "question": "?", "answer": ["y"]}, "mine.jsonl:2: unknown key 'answer'"),
        ({"id": "x", "question": "?", "answers": "y"}, "mine.jsonl:2: answers must be a list"),
        ({"id": "x", "question": "?", "answers": [""]}, "mine.jsonl:2: answers must be a list of non-empty"),
        ({"id": "x", "question": "?", "answerable": "no"}, "mine.jsonl:2: answerable must be true or false"),
        (
            {"id": "x", "question": "?", "answerable": False, "answers": ["y"]},
            "mine.jsonl:2: an unanswerable",
        ),
        (
            {"id": "x", "question": "?", "asked_at": "last May"},
            "mine.jsonl:2: asked_at: 'last May' is not a day",
        ),
        ({"id": "x", "question": "?", "asked_at": 2022}, "mine.jsonl:2: asked_at: 2022 is not a day"),
        ({"id": "x", "question": "?", "history": ["hi"]}, "mine.jsonl:2: history[0] must be an object"),
        (
            {"id": "x", "question": "?", "history": [{"answer": "y"}]},
            "mine.jsonl:2: history[0]: question is missing",
        ),
    ],
)
def test_a_bad_row_is_named_with_file_and_line(tmp_path: Path, line: object, said: str):
    with pytest.raises(InputError) as caught:
        open_suite(write_lines(tmp_path / "mine.jsonl", FULL_ROW, line))
    assert said in str(caught.value)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("file", "find", "put", "said"),
    [
        ("qrels/test.tsv", "q2\td2", "q2\td9", "test.tsv:4: document 'd9' is not in corpus.jsonl"),
        ("qrels/test.tsv", "q2\td2", "q9\td2", "test.tsv:4: query 'q9' is not in queries.jsonl"),
        ("qrels/test.tsv", "q2\td2\t1", "q2 d2 1", "test.tsv:4: expected query-id, corpus-id and score"),
        ("qrels/test.tsv", "q2\td2\t1", "q2\td2\tyes", "test.tsv:4: score 'yes' is not a whole number"),
        ("corpus.jsonl", '"d2"', '"d1"', "corpus.jsonl:2: _id 'd1' was used before"),
        ("corpus.jsonl", '{"_id": "d2"', '{"_id" "d2"', "corpus.jsonl:2: not valid JSON"),
        ("queries.jsonl", "2022-06-17", "June", "queries.jsonl:2: date: 'June' is not a day"),
    ],
)
def test_a_damaged_beir_folder_is_named_with_file_and_line(
    beir: Path, file: str, find: str, put: str, said: str
):
    path = beir / file
    text = path.read_text(encoding="utf-8")
    assert find in text
    path.write_text(text.replace(find, put), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        open_suite(beir)
    assert said in str(caught.value)


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_beir_folder_without_one_of_its_files_says_which(beir: Path, missing: str):
    (beir / missing).unlink()
    with pytest.raises(InputError, match=missing.split("/")[0]):
        open_suite(beir)


@pytest.mark.parametrize(
    ("find", "put", "said"),
    [
        ('"data"', '"date"', "dev.json: data is missing or not a list"),
        ('"qas"', '"questions"', "data[0].paragraphs[0]: qas is missing"),
        ('"is_impossible": true', '"is_impossible": false', "data[0].paragraphs[1].qas[2]: no answers"),
        ('"id": "b"', '"id": "a"', "data[0].paragraphs[1].qas[1]: id 'a' was used before"),
        ('"context": "First one."', '"context": ""', "data[0].paragraphs[0]: context is missing or empty"),
        ('"answer_start": 75', '"answer_start": "75"', "answers[0]: answer_start must be a whole number"),
        ("{", "", "dev.json:1: not valid JSON"),
    ],
)
def test_a_damaged_squad_file_is_named_with_its_place(tmp_path: Path, find: str, put: str, said: str):
    path = squad_file(tmp_path / "dev.json")
    text = path.read_text(encoding="utf-8")
    assert find in text
    path.write_text(text.replace(find, put, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        open_suite(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root: root / "nowhere", "unknown suite"),
        (lambda root: root, "no suite in this folder"),
        (
            lambda root: (root / "x.csv").write_text("a") and root / "x.csv",
            "a suite is a folder, a .json",
        ),
        (lambda root: write_lines(root / "empty.jsonl"), "holds no questions"),
        (
            lambda root: (root / "bin.jsonl").write_bytes(b"\xff\xfe\x00") and root / "bin.jsonl",
            "not UTF-8 text",
        ),
        (
            lambda root: (root / "bin.json").write_bytes(b"\xff\xfe\x00") and root / "bin.json",
            "cannot be read",
        ),
        (
            lambda root: (root / "deep.json").write_text("[" * 200_000) and root / "deep.json",
            "not valid JSON",
        ),
    ],
)
def test_what_is_no_suite_is_told_in_one_line(tmp_path: Path, make, said: str):
    with pytest.raises(InputError, match=said) as caught:
        open_suite(make(tmp_path))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2
