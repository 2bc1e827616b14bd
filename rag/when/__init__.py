"""What a question says about time: "last week", "in June 2022", "since 1990", "latest", or nothing.

Pure functions, by rules: `rag/when/words.py` knows the words and `rag/when/days.py` the calendar;
`rag/when/read.py` reads one expression, upon `cursor`, `calendar` and `relative`;
`rag/when/find.py` finds them in a text, and `rag/when/bare.py` says which numbers are years;
`rag/when/asks.py` hears what names no date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from rag.when.asks import (
    ARTICLES,
    BE,
    REPORTS,
    asks_when,
    ing,
    is_article,
    oldest,
    timeless,
    token_at,
    undated,
)
from rag.when.days import moved
from rag.when.find import Find, Finder
from rag.when.words import WEEKDAY, Token, tokens, visible

Kind = Literal["none", "span", "open", "recent", "timeless"]


@dataclass(frozen=True, slots=True)
class TimeScope:
    """The time a question asks about.

    `kind` is "span" (a calendar time: "in 1963", "between 2010 and 2015"), "open" (one end only: "since
    2022", "before the 1990s"), "recent" ("last week", "latest", "currently"), "timeless" (history,
    definition, origin: "who invented", "what is a") or "none". `since` and `until` are inclusive, None
    is open; `words` are the question's own, several joined by ", ". `explicit_filter` is True when they speak of the articles'
    date ("articles since 2022"), `asks_when` for "when" and "what year", `newest` for "latest",
    `oldest` for "earliest".
    """

    kind: Kind
    since: date | None = None
    until: date | None = None
    words: str = ""
    explicit_filter: bool = False
    asks_when: bool = False
    newest: bool = False
    oldest: bool = False


_PRINTED = frozenset(
    """published dated posted reported printed appeared appearing veröffentlicht veröffentlichte erschienen
    erschienene publicado publicados publicada publicadas""".split()
)
_OLD = 30 * 365
"""What was "published in 1925" is a book; of the last thirty years, an article."""
_FILLER = frozenset(
    "written that which were was are is have has been only die wurden wurde sind que fueron only , (".split()
)
_ANYTHING = frozenset("anything something everything what things nothing was qué que".split())
_ABOUT = frozenset("about on covering mentioning regarding concerning over zu über sobre".split())
_COMPARED = frozenset("compared verglichen vergleich comparado".split())
_STATE = frozenset("is are does do has have can ist sind gibt es está son hay tiene".split())
_PAST_AUX = frozenset("did was were had will wird wurde wurden hat haben".split())
_EVENTFUL = frozenset(
    """happened happens happen news announced geschah passierte passiert pasó paso pasa ocurrió weather wetter
    """.split()
)  # fmt: skip
_HAPPENED = frozenset("won lost met gave left fell rose hit beat went came became took broke shot".split())


def scope(question: str, asked_at: date, language: str = "en") -> TimeScope:
    """What the question says about time, with relative words resolved against the day it is asked."""
    today = _plain_day(asked_at)
    text = visible(question)
    said_words, tongue = tokens(text, language)
    finds = Finder(said_words, tongue, today).finds()
    hint = _hinted_year(finds, said_words)
    if hint is not None:
        finds = Finder(said_words, tongue, today, hint).finds()
    finds = [_nowadays(find, said_words) for find in finds if not _habit(find, said_words)]
    if all(_compares(find, said_words) for find in finds):
        finds = []  # "higher than last year" says what to compare with, not when
    filters = _filtering(finds, said_words, today)
    recent, newest = undated(said_words, tongue)
    found = _combined(filters or _strongest(finds), today, text, said_words)
    base = TimeScope("none", asks_when=asks_when(said_words), newest=newest, oldest=oldest(said_words))
    if found:
        return replace(
            base, kind=found[0], since=found[1], until=found[2], words=found[3], explicit_filter=bool(filters)
        )
    if recent:
        first, end = recent
        return replace(
            base, kind="recent", words=_words(text, said_words[first].start, said_words[end - 1].end)
        )
    return replace(base, kind="timeless") if timeless(said_words) else base


def mentioned_dates(text: str, published: date | None) -> tuple[tuple[date, date], ...]:
    """The spans of time a sentence speaks of, in its order, each once.

    Words like "on Thursday" are resolved against the article's day and skipped without one. "Since 2019"
    runs up to that day (or for ever), "before 1950" from the beginning of the calendar.
    """
    today = _plain_day(published) if published else None
    said_words, tongue = tokens(visible(text), "en")
    spans: dict[tuple[date, date], None] = {}
    for find in Finder(said_words, tongue, today, article=True).finds():
        since = find.since or date.min
        until = find.until or max(since, today or date.max)
        spans[(since, until)] = None
    return tuple(spans)


def said(scope: TimeScope) -> str:
    """The scope as a phrase for people: 'from 2022-06-06 to 2022-06-12 ("last week")', "since 2022-01-01"."""
    if scope.since and scope.until:
        phrase = f"from {scope.since} to {scope.until}" if scope.since != scope.until else f"on {scope.since}"
    elif scope.since or scope.until:
        phrase = f"since {scope.since}" if scope.since else f"until {scope.until}"
    else:
        phrase = "as recent as possible" if scope.kind == "recent" else ""
    if not phrase or not scope.words or re.search(r"\d{4}", scope.words):
        return phrase  # words with their year say no more than the days
    return f'{phrase} ("{scope.words}")'


# ---- from finds to one scope -------------------------------------------------------------------


def _plain_day(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day


def _words(text: str, start: int, end: int) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[start:end]).split())


def _hinted_year(finds: list[Find], words: list[Token]) -> int | None:
    """The one year a question names, where a month of it stands without one ("in August at the 2016
    Olympics"); None in comparisons."""
    years = {
        find.since.year
        for find in finds
        if find.since and find.until and not find.yearless
        and (find.since.month, find.since.day, find.until) == (1, 1, date(find.since.year, 12, 31))
    }  # fmt: skip
    if len(years) != 1 or not any(find.yearless for find in finds):
        return None
    return None if any(word.tag == "THAN" or word.fold == "compared" for word in words) else years.pop()


def _strongest(finds: list[Find]) -> list[Find]:
    return [find for find in finds if not find.attributive] or finds


def _combined(
    finds: list[Find], today: date, text: str, words: list[Token]
) -> tuple[Kind, date | None, date | None, str] | None:
    """Several times as one: what they share ("since 2020 and until 2022"), else all from first to last."""
    dated = [find for find in finds if find.since or find.until]
    if not dated:
        return None
    since = max((find.since for find in dated if find.since), default=None)
    until = min((find.until for find in dated if find.until), default=None)
    if since and until and since > until:
        since = min((find.since for find in dated if find.since), default=None)
        until = max((find.until for find in dated if find.until), default=None)
        if any(find.since is None for find in dated):
            since = None
        if any(find.until is None for find in dated):
            until = None
        if since is None and until is None:
            return None
    phrases = [_words(text, words[find.first].start, words[find.end - 1].end) for find in dated]
    joined = ", ".join(list(dict.fromkeys(phrases))[:3])
    if since is None or until is None:
        return "open", since, until, joined
    begun = since < today or until <= today
    near = begun and all(find.relative for find in dated) and (today - until) <= timedelta(days=366)
    return "recent" if near else "span", since, until, joined


def _nowadays(find: Find, words: list[Token]) -> Find:
    """ "today" in a question of state means these days, not this day: "Who heads the IMF today?"."""
    day = words[find.end - 1]
    if day.fold not in ("today", "heute", "hoy") or find.kind or find.end - find.first > 1:
        return find
    start = max(find.first - 40, 0)
    words, first, end = words[start : find.end + 40], find.first - start, find.end - start
    folds = [word.fold for word in words]
    before = [i for i, fold in enumerate(folds[:first]) if fold in _STATE or fold in _PAST_AUX]
    after = [i for i, fold in enumerate(folds) if i >= end and (fold in _STATE or fold in _PAST_AUX)]
    aux = before[-1] if before else after[0] if after else -1
    happened = aux < 0 and any(fold in _HAPPENED or fold.endswith("ed") for fold in folds)
    doing = aux >= 0 and folds[aux] in BE and any(ing(fold) for fold in folds[aux + 1 : aux + 4])
    event = happened or doing or (aux >= 0 and folds[aux] in _PAST_AUX) or not _EVENTFUL.isdisjoint(folds)
    lasting = "still" in folds or token_at(words, first - 1).fold in ("is", "are", "even")
    if token_at(words, end).fold == "'" or len(words) <= 2 or (event and not lasting):
        return find
    return replace(find, since=None, until=None)


def _habit(find: Find, words: list[Token]) -> bool:
    """ "Is it open on Sunday?" asks of any Sunday."""
    folds = {word.fold for word in words[:40]}
    return find.unit == WEEKDAY and bool(folds & {"is", "are"}) and bool(folds & {"open", "closed", "shut"})


def _compares(find: Find, words: list[Token]) -> bool:
    """ "than last year", "compared with 2019", "más que en 2019"."""
    before = [token_at(words, find.first - n).fold for n in range(1, 8)]
    if before[0] in ("than", "als", "vs", "versus", "against"):
        return (
            before[1] not in ("more", "less", "fewer", "mehr", "weniger")
            or not words[find.first].raw.isdecimal()
        )
    if before[0] in ("to", "with", "zu", "mit", "con") and before[1] in _COMPARED:
        return True
    return before[0] == "que" and not {"más", "mas", "menos", "mayor", "menor"}.isdisjoint(before)


def _filtering(finds: list[Find], words: list[Token], today: date) -> list[Find]:
    """The times that are those of the articles, with what is listed behind them ("from March and April")."""
    filters: list[Find] = []
    for find in finds:
        last = filters[-1] if filters else None
        listed = last and last.kind == find.kind != "" and 0 < find.first - last.end <= 2
        if (listed and words[find.first - 1].tag == "AND") or _filters(find, words, today):
            filters.append(find)
    return filters


def _filters(find: Find, words: list[Token], today: date) -> bool:
    """Whether a time is that of the articles: "articles since 2022", "published in June", "last week's news"."""
    behind = find.end + (
        token_at(words, find.end).fold == "'" and 1 + (token_at(words, find.end + 1).fold == "s")
    )
    noun = token_at(words, behind)
    own = find.attributive and noun.fold == "article"  # "his 1914 article"
    if (noun.fold in ARTICLES and is_article(words, behind) and not own) or (
        noun.fold in REPORTS and find.relative
    ):
        return True
    i, printed = find.first - 1, False
    recent = (find.until or find.since or today) >= (moved(today, -_OLD) or date.min)
    while i > find.first - 8 and token_at(words, i).fold in _PRINTED | _FILLER:
        printed |= words[i].fold in _PRINTED
        if words[i].fold in _ANYTHING and printed and i == 0:
            return recent
        i -= 1
    if is_article(words, i):
        return True
    if printed and (i < 0 or words[i].fold in _ANYTHING):
        return recent
    if find.kind not in ("since", "from", "after", "before", "until", "between") and not printed:
        return False
    for j in range(i, max(i - 12, -1), -1):
        if words[j].raw in ".?!;":
            return False
        if is_article(words, j):
            return words[j + 1].fold in _ABOUT if j < i else True
    return False
