"""A country in which the company has no office."""

from __future__ import annotations

from typing import Any

from fanlight.detections.context import Context
from fanlight.detections.outcome import (
    NO,
    Condition,
    Outcome,
    Reading,
    Subject,
    nothing_left,
)
from fanlight.enrich.countries import country_name
from fanlight.model import Why

__all__ = ["NAME", "make"]

NAME = "far_from_office"


def make(body: dict[str, Any], _: Reading) -> Condition:
    nothing_left("far_from_office", body)

    def judge(subject: Subject, context: Context) -> Outcome:
        where = subject.where
        if where is None or where.corporate or where.country is None:
            return NO
        offices = context.office_countries(subject.event.occurred_at)
        if not offices or where.country in offices:
            return NO
        how = "named in settings" if context.facts.company.office_countries else "learned from where people work"
        why = Why(
            fact="office", observed=f"{country_name(where.country)}, no office",
            usual=f"offices in {', '.join(sorted(country_name(c) for c in offices))} ({how})",
        )  # fmt: skip
        return Outcome(True, (why,), 0.0, f"the company has no office in {country_name(where.country)}",
                       frozenset({f"country:{where.country}"}))  # fmt: skip

    return judge
