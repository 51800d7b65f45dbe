"""Sign-in by a link that works once, and the sessions it opens.

Tokens are 256 random bits. The store keeps their SHA-256 only, so a copy of the state database opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets

from fanlight.model import HOUR, MINUTE, Clock, Micros
from fanlight.server.ports import SignInStore, Viewer

__all__ = ["LINK_LIFE", "SESSION_LIFE", "Sessions", "hash_token"]

LINK_LIFE: Micros = 10 * MINUTE
SESSION_LIFE: Micros = 12 * HOUR


def hash_token(token: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """Issues links, turns each into one session, and tells who a session belongs to."""

    def __init__(self, store: SignInStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def issue_link(self, user: str, base_url: str) -> str:
        """An address that signs `user` in once within ten minutes."""
        token = secrets.token_urlsafe(32)
        self._store.add_link(hash_token(token), user, self._clock.now() + LINK_LIFE)
        return f"{base_url.rstrip('/')}/enter?token={token}"

    def enter(self, token: str) -> str | None:
        """The session token for a link's token, or None when the link was used, expired or never existed."""
        now = self._clock.now()
        user = self._store.use_link(hash_token(token), now)
        if user is None:
            return None
        session = secrets.token_urlsafe(32)
        self._store.add_session(hash_token(session), user, now + SESSION_LIFE)
        return session

    def viewer(self, session: str | None) -> Viewer | None:
        """Who a session cookie belongs to."""
        if not session:
            return None
        user = self._store.session_user(hash_token(session), self._clock.now())
        return None if user is None else Viewer(name=user)

    def leave(self, session: str | None) -> None:
        """End a session."""
        if session:
            self._store.end_session(hash_token(session))
