"""Which suites there are, what each needs, and how a name or a path becomes tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from evals.cases import Suite, json_lines
from evals.formats import claims, dialogues, newswire, pages
from evals.formats.beir import beir_suite
from evals.formats.clapnq import clapnq_suite
from evals.formats.common import read_json
from evals.formats.folder import QUESTIONS, folder_suite, own_suite
from evals.formats.rgb import rgb_suites
from evals.formats.squad import squad_suite
from evals.formats.withheld import without_answers
from evals.tasks.ask import AskTask
from evals.tasks.base import Task
from evals.tasks.falsified import FalsifiedTask
from index.errors import InputError
from rag.training.sets import SQUAD2_TRAINED


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run asks: tasks in order, and for each at most how many items unless a smaller limit is given."""

    name: str
    tasks: tuple[Task, ...]
    limits: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A suite of the catalogue.

    `needs` are files or folders within the data folder, of which `optional` ones may be missing;
    `open` makes the plan from the data folder (None where there is none).
    """

    name: str
    about: str
    open: Callable[[Path | None], Plan]
    needs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


XQUAD = "xquad_en/xquad.en.json"
SQUAD2 = "squad2/dev-v2.0.json"


def _seeds(_data: Path | None) -> Plan:
    return Plan("seeds", (AskTask(folder_suite(seeds_folder())),))


def _smoke(data: Path | None) -> Plan:
    tasks: list[Task] = [AskTask(folder_suite(seeds_folder()))]
    if data is not None and (data / XQUAD).is_file():
        tasks.append(AskTask(_xquad(data)))
    return Plan("smoke", tuple(tasks), (60,) * len(tasks))


def _xquad(data: Path) -> Suite:
    """XQuAD's English questions, without those whose paragraph also stands in the SQuAD 2.0 file beside
    it, which the evidence model may have been trained on."""
    suite = replace(squad_suite(data / XQUAD), name="xquad_en")
    trained = tuple(f"{page}#" for page in SQUAD2_TRAINED)
    suite = replace(
        suite, cases=tuple(c for c in suite.cases if not any(a.startswith(trained) for a in c.article_ids))
    )
    if not (data / SQUAD2).is_file():
        return suite
    seen = {case.question.strip().lower() for case in squad_suite(data / SQUAD2).cases}
    return replace(suite, cases=tuple(c for c in suite.cases if c.question.strip().lower() not in seen))


def _scifact(data: Path | None) -> Plan:
    return Plan("scifact", (AskTask(replace(beir_suite(_in(data) / "beir_scifact"), name="scifact"), True),))


def _news(data: Path | None) -> Plan:
    return Plan("news", (AskTask(_realtimeqa(data)),))


def _news_abstain(data: Path | None) -> Plan:
    return Plan("news-abstain", (AskTask(without_answers(_realtimeqa(data))),))


def _realtimeqa(data: Path | None) -> Suite:
    return replace(beir_suite(_in(data) / "realtimeqa_2022"), name="news")


def _abstain(data: Path | None) -> Plan:
    clapnq = replace(clapnq_suite(_in(data) / "clapnq"), name="clapnq")
    # Half its pages taught the evidence model: only the others may measure it.
    squad = replace(squad_suite(_in(data) / SQUAD2, SQUAD2_TRAINED), name="squad2")
    return Plan("abstain", (AskTask(clapnq), AskTask(squad)), (300, 600))


def _support(data: Path | None) -> Plan:
    wice = claims.wice_task(_in(data) / "wice" / "claim_dev.jsonl")
    return Plan("support", (wice, claims.qags_task(_in(data) / "qags" / "mturk_cnndm.jsonl")))


def _followups(data: Path | None) -> Plan:
    tasks: list[Task] = [dialogues.own_followups(folder_suite(seeds_folder()))]
    limits: list[int | None] = [None]
    if data is not None and (data / "canard").is_dir():
        tasks.append(dialogues.canard_task(data / "canard" / "dev.json"))
        limits.append(500)
    if data is not None and (data / "trec_cast").is_dir():
        tasks.append(dialogues.cast_task(data / "trec_cast"))
        limits.append(None)
    return Plan("followups", tuple(tasks), tuple(limits))


def _counterfactual(data: Path | None) -> Plan:
    return Plan(
        "counterfactual", tuple(FalsifiedTask(s) for s in rgb_suites(_in(data) / "rgb" / "en_fact.json"))
    )


def _extraction(data: Path | None) -> Plan:
    return Plan("extraction", (pages.pages_task(_in(data) / "html_pages"),))


def _ingest(data: Path | None) -> Plan:
    tasks: list[Task] = [newswire.reuters_task(_in(data) / "reuters21578")]
    if (_in(data) / "bbc_news" / "bbc").is_dir():
        tasks.append(newswire.text_folders_task(_in(data) / "bbc_news" / "bbc"))
    return Plan("ingest", tuple(tasks))


CATALOGUE: tuple[Entry, ...] = (
    Entry("seeds", "the starter articles and their questions: everything; gates CI", _seeds),
    Entry(
        "smoke",
        "60 of the seeds' questions and 60 of XQuAD English: everything, small",
        _smoke,
        optional=(XQUAD,),
    ),
    Entry("scifact", "BEIR SciFact: retrieval beside published figures", _scifact, ("beir_scifact",)),
    Entry("news", "RealTimeQA 2022: news quiz questions over full articles", _news, ("realtimeqa_2022",)),
    Entry(
        "news-abstain",
        "the same with the articles that hold the answer withheld, or asked before they came out",
        _news_abstain,
        ("realtimeqa_2022",),
    ),
    Entry(
        "abstain", "ClapNQ and 600 questions of SQuAD 2.0: answer or abstain", _abstain, ("clapnq", SQUAD2)
    ),
    Entry("support", "WiCE and QAGS: does the evidence support the claim?", _support, ("wice", "qags")),
    Entry(
        "followups",
        "follow-ups of the seeds, CANARD and CAsT: words restored, retrieval",
        _followups,
        optional=("canard", "trec_cast"),
    ),
    Entry(
        "counterfactual",
        "RGB: true and falsified snippets side by side",
        _counterfactual,
        ("rgb/en_fact.json",),
    ),
    Entry("extraction", "web pages with the article text a person took out", _extraction, ("html_pages",)),
    Entry(
        "ingest",
        "Reuters and BBC news: reading and splitting at speed",
        _ingest,
        ("reuters21578",),
        ("bbc_news",),
    ),
)
"""Every suite known by name, in the order `footnote eval list` shows them."""


def missing(entry: Entry, data: Path | None) -> tuple[str, ...]:
    """What a suite needs and the data folder does not hold."""
    return tuple(need for need in entry.needs if data is None or not (data / need).exists())


def open_plan(spec: str | Path, data_dir: Path | None = None) -> Plan:
    """The plan of the suite a person named on the command line.

    Args:
        spec: a name of the catalogue, or a path: a folder with `questions.jsonl` beside its articles; a
            BEIR folder; a SQuAD, CANARD or CAsT file; ClapNQ, WiCE, QAGS or RGB rows; a folder of pages
            with gold bodies, of Reuters files, of folders of text; or a `.jsonl` file of one's own
            questions for an index that exists. What a path holds is told by its content.
        data_dir: the folder of public sets that names are looked up in.

    Raises:
        InputError: no such suite, missing data, or damaged files, named with their line.
    """
    entry = next((one for one in CATALOGUE if one.name == str(spec)), None)
    if entry is not None:
        if data_dir is not None and not data_dir.is_dir():
            raise InputError(f"{data_dir}: there is no such data folder", "name it with --data DIR")
        if lacking := missing(entry, data_dir):
            place = f"not in {data_dir}" if data_dir else "and no data folder is named"
            raise InputError(
                f"suite {entry.name!r} needs {', '.join(lacking)}, {place}",
                "name the folder with --data DIR or FOOTNOTE_EVAL_DATA; docs/evals.md says where each set comes from",
            )
        return entry.open(data_dir)
    path = Path(spec)
    if path.is_dir():
        return Plan(path.resolve().name, _folder(path))
    if path.is_file() and path.suffix == ".json":
        return Plan(path.stem, _json(path))
    if path.is_file() and path.suffix == ".jsonl":
        return Plan(path.stem, _jsonl(path))
    if path.exists():
        raise InputError(
            f"{path}: a suite is a folder, a .json or a .jsonl file", "see docs/evals.md for the formats"
        )
    names = ", ".join(one.name for one in CATALOGUE)
    raise InputError(
        f"unknown suite {str(spec)!r}: neither a known name ({names}) nor a path that exists",
        "footnote eval list",
    )


def _folder(path: Path) -> tuple[Task, ...]:
    if (path / QUESTIONS).is_file():
        return (AskTask(folder_suite(path)),)
    if (path / "corpus.jsonl").is_file() or (path / "queries.jsonl").is_file():
        return (AskTask(beir_suite(path)),)
    if (path / "ground-truth.json").is_file():
        return (pages.pages_task(path),)
    if any(path.glob("*.sgm")):
        return (newswire.reuters_task(path),)
    if any(path.glob("*evaluation_topics*.json")):
        return (dialogues.cast_task(path),)
    rows = sorted(path.glob("*.jsonl"))
    if rows and all({"input", "passages"} <= set(_first_row(file)) for file in rows):
        return (AskTask(clapnq_suite(path)),)
    if any(folder.is_dir() and any(folder.glob("*.txt")) for folder in path.iterdir()):
        return (newswire.text_folders_task(path),)
    raise InputError(
        f"{path}: no suite in this folder (neither {QUESTIONS} nor corpus.jsonl and queries.jsonl, nor another format)",
        "see docs/evals.md for the formats",
    )


def _json(path: Path) -> tuple[Task, ...]:
    try:
        whole = read_json(path)
    except InputError:
        first = _first_row(path)  # RGB gives JSON Lines the ending .json
        if "fakeanswer" in first:
            return tuple(FalsifiedTask(suite) for suite in rgb_suites(path))
        raise
    if isinstance(whole, list) and whole and isinstance(whole[0], dict) and "QuAC_dialog_id" in whole[0]:
        return (dialogues.canard_task(path),)
    if isinstance(whole, dict) and "fakeanswer" in whole:
        return tuple(FalsifiedTask(suite) for suite in rgb_suites(path))
    return (AskTask(squad_suite(path)),)


def _jsonl(path: Path) -> tuple[Task, ...]:
    first = _first_row(path)
    kind = claims.looks_like(first)
    if kind:
        return (claims.wice_task(path) if kind == "wice" else claims.qags_task(path),)
    if {"input", "passages"} <= set(first):
        return (AskTask(clapnq_suite(path)),)
    if "fakeanswer" in first:
        return tuple(FalsifiedTask(suite) for suite in rgb_suites(path))
    return (AskTask(own_suite(path)),)


def _first_row(path: Path) -> dict[str, object]:
    try:
        return next((row for _where, row in islice(json_lines(path), 1)), {})
    except InputError:
        return {}


def seeds_folder() -> Path:
    """`seeds/` here, or beside the packages in a checkout.

    Raises:
        InputError: it is in neither place.
    """
    for root in (Path(), Path(__file__).resolve().parent.parent):
        if (root / "seeds" / QUESTIONS).is_file():
            return root / "seeds"
    raise InputError(
        f"the seeds are not here: no seeds/{QUESTIONS} in this folder", "run it in a checkout of the project"
    )


def _in(data: Path | None) -> Path:
    return data if data is not None else Path()
