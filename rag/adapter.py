"""The adapter of the bundled model (`rag/weights/adapter.gguf`): low-rank weights that teach it to answer from evidence.

It fits one base model and one form of prompt; its card beside it, `adapter.json`, names both, and the file's hash.
Trained by `rag/training/adapter.py`; figures are in docs/models.md.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from index import weights
from rag.prompt import ABSTAIN_WORDS, ADAPTED_SYSTEM, Fact, adapted_text

FILE = Path(__file__).parent / "weights" / "adapter.gguf"


def prompt_label() -> str:
    """A short hash over the form of the prompt and the words for "no answer"."""
    asked = adapted_text("Question?", [Fact("One two three.", "Title", None, (4, 7)), Fact("Four.", "Title")])
    return hashlib.sha256(f"{ADAPTED_SYSTEM}\n{asked}\n{ABSTAIN_WORDS}".encode()).hexdigest()[:12]


def problem(file: Path | None = None) -> str:
    """Why the adapter (ours, or another file of its kind) cannot be used with the bundled model, in plain words; "" when it can."""
    file = file or FILE
    card = file.with_suffix(".json")
    try:
        said = json.loads(card.read_text("utf-8"))
        held = weights.sha256_of(file)
    except OSError as error:
        return f"{Path(error.filename or file).name} cannot be read ({error.strerror})"
    except ValueError:
        return f"{card.name} is damaged"
    if not isinstance(said, dict) or said.get("sha256") != held:
        return f"{file.name} is damaged, or not the file that {card.name} tells of"
    if said.get("base_sha256") != weights.SMOLLM2.sha256:
        return f"{file.name} was made for other weights than {weights.SMOLLM2.name}'s bundled ones"
    if said.get("prompt") != prompt_label():
        return f"{file.name} was made for another version's prompt"
    return ""
