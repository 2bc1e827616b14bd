"""Runs a suite against a system: index, ask, score, and a run.json that says where each figure came from."""

from __future__ import annotations

import hashlib
import logging
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from evals.cases import Suite, files_sha256
from evals.indexes import user_cache
from evals.intervals import Estimate
from evals.journal import Journal, journal
from evals.progress import EvalProgress, ProgressCallback, silent
from evals.rows import Part, Row, Run, check_writable, joined_sha256, write_run
from evals.scoring import aggregate
from evals.suites import Plan, open_plan
from evals.system import EvalSystem
from evals.tasks.ask import AskTask
from evals.tasks.base import Bench, Task, Worker
from index.errors import FootnoteError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Done:
    part: Part
    rows: tuple[Row, ...]
    cold_ms: float
    indexing_seconds: float
    seconds: float


def run_suite(
    suite: Plan | Suite | str | Path,
    system: EvalSystem,
    *,
    limit: int | None = None,
    seed: int = 0,
    index_dir: Path | None = None,
    cache_dir: Path | None = None,
    data_dir: Path | None = None,
    out: Path | None = None,
    engine: str = "",
    retriever: str = "",
    retrieval_only: bool = False,
    fresh: bool = False,
    progress: ProgressCallback | None = None,
) -> Run:
    """Asks every question of a suite (or a seeded sample) and scores the answers.

    A run that was interrupted goes on where it stopped when the same one is made again: same data,
    settings, code, sample. Questions that had failed are asked again.

    Args:
        suite: a suite or plan, or what `evals.suites.open_plan` understands.
        system: the settings under test.
        limit: at most so many questions of each part, drawn by `seed`; the index holds all articles all the same.
        index_dir: asks an index that exists already instead of building the suite's own.
        cache_dir: where indexes of suites and unfinished runs are kept; by default
            `footnote/evals` in the user's cache folder.
        data_dir: the folder of public sets that named suites are read from.
        out: where to write run.json; checked before the first question.
        engine, retriever: as set, to be recorded.
        retrieval_only: asks the retriever alone.
        fresh: does not go on with an interrupted run.
        progress: called before the first and after each article and question.

    Returns:
        The run; rows in the order of the suite's files. Everything but times and the date is equal
        when the same run is made again (`evals.rows.without_timings`).

    Raises:
        InputError: no such suite, damaged data, no index for one's own questions, `out` not writable.
        FootnoteError: what kept the index from being built or opened.
    """
    plan = _planned(suite, data_dir, retrieval_only)
    if out is not None:
        check_writable(out)
    tasks = [
        task.sampled(_least(limit, most), seed)
        for task, most in zip(plan.tasks, plan.limits or [None] * len(plan.tasks), strict=True)
    ]
    bench = Bench(system, cache_dir or user_cache(), progress or silent, index_dir)
    started = datetime.now(UTC)
    several = len(tasks) > 1
    done = [_part(task, bench, fresh=fresh, several=several) for task in tasks]
    parts = tuple(one.part for one in done)
    rows = tuple(row for one in done for row in one.rows)
    run = Run(
        suite=plan.name,
        n=len(rows),
        failed=sum(part.failed for part in parts),
        degraded=sum(part.degraded for part in parts),
        data_sha256=joined_sha256([part.data_sha256 for part in parts]),
        settings_hash=system.settings_hash,
        index_settings_hash=system.index_settings_hash,
        settings=dict(system.settings),
        commit=commit(),
        date=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seed=seed,
        limit=limit,
        engine=engine or _first(row.engine for row in rows),
        model=_first(row.model for row in rows),
        retriever=retriever,
        metrics=_overall(parts, rows),
        parts=parts,
        rows=rows,
        timing={
            "cold_ms": max((one.cold_ms for one in done), default=0.0),
            "seconds": sum(one.seconds for one in done),
            "indexing_seconds": sum(one.indexing_seconds for one in done),
            "peak_memory_mb": _peak_memory_mb(),
        },
    )
    if out is not None:
        write_run(run, out)
    return run


def _planned(suite: Plan | Suite | str | Path, data_dir: Path | None, retrieval_only: bool) -> Plan:
    if isinstance(suite, Suite):
        suite = Plan(suite.name, (AskTask(suite),))
    plan = suite if isinstance(suite, Plan) else open_plan(suite, data_dir)
    if not retrieval_only:
        return plan
    return replace(
        plan,
        tasks=tuple(replace(t, retrieval_only=True) if isinstance(t, AskTask) else t for t in plan.tasks),
    )


def _first(names: Iterable[str]) -> str:
    return next((name for name in names if name), "")


def _least(limit: int | None, most: int | None) -> int | None:
    return min(limit, most) if limit is not None and most is not None else limit if most is None else most


def _part(task: Task, bench: Bench, *, fresh: bool, several: bool) -> _Done:
    label = f"{task.name}: " if several else ""
    tell = bench.tell
    if several:
        bench = replace(bench, tell=lambda p: tell(replace(p, stage=f"{label}{p.stage}")))
    worker = task.open(bench)
    began = time.perf_counter()
    with journal(bench.cache_dir / "unfinished", _key(task, worker, bench), task.ids, fresh=fresh) as kept:
        rows = _rows(task, worker, kept, bench)
        finished, metrics = worker.finish(rows)
        kept.finished()
    notes = list(worker.notes)
    if kept.known:
        notes.append(f"{len(kept.known)} of {len(rows)} rows are from an earlier run that was interrupted")
    part = Part(
        name=task.name,
        task=task.kind,
        n=len(finished),
        failed=sum(bool(row.error) for row in finished),
        degraded=sum(bool(row.warning) for row in finished),
        data_sha256=task.data_sha256,
        articles_sha256=worker.articles_sha256,
        notes=tuple(notes),
        metrics=metrics,
        index=dict(worker.index),
    )
    return _Done(part, finished, worker.cold_ms, worker.indexing_seconds, time.perf_counter() - began)


def _rows(task: Task, worker: Worker, kept: Journal, bench: Bench) -> list[Row]:
    rows: list[Row] = []
    total = len(task.ids)
    bench.tell(EvalProgress("asking", len(kept.known), total))
    for item in task.ids:
        row = kept.known.get(item)
        if row is None:
            row = replace(_one(worker, item), part=task.name)
            kept.keep(row)
        rows.append(row)
        bench.tell(EvalProgress("asking", len(rows), total, item))
    return rows


def _one(worker: Worker, item: str) -> Row:
    """Asks one item. Whatever goes wrong becomes the row's error: one question must not end a run."""
    try:
        return worker.row(item)
    except FootnoteError as error:
        log.warning("%s failed: %s", item, error)
        return worker.failed(item, f"{type(error).__name__}: {error}")
    except Exception as error:  # the boundary of one question: its row says what happened
        log.warning("%s failed: %s: %s", item, type(error).__name__, error, exc_info=True)
        return worker.failed(item, f"{type(error).__name__}: {error}")


def _key(task: Task, worker: Worker, bench: Bench) -> str:
    """What two runs must share for the one to go on with the rows of the other."""
    parts = (
        task.name, task.kind, task.data_sha256, worker.articles_sha256, *task.ids, bench.system.settings_hash,
        _code_sha256(),
    )  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


@cache
def _code_sha256() -> str:
    """Over all that can change an answer or a score besides settings: code and the models of our own."""
    root = Path(__file__).resolve().parent.parent
    files = [file for name in ("index", "rag", "evals") for file in (root / name).rglob("*.py")]
    return files_sha256(root, [*files, *(root / "rag" / "weights").glob("*")])


def _overall(parts: Sequence[Part], rows: Sequence[Row]) -> dict[str, Estimate]:
    """The figures over all rows, where all parts are of questions asked; a single part's are its own."""
    if len(parts) == 1:
        return dict(parts[0].metrics)
    return aggregate(rows) if {part.task for part in parts} <= {"ask"} else {}


def _peak_memory_mb() -> float:
    """The most memory this process has held so far, in MB (getrusage gives bytes on macOS, else kB)."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


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
