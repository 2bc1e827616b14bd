"""A run as a table for people: value, n and interval of each metric, in groups."""

from __future__ import annotations

from collections.abc import Mapping

from evals.intervals import Estimate
from evals.rows import Run

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("retrieval", ("hit@", "mrr@", "ndcg@", "recall@", "passage_hit@", "hit_string@")),
    ("answers", ("em", "f1", "contains", "answer_words")),
    ("abstention", ("abstention_", "false_abstention", "risk_coverage")),
    ("citations", ("citation_",)),
    ("engine", ("drafted_", "replaced_", "dropped_")),
    ("timing", ("retrieve_ms", "latency_", "first_sentence_")),
    ("understanding", ("restored_", "changed_needlessly")),
    ("support", ("support_",)),
    ("disagreement", ("says_",)),
    ("extraction", ("extraction_", "pages_per_second")),
    ("reading", ("read_share", "dated_share", "duplicate_share", "crashed", "articles_per", "chunks_per")),
)
"""Group and the beginnings of its metrics' names; the first that fits takes a metric."""

UNITS = {"support": "claims", "extraction": "pages", "ingest": "batches"}
"""What the rows of a task are called, where they are no questions."""


def format_table(run: Run) -> str:
    """The run as plain text: a heading, the metrics in groups, and what a reader must know beside them.

    A run of several parts shows each part's figures, and those over all questions where there are any.

    Returns:
        Lines without colours, the last without a line end.
    """
    units = {UNITS.get(part.task, "questions") for part in run.parts}
    unit = units.pop() if len(units) == 1 else "rows"
    head = f"{run.suite}: {run.n} {unit}"
    if run.limit is not None:
        head += f" (a sample of at most {run.limit}{' of each part' * (len(run.parts) > 1)}, seed {run.seed})"
    using = ", ".join(part for part in (run.engine, run.model, run.retriever) if part)
    lines = [f"{head}; {using}" if using and run.metrics else head]
    if len(run.parts) > 1:
        for part in run.parts:
            lines += [
                "",
                f"{part.name}: {part.n} {UNITS.get(part.task, 'questions')}",
                *_groups(part.metrics),
            ]
        if run.metrics:
            lines += ["", f"all {run.n} questions together"]
    lines += [*_groups(run.metrics), ""]
    if run.failed:
        lines.append(f"{run.failed} of {run.n} {unit} failed and count as wrong: {_first_error(run)}")
    if run.degraded:
        lines.append(f"in {run.degraded} of {run.n} answers a part failed: {_first_warning(run)}")
    lines += run.notes
    lines += [_system(run)] if run.timing else []
    made_by = run.commit[:12] + run.commit[40:] or "none"  # behind forty digits may stand "-dirty"
    lines.append(f"data {run.data_sha256[:12]}, settings {run.settings_hash[:12]}, commit {made_by}")
    return "\n".join(lines)


def _groups(metrics: Mapping[str, Estimate]) -> list[str]:
    width = max((len(name) for name in metrics), default=0)
    lines: list[str] = []
    for group, names in grouped(metrics).items():
        lines += ["", f"{group:<{width + 2}}  {'value':>8} {'n':>6}   95 % interval"]
        lines += [_line(name, metrics[name], width) for name in names]
    return lines


def _system(run: Run) -> str:
    timing = run.timing
    said = [f"{timing.get('seconds', 0):.0f} s"]
    if timing.get("indexing_seconds"):
        said.append(f"indexing {timing['indexing_seconds']:.0f} s before")
    if timing.get("cold_ms"):
        said.append(f"the first answer {timing['cold_ms'] / 1000:.1f} s")
    said.append(f"at most {timing.get('peak_memory_mb', 0):.0f} MB of memory")
    for part in run.parts:
        if part.index.get("chunks"):
            articles, chunks = part.index.get("articles", 0), part.index["chunks"]
            size = part.index.get("bytes", 0) / max(articles, 1) / 1000
            said.append(
                f"{part.name}: {articles:.0f} articles, {chunks:.0f} chunks, {size:.0f} kB an article"
            )
    return "; ".join(said)


def grouped(metrics: Mapping[str, Estimate]) -> dict[str, list[str]]:
    """The metrics by group, in the order of `GROUPS`; what fits none stands under "other"."""
    found: dict[str, list[str]] = {group: [] for group, _ in GROUPS}
    for name in metrics:
        group = next((group for group, starts in GROUPS if name.startswith(starts)), "other")
        found.setdefault(group, []).append(name)
    return {group: names for group, names in found.items() if names}


def _line(name: str, one: Estimate, width: int) -> str:
    whole = "_ms_" in name or name == "answer_words" or name.endswith("per_second")
    form = "{:8.0f}" if whole else "{:8.3f}"
    span = f"{form.format(one.low).strip()} to {form.format(one.high).strip()}"
    return f"  {name:<{width}}  {form.format(one.value)} {one.n:>6}   {span}"


def _first_error(run: Run) -> str:
    return next(row.error for row in run.rows if row.error)


def _first_warning(run: Run) -> str:
    return next(row.warning for row in run.rows if row.warning)
