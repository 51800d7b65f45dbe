"""`fanlight access …`: who reaches what, from the shell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import App, Parameter

from fanlight.cli.common import (
    Exit,
    Format,
    FormatOption,
    HomeOption,
    TenantOption,
    end,
    open_home,
    print_rows,
)

if TYPE_CHECKING:
    from fanlight.access import AccessGraph
    from fanlight.lake import Reader
    from fanlight.model import Micros

__all__ = ["register"]

AtOption = Annotated[str | None, Parameter(name="--at", help="Moment to answer for, RFC 3339; default now.")]
_CONTENT = (
    "project", "chat", "file", "generated_file", "artifact", "document", "code_artifact", "session",
    "local_session", "remote_session",
)  # fmt: skip


def register(app: App) -> None:
    """Add the group."""
    group = App(name="access", help="Who reaches what, by which grants, at any time.")
    for command in (reach, who, explain, opened, touched, accountable, diff):
        group.command(command)
    app.command(group)


class _View(NamedTuple):
    reader: Reader
    graph: AccessGraph
    now: Micros


@contextmanager
def _view(home: Path | None, tenant: str, at: str | None) -> Iterator[_View]:
    """The store opened, and the graph of the moment asked for; unknown names end with exit code 2."""
    from fanlight.access import Unknown
    from fanlight.access.store import load_graph

    opened = open_home(home, tenant)
    try:
        with opened.reader() as reader:
            now = opened.clock.now()
            graph: AccessGraph = load_graph(reader, _moment(at, now))
            yield _View(reader, graph, now)
    except Unknown as problem:
        end(Exit.USAGE, str(problem))
    finally:
        opened.close()


def _moment(text: str | None, default: Micros) -> Micros:
    from fanlight.model import parse_time

    if text is None:
        return default
    try:
        return parse_time(text)
    except ValueError:
        end(Exit.USAGE, f"{text} is not a time; write for example 2026-05-03 or 2026-05-03T14:00:00Z.")


def _in_order(first: Micros, last: Micros) -> None:
    if first > last:
        end(Exit.USAGE, "--from is after --to; exchange them.")


def reach(
    *identities: str,
    kind: Annotated[tuple[str, ...], Parameter(help="Only these kinds, for example project.")] = (),
    unproven: Annotated[bool, Parameter(help="Add chats of others, of which the vendor does not say.")] = False,
    at: AtOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "jsonl",
) -> None:
    """Everything these identities (by e-mail or id) reach, with the grants."""
    with _view(home, tenant, at) as view:
        known = view.graph.kinds() | set(_CONTENT)
        if strange := sorted(set(kind) - known):
            end(Exit.USAGE, f"There is no kind {strange[0]}; known are {', '.join(sorted(known))}.")
        found = [view.graph.find_identity(name) for name in _some(identities, "identity")]
        rows = (
            _named(reached.row(), view.graph)
            for identity in found
            for reached in view.graph.reach(identity, kinds=kind or _CONTENT, unproven=unproven)
        )
        _print(rows, format)


def who(
    *resources: str,
    at: AtOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "jsonl",
) -> None:
    """Everybody who reaches these resources (by vendor id), with the grants."""
    with _view(home, tenant, at) as view:
        found = [view.graph.find_resource(key) for key in _some(resources, "resource")]
        rows = (_named(reached.row(), view.graph) for thing in found for reached in view.graph.reachable_by(thing))
        _print(rows, format)


def explain(
    identity: str,
    resource: str,
    *,
    at: AtOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "jsonl",
) -> None:
    """Every path from an identity to a resource, or what is missing for one."""
    from fanlight.access.explain import explain as find_paths

    with _view(home, tenant, at) as view:
        _print([find_paths(view.graph, identity, resource).row()], format)


def opened(
    identity: str,
    *,
    since: Annotated[str | None, Parameter(name="--from", help="First moment; default 30 days ago.")] = None,
    until: Annotated[str | None, Parameter(name="--to", help="Last moment; default now.")] = None,
    every: Annotated[bool, Parameter(name="--all", help="Changes and shares, too.")] = False,
    at: AtOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "jsonl",
) -> None:
    """What an identity opened in a stretch of time."""
    from fanlight.access.history import opened as find_opened
    from fanlight.model import DAY

    with _view(home, tenant, at) as view:
        last = _moment(until, view.now)
        first = _moment(since, last - 30 * DAY)
        _in_order(first, last)
        _print((t.row() for t in find_opened(view.reader, view.graph, identity, first, last, every=every)), format)


def touched(
    resource: str,
    *,
    since: Annotated[str | None, Parameter(name="--from", help="First moment; default the beginning.")] = None,
    until: Annotated[str | None, Parameter(name="--to", help="Last moment; default now.")] = None,
    at: AtOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "jsonl",
) -> None:
    """Who opened, changed or shared a project, chat or file."""
    from fanlight.access.history import touched as find_touches

    with _view(home, tenant, at) as view:
        first, last = _moment(since, 0), _moment(until, view.now)
        _in_order(first, last)
        touches = find_touches(view.reader, view.graph, resource, first, last)
        if not touches:
            view.graph.find_resource(resource)  # nobody touched it, or there is no such thing: the two are not the same
        _print((touch.row() for touch in touches), format)


def accountable(
    project: str,
    *,
    at: AtOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "jsonl",
) -> None:
    """Who answers for a project: creator, owners, administrators, and who of them is gone."""
    from fanlight.access.history import accountable as find_accountable

    with _view(home, tenant, at) as view:
        _print((entry.row() for entry in find_accountable(view.reader, view.graph, project)), format)


def diff(
    before: Annotated[str, Parameter(name="FROM")],
    after: Annotated[str, Parameter(name="TO")],
    /,
    *,
    identity: Annotated[tuple[str, ...], Parameter(help="Only these identities.")] = (),
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "jsonl",
) -> None:
    """Changes of effective access between two moments."""
    from fanlight.access.diff import diff as find_changes
    from fanlight.access.store import load_graph

    with _view(home, tenant, after) as view:
        old = load_graph(view.reader, _moment(before, view.now))
        chosen = [view.graph.find_identity(name) for name in identity] or None
        _print((_named(change.row(), view.graph, old) for change in find_changes(old, view.graph, chosen)), format)


def _named(row: Mapping[str, Any], *graphs: AccessGraph) -> dict[str, Any]:
    """The row with the person's name and e-mail after the id, by the first graph that knows the identity."""
    identity = row["identity"]
    graph = next((graph for graph in graphs if identity and graph.is_known(identity)), None)
    person = {
        "identity": identity,
        "identity_name": graph.identity_name(identity) if graph else None,
        "identity_email": (graph.identity_email(identity) or None) if graph else None,
    }
    named: dict[str, Any] = {}
    for key, value in row.items():
        named |= person if key == "identity" else {key: value}
    return named


def _print(rows: Iterable[Mapping[str, Any]], format: Format) -> None:
    """Rows as they are in JSON Lines; for people and spreadsheets one plain column a value."""
    print_rows(rows if format == "jsonl" else map(_flat, rows), format)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name == "resource":
            flat |= {"kind": value["kind"], "id": value["id"], "name": value.get("name", "")}
        elif name == "via":
            grants = value if isinstance(value, list) else [value] if value else []
            flat["via"] = "; ".join(_words(grant) for grant in grants)
        elif name == "paths":
            flat["paths"] = " | ".join(" > ".join(path) for path in value)
        else:
            flat[name] = value
    return flat


def _words(grant: Mapping[str, Any]) -> str:
    kind = grant["kind"].replace("_", " ")
    return kind if kind == "creator" else f"{kind} {grant['name'] or grant['id']}"


def _some(names: tuple[str, ...], what: str) -> tuple[str, ...]:
    if not names:
        end(Exit.USAGE, f"Name at least one {what}.")
    return names
