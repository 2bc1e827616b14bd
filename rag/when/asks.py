"""What a question asks of time without naming a date: "when", "latest", "currently", or what no date
changes ("who invented", "what is a")."""

from __future__ import annotations

from collections.abc import Sequence

from rag.when.words import END, LINKS, Token

_LEADS = frozenset("and but so or also then ok okay well und aber y pero please exactly".split())
BE = frozenset("is are was were am be".split())
_AUX = BE | frozenset("did does do has have had will would can could should shall may might must".split())
_YEAR_NOUNS = frozenset(("year", "jahr", "año"))
_WHEN_NOUNS = frozenset(
    "year years date day month century decade weekday jahr tag monat año ano fecha día mes".split()
)
ARTICLES = frozenset(
    """article articles news headlines artikel artikeln berichte berichten meldungen nachrichten
    beiträge beiträgen artículo artículos articulos noticias reportajes""".split()
)
REPORTS = frozenset("reports stories coverage reporting".split())
_PRESS = frozenset(
    "news press newspaper newspapers media your all any only recent latest older newer".split()
)
_LAST_EVENTS = frozenset(
    """election elections vote world olympics olympic games final match game race census budget season tournament
    edition referendum time meeting summit episode""".split()
)
_RECENT_PHRASES = (
    ("these", "days"), ("at", "present"), ("right", "now"), ("at", "the", "moment"), ("so", "far"), ("to", "date"),
    ("in", "recent"), ("of", "late"), ("im", "moment"), ("zur", "zeit"), ("vor", "kurzem"), ("en", "este", "momento"),
    ("hoy", "en", "día"), ("heutzutage",), ("the", "other", "day"), ("breaking", "news"), ("any", "news"),
    ("this", "season"), ("diese", "saison"), ("esta", "temporada"),
)  # fmt: skip
_MADE = frozenset(
    """invented discovered founded wrote painted built designed composed created coined established sculpted
    erfand entdeckte gründete schrieb malte baute komponierte erfunden entdeckt gegründet geschrieben gemalt
    inventó descubrió fundó escribió pintó construyó diseñó""".split()
)
_BEGUN = frozenset(
    """born founded built established created formed invented discovered constructed completed written painted
    abolished opened inaugurated geboren gegründet gebaut erbaut eröffnet erfunden entdeckt nació fundó fundada fundado
    construyó construida construido inauguró inventó""".split()
)
_DEFINING = frozenset(
    """definition meaning origin origins etymology history purpose biography symbol formula capital""".split()
)
_ROLES = frozenset(
    """president minister chancellor ceo king queen pope secretary mayor governor head chief director chair chairman
    leader coach captain speaker senator""".split()
)


def undated(words: list[Token], tongue: str) -> tuple[tuple[int, int] | None, bool]:
    """Where a question asks for the present state without a date ("currently", "the latest"), and
    whether it asks for the newest."""
    place: tuple[int, int] | None = None
    newest = False
    folds = [word.fold for word in words]
    for i, word in enumerate(words):
        end = _recent_at(words, folds, i, tongue)
        if not end:
            continue
        place = place or (i, end)
        newest |= word.tag in ("LATEST", "LAST", "PAST") or folds[i] in ("most", "más", "mas")
    return place, newest


def _recent_at(words: list[Token], folds: list[str], i: int, tongue: str) -> int:
    """The token after a phrase of the present that begins at `i`; 0 where none does."""
    word, after, before = words[i], token_at(words, i + 1), token_at(words, i - 1)
    for phrase in _RECENT_PHRASES:
        if folds[i] == phrase[0] and tuple(folds[i : i + len(phrase)]) == phrase:
            end = i + len(phrase)
            dated = phrase == ("to", "date") and token_at(words, end).fold in ("back", "from", "to")
            named = token_at(words, end - 1).capital or dated
            return 0 if named else end + (phrase[-1] == "recent")
    if i == 0 and word.fold in ("news", "nachrichten", "noticias"):
        return 1
    if word.tag == "LATEST":
        return (
            0
            if (token_at(words, i - 2).fold, before.fold) == ("at", "the") and not after.raw.isalpha()
            else i + 1
        )
    if folds[i] in ("most", "más", "mas") and after.fold in ("recent", "recently", "reciente", "recientes"):
        return i + 2
    if word.tag == "CURRENT":
        noun = (
            after.raw.isalpha()
            and after.fold not in LINKS
            and after.fold not in ("account", "density", "meter")
        )
        electric = before.raw.isalpha() and before.tag != "THE" and before.fold not in LINKS
        return i + 1 if noun and not electric and after.fold != "than" else 0
    if word.tag == "NOW":
        if word.fold == "now":
            named = word.capital and i > 0
            led = before.tag in ("UNTIL", "BY", "TO") or before.fold in ("even", "just", "-")
            place = after.fold in ("known", "called") or (i > 2 and folds[i - 2 : i] == ["what", "is"])
            return 0 if i == 0 or named or led or place or after.fold in ("that", "-") else i + 1
        return i + 1
    if word.fold in ("today", "heute", "hoy"):
        return i + 1
    if word.tag == "LAST" and tongue == "en":
        great = after.raw.islower() or after.fold in ("world", "olympics", "olympic")
        if (
            before.tag == "THE"
            and after.fold in _LAST_EVENTS
            and great
            and token_at(words, i + 2).tag != "OF"
        ):
            return i + 2
        adverb = (
            after.raw.islower()
            and after.tag == ""
            and after.fold not in LINKS
            and after.fold not in ("name", "names")
        )
        return i + 1 if adverb and folds[0] == "when" and before.tag not in ("THE", "A", "OF", "AT") else 0
    if (
        word.tag == "PAST"
        and tongue == "es"
        and after.fold in ("noticias", "novedades", "cifras", "datos", "informe")
    ):
        return i + 1
    return 0


def oldest(words: list[Token]) -> bool:
    """Whether a question asks for the earliest, or the oldest article."""
    for i, word in enumerate(words):
        if word.fold == "earliest" and not (
            token_at(words, i - 1).tag == "THE" and token_at(words, i - 2).fold == "at"
        ):
            return True
        if word.fold in ("oldest", "first", "älteste", "ältesten", "erste", "primer", "primera"):
            nearby = {token_at(words, i + 1).fold, token_at(words, i + 2).fold}
            if nearby & (ARTICLES | {"report", "mention", "story"}) and not nearby & {"of"}:
                return True
    return False


def asks_when(words: list[Token]) -> bool:
    """Whether a question asks for a time: "when", "what year", "how long ago", not "when he died, who ..."."""
    folds = [word.fold for word in words]
    for i, fold in enumerate(folds):
        after = token_at(words, i + 1).fold
        if fold in ("wann", "cuándo"):
            return True
        if fold in ("when", "cuando") and (
            after in _AUX or after in ("", "?", "exactly") or (i > 0 and folds[i - 1] == "since")
        ):
            return True
        if fold in ("what", "which") and after in _WHEN_NOUNS:
            return True
        if fold in ("welchem", "welches", "welchen", "qué", "que") and after in _WHEN_NOUNS:
            return True
        if fold == "long" and after == "ago" and folds[i - 1 : i] == ["how"]:
            return True
    lead = next((i for i, fold in enumerate(folds) if fold not in _LEADS and fold != ","), 0)
    return token_at(words, lead).fold in ("when", "cuando") and "," not in folds[lead:]


def timeless(words: list[Token]) -> bool:
    """Whether a question asks of history, a definition, an origin, a life or how a thing works."""
    words = [word for word in words if word.raw.isalnum()][:40]
    lead = next((i for i, word in enumerate(words) if word.fold not in _LEADS), 0)
    words = words[lead:]
    folds = [word.fold for word in words]
    first, second, third = [*folds, "", "", ""][:3]
    rest = frozenset(folds[1:])
    if first in ("who", "whom", "wer", "quién", "quien"):
        named = len(words) > 2 and words[2].capital and words[2].fold not in ("the", "der", "die", "el", "la")
        now = second in ("is", "are", "ist", "es") and ("s" in folds or not rest.isdisjoint(_ROLES))
        life = second in ("is", "was", "were", "are", "war", "ist", "fue", "era", "es") and not now
        life = life and (named or (third == "the" and token_at(words, 3).fold == "first"))
        return bool(rest & _MADE) or life
    if first in ("when", "wann", "cuándo", "cuando") or (
        first in ("what", "which", "in", "en", "welches") and not _YEAR_NOUNS.isdisjoint(folds[:4])
    ):
        return bool(rest & _BEGUN)
    if first in ("where", "wo", "dónde", "donde"):
        here = second in ("is", "are", "ist", "liegt", "befindet", "está", "esta", "queda", "se")
        return here and not any(ing(fold) for fold in folds)
    if first in ("what", "was", "qué", "que") and second in (
        "is",
        "are",
        "was",
        "were",
        "ist",
        "sind",
        "es",
        "son",
    ):
        article = third in ("a", "an", "ein", "eine", "un", "una")
        name = (
            third == "the"
            and token_at(words, 3).capital
            and all(word.capital or word.fold == "of" for word in words[3:])
        )
        thing = (
            third not in LINKS
            and third not in ("", "being", "going", "happening")
            and len(words) <= 5
            and "s" not in folds
        )
        return (
            article
            or name
            or (thing and third not in ("el", "la", "der", "die", "das"))
            or (third == "the" and bool(rest & _DEFINING))
            or third == "meant"
        )
    if first == "what" and second in ("does", "do"):
        return folds[-1] == "mean" or "stand" in folds[-2:]
    if first in ("how", "wie", "cómo", "como"):
        works = second in ("does", "do", "is", "are") and bool(rest & {"work", "works", "made", "formed"})
        named = "name" in rest and bool(rest & {"get", "got"})
        return works or named or second in ("funktioniert", "funktionieren", "funciona", "funcionan")
    return (
        first in ("define", "definition", "biography", "history")
        or (first, second) == ("was", "bedeutet")
        or (first, second) in (("qué", "significa"), ("origin", "of"), ("meaning", "of"))
    )


def token_at(words: Sequence[Token], i: int) -> Token:
    return words[i] if 0 <= i < len(words) else END


def ing(fold: str) -> bool:
    return fold.endswith("ing") and len(fold) > 5


def is_article(words: Sequence[Token], i: int) -> bool:
    """Whether token `i` means the articles themselves: not "fake news", "Fox News", "UN reports"."""
    word, before = token_at(words, i), token_at(words, i - 1)
    if word.fold == "news":
        return before.fold != "fake" and (i == 0 or word.raw != "News")
    plain = not before.raw.isalpha() or before.tag == "THE" or before.fold in LINKS | _PRESS
    return word.fold in ARTICLES or (word.fold in REPORTS and plain)
