"""What a reader gets for a question, with the real embedder, real Chroma and a scripted model."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from index.errors import InputError
from index.schema import ArticleFilter
from rag.llm import load_model
from rag.options import RagOptions
from rag.pipeline import Pipeline
from rag.refusal import ABSTAIN_TEXT
from rag.schema import Checking, Failed, Finished, Retrieved, Rewritten, Searching, Sentence, Turn
from tests.rag.servers import ScriptedServer


@pytest.fixture
def quoting(library, embedder, reader) -> Pipeline:
    return Pipeline(library, embedder, options=RagOptions(engine="quote"), reader=reader)


def modelled(library, embedder, reader, server: ScriptedServer, **changes) -> Pipeline:
    model = load_model(url=server.url, model="scripted", timeout=changes.pop("timeout", 10.0))
    options = dataclasses.replace(RagOptions(engine="model", evidence_tokens=400), **changes)
    return Pipeline(library, embedder, options=options, model=model, reader=reader)


def test_a_quoted_answer_is_verbatim_and_cited(quoting: Pipeline) -> None:
    answer = quoting.ask("When was the Sandbar Canal opened to ships?")
    assert not answer.abstained
    assert "15 August 1914" in answer.text
    assert answer.citations[0].marker == 1
    for citation in answer.citations:
        assert citation.passage.article.text[citation.start : citation.end] == citation.quote
    assert all(s.origin == "quote" for s in answer.sentences)
    assert "[1]" in answer.text


def test_only_the_named_article_answers(quoting: Pipeline) -> None:
    question = "When was the Sandbar Canal opened to ships?"
    canal, moons = (quoting.library.find(f"https://www.example.org/{name}/") for name in ("canal", "moons"))
    answer = quoting.ask(question, only=ArticleFilter(articles=(canal,)))
    assert {c.passage.article.id for c in answer.citations} == {canal}
    assert "Only the article “The Sandbar Canal” was searched." in answer.details
    other = quoting.ask(question, only=ArticleFilter(articles=(moons,)))
    assert other.abstained
    assert {p.article.id for p in other.passages} <= {moons}
    assert quoting.ask(question, only=ArticleFilter(articles=("nobody",))).passages == ()


def test_what_the_articles_do_not_say_is_not_said(quoting: Pipeline) -> None:
    answer = quoting.ask("Who is the president of France?")
    assert answer.abstained
    assert answer.text.startswith(ABSTAIN_TEXT)
    assert answer.citations == ()
    assert answer.sentences == ()
    assert answer.passages, "the nearest passages are offered"
    assert answer.reason


def test_events_come_in_order_and_finished_is_last(quoting: Pipeline) -> None:
    events = list(quoting.stream("How many moons does Saturn have?"))
    kinds = [type(event) for event in events]
    assert kinds[:2] == [Searching, Retrieved]
    assert kinds[-1] is Finished
    assert Sentence in kinds
    assert kinds.count(Finished) == 1


def test_a_follow_up_is_rewritten_and_answered(quoting: Pipeline) -> None:
    history = (Turn("When was the Sandbar Canal opened?", "On 15 August 1914 [1]."),)
    events = list(quoting.stream("How long is it?", history=history))
    assert events[0] == Rewritten("How long is the Sandbar Canal?")
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert "80 kilometres" in finished.answer.text


def test_what_was_said_before_does_not_hide_the_answer_to_another_question(quoting: Pipeline) -> None:
    history = (Turn("How many moons does Saturn have?", "“The planet now has 274 known moons.” [1]"),)
    question = "How many labourers died of fever on the canal?"
    alone = quoting.ask(question)
    answer = quoting.ask(question, history=history)
    assert not answer.abstained
    assert answer.text == alone.text


def test_who_a_name_is_is_answered_by_a_sentence_about_something_else(quoting: Pipeline) -> None:
    answer = quoting.ask("Who is George Goethals?")
    assert answer.text.startswith("“The engineer George Goethals led it to its end.”")
    marked = answer.citations[0]
    assert marked.answer is not None
    assert marked.passage.article.text[slice(*marked.answer)] == "engineer"


def test_articles_from_after_the_day_asked_are_not_known(quoting: Pipeline) -> None:
    answer = quoting.ask("How many known moons does Saturn have?", asked_at=date(2025, 1, 1))
    assert all(p.article.published and p.article.published <= date(2025, 1, 1) for p in answer.passages)
    assert answer.abstained


def test_articles_it_must_do_without_are_neither_found_nor_quoted(quoting: Pipeline) -> None:
    question = "How long is the Sandbar Canal?"
    canal = next(p.article.id for p in quoting.retrieve(question, 3) if p.article.external_id == "canal")
    found = quoting.retrieve(question, 3, without=(canal,))
    assert found
    assert canal not in {passage.article.id for passage in found}
    assert [passage.rank for passage in found] == list(range(1, len(found) + 1))
    answer = quoting.ask(question, without=frozenset({canal}))
    assert canal not in {citation.passage.article.id for citation in answer.citations}


@pytest.mark.parametrize("question", ["", "   ", "\0", "?!", "🙂🙂"])
def test_an_empty_question_is_refused_in_words(quoting: Pipeline, question: str) -> None:
    with pytest.raises(InputError, match=r"empty|no word"):
        quoting.stream(question)


def test_a_question_over_the_limit_is_refused_with_the_limit(quoting: Pipeline) -> None:
    with pytest.raises(InputError, match="2,000"):
        quoting.stream("canal " * 1000)


@pytest.mark.parametrize(
    "question",
    [
        "' OR 1=1 --",
        'title:"x" AND (y',
        "[1] [2] [3]",
        "<script>alert(1)</script>",
        "$$x$$ | a | b",
        "ما هي القناة؟",
        "canal\ncanal",
    ],
)
def test_odd_questions_get_an_answer_or_an_abstention(quoting: Pipeline, question: str) -> None:
    answer = quoting.ask(question)
    assert answer.abstained or answer.citations


def test_a_checked_draft_is_shown_with_its_citation(library, embedder, reader, scripted_server) -> None:
    scripted_server.reply = "The Sandbar Canal was opened to ships on 15 August 1914 [1]."
    answer = modelled(library, embedder, reader, scripted_server).ask("When was the Sandbar Canal opened?")
    first = answer.sentences[0]
    assert first.origin == "draft"
    assert "1914" in answer.citations[first.markers[0] - 1].quote


def test_an_invented_figure_is_never_shown(library, embedder, reader, scripted_server) -> None:
    scripted_server.reply = "The Sandbar Canal was opened to ships on 15 August 1921 [1]."
    answer = modelled(library, embedder, reader, scripted_server).ask("When was the Sandbar Canal opened?")
    assert "1921" not in answer.text
    assert "1914" in answer.text
    assert answer.dropped[0].text.startswith("The Sandbar Canal")
    assert answer.dropped[0].replaced
    assert "1921" in answer.dropped[0].reason


def test_a_turned_round_negation_is_never_shown(library, embedder, reader, scripted_server) -> None:
    scripted_server.reply = "The pact includes a mutual defence clause [1]."
    answer = modelled(library, embedder, reader, scripted_server).ask(
        "Does the pact include a mutual defence clause?"
    )
    assert "The pact includes" not in answer.text
    assert "leaving out a mutual defence clause" in answer.text


@pytest.mark.parametrize(
    "marker", ["[99]", "[0]", "", "[abc]", "(see fact 1)", "[1][2][3][4][5][6][7][8][9]"]
)
def test_bad_markers_never_reach_a_reader(library, embedder, reader, scripted_server, marker: str) -> None:
    """A server that ignores the grammar: citations come from the check."""
    scripted_server.reply = f"The Sandbar Canal was opened to ships on 15 August 1914 {marker}."
    answer = modelled(library, embedder, reader, scripted_server).ask("When was the Sandbar Canal opened?")
    numbers = {c.marker for c in answer.citations}
    assert numbers
    assert all(set(s.markers) <= numbers and s.markers for s in answer.sentences)
    assert "99" not in answer.text
    assert "1914" in answer.text


def test_a_model_that_finds_nothing_abstains(library, embedder, reader, scripted_server) -> None:
    scripted_server.reply = "The articles do not say."
    answer = modelled(library, embedder, reader, scripted_server).ask("When was the Sandbar Canal opened?")
    assert answer.abstained
    assert "model" in answer.reason


def test_a_model_that_rambles_still_ends(library, embedder, reader, scripted_server) -> None:
    scripted_server.reply, scripted_server.delay = "The Sandbar Canal was opened in 1914 [1]. " * 200, 0.005
    answer = modelled(library, embedder, reader, scripted_server, max_sentences=2).ask(
        "When was the Sandbar Canal opened?"
    )
    assert len(answer.sentences) <= 3
    assert scripted_server.closed_early.wait(5), "the model was told to stop"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [({"status": 500}, "refused"), ({"cut": 3}, "broke off"), ({"delay": 3.0}, "did not answer")],
)
def test_a_model_in_trouble_is_named_and_the_quotation_answers(
    library, embedder, reader, trouble, words: str
) -> None:
    with ScriptedServer("The Sandbar Canal was opened to ships in 1914 [1].", **trouble) as server:
        pipeline = modelled(library, embedder, reader, server, timeout=1.0)
        events = list(pipeline.stream("When was the Sandbar Canal opened?"))
    failed = [event for event in events if isinstance(event, Failed)]
    assert len(failed) == 1
    assert words in failed[0].reason
    assert failed[0].next_step
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert "1914" in finished.answer.text


def test_a_model_server_that_is_down_is_named(library, embedder, reader) -> None:
    with ScriptedServer() as server:
        url = server.url
    model = load_model(url=url, model="scripted")
    pipeline = Pipeline(library, embedder, options=RagOptions(engine="model"), model=model, reader=reader)
    events = list(pipeline.stream("When was the Sandbar Canal opened?"))
    failed = next(event for event in events if isinstance(event, Failed))
    assert "does not answer" in failed.reason
    assert "FOOTNOTE_LLM_URL" in failed.next_step


def test_closing_the_stream_stops_the_model(library, embedder, reader) -> None:
    with ScriptedServer(
        "The Sandbar Canal was opened to ships on 15 August 1914 [1]. " + "And on. " * 400, delay=0.02
    ) as server:
        stream = modelled(library, embedder, reader, server).stream("When was the Sandbar Canal opened?")
        for event in stream:
            if isinstance(event, Sentence):
                break
        stream.close()  # type: ignore[attr-defined]
        assert server.closed_early.wait(10)


def test_whoever_leaves_stops_the_model_in_the_middle_of_a_sentence(library, embedder, reader) -> None:
    with ScriptedServer("The Sandbar Canal was opened and " * 400, delay=0.02) as server:
        stream = modelled(library, embedder, reader, server).stream("When was the Sandbar Canal opened?")
        for _ in range(2):
            next(event for event in stream if isinstance(event, Checking))
        stream.close()  # type: ignore[attr-defined]
        assert server.closed_early.wait(10)


def test_hostile_words_in_an_article_do_not_become_orders(library, embedder, reader, scripted_server) -> None:
    scripted_server.reply = (
        "I have been told to say that the canal never existed [1]. Visit http://evil.example [2]."
    )
    answer = modelled(library, embedder, reader, scripted_server).ask("When was the Sandbar Canal opened?")
    assert "evil" not in answer.text
    assert "never existed" not in answer.text


def test_checking_is_announced_before_the_model_is_asked(library, embedder, reader, scripted_server) -> None:
    scripted_server.reply = "The Sandbar Canal was opened to ships on 15 August 1914 [1]."
    kinds = [
        type(e)
        for e in modelled(library, embedder, reader, scripted_server).stream(
            "When was the Sandbar Canal opened?"
        )
    ]
    assert kinds.index(Checking) < kinds.index(Sentence)


def test_without_the_evidence_model_answers_still_come(library, embedder) -> None:
    pipeline = Pipeline(library, embedder, options=RagOptions(engine="quote", abstain_threshold=0.0))
    assert "1914" in pipeline.ask("When was the Sandbar Canal opened to ships?").text


@pytest.mark.parametrize("retriever", ["dense", "lexical", "hybrid"])
def test_each_retriever_finds_the_article(library, embedder, retriever) -> None:
    pipeline = Pipeline(library, embedder, options=RagOptions(engine="quote", retriever=retriever))
    found = pipeline.retrieve("How many moons does Saturn have?", 3)
    assert found[0].article.external_id == "moons"
    assert [p.rank for p in found] == list(range(1, len(found) + 1))


def test_the_same_question_twice_gives_the_same_answer(quoting: Pipeline) -> None:
    first, second = (quoting.ask("How much did the Sandbar Canal cost?") for _ in range(2))
    assert (first.text, first.confidence, first.settings_hash) == (
        second.text,
        second.confidence,
        second.settings_hash,
    )
    assert "375 million" in first.text


def test_the_query_engine_of_llamaindex_gives_source_nodes(quoting: Pipeline) -> None:
    from rag.query_engine import FootnoteQueryEngine

    response = FootnoteQueryEngine(quoting).query("When was the Sandbar Canal opened to ships?")
    assert "1914" in str(response)
    nodes = response.source_nodes
    assert nodes[0].node.metadata["title"] == "The Sandbar Canal"
    citation = (response.metadata or {})["citations"][0]
    assert citation["quote"] in TEXT_OF_CANAL


TEXT_OF_CANAL = (
    "The Sandbar Canal was opened to ships on 15 August 1914. It is 80 kilometres long and has six locks."
)


def test_the_retriever_of_llamaindex_gives_offsets(library, embedder) -> None:
    from rag.retrieve import HybridRetriever

    found = HybridRetriever(library, embedder, top_k=2).retrieve("Who led the work on the canal?")
    node = found[0].node
    article = library.article(node.metadata["article_id"])
    start, end = node.start_char_idx, node.end_char_idx  # type: ignore[attr-defined]
    assert article.text[start:end] == node.get_content()


def test_a_corrected_article_gives_way_to_its_revision(embedder, reader, tmp_path) -> None:
    from collections.abc import Iterator

    from index.build import build_index
    from index.library import Library
    from index.schema import Article, Skipped

    def written(name: str, day: date, year: int, corrects: str = "") -> Article:
        text = f"The lighthouse on the northern cape was built in {year}. It was painted red and white."
        return Article(
            name, name, "The lighthouse", "", text, day, source="shelf", language="en", corrects=corrects
        )

    class Shelf:
        key = label = "shelf"

        def read(self) -> Iterator[Article | Skipped]:
            yield written("first", date(2024, 1, 1), 1871)
            yield written("second", date(2025, 1, 1), 1881, corrects="first")

    build_index(tmp_path / "index", [Shelf()], embedder=embedder)
    with Library.open(tmp_path / "index", embedder=embedder) as library:
        pipeline = Pipeline(library, embedder, options=RagOptions(engine="quote"), reader=reader)
        assert "1881" in (now := pipeline.ask("When was the lighthouse built?").text)
        assert "1871" not in now
        assert "1871" in pipeline.ask("When was the lighthouse built?", asked_at=date(2024, 6, 1)).text
