"""Answers drawn as safe HTML for the chat page, and the way back from a drawn conversation.

Pure functions: what comes from articles, models and readers goes in as text and comes out as
text, never as markup. A message is one HTML block without a line break, because a Markdown
renderer leaves such a block alone; everything that could still mean something to one is written
as a character entity on top.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape, unescape
from typing import Any

from rag.schema import (
    Answer,
    AnswerEvent,
    Checking,
    Citation,
    Failed,
    Finished,
    Passage,
    Rewritten,
    Searching,
    Sentence,
    Turn,
    answer_parts,
)
from rag.wording import nested
from ui.blocks import blocks
from ui.collection import article_link, reader_link
from ui.desk import Waiting
from ui.language import DEFAULT, day_text, number_text, retell, translate

SEARCHING = "Searching the articles…"
CHECKING = "Checking each sentence against the articles…"
WRITING = "Checking the next sentence…"
STOPPED = "Stopped. What is shown above was checked; the rest was not written."
STOPPED_EMPTY = "Stopped."
BUSY = "Too many questions are waiting just now. Ask again in a moment."
NEXT = "Waiting: your question is the next one…"
ONE_BEFORE = "Waiting: one question comes before yours…"
WAITING = "Waiting: {n} questions come before yours…"
CORRECTED = "corrected version"
UNTITLED = "Untitled article"
PAGE = "p. {n}"

NEAREST_SHOWN = 3
"""Passages offered under an answer that abstains."""

ALSO_IN = 8
"""Near copies of a cited article that are named in its card."""

CONTEXT_CHARS = 900
"""Characters of a passage shown on either side of the marked words; chunks are shorter as a rule."""

HISTORY_TURNS = 6
"""Earlier turns handed to the pipeline; older ones are forgotten."""

HISTORY_CHARS = 2000
"""Characters kept of each earlier question and each earlier answer."""

MESSAGE_CHARS = 400_000
"""Characters of a message that are read; the longest answers with all their passages have a tenth."""

ECHO_CHARS = 300
"""Characters of a refused question repeated on the page."""

# ---- text that stays text --------------------------------------------------------------------

_NO_TEXT = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates
    "\u200b\u2060\ufeff\ufff9-\ufffb"  # invisible separators and annotations
    "\U000e0000-\U000e007f"  # tag characters: text nobody can see
    "]"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[\s\u2028\u2029]+")
_ACTIVE = re.compile(r"""[&<>"'*_\\`\[\]{}()$~|#!@^=+]|(?<=\w):(?=//)|(?<=www)\.""", re.IGNORECASE)
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")
_HEADING = re.compile(r"^#{1,6} +")
_HTTP_URL = re.compile(r"https?://[^\s\"'<>`{}|\\^\[\]]{1,2000}", re.IGNORECASE)


def plain(text: str) -> str:
    """One line of `text` without control, override and invisible characters; spaces run together."""
    return _SPACE.sub(" ", _NO_TEXT.sub("", _LONE_SURROGATE.sub("\ufffd", text)))


def shown(text: str) -> str:
    """`text` with each of those characters replaced by one that does nothing, so that offsets still hold."""
    return _NO_TEXT.sub("\u2060", _LONE_SURROGATE.sub("\ufffd", text)).replace("\r", " ")


def safe(text: str) -> str:
    """`text` such that neither HTML, Markdown nor LaTeX sees markup in it, on one line."""
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", plain(text))


def safe_url(url: str) -> str:
    """`url` ready for an attribute if it is a plain http(s) address, else an empty string."""
    if not _HTTP_URL.fullmatch(url) or plain(url) != url:
        return ""
    host = url.split("://", 1)[1].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    if not host or "@" in host:  # "https://bank.example@evil.example/" does not lead to the bank
        return ""
    return escape(url, quote=True)


@dataclass(frozen=True, slots=True)
class Look:
    """How an answer is drawn: `turn` (from 0) keeps the anchors of two answers apart, `language` is the
    interface's, `collection` the one whose articles are linked ("" for the first)."""

    turn: int = 0
    language: str = DEFAULT
    collection: str = ""

    def say(self, text: str, **values: object) -> str:
        """One of the interface's texts, safe to stand in HTML."""
        return safe(translate(text, self.language, **values))


# ---- one answer ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows of one answer so far. `live` is the state line of an answer still under way, in English;
    `place` its place among those that wait, `answer_id` what it is judged and shared by once it is finished."""

    sentences: tuple[Sentence, ...] = ()
    live: str = ""
    place: int = 0
    understood_as: str = ""
    failure: str = ""
    plain_text: str = ""
    nearest: tuple[Passage, ...] = field(default=())
    note: str = ""
    details: tuple[str, ...] = ()
    answer_id: str = ""


def advance(view: View, event: AnswerEvent | Waiting) -> View:
    """The view after `event`. `Finished` is final: it replaces what was streamed by what the answer says."""
    match event:
        case Rewritten(question):
            return replace(view, understood_as=question)
        case Waiting(place):
            return replace(view, live=(NEXT, ONE_BEFORE)[place - 1] if place < 3 else WAITING, place=place)
        case Searching():
            return replace(view, live=SEARCHING)
        case Checking():
            return replace(view, live=WRITING if view.sentences else CHECKING)
        case Sentence():
            return replace(view, sentences=(*view.sentences, event), live=WRITING)
        case Failed(reason, next_step):
            return replace(view, failure=f"{reason.rstrip('.')}. {next_step}".strip())
        case Finished(answer):
            return _finished(view, answer)
        case _:  # Retrieved: nothing to show before the first sentence
            return view


def _finished(view: View, answer: Answer) -> View:
    if answer.standalone_question == answer.question:
        view = replace(view, understood_as="")
    known = {citation.marker: citation for citation in answer.citations}
    sentences = tuple(
        Sentence(s.text, s.origin, tuple(known[m] for m in s.markers if m in known)) for s in answer.sentences
    )
    if answer.abstained or not sentences:
        return replace(
            view,
            sentences=(),
            live="",
            plain_text=answer.text,
            nearest=answer.passages[:NEAREST_SHOWN],
            details=answer.details,
        )
    return replace(view, sentences=sentences, live="", plain_text="", nearest=(), details=answer.details)


def draw(view: View, look: Look, *, again: bool = True) -> str:
    """The assistant's message for `view`; `again` offers to ask a failed question once more.

    Markers become chips only for citations of the sentence they stand in, so a number that cites
    nothing never looks like a footnote.
    """
    parts: list[str] = []
    if view.understood_as:
        understood = look.say("Understood as: {question}", question=view.understood_as)
        parts.append(f'<p class="fn-note" dir="auto">{understood}</p>')
    parts.extend(_blocks(view.sentences, look))
    if view.plain_text:
        parts.append(f'<p class="fn-abstained" dir="auto">{safe(view.plain_text)}</p>')
    if view.failure:
        parts.append(f'<p class="fn-failed">{look.say(view.failure)}</p>')
    if view.note:
        parts.append(f'<p class="fn-note">{look.say(view.note)}</p>')
    if view.live:
        before = number_text(view.place - 1, look.language)
        live = look.say(view.live, n=before) if view.live == WAITING else look.say(view.live)
        parts.append(f'<p class="fn-live">{live}</p>')
    parts.append(_sources(view.sentences, look))
    parts.append(_nearest(view.nearest, look))
    if view.details:
        lines = "".join(f"<li>{safe(retell(line, look.language))}</li>" for line in view.details)
        parts.append(
            f'<details class="fn-sources fn-how"><summary>{look.say("How it was looked for")}</summary><ul>{lines}</ul></details>'
        )
    if view.answer_id:
        parts.append(_actions(look))
    elif again and view.failure and not view.live:
        parts.append(_actions(look, _AGAIN))
    named = f' id="a-{safe(view.answer_id)}"' if view.answer_id else ""
    return f'<div class="fn-answer"{named}>{"".join(parts)}</div>'


_AGAIN = (("fn-again", "Ask again", "Ask this question again"),)
_ACTIONS = (
    ("fn-copy", "Copy", "Copy with footnotes, as Markdown"),
    ("fn-share", "Share", "Make a link to this answer"),
    *_AGAIN,
    ("fn-up", "Good", "A good answer"),
    ("fn-down", "Bad", "A bad answer"),
)


def _actions(look: Look, offered: Sequence[tuple[str, str, str]] = _ACTIONS) -> str:
    """What a reader can do with an answer; the page's script does it."""
    buttons = "".join(
        f'<button class="fn-act {name}" title="{look.say(title)}"><span>{look.say(text)}</span></button>'
        for name, text, title in offered
    )
    return f'<div class="fn-acts">{buttons}</div>'


def message_line(text: str, language: str = DEFAULT) -> str:
    """An assistant's message that is one line only, for an error or a refusal."""
    return draw(View(failure=text), Look(language=language), again=False)


def draw_question(text: str) -> str:
    """The reader's message: their words, line breaks kept."""
    lines = "<br>".join(safe(line) for line in text.strip().splitlines())
    return f'<p class="fn-question" dir="auto">{lines}</p>'


def _chips(citations: Iterable[Citation], look: Look) -> str:
    numbers = dict.fromkeys(c.marker for c in citations if c.marker >= 1)
    return "".join(f'<a class="cite" href="#s{look.turn}-{n}">{n}</a>' for n in numbers)


@dataclass(frozen=True, slots=True)
class _Place:
    """A citation as `ui.blocks` asks for it."""

    citation: Citation

    @property
    def article_id(self) -> str:
        return self.citation.passage.article.id

    @property
    def start(self) -> int:
        return self.citation.start

    @property
    def end(self) -> int:
        return self.citation.end

    @property
    def after(self) -> str:
        return self.citation.passage.article.text[self.end : self.end + CONTEXT_CHARS]


def _blocks(sentences: Sequence[Sentence], look: Look) -> Iterator[str]:
    """Paragraphs of drafted sentences, notes, and quotations, each with the article it comes from."""
    for block in blocks((s, s.origin, _Place(s.citations[0]) if s.citations else None) for s in sentences):
        if block.origin == "quote":
            body = "".join(
                f'<p dir="auto">{" ".join(_quoted(s) + _chips(s.citations, look) for s in paragraph)}</p>'
                for paragraph in block.paragraphs
            )
            cited = block.source and block.source.citation
            footer = f'<p class="fn-from" dir="auto">{_provenance(cited, look)}</p>' if cited else ""
            yield f'<blockquote class="fn-quote">{body}{footer}</blockquote>'
        else:
            kind = "fn-draft" if block.origin == "draft" else "fn-said"
            said = " ".join(safe(s.text) + _chips(s.citations, look) for s in block.paragraphs[0])
            yield f'<p class="{kind}" dir="auto">{said}</p>'


def _quoted(sentence: Sentence) -> str:
    """A quotation's words, the marked answer set off; the page puts them in quotation marks."""
    words = nested(sentence.text)
    cited = sentence.citations[0] if sentence.citations else None
    pieces = answer_parts(cited) if cited and cited.quote == sentence.text else ((sentence.text, False),)
    drawn, at = "", 0
    for piece, answers in pieces:
        part = safe(words[at : at + len(piece)])
        drawn += f'<strong class="fn-key">{part}</strong>' if answers else part
        at += len(piece)
    return f'<span class="fn-words">{drawn}</span>'


def _provenance(citation: Citation, look: Look) -> str:
    article = citation.passage.article
    published = f" · {day_text(article.published, look.language)}" if article.published else ""
    return f"{_title(article.title, look)}{published}"


def _title(title: str, look: Look) -> str:
    return safe(title).strip() or look.say(UNTITLED)


# ---- sources ---------------------------------------------------------------------------------


def _sources(sentences: Sequence[Sentence], look: Look) -> str:
    cited = {c.marker: c for s in sentences for c in s.citations if c.marker >= 1}
    if not cited:
        return ""
    cards = "".join(_source_card(cited[marker], look) for marker in sorted(cited))
    return (
        f'<details class="fn-sources" id="s{look.turn}"><summary>{look.say("Sources")} <span class="fn-count">{len(cited)}</span>'
        f'</summary><ol class="fn-cards">{cards}</ol></details>'
    )


def _source_card(citation: Citation, look: Look) -> str:
    before, hit, after = marked_passage(citation)
    links = _opened(citation.passage, citation.start, citation.end, look)
    wrong = f'<button class="fn-act fn-wrong" title="{look.say("This source does not say that")}"><span>{look.say("Wrong source")}</span></button>'
    return (
        f'<li class="fn-card" id="s{look.turn}-{citation.marker}" tabindex="-1">'
        f'<p class="fn-head"><span class="fn-number">{citation.marker}</span> {_heading(citation.passage, citation.start, look)}</p>'
        f'<p class="fn-passage" dir="auto">{_context(before)}<mark>{safe(hit)}</mark>{_context(after)}</p>'
        f"{_also_in(citation.passage, look)}"
        f'<p class="fn-links">{links}{wrong}</p></li>'
    )


def _also_in(passage: Passage, look: Look) -> str:
    """Where else the article stands, each place with a link to that copy's own page."""
    if not passage.also_in:
        return ""
    links = [
        f'<a href="{safe(article_link(copy.id, look.collection))}" target="_blank" title="{safe(copy.title)}">'
        f"{safe(copy.name)}</a>"
        for copy in passage.also_in[:ALSO_IN]
    ]
    more = ", …" if len(passage.also_in) > ALSO_IN else ""
    return f'<p class="fn-fact" dir="auto">{look.say("Also in:")} {", ".join(links)}{more}</p>'


def _opened(passage: Passage, start: int, end: int, look: Look) -> str:
    """The link to these words in the article's own page."""
    where = safe(reader_link(passage.article.id, start, end, look.collection))
    return f'<a class="fn-open" href="{where}" target="_blank">{look.say("Open in article")}</a>'


def _context(text: str) -> str:
    """A passage's words around the marked ones, with a gap where a paragraph ends and without heading signs."""
    paragraphs = (_HEADING.sub("", part) for part in _PARAGRAPH_END.split(text))
    return '<span class="fn-gap"></span>'.join(map(safe, paragraphs))


def _nearest(passages: Sequence[Passage], look: Look) -> str:
    if not passages:
        return ""
    cards = "".join(
        f'<li class="fn-card"><p class="fn-head">{_heading(p, p.chunk.start, look)}</p>'
        f'<p class="fn-passage" dir="auto">{_context(_clip_end(p.chunk.text))}</p>'
        f'<p class="fn-links">{_opened(p, p.chunk.start, p.chunk.end, look)}</p></li>'
        for p in passages
    )
    return (
        f'<details class="fn-sources" id="s{look.turn}"><summary>{look.say("Nearest passages")} '
        f'<span class="fn-count">{len(passages)}</span></summary><ul class="fn-cards">{cards}</ul></details>'
    )


def _heading(passage: Passage, start: int, look: Look) -> str:
    """The article's title, a link to the original (at the page of the words at `start`), and what is known of it."""
    article = passage.article
    title = _title(article.title, look)
    url = safe_url(article.address_at(start))
    name = f'<a href="{url}" target="_blank" rel="noopener noreferrer">{title}</a>' if url else title
    about = [
        day_text(article.published, look.language) if article.published else "",
        safe(article.site or _host(article.url) or article.source),
    ]
    if page := article.page_of(start):
        about.append(look.say(PAGE, n=page))
    if article.corrects:
        about.append(look.say(CORRECTED))
    facts = " · ".join(fact for fact in about if fact)
    about_it = f' <span class="fn-fact">{facts}</span>' if facts else ""
    return f'<span class="fn-title" dir="auto">{name}</span>{about_it}'


def _host(url: str) -> str:
    if not safe_url(url):
        return ""
    return (
        url.split("://", 1)[1].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0].removeprefix("www.").lower()
    )


def marked_passage(citation: Citation) -> tuple[str, str, str]:
    """The passage around a citation as (before, cited words, after).

    Cut from the article when the citation's span fits it, so that words reaching beyond their
    chunk are still marked whole; long neighbours are shortened with an ellipsis.
    """
    article, chunk = citation.passage.article, citation.passage.chunk
    if article.text and article.text[citation.start : citation.end] == citation.quote:
        first, last = min(chunk.start, citation.start), max(chunk.end, citation.end)
        before, after = article.text[first : citation.start], article.text[citation.end : last]
    elif (found := chunk.text.find(citation.quote)) >= 0:
        before, after = chunk.text[:found], chunk.text[found + len(citation.quote) :]
    else:
        before, after = "", ""
    return _clip_start(before), citation.quote, _clip_end(after)


def _clip_start(text: str) -> str:
    return text if len(text) <= CONTEXT_CHARS else "… " + text[-CONTEXT_CHARS:].split(" ", 1)[-1]


def _clip_end(text: str) -> str:
    return text if len(text) <= CONTEXT_CHARS else text[:CONTEXT_CHARS].rsplit(" ", 1)[0] + " …"


# ---- a drawn conversation, read back ---------------------------------------------------------

_LIVE = re.compile(r'<p class="fn-live">[^<]*</p>')


def is_live(message: Mapping[str, Any] | None) -> bool:
    """Whether this message is an answer still under way."""
    return message is not None and message.get("role") == "assistant" and bool(_LIVE.search(content(message)))


_ANSWER_ID = re.compile(r'<div class="fn-answer" id="a-([\w&#;-]{1,200})">')


def answer_id_of(message: str) -> str:
    """What a drawn answer is judged and shared by; "" for one that is not finished."""
    found = _ANSWER_ID.match(message)
    return unescape(found[1]) if found else ""


def settle(message: str, note: str, language: str = DEFAULT) -> str:
    """The drawn answer with its state line replaced by `note` (stopped, or never begun)."""
    said = safe(translate(note, language))
    settled = _LIVE.sub(lambda _: f'<p class="fn-note">{said}</p>', message)
    again = _actions(Look(language=language), _AGAIN)
    return f"{settled.removesuffix('</div>')}{again}</div>" if settled != message else message


def content(message: Mapping[str, Any]) -> str:
    """The text of a chat message, whether it comes as a string or as a list of parts; files are left out, and
    what is longer than any answer is cut."""
    parts = message.get("content")
    if isinstance(parts, str):
        return parts[:MESSAGE_CHARS]
    if not isinstance(parts, list | tuple):
        return ""
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "\n".join(text for text in texts if isinstance(text, str))[:MESSAGE_CHARS]


_SKIPPED = frozenset({"cite", "fn-sources", "fn-note", "fn-live", "fn-failed", "fn-from", "fn-acts"})
_VOID = frozenset({"br", "img", "input", "hr", "wbr", "meta", "link"})
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)([^<>]*)>", re.IGNORECASE)
_CLASS = re.compile(r'class="([^"]*)"')


def words_of(message: str) -> str:
    """What a drawn message says: the question as typed, or the answer without chips, sources and buttons.

    Read by a pattern for the markup we draw, in time that grows with the length alone: a message comes back
    from the browser, where anybody may have written it, and Python's HTML parser takes the square of it.
    """
    pieces: list[str] = []
    skipping = at = 0
    for tag in _TAG.finditer(message):
        if not skipping:
            pieces.append(message[at : tag.start()])
        at = tag.end()
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if name == "br":
            pieces.append("\n")
        if name in _VOID:
            continue
        if closing:
            skipping = max(0, skipping - 1)
            continue
        named = _CLASS.search(attributes[:200])
        if skipping or (named and not _SKIPPED.isdisjoint(named[1].split())):
            skipping += 1
        elif name in ("p", "div"):
            pieces.append(" ")
    if not skipping:
        pieces.append(message[at:])
    lines = unescape("".join(pieces)).split("\n")
    return "\n".join(re.sub(r"[^\S\n]+", " ", line).strip() for line in lines).strip()


def turns_of(messages: Sequence[Mapping[str, Any]]) -> tuple[Turn, ...]:
    """The completed turns of a conversation as `recent` keeps them.

    The conversation is the browser's: nothing in it is evidence, only roles and words are taken.
    """
    pairs: list[tuple[str, str]] = []
    question = ""
    for message in messages:
        if message.get("role") == "user":
            question = words_of(content(message))
        elif message.get("role") == "assistant" and question:
            pairs.append((question, words_of(content(message))))
            question = ""
    return recent(pairs)


def recent(earlier: Iterable[tuple[str, str]]) -> tuple[Turn, ...]:
    """Earlier questions and answers as turns, oldest first, to be handed to the pipeline: the last
    `HISTORY_TURNS`, each cut to `HISTORY_CHARS`. A question without an answer in words (stopped, failed) is
    left out."""
    kept = ((asked.strip(), said.strip()) for asked, said in earlier)
    turns = [Turn(a[:HISTORY_CHARS], s[:HISTORY_CHARS]) for a, s in kept if a and s]
    return tuple(turns[-HISTORY_TURNS:])
