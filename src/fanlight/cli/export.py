"""`fanlight export`: facts and conclusions for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows

What = Literal["events", "findings", "labels", "posture", "identities", "grants", "risk"]


def register(app: App) -> None:
    """Add the command."""
    app.command(_export, name="export")


def _export(
    what: What,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    all: bool = False,
    format: FormatOption = "jsonl",
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
    """
    from fanlight.pipeline.exports import EXPORTS, ExportOptions

    opened = open_home(home, tenant)
    rows = EXPORTS[what](opened, ExportOptions(everything=all))
    if output is None:
        print_rows(rows, format)
        return
    try:
        with output.open("w", encoding="utf-8") as stream:
            count = print_rows(rows, format, stream)
    except OSError as problem:
        end(Exit.USAGE, f"The file {output.name} cannot be written: {problem.strerror}.")
    print(f"Wrote {count:,} rows to {output.name}.")
