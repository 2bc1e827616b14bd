"""What robots.txt said, kept in a file between runs: a host that is synced every half hour is asked for it once a day."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from pathlib import Path

from index.fetch.robots import KEPT_SECONDS

log = logging.getLogger(__name__)

_MOST_ORIGINS = 1_000
_MOST_CHARS = 100_000
"""A longer robots.txt is read anew in each run."""


class RobotsShelf:
    """The texts by origin, from a JSON file; `save` writes it where something is new. What is damaged is read as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._changed = False
        self._texts: dict[str, tuple[float, str]] = {}
        try:
            stored = json.loads(path.read_text("utf-8"))
            for origin, (read, text) in stored.items():
                if isinstance(text, str) and isinstance(origin, str):
                    self._texts[origin] = (float(read), text)
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            self._texts = {}

    def get(self, origin: str) -> tuple[str, float] | None:
        """The text ("" for none) and for how many seconds more it may be believed; None where it has to be read."""
        with self._lock:
            read, text = self._texts.get(origin, (0.0, ""))
        left = read + KEPT_SECONDS - time.time()
        return (text, left) if 0.0 < left <= KEPT_SECONDS else None

    def put(self, origin: str, text: str) -> None:
        """Keeps a text that was just read."""
        if len(text) <= _MOST_CHARS:
            with self._lock:
                self._texts[origin] = (time.time(), text)
                self._changed = True

    def save(self) -> None:
        """Writes the file if something is new; what cannot be written is read again the next time."""
        with self._lock:
            if not self._changed:
                return
            newest = sorted(self._texts.items(), key=lambda item: item[1][0])[-_MOST_ORIGINS:]
            self._changed = False
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(dict(newest)), "utf-8")
            beside.replace(self._path)
        except OSError as error:
            log.warning("robots.txt is not kept: %s", error)
            beside.unlink(missing_ok=True)
