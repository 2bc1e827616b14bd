"""What is measured of every program, in the program's own process; nothing but the standard library.

A `*_peer.py` beside this file is run as `python llamaindex_peer.py TASK.json` in its own virtual
environment. It hands `measured` a class that indexes and searches as the program's documentation
shows; `measured` calls it, takes the times and writes what the task names: a TREC run file for each
way of searching, and one JSON file with everything else.

The task is a JSON object: `corpus` (lines of `_id, title, text`), `queries` (lines of `_id, text`),
`model` (a sentence-transformers folder), `work` (an empty folder), `out` (the JSON file to write),
`k` (how many articles deep a ranking goes), `options` (of the peer) and `launched` (`time.time()`
just before the process was started).
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

Search = Callable[[str, int], list[str]]
"""(query, number of passages) -> the article of each passage, best first."""

TIMED_PASSAGES = 10
"""Passages asked for when a query is timed: about as many as a program gives to a language model."""

DEEPER = 4
"""Where the first k passages hold fewer than k articles, this many times k are asked for, as in `evals.run`."""


@dataclass(frozen=True, slots=True)
class Article:
    """One document of the corpus."""

    id: str
    title: str
    text: str


class Peer(Protocol):
    """A program under measurement. Made with the model's folder, an empty folder and the task's options."""

    packages: ClassVar[tuple[str, ...]]

    def __init__(self, model: str, folder: str, options: Mapping[str, Any]) -> None:
        """Loads the model: what a program does once, when it starts."""
        ...

    def index(self, corpus: Path) -> int:
        """Indexes the whole corpus so that it lies on the disk, and gives the number of passages."""
        ...

    def searches(self) -> Mapping[str, Search]:
        """The ways of searching the index, by the name of their row."""
        ...


def read_articles(corpus: Path) -> list[Article]:
    """The documents of a corpus file, in its order."""
    return [Article(row["_id"], row["title"], row["text"]) for row in _rows(corpus)]


def measured(peer: type[Peer]) -> None:
    """Runs the task named on the command line with this program."""
    task = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    start_s = time.time() - task["launched"]
    queries = {row["_id"]: row["text"] for row in _rows(Path(task["queries"]))}
    work = Path(task["work"])

    began = time.perf_counter()
    program = peer(task["model"], str(work), task["options"])
    load_s = time.perf_counter() - began
    _say("indexing")
    began, busy = time.perf_counter(), time.process_time()
    passages = program.index(Path(task["corpus"]))
    index_s, index_cpu_s = time.perf_counter() - began, time.process_time() - busy

    rows: list[dict[str, object]] = []
    for number, (name, search) in enumerate(program.searches().items()):
        _say(f"searching: {name}")
        search(next(iter(queries.values())), TIMED_PASSAGES)  # loads what is loaded at a first query
        times = [_milliseconds(search, query) for query in queries.values()]
        run = work / f"run-{number}.trec"
        with run.open("w", encoding="utf-8") as file:
            for query_id, query in queries.items():
                found = ranking(search, query, task["k"])
                for rank, article in enumerate(found, start=1):
                    file.write(f"{query_id} Q0 {article} {rank} {len(found) - rank + 1} run-{number}\n")
        row = {
            "name": name,
            "run": str(run),
            "p50_ms": percentile(times, 50),
            "p95_ms": percentile(times, 95),
        }
        rows.append(row)
    result = {
        "rows": rows,
        "start_s": start_s,
        "load_s": load_s,
        "index_s": index_s,
        "index_cpu_s": index_cpu_s,
        "passages": passages,
        "peak_mb": peak_mb(),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in peer.packages},
    }
    Path(task["out"]).write_text(json.dumps(result), "utf-8")


def ranking(search: Search, query: str, k: int) -> list[str]:
    """The first k articles, each at the place of its first passage."""
    found = list(dict.fromkeys(search(query, k)))
    if len(found) < k:
        found = list(dict.fromkeys([*found, *search(query, DEEPER * k)]))
    return found[:k]


def percentile(values: list[float], percent: float) -> float:
    """Linear between the two nearest values."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def peak_mb() -> float:
    """The most memory this process has held, in MB of a million bytes.

    Linux counts in `ru_maxrss` what the process that started this one held, so its own high-water
    mark is read where there is one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _milliseconds(search: Search, query: str) -> float:
    began = time.perf_counter()
    search(query, TIMED_PASSAGES)
    return (time.perf_counter() - began) * 1000


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]


def _say(what: str) -> None:
    print(what, flush=True)
