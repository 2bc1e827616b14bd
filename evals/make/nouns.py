"""Which words can stand alone as what a question is about: full names and what names make definite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evals.make import lexicon as lex
from evals.make.tokens import Words, decapitalised

Kind = Literal["person", "place", "thing"]

NAME = r"N(?:[N#Y]|oD?(?=N))*(?:pN+(?:o?N)*)?"
_NAME = re.compile(r"N[N#Y]*(?:oD?N[N#Y]*)*")
_DESCRIBED = re.compile(r"[DC]?[wSN]{0,3}w(N+)")
_OF_NAME = re.compile(r"Dw{1,3}o(D?N+(?:oD?N+)*)")
_ITS = re.compile(r"D?N*S([wN]{0,2}[wN])")


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun phrase that stands alone. `text` is how a question says it, `name` the name in it."""

    text: str
    name: str
    kind: Kind
    plural: bool = False


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


def noun(words: Words, first: int, last: int, setting: Setting) -> Noun | None:
    """The phrase of these tokens as a noun that stands alone, or None."""
    tags = words.tags[first:last]
    if not tags or last - first > 9:
        return None
    if _NAME.fullmatch(tags):
        return _plain_name(words.span(first, last), setting)
    if tags[0] == "D" and _NAME.fullmatch(tags[1:]) and not re.search("S", tags):
        return _the_name(words, first, last, setting)
    if match := re.fullmatch(r"Dw", tags):
        known = setting.definite.get(words.tokens[last - 1].lower)
        return Noun(f"the {known}", known, kind_of(known, setting)) if known and match else None
    if tags[-1] == "N" and (person := _person_at_the_end(words, first, last, setting)):
        return person
    if match := _DESCRIBED.fullmatch(tags):
        return _described(words, first, first + match.start(1), last, setting)
    if match := _OF_NAME.fullmatch(tags):
        head = words.tokens[first + match.start(1) - 2].lower
        name = words.span(first + match.start(1), last)
        if head in _VAGUE_HEADS or is_demonym(words.tokens[last - 1].text):
            return None
        return Noun(
            decapitalised(words, first, last),
            name,
            "thing",
            plural=head.endswith("s") and not head.endswith("ss"),
        )
    if _ITS.fullmatch(tags) and tags[-1] == "N" and "w" in tags:
        parts = re.search(r"N+$", tags)
        assert parts is not None
        name = words.span(first + parts.start(), last)
        return (
            Noun(name, name, kind_of(name, setting))
            if len(name.split()) > 1 and name in setting.people
            else None
        )
    return None


_VAGUE_HEADS = frozenset(
    """part parts number group lot majority rest members people kind side end start beginning case cases idea question
    issue matter result results fact bulk cost price sort series couple pair heart middle edge top bottom one some
    spokesman spokeswoman use amount level rate total""".split()
)
_NOT_A_NAME = frozenset(
    """mr mrs ms miss dr rev hon sir lord lady professor prof president minister prime chancellor general captain king queen
    former new old ex- both all some many most every each any several few another one two three""".split()
)


def _plain_name(text: str, setting: Setting) -> Noun | None:
    text = " ".join(text.split())
    parts = text.split()
    for cut in range(1, len(parts) - 1):  # "House Speaker Nancy Pelosi", "Sen. Ron Johnson"
        rest = " ".join(parts[cut:])
        fore = all(
            p.lower() in setting.common or is_demonym(p) or (p.endswith(".") and len(p) > 2)
            for p in parts[:cut]
        )
        if fore and (rest in setting.people or person_like(rest)) and not person_like(text):
            return Noun(rest, rest, "person")
    if parts[0].lower().strip(".") in _NOT_A_NAME:
        if (
            len(parts) == 2
            and parts[-1] in setting.full
            and parts[0].lower().strip(".") in ("mr", "mrs", "ms", "dr", "sir", "miss")
        ):
            return Noun(setting.full[parts[-1]], setting.full[parts[-1]], "person")
        if not (parts[0] in ("Sir", "Lord", "Lady") and len(parts) > 2):
            return None
    if len(parts) == 1:
        if text in setting.full:
            known = setting.full[text]
            return Noun(known, known, kind_of(known, setting))
        lower = text.lower()
        if text in setting.unclear or lower in lex.GROUP_WORDS:
            return None
        if is_demonym(text) or (lower in lex.GIVEN and lower not in lex.CITIES | lex.COUNTRIES):
            return None
        if lower in setting.common or lower.rstrip("s") in setting.common or len(text) < 2:
            return None
        if lower.endswith("s") and is_demonym(lower[:-1]):
            return None
    elif is_demonym(parts[-1]) and not person_like(text):
        return None
    return Noun(text, text, kind_of(text, setting))


def _the_name(words: Words, first: int, last: int, setting: Setting) -> Noun | None:
    name = words.span(first + 1, last)
    parts = name.split()
    if len(parts) == 1 and (
        parts[0].lower() in setting.common or is_demonym(parts[0]) or parts[0].lower() in lex.GROUP_WORDS
    ):
        known = setting.definite.get(parts[0].lower())
        return Noun(f"the {known}", known, kind_of(known, setting)) if known else None
    if is_demonym(parts[-1]) or is_demonym(parts[-1].removesuffix("s")):
        return None
    if (
        parts[-1].lower() in ("government", "parliament", "senate", "embassy", "press", "party")
        and is_demonym(parts[0]) is False
        and len(parts) == 1
    ):
        return None
    plural = (
        parts[-1].endswith("s") and not parts[-1].endswith(("ss", "us", "is")) and parts[0] not in ("United",)
    )
    return Noun(f"the {name}", name, kind_of(name, setting), plural=plural)


def _person_at_the_end(words: Words, first: int, last: int, setting: Setting) -> Noun | None:
    """Fly-half Jonny Wilkinson, the Dutch astronomer Christiaan Huygens."""
    tags = words.tags[first:last]
    if not re.fullmatch(r"[DC]?[wNS]{1,4}N{2}", tags) or any(
        word in _NOT_THESE for word in words.lowers(first, last)
    ):
        return None
    for length in (4, 3, 2):
        name = words.span(last - length, last)
        if length < last - first and name in setting.people and set(tags[-length:]) == {"N"}:
            return Noun(name, name, "person")
    return None


_NOT_THESE = frozenset(
    "father mother parents brother brothers sister son daughter wife husband widow lawyer lawyers friends family fans".split()
)


def _described(words: Words, first: int, name_at: int, last: int, setting: Setting) -> Noun | None:
    name = words.span(name_at, last)
    before = words.lowers(first, name_at)
    role = before[-1]
    if any(word.endswith("ly") or word in ("former-", "said", "ex") for word in before):
        return None
    if len(name.split()) == 1 and name in setting.full:
        name = setting.full[name]
    if role in lex.PEOPLE_WORDS:
        if len(name.split()) < 2:
            return None
        return Noun(name, name, "person")
    if words.tags[first] != "D":
        return None  # "Hurricane-hit Florida", "plans Apple": only "the spacecraft Juice" is surely one thing
    if len(name.split()) > 1 and (name in setting.people or person_like(name)):
        return Noun(name, name, "person")
    return Noun(decapitalised(words, first, last), name, "thing")


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
        if lower in _POINTING or lower.removesuffix("'s") in lex.DANGLING or re.search(r"\d[-–]\d", lower):
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


_POINTING = frozenset(
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
