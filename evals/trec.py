"""Rankings and judgements in TREC's file formats, so that other tools can read ours and we theirs.

A run file has a line `qid Q0 docno rank score tag` for each document found, a qrels file a line
`qid 0 docno grade` for each one judged; fields stand between ASCII white space, as in trec_eval.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from evals.rows import Run, write_whole
from index.errors import InputError

_RUN_FIELDS = "qid Q0 docno rank score tag"
_QRELS_FIELDS = "qid 0 docno grade"

# Python reads more as numbers than C does: 1_000, other scripts' digits.
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_run(path: Path) -> dict[str, list[str]]:
    """The rankings of a run file, best first; questions in the order in which they first appear.

    Sorted as trec_eval sorts (`form_res_rels.c`): by score, the highest first, and equal scores by
    docno, the last in the order of code points first. It holds scores in single precision, so
    scores that differ only beyond that are equal. The rank, the second field and the tag are not used.

    Raises:
        InputError: file and line of a line without six fields, of a score that is no finite number,
            of a document twice for one question; a file that cannot be read or holds no line.
    """
    scores: dict[str, dict[str, float]] = {}
    for where, (question, _, document, _, score, _) in _lines(path, _RUN_FIELDS):
        found = scores.setdefault(question, {})
        if document in found:
            raise InputError(
                f"{where}: {document!r} was ranked for {question!r} before", "remove one of them"
            )
        found[document] = _score(score, where)
    return {
        question: sorted(found, key=lambda name: (found[name], name), reverse=True)
        for question, found in scores.items()
    }


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Question -> document -> grade, of a qrels file; grades above 0 are relevant.

    Raises:
        InputError: file and line of a line without four fields, of a grade that is no whole number,
            of a document twice for one question; a file that cannot be read or holds no line.
    """
    qrels: dict[str, dict[str, int]] = {}
    for where, (question, _, document, grade) in _lines(path, _QRELS_FIELDS):
        judged = qrels.setdefault(question, {})
        if document in judged:
            raise InputError(
                f"{where}: {document!r} was judged for {question!r} before", "remove one of them"
            )
        if not _WHOLE.fullmatch(grade):
            raise InputError(f"{where}: grade {grade!r} is not a whole number", "mend the line")
        judged[document] = int(grade)
    return qrels


def write_run_file(path: Path, rankings: Mapping[str, Sequence[str]], tag: str) -> None:
    """Writes rankings, best first, as a run file, whole or not at all.

    Scores are whole numbers that fall by 1 down to 1, so that any tool that sorts by score finds the
    order again. A question without a document has no line in this format: a reader that is to
    count it as wrong must know it from the qrels (trec_eval's `-c`).

    Raises:
        InputError: an id or the tag is empty or has white space in it; a document twice for one
            question; no document at all; the place cannot be written.
    """
    _check_name(tag, "the tag")
    lines: list[str] = []
    for question, ranking in rankings.items():
        _check_name(question, "the question's id")
        if len(set(ranking)) < len(ranking):
            twice = next(name for place, name in enumerate(ranking) if name in ranking[:place])
            raise InputError(
                f"{twice!r} is ranked twice for question {question!r}", "rank each document once"
            )
        for rank, document in enumerate(ranking, start=1):
            _check_name(document, f"question {question!r}: the document's id")
            lines.append(f"{question} Q0 {document} {rank} {len(ranking) - rank + 1} {tag}\n")
    if not lines:
        raise InputError(f"{path}: no question has a ranking to write", "a run of a retrieval task has them")
    write_whole(path, "".join(lines))


def rankings_of(run: Run, part: str) -> dict[str, list[str]]:
    """Question -> external ids of the articles found, best first, for one part of a run.

    A question that failed, or found nothing, has an empty ranking.

    Raises:
        InputError: the run has no such part.
    """
    if run.part(part) is None:
        names = ", ".join(one.name for one in run.parts) or "none"
        raise InputError(f"no part {part!r} in this run", f"its parts are {names}")
    return {row.id: list(row.ranking) for row in run.rows_of(part)}


def _lines(path: Path, fields: str) -> Iterator[tuple[str, list[str]]]:
    """The fields of each line with `file:line`; blank lines are passed over.

    Split as bytes: at ASCII white space alone, as C does. Other spaces are characters of an id there.
    """
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})", "check the path") from error
    wanted = len(fields.split())
    empty = True
    for number, line in enumerate(whole.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        found = line.split()
        if not found:
            continue
        where = f"{path}:{number}"
        if len(found) != wanted:
            raise InputError(f"{where}: expected {wanted} fields, found {len(found)}", f"a line is: {fields}")
        try:
            yield where, [field.decode() for field in found]
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: not UTF-8 text ({error.reason})", "convert the file") from error
        empty = False
    if empty:
        raise InputError(f"{path}: holds no line", f"a line is: {fields}")


def _score(text: str, where: str) -> float:
    with np.errstate(over="ignore"):
        score = float(np.float32(float(text))) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(score):
        raise InputError(f"{where}: score {text!r} is not a finite number", "mend the line")
    return score


def _check_name(name: str, what: str) -> None:
    # Any white space, for other readers split at more than ASCII's; a byte order mark would be taken off.
    if not name or any(character.isspace() or character in "\0\ufeff" for character in name):
        raise InputError(
            f"{what} {name!r} cannot stand in a TREC file, where fields end at white space",
            "give it a name without white space",
        )
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InputError(f"{what} {name!r} is not text that UTF-8 can hold", "give it another name") from None
