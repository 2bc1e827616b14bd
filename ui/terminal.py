"""Answers for terminals and pipes: rich text that grows while it is written, plain text, and JSON.

Nothing from an article is taken as markup or passed on as a control sequence.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerSentence,
    Citation,
    Failed,
    Finished,
    Passage,
    Rewritten,
    Sentence,
    answer_parts,
    citation_fields,
)
from rag.wording import nested

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

NEAREST = 3
"""Passages offered when Footnote abstains."""

ALSO_IN = 8
"""Other places of one article that are named."""

CONTEXT = 90
"""Characters of the article shown on each side of quoted words, on a terminal."""

TIMINGS = ("retrieve", "evidence", "draft", "check", "total")

# C0 and C1 control characters, save tab and newline, and what turns the direction of writing round: an
# article must not steer the terminal.
_STEERING = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SPACE = re.compile(r"\s+")
_ESCAPED = {code: f"\\u{code:04x}" for code in _STEERING}
_CONTROLS = {code: None for code in _STEERING if chr(code) not in "\t\n"}


def answer_json(answer: Answer) -> dict[str, Any]:
    """The object `footnote ask --json` prints; offsets count code points of the article's text."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "text": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "confidence": answer.confidence,
        "details": list(answer.details),
        "engine": answer.engine,
        "model": answer.model,
        "sentences": [
            {"text": s.text, "origin": s.origin, "markers": list(s.markers), "support": round(s.support, 4)}
            for s in answer.sentences
        ],
        "citations": [citation_fields(citation) for citation in answer.citations],
        "passages": [
            {
                "article_id": p.article.id,
                "title": p.article.title,
                "start": p.chunk.start,
                "end": p.chunk.end,
                "text": p.chunk.text,
                "score": round(float(p.score), 6),
            }
            for p in answer.passages
        ],
        "dropped": [{"text": d.text, "reason": d.reason, "replaced": d.replaced} for d in answer.dropped],
        "timings_ms": {name: round(float(answer.timings_ms.get(name, 0.0)), 1) for name in TIMINGS},
    }


def json_line(value: Any, **options: Any) -> str:
    """`value` as JSON on one line, readable in every script; what would steer a terminal stands in it as an escape."""
    return json.dumps(value, ensure_ascii=False, **options).translate(_ESCAPED)


def plain_answer(answer: Answer) -> str:
    """The answer, its footnotes or the nearest passages, as text without colour; ends in a newline."""
    lines = [safe(answer.text)]
    if answer.citations:
        lines.append("")
        for citation in answer.citations:
            lines.append(f"[{citation.marker}] {heading(citation.passage)}{page_text(citation)}")
            lines.append(f"    “{nested(one_line(citation.quote))}”")
            if address := citation.passage.article.address_at(citation.start):
                lines.append(f"    {one_line(address)}")
            if citation.passage.also_in:
                lines.append(f"    {also_in(citation.passage)}")
    elif answer.passages:
        lines += ["", "Nearest passages:"]
        for passage in distinct(answer.passages):
            lines.append(f"  - {heading(passage)}")
            lines.append(f"    {shorten(one_line(passage.chunk.text), 200)}")
    if answer.details:
        lines += ["", *(one_line(detail) for detail in answer.details)]
    return "\n".join(lines) + "\n"


def heading(passage: Passage) -> str:
    """Title and date of a passage's article on one line."""
    article = passage.article
    title = one_line(article.title) or article.id
    return f"{title} ({article.published.isoformat()})" if article.published else title


def page_text(citation: Citation) -> str:
    """ ", p. 3" for a quote that begins on the third page of its original, "" where it has no pages."""
    page = citation.passage.article.page_of(citation.start)
    return f", p. {page}" if page else ""


def also_in(passage: Passage) -> str:
    """Where else a passage's article stands, on one line: "Also in: site, site"; "" where nowhere."""
    names = dict.fromkeys(one_line(copy.name) for copy in passage.also_in)
    shown = list(names)[:ALSO_IN] + (["…"] if len(names) > ALSO_IN else [])
    return f"Also in: {', '.join(shown)}" if names else ""


def distinct(passages: Iterable[Passage], most: int = NEAREST) -> list[Passage]:
    """The best passage of each article, at most `most`."""
    best: dict[str, Passage] = {}
    for passage in passages:
        best.setdefault(passage.article.id, passage)
    return list(best.values())[:most]


def safe(text: str) -> str:
    """`text` without control and text-direction characters, newlines kept."""
    return text.translate(_CONTROLS)


def one_line(text: str) -> str:
    """`text` on one line, without control characters."""
    return " ".join(safe(text).split())


def shorten(text: str, most: int) -> str:
    """`text` cut at a word, with an ellipsis, when longer than `most` characters."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0].rstrip(",;:") + " …"


class PlainPrinter:
    """For pipes and files: the whole answer at once, without colour."""

    def __init__(self, write: Callable[[str], object], warn: Callable[[Failed], None]) -> None:
        self._write = write
        self._warn = warn

    def show(self, events: Iterable[AnswerEvent]) -> Answer:
        answer = drained(events, self._warn)
        self._write(plain_answer(answer))
        return answer


class RichPrinter:
    """For terminals: sentences appear as they are ready, then the footnotes with the quoted words
    highlighted inside their article."""

    def __init__(self, console: Console, warn: Callable[[Failed], None]) -> None:
        self._console = console
        self._warn = warn

    def show(self, events: Iterable[AnswerEvent]) -> Answer:
        from rich.live import Live
        from rich.spinner import Spinner

        shown: list[Text] = []
        understood = ""
        answer: Answer | None = None
        failures: list[Failed] = []
        waiting = Spinner("dots", "Searching the articles …", style="dim")
        # Transient: the growing text is taken away at the end and printed once more, in full,
        # so that scrolling back never shows half an answer.
        with Live(waiting, console=self._console, transient=True, refresh_per_second=12) as live:
            for event in events:
                if isinstance(event, Rewritten):
                    understood = event.question
                elif isinstance(event, Sentence):
                    shown.append(marked(event))
                    live.update(_paragraph(shown, waiting))
                elif isinstance(event, Failed):
                    failures.append(event)
                elif isinstance(event, Finished):
                    answer = event.answer
        for failure in failures:
            self._warn(failure)
        if answer is None:
            raise RuntimeError("the answer never finished")
        if understood and answer.standalone_question != answer.question:
            self._console.print(f"Understood as: {one_line(understood)}", style="dim", markup=False)
        self._console.print(rich_answer(answer))
        return answer


def drained(events: Iterable[AnswerEvent], warn: Callable[[Failed], None]) -> Answer:
    """Runs an answer to its end; `warn` hears of each part that failed on the way."""
    answer: Answer | None = None
    for event in events:
        if isinstance(event, Failed):
            warn(event)
        elif isinstance(event, Finished):
            answer = event.answer
    if answer is None:
        raise RuntimeError("the answer never finished")
    return answer


def marked(event: Sentence) -> Text:
    """A sentence as it stands in the finished answer, its markers set off in colour."""
    from rag.draft import render

    markers = tuple(citation.marker for citation in event.citations)
    return _coloured(render(AnswerSentence(event.text, event.origin, markers, 1.0)))


def _coloured(text: str) -> Text:
    from rich.text import Text

    shown = Text(safe(text))
    shown.highlight_regex(r"\[\d+\]", "bold cyan")
    return shown


def rich_answer(answer: Answer) -> RenderableType:
    """The whole answer with footnotes, or the nearest passages where it abstains."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = [_coloured(answer.text)]
    if answer.citations:
        parts.append(Text(""))
        for citation in answer.citations:
            parts.append(
                Text(f"[{citation.marker}] ", style="bold cyan")
                .append(_rich_heading(citation.passage))
                .append(page_text(citation), style="dim")
            )
            parts.append(Padding(quoted(citation), (0, 0, 0, 4)))
            if address := citation.passage.article.address_at(citation.start):
                parts.append(Padding(Text(one_line(address), style="dim"), (0, 0, 0, 4)))
            if citation.passage.also_in:
                parts.append(Padding(Text(also_in(citation.passage), style="dim"), (0, 0, 0, 4)))
    elif answer.passages:
        parts += [Text(""), Text("Nearest passages", style="bold")]
        for passage in distinct(answer.passages):
            parts.append(Text("  • ").append(_rich_heading(passage)))
            snippet = Text(shorten(one_line(passage.chunk.text), 200), style="dim")
            parts.append(Padding(snippet, (0, 0, 0, 4)))
    if answer.details:
        parts.append(Text(""))
        parts += [Text(one_line(detail), style="dim") for detail in answer.details]
    return Group(*parts)


def quoted(citation: Citation) -> Text:
    """The cited words highlighted, between a few words of their article, which are dimmed."""
    from rich.text import Text

    article = citation.passage.article.text
    before, after = article[: citation.start], article[citation.end :]
    lead = before[-CONTEXT:]
    if len(before) > CONTEXT:
        lead = "… " + lead.partition(" ")[2]
    trail = after[:CONTEXT]
    if len(after) > CONTEXT:
        trail = trail.rpartition(" ")[0] + " …"
    text = Text()
    lead, trail = one_line(lead), one_line(trail)
    text.append(lead + " " if lead and before[-1:].isspace() else lead, style="dim")
    for words, answers in answer_parts(citation):
        style = "bold underline yellow" if answers else "bold yellow"
        text.append(_SPACE.sub(" ", safe(words)), style=style)
    text.append(" " + trail if trail and after[:1].isspace() else trail, style="dim")
    return text


def stdout_is_terminal() -> bool:
    """Whether a person reads stdout directly."""
    return sys.stdout.isatty()


def _paragraph(sentences: list[Text], waiting: RenderableType) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    return Group(Text(" ").join(sentences), waiting)


def _rich_heading(passage: Passage) -> Text:
    from rich.text import Text

    article = passage.article
    text = Text(one_line(article.title) or article.id, style="bold")
    if article.published:
        text.append(f"  {article.published.isoformat()}", style="not bold dim")
    return text
