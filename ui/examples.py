"""Example questions drawn from an index, for the empty chat page.

Nothing is invented: a question is either asked by an article itself (a heading that is a
question) or formed from a sentence simple enough to be turned round without guessing, so the
index holds its answer. Where too few are found, articles' titles are offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

from index.schema import Article

ARTICLES_READ = 300
"""Articles looked at; a large index has good ones among these."""

TRIED = 12
"""Questions tried at most: the page should not wait long for its examples."""

_QUESTION_LINE = re.compile(
    r"^(?:#{1,6}[ ]+|\*\*|Q[.:][ ]+)?((?:Who|What|When|Where|Why|How|Which)\b[^?\n]{12,90}\?)(?:\*\*)?[ ]*$",
    re.MULTILINE,
)
_NEEDS_CONTEXT = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her|this|that|these|those|we|us|our|you|your|I|my|"
    r"so|then|there|else|next|now|today|here|such|same|other|others)\b",
    re.IGNORECASE,
)
_WORD = r"[A-Z][\w’'-]*\w"
_LINKED = rf"(?: (?:of|for|and|the|de|von|van) {_WORD}| (?:of|for) the {_WORD}| {_WORD})"
_NAME = rf"(?:The )?{_WORD}{_LINKED}{{1,5}}"
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DEED = re.compile(
    rf"(?:In|On) (?P<when>(?:(?:\d{{1,2}} )?(?:{_MONTH}) )?(?:1\d|20)\d\d),? (?P<who>{_NAME}|{_WORD}) "
    r"(?:[a-z]{3,}ed|made|won|began|built|wrote|took|gave|sent|set|left|became|found|put|bought|sold|lost|brought|told|held|drew|broke)\b"
)
_EVENT = re.compile(
    rf"(?P<name>{_NAME}) (?P<was>was|were) "
    r"(?P<done>founded|built|opened|signed|discovered|invented|adopted|launched|established|completed|"
    r"introduced|created|published|inaugurated|ratified|dissolved|demolished|destroyed)"
    r"\b(?=[^.;:]{0,60}\b(?:1\d|20)\d\d\b)"
)
_DEFINITION = re.compile(rf"(?P<name>{_NAME}) (?P<verb>is|are) (?:an?|the) [a-z]")
_SENTENCE_START = re.compile(r"(?:(?<=[.!?] )|^)(?=[A-Z])", re.MULTILINE)
_NOT_A_NAME = re.compile(
    "(?:An?|It|He|She|They|We|I|You|This|That|These|Those|There|Here|Many|Most|Some|All|Both|Each|Every|Few|"
    "In|On|At|By|For|From|Of|To|With|When|While|Where|But|And|Or|If|As|After|Before|Since|Because|However|"
    "Although|Though|What|Who|Why|How|Which|Another|One|Two|Three|Several|No|Not|Its|His|Her|Their|Our)"
)


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
    asked: list[str] = []
    formed: list[str] = []
    titled: list[str] = []
    for article in islice(library.articles(), ARTICLES_READ):
        if article.language and article.language.split("-")[0] != "en":
            continue
        if question := _asked_by_the_article(article):
            asked.append(question)
        elif question := _turned_round(article):
            formed.append(question)
        elif question := _from_title(article):
            titled.append(question)
    # Half from questions the articles ask, half formed: a page of one kind looks mechanical.
    first = _spread(asked, (count + 1) // 2), _spread(formed, count)
    for found in (*first, asked, formed, titled):
        yield from found


def _spread(found: list[str], count: int) -> list[str]:
    """`count` of them, evenly from the whole list."""
    if len(found) <= count:
        return found
    return [found[i * len(found) // count] for i in range(count)]


def _asked_by_the_article(article: Article) -> str:
    """The heading that is a question and names most: it makes sense to someone who has not read on."""
    lines = (line[1] for line in _QUESTION_LINE.finditer(article.text))
    found = [q for q in lines if not _NEEDS_CONTEXT.search(q) and len(q.split()) >= 5]
    return max(found, key=lambda q: sum(w[0].isupper() for w in q.split()[1:]), default="")


def _turned_round(article: Article) -> str:
    starts = [found.start() for found in _SENTENCE_START.finditer(article.text[:20_000])]
    for start in starts:
        deed = _DEED.match(article.text, start)
        if deed and _is_name(deed["who"], article.text):
            return f"What did {_inside(deed['who'])} do {'on' if deed['when'][0].isdigit() and ' ' in deed['when'] else 'in'} {deed['when']}?"
        event = _EVENT.match(article.text, start)
        if event and _is_name(event["name"], article.text):
            return f"When {event['was']} {_inside(event['name'])} {event['done']}?"
    for start in starts[:3]:
        found = _DEFINITION.match(article.text, start)
        if found and _is_name(found["name"], article.text):
            return f"What {found['verb']} {_inside(found['name'])}?"
    return ""


def _is_name(name: str, text: str) -> bool:
    words = name.split()
    if _NOT_A_NAME.fullmatch(words[0]):
        return False
    if len(words) > 1:
        return True
    # One capital may only be the start of a sentence: a name has it elsewhere too, and never without.
    return bool(re.search(rf"[a-z,] {re.escape(name)}\b", text)) and name.lower() not in text


def _inside(name: str) -> str:
    """The name as it stands inside a sentence."""
    return "the" + name[3:] if name.startswith("The ") else name


def _from_title(article: Article) -> str:
    title = " ".join(article.title.split()).rstrip(".")
    if not 8 <= len(title) <= 80:
        return ""
    if title.endswith("?"):
        return "" if _NEEDS_CONTEXT.search(title) else title
    return f"What does “{title}” say?"
