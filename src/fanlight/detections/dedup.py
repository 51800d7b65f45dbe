"""Which hits are one finding: the same rule, the same group key, inside one period from the first of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from fanlight.detections.outcome import duration
from fanlight.model import DAY, HOUR, Micros

__all__ = ["WEEK", "Dedup", "finding_id", "group_hits", "is_settled"]

WEEK: Micros = 7 * DAY
_KEYS = ("identity", "project", "chat", "organization", "target")


@dataclass(frozen=True, slots=True)
class Dedup:
    """By what hits are grouped and for how long the first one takes in the others."""

    by: tuple[str, ...] = ("identity",)
    period: Micros = HOUR

    @classmethod
    def of(cls, source: Mapping[str, Any] | None) -> Dedup:
        """Read a rule's `dedup:`. Raises `ValueError` with a sentence."""
        source = source or {}
        by = source.get("by", "identity")
        keys = tuple([by] if isinstance(by, str) else by)
        for key in keys:
            if key not in _KEYS:
                raise ValueError(f"dedup cannot group by '{key}'; it groups by {', '.join(_KEYS)}.")
        return cls(keys, duration(str(source.get("period", "60m"))))


class Grouped(Protocol):
    """What grouping needs to know of a hit."""

    @property
    def at(self) -> Micros: ...
    @property
    def tie(self) -> str: ...
    @property
    def group_key(self) -> str: ...


Hit = TypeVar("Hit", bound=Grouped)


def group_hits(hits: Sequence[Hit], period: Micros) -> list[list[Hit]]:
    """Groups in time order; the first hit of a group is its anchor. Independent of the order of arrival.

    A week (from Thursday 00:00 UTC, as the epoch's) begins new groups: where hits never pause, where one group ends
    and the next begins would otherwise depend on the first hit of all history.
    """
    groups: list[list[Hit]] = []
    open_group: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=lambda hit: (hit.at, hit.tie)):
        group = open_group.get(hit.group_key)
        if group is None or hit.at >= group[0].at + period or hit.at // WEEK != group[0].at // WEEK:
            group = open_group[hit.group_key] = []
            groups.append(group)
        group.append(hit)
    return groups


def is_settled(hits: Sequence[Hit], period: Micros, known_from: Micros, since: Micros) -> bool:
    """Whether the groups that reach to `since` or later would be the same with any hits before `known_from`.

    They are when, in each chain of hits, a pause of a whole period or the turn of a week comes before them.
    """
    chains: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=lambda hit: (hit.at, hit.tie)):
        chains.setdefault(hit.group_key, []).append(hit)
    return all(_is_settled(chain, period, known_from, since) for chain in chains.values())


def _is_settled(chain: Sequence[Hit], period: Micros, known_from: Micros, since: Micros) -> bool:
    groups = group_hits(chain, period)
    first = next((group[0] for group in groups if group[-1].at >= since), None)
    if first is None:
        return True
    before = known_from
    for hit in chain:
        if hit.at - before >= period or hit.at // WEEK != before // WEEK:
            return True
        if hit is first:
            return False
        before = hit.at
    return False


def finding_id(tenant: str, rule_id: str, group_key: str, anchor: str) -> str:
    """The name of a finding: the same facts give the same name, whoever judges and whenever."""
    text = "\x1f".join((tenant, rule_id, group_key, anchor))
    return "f_" + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
