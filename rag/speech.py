"""Questions that ask what somebody said, and the sentences that tell it.

"What did Per Aas say?" is answered by '"Someone should have read the accounts," said Per Aas', which shares nothing with the
question but the name: the evidence model, trained on encyclopaedic questions, passes it over, and newspapers are full of
it. Here a sentence is an answer where the person asked about is the one who speaks in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag import words as w
from rag.evidence import Ranked
from rag.schema import Evidence

SURE = 0.75
"""The confidence that a sentence in which the person asked about speaks, and of what was asked, answers."""
ASIDE = 0.05
"""What is left of the score of the others."""
MOST_CHARS = 1_500
_WHO = r"(?P<who>(?:(?:the|der|die|das|el|la) )?[^\W\d_][\w.’'-]*(?: [\w.’'-]+){0,5}?)"
_SAY = r"(?:say|tell|think|believe|claim|argue|warn|answer|reply|respond|add|write|promise|comment|declare|insist|explain)"
_TOPIC = r"(?:\s+(?:about|of|on|to|regarding|concerning|when|after|before|against|over|in)\b(?P<topic>.*))?"
_ASKED = {
    "en": (
        re.compile(
            rf"^(?:and |but |so )?what (?:did|does|do|has|have|had|would) {_WHO} (?:actually |publicly |also )?{_SAY}{_TOPIC}$", re.I
        ),
        re.compile(rf"^(?:and |but |so )?what (?:has|have|had) {_WHO} (?:said|told|argued|claimed|written|promised){_TOPIC}$", re.I),
        re.compile(rf"^(?:and |but |so )?how (?:did|does|do|has|have) {_WHO} (?:react|respond|reply|comment|answer)(?:ed)?{_TOPIC}$", re.I),
        re.compile(
            rf"^(?:and |but |so )?what (?:is|was|are|were) {_WHO}['’]s? (?:view|views|opinion|reaction|response|comment|answer|reply){_TOPIC}$", re.I
        ),
    ),
    "de": (
        re.compile(
            rf"^(?:und |aber )?was (?:sagt|sagte|meint|meinte|denkt|dachte|glaubt|glaubte|schrieb|antwortete) {_WHO}(?: (?:zu[rm]?|über|von|nach|dazu|darüber)\b(?P<topic>.*))?$", re.I
        ),
        re.compile(
            rf"^(?:und |aber )?was (?:hat|haben) {_WHO}(?: (?:zu[rm]?|über|von|nach)\b(?P<topic>.*?))? (?:gesagt|gemeint|geschrieben|geantwortet)$", re.I
        ),
    ),
    "es": (
        re.compile(
            rf"^(?:y )?qué (?:dijo|dice|ha dicho|opina|opinó|piensa|pensaba|cree|respondió|escribió) {_WHO}(?: (?:sobre|de|del|acerca de|tras|a)\b(?P<topic>.*))?$", re.I
        ),
    ),
}  # fmt: skip
_SAYS = (
    r"(?:said|says|told|tells|thought|thinks|believed|believes|claimed|claims|argued|argues|warned|warns|answered|answers|replied|replies|responded|"
    r"added|adds|wrote|writes|promised|promises|suggested|suggests|commented|declared|insisted|insists|explained|explains|called|calls|admitted|"
    r"criticised|criticized|praised|welcomed|disagrees|disagreed|predicted|announced|stated|"
    r"sagt|sagte|sagten|meint|meinte|erklärt|erklärte|schrieb|antwortete|nannte|warnte|betonte|"
    r"dijo|dice|afirmó|afirma|explicó|opina|opinó|escribió|respondió|aseguró|advirtió|señaló)"
)
_BETWEEN = r"(?:[^\W\d_][\w.’'-]*\s+){0,4}?"
_STOPS = frozenset("the a an der die das el la los las".split())


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose words a question asks for, and about what ("" for anything)."""

    who: str
    topic: str


def asked(question: str, language: str = "en") -> Asked | None:
    """Whose words the question asks for ("What did the mayor say about the bridge?"); None for other questions."""
    text = " ".join(question.split()).strip("¿?!. ")
    for pattern in _ASKED.get(language, _ASKED["en"]):
        if match := pattern.match(text):
            who = match.group("who")
            words = [word for word in who.split() if word.lower() not in _STOPS]
            ends = (words[0], words[-1]) if words else ("he",)  # "Per" may be a name
            if not any(word[0].islower() and w.is_stop(word, language) for word in ends):
                return Asked(who, (match.groupdict().get("topic") or "").strip())
    return None


def speaks(who: str, sentence: str, article: str = "") -> bool:
    """True where a sentence has the person say, think or write something: "Aas said", "said Per Aas", "Aas, a councillor, warned",
    "according to Aas". Of a person asked about with a first name, the `article` has to tell it as well."""
    sentence = sentence[:MOST_CHARS]
    words = [word for word in re.findall(r"[\w.’'-]+", who) if word.lower() not in _STOPS]
    if len(words) > 1 and words[-1][0].isupper() and words[-2][0].isupper():
        whole = rf"(?<!\w){re.escape(words[-2])}\s+(?:[\w.’'-]+\s+){{0,2}}?{re.escape(words[-1])}(?!\w)"
        if not re.search(whole, article or sentence):
            return False
    name = rf"(?<!\w){re.escape(words[-1])}(?!\w)"
    if words[-1][0].islower() and len(words) > 1:  # "the prime minister", not any minister
        name = r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)"
    patterns = (
        rf"\b{_SAYS}\s+{_BETWEEN}{name}",
        rf"{name}(?:,[^,]{{1,90}},|\s\([^()]{{1,60}}\))?\s+(?:[a-zà-ÿ]+\s+){{0,2}}?{_SAYS}\b",
        rf"\b(?:according to|laut|según)\s+{_BETWEEN}{name}",
    )
    return any(re.search(pattern, sentence, re.IGNORECASE) for pattern in patterns)


def first(question: str, ranked: Ranked, language: str = "en") -> Ranked:
    """The sentences in which the person asked about speaks, and of what was asked, before all others, and the confidence
    that they answer; `ranked` where the question asks for nobody's words, or none of its sentences has them."""
    wanted = asked(question, language)
    if wanted is None:
        return ranked
    about = frozenset(w.content_stems(wanted.topic, language))
    found: list[tuple[float, Evidence]] = []
    others: list[Evidence] = []
    for item in ranked.sentences:
        share = (
            _share(about, item, language) if speaks(wanted.who, item.text, item.passage.article.text) else 0.0
        )
        if share > 0.0:
            found.append((share, item))
        else:
            others.append(replace(item, score=item.score * ASIDE))
    if not found:
        return ranked
    best = [replace(item, score=share + item.score) for share, item in found]
    total = sum(item.score for item in (*best, *others))
    order = sorted((*best, *others), key=lambda item: -item.score)
    sentences: Sequence[Evidence] = [replace(item, score=item.score / total) for item in order]
    return Ranked(tuple(sentences), max(ranked.confidence, SURE))


def _share(about: frozenset[str], item: Evidence, language: str) -> float:
    """How much of what was asked about the sentence, its passage's neighbourhood and the title hold; 1 where anything was asked."""
    if not about:
        return 1.0
    text = item.passage.article.text
    near = text[max(0, item.start - 300) : item.end + 100]
    own = len(about & set(w.content_stems(item.text, language))) / len(about)
    around = len(about & set(w.content_stems(f"{near} {item.passage.article.title}", language))) / len(about)
    return 0.7 * own + 0.3 * around if own or around >= 0.5 else 0.0
