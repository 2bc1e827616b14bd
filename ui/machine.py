"""What this machine has: cores, memory, and which of the larger models it can run in reasonable time.

The limits of a container count. The times are a rule of thumb for processors without a graphics card; the
measured ones come from `footnote models try`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rag.known_models import KnownModel, known_models

FOOTNOTE_ITSELF = 1_200_000_000
"""Bytes the chat server takes beside the language model."""
PATIENCE = 25.0
"""Seconds for an answer that are still reasonable."""
PROMPT, WRITTEN = 400, 50
"""Tokens of a prompt that are new, and of an answer."""
READS = 30.0
"""Tokens a second and core that a model of a billion parameters reads, in four bits with AVX2."""
MOVES = 5e9
"""Bytes a second and core that come from memory while writing; beyond four cores memory is the limit."""
MOVING_CORES = 4


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of memory that are free, and all there are; a container's where it has a limit."""

    free: int
    total: int


def usable_cores() -> int:
    """The cores this process may use, counting a container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return max(1, min(cores, round(int(quota) / int(period))))
    except (OSError, ValueError):
        return cores


def memory(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> Memory | None:
    """The memory of this machine or container; None where it does not say (no Linux)."""
    facts: dict[str, int] = {}
    try:
        for line in (proc / "meminfo").read_text("ascii").splitlines():
            name, value = line.split(":")
            facts[name] = int(value.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    total, free = facts.get("MemTotal", 0), facts.get("MemAvailable", 0)
    try:
        limit = int((cgroup / "memory.max").read_text("ascii"))
        used = int((cgroup / "memory.current").read_text("ascii"))
    except (OSError, ValueError):
        return Memory(free, total)  # no container limit
    return Memory(max(0, min(free, limit - used + _files_kept(cgroup))), min(total, limit))


def _files_kept(cgroup: Path) -> int:
    """Bytes of files the system keeps in memory and gives back when asked: a model just fetched is among them."""
    try:
        rows = dict(line.split() for line in (cgroup / "memory.stat").read_text("ascii").splitlines())
        return int(rows.get("inactive_file", 0))
    except (OSError, ValueError):
        return 0


def fits_in(model: KnownModel, free: int) -> bool:
    """Whether a model and Footnote itself have room in so many bytes of memory."""
    return model.memory + FOOTNOTE_ITSELF <= free


def answer_seconds(model: KnownModel, cores: int) -> float:
    """About how long an answer takes on so many cores: the prompt is computed, the writing waits for memory."""
    reading = PROMPT * model.parameters / (READS * cores)
    writing = WRITTEN * model.bytes / (MOVES * min(cores, MOVING_CORES))
    return reading + writing


def recommended(free: int, cores: int) -> KnownModel | None:
    """The largest model that fits, answers within PATIENCE and may be used commercially without conditions; None
    where there is none."""
    fitting = [
        model
        for model in known_models()
        if not model.conditions and fits_in(model, free) and answer_seconds(model, cores) <= PATIENCE
    ]
    return fitting[-1] if fitting else None
