"""Claims with evidence: WiCE (Kamoi et al. 2023) and QAGS (Wang et al. 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evals.cases import files_sha256, json_lines, text_field
from evals.formats.common import listing, mapping
from evals.tasks.claims import Claim, ClaimTask
from index.errors import InputError


def wice_task(path: Path) -> ClaimTask:
    """A WiCE claim file: a claim counts as supported where its label is "supported" (not "partially_supported").

    Raises:
        InputError: file and line of what is wrong.
    """
    claims: list[Claim] = []
    for where, row in json_lines(path):
        label = text_field(row, "label", where, needed=True)
        if label not in ("supported", "partially_supported", "not_supported"):
            raise InputError(f"{where}: label {label!r} is none of WiCE's three", "mend the row")
        meta = mapping(row.get("meta") or {}, f"{where}: meta")
        gold = frozenset(
            number
            for group in listing(row, "supporting_sentences", where)
            if isinstance(group, list)
            for number in group
            if isinstance(number, int)
        )
        claims.append(
            Claim(
                id=text_field(meta, "id", where) or f"claim-{len(claims) + 1}",
                text=text_field(row, "claim", where, needed=True),
                # Some are empty, and the marks count them: the list stays as it is.
                sentences=tuple(str(sentence) for sentence in listing(row, "evidence", where)),
                supported=label == "supported",
                gold=gold if label != "not_supported" else frozenset(),
                kind=label,
            )
        )
    return _task("wice", path, claims)


def qags_task(path: Path) -> ClaimTask:
    """A QAGS file: each sentence of a summary is a claim about its article, judged by most of three people.

    Raises:
        InputError: file and line of what is wrong.
    """
    from index.split import sentence_spans

    claims: list[Claim] = []
    for number, (where, row) in enumerate(json_lines(path)):
        article = text_field(row, "article", where, needed=True)
        sentences = tuple(article[start:end] for start, end in sentence_spans(article))
        for place, entry in enumerate(listing(row, "summary_sentences", where)):
            said = mapping(entry, f"{where}: summary_sentences[{place}]")
            votes = [mapping(v, where).get("response") == "yes" for v in listing(said, "responses", where)]
            supported = sum(votes) * 2 > len(votes)
            claims.append(
                Claim(
                    id=f"{number}-{place}",
                    text=text_field(said, "sentence", where, needed=True),
                    sentences=sentences,
                    supported=supported,
                    kind="supported" if supported else "not_supported",
                )
            )
    return _task("qags", path, claims)


def looks_like(row: Mapping[str, object]) -> str:
    """ "wice", "qags" or "" by the keys of a file's first row."""
    if {"claim", "evidence", "label"} <= set(row):
        return "wice"
    return "qags" if {"article", "summary_sentences"} <= set(row) else ""


def _task(name: str, path: Path, claims: list[Claim]) -> ClaimTask:
    if not claims:
        raise InputError(f"{path}: holds no claims", "see docs/evals.md for the format")
    return ClaimTask(name, tuple(claims), files_sha256(path.parent, [path]))
