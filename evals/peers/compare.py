"""Runs each program in its own process and environment, one after the other, and scores what it found."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evals import metrics
from evals.cases import Case, Suite, json_lines, sample, text_field
from evals.indexes import user_cache
from evals.intervals import Estimate, mean
from evals.suites import beir_suite
from evals.trec import read_run
from index import weights
from index.errors import FootnoteError, InputError

HERE = Path(__file__).resolve().parent
DEPTH = 100
"""Articles in a ranking."""

METRICS = ("hit@1", "hit@10", "mrr@10", "ndcg@10", "recall@100")
SEED = 0
TIME_LIMIT = 3 * 3600
"""Seconds after which a program counts as failed, so that one that hangs does not cost the others' rows."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PeerSpec:
    """A program to measure.

    Attributes:
        name: what `--peers` calls it.
        title: its row in the table where it fails; where it does not, its script names its rows.
        environment: the requirements file and the virtual environment it runs in; empty for Footnote's own.
        script: the file beside this one that is run.
        options: handed to the script.
    """

    name: str
    title: str
    environment: str
    script: str
    options: Mapping[str, Any] = field(default_factory=dict)


PEERS = {
    spec.name: spec
    for spec in (
        PeerSpec("llamaindex", "LlamaIndex", "llamaindex", "llamaindex_peer.py"),
        PeerSpec("langchain", "LangChain", "langchain", "langchain_peer.py"),
        PeerSpec("haystack", "Haystack", "haystack", "haystack_peer.py"),
        PeerSpec("txtai", "txtai", "txtai", "txtai_peer.py"),
        PeerSpec("txtai-hybrid", "txtai, hybrid", "txtai", "txtai_peer.py", {"hybrid": True}),
        PeerSpec("footnote", "Footnote", "", "footnote_peer.py"),
        PeerSpec("footnote-fp32", "Footnote in fp32", "", "footnote_peer.py", {"precision": "fp32"}),
    )
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a program (and way of searching), or the reason there is nothing to show.

    Attributes:
        peer: its name in `PEERS`.
        name: what the table calls it.
        scores: metric -> mean over the questions with its interval.
        start_s: from launching the process until everything is imported; `load_s`: loading the model.
        index_s: from articles in a file to an index on the disk; `index_cpu_s`: processor time of all its
            threads in that while, which a machine that is busy with other things changes less.
        p50_ms, p95_ms: one query at a time, ten passages asked for, after one that was not timed.
        peak_mb: the most memory the process held, indexing and searching.
        error: why it failed; everything else is then empty.
    """

    peer: str
    name: str
    scores: Mapping[str, Estimate] = field(default_factory=dict)
    start_s: float = 0.0
    load_s: float = 0.0
    index_s: float = 0.0
    index_cpu_s: float = 0.0
    articles: int = 0
    passages: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    peak_mb: float = 0.0
    python: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What was measured on what: everything of a run but its rows."""

    data: str
    data_sha256: str
    articles: int
    queries: int
    weights_sha256: str
    date: str
    machine: str
    cores: int


@dataclass(frozen=True, slots=True)
class Data:
    """The questions, their judged articles and the lines of the corpus that are indexed."""

    suite: Suite
    cases: tuple[Case, ...]
    corpus: tuple[dict[str, str], ...]


class PeerFailedError(FootnoteError):
    """A program could not be installed or did not finish: a row of the table, never the end of a run."""


def load_data(folder: Path, articles: int | None = None, queries: int | None = None) -> Data:
    """A BEIR folder, or a sample of its questions and, with every article judged for those, of its articles.

    Raises:
        InputError: no such folder, a damaged file, an id that a run file cannot hold, a sample of none.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: there is no such folder",
            "name a BEIR folder (corpus.jsonl, queries.jsonl, qrels/test.tsv)",
        )
    if articles is not None and articles < 1:
        raise InputError(f"a sample of {articles} articles leaves nothing to index", "--articles 1000")
    suite = beir_suite(folder)
    cases = sample(suite.cases, queries, SEED)
    rows = [
        {
            "_id": text_field(row, "_id", where, needed=True),
            "title": text_field(row, "title", where),
            "text": text_field(row, "text", where),
        }
        for where, row in json_lines(folder / "corpus.jsonl")
    ]
    if articles is not None:
        judged = {name for case in cases for name in suite.grades_of(case)}
        drawn = sorted(rows, key=lambda row: (row["_id"] not in judged, _lot(row["_id"])))
        kept = {row["_id"] for row in drawn[: max(articles, len(judged))]}
        rows = [row for row in rows if row["_id"] in kept]
    for name in [row["_id"] for row in rows] + [case.id for case in cases]:
        if name.split() != [name]:
            raise InputError(
                f"{folder}: the id {name!r} cannot stand in a TREC run file", "give ids without white space"
            )
    return Data(suite, cases, tuple(rows))


def chosen(names: str | None) -> list[PeerSpec]:
    """The programs of a list with commas, all of them for None.

    Raises:
        InputError: one is not known.
    """
    if names is None:
        return list(PEERS.values())
    found: list[PeerSpec] = []
    for name in filter(None, (part.strip() for part in names.split(","))):
        if name not in PEERS:
            raise InputError(f"unknown peer {name!r}", f"--peers takes any of {','.join(PEERS)}")
        found.append(PEERS[name])
    if not found:
        raise InputError("no peer named", f"--peers takes any of {','.join(PEERS)}")
    return found


def describe(data: Data) -> Setting:
    """What stands above the table."""
    return Setting(
        data=data.suite.name,
        data_sha256=data.suite.data_sha256,
        articles=len(data.corpus),
        queries=len(data.cases),
        weights_sha256=weights.EMBEDDING.sha256,
        date=time.strftime("%Y-%m-%d"),
        machine=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count() or 1,
    )


def compare(
    data: Data,
    specs: Sequence[PeerSpec],
    *,
    venvs: Path | None = None,
    work: Path | None = None,
    tell: Tell = lambda line: None,
) -> Iterator[Row]:
    """The rows of each program as soon as it is done; programs run one after the other.

    Args:
        venvs: where the virtual environments are kept; by default in the user's cache.
        work: where indexes, run files and logs are left; by default in a folder that is removed.

    Raises:
        InputError: `work` cannot be written.
        WeightsMissing: the bundled weights are not there.
    """
    model = weights.verify(weights.EMBEDDING)
    with _folder(work) as place:
        corpus, queries = place / "corpus.jsonl", place / "queries.jsonl"
        _write_lines(corpus, data.corpus)
        _write_lines(queries, [{"_id": case.id, "text": case.question} for case in data.cases])
        for spec in specs:
            try:
                python = _python_of(spec, venvs or user_cache() / "peers", tell)
                tell(f"{spec.name}: running")
                result = _run(spec, python, place, corpus, queries, model)
                rows = _rows(spec, result, data)
            except (PeerFailedError, InputError, OSError, ValueError, KeyError, TypeError) as error:
                tell(f"{spec.name}: failed ({error})")
                rows = [Row(spec.name, spec.title, error=str(error) or type(error).__name__)]
            yield from rows


def as_json(setting: Setting, rows: Sequence[Row]) -> str:
    """The whole comparison as JSON."""
    return json.dumps({**asdict(setting), "depth": DEPTH, "rows": [asdict(row) for row in rows]}, indent=1)


def environment(cores: int) -> dict[str, str]:
    """The environment of every program: equal threads, no GPU, no network, none of one's own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FOOTNOTE_", "LANGSMITH_", "LANGCHAIN_", "HAYSTACK_"))
        and name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {
        **kept,
        **dict.fromkeys(threads, str(cores)),
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "DO_NOT_TRACK": "1",
        "ANONYMIZED_TELEMETRY": "False",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _python_of(spec: PeerSpec, venvs: Path, tell: Tell) -> str:
    """The interpreter a program runs with; its environment is made where it is not there or is out of date."""
    if not spec.environment:
        return sys.executable
    home = venvs.absolute() / spec.environment
    requirements = HERE / f"{spec.environment}.requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    done = home / "complete"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    if python.exists() and done.is_file() and done.read_text("utf-8") == wanted:
        return str(python)
    tell(f"{spec.name}: installing {requirements.name} (about 1 GB on the disk)")
    _install([sys.executable, "-m", "venv", "--clear", str(home)], spec)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--prefer-binary"]
    _install([*pip, "--requirement", str(requirements)], spec)
    done.write_text(wanted, "utf-8")
    return str(python)


def _install(command: list[str], spec: PeerSpec) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise PeerFailedError(
            f"{spec.title} could not be installed: {_last_words(done.stderr + done.stdout)}"
        )


def _run(
    spec: PeerSpec, python: str, place: Path, corpus: Path, queries: Path, model: Path
) -> dict[str, Any]:
    """What the program's process wrote."""
    home = place / spec.name
    home.mkdir()
    task, out, log = home / "task.json", home / "measured.json", home / "log.txt"
    described = {
        "corpus": str(corpus),
        "queries": str(queries),
        "model": str(model),
        "work": str(home),
        "out": str(out),
        "k": DEPTH,
        "options": dict(spec.options),
        "launched": time.time(),
    }
    task.write_text(json.dumps(described), "utf-8")
    try:
        with log.open("wb") as output:
            ended = subprocess.run(
                [python, str(HERE / spec.script), str(task)],
                env=environment(os.cpu_count() or 1),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=TIME_LIMIT,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise PeerFailedError(f"not done after {TIME_LIMIT // 3600} hours") from None
    if ended.returncode:
        said = _last_words(log.read_text("utf-8", "replace"))
        raise PeerFailedError(f"ended with status {ended.returncode}: {said}")
    if not out.is_file():
        raise PeerFailedError("ended without writing what it measured")
    return json.loads(out.read_text("utf-8"))


def _rows(spec: PeerSpec, result: Mapping[str, Any], data: Data) -> list[Row]:
    kept = "start_s load_s index_s index_cpu_s passages peak_mb python versions".split()
    common = {name: result[name] for name in kept}
    return [
        Row(
            peer=spec.name,
            name=row["name"],
            scores=score(Path(row["run"]), data),
            articles=len(data.corpus),
            p50_ms=row["p50_ms"],
            p95_ms=row["p95_ms"],
            **common,
        )
        for row in result["rows"]
    ]


def score(run: Path, data: Data) -> dict[str, Estimate]:
    """The metrics of a TREC run file over the questions; one without a ranking scores 0.

    Raises:
        InputError: the run file is damaged or empty.
    """
    grades = {case.id: data.suite.grades_of(case) for case in data.cases}
    scored = metrics.ranking_scores(read_run(run), grades, METRICS)
    return {name: mean([values[name] for values in scored.values()]) for name in METRICS}


def _last_words(log: str) -> str:
    """The last line of a traceback or of pip's errors."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["it said nothing"])[-1][:300]


def _lot(name: str) -> bytes:
    return hashlib.sha256(f"{SEED}\0{name}".encode()).digest()


def _write_lines(file: Path, rows: Sequence[Mapping[str, str]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


@contextmanager
def _folder(work: Path | None) -> Iterator[Path]:
    if work is None:
        with tempfile.TemporaryDirectory(prefix="footnote-peers-", ignore_cleanup_errors=True) as place:
            yield Path(place)
        return
    try:
        work.mkdir(parents=True, exist_ok=True)
        if any(work.iterdir()):
            raise InputError(f"{work}: not empty", "name a new folder with --work")
    except OSError as error:
        raise InputError(
            f"{work}: cannot be used ({error.strerror or error})", "name a new folder with --work"
        ) from error
    yield work.resolve()
