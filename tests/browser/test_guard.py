"""What another site's page, and a reader who asks too much, meet in a real Chromium."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.serving import Served, served
from tests.browser.visiting import Seen, answered, visit, wait_until
from tests.fakes import LENS_QUESTION, TIDE_QUESTION, ScriptedPipeline
from ui.guard.limits import Limits
from ui.guard.passes import Passes
from ui.readers.store import STORE_FILE, ReaderStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

pytestmark = pytest.mark.browser

EVIL = """<!doctype html><title>Evil</title><body><script>
const app = "APP", json = '{"question": "When was the Fresnel lens first lit?", "x": "', rest = '"}';
const tell = (name, what) => { document.body.dataset[name] = what; };
const asked = (name, path, options) => fetch(app + path, options).then((r) => r.text()).then((t) => tell(name, "read: " + t.slice(0, 80)), (e) => tell(name, "refused"));
asked("plain", "/api/ask", {method: "POST", headers: {"content-type": "text/plain"}, body: json + rest});
asked("json", "/api/ask", {method: "POST", headers: {"content-type": "application/json"}, body: json + rest});
asked("opaque", "/api/ask", {method: "POST", mode: "no-cors", body: json + rest});
asked("keys", "/api/ask", {method: "POST", credentials: "include", headers: {"x-forwarded-for": "1.2.3.4"}, body: json + rest});
asked("search", "/api/search?q=tides");
asked("config", "/chat/config");
asked("page", "/chat/");
asked("owner", "/admin/feedback.jsonl");
asked("queue", "/chat/gradio_api/queue/join", {method: "POST", body: '{"data": [], "fn_index": 1, "session_hash": "s"}'});
asked("call", "/chat/gradio_api/call/ask", {method: "POST", body: '{"data": ["Why?"]}'});
for (const [kind, path] of [["img", "/api/search?q=tides"], ["script", "/chat/config"], ["script", "/api/articles"]]) {
  const one = document.createElement(kind); one.src = app + path; document.body.append(one);
}
for (const path of ["/chat/", "/articles/", "/admin/", "/admin/articles", "/answers/none", "/api/articles", "/api/search?q=tides"]) {
  const frame = document.createElement("iframe"); frame.src = app + path; document.body.append(frame);
}
for (const [path, kind] of [["/api/ask", "text/plain"], ["/admin/articles/tides/remove", "application/x-www-form-urlencoded"]]) {
  const frame = document.createElement("iframe"); frame.name = kind; document.body.append(frame);
  const form = document.createElement("form"); form.action = app + path; form.method = "post"; form.enctype = kind; form.target = kind;
  const field = document.createElement("input"); field.name = json; field.value = rest; form.append(field);
  document.body.append(form); form.submit();
}
try { new WebSocket(app.replace("http", "ws") + "/chat/").onerror = () => tell("socket", "refused"); } catch { tell("socket", "refused"); }
</script>"""


@contextmanager
def site(page: Callable[[str], str]) -> Iterator[str]:
    """Another site, that shows at every path what `page(path)` gives; its origin."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page(self.path).encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}"  # 127.0.0.1 and localhost are two sites
        server.shutdown()


def test_another_sites_page_asks_reads_and_frames_nothing(chromium: Browser, tmp_path: Any):
    pipeline = ScriptedPipeline()
    removed: list[Any] = []
    with closing(ReaderStore(tmp_path / STORE_FILE, 0)) as store:
        running = served(
            pipeline, examples=[], allowed_hosts=["127.0.0.1", "localhost"], store=store,
            remove_articles=lambda name, ids: removed.append(ids) or 1,
        )  # fmt: skip
        context = chromium.new_context()
        try:
            with site(lambda _: EVIL.replace("APP", running.url)) as evil:
                page = context.new_page()
                statuses: dict[str, list[int]] = {}
                page.on(
                    "response",
                    lambda r: statuses.setdefault(r.url.removeprefix(running.url), []).append(r.status),
                )
                page.goto(evil)
                names = (
                    "plain",
                    "json",
                    "opaque",
                    "keys",
                    "search",
                    "config",
                    "page",
                    "owner",
                    "queue",
                    "call",
                    "socket",
                )
                told: dict[str, str] = {}

                def all_told() -> bool:
                    told.update(page.evaluate("({...document.body.dataset})"))
                    return set(names) <= set(told) and len(page.frames) >= 10

                wait_until(page, all_told)
                page.wait_for_load_state("networkidle")
                assert {name: told[name] for name in names} == dict.fromkeys(names, "refused")
                shown = [frame.url for frame in page.frames if frame.url.startswith(running.url)]
                assert shown == [], "the browser shows an error of its own in each frame"
                assert set(statuses["/api/ask"]) == {403}
            assert pipeline.asked == []
            assert removed == []
        finally:
            context.close()
            running.close()


def test_readers_of_an_allowed_site_share_its_limit(chromium: Browser):
    where: dict[str, str] = {}

    def page_of(path: str) -> str:
        policy = 'referrerpolicy="no-referrer"' if path == "/silent" else ""
        return f'<!doctype html><title>Ally</title><iframe src="{where["app"]}/chat/" width=600 height=700 {policy}></iframe>'

    with site(page_of) as ally:
        limits = Limits(site_questions_per_minute=1)
        running = served(ScriptedPipeline(), examples=[], allowed_origins=[ally], limits=limits)
        where["app"] = running.url

        def asked(address: str, path: str) -> str:
            context = chromium.new_context(extra_http_headers={"x-forwarded-for": address})
            try:
                page = context.new_page()
                page.goto(ally + path)
                inside = page.frame_locator("iframe")
                inside.locator("#question textarea").fill(LENS_QUESTION)
                inside.locator("#question textarea").press("Enter")
                inside.locator(".fn-failed, a.cite").first.wait_for()
                assert context.cookies() == []
                return inside.locator(".fn-answer").inner_text()
            finally:
                context.close()

        try:
            assert "Fresnel" in asked("203.0.113.5", "/blog")
            assert "Too many questions come from this site at once" in asked("203.0.113.6", "/news")
            assert "Fresnel" in asked("203.0.113.7", "/silent"), (
                "who does not say where it is counts elsewhere"
            )
            assert "Too many questions come from this site at once" in asked("203.0.113.8", "/silent")
        finally:
            running.close()


def behind_a_proxy(context: BrowserContext) -> None:
    """As if a proxy on the server's machine handed this browser's requests over."""
    context.set_extra_http_headers({"x-forwarded-for": "203.0.113.5"})


@pytest.fixture
def limited() -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(**limits: int) -> Served:
        running.append(served(ScriptedPipeline(), examples=[], limits=Limits(**limits)))
        return running[-1]

    yield start
    for server in running:
        server.close()


def test_a_reader_who_asks_too_much_gets_a_line_and_can_go_on_later(
    chromium: Browser, limited: Callable[..., Served]
):
    server = limited(questions_per_minute=2)
    context = chromium.new_context(locale="de-DE")
    behind_a_proxy(context)
    try:
        seen = Seen()
        page = visit(context, server, seen)
        answered(page, LENS_QUESTION)
        answered(page, TIDE_QUESTION)
        answered(page, LENS_QUESTION)
        assert (
            page.locator(".fn-failed")
            .inner_text()
            .startswith("Aus Ihrem Netz kommen zu viele Fragen auf einmal. Fragen Sie in ")
        )
        assert page.locator(".toast-wrap *").count() == 0, "never the framework's own message"
        assert page.locator(".fn-again").last.is_visible()
        server.server.config.app.state.service.limiter._clock = lambda: 1e12  # much later
        page.locator(".fn-again").last.click()
        page.wait_for_selector(".fn-failed", state="detached")
        page.locator("a.cite").last.wait_for()
        assert context.cookies() == []
        assert seen.console == []
    finally:
        context.close()


def test_a_page_that_is_too_old_says_so_and_keeps_its_conversation_when_it_is_loaded_again(
    chromium: Browser, limited: Callable[..., Served]
):
    server = limited()
    context = chromium.new_context()
    behind_a_proxy(context)
    try:
        seen = Seen()
        page = visit(context, server, seen)
        answered(page, LENS_QUESTION)
        passes: Passes = server.server.config.app.state.service.passes
        passes._key = b"another key"
        answered(page, TIDE_QUESTION)
        assert (
            page.locator(".fn-failed").inner_text().startswith("This page is too old to ask with. Reload it")
        )
        page.locator(".fn-again").last.click()  # loads the page anew, and asks
        page.wait_for_selector(".fn-failed", state="detached")
        page.locator("a.cite").nth(2).wait_for()
        assert page.locator(".fn-question").all_inner_texts() == [LENS_QUESTION, TIDE_QUESTION]
        passes._key = b"yet another key"
        answered(page, LENS_QUESTION)
        page.wait_for_selector(".fn-failed")
        page.reload()
        page.locator(".fn-answer").nth(2).wait_for()
        assert page.locator(".fn-question").first.inner_text() == LENS_QUESTION
        page.locator(".fn-again").last.click()
        page.wait_for_selector(".fn-failed", state="detached")
        page.locator("a.cite").nth(3).wait_for()
        assert context.cookies() == []
    finally:
        context.close()
