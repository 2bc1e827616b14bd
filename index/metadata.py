"""What is known about an article besides its words: front matter, dates, language, address, people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from index.clean import clean_line
from index.decode import NotAnArticleError

_MAX_FRONT_MATTER = 65_536
_KEY_LINE = re.compile(r"[A-Za-z_][\w .-]{0,40}:(?:\s|$)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.M)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar janvier enero jan",
            "february februar février fevrier febrero feb",
            "march märz mars marzo mar",
            "april avril abril apr",
            "may mai mayo",
            "june juni juin junio jun",
            "july juli juillet julio jul",
            "august août aout agosto aug",
            "september septembre septiembre sep sept",
            "october oktober octobre octubre oct okt",
            "november novembre noviembre nov",
            "december dezember décembre decembre diciembre dec dez",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(r"\s*(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?:T\d{4,6}Z?)?\s*$")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.)?[\s-]+(?:of\s+|de\s+)?([^\W\d_]{3,10})\.?,?[\s-]+(?:de\s+)?(\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\s*,?\s+(\d{4})(?!\d)")
_SLASHED = re.compile(r"\s*(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?!\d)")

_LANGUAGE_NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr",
    "spanish": "es", "español": "es", "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es",
}  # fmt: skip
# Short, frequent words that (nearly) only one of the four languages has.
_STOP_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to that was with for were this from which by have had are is not it",
        "de": "der und den das nicht ist dem zu auch auf ein eine wurde mit sich für werden von im",
        "es": "el los las y que por una del con fue para como más pero también su lo era al",
        "fr": "le les et des du une est dans qui pour pas sur au avec ce il aux cette sont",
    }.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_HOST = re.compile(r"[^\s/?#@]+\.[^\s/?#@]+$|localhost$")


@dataclass(frozen=True, slots=True)
class Fields:
    """What a file or a row says about itself; texts are one clean line each, empty when not given."""

    external_id: str = ""
    title: str = ""
    url: str = ""
    site: str = ""
    published: date | None = None
    modified: date | None = None
    authors: tuple[str, ...] = ()
    topic: str = ""
    language: str = ""
    corrects: str = ""


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The YAML block between `---` lines at the head of `text`, and the text after it.

    Values stay texts (no guessing that `no` is False), lists or mappings. Without a block the
    mapping is empty. Raises `NotAnArticleError` when a block is opened but broken, with the line.
    """
    text = text.lstrip("\ufeff")
    head = text[: _MAX_FRONT_MATTER + 8].replace("\r\n", "\n").replace("\r", "\n")
    if not re.match(r"---[ \t]*\n", head):
        return {}, text
    start = head.index("\n") + 1
    closing = _CLOSING.search(head, start)
    if closing is None:
        if _KEY_LINE.match(head, start):
            raise NotAnArticleError("front matter is opened with --- but never closed")
        return {}, text
    values = _load_yaml(head[start : closing.start()])
    if values is None:
        return {}, text
    body = text.replace("\r\n", "\n").replace("\r", "\n")[closing.end() :]
    return values, body


def _load_yaml(block: str) -> dict[str, Any] | None:
    """The block as a mapping; None when it is prose between two rules rather than front matter."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        loaded = yaml.load(block, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark is not None else ""
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise NotAnArticleError(f"malformed front matter{where}: {problem}") from error
    except (RecursionError, ValueError) as error:
        raise NotAnArticleError("malformed front matter: nested too deeply or not valid YAML") from error
    if isinstance(loaded, dict):
        return {str(key): value for key, value in loaded.items()}
    if loaded is None or (isinstance(loaded, str) and not loaded.strip()):
        return {}
    if isinstance(loaded, str):
        return None
    raise NotAnArticleError("malformed front matter: it must be lines of the form name: value")


def fields_from(values: Mapping[str, Any]) -> Fields:
    """The fields of front matter or of a JSON row, under any of their usual names.

    A nested `metadata` mapping (as in BEIR) is looked into where the row itself has no value.
    """
    nested = values.get("metadata")
    layers: list[dict[str, Any]] = []
    for layer in (values, nested):
        if isinstance(layer, Mapping):
            layers.append({str(key).strip().lower().replace("-", "_"): value for key, value in layer.items()})

    def pick(*names: str) -> Any:
        for layer in layers:
            for name in names:
                if layer.get(name) not in (None, "", [], {}):
                    return layer[name]
        return None

    url = web_address(pick("url", "canonical", "canonical_url", "link"))
    return Fields(
        external_id=line_of(pick("id", "_id", "external_id")),
        title=line_of(pick("title", "headline")),
        url=url,
        site=line_of(pick("site", "site_name", "sitename", "publisher")) or site_of(url),
        published=parse_date(
            pick("published", "date", "publish_date", "date_published", "published_at", "pubdate")
        ),
        modified=parse_date(pick("modified", "updated", "date_modified", "last_modified", "modified_at")),
        authors=people(pick("authors", "author", "byline", "creator")),
        topic=line_of(pick("topic", "section", "category", "categories", "topics")),
        language=language_code(pick("language", "lang", "in_language")),
        corrects=line_of(pick("corrects", "correction_of")),
    )


def line_of(value: object) -> str:
    """A value as one clean line: a number as its digits, of a list the first usable entry."""
    if isinstance(value, str):
        return clean_line(value[:10_000])[:2_000]
    if isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        return repr(value) if abs(value) < 1e300 else ""
    if isinstance(value, list | tuple):
        for entry in value[:20]:
            if not isinstance(entry, list | tuple) and (line := line_of(entry)):
                return line
    if isinstance(value, Mapping) and isinstance(name := value.get("name"), str):
        return line_of(name)
    return ""


def people(value: object) -> tuple[str, ...]:
    """Names from a list, from `{"name": ...}` mappings or from one text with semicolons between them."""
    if isinstance(value, str):
        entries: list[object] = list(value[:5_000].split(";"))
    else:
        entries = list(value[:100]) if isinstance(value, list | tuple) else [value]
    names = (re.sub(r"^(?:by|von|par|por)\s+", "", line_of(entry), flags=re.I) for entry in entries)
    return tuple(dict.fromkeys(name for name in names if name and not name.lower().startswith("http")))


def parse_date(value: object) -> date | None:
    """The calendar day a date names, as written (no shift between time zones); None when unclear.

    Read are ISO 8601, `20240131`, `31 January 2024`, `January 31, 2024` (English, German, French,
    Spanish months), RFC 2822, seconds or milliseconds since 1970, and `31/1/2024` when only one
    order of day and month is possible.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        if not -1e14 < value < 1e14:
            return None
        return _from_epoch(float(value)) if not _COMPACT.match(str(value)) else parse_date(str(value))
    if isinstance(value, list | tuple):
        return parse_date(value[0]) if value and not isinstance(value[0], list | tuple) else None
    if not isinstance(value, str):
        return None
    text = value[:200]
    if found := _ISO.match(text):
        return _day(found[1], found[3], found[4])
    if found := _COMPACT.match(text):
        return _day(found[1], found[2], found[3])
    if found := _SLASHED.match(text):
        first, second = int(found[1]), int(found[3])
        if first > 12 or first == second:
            return _day(found[4], second, first)
        return _day(found[4], first, second) if second > 12 else None
    if (found := _DAY_FIRST.search(text)) and (month := _MONTHS.get(found[2].lower())):
        return _day(found[3], month, found[1])
    if (found := _MONTH_FIRST.search(text)) and (month := _MONTHS.get(found[1].lower())):
        return _day(found[3], month, found[2])
    if re.fullmatch(r"\s*\d{9,13}\s*", text):
        return _from_epoch(float(text))
    return None


def latest_day() -> date:
    """The last day that something can have been published on: tomorrow, which in some time zone is today."""
    return date.today() + timedelta(days=1)


def not_ahead(day: date | None) -> date | None:
    """The day, unless it is later than `latest_day`: it would make an article the newest for ever."""
    return day if day is None or day <= latest_day() else None


def _day(year: object, month: object, day: object) -> date | None:
    try:
        return date(int(str(year)), int(str(month)), int(str(day)))
    except ValueError:
        return None


def _from_epoch(seconds: float) -> date | None:
    if not 1e8 < abs(seconds) < 1e13:
        return None
    seconds = seconds / 1000 if abs(seconds) > 1e11 else seconds
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).date()


def web_address(value: object) -> str:
    """The address when it is an http(s) one with a host, else "" (a page will link to it)."""
    if not isinstance(value, str):
        return ""
    address = re.sub(r"[\x00-\x20\x7f]", "", value)[:2_000]
    return address if site_of(address) else ""


def site_of(url: str) -> str:
    """The host of an http(s) address without `www.`, else ""."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not _HOST.match(host):
        return ""
    return host.removeprefix("www.")


def language_code(value: object) -> str:
    """`en` for `en`, `en-GB`, `en_US`, `English`; "" for what is no language."""
    name = line_of(value).lower()
    if name in _LANGUAGE_NAMES:
        return _LANGUAGE_NAMES[name]
    code = re.split(r"[-_]", name, maxsplit=1)[0]
    return code if re.fullmatch(r"[a-z]{2,3}", code) else ""


def language_of(text: str, declared: str) -> str:
    """The declared language, unless the text is plainly in another (templates say `en` whatever is written in them)."""
    guessed = guess_language(text)
    if not declared or declared == guessed:
        return declared or (guessed if guessed != "en" else "")
    if declared == "en":
        return guessed
    if declared in _STOP_WORDS and guessed == "en":
        words = Counter(_WORD.findall(text[:2_000].lower()))
        counts = {language: sum(words[stop] for stop in stops) for language, stops in _STOP_WORDS.items()}
        return "en" if counts["en"] > 3 * counts[declared] + 5 else declared
    return declared


def guess_language(text: str) -> str:
    """en, de, es or fr by frequent short words in the first 2,000 characters; "en" when unclear."""
    words = Counter(_WORD.findall(text[:2_000].lower()))
    counts = {language: sum(words[stop] for stop in stops) for language, stops in _STOP_WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] > 1.5 * counts["en"] and counts[best] >= 3 else "en"
