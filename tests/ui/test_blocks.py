"""One answer reads the same in the chat, in a terminal, and where it is shared."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag.draft import render
from rag.schema import Answer, Finished
from rag.wording import nested
from tests.fakes import ScriptedPipeline, make_answer, make_article, make_citation, make_passage
from ui.readers.memory import Remembered
from ui.readers.shared import shared_answer, shared_blocks
from ui.readers.store import STORE_FILE, ReaderStore
from ui.render import Look, View, advance, draw, words_of
from ui.server import create_app
from ui.terminal import plain_answer

TEXT = (
    "“We won,” she said. They had waited long.  Then it rained. Nobody minded.\n\nThe prize was “small”. "
    'He called it "a start".'
)
SPOKEN = [
    ("“We won,” she said.", "‘We won,’ she said."),
    ("The prize was “small”.", "The prize was ‘small’."),
    ('He called it "a start".', "He called it ‘a start’."),
]


def answer_of(*quotes: str) -> Answer:
    passage = make_passage(make_article("fair", "The fair", TEXT))
    said = [(quote, "quote", [make_citation(n, passage, quote)]) for n, quote in enumerate(quotes, 1)]
    return make_answer("Who won?", said, [passage])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        *SPOKEN,
        ("„Wir haben gewonnen“, sagte sie.", "‚Wir haben gewonnen‘, sagte sie."),
        ('"We won," she said. "At last!"', "‘We won,’ she said. ‘At last!’"),
        ('("So it is")', "(‘So it is’)"),
        ('A 6" pipe, and "a 5" one', 'A 6" pipe, and ‘a 5’ one'),
        ("«Ganamos», dijo.", "«Ganamos», dijo."),
        ('"', "‘"),
        ("", ""),
    ],
)
def test_quotation_marks_inside_others_are_single(text: str, inside: str):
    assert nested(text) == inside
    assert len(nested(text)) == len(text)


@pytest.mark.parametrize(("quote", "inside"), SPOKEN)
def test_a_quotation_that_holds_another_has_single_marks_everywhere(quote: str, inside: str, tmp_path: Path):
    answer = answer_of(quote)
    shown = words_of(draw(advance(View(), Finished(answer)), Look()))
    assert shown == inside  # the style sheet puts it in quotation marks
    assert render(answer.sentences[0]) == f"“{inside}” [1]"
    assert f"    “{inside}”\n" in plain_answer(answer)
    store = ReaderStore(tmp_path / STORE_FILE, 0)
    token = store.share("x", shared_answer(Remembered("x", datetime.now(UTC), "sea", answer)))
    with TestClient(create_app(ScriptedPipeline(), examples=[], store=store)) as client:
        page = client.get(f"/answers/{token}").text
    assert f'<blockquote>\n<p dir="auto"><span class="words">{inside}</span>' in page
    store.close()


@pytest.mark.parametrize(
    ("quotes", "paragraphs"),
    [
        (["“We won,” she said.", "They had waited long."], [[1, 2]]),
        (["They had waited long.", "Then it rained."], [[1, 2]]),  # two spaces between
        (["Nobody minded.", "The prize was “small”."], [[1], [2]]),  # another paragraph
        (["“We won,” she said.", "Then it rained."], [[1], [2]]),  # words between
        (["Then it rained.", "They had waited long."], [[1], [2]]),  # the other way round
    ],
)
def test_the_chat_and_a_shared_answer_have_the_same_paragraphs(
    quotes: list[str], paragraphs: list[list[int]]
):
    answer = answer_of(*quotes)
    drawn = draw(advance(View(), Finished(answer)), Look())
    quotation = re.findall(r'<p dir="auto">(.*?)</p>', drawn.split("<details")[0])
    assert [[int(n) for n in re.findall(r'href="#s0-(\d+)"', p)] for p in quotation] == paragraphs
    (block,) = shared_blocks(shared_answer(Remembered("x", datetime.now(UTC), "sea", answer)))
    assert [[n for s in sentences for n in s.markers] for sentences in block.paragraphs] == paragraphs
