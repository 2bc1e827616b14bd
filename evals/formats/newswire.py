"""News collections without questions: Reuters-21578 (SGML files) and folders of plain text such as the BBC's."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from evals.cases import files_sha256
from evals.formats.common import suite_article
from evals.tasks.ingest import Batch, IngestTask
from index.errors import InputError
from index.schema import Article, Skipped

_STORY = re.compile(r"<REUTERS\b([^>]*)>(.*?)</REUTERS>", re.DOTALL)
_NUMBER = re.compile(r'NEWID="(\d+)"')
_DATE = re.compile(r"<DATE>\s*(\d{1,2}-[A-Z]{3}-\d{4})", re.DOTALL)


def reuters_task(folder: Path) -> IngestTask:
    """The stories of every .sgm file (Lewis 1997). A story without a body is passed over with its reason.

    Raises:
        InputError: no .sgm file in the folder.
    """
    files = sorted(folder.glob("*.sgm"))
    if not files:
        raise InputError(f"{folder}: no .sgm file in it", "see docs/evals.md for the format")
    batches = tuple(Batch(file.stem, lambda file=file: _stories(file)) for file in files)
    return IngestTask("reuters21578", batches, files_sha256(folder, files))


def _stories(file: Path) -> Iterator[Article | Skipped]:
    # The files are Latin-1 with stray control characters, which no XML parser takes.
    text = file.read_text(encoding="latin-1")
    for match in _STORY.finditer(text):
        number = _NUMBER.search(match.group(1))
        name = number.group(1) if number else f"{file.stem}-{match.start()}"
        body = _element(match.group(2), "BODY")
        if not body.strip():
            yield Skipped(f"{file.name}: {name}", "the story has no body")
            continue
        article = suite_article("reuters", name, _element(match.group(2), "TITLE"), body)
        yield replace(article, published=_day(match.group(2)), language="en")


def _element(story: str, name: str) -> str:
    match = re.search(rf"<{name}>(.*?)</{name}>", story, re.DOTALL)
    return html.unescape(match.group(1)) if match else ""


def _day(story: str) -> date | None:
    match = _DATE.search(story)
    try:
        return datetime.strptime(match.group(1).title(), "%d-%b-%Y").date() if match else None
    except ValueError:
        return None


def text_folders_task(folder: Path) -> IngestTask:
    """Each subfolder of plain text files as a batch, read as `footnote build` reads a folder.

    Raises:
        InputError: no subfolder with .txt files.
    """
    topics = sorted(path for path in folder.iterdir() if path.is_dir() and any(path.glob("*.txt")))
    if not topics:
        raise InputError(f"{folder}: no folder of .txt files in it", "see docs/evals.md for the format")

    def read(topic: Path) -> Iterator[Article | Skipped]:
        from index.readers import FolderSource

        yield from FolderSource(topic).read()

    batches = tuple(Batch(topic.name, lambda topic=topic: read(topic)) for topic in topics)
    files = [file for topic in topics for file in topic.glob("*.txt")]
    return IngestTask("bbc_news", batches, files_sha256(folder, files), dated=False)
