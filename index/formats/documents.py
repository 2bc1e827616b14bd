"""Any LlamaIndex reader, by its name, as a `schema.Source`."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from index.decode import NotAnArticleError
from index.errors import InputError
from index.formats.article import article_of
from index.formats.piece import Piece
from index.metadata import Fields, fields_from, line_of, site_of, split_front_matter, web_address
from index.schema import Article, Skipped

_FILE_KEYS = ("file_path", "file_name", "filename", "path")
_ADDRESS_KEYS = ("source_url", "web_url", "page_url", "source", "URL", "uri")
_PAGE_KEYS = ("page_label", "page_number", "page")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_JOIN = "\n\n"
_MOST_MISSING = 1_000


@dataclass(frozen=True, slots=True)
class _Read:
    """One document: what its metadata says, its words, and where it comes from ("" where nothing tells)."""

    fields: Fields
    text: str
    origin: str
    stem: str
    page: int


class ReaderSource:
    """What a LlamaIndex reader loads, as articles.

    `name` is "package.module:Class" or "package.module.Class"; `options` go to the class, `load_options` to
    its `lazy_load_data` or `load_data`. A document's metadata is read as a JSONL row's fields are (title,
    url, date, author, ...); documents that follow each other with a page number and the same file become
    one article with pages. Identifiers come from metadata (`id`), else the file, else the address, else the
    document's own id unless it is a random one, else its place in the order.

    Raises `InputError` when there is no such reader, and when it fails while it is made or read: what
    it had given until then is not taken for all there is.
    """

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any] | None = None,
        load_options: Mapping[str, Any] | None = None,
        *,
        label: str = "",
        collection: str = "default",
    ) -> None:
        self.name = name
        self.collection = collection
        self._options, self._load_options = dict(options or {}), dict(load_options or {})
        self._class = _reader_class(name)
        self._label = label or self._class.__name__

    @property
    def key(self) -> str:
        """The reader's name and a hash over its options (which may hold passwords): equal ones replace what
        they gave before."""
        said = json.dumps([self._options, self._load_options], sort_keys=True, default=repr)
        return f"reader:{self.name}#{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    @property
    def label(self) -> str:
        """What was given as label, else the class's name; stored as `Article.source`."""
        return self._label

    def read(self) -> Iterator[Article | Skipped]:
        """See the class; one article is in memory at a time where the reader is lazy."""
        seen: set[str] = set()
        pages: list[_Read] = []
        number = 0
        for number, document in enumerate(self._documents(), start=1):
            found = _document(document)
            goes_on = found and found.page and found.origin and pages and found.origin == pages[-1].origin
            if pages and not goes_on:
                yield self._article(pages, number - 1, seen)
                pages = []
            if found is None:
                yield Skipped(f"{self.name}: document {number}", "not a LlamaIndex document with a text")
            else:
                pages.append(found)
        if pages:
            yield self._article(pages, number, seen)

    def _article(self, pages: list[_Read], number: int, seen: set[str]) -> Article | Skipped:
        first = pages[0]
        text, starts = _joined(pages) if first.page else (first.text, ())
        name = first.fields.external_id or first.origin or f"{number}"
        name = name if name not in seen else f"{name}#{number}"
        seen.add(name)
        piece = Piece(replace(first.fields, external_id=name), text, starts)
        try:
            return article_of(
                piece, key=self.key, label=self.label, name=name, stem=first.stem, collection=self.collection
            )
        except NotAnArticleError as reason:
            return Skipped(f"{self.name}: {name}", str(reason))

    def _documents(self) -> Iterable[object]:
        try:
            reader = self._class(**self._options)
            given = False
            try:
                for document in reader.lazy_load_data(**self._load_options):
                    given = True
                    yield document
            except (NotImplementedError, AttributeError):  # the usual case: only `load_data` is there
                if given:
                    raise
                yield from reader.load_data(**self._load_options)
        except InputError:
            raise
        except Exception as error:
            said = line_of(str(error))[:300]
            raise InputError(
                f"the reader {self.name} failed: {type(error).__name__}{f': {said}' if said else ''}",
                "check its options; nothing of the index was changed",
            ) from error


def _reader_class(name: str) -> Any:
    module_name, separator, class_name = name.partition(":")
    if not separator:
        module_name, _, class_name = name.rpartition(".")
    if not (module_name and class_name):
        raise InputError(f"{name!r} names no reader", "write it as package.module:Class")
    try:
        found = getattr(importlib.import_module(module_name), class_name, None)
    except ImportError as error:
        parts = module_name.split(".")
        package = "-".join(parts[:3]).replace("_", "-") if parts[0] == "llama_index" else parts[0]
        raise InputError(
            f"the reader {name} cannot be imported: {error}", f"pip install {package}"
        ) from error
    if not isinstance(found, type) or not (hasattr(found, "load_data") or hasattr(found, "lazy_load_data")):
        raise InputError(f"{module_name} has no reader {class_name!r}", "check the name of the class")
    return found


def _document(document: object) -> _Read | None:
    text, metadata = getattr(document, "text", None), getattr(document, "metadata", None)
    if not isinstance(text, str):
        return None
    known: dict[str, Any] = dict(metadata) if isinstance(metadata, Mapping) else {}
    try:  # readers of files hand on Markdown as it stands
        front, text = split_front_matter(text)
    except NotAnArticleError:
        front = {}
    fields = fields_from({**known, **front})
    if not fields.url:
        url = next((found for key in _ADDRESS_KEYS if (found := web_address(known.get(key)))), "")
        fields = replace(fields, url=url, site=fields.site or site_of(url))
    file = next((found for key in _FILE_KEYS if (found := line_of(known.get(key)))), "")
    own = str(getattr(document, "id_", "") or "")
    origin = file or fields.url or ("" if _UUID.fullmatch(own) else own)
    page = next((str(known[key]) for key in _PAGE_KEYS if known.get(key) not in (None, "")), "")
    number = int(page) if page.isdecimal() and len(page) < 7 else 1 if page else 0
    return _Read(fields, text, origin, PurePath(file).stem or origin, number)


def _joined(pages: list[_Read]) -> tuple[str, tuple[int, ...]]:
    """The pages' words as one text, and where each begins; a page that is missing begins where the next does."""
    starts: list[int] = []
    length = 0
    for page in pages:
        missing = page.page - len(starts)
        starts += [length] * (missing if 1 <= missing <= _MOST_MISSING else 1)
        length += len(page.text) + len(_JOIN)
    return _JOIN.join(page.text for page in pages), tuple(starts)
