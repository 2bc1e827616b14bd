"""Which articles of an index are near copies of another, kept up to date from build to build.

Prints (`index.near.Print`) and pairs are kept in the catalog under the articles' content hashes, so a new article is
compared with all earlier ones without their texts. What comes out depends on the articles alone, not on the order
in which they came: a pair is judged by its two texts and by which sentences are boilerplate, and the
pairs of articles that hold such a sentence are judged again when that changes.

A cluster is a star: each copy is like its representative itself, so that no chain of small changes
joins what is not alike.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import acos, pi, sqrt
from urllib.parse import urlsplit

import numpy as np

from index import near
from index.near import NearRules, Print

log = logging.getLogger(__name__)

CROWDED, FIRST = 500, 100
"""Of a band's bucket with more than so many texts each is compared with the first so many only."""
AGREEING = 4
"""Rewritten texts' signatures agree in so many places at least (of 128; .07 in common on average gives 9)."""
_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True)
class Head:
    """What decides an article's place in its cluster. `corrected`: a revision of it is in the index, which answers
    in its place; `revises`: it is one, and never a copy."""

    id: str
    content_hash: str
    published: date | None = None
    url: str = ""
    site: str = ""
    characters: int = 0
    corrected: bool = False
    revises: bool = False

    @property
    def order(self) -> tuple[bool, bool, date, int, str]:
        """The least of a cluster represents it: the corrected one, whose revision is then found; an article at its own
        address rather than one that names another site's as the original; the earliest; the longest."""
        away = bool(self.url and self.site) and not _at_home(self.url, self.site)
        return (not self.corrected, away, self.published or date.max, -self.characters, self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The part of a print by which candidates are found, without the text's shingles: its signature (uint32) and
    its vector's sketch (uint64), and its sentences and contexts (see `Print`)."""

    content_hash: str
    signature: np.ndarray
    sketch: np.ndarray
    sentences: np.ndarray
    contexts: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """All of a text that is kept: its trace, its print, its unit vector (float32)."""

    trace: Trace
    print: Print
    vector: np.ndarray


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that are near copies, by content hash, `a` before `b`; `kind` as `index.near.verdict` says."""

    a: str
    b: str
    kind: str


@dataclass(frozen=True, slots=True)
class Copies:
    """What a commit writes: `label` (`NearRules.label`), prints that go (None: all before), pairs that go with either of
    some hashes (None: all before), new pairs, and each clustered article's representative, itself included."""

    label: str
    prints_gone: Sequence[str] | None = None
    pairs_gone: Sequence[str] | None = None
    pairs: Sequence[Pair] = ()
    clusters: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def clustered(self) -> int:
        """Articles that stand behind another."""
        return sum(name != first for name, first in self.clusters.items())


def kept(hashes: Sequence[str], texts: Sequence[str], vectors: np.ndarray) -> list[Kept]:
    """What is kept of these texts; `vectors` are their articles' (n, dimension), of any length."""
    prints = [near.print_of(text) for text in texts]
    signed = near.signatures(prints)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    unit = unit.astype(np.float16).astype(np.float32)  # as they are stored
    sketches = near.sketch(unit)
    return [
        Kept(Trace(name, signed[n], sketches[n], prints[n].sentences, prints[n].contexts), prints[n], unit[n])
        for n, name in enumerate(hashes)
    ]


class Traces:
    """The texts of an index, to be asked for candidates."""

    def __init__(self, traces: Iterable[Trace]) -> None:
        found = sorted(traces, key=lambda trace: trace.content_hash)
        self.hashes = [trace.content_hash for trace in found]
        self.place = {name: place for place, name in enumerate(self.hashes)}
        self._signed = _stacked([t.signature for t in found], near.PERMUTATIONS, np.uint32)
        self._sketches = np.ascontiguousarray(
            _stacked([t.sketch for t in found], near.BITS // 64, np.uint64).T
        )
        self._sentences = np.concatenate([t.sentences for t in found] or [np.empty(0, np.uint64)])
        self._contexts = np.concatenate(
            [t.contexts for t in found] or [np.empty((0, near.CONTEXTS), np.uint32)]
        )
        self._holders = np.repeat(np.arange(len(found), dtype=np.int32), [len(t.sentences) for t in found])
        self._sorted: list[tuple[np.ndarray, np.ndarray]] | None = None

    def common(self, among: Collection[str] | None = None) -> set[int]:
        """The hashes of sentences that are boilerplate (see `near.COMMON`) in all texts or in those `among`."""
        rows = self._sentences != 0
        if among is not None:
            inside = np.array([name in among for name in self.hashes], bool)
            rows &= inside[self._holders] if len(self._holders) else rows
        sentences, contexts, holders = self._sentences[rows], self._contexts[rows], self._holders[rows]
        several = _recurring(sentences)
        sentences, contexts, holders = sentences[several], contexts[several], holders[several]
        names, of = _counted(sentences, holders)
        different = sum(_counted(sentences, column)[1] for column in contexts.T) / near.CONTEXTS
        common = (different >= near.COMMON) & (different >= near.VARIED * of)
        return set(names[common].tolist())

    def holding(self, sentences: Collection[int]) -> set[str]:
        """The texts that hold any of these sentences."""
        rows = np.isin(self._sentences, np.array(sorted(sentences), np.uint64))
        return {self.hashes[place] for place in np.unique(self._holders[rows]).tolist()}

    def candidates(self, asked: Collection[str], rules: NearRules) -> Iterator[tuple[str, str]]:
        """Pairs that may be near copies of which one at least is `asked` about, each once, `a` before `b`."""
        places = np.array(sorted(self.place[name] for name in asked if name in self.place), np.int64)
        seen: set[int] = set()
        for at in range(0, len(places), _AT_ONCE):
            some = places[at : at + _AT_ONCE]
            for code in np.unique(
                np.concatenate((self._by_words(some), self._by_meaning(some, rules)))
            ).tolist():
                if code not in seen:
                    seen.add(code)
                    a, b = divmod(code, len(self.hashes))
                    yield self.hashes[a], self.hashes[b]

    def _by_words(self, asked: np.ndarray) -> np.ndarray:
        """Pairs, coded, that share a band and much of their signatures."""
        if self._sorted is None:
            self._sorted = []
            for keys in near.bands(self._signed):
                order = np.argsort(keys, kind="stable").astype(np.int32)
                self._sorted.append((keys[order], order))
        wanted = near.bands(self._signed[asked])
        found: list[np.ndarray] = []
        for (keys, order), mine in zip(self._sorted, wanted, strict=True):
            first = np.searchsorted(keys, mine, "left")
            counts = np.searchsorted(keys, mine, "right") - first
            counts[counts > CROWDED] = FIRST
            several = counts > 1
            first, counts = first[several], counts[several]
            ends = np.cumsum(counts)
            steps = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
            others = order[np.repeat(first, counts) + steps].astype(np.int64)
            found.append(self._coded(np.repeat(asked[several], counts), others))
        codes = np.unique(np.concatenate(found))
        return codes[self._agreeing(codes) >= near.LIKELY * near.PERMUTATIONS]

    def _by_meaning(self, asked: np.ndarray, rules: NearRules) -> np.ndarray:
        """Pairs, coded, whose vectors may be as near as the rules say and whose words are not all different."""
        share = acos(max(-1.0, min(1.0, rules.meaning))) / pi
        apart = near.BITS * share + 3 * sqrt(near.BITS * share * (1 - share)) + 1
        found = [np.empty(0, np.int64)]
        for place in asked.tolist():
            differing = np.zeros(len(self.hashes), np.uint16)
            for words in self._sketches:  # row by row: a sum over four columns takes ten times as long
                differing += np.bitwise_count(words ^ words[place])
            others = np.flatnonzero(differing <= apart)
            if len(others) > 1:
                codes = self._coded(np.full(len(others), place), others)
                found.append(codes[self._agreeing(codes) >= AGREEING])
        return np.unique(np.concatenate(found))

    def _coded(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        apart = a != b
        a, b = a[apart], b[apart]
        return np.minimum(a, b) * len(self.hashes) + np.maximum(a, b)

    def _agreeing(self, codes: np.ndarray) -> np.ndarray:
        """In how many places each pair's signatures agree."""
        made = np.empty(len(codes), np.int64)
        for at in range(0, len(codes), _AT_ONCE):
            a, b = np.divmod(codes[at : at + _AT_ONCE], max(len(self.hashes), 1))
            made[at : at + _AT_ONCE] = (self._signed[a] == self._signed[b]).sum(1)
        return made


def pairs_of(
    candidates: Iterable[tuple[str, str]],
    read: Callable[[str], Kept],
    rules: NearRules,
    common: Collection[int],
) -> list[Pair]:
    """The candidates that are near copies; `read` gives what is kept of a text."""
    made: list[Pair] = []
    for a, b in candidates:
        mine, theirs = read(a), read(b)
        cosine = float(mine.vector @ theirs.vector)
        kind = near.verdict(near.likeness(mine.print, theirs.print, cosine, common), rules)
        if kind:
            made.append(Pair(a, b, kind))
    return made


def clusters_of(heads: Iterable[Head], pairs: Iterable[Pair], rules: NearRules) -> dict[str, str]:
    """Each clustered article's representative, those of representatives included, from the articles and the
    pairs of their texts. In the order of `Head.order` an article joins the first representative that it is a near copy of,
    or becomes one."""
    known: dict[str, list[Head]] = {}
    for head in heads:
        if not head.revises:
            known.setdefault(head.content_hash, []).append(head)
    beside: dict[str, dict[str, str]] = {}
    for pair in pairs:
        if pair.a in known and pair.b in known:
            beside.setdefault(pair.a, {})[pair.b] = pair.kind
            beside.setdefault(pair.b, {})[pair.a] = pair.kind
    nodes = [head for name, some in known.items() if name in beside or len(some) > 1 for head in some]
    nodes.sort(key=lambda head: head.order)
    firsts: dict[str, list[Head]] = {}
    of: dict[str, str] = {}
    for head in nodes:
        near_ones = [*firsts.get(head.content_hash, ())]
        for name, kind in beside.get(head.content_hash, {}).items():
            near_ones += [f for f in firsts.get(name, ()) if kind == "words" or _close(f, head, rules.days)]
        if near_ones:
            of[head.id] = min(near_ones, key=lambda first: first.order).id
        else:
            firsts.setdefault(head.content_hash, []).append(head)
    return of | {name: name for name in of.values()}


def _close(a: Head, b: Head, days: int) -> bool:
    return a.published is None or b.published is None or abs((a.published - b.published).days) <= days


def _at_home(url: str, site: str) -> bool:
    """Whether an address belongs to the site an article appeared on, by the site's host or name."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    letters = "".join(c for c in site.casefold().removeprefix("www.") if c.isalnum())
    name = "".join(c for c in host if c.isalnum())
    return not host or not letters or letters in name or name.startswith(letters) or name in letters


def _recurring(names: np.ndarray) -> np.ndarray:
    """Where the names stand that occur COMMON times or more."""
    order = np.argsort(names, kind="stable")
    starts = np.flatnonzero(np.append(True, names[order][1:] != names[order][:-1])[: len(names)])
    counts = np.diff(np.append(starts, len(names)))
    return order[np.repeat(counts >= near.COMMON, counts)]


def _counted(names: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each name once, ascending, and how many different values stand beside it."""
    order = np.lexsort((values, names))
    names, values = names[order], values[order]
    new = np.ones(len(names), bool)
    new[1:] = (names[1:] != names[:-1]) | (values[1:] != values[:-1])
    return np.unique(names[new], return_counts=True)


def _stacked(rows: Sequence[np.ndarray], width: int, kind: type) -> np.ndarray:
    return np.stack(rows) if rows else np.empty((0, width), kind)
