"""`fanlight labels`: the data map, how far things were read, single matches, and what reviewers say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows

By = Literal["label", "project", "owner"]


def register(app: App) -> None:
    """Add the command group."""
    group = App(name="labels", help="See which data lies where, and judge what was found.")
    group.command(_map, name="map")
    group.command(_coverage, name="coverage")
    group.command(_matches, name="matches")
    group.command(_confirm, name="confirm")
    group.command(_dismiss, name="dismiss")
    group.command(_precision, name="precision")
    group.command(_rotate, name="rotate-fingerprints")
    app.command(group)


def _map(
    *,
    by: tuple[By, ...] = (),
    label: str = "",
    format: FormatOption = "table",
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """The data map: how much of each label lies in which project, entered by whom.

    Parameters
    ----------
    by:
        Sides of the map: label, project, owner; all three when not given.
    label:
        Only this label.
    """
    from fanlight.pipeline.datamap import Row, map_rows

    opened = open_home(home, tenant)
    rows: Iterator[Row] = map_rows(opened, by or ("label", "project", "owner"))
    if label:
        rows = (row for row in rows if row.get("label") == label)
    print_rows(rows if format == "jsonl" else map(_flat, rows), format)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row as people read a table: names instead of ids where there are any."""
    flat = dict(row)
    for side, shown in (("project", "name"), ("owner", "email")):
        if side in flat:
            flat[side] = flat[side][shown] or flat[side]["id"] if flat[side] else "none"
    flat["types"] = ", ".join(f"{name} {count}" for name, count in row["types"].items())
    flat["sensitivity"] = ", ".join(f"{count} {level}" for level, count in row["sensitivity"].items())
    flat["regimes"] = ", ".join(row["regimes"])
    return flat


def _coverage(*, format: FormatOption = "table", home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """How much of each source was read, what waits, and what was not read and why."""
    from fanlight.pipeline.datamap import coverage_rows

    rows = coverage_rows(open_home(home, tenant))
    if format != "jsonl":
        rows = ({**row, "not_read": "; ".join(row["not_read"])} for row in rows)
    print_rows(rows, format)


def _matches(
    *,
    label: str = "",
    type: str = "",
    object: str = "",
    limit: int = 100,
    format: FormatOption = "table",
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Single matches with the ids that `confirm` and `dismiss` take; masks only.

    Parameters
    ----------
    label:
        Only this label.
    type:
        Only this type.
    object:
        Only in the object with this vendor id.
    limit:
        At most so many; 0 for all.
    """
    from itertools import islice

    from fanlight.pipeline.datamap import match_rows

    rows = match_rows(open_home(home, tenant), label, object, type)
    print_rows(islice(rows, limit) if limit else rows, format)


def _confirm(match: str, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Say that a match is right."""
    _judge(match, "confirmed", "", home, tenant)


def _dismiss(
    match: str,
    /,
    *,
    reason: Annotated[str, Parameter(help="test data, public, not this type, not ours or allowed here.")] = "",
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Say that a match is wrong or does not matter: it no longer counts. Other values are not touched."""
    _judge(match, "dismissed", reason, home, tenant)


def _judge(match: str, verdict: Literal["confirmed", "dismissed"], reason: str, home: Any, tenant: str) -> None:
    from fanlight.pipeline.label_policy import PolicyProblem, judge_match

    try:
        found = judge_match(open_home(home, tenant), match, verdict, reason, "operator")
    except PolicyProblem as problem:
        end(Exit.USAGE, str(problem))
    everywhere = " wherever this secret stands" if found.fingerprint and verdict == "dismissed" else ""
    print(f"{found.type} in {found.object_kind} {found.object_id} is {verdict}{everywhere}.")


def _precision(*, format: FormatOption = "table", home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """How often reviewers agreed, by type and recognizer version; the worst first."""
    from fanlight.labels.feedback import verdicts

    rows = (
        {
            "label": one.category,
            "type": one.type,
            "recognizer": f"{one.recognizer} v{one.version}",
            "confirmed": one.confirmed,
            "dismissed": one.dismissed,
            "precision": round(one.share, 3),
            "between": [round(bound, 2) for bound in one.bounds],
        }
        for one in verdicts(open_home(home, tenant).state)
    )
    print_rows(rows, format)


def _rotate(*, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Make fingerprints of secrets under a new key from now on; those of before can no longer be compared with them."""
    from fanlight.pipeline.labelling import rotate_fingerprints

    rotate_fingerprints(open_home(home, tenant), "operator")
    print("Fingerprints are made under a new key from now on.")
