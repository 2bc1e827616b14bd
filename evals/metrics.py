"""Metrics: one small pure function each, none of which asks a model to judge.

Each function scores one question and returns a number (1.0 is best unless said otherwise), or None
where the metric does not apply to it. `evals.scoring` decides which questions count; `evals.intervals`
makes a value with its interval out of the numbers.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from index.clean import normalize
from rag.schema import Answer, Citation, Passage

QUOTATION_MARKS = "\"'‘’‚‛“”„‟‹›«»「」『』〝〞〟＂＇"
"""Stripped by `normalise` besides ASCII punctuation: typeset text puts answers in curly quotes."""

_STRIPPED = str.maketrans("", "", string.punctuation + QUOTATION_MARKS)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b", re.IGNORECASE)
_COMPOUND = re.compile(r"(?<=\w)[-/‐‑‒–—](?=\w)")
_MARKER = re.compile(r"\s*\[\d+\]")


# ---- Answers ---------------------------------------------------------------------------------


def normalise(text: str) -> str:
    """SQuAD's answer normalisation (Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions"), and Unicode quotes.

    Composed characters (NFC); lower case; punctuation removed (not replaced by spaces); the words a, an, the removed; white
    space collapsed. What the official script leaves in, as dashes longer than "-", stays in.
    """
    bare = _bare(text)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def _bare(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower().translate(_STRIPPED)


def em(text: str, references: Iterable[str]) -> float:
    """Exact match (Rajpurkar et al. 2016): 1 if the normalised text equals a normalised reference."""
    plain = normalise(text)
    return float(any(plain == normalise(reference) for reference in references))


def f1(text: str, references: Iterable[str]) -> float:
    """Token F1 (Rajpurkar et al. 2016): 2PR / (P + R) over the bag of normalised words, best reference.

    P is the share of the text's words that are in the reference, R the share of the reference's in
    the text. Where one of the two has no words left, 1 if both have none, else 0 (the SQuAD 2.0 script).
    """
    return max(
        (_token_f1(normalise(text).split(), normalise(one).split()) for one in references), default=0.0
    )


def _token_f1(said: list[str], expected: list[str]) -> float:
    if not said or not expected:
        return float(said == expected)
    common = sum((Counter(said) & Counter(expected)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(expected)
    return 2 * precision * recall / (precision + recall)


def contains(text: str, references: Iterable[str]) -> float:
    """1 if a reference stands in the text, as whole words in their order, both normalised.

    The string match of open-domain question answering (Chen et al. 2017, "Reading Wikipedia"): "308"
    is not in "1308". As their tokens do, a possessive and a compound hold their words: "Manning" is
    in "Manning's", "20" in "20-yard" and "1914" in "1914–18". A reference of which normalisation
    leaves nothing ("A") is sought with its articles kept, and one of punctuation alone as it is written.
    """
    return float(any(_stands_in(text, reference) for reference in references))


def _stands_in(text: str, reference: str) -> bool:
    if normalise(reference):
        forms = (
            (normalise(text), normalise(reference)),
            (normalise(_apart(text)), normalise(_apart(reference))),
        )
        return any(f" {sought} " in f" {whole} " for whole, sought in forms if sought)
    if words := " ".join(_bare(reference).split()):
        return f" {words} " in f" {' '.join(_bare(text).split())} "
    return bool(reference.strip()) and reference.strip() in text


def _apart(text: str) -> str:
    """The words of possessives and compounds by themselves."""
    return _COMPOUND.sub(" ", _POSSESSIVE.sub("", text))


def plain_text(answer: Answer) -> str:
    """The words of an answer without its markers, which would count as words."""
    if answer.sentences:
        return " ".join(sentence.text for sentence in answer.sentences)
    return _MARKER.sub("", answer.text)


def answer_words(text: str) -> float:
    """Words between white space; reported as the median, for neither short nor long is better."""
    return float(len(text.split()))


# ---- Retrieval -------------------------------------------------------------------------------


def to_articles(passages: Iterable[Passage]) -> list[str]:
    """The articles of a passage list in the order each first appears: `Article.id`, none twice."""
    return list(dict.fromkeys(passage.article.id for passage in passages))


def ranking_scores(
    rankings: Mapping[str, Sequence[str]], grades: Mapping[str, Mapping[str, int]], names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Ranking metrics of many questions at once, by ir_measures (MacAvaney et al. 2022), as trec_eval has them.

    - `hit@k`: 1 if a relevant article is among the first k (success@k).
    - `mrr@k`: 1 / rank of the first relevant article, 0 beyond k (Voorhees 1999, TREC-8 QA).
    - `ndcg@k`: DCG / ideal DCG, DCG = sum over ranks i <= k of grade_i / log2(i + 1)
      (Järvelin and Kekäläinen 2002).
    - `recall@k`: the share of the relevant articles that is among the first k.

    Args:
        rankings: question -> articles, best first, none twice; may be empty.
        grades: question -> article -> grade (relevant above 0). A question in it without a ranking scores 0.
        names: metrics with their cutoff, as in `ndcg@10`.

    Returns:
        question -> name -> value.
    """
    import ir_measures

    families = {
        "hit": ir_measures.Success,
        "mrr": ir_measures.RR,
        "ndcg": ir_measures.nDCG,
        "recall": ir_measures.R,
    }
    measures = {}
    for name in names:
        family, cutoff = name.split("@")
        measures[families[family] @ int(cutoff)] = name
    scores: dict[str, dict[str, float]] = {question: dict.fromkeys(names, 0.0) for question in grades}
    # Questions and articles are numbered for it: trec_eval ends the process over a NUL in a name.
    questions = [question for question in grades if grades[question] and rankings.get(question)]
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    for number, question in enumerate(questions):
        # What stands below the last relevant article changes none of these metrics.
        last = max((p for p, a in enumerate(rankings[question]) if grades[question].get(a, 0) > 0), default=0)
        known = {article: str(place) for place, article in enumerate(rankings[question][: last + 1])}
        # Distinct scores, so that no tie is broken by name.
        run[str(number)] = {place: -float(place) for place in known.values()}
        qrels[str(number)] = {
            known.get(article, f"m{place}"): grade
            for place, (article, grade) in enumerate(grades[question].items())
        }
    if run:
        for metric in ir_measures.iter_calc(list(measures), qrels, run):
            scores[questions[int(metric.query_id)]][measures[metric.measure]] = float(metric.value)
    return scores


def hit_string(passages: Sequence[Passage], references: Iterable[str], k: int) -> float:
    """1 if a reference stands in one of the first k passages (`contains`): finds gold the qrels missed."""
    references = tuple(references)
    return float(any(contains(passage.chunk.text, references) for passage in passages[:k]))


def passage_hit(passages: Sequence[Passage], quotes: Iterable[str], gold: set[str], k: int) -> float:
    """1 if one of the first k passages is of a gold article and overlaps a gold quote by a character or more.

    Args:
        gold: `Article.id` of the gold articles.
    """
    patterns = [_loose(quote) for quote in quotes]
    for passage in passages[:k]:
        if passage.article.id in gold:
            start, end = passage.chunk.start, passage.chunk.end
            for pattern in patterns:
                for match in pattern.finditer(passage.article.text):
                    if match.start() < end and start < match.end():
                        return 1.0
    return 0.0


def quote_in(quote: str, text: str) -> bool:
    """Whether the words of a quote stand in a text one after the other, whatever white space is between them."""
    return _loose(quote).search(text) is not None


def _loose(quote: str) -> re.Pattern[str]:
    """The quote as cleaning leaves a text, with any white space between its words."""
    return re.compile(r"\s+".join(re.escape(word) for word in normalize(quote).split()))


# ---- Citations -------------------------------------------------------------------------------


def citation_valid(answer: Answer) -> float:
    """Share of the citations whose chunk was retrieved for this answer.

    A marker on a sentence to which no citation belongs counts as an invalid citation; an answer
    without any citation scores 0.
    """
    retrieved = {passage.chunk.id for passage in answer.passages}
    known = {citation.marker for citation in answer.citations}
    loose = {marker for sentence in answer.sentences for marker in sentence.markers} - known
    good = sum(citation.passage.chunk.id in retrieved for citation in answer.citations)
    return _share(good, len(answer.citations) + len(loose))


def citation_verbatim(answer: Answer, text_of: Callable[[Citation], str]) -> float:
    """Share of the citations whose quote is not empty and is exactly `article text[start:end]`; 0 without citations.

    Args:
        text_of: gives the stored text of the article a citation names ("" if there is none), so that
            the answer's own copy of the article is not what vouches for it.
    """
    good = sum(
        bool(citation.quote)
        and citation.start >= 0
        and text_of(citation)[citation.start : citation.end] == citation.quote
        for citation in answer.citations
    )
    return _share(good, len(answer.citations))


def citation_gold_precision(answer: Answer, gold: set[str]) -> float:
    """Share of the citations that point into a gold article; 0 without citations."""
    good = sum(citation.passage.article.id in gold for citation in answer.citations)
    return _share(good, len(answer.citations))


def citation_gold_recall(answer: Answer, gold: set[str]) -> float:
    """Share of the gold articles that are cited."""
    return _share(len(gold & {citation.passage.article.id for citation in answer.citations}), len(gold))


def citation_answer(answer: Answer, references: Iterable[str]) -> float:
    """1 if a reference stands in the words of one citation: the footnote opens on the answer."""
    references = tuple(references)
    return float(any(contains(citation.quote, references) for citation in answer.citations))


def citation_support(answer: Answer, supports: Callable[[str, Sequence[str]], bool]) -> dict[str, float]:
    """`citation_recall` and `citation_precision` as ALCE has them (Gao et al. 2023, "Enabling Large
    Language Models to Generate Text with Citations").

    Recall: the share of the sentences whose citations, taken together, support them. Precision: the
    share of the citations that are not idle; one is idle when its sentence is not supported, or when
    it does not support the sentence alone and the others do without it. A sentence whose words stand
    in a quote it cites is supported by that quote, whatever `supports` says. Notes that cite nothing ("The articles
    do not answer: ...") say nothing out of the articles and are not counted.

    Args:
        supports: judges (statement, quotes); ALCE asks a model of natural language inference here.
    """

    def supported(text: str, quotes: Sequence[str]) -> bool:
        return bool(quotes) and (any(text in quote for quote in quotes) or supports(text, quotes))

    quotes = {citation.marker: citation.quote for citation in answer.citations}
    good, used, useful = 0, 0, 0
    claims = [s for s in answer.sentences if s.markers or s.origin != "note"]
    for sentence in claims:
        cited = [quotes[marker] for marker in sentence.markers if marker in quotes]
        used += len(cited)
        if not supported(sentence.text, cited):
            continue
        good += 1
        for number, quote in enumerate(cited):
            others = [*cited[:number], *cited[number + 1 :]]
            useful += supported(sentence.text, [quote]) or not supported(sentence.text, others)
    return {
        "citation_recall": _share(good, len(claims)),
        "citation_precision": _share(useful, used),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


# ---- Engine ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SentenceCounts:
    """The sentences of one answer: shown ones (of which drafts), and drafts that were not shown.

    `drafted_share` = drafts shown / sentences shown. `replaced_share` = drafts a quotation took the
    place of / drafts made; `dropped_share` = drafts left out with nothing in their place / drafts
    made; drafts made = drafts shown + replaced + dropped. All three are ratios of sums over the
    questions, so a long answer weighs more than a short one.
    """

    shown: int
    drafts_shown: int
    replaced: int
    dropped: int

    @property
    def drafted(self) -> int:
        """Sentences the model drafted, shown or not."""
        return self.drafts_shown + self.replaced + self.dropped


def sentence_counts(answer: Answer) -> SentenceCounts:
    """Counts what became of the sentences of one answer (see `SentenceCounts`)."""
    replaced = sum(entry.replaced for entry in answer.dropped)
    return SentenceCounts(
        shown=len(answer.sentences),
        drafts_shown=sum(sentence.origin == "draft" for sentence in answer.sentences),
        replaced=replaced,
        dropped=len(answer.dropped) - replaced,
    )
