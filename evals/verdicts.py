"""What readers said of answers, stored as JSON Lines, and how it becomes cases of a question set.

The chat page stores a `Verdict` a line with `append_verdict`; `footnote eval add` reads them with
`read_verdicts` and turns them into cases with `add_verdicts`. Keys that this version does not know are
ignored, since these files are written by programs, and a newer one may store more.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from evals.cases import Case, json_lines, read_cases
from evals.make.make import as_lines
from evals.rows import write_whole
from evals.system import ArticleShelf
from index.errors import InputError
from index.schema import Article
from rag.schema import Turn

Opinion = Literal["up", "down", "wrong-source"]


@dataclass(frozen=True, slots=True)
class Cited:
    """One footnote of the answer that was judged."""

    article_id: str
    external_id: str = ""
    quote: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Corrected:
    """The source a reader named instead: an article by `external_id` or `id`, or as it was typed (`named`: a title or
    an address), and its words if given."""

    id: str = ""
    external_id: str = ""
    quote: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader said of one answer.

    Attributes:
        id: its own, unique in its file; a later line with the same id replaces the earlier.
        at: when it was given.
        verdict: "up", "down", or "wrong-source" for a right answer from a wrong place.
        question: as it was typed; `standalone_question` as it was understood.
        history: the conversation before it.
        answer: the text that was shown; `citations` its footnotes: none means that it abstained.
        source: the right source, where the reader named one.
        expected: the right answer in the reader's own words.
        comment: anything else the reader said; no case holds it.
        asked_at: the day the question was asked as of, where that was set.
        language: of the answer.
        settings_hash, revision: the settings and the index revision that answered.
    """

    id: str
    at: datetime
    verdict: Opinion
    question: str
    standalone_question: str = ""
    history: tuple[Turn, ...] = ()
    answer: str = ""
    citations: tuple[Cited, ...] = ()
    source: Corrected | None = None
    expected: str = ""
    comment: str = ""
    asked_at: date | None = None
    language: str = ""
    settings_hash: str = ""
    revision: int = 0

    def as_json(self) -> dict[str, object]:
        """The verdict as JSON types, every key present."""
        return _Line.model_validate(self).model_dump(mode="json")


def _visible(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


_Filled = Annotated[str, AfterValidator(_visible)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", from_attributes=True, frozen=True)


class _Turn(_Strict):
    question: _Filled
    answer: str = ""


class _Cited(_Strict):
    article_id: _Filled
    external_id: str = ""
    quote: str = ""
    start: int = Field(default=0, ge=0)
    end: int = Field(default=0, ge=0)


class _Corrected(_Strict):
    id: str = ""
    external_id: str = ""
    quote: str = ""
    named: str = ""


class _Line(_Strict):
    """One line of the file."""

    id: _Filled
    at: AwareDatetime
    verdict: Opinion
    question: _Filled
    standalone_question: str = ""
    history: tuple[_Turn, ...] = ()
    answer: str = ""
    citations: tuple[_Cited, ...] = ()
    source: _Corrected | None = None
    expected: str = ""
    comment: str = ""
    asked_at: date | None = None
    language: str = ""
    settings_hash: str = ""
    revision: int = 0


def verdict_from_row(row: Mapping[str, Any], where: str) -> Verdict:
    """A verdict from its JSON form.

    Raises:
        InputError: naming `where` and the key.
    """
    try:
        line = _Line.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the line"
        raise InputError(f"{where}: {key}: {first['msg']}", "mend or remove the line") from error
    source = line.source
    return Verdict(
        id=line.id,
        at=line.at.astimezone(UTC),
        verdict=line.verdict,
        question=line.question,
        standalone_question=line.standalone_question,
        history=tuple(Turn(turn.question, turn.answer) for turn in line.history),
        answer=line.answer,
        citations=tuple(Cited(c.article_id, c.external_id, c.quote, c.start, c.end) for c in line.citations),
        source=Corrected(source.id, source.external_id, source.quote, source.named) if source else None,
        expected=line.expected,
        comment=line.comment,
        asked_at=line.asked_at,
        language=line.language,
        settings_hash=line.settings_hash,
        revision=line.revision,
    )


def read_verdicts(path: Path) -> tuple[Verdict, ...]:
    """The verdicts of a file in the order of their first lines; a later line of one id replaces the earlier.

    Raises:
        InputError: the file cannot be read, or a line is damaged (named with its number).
    """
    found: dict[str, Verdict] = {}
    for where, row in json_lines(path):
        verdict = verdict_from_row(row, where)
        found[verdict.id] = verdict
    return tuple(found.values())


def append_verdict(path: Path, verdict: Verdict) -> None:
    """Appends one verdict in a single write, so that several processes may append to one file.

    Raises:
        InputError: the file cannot be written.
    """
    line = (json.dumps(verdict.as_json(), ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                line = b"\n" + line  # what a killed writer left must not swallow this line
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error})", "choose another place"
        ) from error


@dataclass(frozen=True, slots=True)
class NotEnough:
    """Why a verdict makes no case."""

    id: str
    missing: str


def case_of(verdict: Verdict) -> Case | NotEnough:
    """The case a verdict makes, or what it lacks."""
    expected = (verdict.expected.strip(),) if verdict.expected.strip() else ()
    articles: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    answerable = True
    if verdict.verdict == "up" and not verdict.citations:
        if expected:
            return NotEnough(verdict.id, "a thumb up on an answer that abstained, and yet an expected answer")
        answerable = False
    elif verdict.verdict == "up":
        articles = tuple(dict.fromkeys(c.external_id.strip() or c.article_id for c in verdict.citations))
        quotes = tuple(dict.fromkeys(c.quote for c in verdict.citations if c.quote.strip()))
    else:
        source = verdict.source
        name = (source.external_id.strip() or source.id.strip() or source.named.strip()) if source else ""
        if source and name:
            articles = (name,)
            quotes = (source.quote,) if source.quote.strip() else ()
        elif verdict.verdict == "wrong-source":
            return NotEnough(verdict.id, "it says that the source is wrong, and not which is right (source)")
        elif not expected:
            return NotEnough(
                verdict.id, "a thumb down needs the right answer (expected) or the right source (source)"
            )
    return Case(
        id=f"verdict-{verdict.id}",
        question=verdict.question,
        answers=expected,
        article_ids=articles,
        quotes=quotes,
        answerable=answerable,
        history=verdict.history,
        asked_at=verdict.asked_at,
        kind="verdict",
        language=verdict.language,
        made_by=made_by(verdict),
    )


def made_by(verdict: Verdict) -> str:
    """How a case says which verdict it came from."""
    return f"verdict {verdict.id} ({verdict.verdict}) of {verdict.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(slots=True)
class Added:
    """What became of the verdicts: cases added, ids that were added before (or ask the same with the
    same references), ids refused with the case they contradict, and those that lack something."""

    cases: list[Case] = field(default_factory=list[Case])
    known: list[str] = field(default_factory=list[str])
    refused: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    missing: list[NotEnough] = field(default_factory=list[NotEnough])


def add_verdicts(
    verdicts: Sequence[Verdict],
    questions: Path,
    *,
    ids: Collection[str] = (),
    shelf: ArticleShelf | None = None,
    dry_run: bool = False,
) -> Added:
    """Appends the cases of verdicts to a file of questions; what stands in it stays byte for byte.

    Args:
        questions: made where there is none; a verdict that was added before is not added again.
        ids: only these verdicts; all when empty.
        shelf: the index, to check that the articles and quotes are in it.
        dry_run: writes nothing.

    Raises:
        InputError: an id that is no verdict's, or a damaged file of questions, named with its line.
    """
    if unknown := sorted(set(ids) - {verdict.id for verdict in verdicts}):
        raise InputError(f"there is no verdict {unknown[0]!r}", "leave --id out to add them all")
    existing = _existing(questions)
    report = Added()
    made: list[Case] = []
    for verdict in verdicts:
        if ids and verdict.id not in ids:
            continue
        case = case_of(verdict)
        source = verdict.source
        if isinstance(case, NotEnough):
            report.missing.append(case)
        elif shelf is None and source and case.article_ids == (source.named.strip(),):
            unread = f"the right source is named {source.named.strip()!r}, to be found in the index (--index)"
            report.missing.append(NotEnough(verdict.id, unread))
        elif _came_from(verdict.id, existing):
            report.known.append(verdict.id)
        else:
            made.append(case)
    named = _Names(shelf, made) if shelf is not None else None
    for case in made:
        number = case.id.removeprefix("verdict-")
        checked = named.checked(case) if named else case
        if isinstance(checked, str):
            report.missing.append(NotEnough(number, checked))
            continue
        twin = next((other for other in (*existing, *report.cases) if _asked(other) == _asked(checked)), None)
        if twin is None:
            report.cases.append(checked)
        elif _references(twin) == _references(checked):
            report.known.append(number)
        else:
            report.refused.append((number, twin.id))
    if report.cases and not dry_run:
        _append(questions, report.cases)
    return report


def _existing(questions: Path) -> tuple[Case, ...]:
    try:
        if not questions.exists() or not questions.read_bytes().strip(b"\xef\xbb\xbf \t\r\n"):
            return ()
    except OSError as error:
        raise InputError(
            f"{questions}: cannot be read ({error.strerror or error})", "check the path"
        ) from error
    return read_cases(questions)


def _append(questions: Path, cases: Iterable[Case]) -> None:
    place = questions.resolve()  # a link stays a link
    before = place.read_bytes().decode("utf-8", "surrogateescape") if place.exists() else ""
    lines = as_lines(cases)
    joint = "" if not before or before.endswith("\n") else "\n"
    write_whole(place, before + joint + lines)


def _came_from(number: str, cases: Iterable[Case]) -> bool:
    mark = f"verdict {number} ("
    return any(case.id == f"verdict-{number}" or case.made_by.startswith(mark) for case in cases)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _address(text: str) -> str:
    """An article's address without what does not name it; of its page on a chat server the path alone."""
    found = re.fullmatch(r"\s*(?:https?://([^/\s]+))?(/\S*?)/?(?:[?#]\S*)?\s*", text)
    if not found:
        return ""
    own = re.fullmatch(r"/articles/[\w.~-]+", found[2])
    return found[2] if own else f"//{(found[1] or '').lower()}{found[2]}"


def _asked(case: Case) -> tuple[object, ...]:
    return (_plain(case.question), tuple(_plain(turn.question) for turn in case.history), case.asked_at)


def _references(case: Case) -> tuple[object, ...]:
    return (case.answerable, frozenset(map(_plain, case.answers)), frozenset(case.article_ids))


class _Names:
    """The articles the cases name, found in the index by one reading: by id, else by address or title."""

    def __init__(self, shelf: ArticleShelf, cases: Iterable[Case]) -> None:
        wanted = {name for case in cases for name in case.article_ids}
        called = {key: name for name in wanted for key in (_address(name), _plain(name)) if key}
        self._found: dict[str, list[Article]] = {}
        self._called: dict[str, list[Article]] = {}
        for article in shelf.articles() if wanted else ():
            for name in {article.id, article.external_id} & wanted:
                self._found.setdefault(name, []).append(article)
            keys = {_address(article.url), _address(f"/articles/{article.id}"), _plain(article.title)}
            for name in {called[key] for key in keys & called.keys()}:
                self._called.setdefault(name, []).append(article)

    def checked(self, case: Case) -> Case | str:
        """The case itself, or why its references cannot be right."""
        found = {name: self._found.get(name) or self._called.get(name, []) for name in case.article_ids}
        for name, held in found.items():
            if not held:
                return f"article {name!r} is not in the index"
            if len(held) > 1:
                return f"article {name!r} stands in the index more than once; name it by its id"
        texts = [held[0].text for held in found.values()]
        for quote in case.quotes:
            if not any(quote in text for text in texts):
                return f"no article it names holds the words {quote[:60]!r}"
        ids = (
            name if name in self._found else held[0].external_id or held[0].id for name, held in found.items()
        )
        return replace(case, article_ids=tuple(ids))
