"""Which bare years, months and weekdays are times: "in 2016", "the 2016 Olympics", "said Thursday", and
not "2020 vision", "a crowd of 2000", "after May's resignation", "The Sunday Times"."""

from __future__ import annotations

from rag.when.cursor import DASHES, PREPOSITIONS, Span
from rag.when.read import Reader
from rag.when.words import (
    AMOUNTS,
    COUNTED,
    DECADE,
    LINKS,
    MONTH,
    NUMBERED,
    PLURAL_EVENTS,
    QUARTER,
    SEASON,
    WEEKDAY,
    WEEKEND,
    YEAR,
)

_SHARES = frozenset("many most some all half none one two third quarter each any few out".split())
_STREETS = frozenset("street avenue road lane boulevard drive square terrace highway".split())
_ALSO_NAMES = frozenset(("may", "april", "june", "august", "jan"))
_YEARMARKS = frozenset(
    "born died founded established est opened built circa c ca anno published dated".split()
)
_NOT_BEFORE_LAST = frozenset(
    """wrote write written read directed cost costs paid pay reach reached hit exceed exceeded than over nearly almost
    roughly approximately only least most equals called titled named to and or plus minus times with about at
    """.split()
)  # fmt: skip


class Bare(Reader):
    """Judges a time that a preposition, or its place, must make one."""

    def _fits(self, kind: str, span: Span, i: int, j: int, named: bool) -> bool:
        """Whether a bare year, month, weekday, season or quarter is a time after this preposition."""
        k = j + (self.tag(j) == "THE")
        token, after = self.at(k), self.at(span.end)
        if span.unit == YEAR:
            return self._fits_year(kind, k, i, named)
        if kind in ("between", "about") or (kind == "at" and span.unit != WEEKEND):
            return False
        if span.unit == WEEKDAY:
            spanish = self.tongue == "es" and token is not self.at(j)
            article = self.tag(j) == "THE" and not spanish
            return (
                (kind not in ("for", "in") or self.fold(i) == "as")
                and not article
                and not self._name_goes_on(span.end)
            )
        if span.unit == SEASON:
            return kind == "since"
        if span.unit == MONTH:
            if named or self.tag(j) == "THE":
                return (
                    named
                    and token.capital
                    and after.raw.islower()
                    and after.tag != "ON"
                    and len(after.raw) > 3
                )
            if kind in ("on", "at") or (kind == "for" and token.fold in _ALSO_NAMES):
                return self.tongue == "de" and kind == "on"
            if after.raw in ("'", "’") and token.fold in _ALSO_NAMES:
                return False  # "after May's resignation"
            names_go_on = after.capital and after.raw[1:2].islower() and not after.tag
            if token.fold in _ALSO_NAMES and kind in ("by", "of", "from", "for") and names_go_on:
                return False
            return kind not in ("of", "for") or token.capital
        return kind != "of" or span.unit in (QUARTER, DECADE)

    def _fits_year(self, kind: str, k: int, i: int, named: bool) -> bool:
        before = self.fold(i - 1)
        if self.fold(k) == "'":
            return kind in ("in", "since", "before", "after", "until", "by", "from", "of")
        k = k if self.at(k).raw.isdecimal() else k + 1
        after, year = self.fold(k + 1), self.plain_year(k, strict=False)
        if year is None:
            return False
        if after in COUNTED and not named:
            steady = kind in ("in", "since", "before", "after", "until")
            return steady and (
                year % 100 != 0 or (kind in ("in", "since") and after == "people" and year >= 1800)
            )
        if kind == "of":
            return before not in AMOUNTS | COUNTED | _SHARES and not self._noun(k + 1, plural=True)
        if self.fold(i) == "up":  # "up to 2019", but not "up to 2000"
            return after in ("", "?", ".", ",") and year % 100 != 0
        if kind == "about":
            return after in ("", "?", ".", ")", ",", "'") and year >= 1500
        if kind == "for":
            return year >= 1900 and before not in ("sold", "bought", "paid", "cost", "costs")
        if kind == "by":
            return not self._noun(k + 1, plural=True)
        if kind == "at":
            return named
        return kind != "on" or named or (after in ("", "?", ".", ",") and year >= 1800)

    def _stands_alone(self, i: int, span: Span) -> bool:
        """Whether a bare time is one without a preposition: "the 2016 Olympics", "World Cup 2022", "said
        Thursday", "the June election"."""
        k = i + (self.tag(i) == "THE")
        if i == 0 and len(self.tokens) <= span.end + 1 and not self.at(span.end).raw.isalnum():
            return self.at(k).raw != "may"  # the whole of it is "June?"
        if span.unit == YEAR:
            return self._year_alone(k)
        token, after = self.at(k), self.at(span.end)
        if span.unit == MONTH:
            if k > i:
                return token.capital and after.raw.islower() and self._noun(span.end) and len(after.raw) > 3
            owns = after.raw in ("'", "’") and self.fold(span.end + 1) == "s"
            return owns and token.capital and token.fold not in _ALSO_NAMES
        if span.unit == WEEKDAY and self.tongue == "es":
            return self.fold(i) == "el"
        if span.unit == WEEKDAY and k == i and not self._name_goes_on(span.end):
            before = self.at(i - 1)
            if before.raw in ("", ".") and after.raw == ",":
                return token.capital
            owns = after.raw in ("'", "’") and self.fold(span.end + 1) == "s"
            said = (
                before.raw.islower()
                and before.tag not in ("A", "THE", "OF", "AND", "FOR", "IN")
                and before.fold not in ("every", "each", "any", "one")
            )
            return token.capital and ((owns and not before.capital) or (said and not self._noun(span.end)))
        return span.unit == QUARTER and (self.fold(i - 1) == "s" or k > i)

    def _name_goes_on(self, i: int) -> bool:
        """A capital word behind: "Sunday Times"."""
        token = self.at(i)
        return (
            token.capital
            and token.raw[1:2].islower()
            and not token.tag
            and self.at(i - 1).end + 1 == token.start
        )

    def _noun(self, i: int, plural: bool = False) -> bool:
        """Whether a noun may stand at token `i`; with `plural`, one in small letters that can be counted."""
        token = self.at(i)
        if (
            not token.raw[:1].isalpha()
            or token.fold in LINKS
            or (token.tag and token.tag not in ("SEASON", "UNIT"))
        ):
            return False
        if plural:
            return token.fold in COUNTED or (
                token.raw.islower() and token.fold.endswith("s") and token.fold not in PLURAL_EVENTS
            )
        return True

    def _year_alone(self, k: int) -> bool:
        year, before, after = self.plain_year(k), self.at(k - 1), self.at(k + 1)
        if (
            year is None
            or before.fold in NUMBERED
            or before.raw in DASHES
            or before.tag in PREPOSITIONS
            or any(self.fold(k + n) in _STREETS for n in (2, 3))
            or (before.fold == "." and self.fold(k - 2) in NUMBERED)
        ):
            return False
        entry = (
            self.article
            and k == 0
            and (after.raw == ":" or (after.raw in DASHES and after.start > self.at(k).end))
        )
        if before.raw in ("(", "[") or before.fold in _YEARMARKS or entry:
            return True
        plural = self._noun(k + 1, plural=True)
        if year < 1100 or (plural and (year % 100 == 0 or after.fold in COUNTED)):
            return False
        noun = self._noun(k + 1)
        if noun and (
            k == 0
            or before.tag in ("THE", "A", "THIS")
            or before.fold in ("s", "its", "their", "his", "her", "our", "which", "what")
        ):
            return True
        if noun and (
            after.capital
            or (year >= 1900 and not plural and before.raw.islower() and before.fold not in _NOT_BEFORE_LAST)
        ):
            return True
        if before.capital and not before.tag and k > 0:
            return k > 1 or before.fold not in LINKS
        last = after.raw in ("", "?", ".", "!")
        return (
            last
            and year >= 1800
            and k >= 2
            and before.raw.isalpha()
            and before.fold not in _NOT_BEFORE_LAST | LINKS
        )
