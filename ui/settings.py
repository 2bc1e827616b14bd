"""Every setting in one typed table, and the places it may come from.

Strongest first: an option of the command or `--set name=value`, the environment (`FOOTNOTE_<NAME>`),
`footnote.toml` in the current folder (or the file `FOOTNOTE_CONFIG` names), the default.
`docs/settings.md` is written from this table by `footnote settings --markdown`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, JsonValue, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from index.errors import InputError
from ui.guard.callers import HOST_NAME, host_name, parse_networks, shown_network
from ui.origins import parse_origins

PREFIX = "FOOTNOTE_"
DEFAULT_COLLECTION = "default"
COLLECTIONS = "collections"
COLLECTION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
CONFIG_FILE = "footnote.toml"
OTHER_VARIABLES = {
    "FOOTNOTE_CONFIG": "another file in place of ./footnote.toml",
    "FOOTNOTE_DEBUG": "1 shows the whole traceback of an error",
    "FOOTNOTE_REQUIRE_BROWSER": "1 makes tests fail where Chromium or nginx is missing, instead of skipping them",
    "FOOTNOTE_CHROMIUM": "the Chromium that browser tests drive",
    "HF_ENDPOINT": "the model hub `footnote models pull` asks, in place of https://huggingface.co",
    "HF_TOKEN": "the key for models whose licence must be accepted there; sent to that hub only, never printed",
    "FOOTNOTE_KILLS": "how many builds the kill test kills (`make soak`: 200)",
    "FOOTNOTE_SEED": "the seed of that test's random moments, and of the damaged files of `test_formats_fuzz.py`",
}
"""Names with our prefix that are no settings of the program itself."""

_ANSWERS: dict[str, JsonValue] = {"changes_answers": True}
_INDEX: dict[str, JsonValue] = {"changes_answers": True, "changes_index": True}


class Settings(BaseSettings):
    """All settings, checked and typed. Make one with `load_settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, protected_namespaces=())

    index: Path = Field(Path(".footnote"), description="The folder the index lies in.")
    collection: str = Field(
        DEFAULT_COLLECTION,
        description="The collection that is built and asked: `default` is the index in the folder itself, any other "
        "name one of its own in `collections/NAME` there.",
    )
    embedder: str = Field(
        "all-MiniLM-L6-v2",
        min_length=1,
        json_schema_extra=_INDEX,
        description="The embedding model: the bundled one's name, a folder, or any sentence-transformers name. "
        "Changing it needs `footnote build --rebuild`.",
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        json_schema_extra=_INDEX,
        description="Arithmetic of the embedding model; `auto` takes bf16 where a probe finds it faster and equal.",
    )
    threads: int = Field(0, ge=0, le=1024, description="Processor threads for the models; 0 means all cores.")
    chunk_size: int = Field(
        200,
        ge=16,
        le=8192,
        json_schema_extra=_INDEX,
        description="Tokens in a stored piece of an article, by the embedding model's own count. "
        "Changing it needs `footnote build --rebuild`.",
    )
    overlap: int = Field(
        0,
        ge=0,
        le=4096,
        json_schema_extra=_INDEX,
        description="Tokens that neighbouring pieces share. Changing it needs `footnote build --rebuild`.",
    )
    near_copies: bool = Field(
        True,
        json_schema_extra=_ANSWERS,
        description="Let one of an article's near copies (syndicated, shortened, reworded) answer for all; the others are "
        "named with it. Takes effect at the next `footnote build`, like the three that follow.",
    )
    near_overlap: float = Field(
        0.6,
        ge=0.3,
        le=1.0,
        json_schema_extra=_ANSWERS,
        description="The share of the shorter text's three-word runs that must stand in the longer one for a near copy.",
    )
    near_meaning: float = Field(
        0.93,
        ge=0.8,
        le=1.0,
        json_schema_extra=_ANSWERS,
        description="The least cosine similarity of two articles' vectors for a reworded copy; 1 finds none.",
    )
    near_days: int = Field(
        4,
        ge=0,
        le=36_500,
        json_schema_extra=_ANSWERS,
        description="Days by which the dates of a reworded copy may differ.",
    )
    chroma_url: str = Field(
        "",
        description="Address of a Chroma server, `http://host:port`; empty means Chroma inside the process.",
    )
    sources: Path = Field(
        Path("sources.toml"),
        description="The list of sources that `footnote sync` reads (docs/ingest.md), where there is one.",
    )
    fetch_delay: float = Field(
        1.0,
        ge=0,
        le=3600,
        description="Seconds between two requests to one site; its robots.txt may ask for more.",
    )
    fetch_robots: bool = Field(True, description="Keep to what a site's robots.txt asks of programs.")
    fetch_agent: str = Field(
        "Footnote",
        pattern=r"^[\x21-\x7e](?:[\x20-\x7e]{0,398}[\x21-\x7e])?$",
        description="The name sites are told; add an address where you can be reached: `Footnote (+https://example.org/bot)`.",
    )
    fetch_allowed: str = Field(
        "",
        description="Addresses inside your own network that may be fetched, with commas between: `wiki.intern`, "
        "`10.0.0.0/8`, `127.0.0.1:8099`. All others that are not public are refused.",
    )
    fetch_proxy: str = Field(
        "", description="An HTTP proxy for fetching, `http://host:port`; it then resolves the names itself."
    )
    retriever: Literal["hybrid", "dense", "lexical"] = Field(
        "hybrid",
        json_schema_extra=_ANSWERS,
        description="How passages are found: by meaning, by words, or both.",
    )
    fusion: Literal["score", "rrf"] = Field(
        "score",
        json_schema_extra=_ANSWERS,
        description="How the hybrid retriever joins its two lists: by their scores, or by reciprocal rank.",
    )
    engine: Literal["model", "quote"] = Field(
        "model",
        json_schema_extra=_ANSWERS,
        description="`model` lets a language model draft sentences that are checked; `quote` answers in the "
        "articles' own words only.",
    )
    top_k: int = Field(
        8, ge=1, le=100, json_schema_extra=_ANSWERS, description="Passages that evidence is taken from."
    )
    candidate_k: int = Field(
        200,
        ge=1,
        le=1000,
        json_schema_extra=_ANSWERS,
        description="Candidates each retriever gives before they are fused.",
    )
    evidence_tokens: int = Field(
        0,
        ge=0,
        le=100_000,
        json_schema_extra=_ANSWERS,
        description="Tokens of evidence the model is given; 0 chooses by its context size and measured speed.",
    )
    abstain_threshold: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        json_schema_extra=_ANSWERS,
        description="How likely the evidence must answer the question, 0 to 1; below it Footnote abstains.",
    )
    quote_sentences: int = Field(
        3, ge=1, le=10, json_schema_extra=_ANSWERS, description="Sentences the quote engine shows at most."
    )
    max_sentences: int = Field(
        3, ge=1, le=20, json_schema_extra=_ANSWERS, description="Sentences a model drafts at most."
    )
    max_history: int = Field(
        6,
        ge=0,
        le=50,
        json_schema_extra=_ANSWERS,
        description="Earlier turns a follow-up question is read with.",
    )
    evidence_model: str = Field(
        "bundled",
        json_schema_extra=_ANSWERS,
        description="What reads the passages before their sentences are ranked: `bundled` is our own small "
        "cross-encoder, `off` is none, anything else is the folder or name of a sentence-transformers cross-encoder.",
    )
    recency: float = Field(
        1.0,
        ge=0.0,
        le=10.0,
        json_schema_extra=_ANSWERS,
        description="How strongly articles near the time of the question are preferred; 0 leaves time out.",
    )
    half_life: float = Field(
        14.0,
        gt=0.0,
        le=36_500.0,
        json_schema_extra=_ANSWERS,
        description="Days from the time of the question at which that preference is half.",
    )
    check: bool = Field(
        True,
        json_schema_extra=_ANSWERS,
        description="Check each drafted sentence against the words it cites before it is shown. Switching this "
        "off is for measuring only.",
    )
    llm_url: str = Field(
        "",
        json_schema_extra=_ANSWERS,
        description="Address of an OpenAI-compatible model server (Ollama, llama-server, vLLM, LM Studio), "
        "for example `http://127.0.0.1:11434/v1`; empty means the bundled model or `gguf`.",
    )
    llm_model: str = Field(
        "", json_schema_extra=_ANSWERS, description="The model's name at that server, for example `qwen3:8b`."
    )
    llm_api_key: SecretStr = Field(
        SecretStr(""), description="The key that server wants, if any. Never printed."
    )
    llm_timeout: float = Field(
        60.0, gt=0, le=3600, description="Seconds to wait for the model before answering with quotations."
    )
    gguf: str = Field(
        "",
        json_schema_extra=_ANSWERS,
        description="A GGUF file to run in place of the bundled language model.",
    )
    adapter: bool = Field(
        True,
        json_schema_extra=_ANSWERS,
        description="Run the bundled language model with the adapter that was trained for answering from evidence; no other "
        "model gets it.",
    )
    models: str = Field(
        "",
        description="The folder `footnote models pull` keeps models in; empty means `footnote/models` in "
        "`$XDG_DATA_HOME` (`~/.local/share`).",
    )
    max_question_chars: int = Field(
        2000, ge=1, le=100_000, description="The longest question taken, in characters."
    )
    host: str = Field("127.0.0.1", min_length=1, description="The address the chat page listens on.")
    port: int = Field(
        7860, ge=0, le=65535, description="The port the chat page listens on; 0 takes a free one."
    )
    password: SecretStr = Field(
        SecretStr(""),
        description="A password that locks the whole site and its API (any user name; programs send it as a Bearer "
        "token). Never printed.",
    )
    allowed_origins: str = Field(
        "",
        description="The sites whose pages may show the chat in a frame or bubble, separated by spaces or commas: "
        "`https://example.org https://intranet.example:8443`. Empty means none but its own; `*` is refused.",
    )
    allowed_hosts: str = Field(
        "",
        description="More host names that the server answers for, separated by spaces or commas: the name its readers "
        "know it by, when a proxy passes that on. Its own names and addresses are answered anyway; `*` answers for all, "
        "which lets a page that makes its name point here read the articles.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1 ::1",
        description="Addresses and networks of the proxies whose `X-Forwarded-For`, `-Host` and `-Proto` are believed, "
        "separated by spaces or commas. Empty believes nobody.",
    )
    questions_per_minute: int = Field(
        60,
        ge=0,
        le=1_000_000,
        description="Questions and searches that one address (IPv6: one /64 network) may ask a minute, all of them at "
        "once if it likes; 0 is no limit. Whoever sits at the server's own machine is never limited.",
    )
    questions_per_day: int = Field(
        2_000, ge=0, le=100_000_000, description="The same for 24 hours, from the first question on."
    )
    site_questions_per_minute: int = Field(
        300,
        ge=0,
        le=1_000_000,
        description="Questions a minute from all readers of one site that shows the chat; 0 is no limit.",
    )
    site_questions_per_day: int = Field(20_000, ge=0, le=100_000_000, description="The same for 24 hours.")
    requests_per_minute: int = Field(
        1_200,
        ge=0,
        le=1_000_000,
        description="Requests of any kind that one address may send a minute, scripts and styles not counted; 0 is no "
        "limit.",
    )
    open_at_once: int = Field(
        100,
        ge=1,
        le=10_000,
        description="Requests of one address that may be open at a time; each open chat page holds one, each answer "
        "under way another.",
    )
    keep_days: int = Field(
        365,
        ge=0,
        le=36_500,
        description="Days that readers' verdicts and shared answers are kept; 0 keeps them until they are deleted.",
    )
    eval_data: Path = Field(
        Path(),
        description="The folder of public evaluation sets that `footnote eval run` reads suites such as `news` from; "
        "docs/evals.md says where each set comes from.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="The least serious log line shown on stderr."
    )

    @field_validator("collection")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not COLLECTION_NAME.fullmatch(name):
            raise PydanticCustomError(
                "collection_name",
                "a name has up to 64 small letters, digits, - and _, and begins with a letter or digit",
            )
        return name

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _exact_origins(cls, given: object) -> object:
        if not isinstance(given, str | list):
            return given
        try:
            return " ".join(parse_origins(given))
        except ValueError as error:
            raise PydanticCustomError("origins", "{reason}", {"reason": str(error)}) from None

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _plain_hosts(cls, given: object) -> object:
        if not isinstance(given, str | list):
            return given
        names = [
            host_name(name)
            for name in re.split(r"[\s,]+", " ".join(map(str, [given] if isinstance(given, str) else given)))
            if name
        ]
        for name in names:
            if name != "*" and not HOST_NAME.fullmatch(name):
                reason = f"{name[:100]!r} is no host name: write it like footnote.example.org, without a scheme or a path"
                raise PydanticCustomError("host", "{reason}", {"reason": reason})
        return " ".join(dict.fromkeys(names))

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, given: object) -> object:
        if not isinstance(given, str | list):
            return given
        try:
            return " ".join(map(shown_network, parse_networks(given)))
        except ValueError as error:
            raise PydanticCustomError("networks", "{reason}", {"reason": str(error)}) from None

    @property
    def index_dir(self) -> Path:
        """The folder of the chosen collection's index."""
        return (
            self.index
            if self.collection == DEFAULT_COLLECTION
            else self.index / COLLECTIONS / self.collection
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only options and the environment; the file is merged below them by `load_settings`."""
        return init_settings, env_settings


def config_path() -> Path:
    """The settings file: what FOOTNOTE_CONFIG names, else footnote.toml in the current folder."""
    named = os.environ.get("FOOTNOTE_CONFIG", "")
    return Path(named) if named else Path(CONFIG_FILE)


def load_settings(overrides: Sequence[str] = (), **options: Any) -> Settings:
    """The settings in force. `overrides` are `name=value` texts; `options` are values given by name,
    of which None means "not given".

    Raises InputError naming the setting, where its value came from, and what is wrong with it.
    """
    given: dict[str, Any] = parse_overrides(overrides) | {k: v for k, v in options.items() if v is not None}
    from_file = read_config(config_path())
    variables = {name for name in Settings.model_fields if _variable(name) in _upper_environment()}
    # The environment outranks the file, so only what it leaves open is taken from there.
    values: dict[str, Any] = {k: v for k, v in from_file.items() if k not in variables} | given
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        place = (
            "given on the command line"
            if name in given
            else f"from the environment, {_variable(name)}"
            if name in variables
            else f"from {config_path()}"
        )
        field = Settings.model_fields.get(name)
        shown = "" if field is not None and field.annotation is SecretStr else f" {first['input']!r}"
        reason = str(first["msg"])
        raise InputError(
            f"setting {name}{shown} ({place}) cannot be used: {reason[0].lower()}{reason[1:]}",
            "run `footnote settings` for every setting and what it takes",
        ) from None


def parse_overrides(overrides: Sequence[str]) -> dict[str, str]:
    """`name=value` texts as a dict; InputError for a text without `=` or an unknown name."""
    values: dict[str, str] = {}
    for text in overrides:
        name, equals, value = text.partition("=")
        name = name.strip().lower().replace("-", "_")
        if not equals:
            raise InputError(f"--set {text!r} is not of the form name=value", f"write --set {name}=VALUE")
        check_name(name, "--set")
        values[name] = value.strip()
    return values


def check_name(name: str, place: str) -> None:
    """Raises InputError, with the nearest known name, when no setting is called `name`."""
    if name in Settings.model_fields:
        return
    near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.5)
    raise InputError(
        f"{place}: there is no setting {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
        "run `footnote settings` for all of them",
    )


def read_config(path: Path) -> dict[str, Any]:
    """The settings in a TOML file, names checked, values not; {} when there is no such file.

    InputError when FOOTNOTE_CONFIG names a file that is missing, or the file is no TOML.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        if os.environ.get("FOOTNOTE_CONFIG"):
            raise InputError(
                f"FOOTNOTE_CONFIG names {path}, which does not exist", "unset it, or make the file"
            ) from None
        return {}
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the file's permissions") from None
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}", f"mend or remove {path}") from None
    for name in table:
        check_name(name, str(path))
    return table


def unknown_variables() -> dict[str, str]:
    """Environment variables with our prefix that name no setting, each with the nearest name or ''."""
    known = {_variable(name) for name in Settings.model_fields} | set(OTHER_VARIABLES)
    strange = sorted(v for v in _upper_environment() if v.startswith(PREFIX) and v not in known)
    return {v: next(iter(difflib.get_close_matches(v, known, n=1, cutoff=0.7)), "") for v in strange}


def settings_hash(settings: Settings) -> str:
    """16 hex digits over exactly the settings that can change an answer (not the port, not the key)."""
    return _hash(settings, "changes_answers")


def index_settings_hash(settings: Settings) -> str:
    """16 hex digits over the settings that can change what a build stores."""
    return _hash(settings, "changes_index")


def settings_that(mark: str) -> tuple[str, ...]:
    """The names of the settings marked "changes_answers" or "changes_index" in the table."""
    return tuple(
        name
        for name, field in Settings.model_fields.items()
        if isinstance(field.json_schema_extra, Mapping) and field.json_schema_extra.get(mark)
    )


def settings_that_change_answers(settings: Settings) -> dict[str, Any]:
    """The values of the settings that can change an answer, by name, none of them secret."""
    values = {name: getattr(settings, name) for name in settings_that("changes_answers")}
    values["llm_url"] = re.sub(r"//[^/@]*@", "//", values["llm_url"])  # an address may carry a password
    return values


def _hash(settings: Settings, mark: str) -> str:
    values = {name: getattr(settings, name) for name in settings_that(mark)}
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


def shown_value(settings: Settings, name: str) -> str:
    """A setting's value for people; a key's value never."""
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else "(not set)"
    return str(value)


def settings_markdown() -> str:
    """The text of docs/settings.md."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = f"`{default}`" if str(default) else "empty"
        takes = _choices(field.annotation)
        rows.append(f"| `{name}` | {shown} | {field.description}{takes} |")
    others = [f"| `{name}` | {text} |" for name, text in OTHER_VARIABLES.items()]
    hashed = ", ".join(f"`{name}`" for name in settings_that("changes_answers"))
    return "\n".join(
        [
            "# Settings",
            "",
            "Written by `footnote settings --markdown > docs/settings.md`; a test fails when it is not current.",
            "",
            "A setting comes from, strongest first: an option or `--set name=value`, the environment variable",
            "`FOOTNOTE_` and its name in capitals (`FOOTNOTE_TOP_K=5`), a line of `footnote.toml` in the current",
            "folder (`top_k = 5`), the default. `footnote settings` shows the values in force and where each is from.",
            "",
            "| setting | default | what it is |",
            "|---|---|---|",
            *rows,
            "",
            "The settings that can change an answer, and so go into each answer's `settings_hash`:",
            f"{hashed}.",
            "",
            "Environment variables that are no settings:",
            "",
            "| variable | what it does |",
            "|---|---|",
            *others,
            "",
        ]
    )


def where_from(name: str, overrides: Mapping[str, Any]) -> str:
    """Which place gives this setting its value: "option", "environment", "file" or "default"."""
    if name in overrides:
        return "option"
    if _variable(name) in _upper_environment():
        return "environment"
    return "file" if name in read_config(config_path()) else "default"


def _choices(annotation: Any) -> str:
    options = (
        getattr(annotation, "__args__", ()) if getattr(annotation, "__origin__", None) is Literal else ()
    )
    return f" One of {', '.join(f'`{o}`' for o in options)}." if options else ""


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _upper_environment() -> dict[str, str]:
    # pydantic-settings matches names without regard to case, so we do as well.
    return {name.upper(): value for name, value in os.environ.items()}
