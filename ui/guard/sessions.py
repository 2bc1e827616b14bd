"""What Gradio keeps of sessions whose events nobody reads, thrown away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

log = logging.getLogger(__name__)

UNREAD_SECONDS = 120.0
EVERY_SECONDS = 20.0


class Reading:
    """Which sessions' events are being read just now."""

    def __init__(self) -> None:
        self._readers: Counter[str] = Counter()

    @contextmanager
    def of(self, session: str) -> Iterator[None]:
        """While this is open the session is being read."""
        if not session:
            yield
            return
        self._readers[session] += 1
        try:
            yield
        finally:
            self._readers[session] -= 1
            if not self._readers[session]:
                del self._readers[session]

    def __contains__(self, session: object) -> bool:
        return session in self._readers


class Sweeper:
    """Forgets sessions of a Gradio queue that nobody has read for `UNREAD_SECONDS`. Gradio keeps every message of
    up to 2,000 of them: whoever asks and never listens would fill the memory with answers."""

    def __init__(self, queue: Any, reading: Reading, clock: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._reading = reading
        self._clock = clock
        self._unread: dict[str, float] = {}

    async def sweep(self) -> int:
        """Forgets what is due; how many sessions that were."""
        now, queue = self._clock(), self._queue
        held = {*queue.pending_messages_per_session, *queue.pending_event_ids_session}
        unread = {session for session in held if not self._is_read(session)}
        self._unread = {session: self._unread.get(session, now) for session in unread}
        due = [session for session, since in self._unread.items() if now - since >= UNREAD_SECONDS]
        for session in due:
            del self._unread[session]
            await queue.clean_events(session_hash=session)  # its events stop sending first
            queue.pending_messages_per_session.pop(session, None)
            queue.pending_event_ids_session.pop(session, None)
        return len(due)

    def _is_read(self, session: str) -> bool:
        if session in self._reading:
            return True
        # A program's session may be read by the name of its event.
        events = self._queue.pending_event_ids_session.get(session, ())
        return any(event in self._reading for event in events)

    async def run(self) -> None:
        """Sweeps until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.sweep()
            except Exception:
                # A task's border: what went wrong once must not keep every later session.
                log.exception("sweeping sessions failed")
