"""What reviewers say of matches: confirmed or dismissed, and what that tells of each recognizer.

A dismissal holds for one value only: one secret wherever it stands, by its fingerprint; anything else for the one match
that was looked at (same place, count, mask and time of writing). It never silences other values.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert, select

from fanlight.model import Match
from fanlight.state import State, Tick, schema

__all__ = ["REASONS", "Precision", "Verdict", "give_verdict", "match_id", "precision_of", "verdicts"]

Verdict = Literal["confirmed", "dismissed"]

REASONS = ("", "test data", "public", "not this type", "not ours", "allowed here")
"""Fixed words: a free text could quote what must not be stored."""

_table = schema.label_feedback
_Z = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How often reviewers agreed with one recognizer's finds of one type."""

    type: str
    category: str
    recognizer: str
    version: int
    confirmed: int
    dismissed: int

    @property
    def share(self) -> float:
        """Confirmed of all that were looked at."""
        return self.confirmed / (self.confirmed + self.dismissed)

    @property
    def bounds(self) -> tuple[float, float]:
        """Where the true share lies with 95 % certainty (Wilson), if reviewers looked at a fair sample."""
        n, p = self.confirmed + self.dismissed, self.share
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        width = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
        return max(0.0, middle - width), min(1.0, middle + width)


def match_id(match: Match) -> str:
    """A short name of one match, the same as long as the match says the same."""
    told = (
        match.object_kind, match.object_id, match.part_id, match.part_kind, match.at, match.type, match.recognizer,
        match.count, match.evidence, match.fingerprint,
    )  # fmt: skip
    return hashlib.blake2b(repr(told).encode(), digest_size=6).hexdigest()


def give_verdict(tick: Tick, match: Match, verdict: Verdict, reason: str, author: str) -> None:
    """Keep one verdict. Raises `ValueError` for a reason that is not of the list."""
    if reason not in REASONS:
        raise ValueError(f"A reason is one of: {', '.join(filter(None, REASONS))}.")
    tick.connection.execute(
        insert(_table).values(
            tenant=tick.tenant, at=tick.now, author=author, verdict=verdict, reason=reason,
            object_kind=match.object_kind, object_id=match.object_id, part_id=match.part_id, part_kind=match.part_kind,
            written_at=match.at, category=match.category, type=match.type, recognizer=match.recognizer,
            recognizer_version=match.recognizer_version, count=match.count, evidence=match.evidence,
            fingerprint=match.fingerprint,
        )
    )  # fmt: skip
    tick.audit(author, f"label {verdict}", match_id(match), f"{match.type} in {match.object_kind} {match.object_id}")


def verdicts(state: State) -> list[Precision]:
    """Counts by type and recognizer version; of several verdicts on one match the newest counts."""
    with state.view() as connection:
        rows = connection.execute(select(_table).where(_table.c.tenant == state.tenant).order_by(_table.c.id)).all()
    newest: dict[tuple[object, ...], tuple[tuple[str, str, str, int], str]] = {}
    for row in rows:
        known = row._mapping
        place = tuple(
            known[name]
            for name in (
                "object_kind", "object_id", "part_id", "part_kind", "written_at", "type", "recognizer", "count",
                "evidence", "fingerprint",
            )
        )  # fmt: skip
        newest[place] = (row.type, row.category, row.recognizer, row.recognizer_version), row.verdict
    return precision_of(newest.values())


def precision_of(said: Iterable[tuple[tuple[str, str, str, int], str]]) -> list[Precision]:
    """Counts of verdicts by (type, category, recognizer, version), the worst share first."""
    counts: dict[tuple[str, str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for key, verdict in said:
        counts[key][verdict == "dismissed"] += 1
    found = [
        Precision(type=key[0], category=key[1], recognizer=key[2], version=key[3], confirmed=yes, dismissed=no)
        for key, (yes, no) in counts.items()
    ]
    return sorted(found, key=lambda one: (one.share, -one.dismissed, one.type, one.recognizer, one.version))


def find_match(matches: Sequence[Match], wanted: str) -> Match | None:
    """The match with this id (or its beginning, when only one begins so)."""
    found = [match for match in matches if match_id(match).startswith(wanted)]
    ids = {match_id(match) for match in found}
    return found[0] if len(ids) == 1 else None
