"""A refusal that helps: what was looked for, what is missing, which articles come nearest.

"The articles do not answer this question." alone leaves a reader in the dark: is the topic missing,
or only the date? The words here say what can be read off the question and the passages found, and
no more: that a word stands in none of them is a fact, why is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag import words as w
from rag.parts import asked_kind
from rag.schema import Passage
from rag.wording import day_text, plain

ABSTAIN_TEXT = "The articles do not answer this question."
"""How a refusal begins in English."""
OPENINGS = {
    "de": "Die Artikel beantworten diese Frage nicht.",
    "es": "Los artículos no responden a esta pregunta.",
}
MOST_WORDS = 200
MAX_PASSAGE = 20_000
NEAREST = 3
SHOWN_WORDS = 6
NEAR_SHARE = 0.34
"""A passage is near when it holds a name of the question, or this share of its content words."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, in plain words, without line breaks or markup.

    `looked_for` is what was looked for ("a date for: Eiffel Tower, painted"), "" where the question
    holds no words to look for. `missing` is what none of the passages found has ("no passage found
    mentions “Zurich”"), "" when that cannot be said. `nearest` are at most three passages that touch
    the question, of different articles as far as there are any.
    """

    looked_for: str
    missing: str
    nearest: tuple[Passage, ...]
    language: str = "en"


def refusal(question: str, passages: Sequence[Passage], *, language: str = "en", reason: str = "") -> Refusal:
    """What to tell a reader whose question is not answered by `passages` (best first).

    `language` is that of the question; its frame is German or Spanish for "de" and "es", else
    English. `reason` is the pipeline's; it counts only where the passages themselves show nothing
    missing and it names what is. Never raises on any text.
    """
    words = _FRAMES.get(language, _FRAMES["en"])
    asked = " ".join(question.replace("¿", " ").split()[:MOST_WORDS])[: MOST_WORDS * 20]
    held = [_Held.of(passage, language) for passage in passages]
    kind = asked_kind(asked, language)
    terms = _terms(asked, language)
    near = [one for one in held if _is_near(one, terms)]
    looked_for = ""
    if terms:
        listed = ", ".join(plain(term.shown, 40) for term in terms[:SHOWN_WORDS])
        looked_for = words["looked"].format(words.get(kind, words[""]), listed)
    return Refusal(
        looked_for,
        _missing(terms, kind, held, near, language, reason) if terms else "",
        _nearest([one.passage for one in near]),
        language if language in _FRAMES else "en",
    )


def text(refusal: Refusal) -> str:
    """The refusal for a reader, one to three short sentences of plain text: the opening, what was
    looked for and is missing, and the titles of the nearest articles with their dates. Just the
    opening where nothing more is known."""
    words = _FRAMES.get(refusal.language, _FRAMES["en"])
    said = [OPENINGS.get(refusal.language, ABSTAIN_TEXT)]
    if refusal.looked_for and refusal.missing:
        said.append(words["both"].format(refusal.looked_for, refusal.missing))
    elif refusal.looked_for:
        said.append(words["only"].format(refusal.looked_for))
    titles: list[str] = []
    for passage in refusal.nearest:
        title = _inside(plain(passage.article.title))
        day = passage.article.published
        title = words["quoted"].format(title) if title else words["untitled"]
        shown = f"{title} ({day_text(day, refusal.language)})" if day else title
        if shown not in titles:
            titles.append(shown)
    if titles:
        *front, last = titles
        listed = f"{', '.join(front)} {words['and']} {last}" if front else last
        said.append(words["nearest" if front else "nearest one"].format(listed))
    return " ".join(said)


def not_said(question: str, language: str = "en") -> str:
    """A note for one part of a question that is not answered where other parts are: "The articles do
    not answer: “Who designed the bridge?”"."""
    words = _FRAMES.get(language, _FRAMES["en"])
    return words["not said"].format(words["quoted"].format(_inside(plain(question, 160))))


def _inside(shown: str) -> str:
    """A text as it may stand between quotation marks."""
    return re.sub(r"[“”„\"«»]", "’", shown)


_FRAMES: dict[str, dict[str, str]] = {
    "en": {
        "when": "a date", "number": "a number", "who": "a name", "where": "a place", "why": "a reason",
        "yes-no": "a passage", "": "a passage",
        "not said": "The articles do not answer: {}",
        "looked": "{} for: {}",
        "both": "The search looked for {}; {}.",
        "only": "The search looked for {}.",
        "none": "no passage was found",
        "unmentioned": "no passage found mentions {}",
        "unused": "no passage found has the word {}",
        "no when": "passages on this were found, but none of them gives a date",
        "no number": "passages on this were found, but none of them gives a number",
        "no who": "passages on this were found, but none of them names anybody else",
        "no where": "passages on this were found, but none of them names another place",
        "or": "or",
        "and": "and",
        "quoted": "“{}”",
        "untitled": "an article without a title",
        "nearest": "The nearest articles are {}.",
        "nearest one": "The nearest article is {}.",
    },
    "de": {
        "when": "einem Datum", "number": "einer Zahl", "who": "einem Namen", "where": "einem Ort", "why": "einem Grund",
        "yes-no": "einer Stelle", "": "einer Stelle",
        "not said": "Die Artikel beantworten nicht: {}",
        "looked": "{} zu: {}",
        "both": "Gesucht wurde nach {}; {}.",
        "only": "Gesucht wurde nach {}.",
        "none": "es wurde keine Stelle gefunden",
        "unmentioned": "keine gefundene Stelle erwähnt {}",
        "unused": "in keiner gefundenen Stelle steht das Wort {}",
        "no when": "Stellen dazu wurden gefunden, aber keine nennt ein Datum",
        "no number": "Stellen dazu wurden gefunden, aber keine nennt eine Zahl",
        "no who": "Stellen dazu wurden gefunden, aber keine nennt einen weiteren Namen",
        "no where": "Stellen dazu wurden gefunden, aber keine nennt einen weiteren Ort",
        "or": "oder",
        "and": "und",
        "quoted": "„{}“",
        "untitled": "ein Artikel ohne Titel",
        "nearest": "Am nächsten kommen die Artikel {}.",
        "nearest one": "Am nächsten kommt der Artikel {}.",
    },
    "es": {
        "when": "una fecha", "number": "un número", "who": "un nombre", "where": "un lugar", "why": "un motivo",
        "yes-no": "un pasaje", "": "un pasaje",
        "not said": "Los artículos no responden: {}",
        "looked": "{} para: {}",
        "both": "Se buscó {}; {}.",
        "only": "Se buscó {}.",
        "none": "no se encontró ningún pasaje",
        "unmentioned": "ningún pasaje encontrado menciona {}",
        "unused": "en ningún pasaje encontrado está la palabra {}",
        "no when": "se encontraron pasajes sobre ello, pero ninguno da una fecha",
        "no number": "se encontraron pasajes sobre ello, pero ninguno da un número",
        "no who": "se encontraron pasajes sobre ello, pero ninguno nombra a nadie más",
        "no where": "se encontraron pasajes sobre ello, pero ninguno nombra otro lugar",
        "or": "ni",
        "and": "y",
        "quoted": "«{}»",
        "untitled": "un artículo sin título",
        "nearest": "Los artículos más cercanos son {}.",
        "nearest one": "El artículo más cercano es {}.",
    },
}  # fmt: skip
_NOT_SOUGHT = frozenset(
    """how what which who whom whose when where why many much long far tall high old large big deep heavy wide fast often
    year date day month number name kind sort tell find show mean please describe explain happen happened
    anything something everything anybody somebody anyone someone nothing true false fewer more most less least same different
    still yet also even really actually
    wie was wer wen wem wann wo warum welche welcher welches wieviel viel viele jahr erzähl
    qué quién quiénes cuándo dónde cuánto cuánta cuántos cuántas cómo cuál cuáles por año""".split()
)
_MENTIONS = re.compile(r"no passage found mentions (.{1,200})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Term:
    """Something the question names: as it is written there, its folded words and their stems."""

    shown: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    name: bool


@dataclass(frozen=True, slots=True)
class _Held:
    """What one passage holds: the words and stems of its text, title, heading and date."""

    passage: Passage
    text: str
    words: frozenset[str]
    stems: frozenset[str]

    @classmethod
    def of(cls, passage: Passage, language: str) -> _Held:
        article, chunk = passage.article, passage.chunk
        day = article.published
        dated = f"{day.isoformat()} {day.year} {day_text(day)}" if day else ""
        whole = f"{article.title[:1000]}\n{chunk.heading[:1000]}\n{chunk.text[:MAX_PASSAGE]}\n{dated}"
        found = frozenset(w.words(whole)) | frozenset(w.words(w.unaccented(whole)))
        spoken = article.language or language
        stems = frozenset(w.stem(word, spoken) for word in found)
        if spoken != language:
            stems |= frozenset(w.stem(word, language) for word in found)
        return cls(passage, chunk.text[:MAX_PASSAGE], found, stems)

    def holds(self, term: _Term) -> bool:
        """True when every word of the term stands there in some form; a longer name counts as soon
        as a word of it does, or one that begins alike ("Norwegian" for Norway)."""
        if not term.name:
            return all(stem in self.stems for stem in term.stems)
        return 3 * self.words_of(term) >= len(term.words) and self.words_of(term) > 0

    def words_of(self, term: _Term) -> int:
        """How many of the term's words stand there."""
        return sum(self._has(word, stem) for word, stem in zip(term.words, term.stems, strict=True))

    def _has(self, word: str, stem: str) -> bool:
        bare = w.unaccented(word)  # "Oresund" is Øresund
        if word in self.words or bare in self.words or stem in self.stems:
            return True
        return len(bare) > 5 and any(other.startswith(bare[:4]) for other in self.words)


def _terms(question: str, language: str) -> list[_Term]:
    """What a question names, in its order and once each: names of several words together, then the
    other content words and numbers singly. Capitals count as names except in German."""
    tokens = list(w.WORD.finditer(question))
    names = w.named(question, language)
    out: list[_Term] = []
    seen: set[tuple[str, ...]] = set()
    run: list[re.Match[str]] = []

    def close() -> None:
        if run:
            add(question[run[0].start() : run[-1].end()], run, name=True)
            run.clear()

    def add(shown: str, matches: Sequence[re.Match[str]], *, name: bool) -> None:
        folded = tuple(word for match in matches for word in w.words(match.group())[:1])
        if folded and folded not in seen:
            seen.add(folded)
            stems = tuple(w.stem(word, language) for word in folded)
            out.append(_Term(re.sub(r"[’']s$", "", shown), folded, stems, name))

    for token in tokens:
        word = (w.words(token.group()) or [""])[0]
        if word in names and not word.isdigit() and word not in _NOT_SOUGHT:
            if run and question[run[-1].end() : token.start()].strip():
                close()
            run.append(token)
            continue
        close()
        if word and not w.is_stop(word, language) and word not in _NOT_SOUGHT:
            year = word.isdecimal() and len(word) == 4
            add(token.group(), [token], name=year)
    close()
    return out


def _is_near(held: _Held, terms: Sequence[_Term]) -> bool:
    hits = [term for term in terms if held.holds(term)]
    named = any(
        term.name and not term.shown.isdecimal() and 2 * held.words_of(term) >= len(term.words)
        for term in hits
    )
    return named or (bool(hits) and len(hits) >= NEAR_SHARE * len(terms))


def _nearest(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """At most three of them, one of each article first, in their order."""
    first: list[Passage] = []
    more: list[Passage] = []
    seen: set[str] = set()
    for passage in passages:
        (more if passage.article.id in seen else first).append(passage)
        seen.add(passage.article.id)
    return tuple([*first, *more][:NEAREST])


def _missing(
    terms: Sequence[_Term],
    kind: str,
    held: Sequence[_Held],
    near: Sequence[_Held],
    language: str,
    reason: str,
) -> str:
    """What none of the passages has, in the order of how much it says: a name or year, the kind of
    answer asked for, a word; "" when each is there somewhere."""
    words = _FRAMES.get(language, _FRAMES["en"])
    if not held:
        return words["none"]
    absent = [term for term in terms if not any(one.holds(term) for one in held)]
    # initials may be spelled out in the text
    names = [term for term in absent if term.name and not (term.shown.isupper() and len(term.shown) <= 5)]
    if names:
        return words["unmentioned"].format(_listed(names, words))
    if (
        near
        and kind in ("when", "number", "who", "where")
        and not any(_of_kind(one, kind, terms) for one in near)
    ):
        return words[f"no {kind}"]
    others = [term for term in absent if not term.name]
    if others:
        return words["unused"].format(_listed(others, words))
    told = _MENTIONS.fullmatch(reason.strip())
    if told and (shown := plain(told.group(1), 40)):
        return words["unmentioned"].format(words["quoted"].format(shown.strip(' "“”')))
    return ""


def _listed(terms: Sequence[_Term], words: dict[str, str]) -> str:
    shown = [words["quoted"].format(_inside(plain(term.shown, 40))) for term in terms[:2]]
    return f" {words['or']} ".join(shown)


def _of_kind(held: _Held, kind: str, terms: Sequence[_Term]) -> bool:
    """True when a passage holds anything that might be of the kind asked for (the benefit of every
    doubt: the refusal says "none" only where that is plain to see)."""
    if kind == "when":
        return w.has_date(held.text) or bool(_NUMBERISH.search(held.text) or _TIMELY.search(held.text))
    if kind == "number":
        return bool(w.numbers(held.text) or _NUMBERISH.search(held.text))
    asked = frozenset(word for term in terms for word in term.words)
    capitals = (match.group() for match in w.WORD.finditer(held.text) if match.group()[0].isupper())
    return any(word not in asked and not w.is_stop(word) for token in capitals for word in w.words(token)[:1])


_NUMBERISH = re.compile(
    r"\d|\b(?:hundreds?|thousands?|millions?|billions?|dozens?|scores?|halves|pair|couple|several|single|none|"
    r"eine?[mnrs]?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|\w*zig|\w*hundert\w*|\w*tausend\w*|million\w*|"
    r"dutzend\w*|mehrere|una?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|veinte|\w+enta|cien\w*|mil|miles|"
    r"varios|varias)\b",
    re.IGNORECASE,
)
_TIMELY = re.compile(
    r"\b(?:today|tomorrow|tonight|now|recently|spring|summer|autumn|winter|easter|christmas|decades?|years?|months?|days?|hours?|"
    r"gestern|heute|morgen|jetzt|\w*jahr\w*|monate?n?|wochen?|tage?n?|\w*tags|frühling|sommer|herbst|ayer|hoy|mañana|ahora|"
    r"siglo|años?|mes|meses|semanas?|días?|primavera|verano|otoño|invierno|(?:lunes|martes|jueves|viernes|sábado|domingo))\b",
    re.IGNORECASE,
)
