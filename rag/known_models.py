"""Larger open models that Footnote knows by name: what each needs, what its licence asks, where its file lies."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("known_models.toml")


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model of the list.

    Attributes:
        name: what `footnote models pull` takes.
        parameters: billions.
        quantisation: the weights' form, for example "Q4_K_M".
        repository, file: where the hub keeps it.
        bytes, sha256: of that file.
        memory: bytes while it runs with 4,096 tokens.
        licence: its short name; `conditions` what it asks of commercial use, empty when nothing.
        evidence: tokens of evidence at most in one prompt.
    """

    name: str
    parameters: float
    quantisation: str
    repository: str
    file: str
    bytes: int
    sha256: str
    memory: int
    licence: str
    conditions: str
    evidence: int


@cache
def known_models() -> tuple[KnownModel, ...]:
    """Every known model, in the order of their size."""
    rows = tomllib.loads(TABLE.read_text("utf-8"))["model"]
    return tuple(KnownModel(**row) for row in rows)


def known(name: str) -> KnownModel | None:
    """The model of this name, or whose file is called so (with or without `.gguf`); None where it is unknown."""
    wanted = name.strip().lower().removesuffix(".gguf")
    for model in known_models():
        if wanted in (model.name, model.file.lower().removesuffix(".gguf")):
            return model
    return None
