"""Small talk, and questions about the collection itself, recognised by rules in English, German and Spanish.

The whole utterance must be one of the phrases of `phrases.toml`, so that a question which only begins like one ("Thanks
to whom did the bridge open?", "How many articles of the treaty were changed?") stays a question to the
articles. Pure functions: the answers are in `rag/collection.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal

from rag import followup, when
from rag import words as w
from rag.schema import Turn
from rag.wording import LANGUAGES

Kind = Literal[
    "greeting", "thanks", "fine", "goodbye", "wellbeing", "identity", "abilities", "trust",
    "count", "contents", "newest", "oldest", "sources", "topics", "period", "languages", "on",
]  # fmt: skip
MOST_CHARS = 200
MOST_SUBJECT = 12


@dataclass(frozen=True, slots=True)
class Talk:
    """What is said: its kind, the language to answer in, and for questions about articles the subject
    ("on the euro") and the days ("from 2024") that limit them, "" and None where nothing does."""

    kind: Kind
    language: str
    subject: str = ""
    since: date | None = None
    until: date | None = None


def recognise(question: str, history: Sequence[Turn] = (), asked_at: date | None = None) -> Talk | None:
    """The small talk or question about the collection that the whole of `question` is; None for a
    question to the articles. "Which articles are there on it?" takes its subject from the history (see `asked_before`)."""
    if len(question) > MOST_CHARS:
        return None
    tokens, bare = _tokens(question), not history
    found = _phrase(tokens, bare=bare) or (_news(tokens) if bare else None)
    if found is None or found.subject:
        scope = when.scope(question, asked_at or date.today())
        rest = _without(tokens, _tokens(scope.words)) if scope.since or scope.until else []
        dated = _phrase(rest, bare=bare) or (_news(rest) if scope.kind == "recent" else None)
        of_articles = scope.explicit_filter or scope.kind == "recent" or _SINCE.match(scope.words)
        if dated is not None and dated.kind in _DATED and (found is None or of_articles):
            found = replace(dated, since=scope.since, until=scope.until)
    if found is None:
        return None
    if _bare(found.subject) not in _PRONOUNS:
        return found
    if not history:
        return None
    before = followup.standalone(history[-1].question, history[:-1])
    return replace(found, subject=followup.noun_phrase(before) or before)


def asked_before(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns of a history that a question may lean on: without small talk, and with a plain question about its
    subject in place of one for articles on it."""
    kept: list[Turn] = []
    for turn in history:
        talk = recognise(turn.question, kept)
        if talk is None:
            kept.append(turn)
        elif talk.subject:
            kept.append(Turn(f"Tell me about {talk.subject}", turn.answer))
    return tuple(kept)


def foreign(question: str, languages: Sequence[str]) -> str:
    """The language of a question that is surely in none of the collection's `languages`, "" otherwise."""
    text = re.sub(r"[“„«\"][^“”„«»\"]*[”“»\"]", " ", question)  # a quoted title says nothing of the asker
    tongue = w.spoken(text)
    known = {name.split("-")[0] for name in languages}
    said = frozenset(w.words(text)) & w.STOP[tongue]
    sure = said if tongue == "en" else said - w.STOP["en"] - _PARTICLES
    return tongue if sure and len(said) > 1 and "" not in known and tongue not in known else ""


_PARTICLES = frozenset("von der die das den des la las los el le les du del y et al".split())
_PRONOUNS = frozenset("it this that them these those him her dazu daruber davon esto eso ello".split()) | {
    "this subject", "that subject", "this topic", "that topic", "este tema", "ese tema"
}  # fmt: skip
_DATED: tuple[Kind, ...] = ("count", "contents", "newest", "oldest", "on")
_SINCE = re.compile(r"(?:since|from|seit|ab|aus|desde)\b", re.IGNORECASE)
"""Before a time these speak of an article's date; "the revolution in 1989" does not."""
_HAPPENED = {
    "what happened": "en", "what has happened": "en", "what was the news": "en", "what went on": "en",
    "what is the news": "en", "was geschah": "de", "was ist passiert": "de", "was ist geschehen": "de",
    "que paso": "es", "que ha pasado": "es", "que ocurrio": "es", "que sucedio": "es",
}  # fmt: skip


def _tokens(text: str) -> list[str]:
    """The words as written, without the punctuation around them; "what's" as two."""
    text = text.replace("’", "'").replace("¿", " ").replace("¡", " ")
    text = re.sub(r"\b(what|who|how|where|that|it)'?s\b", r"\1 is", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(i|you|that|those)'(?:m|re)\b", r"\1 are", text, flags=re.IGNORECASE)
    found = (token.strip(" ?!.,;:…\"'“”„«»()*-–—") for token in re.split(r"[\s/]+|[,;!?.]+\s", text))
    return [token for token in found if re.search(r"\w", token)]


def _bare(text: str) -> str:
    """Folded, without accents, one word for each."""
    return " ".join("".join(w.unaccented(word).split()) for word in text.split())


def _without(tokens: list[str], words: list[str]) -> list[str]:
    """The tokens less a run of them, none where they hold no such run."""
    for at in range(len(tokens) - len(words) + 1):
        if words and tokens[at : at + len(words)] == words:
            return tokens[:at] + tokens[at + len(words) :]
    return []


def _news(tokens: list[str]) -> Talk | None:
    """What "what happened?" asks for, where no more than a recent time is said with it."""
    language = _HAPPENED.get(" ".join(map(_bare, tokens)))
    return Talk("newest", language) if language else None


def _phrase(tokens: list[str], *, bare: bool) -> Talk | None:
    for language in LANGUAGES:
        found = _in(language, _tables(language), tokens, bare)
        if found is not None:
            return found
    return None


def _in(language: str, tables: _Tables, tokens: list[str], bare: bool) -> Talk | None:
    """The phrase that the tokens are in this language; its courtesies before and behind may be left out."""
    flat = [_bare(token) for token in tokens]
    first, last, kinds = 0, len(flat), list[Kind]()
    while first < last:
        text = " ".join(flat[first:last])
        for kind, pattern in tables.asked + tables.bare if bare else tables.asked:
            match = pattern.fullmatch(text)
            if match is None:
                continue
            if "subject" not in pattern.groupindex or match["subject"] is None:
                return Talk(kind, language)
            words = match["subject"]
            while (behind := tables.tail.search(words)) is not None:
                words = words[: behind.start()]
            at = first + text[: match.start("subject")].count(" ")
            subject = slice(at, at + words.count(" ") + 1)
            if _is_subject(flat[subject]):
                return Talk(kind, language, " ".join(tokens[subject]))
        step = tables.courtesy.match(text)
        if step is not None and step.group():
            first += step.group().strip().count(" ") + 1
            kinds += [k for k, pattern in tables.social if pattern.fullmatch(step.group().strip())][:1]
            continue
        tail = tables.tail.search(text)
        if tail is None:
            return None
        last -= tail.group().strip().count(" ") + 1
    return Talk(next(kind for kind in _FIRST if kind in kinds), language) if kinds else None


def _is_subject(flat: Sequence[str]) -> bool:
    """True for a noun phrase as far as small words tell: short, without a verb or a question word in it."""
    return len(flat) <= MOST_SUBJECT and not _CLAUSE.intersection(flat)


_FIRST: tuple[Kind, ...] = ("goodbye", "thanks", "wellbeing", "fine", "greeting")
_CLAUSE = frozenset(
    """is are was were be been has have had do does did will would can could should may might must who whom whose what which
    when where why how ist sind war waren wurde wurden wird werden hat haben hatte hatten kann wer wen wem was wann wo wie warum
    welche welcher welches es son fue fueron esta estan ha han habia quien quienes que cuando donde como cuantos cuantas
    asked said says fragte sagte pregunto dijo""".split()
)


@dataclass(frozen=True, slots=True)
class _Tables:
    """One language's phrases: `asked` whole ones, `bare` those that mean the collection only where nothing was
    asked before, `social` courtesies by kind, `courtesy` and `tail` what may stand before and behind."""

    asked: tuple[tuple[Kind, re.Pattern[str]], ...]
    bare: tuple[tuple[Kind, re.Pattern[str]], ...]
    social: tuple[tuple[Kind, re.Pattern[str]], ...]
    courtesy: re.Pattern[str]
    tail: re.Pattern[str]


@cache
def phrases() -> dict[str, dict[str, Any]]:
    """What stands in `phrases.toml`, by language."""
    return tomllib.loads(resources.files("rag").joinpath("phrases.toml").read_text("utf-8"))


@cache
def _tables(language: str) -> _Tables:
    """The phrases of a language, compiled."""
    told = phrases()[language]

    def filled(text: str) -> str:
        for name, part in reversed(told["parts"].items()):  # a part may hold those before it
            text = text.replace(f"<{name}>", f"(?:{part})")
        return text.replace("<S>", "(?P<subject>.+?)")

    def lines(table: dict[Kind, str]) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
        return tuple(
            (kind, re.compile(filled(line))) for kind, text in table.items() for line in text.splitlines()
        )

    courtesies = "|".join(told["social"].values())
    return _Tables(
        lines(told["asked"]),
        lines(told["bare"]),
        lines(told["social"]),
        re.compile(filled(rf"(?:{courtesies}|{told['before']})(?: |$)")),
        re.compile(filled(rf" (?:{courtesies}|{told['behind']})$")),
    )
