"""A site of 330 pages behind a real nginx: sitemaps, feeds, redirects, robots.txt, errors and slow pages; synced, changed,
synced again. Skipped where there is no nginx; fails in CI."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from index.build import build_index
from index.fetch import Fetcher, FetchOptions
from index.library import Library
from index.schema import BuildReport
from index.web.source import WebSource
from tests.conftest import browser_required
from tests.index.web.site import counts, text
from tests.index.words import WordEmbedder

ARTICLES = 300
NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else "")
CONFIG = """
{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log {folder}/access.log; types {{ text/html html; application/rss+xml rss; application/atom+xml atom; text/xml xml; application/gzip gz; text/plain txt; application/pdf pdf; image/png png; }}
  gzip on; gzip_types text/xml application/rss+xml;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port}; root {folder}/www; index index.html;
    location /old/ {{ rewrite ^/old/(.*)$ /articles/$1 permanent; }}
    location /go/ {{ rewrite ^/go/(.*)$ /articles/$1 redirect; }}
    location /loop/ {{ return 302 /loop/; }}
    location /error/ {{ return 500; }}
    location /gone/ {{ return 410; }}
    location /slow/ {{ limit_rate 60k; }}
    location /cut/ {{ return 444; }}
  }}
}}
"""


@dataclass
class NginxSite:
    """The site's folder and address."""

    folder: Path
    origin: str
    log_at: int = 0
    numbers: set[int] = field(default_factory=lambda: set(range(ARTICLES)))

    def put(self, path: str, body: str | bytes) -> None:
        place = self.folder / "www" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        data = body if isinstance(body, bytes) else body.encode()
        beside = place.with_name(place.name + ".new")  # a new file: another ETag though in the same second
        beside.write_bytes(data)
        beside.replace(place)

    def article(self, n: int, more: str = "", canonical: str = "", path: str = "") -> None:
        day = f"2026-{n % 10 + 1:02d}-{n % 27 + 1:02d}"
        self.put(
            path or f"articles/{n}.html",
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Report {n} from the coast | Coast Daily</title>'
            f'<link rel="canonical" href="{self.origin}/{canonical or f"articles/{n}.html"}">'
            f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Report {n} from the coast","datePublished":"{day}"}}</script></head>'
            f"<body><header><nav><a href='/'>Home</a> <a href='/news'>News</a></nav></header><main><article><h1>Report {n} from the coast</h1>"
            f"{text(n, more)}</article></main><aside>Subscribe to our newsletter</aside><footer>Coast Daily</footer></body></html>",
        )  # fmt: skip

    def lists(self, day: str = "2026-10-01", changed: dict[int, str] | None = None) -> None:
        """Writes sitemap index, two gzipped sitemaps, an RSS and an Atom feed."""
        halves = (
            [n for n in sorted(self.numbers) if n < ARTICLES // 2],
            [n for n in sorted(self.numbers) if n >= ARTICLES // 2],
        )
        stamps = {n: (changed or {}).get(n, "2026-10-01") for n in self.numbers}
        days = []
        for name, half in zip(("one", "two"), halves, strict=True):
            urls = "".join(
                f"<url><loc>{self.origin}/articles/{n}.html</loc><lastmod>{stamps[n]}</lastmod></url>"
                for n in half
            )
            self.put(
                f"{name}.xml.gz",
                gzip.compress(
                    f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode(),
                    mtime=0,
                ),
            )
            days.append(max([stamps[n] for n in half], default=day))
        inner = "".join(
            f"<sitemap><loc>{self.origin}/{name}.xml.gz</loc><lastmod>{max(when, day)}</lastmod></sitemap>"
            for name, when in zip(("one", "two"), days, strict=True)
        )
        self.put(
            "sitemap.xml",
            f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</sitemapindex>',
        )
        newest = sorted(self.numbers)[-20:]
        extra = [
            "/old/3.html",
            "/go/4.html",
            "/error/1",
            "/gone/1",
            "/cut/1",
            "/loop/",
            "/private/1.html",
            "/slow/1.html",
            "/picture.png",
        ]
        links = [f"/articles/{n}.html?utm_campaign=feed" for n in newest] + extra
        items = "".join(
            f"<item><title>t</title><link>{self.origin}{one}</link><pubDate>Thu, 01 Oct 2026 08:00:00 GMT</pubDate></item>"
            for one in links
        )
        self.put(
            "news.rss",
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>Coast Daily</title>{items}</channel></rss>',
        )
        entries = "".join(
            f'<entry><title>t</title><id>{n}</id><link href="/articles/{n}.html"/><updated>{stamps[n]}T10:00:00Z</updated></entry>'
            for n in newest[:10]
        )
        self.put(
            "news.atom",
            f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Coast</title>{entries}</feed>',
        )

    def requests(self) -> list[tuple[str, int]]:
        """Path and status of the requests since the last call, robots.txt left out."""
        lines = (self.folder / "access.log").read_text().splitlines()
        new, self.log_at = lines[self.log_at :], len(lines)
        found = [re.search(r'"GET (\S+) HTTP/1\.1" (\d+)', line) for line in new]
        return [(one[1], int(one[2])) for one in found if one and one[1] != "/robots.txt"]


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[NginxSite]:
    if not NGINX:
        message = "no nginx on this machine (Debian, Ubuntu: apt install nginx-light)"
        if browser_required():
            pytest.fail(message)
        pytest.skip(message)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "site"
    site = NginxSite(folder, f"http://127.0.0.1:{port}")
    for n in range(ARTICLES):
        site.article(n)
    for n in range(10):
        site.article(n, canonical=f"articles/{n}.html", path=f"amp/{n}.html")
        site.article(n, path=f"private/{n}.html", canonical=f"private/{n}.html")
        site.article(900 + n, path=f"slow/{n}.html", canonical=f"slow/{n}.html", more=text(n) * 20)
    site.put(
        "index.html",
        '<html><head><title>Coast Daily</title><link rel="alternate" type="application/rss+xml" href="/news.rss"></head><body>News</body></html>',
    )
    site.put("robots.txt", f"User-agent: *\nDisallow: /private/\nSitemap: {site.origin}/sitemap.xml\n")
    site.put("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(2000))
    site.lists()
    (folder / "nginx.conf").write_text(
        CONFIG.format(folder=folder, port=port, user="user root;" if os.getuid() == 0 else "")
    )
    process = subprocess.Popen(
        [NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            time.sleep(0.05)
        yield site
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.slow
def test_a_site_of_three_hundred_pages_is_synced_changed_and_synced_again(nginx: NginxSite, tmp_path: Path):
    index, embedder = tmp_path / "index", WordEmbedder()
    allowed = nginx.origin.partition("://")[2]
    shelf = tmp_path / "robots.json"

    def sync(*paths: str) -> BuildReport:
        options = FetchOptions(allowed=(allowed,), host_delay=0.0, retries=0, robots_file=shelf)
        with Fetcher(options) as fetcher:
            return build_index(
                index, [WebSource(nginx.origin + path, fetcher) for path in paths], embedder=embedder
            )

    # The whole site from its front page, by the sitemap that robots.txt names.
    report = sync("/")
    assert counts(report) == (ARTICLES, 0, 0, 0)
    assert report.skipped == ()
    with Library.open(index, embedder=embedder) as library:
        texts = [one.text for one in library.articles()]
        assert not any(phrase in one for one in texts for phrase in ("newsletter", "Home", "Coast Daily"))
        assert all(one.published and one.site == "127.0.0.1" for one in library.article_rows())
    nginx.requests()

    # Nothing changed: one conditional request.
    encoded = len(embedder.encoded)
    report = sync("/")
    assert counts(report) == (0, 0, ARTICLES, 0)
    assert nginx.requests() == [("/sitemap.xml", 304)]
    assert len(embedder.encoded) == encoded

    # Its feeds: joined with what is there; what is none is told, each once.
    report = sync("/news.rss", "/news.atom")
    assert report.added == 1, "the slow page"
    reasons = {one.name.removeprefix(nginx.origin): one.reason for one in report.skipped}
    assert set(reasons) == {"/error/1", "/gone/1", "/cut/1", "/loop/", "/private/1.html", "/picture.png"}
    assert "500" in reasons["/error/1"]
    assert "410" in reasons["/gone/1"]
    assert "circle" in reasons["/loop/"]
    assert "robots.txt" in reasons["/private/1.html"]
    assert "image/png" in reasons["/picture.png"]
    asked = {path for path, _ in nginx.requests()}
    assert "/private/1.html" not in asked

    # The site changes: five corrected, five new, three gone for good, one moved.
    for n in range(20, 25):
        nginx.article(
            n,
            more=f"Correction: the report number {n} gave the wrong number of boats in its first paragraph.",
        )
    new = range(ARTICLES, ARTICLES + 5)
    for n in new:
        nginx.article(n)
    for n in (40, 41, 42):
        (nginx.folder / f"www/articles/{n}.html").unlink()
        nginx.numbers.discard(n)
    nginx.numbers.update(new)
    nginx.lists(changed=dict.fromkeys([*range(20, 25), *new], "2026-11-02"))  # fmt: skip
    nginx.requests()
    encoded = len(embedder.encoded)
    report = sync("/")
    assert counts(report)[:2] == (5, 5)
    assert report.removed == 3
    assert len(nginx.requests()) == 3 + 5 + 5 + 3, (
        "the lists, the corrected, the new and the missing, and no other page"
    )
    assert len(embedder.encoded) - encoded <= 2 * 10
    with Library.open(index, embedder=embedder) as library:
        stored = {one.url.removeprefix(nginx.origin): one for one in library.articles()}
    assert len(stored) == ARTICLES + 5 - 3 + 1
    assert "wrong number of boats" in stored["/articles/22.html"].text
    assert "/articles/41.html" not in stored

    # And once more nothing changes.
    assert counts(sync("/", "/news.atom"))[0::3] == (0, 0)
    nginx.requests()
    assert counts(sync("/", "/news.atom"))[:2] == (0, 0)
    assert [status for _, status in nginx.requests()] == [304, 304]
