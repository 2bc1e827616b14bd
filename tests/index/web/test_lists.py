"""Feeds and sitemaps as they are in the wild, and the list of sources."""

from __future__ import annotations

import gzip
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.addresses import page_key, same_site, without_tracking
from index.decode import NotAnArticleError
from index.errors import InputError
from index.fetch import Fetcher
from index.listing import entry_of, open_sources, read_list, seconds_of
from index.web import feeds
from index.web.feeds import feed_in, parse_feed
from index.web.sitemaps import parse_sitemap
from index.web.source import feeds_of_opml

AT = "https://example.org/news/feed"
ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Hafen &amp; Meer</title>
<entry><title type="html">Der &lt;b&gt;Sturm&lt;/b&gt;</title><link rel="self" href="/self"/><link rel="alternate" href="../2026/sturm.html"/>
<updated>2026-10-05T23:30:00-05:00</updated><published>2026-10-01T08:00:00Z</published><author><name>Ina Brandt</name></author>
<category term="Wetter"/></entry>
<entry><title>Ohne Adresse</title><id>urn:uuid:1</id></entry></feed>"""


def test_an_atom_entry_with_all_it_says():
    feed = parse_feed(ATOM, AT)
    (entry,) = feed.entries
    assert (feed.title, feed.language, feed.nameless) == ("Hafen & Meer", "de", 1)
    assert entry.address == "https://example.org/2026/sturm.html"
    assert (entry.title, entry.topic, entry.authors) == ("Der Sturm", "Wetter", ("Ina Brandt",))
    assert (entry.published, entry.modified) == (date(2026, 10, 1), date(2026, 10, 5))


@pytest.mark.parametrize(
    ("item", "address"),
    [
        ("<link>https://example.org/a</link>", "https://example.org/a"),
        ("<link> /a </link>", "https://example.org/a"),
        ("<guid>https://example.org/a</guid>", "https://example.org/a"),
        ('<guid isPermaLink="false">tag:1</guid><link>/b</link>', "https://example.org/b"),
        ("<link><![CDATA[https://example.org/a?x=1&y=2]]></link>", "https://example.org/a?x=1&y=2"),
    ],
)
def test_where_an_rss_item_says_its_article_is(item: str, address: str):
    feed = parse_feed(
        f'<rss version="2.0"><channel><title>x</title><item><title>t</title>{item}</item></channel></rss>'.encode(),
        AT,
    )
    assert [one.address for one in feed.entries] == [address]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http://", "mailto:a@b.c"]
)
def test_an_item_that_leads_nowhere_on_the_web_is_counted(link: str):
    feed = parse_feed(
        f'<rss version="2.0"><channel><title>x</title><item><title>t</title><link>{link}</link></item></channel></rss>'.encode(),
        AT,
    )
    assert (feed.entries, feed.nameless) == ((), 1)


def test_an_entrys_stamp_changes_when_it_does():
    one, same, changed = (
        parse_feed(ATOM.replace(b"2026-10-05", day), AT).entries[0].stamp
        for day in (b"2026-10-05", b"2026-10-05", b"2026-10-06")
    )
    assert one == same != changed


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "windows-1252"])
def test_feeds_in_other_encodings(encoding: str):
    text = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>Çà été</title><item><title>Über</title><link>/a</link></item></channel></rss>'
    feed = parse_feed(text.encode(encoding), AT)
    assert (feed.title, feed.entries[0].title) == ("Çà été", "Über")


@given(st.binary(max_size=300) | st.binary(max_size=120).map(lambda b: ATOM[:400] + b + ATOM[400:]))
def test_no_feed_breaks_the_reading(data: bytes):
    try:
        for entry in parse_feed(data, AT).entries:
            assert entry.address.startswith(("http://", "https://"))
    except NotAnArticleError:
        pass


SITEMAP = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><image:image><image:loc>https://example.org/p.jpg</image:loc></image:image><loc>https://example.org/a?x=1&amp;y=2</loc>
<lastmod>2026-10-01T10:00:00Z</lastmod><news:news><news:publication_date>2026-09-30</news:publication_date><news:title>Storm</news:title></news:news></url>
<url><loc> /b </loc></url><url><loc>ftp://example.org/c</loc></url><url/></urlset>"""


@pytest.mark.parametrize(
    "data", [SITEMAP, gzip.compress(SITEMAP), b"\xef\xbb\xbf" + SITEMAP, SITEMAP + b"<trailing"]
)
def test_a_sitemap_in_any_wrapping(data: bytes):
    first, second = parse_sitemap(data, "https://example.org/sitemap.xml").pages
    assert (first.address, first.stamp) == ("https://example.org/a?x=1&y=2", "2026-10-01T10:00:00Z")
    assert (first.title, first.published) == ("Storm", date(2026, 9, 30))
    assert (second.address, second.stamp) == ("https://example.org/b", "")


def test_a_list_of_lines_is_a_sitemap_too():
    found = parse_sitemap(
        b"https://example.org/a\nhttps://example.org/b\n", "https://example.org/sitemap.txt"
    )
    assert [one.address for one in found.pages] == ["https://example.org/a", "https://example.org/b"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html><body/></html>", "begins with <html>"),
        (b"just words\nof some kind\n", "no sitemap"),
        (b"", "no sitemap"),
        (gzip.compress(SITEMAP)[:-9], "ends too early"),
        (b"\x1f\x8b\x08\x00not gzip at all", "damaged"),
        (gzip.compress(b"<urlset>" + b" " * 70_000_000), "larger than 60 MB"),
        (b'<!DOCTYPE u [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>', "document type"),
    ],
)  # fmt: skip
def test_what_is_no_sitemap_is_told(data: bytes, said: str):
    with pytest.raises(NotAnArticleError, match=said):
        parse_sitemap(data, "https://example.org/sitemap.xml")


@given(st.binary(max_size=200), st.integers(0, len(SITEMAP)))
def test_no_sitemap_breaks_the_reading(data: bytes, at: int):
    for one in (data, SITEMAP[:at] + data + SITEMAP[at:]):
        with suppress(NotAnArticleError):
            parse_sitemap(one, "https://example.org/sitemap.xml")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.Example.org/a/", "http://example.org/a", True),
        ("https://example.org/a?utm_source=x&fbclid=2#top", "https://example.org/a", True),
        ("https://example.org:443/a", "https://example.org/a", True),
        ("https://example.org/a?id=1", "https://example.org/a?id=2", False),
        ("https://example.org/a", "https://example.org/A", False),
        ("https://example.org:8443/a", "https://example.org/a", False),
        ("https://example.org/", "https://example.org", True),
        ("https://[::1]:80/a", "http://[::1]:80/a", False),
    ],
)
def test_which_addresses_are_one_page(one: str, other: str, same: bool):
    assert (page_key(one) == page_key(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://news.example.org/a", "https://example.org/b", True),
        ("https://www.example.org", "http://example.org", True),
        ("https://badexample.org", "https://example.org", False),
        ("https://example.org.evil.net", "https://example.org", False),
        ("https://a.org", "https://b.org", False),
        ("https://org", "https://example.org", False),
        ("http://127.0.0.1:80/", "http://127.0.0.1:8080/", False),
        ("nonsense", "https://example.org", False),
    ],
)
def test_what_belongs_to_one_site(one: str, other: str, same: bool):
    assert same_site(one, other) is same


@given(st.text(max_size=60) | st.text(max_size=30).map("https://example.org/".__add__))
def test_an_address_is_tidied_once(address: str):
    tidy = without_tracking(address)
    assert without_tracking(tidy) == tidy


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30 minutes", 1800), ("1 hour", 3600), ("2h", 7200), ("90 s", 90), ("1 day", 86_400), ("1.5 d", 129_600), ("2 weeks", 1_209_600)],
)  # fmt: skip
def test_lengths_of_time(text: str, seconds: float):
    assert seconds_of(text) == seconds


def test_the_list_of_sources_is_read_with_paths_from_its_folder(tmp_path: Path):
    (tmp_path / "texts").mkdir()
    listing = tmp_path / "sources.toml"
    listing.write_text(
        '[[source]]\naddress = "https://example.org/feed"\nname = "Example"\ntopic = "harbour"\nlanguage = "en"\nevery = "1 hour"\n'
        'recheck = "never"\nexclude = ["*/video/*"]\n\n[[source]]\npath = "texts"\n',
        "utf-8",
    )
    feed, folder = read_list(listing)
    assert (feed.every_seconds, feed.name) == (3600, "Example")
    assert folder.path == str(tmp_path / "texts")
    with Fetcher() as fetcher:
        opened = open_sources([feed, folder, feed], collection="default", fetcher=fetcher)
    assert [one.source.key for one in opened if one.source] == [
        "https://example.org/feed",
        str(tmp_path / "texts"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[source]]\nadress = "https://x.org"', "source 1: adress: there is no such field (known: address, path"),
        ('[[source]]\naddress = "https://x.org"\n[[source]]\nname = "x"', "source 2: a source has one of `address`, `path` and `reader`"),
        ('[[source]]\naddress = "https://x.org"\nevery = "often"', "source 1: every: 'often' is no length of time"),
        ('[[source]]\naddress = "https://x.org"\nmost = 0', "source 1: most: Input should be greater"),
        ('[[source]]\naddress = "https://x.org"\nkind = "blog"', "source 1: kind"),
        ("[[source", "sources.toml: "),
        ("[[sources]]\n", "sources"),
        ("source = 3", "source"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_list_is_named(tmp_path: Path, text: str, said: str):
    listing = tmp_path / "sources.toml"
    listing.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"sources\.toml") as caught:
        read_list(listing)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_source_that_cannot_be_opened_is_told_beside_the_others(tmp_path: Path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline xmlUrl="https://example.org/1"/><outline text="folder"><outline xmlUrl="https://example.org/2"/></outline></body></opml>'
    )
    named = [
        str(tmp_path / "texts"),
        str(tmp_path / "missing"),
        "ftp://example.org",
        str(tmp_path / "feeds.opml"),
    ]
    with Fetcher() as fetcher:
        opened = open_sources([entry_of(one) for one in named], collection="default", fetcher=fetcher)
    assert [(one.name, one.source is not None) for one in opened] == [
        (named[0], True),
        (named[1], False),
        (named[2], False),
        ("https://example.org/1", True),
        ("https://example.org/2", True),
    ]
    assert "no such file or folder" in opened[1].reason
    assert "is no web address" in opened[2].reason


def test_a_damaged_list_of_feeds_is_told_beside_the_others(tmp_path: Path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "feeds.opml").write_text("<html><body>no feeds</body></html>")
    named = [str(tmp_path / "feeds.opml"), str(tmp_path / "texts")]
    with Fetcher() as fetcher:
        opened = open_sources([entry_of(one) for one in named], collection="default", fetcher=fetcher)
    assert [(one.name, one.source is not None) for one in opened] == [(named[0], False), (named[1], True)]
    assert opened[0].reason == "this is no OPML file"


def test_a_path_is_kept_absolute_and_told_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "texts").mkdir()
    monkeypatch.chdir(tmp_path)
    with Fetcher() as fetcher:
        found, missing = open_sources(
            [entry_of("texts"), entry_of("none")], collection="default", fetcher=fetcher
        )
    assert found.entry.as_json() == {"path": str(tmp_path / "texts")}
    assert (found.name, missing.name) == ("texts", "none")
    assert missing.reason == "there is no such file or folder"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org", "https://example.org"),
        ("www.example.org/news/", "https://www.example.org/news/"),
        ("//example.org/a.html", "https://example.org/a.html"),
        ("http:/example.org", "http://example.org"),
        ("localhost:8000/feed", "https://localhost:8000/feed"),
        ("notes.txt", ""),
        ("texts/harbour", ""),
        ("/missing/example.org", ""),
    ],
)
def test_an_address_without_its_scheme_is_recognised(typed: str, meant: str):
    with Fetcher() as fetcher:
        (opened,) = open_sources([entry_of(typed)], collection="default", fetcher=fetcher)
    assert opened.source is None
    assert (f"write {meant}" in opened.reason) if meant else ("write" not in opened.reason)


def test_schedule_is_another_word_for_every(tmp_path: Path):
    listing = tmp_path / "sources.toml"
    listing.write_text('[[source]]\naddress = "https://x.org"\nschedule = "2 hours"\n', "utf-8")
    (entry,) = read_list(listing)
    assert (entry.every_seconds, entry.as_json()["every"]) == (7200, "2 hours")


def test_a_llama_index_reader_is_a_source_by_its_name(tmp_path: Path):
    (tmp_path / "a.txt").write_text("The old harbour light was lit for the last time in 1911.\n" * 3)
    listing = tmp_path / "sources.toml"
    listing.write_text(
        '[[source]]\nreader = "llama_index.core:SimpleDirectoryReader"\nname = "Old papers"\n'
        f'[source.options]\ninput_dir = "{tmp_path}"\nrequired_exts = [".txt"]\n\n[[source]]\nreader = "no.such:Reader"\n',
        "utf-8",
    )
    with Fetcher() as fetcher:
        found, missing = open_sources(read_list(listing), collection="default", fetcher=fetcher)
    assert found.source is not None
    (article,) = found.source.read()
    assert ("1911" in article.text, article.source) == (True, "Old papers")  # type: ignore[union-attr]
    assert missing.source is None
    assert "no.such" in missing.reason


def test_a_feed_built_to_stall_its_reader_is_given_up_with_a_reason() -> None:
    stalling = ATOM.replace(
        b"</feed>",
        b"<entry><content type='html'><![CDATA[" + b"<!-- " * 200_000 + b"]]></content></entry></feed>",
    )
    with pytest.raises(NotAnArticleError, match="longer than 3 seconds"):
        parse_feed(stalling, AT, seconds=3)
    assert parse_feed(ATOM, AT) == feed_in(ATOM, AT)  # the next one is read


@pytest.mark.timeout(60)
def test_angle_brackets_are_looked_at_once() -> None:
    assert feeds._plain("<b>Locks</b> " + "<" * 20_000_000).split()[0] == "Locks"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32"])
def test_entities_are_refused_in_every_encoding(encoding: str) -> None:
    declared = '<!DOCTYPE r [<!ENTITY a "aa">]>'
    with pytest.raises(NotAnArticleError, match="entities"):
        parse_feed(f"<?xml version='1.0' encoding='{encoding}'?>{declared}<rss/>".encode(encoding), AT)
    with pytest.raises(NotAnArticleError, match="entities"):
        feeds_of_opml(f"<?xml version='1.0' encoding='{encoding}'?>{declared}<opml/>".encode(encoding), AT)
