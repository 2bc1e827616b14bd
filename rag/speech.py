"""Questions that ask what somebody said, and the sentences that tell it.

"What did Per Aas say?" is answered by '"Someone should have read the accounts," said Per Aas', which shares nothing with the
question but the name: the evidence model, trained on encyclopaedic questions, passes it over, and newspapers are full of
it. Here a sentence is an answer where the person asked about is the one who speaks in it; whoever is only spoken of or to
is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag import words as w
from rag.definition import ASIDE, MOST_CHARS, SURE
from rag.evidence import Ranked, ranked_anew
from rag.schema import Evidence

_WHO = r"(?P<who>(?:(?:the|der|die|das|el|la|los|las) )?[^\W\d_][\w.’'-]*(?: [\w.’'-]+){0,5}?)"
_ASKED = {
    "en": (
        r"what (?:did|does|do|has|have|had|would) {who} (?:actually |publicly |also )?(?:say|tell|think|believe|claim|argue|warn|reply|respond|comment|declare|insist|explain|promise){topic}",
        r"what (?:has|have|had) {who} (?:said|told|argued|claimed|promised){topic}",
        r"how (?:did|does|do|has|have) {who} (?:react|respond|reply|comment)(?:ed)?{topic}",
        r"what (?:is|was|are|were) {who}['’]s? (?:view|views|opinion|reaction|response|comment|reply){topic}",
    ),
    "de": (
        r"was (?:sagt|sagte|meint|meinte|denkt|dachte|glaubt|glaubte) {who}{topic}",
        r"was (?:hat|haben) {who}{topic} (?:gesagt|gemeint|geantwortet)",
        r"wie reagierte[n]? {who}{topic}",
    ),
    "es": (
        r"qué (?:dijo|dice|ha dicho|opina|opinó|piensa|cree|respondió) {who}{topic}",
        r"cómo reaccionó {who}{topic}",
    ),
}  # fmt: skip
_TOPIC = {
    "en": r"(?: (?:about|of|on|to|regarding|concerning|when|after|before|against|over|in)\b(?P<topic>.*))?",
    "de": r"(?: (?:zu[rm]?|über|von|nach|auf|am|im|in|bei|beim|dazu|darüber|davon)\b(?P<topic>.*?))?",
    "es": r"(?: (?:sobre|acerca de|tras|a|al|ante)\b(?P<topic>.*))?",
}
_AND = {"en": "(?:and |but |so )?", "de": "(?:und |aber )?", "es": "(?:y )?"}
_PATTERNS = {
    language: tuple(
        re.compile(f"^{_AND[language]}{form.format(who=_WHO, topic=_TOPIC[language])}$", re.IGNORECASE)
        for form in forms
    )
    for language, forms in _ASKED.items()
}
_BEHIND_SPEECH = (
    r"(?:said|says|added|adds|explained|explains|warned|warns|argued|argues|replied|replies|insisted|insists|wrote|sagte|sagt|meinte|meint|"
    r"erklärte|schrieb|betonte|warnte|dijo|dice|afirmó|explicó|aseguró|advirtió|señaló|comentó|opinó|respondió)"
)
"""Verbs that stand between words in quotation marks and whoever said them."""
_SPEAKS = (
    rf"(?:{_BEHIND_SPEECH[3:-1]}|told|thought|thinks|believed|believes|claimed|claims|answered|responded|promised|promises|suggested|suggests|commented|"
    r"declared|called|calls|described|describes|admitted|criticised|criticized|praised|welcomed|disagrees|disagreed|predicted|announced|stated|"
    r"denkt|dachte|glaubt|glaubte|nannte|antwortete|lobte|kritisierte|begrüßte|piensa|cree|opina|afirma|escribió|calificó|"
    r"(?:hat|habe)\b[^.;]{0,90}\b(?:gesagt|erklärt|gewarnt|genannt)|ha (?:dicho|afirmado|advertido|explicado))"
)
_BETWEEN = r"(?:has|had|have|hat|habe|ha|había|also|later|then|once|again|publicly|openly|auch|später|dann|también|luego|[a-z]{3,}ly)"
_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|President|Minister|Secretary|Captain|Councillor|Senator|Governor|General|Judge|Justice|Bishop|Pope|King|Queen|"
    r"Prince|Princess|Lord|Lady|Sir|Dame|Chancellor|Mayor|Herr|Frau|Bürgermeister|Bürgermeisterin|Ministerin|Präsident|Präsidentin|Kanzler|Kanzlerin)\.?"
)
_NO_ROLE = r"(?:and|but|that|while|when|who|whose|whom|which|und|aber|dass|als|y|pero|que|cuando)"
"""What ends the words between "said" and whoever said it: "said Anna, whose brother Per Aas ..."."""
_PARTICLES = frozenset("von der den van de del la da".split())
_OTHERS = frozenset(
    """deputy vice former ex acting assistant stellvertretende ehemalige frühere of to for with by about against from between like von mit für über
    met told asked beat married son daughter wife husband brother sister""".split()
)
"""Words before a name or a role that make it somebody else, or the one spoken of."""
_ARTICLES = frozenset("the der die das el la los las".split())
_NOBODY = frozenset(
    """he she it they we you i him her them this that one people anyone someone somebody everyone nobody er sie es wir ihr man ich
    él ella ellos ellas usted ustedes yo""".split()
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose words a question asks for, and about what ("" for anything)."""

    who: str
    topic: str


def asked(question: str, language: str = "en") -> Asked | None:
    """Whose words the question asks for ("What did the mayor say about the bridge?"); None for other questions, and where
    neither a name nor "the" somebody stands there."""
    text = " ".join(question.split()).strip("¿?!. ")
    for pattern in _PATTERNS.get(language, _PATTERNS["en"]):
        if match := pattern.match(text):
            who = match.group("who")
            words = who.split()
            named = words[0][0].isupper() or (len(words) > 1 and words[0].lower() in _ARTICLES)
            if named and not _NOBODY.intersection(w.words(who)):
                return Asked(who, (match.group("topic") or "").strip())
    return None


def speaks(who: str, sentence: str, article: str = "") -> bool:
    """True where a sentence has the person say, think or write something: "Aas said", '..., said Per Aas', "Aas, a councillor, warned",
    "according to Aas". A person asked about with a first name must have it in the `article`, and nobody else's in the
    sentence; "the mayor" is not the deputy mayor."""
    sentence = sentence[:MOST_CHARS]
    words = [word for word in who.split() if word.lower() not in _ARTICLES]
    if not words:
        return False
    text = article or sentence
    known = set[str]()
    if (
        words[0][0].islower()
    ):  # "the prime minister"; "the mayor of Oslo" is also told of as "the mayor", but not of another town
        role = r"\s+".join(map(re.escape, words))
        head = re.split(r"\s(?:of|von|de)\s", " ".join(words))[0]
        bare = r"\s+".join(map(re.escape, head.split()))
        name = f"(?i:{role})" if head == " ".join(words) else rf"(?i:{role}|{bare}(?!\s+(?:of|von|de)\b))"
    elif {"of", "for"}.intersection(words):  # "University of Oslo"
        name = r"\s+".join(map(re.escape, words))
    else:
        name = re.escape(words[-1])
        known = {word for word in words[:-1] if word[0].isupper()}
        if known and not re.search(rf"{re.escape(words[0])}\s(?:\S+\s){{0,3}}?{name}(?!\w)", text):
            return False
    named = rf"(?<![\w-]){name}(?!\w)"
    before = rf"(?:(?!{_NO_ROLE}\b)[\w.’'-]+,?\s+){{0,7}}?"
    for pattern in (
        rf"[”\"“»«’',]\s*{_BEHIND_SPEECH}\s+(?P<to>{before}){named}(?!\s+(?:was|is|had|has|would|will|did|war|hatte|fue|[a-z]+(?:ed|ó)\b))",
        rf"(?P<to>){named}(?:,[^,;]{{1,90}},|\s\([^()]{{1,60}}\))?\s+(?:{_BETWEEN}\s+){{0,2}}{_SPEAKS}\b",
        rf"\b(?i:according to|laut|según)\s+(?P<to>{before}){named}",
    ):
        for match in re.finditer(pattern, sentence):
            end = match.end("to")
            if not _another(sentence[:end], known) and not re.search(
                r"\b(?:that|dass|que)\b", match.group("to")
            ):
                return True
    return False


def _another(before: str, known: set[str]) -> bool:
    """True where what stands before a name makes it somebody else's ("deputy", a first name that is not among those known), or somebody
    else the one who speaks ("the wife of", "who met")."""
    before = before.rstrip()
    while word := re.search(r"[\w.’'-]+$", before):
        if (
            word.group() not in known
            and word.group() not in _PARTICLES
            and not re.fullmatch(_TITLE, word.group())
        ):
            break
        before = before[: word.start()].rstrip()
    if word is None or re.search(r"\b(?:who|whose|whom)\s[^,;]*$", before):
        return word is not None
    last = word.group()
    if last.lower() in _ARTICLES:  # "of the mayor"
        held = re.search(r"(\w+)\s+$", before[: word.start()])
        return held is not None and held.group(1).lower() in _OTHERS - {"by"}
    if last.lower() in _OTHERS:
        return True
    return bool(known) and last[0].isupper() and not w.is_stop(last.lower())


def first(question: str, ranked: Ranked, language: str = "en") -> Ranked:
    """The sentences in which the person asked about speaks, and of what was asked, before all others, and the confidence
    that they answer; `ranked` where the question asks for nobody's words, or none of its sentences has them."""
    wanted = asked(question, language)
    if wanted is None:
        return ranked
    about = frozenset(w.content_stems(wanted.topic, language))
    told: list[Evidence] = []
    others: list[Evidence] = []
    for item in ranked.sentences:
        spoken = speaks(wanted.who, item.text, item.passage.article.text)
        share = _share(about, item, language) if spoken else 0.0
        if share > 0.0:
            told.append(replace(item, score=share + item.score))
        else:
            others.append(replace(item, score=item.score * ASIDE))
    if not told:
        return ranked
    return ranked_anew((*told, *others), max(ranked.confidence, SURE))


def _share(about: frozenset[str], item: Evidence, language: str) -> float:
    """How much of what was asked about the sentence, what stands around it and the title hold; 1 where anything was asked."""
    if not about:
        return 1.0
    text = item.passage.article.text
    near = text[max(0, item.start - 300) : item.end + 100]
    own = len(about & set(w.content_stems(item.text, language))) / len(about)
    around = len(about & set(w.content_stems(f"{near} {item.passage.article.title}", language))) / len(about)
    return 0.7 * own + 0.3 * around if own or around >= 0.5 else 0.0
