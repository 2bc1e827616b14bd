"""Questions written by a language model, one sentence at a time, under the same conditions as the rules'."""

from __future__ import annotations

import re
from typing import Protocol

from evals.make.drafts import Draft
from rag import words as w
from rag.llm import LanguageModel, Message

PROMPT = """Write one question that this sentence from an article answers.
- Somebody who has not seen the sentence must understand the question: name people, places and things in full, no "he", "it", "this" or "the article".
- Do not give the answer away in the question.
- The answer is a few words (at most eight), copied exactly from the sentence.
- Write in the language of the sentence.
Reply with two lines and nothing else:
Question: ...
Answer: ...

Title of the article: {title}
Sentence: {sentence}
"""

_LINE = re.compile(r"^\W*(?P<what>question|answer)\W*:\s*(?P<text>.+?)\s*$", re.IGNORECASE | re.MULTILINE)
LONGEST_ANSWER = 12


class Writes(Protocol):
    """A language model, as far as making questions needs one."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def complete(self, prompt: str, /) -> str:
        """The model's whole reply to a prompt.

        Raises:
            ModelUnreachable: it does not answer.
        """
        ...


def written(sentence: str, title: str, writer: Writes) -> Draft | None:
    """The model's question about a sentence; None where the reply is no question with an answer that
    stands in the sentence."""
    reply = writer.complete(PROMPT.format(title=title, sentence=sentence))
    found = {match["what"].lower(): match["text"] for match in _LINE.finditer(reply)}
    question = " ".join(found.get("question", "").strip(' *"“”').split())
    answer = found.get("answer", "").strip(' *"“”').rstrip(".")
    if not question or not answer or answer not in sentence or len(answer.split()) > LONGEST_ANSWER:
        return None
    names = [
        name for name in re.findall(r"\b[A-ZÄÖÜ][\w’'-]+", question)[1:] if name in sentence or name in title
    ]
    subject = names[0] if names else ""
    if not subject:
        known = [
            word
            for word in re.findall(r"[^\W\d_]{5,}", question)
            if w.stem(word.lower()) in w.content_stems(sentence)
        ]
        subject = max(known, key=len, default="")
    return Draft(question, (answer,), f"model {writer.name} from one sentence", subject) if subject else None


class ModelWriter:
    """The configured language model as a `Writes`."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def complete(self, prompt: str, /) -> str:
        """The whole reply; raises ModelUnreachable."""
        return "".join(self._model.stream([Message("user", prompt)], max_tokens=120))
