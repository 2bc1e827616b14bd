"""The words of time in English, German and Spanish, and texts cut into tokens that know them.

A table line is a tag, its value and the words that carry them ("MONTH 6 june"). The grammar in
`rag/when/read.py` sees tags only, so that "last week", "letzte Woche" and "la semana pasada" are
read by the same few rules.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from rag.words import STOP

HOUR, DAY, WEEK, MONTH, YEAR, DECADE, CENTURY, FORTNIGHT, WEEKEND, QUARTER, SEASON, WEEKDAY = range(12)

_EN = """
MONTH 1 january; MONTH 2 february; MONTH 3 march; MONTH 4 april; MONTH 5 may; MONTH 6 june; MONTH 7 july
MONTH 8 august; MONTH 9 september; MONTH 10 october; MONTH 11 november; MONTH 12 december
MON 1 jan; MON 2 feb; MON 3 mar; MON 4 apr; MON 6 jun; MON 7 jul; MON 8 aug; MON 9 sep sept; MON 10 oct
MON 11 nov; MON 12 dec
WEEKDAY 0 monday; WEEKDAY 1 tuesday; WEEKDAY 2 wednesday; WEEKDAY 3 thursday; WEEKDAY 4 friday
WEEKDAY 5 saturday; WEEKDAY 6 sunday
SEASON 1 spring; SEASON 2 summer; SEASON 3 autumn fall; SEASON 4 winter
UNIT 0 hour; UNIT 1 day; UNIT 2 week; UNIT 3 month; UNIT 4 year; UNIT 5 decade; UNIT 6 century
UNIT 7 fortnight; UNIT 8 weekend; UNIT 9 quarter
UNITS 0 hours; UNITS 1 days; UNITS 2 weeks; UNITS 3 months; UNITS 4 years; UNITS 5 decades; UNITS 6 centuries
UNITS 7 fortnights; UNITS 8 weekends; UNITS 9 quarters
NUM 1 one; NUM 2 two; NUM 3 three; NUM 4 four; NUM 5 five; NUM 6 six; NUM 7 seven; NUM 8 eight; NUM 9 nine
NUM 10 ten; NUM 11 eleven; NUM 12 twelve dozen; NUM 15 fifteen; NUM 20 twenty; NUM 30 thirty; NUM 40 forty
NUM 50 fifty; NUM 60 sixty; NUM 70 seventy; NUM 80 eighty; NUM 90 ninety; NUM 100 hundred
ORD 1 first; ORD 2 second; ORD 3 third; ORD 4 fourth; ORD 5 fifth; ORD 6 sixth; ORD 7 seventh; ORD 8 eighth
ORD 9 ninth; ORD 10 tenth; ORD 11 eleventh; ORD 12 twelfth; ORD 13 thirteenth; ORD 14 fourteenth
ORD 15 fifteenth; ORD 16 sixteenth; ORD 17 seventeenth; ORD 18 eighteenth; ORD 19 nineteenth; ORD 20 twentieth
DECADE 30 thirties; DECADE 40 forties; DECADE 50 fifties; DECADE 60 sixties; DECADE 70 seventies
DECADE 80 eighties; DECADE 90 nineties
A 1 a an; FEW 0 few several; COUPLE 0 couple; HALF 0 half
SINCE 0 since; BEFORE 0 before; AFTER 0 after; UNTIL 0 until till til; BY 0 by; FROM 0 from
IN 0 in during throughout within; OF 0 of; ON 0 on; FOR 0 for; AT 0 at over; ABOUT 0 about
AROUND 0 around circa ca; BETWEEN 0 between; AND 0 and or; TO 0 to through thru; THE 0 the; THAN 0 than
LAST 0 last; PAST 0 past; THIS 0 this; NEXT 0 next coming; AGO 0 ago; EARLIER 0 earlier; LATER 0 later
EARLY 0 early; MID 0 mid; LATE 0 late; START 0 start beginning outset; MIDDLE 0 middle; END 0 end close
DAYREL 0 today tonight; DAYREL -1 yesterday; DAYREL 1 tomorrow; ONWARD 0 onward onwards
"""
_DE = """
MONTH 1 januar jänner; MONTH 2 februar; MONTH 3 märz maerz; MONTH 4 april; MONTH 5 mai; MONTH 6 juni
MONTH 7 juli; MONTH 8 august; MONTH 9 september; MONTH 10 oktober; MONTH 11 november; MONTH 12 dezember
MON 1 jan; MON 2 feb; MON 4 apr; MON 8 aug; MON 9 sep sept; MON 10 okt; MON 11 nov; MON 12 dez
WEEKDAY 0 montag; WEEKDAY 1 dienstag; WEEKDAY 2 mittwoch; WEEKDAY 3 donnerstag; WEEKDAY 4 freitag
WEEKDAY 5 samstag sonnabend; WEEKDAY 6 sonntag
SEASON 1 frühling frühjahr; SEASON 2 sommer; SEASON 3 herbst; SEASON 4 winter
UNIT 0 stunde; UNIT 1 tag tages; UNIT 2 woche; UNIT 3 monat monats; UNIT 4 jahr jahre jahres; UNIT 5 jahrzehnt
UNIT 6 jahrhundert jahrhunderts; UNIT 8 wochenende; UNIT 9 quartal quartals
UNITS 0 stunden; UNITS 1 tage tagen; UNITS 2 wochen; UNITS 3 monate monaten; UNITS 4 jahren; UNITS 9 quartale
UNITS 5 jahrzehnte jahrzehnten; UNITS 6 jahrhunderte jahrhunderten
NUM 2 zwei; NUM 3 drei; NUM 4 vier; NUM 5 fünf; NUM 6 sechs; NUM 7 sieben; NUM 8 acht; NUM 9 neun; NUM 10 zehn
NUM 12 zwölf; NUM 20 zwanzig; NUM 30 dreissig; NUM 50 fünfzig; NUM 100 hundert
ORD 1 erste ersten erstes; ORD 2 zweite zweiten zweites; ORD 3 dritte dritten drittes; ORD 4 vierte vierten viertes
A 1 ein eine einem einer einen; FEW 0 wenige wenigen einige einigen paar; HALF 0 hälfte halbjahr
SINCE 0 seit ab; BEFORE 0 vor; AFTER 0 nach; UNTIL 0 bis; FROM 0 von vom aus; IN 0 in im während; ON 0 am
AROUND 0 um circa ca; BETWEEN 0 zwischen; AND 0 und oder; THE 0 der die das den dem des; THAN 0 als
LAST 0 letzte letzten letzter letztes letztem vergangene vergangenen vergangener vergangenes vergangenem
LAST 0 vorige vorigen voriger voriges; THIS 0 diese diesen dieser dieses diesem
NEXT 0 nächste nächsten nächster nächstes nächstem kommende kommenden kommendes
START 0 anfang beginn; MIDDLE 0 mitte; END 0 ende; EARLY 0 frühe frühen; LATE 0 späte späten
DAYREL 0 heute; DAYREL -1 gestern; DAYREL -2 vorgestern; DAYREL 1 morgen; DAYREL 2 übermorgen
NOW 0 jetzt derzeit zurzeit momentan gegenwärtig aktuell kürzlich neulich inzwischen
CURRENT 0 aktuelle aktuellen aktueller aktuelles aktuellem derzeitige derzeitigen derzeitiger jetzige jetzigen
LATEST 0 neueste neuesten neuester neuestes neuste neusten aktuellste aktuellsten aktuellster
"""
_ES = """
MONTH 1 enero; MONTH 2 febrero; MONTH 3 marzo; MONTH 4 abril; MONTH 5 mayo; MONTH 6 junio; MONTH 7 julio
MONTH 8 agosto; MONTH 9 septiembre setiembre; MONTH 10 octubre; MONTH 11 noviembre; MONTH 12 diciembre
WEEKDAY 0 lunes; WEEKDAY 1 martes; WEEKDAY 2 miercoles; WEEKDAY 3 jueves; WEEKDAY 4 viernes; WEEKDAY 5 sabado
WEEKDAY 6 domingo; SEASON 1 primavera; SEASON 2 verano; SEASON 3 otono; SEASON 4 invierno
UNIT 0 hora; UNIT 1 dia; UNIT 2 semana; UNIT 3 mes; UNIT 4 ano; UNIT 5 decada; UNIT 6 siglo
UNIT 9 trimestre; UNITS 0 horas; UNITS 1 dias; UNITS 2 semanas; UNITS 3 meses; UNITS 4 anos; UNITS 5 decadas
UNITS 6 siglos; NUM 2 dos; NUM 3 tres; NUM 4 cuatro; NUM 5 cinco; NUM 6 seis; NUM 7 siete; NUM 8 ocho
NUM 9 nueve; NUM 10 diez; NUM 20 veinte; NUM 30 treinta; NUM 40 cuarenta; NUM 50 cincuenta; NUM 60 sesenta
NUM 70 setenta; NUM 80 ochenta; NUM 90 noventa; NUM 100 cien
ORD 1 primer primero primera; ORD 2 segundo segunda; ORD 3 tercer tercero tercera; ORD 4 cuarto cuarta
A 1 un una; FEW 0 pocos pocas unos unas varios varias; HALF 0 mitad semestre
SINCE 0 desde; BEFORE 0 antes; AFTER 0 despues tras; UNTIL 0 hasta; FROM 0 del; IN 0 en durante; OF 0 de
AROUND 0 hacia; BETWEEN 0 entre; AND 0 y e o; TO 0 a al; THE 0 el la los las; THAN 0 que
LAST 0 pasado pasada pasados pasadas; PAST 0 ultimo ultima ultimos ultimas; THIS 0 este esta
NEXT 0 proximo proxima proximos proximas; AGO 0 hace
START 0 principios inicios comienzos; MIDDLE 0 mediados; END 0 finales fines
DAYREL 0 hoy; DAYREL -1 ayer; DAYREL -2 anteayer; DAYREL 1 manana
NOW 0 ahora actualmente recientemente; CURRENT 0 actual actuales
"""
_EN_NOW = """
NOW 0 now currently presently nowadays lately recently; CURRENT 0 current recent; LATEST 0 latest newest
"""
_OTHER = "IN 0 in en em im"


def _table(text: str) -> dict[str, tuple[str, int]]:
    tags: dict[str, tuple[str, int]] = {}
    for line in text.replace("\n", ";").split(";"):
        if line.strip():
            tag, value, *carriers = line.split()
            tags.update((carrier, (tag, int(value))) for carrier in carriers)
    return tags


TAGS = {"en": _table(_EN + _EN_NOW), "de": _table(_DE), "es": _table(_ES)}
_OTHERS = _table(_OTHER)

MEASURES = frozenset(
    """years year days day hours hour weeks months minutes seconds metres meters metre meter kilometres kilometers
    km m miles mile feet foot ft inches tonnes tons tonne ton kg kilos kilograms litres liters gallons watts
    megawatts mw kw degrees percent per dollars euros euro pounds yen francs rubles cents points calories acres
    hectares nights guineas islands lakes vision jahre jahren tage tagen tonnen kilometer stunden prozent
    anos años metros kilometros toneladas horas dias días bc bce""".split()
)
"""What is measured: a number before one of these is never a year ("1500 metres", "2020 vision")."""
COUNTED = frozenset(
    """people persons men women children soldiers troops workers employees jobs students pupils voters votes seats
    members passengers victims deaths dead casualties injuries homes houses buildings cars vehicles ships planes
    flights trees animals birds fish species times copies pages words items pieces units cases tests doses steps
    rooms beds schools companies shops stores fans protesters demonstrators refugees migrants prisoners guests
    menschen personen stimmen tote toten personas muertos votos""".split()
)
"""What is counted: a number before one of these is a year only after "in", "since" and the like."""
AMOUNTS = frozenset(
    """crowd population total height altitude elevation length depth distance width sum number cost price value
    group force team army score loss capacity maximum minimum average speed rate list set series collection
    majority fleet staff weight power salary audience minority thousands hundreds""".split()
)
"""Before "of 2000" these make it an amount."""
NUMBERED = frozenset(
    """flight resolution resolutions room route highway model windows office page pages number no nr article
    section bill psalm channel asteroid ngc iso runner cyberpunk vision agenda chapter case law decree regulation
    directive proposition line bus train area unit apartment level formula version boeing peugeot psalms title
    street avenue odyssey race gate volume paragraph rule type class call code pin zip extension""".split()
)
"""After these a number is a name ("Flight 1549", "Resolution 1701", "model 2020")."""
PLURAL_EVENTS = frozenset(
    """elections olympics games championships floods fires wildfires riots protests talks bushfires finals awards
    midterms primaries sanctions attacks results oscars series census crisis budget olympiade wahlen elecciones""".split()
)
LINKS = (
    frozenset(
        """did do does was were is are has have had will would can could should may might must be been not who whom
    whose what which when where why how if that there than as but so because also only he she it they we i you
    his her its their our my say said says""".split()
    )
    | STOP["en"]
) - {"article", "articles"}
"""Words that cannot be the noun after an attributive year ("the 2016 Olympics")."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TOKEN = re.compile(
    "\\d+(?:,\\d{3}(?!\\d)|[./:\u2013\u2014-]\\d+)*[^\\W_]*|[^\\W\\d_](?:[^\\W_]|[\u0300-\u036f])*|[^\\w\\s]|_"
)
_LONGEST = 30


class Token(NamedTuple):
    """One word, number or sign, with its tag ("" for words that say nothing of time)."""

    raw: str
    fold: str
    tag: str
    value: int
    start: int
    end: int

    @property
    def capital(self) -> bool:
        return self.raw[:1].isupper()


END = Token("", "", "", 0, -1, -1)


def visible(text: str) -> str:
    """The text without its invisible signs (soft hyphens, right-to-left marks)."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def tokens(text: str, language: str = "en") -> tuple[list[Token], str]:
    """The tokens of a text, and the language they were read in: the given one, unless the words are
    plainly of another of ours."""
    cut = [(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)]
    folds = [_fold(raw) for raw, _, _ in cut]
    tongue = _tongue(folds, language)
    table = TAGS.get(tongue, _OTHERS)
    found: list[Token] = []
    for (raw, start, end), fold in zip(cut, folds, strict=True):
        tag, value = table.get(_plain(fold) if tongue == "es" else fold, ("", 0))
        found.append(Token(raw, fold, tag, value, start, end))
    return found, tongue


def _fold(raw: str) -> str:
    if raw.isascii():
        return raw.lower() if len(raw) <= _LONGEST else raw[:_LONGEST]
    if len(raw) > _LONGEST:
        return raw[:_LONGEST]
    return "'" if raw in "’‘" else unicodedata.normalize("NFC", raw).casefold()


def _plain(fold: str) -> str:
    """Without accents: "próximo" as "proximo", as many people type it."""
    if fold.isascii():
        return fold
    return "".join(sign for sign in unicodedata.normalize("NFD", fold) if not unicodedata.combining(sign))


def _tongue(folds: list[str], language: str) -> str:
    def known(tongue: str) -> int:
        table, stop = TAGS[tongue], STOP[tongue]
        return sum(
            fold in stop or (_plain(fold) if tongue == "es" else fold) in table for fold in folds[:200]
        )

    scores = {tongue: known(tongue) for tongue in TAGS}
    best = max(scores, key=lambda tongue: scores[tongue])
    if language in scores:
        return best if scores[best] > 1.5 * scores[language] + 0.5 else language
    return best if 2 * scores[best] > len(folds) else language
