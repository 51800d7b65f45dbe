"""The sources, and a key that was tried."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fanlight.model import Micros
from fanlight.server.schema.parts import Fact, Health, Problem, ScopeState, View

__all__ = [
    "KeyField",
    "Progress",
    "ScopeRow",
    "SourceKind",
    "SourceRow",
    "SourcesView",
    "TestedSource",
    "UnseenRow",
]


class Progress(View):
    """How far a first sync is."""

    share: float | None
    """0 to 1, None while the total is not known."""
    sentence: str


class SourceRow(View):
    """One connected source."""

    name: str
    title: str
    detail: str
    kind: str
    health: Health
    newest_event_at: Micros | None
    lag: str
    """Usual time from event to arrival, p95 of 24 h, in words; `–` when nothing arrived."""
    backlog: int | None
    """Items waiting; None is unknown."""
    events_24h: int
    by_hour: list[int | None]
    """24 counts, oldest first; None where nothing is known."""
    hour_note: str = ""
    progress: Progress | None = None
    facts: list[Fact] = Field(default_factory=list)
    problems: list[Problem] = Field(default_factory=list)


class UnseenRow(View):
    """A gap: something Fanlight does not see, and what it costs."""

    name: str
    sentence: str
    when: Literal["now", "earlier", "always"] = "always"
    """`now` is missing at this time, `earlier` was (and stays unknown), `always` is what such a source never tells."""


class KeyField(View):
    """One thing to enter when a source is added."""

    name: str
    label: str
    secret: bool
    required: bool
    placeholder: str = ""
    hint: str = ""
    lines: bool = False
    """Whether what is pasted may hold line breaks, as key files do."""


class SourceKind(View):
    """A kind of source that can be added in the browser."""

    kind: str
    title: str
    fields: list[KeyField]
    how_to: list[str]
    """Who makes the key, where, with which scopes."""


class SourcesView(View):
    """The sources page."""

    summary: str
    rows: list[SourceRow]
    unseen: list[UnseenRow]
    unseen_summary: str
    kinds: list[SourceKind]


class ScopeRow(View):
    """One scope of a key."""

    name: str
    state: ScopeState
    gives: str


class TestedSource(View):
    """What a pasted key can do. Nothing is collected yet."""

    draft: str
    """Handle of the tested settings, kept in memory for 10 minutes; the key is not sent again."""
    kind: str
    title: str
    key_shape: str
    """Public prefix and length only."""
    works: bool
    headline: str
    owner: str
    scopes: list[ScopeRow]
    collected: list[str]
    not_collected: list[str]
    warnings: list[str]
    how_to: list[str]
    estimate: str
