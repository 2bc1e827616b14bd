"""Questions that ask several things, taken apart by rules; and what sort of answer a question asks for.

"When was the bridge opened and who designed it?" asks two things, and one sentence of an article
seldom says both. Taken apart it becomes "When was the bridge opened?" and "Who designed the
bridge?". A wrong cut makes two bad questions of a good one, so a question stays whole wherever a
part would not stand on its own: a pronoun that may mean something else, a subject left out, a
"the" that points back, a clause that only looks like a question ("who knows when it opened and who
built it"). English first; German and Spanish for their plain forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag import words as w

MOST_PARTS = 3
MAX_CHARS = 600

# ---- what sort of answer ----------------------------------------------------------------------

_LEAD = re.compile(r"^(?:(?:and|but|so|also|then|und|aber|y|e|pero)\b[\s,]*)+", re.IGNORECASE)
_MEASURES = (
    r"population|height|length|depth|width|weight|size|price|costs?|death toll|toll|budget|salary|speed|capacity|"
    r"temperature|turnout|unemployment rate|inflation rate|interest rate|rate|total|estimate|elevation|area|value"
)
_KINDS_EN = (
    ("who", r"(?:by |to |from |with |for |under |of |against )?(?:who|whom|whose)\b"),
    ("when", r"(?:since |until |by |from )?when\b"),
    (
        "when",
        r"(?:in |on |since |by |at |from |until )?(?:what|which) (?:year|years|date|day|month|time|century|decade)\b",
    ),
    (
        "number",
        r"(?:in |by |for |at |to |after |over |of )?how (?:many|much|long|far|tall|high|old|large|big|deep|heavy|wide|fast|often)\b",
    ),
    (
        "number",
        r"(?:by |at |for |of )?what (?:number|percentage|percent|per cent|share|proportion|distance|age|price|sum|speed)\b",
    ),
    ("number", rf"what(?: is|'s| was| are| were) (?:the |its |their )?(?:[\w-]+ ){{0,2}}?(?:{_MEASURES})\b"),
    ("number", r"what (?:did|does|will|do|has|would) .{2,80}\bcosts?$"),
    (
        "where",
        r"(?:from |to )?where\b|(?:in |from |to |at )?(?:which|what) (?:country|city|town|place|state|region|village|island)\b",
    ),
    ("why", r"why\b|(?:for )?what (?:caused|reason|led)\b"),
    ("yes-no", r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b"),
)
_KINDS_DE = (
    ("who", r"(?:von |mit |für |an |bei |gegen |unter |zu )?(?:wer|wen|wem|wessen)\b"),
    ("when", r"(?:seit |bis |ab )?wann\b|(?:in|an|im|am|seit) welche[mnrs] (?:jahr|tag|datum|monat|jahrhundert)\b"),
    (
        "number",
        r"(?:in |um |für |zu |auf |mit |vor |nach )?(?:wie ?viele?[nrms]?|wie (?:lang|lange|hoch|groß|gross|tief|weit|breit|alt|schwer|schnell|oft|teuer))\b",
    ),
    ("number", r"was (?:hat|haben|kostet|kosten|kostete|kosteten|wird|sollte|soll)\b.{0,80}\b(?:gekostet|kosten)$|was kostete?n?\b"),
    ("where", r"(?:wo|woher|wohin)\b|(?:in|aus) welche[mnrs] (?:land|stadt|ort|staat|region)\b"),
    ("why", r"(?:warum|weshalb|wieso)\b"),
    (
        "yes-no",
        r"(?:ist|sind|war|waren|hat|haben|hatte|hatten|wird|werden|wurde|wurden|kann|können|muss|müssen|darf|dürfen|gibt|gab|soll|sollte)\b",
    ),
)  # fmt: skip
_KINDS_ES = (
    ("who", r"(?:a |de |con |por |para |contra )?qui[eé]n(?:es)?\b"),
    ("when", r"(?:desde |hasta )?cu[aá]ndo\b|(?:en |desde )?qu[eé] (?:año|fecha|día|mes|siglo)\b"),
    ("number", r"(?:a |en |de |por )?cu[aá]nt[oa]s?\b"),
    ("where", r"(?:de |a |desde )?d[oó]nde\b|(?:en |de )?qu[eé] (?:país|ciudad|pueblo|lugar|región)\b"),
    ("why", r"por qu[eé]\b"),
    ("yes-no", r"(?:es|son|fue|fueron|era|está|están|ha|han|hay|había|puede|pueden|debe|tiene|tienen)\b"),
)
_KINDS = {
    language: tuple((kind, re.compile(pattern)) for kind, pattern in table)
    for language, table in (("en", _KINDS_EN), ("de", _KINDS_DE), ("es", _KINDS_ES))
}
_ASKS = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how|if|whether)\b")


def asked_kind(question: str, language: str = "en") -> str:
    """What sort of answer a question asks for: "when", "number", "who", "where", "yes-no", "why" or "".

    Like `rag.words.wanted_kind`, but how the question opens decides ("What motive did the man who
    took it give?" asks for no person), and German and Spanish openings are known as well.
    """
    text = " ".join(w.words(question[:MAX_CHARS]))
    text = _LEAD.sub("", text)
    for kind, pattern in _KINDS.get(language, ()):
        if pattern.match(text):
            return kind
    if language in ("de", "es"):
        return ""
    for kind, pattern in _KINDS["en"] if language != "en" else ():
        if pattern.match(text):
            return kind
    return "" if _ASKS.match(text) else w.wanted_kind(question[:MAX_CHARS])


# ---- taking apart -----------------------------------------------------------------------------

_AUX = frozenset(
    "is are was were do does did has have had can could will would should may might must".split()
)
_BE = frozenset("is are was were".split())
_WH = frozenset("who whom whose what which when where why how".split())
_ADVERBIAL = frozenset("when where why how".split())
_PREP = frozenset(
    """in on at by for from since until to with under about against after before during between into near over
    through across around behind beside without within towards as than""".split()
)
_DET = frozenset("the a an".split())
_SCALE = frozenset("many much long far tall high old large big deep heavy wide fast often".split())
_PRONOUNS = {
    "it": "thing", "its": "thing", "they": "many", "them": "many", "their": "many",
    "he": "person", "him": "person", "his": "person", "she": "person", "her": "person",
}  # fmt: skip
_POSSESSIVE = frozenset("its their his".split())
_LEANING = frozenset(
    """this that these those one ones there then so such same other others former latter each both itself
    themselves himself herself else instead too again i you we me us my your our""".split()
)
_NO_VERB = (
    _DET | _PREP | _WH | _AUX | _LEANING | frozenset(_PRONOUNS)
    | frozenset("and or not of later also now subsequently still never once already".split())
)  # fmt: skip
_EVENTS = frozenset(
    """fire flood floods flooding storm crash earthquake war attack attacks explosion accident battle eruption
    hurricane disaster siege collapse raid shooting epidemic pandemic avalanche tsunami blast tornado""".split()
)
_CONTESTS = frozenset(
    "election elections race match contest final vote marathon cup tournament referendum war battle game prize".split()
)
_IRREGULAR = frozenset(
    """built made sold found held born begun written taken given sunk won lost hit set shot drawn known shut left sent
    put bought stolen paid led torn seen chosen broken struck cut brought kept told taught fought caught hidden laid
    worn grown flown driven thrown beaten eaten bitten frozen sworn""".split()
)
_DONE = {
    "built": "built", "made": "made", "sold": "sold", "found": "found", "won": "won", "lost": "lost", "wrote": "written",
    "stole": "stolen", "broke": "broken", "took": "taken", "drew": "drawn", "bought": "bought", "led": "led",
    "brought": "brought", "chose": "chosen",
}  # fmt: skip
_ADJECTIVES = frozenset(
    """open closed due ready possible necessary dead alive free full safe available complete young old famous
    important popular empty true finished over different similar called named""".split()
)
_VERBS = frozenset(
    """open close start begin end cost have take make leave die live win lose sell buy run happen work sink fall rise
    burn collapse launch land join sign move come go get use build grow weigh last play know hold pay carry fly sail
    reach finish break explode arrive appear vanish disappear erupt hit strike stand lie contain cover do say mean
    become retire resign stop earn produce measure need survive""".split()
)
_FINITE = frozenset(
    "happened happens caused causes became made makes led killed destroyed started began remains".split()
)
_WORD = re.compile(r"[^\W_][\w.'’&-]*[\w]|[^\W_]")
_TIME_PHRASE = re.compile(r"\s+(?:in|on|since|until|by)\s+(?:\w+\s+){0,2}\d{4}\b")
_TIME_CLAUSE = re.compile(r"\s+(?:when|after|before|until|since)\s+(?:it|they|he|she)\s+[a-z ]+$")
_QUOTES = re.compile(r"[\"“”«»„]")


@dataclass(frozen=True, slots=True)
class _Topic:
    """What a part is about: its words, and whether anything else in the part could be meant by a
    pronoun (`thing_clear`, `person_clear`)."""

    words: str
    plural: bool
    either: bool
    person: bool
    thing_clear: bool
    person_clear: bool


def parts(question: str, language: str = "en") -> tuple[str, ...]:
    """The questions that one question asks, each standing on its own, at most three.

    A question that asks one thing, or one where a cut would be a guess, comes back alone and
    unchanged: `parts(q) == (q,)`. Pronouns of a later part are replaced by what the first part
    speaks of. Never raises. Knows English ("en", and any language without rules of its own gets
    only its question marks looked at), German ("de") and Spanish ("es").
    """
    whole = (question,)
    text = " ".join(question.split())
    if not text or len(text) > MAX_CHARS or len(_QUOTES.findall(text)) % 2:
        return whole
    rules = {"de": _german, "es": _spanish}.get(language, _english if language in ("", "en") else None)
    if rules is None:
        return whole
    found = rules(text)
    if found is None or not 2 <= len(found) <= MOST_PARTS or len(set(found)) < len(found):
        return whole
    return tuple(found)


def _asked(text: str, opening: str = "") -> str:
    """As a question on its own: capital first, one question mark."""
    text = text.strip(" ,;:.?!¿¡")
    return f"{opening}{text[:1].upper()}{text[1:]}?"


def _in_quotes(text: str, position: int) -> bool:
    return len(_QUOTES.findall(text[:position])) % 2 == 1


def _pieces(text: str, joint: re.Pattern[str], comma: re.Pattern[str]) -> list[str]:
    """The text cut at its question marks, else before the question words that "and" joins."""
    marked = [piece.strip(" ,;¿¡") for piece in re.split(r"[?]+[!?]*\s*", text)]
    marked = [piece for piece in marked if piece]
    if len(marked) > 1 and text.rstrip(' !"”»').endswith("?"):
        return marked
    if len(marked) != 1:
        return []
    body = marked[0]
    cuts = [match for match in joint.finditer(body) if not _in_quotes(body, match.start())]
    if not cuts:
        return []
    last = cuts[-1].start()
    cuts += [m for m in comma.finditer(body) if m.start() < last and not _in_quotes(body, m.start())]
    cuts.sort(key=lambda match: match.start())
    out, at = [], 0
    for cut in cuts:
        if cut.start() < at:
            continue
        out.append(body[at : cut.start()].strip(" ,;"))
        at = cut.end()
    return [*out, body[at:].strip(" ,;")]


# ---- English ----------------------------------------------------------------------------------

_EN_WH = r"(?:(?:in|on|at|by|for|from|since|until|to|with|under|against)\s+)?(?:who|whom|whose|what|which|when|where|why|how)\b"
_EN_JOINT = re.compile(
    rf"(?:\s*[,;]\s*|\s+)and\s+(?:also\s+|if so,?\s+|in turn\s+)?(?={_EN_WH})|\s*;\s*(?={_EN_WH})|"
    r"\s*,\s*and\s+(?=(?:is|are|was|were|did|does|do|has|have|can|will)\s+(?:the|a|an|it|they|he|she|[A-ZÀ-Þ]))"
)
_EN_COMMA = re.compile(rf"\s*,\s*(?={_EN_WH})")
_EN_MANNER = (
    r"(?:when|where|why|how(?:\s+(?:long|far|tall|high|old|large|big|deep|heavy|wide|fast|often|much))?|"
    r"how many\s+[a-z]+|by whom)"
)
_EN_SHARED = re.compile(
    rf"^({_EN_MANNER})(?:\s*,\s*({_EN_MANNER}))?\s*,?\s+and\s+({_EN_MANNER})\s+((?:{'|'.join(sorted(_AUX))})\s+\S.*)$",
    re.IGNORECASE,
)
_EN_LEAD = re.compile(r"^(?:(?:and|but|also|so|then|secondly|finally)\b[\s,]*)+", re.IGNORECASE)
_EN_BARE = re.compile(
    r"^(when|where|why|how|by whom|since when|for whom|with whom|how often|in (?:what|which) year)$",
    re.IGNORECASE,
)
_EN_BARE_SHARED = re.compile(
    r"\b(?:is|was|are|were)\s+there\b|\bthere\s+(?:is|was|are|were)\b", re.IGNORECASE
)


def _tokens(text: str) -> list[str]:
    return _WORD.findall(text)


def _shape(tokens: list[str]) -> str:
    """How a clause asks: "direct" (with its verb before the subject), "subject" (who or what did
    it), "yes-no", or "" for what is no question on its own."""
    low = [token.lower() for token in tokens]
    if not low:
        return ""
    if low[0] in _AUX:
        return "yes-no" if len(low) > 2 and low[1] not in _PREP | _AUX else ""
    at = 1 if low[0] in _PREP and len(low) > 1 and low[1] in _WH else 0
    if low[at] not in _WH:
        return ""
    first, rest = low[at], low[at + 1 :]
    if not rest:
        return ""
    direct = rest[0] in _AUX and len(rest) >= 2 and rest[1] not in _AUX
    if first in ("when", "where", "why"):
        return "direct" if direct else ""
    if first in ("who", "whom"):
        if direct:
            return "direct"
        return "subject" if first == "who" and not at and rest[0] not in _NO_VERB else ""
    if first == "what":
        if direct:
            return "direct"
        if rest[0] in _FINITE:
            return "subject"
    if first == "how":
        if direct:
            return "direct"
        if rest[0] not in _SCALE:
            return ""
        rest = rest[1:]
        if rest and rest[0] in _AUX and len(rest) >= 2:
            return "direct"
    if not rest or rest[0] in _NO_VERB:
        return ""
    verb = next((i for i, token in enumerate(rest[1:5], 1) if token in _AUX), 0)
    if verb:
        return "direct" if len(rest) > verb + 1 else ""
    if first == "what":
        return ""
    finite = any(token.endswith("ed") or token in _IRREGULAR or token in _FINITE for token in rest[1:4])
    return "subject" if finite else ""


def _rest(tokens: list[str]) -> tuple[str, list[str]]:
    """(the auxiliary, the tokens behind it); the auxiliary is "" where a verb follows at once."""
    low = [token.lower() for token in tokens]
    if low[0] in _AUX:
        return low[0], tokens[1:]
    at = 2 if low[0] in _PREP and len(low) > 1 and low[1] in _WH else 1
    for i in range(at, min(at + 6, len(low))):
        if low[i] in _AUX:
            return low[i], tokens[i + 1 :]
    return "", tokens[at + 1 :]


def _participle(token: str) -> bool:
    return token.islower() and (token in _IRREGULAR or (token.endswith("ed") and len(token) > 4))


def _topic(text: str) -> _Topic | None:
    """The one thing an English question speaks of; None when that is not clear."""
    text = _TIME_CLAUSE.sub("", _TIME_PHRASE.sub("", text))
    tokens = _tokens(text)
    shape = _shape(tokens)
    if not shape or len(tokens) > 24:
        return None
    aux, rest = _rest(tokens)
    if not rest:
        return None
    low = [token.lower() for token in rest]
    plain = (
        aux in _BE
        and _asking_word(tokens) in ("what", "who", "where")
        and len(rest) <= 2
        and not any(token in _NO_VERB or w.is_stop(token) or _participle(token) for token in low)
    )  # "what is nginx"
    if low[0] not in _DET and not rest[0][0].isupper() and not plain:
        return None
    named = low[0] not in _DET
    if plain and named and not rest[0][0].isupper():
        who = _asking_word(tokens) == "who"
        return _Topic(" ".join(rest), aux in ("are", "were"), False, who, not who, who)
    end = 1
    if named:
        while end < len(rest) and (
            rest[end][0].isupper()
            or rest[end][0].isdigit()
            or (low[end] in ("of", "de", "the", "and", "du", "von", "van", "la") and end + 1 < len(rest)
                and (rest[end + 1][0].isupper() or (end + 2 < len(rest) and low[end + 1] == "the"
                     and rest[end + 2][0].isupper())))
        ):  # fmt: skip
            end += 1
    elif not aux:  # "who designed the bridge": the object runs to the end
        end = _phrase_end(rest, low, stop_at_prep=False)
    elif aux in _BE:
        end = _phrase_end(rest, low, stop_at_prep=False)
        asks_state = _asking_word(tokens) in _AUX
        if end == len(rest):
            if asks_state and len(rest) > 2:
                return None
            if low[end - 1] in _ADJECTIVES and end > 2:
                end -= 1
    else:
        segment = _phrase_end(rest, low, stop_at_prep=True)
        stopped = segment < len(rest) and (_participle(rest[segment]) or low[segment] in ("have", "do"))
        if stopped or (aux in ("has", "have", "had") and segment == len(rest) and segment <= 2):
            end = segment
        elif segment == 3 or (
            3 < segment <= 6 and (low[segment - 1] in _VERBS or _participle(rest[segment - 1]))
        ):
            end = segment - 1
        else:
            return None
    phrase, after = rest[:end], rest[end:]
    if len(phrase) < (1 if named else 2) or len(phrase) > 9:
        return None
    after_low = [token.lower() for token in after]
    if not named and any(token in _PRONOUNS for token in low[:end]):
        return None
    head = _head(phrase)
    other_name = any(token[0].isupper() for token in after)
    other_thing = (
        other_name
        or ("of" in low[:end] and head[0].islower())  # "the function of insulin": which of both?
        or any(token in _DET or token in _PRONOUNS for token in after_low)
        or sum(not w.is_stop(token) for token in after_low) > 2
    )
    plural = (
        "and" in low[:end]
        or head in ("people", "children", "men", "women", "police")
        or (head.endswith("s") and not head.endswith(("ss", "us", "is")) and not head[0].isupper())
    )
    opened = _asking_word(tokens)
    # in "which country won the cup" and "who designed the bridge" a pronoun may mean the answer
    answer_is_meant = not aux and opened in ("who", "which", "what", "whose")
    who_is = opened == "who" and aux in _BE
    other_in_front = opened in ("which", "whose") or (
        opened == "what" and shape == "direct" and tokens[1].lower() not in _AUX
    )
    return _Topic(
        " ".join(phrase),
        plural,
        head[0].isupper() and head.lower().endswith("s"),
        named or who_is,
        not other_thing and not other_in_front and not who_is and not (named and len(phrase) > 1 and aux not in _BE and _has_object(after_low)),
        not other_name and not answer_is_meant and (named or who_is),
    )  # fmt: skip


def _asking_word(tokens: list[str]) -> str:
    """The question word (or auxiliary) a clause opens with."""
    low = [token.lower() for token in tokens[:2]]
    return low[1] if len(low) > 1 and low[0] in _PREP and low[1] in _WH else low[0]


def _has_object(after: list[str]) -> bool:
    """True when a verb behind a person's name has an object of its own ("found Apple")."""
    return sum(not w.is_stop(token) for token in after) > 1


def _phrase_end(rest: list[str], low: list[str], *, stop_at_prep: bool) -> int:
    """Where the noun phrase that `rest` begins with ends, as far as small words and endings tell."""
    i = 1
    while i < len(rest):
        before = low[i - 1]
        joined = before in _PREP or before == "of"
        if stop_at_prep and low[i] in _PREP:
            break
        if low[i] in _WH or low[i] in _AUX or (low[i] in _DET and not joined):
            break
        if _participle(rest[i]) and before not in _DET:
            break
        if low[i] in _PRONOUNS and not joined:
            break
        i += 1
    return i


def _head(phrase: list[str]) -> str:
    """The noun a phrase is about: its last word before "of", "in" and the like."""
    for i, token in enumerate(phrase):
        if i and token.lower() in _PREP | {"of"}:
            return phrase[i - 1]
    return phrase[-1]


def _has_topic(text: str) -> bool:
    """True when a question names something: a name, a year, or "the ..." with words behind it."""
    tokens = _tokens(text)
    return any(
        (token[0].isupper() and i > 0 and token != "I")
        or re.fullmatch(r"\d{3,4}", token)
        or (token.lower() == "the" and i + 1 < len(tokens))
        for i, token in enumerate(tokens)
    )


def _points_back(text: str, first: str) -> bool:
    """True when a later part only says "the architect" without a name or anything of the first part."""
    tokens = _tokens(text)
    if any(token[0].isupper() or token[0].isdigit() for token in tokens[1:]):
        return bool(re.search(r"\bthe (?:first|second|third|last|other|next|latter|former)(?:\s+(?:in|of|on|at|for)\b|$)", text))  # fmt: skip
    known = frozenset(w.content_stems(first))
    for i, token in enumerate(tokens[:-1]):
        if token.lower() == "the" and w.stem(tokens[i + 1].lower()) not in known:
            return True
    return False


def _filled(part: str, first: str, topic: _Topic | None) -> str | None:
    """A later part made to stand on its own with the first part's topic; None when that is a guess."""
    tokens = _tokens(part)
    low = [token.lower() for token in tokens]
    expletive = bool(_EN_BARE_SHARED.search(part))
    if any(token in _LEANING and not (token == "there" and expletive) for token in low):
        return None
    kinds = {_PRONOUNS[token] for token in low if token in _PRONOUNS}
    counted = re.match(r"how many\s+([a-z]+(?:\s+[a-z]+)?)\s+(?:is|are|was|were|do|does|did|has|have|had)\b", first, re.IGNORECASE)  # fmt: skip
    if re.match(r"how many (?:is|are|was|were|do|does|did|has|have|had|of)\b", part, re.IGNORECASE):
        if not counted or low[2] == "of":
            return None
        part = f"{part[:8]} {counted.group(1)}{part[8:]}"
    if len(kinds) > 1:
        return None
    if kinds:
        kind = kinds.pop()
        if (
            topic is None
            and not _has_topic(first)
            and kind in {_PRONOUNS.get(t.lower()) for t in _tokens(first)}
        ):
            return part  # both lean on the same thing, outside the question
        if topic is None or not _means(kind, topic):
            return None
        return _replaced(part, topic)
    if not _has_topic(part):
        return _with_event(part, topic)
    return None if _points_back(part, first) else part


def _means(kind: str, topic: _Topic) -> bool:
    if kind == "many" and topic.person and topic.plural:
        return topic.person_clear
    if kind == "person":
        return topic.person and topic.person_clear and not topic.plural
    if not topic.thing_clear:
        return False
    return topic.either or topic.plural == (kind == "many")


def _replaced(part: str, topic: _Topic) -> str | None:
    """The first pronoun of a part replaced by the topic."""
    match = re.search(rf"\b(?:{'|'.join(_PRONOUNS)})\b", part, re.IGNORECASE)
    if match is None:
        return None
    word = match.group().lower()
    owned = word in _POSSESSIVE or (word == "her" and re.match(r"\s+[a-z]+", part[match.end() :]))
    name = topic.words
    if owned:
        if len(name.split()) > 4 or " of " in name or " in " in name:
            return None
        name += "’" if name.endswith("s") else "’s"
    return part[: match.start()] + name + part[match.end() :]


def _with_event(part: str, topic: _Topic | None) -> str | None:
    """ "How many people died" after "What caused the fire": "... in the fire"."""
    if topic is None:
        return None
    head = _head(topic.words.split()).lower()
    if head in _EVENTS and re.match(r"how many\b", part, re.IGNORECASE):
        return f"{part} in {topic.words}"
    if head in _CONTESTS and re.fullmatch(r"who (?:won|lost|called|organi[sz]ed)", part, re.IGNORECASE):
        return f"{part} {topic.words}"
    return None


def _english(text: str) -> list[str] | None:
    body = text.rstrip("?!. ")
    shared = _EN_SHARED.match(body)
    if shared and "?" not in body:
        rest = shared.group(4)
        if " and " in rest and _EN_JOINT.search(rest):
            return None
        if _shape(_tokens(f"{shared.group(3)} {rest}")) != "direct":
            return None
        return [_asked(f"{way} {rest}") for way in shared.groups()[:3] if way]
    pieces = _pieces(text, _EN_JOINT, _EN_COMMA)
    if not 2 <= len(pieces) <= MOST_PARTS:
        return None
    by_marks = "?" in body
    first = _EN_LEAD.sub("", pieces[0])
    opened = _tokens(first)
    shape = _shape(opened)
    if not shape or (by_marks and "," in first and shape == "yes-no"):
        return None
    if not by_marks and _embeds(opened, pieces[1:]):
        return None
    topic = _topic(first)
    if (
        not by_marks
        and topic is None
        and not _has_topic(first)
        and not any(t.lower() in _PRONOUNS for t in opened)
    ):
        return None
    out = [_asked(first)]
    for number, piece in enumerate(pieces[1:], 1):
        piece = _EN_LEAD.sub("", piece)
        piece = re.sub(r"^if so,?\s+", "", piece, flags=re.IGNORECASE)
        tokens = _tokens(piece)
        bare = _EN_BARE.match(piece)
        if bare:
            made = None if by_marks else _bare(bare.group(1), first)
        else:
            kind = _shape(tokens)
            if not kind or (kind == "subject" and not by_marks and shape == "yes-no"):
                return None
            made = _filled(piece, first, topic)
            if number == 2 and made is not None and made != piece and not _same_topic(pieces[1], topic):
                return None
        if made is None:
            return None
        out.append(_asked(made))
    return out


def _same_topic(middle: str, topic: _Topic | None) -> bool:
    """True when the part between speaks of the first part's topic too, so that a third may."""
    tokens = _tokens(middle)
    return topic is not None and not any(token[0].isupper() for token in tokens[1:]) and (
        any(token.lower() in _PRONOUNS for token in tokens) or bool(_EN_BARE.match(middle))
    )  # fmt: skip


def _embeds(tokens: list[str], later: list[str]) -> bool:
    """True when the first part holds a clause of its own that the later ones may belong to."""
    low = [token.lower() for token in tokens]
    at = 2 if low[0] in _PREP and len(low) > 1 and low[1] in _WH else 1
    inner = {token for token in low[at:] if token in _WH or token in ("whether", "if", "that")}
    if inner - {"when"}:
        return True
    starts = {_asking_word(_tokens(piece)) for piece in later if _tokens(piece)}
    if inner & starts:
        return True
    # "who" behind a first part that ends in a person may be a relative clause
    return bool(re.search(r"\b(?:between|difference|compare)\b", " ".join(low)))


def _bare(way: str, first: str) -> str | None:
    """ "... and why?": the first part asked again with another question word."""
    tokens = _tokens(first)
    low = [token.lower() for token in tokens]
    if low[0] == "who" and len(low) > 2 and way.lower() in (*_ADVERBIAL, "in what year", "in which year"):
        done = _DONE.get(low[1], low[1] if low[1].endswith("ed") and len(low[1]) > 4 else "")
        topic = _topic(first)
        if not done or topic is None or not topic.thing_clear or " ".join(tokens[2:]) != topic.words:
            return None
        return f"{way} {'were' if topic.plural else 'was'} {topic.words} {done}"
    if low[0] in _AUX:
        asked = first[:1].lower() + first[1:]
    elif low[0] in _ADVERBIAL and len(low) > 2 and low[1] in _AUX and low[0] != way.lower():
        asked = first.split(None, 1)[1]
    else:
        return None
    if not _has_topic(f"{way} {asked}"):
        return None
    if way.lower() in ("by whom", "for whom", "with whom") and not any(
        _participle(token) for token in tokens
    ):
        return None
    return f"{way} {asked}"


# ---- German -----------------------------------------------------------------------------------

_DE_WORD = (
    r"(?:(?:von|mit|für|in|an|bei|gegen|unter|seit|bis|aus|zu)\s+)?"
    r"(?:wer|wen|wem|wann|wo|wohin|woher|warum|wieso|weshalb|wieviel|wie|was|welche[rsnm]?)\b"
)
_DE_JOINT = re.compile(rf"(?:\s*,\s*|\s+)und\s+(?:auch\s+)?(?={_DE_WORD})|\s*;\s*(?={_DE_WORD})")
_DE_COMMA = re.compile(rf"\s*,\s*(?={_DE_WORD})")
_DE_SHARED = re.compile(
    r"^(wann|wo|warum|wie)\s+und\s+(wann|wo|warum|wie|von wem)\s+([a-zäöüß]+\s+\S.*)$", re.IGNORECASE
)
_DE_OPENING = re.compile(
    rf"^(?i:{_DE_WORD})(?:\s+(?:viele?n?|lange?|hoch|groß|gross|tief|weit|breit|alt|schwer|schnell|oft|teuer))?"
    r"(?P<noun>\s+[A-ZÄÖÜ][\w-]+)?\s+(?P<verb>[a-zäöüß]+)\b"
)
_DE_NOT_VERB = frozenset(
    """der die das den dem des ein eine einen einem einer er sie es ihn ihm ihr ihnen sich man wir ihr ich du sein seine
    ihre im in am an auf mit von zu und oder nicht auch dort dabei damit darin""".split()
)
_DE_LEANING = frozenset(
    """ihm ihr ihnen sein seine seinen seinem seiner ihre ihren ihrem ihrer dort da dabei damit darin davon dafür das
    dies diese dieser dieses jene jener jenes welcher dessen deren""".split()
)
_DE_PHRASE = re.compile(
    r"(?:\b(?P<det>der|die|das|den|dem|des|ein|eine|einen|einem|einer)\s+)?(?P<adj>(?:[a-zäöüß]+e[rnsm]?\s+)?)"
    r"(?P<noun>\b[A-ZÄÖÜ][\w-]+(?:\s+[A-ZÄÖÜ][\w-]+)*(?:\s+(?:von|in|am|im|bei|an der)\s+[A-ZÄÖÜ][\w-]+)?)"
)
_DE_PRONOUN = re.compile(r"\b(er|ihn|sie|es)\b")
_DE_TIME = re.compile(
    r"\s+(?:im\s+Jahre?\s+\d{4}|im\s+(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|"
    r"Dezember)(?:\s+\d{4})?|\d{4})\b"
)


def _de_question(text: str) -> re.Match[str] | None:
    """The opening of a German question in the order of a main clause; None for anything else."""
    found = _DE_OPENING.match(text)
    if found is None or found.group("verb").lower() in _DE_NOT_VERB or found.group("verb")[0].isupper():
        return None
    return found


def _de_topic(first: str) -> tuple[str, str, str] | None:
    """(gender, adjective, noun) of the only thing a German part speaks of."""
    opening = _de_question(first)
    if opening is None:
        return None
    rest = _DE_TIME.sub("", first[opening.end() :])
    found = list(_DE_PHRASE.finditer(rest))
    if len(found) != 1:
        return None
    phrase = found[0]
    gender = {"der": "m", "den": "m", "die": "f", "das": "n", None: ""}.get(phrase.group("det"), "?")
    if gender == "?" or (gender == "" and phrase.group("adj").strip()):
        return None
    return gender, phrase.group("adj").strip(), phrase.group("noun")


def _de_filled(part: str, topic: tuple[str, str, str] | None) -> str | None:
    low = [token.lower() for token in _tokens(part)]
    opening = _de_question(part)
    if opening is None:
        return None
    behind = part[opening.end() :]
    if any(token in _DE_LEANING for token in (t.lower() for t in _tokens(behind))) or "Sie" in _tokens(part):
        # "das" before a noun is an article, not a pronoun
        rest = _DE_PHRASE.sub(" ", behind)
        if any(t.lower() in _DE_LEANING or t == "Sie" for t in _tokens(rest)):
            return None
    pronouns = _DE_PRONOUN.findall(behind)
    if not pronouns:
        return part if _DE_PHRASE.search(_DE_TIME.sub("", behind)) and not _de_points_back(behind) else None
    if len(pronouns) > 1 or topic is None or len(low) > 24:
        return None
    gender, adjective, noun = topic
    pronoun = pronouns[0]
    if gender and {"er": "m", "ihn": "m", "sie": "f", "es": "n"}[pronoun] != gender:
        return None
    if gender == "m" and pronoun == "ihn" and (adjective or noun.endswith(("e", "ent", "ist", "at", "oge"))):
        return None
    article = {"er": "der", "ihn": "den", "sie": "die", "es": "das"}[pronoun] if gender else ""
    name = " ".join(piece for piece in (article, adjective, noun) if piece)
    return part[: opening.end()] + _DE_PRONOUN.sub(name, behind, count=1)


def _de_points_back(behind: str) -> bool:
    """True when all that a later part names is "der Architekt": one plain noun with an article."""
    found = list(_DE_PHRASE.finditer(behind))
    return len(found) == 1 and bool(found[0].group("det")) and " " not in found[0].group("noun")


def _german(text: str) -> list[str] | None:
    body = text.rstrip("?!. ")
    shared = _DE_SHARED.match(body)
    if shared and not re.search(rf"\bund\s+{_DE_WORD}", shared.group(3)):
        if shared.group(3).split()[0].lower() in _DE_NOT_VERB:
            return None
        return [_asked(f"{way} {shared.group(3)}") for way in shared.groups()[:2]]
    pieces = _pieces(text, _DE_JOINT, _DE_COMMA)
    if not 2 <= len(pieces) <= MOST_PARTS:
        return None
    first = re.sub(r"^(?:und|aber)\s+", "", pieces[0], flags=re.IGNORECASE)
    opening = _de_question(first)
    if opening is None:
        return None
    behind = first[opening.end() :]
    if "?" not in body and re.search(rf"\b{_DE_WORD}|\b(?:ob|dass|zwischen)\b", behind):
        return None
    topic = _de_topic(first)
    out = [_asked(first)]
    for piece in pieces[1:]:
        piece = re.sub(r"^(?:und|aber)\s+", "", piece, flags=re.IGNORECASE)
        if re.fullmatch(r"(?:wann|wo|warum|wie|von wem|weshalb)", piece, re.IGNORECASE):
            plain = re.match(r"(?:wann|wo|warum|wie|weshalb)\s+(?=[a-zäöüß]+\s)", first, re.IGNORECASE)
            if topic is None or plain is None:
                return None
            out.append(_asked(f"{piece} {first[plain.end() :]}"))
            continue
        made = _de_filled(piece, topic)
        if made is None:
            return None
        out.append(_asked(made))
    return out


# ---- Spanish ----------------------------------------------------------------------------------

_ES_WORD = (
    r"(?:(?:a|de|en|con|por|para|desde|hasta|contra)\s+)?"
    r"(?:quién|quiénes|cuándo|dónde|cuánto|cuánta|cuántos|cuántas|cómo|cuál|cuáles|qué)(?!\w)"
)
_ES_JOINT = re.compile(rf"(?:\s*,\s*|\s+)[ye]\s+(?:también\s+)?¿?(?={_ES_WORD})|\s*;\s*¿?(?={_ES_WORD})")
_ES_COMMA = re.compile(rf"\s*,\s*(?={_ES_WORD})")
_ES_SHARED = re.compile(
    r"^(cuándo|dónde|cómo|por qué)\s+y\s+(cuándo|dónde|cómo|por qué)\s+((?:se\s+)?\w+\s+\S.*)$", re.IGNORECASE
)
_ES_PHRASE = re.compile(
    r"^(?P<det>el|la|los|las)\s+[\w-]+(?:\s+(?:de|del|de la|de los|de las)\s+[\w-]+)*(?:\s+[A-ZÁÉÍÓÚÑ][\w-]+)*$|"
    r"^[A-ZÁÉÍÓÚÑ][\w-]+(?:\s+(?:de|del|la)\s+[A-ZÁÉÍÓÚÑ][\w-]+|\s+[A-ZÁÉÍÓÚÑ][\w-]+)*$"
)
_ES_TIME = re.compile(r"\s+en\s+(?:el año\s+)?\d{4}\b")
_ES_LEANING = frozenset(
    "él ella ellos ellas su sus esto eso este esta estos estas ese esa esos esas allí ahí le les ello".split()
)


def _es_parsed(text: str) -> tuple[str, str, str, str] | None:
    """(question word, clitic, verb, rest) of a simple Spanish question."""
    found = re.match(
        rf"^(?P<ask>{_ES_WORD}(?:\s+(?:altura|distancia|profundidad|longitud|tiempo|dinero))?)\s+"
        r"(?:(?P<clitic>se|lo|la|los|las|le|les)\s+)?"
        r"(?P<verb>(?:(?:ha|han|había|habían|fue|fueron|está|están)\s+)?[a-záéíóúñü]+)(?:\s+|$)",
        text,
        re.IGNORECASE,
    )
    if found is None:
        return None
    return (
        found.group("ask").lower(),
        found.group("clitic") or "",
        found.group("verb"),
        text[found.end() :].strip(),
    )


def _es_topic(first: str) -> tuple[str, str, bool] | None:
    """(gender and number by its article, the phrase, may be a subject left out later)."""
    parsed = _es_parsed(first)
    if parsed is None:
        return None
    ask, _, verb, rest = parsed
    rest = _ES_TIME.sub("", rest)
    phrase = _ES_PHRASE.match(rest)
    if phrase is None:
        return None
    states = verb.lower() in ("es", "fue", "era", "son", "fueron", "eran")
    subject = states or not ask.split()[-1].startswith(("quién", "qué", "cuál"))
    return phrase.group("det") or "", rest, subject


def _es_filled(part: str, topic: tuple[str, str, bool] | None) -> str | None:
    if any(token.lower() in _ES_LEANING for token in _tokens(part)):
        return None
    parsed = _es_parsed(part)
    if parsed is None:
        return None
    ask, clitic, verb, rest = parsed
    plain = _ES_TIME.sub("", f" {rest}").strip()
    if clitic in ("lo", "la", "los", "las"):
        wanted = {"lo": "el", "la": "la", "los": "los", "las": "las"}[clitic]
        if topic is None or topic[0] != wanted or (plain and not plain.startswith("en ")):
            return None
        return " ".join(piece for piece in (ask, verb, topic[1], rest) if piece)
    if clitic in ("le", "les"):
        return None
    if not plain:
        if topic is None or not topic[2]:
            return None
        return " ".join(piece for piece in (ask, clitic, verb, topic[1], rest) if piece)
    named = any(token[0].isupper() for token in _tokens(plain))
    return part if named else None


def _spanish(text: str) -> list[str] | None:
    body = text.strip("¿?¡!. ")
    shared = _ES_SHARED.match(body)
    if shared and not re.search(rf"\sy\s+{_ES_WORD}", shared.group(3)):
        return [_asked(f"{way} {shared.group(3)}", "¿") for way in shared.groups()[:2]]
    pieces = _pieces(text.lstrip("¿ "), _ES_JOINT, _ES_COMMA)
    if not 2 <= len(pieces) <= MOST_PARTS:
        return None
    first = re.sub(r"^[yY]\s+¿?", "", pieces[0])
    if _es_parsed(first) is None:
        return None
    behind = first.split(None, 1)[1] if " " in first else ""
    if "?" not in body and re.search(rf"(?<!\w){_ES_WORD}|\b(?:si|que|entre)\b", behind):
        return None
    topic = _es_topic(first)
    out = [_asked(first, "¿")]
    for piece in pieces[1:]:
        made = _es_filled(re.sub(r"^[yY]\s+¿?", "", piece), topic)
        if made is None:
            return None
        out.append(_asked(made, "¿"))
    return out
