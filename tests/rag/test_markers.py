"""Whatever form a model gives its markers, a reader sees clean sentences and numbers in range."""

import pytest

from index.split import sentence_spans
from rag.markers import split_draft, strip


@pytest.mark.parametrize(
    ("text", "facts", "plain", "markers", "bad"),
    [
        ("It opened in 1914 [1].", 3, "It opened in 1914.", (1,), 0),
        ("It opened in 1914. [1]", 3, "It opened in 1914.", (1,), 0),
        ("It opened [1][2].", 3, "It opened.", (1, 2), 0),
        ("It opened [1, 2].", 3, "It opened.", (1, 2), 0),
        ("It opened [1-3].", 3, "It opened.", (1, 2, 3), 0),
        ("It opened [1; 3].", 3, "It opened.", (1, 3), 0),
        ("It opened [7].", 3, "It opened.", (), 1),
        ("It opened [0].", 3, "It opened.", (), 1),
        ("It opened [9999].", 3, "It opened.", (), 1),
        ("It opened [1][1].", 3, "It opened.", (1,), 0),
        ("It opened (2).", 3, "It opened.", (2,), 0),
        ("It opened (1914).", 3, "It opened (1914).", (), 0),
        ("It opened (12 metres).", 3, "It opened (12 metres).", (), 0),
        ("It opened 【2】.", 3, "It opened.", (2,), 0),
        ("It opened [fact 2].", 3, "It opened.", (2,), 0),
        ("It opened [Source 1].", 3, "It opened.", (1,), 0),
        ("It opened [see below].", 3, "It opened.", (), 0),
        ("It opened [citation needed].", 3, "It opened.", (), 0),
        ("**It** opened [1].", 3, "It opened.", (1,), 0),
        ("- It opened [1].", 3, "It opened.", (1,), 0),
        ("1. It opened [1].", 3, "It opened.", (1,), 0),
        ("It opened.", 3, "It opened.", (), 0),
        ("[1] It opened.", 3, "It opened.", (1,), 0),
        ("It opened [1] .", 3, "It opened.", (1,), 0),
        ("It opened [1]..", 3, "It opened.", (1,), 0),
        ("It opened [ 1 ].", 3, "It opened.", (1,), 0),
        ("It opened [1&2].", 3, "It opened.", (1, 2), 0),
        ("It opened [1–2].", 3, "It opened.", (1, 2), 0),
        ("It opened [2-900].", 3, "It opened.", (2, 3), 8),
        ("", 3, "", (), 0),
        ("[1]", 3, "", (1,), 0),
        ("It cost $5 [1], not $6 [2].", 3, "It cost $5, not $6.", (1, 2), 0),
    ],
)
def test_markers_of_every_form(text: str, facts: int, plain: str, markers: tuple[int, ...], bad: int) -> None:
    found = strip(text, facts)
    assert (found.text, found.markers, found.bad) == (plain, markers, bad)


def test_a_marker_behind_the_full_stop_belongs_to_the_sentence_before() -> None:
    found = split_draft("The canal opened in 1914. [2] It is 80 km long. [1]", 2, sentence_spans)
    assert [(d.text, d.markers) for d in found] == [
        ("The canal opened in 1914.", (2,)),
        ("It is 80 km long.", (1,)),
    ]


def test_ten_thousand_markers_do_no_harm() -> None:
    found = strip("It opened " + "[1]" * 10_000 + ".", 3)
    assert found.markers == (1,)
    assert found.text == "It opened."
