"""What the pages show: one typed view model per page, and what the browser may send back.

The server decides what is shown and words it; the page only draws. Times are `Micros` (UTC); the page writes them in
the time zone that `HeaderView` names. No model has a field that could hold content: chats and files appear by owner,
date, size and labels. `tools/build_types.py` writes the TypeScript twin of this file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from fanlight.model import Micros

__all__ = [
    "AccessPath",
    "AccessView",
    "AccountRow",
    "ActivityCell",
    "AddSourceRequest",
    "AssignRequest",
    "BarRow",
    "BarsCell",
    "BlastRadius",
    "BlindSpot",
    "Chain",
    "CollectRequest",
    "Comparison",
    "Done",
    "EarlyCell",
    "ExceptionPreview",
    "Fact",
    "FactsCell",
    "Figure",
    "FindingView",
    "HeaderView",
    "Hit",
    "HoursCell",
    "IdentityView",
    "KeyField",
    "LabelChip",
    "LongitudePoint",
    "MaskedEvidence",
    "MaskedRow",
    "Note",
    "NoteRequest",
    "ObjectCard",
    "Opened",
    "OpenedRow",
    "PathStep",
    "PersonRow",
    "Picture",
    "PictureColumn",
    "PictureEdge",
    "PictureNode",
    "Place",
    "PostureFact",
    "Problem",
    "Progress",
    "QueueRow",
    "QueueTab",
    "QueueView",
    "Refusal",
    "RiskRow",
    "RunbookStep",
    "ScopeRow",
    "SearchView",
    "SnoozeRequest",
    "SourceKind",
    "SourceRow",
    "SourcesView",
    "Step",
    "TestedSource",
    "UnseenRow",
    "VerdictRequest",
    "VerdictView",
    "View",
    "Who",
    "WhyRow",
]

SeverityName = Literal["info", "low", "medium", "high", "critical"]
SensitivityName = Literal["none", "low", "moderate", "high", "not_read"]
LabelFamily = Literal["people", "money", "secrets", "business"]
VerdictKind = Literal["true_positive", "false_positive", "expected"]
Health = Literal["healthy", "late", "partial", "stopped", "first_sync"]
ScopeState = Literal["found", "missing", "too_much"]
MarkName = Literal["usual", "new", "anchor", "gap", "context"]


class View(BaseModel):
    """Base of everything that crosses between server and browser."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---- small parts -----------------------------------------------------------------------------------------------


class LabelChip(View):
    """One category on an object, with the family that gives its hue."""

    category: str
    family: LabelFamily
    count: int | None = None


class Who(View):
    """The person, project or machine a row is about."""

    name: str
    detail: str = ""
    kind: str = "identity"
    id: str | None = None
    """Set when a page about it exists."""


class Fact(View):
    """A label and its value; `link` is an address inside the product."""

    label: str
    value: str
    strong: bool = False
    chip: str | None = None
    link: str | None = None


class Figure(View):
    """A big figure with its unit."""

    value: str
    label: str


class Problem(View):
    """Something that went wrong at a source, in one sentence."""

    at: Micros
    sentence: str


class Done(View):
    """The answer to an accepted request: one sentence about what follows."""

    sentence: str
    undo: str | None = None
    """Opaque token that takes the act back for 10 s."""


class Refusal(View):
    """The answer to a refused request."""

    sentence: str
    details: str = ""


# ---- header ----------------------------------------------------------------------------------------------------


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
    arrived: int = 0
    """Findings that came after the `since` the page sent."""
    arrived_at: Micros | None = None


# ---- queue -----------------------------------------------------------------------------------------------------


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


# ---- finding ---------------------------------------------------------------------------------------------------


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
    strip: list[LongitudePoint] = []
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
    labels: list[LabelChip] = []
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
    steps: list[PathStep]


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


# ---- identity --------------------------------------------------------------------------------------------------


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
    labels: list[LabelChip] = []
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


# ---- sources ---------------------------------------------------------------------------------------------------


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
    facts: list[Fact] = []
    problems: list[Problem] = []


class UnseenRow(View):
    """A gap: something Fanlight does not see, and what it costs."""

    name: str
    sentence: str
    now: bool = False
    """True for what is missing at this time, False for what no source of this kind ever tells."""


class KeyField(View):
    """One thing to enter when a source is added."""

    name: str
    label: str
    secret: bool
    required: bool
    placeholder: str = ""
    hint: str = ""


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


# ---- search, evidence ------------------------------------------------------------------------------------------


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


# ---- requests --------------------------------------------------------------------------------------------------


class VerdictRequest(View):
    """Close a finding with a verdict, and an exception if one is wanted."""

    kind: VerdictKind
    exception_dimension: str | None = None
    reason: Annotated[str, Field(max_length=2_000)] = ""


class AssignRequest(View):
    """Give a finding to somebody, or to nobody."""

    assignee: Annotated[str, Field(max_length=200)] | None


class NoteRequest(View):
    """Write a note on a finding."""

    text: Annotated[str, Field(min_length=1, max_length=4_000)]


class SnoozeRequest(View):
    """Hide a finding until a time; None wakes it."""

    until: Micros | None


class AddSourceRequest(View):
    """Settings and keys of a source to test. Keys are held as secrets and never echoed."""

    kind: Annotated[str, Field(max_length=60)]
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$")]
    options: dict[str, SecretStr]


class CollectRequest(View):
    """Start collecting with a tested draft."""

    draft: str
