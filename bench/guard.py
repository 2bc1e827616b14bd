"""What the guard before every request costs: the same server with it and without."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from bench.load import percentiles, seeds_questions
from bench.texts import SEEDS

Row = Callable[[str, str, str], None]


async def _seconds(app: Any, paths: list[str], headers: dict[str, str]) -> list[float]:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        found = []
        for path in paths:
            started = time.perf_counter()
            (await client.get(path)).raise_for_status()
            found.append(time.perf_counter() - started)
        return found


def measure(row: Row, embedder: Any) -> None:
    """Requests one after the other, inside one process; as a stranger behind a proxy, who is counted."""
    from index.build import build_index
    from index.library import Library
    from index.readers import FolderSource
    from rag.options import RagOptions
    from rag.pipeline import Pipeline
    from ui.guard.callers import Callers
    from ui.guard.gate import ApiCors, Gate
    from ui.guard.limits import Limits
    from ui.server import Headers, create_app

    many = Limits(10**6, 10**8, 10**6, 10**8, 10**6)
    stranger = {"x-forwarded-for": "203.0.113.5", "origin": "http://127.0.0.1"}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "index"
        build_index(place, [FolderSource(SEEDS)], embedder=embedder)
        library = Library.open(place, embedder=embedder)
        apps = []
        for guarded in (True, False):
            app = create_app(
                Pipeline(library, embedder, options=RagOptions(engine="quote")), examples=[], limits=many
            )
            if not guarded:
                outer = (Callers, Headers, ApiCors, Gate)
                app.user_middleware = [one for one in app.user_middleware if one.cls not in outer]
            apps.append(app)
        searches = [str(httpx.URL("/api/search", params={"q": question})) for question in seeds_questions()]
        for what, paths in (("/health/live", ["/health/live"] * 500), ("/api/search", searches)):
            with_guard, without = [], []
            for _ in range(3):  # in turn, so that a drifting machine drifts for both
                with_guard += asyncio.run(_seconds(apps[0], paths, stranger))
                without += asyncio.run(_seconds(apps[1], paths, stranger))
            rate = f"{len(with_guard) / sum(with_guard):,.0f} and {len(without) / sum(without):,.0f} a second"
            row(
                f"{what}, guarded",
                percentiles(with_guard),
                f"without: {percentiles(without)}; {rate}; n {len(with_guard)}",
            )
        library.close()
