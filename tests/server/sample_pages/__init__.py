"""Believable data of the pages that are found by scan, one module a page with `sample(ask, empty)`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fanlight.server.schema import View

__all__ = ["sample_page"]


def sample_page(name: str, ask: Any, *, empty: bool) -> View | None:
    """What the page of this name shows; `empty` for an installation to which nothing is connected."""
    found: View | None = import_module(f"{__name__}.{name}").sample(ask, empty=empty)
    return found
