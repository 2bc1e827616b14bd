"""Times by the calendar: "16 June 2022", "2021/22", "the 1990s", "Q3", "summer 2021", "the 19th century".

A month without a year is the latest that has begun by the day, or the next one after a "will". What is
no date (31 February) is read as its month, or not at all.
"""

from __future__ import annotations

import re
from datetime import date

from rag.when import days
from rag.when.cursor import DASHES, FIRST_YEAR, LAST_YEAR, PREPOSITIONS, YEARS, Cursor, Span
from rag.when.days import Days
from rag.when.words import CENTURY, DAY, DECADE, MONTH, QUARTER, SEASON, YEAR

_REACH = 31
_NTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?$")
_DECADE = re.compile(r"(\d\d)?(\d)0(?:s|er|ern)$")
_ROMAN: dict[str, int] = dict(zip("i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi".split(), range(1, 22), strict=True))  # fmt: skip
_OTHER_YEAR = frozenset("that same following previous prior preceding subsequent".split())
WHOSE = frozenset("his her its their my your our whose".split())


class Calendar(Cursor):
    """Reads one time at a token, without its preposition; each looks a bounded number of tokens ahead."""

    def _dotted(self, i: int) -> Span | None:
        """German "am 16.6." without a year."""
        day, _, month = self.at(i).raw.partition(".")
        if self.tongue != "de" or not (
            month.isdecimal() and day.isdecimal() and len(month) <= 2 and len(day) <= 2
        ):
            return None
        if self.fold(i + 1) != "." or self.tag(i - 1) not in ("ON", "FROM", "SINCE", "UNTIL"):
            return None
        found = self.latest(int(month), int(day), int(day), i)
        return Span(*found, i + 2, yearless=True) if found else None

    def latest(self, month: int, first: int, last: int, i: int) -> Days | None:
        """Days of a month without a year (0 for all of it): in the hinted year, else the latest that have
        begun by today, else, after a "will", the next."""
        if self.today is None and self.hint is None:
            return None
        today = self.today or date.min
        here = self.hint or today.year
        ahead = self.ahead[min(i, len(self.ahead) - 1)]
        begun = (days.moved(today, _REACH) if self.article else today) or date.max
        order = [here] if self.hint else range(here, here + 9) if ahead else range(here + 1, here - 9, -1)
        for year in order:
            found = self._dates(year, month, first, last)
            if found and (self.hint or (found[1] >= today if ahead else found[0] <= begun)):
                return found
        return None

    def _dates(self, year: int, month: int, first: int, last: int) -> Days | None:
        if not first:
            return days.a_month(year, month) if 1 <= month <= 12 else None
        start, end = days.a_day(year, month, first), days.a_day(year, month, last)
        return (start, end) if start and end and start <= end else None

    def _daynum(self, i: int) -> tuple[int, int, int] | None:
        """(first, last, next token) of "16", "16th", "16.", "3-5", "third" before "of"."""
        token = self.at(i)
        first, dash, last = token.fold.replace("–", "-").partition("-")
        if dash and first.isdecimal() and last.isdecimal() and len(token.raw) <= 5:
            return int(first), int(last), i + 1
        match = _NTH.match(token.fold)
        if match:
            value, end = int(match[1]), i + 1
            end += self.tongue == "de" and self.fold(end) == "."
        elif token.tag == "ORD" and (self.tag(i + 1) == "OF" or self.tongue == "de"):
            value, end = token.value, i + 1
        else:
            return None
        return (value, value, end) if 1 <= value <= 31 else None

    def month_at(self, i: int) -> tuple[int, int] | None:
        """(month, next token), a dot after an abbreviation taken along."""
        token = self.at(i)
        if token.tag == "MONTH":
            return token.value, i + 1
        if token.tag == "MON":
            return token.value, i + 1 + (self.fold(i + 1) == ".")
        return None

    def _day_month(self, i: int) -> Span | None:
        number = self._daynum(i)
        if number:
            first, last, j = number
            if self.tag(j) in ("AND", "TO", "UNTIL") or self.at(j).raw in DASHES:
                second = self._daynum(j + 1 + (self.tag(j + 1) == "THE"))
                if second and second[2] > j and self.month_at(second[2] + (self.tag(second[2]) == "OF")):
                    last, j = second[1], second[2]
            j += self.tag(j) == "OF"
            j += self.tag(j) == "UNIT" and self.tag(j + 1) == "OF" and 2  # "mes de"
            month = self.month_at(j)
            if not month or (not self.tokens[i].raw[:1].isdecimal() and self.tag(j) != "MONTH"):
                return None
            return self._dated(i, month[0], first, last, month[1])
        month = self.month_at(i)
        if not month:
            return None
        j = month[1]
        number = self._daynum(j + (self.tag(j) == "THE")) if self.tag(j) != "ORD" else None
        if number and not self.counts(number[2]) and not self._verb(i, number[2]):
            return self._dated(i, month[0], number[0], number[1], number[2])
        return self._dated(i, month[0], 0, 0, j)

    def _verb(self, i: int, end: int) -> bool:
        """True for "may 3 people": in small letters, with neither a preposition before nor an end behind."""
        if self.at(i).raw not in ("may", "march"):
            return False
        closed = self.fold(end) in ("", "?", ".", ",") or bool(self.plain_year(end))
        return not closed and self.tag(i - 1) not in PREPOSITIONS

    def _dated(self, i: int, month: int, first: int, last: int, end: int) -> Span | None:
        year, after, blocked = self._year_behind(end)
        if blocked or self._attacks(month, first, after):
            return None
        unit = DAY if first else MONTH
        if year is not None:
            found = self._dates(year, month, first, last) or self._dates(year, month, 0, 0)
            return Span(*found, after, unit) if found else None
        if self.tag(i) == "MON" and not first:
            return None
        found = self.latest(month, first, last, i) or (self.latest(month, 0, 0, i) if last > 28 else None)
        return Span(*found, end, unit, bare=not first, yearless=True) if found else None

    def _attacks(self, month: int, day: int, end: int) -> bool:
        """ "the September 11 attacks" are a name."""
        return (month, day) == (9, 11) and self.fold(end).startswith(("attack", "terror"))

    def _year_behind(self, j: int) -> tuple[int | None, int, bool]:
        """The year after a month: (year, next token, whether the year is one we cannot know)."""
        k = j + (self.fold(j) == "," or self.tag(j) in ("OF", "FROM"))
        k += self.tag(k) == "UNIT" and self.at(k).value == YEAR and bool(self.plain_year(k + 1))
        year = self.plain_year(k)
        if year is not None:
            return year, k + 1, False
        short = self._short_year(k)
        if short is not None:
            return short, k + 2, False
        k += self.tag(k) == "THE"
        nouns = [self.at(k + n) for n in (0, 1)]
        is_year = [noun.tag == "UNIT" and noun.value == YEAR for noun in nouns]
        if nouns[0].fold in _OTHER_YEAR and is_year[1]:
            return None, k + 2, True
        for word, noun in ((0, 1), (1, 0)):
            if is_year[noun] and nouns[word].tag in ("LAST", "THIS", "NEXT") and self.today:
                by = {"LAST": -1, "THIS": 0, "NEXT": 1}[nouns[word].tag]
                return self.today.year + by, k + 2, False
        return None, j, False

    def _ordinal(self, i: int) -> tuple[int, int] | None:
        token = self.at(i)
        if (
            token.tag == "NUM"
            and token.value == 20
            and self.at(i + 1).raw in DASHES
            and self.at(i + 2).value == 1
        ):
            return 21, i + 3
        if token.tag == "ORD":
            return token.value, i + 1
        match = _NTH.match(token.fold)
        if match and (
            not token.raw.isdecimal() or (self.tongue == "de" and self.fold(i + 1) in (".", "und"))
        ):
            return int(match[1]), i + 1 + (self.fold(i + 1) == ".")
        return None

    def _century(self, i: int) -> Span | None:
        if self.tongue == "es" and self.tag(i) == "UNIT" and self.at(i).value == CENTURY:
            number = _ROMAN.get(self.fold(i + 1))
            found = days.century(number) if number and not self._before_christ(i + 2) else None
            return Span(*found, i + 2, CENTURY) if found else None
        first = self._ordinal(i)
        if not first:
            return None
        (low, j), high = first, first[0]
        if self.tag(j) in ("AND", "TO", "UNTIL") or self.at(j).raw in DASHES:
            second = self._ordinal(j + 1 + (self.tag(j + 1) == "THE"))
            if second:
                high, j = second
        j += self.at(j).raw in DASHES
        if self.tag(j) not in ("UNIT", "UNITS") or self.at(j).value != CENTURY or not 1 <= low <= high <= 21:
            return None
        if self._before_christ(j + 1) or self.fold(j + 1) in ("fox", "studios", "women"):
            return None
        return Span(
            date(100 * low - 99, 1, 1),
            date(100 * high, 12, 31),
            j + 1 + (self.fold(j + 1) in ("ad", "ce")),
            CENTURY,
        )

    def _decade(self, i: int, the: bool) -> Span | None:
        start, token = i, self.at(i)
        if self.fold(start - 1 - the) in WHOSE or self.fold(start - 1) in WHOSE:
            return None  # "in her thirties"
        if self.tongue == "es" and token.tag in ("UNIT", "UNITS") and token.value in (YEAR, DECADE):
            j = i + 1 + (self.tag(i + 1) == "OF")
            j += self.tag(j) == "THE"
            j += self.tag(j) == "UNITS"
            raw, value = self.at(j).raw, self.at(j).value if self.tag(j) == "NUM" else 0
            value = int(raw) if raw.isdecimal() and len(raw) in (2, 4) else value
            year = (
                value
                if value >= FIRST_YEAR and token.value == DECADE
                else 1900 + value
                if 20 <= value <= 90
                else 0
            )
            found = days.years(year, year + 9) if year and year % 10 == 0 else None
            return Span(*found, j + 1, DECADE) if found else None
        if token.raw in ("'", "’", "‘"):
            i, the = i + 1, True
        if self.tag(i) == "DECADE":
            year, end = 1900 + self.at(i).value, i + 1
        else:
            fold, end = self.fold(i), i + 1
            if self.fold(end) == "'" and self.fold(end + 1) == "s" and re.fullmatch(r"\d{3}0", fold):
                fold, end = fold + "s", end + 2
            match = _DECADE.match(fold)
            if not match or (match[1] is None and match[2] in "012") or self._before_christ(end):
                return None
            year = int(match[1] or 19) * 100 + int(match[2]) * 10
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        end += self.tag(end) in ("UNITS", "UNIT") and self.tongue == "de"
        hundred = year % 100 == 0 and year < 2000 and i == start
        bare = not the and year >= 1920 and len(self.at(i).raw) < 5 and self.tongue == "en"
        return Span(
            date(year, 1, 1),
            date(year + (99 if hundred else 9), 12, 31),
            end,
            CENTURY if hundred else DECADE,
            bare,
        )

    def _quarter(self, i: int) -> Span | None:
        found = self._quarter_token(i)
        if not found:
            return None
        year, end, blocked = self._year_behind(i + 1)
        if blocked:
            return None
        if year is not None:
            span = days.months(year, *found)
            return Span(*span, end, QUARTER) if span else None
        if self.today is None:
            return None
        year = self.hint or self.today.year - (found[0] > self.today.month and not self.ahead[i])
        span = days.months(year, *found)
        return Span(*span, i + 1, QUARTER, bare=True, yearless=True) if span else None

    def _season(self, i: int) -> Span | None:
        token = self.at(i)
        if token.tag != "SEASON":
            return None
        k = i + 1 + (self.tag(i + 1) == "OF")
        match = YEARS.match(self.at(k).raw)
        year, end, blocked = (int(match[1]), k + 1, False) if match else self._year_behind(i + 1)
        if blocked:
            return None
        if year is not None and FIRST_YEAR <= year <= LAST_YEAR:
            if not match and self.at(end).raw in ("/", "-", "–") and self.plain_year(end + 1) == year + 1:
                end += 2
            found = days.season(year, token.value)
            return Span(*found, end, SEASON) if found else None
        if self.today is None or token.fold == "fall":
            return None
        found = self._seasons(token.value, "THIS")
        if found and found[0] > self.today and not self.ahead[i]:
            found = days.season(found[0].year - 1, token.value)
        return Span(*found, i + 1, SEASON, bare=True, yearless=True) if found else None

    def _seasons(self, which: int, tag: str) -> Days | None:
        """Last summer has ended, next summer has not begun, this one is the year's (or the winter we are in)."""
        assert self.today
        year = self.today.year
        if tag == "THIS":
            return days.season(year - (which == 4 and self.today.month < 3), which)
        near = [found for y in range(year - 2, year + 2) if (found := days.season(y, which))]
        if tag == "NEXT":
            return next((found for found in near if found[0] > self.today), None)
        return next((found for found in reversed(near) if found[1] < self.today), None)
