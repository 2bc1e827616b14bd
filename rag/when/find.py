"""Where a text speaks of time: its expressions with their prepositions, and which numbers are no years."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from rag.when import days
from rag.when.bare import Bare
from rag.when.cursor import Span
from rag.when.read import NOW, OPEN
from rag.when.words import DAY, MEASURES, MONTH, NUMBERED, WEEK, WEEKEND, YEAR

_KINDS = {
    "SINCE": "since", "BEFORE": "before", "AFTER": "after", "UNTIL": "until", "BY": "by", "FROM": "from", "IN": "in",
    "OF": "of", "ON": "on", "FOR": "for", "AT": "at", "AROUND": "in", "ABOUT": "about", "BETWEEN": "between",
}  # fmt: skip
_TWO_WORDS = {
    ("prior", "to"): "before", ("ahead", "of"): "before", ("older", "than"): "before", ("earlier", "than"): "before",
    ("newer", "than"): "after", ("later", "than"): "after", ("recent", "than"): "after", ("älter", "als"): "before",
    ("as", "of"): "in", ("up", "to"): "until", ("ever", "since"): "since",
    ("pre", "-"): "before", ("post", "-"): "after", ("neuer", "als"): "after", ("anteriores", "a"): "before",
    ("posteriores", "a"): "after",
}  # fmt: skip
_STARTS = frozenset(first for first, _ in _TWO_WORDS) | {"so", "ad", "'"}
_HEARINGS = frozenset("court congress committee parliament senate judge house council panel jury".split())
_AFTER_ALL = frozenset(
    "name names named called look looked looks looking took ever shortly soon long right".split()
)
_MASTHEADS = frozenset("mail independent scotland herald post telegraph".split())


@dataclass(frozen=True, slots=True)
class Find:
    """One time spoken of, from token `first` up to `end`; None is open. `attributive` ones belong to a
    thing's name ("the 2016 Olympics") more than to the statement."""

    first: int
    end: int
    since: date | None
    until: date | None
    unit: int
    kind: str
    relative: bool = False
    attributive: bool = False
    yearless: bool = False


class Finder(Bare):
    """Finds the times of one text, left to right, each token in one of them at most."""

    def finds(self) -> list[Find]:
        found: list[Find] = []
        i = 0
        while i < len(self.tokens):
            here = self._here(i, found[-1].end if found else 0)
            found.extend(here)
            i = here[-1].end if here else i + 1
        return found

    def _here(self, i: int, last: int) -> list[Find]:
        token = self.tokens[i]
        if (
            not token.tag
            and not token.raw[0].isdecimal()
            and token.fold not in _STARTS
            and len(token.raw) != 2
        ):
            return []
        find = self._after(i) or self._alone(i)
        if find is None:
            return []
        found = [self._bounded(find, last)]
        while find.kind in ("in", "of", "from", "for") and find.unit in (YEAR, MONTH):
            again = self._listed(find)
            if again is None:
                break
            found.append(again)
            find = again
        return found

    def _bounded(self, find: Find, last: int) -> Find:
        """ "since the flood of 1966", "before he resigned in May": in a question, what its time only ends."""
        if self.article or find.kind in OPEN or find.since is None or find.until is None:
            return find
        for k in range(find.first - 1, max(find.first - 9, last - 1), -1):
            token = self.at(k)
            if token.raw in ",;:?!.()" or token.fold in _HEARINGS:
                return find
            if token.tag in ("SINCE", "AFTER", "BEFORE", "UNTIL"):
                led = self.tag(k - 1) in ("UNIT", "UNITS") or self.fold(k - 1) in _AFTER_ALL
                thing = self.at(k + 1)
                plain = find.first - k == 2 and thing.raw.islower() and not thing.raw.endswith("ing")
                if led or plain or (self.tongue == "de" and token.tag in ("AFTER", "BEFORE")):
                    return find
                kind = token.tag.lower()
                since, until = (find.since, None) if kind in ("since", "after") else (None, find.until)
                return replace(find, first=k, since=since, until=until, kind=kind, attributive=False)
        return find

    def _listed(self, find: Find) -> Find | None:
        """The next of "in 2012, 2016 and 2020"."""
        k = find.end
        k += self.fold(k) == ","
        k += self.tag(k) == "AND"
        if k == find.end:
            return None
        span = self.whole(k)
        if span is None or not span.bare or span.unit != find.unit or self.at(k).raw in ("may", "march"):
            return None
        if span.unit == YEAR and (self.plain_year(k) is None or self._noun(span.end)):
            return None
        return replace(find, first=k, end=span.end, since=span.since, until=span.until)

    # ---- with a preposition ---------------------------------------------------------------------

    def _preposition(self, i: int) -> tuple[str, int]:
        """(kind, next token); "" where none stands."""
        pair = _TWO_WORDS.get((self.fold(i), self.fold(i + 1)))
        if pair and self.tag(i) in ("EARLIER", "LATER") and self.tag(i - 1) in ("UNIT", "UNITS"):
            return "", i + 1  # "two days earlier than last year"
        if pair:
            return pair, i + 2
        kind = _KINDS.get(self.tag(i), "")
        j = i + 1
        if kind == "on" and self.tongue == "en" and self.fold(i - 1) in _MASTHEADS:
            return "", j
        if self.tongue == "es" and kind in ("before", "after") and self.tag(j) in ("OF", "FROM"):
            j += 1
        if kind == "since" and self.tongue == "en" and self.tag(j) == "BY":
            return "", j
        return kind, j

    def _after(self, i: int) -> Find | None:
        kind, j = self._preposition(i)
        if not kind:
            return None
        span = self._counted_back(kind, i, j) or self._at_the_weekend(kind, j)
        if span:
            open_end = kind == "since"
            return Find(
                i,
                span.end,
                span.since,
                None if open_end else span.until,
                span.unit,
                "since" if open_end else "in",
                True,
            )
        span = self.time(j)
        if span is None:
            return None
        the = self.tag(j) == "THE" and self.tongue == "en"
        named = the and span.bare and span.unit in (YEAR, MONTH) and self._noun(span.end)
        joined = self._range(kind, span)
        if joined is None or (span.bare and joined is span and not self._fits(kind, span, i, j, named)):
            return None
        onward = self.tag(joined.end) == "ONWARD" or (kind == "from" and self.fold(joined.end) == "on")
        if onward:
            joined = replace(joined, end=joined.end + 1)
        elif joined is not span:
            if self.fold(joined.end - 1) in NOW:
                return Find(i, joined.end, joined.since, None, joined.unit, "since")
            kind = "in"
        return self._composed("since" if onward else kind, joined, i, j, named)

    def _at_the_weekend(self, kind: str, j: int) -> Span | None:
        """ "over the weekend", "am Wochenende": the latest that has begun, or the next after a "will"."""
        k = j + (self.tag(j) == "THE")
        if kind not in ("at", "on") or self.tag(k) != "UNIT" or self.at(k).value != WEEKEND or not self.today:
            return None
        begun = self.today.weekday() >= 5 or self.ahead[k]
        found = days.neighbour(self.today, WEEKEND, 0 if begun else -1)
        return Span(*found, k + 1, WEEKEND, relative=True) if found else None

    def _counted_back(self, kind: str, i: int, j: int) -> Span | None:
        """ "vor zwei Wochen", "seit drei Jahren", "desde hace dos años"."""
        if kind == "since" and self.tongue == "es" and self.tag(j) == "AGO":
            return self.time(j)
        if self.tongue != "de" or kind not in ("before", "since"):
            return None
        number = self.number(j)
        if not number or self.tag(number[2]) not in ("UNIT", "UNITS"):
            return None
        return self.back(number[0], number[1], self.at(number[2]).value, number[2] + 1)

    def _composed(self, kind: str, span: Span, i: int, j: int, named: bool) -> Find:
        if kind == "by" and named:
            kind = "in"  # "hit by the 2010 drought"
        since, until = span.since, span.until
        first, last = since, until
        of = {self.tag(j), self.tag(j + 1)}
        if kind == "since":
            bounds = since, None
        elif kind == "before":
            bounds = None, last if named or "END" in of else days.moved(first, -1) or date.min
        elif kind == "after":
            after = days.moved(last, 1) or date.max
            if (
                span.yearless
                and span.unit in (MONTH, DAY)
                and self.today
                and after > self.today
                and not self.ahead[i]
            ):
                earlier = days.stepped(first, YEAR, -1)
                after = days.around(earlier, MONTH)[1] if earlier and span.unit == MONTH else earlier or after
                after = days.moved(after, 1) or date.max
            bounds = first if named or "START" in of else after, None
        elif kind in ("until", "by"):
            bounds = None, last
        else:
            bounds = since, until
            if (
                kind == "of"
                and self.tag(i - 1) == "UNIT"
                and self.at(i - 1).value == WEEK
                and span.unit == DAY
            ):
                bounds = days.around(since, WEEK)  # "the week of 6 June"
        attributive = (named and kind not in OPEN) or kind == "of"
        return Find(
            i,
            span.end,
            *bounds,
            span.unit,
            kind,
            span.relative,
            attributive and not span.relative,
            span.yearless,
        )

    # ---- without a preposition ------------------------------------------------------------------

    def _alone(self, i: int) -> Find | None:
        span = self.time(i)
        if span is None:
            return None
        joined = self._range("", span)
        if joined is None or (span.bare and joined is span and not self._stands_alone(i, span)):
            return None
        if span.bare and joined is not span and span.unit == YEAR and self.fold(i - 1) in NUMBERED | MEASURES:
            return None
        if span.unit == YEAR and self.fold(i - 1) == "model":
            return None
        if joined is not span and self.fold(joined.end - 1) in NOW:
            return Find(i, joined.end, joined.since, None, joined.unit, "since")
        first = i + (span.bare and span.unit == YEAR and self.tag(i) == "THE")
        return Find(
            first,
            joined.end,
            joined.since,
            joined.until,
            joined.unit,
            "",
            joined.relative,
            span.bare and not joined.relative,
            joined.yearless,
        )
