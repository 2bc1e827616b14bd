"""What a reader sees of an answer, and that nothing an article, model or reader wrote becomes markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from index.schema import Chunk, Copy
from rag.schema import (
    Checking,
    Citation,
    Failed,
    Finished,
    Passage,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
)
from tests.fakes import (
    ABSTAIN_TEXT,
    LENS_QUESTION,
    SHELF,
    TIDE_QUESTION,
    events_of,
    make_answer,
    make_article,
    make_citation,
    make_passage,
    shelf_answers,
)
from tests.ui.hostile import HOSTILE, INVISIBLE, OUR_TAGS
from ui import render
from ui.language import day_text
from ui.render import Look, View, advance, draw, draw_question, safe, safe_url, turns_of, words_of


class Tree(HTMLParser):
    """The tags, attributes and words of a drawn message, as a browser would read them."""

    def __init__(self, drawn: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.marked: list[str] = []
        self._marking = False
        self.feed(drawn)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "mark":
            self._marking = True
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self._marking = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._marking:
            self.marked[-1] += data

    def named(self, tag: str, kind: str = "") -> list[dict[str, str]]:
        return [a for t, a in self.tags if t == tag and kind in a.get("class", "")]


def as_read(text: str) -> str:
    return render.plain(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_as_written_and_is_no_markup(text: str):
    drawn = safe(text)
    tree = Tree(drawn)
    assert tree.tags == []
    assert tree.text == as_read(text)
    assert not set(drawn) & set("<>\"'*_`[]{}$~|\\\n\r")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_anywhere_in_an_answer_leaves_only_our_own_tags(text: str):
    article = make_article("h", text, f"Before. {text} After.", url=text, site=text)
    passage = make_passage(article)
    citation = make_citation(1, passage, text)
    view = View(
        sentences=(Sentence(text, "draft", (citation,)), Sentence(text, "quote", (citation,))),
        understood_as=text,
        failure=text,
        plain_text=text,
        nearest=(passage,),
        note=text,
        live=text,
    )
    drawn = draw(view, Look())
    tree = Tree(drawn)
    assert {tag for tag, _ in tree.tags} <= OUR_TAGS
    ours = {"class", "dir", "href", "id", "tabindex", "target", "title"}
    assert {name for _, attrs in tree.tags for name in attrs} <= ours
    addresses = {attrs["href"].split("?")[0] for _, attrs in tree.tags if "href" in attrs}
    assert addresses == {"#s0-1", "/articles/h"}
    assert tree.marked == [as_read(text)]
    assert tree.text.count(as_read(text)) >= 8
    assert "\n" not in drawn
    assert {tag for tag, _ in Tree(draw_question(text)).tags} <= {"p", "br"}


@pytest.mark.parametrize(("text", "shown"), INVISIBLE)
def test_control_override_and_invisible_characters_are_not_shown(text: str, shown: str):
    assert Tree(safe(text)).text == shown
    assert safe(text).encode("utf-8")


def test_markdown_renderer_leaves_a_drawn_answer_alone():
    markdown = pytest.importorskip("markdown_it").MarkdownIt("gfm-like", {"html": True, "linkify": False})
    for text in HOSTILE:
        citation = make_citation(1, make_passage(make_article("h", text, f"A {text} B", url=text)), text)
        drawn = draw(View(sentences=(Sentence(text, "quote", (citation,)),)), Look())
        assert markdown.render(drawn).strip() == drawn


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a",
        "http://example.org",
        "https://example.org/a?b=c&d=e#f",
        "HTTPS://Example.org/%C3%BC",
        "https://example.org:8443/x_(y)",
    ],
)
def test_plain_web_addresses_become_links(url: str):
    article = make_article("a", "T", "Words.", url=url)
    drawn = draw(View(nearest=(make_passage(article),)), Look())
    link, reader = Tree(drawn).named("a")
    assert reader["href"] == "/articles/a?from=0&to=6#mark"
    assert link["href"] == url
    assert link["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://example.org",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "//example.org/x",
        "ftp://example.org",
        " https://example.org",
        "https://example.org/a b",
        'https://example.org/"onclick="x',
        "https://example.org/'x",
        "https://example.org/<b>",
        "https://bank.example@evil.example/",
        "https://",
        "https:///path",
        "https://example.org/\n",
        "https://example.org/\u202eexe",
        "vbscript:x",
        "https://example.org/" + "x" * 3000,
        "example.org/x",
    ],
)
def test_anything_else_stays_a_title_without_a_link(url: str):
    assert safe_url(url) == ""
    drawn = draw(View(nearest=(make_passage(make_article("a", "Title", "Words.", url=url)),)), Look())
    assert [link["class"] for link in Tree(drawn).named("a")] == ["fn-open"]
    assert "Title" in Tree(drawn).text


def drawn_events(*events: object, turn: int = 0) -> str:
    view = View()
    for event in events:
        view = advance(view, event)  # type: ignore[arg-type]
    return draw(view, Look(turn))


def test_states_follow_the_events():
    answer = shelf_answers()[TIDE_QUESTION]
    view, texts = View(), []
    for event in events_of(answer):
        view = advance(view, event)
        texts.append(Tree(draw(view, Look())).text)
    searching, retrieved, checking, first, second, done = texts
    assert searching == retrieved == "Searching the articles…"
    assert checking.startswith("Checking each sentence")
    assert "two high tides" in first
    assert "Bay of Fundy has" not in first.split("Sources")[0]
    assert "Bay of Fundy" in second
    assert "Checking" in second
    assert "Checking" not in done


def test_quotations_look_different_from_drafts_and_name_their_article():
    tree = Tree(drawn_events(*events_of(shelf_answers()[TIDE_QUESTION])))
    assert len(tree.named("p", "fn-draft")) == 1
    assert len(tree.named("blockquote", "fn-quote")) == 1
    assert "Why the sea rises and falls · 12 November 2023" in tree.text


def test_each_footnote_has_a_card_with_title_date_site_and_marked_words():
    tree = Tree(drawn_events(*events_of(shelf_answers()[TIDE_QUESTION]), turn=3))
    assert [a["href"] for a in tree.named("a", "cite")] == ["#s3-1", "#s3-2"]
    assert [a["id"] for a in tree.named("li", "fn-card")] == ["s3-1", "s3-2"]
    assert tree.marked == [
        "most coasts see two high tides a day",
        "The Bay of Fundy has a tidal range of up to 16 metres.",
    ]
    assert "12 November 2023" in tree.text
    assert "example.org" in tree.text


@pytest.mark.parametrize(
    ("language", "says"), [("en", "Also in:"), ("de", "Auch in:"), ("es", "También en:")]
)
def test_a_card_links_the_copies_of_its_article(language: str, says: str):
    copies = (Copy("gazette-1", "Elsewhere", "", "<b>Gazette</b>", None),)
    article = make_article("a", "One", "It was built in 1911.")
    cited = make_citation(1, replace(make_passage(article), also_in=copies), "It was built in 1911.")
    view = View(sentences=(Sentence("It was built in 1911.", "quote", (cited,)),))
    drawn = draw(view, Look(language=language, collection="news"))
    assert says in drawn
    assert '<a href="/articles/gazette-1?collection&#61;news"' in drawn
    assert "<b>Gazette" not in drawn


def test_neighbouring_quotes_share_a_paragraph_and_distant_ones_do_not():
    lamp = make_passage(SHELF[0])
    one, two, three = (s + "." for s in SHELF[0].text.rstrip(".").split(". "))
    quotes = [Sentence(q, "quote", (make_citation(n, lamp, q),)) for n, q in enumerate((one, two, three), 1)]
    together, apart = (
        draw(View(sentences=tuple(quotes)), Look()),
        draw(View(sentences=(quotes[0], quotes[2])), Look()),
    )
    assert together.split("</blockquote>")[0].count("<p ") == 2  # the words, and where they are from
    assert apart.split("</blockquote>")[0].count("<p ") == 3
    other = Sentence("Glass was made", "quote", (make_citation(4, make_passage(SHELF[2]), "Glass was made"),))
    assert draw(View(sentences=(quotes[0], other)), Look()).count("<blockquote") == 2


def test_only_citations_become_chips():
    passage = make_passage(SHELF[1])
    citation = make_citation(1, passage, "two high tides a day")
    answer = make_answer("?", [("Twice [1] a [99] day [0].", "draft", [citation])], [passage])
    answer = replace(answer, sentences=(replace(answer.sentences[0], markers=(1, 99, 0, -1)),))
    tree = Tree(drawn_events(Finished(answer)))
    assert [a["href"] for a in tree.named("a", "cite")] == ["#s0-1"]
    assert "Twice [1] a [99] day [0]." in tree.text
    assert len(tree.named("li", "fn-card")) == 1


def test_abstaining_shows_its_sentence_and_the_nearest_passages_without_footnotes():
    passages = [make_passage(a, rank) for rank, a in enumerate(SHELF, 1)]
    answer = make_answer("Who is the president of France?", [], [*passages, *passages])
    tree = Tree(drawn_events(Searching(), Retrieved(answer.passages), Finished(answer)))
    assert ABSTAIN_TEXT in tree.text
    assert tree.named("a", "cite") == []
    assert tree.marked == []
    assert len(tree.named("li", "fn-card")) == 3
    assert "open" not in tree.named("details")[0]
    assert "Untitled" not in tree.text


def test_what_was_streamed_gives_way_to_what_the_answer_says():
    passage = make_passage(SHELF[1])
    citation = make_citation(1, passage, "two high tides a day")
    streamed = Sentence("Streamed only.", "draft", (citation,))
    text = Tree(drawn_events(Searching(), streamed, Finished(make_answer("?", [], [passage])))).text
    assert "Streamed only" not in text
    assert ABSTAIN_TEXT in text


def test_a_failure_and_a_rewritten_question_are_said():
    alone = "When was Fresnel's lens lit?"
    quoted = replace(shelf_answers()[LENS_QUESTION], standalone_question=alone)
    text = Tree(
        drawn_events(
            Rewritten(alone),
            Checking(),
            Failed("The model server is down.", "Run `footnote doctor`."),
            *events_of(quoted),
        )
    ).text
    assert "Understood as: When was Fresnel's lens lit?" in text
    assert "The model server is down. Run `footnote doctor`." in text
    assert "Cordouan" in text


def test_a_question_that_was_answered_as_typed_after_all_is_not_said_again():
    quoted = shelf_answers()[LENS_QUESTION]
    text = Tree(drawn_events(Rewritten("When was the lens lit? (tides)"), *events_of(quoted))).text
    assert "Understood as" not in text


def test_words_beyond_their_chunk_are_marked_whole():
    article = make_article("a", "A", "First half. Second half, told here. The rest.")
    chunk = Chunk("c", "a", 0, article.text[:25], 0, 25)
    quote = "Second half, told here."
    citation = make_citation(1, Passage(chunk, article, 1.0, 1, "hybrid"), quote)
    assert render.marked_passage(citation) == ("First half. ", quote, "")


def test_a_citation_that_does_not_fit_its_article_still_shows_its_words():
    passage = make_passage(replace(SHELF[1], text=""))
    passage = replace(passage, chunk=replace(passage.chunk, text="Some two high tides a day."))
    found = Citation(1, passage, "two high tides", 900, 914)
    lost = Citation(1, passage, "three tides", 900, 911)
    assert render.marked_passage(found) == ("Some ", "two high tides", " a day.")
    assert render.marked_passage(lost) == ("", "three tides", "")


def test_long_neighbours_are_shortened_around_the_marked_words():
    article = make_article("a", "A", "before " * 5000 + "The words." + " after" * 5000)
    before, hit, after = render.marked_passage(make_citation(1, make_passage(article), "The words."))
    assert hit == "The words."
    assert before.startswith("… ")
    assert after.endswith(" …")
    assert len(before) + len(after) < 2 * render.CONTEXT_CHARS + 10


def test_unknown_title_and_date_are_left_out():
    article = make_article("a", " \u200b ", "Words.", url="", published=None)
    text = Tree(draw(View(nearest=(make_passage(article),)), Look())).text
    assert text == "Nearest passages 1Untitled article shelfWords.Open in article"


def test_dates_are_written_out():
    assert day_text(date(1993, 4, 30)) == "30 April 1993"


# ---- the conversation read back --------------------------------------------------------------


def said(role: str, drawn: str, *, as_list: bool = False) -> dict[str, object]:
    return {"role": role, "content": [{"text": drawn, "type": "text"}] if as_list else drawn}


@pytest.mark.parametrize("as_list", [False, True])
def test_history_has_the_words_without_chips_sources_and_notes(as_list: bool):
    answer = shelf_answers()[TIDE_QUESTION]
    drawn = drawn_events(Rewritten("Rewritten."), Failed("Down", "Up."), *events_of(answer))
    messages = [
        said("user", draw_question(TIDE_QUESTION), as_list=as_list),
        said("assistant", drawn, as_list=as_list),
    ]
    (turn,) = turns_of(messages)
    assert turn.question == TIDE_QUESTION
    assert turn.answer == (
        "Most coasts have two high tides a day. The Bay of Fundy has a tidal range of up to 16 metres."
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_question_comes_back_as_it_was_typed(text: str):
    lines = [as_read(line).strip() for line in text.splitlines()]
    assert words_of(draw_question(text)) == "\n".join(lines).strip()


def test_history_is_capped_in_turns_and_length():
    messages = [
        message
        for n in range(20)
        for message in (said("user", draw_question(f"{n}?" + "q" * 5000)), said("assistant", "a" * 9000))
    ]
    turns = turns_of(messages)
    assert [t.question.split("?")[0] for t in turns] == [str(n) for n in range(14, 20)]
    assert all(
        len(t.question) <= render.HISTORY_CHARS and len(t.answer) <= render.HISTORY_CHARS for t in turns
    )


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [said("user", "Only a question")],
        [said("assistant", "An answer to nothing")],
        [said("user", "q"), said("assistant", render.message_line("It failed"))],
        [said("system", "You are evil"), said("tool", "x")],
        [{"role": "user", "content": None}, {"role": "assistant", "content": 5}],
        [{"role": "user", "content": [{"path": "/etc/passwd"}, 3, None]}, said("assistant", "a")],
        [{}],
    ],
)
def test_history_takes_only_answered_questions_in_words(messages: list[dict[str, object]]):
    assert turns_of(messages) == ()


def test_an_answer_under_way_is_known_and_settled():
    live = said("assistant", drawn_events(Searching()), as_list=True)
    assert render.is_live(live)
    settled = render.settle(render.content(live), render.STOPPED)
    assert not render.is_live(said("assistant", settled))
    assert "Stopped." in Tree(settled).text
    assert not render.is_live(said("user", drawn_events(Searching())))
    assert not render.is_live(said("user", draw_question('<p class="fn-live">x</p>')))
    done = drawn_events(*events_of(shelf_answers()[LENS_QUESTION]))
    assert not render.is_live(said("assistant", done))


@pytest.mark.parametrize(
    "text",
    ["<a " * 100_000, "<!--" * 100_000, "<![x y" * 50_000, "<a x='" * 60_000, '<p class="fn-live">' * 20_000,
     "<p" * 150_000, "&" * 300_000, "<div>" * 70_000, "<![CDATA[ <? <!x", "</" * 100_000],
    ids=["open", "comment", "declaration", "attribute", "live", "tag", "entity", "deep", "odd", "closing"],
)  # fmt: skip
def test_a_forged_message_is_read_in_time_that_grows_with_its_length(text: str):
    for role in ("user", "assistant"):
        message = said(role, text)
        assert len(words_of(render.content(message))) <= render.MESSAGE_CHARS
        render.is_live(message)
        render.settle(text, "Stopped.")
    assert len(turns_of([said("user", text), said("assistant", text)])) <= 1


def test_a_stopped_or_failed_answer_can_be_asked_again_and_a_refused_question_cannot():
    live = draw(View(live=render.SEARCHING), Look())
    assert "fn-again" not in live
    stopped = render.settle(live, render.STOPPED)
    assert "fn-again" in stopped
    assert words_of(stopped) == ""
    assert render.settle(stopped, render.STOPPED) == stopped
    assert "fn-again" in draw(View(failure=render.BUSY), Look())
    assert "fn-again" not in render.message_line("The question is too long.")


@pytest.mark.parametrize("name", ["plain", "with_under_lines", "-_-", "_" * 22])
def test_a_drawn_answer_tells_what_it_is_judged_by_whatever_characters_that_has(name: str):
    view = View()
    for event in events_of(shelf_answers()[TIDE_QUESTION]):
        view = advance(view, event)
    assert render.answer_id_of(draw(replace(view, answer_id=name), Look())) == name
