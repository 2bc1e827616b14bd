"""Trains the evidence model `rag/weights/reader.safetensors` (see `rag/reader.py`).

    python -m rag.training.reader --squad new_wiki_v1.0.json --squad2 dev-v2.0.json --qed qed-dev.jsonlines

For each question the product's own retrieval over whole pages gives candidate sentences; those that
hold the annotated answer are right, the nearest others are the hard wrong ones. Some questions have
no right sentence: SQuAD 2's impossible ones, and a share of the others with the right sentences
taken away. The loss is a softmax over the candidates and "nothing" (logit 0), so that a logit above
0 means "rather this than nothing". Words that a question shares with its right sentence are dropped
at random, so that the model does not learn to count common words. One pass; the first layers stay
frozen. Every tenth page is held out. On two CPU cores about 40 minutes, of which 8 for candidates.
"""

from __future__ import annotations

import argparse
import json
import logging
import pickle
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.build import build_index
from index.embed import SentenceEmbedder, load_embedder
from index.library import Library
from index.weights import EMBEDDING, find
from rag import evidence
from rag import words as w
from rag.reader import Pair, fresh_copy, is_shared, tensors, token_ids
from rag.retrieve import retrieve
from rag.training.sets import Asked, Pages, qed, squad

log = logging.getLogger(__name__)
GROUP = 6


@dataclass(frozen=True, slots=True)
class Group:
    """One question with its candidate sentences (`context`, `sentence`) and which of them are right."""

    question: str
    page: str
    candidates: tuple[tuple[str, str], ...]
    right: tuple[bool, ...]


def groups_of(pages: Pages, asked: Sequence[Asked], embedder: SentenceEmbedder, folder: Path) -> list[Group]:
    """Candidates of every question by retrieval over the set's own pages."""
    place = folder / pages.label
    build_index(place, [pages], embedder=embedder)
    library = Library.open(place, embedder=embedder)
    cache = evidence.SentenceCache(embedder, 60_000)
    found: list[Group] = []
    vectors = embedder.encode([item.question for item in asked])
    for number, (item, vector) in enumerate(zip(asked, vectors, strict=True)):
        if number % 1000 == 0:
            log.info("%s: candidates of %d of %d questions", pages.label, number, len(asked))
        passages = retrieve(library, embedder, item.question, 6, vector=vector)
        candidates = evidence.candidates_of(passages)
        if not candidates:
            continue
        cosines = cache.encode([c.text for c in candidates]) @ vector
        asked_stems = set(w.content_stems(item.question))
        shared = np.array([len(asked_stems & c.near) / max(len(asked_stems), 1) for c in candidates])
        order = np.argsort(-(cosines + 0.5 * shared))
        right = [
            c.passage.article.external_id == item.page
            and any(c.start <= s and e <= c.end for s, e in item.spans)
            for c in candidates
        ]
        if item.spans and not any(right):
            continue
        chosen = [i for i in order if right[i]][:2]
        # other sentences with the same answer string may be right as well: neither right nor wrong
        wrong = [
            i
            for i in order
            if not right[i] and not any(s in candidates[i].text.lower() for s in item.strings)
        ]
        chosen += wrong[: GROUP + 1 - len(chosen)]
        found.append(
            Group(
                item.question,
                f"{pages.label}/{item.page}",
                tuple((candidates[i].context, candidates[i].text) for i in chosen),
                tuple(right[i] for i in chosen),
            )
        )
    library.close()
    return found


def disguise(question: str, sentence: str, chance: random.Random) -> str:
    """The question with some of the content words it shares with the sentence left out."""
    shared = set(w.content_stems(sentence))
    kept = [
        token
        for token in question.split()
        if not (
            (stems := w.content_stems(token))
            and stems[0] in shared
            and not token[0].isupper()
            and chance.random() < 0.45
        )
    ]
    return " ".join(kept) if len(kept) >= 3 else question


def sample(group: Group, chance: random.Random) -> tuple[list[Pair], list[bool]]:
    """The group as trained on once: in random order, sometimes without its right sentences."""
    rows = list(zip(group.candidates, group.right, strict=True))
    if any(group.right) and chance.random() < 0.25:
        rows = [row for row in rows if not row[1]]
    right = next((c for c, r in rows if r), None)
    question = (
        disguise(group.question, right[1], chance) if right and chance.random() < 0.5 else group.question
    )
    rows = rows[:GROUP]
    return [Pair(question, context, sentence) for (context, sentence), _ in rows], [r for _, r in rows]


def loss_of(logits: Any, sizes: Sequence[int], right: Sequence[Sequence[bool]]) -> Any:
    """Mean negative log share of the right sentences (or of "nothing") in a softmax with logit 0."""
    import torch

    total, position = [], 0
    for size, labels in zip(sizes, right, strict=True):
        mine = torch.cat([logits.new_zeros(1), logits[position : position + size]])
        position += size
        wanted = torch.tensor([not any(labels), *labels])
        total.append(torch.logsumexp(mine, 0) - torch.logsumexp(mine[wanted], 0))
    return torch.stack(total).mean()


def measure(network: Any, tokenizer: Any, groups: Sequence[Group]) -> dict[str, float]:
    """On held-out groups as they are: right sentence first; balanced accuracy of logit > 0 with the
    right sentences in and taken away."""
    import torch

    first, with_right, without = [], [], []
    network.eval()
    with torch.inference_mode():
        for group in groups:
            pairs = [Pair(group.question, context, sentence) for context, sentence in group.candidates]
            rows = tensors(token_ids(tokenizer, pairs), tokenizer.pad_token_id)
            with torch.autocast("cpu", torch.bfloat16):
                scores = network(*rows).float().numpy()
            wrong = [s for s, r in zip(scores, group.right, strict=True) if not r]
            if any(group.right):
                first.append(bool(group.right[int(np.argmax(scores))]))
                with_right.append(float(scores.max()))
            if wrong:
                without.append(max(wrong))
    network.train()
    yes, no = np.mean(np.array(with_right) > 0), np.mean(np.array(without) <= 0)
    return {"first": float(np.mean(first)), "answered": float(yes), "abstained": float(no), "n": len(groups)}


def main() -> int:
    """Prepares, trains, measures, writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("squad", "squad2", "qed"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=100_000, help="at most so many of each set")
    parser.add_argument("--minutes", type=float, default=120.0, help="stop training after so long")
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--groups", type=Path, default=None, help="keep the candidates here, use them again")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent.parent / "weights" / "reader.safetensors"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModel, AutoTokenizer

    chance = random.Random(options.seed)
    torch.manual_seed(options.seed)
    if options.groups and options.groups.exists():
        groups = pickle.loads(options.groups.read_bytes())
    else:
        embedder = load_embedder()
        groups = []
        with tempfile.TemporaryDirectory() as folder:
            for pages, asked in (squad(options.squad), qed(options.qed), squad(options.squad2)):
                some = chance.sample(asked, min(options.questions, len(asked)))
                groups += groups_of(pages, some, embedder, Path(folder))
        if options.groups:
            options.groups.write_bytes(pickle.dumps(groups))
    titles = sorted({group.page for group in groups})
    chance.shuffle(titles)
    held = set(titles[::10])
    train = [group for group in groups if group.page not in held]
    test = chance.sample([g for g in groups if g.page in held], min(300, sum(g.page in held for g in groups)))
    folder = str(find(EMBEDDING))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = fresh_copy(AutoModel.from_pretrained(folder, dtype=torch.float32))
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=options.rate, weight_decay=0.01)
    chance.shuffle(train)
    per_step = 6
    steps = len(train) // per_step
    log.info("%d groups to train on, %d held out, %d steps", len(train), len(test), steps)
    started, running = time.time(), 0.0
    network.eval()  # no dropout: on a CPU it doubles the time of a step, and one pass does not overfit
    train = _alike(train, per_step * 12)
    for step in range(steps):
        elapsed = (time.time() - started) / 60 / options.minutes
        done = max(step / steps, elapsed)
        if done >= 1:
            break
        for setting in optimizer.param_groups:
            setting["lr"] = options.rate * min(1.0, (step + 1) / 100) * (1 - done)
        made = [sample(group, chance) for group in train[step * per_step : (step + 1) * per_step]]
        pairs = [pair for some, _ in made for pair in some]
        rows = tensors(token_ids(tokenizer, pairs), tokenizer.pad_token_id)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(*rows)
        loss = loss_of(logits.float(), [len(some) for some, _ in made], [labels for _, labels in made])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        if step % 100 == 0:
            log.info("step %d of %d, loss %.3f, %.1f min", step, steps, running, (time.time() - started) / 60)
        if step % 400 == 399:
            log.info("held out: %s", json.dumps(measure(network, tokenizer, test[:100])))
            _save(network, options.out, save_file)
    figures = measure(network, tokenizer, test)
    log.info("held out: %s", json.dumps(figures))
    _save(network, options.out, save_file)
    card = {
        "made_by": "python -m rag.training.reader",
        "base": "sentence-transformers/all-MiniLM-L6-v2, embeddings and first 3 layers untouched (Apache-2.0)",
        "data": [
            "SQuADShifts New Wikipedia (CC BY 4.0)",
            "QED (CC BY-SA 3.0)",
            "SQuAD 2.0 development set (CC BY-SA 4.0)",
        ],
        "seed": options.seed,
        "trained_on": len(train),
        "figures_held_out": figures,
        "held_out": sorted(held),
    }
    options.out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    return 0


def _alike(groups: list[Group], block: int) -> list[Group]:
    """The same groups, within blocks ordered by length, so that a step pads little."""
    ordered: list[Group] = []
    for first in range(0, len(groups), block):
        some = groups[first : first + block]
        ordered += sorted(some, key=lambda g: max(len(c[0]) + len(c[1]) for c in g.candidates))
    return ordered


def _save(network: Any, path: Path, save_file: Any) -> None:
    own = {
        name: t.detach().half().contiguous()
        for name, t in network.state_dict().items()
        if not is_shared(name)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(own, str(path))


if __name__ == "__main__":
    raise SystemExit(main())
