"""What the adapter learns from: prompts of the product's own and answers that rest on the cited fact."""

from __future__ import annotations

import hashlib
import json
import logging
import random
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import brief
from rag.prompt import ABSTAIN_WORDS, adapted_grammar
from rag.training import adapter as trainer
from rag.training import lora
from rag.training.drafts import Example, example_of
from rag.training.found import Fact, Found
from tests.rag.grammars import written


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


@pytest.mark.parametrize("found", [CANAL, HERON])
def test_what_is_to_be_learnt_can_be_written_under_the_grammar(found: Found) -> None:
    for example in drawn(found, 60):
        if example.kind != "yes-no" and example.target != ABSTAIN_WORDS:
            said = re.sub(r"^According to [^,]+, ", "", example.target)
            assert said in written(adapted_grammar(example.facts)), example.target


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
    steps = lora.batches(lengths, 1680, chance)
    assert sorted(i for _, some in steps for i in some) == list(range(500))
    for width, some in steps:
        assert 1680 % width == 0
        assert len(some) * width <= 1680
        assert all(lengths[i] <= width for i in some)
    assert len({width for width, _ in steps}) <= 12


def test_queries_and_keys_are_turned_as_llama_cpp_has_them() -> None:
    rows = np.arange(12, dtype=np.float32)[:, None]  # two heads of six rows: the halves are interleaved
    turned = lora.for_llama_cpp(rows, 2)
    assert turned[:, 0].tolist() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]
    assert lora.for_llama_cpp(rows, 0) is rows
    assert (lora.from_llama_cpp(turned, 2) == rows).all()


@pytest.fixture
def toy(tmp_path: Path, monkeypatch):
    """The trainer on a toy model: `run(out, *options)` trains it from the command line."""
    pytest.importorskip("gguf", reason="training needs the extra 'train'")
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=300, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, tie_word_embeddings=True,
    )  # fmt: skip

    class Bytes:
        """A tokenizer of bytes, enough for a toy."""

        def __call__(self, text: str, **_: object):
            ids = list(text.encode()[-100:])
            return type("Ids", (), {"input_ids": ids})

    def base(dtype: Any):
        torch.manual_seed(1)
        return LlamaForCausalLM(config).to(dtype), Bytes()

    monkeypatch.setattr(trainer, "load_base", base)
    monkeypatch.setattr(trainer, "gather", lambda *_: [CANAL, HERON, NOBODY] * 40)
    monkeypatch.setattr(trainer, "measure", lambda *_: {"contains": 0.0, "n": 1})
    monkeypatch.setattr(trainer, "INVENTED", 5)

    def run(out: Path, *options: str) -> None:
        how = f"x --data {tmp_path} --tokens 480 --rank 4 --rate 0.02 --annotated-only --out {out}"
        monkeypatch.setattr(sys, "argv", [*how.split(), *options])
        assert trainer.main() == 0

    return run, config


def matrices(file: Path) -> dict[str, np.ndarray]:
    import gguf

    return {str(tensor.name): np.array(tensor.data) for tensor in gguf.GGUFReader(str(file)).tensors}


def test_training_lowers_the_loss_is_kept_and_goes_on(toy, tmp_path: Path, caplog) -> None:
    """The whole run on a toy model: what it writes, and that it goes on where it ended."""
    from transformers import LlamaForCausalLM

    run, config = toy
    out = tmp_path / "adapter.gguf"
    caplog.set_level(logging.INFO)
    run(out, "--passes", "3")
    card = json.loads(out.with_suffix(".json").read_text("utf-8"))
    losses = [float(m) for m in re.findall(r"loss (\d+\.\d+)", caplog.text)]
    assert losses[-1] < losses[0]
    assert card["steps"] > 50
    assert card["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert {"blk.0.attn_q.weight.lora_a", "blk.1.ffn_down.weight.lora_b"} <= set(matrices(out))
    run(out, "--passes", "4", "--resume")
    more = json.loads(out.with_suffix(".json").read_text("utf-8"))
    assert more["steps"] > card["steps"]
    assert f"going on after step {card['steps']}" in caplog.text

    model = LlamaForCausalLM(config)
    layers = lora.low_rank(model, 4, 64.0, 1)
    lora.start_from(out, layers, config)
    again = tmp_path / "again.gguf"
    lora.write_gguf(again, layers, config, 64.0, {})
    one, two = matrices(out), matrices(again)
    assert all((one[name] == two[name]).all() for name in one)


def test_a_run_that_was_killed_ends_like_one_that_was_not(toy, tmp_path: Path, monkeypatch) -> None:
    run, _ = toy
    whole, broken = tmp_path / "whole" / "adapter.gguf", tmp_path / "broken" / "adapter.gguf"
    whole.parent.mkdir()
    run(whole, "--passes", "2")
    steps = 0
    real = trainer.train_step

    def dies(*args: Any, **more: Any) -> float:
        nonlocal steps
        steps += 1
        if steps == 24:
            raise KeyboardInterrupt
        return real(*args, **more)

    monkeypatch.setattr(trainer, "train_step", dies)
    broken.parent.mkdir()
    with pytest.raises(KeyboardInterrupt):
        run(broken, "--passes", "2", "--save-minutes", "0")
    assert not broken.exists(), "the adapter in use stays until the run is done"
    monkeypatch.setattr(trainer, "train_step", real)
    run(broken, "--passes", "2", "--resume")
    one, two = matrices(whole), matrices(broken)
    assert all((one[name] == two[name]).all() for name in one)


def test_a_state_of_another_run_is_refused(toy, tmp_path: Path, capsys) -> None:
    run, _ = toy
    out = tmp_path / "adapter.gguf"
    run(out, "--passes", "0.2")
    with pytest.raises(SystemExit):
        run(out, "--passes", "0.2", "--seed", "8", "--resume")
    assert "of another run" in capsys.readouterr().err
