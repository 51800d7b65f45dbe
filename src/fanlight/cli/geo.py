"""`fanlight geo`: databases for places."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import cyclopts

__all__ = ["register"]


def register(app: cyclopts.App) -> None:
    """Add the `geo` group to the command line."""
    group = cyclopts.App(name="geo", help="Databases that tell where an IP address is.")
    group.command(_install, name="install")
    app.command(group)


def _install(
    *,
    city: Annotated[list[Path] | None, cyclopts.Parameter(help="City database, .mmdb; may be given twice.")] = None,
    asn: Annotated[list[Path] | None, cyclopts.Parameter(help="Network numbers, .mmdb or .csv; also twice.")] = None,
    home: Annotated[Path | None, cyclopts.Parameter(help="Fanlight's folder; default $FANLIGHT_HOME.")] = None,
) -> int:
    """Check databases and copy them into Fanlight's folder."""
    from fanlight.enrich import geo_install

    folder = home or Path(os.environ.get("FANLIGHT_HOME") or Path.home() / ".fanlight")
    try:
        entries = geo_install.install(folder, city=city or [], asn=asn or [])
    except geo_install.GeoError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for entry in entries:
        note = f" · {entry.attribution}" if entry.attribution else ""
        sys.stdout.write(f"{entry.role}: {entry.kind}, data of {entry.data_date}, sha256 {entry.sha256[:16]}…{note}\n")
    sys.stdout.write("Places are worked out anew at the next sync.\n")
    return 0
