"""One expression of time at a place among tokens, with its "early" or "first half of": `Reader.time`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rag.when import days
from rag.when.cursor import DASHES, Span
from rag.when.days import Days
from rag.when.relative import Relative
from rag.when.words import COUNTED, DAY, MONTH, QUARTER, WEEKDAY, YEAR

OPEN = frozenset(("since", "before", "after", "until", "by"))
NOW = frozenset("now present today heute jetzt hoy ahora date".split())
_CUTS = ("EARLY", "MID", "LATE", "START", "MIDDLE", "END")


class Reader(Relative):
    """Reads any one time; "of" inside it does not nest, so that no text is read in more than one pass."""

    def time(self, i: int) -> Span | None:
        """The time that stands at token `i`, its article and its "early" or "end of" taken along."""
        the = self.tag(i) == "THE"
        i += the
        if self.fold(i) == "so" and self.fold(i + 1) == "far":
            return self._until_today(self._relative(i + 2, False))
        return self._piece(i) or self._cut(i) or self.whole(i, the)

    def whole(self, i: int, the: bool = False) -> Span | None:
        """A time without "early", "first half of" and the like."""
        token = self.at(i)
        if not token.tag and not token.raw[:1].isdecimal() and token.raw not in "'’‘" and len(token.raw) != 2:
            return None
        return (
            self._numeric(i)
            or self._dotted(i)
            or self._day_month(i)
            or self._century(i)
            or self._decade(i, the)
            or self._quarter(i)
            or self._season(i)
            or self._weekday(i)
            or self._relative(i, the)
            or self._year(i)
        )

    def _inner(self, i: int) -> Span | None:
        """What "end of", "first half of" are taken of, where "the year" is this one."""
        the = self.tag(i) == "THE"
        i += the
        found = self.whole(i, the)
        if found or not the or self.today is None or self.tag(i) != "UNIT" or self.at(i).value <= DAY:
            return found
        first, last = days.around(self.today, self.at(i).value)
        return Span(first, last, i + 1, self.at(i).value, relative=True)

    def _cut(self, i: int) -> Span | None:
        """ "early 2022", "mid-June", "the end of last year", "earlier this month"."""
        which, j = self.tag(i), i + 1
        if which in ("EARLIER", "LATER") and self.today:
            span = self.whole(j + (self.tag(j) == "IN"))
            if span and which == "EARLIER":
                return self._until_today(span)
            return (
                replace(span, since=self.today) if span and span.since <= self.today <= span.until else span
            )
        if which not in _CUTS:
            return None
        if self.at(j).raw in DASHES:
            j += 1
        if self.tag(j) == "TO":  # "mid to late"
            j += 1 + (self.at(j + 1).raw in DASHES)
            first, second = self._cut_whole(which, j + 1), self._cut_whole(self.tag(j), j + 1)
            return replace(second, since=min(first.since, second.since)) if first and second else second
        return self._cut_whole(which, j)

    def _cut_whole(self, which: str, j: int) -> Span | None:
        linked = self.tag(j) in ("OF", "FROM") or (which in ("EARLY", "LATE") and self.tag(j) == "IN")
        if which in ("START", "MIDDLE", "END") and not linked and self.tongue != "de":
            return None
        span = self._inner(j + linked)
        if span is None or span.unit in (DAY, WEEKDAY):
            return span
        first, last = days.part((span.since, span.until), which)
        return replace(span, since=first, until=last, bare=False)

    def _piece(self, i: int) -> Span | None:
        """ "the first half of 2022", "third quarter of last year", "the last two weeks of June"."""
        ordinal = (0, i + 1) if self.tag(i) == "LAST" else self._ordinal(i)
        if not ordinal:
            return None
        place, j = ordinal
        j += self.at(j).raw in DASHES
        many = self.number(j) if self.tag(j) != "A" else None
        count = many[0] if many and many[1] else 1
        j = many[2] if many else j
        unit, half = self.at(j).value, self.tag(j) == "HALF"
        if not half and self.tag(j) not in ("UNIT", "UNITS"):
            return None
        linked = self.tag(j + 1) in ("OF", "IN", "FROM")
        if not linked and not half and unit != QUARTER:
            return None
        span = self._inner(j + 1 + linked)
        if span is None or span.unit in (DAY, WEEKDAY) or count > 1000:
            return None
        found = self._counted(span, place, unit, count, half)
        return replace(span, since=found[0], until=found[1], bare=False) if found else None

    def _counted(self, span: Span, place: int, unit: int, count: int, half: bool) -> Days | None:
        """The `place`th (0 for the last) `count` units or half of a span."""
        length = span.until.toordinal() - span.since.toordinal() + 1
        if half and place <= 2:
            if span.unit == YEAR:
                first = 1 if place == 1 else 7
                return days.months(span.since.year, first, first + 5)
            middle = days.moved(span.since, length // 2) or span.until
            return (span.since, middle) if place == 1 else (middle, span.until)
        if half:
            return None
        if not place:
            first, last = days.stepped(span.until, unit, -count), span.until
            first = days.moved(first, 1) if first else None
        else:
            first = days.stepped(span.since, unit, place - 1)
            after = days.stepped(first, unit, count) if first else None
            last = days.moved(after, -1) if after else span.until
        if first is None or last is None or first > span.until or last < span.since:
            return None
        return max(first, span.since), min(last, span.until)

    # ---- from one time to another ---------------------------------------------------------------

    def _range(self, kind: str, span: Span) -> Span | None:
        """A span carried on by "to", "and" or a dash; itself where nothing follows; None for "between" without
        a second time and where an amount follows ("from 1500 to 2000 metres")."""
        k = span.end
        between = kind == "between"
        dash = self.at(k).raw in DASHES
        if not (
            dash or self.tag(k) in ("TO", "UNTIL") or (between and self.tag(k) == "AND")
        ) or kind in OPEN - {"since"}:
            whole = (
                not between
                or self.at(k - 1).raw.count("-")
                or span.unit in (DAY,)
                or self.tag(k - 2) in ("AND", "TO")
            )
            return span if whole else None
        k += 1 + (self.tag(k + 1) in ("TO", "UNTIL"))
        k += self.tag(k) == "THE" and self.fold(k + 1) in NOW
        if self.fold(k) in NOW:
            return replace(span, end=k + 1, bare=False, until=max(span.since, self.today or date.max))
        second = self.time(k)
        if second is None:
            return None if between or self.at(k).raw[:1].isdecimal() else span
        if second.bare and second.unit == YEAR and self.fold(second.end) in COUNTED:
            return None  # "between 1200 and 1500 people"
        if kind == "since" or (
            dash and second.unit != span.unit and not second.yearless and not span.yearless
        ):
            return span
        return self._joined(span, second)

    def _joined(self, first: Span, second: Span) -> Span | None:
        if first.unit == WEEKDAY and second.unit == DAY and not second.yearless:
            day = days.moved(second.since, -((second.since.weekday() - first.since.weekday()) % 7))
            first = replace(first, since=day or first.since, until=day or first.since)
        elif first.unit == WEEKDAY and second.unit == WEEKDAY and second.since < first.since:
            day = days.moved(second.since, 7)
            second = replace(second, since=day or date.max, until=day or date.max)
        elif first.yearless and not second.yearless:
            first = self._in_year(first, second.since.year)
            if first.since > second.until:
                first = self._in_year(first, second.since.year - 1)
        elif second.yearless:
            if not first.yearless or second.until < first.since:
                second = self._in_year(second, first.until.year)
            if second.until < first.since:
                second = self._in_year(second, first.until.year + 1)
        since, until = min(first.since, second.since), max(first.until, second.until)
        return Span(
            since,
            until,
            second.end,
            second.unit,
            False,
            first.relative or second.relative,
            first.yearless and second.yearless,
        )

    def _in_year(self, span: Span, year: int) -> Span:
        """A month or day set into another year; itself where the calendar has no such day."""
        by = year - span.since.year
        since = days.stepped(span.since, YEAR, by)
        until = days.stepped(span.until, YEAR, by)
        if until and span.unit == MONTH:
            until = days.around(until, MONTH)[1]
        return replace(span, since=since, until=until) if since and until else span
