"""Exports in other people's shapes: OCSF documents, one a line, and the access graph as OpenGraph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fanlight.access.opengraph import opengraph_payload
from fanlight.labels.export import label_rows, object_kind_of
from fanlight.model import Grant, Link, Match, Micros, ObjectVersion
from fanlight.ocsf import event_document, finding_document, label_document, posture_document
from fanlight.pipeline.conclude import posture_of
from fanlight.pipeline.devices import load_devices
from fanlight.pipeline.exports import ExportOptions, Row, events_in_order, shown_findings
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import load_places

__all__ = ["OCSF_EXPORTS", "export_opengraph"]


def _events(home: Home, options: ExportOptions) -> Iterator[Row]:
    """Every event, oldest first; places as judging sees them."""
    del options
    with home.reader() as reader:
        places, devices = load_places(home, reader), load_devices(reader)
        for event in events_in_order(reader):
            place = places.locate(event.ip, event.occurred_at) if event.ip else None
            yield event_document(event, place, devices.behind(event))


def _findings(home: Home, options: ExportOptions) -> Iterator[Row]:
    for stored in shown_findings(home, options):
        yield finding_document(stored)


def _posture(home: Home, options: ExportOptions) -> Iterator[Row]:
    del options
    for result in posture_of(home):
        yield posture_document(result)


def _labels(home: Home, options: ExportOptions) -> Iterator[Row]:
    del options
    with home.reader() as reader:
        matches = reader.rows(Match, now=True)
    newest: dict[tuple[str, str, str, str], Micros] = {}
    for match in matches:
        key = (object_kind_of(match.object_kind), match.object_id, match.category, match.type)
        newest[key] = max(newest.get(key, 0), match.read_at)
    for row in label_rows(matches):
        thing = row["object"]
        yield label_document(row, home.tenant, newest[thing["kind"], thing["id"], row["label"], row["type"]])


OCSF_EXPORTS: Mapping[str, Callable[[Home, ExportOptions], Iterator[Row]]] = {
    "events": _events,
    "findings": _findings,
    "labels": _labels,
    "posture": _posture,
}
"""What has a class of its own in the schema. Grants, identities and risk are no events and have none."""


def export_opengraph(home: Home) -> dict[str, Any]:
    """Everybody, every group, role and project and who holds what, as one OpenGraph payload as of now."""
    with home.reader() as reader:
        return opengraph_payload(
            reader.rows(ObjectVersion, now=True), reader.rows(Grant, now=True), reader.rows(Link, now=True)
        )
