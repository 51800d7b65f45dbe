"""Which identities have the most open trouble: a score of 100 from their open findings, with ten days of history.

The score is `100 · (1 − Π(1 − w))` over the findings of an identity, w by severity, halved for every 14 days of age:
a second finding of the same weight adds less than the first, and nothing ever passes 100.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fanlight.model import DAY, Micros, Severity, day_of
from fanlight.state.findings import StoredFinding

__all__ = ["Risk", "rank_risk", "risk_rows", "score_at"]

WEIGHTS: Mapping[Severity, float] = {"critical": 0.7, "high": 0.45, "medium": 0.2, "low": 0.08, "info": 0.02}
HALF_LIFE: Micros = 14 * DAY
DAYS = 10


@dataclass(frozen=True, slots=True)
class Risk:
    """One identity's score now and at the end of each of the last days, oldest first."""

    identity_id: str
    score: int
    change: int
    spark: tuple[int, ...]
    findings: int


def score_at(findings: Sequence[StoredFinding], at: Micros) -> int:
    """0 to 100 from the findings that had happened by `at`."""
    calm = 1.0
    for stored in findings:
        age = at - stored.finding.at
        if age >= 0:
            calm *= 1 - WEIGHTS[stored.finding.severity] * 0.5 ** (age / HALF_LIFE)
    return round(100 * (1 - calm))


def rank_risk(findings: Sequence[StoredFinding], now: Micros, most: int = 8) -> list[Risk]:
    """The identities with the highest score, from open findings and those confirmed as true."""
    by_identity: dict[str, list[StoredFinding]] = defaultdict(list)
    for stored in findings:
        if stored.finding.identity_id and (stored.status == "open" or stored.verdict == "true_positive"):
            by_identity[stored.finding.identity_id].append(stored)
    ranked: list[Risk] = []
    for identity, mine in by_identity.items():
        spark = tuple(score_at(mine, now - (DAYS - 1 - day) * DAY) for day in range(DAYS))
        open_now = sum(1 for stored in mine if stored.status == "open")
        if spark[-1] > 0 and open_now:
            ranked.append(Risk(identity, spark[-1], spark[-1] - spark[0], spark, open_now))
    return sorted(ranked, key=lambda risk: (-risk.score, -risk.change, risk.identity_id))[:most]


def risk_rows(findings: Sequence[StoredFinding], now: Micros) -> Iterator[dict[str, Any]]:
    """Lines of `export risk`: every identity with a score today, highest first, with the findings that make it."""
    by_id = defaultdict(list)
    for stored in findings:
        if stored.finding.identity_id:
            by_id[stored.finding.identity_id].append(stored)
    for risk in rank_risk(findings, now, most=len(by_id)):
        mine = sorted(
            by_id[risk.identity_id], key=lambda stored: (-WEIGHTS[stored.finding.severity], stored.finding.id)
        )
        yield {
            "identity": risk.identity_id,
            "day": day_of(now),
            "score": risk.score,
            "reasons": [
                {"finding": stored.finding.id, "rule": stored.finding.rule, "severity": stored.finding.severity,
                 "sentence": stored.finding.sentence}
                for stored in mine
                if stored.status == "open" or stored.verdict == "true_positive"
            ],
        }  # fmt: skip
