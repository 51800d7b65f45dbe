"""Pages that only read: each a module here, found by scan, with a file `ui/src/pages/NAME.page.tsx` that draws it.

A module has `PAGE`, a `PageKind`: its name, what its address may ask, what it answers, and its tables as CSV. The
server gives it the routes `/api/NAME` and `/api/csv/TABLE`; `tools/build_types.py` writes its models as TypeScript; a
module `tests/server/sample_pages/NAME.py` gives the browser tests their data. Nothing else has to know a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from fanlight.server.schema import View
from fanlight.server.tables import Sheet

if TYPE_CHECKING:
    from fanlight.server.views.snapshot import Snapshot

__all__ = ["Ask", "PageKind", "page_kinds"]


class Ask(BaseModel):
    """What the address of a page may ask; a name that is not known here is no error, since addresses grow old."""

    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageKind:
    """One page."""

    name: str
    """Its address under `/api`."""
    ask: type[Ask]
    view: type[View]
    make: Callable[[Snapshot, Any], View | None]
    """From the facts and what was asked to what is shown; None where the thing asked for does not exist."""
    missing: str = "There is nothing of this name."
    """Said for None."""
    tables: Mapping[str, Callable[[Any, str], Sheet]] = field(default_factory=dict)
    """Name of a table to the sheet of a view, in a time zone."""
    whole: Callable[[Any], Ask] = lambda ask: ask
    """What is asked so that a table holds all rows, and not those of one page."""
    count: Callable[[Snapshot], int] = lambda _: 0
    """The figure beside its name in the navigation; none for 0."""


@cache
def page_kinds() -> Mapping[str, PageKind]:
    """Every page of this package by its name."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    kinds = [module.PAGE for module in modules]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}
