"""Reads the data files of the catalog."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

__all__ = ["parse_yaml", "read_yaml"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str) -> Any:
    """YAML by the safe loader, the one in C where it exists (eight times faster)."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe loaders


def read_yaml(*path: str) -> Any:
    """One file below `fanlight/catalog`."""
    return parse_yaml(files("fanlight.catalog").joinpath(*path).read_text("utf-8"))
