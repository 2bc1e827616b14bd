"""More questions to learn from, asked by the bundled model itself about texts that lack them.

A low-rank adapter learns from the annotated questions to turn a sentence into an answer in it and a question for that answer;
then it asks about other sentences, drawn at random. A question is kept where it has a proper form, where the product's
own retrieval finds the sentence again, and where the evidence model does not mark other words: training on
questions that survive such a round trip is due to Alberti et al. 2019 (https://arxiv.org/abs/1906.05416).
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import random
import re
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.embed import load_embedder
from index.split import sentence_spans
from rag import words as w
from rag.training import sets
from rag.training.drafts import tidied, tidy
from rag.training.found import Found, found_for, found_key
from rag.training.lora import batches, chat, load_base, low_rank, optimizer_of, step
from rag.training.sets import Asked, Pages

log = logging.getLogger(__name__)
ASKED = {"new_wiki_v1.0": 2200, "qed-dev": 3000, "dev-v2.0": 300, "dev": 400, "claim_dev": 1300}
"""About so many sentences of each set a question is asked."""
SYSTEM = "Ask what the text answers."
SPLIT = " | "
FEWEST, MOST = 8, 45
"""Words of a sentence that is asked about."""
AT_ONCE = 144
TEMPERATURE, TOP_K = 0.7, 50
RATE, WARM_UP, STEP_TOKENS, MOST_TOKENS = 6e-4, 30, 1680, 210
_QUESTION = re.compile(r"^[A-Z][^?|*\[\]]{10,180}\?$")
_ASKS = re.compile(
    r"\b(?:what|who|whom|whose|when|where|why|how|which|did|does|do|is|are|was|were|can|has|have)\b", re.I
)
_VAGUE = re.compile(
    r"\b(?:he|she|they|it|this|that|these|those|his|her|their|its|the (?:author|article|text|passage|sentence))\b",
    re.I,
)


def more_questions(
    data: Path,
    kept: Path | None,
    seed: int,
    annotated: Sequence[Found],
    held: Collection[str],
    precision: str = "bf16",
) -> list[Found]:
    """What is found for questions that the bundled model asks about the texts of the sets in the folder `data`, after it
    has learnt from the `annotated` ones how to; kept in the folder `kept`. `held` names pages to leave alone."""
    claims = data / "wice" / "claim_dev.jsonl"
    texts: list[Pages] = []
    for path, pages_of in (
        *((path, lambda read=read: read()[0]) for path, read in sets.annotated(data)),
        (claims, lambda: sets.wice(claims)),
    ):
        if path.is_file():
            texts.append(_tidied(pages_of()))
        else:
            log.warning("%s is not there: no questions are asked about it", path)
    file = None
    if kept is not None:
        what = (found_key(seed, precision), ASKED, len(annotated), [pages.label for pages in texts])
        file = kept / f"asked-{hashlib.sha256(repr(what).encode()).hexdigest()[:10]}.pickle"
        if file.exists():
            return pickle.loads(file.read_bytes())  # our own file of an earlier run
    chance = random.Random(seed)
    model, tokenizer = learn_to_ask(pairs_of(annotated), seed=seed)
    asked: list[tuple[Pages, list[Asked]]] = []
    for pages in texts:
        places = sentences_of(pages, held, ASKED[pages.label], chance)
        asked.append((pages, ask_about(model, tokenizer, pages, places, seed)))
    del model
    embedder = load_embedder(precision=precision)
    made: list[Found] = []
    for pages, some in asked:
        with tempfile.TemporaryDirectory() as folder:
            found = found_for(pages, some, len(some), embedder, Path(folder), precision)
        good = [replace(one, set=f"asked-{one.set}") for one in found if survives(one)]
        log.info("%s: %d of %d questions are kept", pages.label, len(good), len(some))
        made += good
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(made))
    return made


def _tidied(pages: Pages) -> Pages:
    """QED's pages without the blanks around their tokens, others as they are."""
    if not pages.label.startswith("qed"):
        return pages
    return replace(pages, texts={page: tidy(text) for page, text in pages.texts.items()})


def pairs_of(found: Sequence[Found]) -> list[tuple[str, str, str, str]]:
    """(title, sentence, answer, question) of every question that a sentence answers in some of its words."""
    made: list[tuple[str, str, str, str]] = []
    for one in found:
        item = tidied(one) if one.set.startswith("qed") else one
        if item.whole:
            continue
        for fact in item.facts:
            held = [a for a in item.answers if a in fact.text] if fact.right else []
            if held:
                question = " ".join(item.question.split())
                question = question[:1].upper() + question[1:]
                made.append((fact.title, " ".join(fact.text.split()), min(held, key=len), question))
                break
    return made


def learn_to_ask(pairs: Sequence[tuple[str, str, str, str]], *, seed: int, rank: int = 16) -> tuple[Any, Any]:
    """(the bundled model with an adapter that asks, its tokenizer), after one pass over the pairs."""
    import torch

    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model, tokenizer = load_base(torch.bfloat16)
    layers = low_rank(model, rank, 2.0 * rank, seed)
    model.to(device)
    model.train()
    optimizer = optimizer_of(layers, RATE)
    rows: list[tuple[list[int], int]] = []
    for title, sentence, answer, question in pairs:
        asked = tokenizer(chat(_about(title, sentence), SYSTEM), add_special_tokens=False).input_ids
        told = tokenizer(f"{answer}{SPLIT}{question}<|im_end|>", add_special_tokens=False).input_ids
        if len(asked) + len(told) <= MOST_TOKENS:
            rows.append(([*asked, *told], len(asked)))
    steps = batches([len(ids) for ids, _ in rows], STEP_TOKENS, random.Random(seed))
    running, began = 0.0, time.time()
    for number, (width, group) in enumerate(steps):
        rate = RATE * min(1.0, (number + 1) / WARM_UP) * max(1.0 - number / len(steps), 0.02)
        loss = step(model, optimizer, [rows[i] for i in group], rate, device, width=width, tokens=STEP_TOKENS)
        running = loss if not running else 0.97 * running + 0.03 * loss
        if (number + 1) % 25 == 0:
            log.info(
                "learning to ask: step %d of %d, loss %.3f, %.0f s",
                number + 1,
                len(steps),
                running,
                time.time() - began,
            )
    model.eval()
    return model, tokenizer


def sentences_of(
    pages: Pages, without: Collection[str], most: int, chance: random.Random
) -> list[tuple[str, int, int]]:
    """(page, start, end) of up to `most` sentences that may be asked about; `without` names pages to leave alone."""
    found: list[tuple[str, int, int]] = []
    for page, text in pages.texts.items():
        if f"{pages.label}/{page}" in without:
            continue
        for start, end in sentence_spans(text, "en"):
            sentence = text[start:end]
            if (
                FEWEST <= len(sentence.split()) <= MOST
                and sentence[:1].isupper()
                and sentence.rstrip("\"”'")[-1:] == "."
                and "\n" not in sentence
            ):
                found.append((page, start, end))
    return chance.sample(found, min(most, len(found)))


def ask_about(
    model: Any, tokenizer: Any, pages: Pages, places: Sequence[tuple[str, int, int]], seed: int
) -> list[Asked]:
    """A question about each of the sentences, where the model finds a proper one."""
    import torch
    from transformers import LogitsProcessorList

    torch.manual_seed(seed)
    device = next(model.parameters()).device
    draw: Any = torch.distributions.Gumbel(0.0, 1.0)

    def drawn(_: Any, scores: Any) -> Any:
        """The likeliest few with Gumbel noise, so that the best of them is a draw (https://arxiv.org/abs/1611.01144): to draw from the
        whole vocabulary takes torch longer than the model itself."""
        best, which = scores.float().topk(TOP_K)
        noisy = best / TEMPERATURE + draw.sample(best.shape).to(best.device)
        return torch.full_like(scores.float(), -torch.inf).scatter(1, which, noisy)

    prompts: list[tuple[list[int], int]] = []
    for number, (page, start, end) in enumerate(places):
        text = _about(page, pages.texts[page][start:end])
        ids = tokenizer(chat(text, SYSTEM), add_special_tokens=False).input_ids
        if len(ids) <= MOST_TOKENS:
            prompts.append((ids, number))
    prompts.sort(key=lambda pair: len(pair[0]))
    made: list[Asked] = []
    began = time.time()
    for at in range(0, len(prompts), AT_ONCE):
        group = prompts[at : at + AT_ONCE]
        width = max(len(ids) for ids, _ in group)
        ids = torch.full((len(group), width), 2, dtype=torch.long)
        seen = torch.zeros((len(group), width), dtype=torch.long)
        for row, (tokens, _) in enumerate(group):
            ids[row, width - len(tokens) :] = torch.tensor(tokens)
            seen[row, width - len(tokens) :] = 1
        with torch.inference_mode():
            out = model.generate(
                ids.to(device), attention_mask=seen.to(device), max_new_tokens=48, do_sample=False,
                logits_processor=LogitsProcessorList([drawn]), pad_token_id=2, eos_token_id=2,
            )  # fmt: skip
        for (_, number), row in zip(group, out[:, width:], strict=True):
            page, start, end = places[number]
            asked = proper(tokenizer.decode(row, skip_special_tokens=True), pages, page, start, end)
            if asked is not None:
                made.append(asked)
        if at // AT_ONCE % 10 == 0:
            log.info(
                "%s: asked about %d of %d sentences, kept %d, %.0f s",
                pages.label,
                at + len(group),
                len(prompts),
                len(made),
                time.time() - began,
            )
    return made


def proper(told: str, pages: Pages, page: str, start: int, end: int) -> Asked | None:
    """What the model wrote about a sentence as a question with its answer; None where it has no such form."""
    answer, _, question = (part.strip() for part in told.partition(SPLIT.strip()))
    text = pages.texts[page]
    place = text.find(answer, start, end) if answer else -1
    if place < 0 or len(answer.split()) > 14 or not _QUESTION.match(question) or not _ASKS.search(question):
        return None
    first, last = text[place - 1 : place], text[place + len(answer) : place + len(answer) + 1]
    if first.isalnum() or last.isalnum():
        return None
    stems = set(w.content_stems(question))
    if not stems or set(w.content_stems(answer)) <= stems or (_VAGUE.search(question) and len(stems) < 4):
        return None
    return Asked(question, page, ((place, place + len(answer)),), (answer.lower(),))


def survives(found: Found) -> bool:
    """True where the sentence is found again among the best and the evidence model does not mark other words in it."""
    right = next((fact for fact in found.facts[:3] if fact.right), None)
    if right is None:
        return False
    if right.answer is None:
        return True
    start = right.text.find(found.answers[0])
    a, b = right.answer
    return start < 0 or max(a, start) < min(b, start + len(found.answers[0]))


def _about(title: str, sentence: str) -> str:
    return f"{title.replace('_', ' ')}\n{' '.join(sentence.split())}"
