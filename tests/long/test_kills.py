"""Killed at random instants, under faults: nothing lost, nothing twice, the same findings as undisturbed.

The number of kills is `--kills` (40 in `make test-long`, 5 in `make test-kill`). Compaction runs inside each pass and
between passes, and an erasure at the end, so kills fall into both.
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanlight.model import SystemClock
from fanlight.pipeline.home import Home, open_home
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import World, build_world
from integration.conftest import connect_all, forbidden_words, run_fanlight
from integration.served import is_log_whole
from support.canaries import find_leaks_apart

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

SEED = 21
FAULTS = 0.3
OWN = "compliance_api_accessed"
SAID = "said.log"


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=SEED, size="S", now=SystemClock().now())


@pytest.fixture(scope="module")
def steady(world: World, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same company read without kills or faults."""
    with http.serve(world, rate=0) as vendors:
        home = open_home(tmp_path_factory.mktemp("steady") / "home")
        connect_all(home, vendors)
        run_fanlight(home.path, "sync", "--until-caught-up", "--quiet")
    return home


@pytest.fixture(scope="module")
def shaken(
    world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[Home, RunningSimulator]]:
    """Read under 30 % faults, killed again and again, and finished at last."""
    kills = int(request.config.getoption("--kills"))
    chance = random.Random(SEED)
    with http.serve(world, rate=0, faults=FAULTS, seed=SEED, wait_seconds=0, drip_seconds=0.05) as vendors:
        home = open_home(tmp_path_factory.mktemp("shaken") / "home")
        connect_all(home, vendors)
        for number in range(kills):
            words = ["sync", "--until-caught-up", "--quiet"]
            if number % 8 == 7:
                words = ["compact"]
            # One in four crashes as a broken library would, in the middle of reading content.
            how = signal.SIGSEGV if number % 4 == 2 else signal.SIGKILL
            kill_after(home, words, chance.uniform(0.8, 8.0), how)
        finish(home)
        yield home, vendors


def kill_after(home: Home, words: list[str], seconds: float, how: signal.Signals = signal.SIGKILL) -> None:
    """Start a command and end it, wherever it is; a command that ended before is fine. What it said is kept."""
    with (home.path.parent / SAID).open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "fanlight.cli.main", *words, "--home", str(home.path)],
            stdout=said,
            stderr=said,
            cwd=home.path.parent,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
        process.send_signal(how)
        process.wait()


def finish(home: Home) -> None:
    """Run until a pass ends well; faults may leave one unfinished."""
    deadline = time.monotonic() + 900
    while run_fanlight(home.path, "sync", "--until-caught-up", "--quiet", check=False).returncode:
        assert time.monotonic() < deadline, "the company was not read to its end in fifteen minutes"


def events(home: Home, product: str) -> Counter[str]:
    with home.reader() as reader:
        rows = reader.query("SELECT event_id FROM events WHERE product = ? AND type <> ?", [product, OWN])
    return Counter(rows["event_id"].to_pylist())


def findings(home: Home) -> set[tuple[str, str, str, tuple[str, ...]]]:
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in run_fanlight(home.path, "export", "findings").stdout.splitlines()
    ]
    return {(row["id"], row["rule"], row["severity"], tuple(sorted(row["events"]))) for row in rows}


def test_no_event_is_lost_and_none_is_stored_twice(world: World, shaken: tuple[Home, RunningSimulator]) -> None:
    stored = events(shaken[0], "claude")
    served = {row.id for row in world.feed() if row.visible_at <= world.now and row.type != OWN}
    assert served - set(stored) == set()
    assert [event for event, count in stored.items() if count > 1] == []


def test_the_log_of_the_identity_provider_is_whole_too(world: World, shaken: tuple[Home, RunningSimulator]) -> None:
    stored = events(shaken[0], "okta")
    assert is_log_whole(world, stored)
    assert set(stored.values()) == {1}


def test_every_rollup_counts_each_event_once(shaken: tuple[Home, RunningSimulator]) -> None:
    with shaken[0].reader() as reader:
        wrong = reader.query(
            "SELECT c.account_key FROM (SELECT account_key, count(*) AS n FROM events GROUP BY 1) c "
            "LEFT JOIN (SELECT entity, sum(n)::BIGINT AS n FROM rollups "
            "WHERE scope = 'account' AND dimension = 'type' GROUP BY 1) r ON r.entity = c.account_key "
            "WHERE c.account_key IS NOT NULL AND c.n IS DISTINCT FROM r.n"
        )
    assert wrong.num_rows == 0


def test_the_same_labels_are_known(steady: Home, shaken: tuple[Home, RunningSimulator]) -> None:
    def labels(home: Home) -> Counter[tuple[str, ...]]:
        rows = map(json.loads, run_fanlight(home.path, "export", "labels").stdout.splitlines())
        return Counter((row["object"]["kind"], row["object"]["id"], row["type"], str(row["count"])) for row in rows)

    assert labels(shaken[0]) == labels(steady)


def test_the_findings_are_those_of_the_undisturbed_run(steady: Home, shaken: tuple[Home, RunningSimulator]) -> None:
    """Id, rule, severity and events."""
    assert findings(shaken[0]) == findings(steady)


def test_nothing_of_what_was_said_and_no_key_is_written(world: World, shaken: tuple[Home, RunningSimulator]) -> None:
    home, vendors = shaken
    needles = forbidden_words(world, vendors)
    assert find_leaks_apart([home.path.parent], needles) == []  # the log of all runs and a crash dump would lie there


def test_an_erasure_that_is_killed_is_finished_by_the_next_one(
    world: World, shaken: tuple[Home, RunningSimulator]
) -> None:
    """Runs last: it changes the company that was read."""
    home, _ = shaken
    person = next(identity for identity in world.truth.identities() if len(identity.accounts) > 1)
    chance = random.Random(SEED + 1)
    for _ in range(3):
        kill_after(home, ["erase", person.emails[0]], chance.uniform(0.6, 2.0))
    done = run_fanlight(home.path, "erase", person.emails[0], check=False)
    assert done.returncode in (0, 2)  # 2: a killed run had already erased everything by which it could be found
    keys = [f"{product}:{native}" for product, native in person.accounts]
    with home.reader() as reader:
        for table, column in (("events", "account_key"), ("rollups", "entity"), ("matches", "owner_account")):
            left = reader.query(f"SELECT count(*) AS n FROM {table} WHERE list_contains(?, {column})", [keys])
            assert left["n"][0].as_py() == 0, table
    finish(home)
    with home.reader() as reader:
        again = reader.query("SELECT count(*) AS n FROM events WHERE list_contains(?, account_key)", [keys])
    assert again["n"][0].as_py() == 0


def test_no_file_outside_the_commits_is_left_after_the_grace(shaken: tuple[Home, RunningSimulator]) -> None:
    home = shaken[0]
    live = {segment.path for segment in home.state.live_segments()}
    home.lake.sweep(home.clock.now() + 7_200_000_000)
    on_disk = {file.relative_to(home.lake.root).as_posix() for file in Path(home.lake.root).rglob("*.parquet")}
    assert on_disk == live
