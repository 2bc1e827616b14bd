"""Whose turn it is: how often, and how many at once, one host is asked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from index.fetch.errors import Broken

_MOST_HOSTS = 10_000
_LONGEST_HOLD = 86_400.0


@dataclass(slots=True, eq=False)
class _Host:
    places: threading.Semaphore
    users: int = 0
    next_start: float = 0.0
    closed_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Turns:
    """Between the starts of two requests to one host lie at least `delay` seconds, and at most `at_once`
    are under way. Used from many threads; of idle hosts beyond 10,000 the oldest are forgotten."""

    def __init__(
        self, delay: float, at_once: int, clock: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        self._delay = delay
        self._at_once = at_once
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    @contextmanager
    def turn(self, host: str, delay: float = 0.0) -> Iterator[None]:
        """Waits for the host's turn and keeps a place there; `delay` is what this host wants at least.
        Raises `Broken` at once while a host wants to be left alone (`hold`)."""
        known = self._known(host)
        try:
            with known.places:
                with known.lock:
                    now = self._clock()
                    if (rest := known.closed_until - now) > 0:
                        raise Broken(
                            f"the server asked to be left alone for another {rest:.0f} seconds",
                            temporary=True,
                            retry_after=rest,
                        )
                    start = max(now, known.next_start)
                    known.next_start = start + max(delay, self._delay)
                if start > now:
                    self._sleep(start - now)
                yield
        finally:
            with self._lock:
                known.users -= 1

    def hold(self, host: str, seconds: float, *, close: bool) -> None:
        """Nobody asks this host for so many seconds: they wait, or (`close`) are told so."""
        known = self._known(host)
        with known.lock:
            until = self._clock() + min(seconds, _LONGEST_HOLD)
            if close:
                known.closed_until = max(known.closed_until, until)
            else:
                known.next_start = max(known.next_start, until)
        with self._lock:
            known.users -= 1

    def _known(self, host: str) -> _Host:
        with self._lock:
            known = self._hosts.get(host)
            if known is None:
                known = self._hosts[host] = _Host(threading.Semaphore(self._at_once))
                if len(self._hosts) > _MOST_HOSTS:
                    self._forget()
            self._hosts.move_to_end(host)
            known.users += 1
            return known

    def _forget(self) -> None:
        now = self._clock()
        for host in list(self._hosts)[: _MOST_HOSTS // 10]:
            known = self._hosts[host]
            if known.users == 0 and max(known.next_start, known.closed_until) <= now:
                del self._hosts[host]
