"""The fly-out: any thing in five parts, over the page that named it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fanlight.server.schema.finding import Step
from fanlight.server.schema.parts import Fact, Figure, LabelChip, SensitivityName, SeverityName, View
from fanlight.server.schema.queue import QueueRow

__all__ = ["FlyoutView"]


class FlyoutView(View):
    """What it is, risk and open findings, usual in one line, access counts, last ten events."""

    of: str
    """`identity:idn_…` or `project:claude_proj_…`."""
    kind: str
    """In words: `person`, `project`."""
    title: str
    detail: str
    page: str
    """Address of its page."""
    facts: list[Fact]
    sensitivity: SensitivityName | None = None
    labels: list[LabelChip] = Field(default_factory=list)
    severity: SeverityName | None
    risk: str
    open_findings: list[QueueRow]
    usual: str
    access: list[Figure]
    access_note: str = ""
    events: Annotated[list[Step], Field(max_length=10)]
    events_summary: str
