"""Word's .docx: mammoth makes HTML of it (headings, lists, tables, notes), `html_flow` its words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from index.decode import NotAnArticleError
from index.formats.archive import Archive, local
from index.formats.flow import html_flow
from index.formats.pdf import sensible_authors, sensible_title
from index.formats.piece import Piece
from index.metadata import Fields, language_code, line_of, parse_date, web_address
from index.schema import Skipped

_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => h2:fresh"


def read_docx(file: Path | bytes) -> Iterator[Piece | Skipped]:
    """The document as one piece. Raises `NotAnArticleError` where it cannot be read, with the reason."""
    import mammoth

    with Archive(file) as archive:
        for name in sorted(archive.names):
            if name.endswith((".xml", ".rels")) and not name.startswith("docProps/"):
                _refuse_entities(archive.read(name), name)
        fields = _fields(archive)
        stream = io.BytesIO(file) if isinstance(file, bytes) else file.open("rb")
        with stream:
            try:
                made = mammoth.convert_to_html(
                    stream, style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {})
                )
            except RecursionError as error:
                raise NotAnArticleError("this document is nested too deeply") from error
            except MemoryError:
                raise
            except Exception as error:
                raise NotAnArticleError(
                    f"this document is damaged ({type(error).__name__} while reading it)"
                ) from error
    html = made.value
    if not html.strip():
        raise NotAnArticleError("this document has no text")
    flowed = html_flow(f"<html><body>{html}</body></html>")
    title = fields.title or flowed.heading
    yield Piece(Fields(title=title[:300], published=fields.published, modified=fields.modified,
                       authors=fields.authors, language=fields.language, url=fields.url), flowed.text)  # fmt: skip


def _refuse_entities(data: bytes, name: str) -> None:
    """mammoth parses with a parser that expands entities; these files have no use for them."""
    try:
        data.decode("utf-8")  # other encodings could hide the declaration
    except UnicodeDecodeError as error:
        raise NotAnArticleError(f"damaged: its part {name!r} is not UTF-8") from error
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise NotAnArticleError(f"its part {name!r} declares XML entities, which are not followed")


def _fields(archive: Archive) -> Fields:
    """The core properties; without them, or with damaged ones, a document has its words all the same."""
    try:
        said = {local(element.tag): element.text or "" for element in archive.xml("docProps/core.xml")}
    except NotAnArticleError:
        return Fields()
    created, modified = parse_date(said.get("created", "")), parse_date(said.get("modified", ""))
    return Fields(
        title=sensible_title(line_of(said.get("title", ""))),
        url=web_address(said.get("identifier", "")),
        published=created,
        modified=modified if modified and (created is None or modified > created) else None,
        authors=sensible_authors(said.get("creator", "")),
        language=language_code(said.get("language", "")),
    )
