"""Articles from files: a folder as a `schema.Source`, and the same as a LlamaIndex reader."""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from index.clean import clean_line, clean_text, unwrap
from index.decode import NotAnArticleError, byte_order_mark, decode
from index.errors import InputError
from index.metadata import Fields, fields_from, guess_language, split_front_matter
from index.schema import Article, Skipped, article_id

logger = logging.getLogger(__name__)

MARKDOWN = frozenset({".md", ".markdown"})
HTML = frozenset({".html", ".htm"})
EXTENSIONS = frozenset({".txt", ".jsonl"}) | MARKDOWN | HTML
"""The file name endings (lower case) that hold articles."""

MAX_BYTES = 20_000_000
"""Largest file, or line of a JSONL file, that is read."""

_MAX_NAMED_LINES = 20
_MAX_TITLE = 120
_ABOUT_THE_FOLDER = re.compile(
    r"(?:README|LICEN[CS]E|CHANGELOG|CONTRIBUTING|COPYING|NOTICE|CODE_OF_CONDUCT)(?:[._-].*)?"
    r"|(?i:readme|licen[cs]e|changelog|contributing)"
)
_TEXT_KEYS = ("text", "body", "content")


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a text was found: the name people see, and its identifier unless the data gives one."""

    name: str
    fallback_id: str
    stem: str


class FolderSource:
    """The articles of a folder (searched with its subfolders) or of a single file.

    `read()` yields an `Article` for every .txt, .md, .html and line of .jsonl that holds one, in
    the order of their paths, and a `Skipped` for each input passed over. One article is in memory
    at a time. Raises `InputError` at once when `path` does not exist.
    """

    def __init__(self, path: Path, *, collection: str = "default", max_bytes: int = MAX_BYTES) -> None:
        self.path = Path(path)
        self.collection = collection
        self.max_bytes = max_bytes
        try:
            self._root = self.path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"{_printable(str(path))}: there is no such file or folder",
                "footnote build PATH, with a folder of .txt, .md, .html or .jsonl files",
            ) from error
        readable = self._root.is_file() and self._root.suffix.lower() in EXTENSIONS
        if not (readable or self._root.is_dir()):  # a pipe would be waited for without end
            raise InputError(
                f"{_printable(str(path))}: cannot be read as articles (.txt, .md, .html and .jsonl can)",
                "footnote build PATH, with a folder of .txt, .md, .html or .jsonl files",
            )

    @property
    def key(self) -> str:
        """The absolute path: a build of the same path again replaces what it gave before."""
        return os.fsencode(self._root).decode("utf-8", "backslashreplace")  # text, whatever bytes it has

    @property
    def label(self) -> str:
        """The folder's name, stored as `Article.source`."""
        folder = self._root if self._root.is_dir() else self._root.parent
        return _printable(folder.name) or "files"

    def read(self) -> Iterator[Article | Skipped]:
        """See the class; duplicate identifiers are passed over, the first one wins."""
        seen: dict[str, str] = {}
        for name, item in self._items():
            if isinstance(item, Article):
                if earlier := seen.get(item.external_id):
                    item = Skipped(name, f"the id {item.external_id!r} is already used by {earlier}")
                else:
                    seen[item.external_id] = name
            yield item

    def _items(self) -> Iterator[tuple[str, Article | Skipped]]:
        if not self._root.is_dir():
            yield from self._file(self.path, self._root.name)
            return
        others: Counter[str] = Counter()
        for path, problem in _walk(self.path, self._root):
            relative = _printable(path.relative_to(self.path).as_posix())
            name = _printable(str(path))
            if problem:
                yield name, Skipped(name, problem)
            elif path.suffix.lower() not in EXTENSIONS:
                others[path.suffix.lower() or "no ending"] += 1
            elif _ABOUT_THE_FOLDER.fullmatch(path.stem):
                yield name, Skipped(name, "about the folder rather than an article (by its name)")
            else:
                yield from self._file(path, relative)
        if others:
            yield "", _other_types(_printable(str(self.path)), others)

    def _file(self, path: Path, relative: str) -> Iterator[tuple[str, Article | Skipped]]:
        name = _printable(str(path))
        suffix = path.suffix.lower()
        origin = _Origin(name, relative, path.stem)
        try:
            if suffix == ".jsonl":
                yield from self._rows(path, relative, name)
            else:
                yield name, self._document(path, suffix, origin)
        except NotAnArticleError as reason:
            yield name, Skipped(name, str(reason))
        except OSError as error:
            yield name, Skipped(name, f"cannot be read: {(error.strerror or str(error)).lower()}")

    def _document(self, path: Path, suffix: str, origin: _Origin) -> Article:
        with path.open("rb") as file:
            data = file.read(self.max_bytes + 1)
        if len(data) > self.max_bytes:
            raise NotAnArticleError(f"larger than {_size(self.max_bytes)}")
        text = decode(data, markup=suffix in HTML)
        if suffix in HTML:
            from index.markup import html_to_text

            fields, body = html_to_text(text)
        else:
            values, body = split_front_matter(text)
            fields = fields_from(values)
            if suffix in MARKDOWN:
                from index.markup import markdown_to_text

                rendered = markdown_to_text(body)
                body = rendered.text
                fields = replace(fields, title=fields.title or clean_line(rendered.heading)[:300])
            else:
                body = unwrap(body.replace("\r\n", "\n"))
        return self._article(fields, body, origin)

    def _article(self, fields: Fields, body: str, origin: _Origin) -> Article:
        text = clean_text(body)
        title = fields.title
        if not title:
            title, text = _title_from(text, origin.stem)
        text = _without_leading_title(text, title)
        if not text:
            raise NotAnArticleError(
                "no text in it besides its title or promotion" if body.strip() else "it has no text"
            )
        external_id = fields.external_id or origin.fallback_id
        return Article(
            id=article_id(self.key, external_id),
            external_id=external_id,
            title=title,
            url=fields.url,
            text=text,
            published=fields.published,
            modified=fields.modified,
            authors=fields.authors,
            source=self.label,
            site=fields.site,
            topic=fields.topic,
            language=fields.language or guess_language(text),
            collection=self.collection,
            corrects=fields.corrects,
        )

    def _rows(self, path: Path, relative: str, name: str) -> Iterator[tuple[str, Article | Skipped]]:
        """Articles of a JSONL file; lines that are none are named, at most twenty of them one by one."""
        if path.stem == "queries" and (path.parent / "corpus.jsonl").exists():
            raise NotAnArticleError("holds the questions to corpus.jsonl beside it, not articles")
        tally = _Tally()
        for number, line in _lines(path, self.max_bytes):
            where = f"{name}:{number}"
            origin = _Origin(where, f"{relative}#{number}", path.stem)
            try:
                article = self._article_of_row(_row(line), origin)
            except _WithoutTextError as reason:
                tally.without_text(Skipped(where, str(reason)), question=reason.question)
                continue
            except NotAnArticleError as reason:
                tally.bad(Skipped(where, str(reason)))
                continue
            tally.articles += 1
            yield where, article
        yield from ((skip.name, skip) for skip in tally.report(name))

    def _article_of_row(self, row: dict[str, Any], origin: _Origin) -> Article:
        text = next((row[key] for key in _TEXT_KEYS if isinstance(row.get(key), str)), None)
        if text is None or not text.strip():
            raise _WithoutTextError(question=isinstance(row.get("question"), str))
        fields = fields_from(row)
        if not fields.title:
            stem = fields.external_id or f"{origin.stem} {origin.fallback_id.rsplit('#', 1)[-1]}"
            origin = replace(origin, stem=stem)
        return self._article(fields, text, origin)


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


class _WithoutTextError(NotAnArticleError):
    def __init__(self, *, question: bool) -> None:
        super().__init__("no text in this line (text, body or content)")
        self.question = question


class _Tally:
    """What a JSONL file's lines came to, so that one wrong file is reported once, not line by line."""

    def __init__(self) -> None:
        self.articles = 0
        self._bad: list[Skipped] = []
        self._bad_count = 0
        self._empty: list[Skipped] = []
        self._empty_count = 0
        self._questions = 0

    def bad(self, skip: Skipped) -> None:
        self._bad_count += 1
        if len(self._bad) < _MAX_NAMED_LINES:
            self._bad.append(skip)

    def without_text(self, skip: Skipped, *, question: bool) -> None:
        self._empty_count += 1
        self._questions += question
        if len(self._empty) < _MAX_NAMED_LINES:
            self._empty.append(skip)

    def report(self, name: str) -> Iterator[Skipped]:
        if not (self.articles or self._bad_count or self._empty_count):
            yield Skipped(name, "the file is empty")
            return
        yield from self._bad
        if self._bad_count > len(self._bad):
            yield Skipped(name, f"and {self._bad_count - len(self._bad):,} more lines that are not valid")
        if self._empty_count and not self.articles:
            kind = "questions" if self._questions > self._empty_count // 2 else "rows without a text"
            yield Skipped(name, f"holds {kind}, not articles ({self._empty_count:,} lines)")
            return
        yield from self._empty
        if self._empty_count > len(self._empty):
            yield Skipped(name, f"and {self._empty_count - len(self._empty):,} more lines without a text")


def _row(line: bytes | str | None) -> dict[str, Any]:
    if line is None:
        raise NotAnArticleError("this line is longer than one article may be")
    text = line if isinstance(line, str) else decode(line)
    try:
        row = json.loads(text)
    except RecursionError as error:
        raise NotAnArticleError("not valid JSON: nested too deeply") from error
    except json.JSONDecodeError as error:
        raise NotAnArticleError(f"not valid JSON: {error.msg} (column {error.colno})") from error
    except ValueError as error:
        raise NotAnArticleError("not valid JSON: a number is too long") from error
    if not isinstance(row, dict):
        raise NotAnArticleError("not a JSON object")
    return row


def _lines(path: Path, max_bytes: int) -> Iterator[tuple[int, bytes | str | None]]:
    """The lines that are not blank with their numbers; None for one that is too long."""
    with path.open("rb") as raw:
        encoding, width = byte_order_mark(raw.read(4))
        raw.seek(width)
        wide = encoding.startswith(("utf-16", "utf-32"))
        file: IO[Any] = io.TextIOWrapper(raw, encoding, "replace", newline="\n") if wide else raw
        number = 0
        while line := file.readline(max_bytes + 1):
            number += 1
            if len(line) > max_bytes:
                while line and line[-1:] not in ("\n", b"\n"):
                    line = file.readline(max_bytes)
                yield number, None
            elif line.strip():
                yield number, line


def _walk(shown: Path, root: Path) -> Iterator[tuple[Path, str]]:
    """Every file below a folder in the order of names, hidden ones left out, with a problem or "".

    Links to folders are followed when they lead out of `root`, each folder once: what lies inside
    is read where it lies, and a loop ends.
    """
    visited = {_identity(root)}
    pending = [shown]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield folder, f"cannot be read: {(error.strerror or str(error)).lower()}"
            continue
        subfolders: list[Path] = []
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    target = path.resolve()
                    inside = entry.is_symlink() and target.is_relative_to(root)
                    if not inside and (identity := _identity(target)) not in visited:
                        visited.add(identity)
                        subfolders.append(path)
                        if path.suffix.lower() in EXTENSIONS:
                            yield path, "a folder, not a file (its files are read)"
                elif entry.is_file():
                    yield path, ""
                elif path.suffix.lower() in EXTENSIONS:
                    broken = entry.is_symlink() and not path.exists()
                    yield path, "a link that leads nowhere" if broken else "not a regular file"
            except (OSError, RuntimeError):
                yield path, "cannot be read (a link that leads in circles, or no permission)"
        pending.extend(reversed(subfolders))


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _other_types(folder: str, others: Counter[str]) -> Skipped:
    count = others.total()
    kinds = ", ".join(kind for kind, _ in others.most_common(5)) + (", ..." if len(others) > 5 else "")
    files = "1 file of another type" if count == 1 else f"{count:,} files of other types"
    return Skipped(folder, f"{files} ({kinds}) passed over; .txt, .md, .html and .jsonl are read")


def _title_from(text: str, stem: str) -> tuple[str, str]:
    """A title and the text after it: a short first line when more follows, else the file's name."""
    first, _, rest = text.partition("\n")
    words = len(first.split())
    short = 0 < len(first) <= _MAX_TITLE and words <= 20
    if short and rest.strip() and not re.search(r"[.,;:]$", first) and not first.startswith(("-", "*", "•")):
        return first, rest.strip("\n")
    return _title_of_name(stem), text


def _title_of_name(stem: str) -> str:
    name = clean_line(re.sub(r"[_\-]+", " ", _printable(stem)))
    return (name[:1].upper() + name[1:])[:300] or "Untitled"


def _without_leading_title(text: str, title: str) -> str:
    """The title is stored on its own; repeated as first line it would be quoted as a sentence."""
    first, _, rest = text.partition("\n")
    if rest.strip() and first.casefold().strip(" .#") == title.casefold().strip(" .#"):
        return rest.strip("\n")
    return text


def _printable(name: str) -> str:
    """A file name as text: bytes that are not UTF-8 arrive as lone surrogates and become `?`."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _size(count: int) -> str:
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{count:,} bytes"
