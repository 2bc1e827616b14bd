"""Reports of finished runs: one page to look at and browse, or the figures alone.

    write_report([Path("run.json")], html=Path("out.html"), figures=Path("figures"))

The page opens from disk and asks nothing of a network. The figures are plots and tables without a
word of the data, fit to stand in documentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evals.report.content import run_names
from evals.rows import check_writable, read_run, write_whole
from index.errors import InputError

__all__ = ["write_report"]


def write_report(
    paths: Sequence[Path], *, html: Path | None = None, figures: Path | None = None, title: str = ""
) -> list[Path]:
    """Reads the runs, makes the report, and only then writes it, each file whole or not at all.

    Args:
        paths: run.json of each run, in the order they are to be shown.
        html: where the page goes; figures: the folder the plots and their Markdown go to, made if
            it is missing. At least one of the two.
        title: the page's title; by default it names the suites.

    Returns:
        What was written.

    Raises:
        InputError: a run cannot be read, a place cannot be written, or there is nothing to do.
    """
    if not paths:
        raise InputError("no run to report on", "footnote eval report run.json --html out.html")
    if html is None and figures is None:
        raise InputError(
            "nowhere to write the report", "name a page, as in --html out.html, or --figures DIR"
        )
    if html is not None:
        check_writable(html)
        if any(html.resolve() == path.resolve() for path in paths):
            raise InputError(f"{html}: is one of the runs", "name another file, as in --html out.html")
    if figures is not None and figures.exists() and not figures.is_dir():
        raise InputError(f"{figures}: is a file", "name a folder, as in --figures figures")
    runs = list(zip(run_names(paths), [read_run(path) for path in paths], strict=True))

    from evals.report.markdown import figure_files
    from evals.report.page import render

    wanted: dict[Path, str] = {}
    if html is not None:
        wanted[html] = render(runs, title)
    if figures is not None:
        wanted |= {figures / name: text for name, text in figure_files(runs, title).items()}
        try:
            figures.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{figures}: cannot be made ({error.strerror or error})", "choose another place"
            ) from error
        for place in wanted:
            check_writable(place)
    for place, text in wanted.items():
        write_whole(place, text)
    return list(wanted)
