"""`fanlight label`: labels of a text or a file, stored nowhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    format: Annotated[Literal["table", "jsonl"], cyclopts.Parameter(help="How documents are printed.")] = "table",
) -> int:
    """Label texts or documents. Nothing is stored.

    With --jsonl one JSON line a text: id, labels with confidence, spans. For files the labels and masked evidence.
    Ends with 2 when a line or a file could not be read; the others are still done.
    """
    if jsonl is None and not files:
        sys.stderr.write("Name a file, or give --jsonl FILE.\n")
        return 2
    from fanlight.labels import Labeller

    bad = 0
    with Labeller(b"fanlight label: nothing is stored", cache=_cache()) as labeller:
        if jsonl is not None:
            bad += _label_lines(labeller, jsonl)
        for file in files:
            bad += _label_file(labeller, file, as_lines=format == "jsonl")
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
                    raise TypeError  # noqa: TRY301
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


def _label_file(labeller: Labeller, path: Path, *, as_lines: bool) -> int:
    try:
        data = path.read_bytes()
    except OSError as error:
        sys.stderr.write(f"{path} could not be read: {error.strerror}.\n")
        return 1
    labels, file = labeller.label_file(data, name=path.name)
    finds = [*labels.spans, *labels.document]
    row: dict[str, object] = {
        "file": str(path),
        "labels": labels.categories,
        "types": {type_name: sum(f.type == type_name for f in finds) for type_name in sorted({f.type for f in finds})},
        "evidence": sorted({f"{f.type}: {f.evidence}" for f in finds}),
        "characters": labels.characters,
    }
    if file.unreadable:
        row["could_not_read"] = file.reason
    elif file.reason:
        row["note"] = file.reason
    if as_lines:
        sys.stdout.buffer.write(orjson.dumps(row) + b"\n")
        sys.stdout.buffer.flush()
    else:
        _print(row)
    return int(file.unreadable)


def _print(row: dict[str, object]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    labels = row["labels"]
    assert isinstance(labels, dict)
    said = ", ".join(f"{name} {confidence:.2f}" for name, confidence in labels.items()) or "no labels"
    console.print(
        f"[bold]{escape(str(row['file']))}[/bold]: "
        f"{said if 'could_not_read' not in row else escape(str(row['could_not_read']))}"
    )
    evidence = row["evidence"]
    assert isinstance(evidence, list)
    for line in evidence:
        console.print(f"  {escape(line)}")
    if "note" in row:
        console.print(f"  note: {escape(str(row['note']))}")


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
