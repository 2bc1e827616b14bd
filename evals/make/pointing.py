"""What points outside a question: pronouns, "the company", "last week", an office without its owner."""

from __future__ import annotations

import re

from evals.make import lexicon as lex
from evals.make.names import Kind, is_demonym
from evals.make.tokens import Words


def clean(words: Words, first: int, last: int, *, owner: Kind | None = None) -> bool:
    """Nothing in these tokens points outside the question.

    `owner` is the kind of the subject that the question names: "his" may then mean that person.
    """
    tags = words.tags[first:last]
    if re.search(r'[Pxrt;"(.]|^&', tags):
        return False
    lowers = words.lowers(first, last)
    for tag, lower in zip(tags, lowers, strict=True):
        if tag == "q":
            allowed = {"person": ("his", "her"), "thing": ("its", "their"), "place": ("its",)}
            if owner is None or lower not in allowed[owner]:
                return False
        if lower in POINTING or lower.removesuffix("'s") in lex.DANGLING or re.search(r"\d[-–]\d", lower):
            return False
        if lower in ("mr", "mrs", "ms") or (tag == "s" and lower.removesuffix("'s") not in lex.UNIQUE):
            return False
    if _office_alone(words, first, last) or re.search(r"[YT]&", tags):
        return False
    for match in re.finditer("D", tags):
        if not _definite(tags[match.end() :], lowers[match.end() :]):
            return False
    return not re.search(
        r"\b(?:last|next|past|coming) (?:week|month|year|night|season|summer|winter|spring|autumn|weekend|decade|century|few|two|three|five|day)",
        " ".join(lowers),
    )


POINTING = frozenset(
    "so-called abovementioned latest second-placed mid-week overnight aged nearby alleged same other new-look neighbouring own surrounding accompanying recent next previous current".split()
)


_OFFICES = frozenset(
    """president chairman chairwoman chancellor governor mayor premier minister secretary speaker director council board
    party commission committee court department government senate legislature assembly ministry parliament cabinet
    company club university""".split()
)


def _office_alone(words: Words, first: int, last: int) -> bool:
    """A President or the Party, and neither whose nor which."""
    for at in range(first, last):
        if words.tags[at] == "N" and words.tokens[at].lower in _OFFICES:
            named = words.tags[at + 1 : at + 2] in ("N", "o") or (at > first and words.tags[at - 1] in "S")
            before = at
            while before > first and words.tags[before - 1] == "N":
                before -= 1
            others = [
                t.lower
                for t in words.tokens[before:at]
                if t.lower not in ("interim", "vice", "deputy", "acting")
            ]
            if not named and not others:
                return True
    return False


_GENERIC = frozenset(
    """team company club firm group deal money plan bill area site city town state country building house project report
    case game match film book show song story event rest idea problem issue man woman men women people family""".split()
)


def _definite(tags: str, lowers: list[str]) -> bool:
    """What follows a "the" says itself which one it is."""
    phrase = re.match(r"[wNS#YsV]*", tags)
    length = phrase.end() if phrase else 0
    inside = lowers[:length]
    if any(word in lex.UNIQUE or word.endswith("est") for word in inside):
        return True
    if re.search(r"[NSY]", tags[:length]):
        held = [w for w, t in zip(inside, tags, strict=False) if t in "NSY"]
        return not all(is_demonym(word) for word in held)
    if lowers[length : length + 1] == ["from"] or (
        inside and inside[-1] in _GENERIC and tags[length : length + 1] != "o"
    ):
        return False
    return bool(re.match(r"(?:o|p)D?[wN#SYA]", tags[length:])) and bool(
        re.search(r"[NSYT]", tags[length : length + 5])
    )
