"""`python -m evals.peers DATA_DIR`: Footnote and its peers on one BEIR folder, as a table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.peers.compare import PEERS, Row, as_json, chosen, compare, describe, load_data
from evals.peers.table import format_comparison, format_row
from evals.rows import write_whole
from index.errors import FootnoteError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, 1 when every peer failed, 2 when the data cannot be used."""
    given = _parser().parse_args(arguments)
    try:
        return _run(given)
    except FootnoteError as error:
        _tell(f"error: {error}")
        if error.next_step:
            _tell(f"  -> {error.next_step}")
        return error.exit_status
    except KeyboardInterrupt:
        return 130


def _run(given: argparse.Namespace) -> int:
    specs = chosen(given.peers)
    data = load_data(given.data, given.articles, given.queries)
    setting = describe(data)
    _tell(f"{setting.data}: {setting.articles:,} articles, {setting.queries} questions")
    rows: list[Row] = []
    if given.out:
        write_whole(given.out, as_json(setting, rows))  # what cannot be written is said now, not in an hour
    for row in compare(data, specs, venvs=given.venvs, work=given.work, tell=_tell):
        rows.append(row)
        _tell(format_row(row))
        if given.out:
            write_whole(given.out, as_json(setting, rows))
    print(format_comparison(setting, rows, markdown=given.markdown))
    return int(all(row.error for row in rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m evals.peers", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="a BEIR folder (docs/evals.md)")
    parser.add_argument(
        "--peers", metavar="NAMES", help=f"with commas between; all by default: {','.join(PEERS)}"
    )
    parser.add_argument(
        "--articles", type=int, metavar="N", help="a sample of N articles, every judged one in it"
    )
    parser.add_argument("--queries", type=int, metavar="N", help="a sample of N questions")
    parser.add_argument("--venvs", type=Path, metavar="DIR", help="where the virtual environments are kept")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="leave indexes, run files and logs in this folder"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write everything measured to this JSON file"
    )
    parser.add_argument("--markdown", action="store_true", help="print the tables in Markdown")
    return parser


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
