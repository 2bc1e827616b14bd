"""The prompt and the grammar of a drafted answer: one function each, used everywhere alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.schema import Evidence, Message

ABSTAIN_WORDS = "The articles do not say."

SYSTEM = (
    "You answer a question from numbered facts taken from articles. Use only the facts. Write one to three short, "
    "complete sentences that answer the question directly, the answer first, and end each with the number of the fact it "
    "rests on in brackets, like [2]. Keep who said what. If the facts do not answer the question, write exactly: "
    f"{ABSTAIN_WORDS}"
)

# For the small bundled model: three worked examples in the same form say more than instructions. They never change,
# so llama.cpp keeps them in its prompt cache and only the new facts are read.
SMALL_SYSTEM = "Answer the question in one short sentence with words from the facts. Put the number of the fact at the end."
SHOTS: tuple[tuple[str, str], ...] = (
    (
        "[1] The bridge was closed on 3 May 1987 after cracks were found in two of its piers.\n"
        "[2] It had carried about 9,000 vehicles a day.\n\nQuestion: When was the bridge shut?",
        "The bridge was closed on 3 May 1987 [1].",
    ),
    (
        "[1] The museum sold its oldest map in spring.\n"
        "[2] The director called the sale painful but necessary, because the roof had to be mended.\n\n"
        "Question: Why did the museum sell the map?",
        "The sale was necessary because the roof had to be mended [2].",
    ),
    (
        "[1] Farmers in the valley grow mostly olives.\n[2] In 2009 the valley had 412 farms, half as many as in 1950.\n\n"
        "Question: How many farms were there in the valley in 2009?",
        "The valley had 412 farms in 2009 [2].",
    ),
)


def evidence_lines(evidence: Sequence[Evidence], *, dates: bool = True) -> str:
    """The numbered facts, one a line: "[1] (2024-10-14) The canal opened ..."."""
    lines: list[str] = []
    for number, item in enumerate(evidence, 1):
        published = item.passage.article.published
        stamp = f"({published.isoformat()}) " if dates and published else ""
        lines.append(f"[{number}] {stamp}{' '.join(item.text.split())}")
    return "\n".join(lines)


def messages(question: str, evidence: Sequence[Evidence], *, small: bool) -> list[Message]:
    """The whole prompt; `small` is the bundled model's few-shot form."""
    asked = f"Question: {question.strip()}"
    if not small:
        return [Message("system", SYSTEM), Message("user", f"{evidence_lines(evidence)}\n\n{asked}")]
    made = [Message("system", SMALL_SYSTEM)]
    for shot, reply in SHOTS:
        made += [Message("user", shot), Message("assistant", reply)]
    return [*made, Message("user", f"{evidence_lines(evidence, dates=False)}\n\n{asked}")]


def small_grammar(facts: int) -> str:
    """One sentence for the bundled model: no brackets and no full stop inside (but in numbers and
    after initials), at most one marker within 1..facts. The marker may be left out: made to write
    one, this model goes on and on rather than to end its sentence (docs/decisions.md)."""
    numbers = " | ".join(f'"{number}"' for number in range(1, facts + 1))
    return (
        'root ::= [A-Z0-9"] piece{5,160} (" [" number "]")? "."\n'
        'piece ::= [^\\[\\]\\n.!?] | [0-9] "." [0-9] [0-9]? [ %] | " " [A-Z] ". "\n'
        f"number ::= {numbers}\n"
    )


def grammar(facts: int, max_sentences: int, *, may_abstain: bool) -> str:
    """A GBNF grammar that makes a malformed or out-of-range marker impossible: sentences of 8 to
    300 characters without brackets, each ending in one or two markers within 1..facts.

    https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
    """
    numbers = " | ".join(f'"{number}"' for number in range(1, facts + 1))
    more = f' (" " sentence){{0,{max_sentences - 1}}}' if max_sentences > 1 else ""
    abstain = f' | "{ABSTAIN_WORDS}"' if may_abstain else ""
    return (
        f"root ::= (sentence{more}){abstain}\n"
        'sentence ::= [^\\[\\]\\n.!? ] [^\\[\\]\\n]{7,300} " [" number "]" ("[" number "]")? "."\n'
        f"number ::= {numbers}\n"
    )


# For the bundled model with its adapter (rag/weights/adapter.gguf), which was trained on exactly these prompts.
ADAPTED_SYSTEM = "Answer from the facts."
MARK = "*"
_WORD = re.compile(r"\w[\w\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0eff]*(?:[.,]\d+)*")
_SIGNS = re.compile(r"\s?[%°€$£¥][^\w\s\[\]]*|[^\w\s\[\]]+")
_CLOSING = frozenset("%°€$£¥′″)”“\"»«’'‘….+#")
MOST_SIGNS = 8
_OPENING = re.compile(r"[$€£¥(“„\"«»‘‚'#+−±-]+$")


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of evidence as the adapted model reads it: `answer` is where in `text` the evidence model sees the
    answer, as (start, end), None where it marks none."""

    text: str
    title: str
    published: date | None = None
    answer: tuple[int, int] | None = None


def fact_of(item: Evidence, *, marked: bool) -> Fact:
    """The evidence as a fact; with `marked` its answer is marked, where it has one."""
    article = item.passage.article
    return Fact(item.text, article.title, article.published, item.answer_within if marked else None)


def adapted_text(question: str, facts: Sequence[Fact]) -> str:
    """What the adapted model is asked: the facts, numbered, under the titles of their articles (with their dates, where
    these differ), the likely answer between MARKs, then the question."""
    dated = len({fact.published for fact in facts}) > 1
    lines: list[str] = []
    above = ""
    for number, fact in enumerate(facts, 1):
        stamp = f" ({fact.published.isoformat()})" if dated and fact.published else ""
        head = f"{_plain(fact.title)}{stamp}"
        if head != above:
            lines.append(head)
            above = head
        lines.append(f"[{number}] {_marked(fact)}")
    return "\n".join([*lines, "", _plain(question)])


def adapted_messages(question: str, facts: Sequence[Fact]) -> list[Message]:
    """The whole prompt for the adapted model."""
    return [Message("system", ADAPTED_SYSTEM), Message("user", adapted_text(question, facts))]


def adapted_grammar(facts: Sequence[Fact], *, may_abstain: bool = True, yes_no: bool = False) -> str:
    """What the adapted model may write: ABSTAIN_WORDS (where it may), or words that stand side by side in one of the facts, from
    any word to any later one, perhaps behind "According to NAME, ", then that fact's marker and a full stop. With `yes_no` also
    "Yes, ..." and "No, ..." with a reason of its own words, of 1 to 240 characters. A clause of a script without blanks
    between its words counts as one word."""
    rules: list[str] = []
    begins: list[str] = []
    for number, fact in enumerate(facts, 1):
        text = _plain(fact.text)
        words = _WORD.findall(text)
        gaps = _WORD.split(text)
        rules.append(f'end{number} ::= " [{number}]."')
        for at, word in enumerate(words):
            before, behind = gaps[at], gaps[at + 1]
            ways = [f"{_literal(signs)} end{number}" for signs in _closings(behind)]
            if at + 1 < len(words) and not set("[]") & set(behind):  # the markers' own signs
                ways.append(f"{_literal(behind)} {_literal(words[at + 1])} w{number}x{at + 1}")
            rules.append(f"w{number}x{at} ::= {' | '.join([f'end{number}', *ways])}")
            signs = _OPENING.search(before)
            opening = signs.group()[-MOST_SIGNS:] if signs else ""
            some = " | ".join(_literal(opening[i:]) for i in range(len(opening)))
            lead = f"({some})? " if some else ""
            first, rest = word[0], word[1:]
            initial = f"[{first}{first.upper()}]" if first.islower() else _literal(first)
            begins.append(f"{lead}{initial} {_literal(rest)} w{number}x{at}")
    if not begins:
        return f'root ::= "{ABSTAIN_WORDS}"\n'
    ways = [f'"{ABSTAIN_WORDS}"'] if may_abstain else []
    ways.append('("According to " [^,\\[\\]\\n*]{2,60} ", ")? run')
    if yes_no:
        marks = " | ".join(f"end{number}" for number in range(1, len(facts) + 1))
        ways.append(f'("Yes" | "No") ", " [^\\[\\]\\n*!?]{{1,240}} ({marks})')
    return "\n".join([f"root ::= {' | '.join(ways)}", f"run ::= {' | '.join(begins)}", *rules, ""])


def _closings(behind: str) -> list[str]:
    """The signs behind a word that may end an answer with it: "%", " €", ".”"."""
    signs = _SIGNS.match(behind)
    run = signs.group()[:MOST_SIGNS] if signs else ""
    return [run[:n] for n in range(1, len(run) + 1) if run[n - 1] in _CLOSING]


def _literal(text: str) -> str:
    """Text as a string of a GBNF grammar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(text: str) -> str:
    """Text on one line, without what the prompt itself is made of: its marks, and the model's own control words; and without
    control characters, which would end a grammar."""
    bare = re.sub(r"[\x00-\x1f\x7f*]", " ", text)
    return re.sub(r"<(?=[|a-z_]+>|\|)", "< ", " ".join(bare.split()))


def _marked(fact: Fact) -> str:
    if fact.answer is None:
        return _plain(fact.text)
    a, b = fact.answer
    parts = [_plain(part) for part in (fact.text[:a], fact.text[a:b], fact.text[b:])]
    if not parts[1]:
        return _plain(fact.text)
    before = " " if parts[0] and fact.text[:a][-1:].isspace() else ""
    after = " " if parts[2] and fact.text[b : b + 1].isspace() else ""
    return f"{parts[0]}{before}{MARK}{parts[1]}{MARK}{after}{parts[2]}"
