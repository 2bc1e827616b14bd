"""Exact comparisons of a statement with the words it rests on: dates, modality, attribution, direction.

Each function says what is wrong in plain words, or "" when nothing is. They are rules: what they find
is nearly always a fault, and what they miss is left to the scores.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import words as w

_MAY_MONTH = re.compile(
    r"(?:\b\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?|\b(?:in|on|since|until|by|of|from|last|next|early|late|mid)[\s-]+)May\b|\bMay\s+\d"
)
_HEDGE = re.compile(
    r"\b(?:may|might|could|would|reportedly|alleged(?:ly)?|apparently|possibl[ey]|perhaps|probabl[ey]|likely|unlikely|potential(?:ly)?|"
    r"suspected|rumou?red|purported(?:ly)?|supposed(?:ly)?|expect(?:s|ed)?|plan(?:s|ned|ning)?\s+to|aim(?:s|ed|ing)?\s+to|"
    r"hop(?:e|es|ed|ing)\s+(?:to|that)|intend(?:s|ed)?|propos(?:e|es|ed|al)|consider(?:s|ed|ing)?|threaten(?:s|ed|ing)?|"
    r"want(?:s|ed)?\s+to|seek(?:s|ing)?\s+to|sought\s+to|tr(?:y|ies|ied)\s+to|attempt(?:s|ed)?\s+to|seem(?:s|ed)?|appear(?:s|ed)?\s+to|"
    r"believed?\s+to|thought\s+to|said\s+to|if|whether|unless|should|könnte[nst]*|dürfte[nst]*|soll(?:te)?[nst]*|angeblich|"
    r"möglicherweise|vermutlich|wohl|podría[ns]?|quizás?|tal\s+vez|supuestamente|presunt[oa]s?)\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:said|says|say|told|tells|claim(?:s|ed|ing)?|argu(?:e|es|ed|ing)|insist(?:s|ed)?|assert(?:s|ed)?|alleg(?:e|es|ed)|accus(?:e|es|ed|ing)|"
    r"according\s+to|den(?:y|ies|ied)|warn(?:s|ed)?|suggest(?:s|ed)?|estimat(?:e|es|ed)|believ(?:e|es|ed)|think(?:s)?|predict(?:s|ed)?|"
    r"announc(?:e|es|ed)|report(?:s|ed)|stat(?:es|ed)|admit(?:s|ted)?|add(?:s|ed)|wrote|writes|call(?:s|ed)|describ(?:e|es|ed)|"
    r"laut|sagt(?:e|en)?|behauptet(?:e|en)?|erklärt(?:e|en)?|según|dijo|dice|afirm(?:a|ó)|aseguró)\b",
    re.IGNORECASE,
)
_SPEECH = re.compile(r"[“\"«„].{12,}[”\"»“]")
_CLAUSE = re.compile(r"[,;:–—]\s+|\s+(?:and|but|while|although|which|because|und|aber|y|pero)\s+")
_JOIN = re.compile(r",?\s+(?:and|but|while|whereas|und|aber|y|pero)\s+|;\s+")
_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_OPPOSITE_WORDS = """rose fell|rise fall|rising falling|increased decreased|increase decrease|grew shrank|gained lost|won lost|more less|more fewer|
higher lower|highest lowest|above below|before after|earlier later|first last|north south|northern southern|east west|eastern western|
left right|up down|opened closed|began ended|started ended|start end|begin end|arrested released|approved rejected|accepted refused|bought sold|
buyer seller|raised cut|supported opposed|support oppose|minimum maximum|least most|import export|imports exports|inside outside|
majority minority|victory defeat|won defeated|entered left|arrived departed|hired fired|married divorced|born died|older younger|largest smallest|
biggest smallest|longest shortest|fastest slowest|strengthened weakened|allowed banned|legal illegal|guilty innocent|convicted acquitted|
hotter colder|warmer cooler|richer poorer|cheaper dearer|better worse|best worst|old new|ally enemy|agreed refused|joined left|built demolished"""
_AGAINST = re.compile(
    r"\b(?:(?:vot\w+|are|is|was|were|be|speak\w*|spoke|argu\w+|campaign\w*|protest\w*) against|oppos\w+|object(?:s|ed|ing)? to|disagree\w*|veto\w*|dagegen|stimm\w+ gegen|lehnt\w*|en contra|se opuso|opon\w+)\b",
    re.IGNORECASE,
)
_NOT_FOR = re.compile(
    rf"{_AGAINST.pattern}|\b(?:refus\w+|reject\w+|den(?:y|ies|ied)|not|never|no|abgelehnt|nicht|rechaz\w+)\b|n['’]t\b",
    re.IGNORECASE,
)
OPPOSITES = tuple(tuple(pair.split()) for pair in _OPPOSITE_WORDS.replace("\n", "").split("|"))


def hedged(text: str) -> bool:
    """True when a text says that something may be, is planned, wished or doubted, not that it is so."""
    return bool(_HEDGE.search(_MAY_MONTH.sub(" ", text)))


def attributed(text: str) -> bool:
    """True when a text says who said, thinks or reports it."""
    return bool(_SAID.search(text))


def wrong_date(statement: str, cited: str) -> str:
    """A month or weekday of the statement that the cited words do not have."""
    held = frozenset(w.words(cited))
    for match in w.WORD.finditer(statement):
        word = match.group()
        folded = word.lower()
        named = folded in _WEEKDAYS or (folded in w.MONTHS and word[0].isupper())
        if named and folded not in held and not (folded == "may" and not _MAY_MONTH.search(statement)):
            if folded == "march" and not re.search(
                r"\bMarch\s+\d|\d\s+March|\b(?:in|on|since|of)\s+March\b", statement
            ):
                continue
            return f"{word} is not in the cited words"
    return ""


def too_certain(statement: str, cited: Sequence[str], language: str = "en") -> str:
    """What the cited words only hold possible, plan or hear, told as a fact."""
    if hedged(statement):
        return ""
    if any(hedged(clause) for clause in _retold(statement, cited, language)):
        return "the cited words do not say it for certain"
    return ""


def unattributed(statement: str, cited: Sequence[str], language: str = "en") -> str:
    """A claim that the cited words put into somebody's mouth, told as if nobody had said it."""
    if attributed(statement):
        return ""
    wanted = set(w.content_stems(statement, language))
    for text in cited:
        if not _SAID.search(text):
            continue
        for speech in _SPEECH.findall(text):
            if len(wanted & set(w.content_stems(speech, language))) >= max(2, 0.5 * len(wanted)):
                return "it leaves out who said so"
        # "X, a minister said" and "a minister said that X": of what is joined by "and", only the nearest
        for match in _SAID.finditer(text):
            before, after = _JOIN.split(text[: match.start()])[-1], _JOIN.split(text[match.end() :])[0]
            for part in (before, after):
                if len(wanted & set(w.content_stems(part, language))) >= max(2, 0.7 * len(wanted)):
                    return "it leaves out who said so"
    return ""


def against(statement: str, cited: str) -> str:
    """Somebody who is against something, where the cited words name nobody who is."""
    found = _AGAINST.search(statement)
    return f"the cited words do not say {found.group()!r}" if found and not _NOT_FOR.search(cited) else ""


def turned_round(statement: str, cited: str) -> str:
    """A word of the statement whose opposite stands in the cited words in its place ("rose" for "fell")."""
    mine, theirs = frozenset(w.words(statement)), frozenset(w.words(cited))
    for one, other in OPPOSITES:
        for a, b in ((one, other), (other, one)):
            if a in mine and a not in theirs and b in theirs and b not in mine:
                return f"it says {a!r} where the cited words say {b!r}"
    return ""


def _retold(statement: str, cited: Sequence[str], language: str) -> list[str]:
    """The clauses of the cited words that the statement retells: those it shares most stems with."""
    wanted = set(w.content_stems(statement, language))
    clauses = [part for text in cited for part in _CLAUSE.split(text) if part.strip()]
    shared = [len(wanted & set(w.content_stems(part, language))) for part in clauses]
    most = max(shared, default=0)
    return [part for part, count in zip(clauses, shared, strict=True) if count >= max(2, 0.6 * most)]
