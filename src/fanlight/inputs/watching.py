"""Senders that are read instead of sending: each in a thread of its own, looked at again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from fanlight.inputs.senders import Sender, Way, list_senders
from fanlight.pipeline.home import Home
from fanlight.state import LeaseLost

__all__ = ["Watched", "watch_senders"]

_AGAIN_SECONDS = 2.0
_LOG = logging.getLogger("fanlight.inputs")


class Watched(Protocol):
    """What one sender left to be read."""

    def look(self) -> int:
        """Take what is there, then wait a moment; returns how many events were new. Raises what the commit raises."""
        ...

    def close(self) -> None:
        """End connections."""
        ...


def watch_senders(
    home: Home, stop: threading.Event, broken: threading.Event, way: Way, opened: Callable[[Sender], Watched]
) -> None:
    """Read every sender of one way until told to stop or until nothing can be stored any more."""
    threads: dict[str, threading.Thread] = {}
    while not stop.is_set() and not broken.is_set():
        for sender in list_senders(home):
            if sender.way == way and (sender.name not in threads or not threads[sender.name].is_alive()):
                thread = threading.Thread(target=_keep, args=(home, sender, stop, opened), daemon=True)
                threads[sender.name] = thread
                thread.start()
        stop.wait(_AGAIN_SECONDS)
    for thread in threads.values():
        thread.join(timeout=5)


def _keep(home: Home, sender: Sender, stop: threading.Event, opened: Callable[[Sender], Watched]) -> None:
    watched = None
    try:
        watched = opened(sender)
        while not stop.is_set() and sender in list_senders(home):
            watched.look()
    except LeaseLost:
        return
    except Exception as problem:  # noqa: BLE001 - its text may quote what was sent; the position says where to go on
        _LOG.error("What %s left is read again (%s).", sender.name, type(problem).__name__)
    finally:
        if watched is not None:
            watched.close()
