"""What a reader gets who asks what somebody said: the sentences in which that person speaks, in their own words."""

from __future__ import annotations

import pytest

from index.split import sentence_spans
from rag import speech
from rag import words as w
from rag.evidence import Ranked
from rag.schema import Evidence
from tests.fakes import make_article, make_passage

FERRY = """The battery ferry will start a year late, the transport company said.

"We would rather be late than stranded," said Maja Lind, who heads the company. The cost has risen to 365 million crowns.

"Someone should have read the accounts," said Per Aas, a councillor. The mayor called the bill an expensive lesson. Cyclists travel free.
"""


@pytest.mark.parametrize(
    ("question", "language", "who", "topic"),
    [
        ("What did Per Aas say?", "en", "Per Aas", ""),
        ("What did the mayor say about the new bridge?", "en", "the mayor", "the new bridge"),
        ("How did Maja Lind react to the delay?", "en", "Maja Lind", "the delay"),
        ("What was Lind's reaction to the delay?", "en", "Lind", "the delay"),
        ("What has the prime minister said on taxes?", "en", "the prime minister", "taxes"),
        ("Was sagte Maja Lind über die Kosten?", "de", "Maja Lind", "die Kosten"),
        ("Was hat der Bürgermeister zur Brücke gesagt?", "de", "der Bürgermeister", "Brücke"),
        ("Was hat Maja Lind dazu gesagt?", "de", "Maja Lind", ""),
        ("Wie reagierte Lind auf die Kritik?", "de", "Lind", "die Kritik"),
        ("¿Qué dijo Maja Lind sobre el puente?", "es", "Maja Lind", "el puente"),
        ("¿Qué dijo el alcalde de Oslo sobre el puente?", "es", "el alcalde de Oslo", "el puente"),
    ],
)
def test_a_question_for_somebodys_words_is_known(question: str, language: str, who: str, topic: str) -> None:
    asked = speech.asked(question, language)
    assert asked is not None
    assert (asked.who, asked.topic) == (who, topic)


@pytest.mark.parametrize(
    "question",
    [
        "What did he say?",
        "Was sagte er zur Brücke?",
        "¿Qué dijo él?",
        "What does salt add to the soup?",
        "How did oil prices react to the war?",
        "What do scientists believe in?",
        "What did the council say was wrong?",
        "What do some researchers believe is the oldest animal?",
        "Who said that the bridge is safe?",
        "What does the ferry cost?",
        "What did they think about it?",
        "",
    ],
)
def test_other_questions_are_left_to_the_evidence_model(question: str) -> None:
    assert speech.asked(question, w.spoken(question)) is None


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("Per Aas", '"Read it," said Per Aas, a councillor.'),
        ("Per Aas", '"Read it," said the Centre Party councillor Per Aas.'),
        ("Per Aas", "Per Aas, a councillor for the Centre Party, warned of it."),
        ("Per Aas", "Per Aas has also called it a mistake."),
        ("Aas", "According to the councillor Per Aas it was too dear."),
        ("the mayor", "The mayor called it an expensive lesson."),
        ("the mayor of Oslo", "The mayor said no."),
        ("the mayor of Oslo", "The mayor of Oslo said no."),
        ("the prime minister", "The prime minister said no."),
        ("the deputy mayor", "The deputy mayor said no."),
        ("the University of Oslo", "The University of Oslo said no."),
        ("Maja Lind", "Maja Lind nannte es ein teures Stück."),
        ("Maja Lind", "Maja Lind hat am Montag gesagt, es sei teuer."),
        ("Maja Lind", "«Es caro», dijo Maja Lind."),
        ("Elena Marín", "«La gente quiere dormir», dijo la directora de la empresa, Elena Marín."),
        ("Ursula von der Brück", "Ursula von der Brück said no."),
    ],
)
def test_who_speaks_in_a_sentence(who: str, sentence: str) -> None:
    assert speech.speaks(who, sentence)


@pytest.mark.parametrize(
    ("who", "sentence", "article"),
    [
        ("Per Aas", "Per Aas was born in 1950.", ""),
        ("Per Aas", '"Per Aas should resign," said the mayor.', ""),
        ("Per Aas", "The mayor said Per Aas was lying.", ""),
        ("Per Aas", "The mayor criticised Per Aas.", ""),
        ("Per Aas", "Per Aas was told to leave.", ""),
        ("Per Aas", '"I left," said Anna Berg, and Per Aas followed.', ""),
        ("Per Aas", '"No," said Anna Berg, whose brother Per Aas left.', ""),
        ("Per Aas", "Anna Aas said nothing.", "Per Aas came. Anna Aas said nothing."),
        (
            "Ursula von der Brück",
            "Heidi von der Brück said no.",
            "Ursula von der Brück met Heidi von der Brück.",
        ),
        ("the prime minister", "The defence minister said so.", ""),
        ("the mayor", "The deputy mayor said no.", ""),
        ("the mayor", "The ex-mayor said no.", ""),
        ("the mayor", "The wife of the mayor said no.", ""),
        ("the mayor of Oslo", '"No," said the mayor of Bergen.', ""),
        ("the city council", "The city said no.", ""),
        ("the University of Oslo", "Oslo announced a plan.", ""),
        ("Per Aas", "The wife of Per Aas said no.", ""),
        ("Per Aas", "A man who met Per Aas told police.", ""),
        ("the mayor of Oslo", "A shopkeeper from Oslo said no.", ""),
        ("Theresa May", "The mayor said it may rain.", "Theresa May came."),
        ("Maja Lind", "El alcalde dijo que Maja Lind mintió.", ""),
    ],
)
def test_nobody_else_is_taken_for_the_one_who_speaks(who: str, sentence: str, article: str) -> None:
    assert not speech.speaks(who, sentence, article)


def test_a_long_sentence_is_read_in_time_that_grows_with_its_length() -> None:
    for piece in ("said the ", "Per Aas, ", "“", "a, "):
        assert not speech.speaks("Per Aas", piece * 50_000) or "Per" in piece


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What did Per Aas say?", "Someone should have read the accounts"),
        ("What did Maja Lind say?", "rather be late than stranded"),
        ("What did the mayor say about the bill?", "an expensive lesson"),
        ("What did Anna Aas say?", ""),
        ("What did Maja Lind say about penguins?", ""),
    ],
)
def test_the_answer_is_what_that_person_said_of_it(question: str, told: str) -> None:
    passage = make_passage(make_article("ferry", "Ferry a year late", FERRY))
    spans = sentence_spans(FERRY)
    unsure = Ranked(tuple(Evidence(passage, FERRY[a:b], a, b, 1 / len(spans)) for a, b in spans), 0.1)
    found = speech.first(question, unsure)
    if not told:
        assert found is unsure
    else:
        assert told in found.sentences[0].text
        assert found.confidence >= 0.5
        assert found.sentences[0].score > 2 * found.sentences[1].score
        assert sum(item.score for item in found.sentences) == pytest.approx(1.0)
