"""What an administrator adds under /admin/sources is read, and nobody else adds anything."""

from __future__ import annotations

import io
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from index.build import build_index
from index.errors import InputError
from index.library import Library
from index.readers import EXTENSIONS
from index.schema import Article, BuildReport, Progress, Skipped
from tests.fakes import SHELF, KeywordEmbedder, ScriptedPipeline, run_async
from tests.index.web.site import WebSite, running, text
from ui import jobs, uploads, wiring
from ui.collection import Collections
from ui.guard.gate import UPLOADS
from ui.ingest import Ingest, entry_for
from ui.jobs import Job, Jobs, JobsFullError
from ui.server import create_app
from ui.settings import load_settings

CHANGES = [
    "/admin/sources",
    UPLOADS,
    "/admin/sources/file/delete",
    "/admin/sources/again",
    "/admin/sources/sync",
    "/admin/sources/forget",
]
STORM = f"# Storm over light 7\n\n{re.sub('<[^>]*>', ' ', text(7))}\n"


@dataclass
class Owner:
    """The owner, at the machine itself, with a site that may be read."""

    client: TestClient
    ingest: Ingest
    site: WebSite
    app: Any
    index: Path

    def post(self, where: str, **form: Any) -> Any:
        return self.client.post(where, data=form, follow_redirects=False)

    def send(self, *files: tuple[str, bytes], collection: str = "") -> Any:
        sent = [("files", (name, data, "application/octet-stream")) for name, data in files]
        query = f"?collection={collection}" if collection else ""
        return self.client.post(UPLOADS + query, files=sent, follow_redirects=False)

    def ended(self, answer: Any) -> Job:
        """The job that a form began, when it has ended."""
        assert answer.status_code == 303, answer.text
        job = self.ingest.jobs.wait(int(answer.headers["location"].rpartition("#job-")[2]))
        assert not job.open
        return job

    def titles(self, words: str = "") -> list[str]:
        page = self.client.get("/admin/articles", params={"q": words})
        return [unescape(one) for one in re.findall(r'<h2 dir="auto"><a [^>]*>([^<]*)</a>', page.text)]


def words(page: Any) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", page.text)).split())


class Shelf:
    key = label = "shelf"

    def read(self) -> Iterator[Article | Skipped]:
        yield from SHELF


NAMES = ("default", "land")


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built index with two collections, to be copied."""
    index = tmp_path_factory.mktemp("shelves") / "index"
    for name in NAMES:
        settings = load_settings(index=index, collection=name)
        build_index(settings.index_dir, [Shelf()], embedder=KeywordEmbedder())
    return index


@pytest.fixture(scope="module")
def app() -> Any:
    return create_app(ScriptedPipeline({}), examples=[])


@pytest.fixture
def owner(app: Any, shelves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Owner]:
    monkeypatch.setattr(wiring, "embedder_for_building", lambda settings: KeywordEmbedder())
    monkeypatch.chdir(tmp_path)
    index = tmp_path / "index"
    shutil.copytree(shelves, index)
    before = app.state.service
    with running() as site:
        for n in range(3):
            site.article(n)
        site.feed(range(3))
        more = {"fetch_allowed": site.origin.partition("://")[2], "fetch_delay": 0}
        settings = {name: load_settings(index=index, collection=name, **more) for name in NAMES}
        pipelines = {name: ScriptedPipeline({}) for name in NAMES}
        for name, one in settings.items():
            pipelines[name].library = Library.open(one.index_dir)  # type: ignore[assignment]
        ingest = Ingest(settings, lambda name: pipelines[name].library.refresh())
        app.state.service = replace(before, collections=Collections(pipelines), ingest=ingest)
        with TestClient(app, client=("127.0.0.1", 1), base_url="http://localhost") as client:
            yield Owner(client, ingest, site, app, index)
        ingest.jobs.close()
        for pipeline in pipelines.values():
            pipeline.library.close()  # type: ignore[attr-defined]
    app.state.service = before


# ---- addresses ------------------------------------------------------------------------------------


def test_an_address_is_added_read_again_and_forgotten(owner: Owner):
    feed = owner.site.origin + "/feed.xml"
    job = owner.ended(owner.post("/admin/sources", address=f" {feed} ", name="Harbour", topic="sea"))
    assert job.state == "done"
    assert job.report
    assert job.report["added"] == 3
    assert (
        owner.titles("storm") == [f"Light {n} in the storm" for n in (0, 1, 2)]
        or len(owner.titles("storm")) == 3
    )
    shown = words(owner.client.get("/admin/sources"))
    assert f"{feed} Harbour · sea · 3 articles · read " in shown
    assert "3 added" in shown
    owner.site.article(3)
    owner.site.feed(range(4))
    key = owner.ingest.sources("default")[0].key
    job = owner.ended(owner.post("/admin/sources/again", key=key))
    assert job.report
    assert (job.report["added"], job.report["unchanged"]) == (1, 3)
    question = owner.client.get("/admin/sources/forget", params={"key": key})
    assert "Forget this source?" in question.text
    assert len(owner.ingest.sources("default")) == 1, "looking changes nothing"
    job = owner.ended(owner.post("/admin/sources/forget", key=key, articles="1"))
    assert job.said == "Forgotten; 4 articles removed."
    assert owner.titles("storm") == []
    assert owner.ingest.sources("default") == []
    assert owner.post("/admin/sources/again", key=key).status_code == 404


def test_a_forgotten_source_may_leave_its_articles(owner: Owner):
    owner.ended(owner.post("/admin/sources", address=owner.site.origin + "/a/1"))
    key = owner.ingest.sources("default")[0].key
    assert "stay" in owner.ended(owner.post("/admin/sources/forget", key=key)).said
    assert owner.titles("storm") == ["Light 1 in the storm"]
    assert owner.ingest.sources("default") == []


def test_everything_is_synced_with_what_the_list_names(owner: Owner, tmp_path: Path):
    owner.ended(owner.post("/admin/sources", address=owner.site.origin + "/a/0"))
    (tmp_path / "sources.toml").write_text(f'[[source]]\naddress = "{owner.site.origin}/a/1"\n', "utf-8")
    job = owner.ended(owner.post("/admin/sources/sync"))
    assert job.report
    assert (job.report["added"], job.report["unchanged"]) == (1, 1)
    job = owner.ended(owner.client.post("/admin/sources/sync?collection=land", follow_redirects=False))
    assert job.report
    assert job.report["added"] == 1, "the list is everybody's, what was added is not"


def test_each_collection_has_its_own_sources(owner: Owner):
    page = owner.client.post(
        "/admin/sources?collection=land",
        data={"address": owner.site.origin + "/a/2"},
        follow_redirects=False,
    )
    owner.ended(page)
    assert owner.titles("storm") == []
    assert "Light 2" in owner.client.get("/admin/articles?collection=land&q=storm").text
    assert len(owner.ingest.sources("land")) == 1
    assert "/a/2" not in owner.client.get("/admin/sources").text
    assert "/a/2" in owner.client.get("/admin/sources?collection=land").text
    assert owner.client.get("/admin/sources?collection=moon").status_code == 404
    assert owner.client.post("/admin/sources/sync?collection=moon").status_code == 404


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "no address was given"),
        ({"address": "   "}, "no address was given"),
        ({"address": "ftp://example.org/feed"}, "this is no web address"),
        ({"address": "file:///etc/passwd"}, "this is no web address"),
        ({"address": "https://"}, "this is no web address"),
        ({"address": "https://exa mple.org/"}, "this is no web address"),
        ({"address": "https://example.org/\x1b[31m"}, "this is no web address"),
        ({"address": "https://example.org/" + "a" * 3000}, "this is no web address"),
        ({"address": "https://example.org/<script>", "language": "not one"}, "this is no language"),
    ],
)
def test_what_is_no_address_is_told_with_what_was_typed(owner: Owner, form: dict[str, str], said: str):
    page = owner.post("/admin/sources", **form)
    assert page.status_code == 400
    assert said in page.text
    assert "<script" not in page.text
    if typed := form.get("address", "").strip().replace("\x1b", ""):
        assert typed in unescape(page.text)
    assert owner.ingest.jobs.all() == ()


def test_nothing_but_web_addresses_is_read_through_the_form(owner: Owner):
    """Neither paths of the machine nor Python classes, which the list on the disk may name."""
    for more in ({"path": "/etc"}, {"reader": "os.path:Class"}):
        assert owner.post("/admin/sources", **more).status_code == 400
        owner.ended(owner.post("/admin/sources", address=owner.site.origin + "/a/0", **more))
    assert {row.title for row in owner.ingest.sources("default")} == {owner.site.origin + "/a/0"}
    assert entry_for("example.org/feed").address == "https://example.org/feed"


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/latest/", "http://127.0.0.1:1/", "http://10.0.0.1/"]
)
def test_a_private_address_is_passed_over_with_its_reason(owner: Owner, address: str):
    job = owner.ended(owner.post("/admin/sources", address=address))
    page = words(owner.client.get("/admin/jobs"))
    assert "Passed over, and why" in page
    assert re.search(r"metadata|public|not allowed|private|loopback", page), page
    assert not job.report or job.report["added"] == 0


# ---- files ----------------------------------------------------------------------------------------


def test_files_are_added_replaced_and_deleted(owner: Owner):
    job = owner.ended(owner.send(("storm.md", STORM.encode()), ("README.md", STORM.encode())))
    assert job.report
    assert (job.report["added"], job.report["skipped"]) == (1, 1)
    assert owner.titles("storm") == ["Storm over light 7"]
    assert (owner.index / "uploads" / "storm.md").read_text("utf-8") == STORM
    page = words(owner.client.get("/admin/jobs"))
    assert "README.md : about the folder rather than an article" in page
    assert str(owner.index.parent) not in page, "where the server keeps it is no reader's matter"
    job = owner.ended(owner.send(("storm.md", STORM.replace("Storm over", "Calm after").encode())))
    assert job.report
    assert (job.report["added"], job.report["updated"]) == (0, 1)
    assert owner.titles("calm") == ["Calm after light 7"]
    shown = words(owner.client.get("/admin/sources"))
    assert "2 uploaded files in default" in shown
    assert "Uploaded files 1 article" in shown
    owner.ended(owner.post("/admin/sources/file/delete", name="storm.md"))
    assert owner.titles("calm") == []
    assert owner.post("/admin/sources/file/delete", name="storm.md").status_code == 404
    assert owner.post("/admin/sources/file/delete", name="../catalog.sqlite").status_code == 404


def test_uploaded_files_go_with_their_articles(owner: Owner):
    owner.ended(owner.send(("storm.md", STORM.encode())))
    key = owner.ingest.sources("default")[0].key
    owner.ended(owner.post("/admin/sources/forget", key=key, articles="1"))
    assert list((owner.index / "uploads").iterdir()) == []
    owner.ended(owner.send(("other.md", STORM.replace("light 7", "light 8").encode())))
    assert owner.titles("storm") == ["Storm over light 8"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../../etc/cron.d/storm.md", "storm.md"),
        ("..\\..\\windows\\storm.md", "storm.md"),
        ("/etc/storm.md", "storm.md"),
        ("C:\\storm.md", "storm.md"),
        ("storm\0.md", "storm.md"),
        (".storm.md", "storm.md"),
        ("...storm.md", "storm.md"),
        ("sto\r\nrm\t.md", "storm.md"),
        ("storm\u202egnp.md", "stormgnp.md"),
        ("a:b?c*d<e>f|g.md", "a_b_c_d_e_f_g.md"),
        ("Stu\u0308rme über 海.MD", "Stürme über 海.MD"),
        ("x" * 3000 + ".md", "x" * (uploads.MOST_NAME_BYTES - 3) + ".md"),
        ("海" * 3000 + ".md", "海" * ((uploads.MOST_NAME_BYTES - 3) // 3) + ".md"),
        ("\ud800storm.md", "_storm.md"),
    ],
)
def test_a_name_stays_in_its_folder(given: str, kept: str, tmp_path: Path):
    folder = tmp_path / "uploads"
    assert uploads.keep(folder, [uploads.Sent(given, io.BytesIO(b"words"), 5)]) == [kept]
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        f"uploads/{kept}"
    ]


@pytest.mark.parametrize("given", ["", ".", "..", "../", ".md", "/.md", "..md", "\0", "storm", "storm.exe", "storm.md/", "storm.md.sh", "\u202e.md"])  # fmt: skip
def test_what_is_no_name_of_a_file_that_is_read_is_refused(given: str):
    with pytest.raises(InputError, match="not read"):
        uploads.safe_name(given)


def test_hostile_names_sent_by_a_form_stay_in_the_folder(owner: Owner):
    before = {path for path in owner.index.parent.rglob("*") if path.is_file()}
    body = (
        '--b\r\nContent-Disposition: form-data; name="files"; filename="{}"\r\n\r\n' + STORM + "\r\n--b--\r\n"
    )
    for name in (
        "../../evil.md",
        "..%2f..%2fevil.md",
        "/tmp/evil.md",
        "evil\0.md",
        "evil" * 500 + ".md",
        "évil‮.md",
    ):
        answer = owner.client.post(
            UPLOADS,
            content=body.format(name).encode(),
            headers={"content-type": "multipart/form-data; boundary=b"},
            follow_redirects=False,
        )
        if answer.status_code == 303:
            owner.ended(answer)
        else:
            assert answer.status_code == 400, name
    new = {path for path in owner.index.parent.rglob("*") if path.is_file()} - before
    mine = {path for path in new if path.suffix == ".md"}
    assert mine
    assert {path.parent for path in mine} == {owner.index / "uploads"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("storm.exe", b"MZ")], "storm.exe: this kind of file is not read"),
        ([("storm.md", STORM.encode()), ("tool.sh", b"#!")], "tool.sh: this kind of file is not read"),
        ([("storm.md", b"")], "storm.md: the file is empty"),
        ([("a/storm.md", b"1"), ("b/Storm.md", b"2")], "two of the files are called"),
        ([("<script>.exe", b"MZ")], "script&gt;.exe: this kind of file is not read"),
    ],
)
def test_files_that_cannot_be_taken_are_told_and_none_is_kept(
    owner: Owner, files: list[tuple[str, bytes]], said: str
):
    page = owner.send(*files)
    assert page.status_code == 400
    assert said in page.text
    assert "<script" not in page.text
    assert uploads.kept(owner.index / "uploads") == []
    assert owner.ingest.jobs.all() == ()


def test_an_upload_without_files_or_in_pieces_is_told(owner: Owner):
    multipart = {"content-type": "multipart/form-data; boundary=b"}
    for content, headers in (
        (b"address=x", {"content-type": "application/x-www-form-urlencoded"}),
        (b"", {}),
        (b"--b--\r\n", multipart),
        (b'--b\r\nContent-Disposition: form-data; name="files"; filename=""\r\n\r\n\r\n--b--\r\n', multipart),
        (b"no part at all", multipart),
        (b"--b\r\nnonsense", multipart),
        (b"x", {"content-type": "multipart/form-data"}),
    ):
        page = owner.client.post(UPLOADS, content=content, headers=headers, follow_redirects=False)
        assert page.status_code == 400, (content, page.text)
        assert 'role="alert"' in page.text
    many = [(f"{n}.md", b"words") for n in range(uploads.MOST_FILES + 1)]
    assert owner.send(*many).status_code == 400
    assert owner.ingest.receiving == 0


def test_too_much_is_told_with_413(owner: Owner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "MOST_FILE_BYTES", 50_000)
    monkeypatch.setattr(uploads, "MOST_BYTES", 100_000)
    page = owner.send(("large.md", b"x" * 60_000))
    assert (page.status_code, "large.md: larger than" in page.text) == (413, True)
    for size in (150_000, 400_000):
        page = owner.send(("a.md", b"x" * size))
        assert (page.status_code, "together the files are larger" in page.text) == (413, True)

    def dripping() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n'
        for _ in range(60):
            yield b"x" * 10_000

    multipart = {"content-type": "multipart/form-data; boundary=b"}
    page = owner.client.post(UPLOADS, content=dripping(), headers=multipart)
    assert page.status_code == 413
    assert uploads.kept(owner.index / "uploads") == []
    assert owner.send(("small.md", b"x" * 40_000)).status_code == 303


def test_more_than_two_megabytes_come_in_by_this_way_only(owner: Owner):
    large = (STORM * 2000).encode()
    assert len(large) > 2_000_000
    for path in set(CHANGES) - {UPLOADS}:
        assert owner.client.post(path, files={"files": ("large.md", large)}).status_code == 413
    assert owner.send(("large.md", large)).status_code == 303


@pytest.mark.parametrize("ending", [".epub", ".docx", ".zip"])
def test_a_zip_bomb_is_told(owner: Owner, ending: str):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in ("mimetype", "word/document.xml", "META-INF/container.xml", "bomb"):
            with bomb.open(name, "w", force_zip64=True) as part:
                for _ in range(60):
                    part.write(b"\0" * 1_000_000)
    answer = owner.send((f"bomb{ending}", packed.getvalue()))
    if ending not in EXTENSIONS:
        assert answer.status_code == 400
        assert f"bomb{ending}: this kind of file is not read" in answer.text
        return
    job = owner.ended(answer)
    assert job.report
    assert (job.report["added"], job.report["skipped"]) == (0, 1)
    assert f"bomb{ending}" in words(owner.client.get("/admin/jobs"))


# ---- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/admin/sources", "/admin/jobs", "/admin/sources/forget?key=x"])
def test_readers_see_nothing_of_it(owner: Owner, path: str):
    owner.ended(owner.send(("storm.md", STORM.encode())))
    reader = TestClient(owner.app, client=("192.0.2.1", 1), base_url="http://localhost")
    assert reader.get(path).status_code == 403
    found = owner.client.get(path)
    assert found.status_code in (200, 404)
    if found.status_code == 200:
        assert "script-src" not in found.headers["content-security-policy"]
        assert found.headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_sites_page_changes_nothing(owner: Owner, path: str, headers: dict[str, str]):
    form = {"address": owner.site.origin + "/a/0", "key": "shelf", "name": "storm.md"}
    assert owner.client.post(path, data=form, headers=headers).status_code == 403
    assert owner.client.get(path, headers=headers).status_code in (403, 404, 405)
    assert owner.ingest.jobs.all() == ()


@pytest.mark.parametrize("password", ["", "sesame"])
def test_a_readers_upload_is_refused_before_its_body_is_read(owner: Owner, password: str):
    app = create_app(ScriptedPipeline(), examples=[], password=password, ingest=owner.ingest)
    sent, read = [], 0

    async def receive() -> Any:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": UPLOADS, "raw_path": UPLOADS.encode(), "query_string": b"", "scheme": "http",
        "http_version": "1.1", "client": ("192.0.2.1", 5), "server": ("localhost", 80), "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-length", b"150000000"), (b"content-type", b"multipart/form-data; boundary=b")],
    }  # fmt: skip
    run_async(app(scope, receive, send))
    assert sent[0]["status"] == (401 if password else 403)
    assert (b"connection", b"close") in sent[0]["headers"]
    assert read == 0


def test_a_server_that_takes_nothing_in_says_so():
    app = create_app(ScriptedPipeline(), examples=[])
    with TestClient(app, client=("127.0.0.1", 1), base_url="http://localhost") as client:
        assert "/admin/sources" not in re.sub("<nav.*?</nav>", "", client.get("/admin/").text, flags=re.S)
        for path in ("/admin/sources", "/admin/jobs"):
            assert client.get(path).status_code == 503
        for path in CHANGES:
            assert client.post(path).status_code == 503, path


# ---- jobs -----------------------------------------------------------------------------------------


def test_a_second_job_waits_and_the_page_follows_the_first(owner: Owner, monkeypatch: pytest.MonkeyPatch):
    told, go = threading.Event(), threading.Event()
    build = wiring.build_entries

    def slow(settings: Any, entries: Any, *, progress: Callable[[Progress], None]) -> BuildReport:
        progress(Progress("embedding", 3, 7, "<b>light</b>"))
        told.set()
        assert go.wait(30)
        return build(settings, entries, progress=progress)

    monkeypatch.setattr(wiring, "build_entries", slow)
    first = owner.post("/admin/sources", address=owner.site.origin + "/a/0")
    assert told.wait(30)
    second = owner.post("/admin/sources", address=owner.site.origin + "/a/1")
    page = owner.client.get("/admin/jobs")
    assert '<meta http-equiv="refresh"' in page.text
    assert "Embedding: 3 of 7" in words(page)
    assert "<b>" not in page.text
    assert re.findall("<strong>([^<]*)</strong>", page.text) == ["Waiting", "Running"]
    assert "http-equiv" not in owner.client.get("/admin/jobs?still=1").text
    assert "2 jobs running or waiting" in words(owner.client.get("/admin/sources"))
    go.set()
    owner.ended(first)
    owner.ended(second)
    page = owner.client.get("/admin/jobs")
    assert "http-equiv" not in page.text
    assert re.findall("<strong>([^<]*)</strong>", page.text) == ["Done", "Done"]
    assert len(owner.titles("storm")) == 2


def test_a_build_by_another_process_is_told(owner: Owner):
    with FileLock(owner.index / "build.lock"):
        job = owner.ended(owner.post("/admin/sources", address=owner.site.origin + "/a/0"))
    assert job.state == "failed"
    page = words(owner.client.get("/admin/jobs"))
    assert "another process is building the index" in page
    assert "wait until it is done" in page


def test_what_breaks_a_job_is_told_and_the_next_one_runs(owner: Owner, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any, **__: Any) -> BuildReport:
        raise RuntimeError("a path of this machine")

    with monkeypatch.context() as patch:
        patch.setattr(wiring, "build_entries", broken)
        job = owner.ended(owner.post("/admin/sources", address=owner.site.origin + "/a/0"))
    assert job.state == "failed"
    assert "a path of this machine" not in owner.client.get("/admin/jobs").text
    assert owner.ended(owner.post("/admin/sources", address=owner.site.origin + "/a/0")).state == "done"


def test_only_so_many_jobs_wait(owner: Owner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "MOST_WAITING", 1)
    go = threading.Event()
    monkeypatch.setattr(wiring, "build_entries", lambda *_, **__: "" if go.wait(30) else "late")
    answers = [owner.post("/admin/sources", address=owner.site.origin + "/a/0") for _ in range(4)]
    refused = next(one for one in answers if one.status_code != 303)
    assert refused.status_code == 503
    assert "1 jobs wait already" in refused.text
    assert owner.send(("storm.md", STORM.encode())).status_code == 503
    assert uploads.kept(owner.index / "uploads") == []
    go.set()


def test_jobs_end_with_the_server_and_a_build_goes_on_next_time():
    made, told, go = Jobs(), threading.Event(), threading.Event()

    def work(tell: Callable[[Progress], None]) -> str:
        tell(Progress("reading", 1, None))
        told.set()
        assert go.wait(30)
        tell(Progress("reading", 2, None))
        return "never"

    first, second = made.add("first", "default", work), made.add("second", "default", work)
    assert told.wait(30)
    closing = threading.Thread(target=made.close)
    closing.start()
    assert made.wait(second.id, 30).error == jobs.ENDED, "what waits is not begun"
    go.set()
    closing.join(30)
    assert made.wait(first.id, 30).error == jobs.ENDED
    with pytest.raises(JobsFullError):
        made.add("third", "default", work)
    made.reopen()
    assert made.wait(made.add("fourth", "default", lambda _: "well").id, 30).said == "well"


def test_a_server_ends_its_jobs_and_shows_what_they_made(
    shelves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(wiring, "embedder_for_building", lambda settings: KeywordEmbedder())
    shutil.copytree(shelves, tmp_path / "index")
    settings = load_settings(index=tmp_path / "index", sources=tmp_path / "sources.toml")
    pipeline, ingest = ScriptedPipeline({}), Ingest({"default": settings})
    with Library.open(settings.index_dir) as library:
        pipeline.library = library  # type: ignore[assignment]
        with TestClient(
            create_app(pipeline, examples=[], ingest=ingest),
            client=("127.0.0.1", 1),
            base_url="http://localhost",
        ) as client:
            client.post(UPLOADS, files={"files": ("storm.md", STORM.encode())}, follow_redirects=False)
            assert ingest.jobs.wait(1).state == "done"
            assert "Storm over light 7" in client.get("/articles/").text
        with pytest.raises(JobsFullError):
            ingest.jobs.add("late", "default", lambda _: "")


def test_an_index_being_put_in_place_is_let_come_to_its_end():
    made, told, go = Jobs(), threading.Event(), threading.Event()

    def work(tell: Callable[[Progress], None]) -> str:
        told.set()
        assert go.wait(30)
        tell(Progress("finishing", 1, None))
        return "whole"

    job = made.add("first", "default", work)
    assert told.wait(30)
    closing = threading.Thread(target=made.close)
    closing.start()
    go.set()
    closing.join(30)
    assert made.wait(job.id, 30).said == "whole"


def test_only_so_many_ended_jobs_are_remembered():
    made = Jobs()
    for n in range(jobs.MOST_KEPT + 20):
        made.wait(made.add(str(n), "default", lambda _: "").id, 30)
    assert len(made.all()) == jobs.MOST_KEPT + 1
    assert made.all()[0].title == str(jobs.MOST_KEPT + 19)
