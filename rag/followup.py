"""A question that leans on the conversation, made to stand on its own.

"And when did it open?" after "How long is the Panama Canal?" becomes "When did the Panama Canal
open?": rules find what leans (a pronoun, "why?", "what about ...?"), `rag.mentions` which name or phrase of the
conversation is meant. What cannot be put into the sentence stands behind it in brackets, which gives
retrieval its words without guessing. A question with a subject of its own is left as it is, so that
a change of topic drags no old context along.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag import mentions
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
_ASKED_WITH = re.compile(
    r"^(?:(?:why|when|where|how(?: (?:long|far|much|often))?) (?=is\b|are\b|was\b|were\b|has\b|have\b|had\b|did\b|do\b|does\b|can\b|"
    r"could\b|will\b|would\b|should\b)|(?:what|who|whom) (?=did\b|do\b|does\b)|(?=(?:is|are|was|were|did|do|does|can|could|will|"
    r"would|should|has|have|had) ))(?P<aux>\w+) (?P<rest>.+)$",
    re.IGNORECASE,
)
_MANY_WERE = re.compile(
    r"^how many (?P<what>(?!of\b)\w+(?: \w+)?) (?P<aux>is|are|was|were|have|had) (?P<rest>.+)$", re.IGNORECASE
)
_ASKING = re.compile(
    r"^(?:(?:in|on|at|by|for|from|to|since) )?(?:how (?:many|much|long|far|old|often)(?: of (?:them|those|these))?|who|whom|what|which|"
    r"when|where|why|how) ",
    re.IGNORECASE,
)
_TELL = re.compile(
    r"^(?:please )?(?:summari[sz]e|describe|compare|list|outline|recap|sum up|(?:what )?happened|timeline|overview|summary|history)\b ?",
    re.IGNORECASE,
)
_ASKS_WHO = re.compile(r"(?:and |so |but )?who\b(?! (?:is|was) (?-i:[A-Z]))", re.IGNORECASE)
"""It asks for a person; "Who is Ada Example?" names one."""
_ASKS_WHICH = re.compile(
    r"^(?:\w+ )?(?:which|what) (?!do\b|does|did|is|are|was|were|has|have|had|can|could|will|would|should|happen)|"
    r"^how (?:many|much)\b|^(?:which|what) (?:is|are|was|were) the (?:\w+est|most|first|last|only|oldest)\b",
    re.IGNORECASE,
)
"""Here "it" may be what was asked for, which the answer named."""
_COMMON = re.compile(r"(?:the|its|their|his|her|this|that|these|those) [a-z]")
_WHEN_OR_WHERE = re.compile(
    r"(?:in|on|by|after|before|since|until|during|for|at|over|under|above|below|between|near|from|to|with|without|across|"
    r"around|inside|outside|behind|through|against|beyond|within|throughout|along|among)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:who|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"^(?:what|who) (?:is|are|was|were) (?:an? )?[\w-]+(?<!ed)\??$", re.IGNORECASE)
_GENERAL = re.compile(
    r"^(?:how|why|when|where) (?:do|does|can|is|are) (?!the |an? |\w+ed\b)\w+(?: \w+)?\??$", re.IGNORECASE
)
"""It has a subject of its own and asks of it in general: "How do vaccines work?"."""
_GOES_ON = re.compile(
    r"^[¿\s]*(?:und|aber|y|pero)\b|\b(?:er|sie|ihn|ihm|dort|davon|dazu|dessen|sein|seine|deren|él|ella|ellos|lo|su|sus|allí|eso)\b",
    re.IGNORECASE,
)
_ELSE = re.compile(r"\b(?:else|others?|another|more|instead|besides)\b", re.IGNORECASE)
_ASKS_FOR_THING = re.compile(r"^(?:(?:in|on|at|by|for|from|to|under) )?(?:which|what)\b", re.IGNORECASE)
MOST_READ = 1_000
"""Characters of an earlier question or answer that are looked at: they come from a client."""
_FULL_NAME = re.compile(
    r"\b[A-ZÀ-Þ][\w'’-]+(?:\s+(?:de|da|van|von|la|le|al|bin|[A-Z]\.)){0,2}(?:\s+[A-ZÀ-Þ][\w'’-]+)+"
)
_TITLES = frozenset(
    """president minister professor dr sir king queen general mr mrs ms captain mayor councillor senator governor chancellor
    judge bishop pope prince princess lord lady colonel major inspector detective""".split()
)
_TIMES = w.MONTHS | frozenset(
    "monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter".split()
)
_LINK = frozenset(("of", "the", "de", "la", "du", "von", "van", "for", "in", "on", "and", "to", "at"))
_PARTICLES = frozenset(("de", "da", "van", "von", "la", "le", "al", "bin"))
_POINTING = ("this", "that", "these", "those")
LEANS, ALONE, PERSON, PUT = 0.15, 0.2, 0.1, 0.2
"""From which likelihood on a mention is added: to a question that leans, to one that may not; and set in place of
a personal pronoun, of another one. Chosen on the conversations that the weights are fitted on."""
WHOLE = 0.3
MOST_ADDED, MOST_WORDS, MOST_PUT = 2, 20, 6
WHO_TURNS = 4
_ORDINALS = ("first", "second", "third", "fourth", "last")


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question as it would be asked without the conversation; unchanged when it needs none."""
    question = " ".join(question.split())
    if not history or not question:
        return question
    history = [Turn(turn.question[:MOST_READ], turn.answer[:MOST_READ]) for turn in history]
    lead = _LEAD.match(question)
    core = question[lead.end() :] if lead else question
    core = (core[:1].upper() + core[1:]) or question
    if w.spoken(question) != "en":
        return _foreign(question, history)
    bare, new = _BARE.match(core), _new(core, bool(lead))
    if bare or new:
        previous = _without_brackets(standalone(history[-1].question, history[:-1])[:MOST_READ])
        if bare:
            return _asked_of(core.rstrip("?. "), previous)
        if len(previous.split()) <= MOST_WORDS:
            return _instead(new, previous)
    person = _PERSON.search(core)
    thing = None if person or _EXPLETIVE.search(core) else _THING.search(core)
    if thing and _names_itself(core, thing):
        thing = None
    points = bool(_ONE.search(core))
    if thing and not points and (same := _meant_before(thing.group().lower(), history)):
        return _put(core, thing, same)
    last = history[-1].question.rstrip("?.! ")
    unclear = bool(_ASKS_WHICH.match(last))
    if thing and not points and not _ASKS_FOR_THING.match(last) and thing.group().lower() not in _POINTING:
        topic = noun_phrase(last)
        if topic and _is_all(topic, last) and not (_is_time(topic) or _is_person(topic, history)):
            return _put(core, thing, topic)
    if thing and unclear and not points and len(last.split()) <= MOST_WORDS // 2 and not _THING.search(last):
        return _behind(core, last)  # it may be the earlier answer: "Which ship was the first?"
    found = mentions.likely(question, history)
    if thing and thing.group().lower() in ("it", "its"):
        found = [m for m in found if not (_is_time(m.text) or _is_person(m.text, history))]
    if person:
        names = (_bare_name(m) for m in found if m.name and m.score >= PERSON and not m.placed)
        # "Who built it?" is answered by a person, whom the next question means.
        told = _told(history)
        name = told or next(filter(None, names), "") or _person(history)
        if name:
            return _put(core, person, name)
    own = [word for word in w.words(core) if not w.is_stop(word) and word not in mentions.LIGHT]
    named = w.names(core)
    few = len(own) <= 1 and not _DEFINES.match(core) and not _GENERAL.match(core)
    leans = bool(lead or person or thing or points) or few
    if not own and not thing and not named and (topic := noun_phrase(last)):
        return _behind(core, topic)
    if named and not (person or thing or points):
        found = [m for m in found if m.name and m.keys[-1] in mentions.keys_of(core)]
    goes_on = leans or bool(_ELSE.search(core)) or _shares(own, history)
    chosen = _apart([m for m in found if m.score >= (LEANS if leans else ALONE)]) if goes_on else []
    if not chosen and leans and not named:
        chosen = found[:1]
    chosen = _joined([_whole(m, found) for m in chosen], history)
    if not chosen:
        return question
    core = core if lead else question
    best = chosen[0]
    fuller = _fuller(core, best)
    if fuller:
        core, chosen = fuller, chosen[1:]
    elif (
        thing and not unclear and (fits := [m for m in chosen if m.score >= PUT and _agrees(core, thing, m)])
    ):
        core, chosen = _put(core, thing, fits[0].phrase), [m for m in chosen if m is not fits[0]]
    return _behind(core, ", ".join(m.text for m in chosen)) if chosen else core


def may_stand(question: str, alone: str) -> bool:
    """Whether the question may be meant as it is: `alone` only adds to it what the conversation was about, and nothing
    in it points there."""
    question = " ".join(question.split())
    return (
        alone.startswith(f"{question.rstrip('?. ')}? (")
        and len(w.content_stems(question)) >= 2
        and not (_LEAD.match(question) or _ELSE.search(question))
        and not any(found.search(question) for found in (_PERSON, _THING, _ONE))
    )


def _asked_of(asking: str, previous: str) -> str:
    """ "Why?" asked of the question before: "Why did the canal open?" after "When did the canal open?"; where that is no
    sentence, with the earlier question in brackets, less what it asked for."""
    if many := _MANY_WERE.match(previous):
        return f"{asking} {many['aux']} the {many['what']} {many['rest']}?"
    if goes_on := _ASKED_WITH.match(previous):
        return f"{asking} {goes_on['aux'].lower()} {goes_on['rest']}?"
    rest = _ASKING.sub("", previous) or previous
    return _behind(asking, rest.replace(" (", ", ").replace(")", ""))


def _foreign(question: str, history: Sequence[Turn]) -> str:
    """A German or Spanish question with the one before it in brackets, where a small word says that it goes on."""
    short = len(w.words(question)) <= 3
    return (
        _behind(question, history[-1].question.rstrip("?.! "))
        if short or _GOES_ON.search(question)
        else question
    )


def _new(core: str, led: bool) -> str:
    """What takes the place of something in the question before: "Saturn" of "What about Saturn?" and "And Saturn?",
    "in 2023" of "And in 2023?"; "" where the question is another."""
    about = _ABOUT.match(core)
    if about:
        return "" if _COMMON.match(about.group(1)) and not _ONE.search(core) else about.group(1)
    new = core.rstrip("?.! ")
    if (
        led
        and len(new.split()) <= 5
        and (_WHEN_OR_WHERE.match(new) or (w.names(f"on {new}") and not _VERB.search(new)))
    ):
        return new[:1].lower() + new[1:] if w.is_stop(w.words(new)[0]) else new
    return ""


def _shares(own: Sequence[str], history: Sequence[Turn]) -> bool:
    """True when a question speaks on of something that the conversation holds ("the label")."""
    said = {k for turn in history for k in mentions.keys_of(f"{turn.question} {turn.answer}")}
    return any(mentions.key(word) in said for word in own)


def _whole(mention: mentions.Mention, found: Sequence[mentions.Mention]) -> mentions.Mention:
    """For a name behind "the" the longer phrase that it opens: "the Svalbard vault"."""
    size = len(mention.keys)
    if mention.article and mention.name:
        for longer in found:
            if (
                longer.score >= WHOLE * mention.score
                and len(longer.keys) > size
                and longer.keys[:size] == mention.keys
            ):
                return longer
    return mention


def _joined(chosen: Sequence[mentions.Mention], history: Sequence[Turn]) -> list[mentions.Mention]:
    """Two mentions as one where an earlier question joins them: "fire in Lahaina"."""
    if len(chosen) != 2:
        return list(chosen)
    for turn in reversed(history):
        for a, b in (chosen, chosen[::-1]):
            if a.text.endswith("ed"):
                continue  # "died in the fire"
            match = re.search(
                rf"({re.escape(a.text)} (?:of|in|at|on|for|from) (?:the )?){re.escape(b.text)}\b",
                turn.question,
            )
            if match:
                before = turn.question[: match.start()].rstrip().lower()
                article = "the" if before.endswith((" the", " a", " an")) or not a.name else ""
                return [replace(a, text=match.group(), keys=a.keys + b.keys, article=article, placed=False)]
    return list(chosen)


def _apart(found: Sequence[mentions.Mention]) -> list[mentions.Mention]:
    """The likeliest of the mentions, none of which shares a word with a likelier one."""
    chosen: list[mentions.Mention] = []
    for mention in found:
        if len(chosen) < MOST_ADDED and not any(set(mention.keys) & set(other.keys) for other in chosen):
            chosen.append(mention)
    return chosen


def _fuller(question: str, mention: mentions.Mention) -> str:
    """The question with the mention in place of its last word: "Gramm" by "Lou Gramm", "the movement" by
    "the labour movement"; "" where it does not stand there so."""
    for match in re.finditer(r"[^\W_]+(?:[-'’.&][^\W_]+)*", question):
        word = match.group()
        if mentions.key(word) != mention.keys[-1]:
            continue
        before = question[: match.start()].split()[-1:] or [""]
        if mention.name and word[0].isupper() and before[0][:1].islower():
            tail = "’s" if re.search(r"['’]s$", word) else ""
            return f"{question[: match.start()]}{mention.text}{tail}{question[match.end() :]}"
        if not mention.name and before[0].lower() in ("the", "this", "that", "these", "those"):
            at = question[: match.start()].rstrip().rfind(" ") + 1
            return f"{question[:at]}{'The' if at == 0 else 'the'} {mention.text}{question[match.end() :]}"
    return ""


def _agrees(question: str, found: re.Match[str], mention: mentions.Mention) -> bool:
    """True where the mention may stand in the pronoun's place: "they" are several, "it" is one thing."""
    word = found.group().lower()
    if word in (*_POINTING, "there") or question[found.end() :][:1] in ("'", "’"):
        return False
    if mention.placed:
        return False  # "(the fire) in Lahaina": the place is not the subject
    several = mention.text.endswith("s") and not mention.text.endswith(("ss", "us", "is"))
    return several if word in ("they", "them", "their") else mention.name or not several


def _bare_name(mention: mentions.Mention) -> str:
    """A name as that of a person: without its "of Kenya" and title; "" where it is none ("the Suns")."""
    parts = re.split(r" (?:of|for|and|the) ", mention.text)[0].split()
    while parts and parts[0].lower().strip(".") in _TITLES:
        parts = parts[1:]
    fits = parts and not mention.article and all(part[0].isupper() or part in _PARTICLES for part in parts)
    return " ".join(parts) if fits else ""


def _without_brackets(question: str) -> str:
    return re.sub(r"\? \(([^()]*)\)$", r" (\1)", question).rstrip("?.! ")


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
        asked = "" if _ASKS_WHO.match(turn.question) else turn.question
        for text in (asked, turn.answer if not asked else "", turn.question):
            for match in _FULL_NAME.finditer(re.sub(r"\[\d+\]", "", text)):
                parts = match.group().split()
                while parts and (w.is_stop(parts[0].lower()) or parts[0].lower() in _TITLES):
                    parts = parts[1:]
                if len(parts) >= 2:
                    return " ".join(parts)
    return ""


def _is_time(phrase: str) -> bool:
    """True for "July", "16 March 2024" and "1963": no thing that "it" could be."""
    return all(word.isdecimal() or word in _TIMES for word in w.words(phrase))


def _is_person(phrase: str, history: Sequence[Turn]) -> bool:
    """True where the conversation says that a name is somebody's, which "it" is not: "Captain Moen", "Who is Ada Example?"."""
    parts = phrase.split()
    if len(parts) > 1 and parts[0].lower().strip(".") in _TITLES and parts[1][0].isupper():
        return True
    asked = re.compile(rf"\bwho(?:['’]s| is| was) {re.escape(phrase)}\b", re.IGNORECASE)
    return phrase[:1].isupper() and any(asked.search(turn.question) for turn in history)


def _told(history: Sequence[Turn]) -> str:
    """The person who was the answer to the "Who built it?" asked just now, or earlier where nobody was spoken of before."""
    for back, turn in enumerate(reversed(history[-WHO_TURNS:]), 1):
        if _ASKS_WHO.match(turn.question):
            before = [t.question for t in history[: len(history) - back]]
            known = _PERSON.search(turn.question) or any(map(_FULL_NAME.search, before))
            return "" if known and back > 1 else _person((turn,))
        if _FULL_NAME.search(turn.question):
            return ""
    return ""


def _meant_before(pronoun: str, history: Sequence[Turn]) -> str:
    """What the same pronoun stood for in the question before: "it" goes on being the canal. "" where it was not there,
    or nothing could be put in its place."""
    same = next((group for group in (("it", "its"), ("they", "them", "their")) if pronoun in group), ())
    last = " ".join(history[-1].question.split()).rstrip("?.! ")
    if lead := _LEAD.match(last):
        last = last[lead.end() :]
    found = _THING.search(last)
    if not found or found.group().lower() not in same:
        return ""
    whole = standalone(history[-1].question, history[:-1]).rstrip("?.! ")
    before, after = last[: found.start()], last[found.end() :]
    if not (whole.lower().startswith(before.lower()) and whole.lower().endswith(after.lower())):
        return ""
    put = re.sub(r"['’]s?$", "", whole[len(before) : len(whole) - len(after)])
    return put if put.lower() not in same and len(put.split()) <= MOST_PUT else ""


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
    if not re.search(r"\b[a-z]", re.sub(r"^the ", "", new)):
        while re.search(r" [a-z]\S*$", old):  # "Voyager 1 reach"
            old = old.rpartition(" ")[0]
    if _ONE.search(new):
        return _behind(f"What about {new}", previous)
    if placed := _WHEN_OR_WHERE.match(new):
        # "in 2022" gives way to "in 2023", "over the Arctic" to "over Antarctica".
        same = re.compile(rf"\b{placed.group()} (?:the )?(?:[A-Z]\w*|\d+)(?:[ -](?:[A-Z]\w*|\d+))*")
        found = list(same.finditer(previous))
        if found:
            return f"{previous[: found[-1].start()]}{new}{previous[found[-1].end() :]}?"
    if placed or not old:
        return f"{previous} ({new})?"
    return f"{previous.replace(old, new, 1)}?"
