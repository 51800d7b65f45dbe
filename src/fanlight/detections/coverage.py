"""Which ATT&CK techniques rules look for, by data source."""

from __future__ import annotations

from dataclasses import dataclass

from fanlight.detections.rulefile import RuleSet

__all__ = ["Covered", "coverage"]


@dataclass(frozen=True, slots=True)
class Covered:
    """Rules for one technique in one product's events."""

    technique: str
    """`T1078.004`, or a tactic's name for a rule that names no technique, or `none`."""
    product: str
    rules: tuple[str, ...]


def coverage(rules: RuleSet) -> list[Covered]:
    """Techniques by product, sorted; a rule with several techniques counts for each."""
    found: dict[tuple[str, str], list[str]] = {}
    for rule in rules.rules:
        techniques = [tag.upper() for tag in rule.attack if tag[:1] == "t" and tag[1:2].isdigit()]
        for technique in techniques or list(rule.attack) or ["none"]:
            found.setdefault((technique, rule.product or rule.category or "any"), []).append(rule.name)
    return [Covered(technique, product, tuple(names)) for (technique, product), names in sorted(found.items())]
