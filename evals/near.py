"""How well near copies are told from what only looks like them, and how fast.

    python -m evals.near [--data DIR] [--choose]
    python -m evals.near --speed 100000
    python -m evals.near --reuters DIR [--show 30]

Pairs are made from the seeds, from stories composed by code and, with --data (or FOOTNOTE_EVAL_DATA), from the articles of the
public sets. All texts go into one collection and are compared as a build does it, so what the
search for candidates misses counts as missed. One half of the pairs is for choosing thresholds (--choose tries them),
the other is reported.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evals import near_texts as texts
from index import near
from index.copies import Head, Kept, Traces, clusters_of, kept, pairs_of
from index.near import Likeness, NearRules
from index.schema import Article

if TYPE_CHECKING:
    from index.embed import SentenceEmbedder

SEEDS = Path(__file__).parent.parent / "seeds"
PER_KIND = 100
LOOSE = NearRules(meaning=0.85)
"""So near candidates are looked for while thresholds are tried."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Two texts, of what kind, and whether they are near copies."""

    kind: str
    copy: bool
    first: str
    second: str
    titles: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Base:
    """A text that pairs are made of, with its title and what it is about."""

    title: str
    text: str
    topic: str


def bases(data: Path | None, chance: random.Random) -> list[Base]:
    """The seeds' articles, composed stories, and articles of the public sets that are in `data`, 60 to 1,500 words long."""
    from index.readers import FolderSource

    found = [Base(a.title, a.text, "seeds") for a in FolderSource(SEEDS).read() if isinstance(a, Article)]
    found += [
        Base(f"Story {n}", texts.filled(story, chance), f"story {n}")
        for n, story in enumerate(texts.STORIES)
        for _ in range(30)
    ]
    if data is not None:
        found += itertools.chain(
            *(_some(part, chance) for part in (_bbc(data), _realtime(data), _wire(data)))
        )
    return [base for base in found if 60 <= len(base.text.split()) <= 1500]


def _some(part: Iterator[Base], chance: random.Random, most: int = 400) -> list[Base]:
    found = [base for base in part if 60 <= len(base.text.split()) <= 1500]
    return chance.sample(found, min(most, len(found)))


def _bbc(data: Path) -> Iterator[Base]:
    from evals.formats.newswire import text_folders_task

    if (folder := data / "bbc_news" / "bbc").is_dir():
        for batch in text_folders_task(folder).batches:
            yield from (Base(a.title, a.text, batch.id) for a in batch.read() if isinstance(a, Article))


def _realtime(data: Path) -> Iterator[Base]:
    import json

    if (file := data / "realtimeqa_2022" / "corpus.jsonl").is_file():
        for line in file.read_text("utf-8").splitlines():
            one = json.loads(line)
            yield Base(one.get("title", ""), one["text"], "realtimeqa")


def _wire(data: Path) -> Iterator[Base]:
    yield from (Base(a.title, a.text, "reuters") for a in reuters(data / "reuters21578"))


def reuters(folder: Path) -> Iterator[Article]:
    """The stories of Reuters-21578 that have a body."""
    from evals.formats.newswire import reuters_task

    if folder.is_dir():
        for batch in reuters_task(folder).batches:
            yield from (a for a in batch.read() if isinstance(a, Article))


# ---- pairs ------------------------------------------------------------------------------------


def _paragraphs(text: str) -> list[str]:
    """A text's paragraphs; of one without any, three sentences each."""
    from index.split import sentence_spans

    parts = [part for part in text.split("\n\n") if part.strip()]
    if len(parts) > 2:
        return parts
    sentences = [text[a:b] for a, b in sentence_spans(text)]
    return [" ".join(sentences[at : at + 3]) for at in range(0, len(sentences), 3)]


def _truncated(base: Base, chance: random.Random) -> str:
    keep = chance.uniform(0.4, 0.8)
    words = base.text.split(" ")
    return " ".join(words[: int(len(words) * keep)])


def _reordered(base: Base, chance: random.Random) -> str:
    parts = _paragraphs(base.text)
    head, rest = parts[:1], parts[1:]
    chance.shuffle(rest)
    return "\n\n".join(head + rest)


def _framed(base: Base, chance: random.Random) -> str:
    some = chance.choice(texts.BOILERPLATE)
    return f"{some}\n\n{base.text}" if chance.random() < 0.5 else f"{base.text}\n\n{some}"


def _agency(base: Base, chance: random.Random) -> str:
    first, *rest = chance.sample(texts.AGENCIES, 2)
    return f"{first}{base.text}\n\n({rest[0].strip(' -')})"


def _mixed(base: Base, chance: random.Random) -> str:
    text = texts.reworded(base.text, chance, 0.4)
    for change in chance.sample((_reordered, _framed, _agency), 2):
        text = change(Base(base.title, text, base.topic), chance)
    return text


COPIES: dict[str, Callable[[Base, random.Random], str]] = {
    "truncated": _truncated,
    "retitled": lambda base, _: base.text,
    "reordered": _reordered,
    "synonyms, half": lambda base, chance: texts.reworded(base.text, chance, 0.5),
    "synonyms, all": lambda base, chance: texts.reworded(base.text, chance, 1.0),
    "boilerplate added": _framed,
    "agency line": _agency,
    "mixed": _mixed,
}


def labelled(found: Sequence[Base], chance: random.Random, per_kind: int = PER_KIND) -> list[Labelled]:
    """`per_kind` pairs of each kind, or as many as there are texts for."""
    made: list[Labelled] = []
    for kind, change in COPIES.items():
        for base in chance.sample(found, min(per_kind, len(found))):
            titles = (base.title, chance.choice(texts.TITLES))
            made.append(Labelled(kind, True, base.text, change(base, chance), titles))
    groups: dict[str, list[Base]] = defaultdict(list)
    for base in found:
        groups[base.topic].append(base)
    topical = [some for topic, some in groups.items() if len(some) > 1 and not topic.startswith("story")]
    stories = [some for topic, some in groups.items() if topic.startswith("story")]
    for _ in range(per_kind * 2):
        a, b = chance.sample(chance.choice(topical), 2)
        made.append(Labelled("same topic", False, a.text, b.text, (a.title, b.title)))
    for _ in range(per_kind * 2):
        a, b = chance.sample(chance.choice(stories), 2)
        made.append(Labelled("same template", False, a.text, b.text, (a.title, b.title)))
    for _ in range(per_kind * 2):
        base = chance.choice(found)
        made.append(
            Labelled(
                "other facts", False, base.text, texts.refacted(base.text, chance), (base.title, base.title)
            )
        )
    for _ in range(per_kind * 2):
        a, b = chance.sample(chance.choice(topical), 2)
        made.append(Labelled("follow-up", False, a.text, _followed(a, b, chance), (a.title, b.title)))
    for _ in range(per_kind * 2):
        a, b = chance.sample(chance.choice(topical), 2)
        some = chance.choice(texts.BOILERPLATE)
        short = [" ".join(one.text.split(" ")[: chance.randrange(40, 140)]) for one in (a, b)]
        first, second = (f"{text}\n\n{some}" for text in short)
        made.append(Labelled("shared boilerplate", False, first, second, (a.title, b.title)))
    return [one for one in made if one.first != one.second or one.copy]


def _followed(old: Base, new: Base, chance: random.Random) -> str:
    """A later story that ends with background from the earlier one, up to half as long as itself."""
    share = chance.uniform(0.2, 0.5)
    words = " ".join(new.text.split(" ")[:250])
    room, background = len(words.split()) * share / (1 - share), ""
    for part in _paragraphs(old.text)[-3:]:
        if len((background + part).split()) <= room:
            background += f"\n\n{part}"
    return words + (background or "\n\n" + " ".join(old.text.split(" ")[-int(room) :]))


# ---- comparing --------------------------------------------------------------------------------


def vectors_of(embedder: SentenceEmbedder, articles: Sequence[Article]) -> np.ndarray:
    """The mean of each article's chunk vectors, as a build has them."""
    from index.split import embedding_text, split_article

    lists = [split_article(article, embedder) for article in articles]
    pieces = [embedding_text(a, c) for a, some in zip(articles, lists, strict=True) for c in some]
    rows = embedder.encode(pieces)
    owner = np.repeat(np.arange(len(articles)), [len(some) for some in lists])
    made = np.zeros((len(articles), rows.shape[1]), np.float32)
    np.add.at(made, owner, rows)
    return made


def compared(pairs: Sequence[Labelled], embedder: SentenceEmbedder) -> list[Likeness | None]:
    """How alike the texts of each pair are, in one collection of all of them; None where they are not even candidates."""
    articles: dict[tuple[str, str], Article] = {}
    for pair in pairs:
        for key in ((pair.titles[0], pair.first), (pair.titles[1], pair.second)):
            articles.setdefault(key, Article(str(len(articles)), "", key[0], "", key[1]))
    every = list(articles.values())
    made = kept([a.content_hash for a in every], [a.text for a in every], vectors_of(embedder, every))
    by_hash = {one.trace.content_hash: one for one in made}
    traces = Traces(one.trace for one in made)
    common = traces.common()
    likely = set(traces.candidates(list(by_hash), LOOSE))
    found: list[Likeness | None] = []
    for pair in pairs:
        keys = ((pair.titles[0], pair.first), (pair.titles[1], pair.second))
        a, b = sorted(articles[key].content_hash for key in keys)
        mine, theirs = by_hash[a], by_hash[b]
        alike = near.likeness(mine.print, theirs.print, float(mine.vector @ theirs.vector), common)
        found.append(alike if (a, b) in likely or a == b else None)
    return found


def table(pairs: Sequence[Labelled], found: Sequence[Likeness | None], rules: NearRules) -> list[str]:
    """A line for each kind and one for all: precision, recall, and how many were called copies."""
    counts: dict[tuple[bool, str], list[int]] = defaultdict(lambda: [0, 0])
    for pair, alike in zip(pairs, found, strict=True):
        called = alike is not None and bool(near.verdict(alike, rules))
        counts[(not pair.copy, pair.kind)][0] += called
        counts[(not pair.copy, pair.kind)][1] += 1
    lines: list[str] = []
    for (other, kind), (called, of) in sorted(counts.items()):
        lines.append(
            f"{'not copies' if other else 'copies':<11} {kind:<20} {called:>4} of {of:<4} called copies"
        )
    hit, wrong, missed = tallied(pairs, found, rules)
    lines.append(
        f"all: precision {hit / max(hit + wrong, 1):.3f} ({wrong} wrong), recall {hit / max(hit + missed, 1):.3f} ({missed} missed)"
    )
    return lines


def tallied(
    pairs: Sequence[Labelled], found: Sequence[Likeness | None], rules: NearRules
) -> tuple[int, int, int]:
    """(found, wrongly found, missed) copies."""
    called = [alike is not None and bool(near.verdict(alike, rules)) for alike in found]
    hit = sum(c and p.copy for c, p in zip(called, pairs, strict=True))
    wrong = sum(c and not p.copy for c, p in zip(called, pairs, strict=True))
    return hit, wrong, sum(p.copy for p in pairs) - hit


def chosen(pairs: Sequence[Labelled], found: Sequence[Likeness | None]) -> list[str]:
    """The thresholds tried, the best ten: wrong calls weigh three times as much as missed copies."""
    tried: list[tuple[int, str]] = []
    for overlap, meaning in itertools.product(
        np.arange(0.4, 0.86, 0.05), (0.86, 0.88, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 1.0)
    ):
        rules = NearRules(overlap=round(float(overlap), 2), meaning=meaning)
        hit, wrong, missed = tallied(pairs, found, rules)
        tried.append(
            (
                3 * wrong + missed,
                f"overlap {overlap:.2f} meaning {meaning:.2f}: {hit} found, {wrong} wrong, {missed} missed",
            )
        )
    return [line for _, line in sorted(tried)[:10]]


# ---- speed ------------------------------------------------------------------------------------


def speed(count: int) -> list[str]:
    """What comparing one new article with `count` earlier ones costs, in processor time; the texts are of invented words."""
    chance, numbers = random.Random(7), np.random.default_rng(7)
    words = [
        f"{a}{b}{c}"
        for a in "bdfglmnprstvk"
        for b in ("a", "ei", "o", "u", "ie")
        for c in ("ra", "lt", "mon", "ves", "ing", "dor")
    ]
    weights = 1 / np.arange(1, len(words) + 1)
    weights /= weights.sum()

    def text() -> str:
        some = [words[n] for n in numbers.choice(len(words), 400, p=weights)]
        return ". ".join(" ".join(some[at : at + 16]).capitalize() for at in range(0, 400, 16))

    def vectors(n: int) -> np.ndarray:
        return (
            numbers.standard_normal((n, 384)).astype(np.float32)
            + numbers.standard_normal(384).astype(np.float32) * 0.7
        )

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stored: dict[str, Kept] = {}
    began = time.process_time()
    earlier = []
    for at in range(0, count, 1000):
        names = [f"{at + n:08}" for n in range(min(1000, count - at))]
        some = [text() for _ in names]
        for one in kept(names, some, vectors(len(names))):
            earlier.append(one.trace)
            if len(stored) < 2000:
                stored[one.trace.content_hash] = one
    made = time.process_time() - began
    fresh = kept(
        [f"z{n:07}" for n in range(200)],
        [text() for _ in range(100)] + [_slightly(text, chance) for _ in range(100)],
        vectors(200),
    )
    stored |= {one.trace.content_hash: one for one in fresh}
    began = time.process_time()
    index = Traces([*earlier, *(one.trace for one in fresh)])
    common = index.common()
    list(index.candidates([fresh[0].trace.content_hash], NearRules()))
    loaded = time.process_time() - began
    began = time.process_time()
    likely = list(index.candidates([one.trace.content_hash for one in fresh], NearRules()))
    pairs_of(
        [pair for pair in likely if pair[0] in stored and pair[1] in stored],
        stored.__getitem__,
        NearRules(),
        common,
    )
    each = (time.process_time() - began) / len(fresh) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.process_time()
    kept(["x"] * 256, [text() for _ in range(256)], vectors(256))
    one = (time.process_time() - began) / 256 * 1000
    return [
        f"{count:,} texts of 400 invented words: prints made in {made:.0f} s (the texts' making included)",
        f"sorted for asking once a build: {loaded:.2f} s; memory grew by {peak - before:,.0f} MB with all traces",
        f"comparing a new article: {each:.2f} ms ({len(likely) / len(fresh):.1f} candidates each); its print {one:.2f} ms",
    ]


def _slightly(text: Callable[[], str], chance: random.Random) -> str:
    words = text().split(" ")
    chance.shuffle(words)
    return " ".join(words)


# ---- a real collection ------------------------------------------------------------------------


def in_collection(
    articles: Sequence[Article], embedder: SentenceEmbedder | None, rules: NearRules
) -> dict[str, list[Article]]:
    """The clusters of some articles, by representative, it first; without an embedder by words only."""
    known = {a.id: a for a in articles}
    made: list[Kept] = []
    for at in range(0, len(articles), 256):
        some = articles[at : at + 256]
        vectors = (
            vectors_of(embedder, some)
            if embedder
            else np.random.default_rng(at).standard_normal((len(some), 64))
        )
        made += kept([a.content_hash for a in some], [a.text for a in some], vectors)
    by_hash = {one.trace.content_hash: one for one in made}
    traces = Traces(one.trace for one in by_hash.values())
    pairs = pairs_of(traces.candidates(list(by_hash), rules), by_hash.__getitem__, rules, traces.common())
    heads = [Head(a.id, a.content_hash, a.published, a.url, a.site, len(a.text)) for a in articles]
    clusters: dict[str, list[Article]] = defaultdict(list)
    for name, first in clusters_of(heads, pairs, rules).items():
        clusters[first].append(known[name])
    return {first: sorted(some, key=lambda a: a.id != first) for first, some in clusters.items()}


def shown(clusters: dict[str, list[Article]], total: int, most: int) -> Iterator[str]:
    """The clusters in figures, and the first copy of some of them beside its representative, to be looked at."""
    behind = sum(len(some) - 1 for some in clusters.values())
    sizes = Counter(len(some) for some in clusters.values())
    yield f"{len(clusters)} clusters, {behind} of {total} articles behind another ({behind / max(total, 1):.1%}); sizes {sorted(sizes.items())}"
    for first in random.Random(5).sample(sorted(clusters), min(most, len(clusters))):
        a, b = clusters[first][:2]
        yield f"\n--- {a.id} {a.published} {a.title}\n{a.text[:600]}\n  - {b.id} {b.published} {b.title}\n{b.text[:600]}"


def main(words: Sequence[str] | None = None) -> int:
    """Runs what the options ask for and prints it."""
    parser = argparse.ArgumentParser(prog="python -m evals.near")
    parser.add_argument("--data", type=Path, default=os.environ.get("FOOTNOTE_EVAL_DATA"))
    parser.add_argument("--choose", action="store_true", help="try thresholds on the first half")
    parser.add_argument("--speed", type=int, metavar="ARTICLES", default=0)
    parser.add_argument("--reuters", type=Path, metavar="DIR")
    parser.add_argument("--show", type=int, default=0, help="with --reuters: clusters to show")
    parser.add_argument("--words-only", action="store_true", help="with --reuters: without embedding")
    given = parser.parse_args(words)
    if given.speed:
        print("\n".join(speed(given.speed)))
        return 0

    from index.embed import load_embedder

    print(date.today().isoformat())
    if given.reuters:
        articles = list(reuters(given.reuters))
        embedder = None if given.words_only else load_embedder()
        print("\n".join(shown(in_collection(articles, embedder, NearRules()), len(articles), given.show)))
        return 0
    chance = random.Random(11)
    data = Path(given.data) if given.data else None
    found = bases(data, chance)
    chance.shuffle(found)
    half = len(found) // 2
    for part, some in (("choosing", found[:half]), ("reported", found[half:])):
        if part == "choosing" and not given.choose:
            continue
        pairs = labelled(some, random.Random(12), PER_KIND)
        alike = compared(pairs, load_embedder())
        print(
            f"{part}: {sum(p.copy for p in pairs)} copies, {sum(not p.copy for p in pairs)} others, of {len(some)} texts"
        )
        print("\n".join(chosen(pairs, alike) if part == "choosing" else table(pairs, alike, NearRules())))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
