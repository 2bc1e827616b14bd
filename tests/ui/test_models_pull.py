"""Fetching a model: from a hub as the real one behaves, and from all that can go wrong on the way."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from index import weights
from index.errors import FootnoteError, InputError, PullFailed
from rag import known_models
from rag.known_models import KnownModel
from tests.ui.hub import FILE, REPOSITORY, FakeHub, gguf
from ui.cli import app
from ui.models import choices, found_models, use_model
from ui.pull import download
from ui.pull.download import Pulled, pull
from ui.settings import load_settings

NAME = f"{REPOSITORY}/{FILE}"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in (
        "HF_TOKEN",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with FakeHub() as one:
        monkeypatch.setenv("HF_ENDPOINT", one.url)
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "footnote" / "models"


def fetch(folder: Path, name: str = NAME, **more: Any) -> Pulled:
    return pull(name, folder, pause=0.0, **more)


def nothing_there(folder: Path) -> bool:
    return not list(folder.rglob("*.gguf"))


def test_a_file_is_fetched_checked_and_not_fetched_again(hub: FakeHub, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    done = fetch(folder, progress=lambda here, total: seen.append((here, total)))
    assert done == Pulled(folder / REPOSITORY / FILE, 300_000, again=False, checked=True)
    assert done.path.read_bytes() == hub.files[NAME]
    assert seen[-1] == (300_000, 300_000)
    assert [here for here, _ in seen] == sorted(here for here, _ in seen)
    assert fetch(folder).again
    assert hub.gets() == [""]
    assert [p.name for p in done.path.parent.iterdir() if not p.name.endswith(".lock")] == [FILE]


def test_a_broken_connection_goes_on_where_it_was(hub: FakeHub, folder: Path) -> None:
    hub.breaks = 2
    assert fetch(folder).path.read_bytes() == hub.files[NAME]
    assert hub.gets() == ["", "bytes=100000-", "bytes=200000-"]
    assert hub.sent == 300_000


def test_a_connection_that_only_breaks_keeps_what_came(hub: FakeHub, folder: Path) -> None:
    hub.breaks, hub.after = 99, 0
    with pytest.raises(PullFailed, match="broke 5 times in a row") as caught:
        fetch(folder)
    assert f"footnote models pull {NAME}" in caught.value.next_step
    hub.breaks, hub.after = 1, 100_000
    hub.before_bytes = lambda: setattr(hub, "after", 100_000)
    assert fetch(folder).bytes == 300_000


def test_a_killed_process_is_gone_on_from(hub: FakeHub, folder: Path, tmp_path: Path) -> None:
    hub.waits.set()
    part = folder / REPOSITORY / f"{FILE}.part"
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", "models", "pull", NAME],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    for _ in range(1200):
        if hub.sent >= 100_000 and part.exists() and part.stat().st_size:
            break
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    assert nothing_there(folder)
    here = part.stat().st_size
    hub.waits.clear()
    hub.go_on.set()
    assert fetch(folder).path.read_bytes() == hub.files[NAME]
    assert 0 < here <= 100_000
    assert hub.gets() == ["", f"bytes={here}-"]


def test_ctrl_c_keeps_the_part_and_says_how_to_go_on(hub: FakeHub, folder: Path, tmp_path: Path) -> None:
    hub.waits.set()
    process = subprocess.Popen(
        # Whoever runs the tests in the background has them ignore Ctrl-C.
        [
            sys.executable,
            "-c",
            "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "from ui.cli import main; sys.exit(main())",
            *("models", "pull", NAME),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(1200):
        if hub.sent >= 100_000:
            break
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"footnote models pull {NAME} goes on from there" in said
    assert (folder / REPOSITORY / f"{FILE}.part").stat().st_size == 100_000
    assert nothing_there(folder)


def test_a_wrong_checksum_leaves_no_file(hub: FakeHub, folder: Path) -> None:
    hub.says = "0" * 64
    with pytest.raises(PullFailed, match="not the file that was announced"):
        fetch(folder)
    assert not [p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"]
    hub.says = None
    assert fetch(folder).checked


def test_a_changed_byte_in_the_part_is_found(hub: FakeHub, folder: Path) -> None:
    hub.breaks, hub.after = 99, 100_000
    hub.files[NAME] = gguf(150_000)
    hub.before_bytes = lambda: setattr(hub, "after", 100_000 if len(hub.gets()) == 1 else 0)
    with pytest.raises(PullFailed):
        fetch(folder)
    part = folder / REPOSITORY / f"{FILE}.part"
    part.write_bytes(b"GGUF" + b"x" * (part.stat().st_size - 4))
    hub.breaks, hub.before_bytes, hub.after = 0, lambda: None, 100_000
    with pytest.raises(PullFailed, match="not the file that was announced"):
        fetch(folder)
    assert nothing_there(folder)
    assert fetch(folder).checked


def test_a_file_that_changed_between_two_parts_is_fetched_from_its_beginning(
    hub: FakeHub, folder: Path
) -> None:
    def change() -> None:
        if len(hub.gets()) == 1:
            hub.files[NAME] = gguf(280_000, seed=7)

    hub.breaks, hub.before_bytes, notes = 1, change, []
    assert fetch(folder, note=notes.append).path.read_bytes() == gguf(280_000, seed=7)
    assert hub.gets() == ["", ""]
    assert "has changed on the server" in notes[0]


@pytest.mark.parametrize("changes", [False, True])
def test_without_a_checksum_the_version_decides(hub: FakeHub, folder: Path, changes: bool) -> None:
    hub.announces = False

    def change() -> None:
        if changes and len(hub.gets()) == 1:
            hub.files[NAME] = gguf(280_000, seed=7)

    hub.breaks, hub.before_bytes = 1, change
    done = fetch(folder)
    assert done.path.read_bytes() == hub.files[NAME]
    assert not done.checked
    assert hub.gets() == (["", ""] if changes else ["", "bytes=100000-"])


def test_a_server_without_ranges_sends_it_all_again(hub: FakeHub, folder: Path) -> None:
    hub.ranges, hub.breaks, notes = False, 1, []
    assert fetch(folder, note=notes.append).path.read_bytes() == hub.files[NAME]
    assert hub.gets() == ["", "bytes=100000-"]
    assert "from its beginning" in notes[0]


def test_the_key_goes_to_the_hub_and_to_no_other_host(
    hub: FakeHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.gated.add(REPOSITORY)
    with pytest.raises(PullFailed, match="asks for its licence to be accepted") as caught:
        fetch(folder)
    assert f"{hub.url}/{REPOSITORY}" in caught.value.next_step
    assert "HF_TOKEN" in caught.value.next_step
    monkeypatch.setenv("HF_TOKEN", "bad")
    with pytest.raises(PullFailed, match="licence"):
        fetch(folder)
    monkeypatch.setenv("HF_TOKEN", "good")
    hub.asked.clear()
    assert fetch(folder).checked
    assert {(host, key) for host, _, _, _, key in hub.asked} == {("hub", "Bearer good"), ("bytes", "")}


def test_the_key_is_never_printed(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    hub.gated.add(REPOSITORY)
    monkeypatch.setenv("FOOTNOTE_LOG_LEVEL", "debug")
    result = CliRunner().invoke(app, ["models", "pull", NAME], prog_name="footnote")
    assert result.exit_code == 1
    assert "verysecret" not in result.output


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("maker/Other-GGUF/x.gguf", "has no maker/Other-GGUF for you"),
        (f"{REPOSITORY}/other.gguf", "has no file other.gguf"),
        ("maker/Other-GGUF:Q8_0", "has no maker/Other-GGUF"),
    ],
)
def test_what_is_not_there_is_named(hub: FakeHub, folder: Path, name: str, words: str) -> None:
    with pytest.raises(PullFailed, match=words):
        fetch(folder, name)


def test_no_network_says_why_and_how_to_do_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    for name in ("qwen3-0.6b", NAME, "maker/Tiny-GGUF:Q4_K_M"):
        with pytest.raises(PullFailed, match=r"127.0.0.1:1 cannot be reached \(.*refused") as caught:
            fetch(folder, name)
        assert "footnote models use PATH.gguf" in caught.value.next_step


def test_a_hub_out_of_order_is_asked_again(hub: FakeHub, folder: Path) -> None:
    hub.status = [503, 429, 500]
    assert fetch(folder).checked
    hub.status = [503] * 9
    with pytest.raises(PullFailed, match="status 503"):
        fetch(folder, f"{REPOSITORY}/again.gguf")


def test_a_page_in_place_of_a_file_is_noticed_at_its_first_bytes(hub: FakeHub, folder: Path) -> None:
    hub.files[NAME] = b"<html>" + b"x" * 5_000_000
    with pytest.raises(PullFailed, match="is no GGUF file"):
        fetch(folder)
    assert hub.sent < 5_000_000
    assert nothing_there(folder)


def test_a_full_disk_is_noticed_before_and_while_it_fills(
    hub: FakeHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage, real = namedtuple("usage", "total used free"), shutil.disk_usage
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _place: usage(1, 1, 100_200_000))
    with pytest.raises(PullFailed, match=r"0\.1 GB are free") as caught:
        fetch(folder)
    assert "--set models=DIR" in caught.value.next_step
    assert hub.gets() == []
    monkeypatch.setattr(download.shutil, "disk_usage", real)

    def full(here: int, _total: int) -> None:
        if here > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(PullFailed, match=r"is full.*kept"):
        fetch(folder, progress=full)
    assert fetch(folder).checked
    assert hub.gets()[1].startswith("bytes=")


def test_a_folder_that_cannot_be_written_is_named(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PullFailed, match="cannot be written"):
        fetch(tmp_path / "file" / "models")


def test_two_at_once_do_not_meet(hub: FakeHub, folder: Path) -> None:
    from filelock import FileLock

    place = folder / REPOSITORY
    place.mkdir(parents=True)
    with (
        FileLock(place / f"{FILE}.part.lock"),
        pytest.raises(PullFailed, match="another process is fetching"),
    ):
        fetch(folder)


@pytest.mark.parametrize("name", ["maker/Tiny-GGUF:Q4_K_M", "maker/Tiny-GGUF:q4_k_m", "maker/Tiny-GGUF"])
def test_a_quantisation_is_found_among_the_files(hub: FakeHub, folder: Path, name: str) -> None:
    hub.files |= {f"{REPOSITORY}/Tiny-Q8_0.gguf": gguf(), f"{REPOSITORY}/mmproj-Q4_K_M.gguf": gguf()}
    assert fetch(folder, name).path.name == FILE


def test_a_quantisation_that_is_not_there_names_those_that_are(hub: FakeHub, folder: Path) -> None:
    with pytest.raises(InputError, match=FILE):
        fetch(folder, "maker/Tiny-GGUF:Q8_0")


def test_a_plain_address_needs_no_hub(hub: FakeHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "good")
    done = fetch(folder, f"{hub.bytes_url}/{NAME}")
    assert done.path == folder / "127.0.0.1" / FILE
    assert not done.checked
    assert {key for *_, key in hub.asked} == {""}
    assert fetch(folder, f"{hub.bytes_url}/{NAME}").again


def test_an_address_on_the_hub_is_a_file_of_the_hub(hub: FakeHub, folder: Path) -> None:
    assert fetch(folder, f"{hub.url}/{REPOSITORY}/blob/main/{FILE}").checked


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("http://example.org/x.gguf", "not protected"),
        ("https://user:pass@example.org/x.gguf", "name or a password"),
        ("https://example.org/x.bin", "name of a .gguf file"),
        ("https://example.org/..gguf", "name of a .gguf file"),
        ("a/b/x-00001-of-00003.gguf", "one of several parts"),
        ("../../etc/x.gguf", "no known model"),
        ("gpt-5", "qwen3-4b"),
    ],
)
def test_a_name_that_means_nothing_is_refused(folder: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        fetch(folder, name)


def test_the_key_is_not_sent_on_an_open_road() -> None:
    from ui.pull.hub import Hub

    for endpoint, sent in (("http://mirror.example", False), ("https://mirror.example", True)):
        headers = Hub(endpoint, "good").headers_for(f"{endpoint}/a/b/resolve/main/c.gguf")
        assert ("Authorization" in headers) == sent
    assert "Authorization" not in Hub("https://a.example", "good").headers_for("https://a.example:8443/x")
    assert "good" not in repr(Hub("https://a.example", "good"))


def test_a_way_off_the_protected_road_is_refused() -> None:
    from ui.pull.hub import followed

    assert followed("https://a.example/x", "/y") == "https://a.example/y"
    for onward in ("http://b.example/y", "file:///etc/passwd"):
        with pytest.raises(PullFailed, match="not protected"):
            followed("https://a.example/x", onward)


@pytest.fixture
def tiny(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> KnownModel:
    """The hub's file as a known model of the list."""
    data = hub.files[NAME]
    first = known_models.known_models()[0]
    made = replace(
        first,
        name="tiny",
        repository=REPOSITORY,
        file=FILE,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    known_models.known_models.cache_clear()
    table = Path("known.toml")
    fields = {name: getattr(made, name) for name in KnownModel.__slots__}
    table.write_text("[[model]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in fields.items()))
    monkeypatch.setattr(known_models, "TABLE", table.resolve())
    return made


@pytest.fixture(autouse=True)
def _fresh_list() -> Iterator[None]:
    yield
    known_models.known_models.cache_clear()


def test_a_known_model_is_fetched_listed_and_used(tiny: KnownModel, hub: FakeHub, folder: Path) -> None:
    with pytest.raises(InputError, match="tiny is not in") as caught:
        use_model("tiny", load_settings())
    assert caught.value.next_step == "footnote models pull tiny"
    assert [(c.here, c.in_use) for c in choices(load_settings())] == [(False, False)]

    result = CliRunner().invoke(app, ["models", "pull", "TINY"], prog_name="footnote")
    assert result.exit_code == 0, result.output
    assert "sha256 is right" in result.output
    assert "footnote models use tiny" in result.output

    rows = [m for m in found_models(load_settings()) if m.kind == "language"]
    assert [(m.name, m.in_use) for m in rows] == [(weights.SMOLLM2.name, True), ("tiny", False)]
    use_model("tiny", load_settings())
    assert load_settings().gguf == str(folder / REPOSITORY / FILE)
    assert [(c.here, c.in_use) for c in choices(load_settings())] == [(True, True)]
    listed = CliRunner().invoke(app, ["models", "list"], prog_name="footnote").output
    assert "fetched" in listed
    use_model("bundled", load_settings())
    use_model(f"{REPOSITORY}/{FILE}", load_settings())
    assert load_settings().gguf == str(folder / REPOSITORY / FILE)

    (folder / "other" / "model").mkdir(parents=True)
    (folder / "other" / "model" / "gone.gguf").write_bytes(b"GGUF")
    use_model("gone", load_settings())
    (folder / "other" / "model" / "gone.gguf").unlink()
    assert [m.problem[-25:] for m in found_models(load_settings()) if m.in_use][
        -1
    ] == "No such file or directory"
    hub.asked.clear()
    assert fetch(folder, "tiny").again
    assert hub.asked == [], "what is known to be right needs no network"


def test_a_hub_with_another_file_than_the_list_says_so(tiny: KnownModel, hub: FakeHub, folder: Path) -> None:
    hub.files[NAME] = gguf(seed=3)
    with pytest.raises(PullFailed, match="another file now") as caught:
        fetch(folder, "tiny")
    assert caught.value.next_step.endswith(f"footnote models pull {NAME}")
    assert nothing_there(folder)
    assert fetch(folder).checked


def test_a_mirror_that_names_no_checksum_is_held_to_the_list(
    tiny: KnownModel, hub: FakeHub, folder: Path
) -> None:
    hub.announces = False
    assert fetch(folder, "tiny").checked
    hub.files[NAME] = gguf(seed=3)
    shutil.rmtree(folder)
    with pytest.raises(FootnoteError, match="not the file that was announced"):
        fetch(folder, "tiny")
    assert nothing_there(folder)


def test_json_tells_where_the_file_is(tiny: KnownModel, hub: FakeHub, folder: Path) -> None:
    result = CliRunner().invoke(app, ["models", "pull", "tiny", "--json"], prog_name="footnote")
    told = json.loads(result.stdout)
    assert told == {
        "path": str(folder / REPOSITORY / FILE), "bytes": 300_000, "fetched": True, "checked": True,
        "use": "footnote models use tiny",
    }  # fmt: skip
    listed = json.loads(CliRunner().invoke(app, ["models", "list", "--json"], prog_name="footnote").stdout)
    assert [(row["name"], row["fetched"], row["licence"]) for row in listed["known"]] == [
        ("tiny", True, "Apache-2.0")
    ]


@pytest.mark.model
def test_a_fetched_model_answers(hub: FakeHub, folder: Path) -> None:
    """The whole road: fetched from the hub, chosen, started."""
    from rag.llm import Message
    from ui.wiring import load_model_for

    hub.files["maker/Smol-GGUF/Smol-Q4_1.gguf"] = weights.find(weights.SMOLLM2).read_bytes()
    assert fetch(folder, "maker/Smol-GGUF:Q4_1").checked
    use_model("smol-q4_1", load_settings())
    model = load_model_for(load_settings())
    try:
        assert (model.kind, model.name) == ("gguf", "Smol-Q4_1")
        assert "".join(model.stream([Message("user", "Say hello.")], max_tokens=4))
    finally:
        model.close()
