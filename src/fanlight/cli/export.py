"""`fanlight export`: facts and conclusions for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home, print_rows

What = Literal["events", "findings", "labels", "posture", "identities", "grants", "risk"]
ExportFormat = Literal["jsonl", "csv", "table", "ocsf", "opengraph"]


def register(app: App) -> None:
    """Add the command."""
    app.command(_export, name="export")


def _export(
    what: What,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    all: bool = False,
    format: ExportFormat = "jsonl",
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Write one kind of row to standard output or a file.

    Parameters
    ----------
    what:
        events, findings, labels, posture, identities, grants or risk.
    output:
        File to write; standard output when not given.
    all:
        Findings only: superseded and withdrawn ones too.
    format:
        jsonl, csv, table (of findings, events and posture what one reads); ocsf (events, findings, labels, posture):
        documents of the OCSF schema 1.8, one a line;
        opengraph (grants): the whole access graph as one JSON document.
    """
    from fanlight.pipeline.exports import EXPORTS, ExportOptions

    options = ExportOptions(everything=all)
    if format == "opengraph":
        _export_graph(what, output, home, tenant)
        return
    if format == "ocsf":
        from fanlight.pipeline.exchange import OCSF_EXPORTS

        if what not in OCSF_EXPORTS:
            end(Exit.USAGE, f"OCSF has no class for {what}; it has for {', '.join(sorted(OCSF_EXPORTS))}.")
        rows = OCSF_EXPORTS[what](open_home(home, tenant), options)
    else:
        rows = EXPORTS[what](open_home(home, tenant), options)
    shape: Literal["jsonl", "csv", "table"] = "jsonl" if format == "ocsf" else format
    if shape == "table" and what in _READ:
        rows = ({name: _read(row, name) for name in _READ[what]} for row in rows)
    if output is None:
        print_rows(rows, shape)
        return
    try:
        with output.open("w", encoding="utf-8") as stream:
            count = print_rows(rows, shape, stream)
    except OSError as problem:
        end(Exit.USAGE, f"The file {output.name} cannot be written: {problem.strerror}.")
    print(f"Wrote {count:,} rows to {output.name}.")


#: Columns of a table that somebody reads; csv and jsonl hold every one.
_READ: dict[str, tuple[str, ...]] = {
    "findings": ("id", "severity", "time", "status", "verdict", "rule", "identity.email", "sentence"),
    "events": ("occurred_at", "source", "type", "outcome", "actor_email", "project_id", "chat_id", "file_id", "ip"),
    "posture": ("status", "severity", "check", "sentence"),
}


def _read(row: Mapping[str, Any], name: str) -> Any:
    """One cell; `identity.email` is `email` inside of `identity`."""
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _export_graph(what: What, output: Path | None, home: Path | None, tenant: str) -> None:
    """One document, not rows."""
    import orjson

    from fanlight.pipeline.exchange import export_opengraph

    if what != "grants":
        end(Exit.USAGE, "OpenGraph is a form of the access graph: fanlight export grants --format opengraph.")
    payload = export_opengraph(open_home(home, tenant))
    text = orjson.dumps(payload)
    if output is None:
        print(text.decode())
        return
    try:
        output.write_bytes(text)
    except OSError as problem:
        end(Exit.USAGE, f"The file {output.name} cannot be written: {problem.strerror}.")
    graph = payload["graph"]
    print(f"Wrote {len(graph['nodes']):,} nodes and {len(graph['edges']):,} edges to {output.name}.")
