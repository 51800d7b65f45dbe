"""Takes content out of vendor records before anything is stored.

Every source has a data file `content_fields.json` beside its mapping:

* `content`: fields that bear content (file names, titles, request bodies, prompts). Always sealed.
* `names`: fields whose text is kept although it may hold white space (names of people, groups, roles,
  organizations, projects; the vendor's own display texts), up to 256 characters.
* `long`: fields kept up to 2,048 characters (user agents, the vendor's own addresses).
* `tokens`: with `"default": "content"`, the whole paths that may be kept when they look like what the last sentence
  below allows: an allow-list.
* `hosts`: addresses of which only scheme and host are kept; path and query can hold secrets.

`"default": "name"` keeps other text up to 256 characters: audit logs of directories, clouds and code hosts describe
administration in the vendor's own sentences, and rules match on them.

An entry with dots is a whole path from the root (`.name` for a name at the root itself), an entry without is the last
name at any depth. Any other text is
kept only when it looks like an identifier, a number, a time or an enumeration: at most 256 ASCII characters, no white
space. Everything else is replaced by `SealedMark` (length and keyed hash), so a field that the vendor adds tomorrow
cannot carry content into the store.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import orjson

from fanlight.model import Sealed

__all__ = ["ContentFields", "RecordSealer", "SealedField", "load_content_fields"]

_SHORT = 256
_LONG = 2048
_DEEPEST = 24
_WIDEST = 4096
_MOST_SHAPES = 256
_LISTS = ("content", "names", "long", "hosts", "tokens")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?$")
_BEARS = re.compile(r"[?@%=;#]|[^/]{24}|\d{9}|[^\x21-\x7e]")
"""What an address holds behind its host when people's words, a secret or a person may stand in it."""
Action = Literal["content", "name", "long", "host", "token"]
_KEEPS: Mapping[Action, int] = {"name": _SHORT, "long": _LONG}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFields:
    """Which fields of a source bear content, and which may be kept. All names lower case."""

    content: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    long: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    tokens: frozenset[str] = frozenset()
    default: Action = "token"
    """For fields in no list: `token` for sources that carry people's content, `name` for pure audit logs, `content`
    where only listed fields are kept."""

    def action_for(self, path: str) -> Action:
        """What happens to text at a dotted lower-case path; a whole path wins over a last name."""
        last = path.rpartition(".")[2]
        for wanted in (path, last):
            if wanted in self.content:
                return "content"
            if wanted in self.hosts:
                return "host"
            if wanted in self.long:
                return "long"
            if wanted in self.names:
                return "name"
        if "." + path in self.names:
            return "name"
        return "token" if path in self.tokens else self.default


def load_content_fields(package: str) -> ContentFields:
    """Read `content_fields.json` of a source package, for example `fanlight.sources.claude`."""
    data = orjson.loads(resources.files(package).joinpath("content_fields.json").read_bytes())
    lists = {name: frozenset(map(str.lower, data.get(name, ()))) for name in _LISTS}
    return ContentFields(**lists, default=data.get("default", "token"))


@dataclass(frozen=True, slots=True)
class SealedField:
    """Content taken out of a record, with the dotted path where it stood."""

    path: str
    sealed: Sealed[str]
    hash: str = ""
    """The keyed hash that stands for it in the record; empty where there is none."""
    is_plain_address: bool = False
    """An address of a host and short plain words: no query, nothing encoded, no long part, no long number."""


@dataclass(slots=True)
class _Place:
    """What is known about one field name at one depth."""

    name: str
    path: str
    action: Action
    keeps: int = -1
    """Text up to so many characters stays as it is, whatever it holds."""
    twin: bool = False
    """Another name in the same record became the same one."""
    children: dict[str, _Place] = field(default_factory=dict)
    shapes: dict[tuple[str, ...], Sequence[_Place]] = field(default_factory=dict)
    """Places of the fields below, by the names a record has."""


Plain: TypeAlias = "dict[str, Any]"


class RecordSealer:
    """Folds field names to lower case and replaces content by marks. One per source and tenant; not content itself.

    Names that differ only in case are one field: the first value that is not null stays.
    """

    def __init__(self, fields: ContentFields, key: bytes) -> None:
        self._fields = fields
        self._key = key
        self._root = _Place("", "", "name")

    def seal(self, record: Mapping[str, Any], found: Callable[[SealedField], None] | None = None) -> Plain:
        """The storable form of a record. `found` is told every piece of content that was taken out."""
        return self._seal_map(record, self._root, 0, found)

    def _seal_map(
        self, record: Mapping[str, Any], at: _Place, depth: int, found: Callable[[SealedField], None] | None
    ) -> Plain:
        kept: Plain = {}
        for place, value in zip(self._places(record, at), record.values(), strict=True):
            kind = type(value)
            if kind is str:
                storable = value if len(value) <= place.keeps else self._seal_text(value, place, found)
            elif value is None or kind is int or kind is bool or kind is float:
                storable = value
            else:
                storable = self._seal_value(value, place, depth + 1, found)
            if place.twin and kept.get(place.name) is not None:
                continue
            kept[place.name] = storable
        return kept

    def _places(self, record: Mapping[str, Any], at: _Place) -> Sequence[_Place]:
        """What is known of each field of a record, in its order; logs have few shapes and repeat them."""
        shape = tuple(record)
        places = at.shapes.get(shape)
        if places is None:
            prefix = f"{at.path}." if at.path else ""
            places = tuple(at.children.get(name) or self._place(name, at.children, prefix) for name in shape)
            names = Counter(place.name for place in places)
            for place in places:
                place.twin = place.twin or names[place.name] > 1
            if len(at.shapes) < _MOST_SHAPES:
                at.shapes[shape] = places
        return places

    def _seal_value(self, value: Any, place: _Place, depth: int, found: Callable[[SealedField], None] | None) -> Any:
        if isinstance(value, str):
            return self._seal_text(value, place, found)
        if isinstance(value, (bool, int, float)) or value is None:
            return value
        if depth > _DEEPEST or place.action == "content":
            text = orjson.dumps(value, default=str).decode("utf-8", "replace")
            return self._mark(text, place.path, found)
        if isinstance(value, Mapping):
            return self._seal_map(value, place, depth, found)
        if isinstance(value, (list, tuple)):
            return [self._seal_value(item, place, depth + 1, found) for item in value]
        return self._mark(str(value), place.path, found)

    def _seal_text(self, text: str, place: _Place, found: Callable[[SealedField], None] | None) -> Any:
        action = place.action
        if action == "token":
            if len(text) <= _SHORT and text.isascii() and (len(text.split(None, 1)) < 2 or _MOMENT.match(text)):
                return text
        elif action == "name":
            if len(text) <= _SHORT:
                return text
        elif action == "long":
            if len(text) <= _LONG:
                return text
        elif action == "host":
            return self._host_of(text, place, found)
        elif not text:
            return text
        return self._mark(text, place.path, found)

    def _host_of(self, text: str, place: _Place, found: Callable[[SealedField], None] | None) -> Any:
        try:
            host = urlsplit(text).hostname if "//" in text else None
        except ValueError:
            host = None
        plain = found is not None and _BEARS.search(text, text.find(host) + len(host) if host else 0) is None
        mark = self._mark(text, place.path, found, is_plain_address=plain)
        if host and len(host) <= _SHORT and host.isascii():
            mark["host"] = host
        return mark

    def _mark(
        self, text: str, path: str, found: Callable[[SealedField], None] | None, *, is_plain_address: bool = False
    ) -> Any:
        sealed = Sealed(text)
        mark = sealed.mark(self._key)
        if found is not None and text:
            found(SealedField(path, sealed, str(mark["hash"]), is_plain_address))
        return mark

    def _place(self, name: str, places: dict[str, _Place], prefix: str) -> _Place:
        folded = name.lower()
        if len(folded) > 64 or not folded.isascii() or len(folded.split(None, 1)) > 1:
            folded = f"sealed:{Sealed(folded).keyed_hash(self._key)[:12]}"
        path = prefix + folded
        action = self._fields.action_for(path)
        place = _Place(folded, path, action, _KEEPS.get(action, -1))
        if len(places) < _WIDEST:
            places[name] = place
        return place
