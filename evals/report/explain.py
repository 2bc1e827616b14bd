"""What each metric says, in a line, and how its numbers are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from evals.intervals import Estimate
from evals.rows import is_timing

Unit = Literal["share", "ms", "s", "per second", "words", "bytes", "number"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A metric for people: what it says in a line, its unit, and which way is better (0: neither)."""

    text: str
    unit: Unit = "share"
    better: Literal[-1, 0, 1] = 1


_FIXED: dict[str, Meaning] = {
    "contains": Meaning("a reference stands in the answer, as whole words in order; an abstention scores 0"),
    "em": Meaning("the answer is a reference, word for word; low for whoever answers in sentences"),
    "f1": Meaning("overlap of the answer's words with the best reference"),
    "contains_answered": Meaning("a reference stands in the answer, over the questions that were answered"),
    "em_answered": Meaning("the answer is a reference, over the questions that were answered"),
    "f1_answered": Meaning("overlap with the best reference, over the questions that were answered"),
    "answer_words": Meaning("median length of an answer; contains can be bought with length", "words", 0),
    "abstention_recall": Meaning("share of the unanswerable questions on which it abstained"),
    "false_abstention": Meaning("share of the answerable questions that got no answer", better=-1),
    "abstention_balanced_accuracy": Meaning(
        "mean of abstention recall and 1 − false abstention; always abstaining gets .5"
    ),
    "risk_coverage_area": Meaning(
        "by falling confidence, the mean share of unanswerable questions among the first 1, 2, … n", better=-1
    ),
    "citation_valid": Meaning("share of an answer's citations whose passage was retrieved for it"),
    "citation_verbatim": Meaning(
        "share of the quotes that are, character for character, the article's text; below 1 is a bug"
    ),
    "citation_gold_precision": Meaning("share of an answer's citations that point into a gold article"),
    "citation_gold_recall": Meaning("share of the gold articles that are cited"),
    "citation_answer": Meaning("a reference answer stands in the words of one citation"),
    "drafted_share": Meaning("of the sentences shown, those in the model's words", better=0),
    "replaced_share": Meaning("of the model's sentences, those a quotation took the place of", better=0),
    "dropped_share": Meaning(
        "of the model's sentences, those left out with nothing in their place", better=0
    ),
    "citation_recall": Meaning("share of the sentences shown that their citations, taken together, support"),
    "citation_precision": Meaning("share of the citations that their sentence needs"),
    "restored_recall": Meaning("of the words a person added to make a question stand alone, those we added"),
    "restored_precision": Meaning("of the words we added to a question, those a person added"),
    "restored_f1": Meaning("harmonic mean of restored recall and precision"),
    "changed_needlessly": Meaning("share of the questions that stood alone and were changed", better=-1),
    "support_auroc": Meaning(
        "chance that a supported claim gets a higher score than one that is not; guessing gets .5"
    ),
    "support_auroc_cosine": Meaning("the same with the nearest sentence's cosine as the score"),
    "support_auroc_overlap": Meaning("the same with the share of the claim's words in the text as the score"),
    "support_balanced_accuracy": Meaning("mean of the accuracies on supported and on other claims"),
    "support_accuracy": Meaning("share of the claims that were judged rightly"),
    "support_correct": Meaning("the claim was judged rightly"),
    "support_recall": Meaning("share of the supported claims that were accepted"),
    "support_false_accept": Meaning("share of the other claims that were accepted", better=-1),
    "support_majority": Meaning("accuracy of always saying what is commoner", better=0),
    "support_sentence_hit@1": Meaning("a sentence marked as evidence is the closest one"),
    "support_sentence_hit@3": Meaning("a sentence marked as evidence is among the closest three"),
    "support_score": Meaning("how well the text supports the claim, as the check sees it", better=0),
    "cosine_score": Meaning("cosine of the claim and the nearest sentence", better=0),
    "overlap_score": Meaning("share of the claim's words that stand in the text", better=0),
    "says_true": Meaning("the true answer stands in what is shown"),
    "says_false": Meaning("the falsified answer stands in what is shown", better=-1),
    "says_both": Meaning("both stand there: the reader sees that the articles disagree"),
    "extraction_precision": Meaning("of the text taken from a page, the share that is the article's"),
    "extraction_recall": Meaning("of the article's text, the share that was taken from the page"),
    "extraction_f1": Meaning("harmonic mean of extraction precision and recall"),
    "extraction_f1_trafilatura": Meaning("the same of trafilatura alone", better=0),
    "extraction_f1_trafilatura_precision": Meaning("of trafilatura told to favour precision", better=0),
    "extraction_f1_trafilatura_recall": Meaning("of trafilatura told to favour recall", better=0),
    "extraction_f1_trafilatura_fast": Meaning("of trafilatura without its second opinions", better=0),
    "extraction_f1_justext": Meaning("of jusText alone", better=0),
    "extraction_f1_gain": Meaning("extraction F1 less that of trafilatura alone, on the same pages"),
    "pages_per_second": Meaning("pages read in a second", "per second"),
    "articles_per_second": Meaning("articles read, cleaned and split in a second", "per second"),
    "chunks_per_second": Meaning("chunks made in a second", "per second"),
    "read_share": Meaning("share of the articles that could be read"),
    "dated_share": Meaning("share of the articles read that bear a date"),
    "duplicate_share": Meaning("share of the articles read that repeat an earlier one", better=0),
    "crashed": Meaning("share of the batches that ended in an error", better=-1),
}

_BY_CUTOFF: dict[str, Meaning] = {
    "hit": Meaning("share of questions with a gold article among the first {k}"),
    "mrr": Meaning("mean of 1 / rank of the first gold article, 0 beyond rank {k}"),
    "ndcg": Meaning("gain of the ranking over the gain of the ideal one, to rank {k}"),
    "recall": Meaning("share of the gold articles among the first {k}"),
    "passage_hit": Meaning("one of the first {k} passages is of a gold article and overlaps a gold quote"),
    "hit_string": Meaning("a reference answer stands in one of the first {k} passages"),
}

_TIMES = {
    "latency": "until the whole answer stands",
    "first_sentence": "until the first sentence is shown",
    "retrieve": "until the passages are found",
}
_PERCENTILE = {
    "p50": "half of the questions are faster",
    "p95": "95 % of the questions are faster",
    "max": "the slowest question",
}
_WORDINGS = {"_bare": "with the question as it was typed", "_human": "with a person's wording"}

HEADLINES: dict[str, tuple[str, ...]] = {
    "ask": (
        "contains",
        "hit@1",
        "abstention_balanced_accuracy",
        "citation_verbatim",
        "citation_answer",
        "first_sentence_ms_p50",
    ),
    "retrieve": ("hit@1", "hit@10", "ndcg@10", "recall@100", "hit_string@10", "retrieve_ms_p50"),
    "support": (
        "support_auroc",
        "support_balanced_accuracy",
        "support_recall",
        "support_false_accept",
        "support_sentence_hit@1",
        "support_auroc_cosine",
    ),
    "followups": (
        "restored_f1",
        "restored_recall",
        "changed_needlessly",
        "hit@1",
        "hit@1_bare",
        "hit@1_human",
    ),
    "extraction": (
        "extraction_f1",
        "extraction_precision",
        "extraction_recall",
        "extraction_f1_trafilatura",
        "extraction_f1_gain",
        "pages_per_second",
    ),
    "ingest": (
        "articles_per_second",
        "chunks_per_second",
        "read_share",
        "dated_share",
        "duplicate_share",
        "crashed",
    ),
}
"""By task, the figures people look at first; `headlines` fills up from the rest."""

TILES = 6


def headlines(task: str, names: list[str]) -> list[str]:
    """Up to six of the metrics that are there, those that say most about the task."""
    first = [name for name in HEADLINES.get(task, HEADLINES["ask"]) if name in names]
    return first or names[:TILES]


def meaning(name: str) -> Meaning:
    """What a metric says; for one that is not known by name, what its name tells of unit and direction."""
    if name in _FIXED:
        return _FIXED[name]
    if found := re.fullmatch(r"(.+)@(\d+)(_bare|_human)?", name):
        family = _BY_CUTOFF.get(found[1])
        if family:
            text = _cutoff_text(found[1], family.text, found[2])
            return Meaning(f"{text}, {_WORDINGS[found[3]]}" if found[3] else text)
    if found := re.fullmatch(r"(.+)_ms_(p50|p95|max)", name):
        what = _TIMES.get(found[1], found[1].replace("_", " "))
        return Meaning(f"{what}; {_PERCENTILE[found[2]]}", "ms", -1)
    return Meaning("", _unit(name), _direction(name))


def _cutoff_text(family: str, text: str, k: str) -> str:
    if k != "1":
        return text.format(k=k)
    return {
        "hit": "share of questions whose first article is a gold one",
        "passage_hit": "the first passage is of a gold article and overlaps a gold quote",
        "hit_string": "a reference answer stands in the first passage",
    }.get(family, text.format(k=k))


def _unit(name: str) -> Unit:
    if "per_second" in name:
        return "per second"
    if re.search(r"(^|_)ms(_|$)", name):
        return "ms"
    if "seconds" in name:
        return "s"
    if name.endswith("bytes"):
        return "bytes"
    if name.endswith("words"):
        return "words"
    return "share"


def _direction(name: str) -> Literal[-1, 0, 1]:
    if "per_second" in name:
        return 1
    if (
        is_timing(name)
        or name.endswith(("bytes", "_mb", "_errors"))
        or name.startswith(("false_", "missed_"))
    ):
        return -1
    return 1


def unit_of(name: str, one: Estimate) -> Unit:
    """The unit of a metric; what is taken for a share but lies outside 0 to 1 is a plain number."""
    unit = meaning(name).unit
    if unit == "share" and not (0 <= one.value <= 1 and one.low >= 0 and one.high <= 1):
        return "number"
    return unit


def written(value: float, unit: Unit, digits: int = 3) -> str:
    """A number as it stands in a table: shares with `digits` decimals, the rest with what is worth reading."""
    if unit == "share":
        return f"{value:.{digits}f}"
    if unit == "ms":
        return f"{value:,.0f} ms" if abs(value) >= 10 else f"{value:.1f} ms"
    if unit == "s":
        return f"{_plain(value)} s"
    if unit == "per second":
        return f"{_plain(value)} / s"
    if unit == "bytes":
        for step, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
            if abs(value) >= step:
                return f"{value / step:.1f} {name}"
        return f"{value:.0f} B"
    return _plain(value)


def span(one: Estimate, unit: Unit, digits: int = 3) -> str:
    """The interval as "low to high", the unit said once."""
    low, high = written(one.low, unit, digits), written(one.high, unit, digits)
    number, _, name = low.partition(" ")
    if name and high.endswith(f" {name}"):
        low = number
    return f"{low} to {high}"


def arrow(name: str) -> str:
    """↑ where higher is better, ↓ where lower is, nothing where neither."""
    return {1: "↑", -1: "↓", 0: ""}[meaning(name).better]


def direction_words(name: str) -> str:
    """What the arrow says."""
    return {1: "higher is better", -1: "lower is better", 0: ""}[meaning(name).better]


def _plain(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
