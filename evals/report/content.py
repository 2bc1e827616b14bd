"""What a report says of its runs: which belong together, what became of each question, and its row for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.intervals import Estimate
from evals.report.explain import meaning
from evals.report.text import link, shown, site
from evals.rows import Row, Run

RANKS_SHOWN = 10
"""Articles of a ranking listed; gold ones further down are named with their rank."""

DECISIVE: dict[str, tuple[str, ...]] = {
    "ask": ("contains",),
    "retrieve": ("hit@10", "hit_string@10"),
    "support": ("support_correct",),
    "followups": ("hit@10", "restored_recall", "changed_needlessly"),
    "extraction": ("extraction_recall",),
    "ingest": (),
}
"""By task, the score that decides whether a row is right; the first that the row has."""

_SENTENCE_END = (".", "!", "?", "”", '"', "»", "…", "。")

WHOLE = "all parts together"


@dataclass(frozen=True, slots=True)
class Named:
    """A run as the report calls it: a letter where there are several, and the name of its file."""

    letter: str
    name: str
    run: Run

    @property
    def label(self) -> str:
        """The name with its letter."""
        return f"{self.letter} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Cell:
    """One run's share of a block."""

    named: Named
    task: str
    n: int
    failed: int
    degraded: int
    metrics: dict[str, Estimate]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    index: tuple[tuple[str, float], ...] = ()
    data: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """What stands together on the page: a part of one or several runs."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def task(self) -> str:
        """The task of the part, which all runs share that name it alike."""
        return self.cells[0].task

    @property
    def same_data(self) -> bool:
        """Whether every run was asked the same questions of the same files."""
        return len({(cell.data, cell.n) for cell in self.cells}) == 1

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics of any run, in their order."""
        return list(self.estimates)

    @property
    def estimates(self) -> dict[str, Estimate]:
        """Every metric with the estimate of the first run that has it."""
        found: dict[str, Estimate] = {}
        for cell in self.cells:
            for name, one in cell.metrics.items():
                found.setdefault(name, one)
        return found


def named_runs(runs: Sequence[tuple[str, Run]]) -> list[Named]:
    """The runs with letters A, B, ... where there are several."""
    letters = [chr(ord("A") + place) if place < 26 else str(place + 1) for place in range(len(runs))]
    return [
        Named(letter if len(runs) > 1 else "", shown(name), run)
        for letter, (name, run) in zip(letters, runs, strict=True)
    ]


def run_names(paths: Sequence[Path]) -> list[str]:
    """The runs' file names without .json; the folder is said too where two would be alike."""
    stems = [path.name.removesuffix(".json") for path in paths]
    return [
        f"{path.resolve().parent.name}/{stem}" if stems.count(stem) > 1 else stem
        for path, stem in zip(paths, stems, strict=True)
    ]


def blocks_of(runs: Sequence[Named]) -> list[Block]:
    """The parts of all runs by name and task, in the order they first appear."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for named in runs:
        for name, cell in _cells(named):
            found.setdefault((name, cell.task), []).append(cell)
    return [Block(name, tuple(cells)) for (name, _), cells in found.items()]


def _cells(named: Named) -> Iterable[tuple[str, Cell]]:
    run = named.run
    if len(run.parts) != 1 and run.metrics:
        task = run.parts[0].task if run.parts else "ask"
        name = WHOLE if run.parts else run.suite
        yield (
            name,
            Cell(named, task, run.n, run.failed, run.degraded, run.metrics, run.rows, data=run.data_sha256),
        )
    for part in run.parts:
        yield (
            part.name,
            Cell(
                named,
                part.task,
                part.n,
                part.failed,
                part.degraded,
                part.metrics,
                run.rows_of(part.name),
                part.notes,
                tuple(part.index.items()),
                part.data_sha256,
            ),
        )


# ---- what became of a question ---------------------------------------------------------------


def decisive(row: Row, task: str) -> tuple[str, float] | None:
    """The score that says whether the row is right, with its name; None where nothing says so."""
    for name in DECISIVE.get(task, ()):
        if name in row.scores:
            return name, row.scores[name]
    return None


def verdict(row: Row, task: str) -> str:
    """What became of a row.

    "failed"; "abstained" (and rightly), "missed" (abstained, though the articles hold an answer);
    "right" or "wrong" by its decisive score, an answer to an unanswerable question being wrong;
    "unscored" where nothing decides.
    """
    if row.error:
        return "failed"
    if row.abstained:
        return "missed" if row.answerable else "abstained"
    if task == "ask" and not row.answerable:
        return "wrong" if row.answered else "unscored"
    score = decisive(row, task)
    if score is None:
        return "unscored"
    good = score[1] > 0 if meaning(score[0]).better >= 0 else score[1] <= 0
    return "right" if good else "wrong"


def states(row: Row, task: str) -> list[str]:
    """The filters that a row stands in (see `FILTERS`)."""
    what = verdict(row, task)
    found = {
        "wrong": what in ("wrong", "failed"),
        "abstained": row.abstained,
        "missed": what == "missed",
        "uncited": task == "ask" and row.answered and not row.citations,
        "replaced": row.counts.get("replaced", 0) > 0,
        "failed": bool(row.error),
    }
    return [name for name, holds in found.items() if holds]


FILTERS: tuple[tuple[str, str], ...] = (
    ("wrong", "answered although no reference stands in the answer, or although the articles do not answer it; or failed"),
    ("abstained", "said that the articles do not answer it"),
    ("missed", "abstained although the articles answer it"),
    ("uncited", "answered without a citation"),
    ("replaced", "a quotation took the place of a drafted sentence"),
    ("failed", "ended in an error, and counts as wrong"),
    ("differs", "the runs do not agree whether it is right"),
)  # fmt: skip
"""The filters of the list of questions, with what they mean."""


# ---- rows for the page -----------------------------------------------------------------------


def rows_for_page(runs: Sequence[Named]) -> list[dict[str, Any]]:
    """The rows of all runs as JSON; the same question of several runs stands together."""
    tasks = {part.name: part.task for named in runs for part in named.run.parts}
    together: dict[tuple[str, str], list[tuple[int, Row]]] = {}
    for place, named in enumerate(runs):
        for row in named.run.rows:
            together.setdefault((row.part, row.id), []).append((place, row))
    order = {name: place for place, name in enumerate(tasks)}
    found: list[dict[str, Any]] = []
    for (part, _), rows in sorted(together.items(), key=lambda item: order.get(item[0][0], len(order))):
        task = tasks.get(part, "ask")
        written = [row_for_page(row, place, task) for place, row in rows]
        if len({_settled(one["verdict"]) for one in written}) > 1:
            for one in written:
                one["states"] = [*one.get("states", ()), "differs"]
        found += written
    return found


def _settled(what: str) -> str:
    return {"failed": "wrong", "missed": "wrong", "abstained": "right"}.get(what, what)


def row_for_page(row: Row, place: int, task: str) -> dict[str, Any]:
    """One row for the page's list; what is empty is left out."""
    whole: dict[str, Any] = {
        "run": place,
        "part": row.part,
        "id": row.id,
        "question": row.question,
        "verdict": verdict(row, task),
        "states": states(row, task),
        "kind": row.kind,
        "language": row.language,
        "understood": row.standalone_question if row.standalone_question != row.question else "",
        "answer": row.answer,
        "reason": row.reason,
        "error": row.error,
        "warning": row.warning,
        "unanswerable": not row.answerable and task != "support",
        "references": _references(row, task),
        "shown": [_known(one, "text", "origin", "markers", "support") for one in row.shown],
        "dropped": [_known(one, "text", "reason", "replaced") for one in row.dropped],
        "citations": [_citation(one, row.gold) for one in row.citations],
        "ranking": [[name, row.gold.get(name, 0) > 0] for name in row.ranking[:RANKS_SHOWN]],
        "deeper": _deeper(row),
        "scores": {name: round(value, 3) for name, value in row.scores.items()},
        "by": ", ".join(one for one in (row.engine, row.model) if one),
        "timings": {name: round(value, 1) for name, value in row.timings_ms.items()},
    }
    if row.answered or row.abstained:
        whole["confidence"] = round(row.confidence, 3)
    return {name: value for name, value in whole.items() if value not in ("", [], {}, False) or name == "run"}


def _references(row: Row, task: str) -> list[str]:
    if task == "support":  # what a person said of the claim
        return ["supported" if row.answerable else "not supported"]
    return list(row.references)


def _known(one: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: one[name] for name in names if one.get(name) not in (None, "", [], False)}


def _citation(one: dict[str, Any], gold: dict[str, int]) -> dict[str, Any]:
    url = str(one.get("url") or "")
    told = _known(one, "marker", "title", "published", "quote")
    told |= _around(one)
    told.setdefault("title", str(one.get("external_id") or one.get("article_id") or ""))
    if link(url):
        told |= {"href": url, "site": site(url)}
    elif url:
        told["url"] = url
    if gold.get(str(one.get("external_id")), 0) > 0:
        told["gold"] = True
    return told


def _around(one: dict[str, Any]) -> dict[str, str]:
    """The words before and after a quote, whole ones, with … where the article goes on."""
    before, after = str(one.get("before") or ""), str(one.get("after") or "")
    start = one.get("start")
    if isinstance(start, int) and start > len(before) and " " in before:
        before = "… " + before.split(" ", 1)[1]
    if " " in after and not after.rstrip().endswith(_SENTENCE_END):
        after = after.rsplit(" ", 1)[0] + " …"
    return {name: text for name, text in (("before", before), ("after", after)) if text}


def _deeper(row: Row) -> list[list[Any]]:
    """The gold articles below those listed: each with its rank, or 0 where it was not found."""
    ranks = {name: rank for rank, name in enumerate(row.ranking, 1)}
    below = [[name, ranks.get(name, 0)] for name, grade in row.gold.items() if grade > 0]
    return [one for one in below if not 0 < one[1] <= RANKS_SHOWN] if row.ranking else []


def describe(named: Named) -> dict[str, Any]:
    """What a reader must know of a run: data, settings, code and the day."""
    run = named.run
    sample = (
        f"{run.n}"
        if run.limit is None
        else f"{run.n} (a sample of at most {run.limit} of each part, seed {run.seed})"
    )
    facts = {
        "suite": run.suite,
        "date": run.date[:16].replace("T", " "),
        "questions": sample,
        "engine": ", ".join(one for one in (run.engine, run.model) if one),
        "retriever": run.retriever,
        "failed": str(run.failed) if run.failed else "",
        "degraded": f"{run.degraded} (a part failed and the answer went on)" if run.degraded else "",
        "data": run.data_sha256[:12],
        "settings": run.settings_hash[:12],
        "code": run.commit[:12] + run.commit[40:],
        **_machine(run.timing),
    }
    return {
        "label": shown(named.label),
        "letter": named.letter,
        "name": shown(named.name),
        "facts": {name: shown(str(value)) for name, value in facts.items() if value},
        "notes": [shown(note) for note in run.notes],
    }


def _machine(timing: dict[str, float]) -> dict[str, str]:
    units = {
        "seconds": ("asking", "{:,.0f} s", 1.0),
        "indexing_seconds": ("indexing", "{:,.0f} s", 1.0),
        "cold_ms": ("first answer", "{:.1f} s", 1000.0),
        "peak_memory_mb": ("memory at most", "{:,.0f} MB", 1.0),
    }
    return {
        words: form.format(timing[name] / scale)
        for name, (words, form, scale) in units.items()
        if timing.get(name)
    }


def settings_table(runs: Sequence[Named]) -> list[dict[str, Any]]:
    """Every setting of every run; `differs` where the runs do not agree."""
    names = sorted({name for named in runs for name in named.run.settings})
    found = []
    for name in names:
        values = [shown(_written(named.run.settings.get(name))) for named in runs]
        found.append({"name": shown(name), "values": values, "differs": len(set(values)) > 1})
    return found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None or value == "" else str(value)
