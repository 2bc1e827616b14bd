"""Suites from public formats: the seeds, a BEIR folder, a SQuAD file, a person's own questions.

Each adapter gives a `Suite` or raises `InputError` with the file and line that is wrong.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from evals.cases import (
    Case,
    Suite,
    files_sha256,
    json_lines,
    parse_day,
    read_cases,
    text_field,
    text_list,
)
from index.errors import InputError
from index.schema import Article, Skipped, article_id

log = logging.getLogger(__name__)

QUESTIONS = "questions.jsonl"
"""A folder of articles with this file beside them is a suite, as `seeds/` is."""


def open_suite(spec: str | Path) -> Suite:
    """The suite a person named on the command line.

    Args:
        spec: `seeds`; a folder with `questions.jsonl` beside its articles; a BEIR folder
            (`corpus.jsonl`, `queries.jsonl`, `qrels/`); a SQuAD `.json` file; or a `.jsonl` file of
            one's own questions for an index that exists.

    Raises:
        InputError: no such suite, or damaged files, named with their line.
    """
    path = _seeds_folder() if str(spec) == "seeds" and not Path("seeds").is_file() else Path(spec)
    if path.is_dir():
        if (path / QUESTIONS).is_file():
            return folder_suite(path)
        if (path / "corpus.jsonl").is_file() or (path / "queries.jsonl").is_file():
            return beir_suite(path)
        raise InputError(
            f"{path}: no suite in this folder (neither {QUESTIONS} nor corpus.jsonl and queries.jsonl)",
            "see docs/evals.md for the formats",
        )
    if path.is_file() and path.suffix == ".json":
        return squad_suite(path)
    if path.is_file() and path.suffix == ".jsonl":
        return own_suite(path)
    if path.exists():
        raise InputError(f"{path}: a suite is a folder, a SQuAD .json or a .jsonl file", "see docs/evals.md")
    raise InputError(
        f"unknown suite {str(spec)!r}: neither a known name (seeds) nor a path that exists",
        "footnote eval run seeds",
    )


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


def beir_suite(path: Path) -> Suite:
    """A BEIR folder (Thakur et al. 2021, "BEIR: A Heterogenous Benchmark"): every query the qrels judge is a case.

    The qrels are `qrels/test.tsv`, or the only file in `qrels/`. Reference answers come from a
    query's `metadata.answer` (text or list), the day it was asked from `metadata.date`; a query
    without them is scored on retrieval alone. An article keeps the corpus `_id` as `external_id`.

    Raises:
        InputError: a missing or damaged file; qrels naming a query or document that is not there.
    """
    corpus, queries = path / "corpus.jsonl", path / "queries.jsonl"
    for file in (corpus, queries):
        if not file.is_file():
            raise InputError(f"{file}: missing from this BEIR folder", "see docs/evals.md for the format")
    qrels_file = _qrels_file(path)
    documents = _ids(corpus)
    rows = {text_field(row, "_id", where, needed=True): (where, row) for where, row in json_lines(queries)}
    qrels = _qrels(qrels_file, documents, set(rows))
    cases = tuple(_beir_case(rows[name][1], rows[name][0], qrels[name]) for name in rows if name in qrels)
    label = path.resolve().name
    return Suite(
        name=label,
        path=path,
        cases=cases,
        articles=lambda: _beir_articles(corpus, label),
        data_sha256=files_sha256(path, [corpus, queries, qrels_file]),
        label=label,
        grades={case.id: qrels[case.id] for case in cases if max(qrels[case.id].values()) > 1},
    )


def squad_suite(path: Path) -> Suite:
    """A SQuAD 1.1 or 2.0 file (Rajpurkar et al. 2016, 2018): each paragraph is an article.

    A paragraph's `external_id` is its title as written and its number under that title from 0, as
    in `Super_Bowl_50#3`. The quote of a question is the sentence its first answer stands in;
    questions marked impossible are unanswerable and have no references.

    Raises:
        InputError: no SQuAD file; the message names the place, as in `data[3].paragraphs[0].qas[1]`.
    """
    paragraphs = _squad_paragraphs(path)
    label = path.stem
    cases: list[Case] = []
    seen: set[str] = set()
    for external_id, _title, context, questions, where in paragraphs:
        for number, row in enumerate(questions):
            spot = f"{where}.qas[{number}]"
            case = _squad_case(_mapping(row, spot), spot, external_id, context)
            if case.id in seen:
                raise InputError(f"{spot}: id {case.id!r} was used before", "give each question its own id")
            seen.add(case.id)
            cases.append(case)
    if not cases:
        raise InputError(f"{path}: holds no questions", "see docs/evals.md for the format")

    def articles() -> Iterator[Article]:
        for external_id, title, context, _questions, _where in paragraphs:
            yield _article(label, external_id, title.replace("_", " "), context)

    return Suite(label, path, tuple(cases), articles, files_sha256(path.parent, [path]), label)


def _seeds_folder() -> Path:
    """`seeds/` here, or beside the packages in a checkout."""
    for root in (Path(), Path(__file__).resolve().parent.parent):
        if (root / "seeds" / QUESTIONS).is_file():
            return root / "seeds"
    raise InputError(
        f"the seeds are not here: no seeds/{QUESTIONS} in this folder", "run it in a checkout of the project"
    )


def _article(label: str, external_id: str, title: str, text: str) -> Article:
    """An article as the readers would have made it: cleaned, so that a suite walks the same road as a folder."""
    from index.clean import clean_line, clean_text

    return Article(
        article_id(label, external_id), external_id, clean_line(title), "", clean_text(text), source=label
    )


def _beir_articles(corpus: Path, label: str) -> Iterator[Article]:
    for where, row in json_lines(corpus):
        metadata = _mapping(row.get("metadata") or {}, f"{where}: metadata")
        plain = _article(
            label,
            text_field(row, "_id", where, needed=True),
            text_field(row, "title", where),
            text_field(row, "text", where),
        )
        yield replace(
            plain,
            url=text_field(metadata, "url", where),
            authors=text_list(metadata, "authors", where),
            published=parse_day(metadata.get("publish_date"), f"{where}: publish_date"),
        )


def _beir_case(row: Mapping[str, object], where: str, grades: Mapping[str, int]) -> Case:
    metadata = dict(_mapping(row.get("metadata") or {}, f"{where}: metadata"))
    if isinstance(metadata.get("answer"), str):
        metadata["answer"] = [metadata["answer"]]
    return Case(
        id=text_field(row, "_id", where, needed=True),
        question=text_field(row, "text", where, needed=True).strip(),
        answers=text_list(metadata, "answer", where),
        article_ids=tuple(name for name, grade in grades.items() if grade > 0),
        asked_at=parse_day(metadata.get("date"), f"{where}: date"),
    )


def _ids(file: Path) -> set[str]:
    names: set[str] = set()
    for where, row in json_lines(file):
        name = text_field(row, "_id", where, needed=True)
        if name in names:
            raise InputError(f"{where}: _id {name!r} was used before", "give each document its own _id")
        names.add(name)
    return names


def _qrels_file(path: Path) -> Path:
    found = sorted((path / "qrels").glob("*.tsv"))
    for file in found:
        if file.name == "test.tsv" or len(found) == 1:
            return file
    cause = f"none of {', '.join(file.name for file in found)} is test.tsv" if found else "no .tsv file in it"
    raise InputError(f"{path / 'qrels'}: {cause}", "put the judgements to use in qrels/test.tsv")


def _qrels(file: Path, documents: set[str], queries: set[str]) -> dict[str, dict[str, int]]:
    """Query -> document -> grade; queries without a single relevant document are left out."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error})", "check the file") from error
    qrels: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines, start=1):
        parts = line.split("\t")
        if not line.strip() or (number == 1 and parts[0].strip() == "query-id"):
            continue
        where = f"{file}:{number}"
        if len(parts) != 3:
            raise InputError(
                f"{where}: expected query-id, corpus-id and score with tabs between", "mend the line"
            )
        query, document, grade = (part.strip() for part in parts)
        if query not in queries:
            raise InputError(f"{where}: query {query!r} is not in queries.jsonl", "mend the line")
        if document not in documents:
            raise InputError(f"{where}: document {document!r} is not in corpus.jsonl", "mend the line")
        try:
            qrels.setdefault(query, {})[document] = int(grade)
        except ValueError as error:
            raise InputError(f"{where}: score {grade!r} is not a whole number", "mend the line") from error
    judged = {query: grades for query, grades in qrels.items() if max(grades.values()) > 0}
    if not judged:
        raise InputError(f"{file}: judges no document relevant to any query", "check the file")
    return judged


def _squad_paragraphs(path: Path) -> list[tuple[str, str, str, list[object], str]]:
    """(external id, title, context, questions, place) of each paragraph."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})", "check the file") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not valid JSON ({error.msg})", "check the file") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON ({error})", "check the file") from error
    found: list[tuple[str, str, str, list[object], str]] = []
    numbers: dict[str, int] = {}
    for a, entry in enumerate(_listing(_mapping(whole, str(path)), "data", str(path))):
        place = f"{path}: data[{a}]"
        topic = _mapping(entry, place)
        title = text_field(topic, "title", place) or path.stem
        for p, part in enumerate(_listing(topic, "paragraphs", place)):
            where = f"{place}.paragraphs[{p}]"
            paragraph = _mapping(part, where)
            number = numbers.get(title, 0)
            numbers[title] = number + 1
            context = text_field(paragraph, "context", where, needed=True)
            found.append((f"{title}#{number}", title, context, _listing(paragraph, "qas", where), where))
    return found


def _squad_case(row: Mapping[str, object], where: str, external_id: str, context: str) -> Case:
    name = text_field(row, "id", where, needed=True)
    question = text_field(row, "question", where, needed=True).strip()
    if row.get("is_impossible") is True:
        return Case(name, question, answerable=False, kind="impossible")
    spans: list[tuple[str, int]] = []
    for number, entry in enumerate(_listing(row, "answers", where)):
        spot = f"{where}.answers[{number}]"
        answer = _mapping(entry, spot)
        text, start = text_field(answer, "text", spot, needed=True), answer.get("answer_start", -1)
        if not isinstance(start, int):
            raise InputError(f"{spot}: answer_start must be a whole number", "mend the file")
        spans.append((text, start))
    if not spans:
        raise InputError(f"{where}: no answers, and not marked is_impossible", "mend the file")
    quote = _sentence_around(context, *spans[0])
    return Case(name, question, tuple(dict.fromkeys(text for text, _ in spans)), (external_id,), (quote,))


def _sentence_around(context: str, answer: str, start: int) -> str:
    """The sentences of `context` that the answer at `start` reaches into; the answer itself if it is not there."""
    if context[max(start, 0) : max(start, 0) + len(answer)] != answer:
        start = context.find(answer)
    if start < 0:
        return answer
    end = start + len(answer)
    touched = [span for span in _sentences(context) if span[0] < end and start < span[1]]
    return context[touched[0][0] : touched[-1][1]] if touched else answer


@lru_cache(maxsize=8)  # a paragraph's questions follow each other
def _sentences(context: str) -> tuple[tuple[int, int], ...]:
    from index.split import sentence_spans

    return tuple(sentence_spans(context))


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected a JSON object", "see docs/evals.md for the format")
    return value


def _listing(row: Mapping[str, object], name: str, where: str) -> list[object]:
    value = row.get(name)
    if not isinstance(value, list):
        raise InputError(f"{where}: {name} is missing or not a list", "see docs/evals.md for the format")
    return value
