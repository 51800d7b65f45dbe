"""Fanlight's own command, made to fail inside the labeller while a text that holds a canary is in its hands.

`python -m support.crash_in_labels HOW CANARY WORD…` runs `fanlight WORD…`; HOW is what happens to the process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from fanlight.cli.main import main
from fanlight.labels.engine import Engine


class NativePanic(BaseException):
    """As native readers raise it: no `Exception`, and its text quotes the input."""


def _segfault(_: str) -> None:
    ctypes.string_at(1)


def _abort(_: str) -> None:
    os.abort()


def _kill(_: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raising(kind: type[BaseException]) -> Callable[[str], NoReturn]:
    def fail(text: str) -> NoReturn:
        raise kind(f"cannot go on at {text!r}")

    return fail


WAYS: Mapping[str, Callable[[str], object]] = {
    "segfault": _segfault,
    "abort": _abort,
    "kill": _kill,
    "error": _raising(ValueError),
    "memory": _raising(MemoryError),
    "decoding": lambda text: f"{text} ü".encode("ascii"),
    "panic": _raising(NativePanic),
}


def arm(how: str, canary: str) -> None:
    """From now on the engine fails on every text with the canary, deep inside, after it found its matches."""
    label = Engine._label

    def failing(self: Any, text: str, *more: Any, **named: Any) -> Any:
        found = label(self, text, *more, **named)
        if canary in text:
            WAYS[how](text)
        return found

    Engine._label = failing  # type: ignore[method-assign]


if __name__ == "__main__":
    arm(sys.argv[1], sys.argv[2])
    sys.argv = ["fanlight", *sys.argv[3:]]
    main()
