"""Runs a suite against a system: index, ask, score, and a run.json that says where each figure came from."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from evals import metrics
from evals.cases import Case, Suite, sample
from evals.indexes import suite_index, user_cache
from evals.intervals import Estimate
from evals.progress import EvalProgress, ProgressCallback, silent
from evals.scoring import Outcome, Row, aggregate, needs_retrieval, score
from evals.shelf import Shelf
from evals.suites import open_suite
from evals.system import AskPipeline, EvalSystem
from index.errors import FootnoteError, InputError
from rag.schema import Answer, Failed, Finished, Passage

log = logging.getLogger(__name__)

WARM_UP = "What is this collection of articles about?"
"""Asked first and not scored, so that loading a model is not counted as the first question's time."""

SHALLOW_PASSAGES = 100
DEEP_PASSAGES = 400
"""Passages asked for where the first hundred hold fewer than the hundred articles of `recall@100`."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run; `as_json` is the content of run.json.

    `failed` counts questions that ended in an error, `degraded` those where a part failed and the
    answer went on (say, quotations because the model's server was down); `notes` are oddities of
    the data. `data_sha256` is over the suite's files, `articles_sha256` over the articles as
    indexed; `seconds` is the time of asking and scoring, `cold_ms` that of the unscored first question.
    """

    suite: str
    n: int
    failed: int
    degraded: int
    data_sha256: str
    articles_sha256: str
    settings_hash: str
    index_settings_hash: str
    commit: str
    date: str
    seed: int
    limit: int | None
    engine: str
    model: str
    retriever: str
    cold_ms: float
    seconds: float
    notes: tuple[str, ...]
    metrics: dict[str, Estimate]
    rows: tuple[Row, ...]

    def as_json(self) -> dict[str, object]:
        """The run as JSON types; numbers rounded to six digits."""
        whole = asdict(self)
        whole["metrics"] = {
            name: {"value": one.value, "n": one.n, "ci95": [one.low, one.high]}
            for name, one in self.metrics.items()
        }
        return {name: _rounded(value) for name, value in whole.items()}


def run_suite(
    suite: Suite | str | Path,
    system: EvalSystem,
    *,
    limit: int | None = None,
    seed: int = 0,
    index_dir: Path | None = None,
    cache_dir: Path | None = None,
    out: Path | None = None,
    engine: str = "",
    retriever: str = "",
    progress: ProgressCallback | None = None,
) -> Run:
    """Asks every question of a suite (or a seeded sample) and scores the answers.

    Args:
        suite: a suite, or what `evals.suites.open_suite` understands.
        system: the settings under test.
        limit: at most so many questions, drawn by `seed`; the index holds all articles all the same.
        index_dir: asks an index that exists already instead of building the suite's own.
        cache_dir: where indexes of suites are kept, by data, index settings and index code; by default
            `footnote/evals` in the user's cache folder.
        out: where to write run.json; checked before the first question.
        engine, retriever: as set, to be recorded; taken from the answers when empty.
        progress: called before the first and after each article and question.

    Returns:
        The run; rows in the order of the suite's file. Everything but times and the date is equal
        when the same run is made again.

    Raises:
        InputError: no such suite, damaged data, no index for one's own questions, `out` not writable.
        FootnoteError: what kept the index from being built or opened.
    """
    opened = suite if isinstance(suite, Suite) else open_suite(suite)
    cases = sample(opened.cases, limit, seed)
    if out is not None:
        _check_writable(out)
    tell = progress or silent
    if index_dir is None:
        index_dir = suite_index(opened, system, cache_dir or user_cache(), tell)
    pipeline = system.pipeline(index_dir)
    shelf = Shelf(pipeline, opened, cases, index_dir)
    cold_ms = _warm_up(pipeline)
    started, began = datetime.now(UTC), time.perf_counter()
    tell(EvalProgress("asking", 0, len(cases)))
    rows: list[Row] = []
    described = _Described(engine, retriever)
    for case in cases:
        outcome = _ask(pipeline, case)
        described.note(outcome)
        rows.append(score(case, outcome, shelf.grades(case), shelf.cited(outcome.answer)))
        tell(EvalProgress("asking", len(rows), len(cases), case.id))
    run = Run(
        suite=opened.name,
        n=len(rows),
        failed=sum(bool(row.error) for row in rows),
        degraded=sum(bool(row.warning) for row in rows),
        data_sha256=opened.data_sha256,
        articles_sha256=shelf.sha256,
        settings_hash=system.settings_hash,
        index_settings_hash=system.index_settings_hash,
        commit=commit(),
        date=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seed=seed,
        limit=limit,
        engine=described.engine,
        model=described.model,
        retriever=described.retriever,
        cold_ms=cold_ms,
        seconds=time.perf_counter() - began,
        notes=tuple(shelf.notes),
        metrics=aggregate(rows),
        rows=tuple(rows),
    )
    if out is not None:
        write_run(run, out)
    return run


def write_run(run: Run, out: Path) -> None:
    """Writes run.json whole or not at all: beside the place, then renamed onto it.

    Raises:
        InputError: the place cannot be written.
    """
    text = json.dumps(run.as_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            encoding="utf-8",
            errors="surrogateescape",
            dir=out.parent,
            prefix=f".{out.name}.",
            delete=False,
        ) as handle:
            try:
                handle.write(text)
                handle.flush()
                os.fsync(handle.fileno())
                Path(handle.name).chmod(0o644)
                Path(handle.name).replace(out)
            except BaseException:
                Path(handle.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(
            f"{out}: cannot be written ({error.strerror or error})", "choose another --out"
        ) from error


def commit(root: Path | None = None) -> str:
    """The commit of the checkout this code runs from, with "-dirty" where files differ; "" outside of one.

    `root` is the checkout's folder where it is another one.
    """
    root = (root or Path(__file__).parent.parent).resolve()
    try:
        top, head = _git(root, "rev-parse", "--show-toplevel", "HEAD").split("\n")
        if Path(top).resolve() != root:
            return ""  # installed somewhere inside another project's checkout
        return head + ("-dirty" if _git(root, "status", "--porcelain") else "")
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""


def _git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=20
    ).stdout.strip()


# ---- Asking --------------------------------------------------------------------------------


class _Described:
    """Which engine, model and retriever answered, as the answers say."""

    def __init__(self, engine: str, retriever: str) -> None:
        self.engine, self.model, self.retriever = engine, "", retriever

    def note(self, outcome: Outcome) -> None:
        if outcome.answer is not None:
            self.engine = self.engine or outcome.answer.engine
            self.model = self.model or outcome.answer.model
        if outcome.passages:
            self.retriever = self.retriever or outcome.passages[0].retriever


def _ask(pipeline: AskPipeline, case: Case) -> Outcome:
    """Asks one case. Whatever goes wrong becomes the outcome's error: one question must not end a run."""
    try:
        answer, warning = _drained(pipeline, case)
        if not needs_retrieval(case):
            return Outcome(answer, warning=warning)
        question = answer.standalone_question or case.question
        passages = tuple(pipeline.retrieve(question, SHALLOW_PASSAGES, asked_at=case.asked_at))
        return Outcome(answer, passages, _deep(pipeline, question, case.asked_at, passages), warning=warning)
    except FootnoteError as error:
        log.warning("question %s failed: %s", case.id, error)
        return Outcome(error=f"{type(error).__name__}: {error}")
    except Exception as error:  # the boundary of one question: its row says what happened
        log.warning("question %s failed: %s: %s", case.id, type(error).__name__, error, exc_info=True)
        return Outcome(error=f"{type(error).__name__}: {error}")


def _drained(pipeline: AskPipeline, case: Case) -> tuple[Answer, str]:
    """The finished answer, and what failed on the way to it ("" when nothing did)."""
    trouble: list[str] = []
    finished: Answer | None = None
    for event in pipeline.stream(case.question, history=case.history, asked_at=case.asked_at):
        if isinstance(event, Failed):
            trouble.append(event.reason)
        elif isinstance(event, Finished):
            finished = event.answer
    if finished is None:
        raise FootnoteError("the answer ended without being finished")
    return finished, "; ".join(trouble)


def _deep(
    pipeline: AskPipeline, question: str, asked_at: date | None, passages: tuple[Passage, ...]
) -> tuple[str, ...]:
    """A hundred articles in rank order, asking deeper where the passages share articles."""
    ranked = metrics.to_articles(passages)
    if len(ranked) < SHALLOW_PASSAGES <= len(passages):
        ranked += metrics.to_articles(pipeline.retrieve(question, DEEP_PASSAGES, asked_at=asked_at))
    return tuple(dict.fromkeys(ranked))[:SHALLOW_PASSAGES]


def _warm_up(pipeline: AskPipeline) -> float:
    """Milliseconds of a first, unscored question. If it fails, the scored ones will say so."""
    began = time.perf_counter()
    try:
        for _event in pipeline.stream(WARM_UP):
            pass
    except Exception:  # as in _ask: not a reason to end the run
        log.warning("the warm-up question failed", exc_info=True)
    return (time.perf_counter() - began) * 1000


def _check_writable(out: Path) -> None:
    if out.is_dir():
        raise InputError(f"{out}: is a folder", "name a file, as in --out run.json")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise InputError(f"{out}: the folder cannot be written", "choose another --out")


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(one) for one in value]
    return value
