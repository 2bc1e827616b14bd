"""What a reader gets who asks what somebody said: the sentences in which that person speaks, in their own words."""

from __future__ import annotations

import pytest

from index.split import sentence_spans
from rag import speech
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
        ("¿Qué dijo Maja Lind sobre el puente?", "es", "Maja Lind", "el puente"),
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
        "What did the council say was wrong?",
        "What do some researchers believe is the oldest animal?",
        "Who said that the bridge is safe?",
        "What does the ferry cost?",
        "What did they think about it?",
        "",
    ],
)
def test_other_questions_are_left_to_the_evidence_model(question: str) -> None:
    assert speech.asked(question) is None


@pytest.mark.parametrize(
    ("who", "sentence", "speaks"),
    [
        ("Per Aas", '"Read it," said Per Aas, a councillor.', True),
        ("Per Aas", "Per Aas, a councillor for the Centre Party, warned of it.", True),
        ("Aas", "According to the councillor Per Aas it was too dear.", True),
        ("the mayor", "The mayor called it an expensive lesson.", True),
        ("the prime minister", "The defence minister said so.", False),
        ("Per Aas", "Anna Aas said nothing.", False),
        ("Per Aas", "Per Aas was born in 1950.", False),
        ("Per Aas", '"Per Aas should resign," said the mayor.', False),
        ("Maja Lind", "Maja Lind nannte es ein teures Stück.", True),
        ("Maja Lind", "«Es caro», dijo Maja Lind.", True),
    ],
)
def test_who_speaks_in_a_sentence(who: str, sentence: str, speaks: bool) -> None:
    assert speech.speaks(who, sentence) is speaks


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
