"""python -m ui.demo [--port 7860] [--page-port 7861]: the chat, and a page of another origin that shows it."""

from __future__ import annotations

import argparse
import sys

from ui.cli import PROGRAM, app
from ui.commands.chat import port_problem
from ui.commands.common import complain
from ui.demo.site import Site, demo_pages


def main(words: list[str]) -> int:
    """Serves both until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m ui.demo")
    parser.add_argument("--port", type=int, default=7860, help="the chat's port")
    parser.add_argument("--page-port", type=int, default=7861, help="the port of the page that shows it")
    given = parser.parse_args(words)
    if problem := port_problem("127.0.0.1", given.page_port):
        complain(problem, f"python -m ui.demo --page-port {given.page_port + 1}")
        return 1
    site = Site(demo_pages(f"http://127.0.0.1:{given.port}"), given.page_port)
    print(f"A page with the chat on it is at {site.origin}, once the chat answers.", flush=True)
    try:
        app(
            ["chat", "--port", str(given.port), "--set", f"allowed_origins={site.origin}"],
            prog_name=PROGRAM,
            standalone_mode=False,
        )
    finally:
        site.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
