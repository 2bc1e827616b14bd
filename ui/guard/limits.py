"""How much one address, and one site that shows the chat, may ask."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from index.errors import FootnoteError
from ui.guard.callers import Caller

MOST_KEYS = 10_000
"""Addresses remembered at a time; of more, those are forgotten that were heard of longest ago."""

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is let through; 0 stands for no limit. Searches count as questions."""

    questions_per_minute: int = 60
    questions_per_day: int = 2_000
    site_questions_per_minute: int = 300
    site_questions_per_day: int = 20_000
    requests_per_minute: int = 1_200
    open_at_once: int = 100


UNLIMITED = Limits(0, 0, 0, 0, 0, 10_000)


class LimitedError(FootnoteError):
    """An address or a site has asked as much as it may for now. `seconds` say how long; `site` and `daily` which limit
    it was."""

    def __init__(self, seconds: int, *, site: bool, daily: bool) -> None:
        self.seconds, self.site, self.daily = seconds, site, daily
        who = "this site" if site else "your network"
        what = "as many questions as it may in a day" if daily else "too many questions at once"
        super().__init__(f"{who} has asked {what}", f"ask again in {wait_text(seconds)}")


def wait_text(seconds: int) -> str:
    """ "20 seconds", "3 hours"."""
    amount, unit = (seconds, "second") if seconds <= 120 else (math.ceil(seconds / 3600), "hour")
    if 120 < seconds < 3600:
        amount, unit = math.ceil(seconds / 60), "minute"
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


class _Table:
    """A number for each key, at most `MOST_KEYS` of them."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> tuple[float, int]:
        return self._rows.get(key, (-math.inf, 0))

    def put(self, key: str, row: tuple[float, int]) -> None:
        self._rows[key] = row
        self._rows.move_to_end(key)
        while len(self._rows) > MOST_KEYS:
            self._rows.popitem(last=False)


class Rate:
    """At most `most` at once and as many in each `seconds`, evenly: a token bucket, kept as the moment it will be full
    again (the generic cell rate algorithm, https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm)."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._full_at = _Table()

    def wait(self, key: str, now: float) -> float:
        """Seconds until one more is let through."""
        if not self._most:
            return 0.0
        return self._full_at.get(key)[0] - now - self._seconds * (1 - 1 / self._most) - 1e-9

    def take(self, key: str, now: float) -> None:
        """Counts one."""
        if self._most:
            self._full_at.put(key, (max(self._full_at.get(key)[0], now) + self._seconds / self._most, 0))


class Quota:
    """At most `most` in the `seconds` that begin with the first."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._used = _Table()

    def wait(self, key: str, now: float) -> float:
        """Seconds until one more is let through."""
        since, used = self._used.get(key)
        return since + self._seconds - now if self._most and used >= self._most else 0.0

    def take(self, key: str, now: float) -> None:
        """Counts one."""
        since, used = self._used.get(key)
        begun = since + self._seconds > now
        if self._most:
            self._used.put(key, (since, used + 1) if begun else (now, 1))


class Limiter:
    """Counts what each address and each site asks."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._requests = Rate(limits.requests_per_minute, 60.0)
        self._address = (Rate(limits.questions_per_minute, 60.0), Quota(limits.questions_per_day, DAY))
        self._site = (Rate(limits.site_questions_per_minute, 60.0), Quota(limits.site_questions_per_day, DAY))

    def request(self, address: str) -> int:
        """Counts a request; the seconds to wait where it is one too many."""
        now = self._clock()
        wait = self._requests.wait(address, now)
        if wait > 0:
            return math.ceil(wait)
        self._requests.take(address, now)
        return 0

    def question(self, caller: Caller, site: str = "") -> None:
        """Counts a question from an address, put on a page of a site. Raises LimitedError where it is one too many,
        which is not counted. Whoever sits at this machine itself is not limited."""
        if caller.local:
            return
        now = self._clock()
        counted = [(caller.address, False, kind) for kind in self._address]
        counted += [(site, True, kind) for kind in self._site] if site else []
        for key, of_site, kind in counted:
            if (wait := kind.wait(key, now)) > 0:
                raise LimitedError(math.ceil(wait), site=of_site, daily=isinstance(kind, Quota))
        for key, _, kind in counted:
            kind.take(key, now)
