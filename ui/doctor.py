"""What stands between this machine and an answer: each part looked at, with what to do about it."""

from __future__ import annotations

import http.client
import os
import platform
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from index import weights
from index.errors import FootnoteError, IndexMissing, WeightsMissing
from rag.known_models import known
from ui import machine
from ui.machine import usable_cores
from ui.settings import Settings, config_path, unknown_variables

if TYPE_CHECKING:
    from rag.llm import LanguageModel

Status = Literal["ok", "warning", "problem"]

LITTLE_MEMORY = 1_500_000_000
"""Bytes the chat server needs with the bundled models and 20,000 chunks."""
LITTLE_DISK = 1_000_000_000
LITTLE_CONTEXT = 1_024
SLOW_READING = 60
"""Tokens a second below which a prompt of 300 takes five seconds to read."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `next_step` says what to do about a warning or a problem."""

    name: str
    status: Status
    detail: str
    next_step: str = ""


def diagnose(settings: Settings, names: Collection[str] = ()) -> Iterator[Check]:
    """The checks in turn, or only those named, each as soon as it is done. None of them raises or
    changes the index."""
    for name, check in CHECKS.items():
        if names and name not in names:
            continue
        try:
            yield from check(settings)
        except FootnoteError as error:
            yield Check(name, "problem", str(error), error.next_step)
        except ImportError as error:
            yield Check(name, "problem", f"{error.name or error} cannot be imported", "make install")


def _python(_: Settings) -> Iterator[Check]:
    found = f"{platform.python_version()} ({sys.executable}), {platform.system()} {platform.machine()}"
    yield Check("python", "ok", found)


def _processor(settings: Settings) -> Iterator[Check]:
    cores = usable_cores()
    flags, model = _cpu_facts()
    kinds = [name for flag, name in _FLAGS if flag in flags]
    threads = f", {settings.threads} threads set" if settings.threads else ""
    detail = ", ".join(
        filter(None, [f"{cores} cores" + threads, model, "with " + " ".join(kinds) if kinds else ""])
    )
    if settings.threads > cores:
        yield Check(
            "processor", "warning", detail, f"threads = {cores} or 0: more threads than cores only wait"
        )
    else:
        yield Check("processor", "ok", detail)


_FLAGS = (
    ("avx2", "AVX2"),
    ("avx512f", "AVX-512"),
    ("avx512_vnni", "VNNI"),
    ("avx512_bf16", "bf16"),
    ("amx_bf16", "AMX"),
)


def _cpu_facts() -> tuple[set[str], str]:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return set(), platform.processor()
    pairs = [line.partition(":") for line in lines]
    facts = {name.strip(): value.strip() for name, colon, value in reversed(pairs) if colon}
    return set(facts.get("flags", "").split()), facts.get("model name", "")


def _memory(_: Settings) -> Iterator[Check]:
    there = machine.memory()
    if there is None:
        return  # not Linux: nothing to say without another library
    free, total = there.free, there.total
    detail = f"{_gigabytes(free)} free of {_gigabytes(total)}"
    if free < LITTLE_MEMORY:
        yield Check("memory", "warning", detail, "close other programs: the chat server takes up to 1.5 GB")
    else:
        yield Check("memory", "ok", detail)


def _disk(settings: Settings) -> Iterator[Check]:
    place = settings.index_dir.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    detail = f"{_gigabytes(free)} free at {place}"
    if free < LITTLE_DISK:
        yield Check("disk", "warning", detail, "free some space, or put the index elsewhere: --index DIR")
    else:
        yield Check("disk", "ok", detail)


def _settings(_: Settings) -> Iterator[Check]:
    path = config_path()
    found = f"{path} is read" if path.exists() else f"no {path}; environment and defaults only"
    strange = unknown_variables()
    if not strange:
        yield Check("settings", "ok", found)
    for variable, near in strange.items():
        hint = f"did you mean {near}?" if near else "unset it; `footnote settings` shows every name"
        yield Check("settings", "warning", f"{variable} is set but names no setting", hint)


def _torch(settings: Settings) -> Iterator[Check]:
    import torch

    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU build"
    threads = settings.threads or torch.get_num_threads()
    yield Check("torch", "ok", f"{torch.__version__} ({build}), {threads} threads")


def _embedder(settings: Settings) -> Iterator[Check]:
    from ui.wiring import load_embedder_for

    embedder = load_embedder_for(settings)
    checked = ""
    if embedder.model_label == weights.EMBEDDING.name:
        try:
            weights.verify(weights.EMBEDDING)
            checked = ", sha256 is the published one"
        except WeightsMissing:
            checked = ", not the bundled files"
    yield Check(
        "embedder",
        "ok",
        f"{embedder.model_label}, {embedder.dimension} numbers, {embedder.max_tokens} tokens at most, "
        f"{embedder.precision}{checked}",
    )


def _index(settings: Settings) -> Iterator[Check]:
    from ui.wiring import opened_library

    place = settings.index_dir
    try:
        with opened_library(settings) as library:
            manifest = library.manifest
    except IndexMissing as error:
        if not str(error).startswith("there is no index"):  # a part of it is gone, elsewhere, unreadable
            raise
        # Not a problem of this machine: nobody has built one here yet.
        yield Check("index", "warning", f"none at {place}", "footnote build PATH")
        return
    detail = (
        f"{place}: {manifest.articles} articles, {manifest.chunks} chunks of {manifest.chunk_size} tokens by "
        f"{manifest.embedding_model}, revision {manifest.revision} of {manifest.built_at[:16]}"
    )
    label = Path(settings.embedder).name if Path(settings.embedder).is_dir() else settings.embedder
    if manifest.embedding_model.rsplit("/", 1)[-1] != label.rsplit("/", 1)[-1]:
        yield Check(
            "index",
            "problem",
            f"{detail}; but the settings say {settings.embedder}",
            "footnote build PATH --rebuild, or set embedder back",
        )
    elif not manifest.articles:
        yield Check("index", "warning", detail, "footnote build PATH")
    elif not os.access(place, os.W_OK):
        yield Check(
            "index", "warning", f"{detail}; this user cannot write it", "questions work, builds do not"
        )
    else:
        yield Check("index", "ok", detail)


def _chroma(settings: Settings) -> Iterator[Check]:
    from importlib.metadata import version

    library = f"chromadb {version('chromadb')}"
    if not settings.chroma_url:
        yield Check("chroma", "ok", f"{library}, inside this process")
        return
    url = settings.chroma_url.rstrip("/")
    try:
        with urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=3) as reply:
            reply.read()
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        yield Check(
            "chroma",
            "problem",
            f"the server at {url} does not answer ({reason})",
            "start it (chroma run), or unset FOOTNOTE_CHROMA_URL",
        )
    else:
        yield Check("chroma", "ok", f"{library}, server at {url} answers")


def _model(settings: Settings) -> Iterator[Check]:
    from ui.wiring import load_model_for

    unused = settings.engine == "quote"
    try:
        model = load_model_for(settings)
        try:
            context = model.context_size
            adapted = model.adapted
            read, written = model.read_speed(), writing_speed(model)
        finally:
            model.close()
    except FootnoteError as error:
        hint = error.next_step or "footnote models use bundled"
        yield Check("model", "warning" if unused else "problem", str(error), hint)
        return
    places = {
        "bundled": "bundled, sha256 is the published one",
        "gguf": f"file {settings.gguf}",
        "server": settings.llm_url,
    }
    runtime = "" if model.kind == "server" else f", xllamacpp {_xllamacpp_version()}"
    detail = (
        f"{model.name} ({places[model.kind]}{runtime}): context {context:,} tokens, "
        f"reads {read:,.0f} and writes {written:,.0f} tokens a second"
    )
    lacks = ""
    if model.kind == "bundled" and settings.adapter:
        from rag.adapter import problem

        lacks = problem() or ("" if adapted else "llama.cpp does not take it")
        detail += f"; without its adapter: {lacks}" if lacks else ", with its adapter"
    if unused:
        detail += "; not used, engine is quote"
    if lacks and not unused:
        yield Check(
            "model", "warning", detail, "install Footnote again; until then it quotes more and writes less"
        )
    elif context < LITTLE_CONTEXT:
        yield Check("model", "warning", detail, "give the model a context of at least 2,048 tokens")
    elif read < SLOW_READING and not unused:
        yield Check("model", "warning", detail, "slow: a smaller model, or engine = quote, answers sooner")
    else:
        yield Check("model", "ok", detail)


def _larger(settings: Settings) -> Iterator[Check]:
    """Advice, never a warning: the bundled model answers everywhere."""
    from ui.models import choices

    there, cores = machine.memory(), settings.threads or usable_cores()
    if settings.llm_url:
        yield Check("larger model", "ok", f"a server is used, {settings.llm_url}")
        return
    if there is None:
        yield Check("larger model", "ok", "this machine's memory is not known: footnote models list")
        return
    used = known(Path(settings.gguf).name) if settings.gguf else None
    advised = machine.recommended(there.free, cores)
    machine_has = f"{_gigabytes(there.free)} free and {cores} cores"
    if used and (advised is None or advised.parameters <= used.parameters):
        quick = machine.answer_seconds(used, cores) <= machine.PATIENCE
        fits = machine.fits_in(used, there.free) and quick
        size = "the right size for" if fits else "more than suits"
        yield Check("larger model", "ok", f"{used.name} is in use, {size} {machine_has}")
        return
    if advised is None:
        yield Check("larger model", "ok", f"none for {machine_has}: the bundled one fits best")
        return
    here = next(choice.here for choice in choices(settings) if choice.model == advised)
    command = f"footnote models {'use' if here else 'pull'} {advised.name}"
    seconds = machine.answer_seconds(advised, cores)
    yield Check(
        "larger model",
        "ok",
        f"{machine_has} are enough for {advised.name} ({_gigabytes(advised.bytes)}, {advised.licence}), "
        f"about {seconds:.0f} s an answer: {command}",
    )


def writing_speed(model: LanguageModel) -> float:
    """Tokens a second while writing, measured over some forty; a piece of the stream counts as one."""
    from rag.llm import Message

    times = []
    prompt = [Message("user", "Write the numbers from one to sixty in words, separated by commas.")]
    for _ in model.stream(prompt, max_tokens=40):
        times.append(time.perf_counter())
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0


def _xllamacpp_version() -> str:
    from importlib.metadata import version

    return version("xllamacpp")


def _port(settings: Settings) -> Iterator[Check]:
    from ui.commands.chat import free_port, port_problem

    if problem := port_problem(settings.host, settings.port):
        yield Check("port", "warning", problem, f"footnote chat --port {free_port(settings.host)}")
    else:
        yield Check("port", "ok", f"{settings.host}:{settings.port} is free for the chat page")


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"


CHECKS: dict[str, Callable[[Settings], Iterator[Check]]] = {
    "python": _python,
    "processor": _processor,
    "memory": _memory,
    "disk": _disk,
    "settings": _settings,
    "torch": _torch,
    "embedder": _embedder,
    "index": _index,
    "chroma": _chroma,
    "model": _model,
    "larger model": _larger,
    "port": _port,
}
"""Every check, in the order they are shown."""
