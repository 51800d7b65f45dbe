"""The System Log in polling mode: follow the next link, never build it; sweeps use the bounded mode.

In polling mode the order is that of persistence, so no row can appear behind the cursor; `published` may go backwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from fanlight.model import DAY, Micros, format_time
from fanlight.sources.http import Parameters
from fanlight.sources.logs import LinkedLog, PageReader, Record
from fanlight.sources.okta.api import OktaApi, explain_refusal
from fanlight.sources.okta.mapping import LogEventMapper

__all__ = ["system_log"]

_PATH = "/api/v1/logs"
_LIMIT = 1000


def system_log(api: OktaApi, mapper: LogEventMapper, *, page: int = _LIMIT) -> LinkedLog:
    """The stream `system_log`."""

    def ask(link: str | None, since: Micros, until: Micros | None, purpose: str) -> tuple[Sequence[Record], str | None]:
        if link is not None:
            return api.page(api.log, link, purpose=purpose)
        bound = [] if until is None else [("until", _time(until))]
        params: Parameters = [("since", _time(since)), *bound, ("sortOrder", "ASCENDING"), ("limit", page)]
        return api.page(api.log, _PATH, params, purpose=purpose)

    return LinkedLog(
        name="system_log",
        reader=PageReader(
            what="the System Log of Okta",
            map_record=mapper.read,
            clock=api.clock,
            explain=lambda refusal: explain_refusal(refusal, "the System Log"),
        ),
        ask=ask,
        history=90 * DAY,
        history_words="90 days ago",
        always_linked=True,
    )


def _time(at: Micros) -> str:
    """Okta takes milliseconds."""
    return format_time(at)[:23] + "Z"
