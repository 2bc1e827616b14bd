"""Two runs of the same questions: is the difference more than chance, and which answers changed.

Every figure is paired: a question counts where both runs scored it, and what only one of them
scored is counted beside it. Two runs are A and B, and a difference is B - A.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.intervals import Estimate
from evals.paired import ROUNDING, Pair, Paired, better, tested_metrics
from evals.rows import Part, Row, Run, is_timing
from index.errors import InputError

OVERALL = "all"
"""The name of the table over all parts."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something the runs were made with that is not the same in both."""

    name: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Untested:
    """One metric as both runs report it, over all of their own questions; None where a run has it not."""

    metric: str
    a: Estimate | None
    b: Estimate | None


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of one part, or of all: `n` questions paired; `timing` apart, for times differ by themselves."""

    name: str
    n: int
    tested: tuple[Paired, ...]
    untested: tuple[Untested, ...]
    timing: tuple[Untested, ...]


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """One score of one question in both runs; None where it does not apply."""

    metric: str
    a: float | None
    b: float | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A question whose scores changed; `net` is metrics better in B less metrics worse in B."""

    a: Row
    b: Row
    scores: tuple[ScoreChange, ...]
    net: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs beside each other.

    Attributes:
        n: questions in both runs.
        differences: what the runs were made with, where it differs; empty where nothing does.
        dirty: both were made from the same commit with files changed, so the code may differ.
        tables: one for each part in both runs, in the order of A.
        overall: over all parts, where both runs have such figures and the same parts.
        changed: the questions whose scores changed, the worst for B first.
        reworded: how many more have another answer with the same scores.
        only_a, only_b: questions of parts in both that one run alone has; they are in no table.
        parts_only_a, parts_only_b: parts that one run alone has.
    """

    n: int
    differences: tuple[Difference, ...]
    dirty: bool
    tables: tuple[Table, ...]
    overall: Table | None
    changed: tuple[Changed, ...]
    reworded: int
    only_a: tuple[Row, ...]
    only_b: tuple[Row, ...]
    parts_only_a: tuple[Part, ...]
    parts_only_b: tuple[Part, ...]

    def as_json(self) -> dict[str, Any]:
        """The comparison as JSON types; of a question its names, answers and changed scores."""
        sides = {"only_a": self.only_a, "only_b": self.only_b}
        parts = {"parts_only_a": self.parts_only_a, "parts_only_b": self.parts_only_b}
        whole = {
            "n": self.n,
            "differences": [asdict(one) for one in self.differences],
            "dirty": self.dirty,
            "parts": [asdict(one) for one in self.tables],
            "overall": asdict(self.overall) if self.overall else None,
            "changed": [
                {
                    "part": one.a.part,
                    "id": one.a.id,
                    "question": one.a.question,
                    "a": {"answer": one.a.answer, "error": one.a.error},
                    "b": {"answer": one.b.answer, "error": one.b.error},
                    "scores": {change.metric: [change.a, change.b] for change in one.scores},
                }
                for one in self.changed
            ],
            "reworded": self.reworded,
            **{name: [{"part": row.part, "id": row.id} for row in rows] for name, rows in sides.items()},
            **{name: [{"name": part.name, "n": part.n} for part in some] for name, some in parts.items()},
        }
        return _plain(whole)


def compare_runs(a: Run, b: Run, metrics: Sequence[str] = ()) -> Comparison:
    """Compares two runs, question by question.

    Args:
        metrics: only these, in tables and among the changed scores; all where empty.

    Raises:
        InputError: the runs are of different questions or articles, or have no part in common; a
            metric that neither has; a damaged run (a question twice, a score that is no number).
    """
    rows_a, rows_b = _rows(a, "A"), _rows(b, "B")
    common = [part.name for part in a.parts if b.part(part.name)]
    _check_same_data(a, b, common, rows_a, rows_b)
    pairs = {name: [(row, rows_b[key]) for key, row in rows_a.items() if key[0] == name and key in rows_b]
             for name in common}  # fmt: skip
    everything = [pair for some in pairs.values() for pair in some]
    if not everything:
        raise InputError("the two runs have no question in common", "compare runs of the same suite")
    _check_metrics(metrics, a, b, everything)
    tables = tuple(_table(n, pairs[n], _figures(a, n), _figures(b, n), metrics) for n in common)
    overall = None
    if a.metrics and b.metrics and {part.name for part in a.parts} == {part.name for part in b.parts}:
        alone = tables[0].tested if len(tables) == 1 else None
        overall = _table(OVERALL, everything, a.metrics, b.metrics, metrics, alone)
    scored = dict.fromkeys(name for pair in everything for row in pair for name in row.scores)
    directions = {name: better(name) for name in scored if not is_timing(name)}
    if metrics:
        directions = {name: way for name, way in directions.items() if name in metrics}
    telling = {name for name, way in directions.items() if way or metrics}
    changed = [one for pair in everything if (one := _changed(pair, directions, telling))]
    moved = {(one.a.part, one.a.id) for one in changed}
    return Comparison(
        n=len(everything),
        differences=tuple(_differences(a, b)),
        dirty=a.commit == b.commit and a.commit.endswith("-dirty"),
        tables=tables,
        overall=overall,
        changed=tuple(sorted(changed, key=lambda one: one.net)),
        reworded=sum(x.answer != y.answer and (x.part, x.id) not in moved for x, y in everything),
        only_a=tuple(row for key, row in rows_a.items() if key not in rows_b and key[0] in common),
        only_b=tuple(row for key, row in rows_b.items() if key not in rows_a and key[0] in common),
        parts_only_a=tuple(part for part in a.parts if part.name not in common),
        parts_only_b=tuple(part for part in b.parts if part.name not in common),
    )


def nearest_names(name: str, names: Sequence[str]) -> str:
    """What to do about a metric that is not there: the names most like it, or all of them."""
    if near := difflib.get_close_matches(name, names, n=3, cutoff=0.5):
        return f"did you mean {' or '.join(near)}?"
    return f"there are {', '.join(names) or 'none'}"


def _plain(value: Any) -> Any:
    """JSON types; numbers with six digits, null for what is no number."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


# ---- What can be compared ----------------------------------------------------------------------


def _rows(run: Run, side: str) -> dict[tuple[str, str], Row]:
    found: dict[tuple[str, str], Row] = {}
    parts = {part.name for part in run.parts}
    for row in run.rows:
        where = f"run {side} is damaged: question {row.id!r} of part {row.part!r}"
        if (row.part, row.id) in found:
            raise InputError(f"{where} is there twice", "make the run again")
        if row.part not in parts:
            raise InputError(f"{where} belongs to no part of the run", "make the run again")
        if not all(map(math.isfinite, row.scores.values())):
            raise InputError(f"{where} has a score that is not a number", "make the run again")
        found[row.part, row.id] = row
    return found


def _check_same_data(
    a: Run, b: Run, common: Sequence[str], rows_a: Mapping[tuple[str, str], Row], rows_b: Mapping
) -> None:
    if not common:
        names = [", ".join(part.name for part in run.parts) or "none" for run in (a, b)]
        raise InputError(
            f"the two runs have no part in common (A: {names[0]}; B: {names[1]})",
            "compare runs of the same suite",
        )
    unlike: list[str] = []
    for name in common:
        one, other = a.part(name), b.part(name)
        assert one is not None and other is not None  # noqa: PT018  `common` holds parts of both
        for what, left, right in (
            ("task", one.task, other.task),
            ("data_sha256", one.data_sha256[:12], other.data_sha256[:12]),
            ("articles_sha256", one.articles_sha256[:12], other.articles_sha256[:12]),
        ):
            if left != right:
                unlike.append(f"{name}: {what} (A {left or 'none'}, B {right or 'none'})")
    if unlike:
        raise InputError(
            f"the two runs are of different data: {'; '.join(unlike)}",
            "make both runs with the same files and articles",
        )
    samples = [(run.limit, run.seed if run.limit is not None else 0) for run in (a, b)]
    ids_a, ids_b = ({key for key in rows if key[0] in common} for rows in (rows_a, rows_b))
    if samples[0] != samples[1] and ids_a != ids_b:
        said = ["all" if limit is None else f"--limit {limit} --seed {seed}" for limit, seed in samples]
        raise InputError(
            f"the two runs asked different questions (A: {said[0]}; B: {said[1]})",
            "make both runs with the same --limit and --seed",
        )


def _check_metrics(wanted: Sequence[str], a: Run, b: Run, pairs: Sequence[Pair]) -> None:
    known = dict.fromkeys(name for run in (a, b) for part in run.parts for name in part.metrics)
    known |= dict.fromkeys(name for pair in pairs for row in pair for name in row.scores)
    for name in wanted:
        if name not in known:
            raise InputError(f"neither run has a metric {name!r}", nearest_names(name, list(known)))


def _differences(a: Run, b: Run) -> list[Difference]:
    found: list[Difference] = []
    for name in ("engine", "model", "retriever", "commit", "limit", "seed"):
        found += _difference(name, getattr(a, name), getattr(b, name))
    told = {one.name for one in found}
    for name in dict.fromkeys((*a.settings, *b.settings)):
        if name not in told:
            found += _difference(name, a.settings.get(name), b.settings.get(name))
    told = {one.name for one in found}
    for name in ("settings_hash", "index_settings_hash"):
        if not told & {*a.settings, *b.settings}:  # else it only repeats what stands above
            found += _difference(name, getattr(a, name)[:12], getattr(b, name)[:12])
    return found


def _difference(name: str, a: object, b: object) -> list[Difference]:
    left, right = (
        one if isinstance(one, str) else "" if one is None else json.dumps(one, default=str) for one in (a, b)
    )
    return [Difference(name, left or "-", right or "-")] if a != b and left != right else []


# ---- Figures -----------------------------------------------------------------------------------


def _figures(run: Run, name: str) -> Mapping[str, Estimate]:
    part = run.part(name)
    return part.metrics if part else {}


def _table(
    name: str,
    pairs: Sequence[Pair],
    a: Mapping[str, Estimate],
    b: Mapping[str, Estimate],
    wanted: Sequence[str],
    tested: tuple[Paired, ...] | None = None,
) -> Table:
    names = dict.fromkeys((*a, *b, *(m for pair in pairs for row in pair for m in row.scores)))
    chosen = [metric for metric in names if not wanted or metric in wanted]
    if tested is None:  # a score that no run reports and that has no better side only serves other figures
        figures = [m for m in chosen if m in a or m in b or m in wanted or better(m)]
        tested = tested_metrics([metric for metric in figures if not is_timing(metric)], pairs)
    done = {one.metric for one in tested}
    rest = [Untested(m, a.get(m), b.get(m)) for m in chosen if m not in done and (m in a or m in b)]
    return Table(
        name,
        len(pairs),
        tested,
        tuple(one for one in rest if not is_timing(one.metric)),
        tuple(one for one in rest if is_timing(one.metric)),
    )


# ---- Changed questions -------------------------------------------------------------------------


def _changed(pair: Pair, directions: Mapping[str, int], telling: Collection[str]) -> Changed | None:
    """The changed scores of a question; None where none of the `telling` ones did: another length alone is wording."""
    a, b = pair
    changes: list[ScoreChange] = []
    net = 0
    for metric in a.scores if a.scores.keys() == b.scores.keys() else dict.fromkeys((*a.scores, *b.scores)):
        left, right = a.scores.get(metric), b.scores.get(metric)
        if left == right or metric not in directions:
            continue
        if left is None or right is None:
            changes.append(ScoreChange(metric, left, right))
        elif abs(right - left) > ROUNDING:
            changes.append(ScoreChange(metric, left, right))
            net += directions[metric] if right > left else -directions[metric]
    if not any(one.metric in telling for one in changes) and bool(a.error) == bool(b.error):
        return None
    return Changed(a, b, tuple(changes), net)
