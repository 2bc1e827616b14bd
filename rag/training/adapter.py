"""Trains the bundled model's adapter `rag/weights/adapter.gguf`: to answer briefly from the evidence, or not at all.

    python -m rag.training.adapter --data DIR               (`make train-model DATA=DIR`)

Low-rank matrices (`rag/training/lora.py`) learn from the examples that `rag/training/drafts.py` makes of annotated questions (`found.py`),
of questions that the model asked itself (`questions.py`) and of templates in other languages (`tongues.py`). The loss is
taken over the answer alone. A pass over the examples draws each question anew (its facts, marks and dates).
On two cores a step of 8 prompts takes about two seconds in bf16; on a GPU the same script runs with larger steps. Every
`--save-minutes` the state is kept beside `--out`, and `--resume` goes on from there. The learning curve (loss, and on held-out
pages how often the answer is right and how often "nothing" is) is written to `adapter.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.weights import SMOLLM2
from rag.adapter import FILE, prompt_label
from rag.check import stands_in
from rag.prompt import ABSTAIN_WORDS, ADAPTED_SYSTEM, adapted_text
from rag.training.drafts import Example, example_of
from rag.training.found import Found, gather
from rag.training.lora import (
    answer_loss,
    batches,
    chat,
    load_base,
    low_rank,
    optimizer_of,
    start_from,
    write_gguf,
)
from rag.training.lora import step as train_step
from rag.training.questions import more_questions
from rag.training.tongues import invented

log = logging.getLogger(__name__)
WARM_UP = 40
MOST_TOKENS = 420
HELD, INVENTED = 100, 250


def encode(tokenizer: Any, example: Example) -> tuple[list[int], int]:
    """(token ids of prompt and answer, where the answer begins)."""
    asked = tokenizer(
        chat(adapted_text(example.question, example.facts), ADAPTED_SYSTEM), add_special_tokens=False
    ).input_ids
    told = tokenizer(f"{example.target}<|im_end|>", add_special_tokens=False).input_ids
    return [*asked, *told], len(asked)


def measure(model: Any, tokenizer: Any, examples: Sequence[Example], device: str) -> dict[str, float]:
    """On held-out examples, decoding greedily and without grammar or check: how often the reply holds the right answer and how
    often it is that and no more (of the answerable ones), how often it abstains where it should and where it should not."""
    import torch

    model.eval()
    right: list[float] = []
    exact: list[float] = []
    silent: dict[bool, list[bool]] = {True: [], False: []}
    with torch.inference_mode():
        for example in examples:
            ids = tokenizer(
                chat(adapted_text(example.question, example.facts), ADAPTED_SYSTEM),
                add_special_tokens=False,
                return_tensors="pt",
            ).input_ids.to(device)
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=40,
                do_sample=False,
                pad_token_id=2,
                eos_token_id=2,
            )
            said = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
            nothing = example.target == ABSTAIN_WORDS
            silent[nothing].append(said.strip() == ABSTAIN_WORDS)
            if not nothing:
                bare, wanted = (_bare(text) for text in (said, example.target))
                right.append(float(stands_in(wanted, bare) is not None))
                exact.append(float(wanted == bare))
    model.train()
    return {
        "contains": round(float(np.mean(right or [0])), 4),
        "exact": round(float(np.mean(exact or [0])), 4),
        "abstained_rightly": round(float(np.mean(silent[True] or [0])), 4),
        "abstained_wrongly": round(float(np.mean(silent[False] or [0])), 4),
        "n": len(examples),
    }


def held_out_loss(model: Any, rows: Sequence[tuple[list[int], int]], device: str, tokens: int) -> float:
    """The loss over held-out examples; it varies far less between runs than what is counted in `measure`."""
    import torch

    model.eval()
    lost, count = 0.0, 0
    with torch.inference_mode():
        for width, group in batches([len(ids) for ids, _ in rows], tokens, random.Random(0)):
            some = [rows[i] for i in group]
            lost += answer_loss(model, some, device, width=width, tokens=tokens).item() * len(some)
            count += len(some)
    model.train()
    return round(lost / max(count, 1), 4)


def _bare(text: str) -> str:
    return re.sub(r"\s*\[\d\]|[.\s]+$", "", text).strip().lower()


def held_out_pages() -> set[str]:
    """The pages that the evidence model has not seen."""
    card = json.loads((Path(__file__).parent.parent / "weights" / "evidence.json").read_text("utf-8"))
    return set(card["held_out_pages"])


def split(found: Sequence[Found], seed: int) -> tuple[list[Found], list[Found]]:
    """(to train on, held out): the pages that the evidence model has not seen are held out here as well."""
    held = held_out_pages()
    train = [f for f in found if f.page not in held]
    test = [f for f in found if f.page in held]
    random.Random(seed).shuffle(test)
    return train, test


def main() -> int:
    """Gathers, trains, measures, writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the public sets")
    parser.add_argument("--found", type=Path, default=None, help="keep what is found here, use it again")
    parser.add_argument(
        "--minutes",
        type=float,
        default=60.0,
        help="stop training after so long, finding and measuring not counted",
    )
    parser.add_argument("--passes", type=float, default=1.0, help="at most so many passes over the questions")
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--alpha", type=float, default=64.0)
    parser.add_argument("--rate", type=float, default=7e-4)
    parser.add_argument("--dropout", type=float, default=0.1, help="of the low-rank values, while training")
    parser.add_argument(
        "--tokens", type=int, default=1680, help="tokens a step, padding included (GPU: 10080)"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--leave-out", nargs="*", default=[], help="kinds of examples to leave out (ablations)"
    )
    parser.add_argument(
        "--annotated-only", action="store_true", help="no questions made by the model itself (ablations)"
    )
    parser.add_argument("--save-minutes", type=float, default=10.0)
    parser.add_argument("--measure-every", type=int, default=300, help="steps")
    parser.add_argument("--resume", action="store_true", help="go on from the state beside --out")
    parser.add_argument(
        "--start-from", type=Path, default=None, help="begin with the weights of this adapter"
    )
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    annotated, test = split(gather(options.data, options.found, options.seed), options.seed)
    invent = random.Random(options.seed)
    train = [*annotated, *(one for language in ("de", "es") for one in invented(language, INVENTED, invent))]
    if not options.annotated_only:
        train += more_questions(options.data, options.found, options.seed, annotated, held_out_pages())
    model, tokenizer = load_base(torch.bfloat16)
    model.train()
    layers = low_rank(model, options.rank, options.alpha, options.seed, options.dropout)
    if options.start_from:
        start_from(options.start_from, layers, model.config)
    model.to(device)
    optimizer = optimizer_of(layers, options.rate)

    chance = random.Random(options.seed)
    held_chance = random.Random(options.seed + 1)
    held = [e for f in test if (e := example_of(f, held_chance.sample(test, 3), held_chance, trained=False))]
    held_rows = [row for e in held if len((row := encode(tokenizer, e))[0]) <= MOST_TOKENS]
    held = held[:HELD]
    state_file = options.out.with_suffix(".state.pt")
    how = {
        name: getattr(options, name)
        for name in ("rank", "alpha", "rate", "dropout", "tokens", "seed", "leave_out", "annotated_only")
    } | {"questions": len(train)}
    torch.manual_seed(options.seed)  # what is left out by dropout
    step, spent, pass_number, curve, skip, number = 0, 0.0, 0, [], 0, -1
    running, kinds, drawn_from = 0.0, Counter[str](), chance.getstate()
    if options.resume and state_file.exists():
        state = torch.load(
            state_file, map_location="cpu", weights_only=False
        )  # our own file of an earlier run
        if state["how"] != how:
            parser.error(f"the state beside --out is of another run: {state['how']}")
        for name, layer in layers.items():
            layer.a.data.copy_(state["layers"][name][0])
            layer.b.data.copy_(state["layers"][name][1])
        optimizer.load_state_dict(state["optimizer"])
        step, spent, pass_number, curve = (state[k] for k in ("step", "spent", "pass", "curve"))
        skip, running, kinds = state["number"] + 1, state["running"], state["kinds"]
        chance.setstate(state["drawn_from"])
        torch.set_rng_state(state["dropped_from"][0])
        if device == "cuda":
            torch.cuda.set_rng_state_all(state["dropped_from"][1:])
        log.info("going on after step %d, %.1f minutes", step, spent / 60)
    log.info("%d questions to train on, %d held out, on %s", len(train), len(test), device)

    def keep(file: Path) -> None:
        state = {
            "layers": {
                name: (layer.a.detach().cpu(), layer.b.detach().cpu()) for name, layer in layers.items()
            },
            "optimizer": optimizer.state_dict(),
            "step": step,
            "spent": spent,
            "pass": pass_number,
            "curve": curve,
            "how": how,
            "number": number,
            "running": running,
            "kinds": kinds,
            "drawn_from": drawn_from,
            "dropped_from": [
                torch.get_rng_state(),
                *(torch.cuda.get_rng_state_all() if device == "cuda" else ()),
            ],
        }
        part = state_file.with_suffix(".part")
        torch.save(state, part)
        part.replace(state_file)
        about = {"base": SMOLLM2.name, "base_sha256": SMOLLM2.sha256, "prompt": prompt_label()}
        write_gguf(file, layers, model.config, options.alpha, about)
        card = {
            **about, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "rank": options.rank,
            "alpha": options.alpha, "rate": options.rate, "dropout": options.dropout, "seed": options.seed, "device": device,
            "minutes": round(spent / 60, 1), "steps": step, "questions": len(train), "kinds": dict(kinds),
            "curve": curve,
        }  # fmt: skip
        file.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")

    def note_measured() -> None:
        point = {
            "step": step, "minutes": round(spent / 60, 1), "examples": sum(kinds.values()),
            "loss": round(running, 4), "held_loss": held_out_loss(model, held_rows, device, options.tokens),
            **measure(model, tokenizer, held, device),
        }  # fmt: skip
        curve.append(point)
        log.info("held out: %s", json.dumps(point))

    saved, done = time.time(), 0.0
    while done < 1.0 and pass_number < options.passes:
        drawn_from = chance.getstate()
        examples = [
            e
            for f in train
            if (e := example_of(f, chance.sample(train, 3), chance, trained=True))
            and e.kind not in options.leave_out
        ]
        rows = [encode(tokenizer, e) for e in examples]
        fit = [i for i, (ids, _) in enumerate(rows) if len(ids) <= MOST_TOKENS]
        groups = [
            (width, [fit[i] for i in some])
            for width, some in batches([len(rows[i][0]) for i in fit], options.tokens, chance)
        ]
        log.info(
            "pass %d: %d examples, %d steps, %.0f tokens each; %s",
            pass_number,
            len(fit),
            len(groups),
            float(np.mean([len(rows[i][0]) for i in fit])),
            dict(Counter(examples[i].kind for i in fit)),
        )
        for number, (width, group) in enumerate(groups):
            if number < skip:
                continue
            began = time.time()
            whole = (pass_number + number / len(groups)) / options.passes
            done = max(whole, spent / 60 / options.minutes)
            if done >= 1.0:
                break
            rate = options.rate * min(1.0, (step + 1) / WARM_UP) * max(1.0 - done, 0.02)
            loss = train_step(
                model, optimizer, [rows[i] for i in group], rate, device, width=width, tokens=options.tokens
            )
            kinds.update(examples[i].kind for i in group)
            running = loss if not running else 0.97 * running + 0.03 * loss
            step += 1
            spent += time.time() - began
            if step % 25 == 0:
                seen = sum(kinds.values())
                log.info(
                    "step %d, loss %.3f, %.1f min, %d examples, %.2f a second",
                    step,
                    running,
                    spent / 60,
                    seen,
                    seen / spent,
                )
            if step % options.measure_every == 0:
                note_measured()
            if time.time() - saved > 60 * options.save_minutes:
                keep(options.out.with_name(f"unfinished-{options.out.name}"))
                saved = time.time()
        pass_number, skip, number = pass_number + (done < 1.0), 0, -1 if done < 1.0 else number - 1
    note_measured()
    keep(options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
