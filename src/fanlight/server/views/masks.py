"""Masked evidence of one object: masks that cannot be turned back, never the text."""

from __future__ import annotations

from fanlight.detections.things import telling
from fanlight.model import SENSITIVITY_ORDER, Match
from fanlight.server import schema as s
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import chip, clock_time

__all__ = ["masked_view"]

_MOST = 40


def masked_view(snapshot: Snapshot, kind: str, object_id: str) -> s.MaskedEvidence | None:
    """The matches, or None where nothing was found: of the most sensitive chats and files in it first, the strongest
    first within each."""
    levels: dict[tuple[str, str], int] = {}
    for match in snapshot.matches_of(kind, object_id):
        thing = _thing(match)
        if thing not in levels:
            levels[thing] = SENSITIVITY_ORDER.get(snapshot.labelled(*thing).sensitivity, 0)
    matches = sorted(
        snapshot.matches_of(kind, object_id),
        key=lambda m: (-levels[_thing(m)], m.band == "low", telling(m.category), -m.confidence, -m.count, m.part_id),
    )
    if not matches:
        return None
    parts = {part: number for number, part in enumerate(dict.fromkeys(m.part_id for m in _in_time(matches)), start=1)}
    names = sorted({f"{match.recognizer} {match.recognizer_version}" for match in matches})
    now = snapshot.home.clock.now()
    return s.MaskedEvidence(
        title=snapshot.title_of(kind, object_id),
        rows=[
            s.MaskedRow(
                where=(f"{snapshot.title_of(*_thing(match))}, " if kind == "project" else "")
                + f"part {parts[match.part_id]}, {match.part_kind.replace('_', ' ')}"
                + (f", {match.role}" if match.role else ""),
                category=chip(match.category, match.count),
                type=match.type,
                mask=match.evidence or "no mask",
                count=match.count,
                confidence=match.confidence,
            )
            for match in matches[:_MOST]
        ],
        recognizers=f"{'Recognizer' if len(names) == 1 else 'Recognizers'} {', '.join(names[:6])}"
        + (f" and {len(names) - 6} more." if len(names) > 6 else "."),
        audited=f"You hold evidence:read. This look was written to the audit log at "
        f"{clock_time(now, snapshot.zone, seconds=True)}.",
    )


def _thing(match: Match) -> tuple[str, str]:
    """The chat a match is in, else its own object."""
    return ("chat", match.chat_id) if match.chat_id else (match.object_kind, match.object_id)


def _in_time(matches: list[Match]) -> list[Match]:
    return sorted(matches, key=lambda match: (match.at or 0, match.part_id))
