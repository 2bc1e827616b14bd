"""Floors under the figures of a run: whether it may pass, as continuous integration asks.

A floors file is TOML: a table for each part, named as the part is, and `[all]` for the figures over
all parts.

    [seeds]
    rows = 120                              # exactly so many rows
    "hit@1" = 0.85                          # a floor, where higher is better
    contains = { min = 0.4, n = 75 }        # a floor, over at least 75 questions
    false_abstention = { max = 0.2 }        # a ceiling
    failed = { max = 0 }                    # questions that ended in an error
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evals.compare import OVERALL, nearest_names
from evals.intervals import Estimate
from evals.paired import better
from evals.rows import Row, Run
from index.clean import clean_line
from index.errors import InputError

FAILED = "failed"
"""A metric of the gate's own: how many rows ended in an error."""

_DIGITS = 6  # as run.json holds them

Verdict = Literal["ok", "below", "above", "missing"]


@dataclass(frozen=True, slots=True)
class Bound:
    """What one metric must keep to: at least `low`, at most `high`, from at least `n` questions."""

    metric: str
    low: float | None = None
    high: float | None = None
    n: int | None = None

    def __str__(self) -> str:
        said = [f">= {self.low:g}"] if self.low is not None else []
        said += [f"<= {self.high:g}"] if self.high is not None else []
        return " and ".join(said)


@dataclass(frozen=True, slots=True)
class PartFloors:
    """The bounds of one part (`evals.compare.OVERALL` for all), and the rows it must have, None for any number."""

    part: str
    rows: int | None
    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Floors:
    """A floors file."""

    path: Path
    parts: tuple[PartFloors, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One bound held against the run; `value` is None, and `why` says why, where the verdict is "missing"."""

    part: str
    bound: Bound
    value: Estimate | None
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True)
class GateReport:
    """What came of a gate.

    Attributes:
        checks: every bound, in the order of the file.
        problems: what is missing besides single metrics: parts, rows, floors for a part.
        failed: rows that ended in an error; they count as wrong, and are told whether gated or not.
        n: rows of the run.
    """

    checks: tuple[Check, ...]
    problems: tuple[str, ...]
    failed: tuple[Row, ...]
    n: int

    @property
    def exit_status(self) -> int:
        """2 where rows or metrics are missing, else 1 where a figure is out of its bounds, else 0."""
        if self.problems or any(check.verdict == "missing" for check in self.checks):
            return 2
        return int(any(check.verdict != "ok" for check in self.checks))

    @property
    def verdict(self) -> str:
        """The outcome in one line."""
        total, out = len(self.checks), sum(check.verdict in ("below", "above") for check in self.checks)
        missing = sum(check.verdict == "missing" for check in self.checks) + len(self.problems)
        beyond = f"{out} of {total} figures out of bounds"
        if self.exit_status == 2:
            said = f"{missing} missing" + (f", {beyond}" if out else "")
            return f"INCOMPLETE: {said}; nothing can be said for what is missing"
        return f"FAILED: {beyond}" if out else f"PASSED: {total} of {total} figures within bounds"


def check_gate(run: Run, floors: Floors) -> GateReport:
    """Holds a run against its floors.

    A figure equal to its floor to six digits is at it. Missing, and never passed over, are: a part
    or metric that the floors name and the run has not; another number of rows than `rows`, or than
    the part itself says; a metric over fewer than `n` questions; a part of the run for which there
    is no table (`[all]` is one for every part).
    """
    problems: list[str] = []
    checks: list[Check] = []
    names = [part.name for part in run.parts]
    tables = [table.part for table in floors.parts]
    problems += [
        f"part {name!r} of the run has no floors" for name in names if not {name, OVERALL} & set(tables)
    ]
    for table in floors.parts:
        part = run.part(table.part)
        whole = table.part == OVERALL
        if part is None and not whole:
            problems.append(f"the run has no part {table.part!r}: {nearest_names(table.part, names)}")
        rows = run.rows if whole else run.rows_of(table.part)
        said = run.n if whole else part.n if part else 0
        if part or whole:
            problems += _row_problems(table, len(rows), said)
        figures = run.metrics if whole else part.metrics if part else {}
        absent = ""
        if whole and not figures:
            absent = "there are no figures over all, for the parts have different tasks"
        elif part is None and not whole:
            absent = "the run has no such part"
        checks += [_check(table.part, bound, figures, rows, absent) for bound in table.bounds]
    return GateReport(tuple(checks), tuple(problems), tuple(row for row in run.rows if row.error), run.n)


def format_gate(report: GateReport) -> str:
    """The report as plain text: a line for each bound, what is missing, and the verdict as the last line."""
    rows = [("part", "metric", "value", "95 % interval", "bound", "verdict")]
    for check in report.checks:
        rows.append(
            (
                clean_line(check.part),
                clean_line(check.bound.metric),
                _value(check),
                _interval(check),
                str(check.bound),
                check.verdict + (f": {clean_line(check.why)}" if check.why else ""),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[5]])
        for row in rows
    ]
    if report.failed:
        named = ", ".join(clean_line(f"{row.part} {row.id}") for row in report.failed[:5])
        first = clean_line(report.failed[0].error)
        more = ", ..." if len(report.failed) > 5 else ""
        lines += [
            "",
            f"{len(report.failed)} of {report.n} rows failed and count as wrong: {named}{more} ({first})",
        ]
    if report.problems:
        lines += ["", *(f"missing: {clean_line(problem)}" for problem in report.problems)]
    return "\n".join([*lines, "", f"gate {report.verdict}"])


def read_floors(path: Path) -> Floors:
    """The floors of a TOML file.

    Raises:
        InputError: file, line where it can be told, and key of what is wrong: no floors at all or
            in a table, a bound that is no finite number, an unknown key, a plain number for a metric
            where a lower value is better or neither is.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        whole = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})", "check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error.reason})", "convert it") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{path}: not valid TOML ({error})", 'a name with "@" needs quotes, as in "hit@1" = 0.85'
        ) from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply", "see docs/evals.md") from error
    if not whole:
        raise InputError(f"{path}: holds no floors, and there are none by default", _EXAMPLE)
    reader = _Reader(path, text)
    return Floors(path, tuple(reader.part(name, table) for name, table in whole.items()))


_EXAMPLE = 'a table for each part, as in: [seeds] and below it "hit@1" = 0.85'


# ---- Checking ----------------------------------------------------------------------------------


def _row_problems(table: PartFloors, found: int, said: int) -> list[str]:
    problems: list[str] = []
    if found != said:
        problems.append(f"{table.part}: the run says it has {said} rows and holds {found}")
    if table.rows is not None and found != table.rows:
        problems.append(f"{table.part}: {found} rows, and the floors are for exactly {table.rows}")
    return problems


def _check(
    part: str, bound: Bound, figures: Mapping[str, Estimate], rows: Sequence[Row], absent: str
) -> Check:
    if absent and (bound.metric != FAILED or not rows):
        return Check(part, bound, None, "missing", absent)
    if bound.metric == FAILED:
        failed = float(sum(bool(row.error) for row in rows))
        one = Estimate(failed, len(rows), failed, failed)
    elif bound.metric in figures:
        one = figures[bound.metric]
    else:
        names = [*figures, FAILED]
        return Check(part, bound, None, "missing", f"no such metric: {nearest_names(bound.metric, names)}")
    if not math.isfinite(one.value):
        return Check(part, bound, None, "missing", "its value is not a number")
    if bound.n is not None and one.n < bound.n:
        return Check(part, bound, one, "missing", f"it rests on {one.n} questions, {bound.n} are asked for")
    value = round(one.value, _DIGITS)
    if bound.low is not None and value < round(bound.low, _DIGITS):
        return Check(part, bound, one, "below")
    if bound.high is not None and value > round(bound.high, _DIGITS):
        return Check(part, bound, one, "above")
    return Check(part, bound, one, "ok")


def _value(check: Check) -> str:
    if check.value is None:
        return "-"
    return f"{check.value.value:.6g} (n {check.value.n})"


def _interval(check: Check) -> str:
    one = check.value
    return "" if one is None or check.bound.metric == FAILED else f"{one.low:.4g} to {one.high:.4g}"


# ---- Reading -----------------------------------------------------------------------------------


class _Reader:
    """Makes floors of parsed TOML; knows its text, to tell lines."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = _lines_of_keys(text)

    def part(self, name: str, table: Any) -> PartFloors:
        where = f"{self._place(name)}: [{name}]"
        if not isinstance(table, dict):
            raise InputError(f"{self._place('', name)}: {name!r} stands in no table", _EXAMPLE)
        rows = None
        if "rows" in table:
            rows = self._whole(table["rows"], f"{self._place(name, 'rows')}: [{name}] rows")
        bounds = tuple(
            self._bound(name, metric, value) for metric, value in table.items() if metric != "rows"
        )
        if not bounds:
            raise InputError(f"{where} has no floors, and there are none by default", _EXAMPLE)
        return PartFloors(name, rows, bounds)

    def _bound(self, part: str, metric: str, value: Any) -> Bound:
        where = f"{self._place(part, metric)}: [{part}] {metric}"
        if not isinstance(value, dict):
            floor = self._number(value, where)
            if metric == FAILED or better(metric) != 1:
                raise InputError(
                    f"{where}: a plain number is a floor, and higher is not better here",
                    f'write "{metric}" = {{ max = {floor:g} }} or {{ min = {floor:g} }}',
                )
            return Bound(metric, low=floor)
        if unknown := sorted(set(value) - {"min", "max", "n"}):
            raise InputError(f"{where}: unknown key {unknown[0]!r}", "keys are min, max and n")
        low, high = (
            self._number(value[key], f"{where}.{key}") if key in value else None for key in ("min", "max")
        )
        if low is None and high is None:
            raise InputError(f"{where}: neither min nor max", "as in { min = 0.4 }")
        if low is not None and high is not None and low > high:
            raise InputError(f"{where}: min {low:g} is above max {high:g}", "mend one of them")
        return Bound(metric, low, high, self._whole(value["n"], f"{where}.n") if "n" in value else None)

    def _number(self, value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
            raise InputError(f"{where}: {value!r} is not a finite number", "write a number, as in 0.85")
        return float(value)

    def _whole(self, value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"{where}: {value!r} is not a whole number above 0", "write it as in 120")
        return value

    def _place(self, table: str, key: str = "") -> str:
        line = self._lines.get((table, key))
        return f"{self._path}:{line}" if line else str(self._path)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond what a float holds
        return False


def _lines_of_keys(text: str) -> dict[tuple[str, str], int]:
    """(table, key) -> line, and (table, "") -> the line of its heading, for messages.

    Each line is parsed by itself; what is not told so (a key inside a value of several lines) has no line.
    """
    found: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            alone = tomllib.loads(line)
        except (tomllib.TOMLDecodeError, RecursionError):
            continue
        for name, value in alone.items():
            if line.lstrip().startswith("["):
                table = name
                found.setdefault((table, ""), number)
                if isinstance(value, dict) and value:  # [seeds.contains]
                    found.setdefault((table, next(iter(value))), number)
            else:
                found.setdefault((table, name), number)
    return found
