"""Sealed content refuses every road by which content reaches a disk or a log."""

from __future__ import annotations

import ast
import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

import fanlight
from fanlight.model import Sealed, SealedError

SECRET = "the merger closes on Friday"

ROADS: dict[str, Callable[[Sealed[str]], object]] = {
    "str": str,
    "repr": repr,
    "format": lambda s: f"{s}",
    "percent": lambda s: "%s" % s,  # noqa: UP031
    "bytes": bytes,
    "iteration": list,
    "index": lambda s: s[0],  # type: ignore[index]
    "len": len,  # type: ignore[arg-type]
    "in": lambda s: "merger" in s,
    "equality": lambda s: s == SECRET,
    "hash": hash,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": pickle.dumps,
    "json": json.dumps,
    "orjson": orjson.dumps,
}


@pytest.mark.parametrize("road", sorted(ROADS))
def test_content_refuses(road: str) -> None:
    """Each road raises, and what is raised does not quote the content."""
    with pytest.raises(TypeError) as refused:
        ROADS[road](Sealed(SECRET))
    assert SECRET not in str(refused.value)


def test_content_is_dropped_when_the_block_ends() -> None:
    """Reading is possible once; afterwards only the length is left."""
    sealed = Sealed(SECRET)
    with sealed.opened() as text:
        assert text == SECRET
    assert sealed.dropped
    assert len(SECRET) == sealed.length
    with pytest.raises(SealedError), sealed.opened():
        pass


def test_content_is_dropped_when_the_reader_fails() -> None:
    """An exception inside the block does not keep the content alive."""
    sealed = Sealed(SECRET)
    with pytest.raises(ZeroDivisionError), sealed.opened():
        raise ZeroDivisionError
    assert sealed.dropped


def test_mark_depends_on_the_key() -> None:
    """The same content has the same mark under one tenant's key and another under another's."""
    first, again, other = (Sealed(SECRET).mark(key) for key in (b"a" * 32, b"a" * 32, b"b" * 32))
    assert first == again
    assert first["hash"] != other["hash"]
    assert first["length"] == len(SECRET)
    assert SECRET not in json.dumps(first)


def test_only_the_labeller_opens_content() -> None:
    """`.opened()` is called in the room `labels` and nowhere else in the product."""
    root = Path(fanlight.__file__).parent
    offenders = [
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if path.parts[len(root.parts)] != "labels"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "opened"
    ]
    assert offenders == []
