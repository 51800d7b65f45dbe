"""Answers of the access graph, and how they are printed (design section 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fanlight.model import GrantVia, Micros, format_time

__all__ = ["LEVEL_RANK", "Answer", "Change", "Explanation", "Exposure", "Hop", "Reached", "Via", "level_rank"]

Answer = Literal["yes", "no", "unknown"]

#: Project roles from strong to weak; levels we do not know count as the weakest that is certain.
LEVEL_RANK = {"owner": 5, "admin": 4, "editor": 3, "viewer": 2, "member": 1, "unknown": 0}


def level_rank(level: str) -> int:
    """How much a level lets a person do; larger is more."""
    return LEVEL_RANK.get(level, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """One grant by which somebody reaches something."""

    kind: GrantVia
    id: str
    """Native id of the principal that holds the grant; an organization role is `<organization uuid>/<role>`."""
    name: str
    level: str
    account: str
    """The account through which the person holds it."""
    since: Micros
    exact: bool
    """False where only the interval between two looks is known."""

    def row(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "id": self.id,
            "name": self.name,
            "level": self.level,
            "since": format_time(self.since),
            "exact": self.exact,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """That an identity reaches a resource: at which level at most, and by which grants."""

    identity: str
    kind: str
    id: str
    name: str
    level: str
    """`unknown` where the vendor does not say whether a member may open it."""
    via: tuple[Via, ...]

    def row(self) -> dict[str, Any]:
        """A line of the contract: identity, resource, level, via."""
        return {
            "identity": self.identity,
            "resource": {"kind": self.kind, "id": self.id, "name": self.name},
            "level": self.level,
            "via": [entry.row() for entry in self.via],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One station of a path."""

    kind: str
    id: str
    name: str
    edge: str = ""
    """How the station before leads here: `has account`, `member of`, `holds role`, `editor of`, `contains`."""
    since: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Whether an identity reaches a resource, every path, and in words why or why not."""

    identity: str
    kind: str
    id: str
    answer: Answer
    level: str | None
    sentence: str
    paths: tuple[tuple[Hop, ...], ...] = ()
    via: tuple[Via, ...] = ()

    def row(self) -> dict[str, Any]:
        return {
            "identity": self.identity,
            "resource": {"kind": self.kind, "id": self.id},
            "answer": self.answer,
            "level": self.level,
            "via": [entry.row() for entry in self.via],
            "sentence": self.sentence,
            "paths": [[f"{hop.edge} {hop.kind} {hop.name or hop.id}".strip() for hop in path] for path in self.paths],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How much one identity reaches: the blast radius in figures."""

    identity: str
    projects: int
    resources: int
    """Chats and files in those projects and the identity's own ones outside projects."""
    sensitive: int
    own: int
    """Resources the identity itself made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference of effective access between two moments."""

    change: Literal["added", "removed", "changed"]
    identity: str | None
    """None for a change that concerns everybody in an organization."""
    kind: str
    id: str
    name: str
    before: str | None
    after: str | None
    via: tuple[Via, ...] = ()
    organization: str | None = None

    def row(self) -> dict[str, Any]:
        return {
            "change": self.change,
            "identity": self.identity,
            "organization": self.organization,
            "resource": {"kind": self.kind, "id": self.id, "name": self.name},
            "level": self.after or self.before,
            "before": self.before,
            "after": self.after,
            "via": [entry.row() for entry in self.via],
        }
