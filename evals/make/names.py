"""The names in an article: which are of people, places and bodies, and what a shortened one stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evals.make import lexicon as lex

Kind = Literal["person", "place", "thing"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What an article tells about the names in it.

    Attributes:
        title: of the article.
        common: words the collection writes in lower case too.
        full: a name's last word -> the one full name it stands for in this article.
        people: full names the article uses as those of people.
        definite: "canal" -> "Panama Canal", where only one such name stands in the article.
        names: names of several words that stand inside a sentence, and begin with a common word.
        unclear: last names of people whose full name the article does not make clear.
        mentions: how often each name of several words stands in the text.
        text: of the article.
    """

    title: str = ""
    common: frozenset[str] = frozenset()
    full: Mapping[str, str] = field(default_factory=dict[str, str])
    people: frozenset[str] = frozenset()
    definite: Mapping[str, str] = field(default_factory=dict[str, str])
    names: tuple[str, ...] = ()
    unclear: frozenset[str] = frozenset()
    mentions: Mapping[str, int] = field(default_factory=dict[str, int])
    text: str = ""

    def says_the(self, name: str) -> bool:
        """The article writes "the" before a name at least half the time."""
        every = self.text.count(name)
        return bool(every) and 2 * (self.text.count(f"the {name}") + self.text.count(f"The {name}")) >= every


_CAPITALS = re.compile(
    r"\b[A-Z][\w'’-]*[^\W_](?:\s+(?:[A-Z]\.\s+)?(?:(?:de|van|von|der|den|la|le|du|bin|al|el)\s+)?[A-Z][\w'’-]*[^\W_]){1,3}"
)
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Sir|Lord|Lady|Professor|Prof)\.?\s+([A-Z][\w'’-]+\w)")


def setting_of(title: str, text: str, common: frozenset[str]) -> Setting:
    """Reads the names of an article, to complete shortened ones."""
    body = f"{title}\n{text}"
    counts: dict[str, int] = {}
    people: set[str] = set()
    inside: set[str] = set()
    titled = {m.group(1) for m in _TITLED.finditer(body)}
    for match in _CAPITALS.finditer(text):
        whole = re.split(r"['’]s?(?:\s|$)", " ".join(match.group().split()))[0]
        parts = whole.split()
        if len(parts) < 2:
            continue
        if parts[0].lower() in common and text[max(0, match.start() - 2) : match.start()].strip().isalnum():
            inside.add(whole)
        while (
            parts
            and (parts[0].lower() in common or parts[0].lower() in lex.PEOPLE_WORDS or parts[0] in _FORE)
            and parts[0].lower() not in lex.GIVEN
        ):
            parts = parts[1:]
        while len(parts) > 2 and is_demonym(parts[0]) and person_like(" ".join(parts[1:])):
            parts = parts[1:]
        if len(parts) < 2 or re.search(r"-[a-z]", parts[0]):
            continue
        name = " ".join(parts)
        counts[name] = counts.get(name, 0) + 1
        before = text[max(0, match.start() - 25) : match.start()].lower().split()
        if person_like(name) or (
            not group_like(name) and (parts[-1] in titled or (before and before[-1] in lex.PEOPLE_WORDS))
        ):
            people.add(name)
    full, doubtful = _full_names(text, set(counts), people, common)
    heads: dict[str, set[str]] = {}
    for name in set(counts) | {" ".join(m.group().split()) for m in _CAPITALS.finditer(title)}:
        head = name.split()[-1].lower()
        if head in lex.STRUCTURES and name not in people:
            heads.setdefault(head, set()).add(name)
    definite = {
        head: next(iter(names))
        for head, names in heads.items()
        if len(names) == 1 and (next(iter(names)) in title or counts.get(next(iter(names)), 0) > 1)
    }
    unclear = frozenset({name.split()[-1] for name in people} | titled | doubtful) - set(full)
    return Setting(
        title, common, full, frozenset(people), definite, tuple(sorted(inside)), unclear, counts, text
    )


_FORE = frozenset(
    "The Mr Mrs Ms Sir Dr But And As When While After In At Former President Gov Sen Rep".split()
)


def _full_names(
    body: str, names: set[str], people: set[str], common: frozenset[str]
) -> tuple[dict[str, str], set[str]]:
    """Last names (and given names) that only one full name in the text has, introduced by it; and
    last words of several names, which by themselves may mean either."""
    shorts: dict[str, set[str]] = {}
    for name in names:
        parts = name.split()
        if name in people or not (group_like(name) or is_demonym(parts[-1]) or parts[-1].lower() in common):
            shorts.setdefault(parts[-1], set()).add(name)
        if name in people and parts[0].lower() in lex.GIVEN:
            shorts.setdefault(parts[0], set()).add(name)
    full: dict[str, str] = {}
    for short, holders in shorts.items():
        name = min(holders, key=len)
        if (
            len(short) < 3
            or any(not holder.endswith(name) for holder in holders)
            or is_demonym(name.split()[0])
        ):
            continue
        alone = re.search(rf"\b{re.escape(short)}\b", body)
        at = body.find(name)
        if alone and at <= alone.start() < at + len(name):
            full[short] = name
    doubtful = {
        short for short in shorts if short not in full and short.lower() not in lex.COUNTRIES | lex.CITIES
    }
    return full, doubtful


def person_like(name: str) -> bool:
    """A name of two or more words that begins with a given name and is not that of a place or firm."""
    parts = [part.lower().strip(".") for part in name.split()]
    return len(parts) in (2, 3, 4) and parts[0] in lex.GIVEN and not group_like(name)


def group_like(name: str) -> bool:
    """A word in the name says that it is of a place, a body or an event."""
    parts = {part.lower().strip(".,") for part in name.split()}
    return bool(
        parts & lex.GROUP_WORDS
        or parts & lex.STRUCTURES
        or parts & lex.PLACE_WORDS
        or parts & lex.COUNTRIES
        or (parts - lex.GIVEN) & lex.CITIES
        or "of" in parts
    )


def kind_of(name: str, setting: Setting) -> Kind:
    """Whether a name is a person's, a place's or something else's."""
    if name in setting.people or person_like(name):
        return "person"
    parts = [part.lower() for part in name.removeprefix("the ").split()]
    if len(parts) == 1 and parts[0] in lex.COUNTRIES | lex.CITIES:
        return "place"
    if (parts and parts[-1] in lex.PLACE_WORDS) or (parts and parts[0] in ("mount", "lake", "cape")):
        return "place"
    return "thing"


def is_demonym(word: str) -> bool:
    """An adjective of a people, party or faith, which by itself names nothing."""
    lower = word.lower()
    return lower in lex.DEMONYMS or (
        lower.endswith(lex.DEMONYM_END) and lower not in lex.COUNTRIES and lower not in lex.GIVEN
    )
