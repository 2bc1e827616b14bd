"""Which words can stand alone as what a question is about: full names and what names make definite."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evals.make import lexicon as lex
from evals.make.names import Kind, Setting, is_demonym, kind_of, person_like
from evals.make.pointing import POINTING
from evals.make.tokens import Words, decapitalised

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


def noun(words: Words, first: int, last: int, setting: Setting) -> Noun | None:
    """The phrase of these tokens as a noun that stands alone, or None."""
    tags = words.tags[first:last]
    if not tags or last - first > 9 or any(word in POINTING for word in words.lowers(first, last)):
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
