"""English words of a sentence with one letter each for what they are, so that rules are short patterns.

N  capitalised, a name           S  the same with 's          C  capitalised only as the first word
w  any other lower-case word     s  the same with 's          V  may be a finite verb
D  the      A  a, an      o  of      p  another preposition   &  and, or
T  day with year   Y  year   t  day or month without year     #  another number   $  money
P  pronoun  q  my, his, their ...   r  who, which, that ...   x  then, ago, Monday, not ...
,  comma    ;  end of a clause      "  quotation mark         .  end     (  bracket or other sign
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from evals.make import lexicon as lex
from evals.make.verbs import FINITE

MONTH = rf"(?:{lex.MONTHS}|(?:Jan|Feb|Mar|Apr|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH},?\s+\d{{4}}|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,\s+\d{{4}}|{MONTH},?\s+(?:of\s+)?\d{{4}})\b"
YEAR = r"(?:1[0-9]|20)\d\d"
_TOKEN = re.compile(
    rf"(?P<T>{DAY})|(?P<t>\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH}\b|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b)"
    r"|(?P<money>(?:US|A|C|HK|NZ)?[$£€¥]\s?\d[\d.,]*\d?(?:[mkb]n?\b)?(?:\s+(?:thousand|million|billion|trillion)\b)?)"
    r"|(?P<number>\d[\d.,:/–-]*\d%?(?!\w|-[a-z])|\d%?(?!\w|-[a-z]))"
    r"|(?P<initials>(?:[A-Z]\.){2,}|[A-Z]\.(?=\s+[A-Z])|(?:Mr|Mrs|Ms|Dr|Rev|Hon|St|Sir|Jr|Sr|Prof|Gen|Gov|Sen|Rep|Col|Lt|Capt)\.)"
    r"|(?P<word>[^\W_][\w'’.&/–-]*[\w]|[^\W_])|(?P<sign>[^\w\s]|_)"
)
_PREPOSITIONS = frozenset(
    """in at on for from to by with into onto over under between among against across around along near during since
    until till after before about than as through via per within inside outside behind beside beyond towards toward
    without upon off out up down throughout despite following like""".split()
)
_RELATIVE = frozenset(
    "who whom whose which that where when while because although though if unless whether what how why but yet so".split()
)
NUMBER_WORDS = frozenset(
    """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen""".split()
)
_SCALE = frozenset("hundred thousand million billion trillion dozen".split())


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign, its offsets in the sentence, its letter, and itself in lower case."""

    text: str
    start: int
    end: int
    tag: str
    lower: str


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence as tokens; `tags` has one letter for each."""

    text: str
    tokens: tuple[Token, ...]
    tags: str

    def span(self, first: int, last: int) -> str:
        """The sentence's own characters from one token to before another."""
        if last <= first:
            return ""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end]

    def lowers(self, first: int, last: int) -> list[str]:
        return [token.lower for token in self.tokens[first:last]]


def read(text: str, common: Collection[str] = (), names: Collection[str] = ()) -> Words:
    """The tokens of a sentence. `common` are words the collection also writes in lower case: such a
    word counts as no name where it begins the sentence, unless one of the `names` begins with it."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        word, tag = match.group(), _tag(match, common, first=not tokens)
        tokens.append(Token(word, match.start(), match.end(), tag, word.lower().replace("’", "'")))
    if tokens and tokens[0].tag == "C" and any(text.startswith(name) for name in names):
        tokens[0] = replace(tokens[0], tag="N")
    return Words(text, tuple(tokens), "".join(token.tag for token in tokens))


def _tag(match: re.Match[str], common: Collection[str], *, first: bool) -> str:
    word = match.group()
    kind = match.lastgroup
    if kind in ("T", "t"):
        return kind
    if kind == "money":
        return "$"
    if kind == "initials":
        return "N"
    if kind == "number":
        return "Y" if re.fullmatch(YEAR, word) else "#"
    if kind == "sign":
        if word in ",&":
            return word
        if word in "\"“”‘’'«»„":
            return '"'
        return "." if word in ".!?…" else ";" if word in ";:–—" else "("
    return _word_tag(word, common, first=first)


def _word_tag(word: str, common: Collection[str], *, first: bool) -> str:
    lower = word.lower().replace("’", "'")
    if lower == "the":
        return "D"
    if lower in ("a", "an"):
        return "A"
    capital = word[0].isupper()
    if not capital or first:
        closed = _closed(lower)
        if closed:
            return closed
    if word[0].isdigit():
        return "#" if word.lower().endswith(("m", "bn", "k", "st", "nd", "rd", "th")) else "w"
    if capital:
        if re.fullmatch(rf"(?:{lex.WEEKDAYS})(?:'s)?", word):
            return "x"
        if re.fullmatch(MONTH, word):
            return "t"
        if lower.endswith(("'s", "s'")):
            return "S"
        if not first:
            return "N"
        plain = lower.removesuffix("'s")
        return "C" if plain in common or plain.endswith("ly") or plain in FINITE else "N"
    return "s" if lower.endswith(("'s", "s'")) else "V" if lower in FINITE else "w"


def _closed(lower: str) -> str:
    if lower == "of":
        return "o"
    if lower in ("and", "or", "&", "nor"):
        return "&"
    if lower in _RELATIVE:
        return "r"
    if lower in _PREPOSITIONS:
        return "p"
    if lower in lex.PRONOUNS or ("'" in lower and lower.split("'")[0] in lex.PRONOUNS):
        return "P"
    if lower in lex.POSSESSIVES:
        return "q"
    if lower in lex.DANGLING or lower in lex.NEGATIVE or lower.endswith("n't"):
        return "x"
    if lower in NUMBER_WORDS or (
        lower.split("-")[0] in NUMBER_WORDS and lower.split("-")[-1] in NUMBER_WORDS | {"one"}
    ):
        return "#"
    return ""


def decapitalised(words: Words, first: int, last: int) -> str:
    """The span, with a capital that only the beginning of the sentence gave it made small."""
    text = words.span(first, last)
    if first == 0 and words.tokens and words.tokens[0].tag not in "NSTt#Y$":
        return text[:1].lower() + text[1:]
    return text


def number_end(words: Words, at: int) -> int:
    """Where the number that begins at token `at` ends ("2.5 million" is two tokens); `at` for none."""
    if at >= len(words.tokens) or words.tags[at] not in "#Y":
        return at
    end = at + 1
    while end < len(words.tokens) and words.tokens[end].lower in _SCALE:
        end += 1
    return end
