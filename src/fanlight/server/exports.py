"""CSV of the tables: the same answers as the pages, so that the count of rows equals the count on the page."""

# Annotations are evaluated here: FastAPI resolves the dependency alias inside the function below.

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import Response

from fanlight.enrich.localtime import local_time
from fanlight.server import schema, tables
from fanlight.server.ports import QueueQuery, Viewer, Views

__all__ = ["exports", "send_table"]

_MOST = 10_000


def send_table(views: Views, who: Viewer, make: Callable[[str], tables.Sheet]) -> Response:
    """A table as a file that names its day, and in the demo that it is simulated; `make` is given the time zone."""
    around = views.header(who, None)
    sheet = make(around.time_zone)
    day = local_time(around.now, around.time_zone).date().isoformat()
    name = f"fanlight-{sheet.name}-{day}{'-simulated' if around.simulated else ''}.csv"
    return Response(
        tables.write(sheet, simulated=around.simulated),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def exports(views: Views, viewer: Callable[..., Viewer]) -> APIRouter:
    """The routes under `/api/csv`; like every page they need a session."""
    router = APIRouter()
    Signed = Annotated[Viewer, Depends(viewer)]

    def send(who: Viewer, make: Callable[[str], tables.Sheet]) -> Response:
        return send_table(views, who, make)

    def finding(who: Viewer, finding_id: str) -> schema.FindingView:
        found = views.finding(who, finding_id)
        if found is None:
            raise HTTPException(404, "There is no finding with this id.")
        return found

    def identity(identity_id: str) -> schema.IdentityView:
        found = views.identity(identity_id)
        if found is None:
            raise HTTPException(404, "There is no identity with this id.")
        return found

    @router.get("/queue")
    def queue(
        who: Signed,
        tab: str = "open",
        severity: str = "info",
        days: Annotated[int | None, Query(ge=1, le=3660)] = None,
    ) -> Response:
        view = views.queue(who, QueueQuery(tab=tab, severity=severity, days=days, limit=_MOST))
        return send(who, lambda zone: tables.findings(view.rows, zone))

    @router.get("/evidence/{finding_id}")
    def evidence(who: Signed, finding_id: str) -> Response:
        view = finding(who, finding_id)
        return send(who, lambda zone: tables.evidence(view, zone))

    @router.get("/opened/{finding_id}")
    def opened(who: Signed, finding_id: str) -> Response:
        view = finding(who, finding_id)
        return send(who, lambda zone: tables.what_was_opened(view, zone))

    @router.get("/accounts/{identity_id:path}")
    def accounts(who: Signed, identity_id: str) -> Response:
        view = identity(identity_id)
        return send(who, lambda zone: tables.accounts(view, zone))

    @router.get("/timeline/{identity_id:path}")
    def timeline(who: Signed, identity_id: str) -> Response:
        view = identity(identity_id)
        return send(who, lambda zone: tables.timeline(view, zone))

    @router.get("/people")
    def people(who: Signed, pivot: Annotated[str, Query(max_length=400)], at: date | None = None) -> Response:
        view = views.access(pivot, None, at)
        if view is None:
            raise HTTPException(404, "Nothing of this name is in the access graph then.")
        return send(who, lambda zone: tables.people(view, zone))

    @router.get("/sources")
    def sources(who: Signed) -> Response:
        view = views.sources()
        return send(who, lambda zone: tables.sources(view, zone))

    @router.get("/not-seen")
    def unseen(who: Signed) -> Response:
        view = views.sources()
        return send(who, lambda _: tables.unseen(view))

    return router
