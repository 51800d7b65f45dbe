"""A simulated company behind real HTTP, and a Fanlight that has read it once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fanlight.model import SystemClock
from fanlight.pipeline.connections import add_connection
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.importing import import_files
from fanlight.simulator import http
from fanlight.simulator.crossing import write_staged
from fanlight.simulator.crossing.server_from_code_to_chats import APPROVED
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import World, build_world
from fanlight.state.company import CompanySettings, apply_settings


@dataclass
class Installation:
    """A company, its vendors, and the home that was filled from them."""

    world: World
    vendors: RunningSimulator
    home: Home

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """One `fanlight` command on this home."""
        return run_fanlight(self.home.path, *words, check=check)


def run_fanlight(home: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would; a failure shows what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "fanlight.cli.main", *words, "--home", str(home)], capture_output=True, text=True
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def forbidden_words(world: World, vendors: RunningSimulator) -> set[str]:
    """What must be written nowhere: every canary, every planted value, every credential.

    An address that a chat mentions and that is a member's own stands in the directory too, and may be kept.
    """
    members = {address.casefold() for identity in world.truth.identities() for address in identity.emails}
    planted = {value for value in world.truth.planted_values() if value.casefold() not in members}
    keys = {key for name, key in vendors.addresses().items() if name.endswith("_key")}
    return {word for _, _, word in world.truth.canaries()} | planted | keys


def connect_all(home: Home, vendors: RunningSimulator) -> None:
    """Add Claude with both keys, and Okta."""
    keys = vendors.addresses()
    claude = {
        "url": vendors.compliance_url,
        "key": home.vault.seal("claude", keys["parent_key"]),
        "admin_key": home.vault.seal("claude-admin", keys["admin_key"]),
        "first_wait": "0.02",  # seconds before the first retry: the simulator's faults are over at once
    }
    okta = {
        "url": vendors.okta_url,
        "token": home.vault.seal("okta", keys["okta_key"]),
        "first_wait": "0.02",
    }
    add_connection(home, "claude", "claude", claude)
    add_connection(home, "okta", "okta", okta)


def bring_the_rest(home: Home, vendors: RunningSimulator, folder: Path) -> None:
    """What stories need of the drive, the code host and the senders of the company, from files: their logs whole would
    take longer than everything else."""
    settings = CompanySettings.model_validate({"company_domains": ["example.com"], "approved_mcp_servers": APPROVED})
    apply_settings(home.state, settings, "administrator")
    for kind, path in write_staged(vendors, folder).items():
        assert not import_files(home, kind, [path]).unread


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Size S, read to its end once. Tests that change the world come last in their module."""
    world = build_world(seed=11, size="S", now=SystemClock().now(), crossing=True)
    with http.serve(world, rate=0) as vendors:
        folder = tmp_path_factory.mktemp("whole")
        home = open_home(folder / "home")
        connect_all(home, vendors)
        bring_the_rest(home, vendors, folder)
        made = Installation(world, vendors, home)
        made.run("sync", "--until-caught-up", "--quiet")
        yield made
