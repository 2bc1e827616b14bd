"""What every task has in common, so that one loop asks, keeps and scores them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evals.intervals import Estimate
from evals.progress import ProgressCallback
from evals.rows import Row
from evals.system import EvalSystem


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a task is run: the system under test, and where indexes are kept.

    `index_dir` is an index to ask instead of the suite's own; `tell` is called with the progress.
    """

    system: EvalSystem
    cache_dir: Path
    tell: ProgressCallback
    index_dir: Path | None = None


class Worker(Protocol):
    """A task opened for asking.

    `articles_sha256` identifies the articles it is asked of, `notes` tell oddities of the data,
    `index` holds `articles`, `chunks` and `bytes` where there is an index, `indexing_seconds` what
    building it took (0 where it was there), `cold_ms` the unscored first question.
    """

    articles_sha256: str
    notes: Sequence[str]
    index: dict[str, float]
    indexing_seconds: float
    cold_ms: float

    def row(self, item_id: str) -> Row:
        """Asks one item and scores what comes of it. May raise anything: the row is then `failed`."""
        ...

    def failed(self, item_id: str, error: str) -> Row:
        """The row of an item that ended in an error: wrong in every metric that applies to it."""
        ...

    def finish(self, rows: Sequence[Row]) -> tuple[tuple[Row, ...], dict[str, Estimate]]:
        """All rows of the part, with what is scored together filled in, and the part's metrics."""
        ...


class WithoutIndex:
    """What a worker says of an index until it opens one, if ever (see `Worker`)."""

    def __init__(self) -> None:
        self.articles_sha256: str = ""
        self.notes: Sequence[str] = ()
        self.index: dict[str, float] = {}
        self.indexing_seconds: float = 0.0
        self.cold_ms: float = 0.0


class Task(Protocol):
    """Items of one data set and what is asked of each.

    `name` is the part's name in the run, `kind` the word for the task, `data_sha256` is over the
    bytes of its files, `ids` its items in the order of the file.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def data_sha256(self) -> str: ...

    @property
    def ids(self) -> tuple[str, ...]: ...

    def sampled(self, limit: int | None, seed: int) -> Task:
        """The task over a seeded sample of its items (all of them when there are no more)."""
        ...

    def open(self, bench: Bench) -> Worker:
        """Makes ready: builds or opens the index, loads what the first item needs.

        Raises:
            FootnoteError: what kept it from being opened.
        """
        ...
