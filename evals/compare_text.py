"""A comparison of two runs as plain text for terminals."""

from __future__ import annotations

from collections.abc import Sequence

from evals.compare import Changed, Comparison, Table, Untested
from evals.intervals import Estimate
from evals.paired import Paired
from evals.rows import Row
from index.clean import clean_line

ANSWER_LINES = 6
"""Lines of an answer that are shown; the rest is in the run."""

LISTED = 20
"""Questions, of those that one run lacks, that are named."""

_SIDE_BY_SIDE = 72  # narrower than this, two answers beside each other are a chore to read
_LEAST = 40


def format_comparison(comparison: Comparison, width: int = 100, changed: int = LISTED) -> str:
    """The comparison as text no wider than `width` cells (tables of figures need 71).

    Args:
        changed: at most so many of the changed questions; the rest is counted.

    Returns:
        Lines without colours or control characters, the last without a line end.
    """
    width = max(width, _LEAST)
    lines = [f"{_count(comparison.n, 'question')} in both runs; differences are B - A"]
    lines += _missing(comparison, width) + _made_with(comparison, width)
    tables = list(comparison.tables)
    if comparison.overall and len(tables) > 1:
        tables.append(comparison.overall)
    for table in tables:
        lines += ["", *_table(table, width)]
    tests = sum(len(table.tested) for table in tables)
    if tests:
        lines += ["", *_wrapped(_ABOUT_P.format(tests=_count(tests, "test")), width)]
    lines += _changed_questions(comparison, width, changed)
    return "\n".join(line.rstrip() for line in lines)


_ABOUT_P = (
    "p: two-sided paired randomisation test, {tests}, not corrected for their number: where nothing differs, "
    "one in twenty falls below .05 all the same. > questions where B is better, < where A is (higher and lower "
    "where neither is better), = equal; ↓ lower is better."
)


# ---- What is compared --------------------------------------------------------------------------


def _missing(comparison: Comparison, width: int) -> list[str]:
    lines: list[str] = []
    for side, other, rows, parts in (
        ("A", "B", comparison.only_a, comparison.parts_only_a),
        ("B", "A", comparison.only_b, comparison.parts_only_b),
    ):
        if rows:
            names = ", ".join(_name(row) for row in rows[:LISTED])
            more = f" and {len(rows) - LISTED} more" if len(rows) > LISTED else ""
            text = f"missing in {other}, in no figure below: {_count(len(rows), 'question')} of {side}: {names}{more}"
            lines += _wrapped(text, width)
        if parts:
            names = ", ".join(f"{clean_line(part.name)} ({_count(part.n, 'row')})" for part in parts)
            lines += _wrapped(f"only in {side}, not compared: {names}", width)
    return lines


def _made_with(comparison: Comparison, width: int) -> list[str]:
    lines = [""]
    if comparison.differences:
        rows = [("made with", "A", "B")]
        rows += [tuple(map(clean_line, (one.name, one.a, one.b))) for one in comparison.differences]
        first = min(max(_cells(name) for name, _, _ in rows), width // 3)
        second = min(max(_cells(a) for _, a, _ in rows), (width - first - 4) // 2)
        last = width - first - second - 4
        for name, a, b in rows:
            lines.append(f"{_fit(name, first)}  {_fit(a, second)}  {_fit(b, last)}")
    else:
        lines.append("the same settings, commit, engine and model in both")
    if comparison.dirty:
        lines += _wrapped("files differed from that commit in both runs, so the code may differ", width)
    return lines


# ---- Figures -----------------------------------------------------------------------------------


def _table(table: Table, width: int) -> list[str]:
    lines = [f"{clean_line(table.name)}: {_count(table.n, 'question')}"]
    figures = [_figures(one) for one in table.tested]
    head = _figures_head()
    names = [_label(one) for one in table.tested]
    across = max([_cells(name) for name in names] + [len("mean per question")]) + 2
    if across + len(head) + 2 <= width:
        if figures:
            lines.append(f"  {'mean per question':<{across}}{head}")
        lines += [f"  {_fit(name, across)}{one}" for name, one in zip(names, figures, strict=True)]
    else:  # too narrow for a line each
        if figures:
            lines += ["  mean per question", f"    {head}"]
        for name, one in zip(names, figures, strict=True):
            lines += [f"  {name}", f"    {one}"]
    lines += _unpaired(table.tested, width)
    lines += _apart("not tested", table.untested, width)
    lines += _apart("not tested: times are of one machine at one moment", table.timing, width)
    return lines


def _figures_head() -> str:
    return (
        f"{'n':>5} {'A':>6} {'B':>6} {'B - A':>6}  {'95 % interval':<16} {'p':>6} {'>':>4} {'<':>4} {'=':>5}"
    )


def _figures(one: Paired) -> str:
    span = f"{_number(one.low)} to {_number(one.high)}"
    return (
        f"{one.n:>5} {_number(one.a):>6} {_number(one.b):>6} {_number(one.difference):>6}  "
        f"{span:<16} {one.p:>6.4f} {one.wins:>4} {one.losses:>4} {one.ties:>5}"
    )


def _label(one: Paired) -> str:
    return clean_line(one.metric) + (" ↓" if one.better < 0 else "")


def _unpaired(tested: Sequence[Paired], width: int) -> list[str]:
    """Which metrics only one run scored some questions by; those of equal counts together."""
    groups: dict[tuple[int, int], list[str]] = {}
    for one in tested:
        if one.only_a or one.only_b:
            groups.setdefault((one.only_a, one.only_b), []).append(clean_line(one.metric))
    lines: list[str] = []
    for (a, b), names in groups.items():
        text = f"not paired, scored in A only {a}, in B only {b}: {', '.join(names)}"
        lines += [f"  {line}" for line in _wrapped(text, width - 2)]
    return lines


def _apart(heading: str, figures: Sequence[Untested], width: int) -> list[str]:
    if not figures:
        return []
    lines = [f"  {heading}"]
    across = max(max(_cells(clean_line(one.metric)) for one in figures), 17)
    for one in figures:
        values = f"{_written(one.metric, one.a):>12}  {_written(one.metric, one.b):>12}"
        lines.append(f"  {_fit(clean_line(one.metric), min(across, width - 28))}  {values}")
    return lines


def _written(metric: str, one: Estimate | None) -> str:
    from evals.report.explain import unit_of, written  # here, for the report uses the comparison

    return "-" if one is None else written(one.value, unit_of(metric, one))


def _number(value: float) -> str:
    text = f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"
    return "0.000" if text == "-0.000" else text


# ---- Changed questions -------------------------------------------------------------------------


def _changed_questions(comparison: Comparison, width: int, most: int) -> list[str]:
    total = len(comparison.changed)
    reworded = f"{_count(comparison.reworded, 'more answer')} in other words with the same scores"
    said = (
        f"{_count(total, 'question')} changed, the worst for B first"
        if total
        else "no question changed its scores"
    )
    lines = ["", *_wrapped(f"{said}; {reworded}", width)]
    for one in comparison.changed[: max(most, 0)]:
        lines += ["", *_one_changed(one, width)]
    if total > max(most, 0):
        lines += ["", f"and {total - max(most, 0)} more"]
    return lines


def _one_changed(one: Changed, width: int) -> list[str]:
    labels = [_name(one.a), "" if one.a.answerable else "unanswerable", clean_line(one.a.kind)]
    lines = _wrapped(" · ".join(label for label in labels if label), width)
    lines += [f"  {line}" for line in _wrapped(one.a.question, width - 2, ANSWER_LINES)]
    said = [_said(row) for row in (one.a, one.b)]
    if any(said) and width >= _SIDE_BY_SIDE:
        column = (width - 9) // 2
        left, right = (_wrapped(text, column, ANSWER_LINES) for text in said)
        for number in range(max(len(left), len(right))):
            a, b = (side[number] if number < len(side) else "" for side in (left, right))
            marks = ("A", "B") if number == 0 else (" ", " ")
            lines.append(f"  {marks[0]} {_fit(a, column)} {marks[1]} {b}")
    elif any(said):
        for mark, text in zip("AB", said, strict=True):
            answer = _wrapped(text, width - 4, ANSWER_LINES)
            lines += [f"  {mark if number == 0 else ' '} {line}" for number, line in enumerate(answer)]
    changes = ", ".join(
        f"{clean_line(change.metric)} {_score(change.a)} -> {_score(change.b)}" for change in one.scores
    )
    return lines + [f"  {line}" for line in _wrapped(changes, width - 2)] if changes else lines


def _said(row: Row) -> str:
    return f"failed: {row.error}" if row.error else row.answer


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _name(row: Row) -> str:
    return clean_line(f"{row.part} {row.id}" if row.part else row.id)


# ---- Widths ------------------------------------------------------------------------------------


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _fit(text: str, width: int) -> str:
    """`text` filled up or, with an ellipsis, cut to exactly `width` cells."""
    if _cells(text) > width:
        while text and _cells(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _cells(text))


def _wrapped(text: str, width: int, most: int = 0) -> list[str]:
    """Lines of at most `width` cells, at most `most` of them where it is not 0; words wider than a line are cut."""
    from rich.cells import chop_cells

    lines = [""]
    for word in clean_line(text).split(" "):
        for piece in chop_cells(word, width) or [""]:
            joined = f"{lines[-1]} {piece}" if lines[-1] else piece
            if _cells(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
        if most and len(lines) > most:
            last = lines[most - 1]
            while _cells(last) > width - 2:
                last = last[:-1]
            return [*lines[: most - 1], f"{last.rstrip()} …"]
    return lines
