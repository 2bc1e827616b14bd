"""Web pages with the text a person took out of them: how much is found, how much chrome comes along?"""

from __future__ import annotations

import gzip
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evals import intervals
from evals.cases import sample
from evals.intervals import Estimate
from evals.rows import Row
from evals.tasks.base import Bench, WithoutIndex
from index.errors import InputError

_WORD = re.compile(r"\w+")
SHINGLE = 4
"""Words in a row that are compared, as the benchmark's own script does."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page (a file, gzipped or not) and the article text that a person took out of it."""

    id: str
    path: Path
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class PageTask:
    """See `evals.tasks.base.Task`."""

    name: str
    pages: tuple[Page, ...]
    data_sha256: str
    kind: str = "extraction"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(page.id for page in self.pages)

    def sampled(self, limit: int | None, seed: int) -> PageTask:
        """See `evals.tasks.base.Task.sampled`."""
        return replace(self, pages=sample(self.pages, limit, seed))

    def open(self, bench: Bench) -> PageWorker:
        """See `evals.tasks.base.Task.open`."""
        return PageWorker(self, bench)


BASELINES = ("trafilatura", "trafilatura_precision", "trafilatura_recall", "trafilatura_fast", "justext")
"""What is measured on the same pages: trafilatura as it comes, with each of its leanings, without its
second opinions; jusText."""


class PageWorker(WithoutIndex):
    """Reads one page after the other as a build would (see `evals.tasks.base.Worker`).

    Metrics: `extraction_precision` (mean over the pages where a text was found, as the benchmark has it),
    `extraction_recall` (over all), `extraction_f1` (of these two means) and `pages_per_second`; the same of
    each of `BASELINES` as `extraction_f1_trafilatura` and so on; `extraction_f1_gain`: ours less
    trafilatura's, over the same pages in every resample.
    """

    def __init__(self, task: PageTask, bench: Bench) -> None:
        super().__init__()
        self._pages = {page.id: page for page in task.pages}
        _extracted("<p>What has to be loaded is loaded now.</p>")

    def row(self, item_id: str) -> Row:
        """See `evals.tasks.base.Worker.row`."""
        page = self._pages[item_id]
        try:
            raw = page.path.read_bytes()
            data = gzip.decompress(raw) if page.path.suffix == ".gz" else raw
        except (OSError, EOFError) as error:
            raise InputError(f"{page.path}: cannot be read ({error})", "check the file") from error
        began = time.perf_counter()
        text = _extracted(data.decode("utf-8", "replace"))
        seconds = time.perf_counter() - began
        scores: dict[str, float] = {}
        _add(scores, "extraction_", "", text, page.text)
        for name in BASELINES:
            _add(scores, "", f"_{name}", _baseline(name, data), page.text)
        scores["seconds"] = seconds
        return Row(page.id, page.url or page.id, "", scores, timings_ms={"total": seconds * 1000})

    def failed(self, item_id: str, error: str) -> Row:
        """See `evals.tasks.base.Worker.failed`."""
        return Row(item_id, self._pages[item_id].url, "", {"extraction_recall": 0.0}, error)

    def finish(self, rows: Sequence[Row]) -> tuple[tuple[Row, ...], dict[str, Estimate]]:
        """See `evals.tasks.base.Worker.finish`."""
        found: dict[str, Estimate] = {}
        if precise := [
            row.scores["extraction_precision"] for row in rows if "extraction_precision" in row.scores
        ]:
            found["extraction_precision"] = intervals.mean(precise)
        found["extraction_recall"] = intervals.mean([row.scores["extraction_recall"] for row in rows])
        found["extraction_f1"] = intervals.f1_of_means(*_both(rows, "extraction_", ""))
        if read := [row for row in rows if "seconds" in row.scores]:
            for name in BASELINES:
                found[f"extraction_f1_{name}"] = intervals.f1_of_means(*_both(read, "", f"_{name}"))
            found["extraction_f1_gain"] = intervals.f1_difference(
                *_both(read, "extraction_", ""), *_both(read, "", "_trafilatura")
            )
            found["pages_per_second"] = intervals.ratio(
                [1.0] * len(read), [r.scores["seconds"] for r in read]
            )
        return tuple(rows), found


def _add(scores: dict[str, float], before: str, after: str, text: str, gold: str) -> None:
    precision, recall = shingle_match(text, gold)
    if _WORD.search(text) or not _WORD.search(gold):
        scores[f"{before}precision{after}"] = precision
    scores[f"{before}recall{after}"] = recall


def _both(rows: Sequence[Row], before: str, after: str) -> tuple[list[float | None], list[float]]:
    return (
        [row.scores.get(f"{before}precision{after}") for row in rows],
        [row.scores[f"{before}recall{after}"] for row in rows],
    )


def shingle_match(text: str, gold: str) -> tuple[float, float]:
    """Precision and recall of the runs of four words of a text against a gold text.

    As Scrapinghub's article extraction benchmark counts (2020): bags of word 4-grams over \\\\w+ tokens;
    a text shorter than that is one shingle. Where both are empty, both are 1; where one is, 0.
    """
    found, wanted = _shingles(text), _shingles(gold)
    common = sum((found & wanted).values())
    if not found and not wanted:
        return 1.0, 1.0
    return (
        common / sum(found.values()) if found else 0.0,
        common / sum(wanted.values()) if wanted else 0.0,
    )


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    if not words:
        return Counter()
    count = max(len(words) - SHINGLE + 1, 1)
    return Counter(tuple(words[i : i + SHINGLE]) for i in range(count))


def _extracted(page: str) -> str:
    """The text as the index would store it; "" where a build would pass the page over with a reason."""
    from index.clean import clean_text
    from index.decode import NotAnArticleError
    from index.markup import html_to_text

    try:
        return clean_text(html_to_text(page)[1])
    except NotAnArticleError:
        return ""


def _baseline(name: str, data: bytes) -> str:
    import trafilatura

    if name == "justext":
        import justext
        from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

        try:
            paragraphs = justext.justext(data, justext.get_stoplist("English"))
        except (ValueError, etree.LxmlError):
            return ""
        return "\n\n".join(paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate)
    return (
        trafilatura.extract(
            data,
            include_comments=False,
            favor_precision=name.endswith("precision"),
            favor_recall=name.endswith("recall"),
            fast=name.endswith("fast"),
        )
        or ""
    )
