"""SQuAD 1.1 and 2.0 files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from evals.cases import Case, Suite, files_sha256, text_field
from evals.formats.common import listing, mapping, read_json, suite_article
from index.errors import InputError
from index.schema import Article


def squad_suite(path: Path, unasked: Collection[str] = ()) -> Suite:
    """A SQuAD 1.1 or 2.0 file (Rajpurkar et al. 2016, 2018): each paragraph is an article.

    No question of the pages with these titles (`unasked`, as the file spells them) is asked; their
    paragraphs stay among the articles.

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
    for external_id, title, context, questions, where in paragraphs:
        for number, row in enumerate(questions if title not in unasked else ()):
            spot = f"{where}.qas[{number}]"
            case = _squad_case(mapping(row, spot), spot, external_id, context)
            if case.id in seen:
                raise InputError(f"{spot}: id {case.id!r} was used before", "give each question its own id")
            seen.add(case.id)
            cases.append(case)
    if not cases:
        raise InputError(f"{path}: holds no questions", "see docs/evals.md for the format")

    def articles() -> Iterator[Article]:
        for external_id, title, context, _questions, _where in paragraphs:
            yield suite_article(label, external_id, title.replace("_", " "), context)

    return Suite(label, path, tuple(cases), articles, files_sha256(path.parent, [path]), label)


def _squad_paragraphs(path: Path) -> list[tuple[str, str, str, list[object], str]]:
    """(external id, title, context, questions, place) of each paragraph."""
    whole = read_json(path)
    found: list[tuple[str, str, str, list[object], str]] = []
    numbers: dict[str, int] = {}
    for a, entry in enumerate(listing(mapping(whole, str(path)), "data", str(path))):
        place = f"{path}: data[{a}]"
        topic = mapping(entry, place)
        title = text_field(topic, "title", place) or path.stem
        for p, part in enumerate(listing(topic, "paragraphs", place)):
            where = f"{place}.paragraphs[{p}]"
            paragraph = mapping(part, where)
            number = numbers.get(title, 0)
            numbers[title] = number + 1
            context = text_field(paragraph, "context", where, needed=True)
            found.append((f"{title}#{number}", title, context, listing(paragraph, "qas", where), where))
    return found


def _squad_case(row: Mapping[str, object], where: str, external_id: str, context: str) -> Case:
    name = text_field(row, "id", where, needed=True)
    question = text_field(row, "question", where, needed=True).strip()
    if row.get("is_impossible") is True:
        return Case(name, question, answerable=False, kind="impossible")
    spans: list[tuple[str, int]] = []
    for number, entry in enumerate(listing(row, "answers", where)):
        spot = f"{where}.answers[{number}]"
        answer = mapping(entry, spot)
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
