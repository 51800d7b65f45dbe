"""How fast the access graph is built and walked, on a synthetic enterprise.

    python benchmarks/access.py [--scale 1.0] [--walks 300] [--seed 1]

Scale 1 is 100,000 identities, 20,000 groups (nested), 5 organizations, 50,000 projects (8 % open to the whole
organization), 300,000 grants on them and 5,000,000 chats and files. Prints one line a measurement.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanlight.access import AccessGraph
from fanlight.access.tables import AccessTables

ORGANIZATIONS = 5
ROLES = np.array(["primary_owner", "owner", "admin", "membership_admin", "user"])
LEVELS = np.array(["owner", "admin", "editor", "viewer"])


def ids(prefix: str, numbers: np.ndarray[Any, Any]) -> pa.Array:
    """`prefix_<number>` as strings."""
    return pc.binary_join_element_wise(pa.scalar(prefix), pa.array(numbers).cast(pa.string()), "_")


def enterprise(scale: float, seed: int) -> tuple[AccessTables, dict[tuple[str, str], str]]:
    """Columns of a company of that size, as the store would hand them over."""
    rng = np.random.default_rng(seed)
    people, groups = int(100_000 * scale), int(20_000 * scale)
    projects, leaves = int(50_000 * scale), int(5_000_000 * scale)
    person = np.arange(people)
    home = rng.integers(0, ORGANIZATIONS, people)
    second = rng.random(people) < 0.05
    grants: list[pa.Table] = []

    def grant(kind: Any, principal: pa.Array, on: str, resource: pa.Array, level: Any, via: str) -> None:
        count = len(resource)
        grants.append(
            pa.table(
                {
                    "product": pa.repeat("claude", count),
                    "principal_kind": pa.repeat(kind, count),
                    "principal_id": principal,
                    "resource_kind": pa.repeat(on, count),
                    "resource_id": resource,
                    "level": pa.array(level) if not isinstance(level, str) else pa.repeat(level, count),
                    "via": pa.repeat(via, count),
                    "valid_from": pa.repeat(1, count),
                    "exact_from": pa.repeat(True, count),
                }
            )
        )

    member, place = np.concatenate([person, person[second]]), np.concatenate([home, (home[second] + 1) % ORGANIZATIONS])
    role = ROLES[rng.choice(5, len(member), p=[0.0001, 0.001, 0.004, 0.005, 0.9899])]
    grant("user", ids("user", member), "organization", ids("org", place), role, "user")
    joined = rng.poisson(5, people)
    who = np.repeat(person, joined)
    grant("user", ids("user", who), "group", ids("g", rng.zipf(1.6, len(who)) % groups), "member", "user")
    child = rng.integers(1, groups, int(groups * 0.85))
    grant("group", ids("g", child), "group", ids("g", child // 2), "member", "group")
    project = np.arange(projects)
    lies = rng.integers(0, ORGANIZATIONS, projects)
    creator = rng.integers(0, people, projects)
    grant("user", ids("user", creator), "project", ids("p", project), "owner", "creator")
    open_to_all = rng.random(projects) < 0.08
    grant("organization", ids("org", lies[open_to_all]), "project", ids("p", project[open_to_all]), "viewer", "public")
    shared = rng.integers(0, projects, int(projects * 4))
    level = LEVELS[rng.integers(1, 4, len(shared))]
    grant("user", ids("user", rng.integers(0, people, len(shared))), "project", ids("p", shared), level, "user")
    by_group = rng.integers(0, projects, int(projects * 2))
    level = LEVELS[rng.integers(1, 4, len(by_group))]
    grant("group", ids("g", rng.integers(0, groups, len(by_group))), "project", ids("p", by_group), level, "group")
    holds = rng.zipf(1.3, leaves) % projects
    kind = np.array(["chat", "file", "document"])[rng.choice(3, leaves, p=[0.6, 0.3, 0.1])]
    key = ids("leaf", np.arange(leaves))
    tables = AccessTables(
        at=2,
        accounts=pa.table(
            {
                "account_key": ids("claude:user", person),
                "organization_id": pa.nulls(people, pa.string()),
                "name": ids("Person", person),
                "email": pc.binary_join_element_wise(ids("p", person), "example.com", "@"),
                "active": pa.array(rng.random(people) > 0.02),
                "directory": pa.repeat(False, people),
            }
        ),
        things=pa.table(
            {
                "product": pa.repeat("claude", projects + ORGANIZATIONS),
                "kind": pa.array(["project"] * projects + ["organization"] * ORGANIZATIONS),
                "object_id": pa.concat_arrays([ids("p", project), ids("org", np.arange(ORGANIZATIONS))]),
                "name": pa.concat_arrays([ids("Project", project), ids("Org", np.arange(ORGANIZATIONS))]),
                "organization_id": ids("org", np.concatenate([lies, np.arange(ORGANIZATIONS)])),
            }
        ),
        grants=pa.concat_tables(grants),
        links=pa.table({"account_key": ids("claude:user", person), "identity_id": ids("idn", person)}),
        leaves=pa.table(
            {
                "kind": pa.array(kind),
                "object_id": key,
                "organization_id": ids("org", lies[holds]),
                "parent_kind": pa.repeat("project", leaves),
                "parent_id": ids("p", holds),
                "owner_account": ids("claude:user", rng.integers(0, people, leaves)),
                "created_at": pa.repeat(1, leaves),
            }
        ),
    )
    secret = rng.choice(leaves, int(leaves * 0.03), replace=False)
    levels = {(str(kind[i]), f"leaf_{i}"): "high" for i in secret.tolist()}
    return tables, levels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--walks", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tables, levels = enterprise(options.scale, options.seed)
    rng = np.random.default_rng(options.seed + 1)
    held = len(tables.grants) + len(tables.leaves) * 2 + len(tables.links)
    print(f"{len(tables.links):,} identities, {len(tables.leaves):,} chats and files, {held:,} edges")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    graph = AccessGraph(tables, levels)
    print(f"build                {time.perf_counter() - start:8.2f} s")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"memory (peak, more)  {(after - before) / 1024:8.0f} MB")
    people = [f"idn_{i}" for i in rng.integers(0, len(tables.links), options.walks)]
    reached = measure("blast radius", people, graph.exposure)
    print(f"                     median person: {np.median([e.projects for e in reached]):,.0f} projects, "
          f"{np.median([e.resources for e in reached]):,.0f} resources")  # fmt: skip
    measure("reach, named", people[: options.walks // 5], lambda who: graph.reach(who, leaves=False))
    projects = [f"p_{i}" for i in rng.integers(0, int(50_000 * options.scale), options.walks)]
    targets = [graph.resource(graph.target_number("project", key)) for key in projects]
    private = [t for t in targets if not _is_open(graph, t.target)]
    measure("who can reach", private, graph.reachable_by)
    measure("explain", list(zip(people, private, strict=False)), lambda pair: _explain(graph, *pair))
    start = time.perf_counter()
    graph.summary()
    print(f"summary of all       {time.perf_counter() - start:8.2f} s")


def _explain(graph: AccessGraph, who: str, what: Any) -> Any:
    from fanlight.access.explain import explain

    return explain(graph, who, what)


def _is_open(graph: AccessGraph, target: int) -> bool:
    rows = graph.control.grants_on.one(target)
    return any(graph.control.vias[int(graph.control.via[row])] == "public" for row in rows)


def measure(name: str, asked: list[Any], answer: Callable[[Any], Any]) -> list[Any]:
    """Ask every question once; print p50 and p95 in milliseconds."""
    times, answers = [], []
    for question in asked:
        start = time.perf_counter()
        answers.append(answer(question))
        times.append((time.perf_counter() - start) * 1000)
    print(f"{name:20} {np.percentile(times, 50):8.2f} ms p50 {np.percentile(times, 95):8.2f} ms p95 (n = {len(times)})")
    return answers


if __name__ == "__main__":
    main()
