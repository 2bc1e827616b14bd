"""Measures everything in `make bench` and prints one table; no figure here passes or fails a test.

python -m bench [encode] [index] [html] [retrieve] [filters] [ask] [command] [server] [page] [embed] [readers] [guard] [fetch] [sync]
python -m bench soak [--minutes 30]
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench import embed, fetch, filters, guard, html, load, page, sync
from bench.load import chat_server, seeds_questions
from bench.texts import SEEDS, Echoing, Shuffled
from ui.demo.site import Site

FILTERED_CHUNKS = int(os.environ.get("FOOTNOTE_BENCH_CHUNKS", "20000"))
"""Building Chroma's search tree takes nearly all the time of that part: 15 s for 20,000 random vectors on two
idle cores, 65 s for 60,000."""

ROWS: list[tuple[str, str, str]] = []


def row(what: str, figure: str, beside: str) -> None:
    """One line of the table, printed as soon as it is known."""
    ROWS.append((what, figure, beside))
    print(f"{what:<46} {figure:<34} {beside}", flush=True)


def best_of(times: int, action: Callable[[], Any]) -> tuple[float, Any]:
    """(least seconds, last result) of `times` runs."""
    seconds, result = float("inf"), None
    for _ in range(times):
        started = time.perf_counter()
        result = action()
        seconds = min(seconds, time.perf_counter() - started)
    return seconds, result


def percentiles(milliseconds: list[float]) -> str:
    """ "p50 12 ms, p95 20 ms"."""
    return f"p50 {statistics.median(milliseconds):.0f} ms, p95 {np.percentile(milliseconds, 95):.0f} ms"


def encode() -> None:
    """Ours beside sentence-transformers as it comes, and the processor's own limit."""
    import torch
    from sentence_transformers import SentenceTransformer

    from index import weights
    from index.embed import load_embedder

    embedder = load_embedder()
    texts = [a.text for a in Shuffled(192, 130).read() if hasattr(a, "text")]  # type: ignore[union-attr]
    plain = SentenceTransformer(str(weights.find(weights.EMBEDDING)), device="cpu")
    theirs, mine = [], []
    expected = found = np.empty(0)
    plain.encode(texts[:32], normalize_embeddings=True)
    embedder.encode(texts[:32])
    for _ in range(3):  # in turn, so that a drifting machine drifts for both
        seconds, expected = best_of(
            1, lambda: plain.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        )
        theirs.append(seconds)
        seconds, found = best_of(1, lambda: embedder.encode(texts))
        mine.append(seconds)
    ratio = statistics.median(a / b for a, b in zip(theirs, mine, strict=True))
    cosines = (np.asarray(expected) * found).sum(1)
    tokens = sum(len(embedder.token_spans(t)) + 2 for t in texts)
    rate = len(texts) / min(mine)
    row(
        f"encoding {len(texts)} chunks ({embedder.precision})",
        f"{rate:.1f} chunks/s, {ratio:.2f} times",
        f"sentence-transformers as it comes: {len(texts) / min(theirs):.1f} chunks/s",
    )
    row(
        "the same: cosine to theirs",
        f"mean {cosines.mean():.4f}, least {cosines.min():.4f}",
        "wanted: .999, .995",
    )
    square = torch.randn(2048, 2048, dtype=torch.bfloat16 if embedder.precision == "bf16" else torch.float32)
    seconds, _ = best_of(5, lambda: square @ square)
    limit = 2 * 2048**3 / seconds / 1e9
    reached = 2 * 10.65e6 * tokens / min(mine) / 1e9
    row("the same: arithmetic", f"{reached:.0f} GFLOP/s", f"a 2,048 matrix product here: {limit:.0f} GFLOP/s")


def index() -> None:
    """Indexing beside a plain LlamaIndex program with the same weights."""
    from index.build import build_index
    from index.embed import load_embedder

    embedder = load_embedder()
    source = Shuffled(60, 600)
    articles = [a for a in source.read() if hasattr(a, "text")]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        report = build_index(Path(folder) / "index", [source], embedder=embedder)
        mine = time.perf_counter() - started
        theirs, chunks, query = _llama_index(articles, folder)
    row(
        f"indexing {len(articles)} articles of 600 words",
        f"{len(articles) / mine:.2f} articles/s, {theirs / mine:.2f} times",
        f"plain LlamaIndex: {len(articles) / theirs:.2f} articles/s ({report.manifest.chunks} / {chunks} chunks)",
    )
    row("the peer's retrieval over its few chunks", "", f"plain LlamaIndex: {query}")


def _llama_index(articles: list[Any], folder: str) -> tuple[float, int, str]:
    """Seconds, chunks and retrieval times of the program LlamaIndex's documentation shows."""
    import chromadb
    from llama_index.core import Document, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # pyright: ignore[reportMissingImports]
    from llama_index.vector_stores.chroma import ChromaVectorStore  # pyright: ignore[reportMissingImports]

    from index import weights

    model = HuggingFaceEmbedding(model_name=str(weights.find(weights.EMBEDDING)), device="cpu")
    client = chromadb.PersistentClient(path=f"{folder}/peer")
    store = ChromaVectorStore(chroma_collection=client.create_collection("peer"))
    started = time.perf_counter()
    documents = [Document(text=a.text, metadata={"title": a.title}) for a in articles]
    nodes = SentenceSplitter(chunk_size=200, chunk_overlap=0).get_nodes_from_documents(documents)
    made = VectorStoreIndex(
        nodes, storage_context=StorageContext.from_defaults(vector_store=store), embed_model=model
    )
    seconds = time.perf_counter() - started
    retriever = made.as_retriever(similarity_top_k=8)
    times = [best_of(1, lambda q=q: retriever.retrieve(q))[0] * 1000 for q in seeds_questions()[:20]]
    return seconds, len(nodes), percentiles(times)


def _big_index(place: Path) -> Any:
    from index.build import build_index
    from index.embed import load_embedder

    embedder = load_embedder()
    build_index(place, [Shuffled(4_000, 600)], embedder=Echoing(embedder))
    return embedder


def retrieve(place: Path, embedder: Any) -> None:
    """Warm hybrid retrieval, the question's embedding included."""
    from index.library import Library
    from rag.retrieve import retrieve as search

    library = Library.open(place, embedder=embedder)
    chunks = library.manifest.chunks
    questions = seeds_questions()
    for question in questions[:5]:
        search(library, embedder, question, 8)
    times = [best_of(1, lambda q=q: search(library, embedder, q, 8))[0] * 1000 for q in questions * 3]
    row(f"retrieval over {chunks:,} chunks, warm", percentiles(times), "wanted: p50 under 30 ms")
    library.close()


def ask(embedder: Any) -> None:
    """Warm answers to the seeds' questions by both engines; first sentence and whole answer."""
    from index.build import build_index
    from index.library import Library
    from index.readers import FolderSource
    from rag.evidence_model import load_evidence_model
    from rag.llm import load_model
    from rag.options import RagOptions
    from rag.pipeline import Pipeline

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "index"
        build_index(place, [FolderSource(SEEDS)], embedder=embedder)
        library = Library.open(place, embedder=embedder)
        model = load_model()
        reader = load_evidence_model(precision=embedder.precision)
        for engine, limit in (
            ("quote", "whole answer p50 under 300 ms"),
            ("model", "first sentence p50 under 2,000 ms"),
        ):
            options = RagOptions(engine=engine)  # type: ignore[arg-type]
            pipeline = Pipeline(library, embedder, options=options, model=model, reader=reader)
            questions = seeds_questions()
            pipeline.ask(questions[0])
            answers = [pipeline.ask(question) for question in questions]
            first = [a.timings_ms["first_sentence"] for a in answers if not a.abstained]
            total = [a.timings_ms["total"] for a in answers]
            row(f"ask, {engine} engine, warm: first sentence", percentiles(first), f"wanted: {limit}")
            row(f"ask, {engine} engine, warm: whole answer", percentiles(total), f"n {len(answers)}")
        model.close()
        library.close()


def command() -> None:
    """`footnote --help` as a whole process, beside a bare interpreter."""
    program = str(Path(sys.executable).with_name("footnote"))
    words = [program, "--help"] if Path(program).exists() else [sys.executable, "-m", "ui", "--help"]
    mine, _ = best_of(7, lambda: subprocess.run(words, check=True, capture_output=True))
    bare, _ = best_of(7, lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    row("footnote --help", f"{mine:.2f} s", f"python -c pass: {bare:.2f} s; wanted: under 0.4 s")


def server(place: Path) -> None:
    """Memory of the chat server with the bundled model and the big index, after a question."""
    from gradio_client import Client

    with chat_server(place) as running:
        client = Client(f"{running.url}/chat/", verbose=False)
        for question in seeds_questions()[:5]:
            client.predict(question, api_name="/ask")
        row(
            "server with model and the big index: memory",
            f"{running.memory():,.0f} MB",
            "wanted: under 1,500 MB",
        )
        row("the same: from start to ready", f"{running.seconds:.1f} s", "")


def chat(wanted: list[str]) -> None:
    """The chat page in a browser, the chat on another page, and many readers at once, at one server."""
    site = Site({})
    with closing(site), load.seeds_server("--set", f"allowed_origins={site.origin}") as running:
        if "page" in wanted:
            page.measure(row, running)
        if "embed" in wanted:
            embed.measure(row, running, site)
        if "readers" in wanted:
            load.measure(row, running)


def main(words: list[str]) -> int:
    """Runs the parts named, or all but the long one."""
    parts = [
        "command",
        "encode",
        "index",
        "html",
        "filters",
        "retrieve",
        "ask",
        "server",
        "page",
        "embed",
        "readers",
        "guard",
        "fetch",
        "sync",
    ]
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*parts, "soak"]))
    parser.add_argument("--minutes", type=float, default=30.0, help="of `soak`")
    given = parser.parse_args(words)
    if unknown := set(given.parts) - {*parts, "soak"}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    wanted = given.parts or parts
    logging.basicConfig(level=logging.ERROR)
    print(
        f"{date.today().isoformat()}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    )
    started = time.perf_counter()
    if "command" in wanted:
        command()
    if "encode" in wanted:
        encode()
    if "index" in wanted:
        index()
    if "html" in wanted:
        html.measure(row)
    if "filters" in wanted:
        filters.measure(row, FILTERED_CHUNKS)
    if "fetch" in wanted:
        fetch.measure(row)
    if "sync" in wanted:
        sync.measure(row)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "big"
        embedder: Any = None
        if {"retrieve", "server"} & set(wanted):
            embedder = _big_index(place)
        if "retrieve" in wanted:
            retrieve(place, embedder)
        if "ask" in wanted:
            if embedder is None:
                from index.embed import load_embedder

                embedder = load_embedder()
            ask(embedder)
        if "guard" in wanted:
            if embedder is None:
                from index.embed import load_embedder

                embedder = load_embedder()
            guard.measure(row, embedder)
        if "server" in wanted:
            server(place)
    if {"page", "embed", "readers"} & set(wanted):
        chat(wanted)
    if "soak" in wanted:
        load.soak(row, given.minutes)
    print(f"all in {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
