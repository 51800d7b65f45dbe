"""Words, marks and small pieces that several pages share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from fanlight.model import Micros

__all__ = [
    "Done",
    "Fact",
    "Figure",
    "Health",
    "LabelChip",
    "LabelFamily",
    "MarkName",
    "Problem",
    "Refusal",
    "ScopeState",
    "SensitivityName",
    "SeverityName",
    "VerdictKind",
    "View",
    "Who",
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
