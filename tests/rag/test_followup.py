import pytest

from rag.followup import standalone
from rag.schema import Turn


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        ("Who built the Panama Canal?", "And when did it open?", "When did the Panama Canal open?"),
        (
            "When did the Soviet blockade of Berlin begin?",
            "When did it end?",
            "When did the Soviet blockade of Berlin end?",
        ),
        ("How many moons has Jupiter?", "What about Saturn?", "How many moons has Saturn?"),
        (
            "When did the first probe leave?",
            "And what about the second one?",
            "When did the second probe leave?",
        ),
        ("Who is Hanna Notte?", "What did she say?", "What did Hanna Notte say?"),
        ("Summarise the Panama Canal", "When did it open?", "When did the Panama Canal open?"),
        ("Compare Jupiter with Mars", "What happened?", "What happened? (Jupiter)"),
        ("Was the Council ever enlarged?", "Why?", "Why: Was the Council ever enlarged?"),
        ("How many moons has Jupiter?", "In what year?", "In what year: How many moons has Jupiter?"),
    ],
)
def test_a_question_that_leans_on_the_talk_is_made_whole(earlier: str, question: str, expected: str) -> None:
    assert standalone(question, [Turn(earlier, "An answer.")]) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How long is the Kiel Canal?",
        "Who stole the Mona Lisa in 1911?",
        "Is it true that the vault in Svalbard was flooded?",
        "Is there a treaty between Russia and Iran?",
        "Who said that the treaty was void?",
    ],
)
def test_a_change_of_topic_drags_nothing_along(question: str) -> None:
    assert standalone(question, [Turn("When did the Berlin airlift start?", "In 1948.")]) == question


def test_without_history_nothing_changes() -> None:
    assert standalone("And when did it open?", []) == "And when did it open?"


def test_a_person_comes_from_the_answer_to_a_question_for_a_person() -> None:
    history = [Turn("Who ran the fastest marathon?", "Kelvin Kiptum of Kenya [1].")]
    assert standalone("How old was he?", history) == "How old was Kelvin Kiptum?"


def test_a_chain_of_short_questions_keeps_its_subject() -> None:
    history = [Turn("Who built the Panama Canal?", "Engineers."), Turn("And when did it open?", "In 1914.")]
    assert "Panama Canal" in standalone("Why?", history)
