"""ClapNQ (Rosenthal et al. 2024): questions with one passage each, which answers them or does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evals.cases import Case, Suite, files_sha256, json_lines, text_field, text_list
from evals.formats.common import listing, mapping, suite_article
from index.errors import InputError
from index.schema import Article


def clapnq_suite(path: Path) -> Suite:
    """A ClapNQ file, or a folder of them: every passage is an article, its question a case.

    An answerable question's gold quotes are the sentences its annotators chose. Its answers are long
    ones in their own words, which no string comparison can judge, so the case has none.

    Raises:
        InputError: no ClapNQ rows; file and line of what is wrong.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    cases: list[Case] = []
    passages: list[tuple[str, str, str]] = []
    for file in files:
        for where, row in json_lines(file):
            name = text_field(row, "id", where, needed=True)
            gold: list[str] = []
            for number, entry in enumerate(listing(row, "passages", where)):
                passage = mapping(entry, f"{where}: passages[{number}]")
                gold.append(f"{name}#{number}")
                text = text_field(passage, "text", where, needed=True)
                passages.append((gold[-1], text_field(passage, "title", where), text))
            quotes: list[str] = []
            for number, entry in enumerate(listing(row, "output", where)):
                output = mapping(entry, f"{where}: output[{number}]")
                if text_field(output, "answer", where).strip():
                    quotes += text_list(output, "selected_sentences", where)
            answerable = bool(quotes)
            cases.append(
                Case(
                    id=name,
                    question=text_field(row, "input", where, needed=True),
                    article_ids=tuple(gold) if answerable else (),
                    quotes=tuple(dict.fromkeys(quotes)),
                    answerable=answerable,
                    kind="answerable" if answerable else "unanswerable",
                )
            )
    if not cases:
        raise InputError(f"{path}: holds no questions", "see docs/evals.md for the format")
    label = path.stem

    def articles() -> Iterator[Article]:
        for name, title, text in passages:
            yield suite_article(label, name, title, text)

    root = path if path.is_dir() else path.parent
    return Suite(label, path, tuple(cases), articles, files_sha256(root, files), label)
