"""Names of one thing in several tongues, made comparable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import yaml

__all__ = ["host_of", "host_word", "kind_class", "normal_name", "words_file"]

_SPLIT = re.compile(r"[^a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def words_file() -> Mapping[str, Any]:
    """`catalog/supply/words.yml`."""
    loaded: Mapping[str, Any] = yaml.safe_load(
        (resources.files("fanlight.catalog") / "supply" / "words.yml").read_text("utf-8")
    )
    return loaded


@lru_cache(maxsize=8192)
def normal_name(name: str) -> str:
    """Lower case without signs and empty words: `Ticket-Desk MCP Server` and `ticketdesk` are the same."""
    plain = unicodedata.normalize("NFKD", _HUMP.sub(" ", name))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()
    words = [word for word in _SPLIT.split(letters) if word]
    telling = [word for word in words if word not in words_file()["empty"]]
    return "".join(telling or words)


def host_of(url: str | None) -> str | None:
    """The host of a web address."""
    if not url:
        return None
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def host_word(url: str | None) -> str | None:
    """The word of a host that tells which service it is: `tickets` of `mcp.tickets.example.com`; None for addresses."""
    host = host_of(url)
    if host is None or host.replace(".", "").isdigit() or ":" in host:
        return None
    labels = host.split(".")[:-1]
    telling = [label for label in labels if label not in words_file()["hosts"]]
    return normal_name(telling[0]) if telling and len(telling[0]) >= 3 else None


def kind_class(kind: str) -> str:
    """Kinds that name the same thing share a class."""
    for name, kinds in words_file()["together"].items():
        if kind in kinds:
            return str(name)
    return kind
