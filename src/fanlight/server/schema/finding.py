"""One finding."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fanlight.model import Micros
from fanlight.server.schema.parts import (
    Fact,
    Figure,
    LabelChip,
    MarkName,
    SensitivityName,
    SeverityName,
    VerdictKind,
    View,
    Who,
)

__all__ = [
    "AccessPath",
    "BarRow",
    "BarsCell",
    "BlastRadius",
    "Cell",
    "Chain",
    "Comparison",
    "EarlyCell",
    "ExceptionPreview",
    "FactsCell",
    "FindingView",
    "HoursCell",
    "LongitudePoint",
    "Note",
    "ObjectCard",
    "Opened",
    "OpenedRow",
    "PathStep",
    "Place",
    "RunbookStep",
    "Step",
    "VerdictView",
    "WhyRow",
]


class WhyRow(View):
    """One reason: what was seen against what is usual."""

    fact: str
    observed: str
    usual: str
    unknown: bool = False
    """True for `could not tell`."""


class BarRow(View):
    """One value of a dimension and how often it is seen."""

    name: str
    n: int
    share: float
    """0 to 1 of the usual events; 0 for what was never seen."""
    text: str
    """What stands at the right: `1,121 · 94.7 %` or `7 · never before`."""
    observed: bool = False


class LongitudePoint(View):
    """A place on the longitude strip."""

    name: str
    longitude: float
    share: float
    observed: bool = False


class BarsCell(View):
    """Ranked bars of one dimension; at most six and `N others`."""

    kind: Literal["bars"] = "bars"
    heading: str
    rows: list[BarRow]
    strip: list[LongitudePoint] = Field(default_factory=list)
    note: str = ""


class HoursCell(View):
    """Hour of week, 7 × 24 from Monday 00 in the person's own usual zone."""

    kind: Literal["hours"] = "hours"
    heading: str
    hours: Annotated[list[int], Field(min_length=168, max_length=168)]
    observed: list[int]
    """Hours of the week (0 to 167) of the observed events."""
    note: str = ""


class FactsCell(View):
    """Label and value lines; used for `Who else does this`."""

    kind: Literal["facts"] = "facts"
    heading: str
    rows: list[Fact]
    note: str = ""


class EarlyCell(View):
    """Stands in for a chart while there is no baseline, or where it could not be told."""

    kind: Literal["early"] = "early"
    heading: str
    sentence: str


Cell = Annotated[BarsCell | HoursCell | FactsCell | EarlyCell, Field(discriminator="kind")]


class Comparison(View):
    """Usual against observed."""

    usual: str
    observed: str
    cells: list[Cell]


class Step(View):
    """One line of a time line."""

    at: Micros
    until: Micros | None = None
    source: str
    text: str
    place: str | None = None
    """Address or network, in mono at the right."""
    mark: MarkName = "context"
    labels: list[LabelChip] = Field(default_factory=list)
    event_id: str | None = None
    story: bool = True
    """False for what the Story view folds away."""


class Chain(View):
    """The chain of evidence, oldest first."""

    summary: str
    steps: list[Step]
    folded: int = 0
    """How many steps the Story view leaves out."""


class OpenedRow(View):
    """One object that was opened."""

    at: Micros
    title: str
    labels: list[LabelChip]
    sensitivity: SensitivityName
    earlier: int
    """How often the same person opened it before."""


class Opened(View):
    """What was opened in the time of the finding."""

    summary: str
    rows: list[OpenedRow]
    last_line: str = ""


class ObjectCard(View):
    """The chat, file or project concerned. Never its text."""

    kind: str
    id: str
    heading: str
    """`The chat`."""
    title: str
    sensitivity: SensitivityName
    labels: list[LabelChip]
    facts: list[Fact]
    vendor_url: str | None = None
    masked_rows: int = 0
    """How many masked matches a look at the evidence would show."""


class PathStep(View):
    """One hop of an access path."""

    text: str
    detail: str = ""
    known: bool = True
    """False where the vendor does not say."""


class AccessPath(View):
    """How the identity reaches the object."""

    as_of: Micros
    """The time of the finding."""
    steps: list[PathStep]
    now: str = ""
    """Where it is another one now: how it is reached now, or that it is not."""


class BlastRadius(View):
    """What the identity can reach, in numbers."""

    identity_id: str
    name: str
    numbers: list[Figure]


class RunbookStep(View):
    """One step that the rule advises."""

    number: int
    text: str


class Note(View):
    """A note of a person on a finding."""

    author: str
    at: Micros
    text: str


class VerdictView(View):
    """A verdict that was given."""

    kind: VerdictKind
    by: str
    at: Micros
    sentence: str = ""
    exception_id: str | None = None
    exception_sentence: str = ""


class ExceptionPreview(View):
    """The narrowest exception that a false positive would make, and what it would have hidden."""

    dimension: str
    sentence: str
    """`this rule, Jane Doe, Canada, until 6 June`."""
    hidden: int
    hidden_true: int
    consequence: str


class Place(View):
    """Where the finding stands in the list it was opened from."""

    index: int
    total: int
    previous: str | None = None
    next: str | None = None


class FindingView(View):
    """A finding, as one page."""

    id: str
    short_id: str
    title: str
    sentence: str
    severity: SeverityName
    status: str
    """In words: `Open`, `Closed, true positive`, `Historical`."""
    open: bool
    assignee: str | None
    snoozed_until: Micros | None = None
    at: Micros
    who: Who
    rule: str
    rule_version: str
    rule_record: str
    """`precision 71 % over 38 verdicts`, or `no verdicts yet`."""
    attack: list[str]
    place: Place | None
    why: list[WhyRow]
    comparison: Comparison | None
    chain: Chain
    opened: Opened | None
    card: ObjectCard | None
    path: AccessPath | None
    blast: BlastRadius | None
    runbook: list[RunbookStep]
    similar: str
    notes: list[Note]
    verdict: VerdictView | None
    exceptions: list[ExceptionPreview]
    people: list[str]
    """Who it can be assigned to."""
