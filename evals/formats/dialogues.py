"""Conversations: CANARD (Elgohary et al. 2019) and TREC CAsT (Dalton et al. 2020); and any suite's own follow-ups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evals.cases import Suite, files_sha256, text_field, text_list
from evals.formats.common import listing, mapping, read_json, suite_article
from evals.tasks.dialogues import FollowUp, FollowUpTask
from index.errors import InputError
from index.schema import Article
from rag.schema import Turn

HEADING = 2
"""A CANARD history begins with the title of a page and of its section."""


def canard_task(path: Path) -> FollowUpTask:
    """A CANARD file. The articles are the answers of all turns, each once; a turn's gold is its own answer.

    An answer is known from the history of the turn after it, so the last turn of a dialogue asks for
    nothing to retrieve. The title of the page stands before the first question of every history.

    Raises:
        InputError: the file is no CANARD; the message names the place.
    """
    rows = read_json(path)
    if not isinstance(rows, list):
        raise InputError(f"{path}: expected a list of turns", "see docs/evals.md for the format")
    dialogues: dict[str, list[tuple[int, str, str, tuple[str, ...]]]] = {}
    for number, entry in enumerate(rows):
        where = f"{path}: [{number}]"
        row = mapping(entry, where)
        place = row.get("Question_no")
        if not isinstance(place, int):
            raise InputError(f"{where}: Question_no must be a whole number", "mend the file")
        turn = (
            place,
            text_field(row, "Question", where, needed=True),
            text_field(row, "Rewrite", where),
            text_list(row, "History", where),
        )
        dialogues.setdefault(text_field(row, "QuAC_dialog_id", where, needed=True), []).append(turn)
    answers: dict[str, str] = {}
    turns: list[FollowUp] = []
    for name, own in dialogues.items():
        own.sort()
        longest = own[-1][3]
        said = [longest[i + 1] for i in range(HEADING, len(longest) - 1, 2)]
        for place, question, rewrite, history in own:
            gold = ()
            if place <= len(said):
                gold = (answers.setdefault(said[place - 1], f"{name}#{place}"),)
            pairs = history[HEADING:]
            earlier = [Turn(pairs[i], pairs[i + 1]) for i in range(0, len(pairs) - 1, 2)]
            title = " ".join(history[:HEADING])
            opened = (Turn(title, ""), *earlier) if title else tuple(earlier)
            turns.append(FollowUp(f"{name}#{place}", question, opened, rewrite, gold, kind="canard"))
    return _task("canard", path, [path], turns, {one: text for text, one in answers.items()})


def cast_task(folder: Path) -> FollowUpTask:
    """TREC CAsT 2019's evaluation turns with their resolved wording, and those of 2021 with their answers.

    2019 has no answers, so its turns are scored on the words restored alone; 2021's canonical
    passages are the articles.

    Raises:
        InputError: no such file in the folder, or a damaged one.
    """
    turns: list[FollowUp] = []
    answers: dict[str, str] = {}
    files: list[Path] = []
    topics, resolved = (
        folder / "evaluation_topics_v1.0.json",
        folder / "evaluation_topics_annotated_resolved_v1.0.tsv",
    )
    if topics.is_file() and resolved.is_file():
        files += [topics, resolved]
        turns += _cast_2019(topics, resolved)
    later = folder / "2021_manual_evaluation_topics_v1.0.json"
    if later.is_file():
        files.append(later)
        turns += _cast_2021(later, answers)
    if not turns:
        raise InputError(f"{folder}: no CAsT topics of 2019 or 2021 in it", "see docs/evals.md for the files")
    return _task("cast", folder, files, turns, {one: text for text, one in answers.items()})


def _cast_2019(topics: Path, resolved: Path) -> Iterator[FollowUp]:
    try:
        lines = resolved.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{resolved}: cannot be read ({error})", "check the file") from error
    rewrites = dict(line.split("\t", 1) for line in lines if "\t" in line)
    for name, turn, earlier in _topics(topics):
        where = f"{topics}: {name}"
        question = text_field(turn, "raw_utterance", where, needed=True)
        history = tuple(Turn(text_field(t, "raw_utterance", where), "") for t in earlier)
        yield FollowUp(f"2019-{name}", question, history, rewrites.get(name, ""), kind="cast-2019")


def _cast_2021(path: Path, answers: dict[str, str]) -> Iterator[FollowUp]:
    for name, turn, earlier in _topics(path):
        where = f"{path}: {name}"
        history = tuple(
            Turn(text_field(t, "raw_utterance", where), text_field(t, "passage", where)) for t in earlier
        )
        passage = text_field(turn, "passage", where)
        gold = (answers.setdefault(passage, f"2021-{name}"),) if passage.strip() else ()
        question = text_field(turn, "raw_utterance", where, needed=True)
        rewrite = text_field(turn, "manual_rewritten_utterance", where)
        yield FollowUp(f"2021-{name}", question, history, rewrite, gold, kind="cast-2021")


def _topics(path: Path) -> Iterator[tuple[str, dict[str, object], list[dict[str, object]]]]:
    rows = read_json(path)
    if not isinstance(rows, list):
        raise InputError(f"{path}: expected a list of topics", "see docs/evals.md for the format")
    for number, entry in enumerate(rows):
        topic = mapping(entry, f"{path}: [{number}]")
        earlier: list[dict[str, object]] = []
        for place, one in enumerate(listing(topic, "turn", f"{path}: [{number}]")):
            turn = dict(mapping(one, f"{path}: [{number}].turn[{place}]"))
            yield f"{topic.get('number')}_{turn.get('number')}", turn, earlier
            earlier = [*earlier, turn]


def own_followups(suite: Suite) -> FollowUpTask:
    """The follow-ups of a suite of questions, retrieved from its own articles; nobody rewrote them."""
    turns = tuple(
        FollowUp(case.id, case.question, case.history, "", case.article_ids, case.asked_at, suite.name)
        for case in suite.cases
        if case.history
    )
    return FollowUpTask(f"{suite.name}-followups", turns, suite.data_sha256, suite)


def _task(
    name: str, path: Path, files: list[Path], turns: list[FollowUp], answers: dict[str, str]
) -> FollowUpTask:
    if not turns:
        raise InputError(f"{path}: holds no turns", "see docs/evals.md for the format")
    root = path if path.is_dir() else path.parent
    sha256 = files_sha256(root, files)

    def articles() -> Iterator[Article]:
        for one, text in answers.items():
            yield suite_article(name, one, "", text)

    corpus = Suite(name, path, (), articles, sha256, name) if answers else None
    return FollowUpTask(name, tuple(turns), sha256, corpus)
