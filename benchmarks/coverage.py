"""How much of each source's records is mapped: the table of docs/inputs.md.

python benchmarks/coverage.py [--samples ../shared/samples]

A folder for each kind of record holds log files. A field may be empty because the record has nothing to put there;
that nothing is missed is held by tests/sources/test_samples_complete.py, which looks for actors, addresses and times
by itself.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from fanlight.model import Event, SystemClock
from fanlight.sources.contract import SourceContext
from fanlight.sources.files import Unread, read_records
from fanlight.sources.registry import kinds

FIELDS = {
    "action": lambda e: e.type != "unknown",
    "family": lambda e: e.family != "other",
    "time": lambda e: e.occurred_at != e.ingested_at,
    "actor": lambda e: bool(e.actor_id or e.actor_email),
    "e-mail": lambda e: bool(e.actor_email),
    "outcome": lambda e: e.outcome != "unknown",
    "address": lambda e: bool(e.ip),
    "target": lambda e: bool(e.target_id),
    "user agent": lambda e: bool(e.user_agent),
    "device": lambda e: bool(e.device_id),
    "organization": lambda e: bool(e.organization_id),
}


def values_of(value: Any) -> Iterator[bool]:
    """For each plain value of a stored record, whether it is sealed."""
    if isinstance(value, dict):
        if value.get("sealed") is True:
            yield True
        else:
            for inner in value.values():
                yield from values_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from values_of(inner)
    else:
        yield False


def row_of(kind: str, folder: Path) -> str:
    """One line of the table."""
    read = kinds()[kind].map_record
    assert read is not None
    context = SourceContext(
        tenant="default", name=kind, clock=SystemClock(), content_key=b"c" * 32, read_secret=lambda name: name
    )
    records = unread = 0
    events: list[Event] = []
    sealed: Counter[bool] = Counter()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        for record in read_records(path):
            if isinstance(record, Unread):
                unread += 1
                continue
            records += 1
            for event in read(record, context):
                events.append(event)
                sealed.update(values_of(orjson.loads(event.raw)))
    shares = [f"{100 * sum(map(holds, events)) / max(1, len(events)):.0f} %" for holds in FIELDS.values()]
    kept = [f"{sealed[False]:,}", f"{sealed[True]:,}"]
    return " | ".join(["", kind, f"{records:,}", f"{unread:,}", f"{len(events):,}", *shares, *kept, ""]).strip()


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=Path, default=Path(__file__).parents[2] / "shared" / "samples")
    samples = parser.parse_args().samples
    heads = ["kind", "records", "unread", "events", *FIELDS, "values kept", "values sealed"]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for kind, known in sorted(kinds().items()):
        if known.map_record is not None and (samples / kind).is_dir():
            print(row_of(kind, samples / kind))


if __name__ == "__main__":
    main()
