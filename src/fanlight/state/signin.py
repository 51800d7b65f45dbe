"""Signing in: single-use links that expire, and the sessions they open. Only hashes are stored."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import delete, insert, select, update

from fanlight.model import HOUR, MINUTE, Micros
from fanlight.state import schema
from fanlight.state.state import State

__all__ = ["end_session", "make_link", "open_session", "session_user"]

LINK_LIFE: Micros = 10 * MINUTE
SESSION_LIFE: Micros = 12 * HOUR


def make_link(state: State, user: str, life: Micros = LINK_LIFE) -> str:
    """A token for `/enter?token=`; works once, for ten minutes."""
    token = secrets.token_urlsafe(32)
    with state.tick() as tick:
        tick.connection.execute(
            insert(schema.login_links).values(
                tenant=state.tenant, digest=_digest(token), user=user, expires_at=tick.now + life
            )
        )
    return token


def open_session(state: State, token: str) -> str | None:
    """Use a link up; returns the session's secret, or None for an unknown, used or expired link."""
    links = schema.login_links
    with state.tick() as tick:
        used = tick.connection.execute(
            update(links)
            .where(
                links.c.tenant == state.tenant,
                links.c.digest == _digest(token),
                links.c.used_at.is_(None),
                links.c.expires_at > tick.now,
            )
            .values(used_at=tick.now)
        ).rowcount
        if not used:
            return None
        user = tick.connection.execute(
            select(links.c.user).where(links.c.tenant == state.tenant, links.c.digest == _digest(token))
        ).scalar_one()
        session = secrets.token_urlsafe(32)
        tick.connection.execute(
            insert(schema.sessions).values(
                tenant=state.tenant, digest=_digest(session), user=user, expires_at=tick.now + SESSION_LIFE
            )
        )
        tick.audit(user, "signed in", "session")
    return session


def session_user(state: State, session: str) -> str | None:
    """Who a session belongs to; None when it is unknown or expired."""
    table = schema.sessions
    with state.view() as connection:
        return connection.execute(
            select(table.c.user).where(
                table.c.tenant == state.tenant,
                table.c.digest == _digest(session),
                table.c.expires_at > state.clock.now(),
            )
        ).scalar()


def end_session(state: State, session: str) -> None:
    """Sign out."""
    table = schema.sessions
    with state.tick() as tick:
        tick.connection.execute(delete(table).where(table.c.tenant == state.tenant, table.c.digest == _digest(session)))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
