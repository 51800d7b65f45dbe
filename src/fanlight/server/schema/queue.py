"""The frame, the queue, search, and masked evidence."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fanlight.model import Micros
from fanlight.server.schema.parts import LabelChip, SeverityName, VerdictKind, View, Who

__all__ = [
    "BlindSpot",
    "HeaderView",
    "Hit",
    "MaskedEvidence",
    "MaskedRow",
    "QueueRow",
    "QueueTab",
    "QueueView",
    "RiskRow",
    "SearchView",
]


class HeaderView(View):
    """What every page shows around itself."""

    product_version: str
    now: Micros
    tenant: str
    organizations: list[str]
    simulated: bool
    freshness: Literal["live", "late", "first_sync", "stopped", "nothing"]
    newest_event_at: Micros | None
    time_zone: str
    """IANA name."""
    user: str
    initials: str
    queue_open: int
    identities: int
    sources_note: str
    """`1 stopped`, or empty when all is well."""
    counts: dict[str, int] = Field(default_factory=dict)
    """Figures beside the names of other pages in the navigation."""
    arrived: int = 0
    """Findings that came after the `since` the page sent."""
    arrived_at: Micros | None = None


class QueueTab(View):
    """A saved way to look at the queue."""

    key: str
    label: str
    count: int


class QueueRow(View):
    """One finding in the queue."""

    id: str
    severity: SeverityName
    new: bool
    title: str
    sentence: str
    who: Who
    labels: list[LabelChip]
    labels_note: str = ""
    """`no object` or `none found` where there are no labels."""
    at: Micros
    assignee: str | None
    status: str
    verdict: VerdictKind | None = None
    rule: str
    rule_title: str


class RiskRow(View):
    """An identity that has open findings, by score of 100."""

    identity_id: str
    name: str
    detail: str
    score: int
    change: int
    """Against ten days ago."""
    spark: list[int]
    """Score at the end of each of the last days, oldest first."""


class BlindSpot(View):
    """Something Fanlight cannot see now."""

    sentence: str


class QueueView(View):
    """The queue."""

    summary: str
    """After the title: `27 open findings, 4 of them since you left at 18:12 yesterday`."""
    tab: str
    tabs: list[QueueTab]
    rows: list[QueueRow]
    total: int
    last_line: str
    """`13 findings shown. 14 more below, all low.`"""
    risk: list[RiskRow]
    blind: list[BlindSpot]
    seeing: str
    """One sentence on how much can be seen now; stands in the empty queue."""
    panes: int
    """Lit panes of the fan, 0 to 6: how much can be seen now."""
    sources_connected: int
    newest_at: Micros | None
    """Newest creation time in this answer; sent back as `since` to learn of arrivals."""
    people: list[str]
    """Who findings can be assigned to."""


class Hit(View):
    """One search result."""

    kind: Literal["identity", "finding", "project", "source", "ip"]
    title: str
    detail: str
    link: str


class SearchView(View):
    """Search results, best first."""

    query: str
    hits: list[Hit]
    last_line: str = ""


class MaskedRow(View):
    """One match as a mask that cannot be turned back."""

    where: str
    """`message 6, user`."""
    category: LabelChip
    type: str
    mask: str
    count: int
    confidence: float


class MaskedEvidence(View):
    """Masked matches of one object; the look was written to the audit log."""

    title: str
    rows: list[MaskedRow]
    recognizers: str
    audited: str
    """`This look was written to the audit log at 09:44:02.`"""
