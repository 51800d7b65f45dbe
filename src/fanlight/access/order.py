"""In which order boxes stand in their columns, so that lines cross as little as a swap can help."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from typing import TypeVar

__all__ = ["arrange", "crossings"]

Box = TypeVar("Box", bound=Hashable)
Line = tuple[int, Box, int, Box, int]
"""Column and box on the left, column and box on the right, weight."""

_ROUNDS = 8


def arrange(columns: Sequence[Sequence[Box]], lines: Sequence[Line[Box]], fixed: Collection[int]) -> list[list[Box]]:
    """Order each column: `fixed` ones stay, others go to the middle of what they lead to, then neighbours swap
    while that undoes a crossing. Boxes named `more` keep the end."""
    ordered = [list(column) for column in columns]
    for column in reversed(range(len(ordered))):
        if column not in fixed:
            _to_middle(ordered, column, lines)
    for _ in range(_ROUNDS):
        swaps = [_swap(ordered, column, lines) for column in range(len(ordered)) if column not in fixed]
        if not any(swaps):
            break
    return ordered


def _last(box: Hashable) -> bool:
    return isinstance(box, tuple) and bool(box) and box[0] == "more"


def _to_middle(ordered: list[list[Box]], column: int, lines: Sequence[Line[Box]]) -> None:
    total: dict[Box, float] = defaultdict(float)
    weight: dict[Box, float] = defaultdict(float)
    place = {(i, box): at for i, boxes in enumerate(ordered) for at, box in enumerate(boxes)}
    for left, source, right, target, count in lines:
        if left == column and (right, target) in place:
            total[source] += place[right, target] * count
            weight[source] += count
    before = {box: at for at, box in enumerate(ordered[column])}
    end = max((len(boxes) for boxes in ordered), default=0)
    ordered[column].sort(key=lambda box: (_last(box), total[box] / weight[box] if weight[box] else end, before[box]))


def _swap(ordered: list[list[Box]], column: int, lines: Sequence[Line[Box]]) -> bool:
    boxes = ordered[column]
    near = [line for line in lines if column in (line[0], line[2])]
    swapped = False
    for at in range(len(boxes) - 1):
        if _last(boxes[at + 1]):
            continue
        now = crossings(ordered, near)
        boxes[at], boxes[at + 1] = boxes[at + 1], boxes[at]
        if crossings(ordered, near) < now:
            swapped = True
        else:
            boxes[at], boxes[at + 1] = boxes[at + 1], boxes[at]
    return swapped


def crossings(ordered: Sequence[Sequence[Box]], lines: Sequence[Line[Box]]) -> int:
    """How many pairs of lines between the same two columns cross."""
    place = {(i, box): at for i, boxes in enumerate(ordered) for at, box in enumerate(boxes)}
    spans: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for left, source, right, target, _ in lines:
        if (left, source) in place and (right, target) in place:
            spans[left, right].append((place[left, source], place[right, target]))
    return sum(
        (a - c) * (b - d) < 0
        for pairs in spans.values()
        for index, (a, b) in enumerate(pairs)
        for c, d in pairs[index + 1 :]
    )
