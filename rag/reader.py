"""The evidence model: a small cross-encoder of our own that reads a question beside a sentence.

It shares the embeddings and the first layers of the bundled MiniLM with the embedder and has its own
last layers and one output: a logit, above 0 when this sentence rather answers the question than
nothing does. Trained by `rag/training/reader.py`; weights and their card lie in `rag/weights/`.

Input: [CLS] question [SEP] title. sentence before [SEP] sentence [SEP], the sentence as segment B.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from index import weights
from index.embed import token_batches

WEIGHTS = Path(__file__).parent / "weights" / "reader.safetensors"
CARD = WEIGHTS.with_suffix(".json")
SHARED_LAYERS = 3
MAX_QUESTION, MAX_CONTEXT, MAX_SENTENCE = 48, 40, 96


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing to read: `context` is the title and the sentence before, `sentence` what is judged."""

    question: str
    context: str
    sentence: str


def token_ids(tokenizer: Any, pairs: Sequence[Pair]) -> list[tuple[list[int], int]]:
    """(ids, length of segment A) of each pair; parts too long are cut, the context at its front."""
    backend = tokenizer._tokenizer
    backend.no_truncation()
    backend.no_padding()
    texts = list(dict.fromkeys(text for p in pairs for text in (p.question, p.context, p.sentence)))
    known = {
        text: encoded.ids
        for text, encoded in zip(
            texts, backend.encode_batch_fast(texts, add_special_tokens=False), strict=True
        )
    }
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    rows: list[tuple[list[int], int]] = []
    for pair in pairs:
        first = [cls, *known[pair.question][:MAX_QUESTION], sep, *known[pair.context][-MAX_CONTEXT:], sep]
        rows.append(([*first, *known[pair.sentence][:MAX_SENTENCE], sep], len(first)))
    return rows


def build_network(encoder: Any) -> Any:
    """The network over a BERT encoder: a copy of it whose first layers and embeddings stay as they
    are, and a linear output over the first token and the mean of segment B."""
    import torch

    class Reader(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            self.output = torch.nn.Linear(2 * encoder.config.hidden_size, 1)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor, segment: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(
                input_ids=ids, attention_mask=mask, token_type_ids=segment
            ).last_hidden_state
            share = (segment * mask).unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * share).sum(1) / share.sum(1).clamp(min=1)
            return self.output(torch.cat([hidden[:, 0], mean], dim=1).to(self.output.weight.dtype)).squeeze(
                -1
            )

    return Reader()


def tensors(rows: Sequence[tuple[list[int], int]], pad: int) -> tuple[Any, Any, Any]:
    """(ids, mask, segment), each of shape (rows, longest row)."""
    import torch

    width = max(len(ids) for ids, _ in rows)
    ids = np.full((len(rows), width), pad, np.int64)
    mask = np.zeros((len(rows), width), np.int64)
    segment = np.zeros((len(rows), width), np.int64)
    for number, (row, first) in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
        segment[number, first : len(row)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(segment)


class SentenceReader:
    """Scores sentences for a question. One at a time runs; made by `load_reader`."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        self._network, self._tokenizer = network, tokenizer
        self._lock = threading.Lock()

    def scores(self, pairs: Sequence[Pair]) -> np.ndarray:
        """The logit of each pair, float32, shape (len(pairs),)."""
        import torch

        found = np.zeros(len(pairs), np.float32)
        if not pairs:
            return found
        with self._lock, torch.inference_mode():
            rows = token_ids(self._tokenizer, pairs)
            for batch in token_batches([len(ids) for ids, _ in rows]):
                ids, mask, segment = tensors([rows[i] for i in batch], self._tokenizer.pad_token_id or 0)
                found[batch] = self._network(ids, mask, segment).float().numpy()
        return found


@lru_cache(maxsize=2)
def load_reader(*, precision: str = "fp32", path: Path = WEIGHTS) -> SentenceReader | None:
    """The evidence model over the bundled MiniLM, loaded once; None when its weights file is not there.

    `precision` "bf16" where the embedder's probe chose it. Raises WeightsMissing when the bundled
    embedding weights are not installed.
    """
    if not path.is_file():
        return None
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    folder = str(weights.verify(weights.EMBEDDING))
    network = build_network(AutoModel.from_pretrained(folder, dtype=torch.float32))
    own = {name: tensor.float() for name, tensor in load_file(str(path)).items()}
    missing, unexpected = network.load_state_dict(own, strict=False)
    assert not unexpected, unexpected
    assert all(is_shared(name) for name in missing), missing
    network.eval()
    if precision == "bf16":
        network.encoder.to(torch.bfloat16)
    return SentenceReader(network, AutoTokenizer.from_pretrained(folder))


def is_shared(name: str) -> bool:
    """True for parameters that stay those of the bundled MiniLM."""
    layers = tuple(f"encoder.encoder.layer.{number}." for number in range(SHARED_LAYERS))
    return name.startswith(("encoder.embeddings.", "encoder.pooler.", *layers))


def fresh_copy(encoder: Any) -> Any:
    """A copy of an encoder to train on, its shared parts frozen."""
    made = build_network(copy.deepcopy(encoder))
    for name, parameter in made.named_parameters():
        parameter.requires_grad = not is_shared(name)
    return made
