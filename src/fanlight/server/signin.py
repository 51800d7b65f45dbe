"""Sign-in over the state database, which keeps hashes of tokens only."""

from __future__ import annotations

from fanlight.server.ports import Viewer
from fanlight.state.signin import end_session, make_link, open_session, session_user
from fanlight.state.state import State

__all__ = ["StateSessions"]


class StateSessions:
    """`Sessions` as the product runs them."""

    def __init__(self, state: State) -> None:
        self._state = state

    def issue_link(self, user: str, base_url: str) -> str:
        """An address that signs `user` in once within ten minutes."""
        return f"{base_url.rstrip('/')}/enter?token={make_link(self._state, user)}"

    def enter(self, token: str) -> str | None:
        """The secret of a new session, or None."""
        return open_session(self._state, token) if token else None

    def viewer(self, session: str | None) -> Viewer | None:
        """Who a session belongs to."""
        user = session_user(self._state, session) if session else None
        return None if user is None else Viewer(name=user)

    def leave(self, session: str | None) -> None:
        """End a session."""
        if session:
            end_session(self._state, session)
