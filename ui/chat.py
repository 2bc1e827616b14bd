"""The chat page as Gradio Blocks: a thin adapter from the pipeline's events to chat messages.

The conversation lives in the browser. What a message says about itself (still under way, stopped)
is read from the message, so no state has to be kept per visitor and a restarted server goes on
where the page stands.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from datetime import date
from typing import Any, Protocol

from index.errors import FootnoteError, InputError
from index.schema import Article, IndexManifest
from rag.pipeline import render as sentence_text
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerSentence,
    Checking,
    Failed,
    Finished,
    Searching,
    Sentence,
    Turn,
    citation_fields,
)
from ui.render import (
    BUSY,
    ECHO_CHARS,
    SEARCHING,
    STOPPED,
    STOPPED_EMPTY,
    View,
    advance,
    content,
    draw,
    draw_question,
    is_live,
    long_date,
    message_line,
    safe,
    settle,
    turns_of,
    words_of,
)

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when Gradio is imported: nothing is sent anywhere
import gradio as gr
from gradio.events import api
from gradio.themes import Base, Default, colors

log = logging.getLogger(__name__)

ASK_HERE = "Ask a question about the articles"
EMPTY_QUESTION = "Type a question first."
WAIT = "An answer is on its way. Wait for it, or stop it first."
UNEXPECTED = "Something went wrong while answering. The server's log has the details."

Message = dict[str, Any]


class ReadableLibrary(Protocol):
    """The part of a library the page reads."""

    @property
    def manifest(self) -> IndexManifest: ...

    def articles(self) -> Iterator[Article]: ...


class Answering(Protocol):
    """The part of a pipeline the page uses."""

    @property
    def library(self) -> ReadableLibrary: ...

    def stream(
        self, question: str, *, history: Sequence[Turn] = ..., asked_at: date | None = ...
    ) -> Iterator[AnswerEvent]: ...


async def events_of(
    stream: Callable[[], Iterator[AnswerEvent]], pool: Executor
) -> AsyncIterator[AnswerEvent]:
    """The events of `stream()`, run in `pool` so that a slow model does not hold up the page.

    Leaving the loop early (stop button, closed tab) closes the stream in its own thread after the
    step it is in. Errors of the stream are raised here.
    """
    loop = asyncio.get_running_loop()
    box: asyncio.Queue[AnswerEvent | BaseException | None] = asyncio.Queue()
    left = threading.Event()

    def put(item: AnswerEvent | BaseException | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(box.put_nowait, item)

    def pump() -> None:
        if left.is_set():
            return
        events: Iterator[AnswerEvent] | None = None
        try:
            events = stream()
            for event in events:
                if left.is_set():
                    break
                put(event)
        except Exception as error:  # noqa: BLE001 - a thread's border: raised again where it is awaited
            put(error)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
            put(None)

    task = loop.run_in_executor(pool, pump)
    try:
        while (item := await box.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
        task.cancel()  # takes effect only while it still waits for a free thread


def begins_to_answer(pipeline: Answering, question: str) -> bool:
    """Whether the articles hold enough evidence for an answer; the model is not asked."""
    try:
        events = pipeline.stream(question)
        try:
            return any(isinstance(event, Checking | Sentence) for event in events)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
    except FootnoteError as error:
        log.info("example question %r left out: %s", question, error)
        return False


def collection_line(library: ReadableLibrary) -> str:
    """What the page's header says of the index: how many articles, and the newest one's date."""
    count = library.manifest.articles
    newest = max((a.published for a in library.articles() if a.published), default=None)
    articles = "1 article" if count == 1 else f"{count:,} articles"
    return f"{articles}, newest {long_date(newest)}" if newest else articles


def header(title: str, line: str) -> str:
    """The page's header as HTML."""
    return f'<h1 class="fn-name">{safe(title)}</h1><p class="fn-collection">{safe(line)}</p>'


PLACEHOLDER = (
    '<div class="fn-welcome"><p class="fn-hello">Ask the articles</p>'
    "<p>Every sentence of an answer carries a footnote that opens the exact words it rests on. "
    "What the articles do not support is not said.</p></div>"
)


def build_chat(
    pipeline: Answering,
    *,
    title: str,
    examples: Sequence[str],
    max_question_chars: int,
    pool: Executor,
    concurrency: int = 2,
    queue_size: int = 32,
) -> gr.Blocks:
    """The page's Blocks, and one published function, `ask`, for programs."""
    headers: dict[int, str] = {}

    def current_header() -> str:
        library = pipeline.library
        refresh = getattr(library, "refresh", None)
        if refresh is not None:
            refresh()
        revision = library.manifest.revision
        if revision not in headers:
            headers.clear()
            headers[revision] = header(title, collection_line(library))
        return headers[revision]

    def check(question: str) -> None:
        if not question.strip():
            raise InputError(EMPTY_QUESTION)
        if len(question) > max_question_chars:
            raise InputError(
                f"The question has {len(question):,} characters; the limit is {max_question_chars:,}."
            )

    def begin(question: str, earlier: list[Message]) -> list[Message]:
        """The conversation with this question and an answer under way, or with its refusal."""
        turn = sum(m.get("role") == "user" for m in earlier)
        try:
            check(question)
        except InputError as error:
            shown = question if len(question) <= ECHO_CHARS else question[:ECHO_CHARS] + " …"
            return [*earlier, _user(shown), _assistant(message_line(str(error)))]
        return [*earlier, _user(question), _assistant(draw(View(live=SEARCHING), turn))]

    def refuse_while_live(messages: list[Message]) -> None:
        """Ends the chain of events: one answer at a time on a page. The page's script holds back Enter
        meanwhile, so this is met by programs only."""
        if messages and is_live(messages[-1]):
            raise gr.Error(WAIT, print_exception=False)

    def take(question: str, messages: list[Message]) -> tuple[Any, list[Message]]:
        refuse_while_live(messages)
        if not question.strip():
            return gr.Textbox(value="", placeholder=EMPTY_QUESTION), messages
        return _busy_box(), begin(question.strip(), messages)

    def take_example(chosen: gr.SelectData) -> tuple[Any, list[Message]]:
        value = chosen.value
        question = value.get("text", "") if isinstance(value, dict) else str(value)
        return _busy_box(), begin(question, [])

    def take_again(messages: list[Message], again: gr.RetryData) -> tuple[Any, list[Message]]:
        refuse_while_live(messages)
        index = again.index if isinstance(again.index, int) else again.index[0]
        while index >= 0 and messages[index].get("role") != "user":
            index -= 1
        if index < 0:
            return gr.Textbox(), messages
        return _busy_box(), begin(words_of(content(messages[index])), messages[:index])

    async def answer(messages: list[Message]) -> AsyncIterator[Any]:
        if len(messages) < 2 or not is_live(messages[-1]):
            yield gr.skip()  # a generator that yields nothing would empty the conversation
            return
        *earlier, asked, _ = messages
        question = words_of(content(asked))
        turn = sum(m.get("role") == "user" for m in earlier)
        view = View(live=SEARCHING)
        shown = ""
        try:
            check(question)  # the browser says what the question was: it is checked again here
            history = turns_of(earlier)
            async for event in events_of(lambda: pipeline.stream(question, history=history), pool):
                view = advance(view, event)
                if (drawn := draw(view, turn)) != shown:
                    shown = drawn
                    yield [*earlier, asked, _assistant(drawn)]
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
        if (drawn := draw(view, turn)) != shown:
            yield [*earlier, asked, _assistant(drawn)]

    def idle() -> Any:
        return gr.Textbox(submit_btn=True, stop_btn=False)

    def settled(messages: list[Message], note: str) -> list[Message]:
        if not messages or not is_live(messages[-1]):
            return messages
        drawn = content(messages[-1])
        if note == STOPPED and not words_of(drawn):
            note = STOPPED_EMPTY
        return [*messages[:-1], _assistant(settle(drawn, note))]

    def stop(messages: list[Message]) -> tuple[Any, list[Message]]:
        return idle(), settled(messages, STOPPED)

    def refused(messages: list[Message]) -> tuple[Any, list[Message]]:
        # A stopped answer counts as failed, too, and this may be heard before the stop button's own event.
        begun = bool(messages) and bool(words_of(content(messages[-1])))
        return idle(), settled(messages, STOPPED if begun else BUSY)

    async def ask(question: str) -> AsyncIterator[dict[str, Any]]:
        """Answers one question. Streams objects with `state` (searching, checking, answering, done),
        the `text` so far, and, when done, `abstained` and the `citations` with their exact words."""
        try:
            check(question)
            text = ""
            async for event in events_of(lambda: pipeline.stream(question), pool):
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
                        yield {"state": "answering", "text": text, "failed": f"{reason} {next_step}".strip()}
                    case Finished(finished):
                        yield {"state": "done", **answer_fields(finished)}
                    case _:
                        pass
        except FootnoteError as error:
            raise gr.Error(f"{error} {error.next_step}".strip(), print_exception=False) from error

    with gr.Blocks(title=title, fill_height=True, analytics_enabled=False) as demo:
        top = gr.Markdown(
            current_header(),
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
            placeholder=PLACEHOLDER,
            examples=[{"text": example, "display_text": example} for example in examples],
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
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        running = []
        for taken in (
            box.submit(take, [box, chat], [box, chat], queue=False, **private),
            chat.example_select(take_example, None, [box, chat], queue=False, **private),
            chat.retry(take_again, [chat], [box, chat], queue=False, **private),
        ):
            answered = taken.success(answer, [chat], [chat], **private)
            answered.success(idle, None, [box], queue=False, **private)
            answered.failure(refused, [chat], [box, chat], queue=False, **private)
            running.append(answered)
        box.stop(stop, [chat], [box, chat], cancels=running, queue=False, **private)
        chat.clear(idle, None, [box], cancels=running, queue=False, **private)
        demo.load(current_header, None, [top], queue=False, **private)
        api(ask, api_name="ask", concurrency_limit=concurrency)
    demo.queue(default_concurrency_limit=concurrency, max_size=queue_size, api_open=True)
    return demo


def answer_fields(answer: Answer) -> dict[str, Any]:
    """A finished answer as plain values for a program."""
    return {
        "text": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "details": list(answer.details),
        "citations": [citation_fields(citation) for citation in answer.citations],
    }


def _user(text: str) -> Message:
    return {"role": "user", "content": draw_question(text)}


def _assistant(drawn: str) -> Message:
    return {"role": "assistant", "content": drawn}


def _busy_box() -> Any:
    return gr.Textbox(value="", placeholder=ASK_HERE, submit_btn=False, stop_btn=True)


def theme() -> Base:
    """System fonts only: no font is fetched, and bold text has all its letters."""
    return Default(
        primary_hue=colors.teal,
        neutral_hue=colors.stone,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    )
