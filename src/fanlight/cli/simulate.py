"""`fanlight simulate`: a company that never existed, behind the vendors' APIs, to try and to test against."""

from __future__ import annotations

from typing import Literal

from cyclopts import App


def register(app: App) -> None:
    """Add the command."""
    app.command(_simulate, name="simulate")


def _simulate(
    *,
    size: Literal["S", "M", "L"] = "S",
    seed: int = 1,
    rate: int = 600,
    faults: float = 0.0,
    fault_seed: int = 0,
    port: int = 0,
    wait: int = 1,
    truth: bool = False,
) -> None:
    """Serve a simulated company until interrupted; prints one line with its addresses and keys.

    Parameters
    ----------
    size:
        S, M or L: 300, 3,000 or 30,000 people.
    seed:
        Another seed is another company.
    rate:
        Requests a minute, as the vendor allows; 0 for no limit.
    faults:
        Share of requests that suffer a fault, 0 to 1.
    fault_seed:
        Seed of the faults.
    port:
        Port of the Compliance and Admin API; 0 takes any free one.
    wait:
        Seconds that a made-up refusal asks for.
    truth:
        Print what the simulator knows (stories, plants, identities) as JSON instead of serving.
    """
    if truth:
        import orjson

        from fanlight.model import SystemClock
        from fanlight.simulator.world import build_world

        world = build_world(seed=seed, size=size, now=SystemClock().now())
        print(orjson.dumps(world.truth.as_json(), option=orjson.OPT_NON_STR_KEYS).decode())
        return
    from fanlight.simulator.http.standalone import main

    words = ["--size", size, "--seed", str(seed), "--rate", str(rate), "--faults", str(faults)]
    words += ["--fault-seed", str(fault_seed), "--port", str(port), "--wait", str(wait), "--print-addresses"]
    raise SystemExit(main(words))
