"""The support check: what is said must stand in the cited words. Real embedder."""

import pytest

from rag import check

CANAL = "The canal opened to traffic on 15 August 1914, after ten years of American work that cost 375 million dollars."
TREATY = "When they signed the pact, both countries insisted on leaving out a mutual defence clause."
RUSSIA = "Russia supplied Iran with engines, and Iran sent drones to Russia."
EDITIONS = 'The "Home" edition was designed for consumers, and the "Professional" edition for business users.'
MOONS = "Saturn has 274 known moons, more than all other planets together."


@pytest.mark.parametrize(
    ("draft", "cited"),
    [
        ("The canal opened on 15 August 1914.", CANAL),
        ("Ten years of American work cost 375 million dollars.", CANAL),
        ("The canal opened to traffic in August 1914.", CANAL),
        ("Both countries insisted on leaving out a mutual defence clause.", TREATY),
        ("Iran sent drones to Russia.", RUSSIA),
        ("Saturn has 274 known moons.", MOONS),
        ('The "Home" edition was designed for consumers.', EDITIONS),
    ],
)
def test_what_the_cited_words_say_passes(draft: str, cited: str, embedder) -> None:
    verdict = check.check(draft, [cited], "", embedder)
    assert verdict.ok, verdict.reason
    assert 0.5 < verdict.support <= 1.0


@pytest.mark.parametrize(
    ("draft", "cited", "why"),
    [
        ("The canal opened on 15 August 1915.", CANAL, "1915"),
        ("The canal cost 400 million dollars.", CANAL, "400"),
        ("The canal was opened by Woodrow Wilson in 1914.", CANAL, "name"),
        ("The pact included a mutual defence clause.", TREATY, "negated"),
        ("The canal did not open on 15 August 1914.", CANAL, "negated"),
        ("Saturn has 274 known moons, which were all discovered by amateurs.", MOONS, "words such as"),
        ("Did the canal open in 1914?", CANAL, "asks"),
        ("The president of France is Emmanuel Macron.", RUSSIA, "name"),
        ("", CANAL, "nothing"),
        ("It is what it is.", CANAL, "nothing"),
    ],
)
def test_what_they_do_not_say_fails_with_its_reason(draft: str, cited: str, why: str, embedder) -> None:
    verdict = check.check(draft, [cited], "", embedder)
    assert not verdict.ok
    assert why in verdict.reason


def test_a_swapped_relation_fails(embedder) -> None:
    assert not check.check(
        "The Professional edition was designed for consumers.", [EDITIONS], "", embedder
    ).ok


def test_a_draft_without_a_citation_fails(embedder) -> None:
    assert not check.check("The canal opened in 1914.", [], "", embedder).ok


@pytest.mark.parametrize(
    ("draft", "question", "why"),
    [
        ("The canal opened.", "When did the canal open?", "repeats"),
        ("The canal opened after a long time of work.", "When did the canal open?", "no date"),
        ("The canal cost a great deal of money.", "How much did the canal cost?", "no number"),
        ("The canal opened on 15 August 1914.", "When did the canal open?", ""),
        ("It was built by George Goethals.", "Who built the canal?", ""),
    ],
)
def test_an_answer_holds_what_was_asked_for(draft: str, question: str, why: str) -> None:
    assert why in check.answers(draft, question) if why else check.answers(draft, question) == ""


def test_in_order_is_the_longest_common_subsequence_share() -> None:
    assert check.in_order(["a", "b", "c"], ["a", "x", "b", "c"]) == 1.0
    assert check.in_order(["c", "b", "a"], ["a", "b", "c"]) == pytest.approx(1 / 3)
    assert check.in_order(["z"], ["a"]) == 0.0


def test_the_sentences_that_support_a_statement_are_found_among_all_of_a_text(embedder) -> None:
    text = [MOONS, TREATY, CANAL, RUSSIA]
    found = check.supports("The canal opened on 15 August 1914.", text, embedder)
    assert found.ok
    assert found.score >= 0.5
    assert found.sentences[0] == 2


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("The canal opened on 15 August 1915.", [CANAL]),
        ("Both countries insisted on a mutual defence clause.", [TREATY]),
        ("The canal opened on 15 August 1914.", []),
        ("", [CANAL]),
    ],
)
def test_what_no_sentence_says_is_not_supported_whatever_its_score(statement, text, embedder) -> None:
    found = check.supports(statement, text, embedder)
    assert not found.ok
    assert 0 <= found.score <= 1


def test_a_statement_the_text_holds_scores_above_one_whose_number_stands_nowhere_in_it(embedder) -> None:
    text = [MOONS, TREATY, CANAL, RUSSIA]
    good, bad = (
        check.supports(f"The canal opened on 15 August {year}.", text, embedder) for year in (1914, 1915)
    )
    assert good.score > bad.score


def test_a_german_sentence_is_a_sentence() -> None:
    draft = "Das Bad wurde von der Ärztin Hedwig Amsel gegründet."
    assert check.answers(draft, "Wer hat das Bad gegründet?", language="de") == ""
    assert check.answers("The bath of Hedwig Amsel.", "Who founded the bath?") == "it is no sentence"
