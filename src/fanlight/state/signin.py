"""Sign-in links and sessions, kept as hashes only. Who makes the tokens is the server's business."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from fanlight.model import Micros
from fanlight.state import schema
from fanlight.state.state import State

__all__ = ["SignIns"]


class SignIns:
    """The rows behind signing in, of one tenant."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add_link(self, token_hash: str, user: str, expires_at: Micros) -> None:
        """Remember a link that works once until it expires."""
        with self._state.tick() as tick:
            tick.connection.execute(
                insert(schema.login_links).values(
                    tenant=self._state.tenant, digest=token_hash, user=user, expires_at=expires_at
                )
            )

    def use_link(self, token_hash: str, now: Micros) -> str | None:
        """The user of a link that exists, is not used and not expired; marks it used in the same transaction."""
        links = schema.login_links
        where = (links.c.tenant == self._state.tenant, links.c.digest == token_hash)
        with self._state.tick() as tick:
            used = tick.connection.execute(
                update(links).where(*where, links.c.used_at.is_(None), links.c.expires_at > now).values(used_at=now)
            ).rowcount
            if not used:
                return None
            user: str = tick.connection.execute(select(links.c.user).where(*where)).scalar_one()
            tick.audit(user, "signed in", "session")
        return user

    def add_session(self, token_hash: str, user: str, expires_at: Micros) -> None:
        """Remember a session until it expires."""
        with self._state.tick() as tick:
            tick.connection.execute(
                insert(schema.sessions).values(
                    tenant=self._state.tenant, digest=token_hash, user=user, expires_at=expires_at
                )
            )

    def session_user(self, token_hash: str, now: Micros) -> str | None:
        """Who a session belongs to; None when it is unknown or expired."""
        table = schema.sessions
        with self._state.view() as connection:
            return connection.execute(
                select(table.c.user).where(
                    table.c.tenant == self._state.tenant, table.c.digest == token_hash, table.c.expires_at > now
                )
            ).scalar()

    def end_session(self, token_hash: str) -> None:
        """Sign out."""
        table = schema.sessions
        with self._state.tick() as tick:
            tick.connection.execute(
                delete(table).where(table.c.tenant == self._state.tenant, table.c.digest == token_hash)
            )
