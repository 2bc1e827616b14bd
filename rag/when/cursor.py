"""A place among tokens: what stands there, which numbers are amounts and which are years or dates, and
whether the words speak of what will be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.when import days
from rag.when.words import COUNTED, DAY, END, MEASURES, MONTH, QUARTER, YEAR, Token

DASHES = frozenset("-–—")
FIRST_YEAR, LAST_YEAR = 1000, 2100

YEARS = re.compile(r"(\d{4})[-–—/](\d{4}|\d\d)$")
_ISO = re.compile(r"(\d{4})[-./](\d{1,2})(?:[-./](\d{1,2}))?(?:[tT]\d*)?$")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d\d)$")
PREPOSITIONS = frozenset("SINCE BEFORE AFTER UNTIL BY FROM IN OF ON FOR AT ABOUT AROUND BETWEEN TO".split())
_WILL = frozenset("will shall ll upcoming scheduled forthcoming wird werden".split())
_GOING = frozenset("going expected set plans planned due slated hopes aims".split())
_DID = frozenset("said was were did announced told had reported wurde wurden war hat fue".split())


@dataclass(frozen=True, slots=True)
class Span:
    """Days read from tokens up to `end`. `bare` ones ("2016", "June", "Friday") are times only after a
    preposition or in another plain place; `yearless` ones were set into a year by us."""

    since: date
    until: date
    end: int
    unit: int = DAY
    bare: bool = False
    relative: bool = False
    yearless: bool = False


class Cursor:
    """The tokens of one text, read for a day. `hint` is the year that months without one belong to; an
    `article` speaks of the month to come without its year too."""

    def __init__(
        self,
        tokens: Sequence[Token],
        tongue: str,
        today: date | None,
        hint: int | None = None,
        article: bool = False,
    ) -> None:
        self.tokens, self.tongue, self.today, self.hint = tokens, tongue, today, hint
        self.article = article
        self.ahead = self._looks_ahead()
        self.past_from = next((i for i, token in enumerate(tokens) if token.fold in _DID), len(tokens))

    def at(self, i: int) -> Token:
        return self.tokens[i] if 0 <= i < len(self.tokens) else END

    def tag(self, i: int) -> str:
        return self.at(i).tag

    def fold(self, i: int) -> str:
        return self.at(i).fold

    def _looks_ahead(self) -> list[bool]:
        """For each token, whether the words before it speak of what will be."""
        folds = [token.fold for token in self.tokens]
        will = [
            (fold in _WILL and not (token.capital and i and self.at(i + 1).capital))
            or (fold in _GOING and folds[i + 1 : i + 2] == ["to"])
            for i, (fold, token) in enumerate(zip(folds, self.tokens, strict=True))
        ]
        ahead = calm = any(will) and _DID.isdisjoint(folds)
        states: list[bool] = []
        for fold, wills in zip(folds, will, strict=True):
            ahead = True if wills else False if fold in _DID else calm if fold in ".?!" else ahead
            states.append(ahead)
        return states

    def number(self, i: int) -> tuple[int, int, int] | None:
        """(least, most, next token) of "3", "twenty-five", "a", "a couple of", "a few"; most is 0 for a few."""
        token = self.at(i)
        if token.tag == "A" and self.tag(i + 1) in ("FEW", "COUPLE", "NUM"):
            i, token = i + 1, self.at(i + 1)
        if token.raw.isdecimal() and len(token.raw) <= 4:
            return int(token.raw), int(token.raw), i + 1
        if token.tag == "A":
            return 1, 1, i + 1
        if token.tag == "FEW":
            return 2, 0, i + 1
        if token.tag == "COUPLE":
            return 2, 3, i + 1 + (self.tag(i + 1) == "OF")
        if token.tag != "NUM":
            return None
        value, end = token.value, i + 1
        if self.at(end).raw in DASHES and self.tag(end + 1) == "NUM":
            end += 1
        if self.tag(end) == "NUM" and self.at(end).value < value:
            value, end = value + self.at(end).value, end + 1
        return value, value, end

    def _before_christ(self, i: int) -> bool:
        """True before "BC", "B.C.", "v. Chr.", "a. C."."""
        here, after = self.fold(i), self.fold(i + 2)
        return here in ("bc", "bce") or (
            self.fold(i + 1) == "." and (here, after) in {("b", "c"), ("v", "chr"), ("a", "c")}
        )

    def counts(self, i: int, strict: bool = True) -> bool:
        """True where the token makes the number before it an amount, or a year before Christ."""
        fold = self.fold(i)
        dashed = self.at(i).raw in DASHES and self.at(i).start == self.at(i - 1).end
        if dashed and self.at(i + 1).raw[:1].isalpha() and self.at(i + 1).start == self.at(i).end:
            return not self.at(i + 1).tag or self.tag(i + 1) in ("UNIT", "UNITS")
        return (
            fold in MEASURES
            or (fold in "%€$£°" and fold != "")
            or (strict and fold in COUNTED)
            or self._before_christ(i)
        )

    def plain_year(self, i: int, strict: bool = True) -> int | None:
        """The year at token `i`: four digits, 1000 to 2100, no amount and no part of a number."""
        token, before = self.at(i), self.at(i - 1)
        if len(token.raw) != 4 or not token.raw.isdecimal():
            return None
        year = int(token.raw)
        if not FIRST_YEAR <= year <= LAST_YEAR or self.counts(i + 1, strict):
            return None
        if before.raw in ("$", "€", "£", "#", "+", "=", "/", "@", "_") or (
            before.raw == "." and before.end == token.start
        ):
            return None
        return year

    def _short_year(self, i: int) -> int | None:
        """The year of "'98": in this century until five years from the day, else in the last."""
        sign, token = self.at(i), self.at(i + 1)
        apart = sign.fold == "'" and sign.end == token.start and self.at(i - 1).end != sign.start
        if not apart or len(token.raw) != 2 or not token.raw.isdecimal():
            return None
        limit = self.today.year % 100 + 5 if self.today else 30
        return int(token.raw) + (2000 if int(token.raw) <= limit else 1900)

    def _year(self, i: int) -> Span | None:
        start = i
        if self.tag(i) in ("UNIT", "UNITS") and self.at(i).value == YEAR:
            i += 1
        if self.fold(i) == "ad" and i == start:
            i += 1
        short = self._short_year(i)
        if short is not None and not self.counts(i + 2):
            return Span(date(short, 1, 1), date(short, 12, 31), i + 2, YEAR, bare=True)
        year = self.plain_year(i, strict=False)
        if year is None:
            return None
        end = i + 1 + (self.fold(i + 1) in ("ad", "ce"))
        quarter = self._quarter_token(end)
        if quarter:
            found = days.months(year, *quarter)
            return Span(*found, end + 1, QUARTER) if found else None
        return Span(date(year, 1, 1), date(year, 12, 31), end, YEAR, bare=i == start)

    def _numeric(self, i: int) -> Span | None:
        """ "2022-06-16", "16/06/2022", "2022-06", "2021/22", "2010-2015"."""
        raw = self.at(i).raw
        if len(raw) < 6 or not raw[:1].isdecimal():
            return None
        match = YEARS.match(raw)
        if match and FIRST_YEAR <= int(match[1]) <= LAST_YEAR and not self.counts(i + 1):
            first, last = int(match[1]), int(match[2])
            if len(match[2]) == 2:
                last += first // 100 * 100 + (100 if last < first % 100 and first % 100 == 99 else 0)
            if first < last <= LAST_YEAR:
                return Span(date(first, 1, 1), date(last, 12, 31), i + 1, YEAR)
        match = _ISO.match(raw)
        if match and FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            if match[3] is None:
                found = days.a_month(int(match[1]), int(match[2])) if 1 <= int(match[2]) <= 12 else None
                return Span(*found, i + 1, MONTH) if found and "/" not in raw else None
            day = days.a_day(int(match[1]), int(match[2]), int(match[3]))
            return Span(day, day, i + 1) if day else None
        match = _DAY_FIRST.match(raw)
        if match is None or (len(match[3]) == 2 and "-" in raw):
            return None
        year = int(match[3]) + (0 if len(match[3]) == 4 else 2000 if int(match[3]) < 70 else 1900)
        day = days.a_day(year, int(match[2]), int(match[1])) or days.a_day(year, int(match[1]), int(match[2]))
        return Span(day, day, i + 1) if day and FIRST_YEAR <= year <= LAST_YEAR else None

    def _quarter_token(self, i: int) -> tuple[int, int] | None:
        """The months of "Q3" or "H1"."""
        fold = self.fold(i)
        if len(fold) != 2 or fold[0] not in "qh" or fold[1] not in ("1234" if fold[0] == "q" else "12"):
            return None
        length = 3 if fold[0] == "q" else 6
        return length * int(fold[1]) - length + 1, length * int(fold[1])
