"""Whatever lies in a folder: what cannot be an article is named with its reason, the rest is read."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.decode import NotAnArticleError, decode
from index.errors import InputError
from index.readers import EXTENSIONS, MAX_BYTES, FolderSource
from index.schema import Article, Skipped

STORY = (
    "The river rose by two metres in the night and the lower town was flooded before dawn. "
    "The council opened the school as a shelter, and by noon 340 people had found a bed there.\n\n"
    "Engineers expect the water to fall on Thursday."
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.txt").write_text(STORY, encoding="utf-8")
    return tmp_path


def read(path: Path, *, max_bytes: int = MAX_BYTES) -> tuple[list[Article], dict[str, str]]:
    """Articles, and the reasons of what was skipped by the last part of its name."""
    items = list(FolderSource(path, max_bytes=max_bytes).read())
    articles = [item for item in items if isinstance(item, Article)]
    return articles, {
        item.name.rsplit("/", 1)[-1]: item.reason for item in items if isinstance(item, Skipped)
    }


def page(body: str) -> str:
    return f"<html><head><title>A page</title></head><body>{body}</body></html>"


BAD_FILES = [
    ("empty.txt", b"", "empty"),
    ("blank.md", b" \n\n\t\n", "empty"),
    ("only-mark.txt", b"\xef\xbb\xbf", "no text"),
    ("zeros.txt", b"\0" * 2_000, "zero bytes"),
    ("text-with-zero.txt", b"The river rose\0\0\0 by two metres in the night.", "zero bytes"),
    ("noise.txt", bytes(range(1, 32)) * 100, "binary"),
    ("high-noise.txt", bytes((position * 97 + 13) % 251 + 1 for position in range(5_000)), "binary"),
    ("photo.txt", b"\x89PNG\r\n\x1a\n" + bytes(200), "PNG image"),
    ("photo.md", b"\xff\xd8\xff\xe0 and so on", "JPEG image"),
    ("paper.txt", b"%PDF-1.7\nstream", "PDF"),
    ("office.txt", b"PK\x03\x04 word/document.xml", "ZIP"),
    ("unclosed.md", b"---\ntitle: A river\n\nThe river rose.\n", "never closed"),
    ("list.md", b"---\n- one\n- two\n---\nThe river rose.\n", "front matter"),
    ("bracket.md", b"---\ntitle: [one, two\n---\nThe river rose.\n", "malformed front matter"),
    ("colon.txt", b"---\ntitle: A river: the flood\n---\nThe river rose.\n", "line 2"),
    ("tab.md", b"---\ntitle:\n\t- x\n---\nThe river rose.\n", "malformed front matter"),
    ("deep.md", b"---\ntitle: " + b"[" * 20_000 + b"\n---\nThe river rose.\n", "malformed front matter"),
    ("bare.md", b"---\ntitle: A river\n---\n", "no text"),
    ("promotion.txt", b"Sign up for our free daily newsletter here", "promotion"),
    ("nothing.html", page("<script>let river = 2;</script>").encode(), "no main text"),
    ("tags.html", b"<<<>>><<", "no main text"),
    ("frames.htm", b"<html><frameset><frame src=a></frameset></html>", "no main text"),
    ("crowd.html", page("<a href=x>y</a>" * 110_000).encode(), "elements"),
    ("blank.jsonl", b"\n\n", "empty"),
]


@pytest.mark.parametrize(("name", "data", "reason"), BAD_FILES, ids=[name for name, _, _ in BAD_FILES])
def test_a_bad_file_is_named_with_its_reason_and_the_rest_is_read(
    folder: Path, name: str, data: bytes, reason: str
) -> None:
    (folder / name).write_bytes(data)
    articles, skipped = read(folder)
    assert [article.external_id for article in articles] == ["good.txt"]
    assert list(skipped) == [name]
    assert reason in skipped[name]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "Die Brücke über die Straße ist gesperrt, sagte der Bürgermeister."),
        ("utf-16", "Die Brücke über die Straße ist gesperrt, sagte der Bürgermeister."),
        ("utf-16-le", "The bridge across the river is closed until Thursday, the mayor of the town said."),
        ("utf-16-be", "The bridge across the river is closed until Thursday, the mayor of the town said."),
        ("utf-32", "Die Brücke über die Straße ist gesperrt."),
        ("latin-1", "La rivière a monté de deux mètres, a déclaré le maire après l'orage."),
        ("cp1252", "The mayor said: “We are closed” – the café’s owner agreed."),
        (
            "cp1251",
            "Река поднялась на два метра за ночь, сообщил мэр города. Инженеры ожидают, что вода спадёт в четверг.",
        ),
        ("shift_jis", "川の水位は一晩で二メートル上昇し、町の低い地域は夜明け前に浸水したと市長は述べた。"),
    ],
)
def test_text_in_older_encodings_is_read(tmp_path: Path, encoding: str, text: str) -> None:
    (tmp_path / "story.txt").write_bytes(text.encode(encoding))
    articles, skipped = read(tmp_path)
    assert not skipped
    assert articles[0].text == text


def test_a_few_broken_bytes_in_utf8_do_not_lose_the_article(tmp_path: Path) -> None:
    good = "Größe, Höhe, Länge, Fläche und Tiefe der Brücke über die Donau. "
    (tmp_path / "story.txt").write_bytes(good.encode() * 3 + b"\xff" + good.encode())
    (article,) = read(tmp_path)[0]
    assert article.text.count("Größe") == 4


def test_a_page_in_the_character_set_it_declares(tmp_path: Path) -> None:
    body = f"<article><p>Řeka stoupla o dva metry, řekl starosta města. {'Voda klesne ve čtvrtek. ' * 10}</p></article>"
    source = f"<html><head><meta charset='iso-8859-2'><title>Řeka</title></head><body>{body}</body></html>"
    (tmp_path / "reka.html").write_bytes(source.encode("iso-8859-2"))
    (article,) = read(tmp_path)[0]
    assert article.title == "Řeka"
    assert article.text.startswith("Řeka stoupla")


@pytest.mark.parametrize(
    "declared", ["undefined", "utf-16", "utf-32", "base64", "idna", "no-such-set", "iso-8859-1", "us-ascii"]
)
def test_a_page_that_declares_what_it_is_not_in(tmp_path: Path, declared: str) -> None:
    body = f"<article><p>The mayor said: “The café is closed” – until Thursday. {'The water falls. ' * 10}</p></article>"
    source = f"<html><head><meta charset='{declared}'><title>Café</title></head><body>{body}</body></html>"
    (tmp_path / "cafe.html").write_bytes(source.encode("cp1252"))
    (article,) = read(tmp_path)[0]
    assert article.title == "Café"
    assert "“The café is closed” –" in article.text


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"<meta charset=", b"\xff\xfe", b"---\n"]), st.booleans()
)
def test_any_bytes_are_text_or_named(data: bytes, before: bytes, markup: bool) -> None:
    with contextlib.suppress(NotAnArticleError):
        assert isinstance(decode(before + data, markup=markup), str)


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *(
                "---\n",
                "title: A\n",
                "- x\n",
                "|a|b|\n|-|-|\n",
                "> ",
                "# ",
                "[a](b)",
                "```\n",
                "&amp;",
                "&#0;",
                "\n",
                "\n\n",
            ),
            *(
                "<p>",
                "</p>",
                "<table><tr><td>",
                "</td>",
                "<ul><li>",
                "<br>",
                "<!--",
                "-->",
                "<script>",
                "</script>",
            ),
            *(
                "<meta name=author content=",
                "<title>",
                "<link rel=canonical href='http://[x'>",
                '{"text": "a"}',
                '{"id": 1',
            ),
            *(STORY, "2024-01-31", "\x00", "\ud800", "\u202e", "é", "漢字", "'", '"', "["),
        ]
    ),
    max_size=20,
).map("".join)


@pytest.mark.parametrize("suffix", sorted(EXTENSIONS))
@given(text=st.one_of(FRAGMENTS, st.text(st.characters(exclude_categories=[]), max_size=200)))
def test_any_text_in_any_form_is_read_or_named(suffix: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"any{suffix}").write_bytes(text.encode("utf-8", "surrogatepass"))
        items = list(FolderSource(Path(folder)).read())
    assert items
    for item in items:
        if isinstance(item, Skipped):
            assert item.reason
        else:
            assert item.text.strip()
            assert item.title
            item.text.encode("utf-8")


def test_a_file_larger_than_the_limit_is_not_read(folder: Path) -> None:
    (folder / "huge.txt").write_text("The river rose again. " * 1_000, encoding="utf-8")
    articles, skipped = read(folder, max_bytes=10_000)
    assert [article.external_id for article in articles] == ["good.txt"]
    assert "larger than 10,000 bytes" in skipped["huge.txt"]


def test_twenty_megabytes_are_the_limit_unless_told_otherwise(folder: Path) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.write(b"word ")
        file.truncate(20_000_001)
    articles, skipped = read(folder)
    assert len(articles) == 1
    assert "larger than 20 MB" in skipped["huge.txt"]


def test_each_bad_line_of_a_jsonl_file_is_named_and_the_others_are_read(folder: Path) -> None:
    long_number = '{"text": "x", "id": ' + "9" * 5_000 + "}"
    lines = [
        json.dumps({"id": "one", "text": STORY}),
        '{"id": "two", "text": "cut o',
        "[1, 2]",
        json.dumps({"id": "three"}),
        json.dumps({"id": "one", "text": "The same id again, with another text."}),
        "[" * 100_000,
        '{"id": "lone", "text": "The river \\ud800 rose by two metres."}',
        "",
        long_number,
        json.dumps({"id": "long", "text": "word " * 60_000}),
        json.dumps({"id": "last", "text": "The water fell on Thursday."}),
    ]
    (folder / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    articles, skipped = read(folder, max_bytes=200_000)
    texts = {article.external_id: article.text for article in articles}
    assert list(texts) == ["good.txt", "one", "lone", "last"]
    assert texts["lone"] == "The river rose by two metres."
    assert "not valid JSON" in skipped["rows.jsonl:2"]
    assert "not a JSON object" in skipped["rows.jsonl:3"]
    assert "no text" in skipped["rows.jsonl:4"]
    assert "already used by" in skipped["rows.jsonl:5"]
    assert "rows.jsonl:1" in skipped["rows.jsonl:5"]
    assert "nested too deeply" in skipped["rows.jsonl:6"]
    assert "not valid JSON" in skipped["rows.jsonl:9"]
    assert "longer than" in skipped["rows.jsonl:10"]


def test_bytes_that_are_no_text_in_one_line_cost_only_that_line(tmp_path: Path) -> None:
    good = json.dumps({"id": "a", "text": STORY}).encode()
    (tmp_path / "rows.jsonl").write_bytes(b"\x00\x01\x02\n" + good + b"\n\xff\xfe\xfd\x80\n")
    articles, skipped = read(tmp_path)
    assert [article.external_id for article in articles] == ["a"]
    assert set(skipped) == {"rows.jsonl:1", "rows.jsonl:3"}


def test_thousands_of_bad_lines_do_not_bury_the_report(folder: Path) -> None:
    (folder / "broken.jsonl").write_text("{oops\n" * 3_000, encoding="utf-8")
    (folder / "mixed.jsonl").write_text(
        json.dumps({"text": STORY}) + "\n" + '{"id": 1}\n' * 3_000, encoding="utf-8"
    )
    items = [item for item in FolderSource(folder).read() if isinstance(item, Skipped)]
    assert len(items) == 42
    assert items[20].reason == "and 2,980 more lines that are not valid"
    assert items[41].reason == "and 2,980 more lines without a text"


def test_a_file_of_questions_is_passed_over_in_one_line(folder: Path) -> None:
    rows = [json.dumps({"id": str(n), "question": "How high was the water?"}) for n in range(60)]
    (folder / "questions.jsonl").write_text("\n".join(rows), encoding="utf-8")
    articles, skipped = read(folder)
    assert len(articles) == 1
    assert skipped == {"questions.jsonl": "holds questions, not articles (60 lines)"}


def test_the_queries_beside_a_corpus_are_no_articles(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"_id": "1", "title": "Flood", "text": STORY}))
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": "How high was the water?"}))
    articles, skipped = read(tmp_path)
    assert [article.external_id for article in articles] == ["1"]
    assert "questions" in skipped["queries.jsonl"]


def test_a_thousand_pictures_are_one_line(folder: Path) -> None:
    for number in range(1_000):
        (folder / f"{number}.jpg").touch()
    articles, skipped = read(folder)
    assert len(articles) == 1
    assert len(skipped) == 1
    assert "1,000 files of other types (.jpg) passed over" in next(iter(skipped.values()))


def test_files_about_the_folder_are_passed_over_and_named(folder: Path) -> None:
    for name in ("README.md", "LICENSE.txt", "CHANGELOG.md", "readme.txt", "LICENCE_NOTE.txt"):
        (folder / name).write_text("About this folder.", encoding="utf-8")
    (folder / "licence-to-fish.txt").write_text(STORY, encoding="utf-8")
    articles, skipped = read(folder)
    assert {article.external_id for article in articles} == {"good.txt", "licence-to-fish.txt"}
    assert set(skipped) == {"README.md", "LICENSE.txt", "CHANGELOG.md", "readme.txt", "LICENCE_NOTE.txt"}


def test_hidden_files_are_left_alone(folder: Path) -> None:
    (folder / ".hidden.txt").write_text(STORY, encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "note.txt").write_text(STORY, encoding="utf-8")
    articles, skipped = read(folder)
    assert len(articles) == 1
    assert not skipped


def test_links_that_lead_in_circles_or_nowhere(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "far.txt").write_text(STORY, encoding="utf-8")
    (elsewhere / "back").symlink_to(folder)
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to(folder)
    (folder / "out").symlink_to(elsewhere)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "dangling.txt").symlink_to(folder / "gone.txt")
    articles, skipped = read(folder)
    assert {article.external_id for article in articles} == {"good.txt", "out/far.txt"}
    assert set(skipped) == {"self.txt", "dangling.txt"}
    assert "link" in skipped["dangling.txt"]


def test_a_folder_named_like_a_file_is_read_as_a_folder(folder: Path) -> None:
    (folder / "odd.txt").mkdir()
    (folder / "odd.txt" / "inside.txt").write_text(STORY, encoding="utf-8")
    articles, skipped = read(folder)
    assert {article.external_id for article in articles} == {"good.txt", "odd.txt/inside.txt"}
    assert "folder" in skipped["odd.txt"]


def test_a_pipe_does_not_hang_the_reading(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    articles, skipped = read(folder)
    assert len(articles) == 1
    assert skipped == {"pipe.txt": "not a regular file"}


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from index.readers import FolderSource
from index.schema import Skipped
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for item in FolderSource(Path(sys.argv[1])).read():
    print(item.name + "|" + item.reason if isinstance(item, Skipped) else item.external_id)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs file permissions")
def test_an_unreadable_file_and_folder_are_named(folder: Path) -> None:
    (folder / "secret.txt").write_text(STORY, encoding="utf-8")
    (folder / "vault").mkdir()
    (folder / "vault" / "x.txt").write_text(STORY, encoding="utf-8")
    closed = [folder / "secret.txt", folder / "vault"]
    parents = [folder, *list(folder.parents)[:2]]
    for parent in parents:
        parent.chmod(0o755)
    for path in closed:
        path.chmod(0)
    try:
        child = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, str(folder)], capture_output=True, text=True, check=False
        )
    finally:
        for path in closed:
            path.chmod(0o755)
    lines = child.stdout.splitlines()
    assert "good.txt" in lines, child.stderr
    assert f"{folder}/secret.txt|cannot be read: permission denied" in lines
    assert f"{folder}/vault|cannot be read: permission denied" in lines


def test_a_name_that_is_no_unicode(folder: Path) -> None:
    try:
        with open(os.fsencode(folder) + b"/caf\xe9.txt", "wb") as file:
            file.write(STORY.encode())
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    articles, _ = read(folder)
    assert {article.external_id for article in articles} == {"good.txt", "caf?.txt"}
    for article in articles:
        f"{article.id}{article.title}{article.external_id}".encode()
    with_its_name = Path(os.fsdecode(os.fsencode(folder) + b"/f\xe9"))
    with_its_name.mkdir()
    source = FolderSource(with_its_name)
    assert source.key.endswith("/f\\xe9"), "a key that can be stored, and told from that of f\\xe8"
    assert source.label == "f?"


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    assert list(FolderSource(tmp_path).read()) == []


@pytest.mark.parametrize("name", ["missing", "missing.txt", "a/b/c", "nul\0byte"])
def test_a_missing_path_is_said_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no such file or folder") as caught:
        FolderSource(tmp_path / name)
    assert name in str(caught.value)
    assert "footnote build" in caught.value.next_step


def test_a_single_file_of_another_type_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(InputError, match=r"photo\.jpg"):
        FolderSource(tmp_path / "photo.jpg")


def test_a_pipe_named_as_the_source_is_said_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(InputError, match=r"pipe\.txt: cannot be read as articles"):
        FolderSource(tmp_path / "pipe.txt")


def test_a_folder_that_vanishes_while_it_is_read(folder: Path) -> None:
    source = FolderSource(folder)
    (folder / "good.txt").unlink()
    folder.rmdir()
    (skipped,) = source.read()
    assert isinstance(skipped, Skipped)
    assert "cannot be read" in skipped.reason


@pytest.mark.parametrize(
    "source",
    [
        "<html><body>" + "<div>" * 50_000 + "x" + "</div>" * 50_000,
        "<ul><li>" * 5_000 + STORY,
        "<table><tr><td>" * 500 + STORY,
        "<" * 500_000,
        "<!--" * 100_000 + STORY,
        "<p " + "a='b' " * 100_000 + ">" + STORY,
        page("<article>" + "<b>" * 3_000 + STORY + "</b>" * 3_000 + "</article>"),
    ],
    ids=["divs", "lists", "tables", "brackets", "comments", "attributes", "bold"],
)
@pytest.mark.timeout(60)
def test_pages_built_to_choke_a_parser(folder: Path, source: str) -> None:
    (folder / "trap.html").write_text(source, encoding="utf-8")
    articles, skipped = read(folder)
    assert articles[0].external_id == "good.txt"
    assert len(articles) + len(skipped) == 2


@pytest.mark.parametrize(
    "source",
    [
        ">" * 50_000 + " x",
        "[" * 20_000,
        "![" * 20_000,
        "[a](" * 10_000,
        "*a **b " * 10_000,
        "`" * 50_000,
        "<a" * 20_000,
    ],
    ids=lambda source: source[:6],
)
@pytest.mark.timeout(60)
def test_markdown_built_to_choke_a_parser(folder: Path, source: str) -> None:
    (folder / "trap.md").write_text(source, encoding="utf-8")
    articles, skipped = read(folder)
    assert articles[0].external_id == "good.txt"
    assert len(articles) + len(skipped) == 2


def test_very_long_lines_and_very_many(tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("The water rose again. " * 50_000, encoding="utf-8")
    (tmp_path / "lines.txt").write_text("The water rose again.\n" * 100_000, encoding="utf-8")
    articles, skipped = read(tmp_path)
    assert not skipped
    assert [len(article.text) for article in articles] == [50_000 * 22 - 1, 100_000 * 22 - 1]
