"""Real processes killed at random moments while they build. `FOOTNOTE_KILLS` sets how many."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.build import build_index
from index.catalog import Catalog
from index.library import Library
from index.schema import Article, BuildReport
from index.shelf import open_shelf
from tests.index.words import ListSource, WordEmbedder, corpus

KILLS = int(os.environ.get("FOOTNOTE_KILLS", "6"))
SEED = int(os.environ.get("FOOTNOTE_SEED", "20240501"))

QUESTIONS = [
    "the harbour ferry treaty",
    "copper magnet number 7",
    "a violin in the meadow",
    "beacon saffron engine",
]

CHILD = """
import sys, time
from pathlib import Path
from index import build
from tests.index.test_kill import after
from tests.index.words import ListSource, WordEmbedder

class Slow(WordEmbedder):
    def encode(self, texts):
        time.sleep(0.01)
        return super().encode(texts)

build.BATCH_CHUNKS = 16
import chromadb, tantivy, index.split
print("ready", flush=True)
sys.stdin.readline()
def step(p):
    if p.stage != "reading" or p.done % 10 == 0:
        print(p.stage, p.done, p.detail, flush=True)
build.build_index(Path(sys.argv[1]), [ListSource(after())], embedder=Slow(), progress=step)
print("done", flush=True)
"""


def before() -> list[Article]:
    return corpus(1, 40, sentences=60)


def after() -> list[Article]:
    """Ten articles of the first corpus gone, ten changed, thirty more."""
    changed = corpus(2, 20, sentences=60)[10:]
    return (
        changed
        + before()[20:]
        + [
            Article(f"new-{a.id}", f"new-{a.external_id}", a.title, a.url, a.text, language="en")
            for a in corpus(3, 30)
        ]
    )


def built(index_dir: Path, articles: list[Article]) -> BuildReport:
    return build_index(index_dir, [ListSource(articles)], embedder=WordEmbedder())


def answers(index_dir: Path) -> tuple[int, list[list[tuple[str, float]]]]:
    """The revision, and what it finds: chunk ids with scores, to five digits."""
    embedder = WordEmbedder()
    with Library.open(index_dir, embedder=embedder) as library:
        found = [library.dense(vector, 10) for vector in embedder.encode(QUESTIONS)]
        found += [library.lexical(question, 10) for question in QUESTIONS]
        for hits in found:
            chunks = library.chunks([hit.chunk_id for hit in hits])
            assert len(chunks) == len(hits) == 10
            for chunk in chunks.values():
                article = library.article(chunk.article_id)
                assert article
                assert article.text[chunk.start : chunk.end] == chunk.text
        return library.manifest.revision, [[(h.chunk_id, round(h.score, 5)) for h in hits] for hits in found]


def contents(index_dir: Path) -> tuple[set[str], set[str]]:
    """Chunk and article ids; the stores must hold exactly the catalog's chunks, once each."""
    catalog = Catalog.open(index_dir)
    assert catalog
    shelf = open_shelf(index_dir, catalog.shelves(), "")
    chunks = catalog.chunk_ids()
    assert shelf.vectors.ids() == shelf.words.ids() == chunks
    assert shelf.vectors.count() == shelf.words.count() == len(chunks)
    shelf.close()
    articles = catalog.article_ids()
    catalog.close()
    return chunks, articles


def scores(found: list[list[tuple[str, float]]]) -> list[list[float]]:
    return [[round(score, 3) for _, score in hits] for hits in found]


@pytest.mark.timeout(120 + 20 * KILLS)
def test_killed_builds_leave_the_last_index_and_the_next_build_finishes(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    index_dir, clean_dir = tmp_path / "index", tmp_path / "clean"
    built(clean_dir, after())
    clean = contents(clean_dir)
    clean_answers = answers(clean_dir)[1]
    built(index_dir, before())
    first = answers(index_dir)
    root = Path(__file__).parents[2]
    moments: list[str] = []
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(index_dir)],
            cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as child:  # fmt: skip
            assert child.stdin
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            child.stdin.write("\n")
            child.stdin.flush()
            target = rng.choice(
                ["", "reading", "embedding", "embedding", "finishing 0", "finishing 1", "finishing 2"]
            )
            line = ""
            for _ in range(rng.randrange(1, 12)):
                line = next(
                    (text for text in child.stdout if text.startswith((target, "finishing 2", "done"))), ""
                )
                if line.startswith(("finishing", "done")) or not line:
                    break
            time.sleep(rng.choice([0.0, rng.uniform(0.0, 0.02), rng.uniform(0.0, 0.2)]))
            child.kill()
        moments.append(line.strip() or "start")
        now = answers(index_dir)
        if now[0] == first[0]:
            assert now[1] == first[1], f"killed at {moments}"
        else:  # the commit had happened: then all of it had
            assert contents(index_dir) == clean, f"killed at {moments}"
            assert scores(now[1]) == scores(clean_answers)
            built(index_dir, before())  # back to where it was, for the next kill
            first = answers(index_dir)
    report = built(index_dir, after())
    assert contents(index_dir) == clean, f"killed at {moments}"
    assert scores(answers(index_dir)[1]) == scores(clean_answers), f"killed at {moments}"
    assert report.manifest.articles == len(after())
    assert len(list((index_dir / "chroma").iterdir())) == len(list((index_dir / "tantivy").iterdir())) == 1
    assert not (index_dir / "staging.sqlite").exists()
    print("killed at:", *moments, sep="\n  ")


def test_a_killed_first_build_is_finished_by_the_next(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdin
        assert child.stdout
        child.stdin.write("\n")
        child.stdin.flush()
        for line in child.stdout:
            if line.startswith("embedding 48"):
                break
        child.kill()
    assert Catalog.open(tmp_path) is None
    embedder = WordEmbedder()
    report = build_index(tmp_path, [ListSource(after())], embedder=embedder)
    assert report.chunks_embedded <= report.manifest.chunks - 48
    contents(tmp_path)
