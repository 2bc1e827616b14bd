"""RSS, Atom and RDF feeds: what they list. Read by feedparser, which mends what half of all feeds get wrong."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin

from index.clean import clean_line
from index.decode import NotAnArticleError
from index.formats.children import SECONDS, feed_apart
from index.metadata import language_code, parse_date, people, web_address

MOST_ENTRIES = 20_000
_ENTITY = re.compile(rb"<!ENTITY", re.I)
_TAG = re.compile(r"<[^<>]{0,2000}>")  # no "<" inside: a long row of them is looked at once


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed: the article's address and what the feed says about it.

    `stamp` changes when the entry does. `content` is the article's HTML where the feed carries all of it, else ""
    (summaries are not taken for articles).
    """

    address: str
    stamp: str
    title: str = ""
    published: date | None = None
    modified: date | None = None
    authors: tuple[str, ...] = ()
    topic: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed lists, the newest first as a rule; `nameless` counts entries without an address."""

    title: str
    language: str
    entries: tuple[Entry, ...]
    nameless: int = 0


def declares_entities(data: bytes) -> bool:
    """Whether XML declares entities of its own, in UTF-16 and UTF-32 too."""
    return bool(_ENTITY.search(data.replace(b"\0", b"")))


def parse_feed(data: bytes, address: str, content_type: str = "", *, seconds: float = SECONDS) -> Feed:
    """The feed in `data`, fetched from `address`; addresses in it are made whole. Parsed in a child process.

    Raises `NotAnArticleError` when it is none, declares entities of its own (an attack, as a rule: feeds have no
    use for them), or takes longer than `seconds` or more memory than one file may.
    """
    _without_entities(data)
    said = feed_apart(data, address, content_type, seconds=seconds)
    entries = tuple(_entry_of_json(one) for one in said["entries"])
    return Feed(said["title"], said["language"], entries, said["nameless"])


def feed_as_json(feed: Feed) -> dict[str, Any]:
    """A feed as the child process hands it over: as `parse_feed` reads it again."""
    said = dataclasses.asdict(feed)
    for entry in said["entries"]:
        for name in ("published", "modified"):
            entry[name] = entry[name].isoformat() if entry[name] else None
    return said


def _entry_of_json(said: dict[str, Any]) -> Entry:
    made: dict[str, Any] = {"authors": tuple(said["authors"])}
    for name in ("published", "modified"):
        made[name] = date.fromisoformat(said[name]) if said[name] else None
    return Entry(**(said | made))


def _without_entities(data: bytes) -> None:
    # Less the zeros: in UTF-16 and UTF-32 they stand between the letters.
    if declares_entities(data):
        raise NotAnArticleError("the feed declares entities of its own and is not read")


def feed_in(data: bytes, address: str, content_type: str = "") -> Feed:
    """As `parse_feed`, in this very process and without a limit of time: feedparser needs minutes for a few
    megabytes that are built to stall it."""
    import feedparser

    _without_entities(data)
    headers = {"content-location": address, "content-type": content_type or "application/xml"}
    try:
        found: Any = feedparser.parse(data, response_headers=headers)
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise NotAnArticleError(f"the feed cannot be read ({type(error).__name__})") from error
    if not found.get("version") and not found.get("entries"):
        raise NotAnArticleError("this is no feed")
    head = found.get("feed", {})
    entries: dict[str, Entry] = {}
    nameless = 0
    for one in found.get("entries", [])[:MOST_ENTRIES]:
        entry = _entry(one, address)
        if entry is None:
            nameless += 1
        else:
            entries.setdefault(entry.address, entry)
    return Feed(
        clean_line(_plain(head.get("title", "")))[:200],
        language_code(head.get("language") or ""),
        tuple(entries.values()),
        nameless,
    )


def _entry(one: Any, address: str) -> Entry | None:
    links = [link for link in one.get("links", []) if link.get("rel", "alternate") == "alternate"]
    # Feeds that count clicks name the article itself beside their own address.
    named = one.get("feedburner_origlink") or one.get("link") or (links[0].get("href") if links else "")
    if not named and one.get("guidislink"):
        named = one.get("id", "")
    try:
        target = web_address(urljoin(address, str(named)))
    except ValueError:
        return None
    if not named or not target:
        return None
    content = max((part.get("value", "") for part in one.get("content", [])), key=len, default="")
    title = clean_line(_plain(one.get("title", "")))[:300]
    said = (title, one.get("updated", ""), one.get("published", ""), one.get("summary", ""), content)
    tags = [tag.get("term") or "" for tag in one.get("tags", [])]
    published = _day(one, "published")
    modified = _day(one, "updated")
    return Entry(
        address=target,
        stamp=hashlib.sha256("\0".join(map(str, said)).encode("utf-8", "replace")).hexdigest()[:24],
        title=title,
        published=published or modified,
        modified=modified if published and modified and modified > published else None,
        authors=people([author.get("name", "") for author in one.get("authors", [])]),
        topic=clean_line(_plain(tags[0]))[:100] if len(tags) == 1 else "",
        content=content if len(_plain(content)) >= 600 else "",
    )


def _day(one: Any, name: str) -> date | None:
    """The day as written; what only feedparser can read, in UTC."""
    if day := parse_date(one.get(name, "")):
        return day
    parsed = one.get(f"{name}_parsed")
    try:
        return date(*parsed[:3]) if parsed else None
    except (TypeError, ValueError):
        return None


def _plain(text: object) -> str:
    return _TAG.sub(" ", str(text or ""))
