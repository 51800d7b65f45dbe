"""What happens on set days: joining and leaving, administration, and the stories."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanlight.simulator.stage import Stage

__all__ = ["Act", "Agenda", "plan_agenda"]

Act = Callable[["Stage"], None]


class Agenda:
    """Acts by the UTC day on which they are performed."""

    def __init__(self) -> None:
        self._days: dict[int, list[Act]] = {}

    def put(self, day: int, act: Act) -> None:
        self._days.setdefault(day, []).append(act)

    def take(self, day: int) -> list[Act]:
        return self._days.pop(day, [])


def plan_agenda(stage: Stage) -> Agenda:
    """Write down everything that is decided before the first day."""
    return Agenda()
