"""The comparison as two tables, of what was found and of what it took, for a terminal or in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from evals.intervals import Estimate
from evals.peers.compare import METRICS, Row, Setting


def format_comparison(setting: Setting, rows: Sequence[Row], *, markdown: bool = False) -> str:
    """Heading, both tables, versions and what failed, without a line end at the end."""
    made = [row for row in rows if not row.error]
    head = (
        f"{setting.data}: {setting.articles:,} articles, n = {setting.queries} questions; {setting.date}, "
        f"{setting.cores} cores, {setting.machine}"
    )
    found = [["", *METRICS], *([row.name, *_scores(row)] for row in made)]
    took = [
        ["", "index s", "CPU s", "articles/s", "passages", "query ms p50", "p95", "peak MB", "start s"],
        *([row.name, *_costs(row)] for row in made),
    ]
    form = _markdown if markdown else _plain
    parts = [head]
    if made:
        parts += [form(found), form(took)]
    if versions := _versions(made):
        parts.append("\n".join(f"- {line}" if markdown else line for line in versions))
    if failed := [row for row in rows if row.error]:
        parts.append(form([["", "failed"], *([row.name, row.error] for row in failed)]))
    return "\n\n".join(parts)


def format_row(row: Row) -> str:
    """One line for each row as it is made."""
    if row.error:
        return f"{row.name}: failed: {row.error}"
    index = f"{row.index_s:.0f} s to index"
    query = f"{row.p50_ms:.0f} ms a query"
    return f"{row.name}: ndcg@10 {row.scores['ndcg@10'].value:.3f}, {index}, {query}, {row.peak_mb:,.0f} MB"


def _scores(row: Row) -> list[str]:
    return [_estimate(row.scores[name]) for name in METRICS]


def _estimate(one: Estimate) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def _costs(row: Row) -> list[str]:
    return [
        f"{row.index_s:.0f}",
        f"{row.index_cpu_s:.0f}",
        f"{row.articles / row.index_s:.1f}" if row.index_s else "",
        f"{row.passages:,}",
        f"{row.p50_ms:.0f}",
        f"{row.p95_ms:.0f}",
        f"{row.peak_mb:,.0f}",
        f"{row.start_s + row.load_s:.0f}",
    ]


def _versions(rows: Sequence[Row]) -> list[str]:
    """A line for each program, however many rows it has."""
    lines: dict[str, str] = {}
    for row in rows:
        named = ", ".join(f"{name} {version}" for name, version in row.versions.items())
        lines.setdefault(f"{named}, Python {row.python}", row.name.split(",")[0])
    return [f"{name}: {versions}" for versions, name in lines.items()]


def _plain(cells: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def _markdown(cells: Sequence[Sequence[str]]) -> str:
    head, *rows = [[cell.replace("|", "\\|") for cell in row] for row in cells]
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
