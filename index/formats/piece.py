"""What a parser hands on: one article's words and what was said about it, before it is cleaned."""

from __future__ import annotations

from dataclasses import dataclass

from index.metadata import Fields


@dataclass(frozen=True, slots=True)
class Piece:
    """One article found in a file.

    `pages` are the offsets in `body` at which pages begin. `part` is what is added to the file's
    path for the article's identifier ("#ch2.xhtml"; empty where a file is one article), `label` the
    same for people (": message 3"). `stem` stands in for a missing title, `fetched_at` is an ISO time.
    """

    fields: Fields
    body: str
    pages: tuple[int, ...] = ()
    part: str = ""
    label: str = ""
    stem: str = ""
    fetched_at: str = ""
