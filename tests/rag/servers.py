"""A model server for tests: speaks the OpenAI form, takes no grammar, says what it is told to."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ScriptedServer:
    """Streams `reply` word by word; `status`, `delay` (seconds before each word) and `cut` (drop the
    connection after so many words) make it misbehave. `requests` holds the bodies received."""

    def __init__(self, reply: str = "", *, status: int = 200, delay: float = 0.0, cut: int = -1) -> None:
        self.reply, self.status, self.delay, self.cut = reply, status, delay, cut
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
                if owner.status != 200:
                    self._json(owner.status, {"error": {"message": "the model is not loaded", "type": "x"}})
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for number, word in enumerate(owner.reply.split(" ")):
                        if number == owner.cut:
                            self.close_connection = True
                            return
                        time.sleep(owner.delay)
                        piece = {"index": 0, "delta": {"role": "assistant", "content": f"{word} "}}
                        self._event(
                            {
                                "id": "1",
                                "object": "chat.completion.chunk",
                                "created": 1,
                                "model": "scripted",
                                "choices": [piece],
                            }
                        )
                    self._chunk(b"data: [DONE]\n\n")
                    self._chunk(b"")
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                    owner.closed_early.set()

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
