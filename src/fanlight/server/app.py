"""The web server: the interface's files, the page APIs, sign-in, and the few acts of an analyst."""

# Annotations are evaluated here: FastAPI resolves the dependency aliases inside the functions below.

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Cookie, Depends, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from fanlight.model import Micros
from fanlight.server import schema
from fanlight.server.exports import exports, send_table
from fanlight.server.guard import Guard, allowed_hosts
from fanlight.server.pages import Ask, PageKind, page_kinds
from fanlight.server.plain import plain_page
from fanlight.server.ports import NotAccepted, QueueQuery, Viewer, Views
from fanlight.server.signin import Sessions

__all__ = ["COOKIE", "WebSettings", "create_app"]

COOKIE = "fanlight_session"
_STATIC = Path(__file__).parent / "static"
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the server listens and what it serves."""

    host: str = "127.0.0.1"
    port: int = 8650
    extra_hosts: tuple[str, ...] = ()
    """Further `host:port` values under which a reverse proxy reaches it."""
    static: Path = field(default=_STATIC)


def create_app(views: Views, sessions: Sessions, settings: WebSettings | None = None) -> FastAPI:
    """The application over `views` and `sessions`.

    No documentation page is served: FastAPI's own loads scripts from outside the host.
    """
    settings = settings or WebSettings()
    app = FastAPI(title="Fanlight", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, hosts=allowed_hosts(settings.port, settings.extra_hosts))
    app.add_exception_handler(NotAccepted, _not_accepted)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_request)

    def viewer(fanlight_session: Annotated[str | None, Cookie()] = None) -> Viewer:
        found = sessions.viewer(fanlight_session)
        if found is None:
            raise HTTPException(401, "You are not signed in. Run `fanlight up` or `fanlight sign-in` for a new link.")
        return found

    app.include_router(_pages(views, viewer), prefix="/api")
    for kind in page_kinds().values():
        app.include_router(_page(kind, views, viewer), prefix="/api")
    app.include_router(_acts(views, viewer), prefix="/api")
    app.include_router(exports(views, viewer), prefix="/api/csv")
    app.include_router(_entrance(sessions))
    app.include_router(_interface(settings.static))
    return app


def _pages(views: Views, viewer: Callable[..., Viewer]) -> APIRouter:
    router = APIRouter()
    Signed = Annotated[Viewer, Depends(viewer)]

    @router.get("/header")
    def header(who: Signed, since: Micros | None = None) -> schema.HeaderView:
        return views.header(who, since)

    @router.get("/queue")
    def queue(
        who: Signed,
        tab: str = "open",
        severity: str = "info",
        days: Annotated[int | None, Query(ge=1, le=3660)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> schema.QueueView:
        return views.queue(who, QueueQuery(tab=tab, severity=severity, days=days, limit=limit))

    @router.get("/findings/{finding_id}")
    def finding(who: Signed, finding_id: str) -> schema.FindingView:
        return _found(views.finding(who, finding_id), "There is no finding with this id.")

    @router.get("/identities/{identity_id:path}", dependencies=[Depends(viewer)])
    def identity(identity_id: str) -> schema.IdentityView:
        return _found(views.identity(identity_id), "There is no identity with this id.")

    @router.get("/access", dependencies=[Depends(viewer)])
    def access(
        pivot: Annotated[str, Query(max_length=400)],
        select: Annotated[str | None, Query(max_length=400)] = None,
        at: date | None = None,
        since: date | None = None,
    ) -> schema.AccessView:
        return _found(views.access(pivot, select, at, since), "Nothing of this name is in the access graph then.")

    @router.get("/flyout", dependencies=[Depends(viewer)])
    def flyout(of: Annotated[str, Query(max_length=400)]) -> schema.FlyoutView:
        return _found(views.flyout(of), "There is no person or project with this id.")

    @router.get("/sources", dependencies=[Depends(viewer)])
    def sources() -> schema.SourcesView:
        return views.sources()

    @router.get("/search", dependencies=[Depends(viewer)])
    def search(
        q: Annotated[str, Query(max_length=200)] = "", kind: Annotated[str | None, Query(max_length=20)] = None
    ) -> schema.SearchView:
        return views.search(q, kind)

    return router


def _page(kind: PageKind, views: Views, viewer: Callable[..., Viewer]) -> APIRouter:
    """The routes of one page that was found by scan: what it shows, and its tables as files."""
    router = APIRouter(dependencies=[Depends(viewer)])

    def show(ask: Ask) -> schema.View:
        return _found(views.page(kind.name, ask), kind.missing)

    # What an address may ask is the page's own, so it is not known before here.
    show.__annotations__["ask"] = Annotated[kind.ask, Query()]
    router.add_api_route(f"/{kind.name}", show, response_model=kind.view, name=kind.name)
    for table in kind.tables:
        router.add_api_route(f"/csv/{table}", _table(kind, table, views, viewer), name=f"{table} of {kind.name}")
    return router


def _table(kind: PageKind, table: str, views: Views, viewer: Callable[..., Viewer]) -> Callable[..., Response]:
    def file(ask: Ask, who: Viewer) -> Response:
        view = _found(views.page(kind.name, kind.whole(ask)), kind.missing)
        return send_table(views, who, lambda zone: kind.tables[table](view, zone))

    file.__annotations__ |= {"ask": Annotated[kind.ask, Query()], "who": Annotated[Viewer, Depends(viewer)]}
    return file


def _acts(views: Views, viewer: Callable[..., Viewer]) -> APIRouter:
    router = APIRouter()
    Signed = Annotated[Viewer, Depends(viewer)]

    @router.post("/findings/{finding_id}/verdict")
    def judge(who: Signed, finding_id: str, request: schema.VerdictRequest) -> schema.Done:
        return views.judge(who, finding_id, request)

    @router.post("/findings")
    def bulk(who: Signed, request: schema.BulkRequest) -> schema.Done:
        return views.bulk(who, request)

    @router.post("/undo/{token}")
    def undo(who: Signed, token: str) -> schema.Done:
        return views.undo(who, token)

    @router.post("/findings/{finding_id}/assignee")
    def assign(who: Signed, finding_id: str, request: schema.AssignRequest) -> schema.Done:
        return views.assign(who, finding_id, request.assignee)

    @router.post("/findings/{finding_id}/notes")
    def note(who: Signed, finding_id: str, request: schema.NoteRequest) -> schema.Done:
        return views.note(who, finding_id, request.text)

    @router.post("/findings/{finding_id}/snooze")
    def snooze(who: Signed, finding_id: str, request: schema.SnoozeRequest) -> schema.Done:
        return views.snooze(who, finding_id, request.until)

    @router.post("/exceptions/{exception_id}/revoke")
    def revoke(who: Signed, exception_id: str) -> schema.Done:
        return views.revoke_exception(who, exception_id)

    @router.post("/sources/test")
    def test_source(who: Signed, request: schema.AddSourceRequest) -> schema.TestedSource:
        return views.test_source(who, request)

    @router.post("/sources")
    def start(who: Signed, request: schema.CollectRequest) -> schema.Done:
        return views.start_collecting(who, request.draft)

    # A look is written to the audit log, so it changes something and is a POST.
    @router.post("/evidence/{kind}/{object_id:path}")
    def evidence(who: Signed, kind: str, object_id: str) -> schema.MaskedEvidence:
        return _found(views.masked_evidence(who, kind, object_id), "Nothing was found in this object.")

    return router


def _entrance(sessions: Sessions) -> APIRouter:
    router = APIRouter()

    @router.get("/enter")
    def enter(token: Annotated[str, Query(max_length=200)] = "") -> Response:
        session = sessions.enter(token)
        if session is None:
            return plain_page("This link no longer works", _LINK_SPENT, status=410)
        # A page that goes on by itself, not a redirect: the next request then comes from this site, so that a
        # SameSite=Strict cookie is sent even when the link was clicked in a mail or chat.
        response = plain_page("You are signed in", '<a href="/">Open the queue</a>', onward="/")
        response.set_cookie(COOKIE, session, httponly=True, samesite="strict", path="/")
        return response

    @router.post("/api/sign-out")
    def leave(fanlight_session: Annotated[str | None, Cookie()] = None) -> Response:
        sessions.leave(fanlight_session)
        response = JSONResponse({"sentence": "You are signed out.", "undo": None})
        response.delete_cookie(COOKIE, path="/")
        return response

    return router


def _interface(static: Path) -> APIRouter:
    router = APIRouter()

    @router.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        if path.startswith("api/"):
            raise HTTPException(404, "There is no such address in the API.")
        asset = (static / path).resolve()
        if path.startswith("assets/") and asset.is_file() and static.resolve() in asset.parents:
            return FileResponse(asset, headers={"Cache-Control": "public, max-age=31536000, immutable"})
        if path == "favicon.svg" and asset.is_file():
            return FileResponse(asset)
        if path.startswith("assets/"):
            raise HTTPException(404, "There is no such file.")
        index = static / "index.html"
        if not index.is_file():
            return plain_page("The web interface is not built", _NOT_BUILT, status=503)
        return _index(index)

    return router


def _index(index: Path) -> HTMLResponse:
    # The component kit writes its variables in a style element; a nonce per answer lets only that one through.
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'self'; object-src 'none'"
    )
    text = index.read_text(encoding="utf-8").replace("__NONCE__", nonce)
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})


_LINK_SPENT = "It works once and for ten minutes. Run <code>fanlight sign-in</code> in a terminal for a new one."
_NOT_BUILT = "The API works. Run <code>python tools/build_ui.py</code> in the checkout to build the pages."


def _found(value: Found | None, sentence: str) -> Found:
    if value is None:
        raise HTTPException(404, sentence)
    return value


def _refusal(status: int, sentence: str, details: str = "") -> JSONResponse:
    return JSONResponse(schema.Refusal(sentence=sentence, details=details).model_dump(), status_code=status)


async def _not_accepted(_: Request, error: Any) -> JSONResponse:
    return _refusal(409, str(error), error.details)


async def _http_error(_: Request, error: Any) -> JSONResponse:
    return _refusal(error.status_code, str(error.detail))


async def _bad_request(_: Request, error: Any) -> JSONResponse:
    # Only the places of the errors: the values that were sent may hold a key.
    places = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['type']}" for each in error.errors())
    return _refusal(422, "The request could not be understood, so nothing was changed.", places)
