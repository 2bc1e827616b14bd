"""Questions with their references: one row schema for every suite, whatever format it came in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

from index.errors import InputError
from index.schema import Article
from rag.schema import Turn


@dataclass(frozen=True, slots=True)
class Case:
    """One question and what is known about its answer.

    `answers` are reference answers (any of them is right), `article_ids` the articles that answer
    it, named by `Article.external_id` or `Article.id`; `quotes` the words in them that do.
    Unanswerable questions have none of the three. `history` is the conversation before the
    question, `asked_at` the day it was asked; `kind` and `language` are free labels. `withheld`
    names articles the answer must do without, as if they were not in the index; `made_by` says how
    the row came about, for whoever edits it.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    answerable: bool = True
    history: tuple[Turn, ...] = ()
    asked_at: date | None = None
    kind: str = ""
    language: str = ""
    withheld: tuple[str, ...] = ()
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """A set of cases and the articles they are asked of.

    Attributes:
        name: what reports call it.
        path: the file or folder it was read from.
        cases: in the order of the file.
        articles: gives the articles anew at each call, one at a time; None when the questions are
            asked of an index that exists already.
        data_sha256: hex digest over the bytes of every file of the suite.
        label: the readable source name of its articles.
        articles_sha256: the digest of what the articles are made from, where the suite's files hold more;
            suites that share it and the label share their index.
        grades: case id -> article -> relevance grade, where the qrels grade; cases not named here
            grade each of their `article_ids` 1.
    """

    name: str
    path: Path
    cases: tuple[Case, ...]
    articles: Callable[[], Iterator[Article]] | None
    data_sha256: str
    label: str = ""
    articles_sha256: str = ""
    grades: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def grades_of(self, case: Case) -> Mapping[str, int]:
        """Relevance grade by article name; only grades above 0 count as relevant."""
        return self.grades.get(case.id) or dict.fromkeys(case.article_ids, 1)


class Named(Protocol):
    """Anything with an id of its own within its set."""

    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Named)


def sample(cases: Sequence[Item], limit: int | None, seed: int) -> tuple[Item, ...]:
    """A seeded sample of at most `limit` cases, in the order of the file.

    Each case draws a number from sha256 over seed and id; the smallest win. So the draw does not
    depend on the order of the file, and with one seed a larger sample contains the smaller one.

    Raises:
        InputError: `limit` is below 1.
    """
    if limit is None:
        return tuple(cases)
    if limit < 1:
        raise InputError(f"a limit of {limit} questions leaves nothing to ask", "--limit 20")
    drawn = sorted(cases, key=lambda case: hashlib.sha256(f"{seed}\0{case.id}".encode()).digest())
    kept = {case.id for case in drawn[:limit]}
    return tuple(case for case in cases if case.id in kept)


def files_sha256(root: Path, files: Iterable[Path]) -> str:
    """Hex sha256 over names (relative to `root`) and bytes of files, whatever order they are given in."""
    total = hashlib.sha256()
    for file in sorted(files):
        with file.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        total.update(f"{file.relative_to(root).as_posix()}\0{digest}\n".encode())
    return total.hexdigest()


def parse_day(text: object, where: str) -> date | None:
    """A day written 2022-06-16 or 2022/06/16 (a time after it is ignored); None for nothing.

    Raises:
        InputError: anything else; `where` names file and line.
    """
    if text is None or text == "":
        return None
    if isinstance(text, str):
        head = text.strip()[:10].replace("/", "-")
        try:
            return date.fromisoformat(head)
        except ValueError:
            pass  # told below, together with what is no text at all
    raise InputError(f"{where}: {text!r} is not a day", "write days as 2022-06-16")


def json_lines(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """The objects of a JSON Lines file, each with `file:line` for messages; blank lines are passed over.

    Raises:
        InputError: the file cannot be read, is not UTF-8, or a line is not a JSON object.
    """
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as handle:
            for number, line in enumerate(handle, start=1):
                where = f"{path}:{number}"
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise InputError(
                        f"{where}: not valid JSON ({error})", "mend or remove the line"
                    ) from error
                except RecursionError as error:
                    raise InputError(f"{where}: nested too deeply", "mend or remove the line") from error
                if not isinstance(row, dict):
                    raise InputError(f"{where}: expected a JSON object, found {_kind(row)}", "mend the line")
                yield where, row
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 text, after line {number} ({error.reason})", "convert it"
        ) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})", "check the path") from error


def text_field(row: Mapping[str, object], name: str, where: str, *, needed: bool = False) -> str:
    """A string field, "" when absent or null.

    Raises:
        InputError: it is no string, or empty although needed.
    """
    value = row.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise InputError(f"{where}: {name} must be text, found {_kind(value)}", "mend the row")
    if needed and not value.strip():
        raise InputError(f"{where}: {name} is missing or empty", "mend the row")
    return value


def text_list(row: Mapping[str, object], name: str, where: str) -> tuple[str, ...]:
    """A list of non-empty strings, () when absent or null.

    Raises:
        InputError: it is anything else.
    """
    value = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise InputError(f"{where}: {name} must be a list of non-empty texts", "mend the row")
    return tuple(value)


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file in Footnote's own row schema (JSON Lines, one `Case` a line).

    Raises:
        InputError: file and line of what is wrong: damaged JSON, a wrong type, an unknown key (a
            mistyped one would quietly lower a score), an id twice, references to an unanswerable question.
    """
    cases: list[Case] = []
    lines: dict[str, str] = {}
    for where, row in json_lines(path):
        case = case_from_row(row, where)
        if case.id in lines:
            raise InputError(
                f"{where}: id {case.id!r} was used before, at {lines[case.id]}", "give each row its own id"
            )
        lines[case.id] = where
        cases.append(case)
    if not cases:
        raise InputError(f"{path}: holds no questions", "one JSON object a line; see docs/evals.md")
    return tuple(cases)


def case_from_row(row: Mapping[str, object], where: str) -> Case:
    """One row of the schema as a `Case`.

    Raises:
        InputError: naming `where` and the field.
    """
    known = [entry.name for entry in fields(Case)]
    if unknown := sorted(set(row) - set(known)):
        raise InputError(f"{where}: unknown key {unknown[0]!r}", f"keys are {', '.join(known)}")
    answerable = row.get("answerable", True)
    if not isinstance(answerable, bool):
        raise InputError(f"{where}: answerable must be true or false, found {answerable!r}", "mend the row")
    case = Case(
        id=text_field(row, "id", where, needed=True),
        question=text_field(row, "question", where, needed=True),
        answers=text_list(row, "answers", where),
        article_ids=text_list(row, "article_ids", where),
        quotes=text_list(row, "quotes", where),
        answerable=answerable,
        history=_history(row.get("history"), where),
        asked_at=parse_day(row.get("asked_at"), f"{where}: asked_at"),
        kind=text_field(row, "kind", where),
        language=text_field(row, "language", where),
        withheld=text_list(row, "withheld", where),
        made_by=text_field(row, "made_by", where),
    )
    if not answerable and (case.answers or case.quotes):
        raise InputError(
            f"{where}: an unanswerable question has answers or quotes", "empty them, or set answerable"
        )
    return case


def _history(value: object, where: str) -> tuple[Turn, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InputError(f"{where}: history must be a list, found {_kind(value)}", "mend the row")
    turns: list[Turn] = []
    for number, entry in enumerate(value):
        spot = f"{where}: history[{number}]"
        if not isinstance(entry, dict):
            raise InputError(f"{spot} must be an object with question and answer", "mend the row")
        turns.append(
            Turn(text_field(entry, "question", spot, needed=True), text_field(entry, "answer", spot))
        )
    return tuple(turns)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
