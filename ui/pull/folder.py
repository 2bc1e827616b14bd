"""Where fetched models lie: one folder for all collections, by hub name or host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from rag.known_models import KnownModel, known


def models_folder(setting: str) -> Path:
    """The folder the setting `models` names, else `footnote/models` where programs keep their data."""
    if setting:
        return Path(setting).expanduser()
    base = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return Path(base) / "footnote" / "models"


def place_of(model: KnownModel) -> Path:
    """Where a known model lies within the folder."""
    return Path(model.repository) / model.file


def pulled(folder: Path) -> Iterator[Path]:
    """Every model file that was fetched whole."""
    yield from sorted(path for path in folder.rglob("*.gguf") if path.is_file())


def find_pulled(folder: Path, name: str) -> Path | None:
    """The fetched file that a name means: a known model's, OWNER/REPO/FILE, or a file's own name; None where there
    is none, or several are called so."""
    model = known(name)
    if model is not None:
        path = folder / place_of(model)
        return path if path.is_file() else None
    wanted = name.lower().removesuffix(".gguf")
    found = [
        path
        for path in pulled(folder)
        if wanted in (path.stem.lower(), path.relative_to(folder).as_posix().lower().removesuffix(".gguf"))
    ]
    return found[0] if len(found) == 1 else None
