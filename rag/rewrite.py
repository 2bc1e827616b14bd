"""A question that leans on the conversation, written alone by a language model, where what it writes can be trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.errors import ModelUnreachable
from rag import words as w
from rag.followup import noun_phrase
from rag.llm import LanguageModel, Message
from rag.mentions import likely
from rag.schema import Turn

SECONDS = 2.0
"""So long the model may think, and so long it may write, before the wording by rules is used."""
MOST_CHARS, LONGER, LAST_TURNS, READ, NAMED = 300, 150, 3, 300, 6
_PROMPT = """Rewrite the last question of a conversation so that it can be understood without the conversation. \
Use only words given here. If it can be understood alone, repeat it. Reply with the question and nothing else.

Earlier questions:
{asked}
Spoken of: {names}

Question: {question}"""
"""Of the earlier answers only names and phrases: what a client claims was answered enters no prompt."""


def by_model(model: LanguageModel, question: str, history: Sequence[Turn], alone: str) -> str:
    """The question as the model writes it to stand alone; `alone`, the wording by rules, where the model is slow or
    fails, or where its wording is no single question of bearable length, loses a name or number, or adds a word
    that the conversation does not hold."""
    if alone == question and (w.names(question) or noun_phrase(question)):
        return alone  # it has a subject of its own
    asked = "\n".join(turn.question[:READ] for turn in history[-LAST_TURNS:])
    names = ", ".join(mention.text[:READ] for mention in likely(question, history)[:NAMED])
    prompt = _PROMPT.format(asked=asked, names=names, question=question)
    try:
        said = model.reply([Message("user", prompt)], seconds=SECONDS)
    except ModelUnreachable:
        return alone
    said = re.sub(r"^(?:rewritten |last |standalone )?question:\s*", "", said.strip(), flags=re.IGNORECASE)
    said = said.strip('"“”„«»*\n ')
    return said if acceptable(said, question, history) else alone


def acceptable(said: str, question: str, history: Sequence[Turn]) -> bool:
    """True for one question that keeps the names and numbers of `question` and whose content words all stand in it
    or in the conversation."""
    if "\n" in said or said.count("?") != 1 or not said.endswith("?"):
        return False
    if len(said) > min(MOST_CHARS, len(question) + LONGER):
        return False
    language = w.spoken(question)
    stems = set(w.content_stems(said, language))
    asked = set(w.content_stems(question, language))
    known = asked.union(*(w.content_stems(f"{t.question} {t.answer}", language) for t in history))
    kept = w.names(question) <= set(w.words(said)) and w.numbers(question) <= w.numbers(said)
    before = [set(w.content_stems(turn.question, language)) for turn in history]
    return bool(stems) and kept and stems <= known and (stems not in before or stems == asked)
