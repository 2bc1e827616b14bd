"""Files of every kind with their bytes changed at random: read, or named with a reason, and nothing else.

`HYPOTHESIS_PROFILE=long` (`make fuzz`) makes 3,000 of each kind, FOOTNOTE_SEED other ones.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections import Counter
from xml.etree import ElementTree

import pytest
from hypothesis import settings

from index.decode import NotAnArticleError
from index.formats.article import article_of
from index.formats.pieces import articles_in
from index.schema import Skipped
from tests.index import made
from tests.index.made import STORY

FILES = settings.default.max_examples if settings.default else 50
SEED = os.environ.get("FOOTNOTE_SEED", "")

TOKENS = [
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n\r\n", b"99999999999999999999", b"-1", b"%PDF-1.7", b"PK\x03\x04"),
    *(b"<<", b">>", b"[", b"]" * 50, b"1 0 R", b"/Kids", b"/Count 4294967295", b"/Length -5", b"endobj", b"stream\n"),
    *(b"/Filter [/FlateDecode /FlateDecode]", b"/Encrypt 9 0 R", b"/MediaBox [0 0 1e38 -1e38]", b"BT /F1 1e9 Tf", b"Tm"),
    *(b"<!DOCTYPE x [<!ENTITY e 'e'>]>", b"&e;", b"<w:p>", b"</w:p>", b"<w:tbl><w:tr><w:tc>", b"<p>" * 200, b"<table>"),
    *(b"<?xml version='1.0' encoding='utf-16'?>", b"href='../../../etc/passwd'", b"<itemref idref='c0'/>", b"<script>"),
    *(b"Content-Type: message/rfc822\n\n", b"Content-Transfer-Encoding: base64\n", b"boundary=", b"--", b"=?utf-8?b?///?="),
    *(b"charset=utf-7", b"charset=idna", b"\nFrom x\n", b"Date: 99 Foo 0000 99:99:99 +9999\n", b"Subject: =?x?q?=FF?=\n"),
    *(b"WARC/1.0\r\n", b"Content-Length: 999999999999\r\n", b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"Content-Encoding: gzip\r\n", b'{"text": "a"}', b"[[[[[[", b'"\\ud800"', b"1e999", b"---\n", b"title: [", "\u202e".encode()),
]  # fmt: skip


def samples() -> dict[str, list[bytes]]:
    """Files of each ending that are in order."""
    html = made.page(1)
    drawn = [made.column(made.wrapped(STORY, 60)), made.together(made.column(["A line"]), made.picture)]
    rows = [{"id": "a", "text": STORY}, {"id": "b", "text": STORY, "published": "2024-01-01"}]
    records = [(f"https://example.org/{n}", "200 OK", "text/html", made.page(n)) for n in range(2)]
    records.append(("https://example.org/p", "200 OK", "application/pdf", made.pdf(drawn[:1])))
    return {
        ".pdf": [
            made.pdf(drawn, title="A"),
            made.pdf(drawn, title="A", packed=False),
            made.pdf(drawn[:1], password="x"),
        ],
        ".epub": [made.zipped(made.epub_parts()), made.zipped(made.epub_parts(), stored=True)],
        ".docx": [made.zipped(made.docx_parts()), made.zipped(made.docx_parts(), stored=True)],
        ".eml": [made.mail(), made.mail(html=html.decode())],
        ".mbox": [made.mbox(made.mail(), made.mail(html=html.decode()))],
        ".warc": [made.warc(*records)],
        ".warc.gz": [made.warc(*records, packed=True)],
        ".json": [json.dumps(rows).encode()],
        ".jsonl": ["\n".join(map(json.dumps, rows)).encode()],
        ".html": [html],
        ".md": [f"---\ntitle: A\n---\n# A\n\n{STORY}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n".encode()],
        ".txt": [STORY.encode(), STORY.encode("utf-16")],
    }


def changed(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Bytes with one to six changes: flipped, cut off, cut out, doubled, from another file, or a telling token."""
    made_of = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        size = len(made_of)
        if size < 2:
            break
        at = chance.randrange(size)
        span = min(size - at, int(2 ** chance.uniform(0, 10)))
        match chance.randrange(7):
            case 0:
                for _ in range(chance.randint(1, 12)):
                    made_of[chance.randrange(size)] ^= 1 << chance.randrange(8)
            case 1:
                del made_of[at:]
            case 2:
                del made_of[at : at + span]
            case 3:
                made_of[at:at] = made_of[at : at + span] * chance.randint(1, 20)
            case 4:
                start = chance.randrange(len(other))
                made_of[at : at + span] = other[start : start + span]
            case 5:
                made_of[at : at + chance.choice((0, span))] = chance.choice(TOKENS)
            case _:
                made_of[at : at + 4] = chance.randbytes(4)
    return bytes(made_of)


def changed_inside(ending: str, other: bytes, chance: random.Random) -> bytes:
    """A sound ZIP file of which one part is changed: what is damaged lies behind the check sums."""
    parts = made.epub_parts() if ending == ".epub" else made.docx_parts()
    name = chance.choice(sorted(parts))
    content = parts[name]
    plain = content.encode() if isinstance(content, str) else content
    parts[name] = changed(plain, other, chance) if chance.random() < 0.4 else rearranged(plain, chance)
    return made.zipped(parts)


def rearranged(xml: bytes, chance: random.Random) -> bytes:
    """XML that is still well formed: elements taken out, doubled, put into each other, attributes exchanged."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return xml
    for _ in range(chance.randint(1, 6)):
        elements = list(root.iter())
        one, two = chance.choice(elements), chance.choice(elements)
        match chance.randrange(5):
            case 0 if len(one):
                one.remove(chance.choice(list(one)))
            case 1 if len(one):
                one.extend(copy.deepcopy(list(one)[: chance.randint(1, 3)]))
            case 2:
                one.append(copy.deepcopy(two))
            case 3:
                one.attrib, two.attrib = dict(two.attrib), dict(one.attrib)
            case _:
                values = ["", "-1", "1e9", "x" * 5_000, "../..", "c%200.xhtml", STORY]
                one.text = chance.choice(values)
                for key in one.attrib:
                    one.set(key, chance.choice(values))
        if sum(1 for _ in root.iter()) > 5_000:
            break
    return ElementTree.tostring(root)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("ending", sorted(samples()))
def test_a_damaged_file_is_read_or_named(ending: str, record_property) -> None:
    known = samples()
    own, others = known[ending], [data for many in known.values() for data in many]
    came_to: Counter[str] = Counter()
    for number in range(FILES):
        chance = random.Random(f"{ending} {number} {SEED}")
        if ending in (".epub", ".docx") and number % 3:
            data = changed_inside(ending, chance.choice(others), chance)
        else:
            data = changed(chance.choice(own), chance.choice(others), chance)
        about = f"{ending}, file {number}, FOOTNOTE_SEED={SEED!r}"
        items = list(articles_in(data, name=f"file{ending}"))
        assert items, about
        for item in items:
            if isinstance(item, Skipped):
                assert item.name.startswith(f"file{ending}"), about
                assert item.reason.strip(), about
                came_to["crashed" if "crashed" in item.reason else "named"] += 1
                assert "takes longer" not in item.reason, about
                continue
            try:
                article = article_of(item, key="k", label="l", name=f"file{ending}")
            except NotAnArticleError:
                came_to["empty"] += 1
                continue
            came_to["read"] += 1
            assert article.text.strip(), about
            assert article.title, about
            assert "\0" not in article.text, about
            "\n".join((article.text, article.title, article.url, article.external_id)).encode()
            assert list(article.pages) == sorted(article.pages), about
            assert all(0 <= page <= len(article.text) for page in article.pages), about
    record_property("came_to", dict(came_to))
    print(ending, FILES, dict(came_to))  # shown by pytest -s
    assert came_to["read"], "nothing survives: the changes are too many to test a thing"
