"""Connections that are held open and not used: ended, before they keep others out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ui.guard.callers import LOOPBACK, Network, network, parse_networks, within


class PatientProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol with an end to its patience: for a head that does not come, a body that does not end, and
    a reader who does not read what is sent. Uvicorn itself waits for all three as long as the connection stands."""

    HEAD_SECONDS = 20.0
    HEAD_BYTES = 65_536
    BODY_SECONDS = 60.0
    """For 2 MB, which takes a slow telephone 20; an upload gets as long again for each 2 MB that came."""
    BODY_BYTES = 2_000_000
    WRITE_SECONDS = 30.0
    """In which a reader has to take 48 kB of what waits for it."""
    MOST_OF_ONE = 200
    """Connections of one address; this machine's own and a trusted proxy's are not counted."""
    MOST = 900
    """Connections of all; a process may open 1,024 files where nobody has changed it."""

    _proxies: ClassVar[Sequence[Network]] = ()
    _counted: ClassVar[Counter[str]] = Counter()

    @classmethod
    def behind(cls, proxies: Sequence[str]) -> type[PatientProtocol]:
        """The protocol for a server that stands behind these proxies."""
        return type(cls.__name__, (cls,), {"_proxies": parse_networks(proxies), "_counted": Counter()})

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._in_head, self._head_bytes = True, 0
        self._body_bytes = 0
        self._peer = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        free = peer in LOOPBACK or within(peer, self._proxies)
        self._peer = "" if free else network(peer)
        self._counted[self._peer] += 1
        if len(self.connections) > self.MOST or (self._peer and self._counted[self._peer] > self.MOST_OF_ONE):
            transport.abort()
            return
        self._give("head", self.HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        for name in list(self._timers):
            self._had(name)
        self._counted[self._peer] -= 1
        if self._counted[self._peer] <= 0:
            del self._counted[self._peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.HEAD_BYTES and not self.transport.is_closing():
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._had("head")
        self._give("head", self.HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._had("head")
        self._body_bytes = 0
        self._give("body", self.BODY_SECONDS)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self.BODY_BYTES:
            self._body_bytes = 0
            self._had("body")
            self._give("body", self.BODY_SECONDS)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._had("body")
        super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: there are no sockets of that kind here, and nobody shall fill the log by asking for one."""

    def pause_writing(self) -> None:
        super().pause_writing()
        self._give("write", self.WRITE_SECONDS)

    def resume_writing(self) -> None:
        self._had("write")
        super().resume_writing()

    def _give(self, name: str, seconds: float) -> None:
        self._timers[name] = self.loop.call_later(seconds, self.transport.abort)

    def _had(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()
