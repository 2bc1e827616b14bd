"""The index of a suite, built once and kept as long as data, settings and index code stay the same."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import index.schema
from evals.cases import Suite, files_sha256
from evals.progress import EvalProgress, ProgressCallback
from evals.tasks.base import Bench
from index.errors import InputError
from index.schema import SCHEMA_VERSION, Article


@dataclass(frozen=True, slots=True)
class FoundIndex:
    """An index to ask. `numbers` holds what is known of its size: `chunks` and `bytes` on disk;
    `seconds` is what building took, 0 where it was there already."""

    path: Path
    seconds: float = 0.0
    numbers: dict[str, float] = field(default_factory=dict[str, float])


def opened_index(suite: Suite, bench: Bench) -> FoundIndex:
    """The index that was named, or the suite's own in the cache, built if it is not complete there.

    Raises:
        InputError: one's own questions without an index, no articles, or a cache that can't be written.
    """
    if bench.index_dir is not None:
        return FoundIndex(bench.index_dir, 0.0, {"bytes": _bytes(bench.index_dir)})
    if suite.articles is None:
        raise InputError(
            f"{suite.path}: one's own questions are asked of an index", "name it with --index DIR"
        )
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", suite.label or suite.name)[:40]
    version = f"{SCHEMA_VERSION}\0{bench.system.index_settings_hash}\0{_index_code()}"
    digest = hashlib.sha256(version.encode()).hexdigest()[:16]
    home = bench.cache_dir / f"{name}-{(suite.articles_sha256 or suite.data_sha256)[:16]}-{digest}"
    index_dir, complete = home / "index", home / "complete.json"
    if complete.is_file() and index_dir.is_dir():
        return FoundIndex(index_dir, 0.0, json.loads(complete.read_text(encoding="utf-8")))
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        articles = _Counted(suite.articles(), bench.tell)
        built = bench.system.build(articles, index_dir, suite.label)
        if not articles.count:
            raise InputError(f"{suite.path}: holds no articles to ask about", "check the folder")
        numbers = {"chunks": float(built.chunks), "bytes": _bytes(index_dir)}
        complete.write_text(json.dumps(numbers), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{home}: cannot be written ({error.strerror or error})", "free space, or set XDG_CACHE_HOME"
        ) from error
    return FoundIndex(index_dir, built.seconds, numbers)


class _Counted:
    """Articles, counted and told as they are taken."""

    def __init__(self, articles: Iterator[Article], tell: ProgressCallback) -> None:
        self._articles, self._tell = articles, tell
        self.count = 0

    def __iter__(self) -> Iterator[Article]:
        self._tell(EvalProgress("indexing", 0, None))
        for article in self._articles:
            yield article
            self.count += 1
            self._tell(EvalProgress("indexing", self.count, None, article.external_id))


def _bytes(folder: Path) -> float:
    return float(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))


@cache
def _index_code() -> str:
    """Hex sha256 over the code that reads, cleans and splits: an index made by other code is another index."""
    home = Path(index.schema.__file__).resolve().parent
    return files_sha256(home, home.rglob("*.py"))


def user_cache() -> Path:
    """`footnote/evals` in the user's cache folder, where indexes and unfinished runs are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "footnote" / "evals"
