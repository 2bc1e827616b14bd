"""The owner's pages under /admin/: what readers said, what they shared, and the articles. In English only.

Who may open them is the lock's matter (`ui.api.auth`). Every change is a POST from one of these pages, which the gate
sees to (`ui.guard.gate`).
"""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from evals.verdicts import Opinion
from ui.api.readers import SHARED, NothingKeptError, store_of
from ui.api.service import Service, ServiceDep
from ui.collection import Collection, NotThereError
from ui.pages import MOST_WORDS, PER_PAGE, html_page, page_number

HOME = "/admin/"
OPINIONS: tuple[Opinion, ...] = get_args(Opinion)
SPOKEN = {"up": "Good", "down": "Bad", "wrong-source": "Wrong source"}
"""The verdicts as the buttons call them on which a reader gives them."""
MOST_SOURCES = 50
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

router = APIRouter(prefix="/admin", include_in_schema=False)


def admin_page(request: Request, template: str, status: int = 200, **view: Any) -> Response:
    """A page under /admin/: in English, without scripts, in nobody's frame."""
    page = html_page(request, template, status, shown_in="en", policy=POLICY, spoken=SPOKEN, **view)
    page.headers["X-Robots-Tag"] = "noindex"
    return page


def _turned(request: Request, number: int) -> str:
    """The address of another page of the same list."""
    kept = {
        name: value for name, value in request.query_params.items() if value and name not in ("page", "done")
    }
    return "?" + urlencode(kept | ({"page": number} if number > 1 else {}))


def paged(request: Request, total: int) -> dict[str, Any]:
    """Which page of a list is shown, and the addresses of its neighbours."""
    pages = max(1, -(-total // PER_PAGE))
    page = min(page_number(request.query_params.get("page", "")), pages)
    return {
        "page": page,
        "pages": pages,
        "total": total,
        "before": _turned(request, page - 1) if page > 1 else "",
        "after": _turned(request, page + 1) if page < pages else "",
        "done": request.query_params.get("done", "") == "1",
    }


def _back(path: str, request: Request) -> Response:
    """To the list that the form stood on, which says that it is done."""
    kept = {n: v for n, v in request.query_params.items() if v and n not in ("done",)}
    return RedirectResponse(f"{path}?{urlencode(kept | {'done': '1'})}", status_code=303)


@router.api_route("", methods=["GET", "HEAD"])
def bare() -> Response:
    """These pages are a folder."""
    return RedirectResponse(HOME, status_code=307)


@router.api_route("/", methods=["GET", "HEAD"])
def home(request: Request, service: ServiceDep) -> Response:
    """What there is."""
    store = service.store
    return admin_page(
        request,
        "admin.html.j2",
        kept=store is not None,
        verdicts={name: store.count_verdicts(verdict=name) for name in OPINIONS} if store else {},
        shares=store.count_shares() if store else 0,
        articles=sum(collection.library.manifest.articles for collection in service.collections),
        ingests=service.ingest is not None,
        open_jobs=sum(job.open for job in service.ingest.jobs.all()) if service.ingest else 0,
    )


@router.api_route("/feedback", methods=["GET", "HEAD"])
def feedback(request: Request, service: ServiceDep) -> Response:
    """The verdicts, newest first."""
    store = store_of(service)
    verdict = request.query_params.get("verdict", "")
    collection = request.query_params.get("collection", "")[:MOST_WORDS].replace("\0", "")
    verdict = verdict if verdict in OPINIONS else ""
    only = {"verdict": verdict, "collection": collection}
    turned = paged(request, store.count_verdicts(verdict=verdict, collection=collection))
    skipped = (turned["page"] - 1) * PER_PAGE
    rows = store.verdicts(verdict=verdict, collection=collection, limit=PER_PAGE, offset=skipped)
    here = {**only, "page": turned["page"] if turned["page"] > 1 else ""}
    return admin_page(
        request, "admin_feedback.html.j2", rows=rows, only=only, opinions=OPINIONS, here=here, **turned
    )


@router.api_route("/feedback.jsonl", methods=["GET", "HEAD"])
def feedback_file(service: ServiceDep) -> Response:
    """All verdicts, the newest first, as `footnote eval add` reads them."""
    lines = "".join(row.as_line() for row in store_of(service).verdicts())
    headers = {"Content-Disposition": 'attachment; filename="feedback.jsonl"', "Cache-Control": "no-store"}
    return Response(lines.encode("utf-8", "replace"), media_type="application/jsonl", headers=headers)


@router.post("/feedback/{feedback_id}/delete")
def delete_feedback(feedback_id: str, request: Request, service: ServiceDep) -> Response:
    """Deletes one verdict."""
    if not store_of(service).delete_verdicts([feedback_id]):
        raise NotThereError("there is no verdict with this id", "it may have been deleted before")
    return _back("/admin/feedback", request)


@router.api_route("/shared", methods=["GET", "HEAD"])
def shares(request: Request, service: ServiceDep) -> Response:
    """The shared answers, newest first."""
    store = store_of(service)
    turned = paged(request, store.count_shares())
    rows = store.shares(limit=PER_PAGE, offset=(turned["page"] - 1) * PER_PAGE)
    here = {"page": turned["page"] if turned["page"] > 1 else ""}
    return admin_page(request, "admin_shared.html.j2", rows=rows, address=SHARED, here=here, **turned)


@router.post("/shared/{token}/delete")
def delete_share(token: str, request: Request, service: ServiceDep) -> Response:
    """Takes one shared answer away."""
    if not store_of(service).unshare(token=token):
        raise NotThereError("there is no shared answer at this address", "it may have been taken away before")
    return _back("/admin/shared", request)


@router.api_route("/articles", methods=["GET", "HEAD"])
def articles(request: Request, service: ServiceDep) -> Response:
    """Each collection in figures, and a list of one's articles."""
    for each in service.collections:
        each.library.refresh()  # to what another process made of the index
    found = service.collections.get(request.query_params.get("collection", ""))
    words = request.query_params.get("q", "").replace("\0", " ").strip()[:MOST_WORDS]
    page = page_number(request.query_params.get("page", ""))
    listing = found.library.listing(None, words, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    turned = paged(request, listing.total)
    if turned["page"] != page:  # beyond the last one
        listing = found.library.listing(None, words, limit=PER_PAGE, offset=(turned["page"] - 1) * PER_PAGE)
    return admin_page(
        request,
        "admin_articles.html.j2",
        shelves=[
            (each.name, each.library.manifest, each.library.overview(), MOST_SOURCES)
            for each in service.collections
        ],
        collection=found.name,
        link_name=service.link_name(found.name),
        words=words,
        rows=listing.rows,
        removable=service.remove_articles is not None,
        **turned,
    )


@router.api_route("/articles/{article_id}/remove", methods=["GET", "HEAD"])
def ask_to_remove(article_id: str, request: Request, service: ServiceDep) -> Response:
    """Asks whether the article is to go."""
    collection, _ = _removing(request, service)
    return admin_page(
        request,
        "admin_remove.html.j2",
        article=collection.article(article_id),
        collection=collection.name,
        link_name=service.link_name(collection.name),
    )


@router.post("/articles/{article_id}/remove")
def remove(article_id: str, request: Request, service: ServiceDep) -> Response:
    """Removes the article from its collection's index."""
    collection, taken_out = _removing(request, service)
    if not taken_out(collection.name, [collection.article(article_id).id]):
        raise NotThereError("there is no article with this id", "it may have been removed before")
    collection.library.refresh()
    return _back("/admin/articles", request)


def _removing(request: Request, service: Service) -> tuple[Collection, Any]:
    if service.remove_articles is None:
        raise NothingKeptError("this server cannot remove articles", "footnote articles remove ID")
    return service.collections.get(request.query_params.get("collection", "")), service.remove_articles
