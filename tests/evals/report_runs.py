"""Generated runs for tests of the report: rows of all sorts, the same for the same arguments."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from evals import intervals
from evals.intervals import Estimate
from evals.rows import Part, Row, Run

KINDS = ("date", "number", "who", "why", "yes-no", "follow-up", "two-articles", "definition")
PLACES = ("Lisbon", "Turin", "Bergen", "Riga", "Kyoto", "Quito", "Cork", "Malmö", "Ghent", "Osaka")
THINGS = ("bridge", "canal", "observatory", "library", "tramway", "lighthouse", "opera house", "dam")

HOSTILE = (
    "<script>window.ran = 1</script>",
    "</script><script>window.ran = 2</script>",
    "<!-- <script> -->",
    "<img src=x onerror=\"window.ran = 3\">",
    "line\u2028and\u2029paragraph",
    "null\x00byte and bell\x07",
    "half \ud800 a pair",
    "\u202eright to left\u202c and \u2066isolated",
    "quotes \" ' ` & &amp; &lt;b&gt;",
    "{{ 7 * 7 }} {% raw %} ${window.ran = 4}",
    "javascript:window.ran=5",
    "]]> <svg onload=window.ran=6> $x_1$ \\alpha",
    "السلام عليكم 12 עברית",
)  # fmt: skip
"""Texts that would run, break or hide something on a careless page."""


def estimate(values: Sequence[float]) -> Estimate:
    """A mean with its interval."""
    return intervals.mean(list(values))


def generated_row(chance: random.Random, number: int, *, part: str, skill: float) -> Row:
    """One question: answered rightly or wrongly, abstained, or failed; quoted or drafted."""
    answerable = chance.random() < 0.75
    thing, place = chance.choice(THINGS), chance.choice(PLACES)
    year = str(chance.randrange(1820, 2020))
    question = f"When did the {thing} of {place} open, and who paid for it ({number})?"
    kind = chance.choice(KINDS) if answerable else "unanswerable"
    gold = {f"{place.lower()}-{thing.replace(' ', '-')}.md": 1} if answerable else {}
    others = [
        f"{other.lower()}-{chance.choice(THINGS).replace(' ', '-')}-{number % 17}.md" for other in PLACES
    ]
    rank = min(int(chance.expovariate(0.9 * skill)), 12)
    ranking = [*others[:rank], *gold, *others[rank:]] if rank < 12 else others
    confidence = min(0.99, max(0.01, chance.gauss(0.68 if answerable else 0.38, 0.17)))
    scores: dict[str, float] = {}
    if answerable:
        scores |= {f"hit@{k}": float(rank < k) for k in (1, 4, 10)}
        scores |= {"mrr@10": 1 / (rank + 1) if rank < 10 else 0.0, "recall@100": float(rank < 12)}
        scores |= {f"passage_hit@{k}": float(rank + chance.randrange(3) < k) for k in (1, 4, 10)}
        scores |= {f"hit_string@{k}": float(rank + chance.randrange(2) < k) for k in (1, 4, 10)}
    base: dict[str, Any] = {
        "id": f"{part}-{number:04}", "question": question, "part": part, "kind": kind, "language": "en",
        "answerable": answerable, "gold": gold, "ranking": tuple(ranking),
        "references": (year, f"in {year}") if answerable else (),
    }  # fmt: skip
    first = chance.lognormvariate(5.3, 0.35)
    times = {
        "retrieve": first * 0.3,
        "first_sentence": first,
        "total": first + chance.lognormvariate(7.2, 0.5),
    }
    if chance.random() < 0.015:
        scores |= (
            {"contains": 0.0, "em": 0.0, "f1": 0.0, "false_abstention": 1.0}
            if answerable
            else {"abstention_recall": 0.0}
        )
        return Row(answer="", scores=scores, error="the model server at port 11434 does not answer", **base)
    if confidence < 0.5:
        scores |= (
            {"contains": 0.0, "em": 0.0, "f1": 0.0, "false_abstention": 1.0}
            if answerable
            else {"abstention_recall": 1.0}
        )
        return Row(
            answer="The articles do not answer this question.", scores=scores, abstained=True, confidence=confidence,
            reason=f"the best evidence is too weak ({confidence:.2f}, needed 0.50)",
            timings_ms={"retrieve": first * 0.3, "first_sentence": first, "total": first}, **base,
        )  # fmt: skip
    return _answered(chance, base, scores, confidence, times, year, thing, place, rank, skill)


def _answered(
    chance: random.Random,
    base: dict[str, Any],
    scores: dict[str, float],
    confidence: float,
    times: dict[str, float],
    year: str,
    thing: str,
    place: str,
    rank: int,
    skill: float,
) -> Row:
    right = base["answerable"] and chance.random() < 0.7 * skill
    said = year if right else str(int(year) + 7)
    quote = f"The {thing} of {place} was opened in {said} in the presence of the mayor and some four thousand guests."
    before = f"Work began after the flood, and for eleven years it was the talk of {place}. "
    after = " It cost three times what the council had set aside; a lottery paid for the rest, and its last debt was settled a generation later."
    cited = chance.random() > 0.06
    draft = chance.random() < 0.4
    title = f"How the {thing} of {place} came about"
    citations = [
        {
            "marker": 1, "article_id": f"a{rank}", "external_id": base["ranking"][0], "title": title,
            "url": f"https://www.example.org/{place.lower()}/{thing.replace(' ', '-')}", "published": f"2024-0{rank % 8 + 1}-11",
            "quote": quote, "start": len(before), "end": len(before) + len(quote), "before": before, "after": after,
        }
    ]  # fmt: skip
    shown = [{"text": quote, "origin": "quote", "markers": [1] if cited else [], "support": 1.0}]
    if draft:
        shown.append({"text": f"So it opened in {said}.", "origin": "draft", "markers": [1], "support": 0.91})
    dropped = []
    if chance.random() < 0.2:
        dropped.append({"text": f"It was opened by the king in {int(said) + 1}.", "reason": f"the number {int(said) + 1} is not in the cited words", "replaced": chance.random() < 0.7})  # fmt: skip
    replaced = sum(one["replaced"] for one in dropped)
    scores |= {
        "citation_valid": float(cited),
        "citation_verbatim": float(cited),
        "answer_words": 18.0 + 6 * draft,
    }
    if base["answerable"]:
        scores |= {"contains": float(right), "em": 0.0, "f1": 0.16 * right, "false_abstention": 0.0}
        scores |= {
            "citation_answer": float(right),
            "citation_gold_precision": float(rank == 0),
            "citation_gold_recall": float(rank == 0),
        }
    else:
        scores["abstention_recall"] = 0.0
    return Row(
        answer=" ".join(f"{one['text']} [1]" for one in shown),
        scores=scores,
        answered=True,
        confidence=confidence,
        standalone_question=base["question"].replace("it", "the building") if base["kind"] == "follow-up" else base["question"],
        shown=tuple(shown),
        dropped=tuple(dropped),
        citations=tuple(citations) if cited else (),
        counts={"shown": len(shown), "drafts_shown": int(draft), "replaced": replaced, "dropped": len(dropped) - replaced},
        timings_ms={name: round(value, 1) for name, value in times.items()},
        warning="the model server was slow" if chance.random() < 0.01 else "",
        **base,
    )  # fmt: skip


def metrics_of(rows: Sequence[Row]) -> dict[str, Estimate]:
    """The metrics of generated rows, as a run has them."""
    names = dict.fromkeys(name for row in rows for name in row.scores if name != "answer_words")
    found = {name: estimate([row.scores[name] for row in rows if name in row.scores]) for name in names}
    if words := [row.scores["answer_words"] for row in rows if "answer_words" in row.scores]:
        found["answer_words"] = intervals.quantile(words, 0.5)
    kinds = [row.answerable for row in rows]
    if "abstention_recall" in found and any(kinds) and not all(kinds):
        right = [
            1.0 - row.scores["false_abstention"] if row.answerable else row.scores["abstention_recall"]
            for row in rows
        ]
        found["abstention_balanced_accuracy"] = intervals.balanced_accuracy(right, kinds)
        found["risk_coverage_area"] = intervals.risk_coverage_area(
            [0.0 if row.error else row.confidence for row in rows],
            [float(bool(row.error) or not row.answerable) for row in rows],
        )
    made = [row.counts for row in rows if row.counts]
    if made:
        found["drafted_share"] = intervals.ratio(
            [one["drafts_shown"] for one in made], [one["shown"] for one in made]
        )
    for key, name in (("total", "latency_ms"), ("first_sentence", "first_sentence_ms")):
        times = [
            row.timings_ms[key] for row in rows if key in row.timings_ms and (row.answered or key == "total")
        ]
        if times:
            found |= {
                f"{name}_p50": intervals.quantile(times, 0.5),
                f"{name}_p95": intervals.quantile(times, 0.95),
            }
    return found


def generated_run(
    n: int = 300,
    *,
    seed: int = 1,
    skill: float = 1.0,
    parts: Sequence[str] = ("news",),
    extra: Sequence[Row] = (),
    **known: Any,
) -> Run:
    """A run of `n` questions in each part; `skill` makes another one better or worse on the same questions."""
    rows: list[Row] = []
    written: list[Part] = []
    for name in parts:
        own = [
            generated_row(random.Random(f"{seed} {name} {number}"), number, part=name, skill=skill)
            for number in range(n)
        ]
        own += [row for row in extra if row.part == name]
        rows += own
        failed = sum(bool(row.error) for row in own)
        degraded = sum(bool(row.warning) for row in own)
        written.append(
            Part(name, "ask", len(own), failed, degraded, "d" * 64, "e" * 64, ("two articles share a title",), metrics_of(own), {"articles": 2400.0, "chunks": 16031.0, "bytes": 4.1e7})
        )  # fmt: skip
    whole: dict[str, Any] = {
        "suite": " ".join(parts), "n": len(rows), "failed": sum(bool(row.error) for row in rows),
        "degraded": sum(bool(row.warning) for row in rows), "data_sha256": "d" * 64, "settings_hash": f"{seed}a" * 32,
        "index_settings_hash": "b" * 64,
        "settings": {"abstain_threshold": 0.5, "engine": "model", "top_k": 6, "retriever": "hybrid", "quote_sentences": 3},
        "commit": "c4db3b47a7f1d52dcb01b6a2c4db3b47a7f1d52d", "date": "2026-11-23T10:12:00+00:00", "seed": 0, "limit": None,
        "engine": "model", "model": "SmolLM2-135M", "retriever": "hybrid", "metrics": metrics_of(rows),
        "parts": tuple(written), "rows": tuple(rows), "timing": {"cold_ms": 2100.0, "seconds": 640.0},
    }  # fmt: skip
    return Run(**(whole | known))


def hostile_row(text: str, number: int, part: str = "news") -> Row:
    """A row whose every text is `text`."""
    return Row(
        id=f"hostile-{number} {text}", question=text, answer=f"{text} [1]", part=part, kind=text, language=text, answered=True,
        scores={"contains": 0.0, "false_abstention": 0.0}, reason=text, standalone_question=f"{text}?", warning=text,
        references=(text,), gold={text: 1}, ranking=(text,), confidence=0.9,
        shown=({"text": text, "origin": "draft", "markers": [1], "support": 0.8},),
        dropped=({"text": text, "reason": text, "replaced": True},),
        citations=(
            {"marker": 1, "article_id": text, "external_id": text, "title": text, "url": text, "published": text, "quote": text,
             "start": 0, "end": 1, "before": text, "after": text},
        ),
        counts={"shown": 1, "drafts_shown": 1, "replaced": 1, "dropped": 0}, timings_ms={"total": 900.0, "first_sentence": 90.0},
    )  # fmt: skip
