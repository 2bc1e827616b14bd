"""A small web site on loopback whose pages a test changes as it goes on."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from index.build import build_index
from index.fetch import Fetcher, FetchOptions
from index.library import Library
from index.schema import Article, BuildReport
from index.web.source import Reading, WebSource
from tests.index.words import WordEmbedder

SENTENCES = (
    "The keeper of light {n} wrote that the storm of day {i} had broken {j} windows of the tower.",
    "Boats of the northern fleet stayed in harbour {n} until the evening of day {i}, and {j} crews slept ashore.",
    "On day {i} the council of town {n} sent {j} carpenters to mend the sea wall before the spring tide.",
)


def text(n: int, more: str = "") -> str:
    """Paragraphs about light `n`."""
    lines = [s.format(n=n, i=i, j=3 * i + n + 2) for i in range(4) for s in SENTENCES]
    return "".join(f"<p>{line}</p>" for line in lines) + (f"<p>{more}</p>" if more else "")


@dataclass
class WebSite:
    """Answers from `pages`, by path: HTML, XML or bytes with an ETag; a number is an error's status; `-> /path` a
    permanent redirect, `~> /path` one for now. `asked` are the requests, each path with whether it had a validator."""

    origin: str
    pages: dict[str, str | bytes | int] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, bool]] = field(default_factory=list)
    etags: bool = True

    def requests(self) -> list[tuple[str, bool]]:
        """The requests since the last call, in the order of paths, robots.txt left out."""
        found = sorted(one for one in self.asked if one[0] != "/robots.txt")
        self.asked.clear()
        return found

    def article(self, n: int, path: str = "", more: str = "", day: str = "", head: str = "") -> None:
        """Puts an article at `path` (`/a/N`)."""
        path = path or f"/a/{n}"
        self.pages[path] = (
            f'<html lang="en"><head><title>Light {n} in the storm</title>{head}'
            f'<meta property="article:published_time" content="{day or f"2026-10-{n + 1:02d}"}"></head>'
            f"<body><nav><a href='/'>Home</a></nav><article><h1>Light {n} in the storm</h1>{text(n, more)}</article></body></html>"
        )

    def feed(
        self, numbers: Sequence[int | str], path: str = "/feed.xml", content: str = "", note: str = ""
    ) -> None:
        """Puts an RSS feed of these articles (numbers, or whole paths) at `path`."""
        items = ""
        for n in numbers:
            where = f"/a/{n}" if isinstance(n, int) else n
            items += (
                f"<item><title>Light {n}{note}</title><link>{self.origin}{where}?utm_source=rss</link>"
                f"<description>Only a summary.</description>"
                + (f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else "")
                + "</item>"
            )
        self.pages[path] = (
            '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
            f"<channel><title>Harbour news</title><language>en-gb</language>{items}</channel></rss>"
        )

    def sitemap(self, numbers: dict[int, str], path: str = "/sitemap.xml") -> None:
        """Puts a sitemap of these articles with their `lastmod` at `path`."""
        urls = "".join(
            f"<url><loc>{self.origin}/a/{n}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>"
            for n, day in numbers.items()
        )
        self.pages[path] = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


@contextmanager
def running() -> Iterator[WebSite]:
    """The site, served by threads until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            site.asked.append((self.path, bool(self.headers.get("If-None-Match"))))
            page = site.pages.get(self.path.split("?")[0], 404)
            if isinstance(page, int):
                self.send_error(page)
                return
            if isinstance(page, str) and page[:3] in ("-> ", "~> "):
                self.send_response(301 if page[0] == "-" else 302)
                self.send_header("Location", page[3:])
                self.end_headers()
                return
            body = page.encode() if isinstance(page, str) else page
            tag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
            same = site.etags and self.headers.get("If-None-Match") == tag
            self.send_response(304 if same else 200)
            if site.etags:
                self.send_header("ETag", tag)
            if not same:
                kind = (
                    "application/xml"
                    if body.lstrip().startswith((b"<?xml", b"<urlset", b"<sitemapindex"))
                    else "text/html"
                )
                self.send_header("Content-Type", site.types.get(self.path, f"{kind}; charset=utf-8"))
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not same:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = WebSite(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@dataclass
class Collection:
    """An index of one site's articles, synced by the test."""

    site: WebSite
    folder: Path
    fetcher: Fetcher
    embedder: WordEmbedder = field(default_factory=WordEmbedder)

    def source(self, path: str, **reading: Any) -> WebSource:
        return WebSource(self.site.origin + path, self.fetcher, Reading(**reading))

    def sync(self, *paths: str, **reading: Any) -> BuildReport:
        """Reads these addresses of the site."""
        sources = [self.source(path, **reading) for path in paths]
        return build_index(self.folder, sources, embedder=self.embedder)

    def articles(self) -> dict[str, Article]:
        """What the index holds, by the path of the address."""
        with Library.open(self.folder, embedder=self.embedder) as library:
            return {one.url.removeprefix(self.site.origin): one for one in library.articles()}


@contextmanager
def collected(folder: Path) -> Iterator[Collection]:
    """A site, and an index for its articles."""
    with running() as site:
        port = site.origin.rpartition(":")[2]
        options = FetchOptions(allowed=(f"127.0.0.1:{port}",), host_delay=0.0, retries=0, backoff=0.0)
        with Fetcher(options) as fetcher:
            yield Collection(site, folder / "index", fetcher)


def counts(report: BuildReport) -> tuple[int, int, int, int]:
    """Added, updated, unchanged, removed."""
    return report.added, report.updated, report.unchanged, report.removed
