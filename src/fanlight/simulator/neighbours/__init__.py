"""The other vendors of the simulated company: its further identity provider, its code host, its offices, its cloud.

The same people do the same things: what these vendors log is derived from what the company did, row by row, so that
stories cross from one source to another. One module a vendor, found by scan: `KIND` and a `Site`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fanlight.simulator.neighbours.site import NeighbourSite

__all__ = ["neighbour_kinds"]


@cache
def neighbour_kinds() -> Mapping[str, type[NeighbourSite]]:
    """Every vendor beside the main ones by the kind of its connector."""
    found: dict[str, Any] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        kind = getattr(module, "KIND", None)
        if isinstance(kind, str):
            found[kind] = module.Site
    return found
