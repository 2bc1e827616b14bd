"""What a conversation has spoken of, and how likely a question that leans on it means each of these.

Mentions are the names and noun phrases of the earlier questions and of the last answers, found without a
parser: runs of content words between small words. A logistic model over the readable features below (fitted by
`rag/training/followup.py`) says how likely a person who asked the question alone would have said the mention.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rag import words as w
from rag.schema import Turn
from rag.scorers import Logistic, scorer

WEIGHTS = Path(__file__).parent / "weights" / "followup.json"
LONGEST = 4
"""Content words of a mention; longer runs are cut to their last ones."""
READ_LAST, READ_OLDER = 400, 160
"""Characters of the last answer, and of those before it, in which mentions are looked for."""
MOST = 60
"""Mentions that are weighed, the latest first."""
_TOKEN = re.compile(r"[^\W_]+(?:[-'’.&][^\W_]+)*['’]?")
_DO = re.compile(
    r"\b(?:do|does|did|can|could|will|would|should|may|might|must|is|are|was|were)\b", re.IGNORECASE
)
_DID = re.compile(r"\b(?:do|does|did)\b", re.IGNORECASE)
_IS_IT = re.compile(r"(?:is|are|was|were)\b", re.IGNORECASE)
_INSIDE = frozenset(("of", "the", "de", "la", "du", "von", "van", "for", "and"))
_BEFORE_NOUN = frozenset("the a an this that these those my your his her its their our some any no".split())
_PREPOSITION = frozenset(
    "of in on at by for from with about into during between against near under over".split()
)
_PLACE = frozenset("in on at from near over to into".split())
_BEFORE_VERB = frozenset(
    """to i you we they he she it who that not did do does can could will would should may might must has have had
    there why how when where""".split()
)
LIGHT = frozenset(
    """interesting interested cool okay ok wow hey hi oh yes yeah nice great hmm thank thanks please sure right sorry like love
    think thought know want need hear heard mean meant see saw seem seems look looks sound sounds make makes made take took
    taken use used using happen happened happens happening work works come came coming become became becoming go goes went gone going do doing done being having get got getting
    gets give gave given find found tell told talk talking ask asked asking learn start started starting begin began beginning end ended ending run running
    try help important good better best well bad worse worst new old big small long short main much lot lots bit thing
    things something anything everything nothing one ones two way ways kind kinds type types sort example examples fact
    facts aspect aspects info information detail details question questions answer answers article articles else
    year years time times day days different difference differences similar common popular possible likely true
    famous notable well-known major first second last next never ever still always often usually actually don't
    compare describe summarise summarize explain outline doesn't didn't isn't aren't wasn't weren't can't won't let's i'm i've i'd that's what's it's there's how's who's where's""".split()
)  # fmt: skip
"""Words that alone are no subject of a conversation."""
FEATURES = (
    "name", "two words", "three words", "part of a longer name", "in the last question", "in the last answer",
    "in the first question", "turns ago", "turns with it", "turns with its head", "asked and answered",
    "after an article", "after a preposition", "like a verb", "begins the answer", "plural", "number",
    "person asked", "thing asked", "pointing asked", "one asked", "the asked", "few words asked", "words asked", "names asked",
    "lead asked", "else asked", "shares a word", "shares its head", "person and name", "person and two words",
    "they and plural", "pronoun and last question", "pronoun and last answer", "pronoun and name", "pronoun and turns with it",
    "names asked and name", "the and name", "one and name", "few words and last question", "few words and name", "there and preposition",
)  # fmt: skip
_PERSON = frozenset("he him his she her hers himself herself".split())
_PLURAL = frozenset("they them their theirs".split())
_THING = frozenset("it its itself".split())
_POINTING = frozenset("this that these those such".split())
_ONE = frozenset("one ones other others another latter former both two".split())
_LEADS = frozenset("and but so also then or ok okay oh".split())


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or noun phrase of a conversation as written there, its words as `key`s, whether it is a name, the article
    before it, whether it always stands behind a preposition, and how likely the question means it."""

    text: str
    keys: tuple[str, ...]
    name: bool
    article: str = ""
    placed: bool = False
    score: float = 0.0

    @property
    def phrase(self) -> str:
        """The mention as it stands in a sentence: "the canal", "Saturn"."""
        return f"the {self.text}" if self.article else self.text


@dataclass(slots=True)
class _Seen:
    """Where a mention stands: `ago` the latest turn, counted back from 1."""

    text: str
    keys: tuple[str, ...]
    name: bool
    part: bool
    ago: int
    asked: bool = False
    answered: bool = False
    in_last_question: bool = False
    in_last_answer: bool = False
    in_first: bool = False
    begins: bool = False
    article: bool = False
    preposition: bool = False
    verb: bool = False
    before_the: bool = False
    placed: bool = True


@lru_cache(maxsize=20_000)
def key(word: str) -> str:
    """A word without its plural and possessive endings, folded."""
    word = (word.lower() if word.isascii() else w.unaccented(word)).replace("’", "'")
    word = word.removesuffix("'s").strip("'.")
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return (
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    )


def keys_of(text: str) -> list[str]:
    """The `key`s of all words of a text."""
    return [key(match.group()) for match in _TOKEN.finditer(text)]


def likely(question: str, history: Sequence[Turn]) -> list[Mention]:
    """The mentions of a conversation that `question` does not hold already, most likely meant first."""
    seen, rows = features(question, history)
    model = _model()
    found = [
        Mention(one.text, one.keys, one.name, one.article, one.placed, model(row))
        for one, row in zip(seen, rows, strict=True)
    ]
    return sorted(found, key=lambda mention: (-mention.score, mention.text))


@cache
def _model() -> Logistic:
    return scorer("followup", FEATURES, WEIGHTS)


def features(question: str, history: Sequence[Turn]) -> tuple[list[Mention], list[tuple[float, ...]]]:
    """The mentions not wholly in the question, each with its row of `FEATURES`."""
    asked = keys_of(question)
    words = [word.lower() for word in _TOKEN.findall(question)]
    said = set(words)
    held = set(asked)
    own = [k for k, word in zip(asked, words, strict=True) if not w.is_stop(word) and word not in LIGHT]
    person, they = bool(said & _PERSON), bool(said & _PLURAL)
    thing, points = bool(said & _THING), bool(said & _POINTING)
    one = bool(said & _ONE)
    pronoun = float(person or they or thing)
    few = float(len(own) <= 1)
    names = float(bool(w.names(question)))
    turns = [frozenset(keys_of(turn.question)) | frozenset(keys_of(turn.answer)) for turn in history]
    found: list[Mention] = []
    rows: list[tuple[float, ...]] = []
    for m in _seen(history)[:MOST]:
        if held.issuperset(m.keys):
            continue
        count = sum(turn.issuperset(m.keys) for turn in turns)
        head = sum(m.keys[-1] in turn for turn in turns)
        of = max(len(turns), 1)
        name, two = float(m.name), float(len(m.keys) == 2)
        plural = float(m.text.endswith("s") and not m.text.endswith("ss"))
        last_question, last_answer = float(m.in_last_question), float(m.in_last_answer)
        found.append(Mention(m.text, m.keys, m.name, "the" if m.before_the else "", m.placed))
        rows.append(
            (
                name, two, float(len(m.keys) > 2), float(m.part), last_question, last_answer,
                float(m.in_first), min(m.ago, 6) / 6, count / of, head / of, float(m.asked and m.answered),
                float(m.article), float(m.preposition), float(m.verb), float(m.begins), plural, float(m.text[-1:].isdigit()),
                float(person), float(thing or they), float(points), float(one), float("the" in said), few, min(len(own), 6) / 6, names,
                float(words[:1] != [] and words[0] in _LEADS), float(bool(said & {"else", "other", "more", "another"})),
                float(bool(held & set(m.keys))), float(m.keys[-1] in held),
                person * name, person * two, they * plural, pronoun * last_question, pronoun * last_answer, pronoun * name,
                pronoun * count / of, names * name, float("the" in said) * name, one * name, few * last_question, few * name,
                float("there" in said) * float(m.preposition),
            )
        )  # fmt: skip
    return found, rows


def _seen(history: Sequence[Turn]) -> list[_Seen]:
    """Every mention of the conversation once, by its keys."""
    found: dict[tuple[str, ...], _Seen] = {}
    for ago, turn in enumerate(reversed(history), 1):
        texts = ((True, turn.question), (False, turn.answer[: READ_LAST if ago == 1 else READ_OLDER]))
        for asked, text in texts:
            for phrase, name, part, before, first in _phrases(text):
                keys = tuple(keys_of(phrase))
                if not keys:
                    continue
                one = found.setdefault(keys, _Seen(phrase, keys, name, part, ago))
                one.name |= name
                one.part &= part
                one.asked |= asked
                one.answered |= not asked
                one.in_last_question |= asked and ago == 1
                one.in_last_answer |= not asked and ago == 1
                one.in_first |= asked and ago == len(history)
                one.begins |= not asked and ago == 1 and first
                one.article |= before in _BEFORE_NOUN
                one.before_the |= before == "the" or (not name and before in ("a", "an"))
                one.preposition |= before in _PREPOSITION
                one.placed &= before in _PLACE
                one.verb |= before in _BEFORE_VERB or (
                    not name and keys[-1].endswith(("ed", "ing")) and before not in _BEFORE_NOUN
                )
    return list(found.values())


def _phrases(text: str) -> list[tuple[str, bool, bool, str, bool]]:
    """(phrase, is a name, is part of a longer name, the word before, begins the text) for each run of content words."""
    text = re.sub(r"\[\d+\]", " ", text)
    tokens = [(match.start(), match.end(), match.group()) for match in _TOKEN.finditer(text)]
    found: list[tuple[str, bool, bool, str, bool]] = []
    asks = bool(_DO.search(text))
    is_it = bool(_IS_IT.match(text))
    did = bool(_DID.search(text)) and text.rstrip()[-1:] == "?"
    keywords = text.rstrip()[-1:] not in ("?", ".", "!")

    def content(at: int) -> bool:
        word = tokens[at][2].lower().strip("'’")
        return not w.is_stop(word.replace("’", "'")) and word.replace("’", "'") not in LIGHT

    def capital(at: int) -> bool:
        word = tokens[at][2]
        counts = (
            word[0].isdigit() and at + 1 < len(tokens) and near(at + 1) and tokens[at + 1][2][0].isupper()
        )
        return (word[0].isupper() and word != "I") or counts

    def near(at: int) -> bool:
        """Only a space stands between this token and the one before."""
        return at > 0 and not text[tokens[at - 1][1] : tokens[at][0]].strip()

    def opens(at: int) -> bool:
        """The token begins a sentence, where a capital says nothing."""
        return at == 0 or text[: tokens[at][0]].rstrip(" \"'“‘«(")[-1:] in (".", "!", "?", ":", "\n", "")

    def add(first: int, last: int, name: bool, part: bool) -> None:
        before = tokens[first - 1][2].lower() if first and near(first) else ""
        phrase = text[tokens[first][0] : tokens[last][1]].rstrip("'’")
        phrase = re.sub(r"['’]s$", "", phrase)
        found.append((phrase, name, part, before, first < 2))

    at = 0
    while at < len(tokens):
        told = at > 0 and tokens[at - 1][2].lower() == "who" and not capital(at)
        if not content(at) or told:  # "who built"
            at += 1
            continue
        last = at
        while last + 1 < len(tokens) and near(last + 1):
            if content(last + 1):
                last += 1
            elif (
                tokens[last + 1][2] in _INSIDE
                and capital(last)
                and (
                    ahead := last + 2 if last + 2 < len(tokens) and tokens[last + 2][2] != "the" else last + 3
                )
                < len(tokens)
                and near(last + 2)
                and near(ahead)
                and capital(ahead)
                and content(ahead)
            ):
                last = ahead
            else:
                break
        capitals = [
            i
            for i in range(at, last + 1)
            if capital(i) and not (opens(i) and not (i < last and capital(i + 1)))
        ]
        predicate = is_it and last == len(tokens) - 1
        if did and capitals and last == len(tokens) - 1 > capitals[-1]:
            add(at, capitals[-1], True, False)  # "(did) the Kiel Canal open"
        elif last > at and not capital(last) and (predicate or tokens[last][2].endswith("ed")):
            add(at, last - 1, bool(capitals), False)  # "search engines biased"
        else:
            add(max(at, last + 1 - LONGEST) if not capitals else at, last, bool(capitals), False)
            if asks and last > at and not capital(last):
                add(max(at, last - LONGEST), last - 1, bool(capitals), False)  # "(did) the canal open"
        if capitals:
            first, end = capitals[0], capitals[-1]
            if (first, end) != (at, last):
                add(first, end, True, False)
            if keywords:
                for size in (2, 3):  # "Jane Example Early" of "Jane Example Early life"
                    if first + size - 1 < end and capital(first + size - 1):
                        add(first, first + size - 1, True, True)
        elif last > at + 1:
            add(last - 1, last, False, False)
        at = last + 1
    return found
