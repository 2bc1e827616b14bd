"""Footnote's own formats: a folder of articles with questions beside them, and questions by themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from evals.cases import Suite, files_sha256, read_cases
from index.schema import Article, Skipped

log = logging.getLogger(__name__)

QUESTIONS = "questions.jsonl"
"""A folder of articles with this file beside them is a suite, as `seeds/` is."""


def folder_suite(path: Path) -> Suite:
    """A folder of articles with `questions.jsonl`; `article_ids` name files or ids within the folder.

    Raises:
        InputError: a damaged questions file.
    """

    def articles() -> Iterator[Article]:
        from index.readers import FolderSource  # reads HTML by a heavy library

        for found in FolderSource(path).read():
            if isinstance(found, Article):
                yield found
            elif isinstance(found, Skipped) and QUESTIONS not in found.name:
                log.info("%s: passed over (%s)", found.name, found.reason)

    files = [file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")]
    return Suite(
        name=path.resolve().name,
        path=path,
        cases=read_cases(path / QUESTIONS),
        articles=articles,
        data_sha256=files_sha256(path, files),
        label=path.resolve().name,
    )


def own_suite(path: Path) -> Suite:
    """Questions in Footnote's row schema, asked of an index that exists already.

    Raises:
        InputError: a damaged file.
    """
    return Suite(path.stem, path, read_cases(path), None, files_sha256(path.parent, [path]))
