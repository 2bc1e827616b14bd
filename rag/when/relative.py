"""Times by the day of asking: "last week", "two weeks ago", "the past three months", "next Friday"."""

from __future__ import annotations

from dataclasses import replace

from rag.when import days
from rag.when.calendar import WHOSE, Calendar
from rag.when.cursor import Span
from rag.when.days import Days
from rag.when.words import DAY, FORTNIGHT, HOUR, MONTH, QUARTER, SEASON, WEEK, WEEKDAY, WEEKEND, YEAR, Token

_DAYTIME = frozenset("morning afternoon evening night lunchtime abend früh nachmittag noche tarde".split())


class Relative(Calendar):
    """Reads what needs `today`; without one, only weekdays with their date."""

    def _weekday(self, i: int) -> Span | None:
        token = self.at(i)
        if token.tag != "WEEKDAY":
            return None
        j = i + 1 + (self.fold(i + 1) == ",")
        dated = self._day_month(j + (self.tag(j) == "THE")) or (
            self._numeric(j) if self.at(j).raw[:1].isdecimal() else None
        )
        if dated and dated.unit == DAY:
            return self._of_weekday(dated, token.value)
        if self.today is None:
            return None
        j = i + 1 + (self.fold(i + 1) in _DAYTIME)
        k = j + (self.tag(j) == "OF")
        by = {"LAST": -1, "THIS": 0, "NEXT": 1}.get(self.tag(k))
        if by is not None and self.tag(k + 1) == "UNIT" and self.at(k + 1).value == WEEK:
            week = days.neighbour(self.today, WEEK, by)
            day = days.moved(week[0], token.value) if week else None
            return Span(day, day, k + 2, relative=True) if day else None
        if self.tongue == "es" and self.tag(j) in ("LAST", "NEXT"):
            return self._near(token.value, self.tag(j), j + 1)
        day = days.moved(self.today, -((self.today.weekday() - token.value) % 7))
        if self.ahead[i]:
            day = days.moved(self.today, (token.value - self.today.weekday()) % 7)
        return Span(day, day, j, WEEKDAY, bare=True, relative=True) if day else None

    def _of_weekday(self, span: Span, weekday: int) -> Span:
        """A date without a year in the year, of those around, where it falls on its weekday."""
        if not span.yearless or self.hint or span.since != span.until:
            return span
        near = [days.a_day(span.since.year + by, span.since.month, span.since.day) for by in (0, 1, -1)]
        day = next((day for day in near if day and day.weekday() == weekday), span.since)
        return replace(span, since=day, until=day)

    def _near(self, weekday: int, which: str, end: int) -> Span | None:
        """Last Friday: the latest before today; next: the first after it; this: that of this week."""
        assert self.today
        back = (self.today.weekday() - weekday) % 7 or 7
        on = (weekday - self.today.weekday()) % 7 or 7
        by = -back if which in ("LAST", "PAST") else on if which == "NEXT" else weekday - self.today.weekday()
        day = days.moved(self.today, by)
        return Span(day, day, end + (self.fold(end) in _DAYTIME), relative=True) if day else None

    def _relative(self, i: int, the: bool) -> Span | None:
        today = self.today
        if today is None:
            return None
        token = self.at(i)
        if token.tag == "DAYREL":
            if (
                token.capital
                and i
                and self.at(i - 1).raw.isalpha()
                and (self.at(i - 1).fold == "usa" or not token.raw.isupper())
            ):
                return None  # "am Morgen", "USA Today"
            if token.fold in ("mañana", "manana") and self.tag(i - 1) == "THE":
                return None
            return self._day(token.value, i + 1)
        return self._ago(i) or self._last(i, the)

    def _until_today(self, span: Span | None) -> Span | None:
        if span is None or self.today is None or not span.since <= self.today <= span.until:
            return span
        return replace(span, until=self.today)

    def _day(self, by: int, end: int) -> Span | None:
        day = days.moved(self.today, by) if self.today else None
        return Span(day, day, end + (self.fold(end) in _DAYTIME), relative=True) if day else None

    def _ago(self, i: int) -> Span | None:
        """ "two weeks ago", "hace dos semanas", "the day before yesterday", "the week before last"."""
        token, today = self.at(i), self.today
        assert today
        if token.tag == "UNIT" and self.tag(i + 1) in ("BEFORE", "AFTER"):
            back = self.tag(i + 1) == "BEFORE"
            behind = self.at(i + 2)
            if token.value == DAY and behind.tag == "DAYREL" and behind.value == (-1 if back else 1):
                return self._day(2 * behind.value, i + 3)
            if behind.tag == ("LAST" if back else "NEXT") and self.tag(i + 3) not in ("UNIT", "UNITS"):
                return self._spanned(
                    days.neighbour(today, token.value, -2 if back else 2), i + 3, token.value
                )
            return None
        if (
            token.tag == "HALF"
            and self.tag(i + 1) == "A"
            and self.at(i + 2).value == YEAR
            and self.tag(i + 3) == "AGO"
        ):
            return self.back(6, 6, MONTH, i + 4)
        first = token.tag == "AGO" and self.tongue == "es"
        number = self.number(i + first)
        if not number and not first and token.tag == "UNITS" and token.value < YEAR:
            number = (2, 0, i)
        if not number:
            return None
        low, high, j = number
        unit = self.at(j)
        if unit.tag not in ("UNIT", "UNITS") or not (first or self.tag(j + 1) == "AGO"):
            return None
        end = j + 1 + (not first)
        if self.tag(end) == "DAYREL" and self.at(end).value == 0 and low == high:  # "a year ago today"
            day = days.stepped(today, unit.value, -low)
            return Span(day, day, end + 1, relative=True) if day else None
        return self.back(low, high, unit.value, end)

    def back(self, low: int, high: int, unit: int, end: int) -> Span | None:
        """So many units ago; a fortnight is two weeks."""
        if self.today is None or unit in (WEEKEND, QUARTER):
            return None
        if unit == FORTNIGHT:
            low, high, unit = 2 * low, 2 * high, WEEK
        return self._spanned(days.ago(self.today, unit, low, high or days.few(unit)), end, unit)

    def _spanned(self, found: Days | None, end: int, unit: int) -> Span | None:
        return Span(*found, end, unit, relative=True) if found else None

    def _last(self, i: int, the: bool) -> Span | None:
        token, today = self.at(i), self.today
        assert today
        tag, j = token.tag, i + 1
        the = the or self.tag(i - 1) == "THE"
        if self.tongue == "es" and tag in ("UNIT", "MONTH", "WEEKDAY") and self.tag(j) in ("LAST", "NEXT"):
            return self._one(self.at(i), self.tag(j), False, j + 1)
        if tag not in ("LAST", "PAST", "THIS", "NEXT") or self.fold(i - 1) in WHOSE:
            return None
        if tag == "THIS" and self.tag(j) in ("PAST", "LAST"):
            tag, j = "PAST", j + 1
        if self.fold(j) in _DAYTIME:
            day = self._day(-1, j + 1) if tag == "LAST" and self.fold(j) == "night" else None
            return self._day(0, j + 1) if tag == "THIS" else day
        number = self.number(j) if self.tag(j) != "A" else None
        if number and tag != "THIS":
            low, high, j = number
            unit = self.at(j)
            if unit.tag not in ("UNIT", "UNITS") or self.tag(j + 1) == "OF":
                return None
            if tag == "NEXT" and not self.ahead[i] and self.past_from < i:
                return None  # "how many came in the next 50 years"
            count = None if high == 0 else low * (2 if unit.value == FORTNIGHT else 1)
            value = WEEK if unit.value in (FORTNIGHT, WEEKEND) else unit.value
            if tag == "NEXT" and count is None:
                count = days.few(value)
            window = days.rolling(today, value, -count if tag == "NEXT" and count else count)
            return self._spanned(window, j + 1, value)
        if self.tag(j) == "UNITS" and tag in ("LAST", "PAST", "NEXT") and self.tongue != "en":
            window = days.rolling(
                today, self.at(j).value, -days.few(self.at(j).value) if tag == "NEXT" else None
            )
            return self._spanned(window, j + 1, self.at(j).value)
        if (
            self.tongue == "es"
            and self.tag(j) == "UNIT"
            and self.tag(j + 1) == "OF"
            and self.tag(j + 2) == "MONTH"
        ):
            j += 2  # "el pasado mes de junio"
        return self._one(self.at(j), tag, the and self.tongue == "en", j + 1)

    def _one(self, noun: Token, tag: str, the: bool, end: int) -> Span | None:
        """ "last week", "this June", "next Friday", "the past year"."""
        today = self.today
        assert today
        of = self.tag(end) in ("OF", "IN") and self.tongue == "en"
        if noun.raw in ("may", "march") and (tag == "THIS" or the):
            return None  # "this may be", "the last march"
        if noun.tag == "MONTH":
            year, after, _ = self._year_behind(end)
            if year is not None:
                found = days.a_month(year, noun.value)
                return Span(*found, after, MONTH) if found else None
            return self._spanned(self._one_month(noun.value, tag), end, MONTH)
        if noun.tag == "WEEKDAY":
            return None if of and self.month_at(end + 1) else self._near(noun.value, tag, end)
        if noun.tag == "SEASON":
            year, after, _ = self._year_behind(end)
            found = days.season(year, noun.value) if year else self._seasons(noun.value, tag)
            return self._spanned(found, after if year else end, SEASON)
        if noun.tag != "UNIT" or (
            self.tag(end) == "OF" and self.fold(end + 1) != "course" and self.tongue == "en"
        ):
            return None
        unit = noun.value
        if unit == HOUR:
            return self._spanned(days.rolling(today, HOUR, 1), end, HOUR) if tag != "NEXT" else None
        if (the and self.fold(end) in ("that", "when", "which")) or (tag == "THIS" and unit == DAY):
            return None  # "the last year that", "to this day"
        if tag == "PAST" or (tag == "LAST" and the and unit not in (WEEKEND, QUARTER)):
            if unit == DAY and tag == "LAST":
                return None
            if unit not in (WEEKEND, QUARTER):
                return self._spanned(
                    days.rolling(today, WEEK if unit == FORTNIGHT else unit, 1 + (unit == FORTNIGHT)),
                    end,
                    unit,
                )
        if unit in (DAY, FORTNIGHT) and tag != "THIS":
            return None
        if tag == "NEXT" and the:
            return None
        by = {"THIS": 0, "NEXT": 1}.get(tag, -1)
        span = self._spanned(days.neighbour(today, unit, by), end, unit)
        if tag == "THIS" and self.fold(end) == "so" and self.fold(end + 1) == "far" and span:
            return self._until_today(replace(span, end=end + 2))
        return span

    def _one_month(self, month: int, tag: str) -> Days | None:
        assert self.today
        near = [days.a_month(self.today.year + by, month) for by in (-1, 0, 1)]
        if tag == "THIS":
            return near[1]
        if tag == "NEXT":
            return next((found for found in near[1:] if found and found[0] > self.today), None)
        return next((found for found in reversed(near) if found and found[1] < self.today), None)
