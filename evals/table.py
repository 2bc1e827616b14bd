"""A run as a table for people: value, n and interval of each metric, in groups."""

from __future__ import annotations

from evals.intervals import Estimate
from evals.run import Run

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("retrieval", ("hit@", "mrr@", "ndcg@", "recall@", "passage_hit@", "hit_string@")),
    ("answers", ("em", "f1", "contains", "answer_words")),
    ("abstention", ("abstention_", "false_abstention", "risk_coverage")),
    ("citations", ("citation_",)),
    ("engine", ("drafted_", "replaced_", "dropped_")),
    ("timing", ("latency_", "first_sentence_")),
)
"""Group and the beginnings of its metrics' names; the first that fits takes a metric."""


def format_table(run: Run) -> str:
    """The run as plain text: a heading, the metrics in groups, and what a reader must know beside them.

    Returns:
        Lines without colours, the last without a line end.
    """
    head = f"{run.suite}: {run.n} questions"
    if run.limit is not None:
        head += f" (a sample of at most {run.limit}, seed {run.seed})"
    using = ", ".join(part for part in (run.engine, run.model, run.retriever) if part)
    lines = [f"{head}; {using}" if using else head]
    width = max((len(name) for name in run.metrics), default=0)
    for group, names in grouped(run).items():
        lines += ["", f"{group:<{width + 2}}  {'value':>8} {'n':>6}   95 % interval"]
        lines += [_line(name, run.metrics[name], width) for name in names]
    lines.append("")
    if run.failed:
        lines.append(f"{run.failed} of {run.n} questions failed and count as wrong: {_first_error(run)}")
    if run.degraded:
        lines.append(f"in {run.degraded} of {run.n} answers a part failed: {_first_warning(run)}")
    lines += run.notes
    made_by = run.commit[:12] + run.commit[40:] or "none"  # behind forty digits may stand "-dirty"
    lines.append(f"data {run.data_sha256[:12]}, settings {run.settings_hash[:12]}, commit {made_by}")
    return "\n".join(lines)


def grouped(run: Run) -> dict[str, list[str]]:
    """The run's metrics by group, in the order of `GROUPS`; what fits none stands under "other"."""
    found: dict[str, list[str]] = {group: [] for group, _ in GROUPS}
    for name in run.metrics:
        group = next((group for group, starts in GROUPS if name.startswith(starts)), "other")
        found.setdefault(group, []).append(name)
    return {group: names for group, names in found.items() if names}


def _line(name: str, one: Estimate, width: int) -> str:
    form = "{:8.0f}" if "_ms_" in name or name == "answer_words" else "{:8.3f}"
    span = f"{form.format(one.low).strip()} to {form.format(one.high).strip()}"
    return f"  {name:<{width}}  {form.format(one.value)} {one.n:>6}   {span}"


def _first_error(run: Run) -> str:
    return next(row.error for row in run.rows if row.error)


def _first_warning(run: Run) -> str:
    return next(row.warning for row in run.rows if row.warning)
