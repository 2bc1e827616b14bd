"""Reading web pages, beside bare trafilatura on the same pages."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable

from bench.texts import Shuffled
from index.schema import Article

PAGES = 60
ROUNDS = 5

Row = Callable[[str, str, str], None]


def pages(count: int, seed: int = 1) -> list[str]:
    """News pages as they come, some 90 kB each: the text of seeds' sentences, in a page made here."""
    chance = random.Random(seed)
    articles = [article for article in Shuffled(count, 600, seed).read() if isinstance(article, Article)]
    return [_page(article, chance) for article in articles]


def _page(article: Article, chance: random.Random) -> str:
    data = {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "NewsArticle",
                "headline": article.title,
                "datePublished": "2024-01-02T03:04:05Z",
                "author": {"@id": "#writer"},
                "articleSection": "History",
            },
            {"@type": "Person", "@id": "#writer", "name": "Ada Example"},
        ],
    }
    menu = "".join(f'<li class="item"><a href="/section/{n}">Section {n}</a></li>' for n in range(60))
    cards = "".join(
        f'<div class="card"><a href="/story/{n}"><img src="/{n}.jpg" alt=""><h3>Another story of the day, number {n}</h3></a>'
        f'<p class="teaser">What happened there, in a line or two for those in a hurry.</p><time datetime="2024-01-0{n % 9 + 1}">day</time></div>'
        for n in range(50)
    )
    script = f"<script>window.state = {json.dumps({str(n): chance.random() for n in range(500)})};</script>"
    paragraphs = article.text.split("\n\n")
    inside = []
    for number, paragraph in enumerate(paragraphs):
        words = paragraph.split()
        words[len(words) // 2] = f'<a href="/topic/{number}">{words[len(words) // 2]}</a>'
        inside.append(f"<p>{' '.join(words)}</p>")
        if number % 4 == 2:
            inside.append('<div class="ad-slot"><div><script>ad();</script></div></div>')
        if number % 5 == 3:
            inside.append(
                "<figure><img src='a.jpg'><figcaption>A place. Photo: Jo Doe</figcaption></figure>"
                f"<p><a href='/story/{number}'>Five other things that happened on that day</a></p>"
            )
    table = "".join(f"<tr><td>{1900 + n}</td><td>{n * 7}</td></tr>" for n in range(12))
    comments = "".join(
        f"<li class='comment'><p>A reader, number {n}, says a thing or two.</p></li>" for n in range(20)
    )
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{article.title} | Example Press</title>"
        f"<script type='application/ld+json'>{json.dumps(data)}</script>{script}</head><body class='page'>"
        f"<header><nav><ul>{menu}</ul></nav></header><div class='layout'><main><article class='story'><h1>{article.title}</h1>"
        f"<div class='byline'>By Ada Example</div><div class='story-body'>{''.join(inside)}"
        f"<table><tr><th>Year</th><th>Ships</th></tr>{table}</table></div></article>"
        f"<section id='comments'><ol>{comments}</ol></section></main><aside class='sidebar'>{cards}</aside></div>"
        f"<section class='more'>{cards}</section><footer><ul>{menu}</ul><p>© 2024 Example Press</p></footer>{script * 3}</body></html>"
    )


def measure(row: Row) -> None:
    """Text and fields of each page, in processor time, beside `trafilatura.bare_extraction` (text only), in turn."""
    import trafilatura

    from index.clean import clean_text
    from index.markup import html_to_text

    made = pages(PAGES)

    def ours() -> None:
        for page in made:
            html_to_text(page)

    def cleaned() -> None:
        for page in made:
            clean_text(html_to_text(page)[1])

    def theirs() -> None:
        for page in made:
            trafilatura.bare_extraction(page, include_comments=False)

    ours()
    theirs()
    seconds: dict[str, list[float]] = {"ours": [], "cleaned": [], "theirs": []}
    for _ in range(ROUNDS):  # in turn, so that a drifting machine drifts for all
        for name, action in (("ours", ours), ("cleaned", cleaned), ("theirs", theirs)):
            started = time.process_time()
            action()
            seconds[name].append(time.process_time() - started)
    ratio = statistics.median(a / b for a, b in zip(seconds["theirs"], seconds["ours"], strict=True))
    with_cleaning = statistics.median(
        a / b for a, b in zip(seconds["theirs"], seconds["cleaned"], strict=True)
    )
    size = statistics.mean(len(page) for page in made) / 1000
    row(
        f"reading {PAGES} pages of {size:.0f} kB (text, fields)",
        f"{PAGES / min(seconds['ours']):.0f} pages/s, {ratio:.2f} times",
        f"trafilatura, text only: {PAGES / min(seconds['theirs']):.0f} pages/s; wanted: .8 times",
    )
    row("the same, cleaned", f"{with_cleaning:.2f} times", "")
