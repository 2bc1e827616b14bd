"""Scrapinghub's article extraction benchmark: html/ID.html.gz and ground-truth.json."""

from __future__ import annotations

from pathlib import Path

from evals.cases import files_sha256, text_field
from evals.formats.common import mapping, read_json
from evals.tasks.pages import Page, PageTask
from index.errors import InputError


def pages_task(folder: Path) -> PageTask:
    """The pages of the folder that have a gold text; the others are passed over.

    Raises:
        InputError: no ground-truth.json, a damaged one, or a page that is missing.
    """
    truth = folder / "ground-truth.json"
    pages: list[Page] = []
    for name, entry in mapping(read_json(truth), str(truth)).items():
        row = mapping(entry, f"{truth}: {name}")
        if "articleBody" not in row:
            continue
        found = [folder / "html" / f"{name}{ending}" for ending in (".html.gz", ".html")]
        path = next((file for file in found if file.is_file()), None)
        if path is None:
            raise InputError(f"{truth}: page {name!r} is not in {folder / 'html'}", "check the folder")
        where = f"{truth}: {name}"
        pages.append(Page(name, path, text_field(row, "articleBody", where), text_field(row, "url", where)))
    if not pages:
        raise InputError(f"{truth}: names no page with an articleBody", "see docs/evals.md for the format")
    files = [truth, *(page.path for page in pages)]
    return PageTask("html_pages", tuple(pages), files_sha256(folder, files))
