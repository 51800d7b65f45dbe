"""Keeping up: the loop that collects, labels and judges while Fanlight runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from fanlight.pipeline.connections import ConnectionProblem
from fanlight.pipeline.home import Home
from fanlight.pipeline.sync import sync
from fanlight.state import LeaseHeld, LeaseLost

__all__ = ["keep_up"]

_BREATH_SECONDS = 2.0


def keep_up(home: Home, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Run until `stop` is set: each stream at its own interval, judging after anything new.

    A source that another process holds, or that fails, is said once per change of sentence and tried again.
    """
    told = ""
    while not stop.is_set():
        sentence = ""
        try:
            outcome = sync(home, until_caught_up=False, only_due=True)
            sentence = " ".join(f"{one.name}: {one.problem}" for one in outcome.sources if one.problem)
        except (ConnectionProblem, LeaseHeld, LeaseLost) as problem:
            sentence = str(problem)
        if sentence != told:
            say(sentence or "All sources answer again.")
            told = sentence
        stop.wait(_BREATH_SECONDS)
