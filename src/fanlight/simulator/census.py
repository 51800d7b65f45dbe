"""Count what a world holds: `python -m fanlight.simulator.census [S|M|L] [seed]`."""

from __future__ import annotations

import resource
import sys
import time

from fanlight.simulator.world import World, build_world

__all__ = ["count"]


def count(world: World) -> dict[str, int]:
    """Numbers of the objects that are visible now."""
    truth = world.truth
    return {
        "activities": len(world.feed()),
        "okta events": len(world.okta_log()),
        "members": sum(len(world.users(o.id) or ()) for o in world.organizations()),
        "projects": len(world.projects()),
        "projects of high sensitivity": len(truth.high_projects()),
        "chats": len(world.chats()),
        "chats of high sensitivity": len(truth.high_chats()),
        "files": sum(1 for f in world.stage.files.values() if f.created_at <= world.now),
        "documents": sum(1 for d in world.stage.company.documents if d.created_at <= world.now),
        "artifacts": sum(1 for a in world.stage.artifacts.values() if a.created_at <= world.now),
        "local sessions": len(world.local_sessions()),
        "remote sessions": len(world.remote_sessions()),
    }


def main(arguments: list[str]) -> None:
    size = arguments[0] if arguments else "S"
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    began = time.perf_counter()
    world = build_world(seed=seed, size=size, now=time.time_ns() // 1000)  # type: ignore[arg-type]
    spent = time.perf_counter() - began
    lines = [f"{name}: {number}" for name, number in count(world).items()]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write("\n".join([*lines, f"seconds to make: {spent:.1f}", f"memory: {memory} MB", ""]))


if __name__ == "__main__":
    main(sys.argv[1:])
