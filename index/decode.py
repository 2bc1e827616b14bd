"""Bytes to text: what encoding a file is in, or why it is no text at all."""

from __future__ import annotations

import codecs
import errno
import re

_OF_THE_CONTENT = (None, errno.EINVAL)
"""What `OSError.errno` is where a library stumbled over a damaged file rather than a disk over reading it."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
)

# The UTF-32 marks come first: the little-endian one begins with the UTF-16 mark.
_BYTE_ORDER_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_SAMPLE = 65_536
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.I)
# Letters and marks that Western European text uses beyond ASCII; other signs speak against Windows-1252.
_WESTERN = re.compile(r"[À-ÖØ-öø-ÿŒœŠšŽžŸ‘’“”‚„–—…«»°§£€¡¿ªº·´²³½¼¾©®™•\u00a0]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class NotAnArticleError(ValueError):
    """An input that cannot become an article; the message is the reason, in words for people."""


class NotReadNowError(NotAnArticleError):
    """An input that could not be read this time: another try may succeed (`schema.Skipped.temporary`)."""


def unreadable(error: BaseException, reason: str) -> NotAnArticleError:
    """The error to raise for `reason`: a `NotReadNowError` where the disk failed rather than the content."""
    if isinstance(error, OSError) and error.errno not in _OF_THE_CONTENT:
        return NotReadNowError(f"cannot be read: {(error.strerror or str(error)).lower()}")
    return NotAnArticleError(reason)


def byte_order_mark(data: bytes) -> tuple[str, int]:
    """The encoding a byte order mark announces and the mark's length in bytes; ("", 0) without one."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    return "", 0


def decode(data: bytes, *, markup: bool = False) -> str:
    """The text that `data` holds, without a byte order mark.

    Tried in this order: a byte order mark, UTF-16 without a mark (by where its zero bytes stand),
    UTF-8, for `markup` the character set the page declares, Windows-1252, a statistical guess.
    Raises `NotAnArticleError` for empty and for binary data, with the reason.
    """
    if not data.strip():
        raise NotAnArticleError("the file is empty")
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise NotAnArticleError(f"this is {what}, not text")
    encoding, width = byte_order_mark(data)
    if encoding:
        text = data[width:].decode(encoding, "replace")
        if text.count("\ufffd") > len(text) // 50 + 1:
            raise NotAnArticleError(f"marked as {encoding.upper()} but cannot be decoded as such")
        return _checked(text)
    if b"\0" in data:
        return _checked(_decode_unmarked_utf16(data))
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if markup and (declared := _declared_encoding(data)):
        try:
            return _checked(data.decode(declared, "strict"))
        except (LookupError, UnicodeError):  # a codec for something else than text, or not of this page
            pass
    return _checked(_decode_legacy(data))


def _declared_encoding(data: bytes) -> str:
    """The character set a page declares; "" for none, for one it cannot be in (its declaration was read
    as ASCII), and for Latin-1, by which pages mean Windows-1252 (as the HTML standard has it)."""
    found = _META_CHARSET.search(data[:4096])
    try:
        name = codecs.lookup(found.group(1).decode("ascii")).name if found else ""
    except LookupError:
        return ""
    return "" if name.startswith(("utf-16", "utf-32")) or name in ("iso8859-1", "ascii") else name


def _decode_unmarked_utf16(data: bytes) -> str:
    """UTF-16 text has its zero bytes at even or at odd places only; anything else is binary."""
    sample = data[:_SAMPLE]
    half = max(1, len(sample) // 2)
    even, odd = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > 0.3 and others < 0.02 and len(data) % 2 == 0:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                break
    raise NotAnArticleError("binary data, not text (it contains zero bytes)")


def _decode_legacy(data: bytes) -> str:
    """Text from before UTF-8, or UTF-8 with a few broken bytes."""
    patched = data.decode("utf-8", "replace")
    broken = patched.count("\ufffd")
    intact = len(_NOT_ASCII.findall(patched[:_SAMPLE])) - patched[:_SAMPLE].count("\ufffd")
    if broken and intact > 4 * broken:
        return patched
    try:
        western = data.decode("cp1252")
    except UnicodeDecodeError:
        western = data.decode("latin-1")
    foreign = _NOT_ASCII.findall(western[:_SAMPLE])
    if sum(1 for sign in foreign if _WESTERN.match(sign)) >= 0.9 * len(foreign) and len(foreign) < 0.25 * min(
        len(western), _SAMPLE
    ):
        return western
    from charset_normalizer import from_bytes

    # The tail of a sample may cut a character in two: the guess is made on it, the decoding is not.
    guess = from_bytes(data[:_SAMPLE]).best()
    if guess is None:
        raise NotAnArticleError("binary data, or text in an unknown encoding")
    return data.decode(guess.encoding, "replace")


def _checked(text: str) -> str:
    sample = text[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > len(sample) // 100:
        raise NotAnArticleError("binary data, not text")
    return text
