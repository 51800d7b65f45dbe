"""Notices: what the operator should know of a source, each sentence once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, update

from fanlight.sources.contract import Notice
from fanlight.state import Tick, schema

__all__ = ["note"]


def note(tick: Tick, source: str, notices: Sequence[Notice]) -> None:
    """Keep each notice once: the same sentence again only moves its time."""
    table = schema.notices
    for notice in notices:
        where = (table.c.tenant == tick.tenant, table.c.source == source, table.c.sentence == notice.sentence)
        seen = tick.connection.execute(update(table).where(*where).values(at=notice.at, until=notice.until)).rowcount
        if not seen:
            tick.connection.execute(
                insert(table).values(
                    tenant=tick.tenant, source=source, kind=notice.kind, sentence=notice.sentence,
                    at=notice.at, since=notice.since, until=notice.until,
                )
            )  # fmt: skip
