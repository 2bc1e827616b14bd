"""A few sure rules for German and Spanish: dates, places, makers and counts of what has a bare name.

A singular subject without an article is a proper name in both languages, or nearly always; other
subjects are left to a language model. What no rule reads gives no question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from evals.make.drafts import Draft

_CAP = r"[A-ZÄÖÜÁÉÍÓÚÑ][\w’'-]*\w"
_DE_NAME = rf"(?P<name>{_CAP}(?: (?:(?:von|van|der|zu|am|de|und) )?{_CAP}){{0,3}})"
_DE_MONTH = r"(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)"
_DE_DAY = rf"(?:(?:am|im|Am|Im) )?(?P<day>(?:\d{{1,2}}\. )?{_DE_MONTH} \d{{4}}|(?:(?<=im )|(?<=Im ))Jahre? \d{{4}}|(?:1\d|20)\d\d)"
_DE_PARTICIPLE = r"(?P<done>(?:\w+ge|ge|be|ver|ent|er|zer)\w{2,}(?:t|en)|\w{3,}iert)"
_DE_NO_NAME = re.compile(r"(?:ung|heit|keit|schaft|ismus|tion|tät|en)$")
_DE_FIRST = frozenset(
    """der die das ein eine er sie es dies dieser diese dort hier heute damals danach dann später zuletzt schließlich
    auch doch aber und man wir ich ihr sein seine ihre was wer wo wann nach vor bei mit seit während als wenn weil im am
    in an auf aus von zu für über unter zwischen gegen ohne durch bis jeder jede jedes alle viele einige mehrere kein
    keine zwei drei vier fünf anfangs zunächst insgesamt rund etwa mehr niemand jemand alles nichts musik geld wasser
    strom regen luft""".split()
)
_ES_NAME = rf"(?P<name>(?:(?:El|La) )?{_CAP}(?: (?:(?:de|del|la|de la|y) )?{_CAP}){{0,4}})"
_ES_MONTH = r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)"
_ES_DAY = rf"(?:(?:en|el) )(?P<day>(?:\d{{1,2}} de )?{_ES_MONTH} de \d{{4}}|(?:1\d|20)\d\d)"
_ES_DONE = r"(?P<done>\w{2,}(?:ad|id)[oa]s?|escrit[oa]|abiert[oa]|descubiert[oa]|puest[oa])"
_ES_FIRST = frozenset(
    """el la los las un una él ella esto este esta ese esa aquel allí aquí hoy entonces después luego también pero y o si
    cuando donde como que quien su sus mi en de con por para sin sobre desde hasta tras durante según todo nada nadie
    alguien muchos varios cada dos tres cuatro más menos así ya no""".split()
)
_END = r"(?=[.,;]| und | y | als | cuando | por )"
_DE_POINTS = re.compile(
    r"\b(?:er|sie|es|ihn|ihm|ihr\w*|sein\w*|dies\w*|dort|hier|damals|der|die|das|den|dem|des|nicht|kein\w*)\b",
    re.I,
)
_ES_POINTS = re.compile(
    r"\b(?:él|ella|ellos|su|sus|est[eao]s?|es[eao]s?|allí|aquí|entonces|el|la|los|las|no|nunca)\b", re.I
)


def german(sentence: str) -> list[Draft]:
    """Questions from a German sentence."""
    return _unique(_german(sentence))


def spanish(sentence: str) -> list[Draft]:
    """Questions from a Spanish sentence."""
    return _unique(_spanish(sentence))


def _unique(drafts: Iterator[Draft]) -> list[Draft]:
    return list({draft.question: draft for draft in drafts}.values())


def _named(match: re.Match[str] | None, first: frozenset[str]) -> str:
    """The name a rule matched, "" where its first word is no name."""
    if match is None:
        return ""
    name = match["name"]
    head = name.split()[0].lower()
    if head in first and not (head in ("el", "la") and len(name.split()) > 1):
        return ""
    return name


def _lower_article(name: str) -> str:
    return name[:1].lower() + name[1:] if name.startswith(("El ", "La ")) else name


def _german(sentence: str) -> Iterator[Draft]:
    if re.search(r"[„“”\"»«();:]", sentence):
        return
    days = len(re.findall(r"\b(?:1\d|20)\d\d\b", sentence))
    middle = r"(?P<middle>(?: [\w-]+){0,5}?)"
    patterns: tuple[tuple[str, Callable[[re.Match[str], str], str]], ...] = (
        (rf"{_DE_NAME} wurde {_DE_DAY}{middle} {_DE_PARTICIPLE}{_END}", lambda m, n: f"Wann wurde {n}{m['middle']} {m['done']}?"),
        (rf"{_DE_DAY} wurde {_DE_NAME}{middle} {_DE_PARTICIPLE}{_END}", lambda m, n: f"Wann wurde {n}{m['middle']} {m['done']}?"),
        (rf"{_DE_NAME} starb {_DE_DAY}(?:{_END}| in | an | auf )", lambda m, n: f"Wann starb {n}?"),
        (rf"{_DE_DAY} starb {_DE_NAME}{_END}", lambda m, n: f"Wann starb {n}?"),
    )  # fmt: skip
    for pattern, ask in patterns:
        match = re.match(pattern, sentence)
        name = _named(match, _DE_FIRST)
        if not match or not name or days != 1:
            continue
        known = match.groupdict().get("middle") or ""
        if (
            _DE_POINTS.search(known)
            or " von " in f"{known} "
            or (" " not in name and _DE_NO_NAME.search(name))
        ):
            continue
        day = match["day"].removeprefix("Jahre ").removeprefix("Jahr ")
        yield Draft(ask(match, name), (day,), "a date (German)", name)
    match = re.match(rf"{_DE_NAME} hat (?:(?:rund|etwa|mehr als|über|knapp) )?(?P<n>\d[\d.]*\d|\d|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf) (?P<what>(?:[a-zäöü]+en? )?{_CAP}){_END}", sentence)  # fmt: skip
    name = _named(match, _DE_FIRST)
    if (
        match
        and name
        and not re.search(
            r"(?:Meter|Kilometer|Prozent|Euro|Mark|Jahre|Punkte|Millionen|Tonnen|Grad)$", match["what"]
        )
    ):
        yield Draft(
            f"Wie viele {match['what']} hat {name}?", _de_numbers(match["n"]), "a number (German)", name
        )
    match = re.match(rf"{_DE_NAME} liegt (?P<where>(?:in|bei|am) {_CAP}(?:-{_CAP})?){_END}", sentence)
    name = _named(match, _DE_FIRST)
    if match and name:
        yield Draft(f"Wo liegt {name}?", (match["where"].split(" ", 1)[1],), "a place (German)", name)


_DE_WORDS = {"zwei": "2", "drei": "3", "vier": "4", "fünf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "zehn": "10", "zwölf": "12"}  # fmt: skip


def _de_numbers(number: str) -> tuple[str, ...]:
    plain = number.replace(".", "") if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", number) else number
    return tuple(dict.fromkeys((number, plain, _DE_WORDS.get(number, number))))


def _spanish(sentence: str) -> Iterator[Draft]:
    if re.search(r"[“”\"«»();:]", sentence):
        return
    years = len(re.findall(r"\b(?:1\d|20)\d\d\b", sentence))
    match = re.match(
        rf"{_ES_NAME} fue (?:oficialmente )?{_ES_DONE}(?P<middle>(?: [\w-]+){{0,5}}?) {_ES_DAY}{_END}",
        sentence,
    )
    name = _named(match, _ES_FIRST)
    if (
        match
        and name
        and years == 1
        and not _ES_POINTS.search(match["middle"])
        and " por " not in f"{match['middle']} "
    ):
        yield Draft(
            f"¿Cuándo fue {match['done']} {_lower_article(name)}{match['middle']}?",
            (match["day"],),
            "a date (Spanish)",
            name,
        )
    match = re.match(
        rf"{_ES_NAME} fue {_ES_DONE} por (?P<who>{_CAP}(?: (?:de |del )?{_CAP}){{1,2}})(?=[.,]| en )",
        sentence,
    )
    name = _named(match, _ES_FIRST)
    if match and name:
        yield Draft(
            f"¿Por quién fue {match['done']} {_lower_article(name)}?",
            (match["who"], match["who"].split()[-1]),
            "who did it (Spanish)",
            name,
        )
    for verb in ("nació", "murió", "abrió", "cerró"):
        match = re.match(
            rf"{_ES_NAME} {verb}(?: en (?P<where>{_CAP}(?: {_CAP})?))? {_ES_DAY}(?:{_END}|(?= en ))", sentence
        )
        name = _named(match, _ES_FIRST)
        if match and name and years == 1:
            yield Draft(f"¿Cuándo {verb} {_lower_article(name)}?", (match["day"],), "a date (Spanish)", name)
            if match["where"] and verb in ("nació", "murió"):
                yield Draft(f"¿Dónde {verb} {name}?", (match["where"],), "a place (Spanish)", name)
    match = re.match(
        rf"{_ES_NAME} tiene (?:(?:unos|unas|más de|casi) )?(?P<n>\d[\d.]*\d|\d) (?P<what>[a-zñáéíóú]+(?P<end>as|os)){_END}",
        sentence,
    )
    name = _named(match, _ES_FIRST)
    if match and name and match["what"] not in ("años", "metros", "kilómetros", "euros", "grados"):
        number = match["n"]
        plain = number.replace(".", "") if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", number) else number
        asks = "¿Cuántas" if match["end"] == "as" else "¿Cuántos"
        yield Draft(
            f"{asks} {match['what']} tiene {_lower_article(name)}?",
            tuple(dict.fromkeys((number, plain))),
            "a number (Spanish)",
            name,
        )
    match = re.match(
        rf"{_ES_NAME} (?P<verb>está|se encuentra) en (?P<where>{_CAP}(?: {_CAP})?){_END}", sentence
    )
    name = _named(match, _ES_FIRST)
    if match and name:
        yield Draft(
            f"¿Dónde {match['verb']} {_lower_article(name)}?", (match["where"],), "a place (Spanish)", name
        )
