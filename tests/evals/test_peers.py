"""The comparison with peers: how it scores, what a failing program costs, and what its files promise."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest

from evals.peers import __main__ as command
from evals.peers import compare as peers
from evals.peers.measure import percentile, ranking, read_articles
from evals.peers.table import format_comparison, format_row
from index.errors import InputError

ARTICLES = {
    "canal": "The Panama Canal opened to ships in 1914 after ten years of work.",
    "worm": "Guinea worm disease fell to thirteen human cases in 2022.",
    "moon": "Saturn has 145 known moons, of which Titan is the largest.",
    "tea": "Tea is grown on the hills of Assam and Darjeeling.",
    "tram": "The trams of Edinburgh began to run in May 2014.",
}
QUESTIONS = {
    "q1": ("When did the Panama Canal open?", "canal"),
    "q2": ("Which moon of Saturn is the largest?", "moon"),
    "q3": ("Where is tea grown?", "tea"),
}
OURS = {"index", "rag", "evals", "ui", "bench", "tests"}
NOT_OURS = {"langchain": {"certifi", "huggingface-hub"}}
"""Where a peer cannot have the version of constraints.txt, for it asks for another."""

STAND_IN = f"""
import re, sys
sys.path.insert(0, {str(peers.HERE)!r})
from measure import measured, read_articles

class StandIn:
    packages = ("pytest",)

    def __init__(self, model, folder, options):
        self.name = options["label"]

    def index(self, corpus):
        self.articles = read_articles(corpus)
        return len(self.articles)

    def search(self, query, k):
        words = set(re.findall(r"\\w+", query.lower()))
        shared = lambda article: len(words & set(re.findall(r"\\w+", (article.title + article.text).lower())))
        return [article.id for article in sorted(self.articles, key=shared, reverse=True)][:k]

    def searches(self):
        return {{self.name: self.search, self.name + " backwards": lambda q, k: self.search(q, 99)[::-1]}}

measured(StandIn)
"""


def write_lines(path: Path, *rows: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "five"
    write_lines(
        folder / "corpus.jsonl",
        *({"_id": name, "title": name.title(), "text": text} for name, text in ARTICLES.items()),
    )
    write_lines(
        folder / "queries.jsonl", *({"_id": name, "text": text} for name, (text, _) in QUESTIONS.items())
    )
    write_lines(
        folder / "qrels" / "test.tsv",
        "query-id\tcorpus-id\tscore",
        *(f"{name}\t{gold}\t1" for name, (_, gold) in QUESTIONS.items()),
    )
    return folder


def script(tmp_path: Path, name: str, text: str, **options: object) -> peers.PeerSpec:
    """A peer that runs this text with Footnote's own interpreter."""
    file = tmp_path / f"{name}.py"
    file.write_text(text, "utf-8")
    return peers.PeerSpec(name, name.title(), "", str(file), options)


# ---- scores ----------------------------------------------------------------------------------


def test_a_run_file_is_scored_over_all_questions(beir: Path, tmp_path: Path):
    run = tmp_path / "run.trec"
    # q1 at rank 1, q2 at rank 3 (the scores tell, not the order of the lines), q3 without a ranking
    run.write_text(
        "q1 Q0 canal 1 2 t\nq1 Q0 worm 2 1 t\nq2 Q0 moon 3 1 t\nq2 Q0 tea 1 3 t\nq2 Q0 worm 2 2 t\n", "utf-8"
    )
    found = peers.score(run, peers.load_data(beir))
    assert set(found) == set(peers.METRICS)
    assert {one.n for one in found.values()} == {3}
    assert found["hit@1"].value == pytest.approx(1 / 3)
    assert found["hit@10"].value == pytest.approx(2 / 3)
    assert found["mrr@10"].value == pytest.approx((1 + 1 / 3) / 3)
    assert found["ndcg@10"].value == pytest.approx((1 + 1 / 2) / 3)  # 1 / log2(3 + 1)
    assert found["recall@100"].value == pytest.approx(2 / 3)
    assert found["hit@1"].low <= found["hit@1"].value <= found["hit@1"].high


def test_passages_become_articles_at_the_place_of_their_first():
    asked: list[int] = []

    def search(query: str, k: int) -> list[str]:
        asked.append(k)
        return ["a", "a", "b", "a", "c", "b", "d"][:k]

    assert ranking(search, "?", 3) == ["a", "b", "c"]
    assert asked == [3, 12]  # three passages were of two articles, so it was asked deeper
    assert ranking(search, "?", 2) == ["a", "b"]


def test_percentiles_are_linear_between_values():
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([1.0, 2.0], 95) == pytest.approx(1.95)
    assert percentile([7.0], 95) == 7.0


def test_a_sample_holds_every_judged_article_of_its_questions(beir: Path):
    small = peers.load_data(beir, articles=2, queries=2)
    judged = {QUESTIONS[case.id][1] for case in small.cases}
    assert len(small.cases) == 2
    assert {row["_id"] for row in small.corpus} == judged
    larger = peers.load_data(beir, articles=4, queries=2)
    assert len(larger.corpus) == 4
    assert judged < {row["_id"] for row in larger.corpus}
    assert [row["_id"] for row in peers.load_data(beir).corpus] == list(ARTICLES)


# ---- runs ------------------------------------------------------------------------------------


def test_a_program_that_fails_is_a_row_and_the_others_go_on(beir: Path, tmp_path: Path):
    specs = [
        script(tmp_path, "crash", "print('working')\nraise RuntimeError('out of luck')"),
        script(tmp_path, "silent", ""),
        peers.PeerSpec("absent", "Absent", str(tmp_path / "none"), "none.py"),
        script(
            tmp_path, "garbled", "import json,sys; open(json.load(open(sys.argv[1]))['out'],'w').write('{')"
        ),
        script(tmp_path, "good", STAND_IN, label="Stand-in"),
    ]
    told: list[str] = []
    rows = list(peers.compare(peers.load_data(beir), specs, tell=told.append))
    crash, silent, absent, garbled, good, backwards = rows
    assert crash.error == "ended with status 1: RuntimeError: out of luck"
    assert silent.error == "ended without writing what it measured"
    assert absent.error
    assert garbled.error
    assert (crash.name, crash.scores) == ("Crash", {})
    assert not good.error
    assert (good.name, backwards.name) == ("Stand-in", "Stand-in backwards")
    assert good.scores["hit@1"].value == 1.0
    assert backwards.scores["hit@1"].value == 0.0
    assert backwards.scores["recall@100"].value == 1.0
    assert (good.articles, good.passages) == (5, 5)
    assert 0 < good.p50_ms <= good.p95_ms
    assert 5 < good.peak_mb < 1000
    assert good.start_s > 0
    assert good.index_cpu_s > 0
    assert good.versions == {"pytest": pytest.__version__}
    assert "crash: failed (ended with status 1: RuntimeError: out of luck)" in told

    setting = peers.describe(peers.load_data(beir))
    plain = format_comparison(setting, rows)
    assert "n = 3 questions" in plain
    assert re.search(r"Stand-in +1\.000 \(1\.000 to 1\.000\)", plain)
    assert re.search(r"Crash +ended with status 1: RuntimeError: out of luck", plain)
    marked = format_comparison(setting, rows, markdown=True)
    assert "| Stand-in backwards | 0.000 (0.000 to 0.000) |" in marked
    assert "| Crash | ended with status 1: RuntimeError: out of luck |" in marked
    assert format_row(crash) == "Crash: failed: ended with status 1: RuntimeError: out of luck"
    kept = json.loads(peers.as_json(setting, rows))
    assert (kept["articles"], kept["queries"], kept["depth"]) == (5, 3, 100)
    assert kept["rows"][4]["scores"]["hit@1"]["value"] == 1.0


def test_what_does_not_install_is_told_by_the_last_error_of_the_installer():
    words = (
        "import sys; print('ERROR: No matching distribution', file=sys.stderr); print('note'); sys.exit(1)"
    )
    with pytest.raises(peers.PeerFailedError, match=r"LangChain could not be installed: ERROR: No matching"):
        peers._install([sys.executable, "-c", words], peers.PEERS["langchain"])


def test_programs_get_equal_threads_and_nobodys_settings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FOOTNOTE_INDEX", "elsewhere")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    given = peers.environment(2)
    assert given["OMP_NUM_THREADS"] == "2"
    assert given["HF_HUB_OFFLINE"] == "1"
    assert given["ANONYMIZED_TELEMETRY"] == "False"
    assert not {"FOOTNOTE_INDEX", "PYTHONPATH"} & set(given)


@pytest.mark.slow
def test_footnote_is_measured_by_the_same_command(beir: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    out = tmp_path / "table.json"
    work = tmp_path / "work"
    given = [str(beir), "--peers", "footnote", "--out", str(out), "--work", str(work), "--markdown"]
    assert command.main(given) == 0
    rows = json.loads(out.read_text("utf-8"))["rows"]
    assert [row["name"].split(" (")[0] for row in rows] == ["Footnote, hybrid", "Footnote, dense only"]
    assert all(row["scores"]["hit@1"]["value"] == 1.0 for row in rows)
    assert all(row["passages"] == 5 for row in rows)
    printed = capsys.readouterr()
    assert "| Footnote, hybrid (" in printed.out
    assert "footnote: running" in printed.err
    assert len(list(work.rglob("*.trec"))) == 2


# ---- what cannot be used ---------------------------------------------------------------------


def damage(folder: Path, file: str, text: str | None) -> None:
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("corpus.jsonl", None, "corpus.jsonl: missing from this BEIR folder"),
        ("queries.jsonl", None, "queries.jsonl: missing from this BEIR folder"),
        ("qrels/test.tsv", None, "qrels: no .tsv file in it"),
        ("corpus.jsonl", '{"_id": "canal", "title"\n', "corpus.jsonl:1: not valid JSON"),
        ("qrels/test.tsv", "q1\tatlantis\t1\n", "document 'atlantis' is not in corpus.jsonl"),
        ("corpus.jsonl", '{"_id": "canal", "title": 3}\n', "title must be text"),
        ("corpus.jsonl", '{"_id": "the canal", "text": "x"}\n', "cannot stand in a TREC run file"),
    ],
)
def test_a_damaged_folder_is_told_with_what_to_do(
    beir: Path, capsys: pytest.CaptureFixture, file: str, text: str | None, said: str
):
    damage(beir, file, text)
    if text is not None and file == "corpus.jsonl":  # the judgements are right for what is left
        name = json.loads(text)["_id"] if text.rstrip().endswith("}") else "canal"
        damage(beir, "qrels/test.tsv", f"q1\t{name}\t1\n")
    assert command.main([str(beir), "--peers", "footnote"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "\n  -> " in told


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--peers", "footnote,llama"], "unknown peer 'llama'"),
        (["--peers", ","], "no peer named"),
        (["--articles", "0"], "a sample of 0 articles"),
        (["--queries", "0"], "a limit of 0 questions"),
        (["--out", "missing/table.json"], "table.json"),
        (["--work", "."], "not empty"),
    ],
)
def test_a_wrong_option_is_told_before_anything_runs(
    beir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, more: list[str], said: str
):
    monkeypatch.chdir(beir)
    assert command.main([str(beir), *more]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "\n  -> " in told
    assert "running" not in told


def test_a_folder_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(InputError, match="there is no such folder"):
        peers.load_data(tmp_path / "nowhere")


# ---- what the files promise ------------------------------------------------------------------


def environments() -> list[str]:
    return sorted({spec.environment for spec in peers.PEERS.values() if spec.environment})


def pins(file: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in file.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            found[re.sub(r"[-_.]+", "-", name).lower()] = version
    return found


@pytest.mark.parametrize("name", environments())
def test_requirements_pin_everything_as_footnote_does(name: str):
    file = peers.HERE / f"{name}.requirements.txt"
    for line in file.read_text("utf-8").splitlines():
        assert re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line
    theirs = pins(file)
    assert theirs["torch"] == "2.13.0"
    ours = pins(peers.HERE.parent.parent / "constraints.txt")
    other = {package for package in theirs if package in ours and theirs[package] != ours[package]}
    assert other == NOT_OURS.get(name, set())


def imported(file: Path) -> set[str]:
    roots: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add((node.module or "").split(".")[0])
    return roots


def test_peers_know_nothing_of_footnote():
    scripts = sorted(peers.HERE.glob("*_peer.py"))
    assert {file.name for file in scripts} == {spec.script for spec in peers.PEERS.values()}
    for file in [*scripts, peers.HERE / "measure.py"]:
        if file.name != "footnote_peer.py":
            assert not imported(file) & OURS, file.name
    assert imported(peers.HERE / "measure.py") <= set(sys.stdlib_module_names)


def test_texts_with_line_ends_of_all_kinds_stay_one_article(tmp_path: Path):
    write_lines(tmp_path / "corpus.jsonl", {"_id": "a", "title": "", "text": "one\u2028two\u0085three\nfour"})
    assert [article.text for article in read_articles(tmp_path / "corpus.jsonl")] == [
        "one\u2028two\u0085three\nfour"
    ]
