"""What a fetcher is told, and what it gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from index.errors import InputError

_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,498}[\x21-\x7e])?")


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How pages are fetched; times in seconds, sizes in bytes.

    `user_agent` is sent with each request; its first word before a slash is the name robots.txt knows
    us by. `total_seconds` bounds one page with its redirects, from the first connection to the last
    byte, without the waiting for the host's turn. `max_bytes` is of the body after decompression.
    Between the starts of two requests to one host lie `host_delay`, or its robots.txt's Crawl-delay up
    to `most_host_delay`, and at most `host_at_once` are under way. `retries` follow a failure that may
    pass, after `backoff`, doubled each time and spread at random, or after the server's Retry-After; when
    that is more than `most_wait`, the host is left alone for as long as it asks instead (at most a day).

    `allow_private` opens loopback and private networks, though not link-local addresses nor those of
    cloud metadata; `allowed` opens single hosts, addresses and networks, each with a port if wanted:
    `"127.0.0.1:8099"`, `"10.0.0.0/8"`, `"wiki.intern"`, `"[fd12::1]:80"`. A name in it is trusted
    wherever it resolves to. `proxy` is the address of an HTTP proxy, which then resolves the names, so
    that only names and numbers are checked; the environment's proxies are never used. `ca_file` adds
    certificates (PEM) to the known ones. `robots_file` keeps what robots.txt said from run to run, for a day. Raises `InputError` for values that cannot be.
    """

    user_agent: str = "Footnote/0.1"
    connect_seconds: float = 10.0
    read_seconds: float = 20.0
    total_seconds: float = 60.0
    max_bytes: int = 20_000_000
    most_redirects: int = 10
    host_delay: float = 1.0
    most_host_delay: float = 30.0
    host_at_once: int = 2
    retries: int = 2
    backoff: float = 1.0
    most_wait: float = 60.0
    allow_private: bool = False
    allowed: tuple[str, ...] = ()
    obey_robots: bool = True
    robots_file: Path | None = None
    proxy: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        if not _HEADER_VALUE.fullmatch(self.user_agent):
            raise InputError(
                "the user agent must be 1 to 500 printable ASCII characters", "for example Footnote/0.1"
            )
        for name in ("connect_seconds", "read_seconds", "total_seconds", "max_bytes", "host_at_once"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be more than 0, not {getattr(self, name)}")
        for name in ("most_redirects", "host_delay", "most_host_delay", "retries", "backoff", "most_wait"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must not be less than 0, as {getattr(self, name)} is")

    @property
    def robot_name(self) -> str:
        """The name that robots.txt may address us by: the user agent up to its version."""
        return re.split(r"[/\s]", self.user_agent, maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page to fetch, with the validators it had when it was last fetched ("" for none)."""

    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as its server gave it.

    `asked` is the address as given, `url` the one that answered, after redirects. `status` is 200, or
    304 where the validators still hold (`not_modified`, the body empty). `body` is decompressed and not
    decoded; `content_type` is the bare mime type in lower case, `charset` the header's, each "" where
    the server gave none that can be. `etag` and `last_modified` are for the next time. `moved_to` is
    the new address when every hop to it was permanent (301, 308), else "". `fetched_at` is ISO, UTC.
    """

    asked: str
    url: str
    status: int
    body: bytes
    content_type: str
    charset: str
    etag: str
    last_modified: str
    moved_to: str
    fetched_at: str

    @property
    def not_modified(self) -> bool:
        """Whether the server says that nothing changed since the validators were given."""
        return self.status == 304
