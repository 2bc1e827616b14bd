"""The owner's pages of sources and jobs: addresses and files are added here, and one sees how they are read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from index.errors import IndexWriteFailed, InputError
from ui import uploads
from ui.admin import admin_page, paged
from ui.api.readers import NothingKeptError
from ui.api.service import Service, ServiceDep
from ui.desk import BusyError, GoneError
from ui.guard.gate import UPLOADS
from ui.ingest import Ingest, entry_for
from ui.jobs import Job
from ui.pages import PER_PAGE

JOBS = "/admin/jobs"
SECONDS_BETWEEN_LOOKS = 2
MOST_SHOWN = 3
"""What a source passed over, in the list of sources."""
MOST_AT_ONCE = 2
"""Uploads that are being received."""

router = APIRouter(prefix="/admin", include_in_schema=False)


def ingest_of(service: Service) -> Ingest:
    """What takes sources in; NothingKeptError where nothing does."""
    if service.ingest is None:
        raise NothingKeptError("this server cannot add sources", "footnote build PATH-OR-ADDRESS...")
    return service.ingest


def _collection(request: Request, service: Service) -> str:
    return service.collections.get(request.query_params.get("collection", "")).name


async def _fields(request: Request) -> dict[str, str]:
    """What a form says, without files."""
    async with request.form(max_files=0, max_fields=20) as form:
        return {name: value.replace("\0", "") for name, value in form.items() if isinstance(value, str)}


async def _files(request: Request, service: ServiceDep) -> AsyncIterator[list[uploads.Sent] | InputError]:
    """The files that are being sent, or why they cannot be taken. Where there is nobody to take them nothing is read."""
    ingest = ingest_of(service)
    _collection(request, service)
    ingest.jobs.ready()
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        yield InputError("no file was sent", "choose one or more files")
        return
    if ingest.receiving >= MOST_AT_ONCE:
        raise BusyError("other files are coming in just now", "send yours when they are here")
    ingest.receiving += 1
    try:
        parser = MultiPartParser(
            request.headers,
            _at_most(request),
            max_files=uploads.MOST_FILES,
            max_fields=5,
            max_part_size=1_000,
        )
        form = await parser.parse()
    except InputError as error:
        yield error
        return
    except MultiPartException as error:
        yield InputError(f"the files could not be read: {error.message}", "send them once more")
        return
    except ClientDisconnect:
        raise GoneError("the sender left before all was there") from None
    except OSError as error:
        raise IndexWriteFailed(
            f"the files could not be received: {(error.strerror or str(error)).lower()}",
            "free some space for temporary files, then send them again",
        ) from error
    finally:
        ingest.receiving -= 1
    found = [one for _, one in form.multi_items() if isinstance(one, UploadFile)]
    try:  # a form without a file chosen sends one without a name
        yield [
            uploads.Sent(one.filename or "", one.file, one.size or 0)
            for one in found
            if one.filename or one.size
        ]
    finally:
        await form.close()


async def _at_most(request: Request) -> AsyncGenerator[bytes, None]:
    """A request's body up to the limit. Of a larger one the rest is read and thrown away: browsers show what they are
    told only when they have sent all. One that is larger by far, by its own word, is not waited for."""
    announced, came = int(request.headers.get("content-length", "0")), 0
    most = uploads.MOST_BYTES
    too_large = uploads.TooLargeError(
        f"together the files are larger than {most // 1_000_000} MB",
        "send fewer at a time, or let `footnote build` read them where they lie",
    )
    if announced > 3 * most:
        raise too_large
    async for piece in request.stream():
        came += len(piece)
        if came > 3 * most:
            break
        if max(came, announced) <= most:
            yield piece
    if came > most:
        raise too_large


Fields = Annotated[dict[str, str], Depends(_fields)]
Files = Annotated["list[uploads.Sent] | InputError", Depends(_files)]


@router.api_route("/sources", methods=["GET", "HEAD"])
def sources(request: Request, service: ServiceDep) -> Response:
    """A collection's sources, and the forms that add one."""
    return _sources(request, service)


def _sources(
    request: Request, service: Service, problem: InputError | None = None, given: dict[str, str] | None = None
) -> Response:
    ingest = ingest_of(service)
    collection = _collection(request, service)
    rows = ingest.sources(collection)
    turned = paged(request, len(rows))
    first = (turned["page"] - 1) * PER_PAGE
    status = 200
    if problem is not None:
        status = 413 if isinstance(problem, uploads.TooLargeError) else 400
    return admin_page(
        request,
        "admin_sources.html.j2",
        status,
        collection=collection,
        rows=[
            (
                row,
                _came_to(row.last),
                _why_skipped(ingest, collection, [row.last] if row.last else [])[:MOST_SHOWN],
            )
            for row in rows[first : first + PER_PAGE]
        ],
        files=uploads.kept(ingest.folder(collection)),
        endings=uploads.endings(),
        upload=UPLOADS,
        most_files=uploads.MOST_FILES,
        most_file=uploads.MOST_FILE_BYTES,
        most_bytes=uploads.MOST_BYTES,
        problem=problem,
        given=given or {},
        here={"collection": collection},
        open_jobs=sum(job.open for job in ingest.jobs.all()),
        **turned,
    )


@router.post("/sources")
def add(request: Request, service: ServiceDep, fields: Fields) -> Response:
    """Adds an address."""
    ingest = ingest_of(service)
    said = {name: fields.get(name, "") for name in ("address", "name", "topic", "language")}
    try:
        entry = entry_for(**said)
    except InputError as error:
        return _sources(request, service, error, said)
    return _begun(ingest.add(_collection(request, service), entry))


@router.post(UPLOADS.removeprefix("/admin"))
def add_files(request: Request, service: ServiceDep, files: Files) -> Response:
    """Adds files."""
    try:
        if isinstance(files, InputError):
            raise files
        return _begun(ingest_of(service).add_files(_collection(request, service), files))
    except InputError as error:
        return _sources(request, service, error)


@router.post("/sources/file/delete")
def delete_file(request: Request, service: ServiceDep, fields: Fields) -> Response:
    """Deletes an uploaded file."""
    return _begun(ingest_of(service).drop_file(_collection(request, service), fields.get("name", "")))


@router.post("/sources/again")
def again(request: Request, service: ServiceDep, fields: Fields) -> Response:
    """Reads one source again."""
    return _begun(ingest_of(service).read_again(_collection(request, service), fields.get("key", "")))


@router.post("/sources/sync")
def sync(request: Request, service: ServiceDep) -> Response:
    """Reads all of them again."""
    return _begun(ingest_of(service).sync(_collection(request, service)))


@router.api_route("/sources/forget", methods=["GET", "HEAD"])
def ask_to_forget(request: Request, service: ServiceDep) -> Response:
    """Asks whether the source is to go, and what of it."""
    collection = _collection(request, service)
    row = ingest_of(service).source(collection, request.query_params.get("key", ""))
    return admin_page(
        request, "admin_forget.html.j2", row=row, collection=collection, here={"collection": collection}
    )


@router.post("/sources/forget")
def forget(request: Request, service: ServiceDep, fields: Fields) -> Response:
    """Forgets a source."""
    with_articles = fields.get("articles", "") == "1"
    collection = _collection(request, service)
    return _begun(ingest_of(service).forget(collection, fields.get("key", ""), articles=with_articles))


@router.api_route("/jobs", methods=["GET", "HEAD"])
def jobs(request: Request, service: ServiceDep) -> Response:
    """What is being done, and what came of it; the page asks again by itself while something is."""
    ingest = ingest_of(service)
    found = ingest.jobs.all()
    still = request.query_params.get("still", "") == "1"
    return admin_page(
        request,
        "admin_jobs.html.j2",
        jobs=[(job, _came_to(job.report), _why_not(ingest, job)) for job in found],
        running=any(job.open for job in found),
        still=still,
        seconds=SECONDS_BETWEEN_LOOKS,
    )


def _begun(job: Job) -> Response:
    """To the page that shows how far it is."""
    return RedirectResponse(
        f"{JOBS}?{urlencode({'collection': job.collection})}#job-{job.id}", status_code=303
    )


COUNTED = ("added", "updated", "unchanged", "removed", "skipped")


def _came_to(report: dict[str, Any] | None) -> str:
    """A report's counts that are not 0, in words."""
    if report is None:
        return ""
    return ", ".join(f"{report[name]:,} {name}" for name in COUNTED if report[name]) or "nothing there"


def _why_not(ingest: Ingest, job: Job) -> list[tuple[str, str]]:
    """What a job passed over, each with its reason."""
    failed = [(one.name, one.reason) for one in job.skipped]
    return failed + _why_skipped(ingest, job.collection, (job.report or {}).get("sources", ()))


def _why_skipped(ingest: Ingest, collection: str, reports: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """What sources passed over, or what is gone from them, each with its reason."""
    found: list[tuple[str, str]] = []
    for source in reports:
        found += [(ingest.known_as(collection, one["name"]), one["reason"]) for one in source["why_skipped"]]
        found += [(one["name"], f"gone: {one['reason']}") for one in source["gone"]]
    return found
