"""Chunks and sentences: exact offsets, nothing lost, nothing torn."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.schema import Document

from index.schema import Article
from index.split import SentenceChunker, embedding_text, is_heading, sentence_spans, split_article


class WordTokens:
    """Every word a token."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\S+", text)]


def article(text: str) -> Article:
    return Article("a-1", "a", "Title", "", text, language="en")


PROSE = st.text(alphabet="abc DE.!?\n,“”é😀1", max_size=400)


@given(PROSE)
def test_sentences_hold_every_visible_character_in_order(text: str) -> None:
    spans = sentence_spans(text)
    assert all(a < b for a, b in spans)
    assert all(x[1] <= y[0] for x, y in pairwise(spans))
    shown = "".join(text[a:b] for a, b in spans)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


@given(PROSE, st.integers(min_value=5, max_value=60), st.integers(min_value=0, max_value=10))
def test_a_chunk_is_exactly_its_span_and_within_its_size(text: str, size: int, overlap: int) -> None:
    made = split_article(article(text), WordTokens(), chunk_size=size, overlap=overlap)
    for chunk in made:
        assert text[chunk.start : chunk.end] == chunk.text
        assert len(chunk.text.split()) <= size
    assert [c.ordinal for c in made] == list(range(len(made)))
    assert len({c.id for c in made}) == len(made)
    if not overlap:
        shown = "".join(c.text for c in made)
        assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Smith met Mr. Jones at 3.5 p.m. in the U.S. on Jan. 5. He left.", 2),
        ('"It works," he said. Then he left!', 2),
        ("First line without a stop\nSecond line.", 2),
        ("16 September 1987. The treaty is agreed. It has eleven parts.", 2),
        ("It led a poll of Kerrang! magazine readers. The band won.", 2),
        ("- 1986 and 1987. Ships go south.\n- 1995: Three chemists are honoured.", 2),
        ("It closed in June 1995. The last guest left.", 2),
        ("Nobody paid in 1995. The last guest left.", 2),
        ("", 0),
        ("   \n\n  ", 0),
    ],
)
def test_sentences_end_where_people_end_them(text: str, count: int) -> None:
    assert len(sentence_spans(text)) == count


def test_a_date_alone_heads_its_sentence_in_german_too() -> None:
    assert len(sentence_spans("1. September 1939. Der Krieg beginnt.", "de")) == 1


def test_one_sentence_longer_than_a_chunk_is_cut_between_words() -> None:
    text = " ".join(f"word{n}" for n in range(95)) + "."
    made = split_article(article(text), WordTokens(), chunk_size=20)
    assert len(made) == 5
    assert all(chunk.text.startswith("word") for chunk in made)


def test_a_chunk_remembers_its_heading_and_the_title_is_embedded_in_front() -> None:
    text = "The start\n\n" + "One sentence here. " * 20 + "\n\nThe cost\n\nIt cost much money. It took long."
    made = split_article(article(text.replace("  ", " ")), WordTokens(), chunk_size=40)
    assert made[-1].heading == "The cost"
    assert embedding_text(article(text), made[-1]).startswith("Title")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("The cost", True),
        ("Who sits on the Council?", True),
        ("It opened in 1914.", False),
        ("x" * 100, False),
        ("", False),
    ],
)
def test_headings_are_short_lines_without_a_stop(line: str, expected: bool) -> None:
    assert is_heading(line) is expected


def test_as_a_node_parser_the_offsets_point_into_the_document() -> None:
    text = "One sentence here. " * 30
    nodes = SentenceChunker(WordTokens(), chunk_size=20).get_nodes_from_documents([Document(text=text)])
    assert len(nodes) > 3
    for node in nodes:
        assert text[node.start_char_idx : node.end_char_idx] == node.get_content()  # type: ignore[attr-defined]


def test_the_first_sentence_stands_in_for_a_missing_title() -> None:
    from dataclasses import replace

    long = (
        "Washington AP\n\nThe senate passed a bill on ferries after a long night of debate. "
        + "More was said about it. " * 120
    )
    untitled = replace(article(long), title="")
    made = split_article(untitled, WordTokens(), chunk_size=50, overlap=0)
    assert embedding_text(untitled, made[0]) == made[0].text
    assert embedding_text(untitled, made[-1]).startswith("The senate passed a bill on ferries")
    assert made[-1].text == untitled.text[made[-1].start : made[-1].end]
