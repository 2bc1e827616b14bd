"""Public question sets as pages and questions, for fitting; their text stays outside the project."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.schema import Article, Skipped, article_id

SQUAD2_TRAINED = ("Computational_complexity_theory", "Harvard_University", "Normans", "Steam_engine")
"""Pages of SQuAD 2.0's development set that models are trained on; the other four are for measuring."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on one page: `spans` are the (start, end) of its answers in the page's text, none
    where the page does not answer it; `strings` the answers, in lower case; with `whole` the answers
    are whole sentences rather than words within one."""

    question: str
    page: str
    spans: tuple[tuple[int, int], ...]
    strings: tuple[str, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages of a question set as a source of articles: `texts` by title."""

    key: str
    label: str
    texts: dict[str, str]

    def read(self) -> Iterator[Article | Skipped]:
        for title, text in self.texts.items():
            yield Article(
                article_id(self.label, title), title, title.replace("_", " "), "", text, language="en"
            )


def annotated(data: Path) -> tuple[tuple[Path, Callable[[], tuple[Pages, list[Asked]]]], ...]:
    """The files of the annotated sets that models are trained on, in the folder `data`, each with what reads it; of SQuAD 2.0
    only the pages SQUAD2_TRAINED."""
    new_wiki = data / "squadshifts_newwiki" / "new_wiki_v1.0.json"
    searches = data / "qed" / "qed-dev.jsonlines"
    squad2 = data / "squad2" / "dev-v2.0.json"
    talks = data / "canard" / "dev.json"
    return (
        (new_wiki, lambda: squad(new_wiki)),
        (searches, lambda: qed(searches)),
        (squad2, lambda: squad(squad2, SQUAD2_TRAINED)),
        (talks, lambda: canard(talks)),
    )


def squad(path: Path, only: Collection[str] = ()) -> tuple[Pages, list[Asked]]:
    """A SQuAD 1.1 or 2.0 file with whole pages (their paragraphs joined) as articles: the product
    meets long articles, and a passage found is not yet a sentence found. `only` names pages by title."""
    texts: dict[str, str] = {}
    found: list[Asked] = []
    for page in json.loads(path.read_text("utf-8"))["data"]:
        if only and page["title"] not in only:
            continue
        text = ""
        for paragraph in page["paragraphs"]:
            text = f"{text}\n\n" if text else ""
            offset = len(text)
            text += paragraph["context"].replace("\n", " ")
            for row in paragraph["qas"]:
                answers = [] if row.get("is_impossible") else row["answers"]
                spans = tuple(
                    (offset + a["answer_start"], offset + a["answer_start"] + len(a["text"])) for a in answers
                )
                found.append(
                    Asked(row["question"], page["title"], spans, tuple(a["text"].lower() for a in answers))
                )
        texts[page["title"]] = text
    return Pages(str(path), path.stem, texts), found


def qed(path: Path) -> tuple[Pages, list[Asked]]:
    """A QED file: people's own search questions, the paragraph that answers each, the answer in it."""
    texts: dict[str, str] = {}
    found: list[Asked] = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        title, paragraph = row["title_text"], row["paragraph_text"]
        text = texts.get(title, "")
        offset = text.find(paragraph)
        if offset < 0:
            offset = len(text) + 2 if text else 0
            texts[title] = f"{text}\n\n{paragraph}" if text else paragraph
        answers = [answer for group in row["original_nq_answers"] for answer in group]
        spans = tuple((offset + a["start"], offset + a["end"]) for a in answers)
        if spans:
            found.append(
                Asked(row["question_text"] + "?", title, spans, tuple(a["string"].lower() for a in answers))
            )
    return Pages(str(path), path.stem, texts), found


def canard(path: Path) -> tuple[Pages, list[Asked]]:
    """A CANARD file: the answers of each conversation as a page, a person's wording of each question
    that stands alone, and the sentences of its own answer."""
    dialogues: dict[str, list[dict[str, Any]]] = {}
    for row in json.loads(path.read_text("utf-8")):
        dialogues.setdefault(row["QuAC_dialog_id"], []).append(row)
    texts: dict[str, str] = {}
    found: list[Asked] = []
    for number, rows in enumerate(dialogues.values()):
        longest = max((row["History"] for row in rows), key=len)
        title = f"{': '.join(longest[:2])} {number}"  # the same page may be talked about twice
        said = [longest[i + 1] for i in range(2, len(longest) - 1, 2)]
        text = ""
        for row in sorted(rows, key=lambda row: row["Question_no"]):
            place = row["Question_no"] - 1
            if place >= len(said):
                continue  # nobody wrote down the last answer
            answer = said[place]
            if "CANNOTANSWER" in answer or "don't know" in answer.lower():
                found.append(Asked(row["Rewrite"], title, (), (), True))
                continue
            text = f"{text}\n\n" if text else ""
            found.append(Asked(row["Rewrite"], title, ((len(text), len(text) + len(answer)),), (), True))
            text += answer
        texts[title] = text
    return Pages(str(path), path.stem, {k: v for k, v in texts.items() if v}), found


def wice(path: Path) -> Pages:
    """A WiCE file: the web pages that its claims are compared with, whole sentences of them, one a paragraph."""
    texts: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        lines: list[str] = json.loads(line)["evidence"]
        title = next(
            (x.split("TITLE:", 1)[1].strip() for x in lines if x.startswith("(meta data) TITLE:")), ""
        )
        told = [x for x in lines if x[:1].isupper() and x.endswith(".") and len(x.split()) >= 6]
        if title and told:
            texts.setdefault(title, "\n\n".join(told))
    return Pages(str(path), path.stem, texts)
