"""What a page says about itself, in each of the ways that pages say it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from index.markup import html_to_text
from index.metadata import Fields
from index.page_fields import byline

STORY = (
    "The canal is 98 kilometres long and was opened in 1895 after eight years of work. "
    "Ships save about 460 kilometres by not sailing round Jutland, and the locks stand open to all of them."
)


def ld(data: object) -> str:
    return (
        f'<script type="application/ld+json">{data if isinstance(data, str) else json.dumps(data)}</script>'
    )


def article(**values: object) -> dict[str, object]:
    return {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "The canal", **values}


def fields_of(
    head: str = "", before: str = "", after: str = "", *, url: str = "", html: str = "<html>"
) -> Fields:
    page = f"{html}<head>{head}</head><body><article>{before}<p>{STORY}</p></article>{after}</body></html>"
    return html_to_text(page, url)[0]


SOON = datetime.now(UTC).date() + timedelta(days=400)

# (what, head, before the text, after it, the field, its value)
PAGES: list[tuple[str, str, str, str, str, object]] = [
    # titles
    ("json-ld headline", ld(article()), "", "", "title", "The canal"),
    ("escaped twice", ld(article(headline="Locks &amp;#8217; end &amp; more")), "", "", "title", "Locks &#8217; end & more"),
    ("open graph", '<meta property="og:title" content="The canal"><title>x</title>', "", "", "title", "The canal"),
    ("dublin core", '<meta name="DC.title" content="The canal"><title>Site</title>', "", "", "title", "The canal"),
    ("twitter card", '<meta name="twitter:title" content="The canal">', "", "", "title", "The canal"),
    ("microdata", "", '<h2 itemprop="headline">The canal</h2>', "", "title", "The canal"),
    ("shown heading", "<title>The canal - its locks - Example</title>", "<h1>The canal - its locks</h1>", "", "title", "The canal - its locks"),
    ("title with the site's name", '<title>The canal | Example Press</title><meta property="og:site_name" content="Example Press">', "", "", "title", "The canal"),
    ("title with the host's name", '<title>The canal – Daily Example</title><link rel=canonical href="https://www.dailyexample.com/a/canal">', "", "", "title", "The canal"),
    ("the site's name in front", '<meta property="og:title" content="Example Press: The canal | Example Press"><meta property="og:site_name" content="Example Press">', "", "", "title", "Example Press: The canal"),
    ("two names of the site", '<title>The canal | Example Press | example.org</title><meta property="og:site_name" content="Example Press"><link rel=canonical href="https://example.org/canal">', "", "", "title", "The canal"),
    ("a dash of its own", '<title>The canal - a history</title><meta property="og:site_name" content="Example Press">', "", "", "title", "The canal - a history"),
    ("only the site's name", '<meta property="og:title" content="Example Press"><meta property="og:site_name" content="Example Press"><title>The canal</title>', "", "", "title", "The canal"),
    ("the headline of this page", ld([article(headline="Another story"), article(headline="The locks")]) + "<title>The locks | Example</title>", "<h1>The locks</h1>", "", "title", "The locks"),
    # authors
    ("a person", ld(article(author={"@type": "Person", "name": "Ada Example"})), "", "", "authors", ("Ada Example",)),
    ("a list of people", ld(article(author=[{"name": "Ada Example"}, "Jo Doe"])), "", "", "authors", ("Ada Example", "Jo Doe")),
    ("a reference to a person", ld({"@graph": [article(author={"@id": "#a"}), {"@id": "#a", "@type": "Person", "name": "Ada Example"}]}), "", "", "authors", ("Ada Example",)),
    ("people in one text", ld(article(author={"name": "Ada Example and Jo Doe"})), "", "", "authors", ("Ada Example", "Jo Doe")),
    ("a name in parts", ld(article(author={"givenName": "Ada", "familyName": "Example"})), "", "", "authors", ("Ada Example",)),
    ("beside the publisher", ld(article(author=[{"name": "Ada Example"}, {"name": "Example Press"}], publisher={"name": "Example Press"})), "", "", "authors", ("Ada Example",)),
    ("meta author", '<meta name="author" content="By Ada Example">', "", "", "authors", ("Ada Example",)),
    ("meta address is no name", '<meta property="article:author" content="https://www.facebook.com/ada">', "", "", "authors", ()),
    ("dublin core creator", '<meta name="DC.creator" content="Ada Example">', "", "", "authors", ("Ada Example",)),
    ("microdata author", "", '<span itemprop="author" itemscope><span itemprop="name">Ada Example</span></span>', "", "authors", ("Ada Example",)),
    ("link to the author", "", '<a rel="author" href="/ada">Ada Example</a>', "", "authors", ("Ada Example",)),
    ("byline", "", '<p class="byline">By Ada Example and Jo Doe, Political editor</p>', "", "authors", ("Ada Example", "Jo Doe")),
    ("german byline", "", '<p class="article-byline">Von Ada Example und Jörg Müller</p>', "", "authors", ("Ada Example", "Jörg Müller")),
    ("a system's user", '<meta name="author" content="admin">', "", "", "authors", ()),
    # dates
    ("json-ld", ld(article(datePublished="2022-01-02T23:04:05-08:00")), "", "", "published", date(2022, 1, 2)),
    ("in a graph inside a page", ld({"@graph": [{"@type": "WebPage", "mainEntity": article(datePublished="2022-01-02")}]}), "", "", "published", date(2022, 1, 2)),
    ("with line breaks and a semicolon", ld('\n{"@type": "Article", "headline": "The\ncanal", "datePublished": "2022-01-02"};'), "", "", "published", date(2022, 1, 2)),
    ("article:published_time", '<meta property="article:published_time" content="2022-01-02T00:00:00Z">', "", "", "published", date(2022, 1, 2)),
    ("dcterms", '<meta name="DCTERMS.issued" content="2022-01-02">', "", "", "published", date(2022, 1, 2)),
    ("microdata", "", '<meta itemprop="datePublished" content="2022-01-02">', "", "published", date(2022, 1, 2)),
    ("time", "", '<time datetime="2022-01-02">Sunday</time>', "", "published", date(2022, 1, 2)),
    ("not the time beside it", "", "", '<aside><time datetime="2023-05-05">May</time></aside><div class="related-card"><time datetime="2023-06-06">x</time></div>', "published", None),
    ("not the time above it", "", '<div class="sidebar"><time datetime="2023-05-05">x</time></div><time datetime="2022-01-02">Sunday</time>', "", "published", date(2022, 1, 2)),
    ("not the copyright", "", "", "<footer>© 1998-2023 Example Press. 5 May 2023</footer>", "published", None),
    ("not the future", ld(article(datePublished=SOON.isoformat())) + '<meta name="date" content="2022-01-02">', "", "", "published", date(2022, 1, 2)),
    ("byline date", "", '<div class="dateline">Published on 2 January 2022 at 10:00</div>', "", "published", date(2022, 1, 2)),
    ("german byline date", "", "<span>publiziert am 2. Januar 2022</span>", "", "published", date(2022, 1, 2)),
    ("address", '<link rel="canonical" href="https://example.org/2022/01/02/canal">', "", "", "published", date(2022, 1, 2)),
    ("modified", ld(article(datePublished="2022-01-02", dateModified="2022-01-09")), "", "", "modified", date(2022, 1, 9)),
    ("og modified", '<meta property="og:updated_time" content="2022-01-09T00:00:00">', "", "", "modified", date(2022, 1, 9)),
    ("changed before it was published", ld(article(datePublished="2022-01-02", dateModified="2021-01-09")), "", "", "modified", None),
    # the rest
    ("section", ld(article(articleSection=["History", "Ships"])), "", "", "topic", "History"),
    ("meta section", '<meta property="article:section" content="History">', "", "", "topic", "History"),
    ("microdata section", "", '<span itemprop="articleSection">History</span>', "", "topic", "History"),
    ("site name of a file", '<meta property="og:site_name" content="Example Press">', "", "", "site", "Example Press"),
    ("locale", '<meta property="og:locale" content="en_GB">', "", "", "language", "en"),
    ("content-language", '<meta http-equiv="content-language" content="en-US">', "", "", "language", "en"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "before", "after", "name", "value"), [page[1:] for page in PAGES], ids=[f"{page[4]}: {page[0]}" for page in PAGES]
)  # fmt: skip
def test_a_page_says(head: str, before: str, after: str, name: str, value: object) -> None:
    assert getattr(fields_of(head, before, after), name) == value


@pytest.mark.parametrize(
    ("url", "named", "expected"),
    [
        ("https://www.example.org/a?utm=1", "https://www.example.org/a", "https://www.example.org/a"),
        ("https://m.example.org/a", "https://www.example.org/a", "https://www.example.org/a"),
        ("https://example.org/amp/a", "/a", "https://example.org/a"),
        ("https://example.org/a", "http://example.org/b", "https://example.org/b"),
        ("https://evil.example.com/a", "https://www.example.org/a", "https://evil.example.com/a"),
        (
            "https://example.org.evil.example.com/a",
            "https://example.org/a",
            "https://example.org.evil.example.com/a",
        ),
        ("https://jo.pages.example.org/a", "https://pages.example.org/a", "https://jo.pages.example.org/a"),
        ("https://example.org:8443/a", "https://example.org/a", "https://example.org:8443/a"),
        ("https://example.org/2022/canal", "https://example.org/", "https://example.org/2022/canal"),
        ("https://example.org/a", "javascript:alert(1)", "https://example.org/a"),
        ("https://example.org/a", "//[", "https://example.org/a"),
        ("https://example.org/a", "", "https://example.org/a"),
        ("", "https://www.example.org/a", "https://www.example.org/a"),
        ("", "/a", ""),
    ],
)
def test_a_page_names_an_address_of_its_own_site_only(url: str, named: str, expected: str) -> None:
    fields = fields_of(f'<link rel="canonical" href="{named}">', url=url)
    assert fields.url == expected
    assert fields_of(f'<meta property="og:url" content="{named}">', url=url).url == expected
    assert fields_of(ld(article(mainEntityOfPage={"@id": named})), url=url).url == expected


def test_a_page_of_another_site_does_not_take_its_name_either() -> None:
    head = '<meta property="og:site_name" content="Example Press"><link rel="canonical" href="https://www.example.org/a">'
    assert fields_of(head, url="https://evil.example.com/a").site == "evil.example.com"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Ada Example", ("Ada Example",)),
        ("Ada Example, Jo Doe and Ann-Marie O’Neill", ("Ada Example", "Jo Doe", "Ann-Marie O’Neill")),
        ("Ludwig van Beethoven", ("Ludwig van Beethoven",)),
        ("Por María José de la Cruz y Jo Doe", ("María José de la Cruz", "Jo Doe")),
        ("Ada Example, senior reporter", ("Ada Example",)),
        ("@ada", ()),
        ("ada@example.org", ()),
        ("https://example.org/ada", ()),
        ("Staff", ()),
        ("", ()),
    ],
)
def test_bylines(text: str, names: tuple[str, ...]) -> None:
    assert byline(text) == names


def test_a_page_in_german_whose_template_says_english() -> None:
    text = (
        "Der Kanal ist für die Schiffe von großer Bedeutung, und das Wasser wird nicht mit Salz gemischt. "
        * 4
    )
    page = f"<html lang=en><body><article><p>{text}</p></article></body></html>"
    assert html_to_text(page)[0].language == "de"
    english = f"<html lang=de><body><article><p>{STORY} {STORY}</p></article></body></html>"
    assert html_to_text(english)[0].language == "en"


@pytest.mark.parametrize(
    "data",
    ['{"@type": "NewsArticle", "author": {"@id": "#a"}, "@id": "#a"}', '{"@graph": [[[[[[[[[{"@type": "Article"}]]]]]]]]]}', '[{"@type": ["Article", 3, null], "headline": {"a": 1}}]',
     '{"@type": "Article", "author": [[[]], 3, null, true, {"name": {"name": "x"}}], "datePublished": {"@value": 1}}', '{"@type": "Article", "headline": "' + "x" * 100_000 + '"}'],
)  # fmt: skip
def test_odd_data_does_no_harm(data: str) -> None:
    fields = fields_of(ld(data))
    assert fields.published is None
    assert len(fields.title) <= 2_000
