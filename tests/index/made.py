"""Files of every kind, made for the tests: PDFs by reportlab, the rest by hand."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

WORDS = (
    "river council bridge school water engineer harbour shelter morning people repair station measure winter "
    "signal delivery office evening valley tower market ferry garden cellar window letter".split()
)
STORY = (
    "The river rose by two metres in the night and the lower town was flooded before dawn. "
    "The council opened the school as a shelter, and by noon 340 people had found a bed there."
)


def sentences(seed: int, count: int) -> list[str]:
    """Different sentences of six to fourteen words, each with a number of its own."""
    chance = random.Random(seed)
    return [
        f"{' '.join(chance.choices(WORDS, k=chance.randint(6, 14))).capitalize()} {seed * 10_000 + place}."
        for place in range(count)
    ]


def wrapped(text: str, width: int) -> list[str]:
    """A text's lines of at most `width` characters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


# --- PDF --------------------------------------------------------------------------------------------


def pdf(draw: Sequence[Callable[[Any], None]], *, packed: bool = True, **about: str) -> bytes:
    """A PDF of these pages (A4, 595 by 842 points); `about` may hold title, author, password."""
    from reportlab.pdfgen.canvas import Canvas

    made = io.BytesIO()
    canvas = Canvas(
        made,
        pagesize=(595, 842),
        encrypt=about.get("password") or None,
        invariant=1,
        pageCompression=int(packed),
    )
    canvas.setTitle(about.get("title", ""))
    canvas.setAuthor(about.get("author", ""))
    for page in draw:
        canvas.setFont("Times-Roman", 10)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def column(
    lines: Sequence[str], x: float = 60, top: float = 780, leading: float = 12
) -> Callable[[Any], None]:
    """Lines of text one below the other."""

    def draw(canvas: Any) -> None:
        for number, line in enumerate(lines):
            canvas.drawString(x, top - number * leading, line)

    return draw


def together(*parts: Callable[[Any], None]) -> Callable[[Any], None]:
    """Several things on one page."""

    def draw(canvas: Any) -> None:
        for part in parts:
            part(canvas)

    return draw


def text_at(
    x: float, y: float, text: str, size: float = 10, font: str = "Times-Roman"
) -> Callable[[Any], None]:
    """One line of text."""

    def draw(canvas: Any) -> None:
        canvas.setFont(font, size)
        canvas.drawString(x, y, text)
        canvas.setFont("Times-Roman", 10)

    return draw


def picture(canvas: Any) -> None:
    """A scanned page: a grey picture that fills it."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, 595, 842)


def report(pages: int, seed: int = 1) -> tuple[bytes, list[list[str]]]:
    """A report with a running header and page numbers, and its sentences page by page."""
    said = [sentences(seed + number, 30) for number in range(pages)]
    drawn = [
        together(
            text_at(60, 815, "Annual report of the river authority", 8),
            column(wrapped(" ".join(page), 90)),
            text_at(290, 30, f"{number}", 8),
        )
        for number, page in enumerate(said, start=1)
    ]
    return pdf(drawn, title="River report", author="Ada Writer"), said


# --- the others -------------------------------------------------------------------------------------


def zipped(parts: dict[str, str | bytes], *, stored: bool = False) -> bytes:
    """A ZIP file of these parts, packed unless `stored`."""
    made = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


def epub_parts(chapters: Sequence[str] = (), *, date: str = "2001-02-03") -> dict[str, str | bytes]:
    """The parts of an EPUB: a cover without words, then these chapters (bodies of HTML)."""
    chapters = chapters or (
        f"<h1>One</h1><p>{STORY} {STORY}</p>",
        f"<h1>Two</h1><p>{STORY} Then. {STORY}</p>",
    )
    items = "".join(
        f'<item id="c{n}" href="c%20{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    links = "".join(f'<li><a href="c%20{n}.xhtml#top">Day {n + 1}</a></li>' for n in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>The Flood</dc:title><dc:creator>Ada Writer</dc:creator><dc:date>{date}</dc:date>"
        "<dc:language>en-GB</dc:language></metadata><manifest>"
        '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        '<item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/>'
        f'{items}</manifest><spine><itemref idref="cover"/>{spine}</spine></package>'
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/book.opf": package,
        "OEBPS/nav.xhtml": f"<html><body><nav><ol>{links}</ol></nav></body></html>",
        "OEBPS/cover.xhtml": "<html><body><img src='cover.png'/></body></html>",
        **{
            f"OEBPS/c {n}.xhtml": f'<?xml version="1.0"?><!DOCTYPE html><html><body>{body}</body></html>'
            for n, body in enumerate(chapters)
        },
    }


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx_parts(body: str = "", *, title: str = "River plan", modified: str = "") -> dict[str, str | bytes]:
    """The parts of a .docx: `body` is WordprocessingML."""
    body = body or (
        paragraph("The flood", style="Heading1")
        + paragraph(STORY)
        + paragraph("Open the school", numbered=True)
        + paragraph("Close the bridge", numbered=True)
        + "<w:tbl>"
        + "".join(
            f"<w:tr>{''.join(f'<w:tc>{paragraph(cell, bold=bold)}</w:tc>' for cell in row)}</w:tr>"
            for row, bold in ((("Year", "Height"), True), (("1914", "82 cm"), False))
        )
        + "</w:tbl>"
    )
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{kinds}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f'<w:styles {W}><w:style w:type="paragraph" w:styleId="Heading1">'
        '<w:name w:val="heading 1"/></w:style></w:styles>',
        "word/numbering.xml": f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
        '<w:numFmt w:val="decimal"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        "</w:numbering>",
        "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="r2" Type="{kinds}/styles" Target="styles.xml"/>'
        f'<Relationship Id="r3" Type="{kinds}/numbering" Target="numbering.xml"/></Relationships>',
        "docProps/core.xml": '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        f"<dc:title>{title}</dc:title><dc:creator>Ada Writer</dc:creator>"
        f"<dcterms:created>2024-03-01T08:00:00Z</dcterms:created>"
        f"<dcterms:modified>{modified or '2024-03-09T08:00:00Z'}</dcterms:modified></cp:coreProperties>",
    }


def paragraph(text: str, *, style: str = "", numbered: bool = False, bold: bool = False) -> str:
    """A paragraph of WordprocessingML."""
    about = f'<w:pStyle w:val="{style}"/>' if style else ""
    about += '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>' if numbered else ""
    return f"<w:p><w:pPr>{about}</w:pPr><w:r>{'<w:rPr><w:b/></w:rPr>' if bold else ''}<w:t>{text}</w:t></w:r></w:p>"


def mail(body: str = "", *, html: str = "", identifier: str = "abc@example.org", **headers: str) -> bytes:
    """A message with a plain part, an HTML part and an attached PDF, as far as they are given."""
    from email.message import EmailMessage

    message = EmailMessage()
    said = {
        "From": "Jürgen Müller <jm@example.org>",
        "Subject": "Der Fluß steigt",
        "Date": "Tue, 03 Feb 2026 10:00:00 +0100",
        "Message-ID": f"<{identifier}>",
    }
    for name, value in (said | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content(body or f"{STORY}\n\nMore on Thursday.\n-- \nThe river desk\n")
    if html:
        message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="levels.pdf")
    return message.as_bytes()


def mbox(*messages: bytes) -> bytes:
    """A mailbox of these messages."""
    return b"\n".join(b"From someone Tue Feb  3 10:00:00 2026\n" + message for message in messages)


def page(number: int) -> bytes:
    """A web page with an article."""
    text = " ".join(sentences(number, 12))
    return (
        f"<html><head><title>Page {number}</title></head><body><nav>Home</nav><article><h1>Page {number}</h1>"
        f"<p>{text}</p></article></body></html>"
    ).encode()


def warc(*records: tuple[str, str, str, bytes], packed: bool = False) -> bytes:
    """A web archive of these responses: address, status line, type, body."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    made = io.BytesIO()
    writer = WARCWriter(made, gzip=packed)
    for address, status, mime, body in records:
        headers = StatusAndHeaders(status, [("Content-Type", mime)], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                address,
                "response",
                payload=io.BytesIO(body),
                http_headers=headers,
                warc_headers_dict={"WARC-Date": "2026-01-02T03:04:05Z"},
            )
        )
    return made.getvalue()
