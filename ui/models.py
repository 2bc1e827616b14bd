"""The models within reach, which of them are in use, and how to choose another.

Choosing writes one line of `footnote.toml`; the rest of the file stays as it is.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index import weights
from index.errors import InputError, WeightsMissing
from rag.known_models import KnownModel, known, known_models
from ui.pull.folder import find_pulled, models_folder, place_of, pulled
from ui.settings import Settings, config_path, read_config

NAMES_TIMEOUT = 3.0
"""Seconds a model server gets to say which models it has."""


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model that can be used. `kind` is "embedding" or "language"; `problem` is empty when it is usable."""

    kind: str
    name: str
    place: str
    in_use: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A larger model that can be fetched. `fits` tells whether this machine has the memory for it now (None where
    its memory is not known), `here` whether it was fetched."""

    model: KnownModel
    fits: bool | None
    here: bool
    in_use: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What choosing a model wrote, and what the reader has to do now (may be empty)."""

    path: Path
    written: dict[str, str]
    then: str


def found_models(settings: Settings) -> list[FoundModel]:
    """The bundled models, those the settings name, and those the configured server says it has."""
    bundled_embedder = settings.embedder in (
        weights.EMBEDDING.name,
        f"sentence-transformers/{weights.EMBEDDING.name}",
    )
    found = [_bundled("embedding", weights.EMBEDDING, bundled_embedder)]
    if not bundled_embedder:
        folder = Path(settings.embedder)
        place = str(folder.resolve()) if folder.is_dir() else "by its name on the model hub"
        found.append(FoundModel("embedding", settings.embedder, place, True))

    own_model = not settings.llm_url and not settings.gguf
    found.append(_bundled("language", weights.SMOLLM2, own_model))
    if settings.gguf:
        path = Path(settings.gguf)
        problem = gguf_problem(path)
        found.append(FoundModel("language", path.stem, str(path), not settings.llm_url, problem))
    in_use = Path(settings.gguf).expanduser() if settings.gguf else None
    for path in pulled(models_folder(settings.models)):
        if in_use is None or not in_use.exists() or not path.samefile(in_use):
            found.append(FoundModel("language", _short_name(path), str(path), False, gguf_problem(path)))
    if settings.llm_url:
        names, problem = server_models(settings)
        if settings.llm_model and settings.llm_model not in names:
            if names:
                problem = f"the server has no model of this name, but {', '.join(names[:5])}"
            found.append(FoundModel("language", settings.llm_model, settings.llm_url, True, problem))
        elif not settings.llm_model:
            found.append(
                FoundModel(
                    "language",
                    "(unnamed)",
                    settings.llm_url,
                    True,
                    problem or "llm_model is not set: name one with `footnote models use`",
                )
            )
        found += [FoundModel("language", n, settings.llm_url, n == settings.llm_model) for n in names]
    return found


def _short_name(path: Path) -> str:
    model = known(path.stem)
    return model.name if model else path.stem


def choices(settings: Settings) -> list[Choice]:
    """The larger models Footnote knows by name, smallest first."""
    from ui.machine import fits_in, memory

    there, folder = memory(), models_folder(settings.models)
    in_use = Path(settings.gguf).expanduser() if settings.gguf and not settings.llm_url else None
    found: list[Choice] = []
    for model in known_models():
        path = folder / place_of(model)
        here = path.is_file()
        used = here and in_use is not None and in_use.exists() and path.samefile(in_use)
        found.append(Choice(model, fits_in(model, there.free) if there else None, here, used))
    return found


def server_models(settings: Settings) -> tuple[list[str], str]:
    """The names an OpenAI-compatible server offers under `/v1/models`, and "" or why they are not known."""
    key = settings.llm_api_key.get_secret_value()
    base = settings.llm_url.rstrip("/")
    base = base if base.endswith("/v1") else base + "/v1"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        request = urllib.request.Request(base + "/models", headers=headers)
        with urllib.request.urlopen(request, timeout=NAMES_TIMEOUT) as reply:
            listed: Any = json.loads(reply.read()).get("data", [])
        return [str(row["id"]) for row in listed], ""
    except urllib.error.HTTPError as error:
        return [], f"the server answers with status {error.code}"
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        return [], "the server's list of models is not in the OpenAI form"
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        return [], f"the server does not answer ({reason})"


def gguf_problem(path: Path) -> str:
    """What keeps a file from being run as a GGUF model; "" when nothing shows."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return "" if magic == b"GGUF" else f"{path} is not a GGUF file"


def use_model(target: str, settings: Settings, *, name: str = "") -> Change:
    """Chooses a model and writes the choice to the settings file.

    `target` is the address of a model server (`name` says which of its models), a .gguf file, the
    folder of a sentence-transformers model, the bundled model's name, a fetched model's name, a name the
    configured server knows, or else a sentence-transformers name. InputError when it cannot be used.
    """
    target = target.strip()
    if re.match(r"https?://", target):
        return _use_server(target, name, settings)
    if name:
        raise InputError(
            "--model goes with the address of a model server", "footnote models use URL --model NAME"
        )
    if target.lower() in ("bundled", weights.SMOLLM2.name.lower()):
        return _write({"llm_url": None, "llm_model": None, "gguf": None}, "")
    path = Path(target).expanduser()
    if path.suffix.lower() == ".gguf" and not path.exists() and (here := _fetched(target, settings)):
        path = here
    if path.suffix.lower() == ".gguf":
        if problem := gguf_problem(path):
            raise InputError(problem, "name a .gguf file")
        return _write({"gguf": str(path.resolve()), "llm_url": None, "llm_model": None}, "")
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise InputError(
                f"{path} holds no sentence-transformers model (no config.json)", "name a model's folder"
            )
        return _use_embedder(str(path.resolve()), settings)
    if settings.llm_url and target in server_models(settings)[0]:
        return _write({"llm_model": target}, "")
    if here := _fetched(target, settings):
        return _write({"gguf": str(here.resolve()), "llm_url": None, "llm_model": None}, "")
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", target):
        raise InputError(
            f"{target!r} is neither a file, a folder, an address nor a model's name",
            "`footnote models list` shows the models within reach",
        )
    return _use_embedder(target, settings)


def _fetched(target: str, settings: Settings) -> Path | None:
    """The fetched model of this name; InputError for one that is known and was not fetched."""
    folder = models_folder(settings.models)
    path = find_pulled(folder, target)
    if path is None and (model := known(target)):
        raise InputError(f"{model.name} is not in {folder}", f"footnote models pull {model.name}")
    return path


def model_settings(target: str, settings: Settings, *, name: str = "") -> Settings:
    """The settings with another language model, for one call: `bundled`, a fetched or known model's name, a .gguf
    file, or a server's address with `name`; unchanged for an empty target. InputError where it is none of these."""
    changes: dict[str, str]
    target = target.strip()
    if not target:
        return settings
    if re.match(r"https?://", target):
        asked = settings.model_copy(update={"llm_url": target})
        names, problem = ([name], "") if name else server_models(asked)
        if len(names) != 1:
            listed = f": {', '.join(names[:8])}" if names else f" ({problem})"
            raise InputError(f"which of the models at {target}?{listed}", "--model NAME")
        changes = {"llm_url": target, "llm_model": names[0], "gguf": ""}
    elif target.lower() in ("bundled", weights.SMOLLM2.name.lower()):
        changes = {"llm_url": "", "llm_model": "", "gguf": ""}
    elif settings.llm_url and not target.lower().endswith(".gguf") and target in server_models(settings)[0]:
        changes = {"llm_model": target, "gguf": ""}
    else:
        path = Path(target).expanduser()
        if path.suffix.lower() != ".gguf" or not path.exists():
            path = _fetched(target, settings) or path
        if path.suffix.lower() != ".gguf":
            raise InputError(
                f"{target!r} is no language model within reach", "`footnote models list` shows those that are"
            )
        if problem := gguf_problem(path):
            raise InputError(problem, "name a .gguf file")
        changes = {"llm_url": "", "llm_model": "", "gguf": str(path)}
    return settings.model_copy(update=changes)


def _use_server(url: str, name: str, settings: Settings) -> Change:
    then = ""
    asked = settings.model_copy(update={"llm_url": url})
    names, problem = server_models(asked)
    if not name:
        if len(names) != 1:
            listed = f": {', '.join(names[:8])}" if names else f" ({problem})"
            raise InputError(
                f"which of the models at {url}?{listed}", f"footnote models use {url} --model NAME"
            )
        name = names[0]
    elif problem:
        then = f"{url}: {problem}; start it before asking"
    elif name not in names:
        raise InputError(
            f"{url} has no model {name!r}, but {', '.join(names[:8]) or 'none'}", "name one of these"
        )
    return _write({"llm_url": url, "llm_model": name}, then)


def _use_embedder(name: str, settings: Settings) -> Change:
    unchanged = name == settings.embedder
    chosen = None if name == weights.EMBEDDING.name else name
    return _write(
        {"embedder": chosen},
        ""
        if unchanged
        else "indexes built with another embedder must be built again: footnote build PATH --rebuild",
    )


def _write(changes: dict[str, str | None], then: str) -> Change:
    path = config_path()
    write_config(path, changes)
    outranked = [f"FOOTNOTE_{name.upper()}" for name in changes if f"FOOTNOTE_{name.upper()}" in os.environ]
    if outranked:
        then = f"the environment outranks the file: unset {', '.join(outranked)}" + (
            f"; {then}" if then else ""
        )
    return Change(path, {name: value or "(default)" for name, value in changes.items()}, then)


def write_config(path: Path, changes: dict[str, str | None]) -> None:
    """Sets (or with None removes) settings in a TOML file, leaving every other line as it is.

    InputError, with the file untouched, when that is not possible.
    """
    before = read_config(path) if path.exists() else {}
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        for name, value in changes.items():
            lines = [line for line in lines if not re.match(rf'\s*"?{re.escape(name)}"?\s*=', line)]
            if value is not None:
                # A JSON string is a TOML basic string, save for the one escape TOML writes otherwise.
                lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
        text = "".join(f"{line}\n" for line in lines)
        expected = {k: v for k, v in before.items() if k not in changes}
        expected |= {k: v for k, v in changes.items() if v is not None}
        if tomllib.loads(text) != expected:
            raise ValueError("lines that belong together")
        temporary = path.with_name(path.name + ".new")
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}", "check the folder's permissions"
        ) from None
    except ValueError:
        raise InputError(
            f"{path} is written in a way that cannot be changed safely",
            "set it by hand: " + ", ".join(f"{k} = {v!r}" for k, v in changes.items() if v is not None),
        ) from None


def _bundled(kind: str, model: weights.Weights, in_use: bool) -> FoundModel:
    try:
        return FoundModel(kind, model.name, f"bundled, {weights.find(model)}", in_use)
    except WeightsMissing as error:
        return FoundModel(kind, model.name, "bundled", in_use, f"not installed: {error.next_step}")
