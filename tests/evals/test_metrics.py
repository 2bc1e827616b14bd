"""What each metric says about answers worked out by hand."""

from __future__ import annotations

import math
import random
import re

import pytest

from evals import metrics
from rag.schema import AnswerSentence, Citation, Dropped
from tests.evals.fakes import answer, article, citation, passage, quoted

CANAL = article("canal", "The canal opened in 1914. It cost 302 million dollars.\nOver 5,600 workers died.")
WORM = article("worm", "Guinea worm fell to 13 cases in 2022.")
LONG = article("long", " ".join(f"word{n}" for n in range(100)))


# ---- SQuAD, against a second writing of its rules -------------------------------------------------


def other_normalise(text: str) -> list[str]:
    kept = [character for character in text.lower() if not re.match(r"[!-/:-@\[-`{-~]", character)]
    words = "".join(kept)
    for name in ("a", "an", "the"):
        words = re.sub(rf"(?<!\w){name}(?!\w)", " ", words)
    return words.split()


def other_f1(text: str, reference: str) -> float:
    said, expected = other_normalise(text), other_normalise(reference)
    if not said and not expected:
        return 1.0
    shared = sum(min(said.count(word), expected.count(word)) for word in set(said))
    return 2 * shared / (len(said) + len(expected)) if shared else 0.0


def random_texts() -> list[tuple[str, str]]:
    words = [
        "The",
        "a",
        "an",
        "Canal,",
        "canal",
        "1914.",
        "5,600",
        "U.S.",
        "don't",
        "–",
        "theory",
        "!",
        "co-op",
        "Ä",
    ]
    draw = random.Random(5)
    return [
        (
            " ".join(draw.choices(words, k=draw.randint(0, 6))),
            " ".join(draw.choices(words, k=draw.randint(1, 4))),
        )
        for _ in range(400)
    ]


def test_em_and_f1_agree_with_a_second_writing_of_the_official_rules():
    for text, reference in random_texts():
        assert metrics.em(text, [reference]) == float(other_normalise(text) == other_normalise(reference)), (
            text,
            reference,
        )
        assert metrics.f1(text, [reference]) == pytest.approx(other_f1(text, reference)), (text, reference)


@pytest.mark.parametrize(
    ("text", "references", "em", "f1", "contains"),
    [
        ("The Panama Canal.", ["panama canal"], 1, 1, 1),
        ("It opened in 1914", ["1914"], 0, 2 * 0.25 / 1.25, 1),
        ("“Squid Game”", ["Squid Game"], 1, 1, 1),
        ("Squid Game", ["“Squid Game”"], 1, 1, 1),
        ("Russia’s treaty", ["Russia's treaty"], 1, 1, 1),
        ("in 1308", ["308"], 0, 0, 0),
        ("5,600 workers", ["5600"], 0, 2 / 3, 1),
        ("game squid", ["squid game"], 0, 1, 0),
        ("no", ["yes", "no"], 1, 1, 1),
        ("", ["yes"], 0, 0, 0),
        ("Vitamin A helps", ["A"], 0, 0, 1),
        ("cafe\u0301", ["caf\u00e9"], 1, 1, 1),
        ("despite Manning’s problems", ["Manning"], 0, 0, 1),
        ("Mannings and others", ["Manning"], 0, 0, 0),
        ("a 20-yard line", ["20"], 0, 0, 1),
        ("co-op", ["co-op"], 1, 1, 1),
        ("the war of 1914–18", ["1914"], 0, 0, 1),
        ("3.5 or 5,600", ["5"], 0, 0, 0),
        ("Women's Day", ["Women's"], 0, 2 / 3, 1),
        ("is it C++ ?", ["?"], 0, 0, 1),
    ],
)
def test_answer_metrics_by_hand(text, references, em, f1, contains):
    assert metrics.em(text, references) == em
    assert metrics.f1(text, references) == pytest.approx(f1)
    assert metrics.contains(text, references) == contains


def test_the_best_reference_counts():
    assert metrics.f1("red green blue", ["yellow", "red green"]) == pytest.approx(0.8)


def test_markers_are_not_words_of_the_answer():
    said = quoted(CANAL, "The canal opened in 1914.")
    assert said.text.endswith("[1]")
    assert metrics.plain_text(said) == "The canal opened in 1914."
    assert metrics.answer_words(metrics.plain_text(said)) == 5


# ---- Retrieval ----------------------------------------------------------------------------------


def test_passages_become_articles_in_rank_order():
    found = [passage(CANAL, 0, 25), passage(WORM), passage(CANAL, 26, 54)]
    assert metrics.to_articles(found) == ["a-canal", "a-worm"]


def test_ranking_metrics_by_hand():
    names = ("hit@1", "hit@4", "mrr@10", "ndcg@10", "recall@100")
    scores = metrics.ranking_scores({"q": ["x", "g1", "y", "g2"]}, {"q": {"g1": 1, "g2": 1, "g3": 1}}, names)[
        "q"
    ]
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert scores["hit@1"] == 0
    assert scores["hit@4"] == 1
    assert scores["mrr@10"] == 0.5
    assert scores["ndcg@10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert scores["recall@100"] == pytest.approx(2 / 3)


def test_ranking_metrics_agree_with_ir_measures_and_with_their_formulas():
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    draw = random.Random(11)
    rankings, grades = {}, {}
    for number in range(60):
        documents = [f"d{n}" for n in range(150)]
        draw.shuffle(documents)
        rankings[f"q{number}"] = documents[: draw.choice([0, 3, 120])]
        grades[f"q{number}"] = {
            f"d{draw.randrange(150)}": draw.choice([1, 1, 2, 3]) for _ in range(draw.randint(1, 12))
        }
    ours = metrics.ranking_scores(rankings, grades, ("hit@4", "mrr@10", "ndcg@10", "recall@100"))
    run = [
        ir_measures.ScoredDoc(q, d, 1000.0 - i)
        for q, ranked in rankings.items()
        for i, d in enumerate(ranked)
    ]
    qrels = [ir_measures.Qrel(q, d, g) for q, judged in grades.items() for d, g in judged.items()]
    theirs = ir_measures.calc_aggregate([Success @ 4, RR @ 10, nDCG @ 10, R @ 100], qrels, run)
    for name, measure in (
        ("hit@4", Success @ 4),
        ("mrr@10", RR @ 10),
        ("ndcg@10", nDCG @ 10),
        ("recall@100", R @ 100),
    ):
        assert sum(row[name] for row in ours.values()) / 60 == pytest.approx(theirs[measure])
    for question, ranked in rankings.items():
        gains = [grades[question].get(document, 0) for document in ranked[:10]]
        best = sorted(grades[question].values(), reverse=True)[:10]
        dcg, ideal = (sum(g / math.log2(i + 2) for i, g in enumerate(row)) for row in (gains, best))
        assert ours[question]["ndcg@10"] == pytest.approx(dcg / ideal)
        first = next((i for i, gain in enumerate(gains, 1) if gain), 0)
        assert ours[question]["mrr@10"] == pytest.approx(1 / first if first else 0)


def test_a_question_without_any_passage_scores_zero_and_is_not_left_out():
    assert metrics.ranking_scores({"q": []}, {"q": {"g": 1}}, ("hit@1",)) == {"q": {"hit@1": 0.0}}


def test_hit_string_looks_no_deeper_than_its_cutoff():
    found = [passage(WORM), passage(CANAL)]
    assert metrics.hit_string(found, ["302 million"], 1) == 0
    assert metrics.hit_string(found, ["302 million"], 4) == 1


@pytest.mark.parametrize(
    ("start", "end", "quote", "gold", "expected"),
    [
        (0, 25, "opened in 1914", {"a-canal"}, 1),
        (0, 25, "302 million dollars", {"a-canal"}, 0),
        (20, 40, "opened in 1914. It cost", {"a-canal"}, 1),  # reaches over the chunk's beginning
        (26, 79, "million dollars. Over 5,600", {"a-canal"}, 1),  # the line break is white space
        (0, 10, "opened in 1914", {"a-canal"}, 0),  # ends where the quote begins
        (24, 40, "opened in 1914", {"a-canal"}, 0),  # begins where the quote ends
        (0, 79, "opened in 1914", {"a-worm"}, 0),
        (0, 79, "opened in 1915", {"a-canal"}, 0),
    ],
)
def test_passage_hit_asks_for_an_overlap_with_the_gold_quote(start, end, quote, gold, expected):
    assert metrics.passage_hit([passage(CANAL, start, end)], [quote], gold, 1) == expected


def test_passage_hit_looks_no_deeper_than_its_cutoff():
    found = [passage(WORM), passage(CANAL)]
    assert metrics.passage_hit(found, ["opened in 1914"], {"a-canal"}, 1) == 0
    assert metrics.passage_hit(found, ["opened in 1914"], {"a-canal"}, 4) == 1


# ---- Citations ----------------------------------------------------------------------------------


def text_of(cited: Citation) -> str:
    return {"a-canal": CANAL.text, "a-worm": WORM.text}.get(cited.passage.article.id, "")


def test_a_sound_quotation_scores_one_everywhere():
    said = quoted(CANAL, "It cost 302 million dollars.")
    assert metrics.citation_valid(said) == 1
    assert metrics.citation_verbatim(said, text_of) == 1
    assert metrics.citation_gold_precision(said, {"a-canal"}) == 1
    assert metrics.citation_gold_recall(said, {"a-canal", "a-worm"}) == 0.5
    assert metrics.citation_answer(said, ["302 million dollars"]) == 1
    assert metrics.citation_answer(said, ["1914"]) == 0


def test_a_citation_that_was_not_retrieved_and_a_marker_without_citation_are_invalid():
    sentence = AnswerSentence("It opened in 1914.", "draft", (1, 2, 3), 0.9)
    said = answer(
        [sentence], [citation(1, CANAL, "1914"), citation(2, WORM, "13 cases")], passages=[passage(CANAL)]
    )
    assert metrics.citation_valid(said) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("quote", "start", "end"),
    [("opened in 1915", 10, 24), ("opened in 1914", 11, 25), ("", 3, 3), (".", -1, 79), ("The canal", 0, 10)],
)
def test_one_character_off_is_not_verbatim(quote, start, end):
    assert (
        metrics.citation_verbatim(answer([], [Citation(1, passage(CANAL), quote, start, end)]), text_of) == 0
    )


def test_verbatim_is_judged_by_the_stored_article_not_by_the_copy_in_the_answer():
    forged = article("canal", "Aliens dug the canal.")
    assert metrics.citation_verbatim(quoted(forged, "Aliens dug"), text_of) == 0


def test_an_answer_without_citations_earns_nothing():
    bare = answer([AnswerSentence("It opened in 1914.", "draft", (), 0.9)])
    assert metrics.citation_valid(bare) == 0
    assert metrics.citation_verbatim(bare, text_of) == 0
    assert metrics.citation_gold_precision(bare, {"a-canal"}) == 0


# ---- Engine -------------------------------------------------------------------------------------


def test_every_drafted_sentence_is_shown_replaced_or_dropped():
    said = answer(
        [AnswerSentence("One.", "draft", (1,), 0.9), AnswerSentence("Two.", "quote", (1,), 1.0)],
        dropped=[
            Dropped("Zwei.", "number", True),
            Dropped("Drei.", "negation", False),
            Dropped("Vier.", "name", False),
        ],
    )
    counts = metrics.sentence_counts(said)
    assert (counts.shown, counts.drafts_shown, counts.replaced, counts.dropped, counts.drafted) == (
        2,
        1,
        1,
        2,
        4,
    )
