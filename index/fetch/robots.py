"""robots.txt: what a host asks programs to leave alone (RFC 9309)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.fetch.address import WebAddress
from index.fetch.errors import Broken

if TYPE_CHECKING:
    from protego import Protego

    from index.fetch.shelf import RobotsShelf

MOST_BYTES = 500 * 1024
"""What is read of one robots.txt; the rest is left out (RFC 9309, 2.5)."""

KEPT_SECONDS = 86_400.0
"""How long one is believed (RFC 9309, 2.4)."""

FAILED_SECONDS = 600.0
"""After how long one that could not be read is asked for again."""

_MOST_ORIGINS = 1_000
_MOST_CHARS = 2_000_000


@dataclass(slots=True, eq=False)
class _Rules:
    """What is known of one origin: `closed` says why nothing may be fetched for now."""

    until: float = -1.0
    rules: Protego | None = None
    closed: str = ""
    chars: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Word:
    """What robots.txt says of one page: whether it may be fetched, the `delay` its host wants between
    two requests (0 for none), and `closed`, why nothing may be fetched there for now."""

    allowed: bool
    delay: float = 0.0
    closed: str = ""


class Robots:
    """The robots.txt of every origin asked, read once by `read(address)`, which gives its text, or "" where
    there is none, or raises `Broken`. `name` is what it may call us; `clock` counts seconds; `shelf` keeps
    what was read for the next run."""

    def __init__(
        self,
        name: str,
        read: Callable[[WebAddress], str],
        clock: Callable[[], float],
        shelf: RobotsShelf | None = None,
    ) -> None:
        self._shelf = shelf
        self._name = name
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._origins: OrderedDict[str, _Rules] = OrderedDict()
        self._chars = 0

    def word(self, address: WebAddress) -> Word:
        """What may be done with this page; reads the host's robots.txt first where it is not known.
        Raises `NotAllowed` if the host itself may not be asked."""
        known = self._known(address.origin)
        with known.lock:  # the first one reads it, the others of this host wait
            if self._clock() >= known.until:
                self._renew(known, address)
            rules, closed = known.rules, known.closed
        if closed:
            return Word(False, closed=closed)
        if rules is None:
            return Word(True)
        return Word(rules.can_fetch(str(address), self._name), rules.crawl_delay(self._name) or 0.0)

    def _renew(self, known: _Rules, address: WebAddress) -> None:
        place = WebAddress(address.scheme, address.host, address.port, "/robots.txt")
        kept = self._shelf.get(address.origin) if self._shelf else None
        try:
            text = kept[0] if kept else self._read(place)
        except Broken as broken:
            known.rules, known.closed = None, broken.reason
            known.until = self._clock() + FAILED_SECONDS
            chars = 0
        else:
            known.rules, known.closed = _parsed(text), ""
            known.until = self._clock() + (kept[1] if kept else KEPT_SECONDS)
            if self._shelf and not kept:
                self._shelf.put(address.origin, text)
            chars = len(text)
        with self._lock:
            if self._origins.get(address.origin) is known:  # not forgotten meanwhile
                self._chars += chars - known.chars
                known.chars = chars

    def _known(self, origin: str) -> _Rules:
        with self._lock:
            known = self._origins.setdefault(origin, _Rules())
            self._origins.move_to_end(origin)
            while len(self._origins) > 1 and (
                len(self._origins) > _MOST_ORIGINS or self._chars > _MOST_CHARS
            ):
                _, oldest = self._origins.popitem(last=False)
                self._chars -= oldest.chars
                oldest.chars = 0
            return known


def _parsed(text: str) -> Protego | None:
    if not text.strip():
        return None
    from protego import Protego

    return Protego.parse(text)
