"""The access graph of a store: grants, links and the sensitivity that labels add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from fanlight.access.graph import AccessGraph
from fanlight.labels.sensitivity import Weights, highest, of_matches, weights_of
from fanlight.model import Match, Micros, Sensitivity

__all__ = ["StoredFacts", "load_graph", "sensitivities"]

Row = TypeVar("Row")


class StoredFacts(Protocol):
    """The part of the lake's reader that is used here."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table: ...

    def rows(
        self, row: type[Row], where: str = "", parameters: Sequence[Any] = (), *, now: bool = False
    ) -> list[Row]: ...


def load_graph(reader: StoredFacts, at: Micros) -> AccessGraph:
    """The graph as of `at`, with the labels of what had been written by then as they are known now."""
    matches = reader.rows(Match, '"at" IS NULL OR "at" <= ?', [at], now=True)
    return AccessGraph.load(reader, at, sensitivities(matches, weights_of(reader)))


def sensitivities(matches: Iterable[Match], weights: Weights | None = None) -> dict[tuple[str, str], Sensitivity]:
    """Sensitivity by (kind, id) of every chat, file, document, session and project that has any.

    A chat counts what its files hold. A project is as sensitive as the most sensitive thing in it: many
    harmless chats do not add up.
    """
    things: dict[tuple[str, str], list[Match]] = defaultdict(list)
    in_project: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for match in matches:
        own = (match.object_kind, match.object_id)
        whole = ("chat", match.chat_id) if match.chat_id else own
        things[own].append(match)
        if whole != own:
            things[whole].append(match)
        if match.project_id:
            in_project[match.project_id].add(whole)
    found = {key: of_matches(parts, weights or Weights()) for key, parts in things.items()}
    projects = {("project", key): highest(found[thing] for thing in members) for key, members in in_project.items()}
    return {key: level for key, level in {**found, **projects}.items() if level != "none"}
