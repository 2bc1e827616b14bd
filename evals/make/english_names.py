"""Rules that need no main clause: who holds an office, who somebody is, what letters stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evals.make import lexicon as lex
from evals.make.drafts import Draft, day_forms, person_forms, sentence_case
from evals.make.english_what import ONE_OF_PEOPLE, SUPERLATIVE
from evals.make.names import Setting, group_like, is_demonym, person_like
from evals.make.nouns import noun
from evals.make.pointing import clean
from evals.make.tokens import Words
from evals.make.verbs import AGENTIVE, ONCE, PARTICIPLE, PAST

_ROLE_WORDS = sorted((role.split() for role in lex.ROLES), key=len, reverse=True)
_ROLES_BY_FIRST = {
    parts[0]: [other for other in _ROLE_WORDS if other[0] == parts[0]] for parts in _ROLE_WORDS
}
_PAST_HOLDERS = frozenset(
    """former ex deputy acting interim assistant late new next then vice future outgoing caretaker minority majority
    prime foreign shadow junior senior honorary ex-""".split()
)
_OF_STATES = frozenset(
    "president|prime minister|premier|chancellor|mayor|governor|finance minister|foreign minister|health minister|"
    "defence minister|defense secretary|foreign secretary|home secretary|interior minister|deputy prime minister|"
    "attorney general|health secretary|education secretary|culture secretary|defence secretary".split("|")
)
_EVENTS = frozenset(
    "cup championship championships olympics olympic games open tour series league final world nations".split()
)
_CAPITAL_LETTERS = frozenset("ceo".split())
_WITH_ARTICLE = frozenset(
    """association federation union commission committee council institute foundation party agency authority society
    centre center department academy army navy bureau board club alliance league organisation organization ministry states""".split()
)


def named(words: Words, setting: Setting) -> Iterator[Draft]:
    """What names and their neighbours say by themselves."""
    yield from _initials(words)
    if '"' in words.tags:
        return
    yield from _apposition(words, setting)
    yield from _founded_aside(words, setting)
    yield from _based(words, setting)
    yield from _who_clause(words, setting)
    if not re.search("[TY]", words.tags):  # who held an office then is another question
        yield from _office_before(words, setting)
        yield from _office_after(words, setting)


def _role_at(words: Words, at: int) -> tuple[str, int]:
    """The role named by the tokens from `at`, and where it ends."""
    if at >= len(words.tokens):
        return "", at
    for parts in _ROLES_BY_FIRST.get(words.tokens[at].lower, ()):
        if words.lowers(at, at + len(parts)) == parts:
            role = words.span(at, at + len(parts))
            return (role.upper() if role.lower() in _CAPITAL_LETTERS else role.lower()), at + len(parts)
    return "", at


def _person_at(words: Words, at: int, setting: Setting) -> tuple[str, int]:
    """The full name of a person at token `at`, and where it ends."""
    end = at
    while end < len(words.tags) and words.tags[end] == "N":
        end += 1
    if words.tags[end : end + 1] == "S" and end > at:
        end += 1
    name = re.sub(r"['’]s?$", "", words.span(at, end))
    return (name, end) if end - at >= 2 and (name in setting.people or person_like(name)) else ("", at)


def _office_before(words: Words, setting: Setting) -> Iterator[Draft]:
    """ORG ROLE PERSON; also ORG's ROLE, PERSON."""
    for at in range(1, len(words.tags)):
        if words.tags[at - 1] not in "NS":
            continue
        role, end = _role_at(words, at)
        if not role:
            continue
        comma = words.tags[end : end + 1] == ","
        person, stop = _person_at(words, end + comma, setting)
        if not person or (comma and words.tags[stop : stop + 1] not in (",", ".")):
            continue
        if words.tags[stop : stop + 1] == "&" and words.tags[stop + 1 : stop + 2] == "N":
            continue
        first = at
        while first > 0 and words.tags[first - 1] in "NS":
            first -= 1
        if words.tags[max(0, first - 1) : first] in ("o", "&", "C", "#", "(", "-"):
            continue
        if words.tags[max(0, first - 2) : first] == "Np":
            continue  # "Hope for Acme founder": the name began before
        before = words.tokens[first - 1].lower if first else ""
        if (
            before in _PAST_HOLDERS
            or before.startswith("ex-")
            or before.endswith(("based", "born", "backed"))
        ):
            continue
        yield from _office(words.span(first, at), role, person, setting)


def _office(holder: str, role: str, person: str, setting: Setting) -> Iterator[Draft]:
    owner = re.sub(r"['’]s?$", "", holder)
    parts = owner.split()
    lowers = {part.lower() for part in parts}
    if (
        lowers & _PAST_HOLDERS
        or any(part.startswith("ex-") for part in lowers)
        or lowers & _EVENTS
        or len(parts) > 5
    ):
        return
    if (
        parts[0].lower() in lex.GIVEN
        or parts[0] in ("Mr", "Mrs", "Ms", "Dr", "Sir", "The", "As", "And")
        or owner in setting.people
    ):
        return
    if role in lex.MANY_HOLD or "'" in owner or "’" in owner or parts[-1] in setting.full:
        return
    if len(parts) == 1 and not is_demonym(owner) and (owner.lower() in setting.common or len(owner) < 2):
        return
    if role in ("founder", "co-founder"):
        if is_demonym(owner):
            return
        question = f"Who {'founded' if role == 'founder' else 'co-founded'} {_article(owner, setting)}{owner}"
    elif is_demonym(parts[-1]) or owner in ("US", "UK"):
        if role in ("president", "governor", "leader", "chairman") and owner.lower() in (
            "republican",
            "democratic",
            "democrat",
            "christian",
            "catholic",
            "muslim",
        ):
            return
        if (
            role in ("coach", "manager", "captain", "skipper", "chairman", "head coach", "chief executive")
            or len(parts) > 1
        ):
            return
        question = f"Who is the {owner} {role}"
    else:
        place = parts[-1].lower() in lex.COUNTRIES | lex.CITIES and len(parts) == 1
        if (place and role not in _OF_STATES) or (len(parts) == 1 and role in _TEAM_ROLES):
            return
        if lowers & {"house", "senate", "gop"} and owner != "White House":
            return
        question = f"Who is the {role} of {_article(owner, setting, role)}{owner}"
    yield Draft(sentence_case(question), person_forms(person), "who holds an office", owner)


_TEAM_ROLES = frozenset(
    "coach|head coach|captain|skipper|manager|team manager|assistant coach|general manager|owner".split("|")
)


def _article(owner: str, setting: Setting, role: str = "") -> str:
    """The "the " that a name wants before it: "of the United States", "of the Cleveland Browns"."""
    parts = owner.split()
    last = parts[-1].lower()
    letters = owner in (
        "US",
        "UK",
        "UN",
        "EU",
        "BBC",
        "FA",
        "NHS",
        "FBI",
        "CIA",
        "IMF",
        "NFL",
        "NBA",
        "SNP",
        "TUC",
        "CBI",
        "White House",
    )
    team = (
        role in _TEAM_ROLES
        and len(parts) > 1
        and last.endswith("s")
        and not last.endswith(("ss", "us", "is"))
    )
    body = (last in _WITH_ARTICLE and group_like(owner)) or parts[0] in ("United", "European")
    return "the " if letters or team or body or setting.says_the(owner) else ""


def _office_after(words: Words, setting: Setting) -> Iterator[Draft]:
    """PERSON, (the) ROLE of NAME, ..."""
    for at in range(len(words.tags)):
        if words.tags[at] != "N" or (at and words.tags[at - 1] in "NSC"):
            continue
        person, end = _person_at(words, at, setting)
        if not person or words.tags[end : end + 1] != ",":
            continue
        start = end + 1
        role, stop = _role_at(words, start + (words.tags[start : start + 1] == "D"))
        if not role or role in lex.MANY_HOLD or words.lowers(stop, stop + 1) not in (["of"], ["at"]):
            continue
        match = re.match(r"D?N+(?:oD?N+)*(?=[,.])", words.tags[stop + 1 :])
        if not match:
            continue
        last = stop + 1 + match.end()
        owner = words.span(stop + 1, last).removeprefix("the ")
        if person_like(owner) or owner.lower() in setting.common or not clean(words, stop, last):
            continue
        question = f"Who is the {role} {words.span(stop, last)}"
        yield Draft(sentence_case(question), person_forms(person), "who holds an office", owner)


def _apposition(words: Words, setting: Setting) -> Iterator[Draft]:
    """PERSON, an historian at Oslo, -> Who is PERSON?; NAME, the largest moon of Saturn, -> What is the ...?"""
    for match in re.finditer(r"(?<![NSCo&,])(D?N+),([DA][^,;.(\"VrP]{2,11})[,.]", words.tags):
        first, last = match.span(1)
        found = noun(words, first, last, setting)
        if found is None or found.name not in words.text:
            continue
        a, b = match.span(2)
        what = words.span(a, b)
        if (
            not clean(words, a, b)
            or re.search(r"&N+$", words.tags[a:b])
            or (words.tags[b : b + 1] == "." and b + 1 < len(words.tags))
        ):
            continue
        if re.match(r",N+,?&", words.tags[b:]):
            continue  # the name goes on: "the Office of Energy, Water and Waste"
        if re.search(r"w.*N$", words.tags[a:b]) and not re.search("[po]", words.tags[a:b]):
            continue  # "..., the linguist Jane Doe,": the next of a list
        unique = words.tags[a] == "D" and "&" not in words.tags[a:b] and SUPERLATIVE.search(what)
        alone = first == 0 or found.kind == "person"
        if unique and found.kind != "person" and ONE_OF_PEOPLE.search(what):
            continue
        if unique and alone and re.search(r"[NSY]", words.tags[a:b]):
            answers = person_forms(found.name) if found.kind == "person" else (found.name,)
            anchor = next(t.text for t in words.tokens[a:b] if t.tag in "NSY")
            asks = "Who" if found.kind == "person" else "What"
            yield Draft(sentence_case(f"{asks} is {what}"), answers, "what or who it is", anchor)
        elif (
            found.kind == "person"
            and set(words.lowers(a, b)) & lex.PEOPLE_WORDS
            and len(found.name.split()) > 1
            and b - a > 2
        ):
            answer = re.sub(r"^(?:an?|the)\s+", "", what)
            yield Draft(sentence_case(f"Who is {found.name}"), (answer,), "who somebody is", found.name)


def _initials(words: Words) -> Iterator[Draft]:
    """International Tennis Federation (ITF) -> What does ITF stand for?"""
    for match in re.finditer(r"\(([A-Z]{3,6})\)", words.text):
        letters = match[1]
        before = words.text[: match.start()].split()
        for length in range(len(letters), min(len(letters) + 4, len(before) + 1)):
            parts = before[-length:]
            kept = [part[0] for part in parts if part[:1].isupper()]
            small = all(
                part[:1].isupper() or part in ("of", "for", "and", "the", "in", "on") for part in parts
            )
            if (
                small
                and parts[0][:1].isupper()
                and "".join(kept) == letters
                and all(re.fullmatch(r"[\w’'-]+", p) for p in parts)
            ):
                if parts[-1].endswith(("'s", "’s")):
                    break
                yield Draft(
                    f"What does {letters} stand for?", (" ".join(parts),), "what letters stand for", letters
                )
                break


def _founded_aside(words: Words, setting: Setting) -> Iterator[Draft]:
    """NAME, founded in 1990, -> When was NAME founded?; NAME, written by Jane Doe,.

    Only at the beginning of a sentence, where the name is surely what the aside is about."""
    match = re.match(r"(D?N+),([wV]{1,2})p", words.tags)
    if not match:
        return
    found = noun(words, 0, match.end(1), setting)
    form = words.tokens[match.end(2) - 1].lower
    base = PARTICIPLE.get(form, "")
    if found is None or not base or base not in ONCE | AGENTIVE or match.end(2) - match.start(2) > 1:
        return
    at = match.end(2)
    preposition, value = words.tokens[at].lower, words.tokens[at + 1 : at + 2]
    if (
        preposition in ("in", "on")
        and value
        and value[0].tag in "TY"
        and words.tags[at + 2 : at + 3] in (",", "p")
    ):
        be = "were" if found.plural else "was"
        yield Draft(
            sentence_case(f"When {be} {found.text} {form}"), day_forms(value[0].text), "a date", found.name
        )
    elif preposition == "by":
        end = re.match(r"N{2,3}(?=[,p])", words.tags[at + 1 :])
        name = words.span(at + 1, at + 1 + end.end()) if end else ""
        if name in setting.people or person_like(name):
            past = next(past for past, known in PAST.items() if known == base)
            yield Draft(
                sentence_case(f"Who {past} {found.text}"),
                person_forms(name),
                "who did it, from a passive",
                found.name,
            )


def _based(words: Words, setting: Setting) -> Iterator[Draft]:
    """Oslo-based Acme -> Where is Acme based?"""
    for at in range(len(words.tokens) - 1):
        match = re.fullmatch(r"([A-Z][\w.]+(?:-[A-Z]\w+)*)-based", words.tokens[at].text)
        end = re.match(r"w{0,3}(N+)(?=[^NSo&])", words.tags[at + 1 :])
        if not match or not end or (at and words.tags[at - 1] in "NSC"):
            continue
        name = words.span(at + 1 + end.start(1), at + 1 + end.end(1))
        if at and (words.tags[at - 1] == "&" or words.tokens[at - 1].text.endswith("-based")):
            continue
        if (
            match[1] in ("US", "UK", "EU")
            or is_demonym(match[1])
            or name in setting.people
            or "-based" in name
            or person_like(name)
            or not noun(words, at + 1 + end.start(1), at + 1 + end.end(1), setting)
        ):
            continue
        between = set(words.lowers(at + 1, at + 1 + end.start(1)))
        if between & (lex.PEOPLE_WORDS | {"agent", "lawyer", "man", "woman", "owner", "group's", "firm's"}):
            continue
        if (
            any(word.endswith(("ist", "ian", "er", "or")) for word in between)
            and " " in name
            and not group_like(name)
        ):
            continue  # "pianist Jane Doe"
        yield Draft(
            sentence_case(f"Where is {_article(name, setting)}{name} based"), (match[1],), "a place", name
        )


def _who_clause(words: Words, setting: Setting) -> Iterator[Draft]:
    """Jane Doe, who founded Acme in 1990, ... -> Who founded Acme in 1990?"""
    for match in re.finditer(r"(?<![NSC&])(N{2,4}),r([Vw])([^,;.(\"VrP]{2,12})[,.]", words.tags):
        name = words.span(*match.span(1))
        at = match.start(2)
        if words.tokens[at - 1].lower != "who" or not (name in setting.people or person_like(name)):
            continue
        verb = words.tokens[at].lower
        a, b = match.span(3)
        if PAST.get(verb, "") in (
            "",
            "have",
            "be",
            "do",
            "say",
            "find",
            "leave",
            "go",
            "come",
            "make",
            "get",
            "take",
        ) or not clean(words, a, b):
            continue
        names = re.findall(r"[NS]+", words.tags[a:b])
        if len(names) + bool(re.search("[YT]", words.tags[a:b])) < (
            1 if PAST[verb] in ONCE else 2
        ) or not re.match("[DNSAwp#]", words.tags[a]):
            continue
        anchor = next((t.text for t in words.tokens[a:b] if t.tag in "NS"), "")
        if anchor:
            yield Draft(sentence_case(f"Who {words.span(at, b)}"), person_forms(name), "who did it", anchor)
