"""How many sentences are shown: the best, others where they may well be the answer too or are short."""

from __future__ import annotations

from index.schema import Article, Chunk
from rag import quote
from rag.schema import Evidence, Passage


def sentence(text: str, score: float, language: str = "en") -> Evidence:
    article = Article("a", "a", "A title", "", text, language=language)
    passage = Passage(Chunk("a:0", "a", 0, text, 0, len(text)), article, 1.0, 1, "hybrid")
    return Evidence(passage, text, 0, len(text), score)


LONG = " ".join(f"word{n}" for n in range(30))
OTHER = " ".join(f"other{n}" for n in range(30))
THIRD = " ".join(f"third{n}" for n in range(30))


def test_the_best_sentence_is_always_shown() -> None:
    assert quote.choose([sentence(LONG * 4, 0.01)], 3) == [sentence(LONG * 4, 0.01)]
    assert quote.choose([], 3) == []


def test_a_long_further_sentence_needs_a_good_share() -> None:
    best = sentence(LONG, 0.7)
    assert quote.choose([best, sentence(OTHER, 0.2)], 3) == [best, sentence(OTHER, 0.2)]
    assert quote.choose([best, sentence(OTHER, 0.08)], 3) == [best]


def test_a_short_further_sentence_needs_less_as_long_as_the_whole_is_short() -> None:
    best, short = sentence("It opened in 1914 after ten years.", 0.9), sentence("Ships pay a toll.", 0.05)
    assert quote.choose([best, short], 3) == [best, short]
    assert quote.choose([best, sentence("Ships pay a toll.", 0.01)], 3) == [best]
    assert quote.choose([sentence(LONG * 2, 0.9), short], 3) == [sentence(LONG * 2, 0.9)]


def test_no_more_than_asked_for_and_nothing_said_twice() -> None:
    items = [sentence(text, 0.3) for text in (LONG, OTHER, THIRD)]
    assert quote.choose(items, 2) == items[:2]
    assert quote.choose([items[0], sentence(f"{LONG} indeed", 0.3), items[2]], 3) == [items[0], items[2]]


def test_repeats_are_judged_in_the_articles_language() -> None:
    one = sentence("Die Brücken wurden 1914 eröffnet.", 0.5, "de")
    same = sentence("Die Brücke wurde 1914 eröffnet.", 0.4, "de")
    assert quote.choose([one, same], 3) == [one]
