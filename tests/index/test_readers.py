"""What a person gets from a folder of articles in each form: text, Markdown, HTML and JSONL."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.readers import SimpleDirectoryReader

from index.clean import clean_text
from index.markup import html_to_text, markdown_to_text
from index.metadata import (
    fields_from,
    guess_language,
    language_code,
    parse_date,
    people,
    site_of,
    web_address,
)
from index.readers import ArticleReader, FolderSource
from index.schema import Article, Skipped, article_id

LONG = (
    "The canal was opened in 1895 and links the North Sea with the Baltic. It is 98 kilometres long, and more "
    "ships pass through it in a year than through any other artificial waterway of the world."
)


def read(path: Path) -> list[Article]:
    return [item for item in FolderSource(path).read() if isinstance(item, Article)]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# --- plain text and front matter --------------------------------------------------------------------


def test_plain_text_with_front_matter(tmp_path: Path) -> None:
    front = (
        "---\ntitle: 'The canal: a history'\nauthors: [Footnote contributors, Ada Example]\n"
        "url: https://www.example.org/canal\npublished: 2024-02-29\nmodified: 2024-03-01T08:00:00Z\n"
        "topic: history\nlanguage: en-GB\nid: canal-2\ncorrects: canal-1\n---\n"
    )
    write(tmp_path, "canal.txt", front + "\n" + LONG + "\n")
    (article,) = read(tmp_path)
    assert article == Article(
        id=article_id(FolderSource(tmp_path).key, "canal-2"),
        external_id="canal-2",
        title="The canal: a history",
        url="https://www.example.org/canal",
        text=LONG,
        published=date(2024, 2, 29),
        modified=date(2024, 3, 1),
        authors=("Footnote contributors", "Ada Example"),
        source=tmp_path.name,
        site="example.org",
        topic="history",
        language="en",
        corrects="canal-1",
    )


def test_values_in_front_matter_stay_as_written(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.md",
        f"---\nid: 007\ntitle: No\nauthor: Jo Doe; Ann Lee\npublished: 2024-13-45\n---\n{LONG}",
    )
    (article,) = read(tmp_path)
    assert (article.external_id, article.title, article.published) == ("007", "No", None)
    assert article.authors == ("Jo Doe", "Ann Lee")


def test_windows_line_ends_and_a_byte_order_mark_before_front_matter(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf---\r\ntitle: Canal\r\n---\r\n" + LONG.encode() + b"\r\n")
    (article,) = read(tmp_path)
    assert (article.title, article.text) == ("Canal", LONG)


def test_a_rule_at_the_head_of_a_text_is_no_front_matter(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", f"---\nJust a line between rules\n---\n\n{LONG}")
    (article,) = read(tmp_path)
    assert "Just a line between rules" in article.text + article.title
    assert LONG in article.text


@pytest.mark.parametrize(
    ("name", "text", "title", "body"),
    [
        ("canal-of-kiel.txt", f"A canal between two seas\n\n{LONG}", "A canal between two seas", LONG),
        ("canal-of-kiel.txt", LONG, "Canal of kiel", LONG),
        ("canal-of-kiel.txt", f"The first sentence is short.\n{LONG}", "Canal of kiel", f"The first sentence is short.\n{LONG}"),
        ("a.md", f"# A canal *between* two seas\n\n{LONG}", "A canal between two seas", LONG),
        ("a.md", f"Intro.\n\n## Later heading\n\n{LONG}", "Later heading", f"Intro.\n\nLater heading\n\n{LONG}"),
        ("a.md", f"---\ntitle: From the block\n---\n# Other heading\n\n{LONG}", "From the block", f"Other heading\n\n{LONG}"),
        ("a.md", f"---\ntitle: The Same\n---\n# The same\n\n{LONG}", "The Same", LONG),
    ],
)  # fmt: skip
def test_titles(tmp_path: Path, name: str, text: str, title: str, body: str) -> None:
    write(tmp_path, name, text)
    (article,) = read(tmp_path)
    assert (article.title, article.text) == (title, body)


def test_promotion_in_the_text_is_not_stored(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.txt",
        f"{LONG}\nskip previous bulletin publicity\nThe day in brief\nafter bulletin publicity\nEnd.",
    )
    assert read(tmp_path)[0].text == f"{LONG}\nEnd."


# --- folders ----------------------------------------------------------------------------------------


def test_a_folder_is_read_in_the_order_of_its_paths_with_ids_that_last(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.markdown", "sub/deeper/d.TXT"):
        write(tmp_path, name, LONG)
    first, second = read(tmp_path), read(tmp_path)
    assert [article.external_id for article in first] == [
        "a.md",
        "b.txt",
        "sub/c.markdown",
        "sub/deeper/d.TXT",
    ]
    assert first == second
    assert all(re.fullmatch(r"[a-z0-9-]+", article.id) for article in first)
    write(tmp_path, "b.txt", LONG + " More.")
    assert read(tmp_path)[1].id == first[1].id


def test_equal_names_in_two_subfolders_are_two_articles(tmp_path: Path) -> None:
    write(tmp_path, "x/index.txt", LONG)
    write(tmp_path, "y/index.txt", LONG)
    assert len({article.id for article in read(tmp_path)}) == 2


def test_the_key_is_the_absolute_path_and_the_label_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "press"
    write(folder, "a.txt", LONG)
    monkeypatch.chdir(tmp_path)
    relative = FolderSource(Path("press"), collection="archive")
    assert (relative.key, relative.label) == (str(folder.resolve()), "press")
    (article,) = relative.read()
    assert isinstance(article, Article)
    assert (article.source, article.collection) == ("press", "archive")
    single = FolderSource(folder / "a.txt")
    assert (single.key, single.label) == (str((folder / "a.txt").resolve()), "press")
    assert [item.external_id for item in single.read() if isinstance(item, Article)] == ["a.txt"]


def test_a_readme_asked_for_by_name_is_read(tmp_path: Path) -> None:
    assert len(read(write(tmp_path, "README.md", LONG))) == 1


def test_two_files_with_the_same_id_are_one_article_and_one_report(tmp_path: Path) -> None:
    write(tmp_path, "a.md", f"---\nid: canal\n---\n{LONG}")
    write(tmp_path, "b.md", f"---\nid: canal\n---\n{LONG} Again.")
    first, second = FolderSource(tmp_path).read()
    assert isinstance(first, Article)
    assert isinstance(second, Skipped)
    assert second.name.endswith("b.md")
    assert "a.md" in second.reason


# --- Markdown ---------------------------------------------------------------------------------------


def test_markdown_becomes_what_a_reader_sees() -> None:
    source = """\
# Title

A *stressed* and **strong** word, `code`, ~~old~~ and a [link](https://example.org "x")
on two lines.[^1] ![picture](a.png)

Setext heading
--------------

> A quotation
> over two lines.

- First
- Second with *stress*
  - Nested

3. Third
4. Fourth

| Year | Length |
|------|-------:|
| 1914 | 82 km  |
| 2016 |        |

```python
for ship in locks:
    ship.lift()
```

<div class="x">Boxed &amp; kept</div>
<!-- not shown -->

Line one<br>
line two &copy; \\*not stressed\\*

***
[^1]: The note.
"""
    rendered = markdown_to_text(source)
    assert rendered.heading == "Title"
    assert clean_text(rendered.text).split("\n\n") == [
        "Title",
        "A stressed and strong word, code, old and a link on two lines.",
        "Setext heading",
        "A quotation over two lines.",
        "First\nSecond with stress\nNested",
        "3. Third\n4. Fourth",
        "Year: 1914; Length: 82 km\nYear: 2016",
        "for ship in locks:\nship.lift()",
        "Boxed & kept",
        "Line one\nline two © *not stressed*",
        "The note.",
    ]


def test_a_table_reads_as_lines(tmp_path: Path) -> None:
    write(
        tmp_path, "a.md", f"{LONG}\n\n| Year | Length |\n|---|---|\n| 1914 | **82** km |\n| 2016 | |\n\nEnd."
    )
    assert read(tmp_path)[0].text == f"{LONG}\n\nYear: 1914; Length: 82 km\nYear: 2016\n\nEnd."


def test_lists_read_as_lines(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.md",
        f"{LONG}\n\n- **1895.** It opens.\n- **1914.** It is widened.\n\n2. Two\n3. Three\n\nEnd.",
    )
    text = read(tmp_path)[0].text
    assert text == f"{LONG}\n\n1895. It opens.\n1914. It is widened.\n\n2. Two\n3. Three\n\nEnd."


# --- HTML -------------------------------------------------------------------------------------------

PAGE = f"""<!doctype html><html lang="en-GB"><head><title>The canal - Example Press</title>
<link rel="canonical" href="https://www.example.org/history/canal">
<meta property="og:title" content="The canal &amp; its locks"><meta property="og:site_name" content="Example Press">
<meta name="author" content="Footnote contributors"><meta property="article:section" content="History">
<meta property="article:published_time" content="2023-05-06T23:30:00-05:00">
<meta property="article:modified_time" content="2023-05-08"></head>
<body><nav><a href="/">Home</a> <a href="/x">Subscribe</a></nav>
<article><h1>The canal &amp; its locks</h1><p>{LONG}</p>
<script>track("this");</script><h2>Figures</h2>
<table><tr><th>Year</th><th>Length</th></tr><tr><td>1914</td><td>82&nbsp;km</td></tr></table>
<ul><li>The locks are 330 metres long.</li><li>The bridges are <em>42 metres</em> high.</li></ul>
<p>The water stands at sea level.<br>It has no tide.</p></article>
<footer>Copyright, imprint, contact</footer></body></html>"""


def test_an_html_page(tmp_path: Path) -> None:
    write(tmp_path, "canal.html", PAGE)
    (article,) = read(tmp_path)
    assert article.title == "The canal & its locks"
    assert article.url == "https://www.example.org/history/canal"
    assert article.site == "example.org"
    assert article.authors == ("Footnote contributors",)
    assert article.published == date(2023, 5, 6)
    assert article.modified == date(2023, 5, 8)
    assert (article.topic, article.language) == ("History", "en")
    assert article.text == (
        f"{LONG}\n\nFigures\n\nYear: 1914; Length: 82 km\n\nThe locks are 330 metres long.\n"
        "The bridges are 42 metres high.\n\nThe water stands at sea level.\nIt has no tide."
    )


def test_what_a_page_says_in_json_ld() -> None:
    data = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": "Example"},
            {
                "@type": ["NewsArticle"],
                "headline": "The canal",
                "datePublished": "2022-01-02T03:04:05Z",
                "dateModified": "2022-01-09",
                "author": [{"@type": "Person", "name": "Ada Example"}, {"name": "Jo Doe"}],
                "articleSection": ["History", "Ships"],
                "url": "https://example.org/canal",
            },
        ],
    }
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    fields, _ = html_to_text(
        f"<html><head>{script}</head><body><article><p>{LONG}</p></article></body></html>"
    )
    assert fields.title == "The canal"
    assert (fields.published, fields.modified) == (date(2022, 1, 2), date(2022, 1, 9))
    assert fields.authors == ("Ada Example", "Jo Doe")
    assert (fields.topic, fields.url, fields.site) == ("History", "https://example.org/canal", "example.org")


@pytest.mark.parametrize("broken", ["{", "[" * 50_000, "null", '"x"', '{"@graph": 3}', '{"@type": {"a": 1}}'])
def test_broken_json_ld_does_no_harm(broken: str) -> None:
    script = f'<script type="application/ld+json">{broken}</script>'
    _, text = html_to_text(f"<html><head>{script}</head><body><article><p>{LONG}</p></article></body></html>")
    assert text == LONG


def test_a_page_without_a_title_is_named_by_its_file(tmp_path: Path) -> None:
    write(tmp_path, "kiel_canal.htm", f"<html><body><article><p>{LONG}</p></article></body></html>")
    assert read(tmp_path)[0].title == "Kiel canal"


def test_a_page_dated_only_by_its_address() -> None:
    head = '<head><link rel="canonical" href="https://example.org/2019/11/18/canal"></head>'
    fields, _ = html_to_text(f"<html>{head}<body><article><p>{LONG}</p></article></body></html>")
    assert fields.published == date(2019, 11, 18)


def test_a_page_with_tags_left_open_and_control_characters() -> None:
    _, text = html_to_text(f"<html><body><article><p>{LONG}\x01<p>And <b>more of the same</i> follows here.")
    assert text.startswith(LONG)
    assert "And more of the same follows here." in text


# --- JSONL ------------------------------------------------------------------------------------------


def test_jsonl_in_our_form_and_in_the_form_of_beir(tmp_path: Path) -> None:
    rows = [
        {"id": "a-1", "title": "Canal", "text": LONG, "url": "https://example.org/a", "published": "2024-01-31",
         "modified": "2024-02-01", "author": "Jo Doe", "section": "history", "language": "en", "site": "Example",
         "corrects": "a-0"},
        {"_id": "b", "title": "", "text": f"Short heading\n\n{LONG}",
         "metadata": {"url": "http://www.example.com/b", "authors": ["Ann Lee", "Bo Ek"], "publish_date": "2022/05/08"}},
        {"body": LONG},
        {"content": LONG, "headline": "From content"},
    ]  # fmt: skip
    write(tmp_path, "rows.jsonl", "\n".join(json.dumps(row) for row in rows))
    first, second, third, fourth = read(tmp_path)
    assert (first.external_id, first.title, first.site, first.topic) == ("a-1", "Canal", "Example", "history")
    assert (first.published, first.modified) == (date(2024, 1, 31), date(2024, 2, 1))
    assert (first.authors, first.corrects, first.source) == (("Jo Doe",), "a-0", tmp_path.name)
    assert (second.external_id, second.title, second.text) == ("b", "Short heading", LONG)
    assert (second.site, second.authors) == ("example.com", ("Ann Lee", "Bo Ek"))
    assert second.published == date(2022, 5, 8)
    assert (third.external_id, third.title) == ("rows.jsonl#3", "Rows 3")
    assert fourth.title == "From content"


def test_jsonl_with_numbers_and_odd_values(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "text": LONG,
        "title": ["Listed"],
        "author": None,
        "published": 1706659200,
        "url": "javascript:alert(1)",
    }
    write(tmp_path, "rows.jsonl", json.dumps(row))
    (article,) = read(tmp_path)
    assert (article.external_id, article.title, article.authors, article.url) == ("7", "Listed", (), "")
    assert article.published == date(2024, 1, 31)


def test_jsonl_in_utf16(tmp_path: Path) -> None:
    rows = "\n".join(
        json.dumps({"id": str(n), "text": f"Größe {n}. {LONG}"}, ensure_ascii=False) for n in range(3)
    )
    (tmp_path / "rows.jsonl").write_text(rows, encoding="utf-16")
    assert [article.text[:7] for article in read(tmp_path)] == ["Größe 0", "Größe 1", "Größe 2"]


# --- dates, languages, addresses, people ------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-02-29", date(2024, 2, 29)), ("2024/2/9", date(2024, 2, 9)), ("2024.02.09", date(2024, 2, 9)),
        ("20240209", date(2024, 2, 9)), ("2024-02-09T23:59:59-08:00", date(2024, 2, 9)),
        ("9 February 2024", date(2024, 2, 9)), ("February 9, 2024", date(2024, 2, 9)), ("Feb. 9th, 2024", date(2024, 2, 9)),
        ("Fri, 09 Feb 2024 10:00:00 +0000", date(2024, 2, 9)), ("9. Februar 2024", date(2024, 2, 9)),
        ("1er août 2023", date(2023, 8, 1)), ("9 de febrero de 2024", date(2024, 2, 9)), ("31/01/2024", date(2024, 1, 31)),
        ("01/31/2024", date(2024, 1, 31)), ("02/02/2024", date(2024, 2, 2)), ("02/03/2024", None),
        ("2999-01-01", date(2999, 1, 1)), ("2023-02-30", None), ("0000-00-00", None), ("2024", None), ("soon", None), ("", None),
        (20240209, date(2024, 2, 9)), (1707436800, date(2024, 2, 9)), (1707436800000, date(2024, 2, 9)), (-1, None),
        (float("nan"), None), (10**400, None), (True, None), (None, None), (["2024-02-09"], date(2024, 2, 9)), ({}, None),
    ],
)  # fmt: skip
def test_dates(written: object, expected: date | None) -> None:
    assert parse_date(written) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The water of the river was high and the town was warned by the council.", "en"),
        ("Das Wasser der Elbe ist hoch, und die Stadt wurde von dem Rat nicht gewarnt.", "de"),
        ("Les eaux de la rivière sont hautes et le maire est dans la ville avec des pompiers.", "fr"),
        ("El agua del río es alta y el alcalde no está en la ciudad, pero los bomberos sí.", "es"),
        ("", "en"),
        ("12 34 56", "en"),
        ("مرحبا بالعالم", "en"),
    ],
)
def test_a_language_is_guessed_where_none_is_given(text: str, language: str) -> None:
    assert guess_language(text) == language


def test_language_codes() -> None:
    given = ["en-GB", "de_DE", "English", "FRA", "x", "not a language", None, 5]
    assert [language_code(value) for value in given] == ["en", "de", "en", "fr", "", "", "", ""]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/a",
        "example.org",
        "http://",
        "http://[::1",
        "",
        None,
        3,
    ],
)
def test_only_web_addresses_become_links(address: object) -> None:
    assert web_address(address) == ""


def test_addresses_and_their_sites() -> None:
    assert web_address(" https://Example.org/a b ") == "https://Example.org/ab"
    assert site_of("https://www.Example.org:8443/x") == "example.org"
    assert site_of("http://localhost:7860/") == "localhost"


def test_people() -> None:
    assert people("By Jo Doe; Ann Lee") == ("Jo Doe", "Ann Lee")
    assert people(["Jo Doe", {"name": "Ann Lee"}, "", None, "Jo Doe"]) == ("Jo Doe", "Ann Lee")
    assert people("https://example.org/profile") == ()


def test_names_of_fields_in_any_case() -> None:
    fields = fields_from(
        {"Title": "A", "Publish-Date": "2024-01-01", "metadata": {"title": "B", "lang": "de"}}
    )
    assert (fields.title, fields.published, fields.language) == ("A", date(2024, 1, 1), "de")


# --- LlamaIndex -------------------------------------------------------------------------------------


def test_the_llama_index_reader_gives_documents(tmp_path: Path) -> None:
    write(tmp_path, "a.md", f"---\ntitle: Canal\npublished: 2024-02-29\nauthor: Jo Doe\n---\n{LONG}")
    write(tmp_path, "b.txt", "")
    reader = ArticleReader()
    (document,) = reader.load_data(tmp_path, extra_info={"shelf": 3})
    assert document.doc_id == read(tmp_path)[0].id
    assert document.text == LONG
    assert document.metadata["title"] == "Canal"
    assert document.metadata["published"] == "2024-02-29"
    assert document.metadata["shelf"] == 3
    assert "url" not in document.metadata
    assert [skip.reason for skip in reader.skipped] == ["the file is empty"]


def test_the_reader_works_with_llama_index_parts(tmp_path: Path) -> None:
    write(tmp_path, "a.md", f"---\ntitle: Canal\n---\n{LONG}")
    loader = SimpleDirectoryReader(str(tmp_path), file_extractor={".md": ArticleReader()})
    (document,) = loader.load_data()
    assert document.text == LONG
    nodes = SentenceSplitter(chunk_size=60, chunk_overlap=0).get_nodes_from_documents([document])
    assert nodes[0].metadata["title"] == "Canal"


def test_the_reader_is_lazy(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path, f"{number}.txt", LONG)
    documents = iter(ArticleReader().lazy_load_data(tmp_path))
    next(documents)
    (tmp_path / "1.txt").unlink()
    assert [document.metadata["external_id"] for document in documents] == ["2.txt"]
