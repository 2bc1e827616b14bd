"""What the fetcher costs beyond the network: pages of 30 kB from 20 servers on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import httpx

Row = Callable[[str, str, str], None]

_PAGES = 2_000
_HOSTS = 20


def measure(row: Row) -> None:
    """Many pages by eight threads with robots.txt and no delay; one by one, beside httpx without any guard."""
    from index.fetch import Fetched
    from tests.index.fetch.net import QUICK, answer, fetcher, internet, site

    with internet() as net:
        pages = {f"/{number}": answer(b"<p>" + b"x" * 30_000) for number in range(_PAGES)}
        servers = [net.add(f"host{number}.example", site(pages)) for number in range(_HOSTS)]
        urls = [f"http://host{n % _HOSTS}.example/{n // _HOSTS}" for n in range(_PAGES)]
        with fetcher(net, replace(QUICK, obey_robots=True)) as one:
            started = time.perf_counter()
            came = sum(isinstance(result, Fetched) for result in one.get_many(urls))
            row(
                "fetching, 8 threads, 20 hosts",
                f"{came / (time.perf_counter() - started):.0f} pages/s",
                f"n {came}",
            )
        mine, theirs = [], []
        with fetcher(net) as one, httpx.Client(headers={"Connection": "close"}, trust_env=False) as plain:
            for number in range(500):
                started = time.perf_counter()
                one.get(f"http://host0.example/{number}")
                mine.append((time.perf_counter() - started) * 1000)
                started = time.perf_counter()
                plain.get(f"{servers[0].url}/{number}")
                theirs.append((time.perf_counter() - started) * 1000)
        row(
            "fetching one by one",
            _percentiles(mine),
            f"httpx, no guard: {_percentiles(theirs)}; n {len(mine)}",
        )


def _percentiles(milliseconds: list[float]) -> str:
    return f"p50 {statistics.median(milliseconds):.2f} ms, p95 {statistics.quantiles(milliseconds, n=20)[-1]:.2f} ms"
