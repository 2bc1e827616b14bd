"""The lexical index: BM25 by tantivy over stemmed words, on disk, never rebuilt for a query.

Words are found by tantivy's analysers (lower-cased, stemmed by the article's language, accents
folded) before they are handed over, so that one field serves all languages and a query never
passes through tantivy's query syntax: quotation marks, colons, AND and minus are plain words.
BM25: Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009; tantivy's k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.errors import IndexMissing
from index.register import Admitted, Register
from index.schema import Hit
from index.store import write_failed

if TYPE_CHECKING:
    import tantivy

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""ISO 639-1 codes and the names of tantivy's stemmers. Other languages are indexed unstemmed."""

DEFAULT_LANGUAGE = "en"
"""Taken where an article does not say its language."""

TITLE_BOOST = 0.5
"""Weight of a word in the title beside the same word in the text. On SciFact's 300 test questions
0.5 gives nDCG@10 .689; without titles .675, with equal weight .668."""

WIDER = 1.5
"""How many times more chunks are looked through, where a filter admits a share of them, than would do
if those admitted were spread evenly over the ranks."""

MEMBER_COST = 8
"""What naming one admitted chunk in a query costs (2.4 µs), in hits that could be looked through instead."""

_WRITER_MEMORY = 32_000_000
"""Bytes of documents tantivy collects before it writes a segment."""

_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{2,}"
)
"""Scripts written without spaces (Thai, Lao, Burmese, Khmer, kana, Han): searched by pairs of characters."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the lexical index is told of one chunk."""

    chunk_id: str
    title: str
    text: str
    language: str


class LexicalIndex:
    """The words of one index under their chunk ids. Reading is safe from several threads.

    Raises `IndexMissing` where the folder holds no such index, `IndexWriteFailed` when the disk
    is full or not writable.
    """

    def __init__(self, index: tantivy.Index, folder: Path) -> None:
        self._index = index
        self._folder = folder
        self._placed: tuple[Register, list[int], np.ndarray] | None = None

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """The index in this folder."""
        import tantivy

        try:
            return cls(tantivy.Index.open(str(folder)), folder)
        except (ValueError, OSError) as error:
            raise _unreadable(folder, error) from error

    @classmethod
    def create(cls, folder: Path) -> LexicalIndex:
        """A new, empty index in this folder."""
        import tantivy

        schema = (
            tantivy.SchemaBuilder()
            .add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
            .add_text_field("title", tokenizer_name="whitespace", index_option="freq")
            .add_text_field("body", tokenizer_name="whitespace", index_option="freq")
            .build()
        )
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            return cls(tantivy.Index(schema, path=str(folder)), folder)

    def count(self) -> int:
        """How many chunks are indexed."""
        return self._index.searcher().num_docs

    def ids(self) -> set[str]:
        """All indexed chunk ids."""
        import tantivy

        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.all_query(), limit=max(1, searcher.num_docs), count=False).hits
        return {searcher.doc(address)["id"][0] for _, address in hits}

    def write(self, add: Iterable[Entry], delete: Iterable[str]) -> None:
        """Removes and adds, then makes it all visible at once; an added id that exists is replaced."""
        import tantivy

        with _writing(self._folder):
            # One thread: its segments come out the same from run to run.
            writer = self._index.writer(_WRITER_MEMORY, 1)
            try:
                for chunk_id in delete:
                    writer.delete_documents_by_term("id", chunk_id)
                for entry in add:
                    writer.delete_documents_by_term("id", entry.chunk_id)
                    writer.add_document(
                        tantivy.Document(
                            id=entry.chunk_id,
                            title=" ".join(analyse(entry.title, entry.language)),
                            body=" ".join(analyse(entry.text, entry.language)),
                        )
                    )
                writer.commit()
            finally:
                writer.wait_merging_threads()
            self._index.reload()
            self._placed = None

    def search(
        self,
        query: str,
        k: int,
        languages: Sequence[str],
        keep: Callable[[Sequence[str]], set[str]] | None = None,
        *,
        among: Admitted | None = None,
    ) -> list[Hit]:
        """The k best chunks by BM25, best first; empty when no word of the query occurs.

        The query is a plain text; it is stemmed in each of `languages` (those of the articles), and
        a word counts once however many of its forms match. `keep` says which of a list of ids
        may be returned. With `among` only the admitted chunks are: where they are few they are searched
        directly, where they are many the best of everything are looked through. Their scores are
        the ones they have without it.
        """

        wanted = self._query(query, languages)
        searcher = self._index.searcher()
        if wanted is None or k <= 0 or not searcher.num_docs:
            return []
        if among is not None:
            return self._among(searcher, wanted, k, among)
        width = k
        while True:
            found = self._found(searcher, wanted, width)
            hits = self._hits(searcher, found)
            if keep:
                kept = keep([hit.chunk_id for hit in hits])
                hits = [hit for hit in hits if hit.chunk_id in kept]
            if len(hits) >= k or len(found) < width:
                return _best(hits, k)
            width *= 4

    def _among(self, searcher: tantivy.Searcher, wanted: tantivy.Query, k: int, among: Admitted) -> list[Hit]:
        """The k best of the admitted chunks."""
        width = max(k, int(k * WIDER / among.share))
        if len(among.rows) * MEMBER_COST <= width:
            return _best(self._hits(searcher, self._found(searcher, self._only(wanted, among.ids), k)), k)
        ids, starts, rows_at = among.register.chunk_ids, *self._places(searcher, among.register)
        while True:
            found = self._found(searcher, wanted, width)
            places = np.fromiter((starts[a.segment_ord] + a.doc for _, a in found), np.int64, len(found))
            rows = rows_at[places]
            kept = np.flatnonzero(among.mask[rows] & (rows >= 0)).tolist()
            if len(kept) >= k or len(found) < width:
                least = found[kept[:k][-1]][0] if kept else 0.0  # equal scores compete by their ids
                first = [n for n in kept if found[n][0] >= least]
                return _best([Hit(ids[rows[n]], float(found[n][0])) for n in first], k)
            width *= 8

    def _places(self, searcher: tantivy.Searcher, register: Register) -> tuple[list[int], np.ndarray]:
        """Where in the register each of tantivy's documents is listed, -1 for one that is not: a document's
        place is its number in its segment counted on from the segment's start. Spares reading ids from
        disk for every hit that is looked through (1.2 µs each against 0.3)."""
        import tantivy

        known = self._placed
        if known is None or known[0] is not register:
            found = self._found(searcher, tantivy.Query.all_query(), max(1, searcher.num_docs))
            sizes = [0] * searcher.num_segments
            for _, address in found:
                sizes[address.segment_ord] = max(sizes[address.segment_ord], address.doc + 1)
            starts = [0, *itertools.accumulate(sizes)]
            rows = np.full(starts[-1], -1, np.int64)
            for hit, (_, address) in zip(self._hits(searcher, found), found, strict=True):
                rows[starts[address.segment_ord] + address.doc] = register.row_of.get(hit.chunk_id, -1)
            known = self._placed = register, starts, rows
        return known[1], known[2]

    def _found(self, searcher: tantivy.Searcher, query: tantivy.Query, width: int) -> list[Any]:
        """(score, address) of the best documents."""
        try:
            return searcher.search(query, limit=width, count=False).hits
        except (ValueError, OSError) as error:
            raise _unreadable(self._folder, error) from error

    def _hits(self, searcher: tantivy.Searcher, found: Sequence[Any]) -> list[Hit]:
        try:
            return [Hit(searcher.doc(address)["id"][0], float(score)) for score, address in found]
        except (ValueError, OSError) as error:
            raise _unreadable(self._folder, error) from error

    def _only(self, query: tantivy.Query, ids: Sequence[str]) -> tantivy.Query:
        """The same query for these chunks only, with the same scores."""
        import tantivy

        members = tantivy.Query.term_set_query(self._index.schema, "id", list(ids))
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, query),
                (tantivy.Occur.Must, tantivy.Query.const_score_query(members, 0.0)),
            ]
        )

    def _query(self, query: str, languages: Sequence[str]) -> tantivy.Query | None:
        import tantivy

        words: dict[tuple[str, ...], int] = {}
        analysed = [analyse(query, language) for language in dict.fromkeys(map(stem_code, languages))]
        for forms in zip(*analysed, strict=True):
            unique = tuple(dict.fromkeys(forms))
            words[unique] = words.get(unique, 0) + 1
        parts: list[tuple[tantivy.Occur, tantivy.Query]] = []
        schema = self._index.schema
        for forms, times in words.items():
            for field, weight in (("body", 1.0), ("title", TITLE_BOOST)):
                terms = [tantivy.Query.term_query(schema, field, form, "freq") for form in forms]
                part = terms[0] if len(terms) == 1 else tantivy.Query.disjunction_max_query(terms)
                boost = weight * times
                parts.append(
                    (tantivy.Occur.Should, part if boost == 1.0 else tantivy.Query.boost_query(part, boost))
                )
        return tantivy.Query.boolean_query(parts) if parts else None


def stem_code(language: str) -> str:
    """The language code by which words are stemmed: "en" for "en-GB" and for an unknown language."""
    return re.split(r"[-_]", language.strip().lower(), maxsplit=1)[0] or DEFAULT_LANGUAGE


def analyse(text: str, language: str) -> list[str]:
    """The words of a text as they are indexed: lower-cased, stemmed, accents folded, unspaced
    scripts as pairs of characters. The number of words does not depend on the language."""
    spaced = _UNSPACED.sub(_pairs, text)
    return [word or "_" for word in _analyser(stem_code(language)).analyze(spaced)]


def _pairs(run: re.Match[str]) -> str:
    word = run[0]
    return f" {' '.join(word[at : at + 2] for at in range(len(word) - 1))} "


@functools.cache
def _analyser(code: str) -> tantivy.TextAnalyzer:
    import tantivy

    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(100))
        .filter(tantivy.Filter.lowercase())
    )
    if code in STEMMERS:
        builder = builder.filter(tantivy.Filter.stemmer(STEMMERS[code]))
    return builder.filter(tantivy.Filter.ascii_fold()).build()


def _best(hits: list[Hit], k: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:k]


def copy_folder(source: Path, target: Path) -> None:
    """A second copy of an index, by hard links where the disk allows: tantivy never changes a file
    once written, it replaces it."""
    with _writing(target):
        target.mkdir(parents=True)
        for file in source.iterdir():
            if file.name.endswith(".lock") or not file.is_file():
                continue
            try:
                os.link(file, target / file.name)
            except OSError:
                shutil.copy2(file, target / file.name)


def _unreadable(folder: Path, error: Exception) -> IndexMissing:
    return IndexMissing(
        f"the lexical index is missing or damaged in {folder}: {error}", "footnote build PATH..."
    )


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # tantivy wraps what the system says in ValueError
        raise write_failed(str(folder), error) from error
