"""Examples for the evidence model: passages found by the product's own retrieval, and statements.

A group is one question with the passage that answers it (if any) and hard passages that do not, found
by both retrievers over the set's own pages. Statements are made from the pages' sentences and from
questions with their answers; wrong ones by exchanging a name or a number, by negating, by joining
the beginning of one sentence with the end of another, and by another answer of the same kind from
the same passage.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.build import build_index
from index.embed import SentenceEmbedder
from index.library import Library
from index.schema import Chunk
from index.split import is_heading, sentence_spans
from rag import words as w
from rag.evidence_model import Reading, context_of
from rag.training.sets import Asked, Pages

log = logging.getLogger(__name__)
NAME = re.compile(r"\b[A-Z][\w'’-]+(?:\s+(?:of\s+|the\s+|de\s+)?[A-Z][\w'’-]+)*")
NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_VERB = re.compile(r"\b(?:is|are|was|were|has|had|have|will|would|can|could|[a-z]{3,}ed)\b")
_BE = re.compile(r"\b(is|are|was|were|has|had|have|will|would|can|could|did|does|do)\b")
RIGHT, WRONG, EITHER = 1, 0, -1


@dataclass(frozen=True, slots=True)
class Text:
    """One passage with its sentences; `labels` says of each RIGHT, WRONG or EITHER (not counted);
    `answer` is the annotated answer's span in `text`."""

    context: str
    text: str
    spans: tuple[tuple[int, int], ...]
    labels: tuple[int, ...]
    answer: tuple[int, int] | None = None

    def reading(self, asked: str) -> Reading:
        return Reading(asked, self.context, self.text, self.spans)


@dataclass(frozen=True, slots=True)
class Group:
    """One question: `gold` the passages with its answer, `others` passages without, nearest first."""

    question: str
    page: str
    gold: tuple[Text, ...]
    others: tuple[Text, ...]
    answers: tuple[str, ...]


def text_of(chunk: Chunk, title: str, item: Asked | None) -> Text:
    """A chunk as a passage, labelled for a question asked of its page (None: of another page)."""
    spans = tuple(
        (s, e)
        for s, e in sentence_spans(chunk.text, "en")
        if not is_heading(chunk.text[s:e]) and w.content_stems(chunk.text[s:e])
    )
    labels: list[int] = []
    answer = None
    for start, end in spans:
        label = WRONG
        for a, b in item.spans if item else ():
            a, b = a - chunk.start, b - chunk.start
            if (start <= a and b <= end) or (item and item.whole and a <= start and end <= b):
                label = RIGHT
                if not (item and item.whole) and answer is None:
                    answer = (a, b)
        if label == WRONG and item:
            said = chunk.text[start:end].lower()
            label = EITHER if any(s and s in said for s in item.strings) else WRONG
        labels.append(label)
    return Text(context_of(title, chunk.heading), chunk.text, spans, tuple(labels), answer)


def groups_of(
    pages: Pages, asked: Sequence[Asked], embedder: SentenceEmbedder, folder: Path, depth: int = 8
) -> list[Group]:
    """The groups of a set, candidates of each retriever in turn."""
    place = folder / pages.label
    build_index(place, [pages], embedder=embedder)
    library = Library.open(place, embedder=embedder)
    found: list[Group] = []
    vectors = embedder.encode([item.question for item in asked])
    chunks_of: dict[str, list[Chunk]] = {}
    ids = {article.external_id: article.id for article in library.articles()}
    for number, (item, vector) in enumerate(zip(asked, vectors, strict=True)):
        if number % 1000 == 0:
            log.info("%s: passages of %d of %d questions", pages.label, number, len(asked))
        if item.page not in ids:
            continue
        mine = chunks_of.setdefault(item.page, library.chunks_of(ids[item.page]))
        gold: list[Text] = []
        for chunk in mine:
            if any(chunk.start <= a and b <= chunk.end for a, b in item.spans):
                text = text_of(chunk, item.page.replace("_", " "), item)
                if RIGHT in text.labels:
                    gold.append(text)
        if item.spans and not gold:
            continue
        hits = [library.dense(vector, depth), library.lexical(item.question, depth)]
        order = dict.fromkeys(
            hit.chunk_id
            for pair in zip(*(h + [None] * (depth - len(h)) for h in hits), strict=True)
            for hit in pair
            if hit is not None
        )
        others: list[Text] = []
        for chunk, article in library.with_articles(list(order)).values():
            own = article.external_id == item.page
            text = text_of(chunk, article.title, item if own else Asked("", "", (), item.strings))
            if RIGHT not in text.labels and len(others) < 6:
                others.append(text)
        found.append(
            Group(item.question, f"{pages.label}/{item.page}", tuple(gold[:2]), tuple(others), item.strings)
        )
    library.close()
    return found


def disguise(question: str, sentence: str, chance: random.Random) -> str:
    """The question with some of the content words it shares with the sentence left out, so that common
    words are not all that is learnt."""
    shared = set(w.content_stems(sentence))
    kept = [
        token
        for token in question.split()
        if not (
            (stems := w.content_stems(token))
            and stems[0] in shared
            and not token[0].isupper()
            and chance.random() < 0.45
        )
    ]
    return " ".join(kept) if len(kept) >= 3 else question


VAGUE = {
    "when": ("at some point", "later on", "some time ago", "one day"),
    "number": ("some", "a number of", "several", "many"),
    "who": ("someone", "a person", "somebody else", "one of them"),
    "where": ("somewhere", "a place", "elsewhere"),
    "": ("something", "one of them", "a thing", "such"),
}
_LEAD = r"(?:\b(?:in|on|at|by|from|of|to|for|with|since|until|about|around|as)\s+)?(?:\b(?:the|a|an)\s+)?"


def blurred(sentence: str, answer: str, question: str, chance: random.Random) -> str:
    """The sentence with the answer taken out, or a vague word in its place: it repeats what the question says
    and does not answer it. "" where too little would be left of it, or the answer stands in it twice."""
    if len(answer) < 2 or len(answer) > 0.5 * len(sentence) or sentence.lower().count(answer.lower()) != 1:
        return ""
    place = re.search(re.escape(answer), sentence, re.IGNORECASE)
    led = re.search(_LEAD + re.escape(answer), sentence, re.IGNORECASE)
    if place is None or led is None:
        return ""
    if chance.random() < 0.5:
        made = f"{sentence[: led.start()]} {sentence[led.end() :]}"
    else:
        vague = chance.choice(VAGUE.get(w.wanted_kind(question), VAGUE[""]))
        a = led.start() if vague[0:2] in ("at", "la", "so", "on") and chance.random() < 0.7 else place.start()
        made = f"{sentence[:a]} {vague} {sentence[place.end() :]}"
    made = re.sub(r"\s+", " ", made).strip()
    made = re.sub(r"\s+([.,;:!?)])", r"\1", made)
    made = re.sub(r"([(,;])[,;]", r"\1", made).replace("()", "")
    return made[:1].upper() + made[1:] if len(w.content_stems(made)) >= 3 else ""


def asked_again(question: str, chance: random.Random) -> str:
    """A sentence that asks the question once more, as articles do, and does not answer it."""
    bare = question.rstrip("? ").strip()
    bare = bare[:1].lower() + bare[1:]
    frame = chance.choice(
        (
            "{}?",
            "Many people ask {}.",
            "It was not said {}.",
            "A question remains: {}?",
            "Reporters wanted to know {}.",
        )
    )
    made = frame.format(bare)
    return made[:1].upper() + made[1:]


def with_sentence(text: Text, sentence: str, place: int) -> Text:
    """The passage with one more sentence, which answers nothing, before its sentence number `place`."""
    at = text.spans[place][0] if place < len(text.spans) else len(text.text)
    put = f"{sentence} " if place < len(text.spans) else f" {sentence}"
    here = at if place < len(text.spans) else at + 1
    moved = tuple((a + len(put), b + len(put)) if a >= at else (a, b) for a, b in text.spans)
    spans = (*moved[:place], (here, here + len(sentence)), *moved[place:])
    labels = (*text.labels[:place], WRONG, *text.labels[place:])
    answer = text.answer
    if answer is not None and answer[0] >= at:
        answer = (answer[0] + len(put), answer[1] + len(put))
    return Text(text.context, text.text[:at] + put + text.text[at:], spans, labels, answer)


def with_changed(text: Text, place: int, sentence: str) -> Text:
    """The passage with its sentence number `place` exchanged for one that answers nothing."""
    start, end = text.spans[place]
    shift = len(sentence) - (end - start)
    spans = tuple(
        (a, a + len(sentence)) if i == place else (a + shift, b + shift) if a >= end else (a, b)
        for i, (a, b) in enumerate(text.spans)
    )
    labels = tuple(WRONG if i == place else label for i, label in enumerate(text.labels))
    answer = text.answer
    if answer is not None:
        answer = None if start <= answer[0] < end else answer
    if answer is not None and answer[0] >= end:
        answer = (answer[0] + shift, answer[1] + shift)
    return replace(
        text, text=text.text[:start] + sentence + text.text[end:], spans=spans, labels=labels, answer=answer
    )


def exchanged(text: str, pool: str, held: str, chance: random.Random, skip: int = 0) -> str:
    """`text` with one name or number exchanged for another of `pool` that does not stand in `held`;
    "" where there is none. Words before `skip` stay."""
    low = held.lower()
    for pattern in chance.sample([NAME, NUMBER], 2):
        places = [m for m in pattern.finditer(text) if m.start() >= skip and m.group() not in OPENERS]
        new = [m for m in dict.fromkeys(x.group() for x in pattern.finditer(pool)) if m.lower() not in low]
        new = [n for n in new if len(n) > 1 and not w.is_stop(n.lower())]
        if places and new:
            place, word = chance.choice(places), chance.choice(new)
            return text[: place.start()] + word + text[place.end() :]
    return ""


OPENERS = frozenset(
    ("The", "This", "In", "It", "A", "An", "What", "Who", "When", "Where", "Which", "How", "Why")
)


def negated(text: str) -> str:
    """The statement turned round by "not" after its first auxiliary verb, or without its "not"."""
    if re.search(r"\b(?:not|never)\b", text):
        return re.sub(r"\s*\b(?:not|never)\b", "", text, count=1)
    return _BE.sub(lambda m: f"{m.group()} not", text, count=1) if _BE.search(text) else ""


def shortened(text: str, chance: random.Random) -> str:
    """The statement without one of its clauses or brackets, where it has such; else itself."""
    cuts = [
        re.sub(r"\s*\([^()]*\)", "", text),
        re.sub(r",\s[^,]{3,80},\s", " ", text, count=1),
        re.sub(r",\s[^,]{3,120}\.$", ".", text),
        re.sub(r"^[^,]{3,60},\s", "", text),
    ]
    cuts = [c[:1].upper() + c[1:] for c in cuts if c != text and len(c.split()) >= 5]
    return chance.choice(cuts) if cuts else text


def joined(one: str, other: str) -> str:
    """The beginning of one sentence with what another says from its verb on; "" where there is no verb."""
    a, b = _VERB.search(one, 8), _VERB.search(other, 8)
    if not a or not b:
        return ""
    return f"{one[: a.start()].rstrip()} {other[b.start() :]}"


def statement_of(group: Group, chance: random.Random) -> tuple[Reading, bool] | None:
    """A statement with a few sentences, and whether these support it; None where none can be made."""
    text = chance.choice(group.gold) if group.gold else chance.choice(group.others) if group.others else None
    if text is None or not text.spans:
        return None
    sentences = [text.text[a:b] for a, b in text.spans]
    right = next((i for i, label in enumerate(text.labels) if label == RIGHT), None)
    if right is not None and text.answer and chance.random() < 0.45:
        answer = text.text[slice(*text.answer)]
        place = right
        window = sentences[max(0, right - chance.randint(0, 1)) : right + 1 + chance.randint(0, 1)]
        held = " ".join(window)
        good = chance.random() < 0.5
        if not good:
            pattern = NUMBER if NUMBER.search(answer) else NAME
            pool = held if chance.random() < 0.6 else text.text
            others = [
                m.group()
                for m in pattern.finditer(pool)
                if m.group() not in answer
                and answer not in m.group()
                and m.group() not in OPENERS
                and m.group().lower() not in group.question.lower()
            ]
            if not others:
                return None
            answer = chance.choice(others)
        asked = f"{group.question} {answer}"
    else:
        usable = [i for i, s in enumerate(sentences) if 7 <= len(s.split()) <= 50]
        if not usable:
            return None
        place = chance.choice(usable)
        near = range(max(0, place - 1), min(len(sentences), place + 2))
        window = [sentences[i] for i in near]
        held = " ".join(window)
        asked, good = sentences[place], chance.random() < 0.45
        if chance.random() < 0.6:
            asked = shortened(asked, chance)
        if not good:
            how = chance.random()
            if how < 0.4:
                asked = exchanged(asked, text.text, sentences[place], chance)
            elif how < 0.55:
                asked = negated(asked)
            elif how < 0.85:
                other = chance.choice([i for i in range(len(sentences)) if i != place] or [place])
                if other == place:
                    return None
                asked = joined(asked, sentences[other])
                if other not in near:
                    window.append(sentences[other])
                    held = " ".join(window)
            else:
                far = [s for i, s in enumerate(sentences) if i not in near]
                if not far:
                    return None
                window = far[:3]
                held = " ".join(window)
            if not asked:
                return None
    if chance.random() < 0.15:
        asked = asked.lower()
    spans: list[tuple[int, int]] = []
    at = 0
    for sentence in window:
        spans.append((at, at + len(sentence)))
        at += len(sentence) + 1
    return Reading(asked, text.context, held, tuple(spans)), good
