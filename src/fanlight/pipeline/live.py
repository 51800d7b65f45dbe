"""Keeping up: each source in a thread of its own, so that none waits for another, and judging beside them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fanlight.pipeline.conclude import conclude
from fanlight.pipeline.connections import Connection, ConnectionProblem, list_connections
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import is_judged
from fanlight.pipeline.leases import KeptLease
from fanlight.pipeline.sync import has_work, sync_source
from fanlight.state import LeaseHeld, LeaseLost

__all__ = ["keep_up"]

_BREATH_SECONDS = 2.0
_AFTER_FAILURE_SECONDS = 30.0
_REST_SHARE = 2.0
"""Judging rests twice as long as it took: on a first sync something new comes all the time."""


def keep_up(home: Home, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Run until `stop` is set: each stream at its own interval, judging after anything new.

    A source that is added meanwhile is taken up. One that another process holds, or that fails, is said once per
    change of sentence and tried again.
    """
    voice = _Voice(say)
    threads: dict[str, threading.Thread] = {}
    judge_at = 0.0
    while not stop.is_set():
        connections = list_connections(home)
        voice.tell("", "" if connections else "No source is connected yet; add one with `fanlight source add`.")
        for connection in connections:
            thread = threads.get(connection.name)
            if thread is None or not thread.is_alive():
                arguments = (home, connection.name, stop, voice)
                thread = threading.Thread(target=_keep_source, args=arguments, name=f"source-{connection.name}")
                threads[connection.name] = thread
                thread.start()
        if time.monotonic() >= judge_at and not is_judged(home):
            began = time.monotonic()
            problem = _judge(home)
            voice.tell("judging", problem)
            rest = _REST_SHARE * (time.monotonic() - began)
            judge_at = time.monotonic() + max(rest, _AFTER_FAILURE_SECONDS if problem else 0.0)
        stop.wait(_BREATH_SECONDS)
    for thread in threads.values():
        thread.join()


@dataclass(slots=True)
class _Voice:
    """Says what is wrong with which part when that changes, and when all is well again."""

    say: Callable[[str], None]
    _told: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, part: str, sentence: str) -> None:
        with self._lock:
            before = self._told.get(part, "")
            if sentence == before:
                return
            self._told[part] = sentence
            if sentence:
                self.say(sentence)
            elif not any(self._told.values()):
                self.say("All sources answer again.")


def _keep_source(home: Home, name: str, stop: threading.Event, voice: _Voice) -> None:
    """One source, pass after pass, until it is removed."""
    while not stop.is_set() and (connection := _find(home, name)) is not None:
        try:
            if has_work(home, connection):
                outcome = sync_source(home, connection, until_caught_up=False, only_due=True, stop=stop.is_set)
                voice.tell(name, f"{name}: {outcome.problem}" if outcome.problem else "")
        except (ConnectionProblem, LeaseHeld, LeaseLost) as problem:
            voice.tell(name, f"{name}: {problem}")
        except Exception as problem:  # noqa: BLE001 - its text may quote content, so only its kind is said
            voice.tell(name, f"{name}: this pass broke off ({type(problem).__name__}); it is tried again.")
        stop.wait(_BREATH_SECONDS)


def _find(home: Home, name: str) -> Connection | None:
    return next((one for one in list_connections(home) if one.name == name), None)


def _judge(home: Home) -> str:
    """Conclude from what is known now; returns what went wrong."""
    try:
        with KeptLease(home.state, "judge") as kept:
            conclude(home, kept.lease, lambda _what, _count: None)
    except (LeaseHeld, LeaseLost) as problem:
        return str(problem)
    except Exception as problem:  # noqa: BLE001 - a rule of the operator's must not end the collecting
        return f"Judging broke off ({type(problem).__name__}); it is tried again."
    return ""
