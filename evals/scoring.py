"""Which metric counts which question: one case and its outcome to scores, all rows to figures with intervals.

Rules that hold for all metrics:

- A question that failed with an error counts as wrong in every retrieval, answer and abstention
  metric that applies to it; citation, engine and timing metrics, which need an answer, pass it over.
- Answer metrics are over all answerable questions with references, and an abstention scores 0;
  `*_answered` beside them are over the questions that were answered.
- A metric that applies to no question of the run is left out, never shown as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from evals import intervals, metrics
from evals.cases import Case
from evals.intervals import Estimate
from evals.rows import Row
from index.schema import Article
from rag.schema import Answer, Citation, Passage

SHALLOW = ("hit@1", "hit@4", "hit@10", "mrr@10", "ndcg@10")
DEEP = ("recall@100",)
CUTOFFS = (1, 4, 10)
ANSWER = ("em", "f1", "contains")
CITATION = (
    "citation_valid",
    "citation_verbatim",
    "citation_gold_precision",
    "citation_gold_recall",
    "citation_answer",
    "citation_recall",
    "citation_precision",
)
CONTEXT = 160
"""Characters kept on either side of a quote, so that a report can show it where it stands."""
MEANS = (
    *SHALLOW,
    *DEEP,
    *(f"passage_hit@{k}" for k in CUTOFFS),
    *(f"hit_string@{k}" for k in CUTOFFS),
    *ANSWER,
    "abstention_recall",
    "false_abstention",
    *CITATION,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking one case: an answer, or the error that took its place.

    `passages` is what the retriever alone found for the question, best first, empty where no metric
    needs it; `ranked` the articles found (`Article.id`), as deep as the deepest cutoff needs.
    """

    answer: Answer | None = None
    passages: tuple[Passage, ...] = ()
    ranked: tuple[str, ...] = ()
    error: str = ""
    warning: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])


def needs_retrieval(case: Case) -> bool:
    """Whether any retrieval metric applies to the case."""
    return case.answerable and bool(case.article_ids or case.answers)


Supports = Callable[[str, Sequence[str]], bool]
"""Whether some quotes, taken together, support a statement."""


def score(
    case: Case,
    outcome: Outcome,
    grades: Mapping[str, int],
    shelf: Mapping[str, Article],
    *,
    asked: bool = True,
    supports: Supports | None = None,
) -> Row:
    """One case's row, but for the ranking metrics, which `with_ranking_scores` fills in for all rows at once.

    Args:
        grades: relevance by `Article.id` for the case's gold articles; {} when it names none.
        shelf: the stored articles that the answer cites, by `Article.id`.
        asked: whether an answer was asked for, or passages only.
        supports: judges `citation_recall` and `citation_precision`, which are left out without it.
    """
    answer = outcome.answer
    answered = answer is not None and not answer.abstained
    scores = _retrieval(case, outcome, grades)
    if asked:
        scores |= _answering(case, answer)
        if case.answerable:
            scores["false_abstention"] = float(not answered)
        else:
            scores["abstention_recall"] = float(answer is not None and answer.abstained)
    row = Row(
        id=case.id,
        question=case.question,
        answer="",
        scores=scores,
        error=outcome.error,
        kind=case.kind,
        language=case.language,
        answerable=case.answerable,
        warning=outcome.warning,
        references=case.answers,
        timings_ms=dict(outcome.timings_ms),
    )
    if answer is None:
        return row
    if answered:
        scores |= _citations(case, answer, {name for name, grade in grades.items() if grade > 0}, shelf)
        if supports is not None:
            scores |= metrics.citation_support(answer, supports)
    counts = metrics.sentence_counts(answer)
    return replace(
        row,
        answer=answer.text,
        answered=answered,
        abstained=answer.abstained,
        reason=answer.reason,
        confidence=answer.confidence,
        standalone_question=answer.standalone_question,
        shown=tuple(
            {"text": s.text, "origin": s.origin, "markers": list(s.markers), "support": s.support}
            for s in answer.sentences
        ),
        dropped=tuple(asdict(one) for one in answer.dropped),
        citations=tuple(_citation_row(citation, shelf) for citation in answer.citations),
        counts={
            "shown": counts.shown,
            "drafts_shown": counts.drafts_shown,
            "replaced": counts.replaced,
            "dropped": counts.dropped,
        },
        timings_ms=dict(answer.timings_ms),
        engine=answer.engine,
        model=answer.model,
    )


def with_ranking_scores(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with the ranking metrics of those that have gold articles, computed together."""
    gold = {str(number): row for number, row in enumerate(rows) if row.gold and row.answerable}
    found = metrics.ranking_scores(
        {name: row.ranking for name, row in gold.items()},
        {name: row.gold for name, row in gold.items()},
        (*SHALLOW, *DEEP),
    )
    return tuple(
        replace(row, scores={**found[str(number)], **row.scores}) if str(number) in found else row
        for number, row in enumerate(rows)
    )


def _retrieval(case: Case, outcome: Outcome, grades: Mapping[str, int]) -> dict[str, float]:
    scores: dict[str, float] = {}
    if not needs_retrieval(case):
        return scores
    for k in CUTOFFS:
        if case.quotes and grades:
            gold = {name for name, grade in grades.items() if grade > 0}
            scores[f"passage_hit@{k}"] = metrics.passage_hit(outcome.passages, case.quotes, gold, k)
        if case.answers:
            scores[f"hit_string@{k}"] = metrics.hit_string(outcome.passages, case.answers, k)
    return scores


def _answering(case: Case, answer: Answer | None) -> dict[str, float]:
    answered = answer is not None and not answer.abstained
    text = metrics.plain_text(answer) if answer is not None and answered else ""
    scores: dict[str, float] = {}
    if case.answerable and case.answers:
        for name, metric in (("em", metrics.em), ("f1", metrics.f1), ("contains", metrics.contains)):
            scores[name] = metric(text, case.answers) if answered else 0.0
    if answered:
        scores["answer_words"] = metrics.answer_words(text)
    return scores


def _citations(case: Case, answer: Answer, gold: set[str], shelf: Mapping[str, Article]) -> dict[str, float]:
    def text_of(citation: Citation) -> str:
        article = shelf.get(citation.passage.article.id)
        return article.text if article else ""

    scores = {
        "citation_valid": metrics.citation_valid(answer),
        "citation_verbatim": metrics.citation_verbatim(answer, text_of),
    }
    if case.answerable and gold:
        scores["citation_gold_precision"] = metrics.citation_gold_precision(answer, gold)
        scores["citation_gold_recall"] = metrics.citation_gold_recall(answer, gold)
    if case.answerable and case.answers:
        scores["citation_answer"] = metrics.citation_answer(answer, case.answers)
    return scores


def _citation_row(citation: Citation, shelf: Mapping[str, Article]) -> dict[str, object]:
    article = citation.passage.article
    stored = shelf.get(article.id)
    text = stored.text if stored else ""
    start, end = max(citation.start, 0), max(citation.end, 0)
    return {
        "marker": citation.marker,
        "article_id": article.id,
        "external_id": article.external_id,
        "title": article.title,
        "url": article.url,
        "published": article.published.isoformat() if article.published else "",
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "before": text[max(start - CONTEXT, 0) : start],
        "after": text[end : end + CONTEXT],
    }


def aggregate(rows: Sequence[Row]) -> dict[str, Estimate]:
    """Every metric that applies to at least one row, by name."""
    found: dict[str, Estimate] = {}
    for name in MEANS:
        if values := [row.scores[name] for row in rows if name in row.scores]:
            found[name] = intervals.mean(values)
        if name in ANSWER and (
            values := [row.scores[name] for row in rows if name in row.scores and row.answered]
        ):
            found[f"{name}_answered"] = intervals.mean(values)
    if words := [row.scores["answer_words"] for row in rows if "answer_words" in row.scores]:
        found["answer_words"] = intervals.quantile(words, 0.5)
    return {**found, **_abstention(rows), **_engine(rows), **_timing(rows)}


def _abstention(rows: Sequence[Row]) -> dict[str, Estimate]:
    """Balanced accuracy and risk-coverage area, both only where the run has both kinds of question.

    Balanced accuracy is the mean of `abstention_recall` and 1 - `false_abstention`. The loss behind
    the area is 1 for an unanswerable question and for a failed one (at confidence 0), else 0: it
    asks whether confidence ranks what can be answered before what cannot, whatever the threshold.
    """
    rows = [row for row in rows if {"false_abstention", "abstention_recall"} & set(row.scores)]
    kinds = [row.answerable for row in rows]
    if all(kinds) or not any(kinds):
        return {}
    right = [
        1.0 - row.scores["false_abstention"] if row.answerable else row.scores["abstention_recall"]
        for row in rows
    ]
    sure = [0.0 if row.error else row.confidence for row in rows]
    loss = [float(bool(row.error) or not row.answerable) for row in rows]
    return {
        "abstention_balanced_accuracy": intervals.balanced_accuracy(right, kinds),
        "risk_coverage_area": intervals.risk_coverage_area(sure, loss),
    }


def _engine(rows: Sequence[Row]) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    counts = [metrics.SentenceCounts(**row.counts) for row in rows if row.counts]
    if shown := [count for count in counts if count.shown]:
        found["drafted_share"] = intervals.ratio([c.drafts_shown for c in shown], [c.shown for c in shown])
    if made := [count for count in counts if count.drafted]:
        found["replaced_share"] = intervals.ratio([c.replaced for c in made], [c.drafted for c in made])
        found["dropped_share"] = intervals.ratio([c.dropped for c in made], [c.drafted for c in made])
    return found


def _timing(rows: Sequence[Row]) -> dict[str, Estimate]:
    """Milliseconds: retrieval and the whole answer over every row, the first sentence over those that showed one."""
    total = [row.timings_ms["total"] for row in rows if "total" in row.timings_ms]
    first = [
        row.timings_ms["first_sentence"]
        for row in rows
        if row.answered and "first_sentence" in row.timings_ms
    ]
    found: dict[str, Estimate] = {}
    retrieve = [row.timings_ms["retrieve"] for row in rows if "retrieve" in row.timings_ms]
    for name, values in (("retrieve_ms", retrieve), ("first_sentence_ms", first), ("latency_ms", total)):
        if values:
            found[f"{name}_p50"] = intervals.quantile(values, 0.5)
            found[f"{name}_p95"] = intervals.quantile(values, 0.95)
            found[f"{name}_max"] = intervals.quantile(values, 1.0)
    return found
