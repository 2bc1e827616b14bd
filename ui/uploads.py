"""Files that come from a browser: what they may be called, how large they may be, and where they lie."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from index.errors import IndexWriteFailed, InputError

FOLDER = "uploads"
"""Below the index folder of the collection."""
MOST_FILES = 200
MOST_FILE_BYTES = 100_000_000
MOST_BYTES = 200_000_000
"""All files of one upload; what is read of each kind is the reader's to say."""
MOST_NAME_BYTES = 150
"""File systems take 255; a part's name is longer than the file's."""

_UNWANTED = re.compile(r'[<>:"|?*]')


class TooLargeError(InputError):
    """More bytes than are taken."""


class Sent(NamedTuple):
    """A file that was sent: what its sender calls it, its bytes, and how many."""

    name: str
    data: BinaryIO
    size: int


def endings() -> tuple[str, ...]:
    """The endings of file names that are read, in order."""
    from index.readers import EXTENSIONS

    return tuple(sorted(EXTENSIONS))


def safe_name(given: str) -> str:
    """A name for a file of this name that stays in its folder on every system: its last part, without control and
    formatting characters and what no file name may hold, not hidden, at most 150 bytes. Raises InputError for what is no name of a file that is read.

    >>> safe_name("../../etc/notes.txt")
    'notes.txt'
    """
    name = unicodedata.normalize("NFC", given.encode("utf-8", "replace").decode())
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(
        one for one in name if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    name = " ".join(_UNWANTED.sub("_", name).split()).strip(". ")
    ending = max((one for one in endings() if name.lower().endswith(one)), key=len, default="")
    stem = name[: len(name) - len(ending)].strip(". ")
    if not ending or not stem:
        shown = "".join(one if one.isprintable() else "?" for one in given)[:100]
        raise InputError(
            f"{shown or 'a file without a name'}: this kind of file is not read",
            f"send {', '.join(endings())}",
        )
    room = MOST_NAME_BYTES - len(ending)
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + name[len(name) - len(ending) :]


def keep(folder: Path, sent: Sequence[Sent]) -> list[str]:
    """Puts files into a folder, in place of those of the same name, and gives their names: all of them, or none where
    one cannot be taken (InputError). Raises IndexWriteFailed when there is no room."""
    names = [safe_name(one.name) for one in sent]
    if not sent:
        raise InputError("no file was sent", "choose one or more files")
    for one, name in zip(sent, names, strict=True):
        if one.size > MOST_FILE_BYTES:
            raise TooLargeError(
                f"{name}: larger than {MOST_FILE_BYTES // 1_000_000} MB",
                "split it, or let `footnote build` read it where it lies",
            )
        if not one.size:
            raise InputError(f"{name}: the file is empty", "send files with text in them")
        if [other.casefold() for other in names].count(name.casefold()) > 1:
            raise InputError(
                f"two of the files are called {name}", "rename one of them, or send them one by one"
            )
    parts: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one, name in zip(sent, names, strict=True):
            part = folder / f".{secrets.token_hex(8)}.part"  # hidden: no reader looks at it
            parts.append((part, folder / name))
            with part.open("xb") as file:
                shutil.copyfileobj(one.data, file, 1 << 20)
        for part, whole in parts:
            os.replace(part, whole)
    except OSError as error:
        raise IndexWriteFailed(
            f"the files could not be kept in {folder}: {(error.strerror or str(error)).lower()}",
            "free some space or allow writing there, then send them again",
        ) from error
    finally:
        for part, _ in parts:
            part.unlink(missing_ok=True)
    return names


def kept(folder: Path) -> list[tuple[str, int]]:
    """The files that lie there, by name, each with its bytes."""
    if not folder.is_dir():
        return []
    found = [one for one in folder.iterdir() if not one.name.startswith(".") and one.is_file()]
    return sorted((one.name, one.stat().st_size) for one in found)


def drop(folder: Path, name: str) -> bool:
    """Deletes one of them; False where none is called so."""
    if name not in dict(kept(folder)):
        return False
    (folder / name).unlink(missing_ok=True)
    return True
