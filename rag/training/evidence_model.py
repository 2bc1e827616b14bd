"""Trains the evidence model `rag/weights/evidence.safetensors` (see `rag/evidence_model.py`) in two passes.

    python -m rag.training.evidence_model --data DIR --out FIRST
    python -m rag.training.evidence_model --data DIR --second-pass FIRST        (`make train DATA=DIR` runs both)

`DIR` holds the public sets as docs/evals.md names them: squadshifts_newwiki, qed, squad2, canard. For
each question the product's own two retrievers over whole pages give the passages that answer and those that
do not (`rag/training/groups.py`). The loss over the sentences of a group is a softmax in which "nothing"
has logit 0; the span loss is that of BERT on SQuAD. A share of the questions loses its right passage, a share has a
name or a number exchanged, so that nothing answers it. The first pass also learns from statements made of the same pages,
by a head that is not kept. The second meets decoys instead: the right sentence with its answer taken out or blurred, in
its place or beside it, and the question asked again by the article. The embeddings stay frozen. Of SQuAD 2.0
only the pages named in SQUAD2_TRAINED are seen, so that the others can be measured on; of the other sets every tenth page
is held out.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import pickle
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.embed import load_embedder
from index.weights import EMBEDDING, find
from rag.evidence_model import Row, fresh_copy, is_left_out, rows_of, tensors
from rag.training.groups import (
    EITHER,
    RIGHT,
    WRONG,
    Group,
    Text,
    asked_again,
    blurred,
    disguise,
    exchanged,
    groups_of,
    statement_of,
    with_changed,
    with_sentence,
)
from rag.training.sets import annotated

log = logging.getLogger(__name__)
PER_STEP = 5
WITHHELD, EXCHANGED, DISGUISED = 0.15, 0.15, 0.3
BLURRED = 0.5
"""In the second pass so many questions meet a copy of their right sentence without the answer, or themselves."""
SPAN_WEIGHT, SUPPORT_WEIGHT = 0.4, 0.6

Example = tuple[str, list[Text]]


def drawn(group: Group, chance: random.Random) -> Example:
    """The group as trained on once: the question as asked this time, with two passages."""
    gold = chance.choice(group.gold) if group.gold else None
    others = list(group.others[:4])
    chance.shuffle(others)
    question = group.question
    if gold is not None and others and chance.random() < WITHHELD:
        gold = None
    if gold is None:
        return question, others[:2]
    if chance.random() < EXCHANGED:
        other = exchanged(
            question, gold.text + " " + " ".join(o.text for o in others[:2]), question, chance, 1
        )
        answer = gold.text[slice(*gold.answer)] if gold.answer else ""
        if other and (not answer or answer.lower() not in other.lower()):
            nothing = Text(gold.context, gold.text, gold.spans, (WRONG,) * len(gold.spans))
            return other, [nothing, *others[:1]]
    elif chance.random() < DISGUISED:
        right = next(i for i, label in enumerate(gold.labels) if label == RIGHT)
        question = disguise(question, gold.text[slice(*gold.spans[right])], chance)
    if chance.random() < 0.1:
        question = question.rstrip("?")
    return question, [gold, *others[:1]]


def decoyed(example: Example, chance: random.Random) -> Example:
    """The example, half of the time with a sentence that says what the question says and does not answer it:
    in the right sentence's place, so that nothing answers, or beside it in either passage."""
    question, texts = example
    gold = next((i for i, text in enumerate(texts) if RIGHT in text.labels and text.answer), None)
    if gold is None or chance.random() >= BLURRED:
        if texts and gold is None and chance.random() < 0.15:
            text = texts[0]
            texts = [
                with_sentence(text, asked_again(question, chance), chance.randint(0, len(text.spans))),
                *texts[1:],
            ]
        return question, texts
    text = texts[gold]
    assert text.answer is not None
    place = next(i for i, (a, b) in enumerate(text.spans) if a <= text.answer[0] < b)
    start, end = text.spans[place]
    repeats = chance.random() < 0.2
    vague = blurred(text.text[start:end], text.text[slice(*text.answer)], question, chance)
    decoy = asked_again(question, chance) if repeats else vague
    if not decoy:
        return example
    alone = sum(label != WRONG for label in text.labels) == 1
    if not repeats and alone and chance.random() < 0.4:
        texts = [with_changed(text, place, decoy) if i == gold else t for i, t in enumerate(texts)]
        return question, texts
    into = gold if len(texts) < 2 or chance.random() < 0.4 else 1 - gold
    changed = with_sentence(texts[into], decoy, chance.randint(0, len(texts[into].spans)))
    return question, [changed if i == into else t for i, t in enumerate(texts)]


def sentence_loss(logits: Any, batch: dict[str, Any], examples: Sequence[Example]) -> Any:
    """Mean negative log share of the right sentences (or of "nothing") in each group's softmax."""
    import torch

    row_group = [number for number, (_, texts) in enumerate(examples) for _ in texts]
    row_labels = [text.labels for _, texts in examples for text in texts]
    owner, local = batch["owner"].tolist(), batch["local"].tolist()
    mine: list[list[int]] = [[] for _ in examples]
    for place, (row, sentence) in enumerate(zip(owner, local, strict=True)):
        if row_labels[row][sentence] != EITHER:
            mine[row_group[row]].append(place)
    total: list[Any] = []
    for places in mine:
        labels = [row_labels[owner[p]][local[p]] == RIGHT for p in places]
        scores = torch.cat([logits.new_zeros(1), logits[places]])
        wanted = torch.tensor([not any(labels), *labels], device=logits.device)
        total.append(torch.logsumexp(scores, 0) - torch.logsumexp(scores[wanted], 0))
    return torch.stack(total).mean()


def span_targets(row: Row, text: Text) -> tuple[int, int]:
    """The positions of the answer's first and last token in the row; (0, 0) where there is none."""
    if text.answer is None:
        return 0, 0
    a, b = text.answer
    places = [i for i, (s, e) in enumerate(row.offsets) if s < b and e > a]
    return (row.first + places[0], row.first + places[-1]) if places else (0, 0)


def span_loss(spans: Any, batch: dict[str, Any], rows: Sequence[Row], texts: Sequence[Text]) -> Any:
    """Cross-entropy of start and end over segment B and the first token ("no answer")."""
    import torch

    allowed = (batch["segment"] * batch["mask"]).bool()
    allowed[:, 0] = True
    scores = spans.masked_fill(~allowed.unsqueeze(-1), -1e4)
    wanted = torch.tensor([span_targets(r, t) for r, t in zip(rows, texts, strict=True)], device=spans.device)
    weight = torch.tensor([1.0 if t.answer else 0.3 for t in texts], device=spans.device)
    each = torch.nn.functional.cross_entropy(scores[..., 0], wanted[:, 0], reduction="none")
    each = each + torch.nn.functional.cross_entropy(scores[..., 1], wanted[:, 1], reduction="none")
    return (each * weight).sum() / weight.sum() / 2


def measure(
    network: Any, tokenizer: Any, groups: Sequence[Group], device: str, *, statements: bool
) -> dict[str, float]:
    """On held-out groups: right sentence first, shares of "logit above 0" with and not above it without the right
    passage, the answer's span right, and with `statements` how well they are told apart (AUROC)."""
    import torch

    first: list[bool] = []
    spans: list[bool] = []
    yes: list[float] = []
    no: list[float] = []
    said: list[tuple[float, bool]] = []
    chance = random.Random(11)
    network.eval()
    with torch.inference_mode(), torch.autocast(device, torch.bfloat16):
        for group in groups:
            texts = [*group.gold[:1], *group.others[:3]]
            rows = rows_of(tokenizer, [t.reading(group.question) for t in texts])
            batch = _to(tensors(rows, tokenizer.pad_token_id), device)
            logits, span = network(batch)
            best: dict[bool, float] = {True: -99.0, False: -99.0}
            for score, owner, local in zip(
                logits.tolist(), batch["owner"].tolist(), batch["local"].tolist(), strict=True
            ):
                label = texts[owner].labels[local]
                if label != EITHER:
                    best[label == RIGHT] = max(best[label == RIGHT], score)
            if group.gold:
                first.append(best[True] > best[False])
                yes.append(max(best.values()))
                if texts[0].answer:
                    a, b = span_targets(rows[0], texts[0])
                    at = span[0, :, 0].float(), span[0, :, 1].float()
                    last = len(rows[0].ids) - 1
                    got = (
                        int(at[0][rows[0].first : last].argmax()) + rows[0].first,
                        int(at[1][rows[0].first : last].argmax()) + rows[0].first,
                    )
                    spans.append(got[0] <= b and got[1] >= a)
            no.append(best[False])
            made = statement_of(group, chance) if statements else None
            if made:
                batch = _to(tensors(rows_of(tokenizer, [made[0]]), tokenizer.pad_token_id), device)
                said.append((float(network.judge(batch)[0]), made[1]))
    network.train()
    good = np.array([s for s, label in said if label])
    bad = np.array([s for s, label in said if not label])
    auroc = float((good[:, None] > bad[None, :]).mean()) if len(good) and len(bad) else math.nan
    figures = {
        "first": float(np.mean(first)),
        "answered": float(np.mean(np.array(yes) > 0)),
        "abstained": float(np.mean(np.array(no) <= 0)),
        "span_overlaps": float(np.mean(spans)),
        "n": len(groups),
    }
    return figures | ({"statements_auroc": auroc} if statements else {})


def _to(batch: dict[str, Any], device: str) -> dict[str, Any]:
    return {name: value.to(device) for name, value in batch.items()}


def prepare(data: Path, kept: Path | None, seed: int) -> list[Group]:
    """The groups of all sets; read from `kept` where that file is there."""
    if kept and kept.exists():
        return pickle.loads(kept.read_bytes())  # our own file of an earlier run
    embedder = load_embedder()
    chance = random.Random(seed)
    groups: list[Group] = []
    # All are read first: whatever is missing is told before hours are spent on the others.
    sets = [read() for _, read in annotated(data)]
    with tempfile.TemporaryDirectory() as folder:
        for pages, asked in sets:
            groups += groups_of(pages, asked, embedder, Path(folder))
    chance.shuffle(groups)
    if kept:
        kept.write_bytes(pickle.dumps(groups))
    return groups


def main() -> int:
    """Prepares, trains, measures, writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the public sets")
    parser.add_argument("--minutes", type=float, default=150.0, help="stop training after so long")
    parser.add_argument("--rate", type=float, default=0.0, help="0: 1e-4, 6e-5 in the second pass")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--second-pass",
        type=Path,
        default=None,
        help="start from these weights: decoys instead of statements",
    )
    parser.add_argument("--groups", type=Path, default=None, help="keep the passages here, use them again")
    parser.add_argument("--freeze", type=int, default=0, help="so many lower layers stay as they are")
    parser.add_argument("--steps", type=int, default=0, help="at most so many steps (0: one pass)")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent.parent / "weights" / "evidence.safetensors"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoModel, AutoTokenizer

    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    groups = prepare(options.data, options.groups, options.seed)
    chance = random.Random(options.seed)
    titles = sorted({g.page for g in groups if not g.page.startswith("dev-v2.0/")})
    chance.shuffle(titles)
    held = set(titles[::10])
    train = [g for g in groups if g.page not in held and g.others]
    test = chance.sample([g for g in groups if g.page in held and g.others], 240)
    chance.shuffle(train)
    folder = str(find(EMBEDDING))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = fresh_copy(AutoModel.from_pretrained(folder, dtype=torch.float32)).to(device)
    second = options.second_pass is not None
    rate = options.rate or (6e-5 if second else 1e-4)
    if second:
        network.load_state_dict(
            {k: t.float() for k, t in load_file(str(options.second_pass)).items()}, strict=False
        )
        chance = random.Random(options.seed + 1)
        chance.shuffle(train)
    for number in range(options.freeze):
        for parameter in network.encoder.encoder.layer[number].parameters():
            parameter.requires_grad = False
    heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    layers = [p for name, p in network.named_parameters() if name.startswith("encoder.") and p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": layers, "base": rate}, {"params": heads, "base": 5 * rate}],
        weight_decay=0.01,
    )
    steps = len(train) // PER_STEP
    if options.steps:
        steps = min(steps, options.steps)
    log.info("%d groups to train on, %d held out, %d steps, on %s", len(train), len(test), steps, device)
    started = time.time()
    running = [0.0, 0.0, 0.0]
    network.eval()  # no dropout: on a CPU it doubles the time of a step, and one pass does not overfit
    for step in range(steps):
        done = max(step / steps, (time.time() - started) / 60 / options.minutes)
        if done >= 1:
            break
        for setting in optimizer.param_groups:
            setting["lr"] = setting["base"] * min(1.0, (step + 1) / 150) * max(1 - done, 0.02)
        some = train[step * PER_STEP : (step + 1) * PER_STEP]
        examples = [drawn(group, chance) for group in some]
        if second:
            examples = [decoyed(example, chance) for example in examples]
        texts = [text for _, mine in examples for text in mine]
        rows = rows_of(tokenizer, [t.reading(q) for q, mine in examples for t in mine])
        batch = _to(tensors(rows, tokenizer.pad_token_id), device)
        statements = [] if second else [made for group in some if (made := statement_of(group, chance))]
        with torch.autocast(device, torch.bfloat16):
            logits, spans = network(batch)
        losses = [
            sentence_loss(logits.float(), batch, examples),
            SPAN_WEIGHT * span_loss(spans.float(), batch, rows, texts),
        ]
        if statements:
            held_rows = _to(
                tensors(rows_of(tokenizer, [r for r, _ in statements]), tokenizer.pad_token_id), device
            )
            with torch.autocast(device, torch.bfloat16):
                support = network.judge(held_rows)
            wanted = torch.tensor([float(label) for _, label in statements], device=device)
            losses.append(
                SUPPORT_WEIGHT * torch.nn.functional.binary_cross_entropy_with_logits(support.float(), wanted)
            )
        loss = torch.stack(losses).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(layers + heads, 1.0)
        optimizer.step()
        running = [
            v.item() if step == 0 else 0.98 * r + 0.02 * v.item()
            for r, v in zip(running, losses, strict=False)
        ]
        if step % 50 == 0:
            log.info(
                "step %d of %d, losses %s, %.1f min",
                step,
                steps,
                [round(r, 3) for r in running],
                (time.time() - started) / 60,
            )
        if step % 400 == 399:
            log.info(
                "held out: %s",
                json.dumps(measure(network, tokenizer, test[:80], device, statements=not second)),
            )
            network.eval()
            _save(network, options.out, save_file)
    figures = measure(network, tokenizer, test, device, statements=not second)
    log.info("held out: %s", json.dumps(figures))
    _save(network, options.out, save_file)
    card = {
        "passes": 2 if second else 1,
        "seed": options.seed,
        "groups": len(train),
        "steps": steps,
        "minutes": round((time.time() - started) / 60, 1),
        "held_out_figures": figures,
        "held_out_pages": sorted(held),
    }
    options.out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    return 0


def _save(network: Any, path: Path, save_file: Any) -> None:
    own = {
        name: t.detach().half().cpu().contiguous()
        for name, t in network.state_dict().items()
        if not is_left_out(name)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(own, str(path))


if __name__ == "__main__":
    raise SystemExit(main())
