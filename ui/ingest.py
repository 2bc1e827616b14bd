"""What an administrator lets a running server read: addresses and files, for each of its collections."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from index.addresses import without_tracking
from index.clean import clean_line
from index.errors import InputError
from index.schema import BuildReport, Progress
from ui import uploads, wiring
from ui.collection import NotThereError
from ui.jobs import Job, Jobs

if TYPE_CHECKING:
    from index.listing import SourceEntry
    from ui.settings import Settings

UPLOADED = "Uploaded files"
MOST_WORDS = 200
"""Characters of a source's name and topic."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source that was read: how people know it, what it takes to read it again, its articles, when it was last read
    (ISO, UTC; "" for not in the last 200 builds) and what that came to (`index.ledger.report_json`, of one source)."""

    key: str
    title: str
    entry: dict[str, Any]
    articles: int
    read: str
    last: dict[str, Any] | None
    uploaded: bool

    @property
    def facts(self) -> tuple[str, ...]:
        """The name, topic and language it was given."""
        found = (str(self.entry.get(name, "")) for name in ("name", "topic", "language"))
        return tuple(one for one in found if one)


def entry_for(address: str, *, name: str = "", topic: str = "", language: str = "") -> SourceEntry:
    """The source an address stands for; `https://` may be left out. Raises InputError for what is no web address."""
    from index.listing import SourceEntry

    address = address.strip()
    if not address:
        raise InputError("no address was given", "give the address of a page, a feed, a sitemap or a site")
    whole = without_tracking(address if "://" in address else f"https://{address}")
    if not whole or any(one.isspace() or not one.isprintable() for one in address):
        raise InputError(
            f"{shown(address)}: this is no web address", "give one as https://example.org/feed.xml"
        )
    try:
        return SourceEntry(
            address=whole,
            name=clean_line(name)[:MOST_WORDS],
            topic=clean_line(topic)[:MOST_WORDS],
            language=language.strip().lower(),
        )
    except ValidationError:
        raise InputError(
            f"{shown(language)}: this is no language", "give two or three letters (en, de), or nothing"
        ) from None


def shown(given: str) -> str:
    """What somebody typed, short and on one line."""
    return "".join(one if one.isprintable() else "?" for one in given.strip())[:200]


class Ingest:
    """The sources of a server's collections; what reads them runs as jobs, one after the other.

    `refresh` is called with a collection's name when something was done to its index.
    """

    def __init__(
        self, settings: Mapping[str, Settings], refresh: Callable[[str], object] = lambda name: None
    ) -> None:
        self._settings = settings
        self.refresh = refresh
        self.receiving = 0
        """Uploads that are on their way."""
        self.jobs = Jobs(lambda job: self.refresh(job.collection))

    def folder(self, collection: str) -> Path:
        """Where a collection's uploaded files lie."""
        return self._of(collection).index_dir / uploads.FOLDER

    def known_as(self, collection: str, name: str) -> str:
        """An input's name as people know it: that of an uploaded file without the folder it lies in."""
        return name.removeprefix(f"{self.folder(collection).absolute()}{os.sep}")

    def sources(self, collection: str) -> list[SourceRow]:
        """A collection's sources, in the order in which they came."""
        from index.catalog import count_by_source
        from index.ledger import known_sources, last_readings

        folder = self._of(collection).index_dir
        last, counts = last_readings(folder), count_by_source(folder)
        own = self.folder(collection).resolve()
        rows = []
        for key, entry in known_sources(folder).items():
            read, came = last.get(key, ("", None))
            uploaded = bool(entry.get("path")) and Path(entry["path"]).resolve() == own
            title = (
                UPLOADED
                if uploaded
                else str(entry.get("address") or entry.get("path") or entry.get("reader"))
            )
            rows.append(SourceRow(key, title, entry, counts.get(key, 0), read, came, uploaded))
        return rows

    def source(self, collection: str, key: str) -> SourceRow:
        """One of them; NotThereError where there is none of this key."""
        found = next((row for row in self.sources(collection) if row.key == key), None)
        if found is None:
            raise NotThereError("there is no such source", "it may have been forgotten before")
        return found

    def add(self, collection: str, entry: SourceEntry) -> Job:
        """Reads an address, and keeps it as a source."""
        return self._read(f"Add {entry.address}", collection, lambda: [entry])

    def add_files(self, collection: str, sent: Sequence[uploads.Sent]) -> Job:
        """Keeps files and reads them; raises as `uploads.keep`."""
        self.jobs.ready()
        names = uploads.keep(self.folder(collection), sent)
        return self._read_uploads(f"Add {_listed(names)}", collection)

    def drop_file(self, collection: str, name: str) -> Job:
        """Deletes an uploaded file, and takes its articles out; NotThereError where there is none of this name."""
        self.jobs.ready()
        if not uploads.drop(self.folder(collection), name):
            raise NotThereError("there is no uploaded file of this name", "it may have been deleted before")
        return self._read_uploads(f"Delete {name}", collection)

    def read_again(self, collection: str, key: str) -> Job:
        """Looks at a source again; NotThereError for an unknown one."""
        from index.listing import SourceEntry

        row = self.source(collection, key)
        if row.uploaded:
            return self._read_uploads(f"Read again: {row.title}", collection)
        return self._read(f"Read again: {row.title}", collection, lambda: [SourceEntry(**row.entry)])

    def sync(self, collection: str) -> Job:
        """Looks at every source again, those of `sources.toml` among them."""
        settings = self._of(collection)
        return self._read("Sync everything", collection, lambda: wiring.sync_entries(settings))

    def forget(self, collection: str, key: str, *, articles: bool) -> Job:
        """Forgets a source, with its articles or without; NotThereError for an unknown one. Uploaded files go with their articles."""
        settings = self._of(collection)
        row = self.source(collection, key)
        folder = self.folder(collection)

        def work(_: Callable[[Progress], None]) -> str:
            from index.build import forget_source

            removed = forget_source(
                settings.index_dir, key, articles=articles, chroma_url=settings.chroma_url
            )
            if articles and row.uploaded:
                for name, _size in uploads.kept(folder):
                    uploads.drop(folder, name)
            if not articles:
                return "Forgotten; its articles stay."
            return f"Forgotten; {removed:,} {'article' if removed == 1 else 'articles'} removed."

        return self.jobs.add(f"Forget {row.title}", collection, work)

    def _of(self, collection: str) -> Settings:
        return self._settings[collection]

    def _uploads_of(self, collection: str) -> SourceEntry:
        from index.listing import SourceEntry

        return SourceEntry(path=str(self.folder(collection).absolute()))

    def _read_uploads(self, title: str, collection: str) -> Job:
        return self._read(title, collection, lambda: [self._uploads_of(collection)])

    def _read(self, title: str, collection: str, entries: Callable[[], Sequence[SourceEntry]]) -> Job:
        settings = self._of(collection)

        def work(tell: Callable[[Progress], None]) -> BuildReport:
            return wiring.build_entries(settings, entries(), progress=tell)

        return self.jobs.add(title, collection, work)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} files"
