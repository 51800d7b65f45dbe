"""Word lists of the catalog."""

from __future__ import annotations

from functools import cache

from fanlight.labels.catalogue import read_yaml

__all__ = ["words"]


@cache
def _lists(name: str) -> dict[str, tuple[str, ...]]:
    return {key: tuple(map(str, values)) for key, values in read_yaml("recognizers", "words", f"{name}.yml").items()}


def words(name: str, key: str) -> tuple[str, ...]:
    """One list of `catalog/recognizers/words/<name>.yml`."""
    return _lists(name)[key]
