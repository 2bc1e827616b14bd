"""What the adapters share: articles as the readers make them, and JSON looked into with its place at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from index.errors import InputError
from index.schema import Article, article_id


def suite_article(label: str, external_id: str, title: str, text: str) -> Article:
    """An article as the readers would have made it: cleaned, so that a suite walks the same road as a folder."""
    from index.clean import clean_line, clean_text

    return Article(
        article_id(label, external_id), external_id, clean_line(title), "", clean_text(text), source=label
    )


def mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected a JSON object", "see docs/evals.md for the format")
    return value


def listing(row: Mapping[str, object], name: str, where: str) -> list[object]:
    value = row.get(name)
    if not isinstance(value, list):
        raise InputError(f"{where}: {name} is missing or not a list", "see docs/evals.md for the format")
    return value


def read_json(path: Path) -> object:
    """The content of a JSON file.

    Raises:
        InputError: it cannot be read, or is damaged (with the line).
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})", "check the file") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not valid JSON ({error.msg})", "check the file") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON ({error})", "check the file") from error
