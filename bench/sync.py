"""Keeping a collection current: a folder and a site where nothing changed, beside reading and fetching them for the first time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.texts import sentences
from index.build import Embeds, build_index
from index.fetch import Fetcher, FetchOptions
from index.readers import FolderSource
from index.schema import BuildReport, Source

FILES = 20_000
PAGES = 1_000


def measure(row: Callable[[str, str, str], None]) -> None:
    """`row` prints one line: what, figure, beside."""
    from index.web.source import WebSource
    from tests.index.web.site import running
    from tests.index.words import WordEmbedder

    pool = sentences()
    with tempfile.TemporaryDirectory() as place, running() as site:
        folder = Path(place) / "articles"
        for n in range(FILES):
            path = folder / f"{n // 1000}" / f"{n}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# Article {n}\n\n{pool[n % len(pool)]} {n}.\n", "utf-8")
        for n in range(PAGES):
            site.article(n, day=f"2026-{n % 10 + 1:02d}-{n % 27 + 1:02d}")
        site.sitemap(dict.fromkeys(range(PAGES), "2026-10-01"))
        site.feed(range(20))
        options = FetchOptions(
            allowed=(site.origin.partition("://")[2],),
            host_delay=0.0,
            host_at_once=8,
            robots_file=Path(place) / "robots.json",
        )
        time.sleep(2.1)  # files changed while they are read are read again (`index.readers`)
        with Fetcher(options) as fetcher:
            web: list[Source] = [
                WebSource(site.origin + path, fetcher) for path in ("/sitemap.xml", "/feed.xml")
            ]
            for what, count, sources in (
                ("files", FILES, [FolderSource(folder)]),
                ("pages", PAGES, web),
            ):
                index = Path(place) / what
                first, _ = _timed(index, sources, WordEmbedder())
                site.requests()
                again, report = _timed(index, sources, WordEmbedder())
                assert report.unchanged >= count, report
                asked = f", {len(site.requests())} requests" if what == "pages" else ""
                row(
                    f"sync of {count:,} unchanged {what}",
                    f"{again:.1f} s{asked}",
                    f"the first reading: {first:.0f} s ({count / first:.0f} a second, a toy embedder)",
                )


def _timed(index: Path, sources: Sequence[Source], embedder: Embeds) -> tuple[float, BuildReport]:
    started = time.perf_counter()
    report = build_index(index, sources, embedder=embedder)
    return time.perf_counter() - started, report
