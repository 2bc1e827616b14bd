"""A model server for tests: speaks the OpenAI form, takes no grammar, says what it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ScriptedServer:
    """Streams `reply` word by word; `status`, `delay` (seconds before each word) and `cut` (drop the
    connection after so many words) make it misbehave. `requests` holds the bodies received. `limit` keeps to
    `max_tokens` words; `thought` comes before the reply in a field of its own; requests that name one of `refuses`
    (a field, or a message's role) get status 400. `replies`, where it is set, makes the reply from a request."""

    replies: Callable[[dict[str, Any]], str] | None = None

    def __init__(self, reply: str = "", *, status: int = 200, delay: float = 0.0, cut: int = -1) -> None:
        self.reply, self.status, self.delay, self.cut = reply, status, delay, cut
        self.limit, self.thought = False, ""
        self.refuses: tuple[str, ...] = ()
        self.requests: list[dict[str, Any]] = []
        self.closed_early = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # in chunks, as real servers stream: a reply cut off shows

            def log_message(self, format: str, *args: object) -> None:
                return

            def _json(self, status: int, body: object) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                if self.path == "/v1/models":
                    self._json(200, {"object": "list", "data": [{"id": "scripted", "max_model_len": 3000}]})
                else:
                    self._json(404, {"error": {"message": "no such page"}})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path != "/v1/chat/completions":
                    self._json(404, {"error": {"message": "no such page"}})
                    return
                owner.requests.append(body)
                reply = owner.replies(body) if owner.replies else owner.reply
                named = {*body, *(message["role"] for message in body["messages"])}
                if refused := named & set(owner.refuses):
                    self._json(400, {"error": {"message": f"not supported: {min(refused)} role or field"}})
                    return
                if owner.status != 200:
                    self._json(owner.status, {"error": {"message": "the model is not loaded", "type": "x"}})
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for word in owner.thought.split():
                        self._word({"role": "assistant", "content": None, "reasoning_content": f"{word} "})
                    for number, word in enumerate(reply.split(" ")):
                        if owner.limit and number == body["max_tokens"]:
                            self._word({}, "length")
                            break
                        if number == owner.cut:
                            self.close_connection = True
                            return
                        time.sleep(owner.delay)
                        self._word({"role": "assistant", "content": f"{word} "})
                    self._chunk(b"data: [DONE]\n\n")
                    self._chunk(b"")
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                    owner.closed_early.set()

            def _word(self, delta: dict[str, Any], ended: str | None = None) -> None:
                choice = {"index": 0, "delta": delta, "finish_reason": ended}
                about = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
                self._event({**about, "choices": [choice]})

            def _event(self, event: object) -> None:
                self._chunk(f"data: {json.dumps(event)}\n\n".encode())

            def _chunk(self, data: bytes) -> None:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                self.wfile.flush()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ScriptedServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
