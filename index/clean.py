"""The normal form of an article's text, which every quote and offset counts in."""

from __future__ import annotations

import re
import unicodedata

from index.promotion import without_promotion

# Invisible characters that only mislead: controls, soft hyphen, zero-width, text-direction overrides,
# byte order mark, interlinear and tag characters, lone surrogates, non-characters. The zero-width
# joiners stay where they shape letters or emoji (see _JOINERS).
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e007f\ud800-\udfff]+"
)
_JOINER_RUNS = re.compile("([\u200c\u200d])[\u200c\u200d]+")
_JOINERS = re.compile("(?:(?<=[\x00-\u02ff])|^)[\u200c\u200d]|[\u200c\u200d](?=[\x00-\u02ff]|$)")
# More marks on one letter than any writing uses, which canonical ordering takes quadratic time for
# (the limit is that of Unicode's stream-safe text format).
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0730-\u074a\u0e38-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe20-\ufe2f"
_MARK = re.compile(f"[{_MARKS}]")
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")
_LINE_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\t\x1f \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_OTHER_SPACE = re.compile("[\t\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_EDGES = re.compile(" ?\n ?")
_BLANK_LINES = re.compile("\n{3,}")


def normalize(text: str) -> str:
    """`text` in its normal form; promotion is left in.

    NFC; line breaks are `\\n`, at most two in a row; one space between words, none at the ends of
    lines; no control, zero-width or text-direction characters, no lone surrogates.
    """
    # Each step costs a pass over the text; which are needed shows in the few characters it consists of.
    characters = "".join(set(text))
    if _LINE_BREAKS.search(characters):
        text = _LINE_BREAKS.sub("\n", text)
    if _INVISIBLE.search(characters):
        text = _INVISIBLE.sub("", text)
    if "\u200c" in characters or "\u200d" in characters:
        text = _JOINERS.sub("", _JOINER_RUNS.sub(r"\1", text))
    if not text.isascii():
        if _MARK.search(characters):
            text = _TOO_MANY_MARKS.sub(r"\1", text)
        text = unicodedata.normalize("NFC", text)
    if "  " in text or _OTHER_SPACE.search(characters):
        text = _SPACES.sub(" ", text)
    if " \n" in text or "\n " in text:
        text = _EDGES.sub("\n", text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip(" \n")


def clean_text(text: str) -> str:
    """The text as it is stored: normal form (see `normalize`), without promotion between its lines.

    Never raises, and cleaning what is clean changes nothing. The result may be empty.
    """
    text = normalize(text)
    while (shorter := without_promotion(text)) != text:
        text = normalize(shorter)
    return text


def clean_line(text: str) -> str:
    """A title or name: normal form on a single line."""
    return " ".join(normalize(text).split())


def unwrap(text: str) -> str:
    """Paragraphs of plain text that were wrapped at a fixed width, each on one line again.

    A block counts as wrapped when it has three lines or more, no line is longer than 110 characters,
    all but the last are at least 40 and most of them do not end like a sentence; verse, lists and
    one-line paragraphs stay as they are.
    """
    blocks = re.split(r"(\n\s*\n)", text)
    for number in range(0, len(blocks), 2):
        lines = [line.strip() for line in blocks[number].split("\n") if line.strip()]
        full = lines[:-1]
        if (
            len(lines) >= 3
            and max(len(line) for line in lines) <= 110
            and all(len(line) >= 40 for line in full)
            and sum(line[-1] in ".!?:;" for line in full) < 0.6 * len(full)
            and not any(re.match(r"(?:[-*•]|\d+[.)])\s", line) for line in lines)
        ):
            blocks[number] = " ".join(lines)
    return "".join(blocks)
