"""Where each rule is filed, so that an event meets only the rules that could match it. Both executors use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fanlight.detections.tree import Node, presence_of, required_of

__all__ = ["Filing", "file_trees"]


@dataclass(frozen=True, slots=True)
class Filing:
    """Numbers of trees, by what an event must have for them to match."""

    by_text: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    """Field → folded text it must hold → trees."""
    by_presence: Mapping[frozenset[str], Sequence[int]] = field(default_factory=dict)
    """Fields of which one must have a value → trees."""
    always: Sequence[int] = ()
    """Trees that can match anything."""


def file_trees(trees: Sequence[Node]) -> Filing:
    """File every tree under the required field that tells most trees apart; else by presence; else nowhere."""
    needs = [required_of(tree) for tree in trees]
    spread: dict[str, set[str]] = {}
    for needed in needs:
        for name, texts in needed.items():
            spread.setdefault(name, set()).update(texts)
    by_text: dict[str, dict[str, list[int]]] = {}
    by_presence: dict[frozenset[str], list[int]] = {}
    always: list[int] = []
    for number, (tree, needed) in enumerate(zip(trees, needs, strict=True)):
        if needed:
            # Many known texts in a field, and few of them in this rule: a rare meeting.
            best = max(needed, key=lambda name: (len(spread[name]) / len(needed[name]), name))
            for text in needed[best]:
                by_text.setdefault(best, {}).setdefault(text, []).append(number)
            continue
        present = presence_of(tree)
        if present is None:
            always.append(number)
        else:
            by_presence.setdefault(present, []).append(number)
    return Filing(by_text, by_presence, always)
