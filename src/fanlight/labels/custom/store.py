"""Custom categories in the control database: configuration and keyed hashes of samples, never a sample."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert, select, update

from fanlight.labels.custom.definitions import CategoryProblem, Definition, definition_of
from fanlight.model import Micros
from fanlight.state import State, Tick, schema

__all__ = ["Change", "Stored", "active_definitions", "put_category", "retire_category", "stored_categories"]

Change = Literal["new", "unchanged", "finders changed", "weight or wording changed"]

_table = schema.custom_categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One category with what the database knows of it."""

    definition: Definition
    active: bool
    hidden_to: int
    """Matches of versions up to this one were made before the category was removed, and no longer count."""
    positives: int
    negatives: int
    added_at: Micros
    updated_at: Micros


def stored_categories(state: State) -> list[Stored]:
    """Every category that was ever saved, by name."""
    with state.view() as connection:
        rows = connection.execute(select(_table).where(_table.c.tenant == state.tenant).order_by(_table.c.name)).all()
    found = []
    for row in rows:
        samples = json.loads(row.samples)
        found.append(
            Stored(
                definition=definition_of(json.loads(row.body), row.version), active=row.active,
                hidden_to=row.hidden_to, positives=sum(s[0] == "+" for s in samples),
                negatives=sum(s[0] == "-" for s in samples), added_at=row.added_at, updated_at=row.updated_at,
            )
        )  # fmt: skip
    return found


def active_definitions(state: State) -> list[Definition]:
    """The categories in force."""
    return [stored.definition for stored in stored_categories(state) if stored.active]


def put_category(tick: Tick, definition: Definition, samples: Sequence[str], actor: str) -> tuple[int, Change]:
    """Save a category that was proven; returns its version and what changed. A new version only when finders did."""
    where = (_table.c.tenant == tick.tenant, _table.c.name == definition.name)
    known = tick.connection.execute(select(_table).where(*where)).first()
    body, digest = json.dumps(definition.body(), sort_keys=True), definition.digest()
    values = {"label": definition.label, "body": body, "digest": digest, "samples": json.dumps(list(samples))}
    change: Change
    if known is None:
        version, change = 1, "new"
        tick.connection.execute(
            insert(_table).values(
                tenant=tick.tenant, name=definition.name, version=1, active=True, hidden_to=0, added_at=tick.now,
                updated_at=tick.now, **values,
            )
        )  # fmt: skip
    else:
        same = known.digest == digest and known.active
        version = known.version if same else known.version + 1
        change = "finders changed" if not same else "unchanged" if known.body == body else "weight or wording changed"
        tick.connection.execute(
            update(_table).where(*where).values(version=version, active=True, updated_at=tick.now, **values)
        )
    if change != "unchanged":
        tick.audit(actor, "category saved", definition.name, f"version {version}: {change}")
    return version, change


def retire_category(tick: Tick, name: str, actor: str) -> None:
    """Take a category out of force; its matches no longer count. Raises `CategoryProblem` for an unknown one."""
    changed = tick.connection.execute(
        update(_table)
        .where(_table.c.tenant == tick.tenant, _table.c.name == name, _table.c.active.is_(True))
        .values(active=False, hidden_to=_table.c.version, updated_at=tick.now)
    ).rowcount
    if not changed:
        raise CategoryProblem(f"There is no category {name}; `fanlight category list` shows those there are.")
    tick.audit(actor, "category removed", name)
