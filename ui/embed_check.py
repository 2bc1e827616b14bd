"""Why the chat does not show on a page: what the chat's server and the page around it let through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ui.doctor import Check
from ui.guard.callers import is_address
from ui.origins import parse_origin

if TYPE_CHECKING:
    import httpx

SCRIPT = "embed.js"
MARK = b"footnote-chat"
"""Stands in the script and in nobody else's."""

TIMEOUT = 10.0
MOST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of a server: where it came from after all redirects, its status, headers and text."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Tag:
    """A script or frame on a page; `source` is its address."""

    name: str
    source: str
    attributes: dict[str, str]


class _Tags(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.found, self.policies = base, [], []
        self.found: list[Tag]
        self.policies: list[str]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        with suppress(ValueError):  # what is no address loads nothing
            if tag == "base" and given.get("href"):
                self.base = urljoin(self.base, given["href"])
            elif tag in ("script", "iframe") and given.get("src"):
                source = urljoin(self.base, given["src"].strip())
                urlsplit(source)
                self.found.append(Tag(tag, source, given))
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(given.get("content", ""))


def check_embed(url: str, origin: str = "", transport: httpx.BaseTransport | None = None) -> Iterator[Check]:
    """The checks for a page that shows the chat, or for the chat's own address (`origin` is then the site that is
    to show it), in the order in which a browser would fail on them."""
    import httpx

    headers = {"accept": "text/html,*/*"}
    with httpx.Client(follow_redirects=True, timeout=TIMEOUT, headers=headers, transport=transport) as client:
        found = _fetched(client, url)
        if isinstance(found, Check):
            yield found
            return
        if found.status == 401:
            yield _locked(url)
            return
        home = _chat_home(found)
        if home:
            yield Check("address", "ok", f"{found.url} is a Footnote chat")
            yield from _chat(client, home, origin)
            return
        yield from _page(client, found)


def _page(client: httpx.Client, page: Fetched) -> Iterator[Check]:
    """A page that is to show the chat."""
    if page.status >= 400:
        yield Check("address", "problem", f"{page.url} answers {page.status}", "name the page's own address")
        return
    tags = _Tags(page.url)
    tags.feed(page.body.decode("utf-8", "replace"))
    ours = [tag for tag in tags.found if _shows_chat(tag)]
    if not ours:
        yield Check(
            "tag",
            "problem",
            f"{page.url} has no script ending in /{SCRIPT} and no frame with /chat/ in what its server sends",
            "footnote embed snippet prints the tag; one that a script puts in shows in the browser only",
        )
        return
    policies = [*page.headers.get_list("content-security-policy"), *tags.policies]
    for tag in dict.fromkeys((tag.name, tag.source) for tag in ours):
        name, source = tag
        yield Check("tag", "ok", f"<{name}> {source}")
        yield from _mixed(page.url, source)
        yield from _allowed(policies, page.url, name, source)
        isolated = page.headers.get("cross-origin-embedder-policy", "").strip().lower()
        if isolated in ("require-corp", "credentialless"):
            yield Check(
                "isolation",
                "problem",
                f"the page sends Cross-Origin-Embedder-Policy: {isolated}, which keeps frames of other sites out",
                "leave that header out on the pages that show the chat",
            )
        home = source.partition("?")[0]
        home = home.removesuffix(SCRIPT) if name == "script" else home[: home.index("/chat/") + 1]
        if name == "script":
            script = _fetched(client, source)
            if isinstance(script, Check):
                yield script
                continue
            if script.status == 401:
                yield _locked(source)
                continue
            if script.status != 200 or MARK not in script.body:
                what = f"answers {script.status}" if script.status != 200 else "is not Footnote's script"
                yield Check(
                    "script",
                    "problem",
                    f"{source} {what}",
                    "use the address of the chat's server, then /embed.js",
                )
                continue
            yield Check("script", "ok", f"{source} is there")
        yield from _chat(client, home, origin_of(page.url))


def _chat(client: httpx.Client, home: str, origin: str) -> Iterator[Check]:
    """The chat itself, as `origin` would show it."""
    page = _fetched(client, urljoin(home, "chat/?embed=1"))
    if isinstance(page, Check):
        yield page
        return
    if page.status == 401:
        yield _locked(home)
        return
    if page.status == 421:
        yield Check(
            "chat",
            "problem",
            f"{home} answers 421: the chat does not answer for that host name",
            hosts_line(home) or "let the proxy pass on the name its readers use",
        )
        return
    if page.status != 200 or b'id="fn-page"' not in page.body:
        yield Check(
            "chat",
            "problem",
            f"{page.url} answers {page.status} and is no chat page",
            "footnote chat serves it there; a proxy in front may serve it under another path",
        )
        return
    policies = page.headers.get_list("content-security-policy")
    framing = page.headers.get("x-frame-options", "")
    ancestors = [told["frame-ancestors"] for told in map(directives, policies) if "frame-ancestors" in told]
    named = [one for one in ancestors[0] if one != "'self'"] if ancestors else []
    if framing and not ancestors:
        yield Check(
            "frame",
            "problem",
            f"the chat comes with X-Frame-Options: {framing}, and without Footnote's own policy",
            "a proxy in front of it replaces its headers: let Content-Security-Policy through and drop X-Frame-Options",
        )
        return
    if not ancestors:
        yield Check(
            "frame",
            "problem",
            "the chat comes without its policy",
            "let Content-Security-Policy through the proxy",
        )
        return
    if not origin and named:
        yield Check("origins", "ok", f"sites that may show the chat: {', '.join(named)}")
    elif not origin:
        step = "footnote embed snippet --origin https://your.site says how to name one"
        yield Check("origins", "warning", "no site but its own may show the chat", step)
    elif all(_matches(origin, found, page.url, whole=True) for found in ancestors):
        yield Check("origins", "ok", f"{origin} may show the chat")
    elif len(ancestors) > 1:
        problem = "the chat comes with several policies, and not all of them let this site in"
        yield Check(
            "origins", "problem", problem, "a proxy adds a Content-Security-Policy: leave it out for /chat/"
        )
    else:
        step = f"{setting_line([*named, origin])}, then start the chat anew"
        yield Check("origins", "problem", f"{origin} is not among the sites that may show the chat", step)


def setting_line(origins: list[str]) -> str:
    """The setting that lets these origins show the chat, as a variable."""
    listed = " ".join(origins)
    return f'FOOTNOTE_ALLOWED_ORIGINS="{listed}"' if " " in listed else f"FOOTNOTE_ALLOWED_ORIGINS={listed}"


def hosts_line(home: str) -> str:
    """The setting that lets the chat answer for the name in its address, as a variable; "" where it does anyway."""
    name = urlsplit(home).hostname or ""
    return "" if not name or name == "localhost" or is_address(name) else f"FOOTNOTE_ALLOWED_HOSTS={name}"


def origin_of(url: str) -> str:
    """The origin of a page as browsers write it, "" for none."""
    parts = urlsplit(url)
    try:
        return parse_origin(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    except ValueError:
        return ""


def directives(policy: str) -> dict[str, list[str]]:
    """A Content-Security-Policy's directives; of one that stands twice the first counts."""
    found: dict[str, list[str]] = {}
    for part in policy.split(";"):
        name, *values = part.split() or [""]
        if name:
            found.setdefault(name.lower(), values)
    return found


def _mixed(page: str, source: str) -> Iterator[Check]:
    ours = urlsplit(source)
    local = ours.hostname in ("localhost", "127.0.0.1") or (ours.hostname or "").endswith(".localhost")
    if urlsplit(page).scheme == "https" and ours.scheme == "http" and not local:
        yield Check(
            "https",
            "problem",
            "the page is https and the chat is http: browsers load nothing of it",
            "serve the chat by https, behind a proxy with a certificate",
        )


_LISTS = {
    "script": ("script-src-elem", "script-src", "default-src"),
    "iframe": ("frame-src", "child-src", "default-src"),
}


def _allowed(policies: list[str], page: str, name: str, source: str) -> Iterator[Check]:
    """What the page's own policies say to the script, and to the frame it makes."""
    chat = origin_of(source)
    for policy in policies:
        told = directives(policy)
        for kind in ("script", "iframe") if name == "script" else ("iframe",):
            asked = next((one for one in _LISTS[kind] if one in told), None)
            if asked is None or _matches(chat, told[asked], page, trusted=kind == "script"):
                continue
            wanted = "script-src" if kind == "script" else "frame-src"
            yield Check(
                "policy",
                "problem",
                f"the page's Content-Security-Policy keeps the {'script' if kind == 'script' else 'chat'} out ({asked})",
                f"add {chat} to its {wanted}",
            )


def _matches(
    origin: str, sources: list[str], page: str, *, trusted: bool = False, whole: bool = False
) -> bool:
    """Whether a policy's list lets an origin in, as far as can be told from outside. `trusted` believes a nonce or a
    hash; `whole` takes no https for an http that is named, as the chat's own script does."""
    return any(_lets_in(source.lower(), origin, page, trusted, whole) for source in sources)


_USUAL_PORT = {"http": "80", "https": "443"}


def _lets_in(source: str, origin: str, page: str, trusted: bool, whole: bool) -> bool:
    asked = urlsplit(origin)
    host, scheme_asked = asked.hostname or "", asked.scheme
    if source == "'self'":
        return origin == origin_of(page)
    if source.startswith("'"):
        return trusted and source.startswith(("'nonce-", "'sha", "'strict-dynamic'"))
    if source in ("*", f"{scheme_asked}:"):
        return True
    scheme, separator, rest = source.rpartition("://")
    name, _, port = rest.partition("/")[0].partition(":")
    scheme = scheme if separator else urlsplit(page).scheme
    if scheme != scheme_asked and (whole or (scheme, scheme_asked) != ("http", "https")):
        return False
    usual = _USUAL_PORT.get(scheme_asked)
    if port != "*" and (port or usual) != str(asked.port or usual):
        return False
    return host == name or (name.startswith("*.") and host.endswith(name[1:]))


def _shows_chat(tag: Tag) -> bool:
    path = urlsplit(tag.source).path
    return path.endswith(f"/{SCRIPT}") if tag.name == "script" else path.endswith("/chat/")


def _chat_home(page: Fetched) -> str:
    """Where the server of a chat page is, "" when it is none; what `url` names may be its root or /embed.js, too."""
    at = page.url.partition("?")[0]
    if b'id="fn-page"' in page.body and at.endswith("/chat/"):
        return at.removesuffix("chat/")
    if at.endswith(f"/{SCRIPT}") and MARK in page.body:
        return at.removesuffix(SCRIPT)
    return ""


def _locked(url: str) -> Check:
    return Check(
        "password",
        "problem",
        f"{url} asks for a password: nobody without it sees the chat, on any page",
        "unset FOOTNOTE_PASSWORD for a chat that is to be shown to all",
    )


def _fetched(client: httpx.Client, url: str) -> Fetched | Check:
    """What a server answers, or why it does not."""
    import httpx

    try:
        with client.stream("GET", url) as answer:
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    break
            return Fetched(str(answer.url), answer.status_code, answer.headers, bytes(body))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return Check("address", "problem", f"{url} is no address", "write it whole: https://example.org/page")
    except httpx.TooManyRedirects:
        return Check(
            "address", "problem", f"{url} leads on and on without an end", "name the page it is to end at"
        )
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        return Check(
            "address",
            "problem",
            f"{url} cannot be reached: {reason}",
            "is the server running, and reachable from here?",
        )
