"""Reading a source's settings, and ids that every source makes alike."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fanlight.sources.contract import SourceError

__all__ = ["Setting", "grant_key", "needed", "number_of"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing an administrator enters to connect a source: an option of `fanlight source add`."""

    name: str
    help: str
    default: str | None = None
    """None: it must be given."""
    secret: bool = False
    """A reference to a key (env:NAME, file:PATH), never the key."""


def needed(options: Mapping[str, str], name: str, sentence: str) -> str:
    """An option that must be there. Raises `SourceError` with the sentence."""
    if not options.get(name):
        raise SourceError(sentence, kind="refused")
    return options[name]


def number_of(options: Mapping[str, str], name: str, default: float) -> float:
    """A numeric option. Raises `SourceError` for something else than a positive number."""
    text = options.get(name)
    if text is None or text == "":
        return float(default)
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if value <= 0:
        raise SourceError(f"The option {name} must be a number above 0.", kind="refused")
    return value


def grant_key(*parts: str | None) -> str:
    """The deterministic id of a grant, from what it says."""
    return hashlib.sha256("\x1f".join(part or "" for part in parts).encode()).hexdigest()[:32]
