"""Fits `rag/weights/followup.json`: which mentions of a conversation a question that leans on it means.

    python -m rag.training.followup --data DIR

`DIR` holds CANARD (CC BY-SA 4.0) and TREC CAsT (MIT) as docs/evals.md names them. Learnt from: the conversations
of CANARD of which the suite `followups` measures no turn, and CAsT's of 2020 and 2022, of which it measures none.
A mention counts as meant when a person who wrote the question alone added all its words that the question has
not. Whole conversations are held out, a fifth at a time, for the figures printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag import mentions
from rag.schema import Turn
from rag.training.scorers import auroc, fit, hash_of

log = logging.getLogger(__name__)
MEASURED, SEED = 500, 0
"""Turns of CANARD that the suite draws, and the seed it draws them with (see `evals.cases.sample`)."""
REMEMBERED = 6
"""Earlier turns that are looked at, as `RagOptions.max_history`."""
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Leaning:
    """A question of a conversation with its earlier turns, and as a person wrote it alone."""

    conversation: str
    question: str
    history: tuple[Turn, ...]
    rewrite: str


def canard(path: Path) -> Iterator[Leaning]:
    """The turns of the conversations that the suite leaves out."""
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))

    def draw(row: dict[str, Any]) -> bytes:
        return hashlib.sha256(f"{SEED}\0{row['QuAC_dialog_id']}#{row['Question_no']}".encode()).digest()

    measured = {row["QuAC_dialog_id"] for row in sorted(rows, key=draw)[:MEASURED]}
    for row in rows:
        said = row["History"]
        if row["QuAC_dialog_id"] not in measured:
            title = Turn(" ".join(said[:2]), "")
            earlier = [Turn(said[i], said[i + 1]) for i in range(2, len(said) - 1, 2)]
            yield Leaning(row["QuAC_dialog_id"], row["Question"], (title, *earlier), row["Rewrite"])


def cast(path: Path) -> Iterator[Leaning]:
    """The turns of a CAsT file; those that several of its conversations share, once."""
    known: set[tuple[str, ...]] = set()
    for topic in json.loads(path.read_text("utf-8")):
        earlier: list[Turn] = []
        for turn in topic["turn"]:
            question = turn.get("raw_utterance") or turn.get("utterance") or ""
            rewrite = turn.get("manual_rewritten_utterance") or ""
            said = (question, *(one.question for one in earlier))
            if earlier and rewrite and said not in known:
                known.add(said)
                yield Leaning(f"{path.stem[:4]}-{topic['number']}", question, tuple(earlier), rewrite)
            earlier.append(Turn(question, turn.get("response") or ""))


def rows_of(one: Leaning) -> tuple[np.ndarray, np.ndarray]:
    """The feature rows of a question's mentions, and 1 for each that its rewrite restores, unless within a longer one."""
    found, rows = mentions.features(one.question, one.history[-REMEMBERED:])
    held = set(mentions.keys_of(one.question))
    added = set(mentions.keys_of(one.rewrite)) - held
    meant = [set(m.keys) for m in found if set(m.keys) - held <= added]
    right = [float(set(m.keys) in meant and not any(set(m.keys) < other for other in meant)) for m in found]
    return np.array(rows).reshape(len(found), len(mentions.FEATURES)), np.array(right)


def main() -> int:
    """Fits, prints held-out figures, writes the weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the public sets")
    parser.add_argument("--out", type=Path, default=mentions.WEIGHTS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    asked = [
        *canard(options.data / "canard" / "dev.json"),
        *cast(options.data / "trec_cast" / "2020_manual_evaluation_topics_v1.0.json"),
        *cast(options.data / "trec_cast" / "2022_evaluation_topics_flattened_duplicated_v1.0.json"),
    ]
    pairs = [rows_of(one) for one in asked]
    x = np.vstack([rows for rows, _ in pairs])
    y = np.concatenate([right for _, right in pairs])
    fold = np.concatenate(
        [
            np.full(len(right), hash_of(one.conversation) % FOLDS)
            for one, (_, right) in zip(asked, pairs, strict=True)
        ]
    )
    each = np.ones(len(y))
    scores = np.zeros(len(y))
    for part in range(FOLDS):
        bias, weights = fit(x[fold != part], y[fold != part], each[fold != part], 5.0)
        scores[fold == part] = bias + x[fold == part] @ weights
    log.info("%d questions, %d mentions, %.3f of them meant: AUROC %.3f, held out by conversation",
             len(asked), len(y), y.mean(), auroc(y, scores))  # fmt: skip
    for least in (0.2, 0.3, 0.4, 0.5):
        taken = scores >= np.log(least / (1 - least))
        log.info("from %.1f on: precision %.3f, recall %.3f", least, y[taken].mean(), taken[y == 1].mean())
    bias, weights = fit(x, y, each, 5.0)
    named = {name: round(float(v), 4) for name, v in zip(mentions.FEATURES, weights, strict=True)}
    made = {
        "made_by": "python -m rag.training.followup",
        "data": ["CANARD (CC BY-SA 4.0)", "TREC CAsT 2020 and 2022 (MIT)"],
        "followup": {"bias": round(bias, 4), "weights": named},
    }
    options.out.write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
