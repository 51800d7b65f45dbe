"""`fanlight label`: labels of a text or a file, stored nowhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
import orjson

if TYPE_CHECKING:
    from fanlight.labels import Labeller, TextLabels

__all__ = ["register"]


def register(app: cyclopts.App) -> None:
    """Add the command to the root."""
    app.command(label)


def label(
    *files: Path,
    jsonl: Annotated[Path | None, cyclopts.Parameter(help="JSON Lines of {id, text}; - reads standard input.")] = None,
) -> int:
    """Label texts or documents. Nothing is stored.

    Prints one JSON line per text or file: id, labels with confidence, spans.
    """
    if jsonl is None and not files:
        sys.stderr.write("Name a file, or give --jsonl FILE.\n")
        return 2
    from fanlight.labels import Labeller

    labeller = Labeller(b"fanlight label: nothing is stored", cache=_cache())
    bad = 0
    if jsonl is not None:
        bad += _label_lines(labeller, jsonl)
    return 2 if bad else 0


def _cache() -> Path:
    import os

    home = os.environ.get("FANLIGHT_HOME")
    return (Path(home) if home else Path.home() / ".fanlight") / "cache"


def _lines(path: Path) -> Iterator[bytes]:
    if str(path) == "-":
        yield from sys.stdin.buffer
        return
    with path.open("rb") as handle:
        yield from handle


def _label_lines(labeller: Labeller, path: Path) -> int:
    bad = 0
    out = sys.stdout.buffer
    try:
        for number, line in enumerate(_lines(path), 1):
            if not line.strip():
                continue
            try:
                record = orjson.loads(line)
                key, text = record["id"], record["text"]
                if not isinstance(text, str):
                    raise TypeError
            except (orjson.JSONDecodeError, KeyError, TypeError):
                bad += 1
                sys.stderr.write(f"{path}: line {number} is not an object with id and text; left out.\n")
                continue
            out.write(orjson.dumps(_record(key, labeller.label_text(text))) + b"\n")
    except OSError as error:
        sys.stderr.write(f"{path} could not be read: {error.strerror}.\n")
        bad += 1
    out.flush()
    return bad


def _record(key: object, labels: TextLabels) -> dict[str, object]:
    from fanlight.labels.taxonomy import taxonomy

    groups = taxonomy().groups
    return {
        "id": key,
        "labels": labels.categories,
        "spans": [
            {"start": s.start, "end": s.end, "type": groups[s.group].span, "kind": s.type, "score": s.confidence}
            for s in labels.spans
        ],
    }


