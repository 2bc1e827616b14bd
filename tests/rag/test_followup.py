import pytest

from rag.followup import may_stand, standalone
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
        ("Was the Council ever enlarged?", "Why?", "Why was the Council ever enlarged?"),
        ("How many moons has Jupiter?", "In what year?", "In what year? (moons has Jupiter)"),
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
    history = [
        Turn("Who discovered Titan?", "Titan, a moon of Saturn, was found by Christiaan Huygens in 1655.")
    ]
    assert standalone("When was he born?", history) == "When was Christiaan Huygens born?"
    assert standalone("How big is it?", history) == "How big is Titan?"
    history = [Turn("Who is Hanna Notte?", "A scholar at the Martin Center, as Jane Roe writes of her.")]
    assert standalone("What did she say?", history) == "What did Hanna Notte say?"


def test_a_chain_of_short_questions_keeps_its_subject() -> None:
    history = [Turn("Who built the Panama Canal?", "Engineers."), Turn("And when did it open?", "In 1914.")]
    assert "Panama Canal" in standalone("Why?", history)


@pytest.mark.parametrize(
    ("earlier", "answer", "question", "expected"),
    [
        ("What do lighthouses do?", "They warn ships.", "Who invented them?", "Who invented lighthouses?"),
        ("What is the peat bog?", "Wet land.", "Why is it shrinking?", "Why is the peat bog shrinking?"),
        ("How long is the Kiel Canal?", "98 kilometres.", "And the Elbe?", "How long is the Elbe?"),
        ("How many storks bred?", "Forty.", "And in 2023?", "How many storks bred (in 2023)?"),
        ("When did Voyager 1 reach space?", "In 2012.", "And Voyager 2?", "When did Voyager 2 reach space?"),
        ("Who was Ada Moreno?", "A pilot.", "When did Moreno land?", "When did Ada Moreno land?"),
        ("Who painted the ceiling?", "Orla Brandt, in Lisbon.", "Where was she born?", "Where was Orla Brandt born?"),
        ("How many died in the Corran fire?", "Nine.", "Were there warnings?", "Were there warnings? (Corran fire, died)"),
        ("Is the Hallig Bridge open?", "Yes.", "What about the toll?", "What about the toll? (Hallig Bridge)"),
        ("Which boat came first?", "The Heron.", "What was it called?", "What was it called? (Which boat came first)"),
        ("When did the fire in Corran start?", "At noon.", "What did it cost?", "What did the fire in Corran cost?"),
        ("How many otters were seen?", "Four.", "Where?", "Where were the otters seen?"),
        ("Who built the Heron?", "A yard.", "When?", "When? (built the Heron)"),
        ("Why did the ferry stop in July?", "Fog.", "For how long?", "For how long did the ferry stop in July?"),
        ("Wann begann die Flut?", "1962.", "Und wo endete sie?", "Und wo endete sie? (Wann begann die Flut)"),
    ],
)  # fmt: skip
def test_what_is_meant_is_put_into_the_sentence_or_behind_it(
    earlier: str, answer: str, question: str, expected: str
) -> None:
    assert standalone(question, [Turn(earlier, answer)]) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What is photosynthesis?",
        "who discovered penicillin?",
        "How many bones are in the human body?",
        "What is the price of gold?",
        "How do bees make honey?",
        "what caused the french revolution?",
        "Wie hoch ist der Eiffelturm?",
    ],
)
def test_a_new_subject_without_a_name_drags_nothing_along_either(question: str) -> None:
    history = [Turn("How long is the Panama Canal?", "The whole passage is about 80 kilometres long [1].")]
    assert standalone(question, history) == question


def test_talk_around_the_earlier_question_is_not_carried_on() -> None:
    history = [
        Turn("I have always loved old ships. What is a clipper?", "A fast sailing ship of the tea trade.")
    ]
    alone = standalone("How fast could they go?", history)
    assert "clipper" in alone
    assert "loved" not in alone


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (
            "How many visitors came to Berlin in 2022?",
            "And in 2023?",
            "How many visitors came to Berlin in 2023?",
        ),
        (
            "How large is the hole over the Arctic?",
            "And over Antarctica?",
            "How large is the hole over Antarctica?",
        ),
        ("How long is the Panama Canal?", "And in 2023?", "How long is the Panama Canal (in 2023)?"),
        ("Who led Germany under Kohl?", "And under Merkel?", "Who led Germany under Merkel?"),
        ("How many euros were printed?", "And under Draghi?", "How many euros were printed (under Draghi)?"),
    ],
)
def test_another_time_or_place_takes_the_place_of_the_one_asked_for(
    earlier: str, question: str, expected: str
) -> None:
    assert standalone(question, [Turn(earlier, "An answer.")]) == expected


@pytest.mark.parametrize(
    "question",
    ["How do vaccines work?", "How does photosynthesis work?", "Why do leaves fall?", "How are stars born?"],
)
def test_a_general_question_has_its_own_subject(question: str) -> None:
    assert standalone(question, [Turn("How long is the Panama Canal?", "About 80 kilometres.")]) == question


def test_a_place_is_not_taken_for_a_person() -> None:
    history = [
        Turn("Who won the race?", "Tom Ferris of Kenya."),
        Turn("Where did he win?", "In Chicago, in May."),
    ]
    assert standalone("How did he train?", history) == "How did Tom Ferris train?"


@pytest.mark.parametrize(
    ("earlier", "answer"),
    [
        ("Who is Ansgar Lund?", "“The head of the count, Ansgar Lund, spoke.”"),
        ("And from July?", "“From 1 July 2025 it costs more.”"),
        ("What did Mayor Lund say?", "“We will see.”"),
    ],
)
def test_it_is_neither_a_person_nor_a_month(earlier: str, answer: str) -> None:
    whole = standalone("Who voted against it?", [Turn(earlier, answer)])
    assert "against it" in whole
    assert not any(word in whole for word in ("against Ansgar", "against July", "Mayor Lund"))


def test_a_question_that_says_all_itself_may_be_of_another_subject() -> None:
    assert may_stand("Who started the clean-up?", "Who started the clean-up? (ferry)")
    assert not may_stand("Who started it?", "Who started it? (ferry)")  # it points back
    assert not may_stand("Who started the clean-up?", "Who started the clean-up?")
    assert not may_stand("What is the toll?", "What is the toll? (Hallig Bridge)")  # of which bridge?
    assert not may_stand("And who started the clean-up?", "Who started the clean-up? (ferry)")


def test_a_pronoun_goes_on_meaning_the_same_through_a_conversation() -> None:
    talk = [
        ("When did the Kiel Canal open?", "“Work began in 1887.” [1]", "When did the Kiel Canal open?"),
        ("How long is it?", "“It is 98 kilometres long and serves Corran’s people.” [1]", "How long is the Kiel Canal?"),
        ("How many died building it?", "The articles do not answer.", "How many died building the Kiel Canal?"),
        ("Who is in charge of it today?", "An office.", "Who is in charge of the Kiel Canal today?"),
        ("And the Elbe?", "Another.", "Who is in charge of the Elbe today?"),
    ]  # fmt: skip
    history: list[Turn] = []
    for question, answer, whole in talk:
        assert standalone(question, history) == whole
        history.append(Turn(question, answer))


def test_he_is_whom_the_first_question_for_a_person_brought_up() -> None:
    history = [
        Turn("Who stole the Blue Lady?", "“The thief was Ugo Ferri, a craftsman.” [1]"),
        Turn("When was it found?", "“The picture of Lisa Moreno was found in 1913.” [1]"),
    ]
    assert standalone("Why did he do it?", history) == "Why did Ugo Ferri do it?"
