"""A question before it is filtered, and the answers that count for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evals.make import lexicon as lex

_MONTHS = lex.MONTHS.split("|")
_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A question and its answers (the first stands in the sentence, the others say the same).

    `rule` says how it was made, for people; `subject` is the name the question is about, as the
    articles write it.
    """

    question: str
    answers: tuple[str, ...]
    rule: str
    subject: str


def day_forms(day: str) -> tuple[str, ...]:
    """A day as written, and in the other order: "15 August 1914", "August 15, 1914"."""
    day = " ".join(day.split())
    if match := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)? ([A-Z]\w+),? (\d{4})", day):
        number, month, year = match.groups()
    elif match := re.fullmatch(r"([A-Z]\w\w\w?)\.? (\d{1,2}), (\d{4})", day):
        month, number, year = match.groups()
        month = next((known for known in _MONTHS if known.startswith(month[:3])), month)
    elif match := re.fullmatch(r"([A-Z]\w+) (\d{1,2})(?:st|nd|rd|th)?, (\d{4})", day):
        month, number, year = match.groups()
    else:
        return (day,)
    if month not in _MONTHS:
        return (day,)
    forms = (day, f"{number} {month} {year}", f"{month} {number}, {year}")
    return tuple(dict.fromkeys(forms))


def number_forms(number: str) -> tuple[str, ...]:
    """A number as written, without separators, and in digits."""
    forms = [number]
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", number):
        forms.append(number.replace(",", ""))
    elif re.fullmatch(r"\d{4,}", number):
        forms.append(f"{int(number):,}")
    if number.lower() in _WORDS:
        forms.append(_WORDS[number.lower()])
    elif word := next((word for word, digits in _WORDS.items() if digits == number), ""):
        forms.append(word)
    return tuple(forms)


def person_forms(name: str) -> tuple[str, ...]:
    """A person's name, and the last name alone."""
    parts = name.split()
    if len(parts) > 1 and len(parts[-1].strip(".")) > 3 and parts[-1] not in ("Junior", "Senior"):
        return (name, parts[-1])
    return (name,)


def sentence_case(question: str) -> str:
    """One space between words, a capital in front, one question mark at the end."""
    plain = " ".join(question.split()).rstrip(" .,;:?")
    return f"{plain[:1].upper()}{plain[1:]}?"
