"""What a statement gets wrong of the words it rests on, told exactly."""

from __future__ import annotations

import pytest

from rag import exact

FINE = [
    ("The museum reopened in May 2023.", "The museum reopened in May 2023, and a café may follow."),
    ("The museum may reopen.", "The museum may reopen in spring."),
    (
        "The canal opened in 1914.",
        "The canal opened in 1914, and its director said on Monday that tolls would rise.",
    ),
    ("Notte said the dam will fail.", "“The dam will fail within a year,” Notte said."),
    ("Profits rose in June.", "Profits rose in June after they fell in May."),
    ("The march on Rome was small.", "The march on Rome was small."),
    ("It closed in March.", "It closed on 3 March."),
    ("The council voted against it.", "The council rejected it with 13 votes to 8."),
    ("The tower is 90 metres high.", "The tower is 90 metres high."),
]
FAULTS = [
    ("The council voted against it.", "The council agreed to it with 13 votes to 8.", "against"),
    ("The museum will reopen.", "The museum may reopen in spring.", "too_certain"),
    (
        "The city bought the harbour.",
        "The city plans to buy the harbour; whether it bought the harbour is unclear.",
        "too_certain",
    ),
    ("The firm bribed officials.", "The firm allegedly bribed officials.", "too_certain"),
    ("The mayor could resign, so he left.", "The mayor left.", ""),
    ("The dam will fail within a year.", "“The dam will fail within a year,” Notte said.", "unattributed"),
    ("Tolls will rise next year.", "The minister claimed that tolls will rise next year.", "unattributed"),
    ("Profits rose in June.", "Profits fell in June.", "turned_round"),
    ("The import of steel was banned.", "The export of steel was banned.", "turned_round"),
    ("The strike began before the vote.", "The strike began after the vote.", "turned_round"),
    ("It closed on Friday.", "It closed on Thursday.", "wrong_date"),
    ("It opened in April 2020.", "It opened in March 2020.", "wrong_date"),
]


def found(statement: str, cited: str) -> str:
    return next(
        (
            name
            for name, reason in (
                ("too_certain", exact.too_certain(statement, [cited])),
                ("unattributed", exact.unattributed(statement, [cited])),
                ("turned_round", exact.turned_round(statement, cited)),
                ("against", exact.against(statement, cited)),
                ("wrong_date", exact.wrong_date(statement, cited)),
            )
            if reason
        ),
        "",
    )


@pytest.mark.parametrize(("statement", "cited"), FINE)
def test_a_true_retelling_passes(statement: str, cited: str) -> None:
    assert found(statement, cited) == ""


@pytest.mark.parametrize(("statement", "cited", "fault"), FAULTS)
def test_a_fault_is_named(statement: str, cited: str, fault: str) -> None:
    assert found(statement, cited) == fault


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("It reopened in May 2020", False),
        ("3 May was warm", False),
        ("It may rain", True),
        ("May 5 was warm", False),
    ],
)
def test_the_month_is_no_doubt(text: str, may: bool) -> None:
    assert exact.hedged(text) is may
