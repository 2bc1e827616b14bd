"""Articles from feeds, sitemaps, pages and whole sites: fetched once, kept current, joined, gone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from index import ledger
from index.build import remove_articles
from index.errors import InputError
from index.fetch import Fetcher
from index.ledger import LEDGER_FILE, pages_with, runs
from index.library import Library
from index.web import source as web_source
from index.web.source import WebSource
from tests.index.web.site import Collection, counts, text
from tests.index.words import Interrupted, WordEmbedder


def reasons(report: object) -> list[str]:
    return [one.reason for one in report.skipped]  # type: ignore[attr-defined]


def test_a_feed_gives_whole_articles_not_its_summaries(web: Collection):
    for n in range(3):
        web.site.article(n)
    web.site.feed(range(3))
    assert counts(web.sync("/feed.xml")) == (3, 0, 0, 0)
    article = web.articles()["/a/1"]
    assert "had broken 6 windows" in article.text
    assert "summary" not in article.text
    assert (article.published, article.title, article.language) == (
        date(2026, 10, 2),
        "Light 1 in the storm",
        "en",
    )
    assert article.url == web.site.origin + "/a/1", "without what counts visits"


def test_an_unchanged_feed_costs_one_conditional_request_and_no_write(web: Collection):
    for n in range(3):
        web.site.article(n)
    web.site.feed(range(3))
    before = web.sync("/feed.xml").manifest.revision
    web.site.requests()
    stood = {
        path: path.stat().st_mtime_ns for path in web.folder.rglob("*.sqlite") if path.name != LEDGER_FILE
    }
    report = web.sync("/feed.xml")
    assert web.site.requests() == [("/feed.xml", True)]
    assert counts(report) == (0, 0, 3, 0)
    assert report.manifest.revision == before
    assert stood == {path: path.stat().st_mtime_ns for path in stood}


def test_a_feed_without_validators_is_told_by_its_content(web: Collection):
    web.site.etags = False
    web.site.article(0)
    web.site.feed([0])
    web.sync("/feed.xml")
    web.site.requests()
    assert counts(web.sync("/feed.xml")) == (0, 0, 1, 0)
    assert web.site.requests() == [("/feed.xml", False)]


def test_what_left_the_feed_stays_and_only_new_entries_are_fetched(web: Collection):
    for n in range(5):
        web.site.article(n)
    web.site.feed(range(3))
    web.sync("/feed.xml")
    web.site.feed(range(2, 5))
    web.site.requests()
    assert counts(web.sync("/feed.xml")) == (2, 0, 3, 0)
    assert web.site.requests() == [("/a/3", False), ("/a/4", False), ("/feed.xml", True)]
    assert set(web.articles()) == {f"/a/{n}" for n in range(5)}


def test_a_corrected_article_keeps_its_date_and_embeds_only_what_changed(web: Collection):
    web.site.article(0, more=text(20))
    web.site.feed([0])
    web.sync("/feed.xml")
    encoded = len(web.embedder.encoded)
    web.site.article(
        0,
        more=text(20) + "<p>Correction: this article named the wrong council at first.</p>",
        day="2026-11-09",
    )
    web.site.feed([0], note=" (corrected)")
    report = web.sync("/feed.xml")
    assert counts(report) == (0, 1, 0, 0)
    article = web.articles()["/a/0"]
    assert (article.published, article.modified) == (date(2026, 10, 1), date(2026, 11, 9))
    assert "wrong council" in article.text
    chunks = report.manifest.chunks
    assert 1 <= len(web.embedder.encoded) - encoded < chunks, (
        "the chunks before the correction are not embedded again"
    )
    assert report.chunks_embedded == len(web.embedder.encoded) - encoded


def test_a_page_that_is_gone_goes_and_is_told(web: Collection):
    for n in range(3):
        web.site.article(n)
    web.site.sitemap(dict.fromkeys(range(3), "2026-10-01"))
    web.sync("/sitemap.xml")
    web.site.pages["/a/1"] = 410
    web.site.sitemap({0: "2026-10-01", 2: "2026-10-01"})
    report = web.sync("/sitemap.xml")
    assert counts(report) == (0, 0, 2, 1)
    (gone,) = report.sources[0].gone
    assert (gone.name, "410" in gone.reason) == (f"{web.site.origin}/a/1", True)
    assert set(web.articles()) == {"/a/0", "/a/2"}
    assert [note.status for _, note in pages_with(web.folder, "gone")] == ["gone"]
    web.site.article(1)  # and it comes back
    web.site.sitemap(dict.fromkeys(range(3), "2026-10-02"))
    assert web.sync("/sitemap.xml").added == 1


def test_a_page_that_only_left_the_sitemap_stays(web: Collection):
    for n in range(2):
        web.site.article(n)
    web.site.sitemap({0: "2026-10-01", 1: "2026-10-01"})
    web.sync("/sitemap.xml")
    web.site.sitemap({0: "2026-10-01"})
    web.site.requests()
    assert counts(web.sync("/sitemap.xml")) == (0, 0, 2, 0)
    assert ("/a/1", True) in web.site.requests()
    web.site.sitemap({0: "2026-10-03"})
    web.sync("/sitemap.xml")
    assert ("/a/1", True) not in web.site.requests(), "asked once"


def test_a_site_in_trouble_loses_nothing(web: Collection):
    for n in range(14):
        web.site.article(n)
    web.site.sitemap(dict.fromkeys(range(14), "2026-10-01"))
    web.sync("/sitemap.xml")
    for n in range(12):
        web.site.pages[f"/a/{n}"] = 404
    web.site.sitemap(dict.fromkeys(range(14), "2026-10-02"))
    report = web.sync("/sitemap.xml")
    assert report.removed == 0
    assert "12 of 14 pages were not found: nothing is removed, the site may be in trouble" in reasons(report)
    assert len(web.articles()) == 14


@pytest.mark.parametrize("status", [500, 403])
def test_a_feed_that_does_not_answer_is_told_and_loses_nothing(web: Collection, status: int):
    web.site.article(0)
    web.site.feed([0])
    web.sync("/feed.xml")
    web.site.pages["/feed.xml"] = status
    report = web.sync("/feed.xml")
    assert counts(report) == (0, 0, 1, 0)
    assert len(report.skipped) == 1
    assert set(web.articles()) == {"/a/0"}


def test_a_page_that_failed_is_tried_again_though_the_feed_is_unchanged(
    web: Collection, monkeypatch: pytest.MonkeyPatch
):
    web.site.article(0)
    web.site.pages["/a/1"] = 503
    web.site.feed([0, 1])
    report = web.sync("/feed.xml")
    assert (report.added, len(report.skipped)) == (1, 1)
    web.site.article(1)
    assert web.sync("/feed.xml").added == 0, "not at once"
    monkeypatch.setattr(web_source, "_AGAIN_AFTER", 0.0)
    assert web.sync("/feed.xml").added == 1


def test_a_moved_page_keeps_its_id_and_gets_its_new_address(web: Collection):
    web.site.article(0)
    web.site.sitemap({0: "2026-10-01"})
    web.sync("/sitemap.xml")
    was = web.articles()["/a/0"].id
    web.site.article(0, path="/new/0")
    web.site.pages["/a/0"] = "-> /new/0"
    web.site.sitemap({0: "2026-10-05"})
    web.sync("/sitemap.xml")
    (moved,) = web.articles().values()
    assert (moved.id, moved.url) == (was, web.site.origin + "/new/0")


def test_many_addresses_of_one_article_are_one_article(web: Collection):
    canonical = f'<link rel="canonical" href="{web.site.origin}/a/0">'
    web.site.article(0)
    web.site.article(0, path="/amp/0", head=canonical)
    web.site.article(0, path="/print/0", head=canonical)
    web.site.pages["/short"] = "~> /a/0"
    web.site.feed(["/amp/0", "/print/0", "/short", "/a/0"])
    report = web.sync("/feed.xml")
    assert report.added == 1
    assert report.manifest.articles == 1
    assert set(web.articles()) == {"/a/0"}
    web.site.sitemap({0: "2026-10-01"})
    assert web.sync("/sitemap.xml").manifest.articles == 1, "nor another one from another list"


def test_a_page_cannot_say_it_is_another_sites_article(web: Collection):
    web.site.article(0, head='<link rel="canonical" href="https://bank.example/statement">')
    web.site.article(1, head=f'<link rel="canonical" href="{web.site.origin}/">')
    web.site.feed([0, 1])
    web.sync("/feed.xml")
    assert set(web.articles()) == {"/a/0", "/a/1"}


def test_an_article_taken_out_by_hand_is_not_fetched_again(web: Collection):
    for n in range(2):
        web.site.article(n)
    web.site.feed([0, 1])
    web.sync("/feed.xml")
    remove_articles(web.folder, [web.articles()["/a/0"].id])
    web.site.feed([0, 1], note="!")
    report = web.sync("/feed.xml")
    assert report.added == 0
    assert set(web.articles()) == {"/a/1"}
    assert [note.reason for _, note in pages_with(web.folder, "removed")] == ["taken out by hand"]


def test_an_article_behind_a_wall_is_taken_from_a_feed_that_carries_it_whole(web: Collection):
    web.site.pages["/a/0"] = 403
    web.site.pages["/a/1"] = 403
    web.site.feed([0], content=text(0), path="/whole.xml")
    web.site.feed([1], path="/short.xml")
    assert web.sync("/whole.xml").added == 1
    assert "northern fleet" in web.articles()["/a/0"].text
    assert web.sync("/short.xml").added == 0, "a summary is no article"


def test_sitemaps_of_sitemaps_gzipped_are_read_and_only_changed_ones_asked(web: Collection):
    import gzip

    for n in range(4):
        web.site.article(n)
    web.site.sitemap({0: "2026-10-01", 1: ""}, path="/one.xml")
    web.site.sitemap({2: "2026-10-01", 3: "2026-10-01"}, path="/two.xml")
    web.site.pages["/two.xml.gz"] = gzip.compress(str(web.site.pages["/two.xml"]).encode())
    web.site.types["/two.xml.gz"] = "application/gzip"

    def listing(day: str) -> None:
        web.site.pages["/index.xml"] = (
            '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            f"<sitemap><loc>{web.site.origin}/one.xml</loc><lastmod>2026-10-01</lastmod></sitemap>"
            f"<sitemap><loc>{web.site.origin}/two.xml.gz</loc><lastmod>{day}</lastmod></sitemap></sitemapindex>"
        )

    listing("2026-10-01")
    assert counts(web.sync("/index.xml")) == (4, 0, 0, 0)
    web.site.requests()
    assert counts(web.sync("/index.xml")) == (0, 0, 4, 0)
    assert web.site.requests() == [("/index.xml", True)]
    listing("2026-10-09")
    assert counts(web.sync("/index.xml")) == (0, 0, 4, 0)
    assert web.site.requests() == [("/index.xml", True), ("/two.xml.gz", True)]


def test_a_site_is_found_through_its_sitemap_or_else_its_feed(web: Collection):
    web.site.article(0)
    web.site.article(1)
    web.site.pages["/"] = (
        '<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml">'
        '<link rel="alternate" type="application/rss+xml" href="/comments/feed.xml"></head><body>News</body></html>'
    )
    web.site.feed([0])
    assert web.sync("/").added == 1
    assert {path for path, _ in web.site.requests()} >= {"/feed.xml"}
    web.site.sitemap({0: "", 1: ""})
    web.site.pages["/robots.txt"] = (
        f"User-agent: *\nDisallow: /private\nSitemap: {web.site.origin}/sitemap.xml\n"
    )
    other = web.folder.parent / "other"
    web.folder = other
    assert web.sync("/").added == 2


def test_feeds_of_an_opml_list_are_all_read(web: Collection):
    for n in range(2):
        web.site.article(n)
        web.site.feed([n], path=f"/feed{n}.xml")
    web.site.pages["/feeds.opml"] = (
        f'<?xml version="1.0"?><opml version="2.0"><body><outline text="All"><outline xmlUrl="{web.site.origin}/feed0.xml"/>'
        '<outline xmlUrl="/feed1.xml"/></outline></body></opml>'
    )
    assert web.sync("/feeds.opml").added == 2


def test_robots_patterns_and_limits_are_kept_to(web: Collection):
    web.site.pages["/robots.txt"] = "User-agent: *\nDisallow: /a/0\n"
    for n in range(5):
        web.site.article(n)
    web.site.feed(range(5))
    report = web.sync("/feed.xml", exclude=("*/a/1",), most=2)
    assert report.added == 1
    assert sorted(reasons(report))[0].startswith("2 more pages")
    assert any("robots.txt" in reason for reason in reasons(report))
    web.sync("/feed.xml", exclude=("*/a/1",), most=2)
    assert set(web.articles()) == {"/a/2", "/a/3", "/a/4"}, "the rest follows"


def test_one_page_can_be_named_and_followed(web: Collection):
    web.site.article(0)
    assert counts(web.sync("/a/0")) == (1, 0, 0, 0)
    web.site.requests()
    assert counts(web.sync("/a/0")) == (0, 0, 1, 0)
    assert web.site.requests() == [("/a/0", True)]
    web.site.article(
        0, more="The tower was painted red and white on the fifth day of the spring tide by two men."
    )
    assert counts(web.sync("/a/0")) == (0, 1, 0, 0)
    web.site.pages["/a/0"] = 404
    assert counts(web.sync("/a/0")) == (0, 0, 0, 1)
    assert web.articles() == {}


def test_pages_nobody_looked_at_for_long_are_asked_again(web: Collection, monkeypatch: pytest.MonkeyPatch):
    web.site.article(0)
    web.site.feed([0])
    web.sync("/feed.xml")
    web.site.requests()
    web.sync("/feed.xml", recheck_days=1e-9)
    assert web.site.requests() == [("/a/0", True), ("/feed.xml", True)]
    web.site.pages["/a/0"] = 404
    assert web.sync("/feed.xml", recheck_days=1e-9).removed == 1


def test_a_redirect_to_the_front_page_is_no_article(web: Collection):
    web.site.article(0)
    web.site.article(1, path="/")
    web.site.pages["/a/1"] = "~> /"
    web.site.feed([0, 1])
    report = web.sync("/feed.xml")
    assert (report.added, reasons(report)) == (1, ["it leads to the site's front page"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<rss", "this is no feed"),
        (b"<html><body>not found</body></html>", "this is no feed"),
        (b"", "this is no feed"),
        (b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><rss><channel>&b;</channel></rss>', "entities"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&x;</title></channel></rss>', "entities"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_told(web: Collection, body: bytes, said: str):
    web.site.article(0)
    web.site.feed([0])
    web.sync("/feed.xml")
    web.site.pages["/feed.xml"] = body
    report = web.sync("/feed.xml", kind="feed")
    assert said in reasons(report)[0]
    assert set(web.articles()) == {"/a/0"}


@pytest.mark.parametrize(
    "address", ["ftp://example.org/a", "javascript:alert(1)", "http://", "no address", "//example.org"]
)
def test_what_is_no_web_address_is_refused(address: str):
    with Fetcher() as fetcher, pytest.raises(InputError, match="is no web address"):
        WebSource(address, fetcher)


def test_private_addresses_are_told_not_fetched(web: Collection):
    web.site.article(0)
    web.site.pages["/feed.xml"] = (
        '<rss version="2.0"><channel><title>x</title><item><link>http://169.254.169.254/latest/meta-data</link></item>'
        f"<item><link>{web.site.origin}/a/0</link></item><item><link>file:///etc/passwd</link></item>"
        "<item><link>http://10.0.0.1/admin</link></item></channel></rss>"
    )
    report = web.sync("/feed.xml")
    assert report.added == 1
    assert len(report.skipped) == 2
    assert all("169.254" in one.name or "10.0.0.1" in one.name for one in report.skipped)


def died_after_fetching(web: Collection, articles: int) -> None:
    """A feed of so many articles, and a build of it that fetched them and died before it stored them."""
    for n in range(articles):
        web.site.article(n)
    web.site.feed(range(articles))
    web.embedder = WordEmbedder(fail_after=0)
    with pytest.raises(Interrupted):
        web.sync("/feed.xml")
    web.embedder = WordEmbedder()


def test_a_build_that_died_after_fetching_does_not_fetch_again(web: Collection):
    died_after_fetching(web, 4)
    assert len(web.site.requests()) == 5
    assert counts(web.sync("/feed.xml")) == (4, 0, 0, 0)
    assert web.site.requests() == [("/feed.xml", False)], "pages were not fetched twice"
    assert counts(web.sync("/feed.xml")) == (0, 0, 4, 0)
    with Library.open(web.folder, embedder=web.embedder) as library:
        assert library.manifest.articles == 4


def test_a_deleted_or_damaged_ledger_costs_a_reading_and_no_article(web: Collection):
    for n in range(2):
        web.site.article(n)
    web.site.feed([0, 1])
    web.sync("/feed.xml")
    ledger.discard(web.folder)
    assert counts(web.sync("/feed.xml")) == (0, 0, 2, 0)
    (web.folder / LEDGER_FILE).write_bytes(b"no database at all" * 300)
    assert counts(web.sync("/feed.xml")) == (0, 0, 2, 0)


def test_a_rebuild_takes_pages_from_the_index_not_from_the_web(web: Collection):
    from index.build import build_index

    for n in range(2):
        web.site.article(n)
    web.site.feed([0, 1])
    web.sync("/feed.xml")
    web.site.requests()
    report = build_index(web.folder, [web.source("/feed.xml")], embedder=web.embedder, rebuild=True)
    assert (report.unchanged, report.manifest.articles) == (2, 2)
    assert web.site.requests() == [("/feed.xml", True)]


def test_every_run_is_kept_with_what_it_did_source_by_source(web: Collection, tmp_path: Path):
    web.site.article(0)
    web.site.pages["/a/1"] = 403
    web.site.feed([0, 1])
    web.sync("/feed.xml")
    web.sync("/feed.xml")
    second, first = runs(web.folder)
    assert (first.report["added"], second.report["unchanged"]) == (1, 1)
    (source,) = first.report["sources"]
    assert source["key"] == web.site.origin + "/feed.xml"
    assert [one["name"] for one in source["why_skipped"]] == [web.site.origin + "/a/1"]


def test_reading_without_an_index_gives_the_same_articles(web: Collection):
    web.site.article(0)
    web.site.feed([0])
    (article,) = web.source("/feed.xml").read()
    assert article.title == "Light 0 in the storm"  # type: ignore[union-attr]


def test_an_alias_and_its_page_are_asked_once_when_both_are_due(web: Collection):
    canonical = f'<link rel="canonical" href="{web.site.origin}/c/1">'
    for path in ("/a/1", "/c/1"):
        web.site.article(1, path=path, head=canonical)
    web.site.pages["/sitemap.xml"] = (
        f"<urlset><url><loc>{web.site.origin}/a/1</loc><lastmod>2026-10-01</lastmod></url></urlset>"
    )
    assert web.sync("/sitemap.xml").added == 1
    for path in ("/a/1", "/c/1"):
        web.site.article(
            1, path=path, head=canonical, more="A sentence about the new keeper of the light was added."
        )
    web.site.pages["/sitemap.xml"] = str(web.site.pages["/sitemap.xml"]).replace("2026-10-01", "2026-10-02")
    report = web.sync("/sitemap.xml", recheck_days=1e-9)
    assert (counts(report), report.skipped) == ((0, 1, 0, 0), ())
    assert "new keeper" in web.articles()["/c/1"].text


@pytest.mark.parametrize("trouble", [503, 403, "<html><body></body></html>"])
def test_a_changed_page_that_fails_for_now_is_read_an_hour_later(
    web: Collection, monkeypatch: pytest.MonkeyPatch, trouble: int | str
):
    web.site.article(0)
    web.site.feed([0])
    web.sync("/feed.xml")
    web.site.pages["/a/0"] = trouble
    web.site.feed([0], note="!")
    report = web.sync("/feed.xml")
    assert (counts(report), len(report.skipped)) == ((0, 0, 1, 0), 1)
    web.site.article(0, more="The council of the town named a new keeper for the light in spring.")
    assert web.sync("/feed.xml").updated == 0
    monkeypatch.setattr(web_source, "_AGAIN_AFTER", 0.0)
    assert web.sync("/feed.xml").updated == 1
    web.site.requests()
    monkeypatch.setattr(web_source, "_AGAIN_AFTER", 3600.0)
    web.sync("/feed.xml")
    assert web.site.requests() == [("/feed.xml", True)], "and then it is as any other"


def test_articles_behind_a_notice_stay_as_they_are(web: Collection):
    for n in range(3):
        web.site.article(n)
    web.site.sitemap(dict.fromkeys(range(3), "2026-10-01"))
    web.sync("/sitemap.xml")
    web.site.article(77, path="/maintenance")
    for n in range(3):
        web.site.pages[f"/a/{n}"] = "~> /maintenance"
    web.site.sitemap(dict.fromkeys(range(3), "2026-10-02"))
    report = web.sync("/sitemap.xml")
    assert counts(report) == (0, 0, 3, 0)
    assert all("for now it leads to" in reason for reason in reasons(report))
    assert set(web.articles()) == {"/a/0", "/a/1", "/a/2"}


def test_one_text_on_every_page_does_not_overwrite_every_article(web: Collection):
    for n in range(4):
        web.site.article(n)
    web.site.sitemap(dict.fromkeys(range(4), "2026-10-01"))
    web.sync("/sitemap.xml")
    for n in range(4):
        web.site.article(50, path=f"/a/{n}")
    web.site.sitemap(dict.fromkeys(range(4), "2026-10-02"))
    report = web.sync("/sitemap.xml")
    assert counts(report) == (0, 1, 3, 0)
    assert all("the same text as" in reason for reason in reasons(report))


def test_two_stored_pages_of_which_one_moves_to_the_other_become_one(web: Collection):
    for n in range(2):
        web.site.article(n)
    web.site.sitemap(dict.fromkeys(range(2), "2026-10-01"))
    web.sync("/sitemap.xml")
    stays = web.articles()["/a/1"].id
    web.site.pages["/a/0"] = "-> /a/1"
    web.site.sitemap(dict.fromkeys(range(2), "2026-10-02"))
    report = web.sync("/sitemap.xml")
    assert (report.removed, report.manifest.articles) == (1, 1)
    assert [one.id for one in web.articles().values()] == [stays]
    assert "now at" in report.sources[0].gone[0].reason
    assert counts(web.sync("/sitemap.xml")) == (0, 0, 1, 0)


def test_one_wrong_canonical_address_on_every_page_swallows_nothing(web: Collection):
    head = f'<link rel="canonical" href="{web.site.origin}/news">'
    web.site.article(60, path="/news")
    for n in range(4):
        web.site.article(n, head=head)
    web.site.feed(range(4))
    assert web.sync("/feed.xml").added == 4
    assert set(web.articles()) == {f"/a/{n}" for n in range(4)}


def test_a_page_cannot_put_its_text_in_another_pages_place(web: Collection):
    web.site.article(0)
    web.site.feed([0])
    web.sync("/feed.xml")
    before = web.articles()["/a/0"]
    web.site.article(66, path="/evil", head=f'<link rel="canonical" href="{web.site.origin}/a/0">')
    web.site.feed([0, "/evil"])
    web.sync("/feed.xml")
    after = web.articles()
    assert (after["/a/0"].text, after["/a/0"].id) == (before.text, before.id)
    assert set(after) == {"/a/0", "/evil"}


def test_a_feed_cannot_speak_for_another_site(web: Collection):
    other = web.site.origin.replace("127.0.0.1", "localhost")
    web.site.pages["/feed.xml"] = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>x</title>'
        f"<item><title>Fake</title><link>{other}/news/fake</link><content:encoded><![CDATA[{text(0)}]]></content:encoded></item></channel></rss>"
    )
    assert web.sync("/feed.xml").added == 0


def test_a_page_changed_twice_in_a_day_is_read_twice(web: Collection):
    from datetime import UTC, datetime

    today = datetime.now(UTC).date().isoformat()
    for n in range(2):
        web.site.article(n)
    web.site.sitemap({0: today})
    web.sync("/sitemap.xml")
    web.site.article(0, more="In the evening the council named a new keeper for the light.")
    web.site.sitemap({0: today, 1: today})
    assert counts(web.sync("/sitemap.xml"))[:2] == (1, 1)


def test_pages_that_fail_do_not_keep_the_others_waiting(web: Collection):
    for n in range(5):
        web.site.article(n)
    for n in range(2):
        web.site.pages[f"/a/{n}"] = 503
    web.site.feed(range(5))
    web.sync("/feed.xml", most=2)
    assert web.sync("/feed.xml", most=2).added == 2
    assert web.sync("/feed.xml", most=2).added == 1


@pytest.mark.parametrize("line", ["https://gone.invalid/sitemap.xml", "/nothing.xml", "/real.xml"])
def test_a_site_whose_robots_name_an_old_sitemap_is_read_all_the_same(web: Collection, line: str):
    web.site.article(0)
    web.site.article(1)
    web.site.pages["/"] = "<html><body>News</body></html>"
    web.site.pages["/robots.txt"] = f"Sitemap: {line}\n"
    web.site.sitemap({0: "", 1: ""}, path="/real.xml" if line == "/real.xml" else "/sitemap.xml")
    assert web.sync("/").added == 2


def test_a_page_without_text_says_so_each_time_it_is_asked_for(web: Collection):
    web.site.pages["/empty"] = "<html><body></body></html>"
    first, second = web.sync("/empty"), web.sync("/empty")
    assert reasons(first) == reasons(second) == ["no main text found in this page"]


def test_a_killed_build_whose_feed_went_on_keeps_what_it_had_fetched(web: Collection):
    died_after_fetching(web, 2)
    web.site.feed([1])
    web.sync("/feed.xml")
    assert set(web.articles()) == {"/a/0", "/a/1"}


def test_a_new_name_and_topic_reach_the_articles_that_are_there(web: Collection):
    from index.build import build_index

    web.site.article(0)
    web.site.feed([0])

    def sync(**given: str) -> None:
        source = web.source("/feed.xml", **given)
        build_index(
            web.folder,
            [source],
            embedder=web.embedder,
            remember={source.key: {"address": source.key, **given}},
        )

    sync(name="Harbour")
    sync(name="Harbour")
    assert web.articles()["/a/0"].source == "Harbour"
    sync(name="Coast", topic="storms")
    assert (web.articles()["/a/0"].source, web.articles()["/a/0"].topic) == ("Coast", "storms")
