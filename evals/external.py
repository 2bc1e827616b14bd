"""Other systems' rankings, scored by the code that scores ours."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from evals.cases import Case, Suite
from evals.rows import Part, Row, Run, check_writable, write_run
from evals.run import commit
from evals.scoring import aggregate, with_ranking_scores
from evals.suites import open_plan
from evals.tasks.ask import AskTask
from evals.trec import read_run
from index.errors import InputError


def score_run_file(
    suite: str | Path, rankings: Path, *, data_dir: Path | None = None, out: Path | None = None
) -> Run:
    """A run whose rankings come from a TREC run file; only ranking metrics apply to it.

    Every question of the suite that has gold articles counts: one that the file does not rank scores
    0, and is noted. Rankings of unknown questions are an error, for they are of another suite.

    Raises:
        InputError: no such suite, one without gold articles, or a damaged run file.
    """
    plan = open_plan(suite, data_dir)
    if out is not None:
        check_writable(out)
    suites = [task.suite for task in plan.tasks if isinstance(task, AskTask)]
    found = read_run(rankings)
    cases = {case.id: (one, case) for one in suites for case in one.cases if one.grades_of(case)}
    if not cases:
        raise InputError(
            f"suite {plan.name!r} names no gold articles to score a ranking by", "footnote eval list"
        )
    known = {case.id for one in suites for case in one.cases}
    if strange := sorted(set(found) - known):
        raise InputError(
            f"{rankings}: question {strange[0]!r} is not in the suite ({len(strange)} such)",
            "score it by the suite it was made for",
        )
    rows = with_ranking_scores(
        [_row(plan.name, one, case, found.get(name, [])) for name, (one, case) in cases.items()]
    )
    lost = sorted(set(cases) - set(found))
    notes = [f"{len(lost)} questions are not ranked and score 0: {', '.join(lost[:3])}"] if lost else []
    metrics = aggregate(rows)
    sha256 = hashlib.sha256(rankings.read_bytes()).hexdigest()
    part = Part(
        name=plan.name,
        task="retrieve",
        n=len(rows),
        failed=0,
        degraded=0,
        data_sha256=suites[0].data_sha256,
        articles_sha256="",
        notes=tuple(notes),
        metrics=metrics,
    )
    run = Run(
        suite=plan.name,
        n=len(rows),
        failed=0,
        degraded=0,
        data_sha256=part.data_sha256,
        settings_hash=sha256[:16],
        index_settings_hash="",
        settings={"rankings": rankings.name, "rankings_sha256": sha256},
        commit=commit(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        seed=0,
        limit=None,
        engine="",
        model="",
        retriever=rankings.name,
        metrics=metrics,
        parts=(part,),
        rows=rows,
    )
    if out is not None:
        write_run(run, out)
    return run


def _row(part: str, suite: Suite, case: Case, ranking: list[str]) -> Row:
    return Row(
        case.id,
        case.question,
        "",
        {},
        kind=case.kind,
        language=case.language,
        part=suite.name,
        gold=dict(suite.grades_of(case)),
        ranking=tuple(ranking),
    )
