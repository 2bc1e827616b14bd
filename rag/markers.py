"""Drafted text into sentences with their markers, whatever form a model gave them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARKER = re.compile(
    r"\s*(?:\[|【|\()\s*(?:fact\s*|source\s*)?(\d{1,4}(?:\s*[,;&]\s*\d{1,4}|\s*[-–]\s*\d{1,4})*)\s*(?:\]|】|\))",
    re.IGNORECASE,
)
_STRAY = re.compile(
    r"\s*[\[【][^\]】\n]{0,40}[\]】]|\*\*|__|^\s*(?:[-*•]|\d{1,2}[.)])\s+|^#+\s*", re.MULTILINE
)
_TRAILING = re.compile(r"^[.,;:!?\s]*$")


@dataclass(frozen=True, slots=True)
class Drafted:
    """One drafted sentence: its words without markers, and the marker numbers as given (1 to
    `facts`, in order, no repeats); `bad` counts markers out of range."""

    text: str
    markers: tuple[int, ...]
    bad: int


def is_year_like(numbers: str) -> bool:
    """ "(1914)" is a year in brackets, not a marker."""
    return bool(re.fullmatch(r"1\d{3}|20\d{2}", numbers))


def strip(text: str, facts: int) -> Drafted:
    """Takes the markers off one sentence."""
    markers: list[int] = []
    bad = 0

    def take(match: re.Match[str]) -> str:
        nonlocal bad
        round_brackets = match.group().strip().startswith("(")
        if round_brackets and (
            is_year_like(match.group(1)) or not match.group(1).isdigit() or int(match.group(1)) > facts
        ):
            return match.group()
        for piece in re.split(r"[,;&]", match.group(1)):
            ends = [int(n) for n in re.findall(r"\d+", piece)]
            wanted = range(ends[0], min(ends[-1], ends[0] + 9) + 1) if len(ends) == 2 else ends
            for number in wanted:
                if not 1 <= number <= facts:
                    bad += 1
                elif number not in markers:
                    markers.append(number)
        return ""

    plain = _MARKER.sub(take, text)
    plain = " ".join(_STRAY.sub(" ", plain).split())
    plain = re.sub(r"\s+([.,;:!?])", r"\1", plain)
    plain = re.sub(r"([.!?])\.+$", r"\1", plain)
    return Drafted(plain.strip(), tuple(markers), bad)


def brief(text: str, facts: int) -> Drafted | None:
    """The first sentence of a brief draft ("12. Mai 1908 [2]."), whole up to its marker; None while it has none."""
    match = re.match(r"(.+?) \[(\d{1,2})\]\.", text, re.DOTALL)
    if match is None or not 1 <= int(match.group(2)) <= facts:
        return None
    return Drafted(" ".join(match.group(1).split()), (int(match.group(2)),), 0)


def split_draft(text: str, facts: int, sentences) -> list[Drafted]:
    """All sentences of a draft; a marker that stands after the full stop belongs to the sentence
    before it. `sentences(text)` gives (start, end) spans."""
    pieces = [text[start:end] for start, end in sentences(text)]
    joined: list[str] = []
    for piece in pieces:
        bare = _MARKER.sub("", piece)
        if joined and _TRAILING.match(bare):
            joined[-1] += " " + piece
            continue
        leading = re.match(rf"(?:{_MARKER.pattern})+[.\s]*", piece, re.IGNORECASE)
        if joined and leading and leading.end() < len(piece) and not _MARKER.search(joined[-1]):
            joined[-1] += " " + leading.group()
            piece = piece[leading.end() :]
        joined.append(piece)
    return [drafted for drafted in (strip(piece, facts) for piece in joined) if drafted.text]
