"""The index of a suite, built once and kept as long as data, settings and index code stay the same."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import index.schema
from evals.cases import Suite, files_sha256
from evals.progress import EvalProgress, ProgressCallback
from evals.system import EvalSystem
from index.errors import InputError
from index.schema import SCHEMA_VERSION, Article


def suite_index(suite: Suite, system: EvalSystem, cache_dir: Path, tell: ProgressCallback) -> Path:
    """The suite's index in the cache, built if it is not complete there."""
    if suite.articles is None:
        raise InputError(
            f"{suite.path}: one's own questions are asked of an index", "name it with --index DIR"
        )
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", suite.name)[:40]
    version = f"{SCHEMA_VERSION}\0{system.index_settings_hash}\0{_index_code()}"
    home = cache_dir / f"{name}-{suite.data_sha256[:16]}-{hashlib.sha256(version.encode()).hexdigest()[:16]}"
    index_dir, complete = home / "index", home / "complete"
    if complete.is_file() and index_dir.is_dir():
        return index_dir
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        articles = _Counted(suite.articles(), tell)
        system.build(articles, index_dir, suite.label)
        if not articles.count:
            raise InputError(f"{suite.path}: holds no articles to ask about", "check the folder")
        complete.write_text(f"{articles.count} articles\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{home}: cannot be written ({error.strerror or error})", "free space, or set XDG_CACHE_HOME"
        ) from error
    return index_dir


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


@cache
def _index_code() -> str:
    """Hex sha256 over the code that reads, cleans and splits: an index made by other code is another index."""
    home = Path(index.schema.__file__).resolve().parent
    return files_sha256(home, home.rglob("*.py"))


def user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "footnote" / "evals"
