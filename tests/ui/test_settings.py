"""What a person gets from the settings table: one precedence, clear refusals, current documentation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from index.errors import InputError
from rag.options import RagOptions
from ui.settings import (
    Settings,
    index_settings_hash,
    load_settings,
    settings_hash,
    settings_markdown,
    settings_that,
    shown_value,
    unknown_variables,
    where_from,
)

ROOT = Path(__file__).parents[2]
OTHER_VALUES = {
    "embedder": "another",
    "precision": "fp32",
    "retriever": "dense",
    "fusion": "rrf",
    "engine": "quote",
    "llm_url": "http://127.0.0.1:9/v1",
    "llm_model": "m",
    "gguf": "m.gguf",
    "abstain_threshold": 0.9,
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_option_beats_environment_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().top_k == 8
    (tmp_path / "footnote.toml").write_text("top_k = 3\nport = 8001\n")
    assert load_settings().top_k == 3
    assert where_from("top_k", {}) == "file"
    monkeypatch.setenv("FOOTNOTE_TOP_K", "4")
    assert load_settings().top_k == 4
    assert where_from("top_k", {}) == "environment"
    assert load_settings(["top_k=5"]).top_k == 5
    assert load_settings(["top_k=5"]).port == 8001
    assert load_settings(top_k=None).top_k == 4


def test_an_option_may_be_written_with_a_dash() -> None:
    assert load_settings(["quote-sentences= 2"]).quote_sentences == 2


def test_another_file_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.toml").write_text('engine = "quote"\n')
    monkeypatch.setenv("FOOTNOTE_CONFIG", str(tmp_path / "other.toml"))
    assert load_settings().engine == "quote"
    monkeypatch.setenv("FOOTNOTE_CONFIG", str(tmp_path / "missing.toml"))
    with pytest.raises(InputError, match=r"missing\.toml, which does not exist"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topk=3", "did you mean 'top_k'"),
        ("engin=quote", "did you mean 'engine'"),
        ("zzzzzz=1", "there is no setting 'zzzzzz'"),
        ("top_k", "not of the form name=value"),
        ("top_k=many", r"top_k 'many' \(given on the command line\)"),
        ("top_k=0", "greater than or equal to 1"),
        ("engine=magic", "'model' or 'quote'"),
        ("abstain_threshold=2", "less than or equal to 1"),
    ],
)
def test_a_wrong_option_is_named_with_its_cause(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_settings([text])
    assert caught.value.next_step
    assert "\n" not in str(caught.value)


def test_a_wrong_value_says_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_PORT", "http")
    with pytest.raises(InputError, match="from the environment, FOOTNOTE_PORT"):
        load_settings()
    monkeypatch.delenv("FOOTNOTE_PORT")
    (tmp_path / "footnote.toml").write_text('port = "http"\n')
    with pytest.raises(InputError, match=r"from footnote\.toml"):
        load_settings()


@pytest.mark.parametrize("content", [b"top_k = \n", b"top_k = 3\n[", b"\xff\xfe", b'top_k = "\x00"'])
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "footnote.toml").write_bytes(content)
    with pytest.raises(InputError, match=r"footnote\.toml is not valid TOML"):
        load_settings()


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "footnote.toml").write_text("chunksize = 100\n")
    with pytest.raises(InputError, match=r"footnote\.toml: .*did you mean 'chunk_size'"):
        load_settings()


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_API_KEY", "sk-very-secret")
    settings = load_settings()
    assert settings.llm_api_key.get_secret_value() == "sk-very-secret"
    shown = repr(settings) + str(settings) + shown_value(settings, "llm_api_key") + settings.model_dump_json()
    assert "very-secret" not in shown


def test_the_hash_changes_with_exactly_the_settings_that_change_answers() -> None:
    base = load_settings()
    for name, field in Settings.model_fields.items():
        if name == "llm_api_key":
            other = base.model_copy(update={name: "x"})
        else:
            value = OTHER_VALUES.get(name, field.default + 1 if isinstance(field.default, int) else "other")
            other = base.model_copy(update={name: value})
        changed = settings_hash(other) != settings_hash(base)
        assert changed == (name in settings_that("changes_answers")), name
        assert (index_settings_hash(other) != index_settings_hash(base)) == (
            name in settings_that("changes_index")
        )


def test_every_option_of_an_answer_is_a_setting_with_the_same_default() -> None:
    options = RagOptions()
    for field in dataclasses.fields(RagOptions):
        wanted = getattr(options, field.name)
        if field.name == "evidence_model":  # which model it is, is a setting; whether there is one, an option
            wanted = "bundled"
        assert Settings.model_fields[field.name].default == wanted, field.name
        assert field.name in settings_that("changes_answers") or field.name == "max_question_chars"


def test_a_misspelt_variable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_TOPK", "3")
    monkeypatch.setenv("FOOTNOTE_DEBUG", "0")
    assert unknown_variables() == {"FOOTNOTE_TOPK": "FOOTNOTE_TOP_K"}


def test_every_setting_is_documented_and_the_page_is_current() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, f"setting {name} has no description"
        assert field.description.endswith((".", "`")), name
    written = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert written == settings_markdown(), "run: footnote settings --markdown > docs/settings.md"


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    assert shown_value(load_settings(["password=open sesame"]), "password") == "(set)"
    (tmp_path / "footnote.toml").write_text("password = 4711\n")
    with pytest.raises(InputError) as refused:
        load_settings()
    assert "password" in str(refused.value)
    assert "4711" not in str(refused.value)
