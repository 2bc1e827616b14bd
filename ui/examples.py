"""Example questions drawn from an index, for the empty chat page, in the language most of its articles are in.

Nothing is invented: a question is either asked by an article itself (a heading that is a question) or formed
from one of its sentences by the rules that also make evaluation questions (`ui.suggest`), so the index holds
its answer. Where too few are found, articles' titles are offered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Protocol, TypeVar

from index.schema import Article
from ui.language import DEFAULT, LANGUAGES
from ui.suggest import questions_of

ARTICLES_READ = 300
"""Articles looked at; a large index has good ones among these."""

FORMED_FROM = 60
"""Of so many of them, spread evenly, questions are formed."""

READ_CHARS = 5_000
"""Of each of those so much is read: a few hundredths of a second."""

TRIED = 12
"""Questions tried at most: the page should not wait long for its examples."""

_ASKING = {
    "en": "(?:Who|What|When|Where|Why|How|Which)",
    "de": "(?:Wer|Wen|Wem|Was|Wann|Wo|Woher|Wohin|Warum|Weshalb|Wie|Wie viele|Welche[mnrs]?)",
    "es": "¿(?:Quién|Quiénes|Qué|Cuándo|Dónde|Por qué|Cómo|Cuál|Cuáles|Cuánt[oa]s?)",
}
_QUESTION_LINE = {
    language: re.compile(
        rf"^(?:#{{1,6}}[ ]+|\*\*|Q[.:][ ]+)?({asking}\b[^?\n]{{12,90}}\?)(?:\*\*)?[ ]*$", re.MULTILINE
    )
    for language, asking in _ASKING.items()
}
_NEEDS_CONTEXT = {
    language: re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for language, words in {
        "en": "it|its|they|them|their|he|him|his|she|her|this|that|these|those|we|us|our|you|your|I|my|"
        "so|then|there|else|next|now|today|here|such|same|other|others|going on",
        "de": "er|ihn|ihm|es|ihr|ihre[mnrs]?|ihnen|sein|seine[mnrs]?|dies|diese[mnrs]?|jene[mnrs]?|wir|uns|unsere?|Sie|"
        "ich|mein|so|dann|dort|da|hier|jetzt|heute|andere[mnrs]?|dabei|dafür|damit|daran|davon|dazu|darüber",
        "es": "él|ella|ellos|ellas|lo|le|les|su|sus|esto|eso|este|esta|estos|estas|ese|esa|esos|esas|nosotros|"
        "nuestr[oa]s?|usted|yo|mi|así|entonces|allí|aquí|ahora|hoy|otr[oa]s?",
    }.items()
}
_ABOUT = {
    "en": "What is “{}” about?",
    "de": "Worum geht es in „{}“?",
    "es": "¿De qué trata «{}»?",
}
_DULL = re.compile(r"\bstand for\?|^How old |^At what age |^Wie alt |^¿Qué edad |\bAbkürzung\b|\bsiglas\b")
T = TypeVar("T")
_SITE_BEHIND = re.compile(r"\s+[-|–—]\s+[^-|–—]{2,30}$")


class HasArticles(Protocol):
    """Anything that lists its articles."""

    def articles(self) -> Iterator[Article]: ...


def example_questions(
    library: HasArticles, count: int = 4, *, answerable: Callable[[str], bool] | None = None
) -> list[str]:
    """Up to `count` questions the index answers, from different articles, best kind first.

    `answerable` may try a question; those it turns down are left out.
    """
    chosen: list[str] = []
    for question in islice(dict.fromkeys(_candidates(library, count)), TRIED):
        if len(chosen) == count:
            break
        if answerable is None or answerable(question):
            chosen.append(question)
    return chosen


def _candidates(library: HasArticles, count: int) -> Iterator[str]:
    articles = list(islice(library.articles(), ARTICLES_READ))
    spoken = Counter(map(_language, articles))
    language = max(LANGUAGES, key=lambda one: spoken[one])
    asked: list[str] = []
    others: list[Article] = []
    for article in articles:
        if _language(article) != language:
            continue
        if question := _asked_by_the_article(article, language):
            asked.append(question)
        else:
            others.append(article)
    formed: list[str] = []
    titled: list[str] = []
    for article in _spread(others, FORMED_FROM):
        begins = replace(article, text=article.text[:READ_CHARS], language=language)
        if question := _formed(begins):
            formed.append(question)
        elif question := _from_title(article, language):
            titled.append(question)
    # Half from questions the articles ask, half formed: a page of one kind looks mechanical.
    first = _spread(asked, (count + 1) // 2), _spread(formed, count)
    for found in (*first, asked, formed, _spread(titled, count)):
        yield from found


def _language(article: Article) -> str:
    return article.language.split("-")[0] or DEFAULT


def _spread(found: list[T], count: int) -> list[T]:
    """`count` of them, evenly from the whole list."""
    if len(found) <= count:
        return found
    return [found[i * len(found) // count] for i in range(count)]


def _asked_by_the_article(article: Article, language: str) -> str:
    """The heading that is a question and names most: it makes sense to someone who has not read on."""

    def names(question: str) -> int:
        return sum(word[0].isupper() or word[0].isdigit() for word in question.split()[1:])

    lines = (line[1] for line in _QUESTION_LINE[language].finditer(article.text))
    found = [q for q in lines if not _NEEDS_CONTEXT[language].search(q) and len(q.split()) >= 5 and names(q)]
    found = [q for q in found if names(q) > 1 or not re.search(r"\bthe [A-Z]\w+\?$", q)]
    return max(found, key=names, default="")


def _formed(article: Article) -> str:
    """A question formed from the article's first sentences that names something and is no mere riddle."""
    english = article.language == DEFAULT
    for question, _, _ in islice(questions_of(article), 6):
        names = re.findall(r"[A-Z][\w’'-]*", question)[1:]
        # One capital may only be the start of a sentence: a name has it elsewhere too.
        known = any(re.search(rf"[a-z,] {re.escape(name)}\b", article.text) for name in names)
        if not _DULL.search(question) and (known or not english):
            return question
    return ""


def _from_title(article: Article, language: str) -> str:
    title = _SITE_BEHIND.sub("", " ".join(article.title.split())).rstrip(" .…")
    if not 8 <= len(title) <= 80:
        return ""
    if title.endswith("?"):
        return "" if _NEEDS_CONTEXT[language].search(title) else title
    return _ABOUT[language].format(title)
