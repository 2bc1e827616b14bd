"""What a person gets of a PDF, a book, a document, mail and a web archive: the words, in order, with their pages."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from index.decode import NotAnArticleError
from index.errors import InputError
from index.formats.article import article_of
from index.formats.documents import ReaderSource
from index.formats.kinds import EXTENSIONS, kind_of
from index.formats.pieces import articles_in
from index.readers import FolderSource
from index.schema import Article, Skipped
from tests.index import made
from tests.index.made import STORY, column, pdf, sentences, text_at, together, wrapped
from tests.index.words import WordEmbedder


def read(path: Path) -> tuple[list[Article], list[Skipped]]:
    items = list(FolderSource(path).read())
    return [i for i in items if isinstance(i, Article)], [i for i in items if isinstance(i, Skipped)]


def only(tmp_path: Path, name: str, data: bytes) -> Article:
    """The one article of a file that has nothing to complain about."""
    (tmp_path / name).write_bytes(data)
    articles, skipped = read(tmp_path / name)
    assert not skipped
    assert len(articles) == 1
    return articles[0]


def refused(tmp_path: Path, name: str, data: bytes) -> str:
    """Why nothing of a file is read."""
    (tmp_path / name).write_bytes(data)
    articles, skipped = read(tmp_path / name)
    assert not articles
    assert len(skipped) == 1
    return skipped[0].reason


# --- PDF --------------------------------------------------------------------------------------------


def test_a_pdf_gives_its_words_its_pages_and_what_it_says_of_itself(tmp_path: Path) -> None:
    data, said = made.report(12)
    article = only(tmp_path, "report.pdf", data)
    assert (article.title, article.authors) == ("River report", ("Ada Writer",))
    assert " ".join(article.text.split()) == " ".join(" ".join(page) for page in said)
    assert len(article.pages) == 12
    for number, page in enumerate(said, start=1):
        for sentence in page:
            offset = (
                article.text.replace("\n\n", "  ")
                .replace("\n", " ")
                .replace("  ", " \n")
                .find(sentence[-12:])
            )
            assert article.page_of(offset) == number, sentence


def test_running_lines_and_page_numbers_are_no_text(tmp_path: Path) -> None:
    roman = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii"]
    pages = [
        together(
            text_at(60, 815, "The river authority" if number % 2 else "Annual report 2024", 8),
            column(wrapped(" ".join(sentences(number, 20)), 90)),
            text_at(290, 30, f"– {roman[number]} –", 8),
        )
        for number in range(8)
    ]
    text = only(tmp_path, "report.pdf", pdf(pages, title="Report")).text
    assert "authority" not in text
    assert "Annual report" not in text
    assert " ".join(text.split()) == " ".join(s for number in range(8) for s in sentences(number, 20))


@pytest.mark.parametrize("drawn", ["column by column", "line by line"])
def test_two_columns_are_read_one_after_the_other(tmp_path: Path, drawn: str) -> None:
    said = sentences(3, 60)
    lines = wrapped(" ".join(said), 44)
    half = len(lines) // 2
    left, right = lines[:half], lines[half:]
    if drawn == "column by column":
        body = together(column(left, 60, 700), column(right, 320, 700))
    else:
        rows = [
            (column([line], x, 700 - 12 * row))
            for row in range(max(len(left), len(right)))
            for side, x in ((left, 60), (right, 320))
            for line in side[row : row + 1]
        ]
        body = together(*rows)
    title = text_at(60, 760, "A title over both of the columns of this page", 20)
    article = only(tmp_path, "two.pdf", pdf([together(title, body)], title="untitled"))
    assert article.title == "A title over both of the columns of this page"
    assert " ".join(article.text.split()) == " ".join(said)


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    rows = [
        ("Year", "Height", "Town"),
        ("1914", "82 cm", "Alten"),
        ("1926", "91 cm", "Born"),
        ("1995", "70 cm", "Cleve"),
    ]
    drawn = [
        text_at(60 + 150 * place, 600 - 14 * number, cell)
        for number, row in enumerate(rows)
        for place, cell in enumerate(row)
    ]
    article = only(tmp_path, "table.pdf", pdf([together(column(wrapped(STORY, 90)), *drawn)], title="Levels"))
    flat = " ".join(article.text.split())
    assert "1914 82 cm Alten 1926 91 cm Born" in flat


def test_words_cut_at_a_line_s_end_are_whole_again(tmp_path: Path) -> None:
    lines = [
        "The inter-",
        "national commission met in the well-",
        "known town hall of the Franco-",
        "German border, and its well-known members came to an agree-",
        "ment that nobody had ex-",
    ]
    more = ["pected of the international commission before."]
    article = only(tmp_path, "cut.pdf", pdf([column(lines), column(more)], title="Borders"))
    assert article.text == (
        "The international commission met in the well-known town hall of the Franco-German border, and its well-known "
        "members came to an agreement that nobody had expected of the international commission before."
    )
    assert article.page_of(article.text.find("pected")) == 2


def test_ligatures_and_right_to_left_text(tmp_path: Path) -> None:
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont("made", str(font)))
    hebrew = "הנהר עלה בשני מטרים בלילה"
    drawn = together(
        text_at(60, 700, "The o\ufb03ce \ufb01nds the \ufb02ood e\ufb00ective.", 12, "made"),
        text_at(60, 600, hebrew[::-1], 12, "made"),
    )
    text = only(tmp_path, "signs.pdf", pdf([drawn], title="Signs")).text
    assert "The office finds the flood effective." in text
    assert hebrew in text


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_lies_on_its_side_is_read_and_a_stamp_in_the_margin_is_not(
    tmp_path: Path, turn: int
) -> None:
    said = sentences(5, 25)

    def draw(canvas) -> None:
        canvas.saveState()
        canvas.translate(297, 421)
        canvas.rotate(turn)
        column(wrapped(" ".join(said), 70), -200, 200)(canvas)
        canvas.restoreState()
        canvas.saveState()
        canvas.rotate(turn + 90)
        canvas.drawString(100, 100, "STAMP 17")
        canvas.rotate(45)
        canvas.drawString(100, 100, "DRAFT")
        canvas.restoreState()

    article = only(tmp_path, "side.pdf", pdf([draw], title="On its side"))
    assert " ".join(article.text.split()) == " ".join(said)


def test_scanned_pages_are_named_and_the_others_read(tmp_path: Path) -> None:
    text = [column(wrapped(" ".join(sentences(number, 12)), 90)) for number in range(4)]
    pages = [text[0], text[1], made.picture, made.picture, made.picture, text[2], made.picture, text[3]]
    (tmp_path / "report.pdf").write_bytes(pdf(pages, title="Report"))
    (article,), skipped = read(tmp_path / "report.pdf")
    assert [(s.name.rsplit("/", 1)[-1], s.reason) for s in skipped] == [
        ("report.pdf: pages 3 to 5", "are pictures without text"),
        ("report.pdf: page 7", "is a picture without text"),
    ]
    assert len(article.pages) == 8
    assert article.page_of(article.text.find(sentences(2, 12)[0])) == 6
    assert article.page_of(article.text.find(sentences(3, 12)[0])) == 8


def test_a_scanned_document_is_named_whole(tmp_path: Path) -> None:
    assert refused(tmp_path, "scan.pdf", pdf([made.picture] * 3)) == "pages 1 to 3 are pictures without text"


def test_a_locked_pdf_is_named(tmp_path: Path) -> None:
    data = pdf([column([STORY])], password="secret")
    assert "encrypted" in refused(tmp_path, "locked.pdf", data)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Microsoft Word - report_final.docx", "Report 7"),
        ("untitled", "Report 7"),
        ("scan0001.pdf", "Report 7"),
        ("", "Report 7"),
        ("The water of the town", "The water of the town"),
    ],
)
def test_a_title_that_is_only_a_file_s_name_is_not_taken(tmp_path: Path, title: str, shown: str) -> None:
    data = pdf([column(wrapped(" ".join(sentences(2, 12)), 90))], title=title, author="admin")
    article = only(tmp_path, "report_7.pdf", data)
    assert (article.title, article.authors) == (shown, ())


def test_a_pdf_by_another_name_is_read_as_what_it_is(tmp_path: Path) -> None:
    article = only(tmp_path, "report.txt", made.report(1)[0])
    assert article.title == "River report"
    assert article.pages == (0,)


def test_two_hundred_pages(tmp_path: Path) -> None:
    data, said = made.report(200)
    article = only(tmp_path, "long.pdf", data)
    assert len(article.pages) == 200
    assert list(article.pages) == sorted(article.pages)
    for number in (1, 57, 200):
        assert article.page_of(article.text.find(said[number - 1][3])) == number


def test_pages_stay_right_where_promotion_is_taken_out(tmp_path: Path) -> None:
    pages = [
        column(
            [
                *wrapped(" ".join(sentences(number, 10)), 90),
                "",
                "",
                "Sign up for our free daily newsletter here",
            ]
        )
        for number in range(5)
    ]
    article = only(tmp_path, "promo.pdf", pdf(pages, title="Promoted"))
    assert "newsletter" not in article.text
    for number in range(5):
        assert article.page_of(article.text.find(sentences(number, 10)[0])) == number + 1
        assert article.page_of(article.text.find(sentences(number, 10)[9])) == number + 1


# --- EPUB, DOCX -------------------------------------------------------------------------------------


def test_each_chapter_of_a_book_is_an_article(tmp_path: Path) -> None:
    (tmp_path / "flood.epub").write_bytes(made.zipped(made.epub_parts()))
    articles, skipped = read(tmp_path)
    assert [article.title for article in articles] == ["The Flood: Day 1", "The Flood: Day 2"]
    assert [article.external_id for article in articles] == [
        "flood.epub#OEBPS/c 0.xhtml",
        "flood.epub#OEBPS/c 1.xhtml",
    ]
    assert articles[0].text == f"{STORY} {STORY}"
    assert {(a.authors, a.published, a.language) for a in articles} == {
        (("Ada Writer",), date(2001, 2, 3), "en")
    }
    assert [s.reason for s in skipped] == [
        "1 part of this book with hardly a word (cover, half-title, pictures) left out"
    ]


def test_no_word_of_a_chapter_is_left_out_but_note_marks(tmp_path: Path) -> None:
    body = (
        f"<p>“No,” she said.</p><p>He left.</p><p>{STORY}<sup><a href='#n1'>1</a></sup></p>"
        "<ul><li>one</li><li>two<ol start='3'><li>three</li></ol></li></ul><p>a<br/>b</p><blockquote>Verse</blockquote>"
        f"<table><tr><th>Year</th><th>Height</th></tr><tr><td>1914</td><td>82 cm</td></tr></table><pre>x  =  1</pre>{STORY}"
    )
    (tmp_path / "b.epub").write_bytes(made.zipped(made.epub_parts([body])))
    (article,), _ = read(tmp_path)
    assert article.text == (
        f"“No,” she said.\n\nHe left.\n\n{STORY}\n\none\ntwo\n3. three\n\na\nb\n\nVerse\n\nYear: 1914; Height: 82 cm\n\nx = 1"
        f"\n\n{STORY}"
    )


def test_a_document_keeps_headings_lists_and_tables(tmp_path: Path) -> None:
    article = only(tmp_path, "plan.docx", made.zipped(made.docx_parts()))
    assert (article.title, article.authors) == ("River plan", ("Ada Writer",))
    assert (article.published, article.modified) == (date(2024, 3, 1), date(2024, 3, 9))
    assert article.text == (
        f"The flood\n\n{STORY}\n\n1. Open the school\n2. Close the bridge\n\nYear: 1914; Height: 82 cm"
    )


def test_a_document_s_first_heading_is_its_title_for_want_of_another(tmp_path: Path) -> None:
    article = only(tmp_path, "x1.docx", made.zipped(made.docx_parts(title="Document1.docx")))
    assert article.title == "The flood"
    assert article.text.startswith("The river rose")


def test_an_old_document_by_the_new_name_is_named(tmp_path: Path) -> None:
    reason = refused(tmp_path, "old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert ".doc" in reason
    assert "save it as .docx" in reason


# --- mail, web archives, JSON -----------------------------------------------------------------------


def test_a_newsletter_is_an_article(tmp_path: Path) -> None:
    page = f"<html><body><h1>The river</h1><p>{STORY}</p><p>The next letter comes on Thursday evening.</p></body></html>"
    (tmp_path / "letter.eml").write_bytes(made.mail(html=page))
    (article,), skipped = read(tmp_path)
    assert (article.title, article.authors) == ("Der Fluß steigt", ("Jürgen Müller",))
    assert (article.published, article.external_id) == (date(2026, 2, 3), "abc@example.org")
    assert STORY in article.text
    assert "The next letter comes on Thursday evening." in article.text
    assert [s.reason for s in skipped] == [
        "its attachment 'levels.pdf' is not read (save it beside the message)"
    ]


def test_a_plain_message_loses_its_signature(tmp_path: Path) -> None:
    (tmp_path / "plain.eml").write_bytes(made.mail())
    (article,), _ = read(tmp_path)
    assert article.text == f"{STORY}\n\nMore on Thursday."


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-15", "windows-1251", "shift_jis", "no-such-set"])
def test_a_message_in_its_character_set(tmp_path: Path, charset: str) -> None:
    text = {
        "windows-1251": "Река поднялась на два метра за ночь.",
        "shift_jis": "川の水位は一晩で二メートル上昇した。",
    }.get(charset, "Die Brücke über die Straße ist für 20 Tage gesperrt.")
    body = text.encode("utf-8" if charset == "no-such-set" else charset)
    (tmp_path / "m.eml").write_bytes(
        f"Subject: A bridge\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n".encode()
        + body
    )
    (article,), _ = read(tmp_path)
    assert article.text == text


def test_a_mailbox_is_an_article_a_message(tmp_path: Path) -> None:
    box = made.mbox(
        made.mail(identifier="a@x", Subject="First"),
        made.mail(
            "\nFrom here the water rose.\n\n".replace("From", ">From") + STORY,
            identifier="b@x",
            Subject="Second",
        ),
        made.mail(identifier="a@x", Subject="First again"),
    )
    (tmp_path / "box.mbox").write_bytes(box)
    articles, skipped = read(tmp_path)
    assert [article.title for article in articles] == ["First", "Second"]
    assert "\nFrom here" in f"\n{articles[1].text}"
    assert any("already used by" in s.reason and "message 1" in s.reason for s in skipped)


@pytest.mark.parametrize("packed", [False, True])
def test_a_web_archive_gives_its_pages_under_their_addresses(tmp_path: Path, packed: bool) -> None:
    ok, html = "200 OK", "text/html; charset=utf-8"
    data = made.warc(
        ("https://example.org/one", ok, html, made.page(1)),
        ("https://example.org/gone", "404 Not Found", html, made.page(9)),
        ("https://example.org/one", ok, html, made.page(8)),
        ("https://example.org/two.pdf", ok, "application/pdf", made.report(3)[0]),
        ("https://example.org/x.png", ok, "image/png", b"\x89PNG"),
        ("https://example.org/menu", ok, html, b"<html><body><nav>Home</nav></body></html>"),
        packed=packed,
    )
    name = "web.warc.gz" if packed else "web.warc"
    (tmp_path / name).write_bytes(data)
    (one, two), skipped = read(tmp_path)
    assert (one.title, one.url, one.site) == ("Page 1", "https://example.org/one", "example.org")
    assert one.fetched_at == "2026-01-02T03:04:05Z"
    assert "Home" not in one.text
    assert two.address_at(two.pages[2]) == "https://example.org/two.pdf#page=3"
    assert sorted(s.reason for s in skipped) == [
        "1 record of an address that was read already",
        "2 records that are no page or PDF answered with 200",
        "no main text found in this page",
    ]


def test_json_as_one_array(tmp_path: Path) -> None:
    rows = [{"id": "a", "title": "Flood", "text": STORY}, {"id": "b"}, 7]
    for content in (rows, {"articles": rows}):
        (tmp_path / "rows.json").write_text(json.dumps(content))
        (article,), skipped = read(tmp_path)
        assert (article.external_id, article.title, article.text) == ("a", "Flood", STORY)
        assert {s.name.rsplit("/", 1)[-1] for s in skipped} == {"rows.json: entry 2", "rows.json: entry 3"}


# --- bytes from elsewhere ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "head", "mime", "kind"),
    [
        ("a.pdf", b"", "", "pdf"),
        ("https://example.org/a", b"", "application/pdf; qs=1", "pdf"),
        ("a.txt", b"%PDF-1.4", "text/plain", "pdf"),
        ("a.pdf", b"<!DOCTYPE html>", "application/pdf", "html"),
        ("a", b"PK\x03\x04", "", "zip"),
        ("A.WARC.GZ", b"", "", "warc"),
        ("a.gz", b"", "", ""),
        ("a.bin", b"WARC/1.1\r\n", "", "warc"),
        ("mail", b"", "message/rfc822", "mail"),
        ("a.eml", b"Subject: x\n\n%PDF-1.4", "", "mail"),
        ("a.exe", b"MZ", "application/octet-stream", ""),
    ],
)
def test_what_kind_something_is(name: str, head: bytes, mime: str, kind: str) -> None:
    assert kind_of(name, head, mime) == kind


def test_bytes_fetched_from_the_web_become_articles() -> None:
    data, _ = made.report(2)
    (piece,) = articles_in(data, mime="application/pdf", name="https://example.org/report")
    assert not isinstance(piece, Skipped)
    article = article_of(piece, key="web", label="example.org", name="https://example.org/report")
    assert (article.title, len(article.pages), article.source) == ("River report", 2, "example.org")
    (skipped,) = articles_in(b"\x89PNG\r\n\x1a\n", name="https://example.org/x")
    assert isinstance(skipped, Skipped)
    assert "PNG image" in skipped.reason


def test_a_folder_of_everything(tmp_path: Path) -> None:
    for ending in EXTENSIONS:
        (tmp_path / f"empty{ending}").touch()
    articles, skipped = read(tmp_path)
    assert not articles
    assert {s.name.rsplit("/empty", 1)[-1] for s in skipped} == EXTENSIONS
    assert all(s.reason for s in skipped)


def test_a_date_later_than_tomorrow_is_not_taken(tmp_path: Path) -> None:
    rows = [
        {"id": name, "text": STORY, "published": day.isoformat()}
        for name, day in (("far", date(2999, 1, 1)), ("near", date.today() + timedelta(days=1)))
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "late.epub").write_bytes(made.zipped(made.epub_parts(date="2999-01-01")))
    articles, _ = read(tmp_path)
    found = {article.external_id: article.published for article in articles}
    assert found["far"] is None
    assert found["near"] == date.today() + timedelta(days=1)
    assert found["late.epub#OEBPS/c 0.xhtml"] is None


# --- files built to harm ----------------------------------------------------------------------------


def laughs(element: str) -> str:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]>{element}'


def test_an_archive_that_swells_is_not_unpacked(tmp_path: Path) -> None:
    bomb = b" " * 40_000_000
    for name, parts, part in (
        ("a.docx", made.docx_parts(), "word/document.xml"),
        ("b.epub", made.epub_parts(), "OEBPS/c 0.xhtml"),
        ("c.txt", made.epub_parts(), "OEBPS/c 0.xhtml"),
    ):
        reason = refused(tmp_path, name, made.zipped(parts | {part: bomb}))
        assert "built to swell" in reason
    many = made.zipped({f"{number}": "" for number in range(10_050)} | made.docx_parts())
    assert "more than 10,000 parts" in refused(tmp_path, "d.docx", many)


def test_entities_in_xml_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret words")
    outside = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
    parts = made.docx_parts()
    for number, start in enumerate((outside, laughs(""))):
        body = f"{start}<w:document {made.W}><w:body>{made.paragraph('&e;&a9;')}</w:body></w:document>"
        reason = refused(tmp_path, f"{number}.docx", made.zipped(parts | {"word/document.xml": body}))
        assert "entities" in reason
    book = made.epub_parts()
    package = str(book["OEBPS/book.opf"])
    for number, start in enumerate((outside, laughs(""))):
        data = made.zipped(book | {"OEBPS/book.opf": start + package.replace("The Flood", "&e;&a9;")})
        assert "entities" in refused(tmp_path, f"{number}.epub", data)
    chapter = f"{outside}<html><body><p>&e; {STORY} {STORY}</p></body></html>"
    (tmp_path / "c.epub").write_bytes(made.zipped(book | {"OEBPS/c 0.xhtml": chapter}))
    assert all("secret" not in article.text for article in read(tmp_path / "c.epub")[0])


def test_a_locked_book_is_named(tmp_path: Path) -> None:
    lock = '<encryption><CipherData><CipherReference URI="OEBPS/c%200.xhtml"/></CipherData></encryption>'
    assert "DRM" in refused(
        tmp_path, "b.epub", made.zipped(made.epub_parts() | {"META-INF/encryption.xml": lock})
    )


def test_a_book_whose_chapters_are_missing_names_them(tmp_path: Path) -> None:
    parts = made.epub_parts()
    del parts["OEBPS/c 1.xhtml"]
    (tmp_path / "b.epub").write_bytes(made.zipped(parts))
    articles, skipped = read(tmp_path)
    assert [article.title for article in articles] == ["The Flood: Day 1"]
    assert any(s.name.endswith("b.epub: OEBPS/c 1.xhtml") and "missing" in s.reason for s in skipped)


def hand_made(*objects: str) -> bytes:
    """A PDF of these objects, the first the catalog, without a cross-reference table."""
    body = "".join(f"{n} 0 obj {o} endobj\n" for n, o in enumerate(objects, start=1))
    return f"%PDF-1.4\n{body}trailer << /Root 1 0 R >>\n%%EOF".encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cut", made.report(3)[0][:900]),
        ("head", b"%PDF-1.7\n"),
        ("noise", b"%PDF-1.7\n" + bytes(range(256)) * 40),
        ("own child", hand_made("<< /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] /Count 9 >>")),
        ("no end", hand_made("<< /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>",
                             "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 2 0 R] /Count 1000000000 >>")),
        ("deep", hand_made("<< /Pages 2 0 R >>", "[" * 100_000)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
@pytest.mark.timeout(120)
def test_a_broken_pdf_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    assert refused(tmp_path, f"{name}.pdf", data)


@pytest.mark.parametrize("depth", [50, 1_000, 20_000])
def test_mail_within_mail_within_mail(tmp_path: Path, depth: int) -> None:
    inner = b"Subject: in\n\nwords"
    for number in range(depth):
        inner = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number) + inner
        if len(inner) > 2_000_000:
            break
    (tmp_path / "deep.eml").write_bytes(b"Subject: out\n" + inner)
    rfc = b"Content-Type: message/rfc822\n\n" * depth + b"Subject: in\n\nwords"
    (tmp_path / "other.eml").write_bytes(b"Subject: out\n" + rfc)
    articles, skipped = read(tmp_path)
    assert len({a.external_id for a in articles} | {s.name for s in skipped}) == 2


def test_a_reader_that_hangs_or_eats_memory_is_ended_and_the_next_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.decode import NotAnArticleError
    from index.formats import children

    with pytest.raises(NotAnArticleError, match="takes longer than 0 seconds"):
        list(children.parsed_apart("pdf", made.report(200)[0], max_bytes=10**8, seconds=0.05))
    hang = "import time\nfor line in open(0): time.sleep(600)"
    for program, reason in (
        ("import os\nfor line in open(0): os.abort()", "crashed the reader"),
        ("for line in open(0): print('x' * 2000, flush=True)", "more text"),
        (hang, "takes longer than 1 seconds"),
    ):
        monkeypatch.setattr(children, "_START", program)
        monkeypatch.setattr(children, "MAX_ANSWER", 1_000)
        children.end_all()
        with pytest.raises(NotAnArticleError, match=reason):
            list(children.parsed_apart("pdf", b"%PDF-", max_bytes=10, seconds=1 if program is hang else 30))
    monkeypatch.undo()
    children.end_all()
    assert only(tmp_path, "good.pdf", made.report(1)[0]).title == "River report"


@pytest.mark.skipif(os.name != "posix", reason="needs limits of memory")
def test_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from index.formats import children

    greedy = "import index.formats.child as child\nchild.MEMORY = 500_000_000\nchild.parsed = lambda *_: bytearray(10**9)\nmain()"
    monkeypatch.setattr(children, "_START", children._START.replace("main()", greedy))
    children.end_all()
    with pytest.raises(NotAnArticleError, match="takes more memory than one file may"):
        list(children.parsed_apart("docx", b"PK", max_bytes=10**8))
    children.end_all()


# --- what is stored, and what was stored before -----------------------------------------------------


def test_pages_are_stored_and_an_index_without_them_is_read_on(tmp_path: Path) -> None:
    from index.build import build_index
    from index.catalog import CATALOG_FILE, Catalog

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "report.pdf").write_bytes(made.report(3)[0])
    where = tmp_path / "index"
    build_index(where, [FolderSource(tmp_path / "in")], embedder=WordEmbedder())
    with sqlite3.connect(where / CATALOG_FILE) as db:
        (stored,) = db.execute("SELECT pages FROM articles").fetchone()
        assert len(json.loads(stored)) == 3
        db.execute("ALTER TABLE articles DROP COLUMN pages")  # as before there were pages
    db.close()
    catalog = Catalog.open(where)
    assert catalog is not None
    (article,) = catalog.articles()
    catalog.close()
    assert (article.pages, article.page_of(5)) == ((), 0)
    report = build_index(where, [FolderSource(tmp_path / "in")], embedder=WordEmbedder())
    assert (report.updated, report.chunks_embedded) == (1, 0)
    catalog = Catalog.open(where)
    assert catalog is not None
    (article,) = catalog.articles()
    catalog.close()
    assert len(article.pages) == 3


@pytest.mark.parametrize(
    ("pages", "offset", "page"),
    [((), 5, 0), ((0, 10, 10, 30), 0, 1), ((0, 10, 10, 30), 10, 3), ((4, 10), 2, 1), ((0, 10), 99, 2)],
)
def test_the_page_of_a_character(pages: tuple[int, ...], offset: int, page: int) -> None:
    assert Article("a", "a", "t", "", "x" * 40, pages=pages).page_of(offset) == page


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.org/a.pdf", "https://example.org/a.pdf#page=2"),
        ("https://example.org/a.pdf#x", "https://example.org/a.pdf#x"),
        ("", ""),
    ],
)
def test_the_address_of_a_page(url: str, address: str) -> None:
    article = Article("a", "a", "t", url, "x" * 40, pages=(0, 10))
    assert article.address_at(12) == address
    assert Article("a", "a", "t", url, "x" * 40).address_at(12) == url


# --- LlamaIndex readers -----------------------------------------------------------------------------


class PagesReader:
    """A reader as somebody might write it."""

    def __init__(self, fail: bool = False) -> None:
        self.fail = fail

    def load_data(self, topic: str = "") -> Iterator[object]:
        from llama_index.core.schema import Document

        for number, text in enumerate(("One.", "Two.", "Four."), start=1):
            page = "4" if number == 3 else str(number)
            yield Document(
                text=text, metadata={"file_path": "/x/paper.pdf", "page_label": page, "title": "A paper"}
            )
        if self.fail:
            raise ConnectionError("the server is away")
        known = {"url": "https://example.org/a", "date": "2024-05-06", "author": "Ada", "topic": topic}
        yield Document(text=STORY, metadata=known)
        yield Document(text="", metadata={"id": "empty"})
        yield "no document"  # pyright: ignore[reportReturnType]


def test_a_reader_by_its_name(tmp_path: Path) -> None:
    source = ReaderSource(f"{__name__}:PagesReader", load_options={"topic": "rivers"}, label="papers")
    items = list(source.read())
    paper, page = (item for item in items if isinstance(item, Article))
    assert (paper.title, paper.text, paper.source) == ("A paper", "One.\n\nTwo.\n\nFour.", "papers")
    assert [paper.page_of(paper.text.find(word)) for word in ("One", "Two", "Four")] == [1, 2, 4]
    assert (page.url, page.published, page.authors, page.topic) == (
        "https://example.org/a", date(2024, 5, 6), ("Ada",), "rivers",
    )  # fmt: skip
    assert [s.reason for s in items if isinstance(s, Skipped)] == [
        "it has no text",
        "not a LlamaIndex document with a text",
    ]
    assert source.key != ReaderSource(f"{__name__}.PagesReader", {"fail": False}).key


def test_a_reader_that_fails_is_an_error_so_that_nothing_is_removed() -> None:
    source = ReaderSource(f"{__name__}:PagesReader", {"fail": True})
    with pytest.raises(InputError, match="ConnectionError: the server is away"):
        list(source.read())
    with pytest.raises(InputError, match="TypeError"):
        list(ReaderSource(f"{__name__}:PagesReader", {"no": 1}).read())


def test_a_reader_of_llama_index_itself(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"{STORY} {number}")
    source = ReaderSource("llama_index.core.SimpleDirectoryReader", {"input_dir": str(tmp_path)})
    first, second = ([a for a in source.read() if isinstance(a, Article)] for _ in range(2))
    assert [a.text for a in first] == [f"{STORY} {number}" for number in range(3)]
    assert [a.id for a in first] == [a.id for a in second], "the same from build to build"


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("llama_index.readers.no_such.Reader", "pip install llama-index-readers-no-such"),
        ("nowhere", "package.module:Class"),
        ("json:loads", "name of the class"),
        ("llama_index.core:NoSuchReader", "name of the class"),
    ],
)
def test_a_reader_that_is_not_there(name: str, step: str) -> None:
    with pytest.raises(InputError) as caught:
        ReaderSource(name)
    assert re.search(re.escape(step), caught.value.next_step)
