"""RGB's counterfactual set (Chen et al. 2024, "Benchmarking Large Language Models in RAG"): the same news
snippets once as they were and once with the answer falsified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evals.cases import Case, Suite, files_sha256, json_lines, text_field, text_list
from evals.formats.common import suite_article
from index.errors import InputError
from index.schema import Article


@dataclass(frozen=True, slots=True)
class FalsifiedSuite:
    """A suite and, by case id, what the falsified snippets say instead."""

    suite: Suite
    false_answers: dict[str, tuple[str, ...]]


CONDITIONS = {"true-only": ("positive",), "true-and-false": ("positive", "positive_wrong"), "false-only": ("positive_wrong",)}  # fmt: skip


def rgb_suites(path: Path) -> tuple[FalsifiedSuite, ...]:
    """The questions asked three times: of the true snippets, of true and falsified, of falsified ones only.

    All questions of one condition share an index, with the snippets that hold no answer beside.

    Raises:
        InputError: file and line of what is wrong.
    """
    rows = []
    for where, row in json_lines(path):
        name = row.get("id")
        if not isinstance(name, (int, str)):
            raise InputError(f"{where}: id is missing", "mend the row")
        snippets = {kind: text_list(row, kind, where) for kind in ("positive", "positive_wrong", "negative")}
        question = text_field(row, "query", where, needed=True)
        true, false = (_alternatives(row, key, where) for key in ("answer", "fakeanswer"))
        rows.append((str(name), question, true, false, snippets))
    if not rows:
        raise InputError(f"{path}: holds no questions", "see docs/evals.md for the format")
    sha256 = files_sha256(path.parent, [path])

    def suite(condition: str, kinds: tuple[str, ...]) -> FalsifiedSuite:
        label = f"rgb-{condition}"

        def articles() -> Iterator[Article]:
            for name, _question, _true, _false, snippets in rows:
                for kind in (*kinds, "negative"):
                    for number, text in enumerate(snippets[kind]):
                        yield suite_article(label, f"{name}-{kind}-{number}", "", text)

        cases = tuple(
            Case(name, question, true, _gold(name, snippets) if "positive" in kinds else (), kind=condition)
            for name, question, true, _false, snippets in rows
        )
        made = Suite(label, path, cases, articles, sha256, label)
        return FalsifiedSuite(made, {name: false for name, _q, _t, false, _s in rows})

    return tuple(suite(condition, kinds) for condition, kinds in CONDITIONS.items())


def _alternatives(row: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    """An answer, or several that are equally right, or lists of such."""
    value = row.get(key)
    found = [str(one) for one in _flat(value) if str(one).strip()]
    if not found:
        raise InputError(f"{where}: {key} is missing or empty", "mend the row")
    return tuple(dict.fromkeys(found))


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield value


def _gold(name: str, snippets: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(f"{name}-positive-{number}" for number in range(len(snippets["positive"])))
