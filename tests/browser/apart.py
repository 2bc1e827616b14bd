"""A chat server in a process of its own, which can be killed: `python -m tests.browser.apart PORT`."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Any

from rag.schema import AnswerEvent, Finished, Searching, Sentence
from tests.browser.serving import Served
from tests.fakes import TIDE_QUESTION, ScriptedPipeline, shelf_answers

ROOT = Path(__file__).parents[2]


class Apart(Served):
    """The server's process. It answers all the shelf's questions, but of TIDE_QUESTION the first sentence only."""

    def __init__(self, port: int) -> None:
        words = [sys.executable, "-m", "tests.browser.apart", str(port)]
        self.process = subprocess.Popen(words, cwd=ROOT)
        super().__init__(f"http://127.0.0.1:{port}", None, threading.current_thread())
        for _ in range(600):
            with suppress(OSError):
                urllib.request.urlopen(f"{self.url}/health/live", timeout=5).read()
                return
            sleep(0.1)
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """Ends it as a power cut does."""
        self.process.kill()
        self.process.wait(20)

    close = kill


class Endless(ScriptedPipeline):
    """Never comes to the end of what does not end with `Finished`."""

    def stream(self, question: str, **more: Any) -> Iterator[AnswerEvent]:
        last: AnswerEvent | None = None
        for last in super().stream(question, **more):
            yield last
        while not isinstance(last, Finished):
            sleep(1)


def main() -> None:
    """Serves until it is killed."""
    import uvicorn

    from ui.server import create_app

    answer = shelf_answers()[TIDE_QUESTION]
    first = Sentence("Most coasts have two high tides a day.", "draft", answer.citations[:1])
    pipeline = Endless({**shelf_answers(), TIDE_QUESTION: [Searching(), first]})
    uvicorn.run(create_app(pipeline, examples=[]), port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
