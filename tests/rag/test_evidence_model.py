"""The evidence model reads passages, marks answers, judges statements; another cross-encoder can stand in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.errors import WeightsMissing
from index.split import sentence_spans
from rag.evidence_model import MAX_ANSWER, Reading, Row, best_span, load_cross_encoder

TEXT = (
    "The Sandbar Canal was opened to ships on 15 August 1914. It is 80 kilometres long and has six locks. "
    "The engineer George Goethals led the work to its end."
)


def reading(asked: str, text: str = TEXT) -> Reading:
    return Reading(asked, "The Sandbar Canal", text, tuple(sentence_spans(text)))


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("When was the canal opened?", 0, "1914"),
        ("How long is the canal?", 1, "80"),
        ("Who led the work?", 2, "Goethals"),
    ],
)
def test_the_right_sentence_leads_and_its_answer_is_marked(reader, question, sentence, answer) -> None:
    (read,) = reader.read([reading(question)])
    assert max(range(3), key=lambda i: read[i].logit) == sentence
    start, end = read[sentence].answer
    assert answer in TEXT[start:end]
    first, last = sentence_spans(TEXT)[sentence]
    assert first <= start < end <= last


def test_a_passage_says_the_same_alone_and_among_others(reader) -> None:
    alone = reader.read([reading("How long is the canal?")])[0]
    among = reader.read([reading("Who was it?", "A short one."), reading("How long is the canal?")])[1]
    assert [one.logit for one in alone] == pytest.approx([one.logit for one in among], abs=0.15)


def test_a_sentence_beyond_the_cut_is_not_read(reader) -> None:
    long = "A sentence of some words that goes on. " * 80
    (read,) = reader.read([reading("What goes on?", long)])
    assert np.isfinite(read[0].logit)
    assert read[-1].logit == -float("inf")
    assert read[-1].answer is None


def test_nothing_to_read_gives_nothing(reader) -> None:
    assert reader.read([]) == []
    assert reader.read([Reading("Who?", "", "", ())]) == [[]]


def test_the_likeliest_span_stays_within_its_sentence_and_is_short() -> None:
    row = Row([0] * 60, 2, [0] * 10 + [1] * 40, [(i, i + 1) for i in range(50)])
    logits = np.zeros((60, 2), np.float32)
    logits[5, 0] = logits[50, 1] = 9.0  # starts in the first sentence, ends in the second
    answer, score = best_span(row, logits, 1)
    assert answer is not None
    assert 10 <= answer[0] < answer[1] <= 50
    assert answer[1] - answer[0] <= MAX_ANSWER
    assert score == pytest.approx(9.0)
    assert best_span(row, logits, 7) == (None, -float("inf"))


@pytest.fixture(scope="session")
def small_cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of one narrow layer, made here, with the bundled tokenizer."""
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from index import weights

    place = tmp_path_factory.mktemp("cross-encoder")
    tokenizer = AutoTokenizer.from_pretrained(str(weights.find(weights.EMBEDDING)))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


def test_any_cross_encoder_can_stand_in(small_cross_encoder: Path) -> None:
    other = load_cross_encoder(str(small_cross_encoder))
    assert not other.calibrated
    (read, empty) = other.read([reading("How long is the canal?"), Reading("Who?", "", "", ())])
    assert len(read) == 3
    assert all(np.isfinite(one.logit) and one.answer is None for one in read)
    assert empty == []


def test_a_pipeline_answers_with_another_cross_encoder(library, embedder, small_cross_encoder: Path) -> None:
    from rag.options import RagOptions
    from rag.pipeline import Pipeline

    options = RagOptions(engine="quote", abstain_threshold=0.0)
    pipeline = Pipeline(
        library, embedder, options=options, reader=load_cross_encoder(str(small_cross_encoder))
    )
    answer = pipeline.ask("How long is the Sandbar Canal?")
    assert not answer.abstained
    assert all(c.answer is None for c in answer.citations)


def test_a_cross_encoder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="nowhere") as caught:
        load_cross_encoder(str(tmp_path / "nowhere"))
    assert caught.value.next_step
