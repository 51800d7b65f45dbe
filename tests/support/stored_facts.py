"""Facts put straight into a home, for tests of what is concluded from them."""

from __future__ import annotations

from typing import Any

import orjson

from fanlight.model import Event, Micros
from fanlight.pipeline.home import Home

__all__ = ["event", "store"]


class SteadyClock:
    """A clock that stands still."""

    def __init__(self, at: Micros) -> None:
        self.at = at

    def now(self) -> Micros:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += int(seconds * 1_000_000)


def store(home: Home, *rows: Any) -> None:
    """Commit facts of any kind in one tick."""
    segments = home.lake.stage(list(rows))
    with home.state.tick() as tick:
        tick.add_segments(segments)


def event(number: int | str, type: str, at: Micros, **more: Any) -> Event:
    """One event of Claude unless told otherwise; `raw` may be a table."""
    raw = more.pop("raw", {})
    values: dict[str, Any] = {
        "tenant": "default", "source": "claude", "product": "claude", "event_id": f"e{number}", "type": type,
        "family": "other", "occurred_at": at, "ingested_at": at + 60_000_000, "raw": orjson.dumps(raw).decode(),
        "actor_kind": "user_actor", "actor_id": "user_01A", "account_key": "claude:user_01A",
    }  # fmt: skip
    return Event(**{**values, **more})
