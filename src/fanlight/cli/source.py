"""`fanlight source`: add, test, list and remove connections."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows

if TYPE_CHECKING:
    from fanlight.sources.registry import SourceKind

ReplaceOption = Annotated[
    bool,
    Parameter(
        name="--replace",
        negative=(),
        help="Give the source of this name a new key; its place in the history and the settings not named here stay.",
    ),
]


def register(app: App) -> None:
    """Add the command group."""
    group = App(name="source", help="Connect sources and see how they are doing.")
    group.command(_add_group())
    group.command(_list, name="list")
    group.command(_test, name="test")
    group.command(_remove, name="remove")
    app.command(group)


def _add_group() -> App:
    add = App(name="add", help="Connect a source; keys are given as env:NAME or file:PATH.")
    add.command(_add_claude, name="claude")
    add.command(_add_okta, name="okta")
    if "add" in sys.argv:  # reading every source's front takes a tenth of a second, which other commands need not pay
        from fanlight.sources.registry import kinds

        for kind in kinds().values():
            if kind.connector is not None and kind.settings:
                add.command(_add_of(kind), name=kind.kind, help=f"Connect {kind.summary}")
    return add


def _add_of(kind: SourceKind) -> Callable[..., None]:
    """The command that connects one kind of source, made from what its package says it needs."""

    def command(**given: Any) -> None:
        # What was not typed is not given, so the defaults stand here.
        home, tenant, name = given.get("home"), given.get("tenant", "default"), given.get("name", kind.kind)
        defaults = {setting.name: setting.default for setting in kind.settings if setting.default is not None}
        options = {setting.name: str(given[setting.name]) for setting in kind.settings if setting.name in given}
        if "share" in options and not _is_share(options["share"]):
            end(Exit.USAGE, "--share must be a number from 0.05 to 1.")
        _add(home, tenant, kind.kind, name, options, defaults, replace=given.get("replace", False))

    keyword = inspect.Parameter.KEYWORD_ONLY
    fields = [
        inspect.Parameter(
            setting.name,
            keyword,
            annotation=Annotated[
                str, Parameter(help=setting.help + (" Given as env:NAME or file:PATH." if setting.secret else ""))
            ],
            default=inspect.Parameter.empty if setting.default is None else setting.default,
        )
        for setting in kind.settings
    ]
    named = Annotated[str, Parameter(help="Name of this source in Fanlight.")]
    fields += [
        inspect.Parameter("name", keyword, annotation=named, default=kind.kind),
        inspect.Parameter("replace", keyword, annotation=ReplaceOption, default=False),
        inspect.Parameter("home", keyword, annotation=HomeOption, default=None),
        inspect.Parameter("tenant", keyword, annotation=TenantOption, default="default"),
    ]
    command.__signature__ = inspect.Signature(fields)  # type: ignore[attr-defined]
    command.__annotations__ = {field.name: field.annotation for field in fields}
    return command


def _add_claude(
    *,
    url: str = "",
    key: str,
    name: str = "claude",
    admin_key: str = "",
    admin_url: str = "",
    analytics_key: str = "",
    share: str = "",
    replace: ReplaceOption = False,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Connect Claude Enterprise through its Compliance API.

    Parameters
    ----------
    url:
        Address of the API; https, or http to this machine (default https://api.anthropic.com).
    key:
        Compliance access key as env:NAME or file:PATH.
    name:
        Name of this source in Fanlight.
    admin_key:
        Console Admin key reference, for Claude API keys and their last use.
    admin_url:
        Address of the Console Admin API when it is not the same.
    analytics_key:
        Analytics key reference.
    share:
        Part of the vendor's request limit to use, 0.05 to 1 (default 0.6).
    """
    if share and not _is_share(share):
        end(Exit.USAGE, "--share must be a number from 0.05 to 1.")
    options = {
        "url": url,
        "key": key,
        "admin_key": admin_key,
        "admin_url": admin_url,
        "analytics_key": analytics_key,
        "share": share,
    }
    _add(home, tenant, "claude", name, options, {"url": "https://api.anthropic.com"}, replace=replace)


def _add_okta(
    *,
    url: str,
    token: str,
    name: str = "okta",
    replace: ReplaceOption = False,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Connect Okta: users, groups, app assignments and the System Log.

    Parameters
    ----------
    url:
        Address of the Okta organization.
    token:
        API token as env:NAME or file:PATH.
    name:
        Name of this source in Fanlight.
    """
    _add(home, tenant, "okta", name, {"url": url, "token": token}, {}, replace=replace)


def _add(
    home: Path | None,
    tenant: str,
    kind: str,
    name: str,
    options: dict[str, str],
    defaults: dict[str, str],
    *,
    replace: bool,
) -> None:
    from fanlight.pipeline.connections import ConnectionProblem, add_connection, list_connections

    opened = open_home(home, tenant)
    there = any(connection.name == name for connection in list_connections(opened))
    try:
        connection = add_connection(opened, kind, name, options, defaults=defaults, replace=replace)
    except ConnectionProblem as problem:
        end(Exit.USAGE, str(problem))
    done = (
        f"Changed {name}; its place in the history stays."
        if there
        else f"Added {connection.kind} as {connection.name}."
    )
    print(f"{done} Next: fanlight source test {connection.name}")


def _list(*, home: HomeOption = None, tenant: TenantOption = "default", format: FormatOption = "table") -> None:
    """Show the connected sources and their health."""
    from fanlight.pipeline.connections import list_connections
    from fanlight.pipeline.queue import backlog

    opened = open_home(home, tenant)
    rows: list[dict[str, Any]] = []
    for connection in list_connections(opened):
        waiting = backlog(opened.state, connection.name)
        rows.append(
            {
                "name": connection.name,
                "kind": connection.kind,
                "state": connection.state,
                "backlog": waiting.pending,
                "could_not_read": waiting.failed,
                "requests": dict(connection.requests),
                "problem": connection.sentence,
            }
        )
    if not rows and format == "table":
        print("No source is connected yet; add one with `fanlight source add`.")
        return
    print_rows(rows, format)


def _test(
    names: Annotated[tuple[str, ...], Parameter(show=True)] = (),
    /,
    *,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Try a source's key and say what it opens, what will be collected and what will not, and why."""
    from fanlight.pipeline.connections import connect, list_connections
    from fanlight.sources.contract import SourceError

    opened = open_home(home, tenant)
    chosen = [c for c in list_connections(opened) if not names or c.name in names]
    missing = set(names) - {c.name for c in chosen}
    if missing or not chosen:
        end(
            Exit.USAGE,
            f"There is no source named {', '.join(sorted(missing)) or '(none)'}; see `fanlight source list`.",
        )
    works = True
    for connection in chosen:
        try:
            source = connect(opened, connection)
        except SourceError as problem:
            print(f"{connection.name}: {problem}")
            works = False
            continue
        report = source.check()
        source.close()
        works = works and report.works
        for line in _report_lines(connection.name, report):
            print(line)
    end(Exit.OK if works else Exit.FOUND)


def _report_lines(name: str, report: Any) -> list[str]:
    lines = [f"{name}: {report.headline}"]
    if report.owner:
        lines.append(f"  Key belongs to: {report.owner}")
    for title, sentences in (
        ("Scopes found", report.scopes_found),
        ("Scopes missing", report.scopes_missing),
        ("Will be collected", report.collected),
        ("Will not be collected", report.not_collected),
        ("Mind", report.warnings),
        ("How to make a key", report.how_to),
    ):
        if sentences:
            lines.append(f"  {title}:")
            lines.extend(f"    - {sentence}" for sentence in sentences)
    if report.estimate:
        lines.append(f"  {report.estimate}")
    return lines


def _remove(name: str, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Forget how to reach a source; what it brought stays."""
    from fanlight.pipeline.connections import ConnectionProblem, remove_connection

    try:
        remove_connection(open_home(home, tenant), name)
    except ConnectionProblem as problem:
        end(Exit.USAGE, str(problem))
    print(f"Removed {name}. What it brought stays; its key is forgotten.")


def _is_share(text: str) -> bool:
    try:
        return 0.05 <= float(text) <= 1
    except ValueError:
        return False
