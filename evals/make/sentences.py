"""Sentences of the articles that carry a fact, and what the whole collection says about its words."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from index.metadata import guess_language
from index.schema import Article
from index.split import is_heading, sentence_spans

_LOWER = re.compile(r"(?<![\w’'./@-])[a-zß-öø-ÿ][\w’'-]+\w")
_CAPITAL = re.compile(r"(?<=[a-z,] )[A-ZÀ-ÖØ-Þ][\w’'-]+\w")
_FACT = re.compile(r"\d|(?<=[a-zß-ÿ,] )[A-ZÀ-ÖØ-Þ]|\b(?:because|weil|porque)\b|\([A-Z]{3,6}\)")
_LIST = re.compile(r"^\s*(?:[-*•|#>►]|\d+[.)]\s)|\s\|\s|\|$|https?://|www\.|@\w")
_POINTS = re.compile(
    r"^(?:[\"“‘']?)(?:he|she|it|they|we|i|you|this|that|these|those|his|her|its|their|our|my|such|here|but|and|or|so|"
    r"er|sie|es|dies\w*|jene\w*|sein\w*|ihr\w*|wir|ich|aber|und|doch|él|ella|ellos|ellas|est[eao]s?|es[eao]s?|su|sus|pero|y)\b",
    re.IGNORECASE,
)
LONGEST, SHORTEST = 45, 4


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence of an article that may be asked about: `article.text[start:end] == text`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of an article after the survey."""

    id: str
    name: str
    language: str
    group: tuple[str, str, str]


@dataclass(slots=True)
class Survey:
    """The collection in one pass: its articles, without their texts, and its common words.

    Attributes:
        entries: the articles that count; one that a later article corrects does not.
        corrected: how many were left out for that.
        common: words written in lower case at least a quarter as often as with a capital.
    """

    entries: list[Entry] = field(default_factory=list[Entry])
    corrected: int = 0
    common: frozenset[str] = frozenset()


def survey(articles: Iterable[Article]) -> Survey:
    """Reads every article once."""
    lower: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    seen: list[tuple[str, str, str, tuple[str, str, str]]] = []
    names: Counter[str] = Counter()
    outdated: set[str] = set()
    for article in articles:
        lower.update(_LOWER.findall(article.text))
        capital.update(word.lower() for word in _CAPITAL.findall(article.text))
        names[article.external_id] += 1
        if article.corrects:
            outdated.add(article.corrects)
        language = language_of(article)
        year = str(article.published.year) if article.published else ""
        seen.append((article.id, article.external_id, language, (language, article.source, year)))
    found = Survey(common=frozenset(word for word, count in lower.items() if 4 * count >= capital[word]))
    for known, external, language, group in seen:
        if external and external in outdated:
            found.corrected += 1
            continue
        # An external id that two articles share would name both.
        name = external if external and names[external] == 1 else known
        found.entries.append(Entry(known, name, language, group))
    return found


def language_of(article: Article) -> str:
    """The two letters of an article's language: as stated, else as its words look."""
    return (article.language or guess_language(article.text) or "en").lower()[:2]


def spread(entries: Iterable[Entry], seed: int) -> list[Entry]:
    """The articles in a seeded order that takes languages, sources and years in turn."""
    groups: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: _draw(seed, entry.id)):
        groups[entry.group].append(entry)
    turns = zip_longest(*(groups[key] for key in sorted(groups, key=lambda key: _draw(seed, "\0".join(key)))))
    return [entry for entry in chain.from_iterable(turns) if entry is not None]


def _draw(seed: int, text: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogatepass")).digest()


def facts(article: Article, language: str) -> Iterator[Fact]:
    """The sentences of an article that hold a number, a name inside or a reason, and are no heading,
    list, table or address."""
    text = article.text
    for start, end in sentence_spans(text, language):
        sentence = text[start:end]
        if not SHORTEST <= len(sentence.split()) <= LONGEST or not _FACT.search(sentence):
            continue
        line = text[
            text.rfind("\n", 0, start) + 1 : text.find("\n", end) if "\n" in text[end:] else len(text)
        ]
        if _LIST.search(line) or is_heading(line) or sentence[-1] not in '.”"':
            continue
        if not (sentence[0].isupper() or sentence[0].isdigit() or sentence[0] in '“"$£€'):
            continue
        yield Fact(sentence, start, end)


def points_elsewhere(sentence: str) -> bool:
    """It begins with a pronoun or a word that leans on the sentence before."""
    return bool(_POINTS.match(sentence))
