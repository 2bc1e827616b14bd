"""A question that leans on the conversation, made to stand on its own, by rules.

"And when did it open?" after "How long is the Panama Canal?" becomes "When did the Panama Canal
open?". Where a pronoun may mean the earlier answer rather than the earlier subject ("Which ship was
the first?" - "What was it called?") the earlier question is set behind in brackets, which gives
retrieval its words without guessing. A question with a subject of its own is left as it is, so that
a change of topic drags no old context along.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import words as w
from rag.schema import Turn

_LEAD = re.compile(r"^(?:(?:and|but|so|also|ok(?:ay)?|then|well)\b[\s,]*)+", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:what|how) about\s+(.+?)\s*\??$", re.IGNORECASE)
_PERSON = re.compile(r"\b(he|him|his|she|her|hers)\b", re.IGNORECASE)
_THING = re.compile(r"\b(it|its|they|them|their|this|that|these|those|there)\b", re.IGNORECASE)
_ONE = re.compile(
    r"\b(?:the|that|this) (?:(?:first|second|third|other|latter|former|last|next|same|new|old|newer|older) )?"
    r"(?:one|ones|two|other|others|latter|former)\b|\b(?:the|its) (?:other|second|third|last|next|same)\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|are|were|be|has|have|had|will|would)\s+there\b|\bthere\s+(?:is|was|are|were|be|has|have|had)\b|"
    r"\b(?:does|did|is|was|will)\s+it\s+(?:take|true|possible|necessary|rain|snow)\b|"
    r"\b(?:sa(?:id|y|ys)|claim\w*|mean\w*|think|thought|know|believe\w*|show\w*|prove\w*|agreed?|found|so|fact|is it true)\s+that\b|"
    r"\bthat\s+(?:is|was|are|were|has|have|had|had|did|do|can|could|would|will|[a-z]+ed)\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^(?:why|when|where|who|how|how (?:many|much|long|far|old|big|tall|often)|since when|until when|by whom|"
    r"what for|for how long|in (?:what|which) year|(?:which|what) year|says who|according to whom)"
    r"(?: (?:not|so|exactly|then))?\s*\??$",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:in|on|at|by|for|from|since|until|to) )?(?:who|whom|whose|what|which|when|where|why|how)?\b"
    r"(?:\s*(?:many|much|long|far|old|big|tall|often))?\s*"
    r"(?P<aux>did|do|does)?(?:is|was|are|were|has|have|had|can|could|will|would|should)?\b\s*",
    re.IGNORECASE,
)
_TELL = re.compile(
    r"^(?:please )?(?:summari[sz]e|describe|compare|list|outline|recap|sum up|(?:what )?happened|timeline|overview|summary|history)\b ?",
    re.IGNORECASE,
)
_ASKS_FOR_THING = re.compile(r"^(?:(?:in|on|at|by|for|from|to|under) )?(?:which|what)\b", re.IGNORECASE)
MOST_READ = 1_000
"""Characters of an earlier question or answer that are looked at: they come from a client."""
_FULL_NAME = re.compile(
    r"\b[A-ZÀ-Þ][\w'’-]+(?:\s+(?:de|da|van|von|la|le|al|bin|[A-Z]\.)){0,2}(?:\s+[A-ZÀ-Þ][\w'’-]+)+"
)
_TITLES = frozenset(("president", "minister", "professor", "dr", "sir", "king", "queen", "general"))
_LINK = frozenset(("of", "the", "de", "la", "du", "von", "van", "for", "in", "on", "and", "to", "at"))
_ORDINALS = ("first", "second", "third", "fourth", "last")


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question as it would be asked without the conversation; unchanged when it needs none."""
    question = " ".join(question.split())
    if not history or not question:
        return question
    history = [Turn(turn.question[:MOST_READ], turn.answer[:MOST_READ]) for turn in history]
    previous = standalone(history[-1].question, history[:-1])[:MOST_READ].rstrip("?.! )").replace("? (", ", ")
    lead = _LEAD.match(question)
    core = question[lead.end() :] if lead else question
    core = (core[:1].upper() + core[1:]) or question
    if _BARE.match(core):
        return f"{core.rstrip('?. ')}: {previous}?"
    about = _ABOUT.match(core)
    if about:
        return _instead(about.group(1), previous)
    topic = noun_phrase(previous)
    person = _PERSON.search(core)
    if person:
        name = _person(history)
        return _put(core, person, name) if name else _behind(core, previous)
    if _ONE.search(core):
        return _behind(core, previous)
    thing = None if _EXPLETIVE.search(core) else _THING.search(core)
    if thing and not _names_itself(core, thing):
        points = thing.group().lower() in ("this", "that", "these", "those")
        if points or not topic or _ASKS_FOR_THING.match(previous) or not _is_all(topic, previous):
            return _behind(core, previous)
        return _put(core, thing, topic)
    own = set(w.content_stems(core))
    leans = lead is not None or len(own) <= 1
    if leans and not w.names(core) and not own & set(w.content_stems(previous)):
        return _behind(core, topic or previous)
    return question


def noun_phrase(question: str) -> str:
    """The name a question is about, as written there: its first run of capitalised words, with the
    small words inside ("the Treaty of Rome") and the nouns that follow ("the Soviet blockade of
    Berlin"); "" when it names nothing."""
    text = _TELL.sub("", " ".join(question.split()).rstrip("?.! "))
    opening = _OPENING.match(text)
    rest = text[opening.end() :] if opening else text
    tokens = rest.split()
    if opening and opening.group("aux") and len(tokens) > 1 and tokens[-1].islower():
        tokens = tokens[:-1]  # "did the canal open": the verb stands last
    first = next((i for i, t in enumerate(tokens) if t[:1].isupper() and not w.is_stop(t.lower())), None)
    if first is None:
        return ""
    last = first
    for i in range(first + 1, len(tokens)):
        token = tokens[i].strip(",;:")
        if tokens[i - 1][-1:] in ",;:":
            break
        if token[:1].isupper() or token[:1].isdigit():
            last = i
        elif token.lower() not in _LINK and (
            w.is_stop(token.lower()) or not token.isalpha() or token.endswith("ed")
        ):
            break
        elif token.lower() not in _LINK and i == last + 1 and len(token) > 3:
            last = i
        elif i - last > 2:
            break
    phrase = " ".join(tokens[first : last + 1]).strip(",;: ")
    return f"the {phrase}" if first and tokens[first - 1].lower() == "the" else phrase


def _person(history: Sequence[Turn]) -> str:
    """The person a conversation is about: the full name latest in its questions, or in the answer to
    a question for a person; "" when there is none."""
    for turn in reversed(history):
        asked = turn.question if not re.match(r"(?:and |so |but )?who", turn.question, re.IGNORECASE) else ""
        for text in (asked, turn.answer if not asked else "", turn.question):
            for match in _FULL_NAME.finditer(re.sub(r"\[\d+\]", "", text)):
                parts = match.group().split()
                while parts and (w.is_stop(parts[0].lower()) or parts[0].lower() in _TITLES):
                    parts = parts[1:]
                if len(parts) >= 2:
                    return " ".join(parts)
    return ""


def _is_all(topic: str, question: str) -> bool:
    """True when a question speaks of its topic and of nothing else a pronoun could mean: besides its
    opening and one verb, nothing stands around the topic."""
    rest = question.replace(topic, " ", 1)
    opening = _OPENING.match(question)
    return len(w.content_stems(rest[opening.end() :] if opening else rest)) <= 1


def _names_itself(question: str, found: re.Match[str]) -> bool:
    """True for "these estimates" or "that year": the pronoun only points, the noun says what."""
    if found.group().lower() not in ("this", "that", "these", "those"):
        return False
    following = w.words(question[found.end() :])[:1]
    return bool(following) and not w.is_stop(following[0]) and len(w.content_stems(question)) > 3


def _put(question: str, found: re.Match[str], topic: str) -> str:
    """The pronoun replaced by what it stands for."""
    word = found.group().lower()
    if word in ("its", "their", "his") or (word == "her" and re.match(r"\s+[a-z]+", question[found.end() :])):
        topic += "’" if topic.endswith("s") else "’s"
    elif word == "there":
        topic = f"in {topic}"
    return question[: found.start()] + topic + question[found.end() :]


def _behind(question: str, context: str) -> str:
    """The question with what it leans on in brackets behind it."""
    return f"{question.rstrip('?. ')}? ({context})"


def _instead(new: str, previous: str) -> str:
    """ "What about Saturn?" after "How many moons has Jupiter?": the earlier question with the new
    subject in place of the old one."""
    old_ordinal = next((o for o in _ORDINALS if re.search(rf"\b{o}\b", previous, re.IGNORECASE)), "")
    new_ordinal = next((o for o in _ORDINALS if re.search(rf"\b{o}\b", new, re.IGNORECASE)), "")
    if old_ordinal and new_ordinal and _ONE.search(new):
        return re.sub(rf"\b{old_ordinal}\b", new_ordinal, previous, count=1, flags=re.IGNORECASE) + "?"
    old = noun_phrase(previous)
    if (
        re.match(r"(?:in|on|by|after|before|since|until|for|at)\b", new, re.IGNORECASE)
        or not old
        or _ONE.search(new)
    ):
        return f"{previous} ({new})?" if not _ONE.search(new) else _behind(f"What about {new}", previous)
    return f"{previous.replace(old, new, 1)}?"
