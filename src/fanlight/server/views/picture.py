"""The six-column access picture, as the access room projects it."""

from __future__ import annotations

from fanlight.server import schema as s
from fanlight.server.views.snapshot import Snapshot

__all__ = ["picture_view"]


def picture_view(snapshot: Snapshot, identity_id: str) -> tuple[s.Picture | None, str]:
    """The picture, or None with the reason."""
    return None, "No source has listed projects or grants yet."
