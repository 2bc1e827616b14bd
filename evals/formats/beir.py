"""BEIR folders: corpus.jsonl, queries.jsonl, qrels/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from evals.cases import Case, Suite, files_sha256, json_lines, parse_day, text_field, text_list
from evals.formats.common import mapping, suite_article
from index.errors import InputError
from index.schema import Article


def beir_suite(path: Path) -> Suite:
    """A BEIR folder (Thakur et al. 2021, "BEIR: A Heterogenous Benchmark"): every query the qrels judge is a case.

    The qrels are `qrels/test.tsv`, or the only file in `qrels/`. Without that folder every query with
    reference answers is a case, scored on its answer alone. Reference answers come from a
    query's `metadata.answer` (text or list), the day it was asked from `metadata.date`; a query
    without them is scored on retrieval alone. An article keeps the corpus `_id` as `external_id`.

    Raises:
        InputError: a missing or damaged file; qrels naming a query or document that is not there.
    """
    corpus, queries = path / "corpus.jsonl", path / "queries.jsonl"
    for file in (corpus, queries):
        if not file.is_file():
            raise InputError(f"{file}: missing from this BEIR folder", "see docs/evals.md for the format")
    judged = (path / "qrels").is_dir()
    documents = _ids(corpus)
    rows = {text_field(row, "_id", where, needed=True): (where, row) for where, row in json_lines(queries)}
    files = [corpus, queries]
    if judged:
        files.append(_qrels_file(path))
        qrels = _qrels(files[-1], documents, set(rows))
    else:
        qrels = {name: {} for name, (_, row) in rows.items() if _answers(row)}
        if not qrels:
            raise InputError(
                f"{path}: neither qrels nor a query with metadata.answer: nothing to score",
                "put the judgements in qrels/test.tsv, or reference answers in the queries",
            )
    cases = tuple(_beir_case(rows[name][1], rows[name][0], qrels[name]) for name in rows if name in qrels)
    label = path.resolve().name
    return Suite(
        name=label,
        path=path,
        cases=cases,
        articles=lambda: _beir_articles(corpus, label),
        data_sha256=files_sha256(path, files),
        label=label,
        articles_sha256=files_sha256(path, [corpus]),
        grades={case.id: qrels[case.id] for case in cases if max(qrels[case.id].values(), default=0) > 1},
    )


def _beir_articles(corpus: Path, label: str) -> Iterator[Article]:
    for where, row in json_lines(corpus):
        metadata = mapping(row.get("metadata") or {}, f"{where}: metadata")
        plain = suite_article(
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
    metadata = dict(mapping(row.get("metadata") or {}, f"{where}: metadata"))
    if isinstance(metadata.get("answer"), str):
        metadata["answer"] = [metadata["answer"]]
    return Case(
        id=text_field(row, "_id", where, needed=True),
        question=text_field(row, "text", where, needed=True).strip(),
        answers=text_list(metadata, "answer", where),
        article_ids=tuple(name for name, grade in grades.items() if grade > 0),
        asked_at=parse_day(metadata.get("date"), f"{where}: date"),
    )


def _answers(row: Mapping[str, object]) -> bool:
    metadata = row.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("answer"))


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
