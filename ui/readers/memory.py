"""The answers given lately, so that a reader can judge or share one. Nothing of it is on disk: a question is
written down only when its reader judges or shares the answer."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rag.schema import Answer, Turn

MOST = 1000
MOST_CHARACTERS = 50_000_000
"""Of the articles' texts that the answers hold, as a rule some thousand characters each."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer and what it was an answer to; `id` names it to whoever got it, and to nobody else."""

    id: str
    at: datetime
    collection: str
    answer: Answer
    history: tuple[Turn, ...] = ()
    asked_at: date | None = None
    revision: str = ""


class AnswerMemory:
    """The last answers, for all threads: `most` of them, and fewer where their articles' texts are longer than
    `most_characters` together. The one not used for longest is forgotten first."""

    def __init__(self, most: int = MOST, *, most_characters: int = MOST_CHARACTERS) -> None:
        self._most, self._most_characters = most, most_characters
        self._held: OrderedDict[str, tuple[Remembered, int]] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def remember(
        self,
        answer: Answer,
        *,
        collection: str,
        history: Sequence[Turn] = (),
        asked_at: date | None = None,
        revision: str = "",
    ) -> str:
        """Keeps an answer; the id by which `get` finds it, which nobody can guess."""
        name = secrets.token_urlsafe(16)
        kept = Remembered(name, datetime.now(UTC), collection, answer, tuple(history), asked_at, revision)
        size = _characters(answer)
        with self._lock:
            self._held[name] = kept, size
            self._characters += size
            while len(self._held) > self._most or (
                self._characters > self._most_characters and len(self._held) > 1
            ):
                self._characters -= self._held.popitem(last=False)[1][1]
        return name

    def get(self, name: str) -> Remembered | None:
        """The answer with this id, None where there is none or it was forgotten."""
        with self._lock:
            if name not in self._held:
                return None
            self._held.move_to_end(name)
            return self._held[name][0]


def _characters(answer: Answer) -> int:
    passages = (*answer.passages, *(citation.passage for citation in answer.citations))
    return sum({id(p.article): len(p.article.text) for p in passages}.values())
