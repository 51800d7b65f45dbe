"""From the name of a type, as matches store it, to the group that says how it is masked, exported and weighed."""

from __future__ import annotations

from functools import cache

from fanlight.labels.detectors import detectors
from fanlight.labels.recognizers import recognizers

__all__ = ["group_of_type"]

_FALLBACK = {
    "PII": "address", "PERSON_NAME": "person", "GOV_ID": "national_id", "PAYMENT_CARD": "card", "FINANCIAL": "money",
    "HEALTH": "health_text", "SECRET": "secret", "SOURCE_CODE": "source_code", "LEGAL": "legal_text",
    "CUSTOMER_DATA": "contacts", "CONFIDENTIAL_MARK": "mark",
}  # fmt: skip


@cache
def _groups() -> dict[str, str]:
    known = {recognizer.type: recognizer.group.name for recognizer in recognizers()}
    for detector in detectors():
        known.update(detector.types)
    return known


def group_of_type(type_name: str, category: str) -> str:
    """The taxonomy group of a stored type; one that no recognizer has any more falls back to its category."""
    return _groups().get(type_name) or _FALLBACK.get(category, "secret")
