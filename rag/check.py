"""Does the evidence say this? The support check of one drafted sentence against the words it cites.

A sentence passes when every number, date and name in it stands in the cited words (or in the
question), it negates exactly when they do, is no surer than they are, leaves a claim to whoever made it,
nearly all its content words stand there, in about the same order, and the fitted support score (`rag/support.py`)
finds it supported. Rules beside a model: a wrong "no" costs a quotation in its place, a wrong "yes" would be an
invented statement with a footnote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rag import exact, support
from rag import words as w
from rag.retrieve import Encodes

_CLAUSE = re.compile(
    r",\s+|;\s+|\s+[–—-]\s+|\s+\(|\s+(?=(?:which|who|where|because|while|although|and it|and the|and they)\b)"
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|did|will|would|can|could|may|might|must|should|(?!known|called|named|"
    r"based|used)[a-z]{2,}ed|said|took|made|became|began|won|led|came|went|found|held|gave|got|kept|left|lost|met|paid|"
    r"put|ran|rose|fell|saw|sent|set|sold|bought|brought|built|caught|chose|costs?|cut|drew|drove|fought|flew|grew|hit|"
    r"knew|lay|lies|stood|stands|struck|told|thought|wrote|wore|broke|sank|swam|takes|makes|comes|goes|gives|holds|shows|says)\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r";|,\s+(?:and|but|while|whereas)\b")
MIN_OVERLAP = 0.8
MIN_HELD = 0.75
MIN_COSINE = 0.5
MIN_ORDER = 0.6
MIN_NEIGHBOURS = 0.7
MIN_SUPPORT = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok` when the sentence may be shown; `support` between 0 and 1; `reason` says what failed, in
    plain words ("the number 1915 is not in the cited words"), empty when ok."""

    ok: bool
    support: float
    reason: str


def overlap(draft: Sequence[str], evidence: frozenset[str]) -> float:
    """The share of the draft's content stems that stand in the evidence (1.0 for none)."""
    return sum(stem in evidence for stem in draft) / len(draft) if draft else 1.0


def in_order(draft: Sequence[str], evidence: Sequence[str]) -> float:
    """The longest common subsequence of both, as a share of the draft's stems that occur in the
    evidence: 1.0 when the draft tells things in the evidence's order."""
    shared = [stem for stem in draft if stem in set(evidence)]
    if not shared:
        return 0.0
    row = [0] * (len(evidence) + 1)
    for stem in shared:
        diagonal = 0
        for i, other in enumerate(evidence, 1):
            diagonal, row[i] = row[i], diagonal + 1 if stem == other else max(row[i], row[i - 1])
    return row[-1] / len(shared)


def check(
    draft: str,
    cited: Sequence[str],
    question: str,
    embedder: Encodes,
    *,
    language: str = "en",
    titles: str = "",
) -> Verdict:
    """Whether `cited` (the sentences a draft cites) say what `draft` says, for an answer to `question`.

    Words of the question are granted to the draft when they name things (an answer may repeat
    them); numbers of the question are not, unless the evidence has them too. `titles` (of the cited
    articles) lend names: "the canal" in the evidence is the canal of the title.
    """
    evidence = " ".join(cited)
    if not cited or not draft.strip():
        return Verdict(False, 0.0, "it cites nothing")
    stems = w.content_stems(draft, language)
    if not stems and not w.numbers(draft):
        return Verdict(False, 0.0, "it says nothing")
    if draft.rstrip().endswith("?"):
        return Verdict(False, 0.0, "it asks instead of telling")
    missing = sorted(w.numbers(draft) - w.numbers(evidence))
    if missing:
        return Verdict(False, 0.0, f"the number {missing[0]} is not in the cited words")
    known = frozenset(w.words(f"{evidence} {titles} {question}"))
    known_stems = frozenset(w.stem(x, language) for x in known)
    for name in sorted(w.names(draft)):
        if name not in known and w.stem(name, language) not in known_stems:
            return Verdict(False, 0.0, f"the name {name!r} is not in the cited words")
    if w.negating(draft) != w.negating(evidence) and (
        w.negating(draft) or _touches_negation(stems, cited, language)
    ):
        return Verdict(False, 0.1, "one of both is negated")
    for wrong in (
        exact.wrong_date(draft, f"{evidence} {titles}"),
        exact.turned_round(draft, evidence),
        exact.against(draft, evidence),
        exact.too_certain(draft, cited, language),
        exact.unattributed(draft, cited, language),
    ):
        if wrong:
            return Verdict(False, 0.1, wrong)
    held = frozenset(w.content_stems(evidence, language))
    granted = held | frozenset(w.content_stems(f"{titles} {question}", language))
    fresh = [stem for stem in stems if stem not in frozenset(w.content_stems(question, language))]
    if overlap(stems, granted) < MIN_OVERLAP or (fresh and overlap(fresh, held) < MIN_OVERLAP):
        stray = next((s for s in stems if s not in granted), stems[0])
        return Verdict(False, 0.2, f"words such as {stray!r} are not in the cited words")
    if overlap(stems, held | frozenset(w.content_stems(titles, language))) < MIN_HELD:
        return Verdict(False, 0.2, "it takes too much from the question instead of the cited words")
    if _swapped(draft, evidence, language):
        return Verdict(False, 0.2, "it tells things in another order than the cited words")
    sources = [w.content_stems(text, language) for text in (*cited, titles)]
    asked = w.content_stems(question, language)
    if neighbours(stems, sources, asked) < MIN_NEIGHBOURS:
        return Verdict(False, 0.2, "it puts words together that stand apart in the cited words")
    if mixed := _mixed(draft, cited, language):
        return Verdict(False, 0.2, f"it says of {mixed!r} what the cited words say of another")
    compared = support.compare(draft, cited, embedder, title=titles, language=language)
    if compared.cosine < MIN_COSINE and len(stems) > 3:
        return Verdict(False, max(compared.cosine, 0.0), "its meaning is too far from the cited words")
    likely = support.probability(compared)
    if likely < MIN_SUPPORT:
        return Verdict(False, round(likely, 3), "it is not supported well enough by the cited words")
    return Verdict(True, round(likely, 3), "")


def answers(draft: str, question: str, *, language: str = "en") -> str:
    """Why a draft cannot be an answer to the question ("" when it can): it only repeats the
    question, or holds nothing of the kind asked for."""
    asked = frozenset(w.content_stems(question, language))
    fresh = [stem for stem in w.content_stems(draft, language) if stem not in asked]
    kind = w.wanted_kind(question)
    if language == "en" and not _VERB.search(draft):  # of other languages the verbs are not listed
        return "it is no sentence"
    if not fresh and kind != "yes-no":
        return "it only repeats the question"
    if kind in ("when", "number", "who", "where") and w.kind_matches(kind, draft, question) < 0:
        bare = {"when": "no date", "number": "no number", "who": "no name", "where": "no place"}[kind]
        if kind in ("who", "where") and len(draft.split()) < 8 and any(t[0].isupper() for t in draft.split()):
            return ""
        return f"it holds {bare}"
    return ""


def question_share(draft: str, cited: str, question: str, language: str = "en") -> float:
    """The share of the question's content stems that stand in the draft or the sentence it rests
    on; 1.0 for a question without content words."""
    asked = frozenset(w.content_stems(question, language))
    held = frozenset(w.content_stems(f"{draft} {cited}", language))
    return len(asked & held) / len(asked) if asked else 1.0


def neighbours(
    draft: Sequence[str], sources: Sequence[Sequence[str]], asked: Sequence[str] = (), window: int = 4
) -> float:
    """The share of the draft's neighbouring content stems that also stand close together (within
    `window` stems, in either order) in one of the sources, or side by side in the question; 1.0 when
    there are no pairs. Right words in wrong company ("the Professional edition was designed for
    consumers") give themselves away."""
    pairs = [(a, b) for a, b in pairwise(draft) if a != b]
    if not pairs:
        return 1.0
    close = set(pairwise(asked))
    for source in sources:
        for i, a in enumerate(source):
            for b in source[i + 1 : i + 1 + window]:
                close |= {(a, b), (b, a)}
    return sum(pair in close for pair in pairs) / len(pairs)


def dangling(draft: str) -> bool:
    """True for a sentence that was cut off: it ends in a function word or a lone letter, or leaves
    a bracket or a quotation mark open."""
    last = w.words(draft)[-1:]
    return (
        not last
        or (
            w.is_stop(last[0])
            and last[0]
            not in (
                "so",
                "again",
                "once",
                "more",
                "most",
                "other",
                "out",
                "up",
                "own",
                "over",
                "it",
                "them",
                "him",
                "her",
                "us",
                "you",
                "there",
                "here",
                "not",
                "no",
            )
        )
        or draft.count("(") != draft.count(")")
        or draft.count('"') % 2 == 1
        or draft.count("“") != draft.count("”")
    )


def shorter(draft: str) -> list[str]:
    """The draft without its last clauses, longest first: a small model tends to say the answer and
    then go on. Cut before a comma or a joining word that opens a clause; at least four words stay."""
    found: list[str] = []
    for match in reversed(list(_CLAUSE.finditer(draft))):
        head = draft[: match.start()].rstrip(" ,;:–—-(")
        if len(head.split()) >= 4 and head.count("(") == head.count(")") and head.count('"') % 2 == 0:
            found.append(f"{head}.")
    return found[-3:]


def _touches_negation(stems: Sequence[str], cited: Sequence[str], language: str) -> bool:
    """True when the clause that the draft retells is the negated one."""
    wanted = set(stems)
    for sentence in cited:
        for clause in re.split(r"[,;:–—]| (?:and|but|while|although|which|because) ", sentence):
            if w.negating(clause) and len(wanted & set(w.content_stems(clause, language))) >= 2:
                return True
    return False


def _mixed(draft: str, cited: Sequence[str], language: str) -> str:
    """A name of the draft that never shares a clause of the cited words with most of what the draft
    says ("" for none): "Home is for consumers, and Professional for business" tells of two things."""
    clauses = [set(w.content_stems(part, language)) for text in cited for part in _CLAUSES.split(text)]
    if len(clauses) <= len(cited):
        return ""
    stems = set(w.content_stems(draft, language))
    for name in w.names(draft):
        own = w.stem(name, language)
        homes = [clause for clause in clauses if own in clause]
        others = stems - {own}
        if homes and others and max(len(others & clause) for clause in homes) < 0.5 * len(others):
            return name
    return ""


def _swapped(draft: str, evidence: str, language: str) -> bool:
    """True when what the draft takes from the evidence stands there in another order, as in
    "Iran invaded Russia" from "Russia invaded Iran". Passive voice may turn things round, so a
    draft with "by" is only held to half of it."""
    stems, source = w.content_stems(draft, language), w.content_stems(evidence, language)
    least = MIN_ORDER / 2 if " by " in f" {draft.lower()} " else MIN_ORDER
    if len(stems) <= 3:
        least = 0.9 if " by " not in draft else least
    return in_order(stems, source) < least and bool(set(stems) & set(source))


@dataclass(frozen=True, slots=True)
class Support:
    """Whether some sentences support a statement: `ok` by score and exact comparisons together, `score`
    the fitted one between 0 and 1, the indices of the sentences it was checked against, the closest first, and
    the largest cosine of the statement with any sentence."""

    ok: bool
    score: float
    sentences: tuple[int, ...]
    cosine: float = 0.0


def supports(
    statement: str,
    sentences: Sequence[str],
    embedder: Encodes,
    *,
    language: str = "en",
    titles: str = "",
) -> Support:
    """Whether the closest of `sentences` (say, all those of an article) say `statement`.

    The score is the fitted one (see `rag/support.py`), which exact faults leave as it is: a number that is not
    there, a word turned round, a negation on one side only, or the sentences' words joined otherwise make a
    statement unsupported (`ok`) whatever its score. A few words that stand in a sentence as they are rest on it: no comparison
    of meanings could judge "1893".
    """
    if not sentences or not statement.strip():
        return Support(False, 0.0, ())
    for number, sentence in enumerate(sentences):
        if stands_in(statement.rstrip(" ."), sentence):
            return Support(True, 1.0, (number,), 1.0)
    compared = support.compare(statement, sentences, embedder, title=titles, language=language)
    likely = support.probability(compared)
    near = " ".join(sentences[i] for i in sorted(compared.closest))
    faulty = (
        w.numbers(statement) - w.numbers(" ".join([*sentences, titles]))
        or exact.turned_round(statement, near)
        or w.negating(statement) != w.negating(sentences[compared.closest[0]])
    )
    ok = likely >= MIN_SUPPORT and not faulty and not support.joined_otherwise(compared)
    return Support(ok, likely, compared.closest, compared.cosine)


def stands_in(words: str, text: str) -> tuple[int, int] | None:
    """Where words stand in a text as they are, the case of letters and blanks aside: (start, end), or None."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    if not pattern:
        return None
    match = re.search(rf"(?<!\w){pattern}(?!\w)", text) or re.search(
        rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE
    )
    return match.span() if match else None


def nearest(draft: str, sentences: Sequence[str], embedder: Encodes) -> int:
    """Which sentence a draft without a marker rests on: the index of the closest, -1 for none."""
    if not sentences:
        return -1
    _, cosines, shares = support.closeness(draft, sentences, embedder)
    best = int(np.argmax(cosines + shares))
    return best if cosines[best] > 0.3 else -1
