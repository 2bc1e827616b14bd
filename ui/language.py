"""The interface in the reader's language: English, German, Spanish.

A text stands in the code in English and is looked up by itself in `translations/de.toml` and `es.toml`, as
gettext does it. Answers are not translated: they keep the words of the articles.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from rag.wording import LANGUAGES, day_text

DEFAULT = "en"
_WEIGHTED = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,32})?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*"
)
_MOST_CHOICES = 32

__all__ = ["DEFAULT", "LANGUAGES", "choose", "day_text", "number_text", "retell", "table", "translate"]


def choose(asked: str, accepted: str) -> str:
    """The language to show: the one `asked` for by name where we speak it, else the best that an
    Accept-Language header names, else English.

    >>> choose("", "fr, de-AT;q=0.8, en;q=0.7")
    'de'
    """
    if (name := asked.strip().lower().split("-")[0]) in LANGUAGES:
        return name
    best, weight = DEFAULT, 0.0
    for choice in accepted.split(",")[:_MOST_CHOICES]:
        found = _WEIGHTED.fullmatch(choice)
        if found and found[1].lower() in LANGUAGES and float(found[2] or 1) > weight:
            best, weight = found[1].lower(), float(found[2] or 1)
    return best


@cache
def table(language: str) -> Mapping[str, str]:
    """English texts and what they are in `language`; empty for English itself."""
    if language == DEFAULT or language not in LANGUAGES:
        return {}
    text = resources.files("ui").joinpath("translations", f"{language}.toml").read_text("utf-8")
    return tomllib.loads(text)


def translate(text: str, language: str = DEFAULT, **values: object) -> str:
    """`text` in `language`, its `{names}` filled in; English where there is no translation."""
    found = table(language).get(text, text)
    return found.format(**values) if values else found


@cache
def _templates(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The table's texts that have values in them, as patterns, those that say most first."""
    found = [text for text in table(language) if "{" in text]
    found.sort(key=lambda text: -len(_FIELD.sub("", text)))
    return tuple((re.compile(_FIELD.sub(r"(?P<\1>.+)", _escaped(text)), re.DOTALL), text) for text in found)


_FIELD = re.compile(r"\{(\w+)\}")
_MOST_RETOLD = 500


def _escaped(text: str) -> str:
    return "".join(
        part if _FIELD.fullmatch(part) else re.escape(part) for part in re.split(r"(\{\w+\})", text)
    )


def retell(said: str, language: str) -> str:
    """An English sentence that holds its values already, said in another language as far as the table has it;
    a value named `when` is a phrase that is said anew itself.

    >>> retell("Only articles published since 2024-01-01 were searched.", "de")
    'Es wurden nur Artikel durchsucht, die erschienen sind: seit 2024-01-01.'
    """
    if said in table(language):
        return table(language)[said]
    if language == DEFAULT or len(said) > _MOST_RETOLD:
        return said
    for pattern, text in _templates(language):
        if said.endswith(".") == text.endswith(".") and (found := pattern.fullmatch(said)):
            values = {k: retell(v, language) if k == "when" else v for k, v in found.groupdict().items()}
            return table(language)[text].format(**values)
    return said


def number_text(number: int, language: str) -> str:
    """A whole number with its thousands set apart as a reader of the language writes them."""
    return f"{number:,}".replace(",", {"de": ".", "es": "\u202f"}.get(language, ","))
