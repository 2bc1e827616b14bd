"""Pages as other people make them, each with the chat's script on it, written for these tests."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import NamedTuple


class HostPage(NamedTuple):
    """A page and the headers it is sent with."""

    html: str
    headers: dict[str, str]


def tag(chat: str, attributes: str = "", kind: str = "async") -> str:
    """The script tag as the documentation shows it."""
    return f'<script {kind} src="{chat}/embed.js" {attributes}></script>'


def plain(chat: str, attributes: str = "", head: str = "", language: str = "en") -> HostPage:
    """An ordinary page."""
    return HostPage(
        f"""<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Plain</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">{head}
{tag(chat, attributes)}</head><body><main><h1>A page</h1><p><a href="#x">A link</a> and an <label>input <input id="own"></label></p>
</main></body></html>""",
        {},
    )


def site_builder(chat: str, attributes: str = "") -> HostPage:
    """What a blog system makes of it: the tag pasted into a block of the text, moved about by filters, optimiser
    attributes added, a theme with many rules of its own, an old doctype-less habit or two."""
    return HostPage(
        f"""<!DOCTYPE html><html lang="en-GB" class="no-js"><head><meta charset="UTF-8"><title>Just another blog</title>
<link rel="icon" href="data:,"><link rel="canonical" href="https://example.org/tides/" />
<style id="theme-inline-css">html{{font-size:62.5%;scroll-behavior:smooth}}body{{margin:0;font:1.8rem/1.7 serif;overflow-x:hidden}}
button,input[type=submit]{{background:#cd2653;color:#fff;border:0;padding:1.1em 1.44em;text-transform:uppercase;display:inline-block}}
iframe,img,video{{max-width:100%;height:auto;display:block}}div{{position:static}}a{{color:#cd2653}}.site *{{box-sizing:inherit}}</style></head>
<body class="post-template-default single single-post postid-42 wp-embed-responsive"><div id="page" class="site"><header id="masthead"><h1 class="entry-title">Tides</h1></header>
<div class="entry-content"><p>Some words.</p>
<div class="wp-block-html"><p>{tag(chat, attributes, 'type="text/javascript" defer data-cfasync="false" id="chat-js"')}<br /></p></div></div></div>
<footer id="colophon">&copy;</footer></body></html>""",
        {},
    )


def drawn_by_script(chat: str, attributes: str = "") -> HostPage:
    """A page whose body is drawn anew again and again by a small loop of its own; the tag is put in by it, too."""
    setting = escape(attributes)
    return HostPage(
        f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"></head><body><script>
let count = 0;
const view = () => `<div id="root"><h1>Drawn ${{count}} times</h1><button onclick="count++; draw()">Draw</button><i data-setting="{setting}"></i></div>`;
const effects = new Set();
const useScript = (src, put) => {{ if (effects.has(src)) return; effects.add(src); const one = document.createElement("script"); one.src = src; put(one); document.head.append(one); }};
function draw() {{ document.body.innerHTML = view(); useScript("{chat}/embed.js", (one) => {{ one.async = true; one.dataset.title = "Ask the app"; }}); }}
draw(); setInterval(() => {{ count++; draw(); }}, 150);
</script></body></html>""",
        {},
    )


def as_module(chat: str, attributes: str = "") -> HostPage:
    """The tag as a module, twice: there is no current script, and only one bubble."""
    twice = tag(chat, attributes, 'type="module"') + tag(chat, attributes, "defer")
    page = plain(chat, attributes)
    return HostPage(page.html.replace(tag(chat, attributes), twice), {})


def overbearing(chat: str, attributes: str = "") -> HostPage:
    """A page whose style sheet reaches for everything."""
    style = """<style>* { all: unset !important; } body *, footnote-chat { position: static !important; transform: rotate(2deg) !important; opacity: .5 !important; }
html, body { display: flex !important; } iframe { display: none !important; } button { display: none !important; width: 1px !important; background: red !important; }
div, section { visibility: hidden !important; width: 0 !important; } footnote-chat { display: none; visibility: hidden; position: absolute; left: -9999px; }</style>"""
    return plain(chat, attributes, head=style)


def strict(chat: str, attributes: str = "") -> HostPage:
    """A page that allows nothing but what the documentation says it must."""
    policy = f"default-src 'none'; script-src {chat}; frame-src {chat}; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    return HostPage(plain(chat, attributes).html, {"Content-Security-Policy": policy})


KINDS: dict[str, Callable[[str, str], HostPage]] = {
    "plain": plain,
    "site builder": site_builder,
    "drawn by script": drawn_by_script,
    "module": as_module,
    "overbearing": overbearing,
    "strict": strict,
}
