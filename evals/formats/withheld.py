"""Questions made unanswerable without being changed: what holds their answer is taken away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from evals.cases import Case, Suite
from evals.metrics import contains


def without_answers(suite: Suite) -> Suite:
    """Each question that has gold articles and answers, asked up to three times, told apart by `kind`.

    - "answerable": as it is.
    - "withheld": without the gold articles and every other article in which a reference answer stands.
    - "before": asked the day before the first of these articles came out. Only where the collection
      has dates, and other articles were out by then.

    The question itself stays the same, so no cue in its wording tells the kinds apart.
    """
    if suite.articles is None:
        return suite
    holding: dict[str, list[str]] = {case.id: [] for case in suite.cases if case.answers and case.article_ids}
    dates = {}
    for article in suite.articles():
        dates[article.external_id] = article.published
        for case in suite.cases:
            gold = article.external_id in case.article_ids
            if case.id in holding and (gold or contains(f"{article.title}\n{article.text}", case.answers)):
                holding[case.id].append(article.external_id)
    known = sorted(day for day in dates.values() if day is not None)
    cases: list[Case] = []
    for case in suite.cases:
        if case.id not in holding:
            continue
        away = tuple(holding[case.id])
        cases.append(replace(case, id=f"{case.id}/answerable", kind="answerable"))
        unanswerable = replace(case, answers=(), article_ids=(), quotes=(), answerable=False)
        cases.append(replace(unanswerable, id=f"{case.id}/withheld", kind="withheld", withheld=away))
        days = [dates[name] for name in away]
        if days and all(day is not None for day in days):
            eve = min(day for day in days if day is not None) - timedelta(days=1)
            if sum(day <= eve for day in known) * 10 >= len(known):
                cases.append(replace(unanswerable, id=f"{case.id}/before", kind="before", asked_at=eve))
    names = {
        case.id: suite.grades_of(by)
        for by in suite.cases
        for case in cases
        if case.id == f"{by.id}/answerable"
    }
    return replace(suite, name=f"{suite.name}-abstain", cases=tuple(cases), grades=names)
