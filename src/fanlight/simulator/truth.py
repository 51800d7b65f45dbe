"""What really happened: only tests and the printing of the truth read it. No product code does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanlight.simulator.stage import Stage

__all__ = ["Truth"]


class Truth:
    """Stories, planted values, identities, grants and posture facts of one world."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
