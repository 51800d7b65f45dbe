"""Every record of the shared samples: imported, whole, with who, when and from where, wherever the record holds them.

The oracle here reads the files by itself and knows no mapping: it looks for field names that mean an actor, a time or
an address anywhere in the raw record, so a mapping that forgets a place where one of them stands fails.
"""

from __future__ import annotations

import csv
import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from fanlight.model import Event, Sealed
from fanlight.pipeline.home import Home
from fanlight.pipeline.importing import import_files
from fanlight.sources.contract import SourceContext
from fanlight.sources.registry import find_kind
from support.shared import SHARED
from support.source_fixtures import CONTENT_KEY, JumpingClock

pytestmark = pytest.mark.shared

SAMPLES = SHARED / "samples"
KINDS = ("okta", "google_workspace", "github_audit", "entra_id", "zscaler_zia", "aws_cloudtrail", "anthropic",
         "crowdstrike", "openai")  # fmt: skip
NOTHING = ("", "none", "null", "n/a", "-", "unknown")
ACTOR_NAMES = re.compile(
    r"^(actor|initiatedby|useridentity|sender|pusher)\.(.+\.)?"
    r"(id|user_id|email|email_address|alternateid|profileid|key|login|name|userprincipalname|serviceprincipalid|appid"
    r"|principalid|arn|accountid|accesskeyid|invokedby|username|api_key_id|callertype|displayname)$"
    r"|^(properties\.)?(initiatedby\.)?(user|app)\.(id|userprincipalname|serviceprincipalid|appid)$"
    r"|^(event\.)?(login|user|adminid)$|^actor_id$|^actor$|^(properties\.)?(userid|userprincipalname)$|^identity$"
    r"|^event\.(userid|usersid|username)$"
)
ADDRESS_NAMES = frozenset(
    {"ipaddress", "ip_address", "actor_ip", "sourceipaddress", "calleripaddress", "cltip", "clientip", "cltpubip",
     "clientpublicip", "ip", "userip", "aip"}
)  # fmt: skip
TIME_NAMES = re.compile(
    r"^(properties\.)?(published|createddatetime|activitydatetime)$|^(event\.)?(time|epochtime|datetime)$"
    r"|^(id\.time|@timestamp|eventtime|created_at|effective_at)$|^(event\.)?(utctimestamp|timestamp)$"
)


def records_of(path: Path) -> Iterator[dict[str, Any]]:
    """The raw records of a sample file, read without the product's reader."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ndjson":
        for line in text.splitlines():
            record = json.loads(line)
            yield record["event"] if "origin" in record else record
    elif path.suffix == ".json":
        whole = json.loads(text)
        yield from whole if isinstance(whole, list) else whole.get("Records") or whole["activities"]
    else:
        for line in text.splitlines():
            cells = [cell.partition("=") for cell in line.split("\t")]
            yield {key if mark else "datetime": value if mark else key for key, mark, value in cells}


def every_record() -> list[Any]:
    found = []
    for kind in KINDS:
        for path in sorted(file for file in (SAMPLES / kind).rglob("*") if file.is_file()):
            found.append(pytest.param(kind, path, id=f"{kind}/{path.stem}"))
    return found


def stored_name(name: str) -> str:
    """Field names are folded to lower case; one that is a sentence may bear content and stands as its keyed hash."""
    folded = name.lower()
    if len(folded) > 64 or not folded.isascii() or len(folded.split()) > 1:
        return f"sealed:{Sealed(folded).keyed_hash(CONTENT_KEY)[:12]}"
    return folded


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value with its dotted path as stored; empty lists and objects count as values."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{stored_name(name)}".lstrip("."))
    elif isinstance(value, list) and value:
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def places_of(events: list[Event]) -> tuple[dict[str, list[Any]], dict[str, list[int]]]:
    """What the stored rows hold, by path: plain values, and the lengths of sealed marks."""
    values: dict[str, list[Any]] = {}
    marks: dict[str, list[int]] = {}

    def take(value: Any, path: str) -> None:
        if isinstance(value, dict) and value.get("sealed") is True:
            marks.setdefault(path, []).append(value["length"])
        elif isinstance(value, dict) and value:
            for name, inner in value.items():
                take(inner, f"{path}.{name}".lstrip("."))
        elif isinstance(value, list) and value:
            for inner in value:
                take(inner, path)
        else:
            values.setdefault(path, []).append(value)

    for event in events:
        take(orjson.loads(event.raw), "")
    return values, marks


def missing_leaves(record: Mapping[str, Any], events: list[Event]) -> list[str]:
    """Paths of raw values that stand nowhere in the stored rows, neither by value nor as a mark."""
    values, marks = places_of(events)
    above = {length for lengths in marks.values() for length in lengths}
    lost = []
    for path, value in leaves(record):
        if value in values.get(path, []) or _is_twin(record, path, values):
            continue
        if path in marks and isinstance(value, str) and len(value) in marks[path]:
            continue
        # A whole object or a list under a content-bearing name is one mark at its own path.
        parents = [".".join(path.split(".")[:depth]) for depth in range(1, path.count(".") + 2)]
        if above and any(parent in marks for parent in parents):
            continue
        lost.append(path)
    return lost


def _is_twin(record: Mapping[str, Any], path: str, values: Mapping[str, list[Any]]) -> bool:
    """Of field names that differ only in case the first that says something stays; the other may be its repetition."""
    said = [value for other, value in leaves(record) if other == path]
    return len(said) > 1 and len({json.dumps(value) for value in said}) == 1 and path in values


def _says(value: Any) -> bool:
    return value is not None and str(value).strip().casefold() not in NOTHING


def actors_in(record: Mapping[str, Any]) -> set[str]:
    return {str(value) for path, value in leaves(record) if ACTOR_NAMES.match(path) and _says(value)}


def addresses_in(record: Mapping[str, Any]) -> set[str]:
    found = set()
    for path, value in leaves(record):
        if path.rpartition(".")[2] in ADDRESS_NAMES and isinstance(value, str):
            text = re.sub(r"^(\d+\.\d+\.\d+\.\d+):\d+$", r"\1", value.strip())
            try:
                ipaddress.ip_address(text)
            except ValueError:
                continue
            found.add(text)
    return found


def times_in(record: Mapping[str, Any]) -> set[int]:
    """Moments in whole milliseconds."""
    found = set()
    for path, value in leaves(record):
        if TIME_NAMES.match(path) and _says(value) and (moment := _moment(value)) is not None:
            found.add(int(moment * 1000))
    return found


def _moment(value: Any) -> float | None:
    if isinstance(value, int | float):
        return value / 1000 if value > 1e11 else float(value)
    text = re.sub(r"(\.\d{6})\d+", r"\1", str(value).strip())
    text = re.sub(r"(\d\d:\d\d:\d\d)\d+$", r"\1", text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.strptime(text + " +0000", "%a %b %d %H:%M:%S %Y %z")
        except ValueError:
            return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@pytest.fixture(scope="module")
def context() -> SourceContext:
    return SourceContext(
        tenant="default",
        name="samples",
        clock=JumpingClock(),
        content_key=CONTENT_KEY,
        read_secret=lambda reference: reference,
    )


@pytest.mark.parametrize(("kind", "path"), every_record())
def test_every_field_is_there_and_actor_time_and_address_are_mapped(
    context: SourceContext, kind: str, path: Path
) -> None:
    mapper = find_kind(kind).map_record
    assert mapper is not None
    troubles: Counter[str] = Counter()
    for number, record in enumerate(records_of(path), 1):
        events = list(mapper(record, context))
        here = f"record {number}"
        assert events, here
        for lost in missing_leaves(record, events):
            troubles[f"{here}: the field {lost} is nowhere"] += 1
        for event in events:
            held = actors_in(record)
            if held and not (event.actor_id or event.actor_email):
                troubles[f"{here}: no actor, though it names {sorted(held)}"] += 1
            addresses = addresses_in(record)
            if addresses and event.ip not in addresses:
                troubles[f"{here}: address {event.ip}, though it holds {sorted(addresses)}"] += 1
            times = times_in(record)
            if times and event.occurred_at // 1000 not in times:
                troubles[f"{here}: time {event.occurred_at}, though it holds {sorted(times)}"] += 1
    assert not troubles, "\n".join(troubles)


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_records_are_imported_as_the_list_of_samples_names(home: Home, kind: str) -> None:
    with (SAMPLES / "MANIFEST.csv").open() as listed:
        wanted = sum(int(row["records"]) for row in csv.DictReader(listed) if row["source"] == kind)
    done = import_files(home, kind, sorted(file for file in (SAMPLES / kind).rglob("*") if file.is_file()))
    assert (done.records, done.unread) == (wanted, [])
    assert wanted > 0
    with home.reader() as reader:
        assert reader.query("SELECT count(*) AS n FROM events")["n"][0].as_py() == done.new


def test_the_oracle_finds_what_a_forgetful_mapping_would_lose(context: SourceContext) -> None:
    path = next((SAMPLES / "okta").rglob("okta_user_account_locked.ndjson"))
    record = next(records_of(path))
    mapper = find_kind("okta").map_record
    assert mapper is not None
    (event,) = mapper(record, context)
    raw = orjson.loads(event.raw)
    del raw["client"]["ipaddress"], raw["actor"]
    lost = missing_leaves(record, [replace(event, raw=orjson.dumps(raw).decode())])
    assert {"client.ipaddress", "actor.id", "actor.alternateid"} <= set(lost)
    assert addresses_in(record)
    assert actors_in(record)
    assert times_in(record)
