"""What a run leaves behind: rows, parts, the run itself, and run.json as its written form."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from evals.intervals import Estimate
from index.errors import InputError

RUN_SCHEMA = 2
"""Raised whenever run.json changes so that older files can no longer be read."""

TIMING_METRICS = ("latency_ms", "first_sentence_ms", "retrieve_ms", "seconds", "per_second")
"""Words in the names of metrics that are times: they differ from run to run, all others do not."""


def is_timing(metric: str) -> bool:
    """Whether a metric is a time or a speed, which two equal runs do not share."""
    return any(word in metric for word in TIMING_METRICS)


@dataclass(frozen=True, slots=True)
class Row:
    """One question of a run (or one claim, page or article, as the part's task has them).

    Attributes:
        id: the case's id, its own within its part.
        question: what was asked; for other tasks the claim, or the name of the page.
        answer: the text shown, with markers; empty when the question failed.
        scores: one number per metric that applies to the row.
        error: what failed, "" when nothing did; such a row counts as wrong.
        part: the name of the part it belongs to.
        kind, language: the case's labels.
        answerable: whether the articles hold an answer.
        answered, abstained, reason, confidence: as the answer has them.
        standalone_question: the question as it was understood.
        warning: a part that failed while the answer went on.
        references: the reference answers.
        gold: external id of each gold article -> its grade.
        shown: the sentences shown, each `{text, origin, markers, support}`.
        dropped: drafted sentences that were not, each `{text, reason, replaced}`.
        citations: each `{marker, article_id, external_id, title, url, published, quote, start, end,
            before, after}`; before and after are the words around the quote in its article.
        ranking: external ids of the articles the retriever found, best first, at most a hundred.
        counts: numbers behind ratio metrics (sentences shown, drafts shown, replaced, dropped).
        timings_ms: as the answer has them.
        engine, model: what answered.
    """

    id: str
    question: str
    answer: str
    scores: dict[str, float]
    error: str = ""
    part: str = ""
    kind: str = ""
    language: str = ""
    answerable: bool = True
    answered: bool = False
    abstained: bool = False
    reason: str = ""
    confidence: float = 0.0
    standalone_question: str = ""
    warning: str = ""
    references: tuple[str, ...] = ()
    gold: dict[str, int] = field(default_factory=dict[str, int])
    shown: tuple[dict[str, Any], ...] = ()
    dropped: tuple[dict[str, Any], ...] = ()
    citations: tuple[dict[str, Any], ...] = ()
    ranking: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict[str, int])
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])
    engine: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a run that share data and task, and their figures.

    Attributes:
        name: what its rows call it in `Row.part`, as in "xquad_en".
        task: "ask", "retrieve", "support", "followups", "extraction" or "ingest".
        n, failed, degraded: rows; those that ended in an error; those where a part failed and the
            answer went on (say, quotations because the model's server was down).
        data_sha256: over the bytes of its files; articles_sha256: over the articles as indexed.
        notes: oddities of the data, for people.
        metrics: name -> value, n and 95 % interval.
        index: what it was asked of: `articles`, `chunks`, `bytes` on disk.
    """

    name: str
    task: str
    n: int
    failed: int
    degraded: int
    data_sha256: str
    articles_sha256: str
    notes: tuple[str, ...]
    metrics: dict[str, Estimate]
    index: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run; `as_json` is the content of run.json.

    `metrics` are over all rows where every part has the same task, else empty: see the parts.
    `settings` are those that can change an answer, by name. `timing` holds what was measured of the
    machine: `cold_ms` (the unscored first question), `seconds` (asking and scoring),
    `indexing_seconds` (0 where the index was there), `peak_memory_mb`.
    """

    suite: str
    n: int
    failed: int
    degraded: int
    data_sha256: str
    settings_hash: str
    index_settings_hash: str
    settings: dict[str, Any]
    commit: str
    date: str
    seed: int
    limit: int | None
    engine: str
    model: str
    retriever: str
    metrics: dict[str, Estimate]
    parts: tuple[Part, ...]
    rows: tuple[Row, ...]
    timing: dict[str, float] = field(default_factory=dict[str, float])
    schema: int = RUN_SCHEMA

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all parts, each told with its part where there are several."""
        several = len(self.parts) > 1
        return tuple(
            f"{part.name}: {note}" if several else note for part in self.parts for note in part.notes
        )

    def part(self, name: str) -> Part | None:
        """The part of this name, or None."""
        return next((part for part in self.parts if part.name == name), None)

    def rows_of(self, part: str) -> tuple[Row, ...]:
        """The rows of one part, in the order of its file."""
        return tuple(row for row in self.rows if row.part == part)

    def as_json(self) -> dict[str, object]:
        """The run as JSON types; numbers rounded to six digits."""
        whole = asdict(self)
        whole["metrics"] = _metrics_json(self.metrics)
        for given, part in zip(whole["parts"], self.parts, strict=True):
            given["metrics"] = _metrics_json(part.metrics)
        return {name: _rounded(value) for name, value in whole.items()}


def without_timings(run: Run) -> dict[str, object]:
    """What two runs of the same data, settings and code share to the last byte: run.json without times and date."""
    whole = cast(dict[str, Any], run.as_json())
    del whole["date"], whole["timing"]
    for holder in (whole, *whole["parts"]):
        holder["metrics"] = {name: one for name, one in holder["metrics"].items() if not is_timing(name)}
    for part in whole["parts"]:
        part["index"].pop("bytes", None)
    for row in whole["rows"]:
        row["timings_ms"] = {}
        row["scores"] = {name: value for name, value in row["scores"].items() if not is_timing(name)}
    return whole


def joined_sha256(digests: Sequence[str]) -> str:
    """One digest for several data sets; that of a single one is itself."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("\0".join(digests).encode()).hexdigest()


def write_run(run: Run, out: Path) -> None:
    """Writes run.json whole or not at all: beside the place, then renamed onto it.

    Raises:
        InputError: the place cannot be written.
    """
    write_whole(out, json.dumps(run.as_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def write_whole(out: Path, text: str) -> None:
    """Writes a text file whole or not at all.

    Raises:
        InputError: the place cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            encoding="utf-8",
            errors="surrogatepass",  # a model's reply may hold half a character: the run keeps it as it came
            dir=out.parent,
            prefix=f".{out.name}.",
            delete=False,
        ) as handle:
            try:
                handle.write(text)
                handle.flush()
                os.fsync(handle.fileno())
                Path(handle.name).chmod(0o644)
                Path(handle.name).replace(out)
            except BaseException:
                Path(handle.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(
            f"{out}: cannot be written ({error.strerror or error})", "choose another place"
        ) from error


def check_writable(out: Path) -> None:
    """Fails before any work is done where `out` could not be written at its end.

    Raises:
        InputError: it is a folder, or its folder is missing or not writable.
    """
    if out.is_dir():
        raise InputError(f"{out}: is a folder", "name a file, as in --out run.json")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise InputError(f"{out}: the folder cannot be written", "choose another place")


def read_run(path: Path) -> Run:
    """A run from its run.json.

    Raises:
        InputError: the file is missing, damaged (with its line), no run, or of an older version.
    """
    try:
        whole = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})", "check the path") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}:{error.lineno}: not valid JSON ({error.msg})", "make the run again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON ({error})", "make the run again") from error
    if not isinstance(whole, dict) or not {"suite", "rows", "metrics"} <= set(whole):
        raise InputError(f"{path}: not a run", "footnote eval run SUITE --out run.json writes one")
    if whole.get("schema") != RUN_SCHEMA:
        raise InputError(
            f"{path}: written by another version of Footnote (schema {whole.get('schema', 1)}, this one reads {RUN_SCHEMA})",
            "make the run again",
        )
    try:
        whole["metrics"] = _metrics_from(whole["metrics"])
        for part in whole.get("parts", ()):
            part["metrics"] = _metrics_from(part["metrics"])
        return TypeAdapter(Run).validate_python(whole)
    except (ValidationError, TypeError, KeyError, ValueError, AttributeError) as error:
        detail = error.errors()[0] if isinstance(error, ValidationError) else error
        place = (
            ".".join(map(str, detail["loc"])) + f": {detail['msg']}"
            if isinstance(detail, dict)
            else str(detail)
        )
        raise InputError(f"{path}: damaged ({place})", "make the run again") from error


def row_from_json(row: Mapping[str, Any]) -> Row:
    """A row from its JSON form; raises pydantic's ValidationError (a ValueError) for anything else."""
    return TypeAdapter(Row).validate_python(row)


def _metrics_json(metrics: Mapping[str, Estimate]) -> dict[str, object]:
    return {
        name: {"value": one.value, "n": one.n, "ci95": [one.low, one.high]} for name, one in metrics.items()
    }


def _metrics_from(written: Mapping[str, Any]) -> dict[str, Estimate]:
    return {
        name: Estimate(float(one["value"]), int(one["n"]), float(one["ci95"][0]), float(one["ci95"][1]))
        for name, one in written.items()
    }


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_rounded(one) for one in value]
    return value
