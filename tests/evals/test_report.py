"""Reports of runs: what stands on the page and in the figures, and what never gets there."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from evals import intervals
from evals.intervals import Estimate
from evals.report import write_report
from evals.report.content import blocks_of, named_runs, run_names, states, verdict
from evals.report.explain import arrow, headlines, meaning, span, unit_of, written
from evals.report.figures import drawings
from evals.report.markdown import figure_files
from evals.report.page import render
from evals.report.plots import risk_curve
from evals.report.text import embedded, link, shown
from evals.rows import Part, Row, Run, write_run
from index.errors import InputError
from tests.evals.report_runs import HOSTILE, generated_run, hostile_row, metrics_of


class Page(HTMLParser):
    """A page as a browser reads it: its elements, their attributes, and the text of scripts and the rest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._open.append(tag)
            if tag == "script":
                self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag == self._open[-1]:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open == ["script"]:
            self.scripts[-1] += data
        elif not self._open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.scripts[0])


@pytest.fixture(scope="module")
def news() -> Run:
    return generated_run(120)


@pytest.fixture(scope="module")
def worse() -> Run:
    return generated_run(
        120, skill=0.5, engine="quote", retriever="dense", settings={"abstain_threshold": 0.4}
    )


@pytest.fixture(scope="module")
def page(news: Run) -> Page:
    return Page(render([("news", news)]))


def one_row(**known: Any) -> Row:
    return replace(Row("q1", "Why?", "Because. [1]", {}), **known)


# ---- the page ----------------------------------------------------------------------------------


def test_every_metric_stands_on_the_page_with_value_interval_n_and_what_it_means(page: Page, news: Run):
    text = page.text.replace("_ ", "_")  # names may break after an underscore
    for name, one in news.metrics.items():
        unit = unit_of(name, one)
        assert name in text
        assert meaning(name).text
        assert meaning(name).text in text
        line = f"{written(one.value, unit)} {span(one, unit)} {one.n:,}"
        assert line in text, name


def test_every_metric_an_evaluation_makes_has_an_explanation():
    from evals.scoring import MEANS

    others = (
        "contains_answered answer_words abstention_balanced_accuracy risk_coverage_area drafted_share replaced_share "
        "dropped_share latency_ms_p50 latency_ms_max first_sentence_ms_p95 retrieve_ms_p50 support_auroc "
        "support_auroc_cosine support_balanced_accuracy support_recall support_false_accept support_majority "
        "support_accuracy support_sentence_hit@1 restored_f1 changed_needlessly hit@1_bare mrr@10_human "
        "extraction_f1 extraction_f1_trafilatura extraction_f1_justext extraction_f1_trafilatura_fast extraction_f1_gain pages_per_second articles_per_second read_share crashed says_both"
    )
    for name in (*MEANS, *others.split()):
        assert meaning(name).text, name


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("contains", "↑"),
        ("false_abstention", "↓"),
        ("risk_coverage_area", "↓"),
        ("latency_ms_p95", "↓"),
        ("answer_words", ""),
        ("drafted_share", ""),
        ("articles_per_second", "↑"),
        ("index_seconds", "↓"),
        ("something_new", "↑"),
    ],
)
def test_arrows_say_which_way_is_better(name: str, sign: str):
    assert arrow(name) == sign


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("contains", 0.5, "0.500"),
        ("latency_ms_p50", 1234.5, "1,234 ms"),
        ("latency_ms_p50", 3.21, "3.2 ms"),
        ("index_bytes", 41_200_000.0, "41.2 MB"),
        ("articles_per_second", 12.345, "12.3 / s"),
        ("answer_words", 18.0, "18"),
        ("something_new", 12.5, "12.5"),
    ],
)
def test_values_are_written_in_their_unit(name: str, value: float, text: str):
    assert written(value, unit_of(name, Estimate(value, 9, value, value))) == text


def test_tiles_are_those_of_the_task_or_the_first_there_are():
    asked = ["em", "contains", "hit@1", "latency_ms_p50", "first_sentence_ms_p50"]
    assert headlines("ask", asked) == ["contains", "hit@1", "first_sentence_ms_p50"]
    assert headlines("support", ["support_recall", "support_auroc"]) == ["support_auroc", "support_recall"]
    assert headlines("ask", [f"new{n}" for n in range(9)]) == [f"new{n}" for n in range(6)]


def test_page_tells_of_what_the_run_was_made(page: Page, news: Run):
    for words in (
        "Footnote on news",
        "2026-11-23",
        "SmolLM2-135M",
        "hybrid",
        news.commit[:12],
        news.data_sha256[:12],
    ):
        assert words in page.text
    assert "abstain_threshold 0.5" in page.text.replace("_ ", "_")
    assert "two articles share a title" in page.text


def test_nothing_on_the_page_leads_elsewhere(page: Page):
    for tag, attributes in page.elements:
        for name in ("src", "href", "action", "srcset", "data", "poster", "xlink:href"):
            value = attributes.get(name) or ""
            assert value[:1] in ("", "#") or value.startswith("data:"), (tag, name, value)
        assert tag not in ("iframe", "object", "embed", "base", "audio", "video", "img")
    policy = next(a["content"] or "" for t, a in page.elements if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    digest = base64.b64encode(hashlib.sha256(page.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def test_page_can_be_read_by_everybody(page: Page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for tag, attributes in page.elements:
        if tag == "svg" and (attributes.get("class") or "").startswith("plot"):
            assert attributes["role"] == "img"
            assert len(attributes["aria-label"] or "") > 30
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_the_same_runs_give_the_same_bytes_whatever_the_machine_has_set(news: Run):
    import matplotlib

    before = render([("news", news)])
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "svg.fonttype": "path"}):
        assert render([("news", news)]) == before
        assert matplotlib.rcParams["font.size"] == 30


def test_rows_are_on_the_page_whole(page: Page, news: Run):
    rows = page.data["rows"]
    assert [row["id"] for row in rows] == [row.id for row in news.rows]
    first = next(row for row in news.rows if row.citations)
    drawn = next(row for row in rows if row["id"] == first.id)
    cited, given = drawn["citations"][0], first.citations[0]
    assert (cited["before"], cited["quote"], cited["after"]) == (
        given["before"],
        given["quote"],
        given["after"],
    )
    assert (cited["href"], cited["site"]) == (given["url"], "example.org")
    assert drawn["references"] == list(first.references)


@pytest.mark.parametrize(
    ("start", "before", "after", "shown_before", "shown_after"),
    [
        (9, "The tide ", " rose. It", "The tide ", " rose. …"),
        (900, "ng. The tide ", " rose.", "… The tide ", " rose."),
        (900, "ng ", "", "… ", ""),
        (0, "", " rose and fe", "", " rose and …"),
    ],
)
def test_words_around_a_quote_are_whole(
    start: int, before: str, after: str, shown_before: str, shown_after: str
):
    cited = {"marker": 1, "quote": "Q", "start": start, "before": before, "after": after}
    run = generated_run(0, parts=("p",), extra=(one_row(part="p", answered=True, citations=(cited,)),))
    drawn = Page(render([("p", run)])).data["rows"][0]["citations"][0]
    assert (drawn.get("before", ""), drawn.get("after", "")) == (shown_before, shown_after)


def test_gold_articles_that_were_found_late_or_not_at_all_are_named():
    ranking = tuple(f"a{n}" for n in range(40))
    row = one_row(gold={"a2": 1, "a30": 1, "missing": 1, "a5": 0}, ranking=ranking, part="p")
    run = generated_run(3, parts=("p",), extra=(row,))
    drawn = Page(render([("p", run)])).data["rows"][-1]
    assert [name for name, gold in drawn["ranking"] if gold] == ["a2"]
    assert drawn["deeper"] == [["a30", 31], ["missing", 0]]


# ---- what became of a question -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "task", "what", "filters"),
    [
        (one_row(answered=True, scores={"contains": 1.0}, citations=({},)), "ask", "right", []),
        (one_row(answered=True, scores={"contains": 0.0}, citations=({},)), "ask", "wrong", ["wrong"]),
        (one_row(answered=True, scores={"contains": 1.0}), "ask", "right", ["uncited"]),
        (one_row(answered=True, answerable=False, citations=({},)), "ask", "wrong", ["wrong"]),
        (one_row(abstained=True, scores={"contains": 0.0}), "ask", "missed", ["abstained", "missed"]),
        (one_row(abstained=True, answerable=False), "ask", "abstained", ["abstained"]),
        (one_row(error="down", scores={"contains": 0.0}), "ask", "failed", ["wrong", "failed"]),
        (one_row(answered=True, citations=({},), counts={"replaced": 2}), "ask", "unscored", ["replaced"]),
        (one_row(scores={"hit@10": 0.0}), "retrieve", "wrong", ["wrong"]),
        (one_row(scores={"hit@10": 1.0}), "retrieve", "right", []),
        (one_row(answered=True, answerable=False, scores={"support_correct": 1.0}), "support", "right", []),
        (one_row(scores={"changed_needlessly": 1.0}), "followups", "wrong", ["wrong"]),
        (one_row(scores={"seconds": 0.0}), "ingest", "unscored", []),
    ],
)
def test_verdicts_and_filters(row: Row, task: str, what: str, filters: list[str]):
    assert verdict(row, task) == what
    assert states(row, task) == filters


def test_questions_on_which_runs_do_not_agree_are_marked_and_stand_together(news: Run, worse: Run):
    rows = Page(render([("a", news), ("b", worse)])).data["rows"]
    assert [row["run"] for row in rows[:4]] == [0, 1, 0, 1]
    assert all(rows[n]["id"] == rows[n + 1]["id"] for n in range(0, len(rows), 2))
    for one, other in zip(rows[::2], rows[1::2], strict=True):
        agree = (one["verdict"] in ("right", "abstained")) == (other["verdict"] in ("right", "abstained"))
        assert ("differs" in one.get("states", [])) == (not agree)
        assert ("differs" in other.get("states", [])) == (not agree)


# ---- hostile texts -----------------------------------------------------------------------------


def test_hostile_texts_neither_run_nor_break_the_page_nor_get_lost():
    extra = tuple(hostile_row(text, number) for number, text in enumerate(HOSTILE))
    run = generated_run(
        4, extra=extra, suite=HOSTILE[0], model=HOSTILE[1], date=HOSTILE[2], commit=HOSTILE[3]
    )
    part = replace(run.parts[0], notes=HOSTILE)
    run = replace(run, parts=(part,), settings={text: text for text in HOSTILE})
    found = Page("")
    for title in ("", *HOSTILE):
        html = render([(HOSTILE[4], run)], title)
        html.encode("utf-8")
        found = Page(html)
        assert len(found.scripts) == 2
        assert [tag for tag, _ in found.elements if tag in ("img", "form", "b")] == ["form"]
        assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]
    rows = found.data["rows"]
    assert [row["question"] for row in rows[4:]] == [shown(text) for text in HOSTILE]
    assert all("href" not in row["citations"][0] for row in rows[4:])
    for note in HOSTILE:
        assert " ".join(shown(note).split()) in found.text


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_any_text_survives_the_script_element(text: str):
    inside = embedded({"text": text})
    assert inside.isascii()
    assert not set("<>&") & set(inside)
    assert json.loads(inside) == {"text": shown(text)}
    shown(text).encode("utf-8")


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//example.org/a", False),
        ("https://", False),
        ("https://bank.example@evil.example/", False),
        ("https://example.org/\u202egpj.exe", False),
        ("https://example.org/a b", False),
        ("https://[broken", False),
        ("https://example.org/\x00", False),
        ("", False),
    ],
)
def test_only_plain_web_addresses_become_links(url: str, leads: bool):
    assert bool(link(url)) is leads


# ---- plots -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.4, 0.5, 0.9, 1.0]), st.booleans()), min_size=1))
def test_the_area_under_the_risk_curve_is_the_metric(rows: list[tuple[float, bool]]):
    confidence, loss = [sure for sure, _ in rows], [float(lost) for _, lost in rows]
    coverage, risk = risk_curve(confidence, loss)
    assert coverage[-1] == 1
    assert risk[-1] == pytest.approx(np.mean(loss))
    assert risk.mean() == pytest.approx(intervals.risk_coverage_area(confidence, loss).value)


def titles(run: Run, *others: Run) -> list[str]:
    named = named_runs([(f"run{n}", one) for n, one in enumerate((run, *others))])
    return [one.title for block in blocks_of(named) for one in drawings(block, "p")]


def test_plots_that_have_no_data_are_left_out(news: Run):
    assert titles(news) == [
        "Retrieval by cutoff",
        "Risk and coverage",
        "Latency",
        "Score by kind of question",
    ]
    answerable = [replace(row, kind="", timings_ms={}) for row in news.rows if row.answerable]
    part = replace(news.parts[0], metrics={"contains": news.metrics["contains"]})
    bare = replace(news, rows=tuple(answerable), parts=(part,))
    assert titles(bare) == []
    assert "Questions" in Page(render([("bare", bare)])).text


def test_plots_are_drawn_with_the_page_s_colours_and_hold_their_text(news: Run):
    named = named_runs([("news", news)])
    for drawing in drawings(blocks_of(named)[0], "p"):
        ElementTree.fromstring(drawing.svg)
        assert not re.search(r"#[0-9a-f]{6}", drawing.svg)
        assert "var(--s1)" in drawing.svg
        assert "<text" in drawing.svg
        assert "font-family" not in drawing.svg


def test_the_working_threshold_is_told(news: Run):
    risk = next(one for one in drawings(blocks_of(named_runs([("n", news)]))[0], "p") if "Risk" in one.title)
    assert "threshold 0.5" in risk.svg
    answered = sum(row.answered for row in news.rows) / news.n
    assert f"With threshold 0.5, {answered * 100:.0f} % of the questions were answered" in risk.caption


def test_kinds_show_their_numbers_with_n_and_interval(news: Run):
    kinds = next(one for one in drawings(blocks_of(named_runs([("n", news)]))[0], "p") if "kind" in one.title)
    told = dict(kinds.numbers)
    dates = [row.scores["contains"] for row in news.rows if row.kind == "date"]
    assert told["date"] == intervals.mean(dates)
    silent = [row.scores["abstention_recall"] for row in news.rows if not row.answerable]
    assert told["unanswerable: abstained"] == intervals.mean(silent)


# ---- several runs, parts and tasks -------------------------------------------------------------


def test_two_runs_are_compared_question_by_question(news: Run, worse: Run):
    found = Page(render([("hybrid", news), ("dense", worse)]))
    text = found.text.replace("_ ", "_")
    assert "B − A, metric by metric (120 in both)" in text
    pairs = [
        (one.scores["contains"], other.scores["contains"])
        for one, other in zip(news.rows, worse.rows, strict=True)
        if "contains" in one.scores
    ]
    a, b = np.mean(pairs, axis=0)
    assert f"{len(pairs)} {a:.3f} {b:.3f} {b - a:+.3f}".replace("-", "−") in text
    assert "abstain_threshold 0.5 0.4" in text


def test_runs_of_other_data_are_shown_but_not_compared(news: Run):
    other = replace(news, parts=(replace(news.parts[0], data_sha256="f" * 64),))
    text = Page(render([("a", news), ("b", other)])).text
    assert "B cannot be compared with A: the two runs are of different data" in text
    assert "metric by metric" not in text


def test_parts_have_their_own_figures(news: Run):
    run = generated_run(30, parts=("seeds", "news"))
    text = Page(render([("smoke", run)])).text
    for name in ("all parts together", "seeds", "news"):
        assert f"{name} {60 if 'all' in name else 30} questions" in text


def test_a_run_of_claims_is_shown_with_its_own_words():
    rows = tuple(
        Row(
            f"c{n}", f"Claim {n}.", "supported", {"support_correct": float(n % 3 > 0), "support_score": 0.5},
            part="claims", answerable=n % 2 == 0, answered=True, kind=("short", "long")[n % 2],
        )
        for n in range(12)
    )  # fmt: skip
    figures = metrics_of(rows) | {
        "support_auroc": Estimate(0.7, 12, 0.5, 0.9),
        "support_recall": Estimate(0.6, 6, 0.3, 0.9),
    }
    part = Part("claims", "support", 12, 0, 0, "d" * 64, "", (), figures)
    run = generated_run(1, rows=rows, parts=("claims",))
    run = replace(run, rows=rows, parts=(part,), metrics=figures, n=12, suite="support")
    found = Page(render([("support", run)]))
    assert "12 claims" in found.text
    assert found.data["rows"][1]["references"] == ["not supported"]
    assert all("uncited" not in row.get("states", []) for row in found.data["rows"])


def test_a_run_without_rows_has_a_page(news: Run):
    empty = replace(news, rows=(), n=0, metrics={}, parts=(replace(news.parts[0], n=0, metrics={}),))
    assert "About this run" in Page(render([("empty", empty)])).text


def test_runs_of_the_same_file_name_are_told_apart(tmp_path: Path):
    paths = [tmp_path / "monday" / "run.json", tmp_path / "friday" / "run.json", tmp_path / "base.json"]
    assert run_names(paths) == ["monday/run", "friday/run", "base"]


# ---- files -------------------------------------------------------------------------------------


def test_figures_hold_every_metric_and_none_of_the_data(news: Run, tmp_path: Path):
    run_file, folder = tmp_path / "news.json", tmp_path / "docs" / "figures"
    write_run(news, run_file)
    places = write_report([run_file], figures=folder)
    assert sorted(path.name for path in places) == sorted(path.name for path in folder.iterdir())
    whole = "\n".join(path.read_text("utf-8") for path in places)
    for name, one in news.metrics.items():
        unit = unit_of(name, one)
        assert f"`{name}`" in whole
        assert f"| {written(one.value, unit)} | {span(one, unit)} | {one.n:,} |" in whole
    for row in news.rows:
        secrets = [
            row.question,
            row.id,
            *row.ranking,
            *(one["quote"] for one in row.citations),
            row.error,
            row.warning,
        ]
        assert not [secret for secret in secrets if secret and secret in whole]
    markdown = (folder / "figures.md").read_text("utf-8")
    for picture in re.findall(r"\]\(([^)]+)\)", markdown):
        root = ElementTree.parse(folder / picture).getroot()
        assert root.tag.endswith("svg")
        assert "prefers-color-scheme" in (folder / picture).read_text("utf-8")


def test_figures_of_hostile_labels_are_well_formed():
    extra = tuple(hostile_row(text, number) for number, text in enumerate(HOSTILE))
    run = generated_run(6, extra=extra)
    for name, text in figure_files([(HOSTILE[0], run), (HOSTILE[6], run)], HOSTILE[1]).items():
        text.encode("utf-8")
        if name.endswith(".svg"):
            root = ElementTree.fromstring(text)
            tags = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
            assert tags <= {
                "svg",
                "g",
                "path",
                "text",
                "defs",
                "use",
                "clipPath",
                "rect",
                "style",
                "title",
                "tspan",
            }
        else:
            assert "<script" not in text


def small_app() -> typer.Typer:
    from ui.cli import Boundary
    from ui.commands.evaluate_report import report

    app = typer.Typer(cls=Boundary, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("report")(report)
    return app


def test_command_writes_the_page_and_says_so(news: Run, tmp_path: Path):
    run_file, out = tmp_path / "run.json", tmp_path / "out.html"
    write_run(news, run_file)
    done = CliRunner().invoke(small_app(), ["report", str(run_file), "--html", str(out), "--title", "Mine"])
    assert done.exit_code == 0
    assert f"wrote {out}" in done.stderr
    assert "<title>Mine</title>" in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ("{", "not valid JSON"),
        ('{"suite": 1}', "not a run"),
        ('{"suite": "s", "rows": [], "metrics": {}, "schema": 1}', "another version"),
        ('{"suite": "s", "rows": 7, "metrics": {}, "schema": 2}', "damaged"),
    ],
)
def test_a_bad_run_leaves_everything_as_it_was(content: str | None, says: str, news: Run, tmp_path: Path):
    good, bad, out = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "out.html"
    write_run(news, good)
    out.write_text("yesterday's", "utf-8")
    if content is not None:
        bad.write_text(content, "utf-8")
    arguments = ["report", str(good), str(bad), "--html", str(out), "--figures", str(tmp_path / "figures")]
    done = CliRunner().invoke(small_app(), arguments)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.output
    assert out.read_text("utf-8") == "yesterday's"
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "nowhere to write"),
        ({"html": "folder"}, "is a folder"),
        ({"html": "no/such/out.html"}, "cannot be written"),
        ({"html": "run.json"}, "is one of the runs"),
        ({"figures": "run.json"}, "is a file"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_any_work(
    options: dict[str, str], says: str, tmp_path: Path
):
    (tmp_path / "folder").mkdir()
    run_file = tmp_path / "run.json"
    write_run(generated_run(2), run_file)
    before = run_file.read_bytes()
    places = {name: tmp_path / place for name, place in options.items()}
    with pytest.raises(InputError, match=says):
        write_report([run_file], html=places.get("html"), figures=places.get("figures"))
    assert run_file.read_bytes() == before


def test_nothing_heavy_is_loaded_before_a_plot_is_drawn():
    code = (
        "import sys, evals.report, evals.report.explain, ui.commands.evaluate_report; "
        "sys.exit(any(name in sys.modules for name in ('matplotlib', 'jinja2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
