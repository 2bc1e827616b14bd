"""Which articles a question more likely means, by when it is asked and what it says about time.

Most questions put to a news archive mean what has just happened. The preference is a bonus on a passage's score,
strength / (1 + (days / half_life) ** 2): whole on the day, half at `half_life` days, nearly nothing a
few months away, so that old articles do not differ. The form and the two numbers were chosen by
cross-validation over weeks (docs/decisions.md). Recency as a prior of retrieval: Li and Croft, CIKM
2003, https://doi.org/10.1145/956863.956951.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from index.register import DateSpread
from rag import when

UNSAID = 0.4
"""Share of the strength for a question that says nothing about time."""


@dataclass(frozen=True, slots=True)
class Preference:
    """Articles published from `since` to `until` are preferred, others the less the further away.

    `strength` is the bonus of those within, on scores whose best is about 1; at `half_life` days
    away it is half. `reason` is a plain sentence for people.
    """

    strength: float
    half_life: float
    since: date
    until: date
    reason: str

    def bonus(self, published: date | None) -> float:
        """What is added to a passage's score; 0 for an article without a date."""
        if published is None:
            return 0.0
        away = max((self.since - published).days, (published - self.until).days, 0)
        return self.strength / (1.0 + (away / self.half_life) ** 2)


def preference(
    scope: when.TimeScope, asked_at: date, spread: DateSpread, *, strength: float, half_life: float
) -> Preference | None:
    """The preference for a question with this scope, asked on that day, of articles with these dates.

    None, which leaves the ranking as it is, where `strength` is 0, where most articles have no
    date, where the question is timeless ("who invented ..."), or asks of a time before the first article.
    """
    if strength <= 0 or spread.first is None or spread.last is None or spread.dated_share < 0.5:
        return None
    near = min(asked_at, spread.last) if scope.newest else asked_at
    if scope.kind == "timeless" or scope.oldest:
        return None
    # A time that reaches the day of the question, or lies ahead of it ("plans to merge in 2024"), is news now.
    if scope.kind == "span" and scope.since and scope.until and scope.until < asked_at:
        if scope.until < spread.first:
            return None
        length = (scope.until - scope.since).days
        return Preference(
            UNSAID * strength,
            max(half_life, length / 2),
            scope.since,
            scope.until,
            f"Articles near the time asked about were preferred ({when.said(scope)}).",
        )
    if scope.kind == "open" and scope.since is None:
        return None
    if scope.kind == "recent":
        # "This week" goes on: the nearer the better. "Last week" is over: any of its days.
        past = scope.since is not None and scope.until is not None and scope.until < asked_at
        since, until = (scope.since, scope.until) if past else (near, near)
        assert since is not None
        assert until is not None
        return Preference(
            strength,
            half_life,
            since,
            until,
            f"Articles published lately were preferred: the question says “{scope.words}” and was asked on {asked_at.isoformat()}."
            if scope.words
            else f"Articles published lately were preferred: the question was asked on {asked_at.isoformat()}.",
        )
    share = 1.0 if scope.newest else UNSAID
    return Preference(
        share * strength,
        half_life,
        near,
        near,
        f"Articles near the day of the question, {asked_at.isoformat()}, were somewhat preferred.",
    )
