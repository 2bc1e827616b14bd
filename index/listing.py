"""The list of sources: what `sources.toml` names, and what a build is given on the command line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from index.errors import InputError
from index.schema import Given, Source
from index.web.source import Fetches, Reading, WebSource

SOURCES_FILE = "sources.toml"
LEAST_EVERY = 60.0
"""Seconds: no source is read more often, whatever the list says."""

_DURATION = re.compile(r"\s*(\d{1,7}(?:\.\d{1,3})?)\s*([a-z]*)\s*", re.I)
_LIKE_A_HOST = re.compile(
    r"(?:(https?:)/{0,2}|//)?((?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}|localhost)(?::\d+)?(?:[/?#].*)?)",
    re.I,
)
_UNITS = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0,
    "d": 86_400.0, "day": 86_400.0, "w": 604_800.0, "week": 604_800.0,
}  # fmt: skip


def seconds_of(text: str) -> float:
    """The seconds that `30 minutes`, `2 h`, `1 day` or `90 s` are; raises `ValueError` for what is no length of time."""
    found = _DURATION.fullmatch(text)
    unit = found[2].lower() if found else ""
    factor = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if not found or not factor:
        raise ValueError(f"{text!r} is no length of time (as `30 minutes`, `2 hours` or `1 day`)")
    return float(found[1]) * factor


class SourceEntry(BaseModel):
    """One source: an `address`, a `path` or a LlamaIndex `reader`, and how it is read.

    `name`, `topic` and `language` stand for what its articles do not say. `every` is how often `footnote sync --watch`
    reads it, `recheck` after what time a page is asked whether it changed though its feed or sitemap does not say so
    ("never" for not at all). `include` and `exclude` are patterns for addresses (`*/news/*`). `most` pages are fetched in
    one run. `options` go to the reader's class, `load` to its `load_data`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = ""
    path: str = ""
    reader: str = ""
    name: str = ""
    kind: Literal["", "page", "feed", "sitemap", "feeds", "site"] = ""
    topic: str = ""
    language: str = Field(default="", pattern=r"^(?:[a-z]{2,3})?$")
    every: str = "30 minutes"
    recheck: str = "30 days"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    most: int = Field(default=2_000, ge=1)
    options: dict[str, Any] = Field(default_factory=dict)
    load: dict[str, Any] = Field(default_factory=dict)
    _typed: str = PrivateAttr("")

    @model_validator(mode="before")
    @classmethod
    def _schedule_is_every(cls, data: Any) -> Any:
        if isinstance(data, dict) and "schedule" in data and "every" not in data:
            return {"every" if name == "schedule" else name: value for name, value in data.items()}
        return data

    @field_validator("every")
    @classmethod
    def _is_time(cls, value: str) -> str:
        seconds_of(value)
        return value

    @field_validator("recheck")
    @classmethod
    def _is_time_or_never(cls, value: str) -> str:
        if value != "never":
            seconds_of(value)
        return value

    @model_validator(mode="after")
    def _is_one_source(self) -> SourceEntry:
        if sum(map(bool, (self.address, self.path, self.reader))) != 1:
            raise ValueError("a source has one of `address`, `path` and `reader`")
        return self

    @property
    def every_seconds(self) -> float:
        """See the class; at least a minute."""
        return max(LEAST_EVERY, seconds_of(self.every))

    @property
    def shown(self) -> str:
        """What people call it: what they typed, else its address, path or reader."""
        return self._typed or self.address or self.path or self.reader

    def as_json(self) -> dict[str, Any]:
        """What was set, as JSON types; `SourceEntry(**...)` gives it back."""
        return self.model_dump(mode="json", exclude_defaults=True)


class _List(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: list[SourceEntry] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry, and the source it became or the reason why it did not."""

    entry: SourceEntry
    source: Source | None
    reason: str = ""

    @property
    def name(self) -> str:
        """See `SourceEntry.shown`."""
        return self.entry.shown


def entry_of(named: str | Path) -> SourceEntry:
    """What the command line names: an address, or a path (kept absolute: a sync may run from another folder)."""
    text = str(named)
    if isinstance(named, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        return SourceEntry(address=text)
    if not text:
        raise InputError("an empty word names no source", "footnote build PATH-OR-ADDRESS...")
    entry = SourceEntry(path=str(Path(text).absolute()))
    entry._typed = text
    return entry


def read_list(file: Path) -> list[SourceEntry]:
    """The sources a `sources.toml` names; paths in it count from its folder. Raises `InputError` with the entry at fault."""
    mend = f"see docs/ingest.md for what {SOURCES_FILE} may hold"
    try:
        data = tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {(error.strerror or str(error)).lower()}", mend) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {error}", mend) from error
    try:
        entries = _List(**data).source
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = tuple(first["loc"])
        where = f"source {int(place[1]) + 1}" if len(place) > 1 and isinstance(place[1], int) else ""
        name = ".".join(str(part) for part in place[2 if where else 0 :] if not isinstance(part, int))
        said = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            known = ", ".join(SourceEntry.model_fields if where else _List.model_fields)
            said = f"there is no such field (known: {known})"
        raise InputError(": ".join(part for part in (str(file), where, name, said) if part), mend) from error
    folder = file.absolute().parent
    return [
        entry.model_copy(update={"path": str(folder / Path(entry.path).expanduser())})
        if entry.path
        else entry
        for entry in entries
    ]


def open_sources(entries: Iterable[SourceEntry], *, collection: str, fetcher: Fetches) -> list[Opened]:
    """The sources of these entries, each named once; an OPML file becomes the feeds it lists. What lies in two folders is
    read as part of the inner one."""
    opened: dict[str, Opened] = {}
    for entry in entries:
        try:
            feeds = _feeds_in(entry)
        except InputError as error:
            opened.setdefault(entry.shown, Opened(entry, None, str(error).removeprefix(f"{entry.shown}: ")))
            continue
        for one in feeds:
            try:
                source = source_of(one, collection=collection, fetcher=fetcher)
            except InputError as error:
                opened.setdefault(one.shown, Opened(one, None, str(error).removeprefix(f"{one.shown}: ")))
            else:
                opened.setdefault(source.key, Opened(one, source))
    folders = {one.entry.path: one.source for one in opened.values() if one.source and one.entry.path}
    if len(folders) > 1:
        from index.readers import FolderSource

        sources = [one for one in folders.values() if isinstance(one, FolderSource)]
        for source in sources:
            source.leave_to(other.root for other in sources)
    return list(opened.values())


def source_of(entry: SourceEntry, *, collection: str, fetcher: Fetches) -> Source:
    """The source an entry stands for; raises `InputError` when there is no such folder or it is no address."""
    if entry.address:
        reading = Reading(
            kind=entry.kind,
            name=entry.name,
            topic=entry.topic,
            language=entry.language,
            include=entry.include,
            exclude=entry.exclude,
            recheck_days=0.0 if entry.recheck == "never" else seconds_of(entry.recheck) / 86_400,
            most=entry.most,
            collection=collection,
        )
        return WebSource(entry.address, fetcher, reading)
    if entry.reader:
        from index.formats.documents import ReaderSource

        return ReaderSource(entry.reader, entry.options, entry.load, label=entry.name, collection=collection)
    from index.readers import FolderSource

    given = Given(entry.name, entry.topic, entry.language)
    typed = entry.shown
    path = Path(entry.path)
    if (address := _address_meant(typed)) and not os.path.exists(path):
        raise InputError(
            f"{typed}: there is no such file or folder; if it is an address, write {address}",
            f"footnote build {address}",
        )
    if entry._typed and Path.cwd() / typed == path:  # else typed in another folder
        path = Path(typed)
    return FolderSource(path, collection=collection, given=given)


def _address_meant(text: str) -> str:
    """The address that a path without a file at its end may have been meant as, or ""."""
    from index.formats.kinds import EXTENSIONS, ending_of

    found = _LIKE_A_HOST.fullmatch(text)
    if not found or (ending_of(text) in EXTENSIONS and "/" not in found[2]):
        return ""
    return f"{(found[1] or 'https:').lower()}//{found[2]}"


def _feeds_in(entry: SourceEntry) -> Sequence[SourceEntry]:
    """The feeds of an OPML file on the disk, or the entry itself."""
    path = Path(entry.path)
    if not entry.path or path.suffix.lower() != ".opml" or not path.is_file():
        return [entry]
    from index.decode import NotAnArticleError
    from index.web.source import feeds_of_opml

    try:
        feeds = feeds_of_opml(path.read_bytes(), "")
    except (OSError, NotAnArticleError) as error:
        raise InputError(
            f"{entry.shown}: {error}", 'an OPML file lists feeds: <outline xmlUrl="https://..."/>'
        ) from error
    made = [entry.model_copy(update={"path": "", "address": one, "kind": "feed"}) for one in feeds]
    for one in made:
        one._typed = ""
    return made
