"""A piece becomes an article: clean text, a title, an identifier, pages where the clean text has them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate

from index.clean import clean_line, clean_text, normalize
from index.decode import NotAnArticleError
from index.formats.piece import Piece
from index.metadata import guess_language, not_ahead
from index.schema import Article, article_id

_MAX_TITLE = 120
_TELLING, _FAR = 20, 40
"""Characters from which a line is known again by itself, and how many lines on it is looked for."""


def article_of(
    piece: Piece, *, key: str, label: str, name: str, stem: str = "", collection: str = "default"
) -> Article:
    """The article a piece stands for. Raises `NotAnArticleError` where it has no text, with the reason.

    `key` and `label` are the source's (`schema.Source`), `name` the file's path in it or its address,
    `stem` a title for want of another. A date later than tomorrow is not taken (`metadata.not_ahead`).
    """
    fields = piece.fields
    whole = text = clean_text(piece.body)
    title = fields.title
    if not title:
        title, text = _title_from(text, piece.stem or stem)
    text = _without_leading_title(text, title)
    if not text:
        raise NotAnArticleError(
            "no text in it besides its title or promotion" if piece.body.strip() else "it has no text"
        )
    external_id = fields.external_id or f"{name}{piece.part}"
    pages = _moved(piece, whole, len(whole) - len(text)) if piece.pages else ()
    return Article(
        id=article_id(key, external_id),
        external_id=external_id,
        title=title,
        url=fields.url,
        text=text,
        published=not_ahead(fields.published),
        modified=not_ahead(fields.modified),
        authors=fields.authors,
        source=label,
        site=fields.site,
        topic=fields.topic,
        language=fields.language or guess_language(text),
        collection=collection,
        fetched_at=piece.fetched_at,
        corrects=fields.corrects,
        pages=pages,
    )


def _moved(piece: Piece, clean: str, cut: int) -> tuple[int, ...]:
    """Where the pages begin in the clean text less its first `cut` characters.

    Cleaning only drops characters, sentences and lines: each line is found again in the clean text, and
    within one that was shortened a page's beginning may be off by what it lost.
    """
    normal = normalize(piece.body)
    starts = list(piece.pages)
    if normal != piece.body:
        at, starts = 0, []
        for start, end in zip(piece.pages, [*piece.pages[1:], len(piece.body)], strict=True):
            starts.append(at)
            at += len(normalize(f"x{piece.body[start:end]}x")) - 2
    places = _kept_lines(normal, clean)
    lines = [line for line, _, _ in places]
    moved: list[int] = []
    for at in starts:
        line = bisect_right(lines, at) - 1
        if line < 0:
            moved.append(0)
            continue
        began, now, length = places[line]
        moved.append(now + min(at - began, length))
    return tuple(max(0, at - cut) for at in moved)


def _kept_lines(normal: str, clean: str) -> list[tuple[int, int, int]]:
    """For each line of `normal` its offset, its offset in `clean` and its length there (0 when it went)."""
    kept = clean.split("\n")
    offsets = [0, *accumulate(len(line) + 1 for line in kept)]
    places: dict[str, list[int]] = {}
    for number, line in enumerate(kept):
        if len(line) > _TELLING:
            places.setdefault(line, []).append(number)
    found: list[tuple[int, int, int]] = []
    place = at = 0
    for line in normal.split("\n"):
        same = places.get(line, ())
        later = bisect_left(same, place)
        if later < len(same) and same[later] - place <= _FAR:
            place = same[later]
        now = min(offsets[min(place, len(kept))], len(clean))
        stays = place < len(kept) and (line == kept[place] or _shortened(line, kept[place]))
        found.append((at, now, len(kept[place]) if stays else 0))
        place += stays
        at += len(line) + 1
    return found


def _shortened(line: str, kept: str) -> bool:
    """Whether a line that lost some of its sentences is what was kept."""
    return 0 < len(kept) < len(line) and (line.startswith(kept[:20]) or line.endswith(kept[-20:]))


def _title_from(text: str, stem: str) -> tuple[str, str]:
    """A title and the text after it: a short first line when more follows, else the file's name."""
    first, _, rest = text.partition("\n")
    words = len(first.split())
    short = 0 < len(first) <= _MAX_TITLE and words <= 20
    if short and rest.strip() and not re.search(r"[.,;:]$", first) and not first.startswith(("-", "*", "•")):
        return first, rest.strip("\n")
    return _title_of_name(stem), text


def _title_of_name(stem: str) -> str:
    name = clean_line(re.sub(r"[_\-]+", " ", printable(stem)))
    return (name[:1].upper() + name[1:])[:300] or "Untitled"


def _without_leading_title(text: str, title: str) -> str:
    """The title is stored on its own; repeated as first line it would be quoted as a sentence."""
    first, _, rest = text.partition("\n")
    if rest.strip() and first.casefold().strip(" .#") == title.casefold().strip(" .#"):
        return rest.strip("\n")
    return text


def printable(name: str) -> str:
    """A file name as text: bytes that are not UTF-8 arrive as lone surrogates and become `?`."""
    return name.encode("utf-8", "replace").decode("utf-8")
