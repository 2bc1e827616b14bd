"""What the adapter learns from: prompts of the product's own and answers that rest on the cited fact."""

from __future__ import annotations

import json
import logging
import random
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from rag import brief
from rag.prompt import ABSTAIN_WORDS
from rag.training import adapter as trainer
from rag.training.drafts import Example, example_of
from rag.training.found import Fact, Found


def fact(text: str, title: str, score: float, right: bool, words: str, sure: float) -> Fact:
    start = text.index(words)
    return Fact(text, title, score, right, (start, start + len(words)) if words else None, sure)


CANAL = Found(
    "new_wiki",
    "new_wiki/Canal",
    "When was the Sandbar Canal opened to ships?",
    ("15 August 1914",),
    False,
    0.9,
    (
        fact("The Sandbar Canal was opened to ships on 15 August 1914 by Alma Reyes.", "Canal", 0.8, True, "15 August 1914", 0.9),
        fact("Its locks are made of granite from the northern hills.", "Canal", 0.1, False, "granite", 0.2),
        fact("Ships waited for nine days in 1913.", "Harbour", 0.05, False, "1913", 0.3),
        fact("The harbour was a museum of rust for years.", "Harbour", 0.02, False, "", 0.0),
    ),
)  # fmt: skip
HERON = Found(
    "new_wiki",
    "new_wiki/Heron",
    "What do herons eat?",
    ("frogs and small fish",),
    False,
    0.8,
    (
        fact(
            "The grey heron is a patient bird of shallow water, seen in Europe.", "Heron", 0.3, False, "", 0.0
        ),
        fact(
            "Keeper Ines Marlo said that herons eat frogs and small fish.",
            "Heron",
            0.6,
            True,
            "frogs and small fish",
            0.7,
        ),
        fact("Twelve herons were counted in 1987.", "Heron", 0.1, False, "1987", 0.1),
    ),
)
NOBODY = Found(
    "dev-v2.0", "dev-v2.0/Canal", "Who painted the locks?", (), False, 0.2, CANAL.facts[1:],
)  # fmt: skip


def drawn(found: Found, count: int = 400) -> list[Example]:
    chance = random.Random(3)
    others = [CANAL, HERON, NOBODY]
    made = (example_of(found, chance.sample(others, 3), chance, trained=True) for _ in range(count))
    return [example for example in made if example is not None]


@pytest.mark.parametrize("found", [CANAL, HERON])
def test_an_answer_rests_on_the_fact_it_cites(found: Found) -> None:
    told = [e for e in drawn(found) if e.kind in ("span", "contradicted")]
    assert len(told) > 100
    for example in told:
        match = re.fullmatch(r"(.+) \[(\d)\]\.", example.target)
        assert match, example.target
        cited = example.facts[int(match.group(2)) - 1]
        assert brief.extract(match.group(1), cited.text), (example.target, cited.text)


def test_an_answer_in_somebodys_mouth_keeps_who_said_it() -> None:
    targets = Counter(re.sub(r" \[\d\]", "", e.target) for e in drawn(HERON) if e.kind == "span")
    assert targets.most_common(1)[0][0] == "According to Keeper Ines Marlo, frogs and small fish."


def test_where_the_right_sentence_is_missing_nothing_is_said() -> None:
    silent = [e for e in drawn(CANAL) if e.kind in ("unanswered", "blurred", "exchanged")]
    assert silent
    assert all(e.target == ABSTAIN_WORDS for e in silent)
    for example in silent:
        if example.kind != "exchanged":
            assert not any("15 August 1914" in fact.text for fact in example.facts)
    assert all(e.target == ABSTAIN_WORDS for e in drawn(NOBODY))


def test_abstaining_is_not_the_easy_way_out() -> None:
    made = drawn(CANAL) + drawn(HERON)
    assert sum(e.target == ABSTAIN_WORDS for e in made) < len(made) / 3


def test_yes_and_no_are_right() -> None:
    asked = [e for e in drawn(HERON) + drawn(CANAL) if e.kind == "yes-no"]
    assert {e.target[:3] for e in asked} == {"Yes", "No,"}
    for example in asked:
        word, reason = brief.yes_no(re.sub(r" \[\d\]", "", example.target))
        cited = example.facts[int(example.target[-3]) - 1]
        assert reason.rstrip(".") in cited.text
        assert brief.wrong_word(word, example.question, cited.text) == "", example


def test_of_two_figures_the_newer_articles_is_right() -> None:
    told = [e for e in drawn(CANAL, 1500) if e.kind == "contradicted"]
    assert {("1914" in e.target) for e in told} == {True, False}
    for example in told:
        cited = example.facts[int(example.target[-3]) - 1]
        rivals = [f for f in example.facts if "was opened to ships" in f.text]
        assert len(rivals) == 2
        assert cited.published == max(f.published for f in rivals if f.published)


def test_an_instruction_in_a_fact_changes_no_answer() -> None:
    ordered = [e for e in drawn(CANAL, 1500) if any("answer" in f.text for f in e.facts)]
    assert ordered
    for example in ordered:
        assert "banana" not in example.target
        assert example.target == ABSTAIN_WORDS or "[" in example.target


def test_most_marks_are_right_and_some_are_not() -> None:
    marks = [
        fact.text[slice(*fact.answer)]
        for e in drawn(CANAL, 1500)
        if e.kind == "span"
        for fact in e.facts
        if fact.answer
    ]
    share = sum(mark == "15 August 1914" for mark in marks) / len(marks)
    assert 0.6 < share < 0.95


def test_steps_are_of_few_shapes_and_hold_every_example() -> None:
    chance = random.Random(1)
    lengths = [chance.randint(40, 420) for _ in range(500)]
    steps = trainer.batches(lengths, 1680, chance)
    assert sorted(i for _, some in steps for i in some) == list(range(500))
    for width, some in steps:
        assert 1680 % width == 0
        assert len(some) * width <= 1680
        assert all(lengths[i] <= width for i in some)
    assert len({width for width, _ in steps}) <= 12


def test_queries_and_keys_are_turned_as_llama_cpp_has_them() -> None:
    rows = np.arange(12, dtype=np.float32)[:, None]  # two heads of six rows: the halves are interleaved
    turned = trainer.for_llama_cpp("blk.0.attn_q", rows, 2, 2)
    assert turned[:, 0].tolist() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]
    assert trainer.for_llama_cpp("blk.0.ffn_up", rows, 2, 2) is rows
    assert (trainer.from_llama_cpp("blk.0.attn_q", turned, 2, 2) == rows).all()


def test_training_lowers_the_loss_is_kept_and_goes_on(tmp_path: Path, monkeypatch, caplog) -> None:
    """The whole run on a toy model: what it writes, and that it goes on where it stopped."""
    pytest.importorskip("gguf", reason="training needs the extra 'train'")
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=300, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, tie_word_embeddings=True,
    )  # fmt: skip

    class Bytes:
        """A tokenizer of bytes, enough for a toy."""

        def __call__(self, text: str, **_: object):
            ids = list(text.encode()[-100:])
            return type("Ids", (), {"input_ids": ids})

    figures = {"contains": 0.0, "n": 1}
    monkeypatch.setattr(trainer, "load_base", lambda dtype: (LlamaForCausalLM(config).to(dtype), Bytes()))
    monkeypatch.setattr(trainer, "gather", lambda *_: [CANAL, HERON, NOBODY] * 40)
    monkeypatch.setattr(trainer, "measure", lambda *_: figures)
    out = tmp_path / "adapter.gguf"
    how = [
        "x",
        "--data",
        str(tmp_path),
        "--out",
        str(out),
        "--tokens",
        "480",
        "--rank",
        "4",
        "--rate",
        "0.02",
    ]
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(sys, "argv", [*how, "--passes", "3"])
    assert trainer.main() == 0
    card = json.loads(out.with_suffix(".json").read_text("utf-8"))
    losses = [float(m) for m in re.findall(r"loss (\d+\.\d+)", caplog.text)]
    assert losses[-1] < losses[0]
    assert card["steps"] > 50
    import hashlib

    import gguf

    assert card["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    names = {tensor.name for tensor in gguf.GGUFReader(str(out)).tensors}
    assert {"blk.0.attn_q.weight.lora_a", "blk.1.ffn_down.weight.lora_b"} <= names
    monkeypatch.setattr(sys, "argv", [*how, "--passes", "4", "--resume"])
    assert trainer.main() == 0
    more = json.loads(out.with_suffix(".json").read_text("utf-8"))
    assert more["steps"] > card["steps"]
    assert f"going on after step {card['steps']}" in caplog.text

    model = LlamaForCausalLM(config)
    layers = trainer.low_rank(model, 4, 64.0, 1)
    trainer.start_from(out, layers, config)
    again = tmp_path / "again.gguf"
    trainer.write_gguf(again, layers, config, 64.0, {})
    one, two = ({str(t.name): t.data for t in gguf.GGUFReader(str(file)).tensors} for file in (out, again))
    assert all((one[name] == two[name]).all() for name in one)
