"""Mail: single messages (.eml) and mailboxes (.mbox); a newsletter is an article like any other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import PurePath
from typing import IO

from index.clean import unwrap
from index.decode import NotAnArticleError, decode
from index.formats.flow import html_flow
from index.formats.piece import Piece
from index.markup import html_to_text
from index.metadata import Fields, language_code, line_of, web_address
from index.schema import Skipped

MAX_DEPTH = 100
"""Messages and parts within each other; more are built to break a parser."""
MAX_PARTS = 1_000
_MAX_NAMED = 20
_READ_ELSEWHERE = (".pdf", ".docx", ".epub", ".html", ".htm", ".txt", ".md")
_SIGNATURE = re.compile(r"\n-- ?\n.*\Z", re.S)
_BOUNDARY = re.compile(rb"boundary\s*=", re.I)


def read_mail(data: bytes) -> Iterator[Piece | Skipped]:
    """One message: subject, first sender, date, its text (the HTML part where that says as much), and a
    `Skipped` for each attachment that would be an article by itself. Raises `NotAnArticleError`."""
    message = _parsed(data)
    texts, attached = _parts(message)
    body, fields = _body(texts)
    for name in attached[:_MAX_NAMED]:
        yield Skipped("", f"its attachment {name!r} is not read (save it beside the message)")
    if len(attached) > _MAX_NAMED:
        yield Skipped("", f"and {len(attached) - _MAX_NAMED:,} more attachments")
    senders = getaddresses([_header(message, "From") or _header(message, "Sender")])[:20]
    yield Piece(
        Fields(
            external_id=line_of(_header(message, "Message-ID")).strip("<> ")[:500],
            title=line_of(_header(message, "Subject"))[:300],
            url=web_address(_header(message, "Archived-At").strip("<> ")) or fields.url,
            site=fields.site,
            published=_day(message),
            authors=tuple(
                dict.fromkeys(line for name, address in senders if (line := line_of(name or address)))
            ),
            language=language_code(_header(message, "Content-Language")) or fields.language,
        ),
        body,
    )


def read_mbox(file: IO[bytes], max_bytes: int) -> Iterator[Piece | Skipped]:
    """The messages of a mailbox, one in memory at a time; `max_bytes` is for one message."""
    number = 0
    for number, data in enumerate(_messages(file, max_bytes), start=1):
        label = f": message {number}"
        if data is None:
            yield Skipped(label, f"larger than {max_bytes // 1_000_000} MB")
            continue
        try:
            for item in read_mail(data):
                if isinstance(item, Skipped):
                    yield Skipped(label, item.reason)
                else:
                    yield Piece(
                        item.fields, item.body, part=f"#{number}", label=label, stem=f"message {number}"
                    )
        except NotAnArticleError as reason:
            yield Skipped(label, str(reason))
    if not number:
        raise NotAnArticleError("this is no mailbox (no line in it begins with “From ”)")


def _messages(file: IO[bytes], max_bytes: int) -> Iterator[bytes | None]:
    """Each message's bytes; None for one that is too large. `From ` at the head of a line after a blank
    one begins the next (the mboxrd form: `>From ` in a text is `From `)."""
    lines: list[bytes] = []
    size = 0
    inside = False
    blank = True
    whole = True  # the last chunk ended its line
    while line := file.readline(65_536):
        if whole and blank and line.startswith(b"From "):
            if inside:
                yield b"".join(lines) if size <= max_bytes else None
            lines, size, inside = [], 0, True
        elif inside:
            size += len(line)
            if size <= max_bytes:
                lines.append(line[1:] if whole and re.match(rb">+From ", line) else line)
            else:
                lines.clear()
        blank = whole and line in (b"\n", b"\r\n")
        whole = line.endswith(b"\n")
    if inside:
        yield b"".join(lines) if size <= max_bytes else None


def _parsed(data: bytes) -> Message:
    if len(_BOUNDARY.findall(data)) > MAX_PARTS:
        raise NotAnArticleError(f"this message has more than {MAX_PARTS:,} multiparts")
    try:
        message = message_from_bytes(data)
    except RecursionError as error:
        raise NotAnArticleError("this message is nested too deeply") from error
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise NotAnArticleError(f"this message is malformed ({type(error).__name__})") from error
    if not message.keys():
        raise NotAnArticleError("this is no mail message (it has no header)")
    return message


def _parts(message: Message) -> tuple[dict[str, str], list[str]]:
    """The first plain and the first HTML part's text by MIME type, and the names of attachments that are documents."""
    texts: dict[str, str] = {}
    attached: list[str] = []
    pending: list[tuple[Message, int]] = [(message, 0)]
    problem = ""
    seen = 0
    while pending:
        part, depth = pending.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            raise NotAnArticleError("this message is nested too deeply or has too many parts")
        if part.is_multipart():
            inner = part.get_payload()
            if isinstance(inner, list) and (depth == 0 or part.get_content_maintype() == "multipart"):
                pending += [(child, depth + 1) for child in reversed(inner) if isinstance(child, Message)]
            continue
        name = _filename(part)
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment" or (name and not kind.startswith("text/")):
            if PurePath(name.lower()).suffix in _READ_ELSEWHERE or kind == "application/pdf":
                attached.append(name or "without a name (PDF)")
        elif kind in ("text/plain", "text/html") and kind not in texts:
            try:
                texts[kind] = _text(part)
            except NotAnArticleError as reason:
                problem = problem or str(reason)
    if not texts:
        raise NotAnArticleError(f"no text in this message{f': {problem}' if problem else ''}")
    return texts, attached


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        raise NotAnArticleError("it has no text")
    charset = part.get_content_charset()
    try:
        if charset and charset not in ("us-ascii", "utf-8", "iso-8859-1"):
            text = data.decode(charset, "strict")
            if isinstance(text, str) and "\0" not in text:
                return text
    except (
        LookupError,
        UnicodeError,
        ValueError,
        AssertionError,
    ):  # unknown, wrong, or a codec for something else
        pass
    return decode(data, markup=part.get_content_type() == "text/html")


def _body(texts: dict[str, str]) -> tuple[str, Fields]:
    """The text of a message: of its HTML where that holds most of what the plain part says."""
    plain = _SIGNATURE.sub("\n", texts.get("text/plain", "").replace("\r\n", "\n"))
    page = texts.get("text/html", "")
    if not page:
        return unwrap(plain), Fields()
    fields, words = Fields(), ""
    try:
        fields, words = html_to_text(page)
    except NotAnArticleError:
        words = ""
    if len(words) < 0.5 * len(plain.strip()):
        return unwrap(plain), fields
    if len(words) < 400:  # a short message is no page: nothing in it is furniture
        with suppress(NotAnArticleError):
            words = html_flow(page).text or words
    if not words.strip():
        raise NotAnArticleError("no text in this message")
    return words, fields


def _header(message: Message, name: str) -> str:
    """A header in clear text; what cannot be decoded stays as it is."""
    value = message.get(name)
    if value is None:
        return ""
    text = str(value)[:10_000]
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, LookupError, UnicodeError, ValueError, AssertionError, TypeError):
        return text


def _filename(part: Message) -> str:
    try:
        return line_of(part.get_filename() or "")[:200]
    except (MessageError, LookupError, UnicodeError, ValueError, TypeError, AttributeError):
        return ""


def _day(message: Message) -> date | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date()
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
