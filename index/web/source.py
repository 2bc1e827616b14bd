"""A web address as a source of articles: a page, a feed, a sitemap, a list of feeds (OPML), or a site to look through.

Each list (feed or sitemap) is asked with the validators of its last answer; unchanged, it costs that one request. Of a
changed list only pages are fetched that are new or that it says have changed. What the site no longer has is `Gone`; what
cannot be had today stays as it is.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urljoin, urlsplit

from index.addresses import page_key, same_site, without_tracking
from index.decode import NotAnArticleError
from index.errors import InputError
from index.fetch import Fetched, FetchError, FetchFailed, FetchGone, Wanted
from index.ledger import Ledger, ListNote, PageNote
from index.metadata import site_of, web_address
from index.schema import Article, Gone, Kept, Skipped
from index.web.feeds import declares_entities, parse_feed
from index.web.page import Known, alike, article_of_page, as_corrected
from index.web.sitemaps import parse_sitemap, unzipped

Kind = Literal["", "page", "feed", "sitemap", "feeds", "site"]

MOST_LISTS = 2_000
"""Sitemaps and feeds read for one source in one run."""

MOST_HELD = 1_000_000
"""Pages in all sitemaps of one source."""

MOST_CHECKED = 500
"""Pages asked in one run only because nobody looked at them for `Reading.recheck_days`."""

MOST_GONE = 10
"""More missing pages than this, and more than half of the source's, are taken for the site's trouble."""

DAY = 86_400.0
_AGAIN_AFTER = 3_600.0
_BATCH = 500


class Fetches(Protocol):
    """What a source needs of a fetcher; `index.fetch.Fetcher` is one."""

    def get(self, url: str, *, etag: str = "", last_modified: str = "") -> Fetched: ...

    def get_many(
        self, wanted: Iterable[Wanted | str], *, workers: int = 8
    ) -> Iterator[Fetched | FetchError]: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How a web source is read.

    `kind` is found out where it is "". `name`, `topic` and `language` stand for what pages do not say (`name` is the
    source's). `include` and `exclude` are patterns (`*/news/*`) for addresses of pages. Pages not looked at for
    `recheck_days` are asked whether they changed; 0 never asks. At most `most` pages are fetched in one run; the rest
    follows in the next.
    """

    kind: Kind = ""
    name: str = ""
    topic: str = ""
    language: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    recheck_days: float = 30.0
    most: int = 2_000
    collection: str = "default"


@dataclass(frozen=True, slots=True)
class _Want:
    """A page to fetch: its key in the ledger, its stamp and what its list says of it; `listed` unless it is looked at
    for another reason."""

    key: str
    address: str
    stamp: str = ""
    known: Known = field(default_factory=Known)
    content: str = ""
    listed: bool = False


class WebSource:
    """See the module. A `Source` and `ReadAgain`; raises `InputError` for what is no web address."""

    complete = False

    def __init__(self, address: str, fetcher: Fetches, reading: Reading | None = None) -> None:
        if not web_address(address) or not (plain := without_tracking(address)):
            raise InputError(f"{address!r} is no web address", "an address begins with http:// or https://")
        self.address = plain
        self.reading = reading or Reading()
        self._fetcher = fetcher

    @property
    def key(self) -> str:
        """The address, without what only counts visits."""
        return self.address

    @property
    def label(self) -> str:
        """The name given to it, else its site."""
        return self.reading.name or site_of(self.address)

    def read(self) -> Iterator[Article | Skipped]:
        """Everything anew, as if nothing had been read before."""
        with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder)) as ledger:
            for item in self.read_again(ledger):
                if isinstance(item, Article | Skipped):
                    yield item

    def read_again(self, ledger: Ledger) -> Iterator[Article | Skipped | Kept | Gone]:
        """See `index.schema.ReadAgain`."""
        yield from _Run(self, self._fetcher, ledger).items()


class _Run:
    """One reading of a source."""

    def __init__(self, source: WebSource, fetcher: Fetches, ledger: Ledger) -> None:
        self.key, self.address = source.key, source.address
        self.reading = source.reading
        self.fetcher = fetcher
        self.ledger = ledger
        self.base = Known(
            topic=source.reading.topic, language=source.reading.language, source=source.label,
            collection=source.reading.collection,
        )  # fmt: skip
        self.wanted: dict[str, _Want] = {}
        self.holds: set[str] = set()
        """Keys of the pages in the sitemaps, where all of them were read."""
        self.changed = False
        self.whole = True
        self.sitemaps = False
        self.noted: list[tuple[str, ListNote]] = []
        self.given: set[str] = set()
        self.have: list[tuple[_Want, Fetched]] = []
        self.said: list[Skipped] = []
        self.late = 0
        """Pages beyond `Reading.most`."""
        self.texts: dict[str, tuple[str, str]] = {}
        """Id and address of the article that gave a text, by its content hash."""
        self.fetched: dict[str, Fetched] = {}
        """Sitemaps that were fetched to see whether they are any, for when their turn comes."""
        self.originals: dict[str, tuple[Article, Fetched] | None] = {}
        self.gone: list[tuple[_Want, PageNote, str]] = []

    # ---- the road ---------------------------------------------------------------------------

    def items(self) -> Iterator[Article | Skipped | Kept | Gone]:
        yield from self._lists()
        before = dict(self.ledger.pages_of(self.key))
        self._look_again(before)
        if self.late:
            yield Skipped(self.address, f"{self.late:,} more pages are fetched at the next sync")
        yield from self._pages()
        yield from self._missing(before)
        # Else they are read again: to come to the rest, or to see what left one while another was not to be had.
        if not self.late and (self.whole or not self.sitemaps):
            for address, note in self.noted:
                self.ledger.note_list(address, note)
        kept = [
            note.article_id
            for note in before.values()
            if note.status == "ok" and note.article_id not in self.given
        ]
        for at in range(0, len(kept), _BATCH):
            yield Kept(tuple(dict.fromkeys(kept[at : at + _BATCH])))

    # ---- lists ------------------------------------------------------------------------------

    def _lists(self) -> Iterator[Skipped]:
        """Reads the source's address and every list it leads to; pages come into `wanted`."""
        todo: list[tuple[str, Kind, str]] = [(self.address, self.reading.kind, "")]
        seen: set[str] = set()
        while todo:
            address, kind, stamp = todo.pop(0)
            if address in seen:
                continue
            if len(seen) >= MOST_LISTS or len(self.holds) >= MOST_HELD:
                self.whole = False
                yield Skipped(
                    self.address,
                    f"more than {MOST_LISTS:,} feeds and sitemaps or {MOST_HELD:,} pages: the rest is not read",
                )
                return
            seen.add(address)
            try:
                todo += self._list(address, kind, stamp)
            except FetchError as error:
                self.whole = False
                if isinstance(error, FetchGone) and address != self.address:
                    self.ledger.forget_list(self.address)  # what led here is looked at anew next time
                note = self.ledger.page(page_key(address)) if isinstance(error, FetchGone) else None
                if note is not None and note.status == "ok":
                    self.gone.append((_Want(page_key(address), address), note, error.reason))
                else:
                    yield Skipped(address, error.reason)
            except NotAnArticleError as error:
                self.whole = False
                yield Skipped(address, str(error))
        yield from self.said

    def _list(self, address: str, kind: Kind, stamp: str) -> list[tuple[str, Kind, str]]:
        """Reads one list; gives the lists it leads to, each with its kind and stamp."""
        before = self.ledger.list_note(address)
        if before and (before.stamp == _SITE or (stamp and before.stamp == stamp)):
            return self._as_before(before)
        page = None if before else self.ledger.page(page_key(address))
        validators = before or page
        found = self.fetched.pop(address, None) or self.fetcher.get(
            address,
            etag=validators.etag if validators else "",
            last_modified=validators.last_modified if validators else "",
        )
        digest = hashlib.sha256(found.body).hexdigest()[:24] if found.body else ""
        if before and (found.not_modified or digest == before.digest):
            return self._as_before(before)
        if page and found.not_modified:  # a page that did not change
            self.ledger.note_listed(self.key, page_key(address))
            if page.status != "ok":
                self.said.append(Skipped(address, page.reason))
            return []
        self.changed = True
        return self._read_list(address, kind or _kind_of(found), found, ListNote(
            found.etag, found.last_modified, digest, _over(stamp)
        ))  # fmt: skip

    def _as_before(self, note: ListNote) -> list[tuple[str, Kind, str]]:
        """What an unchanged list leads to."""
        further: list[tuple[str, Kind, str]] = []
        for line in note.holds:
            kind, _, rest = line.partition(" ")
            if kind == "page":
                self.holds.add(rest)
            else:
                address, _, stamp = rest.partition(" ")
                self.sitemaps |= kind == "sitemap"
                further.append((address, _as_kind(kind), stamp))
        return further

    def _read_list(
        self, address: str, kind: Kind, found: Fetched, note: ListNote
    ) -> list[tuple[str, Kind, str]]:
        further: list[tuple[str, Kind, str]] = []
        pages: list[str] = []
        if kind == "feed":
            feed = parse_feed(unzipped(found.body), found.url, found.content_type)
            for entry in feed.entries:
                known = Known(
                    entry.title, entry.published, entry.modified, entry.authors, entry.topic, feed.language
                )
                # A feed may speak for its own site only.
                content = entry.content if same_site(entry.address, found.url) else ""
                pages.append(self._want(entry.address, known, entry.stamp, content))
        elif kind == "sitemap":
            self.sitemaps = True
            sitemap = parse_sitemap(found.body, found.url)
            further = [(one.address, "sitemap", one.stamp) for one in sitemap.sitemaps]
            for one in sitemap.pages:
                pages.append(self._want(one.address, Known(one.title, one.published), one.stamp))
            self.holds.update(pages)
        elif kind == "feeds":
            further = [(one, "feed", "") for one in feeds_of_opml(found.body, found.url)]
        elif _is_front(address) and kind in ("", "site"):
            further = self._site(found)
        if kind == "page" or (kind in ("", "site") and not further):
            self.have.append((_Want(page_key(address), address, "", self._with_base(Known())), found))
            return []
        lines = [f"{one[1]} {one[0]} {one[2]}".rstrip() for one in further]
        lines += [f"page {key}" for key in pages if key]
        site = _SITE if kind in ("", "site") else note.stamp
        self.noted.append((address, replace(note, stamp=site, holds=tuple(lines))))
        return further

    def _site(self, found: Fetched) -> list[tuple[str, Kind, str]]:
        """The sitemaps that a site's robots.txt names or that lie where sitemaps lie, else the feeds its front page names."""
        named: list[str] = []
        try:
            robots = self.fetcher.get(urljoin(found.url, "/robots.txt")).body.decode("utf-8", "replace")
            named = re.findall(r"(?im)^\s*sitemap\s*:\s*(\S+)", robots)[:50]
        except FetchError:
            pass
        usual = [urljoin(found.url, one) for one in ("/sitemap.xml", "/sitemap_index.xml")]
        targets = [web_address(urljoin(found.url, one)) for one in named]
        if found_ones := [one for one in dict.fromkeys(targets) if one and self._is_sitemap(one)]:
            return [(one, "sitemap", "") for one in found_ones]
        if first := next((one for one in usual if self._is_sitemap(one)), ""):
            return [(first, "sitemap", "")]
        return [(one, "feed", "") for one in _feeds_named(found)]

    def _is_sitemap(self, address: str) -> bool:
        try:
            found = self.fetcher.get(address)
            parse_sitemap(found.body, address)
        except (FetchError, NotAnArticleError):
            return False
        self.fetched[address] = found
        return True

    def _want(self, address: str, known: Known, stamp: str = "", content: str = "") -> str:
        """Sees to it that a page is fetched if it has to be; gives its key, "" for one that is left out."""
        key = page_key(address)
        address = without_tracking(address)
        if not key or not self._admitted(address):
            return ""
        note = self.ledger.page(key)
        stamp = _over(stamp)
        if key in self.wanted:
            return key
        if note is None or self._to_ask(key, note, stamp):
            if len(self.wanted) >= self.reading.most:
                self.late += 1
            else:
                self.wanted[key] = _Want(key, address, stamp, self._with_base(known), content, listed=True)
        else:
            self.ledger.note_listed(self.key, key, stamp)
        return key

    def _to_ask(self, key: str, note: PageNote, stamp: str) -> bool:
        """Whether a known page may have changed, by what its list says of it."""
        if note.status == "gone":
            return True
        if note.status == "failed":
            return note.checked < time.time() - _AGAIN_AFTER
        if note.status == "removed" or note.checked >= self.ledger.began:  # asked for another source just now
            return False
        before = self.ledger.stamp(self.key, key)
        if before is None:  # known from elsewhere
            return note.checked < time.time() - DAY
        return bool(stamp) and before != stamp

    def _with_base(self, known: Known) -> Known:
        base = self.base
        return replace(
            known, topic=base.topic or known.topic, language=base.language or known.language, source=base.source,
            collection=base.collection,
        )  # fmt: skip

    def _admitted(self, address: str) -> bool:
        include, exclude = self.reading.include, self.reading.exclude
        return (not include or any(fnmatch.fnmatchcase(address, one) for one in include)) and not any(
            fnmatch.fnmatchcase(address, one) for one in exclude
        )

    # ---- pages ------------------------------------------------------------------------------

    def _look_again(self, before: dict[str, PageNote]) -> None:
        """Adds the pages that failed, that their sitemap no longer has, and that nobody looked at for long."""
        now = time.time()
        oldest = now - self.reading.recheck_days * DAY if self.reading.recheck_days else 0.0
        checked = 0
        unlisted = self.changed and self.whole and self.sitemaps
        for key in self.ledger.waiting_for(self.key):
            left = self.ledger.waiting(key)
            address = left[0].url if left and page_key(left[0].url) == key else f"https://{key}"
            self.wanted.setdefault(key, _Want(key, address, "", self._with_base(Known())))
        had = {want.key for want, _ in self.have}
        for key, note in before.items():
            target = page_key(note.url) or key
            if key in self.wanted or key in had or note.status not in ("ok", "failed"):
                continue
            if target != key and (target in before or target in self.wanted):
                continue  # another address of a page that is looked at under its own
            if note.status == "failed" or note.reason:
                due = note.checked < now - _AGAIN_AFTER
            elif unlisted and key not in self.holds and self.ledger.stamp(self.key, key) != _UNLISTED:
                due = True
            else:
                due = note.checked < oldest and checked < MOST_CHECKED
                checked += due
            if due:
                stamp = _UNLISTED if unlisted and key not in self.holds else self.ledger.stamp(self.key, key)
                address = note.url or f"https://{key}"
                self.wanted[key] = _Want(key, address, stamp or "", self._with_base(Known()))

    def _pages(self) -> Iterator[Article | Skipped | Gone]:
        """Fetches what is wanted, and gives what comes of it."""
        asked: dict[str, _Want] = {}
        left_over: set[str] = set()

        def wanted() -> Iterator[Wanted]:
            for want in self.wanted.values():
                if want.key in left_over or want.address in asked:
                    continue
                note = self.ledger.page(want.key)
                fit = note if note is not None and note.status == "ok" else PageNote()
                asked[want.address] = want
                yield Wanted(want.address, fit.etag, fit.last_modified)

        for want, found in self.have:
            yield from self._fetched(want, found)
        for want in self.wanted.values():
            same = want.listed and self.ledger.stamp(self.key, want.key) == want.stamp
            if same and (left := self.ledger.waiting(want.key)) is not None:
                note, article = left
                left_over.add(want.key)
                self.given.add(article.id)
                self.ledger.note_page(self.key, want.key, note, want.stamp, article)
                yield article
        for found in self.fetcher.get_many(wanted()):
            want = asked[found.asked]
            if isinstance(found, FetchError):
                yield from self._failed(want, found)
            else:
                yield from self._fetched(want, found)

    def _failed(self, want: _Want, error: FetchError) -> Iterator[Article | Skipped | Gone]:
        note = self.ledger.page(want.key)
        if note is None and (left := self.ledger.waiting(want.key)) and self.ledger.dates(left[0].article_id):
            note = left[0]  # a killed build had a newer version of a stored article
        known = note is not None and note.status == "ok"
        gone = isinstance(error, FetchGone)
        if note is not None and known:
            if gone:
                self.gone.append((want, note, error.reason))
            else:
                yield self._later(want, note, error.reason)
            return
        passing = isinstance(error, FetchFailed) and error.temporary
        if not gone and not passing and (given := self._from_feed(want)):
            yield from given
            return
        before = note.status if note is not None else ""
        status = "gone" if gone and before == "gone" else "failed" if passing else "skipped"
        article_id = note.article_id if note else ""
        self._note(want, PageNote(article_id, want.address, status=status, reason=error.reason))
        yield Skipped(want.address, error.reason)

    def _later(self, want: _Want, note: PageNote, reason: str) -> Skipped:
        """Leaves a stored article as it is, to be asked for again in an hour whatever its list says."""
        self._note(want, replace(note, etag="", last_modified="", reason=reason))
        return Skipped(want.address, reason)

    def _fetched(self, want: _Want, found: Fetched) -> Iterator[Article | Skipped | Gone]:
        note = self.ledger.page(want.key)
        known = note if note is not None and note.status == "ok" else None
        if found.not_modified and note is not None:
            if not found.moved_to or page_key(found.moved_to) == page_key(note.url):
                self._note(want, replace(note, reason="" if known else note.reason))
                return
            try:  # the same words at another address, which the article is to have
                found = self.fetcher.get(found.moved_to)
            except FetchError as error:
                yield Skipped(want.address, error.reason)
                return
            found = replace(found, asked=want.address, moved_to=found.url)
        url = found.moved_to or found.url
        fresh = PageNote(url=url, etag=found.etag, last_modified=found.last_modified)
        if reason := _astray(want, known, found):
            if known is not None:
                yield self._later(want, known, reason)
            else:
                self._note(want, replace(fresh, status="skipped", reason=reason))
                yield Skipped(want.address, reason)
            return
        try:
            article, canonical = article_of_page(
                found.body, url, found.content_type, found.charset, want.known, found.fetched_at
            )
        except NotAnArticleError as error:
            if known is not None:  # a page under repair is no reason to forget what was there
                yield self._later(want, known, str(error))
            elif given := self._from_feed(want):
                yield from given
            else:
                self._note(want, replace(fresh, status="skipped", reason=str(error)))
                yield Skipped(want.address, str(error))
            return
        real = self._original(canonical, want.known) if canonical else None
        if real is not None and alike(real[0].text, article.text):
            own = PageNote(url=real[1].url, etag=real[1].etag, last_modified=real[1].last_modified)
            yield from self._give(want, fresh, real[0], own)
        else:
            yield from self._give(want, fresh, article, fresh)

    def _original(self, address: str, known: Known) -> tuple[Article, Fetched] | None:
        """The article at the canonical address that a page names: what stands there counts, not what the page claims.
        None where none stands there."""
        if address not in self.originals:
            self.originals[address] = None
            try:
                found = self.fetcher.get(address)
                article, _ = article_of_page(
                    found.body, found.url, found.content_type, found.charset, known, found.fetched_at
                )
                self.originals[address] = (article, found)
            except (FetchError, NotAnArticleError):
                pass
        return self.originals[address]

    def _from_feed(self, want: _Want) -> list[Article | Skipped | Gone]:
        """The article as its feed carries it, where the page itself is not to be had; [] where the feed does not."""
        if not want.content:
            return []
        page = f"<html><body><article>{want.content}</article></body></html>".encode()
        try:
            article, _ = article_of_page(page, want.address, "text/html", "", want.known)
        except NotAnArticleError:
            return []
        article = replace(article, title=want.known.title or article.title)
        fresh = PageNote(url=want.address)
        return list(self._give(want, fresh, article, fresh))

    def _give(
        self, want: _Want, fresh: PageNote, article: Article, own_note: PageNote
    ) -> Iterator[Article | Skipped | Gone]:
        """An article with the id it had before, under whichever of its addresses; `own_note` is about its own one."""
        own = page_key(article.url) or want.key
        asked, at_home = self.ledger.page(want.key), self.ledger.page(own)
        ids = [note.article_id for note in (at_home, asked) if note is not None and note.article_id]
        if removed := next((note for note in (at_home, asked) if note and note.status == "removed"), None):
            self._note(want, removed)
            yield Skipped(want.address, removed.reason)
            return
        article = replace(article, id=ids[0] if ids else article.id)
        text = article.content_hash
        first, where = self.texts.setdefault(text, (article.id, article.url))
        if first != article.id:
            reason = f"the same text as {where}"
            if asked is not None and asked.status == "ok":
                yield self._later(want, asked, reason)
            else:
                self._note(want, replace(fresh, status="skipped", reason=reason))
                yield Skipped(want.address, reason)
            return
        note = replace(fresh if own == want.key else own_note, article_id=article.id)
        if own != want.key:
            self._note(want, replace(fresh, article_id=article.id, url=article.url))
        if article.id in self.given:
            return
        self.given.add(article.id)
        article = as_corrected(article, self.ledger.dates(article.id))
        self._note(replace(want, key=own), note, article)
        yield article
        if (
            asked is not None
            and asked.article_id not in ("", article.id)
            and asked.article_id not in self.given
        ):
            self.given.add(asked.article_id)
            yield Gone(asked.article_id, want.address, f"now at {article.url}")

    def _note(self, want: _Want, note: PageNote, article: Article | None = None) -> None:
        self.ledger.note_page(self.key, want.key, replace(note, checked=time.time()), want.stamp, article)

    def _missing(self, before: dict[str, PageNote]) -> Iterator[Gone | Skipped]:
        """The pages that the site no longer has, unless they are so many that it must be in trouble."""
        stood = sum(note.status == "ok" for note in before.values())
        if len(self.gone) > MOST_GONE and len(self.gone) > stood / 2:
            reason = f"{len(self.gone)} of {stood} pages were not found: nothing is removed, the site may be in trouble"
            yield Skipped(self.address, reason)
            return
        for want, note, reason in self.gone:
            if note.article_id in self.given or not note.article_id:
                continue
            self._note(want, replace(note, status="gone", reason=reason))
            self.given.add(note.article_id)
            yield Gone(note.article_id, want.address, reason)


def _astray(want: _Want, known: PageNote | None, found: Fetched) -> str:
    """Why what was found is not the page that was asked for, or "": the site's front page, or for a stored article
    what it redirects to only for now (a login, a notice)."""
    if _is_front(found.url) and not _is_front(want.address):
        return "it leads to the site's front page"
    at = page_key(found.url)
    if known is not None and not found.moved_to and at not in (want.key, page_key(known.url)):
        return f"for now it leads to {found.url}"
    return ""


def _over(stamp: str) -> str:
    """A list's word on the last change; of a day that is not over with the time of now, so that it is never the same:
    there may be another change on that day."""
    now = datetime.now(UTC)
    open_day = _A_DAY.fullmatch(stamp) and stamp >= now.date().isoformat()
    return f"{stamp} at {now.time().isoformat()}" if open_day else stamp


_A_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_UNLISTED = "no longer listed"
_SITE = "site"
"""Marks a front page whose lists are known: they are asked, not the page."""


def _as_kind(name: str) -> Kind:
    return "sitemap" if name == "sitemap" else "feeds" if name == "feeds" else "feed"


def _kind_of(found: Fetched) -> Kind:
    """What an answer is, by its content: feeds and sitemaps come under any type."""
    try:
        head = unzipped(found.body, 200_000_000)[:4_000]
    except NotAnArticleError:
        return ""
    root = re.search(rb"<(?![?!])(?:\w+:)?(\w+)", head)
    name = root[1].lower().decode() if root else ""
    kinds: dict[str, Kind] = {
        "rss": "feed", "feed": "feed", "rdf": "feed", "urlset": "sitemap", "sitemapindex": "sitemap", "opml": "feeds",
    }  # fmt: skip
    return kinds.get(name, "")


def _is_front(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


def feeds_of_opml(data: bytes, address: str) -> list[str]:
    """The addresses of the feeds that an OPML file (from `address`) lists; raises `NotAnArticleError` when it is none."""
    tree = _xml(data)
    if tree.tag != "opml":
        raise NotAnArticleError("this is no OPML file")
    named = [(one.get("xmlUrl") or one.get("xmlurl") or "").strip() for one in tree.iter("outline")]
    return [target for one in named if one and (target := web_address(urljoin(address, one)))]


def _xml(data: bytes) -> Any:
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    if declares_entities(data):
        raise NotAnArticleError("the file declares entities of its own and is not read")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        tree = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as error:
        raise NotAnArticleError(f"it cannot be read as XML ({type(error).__name__})") from error
    if tree is None:
        raise NotAnArticleError("it cannot be read as XML")
    return tree


def _feeds_named(found: Fetched) -> list[str]:
    """The feeds that a page's head names, at most three: sites offer one for comments, one for each topic."""
    head = found.body[:300_000].decode("utf-8", "replace")
    named: dict[str, None] = {}
    for tag in re.findall(r"(?is)<link\s[^>]{1,1000}>", head):
        said = {
            name.lower(): value
            for name, _, value in re.findall(r"""(?is)([\w-]+)\s*=\s*(["'])(.*?)\2""", tag)
        }
        if "alternate" in said.get("rel", "").lower() and said.get("type", "").lower() in (
            "application/rss+xml", "application/atom+xml",
        ):  # fmt: skip
            target = web_address(urljoin(found.url, said.get("href", "")))
            if target and "comment" not in target.lower():
                named.setdefault(target)
    return list(named)[:3]
