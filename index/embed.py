"""The one module that touches sentence-transformers: texts in, unit vectors out.

Models whose pipeline is transformer, mean pooling, normalise (all-MiniLM, bge, gte, e5, ...) take
a quicker road than `SentenceTransformer.encode`: texts sorted by length and packed into batches of
about equal token counts, the encoder in bf16 where a probe on this processor finds it faster and
equal, pooling always in fp32 (pooling in bf16 costs two digits: vectors of length 1.0007, least
cosine .998 instead of .9999). Every other model goes through sentence-transformers as it comes.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import platform
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import PrivateAttr

from index import weights
from index.errors import InputError, WeightsMissing

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

BATCH_TOKENS = (
    2048  # measured 1,024 to 8,192 on two cores: no difference above noise; small is kind to memory
)
PRECISIONS = ("auto", "fp32", "bf16")
PROBE_TEXT = (
    "The canal opened to traffic in 1914 after ten years of work and cut the sea voyage between "
    "the two coasts by about 13,000 kilometres, which changed the trade of a whole hemisphere. "
)


class SentenceEmbedder(BaseEmbedding):
    """A LlamaIndex embedding over a sentence-transformers model; made by `load_embedder`.

    `encode` is safe to call from several threads (one batch at a time runs).
    """

    dimension: int
    model_label: str
    weights_sha256: str
    max_tokens: int
    precision: str
    _model: Any = PrivateAttr()
    _encoder: Any = PrivateAttr(default=None)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @classmethod
    def class_name(cls) -> str:
        return "SentenceEmbedder"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32, shape (len(texts), dimension), in the order of `texts`.

        Texts longer than `max_tokens` are cut, as the model was trained.
        """
        if not len(texts):
            return np.empty((0, self.dimension), np.float32)
        with self._lock:
            if self._encoder is None:
                found = self._model.encode(
                    list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
                )
                return np.asarray(found, np.float32)
            return _encode_packed(
                self._encoder, self._model.tokenizer, texts, self.max_tokens, self.dimension
            )

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The (start, end) offset of each token of `text`, without special tokens, uncut."""
        backend = self._model.tokenizer._tokenizer
        spans: list[tuple[int, int]] = []
        with self._lock:
            backend.no_truncation()
            for at, piece in _slices(text):
                found = backend.encode(piece, add_special_tokens=False).offsets
                spans += [(at + start, at + end) for start, end in found if end > start]
        return spans

    def _get_query_embedding(self, query: str) -> list[float]:
        return self.encode([query])[0].tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self.encode([text])[0].tolist()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self.encode(texts).tolist()


def load_embedder(
    name: str = weights.EMBEDDING.name, *, precision: str = "auto", threads: int = 0
) -> SentenceEmbedder:
    """Loads an embedding model: the bundled one by name, a folder, or a name on a model hub.

    `precision` is "auto" (bf16 where a probe finds it faster and equal), "fp32" or "bf16";
    `threads` 0 leaves torch's own choice. Raises WeightsMissing when the model cannot be found,
    InputError for an unknown precision.
    """
    if precision not in PRECISIONS:
        raise InputError(f"precision {precision!r} is none of {', '.join(PRECISIONS)}")
    folder, label = _locate(name)
    import torch
    from sentence_transformers import SentenceTransformer

    if threads > 0:
        torch.set_num_threads(threads)
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    try:
        model = SentenceTransformer(folder, device="cpu")
    except (OSError, ValueError) as error:
        raise WeightsMissing(
            f"embedding model {name!r} could not be loaded ({str(error).splitlines()[0][:200]})",
            "`footnote models list` shows what is installed; a model of a hub needs a network the first time",
        ) from error
    model.eval()
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise WeightsMissing(f"embedding model {name!r} does not say its dimension", "use another model")
    embedder = SentenceEmbedder(
        model_name=label,
        embed_batch_size=64,
        dimension=dimension,
        model_label=label,
        weights_sha256=_weights_hash(folder),
        max_tokens=int(model.max_seq_length or 256),
        precision="fp32",
    )
    embedder._model = model
    if _is_mean_pooled(model):
        embedder._encoder = model[0].auto_model
        chosen = precision if precision != "auto" else _probe(embedder)
        if chosen == "bf16":
            embedder._encoder = model[0].auto_model.to(torch.bfloat16)
        embedder.precision = chosen
    return embedder


def _locate(name: str) -> tuple[str, str]:
    if name in (weights.EMBEDDING.name, f"sentence-transformers/{weights.EMBEDDING.name}"):
        try:
            return str(weights.verify(weights.EMBEDDING)), weights.EMBEDDING.name
        except WeightsMissing:
            if not name.startswith("sentence-transformers/"):
                raise
    if Path(name).is_dir():
        return str(Path(name)), Path(name).resolve().name
    return name, name


def _weights_hash(folder: str) -> str:
    """sha256 of the weights file when the model is a folder, else the model's name stands for it."""
    for file in ("model.safetensors", "pytorch_model.bin"):
        path = Path(folder) / file
        if path.is_file():
            return weights.sha256_of(path)
    return folder


def _is_mean_pooled(model: SentenceTransformer) -> bool:
    """True for transformer + mean pooling (+ normalise) without prompts: what `_encode_packed` computes."""
    modules = list(model)
    kinds = [type(module).__name__ for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling: Any = modules[1]
    mode = getattr(pooling, "pooling_mode", "")
    mean = (
        mode == "mean"
        or mode == ("mean",)
        or mode == ["mean"]
        or bool(getattr(pooling, "pooling_mode_mean_tokens", False))
    )
    return mean and not any((model.prompts or {}).values()) and hasattr(modules[0], "auto_model")


def _slices(text: str, size: int = 100_000) -> Iterator[tuple[int, str]]:
    """`text` in pieces that begin at white space where there is some, each with its offset: the tokens of
    20 MB at once would take 3 GB."""
    at = 0
    while at < len(text):
        end = at + size
        if end < len(text):
            cut = max(text.rfind(" ", at, end), text.rfind("\n", at, end))
            end = cut if cut > at else end
        yield at, text[at:end]
        at = end


def token_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The indices of texts of these token counts, shortest first, in batches that hold about
    BATCH_TOKENS tokens with their padding (one text at least)."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    first = 0
    while first < len(order):
        last = first + 1
        while last < len(order) and (last - first + 1) * lengths[order[last]] <= BATCH_TOKENS:
            last += 1
        yield order[first:last]
        first = last


def _encode_packed(
    encoder: Any, tokenizer: Any, texts: Sequence[str], limit: int, dimension: int
) -> np.ndarray:
    import torch

    backend = tokenizer._tokenizer
    backend.no_padding()
    backend.enable_truncation(limit)
    encoded = [e.ids for e in backend.encode_batch_fast(list(texts))]
    vectors = np.empty((len(encoded), dimension), np.float32)
    pad = tokenizer.pad_token_id or 0
    with torch.inference_mode():
        for rows in token_batches([len(ids) for ids in encoded]):
            width = len(encoded[rows[-1]])
            ids = np.full((len(rows), width), pad, np.int64)
            mask = np.zeros((len(rows), width), np.int64)
            for row, number in enumerate(rows):
                ids[row, : len(encoded[number])] = encoded[number]
                mask[row, : len(encoded[number])] = 1
            attention = torch.from_numpy(mask)
            hidden = encoder(
                input_ids=torch.from_numpy(ids), attention_mask=attention
            ).last_hidden_state.float()
            share = attention.unsqueeze(-1).float()
            pooled = (hidden * share).sum(1) / share.sum(1).clamp(min=1e-9)
            vectors[rows] = torch.nn.functional.normalize(pooled, dim=1).numpy()
    return vectors


def _probe(embedder: SentenceEmbedder) -> str:
    """ "bf16" when it is at least 1.3 times as fast as fp32 here and its vectors are equal (cosine
    at least .999); the finding is remembered for this processor, torch and model."""
    import torch

    key = "|".join(
        (platform.processor() or platform.machine(), _cpu_model(), torch.__version__, embedder.weights_sha256)
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "footnote" / "precision.json"
    try:
        known = json.loads(cache.read_text("utf-8"))
    except (OSError, ValueError):
        known = {}
    if isinstance(known, dict) and known.get(key) in PRECISIONS:
        return known[key]
    texts = [PROBE_TEXT * 2] * 8
    plain = embedder._encoder
    half = copy.deepcopy(plain).to(torch.bfloat16)
    seconds, vectors = {}, {}
    for label, encoder in (("fp32", plain), ("bf16", half)):
        runs = []
        for _ in range(3):
            started = time.perf_counter()
            vectors[label] = _encode_packed(
                encoder, embedder._model.tokenizer, texts, embedder.max_tokens, embedder.dimension
            )
            runs.append(time.perf_counter() - started)
        seconds[label] = min(runs)
    equal = float((vectors["fp32"] * vectors["bf16"]).sum(1).min()) >= 0.999
    chosen = "bf16" if equal and seconds["fp32"] >= 1.3 * seconds["bf16"] else "fp32"
    log.info(
        "precision probe: fp32 %.3f s, bf16 %.3f s, equal %s: %s",
        seconds["fp32"],
        seconds["bf16"],
        equal,
        chosen,
    )
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        temporary = cache.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps({**(known if isinstance(known, dict) else {}), key: chosen}), "utf-8")
        temporary.replace(cache)
    except OSError:
        log.debug("precision probe not remembered: %s cannot be written", cache)
    return chosen


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            found = [
                line.split(":", 1)[1].strip() for line in lines if line.startswith(("model name", "flags"))
            ]
    except OSError:
        return ""
    return "|".join(found[:1]) + ("+avx512_bf16" if "avx512_bf16" in " ".join(found[1:2]) else "")
