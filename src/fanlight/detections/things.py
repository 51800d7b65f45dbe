"""What chats, files and projects held, as of the time of an event, from content written up to it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fanlight.detections.facts import Exported, Facts
from fanlight.model import SENSITIVITY_ORDER, Event, Match, Micros, ObjectVersion, Sensitivity

__all__ = ["MOST_TELLING", "Things", "telling"]

MOST_TELLING = (
    "SECRET", "PAYMENT_CARD", "GOV_ID", "HEALTH", "FINANCIAL", "CUSTOMER_DATA", "LEGAL", "CONFIDENTIAL_MARK", "PII",
    "SOURCE_CODE", "PERSON_NAME",
)  # fmt: skip
"""The categories in the order in which sentences and pages name them: names are in nearly everything and say least."""


@dataclass
class Things:
    """Labels and records of one judging, loaded in bulk."""

    facts: Facts
    since: Micros
    until: Micros
    _matches: dict[str, dict[str, list[Match]]] = field(default_factory=dict)
    _exported: dict[tuple[str, str, int], Exported] = field(default_factory=dict)
    _objects: dict[tuple[str, str], list[ObjectVersion]] = field(default_factory=dict)

    def learn(self, events: Iterable[Event], also: Collection[str] = ()) -> None:
        """Load labels and records of every chat, project and file that these events name, in bulk.

        `also` are projects that no event names, but words will: those that chats were moved out of.
        """
        chats: set[str] = set()
        projects: set[str] = set(also)
        files: set[str] = set()
        for event in events:
            chats.update([event.chat_id] if event.chat_id else [])
            projects.update([event.project_id] if event.project_id else [])
            files.update([event.file_id] if event.file_id else [])
        self._load_objects(("chat",), chats)
        self._load_objects(("file", "document", "generated_file"), files)
        for kind in ("chat", "file", "document"):
            for oid in chats | files:
                for version in self._objects.get((kind, oid), ()):
                    if version.parent_kind == "project" and version.parent_id:
                        projects.add(version.parent_id)
                    if version.parent_kind == "chat" and version.parent_id:
                        chats.add(version.parent_id)
        self._load_objects(("project",), projects)
        by: dict[str, dict[str, list[Match]]] = {k: defaultdict(list) for k in ("chat", "project", "file")}
        for match in self.facts.matches(chats, projects, files):
            if match.chat_id or match.object_kind == "chat":
                by["chat"][match.chat_id or match.object_id].append(match)
            if match.project_id or match.object_kind == "project":
                by["project"][match.project_id or match.object_id].append(match)
            if match.object_kind in ("file", "document", "generated_file"):
                by["file"][match.object_id].append(match)
        for found in by.values():
            for matches in found.values():
                matches.sort(key=lambda m: (_written(m), m.object_id, m.part_id, m.type, m.recognizer))
        self._matches = {kind: dict(found) for kind, found in by.items()}
        self._exported.clear()
        self._things.clear()

    def _load_objects(self, kinds: tuple[str, ...], ids: Collection[str]) -> None:
        if not ids:
            return
        for version in self.facts.objects(kinds, ids):
            self._objects.setdefault((version.kind, version.object_id), []).append(version)
        for versions in self._objects.values():
            versions.sort(key=lambda v: (v.valid_from, v.seen_at))

    def versions(self, kind: str, object_id: str) -> Sequence[ObjectVersion]:
        """Loaded versions of an object, oldest first."""
        return self._objects.get((kind, object_id), ())

    def labels(self, kind: str, object_id: str, at: Micros) -> Exported:
        """Sensitivity and categories of a chat, project or file, from content written up to `at`."""
        count = self._known_by(kind, object_id, at)
        key = (kind, object_id, count)
        known = self._exported.get(key)
        if known is None:
            matches = self._matches.get(kind, {}).get(object_id, [])[:count]
            known = self._exported[key] = self._export(kind, matches)
        return known

    def _known_by(self, kind: str, object_id: str, at: Micros) -> int:
        """How many of an object's matches (in time order) were written up to `at`."""
        matches = self._matches.get(kind, {}).get(object_id)
        return bisect_right(matches, at, key=_written) if matches else 0

    def _export(self, kind: str, matches: Sequence[Match]) -> Exported:
        if not matches:
            return Exported("none")
        categories = tuple(sorted({m.category for m in matches if m.band != "low"}, key=telling))
        if kind != "project":
            return Exported(self.facts.sensitivity_of(matches), categories)
        # A project is as sensitive as the most sensitive thing in it: many harmless chats do not add up.
        levels: list[Sensitivity] = [self.facts.sensitivity_of(part) for part in _by_thing(matches)]
        return Exported(max(levels, key=lambda level: SENSITIVITY_ORDER[level]), categories)

    def label_times(self, kind: str, object_id: str, at: Micros) -> tuple[Micros, int, Micros]:
        """Of an object's matches up to `at`: when the newest was written, how many things, when it was first read.

        Matches of low confidence are no labels, here as on every page.
        """
        known = self._matches.get(kind, {}).get(object_id, [])[: self._known_by(kind, object_id, at)]
        matches = [match for match in known if match.band != "low"]
        written = max((m.at for m in matches if m.at is not None), default=at)
        return written, sum(m.count for m in matches), min((m.read_at for m in matches), default=at)

    def entered_with(self, part: Sequence[Match]) -> Exported:
        """Sensitivity and categories of some matches by themselves (one message)."""
        return self._export("message", part)

    def sensitive_things(self, project: str, at: Micros) -> int:
        """Number of chats, files and documents of a project that are moderate or above."""
        count = self._known_by("project", project, at)
        key = (project, count)
        known = self._things.get(key)
        if known is None:
            parts = _by_thing(self._matches.get("project", {}).get(project, [])[:count])
            levels = [SENSITIVITY_ORDER[self.facts.sensitivity_of(part)] for part in parts]
            known = self._things[key] = sum(1 for level in levels if level >= SENSITIVITY_ORDER["moderate"])
        return known

    @cached_property
    def _things(self) -> dict[tuple[str, int], int]:
        return {}

    def project_of(self, event: Event) -> str | None:
        """The project of an event: its own, else its file's or chat's, else that of the role it gives."""
        if event.project_id:
            return event.project_id
        for kind, object_id in (("file", event.file_id), ("document", event.file_id), ("chat", event.chat_id)):
            for version in reversed(self.versions(kind, object_id) if object_id else ()):
                if version.parent_kind == "project" and version.parent_id:
                    return version.parent_id
                if version.parent_kind == "chat" and version.parent_id:
                    held = self.versions("chat", version.parent_id)
                    if held and held[-1].parent_kind == "project":
                        return held[-1].parent_id
        if event.target_kind in ("project", "chat_project"):
            return event.target_id
        return None


def telling(category: str) -> tuple[int, str]:
    """The categories that matter most first; those that customers add stand before names and code."""
    return (MOST_TELLING.index(category) if category in MOST_TELLING else len(MOST_TELLING) - 3, category)


def _written(match: Match) -> Micros:
    """When the content was written; what has no time was there from the beginning."""
    return match.at if match.at is not None else 0


def _by_thing(matches: Sequence[Match]) -> Collection[list[Match]]:
    """The matches of each chat, file and document."""
    things: dict[tuple[str, str], list[Match]] = defaultdict(list)
    for match in matches:
        things["chat" if match.chat_id else match.object_kind, match.chat_id or match.object_id].append(match)
    return things.values()
