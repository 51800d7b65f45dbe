"""Connected sources: what was added, how to reach it, and how it is doing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from fanlight.model import Clock, Micros
from fanlight.pipeline.home import Home
from fanlight.sources.contract import Source, SourceContext, SourceError
from fanlight.sources.registry import find_kind
from fanlight.state import Tick, schema
from fanlight.state.vault import KeyProblem

__all__ = [
    "Connection",
    "ConnectionProblem",
    "add_connection",
    "connect",
    "list_connections",
    "note_state",
    "remove_connection",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}", re.IGNORECASE)


class ConnectionProblem(ValueError):
    """A source cannot be added or found; the text is one sentence to the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One added source. `options` holds references to keys, never keys."""

    name: str
    kind: str
    options: Mapping[str, str]
    state: str
    """new, syncing, healthy, stopped."""
    sentence: str
    added_at: Micros
    connected_at: Micros | None
    first_sync_at: Micros | None
    requests: Mapping[str, int]


def add_connection(
    home: Home, kind: str, name: str, options: Mapping[str, str], *,
    defaults: Mapping[str, str] | None = None, replace: bool = False,
) -> Connection:  # fmt: skip
    """Add a source. One of the same name is left alone, with a sentence, unless `replace` is asked for.

    A replaced source keeps its cursors, and what `options` does not name while its address stays the same; under
    another address nothing is kept, so that no key reaches a host it was not given for. `defaults` fill what is new.
    """
    if not _NAME.fullmatch(name):
        raise ConnectionProblem("A source's name has letters, digits, dots, dashes and underscores, 63 at most.")
    find_kind(kind)
    known = {connection.name: connection for connection in list_connections(home)}
    if name in known and known[name].kind != kind:
        raise ConnectionProblem(f"There is already a source named {name} of another kind; choose another name.")
    if name in known and not replace:
        raise ConnectionProblem(
            f"There is already a source named {name} ({kind}) and nothing was changed: give this one another --name, "
            f"give that one a new key with --replace, or first run `fanlight source remove {name}`."
        )
    typed = {option: value for option, value in options.items() if value}
    before = known[name].options if name in known else {}
    same = typed.get("url", "").rstrip("/") in ("", before.get("url", "").rstrip("/"))
    options = {**(defaults or {}), **(before if same else {}), **typed}
    check_address(options.get("url", ""))
    for option in ("key", "admin_key", "analytics_key", "token"):
        if reference := options.get(option):
            try:
                home.vault.read(reference)
            except KeyProblem as problem:
                raise ConnectionProblem(str(problem)) from None
    table = schema.sources
    with home.state.tick() as tick:
        kept = json.dumps({key: value for key, value in options.items() if value})
        if name in known:
            tick.connection.execute(
                update(table)
                .where(table.c.tenant == home.tenant, table.c.name == name)
                .values(options=kept, state="new", sentence="")
            )
        else:
            tick.connection.execute(
                insert(table).values(
                    tenant=home.tenant, name=name, kind=kind, options=kept, state="new", sentence="",
                    added_at=tick.now, requests="{}",
                )
            )  # fmt: skip
        tick.audit("operator", "source changed" if name in known else "source added", name, kind)
    return next(connection for connection in list_connections(home) if connection.name == name)


def remove_connection(home: Home, name: str) -> None:
    """Forget how to reach a source; what it brought stays."""
    table = schema.sources
    with home.state.tick() as tick:
        gone = tick.connection.execute(
            delete(table).where(table.c.tenant == home.tenant, table.c.name == name)
        ).rowcount
        if not gone:
            raise ConnectionProblem(f"There is no source named {name}; `fanlight source list` shows those there are.")
        tick.audit("operator", "source removed", name)
    home.vault.forget(name)


def list_connections(home: Home) -> list[Connection]:
    """All sources of the tenant, directories before content sources, then by name."""
    table = schema.sources
    with home.state.view() as connection:
        rows = connection.execute(select(table).where(table.c.tenant == home.tenant)).all()
    found = [
        Connection(
            name=row.name, kind=row.kind, options=json.loads(row.options), state=row.state, sentence=row.sentence,
            added_at=row.added_at, connected_at=row.connected_at, first_sync_at=row.first_sync_at,
            requests=json.loads(row.requests),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda connection: (connection.kind == "claude", connection.name))


def connect(home: Home, connection: Connection, clock: Clock | None = None) -> Source:
    """A client for one source. Raises `SourceError` when its key cannot be resolved."""

    def read_secret(reference: str) -> str:
        try:
            return home.vault.read(reference)
        except KeyProblem as problem:
            raise SourceError(str(problem), kind="credential") from None

    context = SourceContext(
        tenant=home.tenant,
        name=connection.name,
        clock=clock or home.clock,
        content_key=home.vault.tenant_key("content"),
        read_secret=read_secret,
        options=connection.options,
        known_collector_ips=home.settings.known_collector_ips,
    )
    return find_kind(connection.kind).connect(context)


def note_state(tick: Tick, name: str, state: str, sentence: str, requests: Mapping[str, int] | None = None) -> None:
    """Remember how a source is doing, in words; requests add up."""
    table = schema.sources
    where = (table.c.tenant == tick.tenant, table.c.name == name)
    row = tick.connection.execute(select(table).where(*where)).first()
    if row is None:
        return
    values: dict[str, object] = {"state": state, "sentence": sentence}
    if requests:
        total = json.loads(row.requests)
        for purpose, number in requests.items():
            total[purpose] = total.get(purpose, 0) + number
        values["requests"] = json.dumps(total)
    if state in ("syncing", "healthy") and row.connected_at is None:
        values["connected_at"] = tick.now
    if state == "healthy" and row.first_sync_at is None:
        values["first_sync_at"] = tick.now
    tick.connection.execute(update(table).where(*where).values(**values))


def check_address(url: str) -> None:
    """https anywhere, http to this machine only, and nothing secret in it. Raises `ConnectionProblem`."""
    from fanlight.sources.contract import SourceError
    from fanlight.sources.http import check_address as check

    try:
        check(url)
    except SourceError as problem:
        raise ConnectionProblem(str(problem)) from None
