"""Articles into sentences and chunks, with exact character offsets.

Sentences come from sentencex (Wikimedia's rule-based segmenter for many languages). A chunk is a
run of whole sentences of at most `chunk_size` tokens of the embedder's own tokenizer; a chunk ends
early at a heading, so that a section does not begin in the middle of one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import BaseNode, Document, NodeRelationship, TextNode
from pydantic import PrivateAttr

from index.schema import Article, Chunk

MAX_HEADING = 90
_SENTENCE_END = (".", "!", "?", "…", ":", ";", ",", "。", "”", '"', "»", ")")
_DATE = re.compile(
    r"(?:[-*•–]\s*)?(?:(?:\d{1,2}\.?|\d{4}|[A-ZÀ-Þ][a-zà-ÿ]{2,10}|de|del|and|und|y|to|bis|[–-])\s+){0,5}(?:1\d|20)\d\d[.:]"
)

_NAMED = re.compile(r"\w [A-ZÀ-Þ]\w+!$")


class Tokenizes(Protocol):
    """What splitting needs of an embedder."""

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


def sentence_spans(text: str, language: str = "en") -> list[tuple[int, int]]:
    """The (start, end) of each sentence, white space around it left out; never across a line break
    that ends a paragraph, and together they hold every visible character of `text`."""
    from sentencex import get_sentence_boundaries  # pyright: ignore[reportAttributeAccessIssue]

    spans: list[tuple[int, int]] = []
    for block in re.finditer(r"[^\n]+", text):  # line by line: a list item or a heading is its own unit
        if not block.group().strip():
            continue
        offset = block.start()
        for boundary in get_sentence_boundaries(language or "en", block.group()):
            start, end = offset + boundary["start_index"], offset + boundary["end_index"]
            while start < end and text[start].isspace():
                start += 1
            while end > start and text[end - 1].isspace():
                end -= 1
            if end > start:
                if spans and _belongs_to_previous(text, spans[-1], start, end, offset):
                    spans[-1] = (spans[-1][0], end)
                else:
                    spans.append((start, end))
    return spans


def _belongs_to_previous(text: str, previous: tuple[int, int], start: int, end: int, line: int) -> bool:
    """A closing quotation mark or bracket cut off from its sentence, a lower-case rest of it, or what the date before it
    heads, as in a timeline: "16 September 1987. The treaty is agreed." says when, neither half does. A mark that belongs to a
    name ends no sentence: "readers of Kerrang! magazine"."""
    if previous[0] < line:
        return False
    if not text[line : previous[0]].strip() and _DATE.fullmatch(text, *previous):
        return True
    piece = text[start:end]
    return (piece[0] in "”’»)]" and len(piece) <= 2) or (
        piece[0].islower() and (text[previous[1] - 1] not in "!?" or bool(_NAMED.search(text, *previous)))
    )


def is_heading(line: str) -> bool:
    """A short line of its own that does not end like a sentence (questions in an explainer count)."""
    line = line.strip()
    if not line or len(line) > MAX_HEADING or "\n" in line:
        return False
    return not line.endswith(_SENTENCE_END) or (line.endswith("?") and len(line.split()) <= 14)


def split_article(
    article: Article, embedder: Tokenizes, *, chunk_size: int = 200, overlap: int = 0
) -> list[Chunk]:
    """The article's chunks in order; `article.text[c.start:c.end] == c.text` for each.

    At most `chunk_size` tokens each, except that a single sentence longer than that is cut at word
    borders into pieces of that size. `overlap` repeats the last sentences of a chunk, up to so many
    tokens, at the start of the next.
    """
    text = article.text
    pieces = _pieces(text, embedder, article.language or "en", chunk_size)
    prefix = f"{article.id}:{article.content_hash[:8]}"
    chunks: list[Chunk] = []
    heading = ""
    current: list[tuple[int, int, int]] = []
    current_heading = ""

    def close() -> None:
        if not current:
            return
        start, end = current[0][0], current[-1][1]
        chunks.append(
            Chunk(
                f"{prefix}:{len(chunks)}",
                article.id,
                len(chunks),
                text[start:end],
                start,
                end,
                current_heading,
            )
        )

    total = 0
    for start, end, tokens, heads in pieces:
        if heads:
            heading = text[start:end].strip()
        if current and (total + tokens > chunk_size or (heads and total > chunk_size // 3)):
            close()
            kept: list[tuple[int, int, int]] = []
            room = min(overlap, chunk_size - tokens)
            for item in reversed(current):
                if heads or item[2] > room:
                    break
                room -= item[2]
                kept.insert(0, item)
            current, total = kept, sum(item[2] for item in kept)
        if not current:
            current_heading = heading
        current.append((start, end, tokens))
        total += tokens
    close()
    return chunks


def _pieces(
    text: str, embedder: Tokenizes, language: str, chunk_size: int
) -> list[tuple[int, int, int, bool]]:
    """(start, end, tokens, is a heading) of each sentence; overlong ones already cut."""
    tokens = embedder.token_spans(text)
    pieces: list[tuple[int, int, int, bool]] = []
    position = 0
    for start, end in sentence_spans(text, language):
        while position < len(tokens) and tokens[position][1] <= start:
            position += 1
        first = position
        while position < len(tokens) and tokens[position][0] < end:
            position += 1
        count = position - first
        if count <= chunk_size:
            alone = (start == 0 or text[start - 1] == "\n") and (end == len(text) or text[end] == "\n")
            pieces.append((start, end, count, alone and is_heading(text[start:end])))
            continue
        begin = first
        while begin < position:  # cut before a token that starts a word, so that no word is torn
            stop = min(begin + chunk_size, position)
            cut = stop
            while (
                stop < position and cut > begin + chunk_size // 2 and not text[tokens[cut][0] - 1].isspace()
            ):
                cut -= 1
            stop = cut if cut > begin + chunk_size // 2 else stop
            piece_start = start if begin == first else tokens[begin][0]
            piece_end = end if stop == position else tokens[stop - 1][1]
            pieces.append((piece_start, piece_end, stop - begin, False))
            begin = stop
    return pieces


SUBJECT_WORDS = 6, 24
"""A first sentence of at least so many words stands in for a missing title, cut after so many."""


def subject(article: Article) -> str:
    """What an article is about, for finding its later chunks: its title, or the beginning of its first
    whole sentence where it has none (news agencies' texts often have none)."""
    if article.title:
        return article.title
    head = article.text[:600]
    least, most = SUBJECT_WORDS
    for start, end in sentence_spans(head, article.language or "en"):
        words = head[start:end].split()
        if len(words) >= least and "\n" not in head[start:end].strip():
            return " ".join(words[:most])
    return ""


def embedding_text(article: Article, chunk: Chunk) -> str:
    """The words embedded and indexed for a chunk: the title (and the section's heading) stand in
    front, since a passage alone often does not name what it is about."""
    head = subject(article) if chunk.start else article.title
    if chunk.heading and chunk.heading not in (article.title, chunk.text[: len(chunk.heading)]):
        head = f"{head}: {chunk.heading}" if head else chunk.heading
    return f"{head}\n{chunk.text}" if head else chunk.text


class SentenceChunker(NodeParser):
    """The same splitting as a LlamaIndex node parser: nodes carry `start_char_idx` / `end_char_idx`
    into the document's text, and the metadata of the document."""

    chunk_size: int = 200
    overlap: int = 0
    _embedder: Any = PrivateAttr()

    def __init__(self, embedder: Tokenizes, *, chunk_size: int = 200, overlap: int = 0) -> None:
        super().__init__(chunk_size=chunk_size, overlap=overlap)  # type: ignore[call-arg]
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        return "SentenceChunker"

    def _parse_nodes(
        self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any
    ) -> list[BaseNode]:
        found: list[BaseNode] = []
        for node in nodes:
            if not isinstance(node, Document | TextNode):
                continue
            metadata = node.metadata
            article = Article(
                id=node.node_id,
                external_id=node.node_id,
                title=str(metadata.get("title", "")),
                url=str(metadata.get("url", "")),
                text=node.text,
                language=str(metadata.get("language", "")),
            )
            for chunk in split_article(
                article, self._embedder, chunk_size=self.chunk_size, overlap=self.overlap
            ):
                made = TextNode(
                    id_=chunk.id,
                    text=chunk.text,
                    start_char_idx=chunk.start,
                    end_char_idx=chunk.end,
                    metadata={**metadata, "heading": chunk.heading, "ordinal": chunk.ordinal},
                )
                made.relationships[NodeRelationship.SOURCE] = node.as_related_node_info()
                found.append(made)
        return found
