"""Word lists of the catalog."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

__all__ = ["words"]


@cache
def _lists(name: str) -> dict[str, tuple[str, ...]]:
    text = (files("fanlight.catalog") / "recognizers" / "words" / f"{name}.yml").read_text("utf-8")
    return {key: tuple(map(str, values)) for key, values in yaml.safe_load(text).items()}


def words(name: str, key: str) -> tuple[str, ...]:
    """One list of `catalog/recognizers/words/<name>.yml`."""
    return _lists(name)[key]
