"""What the browser may send back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from fanlight.model import Micros
from fanlight.server.schema.parts import VerdictKind, View

__all__ = [
    "AddSourceRequest",
    "AssignRequest",
    "BulkRequest",
    "CollectRequest",
    "NoteRequest",
    "SnoozeRequest",
    "VerdictRequest",
]


class VerdictRequest(View):
    """Close a finding with a verdict, and an exception if one is wanted."""

    kind: VerdictKind
    exception_dimension: str | None = None
    reason: Annotated[str, Field(max_length=2_000)] = ""


class AssignRequest(View):
    """Give a finding to somebody, or to nobody."""

    assignee: Annotated[str, Field(max_length=200)] | None


class BulkRequest(View):
    """One act on several findings of the queue."""

    ids: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=200)]
    act: Literal["verdict", "assign", "snooze"]
    verdict: VerdictKind | None = None
    assignee: Annotated[str, Field(max_length=200)] | None = None
    """Of `assign`; None is nobody."""
    until: Micros | None = None
    """Of `snooze`; None wakes."""


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
    replace: bool = False
    """Give the source of this name a new key; what is not entered stays, its place in the feed too."""


class CollectRequest(View):
    """Start collecting with a tested draft."""

    draft: str
