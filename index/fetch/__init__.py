"""Fetching pages: the only place in Footnote that goes out to the network for articles.

    with Fetcher(FetchOptions(user_agent="Footnote/0.1 (+https://example.org/bot)")) as fetcher:
        page = fetcher.get("https://example.org/news", etag=known.etag)

See docs/ingest.md (Fetching) for what it does, and docs/security.md for where it does not go.
"""

from index.fetch.errors import FetchError, FetchFailed, FetchGone, FetchRefused
from index.fetch.fetcher import Fetcher
from index.fetch.options import Fetched, FetchOptions, Wanted

__all__ = [
    "FetchError",
    "FetchFailed",
    "FetchGone",
    "FetchOptions",
    "FetchRefused",
    "Fetched",
    "Fetcher",
    "Wanted",
]
