"""One identity, and the access picture."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fanlight.model import Micros
from fanlight.server.schema.finding import EarlyCell, HoursCell, Step
from fanlight.server.schema.parts import Fact, LabelChip, SensitivityName, SeverityName, View
from fanlight.server.schema.queue import QueueRow

__all__ = [
    "AccessView",
    "AccountRow",
    "ActivityCell",
    "IdentityView",
    "PersonRow",
    "Picture",
    "PictureColumn",
    "PictureEdge",
    "PictureNode",
    "PostureFact",
]


class AccountRow(View):
    """One account of an identity and why it is linked."""

    source: str
    login: str
    id: str
    why: str
    evidence: Literal["source", "strong", "medium", "suggested"]
    since: Micros | None
    active: bool = True


class PictureNode(View):
    """A box of the picture. Ids are unique in the picture."""

    id: str
    text: str
    count: str = ""
    sensitivity: SensitivityName | None = None
    labels: list[LabelChip] = Field(default_factory=list)
    more: bool = False
    """True for the dashed `+132 more` box."""
    change: Literal["added", "removed"] | None = None
    sentence: str = ""
    """Written below when the node is selected."""
    link: str | None = None
    """Pivot: an address inside the product."""
    link_text: str = ""


class PictureColumn(View):
    """One of the six columns; its counts add up to the heading."""

    heading: str
    total: str
    nodes: Annotated[list[PictureNode], Field(max_length=12)]


class PictureEdge(View):
    """A line between two boxes of neighbouring (or later) columns."""

    source: str
    target: str
    wide: bool = False
    """Organization-wide grants."""
    known: bool = True
    """False (dashed) where the vendor does not say."""


class Picture(View):
    """The six-column access picture."""

    as_of: Micros
    summary: str
    columns: list[PictureColumn]
    edges: list[PictureEdge]
    sentence: str = ""
    """The selected path in words, or what the picture is about."""
    selected: str | None = None
    """Node that is selected when the page opens."""
    compared_with: Micros | None = None
    """The earlier moment that `added` and `removed` count from."""
    added: int = 0
    removed: int = 0
    note: str = ""
    """What a look into the past cannot know."""


class PersonRow(View):
    """Somebody who reaches the thing that the access page is about."""

    id: str
    name: str
    level: str
    how: str
    known: bool
    """False where the vendor does not say."""
    since: Micros | None


class AccessView(View):
    """The access picture around anything: pivot from box to box."""

    pivot: str
    title: str
    detail: str
    people: list[PersonRow]
    people_summary: str
    picture: Picture


class ActivityCell(View):
    """One measure by day against its usual range."""

    heading: str
    value: str
    usual: str
    points: list[float | None]
    """One per day, oldest first; None where the feed has a gap. The last one is today so far."""
    low: float
    high: float
    first_day: str
    last_day: str


class PostureFact(View):
    """A posture result that concerns this identity."""

    check: str
    status: Literal["pass", "fail", "unknown"]
    severity: SeverityName
    title: str
    sentence: str


class IdentityView(View):
    """A person, team mailbox or machine, as one page."""

    id: str
    name: str
    detail: str
    severity: SeverityName | None
    open_findings: list[QueueRow]
    facts: list[Fact]
    as_of: Micros
    accounts: list[AccountRow]
    accounts_summary: str
    picture: Picture | None
    picture_missing: str = ""
    """Why there is no picture."""
    activity: list[ActivityCell]
    activity_summary: str = ""
    hours: HoursCell | EarlyCell | None
    timeline: list[Step]
    timeline_summary: str
    posture: list[PostureFact]
