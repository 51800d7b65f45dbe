"""Finds source packages by a scan of `fanlight.sources`. Adding a source is adding a package; there is no list."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fanlight.model import Event
from fanlight.sources.contract import Source, SourceContext, SourceError
from fanlight.sources.options import Setting

__all__ = ["SourceKind", "find_kind", "kinds"]

MapRecord = Callable[[Mapping[str, Any], SourceContext], Iterator[Event]]


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One vendor: how to connect to it, how to map its native log records, or both."""

    kind: str
    connector: Callable[[SourceContext], Source] | None
    map_record: MapRecord | None
    summary: str
    """First line of the package's own description."""
    settings: tuple[Setting, ...] = ()
    """What an administrator enters to connect it."""

    def connect(self, context: SourceContext) -> Source:
        """The connected source. Raises `SourceError` when this kind can only be imported from files."""
        if self.connector is None:
            raise SourceError(f"{self.kind} is read from files only: fanlight import {self.kind} FILE.", kind="refused")
        return self.connector(context)


@cache
def kinds() -> Mapping[str, SourceKind]:
    """Every source kind by name. Imports the packages' fronts, which are small on purpose."""
    import fanlight.sources as package

    found: dict[str, SourceKind] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if not info.ispkg:
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        kind = getattr(module, "KIND", None)
        if isinstance(kind, str):
            found[kind] = SourceKind(
                kind=kind,
                connector=getattr(module, "connect", None),
                map_record=getattr(module, "map_record", None),
                summary=(module.__doc__ or "").strip().partition("\n")[0],
                settings=getattr(module, "SETTINGS", ()),
            )
    return found


def find_kind(kind: str) -> SourceKind:
    """The source kind of that name. Raises `SourceError` with the names there are."""
    known = kinds()
    if kind not in known:
        raise SourceError(f"There is no source kind {kind}; there are: {', '.join(sorted(known))}.", kind="refused")
    return known[kind]
