"""Reading a source's settings, and ids that every source makes alike."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fanlight.sources.contract import SourceError

__all__ = ["grant_key", "number_of"]


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
