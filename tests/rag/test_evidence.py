"""Enough evidence or not: what a question insists on must be mentioned somewhere."""

from __future__ import annotations

import pytest

from index.schema import Article, Chunk
from rag import evidence
from rag.schema import Evidence, Passage

TEXT = "Bulgaria adopted the euro on 1 January 2026. The Norwegian crown stayed. The United Nations met. The bridge at Malmö opened."


def passage(text: str = TEXT) -> Passage:
    article = Article("a", "a", "Notes on money", "", text, language="en")
    return Passage(Chunk("a:0", "a", 0, text, 0, len(text)), article, 1.0, 1, "hybrid")


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("When will Poland adopt the euro?", "Poland"),
        ("What happened to the euro in 2020?", "2020"),
        ("When did Bulgaria adopt the euro?", ""),
        ("Did Poland and Bulgaria adopt the euro?", ""),
        ("Which coins has Norway?", ""),
        ("Did the UN meet?", ""),
        ("Did the bridge at Malmo open?", ""),
        ("what happened in 2026?", ""),
        ("how much is a coin worth?", ""),
    ],
)
def test_a_name_or_year_that_nothing_mentions_is_found(question: str, missing: str) -> None:
    assert evidence.unmentioned(question, [passage()]) == missing


@pytest.mark.parametrize("question", ["WHICH COMMODITY BECAME DEARER?", "WILL POLAND ADOPT THE EURO?"])
def test_capitals_everywhere_name_nothing(question: str) -> None:
    assert evidence.unmentioned(question, [passage()]) == ""


def test_german_nouns_are_no_names() -> None:
    shut = passage("Die Querung über den Fluss ist seit Mai gesperrt.")
    assert evidence.unmentioned("Warum wurde die Brücke gesperrt?", [shut], language="de") == ""
    assert evidence.unmentioned("Was geschah 1914?", [shut], language="de") == "1914"


def test_the_best_sentences_fill_the_budget_and_the_first_is_always_in() -> None:
    one = passage()
    items = [Evidence(one, word * 10, 0, 10, 1.0) for word in "abc"]
    chosen = evidence.within_budget(items, 40, len)
    assert [item.text[0] for item in chosen] == ["a", "b"]
    assert len(evidence.within_budget(items, 1, len)) == 1


def test_no_passages_give_no_confidence() -> None:
    class Nothing:
        def encode(self, texts):
            raise AssertionError("nothing to encode")

    import numpy as np

    ranked = evidence.rank("When?", [], evidence.SentenceCache(Nothing()), np.zeros(3))
    assert ranked.sentences == ()
    assert ranked.confidence == 0.0


def test_the_scores_of_what_is_read_add_to_one_and_a_question_in_the_text_comes_last(
    library, embedder, reader
) -> None:
    from rag.retrieve import retrieve

    question = "How long is the Sandbar Canal?"
    vector = embedder.encode([question])[0]
    found = retrieve(library, embedder, question, 3, vector=vector)
    ranked = evidence.rank(question, found, evidence.SentenceCache(embedder), vector, reader=reader)
    assert sum(item.score for item in ranked.sentences) == pytest.approx(1.0)
    assert "80 kilometres" in ranked.sentences[0].text
    assert 0.5 < ranked.confidence <= 1.0


def test_a_passage_found_by_words_alone_has_its_cosine_too(library, embedder) -> None:
    from rag.retrieve import retrieve

    question = "George Goethals"
    vector = embedder.encode([question])[0]
    both = retrieve(library, embedder, question, 3, vector=vector)
    words = retrieve(library, embedder, question, 3, retriever="lexical", vector=vector)
    known = {p.chunk.id: p.cosine for p in both}
    assert words
    assert all(p.cosine == pytest.approx(known[p.chunk.id], abs=1e-5) for p in words if p.chunk.id in known)
    assert library.cosines(vector, []) == {}
    assert library.cosines(vector, ["not there"]) == {}


def test_a_question_without_a_content_word_is_no_error(library, embedder, reader) -> None:
    from rag.retrieve import retrieve

    vector = embedder.encode(["?"])[0]
    found = retrieve(library, embedder, "canal", 3, vector=vector)
    ranked = evidence.rank("?", found, evidence.SentenceCache(embedder), vector, reader=reader)
    assert 0.0 <= ranked.confidence <= 1.0
    plain = evidence.rank("?", found, evidence.SentenceCache(embedder), vector)
    assert 0.0 <= plain.confidence <= 1.0


def test_a_sentence_seen_before_is_not_embedded_again() -> None:
    import numpy as np

    class Counting:
        calls = 0

        def encode(self, texts):
            Counting.calls += len(texts)
            return np.ones((len(texts), 2), np.float32)

    cache = evidence.SentenceCache(Counting(), size=2)
    cache.encode(["a", "b", "a"])
    cache.encode(["a", "b"])
    assert Counting.calls == 2
    assert cache.encode(["c", "a"]).shape == (2, 2)


def test_a_sentence_used_lately_is_kept_longest() -> None:
    import numpy as np

    seen: list[str] = []

    class Noting:
        def encode(self, texts):
            seen.extend(texts)
            return np.ones((len(texts), 2), np.float32)

    cache = evidence.SentenceCache(Noting(), size=2)
    for text in "abaca":
        cache.encode([text])
    assert seen == ["a", "b", "c"]
