"""Calendar arithmetic that never leaves the calendar: spans of days as (first, last).

What would begin before the year 1 or end after 9999 is cut there, or is None where nothing is left.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from rag.when.words import CENTURY, DAY, DECADE, FORTNIGHT, HOUR, MONTH, QUARTER, WEEK, WEEKEND, YEAR

Days = tuple[date, date]

_MONTHS_IN = {MONTH: 1, QUARTER: 3, YEAR: 12, DECADE: 120, CENTURY: 1200}
_DAYS_IN = {DAY: 1, WEEK: 7, FORTNIGHT: 14, WEEKEND: 7}
_FEW = {HOUR: 24, DAY: 6, WEEK: 6, MONTH: 6, YEAR: 6, DECADE: 4, CENTURY: 3}


def a_day(year: int, month: int, day: int) -> date | None:
    """The day, or None where the calendar has none (31 February, month 13, year 0)."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return date(year, month, day)


def a_month(year: int, month: int) -> Days | None:
    """The first and last day of a month; months count on over the year's end (month 13 is January)."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    if not 1 <= year <= 9999:
        return None
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def months(year: int, first: int, last: int) -> Days | None:
    """From the first day of one month to the last of another, both counted from January of `year`."""
    start, end = a_month(year, first), a_month(year, last)
    return (start[0], end[1]) if start and end else None


def years(first: int, last: int) -> Days | None:
    """Whole years, cut at the ends of the calendar."""
    first, last = max(first, 1), min(last, 9999)
    return (date(first, 1, 1), date(last, 12, 31)) if first <= last else None


def season(year: int, which: int) -> Days | None:
    """Spring (1) to winter (4) as in the north, by whole months; a winter runs into the next year."""
    return months(year, 3 * which, 3 * which + 2)


def century(number: int) -> Days | None:
    """The 19th century is 1801 to 1900."""
    return years(100 * number - 99, 100 * number)


def moved(day: date, by: int) -> date | None:
    """`by` days later (or earlier, below zero)."""
    ordinal = day.toordinal() + by
    return date.fromordinal(ordinal) if 1 <= ordinal <= date.max.toordinal() else None


def stepped(day: date, unit: int, by: int) -> date | None:
    """`by` units later; the last day of a shorter month where the day is missing there."""
    if unit == HOUR:
        return moved(day, -(-by // 24) if by > 0 else by // 24)
    if unit in _DAYS_IN:
        return moved(day, by * _DAYS_IN[unit])
    month = a_month(day.year, day.month + by * _MONTHS_IN[unit])
    return month[0].replace(day=min(day.day, month[1].day)) if month else None


def around(day: date, unit: int) -> Days:
    """The calendar unit a day lies in: its week from Monday to Sunday, its month, its decade."""
    if unit in (WEEK, FORTNIGHT, WEEKEND):
        monday, sunday = moved(day, -day.weekday()), moved(day, 6 - day.weekday())
        if unit == WEEKEND:
            monday = moved(day, 5 - day.weekday()) or day
        return monday or date.min, sunday or date.max
    if unit in (MONTH, QUARTER):
        first = day.month if unit == MONTH else (day.month - 1) // 3 * 3 + 1
        return months(day.year, first, first + (0 if unit == MONTH else 2)) or (day, day)
    if unit in (YEAR, DECADE, CENTURY):
        length = _MONTHS_IN[unit] // 12
        first = (day.year - (unit == CENTURY)) // length * length + (unit == CENTURY)
        return years(first, first + length - 1) or (day, day)
    return day, day


def neighbour(today: date, unit: int, by: int) -> Days | None:
    """The calendar unit `by` units away: last week is -1, this week 0, next week 1."""
    there = stepped(around(today, unit)[0] if unit in _MONTHS_IN else today, unit, by)
    return around(there, unit) if there else None


def ago(today: date, unit: int, low: int, high: int) -> Days | None:
    """Between `low` and `high` units ago, as loosely as people say it: "two weeks ago" is that week,
    "three decades ago" leaves three years on either side."""
    if unit in (DECADE, CENTURY):
        slack = 3 if unit == DECADE else 10
        length = _MONTHS_IN[unit] // 12
        return years(today.year - length * high - slack, today.year - length * low + slack)
    if unit == HOUR:
        return stepped(today, HOUR, -high) or date.min, today
    last = neighbour(today, unit, -low)
    first = neighbour(today, unit, -high) or last
    return (first[0], last[1]) if first and last else None


def rolling(today: date, unit: int, count: int | None) -> Days:
    """The last `count` units up to today, or the next from today on (below zero); None means a few."""
    if count is None:
        count = _FEW.get(unit, 3)
    there = stepped(today, unit, -count)
    return (there or date.min, today) if count >= 0 else (today, there or date.max)


def few(unit: int) -> int:
    """How many "a few" are at most."""
    return _FEW.get(unit, 3)


_PARTS = {"START": (0.0, 0.4), "EARLY": (0.0, 0.4), "MID": (0.3, 0.7), "MIDDLE": (0.3, 0.7)}
_OF_YEAR = {
    "START": (1, 2),
    "EARLY": (1, 4),
    "MID": (5, 8),
    "MIDDLE": (5, 8),
    "LATE": (9, 12),
    "END": (11, 12),
}


def part(days: Days, which: str) -> Days:
    """The START, EARLY, MID, LATE or END of a span, as newspapers use them: early 2022 is January to
    April, late June the 21st to the 30th; the parts of longer times overlap. A week has no parts."""
    first, last = days
    length = last.toordinal() - first.toordinal() + 1
    low, high = _PARTS.get(which, (0.6, 1.0))
    if length <= 7 or first.day != 1:
        return days
    if length <= 31:
        start, end = (1, 10) if low == 0 else (11, 20) if high < 1 else (21, last.day)
        return first.replace(day=start), first.replace(day=end)
    if length in (365, 366) and first.month == 1:
        start, end = _OF_YEAR.get(which, (1, 12))
        return months(first.year, start, end) or days
    if length > 3000:  # decades and centuries, by whole years
        whole = last.year - first.year + 1
        return years(first.year + int(low * whole), first.year + int(high * whole) - 1) or days
    return moved(first, int(low * length)) or first, moved(first, int(high * length) - 1) or last
