"""Low-rank training of the bundled model, as the adapter and the questions made for it share it.

Low-rank matrices beside every linear layer (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685) learn; the base weights are
those of the bundled GGUF file, unpacked, and stay as they are.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.weights import SMOLLM2, find

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


def chat(asked: str, system: str) -> str:
    """The prompt as the model's own chat template lays it out (a test compares it with llama.cpp's)."""
    return f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n"


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


def low_rank(model: Any, rank: int, alpha: float, seed: int, dropout: float = 0.0) -> dict[str, Any]:
    """Puts trainable low-rank matrices beside the linear layers of `model` (a `LlamaForCausalLM`); returns them by
    llama.cpp's names, "blk.0.attn_q" to (A of shape (rank, in), B of shape (out, rank)). While training, a share
    `dropout` of what passes between A and B is left out."""
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
            if dropout:
                low = torch.nn.functional.dropout(low, dropout, self.training)
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


def _heads(name: str, config: Any) -> int:
    """How many heads the rows of a layer are of; 0 where llama.cpp keeps them as they are."""
    counts = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    return counts.get(name.split(".")[-1], 0)


def for_llama_cpp(matrix: np.ndarray, heads: int) -> np.ndarray:
    """A matrix B in llama.cpp's order: the rows of queries and keys stand there with the two halves of each of the `heads`
    interleaved (https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py, `permute`); 0 heads: as it is."""
    rows, rank = matrix.shape
    if not heads:
        return matrix
    return matrix.reshape(heads, 2, rows // heads // 2, rank).swapaxes(1, 2).reshape(rows, rank)


def from_llama_cpp(matrix: np.ndarray, heads: int) -> np.ndarray:
    """`for_llama_cpp` turned back."""
    rows, rank = matrix.shape
    if not heads:
        return matrix
    return matrix.reshape(heads, rows // heads // 2, 2, rank).swapaxes(1, 2).reshape(rows, rank)


def start_from(path: Path, layers: dict[str, Any], config: Any) -> None:
    """Puts the weights of an adapter written by `write_gguf` into the layers (of the same rank)."""
    import gguf
    import torch

    held = {str(tensor.name): np.array(tensor.data) for tensor in gguf.GGUFReader(str(path)).tensors}
    for name, layer in layers.items():
        b = from_llama_cpp(held[f"{name}.weight.lora_b"].astype(np.float32), _heads(name, config))
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
        b = for_llama_cpp(layer.b.detach().float().cpu().numpy(), _heads(name, config))
        writer.add_tensor(f"{name}.weight.lora_a", a.astype(np.float16))
        writer.add_tensor(f"{name}.weight.lora_b", np.ascontiguousarray(b).astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)


def step(
    model: Any,
    optimizer: Any,
    rows: Sequence[tuple[list[int], int]],
    rate: float,
    device: str,
    *,
    width: int,
    tokens: int,
) -> float:
    """One step of training at the rate on a batch of `batches`; returns its loss."""
    import torch

    for setting in optimizer.param_groups:
        setting["lr"] = rate
    loss = answer_loss(model, rows, device, width=width, tokens=tokens)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    trained = [p for group in optimizer.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    return loss.item()


def optimizer_of(layers: dict[str, Any], rate: float) -> Any:
    """The optimizer of the low-rank matrices."""
    import torch

    matrices = [p for layer in layers.values() for p in (layer.a, layer.b)]
    return torch.optim.AdamW(matrices, lr=rate, weight_decay=0.0, betas=(0.9, 0.98))


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
    model: Any, rows: Sequence[tuple[list[int], int]], device: str, *, width: int, tokens: int
) -> Any:
    """Mean over the examples of the answer's mean negative log likelihood a token, the batch padded to `tokens`; only the
    answer's tokens meet the vocabulary."""
    import torch

    ids = torch.zeros((tokens // width, width), dtype=torch.long)
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
