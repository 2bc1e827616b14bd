"""Trains the bundled model's adapter `rag/weights/adapter.gguf`: to answer briefly from the evidence, or not at all.

    python -m rag.training.adapter --data DIR               (`make train-model DATA=DIR`)

Low-rank matrices beside every linear layer (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685) learn from the examples of
`rag/training/drafts.py`; the base weights are those of the bundled GGUF file, unpacked, and stay as they are. The loss is
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

from index.weights import SMOLLM2, find
from rag.adapter import FILE, prompt_label
from rag.check import stands_in
from rag.prompt import ABSTAIN_WORDS, ADAPTED_SYSTEM, adapted_text
from rag.training.drafts import Example, example_of
from rag.training.found import Found, gather

log = logging.getLogger(__name__)
LINEAR = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""The linear layers of a block, and what llama.cpp calls them."""
WARM_UP = 40
MOST_TOKENS = 420
HELD = 100


def chat(question_and_facts: str) -> str:
    """The prompt as the model's own chat template lays it out (a test compares it with llama.cpp's)."""
    return (
        f"<|im_start|>system\n{ADAPTED_SYSTEM}<|im_end|>\n<|im_start|>user\n{question_and_facts}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def encode(tokenizer: Any, example: Example) -> tuple[list[int], int]:
    """(token ids of prompt and answer, where the answer begins)."""
    asked = tokenizer(chat(adapted_text(example.question, example.facts)), add_special_tokens=False).input_ids
    told = tokenizer(f"{example.target}<|im_end|>", add_special_tokens=False).input_ids
    return [*asked, *told], len(asked)


def low_rank(model: Any, rank: int, alpha: float, seed: int) -> dict[str, Any]:
    """Puts trainable low-rank matrices beside the linear layers of `model` (a `LlamaForCausalLM`); returns them by
    llama.cpp's names, "blk.0.attn_q" to (A of shape (rank, in), B of shape (out, rank))."""
    import torch

    class LowRank(torch.nn.Module):
        def __init__(self, base: Any, generator: Any) -> None:
            super().__init__()
            self.base = base
            bound = (3 / base.in_features) ** 0.5
            start = torch.rand(rank, base.in_features, generator=generator) * 2 * bound - bound
            self.a = torch.nn.Parameter(start)
            self.b = torch.nn.Parameter(torch.zeros(base.out_features, rank))
            self.scale = alpha / rank

        def forward(self, x: Any) -> Any:
            low = torch.nn.functional.linear(x, self.a.to(x.dtype))
            return self.base(x) + torch.nn.functional.linear(low, self.b.to(x.dtype)) * self.scale

    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.requires_grad = False
    made: dict[str, Any] = {}
    for number, block in enumerate(model.model.layers):
        for name, short in LINEAR.items():
            part, leaf = name.split(".")
            holder = getattr(block, part)
            layer = LowRank(getattr(holder, leaf), generator)
            setattr(holder, leaf, layer)
            made[f"blk.{number}.{short}"] = layer
    return made


def for_llama_cpp(name: str, matrix: np.ndarray, heads: int, kv_heads: int) -> np.ndarray:
    """A matrix B in llama.cpp's order: the rows of queries and keys stand there with the two halves of each head
    interleaved (https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py, `permute`)."""
    count = {"attn_q": heads, "attn_k": kv_heads}.get(name.split(".")[-1])
    if not count:
        return matrix
    rows, rank = matrix.shape
    return matrix.reshape(count, 2, rows // count // 2, rank).swapaxes(1, 2).reshape(rows, rank)


def from_llama_cpp(name: str, matrix: np.ndarray, heads: int, kv_heads: int) -> np.ndarray:
    """`for_llama_cpp` turned back."""
    count = {"attn_q": heads, "attn_k": kv_heads}.get(name.split(".")[-1])
    if not count:
        return matrix
    rows, rank = matrix.shape
    return matrix.reshape(count, rows // count // 2, 2, rank).swapaxes(1, 2).reshape(rows, rank)


def start_from(path: Path, layers: dict[str, Any], config: Any) -> None:
    """Puts the weights of an adapter written by `write_gguf` into the layers (of the same rank)."""
    import gguf
    import torch

    held = {str(tensor.name): np.array(tensor.data) for tensor in gguf.GGUFReader(str(path)).tensors}
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    for name, layer in layers.items():
        b = from_llama_cpp(name, held[f"{name}.weight.lora_b"].astype(np.float32), heads, kv_heads)
        layer.a.data.copy_(torch.from_numpy(held[f"{name}.weight.lora_a"].astype(np.float32)))
        layer.b.data.copy_(torch.from_numpy(np.ascontiguousarray(b)))


def write_gguf(path: Path, layers: dict[str, Any], config: Any, alpha: float, facts: dict[str, str]) -> None:
    """Writes the adapter as llama.cpp reads it (half precision); `facts` go into its metadata."""
    import gguf

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    writer = gguf.GGUFWriter(str(part), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for key, value in facts.items():
        writer.add_string(f"footnote.{key}", value)
    for name, layer in layers.items():
        a = layer.a.detach().float().cpu().numpy()
        b = for_llama_cpp(
            name,
            layer.b.detach().float().cpu().numpy(),
            config.num_attention_heads,
            config.num_key_value_heads,
        )
        writer.add_tensor(f"{name}.weight.lora_a", a.astype(np.float16))
        writer.add_tensor(f"{name}.weight.lora_b", np.ascontiguousarray(b).astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)


def load_base(dtype: Any) -> tuple[Any, Any]:
    """(the bundled model with its weights unpacked, its tokenizer)."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    file = find(SMOLLM2)
    where = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(**where)
    model = AutoModelForCausalLM.from_pretrained(
        **where, dtype=dtype, quantization_config=GgufConfig(dequantize=True), attn_implementation="eager"
    )
    return model, tokenizer


def batches(lengths: Sequence[int], tokens: int, chance: random.Random) -> list[tuple[int, list[int]]]:
    """(width, numbers of examples) for each step: examples of like length, padded to one of a few widths so that width
    times rows is always `tokens` (which should have many divisors). A processor's matrix library prepares itself for every shape it meets for the
    first time, which took longer than the step itself."""
    of: dict[int, list[int]] = {}
    widths = sorted(tokens // rows for rows in range(1, tokens // 80 + 1) if tokens % rows == 0)
    for i, length in enumerate(lengths):
        width = next((w for w in widths if w >= length), 0)
        if width:
            of.setdefault(width, []).append(i)
    made: list[tuple[int, list[int]]] = []
    for width, numbers in of.items():
        chance.shuffle(numbers)
        rows = tokens // width
        made += [(width, numbers[i : i + rows]) for i in range(0, len(numbers), rows)]
    chance.shuffle(made)
    return made


def answer_loss(
    model: Any, rows: Sequence[tuple[list[int], int]], device: str, *, width: int = 0, tokens: int = 0
) -> Any:
    """Mean over the examples of the answer's mean negative log likelihood a token; only its tokens meet the vocabulary."""
    import torch

    width = width or max(len(ids) for ids, _ in rows)
    ids = torch.zeros((max(tokens // width, len(rows)), width), dtype=torch.long)
    for number, (row, _) in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
    ids = ids.to(device)
    # Padding stands behind the answers: under a causal mask nothing that counts sees it.
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    place = [(n, at) for n, (row, begin) in enumerate(rows) for at in range(begin - 1, len(row) - 1)]
    of, at = (torch.tensor(x, device=device) for x in zip(*place, strict=True))
    logits = torch.nn.functional.linear(hidden[of, at], model.lm_head.weight.to(hidden.dtype)).float()
    loss = torch.nn.functional.cross_entropy(logits, ids[of, at + 1], reduction="none")
    weight = torch.tensor(
        [1.0 / (len(row) - begin) ** 0.5 for row, begin in rows], device=device
    )  # a long answer counts more than a short one, but not in proportion
    share = weight[of]
    return (loss * share).sum() / share.sum()


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
                chat(adapted_text(example.question, example.facts)),
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


def _bare(text: str) -> str:
    return re.sub(r"\s*\[\d\]|[.\s]+$", "", text).strip().lower()


def split(found: Sequence[Found], seed: int) -> tuple[list[Found], list[Found]]:
    """(to train on, held out): the pages that the evidence model has not seen are held out here as well."""
    card = json.loads((Path(__file__).parent.parent / "weights" / "evidence.json").read_text("utf-8"))
    held = set(card["held_out_pages"])
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
        default=70.0,
        help="stop training after so long, finding and measuring not counted",
    )
    parser.add_argument("--passes", type=float, default=3.0, help="at most so many passes over the questions")
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--alpha", type=float, default=64.0)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument(
        "--tokens", type=int, default=1680, help="tokens a step, padding included (GPU: 10080)"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--leave-out", nargs="*", default=[], help="kinds of examples to leave out (ablations)"
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

    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train, test = split(gather(options.data, options.found, options.seed), options.seed)
    model, tokenizer = load_base(torch.bfloat16)
    model.to(device)
    model.train()
    layers = low_rank(model, options.rank, options.alpha, options.seed)
    if options.start_from:
        start_from(options.start_from, layers, model.config)
    model.to(device)
    parameters = [p for layer in layers.values() for p in (layer.a, layer.b)]
    optimizer = torch.optim.AdamW(parameters, lr=options.rate, weight_decay=0.0, betas=(0.9, 0.98))

    chance = random.Random(options.seed)
    held_chance = random.Random(options.seed + 1)
    held = [
        e
        for f in test[: 2 * HELD]
        if (e := example_of(f, held_chance.sample(test, 3), held_chance, trained=False))
    ][:HELD]
    state_file = options.out.with_suffix(".state.pt")
    how = {name: getattr(options, name) for name in ("rank", "alpha", "tokens", "seed", "leave_out")}
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
        }
        part = state_file.with_suffix(".part")
        torch.save(state, part)
        part.replace(state_file)
        about = {"base": SMOLLM2.name, "base_sha256": SMOLLM2.sha256, "prompt": prompt_label()}
        write_gguf(file, layers, model.config, options.alpha, about)
        card = {
            **about, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "rank": options.rank,
            "alpha": options.alpha, "rate": options.rate, "seed": options.seed, "device": device,
            "minutes": round(spent / 60, 1), "steps": step, "questions": len(train), "kinds": dict(kinds),
            "curve": curve,
        }  # fmt: skip
        file.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")

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
            for setting in optimizer.param_groups:
                setting["lr"] = rate
            loss = answer_loss(model, [rows[i] for i in group], device, width=width, tokens=options.tokens)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            kinds.update(examples[i].kind for i in group)
            running = loss.item() if not running else 0.97 * running + 0.03 * loss.item()
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
                point = {
                    "step": step, "minutes": round(spent / 60, 1), "examples": sum(kinds.values()),
                    "loss": round(running, 4), **measure(model, tokenizer, held, device),
                }  # fmt: skip
                curve.append(point)
                log.info("held out: %s", json.dumps(point))
            if time.time() - saved > 60 * options.save_minutes:
                keep(options.out.with_name(f"unfinished-{options.out.name}"))
                saved = time.time()
        pass_number, skip, number = pass_number + (done < 1.0), 0, -1 if done < 1.0 else number - 1
    curve.append(
        {
            "step": step,
            "minutes": round(spent / 60, 1),
            "examples": sum(kinds.values()),
            "loss": round(running, 4),
        }
        | measure(model, tokenizer, held, device)
    )
    log.info("held out: %s", json.dumps(curve[-1]))
    keep(options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
