"""The chat page as Gradio Blocks: a thin adapter from the pipeline's events to chat messages.

The conversation lives in the browser. What a message says about itself (still under way, stopped)
is read from the message, so no state has to be kept per visitor and a restarted server goes on
where the page stands.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from index.errors import FootnoteError, InputError
from index.schema import ArticleFilter
from rag.draft import render as sentence_text
from rag.schema import (
    Answer,
    AnswerSentence,
    Checking,
    Failed,
    Finished,
    Searching,
    Sentence,
    citation_fields,
)
from rag.words import words
from ui.api.service import Service
from ui.collection import Collection, NotThereError, Shelf
from ui.desk import BusyError, Waiting
from ui.guard.callers import caller_of
from ui.guard.limits import LimitedError
from ui.guard.passes import PASS_GOES_HERE, PassError
from ui.language import choose, day_text, number_text, translate
from ui.render import (
    BUSY,
    ECHO_CHARS,
    SEARCHING,
    STOPPED,
    STOPPED_EMPTY,
    Look,
    View,
    advance,
    answer_id_of,
    content,
    draw,
    draw_question,
    is_live,
    message_line,
    safe,
    settle,
    turns_of,
    words_of,
)
from ui.suggest import follow_ups

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when Gradio is imported: nothing is sent anywhere
import gradio as gr
from gradio.components.chatbot import ExampleMessage
from gradio.events import api
from gradio.themes import Base, Default, colors

log = logging.getLogger(__name__)

ASK_HERE = "Ask a question about the articles"
EMPTY_QUESTION = "Type a question first."
NO_WORD = "The question holds no word to look for."
WAIT = "An answer is on its way. Wait for it, or stop it first."
UNEXPECTED = "Something went wrong while answering. The server's log has the details."
WRONG_FILTER = "The filter cannot be read. Set it anew."
WRONG_ORDER = "The first day is after the last one: swap the two dates."
NOT_AMONG = "The page asked about is not among the articles. Take the filter away to ask all of them."
NO_COLLECTION = "There is no collection of this name any more. Choose another."
OLD_PAGE = "This page is too old to ask with. Reload it, then ask again: the conversation stays."
TOO_MANY_NOW = "Too many questions come from your network at once. Ask again in {n} seconds."
TOO_MANY_TODAY = "Your network has asked as many questions as it may in a day. Ask again in {n} hours."
SITE_TOO_MANY_NOW = "Too many questions come from this site at once. Ask again in {n} seconds."
SITE_TOO_MANY_TODAY = "This site has asked as many questions as it may in a day. Ask again in {n} hours."
TOO_LONG = "The question has {n} characters; the limit is {most}."
WELCOME = "Ask the articles"
PROMISE = (
    "Every sentence of an answer carries a footnote that opens the exact words it rests on. "
    "What the articles do not support is not said."
)
MOST_KEPT = 400
"""Messages of a conversation that the browser may hand back."""
MOST_CHARS = 1_800_000
RECENT = 20
"""Questions asked before that are not suggested again."""

Message = dict[str, Any]
Opened = Callable[[str, Mapping[str, str]], dict[str, dict[str, object]]]
"""What the page's parts (by `elem_id`) hold when it is opened in a language, with these parameters of its address."""
Name = Annotated[str, Field(max_length=300)]
Address = Annotated[str, Field(max_length=2000)]


class Scope(BaseModel):
    """What a reader chose beside the question: a collection, and which of its articles count."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    collection: Name = ""
    since: date | None = None
    until: date | None = None
    source: tuple[Name, ...] = Field((), max_length=50)
    topic: tuple[Name, ...] = Field((), max_length=50)
    article: tuple[Address, ...] = Field((), max_length=50)

    @field_validator("since", "until", mode="before")
    @classmethod
    def _no_day(cls, given: object) -> object:
        return given or None

    def only(self, collection: Collection) -> ArticleFilter | None:
        """The filter, None for all articles; InputError for days the wrong way round, or an article that the
        collection lacks."""
        if self.since and self.until and self.since > self.until:
            raise InputError(WRONG_ORDER)
        try:
            return collection.only(self.since, self.until, self.source, self.topic, self.article)
        except NotThereError:
            raise InputError(NOT_AMONG) from None


def scope_of(text: str | None) -> Scope:
    """What the page's script wrote; InputError for anything else."""
    try:
        return Scope.model_validate_json((text or "").strip() or "{}")
    except ValidationError:
        raise InputError(WRONG_FILTER) from None


def language_of(request: gr.Request | None) -> str:
    """The language the page is shown in: the one its address asks for (`lang`), else the browser's."""
    if request is None or not hasattr(request, "headers"):
        return choose("", "")
    return choose(str(request.query_params.get("lang", "")), str(request.headers.get("accept-language", "")))


def collection_line(library: Shelf, language: str = "en") -> str:
    """What the page's header says of the index: how many articles, and the newest one's date."""
    count = library.manifest.articles
    newest = next((row.published for row in library.listing(limit=1).rows), None)
    many = number_text(count, language)
    articles = translate("1 article", language) if count == 1 else translate("{n} articles", language, n=many)
    if newest is None:
        return articles
    return translate("{articles}, newest {day}", language, articles=articles, day=day_text(newest, language))


def header(title: str, line: str, collection: str = "", language: str = "en") -> str:
    """The page's header as HTML; `collection` is named where there are several."""
    named = (
        f"{safe(translate('Collection', language))} <strong>{safe(collection)}</strong> · "
        if collection
        else ""
    )
    return f'<h1 class="fn-name">{safe(title)}</h1><p class="fn-collection">{named}{safe(line)}</p>'


def placeholder(language: str) -> str:
    """What the empty page says, as HTML."""
    hello, promise = (safe(translate(text, language)) for text in (WELCOME, PROMISE))
    return f'<div class="fn-welcome"><p class="fn-hello">{hello}</p><p>{promise}</p></div>'


def next_questions(questions: Sequence[str], language: str) -> str:
    """Questions to ask next as HTML, "" for none."""
    if not questions:
        return ""
    buttons = "".join(
        f'<button class="fn-ask" dir="auto">{safe(question)}</button>' for question in questions
    )
    return (
        f'<div class="fn-next"><p>{safe(translate("The articles also answer", language))}</p>{buttons}</div>'
    )


def build_chat(service: Service, *, examples: Callable[[str], Sequence[str]]) -> tuple[gr.Blocks, Opened]:
    """The page's Blocks, with one published function, `ask`, for programs, and what they hold when a reader opens
    the page. `examples` gives the questions offered for a collection."""
    collections, desk, title = service.collections, service.desk, service.title
    first = collections.names[0]
    headers: dict[tuple[str, int, str], str] = {}
    suggested_for: deque[str] = deque(maxlen=1000)

    def current_header(found: Collection, language: str) -> str:
        found.library.refresh()
        key = (found.name, found.library.manifest.revision, language)
        if key not in headers:
            if len(headers) > 100:
                headers.clear()
            named = found.name if len(collections.names) > 1 else ""
            headers[key] = header(title, collection_line(found.library, language), named, language)
        return headers[key]

    def opened(language: str, asked: Mapping[str, str]) -> dict[str, dict[str, object]]:
        wanted = asked.get("collection", "")
        found = collections.get(wanted if wanted in collections.names else "")
        # Another collection's examples may have to be made: they come when the page is there. They are drawn from all
        # articles: none is offered where one is asked, as in `open_page`.
        offered = [] if "article" in asked or found.name != first else _offered(examples(first))
        return {
            "header": {"value": current_header(found, language)},
            "chat": {
                "placeholder": placeholder(language),
                "examples": offered,
                "label": translate("Conversation", language),
            },
            "question": {
                "placeholder": translate(ASK_HERE, language),
                "label": translate("Your question", language),
            },
        }

    def found_in(scope: Scope) -> Collection:
        try:
            return collections.get(scope.collection)
        except InputError:
            raise InputError(NO_COLLECTION) from None

    def check(question: str, language: str = "en") -> None:
        if not question.strip():
            raise InputError(translate(EMPTY_QUESTION, language))
        if not words(question):
            raise InputError(translate(NO_WORD, language))
        if len(question) > service.max_question_chars:
            n, most = (number_text(count, language) for count in (len(question), service.max_question_chars))
            raise InputError(translate(TOO_LONG, language, n=n, most=most))

    def begin(question: str, earlier: list[Message], language: str) -> list[Message]:
        """The conversation with this question and an answer under way, or with its refusal."""
        look = Look(_turn(earlier), language)
        try:
            check(question, language)
        except InputError as error:
            shown = question if len(question) <= ECHO_CHARS else question[:ECHO_CHARS] + " …"
            return [*earlier, _user(shown), _assistant(message_line(str(error), language))]
        return [*earlier, _user(question), _assistant(draw(View(live=SEARCHING), look))]

    def refuse_while_live(messages: list[Message], language: str) -> None:
        """Ends the chain of events: one answer at a time on a page. The page's script stops an answer before it
        sends the next question, so this is met by programs only."""
        if messages and is_live(messages[-1]):
            raise gr.Error(translate(WAIT, language), print_exception=False)

    def begun(messages: list[Message], language: str) -> tuple[Any, Any, list[Message], Any]:
        """The page with an answer under way; kept as one that was stopped, should the reader leave before its end."""
        return _busy_box(language), "", messages, last_turn(settled(messages, STOPPED, language))

    def take(
        question: str, messages: list[Message], request: gr.Request
    ) -> tuple[Any, Any, list[Message], Any]:
        language = language_of(request)
        refuse_while_live(messages, language)
        if not question.strip():
            return (
                gr.Textbox(value="", placeholder=translate(EMPTY_QUESTION, language)),
                gr.skip(),
                messages,
                gr.skip(),
            )
        told = begun(begin(question.strip(), messages, language), language)
        if not is_live(told[2][-1]):  # refused: what was typed stays, to be mended
            return gr.Textbox(value=question), *told[1:]
        return told

    def take_example(chosen: gr.SelectData, request: gr.Request) -> tuple[Any, Any, list[Message], Any]:
        value = chosen.value
        question = value.get("text", "") if isinstance(value, dict) else str(value)
        language = language_of(request)
        return begun(begin(question, [], language), language)

    def take_again(
        messages: list[Message], again: gr.RetryData, request: gr.Request
    ) -> tuple[Any, Any, list[Message], Any]:
        language = language_of(request)
        refuse_while_live(messages, language)
        index = again.index if isinstance(again.index, int) else again.index[0]
        while index >= 0 and messages[index].get("role") != "user":
            index -= 1
        if index < 0:
            return gr.Textbox(), gr.skip(), messages, gr.skip()
        question = words_of(content(messages[index]))
        return begun(begin(question, messages[:index], language), language)

    def admit(handed: str, request: gr.Request) -> None:
        """Counts a question that the page asks. Raises PassError and LimitedError."""
        asked = request.request
        caller = caller_of(asked.scope if asked else {"headers": []})
        site = "" if caller.local else service.passes.site(handed, caller.address)
        service.limiter.question(caller, site)

    async def answer(
        messages: list[Message], scoped: str, handed: str, request: gr.Request
    ) -> AsyncIterator[Any]:
        if len(messages) < 2 or not is_live(messages[-1]):
            yield gr.skip()  # a generator that yields nothing would empty the conversation
            return
        *earlier, asked, _ = messages
        language = language_of(request)
        look = Look(_turn(earlier), language)
        view = View(live=SEARCHING)
        shown = ""
        try:
            question = words_of(content(asked))
            check(question, language)  # the browser says what the question was: it is checked again here
            admit(handed, request)
            scope = scope_of(scoped)
            found = found_in(scope)
            only = scope.only(found)
            look = Look(look.turn, language, service.link_name(found.name))
            history = turns_of(earlier)
            events = desk.events(
                lambda: found.answers.stream(question, history=history, only=only), reader=True
            )
            async with aclosing(events):
                async for event in events:
                    view = advance(view, event)
                    if isinstance(event, Finished):
                        view = replace(view, answer_id=service.remember(found, event.answer, history))
                    if (drawn := draw(view, look)) != shown:
                        shown = drawn
                        yield [*earlier, asked, _assistant(drawn)]
                    elif isinstance(event, Waiting):
                        yield gr.skip()  # a closed tab is noticed only when something is sent
        except BusyError:
            view = View(failure=BUSY)
        except PassError:
            view = View(failure=OLD_PAGE)
        except LimitedError as error:
            view = View(failure=limited(error, language))
        except InputError as error:
            view = View(failure=str(error))
        except FootnoteError as error:
            view = View(
                sentences=view.sentences, failure=f"{str(error).rstrip('.')}. {error.next_step}".strip()
            )
        except Exception:
            # The page's border: the reader gets a line, the log the traceback.
            log.exception("answering failed")
            view = View(sentences=view.sentences, failure=UNEXPECTED)
        if view.live:
            view = View(sentences=view.sentences, failure=UNEXPECTED)
        if (drawn := draw(view, look)) != shown:
            yield [*earlier, asked, _assistant(drawn)]

    def idle() -> Any:
        return gr.Textbox(submit_btn=True, stop_btn=False)

    def done(messages: list[Message]) -> tuple[Any, str]:
        return idle(), last_turn(messages)

    async def suggest(messages: list[Message], scoped: str, request: gr.Request) -> str:
        if not desk.quiet or not messages:  # whoever waits for an answer comes first
            return ""
        left = threading.Event()
        try:
            asked = [words_of(content(m)) for m in messages if m.get("role") == "user"][-RECENT:]
            scope = scope_of(scoped)
            found = found_in(scope)
            only = scope.only(found)
            name = answer_id_of(content(messages[-1]))
            kept = service.memory.get(name)
            if kept is None or name in suggested_for:
                return ""
            suggested_for.append(name)  # once: an answer was counted against the limits, this is not
            last = kept.answer

            def make() -> list[str]:
                stopped = lambda: left.is_set() or desk.held > 1  # noqa: E731
                return follow_ups(found.answers, last, asked, only=only, stopped=stopped)

            return next_questions(await desk.run(make), language_of(request))
        except FootnoteError as error:
            log.info("nothing suggested: %s", error)
        except Exception:
            log.exception("suggesting failed")  # the answer above it stands all the same
        finally:
            left.set()
        return ""

    def settled(messages: list[Message], note: str, language: str) -> list[Message]:
        if not messages or not is_live(messages[-1]):
            return messages
        drawn = content(messages[-1])
        if note == STOPPED and not words_of(drawn):
            note = STOPPED_EMPTY
        return [*messages[:-1], _assistant(settle(drawn, note, language))]

    def stop(messages: list[Message], request: gr.Request) -> tuple[Any, list[Message], str]:
        messages = settled(messages, STOPPED, language_of(request))
        return idle(), messages, last_turn(messages)

    def refused(
        messages: list[Message], opened: str, left: str, asked_in: str, request: gr.Request
    ) -> tuple[Any, Any, Any]:
        # Broken off for another conversation or for the next question, whose place it must not take.
        if opened + left != asked_in:
            return gr.skip(), gr.skip(), gr.skip()
        # A stopped answer counts as failed, too, and this may be heard before the stop button's own event.
        worded = bool(messages) and bool(words_of(content(messages[-1])))
        messages = settled(messages, STOPPED if worded else BUSY, language_of(request))
        return idle(), messages, last_turn(messages)

    def open_page(scoped: str, request: gr.Request) -> tuple[str, Any]:
        """The header and the empty page of the chosen collection."""
        language = language_of(request)
        offered: Sequence[str] = ()
        try:
            scope = scope_of(scoped)
            found = found_in(scope)
            if not scope.article:  # they are drawn from all articles
                offered = examples(found.name)
        except InputError:
            found = collections.get()
        shown = gr.Chatbot(placeholder=placeholder(language), examples=_offered(offered))
        return current_header(found, language), shown

    def open_talk(kept: str) -> tuple[Any, str, list[Message]]:
        """An earlier conversation as the browser kept it, or an empty one."""
        return idle(), "", messages_of(kept)

    async def ask(question: str, request: gr.Request) -> AsyncIterator[dict[str, Any]]:
        """Answers one question. Streams objects with `state` (searching, checking, answering, done),
        the `text` so far, and, when done, `abstained` and the `citations` with their exact words."""
        try:
            check(question)
            if request.request:
                service.limiter.question(caller_of(request.request.scope))
            text = ""
            async with aclosing(desk.events(lambda: collections.get().answers.stream(question))) as events:
                async for event in events:
                    match event:
                        case Searching():
                            yield {"state": "searching", "text": text}
                        case Checking():
                            yield {"state": "checking", "text": text}
                        case Sentence():
                            said = AnswerSentence(
                                event.text, event.origin, tuple(c.marker for c in event.citations), 1.0
                            )
                            text = f"{text} {sentence_text(said)}".strip()
                            yield {"state": "answering", "text": text}
                        case Failed(reason, next_step):
                            failed = f"{reason} {next_step}".strip()
                            yield {"state": "answering", "text": text, "failed": failed}
                        case Finished(finished):
                            yield {"state": "done", **answer_fields(finished)}
                        case _:
                            pass
        except FootnoteError as error:
            raise gr.Error(f"{error} {error.next_step}".strip(), print_exception=False) from error

    with gr.Blocks(title=title, fill_height=True, analytics_enabled=False) as demo:
        top = gr.Markdown(
            current_header(collections.get(), "en"),
            elem_id="header",
            elem_classes="fn-header",
            sanitize_html=True,
            latex_delimiters=[],
            container=False,
        )
        chat = gr.Chatbot(
            elem_id="chat",
            elem_classes="fn-chat",
            label="Conversation",
            show_label=False,
            container=False,
            height="100%",
            scale=1,
            autoscroll=False,  # the page's script keeps the question in view instead of the end
            layout="panel",
            buttons=[],
            feedback_options=None,
            sanitize_html=True,
            allow_tags=False,
            latex_delimiters=[],
            line_breaks=False,
            group_consecutive_messages=False,
            placeholder=placeholder("en"),
            examples=_offered(examples(first)),
        )
        further = gr.Markdown(
            "", elem_id="next", sanitize_html=True, latex_delimiters=[], container=False, line_breaks=False
        )
        box = gr.Textbox(
            elem_id="question",
            elem_classes="fn-box",
            label="Your question",
            show_label=False,
            container=False,
            placeholder=ASK_HERE,
            lines=1,
            max_lines=6,
            submit_btn=True,
            stop_btn=False,
        )
        # What the page's script and the server tell each other; no reader sees them.
        scope = gr.Textbox("", elem_id="fn-scope", visible="hidden", label="scope")
        handed = gr.Textbox(PASS_GOES_HERE, elem_id="fn-pass", visible="hidden", label="pass")
        talk = gr.Textbox("", elem_id="fn-talk", visible="hidden", label="talk")
        kept = gr.Textbox("", elem_id="fn-kept", visible="hidden", label="kept")
        leave = gr.Textbox("", elem_id="fn-leave", visible="hidden", label="leave")
        # What `talk` and `leave` were when the question was asked.
        asked_in = gr.Textbox("", elem_id="fn-asked-in", visible="hidden", label="asked in")
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        running = []
        for taken in (
            box.submit(take, [box, chat], [box, further, chat, kept], queue=False, **private),
            chat.example_select(take_example, None, [box, further, chat, kept], queue=False, **private),
            chat.retry(take_again, [chat], [box, further, chat, kept], queue=False, **private),
        ):
            answered = taken.success(answer, [chat, scope, handed], [chat], **private)
            taken.success(
                lambda opened, left: opened + left, [talk, leave], [asked_in], queue=False, **private
            )
            answered.failure(
                refused, [chat, talk, leave, asked_in], [box, chat, kept], queue=False, **private
            )
            finished = answered.success(done, [chat], [box, kept], queue=False, **private)
            suggested = finished.success(suggest, [chat, scope], [further], **private)
            running += [answered, suggested]
        box.stop(stop, [chat], [box, chat, kept], cancels=running, queue=False, **private)
        # One after the other: an answer still being broken off would write over what is opened.
        left = talk.change(None, None, None, cancels=running, queue=False, **private)
        left.then(open_talk, [talk], [box, further, chat], queue=False, **private)
        scope.change(open_page, [scope], [top, chat], queue=False, **private)
        api(ask, api_name="ask", concurrency_limit=None)
    # Questions wait at the desk, the chat's with the programs', where their place can be told.
    demo.queue(default_concurrency_limit=None, max_size=None, api_open=True)
    return demo, opened


def limited(error: LimitedError, language: str) -> str:
    """What a reader is told who, or whose site, has asked too much."""
    lines = {
        (False, False): TOO_MANY_NOW,
        (False, True): TOO_MANY_TODAY,
        (True, False): SITE_TOO_MANY_NOW,
        (True, True): SITE_TOO_MANY_TODAY,
    }
    amount = -(-error.seconds // 3600) if error.daily else error.seconds
    return translate(lines[error.site, error.daily], language, n=number_text(amount, language))


def last_turn(messages: Sequence[Message]) -> str:
    """The last question and answer as the browser keeps them: JSON with the turn's number and both messages."""
    if len(messages) < 2:
        return ""
    asked, said = (content(message) for message in messages[-2:])
    kept = {"turn": _turn(messages) - 1, "asked": asked, "said": said, "at": time.time_ns()}
    # With its time never twice the same: the page hears it by its change.
    return json.dumps(kept, ensure_ascii=False)


def messages_of(kept: str | None) -> list[Message]:
    """A conversation that the browser hands back; an empty one for anything else. Nothing in it is believed: it is
    shown to the reader it comes from, and questions and answers are taken from it as `turns_of` does."""
    try:
        told = json.loads(kept) if kept and len(kept) <= MOST_CHARS else {}
    except (ValueError, RecursionError):
        told = {}
    turns = told.get("turns") if isinstance(told, dict) else []
    messages: list[Message] = []
    for turn in turns[-MOST_KEPT // 2 :] if isinstance(turns, list) else []:
        asked, said = (
            (turn.get(name) for name in ("asked", "said")) if isinstance(turn, dict) else (None, None)
        )
        if isinstance(asked, str) and isinstance(said, str):
            messages += [{"role": "user", "content": asked}, _assistant(said)]
    return messages


def answer_fields(answer: Answer) -> dict[str, Any]:
    """A finished answer as plain values for a program."""
    return {
        "text": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "details": list(answer.details),
        "citations": [citation_fields(citation) for citation in answer.citations],
    }


def _offered(questions: Sequence[str]) -> list[ExampleMessage]:
    return [{"text": question, "display_text": question} for question in questions]


def _turn(messages: Sequence[Message]) -> int:
    return sum(message.get("role") == "user" for message in messages)


def _user(text: str) -> Message:
    return {"role": "user", "content": draw_question(text)}


def _assistant(drawn: str) -> Message:
    return {"role": "assistant", "content": drawn}


def _busy_box(language: str) -> Any:
    return gr.Textbox(value="", placeholder=translate(ASK_HERE, language), submit_btn=True, stop_btn=True)


def theme() -> Base:
    """System fonts only: no font is fetched, and bold text has all its letters."""
    return Default(
        primary_hue=colors.teal,
        neutral_hue=colors.stone,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    )
