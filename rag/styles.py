"""How a model wants to be spoken to, by what its name gives away: told not to think, and where its rules stand.

A thinking model writes `<think>...</think>` before its answer. It is told not to, in every way its family
understands; what it thinks all the same is taken out of the stream (`Thoughts`), whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.known_models import known

if TYPE_CHECKING:
    from rag.schema import Message

THOUGHT_TOKENS = 1024
"""Tokens more that a model gets which thinks although it was told not to."""
MOST_EVIDENCE = 1500


@dataclass(frozen=True, slots=True)
class Style:
    """What a family of models needs.

    Attributes:
        no_think: words in the system message that turn its thinking off; empty where there are none.
        switch: whether its template knows `enable_thinking`.
        always: it thinks whatever it is told, and some servers leave out the mark where that begins.
        folds: its template has no system message, so that the rules stand at the head of the first question.
    """

    no_think: str = ""
    switch: bool = False
    always: bool = False
    folds: bool = False

    def told(self, messages: Sequence[Message], *, refused: int = 0) -> list[Message]:
        """The messages as this family takes them; `refused` as in `fields`."""
        from rag.schema import Message

        made = list(messages)
        if self.no_think:
            rules = made[0].content if made and made[0].role == "system" else ""
            rest = made[1:] if rules else made
            made = [Message("system", f"{rules} {self.no_think}".strip()), *rest]
        if (self.folds or refused > 1) and len(made) > 1 and made[0].role == "system":
            first = Message(made[1].role, f"{made[0].content}\n\n{made[1].content}")
            made = [first, *made[2:]]
        return made

    def fields(self, *, refused: int = 0) -> dict[str, Any]:
        """What a request says beside the messages. Servers that refuse it get less at each try (`refused` counts):
        vLLM and llama.cpp read `chat_template_kwargs`, Ollama only `reasoning_effort`."""
        if not self.switch or refused > 1:
            return {}
        said: dict[str, Any] = {"chat_template_kwargs": {"enable_thinking": False}}
        return said if refused else said | {"reasoning_effort": "none"}

    def again(self, refused: int, reason: str) -> int:
        """How much to leave out of the next try when a server has refused a request for this `reason`; `refused`
        itself where another try would say the same."""
        if self.fields(refused=refused):
            return refused + 1
        return 2 if refused < 2 and re.search(r"\b(?:system|roles?)\b", reason, re.IGNORECASE) else refused


PLAIN = Style()
_FAMILIES: tuple[tuple[str, Style], ...] = (
    (r"qwen-?3.*(?:instruct|coder)", PLAIN),
    (r"deepseek-?r1|\br1\b|qwq|thinking|reasoner|reasoning|magistral", Style(always=True)),
    (r"qwen-?3|smollm3", Style(no_think="/no_think", switch=True)),
    (r"glm-?4\.[5-9]", Style(switch=True)),
    (r"gemma", Style(folds=True)),
)


def style_of(name: str) -> Style:
    """The style of the family that a model's name (a server's, a file's, a known one) belongs to; a plain one
    where it gives nothing away."""
    model = known(name)
    text = (model.file if model else name).lower()
    return next((style for pattern, style in _FAMILIES if re.search(pattern, text)), PLAIN)


def most_evidence(name: str) -> int:
    """Tokens of evidence that a model of this name makes good use of."""
    model = known(name)
    return model.evidence if model else MOST_EVIDENCE


_OPEN = re.compile(r"\s*(?:<(think|thinking|thought|reasoning)>|\[(THINK)\])", re.IGNORECASE)
_OPENINGS = ("<think>", "<thinking>", "<thought>", "<reasoning>", "[think]")
_CLOSE = re.compile(r"(?:</(?:think|thinking|thought|reasoning)>|\[/THINK\])\s*", re.IGNORECASE)
_LONGEST = len("</reasoning>")


class Thoughts:
    """Takes the thoughts out of one reply that comes in pieces.

    `take` returns what of a piece belongs to the answer, `rest` what is left at the end. With `always` the reply
    begins within a thought even where no mark says so. `seen` tells that there was a thought, `unmarked` that it
    ended without having begun.
    """

    def __init__(self, *, always: bool = False) -> None:
        self.seen = False
        self.unmarked = False
        self._always = always
        self._held = ""  # not decided yet: the beginning of the reply, or all of a thought without a mark
        self._state = "head"

    def take(self, piece: str) -> str:
        """The part of `piece` (and of what was held back before) that is answer; empty within a thought."""
        self._held += piece
        if self._state == "head":
            self._begin()
        if self._state == "thought":
            self._think()
        if self._state != "answer":
            return ""
        return self._answer()

    def rest(self, *, cut: bool = False) -> str:
        """What was held back and proved to be answer, once the reply has ended; `cut` says that the token limit
        ended it, so that a thought without a mark may still be going on."""
        held, self._held = self._held, ""
        if self._state == "thought" or (self._state == "head" and self._always and cut):
            self.seen = True
            return ""
        return held

    def _begin(self) -> None:
        if found := _OPEN.match(self._held):
            self.seen = True
            self._state, self._held = "thought", self._held[found.end() :]
            return
        if self.seen:
            self._held = self._held.lstrip()
        start = self._held.lstrip().lower()
        if any(mark.startswith(start) for mark in _OPENINGS):
            return  # it may still become one
        if not self._always:
            self._state = "answer"
        elif found := _CLOSE.search(self._held):
            self.seen = self.unmarked = True
            self._state, self._held = "head", self._held[found.end() :]
            self._always = False
            self._begin()

    def _think(self) -> None:
        found = _CLOSE.search(self._held)
        if found is None:
            self._held = self._held[-_LONGEST:]
            return
        self._state, self._held = "head", self._held[found.end() :]
        self._always = False
        self._begin()
        if self._state == "thought":
            self._think()

    def _answer(self) -> str:
        # An end without a beginning: what stands before it was a thought; what has been shown of it is gone.
        while found := _CLOSE.search(self._held):
            self.seen = self.unmarked = True
            self._held = self._held[found.end() :]
        for mark in ("</think>", "</thinking>", "</thought>", "</reasoning>", "[/think]"):
            for length in range(min(len(mark) - 1, len(self._held)), 0, -1):
                if mark.startswith(self._held[-length:].lower()):
                    given, self._held = self._held[:-length], self._held[-length:]
                    return given
        given, self._held = self._held, ""
        return given


def without_thoughts(pieces: Iterable[str]) -> str:
    """A whole reply less what was thought in it."""
    thoughts = Thoughts()
    return "".join(map(thoughts.take, pieces)) + thoughts.rest()
