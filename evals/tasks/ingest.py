"""Articles read, cleaned and split as a build does it, without embedding: how fast, and what goes wrong?"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from evals import intervals
from evals.cases import sample
from evals.intervals import Estimate
from evals.rows import Row
from evals.tasks.base import Bench, WithoutIndex
from index.schema import Article, Skipped


@dataclass(frozen=True, slots=True)
class Batch:
    """A file or folder of articles. `read` gives them anew at each call, and what was passed over."""

    id: str
    read: Callable[[], Iterator[Article | Skipped]]


@dataclass(frozen=True, slots=True)
class IngestTask:
    """See `evals.tasks.base.Task`; `dated` says whether the articles carry dates at all."""

    name: str
    batches: tuple[Batch, ...]
    data_sha256: str
    dated: bool = True
    kind: str = "ingest"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(batch.id for batch in self.batches)

    def sampled(self, limit: int | None, seed: int) -> IngestTask:
        """See `evals.tasks.base.Task.sampled`."""
        return replace(self, batches=sample(self.batches, limit, seed))

    def open(self, bench: Bench) -> IngestWorker:
        """See `evals.tasks.base.Task.open`."""
        return IngestWorker(self, bench)


class IngestWorker(WithoutIndex):
    """Takes in one batch after the other (see `evals.tasks.base.Worker`).

    Metrics: `articles_per_second`, `chunks_per_second`; `read_share` (articles with text, of all the
    batch holds), `dated_share` (of those read), `duplicate_share` (same title and text as an earlier
    one). An interval is over batches.
    """

    def __init__(self, task: IngestTask, bench: Bench) -> None:
        super().__init__()
        self._system = bench.system
        self._dated = task.dated
        self._batches = {batch.id: batch for batch in task.batches}
        self._seen: set[str] = set()
        bench.system.chunk_count(
            Article("warm-up", "warm-up", "", "", "What has to be loaded is loaded now.")
        )

    def row(self, item_id: str) -> Row:
        """See `evals.tasks.base.Worker.row`."""
        batch = self._batches[item_id]
        counts: dict[str, int] = dict.fromkeys(
            ("articles", "skipped", "dated", "duplicates", "chunks", "words"), 0
        )
        began = time.perf_counter()
        for found in batch.read():
            if isinstance(found, Skipped):
                counts["skipped"] += 1
                continue
            counts["articles"] += 1
            counts["dated"] += found.published is not None
            counts["words"] += len(found.text.split())
            counts["duplicates"] += found.content_hash in self._seen
            self._seen.add(found.content_hash)
            counts["chunks"] += self._system.chunk_count(found)
        seconds = time.perf_counter() - began
        return Row(
            item_id, item_id, "", {"seconds": seconds}, counts=counts, timings_ms={"total": seconds * 1000}
        )

    def failed(self, item_id: str, error: str) -> Row:
        """See `evals.tasks.base.Worker.failed`."""
        return Row(item_id, item_id, "", {}, error)

    def finish(self, rows: Sequence[Row]) -> tuple[tuple[Row, ...], dict[str, Estimate]]:
        """See `evals.tasks.base.Worker.finish`."""
        found: dict[str, Estimate] = {"crashed": intervals.mean([float(bool(row.error)) for row in rows])}
        read = [row for row in rows if row.counts.get("articles")]
        if read:
            articles = [row.counts["articles"] for row in read]
            seconds = [row.scores["seconds"] for row in read]
            held = [row.counts["articles"] + row.counts["skipped"] for row in read]
            found["read_share"] = intervals.ratio(articles, held)
            if self._dated:
                found["dated_share"] = intervals.ratio([row.counts["dated"] for row in read], articles)
            found["duplicate_share"] = intervals.ratio([row.counts["duplicates"] for row in read], articles)
            found["articles_per_second"] = intervals.ratio(articles, seconds)
            found["chunks_per_second"] = intervals.ratio([row.counts["chunks"] for row in read], seconds)
            digest = hashlib.sha256("".join(sorted(self._seen)).encode()).hexdigest()
            self.articles_sha256 = digest
        return tuple(rows), found
