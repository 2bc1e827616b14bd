"""Words as the checks see them: stems, names, numbers, dates, negation. Pure functions, no model.

Stems are Snowball's (Porter 2001, https://snowballstem.org); stop words are a short list of
function words per language, so that a content word is never lost.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

WORD = re.compile(r"[^\W_]+(?:[.,][0-9]+)*(?:['’][^\W\d_]{1,3}\b)?")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_ORDINAL_END = re.compile(r"^(\d+)(?:st|nd|rd|th)$")

STOP = {
    "en": frozenset(
        """a about above after again all also although am an and any are as at be because been before being
        between both but by can could did do does doing done during each either for from further get give given
        go had has have having he her here hers him his how however i if in into is it its itself just know
        many may me might more most much must my no nor not of on once only or other our out over own per
        please quite rather really s same shall she should since so some such t tell than that the their theirs
        them then there these they this those through thus to too under until up upon us very was we were what
        whatever when where whether which while who whom whose why will with within without would yet you your
        according regarding concerning say says said article articles""".split()
    ),
    "de": frozenset(
        """aber als am an auch auf aus bei bin bis da damit dann das dass dem den der des die dies diese dieser
        doch du ein eine einem einen einer es für hat hatte ich ihr im in ist ja kann man mit nach nicht noch nur
        oder sein sich sie sind so über um und uns von vor war waren warum was welche wenn wer wie wieder wir wird
        wo wurde wurden zu zum zur wann wieviel viele""".split()
    ),
    "es": frozenset(
        """a al como con cual cuando cuanto de del desde donde el ella en entre era es esta este fue ha hay la las
        le lo los más no o para pero por porque que quien qué quién cuándo dónde cuántos cómo se ser si sin sobre
        son su sus también un una y ya""".split()
    ),
    "fr": frozenset(
        """à au aux avec ce ces cette comme dans de des du elle en est et était il ils la le les leur mais ne où
        ou par pas plus pour quand que quel quelle qui sa se ses son sont sur un une y combien pourquoi comment
        """.split()
    ),
}
_SNOWBALL = {"en": "english", "de": "german", "es": "spanish", "fr": "french", "it": "italian",
             "nl": "dutch", "pt": "portuguese", "sv": "swedish", "da": "danish", "ru": "russian"}  # fmt: skip
NEGATIONS = frozenset(
    """not no never none nobody nothing nowhere neither nor cannot without
    nicht kein keine keinen keiner keinem keines weder niemand nichts nie niemals ohne ningún ninguna nunca jamás sin ne pas jamais aucun aucune""".split()
)
_NEGATING = re.compile(
    r"\b(?:(?:leav(?:e|es|ing)|left)\s+(?:\w+\s+){0,3}out\b|refus|reject|den(?:y|ied|ies)|declin|fail(?:ed|s)? to|lack|absen|omit|exclud|unlikely|unable|"
    r"barely|hardly|rarely|stopp|ceas|avoid|prevent|forb|ban(?:ned|s)?\b|prohibit)",
    re.IGNORECASE,
)
NUMBER_WORDS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
    "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20",
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80",
    "ninety": "90", "hundred": "100", "thousand": "1000", "million": "million", "billion": "billion",
    "dozen": "12", "first": "1", "second": "2", "third": "3", "half": "half", "twice": "2",
}  # fmt: skip
MONTHS = frozenset(
    """january february march april may june july august september october november december
    januar februar märz mai juni juli oktober dezember enero febrero marzo abril mayo junio julio agosto
    septiembre octubre noviembre diciembre""".split()
)


def fold(text: str) -> str:
    """Lower case, accents and typographic quotation marks made plain."""
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return unicodedata.normalize("NFKC", text).casefold()


_LETTERS = str.maketrans("øæœßłđı", "oaosldi")


def unaccented(text: str) -> str:
    """Folded, and without marks on letters, as people type names on another keyboard ("Oresund")."""
    plain = unicodedata.normalize("NFKD", fold(text)).translate(_LETTERS)
    return "".join(c for c in plain if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """The folded words and numbers of a text, in order; possessive endings taken off."""
    found = []
    for match in WORD.finditer(fold(text)):
        word = match.group()
        if "'" in word:
            head, _, tail = word.partition("'")
            word = f"{head}'t" if tail == "t" else head if tail in ("s", "") else word.replace("'", "")
        found.append(word)
    return found


@lru_cache(maxsize=16)
def _stemmer(language: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(_SNOWBALL.get(language, "english"))


_SPELLINGS = """defence defense|offence offense|licence license|pretence pretense|colour color|harbour harbor|labour labor|
neighbour neighbor|neighbourhood neighborhood|favour favor|favourite favorite|honour honor|behaviour behavior|humour humor|
rumour rumor|armour armor|flavour flavor|vapour vapor|odour odor|vigour vigor|endeavour endeavor|centre center|theatre theater|
metre meter|kilometre kilometer|centimetre centimeter|millimetre millimeter|litre liter|fibre fiber|organise organize|
organisation organization|organiser organizer|recognise recognize|realise realize|realisation realization|modernise modernize|
summarise summarize|characterise characterize|criticise criticize|emphasise emphasize|apologise apologize|finalise finalize|
legalise legalize|nationalise nationalize|privatise privatize|prioritise prioritize|analyse analyze|paralyse paralyze|
dialled dialed|fuelled fueled|programme program|grey gray|aluminium aluminum|plough plow|tyre tire|cheque check|
aeroplane airplane|sceptic skeptic|sceptical skeptical|mould mold|enrol enroll|fulfil fulfill|instalment installment|
archaeology archeology|encyclopaedia encyclopedia|paediatric pediatric|jewellery jewelry|catalogue catalog|dialogue dialog"""


@lru_cache(maxsize=1)
def _american() -> dict[str, str]:
    """The stem of each British spelling with that of the American one."""
    stemmer = _stemmer("en")
    pairs = (pair.split() for pair in _SPELLINGS.replace("\n", "").split("|"))
    return {stemmer.stemWord(british): stemmer.stemWord(american) for british, american in pairs}


@lru_cache(maxsize=100_000)
def stem(word: str, language: str = "en") -> str:
    """The stem of one folded word; numbers lose their thousands separators, British spellings have the stem of the
    American ones ("defence", "kilometre")."""
    if word[0].isdigit():
        ordinal = _ORDINAL_END.match(word)
        return plain_number(ordinal.group(1) if ordinal else word)
    found: str = _stemmer(language).stemWord(word)
    return _american().get(found, found) if language == "en" else found


def plain_number(number: str) -> str:
    """'1,000' and '1.000' as '1000'; a decimal point stays ('3.5')."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        return number.replace(",", "")
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", number):
        return number.replace(".", "")
    return number.rstrip(".,")


def is_stop(word: str, language: str = "en") -> bool:
    """True for function words of the language (and for the n't of a contraction)."""
    return (
        word in STOP.get(language, STOP["en"]) or word.endswith("'t") or (len(word) == 1 and word.isalpha())
    )


_ASKING = {
    "de": frozenset(
        "sagt sagte sagten meint meinte heißt hieß kostet kostete gibt gab macht machte zeigt liegt steht kommt geschah passierte".split()
    ),
    "es": frozenset(
        "dijo dice cuesta costó cuántos cuántas pasó ocurrió vuelve tiene tienen hizo hace".split()
    ),
}
"""Words that questions are often asked with, beside the function words: "was" alone is English as well."""


def spoken(text: str) -> str:
    """The language of a text by its function words: that with the most of them, English in doubt."""
    found = words(text)
    counts = {
        language: sum(word in stop or word in _ASKING.get(language, ()) for word in found)
        for language, stop in STOP.items()
    }
    best = max(counts, key=lambda language: (counts[language], language == "en"))
    return best if counts[best] > counts["en"] else "en"


def content_stems(text: str, language: str = "en") -> list[str]:
    """Stems of the content words, in order, repeats kept."""
    return [stem(word, language) for word in words(text) if not is_stop(word, language)]


def numbers(text: str) -> frozenset[str]:
    """Every number in a text, digits and number words alike ("five" is "5")."""
    found = {plain_number(match.group()) for match in _NUMBER.finditer(text)}
    found |= {NUMBER_WORDS[word] for word in words(text) if word in NUMBER_WORDS}
    return frozenset(found)


def names(text: str) -> frozenset[str]:
    """Folded words written with a capital inside a sentence, or all in capitals: names, mostly.

    The first word of a sentence counts only when it is no function word and stands with a capital
    elsewhere or before another capitalised word.
    """
    found: set[str] = set()
    tokens = [(m.start(), m.group()) for m in WORD.finditer(text)]
    for position, (start, token) in enumerate(tokens):
        if not token[0].isupper():
            continue
        before = text[:start].rstrip(" \"'“‘«(¿¡„»")
        first = not before or before[-1] in ".!?…:\n"
        folded = words(token)[0] if words(token) else ""
        if not folded or is_stop(folded) or folded in MONTHS:
            continue
        if first:
            next_at, after = tokens[position + 1] if position + 1 < len(tokens) else (start, "")
            if re.search(r"[.!?…]\s", text[start:next_at]):
                continue
            if not (after[:1].isupper() or (len(token) > 1 and token.isupper())):
                continue
        found.add(folded)
    return frozenset(found)


def named(question: str, language: str = "en") -> frozenset[str]:
    """`names` of a question; none where capitals do not tell: in German, and where everything is in capitals."""
    return frozenset() if language == "de" or question.isupper() else names(question)


def negation(text: str) -> bool:
    """True when a text says something is not so (negation words; contractions)."""
    return any(word in NEGATIONS or word.endswith("n't") for word in words(text))


def negating(text: str) -> bool:
    """Like `negation`, or a verb that works like one ("refused", "left out", "unlikely")."""
    return negation(text) or bool(_NEGATING.search(text))


def has_date(text: str) -> bool:
    """True when a year, a month's name or a clear time expression stands in the text."""
    return (
        bool(_YEAR.search(text))
        or any(w in MONTHS and w != "may" for w in words(text))
        or bool(
            re.search(
                r"\b(?:century|\d{1,2}(?:st|nd|rd|th)|BC|AD|BCE|CE|yesterday|ago|week|mon|tues|wednes|thurs|fri|satur|sun)(?:day)?s?\b",
                text,
            )
        )
    )


def wanted_kind(question: str) -> str:
    """What sort of answer a question asks for: "when", "number", "who", "where", "yes-no", "why" or ""."""
    text = " ".join(words(question))
    if re.search(r"\b(?:when|what (?:year|date|day|month|time|century|decade)|which (?:year|date|day|month|century|decade)|(?:in|on|since|by) (?:what|which) (?:year|date|day|month))\b", text):  # fmt: skip
        return "when"
    if re.search(r"\b(?:how (?:many|much|long|far|tall|high|old|large|big|deep|heavy|wide|fast|often)|what (?:number|percentage|percent|share|proportion|distance|age)|number of)\b", text):  # fmt: skip
        return "number"
    if re.search(r"\b(?:who|whom|whose)\b", text):
        return "who"
    if re.search(
        r"\b(?:where|which (?:country|city|town|place|state|region)|what (?:country|city|town|place))\b", text
    ):
        return "where"
    if re.search(r"\b(?:why|what (?:caused|reason|led))\b", text):
        return "why"
    if re.match(
        r"(?:and |so |but )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b", text
    ):
        return "yes-no"
    return ""


def kind_matches(kind: str, sentence: str, question: str) -> float:
    """1.0 when a sentence holds something of the wanted kind that the question does not hold, -1.0
    when it holds nothing of it, 0.0 where the kind says nothing."""
    if kind == "when":
        return (
            1.0
            if has_date(sentence) and (numbers(sentence) - numbers(question) or has_date(sentence))
            else -1.0
        )
    if kind == "number":
        return 1.0 if numbers(sentence) - numbers(question) else -1.0
    if kind in ("who", "where"):
        return 1.0 if names(sentence) - names(question) - frozenset(words(question)) else -1.0
    if kind == "why":
        return 1.0 if re.search(r"\b(?:because|since|due|so that|in order|owing|as a result|thanks to|therefore|caus\w+|reason\w*|led to|to avoid|for fear)\b", sentence, re.I) else -0.3  # fmt: skip
    return 0.0
