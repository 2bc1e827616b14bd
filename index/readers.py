"""Articles from files: a folder as a `schema.Source`, and the same as a LlamaIndex reader."""

from __future__ import annotations

import logging
import os
import re
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from index.errors import InputError
from index.formats.article import printable
from index.formats.kinds import ANY_OF, EXTENSIONS, HTML, MARKDOWN, NAMED, ending_of, kind_of
from index.formats.pieces import MAX_BYTES
from index.ledger import TO_READ, FileNote
from index.reading import Folder, Found, Readers, read_file
from index.schema import Article, Given, Gone, Kept, Skipped

if TYPE_CHECKING:
    from index.ledger import Ledger

logger = logging.getLogger(__name__)

_ALONE = 64
"""Files read in this process before others are started for the rest."""

_BATCH = 8
"""Files handed to another process at once."""

_BESIDE = frozenset({HTML, MARKDOWN, "text", "json"})
"""Kinds that other processes read: one article each as a rule, and no process of their own (`formats.kinds.IN_CHILD`)."""

_RACY = 2_000_000_000
"""Nanoseconds: file systems write times this coarsely at worst."""

_SIGNED = 2**63 - 1
"""SQLite's largest number; some file systems give larger ones to files."""

_LEFT_OUT = "left out"

_MOST_EMPTIED = 10
"""Articles that a folder which turns out empty may lose at once; with more, its disk is taken to be away."""

_ABOUT_THE_FOLDER = re.compile(
    r"(?:README|LICEN[CS]E|CHANGELOG|CONTRIBUTING|COPYING|NOTICE|CODE_OF_CONDUCT)(?:[._-].*)?"
    r"|(?i:readme|licen[cs]e|changelog|contributing)"
)


class FolderSource:
    """The articles of a folder (searched with its subfolders) or of a single file.

    `read()` yields an `Article` for every file of `EXTENSIONS` that holds one (for each row, chapter,
    message or page of those that hold several), in the order of their paths, and a `Skipped` for each
    input passed over. One article is in memory at a time. Raises `InputError` at once when `path` does not exist.

    What cannot be read this time (`Skipped.temporary`) keeps the articles it gave before, and so does a folder that
    is suddenly empty. `beside` are the files and folders that are sources of the same build: they are left out here,
    as are, in `read_again`, those inside that the ledger knows as sources.
    """

    complete = True
    """What it no longer holds is removed (`schema.ReadAgain`)."""

    def __init__(
        self,
        path: Path,
        *,
        collection: str = "default",
        max_bytes: int = MAX_BYTES,
        given: Given | None = None,
        workers: int = 0,
        beside: Iterable[Path] = (),
    ) -> None:
        self.path = Path(path)
        self.collection = collection
        self.max_bytes = max_bytes
        self._given = given or Given()
        self._workers = workers
        self._beside: set[Path] = set()
        self._own: set[Path] = set()
        try:
            self._root = self.path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"{printable(str(path))}: there is no such file or folder",
                f"footnote build PATH, with a folder of {ANY_OF} files",
            ) from error
        readable = self._root.is_file() and ending_of(self._root.name) in EXTENSIONS
        if not (readable or self._root.is_dir()):  # a pipe would be waited for without end
            raise InputError(
                f"{printable(str(path))}: cannot be read as articles ({NAMED} can)",
                f"footnote build PATH, with a folder of {ANY_OF} files",
            )

        self.leave_to(beside)

    @property
    def root(self) -> Path:
        """The folder or file itself, where links lead to it."""
        return self._root

    def leave_to(self, roots: Iterable[Path]) -> None:
        """Names what is `beside` it; see the class."""
        self._beside = {root for one in roots if (root := one.resolve()) != self._root}

    @property
    def key(self) -> str:
        """The absolute path: a build of the same path again replaces what it gave before."""
        return os.fsencode(self._root).decode("utf-8", "backslashreplace")  # text, whatever bytes it has

    @property
    def label(self) -> str:
        """The name given to it, else the folder's; stored as `Article.source`."""
        if self._given.name:
            return self._given.name
        folder = self._root if self._root.is_dir() else self._root.parent
        return printable(folder.name) or "files"

    def read(self) -> Iterator[Article | Skipped]:
        """See the class; duplicate identifiers are passed over, the first one wins."""
        for item in self._read(None):
            if isinstance(item, Article | Skipped):
                yield item

    def read_again(self, ledger: Ledger) -> Iterator[Article | Skipped | Kept | Gone]:
        """Reads only files that changed since `ledger` noted them, by their size and the time of their last change; see
        `schema.ReadAgain`. Many are read by several processes at once. Raises `InputError` for what stands in the
        index as part of another folder that is a source and not of this build."""
        known = {Path(key) for key, value in ledger.sources().items() if value.get("path")} - {self._root}
        if self.key not in ledger.sources():
            for other in known - self._beside:
                if self._root.is_relative_to(other):
                    self._refuse_part_of(other, ledger)
        self._own = {one for one in known - self._beside if one.is_relative_to(self._root)}
        yield from self._read(ledger)

    def _refuse_part_of(self, other: Path, ledger: Ledger) -> None:
        below = printable(self._root.relative_to(other).as_posix())
        if any(note.ids and _below(path, below) for path, note in ledger.files(str(other)).items()):
            raise InputError(
                f"{printable(str(self.path))}: its articles stand in the index already, as part of {printable(str(other))}"
                " (build both together to make it a source of its own)",
                f"footnote build {printable(str(other))}",
            )

    def _read(self, ledger: Ledger | None) -> Iterator[Article | Skipped | Kept]:
        began = time.time_ns()
        before = ledger.files(self.key) if ledger else {}
        seen: dict[str, str] = {}
        unread: list[str] = []
        noted, readable, whole = bool(before), False, True
        for file in self._found(before, unread):
            if isinstance(file, Skipped):
                yield file
                continue
            note = before.pop(file.relative, None)
            if file.kept:
                assert note is not None
                if note.ids:
                    seen.update((one, file.name) for one in note.ids if one not in seen)
                    yield Kept(note.ids)
                yield from note.skipped
                readable = True
                continue
            ids: list[str] = []
            skipped: list[Skipped] = []
            alone = True
            for name, item in file.items:
                if isinstance(item, Article):
                    if earlier := seen.get(item.id):
                        item = Skipped(name, f"the id {item.external_id!r} is already used by {earlier}")
                        alone = False
                    else:
                        seen[item.id] = name
                        ids.append(item.id)
                if isinstance(item, Skipped):
                    skipped.append(item)
                yield item
            failed = any(one.temporary for one in skipped)
            readable = readable or not failed
            whole = whole and not failed
            if failed and note and (kept := _unseen(note.ids, seen, file.name)):
                ids += kept
                yield Kept(tuple(kept))
            # A file changed in the very moment it is read has the same time and size afterwards: it is read again. So
            # is one whose article another file had first (should that one go), and one that could not be read.
            settled = max(file.changed, file.moved) < began - _RACY and alone and not failed
            new = FileNote(file.size, file.changed, tuple(ids), tuple(skipped), file.inode, file.moved)
            new = new if settled else FileNote(TO_READ, 0, tuple(ids))
            if ledger and new != note:
                ledger.note_file(self.key, file.relative, new)
        if ledger:
            unknown = "." in unread or not (noted or (whole and not unread))  # what they held before
            stored = ledger.stored(self.key) if unknown else []
            if kept := _unseen(stored, seen, printable(str(self.path))):
                yield Kept(tuple(kept))
            yield from self._missing(ledger, before, seen, unread, readable)

    def _missing(
        self,
        ledger: Ledger,
        before: dict[str, FileNote],
        seen: dict[str, str],
        unread: list[str],
        readable: bool,
    ) -> Iterator[Skipped | Kept]:
        """What is said of the noted files that were not found: they are gone, unless nothing can be known of them."""
        root = printable(str(self.path))
        # Files that were sent to a server lie beside its index, on no disk of their own.
        own_disk = self._root.is_dir() and not self._root.is_relative_to(ledger.path.parent.resolve())
        stored = ledger.stored(self.key) if own_disk and not readable else []
        if len(stored) > _MOST_EMPTIED:
            if kept := _unseen(stored, seen, root):
                yield Kept(tuple(kept))
            reason = (
                f"it holds no file that can be read, and its {len(stored):,} articles stay as they are (is its disk "
                f"mounted?); to take them out: footnote sources forget {root} --articles"
            )
            yield Skipped(root, reason, temporary=True)
            return
        for path in [one for one in before if any(_below(one, folder) for folder in unread)]:
            if kept := _unseen(before.pop(path).ids, seen, f"{root}/{path}"):
                yield Kept(tuple(kept))
        if before:
            ledger.forget_files(self.key, before)

    def _found(self, before: Mapping[str, FileNote], unread: list[str]) -> Iterator[_File | Skipped]:
        """The files in the order of their paths, read unless they are as noted, and what is none of ours; to `unread`
        come the paths that could not be looked at."""
        waiting: deque[_File | Skipped] = deque()
        batch: list[_File] = []
        folder = Folder(self.key, self.label, self.collection, self.max_bytes, self._given)
        with ExitStack() as stack:
            readers: Readers | None = None
            for number, one in enumerate(self._files(before, unread)):
                waiting.append(one)
                if isinstance(one, _File) and not one.kept:
                    if kind_of(one.path.name) in _BESIDE and (readers or number >= _ALONE):
                        readers = readers or stack.enter_context(closing(Readers(folder, self._workers)))
                        batch.append(one)
                    else:
                        one.items = read_file(one.path, one.relative, folder)
                if readers and len(batch) >= _BATCH:
                    _hand_out(readers, batch)
                    batch = []
                while (
                    waiting
                    and (not batch or waiting[0] is not batch[0])
                    and (not readers or len(waiting) > _BATCH * 3 * readers.workers or _ready(waiting[0]))
                ):
                    yield waiting.popleft()
            if readers and batch:
                _hand_out(readers, batch)
            yield from waiting

    def _files(self, before: Mapping[str, FileNote], unread: list[str]) -> Iterator[_File | Skipped]:
        if not self._root.is_dir():
            yield self._file(self.path, self._root.name, before)
            return
        others: Counter[str] = Counter()
        for path, problem in _walk(self.path, self._root, self._beside | self._own):
            if isinstance(problem, OSError | RuntimeError):
                unread.append(printable(path.relative_to(self.path).as_posix()))
                yield Skipped(printable(str(path)), _why_unread(problem), temporary=True)
            elif problem == _LEFT_OUT:
                if path.resolve() in self._own:
                    reason = "left out here: it is a source of its own (footnote sync reads it)"
                    yield Skipped(printable(str(path)), reason)
            elif problem:
                yield Skipped(printable(str(path)), problem)
            elif ending_of(path.name) not in EXTENSIONS:
                others[path.suffix.lower() or "no ending"] += 1
            elif _ABOUT_THE_FOLDER.fullmatch(path.stem):
                reason = "about the folder rather than an article (by its name)"
                yield Skipped(printable(str(path)), reason)
            else:
                relative = printable(path.relative_to(self.path).as_posix())
                yield self._file(path, relative, before)
        if others:
            yield _other_types(printable(str(self.path)), others)

    def _file(self, path: Path, relative: str, before: Mapping[str, FileNote]) -> _File:
        try:
            status = path.stat()
        except OSError:  # reading it says why
            return _File(path, relative, 0, time.time_ns())
        note = before.get(relative)
        inode = status.st_ino & _SIGNED
        now = (status.st_size, status.st_mtime_ns, inode, status.st_ctime_ns)
        kept = note is not None and (note.size, note.changed, note.inode, note.moved) == now
        return _File(path, relative, status.st_size, status.st_mtime_ns, inode, status.st_ctime_ns, kept)


@dataclass
class _File:
    """A file as it was found: `kept` when it is as noted, else `items` give what it holds once it was read."""

    path: Path
    relative: str
    size: int
    changed: int
    inode: int = 0
    moved: int = 0
    kept: bool = False
    items: Iterable[Found] = ()
    future: Future[list[list[Found]]] | None = None

    @property
    def name(self) -> str:
        return printable(str(self.path))


def _hand_out(readers: Readers, batch: list[_File]) -> None:
    """Has a batch of files read by another process."""
    future = readers.read([(one.path, one.relative) for one in batch])
    for number, one in enumerate(batch):
        one.future = future
        one.items = _later(future, number)


def _later(future: Future[list[list[Found]]], number: int) -> Iterator[Found]:
    yield from future.result()[number]


def _ready(file: _File | Skipped) -> bool:
    return isinstance(file, Skipped) or file.future is None or file.future.done()


class ArticleReader(BaseReader):
    """A LlamaIndex reader: files and folders as `Document`s with what is known about each article.

    Documents carry title, url, published, modified (ISO dates), authors (joined by "; "), site,
    topic, language, source, collection, external_id and corrects as metadata; empty ones are left
    out. `skipped` holds what the last reading passed over. Usable as a `file_extractor` too.
    """

    def __init__(self, *, collection: str = "default", max_bytes: int = MAX_BYTES) -> None:
        self.collection = collection
        self.max_bytes = max_bytes
        self.skipped: list[Skipped] = []

    def lazy_load_data(
        self, path: Path | str, extra_info: dict[str, Any] | None = None, **load_kwargs: Any
    ) -> Iterable[Document]:
        """Documents one at a time; raises `InputError` when there is nothing at `path`."""
        self.skipped = []
        source = FolderSource(Path(path), collection=self.collection, max_bytes=self.max_bytes)
        for item in source.read():
            if isinstance(item, Skipped):
                logger.warning("%s passed over: %s", item.name, item.reason)
                self.skipped.append(item)
            else:
                yield to_document(item, extra_info)

    def load_data(
        self, path: Path | str, extra_info: dict[str, Any] | None = None, **load_kwargs: Any
    ) -> list[Document]:
        """All documents at once; see `lazy_load_data`."""
        return list(self.lazy_load_data(path, extra_info, **load_kwargs))


def to_document(article: Article, extra_info: dict[str, Any] | None = None) -> Document:
    """An article as a LlamaIndex document with the article's id; only the title is embedded with it."""
    metadata: dict[str, Any] = {
        "title": article.title,
        "url": article.url,
        "published": article.published.isoformat() if article.published else "",
        "modified": article.modified.isoformat() if article.modified else "",
        "authors": "; ".join(article.authors),
        "site": article.site,
        "topic": article.topic,
        "language": article.language,
        "source": article.source,
        "collection": article.collection,
        "external_id": article.external_id,
        "corrects": article.corrects,
    }
    known = {name: value for name, value in metadata.items() if value} | (extra_info or {})
    unseen = [name for name in known if name != "title"]
    return Document(
        id_=article.id,
        text=article.text,
        metadata=known,
        excluded_embed_metadata_keys=unseen,
        excluded_llm_metadata_keys=unseen,
    )


def _unseen(ids: Sequence[str], seen: dict[str, str], name: str) -> list[str]:
    """Those of these articles that no file gave so far; from now on this one did."""
    found = [one for one in dict.fromkeys(ids) if one not in seen]
    seen.update((one, name) for one in found)
    return found


def _below(path: str, folder: str) -> bool:
    return folder in (".", path) or path.startswith(f"{folder}/")


def _why_unread(error: OSError | RuntimeError) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    return "cannot be read (a link that leads in circles, or no permission)"


def _walk(
    shown: Path, root: Path, left_out: set[Path]
) -> Iterator[tuple[Path, str | OSError | RuntimeError]]:
    """Every file below a folder in the order of names, hidden ones left out, with a problem or "".

    The files and folders `left_out` are named with `_LEFT_OUT` and not searched.

    Links to folders are followed when they lead out of `root`, each folder once: what lies inside
    is read where it lies, and a loop ends.
    """
    visited = {_identity(root)}
    pending = [shown]
    names = {one.name for one in left_out}
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield folder, error
            continue
        subfolders: list[Path] = []
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    target = path.resolve()
                    if target in left_out:
                        yield path, _LEFT_OUT
                        continue
                    inside = entry.is_symlink() and target.is_relative_to(root)
                    if not inside and (identity := _identity(target)) not in visited:
                        visited.add(identity)
                        subfolders.append(path)
                        if ending_of(path.name) in EXTENSIONS:
                            yield path, "a folder, not a file (its files are read)"
                elif entry.is_file():
                    yield path, _LEFT_OUT if entry.name in names and path.resolve() in left_out else ""
                elif ending_of(path.name) in EXTENSIONS:
                    broken = entry.is_symlink() and not path.exists()
                    yield path, "a link that leads nowhere" if broken else "not a regular file"
            except (OSError, RuntimeError) as error:
                yield path, RuntimeError(str(error))
        pending.extend(reversed(subfolders))


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _other_types(folder: str, others: Counter[str]) -> Skipped:
    count = others.total()
    kinds = ", ".join(kind for kind, _ in others.most_common(5)) + (", ..." if len(others) > 5 else "")
    files = "1 file of another type" if count == 1 else f"{count:,} files of other types"
    return Skipped(folder, f"{files} ({kinds}) passed over; {NAMED} are read")
