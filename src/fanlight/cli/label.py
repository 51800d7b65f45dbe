"""`fanlight label`: labels of a text or a file, stored nowhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts
import orjson

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home

if TYPE_CHECKING:
    from fanlight.labels import Labeller, Span, TextLabels
    from fanlight.labels.custom import CustomCategories

__all__ = ["register"]


def register(app: cyclopts.App) -> None:
    """Add the command to the root."""
    app.command(label)


def label(
    *files: Path,
    jsonl: Annotated[
        Path | None,
        cyclopts.Parameter(help="JSON Lines of {id, text}; - reads standard input.", allow_leading_hyphen=True),
    ] = None,
    format: Annotated[Literal["table", "jsonl"], cyclopts.Parameter(help="How documents are printed.")] = "table",
    categories: Annotated[Path | None, cyclopts.Parameter(help="A file of custom categories to use as well.")] = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> int:
    """Label texts or documents. Nothing is stored.

    The custom categories of the home take part, where there is one.
    With --jsonl one JSON line a text: id, labels with confidence, spans. For files the labels and masked evidence.
    Ends with 2 when a line or a file could not be read; the others are still done.
    """
    if jsonl is None and not files:
        sys.stderr.write("Name a file, or give --jsonl FILE.\n")
        return 2
    from fanlight.labels import Labeller

    bad = 0
    custom = _custom(home, tenant, categories)
    with Labeller(b"fanlight label: nothing is stored", cache=_cache(home), custom=custom) as labeller:
        if jsonl is not None:
            bad += _label_lines(labeller, jsonl)
        for file in files:
            bad += _label_file(labeller, file, as_lines=format == "jsonl")
    return 2 if bad else 0


def _folder(home: Path | None) -> Path:
    named = os.environ.get("FANLIGHT_HOME")
    return home or (Path(named) if named else Path.home() / ".fanlight")


def _cache(home: Path | None) -> Path:
    return _folder(home) / "cache"


def _custom(home: Path | None, tenant: str, file: Path | None) -> CustomCategories | None:
    """The categories of a home that is there already, and those of a file that are only tried."""
    if file is None and not (_folder(home) / "state.db").exists() and "FANLIGHT_STATE_URL" not in os.environ:
        return None
    from fanlight.labels.custom import CategoryProblem
    from fanlight.pipeline.categories import open_categories, with_categories

    try:
        opened = open_home(home, tenant)
        if file is not None:
            return with_categories(opened, file)
    except CategoryProblem as problem:
        end(Exit.USAGE, str(problem))
    found, problems = open_categories(opened)
    for sentence in problems:
        sys.stderr.write(f"{sentence}\n")
    return found


def _lines(path: Path) -> Iterator[bytes]:
    if str(path) == "-":
        yield from sys.stdin.buffer
        return
    with path.open("rb") as handle:
        yield from handle


_BATCH = 500
"""Most lines that are labelled together."""
_BATCH_LENGTH = 1_000_000
"""Characters after which lines are labelled without waiting for more."""


def _label_lines(labeller: Labeller, path: Path) -> int:
    bad = 0
    batch: list[tuple[object, str]] = []
    length = 0
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
            batch.append((key, text))
            length += len(text)
            if len(batch) >= _BATCH or length >= _BATCH_LENGTH:
                bad += _write_batch(labeller, batch)
                length = 0
    except OSError as error:
        sys.stderr.write(f"{path} could not be read: {error.strerror}.\n")
        bad += 1
    return bad + _write_batch(labeller, batch)


def _write_batch(labeller: Labeller, batch: list[tuple[object, str]]) -> int:
    """Label lines together, write them, and empty the batch. How many could not be finished."""
    from fanlight.labels import LabelError

    bad = 0
    out = sys.stdout.buffer
    answers = labeller.label_texts([text for _, text in batch])
    for (key, _), labels in zip(batch, answers, strict=True):
        if isinstance(labels, LabelError):
            bad += 1
            sys.stderr.write(f"{key}: {labels}\n")
        else:
            out.write(orjson.dumps(_record(key, labels)) + b"\n")
    out.flush()
    batch.clear()
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
    return {
        "id": key,
        "labels": labels.categories,
        "spans": [
            {"start": s.start, "end": s.end, "type": _span_name(s), "kind": s.type, "score": s.confidence}
            for s in labels.spans
        ],
    }


def _span_name(span: Span) -> str:
    from fanlight.labels.taxonomy import taxonomy

    group = taxonomy().groups.get(span.group)
    return group.span if group is not None else span.category
