"""Questions that the articles do not answer, though they speak of what is asked about.

A person, place, body or building that an article is about is paired with a fact of its kind that no
article states: none of the articles that name it holds a single word of that matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evals.make import lexicon as lex
from evals.make.names import Setting, group_like, is_demonym

MADE_BY = "paired: no article that names {name} says anything of {matter}"


@dataclass(frozen=True, slots=True)
class Relation:
    """A fact that things of one kind have: how it is asked for, and the words that would speak of it."""

    kind: str
    question: str
    matter: str
    words: re.Pattern[str]


def _relation(kind: str, question: str, matter: str, words: str) -> Relation:
    return Relation(kind, question, matter, re.compile(rf"\b(?:{words})", re.IGNORECASE))


_NUMBER = r"\d|hundred|thousand|million|billion"
RELATIONS = (
    _relation("person", "When was {x} born?", "birth or age", r"born|birth|aged|age of|\w+-year-old|years old|native|childhood|grew up|(?<=, )\d\d(?=,)"),
    _relation("person", "Where did {x} go to university?", "studies", r"universit|college|educat|graduat|student|studie[ds]|study|degree|professor|oxford|cambridge|harvard|yale|school|campus|alma|academ"),
    _relation("person", "Who is {x} married to?", "marriage", r"marri|wife|wives|husband|spouse|partner|fianc|wed|widow|divorc|couple|bride|groom"),
    _relation("person", "How many children does {x} have?", "children", r"child|kid|sons?\b|daughter|father|mother|parent|dad\b|mum\b|mom\b|bab(?:y|ies)|twin|famil"),
    _relation("structure", "How much did {x} cost to build?", "cost", r"cost|price|budget|paid|pay|fund|financ|spen[dt]|expens|invest|[$£€]|dollar|euro|pound"),
    _relation("structure", "Who designed {x}?", "its design", r"design|architect|engineer|draw|drew|plan|built by|creat"),
    _relation("structure", "When was {x} opened?", "its opening", r"open|inaugurat|built|build|complet|construct|found|establish|launch|since|histor|centur|1\d\d\d"),
    _relation("tower", "How tall is {x}?", "height", r"tall|high|height|met(?:re|er)|feet|foot\b|ft\b|store?y|floor"),
    _relation("body", "When was {x} founded?", "its founding", r"found|establish|set up|creat|launch|began|begun|start|since|form(?:ed|ation)|histor|years? old|centur|annivers|decade"),
    _relation("body", "How many people work for {x}?", "its staff", r"employ|staff|work|job|labou?r|people|payroll|team|recruit|hire|redundan"),
    _relation("body", "Where are the headquarters of {x}?", "its seat", r"headquart|based|\w+-based|head office|offices?\b|located|seat\b|hq\b"),
    _relation("country", "What is the highest mountain in {x}?", "mountains", r"mountain|peak|summit|mount\b|mt\b|highest|hill|alp"),
    _relation("country", "What is the population of {x}?", "population", rf"populat|inhabit|people|resident|citizen|census|live in|living in|{_NUMBER}"),
    _relation("city", "Who is the mayor of {x}?", "a mayor", r"mayor|city hall|council|elect"),
    _relation("city", "What is the population of {x}?", "population", rf"populat|inhabit|people|resident|citizen|census|live in|living in|{_NUMBER}"),
)  # fmt: skip

_BODIES = frozenset(
    """agency association authority bank bureau commission committee company corp corporation council federation
    foundation fund group inc institute institution league ltd ministry organisation organization party plc society union
    association alliance airlines airways motors systems software industries records studios academy""".split()
)


_NO_BUILDINGS = frozenset("university college academy church temple prison library hall".split())
"""Words for buildings that are as often those of the people in them."""


@dataclass(frozen=True, slots=True)
class Entity:
    """Something an article is about. `text` is how a question says it, `keys` the strings that name it."""

    text: str
    name: str
    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    article: str


def entities(setting: Setting, article: str) -> Iterator[Entity]:
    """The people, buildings, bodies and countries that an article names often enough to be about them."""
    for name, count in sorted(setting.mentions.items()):
        parts = name.split()
        last = parts[-1].lower()
        if (
            any(len(part) < 2 or "." in part for part in parts)
            or len(parts) > 4
            or not re.fullmatch(r"[\w’' -]+", name)
        ):
            continue
        if name in setting.people:
            if setting.full.get(parts[-1]) == name and len(parts) < 4 and setting.text.count(parts[-1]) >= 3:
                yield Entity(name, name, ("person",), (parts[-1],), article)
        elif count >= 2 or name in setting.title:
            text = f"the {name}" if setting.says_the(name) else name
            if (
                last in lex.STRUCTURES - _NO_BUILDINGS
                and not is_demonym(parts[0])
                and parts[0].lower() not in setting.common
            ):
                kinds = (
                    ("structure", "tower") if last in ("tower", "lighthouse", "cathedral") else ("structure",)
                )
                yield Entity(text, name, kinds, (name,), article)
            elif last in _BODIES and group_like(name) and parts[0].lower() not in ("new", "former"):
                letters = "".join(part[0] for part in parts if part[0].isupper())
                keys = (
                    (name, f"({letters})", parts[0])
                    if parts[0].lower() not in setting.common
                    else (name, f"({letters})")
                )
                yield Entity(text, name, ("body",), keys, article)
    for word in sorted(set(re.findall(r"\b[A-Z][a-z]+\b", setting.title))):
        lower = word.lower()
        if (
            lower in lex.COUNTRIES | lex.CITIES
            and len(
                re.findall(
                    rf"\b(?:in|to|from|of|into|across) {word}\b(?! [a-z]+ |[- ][A-Z])|{word}['’]s\b|\b{word},",
                    setting.text,
                )
            )
            >= 2
            and word not in setting.full
        ):
            yield Entity(word, word, ("country",) if lower in lex.COUNTRIES else ("city",), (word,), article)


@dataclass(slots=True)
class Pair:
    """An entity with a relation; `open` as long as no article that names the one speaks of the other."""

    entity: Entity
    relation: Relation
    open: bool = True

    @property
    def question(self) -> str:
        return self.relation.question.format(x=self.entity.text)

    @property
    def made_by(self) -> str:
        return MADE_BY.format(name=self.entity.name, matter=self.relation.matter)

    def read(self, text: str) -> None:
        """Closes the pair when this article, title included, may hold the answer."""
        if not self.open:
            return
        if any(key in text for key in self.entity.keys) and self.relation.words.search(text):
            self.open = False


def pairs(found: list[Entity]) -> list[Pair]:
    """Every entity with every relation of its kind."""
    return [
        Pair(entity, relation) for entity in found for relation in RELATIONS if relation.kind in entity.kinds
    ]
