"""`fanlight import`: native logs and normalised events from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home


def register(app: App) -> None:
    """Add the command."""
    app.command(_import, name="import")


def _import(
    kind: str,
    files: Annotated[tuple[Path, ...], Parameter(show=True)],
    /,
    *,
    source: str | None = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Read log files of one kind; a folder means every file in it. A file again adds nothing.

    Parameters
    ----------
    kind:
        okta, google_workspace, github_audit, entra_id, zscaler_zia, aws_cloudtrail, crowdstrike, openai, anthropic,
        claude_telemetry (OTLP/JSON), events (as exported, JSON Lines or Parquet) or directory (people, CSV or SCIM).
    files:
        JSON arrays, JSON Lines, wrapped lists or NSS lines; gzip and zstd too.
    source:
        Name under which the events are kept; default the kind.
    """
    from fanlight.pipeline.importing import import_files, importable, is_name
    from fanlight.state import LeaseHeld

    if kind not in importable():
        end(Exit.USAGE, f"{kind} cannot be imported; these can: {', '.join(importable())}.")
    if source is not None and not is_name(source):
        end(Exit.USAGE, "A source's name has letters, digits, dots, dashes and underscores, 63 at most.")
    missing = [path for path in files if not path.exists()]
    if missing:
        end(Exit.USAGE, f"Nothing was imported: there is no file or folder {missing[0]}.")
    paths = [inner for path in files for inner in (sorted(p for p in path.rglob("*") if p.is_file()) or [path])]
    try:
        done = import_files(open_home(home, tenant), kind, paths, source)
    except OSError as problem:
        end(Exit.USAGE, f"The file {Path(str(problem.filename)).name} cannot be read: {problem.strerror}.")
    except LeaseHeld as problem:
        end(Exit.USAGE, str(problem))
    what = "people" if kind == "directory" else f"records, {done.events:,} events"
    print(f"{done.records:,} {what}, {done.new:,} new, {len(done.unread):,} could not be read.")
    for place in done.unread[:10]:
        where = f", line {place.line}" if place.line else ""
        print(f"{place.file}{where}: {place.reason}.")
    if len(done.unread) > 10:
        print(f"{len(done.unread) - 10:,} more are listed in the home folder, imports/unread.jsonl.")
    end(Exit.FOUND if done.unread else Exit.OK)
