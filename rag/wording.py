"""How texts and days are shown in sentences of our own: short, plain, in the reader's language."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

LANGUAGES = ("en", "de", "es")
MONTH_NAMES = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}


def day_text(day: date, language: str = "en") -> str:
    """A day as a reader of the language writes it: "2 May 2023", "2. Mai 2023", "2 de mayo de 2023"."""
    language = language if language in LANGUAGES else "en"
    month = MONTH_NAMES[language].split()[day.month - 1]
    pattern = {"en": "{} {} {}", "de": "{}. {} {}", "es": "{} de {} de {}"}[language]
    return pattern.format(day.day, month, day.year)


def storable(text: str) -> str:
    """The text without NULs and half characters (`\\ud800`), which no tokenizer, file or page takes."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def plain(text: str, most: int = 80) -> str:
    """A text from outside as one short line of plain text: white space joined, control and
    invisible characters (also those that turn the writing direction) taken out, cut at a word
    border with "…" behind when it is longer than `most`."""
    text = text[: most * 8]
    kept = "".join(
        " " if unicodedata.category(c) in ("Zl", "Zp", "Cc") else c
        for c in text
        if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )
    kept = " ".join(kept.split())
    if len(kept) <= most:
        return kept
    cut = kept[:most]
    if " " in cut[most // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.-–—") + "…"


def quoted(text: str, language: str = "en", most: int = 80) -> str:
    """A text from outside in the language's quotation marks, as `plain` shows it, with other marks inside."""
    marks = {"de": "„{}“", "es": "«{}»"}.get(language, "“{}”")
    return marks.format(re.sub(r"[“”„\"«»]", "’", plain(text, most)))


_INNER = str.maketrans({"“": "‘", "”": "’", "„": "‚"})


def nested(text: str) -> str:
    """The text as it stands inside quotation marks, with single ones in place of its own, so that none closes the
    quotation; as long as it was.

    >>> nested('“We won,” he said.'), nested('A "5" and 6".')
    ('‘We won,’ he said.', 'A ‘5’ and 6".')
    """
    shown, open_ = list(text.translate(_INNER)), False
    for at, sign in enumerate(shown):
        if sign != '"':
            continue
        if not open_ and (at == 0 or not (text[at - 1].isalnum() or text[at - 1] in ".,;:!?…")):
            shown[at], open_ = "‘", True
        elif open_ or text[at - 1].isalpha() or text[at - 1] in ".,;:!?…":
            shown[at], open_ = "’", False
    return "".join(shown)
