"""Work that takes longer than a request: one job at a time in a thread, the others wait in line."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from index.errors import FootnoteError
from index.ledger import report_json
from index.schema import BuildReport, Progress, Skipped

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed"]
Work = Callable[[Callable[[Progress], None]], BuildReport | str]
"""What a job does: it tells its progress, and gives a build's report, or what it did in words."""

MOST_WAITING = 20
MOST_KEPT = 50
"""Finished jobs that are remembered, for as long as the server runs."""
PATIENCE = 5.0
"""Seconds that `Jobs.close` waits for the running job."""
ENDED = "the server was ended before this was done"
ENDED_STEP = "start it again: what was read so far is not read twice"


class JobsFullError(FootnoteError):
    """More jobs wait than are taken."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it stands.

    `report` is a finished build's (`index.ledger.report_json`), `said` what another job did in words; `error`, `next_step` and `skipped` tell
    why one failed. Times are in UTC.
    """

    id: int
    title: str
    collection: str
    asked: datetime
    state: State = "waiting"
    began: datetime | None = None
    ended: datetime | None = None
    progress: Progress | None = None
    report: dict[str, Any] | None = None
    said: str = ""
    error: str = ""
    next_step: str = ""
    skipped: tuple[Skipped, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")


class _Ended(Exception):
    """The server ends."""


class Jobs:
    """The jobs of one server, for use from several threads; `over` is called with each that has ended.

    The thread runs only while there is something to do. After `close`, `reopen` takes jobs again.
    """

    def __init__(self, over: Callable[[Job], object] = lambda job: None) -> None:
        self._over = over
        self._change = threading.Condition()
        self._all: dict[int, Job] = {}
        self._waiting: deque[tuple[int, Work]] = deque()
        self._last = 0
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, title: str, collection: str, work: Work) -> Job:
        """Puts a job in line and gives it as it stands; raises JobsFullError when too many wait."""
        with self._change:
            self.ready()
            self._last += 1
            job = Job(self._last, title, collection, datetime.now(UTC))
            self._all[job.id] = job
            self._waiting.append((job.id, work))
            ended = [one.id for one in self._all.values() if not one.open]
            for one in ended[: max(0, len(ended) - MOST_KEPT)]:
                del self._all[one]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
                self._thread.start()
            return job

    def ready(self) -> None:
        """Raises JobsFullError where `add` would."""
        with self._change:
            if self._closed:
                raise JobsFullError("the server is ending", "start it again")
            if len(self._waiting) >= MOST_WAITING:
                raise JobsFullError(
                    f"{MOST_WAITING} jobs wait already", "try again when some of them are done"
                )

    def all(self) -> tuple[Job, ...]:
        """The newest first."""
        with self._change:
            return tuple(reversed(self._all.values()))

    def wait(self, job_id: int, seconds: float = 60.0) -> Job:
        """The job once it has ended, or as it stands after so long; KeyError for one that is not remembered."""
        with self._change:
            self._change.wait_for(lambda: not self._all[job_id].open, seconds)
            return self._all[job_id]

    def close(self) -> None:
        """Ends: what waits is not begun, what runs ends at the next thing it tells. A build that is cut short loses nothing: the next
        one goes on where it was."""
        with self._change:
            self._closed = True
            for job_id, _ in self._waiting:
                self._set(job_id, state="failed", ended=datetime.now(UTC), error=ENDED, next_step=ENDED_STEP)
            self._waiting.clear()
            thread = self._thread
        if thread is not None:
            thread.join(PATIENCE)

    def reopen(self) -> None:
        """Takes jobs again after `close`."""
        with self._change:
            self._closed = False

    def _set(self, job_id: int, **changes: Any) -> Job:
        with self._change:
            self._all[job_id] = replace(self._all[job_id], **changes)
            self._change.notify_all()
            return self._all[job_id]

    def _run(self) -> None:
        while True:
            with self._change:
                if not self._waiting:
                    self._thread = None
                    return
                job_id, work = self._waiting.popleft()
            self._one(job_id, work)

    def _one(self, job_id: int, work: Work) -> None:
        self._set(job_id, state="running", began=datetime.now(UTC))

        def tell(progress: Progress) -> None:
            # While an index is put in place it is seconds to the end: the build is let come to it.
            if self._closed and progress.stage != "finishing":
                raise _Ended
            self._set(job_id, progress=progress)

        came: dict[str, Any] = {"state": "failed"}
        try:
            result = work(tell)
            made = {"said": result} if isinstance(result, str) else {"report": report_json(result)}
            came = {"state": "done", **made}
        except _Ended:
            came |= {"error": ENDED, "next_step": ENDED_STEP}
        except FootnoteError as error:
            skipped: Sequence[Skipped] = getattr(error, "skipped", ())
            came |= {"error": str(error), "next_step": error.next_step, "skipped": tuple(skipped)}
        except Exception as error:  # whatever it is, the next job is to run
            log.error("a job failed: %s", self._all[job_id].title, exc_info=error)
            came |= {"error": "something went wrong on the server", "next_step": "its log has the details"}
        try:
            self._over(
                self._all[job_id]
            )  # before it counts as done: who waits for it then finds what it made
        except Exception as error:
            log.error("after a job: %s", self._all[job_id].title, exc_info=error)
        self._set(job_id, ended=datetime.now(UTC), **came)
