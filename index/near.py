"""Near copies: what of a text is kept to compare it by, and when two texts tell the same.

Words are taken in runs of three (shingles; Broder, "On the resemblance and containment of documents",
1997). Two texts are near copies where most of the shorter one's shingles stand in the longer, or where
their meaning is the same and many shingles still are (rewritten, words swapped for synonyms), and in both cases
the names and figures agree: what tells a copy from the same form filled in with other facts.
Whole sentences that many different articles share (boilerplate) do not count.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

VERSION = 1
"""Raised whenever prints made before can no longer be compared with new ones."""

SHINGLE = 3
PERMUTATIONS = 128
BANDS = 64
"""Bands of two numbers each: of pairs that share three tenths of their shingles 99.8 % meet in one."""
LIKELY = 0.12
"""Pairs whose signatures agree in less are not looked at (the share has a standard deviation of .03 to .04)."""
BITS = 256
COMMON, VARIED = 4, 0.25
"""A sentence is boilerplate where its articles are otherwise so many different ones, and that share of them at least: of
twenty copies of one story, each under a line of its own, hardly two differ so (see `Print.contexts`)."""
CONTEXTS = 4
SENTENCE = 6
"""Shorter sentences are not judged as boilerplate: they recur by chance."""
FEW = 8
"""Texts with fewer shingles are near copies only where they are equal."""


@dataclass(frozen=True, slots=True)
class NearRules:
    """When two articles are near copies.

    `overlap` is the least share (0 to 1) of the shorter text's three-word runs that must stand in the longer,
    `meaning` the least cosine similarity of the articles' vectors for a rewritten one, whose dates must also
    be within `days` or unknown. `on` False clusters nothing.
    """

    on: bool = True
    overlap: float = 0.6
    meaning: float = 0.93
    days: int = 4

    @property
    def label(self) -> str:
        """What the clusters of an index depend on, kept with it; "" for none."""
        return f"{VERSION} {self.overlap:g} {self.meaning:g} {self.days}" if self.on else "off"

    @classmethod
    def of(cls, label: str) -> NearRules | None:
        """The rules that a label stands for; None for "", and for those of another version."""
        if label == "off":
            return cls(on=False)
        version, *values = label.split(" ")
        if version != str(VERSION):
            return None
        return cls(True, float(values[0]), float(values[1]), int(values[2]))


LENGTHS = 0.25
"""A text shorter than this share of the other is a mention of it, not its copy."""
PART, LEAD, LEADING = 0.6, 60, 0.4
"""Of a text shorter than PART of the other, so large a share of the longer one's first shingles must stand in it: a shortened
copy keeps the beginning, while a follow-up that repeats a whole earlier story begins anew."""
REWRITTEN = 0.12
"""A rewritten text still has this share of the shingles; what only treats the same has less."""
REWRITTEN_LENGTHS = 0.6
FACTS = 0.8
"""So many of the names and figures of the one with fewer stand in the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """What of a text it is compared by. Arrays of hashes: `shingles` (uint32, in the order of the text), of which
    the sentence `n` begins `counts[n]` (uint32) and has the hash `sentences[n]` (uint64, 0 for short ones);
    `contexts[n]` (uint32, CONTEXTS) are the least of the shingles outside it, in as many orders by chance; `facts` (uint32, sorted) are names and figures."""

    shingles: np.ndarray
    counts: np.ndarray
    sentences: np.ndarray
    contexts: np.ndarray
    facts: np.ndarray


def print_of(text: str) -> Print:
    """The print of a clean text (1 ms for 600 words)."""
    words: list[int] = []
    firsts: list[int] = []
    sentences: list[int] = []
    facts: set[int] = set()
    for sentence in _SENTENCE_END.split(text):
        found = _WORD.findall(sentence)
        if not found:
            continue
        firsts.append(len(words))
        hashed = [zlib.crc32(word.casefold().encode()) for word in found]
        words += hashed
        long = len(found) >= SENTENCE
        sentences.append(_blended(hashed) if long else 0)
        for place, word in enumerate(found):
            if word[0].isdecimal() or (place and word[0].isupper()):
                facts.add(zlib.crc32(_ENDING.sub("", word.casefold()).encode()))
    shingles = _shingles(np.array(words, np.uint64))
    starts = np.minimum(np.array(firsts, np.int64), len(shingles))
    counts = np.diff(np.append(starts, len(shingles)))
    return Print(
        shingles,
        counts.astype(np.uint32),
        np.array(sentences, np.uint64),
        _contexts(shingles, starts, counts),
        np.array(sorted(facts), np.uint32),
    )


def signatures(prints: Sequence[Print]) -> np.ndarray:
    """MinHash signatures (Broder 1997) of the prints' shingles, uint32 (n, PERMUTATIONS); two of them agree in as
    large a share as the shingles of both have in common."""
    from rensa import RMinHash  # pyright: ignore[reportAttributeAccessIssue]  # compiled, without stubs

    if not prints:
        return np.empty((0, PERMUTATIONS), np.uint32)
    tokens = np.concatenate([p.shingles for p in prints]).astype(np.uint64) * _ODD[0]
    ends = np.cumsum([0, *(len(p.shingles) for p in prints)]).astype(np.uint64)
    made = RMinHash.digest_matrix_from_flat_token_hashes(tokens, ends, PERMUTATIONS, 1)
    return np.array(made.to_rows(), np.uint32).reshape(len(prints), PERMUTATIONS)


def bands(signed: np.ndarray) -> np.ndarray:
    """The BANDS keys of each signature, uint64 (BANDS, n), by which likely pairs are found (locality-sensitive hashing;
    Indyk and Motwani, 1998)."""
    pairs = signed.reshape(len(signed), BANDS, PERMUTATIONS // BANDS).astype(np.uint64)
    return np.ascontiguousarray(((pairs[:, :, 0] << np.uint64(32)) | pairs[:, :, 1]).T)


def sketch(vectors: np.ndarray) -> np.ndarray:
    """On which side of BITS random planes each vector lies, uint64 (n, BITS / 64): the share of bits in which two
    differ is the angle between them over pi (Charikar, "Similarity estimation techniques from rounding
    algorithms", STOC 2002)."""
    return np.packbits(vectors @ _planes(vectors.shape[1]) > 0, axis=1).view(np.uint64)


@cache
def _planes(dimension: int) -> np.ndarray:
    return np.random.default_rng(2002).standard_normal((dimension, BITS)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two texts are: shares from 0 to 1. `overlap` and `facts` are of the shorter text's, `lengths` is the
    shorter length over the longer, each without boilerplate; `lead` is how much of the longer one's beginning stands in
    the shorter; `shingles` is the shorter length itself."""

    overlap: float
    lengths: float
    lead: float
    facts: float
    shingles: int
    cosine: float


def likeness(a: Print, b: Print, cosine: float, common: Collection[int] = ()) -> Likeness:
    """How alike two texts are, `common` being the hashes of sentences that are boilerplate."""
    orders = sorted((_own(a, common), _own(b, common)), key=len)
    short, long = (np.unique(order) for order in orders)
    if len(short) > len(long):
        orders, short, long = orders[::-1], long, short
    shared = len(np.intersect1d(short, long, assume_unique=True))
    less, more = len(short), len(long)
    lead = float(np.isin(orders[1][:LEAD], short).mean()) if more else 0.0
    known = min(len(a.facts), len(b.facts))
    facts = len(np.intersect1d(a.facts, b.facts, assume_unique=True)) / known if known else 1.0
    return Likeness(shared / max(less, 1), less / max(more, 1), lead, facts, less, cosine)


def verdict(found: Likeness, rules: NearRules) -> str:
    """ "words" for a near copy by its words, "meaning" for a rewritten one (if the dates allow it), "" for neither."""
    if found.shingles < FEW or found.facts < FACTS:
        return ""
    whole = found.lengths >= PART or (found.lengths >= LENGTHS and found.lead >= LEADING)
    if found.overlap >= rules.overlap and whole:
        return "words"
    if found.cosine >= rules.meaning and found.overlap >= REWRITTEN and found.lengths >= REWRITTEN_LENGTHS:
        return "meaning"
    return ""


# No whitespace in a sentence's end but behind it: a text of one long line is split as well.
_SENTENCE_END = re.compile(r"\n|(?<=[.!?…])[\"”’')\]]*\s+")
# Scripts that put no space between words are taken letter by letter.
_WORD = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff]|\d[\d.,:]*\d|(?:(?![\u2e80-\u9fff\uf900-\ufaff])\w)+(?:['’]\w+)?"
)
_ENDING = re.compile(r"['’]s?$|[.,:]+$")
_ODD = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xC2B2AE3D27D4EB4F),
    np.uint64(0x165667B19E3779F9),
)


def _blended(hashes: Sequence[int]) -> int:
    """One 64-bit number for a sentence's words, never 0."""
    packed = np.array(hashes, np.uint32).tobytes()
    return (zlib.crc32(packed) << 32 | zlib.adler32(packed)) or 1


def _shingles(words: np.ndarray) -> np.ndarray:
    count = len(words) - SHINGLE + 1
    if count <= 0:
        return np.empty(0, np.uint32)
    with np.errstate(over="ignore"):
        mixed = words[:count] * _ODD[0]
        for step in range(1, SHINGLE):
            mixed = (mixed ^ (mixed >> np.uint64(29))) * _ODD[1] + words[step : count + step] * _ODD[2]
        mixed = (mixed ^ (mixed >> np.uint64(32))) * _ODD[0]
    return (mixed >> np.uint64(32)).astype(np.uint32)


def _contexts(shingles: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """For each sentence the least shingle outside it, in CONTEXTS orders: the same in copies as a rule, others in
    other articles."""
    mixed = shingles.astype(np.uint32)
    columns: list[np.ndarray] = []
    for _ in range(CONTEXTS):
        columns.append(_least_outside(mixed, starts, counts))
        mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x85EBCA6B)
        mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return np.stack(columns, axis=1)


def _least_outside(shingles: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    most = np.uint32(0xFFFFFFFF)
    least = np.full(len(starts), most, np.uint32)
    filled = counts > 0
    if filled.any():
        least[filled] = np.minimum.reduceat(shingles, starts[filled])
    if len(least) < 2:
        return np.full(len(least), most, np.uint32)
    before = np.concatenate(([most], np.minimum.accumulate(least)[:-1]))
    after = np.concatenate((np.minimum.accumulate(least[::-1])[::-1][1:], [most]))
    return np.minimum(before, after).astype(np.uint32)


def _own(of: Print, common: Collection[int]) -> np.ndarray:
    """The shingles that are not of boilerplate, in the order of the text."""
    shingles = of.shingles
    if common:
        other = np.array([int(s) not in common for s in of.sentences], bool)
        if not other.all():
            shingles = shingles[np.repeat(other, of.counts)]
    return shingles
