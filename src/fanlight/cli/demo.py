"""`fanlight demo`: a company that never existed, and Fanlight watching it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import App

from fanlight.cli.common import Exit, HomeOption, end, open_home

if TYPE_CHECKING:
    from fanlight.pipeline.home import Home
    from fanlight.simulator.http import RunningSimulator
    from fanlight.simulator.world import World

_MARK = "simulated"
"""A file in the home folder that says its data never happened; only such a home is made anew."""

_STEP_SECONDS = 10.0


def register(app: App) -> None:
    """Add the command."""
    app.command(_demo, name="demo")


def _demo(
    *,
    size: Literal["S", "M", "L"] = "S",
    seed: int = 7,
    port: int = 8321,
    home: HomeOption = None,
    serve: bool = True,
) -> None:
    """Simulate a company, collect from it as from a real one, and show the result in the browser.

    Parameters
    ----------
    size:
        S, M or L: 300, 3,000 or 30,000 people.
    seed:
        Another seed is another company.
    port:
        Port of the web page on this machine.
    home:
        Folder for the simulated data; made anew each time.
    serve:
        With --no-serve the command ends when the company is judged.
    """
    from fanlight.model import SystemClock
    from fanlight.simulator import http
    from fanlight.simulator.world import build_world
    from fanlight.state.findings import load_findings

    began = time.monotonic()
    folder = _fresh(home)
    print(f"Making a company of size {size} …", flush=True)
    world = build_world(seed=seed, size=size, now=SystemClock().now(), crossing=True)
    with http.serve(world, rate=0) as vendors:
        opened = open_home(folder)
        _connect(opened, world, vendors)
        print("Collecting, labelling and judging …", flush=True)
        _bring_the_rest(opened, vendors)
        _sync(folder)
        _decide(opened, world)
        left = len(load_findings(opened.state, ("open",)))
        print(f"A team has given its first verdicts; {left} findings are open.", flush=True)
        print(f"Ready after {time.monotonic() - began:.0f} s. All of it is simulated.", flush=True)
        if not serve:
            return
        from fanlight.cli.up import sign_in_sentence, supervise

        print(sign_in_sentence(opened, port), flush=True)
        stop = threading.Event()
        threading.Thread(target=_live, args=(vendors, stop), daemon=True, name="company").start()
        try:
            supervise(folder, "default", port)
        finally:
            stop.set()


def _fresh(home: Path | None) -> Path:
    from fanlight.pipeline.home import default_home
    from fanlight.state.vault import master_key_path

    folder = home or default_home().with_name(default_home().name + "-demo")
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            end(
                Exit.USAGE, "This home holds data that is not simulated; give the demo a folder of its own with --home."
            )
        shutil.rmtree(folder)
        master_key_path(folder).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / _MARK).write_text("The data in this folder was made by the simulator.\n")
    return folder


def _connect(home: Home, world: World, vendors: RunningSimulator) -> None:
    """What an administrator does on the first day: paste keys, name the company's domains, install addresses."""
    from fanlight.enrich.geo_install import install
    from fanlight.pipeline.connections import add_connection
    from fanlight.simulator.crossing.server_from_code_to_chats import APPROVED
    from fanlight.simulator.http.geo import write_geo
    from fanlight.state.company import CompanySettings, apply_settings

    with home.state.tick() as tick:
        tick.set_fact("simulated", "yes")
    keys = vendors.addresses()
    add_connection(
        home,
        "claude",
        "claude",
        {
            "url": vendors.compliance_url,
            "key": home.vault.seal("claude", keys["parent_key"]),
            "admin_key": home.vault.seal("claude-admin", keys["admin_key"]),
        },
        replace=True,
    )
    token = home.vault.seal("okta", keys["okta_key"])
    add_connection(home, "okta", "okta", {"url": vendors.okta_url, "token": token}, replace=True)
    offices = [
        {"name": place.city, "country": place.country_code, "city": place.city, "networks": [place.cidr]}
        for place in world.places()
        if place.network_kind == "office"
    ]
    apply_settings(
        home.state,
        CompanySettings.model_validate(
            {
                "company_domains": ["example.com"],
                "offices": offices,
                "working_hours": {"timezone": "Europe/Berlin"},
                "approved_mcp_servers": APPROVED,
            }
        ),
        "administrator",
    )
    city, asn = write_geo(world, home.path / "addresses")
    install(home.path, city=[city], asn=[asn])


def _bring_the_rest(home: Home, vendors: RunningSimulator) -> None:
    """What stories need of the drive, the code host, the web gateway and Claude Code, from files: to read their logs
    whole would take as long as everything else."""
    from fanlight.pipeline.importing import import_files
    from fanlight.simulator.crossing import write_staged

    folder = home.path / "received"
    folder.mkdir()
    for kind, path in write_staged(vendors, folder).items():
        import_files(home, kind, [path])
    shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    command = [sys.executable, "-m", "fanlight.cli.main", "sync", "--until-caught-up", "--quiet", "--home", str(folder)]
    done = subprocess.run(command, check=False)  # noqa: S603 - our own interpreter and arguments
    if done.returncode:
        end(Exit.UNFINISHED, "The simulated company could not be read to its end; see the lines above.")


def _decide(home: Home, world: World) -> None:
    """What a team has done by now: the false alarm closed with its exception, two findings with verdicts."""
    from fanlight.findings.exceptions import propose
    from fanlight.simulator.crossing import crossing_rules
    from fanlight.state.findings import add_exception, add_note, decide, load_findings

    false_alarms = {activity for story in world.truth.false_positives for activity in story.activities}
    attacks = {activity for story in world.truth.stories for activity in story.activities}
    stored = load_findings(home.state, ("open", "historical"))
    with home.state.tick() as tick:
        others = 0
        for item in stored:
            finding = item.finding
            if false_alarms & set(finding.events):
                narrowest = propose(finding, tick.now)[0]
                exception = add_exception(
                    tick,
                    rule=narrowest.rule,
                    identity_id=narrowest.identity_id,
                    dimension=narrowest.dimension,
                    value=narrowest.value,
                    reason="Business trip, confirmed by the team lead",
                    author="Mira Köhler",
                    expires_at=narrowest.expires_at,
                )
                add_note(tick, finding.id, "Mira Köhler", "The team lead confirms the trip; back on Monday.")
                decide(
                    tick,
                    finding.id,
                    "Mira Köhler",
                    {
                        "status": "closed",
                        "verdict": "false_positive",
                        "exception_id": exception,
                        "reason": "Business trip, confirmed by the team lead",
                    },
                    "finding closed",
                )
            elif finding.rule not in crossing_rules() and not attacks & set(finding.events) and others < 2:
                others += 1
                decide(
                    tick,
                    finding.id,
                    "Mira Köhler",
                    {"status": "closed", "verdict": "expected", "reason": "Asked the person: it was planned"},
                    "finding closed",
                )


def _live(vendors: RunningSimulator, stop: threading.Event) -> None:
    """Let the company live on at the pace of the clock."""
    last = time.monotonic()
    while not stop.wait(_STEP_SECONDS):
        now = time.monotonic()
        vendors.advance(now - last)
        last = now
