"""The company's other vendors over real HTTP: killed again and again, and the people behind their accounts.

Twenty kills for each kind (`--kills` below that gives fewer), with three requests in ten going wrong, positions and
tokens that end early, rows up to three hours late, and time that goes on at the vendor while our clock stands behind.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from fanlight.model import HOUR, Micros, ObjectVersion, SystemClock
from fanlight.pipeline.connections import add_connection
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.sync import sync
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.neighbours import entra_id, github_audit, google_workspace, neighbour_kinds
from fanlight.simulator.neighbours.site import NeighbourSite, staff_now
from fanlight.simulator.world import World, build_world
from integration.conftest import run_fanlight
from long.test_kills import finish, kill_after

pytestmark = pytest.mark.long

SEED = 8
HIDDEN = ("key", "token")
QUICK = {"rate": "600000", "first_wait": "0.02"}


@pytest.fixture
def today() -> World:
    """The company at the machine's own time, because commands use the machine's clock."""
    return build_world(seed=SEED, size="S", now=SystemClock().now())


def connect_kind(home: Home, running: RunningSimulator, kind: str, **more: str) -> None:
    settings = running.neighbour_settings(kind)
    sealed = {name: home.vault.seal(f"{kind}-{name}", settings[name]) for name in HIDDEN if name in settings}
    add_connection(home, kind, kind, {**settings, **sealed, **QUICK, **more})


def stored(home: Home, kind: str) -> Counter[str]:
    with home.reader() as reader:
        rows = reader.query("SELECT event_id FROM events WHERE product = ?", [kind])
    return Counter(rows["event_id"].to_pylist())


def listed_devices(home: Home, kind: str) -> Counter[str]:
    with home.reader() as reader:
        rows = reader.rows(ObjectVersion, "product = ? AND kind = 'device' AND NOT removed", [kind], now=True)
    return Counter(row.object_id for row in rows)


def served(site: NeighbourSite, since: Micros) -> set[str]:
    return {
        key
        for log in site.streams.values()
        for entry in site.log(log)
        if entry.at >= since
        for key in site.event_ids(entry)
    }


@pytest.mark.parametrize("kind", sorted(neighbour_kinds()))
def test_nothing_is_lost_and_nothing_twice_through_twenty_kills(
    today: World, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    home = open_home(tmp_path / "home")
    chance = random.Random(SEED)
    began = today.now
    is_inventory = not neighbour_kinds()[kind].streams
    faults = 0.6 if is_inventory else 0.3  # a list of devices takes few requests, and some of them are to go wrong
    with http.serve(today, rate=0, faults=faults, seed=SEED, wait_seconds=0, drip_seconds=0.05) as running:
        site = running._neighbours[kind]
        connect_kind(home, running, kind)
        for number in range(min(20, int(request.config.getoption("--kills")))):
            kill_after(home, ["sync", "--until-caught-up", "--quiet"], chance.uniform(0.8, 5.0))
            if number % 5 == 4:
                running.advance(HOUR / 1_000_000)
        finish(home)
        running.advance(3 * HOUR / 1_000_000)
        finish(home)
        # What the vendor forgot while the first reading was killed again and again is nobody's loss.
        wanted = served(site, began - site.kept + 12 * HOUR)
        devices = list(site.inventory())
        assert sum(running.faults_struck().values()) > (5 if is_inventory else 20)
        methods = running.stats()["methods"]
    found = stored(home, kind)
    assert wanted - set(found) == set()
    assert listed_devices(home, kind) == Counter(devices)
    assert [event for event, count in found.items() if count > 1] == []
    assert set(methods) <= {"GET", "POST"}
    listed = run_fanlight(home.path, "source", "list", "--format", "jsonl").stdout
    assert json.loads(listed.splitlines()[0])["state"] == "healthy"


def test_accounts_of_every_source_resolve_to_the_same_people(today: World, home: Home) -> None:
    with http.serve(today, rate=0) as running:
        keys = running.addresses()
        add_connection(
            home, "okta", "okta",
            {"url": running.okta_url, "token": home.vault.seal("okta", keys["okta_key"]), **QUICK},
        )  # fmt: skip
        for kind in ("entra_id", "google_workspace", "github_audit"):
            connect_kind(home, running, kind, applications="admin,token")
        outcome = sync(home)
    assert [source.problem for source in outcome.sources] == [""] * 4
    with home.reader() as reader:
        links = reader.query(
            "SELECT account_key, identity_id FROM links WHERE NOT removed ORDER BY seen_at"
        ).to_pylist()
    identity = {row["account_key"]: row["identity_id"] for row in links}
    apart = defaultdict(list)
    employees = [person for person, status in staff_now(today) if person.kind == "employee" and status == "ACTIVE"]
    for person in employees:
        own = identity[f"okta:{person.okta_id}"]
        accounts = [
            f"entra_id:{entra_id.object_id(today, person.index)}",
            f"google_workspace:{google_workspace.profile_id(today, person.index)}",
        ]
        if person.department in github_audit._CODERS:
            accounts.append(f"github_audit:{github_audit.number_of(today, person.index)}")
        for account in accounts:
            if identity.get(account) != own:
                apart[account.partition(":")[0]].append(json.dumps([person.email, account, identity.get(account), own]))
    assert len(employees) > 200
    assert apart == {}
