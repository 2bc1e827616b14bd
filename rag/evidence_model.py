"""The evidence model: one small cross-encoder of our own with two heads over one reading.

It reads a question beside a whole passage and says of every sentence whether that sentence is the
evidence (a logit; above 0: rather this than nothing), and where in it the answer stands (start and
end of a span). It keeps the embeddings of the bundled MiniLM and has its own six layers, fine-tuned by
`rag/training/evidence_model.py`; weights and their card lie in `rag/weights/`. In training the same network also reads
a statement beside a few sentences and says whether they support it; that head is not kept (docs/decisions.md).

Input: [CLS] question or statement [SEP] title. heading [SEP] passage [SEP]; the passage is segment B.
The sentence head sees the first token and the mean of the sentence's tokens; the span head each token
(as in BERT's reading of SQuAD, Devlin et al. 2019, https://arxiv.org/abs/1810.04805).
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
from index.errors import WeightsMissing

WEIGHTS = Path(__file__).parent / "weights" / "evidence.safetensors"
CARD = WEIGHTS.with_suffix(".json")
MAX_QUESTION, MAX_CONTEXT, MAX_PASSAGE = 64, 32, 288
MAX_ANSWER = 16


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing to read: `asked` is a question or a statement, `context` the title and heading, `spans`
    the sentences of `text` as (start, end) in code points."""

    asked: str
    context: str
    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What the model says of one sentence: the logit that it is the evidence (-inf where the passage
    was cut before it), and the likeliest answer in it as offsets into `Reading.text`, with its logit
    over "no answer here" (0)."""

    logit: float
    answer: tuple[int, int] | None
    answer_logit: float


@dataclass(frozen=True, slots=True)
class Row:
    """A reading as numbers: token ids, where segment B begins, for each token of it the number of its
    sentence (-1 for none) and its offsets."""

    ids: list[int]
    first: int
    sentence: list[int]
    offsets: list[tuple[int, int]]


def context_of(title: str, heading: str) -> str:
    """What stands before a passage when it is read, in training and in answers alike."""
    return ". ".join(part for part in (title, heading) if part)


def rows_of(tokenizer: Any, readings: Sequence[Reading]) -> list[Row]:
    """Token rows; parts that are too long are cut at their end."""
    backend = tokenizer._tokenizer
    backend.no_truncation()
    backend.no_padding()
    short = list(dict.fromkeys(text for r in readings for text in (r.asked, r.context)))
    known = {
        text: encoded.ids
        for text, encoded in zip(
            short, backend.encode_batch_fast(short, add_special_tokens=False), strict=True
        )
    }
    passages = list(dict.fromkeys(r.text for r in readings))
    read = dict(zip(passages, backend.encode_batch(passages, add_special_tokens=False), strict=True))
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    made: list[Row] = []
    for reading in readings:
        head = [cls, *known[reading.asked][:MAX_QUESTION], sep, *known[reading.context][:MAX_CONTEXT], sep]
        ids = read[reading.text].ids[:MAX_PASSAGE]
        offsets = read[reading.text].offsets[:MAX_PASSAGE]
        sentence = [-1] * len(ids)
        number = 0
        for place, (start, _) in enumerate(offsets):
            while number < len(reading.spans) and start >= reading.spans[number][1]:
                number += 1
            if number < len(reading.spans) and start >= reading.spans[number][0]:
                sentence[place] = number
        made.append(Row([*head, *ids, sep], len(head), sentence, offsets))
    return made


def tensors(rows: Sequence[Row], pad: int) -> dict[str, Any]:
    """The rows as tensors of shape (rows, longest row): `ids`, `mask`, `segment`, and `sentence`,
    which numbers the sentences of all rows through (-1 for none); `owner` is the row of each sentence,
    `local` its number there."""
    import torch

    width = max(len(row.ids) for row in rows)
    ids = np.full((len(rows), width), pad, np.int64)
    mask = np.zeros((len(rows), width), np.int64)
    segment = np.zeros((len(rows), width), np.int64)
    sentence = np.full((len(rows), width), -1, np.int64)
    owner: list[int] = []
    local: list[int] = []
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = row.ids
        mask[number, : len(row.ids)] = 1
        segment[number, row.first : len(row.ids)] = 1
        known: dict[int, int] = {}
        for place, mine in enumerate(row.sentence, row.first):
            if mine >= 0:
                if mine not in known:
                    known[mine] = len(owner)
                    owner.append(number)
                    local.append(mine)
                sentence[number, place] = known[mine]
    return {
        "ids": torch.from_numpy(ids),
        "mask": torch.from_numpy(mask),
        "segment": torch.from_numpy(segment),
        "sentence": torch.from_numpy(sentence),
        "owner": torch.tensor(owner, dtype=torch.long),
        "local": torch.tensor(local, dtype=torch.long),
    }


def build_network(encoder: Any, *, support: bool = False) -> Any:
    """The network over a BERT encoder: `sentence` and `span` are linear heads, and with `support` that of training.

    `forward` takes what `tensors` makes and returns (logit of each sentence, start and end logits
    of each token with shape (rows, width, 2)); `judge` returns the support logit of each row.
    """
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            width = encoder.config.hidden_size
            self.encoder = encoder
            self.sentence = torch.nn.Linear(2 * width, 1)
            self.span = torch.nn.Linear(width, 2)
            if support:
                self.support = torch.nn.Linear(2 * width, 1)

        def hidden(self, batch: dict[str, Any]) -> Any:
            return self.encoder(
                input_ids=batch["ids"], attention_mask=batch["mask"], token_type_ids=batch["segment"]
            ).last_hidden_state.float()

        def forward(self, batch: dict[str, Any]) -> tuple[Any, Any]:
            hidden = self.hidden(batch)
            first = hidden[:, 0]
            flat, numbers = hidden.reshape(-1, hidden.shape[-1]), batch["sentence"].reshape(-1)
            held = numbers >= 0
            count = len(batch["owner"])
            total = flat.new_zeros(count, flat.shape[1]).index_add(0, numbers[held], flat[held])
            size = flat.new_zeros(count).index_add(0, numbers[held], flat.new_ones(int(held.sum())))
            mean = total / size.clamp(min=1).unsqueeze(1)
            sentences = self.sentence(torch.cat([first[batch["owner"]], mean], dim=1)).squeeze(-1)
            return sentences, self.span(hidden)

        def judge(self, batch: dict[str, Any]) -> Any:
            hidden = self.hidden(batch)
            share = (batch["segment"] * batch["mask"]).unsqueeze(-1).float()
            whole = (hidden * share).sum(1) / share.sum(1).clamp(min=1)
            return self.support(torch.cat([hidden[:, 0], whole], dim=1)).squeeze(-1)

    return Network()


class EvidenceModel:
    """Reads passages for a question; made by `load_evidence_model`.
    Safe to use from several threads: one reads at a time. `calibrated`: its logits mean what
    `rag/weights/scorers.json` was fitted to."""

    calibrated = True

    def __init__(self, network: Any, tokenizer: Any) -> None:
        self._network, self._tokenizer = network, tokenizer
        self._lock = threading.Lock()

    def read(self, readings: Sequence[Reading]) -> list[list[Read]]:
        """For each reading what is said of each of its sentences, in their order."""
        found: list[list[Read]] = [
            [Read(-float("inf"), None, -float("inf"))] * len(r.spans) for r in readings
        ]
        for numbers, rows, batch, (sentences, spans) in self._batches(readings):
            for logit, owner, local in zip(
                sentences.tolist(), batch["owner"].tolist(), batch["local"].tolist(), strict=True
            ):
                row = rows[owner]
                answer, score = best_span(row, spans[owner].numpy(), local)
                found[numbers[owner]][local] = Read(float(logit), answer, score)
        return found

    def _batches(self, readings: Sequence[Reading]) -> Any:
        import torch

        if not readings:
            return
        with self._lock, torch.inference_mode():
            rows = rows_of(self._tokenizer, readings)
            for numbers in token_batches([len(row.ids) for row in rows]):
                mine = [rows[i] for i in numbers]
                batch = tensors(mine, self._tokenizer.pad_token_id or 0)
                yield numbers, mine, batch, self._network(batch)


class OtherCrossEncoder:
    """Any sentence-transformers cross-encoder for one output, in the place of ours: it reads sentence by
    sentence, marks no answers, and its logits are on a scale of its own (`calibrated` is False)."""

    calibrated = False

    def __init__(self, model: Any) -> None:
        self._model = model
        self._lock = threading.Lock()

    def read(self, readings: Sequence[Reading]) -> list[list[Read]]:
        """See `EvidenceModel.read`; each sentence is read behind its passage's title."""
        pairs = [
            (r.asked, f"{r.context}. {r.text[a:b]}" if r.context else r.text[a:b])
            for r in readings
            for a, b in r.spans
        ]
        if not pairs:
            return [[] for _ in readings]
        from torch.nn import Identity

        with self._lock:
            logits = iter(
                self._model.predict(pairs, activation_fn=Identity(), show_progress_bar=False).tolist()
            )
        return [[Read(float(next(logits)), None, -float("inf")) for _ in r.spans] for r in readings]


def load_cross_encoder(name: str) -> OtherCrossEncoder:
    """The cross-encoder in this folder, or of this name where sentence-transformers may fetch it.

    Raises WeightsMissing when there is none, or it gives more than one score.
    """
    from sentence_transformers import CrossEncoder

    try:
        model = CrossEncoder(name)
    except (OSError, ValueError) as error:
        raise WeightsMissing(
            f"the evidence model {name!r} cannot be loaded: {' '.join(str(error).split())[:200]}",
            "set evidence_model to the folder of a sentence-transformers cross-encoder, or to bundled",
        ) from error
    if model.num_labels != 1:
        raise WeightsMissing(
            f"the evidence model {name!r} gives {model.num_labels} scores, one is needed",
            "set evidence_model to a cross-encoder trained for relevance, or to bundled",
        )
    return OtherCrossEncoder(model)


def best_span(row: Row, logits: np.ndarray, sentence: int) -> tuple[tuple[int, int] | None, float]:
    """The likeliest answer of at most MAX_ANSWER tokens within one sentence, as offsets into the text,
    and the sum of its start and end logits less those of the first token ("no answer")."""
    places = [place for place, number in enumerate(row.sentence) if number == sentence]
    if not places:
        return None, -float("inf")
    first, last = places[0], places[-1] + 1
    start, end = logits[row.first + first : row.first + last].T
    none = float(logits[0].sum())
    sums = start[:, None] + end[None, :]
    allowed = np.triu(np.ones_like(sums, dtype=bool)) & ~np.triu(np.ones_like(sums, dtype=bool), MAX_ANSWER)
    sums = np.where(allowed, sums, -np.inf)
    a, b = np.unravel_index(int(np.argmax(sums)), sums.shape)
    return (row.offsets[first + int(a)][0], row.offsets[first + int(b)][1]), float(sums[a, b]) - none


@lru_cache(maxsize=2)
def load_evidence_model(*, precision: str = "fp32", path: Path = WEIGHTS) -> EvidenceModel | None:
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
    assert all(is_left_out(name) for name in missing), missing
    network.eval()
    if precision == "bf16":
        network.encoder.to(torch.bfloat16)
    return EvidenceModel(network, AutoTokenizer.from_pretrained(folder))


def is_left_out(name: str) -> bool:
    """True for parameters that are not in our weights: those that stay the bundled MiniLM's, and the support
    head, which only helps in the first pass of training."""
    return name.startswith(("encoder.embeddings.", "encoder.pooler.", "support."))


def fresh_copy(encoder: Any) -> Any:
    """A copy of an encoder to train on, its shared parts frozen."""
    made = build_network(copy.deepcopy(encoder), support=True)
    for name, parameter in made.named_parameters():
        parameter.requires_grad = not is_left_out(name) or name.startswith("support.")
    return made
