"""Answers on their way, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, suppress
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from rag.schema import AnswerEvent

MEDIA_TYPE = "text/event-stream"
TEXT = {"type": "string"}
DOCUMENTED = {
    MEDIA_TYPE: {
        "schema": {"type": "object", "properties": {"event": TEXT, "data": TEXT}, "required": ["data"]}
    }
}
"""How the API's document describes one event of a stream."""
PING = b": still here\n\n"
PING_SECONDS = 15.0
"""A line is sent at least so often: proxies close what stays silent."""


def packed(data: Any, event: str = "") -> bytes:
    """One server-sent event; `data` becomes one line of JSON."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


async def drained(events: AsyncGenerator[AnswerEvent, None], request: Request) -> AsyncIterator[AnswerEvent]:
    """The events, as long as the client waits for them."""
    async with aclosing(events):
        async for event in events:
            if await request.is_disconnected():
                return
            yield event


def event_stream(
    events: AsyncGenerator[AnswerEvent, None],
    draw: Callable[[AnswerEvent], Iterable[bytes]],
    fail: Callable[[Exception], bytes],
    end: bytes = b"",
) -> StreamingResponse:
    """A response that sends each event as `draw` puts it, `end` at the end, and `fail(error)` in place of
    what could not be answered. A client that leaves ends the answer."""

    async def body() -> AsyncIterator[bytes]:
        async with aclosing(events):
            waiting: asyncio.Future[AnswerEvent] | None = None
            try:
                while True:
                    waiting = waiting or asyncio.ensure_future(anext(events))
                    done, _ = await asyncio.wait((waiting,), timeout=PING_SECONDS)
                    if not done:
                        yield PING
                        continue
                    event, waiting = waiting.result(), None
                    for piece in draw(event):
                        yield piece
            except StopAsyncIteration:
                yield end
            except Exception as error:  # noqa: BLE001 - the stream's border: told to the client, logged by `fail`
                yield fail(error)
            finally:
                if waiting is not None and not waiting.done():
                    waiting.cancel()
                    with suppress(asyncio.CancelledError):
                        await waiting

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body(), media_type=MEDIA_TYPE, headers=headers)
